"""Interval arithmetic for numbers that were rounded before they were written.

A written ``0.181`` stands for any number in [0.1805, 0.1815]. A claim is wrong only if no choice
within the intervals of its inputs makes it right; point arithmetic raises false alarms.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval ``[low, high]``.

    Raises
    ------
    ValueError
        If ``low > high`` or a bound is NaN.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"no interval: [{self.low}, {self.high}]")

    @classmethod
    def around(cls, value: float, half_width: float) -> Interval:
        """``value ± half_width``, widened by the float error of doing so."""
        slack = 4 * math.ulp(max(abs(value), half_width))
        return cls(value - half_width - slack, value + half_width + slack)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        products = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(products), max(products))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            return Interval(-math.inf, math.inf)
        return self * Interval(1 / other.high, 1 / other.low)

    def overlaps(self, other: Interval) -> bool:
        """Whether some number lies in both; touching at a bound counts."""
        slack = 8 * math.ulp(max(abs(self.low), abs(self.high), abs(other.low), abs(other.high)))
        if not math.isfinite(slack):
            slack = 0.0
        return self.low <= other.high + slack and other.low <= self.high + slack


@dataclass(frozen=True, slots=True)
class Written:
    """A number as written.

    Parameters
    ----------
    value : float
        The number, multipliers (K, M) applied, the percent sign not.
    half_width : float
        Half a unit of the last digit written; larger where the text says "about".
    percent : bool
        A percent sign follows.
    text : str
        As written.
    """

    value: float
    half_width: float
    percent: bool
    text: str

    @property
    def interval(self) -> Interval:
        """The numbers that it may stand for."""
        return Interval.around(self.value, self.half_width)


_NUMBER = re.compile(
    r"(?P<about>[~≈]\s*|\b(?:about|around|roughly|approx\.?|approximately)\s+)?"
    r"(?P<sign>[-+\u2212\u2013])?\s?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d+)?"
    r"(?P<exponent>[eE][-+]?\d{1,3})?"
    r"(?P<scale>[kKM](?![A-Za-z]))?"
    r"(?P<percent>\s?%)?"
)
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6}


def parse_written(text: str) -> Written | None:
    """Read a text that is one written number and nothing else, Markdown emphasis aside.

    Examples
    --------
    >>> parse_written("**421,200**").value, parse_written("5.4K").half_width
    (421200.0, 50.0)
    >>> parse_written("−328 %").value, parse_written("3-5x")
    (-328.0, None)
    """
    bare = text.strip().strip("*_`").strip()
    match = _NUMBER.fullmatch(bare)
    return _written(match) if match else None


def _written(match: re.Match[str]) -> Written:
    fraction = match["fraction"] or ""
    mantissa = float(match["digits"].replace(",", "") + fraction)
    exponent = int(match["exponent"][1:]) if match["exponent"] else 0
    factor = 10.0**exponent * _SCALES.get(match["scale"] or "", 1.0)
    half_width = 0.5 * 10.0 ** -(len(fraction) - 1 if fraction else 0) * factor
    exact = not fraction and not match["exponent"] and not match["scale"]
    if exact and not match["percent"]:
        half_width = 0.0
    if match["about"]:
        half_width = max(half_width, 0.5 * factor) * 2 if not fraction else half_width * 2
    sign = -1.0 if match["sign"] in ("-", "\u2212", "\u2013") else 1.0
    return Written(sign * mantissa * factor, half_width, bool(match["percent"]), match[0].strip())
