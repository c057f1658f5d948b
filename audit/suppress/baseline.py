"""A file of known findings: what is in it is accepted, what is not is new. Pure: text only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.report import BaselineUse, CheckRun, Report, Suppressed
from audit.suppress.apply import without

BASELINE_VERSION = 1
MAX_BYTES = 16 << 20
_MAX_ENTRIES = 100_000
_MAX_TEXT = 1_000
_KEYS = ("check_id", "fingerprint", "message", "path", "count", "reason")


class BaselineError(ValueError):
    """The file cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """One accepted finding.

    Parameters
    ----------
    check_id, fingerprint : str
        What it is recognised by.
    message, path : str
        What it said when it was accepted, for whoever reads the file.
    count : int
        How many findings share the fingerprint.
    reason : str
        Why it is accepted; empty where nobody said.
    """

    check_id: str
    fingerprint: str
    message: str = ""
    path: str = ""
    count: int = 1
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """The accepted findings of one export, and the name of the file that they are in."""

    source: str
    items: tuple[KnownFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """The accepted findings of every export, by its name."""

    source: str
    exports: Mapping[str, tuple[KnownFinding, ...]] = field(default_factory=dict)

    def of(self, name: str, *, alone: bool) -> Known:
        """What is accepted of one export.

        Where one export is audited, `alone`, and the file knows one, its name does not matter: a
        folder may be renamed.
        """
        if name not in self.exports and alone and len(self.exports) == 1:
            return Known(self.source, next(iter(self.exports.values())))
        return Known(self.source, self.exports.get(name, ()))


@dataclass(frozen=True, slots=True)
class Compared:
    """Runs without the known findings, these findings, and the summary."""

    runs: tuple[CheckRun, ...]
    suppressed: tuple[Suppressed, ...]
    use: BaselineUse


def compare(runs: Sequence[CheckRun], known: Known) -> Compared:
    """Take the known findings out of the runs.

    An entry that no finding matches is fixed only where its check came to a conclusion.
    """
    left: Counter[tuple[str, str]] = Counter()
    for entry in known.items:
        left[entry.check_id, entry.fingerprint] += entry.count
    reasons = {(e.check_id, e.fingerprint): e.reason for e in known.items}
    new = 0
    kept_runs, suppressed = [], []
    seen: set[tuple[str, str]] = set()
    for run in runs:
        kept: list[Finding] = []
        taken: list[Suppressed] = []
        for finding in run.findings:
            key = finding.check_id, finding.fingerprint
            seen.add(key)
            if left[key] > 0:
                left[key] -= 1
                reason = reasons[key] or f"known: in {known.source}"
                taken.append(Suppressed(finding, reason, "external"))
            else:
                kept.append(finding)
        new += len(kept)
        suppressed += taken
        kept_runs.append(without(run, kept, taken))
    concluded = {r.check_id for r in runs if r.verdict in (Verdict.PASS, Verdict.FAIL)}
    fixed = tuple(
        f"{each.check_id} {each.fingerprint} {each.path}: {each.message}"
        for each in known.items
        if (each.check_id, each.fingerprint) not in seen and each.check_id in concluded
    )
    return Compared(
        tuple(kept_runs),
        tuple(suppressed),
        BaselineUse(known.source, new, len(suppressed), fixed),
    )


def parse_baseline(text: str, source: str) -> Baseline:
    """Read the text of a baseline file.

    Raises
    ------
    BaselineError
        If it is no such file, or of a version that is not known; the message says what to do.
    """
    step = "write it anew with --write-baseline"
    if len(text) > MAX_BYTES:
        raise BaselineError(f"{source}: larger than {MAX_BYTES >> 20} MiB; {step}")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise BaselineError(f"{source}: not valid JSON ({reason}); {step}") from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if type(version) is not int or not isinstance(document.get("exports"), dict):
        raise BaselineError(f"{source}: no baseline of this tool; {step}")
    if version != BASELINE_VERSION:
        raise BaselineError(
            f"{source}: schema_version {version} is not known to this version of the tool, which "
            f"reads {BASELINE_VERSION}; {step}, or use the version that wrote it"
        )
    exports = {}
    total = 0
    for name, items in document["exports"].items():
        if not isinstance(items, list):
            raise BaselineError(f"{source}: exports.{name[:60]!r} is no list; {step}")
        total += len(items)
        if total > _MAX_ENTRIES:
            raise BaselineError(f"{source}: more than {_MAX_ENTRIES:,} entries; {step}")
        exports[name] = tuple(
            _entry(item, f"{source}: entry {number} of {name[:60]!r}")
            for number, item in enumerate(items, 1)
        )
    return Baseline(source, exports)


def _entry(item: Any, where: str) -> KnownFinding:
    if not isinstance(item, dict):
        raise BaselineError(f"{where} is no object; correct or remove it")
    for key in item:
        if key not in _KEYS:
            raise BaselineError(
                f"{where}: unknown key {key[:60]!r}; known keys: {', '.join(_KEYS)}"
            )
    for key in ("check_id", "fingerprint"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise BaselineError(f"{where}: {key} must be a string; correct or remove the entry")
    for key in ("message", "path", "reason"):
        if not isinstance(item.get(key, ""), str):
            raise BaselineError(f"{where}: {key} must be a string; correct or remove the entry")
    count = item.get("count", 1)
    if type(count) is not int or not 1 <= count <= _MAX_ENTRIES:
        raise BaselineError(f"{where}: count must be a whole number above 0; correct it")
    return KnownFinding(
        item["check_id"][:20],
        item["fingerprint"][:64],
        item.get("message", "")[:_MAX_TEXT],
        item.get("path", "")[:_MAX_TEXT],
        count,
        " ".join(item.get("reason", "").split())[:_MAX_TEXT],
    )


def baseline_text(
    reports: Sequence[Report], tool_version: str, before: Baseline | None = None
) -> str:
    """Write the findings of some exports as a baseline.

    Parameters
    ----------
    reports : sequence of Report
        Their findings are written, those that a baseline accepted already included; what a
        comment silences is not.
    tool_version : str
        Version of this tool.
    before : Baseline, optional
        The baseline in force: its reasons are kept, and its entries of other exports.

    Returns
    -------
    str
        Sorted and without a date, so that a change shows up as one in a version control system.
    """
    exports = dict(before.exports) if before is not None else {}
    alone = len(reports) == 1
    for report in reports:
        old = before.of(report.export_name, alone=alone).items if before is not None else ()
        if alone and before is not None and len(exports) == 1:
            exports.clear()
        exports[report.export_name] = _entries(report.judged, old)
    document = {
        "schema_version": BASELINE_VERSION,
        "tool_version": tool_version,
        "exports": {
            name: [
                {
                    "check_id": each.check_id,
                    "fingerprint": each.fingerprint,
                    "message": each.message,
                    "path": each.path,
                    "count": each.count,
                    **({"reason": each.reason} if each.reason else {}),
                }
                for each in exports[name]
            ]
            for name in sorted(exports)
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _entries(findings: Sequence[Finding], old: Sequence[KnownFinding]) -> tuple[KnownFinding, ...]:
    reasons = {(each.check_id, each.fingerprint): each.reason for each in old}
    found: dict[tuple[str, str], KnownFinding] = {}
    for finding in findings:
        key = finding.check_id, finding.fingerprint
        if key in found:
            found[key] = replace(found[key], count=found[key].count + 1)
        else:
            message = finding.message[:_MAX_TEXT]
            path = finding.primary.path
            found[key] = KnownFinding(*key, message, path, 1, reasons.get(key, ""))
    return tuple(found[key] for key in sorted(found))
