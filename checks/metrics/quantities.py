"""What a criterion is about: the overall metric, a tier, a group, a gap, contamination."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from audit.model.artifacts import (
    Array,
    Grouping,
    Kinship,
    Metrics,
    MetricTable,
    PredictionSets,
    ReportedValue,
    SplitRole,
    Splits,
)
from audit.model.location import Location
from checks.kit.composition import (
    Sizes,
    balanced_weights,
    group_label,
    group_sizes,
    predictions_of,
    weighted_metric,
)
from checks.kit.intervals import Interval
from checks.kit.kin import contaminated
from checks.kit.noise import customary_error, standard_error
from checks.kit.scores import SCORES, CannotScoreError, arrays_for, score_samples
from checks.kit.written_splits import roles_named
from checks.metrics.clean_rows import Enough, clean_value, pair_of
from checks.metrics.reproduction import finite_values, name_of
from checks.metrics.subjects import (
    group_of,
    is_contamination,
    is_every,
    is_gap,
    is_of_a_part,
    is_overall,
    table_of,
    tier_of,
)


@dataclass(frozen=True, slots=True)
class Evidences:
    """The artifacts that a quantity is measured on."""

    metrics: Metrics | None
    splits: Splits | None = None
    predictions: PredictionSets | None = None
    grouping: Grouping | None = None
    kinship: Kinship | None = None
    enough: Enough = field(default_factory=Enough)
    errors: dict[tuple[int, tuple[str, ...] | None], tuple[float | None, int | None]] = field(
        default_factory=dict
    )  # by table and groups, because several criteria are about the same rows


@dataclass(frozen=True, slots=True)
class Reading:
    """One customary way to read a quantity.

    Parameters
    ----------
    how : str
        ``"mean of 3 groups"``, ``"weighted by rows"``.
    interval : Interval
        What it may be, given that values were rounded.
    error : float, optional
        Standard error; ``None`` where it is not known.
    """

    how: str
    interval: Interval
    error: float | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that a criterion can be about, as measured.

    Parameters
    ----------
    label : str
        For a sentence: ``"tier easy, validation rmse"``.
    value : float
        The most natural reading.
    readings : tuple of Reading
        All customary ones.
    location : Location
        Where the value stands.
    n : int, optional
        Held-out rows behind it.
    greater_is_better : bool, optional
        Direction.
    share : bool
        May be written in percent.
    measured : bool
        Its noise is from predictions.
    kin_share : float
        Share of its rows that have kin in training.
    table, keys, tier
        Where it is from: the table, the groups and the tier, where it is about some.
    clean : tuple of Reading
        The readings on rows without kin, where `kin_share` matters and enough rows are clean.
    """

    label: str
    value: float
    readings: tuple[Reading, ...]
    location: Location
    n: int | None
    greater_is_better: bool | None
    share: bool
    measured: bool
    kin_share: float
    table: MetricTable | None = None
    keys: tuple[str, ...] = ()
    tier: str = ""
    clean: tuple[Reading, ...] = ()


_MAX_SUBJECT = 300  # characters


def find_quantity(
    subject: str, have: Evidences, judged_on: SplitRole | None = None
) -> Quantity | None:
    """Resolve what a text is about, or ``None`` where nothing known is named.

    Parameters
    ----------
    subject : str
        As written.
    have : Evidences
        What it can be measured on.
    judged_on : SplitRole, optional
        The split that is meant where the text names none.
    """
    subject = re.sub(r"^[^\w(]+", "", subject[:_MAX_SUBJECT])  # marks
    text = " ".join(re.sub(r"[*_`]", " ", subject).split()).casefold()
    if is_contamination(subject):
        return _contamination(have, text)
    tables = () if have.metrics is None else have.metrics.tables
    found = table_of(text, subject, tables, judged_on)
    if found is None:
        return None
    table, named = found
    if is_gap(subject):
        return _gap(table, have)
    tiers = have.grouping.tiers if have.grouping is not None else {}
    if tier := tier_of(text, have.grouping):
        keys = [key for key in tiers if tiers[key] == tier]
        return _groups(table, keys, f"tier {tier}", have, tier, every=is_every(text))
    if key := group_of(text, subject, table, have.grouping):
        return _groups(table, [key], group_label(have.grouping, key), have)
    if is_of_a_part(text, table):
        return None
    if named or is_overall(text, have.grouping):
        return _overall(table, have)
    return None


def _members(groups: Array, keys: Sequence[str]) -> Array:
    """Rows of some groups; several times faster than a search in sorted objects."""
    inside: Array = np.zeros(len(groups), dtype=bool)
    for key in keys:
        inside |= groups == key
    return inside


