"""``audit rules`` and ``audit explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.cli.app import app
from audit.cli.terminal import fail, show


@app.command("rules", epilog="\b\nExamples:\n  audit rules\n  audit explain CT202\n")
def rules_command() -> None:
    """List all checks."""
    from audit.registry import load_checks

    lines = []
    for check in load_checks():
        code = f" ({check.taxonomy})" if check.taxonomy else ""
        lines.append(f"{check.id}  {check.severity.name.lower():<8} {check.title}{code}\n")
    show("".join(lines))


@app.command("explain", epilog="\b\nExample:\n  audit explain LK101\n")
def explain_command(
    check_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of a check, for instance LK101.")
    ],
) -> None:
    """Explain one check: what, why, how it is found, false alarms, remedy."""
    from audit.registry import load_checks, nearest_id
    from audit.render.docs import check_page

    checks = {check.id: check for check in load_checks()}
    if check_id.upper() not in checks:
        fail(f"there is no check {check_id!r}; {nearest_id(check_id, tuple(checks))}", 2)
    show(check_page(checks[check_id.upper()]) + "\n")
