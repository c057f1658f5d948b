"""The comparison with a baseline that is supported: same groups, same weights, clean rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import (
    Array,
    Grouping,
    Kinship,
    MetricTable,
    Predictions,
    PredictionSets,
    ReportedValue,
    SplitKinship,
)
from checks.kit.composition import balanced_weights, group_label, predictions_of, weighted_metric
from checks.kit.kin import contaminated
from checks.kit.noise import customary_error, standard_error
from checks.kit.scores import SCORES, CannotScoreError, Score, arrays_for, score_samples
from checks.metrics.reproduction import finite_values


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides on common ground, or why there is none.

    Parameters
    ----------
    metric : str
        Canonical name.
    own, baseline : float, optional
        Every compared group with the same weight; ``None`` where no group can be compared.
    interval : tuple of (float, float), optional
        Of the own value, as wide as the noise of the difference.
    rows : int, optional
        Own rows behind it.
    better : bool, optional
        Whether this run is better beyond noise, or worse; ``None`` where it cannot be told.
    method, short : str
        How, in full and in a few words.
    """

    metric: str
    own: float | None
    baseline: float | None
    interval: tuple[float, float] | None
    rows: int | None
    better: bool | None
    method: str
    short: str

    @property
    def word(self) -> str:
        """The answer in words."""
        return {True: "better", False: "worse", None: "no difference beyond noise"}[self.better]


@dataclass(frozen=True, slots=True)
class _Group:
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


def like_for_like(
    table: MetricTable,
    reference: MetricTable,
    predictions: PredictionSets | None,
    grouping: Grouping | None,
    kinship: Kinship | None,
    *,
    max_kin_share: float,
    min_rows: int,
    min_coverage: float,
    deviations: float,
) -> Comparison | None:
    """Compare the common groups with equal weights, on clean rows only.

    Returns
    -------
    Comparison or None
        ``None`` where there are no common groups or the metric is not known.
    """
    score = SCORES.get(table.metric)
    if score is None:
        return None
    own, old = (in_shares(score, finite_values(each)) for each in (table, reference))
    common = [key for key in own if key in old]
    if not common:
        return None
    scored = predictions_of(predictions, table.role)
    pair = _pair(table, kinship)
    groups = {}
    for key in common:
        kin = _kin_of_group(pair, key)
        if kin is None or float(kin.mean()) <= max_kin_share:
            groups[key] = _as_reported(score, own[key], key, table, scored)
        elif kin.sum() <= (1 - min_coverage) * len(kin) and (~kin).sum() >= min_rows:
            clean = _on_clean_rows(score, key, scored, pair, own[key].value)
            if clean is not None:
                groups[key] = clean
    if not groups:
        text = f"none of the {len(common)} common groups has enough rows without kin in training"
        return Comparison(score.name, None, None, None, None, None, text, "")
    weights = balanced_weights(list(groups), {})
    now = weighted_metric(score.name, {k: g.value for k, g in groups.items()}, weights)
    then = weighted_metric(score.name, {k: old[k].value for k in groups}, weights)
    if now is None or then is None:
        return None
    errors = [group.error for group in groups.values()]
    error = None
    if all(each is not None for each in errors):
        both = 2.0  # the baseline has the same noise
        error = math.sqrt(both * math.fsum((each or 0.0) ** 2 for each in errors)) / len(groups)
    spread = deviations * (error or 0.0)
    rounding = float(np.mean([own[key].half_width + old[key].half_width for key in groups]))
    gain = now - then if score.greater_is_better else then - now
    better = None if abs(gain) <= spread + rounding else gain > 0
    sizes = [group.rows for group in groups.values()]
    names = [group_label(grouping, key) for key in groups]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    clean_words = " on rows without kin in training" if pair is not None else ""
    noise = "noise not known" if error is None else f"standard error of the difference {error:.2g}"
    return Comparison(
        score.name,
        now,
        then,
        None if error is None else (now - spread, now + spread),
        sum(each or 0 for each in sizes) if all(sizes) else None,
        better,
        f"{len(groups)} of {len(common)} common groups with the same weight{clean_words} "
        f"({shown}); {noise}",
        f"{len(groups)} of {len(common)} groups{clean_words}, equal weights",
    )


def _pair(table: MetricTable, kinship: Kinship | None) -> SplitKinship | None:
    pairs = kinship.pairs if kinship is not None else ()
    return next((p for p in pairs if table.role in (None, p.held_out.role)), None)


def _kin_of_group(pair: SplitKinship | None, key: str) -> NDArray[np.bool_] | None:
    if pair is None or not len(pair.exact.rows):
        return None
    kin, groups = contaminated(pair), pair.held_out.groups
    if groups is None:
        return kin
    inside: NDArray[np.bool_] = kin[groups == key]
    return inside if len(inside) else None


def _as_reported(
    score: Score, value: ReportedValue, key: str, table: MetricTable, scored: Predictions | None
) -> _Group:
    rows = table.counts.get(key)
    if scored is not None and scored.groups is not None:
        found = _rows_of(score, scored, scored.groups == key)
        if found is not None and len(found[0]):
            error = standard_error(score.name, *found, value.value)
            return _Group(value.value, error, len(found[0]))
    error = customary_error(score.name, value.value, rows) if rows else None
    return _Group(value.value, error, rows)


def _on_clean_rows(
    score: Score, key: str, scored: Predictions | None, pair: SplitKinship | None, reported: float
) -> _Group | None:
    if scored is None or scored.split_index is None or pair is None or not score.mean:
        return None
    groups = scored.groups
    if groups is None and pair.held_out.groups is not None:
        groups = pair.held_out.groups[scored.split_index]
    clean = ~contaminated(pair)[scored.split_index]
    found = _rows_of(score, scored, clean if groups is None else clean & (groups == key))
    if found is None or not len(found[0]):
        return None
    try:
        value = score_samples(score.name, *found)
    except CannotScoreError:
        return None
    return _Group(value, standard_error(score.name, *found, reported), len(found[0]))


def _rows_of(
    score: Score, scored: Predictions, mask: NDArray[np.bool_] | Sequence[bool]
) -> tuple[Array, Array] | None:
    try:
        true, predicted = arrays_for(score.name, scored)
    except CannotScoreError:
        return None
    return true[mask], predicted[mask]
