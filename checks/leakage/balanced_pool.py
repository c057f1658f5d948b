"""Classes that are equally frequent over all splits together: they were balanced before the split.

Each class then has as many rows, in training and held-out rows together, as the largest class
has source rows. Balancing the training rows alone gives other sums: the held-out rows keep the
frequencies of the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.model.artifacts import Array, RawData, Splits
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.groups import canonical_value
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.rows import columns_of, rows_among

_MAX_CLASSES = 20
_MIN_RATIO = 1.5  # of the largest to the smallest class of the source rows
_MIN_NEW = 0.05  # of the held-out rows are no source rows, where their classes are equal too


@dataclass(frozen=True, slots=True)
class BalancedPool:
    """Classes by their rows.

    Parameters
    ----------
    source, held_out : mapping of str to int
        Rows of each class.
    each : int
        Rows of every class in all splits together.
    certain : bool
        The held-out rows have unequal classes, so they were not balanced by themselves.
    """

    source: Mapping[str, int]
    held_out: Mapping[str, int]
    each: int
    certain: bool


def balanced_pool(splits: Splits, raw: RawData) -> BalancedPool | None:
    """Classes that were balanced over training and held-out rows together; ``None`` otherwise."""
    if raw.features is None or raw.target is None:
        return None
    held = [part.target for part in splits.held_out]
    if splits.train.target is None or any(part is None for part in held):
        return None
    source = _counts([raw.target])
    if not 2 <= len(source) <= _MAX_CLASSES:
        return None
    held_out = _counts([part for part in held if part is not None])
    train = _counts([splits.train.target])
    if not set(source) == set(train) == set(held_out):
        return None
    most, least = max(source.values()), min(source.values())
    if any(train[key] + held_out[key] != most for key in source) or most < _MIN_RATIO * least:
        return None
    certain = max(held_out.values()) - min(held_out.values()) > 1
    # Equal classes may have been chosen among the source rows.
    return BalancedPool(source, held_out, most, certain) if certain or _new(splits, raw) else None


def balanced(pool: BalancedPool, splits: Splits, raw: RawData, remedy: Remedy) -> Finding:
    """The finding about classes that were balanced before the split."""
    held, most = sum(pool.held_out.values()), f"{pool.each:,}"
    verb = "prove" if pool.certain else "point to"
    evidence = [
        Evidence("class_rows", n, expected=pool.source[key], unit="rows", group=f"class {key}",
                 method="held-out rows; expected: all source rows of the class")
        for key, n in pool.held_out.items()
    ]  # fmt: skip
    return Finding(
        check_id="LK106",
        severity=Severity.ERROR if pool.certain else Severity.WARNING,
        confidence=Confidence.HIGH if pool.certain else Confidence.MEDIUM,
        message=f"each class has exactly {most} rows over all splits, as many as the largest has "
        f"source rows (the smallest has {min(pool.source.values()):,}): the counts {verb} "
        f"oversampling before the split of {held:,} held-out rows",
        locations=(
            Location(splits.held_out[0].path, note="held-out rows"),
            Location(splits.train.path, role=Role.RELATED, note="training rows"),
            Location(raw.path, role=Role.RELATED, note=f"source rows: {raw.n:,}"),
        ),
        evidence=tuple(evidence),
        remedy=remedy,
        subject="classes balanced over all splits",
        why="Balancing the training rows alone would leave the held-out rows as they are, and the "
        "sums unequal. Rows made from one source row land on both sides of the split.",
    )


def _new(splits: Splits, raw: RawData) -> bool:
    assert raw.features is not None
    parts = [columns_of(part.features) for part in splits.held_out]
    _, found = rows_among(columns_of(raw.features), parts)
    return float((np.concatenate(found) < 0).mean()) > _MIN_NEW


def _counts(targets: list[Array]) -> dict[str, int]:
    if any(target.ndim != 1 for target in targets):
        return {}
    counts = pd.Series(np.concatenate(targets)).value_counts(dropna=False)
    if len(counts) > _MAX_CLASSES:
        return {}
    return {canonical_value(value): int(n) for value, n in counts.items()}
