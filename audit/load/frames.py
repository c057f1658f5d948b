"""pandas frames and series from the stand-ins of a pickle; no pandas code is called on them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

from audit.load.opcodes import STEP
from audit.load.problems import LoadError, malformed, refused
from audit.load.standins import (
    ArrayData,
    ArrowArray,
    Block,
    Frame,
    Index,
    Manager,
    RangeIndexClass,
    Series,
    Slice,
    StringArray,
)
from audit.model.artifacts import Array

_LABELS = (str, int, float, bool, type(None))


def rebuild(value: Frame | Series) -> pd.DataFrame | pd.Series:
    """Assemble a frame or a series from its blocks.

    Raises
    ------
    LoadError
        If it has columns that are neither numbers nor plain text, or was written by a pandas
        version whose layout is not known.
    """
    state = value.state if isinstance(value.state, dict) else {}
    manager = state.get("_mgr", state.get("_data"))
    if not isinstance(manager, Manager):
        raise _unknown()
    axes, blocks = _parts(manager)
    if isinstance(value, Series):
        if len(blocks) != 1 or len(axes) != 1:
            raise _unknown()
        name = state.get("_name", state.get("name"))
        data = _values(blocks[0][0]).ravel()
        return pd.Series(data, name=name if isinstance(name, _LABELS) else None)
    return _frame(axes, blocks)


def _unknown() -> LoadError:
    return refused("the pickle holds a pandas object in a layout that is not known", STEP)


def _parts(manager: Manager) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """Axes, and the values and placement of each block."""
    if manager.state is not None:
        state = manager.state
        if not isinstance(state, tuple) or len(state) < 4 or not isinstance(state[3], dict):
            raise _unknown()
        layout = state[3].get("0.14.1")
        if not isinstance(layout, dict):
            raise _unknown()
        axes, raw = layout.get("axes"), layout.get("blocks")
        if not isinstance(axes, list) or not isinstance(raw, list):
            raise _unknown()
        blocks = [(b.get("values"), b.get("mgr_locs")) for b in raw if isinstance(b, dict)]
        return axes, blocks
    if len(manager.arguments) < 2:
        raise _unknown()
    raw, axes = manager.arguments[:2]
    if isinstance(raw, Block):
        raw = (raw,)
    if not isinstance(raw, tuple | list) or not isinstance(axes, list):
        raise _unknown()
    if not all(isinstance(block, Block) and len(block.arguments) >= 2 for block in raw):
        raise _unknown()
    return axes, [(block.arguments[0], block.arguments[1]) for block in raw]


def _frame(axes: list[Any], blocks: list[tuple[Any, Any]]) -> pd.DataFrame:
    if len(axes) != 2:
        raise _unknown()
    labels, n = _labels(axes[0]), _length(axes[1])
    columns: dict[int, Array] = {}
    for raw, placement in blocks:
        values = _values(raw)
        values = values.reshape(1, -1) if values.ndim == 1 else values
        if values.ndim != 2 or values.shape[1] != n:
            raise malformed("blocks of a pickled pandas frame differ in length", STEP)
        places = _places(placement, len(labels))
        if len(places) != values.shape[0]:
            raise malformed("blocks of a pickled pandas frame do not fit its columns", STEP)
        for place, column in zip(places, values, strict=True):
            columns[place] = column
    if sorted(columns) != list(range(len(labels))):
        raise malformed("columns of a pickled pandas frame are missing", STEP)
    frame = pd.DataFrame({place: columns[place] for place in range(len(labels))})
    frame.columns = pd.Index([str(label) for label in labels], dtype=object)
    return frame


def _values(raw: Any) -> Array:
    if isinstance(raw, ArrayData):
        if isinstance(raw.value, np.ndarray):
            return raw.value
        if isinstance(raw.value, tuple):
            return _objects(raw.value)
    if isinstance(raw, StringArray):
        return np.array(_texts(raw), dtype=object)
    raise refused(
        f"a column of the pickled pandas frame is neither numeric nor text ({type(raw).__name__})",
        STEP,
    )


def _objects(raw: tuple[Any, Any, Any]) -> Array:
    shape, fortran, items = raw
    if not all(isinstance(item, _LABELS) for item in items):
        raise refused("a column of the pickled pandas frame holds Python objects", STEP)
    values = np.empty(len(items), dtype=object)
    values[:] = items
    return values.reshape(shape, order="F" if fortran else "C")


def _places(placement: Any, bound: int) -> list[int]:
    if isinstance(placement, Slice):
        parts = placement.arguments
        if not parts or not all(part is None or type(part) is int for part in parts):
            raise _unknown()
        return list(range(bound))[slice(*parts)]
    if isinstance(placement, ArrayData) and isinstance(placement.value, np.ndarray):
        if placement.value.dtype.kind not in "iu" or placement.value.ndim != 1:
            raise _unknown()
        return [int(place) for place in placement.value]
    raise _unknown()


def _range(index: Index) -> range | None:
    if len(index.arguments) != 2 or not isinstance(index.arguments[1], dict):
        raise _unknown()
    kind, data = index.arguments
    if kind is not RangeIndexClass:
        return None
    bounds = [data.get(key) for key in ("start", "stop", "step")]
    if not all(type(bound) is int for bound in bounds) or not bounds[2]:
        raise _unknown()
    return range(*bounds)


def _length(index: Any) -> int:
    """Number of rows: all that is kept of a row index."""
    if not isinstance(index, Index):
        raise _unknown()
    numbers = _range(index)
    if numbers is not None:
        return len(numbers)
    data = index.arguments[1].get("data")
    if isinstance(data, ArrayData) and isinstance(data.value, np.ndarray) and data.value.ndim == 1:
        return len(data.value)
    return len(_labels(index))


def _labels(index: Any) -> list[Any]:
    if not isinstance(index, Index):
        raise _unknown()
    numbers = _range(index)
    if numbers is not None:
        if len(numbers) > 100_000:
            raise refused("a pickled pandas frame has more than 100,000 columns", STEP)
        return list(numbers)
    data = index.arguments[1].get("data")
    if isinstance(data, StringArray):
        return _texts(data)
    if isinstance(data, ArrayData):
        values = _values(data)
        if values.ndim == 1:
            return list(values.tolist())
    raise _unknown()


def _texts(array: StringArray) -> list[str | None]:
    """Decode an Arrow string array from its buffers, every offset checked."""
    state = array.state if isinstance(array.state, dict) else {}
    raw = state.get("_pa_array")
    if not isinstance(raw, ArrowArray) or not raw.arguments:
        raise _unknown()
    parts = raw.arguments[0] if len(raw.arguments) == 1 else raw.arguments
    if not isinstance(parts, tuple) or len(parts) < 5:
        raise _unknown()
    kind, length, nulls, start, buffers = parts[:5]
    name = kind.arguments[0] if getattr(kind, "arguments", ()) else None
    if name not in ("string", "large_string") or nulls != 0:
        raise _unknown()
    if type(length) is not int or type(start) is not int or length < 0 or start < 0:
        raise _unknown()
    if not isinstance(buffers, list) or len(buffers) != 3:
        raise _unknown()
    offsets_raw, content = buffers[1], buffers[2] if buffers[2] is not None else b""
    if not isinstance(offsets_raw, bytes) or not isinstance(content, bytes):
        raise _unknown()
    width = 8 if name == "large_string" else 4
    if length == 0:
        return []
    if len(offsets_raw) < width * (start + length + 1):
        raise malformed("a text column of the pickled pandas frame is truncated", STEP)
    offsets = np.frombuffer(offsets_raw, f"<i{width}", count=length + 1, offset=width * start)
    if offsets[0] < 0 or offsets[-1] > len(content) or (np.diff(offsets) < 0).any():
        raise malformed("a text column of the pickled pandas frame is corrupt", STEP)
    bounds = offsets.tolist()
    return [
        content[first:last].decode("utf-8", "replace") for first, last in itertools.pairwise(bounds)
    ]
