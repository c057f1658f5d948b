"""What the commands share: progress, and a message before the exit."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
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


def show(text: str) -> None:
    """Write to standard output; that nobody reads it (any more) changes no exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            fail(
                f"cannot write to standard output: {error.strerror}; choose --format FORMAT:FILE", 2
            )


def say_plainly(message: str) -> None:
    """Say something on standard error."""
    from audit.cli.ci import for_log
    from audit.render.escape import plain

    # Messages quote file names and keys of the export; a terminal acts on some of them, and so
    # does a runner of GitHub Actions.
    typer.echo(for_log("", f"audit: {plain(message)}"), err=True)


def say_crash() -> None:
    """Show the exception that is being handled, line by line: its text may quote the export."""
    for line in traceback.format_exc().splitlines():
        say_plainly(line)
    say_plainly("this is a defect of the audit, not of the export; please report the lines above")


def fail(message: str, code: int) -> NoReturn:
    """Say on standard error why the command ends, and end it."""
    say_plainly(message)
    raise typer.Exit(code)
