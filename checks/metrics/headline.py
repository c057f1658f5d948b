"""Reported, recomputed and balanced metric, and the worst group, for the headline."""

from __future__ import annotations

import math
from collections.abc import Mapping

from audit.model.artifacts import Grouping, MetricTable, Predictions
from audit.model.evidence import Evidence
from checks.kit.composition import (
    Sizes,
    balanced_weights,
    group_label,
    tiers_of,
    weighted_metric,
)
from checks.kit.scores import SCORES, CannotScoreError, arrays_for, score_samples
from checks.metrics.reproduction import Way, finite_values


def headline(
    table: MetricTable,
    ways: list[Way],
    sizes: tuple[Sizes, ...],
    scored: Predictions | None,
    grouping: Grouping | None,
    matches: list[str],
) -> list[Evidence]:
    """Reported, recomputed and balanced metric of the headline table."""
    n = sizes[0].total if sizes else None if scored is None else len(scored.y_true)
    evidence = []
    if table.overall is not None:
        place = str(table.overall.location)
        evidence.append(
            Evidence("reported_metric", table.overall.value, unit=table.metric, n=n, method=place)
        )
        evidence += reported_split(table)
    if ways:
        way = next((w for w in ways if any(m.endswith(w.name) for m in matches)), ways[0])
        evidence.append(
            Evidence(
                "recomputed_metric",
                way.value,
                expected=None if table.overall is None else table.overall.value,
                unit=table.metric,
                n=n,
                method=way.name,
            )
        )
    return evidence + _balanced(table, scored, grouping, n)


def reported_split(table: MetricTable) -> list[Evidence]:
    """Which rows the reported metric is of, where that is said."""
    if table.role is None:
        return []
    return [Evidence("reported_split", table.role.value, method="split of the reported metric")]


def _balanced(
    table: MetricTable, scored: Predictions | None, grouping: Grouping | None, n: int | None
) -> list[Evidence]:
    values = {key: value.value for key, value in finite_values(table).items()}
    source = "group values as reported"
    if not values and scored is not None and scored.groups is not None:
        source = f"group values from {scored.path}"
        for key in dict.fromkeys(map(str, scored.groups.tolist())):
            mask = scored.groups == key
            try:
                true, predicted = arrays_for(table.metric, scored)
                values[key] = score_samples(table.metric, true[mask], predicted[mask])
            except CannotScoreError:
                return []
    if len(values) < 2:
        return []
    tiers = tiers_of(grouping, list(values))
    balanced = weighted_metric(table.metric, values, balanced_weights(list(values), tiers))
    if balanced is None:
        return []
    how = (
        "every tier the same weight, every group the same within its tier: "
        + ", ".join(
            f"{tier} {_mean_of(table.metric, values, keys):.4g}" for tier, keys in tiers.items()
        )
        if tiers
        else f"every one of {len(values)} groups the same weight"
    )
    return [
        Evidence(
            "balanced_metric",
            balanced,
            expected=None if table.overall is None else table.overall.value,
            unit=table.metric,
            n=n,
            method=f"{how}; {source}",
        )
    ]


def _mean_of(metric: str, values: Mapping[str, float], keys: tuple[str, ...]) -> float:
    members = {key: values[key] for key in keys}
    mean = weighted_metric(metric, members, balanced_weights(keys, {}))
    return math.nan if mean is None else mean


def worst_group(table: MetricTable, grouping: Grouping | None) -> list[Evidence]:
    """The group with the worst value, where the metric has a known direction."""
    values, score = finite_values(table), SCORES.get(table.metric)
    if score is None or len(values) < 2:
        return []
    pick = min if score.greater_is_better else max
    worst = pick(sorted(values), key=lambda key: values[key].value)
    return [
        Evidence(
            "worst_group",
            group_label(grouping, worst),
            unit="group",
            n=table.counts.get(worst),
            method=f"{table.metric} {values[worst].value:.4g}, the worst of {len(values)} groups",
        )
    ]
