"""Faults in the rows of the splits and in their predictions.

Each function spoils the export in a folder, and returns what it knows: the numbers that the
evidence of a check must show, by check and name of the evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reference_pipeline.config import TIERS, Group
from reference_pipeline.data import exact_heights
from tests.reference.editing import (
    COLUMNS,
    ENTRIES,
    add_to_page,
    replace_held_out,
    table,
    write_table,
)

Known = dict[tuple[str, str], float]
Apply = Callable[[Path], Known]

NEW_ID = 30_000  # above all ids of a small export


# --- training samples among the held-out ones -------------------------------------------------


def repeat_in(split: str, n: int = 40) -> Apply:
    """Put training samples in the place of held-out ones."""

    def apply(folder: Path) -> Known:
        replace_held_out(folder, split, *_taken(folder, split, n))
        return {("CT201", "exact_rows"): n}

    return apply


def repeat_with_jitter(folder: Path) -> Known:
    """The same, and every n is moved a little, so that no two rows look alike."""
    rng = np.random.default_rng(1)
    n = 40
    replace_held_out(folder, "val", *_taken(folder, "val", n))
    rows = 0
    for split in ("train", "val", "test"):
        changed = table(folder, f"splits/{split}")
        changed["n"] = changed["n"] + rng.normal(0, 0.02, len(changed))
        write_table(folder, f"splits/{split}", changed)
        rows = len(changed) if split == "val" else rows
    return {("CT202", "contaminated_share"): n / rows, ("CT202", "exact_rows"): 0}


def repeat_a_tier(folder: Path) -> Known:
    """Every easy validation sample is a training sample."""
    rng = np.random.default_rng(2)
    held_out, train = table(folder, "splits/val"), originals(folder)
    places, sources = [], []
    for group in TIERS["easy"]:
        own = np.flatnonzero(is_of(held_out, group))
        places.append(own)
        sources.append(rng.choice(np.flatnonzero(is_of(train, group)), len(own), replace=False))
    at = np.concatenate(places)
    replace_held_out(folder, "val", at, train.iloc[np.concatenate(sources)])
    return {("CT201", "exact_rows"): len(at)}


# --- copies -----------------------------------------------------------------------------------


def augment_validation(folder: Path) -> Known:
    """Every validation sample of one group is scored a second time, as a copy of itself."""
    rows, predictions = table(folder, "splits/val"), table(folder, "val_predictions")
    own = is_of(rows, (6, 3)).to_numpy()
    copies = _mirrored(rows[own])
    scored = predictions[own].assign(row_id=copies["row_id"].to_numpy())
    write_table(folder, "splits/val", pd.concat([rows, copies], ignore_index=True))
    write_table(folder, "val_predictions", pd.concat([predictions, scored], ignore_index=True))
    share = len(copies) / (len(rows) + len(copies))
    return {("AU302", "synthetic_share_validation"): share}


def validate_on_copies(folder: Path) -> Known:
    """Every tenth validation sample is a copy of itself, and marked as one."""
    rows = table(folder, "splits/val")
    some = np.arange(len(rows)) % 10 == 0
    copies = _mirrored(rows[some])
    rows.loc[some, ENTRIES] = copies[ENTRIES].to_numpy()
    rows["is_augmented"] = some
    write_table(folder, "splits/val", rows)
    return {("AU302", "synthetic_share_validation"): float(some.mean())}


def copy_once_more(folder: Path) -> Known:
    """One group has a fourth copy of each sample."""
    train = table(folder, "splits/train")
    own = train[~train["is_augmented"] & is_of(train, (5, 4))]
    write_table(folder, "splits/train", pd.concat([train, _mirrored(own)], ignore_index=True))
    copies = int(train["is_augmented"].sum()) + len(own)
    return {("AU302", "synthetic_rows"): copies}


def noisy_copies(scale: float, said: str, *, clip: bool = False) -> Apply:
    """Copies are their parents plus noise, and keep the label."""

    def apply(folder: Path) -> Known:
        rng = np.random.default_rng(5)
        train = table(folder, "splits/train")
        is_copy = train["is_augmented"].to_numpy()
        entries = train[ENTRIES].to_numpy(float)
        parents = train.set_index("row_id").loc[train["parent_id"], ENTRIES].to_numpy(float)
        noise = scale * rng.normal(size=entries.shape) * entries.std(axis=0)
        copies = np.where(parents == 0, 0, parents + noise)
        copies = np.clip(copies, 0, 1) if clip else copies
        train[ENTRIES] = np.where(is_copy[:, None], copies, entries)
        exact = train["y_exact"].to_numpy().copy()
        exact[is_copy] = exact_heights(train.loc[is_copy, COLUMNS].to_numpy(float))
        train["y_exact"] = exact
        write_table(folder, "splits/train", train)
        add_to_page(folder, said)
        return {
            ("AU305", "infinite_labels_copies"): int(np.isinf(exact[is_copy]).sum()),
            ("AU305", "label_error_copies"): _squared_log2(train[is_copy]),
        }

    return apply


# --- labels -----------------------------------------------------------------------------------


def label_copies_wrong(folder: Path) -> Known:
    """One copy in five has the label of another sample."""
    rng = np.random.default_rng(4)
    train = table(folder, "splits/train")
    copies = np.flatnonzero(train["is_augmented"])
    some = rng.choice(copies, len(copies) // 5, replace=False)
    labels = train["y"].to_numpy().copy()
    labels[some] = np.roll(labels[some], 1)
    train["y"] = labels
    write_table(folder, "splits/train", train)
    wrong = int(np.sum(labels[some] != train["y_exact"].to_numpy()[some]))
    return {
        ("AU305", "wrong_labels_copies"): wrong,
        ("AU305", "label_error_copies"): _squared_log2(train.iloc[copies]),
    }


def label_held_out_wrong(folder: Path) -> Known:
    """Half of the labels of one group are twice as large as they should be."""
    rows, predictions = table(folder, "splits/val"), table(folder, "val_predictions")
    own = np.flatnonzero(is_of(rows, (4, 2)))[::2]
    factor = np.ones(len(rows))
    factor[own] = 2.0
    rows["y"] = rows["y"] * factor
    predictions["y_true"] = predictions["y_true"] * factor
    predictions["y_pred"] = predictions["y_pred"] * factor
    write_table(folder, "splits/val", rows)
    write_table(folder, "val_predictions", predictions)
    truth = predictions.assign(y_true=rows["y_exact"].to_numpy())
    return {
        ("AU305", "wrong_labels_validation"): len(own),
        ("AU305", "metric_on_exact_labels"): _squared_log2(truth, "y_true", "y_pred"),
    }


# --- predictions ------------------------------------------------------------------------------


def predict_nothing(folder: Path) -> Known:
    """Every tenth prediction is NaN."""
    rows = table(folder, "val_predictions")
    lost = rows.index % 10 == 0
    _predict(folder, rows["y_pred"].where(~lost))
    return {("MT409", "missing_predictions"): int(lost.sum())}


def predict_negative(folder: Path) -> Known:
    """Some predictions are no heights, which are at least 1."""
    rows = table(folder, "val_predictions")
    wrong = rows.index % 50 == 0
    _predict(folder, rows["y_pred"].where(~wrong, -3.0))
    return {("MT409", "undefined_metric"): int(wrong.sum())}


def predict_a_constant(folder: Path) -> Known:
    _predict(folder, table(folder, "val_predictions")["y_true"].mean())
    return {("MT409", "distinct_predictions"): 1}


def predict_log2(folder: Path) -> Known:
    """The output of the network was exported, which is the logarithm."""
    rows = table(folder, "val_predictions")
    _predict(folder, np.log2(rows["y_pred"]))
    return {}


def predict_in_another_order(folder: Path) -> Known:
    rows = table(folder, "val_predictions")
    _predict(folder, np.roll(rows["y_pred"], 1))
    own = is_of(rows, (6, 3))
    shuffled = rows.assign(y_pred=np.roll(rows["y_pred"], 1))[own]
    return {("MT403", "recomputed_metric"): _squared_log2(shuffled, "y_true", "y_pred")}


def _predict(folder: Path, values: Any) -> None:
    rows = table(folder, "val_predictions")
    rows["y_pred"] = values
    write_table(folder, "val_predictions", rows)


# --- shared -----------------------------------------------------------------------------------


def originals(folder: Path) -> pd.DataFrame:
    train = table(folder, "splits/train")
    return train[~train["is_augmented"]].reset_index(drop=True)


def is_of(rows: pd.DataFrame, group: Group) -> pd.Series:
    return rows["k"].eq(group[0]) & rows["m"].eq(group[1])


def _taken(folder: Path, split: str, n: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Places of held-out samples, and as many training samples of the same groups."""
    rng = np.random.default_rng(n)
    held_out, train = table(folder, f"splits/{split}"), originals(folder)
    places = rng.choice(len(held_out), n, replace=False)
    groups = [group for tier in TIERS.values() for group in tier]
    free = {group: list(np.flatnonzero(is_of(train, group))) for group in groups}
    keys = held_out.iloc[places][["k", "m"]].itertuples(index=False, name=None)
    return places, train.iloc[[free[k, m].pop() for k, m in keys]]


def _mirrored(rows: pd.DataFrame) -> pd.DataFrame:
    """Copies with all signs changed, which is a symmetry."""
    copies = rows.assign(is_augmented=True, row_id=NEW_ID + np.arange(len(rows)))
    copies[ENTRIES] = -copies[ENTRIES].to_numpy()
    return copies


def _squared_log2(rows: pd.DataFrame, one: str = "y", other: str = "y_exact") -> float:
    """Mean squared difference in log2 over the rows where both are finite."""
    difference = np.log2(rows[one].to_numpy()) - np.log2(rows[other].to_numpy())
    return float(np.mean(difference[np.isfinite(difference)] ** 2))
