"""An abstract interpreter: runs code on values that know only which rows they are made of.

Statements are here, expressions in `audit.lineage.expressions`. Every statement is executed at
most once per call site, loops once; work is bounded by a budget of visited nodes.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from audit.lineage.binding import Binding, name_of
from audit.lineage.duplication import Loop, opened
from audit.lineage.expressions import Expressions
from audit.lineage.sources import Source, source
from audit.lineage.trace import Trace
from audit.lineage.values import (
    Flow,
    Function,
    Kind,
    Lookup,
    Place,
    Scope,
    Store,
    Value,
    flow_of,
    join,
)
from audit.model.artifacts import Cell, SourceFile

BUDGET = 150_000  # visited nodes; the shipped notebook takes about 800
INLINE_BUDGET = 60_000
MAX_STEPS = 600  # recorded steps, statistics and splits: rows carry a set of those behind them
MAX_DEPTH = 12


class BudgetExceededError(Exception):
    """The file is too large to be followed to its end."""


class Interpreter(Expressions, Binding):
    """Follows the rows through one file."""

    def __init__(self, file: SourceFile) -> None:
        self.trace = Trace(file)
        self.scope = Scope()
        self.module = self.scope
        self.cell: Cell = file.cells[0]
        self.loops: list[Loop] = []
        self.arms: list[tuple[int, int]] = []
        self.row_arms: dict[int, tuple[Place, int]] = {}
        self.calls: list[Function] = []
        self.called: set[int] = set()
        self.hint = ""
        self.statement: ast.expr | None = None
        self._number = 0
        self._selections: dict[Hashable, int] = {}
        self.visited = 0
        self.columns_of: Value | None = None
        self.limits: dict[str, None] = {}

    # --- services -----------------------------------------------------------------------

    def place(self, node: ast.AST) -> Place:
        """Line of a node in the cell that is being executed."""
        return Place(self.cell, getattr(node, "lineno", 1))

    def number(self) -> int:
        """A number not used before."""
        self._number += 1
        return self._number

    def fresh(self, kind: Kind = Kind.ROWS) -> Value:
        """Rows that were not seen before."""
        loops = frozenset(loop.id for loop in self.loops)
        return Value(kind, Flow(roots=frozenset({self.number()}), loops=loops))

    def selection(self, key: Hashable) -> int:
        """Number of a filter."""
        if key not in self._selections:
            self._selections[key] = self.number()
        return self._selections[key]

    def within(self) -> str:
        """Say in which function we are."""
        node = self.calls[-1].node if self.calls else None
        return (
            f", in {node.name}()" if node is not None and not isinstance(node, ast.Lambda) else ""
        )

    def whole(self, flow: Flow, splits: set[int] | None = None) -> Flow:
        """Forget a split whose sides are all there again."""
        gone = {
            split
            for split, _ in flow.parts
            if (splits is None or split in splits)
            and len({side for other, side in flow.parts if other == split}) > 1
        }
        if not gone:
            return flow
        return replace(flow, parts=frozenset(part for part in flow.parts if part[0] not in gone))

    def assign_branch(self, flow: Flow, store: Store) -> Flow:
        """Rows appended in one arm of an ``if`` inside a loop over rows are one side of a split,
        if the other arm appends too.
        """
        for branch, arm in self.arms:
            known = self.row_arms.get(branch)
            if known is None or known[1] in store.born:
                continue
            split = self.trace.split(
                known[0], "split by condition", self.hint, certain=False, key=("if", branch)
            )
            flow = self.trace.divide(flow, split, arm)
        return flow

    @contextmanager
    def loop(self, loop: Loop, way: Source | None = None) -> Iterator[None]:
        """Run something inside a loop, which takes rows from `way`."""
        self.loops.append(loop)
        try:
            with self.along(way):
                yield
        finally:
            self.loops.pop()

    @contextmanager
    def along(self, way: Source | None) -> Iterator[None]:
        """Run something inside a loop or a call that takes rows from variables."""
        depth = len(self.trace.way)
        if way is not None:
            self.trace.way.append(way)
        try:
            yield
        finally:
            del self.trace.way[depth:]

    def limit(self, cell: Cell, reason: str) -> None:
        """Remember that something was not analysed."""
        self.limits[f"{self.trace.name_of(cell)} {reason}"] = None

    @contextmanager
    def table(self, table: Value | None) -> Iterator[None]:
        """Evaluate expressions in which ``pl.col`` is a column of a table."""
        outer = self.columns_of
        self.columns_of = table or outer
        try:
            yield
        finally:
            self.columns_of = outer

    def tick(self) -> None:
        """Count a visited node."""
        self.visited += 1
        if self.visited > BUDGET or self.trace.size > MAX_STEPS:
            raise BudgetExceededError

    @property
    def may_inline(self) -> bool:
        """Whether another call may be followed into its function."""
        return len(self.calls) < MAX_DEPTH and self.visited < INLINE_BUDGET

    # --- statements ---------------------------------------------------------------------

    def block(self, statements: Sequence[ast.stmt]) -> bool:
        """Execute statements; return whether the rest of the enclosing block is out of reach."""
        for statement in statements:
            self.tick()
            try:
                if self._statement(statement):
                    return True
            except RecursionError:
                self.limit(self.cell, "is nested too deeply")
        return False

    def _statement(self, node: ast.stmt) -> bool:
        method = getattr(self, f"_do_{type(node).__name__.lower()}", None)
        return bool(method(node)) if method is not None else False

    def _do_expr(self, node: ast.Expr) -> None:
        self.hint = ""
        self.statement = node.value
        self.eval(node.value)

    def _do_assign(self, node: ast.Assign) -> None:
        self.hint = name_of(node.targets[0])
        value = self.eval(node.value)
        for target in node.targets:
            self.bind(target, value)

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.hint = name_of(node.target)
            self.bind(node.target, self.eval(node.value))

    def _do_augassign(self, node: ast.AugAssign) -> None:
        self.hint = name_of(node.target)
        target = self.eval(node.target)
        value = self.eval(node.value)
        if isinstance(node.op, ast.Add) and target.store is not None and target.is_list:
            target = opened(self, target, node.target)
            self.extend(target, value, node, self.hint, "+=")
            return
        self.bind(node.target, self.arithmetic(target, value, node.op, node))

    def _do_return(self, node: ast.Return) -> bool:
        if node.value is not None:
            value = self.eval(node.value)
            known = self.scope.returned
            self.scope.returned = value if known is None else join(known, value)
        return True

    def _do_raise(self, node: ast.Raise) -> bool:
        return True

    def _do_continue(self, node: ast.Continue) -> bool:
        return True

    _do_break = _do_continue

    def _do_delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.scope.variables.pop(target.id, None)

    def _do_global(self, node: ast.Global) -> None:
        self.scope.changed.update(f"global {name}" for name in node.names)

    def _do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        function = Function(node, self.scope, self.cell)
        self.scope.variables[node.name] = Value(Kind.FUNCTION, name=node.name, function=function)

    _do_asyncfunctiondef = _do_functiondef

    def _do_classdef(self, node: ast.ClassDef) -> None:
        methods: dict[str, Value] = {}
        bases = [self.eval(base) for base in node.bases]
        for base in bases:
            methods.update(base.methods or {})
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                function = Function(statement, self.scope, self.cell)
                methods[statement.name] = Value(
                    Kind.FUNCTION, name=statement.name, function=function
                )
        library = next((base.name for base in bases if base.name and not base.methods), "")
        self.scope.variables[node.name] = Value(
            Kind.CLASS, name=node.name, methods=methods, const=library
        )

    def _do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.split(".")[0]
            self.scope.variables[alias.asname or name] = Value(Kind.MODULE, name=name)

    def _do_importfrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            name = f"{node.module or 'package'}.{alias.name}"
            self.scope.variables[alias.asname or alias.name] = Value(Kind.MODULE, name=name)

    def _do_with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            value = self.eval(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        return self.block(node.body)

    _do_asyncwith = _do_with

    def _do_try(self, node: ast.Try) -> bool:
        ended = self.block(node.body)
        before = dict(self.scope.variables)
        for handler in node.handlers:
            self._arm(handler.body, self.number(), 0, flag=True)
            self._merge([before, self.scope.variables])
            before = dict(self.scope.variables)
        if not ended:
            ended = self.block(node.orelse)
        return self.block(node.finalbody) or (ended and not node.handlers)

    _do_trystar = _do_try

    def _do_match(self, node: ast.Match) -> None:
        self.eval(node.subject)
        before = dict(self.scope.variables)
        results = [before]
        branch = self.number()
        for arm, case in enumerate(node.cases):
            self.scope.variables = dict(before)
            self._arm(case.body, branch, arm, flag=True)
            results.append(self.scope.variables)
        self._merge(results)

    def _do_if(self, node: ast.If) -> bool:
        known = self._decided(node.test)
        if known is not None:
            return self.block(node.body if known else node.orelse)
        test = self.eval(node.test)
        active = {loop.id for loop in self.loops}
        of_row = bool(test.flow.loops & active or flow_of(test).loops & active)
        branch = self.number()
        if self.loops and (node.orelse or _ends(node.body)):
            self.row_arms[branch] = (self.place(node), self.loops[-1].id)
        before = self.scope.variables
        self.visited += len(before) // 50
        self.scope.variables = dict(before)
        body_ends = self._arm(node.body, branch, 0, flag=not of_row)
        after_body = self.scope.variables
        self.scope.variables = dict(before)
        else_ends = self._arm(node.orelse, branch, 1, flag=not of_row)
        results = [
            variables
            for variables, ended in ((after_body, body_ends), (self.scope.variables, else_ends))
            if not ended
        ]
        self._merge(results or [after_body], _literal_labels(node.test, self))
        if body_ends and not else_ends and not node.orelse and of_row:
            self.arms.append((branch, 1))
        return body_ends and else_ends

    def _arm(self, statements: Sequence[ast.stmt], branch: int, arm: int, *, flag: bool) -> bool:
        outside = self.trace.branches
        depth = len(self.arms)
        self.arms.append((branch, arm))
        if flag:
            self.trace.branches = outside | {(branch, arm)}
        try:
            return self.block(statements)
        finally:
            del self.arms[depth:]
            self.trace.branches = outside

    def _merge(
        self, results: Sequence[dict[str, Value]], labels: Sequence[object] | None = None
    ) -> None:
        merged = dict(results[0])
        for other in results[1:]:
            for name, value in other.items():
                known = merged.get(name)
                if known is None or known is value:
                    merged[name] = value
                    continue
                joined = join(known, value)
                lookup = _choices(known, value, labels)
                merged[name] = replace(joined, lookup=lookup) if lookup is not None else joined
        self.scope.variables = merged

    def _decided(self, test: ast.expr) -> bool | None:
        """Outcome of a condition that only depends on literals."""
        if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name):
            if test.left.id == "__name__":
                return True
            if len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.NotEq):
                left, right = self.eval(test.left), self.eval(test.comparators[0])
                if left.kind is right.kind is Kind.CONST and not self.calls:
                    return bool(left.const == right.const) == isinstance(test.ops[0], ast.Eq)
            return None
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._decided(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.Constant | ast.Name):
            value = self.eval(test)
            if value.kind is Kind.CONST and isinstance(value.const, bool):
                return value.const
        return None

    def _do_for(self, node: ast.For | ast.AsyncFor) -> None:
        self.hint = ""
        iterable = self.eval(node.iter)
        names = node.iter.elts if isinstance(node.iter, ast.List | ast.Tuple) else []
        items = iterable.items or ()
        if names and len(items) <= 4 and any(item.is_rows for item in items):
            self._unrolled(node, names, items)
            return
        count, lookup = self.passes(iterable)
        loop = Loop(self.number(), self.place(node), count, lookup, retries=_retries(node.body))
        with self.loop(loop, source(self, [node.iter], node, sizes=True)):
            self._body(node.body, node.target, self.element(iterable, loop.id))
        self.block(node.orelse)

    _do_asyncfor = _do_for

    def _unrolled(
        self, node: ast.For | ast.AsyncFor, names: Sequence[ast.expr], items: Sequence[Value]
    ) -> None:
        """``for df in (train, test)``: changes in place reach the variables themselves."""
        for name, item in zip(names, items, strict=False):
            self.bind(node.target, item)
            if isinstance(node.target, ast.Name):
                self.scope.changed.discard(f"= {node.target.id}")
            self.block(node.body)
            if isinstance(name, ast.Name) and isinstance(node.target, ast.Name):
                if node.target.id in self.scope.changed:
                    self.scope.variables[name.id] = self.scope.variables[node.target.id]
                self.scope.changed.discard(node.target.id)

    def _body(self, body: Sequence[ast.stmt], target: ast.expr, element: Value) -> None:
        depth = len(self.arms)
        self.bind(target, element)
        self.block(body)
        del self.arms[depth:]

    def _do_while(self, node: ast.While) -> None:
        self.eval(node.test)
        loop = Loop(self.number(), self.place(node), retries=_retries(node.body))
        depth = len(self.arms)
        with self.loop(loop):
            self.block(node.body)
        del self.arms[depth:]
        self.block(node.orelse)


def _ends(statements: Sequence[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], ast.Continue)


def _retries(body: Sequence[ast.stmt]) -> bool:
    """Whether the loop appends and then breaks: it tries again until one row is made."""
    for statement in body:
        nested = [
            block
            for field in ("body", "orelse", "finalbody")
            if isinstance(block := getattr(statement, field, None), list)
            and not isinstance(statement, ast.For | ast.While | ast.FunctionDef | ast.ClassDef)
        ]
        if any(_retries(block) for block in nested):
            return True
    return (
        len(body) > 1
        and isinstance(body[-1], ast.Break)
        and any(
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            for statement in body[:-1]
        )
    )


def _literal_labels(test: ast.expr, interp: Interpreter) -> list[object] | None:
    """Constants that an ``if`` compares a variable with."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    value = interp.eval(test.comparators[0])
    if isinstance(test.ops[0], ast.Eq) and value.kind is Kind.CONST:
        return [value.const]
    constant = interp.constant(value)
    if isinstance(test.ops[0], ast.Eq) and isinstance(constant, tuple):
        return [constant]
    if isinstance(test.ops[0], ast.In) and isinstance(constant, tuple):
        return list(constant)
    return None


def _choices(first: Value, second: Value, labels: Sequence[object] | None) -> Lookup | None:
    """Numbers that an ``if`` chain chooses among, by the label it compares with."""
    if labels is None or first.kind is not Kind.CONST or first.place is None:
        return None
    if type(first.const) is not int:
        return None
    entries = tuple((label, first.const, first.place) for label in labels)
    others = second.lookup.entries if second.lookup is not None else ()
    return Lookup(entries + others)
