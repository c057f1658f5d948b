"""A loss and a metric that are the same function and disagree: broadcasting, mostly."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from audit.model.artifacts import Array, History, PredictionSets, SplitRole
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.severity import Confidence, Severity
from checks.kit.scores import SCORES
from checks.metrics.epochs import Curve
from checks.metrics.training_code import TrainingCode

_CLOSE = 0.1
_MOST = 0.8  # of the epochs
_SCALES: Mapping[str, Callable[[Array], Array]] = {
    "": np.asarray,
    "log2 of ": np.log2,
    "log of ": np.log,
    "log10 of ": np.log10,
    "log1p of ": np.log1p,
}


def pairwise_mse(y_true: Array, y_pred: Array) -> float:
    """Mean squared difference of *every* target and *every* prediction.

    It is what ``mean((y_true - y_pred) ** 2)`` gives for shapes (n,) and (n, 1).

    Examples
    --------
    >>> y = np.array([0.0, 2.0])
    >>> pairwise_mse(y, y), float(np.mean((y - y[:, None]) ** 2))
    (2.0, 2.0)
    """
    true, predicted = np.asarray(y_true, float), np.asarray(y_pred, float)
    return float(true.var() + predicted.var() + (true.mean() - predicted.mean()) ** 2)


def loss_against_metric(
    history: History,
    curves: tuple[Curve, ...],
    setup: TrainingCode,
    predictions: PredictionSets | None,
    min_ratio: float,
    doubts: list[str],
) -> list[Finding]:
    """Compare the validation loss with a metric that the code says is the same function."""
    name = setup.losses[0] if len(setup.losses) == 1 else ""
    if not name or name not in setup.metrics:
        return []
    losses = [c for c in curves if c.held_out and c.base == "loss"]
    twins = [c for c in curves if c.held_out and c.base != "loss" and _same(c, name)]
    if len(losses) != 1 or len(twins) != 1:
        return []
    loss, metric = losses[0], twins[0]
    epochs, first, second = np.intersect1d(loss.epochs, metric.epochs, return_indices=True)
    one, two = loss.values[first], metric.values[second]
    usable = (one > 0) & (two > 0)
    if not usable.any():
        return []
    epochs, one, two = epochs[usable], one[usable], two[usable]
    slack = loss.half_width + metric.half_width
    apart = np.abs(one - two) > slack + (min_ratio - 1.0) * np.minimum(one, two)
    if float(np.mean(apart)) < _MOST or not apart[-1]:
        return []
    finding, proven = _finding(history, loss, metric, name, (one, two, epochs), predictions)
    if not proven and (setup.added_loss or setup.weighted_validation):
        doubts.append(
            f"{loss.column} and {metric.column} differ; regularisation, other added losses or "
            "weights of the validation rows may be the reason"
        )
        return []
    return [finding]


def _same(curve: Curve, name: str) -> bool:
    return curve.base == name or curve.column.removeprefix("val_") == name


def _finding(
    history: History,
    loss: Curve,
    metric: Curve,
    name: str,
    values: tuple[Array, Array, Array],
    predictions: PredictionSets | None,
) -> tuple[Finding, bool]:
    """The finding, and whether the predictions prove it."""
    one, two, epochs = (float(each[-1]) for each in values)
    larger = metric if two > one else loss
    how, pairwise = _broadcast(larger, max(one, two), min(one, two), predictions)
    text = (
        f"{loss.column} and {metric.column} are both {name}, and are {one:.4g} and {two:.4g} at "
        f"epoch {epochs:g}"
    )
    if pairwise is not None:
        text += (
            f"; {larger.column} is about Var(y) + Var(ŷ) = {pairwise:.4g}: shapes (n,) and (n, 1) "
            "are broadcast"
        )
    evidence = [
        Evidence("validation_loss", one, unit=name, method=f"{loss.column}, epoch {epochs:g}"),
        Evidence("validation_metric", two, expected=one, unit=name, method=metric.column),
    ]
    if pairwise is not None:
        evidence.append(Evidence("pairwise_mse", pairwise, expected=max(one, two), method=how))
    rows = () if history.path.endswith(".json") else (int(loss.rows[-1]),)
    finding = Finding(
        check_id="MT408",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM if pairwise is None else Confidence.HIGH,
        message=text,
        locations=(Location(history.path, rows=rows),),
        evidence=tuple(evidence),
        remedy=Remedy(
            "Give targets and predictions the same shape before they are subtracted, and compute "
            "the metric again.",
            before="np.mean((y_true - y_pred) ** 2)" if pairwise is not None else "",
            after="np.mean((y_true - np.reshape(y_pred, y_true.shape)) ** 2)"
            if pairwise is not None
            else "",
        ),
        subject=f"{loss.column} and {metric.column}",
        why="Everything that monitors the wrong one of them stops, keeps or reports by a number "
        "that is not the error.",
    )
    return finding, pairwise is not None


def _broadcast(
    larger: Curve, value: float, smaller: float, predictions: PredictionSets | None
) -> tuple[str, float | None]:
    """Whether predictions confirm that every target was compared with every prediction."""
    score = SCORES.get(larger.base)
    if score is not None and larger.base != "loss" and "mse" not in larger.base:
        return "", None
    for item in predictions.items if predictions is not None else ():
        if item.role is not SplitRole.VALIDATION:
            continue
        for scale, function in _SCALES.items():
            try:
                with np.errstate(all="ignore"):
                    true = function(np.asarray(item.y_true, float))
                    predicted = function(np.asarray(item.y_pred, float))
            except (TypeError, ValueError):
                return "", None
            if not (np.isfinite(true).all() and np.isfinite(predicted).all()):
                continue
            pairwise = pairwise_mse(true, predicted)
            own = float(np.mean((true - predicted) ** 2))
            if _close(pairwise, value) and not _close(own, value) and _close(own, smaller):
                how = (
                    f"{scale}{item.path}: {true.var():.4g} + {predicted.var():.4g} + "
                    f"({true.mean():.4g} - {predicted.mean():.4g})²"
                )
                return how, pairwise
    return "", None


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= _CLOSE * abs(b)
