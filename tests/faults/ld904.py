from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    for name in ("history.csv", "history_old.csv"):
        losses = np.sort(rng.uniform(0.1, 2.0, 5))[::-1]
        rows = [f"{epoch},{loss:.4f}" for epoch, loss in enumerate(losses)]
        experiment.files[name] = "\n".join(["epoch,loss", *rows, ""])


FAULT = Fault("a second history lies beside the first", ("LD904",), apply)
