"""Tables as people and programs write them: Markdown, aligned columns, lists of counts.

Nothing here raises on odd input; what does not look like a table is no table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind
from checks.kit.written_lines import output_lines, plain, prose_lines

MAX_COLUMNS = 100
MAX_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its 1-based line in the text, and its cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table in a text.

    Parameters
    ----------
    line : int
        1-based line of the header; of the first row where there is none.
    header : tuple of str
        Column headers without emphasis; as many as each row has cells.
    rows : tuple of Row
        At least one.
    context : str
        What introduces the table: nearest heading and the line before it.
    partial : bool
        The text shows that rows are left out (``…``, ``top 5``).
    """

    line: int
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    context: str = ""
    partial: bool = False


_HEADING = re.compile(r" {0,3}#{1,6}\s+")
_DELIMITER = re.compile(r":?-+:?")
_PARTIAL = re.compile(
    r"\btop\b|\blargest\b|\bbiggest\b|\bsmallest\b|\bmost (?:common|frequent)\b|\bselected\b"
    r"|\bexcerpt\b|\bfirst \d+\b|\bincluding\b|\bexamples? of\b|\bamong others\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"(?=[.\s*_-]*?(?:\.\.|[…⋮⋯]))[.…⋮⋯\s*_-]++|\(?and (?:\d+ )?(?:more|others)\)?"
)


def tables_of(document: Document) -> list[WrittenTable]:
    """All tables of a document, by kind; a text that reads as two kinds gives both."""
    markdown = document.kind is not DocumentKind.OUTPUT
    found = [*markdown_tables(document.text), *listed_counts(document.text, markdown=markdown)]
    if not markdown:
        found += printed_tables(document.text)
    return found


def split_cells(line: str) -> list[str]:
    r"""Cells of a Markdown row; ``\|`` is a pipe within a cell, outer pipes are optional."""
    parts = re.split(r"(?<!\\)\|", line.strip())
    if parts and not parts[0].strip():
        parts = parts[1:]
    if parts and not parts[-1].strip():
        parts = parts[:-1]
    return [part.replace("\\|", "|").strip() for part in parts]


def markdown_tables(text: str) -> list[WrittenTable]:
    """Pipe tables of a Markdown text, in order."""
    lines = prose_lines(text)
    tables = []
    heading = before = ""
    index = 0
    while index < len(lines):
        number, line = lines[index]
        if match := _HEADING.match(line):
            heading = plain(line[match.end() :].rstrip().rstrip("#"))
            before = ""
        elif index + 1 < len(lines) and (header := _header(line, lines[index + 1][1])):
            stop = index + 2
            while stop < len(lines) and _is_row(lines[stop][1]):
                stop += 1
            body = [Row(n, tuple(split_cells(row))) for n, row in lines[index + 2 : stop]]
            after = next((row for _, row in lines[stop : stop + 2] if row.strip()), "")
            if table := _table(number, header, body, f"{heading}\n{before}", after):
                tables.append(table)
            index, before = stop, ""
            continue
        elif line.strip():
            before = plain(line)
        index += 1
    return tables


def _header(line: str, below: str) -> tuple[str, ...] | None:
    if "|" not in line or "-" not in below:
        return None
    cells, rules = split_cells(line), split_cells(below)
    if len(cells) < 2 or len(cells) != len(rules):
        return None
    return tuple(cells) if all(_DELIMITER.fullmatch(rule) for rule in rules) else None


def _is_row(line: str) -> bool:
    return "|" in line and bool(line.strip()) and not _HEADING.match(line)


def _table(
    line: int, header: Sequence[str], body: Sequence[Row], context: str, after: str = ""
) -> WrittenTable | None:
    """A table without its ellipsis rows, every row as wide as the header."""
    width = len(header)
    if width > MAX_COLUMNS:
        return None
    rows = []
    partial = bool(_PARTIAL.search(context) or _PARTIAL.search(" ".join(header)))
    partial = partial or len(body) > MAX_ROWS
    partial = partial or _is_ellipsis(after) or _is_ellipsis(context.split("\n")[-1])
    for row in body[:MAX_ROWS]:
        cells = [plain(cell) for cell in row.cells[:width]]
        first = next(filter(None, cells), "")
        if _is_ellipsis(first):
            partial = True
        elif first:
            rows.append(Row(row.line, (*cells, *[""] * (width - len(cells)))))
    if not rows:
        return None
    return WrittenTable(line, tuple(map(plain, header)), tuple(rows), context.strip(), partial)


