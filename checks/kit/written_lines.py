"""Lines of documents as a reader sees them: without code, comments and emphasis.

Nothing here raises on odd input, and every step takes time proportional to the text.
"""

from __future__ import annotations

import re

from audit.model.artifacts import Document, DocumentKind

MAX_LINES = 20_000
MAX_WIDTH = 10_000  # characters
OMITTED = "…"  # stands for lines that are not read, so that a table beside them is incomplete

_QUOTE = re.compile(r"^(?> {0,3}> ?)+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_PRE = re.compile(r"<pre\b", re.IGNORECASE)
_END_OF_PRE = re.compile(r"</pre\s*+>", re.IGNORECASE)


def plain(text: str) -> str:
    """A cell or heading without emphasis, code marks, links and repeated blanks."""
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()\s]*\)", r"\1", text)
    text = re.sub(r"<[^<>]{0,200}>", " ", text)
    text = re.sub(r"[*`]+|(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])|~~", "", text)
    return " ".join(text.split())


def document_lines(document: Document) -> list[tuple[int, str]]:
    """Lines in which a document may state something, with their 1-based numbers."""
    if document.kind is DocumentKind.OUTPUT:
        return output_lines(document.text)
    return prose_lines(document.text)


def output_lines(text: str) -> list[tuple[int, str]]:
    """Lines of a recorded output with their 1-based numbers; ``…`` for what is not read."""
    lines = text.splitlines()
    kept = [(n, _bounded(line).rstrip()) for n, line in enumerate(lines[:MAX_LINES], start=1)]
    return [*kept, *_end(lines)]


def prose_lines(text: str) -> list[tuple[int, str]]:
    """Lines of Markdown with their 1-based numbers, code blocks and comments empty; ``…`` for
    what is not read.
    """
    lines = text.splitlines()
    kept: list[tuple[int, str]] = []
    fence = ""
    comment = pre = False
    for number, line in enumerate(lines[:MAX_LINES], start=1):
        quoted = _QUOTE.sub("", line)
        mark = _FENCE.match(quoted)
        prose = ""
        if fence:
            closed = mark and mark[1].startswith(fence) and not quoted.strip().strip(fence[0])
            fence = "" if closed else fence
        elif mark:
            fence = mark[1]
        elif comment or "<!--" in quoted:
            comment = "-->" not in quoted.split("<!--")[-1]
        elif pre or _PRE.search(quoted):
            pre = not _END_OF_PRE.search(quoted)
        elif not quoted.startswith(("    ", "\t")) or (kept and kept[-1][1].strip()):
            prose = _bounded(quoted)
        kept.append((number, prose))
    return [*kept, *_end(lines)]


def text_lines(document: Document) -> list[tuple[int, str]]:
    """Lines that may hold a calculation: also those of code blocks that name no language."""
    if document.kind is DocumentKind.OUTPUT:
        return output_lines(document.text)
    kept = []
    fence = ""
    for number, line in enumerate(document.text.splitlines()[:MAX_LINES], start=1):
        quoted = _QUOTE.sub("", line)
        mark = _FENCE.match(quoted)
        if mark and not fence:
            language = quoted.strip().strip("`~").strip().casefold()
            fence = f"{mark[1]} {language}"
        elif mark and not quoted.strip().strip(fence[0]):
            fence = ""
        elif fence.partition(" ")[2] in ("", "text", "txt", "plain", "plaintext", "math"):
            kept.append((number, _bounded(quoted)))
    return kept


def unread_lines(text: str) -> int:
    """How many lines are left out because they are too long, or come too late."""
    lines = text.splitlines()
    long = sum(len(line) > MAX_WIDTH for line in lines[:MAX_LINES])
    return long + max(0, len(lines) - MAX_LINES)


def _bounded(line: str) -> str:
    # part of a line could be part of a number
    return line if len(line) <= MAX_WIDTH else OMITTED


def _end(lines: list[str]) -> list[tuple[int, str]]:
    return [(MAX_LINES + 1, OMITTED)] if len(lines) > MAX_LINES else []
