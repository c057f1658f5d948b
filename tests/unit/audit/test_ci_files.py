"""action.yml, the example workflow, the documents and the hook agree with one another."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from audit.cli import app
from tests.conftest import ROOT
from tests.experiment import clean_experiment
from tests.faults import lk101

SCRIPT = (ROOT / "ci" / "audit_action.sh").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
YAML_BLOCKS = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


ACTION = read("action.yml")
STEPS = ACTION["runs"]["steps"]


def uses_of_the_action() -> list[dict[str, Any]]:
    steps = [
        step for job in read("docs/examples/audit.yml")["jobs"].values() for step in job["steps"]
    ]
    steps += yaml.safe_load(YAML_BLOCKS[0])
    return [step for step in steps if "leakage-audit@" in step.get("uses", "")]


def test_the_action_interpolates_nothing_into_a_shell() -> None:
    assert ACTION["runs"]["using"] == "composite"
    runs = [step["run"] for step in STEPS if "run" in step]
    assert len(runs) == 3
    for run in runs:
        assert "${{" not in run
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


def test_every_input_is_used_and_every_used_one_exists() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"inputs\.([a-z-]+)", text))
    assert used == set(ACTION["inputs"])
    assert all(each["description"] and "default" in each for each in ACTION["inputs"].values())


def test_what_the_script_reads_is_what_the_action_sets() -> None:
    (audit,) = (step for step in STEPS if step.get("id") == "audit")
    read_by_script = set(re.findall(r"\b(INPUT_[A-Z_]+|BASE_SHA)\b", SCRIPT))
    assert read_by_script == set(audit["env"]) - {"ACTION_PATH"}
    for name, value in audit["env"].items():
        if name.startswith("INPUT_"):
            wanted = name.removeprefix("INPUT_").lower().replace("_", "-")
            assert value == f"${{{{ inputs.{wanted} }}}}"


def test_outputs_are_those_of_the_script() -> None:
    written = set(re.findall(r"printf '([a-z-]+)=%s\\n'", SCRIPT))
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"steps\.audit\.outputs\.([a-z-]+)", text)) <= written
    assert set(ACTION["outputs"]) < written


def test_the_action_changes_nothing_for_later_steps() -> None:
    (python,) = (step for step in STEPS if "setup-python" in step.get("uses", ""))
    assert python["with"]["update-environment"] is False
    assert ACTION["inputs"]["trust-export"]["default"] == "false"
    assert ACTION["inputs"]["comment"]["default"] == "false"


@pytest.mark.parametrize(("ids", "call"), [("", "POST"), ("71\n99", "PATCH")])
def test_the_comment_is_written_once_and_then_replaced(tmp_path: Path, ids: str, call: str) -> None:
    gh = tmp_path / "gh"
    gh.write_text(
        '#!/bin/sh\ncase "$*" in *--paginate*) printf "%s" "$IDS" ;; '
        '*) printf "%s\\n" "$@" >calls ;; esac\n'
    )
    gh.chmod(0o755)
    (tmp_path / "comment.md").write_text("| `run6` | VALID |\n")
    (step,) = (step for step in STEPS if step.get("name") == "Comment")
    script = tmp_path / "step.sh"
    script.write_text(step["run"])
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=tmp_path,
        env={
            "PATH": f"{tmp_path}:/usr/bin:/bin",
            "IDS": ids,
            "GITHUB_REPOSITORY": "o/r",
            "PULL_REQUEST": "5",
            "COMMENT": "comment.md",
            "VERDICT": "VALID",
            "RUN": "https://example.org/run",
        },
        check=True,
    )
    calls = (tmp_path / "calls").read_text().splitlines()
    place = {"POST": "repos/o/r/issues/5/comments", "PATCH": "repos/o/r/issues/comments/71"}
    assert calls == [
        "api",
        "--silent",
        "--method",
        call,
        place[call],
        "-F",
        "body=@comment.md.full",
    ]
    body = (tmp_path / "comment.md.full").read_text()
    assert body.startswith("<!-- leakage-audit -->\n## leakage-audit: VALID\n\n| `run6` |")


def test_examples_use_inputs_that_exist() -> None:
    steps = uses_of_the_action()
    assert len(steps) == 2
    for step in steps:
        assert set(step["with"]) <= set(ACTION["inputs"])


def test_the_example_workflow_asks_for_no_more_than_it_needs() -> None:
    workflow = read("docs/examples/audit.yml")
    triggers = workflow[True]  # YAML 1.1 reads the key "on" as true
    assert "pull_request" in triggers
    assert "pull_request_target" not in triggers
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    (checkout,) = (step for step in job["steps"] if "checkout" in step["uses"])
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}


def test_commands_in_the_documents_exist(tmp_path: Path) -> None:
    export = clean_experiment(1).write(tmp_path / "experiments" / "run6")
    commands = re.findall(r"(?:^|/|- )(audit run experiments/run6[^'\n]*)", DOCUMENT, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        words = shlex.split(command)[1:]
        words = [str(export) if word == "experiments/run6" else word for word in words]
        words = [re.sub(r":(?=audit\.)", f":{tmp_path}/", word) for word in words]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
    assert (tmp_path / "audit.xml").is_file()
    assert (tmp_path / "audit.sarif").is_file()


def test_every_yaml_of_the_document_can_be_read() -> None:
    assert len(YAML_BLOCKS) == 4
    gitlab = yaml.safe_load(YAML_BLOCKS[2])["leakage-audit"]
    assert gitlab["artifacts"]["reports"]["junit"] == "audit.xml"
    (hook,) = yaml.safe_load(YAML_BLOCKS[3])["repos"][0]["hooks"]
    assert hook["id"] == read(".pre-commit-hooks.yaml")[0]["id"]


@pytest.mark.parametrize("leaky", [False, True])
def test_the_hook_runs_as_pre_commit_runs_it(tmp_path: Path, leaky: bool) -> None:
    (hook,) = read(".pre-commit-hooks.yaml")
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    for name in ("run6/a.ipynb", "train.py", "metrics.json", "splits/val.parquet", "audit.toml"):
        assert re.search(hook["files"], name)
    assert not re.search(hook["files"], "picture.png")
    experiment = clean_experiment(1)
    if leaky:
        lk101.FAULT.apply(experiment, np.random.default_rng(1))
    export = experiment.write(tmp_path / "export")
    tool, *arguments = shlex.split(hook["entry"])
    assert tool == "audit"
    done = subprocess.run(
        [sys.executable, "-m", "audit", *arguments, *hook["args"]],
        cwd=export,
        env={"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == int(leaky), done.stderr
    assert ("INVALID" in done.stdout) == leaky
    assert not (export / "reports").exists()
