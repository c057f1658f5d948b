from __future__ import annotations

import ast

import pytest

from checks.kit.python_source import MAX_SOURCE, syntax_tree


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n",
        "%matplotlib inline\nx = 1",
        "!pip install a\nx = 1",
        "frame?\nx = 1",
        "%%time\nx = 1",
    ],
)
def test_assignment_is_found(source: str) -> None:
    tree = syntax_tree(source)
    assert tree is not None
    assert any(isinstance(node, ast.Assign) for node in ast.walk(tree))


@pytest.mark.parametrize(
    "source",
    ["%%bash\nx=1", "def (:", "x = \0", "(" * 10_000, "x" * (MAX_SOURCE + 1), "print 'a'"],
)
def test_what_is_not_python(source: str) -> None:
    assert syntax_tree(source) is None
