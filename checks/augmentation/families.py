"""Columns that belong together: ``p0`` to ``p19`` are one family, ``n`` is one by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_STEM = re.compile(r"^(.*?[^\d])[\d_.\-]*$", re.DOTALL)
_MIN_MEMBERS = 4
_WIDE = 64
_MAX_RATIO = 20.0  # of spreads within a family; beyond it the columns are no parts of one thing


@dataclass(frozen=True, slots=True)
class Family:
    """A column, or columns with one stem, numbered, on one scale.

    Parameters
    ----------
    stem : str
        What their names share.
    columns : tuple of int
        Positions, in order.
    label : str
        For a reader: ``"n"``, ``"p0 … p19"``.
    """

    stem: str
    columns: tuple[int, ...]
    label: str


def families(originals: pd.DataFrame) -> tuple[Family, ...]:
    """Divide the numeric columns of a table into families.

    Columns with one stem are one family if at least four of them have spreads of one order of
    magnitude; a column that is constant among varying ones stands by itself.
    """
    stems: dict[str, list[int]] = {}
    numeric = [i for i in range(originals.shape[1]) if is_numeric(originals.iloc[:, i])]
    for i in numeric:
        match = _STEM.match(str(originals.columns[i]))
        stems.setdefault(match[1].rstrip("_.-") if match else "", []).append(i)
    found = []
    for stem, members in stems.items():
        # Border pixels are constant too; a lone constant among a few columns is not one of them.
        parts = [members] if len(members) >= _WIDE else _of_one_scale(originals, members)
        for part in parts:
            if len(part) < _MIN_MEMBERS:
                found += [_one(originals, i) for i in part]
                continue
            first, last = (str(originals.columns[i]) for i in (part[0], part[-1]))
            found.append(Family(stem, tuple(part), f"{first} … {last}"))
    return tuple(sorted(found, key=lambda family: family.columns[0]))


def _of_one_scale(originals: pd.DataFrame, members: Sequence[int]) -> list[list[int]]:
    """Divide columns by their spread, so that within a part it is of one order of magnitude."""
    spreads = {i: float(np.nanstd(values(originals, i))) for i in members}
    parts: list[list[int]] = [[i] for i in members if not spreads[i] > 0]
    current: list[int] = []
    for i in sorted((i for i in members if spreads[i] > 0), key=lambda i: spreads[i]):
        if current and spreads[i] > _MAX_RATIO * spreads[current[0]]:
            parts.append(sorted(current))
            current = []
        current.append(i)
    return [*parts, sorted(current)] if current else parts


def _one(table: pd.DataFrame, i: int) -> Family:
    name = str(table.columns[i])
    return Family(name, (i,), name)


def is_numeric(column: pd.Series[Any]) -> bool:
    """Whether a column holds numbers, some of them finite."""
    return column.dtype.kind in "biuf" and bool(np.isfinite(column.to_numpy(float)).any())


def values(table: pd.DataFrame, column: int) -> Matrix:
    """A numeric column as floats; infinite values become NaN."""
    out = table.iloc[:, column].to_numpy(dtype=np.float64, copy=True)
    out[~np.isfinite(out)] = np.nan
    return out


def matrix(table: pd.DataFrame, columns: Sequence[int]) -> Matrix:
    """Numeric columns as floats; infinite values become NaN."""
    out = table.iloc[:, list(columns)].to_numpy(dtype=np.float64, copy=True)
    out[~np.isfinite(out)] = np.nan
    return out


def rearranged(copies: Matrix, parents: Matrix) -> NDArray[np.bool_]:
    """Copies that hold the values of their parent in another order, or with other signs.

    Flips, rotations by a right angle, shifts around a border and symmetries do so.
    """
    if copies.shape[1] == 0:
        return np.zeros(len(copies), dtype=bool)
    left, right = np.sort(np.abs(copies), axis=1), np.sort(np.abs(parents), axis=1)
    return np.asarray(((left == right) | (np.isnan(left) & np.isnan(right))).all(axis=1))
