from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    experiment.files["extra/plots.parquet"] = b"PAR1" + rng.bytes(200)


FAULT = Fault("a table is cut off", ("LD901",), apply)
