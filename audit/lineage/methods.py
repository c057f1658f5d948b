"""Calls of methods on rows, lists and dictionaries."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.lineage import knowledge as known
from audit.lineage import splits
from audit.lineage.calls import call_library
from audit.lineage.duplication import as_list, collect, concatenate, duplicate, opened, repeated
from audit.lineage.estimators import call_object
from audit.lineage.statistics import is_per_row, statistic_value
from audit.lineage.subscripts import lookup
from audit.lineage.values import (
    MEMBERS,
    UNKNOWN,
    Arguments,
    Flow,
    Instance,
    Kind,
    Store,
    Value,
    flow_of,
    join_flows,
    result_kind,
)
from audit.model.severity import Confidence

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter

_FILTERS = frozenset(
    {"dropna", "drop_duplicates", "query", "nlargest", "nsmallest", "head", "tail"}
)
_WINDOW = "rows of a window"


def call_method(
    interp: Interpreter, owner: Value, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    """Call a method of a value that is no class of the analysed code."""
    if owner.kind is Kind.OBJECT and owner.instance is not None:
        return call_object(interp, owner, owner.instance, name, arguments)
    if owner.kind is Kind.DICT:
        return _dict_method(interp, owner, name, arguments)
    if name in ("append", "extend", "insert", "add", "appendleft"):
        found = _list_method(interp, owner, name, arguments, node)
        if found is not None:
            return found
    if owner.kind is Kind.STAT:
        flow = join_flows([owner.flow, *map(flow_of, arguments.all)])
        return Value(Kind.STAT, flow)
    if owner.kind is Kind.MASK:
        return owner if name in ("values", "copy", "to_numpy", "any", "all") else replace(
            owner, mask_key=None
        )  # fmt: skip
    if not flow_of(owner).roots and owner.kind is not Kind.INDEX:
        return _unknown_owner(interp, owner, name, arguments)
    result = _rows_method(interp, owner, name, arguments, node)
    if arguments.constant(-1, "inplace") is True:
        interp.change(node, result)
        return UNKNOWN
    return result


def _unknown_owner(interp: Interpreter, owner: Value, name: str, arguments: Arguments) -> Value:
    first = arguments.positional[0] if arguments.positional else UNKNOWN
    if name in ("permutation", "choice", "choices"):
        return call_library(interp, f"numpy.random.{name}", arguments)
    if name == "split" and owner.kind is Kind.UNKNOWN and first.is_rows:
        return splits.fold_positions(interp, arguments.node, "split", Confidence.MEDIUM)
    if owner.kind is Kind.UNKNOWN and arguments.all:
        return call_object(interp, owner, Instance(""), name, arguments)
    if owner.kind is Kind.CONST:
        return Value(result_kind(arguments.all), join_flows(map(flow_of, arguments.all)))
    return UNKNOWN


def _dict_method(interp: Interpreter, owner: Value, name: str, arguments: Arguments) -> Value:
    if name in ("get", "pop", "setdefault") and arguments.positional:
        return lookup(interp, owner, arguments.positional[0])
    values = [value for _, value in owner.entries or ()]
    if owner.store is not None and owner.store.element is not None:
        values.append(owner.store.element)
    if name == "values":
        return Value(Kind.TUPLE, items=tuple(values))
    if name == "items":
        pairs = tuple(Value(Kind.TUPLE, items=(Value(Kind.UNKNOWN), value)) for value in values)
        return Value(Kind.TUPLE, items=pairs)
    if name == "update":
        return UNKNOWN
    return owner if name == "copy" else UNKNOWN


def _list_method(
    interp: Interpreter, owner: Value, name: str, arguments: Arguments, node: ast.expr
) -> Value | None:
    if not arguments.positional:
        return None
    owner = opened(interp, owner, node)
    in_place = name == "append" and arguments.node is interp.statement
    if in_place and owner.is_rows and owner.store is None:
        owner = as_list(interp, owner, node)
    if owner.store is None or not owner.is_list:
        if owner.is_rows and owner.kind is not Kind.TUPLE and name == "append":
            values = [owner, arguments.positional[0]]
            return concatenate(interp, values, arguments.node, "append", is_list=owner.is_list)
        return None
    variable = _variable(node)
    if name == "extend":
        interp.extend(owner, arguments.positional[0], arguments.node, variable, "extend")
    else:
        value = arguments.positional[-1]
        collect(interp, owner.store, value, arguments.node, variable, "append")
    return Value(Kind.CONST)


def _variable(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _rows_method(
    interp: Interpreter, owner: Value, name: str, arguments: Arguments, node: ast.expr
) -> Value:
    flow = flow_of(owner)
    if owner.kind is Kind.INDEX:
        return _index_method(interp, owner, name, arguments)
    if name == "groupby":
        return replace(owner, kind=Kind.ROWS, grouped=True, store=None)
    if name in ("rolling", "expanding", "ewm", "resample"):
        return replace(owner, name=_WINDOW, store=None)
    if name == "assign" or name == "with_columns":
        return _assigned(interp, owner, arguments)
    if owner.grouped:
        return _grouped_method(interp, owner, name, arguments)
    if name == "sample":
        return _sampled(interp, owner, arguments, node)
    if name == "drop":
        return _dropped(interp, owner, arguments, node)
    if name in ("take", "skip") and len(arguments.positional) == 1:
        key = ast.dump(arguments.node.args[0])
        side = 0 if name == "take" else 1
        return splits.by_amount(interp, owner, key, side, arguments.node, "take and skip")
    if name == "isin" and arguments.positional:
        return replace(_membership(owner, arguments), name=MEMBERS)
    if name in (
        "isnull",
        "isna",
        "notnull",
        "notna",
        "duplicated",
        "between",
        "contains",
        "eq",
        "ne",
    ):
        return Value(Kind.MASK, replace(flow, steps={}, stats=frozenset()))
    if name in ("repeat", "repeat_interleave") and arguments.all and owner.kind is Kind.ROWS:
        times = arguments.get(0, "repeats") or UNKNOWN
        return repeated(interp, owner, times, arguments.node, name)
    if name in known.SAVERS:
        interp.trace.leave(flow)
        return UNKNOWN
    if name in ("iterrows", "itertuples", "items") and owner.kind is Kind.ROWS:
        return _iterated(interp, owner, name)
    if name in known.STATISTICS and owner.kind is Kind.ROWS:
        if owner.name == _WINDOW:
            return replace(owner, name="")
        if is_per_row(arguments.get(0 if name not in ("quantile",) else -1, "axis", "dim")):
            return Value(Kind.ROWS, flow)
        return statistic_value(interp, flow, arguments.node, f".{name}()", name)
    if name in ("apply", "map", "applymap", "progress_apply", "transform", "pipe"):
        found = _applied(interp, owner, name, arguments)
        if found is not None:
            return found
    if name in ("astype", "copy", "reset_index", "tolist", "to_list", "to_numpy", "numpy"):
        as_list = name in ("tolist", "to_list") or (name == "copy" and owner.is_list)
        store = replace(owner.store) if owner.store is not None and name == "copy" else None
        return replace(owner, flow=flow, is_list=as_list, store=store)
    return _other(interp, owner, name, arguments, flow)


def _other(interp: Interpreter, owner: Value, name: str, arguments: Arguments, flow: Flow) -> Value:
    others = [value for value in arguments.all if value.kind is not Kind.INDEX]
    joined = join_flows([flow, *(replace(f, loops=frozenset()) for f in map(flow_of, others))])
    stats = frozenset().union(*(flow_of(value).stats for value in others))
    if stats and name in known.STAT_USERS:
        joined = interp.trace.use_statistics(joined, stats, interp.hint)
    if name in _FILTERS:
        joined = replace(joined, selections=joined.selections | {interp.number()})
    path = owner.flow.path if not others else joined.path
    joined = replace(joined, roots=flow.roots | joined.roots, path=path, stats=frozenset())
    return Value(Kind.ROW if owner.kind is Kind.ROW else Kind.ROWS, joined)


def _index_method(interp: Interpreter, owner: Value, name: str, arguments: Arguments) -> Value:
    if name == "split" and arguments.positional:
        return splits.fold_positions(interp, arguments.node, "split", Confidence.MEDIUM)
    times = arguments.get(0, "repeats")
    if name in ("repeat", "repeat_interleave") and times is not None:
        return repeated(interp, owner, times, arguments.node, name)
    if name == "isin" and arguments.positional:
        return _membership(owner, arguments)
    if name in ("difference", "drop") and arguments.positional:
        return splits.by_positions(interp, owner, arguments.positional[0], inverse=True)
    return owner


def _membership(owner: Value, arguments: Arguments) -> Value:
    members = arguments.positional[0]
    key = ("isin", ast.dump(arguments.node))
    flow = Flow(roots=owner.flow.roots, parts=flow_of(members).parts)
    return Value(Kind.MASK, flow, mask_key=(key, True))


def _grouped_method(interp: Interpreter, owner: Value, name: str, arguments: Arguments) -> Value:
    flow = owner.flow
    node = arguments.node
    if name in ("transform", "apply"):
        function = arguments.positional[0] if arguments.positional else UNKNOWN
        if function.kind is Kind.FUNCTION:
            group = replace(owner, grouped=False)
            result = interp.call_value(function, Arguments(node, [group], {}))
            return Value(Kind.ROWS, join_flows([flow, flow_of(result)]))
        text = function.const if function.kind is Kind.CONST else known.last(function.name)
        if text in known.GROUP_STATISTICS:
            statistic = statistic_value(interp, flow, node, f"groupby.{name}", str(text))
            return Value(
                Kind.ROWS,
                interp.trace.use_statistics(flow, statistic.flow.stats, interp.hint),
            )
        return Value(Kind.ROWS, flow)
    if name in known.STATISTICS | known.GROUP_STATISTICS and not is_per_row(
        arguments.get(0, "axis")
    ):
        return statistic_value(interp, flow, node, f"groupby.{name}", name)
    if name in ("sample",):
        return _sampled(interp, replace(owner, grouped=False), arguments, node)
    return replace(owner, grouped=False)


def _sampled(interp: Interpreter, owner: Value, arguments: Arguments, node: ast.expr) -> Value:
    share = arguments.constant(1, "frac")
    over = isinstance(share, int | float) and share > 1
    if over or arguments.constant(2, "replace") is True:
        flow = flow_of(owner)
        step = duplicate(
            interp, flow, arguments.node, "sample with replacement", "rows drawn with replacement"
        )
        return Value(Kind.ROWS, interp.trace.apply(step, flow))
    if share in (1, 1.0):
        return replace(owner, store=None)
    key = (arguments.node.lineno, id(interp.cell))
    return splits.by_amount(interp, owner, key, 0, arguments.node, "sample and drop")


def _dropped(interp: Interpreter, owner: Value, arguments: Arguments, node: ast.expr) -> Value:
    labels = arguments.get(0, "labels", "index")
    if labels is not None and labels.kind is Kind.INDEX:
        if labels.flow.parts:
            return splits.by_positions(interp, replace(owner, store=None), labels, inverse=True)
        selections = owner.flow.selections | {interp.number()}
        return replace(owner, store=None).with_flow(selections=selections)
    stats = frozenset().union(*(flow_of(value).stats for value in arguments.all))
    flow = owner.flow
    if stats:
        flow = interp.trace.use_statistics(flow, stats, interp.hint)
    return replace(owner, flow=flow, store=None)


def _assigned(interp: Interpreter, owner: Value, arguments: Arguments) -> Value:
    """``df.assign(a=…)``, ``df.with_columns(…)``: new columns, as values or functions."""
    flow = flow_of(owner)
    given = [item for value in arguments.all for item in (value.items or (value,))]
    for value in given:
        if value.kind is Kind.FUNCTION:
            table = replace(owner, store=None)
            value = interp.call_value(value, Arguments(arguments.node, [table], {}))
        added = flow_of(value)
        if added.stats:
            flow = interp.trace.use_statistics(flow, added.stats, interp.hint)
        for step, certain in added.steps.items():
            flow = interp.trace.apply(step, flow, certain=certain)
    return Value(owner.kind, flow)


def _iterated(interp: Interpreter, owner: Value, name: str) -> Value:
    row = Value(Kind.ROW, owner.flow)
    if name == "itertuples":
        return replace(owner, store=None)
    pair = Value(Kind.TUPLE, items=(Value(Kind.INDEX), row))
    born = tuple(loop.id for loop in interp.loops)
    return Value(Kind.ROWS, owner.flow, store=Store(born, pair))


def _applied(interp: Interpreter, owner: Value, name: str, arguments: Arguments) -> Value | None:
    function = arguments.positional[0] if arguments.positional else None
    if function is None or function.kind is not Kind.FUNCTION:
        return None
    flow = flow_of(owner)
    per_row = (
        bool(owner.flow.path) or is_per_row(arguments.get(1, "axis")) or name in ("map", "applymap")
    )
    loop = interp.number()
    if per_row and name != "pipe":
        row = Value(Kind.ROW, replace(flow, loops=flow.loops | {loop}))
    else:
        row = Value(Kind.ROWS, flow)
    result = interp.call_value(function, Arguments(arguments.node, [row], {}))
    made = flow_of(result)
    joined = join_flows([flow, made]) if made.roots else flow
    path = flow.path
    return Value(Kind.ROWS, replace(joined, loops=flow.loops, path=path))
