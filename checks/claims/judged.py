"""A statement of a document that was held against something, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.model.artifacts import Document
from audit.model.evidence import Evidence

CONSISTENT = "consistent"
WRONG = "wrong"
UNKNOWN = "could not tell"


@dataclass(frozen=True, slots=True)
class Judged:
    """One judged statement.

    Parameters
    ----------
    line : int
        1-based line of the document.
    quoted : str
        The statement, as written or nearly so.
    verdict : str
        ``CONSISTENT``, ``WRONG`` or ``UNKNOWN``.
    method : str
        The arithmetic, one line that can be checked by hand.
    stated : float
        The number that was judged.
    expected : float, optional
        What it should be, by the reading that comes nearest.
    label : str
        What the statement is about, without its numbers, for a stable subject.
    table : int, optional
        Line of the table that it stands in.
    certain : bool
        No other reading is plausible.
    """

    line: int
    quoted: str
    verdict: str
    method: str
    stated: float
    expected: float | None = None
    label: str = ""
    table: int | None = None
    certain: bool = True


def without_mark(text: str) -> str:
    """A statement without the mark of the list that it stands in."""
    return re.sub(r"^\s*(?:[-*+•]|[0-9]{1,2}[.)])\s+", "", text)


def claim(judged: Judged, document: Document) -> Evidence:
    """The line of the report's table of claims."""
    return Evidence(
        "claim",
        without_mark(judged.quoted),
        judged.verdict,
        unit=str(document.location(judged.line)),
        method=judged.method,
    )


def worst_first(claims: Sequence[Evidence], limit: int) -> list[Evidence]:
    """At most `limit` claims, contradicted ones first."""
    return sorted(claims, key=lambda each: each.expected != WRONG)[:limit]
