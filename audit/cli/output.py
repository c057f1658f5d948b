"""What a run writes: to standard output, to files, to the job summary of GitHub Actions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli.ci import CI_FORMATS, append_step_summary, for_log, render_ci, root_in_repository
from audit.cli.terminal import fail

if TYPE_CHECKING:
    from audit.model.report import Report
    from audit.model.severity import Severity

FORMATS = ("console", "markdown", "json", *CI_FORMATS)


def parse_targets(formats: list[str] | None) -> list[tuple[str, Path | None]] | None:
    """Read ``FORMAT[:FILE]``; ``None`` stands for the default outputs."""
    if not formats:
        return None
    targets = []
    for text in formats:
        name, _, file = text.partition(":")
        if name not in FORMATS:
            fail(f"unknown format {name!r}; choose {', '.join(FORMATS)}", 2)
        targets.append((name, Path(file) if file else None))
    return targets


def replaced_files(targets: list[tuple[str, Path | None]] | None, default: Path) -> frozenset[Path]:
    """Files that this run replaces: they may lie in the export, and are no part of it."""
    if targets is None:
        targets = [("markdown", default)]
    files = [file for _, file in targets if file is not None]
    drawn = [file.with_suffix("") for name, file in targets if file and name == "markdown"]
    files += [figure for folder in drawn for figure in folder.glob("*.svg")]
    return frozenset(file.resolve() for file in files)


def write_outputs(
    reports: Sequence[Report],
    roots: Sequence[str],
    targets: list[tuple[str, Path | None]] | None,
    defaults: Sequence[Path],
    *,
    fail_on: Severity,
) -> str:
    """Write what goes to files, and return what goes to standard output.

    Parameters
    ----------
    reports : sequence of Report
        One for each export.
    roots : sequence of str
        Path of each of them, as given.
    targets : list of (str, Path or None), optional
        Formats and files; a console summary and a Markdown report where ``None``.
    defaults : sequence of Path
        Default report of each export.
    fail_on : Severity
        Findings at or above it fail.
    """
    shown = ""
    written: str | None = None
    if targets is None:
        for report, default in zip(reports, defaults, strict=True):
            _write_markdown(report, default)
        targets = [("console", None)]
        written = str(defaults[0])
    else:
        written = next((str(to) for name, to in targets if name == "markdown" and to), None)
    places = [root_in_repository(Path(root)) for root in roots]
    for name, to in targets:
        if name == "markdown" and to is not None:
            _write_markdown(reports[0], to)
            continue
        if name in CI_FORMATS:
            text = render_ci(name, reports, places, fail_on)
        else:
            text = "\n".join(_render(report, name, to, written) for report in reports)
        if to is None:
            shown += for_log(name, text if text.endswith("\n") or not text else text + "\n")
        else:
            _write(to, text)
    append_step_summary(reports)
    return shown


def _render(report: Report, name: str, file: Path | None, written: str | None) -> str:
    if name == "json":
        from audit.render.json_report import to_json

        return to_json(report)
    if name == "markdown":
        from audit.render.markdown import to_markdown

        return to_markdown(report, {})
    from audit.render.console import to_console

    terminal = file is None and sys.stdout.isatty()
    color = terminal and not os.environ.get("NO_COLOR")
    width = _width() if terminal else 80
    return to_console(report, width=width, color=color, report_path=written)


def _write_markdown(report: Report, file: Path) -> None:
    from audit.render.figures import figures
    from audit.render.markdown import to_markdown

    drawn = figures(report)
    folder = file.with_suffix("")
    for name, figure in drawn.items():
        _write(folder / f"{name}.svg", figure.svg)
    paths = {name: f"{folder.name}/{name}.svg" for name in drawn}
    _write(file, to_markdown(report, paths))


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        step = "choose another place with --output, or behind --format"
        fail(f"cannot write {file}: {error.strerror}; {step}", 2)


def file_stem(export_name: str) -> str:
    """File name, without its suffix, of the report of an export."""
    name = Path(export_name).stem if export_name.endswith((".ipynb", ".py", ".md")) else export_name
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    # A file system counts bytes, and the suffixes come on top.
    return kept.strip(".").encode()[:200].decode(errors="ignore") or "export"


def _width() -> int:
    import shutil

    return max(60, min(shutil.get_terminal_size().columns, 120))
