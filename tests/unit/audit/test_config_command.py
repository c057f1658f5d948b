"""`audit config`: what is in force, from where; and every wrong key names the nearest one."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from audit.config import key_lines, parse_config
from audit.load import read_config
from audit.registry import load_checks
from tests.unit.audit.cli import Result

FULL = """\
metric = "rmse"
ignore = [
    "AU",
]

[roles]  # which file is what
train = "a.npz::X"
test = ["b.csv", "c.csv"]

[columns]
target = 'the "price"'

[tiers]
"very hard" = ["k=4, m=2"]

[limits]
max_files = 100

[checks.CT202]
min_share = 0.1
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "audit.toml").write_text(FULL)
    return tmp_path


def rows(export: Path, *arguments: object) -> dict[str, dict]:
    result = Result("config", export, *arguments, "--format", "json")
    assert result.code == 0, result.err
    return {each["key"]: each for each in json.loads(result.out)["settings"]}


def test_where_values_come_from(export: Path) -> None:
    found = rows(export, "--fail-on", "warning", "--select", "ct")
    assert found["metric"] == {
        "key": "metric",
        "value": "rmse",
        "origin": "audit.toml",
        "line": 1,
    }
    assert found["ignore"]["line"] == 2
    assert found["roles.test"] == {
        "key": "roles.test",
        "value": ["b.csv", "c.csv"],
        "origin": "audit.toml",
        "line": 8,
    }
    assert found["tiers.very hard"]["line"] == 14
    assert found["checks.CT202.min_share"]["line"] == 20
    assert (found["fail_on"]["value"], found["fail_on"]["origin"]) == ("warning", "command line")
    assert (found["select"]["value"], found["select"]["origin"]) == (["CT"], "command line")
    assert found["min_severity"]["origin"] == "default"
    assert found["limits.max_file_mb"]["origin"] == "default"
    assert "checks.CT202.few_values" not in found


def test_a_value_that_is_set_to_its_default_comes_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "audit.toml").write_text('fail_on = "error"\n[checks.CT202]\nmin_share = 0.02\n')
    found = rows(tmp_path)
    assert found["fail_on"]["line"] == 1
    assert found["checks.CT202.min_share"]["line"] == 3


def test_all_parameters(export: Path) -> None:
    found = rows(export, "--all")
    for check in load_checks():
        for name, field in check.params.__dataclass_fields__.items():
            key = f"checks.{check.id}.{name}"
            assert key in found
            if key != "checks.CT202.min_share":
                default = field.default
                assert found[key]["value"] == (list(default) if default == () else default)
                assert found[key]["origin"] == "default"


@pytest.mark.parametrize("arguments", [(), ("--all",)])
def test_the_text_is_a_configuration_of_the_same_meaning(
    arguments: tuple[str, ...], export: Path
) -> None:
    shown = Result("config", export, *arguments).out
    config = parse_config(shown, "audit.toml")
    wanted = read_config(export)
    assert replace(config, checks={}) == replace(wanted, checks={})
    assert config.checks["CT202"]["min_share"] == 0.1
    line = next(line for line in shown.splitlines() if line.startswith("target"))
    assert line.endswith("# audit.toml, line 11")


def test_pyproject_and_a_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[tool.audit]\nmetric = "mae"\n'
    )
    found = rows(tmp_path)
    assert (found["metric"]["origin"], found["metric"]["line"]) == ("pyproject.toml", 4)
    other = tmp_path / "strict.toml"
    other.write_text('fail_on = "note"\n')
    found = rows(tmp_path, "--config", other)
    assert found["metric"]["value"] is None
    assert found["fail_on"]["origin"] == "strict.toml"


