"""Sentences that compare a run with its baseline, or say that the baseline is of other data."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.artifacts import Document, Documents
from audit.model.location import Location
from checks.kit.run_names import runs_named
from checks.kit.written_lines import document_lines, plain

_MAX_LINE = 600
_BETTER = re.compile(
    r"\b(?:better than|beats?|beating|beaten|outperform\w*|improv\w+ (?:on|over|upon|of|from)"
    r"|improves|surpass\w*|lower(?:\s\w{1,12})? than|higher(?:\s\w{1,12})? than|ahead of|down from"
    r"|up from)\b",
    re.I,
)
_NOT = re.compile(
    r"\b(?:not|no|never|cannot|fail\w*|worse|would|will|could|should|might|hope|plan\w*|expect\w*"
    r"|next|goal|aim\w*|target)\b|n't\b",
    re.I,
)
_OTHER_DATA = re.compile(
    r"\b(?:different|another|other|older|old|previous|earlier|separate|not the same|its own)\s"
    r"(?:\w{1,15}\s){0,2}(?:split|splits|dataset|data\s?set|data|test set|validation set|hold-?out"
    r"(?: set)?|random seed|random state|seed|rows|samples)\b",
    re.I,
)
_EVALUATED = re.compile(r"\b(?:evaluat|measur|scor|test|validat|report|comput)", re.I)
_SAME = re.compile(r"\b(?:same|identical|unlike|rather than|instead of|no)\b", re.I)


def comparisons(documents: Documents | None, baseline: str, own: str) -> list[Location]:
    """Lines that say that the run is better than its baseline.

    Parameters
    ----------
    documents : Documents, optional
        The texts.
    baseline, own : str
        Labels of both runs.
    """
    found = []
    for document, number, text in _lines_about(documents, baseline):
        others = runs_named(text) - runs_named(baseline) - runs_named(own)
        if _BETTER.search(text) and not _NOT.search(text) and not others:
            found.append(document.location(number))
    return found[:20]


def names_other_data(documents: Documents | None, baseline: str) -> Location | None:
    """The first line that says that the baseline was measured on other data."""
    for document, number, text in _lines_about(documents, baseline):
        if _OTHER_DATA.search(text) and _EVALUATED.search(text) and not _SAME.search(text):
            return document.location(number)
    return None


def _lines_about(documents: Documents | None, baseline: str) -> Iterator[tuple[Document, int, str]]:
    label = baseline.strip().casefold()
    named = rf"|(?<!\w){re.escape(label)}(?!\w)" if label else ""
    pattern = re.compile(rf"\bbaselines?\b{named}")
    runs = runs_named(label)
    for document in documents.items if documents is not None else ():
        for number, line in document_lines(document):
            if len(line) > _MAX_LINE or "|" in line:
                continue
            text = plain(line)
            if pattern.search(text.casefold()) or runs & runs_named(text):
                yield document, number, text
