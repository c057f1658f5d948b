"""Samples as rows, the two pickles of the original data format, and the check of their labels.

A sample is [n, k, m, P] with the height of its code as label. Everything vectorised works on
*rows* instead: one line for each sample, with n, k, m and the entries of P row by row, padded
with zeros to 20 columns.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from audit.config import Limits
from audit.load.pickles import read_pickle
from audit.load.problems import LoadError
from reference_pipeline.config import CODE_LENGTH, GROUPS
from reference_pipeline.oracle import (
    LARGEST_ENTRY,
    SMALLEST_ENTRY,
    has_exact_minors,
    m_heights,
    m_heights_of_floats,
)

MAX_ENTRIES = 20
COLUMNS = ("n", "k", "m", *(f"p{index}" for index in range(MAX_ENTRIES)))
INPUTS_NAME = "inputs_n_k_m_P.pkl"
HEIGHTS_NAME = "m_heights.pkl"

Rows = npt.NDArray[Any]
Heights = npt.NDArray[np.float64]

_PICKLE_PROTOCOL = 4
_SHOWN = 5
_MAX_FILE_MB = 2048
_LARGEST_INTEGER = 2.0**53


class DataError(ValueError):
    """The data cannot be used; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class LabelError:
    """A label that is not the height of its sample.

    Attributes
    ----------
    index : int
        Position in the data.
    k, m : int
        The group.
    stated, exact : float
        The label, and the height by the oracle.
    """

    index: int
    k: int
    m: int
    stated: float
    exact: float

    def __str__(self) -> str:
        return (
            f"sample {self.index} (k={self.k}, m={self.m}): "
            f"stated {self.stated:.10g}, exact {self.exact:.10g}"
        )


@dataclass(frozen=True, slots=True)
class LabelReport:
    """Labels compared with the oracle.

    Attributes
    ----------
    n_checked : int
        Number of samples.
    wrong : tuple of LabelError
        Labels that differ from a finite exact height by more than the tolerance.
    infinite : tuple of LabelError
        Samples whose exact height is infinite, whatever their label says: no such sample can be
        learnt from.
    max_relative_difference : float
        Among the labels that agree; 0 if there are none.
    rtol : float
        The tolerance.
    """

    n_checked: int
    wrong: tuple[LabelError, ...]
    infinite: tuple[LabelError, ...]
    max_relative_difference: float
    rtol: float

    @property
    def agrees(self) -> bool:
        """Whether every label is the finite height of its sample."""
        return not self.wrong and not self.infinite

    def summary(self, limit: int = 20) -> str:
        """Return the report as text.

        Parameters
        ----------
        limit : int, optional
            At most so many samples of each kind are listed; the counts are always complete.

        Returns
        -------
        str
            One line, or several.
        """
        n_agree = self.n_checked - len(self.wrong) - len(self.infinite)
        lines = [
            f"{n_agree:,} of {self.n_checked:,} labels agree with the oracle "
            f"(largest relative difference {self.max_relative_difference:.1e}, "
            f"tolerance {self.rtol:.0e})"
        ]
        for title, errors in (
            ("wrong labels", self.wrong),
            ("samples whose exact height is infinite", self.infinite),
        ):
            if errors:
                lines.append(f"{len(errors):,} {title}:")
                lines += [f"  {error}" for error in errors[:limit]]
            if len(errors) > limit:
                lines.append(f"  and {len(errors) - limit:,} more")
        return "\n".join(lines)


def rows_of(inputs: Sequence[Sequence[Any]]) -> Rows:
    """Arrange samples as rows.

    Parameters
    ----------
    inputs : sequence of [n, k, m, P]
        Samples of the original data format, with P of shape (k, n - k).

    Returns
    -------
    ndarray of shape (n_samples, 23)
        Of integers if every value is one, of floats otherwise.
    """
    rows = np.zeros((len(inputs), len(COLUMNS)))
    for row, (n, k, m, matrix) in zip(rows, inputs, strict=True):
        flat = np.asarray(matrix, dtype=np.float64).ravel()
        row[:3] = n, k, m
        row[3 : 3 + len(flat)] = flat
    return _integers_if_possible(rows)


def rows_of_group(k: int, m: int, matrices: npt.ArrayLike) -> Rows:
    """Arrange the matrices of one group as rows.

    Parameters
    ----------
    k, m : int
        The group.
    matrices : array_like of shape (n_samples, k, 9 - k)

    Returns
    -------
    ndarray of shape (n_samples, 23)
        With the dtype of the matrices.
    """
    batch = np.asarray(matrices)
    rows = np.zeros((len(batch), len(COLUMNS)), dtype=batch.dtype)
    rows[:, :3] = CODE_LENGTH, k, m
    size = k * (CODE_LENGTH - k)
    rows[:, 3 : 3 + size] = batch.reshape(len(batch), size)
    return rows


