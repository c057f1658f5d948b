"""Hold the counts of a composition against the rows of the export."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from audit.model.artifacts import (
    Documents,
    Grouping,
    Metrics,
    PredictionSets,
    RawData,
    SplitRole,
    Splits,
)
from audit.model.evidence import Evidence
from checks.claims.contradiction import Contradiction, Judgement
from checks.kit.composition import count_groups, group_label
from checks.kit.intervals import Interval
from checks.kit.written_compositions import Composition, CompositionRow, compositions
from checks.kit.written_tables import tables_of


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Row counts that a statement can be held against.

    Parameters
    ----------
    source : str
        For a sentence: ``"rows of splits/val.csv"``.
    role : SplitRole or None
        The split that was counted, where it is one.
    total : int
        All rows.
    by_group : mapping of str to int
        Canonical group key to rows; empty where groups are not known.
    """

    source: str
    role: SplitRole | None
    total: int
    by_group: Mapping[str, int]


def row_counts(
    splits: Splits | None,
    grouping: Grouping | None,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    raw: RawData | None,
) -> list[RowCounts]:
    """Everything in the export that says how many rows there are: held-out splits first."""
    found = []
    for split in () if splits is None else (*splits.held_out, splits.train):
        counts = {} if split.groups is None else count_groups(split.groups)
        found.append(RowCounts(f"rows of {split.path}", split.role, len(split), counts))
    for scored in () if predictions is None else predictions.items:
        counts = {} if scored.groups is None else count_groups(scored.groups)
        found.append(RowCounts(f"rows of {scored.path}", scored.role, len(scored.y_true), counts))
    for table in () if metrics is None else metrics.tables:
        covered = set(table.counts) >= set(grouping.keys if grouping else table.by_group)
        if table.counts and covered:
            counts = dict(table.counts)
            total = sum(counts.values())
            found.append(RowCounts(f"counts in {table.path}", table.role, total, counts))
    if raw is not None:
        counts = {} if raw.groups is None else count_groups(raw.groups)
        found.append(RowCounts(f"rows of {raw.path}", None, raw.n, counts))
    return found


def documented_counts(documents: Documents, grouping: Grouping | None) -> list[RowCounts]:
    """Tables in the documents that give the rows of every group, to hold tiers against."""
    if grouping is None or not grouping.tiers:
        return []
    found = []
    for document in documents.items:
        for table in tables_of(document):
            for composition in compositions(table, grouping):
                rows = {
                    row.key: int(row.count.value)
                    for row in composition.parts
                    if row.key is not None and row.count is not None and not row.count.half_width
                }
                if set(rows) == set(grouping.keys) and not composition.names_a_stage:
                    source = f"rows of the groups at {document.location(table.line)}"
                    total = sum(rows.values())
                    found.append(RowCounts(source, composition.role, total, rows))
    return found


def against_rows(
    composition: Composition, place: str, known: Sequence[RowCounts], grouping: Grouping | None
) -> Judgement:
    """Hold counts of tiers, groups and totals against the rows of the export.

    Parameters
    ----------
    composition : Composition
        What is stated.
    place : str
        Where it stands, so that it is not held against itself.
    known : sequence of RowCounts
        One of them that agrees with all rows is enough; else the one that agrees with most,
        where it agrees with at least half, says which rows are wrong.
    grouping : Grouping or None
        Which groups make up a tier.
    """
    role = composition.role
    if role in (None, SplitRole.TRAIN) and composition.names_a_stage:
        return Judgement()
    if composition.names_several_runs:
        return Judgement()  # the export holds the rows of one of them
    best: tuple[int, RowCounts, list[tuple[CompositionRow, int]]] | None = None
    for counts in known:
        if (role is not None and counts.role is not role) or counts.source.endswith(place):
            continue
        pairs = [
            (row, expected)
            for row in composition.rows
            if row.count is not None and (expected := _expected(row, counts, grouping)) is not None
        ]
        wrong = [(row, expected) for row, expected in pairs if not _agrees(row, expected)]
        hits = len(pairs) - len(wrong)
        if pairs and not wrong:
            telling = role is not None or any(not row.is_total for row, _ in pairs)
            return Judgement((), (f"{hits} counts are the {counts.source}",) if telling else ())
        needed = max(1 if role else 2, math.ceil(len(pairs) / 2))
        if hits >= needed and (best is None or hits > best[0]):
            best = (hits, counts, wrong)
    if best is None:
        return Judgement()
    _, counts, wrong = best
    return Judgement(tuple(_wrong_count(row, n, counts, composition, grouping) for row, n in wrong))


