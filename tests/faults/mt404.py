"""The model knows its training rows by heart."""

from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    rows = experiment.train
    guess = rows["y"] + 0.05 * rng.normal(size=len(rows))
    table = rows[["row_id", "site"]].assign(y_true=rows["y"], y_pred=guess)
    experiment.files["train_predictions.csv"] = table.to_csv(index=False)


FAULT = Fault("training rows are predicted almost exactly", ("MT404",), apply)
