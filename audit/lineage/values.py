"""Abstract values: what the analysis knows about a variable instead of its contents.

A value stands for a whole collection of rows, for one row, for positions of rows, for a
statistic across rows, or for something else. Its `Flow` says which rows it is made of and what
happened to them on the way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from audit.model.artifacts import Cell

EMPTY: frozenset[Any] = frozenset()


class Kind(Enum):
    """What a value stands for."""

    UNKNOWN = auto()
    CONST = auto()
    ROWS = auto()
    ROW = auto()
    INDEX = auto()
    MASK = auto()
    STAT = auto()
    TUPLE = auto()
    DICT = auto()
    FUNCTION = auto()
    CLASS = auto()
    OBJECT = auto()
    MODULE = auto()


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a cell."""

    cell: Cell
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Which rows a value is made of, and what happened to them.

    Parameters
    ----------
    roots : frozenset of int
        Identities of the collections that the rows were first seen in.
    steps : mapping of int to bool
        Steps whose result reached the value; false where something unknown intervened.
    parts : frozenset of (int, int)
        Split and side that the rows belong to.
    selections : frozenset of int
        Filters applied; more filters, fewer rows.
    loops : frozenset of int
        Loops whose variable chose the row: the value differs from one pass to the next because
        it is another row, not because it is another copy.
    pieces : frozenset of int
        Loops whose variable chose a piece within one row: a channel, a pixel, a word.
    stats : frozenset of int
        Statistics across rows that the value depends on and that are not yet part of any rows.
    path : tuple of str
        Columns or positions taken from a row; two different paths are two different things.
    """

    roots: frozenset[int] = EMPTY
    steps: Mapping[int, bool] = field(default_factory=dict)
    parts: frozenset[tuple[int, int]] = EMPTY
    selections: frozenset[int] = EMPTY
    loops: frozenset[int] = EMPTY
    pieces: frozenset[int] = EMPTY
    stats: frozenset[int] = EMPTY
    path: tuple[str, ...] = ()


NO_FLOW = Flow()


@dataclass(slots=True, eq=False)
class Store:
    """A mutable list, buffer or dictionary that rows are collected in.

    Parameters
    ----------
    born : tuple of int
        Loops that were running when it was made.
    element : Value or None
        All elements, joined.
    copies : int or None
        Step that waits to be recorded: the elements are copies of one thing, which matters once
        they become rows.
    appends : list
        Appends seen: loops, branches, roots and path of what was appended.
    """

    born: tuple[int, ...]
    element: Value | None = None
    copies: int | None = None
    appends: list[Append] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """One append to a store."""

    loops: tuple[int, ...]
    branches: tuple[tuple[int, int], ...]
    flow: Flow


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A number that was taken from literals: which group gets which number.

    Parameters
    ----------
    entries : tuple of (key, number, place)
        Key as a constant (``None``: every row) and the literal's line.
    names : tuple of str
        Names in the key expression, where there are any.
    """

    entries: tuple[tuple[Any, int, Place], ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function, lambda or method of the analysed code."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Any
    cell: Cell
    instance: Value | None = None


@dataclass(slots=True, eq=False)
class Instance:
    """An object: its class by dotted name or definition, and what is stored on it.

    `learned` are the statistics that its fitted attributes stand for: the importances of a model.
    """

    type_name: str
    attributes: dict[str, Value] = field(default_factory=dict)
    fitted: dict[int, bool] = field(default_factory=dict)
    learned: frozenset[int] = EMPTY
    members: tuple[Value, ...] = ()
    definition: Value | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One abstract value; only the fields that suit its kind are set.

    Parameters
    ----------
    kind : Kind
        What it stands for.
    flow : Flow
        Rows behind it.
    items : tuple of Value, optional
        Elements, where they are known one by one.
    const : object
        The constant.
    name : str
        Dotted name of a module, function or class that was imported.
    store : Store, optional
        The list or dictionary behind it.
    place : Place, optional
        Where a literal stands.
    lookup : Lookup, optional
        Literals that a number was taken from.
    names : tuple of str
        Names of the variables that a tuple was written with.
    is_list : bool
        Certainly a Python list (so ``+`` and ``*`` make more elements).
    grouped : bool
        Result of ``groupby``.
    mask_key : tuple
        Identity and polarity of a condition.
    case : tuple of (str, object), optional
        Column and constant of a condition ``df["part"] == "train"``.
    function : Function, optional
        The function of the analysed code.
    instance : Instance, optional
        The object.
    methods : mapping of str to Value, optional
        Of a class.
    entries : tuple of (key, Value), optional
        Of a dictionary that was written out.
    """

    kind: Kind
    flow: Flow = NO_FLOW
    items: tuple[Value, ...] | None = None
    const: Any = None
    name: str = ""
    store: Store | None = None
    place: Place | None = None
    lookup: Lookup | None = None
    names: tuple[str, ...] = ()
    is_list: bool = False
    grouped: bool = False
    mask_key: tuple[Any, bool] | None = None
    case: tuple[str, object] | None = None
    function: Function | None = None
    instance: Instance | None = None
    methods: Mapping[str, Value] | None = None
    entries: tuple[tuple[Any, Value], ...] | None = None

    @property
    def is_rows(self) -> bool:
        """Whether it can be a collection of rows."""
        return self.kind is Kind.ROWS or (self.kind is Kind.UNKNOWN and bool(self.flow.roots))

    def with_flow(self, **changes: Any) -> Value:
        """Return the same value with some parts of its flow replaced."""
        return replace(self, flow=replace(self.flow, **changes))


UNKNOWN = Value(Kind.UNKNOWN)
MEMBERS = "members"  # name of a mask: the values of a column that are in some collection
ENDLESS = "endless copies"  # name of a stream that gives the same rows again and again
MODEL = "fitted coefficients"  # name of a value that a solver returned


def join_steps(flows: Iterable[Flow], *, certain: bool = True) -> dict[int, bool]:
    """Steps of all flows; certain where one path is."""
    steps: dict[int, bool] = {}
    for flow in flows:
        for step, sure in flow.steps.items():
            steps[step] = steps.get(step, False) or (sure and certain)
    return steps


def join_flows(flows: Iterable[Flow], *, certain: bool = True) -> Flow:
    """Flow of something computed from several values.

    Loops count only where rows are involved: a copy's number does not make it another row.
    """
    flows = [flow for flow in flows if flow is not NO_FLOW]
    if not flows:
        return NO_FLOW
    if len(flows) == 1 and certain:
        return flows[0]
    rooted = [flow for flow in flows if flow.roots] or flows
    paths = {flow.path for flow in rooted}
    return Flow(
        roots=frozenset().union(*(flow.roots for flow in flows)),
        steps=join_steps(flows, certain=certain),
        parts=frozenset().union(*(flow.parts for flow in flows)),
        selections=frozenset.intersection(*(flow.selections for flow in rooted)),
        loops=frozenset().union(*(flow.loops for flow in rooted)),
        pieces=frozenset().union(*(flow.pieces for flow in rooted)),
        stats=frozenset().union(*(flow.stats for flow in flows)),
        path=paths.pop() if len(paths) == 1 else (),
    )


def flow_of(value: Value, depth: int = 0) -> Flow:
    """Flow of a value with everything in it."""
    flows = [value.flow]
    if depth < 6:
        if value.items:
            flows += [flow_of(item, depth + 1) for item in value.items[:50]]
        if value.store is not None and value.store.element is not None:
            flows.append(flow_of(value.store.element, depth + 1))
        if value.entries:
            flows += [flow_of(item, depth + 1) for _, item in value.entries[:50]]
        if value.kind is Kind.OBJECT and value.instance is not None:
            flows += [flow_of(item, depth + 1) for item in value.instance.members[:50]]
            attributes = list(value.instance.attributes.values())[:50]
            flows += [flow_of(item, depth + 3) for item in attributes]
    return join_flows(flows)


_ORDER = (Kind.ROWS, Kind.ROW, Kind.INDEX, Kind.STAT, Kind.MASK, Kind.UNKNOWN, Kind.CONST)


def result_kind(values: Iterable[Value]) -> Kind:
    """Kind of something computed from several values."""
    kinds = {_effective_kind(value) for value in values}
    return next((kind for kind in _ORDER if kind in kinds), Kind.UNKNOWN)


def _effective_kind(value: Value, depth: int = 0) -> Kind:
    if value.kind is Kind.ROWS or (value.kind is Kind.UNKNOWN and value.flow.roots):
        return Kind.ROWS
    if depth < 4 and (value.items or value.entries):
        members = [*(value.items or ()), *(item for _, item in value.entries or ())]
        kinds = {_effective_kind(item, depth + 1) for item in members[:50]}
        return next((kind for kind in _ORDER if kind in kinds), Kind.UNKNOWN)
    return value.kind if value.kind in _ORDER else Kind.UNKNOWN


def join(first: Value, second: Value, *, depth: int = 0) -> Value:
    """The value of a variable that is either of two."""
    if first is second:
        return first
    if first.kind is Kind.CONST and first.const is None:
        return second
    if second.kind is Kind.CONST and second.const is None:
        return first
    if first.kind is Kind.TUPLE and second.kind is Kind.TUPLE and depth < 4:
        a, b = first.items, second.items
        if a is not None and b is not None and len(a) == len(b):
            pairs = zip(a, b, strict=True)
            return replace(first, items=tuple(join(x, y, depth=depth + 1) for x, y in pairs))
    kept = first if _weight(first) >= _weight(second) else second
    steps = join_steps((first.flow, second.flow))
    for step in steps:
        steps[step] &= first.flow.steps.get(step, False) and second.flow.steps.get(step, False)
    flow = replace(join_flows((first.flow, second.flow)), steps=steps)
    same_constant = first.kind is second.kind is Kind.CONST and first.const == second.const
    if kept.kind is Kind.CONST and not same_constant:
        kept = replace(kept, kind=Kind.UNKNOWN, const=None)
    return replace(kept, flow=flow, lookup=kept.lookup if same_constant else None)


def _weight(value: Value) -> tuple[bool, bool, bool]:
    return (
        value.kind is Kind.ROWS,
        value.kind not in (Kind.UNKNOWN, Kind.CONST),
        bool(value.flow.steps),
    )


class Scope:
    """Variables of the module or of one call."""

    __slots__ = ("changed", "parent", "returned", "store", "variables")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.variables: dict[str, Value] = {}
        self.returned: Value | None = None
        self.changed: set[str] = set()
        self.store: Store | None = None

    def find(self, name: str) -> Value | None:
        """Value of a variable here or further out."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.parent
        return None


class Arguments:
    """Evaluated arguments of a call."""

    __slots__ = ("keywords", "node", "positional")

    def __init__(
        self, node: ast.Call, positional: Sequence[Value], keywords: dict[str, Value]
    ) -> None:
        self.node = node
        self.positional = list(positional)
        self.keywords = keywords

    @property
    def all(self) -> list[Value]:
        """Every argument."""
        return [*self.positional, *self.keywords.values()]

    def get(self, position: int, *names: str) -> Value | None:
        """An argument by position or by name."""
        if 0 <= position < len(self.positional):
            return self.positional[position]
        return next((self.keywords[name] for name in names if name in self.keywords), None)

    def constant(self, position: int, *names: str) -> object:
        """The constant given for an argument, if it is one."""
        value = self.get(position, *names)
        return value.const if value is not None and value.kind is Kind.CONST else None
