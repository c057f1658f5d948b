"""``audit reference``: a child process that makes an export, and the audit of what it made."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from audit.cli import app
from audit.cli import reference as command
from reference_pipeline import __main__ as pipeline
from reference_pipeline.config import PROFILES, RUN_NAMES, on_command_line
from tests.experiment import clean_experiment
from tests.faults import lk101


class FakeChild:
    """Writes what it is given where ``--out`` says, instead of training."""

    def __init__(self, export: Path | None, code: int = 0) -> None:
        self.export = export
        self.code = code
        self.arguments: list[str] = []

    def __call__(self, arguments: list[str]) -> int:
        self.arguments = list(arguments)
        pipeline._parser().parse_args(self.arguments)  # the real one takes them
        if self.export is not None:
            shutil.copytree(self.export, arguments[arguments.index("--out") + 1])
        return self.code


@pytest.fixture
def child(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[Path | None, int], FakeChild]:
    monkeypatch.chdir(tmp_path)

    def install(export: Path | None, code: int = 0) -> FakeChild:
        fake = FakeChild(export, code)
        monkeypatch.setattr(command, "run_pipeline", fake)
        return fake

    return install


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return clean_experiment(1).write(tmp_path / "made")


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    experiment = clean_experiment(1)
    lk101.FAULT.apply(experiment, np.random.default_rng(1))
    return experiment.write(tmp_path / "made")


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["reference", *map(str, arguments)])


def test_a_run_is_audited_where_it_was_written(child: Any, clean: Path, tmp_path: Path) -> None:
    fake = child(clean)
    result = invoke("run7")
    assert result.exit_code == 0, result.output
    assert fake.arguments == ["run7", "--profile", "cpu", "--out", "reference_run7"]
    assert "reference_run7: VALID" in result.stdout
    assert (tmp_path / "reports" / "reference_run7.md").is_file()
    assert not (tmp_path / "reference_run7" / "reports").exists()


def test_options_are_passed_on(child: Any, clean: Path, tmp_path: Path) -> None:
    fake = child(clean)
    result = invoke(
        *("run7-as-prescribed", "--profile", "smoke", "--seed", 3, "--out", "results/x"),
        *("--inputs", "i.pkl", "--targets", "t.pkl", "--verify-labels", "--report", "elsewhere"),
    )
    assert result.exit_code == 0, result.output
    assert fake.arguments == [
        *("run7-as-prescribed", "--profile", "smoke", "--out", "results/x", "--seed", "3"),
        *("--inputs", "i.pkl", "--targets", "t.pkl", "--verify-labels"),
    ]
    assert (tmp_path / "elsewhere" / "x.md").is_file()


def test_a_second_test_set_is_passed_on(child: Any, clean: Path) -> None:
    fake = child(clean)
    result = invoke("run7", "--also-test", "i.pkl", "t.pkl", "--out", "results/x")
    assert result.exit_code == 0, result.output
    assert fake.arguments[-3:] == ["--also-test", "i.pkl", "t.pkl"]


def test_the_verdict_decides_the_exit_code(child: Any, leaky: Path) -> None:
    child(leaky)
    result = invoke("run6", "--out", "a")
    assert result.exit_code == 1
    assert "INVALID" in result.stdout
    assert invoke("run6", "--out", "b", "--exit-zero").exit_code == 0


def test_formats_are_those_of_audit_run(child: Any, clean: Path) -> None:
    child(clean)
    result = invoke("run6", "--format", "json")
    assert result.exit_code == 0
    assert '"verdict": "VALID"' in result.stdout


@pytest.mark.parametrize(("code", "expected"), [(2, 2), (1, 2), (-9, 2), (130, 130)])
def test_a_run_that_fails_is_not_audited(child: Any, clean: Path, code: int, expected: int) -> None:
    child(clean, code)
    result = invoke("run7")
    assert result.exit_code == expected
    assert "VALID" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run8"], "run7-as-prescribed"),
        (["run8"], "ablation"),
        (["run7", "--profile", "huge"], "smoke, cpu, full"),
        (["run7", "--inputs", "i.pkl"], "belong together"),
        (["run7", "--targets", "t.pkl"], "belong together"),
        (["run7", "--verify-labels"], "generated labels are exact"),
        (["run7", "--format", "html"], "unknown format 'html'"),
        (["run7", "--fail-on", "never"], "note, warning, error"),
    ],
)
def test_usage_errors_come_before_the_run(child: Any, arguments: list[str], message: str) -> None:
    fake = child(None)
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not fake.arguments


def test_the_pipeline_knows_the_same_runs_and_profiles() -> None:
    known = {on_command_line(name) for name in RUN_NAMES}
    assert set(command.RUNS) == known - {"corrected"}  # which is for the tests
    assert command.PROFILES == PROFILES
    help_text = invoke("--help").stdout
    for name in (*command.RUNS, *command.PROFILES):
        assert re.search(rf"^    {name} +\w", help_text, re.MULTILINE), name


class FakeProcess:
    """A child that goes on when Ctrl-C is pressed, for one wait or for ever."""

    def __init__(self, ends: bool) -> None:
        self.ends = ends
        self.waits: list[float | None] = []
        self.killed = False

    def wait(self, timeout: float | None = None) -> int:
        self.waits.append(timeout)
        if len(self.waits) == 1:
            raise KeyboardInterrupt
        if timeout is not None and not self.ends:
            raise subprocess.TimeoutExpired("child", timeout)
        return 0

    def kill(self) -> None:
        self.killed = True


@pytest.mark.parametrize("ends", [True, False])
def test_after_ctrl_c_the_child_may_tidy_up(monkeypatch: pytest.MonkeyPatch, ends: bool) -> None:
    process = FakeProcess(ends)
    monkeypatch.setattr(subprocess, "Popen", lambda line: process)
    assert command.run_pipeline(["run7"]) == command.STOPPED
    assert process.waits[1] is not None
    assert process.killed is not ends


def test_the_child_is_started_without_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[list[str]] = []

    class Done:
        def wait(self) -> int:
            return 5

    def popen(line: list[str]) -> Done:
        lines.append(line)
        return Done()

    monkeypatch.setattr(subprocess, "Popen", popen)
    assert command.run_pipeline(["run7", "--out", "a b; c"]) == 5
    assert lines == [[sys.executable, "-m", "reference_pipeline", "run7", "--out", "a b; c"]]
