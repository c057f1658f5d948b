"""Group metrics combine to the metric of all rows; bounds contain what was rounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.kit.scores import SCORES, canonical_metric, combine, metric_bounds, score_samples

MEANS = sorted(name for name, score in SCORES.items() if score.per_sample is not None)
SEEDS = st.integers(0, 2**32 - 1)


def data(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = np.exp(rng.normal(size=n))
    return true, true * np.exp(0.3 * rng.normal(size=n)), rng.integers(0, 4, n)


def classified(seed: int, k: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Codes of k classes, and their probabilities; of the second of two."""
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.full(k, 0.7), size=n)
    return rng.integers(0, k, n), scores[:, 1] if k == 2 else scores


@pytest.mark.parametrize("metric", MEANS)
@given(seed=SEEDS)
def test_groups_combine_to_the_whole(metric: str, seed: int) -> None:
    true, predicted, groups = data(seed)
    if SCORES[metric].labels:
        true, predicted = np.round(true), np.round(predicted)
    if SCORES[metric].scores:
        true, predicted = classified(seed, 2 + seed % 4)
    parts = [groups == g for g in np.unique(groups)]
    values = [score_samples(metric, true[p], predicted[p]) for p in parts]
    whole = combine(metric, np.array(values, float), np.array([p.sum() for p in parts]))
    assert whole == pytest.approx(score_samples(metric, true, predicted), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("metric", MEANS)
@given(seed=SEEDS, decimals=st.integers(1, 5))
def test_bounds_contain_the_metric_before_rounding(metric: str, seed: int, decimals: int) -> None:
    true, predicted, _ = data(seed)
    if SCORES[metric].labels:
        return
    if SCORES[metric].scores:
        true, predicted = classified(seed, 2 + seed % 2)
        bounds = metric_bounds(metric, true, predicted.round(decimals))
        assert bounds.low <= score_samples(metric, true, predicted) <= bounds.high
        return
    exact = score_samples(metric, true, predicted)
    stored = np.maximum(true.round(decimals), 0.1), np.maximum(predicted.round(decimals), 0.1)
    if (stored[0] == 0.1).any() or (stored[1] == 0.1).any():
        return
    bounds = metric_bounds(metric, *stored)
    assert exact is not None
    assert bounds.low <= exact <= bounds.high


@given(SEEDS)
def test_order_of_rows_does_not_matter(seed: int) -> None:
    true, predicted, _ = data(seed)
    order = np.random.default_rng(seed).permutation(len(true))
    for metric in ("log2_mse", "rmse", "mape"):
        assert score_samples(metric, true[order], predicted[order]) == pytest.approx(
            score_samples(metric, true, predicted)
        )


@given(st.text(max_size=40))
def test_no_name_raises(name: str) -> None:
    found = canonical_metric(name)
    assert found is None or found in SCORES


@given(
    st.sampled_from(sorted(SCORES)),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=5),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=5, max_size=5),
)
def test_combine_is_finite_or_none(metric: str, values: list[float], weights: list[float]) -> None:
    with np.errstate(all="ignore"):
        result = combine(metric, values, weights[: len(values)])
    assert result is None or np.isfinite(result)
