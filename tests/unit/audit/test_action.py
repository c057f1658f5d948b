"""The script of the GitHub action, run in a shell on repositories with a pull request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.experiment import clean_experiment
from tests.faults import lk101
from tests.harness import BASE, overlay

SCRIPT = ROOT / "ci" / "audit_action.sh"
SILENCE = 'ignore = ["LK", "CT", "MT", "CL", "AU"]\n'
COMMENT = '# audit: ignore[LK101] reason="it is fine"'
# Notes how it is called, writes what it is asked for, and exits as the export says.
STUB = """#!{python} -IS
import json, os, sys
arguments = sys.argv[1:]
if arguments == ["run", "--help"]:
    print("--no-inline-ignores --baseline")
    sys.exit()
end = arguments.index("--")
(export,) = arguments[end + 1 :]
options = dict(zip(arguments[1:end:1], arguments[2:end:1]))
call = {{"export": export, "options": arguments[1:end]}}
for name in ("--config", "--baseline"):
    if name in arguments[:end]:
        call[name] = open(options[name]).read()
for place, name in enumerate(arguments[:end]):
    target, _, file = arguments[place + 1].partition(":")
    if name == "--format" and target == "json" and os.path.exists(export + "/report.json"):
        open(file, "w").write(open(export + "/report.json").read())
    if name == "--format" and target == "github" and os.path.exists(export + "/annotations"):
        open(file, "w").write(open(export + "/annotations").read())
with open({log!r}, "a") as log:
    log.write(json.dumps(call) + "\\n")
code = export + "/code"
sys.exit(int(open(code).read()) if os.path.exists(code) else 0)
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


