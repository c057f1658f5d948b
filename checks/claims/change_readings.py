"""Everything that a stated change from one number to another can mean.

Conventions differ: a reduction may be written positive or negative, relative to the old or the
new value, in percent or in percentage points, and "3x worse" may be a ratio or an increase. A
change is wrong only if none of these fits within the rounding of all three numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from checks.kit.intervals import Interval, Written, parse_written
from checks.kit.written_splits import perhaps_rounded

_HUNDRED = Interval(100.0, 100.0)
_ONE = Interval(1.0, 1.0)
_POINTS = re.compile(
    r"(?:pp|p\.p\.|pts?\.?|points?|percentage points?|%-?\s?points?|ppts?)$", re.IGNORECASE
)
_DECORATION = re.compile(r"[↑↓▲▼⬆⬇†‡*`✅❌🔺🔻\ufe0f\s]+")
_SCORES = re.compile(
    r"\b(?:acc(?:uracy)?|precision|recall|f1|auc|auroc|sensitivity|specificity|top-?[15]|map|iou)\b",
    re.IGNORECASE,
)


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
    """One meaning of a change: what it would be, with and without rounding, and how."""

    value: Interval
    point: float
    method: str
    kind: str


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


def about_scores(text: str) -> bool:
    """Whether a text speaks of shares whose complement is an error."""
    return bool(_SCORES.search(text[:2_000]))


def value_interval(written: Written) -> Interval:
    """What a value may have been before it was rounded; whole numbers may be rounded as well."""
    written = perhaps_rounded(written)
    half_width = written.half_width
    if not half_width:
        half_width = 0.5
    return Interval.around(written.value, half_width)


def readings(old: Written, new: Written, unit: Unit, *, shares: bool = False) -> Iterator[Reading]:
    """What a change from `old` to `new` may be written as, the most usual first.

    Parameters
    ----------
    old, new : Written
        The two values.
    unit : Unit
        What the change is counted in.
    shares : bool
        The values are scores such as an accuracy, so that the change may be one of the error:
        from 90 % to 95 % halves it.
    """
    yield from _plain_readings(old, new, unit)
    whole = 1.0 if max(abs(old.value), abs(new.value)) <= 1 else 100.0
    rests = [_rest(each, whole) for each in (old, new)]
    if (shares or (old.percent and new.percent)) and rests[0] and rests[1]:
        for each in _plain_readings(rests[0], rests[1], unit):
            yield replace(each, kind=f"{each.kind}, of the error")


def _rest(value: Written, whole: float) -> Written | None:
    if not 0 <= value.value <= whole:
        return None
    return replace(value, value=whole - value.value, text=f"({whole:g} − {value.text})")


def _plain_readings(old: Written, new: Written, unit: Unit) -> Iterator[Reading]:
    a, b = value_interval(old), value_interval(new)
    size = _absolute(b - a)
    first, second = old.text, new.text
    change = new.value - old.value
    of_old, of_new = _divided(abs(change), abs(old.value)), _divided(abs(change), abs(new.value))
    # b / a - 1 holds each value once; (b - a) / a would count the rounding of a twice
    by_old, by_new = _absolute(b / a - _ONE), _absolute(a / b - _ONE)
    difference = Reading(size, abs(change), f"{second} − {first} = {{:.4g}}", "difference")
    hundredfold = Reading(
        size * _HUNDRED,
        100 * abs(change),
        f"100 × ({second} − {first}) = {{:.4g}}",
        "difference in hundredths",
    )
    to_old = f"({second} − {first}) / {first} = {{:.4g}}"
    to_new = f"({second} − {first}) / {second} = {{:.4g}}"
    relative = (
        Reading(by_old * _HUNDRED, 100 * of_old, f"{to_old} %", "percent of the old value"),
        Reading(by_new * _HUNDRED, 100 * of_new, f"{to_new} %", "percent of the new value"),
    )
    ratio, inverse = abs(_divided(new.value, old.value)), abs(_divided(old.value, new.value))
    ratios = (
        Reading(_absolute(b / a), ratio, f"{second} / {first} = {{:.4g}}", "ratio"),
        Reading(_absolute(a / b), inverse, f"{first} / {second} = {{:.4g}}", "inverse ratio"),
    )
    increases = (
        Reading(by_old, of_old, to_old, "share of the old value"),
        Reading(by_new, of_new, to_new, "share of the new value"),
    )
    if unit is Unit.POINTS:
        yield from (difference, hundredfold)
    elif unit is Unit.FACTOR:
        yield from (*ratios, *increases)
    elif unit is Unit.PERCENT:
        yield from (*relative, difference, hundredfold)
        for each in ratios:
            method, kind = f"100 × {each.method}", f"{each.kind} in percent"
            yield Reading(each.value * _HUNDRED, 100 * each.point, method, kind)
    else:
        yield from (difference, hundredfold, *relative, *ratios, *increases)


def fits(
    change: Change, old: Written, new: Written, *, shares: bool = False, directed: bool = False
) -> Reading | None:
    """The first reading that makes a change right, or ``None``.

    A `directed` change is one up or down, and not what the new value is in percent of the old.
    """
    for reading in readings(old, new, change.unit, shares=shares):
        if directed and "ratio in percent" in reading.kind:
            continue
        if reading.value.overlaps(change.size):
            return reading
    return None


def nearest(
    change: Change, old: Written, new: Written, kind: str | None = None
) -> tuple[float, str]:
    """Value and arithmetic of the reading that comes nearest to a wrong change, or of `kind`.

    Only of the usual readings: nobody means 100 times a ratio where a change is stated.
    """
    best, method, least = math.nan, "", math.inf
    usual = 4 if change.unit is Unit.FACTOR else 2
    candidates = list(readings(old, new, change.unit))
    for reading in candidates if kind is not None else candidates[:usual]:
        if kind is not None and reading.kind != kind:
            continue
        if not math.isfinite(reading.point):
            continue
        distance = abs(math.log((reading.point + 1e-300) / (abs(change.value) + 1e-300)))
        if distance < least:
            best, method, least = reading.point, describe(reading), distance
    return best, method


def describe(reading: Reading) -> str:
    """The arithmetic of a reading, with its value."""
    return reading.method.format(reading.point)


def _divided(a: float, b: float) -> float:
    return a / b if b else math.nan


def _absolute(value: Interval) -> Interval:
    if value.low >= 0:
        return value
    if value.high <= 0:
        return Interval(-value.high, -value.low)
    return Interval(0.0, max(-value.low, value.high))
