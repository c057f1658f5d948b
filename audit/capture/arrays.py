"""Whatever an experiment holds its numbers in, to NumPy arrays and columns of a table."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.capture.errors import CaptureError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Columns = dict[str, Array]

_MAX_COLUMNS = 50_000
_INTEGERS = ("int8", "int16", "int32")


def as_array(value: Any, what: str) -> Array:
    """NumPy array of array-like values: lists, pandas, tensors of any library.

    Raises
    ------
    CaptureError
        If it is no array, or one of objects that no table can hold.
    """
    import numpy as np

    if hasattr(value, "detach"):  # PyTorch: a tensor may need gradients or be on a device
        value = value.detach().cpu()
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise CaptureError(f"{what} is a sparse matrix: pass {what.split()[0]}.toarray()")
    if value is None or isinstance(value, str | bytes | Mapping):
        raise CaptureError(f"{what} is {type(value).__name__}, not an array: pass one value a row")
    try:
        array: Array = np.asarray(value)
    except Exception as error:  # each library has its own
        raise CaptureError(f"{what} cannot be made an array: {error}") from error
    if array.dtype.kind == "V" and not array.dtype.fields:  # bfloat16 and its kin
        array = array.astype(np.float32)
    if array.dtype.kind in "Vc":
        raise CaptureError(f"{what} holds {array.dtype} values: pass numbers or text")
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return array


def as_column(value: Any, what: str, n: int | None = None) -> Array:
    """One value a row, shape (n,); a single column of shape (n, 1) is one as well.

    Raises
    ------
    CaptureError
        If it has another shape, or other than `n` rows.
    """
    array = as_array(value, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise CaptureError(f"{what} has shape {array.shape}: pass one value a row, shape (n,)")
    if n is not None and len(array) != n:
        raise CaptureError(f"{what} has {len(array):,} values for {n:,} rows: pass one a row")
    return array


def as_columns(value: Any, what: str, names: Sequence[str] | None = None) -> Columns:
    """Features by name, in order, from a frame, a mapping of columns, or an array.

    Parameters
    ----------
    value : array-like, DataFrame or mapping of str to array-like
        Rows. More than two dimensions are flattened.
    what : str
        What to call it in messages.
    names : sequence of str, optional
        Names of the columns of an array; ``x0``, ``x1`` … otherwise.

    Raises
    ------
    CaptureError
        If names repeat or do not fit, or there are no rows.
    """
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise CaptureError(f"{what} is a sparse matrix: pass its .toarray()")
    named = isinstance(value, Mapping) or hasattr(value, "columns")
    if named and names is not None:
        raise CaptureError(f"{what} has named columns: leave feature_names out")
    if named:
        keys = list(value) if isinstance(value, Mapping) else list(value.columns)
        labels = unique([str(key) for key in keys], what)
        columns = {
            label: as_column(value[key], f"column {label!r} of {what}")
            for label, key in zip(labels, keys, strict=True)
        }
    else:
        columns = _of_array(as_array(value, what), what, names)
    lengths = {label: len(column) for label, column in columns.items()}
    if not lengths:
        raise CaptureError(f"{what} has no columns")
    if len(set(lengths.values())) > 1:
        raise CaptureError(f"the columns of {what} differ in length: {lengths}")
    if not next(iter(lengths.values())):
        raise CaptureError(f"{what} has 0 rows: pass the rows that were used")
    return columns


def _of_array(array: Array, what: str, names: Sequence[str] | None) -> Columns:
    if array.ndim == 1 and array.dtype.kind in "OUS":
        return {unique(names, what)[0] if names else "text": array}
    if array.ndim < 2:
        raise CaptureError(f"{what} has shape {array.shape}: pass rows and columns, shape (n, d)")
    if not len(array):
        raise CaptureError(f"{what} has 0 rows: pass the rows that were used")
    flat = array.reshape(len(array), -1) if array.size else array.reshape(len(array), 0)
    width = flat.shape[1]
    if width > _MAX_COLUMNS:
        raise CaptureError(
            f"{what} has {width:,} columns: export what identifies a row instead, for instance "
            "its file name and a digest of its values"
        )
    labels = unique([f"x{i}" for i in range(width)] if names is None else names, what)
    if len(labels) != width:
        raise CaptureError(f"{len(labels):,} feature_names for {width:,} columns of {what}")
    return {label: flat[:, i] for i, label in enumerate(labels)}


def unique(names: Iterable[str], what: str) -> list[str]:
    """The names as text; refused where one comes twice."""
    labels = [str(name) for name in names]
    twice = (
        sorted({label for label in labels if labels.count(label) > 1})[:3]
        if (len(set(labels)) < len(labels))
        else []
    )
    if twice:
        listed = ", ".join(map(repr, twice))
        raise CaptureError(f"{what} has more than one column called {listed}: rename or drop one")
    return labels


def refuse_missing(array: Array, what: str, advice: str) -> None:
    """Refuse missing values: NaN, NaT, None."""
    rows = missing(array).nonzero()[0]
    if len(rows):
        raise CaptureError(
            f"{what} has {len(rows):,} missing value{'s' if len(rows) > 1 else ''} (NaN), the "
            f"first in row {rows[0]}: {advice}"
        )


def missing(array: Array) -> NDArray[np.bool_]:
    """Where a column has no value."""
    import numpy as np

    if array.dtype.kind in "fmM":
        return np.asarray(np.isnan(array))
    if array.dtype.kind == "O":
        # pandas.NA answers neither yes nor no when it is compared
        return np.array([_is_missing(value) for value in array.tolist()], dtype=bool)
    return np.zeros(len(array), dtype=bool)


def _is_missing(value: object) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def compact(array: Array) -> Array:
    """The same integers in the smallest signed type that holds them; all else as it is."""
    import numpy as np

    if array.dtype.kind not in "iu" or not array.size:
        return array
    low, high = int(array.min()), int(array.max())
    for name in _INTEGERS:
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            return array.astype(name)
    return array.astype(np.int64) if high <= np.iinfo(np.int64).max else array


def known_key(key: object, known: Iterable[str], where: str) -> str:
    """The key, if it is one of the known ones; otherwise an error that names the nearest."""
    options = list(known)
    if key in options:
        return str(key)
    near = difflib.get_close_matches(str(key), options, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise CaptureError(f"{where} knows no {key!r}{hint} It takes {', '.join(options)}.")
