"""What can go wrong in Run 7, and which checks must see it: a table that new checks extend.

Each fault is what a careless hand leaves behind, in the files of an honest export (`FAULTS`), or
in the notebook that makes it (`PIPELINE_FAULTS`), which is then executed again.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reference_pipeline.config import TIERS
from reference_pipeline.data import exact_heights
from tests.reference.editing import (
    COLUMNS,
    ENTRIES,
    add_to_page,
    edit_code,
    edit_metrics,
    edit_notebook,
    edit_page,
    metrics_of,
    replace_held_out,
    source_of,
    table,
    write_table,
)

# What the one who made the fault knows: the evidence that the checks must show, by check and name.
Known = dict[tuple[str, str], float]


@dataclass(frozen=True)
class ReferenceFault:
    """One fault in the files of an export.

    Parameters
    ----------
    name : str
        What was done, as a clause.
    expects : frozenset of str
        Checks that must find it.
    apply : callable
        Spoils the export in a folder; returns the numbers that the evidence must show, or nothing.
    allows : mapping of str to str
        Checks that may also raise an alarm, and why that is right.
    """

    name: str
    expects: frozenset[str]
    apply: Callable[[Path], Known | None]
    allows: Mapping[str, str] = field(default_factory=dict)


# --- rows of the splits ---------------------------------------------------------------------


def repeat_in(split: str, n: int = 40) -> Callable[[Path], Known | None]:
    """Training samples among the held-out ones."""

    def apply(folder: Path) -> Known:
        places, rows = _taken(folder, split, n)
        replace_held_out(folder, split, places, rows)
        return {("CT201", "duplicate_rows"): n}

    return apply


def repeat_with_jitter(folder: Path) -> Known:
    """Training samples among the held-out ones, and every n moved a little."""
    rng = np.random.default_rng(1)
    places, rows = _taken(folder, "val", 40)
    replace_held_out(folder, "val", places, rows)
    for split in ("train", "val", "test"):
        changed = table(folder, f"splits/{split}")
        changed["n"] = changed["n"] + rng.normal(0, 0.02, len(changed))
        write_table(folder, f"splits/{split}", changed)
    return {("CT202", "duplicate_rows"): 40}


def remember(folder: Path) -> Known:
    """All easy held-out samples were trained on, and are known by heart."""
    rng = np.random.default_rng(2)
    held_out, train = table(folder, "splits/val"), _originals(folder)
    easy = {group for group, tier in _tier_of().items() if tier == "easy"}
    places, sources = [], []
    for group in sorted(easy):
        own = np.flatnonzero(_is(held_out, group))
        places.append(own)
        sources.append(rng.choice(np.flatnonzero(_is(train, group)), len(own), replace=False))
    at = np.concatenate(places)
    replace_held_out(folder, "val", at, train.iloc[np.concatenate(sources)])
    return {("CT201", "duplicate_rows"): len(at)}


def augment_validation(folder: Path) -> Known:
    """Every validation sample of a hard group is scored a second time as a copy of itself."""
    rng = np.random.default_rng(3)
    rows, predictions = table(folder, "splits/val"), table(folder, "val_predictions")
    hard = np.flatnonzero(rows["k"].eq(6) & rows["m"].eq(3))
    copies = rows.iloc[hard].copy()
    copies["is_augmented"] = True
    copies["row_id"] = np.arange(len(hard)) + 30_000
    matrices = copies[ENTRIES].to_numpy()[:, :18].reshape(-1, 6, 3)
    order = rng.permutation(6)
    copies[ENTRIES[:18]] = -matrices[:, order].reshape(-1, 18)
    scored = predictions.iloc[hard].assign(row_id=copies["row_id"].to_numpy())
    write_table(folder, "splits/val", pd.concat([rows, copies], ignore_index=True))
    write_table(folder, "val_predictions", pd.concat([predictions, scored], ignore_index=True))
    return {}


def more_copies(folder: Path) -> Known:
    """Hard groups got a fourth copy that neither the code nor the page speaks of."""
    train = table(folder, "splits/train")
    own = train[~train["is_augmented"] & train["k"].eq(5) & train["m"].eq(4)]
    again = own.assign(is_augmented=True, row_id=np.arange(len(own)) + 30_000)
    again[ENTRIES] = -again[ENTRIES].to_numpy()
    write_table(folder, "splits/train", pd.concat([train, again], ignore_index=True))
    return {}


def wrong_labels(folder: Path) -> Known:
    """One copy in five has the label of another sample."""
    rng = np.random.default_rng(4)
    train = table(folder, "splits/train")
    copies = np.flatnonzero(train["is_augmented"])
    some = rng.choice(copies, len(copies) // 5, replace=False)
    labels = train["y"].to_numpy().copy()
    labels[some] = np.roll(labels[some], 1)
    train["y"] = labels
    write_table(folder, "splits/train", train)
    return {("AU305", "wrong_labels"): int(np.sum(labels[some] != train["y_exact"].iloc[some]))}


def wrong_held_out_labels(folder: Path) -> Known:
    """Half of the labels of one group are twice as large as they should be."""
    rows, predictions = table(folder, "splits/val"), table(folder, "val_predictions")
    own = np.flatnonzero(rows["k"].eq(4) & rows["m"].eq(2))[::2]
    for column, part in (("y", rows), ("y_true", predictions)):
        part[column] = part[column].where(~part.index.isin(own), 2 * part[column])
    predictions["y_pred"] = predictions["y_pred"].where(
        ~predictions.index.isin(own), 2 * predictions["y_pred"]
    )
    write_table(folder, "splits/val", rows)
    write_table(folder, "val_predictions", predictions)
    return {}


def noisy_copies(scale: float, said: str, *, clip: bool = False) -> Callable[[Path], Known | None]:
    """Copies are their parents plus noise, with the label of the parent."""

    def apply(folder: Path) -> Known:
        rng = np.random.default_rng(5)
        train = table(folder, "splits/train")
        entries = train[ENTRIES].to_numpy(float)
        parents = train.set_index("row_id").loc[train["parent_id"], ENTRIES].to_numpy(float)
        noise = scale * rng.normal(size=entries.shape) * entries.std(axis=0)
        copies = np.where(parents == 0, 0, parents + noise)
        if clip:
            copies = np.clip(copies, 0, 1)
        is_copy = train["is_augmented"].to_numpy()
        train[ENTRIES] = np.where(is_copy[:, None], copies, entries)
        exact = train["y_exact"].to_numpy().copy()
        exact[is_copy] = exact_heights(train.loc[is_copy, COLUMNS].to_numpy(float))
        train["y_exact"] = exact
        write_table(folder, "splits/train", train)
        add_to_page(folder, said)
        return {}

    return apply


# --- numbers that were saved ----------------------------------------------------------------


def inflate_metrics(folder: Path) -> Known:
    """The overall value of metrics.json is a fifth better than its groups."""
    before = metrics_of(folder)["overall"]["validation"]
    edit_metrics(
        folder, lambda metrics: metrics["overall"].update(validation=0.8 * before)
    )
    return {}


def swap_tiers(folder: Path) -> Known:
    """Easy and hard have each other's value in metrics.json."""

    def change(metrics: dict[str, Any]) -> None:
        easy, _, hard = metrics["by_tier"]
        easy["tier"], hard["tier"] = hard["tier"], easy["tier"]

    edit_metrics(folder, change)
    return {}


