"""The comparison with a baseline that is supported: same groups, same weights, clean rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import (
    Grouping,
    Kinship,
    MetricTable,
    PredictionSets,
)
from checks.kit.composition import balanced_weights, group_label, weighted_metric
from checks.kit.scores import SCORES
from checks.metrics.clean_rows import Enough, clean_value, in_shares, pair_of
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
    complete : bool
        No common group had to be left out.
    """

    metric: str
    own: float | None
    baseline: float | None
    interval: tuple[float, float] | None
    rows: int | None
    better: bool | None
    method: str
    short: str
    complete: bool = False

    @property
    def word(self) -> str:
        """The answer in words."""
        return {True: "better", False: "worse", None: "no difference beyond noise"}[self.better]


def like_for_like(
    table: MetricTable,
    reference: MetricTable,
    predictions: PredictionSets | None,
    grouping: Grouping | None,
    kinship: Kinship | None,
    *,
    enough: Enough,
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
    pair = pair_of(table, kinship)
    found = {key: clean_value(table, key, own[key], predictions, pair, enough) for key in common}
    groups = {key: value for key, value in found.items() if value is not None}
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
        # the baseline has the same noise
        error = math.sqrt(2) * math.hypot(*(each or 0.0 for each in errors)) / len(groups)
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
        len(groups) == len(common),
    )
