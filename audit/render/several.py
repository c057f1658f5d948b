"""Reports of several exports: one table for a terminal, one JSON document."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.model.report import SCHEMA_VERSION, Report
from audit.model.severity import Severity
from audit.render.console import VERDICT_STYLE, first_of_each, plain_console, settings_lines
from audit.render.escape import brief, plain
from audit.render.json_report import to_json
from audit.render.summary import is_number, remarks
from audit.render.wording import count, percent, value

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

MAX_DETAILED = 4  # exports with findings; more of them get the table only
MAX_FINDINGS = 8  # of all exports together
MAX_REMARKS = 10
_NAMES = ("export", "verdict", "err", "warn", "note", "copies", "reported")
_WIDTHS = (22, 12, 5, 5, 5, 8, 0)


@dataclass(frozen=True, slots=True)
class Failed:
    """An export that could not be audited.

    Parameters
    ----------
    name, reason : str
        Which, and why; untrusted text.
    code : int
        Exit code that stands for it.
    place : int
        How many exports were named before it.
    """

    name: str
    reason: str
    code: int
    place: int = 0


def to_console_several(
    reports: Sequence[Report],
    failed: Sequence[Failed],
    *,
    width: int,
    color: bool,
    report_paths: Sequence[str] = (),
) -> str:
    """Write a summary of several reports for a terminal.

    Parameters
    ----------
    reports : sequence of Report
        In the order in which they are listed.
    failed : sequence of Failed
        Exports that could not be audited.
    width : int
        Columns of the terminal.
    color : bool
        Whether to colour.
    report_paths : sequence of str
        Where the full reports were written.

    Returns
    -------
    str
        A table, the top findings where few exports have any, and where to read on.
    """
    from rich.text import Text

    buffer = io.StringIO()
    console = plain_console(buffer, width, color)
    console.print(_table(reports, failed))
    said = [(each.name, each.reason) for each in failed]
    said += [(report.export_name, text) for report in reports for text in remarks(report)]
    said += [
        (report.export_name, f"Settings {line}")
        for report in reports
        for line in settings_lines(report, width)
    ]
    for name, text in said[:MAX_REMARKS]:
        console.print(Text(f"\n{plain(name, 80)}: {plain(text, 400)}"))
    if len(said) > MAX_REMARKS:
        console.print(Text(f"\n… and {len(said) - MAX_REMARKS:,} more remarks"))
    found = [report for report in reports if report.findings]
    for report in found if len(found) <= MAX_DETAILED else ():
        console.print()
        console.print(Text(plain(report.export_name, 80), style="bold"))
        shown = first_of_each(report.findings)[: MAX_FINDINGS // len(found)]
        for finding in shown:
            text = f"{finding.check_id} {finding.severity.name.lower()} {finding.primary}"
            console.print(Text(f"  {brief(text, width - 4)}"))
            console.print(Text(f"    {brief(finding.message, width - 6)}"))
        if len(report.findings) > len(shown):
            rest = count(len(report.findings) - len(shown), "further finding")
            console.print(Text(f"  {rest}"))
    if report_paths:
        console.print()
        more = f" and {len(report_paths) - 5:,} more" if len(report_paths) > 5 else ""
        console.print(Text(f"Reports  {plain(', '.join(report_paths[:5]), 600)}{more}"))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def _table(reports: Sequence[Report], failed: Sequence[Failed]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    for name, wide in zip(_NAMES, _WIDTHS, strict=True):
        right = name in ("err", "warn", "note", "copies")
        table.add_column(
            justify="right" if right else "left",
            width=wide or None,
            no_wrap=True,
            overflow="ellipsis",
        )
    table.add_row(*(Text(name, style="dim") for name in _NAMES))
    rows: list[tuple[Text, ...]] = [_row(report) for report in reports]
    for each in sorted(failed, key=lambda each: each.place):
        rows.insert(each.place, (Text(brief(each.name, 60)), Text("not audited", style="bold")))
    for row in rows:
        table.add_row(*row)
    return table


def _row(report: Report) -> tuple[Text, ...]:
    from rich.text import Text

    numbers = (
        sum(finding.severity is level for finding in report.findings)
        for level in sorted(Severity, reverse=True)
    )
    return (
        Text(brief(report.export_name, 60)),
        Text(report.verdict.value, style=VERDICT_STYLE[report.verdict]),
        *(Text(f"{number:,}") for number in numbers),
        *(Text(text) for text in _headline(report)),
    )


def _headline(report: Report) -> tuple[str, str]:
    """Contaminated share and reported metric, or a dash where they are not known."""
    share = report.headline.contaminated_share
    copies = "-"
    if share is not None and is_number(share):
        assert isinstance(share.observed, int | float)
        copies = percent(float(share.observed))
    reported = report.headline.reported_metric
    if reported is None or not is_number(reported):
        return copies, "-"
    return copies, brief(f"{reported.unit or 'metric'} {value(reported.observed)}", 40)


def to_json_several(reports: Sequence[Report], failed: Sequence[Failed] = ()) -> str:
    """Write several reports as one JSON document.

    Returns
    -------
    str
        ``schema_version``, ``reports`` as `to_json` writes each, and ``failed``.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "reports": [json.loads(to_json(report)) for report in reports],
        "failed": [
            {"name": plain(each.name), "reason": plain(each.reason), "exit_code": each.code}
            for each in failed
        ],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"