def _kin(have: Evidences, role: SplitRole | None, keys: Sequence[str]) -> tuple[float, int]:
    """Share of the rows with kin in training, and how many rows there are."""
    for pair in have.kinship.pairs if have.kinship is not None else ():
        if role not in (None, pair.held_out.role):
            continue
        kin = contaminated(pair)
        if keys and pair.held_out.groups is not None:
            kin = kin[_members(pair.held_out.groups, keys)]
        return (float(kin.mean()), len(kin)) if len(kin) else (0.0, 0)
    return 0.0, 0


def _contamination(have: Evidences, text: str) -> Quantity | None:
    roles = roles_named(text) - {SplitRole.TRAIN}
    role = roles.pop() if len(roles) == 1 else None
    if have.kinship is None or not have.kinship.pairs:
        return None
    pairs = [pair for pair in have.kinship.pairs if role in (None, pair.held_out.role)]
    if not pairs:
        return None
    pair = max(pairs, key=lambda each: _kin(have, each.held_out.role, ())[0])
    share, n = _kin(have, pair.held_out.role, ())
    reading = Reading("held-out rows with kin in training", Interval(share, share), 0.0)
    place = Location(pair.held_out.path)
    name = f"contamination of {pair.held_out.path}"
    return Quantity(name, share, (reading,), place, n, False, True, True, 0.0)


def _gap(table: MetricTable, have: Evidences) -> Quantity | None:
    train = next(
        (
            each
            for each in (have.metrics.tables if have.metrics else ())
            if each.role is SplitRole.TRAIN and each.metric == table.metric and each.overall
        ),
        None,
    )
    held_out = _overall(table, have)
    if train is None or train.overall is None or held_out is None:
        return None
    if not math.isfinite(train.overall.value):
        return None
    score = SCORES.get(table.metric)
    sign = -1.0 if score is not None and score.greater_is_better else 1.0
    own = Interval.around(train.overall.value, train.overall.half_width)
    reading = held_out.readings[0]
    wide = reading.interval - own if sign > 0 else own - reading.interval
    role = SplitRole.VALIDATION if table.role is None else table.role
    minus = f"{role.value} minus training" if sign > 0 else f"training minus {role.value}"
    return Quantity(
        f"train-{role.value} gap in {table.metric}",
        sign * (held_out.value - train.overall.value),
        (Reading(minus, wide, reading.error),),
        held_out.location,
        held_out.n,
        False,
        held_out.share,
        held_out.measured,
        held_out.kin_share,
    )


def _overall(table: MetricTable, have: Evidences) -> Quantity | None:
    if table.overall is None or not math.isfinite(table.overall.value):
        return None
    sizes = group_sizes(table.role, table, have.splits, have.predictions)
    value = table.overall
    n = sizes[0].total if sizes else None
    error, rows = _error(table, None, value.value, n, have)
    reading = Reading("as reported", Interval.around(value.value, value.half_width), error)
    kin = _kin(have, table.role, ())[0]
    found = _quantity(f"overall {name_of(table)}", value, (reading,), rows or n, table, kin, have)
    values = _group_values(table, have) or {"": value}
    weights = {key: float(rows) for key, rows in _rows(sizes, list(values)).items()}
    if set(values) == {""}:
        weights = {"": 1.0}
    if len(weights) < len(values):
        return found
    clean = _clean(table, values, [("weighted by rows", weights)], kin, have)
    return replace(found, clean=clean)


def _groups(
    table: MetricTable,
    keys: Sequence[str],
    label: str,
    have: Evidences,
    tier: str = "",
    *,
    every: bool = False,
) -> Quantity | None:
    values = {key: v for key, v in _group_values(table, have).items() if key in keys}
    if not values:
        return None
    sizes = group_sizes(table.role, table, have.splits, have.predictions)
    rows = _rows(sizes, list(values))
    errors = {
        key: _error(table, [key], v.value, rows.get(key), have)[0] for key, v in values.items()
    }
    kin = _kin(have, table.role, list(values))[0]
    readings = []
    weightings = [(f"mean of {len(values)} groups", balanced_weights(list(values), {}))]
    if every or len(values) == 1:
        score = SCORES.get(table.metric)
        pick = min if score is not None and score.greater_is_better else max
        worst = pick(sorted(values), key=lambda key: values[key].value)
        how = "worst group" if len(values) > 1 else "as reported"
        own = values[worst]
        readings = [Reading(how, Interval.around(own.value, own.half_width), errors[worst])]
        natural = own
    else:
        if len(rows) == len(values):
            weightings.append(("weighted by rows", {k: float(n) for k, n in rows.items()}))
        for how, weights in weightings:
            readings += _weighted(table.metric, how, values, weights, errors)
            score = SCORES.get(table.metric)
            if score is not None and score.root:
                readings += _weighted("", f"{how}, plain mean of roots", values, weights, errors)
        if not readings:
            return None
        middle = readings[0].interval
        first = next(iter(values.values()))
        natural = ReportedValue((middle.low + middle.high) / 2, first.location)
    n = sum(rows.values()) if len(rows) == len(values) else None
    name = f"{label}, {name_of(table)}"
    found = _quantity(name, natural, tuple(readings), n, table, kin, have, tuple(values), tier)
    return replace(found, clean=_clean(table, values, weightings, kin, have))


