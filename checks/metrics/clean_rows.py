"""Values of groups on rows that have no kin in the training split."""

from __future__ import annotations

from dataclasses import dataclass, replace

from audit.model.artifacts import (
    Array,
    Kinship,
    MetricTable,
    Predictions,
    PredictionSets,
    ReportedValue,
    SplitKinship,
)
from checks.kit.composition import predictions_of
from checks.kit.kin import contaminated
from checks.kit.noise import customary_error, standard_error
from checks.kit.scores import SCORES, CannotScoreError, Score, arrays_for, score_samples


@dataclass(frozen=True, slots=True)
class Enough:
    """When the clean rows of a group speak for it.

    Parameters
    ----------
    max_kin_share : float
        Share of rows with kin that does not matter.
    min_rows : int
        Fewest clean rows of a group that is contaminated in part.
    min_coverage : float
        Smallest share of clean rows of such a group.
    """

    max_kin_share: float = 0.02
    min_rows: int = 30
    min_coverage: float = 0.5


@dataclass(frozen=True, slots=True)
class CleanValue:
    """Metric of a group, its standard error where that is known, and its number of rows."""

    value: float
    error: float | None
    rows: int | None


def in_shares(score: Score, values: dict[str, ReportedValue]) -> dict[str, ReportedValue]:
    """Scores written in percent as numbers between 0 and 1."""
    if not score.share or not any(value.value > 1.5 for value in values.values()):
        return values
    return {
        key: replace(value, value=value.value / 100, half_width=value.half_width / 100)
        for key, value in values.items()
    }


def pair_of(table: MetricTable, kinship: Kinship | None) -> SplitKinship | None:
    """The split that a table is about, with what is kin to the training rows."""
    pairs = kinship.pairs if kinship is not None else ()
    return next((p for p in pairs if table.role in (None, p.held_out.role)), None)


def clean_value(
    table: MetricTable,
    key: str,
    reported: ReportedValue,
    predictions: PredictionSets | None,
    pair: SplitKinship | None,
    enough: Enough,
) -> CleanValue | None:
    """The value of a group on clean rows; as reported where its rows are clean.

    Parameters
    ----------
    key : str
        Canonical key; empty for all rows.

    Returns
    -------
    CleanValue or None
        ``None`` where too few of its rows are clean, or they cannot be scored.
    """
    score = SCORES.get(table.metric)
    if score is None:
        return None
    scored = predictions_of(predictions, table.role)
    kin = _kin_of_group(pair, key)
    if kin is None or float(kin.mean()) <= enough.max_kin_share:
        return _as_reported(score, reported, key, table, scored)
    clean = int((~kin).sum())
    if clean < enough.min_rows or clean < enough.min_coverage * len(kin):
        return None
    return _on_clean_rows(score, key, scored, pair, reported.value)


def _kin_of_group(pair: SplitKinship | None, key: str) -> Array | None:
    if pair is None or not len(pair.exact.rows):
        return None
    kin, groups = contaminated(pair), pair.held_out.groups
    if groups is None or not key:
        return kin
    inside = kin[groups == key]
    return inside if len(inside) else None


def _as_reported(
    score: Score, value: ReportedValue, key: str, table: MetricTable, scored: Predictions | None
) -> CleanValue:
    rows = table.counts.get(key)
    found = None if scored is None else _rows_of(score, scored, key)
    if found is not None and len(found[0]):
        error = standard_error(score.name, *found, value.value)
        return CleanValue(value.value, error, len(found[0]))
    error = customary_error(score.name, value.value, rows) if rows else None
    return CleanValue(value.value, error, rows)


def _on_clean_rows(
    score: Score, key: str, scored: Predictions | None, pair: SplitKinship | None, reported: float
) -> CleanValue | None:
    if scored is None or scored.split_index is None or pair is None or not score.mean:
        return None
    groups = scored.groups
    if groups is None and pair.held_out.groups is not None:
        groups = pair.held_out.groups[scored.split_index]
    clean = ~contaminated(pair)[scored.split_index]
    found = _rows_of(score, replace(scored, groups=groups), key, clean)
    if found is None or not len(found[0]):
        return None
    try:
        value = score_samples(score.name, *found)
    except CannotScoreError:
        return None
    return CleanValue(value, standard_error(score.name, *found, reported), len(found[0]))


def _rows_of(
    score: Score, scored: Predictions, key: str, also: Array | None = None
) -> tuple[Array, Array] | None:
    """Targets and predictions of a group, for a metric."""
    try:
        true, predicted = arrays_for(score.name, scored)
    except CannotScoreError:
        return None
    if key and scored.groups is None:
        return None
    keep = slice(None) if not key else scored.groups == key
    if also is not None:
        keep = also if not key else also & (scored.groups == key)
    return true[keep], predicted[keep]
