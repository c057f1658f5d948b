"""How much a metric varies from sample to sample."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.kit import bootstrap
from checks.kit.scores import SCORES, CannotScoreError, sample_losses, whole_set_scores

Array = NDArray[Any]

_BLOCKS = 20


def standard_error(metric: str, y_true: Array, y_pred: Array, reported: float) -> float | None:
    """Standard error of a metric from the samples themselves.

    Parameters
    ----------
    metric : str
        Canonical name.
    y_true, y_pred : ndarray
        As from `checks.kit.scores.arrays_for`.
    reported : float
        The value; tells which averaging of a metric that is no mean is meant.

    Returns
    -------
    float or None
        From a bootstrap of the losses (for rates of labels: Agresti and Coull's, which is not 0
        where all are right); for metrics that are no mean from a jackknife over 20 blocks. ``None``
        where there are fewer than two samples, or the metric cannot be computed.
    """
    score = SCORES.get(metric)
    if score is None or len(y_true) < 2:
        return None
    try:
        losses = sample_losses(metric, y_true, y_pred)
    except CannotScoreError:
        return None if score.mean else _jackknife(metric, y_true, y_pred, reported)
    if score.labels:
        return rate_error(float(losses.mean()), len(losses))
    means = bootstrap.resampled_means(losses, random_state=0)
    if score.root:
        means = np.sqrt(means)
    return float(means.std())


def rate_error(rate: float, n: int) -> float:
    """Standard error of a share of `n` samples, after Agresti and Coull."""
    p = (min(max(rate, 0.0), 1.0) * n + 2) / (n + 4)
    return math.sqrt(p * (1 - p) / (n + 4))


def customary_error(metric: str, value: float, n: int) -> float | None:
    """Standard error that a metric usually has with `n` samples, where only their number is known:
    the binomial one for rates (twice that for F1 and its like), a relative deviation of 2 for mean
    losses; ``None`` for unknown metrics.
    """
    score = SCORES.get(metric)
    if score is None or n < 1:
        return None
    if score.labels or (score.share and score.greater_is_better):
        return rate_error(value, n) * (1 if score.labels else 2)
    if score.greater_is_better:
        return 2 * abs(1 - value) / math.sqrt(n)
    return (1.0 if score.root else 2.0) * abs(value) / math.sqrt(n)


def _jackknife(metric: str, y_true: Array, y_pred: Array, reported: float) -> float | None:
    whole = whole_set_scores(metric, y_true, y_pred)
    if not whole or len(y_true) < 3 * _BLOCKS:
        return None
    variant = min(whole, key=lambda name: abs(whole[name] - reported))
    block = np.random.default_rng(0).permutation(len(y_true)) % _BLOCKS
    estimates = []
    for left_out in range(_BLOCKS):
        found = whole_set_scores(metric, y_true[block != left_out], y_pred[block != left_out])
        if variant not in found:
            return None
        estimates.append(found[variant])
    return math.sqrt((_BLOCKS - 1) * float(np.var(estimates)) + 1 / len(y_true) ** 2)
