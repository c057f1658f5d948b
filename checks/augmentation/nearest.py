"""Parents of copies by distance, where one original is far nearer than any other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Matrix = NDArray[np.float64]

MAX_RATIO = 0.5  # distance to the nearest original / to the second nearest (Lowe 2004)
MAX_DISTANCES = 500_000_000
MAX_COLUMNS = 1000
_CELLS = 4_000_000


def nearest(rows: Matrix, originals: Matrix) -> NDArray[np.int64] | None:
    """The one original that each row was made from, -1 where two are about as near.

    Parameters
    ----------
    rows, originals : ndarray, shapes (n, d) and (m, d)
        Numbers; columns are brought to one scale by the spread of the originals.

    Returns
    -------
    ndarray of int, shape (n,), optional
        ``None`` where there are too many distances to compute, or values are missing.
    """
    n, m = len(rows), len(originals)
    if m < 3 or n * m > MAX_DISTANCES or rows.shape[1] > MAX_COLUMNS or not rows.shape[1]:
        return None
    if not (np.isfinite(rows).all() and np.isfinite(originals).all()):
        return None
    spread = originals.std(axis=0)
    used = spread > 0
    if not used.any():
        return None
    a, b = rows[:, used] / spread[used], originals[:, used] / spread[used]
    middle = b.mean(axis=0)
    a, b = a - middle, b - middle
    # Equal originals must not rival each other: only the distinct ones are compared.
    distinct, first = np.unique(b, axis=0, return_index=True)
    if len(distinct) < 2:
        return None
    squares = (distinct**2).sum(axis=1)
    out = np.full(n, -1, dtype=np.int64)
    step = max(1, _CELLS // len(distinct))
    for start in range(0, n, step):
        part = a[start : start + step]
        distance = (part**2).sum(axis=1)[:, None] - 2 * part @ distinct.T + squares
        two = np.argpartition(distance, 1, axis=1)[:, :2]
        near = np.sqrt(np.maximum(np.take_along_axis(distance, two, axis=1), 0))
        best = near.argmin(axis=1)
        ratio = near.min(axis=1) <= MAX_RATIO * near.max(axis=1)
        chosen = first[two[np.arange(len(part)), best]]
        out[start : start + step] = np.where(ratio, chosen, -1)
    return out
