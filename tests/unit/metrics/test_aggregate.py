from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from audit.model.artifacts import Grouping, MetricTable, SplitRole
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence, Severity
from checks.metrics.aggregate import Params, aggregate
from tests.unit.metrics.builders import (
    RUN2,
    RUN6,
    RUN6_GROUPING,
    RUN6_ROWS,
    evidence,
    metrics,
    predictions,
    reported,
    splits,
    table,
)

TWO = Grouping(("site",), ("a", "b"))


def judge(*tables: Any, grouping: Any = TWO, **artifacts: Any) -> Outcome:
    given = {"splits": None, "predictions": None, "baseline": None} | artifacts
    return aggregate.function(metrics=metrics(*tables), grouping=grouping, params=Params(), **given)


def test_run6_follows_from_its_rows() -> None:
    outcome = judge(table("log2_mse", 0.181483, RUN6, RUN6_ROWS), grouping=RUN6_GROUPING)
    assert outcome.verdict is Verdict.PASS
    assert "groups weighted by the counts in metrics.json" in outcome.reason
    by_hand = sum(RUN6[key] * RUN6_ROWS[key] for key in RUN6) / 421_200
    assert evidence(outcome, "recomputed_metric") == pytest.approx(by_hand)
    assert evidence(outcome, "reported_metric") == 0.181483
    assert evidence(outcome, "balanced_metric") == pytest.approx(sum(RUN6.values()) / 9)
    assert evidence(outcome, "worst_group") == "k=4, m=3"


def test_run2_is_the_equal_weight_mean() -> None:
    outcome = judge(table("log2_mse", 0.507, RUN2, half_width=0.0005), grouping=RUN6_GROUPING)
    assert outcome.verdict is Verdict.PASS
    assert "equal weight for every group" in outcome.reason


def test_an_overall_value_that_follows_from_nothing() -> None:
    outcome = judge(table("log2_mse", 0.161, RUN6, RUN6_ROWS), grouping=RUN6_GROUPING)
    (finding,) = outcome.findings
    assert finding.confidence is Confidence.HIGH
    assert "0.161 cannot be reproduced" in finding.message


def test_rounded_groups_are_given_their_intervals() -> None:
    rounded = {key: round(value, 2) for key, value in RUN6.items()}  # together .1820
    exact = table("log2_mse", 0.181483, rounded, RUN6_ROWS)
    assert judge(exact).verdict is Verdict.FAIL
    written = table("log2_mse", 0.181483, rounded, RUN6_ROWS, half_width=0.005)
    assert judge(written).verdict is Verdict.PASS


def test_tiers_of_unequal_size_may_weigh_the_same() -> None:
    grouping = Grouping(("g",), ("a", "b", "c"), {"a": "x", "b": "x", "c": "y"})
    values = {"a": 1.0, "b": 2.0, "c": 6.0}
    outcome = judge(
        table("mse", (1.5 + 6.0) / 2, values, dict.fromkeys("abc", 9)), grouping=grouping
    )
    assert outcome.verdict is Verdict.PASS
    assert "equal weight for every tier" in outcome.reason
    assert evidence(outcome, "balanced_metric") == 3.75


@pytest.mark.parametrize("overall", [5.0, 4.0])  # root of the mean square, mean of the roots
def test_root_metrics_combine_either_way(overall: float) -> None:
    outcome = judge(table("rmse", overall, {"a": 1.0, "b": 7.0}, {"a": 50, "b": 50}))
    assert outcome.verdict is Verdict.PASS


def test_percent_and_shares_are_the_same() -> None:
    outcome = judge(table("accuracy", 82.5, {"a": 0.9, "b": 0.75}, {"a": 50, "b": 50}))
    assert outcome.verdict is Verdict.PASS


def test_unknown_rows_leave_the_question_open() -> None:
    inside = judge(table("mse", 1.2, {"a": 1.0, "b": 2.0}))
    assert inside.verdict is Verdict.REVIEW
    assert "rows of every group" in inside.reason
    outside = judge(table("mse", 0.9, {"a": 1.0, "b": 2.0}))
    assert outside.verdict is Verdict.FAIL
    assert outside.findings[0].confidence is Confidence.MEDIUM


def test_counts_of_other_groups_are_not_used() -> None:
    outcome = judge(
        table("mse", 1.2, {"a": 1.0, "b": 2.0}), splits=splits({"a": 1}, {"a": 5, "b": 5, "c": 9})
    )
    assert outcome.verdict is Verdict.REVIEW


