"""Calls of library functions: what they make of the rows they get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.lineage import knowledge as known
from audit.lineage import splits
from audit.lineage.duplication import concatenate, duplicate, lookup_of, repeated
from audit.lineage.inline import unknown_result
from audit.lineage.statistics import is_per_row, statistic_value
from audit.lineage.trace import StepRecord
from audit.lineage.values import (
    MODEL,
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
from audit.model.artifacts import StepKind
from audit.model.severity import Confidence

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter

_TABLES = known.words(
    """
    DataFrame Series Index Dataset DMatrix QuantileDMatrix Pool TensorDataset Tensor
    FloatTensor LongTensor IntTensor DataLoader csr_matrix csc_matrix coo_matrix array
    asarray Variable ConcatDataset StackDataset
    """
)


def call_library(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    """Call something imported or built in."""
    short = known.last(name)
    handler = _HANDLERS.get(short)
    if handler is not None:
        result = handler(interp, name, arguments)
        if result is not None:
            return result
    if short == "cv" and name.startswith(known.BOOSTERS):
        rows = [value for value in arguments.all if flow_of(value).roots]
        splits.inner_split(interp, rows, arguments.node, name)
        return UNKNOWN
    if short in known.CROSS_VALIDATORS:
        return _cross_validation(interp, short, arguments)
    if short in known.CONCATENATIONS or short in known.COLUMN_CONCATENATIONS:
        return _concatenation(interp, short, arguments)
    if short in known.STANDARDISERS and arguments.positional and arguments.positional[0].is_rows:
        return _standardised(interp, short, arguments)
    if short in known.STATISTICS and name != "builtins.sum" and not name.startswith("builtins."):
        found = _statistic(interp, short, arguments)
        if found is not None:
            return found
    if short in known.SCORING:
        return _scored(interp, short, arguments)
    if short in known.SAVERS:
        for value in arguments.all:
            interp.trace.leave(flow_of(value))
        return UNKNOWN
    if short in known.LOADERS and not any(
        value.flow.roots and value.name != "file" for value in arguments.all
    ):
        return _loaded(interp, short, arguments)
    if short == "train" or short in known.SOLVERS:
        return _trained(interp, name, arguments)
    if short[:1].isupper() and short not in _TABLES:
        return _object(interp, name, arguments)
    if known.makes_nothing_of_rows(name):
        return UNKNOWN
    return _rowwise(interp, name, arguments)


def _rowwise(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    """A function that keeps rows as they are, as far as is known."""
    values = arguments.all
    if any(value.name == MODEL for value in values):
        interp.trace.score(join_flows(map(flow_of, values)))
    for value in values:
        if value.kind is Kind.FUNCTION and arguments.positional[1:]:
            return _applied(interp, value, arguments)
    kind = result_kind(values)
    if kind not in (Kind.ROWS, Kind.ROW, Kind.INDEX, Kind.STAT, Kind.MASK):
        if known.is_known_library(name) and not known.last(name).startswith(
            ("make_", "load_", "fetch_")
        ):
            return UNKNOWN
        return interp.fresh()
    if not known.is_known_library(name):
        return unknown_result(interp, arguments)
    flow = join_flows(map(flow_of, values))
    if flow.stats and known.last(name) in known.STAT_USERS and kind in (Kind.ROWS, Kind.ROW):
        flow = interp.trace.use_statistics(flow, flow.stats, interp.hint)
    elif kind in (Kind.ROWS, Kind.ROW):
        flow = replace(flow, stats=frozenset())
    first = arguments.positional[0] if arguments.positional else None
    if first is not None and first.store is not None and len(values) <= 2:
        return replace(first, flow=flow, is_list=known.last(name) in ("list", "sorted", "tuple"))
    if (
        first is not None
        and first.kind is Kind.TUPLE
        and known.last(name) in ("list", "tuple", "iter")
    ):
        return first
    is_index = kind is Kind.INDEX
    return Value(kind, flow, is_list=is_index or known.last(name) in ("list", "sorted", "deepcopy"))


def _applied(interp: Interpreter, function: Value, arguments: Arguments) -> Value:
    """``map(function, rows)``, ``np.apply_along_axis``: once per row."""
    others = [value for value in arguments.all if value is not function]
    loop = interp.number()
    elements = [interp.element(value, loop) for value in others if flow_of(value).roots]
    call = Arguments(arguments.node, elements, {})
    result = interp.call_value(function, call)
    flow = flow_of(result)
    if not elements or not flow.roots:
        return UNKNOWN
    return Value(Kind.ROWS, replace(flow, loops=flow.loops - {loop}), is_list=True)


# --- containers and iteration -----------------------------------------------------------------


def _zip(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    values = arguments.positional
    loop = interp.number()
    pair = Value(
        Kind.TUPLE,
        items=tuple(_stripped(interp.element(value, loop), loop) for value in values),
    )
    return _iterable(interp, pair, values)


def _enumerate(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    if not arguments.positional:
        return None
    value = arguments.positional[0]
    loop = interp.number()
    element = _stripped(interp.element(value, loop), loop)
    return _iterable(interp, Value(Kind.TUPLE, items=(Value(Kind.INDEX), element)), [value])


def _stripped(value: Value, loop: int) -> Value:
    if value.items is not None:
        return replace(value, items=tuple(_stripped(item, loop) for item in value.items))
    return value.with_flow(loops=value.flow.loops - {loop})


def _iterable(interp: Interpreter, element: Value, values: Sequence[Value]) -> Value:
    born = tuple(loop.id for loop in interp.loops)
    flow = join_flows(map(flow_of, values))
    kind = result_kind(values)
    return Value(kind, flow, store=Store(born, element), is_list=True)


def _range(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    if known.last(name) in ("argsort", "nonzero", "flatnonzero", "argwhere"):
        return Value(Kind.INDEX, is_list=True)
    value = arguments.positional[-1] if arguments.positional else UNKNOWN
    if len(arguments.positional) == 2:
        first = arguments.positional[0]
        if first.kind is value.kind is Kind.CONST and type(first.const) is type(value.const) is int:
            value = replace(value, const=value.const - first.const)
    index = value.kind in (Kind.ROWS, Kind.INDEX) and known.last(name) in (
        "permutation",
        "randperm",
    )
    if index and value.kind is Kind.ROWS:
        return value
    if index:
        return replace(value, store=None, items=None, const=None)
    is_count = known.last(name) == "range" and value.kind is Kind.CONST and type(value.const) is int
    lookup = lookup_of(interp, value, arguments.node)
    return Value(Kind.INDEX, const=value.const if is_count else None, lookup=lookup, is_list=True)


def _make_list(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    born = tuple(loop.id for loop in interp.loops)
    if not arguments.all or known.last(name) in ("defaultdict", "deque"):
        is_dict = known.last(name) in ("dict", "defaultdict", "OrderedDict")
        kind = Kind.DICT if is_dict else Kind.UNKNOWN
        return Value(kind, store=Store(born), is_list=not is_dict, entries=() if is_dict else None)
    if known.last(name) == "dict" and not arguments.positional:
        return Value(Kind.DICT, store=Store(born), entries=tuple(arguments.keywords.items()))
    return None


def _buffer(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    return Value(Kind.UNKNOWN, store=Store(tuple(loop.id for loop in interp.loops)))


def _open(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    """A file: what is read from it are new rows, unless its name comes from rows."""
    if any(flow_of(value).roots for value in arguments.all):
        return None
    return replace(interp.fresh(), name="file")


def _next(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    if not arguments.positional:
        return None
    value = arguments.positional[0]
    loop = interp.number()
    return _stripped(interp.element(value, loop), loop)


def _number(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    """``int(x)``: the number stays the one that was looked up."""
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    return value if value.lookup is not None or value.kind is Kind.CONST else None


def _chain(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    values: list[Value] = []
    for value in arguments.positional:
        values.extend(value.items if value.items is not None else [value])
    return concatenate(interp, values, arguments.node, "chain", is_list=True)


def _sampled_list(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    """``random.choice(rows)`` is a row; ``np.random.choice(n, k)`` are positions."""
    if not arguments.positional:
        return None
    value = arguments.positional[0]
    replaces = arguments.constant(2, "replace")
    if value.is_rows and not arguments.positional[1:] and not arguments.keywords:
        return Value(Kind.ROW, value.flow)
    if value.is_rows:
        if replaces is True or known.last(name) == "choices":
            return _resampled(interp, value, arguments, "choice with replacement")
        return value
    flow = value.flow if value.kind is Kind.INDEX else Flow()
    index = Value(Kind.INDEX, flow, is_list=True)
    if replaces is True:
        step = duplicate(
            interp, flow, arguments.node, "choice with replacement", "positions drawn repeatedly",
            confidence=Confidence.MEDIUM,
        )  # fmt: skip
        return index.with_flow(steps={step: True})
    return index


# --- duplication ------------------------------------------------------------------------------


def _resampled(interp: Interpreter, value: Value, arguments: Arguments, operation: str) -> Value:
    flow = flow_of(value)
    step = duplicate(interp, flow, arguments.node, operation, "rows drawn with replacement")
    return Value(Kind.ROWS, interp.trace.apply(step, flow))


def _resample(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    if name.startswith(("scipy", "librosa", "torchaudio")) or not arguments.positional:
        return None
    values = arguments.positional
    if arguments.constant(-1, "replace") is False:
        selected = [v.with_flow(selections=v.flow.selections | {interp.number()}) for v in values]
        results = [replace(v, kind=Kind.ROWS, store=None, items=None) for v in selected]
    else:
        results = [_resampled(interp, value, arguments, "resample") for value in values]
    return results[0] if len(results) == 1 else Value(Kind.TUPLE, items=tuple(results))


def _repeat(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    short = known.last(name)
    if len(arguments.positional) < 1:
        return None
    if not arguments.positional[0].is_rows and arguments.positional[0].kind is not Kind.INDEX:
        return None
    times = arguments.get(1, "repeats", "reps", "multiples", "n")
    axis = arguments.constant(2, "axis", "dim")
    if times is None or axis not in (None, 0):
        return None
    if times.kind is Kind.TUPLE and times.items:
        if any(item.const != 1 for item in times.items[1:]) and times.items[0].const == 1:
            return None
        times = times.items[0]
    return repeated(interp, arguments.positional[0], times, arguments.node, f"np.{short}")


def _concatenation(interp: Interpreter, short: str, arguments: Arguments) -> Value:
    parts: list[Value] = []
    first = arguments.positional[:1] or list(arguments.keywords.values())[:1]
    for value in arguments.positional if short == "append" else first:
        parts.extend(value.items if value.items is not None else [value])
    axis = arguments.constant(2 if short == "append" else 1, "axis", "dim")
    columns = short in known.COLUMN_CONCATENATIONS and not (short == "stack" and axis == 0)
    if short == "stack" or columns or axis not in (None, 0, "index", "rows"):
        kind = result_kind(parts)
        flow = join_flows(map(flow_of, parts))
        if kind is Kind.ROWS and flow.stats:
            flow = interp.trace.use_statistics(flow, flow.stats, interp.hint)
        return Value(kind, flow)
    return concatenate(interp, parts, arguments.node, short)


# --- statistics -------------------------------------------------------------------------------


def _statistic(interp: Interpreter, short: str, arguments: Arguments) -> Value | None:
    value = arguments.positional[0] if arguments.positional else None
    if value is None or not flow_of(value).roots or result_kind([value]) is not Kind.ROWS:
        return None
    axis = arguments.get(-1 if "percentile" in short or "quantile" in short else 1, "axis")
    if is_per_row(axis):
        return Value(Kind.ROWS, value.flow)
    return statistic_value(interp, flow_of(value), arguments.node, f"np.{short}", short)


def _standardised(interp: Interpreter, short: str, arguments: Arguments) -> Value:
    value = arguments.positional[0]
    axis = arguments.get(-1, "axis")
    if is_per_row(axis):
        return value
    flow = flow_of(value)
    statistic = statistic_value(interp, flow, arguments.node, short, short)
    return Value(Kind.ROWS, interp.trace.use_statistics(flow, statistic.flow.stats, interp.hint))


def _scored(interp: Interpreter, short: str, arguments: Arguments) -> Value:
    for value in arguments.all:
        interp.trace.score(flow_of(value))
    return UNKNOWN


# --- loading and modelling --------------------------------------------------------------------


def _loaded(interp: Interpreter, short: str, arguments: Arguments) -> Value:
    if short == "load" and not arguments.all:
        return interp.fresh()
    place = interp.place(arguments.node)
    interp.trace.step(StepRecord(StepKind.LOAD, place, short, interp.hint))
    return interp.fresh()


def _trained(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    flow = join_flows(map(flow_of, arguments.all))
    if flow.roots:
        place = interp.place(arguments.node)
        interp.trace.step(StepRecord(StepKind.TRAIN, place, name, interp.hint))
        interp.trace.train(flow)
    if known.last(name) in known.SOLVERS:
        return Value(Kind.UNKNOWN, name=MODEL)
    return Value(Kind.OBJECT, name=name, instance=Instance(name))


def _cross_validation(interp: Interpreter, short: str, arguments: Arguments) -> Value:
    rows = [value for value in (arguments.get(1, "X"), arguments.get(2, "y")) if value is not None]
    note_target(interp, arguments.get(2, "y"))
    splits.inner_split(interp, rows, arguments.node, short)
    return Value(Kind.ROWS, flow_of(rows[0])) if short == "cross_val_predict" and rows else UNKNOWN


def _train_test_split(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    return splits.split_function(interp, arguments.positional, arguments.node, "train_test_split")


def _random_split(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    lengths = arguments.get(1, "lengths")
    sides = len(lengths.items) if lengths is not None and lengths.items else 2
    return splits.split_function(
        interp, arguments.positional[:1], arguments.node, "random_split", sides
    )


def _array_split(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    cuts = arguments.get(1, "indices_or_sections")
    if not name.startswith(("numpy", "np")) or cuts is None or not arguments.positional:
        return None
    if not cuts.items or not arguments.positional[0].is_rows:
        return None
    return splits.split_function(
        interp, arguments.positional[:1], arguments.node, "np.split", len(cuts.items) + 1
    )


def _subset(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    if len(arguments.positional) < 2:
        return None
    rows, positions = arguments.positional[:2]
    return splits.by_positions(interp, Value(Kind.ROWS, flow_of(rows)), positions)


def _object(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    members: list[Value] = []
    for value in arguments.all:
        members.extend(value.items if value.items is not None else [value])
    fitted: dict[int, bool] = {}
    for member in members:
        if member.instance is not None:
            fitted.update(member.instance.fitted)
    flow = join_flows(map(flow_of, arguments.all))
    if known.last(name) in known.FITTED_WHEN_MADE and flow.roots:
        record = StepRecord(
            StepKind.FIT, interp.place(arguments.node), known.last(name), interp.hint,
            detail="fitted on these rows" + interp.within(), roots=flow.roots, parts=flow.parts,
        )  # fmt: skip
        fitted[interp.trace.step(record)] = True
        members = []
    instance = Instance(name, members=tuple(members), fitted=fitted)
    return Value(Kind.OBJECT, name=name, instance=instance)


def _pipeline(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    return _object(interp, name, arguments)


def note_target(interp: Interpreter, value: Value | None) -> None:
    """Remember which column is the target."""
    if value is not None and value.flow.path:
        interp.trace.target_columns.add(value.flow.path[-1])


def _from_slices(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    return Value(Kind.ROWS, join_flows(map(flow_of, arguments.all)))


def _merge(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    flow = join_flows(map(flow_of, arguments.all))
    return Value(Kind.ROWS, interp.trace.use_statistics(flow, flow.stats, interp.hint))


def _length(interp: Interpreter, name: str, arguments: Arguments) -> Value:
    """``len(x)``: a size is no row, but it is a number that a literal may have given."""
    value = arguments.positional[0] if arguments.positional else UNKNOWN
    if value.items is not None:
        place = interp.place(arguments.node)
        return Value(Kind.CONST, const=len(value.items), place=place)
    return UNKNOWN


def _polars_column(interp: Interpreter, name: str, arguments: Arguments) -> Value | None:
    """``pl.col("a")``: a column of the table whose method is being called."""
    table = interp.columns_of
    if table is None or not name.startswith("polars."):
        return None
    path = tuple(str(value.const) for value in arguments.positional[:1])
    return Value(Kind.ROWS, replace(flow_of(table), path=(*table.flow.path, *path)))


_HANDLERS = {
    "col": _polars_column,
    "all": _polars_column,
    "train_test_split": _train_test_split,
    "random_split": _random_split,
    "split": _array_split,
    "Subset": _subset,
    "resample": _resample,
    "repeat": _repeat,
    "tile": _repeat,
    "repeat_interleave": _repeat,
    "zip": _zip,
    "enumerate": _enumerate,
    "next": _next,
    "open": _open,
    "chain": _chain,
    "from_iterable": _chain,
    "int": _number,
    "len": _length,
    "choice": _sampled_list,
    "choices": _sampled_list,
    "merge": _merge,
    "from_tensor_slices": _from_slices,
    "make_pipeline": _pipeline,
    "make_column_transformer": _pipeline,
    "list": _make_list,
    "dict": _make_list,
    "defaultdict": _make_list,
    "deque": _make_list,
    "zeros": _buffer,
    "empty": _buffer,
    **dict.fromkeys(known.INDEX_FUNCTIONS, _range),
}