def matrices_of(rows: Rows) -> Rows:
    """Return the matrices P of rows that all have the same k.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)

    Returns
    -------
    ndarray of shape (n_samples, k, 9 - k)

    Raises
    ------
    ValueError
        If the rows have different k, or there are none.
    """
    dimensions = np.unique(rows[:, 1])
    if len(dimensions) != 1:
        raise ValueError(f"expected rows of one k, got k in {dimensions.tolist()}")
    k = int(dimensions[0])
    size = k * (CODE_LENGTH - k)
    matrices: Rows = rows[:, 3 : 3 + size].reshape(len(rows), k, CODE_LENGTH - k)
    return matrices


def members_of_groups(rows: Rows) -> Iterator[tuple[int, int, npt.NDArray[np.intp]]]:
    """Go through the groups that occur.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)

    Yields
    ------
    k, m : int
        The group.
    members : ndarray of int
        Positions of its rows.
    """
    for k, m in np.unique(rows[:, 1:3], axis=0):
        members = np.flatnonzero((rows[:, 1] == k) & (rows[:, 2] == m))
        yield int(k), int(m), members


def inputs_of(rows: Rows) -> list[list[Any]]:
    """Arrange rows as samples of the original data format.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)

    Returns
    -------
    list of [n, k, m, P]
    """
    inputs: list[list[Any]] = []
    for row in rows:
        n, k, m = row[:3].tolist()
        k = int(k)
        size = k * (CODE_LENGTH - k)
        n = int(n) if n == int(n) else n
        inputs.append([n, k, int(m), row[3 : 3 + size].reshape(k, CODE_LENGTH - k).copy()])
    return inputs


def exact_heights(rows: Rows) -> Heights:
    """Compute the exact height of every row.

    Rows of integers are computed exactly, others (and integers too large for that, beyond 4,000)
    as `m_heights_of_floats` does, where a minor counts as zero below a tolerance.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)
        The first column is ignored: the length of the code is that of [I | P].

    Returns
    -------
    ndarray of shape (n_samples,)
        ``inf`` where the height is infinite.
    """
    heights = np.empty(len(rows))
    for _, m, members in members_of_groups(rows):
        matrices = matrices_of(rows[members]).astype(np.float64)
        exact = has_exact_minors(matrices)
        heights[members[exact]] = m_heights(matrices[exact], m)
        heights[members[~exact]] = m_heights_of_floats(matrices[~exact], m)
    return heights


def verify_labels(rows: Rows, heights: npt.ArrayLike, rtol: float = 1e-6) -> LabelReport:
    """Compare labels with the oracle.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)
    heights : array_like of shape (n_samples,)
        The labels.
    rtol : float, optional
        Labels that differ from the exact height by a smaller share of it agree.

    Returns
    -------
    LabelReport
    """
    stated = np.asarray(heights, dtype=np.float64)
    exact = exact_heights(rows)
    infinite = np.isinf(exact)
    with np.errstate(invalid="ignore"):
        difference = np.where(infinite, 0.0, np.abs(stated - exact) / exact)
    wrong = ~infinite & ~(difference <= rtol)

    def errors(which: npt.NDArray[np.bool_]) -> tuple[LabelError, ...]:
        return tuple(
            LabelError(int(i), int(rows[i, 1]), int(rows[i, 2]), float(stated[i]), float(exact[i]))
            for i in np.flatnonzero(which)
        )

    agreeing = difference[~wrong & ~infinite]
    return LabelReport(
        n_checked=len(rows),
        wrong=errors(wrong),
        infinite=errors(infinite),
        max_relative_difference=float(agreeing.max(initial=0.0)),
        rtol=rtol,
    )