def data(n: int = 400) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(3)
    truth = rng.normal(3, 1, n)
    groups = np.repeat(["a", "b"], [n - n // 4, n // 4])
    return truth, truth + rng.normal(0, 0.5, n) * np.where(groups == "a", 1, 3), groups


def test_predictions_reproduce_overall_and_groups() -> None:
    truth, guess, groups = data()
    by_group = {g: sk.mean_absolute_error(truth[groups == g], guess[groups == g]) for g in "ab"}
    outcome = judge(
        table("mae", sk.mean_absolute_error(truth, guess), by_group),
        predictions=predictions(truth, guess, groups),
    )
    assert outcome.verdict is Verdict.PASS
    assert "2 group values follow from predictions.csv" in outcome.reason


@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_predictions_stored_with_few_digits_still_agree(decimals: int) -> None:
    truth, guess, groups = data()
    outcome = judge(
        table("rmse", sk.root_mean_squared_error(truth, guess)),
        predictions=predictions(truth.round(decimals), guess.round(decimals), groups),
    )
    assert outcome.verdict is Verdict.PASS


def test_a_group_value_that_its_rows_do_not_give() -> None:
    truth, guess, groups = data()
    mse = {g: sk.mean_squared_error(truth[groups == g], guess[groups == g]) for g in "ab"}
    outcome = judge(
        table("mse", sk.mean_squared_error(truth, guess), {**mse, "b": mse["b"] / 2}),
        predictions=predictions(truth, guess, groups),
    )
    (finding,) = outcome.findings
    assert "1 of 2 group values" in finding.message
    assert finding.confidence is Confidence.HIGH
    assert [e.group for e in finding.evidence] == ["b"]
    assert evidence(outcome, "recomputed_metric", "b") == pytest.approx(mse["b"])


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda v: v / 100, "another unit"), (lambda v: v**0.5, "is the rmse of")],
)
def test_one_cause_for_all_groups_is_a_doubt_and_no_finding(change: Any, words: str) -> None:
    truth, guess, groups = data()
    mse = {g: change(sk.mean_squared_error(truth[groups == g], guess[groups == g])) for g in "ab"}
    outcome = judge(table("mse", None, mse), predictions=predictions(truth, guess, groups))
    assert outcome.verdict is Verdict.REVIEW
    assert words in outcome.reason


def test_standardised_target_is_a_doubt() -> None:
    truth, guess, _ = data()
    guess = guess * 50
    truth = truth * 50
    scaled = sk.mean_squared_error(truth / truth.std(), guess / truth.std())
    outcome = judge(table("mse", scaled), predictions=predictions(truth, guess))
    assert outcome.verdict is Verdict.REVIEW
    assert "standardised" in outcome.reason


def test_overall_alone_against_predictions() -> None:
    truth, guess, _ = data()
    outcome = judge(table("mae", 0.11), predictions=predictions(truth, guess))
    assert outcome.verdict is Verdict.FAIL
    assert outcome.findings[0].confidence is Confidence.MEDIUM


def test_a_sample_of_predictions_proves_nothing() -> None:
    truth, guess, groups = data()
    outcome = judge(
        table("mae", 0.11, {"a": 0.1, "b": 0.3}, {"a": 3_000, "b": 1_000}),
        predictions=predictions(truth, guess, groups),
    )
    assert len(outcome.findings) == 1
    methods = [e.method for e in outcome.findings[0].evidence]
    assert "the predictions in predictions.csv" not in methods


def test_logarithm_of_a_negative_is_said() -> None:
    outcome = judge(
        table("log2_mse", 0.2), predictions=predictions([1.0, 2.0, 4.0], [1.0, -2.0, 4.0])
    )
    assert outcome.verdict is Verdict.REVIEW
    assert "not finite for 1 of 3 predictions" in outcome.reason


def labels() -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 300)
    return truth, np.where(rng.random(300) < 0.7, truth, rng.integers(0, 3, 300))


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("name", ["f1", "precision", "recall"])
def test_label_metrics_in_each_averaging(name: str, average: str) -> None:
    truth, guess = labels()
    value = getattr(sk, f"{name}_score")(truth, guess, average=average)
    outcome = judge(table(name, value), predictions=predictions(truth, guess))
    assert outcome.verdict is Verdict.PASS, outcome.reason
    wrong = judge(table(name, value + 0.05), predictions=predictions(truth, guess))
    assert wrong.verdict is Verdict.FAIL


def test_probabilities_are_no_labels() -> None:
    outcome = judge(
        table("accuracy", 0.75), predictions=predictions([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.1])
    )
    assert outcome.verdict is Verdict.REVIEW
    assert "not labels" in outcome.reason


def test_r2_of_groups_does_not_combine() -> None:
    outcome = judge(table("r2", 0.97, {"a": 0.5, "b": 0.6}, {"a": 10, "b": 10}))
    assert outcome.verdict is Verdict.REVIEW
    assert "predictions would be needed" in outcome.reason


