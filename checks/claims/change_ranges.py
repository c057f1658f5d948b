"""Ranges of changes that sum up rows of the table above: ``Medium cases: 39-56% better``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from checks.claims.change_readings import Unit, parse_value, readings
from checks.claims.change_tables import value_pair
from checks.claims.judged import CONSISTENT, WRONG, Judged
from checks.kit.intervals import Interval, Written
from checks.kit.written_tables import WrittenTable

REACH = 12  # lines below a table in which a range may sum it up

_BOUND = r"[0-9]{1,5}(?:\.[0-9]{1,4})?"
_RANGE = re.compile(
    rf"^\s*(?:[-*+•]\s+)?(?P<label>[A-Za-z]{{3,20}})\s(?:cases|groups|classes|samples|tiers?):?\s"
    rf"(?:are\s|is\s)?(?P<low>{_BOUND})\s?%?\s?[-–]\s?(?P<high>{_BOUND})\s?(?P<unit>%|[x×])\s"
    r"(?:better|worse|lower|higher|faster|slower|larger|smaller)\b(?P<rest>[^0-9]{0,80}(?:[0-9]{1,3}[^0-9]{0,40})?)$",
    re.IGNORECASE,
)
_NEXT_SECTION = re.compile(r"\s{0,3}#{1,6}\s")


def ranges_below(table: WrittenTable, lines: Sequence[tuple[int, str]]) -> list[Judged]:
    """Judge the ranges that sum up rows of a table, in the lines right below it.

    Parameters
    ----------
    table : WrittenTable
        A table with a column of changes.
    lines : sequence of (int, str)
        Plain lines of the document with their numbers, in order from 1.
    """
    pair = value_pair(table)
    if pair is None:
        return []
    last = table.rows[-1].line
    found = []
    for number, line in lines[last : last + REACH]:
        if _NEXT_SECTION.match(line) or line.count("|") > 1:
            break
        match = _RANGE.match(line[:200])
        if match is None:
            continue
        rows = _rows(table, match["label"].casefold(), pair)
        if len(rows) > 1:
            found.append(_judge(match, rows, number))
    return found


def _rows(table: WrittenTable, label: str, pair: tuple[int, int]) -> list[tuple[Written, Written]]:
    """Old and new values of the rows that a cell assigns to a label, ``Med`` to ``medium``."""
    found = []
    for row in table.rows:
        names = [cell.casefold() for cell in row.cells if len(cell) >= 3]
        if any(label.startswith(name) or name == label for name in names):
            old, new = parse_value(row.cells[pair[0]]), parse_value(row.cells[pair[1]])
            if old is None or new is None or not old.value or not new.value:
                return []
            found.append((old, new))
    return found


def _judge(match: re.Match[str], rows: Sequence[tuple[Written, Written]], line: int) -> Judged:
    unit = Unit.PERCENT if match["unit"] == "%" else Unit.FACTOR
    low, high = float(match["low"]), float(match["high"])
    step = 10.0 ** -max(len(match[name].partition(".")[2]) for name in ("low", "high"))
    stated = Interval(low - step, high + step)
    quoted = " ".join(match[0].split())[:160]
    by_kind: dict[str, list[tuple[Interval, float]]] = {}
    for old, new in rows:
        for reading in readings(old, new, unit):
            by_kind.setdefault(reading.kind, []).append((reading.value, reading.point))
    meant = min(by_kind, key=lambda kind: _distance(by_kind[kind], low, high))
    ends = _ends(by_kind[meant])
    inside = all(value.overlaps(stated) for value, _ in by_kind[meant])
    # a range that is far wider than its rows says something else
    near = abs(ends[0] - low) <= 1.5 * step and abs(ends[1] - high) <= 1.5 * step
    method = f"{meant} of {len(rows)} rows: {ends[0]:.3g} to {ends[1]:.3g}"
    if inside and near:
        return Judged(line, quoted, CONSISTENT, method, low)
    label = f"range of {match['label'].casefold()}"
    return Judged(line, quoted, WRONG, method, low, ends[0], label, certain=False)


def _ends(values: Sequence[tuple[Interval, float]]) -> tuple[float, float]:
    points = [point for _, point in values]
    return min(points), max(points)


def _distance(values: Sequence[tuple[Interval, float]], low: float, high: float) -> float:
    ends = _ends(values)
    return abs(ends[0] - low) + abs(ends[1] - high)
