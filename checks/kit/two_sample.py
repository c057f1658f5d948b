"""Classifier two-sample test: can rows of one sample be told from those of another?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Matrix = NDArray[np.float64]
_Z = 1.959963984540054  # 97.5th percentile of the standard normal distribution
_FOLDS = 5
_FOURIER = 128
_MAX_COLUMNS = 128
_RIDGE = 10.0


@dataclass(frozen=True, slots=True)
class Separation:
    """How well two samples can be told apart.

    Parameters
    ----------
    auc : float
        Mean over folds of the area under the ROC curve of rows that the classifier did not see;
        0.5 if the samples are alike.
    interval : tuple of (float, float)
        95 % interval of `auc`, robust to rows of one cluster being alike.
    n : int
        Rows of both samples.
    """

    auc: float
    interval: tuple[float, float]
    n: int


def auc_of(scores: Array, positive: Array) -> float:
    """Probability that a positive row has the greater score; ties count half.

    Examples
    --------
    >>> auc_of(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    first, second = _placements(np.asarray(scores, float), np.asarray(positive, bool))
    return float(second.mean()) if len(first) and len(second) else 0.5


def separation(
    first: Matrix, second: Matrix, clusters: tuple[Array, Array], random_state: int = 0
) -> Separation:
    """Test whether a classifier tells `second` from `first`, out of fold.

    The classifier is a ridge regression on ranks, their squares, the distance of a value to the
    nearest whole number, and random Fourier features of the ranks. All of it is fitted on the
    other folds; rows of one cluster stay in one fold.

    Parameters
    ----------
    first, second : ndarray, shapes (n, d) and (m, d)
        Rows; NaN counts as the smallest value.
    clusters : tuple of ndarray of int
        Cluster of each row, with numbers shared by both samples; a row and its copies are one.
    random_state : int
        Seed of folds and features.

    Returns
    -------
    Separation
        With the interval of DeLong, summed within clusters (Obuchowski 1997), averaged over
        folds.

    Raises
    ------
    ValueError
        If one of the samples has fewer than ten rows, or all rows are one cluster.
    """
    if min(len(first), len(second)) < 10:
        raise ValueError("each sample needs at least ten rows")
    rows = np.vstack([first, second]).astype(np.float64)
    rows[np.isnan(rows)] = -np.inf
    positive = np.r_[np.zeros(len(first), bool), np.ones(len(second), bool)]
    _, own = np.unique(np.concatenate(clusters), return_inverse=True)
    n_clusters = int(own.max()) + 1
    if n_clusters < _FOLDS:
        raise ValueError("the rows need at least five clusters")
    rng = np.random.default_rng(random_state)
    fold_of = rng.permutation(n_clusters) % _FOLDS
    values, errors = [], []
    for fold in range(_FOLDS):
        test = fold_of[own] == fold
        if not (positive[test].any() and (~positive[test]).any()):
            continue
        fit = ~test
        if not (positive[fit].any() and (~positive[fit]).any()):
            continue
        scores = _scores(rows[fit], positive[fit], rows[test], rng)
        auc, error = _clustered(scores, positive[test], own[test])
        values.append(auc)
        errors.append(error)
    if not values:
        raise ValueError("no fold holds rows of both samples")
    auc = float(np.mean(values))
    # Each pair of folds is used twice, once in either direction, and where there is no difference
    # both uses err alike: the variance is twice that of independent folds.
    error = float(np.sqrt(2 * np.sum(np.square(errors))) / len(errors))
    # No spread at all does not mean certainty: the rule of three bounds what was not seen.
    least = 3.0 / n_clusters if auc in (0.0, 1.0) else 0.0
    low, high = auc - max(_Z * error, least), auc + max(_Z * error, least)
    return Separation(auc, (max(0.0, low), min(1.0, high)), len(rows))


def _placements(scores: Matrix, positive: Array) -> tuple[Matrix, Matrix]:
    """For each negative row the share of positives above it, for each positive of negatives
    below; ties count half.
    """
    low, high = np.sort(scores[~positive]), np.sort(scores[positive])
    if not len(low) or not len(high):
        return np.empty(0), np.empty(0)
    above = 1 - (_rank(high, scores[~positive]) / len(high))
    below = _rank(low, scores[positive]) / len(low)
    return above, below


def _rank(ordered: Matrix, at: Matrix) -> Matrix:
    """How many ordered values are smaller, equal ones by half."""
    left = np.searchsorted(ordered, at, "left")
    right = np.searchsorted(ordered, at, "right")
    return np.asarray((left + right) / 2, dtype=np.float64)


def _clustered(scores: Matrix, positive: Array, clusters: Array) -> tuple[float, float]:
    """AUC and its standard error, rows of one cluster summed before they are squared."""
    above, below = _placements(scores, positive)
    auc = float(below.mean())
    influence = np.empty(len(scores))
    influence[~positive] = (above - auc) / len(above)
    influence[positive] = (below - auc) / len(below)
    sums = np.bincount(clusters, weights=influence)
    size = len(np.unique(clusters))
    return auc, float(np.sqrt(np.sum(sums**2) * size / max(size - 1, 1)))


def _scores(fit: Matrix, positive: Array, test: Matrix, rng: np.random.Generator) -> Matrix:
    """Scores of `test` by a classifier fitted on `fit`; ranks are those among `fit`."""
    columns = _strongest(fit, positive)
    a, b = _ranks(fit[:, columns], fit[:, columns]), _ranks(fit[:, columns], test[:, columns])
    directions = rng.normal(size=(a.shape[1], _FOURIER)) * np.sqrt(12 / max(1, a.shape[1]))
    phases = rng.uniform(0, 2 * np.pi, _FOURIER)
    design = _design(a, fit[:, columns], directions, phases)
    mean, scale = design.mean(axis=0), design.std(axis=0)
    used = scale > 1e-12
    z = (design[:, used] - mean[used]) / scale[used]
    target = positive - positive.mean()
    # Both samples weigh the same, however many rows they have.
    weight = np.where(positive, 0.5 / positive.mean(), 0.5 / (1 - positive.mean()))
    gram = z.T @ (z * weight[:, None]) + _RIDGE * np.sqrt(len(z)) * np.eye(z.shape[1])
    slope = np.linalg.solve(gram, z.T @ (weight * target))
    unseen = _design(b, test[:, columns], directions, phases)[:, used]
    return np.asarray(((unseen - mean[used]) / scale[used]) @ slope, dtype=np.float64)


def _strongest(fit: Matrix, positive: Array) -> Array:
    """Columns that separate the samples best by themselves, at most ``_MAX_COLUMNS``."""
    if fit.shape[1] <= _MAX_COLUMNS:
        return np.arange(fit.shape[1])
    alone = [abs(auc_of(fit[:, i], positive) - 0.5) for i in range(fit.shape[1])]
    return np.sort(np.argsort(alone, kind="stable")[-_MAX_COLUMNS:])


def _ranks(among: Matrix, rows: Matrix) -> Matrix:
    out = np.empty(rows.shape)
    for i in range(rows.shape[1]):
        out[:, i] = _rank(np.sort(among[:, i]), rows[:, i]) / len(among) - 0.5
    return out


def _design(ranks: Matrix, rows: Matrix, directions: Matrix, phases: Matrix) -> Matrix:
    finite = np.where(np.isfinite(rows), rows, 0.0)
    whole = np.abs(finite - np.round(finite)) > 1e-9
    waves = np.cos(ranks @ directions + phases)
    return np.hstack([ranks, ranks**2, whole.astype(float), waves])