def test_defaults_alone(tmp_path: Path) -> None:
    assert {each["origin"] for each in rows(tmp_path).values()} == {"default"}
    assert tomllib.loads(Result("config", tmp_path).out)["fail_on"] == "error"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('metrik = "rmse"', "did you mean 'metric'?"),
        ("[role]\n", "did you mean 'roles'?"),
        ('[roles]\ntrian = "x"', "did you mean roles.'train'?"),
        ('[roles]\nvalid = "x"', "roles.'validation'"),
        ('[columns]\ntraget = "y"', "did you mean columns.'target'?"),
        ("[limits]\nmax_file = 3", "limits.'max_file"),
        ("[checks.CT20]\n", "did you mean checks.'CT20"),
        ("[checks.ct202]\n", "checks.'CT202'"),
        ("[checks.CT202]\nmin_shares = 0.1", "did you mean checks.CT202.'min_share'?"),
        ("[checks.LD901]\nanything = 1", "unknown key checks.LD901.'anything'"),
        ("[checks.CT202]\nmin_share = 7", "must be between 0 and 1, not 7"),
        ("[checks.CT202]\nmin_share = -0.5", "must be between 0 and 1"),
        ("[checks.CT202]\nmin_share = nan", "must be between 0 and 1"),
        ("[checks.CT202]\nmin_share = true", "must be float, not bool"),
        ('[checks.CT202]\nmin_share = "0.1"', "must be float, not str"),
        ("[checks.CT202]\nfew_values = -1", "must be a finite number of 0 or more"),
        ("[checks.CT202]\nfew_values = 1.5", "must be int, not float"),
        ("[checks.MT405]\nmin_coverage = 1.01", "must be between 0 and 1"),
        ("[checks.MT402]\nworse_factor = inf", "must be a finite number of 0 or more"),
        ("checks = 3", "checks must be a table"),
        ("[checks]\nCT202 = 3", "checks.CT202 must be a table"),
        ("metric = 3", "metric must be a string"),
        ("roles = []", "roles must be a table"),
        ("[roles]\ntrain = 3", "roles.train must be a string or a list of strings"),
        ("[tiers]\neasy = [1]", "tiers.easy must be a string or a list of strings"),
        ("[columns]\ngroups = {}", "columns.groups must be a string or a list of strings"),
        ("[columns]\ntarget = []", "columns.target must be a string"),
        ('fail_on = "never"', "fail_on must be one of note, warning, error, not 'never'"),
        ("fail_on = 1", "fail_on must be one of"),
        ("fail_on = []", "fail_on must be one of"),
        ('min_confidence = "sure"', "min_confidence must be one of low, medium, high"),
        ("[limits]\nmax_files = 0", "limits.max_files must be a whole number above 0"),
        ("[limits]\nmax_files = true", "limits.max_files must be a whole number above 0"),
        ("[limits]\nmax_files = 99999999", "may only be lowered by the export itself"),
        ('select = ["XX"]', "there is no check and no family 'XX'"),
        ('ignore = [""]', "there is no check and no family ''"),
        ("a = 1\na = 2", "not valid TOML"),
        ("a" * 2001 + " = 1", "a line has more than 2,000 characters"),
        ("a = " + "9" * 1500, "unknown key"),
        ("a = [\n" + "[\n" * 5000, "audit.toml: "),
        ("\x00", "not valid TOML"),
        ("[checks.CT202]\nmin_share = 1e999", "must be between 0 and 1"),
        ("metric = 2020-01-01", "metric must be a string"),
        ("fail_on = '\\u001b[31m'", "fail_on must be one of"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
@pytest.mark.parametrize("command", ["config", "run"])
def test_a_wrong_configuration(command: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text("x = 1\n")
    (tmp_path / "audit.toml").write_text(text + "\n")
    result = Result(command, tmp_path, "--format", "json")
    assert result.code == 2
    assert message in result.err
    assert "audit.toml" in result.err or "family" in result.err
    assert len(result.err.strip().splitlines()) == 1
    assert "\x1b" not in result.err


def test_wrong_calls(export: Path, tmp_path: Path) -> None:
    assert Result("config", tmp_path / "nowhere").code == 3
    assert Result("config", export, "--format", "yaml").code == 2
    assert Result("config", export, "--config", tmp_path).code == 2
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#\n" * (1 << 20))
    assert Result("config", export, "--config", huge).code == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b = 1\n['c d'.e]\n\"f g\" = 2", {"a.b": 1, "c d.e": 2, "c d.e.f g": 3}),
        ("# a = 1\n[x] # c\nb=1", {"x": 2, "x.b": 3}),
        ("", {}),
    ],
)
def test_lines_of_keys(text: str, expected: dict[str, int]) -> None:
    assert key_lines(text) == expected


def test_every_command_has_examples_and_its_place() -> None:
    text = Result("--help").out.partition("Commands:")[2]
    listed = [
        line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "
    ]
    assert listed[:-1] == [
        "run",
        "init",
        "config",
        "reference",
        "rules",
        "explain",
    ]  # last: "Start"
    for command in listed[:-1]:
        assert "Example" in Result(command, "--help").out
