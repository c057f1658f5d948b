from __future__ import annotations

import pytest

from checks.kit.written_tables import (
    listed_counts,
    markdown_tables,
    plain,
    printed_tables,
    split_cells,
)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| a | b |", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("| a | |", ["a", ""]),
        (r"| a \| b | c |", ["a | b", "c"]),
        ("||", [""]),
    ],
)
def test_cells(line: str, cells: list[str]) -> None:
    assert split_cells(line) == cells


def test_header_rows_lines_and_context() -> None:
    text = "# One\n\n## Two\n\nIntroduced:\n\n| A | **B** |\n|:--|--:|\n| x | 1 |\n| y |\n\nEnd"
    (table,) = markdown_tables(text)
    assert table.header == ("A", "B")
    assert table.line == 7
    assert [(row.line, row.cells) for row in table.rows] == [(9, ("x", "1")), (10, ("y", ""))]
    assert table.context == "Two\nIntroduced:"
    assert not table.partial


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n| x | y |",  # no delimiter row
        "| a | b |\n|---|\n| x | y |",  # delimiter of another width
        "```\n| a | b |\n|---|---|\n| x | y |\n```",
        "~~~~\n```\n| a | b |\n|---|---|\n| x | y |\n~~~~",
        "<!-- \n| a | b |\n|---|---|\n| x | y |\n-->",
        "<pre>\n| a | b |\n|---|---|\n| x | y |\n</pre>",
        "    | a | b |\n    |---|---|\n    | x | y |",
        "| a | b |\n|---|---|",
    ],
)
def test_no_tables(text: str) -> None:
    assert markdown_tables(text) == []


def test_after_a_code_block_tables_are_read_again() -> None:
    text = "```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| x | y |"
    assert [table.line for table in markdown_tables(text)] == [5]


@pytest.mark.parametrize("mark", ["…", "...", "| ... | ... |", "| … | |", "(and 12 more)"])
def test_rows_left_out(mark: str) -> None:
    (table,) = markdown_tables(f"| a | n |\n|---|---|\n| x | 1 |\n{mark}\n")
    assert table.partial
    assert len(table.rows) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**bold** _x_ `code`", "bold x code"),
        ("snake_case_name", "snake_case_name"),
        ("[link](https://example.org)", "link"),
        ("<b>b</b>  c", "b c"),
    ],
)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_listed_counts_need_two_lines_and_one_base() -> None:
    text = "rows\n a: 10 (20 %)\n b: 40 (80 %)\n\n c: 5 (50 %)\n\n d: 1 (1 % of e)\n f: 1 (1 %)\n"
    (table,) = listed_counts(text, markdown=False)
    assert [row.cells for row in table.rows] == [("a", "10", "20 %"), ("b", "40", "80 %")]
    assert table.context == "rows"


def test_printed_columns_at_two_blanks_or_one() -> None:
    (wide,) = printed_tables("Group   Val samples\n-------------------\neasy    5,400\nhard    7\n")
    assert wide.header == ("Group", "Val samples")
    (narrow,) = printed_tables("  site  n\n0 north 10\n1 south 20\n")
    assert narrow.header == ("", "site", "n")
    assert narrow.rows[1].cells == ("1", "south", "20")


def test_ragged_output_is_no_table() -> None:
    assert printed_tables("epoch 1 loss 2\ndone in 3 s\nnothing else to say here\n") == []
