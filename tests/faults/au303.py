from __future__ import annotations

import numpy as np

from tests.augmenting import add_copies, add_source, jittered
from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Training copies get noise of 80 % of the spread where the document says 2 %."""
    add_source(experiment)
    add_copies(experiment, "train", jittered(0.8), rng)
    experiment.edit("RESULTS.md", "# Results\n", "# Results\n\nAugmented rows get 2 % noise.\n")


FAULT = Fault("the noise on copies is another than the document says", ("AU303",), apply)
