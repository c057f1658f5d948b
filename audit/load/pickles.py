"""Pickles without unpickling: data are rebuilt, nothing named in the file is ever called.

`pickle.Unpickler` runs with a `find_class` that knows an exact list of names and returns inert
stand-ins for them; arrays are rebuilt from checked shapes and a white list of dtypes. Everything
else is refused by name. `read_pickle` takes bytes and returns plain data, so that it can be moved
into a process of its own without touching its callers.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from audit.config import Limits
from audit.load.opcodes import STEP, scan
from audit.load.problems import LoadError, first_line, refused, unreadable
from audit.load.standins import (
    ArrayClass,
    ArrayData,
    ArrowArray,
    Block,
    DType,
    Frame,
    Ignored,
    Index,
    IndexClass,
    Manager,
    RangeIndexClass,
    Series,
    Slice,
    StringArray,
    build_array,
    refuse,
)

PlainValue = Any
"""None, bool, int, float, complex, str, bytes, numeric ndarray, DataFrame or Series of plain
columns, and lists, tuples and dicts of these."""

MAX_DEPTH = 64
_SCALARS = (type(None), bool, int, float, complex, str, bytes)
_MIB = 1 << 20


def read_pickle(data: bytes, limits: Limits) -> PlainValue:
    """Rebuild the data in a pickle.

    Parameters
    ----------
    data : bytes
        Content of the file.
    limits : Limits
        Bounds; arrays may not claim more than ``max_file_mb`` in all.

    Returns
    -------
    PlainValue
        Plain data only.

    Raises
    ------
    LoadError
        Refused, with the global or the instruction that is to blame; or unreadable.
    """
    scan(data)
    unpickler = _Unpickler(data, min(limits.max_file_mb * _MIB, max(len(data) * 2, 4096)))
    try:
        return _plain(unpickler.load(), {}, 0)
    except LoadError:
        raise
    except (RecursionError, MemoryError) as error:
        raise refused("the pickle is nested too deeply or too large", STEP) from error
    except Exception as error:
        # Any error that a stand-in meets in hostile input; the file's own code never runs.
        raise unreadable(f"not a pickle of plain data: {first_line(error)}", STEP) from error


class _Unpickler(pickle.Unpickler):
    """Finds the names of `_names` only."""

    def __init__(self, data: bytes, budget: int) -> None:
        super().__init__(io.BytesIO(data), encoding="latin-1")
        self._budget = budget
        self._known = _names(self._spend)

    def _spend(self, size: int) -> None:
        # A memorised text could be copied again and again by instructions of two bytes.
        self._budget -= size
        if self._budget < 0:
            refuse("makes more data than it holds")

    def find_class(self, module: str, name: str) -> Any:
        """Return the inert stand-in of a known name; refuse any other."""
        found = self._known.get((module, name))
        if found is None:
            label = f"{module}.{name}"
            label = label if len(label) <= 120 else label[:119] + "…"
            refuse(f"refers to {label}, which is not plain data; nothing was executed")
        return found

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refuse references to objects outside the file."""
        refuse("refers to an object outside the file (persistent id)")


class _Function:
    """A callable stand-in that holds no state and takes none."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)

    def __setstate__(self, state: Any) -> NoReturn:
        refuse("sets the state of a function")


def _scalar(dtype: Any, content: Any = None) -> Any:
    value = build_array(content, dtype, (), False)
    return value.item() if isinstance(value, np.ndarray) else refuse("holds an object scalar")


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> ArrayData:
    if axes is not None:
        refuse("holds an array in an unknown memory order")
    array = ArrayData()
    array.value = build_array(content, dtype, shape, order == "F")
    return array


def _names(spend: Callable[[int], None]) -> dict[tuple[str, str], Any]:
    def encode(text: Any, encoding: Any = "utf-8") -> bytes:
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            refuse("calls _codecs.encode for something else than bytes")
        spend(len(text))
        return text.encode("latin-1")

    def copy_bytes(content: Any = b"", *rest: Any) -> bytes:
        if rest or not isinstance(content, bytes | bytearray):
            refuse("makes bytes of something else than bytes")
        spend(len(content))
        return bytes(content)

    known: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): ArrayClass,
        ("numpy", "dtype"): DType,
        ("_codecs", "encode"): _Function(encode),
        ("pandas._libs.internals", "_unpickle_block"): Block,
        ("pandas.core.internals.blocks", "new_block"): Block,
        ("pandas.core.indexes.base", "_new_Index"): Index,
        ("pandas.core.indexes.range", "RangeIndex"): RangeIndexClass,
        ("pandas", "RangeIndex"): RangeIndexClass,
        ("pandas.core.indexes.base", "Index"): IndexClass,
        ("pandas", "Index"): IndexClass,
        ("pandas.core.frame", "DataFrame"): Frame,
        ("pandas", "DataFrame"): Frame,
        ("pandas.core.series", "Series"): Series,
        ("pandas", "Series"): Series,
        ("pandas.arrays", "ArrowStringArray"): StringArray,
        ("pandas.core.arrays.string_arrow", "ArrowStringArray"): StringArray,
        ("pandas.core.arrays.string_arrow", "ArrowStringArrayNumpySemantics"): StringArray,
        ("pandas", "StringDtype"): Ignored,
        ("pandas.core.arrays.string_", "StringDtype"): Ignored,
        ("pandas.core.flags", "Flags"): Ignored,
        ("pyarrow.lib", "_restore_array"): ArrowArray,
        ("pyarrow.lib", "type_for_alias"): Ignored,
        ("pyarrow.lib", "py_buffer"): _Function(copy_bytes),
    }
    for name in ("Int64Index", "UInt64Index", "Float64Index"):
        known["pandas.core.indexes.numeric", name] = IndexClass
    for name in ("BlockManager", "SingleBlockManager"):
        known["pandas.core.internals.managers", name] = Manager
        known["pandas.core.internals", name] = Manager
    for core in ("numpy.core", "numpy._core"):
        known[f"{core}.multiarray", "_reconstruct"] = _Function(ArrayData)
        known[f"{core}.multiarray", "scalar"] = _Function(_scalar)
        known[f"{core}.numeric", "_frombuffer"] = _Function(_from_buffer)
    for builtins in ("builtins", "__builtin__"):
        known[builtins, "slice"] = Slice
        known[builtins, "bytes"] = _Function(copy_bytes)
        known[builtins, "bytearray"] = _Function(copy_bytes)
    return known


def _plain(value: Any, done: dict[int, Any], depth: int) -> PlainValue:
    """Replace stand-ins by data; every object once, so that shared parts stay shared."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, bytearray):
        return bytes(value)
    if depth > MAX_DEPTH:
        refuse(f"is nested more than {MAX_DEPTH} levels deep")
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, list):
        items: list[PlainValue] = []
        done[id(value)] = items
        items.extend(
            item if isinstance(item, _SCALARS) else _plain(item, done, depth + 1) for item in value
        )
        return items
    result: PlainValue
    if isinstance(value, tuple):
        result = tuple(_plain(item, done, depth + 1) for item in value)
    elif isinstance(value, dict):
        result = {}
        done[id(value)] = result
        for key, item in value.items():
            result[_plain(key, done, depth + 1)] = _plain(item, done, depth + 1)
    elif isinstance(value, ArrayData):
        if not isinstance(value.value, np.ndarray):
            refuse("holds an array of Python objects")
        result = value.value
    elif isinstance(value, Frame | Series):
        from audit.load.frames import rebuild

        result = rebuild(value)
    else:
        refuse(f"holds a {type(value).__name__} where data were expected")
    done[id(value)] = result
    return result
