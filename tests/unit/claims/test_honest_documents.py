"""No check about claims raises an alarm on an honest document."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.severity import Severity
from tests.harness import audit_export
from tests.unit.claims.honest_documents import DOCUMENTS


def test_there_are_enough() -> None:
    assert len(DOCUMENTS) >= 40


@pytest.mark.parametrize("name", DOCUMENTS)
def test_honest_document_is_silent(name: str, tmp_path: Path) -> None:
    for path, text in DOCUMENTS[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    report = audit_export(tmp_path)
    assert [run.reason for run in report.runs if run.verdict.value == "ERROR"] == []
    assert [
        f"{finding.check_id} {finding.message}"
        for finding in report.findings
        if finding.check_id.startswith("CL") and finding.severity >= Severity.WARNING
    ] == []
