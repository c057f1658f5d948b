from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.model.severity import Severity
from audit.render.console import to_console
from tests.unit.render.reports import (
    clean_report,
    inconclusive_report,
    rich_report,
    strange_report,
)


@pytest.mark.parametrize("name", ["rich", "clean", "inconclusive"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    reports = {"rich": rich_report, "clean": clean_report, "inconclusive": inconclusive_report}
    text = to_console(reports[name](), width=80, color=False, report_path="reports/export.md")
    golden(f"render/{name}.txt", text)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_fits_the_width_and_one_screen(width: int) -> None:
    text = to_console(rich_report(), width=width, color=False, report_path="reports/export.md")
    assert max(map(len, text.splitlines())) <= width
    if width >= 80:
        assert len(text.splitlines()) <= 50


def test_a_finding_names_check_level_and_place_and_then_the_message() -> None:
    lines = to_console(rich_report(), width=160, color=False, report_path=None).splitlines()
    (place,) = (i for i, line in enumerate(lines) if line.startswith("LK101"))
    assert lines[place].startswith("LK101 error   experiment.ipynb cell 6:41: rows are duplicated")


def test_at_most_eight_checks_errors_first_and_where_the_rest_is() -> None:
    report = rich_report()
    (run,) = (each for each in report.runs if each.check_id == "CL501")
    notes = [
        replace(
            run,
            check_id=f"HY{number}",
            findings=(replace(run.findings[0], check_id=f"HY{number}", severity=Severity.NOTE),),
        )
        for number in range(700, 712)
    ]
    report = replace(report, runs=(*notes, *report.runs), suppressed=())
    known = len({finding.check_id for finding in report.findings})
    for path, where in (("out/a.md", "see out/a.md"), (None, "--format markdown:FILE has all")):
        lines = to_console(report, width=80, color=False, report_path=path).splitlines()
        levels = [line[6:13].strip() for line in lines if re.match(r"[A-Z]{2}\d{3} [ewn]", line)]
        assert len(levels) == 8
        assert levels == sorted(levels, key=["error", "warning", "note"].index)
        (rest,) = (line for line in lines if line.startswith("… and"))
        assert rest == f"… and {known - 8} notes of {known - 8} more checks: {where}"


def test_many_long_settings_each_have_their_line() -> None:
    settings = tuple(f"setting{number} = {'x' * 500}" for number in range(12))
    report = replace(rich_report(), settings=settings)
    lines = to_console(report, width=80, color=False, report_path=None).splitlines()
    assert sum("setting" in line for line in lines) == 8
    assert any(line.strip() == "… and 4 more" for line in lines)


def test_several_findings_of_one_check_are_counted() -> None:
    report = rich_report()
    (run,) = (each for each in report.runs if each.check_id == "CL501")
    more = tuple(replace(run.findings[0], subject=str(index)) for index in range(4))
    runs = tuple(replace(each, findings=more) if each is run else each for each in report.runs)
    report = replace(report, runs=runs, suppressed=())
    text = to_console(report, width=160, color=False, report_path=None)
    assert text.count("CL501") == 1
    assert "(and 3 more)" in text


def test_settings_that_silence_checks_are_shown() -> None:
    text = to_console(
        replace(rich_report(), settings=("ignore = [LK]",)), width=80, color=False, report_path=None
    )
    assert "Settings ignore = [LK]" in text


def test_colour_only_where_asked_for() -> None:
    assert "\x1b" not in to_console(rich_report(), width=80, color=False, report_path=None)
    assert "\x1b[1;31mINVALID" in to_console(rich_report(), width=80, color=True, report_path=None)


def test_environment_does_not_change_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    before = to_console(rich_report(), width=80, color=True, report_path=None)
    for name, value in (("NO_COLOR", "1"), ("COLUMNS", "40"), ("TERM", "dumb")):
        monkeypatch.setenv(name, value)
    assert to_console(rich_report(), width=80, color=True, report_path=None) == before


def test_hostile_text_is_shown_and_does_nothing() -> None:
    evil = "[bold]z[/bold] \x1b[31m\x9b31m\u202e :smile:\r\nnext\x08"
    report = strange_report(lambda: evil)
    text = to_console(report, width=100, color=False, report_path="a\x1bb")
    assert {c for c in text if unicodedata.category(c) in ("Cc", "Cf")} == {"\n"}
    assert "[bold]z[/bold]" in text
    assert ":smile:" in text
