"""The mistake in the shipped document is found and nothing else; the corrected one is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.load import load, read_config
from audit.model.artifacts import Documents, Grouping, Metrics, PredictionSets, RawData, Splits
from audit.model.check import Outcome, Verdict
from audit.model.export import Present
from audit.model.severity import Severity
from checks.claims.totals import Params, totals
from tests.harness import EXPORTS, audit_export, run_of


def judge(path) -> Outcome:
    export = load(path, read_config(path))

    def value(artifact):
        slot = export.get(artifact)
        return slot.value if isinstance(slot, Present) else None

    return totals.function(
        documents=value(Documents),
        splits=value(Splits),
        grouping=value(Grouping),
        predictions=value(PredictionSets),
        metrics=value(Metrics),
        raw=value(RawData),
        params=Params(),
    )


def test_the_medium_row_and_nothing_else() -> None:
    (finding,) = judge(EXPORTS.parent.parent / "notebook_export").findings
    (place,) = finding.locations
    assert place.path == "RESULTS.md"
    assert place.text.startswith("| Medium | 3 groups")
    assert "2 of 3 groups" in finding.message


def test_the_corrected_export_adds_up() -> None:
    outcome = judge(EXPORTS / "corrected")
    assert outcome.verdict is Verdict.PASS
    assert {claim.expected for claim in outcome.measured} == {"consistent"}


@pytest.mark.parametrize("path", [EXPORTS.parent.parent / "notebook_export", EXPORTS / "corrected"])
@pytest.mark.parametrize("check_id", ["CL502", "CL503", "CL504"])
def test_no_other_claim_is_contradicted(path: Path, check_id: str) -> None:
    run = run_of(audit_export(path), check_id)
    assert run.findings == ()
    assert {claim.expected for claim in run.measured} <= {"consistent"}


def test_what_is_checked_in_the_shipped_export() -> None:
    report = audit_export(EXPORTS.parent.parent / "notebook_export")
    claims = {
        str(claim.observed): claim.method
        for check_id in ("CL502", "CL503", "CL504")
        for claim in run_of(report, check_id).measured
    }
    assert claims["noise scale: 2 % noise"].startswith("0.02 at")
    assert claims["test size: 15 % for validation"].startswith("0.15 at")
    assert "9 rows agree" in claims["% Change by group"]
    assert claims["validation log2-MSE of 0.175"].startswith("metrics.json")


def test_the_document_that_started_it(tmp_path: Path) -> None:
    """As an export of one file: what is wrong in it is found, what only looks wrong is not."""
    text = (EXPORTS.parent / "corpus" / "run6_analysis.md").read_text(encoding="utf-8")
    (tmp_path / "run6_analysis.md").write_text(text, encoding="utf-8")
    report = audit_export(tmp_path)
    found = {
        (finding.check_id, finding.primary.line)
        for finding in report.findings
        if finding.severity >= Severity.WARNING and finding.check_id.startswith("CL")
    }
    # the table with the medium row, the formula, the two gaps, the two multiples of easy cases
    assert found == {("CL501", 120), ("CL502", 130), ("CL504", 145), ("CL504", 15)}
