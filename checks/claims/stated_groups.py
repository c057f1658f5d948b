"""Metrics by group in tables of documents, held against the metrics file and against one another.

A column is taken for the metric by group only where most of its rows agree; what it is called
does not suffice, because tables of other runs, splits and models look alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import Document, DocumentKind, Documents, MetricTable, ReportedValue
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.groups import canonical_group
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.claims.judged import CONSISTENT, WRONG
from checks.kit.intervals import Interval, Written, parse_written
from checks.kit.scores import SCORES, canonical_metric
from checks.kit.written_splits import roles_named
from checks.kit.written_tables import WrittenTable, markdown_tables

MAX_TABLES = 100
MAX_GROUPS = 200
_OVERALL = re.compile(r"(?:overall|total|all(?: (?:groups|rows|data))?)", re.IGNORECASE)
_TELLING = 0.05  # a number that is known less exactly than this agrees by chance
_AGREEING = 2  # rows that show what a column holds, and how many of them for each that is wrong


@dataclass(frozen=True, slots=True)
class _Cell:
    """A value in a column: its row, and where it stands."""

    label: str
    value: Written
    location: Location


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of numbers, by canonical name of the row; the empty name is the overall value."""

    document: Document
    table: WrittenTable
    header: str
    cells: Mapping[str, _Cell]


def groups_against(
    documents: Documents, tables: Sequence[MetricTable]
) -> tuple[list[Finding], list[Evidence]]:
    """Hold columns of values by group against metrics files, and against one another.

    Parameters
    ----------
    documents : Documents
        Markdown files and cells are read, outputs are not.
    tables : sequence of MetricTable
        Of the experiment and of its baseline.
    """
    findings: list[Finding] = []
    claims: list[Evidence] = []
    known = [table for table in tables if table.by_group]
    rest: list[_Column] = []
    for written in _tables(documents):
        columns = list(_columns(*written))
        judged = [(column, *_best(column, known)) for column in columns]
        right = [truth for _, truth, wrong in judged if truth is not None and not wrong]
        for column, truth, wrong in judged:
            if truth is None:
                rest.append(column)
            elif not wrong:
                claims.append(_claim(column, CONSISTENT, f"as in {truth.path}"))
            elif truth not in right:  # else a column of an earlier state beside the current one
                claims.append(_claim(column, WRONG, f"unlike {truth.path}"))
                findings.append(_unlike_metrics(column, truth, wrong))
    found, listed = _among(rest)
    return findings + found, claims + listed


def _tables(documents: Documents) -> Iterator[tuple[Document, WrittenTable]]:
    left = MAX_TABLES
    for document in documents.items:
        if document.kind is not DocumentKind.OUTPUT:
            for table in markdown_tables(document.text)[:left]:
                left -= 1
                yield document, table


def _columns(document: Document, table: WrittenTable) -> Iterator[_Column]:
    for index, header in enumerate(table.header):
        cells = {}
        for row in table.rows[:MAX_GROUPS]:
            value = parse_written(row.cells[index]) if index else None
            if value is not None:
                label = row.cells[0]
                key = "" if _OVERALL.fullmatch(label) else canonical_group(label)
                cells[key] = _Cell(label, value, document.location(row.line))
        if len(cells) > _AGREEING:
            yield _Column(document, table, header, cells)


def _best(
    column: _Column, tables: Sequence[MetricTable]
) -> tuple[MetricTable | None, list[tuple[_Cell, ReportedValue]]]:
    """The table that a column states, and the cells in which it differs."""
    best: MetricTable | None = None
    differing: list[tuple[_Cell, ReportedValue]] = []
    most = 0
    for table in tables:
        if not _may_be(column, table):
            continue
        pairs = [(c, v) for key, c in column.cells.items() if (v := _value(table, key))]
        wrong = [(c, v) for c, v in pairs if not _agrees(c, v, table)]
        hits = sum(_is_telling(c.value) for c, v in pairs if (c, v) not in wrong)
        enough = hits >= _AGREEING and hits >= _AGREEING * len(wrong)
        if wrong and not enough and _permuted(pairs, table):
            enough, hits = True, len(pairs)
        if enough and (hits, -len(wrong)) > (most, -len(differing)):
            best, differing, most = table, wrong, hits
    return best, differing


def _value(table: MetricTable, key: str) -> ReportedValue | None:
    if not key:
        return table.overall
    return table.by_group.get(key) or table.by_tier.get(key.casefold())


def _permuted(pairs: Sequence[tuple[_Cell, ReportedValue]], table: MetricTable) -> bool:
    """Whether a column has the values of the table, each once, beside other names."""
    if len(pairs) <= _AGREEING or not all(_is_telling(cell.value) for cell, _ in pairs):
        return False
    cells = sorted((cell for cell, _ in pairs), key=lambda cell: cell.value.value)
    values = sorted((value for _, value in pairs), key=lambda value: value.value)
    return all(_agrees(c, v, table) for c, v in zip(cells, values, strict=True))


