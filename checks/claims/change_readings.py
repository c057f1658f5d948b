"""Everything that a stated change from one number to another can mean.

Conventions differ: a reduction may be written positive or negative, relative to the old or the
new value, in percent or in percentage points, and "3x worse" may be a ratio or an increase. A
change is wrong only if none of these fits within the rounding of all three numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from checks.kit.intervals import Interval, Written, parse_written
from checks.kit.written_splits import perhaps_rounded

_HUNDRED = Interval(100.0, 100.0)
_POINTS = re.compile(
    r"(?:pp|p\.p\.|pts?\.?|points?|percentage points?|%-?\s?points?|ppts?)$", re.IGNORECASE
)
_DECORATION = re.compile(r"[↑↓▲▼⬆⬇†‡*`✅❌🔺🔻\ufe0f\s]+")
_DECIMAL_COMMA = re.compile(r"(?<![0-9.,])0,[0-9]+|(?<![0-9.,])[0-9]+,[0-9]{1,2}(?![0-9,.])")


class Unit(Enum):
    """What the sign behind a stated change says it is."""

    PERCENT = "percent"
    POINTS = "points"
    FACTOR = "factor"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Change:
    """A stated change.

    Parameters
    ----------
    size : Interval
        Its absolute size, within a unit of the last digit: rounded or cut off.
    value : float
        As stated, with its sign.
    unit : Unit
        What it is counted in.
    text : str
        As written.
    """

    size: Interval
    value: float
    unit: Unit
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a change: what it would be, the arithmetic, and its kind."""

    value: Interval
    method: str

    @property
    def kind(self) -> str:
        """The arithmetic without its numbers, to compare readings of different rows."""
        return re.sub(r"[^\s()×/−=%{}:]*[0-9][^\s()×/−=%{}:]*", "#", self.method)


def parse_change(text: str) -> Change | None:
    """Read a cell or a phrase that is a change: ``+39 %``, ``-0.083``, ``26x``, ``+3.2 pp``."""
    bare = _DECORATION.sub(" ", text[:80]).strip().strip("()").strip()
    points = _POINTS.search(bare)
    if points and len(points[0]) < len(bare):
        bare = bare[: points.start()].strip()
    written = parse_written(bare)
    if written is None:
        return None
    unit = Unit.PLAIN
    if points:
        unit = Unit.POINTS
    elif written.percent:
        unit = Unit.PERCENT
    elif written.factor:
        unit = Unit.FACTOR
    return Change(_size(written), written.value, unit, text.strip())


def _size(written: Written) -> Interval:
    whole = not written.half_width
    written = perhaps_rounded(written)
    # twice the half width: people cut digits off as often as they round
    half_width = max(2 * written.half_width, 1.0 if whole else 0.0)
    return Interval.around(abs(written.value), half_width)


def parse_value(text: str) -> Written | None:
    """Read a cell that is one value."""
    bare = _DECORATION.sub(" ", text[:80]).strip()
    return parse_written(bare)


def uses_decimal_commas(text: str) -> bool:
    """Whether numbers are written as ``0,181``: thousands cannot be told from decimals then."""
    return bool(_DECIMAL_COMMA.search(text))


def value_interval(written: Written) -> Interval:
    """What a value may have been before it was rounded; whole numbers may be rounded as well."""
    written = perhaps_rounded(written)
    half_width = written.half_width
    if not half_width:
        half_width = 0.5
    return Interval.around(written.value, half_width)


def readings(old: Written, new: Written, unit: Unit) -> Iterator[Reading]:
    """What a change from `old` to `new` may be written as, the most usual first."""
    a, b = value_interval(old), value_interval(new)
    size = _absolute(b - a)
    first, second = old.text, new.text
    difference = Reading(size, f"{second} − {first} = {{:.4g}}")
    hundredfold = Reading(size * _HUNDRED, f"100 × ({second} − {first}) = {{:.4g}}")
    by_old = size / _absolute(a)
    by_new = size / _absolute(b)
    relative = (
        Reading(by_old * _HUNDRED, f"({second} − {first}) / {first} = {{:.4g}} %"),
        Reading(by_new * _HUNDRED, f"({second} − {first}) / {second} = {{:.4g}} %"),
    )
    ratios = (
        Reading(_absolute(b / a), f"{second} / {first} = {{:.4g}}"),
        Reading(_absolute(a / b), f"{first} / {second} = {{:.4g}}"),
    )
    increases = (
        Reading(by_old, f"({second} − {first}) / {first} = {{:.4g}}"),
        Reading(by_new, f"({second} − {first}) / {second} = {{:.4g}}"),
    )
    if unit is Unit.POINTS:
        yield from (difference, hundredfold)
    elif unit is Unit.FACTOR:
        yield from (*ratios, *increases)
    elif unit is Unit.PERCENT:
        yield from (*relative, difference, hundredfold)
        for ratio in ratios:
            yield Reading(ratio.value * _HUNDRED, f"100 × {ratio.method}")
    else:
        yield from (difference, hundredfold, *relative, *ratios, *increases)


def fits(change: Change, old: Written, new: Written) -> Reading | None:
    """The first reading that makes a change right, or ``None``."""
    for reading in readings(old, new, change.unit):
        if reading.value.overlaps(change.size):
            return reading
    return None


def nearest(
    change: Change, old: Written, new: Written, kind: str | None = None
) -> tuple[float, str]:
    """Value and arithmetic of the reading that comes nearest to a wrong change, or of `kind`."""
    best, method, least = math.nan, "", math.inf
    for reading in readings(old, new, change.unit):
        if kind is not None and reading.kind != kind:
            continue
        middle = _middle(reading.value)
        distance = abs(math.log((middle + 1e-300) / (abs(change.value) + 1e-300)))
        if math.isfinite(middle) and distance < least:
            best, method, least = middle, reading.method.format(middle), distance
    return best, method


def describe(reading: Reading) -> str:
    """The arithmetic of a reading, with its value."""
    return reading.method.format(_middle(reading.value))


def _middle(value: Interval) -> float:
    return (value.low + value.high) / 2


def _absolute(value: Interval) -> Interval:
    if value.low >= 0:
        return value
    if value.high <= 0:
        return Interval(-value.high, -value.low)
    return Interval(0.0, max(-value.low, value.high))
