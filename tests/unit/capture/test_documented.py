"""The examples of ``docs/capture.md`` run, and the audit tells the honest from the leaky ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit.model.report import Report
from tests.harness import alarms, audit_export, run_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "capture.md").read_text(encoding="utf-8")


def example(section: str) -> str:
    """The code of a section of the page."""
    text = PAGE.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return str(code)


def changed(code: str, old: str, new: str) -> str:
    assert code.count(old) == 1
    return code.replace(old, new)


def audited(folder: Path, code: str) -> Report:
    (folder / "train.py").write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(
        [sys.executable, "train.py"], cwd=folder, env=environment, check=True, timeout=300
    )
    return audit_export(folder / "export")


def test_scikit_learn(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the example is written with scikit-learn")
    report = audited(tmp_path, example("scikit-learn"))
    assert report.verdict.value == "VALID" and not report.findings
    for check in ("LK101", "LK102", "CT201", "CT202", "MT403", "MT405", "MT409", "LD905"):
        assert run_of(report, check).verdict.value == "PASS", check
    assert (tmp_path / "export" / "train.py").is_file()
    assert not (tmp_path / "export" / "audit.toml").exists()


def test_rows_that_are_repeated_before_the_split_are_found(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the example is written with scikit-learn")
    code = changed(
        example("scikit-learn"),
        "X_train, X_test",
        "import pandas as pd\nX, y = pd.concat([X, X]), pd.concat([y, y])\nX_train, X_test",
    )
    report = audited(tmp_path, code)
    assert report.verdict.value == "INVALID"
    assert {"LK101", "CT201"} <= alarms(report)


def test_a_scaler_that_is_fitted_on_all_rows_is_found(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the example is written with scikit-learn")
    code = example("scikit-learn")
    code = changed(code, "scaler = StandardScaler().fit(X_train)", "")
    code = changed(
        code, "X_train, X_test, y", "scaler = StandardScaler().fit(X)\nX_train, X_test, y"
    )
    report = audited(tmp_path, code)
    assert alarms(report) == {"LK102"}


@pytest.mark.xdist_group("reference")
def test_keras(tmp_path: Path) -> None:
    pytest.importorskip("keras", reason="the example is written with Keras, an optional extra")
    report = audited(tmp_path, example("Keras"))
    assert report.verdict.value == "VALID" and not alarms(report)
    for check in ("CT201", "CT202", "AU302", "MT402", "MT403", "MT405", "MT408", "LD905"):
        assert run_of(report, check).verdict.value == "PASS", check
    header = (tmp_path / "export" / "history.csv").read_text().splitlines()[0]
    assert {"val_mse_easy", "val_mse_islands", "val_mse_balanced"} <= set(header.split(","))
