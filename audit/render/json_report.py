"""Report to JSON, schema version 1."""

from __future__ import annotations

import json
import math
import re
from numbers import Integral, Real
from typing import Any

from audit.model.evidence import Evidence, Series
from audit.model.finding import Finding
from audit.model.location import Location
from audit.model.report import SCHEMA_VERSION, CheckRun, Report
from audit.render.summary import HEADLINE, missing
from audit.render.wording import value

_SURROGATES = re.compile("[\ud800-\udfff]")


def to_json(report: Report) -> str:
    """Write a report as strict JSON with a stable order of keys.

    Numbers that JSON does not know (NaN, infinity) become ``null``, and a key beside them,
    for instance ``observed_text``, spells them. Only ASCII is written, so that no text from
    the export can act on a terminal.

    Parameters
    ----------
    report : Report
        What to write.

    Returns
    -------
    str
        Indented JSON, ending with a line break.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool_version": report.tool_version,
        "export": {
            "name": report.export_name,
            "digest": report.export_digest,
            "recognised": [
                {"path": each.path, "role": each.role, "detail": each.detail, "why": each.why}
                for each in report.recognised
            ],
        },
        "settings": list(report.settings),
        "verdict": report.verdict.value,
        "headline": _headline(report),
        "runs": [_run(each) for each in report.runs],
        "suppressed": [
            {"finding": _finding(each.finding), "reason": each.reason, "kind": each.kind}
            for each in report.suppressed
        ],
        **_occasional(report),
    }
    return json.dumps(strict(document), indent=2, allow_nan=False) + "\n"


def _occasional(report: Report) -> dict[str, Any]:
    """What is there only where something is suppressed, or required in vain."""
    found: dict[str, Any] = {}
    if report.unmet:
        found["unmet"] = [{"required": name, "reason": why} for name, why in report.unmet]
    if report.verdict_unsuppressed is not None:
        found["verdict_unsuppressed"] = report.verdict_unsuppressed.value
    if report.baseline is not None:
        use = report.baseline
        found["baseline"] = {
            "source": use.source,
            "new": use.new,
            "known": use.known,
            "fixed": list(use.fixed),
        }
    return found


def _headline(report: Report) -> dict[str, Any]:
    numbers: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    details: dict[str, Any] = {}
    for name in HEADLINE:
        evidence: Evidence | None = getattr(report.headline, name)
        numbers[name] = None if evidence is None else _plain(evidence.observed)
        if evidence is None:
            reasons[name] = missing(report, name)
            continue
        details[name] = evidence_fields(evidence)
        if evidence.observed is None:
            reasons[name] = evidence.method or missing(report, name)
        elif _finite(evidence.observed) is None:
            reasons[name] = f"the value is {value(evidence.observed)}"
    return {**numbers, "reasons": reasons, "details": details}


def _run(run: CheckRun) -> dict[str, Any]:
    return {
        "check_id": run.check_id,
        "title": run.title,
        "severity": run.severity.name,
        "verdict": run.verdict.value,
        "reason": run.reason,
        "findings": [_finding(each) for each in run.findings],
        "measured": [evidence_fields(each) for each in run.measured],
        **({"series": [_series(each) for each in run.series]} if run.series else {}),
        "seconds": round(run.seconds, 6),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    remedy = finding.remedy
    return {
        "check_id": finding.check_id,
        "severity": finding.severity.name,
        "confidence": finding.confidence.name,
        "message": finding.message,
        "fingerprint": finding.fingerprint,
        **({"why": finding.why} if finding.why else {}),
        "remedy": {
            "text": remedy.text,
            **({"before": remedy.before} if remedy.before else {}),
            **({"after": remedy.after} if remedy.after else {}),
        },
        "locations": [_location(each) for each in finding.locations],
        "evidence": [evidence_fields(each) for each in finding.evidence],
    }


def _location(location: Location) -> dict[str, Any]:
    optional = {
        "cell": location.cell,
        "line": location.line,
        "output": location.output or None,
        "file_line": location.file_line,
        "rows": list(location.rows) or None,
        "pointer": location.pointer,
        "text": location.text or None,
        "note": location.note or None,
    }
    return {
        "path": location.path,
        "role": location.role.value,
        **{key: item for key, item in optional.items() if item is not None},
    }


def evidence_fields(evidence: Evidence) -> dict[str, Any]:
    """An evidence as JSON values; what it does not state is left out."""
    optional = {
        "expected": evidence.expected,
        "unit": evidence.unit,
        "n": evidence.n,
        "interval": evidence.interval,
        "group": evidence.group,
        "method": evidence.method or None,
        "sample_ids": evidence.sample_ids or None,
        "sample_ids_total": evidence.sample_ids_total or None,
        "random_state": evidence.random_state,
    }
    out: dict[str, Any] = {"name": evidence.name, "observed": evidence.observed}
    out |= {key: item for key, item in optional.items() if item is not None}
    for key in ("observed", "expected", "interval"):
        if key in out:
            if out[key] is not None and _finite(out[key]) is None:
                out[f"{key}_text"] = value(out[key])
            out[key] = _plain(out[key])
    return out


def _series(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "label": series.label,
        **({"group": series.group} if series.group is not None else {}),
        **({"unit": series.unit} if series.unit is not None else {}),
        "x": _plain(series.x),
        "y": _plain(series.y),
    }


def _plain(item: Any) -> Any:
    if isinstance(item, tuple):
        return [_plain(each) for each in item]
    return _finite(item)


def _finite(item: Any) -> Any:
    """The value, or ``None`` if it is, or holds, a number that JSON does not know."""
    if isinstance(item, tuple):
        return None if any(each is not None and _finite(each) is None for each in item) else item
    if isinstance(item, Real) and not math.isfinite(item):
        return None
    return item


def strict(item: Any) -> Any:
    """Plain types only: NumPy scalars become numbers, lone surrogates a replacement character."""
    if isinstance(item, dict):
        return {key: strict(each) for key, each in item.items()}
    if isinstance(item, list | tuple):
        return [strict(each) for each in item]
    if item is None or isinstance(item, bool):
        return item
    if isinstance(item, Integral):
        return int(item)
    if isinstance(item, Real):
        return float(item) if math.isfinite(item) else None
    return _SURROGATES.sub("\ufffd", str(item))
