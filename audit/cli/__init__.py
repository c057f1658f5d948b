"""Command line: composition only, and the only place that writes or exits.

Heavy packages are imported inside the commands, so that ``audit --help`` stays quick.
"""

from __future__ import annotations

import sys

from audit.cli import rules, run
from audit.cli.app import app
from audit.cli.run import providers

__all__ = ["app", "main", "providers", "rules", "run"]


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()
