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

from reference_pipeline.oracle import m_heights

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
    columns += [[Fraction(int(value)) for value in column] for column in matrix.T]
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
