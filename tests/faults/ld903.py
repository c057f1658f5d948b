from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    column = f"x{rng.integers(6)}"

    def drop(texts: dict[str, str]) -> None:
        rows = [line.split(",") for line in texts["splits/test.csv"].splitlines()]
        at = rows[0].index(column)
        kept = [",".join(row[:at] + row[at + 1 :]) for row in rows]
        texts["splits/test.csv"] = "\n".join(kept) + "\n"

    experiment.edits.append(drop)


FAULT = Fault("the test split lost a column", ("LD903",), apply)
