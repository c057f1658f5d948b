"""Which samples and labels of the original data format can be used, and what is wrong with others.

Nothing is assumed about the values: they come from files that somebody else wrote.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference_pipeline.config import CODE_LENGTH, GROUPS
from reference_pipeline.oracle import LARGEST_ENTRY, SMALLEST_ENTRY


def problem_of_sample(sample: Any) -> str:
    """Say why a sample [n, k, m, P] cannot be used.

    Parameters
    ----------
    sample : object
        Whatever a file holds in its place.

    Returns
    -------
    str
        Empty if it can be used.
    """
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


def problem_of_height(value: Any) -> str:
    """Say why a label cannot be used.

    Parameters
    ----------
    value : object
        Whatever a file holds in its place.

    Returns
    -------
    str
        Empty if it can be used.
    """
    number = number_of(value)
    if number is None:
        return "the height is not a number"
    if np.isnan(number):
        return "the height is NaN"
    if np.isinf(number):
        return "the height is infinite"
    return "" if number >= 1 else "the height is below 1, which no code has"


def number_of(value: Any) -> int | float | None:
    """Return a Python number, a NumPy scalar or an array of one number as a Python number.

    Parameters
    ----------
    value : object

    Returns
    -------
    int, float or None
        None for anything else; integers beyond the range of floats are infinite.
    """
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "iuf":
        value = value.item()
    if isinstance(value, np.integer | np.floating):
        value = value.item()
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        float(value)
    except OverflowError:
        return math.inf
    return value


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


def _integer(value: Any) -> int | None:
    number = number_of(value)
    if number is None or not np.isfinite(number) or number != int(number):
        return None
    return int(number)
