"""Scores of predicted heights against sums written out by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_pipeline.config import GROUPS, TIERS
from reference_pipeline.evaluate import (
    STRICT,
    Estimate,
    Scores,
    criteria,
    gap,
    interval,
    scores,
    squared_errors,
)


def sample(n: int, seed: int, groups=GROUPS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of unequal groups, exact and predicted heights."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(
        len(groups), size=n, p=np.arange(1, len(groups) + 1) / sum(range(1, len(groups) + 1))
    )
    rows = np.zeros((n, 23))
    rows[:, 0] = 9
    rows[:, 1:3] = np.array(groups)[chosen]
    y_true = 2 ** rng.uniform(0, 10, n)
    return rows, y_true, y_true * 2 ** rng.normal(0, 0.5, n)


def test_an_error_of_a_factor_of_two_costs_one():
    assert squared_errors([8.0, 8.0, 8.0], [16.0, 4.0, 64.0]).tolist() == [1.0, 1.0, 9.0]


@settings(max_examples=25)
@given(st.integers(60, 400), st.integers(0, 10**6))
def test_scores_equal_loops_over_the_samples(n: int, seed: int):
    rows, y_true, y_pred = sample(n, seed)
    errors: dict[tuple[int, int], list[float]] = {}
    for row, true, predicted in zip(rows, y_true, y_pred, strict=True):
        error = (math.log2(true) - math.log2(predicted)) ** 2
        errors.setdefault((int(row[1]), int(row[2])), []).append(error)
    means = {group: statistics.fmean(values) for group, values in errors.items()}
    tiers = {tier: [g for g in groups if g in errors] for tier, groups in TIERS.items()}

    result = scores(rows, y_true, y_pred)

    assert set(result.by_group) == set(errors)
    for group, values in errors.items():
        assert result.by_group[group].value == pytest.approx(means[group])
        assert result.by_group[group].n == len(values)
    for tier, groups in tiers.items():
        if groups:
            together = [error for group in groups for error in errors[group]]
            assert result.by_tier[tier].value == pytest.approx(statistics.fmean(together))
        else:
            assert tier not in result.by_tier
    everything = [error for values in errors.values() for error in values]
    assert result.overall.value == pytest.approx(statistics.fmean(everything))
    assert result.overall.n == n
    balanced = statistics.fmean(
        statistics.fmean(means[group] for group in groups) for groups in tiers.values() if groups
    )
    assert result.balanced.value == pytest.approx(balanced)


def test_the_interval_of_the_mean_is_that_of_the_normal_approximation():
    values = np.array([0.0, 1.0, 4.0, 9.0])
    half = 1.959964 * statistics.stdev(values) / 2
    estimate = interval(values)
    assert (estimate.low, estimate.high) == pytest.approx((3.5 - half, 3.5 + half), rel=1e-6)


def test_intervals_cover_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    covered = {"overall": 0, "balanced": 0, "gap": 0}
    for _ in range(300):
        sides: list[Scores] = []
        for _ in range(2):
            rows, y_true, _ = sample(900, int(rng.integers(2**31)))
            sides.append(scores(rows, y_true, y_true * 2 ** rng.normal(0, 0.5, 900)))
        covered["overall"] += sides[0].overall.low <= 0.25 <= sides[0].overall.high
        covered["balanced"] += sides[0].balanced.low <= 0.25 <= sides[0].balanced.high
        difference = gap(*sides)
        covered["gap"] += difference.low <= 0 <= difference.high
    assert all(270 <= count <= 298 for count in covered.values()), covered


def test_the_gap_is_held_out_minus_train():
    rows, y_true, y_pred = sample(500, 1)
    train, held_out = scores(rows, y_true, y_true * 1.1), scores(rows, y_true, y_pred)
    difference = gap(train, held_out)
    assert difference.value == pytest.approx(held_out.overall.value - math.log2(1.1) ** 2)
    assert difference.low < difference.value < difference.high


def test_one_sample_leaves_the_spread_open():
    rows, y_true, y_pred = sample(1, 3)
    overall = scores(rows, y_true, y_pred).overall
    assert overall.n == 1 and overall.low == -math.inf and overall.high == math.inf


def made(overall: float, easy: float, medium: float, hard: float) -> Scores:
    def estimate(value: float) -> Estimate:
        return Estimate(value, value - 0.01, value + 0.01, 100)

    tiers = {"easy": estimate(easy), "medium": estimate(medium), "hard": estimate(hard)}
    return Scores(estimate(overall), estimate(overall), tiers, {})


def gap_of(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low, high, 100)


GOOD = made(0.21, 0.07, 0.15, 0.40)


@pytest.mark.parametrize(
    ("held_out", "difference", "leaked", "unmet"),
    [
        (GOOD, gap_of(0.02, 0.04), 0, set()),
        (GOOD, gap_of(-0.01, 0.015), 0, set()),  # a small gap is a virtue where nothing leaks
        (GOOD, gap_of(-0.01, 0.015), 3, {"held-out rows in train", "train-validation gap"}),
        (GOOD, gap_of(0.03, 0.04), 3, {"held-out rows in train"}),
        (GOOD, gap_of(0.07, 0.11), 0, set()),  # overlaps the range
        (GOOD, gap_of(0.081, 0.11), 0, {"train-validation gap"}),
        (made(0.374, 0.07, 0.15, 0.40), gap_of(0.02, 0.04), 0, {"overall"}),
        (made(0.21, 0.16, 0.31, 1.31), gap_of(0.02, 0.04), 0, {"easy", "medium", "hard"}),
    ],
)
def test_the_six_criteria(held_out, difference, leaked, unmet):
    judged = criteria(held_out, difference, leaked)
    assert [criterion.name for criterion in judged] == [
        "overall",
        "easy",
        "medium",
        "hard",
        "held-out rows in train",
        "train-validation gap",
    ]
    assert {criterion.name for criterion in judged if not criterion.met} == unmet


def test_stricter_thresholds_and_a_missing_tier():
    difference = gap_of(0.02, 0.04)
    strict = criteria(made(0.21, 0.09, 0.15, 0.40), difference, 0, STRICT)
    assert {criterion.name for criterion in strict if not criterion.met} == {"easy"}
    rows, y_true, y_pred = sample(200, 5, groups=TIERS["easy"])
    judged = criteria(scores(rows, y_true, y_pred), difference, 0)
    assert {c.name for c in judged if math.isnan(c.value) and not c.met} == {"medium", "hard"}


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
@pytest.mark.parametrize("side", ["true", "predicted"])
def test_unusable_heights_are_refused_and_located(bad: float, side: str):
    rows, y_true, y_pred = sample(10, 2)
    (y_true if side == "true" else y_pred)[4] = bad
    with pytest.raises(ValueError, match=rf"1 {side} heights .* at 4"):
        scores(rows, y_true, y_pred)


def test_arrays_that_do_not_fit_together_are_refused():
    rows, y_true, y_pred = sample(10, 2)
    with pytest.raises(ValueError, match="differ"):
        scores(rows, y_true, y_pred[:9])
    with pytest.raises(ValueError, match="10 rows"):
        scores(rows[:9], y_true, y_pred)
    with pytest.raises(ValueError, match="no samples"):
        scores(rows[:0], y_true[:0], y_pred[:0])
    rows[7, 2] = 8
    with pytest.raises(ValueError, match=r"no known group, .*m=8.* at 7"):
        scores(rows, y_true, y_pred)
