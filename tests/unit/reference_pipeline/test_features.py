"""The feature sets: right, symmetric, and honest: no column is the label in disguise."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata

from reference_pipeline.augment import symmetric_copies
from reference_pipeline.config import GROUPS, TIERS, DatasetConfig
from reference_pipeline.data import matrices_of, rows_of_group
from reference_pipeline.features import (
    FEATURE_SETS,
    feature_names,
    features,
    log_volume,
    per_set,
    sets_within,
)
from reference_pipeline.generate import generate_rows
from reference_pipeline.oracle import column_sets

MOST_OF_THE_VARIANCE = 0.9
HARD = TIERS["hard"]


@pytest.fixture(scope="module")
def hard_groups() -> dict[tuple[int, int], tuple[np.ndarray, np.ndarray]]:
    """Rows and log2 heights of each hard group."""
    rows, heights = generate_rows(DatasetConfig(samples_per_group=1500, random_state=5), HARD)
    groups = {(k, m): (rows[:, 1] == k) & (rows[:, 2] == m) for k, m in HARD}
    return {group: (rows[of], np.log2(heights[of])) for group, of in groups.items()}


def a_few_rows(n_rows: int = 4, bound: int = 100, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = [
        rows_of_group(k, m, rng.integers(-bound, bound, size=(n_rows, k, 9 - k), endpoint=True))
        for k, m in GROUPS
    ]
    return np.concatenate(parts)


def columns(name: str, family: str) -> list[int]:
    """Positions of the columns ``family_0``, ``family_1``, ..."""
    names = feature_names(name)
    return [i for i, column in enumerate(names) if column.rpartition("_")[0] == family]


def generators(matrices: np.ndarray) -> np.ndarray:
    n_matrices, k, _ = matrices.shape
    return np.concatenate([np.tile(np.eye(k), (n_matrices, 1, 1)), matrices], axis=2)


def minors_of(generator: np.ndarray) -> np.ndarray:
    """The maximal minors of any generator, by LU decompositions; shape (n_sets, 1)."""
    k = generator.shape[0]
    return np.array([[np.linalg.det(generator[:, kept])] for kept in combinations(range(9), k)])


def explained(feature: np.ndarray, label: np.ndarray, bins: int = 30) -> float:
    """The share of the label's variance that a feature explains: the best of three measures.

    The squared correlation, that of the ranks, and eta squared of 30 equally large bins.
    """
    if np.ptp(feature) == 0:
        return 0.0
    ranks = rankdata(feature)
    by_value = np.corrcoef(feature, label)[0, 1] ** 2
    by_rank = np.corrcoef(ranks, rankdata(label))[0, 1] ** 2
    bin_of = np.minimum(((ranks - 1) * bins / len(ranks)).astype(int), bins - 1)
    residual = np.concatenate([label[bin_of == b] - label[bin_of == b].mean() for b in set(bin_of)])
    return float(max(by_value, by_rank, 1 - np.mean(residual**2) / label.var()))


def largest_relaxation(rows: np.ndarray) -> np.ndarray:
    """Set E, forbidden: log2 of the maximum over S and j of vol(S + j) / vol(S)."""
    m = int(rows[0, 2])
    generator = generators(matrices_of(rows).astype(float))

    def volumes(size: int) -> dict[frozenset[int], np.ndarray]:
        found = {}
        for members in combinations(range(9), size):
            part = generator[:, :, members]
            grams = part @ part.transpose(0, 2, 1)
            found[frozenset(members)] = np.linalg.slogdet(grams)[1] / (2 * np.log(2))
        return found

    small, large = volumes(9 - m), volumes(10 - m)
    ratios = [large[s | {j}] - small[s] for s in small for j in range(9) if j not in s]
    return np.max(ratios, axis=0)


def largest_entry_of_inverse_times_column(rows: np.ndarray) -> np.ndarray:
    """Set E, forbidden: log2 of the largest entry of inv(G_K) @ G over all invertible G_K."""
    generator = generators(matrices_of(rows).astype(float))
    largest = np.zeros(len(rows))
    for kept in combinations(range(9), generator.shape[1]):
        part = generator[:, :, kept]
        usable = np.abs(np.linalg.det(part)) > 0.5
        entries = np.abs(np.linalg.solve(part[usable], generator[usable])).max(axis=(1, 2))
        largest[usable] = np.maximum(largest[usable], entries)
    return np.log2(largest)


@pytest.mark.parametrize("group", HARD)
@pytest.mark.parametrize("name", FEATURE_SETS)
def test_no_feature_explains_most_of_a_hard_label(hard_groups, name, group):
    rows, label = hard_groups[group]
    values = features(rows, name).astype(float)
    shares = {
        column: explained(values[:, i], label) for i, column in enumerate(feature_names(name))
    }
    assert max(shares.values()) < MOST_OF_THE_VARIANCE, max(shares.items(), key=lambda kv: kv[1])


@pytest.mark.parametrize("group", HARD)
@pytest.mark.parametrize("forbidden", [largest_relaxation, largest_entry_of_inverse_times_column])
def test_the_forbidden_features_explain_most_of_a_hard_label(hard_groups, forbidden, group):
    rows, label = hard_groups[group]
    assert explained(forbidden(rows), label) > MOST_OF_THE_VARIANCE


def test_the_measure_sees_a_label_behind_a_monotone_transform_and_no_label_in_noise():
    rng = np.random.default_rng(0)
    label = rng.normal(size=2000)
    assert explained(np.exp(5 * label), label) > 0.999
    assert explained(np.abs(label), np.abs(label) ** 0.1) > 0.99
    assert explained(rng.normal(size=2000), label) < 0.05


@pytest.mark.parametrize(("k", "m"), GROUPS)
def test_a_column_outside_of_a_set_does_not_change_its_value(k, m):
    rng = np.random.default_rng(10 * k + m)
    generator = rng.integers(-100, 101, size=(k, 9)).astype(float)
    sets = list(combinations(range(9), 9 - m))
    before = per_set(minors_of(generator), k, m, log_volume)[:, 0]
    for changed in range(9):
        other = generator.copy()
        other[:, changed] = rng.integers(-100, 101, size=k)
        after = per_set(minors_of(other), k, m, log_volume)[:, 0]
        inside = np.array([changed in members for members in sets])
        np.testing.assert_array_equal(after[~inside], before[~inside])
        assert (after[inside] != before[inside]).all()


@pytest.mark.parametrize(("k", "m"), GROUPS)
def test_a_statistic_receives_the_minors_within_its_set_only(k, m):
    sets = list(combinations(range(9), 9 - m))
    received: list[np.ndarray] = []

    def statistic(minors_within: np.ndarray) -> np.ndarray:
        received.append(minors_within[:, 0])
        return minors_within[0]

    numbers = np.arange(comb(9, k), dtype=float)[:, None]
    per_set(numbers, k, m, statistic)
    kept = column_sets(k, 9)
    assert len(received) == len(sets) == len(sets_within(k, m))
    for members, within in zip(sets, received, strict=True):
        assert {kept[int(number)] for number in within} == set(combinations(members, k))


@pytest.mark.parametrize(("k", "m"), GROUPS)
def test_log_volumes_are_those_of_gram_determinants(k, m):
    rng = np.random.default_rng(m)
    matrices = rng.integers(-9, 10, size=(3, k, 9 - k))
    generator = generators(matrices.astype(float))
    expected = []
    for members in combinations(range(9), 9 - m):
        part = generator[:, :, members]
        determinants = np.linalg.det(part @ part.transpose(0, 2, 1))
        expected.append(np.log2(np.maximum(np.sqrt(np.maximum(determinants, 0)), 0.5)))
    values = np.sort(np.array(expected).T, axis=1)
    found = features(rows_of_group(k, m, matrices), "D")[:, columns("D", "set_volume")]
    np.testing.assert_allclose(found[:, [0, -1]], values[:, [0, -1]], rtol=1e-4, atol=1e-6)
    at = np.linspace(0, values.shape[1] - 1, found.shape[1])
    stretched = [np.interp(at, np.arange(values.shape[1]), row) for row in values]
    np.testing.assert_allclose(found, stretched, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("k", [4, 5, 6])
def test_log_minors_are_those_of_lu_decompositions(k):
    m = 2
    rng = np.random.default_rng(k)
    matrices = rng.integers(-100, 101, size=(3, k, 9 - k))
    values = features(rows_of_group(k, m, matrices), "C")
    for size in (1, 2, 3, 4):
        found = values[:, columns("C", f"minor{size}")]
        if size > 9 - k:
            assert not found.any()
            continue
        expected = np.array(
            [
                [
                    max(abs(np.linalg.det(matrix[np.ix_(down, across)])), 0.5)
                    for down in combinations(range(k), size)
                    for across in combinations(range(9 - k), size)
                ]
                for matrix in matrices
            ]
        )
        expected = np.sort(np.log2(expected), axis=1)
        np.testing.assert_allclose(found[:, [0, -1]], expected[:, [0, -1]], rtol=1e-5)
        if k < 6:
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_spectra_are_those_of_numpy():
    rows = a_few_rows()
    values = features(rows, "B")
    for group in GROUPS:
        of = (rows[:, 1:3] == group).all(axis=1)
        matrices = matrices_of(rows[of]).astype(float)
        generator = generators(matrices)
        singular = np.sort(np.linalg.svd(generator, compute_uv=False), axis=1)
        found = values[of][:, columns("B", "singular_value")]
        np.testing.assert_allclose(found[:, -1], np.log2(singular[:, -1]), rtol=1e-5)
        projections = np.linalg.pinv(generator) @ generator
        leverages = np.sort(np.diagonal(projections, axis1=1, axis2=2), axis=1)
        np.testing.assert_allclose(
            values[of][:, columns("B", "leverage")], leverages, rtol=1e-4, atol=1e-6
        )
        volume = np.linalg.slogdet(generator @ generator.transpose(0, 2, 1))[1] / np.log(4)
        np.testing.assert_allclose(values[of][:, columns("B", "volume")][:, 0], volume, rtol=1e-5)


@pytest.mark.parametrize("name", ["B", "C", "D"])
@given(seed=st.integers(0, 2**32 - 1), bound=st.integers(1, 100))
@settings(max_examples=20, deadline=None)
def test_symmetries_of_the_height_leave_the_features(name, seed, bound):
    rows = a_few_rows(3, bound, seed)
    copies = symmetric_copies(rows, np.random.default_rng(seed))
    np.testing.assert_allclose(features(copies, name), features(rows, name), rtol=1e-5, atol=1e-5)


def test_the_order_of_the_entries_shows_in_set_a_only():
    rows = a_few_rows()
    copies = symmetric_copies(rows, np.random.default_rng(3))
    assert not np.array_equal(features(copies, "A"), features(rows, "A"))


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_names_types_and_groups(name):
    rows = a_few_rows()
    order = np.random.default_rng(1).permutation(len(rows))
    values = features(rows, name)
    assert values.dtype == np.float32
    assert values.shape == (len(rows), len(feature_names(name)))
    assert len(set(feature_names(name))) == values.shape[1]
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(features(rows[order], name), values[order])
    for i, (k, m) in enumerate(GROUPS):
        assert feature_names(name)[i] == f"group_k{k}_m{m}"
        np.testing.assert_array_equal(values[:, i], (rows[:, 1:3] == (k, m)).all(axis=1))


def test_sets_b_c_d_grow():
    names = [feature_names(name) for name in "BCD"]
    assert names[1][: len(names[0])] == names[0]
    assert names[2][: len(names[1])] == names[1]
    assert len(names[0]) < len(names[1]) < len(names[2])


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_extreme_values_are_finite(name):
    zeros = a_few_rows(1)
    zeros[:, 3:] = 0
    ones = zeros.copy()
    ones[:, 3:21] = 1
    tiny = a_few_rows(2) * 1.0
    tiny[:, 3:] *= 1e-6
    for rows in (zeros, ones, tiny, a_few_rows(3, 1)):
        assert np.isfinite(features(rows, name)).all()


def test_small_entries_that_are_not_integers_keep_their_differences():
    rows = a_few_rows(2) * 1.0
    rows[:, 3:] = rows[:, 3:] * 0.00125
    found = features(rows, "D")[:, columns("D", "minor3")][:8]
    assert all(len(set(row)) > 30 for row in found.tolist())


def test_unknown_names_and_groups_are_named():
    rows = a_few_rows(1)
    with pytest.raises(ValueError, match="no feature set 'E'; there are A, B, C, D"):
        features(rows, "E")
    rows[2, 2] = 7
    with pytest.raises(ValueError, match=r"no such group: k=4, m=7 \(row 2\)"):
        features(rows, "A")


def test_no_rows_give_no_features():
    assert features(np.empty((0, 23)), "D").shape == (0, len(feature_names("D")))
