"""Configuration: right values arrive, wrong ones name the nearest right one."""

from __future__ import annotations

import pytest

from audit.config import Config, ConfigError, override, parse_config

GOOD = """
metric = "rmse"
fail_on = "warning"
[roles]
train = "a.npz::X_train"
test = ["t1.csv", "t2.csv"]
[columns]
target = "price"
groups = ["city"]
[tiers]
easy = ["A", "B"]
[limits]
max_file_mb = 10
[checks.CT202]
max_share = 0.1
"""


def test_values_arrive() -> None:
    config = parse_config(GOOD, "audit.toml")
    assert config.metric == "rmse"
    assert config.fail_on == "warning"
    assert config.roles == {"train": ("a.npz::X_train",), "test": ("t1.csv", "t2.csv")}
    assert (config.columns.target, config.columns.groups) == ("price", ("city",))
    assert config.tiers == {"easy": ("A", "B")}
    assert config.limits.max_file_mb == 10
    assert config.checks == {"CT202": {"max_share": 0.1}}
    assert config.source == "audit.toml"


def test_pyproject_counts_its_own_table_only() -> None:
    text = '[project]\nname = "x"\n[tool.audit]\nmetric = "mae"\n'
    assert parse_config(text, "pyproject.toml").metric == "mae"
    assert parse_config('[project]\nname = "x"\n', "pyproject.toml").metric is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metrik = 'x'", "'metric'"),
        ("[roles]\nvalidaton = 'v.csv'", "'validation'"),
        ("[columns]\ntargets = 'y'", "'target'"),
        ("[limits]\nmax_file_mb = 0", "above 0"),
        ("[limits]\nmax_file_mb = true", "above 0"),
        ("fail_on = 'never'", "note, warning, error"),
        ("select = 3", "list of strings"),
        ("roles = 3", "must be a table"),
        ("metric = 3", "must be a string"),
        ("checks = {LK101 = 3}", "must be a table"),
        ("[[[", "not valid TOML"),
        ("zzzz = 1", "known keys"),
    ],
)
def test_errors_say_what_to_do(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        parse_config(text, "audit.toml")
    assert str(caught.value).startswith("audit.toml: ")


def test_command_line_wins() -> None:
    config = override(Config(fail_on="note", select=("LK",)), fail_on="error", ignore=("ct",))
    assert (config.fail_on, config.select, config.ignore) == ("error", ("LK",), ("CT",))
    with pytest.raises(ConfigError, match="--fail-on"):
        override(Config(), fail_on="bad")
