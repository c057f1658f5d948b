"""By how much copies differ from their originals, by family of columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checks.augmentation.families import Family, Matrix, families, matrix, rearranged, values
from checks.augmentation.origins import Array, Origins

MAX_CELLS = 4_000_000
RANDOM_STATE = 0
_MIN_GROUP = 20  # originals that a spread within a group is measured on
_MIN_CHANGED = 0.01


@dataclass(frozen=True, slots=True)
class Readings:
    """Sizes of a change against one base, as shares of it."""

    median: float
    mean_square: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Change:
    """How one family of columns was changed.

    Parameters
    ----------
    family : Family
        The columns.
    changed : float
        Share of entries that differ from the parent's.
    by_base : mapping of str to Readings
        Against ``"value"`` (of the parent), ``"spread"`` (robust standard deviation of the
        originals, within the group where it has enough rows), ``"deviation"`` (standard deviation
        of all originals) and ``"range"`` (of the originals).
    group_medians : mapping of str to float
        Median change relative to the spread, by group.
    """

    family: Family
    changed: float
    by_base: dict[str, Readings]
    group_medians: dict[str, float]


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of the copies of the training split whose parents are known.

    Parameters
    ----------
    items : tuple of Change
        Families that were changed at all.
    n : int
        Copies that were looked at, rearranged and repeated ones left out.
    rearranged, repeated : int
        Copies that hold their parent's values in another order, or unchanged.
    moved : ndarray of float, shape (n,)
        Largest change of each copy over all columns, relative to the spread.
    """

    items: tuple[Change, ...]
    n: int
    rearranged: int
    repeated: int
    moved: NDArray[np.float64]


def changes(known: Origins) -> Changes:
    """Measure the changes; at most ``MAX_CELLS`` values are compared, drawn at random."""
    part = known.train
    rows = np.flatnonzero(part.synthetic & (part.parents >= 0))
    limit = max(200, MAX_CELLS // max(1, known.originals.shape[1]))
    if len(rows) > limit:
        rows = np.sort(np.random.default_rng(RANDOM_STATE).choice(rows, limit, replace=False))
    parents = part.parents[rows]
    found = families(known.originals)
    every = [i for family in found for i in family.columns]
    copies = matrix(part.split.features.iloc[rows], every)
    before = matrix(known.originals.iloc[parents], every)
    with np.errstate(invalid="ignore", over="ignore"):
        delta = np.abs(copies - before)
    moved_at_all = delta > 0
    same = ~moved_at_all.any(axis=1)
    turned = ~same & rearranged(copies, before)
    keep = ~same & ~turned
    groups = known.groups[parents][keep] if known.groups is not None else None
    place = {column: at for at, column in enumerate(every)}
    items, largest = [], np.zeros(int(keep.sum()))
    for family in found:
        at = [place[column] for column in family.columns]
        own, base = delta[keep][:, at], before[keep][:, at]
        changed = float((own > 0).mean()) if own.size else 0.0
        if changed < _MIN_CHANGED:
            continue
        spread = _spreads(known, family, groups, len(own))
        change, relative = _change(family, changed, own, base, spread, known, groups)
        items.append(change)
        if relative.size:
            largest = np.maximum(largest, np.nanmax(np.nan_to_num(relative), axis=1, initial=0.0))
    return Changes(tuple(items), int(keep.sum()), int(turned.sum()), int(same.sum()), largest)


def _change(
    family: Family,
    changed: float,
    delta: Matrix,
    before: Matrix,
    spread: Matrix,
    known: Origins,
    groups: Array | None,
) -> tuple[Change, Matrix]:
    table = matrix(known.originals, family.columns)
    width = np.nanmax(table, axis=0) - np.nanmin(table, axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        by_value = np.where(before != 0, delta / np.abs(before), np.nan)
        by_spread = np.where(spread > 0, delta / spread, np.nan)
        whole = np.nanstd(table, axis=0)
        by_deviation = np.where(whole > 0, delta / whole, np.nan)
        by_range = np.where(width > 0, delta / width, np.nan)
    bases = {"value": by_value, "spread": by_spread, "deviation": by_deviation, "range": by_range}
    readings = {name: found for name, each in bases.items() if (found := _readings(each))}
    medians = {}
    for key in np.unique(groups).tolist() if groups is not None else ():
        here = by_spread[groups == key]
        if np.isfinite(here).any():
            medians[str(key)] = float(np.nanmedian(here))
    # What is constant has no spread: its change counts relative to its value.
    relative = np.where(np.isfinite(by_spread), by_spread, by_value)
    return Change(family, changed, readings, medians), relative


def _readings(relative: Matrix) -> Readings | None:
    finite = relative[np.isfinite(relative)]
    if not finite.size:
        return None
    return Readings(
        float(np.median(finite)),
        float(np.sqrt(np.mean(finite**2))),
        float(np.quantile(finite, 0.99)),
        int(finite.size),
    )


def _spreads(known: Origins, family: Family, groups: Array | None, n: int) -> Matrix:
    """Spread of each entry's column among the originals of its group."""
    overall = np.array([robust_spread(values(known.originals, i)) for i in family.columns])
    out = np.tile(overall, (n, 1))
    if groups is None or known.groups is None:
        return out
    for key in np.unique(groups):
        own = np.flatnonzero(known.groups == key)
        if len(own) >= _MIN_GROUP:
            table = matrix(known.originals.iloc[own], family.columns)
            out[groups == key] = [robust_spread(table[:, i]) for i in range(table.shape[1])]
    return out


def robust_spread(column: Matrix) -> float:
    """Interquartile range / 1.349; the standard deviation where that is 0.

    Examples
    --------
    >>> round(robust_spread(np.array([0.0, 1, 2, 3, 4])), 3)
    1.483
    """
    finite = column[np.isfinite(column)]
    if not finite.size:
        return 0.0
    low, high = np.quantile(finite, [0.25, 0.75])
    return float(high - low) / 1.349 or float(finite.std())
