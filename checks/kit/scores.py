"""Metrics by name: what they are, which way is better, and how groups combine to an overall."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import Predictions
from checks.kit.intervals import Interval
from checks.kit.probabilities import CannotScoreError as CannotScoreError
from checks.kit.probabilities import (
    brier_losses,
    canonical_label,
    coded,
    log_losses,
    loss_range,
)
from checks.kit.whole_set import looks_like_scores
from checks.kit.whole_set import whole_set_scores as whole_set_scores

Array = NDArray[Any]
Losses = NDArray[np.float64]


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
        its square, see `root`); ``None`` when the metric is no mean over samples, or is not
        defined by targets and predictions alone.
    root : bool
        The metric is the square root of that mean.
    mean : bool
        The metric is a mean over samples (or its root), so that groups combine by their sizes.
    share : bool
        A number between 0 and 1 that is often written in percent.
    labels : bool
        `per_sample` compares labels, not numbers.
    scores : bool
        The metric is about scores or probabilities of classes, see `arrays_for`.
    """

    name: str
    greater_is_better: bool
    per_sample: Callable[[Array, Array], Losses] | None = None
    root: bool = False
    mean: bool = False
    share: bool = False
    labels: bool = False
    scores: bool = False


def _squared(y_true: Array, y_pred: Array) -> Losses:
    loss: Losses = np.square(np.asarray(y_true, float) - np.asarray(y_pred, float))
    return loss


def _absolute(y_true: Array, y_pred: Array) -> Losses:
    loss: Losses = np.abs(np.asarray(y_true, float) - np.asarray(y_pred, float))
    return loss


def _absolute_percentage(y_true: Array, y_pred: Array) -> Losses:
    true = np.asarray(y_true, float)
    size = np.maximum(np.abs(true), np.finfo(np.float64).eps)
    loss: Losses = np.abs(true - np.asarray(y_pred, float)) / size
    return loss


def _squared_log(
    function: Callable[[Array], Array],
) -> Callable[[Array, Array], Losses]:
    def loss(y_true: Array, y_pred: Array) -> Losses:
        with np.errstate(invalid="ignore", divide="ignore"):
            return _squared(
                function(np.asarray(y_true, float)), function(np.asarray(y_pred, float))
            )

    return loss


def _equal(y_true: Array, y_pred: Array) -> Losses:
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    if true.dtype.kind in "biuf" and predicted.dtype.kind in "biuf":
        hit: Losses = (true == predicted).astype(np.float64)
        return hit
    same = [canonical_label(a) == canonical_label(b) for a, b in zip(true, predicted, strict=True)]
    return np.array(same, dtype=np.float64)


def _unequal(y_true: Array, y_pred: Array) -> Losses:
    return 1.0 - _equal(y_true, y_pred)


