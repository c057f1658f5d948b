"""The overall metric is prettier than its groups."""

from __future__ import annotations

import json

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    factor = float(rng.uniform(0.7, 0.8))

    def flatter(texts: dict[str, str]) -> None:
        metrics = json.loads(texts["metrics.json"])
        honest = metrics["validation"]["overall"]
        metrics["validation"]["overall"] *= factor
        texts["metrics.json"] = json.dumps(metrics)
        # the document says the same, so that nothing but the groups contradicts it
        before, after = f"**{honest:.3f}**", f"**{factor * honest:.3f}**"
        texts["RESULTS.md"] = texts["RESULTS.md"].replace(before, after)

    experiment.edits.append(flatter)


FAULT = Fault("the overall metric is lower than its groups give", ("MT403",), apply)
