"""The nouns refuse what makes no sense, and fingerprints are stable."""

from __future__ import annotations

import dataclasses

import pytest

from audit.model.check import Outcome, Verdict, check, passed
from audit.model.groups import canonical_group
from audit.model.location import Location, Role
from audit.model.severity import Severity
from tests.unit.audit.test_engine import DOC, a_finding


def test_location_takes_one_form() -> None:
    with pytest.raises(ValueError, match="several"):
        Location("a.csv", line=1, rows=(2,))
    with pytest.raises(ValueError, match="line within its cell"):
        Location("a.ipynb", cell=1)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x"])
def test_location_stays_inside_the_export(path: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        Location(path)


@pytest.mark.parametrize(
    ("location", "text"),
    [
        (Location("a.ipynb", cell=6, line=41), "a.ipynb cell 6:41"),
        (Location("a.ipynb", cell=6, line=2, output=True), "a.ipynb cell 6 output:2"),
        (Location("a.py", line=3), "a.py:3"),
        (Location("m.json", pointer="/val/rmse"), "m.json#/val/rmse"),
        (Location("t.csv", rows=(4, 7)), "t.csv row 4 …"),
        (Location("t.csv"), "t.csv"),
    ],
)
def test_location_reads_well(location: Location, text: str) -> None:
    assert str(location) == text


def test_finding_needs_a_primary_location_and_evidence() -> None:
    finding = a_finding("LK101")
    with pytest.raises(ValueError, match="evidence"):
        dataclasses.replace(finding, evidence=())
    with pytest.raises(ValueError, match="primary"):
        dataclasses.replace(finding, locations=(Location("a", role=Role.RELATED),))


def test_fingerprint_survives_moved_lines_and_new_words() -> None:
    finding = a_finding("LK101")
    moved = dataclasses.replace(
        finding, locations=(Location("a.py", line=99),), message="other words"
    )
    assert moved.fingerprint == finding.fingerprint
    assert dataclasses.replace(finding, subject="other").fingerprint != finding.fingerprint


def test_outcome_fails_exactly_with_findings() -> None:
    with pytest.raises(ValueError, match="exactly"):
        Outcome(Verdict.FAIL, "bad")
    with pytest.raises(ValueError, match="exactly"):
        Outcome(Verdict.PASS, "good", (a_finding("LK101"),))


def test_check_needs_all_sections_and_annotations() -> None:
    def undocumented() -> Outcome:
        return passed("x")

    with pytest.raises(TypeError, match="How it is found"):
        check("LK199", "t", Severity.NOTE)(undocumented)

    def bare(facts) -> Outcome:
        return passed("x")

    bare.__doc__ = DOC
    with pytest.raises(TypeError, match="'facts'"):
        check("LK199", "t", Severity.NOTE)(bare)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("(4, 2)", "4,2"),
        ("k=4,m=2", "4,2"),
        ("m=2, k=4", "4,2"),
        ("k=4 m=2", "4,2"),
        ("k4_m2", "4,2"),
        ("(4,2)", "4,2"),
        ("4_2", "4,2"),
        ("[4.0, 2.0]", "4,2"),
        ("**North East**", "north east"),
        ("site B", "site b"),
        ("2020-01", "2020,1"),
        ("-1", "-1"),
        ("", ""),
    ],
)
def test_groups_are_spelled_one_way(text: str, key: str) -> None:
    assert canonical_group(text) == key