def write_pickles(rows: Rows, heights: npt.ArrayLike, folder: Path, prefix: str = "") -> None:
    """Write the two pickles of the original data format.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, 23)
    heights : array_like of shape (n_samples,)
    folder : Path
        Made if it does not exist.
    prefix : str, optional
        In front of the names of the files, ``inputs_n_k_m_P.pkl`` and ``m_heights.pkl``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.asarray(heights, dtype=np.float64).tolist()
    for name, content in ((INPUTS_NAME, inputs_of(rows)), (HEIGHTS_NAME, labels)):
        (folder / f"{prefix}{name}").write_bytes(pickle.dumps(content, protocol=_PICKLE_PROTOCOL))


def load_pickles(inputs_path: Path, targets_path: Path) -> tuple[Rows, Heights]:
    """Read the two pickles of the original data format; nothing in them is executed.

    Parameters
    ----------
    inputs_path : Path
        A list of [n, k, m, P].
    targets_path : Path
        A list of heights, or a one-dimensional array.

    Returns
    -------
    rows : ndarray of shape (n_samples, 23)
    heights : ndarray of shape (n_samples,)
        Finite and at least 1.

    Raises
    ------
    DataError
        If a file is missing or is no pickle of plain data, or if its content is unusable.
    """
    inputs = _sequence(_read(inputs_path), inputs_path, "[n, k, m, P]")
    heights = _sequence(_read(targets_path), targets_path, "heights")
    if len(inputs) != len(heights):
        raise DataError(
            f"{inputs_path} has {len(inputs):,} samples, but {targets_path} has {len(heights):,} "
            "heights: give the two files that belong together"
        )
    if not len(inputs):
        raise DataError(f"{inputs_path} is empty: give a file with samples")
    _check_each(inputs, _problem_of_sample, inputs_path)
    _check_each(heights, _problem_of_height, targets_path)
    return rows_of(inputs), np.array([float(_scalar(height)) for height in heights])


def _read(path: Path) -> Any:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(f"{path} cannot be read ({reason}): give the path of a pickle") from error
    try:
        return read_pickle(content, Limits(max_file_mb=_MAX_FILE_MB))
    except LoadError as error:
        raise DataError(
            f"{path} is no pickle of plain data: {error.reason}. Write it again as a list of "
            "numbers and numeric NumPy arrays, with pickle.dump"
        ) from error


def _sequence(value: Any, path: Path, of_what: str) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iuf":
        return list(value)
    kind = (
        f"array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
    )
    raise DataError(f"{path} holds a {kind}, expected a list of {of_what}")


def _check_each(values: Sequence[Any], problem_of: Callable[[Any], str], path: Path) -> None:
    """Raise for the problem that comes first, with the samples that have the same."""
    found: dict[str, list[int]] = {}
    for index, value in enumerate(values):
        problem = problem_of(value)
        if problem:
            found.setdefault(problem, []).append(index)
    if not found:
        return
    parts = []
    for problem, indices in list(found.items())[:3]:
        shown = ", ".join(map(str, indices[:_SHOWN]))
        more = f" and {len(indices) - _SHOWN:,} more" if len(indices) > _SHOWN else ""
        noun = "sample" if len(indices) == 1 else "samples"
        parts.append(f"{problem} ({noun} {shown}{more}, counted from 0)")
    n_bad = sum(map(len, found.values()))
    raise DataError(
        f"{path}: {n_bad:,} of {len(values):,} entries cannot be used: {'; '.join(parts)}. "
        "Correct or remove them, in both files"
    )


def _problem_of_sample(sample: Any) -> str:
    if not isinstance(sample, list | tuple) or len(sample) != 4:
        return "not of the form [n, k, m, P]"
    numbers = [_integer(value) for value in sample[:3]]
    if None in numbers:
        return "n, k and m must be integers"
    n, k, m = (int(number) for number in numbers if number is not None)
    if n != CODE_LENGTH:
        return f"n must be {CODE_LENGTH}, not {n}"
    if not 1 <= k < n:
        return f"k must lie between 1 and {n - 1}, not {k}"
    if m > n - k:
        return f"m = {m} is larger than n - k = {n - k}, where every height is infinite"
    if (k, m) not in GROUPS:
        return f"the group k={k}, m={m} is none of the nine of this experiment"
    return _problem_of_matrix(sample[3], (k, n - k))


def _problem_of_matrix(value: Any, shape: tuple[int, int]) -> str:
    try:
        matrix = np.asarray(value)
    except (ValueError, TypeError):
        return "P is not a matrix"
    if matrix.shape != shape:
        return f"P must have the shape {shape}, not {matrix.shape}"
    if matrix.dtype.kind not in "iuf":
        return "P must hold numbers"
    values = matrix.astype(np.float64)
    if not np.isfinite(values).all():
        return "P holds NaN or infinite values"
    magnitudes = np.abs(values[values != 0])
    if ((magnitudes < SMALLEST_ENTRY) | (magnitudes > LARGEST_ENTRY)).any():
        return f"P holds values outside {SMALLEST_ENTRY:g} to {LARGEST_ENTRY:g} in magnitude"
    return ""


def _problem_of_height(value: Any) -> str:
    number = _scalar(value)
    if number is None:
        return "the height is not a number"
    if np.isnan(number):
        return "the height is NaN"
    if np.isinf(number):
        return "the height is infinite"
    return "" if number >= 1 else "the height is below 1, which no code has"


def _scalar(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "iuf":
        value = value.item()
    if isinstance(value, np.integer | np.floating):
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _integer(value: Any) -> int | None:
    number = _scalar(value)
    if number is None or not np.isfinite(number) or number != int(number):
        return None
    return int(number)


def _integers_if_possible(rows: npt.NDArray[np.float64]) -> Rows:
    if (np.abs(rows) > _LARGEST_INTEGER).any():
        return rows
    integers = rows.astype(np.int64)
    return integers if np.array_equal(integers, rows) else rows
