"""Reports to the job summary of GitHub Actions, which has a limit."""

from __future__ import annotations

from collections.abc import Sequence

from audit.model.report import Report
from audit.render.escape import inline
from audit.render.markdown import index, to_markdown, top

_CUT = "The summary has no room for the rest; see the full report.\n"


def to_step_summary(
    reports: Sequence[Report], room: int, failed: Sequence[tuple[str, str]] = ()
) -> str:
    """Write reports as Markdown without pictures, as much of it as there is room for.

    Parameters
    ----------
    reports : sequence of Report
        What to write.
    room : int
        Most bytes of UTF-8.
    failed : sequence of (str, str)
        Name of each export that could not be audited, and why.

    Returns
    -------
    str
        The full reports; where they do not fit the answer, the headline numbers and the index
        of the findings of each; where these do not fit either, those of the first reports.
        Empty where there is no room at all.
    """
    unread = [
        f"# {inline(name, 120)} could not be audited\n\n{inline(why)}\n" for name, why in failed
    ]
    whole = "\n".join([*unread, *(to_markdown(report, {}) for report in reports)])
    if len(whole.encode()) <= room:
        return whole
    out = ""
    for section in (*unread, *map(_short, reports)):
        if len(f"{out}{section}\n{_CUT}".encode()) > room:
            return out + _CUT if len(f"{out}{_CUT}".encode()) <= room else ""
        out += f"{section}\n"
    return out


def _short(report: Report) -> str:
    parts = [top(report)]
    if report.findings:
        parts.append(index(report.findings, link=False))
    return "\n\n".join(parts) + "\n"
