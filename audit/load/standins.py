"""Inert stand-ins for the objects that a pickle of plain data may name.

They keep what they are given and run nothing; each refuses state that it does not understand.
"""

from __future__ import annotations

import math
import re
from typing import Any, NoReturn, Self

import numpy as np

from audit.load.opcodes import STEP
from audit.load.problems import refused, unreadable

MAX_EMPTY = 1_000_000
"""Longest side of an array without bytes: (10**15, 0) is no data, but has 10**15 rows."""
_DTYPE = re.compile(r"[|<>=]?(?:b1|[iu][1248]|f[248]|c8|c16|[SU]\d{1,6}|O8?|\?)")


def refuse(what: str) -> NoReturn:
    """Refuse the pickle, in words that start with what it does."""
    raise refused(f"the pickle {what}", STEP)


class Standin:
    """What stands in for an object of a known class; keeps its arguments and state."""

    __slots__ = ("arguments", "state")
    arguments: tuple[Any, ...]
    state: Any

    def __new__(cls, *arguments: Any) -> Self:
        """Keep the arguments; run nothing."""
        self = object.__new__(cls)
        self.arguments = arguments
        self.state = None
        return self

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Frame(Standin):
    """A pandas DataFrame."""

    __slots__ = ()


class Series(Standin):
    """A pandas Series."""

    __slots__ = ()


class Manager(Standin):
    """A pandas block manager."""

    __slots__ = ()


class Block(Standin):
    """A pandas block: values, placement, ndim."""

    __slots__ = ()


class Index(Standin):
    """A pandas index, made by ``_new_Index``: its class and its data."""

    __slots__ = ()


class IndexClass(Standin):
    """A class of pandas indexes."""

    __slots__ = ()


class RangeIndexClass(Standin):
    """pandas' RangeIndex."""

    __slots__ = ()


class Slice(Standin):
    """The built-in slice."""

    __slots__ = ()


class StringArray(Standin):
    """pandas' ArrowStringArray."""

    __slots__ = ()


class Ignored(Standin):
    """Something that carries no data of ours: flags, string dtypes."""

    __slots__ = ()


class ArrowArray(Standin):
    """A pyarrow array."""

    __slots__ = ()


class ArrayClass(Standin):
    """numpy.ndarray as an argument of ``_reconstruct``."""

    __slots__ = ()


class DType(Standin):
    """A NumPy dtype of the white list."""

    __slots__ = ("dtype",)
    dtype: np.dtype[Any]

    def __new__(cls, *arguments: Any) -> Self:
        """Check the name of the dtype."""
        self = object.__new__(cls)
        name = arguments[0] if arguments else None
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        if not isinstance(name, str) or not _DTYPE.fullmatch(name):
            refuse(f"holds an array of dtype {str(name)[:40]!r}, which is not numeric")
        self.dtype = np.dtype(name)
        return self

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or state[2:5] != (None, None, None):
            refuse("holds an array of a structured dtype")
        order = state[1].decode() if isinstance(state[1], bytes) else state[1]
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(">" if order == ">" else "<")


class ArrayData(Standin):
    """A NumPy array; `value` is the real one, or a list where the dtype is object."""

    __slots__ = ("value",)
    value: Any

    def __new__(cls, *arguments: Any) -> Self:
        """Start empty, as ``_reconstruct`` does."""
        self = object.__new__(cls)
        self.value = None
        return self

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            refuse("holds an array in an unknown form")
        shape, dtype, fortran, content = state[-4:]
        self.value = build_array(content, dtype, shape, bool(fortran))


def build_array(content: Any, dtype: Any, shape: Any, fortran: bool) -> Any:
    """Rebuild an array from bytes whose number is checked against shape and dtype."""
    if not isinstance(dtype, DType) or not isinstance(shape, tuple):
        refuse("holds an array in an unknown form")
    if len(shape) > 32 or not all(type(n) is int and n >= 0 for n in shape):
        refuse("holds an array of an impossible shape")
    if dtype.dtype.hasobject:
        if not isinstance(content, list) or len(content) != math.prod(shape):
            refuse("holds an array of Python objects")
        return (shape, fortran, content)
    if isinstance(content, str):
        content = content.encode("latin-1")
    if not isinstance(content, bytes | bytearray):
        refuse("holds an array in an unknown form")
    wanted = math.prod(shape) * dtype.dtype.itemsize
    if not wanted and max(shape, default=0) > MAX_EMPTY:
        refuse("holds an array of an impossible shape")
    if wanted != len(content):
        raise unreadable(
            f"an array of shape {shape_text(shape)} needs {wanted:,} bytes, the pickle has "
            f"{len(content):,}"
        )
    flat = np.frombuffer(content, dtype=dtype.dtype) if wanted else np.zeros(0, dtype.dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape, without digits that nobody reads."""
    return "(" + ", ".join(f"{n:,}" if n < 10**12 else "huge" for n in shape[:6]) + ")"
