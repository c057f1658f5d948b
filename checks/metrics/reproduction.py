"""Customary ways to get an overall value, and whether a reported value is one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import (
    Array,
    Grouping,
    MetricTable,
    Predictions,
    ReportedValue,
    Splits,
)
from checks.kit.composition import (
    Sizes,
    balanced_weights,
    held_out_split,
    tiers_of,
    weighted_metric,
)
from checks.kit.intervals import Interval
from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    arrays_for,
    metric_bounds,
    score_samples,
    whole_set_bounds,
    whole_set_scores,
)


@dataclass(frozen=True, slots=True)
class Way:
    """One customary way to get an overall value, and what it gives."""

    name: str
    value: float
    interval: Interval
    by_rows: bool = False
    from_predictions: bool = False


def name_of(table: MetricTable) -> str:
    """Metric with its split, for a sentence: ``"validation mse"``."""
    return f"{table.role.value} {table.metric}" if table.role else table.metric


def reported_interval(value: ReportedValue, tolerance: float) -> Interval:
    """The numbers that a reported value may stand for, `tolerance` being relative."""
    return Interval.around(value.value, value.half_width + tolerance * abs(value.value))


def finite_values(table: MetricTable) -> dict[str, ReportedValue]:
    """Group values that are numbers, by canonical key."""
    return {key: v for key, v in table.by_group.items() if math.isfinite(v.value)}


def matches(metric: str, reported: Interval, interval: Interval) -> bool:
    """Whether two values may be the same; shares may be written in percent."""
    score = SCORES.get(metric)
    scales = (1.0, 100.0, 0.01) if score is not None and score.share else (1.0,)
    return any(reported.overlaps(interval * Interval(scale, scale)) for scale in scales)


def customary_ways(
    table: MetricTable,
    sizes: tuple[Sizes, ...],
    scored: Predictions | None,
    splits: Splits | None,
    grouping: Grouping | None,
    doubts: list[str],
) -> list[Way]:
    """Every customary way that the artifacts allow, the most natural first; `doubts` gets the
    reasons why one could not be taken.
    """
    values = finite_values(table)
    ways = []
    if len(values) > 1 and len(values) == len(table.by_group):
        tiers = tiers_of(grouping, list(values))
        equal = balanced_weights(list(values), {})
        weightings: list[tuple[str, Mapping[str, float], bool]] = [
            *(
                (f"groups weighted by {each.source}", each.by_group, True)
                for each in sizes
                if set(each.by_group) <= set(values)
            ),
            ("equal weight for every group", equal, False),
        ]
        if tiers:
            by_tier = balanced_weights(list(values), tiers)
            weightings.append(("equal weight for every tier", by_tier, False))
        score = SCORES.get(table.metric)
        for name, weights, by_rows in weightings:
            ways += _weighted(name, table.metric, values, weights, by_rows)
            if score is not None and score.root:
                name = f"{name}, plain mean of roots"
                ways += _weighted(name, "", values, weights, by_rows)
    if scored is not None and _whole(table, scored, splits):
        try:
            ways += _from_predictions(table.metric, scored)
        except CannotScoreError as error:
            doubts.append(f"{name_of(table)} from {scored.path}: {error}")
    return ways


def _weighted(
    name: str,
    metric: str,
    values: Mapping[str, ReportedValue],
    weights: Mapping[str, float],
    by_rows: bool,
) -> list[Way]:
    middle = weighted_metric(metric, {k: v.value for k, v in values.items()}, weights)
    low = weighted_metric(metric, {k: v.value - v.half_width for k, v in values.items()}, weights)
    high = weighted_metric(metric, {k: v.value + v.half_width for k, v in values.items()}, weights)
    if middle is None or low is None or high is None:
        return []
    return [Way(name, middle, Interval(min(low, middle), max(middle, high)), by_rows)]


def _whole(table: MetricTable, scored: Predictions, splits: Splits | None) -> bool:
    """Whether the predictions are those of every row, not a sample of them."""
    split = held_out_split(splits, table.role)
    if split is not None:
        return len(split) == len(scored.y_true)
    return not table.counts or sum(table.counts.values()) == len(scored.y_true)


def _from_predictions(metric: str, scored: Predictions) -> list[Way]:
    score = SCORES.get(metric)
    where = f"the predictions in {scored.path}"
    if score is None:
        return []
    true, predicted = arrays_for(metric, scored)
    if score.per_sample is not None:
        interval = metric_bounds(metric, true, predicted)
        value = score_samples(metric, true, predicted)
        return [Way(where, value, interval, from_predictions=True)]
    variants = whole_set_scores(metric, true, predicted)
    bounds = whole_set_bounds(metric, true, predicted)
    return [
        Way(
            f"{where} ({name})" if len(variants) > 1 else where,
            value,
            bounds[name],
            from_predictions=True,
        )
        for name, value in variants.items()
    ]


def lies_outside(table: MetricTable, reported: Interval) -> bool:
    """No weighting at all leads outside the range of the groups."""
    score, values = SCORES.get(table.metric), finite_values(table)
    if score is None or not score.mean or len(values) < 2 or len(values) != len(table.by_group):
        return False
    lowest = min(v.value - v.half_width for v in values.values())
    highest = max(v.value + v.half_width for v in values.values())
    return not matches(table.metric, reported, Interval(lowest, highest))


_POWER_OF_UNIT = {"mse": 2, "rmse": 1, "mae": 1}


def other_meaning(table: MetricTable, scored: Predictions, reported: Interval) -> str:
    """A reason to doubt the unit of the predictions rather than the overall value."""
    everything = {"": np.ones(len(scored.y_true), dtype=bool)}
    if other := other_metric(table, scored, everything, {"": reported}):
        return other
    if table.metric in _POWER_OF_UNIT:
        spread = float(np.std(np.asarray(scored.y_true, float))) ** _POWER_OF_UNIT[table.metric]
        here = metric_bounds(table.metric, scored.y_true, scored.y_pred)
        if spread > 0 and reported.overlaps(here * Interval(0.7 / spread, 1.3 / spread)):
            return (
                f"{name_of(table)} is about that of {scored.path} divided by the spread of the "
                "target: it may have been computed on a standardised target"
            )
    return ""


def other_metric(
    table: MetricTable,
    scored: Predictions,
    rows: Mapping[str, Array],
    reported: Mapping[str, Interval],
) -> str:
    """Whether another known metric gives all the reported values."""
    for other in SCORES.values():
        if other.per_sample is None or other.name == table.metric:
            continue
        try:
            true, predicted = arrays_for(other.name, scored)
            alike = all(
                matches(
                    other.name,
                    reported[key],
                    metric_bounds(other.name, true[mask], predicted[mask]),
                )
                for key, mask in rows.items()
            )
        except CannotScoreError:
            continue
        if alike:
            return f"what is called {name_of(table)} is the {other.name} of {scored.path}"
    return ""
