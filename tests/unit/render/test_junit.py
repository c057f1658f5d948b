from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

from audit.gate import ExitCode, exit_code
from audit.model.report import Report
from audit.model.severity import Severity
from audit.render.junit import to_junit
from tests.unit.render.reports import (
    clean_report,
    inconclusive_report,
    rich_report,
    strange_report,
)
from tests.unit.render.test_markdown import EVIL

CONTROL = "a\x00b\x08\x1b[31m\x85\ufffe\uffff\ud800 <&>\"' ]]> \u202e\nnext"

# What Surefire's and Jenkins' schemas allow: attributes, and children in any order.
SHAPE = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": (
        {"classname", "name", "time"},
        {"failure", "error", "skipped", "system-out"},
    ),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}


def parsed(*reports: Report, fail_on: Severity = Severity.ERROR) -> ET.Element:
    roots = [f"exports/{index}" for index in range(len(reports))]
    top = ET.fromstring(to_junit(reports, roots, fail_on).encode())
    assert top.tag == "testsuites"
    for element in top.iter():
        attributes, children = SHAPE[element.tag]
        assert set(element.attrib) == attributes
        assert {child.tag for child in element} <= children
        assert len([c for c in element if c.tag in ("failure", "error", "skipped")]) <= 1
    for holder in (top, *top):
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(holder.get(key, "-1")) == len(list(holder.iter(tag)))
        assert int(holder.get("tests", "-1")) == len(list(holder.iter("testcase")))
        assert re.fullmatch(r"\d+\.\d{3}", holder.get("time", ""))
    return top


def outcomes(top: ET.Element) -> dict[str, list[str]]:
    return {
        case.get("name", "").split()[0]: [child.tag for child in case]
        for case in top.iter("testcase")
    }


@pytest.mark.parametrize("name", ["rich", "clean", "inconclusive", "hostile"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    reports = {
        "rich": rich_report,
        "clean": clean_report,
        "inconclusive": inconclusive_report,
        "hostile": lambda: strange_report(lambda: EVIL),
    }
    golden(f"render/{name}.junit.xml", to_junit([reports[name]()], ["experiments/run 6"]))


def test_a_check_fails_at_or_above_the_gate() -> None:
    errors = outcomes(parsed(rich_report()))
    assert {id for id, tags in errors.items() if "failure" in tags} == {"LK101", "CT202"}
    assert errors["CL501"] == ["system-out"]
    warnings = outcomes(parsed(rich_report(), fail_on=Severity.WARNING))
    assert {id for id, tags in warnings.items() if "failure" in tags} == {
        "LK101",
        "CT202",
        "LK102",
        "MT401",
        "CL501",
    }


@pytest.mark.parametrize("report", [rich_report(), clean_report(), inconclusive_report()])
@pytest.mark.parametrize("fail_on", list(Severity))
def test_failures_and_errors_agree_with_the_exit_code(report: Report, fail_on: Severity) -> None:
    top = parsed(report, fail_on=fail_on)
    code = exit_code(report, fail_on)
    assert (top.get("errors") != "0") == (code is ExitCode.INCOMPLETE)
    if code is not ExitCode.INCOMPLETE:
        assert (top.get("failures") != "0") == (code is ExitCode.FINDINGS)


def test_what_was_not_judged_is_skipped_with_the_reason() -> None:
    top = parsed(rich_report())
    said = {
        case.get("name", "").split()[0]: child.get("message")
        for case in top.iter("testcase")
        for child in case
        if child.tag in ("skipped", "error")
    }
    assert said == {
        "LK108": "no column holds times",
        "MT404": "could not tell: the history has no evaluated training loss",
        "MT409": "the check crashed: ValueError: no rows",
    }


def test_a_failure_names_place_and_fix() -> None:
    (case,) = (
        each for each in parsed(rich_report()).iter("testcase") if "LK101" in each.get("name", "")
    )
    assert case.get("classname") == "leakage"
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "error"
    lines = (failure.text or "").splitlines()
    assert "  at exports/0/experiment.ipynb, cell 6, line 41" in lines
    assert lines[-1].startswith("  fix: Split the source rows first")


def test_several_findings_of_one_check_are_one_failure() -> None:
    top = parsed(strange_report(lambda: "x"))
    (failure,) = top.iter("failure")
    assert failure.get("message") == "x (and 4 more findings)"


def test_several_exports_are_several_suites() -> None:
    top = parsed(rich_report(), clean_report())
    assert [suite.get("name") for suite in top] == ["exports/0", "exports/1"]
    assert int(top.get("tests", "0")) == len(rich_report().runs) + len(clean_report().runs)


def test_any_text_gives_valid_xml() -> None:
    text = to_junit([strange_report(lambda: CONTROL)], ["a\x0b\ud800<"])
    assert not re.search("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    parsed(strange_report(lambda: CONTROL))
    assert "\\x1b[31m" in text
