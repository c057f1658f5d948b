"""Rows of two tables that are equal with some columns left out.

Each row has a hash that is the sum over columns of a mix of column and value, modulo 2**64, so
leaving a column out is a subtraction. Hashes only propose: equality is verified on the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import Match
from audit.neighbours.columns import Array, Bits, Column, Targets, bits

CHUNK = 1 << 15  # rows at a time, so that intermediate results stay in the processor's cache
MIN_GROUP = 30  # smaller groups share one control, a permutation within them would say nothing

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def mix(values: Bits, salt: int) -> Bits:
    """Scramble 64-bit numbers (the finaliser of SplitMix64; Steele, Lea & Flood 2014).

    Parameters
    ----------
    values : ndarray of uint64
    salt : int
        Different for each column, so that equal values in two columns do not cancel.

    Returns
    -------
    ndarray of uint64, same shape
    """
    out = values + np.uint64((salt + 1) * int(_GOLDEN) & 0xFFFFFFFFFFFFFFFF)
    out ^= out >> np.uint64(30)
    out *= _FIRST
    out ^= out >> np.uint64(27)
    out *= _SECOND
    out ^= out >> np.uint64(31)
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """A training table and a held-out table, ready to be compared.

    Parameters
    ----------
    columns : tuple of Column
        Columns that vary.
    n_train, n_held_out : int
        Numbers of rows.
    train_hash, held_out_hash : ndarray of uint64
        Sum of `mix` over all columns.
    targets : Targets, optional
        Joint target codes.
    strata : ndarray of int64, shape (n_held_out,)
        Groups within which held-out targets are exchanged for the control.
    """

    columns: tuple[Column, ...]
    n_train: int
    n_held_out: int
    train_hash: Bits
    held_out_hash: Bits
    targets: Targets | None
    strata: NDArray[np.int64]

    def mixed(self, column: int, train: bool, rows: Any = slice(None)) -> Bits:
        """`mix` of some rows of a column."""
        part = self.columns[column]
        return mix(bits((part.train if train else part.held_out)[rows]), column)


def prepare(
    columns: tuple[Column, ...],
    n_train: int,
    n_held_out: int,
    targets: Targets | None,
    groups: Array | None,
) -> Tables:
    """Hash all rows of both tables."""
    hashes = []
    for train, n in ((True, n_train), (False, n_held_out)):
        total = np.zeros(n, dtype=np.uint64)
        for start in range(0, n, CHUNK):
            rows = slice(start, min(start + CHUNK, n))
            for i, column in enumerate(columns):
                total[rows] += mix(bits((column.train if train else column.held_out)[rows]), i)
        hashes.append(total)
    return Tables(
        columns, n_train, n_held_out, hashes[0], hashes[1], targets, _strata(groups, n_held_out)
    )


def match(tables: Tables, masked: Sequence[int] = ()) -> Match:
    """Find the held-out rows that equal a training row with some columns left out.

    Parameters
    ----------
    tables : Tables
        Both tables.
    masked : sequence of int
        Positions of the columns that are left out.

    Returns
    -------
    Match
        Verified; ``chance`` is not filled in.
    """
    train_rows, train_class, held_rows, held_class = _classes(tables, masked)
    n_classes = int(train_class.max(initial=-1)) + 1
    rows = np.zeros(tables.n_held_out, dtype=bool)
    rows[held_rows] = True
    partner = np.full(tables.n_held_out, -1, dtype=np.int64)
    partner[held_rows] = _first(train_class, train_rows, n_classes)[held_class]
    supported: NDArray[np.bool_] | None = None
    expected: NDArray[np.float64] | None = None
    targets = tables.targets
    if targets is not None:
        supported = np.zeros(tables.n_held_out, dtype=bool)
        known = targets.train[train_rows] >= 0
        scale = max(targets.distinct, 1)
        keys = train_class[known] * scale + targets.train[train_rows[known]]
        code, unique = pd.factorize(keys)
        wanted = held_class * scale + targets.held_out[held_rows]
        wanted[targets.held_out[held_rows] < 0] = -1
        found = pd.Index(unique).get_indexer(pd.Index(wanted))
        hit = found >= 0
        supported[held_rows[hit]] = True
        partner[held_rows[hit]] = _first(code, train_rows[known], len(unique))[found[hit]]
        expected = np.zeros(tables.n_held_out, dtype=np.float64)
        expected[held_rows] = _expected(
            np.sort(unique), scale, held_class, held_rows, targets.held_out, tables.strata
        )
    names = tuple(tables.columns[i].name for i in masked)
    return Match(names, rows, supported, expected, partner)


def _first(classes: Array, rows: Array, n_classes: int) -> NDArray[np.int64]:
    """First of the ascending `rows` in each class."""
    first = np.full(n_classes, -1, dtype=np.int64)
    first[classes[::-1]] = rows[::-1]
    return first


def _classes(
    tables: Tables, masked: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows of both tables that share their values with the other table, by class of equality.

    Returns
    -------
    train_rows, train_class, held_rows, held_class : ndarray of int64
        Rows in ascending order; every class has rows of both tables.
    """
    if not tables.n_train or not tables.n_held_out:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty, empty
    train_hash, held_hash = tables.train_hash, tables.held_out_hash
    for left_out in masked:
        train_hash = train_hash - tables.mixed(left_out, True)
        held_hash = held_hash - tables.mixed(left_out, False)
    held_code, unique = pd.factorize(held_hash)
    position = pd.Index(unique).get_indexer(pd.Index(train_hash))
    train_rows = np.flatnonzero(position >= 0)
    train_class = position[train_rows].astype(np.int64)
    present = np.zeros(len(unique), dtype=bool)
    present[train_class] = True
    held_rows = np.flatnonzero(present[held_code])
    held_class = held_code[held_rows].astype(np.int64)

    first = _first(train_class, train_rows, len(unique))
    kept = [column for i, column in enumerate(tables.columns) if i not in set(masked)]
    unequal = np.zeros(len(unique), dtype=bool)
    for column in kept:
        for values, rows, classes in (
            (column.train, train_rows, train_class),
            (column.held_out, held_rows, held_class),
        ):
            differs = bits(values[rows]) != bits(column.train[first[classes]])
            unequal[classes[differs]] = True
    if unequal.any():
        train_class, held_class = _split_collisions(
            kept, train_rows, train_class, held_rows, held_class, unequal
        )
    in_train, in_held = np.unique(train_class), np.unique(held_class)
    both = np.intersect1d(in_train, in_held, assume_unique=True)
    if len(both) < len(in_train) or len(both) < len(in_held):
        keep_train, keep_held = np.isin(train_class, both), np.isin(held_class, both)
        train_rows, train_class = train_rows[keep_train], train_class[keep_train]
        held_rows, held_class = held_rows[keep_held], held_class[keep_held]
    dense = np.zeros(int(both.max(initial=-1)) + 1, dtype=np.int64)
    dense[both] = np.arange(len(both))
    return train_rows, dense[train_class], held_rows, dense[held_class]


