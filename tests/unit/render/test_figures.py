from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib
import pytest

from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.render.figures import Figure, figures
from tests.unit.render.reports import (
    clean_report,
    inconclusive_report,
    rich_report,
    run,
    strange_report,
)


@pytest.fixture(scope="module")
def rich() -> dict[str, Figure]:
    return figures(rich_report())


def test_figures_exist_only_where_there_is_evidence(rich: dict[str, Figure]) -> None:
    assert list(rich) == ["contamination", "baseline", "composition"]
    assert list(figures(clean_report())) == ["baseline"]
    assert figures(inconclusive_report()) == {}


def test_the_alternative_text_states_the_finding_in_numbers(rich: dict[str, Figure]) -> None:
    assert rich["contamination"].alt == (
        "Share of held-out rows with a copy in train when n is left out: from 0 % in k=4, m=3 "
        "to 98.4 % in k=4, m=5; on all columns at most 0.19 %; expected by chance at most 0.03 %."
    )
    assert rich["baseline"].alt.startswith(
        "3 of 9 groups found worse than the baseline: k=4, m=2 0.103 to 0.4054;"
    )
    # by hand: 180, 4,680 and 9,180 of 14,040 rows
    assert rich["composition"].alt.startswith("easy: 1.3 % of the rows")
    assert "medium: 33.3 % of the rows" in rich["composition"].alt
    assert "hard: 65.4 % of the rows" in rich["composition"].alt
    assert all(figure.title.endswith("?") for figure in rich.values())


def test_a_difference_that_no_check_found_is_not_called_worse() -> None:
    report = clean_report()
    swapped = tuple(
        replace(
            each,
            measured=tuple(
                replace(item, observed=0.2) if item.name == "group_metric" else item
                for item in each.measured
            ),
        )
        for each in report.runs
    )
    alt = figures(replace(report, runs=swapped))["baseline"].alt
    assert alt == (
        "None of 2 groups found worse than the baseline: north 0.918 to 0.2; south 0.861 to 0.2."
    )


def test_no_copies_no_picture() -> None:
    measured = tuple(
        Evidence("contaminated_share", 0.0, unit="share", group=group) for group in "ab"
    )
    checks = (run("CT201", "Exact", Verdict.PASS, "none", measured=measured),)
    assert figures(replace(clean_report(), runs=checks)) == {}


def test_without_a_masking_column_only_exact_copies_are_drawn() -> None:
    def measured(share: float) -> tuple[Evidence, ...]:
        return tuple(
            Evidence("contaminated_share", share, unit="share", group=group) for group in "ab"
        )

    checks = (
        run("CT201", "Exact", Verdict.PASS, "some", measured=measured(0.1)),
        run("CT202", "Hidden", Verdict.PASS, "some", measured=measured(0.9)),
    )
    assert figures(replace(clean_report(), runs=checks))["contamination"].alt == (
        "Share of held-out rows with a copy in train: 10 % in every group."
    )


def test_equal_shares_are_said_once() -> None:
    measured = tuple(
        Evidence("contaminated_share", 0.25, unit="share", group=group) for group in "ab"
    )
    checks = (run("CT201", "Exact", Verdict.PASS, "some", measured=measured),)
    assert figures(replace(clean_report(), runs=checks))["contamination"].alt == (
        "Share of held-out rows with a copy in train: 25 % in every group."
    )


def test_the_same_report_gives_the_same_bytes_whatever_the_style(rich: dict[str, Figure]) -> None:
    before = {name: figure.svg for name, figure in rich.items()}
    with matplotlib.rc_context(
        {"axes.facecolor": "black", "font.size": 30, "svg.fonttype": "none"}
    ):
        after = {name: figure.svg for name, figure in figures(rich_report()).items()}
    assert before == after
    assert not any("dc:date" in svg for svg in before.values())


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    with matplotlib.rc_context({"font.size": 17}):
        figures(clean_report())
        assert matplotlib.rcParams["font.size"] == 17


def test_pictures_are_well_formed_700_pixels_wide_on_white(rich: dict[str, Figure]) -> None:
    for figure in rich.values():
        root = ET.fromstring(figure.svg)
        assert float(root.attrib["width"].removesuffix("pt")) * 96 / 72 == pytest.approx(700, abs=2)
        assert "fill: #ffffff" in figure.svg


def test_the_same_tier_has_the_same_colour_everywhere(rich: dict[str, Figure]) -> None:
    for color in ("#0072b2", "#e69f00", "#009e73"):
        assert all(color in figure.svg for figure in rich.values())


def test_hostile_names_are_drawn_and_nothing_else() -> None:
    evil = "--></svg><script>alert(1)</script> $\\frac{1}{$ \x1b[0m " + "L" * 100_000
    for figure in figures(strange_report(lambda: evil)).values():
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()}
        assert not tags & {"script", "a", "image", "foreignObject", "text"}
        assert len(figure.svg) < 300_000


def test_many_groups_are_cut_and_counted() -> None:
    measured = tuple(
        Evidence("contaminated_share", index / 400, unit="share", group=f"g{index}")
        for index in range(200)
    )
    report = replace(
        clean_report(), runs=(run("CT201", "Exact", Verdict.PASS, "200", measured=measured),)
    )
    figure = figures(report)["contamination"]
    height = float(ET.fromstring(figure.svg).attrib["height"].removesuffix("pt"))
    assert height < 1400
    assert "160 more groups not drawn" in re.sub(r"\s+", " ", figure.svg)


def test_odd_values_do_not_stop_the_drawing() -> None:
    measured = tuple(
        Evidence(name, value, unit="r2", group=f"g{index}", interval=(-1.0, float("inf")))
        for index, value in enumerate((-3.0, 0.0, 0.5, float("nan"), float("inf"), None, "x"))
        for name in ("group_metric", "baseline_metric", "contaminated_share", "rows_share")
    )
    runs = tuple(
        run(check, "t", Verdict.PASS, "r", measured=measured)
        for check in ("CT201", "MT401", "MT402")
    )
    assert len(figures(replace(clean_report(), runs=runs))) == 3


def test_importing_the_renderers_imports_neither_matplotlib_nor_rich() -> None:
    program = (
        "import sys, audit.render.figures, audit.render.markdown, audit.render.console, "
        "audit.render.json_report; "
        "sys.exit(bool({'matplotlib', 'rich'} & {name.split('.')[0] for name in sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
