"""Which variables a loop, a call or a statement takes its rows from, by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.lineage.knowledge import SIZE_ATTRIBUTES
from audit.lineage.values import Kind, Place, Value, flow_of

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A line that takes rows from variables.

    Parameters
    ----------
    place : Place
        The line.
    names : tuple of str
        The variables, as written.
    """

    place: Place
    names: tuple[str, ...]


def source(
    interp: Interpreter, nodes: Sequence[ast.AST], place: ast.AST, *, sizes: bool = False
) -> Source:
    """The variables that hold rows in some expressions, in the order of their appearance.

    With `sizes` those of which only the length is taken count too: ``range(len(X))``.
    """
    names = dict.fromkeys(name for node in nodes for name in _names(interp, node, sizes))
    return Source(interp.place(place), tuple(names))


def as_written(interp: Interpreter, arguments: Sequence[ast.expr], place: ast.AST) -> Source:
    """The arguments of a call, one name each; ``...`` where an argument is more than a name."""
    names = tuple(
        ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else "..."
        for node in arguments
    )
    return Source(interp.place(place), names)


def outermost(inner: Sequence[Source], outer: Sequence[Source]) -> Source | None:
    """The first line with variables on the way to a step, without the way it shares with a split.

    Where a function both multiplies and splits, the call of that function is no line to change.
    """
    shared = 0
    while shared < min(len(inner), len(outer)) and inner[shared] is outer[shared]:
        shared += 1
    return next((item for item in inner[shared:] if item.names), None)


def _names(interp: Interpreter, node: ast.AST, sizes: bool) -> Iterator[str]:
    if isinstance(node, ast.Lambda):
        return
    is_length = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
    )
    if is_length and not sizes:
        return
    if isinstance(node, ast.Attribute) and node.attr in SIZE_ATTRIBUTES and not sizes:
        return
    if isinstance(node, ast.Name | ast.Attribute):
        value = _known(interp, node)
        if value is not None and value.kind not in _NO_ROWS and flow_of(value).roots:
            yield ast.unparse(node)
            return
    for child in ast.iter_child_nodes(node):
        yield from _names(interp, child, sizes)


_NO_ROWS = (Kind.OBJECT, Kind.FUNCTION, Kind.CLASS, Kind.MODULE, Kind.INDEX, Kind.ROW)


def _known(interp: Interpreter, node: ast.expr) -> Value | None:
    """Value of a name, or of an attribute of an object, without evaluating anything."""
    if isinstance(node, ast.Name):
        return interp.scope.find(node.id)
    if isinstance(node, ast.Attribute):
        owner = _known(interp, node.value)
        if owner is not None and owner.instance is not None:
            return owner.instance.attributes.get(node.attr)
    return None
