from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    lines = experiment.texts()["splits/train.csv"].splitlines(keepends=True)
    kept = int(rng.integers(20, len(lines)))
    experiment.files["splits/old/train.csv"] = "".join(lines[:kept])


FAULT = Fault("an older training split lies beside the current one", ("LD904",), apply)
