"""The source rows in the feature columns of the splits, and the proof that they are these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from audit.load import names
from audit.load.grouping import Naming
from audit.load.ledger import Ledger
from audit.load.raw import groups_of, length
from audit.load.rescaled import rescaled
from audit.load.splits import Draft
from audit.load.tables import Content
from audit.model.artifacts import Array, RawData, SplitRole
from audit.model.export import Absent, Present, Slot
from checks.kit.rows import columns_of, row_codes, rows_among

MAX_CELLS = 50_000_000
MIN_FOUND = 0.05  # of the source rows must be rows of the splits, unchanged
MIN_TARGETS = 0.9  # of those must have the target that the splits say
MIN_RESCALED = 0.5  # of the source rows, where their columns had to be brought to other units
# Of the rows of a file that is not named like source rows, so many must be rows of the splits, and
# so many held-out rows must be among them: else it may be one of several sources.
MIN_UNNAMED = 0.5
_MAX_FIELDS = 1000
_SCALARS = (bool, int, float, np.bool_, np.number)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    features: pd.DataFrame
    by_position: bool


def with_features(
    slot: Slot, contents: Sequence[Content], drafts: Mapping[SplitRole, Draft]
) -> Slot:
    """Add features and targets to the source rows, where rows of the splits prove them.

    Parameters
    ----------
    slot : Slot
        The source rows as found.
    contents : sequence of Content
        All files of data: a list as long as the source rows may hold their targets.
    drafts : mapping
        The settled splits.
    """
    if not isinstance(slot, Present) or not drafts:
        return slot
    raw: RawData = slot.value
    content = next((c for c in contents if c.file.name == raw.path), None)
    if content is None:
        return slot
    frames = [draft.frame for draft in drafts.values()]
    wanted = [str(name) for name in frames[0].columns]
    if any(list(frame.columns) != wanted for frame in frames) or not wanted:
        return slot
    proved = _proved(content, raw.n, frames)
    if isinstance(proved, str):
        return Present(replace(raw, note=f"{raw.path} {proved}"))
    features, found = proved
    target = _target(raw, content, contents, features, found, drafts)
    return Present(replace(raw, features=features, target=target, note=""))


def told_by_rows(
    slot: Slot,
    contents: Sequence[Content],
    drafts: Mapping[SplitRole, Draft],
    naming: Naming,
    ledger: Ledger,
) -> Slot:
    """Source rows in a file with any name: most of its rows are rows of the splits.

    Parameters
    ----------
    slot : Slot
        The source rows as found by name; kept where there are any.
    contents : sequence of Content
        All files of data; those that have a role, or are named after a split or after
        augmentation, are passed over.
    drafts : mapping
        The settled splits.
    naming : Naming
        The group columns.
    ledger : Ledger
        Takes what was recognised.
    """
    if not isinstance(slot, Absent) or not drafts:
        return slot
    frames = [draft.frame for draft in drafts.values()]
    if any(list(frame.columns) != list(frames[0].columns) for frame in frames):
        return slot
    held = [columns_of(d.frame) for role, d in drafts.items() if role is not SplitRole.TRAIN]
    if not held:
        return slot
    found = []
    for content in contents:
        path, n = content.file.name, length(content)
        stem = content.file.stem
        named = names.split_role(stem) or names.has_word(stem, names.MULTIPLIED_WORDS)
        if n is None or named or ledger.is_used(path) or ledger.role_of(path) is not None:
            continue
        proved = _proved(content, n, frames)
        if not isinstance(proved, str) and float(proved[1].mean()) >= MIN_UNNAMED:
            found.append((content, n, proved[0]))
    if len({n for _, n, _ in found}) != 1:
        return slot
    content, n, features = found[0]
    _, among = rows_among(columns_of(features), held)
    if float((np.concatenate(among) >= 0).mean()) < MIN_UNNAMED:
        return slot
    path = content.file.name
    groups = groups_of(content, naming, frames)
    ledger.recognise(path, "source rows", f"{n:,} rows", "most of them are rows of the splits")
    return Present(RawData(path, n, groups))


def _proved(
    content: Content, n: int, frames: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, Array] | str:
    """Features, and which rows are rows of the splits; or why that cannot be told."""
    width = frames[0].shape[1]
    if n * width > MAX_CELLS:
        return "is too large to be compared with the splits"
    note = f"does not have the {width:,} feature columns of the splits"
    for candidate in _candidates(content, n, frames[0]):
        found = _found(candidate, frames)
        if found is not None:
            return candidate.features, found
        note = "has hardly any row of the splits: these may hold transformed values"
    for candidate in _candidates(content, n, frames[0]):
        moved = rescaled(candidate.features, frames)
        if moved is not None:
            found = _found(replace(candidate, features=moved), frames)
            if found is not None and float(found.mean()) >= MIN_RESCALED:
                return moved, found
    return note


# --- features -----------------------------------------------------------------------------------


def _candidates(content: Content, n: int, like: pd.DataFrame) -> Iterator[_Candidate]:
    wanted = list(like.columns)
    named = _named_columns(content)
    if set(wanted) <= set(named):
        yield _Candidate(pd.DataFrame({name: named[name] for name in wanted}), False)
    for matrix in _matrices(content, n, len(wanted)):
        yield _Candidate(pd.DataFrame(matrix, columns=like.columns), True)


def _named_columns(content: Content) -> dict[str, Array]:
    """One-dimensional columns by name: of a table, an archive, a dictionary, or of records."""
    if content.frame is not None:
        frame = content.frame
        return {str(name): frame[name].to_numpy() for name in frame.columns}
    value = content.value
    parts: Mapping[Any, Any] = content.arrays
    if not parts and isinstance(value, dict):
        parts = value
    elif not parts and isinstance(value, list) and value and isinstance(value[0], dict):
        parts = _fields(value)
    found = {str(name): _vector(column) for name, column in parts.items()}
    return {name: column for name, column in found.items() if column is not None}


def _vector(value: Any) -> Array | None:
    """One number or text a row."""
    if isinstance(value, np.ndarray):
        return value if value.ndim == 1 and value.dtype.kind in "biufSU" else None
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(item, _SCALARS) for item in value):
        try:
            return np.asarray(value, dtype=np.float64)
        except OverflowError:
            return None
    return np.asarray(value, dtype=object) if all(isinstance(v, str) for v in value) else None


def _matrices(content: Content, n: int, width: int) -> Iterator[Array]:
    """Rows that were flattened field by field and padded with zeros to the width of the splits."""
    parts: list[Any] = [*content.arrays.values(), content.value]
    if isinstance(content.value, dict):
        parts += content.value.values()
    for part in parts:
        if isinstance(part, np.ndarray):
            if part.ndim >= 2 and part.shape[0] == n and part.dtype.kind in "biuf":
                flat = part.reshape(n, -1)
                if flat.shape[1] == width:
                    yield flat
        elif isinstance(part, list) and len(part) == n:
            for rows in _row_lists(part, width):
                table = _flattened(rows, width)
                if table is not None:
                    yield table


def _row_lists(rows: list[Any], width: int) -> Iterator[list[Any]]:
    """The rows; each of their fields that is a list or an array; rows without their target."""
    yield rows
    fields = _fields(rows)
    yield from (field for field in fields.values() if isinstance(field[0], list | np.ndarray))
    if len(fields) == width + 1 and isinstance(rows[0], list | tuple):
        yield [row[:-1] for row in rows]
        yield [row[1:] for row in rows]


def _fields(rows: Sequence[Any]) -> dict[str, list[Any]]:
    """Fields of rows that are records, lists or tuples of one length, by name or position."""
    first = rows[0]
    if not isinstance(first, dict | list | tuple) or not 0 < len(first) <= _MAX_FIELDS:
        return {}
    keys = list(first) if isinstance(first, dict) else range(len(first))
    same = (type(row) is type(first) and len(row) == len(first) for row in rows)
    if not all(same) or not all(
        key in row for row in rows if isinstance(row, dict) for key in keys
    ):
        return {}
    return {str(key): [row[key] for row in rows] for key in keys}


def _flattened(rows: Sequence[Any], width: int) -> Array | None:
    matrix = np.zeros((len(rows), width))
    for index, row in enumerate(rows):
        flat = _numbers(row, width)
        if flat is None:
            return None
        matrix[index, : len(flat)] = flat
    return matrix


def _numbers(row: Any, width: int) -> Array | None:
    """The numbers of one row, its fields in their order; None where it holds anything else."""
    fields = row if isinstance(row, list | tuple) else [row]
    parts = []
    room = width
    for field in fields:
        try:
            part = np.asarray(field) if isinstance(field, (list, np.ndarray, *_SCALARS)) else None
        except (ValueError, OverflowError):  # a ragged list
            return None
        if part is None or part.dtype.kind not in "biuf" or part.size > room:
            return None
        parts.append(part.astype(np.float64).ravel())
        room -= part.size
    return np.concatenate(parts) if parts else None


# --- proof --------------------------------------------------------------------------------------


def _found(candidate: _Candidate, frames: Sequence[pd.DataFrame]) -> Array | None:
    """Which source rows are rows of the splits; None where too few are to prove the columns.

    Where columns were told by their position, the columns moved by one place are the control:
    they must fit far worse.
    """
    own = columns_of(candidate.features)
    others = [columns_of(frame) for frame in frames]
    found = _in_any(own, others)
    share = float(found.mean())
    if share < MIN_FOUND:
        return None
    if candidate.by_position and len(own) > 1:
        control = float(_in_any([*own[1:], own[0]], others).mean())
        if control > share / 2:
            return None
    return found


def _in_any(own: Sequence[Array], others: Sequence[Sequence[Array]]) -> Array:
    codes, found = rows_among(own, others)
    return np.isin(codes, np.concatenate(found))


def _target(
    raw: RawData,
    content: Content,
    contents: Sequence[Content],
    features: pd.DataFrame,
    found: Array,
    drafts: Mapping[SplitRole, Draft],
) -> Array | None:
    """Targets of the source rows: the first column or list that agrees with the splits."""
    known = [d for d in drafts.values() if d.target is not None and d.target.ndim == 1]
    if not known:
        return None
    codes, others = rows_among(columns_of(features), [columns_of(d.frame) for d in known])
    seen = found & np.isin(codes, np.concatenate(others))
    said = [
        [own[own >= 0], np.asarray(d.target)[own >= 0]]
        for own, d in zip(others, known, strict=True)
    ]
    for values in _vectors(raw, content, contents, {d.target_name for d in known}):
        pairs = row_codes([[codes, values], *said])
        agree = np.isin(pairs[0], np.concatenate(pairs[1:]))
        if seen.any() and float(agree[seen].mean()) >= MIN_TARGETS:
            return values
    return None


def _vectors(
    raw: RawData, content: Content, contents: Sequence[Content], called: set[str]
) -> Iterator[Array]:
    """Columns as long as the source rows: named like the target first, then lists beside them."""
    own = _named_columns(content)
    likely = [name for name in own if name in called]
    likely += [name for name in names.target_columns(own) if name not in likely]
    yield from (own[name] for name in likely if len(own[name]) == raw.n)
    if isinstance(content.value, list) and not own:
        fields = (_vector(field) for field in reversed(_fields(content.value).values()))
        yield from (field for field in fields if field is not None)
    for other in contents:
        if other is content or length(other) != raw.n:
            continue
        columns = list(_named_columns(other).values())
        flat = _vector(other.value) if isinstance(other.value, list) else None
        columns = [flat] if flat is not None else columns
        if len(columns) == 1 and len(columns[0]) == raw.n:
            yield columns[0]
