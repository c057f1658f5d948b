"""The command line: exit codes, formats, files, and bad input without a traceback."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from audit.cli import app, main
from tests.experiment import clean_experiment
from tests.faults import lk101
from tests.harness import EXPORTS, overlay


class Result:
    def __init__(self, *arguments: object) -> None:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return clean_experiment(1).write(tmp_path / "clean")


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    experiment = clean_experiment(1)
    lk101.FAULT.apply(experiment, np.random.default_rng(1))
    return experiment.write(tmp_path / "leaky")


def run_json(*arguments: object) -> dict:
    return json.loads(Result("run", *arguments, "--format", "json").out)


def problems(report: dict) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for run in report["runs"]:
        if run["check_id"].startswith("LD"):
            for finding in run["findings"]:
                found.setdefault(run["check_id"], []).append(finding)
    return found


def test_default_writes_a_report_and_prints_one_screen(
    clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = Result("run", clean)
    assert result.code == 0
    assert "VALID" in result.out
    assert "reports/clean.md" in result.out
    report = (tmp_path / "reports" / "clean.md").read_text(encoding="utf-8")
    assert report.startswith("# Audit of clean: VALID")
    for line in report.splitlines():
        if line.startswith("!["):
            target = line.rpartition("(")[2].rstrip(")")
            assert (tmp_path / "reports" / target).read_text(encoding="utf-8").startswith("<?xml")


def test_the_report_of_a_notebook_is_called_like_it(
    clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Result("run", clean / "experiment.ipynb", "--output", "out").code == 0
    assert (tmp_path / "out" / "experiment.md").is_file()


def test_exit_code_of_an_invalid_export(leaky: Path) -> None:
    assert Result("run", leaky, "--format", "console").code == 1
    assert Result("run", leaky, "--format", "console", "--exit-zero").code == 0
    assert Result("run", leaky, "--format", "console", "--ignore", "LK101").code == 0


def test_formats_go_to_their_files(clean: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    result = Result(
        "run", clean, "--format", f"json:{target}/a.json", "--format", f"markdown:{target}/b.md"
    )
    assert result.code == 0
    assert result.out == ""
    assert json.loads((target / "a.json").read_text(encoding="utf-8"))["verdict"] == "VALID"
    assert (target / "b.md").is_file()


def test_a_notebook_or_a_script_alone_can_be_audited(clean: Path, tmp_path: Path) -> None:
    notebook = run_json(clean / "experiment.ipynb")
    script = clean_experiment(1, as_script=True).write(tmp_path / "script") / "experiment.py"
    for report in (notebook, run_json(script)):
        verdicts = {run["check_id"]: run["verdict"] for run in report["runs"]}
        assert verdicts["LK101"] == "PASS"
        assert verdicts["CT201"] == "NOT_APPLICABLE"


def test_every_registered_check_has_a_run_with_a_reason(clean: Path) -> None:
    from audit.registry import load_checks

    runs = run_json(clean)["runs"]
    assert [run["check_id"] for run in runs] == [check.id for check in load_checks()]
    assert all(run["reason"] for run in runs)


def test_reports_are_deterministic(clean: Path) -> None:
    first, second = run_json(clean), run_json(clean)
    for report in (first, second):
        for run in report["runs"]:
            run.pop("seconds")
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "html"], "unknown format 'html'"),
        (["--fail-on", "never"], "note, warning, error"),
        (["--select", "LK1O1"], "LK101"),
        (["--config", "missing.toml"], "missing.toml"),
    ],
)
def test_usage_errors(clean: Path, arguments: list[str], message: str) -> None:
    result = Result("run", clean, *arguments)
    assert result.code == 2
    assert message in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_unknown_key_in_the_export_names_the_nearest(clean: Path) -> None:
    (clean / "audit.toml").write_text("[columns]\ntraget = 'y'\n")
    result = Result("run", clean)
    assert result.code == 2
    assert "'target'" in result.err


def test_version() -> None:
    import audit

    result = Result("--version")
    assert (result.code, result.out) == (0, f"audit {audit.__version__}\n")


def test_a_report_inside_the_export_is_no_part_of_it(
    leaky: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(leaky)
    Result("run", ".")
    written = {path: path.read_text() for path in (leaky / "reports").rglob("*.*")}
    assert {path.suffix for path in written} == {".md", ".svg"}
    Result("run", ".")
    assert {path: path.read_text() for path in (leaky / "reports").rglob("*.*")} == written


def test_settings_are_shown_as_they_are_written(clean: Path) -> None:
    (clean / "audit.toml").write_text('[columns]\nignore = ["weight"]\n')
    assert "columns = {ignore: [weight]}" in run_json(clean)["settings"]


def test_missing_path(tmp_path: Path) -> None:
    result = Result("run", tmp_path / "nowhere")
    assert result.code == 3
    assert "nowhere" in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_empty_folder(tmp_path: Path) -> None:
    result = Result("run", tmp_path)
    assert result.code == 3
    assert len(result.err.strip().splitlines()) == 1


def test_only_images(tmp_path: Path) -> None:
    (tmp_path / "figure.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    result = Result("run", tmp_path)
    assert result.code == 3
    assert len(result.err.strip().splitlines()) == 1


class Foreign:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        import os

        return os.system, ("touch pwned",)


def spoil_notebook(export: Path) -> None:
    (export / "experiment.ipynb").write_text('{"cells": [')


def truncated_pickle(export: Path) -> None:
    (export / "raw.pkl").write_bytes(pickle.dumps(list(range(1000)))[:-10])


def foreign_class(export: Path) -> None:
    (export / "raw.pkl").write_bytes(pickle.dumps([Foreign()]))


def object_dtype(export: Path) -> None:
    np.save(export / "extra.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)


def two_candidates(export: Path) -> None:
    (export / "train.csv").write_bytes((export / "splits" / "train.csv").read_bytes())


@pytest.mark.parametrize(
    ("spoil", "check_id", "path"),
    [
        (spoil_notebook, "LD901", "experiment.ipynb"),
        (truncated_pickle, "LD901", "raw.pkl"),
        (foreign_class, "LD902", "raw.pkl"),
        (object_dtype, "LD902", "extra.npy"),
        (two_candidates, "LD904", "train.csv"),
    ],
)
def test_broken_file_is_one_clear_finding_and_the_rest_goes_on(
    spoil: Callable[[Path], None],
    check_id: str,
    path: str,
    clean: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    spoil(clean)
    report = run_json(clean)
    found = problems(report)
    assert list(found) == [check_id]
    (finding,) = found[check_id]
    assert any(place["path"].endswith(path) for place in finding["locations"])
    assert "\n" not in finding["message"]
    assert finding["remedy"]
    assert not (tmp_path / "pwned").exists()
    concluded = {r["check_id"] for r in report["runs"] if r["verdict"] in ("PASS", "FAIL")}
    assert {"MT403", "CL501"} <= concluded


def arrays(folder: Path, **changes: np.ndarray) -> Path:
    """An export that is nothing but train.npz and val.npz."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    members = {
        "train_X": rng.normal(size=(200, 5)),
        "train_y": rng.normal(size=200),
        "val_X": rng.normal(size=(60, 5)),
        "val_y": rng.normal(size=60),
    } | changes
    for split in ("train", "val"):
        kept = {
            name: members[f"{split}_{name}"]
            for name in ("X", "y")
            if members[f"{split}_{name}"] is not None
        }
        np.savez(folder / f"{split}.npz", **kept)
    return folder


