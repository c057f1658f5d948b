"""``audit config``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli.app import app
from audit.cli.settings import (
    ConfigOption,
    FailOnOption,
    IgnoreOption,
    MinConfidenceOption,
    MinSeverityOption,
    RequireOption,
    SelectOption,
    configure,
)
from audit.cli.terminal import fail, show


@app.command(
    "config",
    epilog="\b\nExamples:\n  audit config export/\n  audit config export/ --all\n"
    "  audit config export/ --config strict.toml --format json\n",
)
def config_command(
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder of the export, a notebook or a script.", metavar="PATH", readable=False
        ),
    ],
    config_file: ConfigOption = None,
    fail_on: FailOnOption = None,
    min_severity: MinSeverityOption = None,
    min_confidence: MinConfidenceOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    require: RequireOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also parameters of checks that have their default.")
    ] = False,
    form: Annotated[str, typer.Option("--format", metavar="FORMAT", help="toml or json.")] = "toml",
) -> None:
    """Print the configuration in force, and where each value comes from."""
    from audit.load import is_file, is_folder
    from audit.params import check_config
    from audit.registry import load_checks
    from audit.render.settings import effective, settings_json, settings_toml

    if form not in ("toml", "json"):
        fail(f"unknown format {form!r}; choose toml, json", 2)
    if not (is_folder(path) or is_file(path)):
        fail(f"{path}: no such file or folder; check the path", 3)
    given = {
        "fail_on": fail_on,
        "min_severity": min_severity,
        "min_confidence": min_confidence,
        "select": select,
        "ignore": ignore,
        "require": require,
    }
    config = configure(
        path, config_file, fail_on, min_severity, min_confidence, select, ignore, require
    )
    checks = load_checks()
    settings = effective(
        config,
        [name for name, value in given.items() if value],
        checks,
        check_config(checks, config),
        everything=everything,
    )
    write = settings_toml if form == "toml" else settings_json
    show(write(settings))
