"""The groups that per-group metrics are about: which columns, which keys, which tiers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.config import Config
from audit.load import names
from audit.load.documents import markdown_tables
from audit.load.ledger import Ledger
from audit.load.metrics import Draft as MetricDraft
from audit.load.metrics import Entry
from audit.model.artifacts import (
    Array,
    Document,
    Grouping,
    MetricTable,
    ProblemKind,
    ReportedValue,
)
from audit.model.groups import canonical_group, canonical_value, group_key
from audit.model.location import Location

MAX_GROUPS = 200
_NOWHERE = Location(".")
_TIER_RANK = {
    **dict.fromkeys(("trivial", "easiest"), 0),
    **dict.fromkeys(("easy", "low", "simple", "small", "light"), 1),
    **dict.fromkeys(("medium", "mid", "middle", "moderate", "normal", "average"), 2),
    **dict.fromkeys(("hard", "high", "difficult", "large", "heavy", "complex"), 3),
    **dict.fromkeys(("hardest", "extreme", "very hard"), 4),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """Columns that make up a group, in the order of the key, and what decided.

    Parameters
    ----------
    names : tuple of str
        Alphabetical, as keys are.
    order : tuple of int
        Where keys are written without names: position of each name's value in the written key.
    """

    names: tuple[str, ...]
    order: tuple[int, ...]
    why: str


def key_of(entry: Entry, naming: Naming) -> str:
    """Canonical key of a group in a metric file."""
    if naming.names and set(naming.names) <= set(entry.fields):
        return group_key({name: entry.fields[name] for name in naming.names})
    if len(entry.fields) > 1:
        return group_key(entry.fields)
    key = canonical_group(entry.name)
    parts = key.split(",")
    if len(parts) == len(naming.order) > 1 and not re.search(r"[=:]", entry.name):
        return ",".join(parts[position] for position in naming.order)
    return key


def find_naming(
    config: Config,
    tables: Sequence[pd.DataFrame],
    extras: Mapping[str, Array],
    drafts: Sequence[MetricDraft],
    ledger: Ledger,
    path: str,
) -> Naming:
    """Decide which columns make up a group.

    Parameters
    ----------
    config : Config
        ``columns.groups`` decides.
    tables : sequence of DataFrame
        Feature columns of the splits, or the tables of predictions where there are none.
    extras : mapping of str to ndarray
        What is stored beside the features of the training split.
    drafts : sequence of metrics.Draft
        Whose groups must be found in the data.
    ledger : Ledger
        Takes the problem when declared columns are missing.
    path : str
        File to point at then.
    """
    columns = [str(name) for name in tables[0].columns] if tables else []
    available = [*columns, *(name for name in extras if name not in columns)]
    if config.columns.groups:
        wanted = tuple(sorted(config.columns.groups))
        missing = [name for name in wanted if name not in available]
        if missing and available:
            ledger.add(
                ProblemKind.MALFORMED,
                path,
                f"the group column {missing[0]!r} is not in the splits",
                "Correct columns.groups in audit.toml.",
            )
        return Naming(wanted, tuple(range(len(wanted))), f"columns.groups in {config.source}")
    entries = [entry for draft in drafts for entry in draft.entries]
    fields = {name for entry in entries for name in entry.fields}
    shared = tuple(sorted(fields & set(available)))
    if shared:
        return Naming(shared, tuple(range(len(shared))), "key columns of the per-group metrics")
    own = [n for n in available if names.normal(n) in names.GROUP_WORDS]
    if len(own) == 1 and _few(tables[0][own[0]] if own[0] in columns else extras[own[0]]):
        return Naming((own[0],), (0,), f"the column {own[0]!r}")
    written = [canonical_group(e.name) for e in entries if not e.fields or len(e.fields) == 1]
    written = list(dict.fromkeys(written))
    if tables and len(written) > 1:
        matched = _by_values(written, tables, extras)
        if matched:
            ordered = sorted(range(len(matched)), key=lambda i: matched[i])
            chosen = tuple(matched[i] for i in ordered)
            return Naming(chosen, tuple(ordered), "columns with the values of the metric groups")
    if not tables and fields:
        several = tuple(sorted(fields))
        return Naming(several, tuple(range(len(several))), "key columns of the per-group metrics")
    return Naming((), (), "")


def _few(values: pd.Series | Array) -> bool:
    """Whether there are few enough groups for a metric by group (entities are many)."""
    return len(pd.unique(pd.Series(values))) <= MAX_GROUPS


def _by_values(
    keys: Sequence[str], tables: Sequence[pd.DataFrame], extras: Mapping[str, Array]
) -> tuple[str, ...]:
    """Columns whose distinct values are exactly those at one position of the written keys."""
    parts = [key.split(",") for key in keys]
    if len({len(part) for part in parts}) != 1:
        return ()
    positions = [set(column) for column in zip(*parts, strict=True)]
    if len(positions) > 4:
        return ()
    seen: dict[str, set[str]] = {}
    for name in [*tables[0].columns, *extras]:
        arrays = [table[name].to_numpy() for table in tables if name in table.columns]
        arrays = arrays or [extras[name]]
        found: set[str] = set()
        for array in arrays:
            distinct = pd.unique(pd.Series(array))
            if len(distinct) > MAX_GROUPS:
                break
            found |= {canonical_value(value) for value in distinct}
        else:
            seen[str(name)] = found
    matches = [[n for n, values in seen.items() if values == wanted] for wanted in positions]
    if any(len(match) != 1 for match in matches):
        return ()
    chosen = tuple(match[0] for match in matches)
    return chosen if len(set(chosen)) == len(chosen) else ()


def group_rows(frame: pd.DataFrame, extras: Mapping[str, Array], naming: Naming) -> Array | None:
    """Canonical key of every row, shape (n,); ``None`` where a group column is missing."""
    if not naming.names:
        return None
    coded: list[tuple[Array, list[str]]] = []
    for name in naming.names:
        values = frame[name].to_numpy() if name in frame.columns else extras.get(name)
        if values is None or values.ndim != 1 or len(values) != len(frame):
            return None
        if values.dtype.kind == "S":
            values = values.astype(str)
        codes, levels = pd.factorize(values, use_na_sentinel=False)
        if len(levels) > max(MAX_GROUPS * 50, 1):
            return None
        coded.append((codes, [canonical_value(value) for value in levels]))
    joint = np.zeros(len(frame), dtype=np.int64)
    for codes, distinct in coded:
        joint = joint * len(distinct) + codes
    unique, inverse = np.unique(joint, return_inverse=True)
    keys = []
    for code in unique.tolist():
        parts = []
        for _, distinct in reversed(coded):
            code, position = divmod(code, len(distinct))
            parts.append(distinct[position])
        keys.append(",".join(reversed(parts)))
    return np.array(keys, dtype=np.str_)[inverse] if keys else np.empty(0, dtype=np.str_)


def settle_metrics(draft: MetricDraft, naming: Naming, stem: str) -> MetricTable:
    """Bring the keys of a metric table to canonical form."""
    by_group: dict[str, ReportedValue] = {}
    counts: dict[str, int] = {}
    for entry in draft.entries:
        key = key_of(entry, naming)
        if key in by_group:
            continue
        by_group[key] = entry.value
        if entry.count is not None:
            counts[key] = entry.count
    return MetricTable(
        draft.metric,
        draft.role,
        draft.path,
        draft.overall,
        by_group,
        counts,
        draft.label or stem,
        {entry.name.casefold(): entry.value for entry in reversed(draft.tiers)},
    )


def find_tiers(
    config: Config,
    drafts: Sequence[MetricDraft],
    documents: Sequence[Document],
    keys: set[str],
    naming: Naming,
) -> tuple[dict[str, str], str]:
    """Tier of each group and the file that says so: configuration, metric files, Markdown."""
    if config.tiers:
        declared = {
            key_of(_bare_entry(group), naming): tier
            for tier, groups in config.tiers.items()
            for group in groups
        }
        return declared, config.source
    for draft in drafts:
        tiers = {key_of(e, naming): e.tier.casefold() for e in draft.entries if e.tier}
        if _are_tiers(tiers):
            return tiers, draft.path
    for document in documents:
        for header, rows in markdown_tables(document.text):
            tiers = _from_table(header, rows, keys, naming)
            if _are_tiers(tiers):
                return tiers, document.path
    return {}, ""


def _are_tiers(tiers: Mapping[str, str]) -> bool:
    return 1 < len(set(tiers.values())) < len(tiers)


def _bare_entry(text: str) -> Entry:
    return Entry({}, text, ReportedValue(0.0, _NOWHERE))


def _from_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], keys: set[str], naming: Naming
) -> dict[str, str]:
    tier_at = [i for i, cell in enumerate(header) if names.normal(cell) in names.TIER_COLUMNS]
    if len(tier_at) != 1:
        return {}
    full = [row for row in rows if len(row) == len(header)]
    tiers: dict[str, str] = {}
    positions = {names.normal(cell): i for i, cell in enumerate(header)}
    own = [positions.get(names.normal(name)) for name in naming.names]
    for row in full:
        tier = row[tier_at[0]].casefold()
        if naming.names and None not in own:
            cells = {n: row[i] for n, i in zip(naming.names, own, strict=True) if i is not None}
            found = [group_key(cells)]
        else:
            found = [
                key
                for i, cell in enumerate(row)
                if i != tier_at[0]
                for key in _groups_in(cell, naming)
                if key in keys
            ]
        for key in found:
            if key in keys and tier:
                tiers.setdefault(key, tier)
    return tiers if len(tiers) >= 0.8 * len(keys) else {}


def _groups_in(cell: str, naming: Naming) -> Iterable[str]:
    yield key_of(_bare_entry(cell), naming)
    listed = re.findall(r"\([^()]{1,60}\)", cell)
    if not listed and not re.search(r"\d\s*,\s*\d", cell):
        listed = re.split(r"[,;]\s*", cell)
    if len(listed) > 1:
        for part in listed:
            yield key_of(_bare_entry(part), naming)


def natural(key: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key in which 2 comes before 10."""
    parts = []
    for part in key.split(","):
        try:
            parts.append((0, float(part), ""))
        except ValueError:
            parts.append((1, 0.0, part))
    return tuple(parts)


