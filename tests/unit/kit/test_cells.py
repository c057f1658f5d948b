import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from audit.cli import providers
from audit.engine import run
from audit.load import load
from audit.model.artifacts import Code
from audit.model.export import Present
from audit.registry import load_checks
from checks.kit.cells import MAX_KEPT, MAX_SOURCE, parse_cell, syntax_tree
from tests.harness import EXPORTS, overlay


def lines_of(source: str) -> list[int]:
    return [node.lineno for node in parse_cell(source).body]


def names_of(source: str) -> set[str]:
    return {node.id for node in ast.walk(parse_cell(source)) if isinstance(node, ast.Name)}


def test_plain_python_is_untouched() -> None:
    assert ast.dump(parse_cell("x = 7 % 2\n")) == ast.dump(ast.parse("x = 7 % 2\n"))


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "!pip install numpy",
        "files = !ls",
        "version = %env HOME",
        "model.fit?",
        "?model",
        "np.mean??",
        "!echo a \\\n  b",
    ],
)
def test_magics_vanish_and_lines_stay(magic: str) -> None:
    source = f"a = 1\n{magic}\nb = 2"
    assert {"a", "b"} <= names_of(source)
    assert lines_of(source)[-1] == source.count("\n") + 1


def test_a_timed_statement_is_kept() -> None:
    assert "model" in names_of("%time model.fit(X, y)")
    assert "model" in names_of("%timeit -n 10 model.fit(X, y)")


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "\n%%time"])
def test_cell_magics_with_a_python_body_keep_it(magic: str) -> None:
    assert names_of(f"{magic}\nx = y") == {"x", "y"}
    assert lines_of(f"{magic}\nx = y") == [magic.count("\n") + 2]


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile a.py", "%%R"])
def test_other_cell_magics_leave_nothing(magic: str) -> None:
    assert parse_cell(f"{magic}\nrm -rf x").body == []


def test_percent_inside_strings_and_brackets_is_no_magic() -> None:
    source = '%pylab\ntext = """\n%not a magic\n!nor this\n"""\nz = (a\n  % b)\n'
    tree = parse_cell(source)
    assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert isinstance(assigned[0].value, ast.Constant)
    assert "%not a magic" in str(assigned[0].value.value)
    assert isinstance(assigned[1].value, ast.BinOp)


def test_magic_within_a_block_keeps_the_indentation() -> None:
    assert len(parse_cell("for i in x:\n    !ls\n    y = i\n").body) == 1


def test_await_at_top_level_is_python() -> None:
    assert len(parse_cell("rows = await load()").body) == 1


@pytest.mark.parametrize(
    "source",
    ["print 'python 2'", "x = 1\0", "(" * 5000 + ")" * 5000, "-" * 200_000 + "1", "'\ud800'", "%%"],
)
def test_what_is_not_python_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        parse_cell(source)


@pytest.mark.parametrize(
    "source", ["def (:", "x = \0", "(" * 10_000, "x" * (MAX_SOURCE + 1), "print 'a'"]
)
def test_what_is_not_python_has_no_tree(source: str) -> None:
    assert syntax_tree(source) is None


def test_a_text_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "only = 'here, in test_a_text_is_parsed_once'"
    tree = parse_cell(source)
    monkeypatch.setattr(ast, "parse", None)
    assert parse_cell(source) is tree
    assert syntax_tree(source) is tree


def test_trees_of_much_text_are_let_go() -> None:
    first = "x = 'first of many'"
    tree = parse_cell(first)
    for number in range(4):
        parse_cell(f"# {number}" + "\n" * (MAX_KEPT // 3))
    assert parse_cell(first) is not tree
    assert ast.dump(parse_cell(first)) == ast.dump(tree)


def dumped(sources: Iterable[str]) -> dict[str, str]:
    trees = {source: syntax_tree(source) for source in sources}
    return {
        source: ast.dump(tree, include_attributes=True) for source, tree in trees.items() if tree
    }


def test_no_check_changes_a_tree(tmp_path: Path) -> None:
    """Trees are shared: what one check changed would be read by the next."""
    sources: list[str] = []
    for folder in ("LK101", "LK102", "LK106", "CL503", "HY601", "HY602", "MT408"):
        export = load(overlay(EXPORTS / folder / "bad", tmp_path / folder))
        code = export.get(Code)
        assert isinstance(code, Present)
        sources = [cell.source for file in code.value.files for cell in file.cells]
        before = dumped(sources)
        run(export, load_checks(), providers=providers())
        assert dumped(sources) == before
    assert sources
