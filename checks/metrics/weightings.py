"""Which customary weighting of the groups an overall value follows from."""

from __future__ import annotations

import math
from collections.abc import Mapping

from audit.model.artifacts import Grouping, MetricTable
from checks.kit.composition import balanced_weights, tiers_of, weighted_metric
from checks.kit.intervals import Interval
from checks.kit.scores import SCORES
from checks.metrics.reproduction import finite_values, matches, reported_interval

_TOLERANCE = 1e-6


def matching_weightings(
    table: MetricTable, rows: Mapping[str, int], grouping: Grouping | None
) -> set[str]:
    """Weightings that give the overall value: ``"rows"``, ``"groups"``, ``"tiers"``.

    Parameters
    ----------
    table : MetricTable
        With an overall value and groups.
    rows : mapping of str to int
        Rows of each group, where they are known.
    grouping : Grouping, optional
        For the tiers.

    Returns
    -------
    set of str
        Empty where none does, or the metric does not combine.
    """
    values, score = finite_values(table), SCORES.get(table.metric)
    if score is None or not score.mean or table.overall is None or len(values) < 2:
        return set()
    if not math.isfinite(table.overall.value):
        return set()
    reported = reported_interval(table.overall, _TOLERANCE)
    weightings: dict[str, Mapping[str, float]] = {"groups": balanced_weights(list(values), {})}
    if set(values) <= set(rows):
        weightings["rows"] = {key: float(rows[key]) for key in values}
    if tiers := tiers_of(grouping, list(values)):
        weightings["tiers"] = balanced_weights(list(values), tiers)
    found = set()
    for name, weights in weightings.items():
        for metric in (table.metric, "") if score.root else (table.metric,):
            low = weighted_metric(
                metric, {k: v.value - v.half_width for k, v in values.items()}, weights
            )
            high = weighted_metric(
                metric, {k: v.value + v.half_width for k, v in values.items()}, weights
            )
            if low is not None and high is not None:
                interval = Interval(min(low, high), max(low, high))
                if matches(table.metric, reported, interval):
                    found.add(name)
    return found


def departure(here: Mapping[str, int], there: Mapping[str, int]) -> float | None:
    """Total variation distance between the shares of the groups; ``None`` unless both are known."""
    mine, theirs = sum(here.values()), sum(there.values())
    if not mine or not theirs:
        return None
    keys = {*here, *there}
    return 0.5 * sum(abs(here.get(key, 0) / mine - there.get(key, 0) / theirs) for key in keys)
