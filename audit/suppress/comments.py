"""Ignore comments in code and Markdown, and the lines that each of them is about.

``# audit: ignore[LK101] reason="why"`` in code, and the same in an HTML comment in Markdown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    IgnoreComment,
    SourceFile,
)
from audit.model.location import Location
from checks.kit.cells import parse_cell

MAX_COMMENTS = 1_000
_MAX_BLOCK = 1_000
_MAX_LINE = 10_000
_MAX_IDS = 20
_MAX_REASON = 300

_WORDS = r"audit:\s{0,9}ignore(?=\s{0,9}(?:\[|$|-->|reason\b))"
_IN_CODE = re.compile(rf"#\s{{0,9}}{_WORDS}", re.IGNORECASE)
_IN_MARKDOWN = re.compile(
    rf"(?<!`)<!--\s{{0,9}}{_WORDS}(?P<rest>(?:(?!<!--).){{0,1000}}?)-->", re.IGNORECASE
)
_IDS = re.compile(r"\s*\[([^\[\]]{0,300})\]")
_REASON = re.compile(r"""\s*reason\s*=\s*(?:"([^"]*)"|'([^']*)'|\u201c([^\u201d]*)\u201d)""")
# What may hold a "#" that starts no comment: strings. An unclosed one ends with its line, or
# with the cell where it is triple.
_TOKEN = re.compile(
    r'"""(?:[^\\"]|\\.|"(?!""))*+(?:"""|\\?\Z)'
    r"|'''(?:[^\\']|\\.|'(?!''))*+(?:'''|\\?\Z)"
    r'|"(?:[^\\"\n]|\\.)*+"?'
    r"|'(?:[^\\'\n]|\\.)*+'?"
    r"|(?P<comment>\#[^\n]*)",
    re.DOTALL,
)
_FENCE = re.compile(r"\s{0,3}(?:`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment with the lines that it covers.

    Parameters
    ----------
    comment : IgnoreComment
        What it says.
    lines : range
        Lines that it is about, of the file and cell that the comment stands in.
    """

    comment: IgnoreComment
    lines: range


def read_comments(
    code: Code | None, documents: Documents | None
) -> tuple[tuple[Ignore, ...], int | None]:
    """Find every ignore comment of an export.

    Parameters
    ----------
    code, documents : Code, Documents, optional
        Where comments may stand. Recorded outputs are no such place.

    Returns
    -------
    ignores : tuple of Ignore
        At most ``MAX_COMMENTS``.
    limit : int or None
        ``MAX_COMMENTS`` where there are more.
    """
    found: list[Ignore] = []
    for ignore in _all(code, documents):
        if len(found) == MAX_COMMENTS:
            return tuple(found), MAX_COMMENTS
        found.append(ignore)
    return tuple(found), None


def _all(code: Code | None, documents: Documents | None) -> Iterator[Ignore]:
    for file in code.files if code else ():
        for cell in file.cells:
            if cell.kind is CellKind.CODE:
                yield from _in_cell(file, cell)
    for document in documents.items if documents else ():
        if document.kind is not DocumentKind.OUTPUT:
            yield from _in_document(document)


def _said(location: Location, text: str) -> IgnoreComment:
    """What the words behind ``ignore`` say."""
    ids = _IDS.match(text)
    named = ids[1].replace(",", " ").upper().split() if ids else []
    reason = _REASON.match(text, ids.end() if ids else 0)
    given = next((part for part in reason.groups() if part), "") if reason else ""
    return IgnoreComment(
        location, tuple(dict.fromkeys(named[:_MAX_IDS])), " ".join(given.split())[:_MAX_REASON]
    )


# --- code -------------------------------------------------------------------------------------


def _in_cell(file: SourceFile, cell: Cell) -> Iterator[Ignore]:
    if not re.search(r"audit:", cell.source, re.IGNORECASE):
        return
    source = cell.source.replace("\r\n", "\n").replace("\r", "\n")
    lines = source.split("\n")
    statements: dict[int, range] | None = None
    for line, comment in _code_comments(source):
        match = _IN_CODE.search(comment)
        if match is None:
            continue
        if statements is None:
            statements = _statements(source)
        location = file.location(cell, line)
        alone = lines[line - 1].lstrip().startswith("#")
        target = _next_code_line(lines, line) if alone else line
        covered = statements.get(target, range(target, target + 1)) if target else range(0)
        covered = covered[:_MAX_BLOCK]
        first = 0 if file.is_notebook else cell.first_line - 1
        lines_of_file = range(covered.start + first, covered.stop + first)
        yield Ignore(_said(location, comment[match.end() :]), lines_of_file)


def _code_comments(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every comment, also where the code does not parse."""
    line, counted = 1, 0
    for token in _TOKEN.finditer(source):
        if token["comment"] is None:
            continue
        line += source.count("\n", counted, token.start())
        counted = token.start()
        yield line, token["comment"]


def _next_code_line(lines: list[str], line: int) -> int | None:
    for place in range(line, min(len(lines), line + _MAX_BLOCK)):
        text = lines[place].strip()
        if text and not text.startswith("#"):
            return place + 1
    return None


def _statements(source: str) -> dict[int, range]:
    """Lines of the statement around each line; of a compound one only the head."""
    try:
        tree = parse_cell(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[int, range] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or node.end_lineno is None:
            continue
        last = node.end_lineno
        body = getattr(node, "body", None)
        if isinstance(node, ast.Match):
            last = max(node.lineno, node.cases[0].pattern.lineno - 1)
        elif isinstance(body, list) and body:
            last = max(node.lineno, body[0].lineno - 1)
        covered = range(node.lineno, last + 1)
        found.update(dict.fromkeys(covered, covered))
    return found


# --- Markdown ---------------------------------------------------------------------------------


def _in_document(document: Document) -> Iterator[Ignore]:
    if not re.search(r"audit:", document.text, re.IGNORECASE):
        return
    lines = document.text.splitlines()
    fenced = False
    for number, text in enumerate(lines, 1):
        if _FENCE.match(text):
            fenced = not fenced
        if fenced or "<!--" not in text:
            continue
        # A long line costs at most its first few thousand characters.
        for match in _IN_MARKDOWN.finditer(text[:_MAX_LINE]):
            alone = text.strip() == match[0]
            covered = _next_block(lines, number) if alone else range(number, number + 1)
            yield Ignore(_said(document.location(number), match["rest"]), covered)


def _next_block(lines: list[str], number: int) -> range:
    """The paragraph, list or table below a line."""
    first = number
    while first < len(lines) and not lines[first].strip():
        first += 1
    last = first
    while last < min(len(lines), first + _MAX_BLOCK) and lines[last].strip():
        last += 1
    return range(first + 1, last + 1)
