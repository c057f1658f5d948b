"""What a run writes: to standard output, to files, and to the job summary of GitHub Actions."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli.ci import append_step_summary, in_github_actions
from audit.cli.terminal import fail

if TYPE_CHECKING:
    from audit.model.report import Report
    from audit.model.severity import Severity

FORMATS = ("console", "markdown", "json", "sarif", "junit", "github")

Target = tuple[str, Path | None]


def parse_targets(formats: list[str] | None) -> list[Target] | None:
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


def replaced_files(targets: list[Target] | None, default: Path) -> frozenset[Path]:
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
    targets: list[Target] | None,
    default: Path,
    fail_on: Severity,
) -> str:
    """Write what goes to files, and return what goes to standard output.

    Parameters
    ----------
    reports : sequence of Report
        At least one.
    roots : sequence of str
        For each report, the folder of its export in the repository
        (`audit.cli.ci.root_in_repository`).
    targets : list of (str, Path or None), optional
        Formats and their files; a console summary and a Markdown report where ``None``.
    default : Path
        File of the default Markdown report.
    fail_on : Severity
        What fails a check in JUnit.

    Returns
    -------
    str
        Harmless in the log of a job.
    """
    shown = ""
    if targets is None:
        _write_markdown(reports, default)
        targets = [("console", None)]
        written: str | None = str(default)
    else:
        written = next((str(to) for name, to in targets if name == "markdown" and to), None)
    for name, to in targets:
        if name == "markdown" and to is not None:
            _write_markdown(reports, to)
            continue
        text = _render(reports, roots, name, to, written, fail_on)
        if to is None:
            shown += _for_log(name, text if text.endswith("\n") or not text else text + "\n")
        else:
            _write(to, text)
    append_step_summary(reports)
    return shown


def _render(
    reports: Sequence[Report],
    roots: Sequence[str],
    name: str,
    file: Path | None,
    written: str | None,
    fail_on: Severity,
) -> str:
    if name == "sarif":
        from audit.render.sarif import to_sarif

        return to_sarif(reports, roots)
    if name == "junit":
        from audit.render.junit import to_junit

        return to_junit(reports, roots, fail_on)
    if name == "github":
        from audit.render.github import to_github

        return to_github(reports, roots)
    if name == "json":
        from audit.render.json_report import to_json

        return to_json(reports[0])
    if name == "markdown":
        from audit.render.markdown import to_markdown

        return "\n".join(to_markdown(report, {}) for report in reports)
    from audit.render.console import to_console

    terminal = file is None and sys.stdout.isatty()
    color = terminal and not os.environ.get("NO_COLOR")
    width = _width() if terminal else 80
    return "\n".join(
        to_console(report, width=width, color=color, report_path=written) for report in reports
    )


def _for_log(name: str, text: str) -> str:
    """What a runner that reads the log cannot take for a command, and a reader takes alike."""
    if not in_github_actions() or name == "github":
        return text
    from audit.render.github import harmless

    if name in ("json", "sarif"):
        return text.replace("##[", "\\u0023#[")
    if name == "junit":
        return harmless(text, "&#58;", "&#35;#[")
    return harmless(text)


def _write_markdown(reports: Sequence[Report], file: Path) -> None:
    from audit.render.figures import figures
    from audit.render.markdown import to_markdown

    folder = file.with_suffix("")
    texts = []
    for number, report in enumerate(reports, 1):
        start = f"{number}-" if len(reports) > 1 else ""
        drawn = figures(report)
        for name, figure in drawn.items():
            _write(folder / f"{start}{name}.svg", figure.svg)
        paths = {name: f"{folder.name}/{start}{name}.svg" for name in drawn}
        texts.append(to_markdown(report, paths))
    _write(file, "\n".join(texts))


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
