"""Files of data to `Content`: a table of columns, named arrays, or plain nested values."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from audit.config import Limits
from audit.load.arrays import NPY_STEP, read_npy, read_npz
from audit.load.discover import RAISE_LIMIT, File, open_file, read_bytes
from audit.load.notebooks import MAX_TEXT, decode, parse_json
from audit.load.pickles import read_pickle
from audit.load.problems import LoadError, first_line, refused, unreadable
from audit.load.written import WrittenFloat
from audit.model.artifacts import Array, Problem, ProblemKind
from audit.model.location import Location

DATA_SUFFIXES = frozenset(
    {".npz", ".npy", ".csv", ".tsv", ".parquet", ".pq", ".json", ".jsonl", ".ndjson"}
    | {".pkl", ".pickle", ".joblib"}
)
MAX_COLUMNS = 100_000
MAX_WIDTH = 200_000
_MAX_LINES = 1_000_000
_MAX_CELLS = 10_000_000
_MAX_HEADER = 16 << 20
_MAX_SAME_NAME = 1_000
_MAX_NAMED = 20
_LIST_ROWS = 16
_MAX_CELL = 1_000
_CSV_CELL = 16
_NUMBER = 8
_OBJECT = 64
_MIB = 1 << 20
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(?:,[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,3})?")
# Exact is the only precision from pandas 4 on; before, the default parser may be off by an ulp.
_EXACT: dict[str, Any] = (
    {"float_precision": "round_trip"} if int(pd.__version__.split(".")[0]) < 4 else {}
)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a file of data holds: one of three forms.

    Parameters
    ----------
    file : File
        Where it was read.
    frame : DataFrame, optional
        A table with unique string column names, numbers or strings only.
    arrays : mapping of str to ndarray
        Named arrays: members of an ``.npz``, or one array under the file's stem.
    value : object
        Anything else, from JSON or a pickle.
    """

    file: File
    frame: pd.DataFrame | None = None
    arrays: Mapping[str, Array] = field(default_factory=dict)
    value: Any = None

    @property
    def nbytes(self) -> int:
        """Memory that its numbers take, or the size of the file if that is more."""
        table = 0 if self.frame is None else int(self.frame.memory_usage(index=False).sum())
        return max(self.file.size, table + sum(array.nbytes for array in self.arrays.values()))


def read_data(file: File, limits: Limits) -> tuple[Content, tuple[Problem, ...]]:
    """Read one file of data.

    Returns
    -------
    Content
        What it holds.
    tuple of Problem
        Parts of it that could not be used.

    Raises
    ------
    LoadError
        If nothing of it can be used.
    """
    match file.suffix:
        case ".npy":
            return _of_arrays(file, {file.stem: read_npy(file)}), ()
        case ".npz":
            members, problems = read_npz(file, limits)
            return _of_arrays(file, members), problems
        case ".csv" | ".tsv":
            return Content(file, frame=_csv(file, limits)), ()
        case ".parquet" | ".pq":
            table, problems = _parquet(file, limits)
            return Content(file, frame=table), problems
        case ".json":
            return _of_value(file, _json(decode(read_bytes(file, MAX_TEXT)))), ()
        case ".jsonl" | ".ndjson":
            text = decode(read_bytes(file, MAX_TEXT))
            if text.count("\n") > _MAX_LINES:
                raise refused(f"more than {_MAX_LINES:,} lines of JSON", "Save it as .parquet.")
            lines = text.splitlines()
            return _of_value(file, [_json(line) for line in lines if line.strip()]), ()
        case ".joblib":
            raise refused(
                "a joblib file is a pickle that runs code when it is read",
                "Save the data as .npz or .parquet instead.",
            )
        case _:
            return _of_value(file, read_pickle(read_bytes(file), limits)), ()


def _json(text: str) -> Any:
    try:
        return parse_json(text, parse_float=WrittenFloat)
    except (ValueError, RecursionError, MemoryError) as error:
        raise unreadable(f"not valid JSON: {first_line(error)}") from error


