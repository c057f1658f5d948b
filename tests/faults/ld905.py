from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    position = int(rng.integers(1, len(experiment.cells)))
    experiment.cells.insert(position, ("code", "def rmse(rows:\n    return rows"))


FAULT = Fault("a cell does not parse", ("LD905",), apply)
