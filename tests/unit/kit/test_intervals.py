from __future__ import annotations

import math

import pytest

from checks.kit.intervals import Interval, parse_written


@pytest.mark.parametrize(
    ("text", "value", "half_width"),
    [
        ("421,200", 421_200, 0),
        ("421\u202f200", 421_200, 0),
        ("421\u2009200", 421_200, 0),
        ("421 200", 421_200, 0),
        ("421_200", 421_200, 0),
        ("**0.181**", 0.181, 0.0005),
        (".181", 0.181, 0.0005),
        ("5.4K", 5_400, 50),
        ("12.5 million", 12.5e6, 50_000),
        ("\u2212293 %", -293, 0.5),
        ("\u20130.5", -0.5, 0.05),
        ("+84%", 84, 0.5),
        ("26x", 26, 0.5),
        ("3.9×", 3.9, 0.05),
        ("10-fold", 10, 0.5),
        ("1.2e-3", 0.0012, 0.00005),
        ("~0.48", 0.48, 0.01),
        ("≈ 93,600", 93_600, 100),
        ("about 7", 7, 1),
        ("1e-999", 0, 0),
    ],
)
def test_written_numbers(text: str, value: float, half_width: float) -> None:
    written = parse_written(text)
    assert written is not None
    assert written.value == pytest.approx(value, rel=1e-15)
    assert written.half_width == pytest.approx(half_width, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "3-5x",
        "0.405-0.460",
        "1,80",
        "0,181",
        "1,23,456",
        "12,3456",
        "1.2.3",
        "3 groups",
        "1800 kg",
        "k=4",
        "nan",
        "inf",
        "1e999",
        "9" * 400,
        "1" + "0" * 309,
        "9" * 5_000,
        "1e308M",
    ],
)
def test_what_is_no_single_number(text: str) -> None:
    assert parse_written(text) is None


def test_percent_and_factor_are_told_apart() -> None:
    percent, factor, bare = (parse_written(text) for text in ("26 %", "26x", "26"))
    assert percent and factor and bare
    assert (percent.percent, factor.percent, bare.percent) == (True, False, False)
    assert (percent.factor, factor.factor, bare.factor) == (False, True, False)


def test_infinite_bounds() -> None:
    everything = Interval(-math.inf, math.inf)
    zero = Interval(0, 0)
    product = everything * zero
    assert product.low == pytest.approx(0, abs=1e-300)
    assert (everything + everything).high == math.inf
    assert (Interval(1, 2) / Interval(-1, 1)).low == -math.inf
    assert everything.overlaps(Interval(5, 5))
    assert not Interval(1, 2).overlaps(Interval(2.1, math.inf))
    assert (Interval(math.inf, math.inf) - Interval(0, math.inf)).low == -math.inf


@pytest.mark.parametrize("bounds", [(1.0, 0.0), (math.nan, 1.0)])
def test_no_interval(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no interval"):
        Interval(*bounds)
    with pytest.raises(ValueError, match="no interval"):
        Interval.around(math.inf, 1)


def test_the_changes_of_the_original_document_are_consistent() -> None:
    """−328 % from 0.108 to 0.460, though point arithmetic gives −325.9 %."""
    old, new = Interval.around(0.108, 0.0005), Interval.around(0.460, 0.0005)
    change = (new / old - Interval(1, 1)) * Interval(-100, -100)
    assert change.overlaps(Interval.around(-328, 0.5))
    assert not change.overlaps(Interval.around(-330, 0.5))
