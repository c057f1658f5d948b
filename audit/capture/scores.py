"""Metrics by group, in the form in which an export states them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audit.capture.arrays import as_column
from audit.capture.errors import CaptureError
from audit.capture.tables import group_columns


def scores_by_group(
    metric: str,
    score: Callable[[Any, Any], float],
    y_true: Any,
    y_pred: Any,
    groups: Any,
    tiers: Mapping[str, Sequence[Any]] | None = None,
) -> list[dict[str, Any]]:
    """One row for each group: its columns, number of samples, metric, and tier.

    Parameters
    ----------
    metric : str
        Name of the metric, for instance ``"rmse"``.
    score : callable
        ``score(y_true, y_pred)``, for instance of `sklearn.metrics`.
    y_true, y_pred : array-like, shape (n,)
        Targets and predictions.
    groups : array-like, mapping or DataFrame
        Label of each row, or several columns that make up the group.
    tiers : mapping, optional
        Groups of each tier; as tuples where several columns make up the group.

    Examples
    --------
    >>> def bias(y_true, y_pred):
    ...     return (y_pred - y_true).mean()
    >>> scores_by_group("bias", bias, [1, 2, 3], [1, 2, 5], ["a", "a", "b"])
    [{'group': 'a', 'samples': 2, 'bias': 0.0}, {'group': 'b', 'samples': 1, 'bias': 2.0}]
    """
    import numpy as np

    true = as_column(y_true, "y_true")
    predicted = as_column(y_pred, "y_pred", len(true))
    columns = group_columns(groups, "groups", len(true))
    if not columns:
        raise CaptureError("groups is missing: pass the group of each row")
    keys = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    tier_of = {_key(group): tier for tier, own in (tiers or {}).items() for group in own}
    rows: list[dict[str, Any]] = []
    for key in sorted(set(keys), key=lambda key: [(isinstance(v, str), v) for v in key]):
        chosen = np.array([own == key for own in keys])
        row: dict[str, Any] = dict(zip(columns, key, strict=True))
        row |= {"samples": int(chosen.sum()), metric: float(score(true[chosen], predicted[chosen]))}
        if tiers is not None:
            if key not in tier_of:
                name = key if len(key) > 1 else key[0]
                raise CaptureError(f"the group {name!r} is in no tier: add it to one")
            row["tier"] = tier_of[key]
        rows.append(row)
    return rows


def _key(group: Any) -> tuple[Any, ...]:
    return tuple(group) if isinstance(group, tuple | list) else (group,)
