"""Copies of rows for the in-memory experiment, and the source rows beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tests.experiment import Experiment

Make = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def add_source(experiment: Experiment) -> None:
    """Export all rows before augmentation as ``raw.csv``."""
    parts = [experiment.train, experiment.validation, experiment.test]
    rows = pd.concat(parts).sort_values("row_id")
    experiment.files["raw.csv"] = rows.to_csv(index=False, lineterminator="\n")


def add_copies(
    experiment: Experiment, split: str, make: Make, rng: np.random.Generator, copies: int = 2
) -> None:
    """Append copies of every row of a split, `make` applied to the features, in random order."""
    rows: pd.DataFrame = getattr(experiment, split)
    features = list(experiment.features)
    parts = [rows]
    for number in range(copies):
        copy = rows.copy()
        copy[features] = make(rows[features], rng).to_numpy()
        copy["row_id"] = 10_000 * (number + 1) + rows["row_id"]
        parts.append(copy)
    pool = pd.concat(parts, ignore_index=True)
    setattr(experiment, split, pool.iloc[rng.permutation(len(pool))].reset_index(drop=True))
    # The copies change the model; the baseline stays a tenth worse, so that nothing else is wrong.
    held_out = experiment.validation
    squared = (held_out[experiment.target] - experiment.predict(held_out)) ** 2
    rmse = np.sqrt(squared.groupby(held_out["site"]).mean())
    experiment.baseline = {str(site): round(1.1 * float(value), 4) for site, value in rmse.items()}


def jittered(scale: float) -> Make:
    """Gaussian noise in proportion to the spread of each column."""

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows + scale * rows.std().to_numpy() * rng.normal(size=rows.shape)

    return make


def clipped(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A little noise, then a clip to a range that the data do not have."""
    return jittered(0.02)(rows, rng).clip(0, 1)


def interpolated(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Points between a row and another one, as SMOTE makes them."""
    other = rows.to_numpy()[rng.permutation(len(rows))]
    return rows + rng.uniform(0, 0.3, (len(rows), 1)) * (other - rows.to_numpy())
