"""Sentences in comments, Markdown cells and documents, each with its line and its surroundings."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.artifacts import CellKind, Code, DocumentKind, Documents
from audit.model.location import Location, Role
from checks.augmentation.statements import OTHER_PLANS, comment_of, paragraphs

AUGMENTING = re.compile(
    r"augment|synthetic|oversampl|jitter|perturb|nois[ey]|\bcop(?:y|ies)\b|smote|mixup|"
    r"adasyn|bootstrapped to",
    re.IGNORECASE,
)
# Noise alone may be that of the world, and synthetic data may be the world.
_MULTIPLYING = re.compile(
    r"\baugment(?:ed|ation|ing)?\b|oversampl|\bjittered\b|\bperturbed\b|\bcopies\b|smote|adasyn|"
    r"mixup|multiplied",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:no|not|never|without|none|neither|cannot)\b|n't\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:[^.;|]|[.](?=\d))+")
_MAX_LINE = 2000
_MAX_SENTENCES = 20_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of prose.

    Parameters
    ----------
    text : str
        The sentence.
    around : str
        The paragraph that it stands in; for a comment, the cell of code.
    location : Location
        Related location of its line.
    in_code : bool
        It is a comment.
    """

    text: str
    around: str
    location: Location
    in_code: bool


def sentences(code: Code | None, documents: Documents | None, note: str) -> Iterator[Sentence]:
    """All sentences of documents, and comments in code, that stand beside words of augmentation.

    Parameters
    ----------
    code, documents : optional
        Where to look; recorded outputs are left out.
    note : str
        Note of the locations.
    """
    left = _MAX_SENTENCES
    for sentence in _all(code, documents, note):
        left -= 1
        if left < 0:
            return
        if AUGMENTING.search(sentence.around):
            yield sentence


def says_augmented(documents: Documents | None) -> bool:
    """Whether a document says that rows were augmented, not that they were not or will be."""
    return any(
        _MULTIPLYING.search(sentence.text)
        and not _NOT.search(sentence.text)
        and not OTHER_PLANS.search(sentence.text)
        for sentence in itertools.islice(_all(None, documents, ""), _MAX_SENTENCES)
    )


def _all(code: Code | None, documents: Documents | None, note: str) -> Iterator[Sentence]:
    for document in documents.items if documents is not None else ():
        if document.kind is DocumentKind.OUTPUT:
            continue
        fenced = False
        lines: list[tuple[Location, str]] = []
        for number, line in enumerate(document.text.splitlines(), start=1):
            is_fence = line.strip().startswith("```")
            fenced ^= is_fence
            place = document.location(number, role=Role.RELATED, note=note)
            lines.append((place, "" if fenced or is_fence else line))
        for paragraph in paragraphs(lines):
            yield from _sentences(paragraph)
    for file in code.files if code is not None else ():
        for cell in file.cells:
            if cell.kind is not CellKind.CODE or "#" not in cell.source:
                continue
            for number, line in enumerate(cell.source.splitlines(), start=1):
                comment = comment_of(line[:_MAX_LINE]).lstrip("#! ")
                if comment:
                    place = file.location(cell, number, role=Role.RELATED, note=note)
                    yield Sentence(comment, cell.source[:20_000], place, True)


def _sentences(paragraph: list[tuple[Location, str]]) -> Iterator[Sentence]:
    text, starts = "", []
    for _, line in paragraph:
        starts.append(len(text))
        text += line + " "
    for match in _SENTENCE.finditer(text):
        number = re.search(r"\d", match[0])
        at = match.start() + (number.start() if number else 0)
        line_number = max(i for i, start in enumerate(starts) if start <= at)
        yield Sentence(match[0].strip(), text, paragraph[line_number][0], False)
