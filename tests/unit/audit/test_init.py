"""`audit init`: the file says what is recognised, changes nothing, and holds any name."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config import Config, parse_config
from audit.render.settings import Proposal, init_text, is_writable, toml_string
from tests.experiment import clean_experiment
from tests.harness import BASE, EXPORTS, audit_export, overlay
from tests.styles import STYLES
from tests.unit.audit.cli import Result

FIXTURES = [
    (folder.name, kind)
    for folder in sorted(EXPORTS.iterdir())
    for kind in ("bad", "good")
    if (folder / kind).is_dir() and not (folder / kind / "audit.toml").exists()
]


def outcome(root: Path) -> list[tuple[object, ...]]:
    report = audit_export(root)
    findings = [(f.check_id, f.fingerprint, f.message) for f in report.findings]
    return [*((run.check_id, run.verdict) for run in report.runs), *findings]


def round_trip(root: Path) -> dict[str, object]:
    before = outcome(root)
    result = Result("init", root)
    assert result.code == 0, result.err
    text = (root / "audit.toml").read_text(encoding="utf-8")
    assert outcome(root) == before
    return tomllib.loads(text)


@pytest.mark.parametrize(("check_id", "kind"), FIXTURES)
def test_the_file_changes_nothing(check_id: str, kind: str, tmp_path: Path) -> None:
    round_trip(overlay(EXPORTS / check_id / kind, tmp_path))


@pytest.mark.parametrize("style", STYLES)
def test_the_file_changes_nothing_in_other_styles(style: str, tmp_path: Path) -> None:
    root = STYLES[style][0](tmp_path, 0, True)
    if (root / "audit.toml").exists():
        assert Result("init", root).code == 2
        before = outcome(root)
        assert Result("init", root, "--force").code == 0
        assert outcome(root) == before
    else:
        round_trip(root)


def test_what_is_recognised_is_written(tmp_path: Path) -> None:
    written = round_trip(overlay(BASE, tmp_path))
    assert written["metric"] == "rmse"
    assert written["roles"] == {
        "train": "splits/train.csv",
        "validation": "splits/validation.csv",
        "test": "splits/test.csv",
        "metrics": "metrics.json",
        "baseline": "baseline.json",
        "predictions": ["test_predictions.csv", "validation_predictions.csv"],
    }
    assert written["columns"] == {"target": "y", "groups": ["site"]}
    assert written["tiers"] == {"easy": ["A", "B"], "hard": ["C", "D"]}


def test_questions_and_examples_are_comments(tmp_path: Path) -> None:
    overlay(BASE, tmp_path)
    (tmp_path / "notes.json").write_text('{"a": "b"}')
    text = Result("init", tmp_path, "--stdout").out
    assert "#   history: no per-epoch history" in text
    assert "#   notes.json: not recognised" in text
    assert "# [checks.CT202]" in text
    assert "# min_share = 0.02" in text
    assert not (tmp_path / "audit.toml").exists()


def test_the_examples_are_valid_where_they_are_uncommented(tmp_path: Path) -> None:
    text = Result("init", overlay(BASE, tmp_path), "--stdout").out
    thresholds = text.partition("# Thresholds")[2].partition("\n")[2]
    uncommented = "\n".join(line.removeprefix("# ") for line in thresholds.splitlines())
    assert tomllib.loads(uncommented)["checks"]["CT202"]["min_share"] == 0.02
    before = outcome(tmp_path)
    (tmp_path / "audit.toml").write_text(text.replace(thresholds, uncommented))
    assert outcome(tmp_path) == before


def test_the_next_step_is_said(tmp_path: Path) -> None:
    result = Result("init", overlay(BASE, tmp_path / "export"))
    assert result.out == ""
    assert f"audit run {tmp_path / 'export'}" in result.err


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    overlay(BASE, tmp_path)
    file = tmp_path / "audit.toml"
    file.write_text(
        'fail_on = "warning"\n[columns]\nignore = ["row_id"]\n[checks.CT202]\nmin_share = 0.03\n'
    )
    result = Result("init", tmp_path)
    assert result.code == 2
    assert "--force" in result.err
    assert file.read_text().startswith('fail_on = "warning"\n[columns]')
    assert Result("init", tmp_path, "--force").code == 0
    written = tomllib.loads(file.read_text())
    assert written["fail_on"] == "warning"
    assert written["columns"] == {"target": "y", "groups": ["site"], "ignore": ["row_id"]}
    assert written["checks"] == {"CT202": {"min_share": 0.03}}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_settings_of_pyproject_are_kept(tmp_path: Path) -> None:
    overlay(BASE, tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.audit]\nignore = ["AU"]\n')
    text = Result("init", tmp_path, "--stdout").out
    assert tomllib.loads(text)["ignore"] == ["AU"]
    assert "takes the place of [tool.audit]" in text


def test_no_link_is_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text("")
    export = overlay(BASE, tmp_path / "export")
    (export / "audit.toml").symlink_to(outside)
    for arguments in (("init", export), ("init", export, "--force")):
        result = Result(*arguments)
        assert result.code == 2
        assert "symbolic link" in result.err
    assert outside.read_text() == ""


@pytest.mark.parametrize("broken", ["[columns\n", "[columns]\ntraget = 'y'\n"])
def test_a_broken_file_in_force_is_said(broken: str, tmp_path: Path) -> None:
    overlay(BASE, tmp_path)
    (tmp_path / "audit.toml").write_text(broken)
    assert Result("init", tmp_path, "--force").code == 2
    assert (tmp_path / "audit.toml").read_text() == broken


def test_bad_paths(tmp_path: Path) -> None:
    overlay(BASE, tmp_path / "export")
    assert Result("init", tmp_path / "nowhere").code == 2
    assert Result("init", tmp_path / "export" / "experiment.ipynb").code == 2
    (tmp_path / "empty").mkdir()
    assert Result("init", tmp_path / "empty").code == 3
    assert not (tmp_path / "empty" / "audit.toml").exists()
    (tmp_path / "export" / "audit.toml").mkdir()
    assert Result("init", tmp_path / "export", "--force").code == 2


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not allow")
def test_hostile_names_are_quoted(tmp_path: Path) -> None:
    """Files, columns, groups and tiers whose names are TOML syntax, or cannot be seen."""
    evil = 'a"]\n[checks.LK101]\nx = 1 #\x1b[31m\u202e\x7f'
    rng = np.random.default_rng(0)
    sites = np.resize(['north "east"]', "south\\", "we\nst"], 90)
    for split, n in (("train", 90), ("validation", 30)):
        table = pd.DataFrame(rng.normal(size=(n, 3)), columns=["x0", 'x"1', "x\n[2]"])
        table["site\n]"] = sites[:n]
        table['price "net"\n'] = rng.normal(size=n)
        table.to_csv(tmp_path / f"{split}.csv", index=False)
        if split == "validation":
            table.to_csv(tmp_path / f"validation_{evil}.csv".replace("/", "_"), index=False)
    (tmp_path / "experiment.py").write_text("print(1)\n")
    (tmp_path / f"{evil}.json").write_text("{}")
    written = round_trip(tmp_path)
    assert "checks" not in written
    text = (tmp_path / "audit.toml").read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text.replace("\\u202e", "")


@given(st.text(max_size=40))
def test_any_text_is_a_string_of_toml(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        assert not is_writable(Proposal("tiers", text, (text,)))
        return
    assert tomllib.loads(f"a = {toml_string(text)}") == {"a": text}


@given(st.text(max_size=40), st.lists(st.text(max_size=60), max_size=6), st.text(max_size=60))
def test_any_name_is_written_and_read_again(key: str, names: list[str], why: str) -> None:
    active = [
        each
        for each in (
            Proposal("tiers", key, tuple(names), why),
            Proposal("columns", "groups", tuple(names), why),
        )
        if is_writable(each)
    ]
    passive = [Proposal("tiers", key, tuple(names), why), Proposal("roles", "raw", why)]
    text = init_text(active, passive, Config(), [(key, why)], [])
    config = parse_config(text, "audit.toml")
    assert dict(config.tiers) == ({key: tuple(names)} if active else {})
    assert config.roles == {}
    assert config.columns.groups == (tuple(names) if active else ())


def test_a_name_that_is_too_long_is_no_setting() -> None:
    assert not is_writable(Proposal("roles", "train", "x" * 2000))
    text = init_text([], [Proposal("roles", "train", "x" * 2000)], Config(), [], [])
    assert parse_config(text, "audit.toml").roles == {}


def test_two_candidates_stay_a_question(tmp_path: Path) -> None:
    """Naming one of them would change what is read, so it is left to the reader."""
    experiment = clean_experiment(1)
    export = experiment.write(tmp_path)
    (export / "train.csv").write_bytes((export / "splits" / "train.csv").read_bytes())
    written = round_trip(export)
    assert "train" not in written["roles"]  # type: ignore[operator]
    assert "#   train, validation, test: " in (export / "audit.toml").read_text()


def test_json_names_with_halves_of_characters(tmp_path: Path) -> None:
    overlay(BASE, tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    metrics["validation"]["by_group"][0]["tier"] = "\ud800"
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    round_trip(tmp_path)


def test_the_next_step_can_be_pasted_into_a_shell(tmp_path: Path) -> None:
    root = overlay(BASE, tmp_path / "a b;$(x)")
    said = Result("init", root)
    assert said.code == 0
    text = " ".join(f"{said.out} {said.err}".split())
    assert f"audit run '{root}'" in text
