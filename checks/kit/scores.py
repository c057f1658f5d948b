"""Metrics by name: what they are, which way is better, and how groups combine to an overall."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Score:
    """A metric that is known by name.

    Parameters
    ----------
    name : str
        Canonical name.
    greater_is_better : bool
        Direction.
    per_sample : callable, optional
        ``(y_true, y_pred) -> loss of each sample``, shape (n,), whose mean is the metric (or
        its square, see `root`); ``None`` when the metric is no mean over samples.
    root : bool
        The metric is the square root of that mean.
    """

    name: str
    greater_is_better: bool
    per_sample: Callable[[Array, Array], NDArray[np.float64]] | None = None
    root: bool = False


def _squared(y_true: Array, y_pred: Array) -> NDArray[np.float64]:
    loss: NDArray[np.float64] = np.square(np.asarray(y_true, float) - np.asarray(y_pred, float))
    return loss


def _absolute(y_true: Array, y_pred: Array) -> NDArray[np.float64]:
    loss: NDArray[np.float64] = np.abs(np.asarray(y_true, float) - np.asarray(y_pred, float))
    return loss


def _absolute_percentage(y_true: Array, y_pred: Array) -> NDArray[np.float64]:
    true = np.asarray(y_true, float)
    size = np.maximum(np.abs(true), np.finfo(np.float64).eps)
    loss: NDArray[np.float64] = np.abs(true - np.asarray(y_pred, float)) / size
    return loss


def _squared_log(
    function: Callable[[Array], Array],
) -> Callable[[Array, Array], NDArray[np.float64]]:
    def loss(y_true: Array, y_pred: Array) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return _squared(
                function(np.asarray(y_true, float)), function(np.asarray(y_pred, float))
            )

    return loss


def _equal(y_true: Array, y_pred: Array) -> NDArray[np.float64]:
    hit: NDArray[np.float64] = (np.asarray(y_true) == np.asarray(y_pred)).astype(np.float64)
    return hit


def _unequal(y_true: Array, y_pred: Array) -> NDArray[np.float64]:
    hit: NDArray[np.float64] = (np.asarray(y_true) != np.asarray(y_pred)).astype(np.float64)
    return hit


SCORES: Mapping[str, Score] = {
    score.name: score
    for score in (
        Score("log2_mse", False, _squared_log(np.log2)),
        Score("log_mse", False, _squared_log(np.log)),
        Score("log10_mse", False, _squared_log(np.log10)),
        Score("msle", False, _squared_log(np.log1p)),
        Score("rmsle", False, _squared_log(np.log1p), root=True),
        Score("mse", False, _squared),
        Score("rmse", False, _squared, root=True),
        Score("mae", False, _absolute),
        Score("mape", False, _absolute_percentage),
        Score("accuracy", True, _equal),
        Score("error_rate", False, _unequal),
        Score("log_loss", False),
        Score("loss", False),
        Score("r2", True),
        Score("f1", True),
        Score("precision", True),
        Score("recall", True),
        Score("balanced_accuracy", True),
        Score("roc_auc", True),
        Score("average_precision", True),
    )
}

_ALIASES: Mapping[str, str] = {
    "log2mse": "log2_mse",
    "mse_log2": "log2_mse",
    "logmse": "log_mse",
    "mse_log": "log_mse",
    "mean_squared_error": "mse",
    "mean_squared_log_error": "msle",
    "mean_squared_logarithmic_error": "msle",
    "root_mean_squared_error": "rmse",
    "root_mean_squared_log_error": "rmsle",
    "mean_absolute_error": "mae",
    "mean_absolute_percentage_error": "mape",
    "acc": "accuracy",
    "accuracy_score": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "binary_accuracy": "accuracy",
    "zero_one_loss": "error_rate",
    "error": "error_rate",
    "logloss": "log_loss",
    "cross_entropy": "log_loss",
    "crossentropy": "log_loss",
    "binary_crossentropy": "log_loss",
    "r2_score": "r2",
    "r_squared": "r2",
    "f1_score": "f1",
    "f1_macro": "f1",
    "macro_f1": "f1",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "rocauc": "roc_auc",
    "roc_auc_score": "roc_auc",
    "pr_auc": "average_precision",
}

_AFFIXES = re.compile(
    r"^(?:val|valid|validation|train|training|test|eval|holdout|held_out|heldout|dev|overall"
    r"|final|best|mean|avg|average|reported)_"
    r"|_(?:val|valid|validation|train|training|test|eval|holdout|heldout|dev|overall|final|best)$"
)


def canonical_metric(name: str) -> str | None:
    """Canonical name of a metric as a person or program writes it, or ``None`` if unknown.

    Examples
    --------
    >>> [canonical_metric(s) for s in ("val_log2-MSE", "Test RMSE", "AUROC", "val_size")]
    ['log2_mse', 'rmse', 'roc_auc', None]
    """
    text = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    while True:
        if text in SCORES:
            return text
        if text in _ALIASES:
            return _ALIASES[text]
        shorter = _AFFIXES.sub("", text, count=1)
        if shorter == text:
            return None
        text = shorter


def combine(metric: str, values: Array, weights: Array) -> float | None:
    """Overall metric from per-group metrics and group sizes (or any weights).

    Parameters
    ----------
    metric : str
        Canonical name.
    values, weights : ndarray, shape (n_groups,)
        Metric of each group and its weight; the weights need not sum to 1.

    Returns
    -------
    float or None
        The weighted mean (for root metrics: the root of the weighted mean of squares);
        ``None`` when the metric is not a mean over samples, so that groups do not combine.
    """
    score = SCORES.get(metric)
    total = float(np.sum(weights))
    if score is None or (score.per_sample is None and metric not in ("log_loss", "loss")):
        return None
    if total <= 0:
        return None
    base = np.square(values) if score.root else np.asarray(values, float)
    mean = float(np.dot(base, weights)) / total
    return float(np.sqrt(mean)) if score.root else mean


def score_samples(metric: str, y_true: Array, y_pred: Array) -> float | None:
    """Metric over samples, or ``None`` when it is not known as a mean over samples."""
    score = SCORES.get(metric)
    if score is None or score.per_sample is None or len(y_true) == 0:
        return None
    mean = float(np.mean(score.per_sample(y_true, y_pred)))
    return float(np.sqrt(mean)) if score.root else mean
