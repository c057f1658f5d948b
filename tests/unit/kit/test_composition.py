from __future__ import annotations

import numpy as np
import pytest

from audit.model.artifacts import Grouping, SplitRole
from checks.kit.composition import (
    balanced_weights,
    count_groups,
    group_sizes,
    tiers_of,
    weighted_metric,
)
from tests.unit.metrics.builders import predictions, splits, table


def test_count_groups() -> None:
    assert count_groups(np.array(["b", "a", "b"], dtype=object)) == {"b": 2, "a": 1}
    assert count_groups(np.array([], dtype=object)) == {}


def test_sizes_from_split_predictions_and_statement() -> None:
    found = group_sizes(
        SplitRole.VALIDATION,
        table("mse", 1.0, {"a": 1.0}, {"a": 3, "b": 0}),
        splits({"a": 9}, {"a": 1}),
        predictions([1, 2], [1, 2], ["a", "b"]),
    )
    assert [each.by_group for each in found] == [{"a": 1}, {"a": 1, "b": 1}, {"a": 3}]


def test_training_rows_are_those_of_the_training_split() -> None:
    (found,) = group_sizes(SplitRole.TRAIN, None, splits({"a": 9}, {"a": 1}), None)
    assert found.by_group == {"a": 9}


def test_tiers_need_to_cover_every_group() -> None:
    grouping = Grouping(("g",), ("c", "b", "a"), {"a": "x", "b": "y", "c": "x"})
    assert tiers_of(grouping, ["a", "b", "c"]) == {"x": ("c", "a"), "y": ("b",)}
    assert tiers_of(grouping, ["a", "b", "d"]) == {}
    assert tiers_of(grouping, ["a", "c"]) == {}  # a single tier
    assert tiers_of(None, ["a"]) == {}


def test_balanced_weights() -> None:
    weights = balanced_weights(["a", "b", "c"], {"x": ["a", "b"], "y": ["c"]})
    assert weights == {"a": 0.25, "b": 0.25, "c": 0.5}
    assert balanced_weights(["a", "b"], {}) == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize(
    ("metric", "values", "weights", "expected"),
    [
        ("f1", {"a": 0.2, "b": 0.6}, {"a": 1, "b": 3}, 0.5),
        ("rmse", {"a": 1.0, "b": 7.0}, {"a": 1, "b": 1}, 5.0),
        ("f1", {"a": 0.2}, {}, None),
        ("f1", {"a": float("inf")}, {"a": 1}, None),
    ],
)
def test_weighted_metric(metric, values, weights, expected) -> None:
    assert weighted_metric(metric, values, weights) == (
        None if expected is None else pytest.approx(expected)
    )
