"""Seeded datasets of systematic generator matrices with exact m-heights.

A dataset holds, for every group (k, m), integer matrices P with finite height: most of them
uniform on [-100, 100], the others from a mixture of scales. No two matrices with the same k are
equal up to signed row and column permutations, unless sharing between groups is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reference_pipeline.config import CODE_LENGTH, GROUPS, Bounds, DatasetConfig, Group
from reference_pipeline.data import Heights, Rows, matrices_of, rows_of_group
from reference_pipeline.oracle import m_heights
from reference_pipeline.symmetry import entity_keys

_BOUND = 100
_MAX_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """One learning problem and its exact answer.

    Attributes
    ----------
    k, m : int
        Dimension of the code and order of the height; its length is 9.
    matrix : ndarray of shape (k, 9 - k)
        The matrix P of integers.
    height : float
        The finite m-height.
    """

    k: int
    m: int
    matrix: npt.NDArray[np.int64]
    height: float


def generate(config: DatasetConfig, groups: tuple[Group, ...] = GROUPS) -> list[Sample]:
    """Draw a dataset.

    Parameters
    ----------
    config : DatasetConfig
        Sizes, shares and seed.
    groups : tuple of (int, int), optional
        The groups (k, m) to draw.

    Returns
    -------
    list of Sample
        ``config.samples_per_group`` samples of each group, in random order.

    Raises
    ------
    RuntimeError
        If a group does not offer enough different matrices of finite height.
    """
    rng = np.random.default_rng(config.random_state)
    seen: set[bytes] = set()
    previous: dict[int, npt.NDArray[np.int64]] = {}
    samples: list[Sample] = []
    for k, m in groups:
        matrices, heights = _group(k, m, config, rng, seen, previous)
        samples += [
            Sample(k, m, matrix, float(height))
            for matrix, height in zip(matrices, heights, strict=True)
        ]
    return [samples[index] for index in rng.permutation(len(samples))]


def generate_rows(
    config: DatasetConfig,
    groups: tuple[Group, ...] = GROUPS,
    exclude: Collection[bytes] | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Rows, Heights]:
    """Draw a dataset as rows; for large ones.

    Every group has random numbers of its own, so that leaving groups out changes no other.

    Parameters
    ----------
    config : DatasetConfig
        Sizes, shares and seed; the samples differ from those of `generate`.
    groups : tuple of (int, int), optional
        The groups (k, m) to draw.
    exclude : collection of bytes, optional
        Entities that must not occur, as `reference_pipeline.symmetry.entity_keys` writes them.
    progress : callable, optional
        Called with a line after each group.

    Returns
    -------
    rows : ndarray of shape (n_samples, 23)
        In random order.
    heights : ndarray of shape (n_samples,)

    Raises
    ------
    RuntimeError
        If a group does not offer enough different matrices of finite height.
    """
    return _draw_rows(config, groups, set(exclude or ()), progress, stream=0)


def fresh_test_rows(
    config: DatasetConfig,
    pool: Rows,
    groups: tuple[Group, ...] = GROUPS,
    progress: Callable[[str], None] | None = None,
) -> tuple[Rows, Heights]:
    """Draw a test set that shares no entity with a pool, and no random numbers either.

    Parameters
    ----------
    config : DatasetConfig
        Sizes, shares and seed of the test set; the seed may be that of the pool.
    pool : ndarray of shape (n_samples, 23)
        Rows of integers.
    groups : tuple of (int, int), optional
        The groups (k, m) to draw.
    progress : callable, optional
        Called with a line after each group.

    Returns
    -------
    rows : ndarray of shape (n_samples, 23)
        In random order.
    heights : ndarray of shape (n_samples,)

    Raises
    ------
    RuntimeError
        If a group does not offer enough different matrices of finite height.
    """
    return _draw_rows(config, groups, keys_of_rows(pool), progress, stream=1)


def keys_of_rows(rows: Rows) -> set[bytes]:
    """Return the keys of all entities among rows of integers.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)

    Returns
    -------
    set of bytes
    """
    keys: set[bytes] = set()
    for k in np.unique(rows[:, 1]):
        keys.update(entity_keys(matrices_of(rows[rows[:, 1] == k])))
    return keys


def as_records(samples: list[Sample]) -> tuple[list[list[object]], list[float]]:
    """Arrange samples as the two lists of the original data format.

    Parameters
    ----------
    samples : list of Sample

    Returns
    -------
    inputs : list of [n, k, m, P]
    heights : list of float
    """
    inputs: list[list[object]] = [
        [CODE_LENGTH, sample.k, sample.m, sample.matrix.copy()] for sample in samples
    ]
    return inputs, [sample.height for sample in samples]


def _draw_rows(
    config: DatasetConfig,
    groups: tuple[Group, ...],
    seen: set[bytes],
    progress: Callable[[str], None] | None,
    stream: int,
) -> tuple[Rows, Heights]:
    previous: dict[int, npt.NDArray[np.int64]] = {}
    rows: list[Rows] = []
    heights: list[Heights] = []
    for k, m in groups:
        rng = np.random.default_rng([config.random_state, stream, k, m])
        matrices, heights_of_group = _group(k, m, config, rng, seen, previous)
        rows.append(rows_of_group(k, m, matrices))
        heights.append(heights_of_group)
        if progress is not None:
            progress(f"k={k}, m={m}: {len(matrices):,} samples")
    rng = np.random.default_rng([config.random_state, stream])
    order = rng.permutation(sum(map(len, rows)))
    return np.concatenate(rows)[order], np.concatenate(heights)[order]


def _group(
    k: int,
    m: int,
    config: DatasetConfig,
    rng: np.random.Generator,
    seen: set[bytes],
    previous: dict[int, npt.NDArray[np.int64]],
) -> tuple[npt.NDArray[np.int64], Heights]:
    """Matrices shared with the previous group of the same k, then uniform ones, then mixed ones."""
    count = round(config.shared_share * config.samples_per_group) if k in previous else 0
    parts = [_finite(previous[k], m, count)] if count else []
    n_fresh = config.samples_per_group - sum(len(matrices) for matrices, _ in parts)
    mixed = round(config.mixture_share * n_fresh)
    parts += [
        _distinct(k, m, n_fresh - mixed, rng, seen, bounds=None),
        _distinct(k, m, mixed, rng, seen, bounds=config.mixture_bounds),
    ]
    previous[k] = np.concatenate([matrices for matrices, _ in parts])
    return previous[k], np.concatenate([heights for _, heights in parts])


def _finite(
    matrices: npt.NDArray[np.int64], m: int, count: int
) -> tuple[npt.NDArray[np.int64], Heights]:
    heights = m_heights(matrices, m)
    chosen = np.flatnonzero(np.isfinite(heights))[:count]
    return matrices[chosen], heights[chosen]


def _distinct(
    k: int,
    m: int,
    count: int,
    rng: np.random.Generator,
    seen: set[bytes],
    *,
    bounds: Bounds | None,
) -> tuple[npt.NDArray[np.int64], Heights]:
    """Draw until ``count`` new matrices of finite height are found; adds their keys to ``seen``."""
    found: list[npt.NDArray[np.int64]] = []
    heights: list[float] = []
    for _ in range(_MAX_ROUNDS):
        if len(found) == count:
            break
        batch, heights_of_batch = _finite(_draw(k, count, rng, bounds), m, count)
        keys = entity_keys(batch)
        for matrix, height, key in zip(batch, heights_of_batch.tolist(), keys, strict=True):
            if len(found) < count and key not in seen:
                seen.add(key)
                found.append(matrix)
                heights.append(height)
    if len(found) < count:
        raise RuntimeError(f"group k={k}, m={m}: only {len(found)} of {count} matrices found")
    matrices = np.array(found, dtype=np.int64).reshape(count, k, CODE_LENGTH - k)
    return matrices, np.array(heights, dtype=np.float64)


def _draw(
    k: int, count: int, rng: np.random.Generator, bounds: Bounds | None
) -> npt.NDArray[np.int64]:
    limits: npt.NDArray[np.int64] = np.full(count, _BOUND)
    if bounds == "uniform":
        limits = rng.integers(1, _BOUND, size=count, endpoint=True)
    elif bounds == "log_uniform":
        limits = np.exp(rng.uniform(0, np.log(_BOUND + 1), size=count)).astype(np.int64)
    limits = limits[:, None, None]
    return rng.integers(-limits, limits, size=(count, k, CODE_LENGTH - k), endpoint=True)
