"""Fingerprints survive edits elsewhere, and tell different findings apart."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from audit.registry import load_checks
from tests.harness import EXPORTS, audit_export, overlay

IDS = [check.id for check in load_checks()]


def lines_above(root: Path) -> None:
    for file in root.rglob("*.py"):
        file.write_text(f"# one\n# two\n\n{file.read_text()}")
    for file in root.rglob("*.md"):
        file.write_text(f"Written for the archive.\n\n\n{file.read_text()}")


def cells_above(root: Path) -> None:
    for file in root.rglob("*.ipynb"):
        try:
            notebook = json.loads(file.read_text())
        except ValueError:
            continue
        if not isinstance(notebook.get("cells"), list):
            continue
        notebook["cells"][:0] = [
            {
                "cell_type": "markdown",
                "id": "new-0",
                "metadata": {},
                "source": ["For the archive."],
            },
            {
                "cell_type": "code",
                "id": "new-1",
                "metadata": {},
                "source": ["import os"],
                "outputs": [],
                "execution_count": 1,
            },
        ]
        file.write_text(json.dumps(notebook))


def rows_reordered(root: Path) -> None:
    for file in root.rglob("*.csv"):
        try:
            table = pd.read_csv(file, dtype=str, keep_default_na=False)
        except (ValueError, UnicodeDecodeError):
            continue
        if len(table) > 50:
            order = table.iloc[::-1] if "predictions" not in file.name else table
            file.write_text(order.to_csv(index=False, lineterminator="\n"))


def rows_appended(root: Path) -> None:
    """Two more rows of training, with values that nothing else has."""
    for file in root.rglob("train*.csv"):
        try:
            table = pd.read_csv(file)
        except (ValueError, UnicodeDecodeError):
            continue
        if len(table) < 2:
            continue
        more = table.tail(2).copy()
        for number, name in enumerate(more.select_dtypes("number").columns):
            if name == "y_exact":  # stays what it is beside the target: no defect is added
                more[name] = more["y"] + (table["y_exact"] - table["y"]).tail(2)
                continue
            step = 1000 if more[name].dtype.kind == "i" else 3.21 + 0.017 * number
            more[name] = more[name] + step
        grown = pd.concat([table, more], ignore_index=True)
        file.write_text(grown.to_csv(index=False, lineterminator="\n"))


EDITS = [lines_above, cells_above, rows_reordered, rows_appended]


def fingerprints(root: Path, check_id: str) -> list[str]:
    found = audit_export(root).findings
    return sorted(each.fingerprint for each in found if each.check_id == check_id)


@pytest.mark.parametrize("check_id", IDS)
def test_fingerprints_survive_edits_elsewhere(check_id: str, tmp_path: Path) -> None:
    before = fingerprints(overlay(EXPORTS / check_id / "bad", tmp_path / "before"), check_id)
    assert before
    assert len(set(before)) == len(before)
    for edit in EDITS:
        root = overlay(EXPORTS / check_id / "bad", tmp_path / edit.__name__)
        edit(root)
        assert fingerprints(root, check_id) == before, edit.__name__


def test_a_table_in_a_cell_keeps_its_fingerprint_below_new_cells_and_numbers(
    tmp_path: Path,
) -> None:
    def with_table(root: Path, above: list[str], hard: int) -> list[str]:
        table = (
            f"Validation RMSE {0.4 + hard / 100:.3f}.\n\n"
            "| Tier | Rows | % of total |\n|---|---|---|\n"
            f"| Easy | 40 | 50.0 % |\n| Hard | {hard} | 50.0 % |\n| Total | 80 | 100.0 % |\n"
        )
        overlay(EXPORTS / "base", root)
        notebook = json.loads((root / "experiment.ipynb").read_text())
        notebook["cells"] = [
            {"cell_type": "markdown", "metadata": {}, "source": text} for text in above
        ] + [*notebook["cells"], {"cell_type": "markdown", "metadata": {}, "source": table}]
        (root / "experiment.ipynb").write_text(json.dumps(notebook))
        return fingerprints(root, "CL501")

    before = with_table(tmp_path / "a", [], 20)
    assert len(before) == 1
    assert with_table(tmp_path / "b", ["One", "Two"], 30) == before


def test_findings_of_one_kind_have_fingerprints_of_their_own(tmp_path: Path) -> None:
    """The same table in two places of a document."""
    root = overlay(EXPORTS / "base", tmp_path)
    table = "\n| Tier | Rows | % of total |\n|---|---|---|\n| Easy | 40 | 50.0 % |\n"
    table += "| Hard | 20 | 50.0 % |\n| Total | 80 | 100.0 % |\n"
    for number in range(2):
        with (root / "RESULTS.md").open("a") as file:
            file.write(f"\n## Composition\n{table}\nText {number}.\n")
    report = audit_export(root)
    found = [(each.check_id, each.fingerprint) for each in report.findings]
    assert sum(check_id == "CL501" for check_id, _ in found) == 2
    assert len(set(found)) == len(found)


def test_the_name_of_the_folder_is_no_part_of_a_fingerprint(tmp_path: Path) -> None:
    first = audit_export(overlay(EXPORTS / "CT202" / "bad", tmp_path / "one"))
    second = audit_export(overlay(EXPORTS / "CT202" / "bad", tmp_path / "two"))
    assert [f.fingerprint for f in first.findings] == [f.fingerprint for f in second.findings]
