"""What CI servers see: roots in the repository, formats, the job summary, harmless logs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from audit.cli.ci import MAX_SUMMARY, append_step_summary, render_ci, root_in_repository
from audit.cli.output import write_outputs
from audit.model.report import Report
from audit.model.severity import Severity
from audit.render.step_summary import to_step_summary
from tests.experiment import clean_experiment
from tests.faults import lk101
from tests.unit.audit.test_cli import Result
from tests.unit.render.reports import clean_report, rich_report, strange_report


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """An export within a repository."""
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    experiment = clean_experiment(1)
    lk101.FAULT.apply(experiment, np.random.default_rng(1))
    return experiment.write(tmp_path / "repo" / "experiments" / "run6")


# --- roots ------------------------------------------------------------------------------------


def test_the_root_is_relative_to_the_repository(
    leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repo"
    monkeypatch.chdir(repository / "experiments")
    assert root_in_repository(Path("run6")) == "experiments/run6"
    assert root_in_repository(Path("run6") / "experiment.ipynb") == "experiments/run6"
    assert root_in_repository(leaky) == "experiments/run6"
    assert root_in_repository(Path("..")) == ""
    assert root_in_repository(Path("../experiments/run6/.")) == "experiments/run6"


def test_the_workspace_of_the_job_counts_first(
    leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert root_in_repository(leaky) == "repo/experiments/run6"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert root_in_repository(leaky) == "experiments/run6"


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export = tmp_path / "a" / "b"
    export.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert root_in_repository(export) == "a/b"
    (tmp_path / "c").mkdir()
    monkeypatch.chdir(tmp_path / "c")
    assert root_in_repository(export) == "b"


def test_a_link_counts_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    repository = tmp_path / "repo"
    (repository / ".git").mkdir(parents=True)
    (repository / "export").symlink_to(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert root_in_repository(repository / "export") == "export"


# --- formats ----------------------------------------------------------------------------------


def test_formats_of_ci_servers(leaky: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = Result(
        "run",
        leaky,
        *("--format", f"sarif:{out}/a.sarif", "--format", f"junit:{out}/a.xml"),
        *("--format", "github"),
    )
    assert result.code == 1
    assert result.out.startswith("::error file=experiments/run6/experiment.ipynb,line=")
    (run,) = json.loads((out / "a.sarif").read_text(encoding="utf-8"))["runs"]
    assert run["results"][0]["ruleId"] == "LK101"
    place = run["results"][0]["locations"][0]["physicalLocation"]
    line = int(result.out.partition("line=")[2].partition(",")[0])
    assert place["region"]["startLine"] == line
    text = (leaky / "experiment.ipynb").read_text(encoding="utf-8").split("\n")[line - 1]
    assert json.dumps(place["region"]["snippet"]["text"])[1:-1] in text
    top = ET.fromstring((out / "a.xml").read_bytes())
    assert top.get("failures") == "1"
    assert top[0].get("name") == "experiments/run6"


def test_junit_fails_at_the_gate(leaky: Path) -> None:
    lax = ET.fromstring(Result("run", leaky, "--format", "junit", "--ignore", "LK101").out)
    assert (lax.get("failures"), lax.get("errors")) == ("0", "0")


def test_an_export_without_findings_prints_no_annotation(tmp_path: Path) -> None:
    clean = clean_experiment(1).write(tmp_path / "clean")
    result = Result("run", clean, "--format", "github", "--fail-on", "note")
    assert (result.code, result.out) == (0, "")


def test_no_annotations_unless_they_are_asked_for(
    leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = Result("run", leaky)
    assert "INVALID" in result.out
    assert "::error" not in result.out


def shown_by(name: str, report: Report) -> str:
    return write_outputs([report], ["a"], [(name, None)], [Path("x")], fail_on=Severity.ERROR)


@pytest.mark.parametrize("name", ["console", "markdown", "json", "sarif", "junit"])
def test_a_log_in_github_actions_holds_no_command(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = strange_report(lambda: "::stop-commands::x ##[add-mask]y")
    calm = shown_by(name, evil)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shown = shown_by(name, evil)
    assert "##[" in calm
    assert "##[" not in shown
    assert not [line for line in shown.splitlines() if line.lstrip().startswith("::")]
    if name in ("json", "sarif"):
        assert json.loads(shown) == json.loads(calm)
    if name == "junit":
        assert ET.canonicalize(shown) == ET.canonicalize(calm)


# --- job summary ------------------------------------------------------------------------------


def test_the_report_is_appended_to_the_job_summary(
    leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert Result("run", leaky, "--format", "json").code == 1
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# Before\n\n# Audit of run6: INVALID\n")
    assert "![" not in text
    assert "## Passed" in text
    assert Result("run", leaky, "--format", "json").code == 1
    assert summary.read_text(encoding="utf-8").count("# Audit of run6: INVALID\n") == 2


@pytest.mark.parametrize("place", ["", "missing/folder/summary.md"])
def test_a_summary_that_cannot_be_written_fails_nothing(
    leaky: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / place))
    result = Result("run", leaky, "--format", "console")
    assert result.code == 1
    assert "INVALID" in result.out
    assert result.err.startswith("audit: cannot write the job summary")
    assert len(result.err.splitlines()) == 1


def test_a_summary_is_cut_to_its_room() -> None:
    reports = [rich_report(), clean_report()]
    whole = to_step_summary(reports, 1 << 20)
    assert whole.count("\n# Audit of") + whole.startswith("# Audit of") == 2
    assert "## Findings" in whole
    short = to_step_summary(reports, len(whole.encode()) - 1)
    assert "## Findings" not in short
    assert "rows are duplicated by" in short
    assert "# Audit of corrected: VALID" in short
    first = to_step_summary(reports, len(short.encode()) - 1)
    assert "# Audit of notebook_export: INVALID" in first
    assert "# Audit of corrected" not in first
    assert first.endswith("see the full report.\n")
    for room in (-5, 0, 10, 60, 500, 3000):
        assert len(to_step_summary(reports, room).encode()) <= max(room, 0)


def test_the_summary_stays_under_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    long = strange_report(lambda: "é" * 5000)
    reports = [replace(long, export_name=f"run {index}") for index in range(60)]
    append_step_summary(reports)
    append_step_summary(reports)
    size = summary.stat().st_size
    assert MAX_SUMMARY // 4 < size <= MAX_SUMMARY
    assert "# Audit of run 0: INVALID" in summary.read_text(encoding="utf-8")
    summary.write_text("x" * (MAX_SUMMARY - 4000), encoding="utf-8")
    append_step_summary([rich_report(), rich_report()])
    assert MAX_SUMMARY - 4000 < summary.stat().st_size <= MAX_SUMMARY
    summary.write_text("x" * MAX_SUMMARY, encoding="utf-8")
    append_step_summary([rich_report()])
    assert summary.stat().st_size == MAX_SUMMARY


def test_several_exports_combine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "sub"):
        (tmp_path / name).mkdir()
    out = tmp_path / "a.sarif"
    shown = write_outputs(
        [rich_report(), clean_report()],
        ["a", "sub/../b"],
        [("sarif", out), ("junit", None)],
        [tmp_path / "x.md", tmp_path / "y.md"],
        fail_on=Severity.ERROR,
    )
    assert [suite.get("name") for suite in ET.fromstring(shown)] == ["a", "b"]
    (run,) = json.loads(out.read_text(encoding="utf-8"))["runs"]
    assert [each["root"] for each in run["properties"]["exports"]] == ["a", "b"]


@pytest.mark.parametrize("reports", [[], [clean_report()]])
def test_an_export_that_could_not_be_audited_is_in_every_format(reports: list[Report]) -> None:
    roots = ["a"] * len(reports)
    made = {
        name: render_ci(name, reports, roots, Severity.ERROR, [("b/c", "nothing\n::to read")])
        for name in ("sarif", "junit", "github")
    }
    assert made["github"] == (
        "::error title=An export could not be audited::b/c: nothing ::to read\n"
    )
    (run,) = json.loads(made["sarif"])["runs"]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["automationDetails"]["id"] == "leakage-audit/"
    summary = to_step_summary(reports, 1 << 20, [("b|c", "nothing\n# to read")])
    assert summary.startswith("# b&#124;c could not be audited\n\nnothing # to read\n")
    assert summary.count("\n# Audit of") == len(reports)
    top = ET.fromstring(made["junit"])
    assert (top.get("errors"), top.get("failures")) == ("1", "0")
    assert top.get("tests") == str(1 + sum(len(report.runs) for report in reports))