def _csv(file: File, limits: Limits) -> pd.DataFrame:
    text = decode(read_bytes(file))
    header = next((line for line in text[:_MAX_HEADER].splitlines()[:50] if line.strip()), "")
    if not header:
        raise unreadable("the table is empty")
    separator = "\t" if file.suffix == ".tsv" else _separator(header)
    names = _header(text, separator)
    if len(names) > MAX_COLUMNS:
        raise refused(f"the table has more than {MAX_COLUMNS:,} columns", "Export fewer columns.")
    # pandas numbers equal names one by one, and fills short lines up with missing values.
    if max(Counter(names).values(), default=0) > _MAX_SAME_NAME:
        raise refused(f"more than {_MAX_SAME_NAME:,} columns have the same name", "Name them.")
    rows = max(text.count("\n"), text.count("\r"))
    _fits(rows * len(names) * _CSV_CELL, limits)
    content = io.BytesIO(text.encode("utf-8", "replace"))
    del text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pd.read_csv(content, sep=separator, low_memory=False, index_col=False, **_EXACT)
    except (ValueError, OverflowError, MemoryError, csv.Error) as error:
        raise unreadable(f"not a usable table: {first_line(error)}") from error
    return plain_frame(frame if separator == "," else _decimal_commas(frame))


def _decimal_commas(frame: pd.DataFrame) -> pd.DataFrame:
    """Read ``3,14`` as a number, unless another column shows that the file writes ``3.14``.

    Without that condition the pair ``4,2`` would become a number.
    """
    kinds = {str(name): kind.kind for name, kind in frame.dtypes.items()}
    if any(kind == "f" and bool((frame[name] % 1 > 0).any()) for name, kind in kinds.items()):
        return frame
    numbers = {name: _with_point(frame[name]) for name, kind in kinds.items() if kind not in "biuf"}
    return frame.assign(**{name: column for name, column in numbers.items() if column is not None})


def _with_point(column: pd.Series[Any]) -> pd.Series[Any] | None:
    present = column[column.notna()]
    if not len(present) or not all(_COMMA_NUMBER.fullmatch(str(value)) for value in present):
        return None
    numbers = column.astype(object).map(lambda value: float(value.replace(",", ".")), "ignore")
    return numbers.astype(float)


def _separator(header: str) -> str:
    return max((",", ";", "\t", "|"), key=header.count)


def _header(text: str, separator: str) -> list[str]:
    """First row that is not blank, as a parser of CSV sees it: a quoted name may span lines."""
    lines = io.StringIO(text[:_MAX_HEADER], newline=None)
    try:
        rows = csv.reader(lines, delimiter=separator)
        return next((row for row in rows if any(cell.strip() for cell in row) or len(row) > 1), [])
    except csv.Error as error:
        raise unreadable(f"not a usable table: {first_line(error)}") from error


def _fits(needed: int, limits: Limits) -> None:
    if needed > limits.max_file_mb * _MIB:
        raise refused(
            f"unpacks to about {needed / _MIB:,.0f} MiB, more than the limit of "
            f"{limits.max_file_mb:,} MiB",
            RAISE_LIMIT,
        )


def _parquet(file: File, limits: Limits) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_file(file) as handle:
            metadata = pq.ParquetFile(handle, memory_map=False).metadata
            if metadata.num_columns > MAX_COLUMNS:
                raise refused(f"more than {MAX_COLUMNS:,} columns", "Export fewer columns.")
            leaves = [metadata.schema.column(i) for i in range(metadata.num_columns)]
            groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
            # A run of a million equal values takes a few bytes of the file. What a column chunk
            # says of itself is not asked: Arrow ends the process where that is corrupt.
            rows = max(metadata.num_rows, sum(group.num_rows for group in groups))
            unpacked = rows * sum(max(leaf.length, _NUMBER) for leaf in leaves)
            _fits(max(unpacked, sum(group.total_byte_size for group in groups)), limits)
            # Text stays a dictionary: a short column can repeat one long text very often.
            text = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
            handle.seek(0)
            reader = pq.ParquetFile(handle, read_dictionary=text, memory_map=False)
            parts, values = [], 0
            size = _LIST_ROWS if any(leaf.max_repetition_level for leaf in leaves) else max(rows, 1)
            for part in reader.iter_batches(size, use_threads=False, use_pandas_metadata=False):
                values += part.nbytes
                _fits(values * (_NUMBER if size == _LIST_ROWS else 1), limits)
                parts.append(part)
            table = pa.Table.from_batches(parts, None if parts else reader.schema_arrow)
        plain = [i for i, kind in enumerate(table.schema.types) if _is_plain(kind)]
        if not plain:
            raise refused("no column of it holds numbers, text or dates", NPY_STEP)
        objects = sum(not _is_compact(table.schema.types[i]) for i in plain)
        _fits(table.num_rows * objects * _OBJECT, limits)
        names = [str(table.column_names[i]) for i in plain]
        frame = table.select(plain).rename_columns([f"{i}" for i in range(len(plain))])
        frame = frame.to_pandas(use_threads=False, ignore_metadata=True)
        frame.columns = pd.Index(names, dtype=object)
    except LoadError:
        raise
    except Exception as error:
        # Arrow raises its own exceptions, OSError and ValueError on hostile bytes.
        raise unreadable(f"not a usable Parquet file: {first_line(error)}") from error
    problems = [
        Problem(
            ProblemKind.SKIPPED,
            Location(file.name),
            f"column {str(name)[:80]!r} ({str(kind)[:40]}) is neither numbers, text nor dates",
            "Nothing, unless it is a feature: then export it as numbers or text.",
        )
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if not _is_plain(kind)
    ]
    return plain_frame(frame), tuple(problems[:_MAX_NAMED])


