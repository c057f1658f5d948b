from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pytest

from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.report import Report
from audit.render.json_report import to_json
from tests.unit.render.reports import clean_report, inconclusive_report, rich_report, run


def strict(text: str) -> Any:
    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", ["rich", "clean", "inconclusive"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    reports = {"rich": rich_report, "clean": clean_report, "inconclusive": inconclusive_report}
    golden(f"render/{name}.json", to_json(reports[name]()))


def test_top_level_and_words() -> None:
    document = strict(to_json(rich_report()))
    assert list(document) == [
        "schema_version",
        "tool_version",
        "export",
        "settings",
        "verdict",
        "headline",
        "runs",
        "suppressed",
    ]
    assert document["schema_version"] == 1
    assert document["verdict"] == "INVALID"
    runs = {each["check_id"]: each for each in document["runs"]}
    assert runs["LK101"]["verdict"] == "FAIL"
    finding = runs["LK101"]["findings"][0]
    assert (finding["severity"], finding["confidence"]) == ("ERROR", "HIGH")
    assert finding["locations"][0]["cell"] == 6
    assert finding["locations"][0]["line"] == 41
    assert finding["locations"][1]["role"] == "related"
    assert finding["evidence"][0] == {
        "name": "copies_actual",
        "observed": 50,
        "unit": "copies",
        "method": "literal in `copies` (cell 6)",
    }
    assert runs["CT202"]["findings"][0]["locations"][0] == {
        "path": "splits/validation.csv",
        "role": "primary",
        "rows": [0, 3, 17, 19, 24, 31],
    }


def test_headline_gives_numbers_and_reasons_for_nulls() -> None:
    headline = strict(to_json(rich_report()))["headline"]
    assert headline["reported_metric"] == 0.181483
    assert headline["contaminated_share"] == pytest.approx(12575 / 14040, abs=1e-15)
    assert headline["worst_group"] == "k=5, m=2"
    assert headline["decontaminated_metric"] is None
    assert headline["reasons"] == {
        "decontaminated_metric": "clean rows exist in the easy tier only"
    }
    assert headline["details"]["reported_metric"]["unit"] == "log2_mse"


def test_a_number_that_no_check_measured_is_null_with_the_reason_of_the_check() -> None:
    headline = strict(to_json(inconclusive_report()))["headline"]
    assert headline["contaminated_share"] is None
    assert headline["reasons"]["contaminated_share"] == "no split arrays were found"
    assert (
        headline["reasons"]["reported_metric"]
        == "no overall metric is stated in a form that could be read"
    )


def odd_report() -> Report:
    measured = (
        Evidence("a", float("nan"), expected=float("inf"), interval=(float("-inf"), 1.0)),
        Evidence("b", np.int64(3), n=np.int64(4)),
        Evidence("c", np.float64(0.5)),
        Evidence("d", (1, float("inf"), "x", None)),
        Evidence("e", "lone \ud800"),
        Evidence("f", True),
    )
    report = clean_report()
    runs = (*report.runs, run("MT499", "Odd", Verdict.PASS, "odd", measured=measured))
    headline = replace(report.headline, balanced_metric=Evidence("balanced_metric", float("inf")))
    return replace(report, runs=runs, headline=headline)


def test_numbers_that_json_does_not_know_are_null_and_spelled_beside() -> None:
    document = strict(to_json(odd_report()))
    a, b, c, d, e, f = document["runs"][-1]["measured"]
    assert a["observed"] is None
    assert a["observed_text"] == "nan"
    assert a["expected"] is None
    assert a["expected_text"] == "inf"
    assert a["interval"] == [None, 1.0]
    assert a["interval_text"] == "-inf, 1"
    assert (b["observed"], b["n"]) == (3, 4)
    assert c["observed"] == 0.5
    assert d["observed"] == [1, None, "x", None]
    assert e["observed"] == "lone \ufffd"
    assert f["observed"] is True
    assert document["headline"]["balanced_metric"] is None
    assert document["headline"]["reasons"]["balanced_metric"] == "the value is inf"


def test_only_ascii_is_written() -> None:
    report = replace(clean_report(), export_name="a\x1b[31m\u202eb")
    text = to_json(report)
    assert text.isascii()
    assert "\x1b" not in text
    assert strict(text)["export"]["name"] == "a\x1b[31m\u202eb"
