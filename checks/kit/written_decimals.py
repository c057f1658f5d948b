"""Texts that write numbers with a decimal comma, as most of Europe does: ``0,181``, ``1.250``."""

from __future__ import annotations

import re
from dataclasses import replace

from audit.model.artifacts import Document

_DECIMAL_COMMA = re.compile(
    r"(?<![\w.,(\[{])(?:0,[0-9]{2,6}(?![\w,)\]}])|[0-9]{1,3},[0-9]{1,2}\s?%)"
    r"|\|\s?[0-9]{1,3},[0-9]{1,2}\s?\|"
)
_DECIMAL_POINT = re.compile(r"(?<![\w.,-])[0-9]{1,9}\.(?:[0-9]{1,2}|[0-9]{4,12})(?![\w.,-])")
_THOUSANDS = re.compile(r"(?<![\w.,])[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,4}(?![\w.])")
_COMMA = re.compile(r"(?<![\w.,(\[{])([0-9]{1,12}),([0-9]{1,12})(?![\w)\]}]|,[0-9])")
_READ = 200_000  # characters that decide


def uses_decimal_commas(text: str) -> bool:
    """Whether numbers are written as ``0,181``.

    Examples
    --------
    >>> [uses_decimal_commas(text) for text in ("0,181", "82,1 %", "(4,2)", "[0,1]", "1,800")]
    [True, True, False, False, False]
    """
    return bool(_DECIMAL_COMMA.search(text))


def with_decimal_points(document: Document) -> Document | None:
    """The document with decimal points and without dots between thousands, line by line the same.

    Returns
    -------
    Document or None
        The same one where it has no decimal commas; ``None`` where it has both, so that nobody
        can tell thousands from decimals.
    """
    head = document.text[:_READ]
    if not uses_decimal_commas(head):
        return document
    if _DECIMAL_POINT.search(head):
        return None
    text = _THOUSANDS.sub(lambda match: match[0].replace(".", ""), document.text)
    return replace(document, text=_COMMA.sub(r"\1.\2", text))
