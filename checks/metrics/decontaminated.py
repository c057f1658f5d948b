"""MT405: the metric on held-out rows that have no kin in the training split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import (
    Array,
    Grouping,
    Kinship,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    SplitKinship,
    SplitRole,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit import bootstrap
from checks.kit.composition import group_label, tiers_of
from checks.kit.kin import contaminated, group_order, percent
from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    arrays_for,
    combine,
    metric_of_losses,
    sample_losses,
)
from checks.metrics.headline import reported_split

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Params:
    """When a metric on clean rows counts as an estimate.

    Parameters
    ----------
    min_rows : int
        Fewest clean rows of a group or tier that is contaminated in part.
    min_coverage : float
        Smallest share of clean rows of such a group or tier. Below it, the rows left over are
        the ones where detection failed, or are otherwise unlike the rest.
    min_share : float
        Share of rows with kin below which they are too few to move an overall value, so that one
        that cannot be estimated is no finding.
    min_change : float
        Relative difference to the reported value that is worth a finding, if the reported value
        also lies outside the interval.
    """

    min_rows: int = 30
    min_coverage: float = 0.5
    min_share: float = 0.001
    min_change: float = 0.05


@dataclass(frozen=True, slots=True)
class _Estimate:
    """Metric on the clean rows of some rows, or why there is none."""

    rows: int
    clean: int
    value: float | None
    means: bootstrap.Means | None
    method: str
    root: bool

    @property
    def coverage(self) -> float:
        return self.clean / self.rows

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.means is None:
            return None
        low, high = bootstrap.interval(self.means)
        return (float(np.sqrt(low)), float(np.sqrt(high))) if self.root else (low, high)


@check(
    "MT405",
    "The reported metric does not hold on rows without kin in training",
    Severity.WARNING,
    params=Params,
)
def decontaminated(
    kinship: Kinship,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    grouping: Grouping | None,
    params: Params,
) -> Outcome:
    """Recompute the metric on held-out rows that have no kin in the training split.

    What
    ----
    The metric on clean rows by group, with coverage (clean rows of all rows), beside the reported
    value of the same groups; by tier; and overall, if every tier (without tiers: every group) can
    be estimated. Clean rows have neither an exact duplicate in training nor one that is hidden by
    a column and shares the target.

    Why
    ---
    It says what the contamination is worth. Dropping contaminated rows and averaging the rest
    would not: when one kind of rows is contaminated, the rest are another kind, and the two
    averages differ by composition alone.

    How it is found
    ---------------
    Predictions are matched with the rows of the split and scored one by one. Each group keeps the
    weight that it has in the reported metric. A group without contaminated rows stands as it is.
    One with contaminated rows is estimated from its clean rows if there are at least ``min_rows``
    of them and they are at least ``min_coverage`` of the group: where most rows have kin, those
    left over are mainly the kin that was not recognised, and their score would be contaminated
    too, or they are no random sample of the group. The overall value is null, with the reason, as
    soon as one tier cannot be estimated; it needs a new training run on a corrected split.
    Intervals are 95 % percentile bootstrap intervals (groups resampled independently; normal
    limit above 5,000 rows).

    A finding is made when the overall value cannot be estimated, or when the reported value is
    better than the clean one by more than ``min_change`` and outside its interval. Where less than
    ``min_share`` of the rows have kin and the overall value cannot be estimated, as when a single
    row of a small group repeats, the answer is REVIEW.

    False alarms
    ------------
    Clean rows may be harder for reasons other than being unseen, for instance where easy objects
    are the ones that repeat. Kinship by other routes (near duplicates, symmetries, shared
    entities) is not part of this version, so the true decontaminated value may be worse still.

    Remedy
    ------
    Report the metric by group on clean rows, and where that is impossible split again without kin
    across the split, train and evaluate again.

    References
    ----------
    Barz & Denzler (2020), Do we train on test data?, Journal of Imaging 6(6). Efron & Tibshirani
    (1993), An introduction to the bootstrap, chapter 13.
    """
    if metrics is None:
        return not_applicable("no metric is reported that could be compared with one on clean rows")
    table, pair = _headline(metrics, kinship)
    if table is None or pair is None:
        return not_applicable("no reported metric belongs to a held-out split that was searched")
    name = f"{pair.held_out.role.value} {table.metric}"
    reported = _reported(table)
    kin = contaminated(pair)
    if not len(kin):
        return not_applicable(f"{pair.held_out.path} has no rows")
    scored = _predictions(predictions, pair.held_out.role)
    if scored is None or scored.split_index is None:
        what = (
            "there are no predictions on that split: export y_true and y_pred with its row ids"
            if scored is None
            else f"the rows of {scored.path} could not be matched with those of "
            f"{pair.held_out.path}: add row ids to both"
        )
        return _without_losses(kin, table, reported, what, applicable=False)
    try:
        losses = sample_losses(table.metric, *arrays_for(table.metric, scored))
    except CannotScoreError as error:
        return _without_losses(kin, table, reported, str(error), applicable=True)

    kin = kin[scored.split_index]
    groups = scored.groups
    if groups is None and pair.held_out.groups is not None:
        groups = pair.held_out.groups[scored.split_index]
    by_group = _by_group(losses, kin, groups, grouping, table.metric, params)
    tiers = tiers_of(grouping, [key for key in by_group if key]) if groups is not None else {}
    by_tier = {
        tier: _pool(members, by_group, losses, kin, groups, table.metric, params)
        for tier, members in tiers.items()
    }
    units = (
        {f"tier {tier}": estimate for tier, estimate in by_tier.items()}
        if tiers
        else {group_label(grouping, key) or "all rows": each for key, each in by_group.items()}
    )
    whole = _overall(list(by_group.values()), units, table.metric)
    measured = [
        *reported,
        *_evidence(whole, None, table.overall.value if table.overall else None),
    ]
    for key, estimate in by_group.items():
        if key:
            stated = table.by_group.get(key)
            label = group_label(grouping, key)
            measured += _evidence(estimate, label, stated.value if stated else None)
    for tier, estimate in by_tier.items():
        stated_values = {k: table.by_group[k].value for k in tiers[tier] if k in table.by_group}
        complete = len(stated_values) == len(tiers[tier])
        sizes = [by_group[key].rows for key in stated_values]
        same = combine(table.metric, list(stated_values.values()), sizes) if complete else None
        measured += _evidence(estimate, f"tier {tier}", same)
    if not kin.any():
        return passed(f"no {pair.held_out.role.value} row has kin in training", measured)
    if whole.value is None:
        text = f"the {name} cannot be decontaminated: {whole.method}"
        if float(kin.mean()) < params.min_share:
            few = f"only {int(kin.sum()):,} of {len(kin):,} rows have kin in training"
            return review(f"{text}; {few}", measured)
        return failed([_finding(text, name, table, scored, pair, measured, whole)], measured)
    if table.overall is None:
        return passed(
            f"{name} on clean rows is {whole.value:.4g}; no overall value is reported", measured
        )
    stated_overall = table.overall.value
    text = (
        f"{name} is reported as {stated_overall:.4g}, and is {whole.value:.4g} on rows without "
        f"kin in training ({percent(whole.coverage)} of {whole.rows:,})"
    )
    if _flattering(stated_overall, whole, table.metric, params):
        return failed([_finding(text, name, table, scored, pair, measured, whole)], measured)
    return passed(text, measured)


def _headline(metrics: Metrics, kinship: Kinship) -> tuple[MetricTable | None, SplitKinship | None]:
    """First metric table that belongs to a held-out split, and that split."""
    for table in metrics.tables:
        found = [
            pair
            for pair in kinship.pairs
            if pair.held_out.role is table.role or (table.role is None and len(kinship.pairs) == 1)
        ]
        if found:
            return table, found[0]
    return None, None


def _predictions(sets: PredictionSets | None, role: SplitRole) -> Predictions | None:
    items = sets.items if sets is not None else ()
    return next((item for item in items if item.role is role), None)


def _reported(table: MetricTable) -> list[Evidence]:
    if table.overall is None:
        return []
    return [
        Evidence(
            "reported_metric", table.overall.value, unit=table.metric, method=f"from {table.path}"
        ),
        *reported_split(table),
    ]


def _without_losses(
    kin: Mask, table: MetricTable, reported: list[Evidence], why: str, *, applicable: bool
) -> Outcome:
    """Outcome where rows cannot be scored: only the case without any kin can be decided."""
    n, clean = len(kin), int((~kin).sum())
    coverage = Evidence("coverage", clean / n, unit="share", n=n, method=f"{clean:,} / {n:,}")
    if clean == n:
        same = (
            [Evidence("decontaminated_metric", table.overall.value, n=n, method="no row has kin")]
            if table.overall
            else []
        )
        return passed("no held-out row has kin in training", [*reported, *same, coverage])
    reason = f"{n - clean:,} of {n:,} held-out rows have kin in training, but {why}"
    unknown = Evidence("decontaminated_metric", None, n=clean, method=reason)
    outcome = review if applicable else not_applicable
    return outcome(reason, [*reported, unknown, coverage])


def _by_group(
    losses: Array,
    kin: Mask,
    groups: Array | None,
    grouping: Grouping | None,
    metric: str,
    params: Params,
) -> dict[str, _Estimate]:
    if groups is None:
        return {"": _estimate(losses, kin, metric, params)}
    keys = group_order(groups, grouping)
    return {
        key: _estimate(losses[groups == key], kin[groups == key], metric, params) for key in keys
    }


def _estimate(losses: Array, kin: Mask, metric: str, params: Params) -> _Estimate:
    n, clean, root = len(losses), int((~kin).sum()), SCORES[metric].root
    if clean < n and clean < params.min_rows:
        text = f"{clean:,} of {n:,} rows have no kin in training, {params.min_rows} are needed"
        return _Estimate(n, clean, None, None, text, root)
    if clean < params.min_coverage * n:
        text = f"only {percent(clean / n)} of {n:,} rows are clean"
        return _Estimate(n, clean, None, None, text, root)
    kept = losses[~kin]
    text = f"{metric} on {clean:,} of {n:,} rows, 95 % bootstrap interval"
    means = bootstrap.resampled_means(kept, random_state=0)
    return _Estimate(n, clean, metric_of_losses(metric, kept), means, text, root)


def _pool(
    members: Sequence[str],
    by_group: dict[str, _Estimate],
    losses: Array,
    kin: Mask,
    groups: Array | None,
    metric: str,
    params: Params,
) -> _Estimate:
    """A tier: its groups by their rows, or all its clean rows where a group has too few."""
    parts = [by_group[key] for key in members]
    if all(part.value is not None for part in parts):
        return _weighted(parts, metric)
    inside = np.isin(np.asarray(groups), list(members))
    return _estimate(losses[inside], kin[inside], metric, params)


def _overall(groups: Sequence[_Estimate], units: dict[str, _Estimate], metric: str) -> _Estimate:
    missing = {name: each for name, each in units.items() if each.value is None}
    if missing:
        rows = sum(each.rows for each in units.values())
        clean = sum(each.clean for each in units.values())
        known = [name for name, each in units.items() if each.value is not None]
        names = known or list(missing)
        more = f" and {len(names) - 6} more" if len(names) > 6 else ""
        text = f"clean rows suffice in {', '.join(names[:6])}{more} only"
        if not known:
            text = f"too few clean rows in {', '.join(names[:6])}{more}"
        return _Estimate(rows, clean, None, None, text, SCORES[metric].root)
    if all(each.value is not None for each in groups):
        return _weighted(groups, metric)
    return _weighted(list(units.values()), metric)


def _weighted(parts: Sequence[_Estimate], metric: str) -> _Estimate:
    """Parts with the weight of their rows, clean or not, as in the reported metric."""
    if len(parts) == 1:
        return parts[0]
    rows, clean = sum(part.rows for part in parts), sum(part.clean for part in parts)
    values = np.array([part.value for part in parts], dtype=np.float64)
    weights = [part.rows for part in parts]
    root = SCORES[metric].root
    mean = float(np.average(np.square(values) if root else values, weights=weights))
    means = bootstrap.combined([part.means for part in parts if part.means is not None], weights)
    text = (
        f"{metric} on {clean:,} of {rows:,} rows, {len(parts)} parts weighted by all their rows, "
        "95 % bootstrap interval"
    )
    return _Estimate(rows, clean, float(np.sqrt(mean)) if root else mean, means, text, root)


def _evidence(estimate: _Estimate, group: str | None, reported: float | None) -> list[Evidence]:
    return [
        Evidence(
            "decontaminated_metric",
            estimate.value,
            expected=reported,
            n=estimate.clean,
            method=estimate.method,
            interval=estimate.interval,
            group=group,
            random_state=None if estimate.means is None else 0,
        ),
        Evidence(
            "coverage",
            estimate.coverage,
            unit="share",
            n=estimate.rows,
            method=f"{estimate.clean:,} / {estimate.rows:,} rows without kin in training",
            group=group,
        ),
    ]


def _flattering(reported: float, clean: _Estimate, metric: str, params: Params) -> bool:
    bounds = clean.interval
    if clean.value is None or bounds is None:
        return False
    better = SCORES[metric].greater_is_better
    outside = reported > bounds[1] if better else reported < bounds[0]
    return outside and abs(reported - clean.value) > params.min_change * abs(clean.value)


def _finding(
    text: str,
    name: str,
    table: MetricTable,
    scored: Predictions,
    pair: SplitKinship,
    measured: Sequence[Evidence],
    whole: _Estimate,
) -> Finding:
    place = table.overall.location if table.overall else Location(table.path)
    related = [
        Location(scored.path, role=Role.RELATED, note="the predictions that were scored again"),
        Location(pair.held_out.path, role=Role.RELATED, note="the rows that they belong to"),
    ]
    if whole.value is None:
        remedy = (
            "Split again so that no held-out row has kin in training, train and evaluate again; "
            "until then report only the groups that can be estimated."
        )
        why = (
            "The clean rows that are left are of another kind than the rest. An average over "
            "them would differ from the reported one by composition alone."
        )
    else:
        remedy = "Report the value on clean rows, by group, and remove kin across the split."
        why = "Rows with kin in training are scored from memory and flatter the average."
    return Finding(
        check_id="MT405",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=text,
        locations=(place, *related),
        evidence=tuple(measured),
        remedy=Remedy(remedy),
        subject=f"decontaminated {name}",
        why=why,
    )
