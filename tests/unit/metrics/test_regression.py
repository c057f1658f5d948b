from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.model.artifacts import Baseline, Grouping
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence
from checks.metrics.regression import Params, group_regression
from tests.unit.metrics.builders import (
    RUN2,
    RUN6,
    RUN6_GROUPING,
    RUN6_ROWS,
    evidence,
    metrics,
    predictions,
    table,
)


def judge(current: Any, before: Any, scored: Any = None, grouping: Any = None) -> Outcome:
    return group_regression.function(
        baseline=Baseline(before),
        metrics=metrics(current),
        grouping=grouping,
        predictions=scored,
        params=Params(),
    )


def run2(**changes: Any) -> Any:
    return table("log2_mse", 0.507, RUN2, path="baseline.json", label="Run 2", **changes)


def test_run6_easy_groups_behind_a_better_average() -> None:
    outcome = judge(table("log2_mse", 0.181483, RUN6, RUN6_ROWS), run2(), None, RUN6_GROUPING)
    (finding,) = outcome.findings
    assert "3 of 9 groups are worse than Run 2" in finding.message
    assert finding.message.endswith(", behind a better average")
    assert "overall 0.1815 looks better than 0.507 with equal weights" in finding.why
    assert "with equal weights this run has 0.2588" in finding.why
    groups = {e.group for e in finding.evidence if e.name == "metric_ratio"}
    assert groups == {"k=4, m=2", "k=4, m=3", "k=5, m=2"}
    assert evidence(outcome, "metric_ratio", "k=4, m=2") == pytest.approx(0.405360 / 0.103043)
    assert evidence(outcome, "equal_weight_metric") == pytest.approx(sum(RUN6.values()) / 9)
    assert evidence(outcome, "worst_group") == "k=5, m=2"  # 4.69 times, against 3.93 and 4.28
    assert finding.confidence is Confidence.MEDIUM  # no predictions: noise unknown
    assert str(finding.primary) == "metrics.json#/0.450569"


def test_a_group_within_the_margin_is_not_worse() -> None:
    outcome = judge(table("mse", 1.0, {"a": 1.09, "b": 0.5}), table("mse", 1.0, {"a": 1.0, "b": 1}))
    assert outcome.verdict is Verdict.PASS


def test_rounding_is_given_the_benefit_of_the_doubt() -> None:
    # 0.12 may be 0.115 and 0.10 may be 0.105: 9.5 % worse, not 20 %
    rounded = judge(
        table("mse", None, {"a": 0.12, "b": 0.1}, half_width=0.005),
        table("mse", None, {"a": 0.10, "b": 0.1}, half_width=0.005),
    )
    exact = judge(table("mse", None, {"a": 0.12, "b": 0.1}), table("mse", None, {"a": 0.1, "b": 1}))
    assert (rounded.verdict, exact.verdict) == (Verdict.PASS, Verdict.FAIL)


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.86, "FAIL"), (0.985, "PASS")])
def test_of_accuracy_less_is_worse(accuracy: float, verdict: str) -> None:
    outcome = judge(
        table("accuracy", 0.9, {"a": accuracy, "b": 0.9}, {"a": 2000, "b": 2000}),
        table("accuracy", 0.9, {"a": 0.95, "b": 0.9}),
    )
    assert outcome.verdict.value == verdict


def test_percent_on_one_side_is_the_same_accuracy() -> None:
    outcome = judge(
        table("accuracy", 90.0, {"a": 95.0, "b": 85.0}),
        table("accuracy", 0.9, {"a": 0.95, "b": 0.85}),
    )
    assert outcome.verdict is Verdict.PASS
    assert evidence(outcome, "group_metric", "a") == 0.95


def test_a_noisy_small_group_is_not_worse_and_a_large_one_is() -> None:
    rng = np.random.default_rng(0)

    def outcome(n: int) -> Outcome:
        truth = np.zeros(2 * n)
        errors = rng.normal(size=2 * n)
        groups = np.repeat(["a", "b"], n)
        squared = [float(np.mean(errors[groups == g] ** 2)) for g in "ab"]
        return judge(
            table("mse", None, dict(zip("ab", squared, strict=True))),
            table("mse", None, {"a": squared[0] / 1.3, "b": squared[1]}),
            predictions(truth, errors, groups),
        )

    assert outcome(30).verdict is Verdict.PASS
    large = outcome(20_000)
    assert large.verdict is Verdict.FAIL
    assert large.findings[0].confidence is Confidence.HIGH


def test_noise_of_random_models_rarely_looks_like_a_regression() -> None:
    """Two equally good runs on ten groups of 40 rows, 200 times: at most a few alarms."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        groups = np.repeat([f"g{i}" for i in range(10)], 40)
        now, before = rng.normal(size=(2, 400))
        tables = [
            {g: float(np.mean(e[groups == g] ** 2)) for g in np.unique(groups)}
            for e in (now, before)
        ]
        outcome = judge(
            table("mse", None, tables[0]),
            table("mse", None, tables[1]),
            predictions(np.zeros(400), now, groups),
        )
        alarms += outcome.verdict is Verdict.FAIL
    assert alarms <= 6


def test_few_rows_are_not_judged() -> None:
    outcome = judge(
        table("mse", None, {"a": 5.0, "b": 1.0}, {"a": 4, "b": 400}),
        table("mse", None, {"a": 1.0, "b": 1.0}),
    )
    assert outcome.verdict is Verdict.PASS
    assert "a (only 4 rows)" in outcome.reason


@pytest.mark.parametrize(
    ("current", "before", "words"),
    [
        (table("rmse", 1, {"a": 1}), table("mse", 1, {"a": 1}), "baseline's metric mse"),
        (table("zeal", 1, {"a": 1}), table("zeal", 1, {"a": 1}), "which way is better"),
        (table("mse", 1, {"a": 1}), table("mse", 1, {"b": 1}), "no group"),
        (table("mse", 1, {"a": 1}), table("mse", 1, {"a": 0}), "no ratio"),
        (table("mse", 1, {"a": float("nan")}), table("mse", 1, {"a": 1}), "no finite value"),
    ],
)
def test_what_cannot_be_compared_is_said(current: Any, before: Any, words: str) -> None:
    outcome = judge(current, before)
    assert outcome.verdict is Verdict.REVIEW
    assert words in outcome.reason


def test_groups_of_one_side_are_listed() -> None:
    outcome = judge(
        table("mse", None, {"1": 1, "2": 1}),
        table("mse", None, {"1": 1, "3": 1}),
        grouping=Grouping(("site",), ("1", "2", "3")),
    )
    assert outcome.verdict is Verdict.PASS
    assert "not compared: 2 (one side only), 3 (one side only)" in outcome.reason


def test_same_composition_makes_the_overall_values_comparable() -> None:
    groups = {"a": 2.0, "b": 0.1}
    counts = {"a": 100, "b": 900}
    outcome = judge(
        table("mse", 0.29, groups, counts),
        table("mse", 0.95, {"a": 0.5, "b": 1.0}, {"a": 50, "b": 450}, path="old.json"),
    )
    assert "looks better than 0.95" in outcome.findings[0].why
    assert "equal weights" not in outcome.findings[0].message


def test_subject_does_not_depend_on_numbers() -> None:
    first = judge(table("mse", None, {"a": 2.0}), table("mse", None, {"a": 1.0}))
    second = judge(table("mse", None, {"a": 3.0}), table("mse", None, {"a": 1.0}))
    assert first.findings[0].fingerprint == second.findings[0].fingerprint