def swap_groups(folder: Path) -> Known:
    """An easy and a hard group have each other's value in metrics.json."""

    def change(metrics: dict[str, Any]) -> None:
        entries = {(entry["k"], entry["m"]): entry for entry in metrics["by_group"]}
        one, other = entries[4, 2], entries[6, 3]
        one["log2_mse"], other["log2_mse"] = other["log2_mse"], one["log2_mse"]

    edit_metrics(folder, change)
    return {}


def worse_group(folder: Path) -> Known:
    """The run before was worse on the whole, and twice as good in one easy group."""
    entries = metrics_of(folder)["by_group"]
    lines = [
        {
            "k": entry["k"],
            "m": entry["m"],
            "log2_mse": entry["log2_mse"] * (0.2 if (entry["k"], entry["m"]) == (4, 2) else 1.3),
        }
        for entry in entries
    ]
    total = sum(line["log2_mse"] for line in lines) / len(lines)
    import json

    text = json.dumps({"name": "Run 5", "metric": "log2_mse", "overall": total, "by_group": lines})
    (folder / "baseline_run5.json").write_text(text, encoding="utf-8")
    return {}


def small_gap(folder: Path) -> Known:
    edit_metrics(folder, lambda metrics: metrics["overall"].update(train=0.01))
    return {}


