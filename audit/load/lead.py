"""Which split's metric the results page leads with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from audit.load import names
from audit.load.metrics import Draft
from audit.model.artifacts import Document, DocumentKind, SplitRole

_PAGES = ("results", "result", "readme", "report", "summary", "model_card", "modelcard")
_DECIMAL = re.compile(r"(?<![\w.,])(\d{0,15}\.\d{2,12}|\d{1,3}\.\d(?=\s?%))(\s?%)?(?![\w]|[.,]\d)")
_MAX_TEXT = 20_000
_MAX_PAGES = 20


def leading_role(drafts: Sequence[Draft], documents: Sequence[Document]) -> SplitRole | None:
    """Role of the held-out metric whose overall value a page states before that of any other.

    A table that states several of them leads with none.

    Parameters
    ----------
    drafts : sequence of Draft
        Metric tables, the headline first.
    documents : sequence of Document
        Files come into question, those called like results first.

    Returns
    -------
    SplitRole or None
        ``None`` where there is only one held-out metric, or no page leads with one.
    """
    held_out = [
        draft
        for draft in drafts
        if draft.role in (SplitRole.VALIDATION, SplitRole.TEST)
        and draft.overall is not None
        and draft.metric == drafts[0].metric
    ]
    if len({draft.role for draft in held_out}) < 2:
        return None
    pages = [each for each in documents if each.kind is DocumentKind.FILE]
    for page in sorted(pages, key=_order)[:_MAX_PAGES]:
        for block in re.split(r"\n[ \t]*\n", page.text[:_MAX_TEXT]):
            stated = list(_stated(block, held_out))
            if stated and (len(set(stated)) == 1 or not block.lstrip().startswith("|")):
                return stated[0]
    return None


def _order(document: Document) -> tuple[int, str]:
    words = names.normal(PurePosixPath(document.path).stem)
    return (_PAGES.index(words) if words in _PAGES else len(_PAGES), document.path)


def _stated(block: str, drafts: Sequence[Draft]) -> Iterator[SplitRole | None]:
    """Roles whose overall value is written in a text, rounded; a number of two roles is of none."""
    for digits, percent in _DECIMAL.findall(block):
        roles = {d.role for d in drafts if d.overall and _is(digits, percent, d.overall.value)}
        if len(roles) == 1:
            yield roles.pop()


def _is(digits: str, percent: str, value: float) -> bool:
    scale = 100.0 if percent and abs(value) <= 1.5 else 1.0
    places = len(digits.partition(".")[2])
    return abs(float(digits) - value * scale) <= 0.5000001 * 10.0**-places
