"""Augmentation of rows, by exact symmetries or by the noise of Run 6, and its label error.

Permuting rows or columns of P, or changing their signs, keeps the height exactly. Run 6 added
noise instead, clipped P to [0, 1] and normalised its rows, and kept the label of a matrix that
was gone by then; `noisy_copies` repeats that so that its damage can be measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from reference_pipeline.config import CODE_LENGTH, Group
from reference_pipeline.data import (
    DataError,
    Heights,
    Rows,
    exact_heights,
    matrices_of,
    members_of_groups,
)

Method = Literal["none", "symmetry", "noise"]
IntArray = npt.NDArray[np.intp]

_SMALLEST_SUM = 1e-7


@dataclass(frozen=True, slots=True)
class Augmented:
    """Samples followed by their copies.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, 23)
        First the given rows, in their order, then the copies.
    heights : ndarray of shape (n_rows,)
        A copy has the label of its parent.
    parents : ndarray of shape (n_rows,)
        Position of each row's parent among the given rows; that of a given row is its own.
    is_copy : ndarray of shape (n_rows,)
        Whether the row is a copy.
    """

    rows: Rows
    heights: Heights
    parents: IntArray
    is_copy: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelErrorOfGroup:
    """How far the labels of copies are from their exact heights, in one group.

    Attributes
    ----------
    k, m : int
        The group.
    n_copies : int
        Number of copies measured.
    n_infinite : int
        Copies whose exact height is infinite; the errors below leave them out.
    mean_squared_log2_error : float
        Mean of (log2 label - log2 exact height) squared; NaN if no copy has a finite height.
    max_abs_log2_error : float
        The largest magnitude of that difference; NaN likewise.
    """

    k: int
    m: int
    n_copies: int
    n_infinite: int
    mean_squared_log2_error: float
    max_abs_log2_error: float


def symmetric_copies(rows: Rows, rng: np.random.Generator) -> Rows:
    """Copy every row with the rows and columns of its P in random order and with random signs.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_samples, 23)
        Of the same dtype; n, k, m and the height are those of the given rows.
    """
    copies = rows.copy()
    for k in np.unique(rows[:, 1]):
        members = np.flatnonzero(rows[:, 1] == k)
        matrices = matrices_of(rows[members])
        n_matrices, n_rows, n_columns = matrices.shape
        row_order = _orders(n_matrices, n_rows, rng)[:, :, None]
        column_order = _orders(n_matrices, n_columns, rng)[:, None, :]
        at = np.arange(n_matrices)[:, None, None]
        signs = _signs((n_matrices, n_rows, 1), rng) * _signs((n_matrices, 1, n_columns), rng)
        images = matrices[at, row_order, column_order] * signs + 0  # no negative zeros
        copies[members, 3 : 3 + n_rows * n_columns] = images.reshape(n_matrices, -1)
    return copies


def noisy_copies(rows: Rows, noise_scale: float, rng: np.random.Generator) -> Rows:
    """Copy every row as Run 6 did, and as Run 7 as prescribed does.

    n is multiplied by 1 plus a uniform number, P gets normal noise, is clipped to [0, 1], and
    each of its rows is divided by its sum. Entries of P beyond [0, 1] keep nothing but their sign.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)
    noise_scale : float
        Largest relative change of n, and standard deviation of the noise on P.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (n_samples, 23)
        Of floats.
    """
    copies = rows.astype(np.float64)
    jitter = rng.uniform(-noise_scale, noise_scale, len(rows))
    copies[:, 0] = np.maximum(1.0, copies[:, 0] * (1 + jitter))
    for k in np.unique(rows[:, 1]):
        members = np.flatnonzero(rows[:, 1] == k)
        matrices = matrices_of(copies[members])
        noise = rng.normal(0.0, noise_scale, matrices.shape)
        clipped = np.clip(matrices + noise, 0, 1)
        sums = np.maximum(clipped.sum(axis=2, keepdims=True), _SMALLEST_SUM)
        size = int(k) * (CODE_LENGTH - int(k))
        copies[members, 3 : 3 + size] = (clipped / sums).reshape(len(members), size)
    return copies


def augment(
    rows: Rows,
    heights: npt.ArrayLike,
    copies: Mapping[Group, int],
    method: Method,
    rng: np.random.Generator,
    noise_scale: float = 0.05,
) -> Augmented:
    """Append copies of the given rows; to be called with training rows only.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)
    heights : array_like of shape (n_samples,)
    copies : mapping
        Copies of each sample, by group (k, m); other groups get none.
    method : {"none", "symmetry", "noise"}
    rng : numpy.random.Generator
    noise_scale : float, optional
        Of the noise.

    Returns
    -------
    Augmented

    Raises
    ------
    DataError
        If the method is unknown, or a number of copies is negative.
    """
    if method not in ("none", "symmetry", "noise"):
        raise DataError(f"unknown augmentation {method!r}: choose none, symmetry or noise")
    if any(number < 0 for number in copies.values()):
        raise DataError("numbers of copies must not be negative")
    originals = np.arange(len(rows))
    repeats = np.zeros(len(rows), dtype=np.intp)
    if method != "none":
        for k, m, members in members_of_groups(rows):
            repeats[members] = copies.get((k, m), 0)
    copied = np.repeat(originals, repeats)
    parents = np.concatenate([originals, copied])
    made = (
        noisy_copies(rows[copied], noise_scale, rng)
        if method == "noise"
        else symmetric_copies(rows[copied], rng)
    )
    return Augmented(
        rows=np.concatenate([rows, made]),
        heights=np.asarray(heights, dtype=np.float64)[parents],
        parents=parents,
        is_copy=np.arange(len(parents)) >= len(rows),
    )


def label_error(rows: Rows, heights: npt.ArrayLike) -> tuple[LabelErrorOfGroup, ...]:
    """Measure the labels of copies against the oracle, group by group.

    Parameters
    ----------
    rows : ndarray of shape (n_copies, 23)
        The copies.
    heights : array_like of shape (n_copies,)
        The labels that they carry.

    Returns
    -------
    tuple of LabelErrorOfGroup
        For the groups that occur, sorted.
    """
    labels = np.asarray(heights, dtype=np.float64)
    exact = exact_heights(rows)
    results = []
    for k, m, members in members_of_groups(rows):
        finite = members[np.isfinite(exact[members])]
        errors = np.log2(labels[finite]) - np.log2(exact[finite])
        results.append(
            LabelErrorOfGroup(
                k=k,
                m=m,
                n_copies=len(members),
                n_infinite=len(members) - len(finite),
                mean_squared_log2_error=float(np.mean(errors**2)) if len(errors) else np.nan,
                max_abs_log2_error=float(np.max(np.abs(errors))) if len(errors) else np.nan,
            )
        )
    return tuple(results)


def _orders(n_orders: int, length: int, rng: np.random.Generator) -> IntArray:
    return rng.random((n_orders, length)).argsort(axis=1)


def _signs(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[Any]:
    return 2 * rng.integers(0, 2, shape) - 1
