"""Exact m-heights of real linear codes, without a linear-programming solver.

The code of length n and dimension k has the generator matrix ``G = [I_k | P]``. Its m-height is
the largest ratio, over all non-zero codewords, of the largest coordinate (in magnitude) to the
(m+1)-th largest. Fixing the set S of the n - m smaller coordinates and the position j of the
largest gives a linear program; its dual has the closed form that is evaluated here:

    h = max over S, j not in S, of  min over K in S with M(K) != 0 of  sum |M(K - i + j)| / |M(K)|

where M(K) is the minor of the k columns K of G, which is, up to its sign, a square minor of P.
Minors of integer matrices are computed exactly; the only rounding is that of the final ratios.

References
----------
R. M. Roth, "Fault-Tolerant Dot-Product Engines", IEEE Trans. Inf. Theory 65(4), 2019.
A. Jiang, "Analog Error-Correcting Codes: Designs and Analysis", IEEE Trans. Inf. Theory, 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

_BLOCK = 128  # matrices at a time: the table of ratios then stays in the processor's cache
_EXACT_LIMIT = 2.0**53

DEFAULT_RTOL = 1e-10
SMALLEST_ENTRY = 1e-70
LARGEST_ENTRY = 1e70


@dataclass(frozen=True, slots=True)
class _Plan:
    """Index tables that depend on the shape and on m only.

    Attributes
    ----------
    kept : ndarray of shape (n_ratios,)
        The column set K of each ratio.
    exchanged : ndarray of shape (n_ratios, k)
        The k sets K - i + j whose minors form the numerator.
    candidates : ndarray of shape (n_programs, n_choices)
        For each pair (S, j), the ratios among which the minimum is taken.
    """

    kept: IntArray
    exchanged: IntArray
    candidates: IntArray


def m_heights(matrices: npt.ArrayLike, m: int) -> FloatArray:
    """Compute the m-height of every code in a batch.

    Parameters
    ----------
    matrices : array_like of shape (n_matrices, k, n - k)
        The matrices P, with integer values (of any numeric dtype).
    m : int
        The order of the height, from 1 to n - 1.

    Returns
    -------
    ndarray of shape (n_matrices,)
        The heights, at least 1; ``inf`` where some non-zero codeword has at most m
        non-zero coordinates.

    Raises
    ------
    ValueError
        If the shape, m or the values are unusable, or if the entries are so large that
        their minors would not be exact in double precision.
    """
    batch = np.asarray(matrices, dtype=np.float64)
    _check_shape(batch, m)
    _check_integers(batch)
    return _heights(batch, m, rtol=None)


def has_exact_minors(matrices: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell the matrices whose minors `m_heights` computes exactly from the others.

    Parameters
    ----------
    matrices : array_like of shape (n_matrices, k, n - k)

    Returns
    -------
    ndarray of shape (n_matrices,)
        Whether the entries are integers, and small enough for double precision.
    """
    batch = np.asarray(matrices, dtype=np.float64)
    size = min(batch.shape[1:])
    largest = np.abs(batch).max(axis=(1, 2), initial=0.0)
    integral = (batch == np.rint(batch)).all(axis=(1, 2))
    exact: npt.NDArray[np.bool_] = integral & (factorial(size) * largest**size < _EXACT_LIMIT)
    return exact


def m_heights_of_floats(matrices: npt.ArrayLike, m: int, rtol: float = DEFAULT_RTOL) -> FloatArray:
    """Compute the m-heights of codes whose P is not of integers.

    Heights are infinite where enough minors are zero, which rounded minors seldom are. A minor
    counts as zero if its magnitude is at most ``rtol`` times the sum of the magnitudes of the
    products in its expansion (the permanent of the magnitudes of its submatrix). Like the minor,
    this scale follows every row and column that is multiplied by a constant, and the error of the
    computed minor is a few times 1e-16 of it: the default is far above the rounding errors, and
    far below the minors that are not zero. It is also small enough that for integers up to 100,
    whose scale is at most 2.4e9, only minors that are exactly zero count as zero.

    Parameters
    ----------
    matrices : array_like of shape (n_matrices, k, n - k)
        The matrices P. Entries are zero or of a magnitude from 1e-70 to 1e70, so that no product
        of them leaves the range of double precision.
    m : int
        The order of the height, from 1 to n - 1.
    rtol : float, optional
        The tolerance below which a minor counts as zero.

    Returns
    -------
    ndarray of shape (n_matrices,)
        The heights, at least 1; ``inf`` where some non-zero codeword has at most m
        non-zero coordinates.

    Raises
    ------
    ValueError
        If the shape, m or the values are unusable.
    """
    batch = np.asarray(matrices, dtype=np.float64)
    _check_shape(batch, m)
    magnitudes = np.abs(batch)
    if not (((magnitudes >= SMALLEST_ENTRY) & (magnitudes <= LARGEST_ENTRY)) | (batch == 0)).all():
        raise ValueError(
            f"entries must be zero or of a magnitude from {SMALLEST_ENTRY:g} to {LARGEST_ENTRY:g}"
        )
    return _heights(batch, m, rtol)


def _heights(batch: FloatArray, m: int, rtol: float | None) -> FloatArray:
    rows, columns = batch.shape[1:]
    if m > columns:
        # By the Singleton bound some codeword has no more than n - k + 1 <= m non-zeros.
        return np.full(len(batch), np.inf)
    plan = _plan(rows, columns, m)
    heights = np.empty(len(batch))
    for start in range(0, len(batch), _BLOCK):
        block = np.ascontiguousarray(batch[start : start + _BLOCK].transpose(1, 2, 0))
        heights[start : start + _BLOCK] = _heights_of_minors(_magnitudes(block, rtol), plan)
    return heights


