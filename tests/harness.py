"""Run the whole audit in memory, and the fixtures of a check."""

from __future__ import annotations

import shutil
from pathlib import Path

from audit import engine
from audit.cli import providers
from audit.config import Config
from audit.load import load, read_config
from audit.model.report import CheckRun, Report
from audit.model.severity import Severity
from audit.registry import load_checks

EXPORTS = Path(__file__).parent / "exports"
BASE = EXPORTS / "base"


def audit_export(path: Path, config: Config | None = None) -> Report:
    """Audit an export with every check, as the command line does."""
    config = config or read_config(path)
    return engine.run(load(path, config), load_checks(), config, providers=providers())


def run_of(report: Report, check_id: str) -> CheckRun:
    """The run of one check."""
    return next(run for run in report.runs if run.check_id == check_id)


def alarms(report: Report) -> set[str]:
    """Checks that found something at WARNING or above, or could not be run at all."""
    loud = {f.check_id for f in report.findings if f.severity >= Severity.WARNING}
    crashed = {run.check_id for run in report.runs if run.verdict.value == "ERROR"}
    return loud | crashed


def overlay(folder: Path, target: Path) -> Path:
    """Lay the files of `folder` over the clean base export, into `target`.

    Code in the overlay replaces all code of the base; paths in a file ``_omit`` are left out.
    """
    files = {p.relative_to(folder): p for p in folder.rglob("*") if p.is_file()}
    listed = files.pop(Path("_omit"), None)
    omitted = set(listed.read_text(encoding="utf-8").split()) if listed else set()
    brings_code = any(path.suffix in (".py", ".ipynb") for path in files)
    for source in BASE.rglob("*"):
        path = source.relative_to(BASE)
        if not source.is_file() or path.as_posix() in omitted:
            continue
        if brings_code and path.suffix in (".py", ".ipynb"):
            continue
        files.setdefault(path, source)
    for path, source in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / path)
    return target
