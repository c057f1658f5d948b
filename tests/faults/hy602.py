from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault

WAYS = [
    lambda source: source.replace("test_size=160, random_state=7, ", "test_size=160, "),
    lambda source: source.replace("random_state=7", "random_state=None"),
    lambda source: "plots = plots.sample(frac=1)\n" + source,
]


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """The cell that splits loses a seed, or shuffles the rows without one."""
    change = WAYS[rng.integers(len(WAYS))]
    experiment.cells = [
        (kind, change(source) if kind == "code" and "test_size=160" in source else source)
        for kind, source in experiment.cells
    ]


FAULT = Fault("a random split without a seed", ("HY602",), apply)
