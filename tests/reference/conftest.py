"""The smoke export of Run 7, made once: all tests that use it share a worker of pytest-xdist."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from audit.cli import providers
from audit.engine import run
from audit.load import load
from audit.model.report import Report
from audit.registry import load_checks


@dataclass(frozen=True)
class Made:
    """An export, its metrics, and the report of its audit."""

    folder: Path
    metrics: dict[str, Any]
    report: Report


def audited(folder: Path) -> Report:
    """The report of ``audit run``."""
    return run(load(folder), load_checks(), providers=providers())


def require_reference() -> None:
    """Skip where a notebook cannot be executed."""
    missing = [name for name in ("tensorflow", "nbclient") if not importlib.util.find_spec(name)]
    if missing:
        pytest.skip(f"the reference extra is not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def run7(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """``audit reference run7 --profile smoke``, without the command line."""
    require_reference()
    from reference_pipeline.config import run7 as configure
    from reference_pipeline.export import build_export

    folder = tmp_path_factory.mktemp("reference") / "run7"
    build_export(configure("smoke"), folder)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return Made(folder, metrics, audited(folder))
