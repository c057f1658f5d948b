"""The configuration of a command: from the export, a file that is named, and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli.terminal import fail

if TYPE_CHECKING:
    from audit.config import Config

_MAX_CONFIG = 1 << 20

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration to use instead of audit.toml, or [tool.audit] in "
        "pyproject.toml, in PATH.",
    ),
]
FailOnOption = Annotated[
    str | None, typer.Option("--fail-on", metavar="LEVEL", help="error (default), warning or note.")
]
MinSeverityOption = Annotated[
    str | None,
    typer.Option(
        "--min-severity", metavar="LEVEL", help="Drop findings below note, warning or error."
    ),
]
MinConfidenceOption = Annotated[
    str | None,
    typer.Option(
        "--min-confidence",
        metavar="LEVEL",
        help="Drop findings below low, medium or high confidence.",
    ),
]
SelectOption = Annotated[
    list[str] | None,
    typer.Option(
        "--select", metavar="ID", help="Run only this check or family (CT202, CT). Repeatable."
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="ID", help="Do not run this check or family. Repeatable."),
]

RequireOption = Annotated[
    list[str] | None,
    typer.Option(
        "--require",
        metavar="ID",
        help="Fail unless this check, or one of this family, could tell: without splits no check "
        "of CT can. Repeatable.",
    ),
]


def configure(
    path: Path,
    config_file: Path | None,
    fail_on: str | None = None,
    min_severity: str | None = None,
    min_confidence: str | None = None,
    select: list[str] | None = None,
    ignore: list[str] | None = None,
    require: list[str] | None = None,
) -> Config:
    """The configuration of one export, checked whole; anything wrong with it ends the command."""
    from audit.config import ConfigError, override, parse_config
    from audit.load import read_config
    from audit.params import check_config
    from audit.registry import load_checks

    try:
        if config_file is None:
            config = read_config(path)
        else:
            config = parse_config(read_text(config_file, _MAX_CONFIG), config_file.name)
        config = override(
            config,
            fail_on=fail_on,
            min_severity=min_severity,
            min_confidence=min_confidence,
            select=tuple(select) if select else None,
            ignore=tuple(ignore) if ignore else None,
            require=tuple(require) if require else None,
        )
        check_config(load_checks(), config)
        return config
    except ConfigError as error:
        # Of several exports, which one it is.
        own = config_file is None and str(error).startswith(("audit.toml:", "pyproject.toml:"))
        fail(str(path / str(error)) if own else str(error), 2)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        fail(f"cannot read the configuration {config_file}: {error}", 2)


def read_text(file: Path, limit: int) -> str:
    """Text of a file that the command line names.

    Raises
    ------
    OSError, ValueError
        If it is no regular file, too large, or no UTF-8 text.
    """
    if file.exists() and not file.is_file():
        raise ValueError("it is no file")
    with file.open("rb") as handle:
        data = handle.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it is larger than {limit / (1 << 20):,.0f} MiB")
    return data.decode("utf-8")
