"""Reports to SARIF 2.1.0, as code scanning reads it.

One run holds the results of all exports: GitHub refuses several runs of one tool and category.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import audit
from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.location import Location, Role
from audit.model.report import CheckRun, Report, Suppressed
from audit.model.severity import Confidence, Severity
from audit.render.escape import link_path, plain, shorten
from audit.render.json_report import evidence_fields, strict
from audit.render.markdown import documentation
from audit.render.places import beyond_line, ranked, repository_path
from audit.render.summary import unmet
from audit.render.wording import count

MAX_RESULTS = 25_000  # what GitHub accepts in a run
MAX_PLACES = 20
MAX_EVIDENCE = 20
FINGERPRINT = "leakageAudit/v1"
_BASE = "%SRCROOT%"
_PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_NOTIFIED = {Verdict.ERROR: "error", Verdict.REVIEW: "note"}
_INCOMPLETE = 4


def to_sarif(
    reports: Sequence[Report], roots: Sequence[str], failed: Sequence[tuple[str, str]] = ()
) -> str:
    """Write reports as one SARIF log.

    Findings are results; a silenced one carries its suppression. Checks that could not be
    completed, or could not tell, are notifications. Passed checks are rules without a result.

    Parameters
    ----------
    reports : sequence of Report
        What to write.
    roots : sequence of str
        For each report, the folder of the export relative to the repository, with slashes;
        empty for the repository itself.
    failed : sequence of (str, str)
        Name of each export that could not be audited, and why.

    Returns
    -------
    str
        Indented JSON, ASCII only, ending with a line break.
    """
    rules = _rules(reports)
    index = {rule["id"]: place for place, rule in enumerate(rules)}
    silenced = [
        (root, each)
        for report, root in zip(reports, roots, strict=True)
        for each in report.suppressed
    ]
    results = [_result(root, finding, index) for root, finding in ranked(reports, roots)]
    results += [_silenced(root, each, index) for root, each in silenced]
    left_out = len(results) - MAX_RESULTS
    alone = len(roots) == 1 and not failed
    category = f"{roots[0]}/" if alone and roots[0] else ""
    run = {
        "tool": {
            "driver": {
                "name": "leakage-audit",
                "version": audit.__version__,
                "rules": rules,
            }
        },
        # What GitHub takes for the category ends at the last slash.
        "automationDetails": {"id": f"leakage-audit/{category}"},
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(reports, roots, failed, index, left_out)],
        "results": results[:MAX_RESULTS],
        "properties": {
            "exports": [
                {
                    "root": root,
                    "name": report.export_name,
                    "digest": report.export_digest,
                    "verdict": report.verdict.value,
                    "settings": [_text(line) for line in report.settings],
                }
                for report, root in zip(reports, roots, strict=True)
            ]
        },
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(strict(log), indent=2, allow_nan=False) + "\n"


# --- rules ------------------------------------------------------------------------------------


def _rules(reports: Sequence[Report]) -> list[dict[str, Any]]:
    runs: dict[str, CheckRun] = {}
    for report in reports:
        for run in report.runs:
            runs.setdefault(run.check_id, run)
    sure: dict[str, Confidence] = {}
    for report in reports:
        for finding in report.findings:
            best = sure.get(finding.check_id, finding.confidence)
            sure[finding.check_id] = max(best, finding.confidence)
    for report in reports:
        for each in report.suppressed:
            finding = each.finding
            if finding.check_id not in runs:  # the check of a baseline may be gone
                run = CheckRun(finding.check_id, "", finding.severity, Verdict.PASS, "silenced")
                runs[finding.check_id] = run
    return [_rule(runs[id], sure.get(id)) for id in sorted(runs)]


def _rule(run: CheckRun, confidence: Confidence | None) -> dict[str, Any]:
    title = _text(run.title or run.check_id)
    sections = (
        ("What", run.what),
        ("How it is found", run.how),
        ("False alarms", run.false_alarms),
    )
    markdown = "\n\n".join(documentation(name, text) for name, text in sections if text.strip())
    text = "\n\n".join(f"{name}: {text.strip()}" for name, text in sections if text.strip())
    properties: dict[str, Any] = {
        "tags": ["machine-learning", *([run.taxonomy] if run.taxonomy else [])],
        "problem.severity": _PROBLEM[run.severity],
    }
    if confidence is not None:
        properties["precision"] = confidence.name.lower()
    rule: dict[str, Any] = {
        "id": run.check_id,
        "name": "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", title))
        or run.check_id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": shorten(" ".join(run.what.split()) or title, 900)},
        "defaultConfiguration": {"level": run.severity.name.lower()},
        "properties": properties,
    }
    if text:
        rule["help"] = {"text": text, "markdown": markdown}
    return rule


# --- results ----------------------------------------------------------------------------------


def _result(root: str, finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    places = finding.locations[:MAX_PLACES]
    related = [place for place in places if place.role is Role.RELATED]
    primary = [place for place in places if place.role is Role.PRIMARY] or [finding.primary]
    inside = beyond_line(finding.primary)
    message = f"{finding.message} ({inside})" if inside else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.check_id,
        "level": finding.severity.name.lower(),
        "message": {"text": f"{_sentence(message)} Fix: {_sentence(finding.remedy.text)}"},
        "locations": [_location(root, place) for place in primary],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {
            "confidence": finding.confidence.name.lower(),
            **({"why": _text(finding.why)} if finding.why else {}),
            "evidence": [
                {
                    key: plain(item) if isinstance(item, str) else item
                    for key, item in evidence_fields(each).items()
                }
                for each in finding.evidence[:MAX_EVIDENCE]
            ],
        },
    }
    if finding.check_id in index:
        result["ruleIndex"] = index[finding.check_id]
    if related:
        result["relatedLocations"] = [
            _location(root, place) | {"id": number} for number, place in enumerate(related, 1)
        ]
    return result


def _silenced(root: str, silenced: Suppressed, index: Mapping[str, int]) -> dict[str, Any]:
    suppression = {"kind": silenced.kind, "justification": _text(silenced.reason)}
    return _result(root, silenced.finding, index) | {"suppressions": [suppression]}


def _location(root: str, place: Location) -> dict[str, Any]:
    uri = link_path(repository_path(root, place))
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": _BASE}}
    if place.physical_line is not None:
        physical["region"] = {"startLine": place.physical_line}
        if place.text.strip():
            physical["region"]["snippet"] = {"text": plain(place.text)}
    location: dict[str, Any] = {"physicalLocation": physical}
    if inside := beyond_line(place):
        location["logicalLocations"] = [{"name": plain(inside)}]
    if place.note:
        location["message"] = {"text": _text(place.note)}
    return location


# --- how it went ------------------------------------------------------------------------------


def _invocation(
    reports: Sequence[Report],
    roots: Sequence[str],
    failed: Sequence[tuple[str, str]],
    index: Mapping[str, int],
    left_out: int,
) -> dict[str, Any]:
    incomplete = bool(failed)
    notifications: list[dict[str, Any]] = [
        {"level": "error", "message": {"text": f"{_text(name)}: {_text(why)}"}}
        for name, why in failed
    ]
    for report, root in zip(reports, roots, strict=True):
        for run in report.runs:
            if run.verdict not in _NOTIFIED:
                continue
            incomplete |= run.verdict is Verdict.ERROR
            export = root or report.export_name
            notifications.append(
                {
                    "level": _NOTIFIED[run.verdict],
                    "message": {"text": f"{_text(export)}: {_text(run.reason)}"},
                    "associatedRule": {"id": run.check_id, "index": index[run.check_id]},
                }
            )
        notifications += [
            {
                "level": "error",
                "message": {"text": f"{_text(root or report.export_name)}: {_text(text)}"},
            }
            for text in unmet(report)
        ]
    if left_out > 0:
        text = f"{count(left_out, 'result')} left out; the JSON reports have all of them."
        notifications.append({"level": "warning", "message": {"text": text}})
    return {
        "executionSuccessful": not incomplete,
        **({"exitCode": _INCOMPLETE} if incomplete else {}),
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }


def _text(text: str) -> str:
    """One visible line; ``[text](target)`` would be a link in a message."""
    return plain(text).replace("](", "] (")


def _sentence(text: str) -> str:
    text = _text(text).strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
