"""The application that the commands are added to."""

from __future__ import annotations

from typing import Annotated

import typer

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
