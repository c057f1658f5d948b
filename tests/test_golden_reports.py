"""Whole reports, word for word; ``pytest --update-golden`` rewrites them after a look at the diff.

The report of the shipped export is held against ``reports/run6.md`` in ``test_run6.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.render.figures import figures
from audit.render.json_report import to_json
from audit.render.markdown import to_markdown
from tests.harness import BASE, EXPORTS, audit_export, overlay

FOLDERS = {
    "clean": BASE,
    "leaky_code": EXPORTS / "LK101" / "bad",
    "hidden_copies": EXPORTS / "CT202" / "bad",
    "wrong_table": EXPORTS / "CL501" / "bad",
    "refused_file": EXPORTS / "LD902" / "bad",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_report(name: str, golden: Callable[[str, str], None], tmp_path: Path) -> None:
    report = audit_export(overlay(FOLDERS[name], tmp_path / "export"))
    paths = {each: f"export/{each}.svg" for each in figures(report)}
    golden(f"reports/{name}.md", to_markdown(report, paths))
    parsed = json.loads(to_json(report))
    for run in parsed["runs"]:
        del run["seconds"]
    golden(f"reports/{name}.json", json.dumps(parsed, indent=1) + "\n")