def _split_collisions(
    kept: Sequence[Column],
    train_rows: Array,
    train_class: Array,
    held_rows: Array,
    held_class: Array,
    unequal: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Regroup by value the rows whose hash stands for different rows."""
    wrong_train, wrong_held = unequal[train_class], unequal[held_class]
    values = np.stack(
        [
            np.concatenate(
                [bits(c.train[train_rows[wrong_train]]), bits(c.held_out[held_rows[wrong_held]])]
            )
            for c in kept
        ],
        axis=1,
    )
    inverse = np.unique(values, axis=0, return_inverse=True)[1].reshape(-1) + len(unequal)
    n = int(wrong_train.sum())
    train_class, held_class = train_class.copy(), held_class.copy()
    train_class[wrong_train] = inverse[:n]
    held_class[wrong_held] = inverse[n:]
    return train_class, held_class


def _expected(
    keys: NDArray[np.int64],
    scale: int,
    held_class: NDArray[np.int64],
    held_rows: NDArray[np.int64],
    held_target: NDArray[np.int64],
    strata: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Exact probability of support when targets are permuted within strata.

    For a row of stratum g that matches class C it is the number of rows in g whose target occurs
    in C, divided by the number of rows in g.

    Parameters
    ----------
    keys : ndarray of int64
        ``class * scale + target`` of the training rows, distinct and sorted.
    """
    key_class, key_target = np.divmod(keys, scale)
    n_classes = int(held_class.max(initial=-1)) + 1
    start = np.searchsorted(key_class, np.arange(n_classes))
    stop = np.searchsorted(key_class, np.arange(n_classes), side="right")
    size = np.bincount(strata)
    order = np.argsort(strata[held_rows], kind="stable")
    bounds = np.searchsorted(strata[held_rows][order], np.arange(len(size) + 1))
    by_stratum = np.argsort(strata, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(size)])
    frequency = np.zeros(scale, dtype=np.int64)
    result = np.zeros(len(held_rows), dtype=np.float64)
    for stratum in range(len(size)):
        mine = order[bounds[stratum] : bounds[stratum + 1]]
        if not len(mine):
            continue
        target = held_target[by_stratum[offsets[stratum] : offsets[stratum + 1]]]
        target = target[target >= 0]
        np.add.at(frequency, target, 1)
        classes, inverse = np.unique(held_class[mine], return_inverse=True)
        length = stop[classes] - start[classes]
        ends = np.cumsum(length)
        within = np.arange(int(length.sum())) - np.repeat(ends - length, length)
        counts = frequency[key_target[np.repeat(start[classes], length) + within]]
        sums = np.bincount(np.repeat(np.arange(len(classes)), length), counts, len(classes))
        result[mine] = sums[inverse] / size[stratum]
        frequency[target] = 0
    return result


def _strata(groups: Array | None, n: int) -> NDArray[np.int64]:
    if groups is None or not n:
        return np.zeros(n, dtype=np.int64)
    codes = pd.factorize(groups, use_na_sentinel=False)[0].astype(np.int64)
    small = np.bincount(codes) < MIN_GROUP
    codes[small[codes]] = len(small)
    return np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
