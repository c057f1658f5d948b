"""Where rows are divided: by a function, by positions, by a cut, by a condition."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.lineage.sources import as_written
from audit.lineage.values import MEMBERS, Flow, Kind, Store, Value, flow_of
from audit.model.severity import Confidence

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter

_OPPOSITES: dict[type[ast.cmpop], tuple[str, bool]] = {
    ast.Eq: ("==", True),
    ast.NotEq: ("==", False),
    ast.Lt: ("<", True),
    ast.GtE: ("<", False),
    ast.LtE: ("<=", True),
    ast.Gt: ("<=", False),
    ast.In: ("in", True),
    ast.NotIn: ("in", False),
    ast.Is: ("is", True),
    ast.IsNot: ("is", False),
}


def side_of(interp: Interpreter, value: Value, split: int, side: int) -> Value:
    """The rows (or positions) of `value` that fall on one side."""
    flow = interp.trace.divide(flow_of(value), split, side)
    kind = Kind.INDEX if value.kind is Kind.INDEX else Kind.ROWS
    return Value(kind, flow, is_list=value.is_list or kind is Kind.INDEX)


def split_function(
    interp: Interpreter, values: Sequence[Value], node: ast.AST, operation: str, sides: int = 2
) -> Value:
    """``train_test_split(X, y)``: for each argument its sides, in turn."""
    divided = node.args[: len(values)] if isinstance(node, ast.Call) else []
    split = interp.trace.split(
        interp.place(node), operation, interp.hint, source=as_written(interp, divided, node)
    )
    values = [
        value if flow_of(value).roots or value.kind is Kind.INDEX else interp.fresh()
        for value in values
    ]
    return Value(
        Kind.TUPLE,
        items=tuple(
            side_of(interp, value, split, side) for value in values for side in range(sides)
        ),
    )


def fold_positions(
    interp: Interpreter,
    node: ast.AST,
    operation: str,
    confidence: Confidence,
    *,
    keeps_groups: bool = False,
) -> Value:
    """``KFold().split(X)``: pairs of positions."""
    split = interp.trace.split(interp.place(node), operation, interp.hint, confidence=confidence)
    interp.trace.splits[split].keeps_groups |= keeps_groups
    pair = tuple(
        Value(Kind.INDEX, interp.trace.divide(Flow(), split, side), is_list=True) for side in (0, 1)
    )
    born = tuple(loop.id for loop in interp.loops)
    return Value(Kind.INDEX, store=Store(born, Value(Kind.TUPLE, items=pair)), is_list=True)


def inner_split(
    interp: Interpreter, values: Sequence[Value], node: ast.AST, operation: str
) -> None:
    """A call that splits and models by itself: cross-validation, ``validation_split``."""
    split = interp.trace.split(interp.place(node), operation, "")
    for value in values:
        flow = flow_of(value)
        for side in (0, 1):
            part = interp.trace.divide(flow, split, side)
        interp.trace.train(replace(part, parts=frozenset({(split, 0)})))
        interp.trace.score(replace(part, parts=frozenset({(split, 1)})))


def at_cut(interp: Interpreter, value: Value, node: ast.Slice, place: ast.AST) -> Value:
    """``X[:n]`` is one side of a split if ``X[n:]`` is there too, or ``X[n - 60:]``, which takes
    the history of the first window along.
    """
    if node.step is not None or (node.lower is None and node.upper is None):
        return value
    flow = value.flow
    for bound, side in ((node.lower, 1), (node.upper, 0)):
        if bound is None or _is_zero(bound):
            continue
        key: tuple[object, ...] = ("cut", _cut_key(interp, bound))
        if side == 1 and isinstance(bound, ast.BinOp) and isinstance(bound.op, ast.Sub):
            earlier = ("cut", _cut_key(interp, bound.left))
            if interp.trace.is_split((value.flow.roots or id(value), *earlier)):
                key = earlier
        flow = _beyond(interp, value, flow, key[1], side)
        flow = _side(interp, value, flow, key, side, place, "slices")
    return replace(value, flow=flow, store=None, items=None)


def _beyond(interp: Interpreter, value: Value, flow: Flow, position: object, side: int) -> Flow:
    """Rows behind one cut lie behind every earlier one too: ``X[:240], X[240:310], X[310:]``."""
    if not isinstance(position, int | float):
        return flow
    for other, split in interp.trace.cuts(value.flow.roots or id(value)):
        same_end = (other < 0) == (position < 0)
        if same_end and (other < position if side else other > position):
            flow = interp.trace.divide(flow, split, side)
    return flow


def by_condition(interp: Interpreter, value: Value, mask: Value, place: ast.AST) -> Value:
    """``df[mask]`` is one side of a split if ``df[~mask]`` is there too."""
    flow = replace(value.flow, loops=value.flow.loops | mask.flow.loops)
    key, positive = mask.mask_key or (("mask", id(mask)), True)
    if mask.flow.parts:
        for split, side in mask.flow.parts:
            flow = interp.trace.divide(flow, split, side if positive else 1 - side)
            interp.trace.splits[split].keeps_groups |= mask.name == MEMBERS
        return replace(value, flow=flow, store=None, items=None)
    flow = _side(interp, value, flow, ("mask", key), 0 if positive else 1, place, "condition")
    for split, _ in flow.parts - value.flow.parts:
        interp.trace.splits[split].keeps_groups |= mask.name == MEMBERS
    if mask.case is not None and positive:
        column, constant = mask.case
        side = interp.selection(("case", value.flow.roots, column, constant))
        flow = _side(interp, value, flow, ("case", column), side, place, "condition")
    return replace(value, flow=flow, store=None, items=None)


def by_amount(
    interp: Interpreter, value: Value, key: object, side: int, place: ast.AST, how: str
) -> Value:
    """``ds.take(n)`` and ``ds.skip(n)``; ``df.sample(…)`` and ``df.drop(…)``."""
    flow = _side(interp, value, value.flow, (how, key), side, place, how)
    return replace(value, kind=Kind.ROWS, flow=flow, store=None, items=None)


def by_positions(
    interp: Interpreter, value: Value, positions: Value, *, inverse: bool = False
) -> Value:
    """``X[train_ids]``, or everything but them."""
    flow = value.flow
    for split, side in positions.flow.parts:
        flow = interp.trace.divide(flow, split, 1 - side if inverse else side)
    selections = flow.selections | positions.flow.selections
    return replace(value, flow=replace(flow, selections=selections), store=None, items=None)


def _side(
    interp: Interpreter,
    value: Value,
    flow: Flow,
    key: tuple[object, ...],
    side: int,
    place: ast.AST,
    how: str,
) -> Flow:
    identity: tuple[object, ...] = (flow.roots or id(value), *key)
    split = interp.trace.split(
        interp.place(place), f"split by {how}", interp.hint, certain=False, key=identity
    )
    if how == "slices" and value.kind is Kind.INDEX:
        interp.trace.splits[split].of_positions = True
    divided = interp.trace.divide(flow, split, side)
    selection = interp.selection((*identity, side))
    return replace(divided, selections=divided.selections | {selection})


def condition_key(node: ast.Compare) -> tuple[object, bool] | None:
    """Identity and polarity of a comparison, equal for a condition and its opposite."""
    if len(node.ops) != 1 or type(node.ops[0]) not in _OPPOSITES:
        return None
    name, positive = _OPPOSITES[type(node.ops[0])]
    return (name, ast.dump(node.left), ast.dump(node.comparators[0])), positive


def _cut_key(interp: Interpreter, bound: ast.expr) -> object:
    value = interp.eval(bound)
    if value.kind is Kind.CONST and isinstance(value.const, int | float | str):
        return value.const
    return ast.dump(bound)


def _is_zero(bound: ast.expr) -> bool:
    return isinstance(bound, ast.Constant) and bound.value in (0, None)
