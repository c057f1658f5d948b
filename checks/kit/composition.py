"""How many rows each group has, how groups make up tiers, and the balanced metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.model.artifacts import (
    Array,
    Grouping,
    MetricTable,
    Predictions,
    PredictionSets,
    SplitData,
    SplitRole,
    Splits,
)
from checks.kit.scores import combine


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows per group of one split, and where that is known from.

    Parameters
    ----------
    by_group : mapping of str to int
        Canonical group key to number of rows, groups without rows left out.
    source : str
        For a sentence: ``"the rows of splits/val.csv"``.
    path : str
        The file.
    """

    by_group: Mapping[str, int]
    source: str
    path: str

    @property
    def total(self) -> int:
        """Rows of all groups together."""
        return sum(self.by_group.values())


def count_groups(groups: Array) -> dict[str, int]:
    """Rows per canonical group key, in the order of first appearance."""
    codes, keys = pd.factorize(groups)
    counts = np.bincount(codes[codes >= 0], minlength=len(keys))
    return {str(key): int(n) for key, n in zip(keys, counts, strict=True)}


def held_out_split(splits: Splits | None, role: SplitRole | None) -> SplitData | None:
    """The held-out split of a role; without a role, the only one that there is."""
    candidates = [] if splits is None else [s for s in splits.held_out if role in (None, s.role)]
    return candidates[0] if len(candidates) == 1 else None


def predictions_of(sets: PredictionSets | None, role: SplitRole | None) -> Predictions | None:
    """The predictions on a role; without a role, the only ones that there are."""
    candidates = [] if sets is None else [p for p in sets.items if role in (None, p.role)]
    return candidates[0] if len(candidates) == 1 else None


def group_sizes(
    role: SplitRole | None,
    table: MetricTable | None,
    splits: Splits | None,
    predictions: PredictionSets | None,
) -> tuple[Sizes, ...]:
    """Everything that says how many rows each group of a split has: its rows first, then its
    predictions, then the counts that the metric table states.
    """
    found = []
    split = splits.train if splits and role is SplitRole.TRAIN else held_out_split(splits, role)
    if split is not None and split.groups is not None:
        found.append(Sizes(count_groups(split.groups), f"the rows of {split.path}", split.path))
    scored = predictions_of(predictions, role)
    if scored is not None and scored.groups is not None:
        counts = count_groups(scored.groups)
        found.append(Sizes(counts, f"the predictions in {scored.path}", scored.path))
    if table is not None and table.counts:
        counts = {key: n for key, n in table.counts.items() if n > 0}
        found.append(Sizes(counts, f"the counts in {table.path}", table.path))
    return tuple(each for each in found if each.total > 0)


def tiers_of(grouping: Grouping | None, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Groups by tier, in display order; empty unless every group has a tier and there are two."""
    if grouping is None or any(key not in grouping.tiers for key in keys):
        return {}
    order = {key: place for place, key in enumerate(grouping.keys)}
    tiers: dict[str, list[str]] = {}
    for key in sorted(keys, key=lambda key: (order.get(key, len(order)), key)):
        tiers.setdefault(grouping.tiers[key], []).append(key)
    return {tier: tuple(members) for tier, members in tiers.items()} if len(tiers) > 1 else {}


def group_label(grouping: Grouping | None, key: str) -> str:
    """Readable form of a canonical key."""
    return grouping.label(key) if grouping else key


def weighted_metric(
    metric: str, values: Mapping[str, float], weights: Mapping[str, float]
) -> float | None:
    """Metric over groups with given weights; the plain weighted mean where `combine` knows no
    better, ``None`` without finite values or positive weights.
    """
    numbers = [values[key] for key in values]
    sizes = [float(weights.get(key, 0.0)) for key in values]
    combined = combine(metric, numbers, sizes)
    if combined is not None:
        return combined
    total = math.fsum(sizes)
    if not (total > 0 and all(map(math.isfinite, numbers))) or min(sizes) < 0:
        return None
    # shares, so that no product of a large value and a size overflows
    return math.fsum(v * (w / total) for v, w in zip(numbers, sizes, strict=True))


def balanced_weights(keys: Sequence[str], tiers: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Weights under which every tier counts the same, and every group the same within its tier;
    without tiers, every group the same.
    """
    if not tiers:
        return {key: 1.0 / len(keys) for key in keys}
    return {key: 1.0 / (len(tiers) * len(members)) for members in tiers.values() for key in members}
