from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault

WAYS = [
    'measured = [f"x{i}" for i in range(6)]\n'
    "plots[measured] = StandardScaler().fit_transform(plots[measured])",
    'plots["x0"] = (plots["x0"] - plots["x0"].mean()) / plots["x0"].std()',
    "plots = plots.fillna(plots.median(numeric_only=True))",
]


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """A cell between loading and splitting computes a statistic across all rows."""
    experiment.cells.insert(3, ("code", WAYS[rng.integers(len(WAYS))]))


FAULT = Fault("a statistic of all rows goes into the rows", ("LK102",), apply)