def verdict_of(report: dict, check_id: str) -> str:
    return next(run["verdict"] for run in report["runs"] if run["check_id"] == check_id)


def test_bare_arrays_are_enough(tmp_path: Path) -> None:
    report = run_json(arrays(tmp_path / "bare"))
    assert report["verdict"] == "VALID"
    assert verdict_of(report, "CT201") == "PASS"


def test_nan_and_infinity_are_values_like_others(tmp_path: Path) -> None:
    rows = np.random.default_rng(4).normal(size=(60, 5))
    rows[0, 0], rows[1, 1], rows[2, 2] = np.nan, np.inf, -np.inf
    report = run_json(arrays(tmp_path / "odd", val_X=rows))
    assert verdict_of(report, "CT201") == "PASS"


def test_splits_without_a_target(tmp_path: Path) -> None:
    report = run_json(arrays(tmp_path / "bare", train_y=None, val_y=None))
    assert verdict_of(report, "CT201") == "PASS"
    assert not any(f["severity"] == "ERROR" for r in report["runs"] for f in r["findings"])


@pytest.mark.parametrize(
    "changes",
    [{"val_y": np.zeros(59)}, {"val_X": np.zeros((0, 5)), "val_y": np.zeros(0)}],
    ids=["mismatched lengths", "no rows"],
)
def test_unusable_split_makes_the_audit_incomplete(
    changes: dict[str, np.ndarray], tmp_path: Path
) -> None:
    folder = arrays(tmp_path / "bad", **changes)
    result = Result("run", folder, "--format", "json")
    assert result.code == 4
    report = json.loads(result.out)
    assert "LD903" in problems(report)
    assert verdict_of(report, "CT201") == "ERROR"


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.npz", b"no archive"), ("p.csv", b"truth,guess\n1,2\n"), ("gone.csv", None)],
    ids=["unreadable", "no predictions in it", "missing"],
)
def test_declared_predictions_that_cannot_be_used_make_the_audit_incomplete(
    name: str, content: bytes | None, clean: Path
) -> None:
    if content is not None:
        (clean / name).write_bytes(content)
    (clean / "audit.toml").write_text(f'[roles]\npredictions = "{name}"\n')
    result = Result("run", clean, "--format", "json")
    assert result.code == 4
    assert verdict_of(json.loads(result.out), "MT403") == "ERROR"


