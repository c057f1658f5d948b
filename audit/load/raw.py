"""The source rows, before any splitting or augmentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from audit.load import names
from audit.load.grouping import Naming, group_rows
from audit.load.ledger import Ledger
from audit.load.problems import malformed
from audit.load.tables import Content
from audit.model.artifacts import Array, ProblemKind, RawData
from audit.model.export import Absent, Malformed, Present, Slot
from audit.model.groups import canonical_value
from audit.model.location import Location

_FOLDERS = names.RAW_WORDS | {"data"}
_ABSENT = (
    "no source rows: a table, array or pickle called raw, original, source, inputs, combined or "
    "full, or in a folder called data"
)


def find_raw(
    contents: Sequence[Content], naming: Naming, tables: Sequence[pd.DataFrame], ledger: Ledger
) -> Slot:
    """Find the source rows and, where possible, the group of each.

    Parameters
    ----------
    contents : sequence of Content
        Files of data; those that have a role are passed over.
    naming : Naming
        The group columns.
    tables : sequence of DataFrame
        Feature columns of the splits: a nameless field of the source rows is a group column if
        its distinct values are those of that column, and no other field has them.
    ledger : Ledger
        Takes problems and what was recognised.
    """
    declared, strong, weak = [], [], []
    for content in contents:
        path = content.file.name
        role = ledger.role_of(path)
        if ledger.is_used(path) or role not in (None, "raw") or length(content) is None:
            if role == "raw":
                error = malformed("no rows in it", "Export the source rows as a table.")
                ledger.fail(path, error)
                return Malformed(error.reason, Location(path))
            continue
        if role == "raw":
            declared.append(content)
        elif names.has_word(content.file.stem, names.RAW_WORDS):
            strong.append(content)
        elif any(names.has_word(folder, _FOLDERS) for folder in path.split("/")[:-1]):
            weak.append(content)
    candidates = declared or strong or weak
    if not candidates:
        return Absent(_ABSENT)
    grouped = [(content, groups_of(content, naming, tables)) for content in candidates]
    found = [pair for pair in grouped if pair[1] is not None] or grouped
    if not declared:
        found = _without_later_sets(found)
    sizes = {length(content) for content, _ in found}
    if len(sizes) > 1:
        paths = [content.file.name for content, _ in found]
        reason = f"{' and '.join(paths[:4])} could each hold the source rows; none was used"
        if candidates is not weak:
            # A note only: several source files are common, and few checks need them.
            step = f'Say which in audit.toml: roles.raw = "{paths[0]}".'
            ledger.add(ProblemKind.SKIPPED, paths[0], reason, step)
        return Absent(reason)
    # Rows with several fields rather than a list of targets of the same length.
    content, groups = min(found, key=lambda pair: _is_vector(pair[0]))
    path, n = content.file.name, length(content) or 0
    why = (
        ledger.why_declared("raw")
        if declared
        else "named like source rows"
        if strong
        else "rows in a data folder, in no split"
    )
    detail = f"{n:,} rows" + ("" if groups is None else f", {len(np.unique(groups)):,} groups")
    ledger.recognise(path, "source rows", detail, why)
    for other in weak + strong:
        if other is not content and length(other) == n:
            ledger.recognise(other.file.name, "source rows", f"{n:,} values", f"as long as {path}")
    return Present(RawData(path, n, groups))


def _without_later_sets(
    found: list[tuple[Content, Array | None]],
) -> list[tuple[Content, Array | None]]:
    """Leave out test sets that are called like another file: ``fresh_x`` beside ``x``."""
    said = {id(pair): set(names.words(pair[0].file.stem)) for pair in found}
    later = {
        id(pair)
        for pair in found
        for other in found
        if said[id(other)] < said[id(pair)]
        and said[id(pair)] - said[id(other)] <= names.LATER_WORDS
    }
    return [pair for pair in found if id(pair) not in later]


def _is_vector(content: Content) -> bool:
    return bool(content.arrays) and all(array.ndim < 2 for array in content.arrays.values())


def length(content: Content) -> int | None:
    """Number of rows, or ``None`` where the content is no sequence of rows."""
    if content.frame is not None:
        return len(content.frame) or None
    if content.arrays:
        arrays = [a for a in content.arrays.values() if a.ndim and a.shape[0] > 1]
        # Names of columns or classes are as many as these, not as the rows.
        numeric = [a for a in arrays if a.dtype.kind in "biuf"] or arrays
        lengths = {a.shape[0] for a in numeric}
        return lengths.pop() if len(lengths) == 1 else None
    value = content.value
    if isinstance(value, list) and len(value) > 1:
        return len(value)
    if isinstance(value, dict) and value:
        sizes = {len(v) if isinstance(v, list | np.ndarray) else 0 for v in value.values()}
        size = sizes.pop()
        return size if not sizes and size > 1 else None
    return None


def groups_of(content: Content, naming: Naming, tables: Sequence[pd.DataFrame]) -> Array | None:
    """Group of every source row, by column names or by the values of nameless fields."""
    if not naming.names:
        return None
    n = length(content) or 0
    if content.frame is not None:
        return group_rows(content.frame, {}, naming)
    named: Mapping[str, Any] = content.arrays
    if not named and isinstance(content.value, dict):
        named = {str(k): np.asarray(v) for k, v in content.value.items() if _is_flat(v)}
    flat = {k: a for k, a in named.items() if a.ndim == 1 and len(a) == n}
    if set(naming.names) <= set(flat):
        return group_rows(pd.DataFrame({k: flat[k] for k in naming.names}), {}, naming)
    fields = _fields(content)
    chosen = _match(fields, content.file.stem, naming, tables)
    if chosen is None:
        return None
    return group_rows(pd.DataFrame(chosen), {}, naming)


def _is_flat(value: Any) -> bool:
    return isinstance(value, np.ndarray) or (
        isinstance(value, list) and all(isinstance(v, bool | int | float | str) for v in value)
    )


def _fields(content: Content) -> dict[int, list[Any]]:
    """Nameless scalar fields by position: of rows that are lists, or columns of a 2-D array."""
    if len(content.arrays) == 1:
        (array,) = content.arrays.values()
        if array.ndim == 2 and array.shape[1] <= 10_000:
            return {i: list(array[:, i]) for i in range(min(array.shape[1], 64))}
        return {}
    rows = content.value
    if not isinstance(rows, list) or not rows:
        return {}
    if not all(isinstance(row, list | tuple) for row in rows):
        return {}
    width = len(rows[0])
    if not 1 < width <= 64 or any(len(row) != width for row in rows):
        return {}
    columns = {i: [row[i] for row in rows] for i in range(width)}
    return {
        i: column
        for i, column in columns.items()
        if all(isinstance(value, bool | int | float | str) for value in column)
    }


def _match(
    fields: Mapping[int, list[Any]], stem: str, naming: Naming, tables: Sequence[pd.DataFrame]
) -> dict[str, list[Any]] | None:
    values = {i: _distinct(column) for i, column in fields.items()}
    trailing = stem.split("_")
    chosen: dict[str, list[Any]] = {}
    for name in naming.names:
        wanted: set[str] = set()
        for table in tables:
            if name not in table.columns:
                return None
            wanted |= _distinct(table[name].unique().tolist())
        matches = [i for i, found in values.items() if found == wanted]
        if len(matches) > 1 and name in trailing:
            # The file name may settle a tie ("inputs_n_k_m_P"): it never decides alone.
            last = max(i for i, part in enumerate(trailing) if part == name)
            width = max(fields) + 1
            for total in range(width, width + 3):
                if last - (len(trailing) - total) in matches:
                    matches = [last - (len(trailing) - total)]
                    break
        if len(matches) != 1:
            return None
        chosen[name] = fields[matches[0]]
        values.pop(matches[0])
    return chosen or None


def _distinct(column: Sequence[Any]) -> set[str]:
    distinct = set(column)
    return {canonical_value(v) for v in distinct} if len(distinct) <= 10_000 else set()
