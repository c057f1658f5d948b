"""Augmentation: symmetries keep labels exactly, the noise of Run 6 does not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_pipeline.augment import (
    LabelErrorOfGroup,
    augment,
    label_error,
    noisy_copies,
    symmetric_copies,
)
from reference_pipeline.config import GROUPS, TIERS, DatasetConfig
from reference_pipeline.data import DataError, inputs_of, matrices_of, rows_of, rows_of_group
from reference_pipeline.generate import generate_rows
from reference_pipeline.oracle import m_heights

COPIES = {
    group: {"easy": 1, "medium": 2, "hard": 3}[tier]
    for tier, groups in TIERS.items()
    for group in groups
}


def dataset(samples_per_group: int = 20) -> tuple[np.ndarray, np.ndarray]:
    return generate_rows(DatasetConfig(samples_per_group))


def is_signed_permutation(image: np.ndarray, matrix: np.ndarray) -> bool:
    """Search for the order of the rows, then for the column that each column comes from."""
    for order in itertools.permutations(range(len(matrix))):
        for signs in itertools.product((1, -1), repeat=len(matrix)):
            moved = matrix[list(order)] * np.array(signs)[:, None]
            wanted = sorted(max(c, [-v for v in c]) for c in image.T.tolist())
            if wanted == sorted(max(c, [-v for v in c]) for c in moved.T.tolist()):
                return True
    return False


def test_symmetric_copies_are_signed_permutations_of_their_parents() -> None:
    rows, _ = dataset(2)
    copies = symmetric_copies(rows, np.random.default_rng(0))

    assert copies.dtype == rows.dtype
    assert (copies[:, :3] == rows[:, :3]).all()
    assert (copies[rows[:, 1] == 6, 21:] == 0).all()
    for (_, _, _, image), (_, _, _, matrix) in zip(inputs_of(copies), inputs_of(rows), strict=True):
        assert is_signed_permutation(image, matrix)


def test_symmetric_copies_reach_the_whole_class_evenly() -> None:
    """Where the first entry goes, and with which sign: 40 cases, each about 200 times."""
    rows = rows_of_group(4, 2, np.tile(np.arange(1, 21).reshape(1, 4, 5), (8000, 1, 1)))
    copies = symmetric_copies(rows, np.random.default_rng(1))[:, 3:]
    sample, place = np.nonzero(np.abs(copies) == 1)
    assert len(sample) == 8000
    counts = np.bincount(2 * place + (copies[sample, place] > 0), minlength=40)
    assert np.abs(counts - 200).max() < 5 * np.sqrt(200)
    assert len(np.unique(copies, axis=0)) > 7000


def test_symmetric_copies_of_floats_have_no_negative_zeros() -> None:
    rows = rows_of_group(4, 2, np.tile([0.0, 0.5, 0.25, 0.0, 0.0], (50, 4, 1)))
    copies = symmetric_copies(rows, np.random.default_rng(0))
    assert (copies < 0).any()
    assert not (np.signbit(copies) & (copies == 0)).any()


@settings(max_examples=40, deadline=None)
@given(
    group=st.sampled_from(GROUPS),
    random_state=st.integers(0, 2**32 - 1),
    bound=st.sampled_from([1, 3, 100]),
)
def test_the_label_of_a_symmetric_copy_is_exact(
    group: tuple[int, int], random_state: int, bound: int
) -> None:
    k, m = group
    rng = np.random.default_rng(random_state)
    matrices = rng.integers(-bound, bound + 1, (20, k, 9 - k))
    heights = m_heights(matrices, m)
    finite = np.isfinite(heights)
    rows = rows_of_group(k, m, matrices)

    copies = symmetric_copies(rows, rng)
    assert (m_heights(matrices_of(copies), m) == heights).all()
    for error in label_error(copies[finite], heights[finite]):
        assert error == LabelErrorOfGroup(k, m, int(finite.sum()), 0, 0.0, 0.0)


def test_noisy_copies_are_clipped_and_normalised() -> None:
    rows, _ = dataset(30)
    copies = noisy_copies(rows, 0.05, np.random.default_rng(0))

    assert copies.dtype == np.float64
    assert (copies[:, 1:3] == rows[:, 1:3]).all()
    assert np.abs(copies[:, 0] / 9 - 1).max() <= 0.05
    assert np.std(copies[:, 0] / 9) == pytest.approx(0.05 / np.sqrt(3), rel=0.1)
    assert (copies[rows[:, 1] == 6, 21:] == 0).all()
    for (_, _, _, image), (_, _, _, matrix) in zip(inputs_of(copies), inputs_of(rows), strict=True):
        ones = (matrix >= 2).sum(axis=1)
        assert ((image >= 0) & (image <= 1)).all()
        assert (image[matrix <= -1] == 0).all()
        # Entries of 2 and more are all clipped to 1, whatever the noise.
        for row, original, count in zip(image, matrix, ones, strict=True):
            if count and not ((original == 0) | (original == 1)).any():
                assert row[original > 0].tolist() == [1 / count] * count


def test_noisy_copies_follow_the_loop_of_the_analysis() -> None:
    """The prescribed function, once more by hand, on small entries where noise survives."""
    rows = rows_of([[9, 4, 2, np.linspace(-0.2, 1.2, 20).reshape(4, 5)]] * 3)
    copies = noisy_copies(rows, 0.05, np.random.default_rng(7))

    rng = np.random.default_rng(7)
    n = 9 * (1 + rng.uniform(-0.05, 0.05, 3))
    noise = rng.normal(0, 0.05, (3, 4, 5))
    for copy, n_noisy, added in zip(copies, n, noise, strict=True):
        clipped = np.clip(rows[0, 3:].reshape(4, 5) + added, 0, 1)
        sums = np.maximum(clipped.sum(axis=1, keepdims=True), 1e-7)
        assert copy[0] == n_noisy
        np.testing.assert_allclose(copy[3:].reshape(4, 5), clipped / sums)


def test_noise_of_two_percent_moves_a_matrix_by_nearly_all_of_it() -> None:
    rows, _ = dataset(100)
    copies = noisy_copies(rows, 0.02, np.random.default_rng(0))
    moved = np.linalg.norm(copies[:, 3:] - rows[:, 3:], axis=1)
    assert np.median(moved / np.linalg.norm(rows[:, 3:], axis=1)) > 0.95


@pytest.mark.parametrize("noise_scale", [0.02, 0.05])
def test_the_labels_of_noisy_copies_are_wrong_where_they_exist_at_all(noise_scale: float) -> None:
    rows, heights = dataset(400)
    copies = noisy_copies(rows, noise_scale, np.random.default_rng(0))
    errors = label_error(copies, heights)

    assert [(error.k, error.m) for error in errors] == list(GROUPS)
    for error in errors:
        assert error.n_copies == 400
        assert 0.6 <= error.n_infinite / error.n_copies <= 1
        if error.n_infinite < 400:
            assert error.mean_squared_log2_error > 10
            assert error.max_abs_log2_error >= np.sqrt(error.mean_squared_log2_error)
        else:
            assert np.isnan(error.mean_squared_log2_error)
    assert any(error.n_infinite < 400 for error in errors)


def test_augmented_rows_follow_the_originals_with_their_parents() -> None:
    rows, heights = dataset(5)
    result = augment(rows, heights, COPIES, "symmetry", np.random.default_rng(0))

    assert len(result.rows) == 45 + 5 * 3 * (1 + 2 + 3)
    assert result.rows.dtype == np.int64
    assert result.rows[:45].tolist() == rows.tolist()
    assert result.parents[:45].tolist() == list(range(45))
    assert result.is_copy.tolist() == [False] * 45 + [True] * 90
    copied, counts = np.unique(result.parents[45:], return_counts=True)
    assert copied.tolist() == list(range(45))
    assert counts.tolist() == [COPIES[int(k), int(m)] for k, m in rows[:, 1:3]]
    assert (result.rows[:, 1:3] == rows[result.parents, 1:3]).all()
    assert result.heights.tolist() == heights[result.parents].tolist()
    assert all(e.max_abs_log2_error == 0 for e in label_error(result.rows, result.heights))


def test_methods() -> None:
    rows, heights = dataset(3)
    none = augment(rows, heights, COPIES, "none", np.random.default_rng(0))
    assert none.rows.tolist() == rows.tolist()
    assert not none.is_copy.any()
    noise = augment(rows, heights, {(4, 5): 2}, "noise", np.random.default_rng(0), 0.01)
    assert noise.rows[:27].tolist() == rows.tolist()
    assert noise.is_copy.sum() == 6
    assert (noise.rows[27:, 1:3] == (4, 5)).all()
    assert np.abs(noise.rows[27:, 0] - 9).max() <= 0.09


def test_the_generator_determines_the_copies() -> None:
    rows, heights = dataset(3)

    def made(seed: int) -> list[list[int]]:
        rng = np.random.default_rng(seed)
        return augment(rows, heights, COPIES, "symmetry", rng).rows.tolist()

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_unusable_settings() -> None:
    rows, heights = dataset(1)
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="unknown augmentation 'mixup'"):
        augment(rows, heights, COPIES, "mixup", rng)
    with pytest.raises(DataError, match="negative"):
        augment(rows, heights, {(4, 2): -1}, "symmetry", rng)
