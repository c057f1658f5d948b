"""Faults of Run 7: each is found by the checks that should find it, and by no others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from audit.model.check import Verdict
from audit.model.report import ExperimentVerdict, Report
from audit.model.severity import Severity
from audit.registry import load_checks
from tests.harness import alarms, audit_export
from tests.reference.conftest import require_reference
from tests.reference.faults import FAULTS, Known, ReferenceFault
from tests.reference.pipeline_faults import PIPELINE_FAULTS, PipelineFault, build

pytestmark = pytest.mark.xdist_group("reference")
FAMILIES = ("LK", "CT", "AU", "MT", "CL", "HY", "LD")


@pytest.fixture(scope="session")
def small_run7(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run 7 at a size that the audit can judge in a second."""
    require_reference()
    folder = tmp_path_factory.mktemp("faults") / "run7"
    build(folder)
    return folder


def loud(report: Report) -> set[str]:
    """Checks with an alarm, but for those that lacked a file which the audit says is broken."""
    broken = [f.message.split(":")[0] for f in report.findings if f.check_id in ("LD901", "LD903")]
    lacking = {
        run.check_id
        for run in report.runs
        if run.verdict is Verdict.ERROR and any(f"({path})" in run.reason for path in broken)
    }
    return alarms(report) - lacking


def assert_found(
    report: Report, expects: dict[str, Severity], allows: set[str], known: Known
) -> None:
    said = [f"{f.check_id} {f.severity.name}: {f.message}" for f in report.findings]
    for check_id, severity in expects.items():
        found = [f for f in report.findings if f.check_id == check_id]
        assert found, f"{check_id} is silent; {said}"
        assert max(f.severity for f in found) >= severity, said
    assert loud(report) <= set(expects) | allows, said
    for (check_id, name), value in known.items():
        observed = [
            each.observed
            for f in report.findings
            if f.check_id == check_id
            for each in f.evidence
            if each.name == name
        ]
        assert any(number == pytest.approx(value, rel=1e-6) for number in observed), (
            f"{check_id} {name}: {value} is none of {observed}"
        )


def test_without_a_fault_the_export_is_valid(small_run7: Path) -> None:
    report = audit_export(small_run7)
    assert report.verdict is ExperimentVerdict.VALID
    assert alarms(report) == set()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_in_the_files(fault: ReferenceFault, small_run7: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run7"
    shutil.copytree(small_run7, folder)
    known = fault.apply(folder)
    assert_found(audit_export(folder), dict(fault.expects), set(fault.allows), known)


@pytest.mark.parametrize("fault", PIPELINE_FAULTS, ids=lambda fault: fault.name)
def test_fault_in_the_pipeline(fault: PipelineFault, tmp_path: Path) -> None:
    require_reference()
    build(tmp_path / "run7", fault.edits)
    report = audit_export(tmp_path / "run7")
    assert_found(report, dict(fault.expects), set(fault.allows), fault.known(tmp_path / "run7"))


def test_every_family_of_checks_has_faults() -> None:
    expected = {check_id for fault in (*FAULTS, *PIPELINE_FAULTS) for check_id in fault.expects}
    assert {check_id[:2] for check_id in expected} == set(FAMILIES)
    assert expected <= {check.id for check in load_checks()}
    names = [fault.name for fault in (*FAULTS, *PIPELINE_FAULTS)]
    assert len(set(names)) == len(names) >= 20
