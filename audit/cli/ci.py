"""What CI servers want: their formats, paths in the repository, the job summary, a safe log."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.model.report import Report
    from audit.model.severity import Severity

CI_FORMATS = ("sarif", "junit", "github")
MAX_SUMMARY = 1 << 20  # GitHub drops a larger one


def root_in_repository(path: Path) -> str:
    """Folder of an export relative to its repository, with slashes; empty for the repository.

    The repository is the workspace of the job, otherwise the nearest folder with a ``.git``,
    otherwise the current folder. An export outside all of these goes by its name.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link inside stays inside
    folder = absolute if absolute.is_dir() else absolute.parent
    above = (each for each in (folder, *folder.parents) if (each / ".git").exists())
    workspace = os.environ.get("GITHUB_WORKSPACE")
    candidates = [Path(workspace)] if workspace else []
    candidates += [*list(above)[:1], Path.cwd()]
    for repository in candidates:
        for base, place in ((repository, folder), (repository.resolve(), folder.resolve())):
            if place.is_relative_to(base):
                relative = place.relative_to(base).as_posix()
                return "" if relative == "." else relative
    return folder.name


def render_ci(
    name: str,
    reports: Sequence[Report],
    roots: Sequence[str],
    fail_on: Severity,
    failed: Sequence[tuple[str, str]] = (),
) -> str:
    """Write reports in one of ``CI_FORMATS``.

    Parameters
    ----------
    name : str
        The format.
    reports, roots : sequence
        Reports, and for each the folder of its export in the repository.
    fail_on : Severity
        What fails a check in JUnit.
    failed : sequence of (str, str)
        Name of each export that could not be audited, and why.
    """
    if name == "sarif":
        from audit.render.sarif import to_sarif

        return to_sarif(reports, roots, failed)
    if name == "junit":
        from audit.render.junit import to_junit

        return to_junit(reports, roots, fail_on, failed)
    from audit.render.github import to_github

    return to_github(reports, roots, failed)


def for_log(name: str, text: str) -> str:
    """Text that a runner of GitHub Actions cannot take for commands, and a reader takes alike."""
    if os.environ.get("GITHUB_ACTIONS") != "true" or name == "github":
        return text
    from audit.render.github import harmless

    if name in ("json", "sarif"):
        return text.replace("##[", "\\u0023#[")
    if name == "junit":
        return harmless(text, "&#58;", "&#35;#[")
    return harmless(text)


def append_step_summary(reports: Sequence[Report], failed: Sequence[tuple[str, str]] = ()) -> None:
    """Append the reports to the job summary, where ``GITHUB_STEP_SUMMARY`` names its file.

    Parameters
    ----------
    reports : sequence of Report
        What to write.
    failed : sequence of (str, str)
        Name of each export that could not be audited, and why.
    """
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    from audit.render.step_summary import to_step_summary

    file = Path(name)
    try:
        used = file.stat().st_size if file.exists() else 0
        text = to_step_summary(reports, MAX_SUMMARY - used - 2, failed)
        with file.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(f"\n{text}" if used and text else text)
    except OSError as error:
        sys.stderr.write(f"audit: cannot write the job summary: {error.strerror}\n")
