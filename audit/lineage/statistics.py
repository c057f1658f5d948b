"""Statistics across rows, and whether an axis makes them one per row instead."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from audit.lineage import knowledge as known
from audit.lineage.trace import Statistic
from audit.lineage.values import Flow, Kind, Value

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter


def is_per_row(axis: Value | None) -> bool:
    """Whether an axis argument leaves one number per row.

    Examples
    --------
    >>> is_per_row(Value(Kind.CONST, const=1)), is_per_row(None)
    (True, False)
    """
    if axis is None:
        return False
    if axis.kind is Kind.TUPLE and axis.items is not None:
        return all(is_per_row(item) for item in axis.items)
    return axis.const in ("columns", -1, -2, -3) or (type(axis.const) is int and axis.const > 0)


def statistic_value(
    interp: Interpreter, flow: Flow, node: ast.AST, operation: str, name: str
) -> Value:
    """A number (or one per column) computed from many rows."""
    number = interp.trace.statistic(
        Statistic(
            interp.place(node),
            operation,
            flow,
            name in known.SUPERVISED_STATISTICS,
            flow.path[-1:],
        )
    )
    return Value(Kind.STAT, Flow(stats=frozenset({number}), steps=flow.steps))
