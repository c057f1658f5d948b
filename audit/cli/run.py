"""``audit run``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli.app import app
from audit.cli.output import file_stem, parse_targets, replaced_files, write_outputs
from audit.cli.terminal import fail, progress

if TYPE_CHECKING:
    from audit.config import Config
    from audit.engine import Providers
    from audit.model.report import Report

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
            help="console, markdown, json, sarif, junit or github (annotations); to standard "
            "output, or to FILE. Repeatable. "
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

    chosen = parse_targets(formats)
    config = _configure(path, config_file, fail_on, min_severity, min_confidence, select, ignore)
    default = output / f"{file_stem(path.resolve().name)}.md"
    replaced = replaced_files(chosen, default)
    with progress() as say:
        report = _audit(path, config, replaced, say)
        say("writing the report")
        gate = Severity[config.fail_on.upper()]
        shown = write_outputs([report], [str(path)], chosen, [default], fail_on=gate)
    sys.stdout.write(shown)  # after the progress, which shares the terminal
    raise typer.Exit(exit_code(report, gate, exit_zero=exit_zero))


def providers(say: Callable[[str], None] | None = None) -> Providers:
    """How derived artifacts are computed."""
    from functools import partial

    from audit.engine import Provider
    from audit.lineage import code_facts
    from audit.model.artifacts import Code, CodeFacts, Kinship, Splits
    from audit.neighbours import kinship

    return {
        CodeFacts: Provider(Code, code_facts),
        Kinship: Provider(Splits, partial(kinship, progress=say)),
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
        fail(str(error), 2)
    except (OSError, UnicodeDecodeError) as error:
        fail(f"cannot read the configuration {config_file}: {error}", 2)


def _audit(
    path: Path, config: Config, replaced: frozenset[Path], say: Callable[[str], None]
) -> Report:
    from audit.config import ConfigError
    from audit.engine import run
    from audit.load import NothingToAudit, load
    from audit.registry import load_checks

    try:
        export = load(path, config, say, passed_over=replaced)
        derived = providers(say)
        return run(export, load_checks(), config, providers=derived, progress=say)
    except NothingToAudit as error:
        fail(str(error), 3)
    except ConfigError as error:
        fail(str(error), 2)
