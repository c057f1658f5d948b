"""Shares in sentences: ``36 of 240 patients (15 %)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind
from checks.kit.intervals import Interval, parse_written
from checks.kit.written_sentences import sentences
from checks.kit.written_splits import perhaps_rounded

_COUNT = r"[0-9]{1,3}(?:[,\u202f\u2009 ][0-9]{3})+(?![0-9])|[0-9]{1,12}"
_OF = re.compile(
    rf"(?<![\w.,/–×%-])(?P<part>{_COUNT})(?:\s[A-Za-z][\w-]{{0,20}}){{0,2}}?\s(?:out\s)?of\s(?:the\s|all\s)?"
    rf"(?P<whole>{_COUNT})(?![\w.,/%×–-])(?:\s[A-Za-z][\w-]{{0,20}}){{0,4}}?\s?"
    r"\((?P<share>[0-9]{1,3}(?:\.[0-9]{1,4})?\s?%)\)",
)
_OF_WHOLE = re.compile(
    rf"\bof\s(?:the\s|these\s|all\s)?(?P<whole>{_COUNT})(?:\s[A-Za-z][\w-]{{0,20}}){{0,4}}?,\s"
    rf"(?P<part>{_COUNT})\s?\((?P<share>[0-9]{{1,3}}(?:\.[0-9]{{1,4}})?\s?%)\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StatedShare:
    """A part, its whole and the share that the text gives.

    Parameters
    ----------
    line : int
        1-based line of the document.
    quoted : str
        As written.
    arithmetic : str
        ``"36 / 240"``.
    stated : float
        The share as written, in percent.
    expected : float
        The share that the counts give, in percent.
    right : bool
        They agree within the rounding of all three numbers.
    """

    line: int
    quoted: str
    arithmetic: str
    stated: float
    expected: float
    right: bool


def shares_in_sentences(document: Document, share_units: float) -> Iterator[StatedShare]:
    """Shares that stand in parentheses right behind their two counts."""
    if document.kind is DocumentKind.OUTPUT:
        return
    for sentence in sentences(document):
        if "%)" not in sentence.text:
            continue
        for match in (*_OF.finditer(sentence.text), *_OF_WHOLE.finditer(sentence.text)):
            part, whole = parse_written(match["part"]), parse_written(match["whole"])
            share = parse_written(match["share"])
            if part is None or whole is None or share is None or not 0 < part.value <= whole.value:
                continue
            ratio = perhaps_rounded(part).interval / perhaps_rounded(whole).interval
            near = Interval.around(share.value, 2 * share_units * share.half_width)
            right = (ratio * Interval(100.0, 100.0)).overlaps(near)
            expected = 100 * part.value / whole.value
            line = sentence.line(match.start())
            division = f"{part.text} / {whole.text}"
            yield StatedShare(line, match[0], division, share.value, expected, right)
