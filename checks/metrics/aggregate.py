"""MT403: an overall metric that does not follow from its own groups or predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from audit.model.artifacts import (
    Array,
    Baseline,
    Grouping,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    ReportedValue,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.composition import (
    Sizes,
    group_label,
    group_sizes,
    predictions_of,
)
from checks.kit.intervals import Interval
from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    arrays_for,
    metric_bounds,
    score_samples,
)
from checks.metrics.headline import headline, worst_group
from checks.metrics.reproduction import (
    Way,
    customary_ways,
    finite_values,
    lies_outside,
    matches,
    name_of,
    other_meaning,
    other_metric,
    reported_interval,
)
from checks.metrics.tier_values import tier_values


@dataclass(frozen=True, slots=True)
class Params:
    """How exactly a metric has to be reproduced.

    Parameters
    ----------
    tolerance : float
        Relative difference beyond rounding that single precision, batch averages and the like
        explain; 0.001 is 0.1 %.
    """

    tolerance: float = 0.001


@dataclass(slots=True)
class _Result:
    """What was found out about one table."""

    matches: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    measured: list[Evidence] = field(default_factory=list)


@check(
    "MT403", "The overall metric does not follow from its groups", Severity.WARNING, params=Params
)
def aggregate(
    metrics: Metrics,
    grouping: Grouping | None,
    splits: Splits | None,
    predictions: PredictionSets | None,
    baseline: Baseline | None,
    params: Params,
) -> Outcome:
    """Recompute every overall metric, and give the balanced one.

    What
    ----
    For each metric table: whether the overall value follows from the group values by a customary
    weighting, or from the predictions; whether group values follow from the predictions; whether
    stated values of tiers follow from either; and the balanced metric, in which every tier has the
    same weight and every group the same within its tier (without tiers, every group the same).

    Why
    ---
    A number that cannot be reproduced from what it summarises is wrong, or stands for something
    else than the reader thinks: another split, another model, another weighting.

    How it is found
    ---------------
    The overall value is compared with the group values weighted by rows (from the split, its
    predictions or the stated counts), with equal weights for groups and for tiers, and with the
    metric of the predictions. Root metrics (RMSE) combine through their squares; the plain mean
    of the roots is accepted too. R2, F1, precision, recall and AUC are computed from predictions,
    in each customary averaging. Written values stand for rounding intervals, stored predictions
    for theirs; on top a relative `tolerance` is allowed. One match is enough, and the reason says
    which it was. Metrics of the training set are averaged by some frameworks while the model
    changes; where they do not match, nothing is claimed.

    False alarms
    ------------
    A weighting of the experiment's own (sample weights, class weights) is none of the customary
    ones; say so beside the number and leave the check out (`ignore`). Predictions in another unit
    than the metric are recognised when one factor, or another known metric, explains all groups.

    Remedy
    ------
    Compute the overall metric and the group metrics in one place from the same predictions, and
    say beside the overall value how groups were weighted.

    References
    ----------
    scikit-learn user guide, Metrics and scoring (averaging). Fairlearn, MetricFrame (overall and
    by_group).
    """
    checked = [table for table in metrics.tables if table.overall or table.by_group]
    if not checked:
        return not_applicable("no metric table has values")
    results = []
    for index, table in enumerate(checked):
        result = _Result()
        sizes = group_sizes(table.role, table, splits, predictions)
        scored = predictions_of(predictions, table.role)
        ways = customary_ways(table, sizes, scored, splits, grouping, result.doubts)
        _overall(table, ways, scored, result, params)
        _groups(table, sizes, scored, grouping, result, params)
        found, right = tier_values(table, sizes, scored, grouping, params.tolerance)
        result.findings += found
        result.matches += right
        if index == 0:
            result.measured += headline(table, ways, sizes, scored, grouping, result.matches)
            if baseline is None:
                result.measured += worst_group(table, grouping)
        results.append(result)
    findings = [finding for result in results for finding in result.findings]
    measured = [evidence for result in results for evidence in result.measured]
    matches = [text for result in results for text in result.matches]
    doubts = [text for result in results for text in result.doubts]
    could_not = "could not tell: " + "; ".join(doubts) if doubts else ""
    if findings:
        return failed(findings, measured, "; ".join([f.message for f in findings] + doubts))
    if matches:
        return passed("; ".join([*matches, *([could_not] if doubts else [])]), measured)
    if doubts:
        return review(could_not, measured)
    return not_applicable("no table has an overall value that could be recomputed", measured)


def _overall(
    table: MetricTable,
    ways: list[Way],
    scored: Predictions | None,
    result: _Result,
    params: Params,
) -> None:
    """Compare the overall value with every way."""
    overall = table.overall
    if overall is None:
        return
    if not math.isfinite(overall.value):
        result.doubts.append(f"the overall {name_of(table)} is {overall.value}")
        return
    reported = reported_interval(overall, params.tolerance)
    hits = [way.name for way in ways if matches(table.metric, reported, way.interval)]
    if hits:
        result.matches.append(f"{name_of(table)} {overall.value:.6g} is reproduced by {hits[0]}")
        return
    if not ways:
        if table.by_group or table.role is not SplitRole.TRAIN:
            result.doubts.append(f"{name_of(table)}: no group values and no predictions to use")
        return
    score = SCORES.get(table.metric)
    listed = ", ".join(f"{way.value:.4g} by {way.name}" for way in ways)
    mean = score is not None and score.mean
    by_groups = mean and any(way.by_rows for way in ways)
    if table.role is SplitRole.TRAIN:
        result.doubts.append(
            f"{name_of(table)} {overall.value:.6g} may be a running average of training ({listed})"
        )
    elif by_groups or lies_outside(table, reported):
        result.findings.append(_overall_finding(table, overall, ways, listed, by_groups))
    elif scored is not None and any(way.from_predictions for way in ways):
        if why := other_meaning(table, scored, reported):
            result.doubts.append(why)
        else:
            result.findings.append(_overall_finding(table, overall, ways, listed, False))
    else:
        need = "the rows of every group" if mean else "predictions"
        result.doubts.append(
            f"{name_of(table)} {overall.value:.6g} is not {listed}; {need} would be needed"
        )


def _overall_finding(
    table: MetricTable, overall: ReportedValue, ways: list[Way], listed: str, by_groups: bool
) -> Finding:
    return Finding(
        check_id="MT403",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if by_groups else Confidence.MEDIUM,
        message=f"the reported {name_of(table)} {overall.value:.6g} cannot be reproduced: {listed}",
        locations=(
            replace(overall.location, role=Role.PRIMARY),
            *_related([v.location for v in table.by_group.values()]),
        ),
        evidence=(
            Evidence("reported_metric", overall.value, unit=table.metric, method="as reported"),
            *(
                Evidence(
                    "recomputed_metric",
                    way.value,
                    expected=overall.value,
                    unit=table.metric,
                    method=way.name,
                    interval=(way.interval.low, way.interval.high),
                )
                for way in ways
            ),
        ),
        remedy=Remedy(
            "Compute the overall metric and the group metrics in one place from the same "
            "predictions, and say how the groups are weighted."
        ),
        subject=f"overall {name_of(table)} in {table.path}",
        why="A number that does not follow from what it summarises is wrong or stands for "
        "something else than its reader thinks.",
    )


def _related(places: list[Location]) -> list[Location]:
    unique = dict.fromkeys(replace(place, role=Role.RELATED, note="a group") for place in places)
    return list(unique)[:20]


def _groups(
    table: MetricTable,
    sizes: tuple[Sizes, ...],
    scored: Predictions | None,
    grouping: Grouping | None,
    result: _Result,
    params: Params,
) -> None:
    """Compare every group value with the predictions of its rows."""
    score = SCORES.get(table.metric)
    if scored is None or scored.groups is None or score is None or score.per_sample is None:
        return
    if table.role is SplitRole.TRAIN:
        return
    rows: dict[str, Array] = {}
    for key in finite_values(table):
        mask = scored.groups == key
        n = int(np.count_nonzero(mask))
        if n and all(each.by_group.get(key, n) == n for each in sizes):
            rows[key] = mask
    wrong: dict[str, tuple[float, Interval]] = {}
    for key, mask in rows.items():
        try:
            true, predicted = arrays_for(table.metric, scored)
            interval = metric_bounds(table.metric, true[mask], predicted[mask])
            value = score_samples(table.metric, true[mask], predicted[mask])
        except CannotScoreError as error:
            result.doubts.append(f"{name_of(table)} of {group_label(grouping, key)}: {error}")
            continue
        if not matches(
            table.metric, reported_interval(table.by_group[key], params.tolerance), interval
        ):
            wrong[key] = (value, interval)
    if not wrong:
        if rows and not result.doubts:
            result.matches.append(f"{len(rows)} group values follow from {scored.path}")
        return
    if len(wrong) == len(rows) and (why := _other_unit(table, scored, rows, wrong, params)):
        result.doubts.append(why)
        return
    result.findings.append(_group_finding(table, scored, rows, wrong, grouping))


def _group_finding(
    table: MetricTable,
    scored: Predictions,
    rows: Mapping[str, Array],
    wrong: Mapping[str, tuple[float, Interval]],
    grouping: Grouping | None,
) -> Finding:
    first = max(wrong, key=lambda key: abs(table.by_group[key].value - wrong[key][0]))
    return Finding(
        check_id="MT403",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if len(wrong) < len(rows) else Confidence.MEDIUM,
        message=(
            f"{len(wrong)} of {len(rows)} group values of {name_of(table)} are not those of "
            f"the predictions ({group_label(grouping, first)}: "
            f"{table.by_group[first].value:.4g} reported, {wrong[first][0]:.4g} recomputed)"
        ),
        locations=tuple(
            dict.fromkeys(
                [
                    *(replace(table.by_group[key].location, role=Role.PRIMARY) for key in wrong),
                    Location(scored.path, role=Role.RELATED, note="the predictions"),
                ]
            )
        ),
        evidence=tuple(
            Evidence(
                "recomputed_metric",
                value,
                expected=table.by_group[key].value,
                unit=table.metric,
                n=int(np.count_nonzero(rows[key])),
                method=f"from {scored.path}; expected: as reported",
                interval=(interval.low, interval.high),
                group=group_label(grouping, key),
            )
            for key, (value, interval) in wrong.items()
        ),
        remedy=Remedy("Compute the metric of every group from the predictions that you keep."),
        subject=f"group values of {name_of(table)} in {table.path}",
        why="A group value that its own predictions do not give is wrong, or belongs to "
        "another model.",
    )


def _other_unit(
    table: MetricTable,
    scored: Predictions,
    rows: Mapping[str, Array],
    wrong: Mapping[str, tuple[float, Interval]],
    params: Params,
) -> str:
    """Why every group value differs at once, where one cause explains them all."""
    if len(wrong) > 1 and all(value > 0 for value, _ in wrong.values()):
        ratios = [table.by_group[key].value / value for key, (value, _) in wrong.items()]
        if min(ratios) > 0 and max(ratios) / min(ratios) < 1.01:
            return (
                f"{name_of(table)} is {ratios[0]:.4g} times that of {scored.path} in every group: "
                "the predictions are in another unit"
            )
    reported = {key: reported_interval(table.by_group[key], params.tolerance) for key in rows}
    return other_metric(table, scored, rows, reported)
