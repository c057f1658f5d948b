"""Sentences of a document, joined where the text wraps, with the lines that they stand on."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind
from checks.kit.written_lines import OMITTED, document_lines, plain

MAX_PARAGRAPH = 6_000  # characters; the rest of a longer one is not read
MAX_SENTENCE = 600

_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})\s+(?P<title>.*)")
_ITEM = re.compile(r"\s*(?:[-*+•]|[0-9]{1,2}[.)])\s+")
_END = re.compile(r"(?<=[.;!?])\s+(?=[^a-z\s])|(?<=;)\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or list item.

    Parameters
    ----------
    text : str
        Without emphasis, code marks and line breaks.
    starts : tuple of int
        Where in `text` each line begins, ascending; the first is 0 or less.
    lines : tuple of int
        1-based numbers of these lines.
    headings : tuple of str
        Titles above it, from the top.
    """

    text: str
    starts: tuple[int, ...]
    lines: tuple[int, ...]
    headings: tuple[str, ...]

    def line(self, position: int) -> int:
        """The line of the document that a position in the text is on."""
        return self.lines[max(0, bisect_right(self.starts, position) - 1)]


def sentences(document: Document) -> Iterator[Sentence]:
    """Sentences outside of tables, headings and code; lines of an output are not joined."""
    headings: dict[int, str] = {}
    paragraph: list[tuple[int, str]] = []
    joins = document.kind is not DocumentKind.OUTPUT
    for number, raw in [*document_lines(document), (0, "")]:
        heading = _HEADING.match(raw[:300]) if joins else None
        is_table = raw.count("|") > 1 or raw.lstrip().startswith("|")
        ends = heading or is_table or not raw.strip() or raw == OMITTED
        if ends or not joins or _ITEM.match(raw):
            yield from _split(paragraph, tuple(headings.values()))
            paragraph = []
        if heading:
            level = len(heading["marks"])
            headings = {k: v for k, v in headings.items() if k < level}
            headings[level] = plain(heading["title"])
        elif not ends:
            paragraph.append((number, plain(raw)))


def _split(lines: Sequence[tuple[int, str]], headings: tuple[str, ...]) -> Iterator[Sentence]:
    text = ""
    starts: list[int] = []
    for _, line in lines:
        starts.append(len(text))
        text += line + " "
        if len(text) > MAX_PARAGRAPH:
            return
    start = 0
    for end in [*(m.end() for m in _END.finditer(text)), len(text)]:
        sentence = text[start:end].rstrip()
        if sentence and len(sentence) <= MAX_SENTENCE:
            numbers = tuple(number for number, _ in lines)
            yield Sentence(sentence, tuple(s - start for s in starts), numbers, headings)
        start = end
