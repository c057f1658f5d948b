"""Every line of a cell maps to the line of the notebook file that holds its text."""

from __future__ import annotations

import json

import nbformat
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from audit.load.file_lines import source_lines
from audit.load.notebooks import read_notebook

pieces = st.text(alphabet='ab\n\r"\\ {}[],:é', max_size=8)
spaces = st.sampled_from(["", " ", "\n", "\r\n", "\n\n \t"])
items = st.one_of(pieces, st.sampled_from([1, None, {"source": ["no"]}, [["no"]]]))


@given(st.lists(st.lists(st.tuples(spaces, items, spaces), max_size=5), max_size=4))
def test_a_line_stands_where_its_first_character_stands(cells: list) -> None:
    text = '{"metadata": {"a": ["\\n", 1]}, "cells": ['
    expected: dict[int, tuple[str, tuple[int, ...]]] = {}
    for index, cell in enumerate(cells):
        text += ("," if index else "") + '{"outputs": [],\n "source" : ['
        written: list[tuple[str, int]] = []  # each character, and the line of the file
        for place, (before, item, after) in enumerate(cell):
            text += ("," if place else "") + before
            line = 1 + text.count("\n")
            text += json.dumps(item) + after
            written += [(char, line) for char in item] if isinstance(item, str) else []
        text += "]}"
        previous = ["\n", *(char for char, _ in written)]
        starts = tuple(
            line
            for (char, line), last in zip(written, previous, strict=False)
            if last == "\n" or (last == "\r" and char != "\n")
        )
        expected[index] = ("".join(char for char, _ in written), starts)
    assert source_lines(text + "]}") == expected


@given(st.lists(st.text(alphabet="xyz#= \n'", max_size=30), max_size=4))
def test_notebooks_as_nbformat_writes_them(sources: list[str]) -> None:
    made = [new_code_cell, new_markdown_cell]
    cells = [made[index % 2](source) for index, source in enumerate(sources)]
    text = nbformat.writes(new_notebook(cells=cells))
    lines = text.split("\n")
    file, _ = read_notebook("a.ipynb", text.encode())
    for cell in file.cells:
        held = [json.loads(lines[n - 1].strip().removesuffix(",")) for n in cell.file_lines]
        assert held == cell.source.splitlines(keepends=True)
