from __future__ import annotations

import numpy as np

from tests.augmenting import add_copies, add_source, jittered
from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Two noisy copies of every validation row are scored as well."""
    add_source(experiment)
    add_copies(experiment, "validation", jittered(0.05), rng)


FAULT = Fault("validation rows are augmented", ("AU302",), apply)
