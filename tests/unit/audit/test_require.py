"""``--require``: an export that lost its evidence fails, whatever it says about itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.harness import BASE, EXPORTS, overlay
from tests.unit.audit.cli import Result, run_json


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return overlay(BASE, tmp_path / "export")


@pytest.fixture
def bare(export: Path) -> Path:
    """What is left after somebody has deleted the split rows."""
    shutil.rmtree(export / "splits")
    return export


@pytest.mark.parametrize("required", ["CT", "CT201", "ct202", "MT403", "LK101"])
def test_evidence_that_is_there(export: Path, required: str) -> None:
    assert Result("run", export, "--format", "json", "--require", required).code == 0


def test_evidence_that_is_gone(bare: Path) -> None:
    assert Result("run", bare, "--format", "json").code == 0
    assert Result("run", bare, "--format", "json", "--require", "MT403").code == 0
    for required in ("CT", "CT202"):
        result = Result("run", bare, "--format", "json", "--require", required)
        assert result.code == 1
        (unmet,) = json.loads(result.out)["unmet"]
        assert unmet["required"] == required
        assert unmet["reason"].startswith("no splits")
    assert Result("run", bare, "--format", "json", "--require", "CT", "--exit-zero").code == 0


@pytest.mark.parametrize("setting", ['ignore = ["CT"]', 'select = ["LK"]', 'require = ["LK"]'])
def test_the_export_cannot_take_it_back(export: Path, setting: str) -> None:
    (export / "audit.toml").write_text(f"{setting}\n")
    shutil.rmtree(export / "splits")
    assert Result("run", export, "--format", "json", "--require", "CT").code == 1


def test_a_check_that_is_left_out_could_not_tell(export: Path) -> None:
    (export / "audit.toml").write_text('ignore = ["CT"]\n')
    assert Result("run", export, "--format", "json", "--require", "CT").code == 1


def test_what_is_found_and_silenced_was_told(tmp_path: Path) -> None:
    leaky = overlay(EXPORTS / "CT202" / "bad", tmp_path / "leaky")
    known = tmp_path / "known.json"
    assert Result("run", leaky, "--format", "json", "--write-baseline", known).code == 0
    given = ("run", leaky, "--format", "json", "--require", "CT202")
    assert Result(*given).code == 1
    assert Result(*given, "--baseline", known).code == 0


def test_a_configuration_may_ask_for_it(bare: Path) -> None:
    (bare / "audit.toml").write_text('require = ["CT", "MT"]\n')
    assert Result("run", bare, "--format", "json").code == 1
    assert "require = [CT, MT]" in run_json(bare)["settings"]
    assert 'require = ["CT", "MT"]' in Result("config", bare).out
    (bare / "audit.toml").write_text('require = ["CX"]\n')
    wrong = Result("run", bare)
    assert (wrong.code, "no family 'CX'" in wrong.err) == (2, True)


def test_every_format_says_it(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("console", "markdown", "sarif", "junit", "github")
    files = [argument for name in names for argument in ("--format", f"{name}:{name}.txt")]
    assert Result("run", "export", "--require", "CT", *files).code == 1
    texts = {name: (tmp_path / f"{name}.txt").read_text() for name in names}
    for name in ("console", "markdown", "sarif", "github"):
        said = " ".join(texts[name].replace("\n> ", " ").split())
        assert "CT is required, and could not tell: no splits" in said, name
    assert texts["github"].startswith("::error title=Required::export: CT is required")
    (suite,) = ET.fromstring(texts["junit"])
    assert suite.get("failures") == "1"
    assert int(suite.get("tests", 0)) == len(suite.findall("testcase"))
    (failure,) = suite.iterfind("testcase[@classname='required']/failure")
    assert failure.get("message", "").startswith("no splits")


def test_several_exports(bare: Path, tmp_path: Path) -> None:
    whole = overlay(BASE, tmp_path / "whole")
    result = Result("run", whole, bare, "--format", "console", "--require", "CT")
    assert result.code == 1
    assert "export: CT is required, and could not tell: no splits" in " ".join(result.out.split())
    assert "whole: CT is required" not in result.out


def test_an_inconclusive_answer_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")
    lines = Result("run", tmp_path, "--format", "console").out.splitlines()
    assert "Next     put the rows of the splits and the metrics beside it, as files" in lines
    assert any("--require CT --require MT" in line for line in lines)
    assert any(line.startswith("CT201    no splits") for line in lines)


def test_settings_of_the_export_are_in_every_format(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # A long harmless line must not hide the one that matters.
    (export / "audit.toml").write_text(
        f'metric = "{"m" * 900}"\nmin_severity = "error"\nignore = ["CT", "HY"]\n'
        "[checks.CT202]\nmin_share = 0.9\n"
    )
    names = ("console", "markdown", "json", "sarif", "junit")
    files = [argument for name in names for argument in ("--format", f"{name}:{name}.txt")]
    Result("run", "export", *files)
    several = Result("run", "export", overlay(BASE, tmp_path / "other"), "--format", "console").out
    texts = {name: (tmp_path / f"{name}.txt").read_text() for name in names}
    for name, text in {**texts, "several": several}.items():
        for setting in (
            "read from audit.toml",
            "min_severity = error",
            "ignore = [CT, HY]",
            "checks = {CT202: {min_share: 0.9}}",
        ):
            assert setting in text, (name, setting)
