"""Faults in what was saved and written of a run: metrics, history, RESULTS.md, the notebook."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from tests.reference.editing import (
    add_to_page,
    edit_code,
    edit_metrics,
    edit_notebook,
    edit_output,
    edit_page,
    metrics_of,
    source_of,
    table,
    write_table,
)
from tests.reference.row_faults import Known

# --- metrics.json -----------------------------------------------------------------------------


def inflate_overall(folder: Path) -> Known:
    """The overall value is a fifth better than its groups."""
    right = metrics_of(folder)["overall"]["validation"]
    edit_metrics(folder, lambda metrics: metrics["overall"].update(validation=0.8 * right))
    return {("MT403", "reported_metric"): 0.8 * right, ("MT403", "recomputed_metric"): right}


def swap_tiers(folder: Path) -> Known:
    """Easy and hard have each other's value."""
    easy, _, hard = (entry["log2_mse"] for entry in metrics_of(folder)["by_tier"])

    def change(metrics: dict[str, Any]) -> None:
        first, _, last = metrics["by_tier"]
        first["log2_mse"], last["log2_mse"] = hard, easy

    edit_metrics(folder, change)
    return {("MT403", "recomputed_metric"): easy}


def swap_groups(folder: Path) -> Known:
    """An easy and a hard group have each other's value."""
    right = _by_group(folder)

    def change(metrics: dict[str, Any]) -> None:
        entries = {(entry["k"], entry["m"]): entry for entry in metrics["by_group"]}
        entries[4, 2]["log2_mse"], entries[6, 3]["log2_mse"] = right[6, 3], right[4, 2]

    edit_metrics(folder, change)
    return {("MT403", "recomputed_metric"): right[4, 2], ("CL504", "stated_metric"): _four(right)}


def _four(right: dict[tuple[int, int], float]) -> float:
    return round(right[4, 2], 4)


def worsen_a_group(folder: Path) -> Known:
    """The run before was worse on the whole, and five times as good in one easy group."""
    right = _by_group(folder)
    before = {group: value * (0.2 if group == (4, 2) else 1.3) for group, value in right.items()}
    lines = [{"k": k, "m": m, "log2_mse": value} for (k, m), value in before.items()]
    baseline = {
        "name": "Run 5",
        "metric": "log2_mse",
        "overall": sum(before.values()) / len(before),
        "by_group": lines,
    }
    (folder / "baseline_run5.json").write_text(json.dumps(baseline), encoding="utf-8")
    return {("MT401", "metric_ratio"): 5.0, ("MT401", "group_metric"): right[4, 2]}


def deflate_training(folder: Path) -> Known:
    """The training error is a small part of the validation error."""
    overall = metrics_of(folder)["overall"]
    edit_metrics(folder, lambda metrics: metrics["overall"].update(train=0.01))
    return {("MT404", "train_val_gap"): overall["validation"] - 0.01}


