from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.model.artifacts import Grouping, SplitRole
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence
from checks.metrics.composition import Params, composition
from tests.unit.metrics.builders import (
    RUN6,
    RUN6_GROUPING,
    RUN6_ROWS,
    evidence,
    metrics,
    predictions,
    raw,
    splits,
    table,
)

TWO = Grouping(("site",), ("a", "b"))


def judge(grouping: Grouping, **artifacts: Any) -> Outcome:
    given = {"splits": None, "predictions": None, "metrics": None, "raw": None} | artifacts
    return composition.function(grouping=grouping, params=Params(), **given)


def run6(**artifacts: Any) -> Outcome:
    held_out = table("log2_mse", 0.181483, RUN6, RUN6_ROWS)
    return judge(RUN6_GROUPING, metrics=metrics(held_out), **artifacts)


def test_run6_is_mostly_hard_and_easy_hardly_counts() -> None:
    outcome = run6(raw=raw(dict.fromkeys(RUN6, 400)))
    (finding,) = outcome.findings
    # by hand: 5,400, 140,400 and 275,400 of 421,200 rows
    assert evidence(outcome, "rows_share", "tier easy") == pytest.approx(5_400 / 421_200)
    assert evidence(outcome, "rows_share", "tier medium") == pytest.approx(140_400 / 421_200)
    assert evidence(outcome, "rows_share", "tier hard") == pytest.approx(275_400 / 421_200)
    easy = 1_800 * (0.405360 + 0.460462 + 0.450569)
    assert evidence(outcome, "loss_share", "tier easy") == pytest.approx(
        easy / (0.181483 * 421_200), rel=1e-5
    )
    assert evidence(outcome, "balanced_metric") == pytest.approx(sum(RUN6.values()) / 9)
    assert finding.confidence is Confidence.HIGH
    assert "tier hard (65.4% of the rows)" in finding.message
    assert "tier easy 33.3% to 1.3%" in finding.why


def test_without_raw_data_the_neglected_tier_remains() -> None:
    outcome = run6()
    assert outcome.verdict is Verdict.FAIL
    assert "tier easy is 1.3% of the rows and 2.4 times worse" in outcome.findings[0].why
    assert outcome.findings[0].confidence is Confidence.MEDIUM


def test_natural_imbalance_split_as_it_is_stays_silent() -> None:
    counts = {"a": 900, "b": 100}
    outcome = judge(
        TWO,
        metrics=metrics(table("mse", 0.9 * 1 + 0.1 * 4, {"a": 1.0, "b": 4.0}, counts)),
        raw=raw({"a": 9_000, "b": 1_000}),
    )
    assert outcome.verdict is Verdict.PASS
    assert evidence(outcome, "balanced_metric") == 2.5


def test_augmented_validation_of_the_same_data_is_found() -> None:
    outcome = judge(
        TWO,
        metrics=metrics(table("mse", 1.3, {"a": 1.0, "b": 4.0}, {"a": 900, "b": 100})),
        raw=raw({"a": 500, "b": 500}),
    )
    assert outcome.verdict is Verdict.FAIL
    # the shares differ by 0.4; a random draw of 1,000 explains 2 × sqrt(0.25 / 1000)
    assert evidence(outcome, "composition_departure") == pytest.approx(0.4 - 2 * (0.25e-3) ** 0.5)


def test_imbalance_without_difference_in_the_metric_is_harmless() -> None:
    outcome = judge(
        TWO,
        metrics=metrics(table("mse", 1.002, {"a": 1.0, "b": 1.1}, {"a": 990, "b": 40})),
        raw=raw({"a": 500, "b": 500}),
    )
    assert outcome.verdict is Verdict.PASS


def test_deliberately_balanced_test_set_is_silent() -> None:
    outcome = judge(
        TWO,
        metrics=metrics(table("mse", 2.5, {"a": 1.0, "b": 4.0}, {"a": 500, "b": 500})),
        raw=raw({"a": 9_000, "b": 1_000}),
    )
    assert outcome.verdict is Verdict.PASS