def order_keys(keys: Iterable[str], tiers: Mapping[str, str]) -> tuple[str, ...]:
    """Keys by tier (easy to hard, otherwise as first met), then in natural order."""
    met = {tier: index for index, tier in enumerate(dict.fromkeys(tiers.values()))}
    if met and all(tier in _TIER_RANK for tier in met):
        met = {tier: _TIER_RANK[tier] for tier in met}
    return tuple(sorted(keys, key=lambda k: (met.get(tiers.get(k, ""), 99), natural(k))))


def find_spellings(
    sources: Sequence[tuple[pd.DataFrame, Mapping[str, Array]]],
    drafts: Sequence[MetricDraft],
    naming: Naming,
) -> dict[str, str]:
    """Text values of groups as the data write them: canonical value to the first spelling met."""
    found: dict[str, str] = {}

    def note(value: object) -> None:
        # Numbers have one spelling: the canonical one.
        if isinstance(value, str) and (canonical := canonical_value(value)) != value:
            found.setdefault(canonical, " ".join(value.split()))

    for frame, extras in sources:
        for name in naming.names:
            values = frame[name].to_numpy() if name in frame.columns else extras.get(name)
            if values is not None and values.dtype.kind in "OSU":
                texts = values.astype(str) if values.dtype.kind == "S" else values
                for value in pd.unique(pd.Series(texts)):
                    note(str(value))
    for draft in drafts:
        for entry in draft.entries:
            for value in entry.fields.values() if entry.fields else (entry.name,):
                note(value)
    return {key: text for key, text in found.items() if not _is_number(key)}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _labels(keys: Iterable[str], naming: Naming, spellings: Mapping[str, str]) -> dict[str, str]:
    labels = {}
    for key in keys:
        parts = key.split(",")
        if not any(part in spellings for part in parts):
            continue
        spelled = [spellings.get(part, part) for part in parts]
        if len(parts) > 1 and len(parts) == len(naming.names):
            spelled = [f"{n}={text}" for n, text in zip(naming.names, spelled, strict=True)]
        labels[key] = ", ".join(spelled)
    return labels


def build_grouping(
    naming: Naming,
    groups: Iterable[Array | None],
    tables: Sequence[MetricTable],
    tiers: Mapping[str, str],
    tiers_from: str,
    spellings: Mapping[str, str],
) -> Grouping | str:
    """All groups met in splits and metrics, or the reason why there are none."""
    present = [array for array in groups if array is not None]
    keys = set(itertools.chain.from_iterable(np.unique(array).tolist() for array in present))
    keys |= {key for table in tables for key in table.by_group}
    if not keys:
        return "no groups (no per-group metrics, no column called groups, none in columns.groups)"
    known = {key: tier for key, tier in tiers.items() if key in keys}
    return Grouping(
        naming.names,
        order_keys(keys, known),
        known,
        tiers_from if known else "",
        _labels(sorted(keys), naming, spellings),
    )