def truncate_metrics(folder: Path) -> Known:
    text = (folder / "metrics.json").read_text(encoding="utf-8")
    (folder / "metrics.json").write_text(text[: len(text) // 2], encoding="utf-8")
    return {}


def _by_group(folder: Path) -> dict[tuple[int, int], float]:
    entries = metrics_of(folder)["by_group"]
    return {(entry["k"], entry["m"]): entry["log2_mse"] for entry in entries}


# --- history ----------------------------------------------------------------------------------


def plan_more_epochs(folder: Path) -> Known:
    """Ten times as many epochs were planned as the history has, which ends while improving."""
    ran = len(pd.read_csv(folder / "history.csv"))
    edit_code(folder, f"EPOCHS = {ran}\n", f"EPOCHS = {10 * ran}\n")
    return {("MT408", "epochs_recorded"): ran}


def keep_another_epoch(folder: Path) -> Known:
    """An epoch of the history is far better than the one whose value is reported."""
    path = folder / "history.csv"
    history = pd.read_csv(path)
    scores = [column for column in history if column.startswith("val_")]
    history.loc[2, scores] = history[scores].iloc[-1] * 0.3
    history.to_csv(path, index=False)
    return {("MT408", "kept_epoch"): len(history)}


# --- RESULTS.md -------------------------------------------------------------------------------


def inflate_headline(folder: Path) -> Known:
    right = metrics_of(folder)["overall"]["test"]
    edit_page(folder, f"**{right:.4f}**", f"**{0.8 * right:.4f}**")
    return {("CL504", "stated_metric"): round(0.8 * right, 4)}


def inflate_validation(folder: Path) -> Known:
    """The table of the overall values has a better one, from which the gap does not follow."""
    right = metrics_of(folder)["overall"]["validation"]
    edit_page(folder, f"| Validation | {right:.6f} |", f"| Validation | {0.9 * right:.6f} |")
    return {}


def swap_tiers_on_page(folder: Path) -> Known:
    tiers = metrics_of(folder)["by_tier_test"]
    easy, hard = tiers[0], tiers[2]
    for own, other in ((easy, hard), (hard, easy)):
        row = f"| {own['tier'].capitalize()} | 3 groups | {own['samples']:,} | "
        edit_page(folder, f"{row}{own['log2_mse']:.4f} |", f"{row}{other['log2_mse']:.4f} |")
    return {("CL504", "stated_metric"): round(hard["log2_mse"], 4)}


def undercount_rows(folder: Path) -> Known:
    n = metrics_of(folder)["counts"]["train"]
    edit_page(folder, f"This gives {n:,} training", f"This gives {n // 2:,} training")
    return {("AU302", "stated_rows"): n // 2, ("AU302", "synthetic_rows"): n * 2 // 3}


def undercount_copies(folder: Path) -> Known:
    n = metrics_of(folder)["counts"]["train_copies"]
    edit_page(folder, f"{n:,} copies in all", f"{n - 1000:,} copies in all")
    return {("AU302", "stated_rows"): n - 1000, ("AU302", "synthetic_rows"): n}


def undercount_in_log(folder: Path) -> Known:
    """What the notebook printed was edited."""
    n = metrics_of(folder)["counts"]["train"]
    wrong = n * 5 // 6
    edit_output(
        folder,
        f"{n:,} training rows after augmentation (3.00x)",
        f"{wrong:,} training rows after augmentation (2.50x)",
    )
    return {("AU302", "stated_rows"): wrong, ("AU302", "synthetic_rows"): n * 2 // 3}


def understate_growth(folder: Path) -> Known:
    edit_page(folder, "3.00 times the training samples", "1.50 times the training samples")
    return {}


def state_more_copies(folder: Path) -> Known:
    """The text above the cell promises two copies more than hard groups got."""
    edit_notebook(folder, _in_markdown("hard groups: 3 copies", "hard groups: 5 copies"))
    return {("AU301", "copies_declared"): 5, ("AU301", "copies_actual"): 3}


def miscount_a_tier(folder: Path) -> Known:
    """A tier of three groups is stated with the samples of two, and their share."""
    tier = metrics_of(folder)["by_tier_test"][1]
    n = tier["samples"]
    edit_page(folder, f"| Medium | 3 groups | {n:,} |", f"| Medium | 3 groups | {n * 2 // 3:,} |")
    return {("CL501", "stated_count"): n * 2 // 3}


def miss_the_total(folder: Path) -> Known:
    """The table of a composition whose rows sum to less than the total below them."""
    total = metrics_of(folder)["counts"]["validation"]
    n = total // 3
    add_to_page(
        folder,
        "| Tier | Groups | Validation rows | % of total |\n|---|---|---|---|\n"
        f"| Easy | 3 groups | {n:,} | 33.3 % |\n"
        f"| Medium | 3 groups | {n * 2 // 3:,} | 22.2 % |\n"
        f"| Hard | 3 groups | {n:,} | 33.3 % |\n"
        f"| Total | 9 groups | {total:,} | 100 % |",
    )
    return {("CL501", "count_sum"): total - n // 3}


def state_a_wrong_change(folder: Path) -> Known:
    """A percentage of change that is 30 points too large."""
    right = _by_group(folder)
    lines = []
    for (k, m), after in right.items():
        before = round(1.5 * after, 4)
        share = 100 * (before - after) / before + (30 if (k, m) == (5, 3) else 0)
        lines.append(f"| k={k},m={m} | {before:.4f} | {after:.4f} | {share:.1f} % |")
    head = "| Group | Run 5 | Run 7 | Reduction |\n|---|---|---|---|\n"
    add_to_page(folder, head + "\n".join(lines))
    return {}


def claim_a_criterion(folder: Path) -> Known:
    """A bound that the easy tier misses by far is called met."""
    easy = metrics_of(folder)["by_tier_test"][0]["log2_mse"]
    row = f"| Easy log2-MSE | < 0.08 | {easy:.4f} |"
    edit_page(folder, f"{row} not met |", f"{row} met |")
    return {}


def state_another_setting(folder: Path) -> Known:
    add_to_page(folder, "- Batch size: 1024")
    return {("CL503", "stated_setting"): 1024}


# --- the notebook -----------------------------------------------------------------------------


def seed_nothing(folder: Path) -> Known:
    edit_code(folder, "keras.utils.set_random_seed(RANDOM_STATE)\n", "")
    edit_code(folder, ", random_state=RANDOM_STATE\n", "\n")
    return {}


def execute_again(folder: Path) -> Known:
    """The cell of the scaler was executed again after all others."""

    def change(cells: list[dict[str, Any]]) -> None:
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        (scaling,) = [cell for cell in code if "scaler.fit_transform" in source_of(cell)]
        scaling["execution_count"] = len(code) + 1

    edit_notebook(folder, change)
    return {("HY603", "cells_out_of_order"): 1}


def ignore_without_reason(folder: Path) -> Known:
    edit_code(folder, "scaler = GroupScaler()", "scaler = GroupScaler()  # audit: ignore[LK102]")
    return {}


def break_a_cell(folder: Path) -> Known:
    edit_code(folder, "scaler = GroupScaler()", "scaler = GroupScaler(")
    return {}


def _in_markdown(before: str, after: str) -> Callable[[list[dict[str, Any]]], None]:
    def change(cells: list[dict[str, Any]]) -> None:
        texts = [cell for cell in cells if cell["cell_type"] == "markdown"]
        (cell,) = [cell for cell in texts if before in source_of(cell)]
        cell["source"] = source_of(cell).replace(before, after).splitlines(keepends=True)

    return change


# --- files ------------------------------------------------------------------------------------


class _Hostile:
    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('executed')",))


def save_a_hostile_pickle(folder: Path) -> Known:
    (folder / "data/m_heights.pkl").write_bytes(pickle.dumps(_Hostile()))
    return {}


def leave_an_older_split(folder: Path) -> Known:
    (folder / "splits/old").mkdir()
    write_table(folder, "splits/old/train", table(folder, "splits/train").iloc[:500])
    return {}


def lose_a_column(folder: Path) -> Known:
    write_table(folder, "splits/test", table(folder, "splits/test").drop(columns="p3"))
    return {}


def drop_the_test_set(folder: Path) -> Known:
    """Only the validation set remains, by which the epoch was chosen."""
    (folder / "splits/test.parquet").unlink()
    (folder / "test_predictions.parquet").unlink()
    for name in ("fresh_n_k_m_P.pkl", "fresh_m_heights.pkl"):
        (folder / "data" / name).unlink()
    return {}
