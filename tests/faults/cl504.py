"""The document states a validation RMSE that the metrics file does not have."""

from __future__ import annotations

import json

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    factor = float(rng.choice([0.8, 0.9, 1.1]))

    def number(texts: dict[str, str]) -> None:
        value = json.loads(texts["metrics.json"])["validation"]["overall"]
        before = f"**{value:.3f}**"
        assert before in texts["RESULTS.md"]
        texts["RESULTS.md"] = texts["RESULTS.md"].replace(before, f"**{factor * value:.3f}**")

    experiment.edits.append(number)


FAULT = Fault("the document has the metric of another run", ("CL504",), apply)
