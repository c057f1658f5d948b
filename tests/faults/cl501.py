"""One row of the composition table counts half of its rows."""

from __future__ import annotations

import numpy as np

from tests.experiment import TIERS, Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    wrong = str(rng.choice(["easy", "hard"]))

    def table(texts: dict[str, str]) -> None:
        total = len(experiment.validation)
        lines = ["", "| Tier | Sites | Validation rows | % of total |", "|---|---|---|---|"]
        for tier in ("easy", "hard"):
            sites = [site for site, its in TIERS.items() if its == tier]
            n = int(experiment.validation["site"].isin(sites).sum())
            n = n // 2 if tier == wrong else n
            lines.append(f"| {tier} | {len(sites)} groups | {n:,} | {100 * n / total:.1f} % |")
        texts["RESULTS.md"] += "\n".join([*lines, f"| Total | 4 groups | {total:,} | 100 % |", ""])

    experiment.edits.append(table)


FAULT = Fault("a tier is stated with half of its rows", ("CL501",), apply)
