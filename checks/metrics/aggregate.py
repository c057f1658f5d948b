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
    balanced_weights,
    group_label,
    group_sizes,
    held_out_split,
    predictions_of,
    tiers_of,
    weighted_metric,
)
from checks.kit.intervals import Interval
from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    metric_bounds,
    metric_of_losses,
    sample_losses,
    whole_set_scores,
)


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


@dataclass(frozen=True, slots=True)
class _Way:
    """One customary way to get an overall value, and what it gives."""

    name: str
    value: float
    interval: Interval
    by_rows: bool = False
    from_predictions: bool = False


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
    weighting, or from the predictions; whether group values follow from the predictions; and the
    balanced metric, in which every tier has the same weight and every group the same within its
    tier (without tiers, every group the same).

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
    ones; say so beside the number and suppress the finding. Predictions in another unit than the
    metric are recognised when one factor, or another known metric, explains all groups.

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
        ways = _ways(table, sizes, scored, splits, grouping, result)
        _overall(table, ways, scored, result, params)
        _groups(table, sizes, scored, grouping, result, params)
        if index == 0:
            result.measured += _headline(table, ways, sizes, scored, grouping, result.matches)
            if baseline is None:
                result.measured += _worst(table, grouping)
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


def _name(table: MetricTable) -> str:
    return f"{table.role.value} {table.metric}" if table.role else table.metric


def _reported(value: ReportedValue, params: Params) -> Interval:
    return Interval.around(value.value, value.half_width + params.tolerance * abs(value.value))


def _finite(table: MetricTable) -> dict[str, ReportedValue]:
    return {key: v for key, v in table.by_group.items() if math.isfinite(v.value)}


def _ways(
    table: MetricTable,
    sizes: tuple[Sizes, ...],
    scored: Predictions | None,
    splits: Splits | None,
    grouping: Grouping | None,
    result: _Result,
) -> list[_Way]:
    """Every customary way that the artifacts allow, the most natural first."""
    values = _finite(table)
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
            result.doubts.append(f"{_name(table)} from {scored.path}: {error}")
    return ways


def _weighted(
    name: str,
    metric: str,
    values: Mapping[str, ReportedValue],
    weights: Mapping[str, float],
    by_rows: bool,
) -> list[_Way]:
    middle = weighted_metric(metric, {k: v.value for k, v in values.items()}, weights)
    low = weighted_metric(metric, {k: v.value - v.half_width for k, v in values.items()}, weights)
    high = weighted_metric(metric, {k: v.value + v.half_width for k, v in values.items()}, weights)
    if middle is None or low is None or high is None:
        return []
    return [_Way(name, middle, Interval(min(low, middle), max(middle, high)), by_rows)]


def _whole(table: MetricTable, scored: Predictions, splits: Splits | None) -> bool:
    """Whether the predictions are those of every row, not a sample of them."""
    split = held_out_split(splits, table.role)
    if split is not None:
        return len(split) == len(scored.y_true)
    return not table.counts or sum(table.counts.values()) == len(scored.y_true)


def _from_predictions(metric: str, scored: Predictions) -> list[_Way]:
    score = SCORES.get(metric)
    where = f"the predictions in {scored.path}"
    if score is None:
        return []
    if score.per_sample is not None:
        interval = metric_bounds(metric, scored.y_true, scored.y_pred)
        value = metric_of_losses(metric, sample_losses(metric, scored.y_true, scored.y_pred))
        return [_Way(where, value, interval, from_predictions=True)]
    variants = whole_set_scores(metric, scored.y_true, scored.y_pred)
    return [
        _Way(
            f"{where} ({name})" if len(variants) > 1 else where,
            value,
            Interval.around(value, 1e-6),
            from_predictions=True,
        )
        for name, value in variants.items()
    ]


def _matches(metric: str, reported: Interval, interval: Interval) -> bool:
    score = SCORES.get(metric)
    scales = (1.0, 100.0, 0.01) if score is not None and score.share else (1.0,)
    return any(reported.overlaps(interval * Interval(scale, scale)) for scale in scales)


def _overall(
    table: MetricTable,
    ways: list[_Way],
    scored: Predictions | None,
    result: _Result,
    params: Params,
) -> None:
    """Compare the overall value with every way."""
    overall = table.overall
    if overall is None:
        return
    if not math.isfinite(overall.value):
        result.doubts.append(f"the overall {_name(table)} is {overall.value}")
        return
    reported = _reported(overall, params)
    hits = [way.name for way in ways if _matches(table.metric, reported, way.interval)]
    if hits:
        result.matches.append(f"{_name(table)} {overall.value:.6g} is reproduced by {hits[0]}")
        return
    if not ways:
        if table.by_group or table.role is not SplitRole.TRAIN:
            result.doubts.append(f"{_name(table)}: no group values and no predictions to use")
        return
    score = SCORES.get(table.metric)
    listed = ", ".join(f"{way.value:.4g} by {way.name}" for way in ways)
    mean = score is not None and score.mean
    by_groups = mean and any(way.by_rows for way in ways)
    if table.role is SplitRole.TRAIN:
        result.doubts.append(
            f"{_name(table)} {overall.value:.6g} may be a running average of training ({listed})"
        )
    elif by_groups or _outside(table, reported):
        result.findings.append(_overall_finding(table, overall, ways, listed, by_groups))
    elif scored is not None and any(way.from_predictions for way in ways):
        if why := _other_meaning(table, scored, reported):
            result.doubts.append(why)
        else:
            result.findings.append(_overall_finding(table, overall, ways, listed, False))
    else:
        need = "the rows of every group" if mean else "predictions"
        result.doubts.append(
            f"{_name(table)} {overall.value:.6g} is not {listed}; {need} would be needed"
        )


