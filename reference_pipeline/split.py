"""Split by entity: all samples with the same P, up to symmetry, stay on one side.

One matrix may occur with several m, and a signed permutation of it is the same matrix to the
eyes of a network that is to learn heights. Splitting rows at random puts such twins on both sides
even where nothing was augmented.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reference_pipeline.data import DataError, Rows, matrices_of
from reference_pipeline.symmetry import canonical_forms

IntArray = npt.NDArray[np.intp]
Counts = npt.NDArray[np.int64]  # samples of each entity (rows) in each stratum (columns)

SHARES = (0.70, 0.15, 0.15)
_HELD_BACK = 12  # entities of each kind, to even out the strata at the end


def entity_ids(rows: Rows) -> IntArray:
    """Number the entities: rows whose P is the same up to symmetry get the same number.

    n and m do not matter; P need not be of integers. A signed permutation changes neither the
    sorted magnitudes of the entries nor, up to symmetry, the matrix of their signed ranks, and
    these two determine P.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)

    Returns
    -------
    ndarray of shape (n_samples,)
        Numbers from 0, in no particular order.
    """
    ids = np.empty(len(rows), dtype=np.intp)
    n_entities = 0
    for k in np.unique(rows[:, 1]):
        members = np.flatnonzero(rows[:, 1] == k)
        matrices, copies_of = _distinct(matrices_of(rows[members]))
        signed_ranks, magnitudes = _ranks(matrices)
        forms = canonical_forms(signed_ranks).reshape(len(matrices), -1)
        keys = np.hstack([forms.astype(np.float64), magnitudes])
        entity = _distinct(keys)[1]
        ids[members] = n_entities + entity[copies_of]
        n_entities += int(entity.max()) + 1
    return ids


def split_by_entity(
    entities: npt.ArrayLike,
    strata: npt.ArrayLike,
    shares: Sequence[float] = SHARES,
    random_state: int = 0,
) -> tuple[IntArray, ...]:
    """Split samples so that no entity is on two sides and every stratum has its shares.

    Entities with the same number of samples in each stratum are dealt out at random, in the
    proportions of the shares. A few of each kind are held back; these go one by one, large ones
    first, to the side that lacks most of their strata.

    Parameters
    ----------
    entities : array_like of shape (n_samples,)
        Number of each sample's entity.
    strata : array_like of shape (n_samples,) or (n_samples, n_columns)
        What to stratify by, such as the columns k and m.
    shares : sequence of float, optional
        The share of each side; they sum to 1.
    random_state : int, optional
        Seed.

    Returns
    -------
    tuple of ndarray of int
        Sorted positions of the samples of each side.

    Raises
    ------
    DataError
        If a stratum has too few samples or entities to be on every side.
    """
    shares_of_sides = np.asarray(shares, dtype=np.float64)
    if (shares_of_sides <= 0).any() or not np.isclose(shares_of_sides.sum(), 1):
        raise DataError(f"shares must be positive and sum to 1, got {tuple(shares)}")
    entity = np.unique(np.asarray(entities), return_inverse=True)[1].ravel()
    if not len(entity):
        raise DataError("there are no samples to split")
    strata_columns = np.asarray(strata).reshape(len(entity), -1)
    names, stratum = np.unique(strata_columns, axis=0, return_inverse=True)
    counts = np.zeros((int(entity.max()) + 1, len(names)), dtype=np.int64)
    np.add.at(counts, (entity, stratum.ravel()), 1)
    _require_enough(counts, names, shares_of_sides)
    sides = _deal(counts, shares_of_sides, np.random.default_rng(random_state))
    _require_everywhere(counts, sides, names, len(shares_of_sides))
    return tuple(np.flatnonzero(sides[entity] == side) for side in range(len(shares_of_sides)))


def _require_enough(counts: Counts, names: Rows, shares: npt.NDArray[np.float64]) -> None:
    needed = math.ceil(1 / shares.min() - 1e-9)
    n_entities = (counts > 0).sum(axis=0)
    short = [
        f"{_label(names[column])} has {n_entities[column]} ({counts[:, column].sum()} samples)"
        for column in np.flatnonzero(n_entities < needed)
    ]
    if short:
        raise DataError(
            f"too few samples to stratify: a split into {_percentages(shares)} needs at least "
            f"{needed} different matrices P, up to symmetry, in every group, but "
            f"{', '.join(short)}. Add samples to these groups"
        )


def _require_everywhere(counts: Counts, sides: IntArray, names: Rows, n_sides: int) -> None:
    """The last guard: large entities may leave a side without some stratum."""
    for side in range(n_sides):
        missing = np.flatnonzero(counts[sides == side].sum(axis=0) == 0)
        if len(missing):
            raise DataError(
                f"too few samples to stratify: no {_label(names[missing[0]])} is left for side "
                f"{side + 1} of the split. Add samples with new matrices P to this group"
            )


def _deal(counts: Counts, shares: npt.NDArray[np.float64], rng: np.random.Generator) -> IntArray:
    """The side of every entity."""
    sides = np.full(len(counts), -1, dtype=np.intp)
    shuffled = rng.permutation(len(counts))
    signature = _distinct(counts[shuffled])[1]
    for members in _runs(shuffled, signature):
        quotas = np.floor(max(len(members) - _HELD_BACK, 0) * shares).astype(int)
        dealt = members[: quotas.sum()]
        sides[dealt] = np.repeat(np.arange(len(shares)), quotas)
    missing = shares[:, None] * counts.sum(axis=0)
    for side in range(len(shares)):
        missing[side] -= counts[sides == side].sum(axis=0)
    left = shuffled[sides[shuffled] < 0]
    for entity in left[np.argsort(-counts[left].sum(axis=1), kind="stable")]:
        # How much the squared distances to the wanted counts, relative to the shares, will fall.
        gains = (2 * missing - counts[entity]) @ counts[entity] / shares
        side = int(np.argmax(gains))
        sides[entity] = side
        missing[side] -= counts[entity]
    return sides


def _runs(values: IntArray, numbers: IntArray) -> list[IntArray]:
    """The values of each number, in their order."""
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order])) + 1
    return np.split(values[order], starts)


def _label(name: Rows) -> str:
    values = [int(value) if value == int(value) else value for value in name.tolist()]
    if len(values) == 2:
        return f"group k={values[0]}, m={values[1]}"
    return f"group {', '.join(map(str, values))}"


def _percentages(shares: npt.NDArray[np.float64]) -> str:
    return " / ".join(f"{100 * share:g} %" for share in shares)


def _distinct(values: Rows) -> tuple[Rows, IntArray]:
    """The different lines of an array, and the number of each of its lines among them."""
    lines = np.ascontiguousarray(values.reshape(len(values), -1))
    packed = lines.view(np.dtype((np.void, lines.dtype.itemsize * lines.shape[1]))).ravel()
    _, first, numbers = np.unique(packed, return_index=True, return_inverse=True)
    return values[first], numbers.ravel()


def _ranks(matrices: Rows) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Ranks of the magnitudes, dense, 0 for zeros, with the signs; and the sorted magnitudes."""
    n_matrices, n_rows, n_columns = matrices.shape
    flat = np.abs(matrices.reshape(n_matrices, -1)).astype(np.float64)
    order = np.argsort(flat, axis=1, kind="stable")
    magnitudes = np.take_along_axis(flat, order, axis=1)
    steps = np.diff(magnitudes, axis=1, prepend=0.0) > 0
    ranks = np.empty(flat.shape, dtype=np.int64)
    np.put_along_axis(ranks, order, np.cumsum(steps, axis=1), axis=1)
    signs = np.sign(matrices).astype(np.int64)
    return ranks.reshape(n_matrices, n_rows, n_columns) * signs, magnitudes
