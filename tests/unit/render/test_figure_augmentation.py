"""The picture of copies against originals: drawn from the report only, safe and repeatable."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from audit.model.check import Verdict
from audit.model.evidence import Evidence, Series
from audit.model.report import CheckRun, Report
from audit.render.figure_augmentation import panels
from audit.render.figures import captions, figures
from tests.unit.render.reports import clean_report, rich_report


def pair(
    label: str, original: tuple[float, ...], copies: tuple[float, ...]
) -> tuple[Series, Series]:
    edges = tuple(float(i) for i in range(len(original) + 1))
    return (
        Series("augmentation", "original", edges, (*original, 0.0), group=label),
        Series("augmentation", "augmented", edges, (*copies, 0.0), group=label),
    )


def report_with(*pairs: tuple[Series, Series], verdict: Verdict = Verdict.FAIL) -> Report:
    report = rich_report()
    first: CheckRun = next(run for run in report.runs if run.findings)
    series = tuple(each for both in pairs for each in both)
    findings = first.findings if verdict is Verdict.FAIL else ()
    run = replace(
        first, check_id="AU304", verdict=verdict, findings=findings, measured=(), series=series
    )
    return replace(clean_report(), runs=(run,))


def test_overlap_is_what_both_have_in_common() -> None:
    report = report_with(pair("n", (0.5, 0.5, 0.0), (0.25, 0.25, 0.5)))
    (panel,) = panels(report)
    assert panel.overlap == 0.5
    title, alt = captions(report)["augmentation"]
    assert title == "Do augmented rows look like original rows?"
    assert alt == "n: originals 0 to 2, copies 0 to 3, their histograms overlap by 50 %."


def test_the_number_of_copies_is_said() -> None:
    report = report_with(pair("n", (0.5, 0.5, 0.0), (0.25, 0.25, 0.5)))
    distance = Evidence("column_distance", 0.5, n=12_345, group="n")
    report = replace(report, runs=(replace(report.runs[0], measured=(distance,)),))
    assert captions(report)["augmentation"][1].endswith("by 50 %; 12,345 copies.")


def test_there_is_no_picture_of_copies_without_fault() -> None:
    both = pair("n", (0.5, 0.5), (0.5, 0.5))
    assert "augmentation" not in figures(report_with(both, verdict=Verdict.PASS))
    assert "augmentation" not in figures(clean_report())


def test_the_picture_is_repeatable_and_holds_no_text_of_the_export() -> None:
    strange = "<script>$x^2$</script>" * 5
    report = report_with(
        pair(strange, (1.0, 0.0), (0.0, 1.0)),
        pair("b", (0.2, 0.8), (0.8, 0.2)),
        pair("c", (1.0, 0.0), (0.0, 1.0)),
        pair("d", (1.0, 0.0), (0.0, 1.0)),
        pair("e", (1.0, 0.0), (0.0, 1.0)),
    )
    first, second = figures(report)["augmentation"], figures(report)["augmentation"]
    assert first.svg == second.svg
    assert "<script" not in first.svg and "<text" not in first.svg
    root = ET.fromstring(first.svg)
    assert root.tag.endswith("svg")
    assert len(panels(report)) == 4


def test_series_that_do_not_fit_are_passed_over() -> None:
    first, second = pair("n", (1.0, 0.0), (0.0, 1.0))
    shifted = replace(second, x=tuple(x + 1 for x in second.x))
    endless = replace(second, y=(float("nan"), 0.0, 0.0))
    for other in (shifted, endless):
        assert panels(report_with((first, other))) == ()
    lone = report_with((first, first))
    assert panels(lone) == ()
