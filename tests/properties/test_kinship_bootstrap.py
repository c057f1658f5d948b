from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.kit.bootstrap import combined, interval, resampled_means

SAMPLES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30).map(np.array)


@given(SAMPLES, st.integers(0, 2**31))
def test_means_lie_within_the_sample_and_repeat(values: np.ndarray, seed: int) -> None:
    means = resampled_means(values, seed, n_resamples=200)
    slack = 1e-9 * max(1.0, float(np.abs(values).max()))
    assert means.min() >= values.min() - slack
    assert means.max() <= values.max() + slack
    assert (means == resampled_means(values, seed, n_resamples=200)).all()


@given(SAMPLES, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_interval_follows_scale_and_shift(values: np.ndarray, scale: float, shift: float) -> None:
    plain = interval(resampled_means(values, 0, 200))
    moved = interval(resampled_means(values * scale + shift, 0, 200))
    np.testing.assert_allclose(
        moved, [bound * scale + shift for bound in plain], rtol=1e-6, atol=1e-4
    )


@given(SAMPLES, st.floats(0.1, 0.5), st.floats(0.6, 0.99))
def test_wider_level_gives_wider_interval(values: np.ndarray, low: float, high: float) -> None:
    means = resampled_means(values, 1, 200)
    inner, outer = interval(means, low), interval(means, high)
    assert outer[0] <= inner[0] <= inner[1] <= outer[1]


@given(st.floats(-1e3, 1e3), st.integers(1, 40))
def test_constant_sample_has_no_width(value: float, n: int) -> None:
    low, high = interval(resampled_means(np.full(n, value), 0, 100))
    assert low == pytest.approx(value)
    assert high == pytest.approx(value)


def test_distribution_is_that_of_all_resamples() -> None:
    values = np.array([0.0, 1.0, 5.0])
    exact = np.array([np.mean(draw) for draw in product(values, repeat=3)])
    means = resampled_means(values, 3, n_resamples=200_000)
    for point in np.unique(exact):
        share = float(np.mean(np.isclose(means, point)))
        assert share == pytest.approx(float(np.mean(np.isclose(exact, point))), abs=0.005)


def test_large_samples_use_the_same_distribution() -> None:
    values = np.random.default_rng(0).exponential(size=4000)
    drawn = resampled_means(values, 0, 2000)
    limit = resampled_means(values, 0, 2000, large=100)
    assert limit.mean() == pytest.approx(drawn.mean(), abs=0.003)
    assert limit.std() == pytest.approx(drawn.std(), rel=0.08)


def test_strata_are_weighted() -> None:
    a, b = np.array([1.0, 2.0]), np.array([10.0, 20.0])
    assert combined([a, b], [3, 1]).tolist() == [13 / 4, 26 / 4]


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf]])
def test_nothing_to_resample(values: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one value"):
        resampled_means(np.array(values), 0)
