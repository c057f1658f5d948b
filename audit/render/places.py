"""Places of several exports in one repository, as tools outside name them."""

from __future__ import annotations

from collections.abc import Sequence

from audit.model.finding import Finding
from audit.model.location import Location
from audit.model.report import Report
from audit.render.wording import where


def repository_path(root: str, location: Location) -> str:
    """Path of a file relative to the repository, raw text.

    Examples
    --------
    >>> repository_path("experiments/run6", Location("a.ipynb", cell=0, line=1))
    'experiments/run6/a.ipynb'
    >>> repository_path("", Location("a.py", line=1)), repository_path("run6", Location("."))
    ('a.py', 'run6')
    """
    if location.path in ("", "."):
        return root or "."
    return f"{root}/{location.path}" if root else location.path


def beyond_line(location: Location) -> str:
    """The place within the file where a line of the file does not say it all, raw text.

    Examples
    --------
    >>> beyond_line(Location("a.ipynb", cell=6, line=4)), beyond_line(Location("a.py", line=4))
    ('cell 6, line 4', '')
    """
    return "" if location.cell is None and location.line is not None else where(location)


def ranked(reports: Sequence[Report], roots: Sequence[str]) -> list[tuple[str, Finding]]:
    """Findings of all reports with the root of their export, most severe first."""
    pairs = [
        (root, finding)
        for report, root in zip(reports, roots, strict=True)
        for finding in report.findings
    ]
    return sorted(pairs, key=lambda pair: (-pair[1].severity, -pair[1].confidence))