SCORES: Mapping[str, Score] = {
    score.name: score
    for score in (
        Score("log2_mse", False, _squared_log(np.log2), mean=True),
        Score("log_mse", False, _squared_log(np.log), mean=True),
        Score("log10_mse", False, _squared_log(np.log10), mean=True),
        Score("msle", False, _squared_log(np.log1p), mean=True),
        Score("rmsle", False, _squared_log(np.log1p), root=True, mean=True),
        Score("mse", False, _squared, mean=True),
        Score("rmse", False, _squared, root=True, mean=True),
        Score("mae", False, _absolute, mean=True),
        Score("mape", False, _absolute_percentage, mean=True, share=True),
        Score("accuracy", True, _equal, mean=True, share=True, labels=True),
        Score("error_rate", False, _unequal, mean=True, share=True, labels=True),
        Score("log_loss", False, log_losses, mean=True, scores=True),
        Score("brier_score", False, brier_losses, mean=True, scores=True),
        Score("loss", False, mean=True),
        Score("r2", True),
        Score("f1", True, share=True),
        Score("precision", True, share=True),
        Score("recall", True, share=True),
        Score("balanced_accuracy", True, share=True),
        Score("roc_auc", True, share=True, scores=True),
        Score("average_precision", True, share=True, scores=True),
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
    "categorical_crossentropy": "log_loss",
    "sparse_categorical_crossentropy": "log_loss",
    "brier": "brier_score",
    "brier_loss": "brier_score",
    "brier_score_loss": "brier_score",
    "r2_score": "r2",
    "r_squared": "r2",
    "f1_score": "f1",
    "precision_score": "precision",
    "recall_score": "recall",
    "balanced_accuracy_score": "balanced_accuracy",
    "balanced_acc": "balanced_accuracy",
    **{
        name: metric
        for metric in ("f1", "precision", "recall")
        for average in ("macro", "micro", "weighted")
        for name in (f"{metric}_{average}", f"{average}_{metric}", f"{metric}_score_{average}")
    },
    "auc": "roc_auc",
    "auc_roc": "roc_auc",
    "auroc": "roc_auc",
    "rocauc": "roc_auc",
    "roc_auc_score": "roc_auc",
    **{
        f"{name}_{average}": "roc_auc"
        for name in ("roc_auc", "auroc", "auc")
        for average in ("macro", "weighted", "micro", "ovr", "ovo", "ovr_weighted", "ovo_weighted")
    },
    "pr_auc": "average_precision",
    "auc_pr": "average_precision",
    "auprc": "average_precision",
    "average_precision_score": "average_precision",
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


def combine(
    metric: str, values: Array | Sequence[float], weights: Array | Sequence[float]
) -> float | None:
    """Overall metric from per-group metrics and group sizes (or any weights).

    Parameters
    ----------
    metric : str
        Canonical name.
    values, weights : array-like, shape (n_groups,)
        Metric of each group and its weight; the weights need not sum to 1.

    Returns
    -------
    float or None
        The weighted mean (for root metrics: the root of the weighted mean of squares);
        ``None`` when the metric is not a mean over samples, so that groups do not combine, or
        when a value is not finite, a weight is negative or all weights are 0.

    Examples
    --------
    >>> combine("mse", [1.0, 4.0], [3, 1]), combine("rmse", [1.0, 7.0], [1, 1])
    (1.75, 5.0)
    >>> combine("f1", [0.5, 0.7], [1, 1]) is None
    True
    """
    score = SCORES.get(metric)
    if score is None or not score.mean:
        return None
    group_values, sizes = np.asarray(values, float), np.asarray(weights, float)
    total = float(np.sum(sizes))
    if not (np.isfinite(group_values).all() and math.isfinite(total) and total > 0):
        return None
    if (sizes < 0).any():
        return None
    shares = sizes / total
    if not score.root:
        return float(np.dot(group_values, shares))
    # scaled, so that squares neither overflow nor vanish
    largest = float(np.max(np.abs(group_values)))
    if largest == 0:
        return 0.0
    return largest * math.sqrt(float(np.dot(np.square(group_values / largest), shares)))


def arrays_for(metric: str, scored: Predictions) -> tuple[Array, Array]:
    """Targets and predictions that a metric is about, for the functions below.

    Returns
    -------
    y_true, y_pred : ndarray, shape (n,), and shape (n,) or (n, n_classes)
        Targets as stored and predicted values or labels; for metrics of scores
        (`Score.scores`) the code of each target's class, and the scores.

    Raises
    ------
    CannotScoreError
        If the metric needs scores, and there are none.
    """
    score = SCORES.get(metric)
    if score is None or not score.scores:
        return scored.y_true, scored.y_pred
    return coded(scored)


def sample_losses(metric: str, y_true: Array, y_pred: Array) -> Losses:
    """Loss of each sample, whose mean is the metric (its square for root metrics).

    Returns
    -------
    ndarray, shape (n,)
        Finite numbers.

    Raises
    ------
    CannotScoreError
        If the metric is not known as a mean over samples, there are no samples, or the values
        do not suit it (text, probabilities instead of labels, the logarithm of a negative).
    """
    score = SCORES.get(metric)
    if score is None or score.per_sample is None:
        raise CannotScoreError(f"{metric} is not known as a mean over samples")
    true, predicted = np.asarray(y_true), np.asarray(y_pred)
    columns = score.scores and predicted.ndim == 2 and len(true) == len(predicted)
    if true.ndim != 1 or not (columns or true.shape == predicted.shape):
        raise CannotScoreError(
            f"targets of shape {true.shape} and predictions of shape {predicted.shape}"
        )
    if len(true) == 0:
        raise CannotScoreError("there are no predictions")
    if score.labels and looks_like_scores(true, predicted):
        raise CannotScoreError("the predictions are scores between 0 and 1, not labels")
    try:
        losses = score.per_sample(true, predicted)
    except CannotScoreError as error:
        raise CannotScoreError(f"{metric}: {error}") from error
    except (TypeError, ValueError) as error:
        raise CannotScoreError(f"{metric} needs numbers, and some values are none") from error
    bad = int(np.count_nonzero(~np.isfinite(losses)))
    if bad:
        raise CannotScoreError(f"{metric} is not finite for {bad:,} of {len(losses):,} predictions")
    return losses


def metric_of_losses(metric: str, losses: Losses) -> float:
    """Metric from the losses of `sample_losses`, shape (n,), n ≥ 1."""
    mean = float(np.mean(losses))
    return math.sqrt(mean) if SCORES[metric].root else mean


def score_samples(metric: str, y_true: Array, y_pred: Array) -> float:
    """Metric over samples.

    Raises
    ------
    CannotScoreError
        As `sample_losses`.
    """
    return metric_of_losses(metric, sample_losses(metric, y_true, y_pred))


def loss_bounds(metric: str, y_true: Array, y_pred: Array) -> tuple[Losses, Losses]:
    """Bounds on the loss of each sample, given that the stored values may be rounded.

    A file that keeps three decimals stands for values within ± 0.0005; the number of decimals
    is read off the values themselves, and floats of single precision count as rounded to 7
    digits.

    Returns
    -------
    low, high : ndarray, shape (n,)
        ``high`` may be infinite.

    Raises
    ------
    CannotScoreError
        As `sample_losses`.
    """
    losses = sample_losses(metric, y_true, y_pred)
    score = SCORES[metric]
    assert score.per_sample is not None
    if score.labels:
        return losses, losses
    if score.scores:
        values = np.asarray(y_pred)
        return loss_range(metric, np.asarray(y_true), values, resolution(values.astype(float)))
    true, predicted = np.asarray(y_true, float), np.asarray(y_pred, float)
    true_half, predicted_half = resolution(true), resolution(predicted)
    corners = []
    for sign_true in (-1.0, 1.0):
        for sign_predicted in (-1.0, 1.0):
            corner = score.per_sample(
                true + sign_true * true_half, predicted + sign_predicted * predicted_half
            )
            corners.append(np.where(np.isnan(corner), np.inf, corner))
    low = np.minimum.reduce([losses, *corners])
    high = np.maximum.reduce([losses, *corners])
    touching = np.abs(true - predicted) <= true_half + predicted_half
    return np.where(touching, 0.0, low), high


def resolution(values: Losses) -> Losses:
    """Half a unit of the last digit that the values were stored with, per value."""
    relative = 1e-7 * np.abs(values)
    if (values == np.round(values)).all():
        return relative  # whole numbers are counts or labels, not roundings
    for decimals in range(1, 9):
        if np.allclose(values, np.round(values, decimals), rtol=1e-13, atol=0):
            return np.maximum(relative, 0.5 * 10.0**-decimals)
    return relative


def metric_bounds(metric: str, y_true: Array, y_pred: Array) -> Interval:
    """Interval of the metric over samples, given that the stored values may be rounded.

    Raises
    ------
    CannotScoreError
        As `sample_losses`.
    """
    low, high = loss_bounds(metric, y_true, y_pred)
    bounds = Interval(float(np.mean(low)), float(np.mean(high)))
    if SCORES[metric].root:
        return Interval(math.sqrt(bounds.low), math.sqrt(bounds.high))
    return bounds


def whole_set_bounds(metric: str, y_true: Array, y_pred: Array) -> dict[str, Interval]:
    """`whole_set_scores` with the interval of each variant, given that scores may be rounded.

    Rounding makes ties; at worst every score of a true class moves by twice its half unit
    against the scores that it is ranked with.
    """
    values = whole_set_scores(metric, y_true, y_pred)
    bounds = {name: Interval.around(value, 1e-6) for name, value in values.items()}
    score = SCORES.get(metric)
    if not values or score is None or not score.scores:
        return bounds
    codes, scores = np.asarray(y_true), np.asarray(y_pred, dtype=np.float64)
    step = 2.002 * float(np.max(resolution(scores.ravel())))
    of_true = codes == np.max(codes) if scores.ndim == 1 else codes[:, None] == _columns(scores)
    for sign in (-1.0, 1.0):
        moved = whole_set_scores(metric, codes, scores + sign * step * of_true)
        for name, value in moved.items():
            near = bounds[name]
            bounds[name] = Interval(min(near.low, value), max(near.high, value))
    return bounds


def _columns(scores: Array) -> Array:
    columns: Array = np.arange(scores.shape[1])
    return columns
