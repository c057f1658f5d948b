"""Numbers as they are written, and how precise that makes them."""

from __future__ import annotations

import math
import re
from typing import Any

from audit.model.artifacts import ReportedValue
from audit.model.location import Location


class WrittenFloat(float):
    """A number that remembers how it was written, for its precision."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        """Parse the text of a JSON number."""
        self = super().__new__(cls, text)
        self.text = text
        return self


def reported(value: Any, location: Location) -> ReportedValue:
    """Attach the precision of a number as it is written.

    Up to twelve significant digits are taken for a rounded number, good to half its last digit;
    more for a programme's own value, which is good to a few units in the last place.

    Examples
    --------
    >>> reported(WrittenFloat("0.4390"), Location("m.json")).half_width
    5e-05
    """
    number = float(value)
    text = value.text if isinstance(value, WrittenFloat) else repr(value)
    match = re.fullmatch(r"[-+]?(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?", text)
    half_width = 4 * math.ulp(number)
    if match:
        whole, decimals, exponent = match[1], match[2], int((match[3] or "0")[:6])
        digits = len((whole + decimals).lstrip("0"))
        if digits <= 12 and abs(exponent - len(decimals)) < 300:
            half_width = 0.5 * 10.0 ** (exponent - len(decimals))
    return ReportedValue(number, location, half_width)
