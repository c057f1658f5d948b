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
    from audit.render.several import Failed

_PLACE = "{name}"
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


def check_targets(targets: list[tuple[str, Path | None]] | None, several: bool) -> None:
    """Refuse one Markdown file for several reports."""
    for name, file in targets or ():
        if several and name == "markdown" and file is not None and _PLACE not in str(file):
            hint = file.with_name(f"{_PLACE}.md")
            fail(f"one {name} file cannot hold several reports; write --format {name}:{hint}", 2)


def replaced_files(
    targets: list[tuple[str, Path | None]] | None, defaults: Sequence[Path]
) -> frozenset[Path]:
    """Files that this run replaces: they may lie in the export, and are no part of it."""
    named = [("markdown", default) for default in defaults] if targets is None else []
    for name, file in targets or ():
        if file is not None:
            named += [(name, _placed(file, default)) for default in defaults]
    files = [file for _, file in named]
    drawn = [file.with_suffix("") for name, file in named if name == "markdown"]
    files += [figure for folder in drawn for figure in folder.glob("*.svg")]
    return frozenset(file.resolve() for file in files)


def write_outputs(
    reports: Sequence[Report],
    roots: Sequence[str],
    targets: list[tuple[str, Path | None]] | None,
    defaults: Sequence[Path],
    *,
    fail_on: Severity,
    failed: Sequence[Failed] = (),
) -> str:
    """Write what goes to files, and return what goes to standard output.

    Parameters
    ----------
    reports : sequence of Report
        One for each export that could be audited.
    roots : sequence of str
        Path of each of them, as given.
    targets : list of (str, Path or None), optional
        Formats and files; ``{name}`` in a file stands for the name of each export.
    defaults : sequence of Path
        Default report of each export.
    fail_on : Severity
        Findings at or above it fail.
    failed : sequence of Failed
        Exports that could not be audited, where several were named.
    """
    shown = ""
    written: list[str | None] = [None] * len(reports)
    if targets is None:
        for report, default in zip(reports, defaults, strict=True):
            _write_markdown(report, default)
        written = [str(default) for default in defaults]
        targets = [("console", None)]
    for name, to in targets:
        if name == "markdown" and to is not None:
            written = [str(_placed(to, default)) for default in defaults]
    several = len(reports) + len(failed) > 1
    places = [root_in_repository(Path(root)) for root in roots]
    lost = [(each.name, each.reason) for each in failed]
    for name, to in targets:
        if to is not None and (_PLACE in str(to) or (name == "markdown" and not several)):
            for report, place, default, path in zip(
                reports, places, defaults, written, strict=True
            ):
                file = _placed(to, default)
                if name == "markdown":
                    _write_markdown(report, file)
                elif name in CI_FORMATS:
                    write_file(file, render_ci(name, [report], [place], fail_on))
                else:
                    write_file(file, _render([report], [], name, file, [path], several=False))
            continue
        if name in CI_FORMATS:
            text = render_ci(name, reports, places, fail_on, lost)
        else:
            text = _render(reports, failed, name, to, written, several=several)
        if to is None:
            shown += for_log(name, text if text.endswith("\n") or not text else text + "\n")
        else:
            write_file(to, text)
    append_step_summary(reports, lost)
    return shown


def _placed(file: Path, default: Path) -> Path:
    return Path(str(file).replace(_PLACE, default.stem))


def _render(
    reports: Sequence[Report],
    failed: Sequence[Failed],
    name: str,
    file: Path | None,
    written: Sequence[str | None],
    *,
    several: bool,
) -> str:
    if name == "json":
        from audit.render.json_report import to_json
        from audit.render.several import to_json_several

        return to_json_several(reports, failed) if several else to_json(reports[0])
    if name == "markdown":
        from audit.render.markdown import to_markdown

        return "\n".join(to_markdown(report, {}) for report in reports)
    from audit.render.console import to_console
    from audit.render.several import to_console_several

    terminal = file is None and sys.stdout.isatty()
    color = terminal and not os.environ.get("NO_COLOR")
    width = _width() if terminal else 80
    if several:
        paths = [path for path in written if path is not None]
        return to_console_several(reports, failed, width=width, color=color, report_paths=paths)
    return to_console(reports[0], width=width, color=color, report_path=written[0])


def _write_markdown(report: Report, file: Path) -> None:
    from audit.render.figures import figures
    from audit.render.markdown import to_markdown

    drawn = figures(report)
    folder = file.with_suffix("")
    for name, figure in drawn.items():
        write_file(folder / f"{name}.svg", figure.svg)
    paths = {name: f"{folder.name}/{name}.svg" for name in drawn}
    write_file(file, to_markdown(report, paths))


def write_file(file: Path, text: str) -> None:
    """Write a text, or say why that is not possible and end the command."""
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


def file_stems(names: Sequence[str]) -> list[str]:
    """File names of several reports, all different."""
    stems: list[str] = []
    for name in names:
        stem = plain = file_stem(name)
        number = 2
        while stem in stems:
            stem = f"{plain}-{number}"
            number += 1
        stems.append(stem)
    return stems


def _width() -> int:
    import shutil

    return max(60, min(shutil.get_terminal_size().columns, 120))
