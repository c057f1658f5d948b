"""Copies beside the originals that they are compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checks.augmentation.families import Family, Matrix, families, matrix, rearranged
from checks.augmentation.origins import Array, Index, Origins
from checks.kit.rows import row_codes

MAX_CELLS = 4_000_000
RANDOM_STATE = 0
_MAX_CLASSES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Copies of the training split, each beside one original, numeric columns only.

    Parameters
    ----------
    families : tuple of Family
        Of the columns of the table; `place` tells where they are here.
    place : mapping of int to int
        Position in the table to position in `copies` and `beside`.
    copies, beside : ndarray, shape (n, d)
        Copies that do not merely rearrange an original; the parents, or originals drawn at random
        from the same group and class.
    index : ndarray of int, shape (n,)
        Which originals stand beside them.
    is_parent : bool
        `beside` are the parents.
    originals : ndarray, shape (n_originals, d)
        All of them.
    groups : ndarray, optional
        Group of each pair.
    rearranged : int
        Copies that were left out: they hold an original's values in another order.
    """

    families: tuple[Family, ...]
    place: dict[int, int]
    copies: Matrix
    beside: Matrix
    index: Index
    is_parent: bool
    originals: Matrix
    groups: Array | None
    rearranged: int

    def at(self, family: Family) -> list[int]:
        """Columns of a family here."""
        return [self.place[column] for column in family.columns]


def pairs(known: Origins) -> Pairs:
    """Draw copies with all copies of a parent together, at most ``MAX_CELLS`` values."""
    rng = np.random.default_rng(RANDOM_STATE)
    part = known.train
    found = families(known.originals)
    every = [i for family in found for i in family.columns]
    is_parent = bool(known.parents_how)
    rows = np.flatnonzero(part.synthetic & (part.parents >= 0) if is_parent else part.synthetic)
    limit = max(200, MAX_CELLS // max(1, len(every)))
    if is_parent:
        rows = _whole_families(rows, part.parents, limit, rng)
        index = part.parents[rows]
    else:
        if len(rows) > limit:
            rows = np.sort(rng.choice(rows, limit, replace=False))
        index = _like(known, rows, rng)
    copies = matrix(part.split.features.iloc[rows], every)
    originals = matrix(known.originals, every)
    if is_parent:
        turned = rearranged(copies, originals[index])
    else:
        turned = _rearranged_any(copies, originals)
    keep = ~turned
    groups = known.groups[index[keep]] if known.groups is not None else None
    return Pairs(
        families=found,
        place={column: at for at, column in enumerate(every)},
        copies=copies[keep],
        beside=originals[index[keep]],
        index=index[keep],
        is_parent=is_parent,
        originals=originals,
        groups=groups,
        rearranged=int(turned.sum()),
    )


def _whole_families(rows: Index, parents: Index, limit: int, rng: np.random.Generator) -> Index:
    """Rows of parents drawn at random, as many as the limit allows, every copy of each."""
    if len(rows) <= limit:
        return rows
    distinct, counts = np.unique(parents[rows], return_counts=True)
    order = rng.permutation(len(distinct))
    chosen = distinct[order[: max(1, int((np.cumsum(counts[order]) <= limit).sum()))]]
    return rows[np.isin(parents[rows], chosen)]


def _like(known: Origins, rows: Index, rng: np.random.Generator) -> Index:
    """An original of the same group and class for each row, drawn at random."""
    split = known.train.split
    mine, theirs = [np.zeros(len(rows))], [np.zeros(len(known.originals))]
    if known.groups is not None and split.groups is not None:
        mine.append(split.groups[rows])
        theirs.append(known.groups)
    target = split.target
    if known.target is not None and target is not None and target.ndim == 1:
        classes = {str(value) for value in known.target[:100_000].tolist()}
        if len(classes) <= _MAX_CLASSES:
            mine.append(target[rows])
            theirs.append(known.target)
    own, cells = row_codes([mine, theirs])
    index = rng.integers(0, len(known.originals), len(rows))
    for cell in np.unique(own):
        members = np.flatnonzero(cells == cell)
        if len(members):
            here = own == cell
            index[here] = rng.choice(members, int(here.sum()))
    return index


def _rearranged_any(copies: Matrix, originals: Matrix) -> NDArray[np.bool_]:
    if copies.shape[1] < 2:
        return np.zeros(len(copies), dtype=bool)
    left, right = np.sort(np.abs(copies), axis=1), np.sort(np.abs(originals), axis=1)
    own, theirs = row_codes([list(left.T), list(right.T)])
    return np.isin(own, theirs)
