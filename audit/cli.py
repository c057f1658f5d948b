"""Command line: composition only, and the only place that writes or exits.

Heavy packages are imported inside the commands, so that ``audit --help`` stays quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from audit.config import Config
    from audit.engine import Providers
    from audit.model.report import Report

FORMATS = ("console", "markdown", "json")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tell whether the reported result of a machine-learning experiment can be trusted.\n\n"
    "The export of the experiment (notebooks, scripts, arrays, tables, metrics, documents) is "
    "read and never executed.",
    epilog="Start with: audit run notebook_export/",
)


def _version(wanted: bool) -> None:
    if wanted:
        import audit

        typer.echo(f"audit {audit.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    # The callback of the option runs before the missing command is noticed.
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_version
        ),
    ] = False,
) -> None:
    pass


_RUN_EPILOG = """\b
Examples:
  audit run notebook_export/
  audit run experiment.ipynb --format console
  audit run export/ --format json:audit.json --format markdown:audit.md
  audit run export/ --fail-on warning --select LK --select CT

\b
Exit codes:
  0  nothing found at or above --fail-on
  1  findings at or above --fail-on
  2  the command line or the configuration is wrong
  3  nothing to audit: no such path, an empty folder, only images
  4  the audit is incomplete: a check crashed, or data it needs cannot be used
