"""MT402: a held-out set whose composition makes the overall metric mislead."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import (
    Grouping,
    Metrics,
    MetricTable,
    PredictionSets,
    RawData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.kit.composition import (
    Sizes,
    balanced_weights,
    count_groups,
    group_label,
    group_sizes,
    predictions_of,
    tiers_of,
)
from checks.kit.scores import SCORES, CannotScoreError, Score, arrays_for, sample_losses


@dataclass(frozen=True, slots=True)
class Params:
    """When a composition counts as misleading.

    Parameters
    ----------
    min_difference : float
        Relative difference between the reported metric (for accuracy and its like: the error
        rate) and the same metric under the other composition; 0.2 is 20 %.
    min_share : float
        A tier with a smaller share of the rows hardly counts.
    worse_factor : float
        How many times worse than overall such a tier must be, beyond noise.
    max_departure : float
        Total variation distance between the shares of the held-out rows and of the raw data
        that is still the same composition.
    min_rows : int
        A tier with fewer rows is too noisy for its metric to say anything.
    """

    min_difference: float = 0.2
    min_share: float = 0.02
    worse_factor: float = 2.0
    max_departure: float = 0.1
    min_rows: int = 30


@dataclass(frozen=True, slots=True)
class _Loss:
    """What is averaged over the rows of a group: its loss, its error rate for accuracy."""

    mean: float
    error: float  # standard error of the mean; 0 where it is not known


@dataclass(frozen=True, slots=True)
class _Unit:
    """A tier, or a group where there are no tiers."""

    label: str
    keys: tuple[str, ...]
    rows: int


@check("MT402", "The composition of the held-out rows misleads", Severity.WARNING, params=Params)
def composition(
    grouping: Grouping,
    splits: Splits | None,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    raw: RawData | None,
    params: Params,
) -> Outcome:
    """Measure which tier the overall metric is about, in rows and in loss.

    What
    ----
    The share of the held-out rows and of the total loss that each tier (without tiers: each
    group) holds, and whether the overall metric would be clearly another one under the
    composition of the raw data or with the same weight for every tier.

    Why
    ---
    An overall metric is an average over rows, so it is about whatever there are many rows of. A
    tier of 1 % of the rows can fail completely without moving the overall metric.

    How it is found
    ---------------
    Rows per group come from the held-out split, else from its predictions, else from the counts
    beside the metrics; losses come from the per-group metrics, else from predictions. An
    imbalance alone is no finding. It is one when the balanced metric (every tier the same
    weight, every group the same within its tier) differs from the reported one by more than
    `min_difference` beyond rounding and noise, and in addition (a) the held-out shares depart
    from those of the raw data and the metric under the raw shares differs as much, or (b) the
    smallest tier has less than `min_share` of the rows and is `worse_factor` times worse than
    overall. With accuracy and its like, error rates are compared.

    False alarms
    ------------
    A problem that is imbalanced by nature and was split as it is stays silent: its overall metric
    is what a user will see; only case (b) can fire there, with medium confidence. Without source
    rows nobody can tell which of the two it is, and the answer is REVIEW. A test set
    that was balanced on purpose stays silent because its metric is the balanced one. A set
    enriched on purpose fires under (a); raise `max_departure` for it. Where a tier
    has fewer than `min_rows` rows and the balanced metric differs, the answer is REVIEW.

    Remedy
    ------
    Evaluate on rows that were never augmented, in their natural proportions, and report the
    metric of every tier and their balanced mean beside the overall one.

    References
    ----------
    Buda, Maki & Mazurowski (2018), A systematic study of the class imbalance problem in
    convolutional neural networks. Kapoor & Narayanan (2023), Leakage and the reproducibility
    crisis in machine-learning-based science, L3.3.
    """
    table = _table(metrics)
    role = table.role if table is not None else _only_role(splits, predictions)
    sizes = next(iter(group_sizes(role, table, splits, predictions)), None)
    if sizes is None:
        return not_applicable("no file says how many held-out rows each group has")
    keys = sorted(sizes.by_group)
    if len(keys) < 2:
        return not_applicable(f"{sizes.source} hold a single group")
    score = SCORES.get(table.metric) if table is not None else None
    tiers = tiers_of(grouping, keys)
    units = _units(sizes, tiers, grouping)
    losses = _losses(sizes, score, table, predictions, role)
    measured = _measured(units, sizes, score, losses)
    biggest = max(units, key=lambda unit: unit.rows)
    summary = (
        f"{biggest.label} holds {biggest.rows / sizes.total:.1%} of {sizes.total:,} held-out rows"
    )
    if table is None or table.overall is None:
        return review(f"{summary}; without an overall metric nothing can mislead", measured)
    reported = None if score is None else _as_loss(score, table.overall.value)
    if score is None or reported is None or not losses:
        return review(
            f"{summary}; {table.metric} does not decompose into the groups that were read, so "
            "that its dependence on the composition is not known",
            measured,
        )
    weights = balanced_weights(keys, tiers)
    balanced = _under(weights, losses)
    measured.append(_balanced_evidence(balanced, units, losses, score, table))
    rounding = table.overall.half_width / (100 if _in_percent(score, table.overall.value) else 1)
    if not _differs(weights, losses, reported, rounding, score, params):
        return passed(
            f"{summary}; the balanced metric does not differ from the reported one by more than "
            f"{params.min_difference:.0%}, rounding and noise",
            measured,
        )
    small = [unit for unit in units if unit.rows < params.min_rows]
    if small:
        return review(
            f"{summary}; {small[0].label} has only {small[0].rows} rows, too few for its metric "
            "to weigh against the overall one",
            measured,
        )
    departed = _departure(raw, sizes, units)
    reasons = []
    if departed is not None:
        natural, distance = departed
        what = f"{len(units)} {'tiers' if tiers else 'groups'}"
        measured.append(_departure_evidence(distance, sizes, what, params))
        if distance > params.max_departure and _differs(
            natural, losses, reported, rounding, score, params
        ):
            reasons.append(
                f"the shares of the raw data changed ({_changed(natural, sizes, units)})"
            )
    neglected = _neglected(units, sizes, losses, reported, rounding, score, params)
    if neglected:
        reasons.append(neglected)
    if not reasons:
        text = (
            f"{summary}; the balanced metric is {_show(score, balanced)} against "
            f"{_show(score, reported)}"
        )
        if departed is None:
            unknown = "without the source rows nobody can tell whether the composition is theirs"
            return review(f"{text}, and {unknown}", measured)
        return passed(f"{text}, but the composition is that of the data as they are", measured)
    confidence = Confidence.HIGH if len(reasons) > 1 or not neglected else Confidence.MEDIUM
    finding = Finding(
        check_id="MT402",
        severity=Severity.WARNING,
        confidence=confidence,
        message=(
            f"overall {score.name} {table.overall.value:.4g} is mostly about {biggest.label} "
            f"({biggest.rows / sizes.total:.1%} of the rows); with equal weight for every "
            f"{'tier' if tiers else 'group'} it is {_show(score, balanced)}"
        ),
        locations=(table.overall.location,),
        evidence=tuple(measured),
        remedy=Remedy(
            "Evaluate on rows that were not augmented, in their natural proportions, and report "
            "the metric of every tier and the balanced metric beside the overall one."
        ),
        subject=f"composition behind {table.metric} of {role.value if role else 'held-out'} rows",
        why="The overall metric is an average over rows: what few rows stand for cannot move it. "
        f"Here {' and '.join(reasons)}.",
    )
    return failed([finding], measured)


def _departure_evidence(distance: float, sizes: Sizes, what: str, params: Params) -> Evidence:
    return Evidence(
        "composition_departure",
        distance,
        expected=params.max_departure,
        unit="total variation distance",
        n=sizes.total,
        method=f"half the sum of |share of held-out rows − share of raw rows| over "
        f"{what}, less the sum of the standard errors "
        f"√(share × (1 − share) / {sizes.total:,}) of the raw shares",
    )


def _changed(natural: Mapping[str, float], sizes: Sizes, units: list[_Unit]) -> str:
    """Share of every unit in the raw data and in the held-out rows."""
    return ", ".join(
        f"{unit.label} {math.fsum(natural[key] for key in unit.keys):.1%} to "
        f"{unit.rows / sizes.total:.1%}"
        for unit in units
    )


def _neglected(
    units: list[_Unit],
    sizes: Sizes,
    losses: Mapping[str, _Loss],
    reported: float,
    rounding: float,
    score: Score,
    params: Params,
) -> str:
    """Words for a smallest unit that hardly counts and is much worse; empty otherwise."""
    least = min(units, key=lambda unit: (unit.rows, unit.label))
    loss, overall = _within(least, losses), _root(score, reported)
    noise = 2 * math.hypot(*(losses[key].error for key in least.keys)) / len(least.keys)
    lowest = _root(score, max(loss - noise, 0.0))
    if least.rows >= params.min_share * sizes.total:
        return ""
    if lowest <= params.worse_factor * (overall + rounding):
        return ""
    times = f"{_root(score, loss) / overall:.2g} times " if overall > 0 else ""
    return f"{least.label} is {least.rows / sizes.total:.1%} of the rows and {times}worse"


def _table(metrics: Metrics | None) -> MetricTable | None:
    tables = () if metrics is None else metrics.tables
    return next((table for table in tables if table.role is not SplitRole.TRAIN), None)


def _only_role(splits: Splits | None, predictions: PredictionSets | None) -> SplitRole | None:
    if splits is not None:
        return splits.held_out[0].role
    return predictions.items[0].role if predictions is not None else None


def _in_percent(score: Score, value: float) -> bool:
    return score.share and score.greater_is_better and value > 1.5


def _as_loss(score: Score, value: float) -> float | None:
    """What is averaged over rows: squares for root metrics, the error rate for accuracy."""
    if not score.mean or not math.isfinite(value):
        return None
    if score.greater_is_better:
        rate = value / 100 if _in_percent(score, value) else value
        return 1 - rate if 0 <= rate <= 1 else None
    return (value**2 if score.root else value) if value >= 0 else None


def _root(score: Score, loss: float) -> float:
    return math.sqrt(loss) if score.root else loss


def _show(score: Score, loss: float) -> str:
    return f"{1 - loss if score.greater_is_better else _root(score, loss):.4g}"


def _units(sizes: Sizes, tiers: Mapping[str, tuple[str, ...]], grouping: Grouping) -> list[_Unit]:
    members = (
        {f"tier {tier}": keys for tier, keys in tiers.items()}
        if tiers
        else {group_label(grouping, key): (key,) for key in _display(sizes, grouping)}
    )
    return [
        _Unit(label, keys, sum(sizes.by_group[key] for key in keys))
        for label, keys in members.items()
    ]


def _display(sizes: Sizes, grouping: Grouping) -> list[str]:
    known = [key for key in grouping.keys if key in sizes.by_group]
    return [*known, *sorted(set(sizes.by_group) - set(known))]


def _losses(
    sizes: Sizes,
    score: Score | None,
    table: MetricTable | None,
    predictions: PredictionSets | None,
    role: SplitRole | None,
) -> dict[str, _Loss]:
    """Loss by group; empty unless every group has one."""
    if score is None or table is None or not score.mean:
        return {}
    scored = predictions_of(predictions, role)
    found = {}
    for key, rows in sizes.by_group.items():
        reported = table.by_group.get(key)
        mean = None if reported is None else _as_loss(score, reported.value)
        relative = None
        if scored is not None and scored.groups is not None:
            mask = scored.groups == key
            try:
                true, predicted = arrays_for(score.name, scored)
                samples = sample_losses(score.name, true[mask], predicted[mask])
            except CannotScoreError:
                samples = np.empty(0)
            samples = 1 - samples if score.greater_is_better else samples
            if len(samples) > 1 and samples.mean() > 0:
                # relative, so that a metric reported in another unit does not matter
                relative = float(samples.std(ddof=1) / samples.mean()) / math.sqrt(len(samples))
            if len(samples) and not table.by_group:
                mean = float(samples.mean())
        if mean is None:
            return {}
        if relative is not None:
            error = relative * mean
        elif score.labels and mean <= 1:
            p = (mean * rows + 2) / (rows + 4)  # Agresti–Coull: a rate of 0 has noise as well
            error = math.sqrt(p * (1 - p) / rows)
        else:
            error = 0.0
        found[key] = _Loss(mean, error)
    return found


def _under(weights: Mapping[str, float], losses: Mapping[str, _Loss]) -> float:
    return math.fsum(weights[key] * loss.mean for key, loss in losses.items())


def _within(unit: _Unit, losses: Mapping[str, _Loss]) -> float:
    """Loss of a unit, every group the same weight."""
    return math.fsum(losses[key].mean for key in unit.keys) / len(unit.keys)


def _differs(
    weights: Mapping[str, float],
    losses: Mapping[str, _Loss],
    reported: float,
    rounding: float,
    score: Score,
    params: Params,
) -> bool:
    """Whether the metric under other weights differs beyond margin, rounding and noise."""
    other = _under(weights, losses)
    noise = 2 * math.hypot(*(weights[key] * loss.error for key, loss in losses.items()))
    base = _root(score, reported)
    allowed = params.min_difference * base + rounding
    lowest, highest = _root(score, max(other - noise, 0.0)), _root(score, other + noise)
    return lowest - base > allowed or base - highest > allowed


def _departure(
    raw: RawData | None, sizes: Sizes, units: list[_Unit]
) -> tuple[dict[str, float], float] | None:
    """Shares of the raw data by group, and how far the held-out rows are from them."""
    if raw is None or raw.groups is None:
        return None
    counts = count_groups(raw.groups)
    total = sum(counts.get(key, 0) for key in sizes.by_group)
    if total == 0:
        return None
    natural = {key: counts.get(key, 0) / total for key in sizes.by_group}
    distance = noise = 0.0
    for unit in units:
        share = math.fsum(natural[key] for key in unit.keys)
        distance += abs(unit.rows / sizes.total - share) / 2
        noise += math.sqrt(max(share * (1 - share), 0.0) / sizes.total)  # a random draw
    return natural, max(0.0, distance - noise)


def _measured(
    units: list[_Unit], sizes: Sizes, score: Score | None, losses: Mapping[str, _Loss]
) -> list[Evidence]:
    evidence = [
        Evidence(
            "rows_share",
            unit.rows / sizes.total,
            unit="share",
            n=unit.rows,
            method=f"{unit.rows:,} / {sizes.total:,} by {sizes.source}",
            group=unit.label,
        )
        for unit in units
    ]
    if score is None or not losses:
        return evidence
    sums = {
        unit.label: math.fsum(sizes.by_group[key] * losses[key].mean for key in unit.keys)
        for unit in units
    }
    total = math.fsum(sums.values())
    if total <= 0:
        return evidence
    what = "squared errors" if score.root else "errors" if score.labels else "losses"
    return evidence + [
        Evidence(
            "loss_share",
            sums[unit.label] / total,
            unit="share",
            n=unit.rows,
            method=f"{what} of {unit.rows:,} rows: {sums[unit.label]:.6g} / {total:.6g}",
            group=unit.label,
        )
        for unit in units
    ]


def _balanced_evidence(
    balanced: float,
    units: list[_Unit],
    losses: Mapping[str, _Loss],
    score: Score,
    table: MetricTable,
) -> Evidence:
    parts = ", ".join(f"{unit.label} {_show(score, _within(unit, losses))}" for unit in units)
    return Evidence(
        "balanced_metric",
        1 - balanced if score.greater_is_better else _root(score, balanced),
        expected=None if table.overall is None else table.overall.value,
        unit=score.name,
        n=sum(unit.rows for unit in units),
        method=f"the same weight for each of {parts}",
    )
