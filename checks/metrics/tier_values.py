"""Values that a metric table states for tiers, held against the groups and the predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audit.model.artifacts import Grouping, MetricTable, Predictions, SplitRole
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Role
from audit.model.severity import Confidence, Severity
from checks.kit.composition import Sizes, tiers_of
from checks.kit.scores import SCORES, CannotScoreError, arrays_for, metric_bounds, score_samples
from checks.metrics.reproduction import (
    Way,
    customary_ways,
    finite_values,
    matches,
    name_of,
    reported_interval,
)


@dataclass(frozen=True, slots=True)
class _Tier:
    """A tier, and every customary way to get its value."""

    name: str
    stated: float
    ways: tuple[Way, ...]
    agrees: bool


def tier_values(
    table: MetricTable,
    sizes: tuple[Sizes, ...],
    scored: Predictions | None,
    grouping: Grouping | None,
    tolerance: float,
) -> tuple[list[Finding], list[str]]:
    """Compare the value of every tier with its groups and with the predictions of its rows.

    Parameters
    ----------
    table : MetricTable
        With the stated values of tiers.
    sizes : tuple of Sizes
        Rows of each group.
    scored : Predictions, optional
        Of the same split.
    grouping : Grouping, optional
        Which groups make up a tier.
    tolerance : float
        Relative difference beyond rounding that is allowed.

    Returns
    -------
    list of Finding
        At most one.
    list of str
        What was reproduced, for the reason.
    """
    if not table.by_tier or table.role is SplitRole.TRAIN or not _averages(table.metric):
        return [], []
    tiers = tiers_of(grouping, list(table.by_group))
    judged = [
        _judge(table, name.casefold(), members, sizes, scored, tolerance)
        for name, members in tiers.items()
        if name.casefold() in table.by_tier
    ]
    known = [tier for tier in judged if tier is not None]
    wrong = [tier for tier in known if not tier.agrees]
    if wrong:
        return [_finding(table, wrong, known, tolerance)], []
    return [], [f"{len(known)} values of tiers follow from their groups"] if known else []


def _averages(metric: str) -> bool:
    score = SCORES.get(metric)
    return score is not None and score.mean


def _judge(
    table: MetricTable,
    tier: str,
    members: Sequence[str],
    sizes: tuple[Sizes, ...],
    scored: Predictions | None,
    tolerance: float,
) -> _Tier | None:
    stated = table.by_tier[tier]
    values = {key: value for key, value in finite_values(table).items() if key in members}
    if not math.isfinite(stated.value) or len(values) != len(members):
        return None
    own = replace(table, overall=stated, by_group=values)
    within = tuple(
        replace(each, by_group={k: n for k, n in each.by_group.items() if k in values})
        for each in sizes
    )
    ways = customary_ways(own, within, None, None, None, [])
    if len(values) == 1:
        (only,) = values.values()
        ways = [Way("its only group", only.value, reported_interval(only, 0.0))]
    ways += _from_predictions(table.metric, members, scored)
    if not ways:
        return None
    reported = reported_interval(stated, tolerance)
    agrees = any(matches(table.metric, reported, way.interval) for way in ways)
    return _Tier(tier, stated.value, tuple(ways), agrees)


def _from_predictions(
    metric: str, members: Sequence[str], scored: Predictions | None
) -> tuple[Way, ...]:
    score = SCORES.get(metric)
    if scored is None or scored.groups is None or score is None or score.per_sample is None:
        return ()
    rows = np.isin(scored.groups, list(members))
    try:
        true, predicted = arrays_for(metric, scored)
        value = score_samples(metric, true[rows], predicted[rows])
        bounds = metric_bounds(metric, true[rows], predicted[rows])
    except CannotScoreError:
        return ()
    return (Way(f"the predictions in {scored.path}", value, bounds, from_predictions=True),)


def _exchanged(
    table: MetricTable, wrong: Sequence[_Tier], tolerance: float
) -> list[tuple[_Tier, _Tier]]:
    """Pairs of tiers that have each other's value."""

    def is_of(one: _Tier, other: _Tier) -> bool:
        reported = reported_interval(table.by_tier[one.name], tolerance)
        return any(matches(table.metric, reported, way.interval) for way in other.ways)

    return [
        (one, other)
        for place, one in enumerate(wrong)
        for other in wrong[place + 1 :]
        if is_of(one, other) and is_of(other, one)
    ]


def _finding(
    table: MetricTable, wrong: Sequence[_Tier], known: Sequence[_Tier], tolerance: float
) -> Finding:
    pairs = _exchanged(table, wrong, tolerance)
    some = bool(pairs) or len(wrong) < len(known)
    listed = "; ".join(
        f"{tier.name} {tier.stated:.4g}, {tier.ways[0].value:.4g} by {tier.ways[0].name}"
        for tier in wrong[:3]
    )
    swap = "; ".join(f"{one.name} and {other.name} have each other's value" for one, other in pairs)
    return Finding(
        check_id="MT403",
        # Where none follows, the tiers may be those of another split or averaged in another way.
        severity=Severity.WARNING if some else Severity.NOTE,
        confidence=Confidence.HIGH if some else Confidence.LOW,
        message=f"{len(wrong)} of {len(known)} tier values of {name_of(table)} do not follow from "
        f"the groups ({listed})" + (f": {swap}" if swap else ""),
        locations=(
            *(replace(table.by_tier[t.name].location, role=Role.PRIMARY) for t in wrong),
            *(
                replace(place, role=Role.RELATED, note="a group")
                for place in list(
                    dict.fromkeys(value.location for value in table.by_group.values())
                )[:20]
            ),
        ),
        evidence=tuple(
            Evidence(
                "recomputed_metric",
                tier.ways[0].value,
                expected=tier.stated,
                unit=table.metric,
                method=f"{tier.ways[0].name}; expected: as reported",
                interval=(tier.ways[0].interval.low, tier.ways[0].interval.high),
                group=f"tier {tier.name}",
            )
            for tier in wrong
        ),
        remedy=Remedy(
            "Compute the values of tiers and of groups in one place from the same predictions."
        ),
        subject=f"tier values of {name_of(table)} in {table.path}",
        why="A reader judges the run by its tiers; these are not those of its own groups.",
    )
