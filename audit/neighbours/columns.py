"""Columns of two tables made comparable by value, as numbers that are equal when values are.

Values are compared, never bytes: ``4``, ``4.0`` and ``True``-as-``1`` agree, ``-0.0`` is ``0.0``,
a missing value equals a missing value. Where one table stores a column with less precision than
the other, both are compared in the lower precision, because a copy that was written as float32, or
with three decimals, cannot agree with its original otherwise. Integers are exact among themselves,
beyond 2**53 too.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]
Bits = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One feature column of both tables, in one numeric dtype.

    Parameters
    ----------
    name : str
        Name of the column.
    train : ndarray, shape (n_train,)
        Values, or codes where the column holds text or a mixture.
    held_out : ndarray, shape (n_held_out,)
        The same for the held-out rows; codes are joint, so equal codes mean equal values.
    parts : tuple of Column
        Running text taken apart, for tables of little else; empty otherwise.
    """

    name: str
    train: Array
    held_out: Array
    parts: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Targets of both tables as joint codes.

    Parameters
    ----------
    train, held_out : ndarray of int64
        Codes; -1 where the target is missing, which agrees with nothing.
    distinct : int
        Number of different targets in both tables together.
    identifying : bool
        The target is so finely graded that two rows seldom share it unless they are related:
        a real-valued quantity, not a class label.
    """

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    distinct: int
    identifying: bool


def encode(train: pd.DataFrame, held_out: pd.DataFrame) -> tuple[Column, ...]:
    """Make every column of two tables comparable.

    Parameters
    ----------
    train, held_out : DataFrame
        The same columns in the same order.

    Returns
    -------
    tuple of Column
        The columns that take at least two values in both tables together. A column with a
        single value cannot tell rows apart.
    """
    columns = (
        Column(str(name), *_comparable(train.iloc[:, i], held_out.iloc[:, i]))
        for i, name in enumerate(train.columns)
    )
    varying = tuple(column for column in columns if not _is_constant(column))
    if len(varying) > 3:
        return varying
    # With a mask there may be no column left but one of text: its words have to tell rows apart.
    return tuple(
        replace(column, parts=_text_parts(train[column.name], held_out[column.name]))
        for column in varying
    )


_PARTS = 8  # of a text


def _text_parts(train: pd.Series[Any], held_out: pd.Series[Any]) -> tuple[Column, ...]:
    """Every eighth word, eight times, as columns; empty unless most values are running text."""
    if any(pd.api.types.is_numeric_dtype(part.dtype) for part in (train, held_out)):
        return ()
    both = np.array([str(value) for part in (train, held_out) for value in part], dtype=object)
    codes, distinct = pd.factorize(both)
    texts = [text.split() for text in distinct]
    if 2 * sum(len(text) >= _PARTS for text in texts) < len(texts):
        return ()
    columns = []
    for i in range(_PARTS):
        slots = pd.factorize(np.array([" ".join(text[i::_PARTS]) for text in texts], dtype=object))
        values = slots[0][codes].astype(np.int32)
        columns.append(Column(f"part {i}", values[: len(train)], values[len(train) :]))
    return tuple(columns)


def bits(values: Array) -> Bits:
    """Represent numbers as unsigned integers that are equal exactly when the values are.

    Parameters
    ----------
    values : ndarray of float, int, unsigned or bool

    Returns
    -------
    ndarray of uint64, same shape
    """
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            canonical = values + values.dtype.type(0)  # -0.0 becomes 0.0
        missing = np.isnan(canonical)
        if missing.any():
            canonical[missing] = np.nan  # one of the many bit patterns of NaN
        unsigned: Bits = canonical.view(f"u{values.dtype.itemsize}").astype(np.uint64)
        return unsigned
    if values.dtype.kind == "i":
        return values.astype(np.int64).view(np.uint64)
    return values.astype(np.uint64)


def encode_targets(train: Array | None, held_out: Array | None) -> Targets | None:
    """Make the targets of two tables comparable.

    Parameters
    ----------
    train, held_out : ndarray, shape (n,) or (n, n_outputs), or None
        Targets of both tables. Rows with several outputs agree when all outputs do.

    Returns
    -------
    Targets or None
        ``None`` where a table has no target, or the numbers of outputs differ.
    """
    if train is None or held_out is None:
        return None
    left, right = _outputs(train), _outputs(held_out)
    if left.shape[1] != right.shape[1] or left.shape[1] == 0:
        return None
    n = len(left)
    codes = np.zeros(n + len(right), dtype=np.int64)
    missing = np.zeros(len(codes), dtype=bool)
    fractional = False
    for output in left.columns:
        a, b = _comparable(left[output], right[output])
        values = np.concatenate([a, b])
        fractional = fractional or _mostly_fractional(left[output], values)
        missing |= pd.concat([left[output], right[output]]).isna().to_numpy()
        part, seen = pd.factorize(bits(values))
        codes = pd.factorize(codes * max(len(seen), 1) + part)[0].astype(np.int64)
    codes[missing] = -1
    distinct = len(pd.unique(codes[~missing]))
    finely_graded = distinct >= min(30.0, len(codes) / 4) and fractional
    return Targets(
        train=codes[:n],
        held_out=codes[n:],
        distinct=int(codes.max(initial=-1)) + 1,
        identifying=bool(finely_graded or distinct >= max(100.0, len(codes) / 10)),
    )


def _outputs(target: Array) -> pd.DataFrame:
    array = np.asarray(target)
    return pd.DataFrame(array.reshape(len(array), -1) if array.size else array.reshape(0, 1))


def _mostly_fractional(original: pd.Series[Any], values: Array) -> bool:
    if values.dtype.kind != "f" or not pd.api.types.is_numeric_dtype(original.dtype):
        return False
    finite = values[np.isfinite(values)]
    return bool(len(finite)) and float(np.mean(finite != np.floor(finite))) >= 0.5


def _is_constant(column: Column) -> bool:
    both = [part for part in (column.train, column.held_out) if len(part)]
    if not both:
        return True
    first = bits(both[0][:1])
    return all(bool((bits(part[:64]) == first).all()) for part in both) and all(
        bool((bits(part) == first).all()) for part in both
    )


def _comparable(train: pd.Series[Any], held_out: pd.Series[Any]) -> tuple[Array, Array]:
    a, b = _numbers(train), _numbers(held_out)
    if a is not None and b is not None:
        common = _common_dtype(a, b)
        if common is not None:
            if a.dtype == b.dtype and common.kind == "f":
                return _rounded_alike(a, b)
            with np.errstate(over="ignore"):
                return a.astype(common, copy=False), b.astype(common, copy=False)
    elif a is not None:
        held_out = _parsed(held_out, a.dtype)
    elif b is not None:
        train = _parsed(train, b.dtype)
    return _coded(train, held_out)


def _numbers(series: pd.Series[Any]) -> Array | None:
    """Plain numeric array of a column, or ``None`` where there is no lossless one."""
    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind in "biu":
            return series.to_numpy()
        if dtype.kind == "f":
            wide = dtype.itemsize > 8
            return series.to_numpy(dtype=np.float64) if wide else series.to_numpy()
        return None
    if isinstance(dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    ):
        return None
    if not series.isna().any():
        kind = getattr(dtype, "numpy_dtype", None)
        return series.to_numpy(dtype=kind) if kind is not None and kind.kind in "biuf" else None
    if pd.api.types.is_float_dtype(dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return None


def _common_dtype(a: Array, b: Array) -> np.dtype[Any] | None:
    floats = [part.dtype for part in (a, b) if part.dtype.kind == "f"]
    if floats:
        return min(floats, key=lambda dtype: dtype.itemsize)
    common = np.result_type(a.dtype, b.dtype)
    if common.kind != "f":
        return common
    # uint64 beside signed integers: no integer dtype holds both unless the values allow it
    limit = np.iinfo(np.int64).max
    if all(part.dtype.kind == "i" or part.max(initial=0) <= limit for part in (a, b)):
        return np.dtype(np.int64)
    if all(part.dtype.kind == "u" or part.min(initial=0) >= 0 for part in (a, b)):
        return np.dtype(np.uint64)
    return None


MAX_DECIMALS = 6
MIN_ROUNDED = 20  # different values that have to have so few decimals


def _rounded_alike(a: Array, b: Array) -> tuple[Array, Array]:
    """Both columns with the decimals of the one that was rounded, if only one was."""
    decimals = _decimals(a), _decimals(b)
    if (decimals[0] is None) == (decimals[1] is None):
        return a, b
    wanted = next(each for each in decimals if each is not None)
    return _round(a, wanted), _round(b, wanted)


def _decimals(values: Array) -> int | None:
    """Decimals that a column was rounded to; ``None`` where it was not, or nobody can tell."""
    finite = values[np.isfinite(values)]
    if not len(finite) or (finite == np.round(finite)).all():
        return None  # whole numbers are counts or codes, not roundings
    for decimals in range(1, MAX_DECIMALS + 1):
        if _has_decimals(finite[:512], decimals) and _has_decimals(finite, decimals):
            return decimals if len(pd.unique(finite)) >= MIN_ROUNDED else None
    return None


def _has_decimals(values: Array, decimals: int) -> bool:
    # So large that the type itself has hardly more decimals: that is no rounding.
    spacing = np.spacing(np.abs(values))
    if float(spacing.max()) * 10.0**decimals > 0.1:
        return False
    return bool((np.abs(_round(values, decimals) - values) <= 2 * spacing).all())


def _round(values: Array, decimals: int) -> Array:
    rounded: Array = np.round(values.astype(np.float64), decimals)
    return rounded


def _parsed(text: pd.Series[Any], dtype: np.dtype[Any]) -> pd.Series[Any]:
    """Text that stands for numbers, as numbers, because the other table has numbers there."""
    values = pd.to_numeric(text.astype(object), errors="coerce")
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            values = values.astype(dtype)
    return text.astype(object).where(values.isna(), values.astype(object))


def _coded(train: pd.Series[Any], held_out: pd.Series[Any]) -> tuple[Array, Array]:
    if train.dtype != held_out.dtype:
        train, held_out = train.astype(object), held_out.astype(object)
    both = pd.concat([train, held_out], ignore_index=True)
    if both.dtype == object and pd.api.types.infer_dtype(both, skipna=True) != "string":
        keys = np.empty(len(both), dtype=object)
        keys[:] = [_key(value) for value in both]
        codes = pd.factorize(keys)[0]
    else:
        codes = pd.factorize(both)[0]
    codes = codes.astype(np.int32, copy=False)
    return codes[: len(train)], codes[len(train) :]


def _key(value: Any) -> Any:
    """Something hashable; numbers stay numbers, so that ``1`` and ``1.0`` agree."""
    if value is None or isinstance(value, (str, bytes, numbers.Number)):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return f"{type(value).__name__}: {value}"
