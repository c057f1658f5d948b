"""From a report to an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from audit.model.check import Verdict
from audit.model.report import Report
from audit.model.severity import Severity


class ExitCode(IntEnum):
    """Exit codes of the command line; documented and stable."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING = 3
    INCOMPLETE = 4


_ORDER = (ExitCode.USAGE, ExitCode.INCOMPLETE, ExitCode.NOTHING, ExitCode.FINDINGS)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """One exit code for several exports.

    An incomplete audit outranks an export that holds nothing, which outranks findings.
    """
    given = set(codes)
    return next((code for code in _ORDER if code in given), ExitCode.CLEAN)


def exit_code(report: Report, fail_on: Severity, *, exit_zero: bool = False) -> ExitCode:
    """Decide the exit code of an audit.

    Parameters
    ----------
    report : Report
        Of the audit.
    fail_on : Severity
        Findings at or above it give ``FINDINGS``, and so does a requirement that is not met.
    exit_zero : bool
        Report only: findings do not fail. An incomplete audit still does.

    Returns
    -------
    ExitCode
        ``INCOMPLETE`` when a check crashed or an artifact that it needs is malformed; this
        outranks ``FINDINGS``, because "no finding" cannot be trusted then.
    """
    if any(run.verdict is Verdict.ERROR for run in report.runs):
        return ExitCode.INCOMPLETE
    if exit_zero:
        return ExitCode.CLEAN
    if report.unmet or any(finding.severity >= fail_on for finding in report.findings):
        return ExitCode.FINDINGS
    return ExitCode.CLEAN
