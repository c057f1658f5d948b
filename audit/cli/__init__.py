"""Command line: composition only, and the only place that writes or exits.

Heavy packages are imported inside the commands, so that ``audit --help`` stays quick.
"""

from __future__ import annotations

import os
import sys

from audit.cli import config, init, reference, rules, run
from audit.cli.app import app
from audit.cli.run import providers
from audit.cli.terminal import say_crash, say_plainly

__all__ = ["app", "config", "init", "main", "providers", "reference", "rules", "run"]

STOPPED = 130  # by Ctrl-C, as shells number it
INCOMPLETE = 4

_ORDER = ("run", "init", "config", "reference", "rules", "explain")
app.registered_commands.sort(key=lambda command: _ORDER.index(command.name or ""))


def main() -> None:
    """Entry point of the console script."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: PTH123, SIM115 - closed by the caller
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except SystemExit as end:
        if end.code == STOPPED:
            say_plainly("stopped; reports that were not written yet are missing")
        raise
    except Exception:
        # Exit code 1 would say that there are findings.
        say_crash()
        raise SystemExit(INCOMPLETE) from None
