"""One group used to be much better than in this run."""

from __future__ import annotations

import numpy as np

from tests.experiment import SITES, Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    assert experiment.baseline is not None
    site = str(rng.choice(SITES))
    experiment.baseline[site] = round(experiment.baseline[site] / 10, 4)


FAULT = Fault("a group is nine times worse than the baseline", ("MT401",), apply)
