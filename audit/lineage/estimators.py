"""Calls of methods on objects: transformers, samplers, splitters, models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.lineage import knowledge as known
from audit.lineage import splits
from audit.lineage.calls import call_library, note_target
from audit.lineage.duplication import duplicate
from audit.lineage.trace import Statistic, StepRecord
from audit.lineage.values import (
    ENDLESS,
    UNKNOWN,
    Arguments,
    Flow,
    Instance,
    Kind,
    Value,
    flow_of,
    join_flows,
    result_kind,
)
from audit.model.artifacts import StepKind
from audit.model.severity import Confidence

if TYPE_CHECKING:
    from audit.lineage.interpreter import Interpreter

_APPLIED = known.words(
    """
    transform __call__ texts_to_sequences texts_to_matrix sequences_to_matrix encode
    encode_plus batch_encode_plus
    """
)
_FITTED_ALWAYS = known.TRANSFORMERS | (known.SUPERVISED_TRANSFORMERS - {
    "LinearDiscriminantAnalysis", "PLSRegression"})  # fmt: skip


def call_object(
    interp: Interpreter, owner: Value, instance: Instance, name: str, arguments: Arguments
) -> Value:
    """Call a method of an object of a library class, or of an unknown one."""
    kind = known.last(instance.type_name)
    rows = arguments.get(0, "X", "x", "texts", "data", "raw_documents")
    has_rows = rows is not None and bool(flow_of(rows).roots)
    if name == "split" and kind in known.SPLITTERS:
        return splits.fold_positions(
            interp,
            arguments.node,
            f"{kind}.split",
            Confidence.HIGH,
            keeps_groups=kind in known.GROUP_SPLITTERS,
        )
    if name in ("get_support", "get_feature_names_out") and instance.fitted:
        return Value(Kind.STAT, Flow(steps=instance.fitted))
    if name == "get_n_splits" or (rows is None and name in ("fit_transform", "transform")):
        return UNKNOWN
    if name in ("fit_resample", "fit_sample"):
        return _sampled(interp, instance, kind, arguments)
    if name in ("fit_transform", "fit_on_texts", "adapt"):
        return _fit_transform(interp, instance, kind, name, arguments, rows or UNKNOWN)
    if name in known.FIT_METHODS:
        return _fit(interp, owner, instance, kind, name, arguments, rows)
    if name in known.PREDICT_METHODS:
        return _predict(interp, kind, name, arguments)
    if name in ("standard_normal", "normal", "uniform", "random", "integers", "poisson"):
        return UNKNOWN
    if name in ("choice", "permutation", "permuted") and _is_generator(kind):
        return call_library(interp, f"numpy.random.{name}", arguments)
    if name in known.SAVERS:
        interp.trace.leave(flow_of(owner))
        return UNKNOWN
    if kind == "ImageDataGenerator" and name == "flow" and has_rows and rows is not None:
        return Value(Kind.ROWS, flow_of(rows), name=ENDLESS)
    if name in _APPLIED and has_rows and rows is not None:
        return _apply(interp, instance, name, arguments, rows)
    values = arguments.all
    result = result_kind(values)
    if result not in (Kind.ROWS, Kind.ROW):
        return _members(interp, owner, name)
    certain = kind in ("Tokenizer", "MinMaxScaler", "StandardScaler") or name.startswith("inverse")
    return Value(result, join_flows(map(flow_of, values), certain=certain))


def _members(interp: Interpreter, owner: Value, name: str) -> Value:
    """Rows that were handed to the object's constructor may come out of it again."""
    flow = flow_of(owner)
    if flow.roots and name in ("batch", "shuffle", "map", "get_group", "take", "skip", "prefetch"):
        return Value(Kind.ROWS, flow)
    return Value(Kind.UNKNOWN)


def _is_generator(kind: str) -> bool:
    return kind in ("default_rng", "RandomState", "Generator", "Random", "")


def _types(instance: Instance) -> list[str]:
    """Types of the members of a pipeline, nested ones included."""
    types = []
    for member in instance.members:
        waiting = [member, *(member.items or ())]
        while waiting:
            value = waiting.pop(0)
            if value.instance is not None:
                types.append(known.last(value.instance.type_name))
                types += _types(value.instance)
            elif value.items is not None and value is not member:
                waiting.extend(value.items)
    return types


def _record_fit(
    interp: Interpreter,
    instance: Instance,
    operation: str,
    arguments: Arguments,
    flow: Flow,
    *,
    uses_target: bool,
    confidence: Confidence,
) -> int:
    record = StepRecord(
        StepKind.FIT,
        interp.place(arguments.node),
        operation,
        interp.hint,
        detail="fitted on these rows" + interp.within(),
        confidence=confidence,
        uses_target=uses_target,
        roots=flow.roots,
        parts=flow.parts,
    )
    step = interp.trace.step(record)
    instance.fitted = {step: True}
    return step


def _learns(instance: Instance, kind: str) -> tuple[bool, Confidence]:
    """Whether fitting learns from rows, and how sure that is."""
    if kind in known.HARMLESS_TRANSFORMERS:
        return False, Confidence.HIGH
    if kind in known.COMPOSITES or kind == "FeatureUnion":
        types = _types(instance)
        if types and all(item in known.HARMLESS_TRANSFORMERS for item in types):
            return False, Confidence.HIGH
        if any(item in _FITTED_ALWAYS for item in types):
            return True, Confidence.HIGH
        return True, Confidence.MEDIUM
    sure = kind in known.TRANSFORMERS | known.SUPERVISED_TRANSFORMERS or kind == "Tokenizer"
    return True, Confidence.HIGH if sure else Confidence.MEDIUM


