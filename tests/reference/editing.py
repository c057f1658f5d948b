"""Change one file of an export in place, the way a careless hand would leave it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

NOTEBOOK = "train_run7.ipynb"
ENTRIES = [f"p{i}" for i in range(20)]
COLUMNS = ["n", "k", "m", *ENTRIES]
SAMPLE = [*COLUMNS, "y", "y_exact"]


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{name}.parquet")


def write_table(folder: Path, name: str, rows: pd.DataFrame) -> None:
    rows.to_parquet(folder / f"{name}.parquet", index=False)


def edit_metrics(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    change(metrics)
    path.write_text(json.dumps(metrics, indent=2), encoding="utf-8")


def metrics_of(folder: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return metrics


def edit_page(folder: Path, before: str, after: str) -> None:
    """Replace a passage of RESULTS.md that stands there exactly once."""
    path = folder / "RESULTS.md"
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{before!r} is there {text.count(before)} times"
    path.write_text(text.replace(before, after), encoding="utf-8")


def add_to_page(folder: Path, passage: str) -> None:
    path = folder / "RESULTS.md"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{passage}\n", encoding="utf-8")


def edit_notebook(folder: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    path = folder / NOTEBOOK
    book = json.loads(path.read_text(encoding="utf-8"))
    change(book["cells"])
    path.write_text(json.dumps(book, indent=1), encoding="utf-8")


def edit_code(folder: Path, before: str, after: str) -> None:
    """Replace a passage in the one code cell that holds it; recorded outputs stay."""

    def change(cells: list[dict[str, Any]]) -> None:
        holding = [cell for cell in cells if before in source_of(cell)]
        assert len(holding) == 1, f"{before!r} is in {len(holding)} cells"
        text = source_of(holding[0]).replace(before, after)
        holding[0]["source"] = text.splitlines(keepends=True)

    edit_notebook(folder, change)


def edit_output(folder: Path, before: str, after: str) -> None:
    """Replace a passage in the one recorded output that holds it."""

    def change(cells: list[dict[str, Any]]) -> None:
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        holding = [output for output in outputs if before in "".join(output.get("text", []))]
        assert len(holding) == 1, f"{before!r} is in {len(holding)} outputs"
        text = "".join(holding[0]["text"]).replace(before, after)
        holding[0]["text"] = text.splitlines(keepends=True)

    edit_notebook(folder, change)


def source_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def replace_held_out(folder: Path, split: str, places: np.ndarray, rows: pd.DataFrame) -> None:
    """Put other samples in the place of held-out ones.

    Each prediction keeps its error in log2, so that no metric changes: what is to be seen is in
    the rows.
    """
    held_out, predictions = table(folder, f"splits/{split}"), table(folder, f"{split}_predictions")
    ratio = predictions["y_pred"].to_numpy() / predictions["y_true"].to_numpy()
    for column in SAMPLE:
        held_out[column] = _with(held_out[column], places, rows[column])
    predictions["y_true"] = held_out["y"]
    predictions["y_pred"] = held_out["y"].to_numpy() * ratio
    write_table(folder, f"splits/{split}", held_out)
    write_table(folder, f"{split}_predictions", predictions)


def _with(column: pd.Series, places: np.ndarray, values: pd.Series) -> np.ndarray:
    changed = column.to_numpy().astype(np.result_type(column.to_numpy(), values.to_numpy()))
    changed[places] = values.to_numpy()
    return changed
