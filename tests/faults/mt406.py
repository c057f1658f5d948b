"""A criterion is marked as met, and the value is far from it."""

from __future__ import annotations

import json

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    factor = float(rng.uniform(0.4, 0.6))

    def claim(texts: dict[str, str]) -> None:
        value = json.loads(texts["metrics.json"])["validation"]["overall"]
        texts["RESULTS.md"] += f"\n## Targets\n\n- [x] Validation RMSE below {factor * value:.2f}\n"

    experiment.edits.append(claim)


FAULT = Fault("a criterion that is missed is marked as met", ("MT406",), apply)
