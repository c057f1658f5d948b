"""Where an audit runs: the paths that a CI server knows, and the job summary of GitHub Actions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.model.report import Report

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


def in_github_actions() -> bool:
    """Whether a runner of GitHub Actions reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def append_step_summary(reports: Sequence[Report]) -> None:
    """Append the reports to the job summary, where ``GITHUB_STEP_SUMMARY`` names its file."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    from audit.render.step_summary import to_step_summary

    file = Path(name)
    try:
        used = file.stat().st_size if file.exists() else 0
        text = to_step_summary(reports, MAX_SUMMARY - used - 2)
        with file.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(f"\n{text}" if used and text else text)
    except OSError as error:
        sys.stderr.write(f"audit: cannot write the job summary: {error.strerror}\n")
