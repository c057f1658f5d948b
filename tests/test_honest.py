"""Honest exports of many styles raise no alarm, on evidence that is there; spoiled ones do."""

from __future__ import annotations

import functools
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from audit.model.report import Report
from audit.registry import load_checks
from tests.harness import alarms, audit_export
from tests.honest import STYLES
from tests.honest.defects import DEFECTS

NAMES = sorted(STYLES)
SPOILED = [name for name in NAMES if STYLES[name].leak]
# Styles on which a check must come to the conclusion that all is well: those of augmentation,
# of what documents claim and of metrics have been shown many honest ones. Few people have an oracle
# (AU305).
AT_LEAST = 3
MANY = 12
SHOWN_MANY = ("AU301", "AU302", "AU303", "AU304", "CL5", "LK106", "MT4", "HY602", "HY603")


@functools.cache
def audited(name: str, seed: int, leak: bool = False) -> Report:
    style = STYLES[name]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        return audit_export(style.build(root, seed, leak=True) if leak else style.build(root, seed))


def seeds_of(name: str) -> tuple[int, int]:
    """Two of twenty seeds, other ones for every style."""
    place = NAMES.index(name)
    return place % 20, (place + 7) % 20


@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name in NAMES for seed in seeds_of(name)]
)
def test_honest_export_is_silent(name: str, seed: int) -> None:
    report = audited(name, seed)
    assert alarms(report) == set(), [finding.message for finding in report.findings]


@pytest.mark.parametrize("name", SPOILED)
def test_spoiled_export_raises_its_alarm(name: str) -> None:
    assert_only(STYLES[name].leak, audited(name, seeds_of(name)[0], leak=True))


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_in_finished_files_is_seen(name: str, tmp_path: Path) -> None:
    defect = DEFECTS[name]
    STYLES[defect.style].build(tmp_path, seeds_of(defect.style)[0])
    defect.spoil(tmp_path)
    assert_only(defect.fires, audit_export(tmp_path))


def assert_only(expected: frozenset[str], report: Report) -> None:
    found = alarms(report)
    messages = [finding.message for finding in report.findings]
    assert found, f"silent, not {sorted(expected)}: {messages}"
    assert found <= expected, messages


def test_silence_rests_on_evidence() -> None:
    """Every check passes on several styles: it looked at something and found it right.

    A check that has nothing but notes to make has come to that conclusion as well.
    """
    passes: Counter[str] = Counter()
    for name in NAMES:
        report = audited(name, seeds_of(name)[0])
        passes.update(run.check_id for run in report.runs if run.verdict.value in ("PASS", "FAIL"))
    wanted = {
        check.id: MANY if check.id.startswith(SHOWN_MANY) else AT_LEAST for check in load_checks()
    }
    vacuous = {id: passes[id] for id, least in sorted(wanted.items()) if passes[id] < least}
    assert not vacuous, f"too few styles on which the check passes: {vacuous}"


def test_there_are_many_styles() -> None:
    assert len(NAMES) >= 24
    assert len(SPOILED) >= 10
