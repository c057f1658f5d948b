"""Points for the picture of predicted against true values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import Array, Grouping, Predictions
from audit.model.evidence import Series
from checks.kit.composition import count_groups, group_label, tiers_of
from checks.metrics.outcomes import Kind, missing, numbers

_PANELS = 6
_POINTS = 150
_BINS = 12
_PER_BIN = 8
_CLASSES = 10
_DECADES = 100.0  # largest target by smallest: distances are ratios
_HUGE = 1e100

Numbers = NDArray[np.float64]


def predicted_true_series(item: Predictions, kind: Kind, grouping: Grouping | None) -> list[Series]:
    """Quantiles by true value for numbers, a confusion matrix for labels, reliability for scores.

    Parameters
    ----------
    item : Predictions
        Of one split.
    kind : Kind
        What is predicted.
    grouping : Grouping, optional
        Tiers, one panel each; without tiers groups, if they are few.

    Returns
    -------
    list of Series
        ``"predicted_true"`` (labels ``"rows (n = …)"``, ``"q10"``, ``"median"``, ``"q90"``, by true
        value), ``"confusion"`` (one per true label, share by position of the predicted label) or
        ``"reliability"`` (observed frequency by predicted score).
    """
    kept = ~missing(item.y_true) & ~missing(item.y_pred)
    true, predicted = item.y_true[kept], item.y_pred[kept]
    if not len(true):
        return []
    if kind is Kind.LABELS:
        return _confusion(true, predicted)
    targets, values = numbers(true), numbers(predicted)
    if targets is None or values is None:
        return []
    if kind is Kind.SCORES:
        return _reliability(targets, values)
    groups = None if item.groups is None else item.groups[kept]
    positive = bool((targets > 0).all() and (values > 0).all())
    by_ratio = positive and float(targets.max()) >= _DECADES * float(targets.min())
    series = []
    for name, inside in _panels(groups, len(true), grouping):
        series += _quantiles(name, targets[inside], values[inside], by_ratio)
    return series


def _panels(
    groups: Array | None, n: int, grouping: Grouping | None
) -> list[tuple[str | None, NDArray[np.bool_]]]:
    everything: list[tuple[str | None, NDArray[np.bool_]]] = [(None, np.ones(n, dtype=bool))]
    if groups is None:
        return everything
    keys = list(count_groups(groups))
    tiers = tiers_of(grouping, keys)
    if tiers and len(tiers) <= _PANELS:
        return [(f"tier {tier}", np.isin(groups, list(own))) for tier, own in tiers.items()]
    if 1 < len(keys) <= _PANELS:
        order = [key for key in (grouping.keys if grouping else ()) if key in keys] or keys
        return [(group_label(grouping, key), groups == key) for key in order]
    return everything


def _quantiles(name: str | None, true: Numbers, predicted: Numbers, by_ratio: bool) -> list[Series]:
    usable = (np.abs(true) < _HUGE) & (np.abs(predicted) < _HUGE)
    order = np.argsort(true[usable], kind="stable")
    true, predicted = true[usable][order], predicted[usable][order]
    n = len(true)
    if not n:
        return []
    shown = np.unique(np.linspace(0, n - 1, min(n, _POINTS)).round().astype(int))
    out = [_series(name, f"rows (n = {n:,})", true[shown], predicted[shown])]
    bins = min(_BINS, n // _PER_BIN)
    if bins < 2:
        return out
    # equal targets stay in one bin
    edges = np.unique(np.quantile(true, np.linspace(0, 1, bins + 1)))
    place = np.clip(np.searchsorted(edges, true, side="right") - 1, 0, max(len(edges) - 2, 0))
    parts = [np.flatnonzero(place == b) for b in range(max(len(edges) - 1, 1))]
    parts = [part for part in parts if len(part) >= 3]
    centres = np.array([np.median(true[part]) for part in parts])
    # Distances from the true value, so that the width of a bin does not widen the band.
    far = np.log(predicted / true) if by_ratio else predicted - true
    for label, level in (("q10", 0.1), ("median", 0.5), ("q90", 0.9)):
        away = np.array([np.quantile(far[part], level) for part in parts])
        marks = centres * np.exp(away) if by_ratio else centres + away
        out.append(_series(name, label, centres, marks))
    return out


def _series(name: str | None, label: str, x: Numbers, y: Numbers) -> Series:
    return Series(
        "predicted_true",
        label,
        tuple(float(value) for value in x),
        tuple(float(value) for value in y),
        group=name,
    )


def _confusion(true: Array, predicted: Array) -> list[Series]:
    one = np.array([_label(value) for value in true.tolist()])
    two = np.array([_label(value) for value in predicted.tolist()])
    names, counts = np.unique(one, return_counts=True)
    if len(names) > _CLASSES:
        kept = np.sort(np.argsort(-counts, kind="stable")[: _CLASSES - 1])
        names = names[kept]
    labels = sorted(names.tolist(), key=_in_order)
    out = []
    for label in labels:
        guesses = two[one == label]
        shares = [float(np.mean(guesses == other)) for other in labels]
        out.append(
            Series(
                "confusion",
                f"{label if len(label) <= 16 else label[:15] + '…'} (n = {len(guesses):,})",
                tuple(float(place) for place in range(len(labels))),
                tuple(shares),
                group=label,
                unit="share",
            )
        )
    return out if len(out) > 1 else []


def _label(value: object) -> str:
    text = str(value).strip()[:60]
    return text[:-2] if text.endswith(".0") else text


def _in_order(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def _reliability(true: Numbers, scores: Numbers) -> list[Series]:
    positive = true == true.max()
    edges = np.unique(
        np.quantile(scores, np.linspace(0, 1, min(10, max(len(scores) // 20, 2)) + 1))
    )
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, max(len(edges) - 2, 0))
    parts = [np.flatnonzero(place == b) for b in range(max(len(edges) - 1, 1))]
    parts = [part for part in parts if len(part)]
    x = tuple(float(scores[part].mean()) for part in parts)
    y = tuple(float(positive[part].mean()) for part in parts)
    return [Series("reliability", f"observed (n = {len(scores):,})", x, y, unit="share")]
