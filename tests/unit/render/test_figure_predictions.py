from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from audit.model.check import Verdict
from audit.model.evidence import Series
from audit.model.report import Report
from audit.render.figures import captions, figures
from tests.unit.render.reports import clean_report, rich_report, run


def report_of(*series: Series, base: Report | None = None) -> Report:
    base = base or clean_report()
    check = replace(run("MT409", "Predictions", Verdict.PASS, "r"), series=series)
    return replace(base, runs=(*base.runs, check))


def rows(x: list[float], y: list[float], group: str | None = None) -> Series:
    return Series("predicted_true", "rows", tuple(x), tuple(y), group=group)


def band(x: list[float], group: str | None = None) -> tuple[Series, ...]:
    levels = {"q10": 0.8, "median": 1.0, "q90": 1.3}
    return tuple(
        Series("predicted_true", name, tuple(x), tuple(v * by for v in x), group=group)
        for name, by in levels.items()
    )


def confusion(*shares: list[float], names: str = "abcdefghijkl") -> tuple[Series, ...]:
    places = tuple(float(i) for i in range(len(shares)))
    return tuple(
        Series("confusion", f"{names[i]} (n = 9)", places, tuple(row), group=names[i], unit="share")
        for i, row in enumerate(shares)
    )


def test_the_distance_is_said_by_tier() -> None:
    report = report_of(
        rows([1.0, 2.0, 3.0], [1.1, 2.2, 3.5], "tier easy"),
        *band([1.0, 2.0, 3.0], "tier easy"),
        rows([1.0, 2.0], [3.0, 4.0], "tier hard"),
    )
    figure = figures(report)["predictions"]
    assert figure.alt == (
        "Predicted against true values. easy: half of the predictions within about ± 0.2; "
        "hard: half of the predictions within about ± 2."
    )
    root = ET.fromstring(figure.svg)
    assert float(root.attrib["width"].removesuffix("pt")) * 96 / 72 == pytest.approx(700, abs=2)


def test_the_number_of_rows_is_said() -> None:
    easy = replace(rows([1.0, 2.0], [1.5, 2.5], "tier easy"), label="rows (n = 1,234)")
    curve = Series("reliability", "observed (n = 400)", (0.1, 0.9), (0.1, 0.8), unit="share")
    alt = figures(report_of(easy))["predictions"].alt
    assert alt.endswith("easy: half of the predictions within about ± 0.5 (n = 1,234).")
    assert "2 bins of 400 rows;" in figures(report_of(curve))["predictions"].alt


def test_over_decades_the_distance_is_a_factor() -> None:
    alt = figures(report_of(rows([1.0, 10.0, 1000.0], [2.0, 20.0, 500.0])))["predictions"].alt
    assert alt == (
        "Predicted against true values, logarithmic scale. Half of the predictions within about "
        "× 2."
    )


def test_tiers_have_the_colours_of_the_other_pictures() -> None:
    series = [rows([1.0, 2.0], [1.0, 2.0], f"tier {tier}") for tier in ("easy", "medium", "hard")]
    svg = figures(report_of(*series, base=rich_report()))["predictions"].svg
    assert all(color in svg for color in ("#0072b2", "#e69f00", "#009e73"))


@pytest.mark.parametrize("panels", range(1, 9))
def test_any_number_of_panels_is_drawn(panels: int) -> None:
    series = [rows([1.0, 2.0], [1.0, 3.0], f"g{i}") for i in range(panels)]
    svg = figures(report_of(*series))["predictions"].svg
    assert float(ET.fromstring(svg).attrib["height"].removesuffix("pt")) < 600


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1.0], [1.0]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([1e-50, 1e50], [-1.0, 1.0]),
        ([1e-90, 1e90], [1.0, 1.0]),
        ([-5.0, -5.0], [3.0, 3.0]),
    ],
)
def test_any_values_are_drawn(x: list[float], y: list[float]) -> None:
    assert "<svg" in figures(report_of(rows(x, y), *band(x)))["predictions"].svg


def test_values_that_are_no_numbers_are_not_drawn() -> None:
    assert "predictions" not in captions(report_of(rows([1.0], [float("nan")])))
    assert "predictions" not in captions(report_of(rows([], [])))


def test_labels_are_drawn_as_a_matrix() -> None:
    report = report_of(*confusion([0.9, 0.1, 0.0], [0.25, 0.5, 0.25], [0.0, 0.3, 0.7]))
    assert figures(report)["predictions"].alt == (
        "Share of rows whose label is predicted right, by true label: from 50 % in b to 90 % in a; "
        "b is most often taken for c (25 %)."
    )


def test_many_labels_and_hostile_names_are_drawn_and_nothing_else() -> None:
    evil = "--></svg><script>alert(1)</script> $\\frac{1}{$ \x1b[0m " + "L" * 1_000
    matrix = [
        replace(each, label=evil, group=evil)
        for each in confusion(*[[0.1] * 12 for _ in range(12)])
    ]
    for series in (matrix, [rows([1.0, 2.0], [1.0, 2.0], evil)]):
        svg = figures(report_of(*series))["predictions"].svg
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()}
        assert not tags & {"script", "a", "image", "foreignObject", "text"}


def test_scores_are_drawn_against_frequencies() -> None:
    curve = Series("reliability", "observed", (0.1, 0.5, 0.9), (0.1, 0.2, 0.85), unit="share")
    alt = figures(report_of(curve))["predictions"].alt
    assert alt == (
        "Observed share of positive rows by predicted score, 3 bins; farthest apart at a score of "
        "0.5, with 20 % observed."
    )
