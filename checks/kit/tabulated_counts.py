"""Tables that count rows by group: of the source, after augmentation, in each split."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind, SplitRole
from checks.kit.intervals import Written, parse_written
from checks.kit.written_counts import Stage, StatedCount, named_rows, names_augmentation
from checks.kit.written_tables import Row, WrittenTable, tables_of

_SUMS = re.compile(r"\b(?:total|sum|all|overall|mean|average)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GroupedCounts:
    """A table of rows by group.

    Parameters
    ----------
    totals : tuple of StatedCount
        Sum of each column, as if the table stated it.
    crowded : tuple of (str, int, int)
        Groups with more held-out rows than source rows: label, held-out rows, source rows.
    """

    totals: tuple[StatedCount, ...]
    crowded: tuple[tuple[str, int, int], ...]


def grouped_counts(document: Document) -> Iterator[GroupedCounts]:
    """Tables with one column of source rows, one of training rows and at least one of held-out
    rows, all of them whole numbers, one row for each group.
    """
    for table in tables_of(document):
        if not table.partial and (found := _read(document, table)):
            yield found


def _read(document: Document, table: WrittenTable) -> GroupedCounts | None:
    columns = {at: named for at, name in enumerate(table.header) if (named := named_rows(name))}
    kinds = list(columns.values())
    source = [at for at, kind in columns.items() if kind == (None, Stage.BEFORE)]
    held = [at for at, (role, _) in columns.items() if role not in (None, SplitRole.TRAIN)]
    train = [at for at, (role, _) in columns.items() if role is SplitRole.TRAIN]
    if len(source) != 1 or not held or not train or len(set(kinds)) < len(kinds):
        return None
    if len({columns[at][0] for at in held}) < len(held):
        return None  # a split before and after its augmentation
    rows = [row for row in table.rows if not _SUMS.search(_label(row, columns))]
    numbers = {at: [_number(row.cells[at]) for row in rows] for at in columns}
    if len(rows) < 2 or any(None in column for column in numbers.values()):
        return None
    counts = {at: [n for n in column if n is not None] for at, column in numbers.items()}
    augmented = any(names_augmentation(name) for name in (table.context, *table.header))
    totals = tuple(
        StatedCount(
            rows=Written(sum(counts[at]), 0.0, False, f"{sum(counts[at]):,}"),
            role=role,
            stage=stage,
            names_augmentation=augmented,
            names_windows=False,
            recorded=document.kind is DocumentKind.OUTPUT,
            order=(-1 if document.cell is None else document.cell, table.line),
            location=document.location(table.line),
        )
        for at, (role, stage) in columns.items()
    )
    crowded = []
    for index, row in enumerate(rows):
        held_out, of = sum(counts[at][index] for at in held), counts[source[0]][index]
        if held_out > of:
            crowded.append((_label(row, columns), held_out, of))
    return GroupedCounts(totals, tuple(crowded))


def _label(row: Row, columns: Container[int]) -> str:
    return " ".join(cell for at, cell in enumerate(row.cells) if at not in columns)


def _number(cell: str) -> int | None:
    written = parse_written(cell.strip())
    if written is None or not written.value.is_integer() or not re.fullmatch(r"[\d,_ ]+", cell):
        return None
    return int(written.value)
