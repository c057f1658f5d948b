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
