"""The baselines, against the same models written out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from reference_pipeline.baselines import constant_scores, ridge_scores

GROUPS = [(4, 2), (5, 4)]


def linear_groups(n: int, seed: int, noise: float = 0.0):
    """Rows, features and heights: the log2 height is linear, by another rule in each group."""
    rng = np.random.default_rng(seed)
    rows = np.array([[9, *GROUPS[i % 2]] for i in range(n)])
    features = rng.normal(size=(n, 3))
    slopes = np.where(rows[:, 1:2] == 4, [[1.0, 0.0, 2.0]], [[-2.0, 1.0, 0.0]])
    logs = 12 + (slopes * features).sum(axis=1) + noise * rng.normal(size=n)
    return rows, features, np.exp2(logs)


def test_ridge_learns_each_group_by_its_own_rule():
    rows, values, heights = linear_groups(400, 0)
    rows_held, values_held, heights_held = linear_groups(100, 1)
    found = ridge_scores(values, heights, values_held, heights_held, rows, rows_held)
    assert found.overall.value < 1e-3
    assert set(found.by_group) == set(GROUPS)


def test_ridge_is_the_one_of_scikit_learn_on_scaled_features():
    rows, values, heights = linear_groups(60, 2, noise=1.0)
    rows_held, values_held, heights_held = linear_groups(40, 3, noise=1.0)
    found = ridge_scores(values, heights, values_held, heights_held, rows, rows_held)
    for group in GROUPS:
        known, asked = rows[:, 1] == group[0], rows_held[:, 1] == group[0]
        mean, spread = values[known].mean(axis=0), values[known].std(axis=0)
        model = RidgeCV((1.0, 10.0, 100.0, 1000.0, 10000.0))
        model.fit((values[known] - mean) / spread, np.log2(heights[known]))
        predicted = model.predict((values_held[asked] - mean) / spread)
        expected = np.mean((np.maximum(predicted, 0) - np.log2(heights_held[asked])) ** 2)
        assert found.by_group[group].value == pytest.approx(expected)


def test_features_are_scaled_by_the_training_rows():
    rows, values, heights = linear_groups(200, 4)
    rows_held, values_held, heights_held = linear_groups(6, 5)
    scale = np.array([1e-3, 1.0, 1e4])
    few = ridge_scores(values * scale, heights, values_held * scale, heights_held, rows, rows_held)
    same = ridge_scores(values, heights, values_held, heights_held, rows, rows_held)
    assert few.overall.value == pytest.approx(same.overall.value)


def test_predictions_stay_at_or_above_a_height_of_one():
    rows = np.array([[9, 4, 2]] * 20)
    values = np.linspace(0, 1, 20)[:, None]
    found = ridge_scores(values, np.exp2(values[:, 0]), [[-50.0]], [1.0], rows, rows[:1])
    assert found.overall.value == 0.0


def test_constant_is_the_mean_of_each_group():
    rows, _, heights = linear_groups(50, 6)
    rows_held, _, heights_held = linear_groups(30, 7)
    found = constant_scores(heights, heights_held, rows, rows_held)
    for group in GROUPS:
        mean = np.log2(heights[rows[:, 1] == group[0]]).mean()
        expected = np.mean((np.log2(heights_held[rows_held[:, 1] == group[0]]) - mean) ** 2)
        assert found.by_group[group].value == pytest.approx(expected)


def test_a_group_that_was_not_trained_on_is_named():
    rows, values, heights = linear_groups(20, 8)
    unknown = np.array([[9, 6, 3]])
    with pytest.raises(ValueError, match="no training rows of the group k=6, m=3"):
        ridge_scores(values, heights, [[0.0] * 3], [2.0], rows, unknown)
    with pytest.raises(ValueError, match="no training rows of the group k=6, m=3"):
        constant_scores(heights, [2.0], rows, unknown)
