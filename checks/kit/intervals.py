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

    Results of arithmetic are rounded outwards, so that they contain every exact result.

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
        """``value ± half_width``, widened by the float error of doing so.

        Raises
        ------
        ValueError
            If `value` is not finite.
        """
        if not math.isfinite(value):
            raise ValueError(f"no interval around {value}")
        slack = 4 * math.ulp(max(abs(value), abs(half_width)))
        return cls(value - half_width - slack, value + half_width + slack)

    def __add__(self, other: Interval) -> Interval:
        return _outwards(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return _outwards(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        products = [
            0.0 if a == 0 or b == 0 else a * b  # 0 × inf: the infinite bound is never reached
            for a in (self.low, self.high)
            for b in (other.low, other.high)
        ]
        return _outwards(min(products), max(products))

    def __truediv__(self, other: Interval) -> Interval:
        if other.low <= 0 <= other.high:
            return Interval(-math.inf, math.inf)
        return self * _outwards(1 / other.high, 1 / other.low)

    def overlaps(self, other: Interval) -> bool:
        """Whether some number lies in both; touching at a bound counts."""
        finite = [b for b in (self.low, self.high, other.low, other.high) if math.isfinite(b)]
        slack = 8 * math.ulp(max(map(abs, finite), default=0.0))
        return self.low <= other.high + slack and other.low <= self.high + slack


def _outwards(low: float, high: float) -> Interval:
    # inf - inf: nothing is known on that side
    low = -math.inf if math.isnan(low) else math.nextafter(low, -math.inf)
    high = math.inf if math.isnan(high) else math.nextafter(high, math.inf)
    return Interval(low, high)


@dataclass(frozen=True, slots=True)
class Written:
    """A number as written.

    Parameters
    ----------
    value : float
        The number, finite, multipliers (K, M) applied, the percent sign not.
    half_width : float
        Half a unit of the last digit written; 0 for a whole number, which is taken as exact
        unless a sign of rounding follows (``%``, ``x``, ``K``); where the text says "about", a
        whole unit of the last digit that is not a trailing zero.
    percent : bool
        A percent sign follows.
    text : str
        As written.
    factor : bool
        A multiple follows: ``26x``, ``3.9×``.
    """

    value: float
    half_width: float
    percent: bool
    text: str
    factor: bool = False

    @property
    def interval(self) -> Interval:
        """The numbers that it may stand for."""
        return Interval.around(self.value, self.half_width)


_MINUS = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d-"
_SPACE = r"[ \t\u00a0\u2007\u2009\u200a\u202f]"
_NARROW = "\u00a0\u2007\u2009\u200a\u202f"
_NUMBER = re.compile(
    rf"(?P<about>[~≈∼≃]{_SPACE}?|(?i:c(?:a|irca)\.?|about|around|roughly|some|nearly|almost"
    rf"|approx\.?|approximately){_SPACE})?"
    rf"(?P<sign>[+{_MINUS}])?{_SPACE}?"
    rf"(?:(?P<digits>[1-9][0-9]{{0,2}}(?:(?P<separator>[,_'’ {_NARROW}])[0-9]{{3}}"
    r"(?:(?P=separator)[0-9]{3}){0,9})(?![0-9])|[0-9]+)(?P<fraction>\.[0-9]+)?"
    r"|(?P<bare>\.[0-9]+))"
    r"(?P<exponent>[eE][-+]?[0-9]{1,4})?"
    rf"(?P<scale>{_SPACE}?(?:(?i:thousand|million|billion)|[kKMB](?![A-Za-z])))?"
    rf"(?P<suffix>{_SPACE}?(?:%|(?i:percent|per cent)\b|[xX×](?![A-Za-z0-9])|-?fold\b))?"
)
_SCALES = {"k": 3, "thousand": 3, "m": 6, "million": 6, "b": 9, "billion": 9}


def parse_written(text: str) -> Written | None:
    """Read a text that is one written number and nothing else, Markdown emphasis aside.

    Ranges, numbers with a decimal comma and numbers beyond the range of floats give ``None``.

    Examples
    --------
    >>> parse_written("**421,200**").value, parse_written("5.4K").half_width
    (421200.0, 50.0)
    >>> parse_written("−328 %").value, parse_written("3-5x"), parse_written("1e999")
    (-328.0, None, None)
    >>> parse_written("26x").half_width, parse_written("about 93,600").half_width
    (0.5, 100.0)
    """
    if len(text) > 1000:
        return None
    match = _NUMBER.fullmatch(text.strip().strip("*_`").strip())
    return _written(match) if match else None


def _written(match: re.Match[str]) -> Written | None:
    digits = re.sub(r"[^0-9]", "", match["digits"] or "")
    fraction = match["fraction"] or match["bare"] or ""
    scale = (match["scale"] or "").strip().lower()
    suffix = (match["suffix"] or "").strip().lower()
    exponent = int(match["exponent"][1:]) if match["exponent"] else 0
    power = exponent + _SCALES.get(scale, 0)
    value = _decimal(f"{digits or '0'}{fraction}", power)
    last = power - (len(fraction) - 1 if fraction else 0)
    half_width = _decimal("0.5", last)
    if match["about"]:
        zeros = len(digits) - len(digits.rstrip("0")) if not fraction else 0
        half_width = _decimal("1", last + zeros)
    elif not (fraction or match["exponent"] or scale or suffix):
        half_width = 0.0
    if not (math.isfinite(value) and math.isfinite(half_width)):
        return None
    sign = -1.0 if (match["sign"] or "+") in _MINUS else 1.0
    percent = suffix in ("%", "percent", "per cent")
    return Written(
        sign * value, half_width, percent, match[0].strip(), factor=bool(suffix) and not percent
    )


def _decimal(digits: str, power: int) -> float:
    # through text: 10.0 ** 999 raises, and 1.2 * 10 ** -3 is not the nearest float to 0.0012
    return float(f"{digits}e{power}")
