from __future__ import annotations

import pytest

from checks.kit.written_lines import MAX_LINES, MAX_WIDTH, plain, unread_lines
from checks.kit.written_tables import (
    MAX_COLUMNS,
    MAX_ROWS,
    listed_counts,
    markdown_tables,
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


def test_a_line_that_is_too_long_leaves_the_table_incomplete() -> None:
    long = "| y |" + " 1" * MAX_WIDTH + " |"
    (table,) = markdown_tables(f"| a | n |\n|---|---|\n| x | 1 |\n{long}\n| z | 2 |\n")
    assert table.partial
    assert [row.cells for row in table.rows] == [("x", "1")]
    first, second = listed_counts(
        f"a: 10 (10 %)\nb: 20 (20 %)\n{'c' * MAX_WIDTH}: 1 (1 %)\nd: 30 (30 %)\ne: 39 (39 %)",
        markdown=False,
    )
    assert first.partial
    assert second.partial


def test_a_table_beyond_the_last_line_read_is_incomplete() -> None:
    text = "\n" * (MAX_LINES - 3) + "| a | n |\n|---|---|\n| x | 1 |\n| y | 2 |\n"
    (table,) = markdown_tables(text)
    assert table.partial
    assert [row.cells for row in table.rows] == [("x", "1")]
    assert unread_lines(text) == 1


def test_tables_too_wide_or_too_high() -> None:
    wide = "|a" * (MAX_COLUMNS + 1)
    assert markdown_tables(f"{wide}|\n{'|-' * (MAX_COLUMNS + 1)}|\n{wide}|\n") == []
    (high,) = markdown_tables("| a | n |\n|---|---|\n" + "| x | 1 |\n" * (MAX_ROWS + 1))
    assert high.partial
    assert len(high.rows) == MAX_ROWS


@pytest.mark.parametrize(
    "line",
    [
        "> " * 5_000 + "x",
        "# " + "#" * 9_000 + "x",
        "# " + " " * 9_000 + "x",
        "| " + "." * 9_000 + "x | 1 |",
        " " * 299 + "|",
        "a: 1" + " " * 290 + "|",
        "%" + " " * 9_000 + "! | n |",
        "`" * 9_000,
        "_" * 9_000 + "a",
        "[" * 9_000,
        "|" * 9_000,
    ],
)
def test_hostile_lines_are_read_in_one_pass(line: str) -> None:
    # a regular expression that backtracks over these would not come back
    text = f"{line}\n" * 20
    assert markdown_tables(text) == []
    assert listed_counts(text, markdown=True) == []
    assert all(len(table.rows) == 19 for table in printed_tables(text))
