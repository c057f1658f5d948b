"""Following a call into a function of the analysed code."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.lineage.sources import source
from audit.lineage.values import (
    UNKNOWN,
    Arguments,
    Function,
    Kind,
    Scope,
    Store,
    Value,
    flow_of,
    join_flows,
    result_kind,
)

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter


def inline(
    interp: Interpreter, callee: Value, arguments: Arguments, instance: Value | None
) -> Value:
    """Execute a function on these arguments and return what it returns."""
    function = callee.function
    if function is None:
        return UNKNOWN
    interp.called.add(id(function.node))
    recursive = any(running.node is function.node for running in interp.calls)
    if recursive or not interp.may_inline:
        if not recursive:
            interp.limit(interp.cell, "has too many calls within calls to follow all of them")
        return unknown_result(interp, arguments)
    call = arguments.node
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    way = source(interp, given, call)
    scope = Scope(function.scope)
    _bind_parameters(interp, scope, function, arguments, instance)
    caller = (interp.scope, interp.cell, interp.arms, interp.hint)
    interp.scope, interp.cell, interp.arms = scope, function.cell, list(interp.arms)
    interp.calls.append(function)
    try:
        with interp.along(way):
            result = _run(interp, function, scope)
    finally:
        interp.calls.pop()
        interp.scope, interp.cell, interp.arms, interp.hint = caller
    _write_back(interp, scope, function, arguments, instance)
    return result


def unknown_result(interp: Interpreter, arguments: Arguments) -> Value:
    """Result of a call that cannot be followed: made of its arguments, somehow."""
    values = arguments.all
    kind = result_kind(values)
    if kind in (Kind.ROWS, Kind.ROW):
        return Value(kind, join_flows(map(flow_of, values), certain=False))
    return UNKNOWN


def _run(interp: Interpreter, function: Function, scope: Scope) -> Value:
    node = function.node
    if isinstance(node, ast.Lambda):
        return interp.eval(node.body)
    if _is_generator(node):
        scope.store = Store(tuple(loop.id for loop in interp.loops))
        interp.block(node.body)
        return interp.snapshot(Value(Kind.UNKNOWN, store=scope.store, is_list=True))
    interp.block(node.body)
    return scope.returned if scope.returned is not None else Value(Kind.CONST)


def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(item))
    return False


def _parameters(function: Function, instance: Value | None) -> list[str]:
    arguments = function.node.args
    names = [item.arg for item in (*arguments.posonlyargs, *arguments.args)]
    static = isinstance(function.node, ast.FunctionDef) and any(
        isinstance(item, ast.Name) and item.id == "staticmethod"
        for item in function.node.decorator_list
    )
    return names[1:] if instance is not None and names and not static else names


def _bind_parameters(
    interp: Interpreter,
    scope: Scope,
    function: Function,
    arguments: Arguments,
    instance: Value | None,
) -> None:
    spec = function.node.args
    every = [item.arg for item in (*spec.posonlyargs, *spec.args)]
    names = _parameters(function, instance)
    if instance is not None and len(names) < len(every):
        scope.variables[every[0]] = instance
    for name, default in zip(reversed(every), reversed(spec.defaults), strict=False):
        scope.variables.setdefault(name, interp.eval(default))
    for item, default_or_none in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        scope.variables[item.arg] = interp.eval(default_or_none)
    for name, value in zip(names, arguments.positional, strict=False):
        scope.variables[name] = value
    if spec.vararg is not None:
        rest = tuple(arguments.positional[len(names) :])
        scope.variables[spec.vararg.arg] = Value(Kind.TUPLE, items=rest)
    others = []
    for key, value in arguments.keywords.items():
        if key in every or any(item.arg == key for item in spec.kwonlyargs):
            scope.variables[key] = value
        else:
            others.append((key, value))
    if spec.kwarg is not None:
        scope.variables[spec.kwarg.arg] = Value(Kind.DICT, entries=tuple(others))
    for name in every:
        scope.variables.setdefault(name, UNKNOWN)


def _write_back(
    interp: Interpreter,
    scope: Scope,
    function: Function,
    arguments: Arguments,
    instance: Value | None,
) -> None:
    """A table that the function changed in place is changed for the caller too."""
    names = _parameters(function, instance)
    for name, node in zip(names, arguments.node.args, strict=False):
        if name in scope.changed and isinstance(node, ast.Name):
            changed = scope.variables.get(name)
            known = interp.scope.find(node.id)
            if changed is not None and known is not None:
                interp.scope.variables[node.id] = replace(known, flow=changed.flow)
                if f"= {node.id}" not in interp.scope.changed:
                    interp.scope.changed.add(node.id)
