"""Report to Markdown, as GitHub shows it.

Everything that came from the export goes through `audit.render.escape`. Every list is bounded,
so that the whole stays under 1 MiB whatever the export holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audit.model.artifacts import DataStep, StepKind
from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.location import Location, Role
from audit.model.report import CheckRun, ExperimentVerdict, Report
from audit.render.escape import code, code_block, inline, link_path, mermaid, prose
from audit.render.figures import captions
from audit.render.markdown_tables import evidence_tables, folded, to_table
from audit.render.summary import answer, counts, headline_rows, is_suppressed, remarks
from audit.render.wording import count, value, where

MAX_FINDINGS = 100
MAX_ROWS = 100
MAX_NODES = 12
_OPEN_FINDINGS = 10  # further ones are folded
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
    shown = _pictures(report, figures)
    sections = [
        top(report),
        "".join(shown[:1]),
        _flow(report),
        _findings(report),
        "\n\n".join(["## More figures", *shown[1:]] if shown[1:] else []),
        _claims(report),
        _unchecked(report),
        _passed(report),
        _suppressed(report),
        _recognised(report),
        _made(report),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def top(report: Report) -> str:
    """The answer, the counts and the headline numbers."""
    verdict = report.verdict
    sentences = "\n> ".join(prose(each) for each in (*answer(report), *remarks(report)))
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
        parts.append(to_table(("", "reported", "what the evidence supports"), rows))
    return "\n\n".join(parts)


def _pictures(report: Report, figures: Mapping[str, str]) -> list[str]:
    """The figures, the one that says most first."""
    return [
        f"![{inline(alt)}]({link_path(figures[name])})"
        for name, (_, alt) in captions(report).items()
        if name in figures
    ]


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
        parts.append(index(findings, link=True))
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


def index(findings: Sequence[Finding], *, link: bool) -> str:
    """A table of the findings, with links to their sections or without."""
    rows = [
        (
            f"[{place}](#{_anchor(finding)})" if link else str(place),
            inline(finding.check_id, 12),
            finding.severity.name.lower(),
            _place_markdown(finding.primary),
            prose(finding.message, 200),
        )
        for place, finding in enumerate(findings[:MAX_FINDINGS], 1)
    ]
    return to_table(("", "check", "level", "where", "what"), rows)


def _anchor(finding: Finding) -> str:
    return f"{finding.check_id.lower()}-{finding.fingerprint[:8]}"


def _finding(place: int, finding: Finding, run: CheckRun | None, explain: bool) -> str:
    levels = f"{finding.severity.name.lower()} · {finding.confidence.name.lower()} confidence"
    heading = f"### {place}. {inline(finding.check_id, 12)} · {levels} · {prose(finding.message)}"
    body = [_places(finding.locations)]
    if finding.why:
        body.append(f"**Why it matters.** {prose(finding.why)}")
    body.append(evidence_tables(finding.evidence))
    body.append(_fix(finding))
    text = "\n\n".join(body)
    if place > _OPEN_FINDINGS:
        text = folded("Where, evidence and fix", text)
    if run is not None and (run.how or run.false_alarms):
        if explain:
            how = folded(
                "How this was found, and when it would be a false alarm",
                "\n\n".join(
                    part
                    for part in (
                        documentation("How it is found", run.how),
                        documentation("False alarms", run.false_alarms),
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


def documentation(title: str, text: str) -> str:
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
    table = to_table(("claim", "where", "arithmetic", "verdict"), rows, total=len(claims))
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
            "suppressed" if is_suppressed(report, run) else _UNCHECKED[run.verdict],
            prose(run.reason, 400),
        )
        for run in runs[:MAX_ROWS]
    ]
    table = to_table(("check", "outcome", "reason"), rows, total=len(runs))
    return f"## Not checked, and why\n\n{table}"


def _passed(report: Report) -> str:
    runs = [run for run in report.runs if run.verdict is Verdict.PASS]
    if not runs:
        return ""
    rows = [
        (f"{inline(run.check_id, 12)} {inline(run.title, 120)}", prose(run.reason, 300))
        for run in runs[:MAX_ROWS]
    ]
    table = to_table(("would be a finding", "what was looked at"), rows, total=len(runs))
    return f"## Passed\n\n{folded(count(len(runs), 'check') + ' found nothing', table)}"


def _suppressed(report: Report) -> str:
    fixed = report.baseline.fixed if report.baseline is not None else ()
    if not report.suppressed and not fixed:
        return ""
    rows = [
        (
            inline(each.finding.check_id, 12),
            _place_markdown(each.finding.primary),
            prose(each.finding.message, 300),
            "baseline" if each.kind == "external" else "comment",
            prose(each.reason, 300),
        )
        for each in report.suppressed[:MAX_ROWS]
    ]
    names = ("check", "where", "what", "by", "reason given")
    parts = ["## Suppressed"]
    if rows:
        parts.append(to_table(names, rows, total=len(report.suppressed)))
    if fixed:
        listed = [f"- {prose(line, 300)}" for line in fixed[:MAX_ROWS]]
        if len(fixed) > MAX_ROWS:
            listed.append(f"- … and {len(fixed) - MAX_ROWS:,} more")
        parts += ["In the baseline, and found no more:", "\n".join(listed)]
    return "\n\n".join(parts)


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
    table = to_table(
        ("file", "recognised as", "content", "why"), rows, total=len(report.recognised)
    )
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