def _clean(
    table: MetricTable,
    values: Mapping[str, ReportedValue],
    weightings: Sequence[tuple[str, Mapping[str, float]]],
    kin: float,
    have: Evidences,
) -> tuple[Reading, ...]:
    """The readings on rows without kin; none where they are not needed, or too few are clean."""
    if kin <= have.enough.max_kin_share:
        return ()
    pair = pair_of(table, have.kinship)
    clean: dict[str, ReportedValue] = {}
    errors: dict[str, float | None] = {}
    for key, value in values.items():
        found = clean_value(table, key, value, have.predictions, pair, have.enough)
        if found is None:
            return ()
        clean[key] = ReportedValue(found.value, value.location)
        errors[key] = found.error
    readings: list[Reading] = []
    for how, weights in weightings:
        readings += _weighted(table.metric, f"{how} without kin", clean, weights, errors)
    return tuple(readings)


def _quantity(
    label: str,
    value: ReportedValue,
    readings: tuple[Reading, ...],
    n: int | None,
    table: MetricTable,
    kin: float,
    have: Evidences,
    keys: tuple[str, ...] = (),
    tier: str = "",
) -> Quantity:
    score = SCORES.get(table.metric)
    return Quantity(
        label,
        value.value,
        readings,
        value.location,
        n,
        None if score is None else score.greater_is_better,
        score is not None and score.share,
        _scored(table, have) is not None,
        kin,
        table,
        keys,
        tier,
    )


def _group_values(table: MetricTable, have: Evidences) -> dict[str, ReportedValue]:
    values = finite_values(table)
    scored = predictions_of(have.predictions, table.role)
    if values or scored is None or scored.groups is None:
        return values
    for key in dict.fromkeys(map(str, scored.groups.tolist())):
        try:
            true, predicted = arrays_for(table.metric, scored)
            mask = scored.groups == key
            value = score_samples(table.metric, true[mask], predicted[mask])
        except CannotScoreError:
            return {}
        values[key] = ReportedValue(value, Location(scored.path))
    return values


def _rows(sizes: tuple[Sizes, ...], keys: Sequence[str]) -> dict[str, int]:
    by_group = sizes[0].by_group if sizes else {}
    return {key: by_group[key] for key in keys if key in by_group}


def _scored(table: MetricTable, have: Evidences) -> tuple[Array, Array, Array | None] | None:
    scored = predictions_of(have.predictions, table.role)
    if scored is None or table.metric not in SCORES:
        return None
    try:
        true, predicted = arrays_for(table.metric, scored)
    except CannotScoreError:
        return None
    return true, predicted, scored.groups


def _error(
    table: MetricTable,
    keys: Sequence[str] | None,
    value: float,
    n: int | None,
    have: Evidences,
) -> tuple[float | None, int | None]:
    """Standard error of the metric on some rows, and how many rows it is from."""
    place = (id(table), None if keys is None else tuple(keys))
    if place not in have.errors:
        have.errors[place] = _new_error(table, keys, value, n, have)
    return have.errors[place]


def _new_error(
    table: MetricTable,
    keys: Sequence[str] | None,
    value: float,
    n: int | None,
    have: Evidences,
) -> tuple[float | None, int | None]:
    score = SCORES.get(table.metric)
    percent = 100.0 if score is not None and score.share and abs(value) > 1.5 else 1.0
    if (scored := _scored(table, have)) is not None:
        true, predicted, groups = scored
        if keys is not None and groups is not None:
            inside = _members(groups, keys)
            true, predicted = true[inside], predicted[inside]
        if keys is None or groups is not None:
            error = standard_error(table.metric, true, predicted, value / percent)
            if error is not None:
                return error * percent, len(true)
    error = customary_error(table.metric, value / percent, n) if n else None
    return (None if error is None else error * percent), n


def _weighted(
    metric: str,
    how: str,
    values: Mapping[str, ReportedValue],
    weights: Mapping[str, float],
    errors: Mapping[str, float | None],
) -> list[Reading]:
    low = weighted_metric(metric, {k: v.value - v.half_width for k, v in values.items()}, weights)
    high = weighted_metric(metric, {k: v.value + v.half_width for k, v in values.items()}, weights)
    if low is None or high is None:
        return []
    total = math.fsum(weights[key] for key in values)
    parts = [(weights[key] / total, errors[key]) for key in values]
    error = None
    if all(each is not None for _, each in parts):
        error = math.hypot(*(share * (each or 0.0) for share, each in parts))
    return [Reading(how, Interval(min(low, high), max(low, high)), error)]