def _outside(table: MetricTable, reported: Interval) -> bool:
    """No weighting at all leads outside the range of the groups."""
    score, values = SCORES.get(table.metric), _finite(table)
    if score is None or not score.mean or len(values) < 2 or len(values) != len(table.by_group):
        return False
    lowest = min(v.value - v.half_width for v in values.values())
    highest = max(v.value + v.half_width for v in values.values())
    return not _matches(table.metric, reported, Interval(lowest, highest))


_POWER_OF_UNIT = {"mse": 2, "rmse": 1, "mae": 1}


def _other_meaning(table: MetricTable, scored: Predictions, reported: Interval) -> str:
    """A reason to doubt the unit of the predictions rather than the overall value."""
    everything = {"": np.ones(len(scored.y_true), dtype=bool)}
    if other := _called(table, scored, everything, {"": reported}):
        return other
    if table.metric in _POWER_OF_UNIT:
        spread = float(np.std(np.asarray(scored.y_true, float))) ** _POWER_OF_UNIT[table.metric]
        here = metric_bounds(table.metric, scored.y_true, scored.y_pred)
        if spread > 0 and reported.overlaps(here * Interval(0.7 / spread, 1.3 / spread)):
            return (
                f"{_name(table)} is about that of {scored.path} divided by the spread of the "
                "target: it may have been computed on a standardised target"
            )
    return ""


def _overall_finding(
    table: MetricTable, overall: ReportedValue, ways: list[_Way], listed: str, by_groups: bool
) -> Finding:
    return Finding(
        check_id="MT403",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if by_groups else Confidence.MEDIUM,
        message=f"the reported {_name(table)} {overall.value:.6g} cannot be reproduced: {listed}",
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
        subject=f"overall {_name(table)} in {table.path}",
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
    for key in _finite(table):
        mask = scored.groups == key
        n = int(np.count_nonzero(mask))
        if n and all(each.by_group.get(key, n) == n for each in sizes):
            rows[key] = mask
    wrong: dict[str, tuple[float, Interval]] = {}
    for key, mask in rows.items():
        try:
            interval = metric_bounds(table.metric, scored.y_true[mask], scored.y_pred[mask])
            losses = sample_losses(table.metric, scored.y_true[mask], scored.y_pred[mask])
        except CannotScoreError as error:
            result.doubts.append(f"{_name(table)} of {group_label(grouping, key)}: {error}")
            continue
        if not _matches(table.metric, _reported(table.by_group[key], params), interval):
            wrong[key] = (metric_of_losses(table.metric, losses), interval)
    if not wrong:
        if rows and not result.doubts:
            result.matches.append(f"{len(rows)} group values follow from {scored.path}")
        return
    if len(wrong) == len(rows) and (why := _other_unit(table, scored, rows, wrong, params)):
        result.doubts.append(why)
        return
    first = max(wrong, key=lambda key: abs(table.by_group[key].value - wrong[key][0]))
    result.findings.append(
        Finding(
            check_id="MT403",
            severity=Severity.WARNING,
            confidence=Confidence.HIGH if len(wrong) < len(rows) else Confidence.MEDIUM,
            message=(
                f"{len(wrong)} of {len(rows)} group values of {_name(table)} are not those of "
                f"the predictions ({group_label(grouping, first)}: "
                f"{table.by_group[first].value:.4g} reported, {wrong[first][0]:.4g} recomputed)"
            ),
            locations=tuple(
                dict.fromkeys(
                    [
                        *(
                            replace(table.by_group[key].location, role=Role.PRIMARY)
                            for key in wrong
                        ),
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
            subject=f"group values of {_name(table)} in {table.path}",
            why="A group value that its own predictions do not give is wrong, or belongs to "
            "another model.",
        )
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
                f"{_name(table)} is {ratios[0]:.4g} times that of {scored.path} in every group: "
                "the predictions are in another unit"
            )
    reported = {key: _reported(table.by_group[key], params) for key in rows}
    return _called(table, scored, rows, reported)


def _called(
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
            alike = all(
                _matches(
                    other.name,
                    reported[key],
                    metric_bounds(other.name, scored.y_true[mask], scored.y_pred[mask]),
                )
                for key, mask in rows.items()
            )
        except CannotScoreError:
            continue
        if alike:
            return f"what is called {_name(table)} is the {other.name} of {scored.path}"
    return ""


def _headline(
    table: MetricTable,
    ways: list[_Way],
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


def _balanced(
    table: MetricTable, scored: Predictions | None, grouping: Grouping | None, n: int | None
) -> list[Evidence]:
    values = {key: value.value for key, value in _finite(table).items()}
    source = "group values as reported"
    if not values and scored is not None and scored.groups is not None:
        source = f"group values from {scored.path}"
        for key in dict.fromkeys(map(str, scored.groups.tolist())):
            mask = scored.groups == key
            try:
                losses = sample_losses(table.metric, scored.y_true[mask], scored.y_pred[mask])
            except CannotScoreError:
                return []
            values[key] = metric_of_losses(table.metric, losses)
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


def _worst(table: MetricTable, grouping: Grouping | None) -> list[Evidence]:
    values, score = _finite(table), SCORES.get(table.metric)
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
