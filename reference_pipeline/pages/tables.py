"""Markdown tables by group and tier that several results pages have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reference_pipeline.config import TIERS, Group, Tier

Row = Mapping[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table.

    Examples
    --------
    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"|{'|'.join(line)}|" if line[0] == "---" else f"| {' | '.join(line)} |" for line in lines
    )


def groups_by_tier() -> list[tuple[Tier, Group]]:
    """Every group with its tier, easy groups first."""
    return [(tier, group) for tier, groups in TIERS.items() for group in groups]


def name_of(group: Group) -> str:
    """A group as the pages write it.

    Examples
    --------
    >>> name_of((4, 2))
    'k=4,m=2'
    """
    return f"k={group[0]},m={group[1]}"


def keyed(rows: Iterable[Row]) -> dict[Group, Row]:
    """Entries of ``metrics.json`` by group."""
    return {(row["k"], row["m"]): row for row in rows}


def tier_score(by_group: Mapping[Group, Row], tier: Tier) -> float:
    """Mean score of the rows of a tier."""
    rows = [by_group[group] for group in TIERS[tier]]
    total = sum(float(row["samples"]) * float(row["log2_mse"]) for row in rows)
    return total / tier_samples(by_group, tier)


def tier_samples(by_group: Mapping[Group, Row], tier: Tier) -> int:
    """Number of rows of a tier."""
    return sum(by_group[group]["samples"] for group in TIERS[tier])


def label_error_table(rows: Iterable[Row]) -> str:
    """Write what the copies of each group are labelled with, against their own heights."""
    entries = keyed(rows)
    return table(
        ["Group", "Tier", "Copies", "Of infinite height", "Squared log2 error of the others"],
        [
            [
                name_of(group),
                tier.capitalize(),
                f"{entries[group]['copies']:,}",
                f"{100 * entries[group]['infinite'] / entries[group]['copies']:.1f}%",
                _or_none(entries[group]["mean_squared_log2_error"]),
            ]
            for tier, group in groups_by_tier()
            if group in entries
        ],
    )


def _or_none(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
