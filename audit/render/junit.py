"""Reports to JUnit XML, as Jenkins, GitLab and other CI servers read it.

An export is a suite and a check is a test. Everything is one visible line of text at a time, so
that no character stands in it that XML does not allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.report import CheckRun, Report
from audit.model.severity import Severity
from audit.render.escape import plain
from audit.render.places import repository_path
from audit.render.wording import count, where

MAX_FINDINGS = 50  # of one check
_FAMILIES = {
    "LK": "leakage",
    "CT": "contamination",
    "AU": "augmentation",
    "MT": "metrics",
    "CL": "claims",
    "HY": "hygiene",
    "LD": "loading",
}
_OUTCOMES = ("failures", "errors", "skipped")


def to_junit(
    reports: Sequence[Report],
    roots: Sequence[str],
    fail_on: Severity = Severity.ERROR,
    failed: Sequence[tuple[str, str]] = (),
) -> str:
    """Write reports as JUnit XML.

    Parameters
    ----------
    reports : sequence of Report
        One suite each.
    roots : sequence of str
        For each report, the folder of the export relative to the repository.
    fail_on : Severity
        A check fails when one of its findings is at or above it; findings below stand in the
        output of the test.
    failed : sequence of (str, str)
        Name of each export that could not be audited, and why.

    Returns
    -------
    str
        XML with a declaration, ending with a line break.
    """
    top = ET.Element("testsuites", name="leakage-audit")
    for report, root in zip(reports, roots, strict=True):
        top.append(_suite(report, root, fail_on))
    for name, why in failed:
        top.append(_failed(plain(name), plain(why)))
    for key in ("tests", *_OUTCOMES):
        top.set(key, str(sum(int(suite.get(key, "0")) for suite in top)))
    top.set("time", _seconds([run for report in reports for run in report.runs]))
    ET.indent(top)
    body = ET.tostring(top, encoding="unicode", short_empty_elements=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(report: Report, root: str, fail_on: Severity) -> ET.Element:
    suite = ET.Element("testsuite", name=plain(root or report.export_name))
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("verdict", report.verdict.value),
        ("digest", report.export_digest),
        ("version", report.tool_version),
        ("suppressed", str(len(report.suppressed))),
        *(("setting", line) for line in report.settings),
    ):
        ET.SubElement(properties, "property", name=name, value=plain(value))
    for run in report.runs:
        suite.append(_case(run, root, fail_on))
    for name, why in report.unmet:
        case = ET.SubElement(
            suite, "testcase", classname="required", name=plain(f"{name} is required"), time="0.000"
        )
        ET.SubElement(case, "failure", message=plain(why), type="required").text = plain(why)
    tags = [child.tag for case in suite.iter("testcase") for child in case]
    suite.set("tests", str(len(report.runs) + len(report.unmet)))
    for key, tag in zip(_OUTCOMES, ("failure", "error", "skipped"), strict=True):
        suite.set(key, str(tags.count(tag)))
    suite.set("time", _seconds(report.runs))
    return suite


def _failed(name: str, why: str) -> ET.Element:
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": "0.000"}
    suite = ET.Element("testsuite", {"name": name, **counts})
    case = ET.SubElement(suite, "testcase", classname="audit", name="audit", time="0.000")
    ET.SubElement(case, "error", message=why, type="incomplete").text = why
    return suite


def _case(run: CheckRun, root: str, fail_on: Severity) -> ET.Element:
    family = _FAMILIES.get(run.check_id[:2], run.check_id[:2])
    name = plain(f"{run.check_id} {run.title}")
    case = ET.Element("testcase", classname=family, name=name, time=_seconds([run]))
    reason = plain(run.reason)
    gating = [each for each in run.findings if each.severity >= fail_on]
    notes = [each for each in run.findings if each.severity < fail_on]
    if run.verdict is Verdict.ERROR:
        ET.SubElement(case, "error", message=reason, type="incomplete").text = reason
    elif run.verdict in (Verdict.NOT_APPLICABLE, Verdict.REVIEW):
        how = "could not tell: " if run.verdict is Verdict.REVIEW else ""
        ET.SubElement(case, "skipped", message=f"{how}{reason}")
    elif gating:
        worst = max(gating, key=lambda each: (each.severity, each.confidence))
        message = plain(worst.message)
        if len(gating) > 1:
            message += f" (and {count(len(gating) - 1, 'more finding')})"
        level = worst.severity.name.lower()
        ET.SubElement(case, "failure", message=message, type=level).text = _lines(gating, root)
    if notes:
        ET.SubElement(case, "system-out").text = _lines(notes, root)
    elif run.verdict is Verdict.PASS:
        ET.SubElement(case, "system-out").text = reason
    return case


def _lines(findings: Sequence[Finding], root: str) -> str:
    lines = []
    for finding in findings[:MAX_FINDINGS]:
        level = f"{finding.severity.name.lower()}, {finding.confidence.name.lower()} confidence"
        lines.append(f"{plain(finding.message)} ({level})")
        for place in finding.locations[:10]:
            inside = where(place)
            path = repository_path(root, place)
            lines.append(f"  at {plain(f'{path}, {inside}' if inside else path)}")
        lines.append(f"  fix: {plain(finding.remedy.text)}")
    if len(findings) > MAX_FINDINGS:
        lines.append(f"{count(len(findings) - MAX_FINDINGS, 'more finding')} in the report")
    return "\n".join(lines)


def _seconds(runs: Sequence[CheckRun]) -> str:
    return f"{sum(run.seconds for run in runs):.3f}"
