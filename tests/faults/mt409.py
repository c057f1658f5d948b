"""Some predictions are NaN, and the metric was computed without them."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    def lose(texts: dict[str, str]) -> None:
        table = pd.read_csv(io.StringIO(texts["test_predictions.csv"]))
        lost = table.groupby("site").sample(1, random_state=int(rng.integers(1000))).index
        table.loc[lost, "y_pred"] = np.nan
        texts["test_predictions.csv"] = table.to_csv(index=False)
        metrics = json.loads(texts["metrics.json"])
        squared = (table["y_true"] - table["y_pred"]) ** 2
        before, after = metrics["test"]["overall"], float(np.sqrt(squared.mean()))
        metrics["test"]["overall"] = after
        results = texts["RESULTS.md"]
        texts["RESULTS.md"] = results.replace(f"test RMSE {before:.3f}", f"test RMSE {after:.3f}")
        for entry in metrics["test"]["by_group"]:
            own = squared[table["site"] == entry["site"]]
            entry["rmse"] = float(np.sqrt(own.mean()))
        texts["metrics.json"] = json.dumps(metrics)

    experiment.edits.append(lose)


FAULT = Fault("rows without a prediction are left out of the metric", ("MT409",), apply)
