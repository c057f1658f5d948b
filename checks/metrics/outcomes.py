"""What kind of predictions a table holds: numbers, labels, or scores of one of two labels."""

from __future__ import annotations

from enum import Enum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import Array, Metrics, Predictions
from checks.kit.scores import SCORES

_FEW = 20  # distinct integers that may be labels
_LABEL_METRICS = frozenset(
    {"f1", "precision", "recall", "balanced_accuracy", "roc_auc", "average_precision", "log_loss"}
)


class Kind(Enum):
    """What is predicted."""

    NUMBERS = "numbers"
    LABELS = "labels"
    SCORES = "scores"


def missing(values: Array) -> NDArray[np.bool_]:
    """Where there is no value: NaN, infinity, nothing."""
    array = np.asarray(values)
    gone: NDArray[np.bool_] = np.asarray(pd.isna(array), dtype=bool)
    if array.dtype.kind == "f":
        gone = ~np.isfinite(array)
    elif array.dtype.kind == "O":
        infinite = [isinstance(v, float) and bool(np.isinf(v)) for v in array.tolist()]
        gone = np.logical_or(gone, infinite)
    return gone


def numbers(values: Array) -> NDArray[np.float64] | None:
    """The values as floats, ``None`` where one is text."""
    try:
        return np.asarray(values).astype(np.float64)
    except (TypeError, ValueError):
        return None


def kind_of(item: Predictions, metrics: Metrics | None) -> Kind:
    """Labels where the values are text or truth values, or where the reported metric says so."""
    true, predicted = item.y_true[~missing(item.y_true)], item.y_pred[~missing(item.y_pred)]
    targets, values = numbers(true), numbers(predicted)
    if values is None or predicted.dtype.kind == "b" or not len(values):
        return Kind.LABELS if targets is None or _is_truth(true) or values is None else Kind.NUMBERS
    if targets is None or _is_truth(true):
        return Kind.LABELS if _is_whole(values) else Kind.SCORES
    whole = bool((targets == np.round(targets)).all()) and len(np.unique(targets)) <= _FEW
    alike = metrics is None and bool(np.isin(values, targets).all())
    if not whole or not len(values) or not (alike or _classifies(metrics)):
        two = bool(np.isin(targets, (0.0, 1.0)).all()) and len(np.unique(targets)) == 2
        inside = bool(((values >= 0) & (values <= 1)).all())
        return Kind.SCORES if two and inside and not _is_whole(values) else Kind.NUMBERS
    return Kind.LABELS if _is_whole(values) else Kind.SCORES


def _is_truth(values: Array) -> bool:
    return values.dtype.kind == "b" or (
        values.dtype.kind == "O" and all(isinstance(value, bool) for value in values.tolist())
    )


def _is_whole(values: NDArray[np.float64]) -> bool:
    return bool((values == np.round(values)).all())


def _classifies(metrics: Metrics | None) -> bool:
    """Whether a reported metric is one of classification."""
    names = {table.metric for table in metrics.tables} if metrics is not None else set()
    return any(
        name in _LABEL_METRICS or (SCORES[name].labels if name in SCORES else False)
        for name in names
    )
