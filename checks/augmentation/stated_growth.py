"""How much larger a text says that augmentation made the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audit.model.artifacts import Code, Documents
from audit.model.location import Location
from checks.augmentation.prose import sentences
from checks.augmentation.statements import OTHER_PLANS, tied
from checks.kit.intervals import Interval, parse_written

_VALUE = r"\d{1,6}(?:\.\d{1,6})?"
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10}
_FACTOR = re.compile(
    rf"(?<![\w.])(?:(?P<low>{_VALUE})\s*[x×]?\s*(?:[-\u2013\u2014]|\bto\b)\s*)?"
    rf"(?P<value>{_VALUE}|{'|'.join(_WORDS)})\s*(?:[x×](?![\w])|-?fold\b|times\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"\bgrowth(?:[ _]factor)?\s*(?:is|of|=|:|was)?\s*(?P<value>{_VALUE})(?![\w.%])", re.IGNORECASE
)
_BY_FACTOR = re.compile(  # not by which factor noise or weights were increased
    r"\b(?:gr[eo]w[ns]?|growing|enlarg\w{1,4}|expand\w{1,4}|oversampled)\s(?:\w+\s){0,3}?"
    rf"by (?:about )?a factor of (?:about )?(?P<value>{_VALUE})(?![\w.%])",
    re.IGNORECASE,
)
_ABOUT_SIZE = re.compile(
    r"augment|increas|growth|grew|grow[ns]?\b|larger|bigger|original size|oversampl|expan|"
    r"more (?:data|samples|rows|examples|images|training)|as many|multipl|"
    r"\b(?:its|their) (?:size|number)|"
    r"times the (?:\w+ ){0,2}(?:samples|rows|data|examples|images|originals)\b",
    re.IGNORECASE,
)
_OF_ROWS = re.compile(
    r"augment|training|data|rows|samples|examples|images|oversampl", re.IGNORECASE
)
_OTHER = re.compile(
    r"fast|slow|speed|better|worse|lower|higher|error|loss|accura|cheap|time|epoch|weight|memory|"
    r"learning|latency|cohort|since (?:19|20)\d\d|cross.?validation|repeat|cop(?:y|ies)\b|"
    r"improve|parameter|layer",
    re.IGNORECASE,
)
_NEAR = 60


@dataclass(frozen=True, slots=True)
class StatedGrowth:
    """A factor that a text states.

    Parameters
    ----------
    interval : Interval
        The numbers that it may stand for.
    words : str
        As written.
    groups : tuple of str
        Groups that the sentence names; empty: all rows.
    location : Location
        Related location.
    """

    interval: Interval
    words: str
    groups: tuple[str, ...]
    location: Location


def stated_growth(
    code: Code | None,
    documents: Documents | None,
    keys: Sequence[str],
    tiers: Mapping[str, str],
) -> Iterator[StatedGrowth]:
    """Growth factors in comments and documents; plans and other quantities are left out.

    Numbers of copies ("+2 copies", "50 copies") are the business of AU301.
    """
    for sentence in sentences(code, documents, "says how much the data grew"):
        for pattern in (_FACTOR, _NAMED, _BY_FACTOR):
            for match in pattern.finditer(sentence.text):
                near = sentence.text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
                if OTHER_PLANS.search(near) or _OTHER.search(near.replace(match[0], " ")):
                    continue
                if pattern is not _NAMED and not _ABOUT_SIZE.search(near):
                    continue
                if pattern is _BY_FACTOR and not _OF_ROWS.search(near):
                    continue
                interval = _interval(match)
                if interval is None:
                    continue
                groups = tied(sentence.text, keys, tiers)
                words = re.sub(r"^.{0,60}?\bby ", "", match[0].strip())
                yield StatedGrowth(interval, words, groups, sentence.location)


def _interval(match: re.Match[str]) -> Interval | None:
    value = match["value"].casefold()
    written = parse_written(f"{_WORDS.get(value, value)}x")
    if written is None:
        return None
    low = match.groupdict().get("low")
    first = parse_written(low + "x") if low else written
    if first is None or first.interval.low > written.interval.high:
        return None
    return Interval(first.interval.low, written.interval.high)
