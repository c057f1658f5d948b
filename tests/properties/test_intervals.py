"""Intervals contain every number that they stand for; rounding alone is never a contradiction."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from checks.kit.intervals import Interval, parse_written

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
WIDTHS = st.floats(0, 10)


def contains(interval: Interval, exact: Fraction) -> bool:
    return (interval.low == -math.inf or Fraction(interval.low) <= exact) and (
        interval.high == math.inf or exact <= Fraction(interval.high)
    )


@given(NUMBERS, NUMBERS, WIDTHS, WIDTHS)
def test_arithmetic_contains_the_exact_result(a: float, b: float, u: float, v: float) -> None:
    x, y = Interval.around(a, u), Interval.around(b, v)
    exact_a, exact_b = Fraction(a), Fraction(b)
    assert contains(x + y, exact_a + exact_b)
    assert contains(x - y, exact_a - exact_b)
    assert contains(x * y, exact_a * exact_b)
    if exact_b:
        assert contains(x / y, exact_a / exact_b)


@given(NUMBERS, st.integers(0, 6))
def test_a_rounded_number_stands_for_the_number(value: float, decimals: int) -> None:
    written = parse_written(f"{value:.{decimals}f}")
    assert written is not None
    if decimals:
        assert contains(written.interval, Fraction(value))


@given(st.integers(0, 10**9), st.sampled_from([",", "_", "\u2009", "\u202f", "\u00a0", "'", " "]))
def test_thousand_separators(value: int, separator: str) -> None:
    written = parse_written(f"{value:,}".replace(",", separator))
    assert written is not None
    assert (written.value, written.half_width) == (value, 0)


@given(st.floats(1, 1e6), st.integers(0, 2), st.sampled_from(["K", "k", "M"]))
def test_multipliers(value: float, decimals: int, letter: str) -> None:
    unit = {"k": 1e3, "m": 1e6}[letter.lower()]
    written = parse_written(f"{value / unit:.{decimals}f}{letter}")
    assert written is not None
    assert abs(written.value - value) <= written.half_width * (1 + 1e-9)


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.integers(1, 5), st.integers(0, 3))
def test_changes_of_rounded_numbers_are_never_flagged(
    before: float, after: float, decimals: int, percent_decimals: int
) -> None:
    """A change computed before rounding is consistent with the rounded numbers beside it."""
    old = parse_written(f"{before:.{decimals}f}")
    new = parse_written(f"{after:.{decimals}f}")
    claim = parse_written(f"{100 * (after / before - 1):+.{percent_decimals}f} %")
    assert old and new and claim
    hundred = Interval(100, 100)
    assert (new.interval / old.interval * hundred - hundred).overlaps(claim.interval)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any), st.integers(0, 3))
def test_rounded_shares_sum_to_a_whole(counts: list[int], decimals: int) -> None:
    shares = [parse_written(f"{100 * n / sum(counts):.{decimals}f}%") for n in counts]
    total = Interval(0, 0)
    for share in shares:
        assert share is not None and share.percent
        total = total + share.interval
    assert total.overlaps(Interval(100, 100))


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    written = parse_written(text)
    assert written is None or math.isfinite(written.value)


@given(st.text(alphabet="0123456789.,eE+-−–~≈ %xKM\u2009", max_size=420))
def test_no_number_like_text_raises(text: str) -> None:
    written = parse_written(text)
    if written is not None:
        assert math.isfinite(written.value) and written.half_width >= 0
        assert written.interval.low <= written.value <= written.interval.high
