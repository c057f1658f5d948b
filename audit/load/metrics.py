"""Metric files of many shapes to drafts of metric tables."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from audit.load import names
from audit.load.written import reported
from audit.model.artifacts import ReportedValue, SplitRole
from audit.model.location import Location

_SKIPPED = (
    names.CONFIG_WORDS
    | {"target", "targets", "goal", "goals", "threshold", "thresholds", "criteria", "criterion"}
    | {"args", "history", "epochs", "weights", "bounds", "std", "stdev", "interval", "ci"}
)
# Averaged over folds: no value of one split.
_AVERAGED = frozenset({"cv", "crossval", "kfold", "oof"})
# How a classification report calls what it says about all classes together.
_AVERAGES = frozenset({"macro_avg", "weighted_avg", "micro_avg", "samples_avg"})
_TIER_WORDS = frozenset({"tier", "tiers", "difficulty", "level", "levels"})
_NOT_GROUPS = _TIER_WORDS | {"epoch", "fold", "folds", "seed", "seeds", "step", "iteration"}
_GROUP_KEYS = frozenset({"by", "per", "groups", "segments", "slices", "group"})
_KEY_COLUMNS = ("group", "groups", "name", "segment", "slice", "category", "subset", "cohort")
_MAX_DEPTH = 12
_MAX_DRAFTS = 1_000
_MAX_ENTRIES = 10_000
_MAX_COLUMNS = 1_000
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """The metric of one group, its key not yet brought to canonical form.

    Parameters
    ----------
    fields : mapping of str to object
        Named values of the group, where the file has columns for them.
    name : str
        The group as written, where it has not.
    """

    fields: Mapping[str, Any]
    name: str
    value: ReportedValue
    count: int | None = None
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A metric table before group names are settled."""

    metric: str
    role: SplitRole | None
    path: str
    overall: ReportedValue | None
    entries: tuple[Entry, ...]
    label: str
    baseline: bool
    nested: bool = False
    tiers: tuple[Entry, ...] = ()  # values of tiers, which are no groups


@dataclass(frozen=True, slots=True)
class _Context:
    path: str
    known: frozenset[str]
    declared: str | None
    role: SplitRole | None = None
    metric: str | None = None
    label: str = ""
    baseline: bool = False
    pointers: bool = True
    part_of: str = ""
    of_tiers: bool = False


@dataclass(slots=True)
class _Sheet:
    drafts: list[Draft] = field(default_factory=list)
    not_finite: list[Location] = field(default_factory=list)

    def add(
        self,
        context: _Context,
        metric: str,
        overall: ReportedValue | None,
        entries: Sequence[Entry] = (),
    ) -> None:
        label = context.part_of or context.label
        tiers = tuple(entries) if context.of_tiers else ()
        groups = () if context.of_tiers else tuple(entries)
        for index, draft in enumerate(self.drafts):
            same = (draft.metric, draft.role, draft.label, draft.baseline, draft.nested)
            if same == (metric, context.role, label, context.baseline, bool(context.part_of)):
                self.drafts[index] = replace(
                    draft,
                    overall=draft.overall or overall,
                    entries=draft.entries or groups,
                    tiers=draft.tiers or tiers,
                )
                return
        if len(self.drafts) < _MAX_DRAFTS:
            self.drafts.append(
                Draft(
                    metric,
                    context.role,
                    context.path,
                    overall,
                    groups,
                    label,
                    context.baseline,
                    bool(context.part_of),
                    tiers,
                )
            )


def read_metrics(
    path: str, value: Any, known: frozenset[str], declared: str | None, *, pointers: bool = True
) -> tuple[tuple[Draft, ...], tuple[Location, ...]]:
    """Find metric tables in nested values or in a table.

    Parameters
    ----------
    path : str
        File, for locations.
    value : object
        Parsed JSON, or a DataFrame.
    known : frozenset of str
        Columns of the splits and predictions: they decide which fields make up a group.
    declared : str, optional
        Name of the headline metric from the configuration.
    pointers : bool
        Locations are JSON pointers (otherwise the whole file).

    Returns
    -------
    tuple of Draft
        In the order of the file; empty where it holds no metric.
    tuple of Location
        Metrics that are no finite number, and were left out.
    """
    sheet = _Sheet()
    context = _Context(path, known, declared, pointers=pointers)
    if isinstance(value, pd.DataFrame):
        rows = [
            {str(key): item for key, item in row.items() if item == item}
            for row in value.to_dict("records")
        ]
        _records(rows, lambda i, key: Location(path, rows=(i,)), context, sheet)
    elif isinstance(value, list):
        _list(value, "", context, sheet)
    elif isinstance(value, dict):
        _walk(value, "", context, sheet, 0)
    return tuple(_settle_roles(sheet.drafts)), tuple(sheet.not_finite)


