"""Every check fires on its bad export, with the right numbers, and is silent on the near-miss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.model.check import Verdict
from audit.registry import load_checks
from tests.harness import BASE, EXPORTS, alarms, audit_export, overlay, run_of

IDS = [check.id for check in load_checks()]


def test_base_is_clean(tmp_path: Path) -> None:
    report = audit_export(overlay(BASE, tmp_path))
    assert alarms(report) == set()
    assert report.verdict.value == "VALID"


@pytest.mark.parametrize("check_id", IDS)
def test_bad_export_fires(check_id: str, tmp_path: Path) -> None:
    expected = json.loads((EXPORTS / check_id / "expected.json").read_text(encoding="utf-8"))
    report = audit_export(overlay(EXPORTS / check_id / "bad", tmp_path))
    run = run_of(report, check_id)
    assert run.verdict is Verdict.FAIL, run.reason
    assert alarms(report) - {check_id} == set(expected.get("also", []))
    places = {str(place) for finding in run.findings for place in finding.locations}
    assert set(expected.get("locations", [])) <= places
    measured = [
        *run.measured,
        *(evidence for finding in run.findings for evidence in finding.evidence),
    ]
    for wanted in expected["evidence"]:
        observed = [
            list(e.observed) if isinstance(e.observed, tuple) else e.observed
            for e in measured
            if e.name == wanted["name"] and e.group == wanted.get("group")
        ]
        assert observed, f"no evidence {wanted['name']} {wanted.get('group') or ''}"
        number = isinstance(wanted["observed"], int | float)
        target = pytest.approx(wanted["observed"], rel=1e-9) if number else wanted["observed"]
        assert target in observed, f"{wanted['name']}: {observed}"


@pytest.mark.parametrize("check_id", IDS)
def test_near_miss_is_silent(check_id: str, tmp_path: Path) -> None:
    report = audit_export(overlay(EXPORTS / check_id / "good", tmp_path))
    run = run_of(report, check_id)
    assert run.verdict is Verdict.PASS, f"{run.verdict}: {run.reason}"
    assert alarms(report) == set()
