"""Expressions of the abstract interpreter: what they evaluate to, and calls of own functions."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from audit.lineage import splits
from audit.lineage.calls import call_library
from audit.lineage.duplication import Loop, collect, concatenate, lookup_of, repeated
from audit.lineage.inline import inline
from audit.lineage.knowledge import (
    FITTED_WHEN_MADE,
    MODEL_METHODS,
    POLARS_METHODS,
    SIZE_ATTRIBUTES,
    VIEW_ATTRIBUTES,
    last,
)
from audit.lineage.methods import call_method
from audit.lineage.subscripts import subscript
from audit.lineage.values import (
    ENDLESS,
    MODEL,
    UNKNOWN,
    Arguments,
    Flow,
    Function,
    Instance,
    Kind,
    Lookup,
    Store,
    Value,
    flow_of,
    join,
    join_flows,
    result_kind,
)

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter

_MAX_NESTING = 150


class Expressions:
    """Evaluates expressions; the services come from `Interpreter`."""

    _nesting = 0

    def eval(self, node: ast.expr | None) -> Value:
        """Abstract value of an expression."""
        interp = self._interp
        if node is None:
            return UNKNOWN
        interp.tick()
        if self._nesting > _MAX_NESTING:
            interp.limit(interp.cell, "is nested too deeply")
            return UNKNOWN
        self._nesting += 1
        try:
            method = getattr(self, f"_eval_{type(node).__name__.lower()}", None)
            if method is not None:
                return self.snapshot(cast(Value, method(node)))
            children = [self.eval(c) for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
            return Value(result_kind(children), join_flows(map(flow_of, children)))
        finally:
            self._nesting -= 1

    @property
    def _interp(self) -> Interpreter:
        return cast("Interpreter", self)

    def snapshot(self, value: Value) -> Value:
        """The value with the present contents of its list."""
        store = value.store
        if store is None or store.element is None or value.kind in (Kind.DICT, Kind.INDEX):
            return value
        flow = flow_of(store.element)
        kind: Kind = Kind.ROWS if flow.roots else value.kind
        if store.element.kind is Kind.INDEX:
            kind = Kind.INDEX
        elif store.element.kind is Kind.ROW and flow.loops & set(store.born):
            kind = Kind.ROW
        return replace(value, kind=kind, flow=flow)

    # --- literals and names --------------------------------------------------------------

    def _eval_constant(self, node: ast.Constant) -> Value:
        return Value(Kind.CONST, const=node.value, place=self._interp.place(node))

    def _eval_joinedstr(self, node: ast.JoinedStr) -> Value:
        return UNKNOWN

    def _eval_name(self, node: ast.Name) -> Value:
        interp = self._interp
        known = interp.scope.find(node.id)
        if known is not None:
            return known
        module = "builtins" if hasattr(builtins, node.id) else "undefined"
        return Value(Kind.MODULE, name=f"{module}.{node.id}")

    def _eval_list(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        is_list = isinstance(node, ast.List)
        if not node.elts and is_list:
            born = tuple(loop.id for loop in self._interp.loops)
            return Value(Kind.UNKNOWN, store=Store(born), is_list=True)
        starred = [isinstance(item, ast.Starred) for item in node.elts]
        items = tuple(
            self.eval(item.value if isinstance(item, ast.Starred) else item) for item in node.elts
        )
        if any(starred) and not _holds_tables(items, starred):
            return concatenate(self._interp, items, node, "list", is_list=is_list)
        names = tuple(_key_name(item) for item in node.elts)
        store = Store(tuple(loop.id for loop in self._interp.loops)) if is_list else None
        return Value(Kind.TUPLE, items=items, names=names, is_list=is_list, store=store)

    _eval_tuple = _eval_list
    _eval_set = _eval_list

    def _eval_dict(self, node: ast.Dict) -> Value:
        interp = self._interp
        entries = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.eval(item)
            entries.append((interp.constant(self.eval(key)) if key else None, value))
        born = tuple(loop.id for loop in interp.loops)
        flow = join_flows(flow_of(value) for _, value in entries)
        return Value(Kind.DICT, flow, store=Store(born), entries=tuple(entries))

    def constant(self, value: Value) -> object:
        """A Python constant, or a tuple of them."""
        if value.kind is Kind.CONST:
            return value.const
        if value.kind is Kind.TUPLE and value.items is not None:
            found = tuple(self.constant(item) for item in value.items)
            return None if None in found else found
        return None

    def _eval_lambda(self, node: ast.Lambda) -> Value:
        interp = self._interp
        return Value(Kind.FUNCTION, function=Function(node, interp.scope, interp.cell))

    def _eval_namedexpr(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        self._interp.bind(node.target, value)
        return value

    def _eval_starred(self, node: ast.Starred) -> Value:
        return self.eval(node.value)

    def _eval_await(self, node: ast.Await) -> Value:
        return self.eval(node.value)

    def _eval_yield(self, node: ast.Yield) -> Value:
        interp = self._interp
        value = self.eval(node.value)
        if interp.scope.store is not None:
            collect(interp, interp.scope.store, value, node, "", "yield")
        return UNKNOWN

    def _eval_yieldfrom(self, node: ast.YieldFrom) -> Value:
        interp = self._interp
        value = self.eval(node.value)
        if interp.scope.store is not None:
            target = Value(Kind.UNKNOWN, store=interp.scope.store, is_list=True)
            interp.extend(target, value, node, "", "yield")
        return UNKNOWN

    # --- operators -----------------------------------------------------------------------

    def _eval_binop(self, node: ast.BinOp) -> Value:
        left, right = self.eval(node.left), self.eval(node.right)
        return self.arithmetic(left, right, node.op, node)

    def arithmetic(self, left: Value, right: Value, op: ast.operator, node: ast.AST) -> Value:
        """Result of a binary operator."""
        interp = self._interp
        if isinstance(op, ast.Add) and left.is_list and right.is_list:
            return concatenate(interp, [left, right], node, "list +", is_list=True)
        if isinstance(op, ast.Mult) and (left.is_list or right.is_list):
            rows, times = (left, right) if left.is_list else (right, left)
            if not flow_of(rows).roots or rows.kind is Kind.INDEX:
                return rows
            if rows.kind is Kind.TUPLE or rows.kind is Kind.ROW:
                return _copies_of(interp, rows, times, node)
            return repeated(interp, rows, times, node, "list *")
        if left.kind is right.kind is Kind.CONST:
            return _folded(left, right, op)
        kind = result_kind([left, right])
        flow = join_flows([flow_of(left), flow_of(right)])
        if MODEL in (left.name, right.name):
            interp.trace.score(flow)
        if kind is Kind.MASK and isinstance(op, ast.BitAnd | ast.BitOr):
            return Value(Kind.MASK, flow, mask_key=(ast.dump(node), True))
        if kind in (Kind.ROWS, Kind.ROW) and flow.stats:
            flow = interp.trace.use_statistics(flow, flow.stats, interp.hint)
        return Value(kind, flow)

    def _eval_unaryop(self, node: ast.UnaryOp) -> Value:
        value = self.eval(node.operand)
        if value.kind is Kind.CONST and isinstance(node.op, ast.USub):
            if isinstance(value.const, int | float):
                return replace(value, const=-value.const)
            return UNKNOWN
        if isinstance(node.op, ast.Invert | ast.USub) and value.mask_key is not None:
            key, positive = value.mask_key
            return replace(value, mask_key=(key, not positive), case=None)
        return replace(value, store=None) if value.kind is not Kind.CONST else UNKNOWN

    def _eval_compare(self, node: ast.Compare) -> Value:
        values = [self.eval(node.left), *(self.eval(item) for item in node.comparators)]
        flow = join_flows(map(flow_of, values))
        if result_kind(values) is Kind.STAT:
            return Value(Kind.STAT, flow)
        key = splits.condition_key(node)
        if key is not None and isinstance(node.left, ast.Name) and len(values) == 2:
            key = ((*cast(tuple[object, ...], key[0]), id(values[0].flow)), key[1])
        loops = frozenset().union(*(value.flow.loops for value in values))
        flow = replace(flow, stats=frozenset(), steps={}, loops=loops)
        case = None
        if len(values) == 2 and isinstance(node.ops[0], ast.Eq) and values[1].kind is Kind.CONST:
            case = (ast.dump(node.left), values[1].const)
        return Value(Kind.MASK, flow, mask_key=key, case=case)

    def _eval_ifexp(self, node: ast.IfExp) -> Value:
        self.eval(node.test)
        return join(self.eval(node.body), self.eval(node.orelse))

    # --- attributes and subscripts -------------------------------------------------------

    def _eval_attribute(self, node: ast.Attribute) -> Value:
        owner = self.eval(node.value)
        if owner.kind is Kind.MODULE:
            return Value(Kind.MODULE, name=f"{owner.name}.{node.attr}")
        if owner.instance is not None:
            known = owner.instance.attributes.get(node.attr)
            fitted, learned = owner.instance.fitted, owner.instance.learned
            if known is None and node.attr.endswith("_") and (fitted or learned):
                return Value(Kind.STAT, Flow(steps=fitted, stats=learned))
            if known is None and last(owner.name) in FITTED_WHEN_MADE:
                return owner
            return known if known is not None else UNKNOWN
        if node.attr in SIZE_ATTRIBUTES:
            return UNKNOWN
        if node.attr == "index" and owner.is_rows:
            return Value(Kind.INDEX, replace(owner.flow, steps={}), is_list=True)
        if node.attr in VIEW_ATTRIBUTES or not owner.flow.roots:
            return replace(owner, store=None) if owner.kind is not Kind.TUPLE else owner
        return replace(owner, store=None, items=None).with_flow(path=(*owner.flow.path, node.attr))

    def _eval_subscript(self, node: ast.Subscript) -> Value:
        return subscript(self._interp, node)

    # --- comprehensions ------------------------------------------------------------------

    def _eval_listcomp(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Value:
        return self._comprehension(node.generators, node.elt, node)

    _eval_generatorexp = _eval_listcomp
    _eval_setcomp = _eval_listcomp

    def _eval_dictcomp(self, node: ast.DictComp) -> Value:
        value = self._comprehension(node.generators, node.value, node)
        return Value(Kind.DICT, flow_of(value), store=value.store)

    def _comprehension(
        self, generators: Sequence[ast.comprehension], element: ast.expr, node: ast.AST
    ) -> Value:
        interp = self._interp
        store = Store(tuple(loop.id for loop in interp.loops))
        shadowed = dict(interp.scope.variables)
        depth = len(interp.loops)
        try:
            filters = []
            for generator in generators:
                iterable = self.eval(generator.iter)
                count, lookup = self.passes(iterable)
                loop = Loop(interp.number(), interp.place(generator.iter), count, lookup)
                interp.loops.append(loop)
                interp.bind(generator.target, self.element(iterable, loop.id))
                filters += [self.eval(test) for test in generator.ifs]
            collect(interp, store, self.eval(element), node, interp.hint, "comprehension")
        finally:
            del interp.loops[depth:]
            interp.scope.variables = shadowed
        value = self.snapshot(Value(Kind.UNKNOWN, store=store, is_list=True))
        for test in filters:
            if value.flow.roots:
                value = splits.by_condition(interp, value, replace(test, flow=replace(
                    test.flow, parts=frozenset())), node)  # fmt: skip
                value = replace(value, is_list=True)
        return value

    def passes(self, iterable: Value) -> tuple[int | None, Lookup | None]:
        """How often a loop over a value runs, where it is known."""
        if iterable.items is not None:
            return len(iterable.items), None
        if iterable.kind is Kind.INDEX and iterable.const is not None:
            return cast(int, iterable.const), iterable.lookup
        return None, iterable.lookup

    def element(self, iterable: Value, loop: int) -> Value:
        """What a loop variable stands for."""
        if iterable.items is not None:
            result: Value | None = None
            for item in iterable.items[:50]:
                result = item if result is None else join(result, item)
            if result is None:
                return UNKNOWN
            if _of_one_row(iterable.items):
                return result
            if not flow_of(result).roots and result.kind not in (Kind.CONST, Kind.UNKNOWN):
                return result
            return _in_loop(result, loop)
        store = iterable.store
        if store is not None and store.element is not None and iterable.kind is not Kind.DICT:
            if store.copies is not None:
                flow = flow_of(store.element)
                if store.element.kind is Kind.ROWS:
                    flow = self._interp.trace.apply(store.copies, flow)
                return Value(store.element.kind, flow)
            return _in_loop(store.element, loop)
        if iterable.name == ENDLESS:
            return replace(iterable, name="")
        if iterable.kind in (Kind.ROWS, Kind.ROW) or iterable.is_rows:
            kind = Kind.ROWS if iterable.grouped else Kind.ROW
            selections = iterable.flow.selections
            if iterable.grouped:
                selections |= {self._interp.number()}
            pieces = iterable.flow.pieces | ({loop} if iterable.kind is Kind.ROW else frozenset())
            flow = replace(
                iterable.flow,
                loops=iterable.flow.loops | {loop},
                pieces=pieces,
                selections=selections,
            )
            return Value(kind, flow)
        if iterable.kind is Kind.INDEX:
            return Value(Kind.INDEX, replace(iterable.flow, loops=iterable.flow.loops | {loop}))
        return Value(Kind.UNKNOWN, replace(iterable.flow, loops=frozenset({loop})))

    # --- calls ---------------------------------------------------------------------------

    def _eval_call(self, node: ast.Call) -> Value:
        interp = self._interp
        function = node.func
        if isinstance(function, ast.Attribute):
            owner = self.eval(function.value)
            if owner.kind is not Kind.MODULE:
                method = _method_of(owner, function.attr)
                if method is not None:
                    return self.call_function(method, self._arguments(node), owner)
                with interp.table(owner if function.attr in POLARS_METHODS else None):
                    arguments = self._arguments(node)
                return call_method(interp, owner, function.attr, arguments, function.value)
            arguments = self._arguments(node)
            if function.attr in MODEL_METHODS and any(flow_of(v).roots for v in arguments.all):
                unknown = Value(Kind.UNKNOWN)
                return call_method(interp, unknown, function.attr, arguments, function.value)
            return call_library(interp, f"{owner.name}.{function.attr}", arguments)
        callee = self.eval(function)
        return self.call_value(callee, self._arguments(node))

    def call_value(self, callee: Value, arguments: Arguments) -> Value:
        """Call a function, a class, an object or something imported."""
        interp = self._interp
        if callee.kind is Kind.FUNCTION and callee.function is not None:
            return self.call_function(callee, arguments, callee.function.instance)
        if callee.kind is Kind.CLASS:
            return self._instantiate(callee, arguments)
        if callee.kind is Kind.OBJECT:
            for name in ("__call__", "call", "forward"):
                method = _method_of(callee, name)
                if method is not None:
                    self.call_function(method, arguments, callee)
            return call_method(interp, callee, "__call__", arguments, arguments.node.func)
        if callee.kind is Kind.MODULE:
            return call_library(interp, callee.name, arguments)
        return call_library(interp, "unknown.call", arguments)

    def _arguments(self, node: ast.Call) -> Arguments:
        positional: list[Value] = []
        for item in node.args:
            value = self.eval(item)
            if isinstance(item, ast.Starred):
                if value.items is not None:
                    positional.extend(value.items)
                elif value.kind is Kind.ROW:
                    positional.extend([value] * 4)
                else:
                    positional.append(value)
            else:
                positional.append(value)
        keywords = {}
        for keyword in node.keywords:
            value = self.eval(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            else:
                keywords.update({str(key): entry for key, entry in value.entries or ()})
        return Arguments(node, positional, keywords)

    def _instantiate(self, callee: Value, arguments: Arguments) -> Value:
        library = callee.const if isinstance(callee.const, str) else ""
        instance = Instance(library or callee.name, definition=callee, members=tuple(arguments.all))
        value = Value(Kind.OBJECT, name=callee.name, instance=instance)
        method = _method_of(value, "__init__")
        if method is not None:
            self.call_function(method, arguments, value)
        return value

    def call_function(
        self, callee: Value, arguments: Arguments, instance: Value | None = None
    ) -> Value:
        """Follow a call into a function of the analysed code."""
        return inline(self._interp, callee, arguments, instance)


def _method_of(owner: Value, name: str) -> Value | None:
    definition = owner.instance.definition if owner.instance is not None else None
    methods = definition.methods if definition is not None else owner.methods
    return methods.get(name) if methods is not None else None


def _of_one_row(items: Sequence[Value]) -> bool:
    """Whether items are several versions of the same row: ``(row, flipped(row))``."""
    flows = [flow_of(item) for item in items]
    first = flows[0]
    return len(flows) > 1 and all(
        flow.roots & first.roots
        and flow.loops
        and flow.loops == first.loops
        and (flow.path == first.path or not flow.path)
        for flow in flows
    )


def _in_loop(value: Value, loop: int) -> Value:
    if value.items is not None:
        return replace(value, items=tuple(_in_loop(item, loop) for item in value.items))
    if value.kind in (Kind.FUNCTION, Kind.CLASS, Kind.MODULE, Kind.OBJECT):
        return value
    return value.with_flow(loops=value.flow.loops | {loop})


def _copies_of(interp: Interpreter, rows: Value, times: Value, node: ast.AST) -> Value:
    """``[df] * 3``: copies that count once they are put below one another."""
    born = tuple(loop.id for loop in interp.loops)
    loop = Loop(interp.number(), interp.place(node), None, lookup_of(interp, times, node))
    if times.kind is Kind.CONST and isinstance(times.const, int):
        loop = replace(loop, count=times.const)
    store = Store(born)
    with interp.loop(loop):
        for item in rows.items or (rows,):
            collect(interp, store, item, node, interp.hint, "list *")
    return interp.snapshot(Value(Kind.UNKNOWN, store=store, is_list=True))


def _folded(left: Value, right: Value, op: ast.operator) -> Value:
    a, b = left.const, right.const
    if type(a) is int and type(b) is int and abs(a) < 10**9 and abs(b) < 10**9:
        if isinstance(op, ast.Add):
            return replace(left, const=a + b)
        if isinstance(op, ast.Sub):
            return replace(left, const=a - b)
        if isinstance(op, ast.Mult):
            return replace(left, const=a * b)
    return UNKNOWN


def _holds_tables(items: Sequence[Value], starred: Sequence[bool]) -> bool:
    """``[table, *others]``: tables side by side; what is done to them decides about their rows."""
    return any(
        item.kind is Kind.ROWS and not item.is_list and not star
        for item, star in zip(items, starred, strict=True)
    )


def _key_name(node: ast.expr) -> str:
    """Name that a value of a group key goes by: ``k``, ``row.k``, ``row["k"]``, ``int(k)``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value if isinstance(node.slice.value, str) else ""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        return _key_name(node.args[0])
    return ""
