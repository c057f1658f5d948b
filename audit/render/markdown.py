"""Report to Markdown, as GitHub shows it.

Everything that came from the export goes through `audit.render.escape`. Every list is bounded,
so that the whole stays under 1 MiB whatever the export holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audit.model.artifacts import DataStep, StepKind
from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.finding import Finding
from audit.model.location import Location, Role
from audit.model.report import CheckRun, ExperimentVerdict, Report
from audit.render.escape import code, code_block, inline, link_path, mermaid, prose
from audit.render.figures import captions
from audit.render.summary import answer, counts, headline_rows
from audit.render.wording import count, is_share, observed, value, where, words

MAX_FINDINGS = 100
MAX_GROUPS = 50
MAX_ROWS = 100
MAX_NODES = 12
_OPEN_FINDINGS = 10  # further ones are folded
_MAX_COLUMNS = 8
_TABLE_BYTES = 50_000
_FINDINGS_BYTES = 450_000

_ALERT = {
    ExperimentVerdict.INVALID: "CAUTION",
    ExperimentVerdict.SUSPECT: "WARNING",
    ExperimentVerdict.INCONCLUSIVE: "NOTE",
    ExperimentVerdict.VALID: "TIP",
}
_STEP = {
    StepKind.LOAD: "load",
    StepKind.DUPLICATE: "duplicate rows",
    StepKind.FIT: "fit",
    StepKind.SPLIT: "split",
    StepKind.TRAIN: "train",
    StepKind.EVALUATE: "evaluate",
}
_UNCHECKED = {
    Verdict.ERROR: "could not be completed",
    Verdict.REVIEW: "could not tell",
    Verdict.NOT_APPLICABLE: "not applicable",
}


def to_markdown(report: Report, figures: Mapping[str, str]) -> str:
    """Write a report as Markdown.

    Parameters
    ----------
    report : Report
        What to write.
    figures : mapping of str to str
        Name of each figure (`audit.render.figures.figures`) to its path relative to the
        Markdown file; figures that are not named are left out.

    Returns
    -------
    str
        Under 1 MiB; ends with a line break.
    """
    sections = [
        _top(report),
        _pictures(report, figures),
        _flow(report),
        _findings(report),
        _claims(report),
        _unchecked(report),
        _passed(report),
        _suppressed(report),
        _recognised(report),
        _made(report),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _top(report: Report) -> str:
    verdict = report.verdict
    sentences = "\n> ".join(prose(each) for each in answer(report))
    levels, checks = counts(report)
    parts = [
        f"# Audit of {inline(report.export_name, 120)}: {verdict.value}",
        f"> [!{_ALERT[verdict]}]\n> {sentences}",
        f"**{levels}**  \n{checks}",
    ]
    rows = [
        (inline(row.label, 120), prose(row.reported, 200), prose(row.supported, 400))
        for row in headline_rows(report)
    ]
    if rows:
        parts.append(_table(("", "reported", "what the evidence supports"), rows))
    return "\n\n".join(parts)


def _pictures(report: Report, figures: Mapping[str, str]) -> str:
    return "\n\n".join(
        f"![{inline(alt)}]({link_path(figures[name])})"
        for name, (_, alt) in captions(report).items()
        if name in figures
    )


# --- data flow --------------------------------------------------------------------------------


def _flow(report: Report) -> str:
    if not report.flow:
        return ""
    faults = _faults(report)
    shown = _shown_steps(report.flow, faults)
    single = len({step.location.path for step in report.flow}) == 1
    lines = ["```mermaid", f"flowchart {'LR' if len(shown) <= 4 else 'TD'}"]
    marked = []
    for place, index in enumerate(shown):
        step = report.flow[index]
        label = [f"{_STEP[step.kind]}: {mermaid(step.operation)}"]
        label.append(mermaid(_place(step.location, path=not single), 80))
        if ids := faults.get(_key(step.location)):
            label.append(f"FAULT {' '.join(ids)}")
            marked.append(f"s{index}")
        elif step.detail:
            label.insert(1, mermaid(step.detail, 60))
        lines.append(f'    s{index}["{"<br/>".join(label)}"]')
        if place and report.flow[shown[place - 1]].location.path == step.location.path:
            gap = index - shown[place - 1] - 1
            arrow = f'-- "{count(gap, "more step")}" -->' if gap else "-->"
            lines.append(f"    s{shown[place - 1]} {arrow} s{index}")
    if marked:
        lines.append(f"    class {','.join(marked)} fault")
    lines += [
        "    classDef fault fill:#fbe3d4,stroke:#D55E00,stroke-width:3px,color:#1f2328",
        "```",
    ]
    intro = "The data flow found in the code, in the order of execution"
    if single:
        intro += f" ({code(report.flow[0].location.path)}; cells are counted from 0)"
    if marked:
        intro += ". Steps at which a finding points are framed and say FAULT"
    return "## What happened\n\n" + intro + ".\n\n" + "\n".join(lines)


def _faults(report: Report) -> dict[tuple[str, int | None, int | None], list[str]]:
    faults: dict[tuple[str, int | None, int | None], list[str]] = {}
    for finding in report.findings:
        if not finding.check_id.startswith("LK"):
            continue
        for place in finding.locations:
            if place.role is Role.PRIMARY:
                ids = faults.setdefault(_key(place), [])
                ids += [finding.check_id] if finding.check_id not in ids else []
    return faults


def _key(location: Location) -> tuple[str, int | None, int | None]:
    return (location.path, location.cell, location.line)


def _shown_steps(
    flow: Sequence[DataStep], faults: Mapping[tuple[str, int | None, int | None], list[str]]
) -> list[int]:
    """At most ``MAX_NODES`` steps: faulty ones first, then splits, then from the start."""
    ranked = sorted(
        range(len(flow)),
        key=lambda i: (not faults.get(_key(flow[i].location)), flow[i].kind is not StepKind.SPLIT),
    )
    return sorted(ranked[:MAX_NODES])


# --- findings ---------------------------------------------------------------------------------


def _findings(report: Report) -> str:
    findings = report.findings
    if not findings:
        return ""
    runs = {run.check_id: run for run in report.runs}
    parts = ["## Findings"]
    if len(findings) > 3:
        parts.append(_index(findings))
    explained: set[str] = set()
    size = 0
    shown = 0
    for place, finding in enumerate(findings[:MAX_FINDINGS], 1):
        text = _finding(
            place, finding, runs.get(finding.check_id), finding.check_id not in explained
        )
        size += len(text.encode())
        if size > _FINDINGS_BYTES:
            break
        explained.add(finding.check_id)
        parts.append(text)
        shown = place
    if shown < len(findings):
        rest = count(len(findings) - shown, "more finding")
        parts.append(f"{rest} not shown here; the JSON report has all of them.")
    return "\n\n".join(parts)


def _index(findings: Sequence[Finding]) -> str:
    rows = [
        (
            f"[{place}](#{_anchor(finding)})",
            inline(finding.check_id, 12),
            finding.severity.name.lower(),
            _place_markdown(finding.primary),
            prose(finding.message, 200),
        )
        for place, finding in enumerate(findings[:MAX_FINDINGS], 1)
    ]
    return _table(("", "check", "level", "where", "what"), rows)


def _anchor(finding: Finding) -> str:
    return f"{finding.check_id.lower()}-{finding.fingerprint[:8]}"


def _finding(place: int, finding: Finding, run: CheckRun | None, explain: bool) -> str:
    levels = f"{finding.severity.name.lower()} · {finding.confidence.name.lower()} confidence"
    heading = f"### {place}. {inline(finding.check_id, 12)} · {levels} · {prose(finding.message)}"
    body = [_places(finding.locations)]
    if finding.why:
        body.append(f"**Why it matters.** {prose(finding.why)}")
    body.append(_evidence(finding.evidence))
    body.append(_fix(finding))
    text = "\n\n".join(body)
    if place > _OPEN_FINDINGS:
        text = _folded("Where, evidence and fix", text)
    if run is not None and (run.how or run.false_alarms):
        if explain:
            how = _folded(
                "How this was found, and when it would be a false alarm",
                "\n\n".join(
                    part
                    for part in (
                        _documentation("How it is found", run.how),
                        _documentation("False alarms", run.false_alarms),
                    )
                    if part
                ),
            )
        else:
            how = (
                f"How this was found, and when it would be a false alarm, stands under the first "
                f"{inline(finding.check_id, 12)} above."
            )
        text += f"\n\n{how}"
    return f'<a id="{_anchor(finding)}"></a>\n\n{heading}\n\n{text}'


def _places(locations: Sequence[Location]) -> str:
    lines = []
    for place in locations[:12]:
        line = f"- {_place_markdown(place)}"
        if place.role is Role.RELATED:
            line += " (related)"
        if place.text.strip():
            line += f": {code(place.text)}"
        if place.note:
            line += f" — {prose(place.note, 300)}"
        lines.append(line)
    if len(locations) > 12:
        lines.append(f"- … and {count(len(locations) - 12, 'more place')}")
    return "\n".join(lines)


def _place(location: Location, *, path: bool) -> str:
    inside = where(location)
    if not path:
        return inside or location.path
    return f"{location.path}, {inside}" if inside else location.path


def _place_markdown(location: Location) -> str:
    inside = where(location)
    shown = code(location.path, 160)
    if location.pointer:
        return f"{shown} {code(location.pointer, 160)}"
    return f"{shown}, {inside}" if inside else shown


def _fix(finding: Finding) -> str:
    remedy = finding.remedy
    parts = [f"**Fix.** {prose(remedy.text)}"]
    if remedy.before.strip():
        parts += ["Before:" if remedy.after.strip() else "Now:", code_block(remedy.before)]
    if remedy.after.strip():
        parts += ["After:", code_block(remedy.after)]
    return "\n\n".join(parts)


def _documentation(title: str, text: str) -> str:
    """A section of a check's docstring: paragraphs, and lists of lines that start with a dash."""
    if not text.strip():
        return ""
    blocks = []
    for paragraph in text.strip().split("\n\n"):
        items: list[str] = []
        for line in paragraph.splitlines():
            if line.lstrip().startswith(("- ", "* ")):
                items.append(f"- {line.lstrip()[2:]}")
            elif items:
                items[-1] += f" {line.strip()}"
            else:
                items.append(line.strip())
        blocks.append(
            "\n".join(
                f"- {prose(item[2:], 2000)}" if item.startswith("- ") else prose(item, 2000)
                for item in items
            )
        )
    blocks[0] = f"**{title}.** {blocks[0]}" if not blocks[0].startswith("- ") else blocks[0]
    return "\n\n".join(blocks)


