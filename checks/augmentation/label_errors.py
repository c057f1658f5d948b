"""How far the labels of rows are from their exact ones. Measurement, in the scale of a metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from checks.kit.probabilities import canonical_label
from checks.kit.scores import SCORES, resolution

Array = NDArray[Any]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

HUGE = 1e300
_FEW = 20  # distinct whole numbers that may be classes
_COARSE = 1e-3  # relative resolution of half precision
_LABEL_METRICS = frozenset(
    {"f1", "precision", "recall", "balanced_accuracy", "roc_auc", "average_precision"}
)
_LOGARITHMS: Mapping[str, tuple[str, Callable[[Floats], Floats]]] = {
    "log2_mse": ("log2", np.log2),
    "log_mse": ("log", np.log),
    "log10_mse": ("log10", np.log10),
    "msle": ("log1p", np.log1p),
    "rmsle": ("log1p", np.log1p),
}


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labels beside exact labels, row by row.

    Parameters
    ----------
    known : ndarray of bool, shape (n,)
        Rows that have both.
    wrong : ndarray of bool, shape (n,)
        The label differs by more than rounding.
    impossible : ndarray of bool, shape (n,)
        The label is finite and the exact one is not: it does not exist. Part of `wrong`.
    squared : ndarray of float, shape (n,)
        Squared error in `scale`; 1 or 0 for classes; NaN where one of the two is not finite.
    scale : str
        ``"log2"``, ``"class"``, or empty for the unit of the target.
    exact : ndarray of float, shape (n,)
        Exact labels in that scale; zeros for classes.
    """

    known: Mask
    wrong: Mask
    impossible: Mask
    squared: Floats
    scale: str
    exact: Floats

    @property
    def is_class(self) -> bool:
        """Labels are classes, so that an error is 0 or 1."""
        return self.scale == "class"


@dataclass(frozen=True, slots=True)
class LabelError:
    """The labels of some rows against the exact ones.

    Parameters
    ----------
    n : int
        Rows with a known exact label.
    wrong : int
        Rows whose label differs, `impossible` included.
    impossible : int
        Rows whose exact label is infinite, though the label is finite.
    error : float or None
        Mean squared error of the others in the scale of the metric, or the share of wrong
        classes; ``None`` where there are no others.
    """

    n: int
    wrong: int
    impossible: int
    error: float | None


def numbers(values: Array) -> Floats | None:
    """The values as floats, ``None`` where one is text."""
    if np.asarray(values).dtype.kind not in "biufOUS":
        return None
    try:
        return np.asarray(values).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def compared(labels: Array, exact: Array, metric: str | None, rtol: float) -> Labels | str:
    """Compare labels with exact labels.

    Parameters
    ----------
    labels, exact : ndarray, shape (n,)
        As stored.
    metric : str, optional
        Canonical name of the metric that the model is judged by; decides the scale.
    rtol : float
        Relative difference up to which a label is right, besides the rounding of its digits.

    Returns
    -------
    Labels or str
        Or why they cannot be compared.
    """
    if labels.shape != exact.shape or labels.ndim != 1:
        return "there are several targets for each row, or another number of them"
    left, right = numbers(labels), numbers(exact)
    if (left is None) != (right is None):
        return "one holds numbers and the other text"
    if left is None or right is None:
        return _classes(labels, exact)
    if _are_classes(labels, left, right, metric):
        # True is 1, also beside missing values
        mixed = {labels.dtype.kind, exact.dtype.kind} & {"b", "O"}
        return _classes(left, right) if mixed else _classes(labels, exact)
    known = ~np.isnan(left) & ~np.isnan(right)
    with np.errstate(all="ignore"):
        tolerance = rtol * np.abs(right) + _rounding(labels, left)
        both = np.isfinite(left) & np.isfinite(right)
        wrong = known & np.where(both, np.abs(left - right) > tolerance, left != right)
        name, function = _LOGARITHMS.get(metric or "", ("", np.asarray))
        a, b = function(left), function(right)
        if not (np.isfinite(a[known & both]).all() and np.isfinite(b[known & both]).all()):
            name, a, b = "", left, right  # a logarithm of nothing, or of a negative number
        squared = np.where(known & both, np.minimum(np.square(a - b), HUGE), np.nan)
        squared = np.where(known & ~wrong & both, 0.0, squared)
    impossible = known & np.isfinite(left) & np.isinf(right)
    return Labels(known, wrong, impossible, squared, name, np.where(known & both, b, np.nan))


def _rounding(labels: Array, values: Floats) -> Floats:
    """Half a unit of the last digit that labels are stored with."""
    if labels.dtype == np.float16:
        return np.asarray(_COARSE * np.abs(values))
    finite = np.isfinite(values)
    half = np.zeros(len(values))
    if finite.any():
        half[finite] = resolution(values[finite])
    return half


def _are_classes(labels: Array, left: Floats, right: Floats, metric: str | None) -> bool:
    if labels.dtype.kind == "b":
        return True
    score = SCORES.get(metric or "")
    if score is not None and (score.labels or score.scores or score.name in _LABEL_METRICS):
        return True
    if score is not None:
        return False
    whole = [each[np.isfinite(each)] for each in (left, right)]
    return all(
        len(each) and bool((each == np.round(each)).all()) and len(np.unique(each)) <= _FEW
        for each in whole
    )


def _classes(labels: Array, exact: Array) -> Labels:
    tables = [pd.Series(values) for values in (labels, exact)]
    known = np.logical_and(*(table.notna().to_numpy() for table in tables))
    same = np.zeros(len(labels), dtype=bool)
    texts = [table[known].map(canonical_label).to_numpy() for table in tables]
    same[known] = texts[0] == texts[1]
    wrong = known & ~same
    none = np.zeros(len(labels), dtype=bool)
    squared = np.where(known, wrong.astype(np.float64), np.nan)
    return Labels(known, wrong, none, squared, "class", np.zeros(len(labels)))


def error_of(labels: Labels, mask: Mask) -> LabelError:
    """Count and average over the rows of a mask."""
    rows = mask & labels.known
    finite = labels.squared[rows]
    finite = finite[~np.isnan(finite)]
    return LabelError(
        int(rows.sum()),
        int((rows & labels.wrong).sum()),
        int((rows & labels.impossible).sum()),
        min(float(np.mean(finite)), HUGE) if len(finite) else None,
    )


def variance(labels: list[Labels]) -> float | None:
    """Variance of the exact labels in the scale of the metric; ``None`` where there is none."""
    values = np.concatenate([each.exact[np.isfinite(each.exact)] for each in labels])
    if len(values) < 2:
        return None
    with np.errstate(all="ignore"):
        found = float(np.var(values))
    return found if 0 < found < HUGE else None
