"""Report to one screen of text for a terminal."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.report import ExperimentVerdict, Report, Suppressed
from audit.model.severity import Severity
from audit.render.escape import brief, plain
from audit.render.summary import answer, counts, headline_rows, remarks
from audit.render.wording import count

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

MAX_CHECKS = 8
MAX_SETTINGS = 8
MAX_SUPPRESSED = 5
_INDENT = 6
VERDICT_STYLE = {
    ExperimentVerdict.INVALID: "bold red",
    ExperimentVerdict.SUSPECT: "bold yellow",
    ExperimentVerdict.INCONCLUSIVE: "bold blue",
    ExperimentVerdict.VALID: "bold green",
}
_SEVERITY_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def plain_console(buffer: io.StringIO, width: int, color: bool) -> Console:
    """A console that writes text as it is: no markup, and nothing taken from the environment."""
    from rich.console import Console

    return Console(
        file=buffer,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def to_console(report: Report, *, width: int, color: bool, report_path: str | None) -> str:
    """Write the summary of a report for a terminal.

    Parameters
    ----------
    report : Report
        What to summarise.
    width : int
        Columns of the terminal.
    color : bool
        Whether to colour; without it the text holds no control characters but line breaks.
    report_path : str, optional
        Where the full report was written, to be named at the end.

    Returns
    -------
    str
        About one screen; ends with a line break.
    """
    from rich.text import Text

    buffer = io.StringIO()
    console = plain_console(buffer, width, color)
    style = VERDICT_STYLE[report.verdict]
    name = plain(report.export_name, 80)
    console.print(Text.assemble((name, "bold"), ": ", (report.verdict.value, style)))
    for sentence in (*answer(report), *remarks(report)):
        console.print(Text(plain(sentence, 400)))
    rows = headline_rows(report)
    if rows:
        console.print()
        console.print(
            _grid(
                [("", "reported", "what the evidence supports")]
                + [(row.label, row.reported, row.supported) for row in rows]
            )
        )
    levels, checks = counts(report)
    console.print()
    console.print(Text.assemble((levels, "bold"), f"\n{checks}"))
    if report.findings:
        console.print()
        console.print(_top_findings(report.findings, width, report_path))
    if report.suppressed:
        console.print()
        console.print(_suppressed(report.suppressed))
    console.print()
    for place, line in enumerate(settings_lines(report, width - 9)):
        console.print(Text(f"{'' if place else 'Settings':<8} {line}"))
    for label, text in _next(report, report_path):
        console.print(Text(f"{label:<8} {brief(text, 2 * width - 20)}"))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _grid(rows: Sequence[tuple[str, str, str]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=28)
    table.add_column(max_width=20)
    table.add_column(ratio=1)
    for place, row in enumerate(rows):
        style = "dim" if place == 0 else ""
        table.add_row(*(Text(brief(cell, 160), style=style) for cell in row))
    return table


def settings_lines(report: Report, width: int) -> list[str]:
    """One line for each setting that differs from the defaults, so that none hides another."""
    lines = [brief(line, width) for line in report.settings[:MAX_SETTINGS]]
    if len(report.settings) > MAX_SETTINGS:
        lines.append(f"… and {len(report.settings) - MAX_SETTINGS:,} more")
    return lines


def first_of_each(findings: Sequence[Finding]) -> list[Finding]:
    """The first finding of every check."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.check_id, finding)
    return list(first.values())


def _top_findings(findings: Sequence[Finding], width: int, report_path: str | None) -> Text:
    """Two lines a check, three for an error: where, and what its first finding says."""
    from rich.text import Text

    first: dict[str, list[Finding]] = {}
    for finding in findings:
        first.setdefault(finding.check_id, []).append(finding)
    lines = []
    for check_id, members in list(first.items())[:MAX_CHECKS]:
        finding = members[0]
        more = f" (and {len(members) - 1} more)" if len(members) > 1 else ""
        level = finding.severity.name.lower()
        message = plain(finding.message.removeprefix(f"{finding.primary.path}: "))
        head, *rest = textwrap.wrap(
            f"{plain(str(finding.primary), 80)}{more}: {message}",
            width,
            initial_indent=" " * len(f"{check_id:<6}{level:<8}"),
            subsequent_indent=" " * _INDENT,
            max_lines=3 if finding.severity is Severity.ERROR else 2,
            placeholder=" …",
            break_on_hyphens=False,
        )
        lines.append(
            Text.assemble(
                (f"{check_id:<6}", "bold"),
                (f"{level:<8}", _SEVERITY_STYLE[finding.severity]),
                head.lstrip(),
            )
        )
        lines += [Text(line) for line in rest]
    hidden = [finding for members in list(first.values())[MAX_CHECKS:] for finding in members]
    if hidden:
        levels = " and ".join(
            count(number, level.name.lower())
            for level in sorted(Severity, reverse=True)
            if (number := sum(finding.severity is level for finding in hidden))
        )
        where = (
            f"see {plain(report_path, 200)}" if report_path else "--format markdown:FILE has all"
        )
        lines.append(
            Text(f"… and {levels} of {count(len(first) - MAX_CHECKS, 'more check')}: {where}")
        )
    return Text("\n").join(lines)


def _suppressed(suppressed: Sequence[Suppressed]) -> Text:
    """A line for each of the first few findings that were silenced."""
    from rich.text import Text

    lines = [
        Text(
            brief(
                f"{each.finding.check_id} suppressed at {each.finding.primary} "
                f"({'known' if each.kind == 'external' else 'comment'}): {each.reason}",
                150,
            )
        )
        for each in suppressed[:MAX_SUPPRESSED]
    ]
    if len(suppressed) > MAX_SUPPRESSED:
        lines.append(Text(f"… and {len(suppressed) - MAX_SUPPRESSED:,} more suppressed"))
    return Text("\n").join(lines)


def _next(report: Report, report_path: str | None) -> list[tuple[str, str]]:
    lines = []
    if report_path:
        lines.append(("Report", report_path))
    if report.judged:
        lines.append(("Explain", f"audit explain {report.judged[0].check_id}"))
    elif any(run.verdict is Verdict.ERROR for run in report.runs):
        broken = [run for run in report.runs if run.verdict is Verdict.ERROR]
        lines += [(run.check_id, run.reason) for run in broken[:3]]
    elif report.verdict is ExperimentVerdict.INCONCLUSIVE:
        lines += _missing(report)
        lines.append(("Next", "put the rows of the splits and the metrics beside it, as files"))
        if not report.unmet:
            lines.append(("Gate", "--require CT --require MT fails an export without them"))
    return lines


def _missing(report: Report) -> list[tuple[str, str]]:
    """Why the checks of splits and metrics had nothing to look at, each reason once."""
    reasons: dict[str, str] = {}
    for run in report.runs:
        if run.check_id.startswith(("CT", "MT")) and run.verdict is not Verdict.PASS:
            reasons.setdefault(run.reason, run.check_id)
    return [(check_id, reason) for reason, check_id in list(reasons.items())[:3]]
