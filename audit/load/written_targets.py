"""Which column the code calls the target: ``y = frame["price"]``, ``target = "price"``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from audit.model.artifacts import CellKind, SourceFile
from checks.kit.cells import parse_cell

_NAME = re.compile(
    r"(?i)(?:y|target|label|outcome|response)s?(?:_?(?:train|val|valid|test|all|full|col|column|name))?"
)
_SAME_VALUES = frozenset({"to_numpy", "astype", "copy", "ravel", "reshape", "fillna", "squeeze"})


def targets_in_code(sources: Sequence[SourceFile]) -> frozenset[str]:
    """Names of columns that the code assigns to a variable that is called like a target.

    The code is parsed, never run; cells that do not parse are passed over.
    """
    found: set[str] = set()
    for file in sources:
        for cell in file.cells:
            if cell.kind is not CellKind.CODE:
                continue
            try:
                tree = parse_cell(cell.source)
            except (SyntaxError, RecursionError):
                continue
            for target, value in _assignments(tree):
                if _NAME.fullmatch(target) and (column := _column(value)):
                    found.add(column)
    return frozenset(found)


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            for name, value in pairs:
                if isinstance(name, ast.Name):
                    yield name.id, value


def _column(value: ast.expr) -> str | None:
    for _ in range(8):  # frame["price"].astype(float).to_numpy()
        if isinstance(value, ast.Attribute) and value.attr == "values":
            value = value.value
        elif (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr in _SAME_VALUES
        ):
            value = value.func.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        value = value.args[0] if value.func.attr == "pop" and value.args else value
    elif isinstance(value, ast.Subscript):
        value = value.slice
    elif isinstance(value, ast.Attribute):
        return value.attr
    if isinstance(value, ast.List) and len(value.elts) == 1:
        value = value.elts[0]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
