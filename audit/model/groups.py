"""One spelling for a group, however a file writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAMED = re.compile(r"([A-Za-z_]\w*?)\s*[=:]\s*(-?[\w.]+)")
_GLUED = re.compile(r"[A-Za-z]+-?\d+(?:[\s_,;/-]+[A-Za-z]+-?\d+)*")
_MAX_NAME = 200
_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?(?:[\s_,;/|x-]++-?\d+(?:\.\d+)?)*")


def canonical_value(value: Any) -> str:
    """Spell one value of a group column: ``4``, ``4.0`` and ``"4"`` become ``"4"``.

    Examples
    --------
    >>> canonical_value(4.0), canonical_value("North  East")
    ('4', 'north east')
    """
    text = " ".join(str(value).split()).casefold()
    try:
        number = float(text)
    except ValueError:
        return text.replace(",", ";")
    return str(int(number)) if number.is_integer() else repr(number)


def group_key(columns: Mapping[str, Any]) -> str:
    """Canonical key of named values, in the alphabetical order of the names.

    Examples
    --------
    >>> group_key({"m": 2, "k": 4})
    '4,2'
    """
    return ",".join(canonical_value(columns[name]) for name in sorted(columns))


def canonical_group(text: str) -> str:
    """Canonical key of a group as a person or program writes it.

    Named values are put in the alphabetical order of their names, as `group_key` does; numbers
    without names keep their order; anything else is a name of its own.

    Examples
    --------
    >>> [canonical_group(s) for s in ("(4, 2)", "k=4,m=2", "m=2, k=4", "k4_m2", "4_2", "North")]
    ['4,2', '4,2', '4,2', '4,2', '4,2', 'north']
    """
    if len(text) > _MAX_NAME:
        return canonical_value(text)
    bare = re.sub(r"^[\s(\[{*`'\"]+|[\s)\]}*`'\"]+$", "", text)
    named = _NAMED.findall(bare)
    if named and not re.sub(r"[\s,;/|()&_-]+|\band\b", "", _NAMED.sub("", bare)):
        return group_key(dict(named))
    if _GLUED.fullmatch(bare) and len(parts := re.findall(r"([A-Za-z]+)(-?\d+)", bare)) > 1:
        return group_key(dict(parts))
    if _NUMBERS.fullmatch(bare):
        pattern = r"\d+(?:\.\d+)?" if re.search(r"\d-\d", bare) else r"-?\d+(?:\.\d+)?"
        return ",".join(canonical_value(number) for number in re.findall(pattern, bare))
    return canonical_value(bare)
