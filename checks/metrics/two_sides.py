"""One metric on training and on held-out rows, evaluated alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import (
    Array,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    RawData,
    SplitRole,
    Splits,
)
from audit.model.location import Location
from checks.kit import bootstrap
from checks.kit.composition import (
    count_groups,
    group_sizes,
    held_out_split,
    predictions_of,
    weighted_metric,
)
from checks.kit.rows import columns_of, row_codes
from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    arrays_for,
    metric_of_losses,
    sample_losses,
    whole_set_scores,
)
from checks.metrics.reproduction import finite_values

_SAME = 0.02  # total variation distance of two mixtures of groups
_MAX_METRICS = 5
_FEWEST = 30  # original training rows


@dataclass(frozen=True, slots=True)
class Gap:
    """A metric on both sides.

    Parameters
    ----------
    metric, role : str
        Canonical name; the held-out split.
    train, held_out : float
        The values.
    method : str
        Where they are from, and on which mixture of groups.
    locations : tuple of Location
        The held-out value first, then the training value.
    interval : tuple of (float, float), optional
        95 % interval of the gap.
    both_sampled : bool
        The interval allows for the sampling of both sides.
    same_mixture : bool
        Both sides are known to have, or were given, the same mixture of groups.
    n : int, optional
        Held-out rows.
    by_group : mapping of str to (float, float)
        Canonical group key to the training and the held-out value.
    """

    metric: str
    role: str
    train: float
    held_out: float
    method: str
    locations: tuple[Location, ...]
    interval: tuple[float, float] | None = None
    both_sampled: bool = False
    same_mixture: bool = False
    n: int | None = None
    by_group: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """Held-out minus training value."""
        return self.held_out - self.train


# --- metric tables ----------------------------------------------------------------------------


def from_tables(
    metrics: Metrics | None, predictions: PredictionSets | None, splits: Splits | None
) -> list[Gap]:
    """Gaps between tables of the same metric, one for each metric, the headline first."""
    gaps: dict[str, Gap] = {}
    tables = metrics.tables if metrics is not None else ()
    train = {t.metric: t for t in reversed(tables) if t.role is SplitRole.TRAIN}
    for role in (SplitRole.VALIDATION, SplitRole.TEST):
        for table in tables:
            other = train.get(table.metric)
            if table.role is not role or other is None or table.metric in gaps:
                continue
            gap = _between(other, table, predictions, splits)
            if gap is not None:
                gaps[table.metric] = gap
    order = list(dict.fromkeys(table.metric for table in tables))
    return sorted(gaps.values(), key=lambda gap: order.index(gap.metric))[:_MAX_METRICS]


def _between(
    train: MetricTable,
    held_out: MetricTable,
    predictions: PredictionSets | None,
    splits: Splits | None,
) -> Gap | None:
    assert held_out.role is not None
    before, after = finite_values(train), finite_values(held_out)
    shared = [key for key in after if key in before]
    by_group = {key: (before[key].value, after[key].value) for key in shared}
    score = SCORES.get(held_out.metric)
    sizes = group_sizes(held_out.role, held_out, splits, predictions)
    known = next((s for s in sizes if set(shared) <= set(s.by_group)), None)
    if shared and len(shared) == len(after) == len(before) and score is not None and score.mean:
        weights = known.by_group if known else dict.fromkeys(shared, 1)
        one = weighted_metric(train.metric, {k: before[k].value for k in shared}, weights)
        two = weighted_metric(train.metric, {k: after[k].value for k in shared}, weights)
        if one is None or two is None:
            return None
        how = f"weighted by {known.source}" if known else "every group the same weight"
        method = f"{len(shared)} groups of both sides, {how}"
        places = (_place(held_out), _place(train))
        mixture = True
    else:
        if train.overall is None or held_out.overall is None:
            return None
        one, two = train.overall.value, held_out.overall.value
        mixture, how = _mixtures(splits, held_out.role)
        method = f"overall values as reported; {how}"
        places = (held_out.overall.location, train.overall.location)
    if not (math.isfinite(one) and math.isfinite(two)):
        return None
    interval, n = _sampling(held_out, two, predictions)
    if interval is not None:
        interval = (interval[0] - one, interval[1] - one)
        method += "; 95 % bootstrap interval over the held-out rows"
    return Gap(
        held_out.metric,
        held_out.role.value,
        one,
        two,
        method,
        places,
        interval,
        same_mixture=mixture,
        n=n if n else (known.total if known else None),
        by_group=by_group,
    )


def _place(table: MetricTable) -> Location:
    return table.overall.location if table.overall is not None else Location(table.path)


def _mixtures(splits: Splits | None, role: SplitRole) -> tuple[bool, str]:
    """Whether the rows of both splits are the same mixture of groups."""
    split = held_out_split(splits, role)
    if splits is None or split is None or split.groups is None or splits.train.groups is None:
        return False, "whether both sides are the same mixture of groups is not known"
    one, two = count_groups(splits.train.groups), count_groups(split.groups)
    if not one or not two:
        return False, "whether both sides are the same mixture of groups is not known"
    far = 0.5 * sum(
        abs(one.get(key, 0) / sum(one.values()) - two.get(key, 0) / sum(two.values()))
        for key in {*one, *two}
    )
    if far <= _SAME:
        return True, "both splits are the same mixture of groups"
    return False, (
        f"the training rows are another mixture of groups (distance {far:.2g}), and which of "
        "them the training value is about is not known"
    )


def _sampling(
    table: MetricTable, value: float, predictions: PredictionSets | None
) -> tuple[tuple[float, float] | None, int | None]:
    """Bootstrap interval of a held-out value, where its predictions give that value."""
    scored = predictions_of(predictions, table.role)
    if scored is None:
        return None, None
    try:
        losses = sample_losses(table.metric, *arrays_for(table.metric, scored))
    except CannotScoreError:
        return None, None
    own = metric_of_losses(table.metric, losses)
    if abs(own - value) > 0.05 * abs(own):
        return None, None
    low, high = bootstrap.interval(bootstrap.resampled_means(losses, random_state=0))
    if SCORES[table.metric].root:
        low, high = math.sqrt(max(low, 0.0)), math.sqrt(max(high, 0.0))
    return (low, high), len(losses)


# --- predictions ------------------------------------------------------------------------------


def from_predictions(
    metrics: Metrics | None,
    predictions: PredictionSets | None,
    splits: Splits | None,
    raw: RawData | None = None,
) -> list[Gap]:
    """Gap between predictions on both sides, in the reported metric or a customary one."""
    if predictions is None or predictions.train is None:
        return []
    order = {SplitRole.VALIDATION: 0, SplitRole.TEST: 1}
    held_out = min(predictions.items, key=lambda item: order.get(item.role, 2))
    for metric in _metrics(metrics, held_out):
        gap = _scored(metric, predictions.train, held_out, splits, raw)
        if gap is not None:
            return [gap]
    return []


def _metrics(metrics: Metrics | None, item: Predictions) -> list[str]:
    """Metrics to try: the reported ones, then accuracy for labels and MSE for numbers."""
    reported = [table.metric for table in metrics.tables] if metrics is not None else []
    numbers = item.y_true.dtype.kind in "iuf" and item.y_pred.dtype.kind in "iuf"
    few = len(np.unique(item.y_true[:10_000].astype(str))) <= 20
    guess = "mse" if numbers and not (few and item.y_true.dtype.kind in "iu") else "accuracy"
    return list(dict.fromkeys([*reported, guess]))


def _scored(
    metric: str,
    train: Predictions,
    held_out: Predictions,
    splits: Splits | None,
    raw: RawData | None,
) -> Gap | None:
    kept = _once(train, splits)
    dropped = len(train.y_true) - int(kept.sum())
    method = f"predictions in {train.path} and {held_out.path}"
    if dropped:
        method += f", {dropped:,} repeated training rows left out"
    original = _originals(train, splits, raw)
    if original is not None:
        kept &= original
        method += f", the {int(kept.sum()):,} original ones of {len(kept):,} training rows"
    places = (Location(held_out.path), Location(train.path))
    role, n = held_out.role.value, len(held_out.y_true)
    groups = None if train.groups is None else train.groups[kept]
    try:
        y_true, y_pred = arrays_for(metric, train)
        other_true, other_pred = arrays_for(metric, held_out)
    except CannotScoreError:
        return None
    if train.classes != held_out.classes and metric in SCORES and SCORES[metric].scores:
        return None
    y_true, y_pred = y_true[kept], y_pred[kept]
    try:
        before = sample_losses(metric, y_true, y_pred)
        after = sample_losses(metric, other_true, other_pred)
    except CannotScoreError:
        one = whole_set_scores(metric, y_true, y_pred)
        two = whole_set_scores(metric, other_true, other_pred)
        name = next((name for name in two if name in one), None)
        if name is None:
            return None
        return Gap(metric, role, one[name], two[name], f"{method} ({name})", places, n=n)
    strata = _strata(groups, held_out.groups)
    if strata:
        weights = [float(np.mean(held_out.groups == key)) for key in strata]
        parts = [before[groups == key] for key in strata]
        means = bootstrap.combined(
            [bootstrap.resampled_means(p, random_state=2 + i) for i, p in enumerate(parts)],
            weights,
        )
        mean = float(np.dot([part.mean() for part in parts], weights))
        method += ", training groups weighted as the held-out ones"
    else:
        means, mean = bootstrap.resampled_means(before, random_state=0), float(before.mean())
    other = bootstrap.resampled_means(after, random_state=1)
    root = SCORES[metric].root
    ends = np.sqrt(other) - np.sqrt(means) if root else other - means
    by_group = {
        key: (
            metric_of_losses(metric, before[groups == key]),
            metric_of_losses(metric, after[held_out.groups == key]),
        )
        for key in strata
    }
    return Gap(
        metric,
        role,
        math.sqrt(mean) if root else mean,
        metric_of_losses(metric, after),
        f"{method}; 95 % bootstrap interval",
        places,
        bootstrap.interval(ends),
        both_sampled=True,
        same_mixture=bool(strata) or (groups is None and held_out.groups is None),
        n=n,
        by_group=by_group,
    )


def _strata(train: Array | None, held_out: Array | None) -> Sequence[str]:
    """Groups of the held-out rows, if all of them occur in training."""
    if train is None or held_out is None:
        return []
    keys = list(count_groups(held_out))
    return keys if set(keys) <= set(count_groups(train)) and len(keys) <= 1_000 else []


def _once(train: Predictions, splits: Splits | None) -> NDArray[np.bool_]:
    """Every distinct training row once, where the rows are known."""
    everything = np.ones(len(train.y_true), dtype=bool)
    if splits is None or train.split_index is None:
        return everything
    rows = splits.train.features.iloc[train.split_index].reset_index(drop=True)
    try:
        repeated = rows.assign(**{"\0target": train.y_true}).duplicated()
    except (TypeError, ValueError):
        return everything
    return ~repeated.to_numpy(dtype=bool)


def _originals(
    train: Predictions, splits: Splits | None, raw: RawData | None
) -> NDArray[np.bool_] | None:
    """Which training rows are no copies, where a column or the source rows tell."""
    if splits is None or train.split_index is None:
        return None
    data = splits.train
    if data.synthetic is not None:
        original = ~data.synthetic
    elif raw is not None and raw.features is not None:
        sources, own = row_codes([columns_of(raw.features), columns_of(data.features)])
        original = np.isin(own, sources)
    else:
        return None
    kept: NDArray[np.bool_] = original[train.split_index]
    return kept if _FEWEST <= int(kept.sum()) < len(kept) else None
