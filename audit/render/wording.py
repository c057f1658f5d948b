"""Numbers, places and levels in words, as raw text that still has to be escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real

from audit.model.evidence import Evidence, Value
from audit.model.location import Location

_SHARES = ("share", "rate", "coverage", "proportion", "fraction")


def count(n: int, word: str, plural: str = "") -> str:
    """Number and noun.

    Examples
    --------
    >>> count(1, "row"), count(421200, "row"), count(2, "entry", "entries")
    ('1 row', '421,200 rows', '2 entries')
    """
    return f"{n:,} {word if n == 1 else plural or word + 's'}"


def number(value: float, digits: int = 4) -> str:
    """A number with thousands separators and `digits` significant digits.

    Examples
    --------
    >>> [number(x) for x in (421200, 0.181483, 15480.26, 0.5, 3e-7, float("inf"))]
    ['421,200', '0.1815', '15,480', '0.5', '3e-07', 'inf']
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= 10**digits:
        return f"{value:,.0f}"
    if value and abs(value) < 1e-4:
        return f"{value:.{digits}g}"
    decimals = digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)
    text = f"{value:,.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """Decimals that show values of one kind alike, with `digits` significant ones in the middle.

    Examples
    --------
    >>> decimals([0.096, 0.21, 1.422]), decimals([1200.0, 950.0, 3000.0])
    (3, 0)
    """
    sizes = sorted(abs(value) for value in values if value and math.isfinite(value))
    if not sizes:
        return 0
    middle = sizes[len(sizes) // 2]
    return min(max(digits - 1 - math.floor(math.log10(middle)), 0), 6)


def percent(share: float) -> str:
    """A share of 0 to 1 as a percentage whose distance from 0 and 100 stays visible.

    Examples
    --------
    >>> [percent(x) for x in (0, 0.0003, 0.0012, 0.22, 0.774, 0.9996, 1, 3.28)]
    ['0 %', '0.03 %', '0.12 %', '22 %', '77.4 %', '99.96 %', '100 %', '328 %']
    """
    points = 100 * float(share)
    if not math.isfinite(points):
        return str(points)
    if not 0 < points < 100:
        return f"{number(points)} %"
    edge = min(points, 100 - points)
    decimals = min(max(1 - math.floor(math.log10(edge)), 1), 4) if edge > 0 else 1
    text = f"{points:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.')} %"


def is_share(evidence: Evidence) -> bool:
    """Whether the observed value is a share, to be written as a percentage."""
    named = evidence.name.endswith(tuple(f"_{word}" for word in _SHARES)) or (
        evidence.name in _SHARES
    )
    return evidence.unit in _SHARES or (evidence.unit is None and named)


def value(item: Value, *, share: bool = False) -> str:
    """An observed or expected value.

    Examples
    --------
    >>> value(0.774, share=True), value(("n", "k")), value(None), value(True)
    ('77.4 %', 'n, k', 'cannot be estimated', 'yes')
    """
    if item is None:
        return "cannot be estimated"
    if isinstance(item, tuple):
        return ", ".join(value(each, share=share) for each in item) or "none"
    if isinstance(item, bool) or not isinstance(item, Real):
        return number(item) if isinstance(item, bool) else str(item)
    return percent(float(item)) if share else number(item)


def observed(evidence: Evidence, *, unit: bool = False, n: bool = False) -> str:
    """The observed value with its interval and, where asked for, its unit and n.

    Examples
    --------
    >>> observed(Evidence("contaminated_share", 0.5, n=40, interval=(0.35, 0.65)), n=True)
    '50 % [35 %, 65 %], n = 40'
    >>> observed(Evidence("steps_before_split", 1, unit="steps"), unit=True)
    '1 step'
    """
    share = is_share(evidence)
    text = value(evidence.observed, share=share)
    if unit and evidence.unit and not share and evidence.observed is not None:
        text += f" {_singular(evidence.unit) if evidence.observed == 1 else evidence.unit}"
    if evidence.interval is not None and evidence.observed is not None:
        low, high = (value(bound, share=share) for bound in evidence.interval)
        text += f" [{low}, {high}]"
    if n and evidence.n is not None:
        text += f", n = {evidence.n:,}"
    return text


_PLURALS = ("rows", "steps", "copies", "groups", "epochs", "files", "cells", "lines", "columns")


def _singular(unit: str) -> str:
    """The unit after 1; names of metrics stay as they are (``"log_loss"``)."""
    first, *rest = unit.split(" ")
    if first not in _PLURALS:
        return unit
    return " ".join([f"{first[:-3]}y" if first.endswith("ies") else first[:-1], *rest])


def where(location: Location) -> str:
    """The place within the file, without the path.

    Examples
    --------
    >>> where(Location("a.ipynb", cell=6, line=41)), where(Location("a.csv", rows=(3, 17)))
    ('cell 6, line 41', 'rows 3, 17')
    """
    if location.cell is not None:
        kind = "output line" if location.output else "line"
        return f"cell {location.cell}, {kind} {location.line}"
    if location.line is not None:
        return f"line {location.line}"
    if location.rows:
        shown = ", ".join(f"{row:,}" for row in location.rows[:5])
        more = " …" if len(location.rows) > 5 else ""
        return f"{'row' if len(location.rows) == 1 else 'rows'} {shown}{more}"
    return location.pointer or ""


def words(name: str) -> str:
    """A snake_case name as words.

    Examples
    --------
    >>> words("contaminated_share")
    'contaminated share'
    """
    return name.replace("_", " ")
