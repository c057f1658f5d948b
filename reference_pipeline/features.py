"""Features of a code for predicting its m-height: the honesty ladder.

The label is ``h = max over S, j not in S, of min over K in S of sum |M(K - i + j)| / |M(K)|``
(see ``oracle``): volumes in which the outside index j stands, divided by volumes in which it does
not. The feature sets stop before that division. Each adds to the one before, except that B drops
the entries of P, whose order means nothing:

A
    the entries of P, row by row.
B
    generic spectra of ``G = [I | P]``: norms of rows and columns, singular values, leverages,
    sorted magnitudes of the entries.
C
    the sorted logarithms of the minors of P, by size; they do not know m.
D
    the sorted logarithms of ``vol(G_S) = sqrt(sum of M(K)**2 over K in S)`` for the sets S of
    n - m columns: the denominators of the label, none of its numerators. Once all together, and
    once for each number of columns of P that S holds, less the mean over all S (a shift that adds
    no information, but lets one network serve groups whose volumes are of different size). And for
    every column of G the smallest and the mean log-volumes of the sets S that hold it, sorted over
    the columns of I and over those of P.
E
    forbidden, and not here: whatever pairs a numerator with its own denominator, such as the
    columns of ``inv(G_K) @ G`` or ``max vol(S + j) / vol(S)``. That is the label in disguise.

Sets B to D do not change when rows or columns of P are permuted or change sign, as the height does
not. All sets hold the group (k, m), one column for each.

A feature of a set S can hold nothing from outside S, by construction: a ``SetStatistic`` receives
the minors of the column sets inside S, and nothing else. Logarithms are to base 2. A group with
fewer sorted values than another has its list stretched to the common length by linear
interpolation, so that a column means the same quantile everywhere and nothing is padded.

Zero minors have no logarithm: minors are raised to a floor. For integer P it is 1/2, half of what
the smallest non-zero minor can be. For other P it is the same rule at the scale of the data: the
minors of size s have the floor ``(max |P| / 200) ** s``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

from reference_pipeline.config import CODE_LENGTH, GROUPS
from reference_pipeline.oracle import column_sets, maximal_minors

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
SetStatistic = Callable[[FloatArray], FloatArray]

FEATURE_SETS = ("A", "B", "C", "D")

_BLOCK = 512  # matrices at a time: their minors then stay in the processor's cache
_FIRST_ENTRY = 3  # columns n, k, m come first
_ENTRIES = 20
_MINORS_BY_SIZE = {1: 20, 2: 60, 3: 40, 4: 5}  # the largest numbers of them over all k
_MOST_SETS = 126
_KINDS_OF_SETS = 6  # a set holds none to five columns of P
_SETS_OF_A_KIND = 24
_HOLDING = ("smallest", "second", "third", "mean", "soft_smallest")


def features(rows: npt.ArrayLike, name: str) -> npt.NDArray[np.float32]:
    """Compute the features of a set for every row.

    Parameters
    ----------
    rows : array_like of shape (n_samples, 23)
        Columns n, k, m and the entries of P, row by row, padded with zeros to 20.
    name : str
        One of ``FEATURE_SETS``.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Columns as ``feature_names`` says.

    Raises
    ------
    ValueError
        If the set or a group (k, m) is unknown.
    """
    table = np.asarray(rows, dtype=np.float64)
    values = np.empty((len(table), len(feature_names(name))), dtype=np.float32)
    known = np.zeros(len(table), dtype=bool)
    for number, (k, m) in enumerate(GROUPS):
        members = np.flatnonzero((table[:, 1] == k) & (table[:, 2] == m))
        known[members] = True
        one_hot = np.eye(len(GROUPS))[number]
        for start in range(0, len(members), _BLOCK):
            chosen = members[start : start + _BLOCK]
            block = _of_block(table[chosen, _FIRST_ENTRY:], k, m, name)
            values[chosen, : len(GROUPS)] = one_hot
            values[chosen, len(GROUPS) :] = block
    if not known.all():
        k, m = table[np.argmin(known), 1:3]
        raise ValueError(f"no such group: k={k:g}, m={m:g} (row {np.argmin(known)})")
    return values


@lru_cache(maxsize=8)
def feature_names(name: str) -> tuple[str, ...]:
    """Return the names of the columns of a feature set.

    Parameters
    ----------
    name : str
        One of ``FEATURE_SETS``.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If the set is unknown.
    """
    if name not in FEATURE_SETS:
        known = ", ".join(FEATURE_SETS)
        raise ValueError(f"no feature set {name!r}; there are {known}")
    names = [f"group_k{k}_m{m}" for k, m in GROUPS]
    if name == "A":
        return (*names, *(f"p{i}" for i in range(_ENTRIES)))
    families = [("row_norm", 6), ("column_norm", 5), ("row_sum", 6), ("column_sum", 5)]
    families += [("singular_value", 4), ("leverage", CODE_LENGTH), ("volume", 1)]
    families += [("minor1", _MINORS_BY_SIZE[1])]
    if name >= "C":
        families += [(f"minor{size}", width) for size, width in _MINORS_BY_SIZE.items() if size > 1]
    if name >= "D":
        families += [("set_volume", _MOST_SETS)]
        families += [(f"set_volume{kind}", _SETS_OF_A_KIND) for kind in range(_KINDS_OF_SETS)]
        for side, width in (("identity", 6), ("p", 5)):
            families += [(f"{what}_with_{side}_column", width) for what in _HOLDING]
    return (*names, *(f"{family}_{i}" for family, width in families for i in range(width)))


def log_volume(minors_within: FloatArray) -> FloatArray:
    """Compute the log-volume of each code's columns in one set S.

    Parameters
    ----------
    minors_within : ndarray of shape (n_column_sets, n_matrices)
        The minors M(K) of the column sets K inside S, and nothing else.

    Returns
    -------
    ndarray of shape (n_matrices,)
        ``log2 vol(G_S)``, by the formula of Cauchy and Binet; ``-inf`` for a volume of zero.
    """
    with np.errstate(divide="ignore"):
        volumes: FloatArray = np.log2(np.square(minors_within).sum(axis=0)) / 2
    return volumes


def per_set(minors: FloatArray, k: int, m: int, statistic: SetStatistic) -> FloatArray:
    """Evaluate a statistic on every set S of n - m columns, each from its own minors only.

    Parameters
    ----------
    minors : ndarray of shape (n_column_sets, n_matrices)
        All maximal minors of the generator matrices, in the order of ``column_sets``.
    k, m : int
        The group.
    statistic : callable
        Receives the minors M(K) with K inside S.

    Returns
    -------
    ndarray of shape (n_sets, n_matrices)
    """
    return np.stack([statistic(minors[within]) for within in sets_within(k, m)])


@lru_cache(maxsize=32)
def sets_within(k: int, m: int) -> tuple[IntArray, ...]:
    """Return, for every set S of n - m columns, the positions of the column sets K inside it.

    Parameters
    ----------
    k, m : int
        The group.

    Returns
    -------
    tuple of ndarray
        Positions in ``column_sets``, for the sets S in lexicographic order.
    """
    position = {kept: index for index, kept in enumerate(column_sets(k, CODE_LENGTH))}
    return tuple(
        np.array([position[kept] for kept in combinations(members, k)], dtype=np.intp)
        for members in combinations(range(CODE_LENGTH), CODE_LENGTH - m)
    )


def _of_block(entries: FloatArray, k: int, m: int, name: str) -> FloatArray:
    """Features of a few matrices of one group, without the columns for the group."""
    if name == "A":
        return entries
    matrices = entries[:, : k * (CODE_LENGTH - k)].reshape(-1, k, CODE_LENGTH - k)
    minors = np.abs(maximal_minors(np.ascontiguousarray(matrices.transpose(1, 2, 0))))
    floors = _floors(matrices)
    parts = [_spectra(matrices, minors), _by_size(minors, floors, k, 1)]
    if name >= "C":
        parts += [_by_size(minors, floors, k, size) for size in _MINORS_BY_SIZE if size > 1]
    if name >= "D":
        lowest = np.log2(floors).min(axis=0)
        volumes = np.maximum(per_set(minors, k, m, log_volume), lowest)
        parts += [_stretch(_sorted(volumes), _MOST_SETS), _by_kind(volumes, k, m)]
        parts += [_by_column(volumes, k, m)]
    return np.concatenate(parts, axis=1)


def _spectra(matrices: FloatArray, minors: FloatArray) -> FloatArray:
    squares = np.square(matrices)
    magnitudes = np.abs(matrices)
    singular = np.linalg.svd(matrices, compute_uv=False)
    volumes = np.square(minors)
    total = volumes.sum(axis=0)
    incidence = _incidence(matrices.shape[1])
    leverages = (incidence @ volumes) / total
    parts = [
        _stretch(_sorted(np.log1p(squares.sum(axis=2)).T / 2), 6),
        _stretch(_sorted(np.log1p(squares.sum(axis=1)).T / 2), 5),
        _stretch(_sorted(np.log1p(magnitudes.sum(axis=2)).T), 6),
        _stretch(_sorted(np.log1p(magnitudes.sum(axis=1)).T), 5),
        _stretch(np.log1p(np.square(singular[:, ::-1])) / 2, 4),
    ]
    parts = [part / np.log(2) for part in parts]
    return np.concatenate([*parts, _sorted(leverages), np.log2(total)[:, None] / 2], axis=1)


def _by_size(minors: FloatArray, floors: FloatArray, k: int, size: int) -> FloatArray:
    """Sorted log-minors of P of one size; zeros where P is too small to have any."""
    width = _MINORS_BY_SIZE[size]
    chosen = _of_size(k, size)
    if len(chosen) == 0:
        return np.zeros((minors.shape[1], width))
    logs = np.log2(np.maximum(minors[chosen], floors[size - 1]))
    return _stretch(_sorted(logs), width)


def _by_kind(volumes: FloatArray, k: int, m: int) -> FloatArray:
    """Sorted log-volumes of the sets with none to five columns of P, less the mean of all sets.

    Zeros where a group has no such sets.
    """
    relative = volumes - volumes.mean(axis=0)
    sets = combinations(range(CODE_LENGTH), CODE_LENGTH - m)
    kinds = np.array([sum(column >= k for column in members) for members in sets])
    parts = [
        _stretch(_sorted(relative[kinds == kind]), _SETS_OF_A_KIND)
        if kind in kinds
        else np.zeros((volumes.shape[1], _SETS_OF_A_KIND))
        for kind in range(_KINDS_OF_SETS)
    ]
    return np.concatenate(parts, axis=1)


def _by_column(volumes: FloatArray, k: int, m: int) -> FloatArray:
    """For each column of G, log-volumes of the sets that hold it, less the mean of all sets.

    The columns of I and of P are sorted by the mean over their sets.
    """
    relative = np.ascontiguousarray((volumes - volumes.mean(axis=0)).T)
    sets = list(combinations(range(CODE_LENGTH), CODE_LENGTH - m))
    statistics = np.empty((len(relative), CODE_LENGTH, len(_HOLDING)))
    for column in range(CODE_LENGTH):
        held = relative[:, [column in members for members in sets]]
        statistics[:, column, :3] = np.partition(held, (0, 1, 2), axis=1)[:, :3]
        statistics[:, column, 3] = held.mean(axis=1)
        statistics[:, column, 4] = np.log2(np.exp2(-held).mean(axis=1))
    parts = []
    for side, width in ((statistics[:, :k], 6), (statistics[:, k:], 5)):
        # By the mean; rounded and with ties broken, so that no rounding decides between equals.
        keys = np.round(side, 6).transpose(2, 0, 1)
        order = np.lexsort(keys[[0, 1, 2, 4, 3]], axis=-1)[:, :, None]
        ordered = np.take_along_axis(side, order, axis=1)
        parts += [_stretch(ordered[:, :, what], width) for what in range(len(_HOLDING))]
    return np.concatenate(parts, axis=1)


def _floors(matrices: FloatArray) -> FloatArray:
    """The smallest value that a minor of size 1, 2, 3, 4 counts as; shape (4, n_matrices)."""
    sizes = np.array(list(_MINORS_BY_SIZE))[:, None]
    largest = np.abs(matrices).max(axis=(1, 2))
    scaled = np.maximum(largest / 200, 1e-9) ** sizes
    integer = (matrices == np.rint(matrices)).all(axis=(1, 2))
    floors: FloatArray = np.where(integer, 0.5, scaled)
    return floors


def _sorted(values: FloatArray) -> FloatArray:
    """Sort the values of each matrix; from batch last to batch first."""
    return np.sort(np.ascontiguousarray(values.T), axis=1)


def _stretch(ordered: FloatArray, width: int) -> FloatArray:
    """Interpolate sorted values of shape (n_matrices, n_values) at ``width`` positions."""
    count = ordered.shape[1]
    if count == width:
        return ordered
    at = np.linspace(0, count - 1, width)
    lower = np.minimum(at.astype(np.intp), max(count - 2, 0))
    upper = np.minimum(lower + 1, count - 1)
    share = at - lower
    stretched: FloatArray = ordered[:, lower] * (1 - share) + ordered[:, upper] * share
    return stretched


@lru_cache(maxsize=32)
def _of_size(k: int, size: int) -> IntArray:
    """Positions of the column sets whose minor is a minor of P of this size."""
    sizes = [sum(column >= k for column in kept) for kept in column_sets(k, CODE_LENGTH)]
    return np.flatnonzero(np.array(sizes) == size)


@lru_cache(maxsize=8)
def _incidence(k: int) -> FloatArray:
    """Which columns each column set holds; shape (9, n_column_sets)."""
    sets = column_sets(k, CODE_LENGTH)
    return np.array([[float(column in kept) for kept in sets] for column in range(CODE_LENGTH)])
