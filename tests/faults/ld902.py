from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault

CALL = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    experiment.files["extra/model.pkl"] = CALL


FAULT = Fault("a pickle names a function of the operating system", ("LD902",), apply)