def maximal_minors(block: FloatArray) -> FloatArray:
    """Compute all maximal minors of ``[I | P]``, up to their sign, for a batch of matrices.

    Parameters
    ----------
    block : ndarray of shape (k, n - k, n_matrices)
        The matrices P, with the batch as the last, contiguous axis: a few hundred matrices at a
        time stay in the processor's cache.

    Returns
    -------
    ndarray of shape (n_column_sets, n_matrices)
        In the order of ``column_sets``.
    """
    return _minors(block)


def column_sets(k: int, n: int) -> list[tuple[int, ...]]:
    """Return the sets of k columns of the generator matrix, in the order of the minors.

    Parameters
    ----------
    k, n : int
        Dimension and length of the code.

    Returns
    -------
    list of tuple of int
    """
    return _column_sets(k, n - k)


def _magnitudes(block: FloatArray, rtol: float | None) -> FloatArray:
    """Magnitudes of all maximal minors; with a tolerance, small ones are set to zero."""
    minors = np.abs(_minors(block))
    if rtol is not None:
        scales = _minors(np.abs(block), signed=False)
        minors[minors <= rtol * scales] = 0.0
    return minors


def _check_shape(batch: FloatArray, m: int) -> None:
    if batch.ndim != 3 or 0 in batch.shape[1:]:
        raise ValueError(f"expected an array (n_matrices, k, n - k), got shape {batch.shape}")
    rows, columns = batch.shape[1:]
    if not 1 <= m < rows + columns:
        raise ValueError(f"m must lie between 1 and {rows + columns - 1}, got {m}")


def _check_integers(batch: FloatArray) -> None:
    if not np.array_equal(batch, np.rint(batch)):
        raise ValueError("the matrices must have finite integer values: zero minors decide")
    if not has_exact_minors(batch).all():
        largest = float(np.max(np.abs(batch), initial=0.0))
        raise ValueError(f"entries up to {largest:g} are too large for exact minors")


def _heights_of_minors(minors: FloatArray, plan: _Plan) -> FloatArray:
    """Heights from the magnitudes of the minors, with the batch as the last, contiguous axis."""
    numerators = minors[plan.exchanged[:, 0]]
    for position in range(1, plan.exchanged.shape[1]):
        numerators += minors[plan.exchanged[:, position]]
    denominators = minors[plan.kept]
    ratios = np.full_like(numerators, np.inf)
    np.divide(numerators, denominators, out=ratios, where=denominators != 0)
    optima = ratios[plan.candidates[:, 0]]
    for position in range(1, plan.candidates.shape[1]):
        np.minimum(optima, ratios[plan.candidates[:, position]], out=optima)
    heights: FloatArray = optima.max(axis=0)
    return heights


def _minors(block: FloatArray, *, signed: bool = True) -> FloatArray:
    """All maximal minors of [I | P] up to their sign, in the order of ``_column_sets``.

    Without signs, the permanents of the same submatrices.
    """
    rows, columns, n_matrices = block.shape
    by_index: dict[tuple[tuple[int, ...], tuple[int, ...]], FloatArray] = {
        ((), ()): np.ones(n_matrices)
    }
    for size in range(1, min(rows, columns) + 1):
        for row_set in combinations(range(rows), size):
            for column_set in combinations(range(columns), size):
                by_index[row_set, column_set] = _expand(
                    block, by_index, row_set, column_set, signed=signed
                )
    sets = _column_sets(rows, columns)
    return np.stack([by_index[_square(kept, rows)] for kept in sets])


def _expand(
    block: FloatArray,
    smaller: dict[tuple[tuple[int, ...], tuple[int, ...]], FloatArray],
    row_set: tuple[int, ...],
    column_set: tuple[int, ...],
    *,
    signed: bool,
) -> FloatArray:
    """Laplace expansion of one minor along its first row."""
    total = np.zeros(block.shape[2])
    for position, column in enumerate(column_set):
        rest = column_set[:position] + column_set[position + 1 :]
        term = block[row_set[0], column] * smaller[row_set[1:], rest]
        if signed and position % 2:
            total -= term
        else:
            total += term
    return total


def _column_sets(rows: int, columns: int) -> list[tuple[int, ...]]:
    return list(combinations(range(rows + columns), rows))


def _square(kept: tuple[int, ...], rows: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The rows and columns of P whose minor equals that of the columns ``kept`` of [I | P]."""
    row_set = tuple(row for row in range(rows) if row not in kept)
    return row_set, tuple(column - rows for column in kept if column >= rows)


@lru_cache(maxsize=64)
def _plan(rows: int, columns: int, m: int) -> _Plan:
    n = rows + columns
    sets = _column_sets(rows, columns)
    number = {frozenset(kept): index for index, kept in enumerate(sets)}
    pairs = [(kept, j) for kept in sets for j in range(n) if j not in kept]
    exchanged = [[number[frozenset({*kept} - {i} | {j})] for i in kept] for kept, j in pairs]
    pair_number = {pair: index for index, pair in enumerate(pairs)}
    candidates = [
        [pair_number[kept, j] for kept in combinations(smaller, rows)]
        for smaller in combinations(range(n), n - m)
        for j in range(n)
        if j not in smaller
    ]
    return _Plan(
        kept=np.array([number[frozenset(kept)] for kept, _ in pairs], dtype=np.intp),
        exchanged=np.array(exchanged, dtype=np.intp),
        candidates=np.array(candidates, dtype=np.intp),
    )
