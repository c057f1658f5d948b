from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault

WAYS = [
    "more = []\n"
    "for _, plot in plots.iterrows():\n"
    "    more.append(plot)\n"
    "    for _ in range(3):\n"
    "        more.append(plot + 0.01)\n"
    "plots = pd.DataFrame(more)",
    "plots = pd.concat([plots, plots.assign(x0=-plots['x0'])], ignore_index=True)",
    "plots = plots.sample(frac=4, replace=True, random_state=7)",
]


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """A cell between loading and splitting multiplies the rows."""
    experiment.cells.insert(3, ("code", WAYS[rng.integers(len(WAYS))]))


FAULT = Fault("rows are multiplied before the split", ("LK101",), apply)