def _agrees(row: CompositionRow, expected: int) -> bool:
    return row.count is not None and row.count.interval.overlaps(Interval(expected, expected))


def _wrong_count(
    row: CompositionRow,
    expected: int,
    counts: RowCounts,
    composition: Composition,
    grouping: Grouping | None,
) -> Contradiction:
    assert row.count is not None
    arithmetic = _arithmetic(row, expected, counts, grouping)
    first_total = next((each for each in composition.rows if each.is_total), None)
    whole = first_total.count.value if first_total and first_total.count else counts.total
    rows_sum = math.fsum(each.count.value for each in composition.parts if each.count is not None)
    if abs(rows_sum - whole) > 0.5 and not row.is_total:
        arithmetic += f"; rows sum to {rows_sum:,.0f} of {whole:,.0f}"
    group = _group_of(row, grouping)
    evidence = [
        Evidence(
            "stated_count",
            row.count.value,
            expected=expected,
            unit="rows",
            n=counts.total,
            method=f"{arithmetic} ({counts.source})",
            group=group,
        )
    ]
    share = 100 * expected / counts.total if counts.total else math.nan
    # a whole unit of the last digit: shares may have been adjusted to sum to 100
    if row.share is not None and counts.total:
        written = Interval.around(row.share.value, 2 * row.share.half_width)
        if not written.overlaps(Interval(share, share)):
            evidence.append(
                Evidence(
                    "stated_share",
                    row.share.value,
                    expected=share,
                    unit="%",
                    n=counts.total,
                    method=f"{expected:,} / {counts.total:,} = {share:.1f} %",
                    group=group,
                )
            )
    text = f"{row.label} {row.count.text}: {arithmetic}"
    return Contradiction(row.line, row.label, text, tuple(evidence))


def _expected(row: CompositionRow, counts: RowCounts, grouping: Grouping | None) -> int | None:
    if row.is_total:
        return counts.total
    if row.key is not None and counts.by_group:
        return counts.by_group.get(row.key, 0)
    if row.tier is not None and grouping is not None and counts.by_group:
        return sum(counts.by_group.get(key, 0) for key in _members(row.tier, grouping))
    return None


def _members(tier: str, grouping: Grouping) -> list[str]:
    return [key for key in grouping.keys if grouping.tiers.get(key) == tier]


def _group_of(row: CompositionRow, grouping: Grouping | None) -> str | None:
    if row.tier is not None:
        return f"tier {row.tier}"
    return None if row.key is None else group_label(grouping, row.key)


def _arithmetic(
    row: CompositionRow, expected: int, counts: RowCounts, grouping: Grouping | None
) -> str:
    """The sum that gives the right number, and what the written one would be the sum of."""
    if row.tier is None or grouping is None or row.count is None:
        return f"{expected:,} expected"
    sizes = {key: counts.by_group.get(key, 0) for key in _members(row.tier, grouping)}
    values = list(sizes.values())
    if len(set(values)) == 1:
        text = f"{len(values)} × {values[0]:,} = {expected:,}"
    else:
        text = " + ".join(f"{value:,}" for value in values[:12])
        text += " + …" if len(values) > 12 else ""
        text += f" = {expected:,}"
    if len(sizes) > 12:
        return text
    for size in range(1, len(sizes)):
        for part in combinations(sizes.items(), size):
            exact = float(sum(n for _, n in part))
            if row.count.interval.overlaps(Interval(exact, exact)):
                names = ", ".join(grouping.label(key) for key, _ in part)
                which = "" if len(set(values)) == 1 else f" ({names})"
                return f"{text}; {row.count.text} is {size} of {len(sizes)} groups{which}"
    return text