def test_training_averages_are_not_judged() -> None:
    outcome = judge(table("mse", 1.9, {"a": 1.0, "b": 1.1}, {"a": 9, "b": 9}, role=SplitRole.TRAIN))
    assert outcome.verdict is Verdict.REVIEW


def test_every_table_is_checked_and_the_first_is_the_headline() -> None:
    outcome = judge(
        table("mse", 1.5, {"a": 1.0, "b": 2.0}, {"a": 9, "b": 9}),
        table("mse", 2.0, {"a": 1.0, "b": 2.0}, {"a": 9, "b": 9}, role=SplitRole.TEST),
    )
    (finding,) = outcome.findings
    assert "test mse 2" in finding.message
    assert [e.observed for e in outcome.measured if e.name == "reported_metric"] == [1.5]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_no_numbers(value: float) -> None:
    assert judge(table("mse", value, {"a": 1.0, "b": 2.0})).verdict is Verdict.REVIEW
    open_question = judge(table("mse", 1.0, {"a": value, "b": 2.0}, {"a": 1, "b": 1}))
    assert open_question.verdict is Verdict.REVIEW


# --- values of tiers --------------------------------------------------------------------------

THREE = Grouping(("g",), tuple("abcdef"), dict(zip("abcdef", "eemmhh", strict=True)))
SIX = {"a": 1.0, "b": 2.0, "c": 4.0, "d": 6.0, "e": 10.0, "f": 14.0}
COUNTS = {"a": 10, "b": 30, "c": 20, "d": 20, "e": 5, "f": 15}


def tiered(**tiers: float) -> MetricTable:
    base = table("mse", None, SIX, COUNTS)
    return replace(base, by_tier={key: reported(value) for key, value in tiers.items()})


@pytest.mark.parametrize(
    "tiers",
    [
        {"e": 1.5, "m": 5.0, "h": 12.0},  # equal weight for every group
        {"e": 1.75, "m": 5.0, "h": 13.0},  # (10 + 60) / 40, 5, (50 + 210) / 20: by rows
        {"e": 1.75, "other": 99.0},
        {"e": 1.751, "m": 5.004, "h": 13.01},
    ],
)
def test_tiers_that_follow_from_their_groups(tiers: dict[str, float]) -> None:
    outcome = judge(tiered(**tiers), grouping=THREE)
    assert outcome.verdict is Verdict.PASS
    assert "follow from their groups" in outcome.reason


def test_tiers_with_each_others_value() -> None:
    (finding,) = judge(tiered(e=13.0, m=5.0, h=1.75), grouping=THREE).findings
    assert finding.severity is Severity.WARNING
    assert "2 of 3 tier values" in finding.message
    assert "e and h have each other's value" in finding.message
    assert [(each.observed, each.expected) for each in finding.evidence] == [
        (1.75, 13.0),
        (13.0, 1.75),
    ]


def test_one_wrong_tier_is_a_warning_and_all_of_them_a_note() -> None:
    (one,) = judge(tiered(e=3.0, m=5.0, h=13.0), grouping=THREE).findings
    assert (one.severity, one.confidence) == (Severity.WARNING, Confidence.HIGH)
    (every,) = judge(tiered(e=0.5, m=0.6, h=0.7), grouping=THREE).findings
    assert (every.severity, every.confidence) == (Severity.NOTE, Confidence.LOW)


@pytest.mark.parametrize("metric", ["r2", "f1"])
def test_tiers_of_a_metric_that_is_no_mean_are_left_out(metric: str) -> None:
    outcome = judge(replace(tiered(e=0.1, m=0.2, h=0.3), metric=metric), grouping=THREE)
    assert not outcome.findings


def test_tiers_follow_from_predictions_where_groups_were_rounded() -> None:
    rng = np.random.default_rng(0)
    groups = np.array(list("abcdef") * 20)
    true = rng.normal(size=120)
    guess = true + rng.normal(size=120)
    squared = (true - guess) ** 2
    values = {key: float(squared[groups == key].mean()) for key in "abcdef"}
    tiers = {
        tier: float(squared[np.isin(groups, list(own))].mean())
        for tier, own in {"e": "ab", "m": "cd", "h": "ef"}.items()
    }
    made = replace(
        table("mse", None, values), by_tier={key: reported(value) for key, value in tiers.items()}
    )
    given = {"predictions": predictions(true, guess, groups), "grouping": THREE}
    assert judge(made, **given).verdict is Verdict.PASS
    moved = replace(made, by_tier={**made.by_tier, "e": reported(1.2 * tiers["e"])})
    (finding,) = judge(moved, **given).findings
    assert finding.evidence[0].observed == pytest.approx(tiers["e"])
