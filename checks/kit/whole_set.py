"""Metrics that are no mean over samples, in each customary averaging."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.kit.probabilities import canonical_label, ranking_scores

Array = NDArray[Any]
Losses = NDArray[np.float64]


def looks_like_scores(true: Array, predicted: Array) -> bool:
    """Whether predictions are fractions where the targets are labels."""
    if predicted.dtype.kind != "f" or true.dtype.kind not in "biuf":
        return False
    whole = predicted == np.round(predicted)
    return not bool(whole.all()) and bool((true == np.round(true)).all())


def whole_set_scores(metric: str, y_true: Array, y_pred: Array) -> dict[str, float]:
    """Metrics that are no mean over samples, by the name of each customary variant.

    Parameters
    ----------
    metric : str
        ``"r2"``, ``"f1"``, ``"precision"``, ``"recall"``, ``"balanced_accuracy"``,
        ``"roc_auc"`` or ``"average_precision"``.
    y_true, y_pred : ndarray, shape (n,), and shape (n,) or (n, n_classes)
        As from `arrays_for`; targets of ``roc_auc`` and scores of the larger of two labels.

    Returns
    -------
    dict of str to float
        Variant (``"macro"``, ``"label 1"`` …) to value; empty where it cannot be computed.
    """
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    if true.ndim != 1 or len(true) == 0 or len(true) != len(predicted):
        return {}
    if metric in ("roc_auc", "average_precision"):
        return _of_ranking(metric, true, predicted)
    if predicted.ndim != 1:
        return {}
    if metric == "r2":
        try:
            value = _r2(true.astype(float), predicted.astype(float))
        except (TypeError, ValueError):
            return {}
        return {} if value is None else {metric: value}
    if metric in ("f1", "precision", "recall", "balanced_accuracy"):
        if looks_like_scores(true, predicted):
            return {}
        return _label_scores(metric, true, predicted)
    return {}


def _of_ranking(metric: str, true: Array, scores: Array) -> dict[str, float]:
    if true.dtype.kind not in "biuf" or scores.dtype.kind not in "biuf":
        return {}
    if not (np.isfinite(true.astype(float)).all() and np.isfinite(scores.astype(float)).all()):
        return {}
    if scores.ndim == 2:
        codes = true.astype(np.int64)
        inside = (codes >= 0).all() and (codes < scores.shape[1]).all()
        return ranking_scores(metric, codes, scores) if inside else {}
    labels = np.unique(true)
    if len(labels) != 2 or np.isin(scores, labels).all():
        return {}  # predicted labels: the ranking that the metric is about is not known
    return ranking_scores(metric, (true == labels[1]).astype(np.int64), scores)


def _r2(true: Losses, predicted: Losses) -> float | None:
    if not (np.isfinite(true).all() and np.isfinite(predicted).all()):
        return None
    spread = float(np.sum(np.square(true - true.mean())))
    return 1.0 - float(np.sum(np.square(true - predicted))) / spread if spread > 0 else None


def _label_scores(metric: str, true: Array, predicted: Array) -> dict[str, float]:
    if not (true.dtype.kind in "biuf" and predicted.dtype.kind in "biuf"):
        true = np.array([canonical_label(value) for value in true])
        predicted = np.array([canonical_label(value) for value in predicted])
    names, codes = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    if len(names) > 1000:
        return {}  # a regression target, or names: no classes
    true_codes, predicted_codes = codes[: len(true)], codes[len(true) :]
    k = len(names)
    hits = np.bincount(true_codes[true_codes == predicted_codes], minlength=k).astype(float)
    support = np.bincount(true_codes, minlength=k).astype(float)
    claimed = np.bincount(predicted_codes, minlength=k).astype(float)

    def ratio(top: Losses, bottom: Losses) -> Losses:
        return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)

    if metric == "balanced_accuracy":
        return {"macro": float(ratio(hits, support)[support > 0].mean())}
    per_label = {
        "precision": ratio(hits, claimed),
        "recall": ratio(hits, support),
        "f1": ratio(2 * hits, support + claimed),
    }[metric]
    variants = {
        "macro": float(per_label.mean()),
        "weighted": float(np.dot(per_label, support) / support.sum()),
        "micro": float(hits.sum() / support.sum()),
    }
    if len(names) == 2:
        variants |= {
            f"label {canonical_label(name)}": float(v)
            for name, v in zip(names, per_label, strict=True)
        }
    return variants