def test_notebook_without_code(tmp_path: Path) -> None:
    notebook = {
        "cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# Only words"]}],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (tmp_path / "words.ipynb").write_text(json.dumps(notebook))
    result = Result("run", tmp_path, "--format", "json")
    assert result.code == 0
    report = json.loads(result.out)
    assert report["verdict"] == "INCONCLUSIVE"
    assert verdict_of(report, "LK101") == "NOT_APPLICABLE"


def test_rules_and_explain() -> None:
    rules = Result("rules")
    assert rules.code == 0
    assert all(id in rules.out for id in ("LK101", "CT202", "MT405", "CL501", "LD901"))
    page = Result("explain", "ct202")
    assert page.code == 0
    assert "## False alarms" in page.out
    unknown = Result("explain", "LK999")
    assert unknown.code == 2
    assert "audit rules" in unknown.err or "did you mean" in unknown.err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from audit.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'matplotlib', 'sklearn', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_hostile_overlay_stays_in_its_folder(tmp_path: Path) -> None:
    export = overlay(EXPORTS / "base", tmp_path / "export")
    secret = tmp_path / "secret.csv"
    secret.write_text("y\n1\n")
    (export / "train.csv").symlink_to(secret)
    report = run_json(export)
    assert all("secret" not in entry["detail"] for entry in report["export"]["recognised"])
    assert verdict_of(report, "CT201") == "PASS"


def call(*arguments: object, **streams: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audit", *map(str, arguments)]
    return subprocess.run(command, text=True, stderr=subprocess.PIPE, **streams)  # type: ignore


def test_a_reader_that_stops_reading_changes_no_exit_code(leaky: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        for arguments, code in (
            (("run", leaky, "--format", "json"), 1),
            (("rules",), 0),
            (("explain", "CT202"), 0),
            (("config", leaky), 0),
        ):
            result = call(*arguments, stdout=nobody)
            assert (result.returncode, result.stderr) == (code, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_cannot_be_written_says_so() -> None:
    with Path("/dev/full").open("w") as full:
        result = call("rules", stdout=full)
    assert result.returncode == 2
    assert result.stderr.startswith("audit: cannot write to standard output: No space left")
    assert "Traceback" not in result.stderr


def ended(monkeypatch: pytest.MonkeyPatch, error: BaseException, *arguments: str) -> object:
    """Exit code of the command where reading raises."""

    def load(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("audit.load.load", load)
    monkeypatch.setattr(sys, "argv", ["audit", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_stopped_by_hand(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, KeyboardInterrupt(), "run", str(clean)) == 130
    assert capfd.readouterr().err.endswith(
        "audit: stopped; reports that were not written yet are missing\n"
    )


def test_a_crash_is_no_finding(
    clean: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    crash = ZeroDivisionError("boom\n::error::\x1b[31m ##[error]")
    assert ended(monkeypatch, crash, "run", str(clean)) == 4
    error = capfd.readouterr().err
    assert "ZeroDivisionError: boom" in error
    assert all(line.startswith("audit: ") for line in error.splitlines())
    assert "##[" not in error
    assert "\x1b" not in error
    assert "defect of the audit" in error


# Root may read everything unless it gives that up.
ORDINARY = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    if hasattr(os, "geteuid") and os.geteuid() == 0
    else ()
)


@pytest.mark.skipif(bool(ORDINARY) and not shutil.which("setpriv"), reason="root reads everything")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "closed"), 3, "audit: closed: nothing that can be audited; .: the folder cannot"),
        (("run", "closed/a.py"), 3, "audit: closed/a.py: cannot be opened (Permission denied)"),
        (("run", "closed", "open", "--format", "json"), 3, "audit: closed: closed: nothing that"),
        (("init", "closed"), 2, "audit: closed/audit.toml: Permission denied"),
        (("run", "secret"), 2, "audit: secret/audit.toml: cannot be read: Permission denied; cor"),
        (("run", "open"), 2, "audit: cannot write reports/open.md: Permission denied; choose"),
    ],
)
def test_what_may_not_be_read_or_written(
    tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    for name in ("closed", "secret", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("x = 1\n")
    (tmp_path / "secret" / "audit.toml").touch(mode=0o000)
    (tmp_path / "reports").mkdir(mode=0o555)
    (tmp_path / "closed").chmod(0o000)
    command = [*ORDINARY, sys.executable, "-m", "audit", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    try:
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, text=True, capture_output=True
        )
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert (result.returncode, result.stderr[: len(message)]) == (code, message)
    assert "Traceback" not in result.stderr


def test_an_unreadable_folder_inside_is_one_finding(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clean / "private").mkdir()
    scandir = os.scandir

    def closed(folder: object) -> object:
        if str(folder).endswith("private"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(folder)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", closed)
    report = run_json(clean)
    (finding,) = problems(report)["LD901"]
    assert "the folder cannot be listed: Permission denied" in finding["message"]