def _is_ellipsis(text: str) -> bool:
    return bool(_ELLIPSIS.fullmatch(text.strip().casefold()))


_BLANK = r"[ \t\u00a0\u2007\u2009\u202f]"
# every part is possessive: a line that does not fit fails in one pass
_LISTED = re.compile(
    rf"^{_BLANK}*+(?:[-*+•]{_BLANK}++)?(?P<label>[^:=|()]++)[:=]{_BLANK}*+"
    r"(?P<count>[~≈]?[0-9][0-9,_.'’\u00a0\u2009\u202f]*+[kKM]?+)"
    rf"{_BLANK}*+(?P<unit>[A-Za-z]{{1,20}}(?:{_BLANK}[A-Za-z]{{1,20}}){{0,2}})?+"
    rf"{_BLANK}*+,?+{_BLANK}*+"
    rf"\({_BLANK}*+(?P<share>[~≈]?[0-9.]++{_BLANK}?%)(?P<of>[^()]{{0,40}})\)[.;,]?{_BLANK}*+$"
)
_MAX_LISTED = 300  # characters of a line
_MAX_LABEL = 80


def listed_counts(text: str, *, markdown: bool) -> list[WrittenTable]:
    """Blocks of at least two lines such as ``easy: 1,800 samples (0.4 %)``, as tables."""
    lines = prose_lines(text) if markdown else output_lines(text)
    tables: list[WrittenTable] = []
    block: list[Row] = []
    units: list[str] = []
    before = ""

    def close(after: str = "") -> None:
        nonlocal block, units
        if len(block) > 1:
            unit = units[0] if len(set(units)) == 1 else ""
            header = ("", f"count {unit}".strip(), "%")
            if table := _table(block[0].line, header, block, before, after):
                tables.append(table)
        block, units = [], []

    for number, line in lines:
        match = _LISTED.match(line) if len(line) <= _MAX_LISTED else None
        if match is None or len(match["label"].strip()) > _MAX_LABEL:
            close(line)
            if line.strip():
                before = plain(line)
            continue
        label = plain(match["label"])
        if match["of"].strip():
            label = ""  # a share of something else that is named
        block.append(Row(number, (label, match["count"], match["share"])))
        units.append((match["unit"] or "").casefold())
    close()
    return [table for table in tables if all(row.cells[0] for row in table.rows)]


def printed_tables(text: str) -> list[WrittenTable]:
    """Tables of aligned columns in a recorded output, as pandas prints them."""
    tables: list[WrittenTable] = []
    context = ""
    for block in _blocks(output_lines(text)):
        if len(block) >= 2 and (table := _aligned(block, context)):
            tables.append(table)
        context = block[-1][1].strip()
    return tables


def _blocks(lines: Sequence[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    block: list[tuple[int, str]] = []
    for number, line in lines:
        if line.strip() and not re.fullmatch(r"[\s=+|_-]*", line):
            block.append((number, line))
        elif block and not line.strip():
            yield block
            block = []
    if block:
        yield block


def _aligned(block: Sequence[tuple[int, str]], context: str) -> WrittenTable | None:
    """Header and rows of equal width: split at two blanks, else at one."""
    if any("|" in line for _, line in block) or len(block) > 500:
        return None
    for start in range(min(3, len(block) - 1)):
        for gap in (r"\s{2,}", r"\s+"):
            split = [(n, re.split(gap, line.strip())) for n, line in block[start:]]
            header, body = split[0][1], split[1:]
            ellipsis = [bool(_ELLIPSIS.fullmatch("".join(cells))) for _, cells in body]
            width = {
                len(cells) for (_, cells), skip in zip(body, ellipsis, strict=True) if not skip
            }
            if len(width) != 1:
                continue
            (columns,) = width
            if columns == len(header) + 1:
                header = ["", *header]  # an index without a name
            if len(body) < 2 or columns < 2 or columns != len(header):
                continue
            if not any(map(_word, header)):
                continue
            introduction = context if start == 0 else block[start - 1][1].strip()
            rows = [Row(n, tuple(cells)) for n, cells in body]
            return _table(split[0][0], header, rows, introduction)
    return None


def _word(cell: str) -> bool:
    return bool(re.search(r"[A-Za-z%]", cell))