def _supervised(kind: str, instance: Instance, target: Value | None) -> bool:
    if target is None or (target.kind is Kind.CONST and target.const is None):
        return False
    kinds = [kind, *(_types(instance) if kind in known.COMPOSITES else ())]
    return any(item in known.SUPERVISED_TRANSFORMERS for item in kinds)


def _fit_transform(
    interp: Interpreter,
    instance: Instance,
    kind: str,
    name: str,
    arguments: Arguments,
    rows: Value,
) -> Value:
    flow = flow_of(rows)
    learns, confidence = _learns(instance, kind)
    if not learns or not flow.roots or result_kind([rows]) is not Kind.ROWS:
        return replace(rows, store=None) if rows.items is None else Value(Kind.ROWS, flow)
    target = arguments.get(1, "y")
    step = _record_fit(
        interp, instance, f"{kind or 'object'}.{name}", arguments, flow,
        uses_target=_supervised(kind, instance, target), confidence=confidence,
    )  # fmt: skip
    if name != "fit_transform":
        return UNKNOWN
    return Value(Kind.ROWS, interp.trace.apply(step, flow))


def _fit(
    interp: Interpreter,
    owner: Value,
    instance: Instance,
    kind: str,
    name: str,
    arguments: Arguments,
    rows: Value | None,
) -> Value:
    target = arguments.get(1, "y")
    flow = flow_of(rows) if rows is not None else Flow()
    if kind in known.HARMLESS_TRANSFORMERS or kind == "ImageDataGenerator":
        return owner
    types = _types(instance)
    is_transformer = kind in _FITTED_ALWAYS - {"KMeans", "TSNE"} or (
        kind in known.COMPOSITES and bool(types) and types[-1] in _FITTED_ALWAYS - {"KMeans"}
    )
    if is_transformer:
        if flow.roots and rows is not None and result_kind([rows]) is Kind.ROWS:
            _record_fit(
                interp, instance, f"{kind}.{name}", arguments, flow,
                uses_target=_supervised(kind, instance, target), confidence=Confidence.HIGH,
            )  # fmt: skip
        return owner
    _train(interp, owner, instance, kind, name, arguments)
    return owner


def _train(
    interp: Interpreter,
    owner: Value,
    instance: Instance,
    kind: str,
    name: str,
    arguments: Arguments,
) -> None:
    node = arguments.node
    held_out = [
        arguments.keywords[key]
        for key in ("validation_data", "eval_set", "val_data", "valid_sets")
        if key in arguments.keywords
    ]
    values = [value for value in arguments.all if value not in held_out]
    inputs = values or [owner]
    flow = join_flows(map(flow_of, inputs))
    if not flow.roots:
        return
    target = arguments.get(1, "y")
    note_target(interp, target)
    interp.trace.step(
        StepRecord(StepKind.TRAIN, interp.place(node), f"{kind or 'model'}.{name}", interp.hint)
    )
    for step, certain in instance.fitted.items():
        interp.trace.apply(step, flow, certain=certain)
    operation = f"{kind or 'model'}.{name}"
    learned = Statistic(interp.place(node), operation, flow, target is not None, ())
    instance.learned = frozenset({interp.trace.statistic(learned)})
    share = arguments.get(-1, "validation_split")
    if kind in known.SEARCHES:
        splits.inner_split(interp, _rows(values), node, f"{kind}.{name}")
    elif share is not None and share.const not in (0, 0.0, False):
        splits.inner_split(interp, _rows(values), node, "validation_split")
    interp.trace.train(flow)
    for value in held_out:
        interp.trace.score(flow_of(value))


def _rows(values: Sequence[Value]) -> list[Value]:
    return [value for value in values if flow_of(value).roots]


def _predict(interp: Interpreter, kind: str, name: str, arguments: Arguments) -> Value:
    flow = join_flows(map(flow_of, arguments.all))
    if not flow.roots:
        return UNKNOWN
    interp.trace.step(
        StepRecord(
            StepKind.EVALUATE,
            interp.place(arguments.node),
            f"{kind or 'model'}.{name}",
            interp.hint,
        )
    )
    interp.trace.score(flow)
    if name.startswith(("score", "evaluate", "test")):
        return UNKNOWN
    rows = arguments.get(0, "X", "x") or UNKNOWN
    return Value(result_kind([rows]), flow_of(rows))


def _apply(
    interp: Interpreter, instance: Instance, name: str, arguments: Arguments, rows: Value
) -> Value:
    flow = flow_of(rows)
    for step, certain in instance.fitted.items():
        flow = interp.trace.apply(step, flow, certain=certain)
    if name == "__call__" and not instance.fitted:
        interp.trace.train(flow)
        interp.trace.score(flow)
    return Value(result_kind([rows]), flow)


def _sampled(interp: Interpreter, instance: Instance, kind: str, arguments: Arguments) -> Value:
    types = {kind, *_types(instance)}
    results = []
    values = arguments.positional or arguments.all
    if types & known.UNDERSAMPLERS and not types & known.OVERSAMPLERS:
        selection = interp.number()
        for value in values[:2]:
            flow = flow_of(value)
            flow = replace(flow, selections=flow.selections | {selection})
            results.append(Value(Kind.ROWS, flow))
        return Value(Kind.TUPLE, items=tuple(results))
    flow = join_flows(map(flow_of, values))
    sure = bool(types & known.OVERSAMPLERS)
    step = duplicate(
        interp, flow, arguments.node, f"{kind or 'sampler'}.fit_resample",
        "makes new rows of several rows of a class",
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
    )  # fmt: skip
    for value in values[:2]:
        results.append(Value(Kind.ROWS, interp.trace.apply(step, flow_of(value))))
    return Value(Kind.TUPLE, items=tuple(results))
