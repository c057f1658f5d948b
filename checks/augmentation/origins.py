"""Which rows of the splits are copies, and of which source row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import CodeFacts, Documents, RawData, SplitData, Splits, StepKind
from checks.augmentation.families import is_numeric, matrix
from checks.augmentation.nearest import nearest
from checks.augmentation.prose import says_augmented
from checks.kit.rows import columns_of, row_codes, rows_among

Array = NDArray[Any]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]

MIN_UNIQUE = 0.9  # of the source rows must have a target of their own for it to name a parent
MIN_KNOWN = 0.8  # of the copies must have a parent for the parents to count
MIN_SOURCES = 20


@dataclass(frozen=True, slots=True, eq=False)
class SplitOrigins:
    """Origins of the rows of one split.

    Parameters
    ----------
    split : SplitData
        The split.
    synthetic : ndarray of bool, shape (n,)
        The row was made; no source row equals it, or a column says so.
    parents : ndarray of int, shape (n,)
        Position of the row that it was made from among the originals; -1 where not known.
    certain : bool
        A column says so, or parents were found: the rows do not merely come from elsewhere.
    """

    split: SplitData
    synthetic: Mask
    parents: Index
    certain: bool


@dataclass(frozen=True, slots=True, eq=False)
class Origins:
    """The original rows, and which rows of the splits were made from them.

    Parameters
    ----------
    originals : DataFrame
        Original rows in the feature columns of the splits.
    groups, target : ndarray, optional
        Of the originals.
    parts : tuple of SplitOrigins
        The training split first.
    how : str
        How the copies were told from originals, for the report.
    parents_how : str
        How parents were found; empty where they are not known.
    """

    originals: pd.DataFrame
    groups: Array | None
    target: Array | None
    parts: tuple[SplitOrigins, ...]
    how: str
    parents_how: str

    @property
    def train(self) -> SplitOrigins:
        """The training split."""
        return self.parts[0]

    @property
    def held_out(self) -> tuple[SplitOrigins, ...]:
        """All other splits."""
        return self.parts[1:]

    @property
    def n_synthetic(self) -> int:
        """Copies in all splits."""
        return sum(int(part.synthetic.sum()) for part in self.parts)


def trusted(known: Origins, facts: CodeFacts | None, documents: Documents | None) -> bool:
    """Whether the synthetic training rows are copies, rather than rows from elsewhere.

    A column says so, their parents are known, the code duplicates rows, or a document says that
    rows were augmented and there are more rows than originals.
    """
    if known.train.certain:
        return True
    if facts is not None and any(step.kind is StepKind.DUPLICATE for step in facts.steps):
        return True
    grew = sum(len(part.split) for part in known.parts) > len(known.originals)
    return grew and says_augmented(documents)


def doubt(known: Origins) -> str:
    """Words for rows that may or may not be copies."""
    part = known.train
    return (
        f"{int(part.synthetic.sum()):,} of {len(part.split):,} training rows are no source rows; "
        "whether they are copies or come from elsewhere cannot be told without a column that says "
        "so (columns.synthetic in audit.toml)"
    )


@lru_cache(maxsize=1)  # three checks ask in a row; artifacts are equal only to themselves
def origins(splits: Splits, raw: RawData | None) -> Origins | str:
    """Tell copies from originals.

    Parameters
    ----------
    splits : Splits
        A column that marks copies decides.
    raw : RawData, optional
        Otherwise a row is a copy if no source row has its features, and it is not the only row
        of its source row.

    Returns
    -------
    Origins or str
        Or why it cannot be told, one line.
    """
    parts = (splits.train, *splits.held_out)
    if any(part.synthetic is not None for part in parts):
        return _declared(parts)
    if raw is None:
        return "there are no source rows, and no column says which rows are copies"
    if raw.features is None:
        return f"copies cannot be told from originals: {raw.note}"
    return _compared(parts, raw, raw.features)


def _declared(parts: tuple[SplitData, ...]) -> Origins | str:
    masks = [
        part.synthetic if part.synthetic is not None else np.zeros(len(part), dtype=bool)
        for part in parts
    ]
    kept = [~mask for mask in masks]
    originals = pd.concat(
        [part.features.loc[keep] for part, keep in zip(parts, kept, strict=True)],
        ignore_index=True,
    )
    if originals.empty:
        return "a column says that every row is a copy, so there are no originals to compare with"
    groups = _joined([part.groups for part in parts], kept)
    target = _joined([part.target for part in parts], kept)
    found = _by_column(parts, masks)
    how = "a column says which rows are copies"
    parents_how = "a column names the parent" if found is not None else ""
    if found is None:
        found = _by_target(parts, masks, groups, target)
        parents_how = "same group and same target" if found is not None else ""
    return _assembled(parts, masks, found, originals, groups, target, how, parents_how, True)


def _compared(parts: tuple[SplitData, ...], raw: RawData, features: pd.DataFrame) -> Origins | str:
    own, others = rows_among(columns_of(features), [columns_of(p.features) for p in parts])
    masks = [codes < 0 for codes in others]
    found, parents_how = _by_index(parts, own, others, raw.n), "a column names the source row"
    if found is None:
        found = _by_target(parts, masks, raw.groups, raw.target)
        parents_how = "same group and same target"
    if found is None:
        found, parents_how = _by_distance(parts, masks, features), "by far the nearest source row"
    if found is None:
        parents_how = ""
        changed, total = sum(int(mask.sum()) for mask in masks), sum(map(len, parts))
        if changed and total <= raw.n:
            return (
                f"{changed:,} rows equal no source row, but there are no more rows than source "
                "rows: they were transformed, not added"
            )
    else:
        masks = _with_siblings(own, others, masks, found)
    how = f"no row of {raw.path} has their features"
    return _assembled(
        parts, masks, found, features, raw.groups, raw.target, how, parents_how, False
    )


def _assembled(
    parts: tuple[SplitData, ...],
    masks: list[Mask],
    found: list[Index] | None,
    originals: pd.DataFrame,
    groups: Array | None,
    target: Array | None,
    how: str,
    parents_how: str,
    declared: bool,
) -> Origins:
    made = []
    for position, (part, mask) in enumerate(zip(parts, masks, strict=True)):
        parents = (
            np.where(mask, found[position], -1)
            if found is not None
            else np.full(len(part), -1, dtype=np.int64)
        )
        known = parents[mask] >= 0
        certain = declared or not mask.any() or float(known.mean()) >= MIN_KNOWN
        made.append(SplitOrigins(part, mask, parents, certain))
    return Origins(originals, groups, target, tuple(made), how, parents_how)


def _joined(values: list[Array | None], kept: list[Mask]) -> Array | None:
    known = [value for value in values if value is not None and value.ndim == 1]
    if len(known) != len(values):
        return None
    return np.concatenate([value[keep] for value, keep in zip(known, kept, strict=True)])


# --- parents --------------------------------------------------------------------------------------


def _by_column(parts: tuple[SplitData, ...], masks: list[Mask]) -> list[Index] | None:
    """Parents by their ids, which originals in the splits carry."""
    ids: list[str] = []
    for part, mask in zip(parts, masks, strict=True):
        if part.ids is None:
            return None
        ids += part.ids[~mask].tolist()
    position = {key: index for index, key in enumerate(ids) if key}
    found = [
        np.array([position.get(key, -1) for key in part.parents.tolist()], dtype=np.int64)
        if part.parents is not None
        else np.full(len(part), -1, dtype=np.int64)
        for part in parts
    ]
    return found if _enough(found, masks) else None


def _by_index(
    parts: tuple[SplitData, ...], source: Index, codes: list[Index], n: int
) -> list[Index] | None:
    """Parents as 0-based positions among the source rows, proved by unchanged rows."""
    if all(part.parents is None for part in parts):
        return None
    found, agree, looked_at = [], 0, 0
    for part, own in zip(parts, codes, strict=True):
        index = np.full(len(part), -1, dtype=np.int64)
        if part.parents is not None:
            numbers = pd.to_numeric(pd.Series(part.parents), errors="coerce").to_numpy(float)
            with np.errstate(invalid="ignore"):
                usable = (numbers >= 0) & (numbers < n) & (numbers == np.floor(numbers))
            index[usable] = numbers[usable].astype(np.int64)
            kept = usable & (own >= 0)
            looked_at += int(kept.sum())
            agree += int((source[index[kept]] == own[kept]).sum())
        found.append(index)
    proved = looked_at >= MIN_SOURCES and agree >= 0.9 * looked_at
    return found if proved and _enough(found, [own < 0 for own in codes]) else None


def _by_target(
    parts: tuple[SplitData, ...], masks: list[Mask], groups: Array | None, target: Array | None
) -> list[Index] | None:
    """The one original of the same group with the same target, where targets are fine enough."""
    if target is None or target.ndim != 1 or len(target) < MIN_SOURCES:
        return None
    targets = [part.target for part in parts if part.target is not None and part.target.ndim == 1]
    if len(targets) != len(parts):
        return None
    own = [part.groups for part in parts if part.groups is not None]
    tables = [[values] for values in (target, *targets)]
    if groups is not None and len(own) == len(parts):
        tables = [[each, *cols] for each, cols in zip((groups, *own), tables, strict=True)]
    first, *others = row_codes(tables)
    unique = np.bincount(first, minlength=int(first.max()) + 1) == 1
    if float(unique[first].mean()) < MIN_UNIQUE:
        return None
    position = np.full(max(int(codes.max(initial=0)) for codes in (first, *others)) + 1, -1)
    position[first] = np.where(unique[first], np.arange(len(first)), -1)
    found = [position[codes].astype(np.int64) for codes in others]
    return found if _enough(found, masks) else None


def _by_distance(
    parts: tuple[SplitData, ...], masks: list[Mask], features: pd.DataFrame
) -> list[Index] | None:
    """The one original that is by far the nearest; for small noise only."""
    numeric = [i for i in range(features.shape[1]) if is_numeric(features.iloc[:, i])]
    originals = matrix(features, numeric)
    found = []
    for part, mask in zip(parts, masks, strict=True):
        if any(part.features.iloc[:, i].dtype.kind not in "biuf" for i in numeric):
            return None
        near = nearest(matrix(part.features.loc[mask], numeric), originals)
        if near is None:
            return None
        index = np.full(len(part), -1, dtype=np.int64)
        index[mask] = near
        found.append(index)
    return found if _enough(found, masks) else None


def _with_siblings(
    own: Index, others: list[Index], masks: list[Mask], found: list[Index]
) -> list[Mask]:
    """Copies whose parent has another row too.

    The only row of a source row is that row itself, rounded or with missing values filled in.
    """
    first = {code: index for index, code in reversed(list(enumerate(own.tolist())))}
    place = np.full(max(int(codes.max(initial=0)) for codes in (own, *others)) + 1, -1)
    place[list(first)] = list(first.values())
    members = [
        np.where(mask, np.where(index >= 0, place[own][index], -1), place[codes])
        for codes, mask, index in zip(others, masks, found, strict=True)
    ]
    together = np.concatenate(members)
    sizes = np.bincount(together[together >= 0], minlength=len(own))
    more = [(m >= 0) & (sizes[np.maximum(m, 0)] > 1) for m in members]
    known = sum(int((mask & (m >= 0)).sum()) for mask, m in zip(masks, members, strict=True))
    copies = sum(int((mask & each).sum()) for mask, each in zip(masks, more, strict=True))
    # A row without a known parent is judged as the others are.
    unknown = 2 * copies > known
    return [
        mask & (each | (unknown & (member < 0)))
        for mask, each, member in zip(masks, more, members, strict=True)
    ]


def _enough(found: list[Index], masks: list[Mask]) -> bool:
    copies = sum(int(mask.sum()) for mask in masks)
    known = sum(int((index[mask] >= 0).sum()) for index, mask in zip(found, masks, strict=True))
    return copies > 0 and known >= MIN_KNOWN * copies
