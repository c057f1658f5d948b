"""How many rows there were at each stage, by every account that an export gives of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import Code, Documents, RawData, RecordedCounts, SplitRole, Splits
from audit.model.location import Location
from checks.kit.intervals import Interval
from checks.kit.shares import round_shares
from checks.kit.tabulated_counts import GroupedCounts, grouped_counts
from checks.kit.written_counts import Stage, StatedCount, keyed_count, stated_counts

_MAX_VALUES = 6  # different sizes that a text may give one split


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows and where it comes from.

    Parameters
    ----------
    rows : Interval
        One number, or what a rounded one stands for.
    text : str
        As it is shown to the reader.
    location : Location
        Where it stands.
    stated : StatedCount, optional
        The statement; ``None`` where rows of the export were counted.
    """

    rows: Interval
    text: str
    location: Location
    stated: StatedCount | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it was counted, by this tool or by the program of the experiment."""
        return self.rows.low == self.rows.high and not self.is_by_hand

    @property
    def is_by_hand(self) -> bool:
        """Whether a person wrote it."""
        return self.stated is not None and not self.stated.recorded


@dataclass(frozen=True, slots=True)
class Account:
    """Sizes of the splits by one source: the rows themselves, or one text.

    Parameters
    ----------
    train : Count
        Training rows.
    held_out : tuple of (SplitRole, Count)
        Validation or test rows, or both.
    is_only : bool
        The source gives each split one size; otherwise this is one of several combinations.
    """

    train: Count
    held_out: tuple[tuple[SplitRole, Count], ...]
    is_only: bool = True

    @property
    def is_by_hand(self) -> bool:
        """Whether a person wrote it."""
        return self.train.is_by_hand

    def agrees_with(self, other: Account) -> bool:
        """Whether the training rows and the held-out rows may be the same numbers."""
        return self.train.rows.overlaps(other.train.rows) and self.held_out_rows.overlaps(
            other.held_out_rows
        )

    @property
    def held_out_rows(self) -> Interval:
        """All held-out rows."""
        return total([count.rows for _, count in self.held_out])

    @property
    def rows(self) -> Interval:
        """All rows that were divided."""
        return total([self.train.rows, self.held_out_rows])

    @property
    def counts(self) -> tuple[Count, ...]:
        """All counts that it is made of."""
        return self.train, *(count for _, count in self.held_out)

    def shares(self, whole: Interval, among: Sequence[float]) -> tuple[float, ...] | None:
        """Round shares of `whole` that the held-out splits are, where all of them are."""
        return round_shares([count.rows for _, count in self.held_out], whole, among)


def total(parts: Sequence[Interval]) -> Interval:
    """Sum of numbers of rows; exact where they are."""
    if all(part.low == part.high for part in parts):
        exact = sum(part.low for part in parts)
        return Interval(exact, exact)
    result = parts[0]
    for part in parts[1:]:
        result = result + part
    return result


def statements(
    documents: Documents | None, code: Code | None, recorded: RecordedCounts | None
) -> list[StatedCount]:
    """Every count of rows that documents, recorded outputs and JSON files state."""
    items = documents.items if documents is not None else ()
    found = [count for document in items for count in stated_counts(document, code)]
    found += [count for table in tabulated(documents) for count in table.totals]
    keyed = map(keyed_count, recorded.items if recorded is not None else ())
    return found + [count for count in keyed if count is not None]


def tabulated(documents: Documents | None) -> list[GroupedCounts]:
    """Tables of rows by group."""
    items = documents.items if documents is not None else ()
    return [table for document in items for table in grouped_counts(document)]


def accounts(splits: Splits | None, stated: Sequence[StatedCount]) -> list[Account]:
    """The accounts that an export gives of the sizes of its splits; the rows themselves first,
    then what programs printed, then what people wrote.
    """
    found = []
    if splits is not None:
        held = tuple((s.role, counted(len(s), s.path)) for s in splits.held_out)
        found.append(Account(counted(len(splits.train), splits.train.path), held))
    sizes = [count for count in stated if count.role and count.stage is not Stage.BEFORE]
    paths = dict.fromkeys((not c.recorded, c.location.path) for c in sizes)
    for by_hand, path in sorted(paths):
        own = [c for c in sizes if c.recorded is not by_hand and c.location.path == path]
        accounts_of_text = _combinations(own)
        if by_hand and any(not account.is_by_hand for account in found):
            # prose with other numbers than the run has speaks of another run
            accounts_of_text = [a for a in accounts_of_text if any(map(a.agrees_with, found))]
        found += accounts_of_text
    return found


def _combinations(sizes: Sequence[StatedCount]) -> list[Account]:
    """Accounts of one text; several where it gives a split more than one size."""
    by_role: dict[SplitRole, dict[float, Count]] = {role: {} for role in SplitRole}
    multiplied = {size.role for size in sizes if size.stage is Stage.AFTER}
    for size in sizes:
        if size.role in multiplied and size.stage is not Stage.AFTER:
            continue  # rows of this split before they were multiplied
        if size.role is not None:
            by_role[size.role].setdefault(size.rows.value, written(size))
    train = list(by_role.pop(SplitRole.TRAIN).values())
    held = [[(role, c) for c in list(v.values())[:_MAX_VALUES]] for role, v in by_role.items() if v]
    if not train or not held:
        return []
    is_only = len(train) == 1 and all(len(part) == 1 for part in held)
    return [
        Account(first, rest, is_only)
        for first in train[:_MAX_VALUES]
        for rest in itertools.product(*held)
    ]


def sources(raw: RawData | None, stated: Sequence[StatedCount], *, by_hand: bool) -> list[Count]:
    """Numbers of source rows, the largest first.

    What is said to have been there before the augmentation is the number; otherwise the source
    rows in the export, and what is said to have been loaded. What people wrote counts `by_hand`
    only, or where nothing else is known.
    """
    before = [c for c in stated if c.role is None and c.stage is Stage.BEFORE]
    printed = [c for c in before if c.recorded]
    if by_hand or (not printed and raw is None):
        printed = before
    named = [c for c in printed if c.names_augmentation]
    found = [written(c) for c in named or printed]
    if raw is not None:
        found.append(counted(raw.n, raw.path))
    return sorted(found, key=lambda count: (-count.rows.high, not count.is_exact))


def pools(stated: Sequence[StatedCount]) -> list[Count]:
    """Numbers of rows of the whole data after they were multiplied."""
    after = [c for c in stated if c.role is None and c.stage is Stage.AFTER]
    return [written(c) for c in after]


def shown(role: SplitRole, count: Count, stated: Sequence[StatedCount]) -> Location:
    """Where the program printed the size of a split; otherwise where the count is from."""
    same = [c for c in stated if c.recorded and c.role is role and c.rows.value == count.rows.low]
    return same[0].location if same and count.is_exact else count.location


def counted(rows: int, path: str) -> Count:
    """Rows of a file of the export."""
    return Count(Interval(rows, rows), f"{rows:,}", Location(path))


def written(stated: StatedCount) -> Count:
    """A number of rows in a text."""
    rows = stated.rows
    interval = rows.interval if rows.half_width else Interval(rows.value, rows.value)
    return Count(interval, f"{rows.value:,.0f}", stated.location, stated)


def crowded_groups(raw: RawData | None, splits: Splits | None) -> tuple[tuple[str, int, int], ...]:
    """Groups with more held-out rows than source rows: key, held-out rows, source rows."""
    if raw is None or raw.groups is None or splits is None:
        return ()
    parts = [part.groups for part in splits.held_out]
    held = _sizes(part for part in parts if part is not None)
    source = _sizes([raw.groups])
    if any(part is None for part in parts) or not set(held) <= set(source):
        return ()  # groups that the source rows do not have: other data
    return tuple((key, n, source[key]) for key, n in held.items() if n > source[key])


def _sizes(parts: Iterable[np.ndarray]) -> dict[str, int]:
    arrays = list(parts)
    if not arrays:
        return {}
    keys, counts = np.unique(np.concatenate(arrays).astype(str), return_counts=True)
    return {str(key): int(n) for key, n in zip(keys, counts, strict=True)}
