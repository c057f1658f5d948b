from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from audit.model.artifacts import DataStep, StepKind
from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.report import Report
from audit.model.severity import Confidence, Severity
from audit.render.markdown import to_markdown
from tests.unit.render.reports import (
    clean_report,
    inconclusive_report,
    rich_report,
    run,
    strange_report,
)

FIGURES = {
    name: f"notebook_export/{name}.svg" for name in ("contamination", "baseline", "composition")
}
EVIL = (
    "</details><script>alert(1)</script> | a | b ``` ![x](http://evil.example/x) @team "
    '\x1b[31m\u202e $x$ "];s0-->s1\n# heading\n- item\n\n```\n| a |\n|---|'
)


@pytest.mark.parametrize("name", ["rich", "clean", "inconclusive"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    reports = {"rich": rich_report, "clean": clean_report, "inconclusive": inconclusive_report}
    golden(f"render/{name}.md", to_markdown(reports[name](), FIGURES))


def test_hostile_golden(golden: Callable[[str, str], None]) -> None:
    golden("render/hostile.md", to_markdown(strange_report(lambda: EVIL), FIGURES))


def test_the_answer_comes_first() -> None:
    lines = to_markdown(rich_report(), FIGURES).splitlines()
    assert lines[0] == "# Audit of notebook_export: INVALID"
    assert lines[2] == "> [!CAUTION]"
    assert "log2_mse of 0.1815 does not measure generalisation: 89.6 %" in lines[3]
    assert "cannot be estimated: clean rows exist in the easy tier only" in "\n".join(lines[:13])


def test_sections_stand_in_order_and_only_where_there_is_something() -> None:
    def headings(report: Report) -> list[str]:
        return re.findall(r"^## (.*)$", to_markdown(report, FIGURES), re.MULTILINE)

    assert headings(rich_report()) == [
        "What happened",
        "Findings",
        "More figures",
        "Claims",
        "Not checked, and why",
        "Passed",
        "Suppressed",
        "What was recognised",
        "How this audit was made",
    ]
    assert headings(inconclusive_report()) == ["Not checked, and why", "How this audit was made"]


def test_faulty_steps_are_marked_by_class_and_by_word() -> None:
    text = to_markdown(rich_report(), {})
    assert "class s1,s2 fault" in text
    assert re.findall(r"(s\d)\[.*FAULT (\w+)", text) == [("s1", "LK101"), ("s2", "LK102")]


def test_a_long_flow_keeps_the_faulty_steps() -> None:
    report = rich_report()
    idle = tuple(
        DataStep(StepKind.EVALUATE, Location("experiment.ipynb", cell=30 + i, line=1), "f", "x")
        for i in range(40)
    )
    late = Location("experiment.ipynb", cell=6, line=41)
    flow = (*idle, DataStep(StepKind.DUPLICATE, late, "append in a loop", "rows"))
    text = to_markdown(replace(report, flow=flow), {})
    assert len(re.findall(r"^    s\d+\[", text, re.MULTILINE)) == 12
    assert '-- "29 more steps" -->' in text
    assert "s40[" in text


def test_steps_of_different_files_are_not_joined() -> None:
    flow = (
        DataStep(StepKind.LOAD, Location("a.py", line=1), "read", "x"),
        DataStep(StepKind.SPLIT, Location("b.py", line=1), "split", "x"),
    )
    assert "-->" not in to_markdown(replace(rich_report(), flow=flow), {})


def test_evidence_that_groups_share_becomes_one_table() -> None:
    text = to_markdown(rich_report(), {})
    assert "| group | contaminated rows | contaminated share | control rate |" in text
    assert "| k=4, m=4 | 1,201 | 77 % \\[74 %, 80 %\\] | 0.03 % |" in text


def test_what_was_not_checked_gives_its_reason() -> None:
    text = to_markdown(rich_report(), {})
    assert "| MT404 Gap | could not tell | the history has no evaluated training loss |" in text
    assert "| LK108 Time order ignored | not applicable | no column holds times |" in text
    assert "| MT409 Predictions | could not be completed |" in text


def test_figures_appear_where_there_is_evidence_and_a_path() -> None:
    text = to_markdown(clean_report(), FIGURES)
    assert re.findall(r"\]\((notebook_export/.*?)\)", text) == ["notebook_export/baseline.svg"]
    assert "![" not in to_markdown(rich_report(), {})


def test_explanation_stands_once_for_each_check() -> None:
    report = rich_report()
    (first,) = (each for each in report.runs if each.check_id == "LK101")
    twice = replace(first.findings[0], subject="other")
    runs = tuple(
        replace(each, findings=(*each.findings, twice)) if each is first else each
        for each in report.runs
    )
    text = to_markdown(replace(report, runs=runs), {})
    assert text.count("How LK101 looks for it") == 1
    assert "stands under the first LK101 above" in text


def many(text: str, findings: int, groups: int) -> Report:
    evidence = tuple(
        Evidence(name, 0.5, unit=text, group=f"{index} {text}", method=text + str(index))
        for index in range(groups)
        for name in ("a", "b", "c")
    )
    items = tuple(
        Finding(
            "CL501",
            Severity.WARNING,
            Confidence.HIGH,
            text,
            tuple(Location(f"{index}.md", line=line + 1, text=text) for line in range(20)),
            evidence,
            Remedy(text, text * 5, text * 5),
            str(index),
        )
        for index in range(findings)
    )
    claims = tuple(
        Evidence("claim", f"{index} {text}", expected="consistent", unit=text, method=text)
        for index in range(500)
    )
    failed = run("CL501", "Totals", Verdict.FAIL, text, items, claims)
    skipped = tuple(run(f"XX{index}", text, Verdict.NOT_APPLICABLE, text) for index in range(300))
    return replace(clean_report(), runs=(failed, *skipped))


def test_long_lists_are_cut_with_a_count() -> None:
    text = to_markdown(many("short", 130, 2), {})
    assert "30 more findings not shown here" in text
    assert "… and 400 more rows" in text  # claims beyond 100
    assert "… and 8 more places" in text
    assert "… and 20 more rows" in to_markdown(many("short", 1, 70), {})  # groups beyond 50


@pytest.mark.parametrize("text", ["<`|>@#" * 200, "\U000e0041" * 3000])
def test_the_report_stays_under_one_mebibyte(text: str) -> None:
    out = to_markdown(many(text, 120, 60), {})
    assert len(out.encode()) < 2**20
    assert "more findings not shown here" in out


def test_hostile_text_adds_no_html_links_or_images() -> None:
    tokens = (
        MarkdownIt("commonmark")
        .enable("table")
        .parse(to_markdown(strange_report(lambda: EVIL), {}))
    )
    blocks = {token.content.split("\n")[0] for token in tokens if token.type == "html_block"}
    assert all(
        re.fullmatch(r"<details><summary>[\w, ]+</summary>|</details>", block) for block in blocks
    )
    children = [child for token in tokens for child in token.children or ()]
    html = {child.content for child in children if child.type == "html_inline"}
    assert {re.sub(r'"ct202-[0-9a-f]{8}"', '"…"', tag) for tag in html} <= {
        '<a id="…">',
        "</a>",
        "<code>",
        "</code>",
    }
    links = {child.attrs["href"] for child in children if child.type == "link_open"}
    assert all(re.fullmatch(r"#ct202-[0-9a-f]{8}", str(link)) for link in links)
    assert not any(child.type == "image" for child in children)
