"""Names of runs, in every customary spelling."""

from __future__ import annotations

import pytest

from checks.kit.run_names import runs_in, runs_named


@pytest.mark.parametrize(
    "text",
    ["run7", "Run 7", "RUN_7", "run-07", "Run #7", "metrics_run7", "my_run_007_final", "run7.json"],
)
def test_spellings_of_one_run(text: str) -> None:
    assert runs_named(text) == {"run 7"}
    assert runs_in(text) == {"run 7"}


def test_exp_is_short_for_experiment() -> None:
    assert runs_named("exp_03") == runs_named("Experiment 3") == {"experiment 3"}


@pytest.mark.parametrize(
    "text", ["trunk7", "overrun 70%", "run seven", "runs 7", "run -7", "run7b2"]
)
def test_what_is_no_run(text: str) -> None:
    assert not runs_named(text) - {"run 70"}
    assert "run 7" not in runs_named(text)


def test_other_numbers_are_other_runs() -> None:
    assert runs_named("Run 7 and run 70") == {"run 7", "run 70"}
    assert runs_in("run 7b") == {"run 7b"}
    assert runs_named("run 00") == {"run 0"}
