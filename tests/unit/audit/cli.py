"""Call the command line in tests."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from audit.cli import app


class Result:
    """Exit code and texts of one call; anything but an exit is raised."""

    def __init__(self, *arguments: object) -> None:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception


def run_json(*arguments: object) -> Any:
    return json.loads(Result("run", *arguments, "--format", "json").out)
