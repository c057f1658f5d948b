"""What the gap, the history and the predictions of the shipped exports say."""

from __future__ import annotations

import json

import pytest

from audit.model.check import Verdict
from audit.model.report import Report
from audit.model.severity import Severity
from tests.harness import EXPORTS, audit_export, run_of

RUN6 = EXPORTS.parent.parent / "notebook_export"


@pytest.fixture(scope="module")
def run6() -> Report:
    return audit_export(RUN6)


@pytest.fixture(scope="module")
def corrected() -> Report:
    return audit_export(EXPORTS / "corrected")


def test_run6_fits_its_training_rows_and_the_note_mentions_the_kin(run6: Report) -> None:
    overall = json.loads((RUN6 / "metrics.json").read_text(encoding="utf-8"))["overall"]
    (finding,) = run_of(run6, "MT404").findings
    assert finding.severity is Severity.NOTE
    gap = run_of(run6, "MT404").measured[0]
    assert gap.observed == pytest.approx(overall["validation"] - overall["train"])
    assert "have kin in training" in finding.message


def test_corrected_gap_says_that_the_mixtures_differ(corrected: Report) -> None:
    run = run_of(corrected, "MT404")
    assert run.verdict is Verdict.PASS
    assert "another mixture of groups" in run.measured[0].method


@pytest.mark.parametrize("check_id", ["MT408", "MT409"])
def test_both_pass(check_id: str, run6: Report, corrected: Report) -> None:
    for report in (run6, corrected):
        assert run_of(report, check_id).verdict is Verdict.PASS
        assert run_of(report, check_id).series


def test_the_last_epoch_is_the_reported_one(run6: Report, corrected: Report) -> None:
    for report, last in ((run6, 30), (corrected, 12)):
        found = {each.name: each.observed for each in run_of(report, "MT408").measured}
        assert (found["kept_epoch"], found["epochs_planned"]) == (last, last)
