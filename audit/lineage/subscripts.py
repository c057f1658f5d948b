"""Subscripts: rows by position, by condition, by cut; columns; elements of containers."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.lineage import splits
from audit.lineage.duplication import concatenate
from audit.lineage.values import Kind, Lookup, Value, flow_of, join, join_flows, result_kind

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter


def subscript(interp: Interpreter, node: ast.Subscript) -> Value:
    """Value of ``owner[key]``."""
    owner = interp.eval(node.value)
    if owner.kind is Kind.MODULE and owner.name.endswith(("c_", "r_")):
        return _concatenated(interp, owner.name, node)
    if isinstance(node.slice, ast.Slice):
        interp.eval(node.slice.lower)
        interp.eval(node.slice.upper)
        return _sliced(interp, owner, node.slice, node)
    if isinstance(node.slice, ast.Tuple) and owner.kind is not Kind.DICT and owner.flow.roots:
        return _two_dimensional(interp, owner, node.slice, node)
    return _picked(interp, owner, interp.eval(node.slice), node)


def _concatenated(interp: Interpreter, name: str, node: ast.Subscript) -> Value:
    values = [interp.eval(node.slice)]
    values = list(values[0].items or values)
    if name.endswith("r_"):
        return concatenate(interp, values, node, "np.r_")
    return Value(result_kind(values), join_flows(map(flow_of, values)))


def _sliced(interp: Interpreter, owner: Value, node: ast.Slice, place: ast.AST) -> Value:
    if owner.items is not None and owner.kind is Kind.TUPLE:
        lower = interp.constant(interp.eval(node.lower)) if node.lower else None
        upper = interp.constant(interp.eval(node.upper)) if node.upper else None
        if isinstance(lower, int | None) and isinstance(upper, int | None) and not node.step:
            return replace(owner, items=owner.items[lower:upper], names=())
    if owner.is_rows or owner.kind is Kind.INDEX:
        owner = splits.at_cut(interp, owner, node, place)
    bounds = [interp.eval(bound) for bound in (node.lower, node.upper) if bound is not None]
    loops = owner.flow.loops.union(*(bound.flow.loops for bound in bounds))
    return replace(owner, store=None).with_flow(loops=loops)


def _two_dimensional(interp: Interpreter, owner: Value, node: ast.Tuple, place: ast.AST) -> Value:
    first, rest = node.elts[0], node.elts[1:]
    values = [interp.eval(item) for item in rest]
    if isinstance(first, ast.Slice):
        owner = _sliced(interp, owner, first, place)
    else:
        owner = _picked(interp, owner, interp.eval(first), place)
    loops = frozenset().union(*(value.flow.loops for value in values))
    stats = frozenset().union(*(flow_of(value).stats for value in values))
    flow = replace(
        owner.flow,
        loops=owner.flow.loops | loops,
        path=(*owner.flow.path, ",".join(ast.dump(item) for item in rest)),
    )
    if stats:
        flow = interp.trace.use_statistics(flow, stats, interp.hint)
    return replace(owner, flow=flow, store=None, items=None)


def _picked(interp: Interpreter, owner: Value, key: Value, node: ast.AST) -> Value:
    if owner.kind is Kind.OBJECT and owner.instance is not None and owner.instance.fitted:
        flow = flow_of(key)
        for step, certain in owner.instance.fitted.items():
            flow = interp.trace.apply(step, flow, certain=certain)
        return replace(key, flow=flow, store=None, items=None)
    if owner.kind is Kind.DICT or owner.entries is not None:
        return lookup(interp, owner, key)
    position = key.const if key.kind is Kind.CONST else None
    items = owner.items or ()
    if isinstance(position, int) and -len(items) <= position < len(items):
        return items[position]
    if key.kind is Kind.MASK and owner.kind is not Kind.TUPLE:
        return splits.by_condition(interp, owner, key, node)
    if key.kind is Kind.INDEX:
        return _by_index(interp, owner, key)
    if key.kind is Kind.STAT and not owner.flow.roots and owner.kind is Kind.UNKNOWN:
        return key
    if key.kind is Kind.STAT and owner.flow.roots:
        flow = interp.trace.use_statistics(owner.flow, flow_of(key).stats, interp.hint)
        for step, certain in key.flow.steps.items():
            flow = interp.trace.apply(step, flow, certain=certain)
        return replace(owner, flow=flow, store=None)
    if owner.kind is Kind.STAT:
        return _column_of_statistic(interp, owner, key)
    element = owner.store.element if owner.store is not None else None
    if element is not None and not flow_of(owner).roots:
        return element
    if key.kind is Kind.CONST:
        return replace(owner, store=None, items=None).with_flow(
            path=(*owner.flow.path, str(key.const))
        )
    loops = owner.flow.loops | key.flow.loops
    kind = Kind.ROW if owner.is_list and key.flow.loops else owner.kind
    flow = replace(owner.flow, loops=loops)
    return replace(owner, kind=kind, flow=flow, store=None, items=None)


def _by_index(interp: Interpreter, owner: Value, key: Value) -> Value:
    if not owner.flow.roots and owner.kind is not Kind.INDEX:
        return owner.with_flow(parts=owner.flow.parts | key.flow.parts)
    chosen = splits.by_positions(interp, owner, key)
    flow = chosen.flow
    for step, certain in key.flow.steps.items():
        flow = interp.trace.apply(step, flow, certain=certain)
    pieces = flow.pieces | (key.flow.loops if owner.kind is Kind.ROW else frozenset())
    flow = replace(flow, loops=flow.loops | key.flow.loops, pieces=pieces)
    scalar = not key.is_list and bool(key.flow.loops)
    kind = Kind.INDEX if owner.kind is Kind.INDEX else Kind.ROW if scalar else owner.kind
    return replace(chosen, kind=kind, flow=flow, is_list=owner.is_list and not scalar)


def lookup(interp: Interpreter, owner: Value, key: Value) -> Value:
    """Element of a dictionary: by constant, or any of its numbers."""
    constant = interp.constant(key)
    entries = owner.entries or ()
    if constant is not None:
        for known, value in entries:
            if known == constant:
                return value
    numbers = tuple(
        (known, value.const, value.place)
        for known, value in entries
        if value.kind is Kind.CONST and type(value.const) is int and value.place is not None
    )
    if numbers and len(numbers) == len(entries):
        names = key.names if key.kind is Kind.TUPLE else ()
        return Value(Kind.UNKNOWN, lookup=Lookup(numbers, names))
    found = [value for _, value in entries]
    if owner.store is not None and owner.store.element is not None:
        found.append(owner.store.element)
    if not found:
        return Value(Kind.UNKNOWN, store=owner.store, is_list=True)
    result = found[0]
    for other in found[1:]:
        result = join(result, other)
    return result


def _column_of_statistic(interp: Interpreter, owner: Value, key: Value) -> Value:
    """``df.corr()["price"]``: correlation with one column, which may be the target."""
    if key.kind is not Kind.CONST or not isinstance(key.const, str):
        return owner
    statistics = interp.trace.statistics
    numbers = set()
    for number in owner.flow.stats:
        known = statistics[number]
        columns = (*known.columns, key.const)
        numbers.add(interp.trace.statistic(replace(known, columns=columns)))
    return owner.with_flow(stats=frozenset(numbers))
