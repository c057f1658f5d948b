"""The best of values that a loop collected: ``max(scores)``, ``np.argmin(losses)``, ``idxmin``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.hygiene.seeds import Program, Statement

_POSITIONS = frozenset({"argmin", "argmax", "nanargmin", "nanargmax", "idxmin", "idxmax"})
_EXTREMES = frozenset({"min", "max", "amin", "amax", "nanmin", "nanmax"})
_ORDERS = frozenset({"sort", "sorted", "sort_values", "nlargest", "nsmallest", "most_common"})
_CHOSEN = ("best", "opt", "chosen", "select", "winner")
_FOLDS = frozenset({"cross_val_score", "cross_validate"})
_MAX_NAMES = 50


@dataclass(slots=True)
class Chosen:
    """A choice by values that were collected for several candidates.

    Parameters
    ----------
    statement : Statement
        Where the best one is taken.
    node : ast.AST
        The call.
    name : str
        What holds the values.
    words : list of str
        Names that the values were made of.
    """

    statement: Statement
    node: ast.AST
    name: str
    words: list[str] = field(default_factory=list)

    @property
    def by_folds(self) -> bool:
        """Whether each value is that of a cross-validation."""
        return any(word in _FOLDS for word in self.words)


def best_of_values(program: Program) -> Iterator[Chosen]:
    """Choices by the largest or smallest value, one for each collection."""
    collected = _collected(program)
    if not collected:
        return
    seen: set[str] = set()
    for statement in program.statements:
        for node in statement.expressions:
            if not isinstance(node, ast.Call):
                continue
            for name in _source(program, statement, node):
                key = _origin(program, name, collected)
                if key and key not in seen:
                    seen.add(key)
                    yield Chosen(statement, node, name, [*collected[key], *_columns(node)])


def _collected(program: Program) -> dict[str, list[str]]:
    """Lists, dictionaries and comprehensions that get a value in each turn, and its names."""
    found: dict[str, list[str]] = {}
    for statement in program.statements:
        node = statement.node
        if isinstance(node, ast.For | ast.While):
            for inner in ast.walk(node):
                for name, value in _added(inner):
                    found.setdefault(name, []).extend(_behind(program, value))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if isinstance(node.value, ast.ListComp):
                found[node.targets[0].id] = _behind(program, node.value.elt)
            elif isinstance(node.value, ast.DictComp):
                found[node.targets[0].id] = _behind(program, node.value.value)
    return found


def _added(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]):
            yield name, value
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
            yield name, value


def _behind(program: Program, value: ast.expr, depth: int = 0) -> list[str]:
    """Names in an expression, and those that its names were made of."""
    names = [n for n in ast.walk(value) if isinstance(n, ast.Name | ast.Attribute)]
    words = [n.id if isinstance(n, ast.Name) else n.attr for n in names]
    words += [
        n.value for n in ast.walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    if depth < 2:
        for node in names[:_MAX_NAMES]:
            given = program.values.get(node.id, [])[:5] if isinstance(node, ast.Name) else []
            for inner in given:
                if inner is not None and inner is not value:
                    words += _behind(program, inner, depth + 1)
    return words[:200]


def _source(program: Program, statement: Statement, node: ast.Call) -> Iterator[str]:
    """Names of what the best is taken of, where the call chooses."""
    function = node.func
    last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    keyed = any(keyword.arg == "key" for keyword in node.keywords)
    if len(node.args) > 1 or any(keyword.arg == "axis" for keyword in node.keywords):
        return  # the class of each row, the larger of two numbers
    if last in _EXTREMES and not keyed and not _is_kept(statement):
        return
    if last in _ORDERS and not _orders_for_a_choice(program, statement, last):
        return
    if last not in _POSITIONS | _EXTREMES | _ORDERS:
        return
    inside = [*node.args[:1]]
    if isinstance(function, ast.Attribute):
        inside.append(function.value)
    for part in inside:
        for inner in ast.walk(part):
            if isinstance(inner, ast.Name):
                yield inner.id


def _is_kept(statement: Statement) -> bool:
    """Whether the value is called the best one: limits of an axis are no choice."""
    node = statement.node
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = [n.id.casefold() for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    return any(word in name for name in names for word in _CHOSEN)


def _orders_for_a_choice(program: Program, statement: Statement, last: str) -> bool:
    """A list is ordered, and its first entry is called the best."""
    if _is_kept(statement):
        return True
    held = _names(statement.node)
    for other in program.statements[statement.order + 1 : statement.order + 20]:
        taken = other.node.value if isinstance(other.node, ast.Assign) else None
        if isinstance(taken, ast.Subscript) and _is_kept(other) and held & _names(taken):
            return True
    return False


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _origin(program: Program, name: str, collected: dict[str, list[str]]) -> str:
    """The collection that a name holds: itself, or one that a table was made of."""
    todo, seen = [name], {name}
    while todo and len(seen) < _MAX_NAMES:
        current = todo.pop(0)
        if current in collected:
            return current
        for value in program.values.get(current, [])[:5]:
            if isinstance(value, ast.Call | ast.Subscript):
                new = sorted(_names(value) - seen)
                seen.update(new)
                todo += new
    return ""


def _columns(node: ast.Call) -> list[str]:
    """Names of columns in the call: ``results["val_mse"].idxmin()``."""
    return [
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
