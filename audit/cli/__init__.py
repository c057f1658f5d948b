"""Command line: composition only, and the only place that writes or exits.

Heavy packages are imported inside the commands, so that ``audit --help`` stays quick.
"""

from __future__ import annotations

import sys

from audit.cli import config, init, rules, run
from audit.cli.app import app
from audit.cli.run import providers

__all__ = ["app", "config", "init", "main", "providers", "rules", "run"]

_ORDER = ("run", "init", "config", "rules", "explain")
app.registered_commands.sort(key=lambda command: _ORDER.index(command.name or ""))


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
