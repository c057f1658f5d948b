"""Syntax trees of cells and scripts; the code is parsed, never run."""

from __future__ import annotations

import ast
import re
import warnings

MAX_SOURCE = 1_000_000  # characters

_CELL_MAGIC = re.compile(r"\s*%%(?!time\b|timeit\b|capture\b|prun\b)")
_NOT_PYTHON = re.compile(r"^(\s*)(?:[%!?]|\w[\w.]*\?{1,2}\s*$).*", re.MULTILINE)


def syntax_tree(source: str) -> ast.Module | None:
    """The tree of a cell, magics and shell lines left out; ``None`` where it is not Python."""
    if len(source) > MAX_SOURCE or _CELL_MAGIC.match(source):
        return None
    tree = _parse(source)
    if tree is None and re.search(r"[%!?]", source):
        tree = _parse(_NOT_PYTHON.sub(r"\1pass", source))
    return tree


def _parse(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None