def truncate_metrics(folder: Path) -> Known:
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    (folder / "metrics.json").write_text(text[: len(text) // 2], encoding="utf-8")
    return {}


def end_history_early(folder: Path) -> Known:
    lines = (folder / "history.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "history.csv").write_text("".join(lines[:-3]), encoding="utf-8")
    return {}


def report_another_epoch(folder: Path) -> Known:
    """The best epoch of the history is an earlier one than the weights that were kept."""
    path = folder / "history.csv"
    history = pd.read_csv(path)
    scores = [c for c in history if c.startswith("val_")]
    history.loc[2, scores] = history.loc[len(history) - 1, scores] * 0.6
    history.to_csv(path, index=False)
    return {}


def spoil_predictions(spoil: Callable[[pd.DataFrame], Any]) -> Callable[[Path], Known | None]:
    def apply(folder: Path) -> Known:
        rows = table(folder, "val_predictions")
        rows["y_pred"] = spoil(rows)
        write_table(folder, "val_predictions", rows)
        return {}

    return apply


def drop_predictions(folder: Path) -> Known:
    rows = table(folder, "val_predictions")
    write_table(folder, "val_predictions", rows.iloc[:-50])
    return {}


# --- the page and the notebook ----------------------------------------------------------------


def on_page(before: str, after: str) -> Callable[[Path], Known | None]:
    def apply(folder: Path) -> Known:
        edit_page(folder, before, after)
        return {}

    return apply


def inflate_page(folder: Path) -> Known:
    value = metrics_of(folder)["overall"]["validation"]
    edit_page(folder, f"| Validation | {value:.6f} |", f"| Validation | {0.9 * value:.6f} |")
    return {}


def inflate_headline(folder: Path) -> Known:
    value = metrics_of(folder)["overall"]["test"]
    edit_page(folder, f"**{value:.4f}**", f"**{0.8 * value:.4f}**")
    return {}


def undercount(folder: Path) -> Known:
    n = metrics_of(folder)["counts"]["train"]
    edit_page(folder, f"This gives {n:,} training", f"This gives {n // 2:,} training")
    return {}


def undercount_copies(folder: Path) -> Known:
    n = metrics_of(folder)["counts"]["train_copies"]
    edit_page(folder, f"{n:,} copies in all", f"{n - 1000:,} copies in all")
    return {}


def wrong_total(folder: Path) -> Known:
    counts = metrics_of(folder)["counts"]
    total = counts["validation"]
    n = total // 3
    add_to_page(
        folder,
        "| Tier | Groups | Validation rows | % of total |\n|---|---|---|---|\n"
        f"| Easy | 3 groups | {n:,} | 33.3 % |\n"
        f"| Medium | 3 groups | {n * 2 // 3:,} | 22.2 % |\n"
        f"| Hard | 3 groups | {n:,} | 33.3 % |\n"
        f"| Total | 9 groups | {total:,} | 100 % |",
    )
    return {}


def wrong_change(folder: Path) -> Known:
    metrics = metrics_of(folder)
    ridge = metrics["ridge"][-1]["log2_mse"]
    network = metrics["overall"]["validation"]
    change = 100 * (1 - network / ridge)
    add_to_page(
        folder,
        "| Model | Ridge on D | Network | Improvement |\n|---|---|---|---|\n"
        f"| Validation log2-MSE | {ridge:.4f} | {network:.4f} | {change + 30:.1f} % |",
    )
    return {}


def claim_met(folder: Path) -> Known:
    easy = metrics_of(folder)["by_tier_test"][0]["log2_mse"]
    edit_page(
        folder,
        f"| Easy log2-MSE | < 0.08 | {easy:.4f} | not met |",
        f"| Easy log2-MSE | < 0.08 | {easy:.4f} | met |",
    )
    return {}


def another_setting(folder: Path) -> Known:
    add_to_page(folder, "The networks were trained with a batch size of 4096.")
    return {}


def in_code(before: str, after: str) -> Callable[[Path], Known | None]:
    def apply(folder: Path) -> Known:
        edit_code(folder, before, after)
        return {}

    return apply


def execute_again(folder: Path) -> Known:
    def change(cells: list[dict[str, Any]]) -> None:
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        (scaling,) = [cell for cell in code if "scaler.fit_transform" in source_of(cell)]
        scaling["execution_count"] = len(code) + 1

    edit_notebook(folder, change)
    return {}


class _Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('executed')",))


def hostile_pickle(folder: Path) -> Known:
    (folder / "data/m_heights.pkl").write_bytes(pickle.dumps(_Hostile()))
    return {}


def old_metrics(folder: Path) -> Known:
    (folder / "old").mkdir()
    rows = table(folder, "splits/train")
    (folder / "splits/old").mkdir()
    write_table(folder, "splits/old/train", rows.iloc[:500])
    return {}


def of(*ids: str) -> frozenset[str]:
    return frozenset(ids)


FAULTS: tuple[ReferenceFault, ...] = (
    ReferenceFault("training samples stand among the validation samples", of("CT201"), repeat_in("val")),
    ReferenceFault("training samples stand among the test samples", of("CT201"), repeat_in("test")),
    ReferenceFault("training samples stand among the validation samples, n jittered", of("CT202"), repeat_with_jitter),
    ReferenceFault("a whole tier of the validation samples was trained on", of("CT201", "MT405"), remember),
    ReferenceFault("validation samples are augmented", of("AU302"), augment_validation),
    ReferenceFault("a group has a copy more than is said", of("AU302"), more_copies),
    ReferenceFault("a fifth of the copies have another's label", of("AU305"), wrong_labels),
    ReferenceFault("half of the labels of a held-out group are wrong", of("AU305"), wrong_held_out_labels),
    ReferenceFault("the noise on copies is larger than said", of("AU303", "AU305"), noisy_copies(0.5, "Copies got 2 % noise.")),
    ReferenceFault("copies are clipped to [0, 1]", of("AU304", "AU305"), noisy_copies(0.02, "Copies got 2 % noise and were clipped.", clip=True)),
    ReferenceFault("metrics.json states a better overall value", of("MT403"), inflate_metrics),
    ReferenceFault("easy and hard are swapped in metrics.json", of("MT403"), swap_tiers),
    ReferenceFault("an easy and a hard group are swapped in metrics.json", of("MT403"), swap_groups),
    ReferenceFault("a group is worse than before behind a better average", of("MT401"), worse_group),
    ReferenceFault("the training error is a tenth", of("MT404"), small_gap),
    ReferenceFault("metrics.json is truncated", of("LD901"), truncate_metrics),
    ReferenceFault("history ends early", of("MT408"), end_history_early),
    ReferenceFault("best epoch is not reported", of("MT408"), report_another_epoch),
    ReferenceFault("NaN", of("MT409"), spoil_predictions(lambda rows: rows["y_pred"].where(rows.index % 10 != 0))),
    ReferenceFault("constant", of("MT409"), spoil_predictions(lambda rows: rows["y_true"].mean())),
    ReferenceFault("range", of("MT409"), spoil_predictions(lambda rows: rows["y_pred"].where(rows.index % 50 != 0, -3.0))),
    ReferenceFault("in log2", of("MT409"), spoil_predictions(lambda rows: np.log2(rows["y_pred"]))),
    ReferenceFault("predictions in another order", of("MT409"), spoil_predictions(lambda rows: np.roll(rows["y_pred"], 1))),
    ReferenceFault("predictions lack rows", of("MT409"), drop_predictions),
    ReferenceFault("page inflated validation", of("CL504"), inflate_page),
    ReferenceFault("page inflated headline", of("CL504"), inflate_headline),
    ReferenceFault("undercounted log", of("AU302"), undercount),
    ReferenceFault("undercounted copies", of("AU302"), undercount_copies),
    ReferenceFault("total", of("CL501"), wrong_total),
    ReferenceFault("change", of("CL502"), wrong_change),
    ReferenceFault("claim met", of("MT406"), claim_met),
    ReferenceFault("batch", of("CL503"), another_setting),
    ReferenceFault("comment copies", of("AU301"), in_code("# easy groups: 1 copy\n    (4, 2): 1", "# easy groups: 1 copy\n    (4, 2): 4")),
    ReferenceFault("unseeded", of("HY602"), in_code(", random_state=RANDOM_STATE\n", "\n")),
    ReferenceFault("order", of("HY603"), execute_again),
    ReferenceFault("ignore", of("HY604"), in_code("scaler = GroupScaler()", "scaler = GroupScaler()  # audit: ignore[LK102]")),
    ReferenceFault("pickle", of("LD902"), hostile_pickle),
    ReferenceFault("old", of("LD904"), old_metrics),
)


def _taken(folder: Path, split: str, n: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Places of held-out samples, and as many training samples of the same groups."""
    rng = np.random.default_rng(n)
    held_out, train = table(folder, f"splits/{split}"), _originals(folder)
    places = rng.choice(len(held_out), n, replace=False)
    free = {g: list(np.flatnonzero(_is(train, g))) for g in _tier_of()}
    keys = held_out.iloc[places][["k", "m"]].itertuples(index=False, name=None)
    return places, train.iloc[[free[k, m].pop() for k, m in keys]]


def _originals(folder: Path) -> pd.DataFrame:
    train = table(folder, "splits/train")
    return train[~train["is_augmented"]].reset_index(drop=True)


def _is(rows: pd.DataFrame, group: tuple[int, int]) -> pd.Series:
    return rows["k"].eq(group[0]) & rows["m"].eq(group[1])


def _tier_of() -> dict[tuple[int, int], str]:
    return {group: tier for tier, groups in TIERS.items() for group in groups}
