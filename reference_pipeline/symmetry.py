"""Signed row and column permutations of P: the symmetries that keep every m-height exactly.

Permuting rows or columns of P, and changing the sign of a row or a column, permutes the
coordinates of the code and changes their signs; no height changes. Matrices that differ only by
such a symmetry are one entity: they must never stand on both sides of a split.
"""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def canonical_forms(matrices: npt.ArrayLike) -> IntArray:
    """Map every matrix to a representative that its whole symmetry class shares.

    The representative is the smallest member of the class in a fixed order. All signed
    permutations of the shorter side are tried; for each of them the other side is brought into
    order directly (the sign of every line is chosen, then the lines are sorted).

    Parameters
    ----------
    matrices : array_like of shape (n_matrices, n_rows, n_columns)
        Matrices with integer values, of any numeric dtype.

    Returns
    -------
    ndarray of shape (n_matrices, n_rows, n_columns)

    Raises
    ------
    ValueError
        If the values are not integers, or too large to be encoded in 64 bits.
    """
    batch = _integers(matrices)
    if batch.shape[1] > batch.shape[2]:
        return np.ascontiguousarray(canonical_forms(batch.transpose(0, 2, 1)).transpose(0, 2, 1))
    base = 2 * int(np.max(np.abs(batch), initial=0)) + 1
    weights = _place_values(base, batch.shape[1])
    smallest: IntArray | None = None
    for order in permutations(range(batch.shape[1])):
        for signs in product((1, -1), repeat=batch.shape[1] - 1):
            # The sign of the first row is free: changing all rows equals changing all columns.
            signed = weights[list(order)] * np.array((1, *signs), dtype=np.int64)
            codes = np.einsum("r,nrc->nc", signed, batch)
            codes = np.sort(np.abs(codes), axis=1)
            smallest = codes if smallest is None else _smaller(smallest, codes)
    if smallest is None:
        raise ValueError("a matrix needs at least one row and one column")
    return _decode(smallest, weights, base)


def entity_keys(matrices: npt.ArrayLike) -> list[bytes]:
    """Return one key for each matrix, equal for exactly the matrices of one symmetry class.

    Parameters
    ----------
    matrices : array_like of shape (n_matrices, n_rows, n_columns)
        Matrices with integer values, of any numeric dtype.

    Returns
    -------
    list of bytes
        The shape followed by the canonical form.
    """
    forms = canonical_forms(matrices)
    prefix = np.array(forms.shape[1:], dtype="<i8").tobytes()
    return [prefix + form.astype("<i8").tobytes() for form in forms]


def _integers(matrices: npt.ArrayLike) -> IntArray:
    values = np.asarray(matrices)
    if values.ndim != 3:
        raise ValueError(f"expected an array (n_matrices, n_rows, n_columns), got {values.shape}")
    if not (np.isfinite(values).all() and np.array_equal(np.rint(values), values)):
        raise ValueError("symmetry classes are defined here for integer values only")
    return values.astype(np.int64)


def _place_values(base: int, digits: int) -> IntArray:
    if base**digits >= 2**62:
        raise ValueError("the entries are too large to be encoded in 64 bits")
    return np.array([base**place for place in reversed(range(digits))], dtype=np.int64)


def _smaller(left: IntArray, right: IntArray) -> IntArray:
    """The lexicographically smaller of each pair of rows."""
    differs = left != right
    first = np.argmax(differs, axis=1)
    at = np.arange(len(left))
    return np.where((right[at, first] < left[at, first])[:, None], right, left)


def _decode(codes: IntArray, weights: IntArray, base: int) -> IntArray:
    """Read the balanced digits of each code back into the column that it stands for."""
    half = base // 2
    shifted = codes + half * int(weights.sum())
    digits = shifted[:, None, :] // weights[:, None] % base
    decoded: IntArray = digits - half
    return decoded