def _is_compact(kind: Any) -> bool:
    """Whether a value of an Arrow column takes no Python object of its own in pandas."""
    import pyarrow.types as kinds

    compact = kinds.is_boolean(kind) or kinds.is_integer(kind) or kinds.is_floating(kind)
    return bool(compact or kinds.is_dictionary(kind) or kinds.is_null(kind) or _is_list(kind))


def _is_plain(kind: Any) -> bool:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        inner = kind.value_type
        return bool(kinds.is_string(inner) or kinds.is_large_string(inner) or _is_compact(inner))
    written = kinds.is_string(kind) or kinds.is_large_string(kind)
    return bool(_is_compact(kind) or written or kinds.is_temporal(kind) or kinds.is_decimal(kind))


def _is_list(kind: Any) -> bool:
    import pyarrow.types as kinds

    listed = kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind)
    inner = kind.value_type if listed else None
    return listed and bool(
        kinds.is_boolean(inner) or kinds.is_integer(inner) or kinds.is_floating(inner)
    )


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Table with unique string column names and columns of numbers or strings.

    Dates become ISO texts, categories their values, missing integers NaN; columns of equally long
    lists become one column per position.
    """
    names = _unique([_short(str(name)) for name in frame.columns])
    columns: dict[str, Array] = {}
    for position, name in enumerate(names):
        column = frame.iloc[:, position]
        dtype = column.dtype
        if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
            columns[name] = column.to_numpy()
        elif pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
            missing = bool(column.isna().any())
            columns[name] = column.to_numpy(dtype=float if missing else None, na_value=np.nan)
            if columns[name].dtype.kind not in "biuf":
                columns[name] = _texts(column.astype(object))
        elif isinstance(dtype, pd.CategoricalDtype):
            # Every text once: pandas would copy it for each row.
            texts = np.append(_texts(pd.Series(column.cat.categories).astype(object)), np.nan)
            columns[name] = texts[column.cat.codes]
        else:
            values = column.astype(object)
            expanded = _expanded(values)
            if expanded is None:
                columns[name] = _texts(values)
            else:
                columns.update({f"{name}_{i}": expanded[:, i] for i in range(expanded.shape[1])})
    # Left alone, pandas 3 would copy each text into a buffer of its own.
    kept = {name: pd.Series(c, dtype=c.dtype, copy=False) for name, c in columns.items()}
    return pd.DataFrame(kept, index=pd.RangeIndex(len(frame)))


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    taken = set(names)
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        label = name
        while count and label in taken:
            label = f"{name}.{count}"
            count += 1
        taken.add(label)
        unique.append(label)
    return unique


def _short(text: str) -> str:
    """The text; a long one by its beginning and a digest, equal for equal texts only."""
    if len(text) <= _MAX_CELL:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{text[:_MAX_CELL]}… (sha256 {digest})"


def _texts(values: pd.Series[Any]) -> Array:
    def text(value: Any) -> Any:
        if isinstance(value, str):
            return _short(value)
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            return np.nan
        if isinstance(value, pd.Timestamp):
            return value.isoformat()
        if isinstance(value, bool | int | float | np.number):
            return str(value)
        return str(value)[:1000]

    texts = np.empty(len(values), dtype=object)
    texts[:] = [
        str(value.tolist())[:1000] if isinstance(value, np.ndarray) else text(value)
        for value in values
    ]
    return texts


def _expanded(values: pd.Series[Any]) -> Array | None:
    if not len(values) or not isinstance(values.iloc[0], np.ndarray | list):
        return None
    width = len(values.iloc[0])
    if not 0 < width <= MAX_COLUMNS:
        return None
    if not all(isinstance(v, np.ndarray | list) and len(v) == width for v in values):
        return None
    try:
        block = np.array([np.asarray(v, dtype=float) for v in values])
    except (ValueError, TypeError):
        return None
    return block if block.ndim == 2 else None


def _of_arrays(file: File, members: dict[str, Array]) -> Content:
    widest = max((math.prod(a.shape[1:]) for a in members.values() if a.size), default=0)
    if widest > MAX_WIDTH:
        raise refused(f"an array has rows of {widest:,} numbers", "Export fewer columns.")
    flat = [a for a in members.values() if a.dtype.fields and a.ndim == 1]
    if len(members) == 1 and flat:
        (array,) = flat
        names = array.dtype.names or ()
        return Content(file, frame=plain_frame(pd.DataFrame({n: array[n] for n in names})))
    usable = {name: array for name, array in members.items() if not array.dtype.fields}
    return Content(file, arrays=usable)


def _of_value(file: File, value: Any) -> Content:
    """Recognise tables and arrays in plain nested values."""
    if isinstance(value, np.ndarray):
        return Content(file, arrays={file.stem: value})
    if isinstance(value, pd.DataFrame):
        return Content(file, frame=plain_frame(value))
    if isinstance(value, pd.Series):
        return Content(file, arrays={file.stem: value.to_numpy()})
    if isinstance(value, dict) and value:
        if all(isinstance(k, str) and isinstance(v, np.ndarray) for k, v in value.items()):
            return Content(file, arrays=value)
        frame = _columns(value)
        if frame is not None:
            return Content(file, frame=frame, value=value)
    if isinstance(value, list) and value:
        if all(isinstance(item, dict) for item in value):
            frame = _records(value)
            if frame is not None:
                return Content(file, frame=frame, value=value)
        elif all(type(item) in (int, float, bool, WrittenFloat) for item in value):
            return Content(file, arrays={file.stem: _numbers(value)}, value=value)
    return Content(file, value=value)


def _numbers(values: Sequence[Any]) -> Array:
    try:
        return np.asarray([float(v) if isinstance(v, float) else v for v in values])
    except OverflowError:
        return np.asarray([float("inf")] * len(values))


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _columns(value: dict[Any, Any]) -> pd.DataFrame | None:
    lengths = {len(v) if isinstance(v, list) else -1 for v in value.values()}
    if len(lengths) != 1 or -1 in lengths or lengths == {0}:
        return None
    if not all(isinstance(name, str) for name in value):
        return None
    if not all(_is_scalar(item) for column in value.values() for item in column):
        return None
    return plain_frame(pd.DataFrame({name: _plain(column) for name, column in value.items()}))


def _records(value: list[dict[Any, Any]]) -> pd.DataFrame | None:
    names = list(dict.fromkeys(name for item in value for name in item))
    if not names or len(names) > MAX_COLUMNS or len(names) * len(value) > _MAX_CELLS:
        return None
    if not all(isinstance(name, str) for name in names):
        return None
    if not all(_is_scalar(item) for record in value for item in record.values()):
        return None
    return plain_frame(
        pd.DataFrame({name: _plain([record.get(name) for record in value]) for name in names})
    )


def _plain(column: list[Any]) -> pd.Series[Any]:
    # Floats lose their memory of how they were written; huge integers become infinite.
    plain = [
        float(v)
        if isinstance(v, float)
        else v
        if not isinstance(v, int) or abs(v) < 1 << 62
        else float("inf")
        for v in column
    ]
    return pd.Series(plain)
