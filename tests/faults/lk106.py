from __future__ import annotations

import json

import numpy as np

from tests.experiment import Experiment, Fault

LOGS = [
    "{n} plots before augmentation\n400 rows after augmentation\n",
    "augmented {n} samples to 400 samples\n",
    "original shape ({n}, 8)\nshape after oversampling (400, 8)\n",
]


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """A log says that the 400 rows, of which 160 are held out, were made of fewer ones."""
    log = LOGS[rng.integers(len(LOGS))].format(n=rng.integers(20, 100))
    lines = ", ".join(json.dumps(line) for line in log.splitlines(keepends=True))
    experiment.edit("experiment.ipynb", json.dumps("400\n"), lines)


FAULT = Fault("a log shows fewer source rows than held-out rows", ("LK106",), apply)
