"""Assignments of the abstract interpreter: to names, tuples, attributes and elements."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from audit.lineage.duplication import Loop, collect, release
from audit.lineage.values import UNKNOWN, Kind, Value, flow_of, join

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter


class Binding:
    """Binds values to targets; the services come from `Interpreter`."""

    @property
    def _me(self) -> Interpreter:
        return cast("Interpreter", self)

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assign a value to a name, a tuple, an attribute or an element."""
        if isinstance(target, ast.Name):
            self._set(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value)
        elif isinstance(target, ast.Attribute):
            owner = self._me.eval(target.value)
            if owner.instance is not None:
                owner.instance.attributes[target.attr] = value
            elif owner.is_rows and target.attr not in ("columns", "index", "name"):
                self.change(target.value, value)
        elif isinstance(target, ast.Subscript):
            self._store_element(target, value)

    def _set(self, name: str, value: Value) -> None:
        self._me.scope.changed.discard(name)
        self._me.scope.changed.add(f"= {name}")
        if f"global {name}" in self._me.scope.changed:
            self._me.module.variables[name] = value
        else:
            self._me.scope.variables[name] = value

    def _unpack(self, targets: Sequence[ast.expr], value: Value) -> None:
        items = value.items
        starred = [i for i, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if items is not None and not starred and len(items) == len(targets):
            for target, item in zip(targets, items, strict=True):
                self.bind(target, item)
            return
        value = release(self._me, value)
        nested = any(isinstance(target, ast.Tuple) for target in targets)
        element = value.store.element if value.store is not None else None
        for position, target in enumerate(targets):
            if element is not None and element.kind is Kind.TUPLE:
                self.bind(target, self._me.element(value, self._me.number()))
            elif value.kind is Kind.ROW or not value.flow.roots:
                self.bind(target, _at(value, str(position)))
            elif nested and not value.flow.steps and not value.flow.parts:
                self.bind(target, self._me.fresh())
            else:
                selection = self._me.selection(("unpacked", id(value), position))
                selections = value.flow.selections | {selection}
                item = replace(value, kind=Kind.ROWS, store=None, items=None)
                self.bind(target, item.with_flow(selections=selections))

    def _store_element(self, target: ast.Subscript, value: Value) -> None:
        owner = self._me.eval(target.value)
        index = self._me.eval(target.slice)
        if owner.kind is Kind.DICT and owner.entries is not None and owner.store is not None:
            owner.store.element = (
                value if owner.store.element is None else join(owner.store.element, value)
            )
            if index.kind is Kind.CONST and isinstance(target.value, ast.Name):
                entries = tuple(e for e in owner.entries if e[0] != index.const)
                changed = replace(owner, entries=(*entries, (index.const, value)))
                self._me.scope.variables[target.value.id] = changed
            return
        if owner.store is not None:
            if index.kind is Kind.INDEX or value.kind is Kind.ROW:
                running = {loop.id for loop in self._me.loops} - set(owner.store.born)
                rows = flow_of(value).loops & running
                if rows and index.flow.loops & running <= rows and index.kind is Kind.INDEX:
                    owner.store.element = value.with_flow(loops=frozenset())
                    return
            collect(self._me, owner.store, value, target, name_of(target.value), "store")
            return
        self.change(target.value, value)

    def change(self, target: ast.expr, value: Value) -> None:
        """Something was written into the rows that `target` names, in place."""
        while isinstance(target, ast.Attribute | ast.Subscript):
            holder = self._me.eval(target.value) if isinstance(target, ast.Attribute) else UNKNOWN
            if isinstance(target, ast.Attribute) and holder.instance is not None:
                known = holder.instance.attributes.get(target.attr)
                if known is not None:
                    changed = self._changed(known, value, target.attr)
                    holder.instance.attributes[target.attr] = changed
                return
            target = target.value
        owner = self._me.scope.find(target.id) if isinstance(target, ast.Name) else None
        if owner is None or not isinstance(target, ast.Name):
            return
        self._me.scope.variables[target.id] = self._changed(owner, value, target.id)
        if f"= {target.id}" not in self._me.scope.changed:
            self._me.scope.changed.add(target.id)

    def _changed(self, owner: Value, value: Value, name: str) -> Value:
        if owner.kind not in (Kind.ROWS, Kind.ROW, Kind.UNKNOWN):
            return owner
        added = flow_of(value)
        flow = owner.flow
        if added.stats:
            flow = self._me.trace.use_statistics(flow, added.stats, name)
        steps = dict(flow.steps)
        for step, certain in added.steps.items():
            steps[step] = steps.get(step, False) or certain
        roots = flow.roots or added.roots
        return replace(owner, flow=replace(flow, steps=steps, roots=roots))

    def extend(self, target: Value, value: Value, node: ast.AST, name: str, how: str) -> None:
        """``list.extend`` and ``+=``."""
        if target.store is None:
            return
        if value.items is not None:
            for item in value.items:
                collect(self._me, target.store, item, node, name, how)
            return
        if value.store is not None and value.store.copies is not None:
            element = value.store.element or UNKNOWN
            loop = Loop(self._me.number(), self._me.place(node))
            record = self._me.trace.steps[value.store.copies]
            loop = replace(loop, lookup=record.lookup, place=record.place)
            with self._me.loop(loop):
                collect(self._me, target.store, element, node, name, how)
            return
        kind = Kind.ROW if value.kind is Kind.ROW else value.kind
        collect(self._me, target.store, Value(kind, flow_of(value)), node, name, how)


def name_of(target: ast.expr) -> str:
    """Name of the variable that an assignment changes."""
    if isinstance(target, ast.Tuple | ast.List):
        return name_of(target.elts[0]) if target.elts else ""
    while isinstance(target, ast.Subscript | ast.Starred):
        target = target.value
    if isinstance(target, ast.Attribute):
        return f"{name_of(target.value)}.{target.attr}".strip(".")
    return target.id if isinstance(target, ast.Name) else ""


def _at(value: Value, position: str) -> Value:
    path = (*value.flow.path, position) if value.flow.roots else value.flow.path
    kind = Kind.ROW if value.flow.roots else value.kind
    return Value(kind, replace(value.flow, path=path), name=value.name)
