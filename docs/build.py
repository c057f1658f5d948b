"""Write the documents that are made of code: a page per check, the README's help and picture.

``python -m docs.build`` writes them; ``--check`` only compares and fails with what to do.
"""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

os.environ.update(COLUMNS="80", TERMINAL_WIDTH="80", NO_COLOR="1")

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from typer.testing import CliRunner

from audit import engine
from audit.cli import app, providers
from audit.load import load
from audit.registry import load_checks
from audit.render.console import to_console
from audit.render.docs import check_page

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "checks"


def documents() -> dict[Path, str]:
    """Every generated document by path."""
    checks = load_checks()
    made = {PAGES / f"{check.id}.md": check_page(check) for check in checks}
    index = ["# Checks", "", "| id | defect | severity | taxonomy |", "| --- | --- | --- | --- |"]
    index += [
        f"| [{check.id}]({check.id}.md) | {check.title} | {check.severity.name.lower()} | "
        f"{check.taxonomy or ''} |"
        for check in checks
    ]
    made[PAGES / "README.md"] = "\n".join(index) + "\n"
    readme = ROOT / "README.md"
    made[readme] = with_help(readme.read_text(encoding="utf-8"))
    made[ROOT / "docs" / "summary.svg"] = picture()
    return made


def picture() -> str:
    """Draw the console summary of the shipped export as SVG."""
    export = load(ROOT / "notebook_export")
    report = engine.run(export, load_checks(), providers=providers())
    text = to_console(report, width=80, color=True, report_path="reports/notebook_export.md")
    console = Console(record=True, width=82, file=io.StringIO())
    console.print(Text("$ audit run notebook_export/\n"), Text.from_ansi(text), sep="")
    return console.export_svg(title="", theme=MONOKAI, unique_id="summary")


def with_help(readme: str) -> str:
    """Put the help of ``audit run`` between its markers in the README."""
    result = CliRunner().invoke(app, ["run", "--help"], prog_name="audit", terminal_width=80)
    block = f"<!-- help -->\n```text\n{result.output.strip()}\n```\n<!-- /help -->"
    return re.sub(r"<!-- help -->.*?<!-- /help -->", lambda _: block, readme, flags=re.DOTALL)


def main() -> int:
    """Write, or with ``--check`` compare; the exit code."""
    stale = []
    made = documents()
    extra = set(PAGES.glob("*.md")) - set(made)
    for path, text in made.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in extra:
        stale.append(path)
        if "--check" not in sys.argv:
            path.unlink()
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if "--check" in sys.argv and stale:
        sys.stderr.write(f"out of date: {names}; run `make docs` and commit\n")
        return 1
    sys.stdout.write(f"written: {names}\n" if stale else "documents are up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
