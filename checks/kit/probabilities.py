"""Metrics of classifiers that are about scores and probabilities, not about predicted labels.

Targets are codes: the position of each label among the classes. Scores have one column a class,
or are those of the second of two classes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import Predictions

Array = NDArray[Any]
Losses = NDArray[np.float64]

_MAX_PAIRS = 30  # classes, for the average over pairs
_SINGLE = float(np.finfo(np.float32).eps)
_DOUBLE = float(np.finfo(np.float64).eps)


class CannotScoreError(ValueError):
    """A metric cannot be computed from these predictions; the message says why."""


def canonical_label(value: Any) -> str:
    """Spell a class label: one file stores the label 1, another ``"1"`` or 1.0."""
    text = str(value).strip()
    return text[:-2] if text.endswith(".0") else text


def coded(scored: Predictions) -> tuple[Array, Array]:
    """Targets as codes, and the scores that the export keeps beside the predictions.

    Returns
    -------
    codes : ndarray of int, shape (n,)
    scores : ndarray of float, shape (n,) or (n, n_classes)
        Of the second class where there are two.

    Raises
    ------
    CannotScoreError
        If there are none, or a target is none of the classes.
    """
    if scored.y_score is None:
        return _coded_by_prediction(scored)
    place = {label: code for code, label in enumerate(scored.classes)}
    numbers, labels = pd.factorize(scored.y_true)
    codes = np.array([place.get(canonical_label(label), -1) for label in labels], dtype=np.int64)
    if (numbers < 0).any() or (codes < 0).any():
        raise CannotScoreError("some targets are none of the classes that have a score")
    scores = scored.y_score
    if scores.ndim == 2 and scores.shape[1] == 2:
        scores = scores[:, 1]
    return codes[numbers], scores


def _coded_by_prediction(scored: Predictions) -> tuple[Array, Array]:
    """The predictions themselves, where they are probabilities of the larger of two numbers."""
    true, predicted = np.asarray(scored.y_true), np.asarray(scored.y_pred)
    if true.dtype.kind not in "biuf" or predicted.dtype.kind != "f":
        raise CannotScoreError("there are no scores beside the predictions")
    labels = np.unique(true)
    if len(labels) != 2 or not _whole(true) or _whole(predicted):
        raise CannotScoreError("there are no scores beside the predictions")
    return (true == labels[1]).astype(np.int64), predicted


def _whole(values: Array) -> bool:
    return bool((values == np.round(values)).all())


def log_losses(codes: Array, scores: Array) -> Losses:
    """Negative natural logarithm of the probability of the true class, as scikit-learn clips it.

    Raises
    ------
    CannotScoreError
        If the scores are no probabilities, or the targets no codes.
    """
    likely = _of_true_class(codes, scores)
    eps = _SINGLE if likely.dtype == np.float32 else _DOUBLE
    losses: Losses = -np.log(np.clip(likely.astype(np.float64), eps, 1 - eps))
    return losses


def brier_losses(codes: Array, scores: Array) -> Losses:
    """Squared distance of the probabilities from the true class: of the second of two classes,
    or summed over all classes.

    Raises
    ------
    CannotScoreError
        If the scores are no probabilities, or the targets no codes.
    """
    losses: Losses = np.square(_distances(codes, scores)).reshape(len(scores), -1).sum(axis=1)
    return losses


def loss_range(metric: str, codes: Array, scores: Array, half: Losses) -> tuple[Losses, Losses]:
    """Bounds on ``log_loss`` or ``brier_score`` of each sample, with scores within ± `half`.

    Probabilities of 0 stand for anything below the resolution of single precision, because the
    value may have been computed in either.
    """
    if metric == "brier_score":
        distance = np.abs(_distances(codes, scores))
        low = np.square(np.maximum(distance - half, 0.0)).reshape(len(scores), -1).sum(axis=1)
        high = np.square(np.minimum(distance + half, 1.0)).reshape(len(scores), -1).sum(axis=1)
        return low, high
    likely = _of_true_class(codes, scores).astype(np.float64)
    if half.ndim == 1:
        around = np.where(codes == 1, half, np.maximum(half, _SINGLE))  # 1 - p, of an unknown type
    else:
        around = half[np.arange(len(codes)), codes]
    low = -np.log(np.clip(likely + around, _SINGLE, 1 - _DOUBLE))
    high = -np.log(np.clip(likely - around, _DOUBLE, 1 - _SINGLE))
    return np.where(likely + around >= 1 - _SINGLE, 0.0, low), high


def _distances(codes: Array, scores: Array) -> Losses:
    _of_true_class(codes, scores)
    if scores.ndim == 1:
        return np.asarray(scores, dtype=np.float64) - codes
    return np.asarray(scores, dtype=np.float64) - np.eye(scores.shape[1])[codes]


def _of_true_class(codes: Array, scores: Array) -> Array:
    """Probability of the true class of each sample."""
    codes, scores = np.asarray(codes), np.asarray(scores)
    classes = 2 if scores.ndim == 1 else scores.shape[1]
    if codes.dtype.kind not in "biu" and not (codes.dtype.kind == "f" and _whole(codes)):
        raise CannotScoreError("the targets are no classes")
    if scores.dtype.kind != "f" or not np.isfinite(scores).all():
        raise CannotScoreError("some scores are no numbers")
    if ((scores < 0) | (scores > 1)).any():
        raise CannotScoreError("the scores are no probabilities between 0 and 1")
    if ((codes < 0) | (codes >= classes)).any():
        raise CannotScoreError("some targets are none of the classes that have a score")
    if scores.ndim == 1:
        return np.where(codes == 1, scores, 1 - scores)
    return scores[np.arange(len(codes)), codes.astype(np.int64)]


def ranking_scores(metric: str, codes: Array, scores: Array) -> dict[str, float]:
    """``roc_auc`` or ``average_precision`` in each customary averaging.

    Returns
    -------
    dict of str to float
        Variant to value; empty where a class has no samples, or a score is not finite.
    """
    if not np.isfinite(scores).all():
        return {}
    binary = roc_auc if metric == "roc_auc" else average_precision
    if scores.ndim == 1:
        value = binary(codes == 1, scores)
        return {} if value is None else {metric: value}
    k = scores.shape[1]
    support = np.bincount(codes, minlength=k)
    if (support == 0).any():
        return {}
    values = [binary(codes == code, scores[:, code]) for code in range(k)]
    if any(value is None for value in values):
        return {}
    found = np.array(values, dtype=np.float64)
    variants = {
        "ovr macro": float(found.mean()),
        "ovr weighted": float(np.average(found, weights=support)),
    }
    flat = binary((codes[:, None] == np.arange(k)).ravel(), scores.ravel())
    if flat is not None:
        variants["micro"] = flat
    if metric == "roc_auc" and k <= _MAX_PAIRS:
        pairs = [
            (_pair_auc(codes, scores, a, b), int(support[a] + support[b]))
            for a in range(k)
            for b in range(a + 1, k)
        ]
        areas = [area for area, _ in pairs]
        variants["ovo macro"] = float(np.mean(areas))
        variants["ovo weighted"] = float(np.average(areas, weights=[n for _, n in pairs]))
    return variants


def _pair_auc(codes: Array, scores: Array, a: int, b: int) -> float:
    inside = (codes == a) | (codes == b)
    one = roc_auc(codes[inside] == a, scores[inside, a])
    other = roc_auc(codes[inside] == b, scores[inside, b])
    assert one is not None
    assert other is not None
    return (one + other) / 2


def roc_auc(positive: NDArray[np.bool_], scores: Array) -> float | None:
    """Area under the ROC curve, ties counted half; ``None`` unless both classes occur."""
    n = int(positive.sum())
    if not 0 < n < len(positive):
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]  # ties share their mean rank
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def average_precision(positive: NDArray[np.bool_], scores: Array) -> float | None:
    """Mean precision over the steps of recall; ``None`` unless both classes occur."""
    n = int(positive.sum())
    if not 0 < n < len(positive):
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    last = np.append(np.diff(scores[order]) != 0, True)  # tied scores are one threshold
    found, claimed = hits[last], np.flatnonzero(last) + 1
    steps = np.diff(np.concatenate([[0], found]))
    return float(np.sum(steps * found / claimed) / n)
