"""On which held-out rows criteria are judged, by what a text says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind, SplitRole
from checks.kit.written_lines import document_lines, plain

_TEST = r"(?:test(?:ing)?|hold-?out|held-?out|unseen)"
_VALIDATION = r"(?:val(?:id(?:ation)?)?|dev)"
_NOUN = r"(?:[ -](?:set|split|data|rows|samples|part|partition|metrics?|scores?|values?|results?))?"
_ON = re.compile(
    r"\b(?:on|of|from|for|by|against|with|over|at|use[sd]?)\s(?:the\s|a\s|an\s|our\s|this\s|that\s)?"
    rf"(?:[\w-]{{1,20}}\s){{0,2}}?(?:(?P<test>{_TEST})|(?P<validation>{_VALIDATION})){_NOUN}\b",
    re.I,
)
_HEAD = re.compile(rf"\b(?:(?P<test>{_TEST})|(?P<validation>{_VALIDATION}))\b", re.I)
_NOT = re.compile(
    r",?\s?\b(?:not|never|rather than|instead of|unlike|without|nor|no)\b[^,.;:()]{0,80}", re.I
)
_OTHER = re.compile(
    r"\btrain(?:ing|ed)?\b|\bgap\b|\bleak\w*|\bcontaminat\w*|\bduplicat\w*|\bcopies\b|\bcopy\b"
    r"|\bnext\b|\bfuture\b|\bstop\w*|\bselect\w*|\bchose\w*|\bchoos\w*|\btun(?:e|ed|ing)\b",
    re.I,
)
_CRITERIA = re.compile(r"\b(?:criteri(?:on|a)|targets?|goals?|thresholds?|requirements?)\b", re.I)
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)]|\[[ xX]\]|[✅✔✓☑❌✗✘☒])\s")
_SENTENCE = re.compile(r"(?<=[\w)*%`][.;!?:])\s+")
_END = "#"  # stands for a heading: what is beyond is another section
_MAX_TEXT = 4_000
_MAX_LEAD = 60  # characters of a line such as "Test set:"


def split_of_head(text: str) -> SplitRole | None:
    """The held-out split that the head of a column or section names; ``None`` for none or both."""
    if _OTHER.search(text):
        return None
    return _one(_roles(_HEAD, text))


def split_in_prose(text: str, *, of_criteria: bool = False) -> SplitRole | None:
    """The held-out split on which, by its sentences, something is measured.

    Parameters
    ----------
    text : str
        Sentences beside criteria.
    of_criteria : bool
        Only sentences count that speak of criteria, targets or thresholds.

    Returns
    -------
    SplitRole or None
        ``None`` where no sentence says so, or two disagree. Held-out rows are taken for the test
        set.

    Examples
    --------
    >>> split_in_prose("All criteria are judged on the test set, not on validation.").value
    'test'
    >>> split_in_prose("The model was selected on the validation set.") is None
    True
    """
    roles: set[SplitRole] = set()
    for sentence in _SENTENCE.split(text[:_MAX_TEXT]):
        said = _NOT.sub("", sentence)
        if _OTHER.search(said) or (of_criteria and not _CRITERIA.search(said)):
            continue
        roles |= _roles(_ON, said)
    return _one(roles)


def split_of_criteria(documents: Iterable[Document]) -> SplitRole | None:
    """The split on which the criteria are judged, where documents say so anywhere."""
    roles = set()
    for document in documents:
        if document.kind is DocumentKind.OUTPUT:
            continue
        for paragraph in paragraphs(document_lines(document)):
            role = split_in_prose(paragraph, of_criteria=True)
            if role is not None:
                roles.add(role)
    return _one(roles)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Headings and paragraphs of a document by the lines that they are beside.

    Parameters
    ----------
    blocks : mapping of int to int
        1-based line to the position of its block.
    texts : sequence of str
        Paragraphs, empty for tables and lists, ``#`` for headings.
    headings : mapping of int to tuple of str
        Headings that a line stands under, the topmost first.
    """

    blocks: Mapping[int, int]
    texts: Sequence[str]
    headings: Mapping[int, tuple[str, ...]]

    @classmethod
    def of(
        cls, lines: Iterable[tuple[int, str]], headings: Mapping[int, tuple[str, ...]]
    ) -> Surroundings:
        """Divide lines into headings, tables, lists and paragraphs."""
        blocks: dict[int, int] = {}
        texts: list[list[str]] = [[]]
        before = ""
        for number, line in lines:
            text = line.strip()
            kind = "list" if before == "list" and line[:1] == " " and text else _kind(text)
            if kind != before and (kind or before):
                texts.append([])
            before = kind
            blocks[number] = len(texts) - 1
            if kind == "prose":
                texts[-1].append(plain(text))
            elif kind == "heading":
                texts[-1] = [_END]
        return cls(blocks, [" ".join(part) for part in texts], headings)

    def split_at(self, line: int, text: str) -> SplitRole | None:
        """Split of a criterion: by its own line, the text beside it, or its heading."""
        for words in (text, *self._beside(line)):
            role = split_in_prose(words)
            if role is None and words.endswith(":") and len(words) <= _MAX_LEAD:
                role = split_of_head(words)
            if role is not None:
                return role
        for heading in reversed(self.headings.get(line, ())[1:]):
            if (role := split_of_head(heading)) is not None:
                return role
        return None

    def _beside(self, line: int) -> Iterator[str]:
        """The paragraph before a table or list, and the one after it."""
        block = self.blocks.get(line)
        if block is None:
            return
        yield self.texts[block]
        yield self._next(block, -1)
        after = self._next(block, 1)
        if not after.endswith(":"):  # or it introduces what follows
            yield after

    def _next(self, block: int, step: int) -> str:
        """The nearest paragraph of the same section, a blank line between allowed."""
        for near in (block + step, block + 2 * step):
            text = self.texts[near] if 0 <= near < len(self.texts) else _END
            if text:
                return "" if text == _END else text
        return ""


def _kind(text: str) -> str:
    if not text:
        return ""
    if text.startswith("|"):
        return "table"
    if text.startswith("#"):
        return "heading"
    return "list" if _ITEM.match(text) else "prose"


def paragraphs(lines: Iterable[tuple[int, str]]) -> Iterable[str]:
    """Paragraphs of prose, without tables and headings."""
    current: list[str] = []
    for _, line in lines:
        text = line.strip()
        if text and not text.startswith(("|", "#")):
            current.append(plain(text))
        elif current:
            yield " ".join(current)
            current = []
    if current:
        yield " ".join(current)


def _roles(pattern: re.Pattern[str], text: str) -> set[SplitRole]:
    return {
        SplitRole.TEST if match["test"] else SplitRole.VALIDATION
        for match in pattern.finditer(text[:_MAX_TEXT])
    }


def _one(roles: set[SplitRole]) -> SplitRole | None:
    return next(iter(roles)) if len(roles) == 1 else None