def test_without_raw_data_a_natural_composition_is_not_claimed() -> None:
    held_out = table("mse", 1.3, {"a": 1.0, "b": 4.0}, {"a": 900, "b": 100})
    outcome = judge(TWO, metrics=metrics(held_out))
    assert outcome.verdict is Verdict.REVIEW
    natural = judge(TWO, metrics=metrics(held_out), raw=raw({"a": 9_000, "b": 1_000}))
    assert natural.verdict is Verdict.PASS


def test_a_handful_of_rows_is_too_noisy_to_speak() -> None:
    outcome = judge(
        TWO, metrics=metrics(table("mse", 1.1, {"a": 1.0, "b": 11.0}, {"a": 990, "b": 10}))
    )
    assert outcome.verdict is Verdict.REVIEW
    assert "only 10 rows" in outcome.reason


def test_a_handful_of_rows_that_changes_nothing_passes() -> None:
    outcome = judge(
        TWO, metrics=metrics(table("mse", 1.001, {"a": 1.0, "b": 1.1}, {"a": 990, "b": 10}))
    )
    assert outcome.verdict is Verdict.PASS


def test_noise_of_the_small_tier_is_allowed_for() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(["a", "b"], [5_000, 40])
    errors = rng.normal(size=5_040)
    errors[-1] = 12.0  # one outlier makes the small group look 4 times worse
    by_group = {g: float(np.mean(errors[groups == g] ** 2)) for g in "ab"}
    assert by_group["b"] > 3 * by_group["a"]
    counts = {"a": 5_000, "b": 40}
    held_out = table("mse", float(np.mean(errors**2)), by_group, counts)
    scored = predictions(np.zeros(5_040), errors, groups)
    assert judge(TWO, metrics=metrics(held_out)).verdict is Verdict.FAIL
    assert judge(TWO, metrics=metrics(held_out), predictions=scored).verdict is Verdict.PASS


def test_accuracy_is_compared_by_error_rates() -> None:
    counts = {"a": 9_900, "b": 100}
    outcome = judge(TWO, metrics=metrics(table("accuracy", 0.975, {"a": 0.98, "b": 0.48}, counts)))
    assert outcome.verdict is Verdict.FAIL
    assert evidence(outcome, "balanced_metric") == pytest.approx(0.73)
    assert evidence(outcome, "loss_share", "b") == pytest.approx(52 / 250)


def test_root_metrics_share_their_squares() -> None:
    outcome = judge(
        TWO, metrics=metrics(table("rmse", 5.0, {"a": 1.0, "b": 7.0}, {"a": 50, "b": 50}))
    )
    assert evidence(outcome, "balanced_metric") == pytest.approx(5.0)
    assert evidence(outcome, "loss_share", "b") == pytest.approx(49 / 50)


def test_rows_come_from_the_split_before_stated_counts() -> None:
    outcome = judge(
        TWO,
        metrics=metrics(table("mse", 1.5, {"a": 1.0, "b": 2.0}, {"a": 1, "b": 99})),
        splits=splits({"a": 10, "b": 10}, {"a": 50, "b": 50}),
    )
    assert evidence(outcome, "rows_share", "a") == 0.5


@pytest.mark.parametrize(
    ("artifacts", "verdict"),
    [
        ({}, Verdict.NOT_APPLICABLE),
        ({"metrics": metrics(table("mse", 1.0, {"a": 1.0}))}, Verdict.NOT_APPLICABLE),
        ({"splits": splits({"a": 1}, {"a": 40})}, Verdict.NOT_APPLICABLE),
        ({"splits": splits({"a": 1}, {"a": 40, "b": 50})}, Verdict.REVIEW),
        (
            {"metrics": metrics(table("f1", 0.5, {"a": 0.5, "b": 0.1}, {"a": 50, "b": 50}))},
            Verdict.REVIEW,
        ),
        (
            {"metrics": metrics(table("mse", -1.0, {"a": 1, "b": -1}, {"a": 50, "b": 50}))},
            Verdict.REVIEW,
        ),
    ],
)
def test_missing_evidence_is_no_silent_pass(artifacts: Any, verdict: Verdict) -> None:
    assert judge(TWO, **artifacts).verdict is verdict


def test_training_table_is_not_the_subject() -> None:
    train = table("mse", 1.0, {"a": 1.0, "b": 9.0}, {"a": 999, "b": 1}, role=SplitRole.TRAIN)
    assert judge(TWO, metrics=metrics(train)).verdict is Verdict.NOT_APPLICABLE
