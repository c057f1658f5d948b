"""Which rows of several tables are equal: exact codes, no trust in hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]
Codes = NDArray[np.int64]


def row_codes(tables: Sequence[Sequence[Array]]) -> list[Codes]:
    """Number the distinct rows of several tables: equal rows get equal numbers.

    Parameters
    ----------
    tables : sequence of sequence of ndarray
        Tables as lists of columns, the same number of columns each. Numbers are compared as
        numbers (in single precision where one side is stored so), anything else as text; NaN
        equals NaN.

    Returns
    -------
    list of ndarray of int
        One array for each table.

    Examples
    --------
    >>> a, b = np.array([1.0, 2.0]), np.array([2, 3, 1])
    >>> [codes.tolist() for codes in row_codes([[a], [b]])]
    [[0, 1], [1, 2, 0]]
    """
    sizes = [len(columns[0]) if len(columns) else 0 for columns in tables]
    total = sum(sizes)
    codes = np.zeros(total, dtype=np.int64)
    distinct = 1
    for parts in zip(*tables, strict=True):
        if distinct == total:
            break  # every row differs from every other already
        joined = _comparable(parts)
        values, labels = pd.factorize(joined, use_na_sentinel=False)
        codes, found = pd.factorize(codes * (len(labels) + 1) + values)
        distinct = len(found)
    return np.split(codes, np.cumsum(sizes)[:-1])


def rows_among(
    source: Sequence[Array], tables: Sequence[Sequence[Array]]
) -> tuple[Codes, list[Codes]]:
    """Number the rows of `source`, and look up the rows of other tables among them.

    Parameters
    ----------
    source : sequence of ndarray
        Columns.
    tables : sequence of sequence of ndarray
        As many columns each; compared as in `row_codes`.

    Returns
    -------
    ndarray of int
        Number of each row of `source`; equal rows have equal ones.
    list of ndarray of int
        Number of the equal row of `source`, for each row of each table; -1 without one.

    Examples
    --------
    >>> own, (found,) = rows_among([np.array([1.0, 2.0])], [[np.array([2, 3, 1])]])
    >>> own.tolist(), found.tolist()
    ([0, 1], [1, -1, 0])
    """
    likely = [_likely(source, table) for table in tables]
    parts = [[column[rows] for column in table] for rows, table in zip(likely, tables, strict=True)]
    own, *others = row_codes([source, *parts])
    found = []
    for rows, codes, table in zip(likely, others, tables, strict=True):
        out = np.full(len(table[0]) if len(table) else 0, -1, dtype=np.int64)
        out[rows] = np.where(np.isin(codes, own), codes, -1)
        found.append(out)
    return own, found


def _likely(source: Sequence[Array], table: Sequence[Array]) -> Codes:
    """Rows each of whose numbers occurs in its column of `source`: few altered rows do, and the
    exact comparison costs much more than this one.
    """
    rows = np.arange(len(table[0]) if len(table) else 0)
    for theirs, column in zip(source, table, strict=True):
        if not (theirs.dtype.kind in "biuf" and column.dtype.kind in "biuf"):
            continue
        joined = _comparable([theirs, column[rows]])
        here = pd.Series(joined[len(theirs) :])
        rows = rows[here.isin(pd.unique(joined[: len(theirs)])).to_numpy()]
    return rows


def columns_of(table: pd.DataFrame) -> list[Array]:
    """The columns of a table as arrays."""
    return [table.iloc[:, i].to_numpy() for i in range(table.shape[1])]


def _comparable(parts: Sequence[Array]) -> Array:
    if all(part.dtype.kind in "biuf" for part in parts):
        single = any(part.dtype in (np.float32, np.float16) for part in parts)
        joined = np.concatenate([part.astype(np.float64) for part in parts])
        with np.errstate(over="ignore"):
            joined = joined.astype(np.float32) if single else joined
        return joined + 0.0  # -0.0 equals 0.0
    return np.concatenate([np.asarray(pd.Series(part).astype(str), dtype=object) for part in parts])
