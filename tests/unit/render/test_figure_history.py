from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from audit.model.check import Verdict
from audit.model.evidence import Evidence, Series
from audit.model.report import Report
from audit.render.figures import Figure, captions, figures
from tests.unit.render.reports import clean_report, run


def report_of(*series: Series, **epochs: float) -> Report:
    measured = tuple(Evidence(name, value) for name, value in epochs.items())
    check = replace(run("MT408", "History", Verdict.PASS, "r", measured=measured), series=series)
    return replace(clean_report(), runs=(check,))


def line(label: str, values: list[float], unit: str = "loss", first: int = 1) -> Series:
    epochs = tuple(float(first + i) for i in range(len(values)))
    return Series("history", label, epochs, tuple(values), unit=unit)


def drawn(*series: Series, **epochs: float) -> Figure:
    return figures(report_of(*series, **epochs))["history"]


def height(figure: Figure) -> float:
    root = ET.fromstring(figure.svg)
    assert float(root.attrib["width"].removesuffix("pt")) * 96 / 72 == pytest.approx(700, abs=2)
    return float(root.attrib["height"].removesuffix("pt"))


def test_the_alternative_text_says_where_the_curves_went() -> None:
    figure = drawn(
        line("training", [2.0, 1.0, 0.25]),
        line("validation", [2.5, 1.5, 1.75]),
        best_epoch=2,
        kept_epoch=3,
        epochs_planned=250,
    )
    assert figure.alt == (
        "3 of 250 planned epochs: validation loss 2.5 at epoch 1 and 1.75 at epoch 3; training "
        "loss 2 at epoch 1 and 0.25 at epoch 3; the best is epoch 2; epoch 3 is reported."
    )
    assert figure.title.endswith("?")


def test_one_epoch_that_is_the_best_and_reported() -> None:
    figure = drawn(line("validation", [0.5]), best_epoch=1, kept_epoch=1)
    assert figure.alt == "1 epoch: validation loss 0.5; epoch 1 is the best and the one reported."
    assert height(figure) < 400


def test_epochs_that_are_not_finite_are_said_and_shown() -> None:
    lost = {"first_epoch_not_finite": 4, "epochs_recorded": 9}
    figure = drawn(line("validation", [0.5, 0.4, 0.3]), **lost)
    assert "; not finite from epoch 4 to 9." in figure.alt
    assert figure.svg != drawn(line("validation", [0.5, 0.4, 0.3]), epochs_recorded=9).svg


@pytest.mark.parametrize("values", [[5.0] * 4, [0.0, 0.0], [-3.0, -5.0], [1e-9, 1e9], [1e90, 1.0]])
def test_any_values_are_drawn(values: list[float]) -> None:
    assert height(drawn(line("training", values), line("validation", values))) < 400


def test_values_that_are_no_numbers_are_left_out() -> None:
    figure = drawn(line("validation", [float("nan"), 2.0, float("inf"), 1.0]))
    assert "validation loss 2 at epoch 2 and 1 at epoch 4" in figure.alt
    assert "history" not in captions(report_of(line("validation", [float("nan")])))


def test_without_curves_there_is_no_picture() -> None:
    assert "history" not in captions(report_of())
    assert "history" not in captions(clean_report())


def test_many_curves_and_hostile_names_are_drawn_and_nothing_else() -> None:
    evil = "--></svg><script>alert(1)</script> $\\frac{1}{$ \x1b[0m " + "L" * 10_000
    figure = drawn(*(line(f"{i}{evil}", [3.0, 2.0 + i / 50], evil) for i in range(8)))
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()}
    assert not tags & {"script", "a", "image", "foreignObject", "text"}


def test_the_scale_is_logarithmic_where_the_range_demands_it() -> None:
    wide = drawn(line("validation", [100.0, 10.0, 1.0])).svg
    narrow = drawn(line("validation", [3.0, 2.0, 1.0])).svg
    assert "logarithmic scale" in re.sub(r"\s+", " ", wide)  # matplotlib comments its outlines
    assert "logarithmic scale" not in re.sub(r"\s+", " ", narrow)


def test_the_same_report_gives_the_same_bytes() -> None:
    series = (line("training", [3.0, 2.0]), line("validation", [4.0, 3.0]))
    assert drawn(*series).svg == drawn(*series).svg
