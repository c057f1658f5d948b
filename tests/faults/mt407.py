"""The baseline's overall value is from a set with many more hard rows."""

from __future__ import annotations

import json

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    many = int(rng.integers(200, 400))

    def compose(texts: dict[str, str]) -> None:
        baseline = json.loads(texts["baseline.json"])
        for entry in baseline["by_group"]:
            entry["n"] = many if entry["tier"] == "hard" else 20
        squares = [entry["n"] * entry["rmse"] ** 2 for entry in baseline["by_group"]]
        total = sum(entry["n"] for entry in baseline["by_group"])
        baseline["metric"] = "rmse"
        baseline["overall"] = (sum(squares) / total) ** 0.5
        texts["baseline.json"] = json.dumps(baseline)

    experiment.edits.append(compose)


FAULT = Fault("the baseline is of another composition", ("MT407",), apply)