"""


@app.command("run", epilog=_RUN_EPILOG)
def run_command(
    path: Annotated[
        Path, typer.Argument(help="Folder of the export, a notebook or a script.", metavar="PATH")
    ],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT[:FILE]",
            help="console, markdown or json; to standard output, or to FILE. Repeatable. "
            "Default: a console summary, and a Markdown report with figures in --output.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder of the default report.")
    ] = Path("reports"),
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration to use instead of audit.toml, or [tool.audit] in "
            "pyproject.toml, in PATH.",
        ),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="error (default), warning or note."),
    ] = None,
    min_severity: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="Drop findings below note, warning or error."),
    ] = None,
    min_confidence: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="Drop findings below low, medium or high confidence."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Run only this check or family (CT202, CT). Repeatable."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Do not run this check or family. Repeatable."),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found; 2, 3 and 4 stay.")
    ] = False,
) -> None:
    """Audit one export: is the reported result valid, why not, and how to mend it."""
    from audit.gate import exit_code
    from audit.model.severity import Severity

    targets = _targets(formats)
    config = _configure(path, config_file, fail_on, min_severity, min_confidence, select, ignore)
    default = output / f"{_stem(path.resolve().name)}.md"
    outputs = _outputs(targets, default)
    with _progress() as progress:
        report = _audit(path, config, outputs, progress)
        progress("writing the report")
        shown = _write_outputs(report, targets, default)
    sys.stdout.write(shown)  # after the progress, which shares the terminal
    raise typer.Exit(exit_code(report, Severity[config.fail_on.upper()], exit_zero=exit_zero))


@app.command("rules", epilog="\b\nExamples:\n  audit rules\n  audit explain CT202\n")
def rules_command() -> None:
    """List all checks."""
    from audit.registry import load_checks

    for check in load_checks():
        code = f" ({check.taxonomy})" if check.taxonomy else ""
        typer.echo(f"{check.id}  {check.severity.name.lower():<8} {check.title}{code}")


@app.command("explain", epilog="\b\nExample:\n  audit explain LK101\n")
def explain_command(
    check_id: Annotated[str, typer.Argument(help="Id of a check, for instance LK101.")],
) -> None:
    """Explain one check: what, why, how it is found, false alarms, remedy."""
    from audit.registry import load_checks, nearest_id
    from audit.render.docs import check_page

    checks = {check.id: check for check in load_checks()}
    if check_id.upper() not in checks:
        _fail(f"there is no check {check_id!r}; {nearest_id(check_id, tuple(checks))}", 2)
    typer.echo(check_page(checks[check_id.upper()]))


def providers(progress: Callable[[str], None] | None = None) -> Providers:
    """How derived artifacts are computed."""
    from functools import partial

    from audit.engine import Provider
    from audit.lineage import code_facts
    from audit.model.artifacts import Code, CodeFacts, Kinship, Splits
    from audit.neighbours import kinship

    return {
        CodeFacts: Provider(Code, code_facts),
        Kinship: Provider(Splits, partial(kinship, progress=progress)),
    }


def _configure(
    path: Path,
    config_file: Path | None,
    fail_on: str | None,
    min_severity: str | None,
    min_confidence: str | None,
    select: list[str] | None,
    ignore: list[str] | None,
) -> Config:
    from audit.config import ConfigError, override, parse_config
    from audit.load import read_config

    try:
        if config_file is None:
            config = read_config(path)
        else:
            config = parse_config(config_file.read_text(encoding="utf-8"), config_file.name)
        return override(
            config,
            fail_on=fail_on,
            min_severity=min_severity,
            min_confidence=min_confidence,
            select=tuple(select) if select else None,
            ignore=tuple(ignore) if ignore else None,
        )
    except ConfigError as error:
        _fail(str(error), 2)
    except (OSError, UnicodeDecodeError) as error:
        _fail(f"cannot read the configuration {config_file}: {error}", 2)


def _audit(
    path: Path, config: Config, outputs: frozenset[Path], progress: Callable[[str], None]
) -> Report:
    from audit.config import ConfigError
    from audit.engine import run
    from audit.load import NothingToAudit, load
    from audit.registry import load_checks

    try:
        export = load(path, config, progress, passed_over=outputs)
        derived = providers(progress)
        return run(export, load_checks(), config, providers=derived, progress=progress)
    except NothingToAudit as error:
        _fail(str(error), 3)
    except ConfigError as error:
        _fail(str(error), 2)


def _targets(formats: list[str] | None) -> list[tuple[str, Path | None]] | None:
    if not formats:
        return None
    targets = []
    for text in formats:
        name, _, file = text.partition(":")
        if name not in FORMATS:
            _fail(f"unknown format {name!r}; choose {', '.join(FORMATS)}", 2)
        targets.append((name, Path(file) if file else None))
    return targets


def _outputs(targets: list[tuple[str, Path | None]] | None, default: Path) -> frozenset[Path]:
    """Files that this run replaces: they may lie in the export, and are no part of it."""
    if targets is None:
        targets = [("markdown", default)]
    files = [file for _, file in targets if file is not None]
    drawn = [file.with_suffix("") for name, file in targets if file and name == "markdown"]
    files += [figure for folder in drawn for figure in folder.glob("*.svg")]
    return frozenset(file.resolve() for file in files)


def _write_outputs(
    report: Report, targets: list[tuple[str, Path | None]] | None, default: Path
) -> str:
    """Write what goes to files, and return what goes to standard output."""
    shown = ""
    if targets is None:
        _write_markdown(report, default)
        targets = [("console", None)]
        written: str | None = str(default)
    else:
        written = next((str(to) for name, to in targets if name == "markdown" and to), None)
    for name, to in targets:
        if name == "markdown" and to is not None:
            _write_markdown(report, to)
            continue
        text = _render(report, name, to, written)
        if to is None:
            shown += text if text.endswith("\n") else text + "\n"
        else:
            _write(to, text)
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
        _fail(f"cannot write {file}: {error.strerror}; {step}", 2)


def _stem(export_name: str) -> str:
    name = Path(export_name).stem if export_name.endswith((".ipynb", ".py", ".md")) else export_name
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    # A file system counts bytes, and the suffixes come on top.
    return kept.strip(".").encode()[:200].decode(errors="ignore") or "export"


def _width() -> int:
    import shutil

    return max(60, min(shutil.get_terminal_size().columns, 120))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what is being done on standard error, when somebody watches."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    from audit.render.escape import plain

    console = Console(stderr=True)
    with console.status("reading") as status:
        yield lambda text: status.update(escape(plain(text, 100)))


def _fail(message: str, code: int) -> NoReturn:
    from audit.render.escape import plain

    # Messages quote file names and keys of the export; a terminal acts on some of them.
    typer.echo(f"audit: {plain(message)}", err=True)
    raise typer.Exit(code)


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
