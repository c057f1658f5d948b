"""The validation set is mostly easy rows, the data are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    experiment.baseline = None  # the groups get harder below, which is no regression
    parts = [experiment.train, experiment.validation, experiment.test]
    for part in parts:
        hard = part["site"].isin(["C", "D"]).to_numpy()
        noise = rng.normal(scale=1.5, size=int(hard.sum()))
        part.loc[hard, "y"] = (part.loc[hard, "y"] + noise).round(4)
    source = pd.concat(parts, ignore_index=True)
    experiment.files["raw.csv"] = source.to_csv(index=False, lineterminator="\n")
    n = 400
    x = rng.normal(size=(n, 6)).round(4)
    more = pd.DataFrame(x, columns=[f"x{i}" for i in range(6)])
    more.insert(0, "row_id", np.arange(400, 400 + n))
    more["site"] = np.repeat(["A", "B"], n // 2)
    y = x @ np.array([1.0, -2.0, 0.5, 0.0, 0.3, 1.5]) + 0.3 * rng.normal(size=n)
    more["y"] = y.round(4)
    experiment.validation = pd.concat([experiment.validation, more], ignore_index=True)


FAULT = Fault("easy rows are added to the validation set", ("MT402",), apply)