class Repository:
    """A repository with a base commit, and changes of a pull request after it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repo"
        self.folder.mkdir()
        self.work = folder
        git(self.folder, "init", "-q", "-b", "main")

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def leaky(self, name: str) -> Path:
        experiment = clean_experiment(1)
        lk101.FAULT.apply(experiment, np.random.default_rng(1))
        return experiment.write(self.folder / name)

    def commit(self) -> str:
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "x")
        return git(self.folder, "rev-parse", "HEAD")

    def run(self, audit: Path, base: str | None = None, **inputs: str) -> Result:
        temporary = self.work / "temp"
        temporary.mkdir(exist_ok=True)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.work),
            "AUDIT": str(audit),
            "PYTHON": sys.executable,
            "RUNNER_TEMP": str(temporary),
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.folder),
            "GITHUB_OUTPUT": str(self.work / "output"),
            "GITHUB_STEP_SUMMARY": str(self.work / "summary.md"),
            "GITHUB_EVENT_NAME": "push" if base is None else "pull_request",
            "BASE_SHA": base or "",
            "INPUT_PATH": "run6",
            **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
        }
        done = subprocess.run(
            ["bash", str(SCRIPT)], cwd=self.folder, env=env, capture_output=True, text=True
        )
        return Result(done, self.work)


class Result:
    def __init__(self, done: subprocess.CompletedProcess[str], work: Path) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        output = work / "output"
        lines = output.read_text(encoding="utf-8").splitlines() if output.is_file() else []
        self.outputs = dict(line.split("=", 1) for line in lines)
        log = work / "log"
        text = log.read_text(encoding="utf-8") if log.is_file() else ""
        self.calls: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """The real command, of this checkout."""
    command = tmp_path / "audit"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -P -m audit "$@"\n')
    command.chmod(0o755)
    return command


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    command = tmp_path / "stub"
    command.write_text(STUB.format(python=sys.executable, log=str(tmp_path / "log")))
    command.chmod(0o755)
    return command


def test_a_pull_request_cannot_silence_the_audit_of_itself(
    repository: Repository, audit: Path
) -> None:
    repository.leaky("run6")
    base = repository.commit()
    repository.write("run6/audit.toml", SILENCE)
    repository.write("json.py", "open('pwned', 'w')\n")
    repository.write("pandas.py", "open('pwned', 'w')\n")
    notebook = repository.folder / "run6" / "experiment.ipynb"
    document = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        lines = "".join(cell["source"]).splitlines()
        if cell["cell_type"] == "code":
            cell["source"] = "\n".join(f"{line}  {COMMENT}" if line else "" for line in lines)
    notebook.write_text(json.dumps(document, indent=1), encoding="utf-8")
    repository.commit()

    result = repository.run(audit, base)
    assert result.code == 1, result.err
    assert result.outputs["verdict"] == "INVALID"
    assert result.outputs["exit-code"] == "1"
    assert "run6/audit.toml differs from the base branch and was not used" in result.out
    (error,) = (line for line in result.out.splitlines() if line.startswith("::error"))
    assert error.startswith("::error file=run6/experiment.ipynb,line=")
    assert not (repository.folder / "pwned").exists()
    summary = (repository.work / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("# Audit of run6: INVALID")
    (sarif,) = Path(result.outputs["sarif-file"]).iterdir()
    results = json.loads(sarif.read_text(encoding="utf-8"))["runs"][0]["results"]
    assert results[0]["ruleId"] == "LK101"
    kept = {file.suffix for file in Path(result.outputs["report"]).iterdir() if file.is_file()}
    assert kept == {".md", ".json", ".xml"}
    comment = Path(result.outputs["comment"]).read_text(encoding="utf-8")
    assert "| `run6` | INVALID | 1 |" in comment
    assert git(repository.folder, "status", "--porcelain") == ""

    trusted = repository.run(audit, base, trust_export="true")
    assert trusted.code == 0, trusted.out
    assert trusted.outputs["exit-code"] == "0"


def test_the_configuration_of_the_base_branch_counts(repository: Repository, stub: Path) -> None:
    repository.write("run6/a.py", "x = 1\n")
    repository.write("run6/audit.toml", "fail_on = 'note'\n")
    repository.write("run7/pyproject.toml", "[tool.audit]\nfail_on = 'note'\n")
    base = repository.commit()
    repository.write("run6/audit.toml", SILENCE)
    repository.write("run7/audit.toml", SILENCE)
    repository.write("run8/audit.toml", SILENCE)
    repository.commit()
    result = repository.run(stub, base, path="run6\n\n  run7\nrun8\nrun6/a.py")
    assert result.code == 0, result.err
    assert [call["--config"] for call in result.calls] == [
        "fail_on = 'note'\n",
        "[tool.audit]\nfail_on = 'note'\n",
        "",
        "",
    ]
    names = [call["options"][call["options"].index("--config") + 1] for call in result.calls]
    assert [Path(name).name for name in names] == [
        "audit.toml",
        "pyproject.toml",
        "audit.toml",
        "audit.toml",
    ]
    assert all("--no-inline-ignores" in call["options"] for call in result.calls)
    for export in ("run6", "run7", "run8"):
        assert f"{export}/audit.toml differs from the base branch" in result.out


def test_an_unchanged_configuration_is_used_without_a_word(
    repository: Repository, stub: Path
) -> None:
    repository.write("run6/audit.toml", "metric = 'mae'\n")
    result = repository.run(stub, repository.commit())
    assert result.calls[0]["--config"] == "metric = 'mae'\n"
    assert "::" not in result.out


def test_outside_of_a_pull_request_the_checkout_counts(repository: Repository, stub: Path) -> None:
    repository.write("run6/audit.toml", SILENCE)
    repository.write("known.json", "{}")
    repository.commit()
    result = repository.run(stub, None, baseline="known.json", fail_on="warning")
    (call,) = result.calls
    assert "--config" not in call
    assert call["--baseline"] == "{}"
    assert "--no-inline-ignores" in call["options"]
    assert call["options"][:2] == ["--fail-on", "warning"]


def test_baseline_and_shared_configuration_come_from_the_base_branch(
    repository: Repository, stub: Path
) -> None:
    repository.write("run6/a.py", "")
    repository.write("ci/audit.toml", "fail_on = 'note'\n")
    repository.write("known.json", '{"base": 1}')
    base = repository.commit()
    repository.write("ci/audit.toml", SILENCE)
    repository.write("known.json", '{"mine": 1}')
    repository.write("new.json", "{}")
    repository.commit()
    result = repository.run(stub, base, config="ci/audit.toml", baseline="known.json")
    assert result.calls[0]["--config"] == "fail_on = 'note'\n"
    assert result.calls[0]["--baseline"] == '{"base": 1}'
    assert "known.json differs from the base branch" in result.out
    assert "ci/audit.toml differs from the base branch" in result.out
    new = repository.run(stub, base, config="ci/none.toml", baseline="new.json")
    assert new.calls[1]["--config"] == ""
    assert "--baseline" not in new.calls[1]
    trusted = repository.run(stub, base, baseline="known.json", trust_export="true")
    assert trusted.calls[2]["--baseline"] == '{"mine": 1}'
    assert "--config" not in trusted.calls[2]
    assert "--no-inline-ignores" not in trusted.calls[2]["options"]


HOSTILE = ("--exit-zero", "$(touch pwned)", "a;touch pwned", "a b", "x\n::add-mask::y", "*", "`id`")


def test_hostile_names_are_names(repository: Repository, stub: Path) -> None:
    for name in HOSTILE:
        repository.write(f"e/{name}/audit.toml", "")
        repository.write(f"e/{name}/code", "1")
        repository.write(f"e/{name}/report.json", '{"verdict": "SUSPECT", "runs": []}')
    base = repository.commit()
    for name in HOSTILE:
        repository.write(f"e/{name}/audit.toml", SILENCE)
    result = repository.run(stub, base, path="e/*")
    assert result.code == 1, result.err
    assert sorted(call["export"] for call in result.calls) == sorted(f"e/{n}" for n in HOSTILE)
    assert {call["--config"] for call in result.calls} == {""}
    assert not list(repository.folder.rglob("pwned"))
    for line in result.out.splitlines():
        assert line.startswith("::notice title=leakage-audit::e/") or "::" not in line
    comment = Path(result.outputs["comment"]).read_text(encoding="utf-8")
    assert comment.count("\n") == 2 + len(HOSTILE)
    spaced = repository.run(stub, base, path="  e/a b \t\ne/$(touch pwned)")
    assert [call["export"] for call in spaced.calls[-2:]] == ["e/a b", "e/$(touch pwned)"]
    shutil.move(repository.folder / "e" / "--exit-zero", repository.folder / "--exit-zero")
    assert repository.run(stub, base, path="--*").calls[-1]["export"] == "--exit-zero"


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ("0 0", 0),
        ("0 1 0", 1),
        ("1 4 1", 4),
        ("3 4 3", 4),
        ("1 3", 3),
        ("3 2 4", 2),
        ("1 139 0", 139),
    ],
)
def test_the_worst_exit_code_counts(
    repository: Repository, stub: Path, codes: str, code: int
) -> None:
    for number, each in enumerate(codes.split()):
        repository.write(f"run{number}/code", each)
    result = repository.run(stub, repository.commit(), path="run*/")
    assert (result.code, result.outputs["exit-code"]) == (code, str(code))
    assert len(result.calls) == len(codes.split())
    assert result.outputs["verdict"] == "UNKNOWN"


def test_the_worst_verdict_and_annotations_of_several(repository: Repository, stub: Path) -> None:
    for name, verdict, levels in (
        ("a", "SUSPECT", ("notice", "warning")),
        ("b", "INVALID", ("error",)),
        ("c", "VALID", ()),
    ):
        repository.write(f"{name}/report.json", json.dumps({"verdict": verdict, "runs": []}))
        lines = [f"::{level} title={name}::x\n" for level in levels]
        repository.write(f"{name}/annotations", "".join(lines))
    result = repository.run(stub, repository.commit(), path="*/")
    assert result.outputs["verdict"] == "INVALID"
    shown = [line.partition(" ")[0] for line in result.out.splitlines()]
    assert shown == ["::error", "::warning", "::notice"]


@pytest.mark.parametrize("base", ["", "main", "--output=x", "0" * 40])
def test_an_unknown_base_commit_fails(repository: Repository, stub: Path, base: str) -> None:
    repository.write("run6/a.py", "")
    repository.commit()
    result = repository.run(stub, base)
    assert result.code == 2
    assert result.calls == []
    assert "::error title=leakage-audit::" in result.out


def test_the_base_commit_is_fetched_where_the_checkout_is_shallow(
    repository: Repository, stub: Path, tmp_path: Path
) -> None:
    repository.write("run6/audit.toml", "metric = 'mae'\n")
    base = repository.commit()
    repository.write("run6/audit.toml", SILENCE)
    repository.commit()
    git(repository.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    other = Repository(tmp_path / "runner") if (tmp_path / "runner").mkdir() is None else repository
    shutil.rmtree(other.folder)
    git(other.work, "clone", "-q", "--depth=1", f"file://{repository.folder}", "repo")
    result = other.run(stub, base)
    assert result.code == 0, result.err
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert json.loads(log)["--config"] == "metric = 'mae'\n"


def test_a_path_must_name_an_export_within_the_workspace(
    repository: Repository, stub: Path, tmp_path: Path
) -> None:
    repository.write("run6/a.py", "")
    (tmp_path / "repo-secret").mkdir()
    (repository.folder / "out").symlink_to(tmp_path)
    (repository.folder / "beside").symlink_to(tmp_path / "repo-secret")
    base = repository.commit()
    for path, code in (
        ("out", 2),
        ("beside", 2),
        ("..", 2),
        ("/etc", 2),
        ("nothing*", 3),
        ("\n", 3),
    ):
        result = repository.run(stub, base, path=path)
        assert result.code == code, path
        assert result.calls == []
    assert repository.run(stub, base, path=".").code == 0
    assert repository.run(stub, base, path="missing").calls[-1]["export"] == "missing"


def test_shellcheck() -> None:
    tool = shutil.which("shellcheck") or str(Path(sys.executable).parent / "shellcheck")
    if not Path(tool).is_file():
        pytest.skip("shellcheck is not installed")
    done = subprocess.run([tool, str(SCRIPT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_evidence_that_a_pull_request_deletes_fails_it(repository: Repository, audit: Path) -> None:
    export = overlay(BASE, repository.folder / "run6")
    base = repository.commit()
    assert repository.run(audit, base, require="CT MT403").code == 0
    shutil.rmtree(export / "splits")
    repository.write("run6/audit.toml", 'require = []\nselect = ["LK"]\n')
    repository.commit()
    assert repository.run(audit, base).code == 0
    result = repository.run(audit, base, require="CT\n  MT403\n")
    assert result.code == 1, result.err
    (error,) = (line for line in result.out.splitlines() if line.startswith("::error"))
    assert error.startswith("::error title=Required::run6: CT is required, and could not tell")


@pytest.mark.parametrize(("given", "options"), [("", []), ("note", ["--fail-on", "note"])])
def test_the_configured_level_counts_unless_another_is_given(
    repository: Repository, stub: Path, given: str, options: list[str]
) -> None:
    repository.write("run6/a.py", "x = 1\n")
    base = repository.commit()
    (call,) = repository.run(stub, base, fail_on=given).calls
    at = call["options"].index("--fail-on") if options else 0
    assert ("--fail-on" in call["options"]) == bool(options)
    assert call["options"][at : at + len(options)] == options
