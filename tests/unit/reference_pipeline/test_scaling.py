"""Scaling within groups, against scikit-learn group by group."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from reference_pipeline.scaling import GroupScaler


def made(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 3, n)
    values = rng.normal(loc=groups[:, None] * 10, scale=1 + groups[:, None], size=(n, 4))
    return np.hstack([np.eye(3)[groups], values]).astype(np.float32), groups


def test_each_group_is_scaled_as_scikit_learn_scales_it_alone():
    (train, train_groups), (other, other_groups) = made(300, 0), made(100, 1)
    scaled = GroupScaler(3).fit(train).transform(other)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled[:, :3], other[:, :3])
    for group in range(3):
        alone = StandardScaler().fit(train[train_groups == group, 3:])
        expected = alone.transform(other[other_groups == group, 3:])
        np.testing.assert_allclose(scaled[other_groups == group, 3:], expected, atol=1e-4)


def test_held_out_rows_teach_the_scaler_nothing():
    train, _ = made(300, 0)
    scaler = GroupScaler(3).fit(train)
    means = scaler.means_.copy()
    scaler.transform(made(100, 1)[0] + np.eye(7, dtype=np.float32)[5] * 1000)
    np.testing.assert_array_equal(scaler.means_, means)


def test_a_constant_feature_and_an_absent_group_are_left_finite():
    features, groups = made(300, 0)
    features[groups == 1, 4] = 2 / 3
    scaler = GroupScaler(3).fit(features[groups != 2])
    scaled = scaler.transform(features)
    assert np.isfinite(scaled).all()
    assert np.abs(scaled[groups == 1, 4]).max() < 1e-5
    np.testing.assert_array_equal(scaled[groups == 2], features[groups == 2])
    np.testing.assert_array_equal(scaler.fit_transform(features), scaler.transform(features))


@pytest.mark.parametrize("indicators", [[0, 0, 0], [1, 1, 0], [0.5, 0.5, 0]])
def test_rows_without_one_group_are_refused(indicators: list[float]):
    features, _ = made(20, 0)
    features[4, :3] = indicators
    with pytest.raises(ValueError, match="row 4 "):
        GroupScaler(3).fit(features)
