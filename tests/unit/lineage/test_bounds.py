"""Hostile and huge code: bounded work, no exception."""

from __future__ import annotations

import pytest

from audit.lineage import code_facts
from audit.model.artifacts import Cell, CellKind, Code, CodeFacts, SourceFile


def facts_of(*sources: str) -> CodeFacts:
    cells = tuple(Cell(i, CellKind.CODE, source) for i, source in enumerate(sources))
    return code_facts(Code((SourceFile("book.ipynb", True, cells),)))


NESTED = "def f0(x):\n    return x\n" + "".join(
    f"def f{i}(x):\n    return f{i - 1}(f{i - 1}(f{i - 1}(x)))\n" for i in range(1, 15)
)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 100_000,
        "x = " + "+".join(["1"] * 20_000),
        "x = " + "-" * 3000 + "1",
        "x" + ".a" * 3000,
        "x" + "[0]" * 3000,
        "x" + "()" * 3000,
        "f(" * 90 + ")" * 90,
        "\n".join("    " * i + "if x:" for i in range(90)) + "\n" + "    " * 90 + "y = 1",
        "\n".join(" " * i + f"for i{i} in x:" for i in range(19)) + "\n" + " " * 19 + "y = 1",
        "def f(x):\n    return f(f(x))\nf(f(f(1)))",
        NESTED + "f14(open('a'))",
        "x = [x, x]\n" * 200,
        "x = (x, x)\n" * 200,
        "x = [[x, y] for y in x]\n" * 200,
        "a, *b = c = a\n" * 50,
        "l = []\nl.append(l)\nfor q in l:\n    l.extend(l)\nl += l\nX = [l] * 3",
        "class A(A):\n    def __init__(self):\n        self.a = self\na = A()\na.a.a.a = a\nA()(a)",
        "d = {}\nd['a'] = d\nd['a']['a'] = d\nd.update(d)",
        "f = lambda f: f(f)\nf(f)",
        "def g():\n    yield g()\nlist(g())",
        "while True:\n    x = [x]",
        "".join(f"if a{i}:\n    b{i} = {i}\n" for i in range(5000)),
        "x = 1\0",
        "print 'python two'",
    ],
    ids=range(24),
)
def test_survives(source: str) -> None:
    facts_of(source)


def test_a_broken_cell_is_skipped_and_the_others_are_followed() -> None:
    facts = facts_of(
        "import numpy as np\nfrom sklearn.model_selection import train_test_split",
        "this is no python",
        "X = np.load('x.npy')",
        "X = np.repeat(X, 3, axis=0)",
        "%%bash\nls",
        "A, B = train_test_split(X)\nmodel.fit(A)\nmodel.predict(B)",
    )
    (split,) = facts.splits
    assert [str(step.location) for step in split.upstream] == ["book.ipynb cell 3:1"]
    assert facts.limits == ("book.ipynb cell 1 is not Python that could be parsed",)


def test_code_beyond_the_budget_is_told() -> None:
    (limit,) = facts_of("x = 1", "x = [1, 2, 3]\n" * 90_000).limits
    assert limit == "book.ipynb cell 1 is reached after too much to follow; the rest is left out"


def test_calls_that_are_not_followed_are_told() -> None:
    def source(depth: int) -> str:
        calls = (f"def f{i}(x):\n    return f{i - 1}(x)\n" for i in range(1, depth + 1))
        return "def f0(x):\n    return x\n" + "".join(calls) + f"f{depth}(open('a'))"

    (limit,) = facts_of(source(20)).limits
    assert limit == "book.ipynb cell 0 has too many calls within calls to follow all of them"
    assert facts_of(source(9)).limits == ()


def test_a_function_that_calls_itself_is_no_limit() -> None:
    assert facts_of("def f(x):\n    return f(x[1:])\nf(open('a'))").limits == ()


def test_no_code_cells() -> None:
    file = SourceFile("a.ipynb", True, (Cell(0, CellKind.MARKDOWN, "x = 1"),))
    assert code_facts(Code((file,))) == CodeFacts((), (), ())


def test_rows_with_too_many_steps_behind_them_are_told() -> None:
    again = "x = pd.concat([x, x])\na, b = train_test_split(x)\n" * 5_000
    head = "import pandas as pd\nfrom sklearn.model_selection import train_test_split\n"
    facts = facts_of(head + "x = pd.read_csv('a')\n" + again)
    assert facts.limits == (
        "book.ipynb cell 0 is reached after too much to follow; the rest is left out",
    )
    assert 100 < len(facts.splits) < 600
