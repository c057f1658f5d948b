from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from audit import engine
from audit.cli import providers
from audit.load import load
from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.report import Report, Suppressed
from audit.model.severity import Confidence, Severity
from audit.registry import load_checks
from audit.render import sarif
from audit.render.sarif import to_sarif
from tests.conftest import ROOT
from tests.unit.render.reports import (
    clean_report,
    inconclusive_report,
    rich_report,
    run,
    strange_report,
)
from tests.unit.render.test_markdown import EVIL

SCHEMA = jsonschema.Draft4Validator(
    json.loads((ROOT / "tests" / "schemas" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
)


def valid(*reports: Report, roots: list[str] | None = None) -> dict[str, Any]:
    text = to_sarif(reports, roots if roots is not None else ["exports/a"] * len(reports))
    log = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    SCHEMA.validate(log)
    (only,) = log["runs"]
    assert len(only["results"]) <= 25_000
    rules = only["tool"]["driver"]["rules"]
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for place in result["locations"] + result.get("relatedLocations", []):
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert uri.isascii()
            assert not uri.startswith("/")
            assert ":" not in uri
    return only


def one(*places: Location, message: str = "wrong", remedy: str = "Mend it.") -> Report:
    found = Finding(
        "LK101",
        Severity.NOTE,
        Confidence.LOW,
        message,
        places,
        (Evidence("n", 1),),
        Remedy(remedy),
        "x",
    )
    return replace(
        clean_report(), runs=(run("LK101", "Rows duplicated", Verdict.FAIL, "r", (found,)),)
    )


@pytest.mark.parametrize("name", ["rich", "clean", "inconclusive", "hostile"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    reports = {
        "rich": rich_report,
        "clean": clean_report,
        "inconclusive": inconclusive_report,
        "hostile": lambda: strange_report(lambda: EVIL),
    }
    report = reports[name]()
    valid(report)
    golden(f"render/{name}.sarif", to_sarif([report], ["experiments/run 6"]))


def test_real_reports_are_valid_and_their_lines_hold_the_code() -> None:
    export = ROOT / "notebook_export"
    report = engine.run(load(export), load_checks(), providers=providers())
    only = valid(report, roots=["notebook_export"])
    assert only["results"]
    seen = 0
    for result in only["results"]:
        for place in result["locations"] + result.get("relatedLocations", []):
            physical = place["physicalLocation"]
            file = ROOT / unquote(physical["artifactLocation"]["uri"])
            assert file.is_file()
            if "region" not in physical:
                continue
            line = file.read_text(encoding="utf-8").split("\n")[physical["region"]["startLine"] - 1]
            snippet = physical["region"]["snippet"]["text"]
            shown = json.dumps(snippet)[1:-1] if file.suffix == ".ipynb" else snippet
            assert shown in " ".join(line.split())
            seen += file.suffix == ".ipynb"
    assert seen > 3


def test_only_findings_are_results_and_passed_checks_are_rules() -> None:
    only = valid(clean_report())
    assert only["results"] == []
    assert len(only["tool"]["driver"]["rules"]) == 5
    assert only["invocations"] == [{"executionSuccessful": True}]


def test_a_check_that_crashed_is_a_notification_and_no_success() -> None:
    (invocation,) = valid(rich_report())["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 4
    said = {
        each["associatedRule"]["id"]: (each["level"], each["message"]["text"])
        for each in invocation["toolExecutionNotifications"]
    }
    assert said["MT409"] == ("error", "exports/a: the check crashed: ValueError: no rows")
    assert said["MT404"][0] == "note"


def test_a_notebook_cell_is_a_logical_place_and_has_a_line_only_where_it_is_known() -> None:
    known = Location("n b.ipynb", cell=6, line=2, file_line=41, text="x = 1")
    unknown = Location("n b.ipynb", cell=7, line=3, role=Role.RELATED, note="divided here")
    (result,) = valid(one(known, unknown))["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "exports/a/n%20b.ipynb", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 41, "snippet": {"text": "x = 1"}},
    }
    assert place["logicalLocations"] == [{"name": "cell 6, line 2"}]
    (related,) = result["relatedLocations"]
    assert "region" not in related["physicalLocation"]
    assert related["logicalLocations"] == [{"name": "cell 7, line 3"}]
    assert related["message"] == {"text": "divided here"}
    assert result["message"]["text"] == "wrong (cell 6, line 2). Fix: Mend it."


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        (Location("a.csv", rows=(3, 4)), "rows 3, 4"),
        (Location("m.json", pointer="/a/0"), "/a/0"),
        (Location("a.ipynb", cell=1, line=2, output=True), "cell 1, output line 2"),
    ],
)
def test_no_line_is_made_up(place: Location, inside: str) -> None:
    (result,) = valid(one(place), roots=[""])["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == place.path
    assert "region" not in location["physicalLocation"]
    assert location["logicalLocations"] == [{"name": inside}]


def test_a_message_holds_no_link() -> None:
    report = one(
        Location("a.py", line=3, note="[y](2)"), message="a[0](1) [x](http://e)", remedy="[z](1)"
    )
    (result,) = valid(report)["results"]
    assert "](" not in json.dumps([result["message"], result["locations"]])
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3}


def test_silenced_findings_say_why() -> None:
    silenced = rich_report().findings[-1]
    other = replace(silenced, check_id="XX999")
    report = replace(
        clean_report(),
        suppressed=(Suppressed(silenced, "[known](1)"), Suppressed(other, "old", "external")),
    )
    results = valid(report)["results"]
    assert [each["suppressions"] for each in results] == [
        [{"kind": "inSource", "justification": "[known] (1)"}],
        [{"kind": "external", "justification": "old"}],
    ]


def test_several_exports_are_one_run_most_severe_first() -> None:
    note = one(Location("a.py", line=1))
    only = valid(note, rich_report(), clean_report(), roots=["one", "two/x", ""])
    assert only["automationDetails"] == {"id": "leakage-audit/"}
    levels = [each["level"] for each in only["results"] if "suppressions" not in each]
    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    uris = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for each in only["results"]
        for place in each["locations"]
    }
    assert "one/a.py" in uris
    assert "two/x/experiment.ipynb" in uris
    assert valid(note, roots=["one"])["automationDetails"] == {"id": "leakage-audit/one/"}


def test_fingerprints_are_those_of_the_findings() -> None:
    report = rich_report()
    assert [
        each["partialFingerprints"]["leakageAudit/v1"]
        for each in valid(report)["results"]
        if "suppressions" not in each
    ] == [each.fingerprint for each in report.findings]


def test_results_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 2)
    only = valid(rich_report())
    assert [each["level"] for each in only["results"]] == ["error", "error"]
    last = only["invocations"][0]["toolExecutionNotifications"][-1]
    assert last["message"]["text"].startswith("4 results left out")


def test_rules_describe_the_checks() -> None:
    checks = load_checks()
    report = replace(
        clean_report(),
        runs=tuple(
            replace(
                run(each.id, each.title, Verdict.PASS, "r"),
                severity=each.severity,
                what=each.sections["What"],
                taxonomy=each.taxonomy,
            )
            for each in checks
        ),
    )
    rules = valid(report)["tool"]["driver"]["rules"]
    for check, rule in zip(checks, rules, strict=True):
        assert rule["id"] == check.id
        assert rule["name"].isalnum()
        assert rule["shortDescription"]["text"] == check.title
        assert rule["defaultConfiguration"]["level"] == check.severity.name.lower()
        assert (check.taxonomy in rule["properties"]["tags"]) == (check.taxonomy is not None)
        assert "**False alarms.**" in rule["help"]["markdown"]
        assert "helpUri" not in rule


def test_a_path_that_is_no_unicode() -> None:
    (result,) = valid(one(Location("a\ud800b:c#?.py", line=1)), roots=["x:y"])["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "x%3Ay/a%3Fb%3Ac%23%3F.py"