def _may_be(column: _Column, table: MetricTable) -> bool:
    """Whether neither the header nor the heading names another metric or another split."""
    named = canonical_metric(re.sub(r"\([^()]{0,40}\)", "", column.header))
    roles = roles_named(column.header) or roles_named(column.table.context)
    return named in (None, table.metric) and (not roles or table.role in (None, *roles))


def _agrees(cell: _Cell, value: ReportedValue, table: MetricTable) -> bool:
    score = SCORES.get(table.metric)
    share = cell.value.percent or (score is not None and score.share)
    meanings = _meanings(cell.value, share=share)
    truths = [Interval.around(value.value, value.half_width)]
    if _OVERALL.fullmatch(cell.label):  # the mean of the rows above it is another quantity
        mean = sum(each.value for each in table.by_group.values()) / len(table.by_group)
        truths.append(Interval.around(mean, value.half_width))
    return any(near.overlaps(truth) for near in meanings for truth in truths)


def _meanings(written: Written, *, share: bool) -> list[Interval]:
    # twice the half width: digits are cut off as often as they are rounded
    near = Interval.around(written.value, 2 * written.half_width)
    hundred = Interval(100.0, 100.0)
    return [near, near * hundred, near / hundred] if share else [near]


def _is_telling(written: Written) -> bool:
    return 0 < 2 * written.half_width <= _TELLING * abs(written.value)


def _among(columns: Sequence[_Column]) -> tuple[list[Finding], list[Evidence]]:
    """Columns of one name in two documents, most of whose rows agree."""
    findings: list[Finding] = []
    claims: list[Evidence] = []
    by_name: dict[str, list[_Column]] = {}
    for column in columns:
        by_name.setdefault(column.header.casefold(), []).append(column)
    for group in by_name.values():
        first = group[0]
        for other in group[1:]:
            if first.document.path == other.document.path:
                continue
            both = [(cell, other.cells[k]) for k, cell in first.cells.items() if k in other.cells]
            differing = [pair for pair in both if not _same(*pair)]
            hits = sum(_is_telling(cell.value) for cell, _ in both) - len(differing)
            if hits < _AGREEING or hits < _AGREEING * len(differing):
                continue
            place = str(other.document.location(other.table.line))
            claims.append(_claim(first, WRONG if differing else CONSISTENT, f"and {place}"))
            if differing:
                findings.append(_unlike_document(first, other, differing))
    return findings, claims


def _same(cell: _Cell, other: _Cell) -> bool:
    share = cell.value.percent or other.value.percent
    return any(
        a.overlaps(b)
        for a in _meanings(cell.value, share=share)
        for b in _meanings(other.value, share=share)
    )


def _claim(column: _Column, verdict: str, method: str) -> Evidence:
    place = str(column.document.location(column.table.line))
    text = f"{column.header} of {len(column.cells)} rows"
    return Evidence("claim", text, verdict, unit=place, method=method)


def _unlike_metrics(
    column: _Column, table: MetricTable, wrong: Sequence[tuple[_Cell, ReportedValue]]
) -> Finding:
    pairs = [(cell, value.value, value.location) for cell, value in wrong]
    return _finding(column, pairs, table.path, f"{table.metric} in {table.path}")


def _unlike_document(
    first: _Column, other: _Column, differing: Sequence[tuple[_Cell, _Cell]]
) -> Finding:
    pairs = [(cell, there.value.value, there.location) for cell, there in differing]
    path = other.document.path
    return _finding(first, pairs, path, f"{first.header}, stated in two documents")


def _finding(
    column: _Column, wrong: Sequence[tuple[_Cell, float, Location]], where: str, method: str
) -> Finding:
    said = "; ".join(
        f"{cell.label} {cell.value.text}, {where} has {value:.6g}" for cell, value, _ in wrong[:3]
    )
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    labels = ", ".join(sorted(cell.label for cell, _, _ in wrong[:10]))
    path, cell_number = column.document.path, column.document.cell
    return Finding(
        check_id="CL504",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f'{path} says in "{column.header}" {said}{more}',
        locations=(
            *(cell.location for cell, _, _ in wrong[:10]),
            replace(wrong[0][2], role=Role.RELATED, note="the other value"),
        ),
        evidence=tuple(
            Evidence(
                "stated_metric",
                cell.value.value,
                expected=value,
                method=f"{method}; {len(column.cells)} rows, most of which agree",
                group=cell.label,
            )
            for cell, value, _ in wrong[:10]
        ),
        remedy=Remedy("Write the table from the metrics file, or export the run it describes."),
        subject=f"{path} cell {cell_number} | {column.header} | {labels}",
        why="Most rows are those of one run, and these are not.",
    )
