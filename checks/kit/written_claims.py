"""What marks and words say about whether a criterion is met."""

from __future__ import annotations

import re
from enum import Enum


class Claim(Enum):
    """What a text says about a criterion."""

    MET = "met"
    MISSED = "missed"
    NONE = "nothing"


_MET_MARK = re.compile(
    r"\bPASS(?:ED)?\b|[✅✔✓☑👍🟢]|\[[xX]\]|:white_check_mark:|:heavy_check_mark:"
)
_MISSED_MARK = re.compile(r"\bFAIL(?:ED)?\b|[❌✗✘☒👎🔴]|:x:")
_OPEN_MARK = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])?\s*\[ \]")
_MISSED_WORD = re.compile(
    r"\b(?:not yet|still|far from|(?:far|well|slightly|just) (?:above|below)"
    r"|not (?:met|fulfill?ed|achieved|reached|satisfied|passed|beat\w*|hit)|miss(?:ed|es)?|unmet"
    r"|fail(?:s|ed|ing|ure)?|short of|worse than|no|did not|does not|doesn't|didn't|never"
    r"|without)\b",
    re.I,
)
_INTENT = re.compile(
    r"\b(?:to (?:beat|reach|meet|achieve|hit|get|be)|aim\w*|want|should|must|needs? to)\b", re.I
)
_MET_WORD = re.compile(
    r"\b(?:met|fulfill?(?:ed|s)|achiev(?:ed|es|ing)|reach(?:ed|es)|satisf(?:ied|ies)|passed|beats?|beaten|beating"
    r"|better than)\b",
    re.I,
)
_YES = re.compile(
    r"\b(?:met|fulfill?ed|achieved|reached|satisfied|pass(?:ed|es)?|ok|okay|yes|true|done)\b", re.I
)
_ALL_MET = re.compile(
    r"\ball\s(?:\w{1,12}\s){0,3}(?:criteria|targets|goals|requirements)\s"
    r"(?:(?:are|were|have been|is)\s)?(?:now\s)?(?:met|achieved|satisfied|reached|passed"
    r"|fulfill?ed|hold)\b"
    r"|\b(?:criteria|targets|goals|requirements)\b[^.;:()]{0,60}"
    r"\(all\s(?:were\s|are\s)?(?:met|achieved|satisfied|reached|passed|fulfill?ed)\)",
    re.I,
)


def says_all_met(text: str) -> bool:
    """Whether a line says that all criteria are met."""
    return bool(_ALL_MET.search(text)) and not _MISSED_WORD.search(text)


def claim_of(text: str, *, cell: bool = False) -> Claim:
    """What marks and words say about a criterion; in a `cell` of its own, ``ok`` suffices.

    An open box says openly that it is not met.
    """
    if _OPEN_MARK.search(text):
        return Claim.MISSED
    if _MISSED_MARK.search(text):
        return Claim.MISSED
    if _MET_MARK.search(text):
        return Claim.MET
    if _MISSED_WORD.search(text):
        return Claim.MISSED
    met = _YES.search(text) if cell else _MET_WORD.search(text)
    return Claim.MET if met and not _INTENT.search(text) else Claim.NONE


def marks_in(text: str) -> list[str]:
    """Marks in a text, an open box included."""
    found = [*_MET_MARK.findall(text), *_MISSED_MARK.findall(text)]
    return ["[ ]"] if _OPEN_MARK.search(text) else found
