from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.report import Report
from audit.model.severity import Confidence, Severity
from audit.render.github import harmless, to_github
from tests.unit.render.reports import (
    clean_report,
    inconclusive_report,
    rich_report,
    run,
    strange_report,
)
from tests.unit.render.test_markdown import EVIL

COMMANDS = (
    "::stop-commands::tok\r\n::add-mask::secret\n  ::set-output name=verdict::VALID\n"
    "##[add-mask]x %0A::error::y, a:b,c=d"
)


def unescape(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def runner(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What the runner of GitHub Actions reads, after its source code."""
    commands = []
    for line in re.split(r"\r\n|\r|\n", text):
        stripped = line.lstrip()
        if not stripped.startswith("::") or (end := stripped.find("::", 2)) < 0:
            assert "##[" not in line
            continue
        name, _, properties = stripped[2:end].partition(" ")
        pairs = dict(part.split("=", 1) for part in properties.split(",") if "=" in part)
        commands.append(
            (
                name,
                {key: unescape(value) for key, value in pairs.items()},
                unescape(stripped[end + 2 :]),
            )
        )
    return commands


def made(*findings: tuple[Severity, Location]) -> Report:
    found = tuple(
        Finding(
            "LK101",
            severity,
            Confidence.HIGH,
            f"number {index}",
            (place,),
            (Evidence("n", 1),),
            Remedy("Mend it."),
            str(index),
        )
        for index, (severity, place) in enumerate(findings)
    )
    return replace(
        clean_report(), runs=(run("LK101", "Rows duplicated", Verdict.FAIL, "r", found),)
    )


@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    reports = {
        "rich": rich_report,
        "hostile": lambda: strange_report(lambda: EVIL),
    }
    golden(f"render/{name}.github.txt", to_github([reports[name]()], ["experiments/run 6"]))


def test_the_most_severe_come_first_and_what_crashed_before_all() -> None:
    commands = runner(to_github([clean_report(), rich_report()], ["a", "b"]))
    levels = [name for name, _, _ in commands]
    assert levels == sorted(levels, key=["error", "warning", "notice"].index)
    assert commands[0][1] == {"title": "MT409 could not be completed"}
    assert commands[0][2] == "b: the check crashed: ValueError: no rows"
    assert len(commands) == 1 + len(rich_report().findings)


def test_nothing_to_say() -> None:
    assert to_github([clean_report(), inconclusive_report()], ["", ""]) == ""


def test_a_line_is_given_only_where_the_file_has_it() -> None:
    places = [
        Location("a,b:c%.ipynb", cell=3, line=2, file_line=71),
        Location("a.ipynb", cell=3, line=2),
        Location("a.py", line=9),
        Location("a.csv", rows=(7,)),
        Location("."),
    ]
    report = made(*((Severity.WARNING, place) for place in places))
    got = [properties for _, properties, _ in runner(to_github([report], ["x"]))]
    assert {(each.get("file"), each.get("line")) for each in got} == {
        ("x/a,b:c%.ipynb", "71"),
        ("x/a.ipynb", None),
        ("x/a.py", "9"),
        ("x/a.csv", None),
        (None, None),
    }


def test_no_more_than_github_shows_and_the_rest_is_counted() -> None:
    place = Location("a.py", line=1)
    report = made(
        *[(Severity.NOTE, place)] * 12, *[(Severity.ERROR, place)] * 13, (Severity.WARNING, place)
    )
    commands = runner(to_github([report], [""]))
    names = [name for name, _, _ in commands]
    assert [names.count(name) for name in ("error", "warning", "notice")] == [10, 1, 10]
    assert commands[-1][2] == "6 more findings in the report"
    exact = runner(to_github([made(*[(Severity.ERROR, place)] * 10)], [""]))
    assert [name for name, _, _ in exact] == ["error"] * 10


@pytest.mark.parametrize("text", [COMMANDS, EVIL, "\n::error::", "a\u2028::warning::b\x85::c::"])
def test_no_text_can_give_a_command(text: str) -> None:
    plain = runner(to_github([strange_report(lambda: "x")], ["r"]))
    hostile = runner(to_github([strange_report(lambda: text)], [f"r{text}"]))
    assert [name for name, _, _ in hostile] == [name for name, _, _ in plain]
    for (_, got, _), (_, wanted, _) in zip(hostile, plain, strict=True):
        assert set(got) == set(wanted)
        assert got["title"].startswith(wanted["title"][:5])


def test_a_log_without_commands() -> None:
    names = [name for name, _, _ in runner(COMMANDS.partition("##[")[0])]
    assert names == ["stop-commands", "add-mask", "set-output"]
    assert runner(harmless(COMMANDS.replace("\r", ""))) == []
    assert harmless("a::b\n") == "a::b\n"
