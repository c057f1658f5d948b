"""One change in a table of changes belongs to other numbers."""

from __future__ import annotations

import json

import numpy as np

from tests.experiment import SITES, Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    wrong = str(rng.choice(SITES))
    old = experiment.baseline
    assert old is not None

    def table(texts: dict[str, str]) -> None:
        metrics = json.loads(texts["metrics.json"])
        lines = ["", "| Site | Run 1 | Run 2 | Reduction |", "|---|---|---|---|"]
        for entry in metrics["validation"]["by_group"]:
            before, now = old[entry["site"]], entry["rmse"]
            share = 100 * (before - now) / before + (40 if entry["site"] == wrong else 0)
            lines.append(f"| {entry['site']} | {before:.3f} | {now:.3f} | {share:.1f} % |")
        texts["RESULTS.md"] += "\n".join([*lines, ""])

    experiment.edits.append(table)


FAULT = Fault("a percentage of change is 40 points too large", ("CL502",), apply)