def _settle_roles(drafts: list[Draft]) -> list[Draft]:
    """Give values by group and tier without a split the only held-out overall of the same metric
    that has none.
    """
    settled = list(drafts)
    for loose in [
        d for d in drafts if d.role is None and (d.entries or d.tiers) and d.overall is None
    ]:
        owners = [
            d
            for d in settled
            if d.metric == loose.metric
            and d.baseline == loose.baseline
            and (d.label, d.nested) == (loose.label, loose.nested)
            and d.overall is not None
            and not (d.entries and loose.entries)
            and not (d.tiers and loose.tiers)
        ]
        held_out = [d for d in owners if d.role not in (None, SplitRole.TRAIN)]
        if len(held_out) == 1:
            (owner,) = held_out
            settled[settled.index(owner)] = replace(
                owner, entries=owner.entries or loose.entries, tiers=owner.tiers or loose.tiers
            )
            settled.remove(loose)
    return [d for d in settled if d.entries or d.overall is not None]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _pointer(context: _Context, pointer: str) -> Location:
    return Location(context.path, pointer=pointer) if context.pointers else Location(context.path)


def _step(pointer: str, key: Any) -> str:
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _value(value: Any, location: Location, sheet: _Sheet) -> ReportedValue | None:
    if not _is_number(value):
        return None
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        sheet.not_finite.append(location)
        return None
    return reported(value, location)


def _introduce(node: Mapping[Any, Any], context: _Context) -> _Context:
    """Take over what a JSON object says about itself: run, metric, split."""
    label = next((node[k] for k in ("run", "name", "model") if isinstance(node.get(k), str)), "")
    metric = next((node[k] for k in ("metric", "score") if isinstance(node.get(k), str)), None)
    split = next((node[k] for k in ("split", "set", "subset") if isinstance(node.get(k), str)), "")
    return replace(
        context,
        label=label or context.label,
        metric=(names.metric_name(metric) or metric) if metric else context.metric,
        declared=metric or context.declared,
        role=names.split_role(split) or context.role,
    )


def _walk(
    node: Mapping[Any, Any], pointer: str, context: _Context, sheet: _Sheet, depth: int
) -> None:
    if depth > _MAX_DEPTH:
        return
    context = _introduce(node, context)
    stated = [str(key) for key, value in node.items() if _is_number(value)]
    found = (names.metric_name(key, context.declared) for key in stated)
    beside = list(dict.fromkeys(metric for metric in found if metric is not None))
    for key, value in node.items():
        key = str(key)
        if len(key) > _MAX_NAME:
            continue
        key_words = set(names.words(key))
        here = _step(pointer, key)
        if key_words & (_SKIPPED | _AVERAGED) or _with_spread(key, node):
            continue
        inner = replace(context, role=names.split_role(key) or context.role)
        if key_words & names.BASELINE_WORDS:
            inner = replace(inner, baseline=True)
        metric = names.metric_name(key, context.declared)
        if _is_number(value):
            generic = context.metric and (
                names.normal(key) in names.OVERALL_WORDS or names.is_split_name(key)
            )
            chosen = metric or (context.metric if generic else None)
            number = _value(value, _pointer(context, here), sheet) if chosen else None
            if chosen and number:
                sheet.add(inner, chosen, number)
            continue
        grouped = bool(key_words & _GROUP_KEYS)
        of_tiers = grouped and bool(key_words & _TIER_WORDS)
        inner = replace(inner, of_tiers=of_tiers)
        grouped = grouped and not key_words & (_NOT_GROUPS - _TIER_WORDS)
        if isinstance(value, list):
            if grouped or not key_words & _NOT_GROUPS:
                _list(value, here, replace(inner, metric=metric or context.metric), sheet)
        elif isinstance(value, dict):
            if grouped:
                prefix = re.split(r"[_\W]*(?:by|per)(?=[_\W])", key, maxsplit=1)[0]
                metric = names.metric_name(prefix, context.declared) or context.metric
                if metric is None and not prefix and len(beside) == 1:
                    metric = beside[0]
                _mapping(value, here, replace(inner, metric=metric), sheet)
            elif not key_words & (_NOT_GROUPS | names.COUNT_WORDS | {"sizes", "shape", "shapes"}):
                # A metric said once holds for parts of a result, not for `"seconds": {...}`.
                part = (
                    names.is_split_name(key)
                    or names.normal(key) in _AVERAGES
                    or names.normal(key) in names.OVERALL_WORDS
                    or key_words & (names.METRIC_WORDS | names.BASELINE_WORDS)
                )
                if not part and metric is None:
                    # One of several models, classes or folds: never the overall of the run.
                    inner = replace(inner, part_of=f"{context.part_of}/{key}".lstrip("/")[:200])
                metric = metric or (context.metric if part else None)
                _walk(value, here, replace(inner, metric=metric), sheet, depth + 1)


