"""Percentile bootstrap of a mean, and of a weighted mean over strata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Means = NDArray[np.float64]

RESAMPLES = 1000
LARGE = 5000  # from here on the mean of a resample is normal for every practical purpose
_CELLS = 1_000_000


def resampled_means(
    values: Array, random_state: int, n_resamples: int = RESAMPLES, large: int = LARGE
) -> Means:
    """Means of resamples drawn with replacement, each as large as the sample.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite numbers, n ≥ 1.
    random_state : int
        Seed; the same seed gives the same means.
    n_resamples : int
        Number of resamples.
    large : int
        Samples of more values than this use the normal limit of the same distribution.

    Returns
    -------
    ndarray of float, shape (n_resamples,)

    Raises
    ------
    ValueError
        If there are no values, or one is not finite.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        raise ValueError("a bootstrap needs at least one value, and finite ones")
    rng = np.random.default_rng(random_state)
    n = len(sample)
    if n > large:
        return rng.normal(sample.mean(), sample.std() / np.sqrt(n), n_resamples)
    means = np.empty(n_resamples)
    step = max(_CELLS // n, 1)
    for start in range(0, n_resamples, step):
        size = min(step, n_resamples - start)
        means[start : start + size] = sample[rng.integers(0, n, (size, n))].mean(axis=1)
    return means


def combined(means: Sequence[Means], weights: Sequence[float]) -> Means:
    """Weighted mean of the resampled means of independent strata, resample by resample."""
    shares = np.asarray(weights, dtype=np.float64) / float(np.sum(weights))
    total: Means = np.tensordot(shares, np.stack(list(means)), axes=1)
    return total


def interval(means: Means, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval: the central `level` of the resampled means."""
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
