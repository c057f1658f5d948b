"""The oracle against three independent computations, real labels, and the symmetries."""

from __future__ import annotations

import pickle
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from reference_pipeline.augment import noisy_copies
from reference_pipeline.data import matrices_of, rows_of_group
from reference_pipeline.oracle import has_exact_minors, m_heights, m_heights_of_floats

DS1 = Path(__file__).parents[4] / "shared" / "data" / "ds1"
GROUPS = [(4, 2), (4, 3), (4, 4), (4, 5), (5, 2), (5, 3), (5, 4), (6, 2), (6, 3)]


def height_by_linear_programs(matrix: np.ndarray, m: int) -> float:
    """Every set of small coordinates and every largest position, one program each."""
    k, n = matrix.shape[0], sum(matrix.shape)
    generator = np.hstack([np.eye(k), matrix])
    best = 0.0
    for smaller in combinations(range(n), n - m):
        limits = np.vstack([generator[:, smaller].T, -generator[:, smaller].T])
        for j in set(range(n)) - set(smaller):
            result = linprog(
                -generator[:, j], A_ub=limits, b_ub=np.ones(len(limits)), bounds=(None, None)
            )
            if result.status == 3:
                return np.inf
            assert result.status == 0
            best = max(best, -result.fun)
    return best


def solve_exactly(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Gauss-Jordan elimination; None for a singular matrix."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(len(rows)):
        pivot = next((r for r in range(column, len(rows)) if rows[r][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for r in range(len(rows)):
            if r != column and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[column], strict=True)]
    return [row[-1] for row in rows]


def height_by_vertices(matrix: np.ndarray, m: int) -> Fraction:
    """The largest ratio over all codewords that are +-1 on k independent coordinates."""
    k, n = matrix.shape[0], sum(matrix.shape)
    columns = [[Fraction(int(i == j)) for i in range(k)] for j in range(k)]
    columns += [[Fraction(value) for value in column.tolist()] for column in matrix.T]
    best = Fraction(0)
    for kept in combinations(range(n), k):
        for signs in product((1, -1), repeat=k - 1):
            message = solve_exactly([columns[i] for i in kept], [Fraction(s) for s in (1, *signs)])
            if message is None:
                break
            codeword = [
                abs(sum(a * b for a, b in zip(message, column, strict=True))) for column in columns
            ]
            codeword.sort(reverse=True)
            if codeword[m]:
                best = max(best, codeword[0] / codeword[m])
    return best


@pytest.mark.skipif(not DS1.is_dir(), reason=f"the public data set DS-1 is not at {DS1}")
def test_all_labels_of_the_public_data_set() -> None:
    inputs = pickle.loads((DS1 / "DS-1-samples_n_k_m_P.pkl").read_bytes())
    labels = np.array(pickle.loads((DS1 / "DS-1-samples_mHeights.pkl").read_bytes()), dtype=float)
    members: dict[tuple[int, int], list[int]] = {}
    for index, (_, k, m, _) in enumerate(inputs):
        members.setdefault((k, m), []).append(index)

    assert sum(map(len, members.values())) == 32_087
    for (_, m), indices in members.items():
        heights = m_heights(np.stack([inputs[i][3] for i in indices]), m)
        np.testing.assert_allclose(heights, labels[indices], rtol=1e-9)


@pytest.mark.parametrize(("k", "m"), [(4, 2), (6, 2), (6, 3)])
def test_linear_programs_agree(k: int, m: int) -> None:
    matrix = np.random.default_rng(k * 10 + m).integers(-100, 101, (k, 9 - k))

    assert m_heights([matrix], m)[0] == pytest.approx(height_by_linear_programs(matrix, m))


@pytest.mark.parametrize(("rows", "columns", "m"), [(2, 3, 1), (2, 3, 2), (3, 2, 2), (3, 3, 3)])
def test_linear_programs_agree_on_short_codes_with_many_zero_minors(
    rows: int, columns: int, m: int
) -> None:
    batch = np.random.default_rng(m).integers(-1, 2, (12, rows, columns))
    expected = [height_by_linear_programs(matrix, m) for matrix in batch]

    assert np.isinf(expected).any()
    np.testing.assert_allclose(m_heights(batch, m), expected, rtol=1e-9)


@pytest.mark.parametrize(("k", "m"), [(4, 3), (5, 4), (6, 2)])
def test_exact_rationals_agree(k: int, m: int) -> None:
    matrix = np.random.default_rng(m).integers(-100, 101, (k, 9 - k))
    expected = height_by_vertices(matrix, m)

    assert m_heights([matrix], m)[0] == pytest.approx(float(expected), rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    group=st.sampled_from(GROUPS),
    random_state=st.integers(0, 2**32 - 1),
    bound=st.sampled_from([1, 3, 100]),
)
def test_signed_permutations_leave_the_height_unchanged(
    group: tuple[int, int], random_state: int, bound: int
) -> None:
    k, m = group
    rng = np.random.default_rng(random_state)
    matrix = rng.integers(-bound, bound + 1, (k, 9 - k))
    image = matrix[rng.permutation(k)][:, rng.permutation(9 - k)]
    image = image * rng.choice([1, -1], (k, 1)) * rng.choice([1, -1], (1, 9 - k))

    before, after = m_heights([matrix, image], m)
    assert before >= 1
    assert after == pytest.approx(before, rel=1e-12)


def test_heights_that_are_infinite() -> None:
    dense = np.random.default_rng(0).integers(1, 101, (4, 5))
    with_zero = dense.copy()
    with_zero[1, 2] = 0  # the second row of [I | P] then has five non-zero coordinates

    assert np.isfinite(m_heights([with_zero], 4)[0])
    assert m_heights([with_zero], 5)[0] == np.inf
    assert np.isfinite(m_heights([dense], 4)[0])
    # Five information symbols and four checks: no code has six non-zeros in every codeword.
    assert m_heights(np.ones((1, 5, 4)), 6)[0] == np.inf


def test_integers_of_float_dtype_and_empty_batches() -> None:
    matrix = np.random.default_rng(1).integers(-100, 101, (5, 4))

    assert m_heights([matrix], 2)[0] == m_heights([matrix.astype(np.float32)], 2)[0]
    assert m_heights(np.empty((0, 4, 5)), 2).shape == (0,)


@pytest.mark.parametrize(
    ("matrices", "m", "message"),
    [
        (np.ones((4, 5)), 2, "expected an array"),
        (np.ones((1, 4, 5)), 0, "m must lie"),
        (np.ones((1, 4, 5)), 9, "m must lie"),
        (np.full((1, 4, 5), 0.5), 2, "integer values"),
        (np.full((1, 4, 5), np.nan), 2, "integer values"),
        (np.full((1, 4, 5), 1e6), 2, "too large"),
    ],
)
def test_unusable_input_is_refused(matrices: np.ndarray, m: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        m_heights(matrices, m)


def rank(matrix: list[list[Fraction]]) -> int:
    """By elimination in exact arithmetic."""
    rows = [list(row) for row in matrix]
    found = 0
    for column in range(len(rows[0])):
        pivot = next((r for r in range(found, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for r in range(found + 1, len(rows)):
            factor = rows[r][column] / rows[found][column]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[found], strict=True)]
        found += 1
    return found


def is_infinite_exactly(matrix: np.ndarray, m: int) -> bool:
    """Whether some codeword vanishes on n - m coordinates: these columns have no full rank."""
    k, n = matrix.shape[0], sum(matrix.shape)
    rows = [
        [Fraction(int(i == j)) for j in range(k)] + [Fraction(value) for value in row]
        for i, row in enumerate(matrix.tolist())
    ]
    return any(
        rank([[row[j] for j in kept] for row in rows]) < k for kept in combinations(range(n), n - m)
    )


def noisy(k: int, m: int, count: int, random_state: int) -> np.ndarray:
    """What Run 6 makes of uniform matrices: clipped to [0, 1], each row divided by its sum."""
    rng = np.random.default_rng(random_state)
    rows = rows_of_group(k, m, rng.integers(-100, 101, (count, k, 9 - k)))
    return matrices_of(noisy_copies(rows, 0.05, rng))


@pytest.mark.parametrize("group", GROUPS)
def test_floats_that_noise_makes_are_infinite_where_exact_rationals_are(
    group: tuple[int, int],
) -> None:
    k, m = group
    batch = noisy(k, m, 25, random_state=m)
    infinite = np.isinf(m_heights_of_floats(batch, m))

    assert infinite.tolist() == [is_infinite_exactly(matrix, m) for matrix in batch]
    assert infinite.sum() > 10


def test_finite_heights_of_floats_agree_with_exact_rationals() -> None:
    batch = noisy(4, 2, 30, random_state=5)
    heights = m_heights_of_floats(batch, 2)
    finite = np.flatnonzero(np.isfinite(heights))[:3]

    assert len(finite) == 3
    for index in finite:
        expected = float(height_by_vertices(batch[index], 2))
        assert heights[index] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("k", [4, 5, 6])
def test_heights_of_random_floats_agree_with_exact_rationals(k: int) -> None:
    matrix = np.random.default_rng(k).normal(0, 10, (k, 9 - k))
    expected = float(height_by_vertices(matrix, 2))

    assert m_heights_of_floats([matrix], 2)[0] == pytest.approx(expected, rel=1e-9)


def test_equal_rows_of_thirds_make_the_height_infinite() -> None:
    thirds = [1 / 3, 1 / 3, 1 / 3, 0.0, 0.0]
    matrix = np.array([thirds, thirds, [0.1, 0.2, 0.3, 0.25, 0.15], [0.3, 0.1, 0.1, 0.3, 0.2]])

    # The difference of the equal rows of [I | P] has two non-zero coordinates.
    assert m_heights_of_floats([matrix], 2)[0] == np.inf
    assert m_heights_of_floats([matrix], 5)[0] == np.inf
    assert np.isfinite(m_heights_of_floats([matrix], 1)[0])


def test_minors_that_only_rounding_keeps_from_zero_count_as_zero() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.random((4, 5))
    matrix[3] = 0.1 * matrix[0] + 0.7 * matrix[1] - 0.3 * matrix[2]

    # A codeword that vanishes on all five check coordinates has four non-zeros.
    assert m_heights_of_floats([matrix], 4)[0] == np.inf
    assert np.isfinite(m_heights_of_floats([matrix], 4, rtol=0.0)[0])
    assert np.isfinite(m_heights_of_floats([matrix], 3)[0])


def test_the_tolerance_follows_the_scale_of_rows_and_columns() -> None:
    """Entries far apart in size are no zeros: minors are small only against their products."""
    rng = np.random.default_rng(4)
    matrix = rng.random((4, 5)) + 0.1
    scaled = matrix * np.array([1.0, 1e-8, 1e8, 1.0, 1e-12]) * np.array([[1.0], [1e-9], [1], [1]])

    heights = m_heights_of_floats([matrix, scaled], 5)
    assert np.isfinite(heights).all()
    singular = scaled.copy()
    singular[3] = singular[2] / 3
    assert m_heights_of_floats([singular], 2)[0] == np.inf


@settings(max_examples=60, deadline=None)
@given(
    group=st.sampled_from(GROUPS),
    random_state=st.integers(0, 2**32 - 1),
    bound=st.sampled_from([1, 2, 5, 100]),
)
def test_both_paths_agree_on_integers(
    group: tuple[int, int], random_state: int, bound: int
) -> None:
    k, m = group
    rng = np.random.default_rng(random_state)
    batch = rng.integers(-bound, bound + 1, (5, k, 9 - k))

    np.testing.assert_array_equal(m_heights_of_floats(batch, m), m_heights(batch, m))


def test_both_paths_agree_on_the_smallest_minors_of_large_entries() -> None:
    """All entries near 100 and determinants of 1: the hardest integers for a tolerance."""
    rng = np.random.default_rng(6)
    steps = rng.integers(-1, 2, (200, 4, 5))
    batch = 99 + steps
    batch[:, 3] = 100 * np.sign(batch[:, 3])

    np.testing.assert_array_equal(m_heights_of_floats(batch, 2), m_heights(batch, 2))
    np.testing.assert_array_equal(m_heights_of_floats(batch, 5), m_heights(batch, 5))


def test_more_small_coordinates_than_checks_are_infinite_for_floats_too() -> None:
    assert m_heights_of_floats(np.full((1, 5, 4), 0.3), 5)[0] == np.inf


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300, 1e-300])
def test_floats_out_of_range_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="entries must be zero or of a magnitude"):
        m_heights_of_floats(np.full((1, 4, 5), value), 2)


def test_which_matrices_have_exact_minors() -> None:
    batch = np.ones((5, 4, 5))
    batch[1, 0, 0] = 4400
    batch[2, 0, 0] = 4500
    batch[3, 0, 0] = 0.5
    batch[4, 0, 0] = -4500

    assert has_exact_minors(batch).tolist() == [True, True, False, False, False]
    assert has_exact_minors(batch[:0]).shape == (0,)