def _with_spread(key: str, node: Mapping[Any, Any]) -> bool:
    """Whether ``mean_accuracy`` has a ``std_accuracy`` beside it: an average over repetitions."""
    parts = names.words(key)
    if "mean" not in parts:
        return False
    spreads = {tuple(w if w != "mean" else s for w in parts) for s in ("std", "stdev", "sd", "sem")}
    return any(names.words(str(other)) in spreads for other in node)


def _list(value: list[Any], pointer: str, context: _Context, sheet: _Sheet) -> None:
    rows = [item for item in value[:_MAX_ENTRIES] if isinstance(item, dict)]
    if rows and len(rows) == len(value):

        def place(index: int, key: str) -> Location:
            return _pointer(context, _step(_step(pointer, index), key))

        _records(rows, place, context, sheet)


def _mapping(value: Mapping[Any, Any], pointer: str, context: _Context, sheet: _Sheet) -> None:
    """``{"(4,2)": 0.1}`` or ``{"(4,2)": {"rmse": 0.1, "n": 20, "tier": "easy"}}``."""
    found: dict[str, list[Entry]] = {}
    for key, item in itertools.islice(value.items(), _MAX_ENTRIES):
        if len(str(key)) > _MAX_NAME:
            continue
        here = _step(pointer, key)
        if _is_number(item):
            number = _value(item, _pointer(context, here), sheet)
            if number and context.metric:
                found.setdefault(context.metric, []).append(Entry({}, str(key), number))
        elif isinstance(item, dict):
            count, tier = _count(item), _tier(item)
            for name, part in item.items():
                metric = names.metric_name(str(name), context.declared)
                if metric is None:
                    continue
                number = _value(part, _pointer(context, _step(here, name)), sheet)
                if number:
                    entry = Entry({}, str(key), number, count, tier)
                    found.setdefault(metric, []).append(entry)
    for metric, entries in found.items():
        grouped = [e for e in entries if names.normal(e.name) not in names.OVERALL_WORDS]
        overall = [e.value for e in entries if names.normal(e.name) in names.OVERALL_WORDS]
        sheet.add(context, metric, overall[0] if overall else None, grouped)


def _count(row: Mapping[Any, Any]) -> int | None:
    for key, item in row.items():
        key_words = names.words(str(key))
        if (
            key_words
            and set(key_words) <= names.COUNT_WORDS | set(names.SPLIT_WORDS) | {"of", "set"}
            and set(key_words) & names.COUNT_WORDS
            and _is_number(item)
            and 0 <= item < 1 << 53
            and float(item).is_integer()
        ):
            return int(item)
    return None


def _tier(row: Mapping[Any, Any]) -> str:
    by_name = {names.normal(str(key)): item for key, item in row.items()}
    found = (by_name[name] for name in names.TIER_COLUMNS if isinstance(by_name.get(name), str))
    return next(found, "").strip()