# --- evidence ---------------------------------------------------------------------------------


def _evidence(evidence: Sequence[Evidence]) -> str:
    """One table by group for names that several groups share, one table for the rest."""
    groups: dict[str, dict[str, Evidence]] = {}
    for each in evidence:
        if each.group is not None:
            groups.setdefault(each.group, {}).setdefault(each.name, each)
    names = [each.name for each in evidence if each.group is not None]
    shared = [name for name in dict.fromkeys(names) if sum(name in g for g in groups.values()) > 1]
    shared = shared[:_MAX_COLUMNS]
    rest = [each for each in evidence if each.group is None or each.name not in shared]
    parts = ["**Evidence.**"]
    if shared:
        parts.append(_pivot(shared, groups))
        parts += _arithmetic([each for each in evidence if each.name in shared and each.group])
    if rest:
        parts.append(_facts(rest))
    return "\n\n".join(parts)


def _pivot(names: Sequence[str], groups: Mapping[str, Mapping[str, Evidence]]) -> str:
    members = {group: row for group, row in groups.items() if any(name in row for name in names)}
    columns = [
        _column(name, [row[name] for row in members.values() if name in row]) for name in names
    ]
    rows = []
    for group, row in list(members.items())[:MAX_GROUPS]:
        cells = [inline(group, 80)]
        for name in names:
            each = row.get(name)
            cells.append("" if each is None else _cell(each))
        rows.append(cells)
    aligned = (False, *(True for _ in names))
    return _table(("group", *columns), rows, right=aligned, total=len(members))


