"""Several exports at once: one table, one exit code, and no export stops the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.cli.output import file_stems
from tests.harness import BASE, EXPORTS, overlay
from tests.unit.audit.cli import Result, run_json


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three experiments, two of the same name, and a file beside them."""
    overlay(BASE, tmp_path / "first" / "run")
    overlay(EXPORTS / "LK101" / "bad", tmp_path / "second" / "run")
    overlay(EXPORTS / "LK102" / "bad", tmp_path / "third")
    (tmp_path / "README.md").write_text("# Experiments\n")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(text: str) -> list[list[str]]:
    return [line.split() for line in text.partition("\n\n")[0].splitlines()]


def test_one_table_and_a_report_each(exports: Path) -> None:
    result = Result("run", "third", "first/run", "second/run")
    assert result.code == 1
    assert table(result.out) == [
        ["export", "verdict", "err", "warn", "note", "copies", "reported"],
        ["third", "SUSPECT", "0", "1", "0", "0", "%", "rmse", "0.4128"],
        ["first/run", "VALID", "0", "0", "0", "0", "%", "rmse", "0.4128"],
        ["second/run", "INVALID", "1", "0", "0", "0", "%", "rmse", "0.4128"],
    ]
    assert "LK102 warning experiment.py:10" in result.out
    assert all(len(line) <= 80 for line in result.out.splitlines())
    written = sorted(path.name for path in (exports / "reports").glob("*.md"))
    assert written == ["first_run.md", "second_run.md", "third.md"]
    assert (exports / "reports" / "second_run.md").read_text().startswith("# Audit of second/run")


def test_columns_are_aligned(exports: Path) -> None:
    lines = Result("run", "third", "first/run", "--format", "console").out.splitlines()
    for name in ("verdict", "reported"):
        start = lines[0].index(name)
        assert all(line[start] != " " and line[start - 1] == " " for line in lines[1:3])
    end = lines[0].index("err") + 3
    assert [line[end - 1] for line in lines[1:3]] == ["0", "0"]


def test_what_cannot_be_audited_does_not_stop_the_others(exports: Path) -> None:
    result = Result("run", "README.md", "empty", "first/run", "nowhere", "--format", "console")
    assert result.code == 3
    rows = table(result.out)
    assert [row[0] for row in rows[1:]] == ["README.md", "empty", "run", "nowhere"]
    assert rows[1][1:] == rows[2][1:] == rows[4][1:] == ["not", "audited"]
    text = " ".join(result.out.split())
    assert "README.md: a file beside folders is no export" in text
    assert "the folder is empty" in text
    assert "no such file or folder" in text


def test_the_worst_exit_code_counts(exports: Path) -> None:
    (exports / "broken").mkdir()
    overlay(BASE, exports / "broken")
    (exports / "broken" / "metrics.json").write_text("{")
    only = ("--format", "json")
    assert Result("run", "first/run", "third", *only).code == 0
    assert Result("run", "first/run", "second/run", *only).code == 1
    assert Result("run", "second/run", "empty", *only).code == 3
    assert Result("run", "second/run", "empty", "broken", *only).code == 4
    assert Result("run", "first/run", "second/run", "--exit-zero", *only).code == 0


def test_a_crash_of_one_loses_no_other(exports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import audit.load

    load = audit.load.load

    def crashing(path: Path, *rest: object, **named: object) -> object:
        if path.name == "third":
            raise ZeroDivisionError("by nought")
        return load(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("audit.load.load", crashing)
    result = Result("run", "third", "first/run", "--format", "json")
    assert result.code == 4
    document = json.loads(result.out)
    assert [each["export"]["name"] for each in document["reports"]] == ["run"]
    (failed,) = document["failed"]
    assert (failed["name"], failed["exit_code"]) == ("third", 4)
    assert "ZeroDivisionError: by nought" in failed["reason"]
    with pytest.raises(ZeroDivisionError):
        Result("run", "third", "--format", "json")


def test_json_takes_all(exports: Path) -> None:
    document = run_json("third", "first/run")
    assert document["schema_version"] == 1
    assert [each["verdict"] for each in document["reports"]] == ["SUSPECT", "VALID"]
    assert document["failed"] == []
    single = run_json("third")
    for report in (single, document["reports"][0]):
        for run in report["runs"]:
            run.pop("seconds")
    assert single == document["reports"][0]


def test_one_file_each(exports: Path) -> None:
    forms = ("--format", "json:out/{name}.json", "--format", "markdown:out/{name}.md")
    result = Result("run", "third", "first/run", *forms)
    assert (result.code, result.out) == (0, "")
    names = sorted(path.name for path in (exports / "out").iterdir() if path.is_file())
    assert names == ["run.json", "run.md", "third.json", "third.md"]
    assert json.loads((exports / "out" / "third.json").read_text())["verdict"] == "SUSPECT"
    assert Result("run", "third", "--format", "json:solo/{name}.json").code == 0
    assert (exports / "solo" / "third.json").is_file()


def test_one_markdown_file_for_several_is_refused(exports: Path) -> None:
    result = Result("run", "third", "first/run", "--format", "markdown:out/all.md")
    assert result.code == 2
    assert "markdown:out/{name}.md" in result.err
    assert not (exports / "out").exists()


def test_a_path_is_audited_once(exports: Path) -> None:
    result = Result("run", "third", "third/", "./third", str(exports / "third"), "--format", "json")
    assert json.loads(result.out)["verdict"] == "SUSPECT"


def test_each_export_has_its_own_configuration(exports: Path) -> None:
    (exports / "third" / "audit.toml").write_text('fail_on = "warning"\n')
    assert Result("run", "third", "first/run", "--format", "json").code == 1
    (exports / "all.toml").write_text('ignore = ["LK102"]\n')
    document = run_json("third", "first/run", "--config", "all.toml")
    assert [each["verdict"] for each in document["reports"]] == ["VALID", "VALID"]


def test_a_wrong_configuration_is_said_before_anything_is_read(exports: Path) -> None:
    (exports / "third" / "audit.toml").write_text("[checks.CT202]\nmin_shar = 0.1\n")
    result = Result("run", "first/run", "third")
    assert result.code == 2
    assert "'min_share'" in result.err
    assert not (exports / "reports").exists()


def test_failures_are_said_where_nothing_is_printed(exports: Path) -> None:
    result = Result("run", "empty", "first/run", "--format", "json:a.json")
    assert result.code == 3
    assert "the folder is empty" in result.err


def test_names_from_outside_stay_text(exports: Path) -> None:
    evil = exports / "a\x1b[31m|`x`"
    overlay(BASE, evil)
    result = Result("run", evil, "first/run", "--format", "console")
    assert "\x1b" not in result.out
    assert result.code == 0


def test_file_names_differ() -> None:
    assert file_stems(["a b", "a_b", "a/b", "x.ipynb", "x"]) == [
        "a_b",
        "a_b-2",
        "a_b-3",
        "x",
        "x-2",
    ]


def test_many_exports_with_findings_are_a_table_only(exports: Path) -> None:
    names = []
    for number in range(5):
        names.append(f"leaky{number}")
        overlay(EXPORTS / "LK102" / "bad", exports / names[-1])
    shown = Result("run", *names, "--format", "console").out
    assert len(table(shown)) == 6
    assert "StandardScaler" not in shown
