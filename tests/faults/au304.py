from __future__ import annotations

import numpy as np

from tests.augmenting import add_copies, add_source, clipped
from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Training copies are clipped to [0, 1], which half of the values are not in."""
    add_source(experiment)
    add_copies(experiment, "train", clipped, rng)


FAULT = Fault("copies are clipped to a range that the data do not have", ("AU304",), apply)