def _records(
    rows: Sequence[Mapping[Any, Any]],
    place: Callable[[int, str], Location],
    context: _Context,
    sheet: _Sheet,
) -> None:
    keys = _tier_field(rows) if context.of_tiers else _key_fields(rows, context)
    found: dict[tuple[str, SplitRole | None], tuple[list[Entry], list[ReportedValue]]] = {}
    for index, row in enumerate(rows):
        own = _introduce(row, replace(context, label=""))
        fields = {key: row[key] for key in keys if key in row}
        only = names.normal(str(next(iter(fields.values())))) if len(fields) == 1 else ""
        for key, item in row.items():
            metric = names.metric_name(str(key), context.declared)
            if metric is None and own.metric and names.normal(str(key)) in ("value", "score"):
                metric = own.metric
            if metric is None or key in keys:
                continue
            number = _value(item, place(index, str(key)), sheet)
            if number is None:
                continue
            role = names.split_role(str(key)) or own.role
            entries, overall = found.setdefault((metric, role), ([], []))
            if not fields or only in names.OVERALL_WORDS or only in _AVERAGES:
                overall.append(number)
            elif names.metric_name(only) is not None:
                continue  # the row "accuracy" of a classification report is no group
            else:
                name = str(next(iter(fields.values()))) if len(fields) == 1 else ""
                entries.append(Entry(fields, name, number, _count(row), _tier(row)))
    for (metric, role), (entries, overall) in found.items():
        chosen = overall[0] if len(overall) == 1 else None
        if entries or chosen:
            sheet.add(replace(context, role=role), metric, chosen, entries)


def _tier_field(rows: Sequence[Mapping[Any, Any]]) -> tuple[str, ...]:
    """The field that names the tier, first of all `rows`."""
    columns = [str(key) for key in itertools.islice(rows[0], _MAX_COLUMNS)] if rows else []
    return tuple(name for name in columns if names.normal(name) in names.TIER_COLUMNS)[:1]


def _key_fields(rows: Sequence[Mapping[Any, Any]], context: _Context) -> tuple[str, ...]:
    """Fields that name the group: those that are columns of the data, otherwise by their kind."""
    columns = list(dict.fromkeys(str(key) for row in rows for key in row))
    if len(columns) > _MAX_COLUMNS:
        return ()
    reserved = {"metric", "score", "value", "run", "model", *names.TIER_COLUMNS}
    candidates = [
        name
        for name in columns
        if names.normal(name) not in reserved
        and names.normal(name) not in names.SPLIT_COLUMNS
        and names.metric_name(name, context.declared) is None
        and all(_is_key(row[name]) for row in rows if name in row)
    ]
    counts = {
        name
        for name in candidates
        if set(names.words(name)) & names.COUNT_WORDS
        and all(_is_number(row[name]) for row in rows if name in row)
    }
    candidates = [name for name in candidates if name not in counts]
    data = tuple(name for name in candidates if name in context.known)
    if data:
        return data
    named = tuple(name for name in candidates if names.normal(name) in _KEY_COLUMNS)
    texts = [n for n in candidates if all(isinstance(r[n], str) for r in rows if n in r)]
    return _telling([*named[:1], *(n for n in texts if n not in named[:1])], rows, columns) or (
        *named[:1],
        *(candidates if not named and not texts else ()),
    )


def _telling(
    candidates: Sequence[str], rows: Sequence[Mapping[Any, Any]], columns: Sequence[str]
) -> tuple[str, ...]:
    """The first of the candidates, and as many more as it takes to tell all rows apart."""
    beside = [
        n
        for n in columns
        if names.normal(n) in (*names.SPLIT_COLUMNS, "metric", "score", "run", "model")
        and all(isinstance(row[n], str) for row in rows if n in row)
    ]
    for width in range(1, len(candidates) + 1):
        chosen = tuple(candidates[:width])
        keys = {tuple(row.get(n) for n in (*chosen, *beside)) for row in rows}
        if len(keys) == len(rows):
            return chosen
    return tuple(candidates[:1])


def _is_key(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _MAX_NAME
    return _is_number(value) and abs(value) < 1 << 53 and float(value).is_integer()
