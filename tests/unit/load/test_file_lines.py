"""The lines of the notebook file on which the lines of its cells are written."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from audit.load import file_lines
from audit.load.documents import documents_of
from audit.load.file_lines import source_lines
from audit.load.notebooks import read_notebook, read_script


def notebook(*sources: object, **options: object) -> str:
    cells = [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}, **options)


def test_each_line_points_at_the_line_of_the_file_that_holds_it() -> None:
    output = new_output("stream", text='"source": [\n"decoy\\n"\n')
    cells = [new_code_cell("import os\n\nx = 1", outputs=[output]), new_markdown_cell("# T\ntext")]
    text = nbformat.writes(new_notebook(cells=cells))
    lines = text.splitlines()
    file, _ = read_notebook("a.ipynb", text.encode())
    for cell in file.cells:
        assert len(cell.file_lines) == len(cell.source.splitlines()) > 1
        for line, source in enumerate(cell.source.splitlines(), 1):
            place = file.location(cell, line)
            assert place.physical_line is not None
            assert json.dumps(source)[1:-1] in lines[place.physical_line - 1]
    (document,) = (each for each in documents_of(file) if "T" in each.text)
    assert '"text"' in lines[(document.location(2).physical_line or 0) - 1]
    (printed,) = (each for each in documents_of(file) if "decoy" in each.text)
    assert printed.location(1).physical_line is None


def test_one_string_or_one_line_of_json_is_one_line_for_all() -> None:
    assert source_lines(notebook("a\nb\nc", indent=1))[0][1] == (5, 5, 5)
    assert source_lines(notebook(["a\n", "b\n"], ["c"])) == {
        0: ("a\nb\n", (1, 1)),
        1: ("c", (1,)),
    }


def test_lines_that_are_divided_or_joined_otherwise() -> None:
    (got,) = source_lines(notebook(["a", "b\n", "", "c\r\nd\n", "\n", "e"], indent=1)).values()
    assert got == ("ab\nc\r\nd\n\ne", (6, 9, 9, 10, 11))


def test_format_3_and_input() -> None:
    cell = {"cell_type": "code", "input": ["x\n", "y"], "language": "python"}
    text = json.dumps({"worksheets": [{"cells": []}, {"cells": [3, cell]}]}, indent=1)
    file, _ = read_notebook("old.ipynb", text.encode())
    lines = text.splitlines()
    assert [lines[number - 1].strip() for number in file.cells[0].file_lines] == ['"x\\n",', '"y"']


def test_a_repeated_key_counts_as_the_decoder_counts_it() -> None:
    text = '{"cells": [],\n"cells": [\n{"source": "a",\n"source":\n["b"]}]}'
    assert source_lines(text) == {0: ("b", (5,))}
    assert read_notebook("a.ipynb", text.encode())[0].cells[0].file_lines == (5,)


@pytest.mark.parametrize("source", ["a\x00b", "\ud800", "a\x0cb\u2028c"])
def test_no_line_is_wrong_where_the_text_is_changed_by_reading(source: str) -> None:
    file, _ = read_notebook("a.ipynb", notebook(source, indent=1).encode())
    assert file.cells[0].file_lines in ((), (5,))
    assert len(file.cells[0].source.splitlines()) == 1


def test_a_cell_whose_text_is_not_what_the_file_holds_has_no_lines() -> None:
    file, _ = read_notebook("a.ipynb", notebook(["a\r\x00\n", "b"], indent=1).encode())
    assert file.cells[0].source == "a\nb"
    assert file.cells[0].file_lines == ()


def test_no_lines_where_programs_count_lines_differently() -> None:
    text = notebook(["a\n", "b"], indent=1)
    assert source_lines(text.replace("\n", "\r\n"))[0][1] == (6, 7)
    assert source_lines(text.replace("\n", "\r")) == {}


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"cells": 3}', '{"cells": {}}', '{"cells": [', "{"]
)
def test_anything_else_has_no_lines(text: str) -> None:
    assert source_lines(text) == {}


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert source_lines(notebook("\n" * (file_lines.MAX_LINES + 1))) == {}
    monkeypatch.setattr(file_lines, "MAX_STEPS", 100)
    assert source_lines(notebook([1] * 200)) == {}


def test_a_form_feed_ends_no_line_of_a_script() -> None:
    file, _ = read_script("a.py", b"x = 1\n\x0c\ny = 2\r\nz = (\n")
    (cell,) = file.cells
    assert cell.source.splitlines()[2] == "y = 2"
    assert file.location(cell, 4).physical_line == 4
