"""Predictions outside the declared range, the domain of the metric or the range of the targets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from audit.model.artifacts import Array, MetricTable, Predictions, Splits
from audit.model.evidence import Evidence
from audit.model.finding import Finding
from audit.model.severity import Confidence
from checks.metrics.declared_range import Declared
from checks.metrics.outcomes import numbers
from checks.metrics.predicted_rows import LOGARITHMS, Mask, count_rows, finding

_TOLERANCE = 1e-6  # of the bound: single precision


def out_of_range(
    item: Predictions,
    values: Array,
    rows: Array,
    table: MetricTable | None,
    minimum: float,
    maximum: float,
    measured: list[Evidence],
) -> list[Finding]:
    """Outside the declared range, and where the reported metric is not defined."""
    low, high = float(values.min()), float(values.max())
    bounds = [b if math.isfinite(b) else None for b in (minimum, maximum)]
    measured.append(
        Evidence(
            "predicted_range",
            (low, high),
            expected=tuple(bounds) if any(b is not None for b in bounds) else None,
            n=len(values),
            method=f"smallest and largest prediction of {item.path}",
        )
    )
    findings = []
    outside = (values < minimum - _TOLERANCE * abs(minimum)) | (
        values > maximum + _TOLERANCE * abs(maximum)
    )
    if outside.any():
        worst = low if low < minimum else high
        findings.append(
            finding(
                item,
                f"{int(outside.sum()):,} of {len(values):,} predictions in {item.path} lie outside "
                f"the declared range {_words(minimum, maximum)}; one is {worst:.6g}",
                rows[outside],
                [count_rows("out_of_range", outside, item)],
                "Constrain the output of the model, or correct the transform after it.",
                "predictions outside the declared range",
            )
        )
    floor = LOGARITHMS.get(table.metric) if table is not None else None
    undefined = values <= floor if floor is not None else np.zeros(len(values), dtype=bool)
    if undefined.any() and table is not None:
        findings.append(
            finding(
                item,
                f"the reported {table.metric} is not defined for {int(undefined.sum()):,} of "
                f"{len(values):,} predictions in {item.path}, which are {floor:g} or less",
                rows[undefined],
                [count_rows("undefined_metric", undefined, item)],
                "Constrain the output of the model to the domain of the metric, and say how such "
                "rows were counted.",
                f"predictions without {table.metric}",
            )
        )
    return findings


def outside_declared(
    item: Predictions, declared: Sequence[Declared], measured: list[Evidence]
) -> list[Finding]:
    """Outside a range that a document or the code declares, and all targets lie inside."""
    values, targets = numbers(item.y_pred), numbers(item.y_true)
    if values is None or targets is None:
        return []
    findings = []
    for each in declared:
        if _outside(targets, each).any():
            continue  # it is about something else
        outside = _outside(values, each)
        measured.append(
            replace(
                count_rows("out_of_declared_range", outside, item),
                method=f"rows of {item.path} outside the range {each.words} of {each.location}",
            )
        )
        if outside.any():
            worst = values[outside][np.argmax(np.abs(values[outside] - np.median(targets)))]
            found = finding(
                item,
                f"{int(outside.sum()):,} of {len(values):,} predictions in {item.path} lie outside "
                f"the range {each.words} that {each.location} declares; one is {worst:.6g}",
                np.flatnonzero(outside),
                [measured[-1]],
                "Constrain the output of the model, or correct the transform after it; or export "
                "the predictions of the model that is described.",
                f"predictions outside the range {each.words} that is declared",
                confidence=Confidence.MEDIUM,
                why="The exported predictions are not those of the model that is described.",
            )
            findings.append(replace(found, locations=(*found.locations, each.location)))
    return findings


def _outside(values: Array, declared: Declared) -> Mask:
    low, high = declared.low, declared.high
    below = values < low - _TOLERANCE * max(abs(low), 1) if math.isfinite(low) else False
    above = values > high + _TOLERANCE * max(abs(high), 1) if math.isfinite(high) else False
    mask: Mask = np.isfinite(values) & (below | above)
    return mask


def _words(minimum: float, maximum: float) -> str:
    if math.isinf(maximum):
        return f"(at least {minimum:g})"
    return f"(at most {maximum:g})" if math.isinf(minimum) else f"({minimum:g} to {maximum:g})"


def far_outside(
    item: Predictions,
    targets: Array,
    values: Array,
    rows: Array,
    splits: Splits | None,
    min_rows: int,
    far: float,
    measured: list[Evidence],
) -> list[Finding]:
    """Far from every known target, or all of them beyond the targets."""
    known = _known_targets(targets, splits)
    if len(values) < min_rows or len(known) < min_rows:
        return []
    low, high = float(known.min()), float(known.max())
    if not low < high:
        return []
    measured.append(
        Evidence(
            "target_range", (low, high), n=len(known), method="smallest and largest known target"
        )
    )
    beyond = (values < low) | (values > high)
    elsewhere = float(beyond.mean()) >= 0.99 and (
        bool((values < low).all()) or bool((values > high).all())
    )
    far_away = _beyond(values, low, high, far)
    if not far_away.any() and not elsewhere:
        return []
    worst = float(values[np.argmax(np.abs(values - (low + high) / 2))])
    what = (
        f"all {len(values):,} predictions"
        if elsewhere
        else f"{int(far_away.sum()):,} of {len(values):,} predictions"
    )
    text = (
        f"{what} in {item.path} lie {'' if elsewhere else 'far '}outside the targets "
        f"({low:.4g} to {high:.4g}); one is {worst:.4g}"
    )
    mask = beyond if elsewhere else far_away
    return [
        finding(
            item,
            text,
            rows[mask],
            [count_rows("far_outside", mask, item)],
            "Check the unit of the predictions and the inverse of the target's transform; look at "
            "these rows.",
            "predictions far outside the targets",
            confidence=Confidence.MEDIUM,
        )
    ]


def _beyond(values: Array, low: float, high: float, far: float) -> Mask:
    width = high - low
    outside: Mask = (values < low - far * width) | (values > high + far * width)
    if low <= 0:
        return outside
    with np.errstate(all="ignore"):
        logs = np.log(np.maximum(values, np.finfo(np.float64).tiny))
    decades = max(math.log(high) - math.log(low), 1.0)
    above: Mask = logs > math.log(high) + decades
    # below a positive range, a linear model may well cross zero: the linear rule decides
    return outside & (above | (values < low))


def _known_targets(targets: Array, splits: Splits | None) -> Array:
    train = splits.train.target if splits is not None else None
    own = numbers(train) if train is not None and train.ndim == 1 else None
    if own is None:
        return targets
    return np.concatenate([targets, own[np.isfinite(own)]])
