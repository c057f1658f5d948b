"""Tables as people and programs write them: Markdown, aligned columns, lists of counts.

Nothing here raises on odd input; what does not look like a table is no table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_LINES = 20_000
MAX_WIDTH = 2_000


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


_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_DELIMITER = re.compile(r":?-+:?")
_PARTIAL = re.compile(
    r"\btop\b|\blargest\b|\bbiggest\b|\bsmallest\b|\bmost (?:common|frequent)\b|\bselected\b"
    r"|\bexcerpt\b|\bfirst \d+\b|\bincluding\b|\bexamples? of\b|\bamong others\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(
    r"[.…⋮⋯\s*_-]*(?:\.{2,}|[…⋮⋯])[.…⋮⋯\s*_-]*|\(?and (?:\d+ )?(?:more|others)\)?"
)


def plain(text: str) -> str:
    """A cell or heading without emphasis, code marks, links and repeated blanks."""
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*\)", r"\1", text)
    text = re.sub(r"<[^<>]{0,200}>", " ", text)
    text = re.sub(r"[*`]+|(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])|~~", "", text)
    return " ".join(text.split())


def split_cells(line: str) -> list[str]:
    r"""Cells of a Markdown row; ``\|`` is a pipe within a cell, outer pipes are optional."""
    parts = re.split(r"(?<!\\)\|", line.strip())
    if parts and not parts[0].strip():
        parts = parts[1:]
    if parts and not parts[-1].strip():
        parts = parts[:-1]
    return [part.replace("\\|", "|").strip() for part in parts]


def prose_lines(text: str) -> list[tuple[int, str]]:
    """Lines of Markdown with their 1-based numbers, code blocks and comments left out."""
    kept: list[tuple[int, str]] = []
    fence = ""
    comment = pre = False
    for number, line in enumerate(text.splitlines()[:MAX_LINES], start=1):
        quoted = re.sub(r"^(?: {0,3}> ?)+", "", line[:MAX_WIDTH])
        mark = _FENCE.match(quoted)
        if fence:
            closed = mark and mark[1].startswith(fence) and not quoted.strip().strip(fence[0])
            fence = "" if closed else fence
            kept.append((number, ""))
            continue
        if mark:
            fence = mark[1]
            kept.append((number, ""))
            continue
        if comment or "<!--" in quoted:
            comment = "-->" not in quoted.split("<!--")[-1]
            kept.append((number, ""))
            continue
        if pre or re.search(r"<pre\b", quoted, re.IGNORECASE):
            pre = not re.search(r"</pre\s*>", quoted, re.IGNORECASE)
            kept.append((number, ""))
            continue
        indented = quoted.startswith(("    ", "\t")) and not (kept and kept[-1][1].strip())
        kept.append((number, "" if indented else quoted))
    return kept


def markdown_tables(text: str) -> list[WrittenTable]:
    """Pipe tables of a Markdown text, in order."""
    lines = prose_lines(text)
    tables = []
    heading = before = ""
    index = 0
    while index < len(lines):
        number, line = lines[index]
        if match := _HEADING.match(line):
            heading, before = plain(match[1]), ""
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
    rows = []
    partial = bool(_PARTIAL.search(context) or _PARTIAL.search(" ".join(header)))
    partial = partial or bool(_ELLIPSIS.fullmatch(after.strip().casefold()))
    for row in body:
        cells = tuple(plain(cell) for cell in (*row.cells, *[""] * width)[:width])
        filled = [cell for cell in cells if cell]
        if filled and all(_ELLIPSIS.fullmatch(cell.casefold()) for cell in filled[:1]):
            partial = True
        elif filled:
            rows.append(Row(row.line, cells))
    if not rows:
        return None
    return WrittenTable(line, tuple(map(plain, header)), tuple(rows), context.strip(), partial)


_BLANK = r"[ \t\u00a0\u2007\u2009\u202f]"
_LISTED = re.compile(
    rf"^{_BLANK}*(?:[-*+•]{_BLANK}+)?(?P<label>[^:=|()]{{1,80}}?){_BLANK}*[:=]{_BLANK}*"
    r"(?P<count>[~≈]?[0-9][0-9,_.'’\u00a0\u2009\u202f]*[kKM]?)"
    rf"{_BLANK}*(?P<unit>[A-Za-z]{{1,20}}(?:{_BLANK}[A-Za-z]{{1,20}}){{0,2}})?{_BLANK}*,?{_BLANK}*"
    rf"(?:\({_BLANK}*)(?P<share>[~≈]?[0-9.]+{_BLANK}?%)(?P<of>[^()]{{0,40}})\)[.;,]?{_BLANK}*$"
)


def listed_counts(text: str, *, markdown: bool) -> list[WrittenTable]:
    """Blocks of at least two lines such as ``easy: 1,800 samples (0.4 %)``, as tables."""
    lines = prose_lines(text) if markdown else _output_lines(text)
    tables: list[WrittenTable] = []
    block: list[Row] = []
    units: list[str] = []
    before = ""

    def close() -> None:
        nonlocal block, units
        if len(block) > 1:
            unit = units[0] if len(set(units)) == 1 else ""
            header = ("", f"count {unit}".strip(), "%")
            if table := _table(block[0].line, header, block, before):
                tables.append(table)
        block, units = [], []

    for number, line in lines:
        match = _LISTED.match(line) if len(line) <= 300 else None
        if match is None:
            close()
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


def _output_lines(text: str) -> list[tuple[int, str]]:
    return [
        (number, line[:MAX_WIDTH].rstrip())
        for number, line in enumerate(text.splitlines()[:MAX_LINES], start=1)
    ]


def printed_tables(text: str) -> list[WrittenTable]:
    """Tables of aligned columns in a recorded output, as pandas prints them."""
    tables: list[WrittenTable] = []
    context = ""
    for block in _blocks(_output_lines(text)):
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
