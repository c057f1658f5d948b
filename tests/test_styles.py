"""Honest exports in other styles raise no alarm; the same with a defect raise the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import alarms, audit_export
from tests.styles import STYLES


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("style", STYLES)
def test_honest_export_is_silent(style: str, seed: int, tmp_path: Path) -> None:
    report = audit_export(STYLES[style][0](tmp_path, seed, False))
    assert alarms(report) == set(), [finding.message for finding in report.findings]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("style", STYLES)
def test_leaky_export_raises_its_alarm(style: str, seed: int, tmp_path: Path) -> None:
    build, expected = STYLES[style]
    report = audit_export(build(tmp_path, seed, True))
    assert alarms(report) == expected, [finding.message for finding in report.findings]