def _column(name: str, items: Sequence[Evidence]) -> str:
    units = {each.unit for each in items}
    unit = units.pop() if len(units) == 1 else None
    label = inline(words(name), 60)
    if unit and not is_share(items[0]) and unit != name and unit not in words(name).split():
        label += f" ({inline(unit, 40)})"
    return label


def _cell(evidence: Evidence) -> str:
    text = inline(observed(evidence), 160)
    if evidence.expected is not None:
        text += f" (expected {inline(value(evidence.expected, share=is_share(evidence)), 80)})"
    return text


def _arithmetic(evidence: Sequence[Evidence]) -> list[str]:
    """How the numbers of a table were obtained; by group where that differs."""
    lines: list[str] = []
    for name in dict.fromkeys(each.name for each in evidence):
        items = [each for each in evidence if each.name == name and each.method]
        methods = {each.method for each in items}
        if len(methods) == 1:
            lines.append(f"- {inline(words(name), 60)}: {prose(methods.pop(), 400)}")
        elif methods:
            lines += [
                f"- {inline(words(name), 60)}, {inline(each.group or '', 80)}: "
                f"{prose(each.method, 200)}"
                for each in items[:MAX_GROUPS]
            ]
    if not lines:
        return []
    if len(lines) > 5:
        return [_folded("Arithmetic by group", "\n".join(lines))]
    return ["\n".join(lines)]


def _facts(evidence: Sequence[Evidence]) -> str:
    about = any(each.group is not None for each in evidence)
    expected = any(each.expected is not None for each in evidence)
    sized = any(each.n is not None for each in evidence)
    header = [
        *(["group"] if about else []),
        "measured",
        "value",
        *(["expected"] if expected else []),
        *(["n"] if sized else []),
        "how",
    ]
    rows = []
    for each in evidence[:MAX_GROUPS]:
        share = is_share(each)
        wanted = "" if each.expected is None else inline(value(each.expected, share=share), 160)
        how = prose(each.method, 400)
        if each.random_state is not None:
            how += f"{'; ' if how else ''}random_state {each.random_state}"
        rows.append(
            [
                *([inline(each.group or "overall", 80)] if about else []),
                inline(words(each.name), 60),
                inline(observed(each, unit=True), 300),
                *([wanted] if expected else []),
                *([f"{each.n:,}" if each.n is not None else ""] if sized else []),
                how,
            ]
        )
    return _table(header, rows, total=len(evidence))


