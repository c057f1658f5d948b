"""What documents say about splits: which one is meant, at which stage, and how many rows it has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from audit.model.artifacts import Document, SplitRole
from checks.kit.intervals import Written, parse_written
from checks.kit.run_names import runs_named
from checks.kit.written_lines import document_lines, plain

_ROLES = {
    SplitRole.TRAIN: re.compile(r"\btrain(?:ing)?\b", re.IGNORECASE),
    SplitRole.VALIDATION: re.compile(r"\bval(?:id(?:ation)?)?\b|\bdev\b", re.IGNORECASE),
    SplitRole.TEST: re.compile(r"\btest(?:ing)?\b", re.IGNORECASE),
}
_STAGE = re.compile(
    r"\b(?:before|after|original(?:s|ly)?|raw|source|augment\w*|synthetic|copies|cop(?:y|ied)"
    r"|generated|unaugmented|clean|filtered|dropped|removed|previous\w*|earlier|baseline|old"
    r"|pool|contaminated|duplicates?|errors?|wrong|missing)\b",
    re.IGNORECASE,
)

_NOUN = r"(?:samples?|rows?|examples?|records?|instances?|observations?|images?)"
_WHICH = r"(?P<role>train(?:ing)?|val(?:idation)?|test)"
_HOW_MANY = r"(?P<number>[~≈]?[0-9](?:[0-9,_.’\u00a0\u2009\u202f]{0,20}[0-9])?[kKM]?)"
_STATEMENTS = (
    re.compile(rf"(?<![\w.,=×*+/-]){_HOW_MANY}\*{{0,2}} {_WHICH} {_NOUN}\b", re.I),
    re.compile(
        rf"\b{_WHICH}(?: (?:set|split|data))? (?:has|have|contains|holds|consists of|of|with)"
        rf" \*{{0,2}}{_HOW_MANY}\*{{0,2}} {_NOUN}\b",
        re.I,
    ),
    re.compile(rf"\b{_WHICH} {_NOUN} ?[:=] ?\*{{0,2}}{_HOW_MANY}\*{{0,2}}(?=[\s.;]|$)", re.I),
)
_PART = re.compile(
    r"\b(?:per|each|every|groups?|tiers?|class|classes|only|first|subset|of the|epochs?|batch"
    r"|about half|additional|more|fewer|remaining|hard|easy|medium)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class StatedSize:
    """A sentence that says how many rows a whole split has.

    Parameters
    ----------
    role : SplitRole
        The split.
    line : int
        1-based line of the document.
    rows : Written
        At least 10.
    """

    role: SplitRole
    line: int
    rows: Written


def stated_sizes(document: Document) -> list[StatedSize]:
    """How many rows splits have by the document's own sentences, in order.

    Sentences about a part of a split, a step of its making or a numbered run are left out.
    """
    found = []
    for line, text in document_lines(document):
        words = "" if "|" in text else plain(text)
        if _PART.search(words) or names_a_stage(words) or runs_named(words):
            continue
        for pattern in _STATEMENTS:
            for match in pattern.finditer(words):
                rows = parse_written(match["number"].rstrip(".,"))
                (role,) = roles_named(match["role"])
                if rows is not None and rows.value >= 10:
                    found.append(StatedSize(role, line, perhaps_rounded(rows)))
    return found


def roles_named(text: str) -> set[SplitRole]:
    """The splits that a text names."""
    return {role for role, pattern in _ROLES.items() if pattern.search(text)}


def names_a_stage(text: str) -> bool:
    """Whether a text speaks of rows before or after some step, or of others than the exported."""
    return bool(_STAGE.search(text))


def perhaps_rounded(count: Written) -> Written:
    """A count that ends in three zeros may have been rounded: 421,000 for 421,200."""
    digits = re.sub(r"\D", "", count.text)
    if count.half_width or not digits.endswith("000") or not count.value:
        return count
    zeros = len(digits) - len(digits.rstrip("0"))
    half_width = min(0.5 * 10.0**zeros, 0.005 * count.value)
    return Written(count.value, half_width, False, count.text)
