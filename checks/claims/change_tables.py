"""Changes in tables: a column of changes beside the columns that they are changes of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from checks.claims.change_readings import (
    Change,
    Reading,
    about_scores,
    describe,
    fits,
    nearest,
    parse_change,
    parse_value,
)
from checks.claims.change_sentences import MEASURE
from checks.claims.judged import CONSISTENT, UNKNOWN, WRONG, Judged
from checks.kit.intervals import Written
from checks.kit.scores import canonical_metric
from checks.kit.written_tables import Row, WrittenTable

MAX_VALUE_COLUMNS = 8
MAX_TABLE_ROWS = 200

_CHANGE = re.compile(
    r"\bchanges?\b|[Δ∆]|\bdelta\b|\bdiff(?:erence)?\b|\bimprovements?\b|\bgain\b|\breduction\b"
    r"|\bincrease\b|\bdecrease\b|\bdrop\b|\bratio\b|\bspeed-?\s?ups?\b|\bfactor\b|\bdegradation\b"
    r"|\bgap\b|\buplift\b|\blift\b|^[×x]$|^\+/-$|^±$|\bgrowth\b|\b(?:ver)?änderung\b|\bdifferenz\b"
    r"|\bchangement\b|\bvariation\b|\bcambio\b|\bvariaci[oó]n\b",
    re.IGNORECASE,
)
# a change of something that is not in the table, or a rate rather than a change
_ELSEWHERE = re.compile(
    r"\bvs\b|\bversus\b|\bover\b|\bper\b|\bsince\b|\bcompared\b|\bfrom\b|\brelative to\b|\byoy\b"
    r"|\bmom\b"
    r"|\bexplained\b|\blog\b|\bcumulative\b|\bclass\b|\bstd\b|\bmax\b|\bmin\b|\bavg\b|\bmean\b"
    r"|\bp-?value\b|\bstatistic\b|\bcompression\b|\bsharpe\b|\bodds\b|\bhazard\b|\bcount\b"
    r"|\bimbalance\b",
    re.IGNORECASE,
)
_OLD_NEW = (
    (r"\bbefore\b", r"\bafter\b"),
    (r"\b(?:vorher|alt|avant|antes)\b", r"\b(?:nachher|neu|apr[eè]s|despu[eé]s|ahora)\b"),
    (r"\bbase(?:line)?\b|\bold\b|\bprevious\b|\bprior\b|\breference\b|\bcontrol\b", r""),
    (r"\brun\b", r"\brun\b"),
    (r"^v(?:ersion)?\s?\.?\d", r"^v(?:ersion)?\s?\.?\d"),
    (r"^(?:19|20)\d\d$|\bq[1-4]\b", r"^(?:19|20)\d\d$|\bq[1-4]\b"),
    (r"\bwithout\b", r"\bwith\b"),
)
_TRAIN_HELD_OUT = (r"\btrain", r"\bval|\btest|\bdev\b|\bheld")
_NAMED_ROW = re.compile(
    r"\b(?:vs\.?|versus|over|relative to|compared (?:to|with)|from|against)\s(?:the\s)?"
    r"(?P<row>.{1,60})$",
    re.IGNORECASE,
)
_GAP = re.compile(r"\bgap\b|\bdiff(?:erence)?\b|[Δ∆]|\bdelta\b", re.IGNORECASE)
_SUMMARY = re.compile(
    r"\b(?:total|sum|mean|average|avg|median|overall|all|geomean|geometric|max|min|std)\b|Σ|∑",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Columns of a table."""

    change: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A row whose change is right: between which columns, in which reading."""

    row: Row
    pair: tuple[int, int]
    kind: str
    method: str


def changes_in_table(table: WrittenTable) -> list[Judged]:
    """Judge every column of changes in a table."""
    found: list[Judged] = []
    for layout in _layouts(table):
        found += _judge_column(table, layout)
    return found + _against_named_row(table)


def _against_named_row(table: WrittenTable) -> list[Judged]:
    """``Δ vs. ARIMA`` in a table that has a row of that name."""
    found: list[Judged] = []
    for column, header in enumerate(table.header[:MAX_VALUE_COLUMNS]):
        named = _NAMED_ROW.search(header)
        rows = table.rows[:MAX_TABLE_ROWS]
        base = [r for r in rows if named and r.cells[0].casefold() == named["row"].casefold()]
        if len(base) != 1 or not column:
            continue
        best: tuple[list[Reading], list[tuple[Row, Change, Written, Written]]] = [], []
        for other in range(1, len(table.header)):
            old = parse_value(base[0].cells[other])
            if other != column and old is not None and old.value:
                best = max(best, _of_row(table, column, other, old), key=lambda each: len(each[0]))
        right, wrong = best
        if len(right) < max(2, 2 * len(wrong)):
            continue
        if not wrong:
            method = f"{len(right)} rows agree: {describe(right[0])}"
            found.append(Judged(table.line, header, CONSISTENT, method, float(len(right))))
        kinds = [reading.kind for reading in right]
        for row, change, old, new in wrong:
            expected, method = nearest(change, old, new, max(kinds, key=kinds.count))
            label = row.cells[0]
            quoted = f"{label}: {change.text}"
            name = f"{header} | {label}"
            found.append(
                Judged(row.line, quoted, WRONG, method, change.value, expected, name, table.line)
            )
    return found


def _of_row(
    table: WrittenTable, column: int, values: int, old: Written
) -> tuple[list[Reading], list[tuple[Row, Change, Written, Written]]]:
    """Readings of the rows that are changes from `old`, and the rows that are not."""
    right: list[Reading] = []
    wrong: list[tuple[Row, Change, Written, Written]] = []
    for row in table.rows[:MAX_TABLE_ROWS]:
        change, new = parse_change(row.cells[column]), parse_value(row.cells[values])
        if change is None or new is None or not change.value:
            continue
        if reading := fits(change, old, new, shares=True, directed=True):
            right.append(reading)
        else:
            wrong.append((row, change, old, new))
    return right, wrong


def value_pair(table: WrittenTable) -> tuple[int, int] | None:
    """The old and the new column of a table that also has a column of changes."""
    layout = next(_layouts(table), None)
    if layout is None or len(layout.values) != 2:
        return None
    return layout.values[0], layout.values[1]


def _layouts(table: WrittenTable) -> Iterator[_Layout]:
    changes = [i for i, name in enumerate(table.header) if i and _CHANGE.search(name)]
    if not changes or len(table.header) > MAX_VALUE_COLUMNS + 4:
        return
    rows = table.rows[:MAX_TABLE_ROWS]
    numeric = [
        i
        for i in range(1, len(table.header))
        if i not in changes and sum(parse_value(row.cells[i]) is not None for row in rows) > 0
    ]
    if len(numeric) < 2 or len(numeric) > MAX_VALUE_COLUMNS:
        return
    for column in changes:
        yield _Layout(column, tuple(numeric))


def _judge_column(table: WrittenTable, layout: _Layout) -> list[Judged]:
    scores = about_scores(" ".join((table.context, *table.header)))
    right: list[_Fit] = []
    unfit: list[tuple[Row, Change]] = []
    for row in table.rows[:MAX_TABLE_ROWS]:
        change = parse_change(row.cells[layout.change])
        values = {i: v for i in layout.values if (v := parse_value(row.cells[i])) is not None}
        if change is None or len(values) < 2:
            continue
        found = _within_row(row, change, values, scores or about_scores(row.cells[0]))
        right += found[:1]
        if not found and not _SUMMARY.search(row.cells[0]):
            unfit.append((row, change))
    if not right and not unfit:
        return []
    name = f"{table.header[layout.change]} by {table.header[0].casefold() or 'row'}"
    pair = _pair(layout, right)
    if unfit and pair is not None and not _shows_meaning(right, len(unfit), pair):
        # a change against another row, as in tables of models
        unfit = [(r, c) for r, c in unfit if not _across_rows(c, r, table, layout)]
        if unfit and not _are_old_and_new(table, layout, pair):
            return [_open(*unfit[0], table)]
    if unfit and pair is not None:
        kind = _usual_kind(right, pair)
        return [_wrong(row, change, pair, kind, table, name) for row, change in unfit]
    if right and not unfit:
        if flipped := _flipped(table, layout, right):
            return [_wrong_sign(fit, layout, table, name) for fit in flipped]
        examples = "; ".join(fit.method for fit in right[:2])
        method = f"{len(right)} rows agree: {examples}"
        return [Judged(table.line, name, CONSISTENT, method, float(len(right)))]
    return [_open(*unfit[0], table)] if unfit else []


# rows that are metrics go up or down for the better, each in its own way
_OF_METRICS = re.compile(
    r"^$|\b(?:metrics?|measures?|scores?|kpis?|quantit(?:y|ies)|benchmarks?|tasks?"
    r"|indicators?)\b",
    re.I,
)
_IN_WORDS = re.compile(r"\b(?:improvement|gain|drop|reduction|decrease|degradation)\b", re.I)


def _flipped(table: WrittenTable, layout: _Layout, right: Sequence[_Fit]) -> list[_Fit]:
    """Rows whose sign contradicts that of all others: at most a quarter, of at least four."""
    header = table.header
    labels = [fit.row.cells[0] for fit in right]
    if _OF_METRICS.search(header[0]) or _IN_WORDS.search(header[layout.change]):
        return []
    if any(canonical_metric(label) or MEASURE.search(label) for label in labels):
        return []
    signs: list[tuple[_Fit, bool]] = []
    for fit in right:
        change = parse_change(fit.row.cells[layout.change])
        old, new = (parse_value(fit.row.cells[i]) for i in fit.pair)
        if change is None or old is None or new is None or "ratio" in fit.kind:
            continue
        if old.interval.overlaps(new.interval) or not change.value:
            continue
        signs.append((fit, (new.value > old.value) == (change.value > 0)))
    minus = any(re.match("[-−–]", fit.row.cells[layout.change]) for fit, _ in signs)
    if len({fit.pair for fit, _ in signs}) != 1 or not minus:
        return []  # without any sign, sizes are meant
    usual = 2 * sum(same for _, same in signs) > len(signs)
    flipped = [fit for fit, same in signs if same is not usual]
    return flipped if 4 * len(flipped) <= len(signs) and len(signs) >= 4 else []


def _wrong_sign(fit: _Fit, layout: _Layout, table: WrittenTable, name: str) -> Judged:
    label, cell = fit.row.cells[0], fit.row.cells[layout.change]
    stated = parse_change(cell)
    value = stated.value if stated is not None else 0.0
    method = f"{fit.method} in size, and the sign is the opposite of that of the other rows"
    quoted = f"{label}: {cell}"
    return Judged(
        fit.row.line, quoted, WRONG, method, value, -value, f"{name} | {label}", table.line, False
    )


def _open(row: Row, change: Change, table: WrittenTable) -> Judged:
    reason = "it is not clear which numbers it is a change of"
    text = f"{row.cells[0]}: {change.text}"
    return Judged(row.line, text, UNKNOWN, reason, change.value, table=table.line)


def _within_row(row: Row, change: Change, values: dict[int, Written], scores: bool) -> list[_Fit]:
    found = []
    for first, second in combinations(values, 2):
        if reading := fits(change, values[first], values[second], shares=scores):
            found.append(_Fit(row, (first, second), reading.kind, describe(reading)))
    return found


def _across_rows(change: Change, row: Row, table: WrittenTable, layout: _Layout) -> bool:
    """Whether it is a change against another row, as in tables of models."""
    for column in layout.values:
        own = parse_value(row.cells[column])
        if own is None:
            continue
        for other in table.rows[:MAX_TABLE_ROWS]:
            value = parse_value(other.cells[column]) if other is not row else None
            if value is not None and fits(change, value, own):
                return True
    return False


def _pair(layout: _Layout, right: Sequence[_Fit]) -> tuple[int, int] | None:
    """The two columns that most rows are changes between."""
    if right:
        pairs = [fit.pair for fit in right]
        return max(sorted(set(pairs)), key=pairs.count)
    if len(layout.values) == 2:
        return layout.values[0], layout.values[1]
    return None


def _shows_meaning(right: Sequence[_Fit], wrong: int, pair: tuple[int, int]) -> bool:
    """Whether enough rows are right in the same way to show what the column means."""
    kinds = [fit.kind for fit in right if fit.pair == pair]
    alike = max((kinds.count(kind) for kind in kinds), default=0)
    return alike >= 3 and alike >= 2 * wrong


def _are_old_and_new(table: WrittenTable, layout: _Layout, pair: tuple[int, int]) -> bool:
    """Whether the headers say that the change is one between these two columns."""
    header = table.header[layout.change]
    if len(layout.values) != 2 or _ELSEWHERE.search(header):
        return False
    first, second = (table.header[i].casefold() for i in pair)
    known = _OLD_NEW if not _GAP.search(header) else (*_OLD_NEW, _TRAIN_HELD_OUT)
    return any(
        (re.search(old, first) and re.search(new, second))
        or (re.search(old, second) and re.search(new, first))
        for old, new in known
    )


def _usual_kind(right: Sequence[_Fit], pair: tuple[int, int]) -> str | None:
    kinds = [fit.kind for fit in right if fit.pair == pair]
    return max(kinds, key=kinds.count) if kinds else None


def _wrong(
    row: Row,
    change: Change,
    pair: tuple[int, int],
    kind: str | None,
    table: WrittenTable,
    name: str,
) -> Judged:
    old, new = (parse_value(row.cells[i]) for i in pair)
    expected, method = None, f"no reading of {change.text} fits"
    if old is not None and new is not None:
        expected, method = nearest(change, old, new, kind)
        if not method:  # written in another unit than the other rows
            expected, method = nearest(change, old, new)
    label = row.cells[0]
    return Judged(
        row.line,
        f"{label}: {change.text}",
        WRONG,
        method,
        change.value,
        expected,
        f"{name} | {label}",
        table.line,
    )
