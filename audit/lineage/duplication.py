"""Where several rows are made of one: appends in loops, concatenations, repetitions."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from audit.lineage.sources import source
from audit.lineage.trace import StepRecord
from audit.lineage.values import (
    Append,
    Flow,
    Kind,
    Lookup,
    Place,
    Store,
    Value,
    flow_of,
    join_flows,
    result_kind,
)
from audit.model.artifacts import StepKind
from audit.model.severity import Confidence

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """A running loop.

    Parameters
    ----------
    id : int
        Unique number.
    place : Place
        Its first line.
    count : int or None
        Number of passes where it is known.
    lookup : Lookup or None
        Literals that the number of passes was taken from.
    retries : bool
        It appends once and then breaks.
    """

    id: int
    place: Place
    count: int | None = None
    lookup: Lookup | None = None
    retries: bool = False

    @property
    def multiplies(self) -> bool:
        """Whether it can run more than once for the same row."""
        return not self.retries and (self.count is None or self.count > 1)


def duplicate(
    interp: Interpreter,
    flow: Flow,
    node: ast.AST,
    operation: str,
    detail: str,
    *,
    lookup: Lookup | None = None,
    keeps_original: bool = False,
    confidence: Confidence = Confidence.HIGH,
    key: object = None,
    variable: str = "",
) -> int:
    """Record that rows were multiplied; return the step."""
    record = StepRecord(
        StepKind.DUPLICATE,
        interp.place(node),
        operation,
        variable or interp.hint,
        detail=detail + interp.within(),
        confidence=confidence,
        roots=flow.roots,
        parts=flow.parts,
        lookup=lookup,
        keeps_original=keeps_original,
        way=(source(interp, [node], node),),
    )
    return interp.trace.step(record, ("duplicate", key) if key is not None else None)


def collect(
    interp: Interpreter, store: Store, value: Value, node: ast.AST, name: str, operation: str
) -> None:
    """Append a value to a list, and see whether a source row gets there more than once."""
    flow = interp.assign_branch(flow_of(value), store)
    loops = [loop for loop in interp.loops if loop.id not in store.born]
    if flow.roots and value.kind is not Kind.INDEX:
        flow = _multiplicity(interp, store, value, flow, loops, node, name, operation)
    inside = frozenset(loop.id for loop in loops)
    kept = replace(flow, loops=flow.loops - inside) if flow.roots else flow
    element = value
    if value.items is None and value.store is None:
        element = replace(value, flow=kept)
    elif flow.steps or flow.parts:
        element = Value(Kind.ROW if result_kind([value]) is not Kind.ROWS else Kind.ROWS, kept)
    store.element = element if store.element is None else _both(interp, store.element, element)


def opened(interp: Interpreter, value: Value, target: ast.expr) -> Value:
    """A list that was written with elements becomes one that rows are collected in."""
    if value.items is None or value.store is None:
        return value
    running = interp.loops
    interp.loops = [loop for loop in running if loop.id in value.store.born]
    for item in value.items:
        collect(interp, value.store, item, target, "", "list")
    interp.loops = running
    changed = Value(Kind.UNKNOWN, store=value.store, is_list=True)
    interp.bind(target, changed)
    return interp.snapshot(changed)


def as_list(interp: Interpreter, value: Value, target: ast.expr) -> Value:
    """Rows that are appended to in place are a list."""
    store = Store((), Value(Kind.ROW, value.flow))
    changed = Value(Kind.ROWS, value.flow, store=store, is_list=True)
    interp.bind(target, changed)
    return changed


def _both(interp: Interpreter, first: Value, second: Value) -> Value:
    """Either of two elements of one list: it holds the rows of both."""
    flow = interp.whole(join_flows([flow_of(first), flow_of(second)]))
    same = (
        first.items is not None
        and second.items is not None
        and len(first.items) == len(second.items)
    )
    if same and first.items and second.items:
        pairs = zip(first.items, second.items, strict=True)
        return replace(first, items=tuple(_both(interp, a, b) for a, b in pairs))
    kind = result_kind([first, second])
    return Value(kind, flow)


def _multiplicity(
    interp: Interpreter,
    store: Store,
    value: Value,
    flow: Flow,
    loops: Sequence[Loop],
    node: ast.AST,
    name: str,
    operation: str,
) -> Flow:
    inside = [loop.id for loop in loops]
    varying = [loop for loop in loops if loop.id in flow.loops]
    copying = [loop for loop in loops if loop.id not in flow.loops and loop.multiplies]
    if flow.pieces & set(inside) and flow.loops & set(store.born):
        return flow
    this = Append(tuple(inside), tuple(interp.arms), flow)
    if len(varying) > 1 and value.kind is Kind.ROW:
        interp.trace.cutting_loops.update(loop.id for loop in varying[1:])
    earlier = [other for other in store.appends if _same_row(other, this, varying)]
    store.appends.append(this)
    drawn = not varying and value.kind is Kind.ROW and _overlaps(store.element, flow)
    if copying and (varying or drawn):
        plain = any(not _copies_in(other, copying) for other in earlier) or _overlaps(
            store.element, flow
        )
        step = duplicate(
            interp,
            flow,
            node,
            f"{operation} in a loop",
            "one append per copy and one per row" if plain else "several appends per row",
            lookup=copying[0].lookup,
            keeps_original=plain,
            key=(id(copying[0].place.cell), copying[0].place.line),
            variable=name,
            confidence=Confidence.MEDIUM if drawn else Confidence.HIGH,
        )
        interp.trace.steps[step].loop = copying[0].id
        if plain:
            interp.trace.steps[step].keeps_original = True
        return interp.trace.apply(step, flow)
    if copying:
        store.copies = duplicate(
            interp, flow, node, f"{operation} in a loop", "several copies of the same rows",
            lookup=copying[0].lookup, variable=name, keeps_original=_overlaps(store.element, flow),
            key=(id(copying[0].place.cell), copying[0].place.line),
        )  # fmt: skip
        return flow
    if not earlier or not varying:
        return flow
    for other in earlier:
        for step in other.flow.steps:
            record = interp.trace.steps[step]
            if record.kind is StepKind.DUPLICATE and step not in flow.steps:
                record.keeps_original = True
                return flow
    looped = [other for other in earlier if set(other.loops) - set(inside)]
    if looped:
        return flow
    conditional = len(interp.arms) > min(len(other.branches) for other in earlier)
    place = interp.place(node)
    lookup = None if conditional else Lookup(((None, len(earlier), place),))
    row_loop = varying[-1]
    step = duplicate(
        interp, flow, node, f"second {operation} per row", "more than one append per row",
        keeps_original=True, variable=name,
        key=("row", id(row_loop.place.cell), row_loop.place.line),
    )  # fmt: skip
    interp.trace.steps[step].lookup = lookup
    return interp.trace.apply(step, flow)


def _overlaps(element: Value | None, flow: Flow) -> bool:
    return element is not None and bool(flow_of(element).roots & flow.roots)


def _copies_in(other: Append, copying: Sequence[Loop]) -> bool:
    return any(loop.id in other.loops for loop in copying)


def _same_row(other: Append, this: Append, varying: Sequence[Loop]) -> bool:
    """Whether two appends of one list can put the same source row into it."""
    rows = {loop.id for loop in varying}
    if not rows or not rows <= set(other.loops) or not rows <= other.flow.loops:
        return False
    if not other.flow.roots & this.flow.roots:
        return False
    if other.flow.path and this.flow.path and other.flow.path != this.flow.path:
        return False
    arms = dict(other.branches)
    return all(arms.get(branch, arm) == arm for branch, arm in this.branches)


def release(interp: Interpreter, value: Value) -> Value:
    """Elements of a list become rows: copies that waited in it now count."""
    if value.store is None or value.store.copies is None:
        return value
    flow = interp.trace.apply(value.store.copies, flow_of(value))
    return Value(Kind.ROWS, flow, is_list=value.is_list)


def concatenate(
    interp: Interpreter,
    values: Sequence[Value],
    node: ast.AST,
    operation: str,
    *,
    is_list: bool = False,
) -> Value:
    """Put rows below one another; rows that come twice are duplicates."""
    parts = [release(interp, value) for value in values]
    flows = [flow_of(value) for value in parts]
    kind = result_kind(parts)
    flow = _joined(interp, flows)
    if kind is Kind.ROW:
        return Value(Kind.ROW, flow, is_list=is_list)
    rooted = [
        (value, own)
        for value, own in zip(parts, flows, strict=True)
        if own.roots and value.kind is not Kind.INDEX
    ]
    for position, (value, own) in enumerate(rooted):
        for other_value, other in rooted[position + 1 :]:
            if Kind.ROW in (value.kind, other_value.kind) or not _twice(own, other):
                continue
            explained = _explained(interp, own, other)
            if not explained:
                step = duplicate(
                    interp, flow, node, operation, "the same rows twice, below one another",
                    lookup=Lookup(((None, len(rooted) - 1, interp.place(node)),)),
                    keeps_original=True,
                )  # fmt: skip
                flow = interp.trace.apply(step, flow)
    flow = _accumulated(interp, rooted, flow, node, operation)
    return Value(Kind.ROWS if kind is Kind.ROWS else kind, flow, is_list=is_list)


def _accumulated(
    interp: Interpreter,
    rooted: Sequence[tuple[Value, Flow]],
    flow: Flow,
    node: ast.AST,
    operation: str,
) -> Flow:
    """``pool = vstack([pool, copy])`` in a loop is an append too."""
    rows = [own for value, own in rooted if value.kind is Kind.ROW]
    if len(rooted) < 2 or len(rows) != 1:
        return flow
    ids = [loop.id for loop in interp.loops]
    varying = [position for position, loop in enumerate(ids) if loop in rows[0].loops]
    if not varying:
        return flow
    copying = [
        loop
        for loop in interp.loops[varying[0] :]
        if loop.id not in rows[0].loops and loop.multiplies
    ]
    if not copying:
        return flow
    step = duplicate(
        interp, rows[0], node, f"{operation} in a loop", "several rows per source row",
        lookup=copying[0].lookup, key=(id(copying[0].place.cell), copying[0].place.line),
    )  # fmt: skip
    return interp.trace.apply(step, flow)


def _twice(first: Flow, second: Flow) -> bool:
    if not first.roots & second.roots:
        return False
    if first.path and second.path and first.path != second.path:
        return False
    nested_filters = first.selections <= second.selections or second.selections <= first.selections
    nested_parts = first.parts <= second.parts or second.parts <= first.parts
    return nested_filters and nested_parts


def _explained(interp: Interpreter, first: Flow, second: Flow) -> bool:
    """Copies made earlier meet their originals: nothing new, but the originals are kept."""
    different = set(first.steps) ^ set(second.steps)
    found = False
    for step in different:
        record = interp.trace.steps[step]
        if record.kind is StepKind.DUPLICATE:
            record.keeps_original = True
            found = True
    return found


def _joined(interp: Interpreter, flows: Sequence[Flow]) -> Flow:
    flow = join_flows(flows)
    splits = {split for split, _ in flow.parts}
    everywhere = {
        split
        for split in splits
        if all(any(other == split for other, _ in own.parts) for own in flows if own.roots)
    }
    return interp.whole(flow, everywhere)


def repeated(
    interp: Interpreter, value: Value, times: Value, node: ast.AST, operation: str
) -> Value:
    """``np.repeat(X, 3)``, ``[df] * 3``: every row several times; of positions, what they pick."""
    if times.kind is Kind.CONST and times.const in (0, 1):
        return value
    flow = flow_of(value)
    lookup = lookup_of(interp, times, node)
    if value.kind is Kind.INDEX:
        detail = "every position several times"
        step = duplicate(interp, flow, node, operation, detail, lookup=lookup)
        return Value(Kind.INDEX, flow, is_list=True).with_flow(steps={**flow.steps, step: True})
    step = duplicate(interp, flow, node, operation, "every row several times", lookup=lookup)
    return Value(Kind.ROWS, interp.trace.apply(step, flow), is_list=value.is_list)


def lookup_of(interp: Interpreter, value: Value, node: ast.AST) -> Lookup | None:
    """Literals behind a number of copies."""
    if value.lookup is not None:
        return value.lookup
    element = value.store.element if value.store is not None else None
    if element is not None and element.lookup is not None:  # one number for each row
        return element.lookup
    if value.kind is Kind.CONST and type(value.const) is int:
        place: Place = value.place or interp.place(node)
        return Lookup(((None, value.const, place),))
    return None