# --- the rest ---------------------------------------------------------------------------------


def _claims(report: Report) -> str:
    claims = [
        each
        for run in report.runs
        if run.check_id.startswith("CL")
        for each in run.measured
        if each.name == "claim"
    ]
    if not claims:
        return ""
    claims.sort(key=lambda each: each.expected == "consistent")
    rows = [
        (
            prose(value(each.observed), 200),
            inline(each.unit or "", 160),
            prose(each.method, 300),
            inline(value(each.expected) if each.expected is not None else "", 40),
        )
        for each in claims[:MAX_ROWS]
    ]
    table = _table(("claim", "where", "arithmetic", "verdict"), rows, total=len(claims))
    return f"## Claims\n\n{table}"


def _unchecked(report: Report) -> str:
    order = list(_UNCHECKED)
    runs = sorted(
        (run for run in report.runs if run.verdict in _UNCHECKED),
        key=lambda run: order.index(run.verdict),
    )
    if not runs:
        return ""
    rows = [
        (
            f"{inline(run.check_id, 12)} {inline(run.title, 120)}",
            _UNCHECKED[run.verdict],
            prose(run.reason, 400),
        )
        for run in runs[:MAX_ROWS]
    ]
    table = _table(("check", "outcome", "reason"), rows, total=len(runs))
    return f"## Not checked, and why\n\n{table}"


def _passed(report: Report) -> str:
    runs = [run for run in report.runs if run.verdict is Verdict.PASS]
    if not runs:
        return ""
    rows = [
        (f"{inline(run.check_id, 12)} {inline(run.title, 120)}", prose(run.reason, 300))
        for run in runs[:MAX_ROWS]
    ]
    table = _table(("would be a finding", "what was looked at"), rows, total=len(runs))
    return f"## Passed\n\n{_folded(count(len(runs), 'check') + ' found nothing', table)}"


def _suppressed(report: Report) -> str:
    if not report.suppressed:
        return ""
    rows = [
        (
            inline(each.finding.check_id, 12),
            _place_markdown(each.finding.primary),
            prose(each.finding.message, 300),
            prose(each.reason, 300),
        )
        for each in report.suppressed[:MAX_ROWS]
    ]
    table = _table(("check", "where", "what", "reason given"), rows, total=len(report.suppressed))
    return f"## Suppressed\n\n{table}"


def _recognised(report: Report) -> str:
    if not report.recognised:
        return ""
    rows = [
        (
            code(each.path, 160),
            inline(each.role, 80),
            prose(each.detail, 300),
            prose(each.why, 300),
        )
        for each in report.recognised[:MAX_ROWS]
    ]
    table = _table(("file", "recognised as", "content", "why"), rows, total=len(report.recognised))
    return f"## What was recognised\n\n{table}"


def _made(report: Report) -> str:
    lines = [
        f"- leakage-audit {inline(report.tool_version, 40)}; nothing in the export was executed",
        f"- export {code(report.export_name, 120)}, digest {code(report.export_digest, 100)}",
        f"- suppressions in force: {len(report.suppressed)}",
    ]
    if report.settings:
        lines.append("- configuration that differs from the defaults:")
        lines += [f"  - {code(line, 300)}" for line in report.settings[:MAX_ROWS]]
    else:
        lines.append("- configuration: the defaults")
    lines.append(f"- to repeat it: {code(f'audit run {_quoted(report.export_name)}', 160)}")
    return "## How this audit was made\n\n" + "\n".join(lines)


def _quoted(name: str) -> str:
    from shlex import quote

    return quote(name)


# --- blocks -----------------------------------------------------------------------------------


def _table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[bool] = (),
    total: int = 0,
) -> str:
    """A table of escaped cells, cut at ``_TABLE_BYTES``; says how many of `total` are missing."""
    rules = [
        "--:" if index < len(right) and right[index] else "---" for index in range(len(header))
    ]
    lines = [_line(header), _line(rules)]
    size = 0
    shown = 0
    rows = list(rows)
    for row in rows:
        line = _line(row)
        size += len(line.encode())
        if size > _TABLE_BYTES and shown:
            break
        lines.append(line)
        shown += 1
    missing = max(total, len(rows)) - shown
    text = "\n".join(lines)
    return f"{text}\n\n… and {count(missing, 'more row')}" if missing else text


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
