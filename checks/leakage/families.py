"""Rows of one source row: whether the splits say that they keep them on one side.

The column that says so is part of the export, like the code that contradicts it, and nobody has
verified it: it turns an alarm into an open question, never into a pass.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import SplitData, Splits


def kept_together(splits: Splits | None) -> str:
    """Say that no source row has rows on both sides, where the splits name the source rows.

    Parameters
    ----------
    splits : Splits or None
        With the parent of each row, as a column says.

    Returns
    -------
    str
        A sentence; empty where a source row is on both sides, where the parent of a row is not
        known, and where no two rows are said to have the same.
    """
    if splits is None:
        return ""
    train = _families(splits.train)
    held = [_families(part) for part in splits.held_out]
    if train is None or not held or any(part is None for part in held):
        return ""
    held_out = np.concatenate([part for part in held if part is not None])
    every = np.unique(np.concatenate([train, held_out]))
    n_rows = len(train) + len(held_out)
    if len(every) == n_rows or np.isin(held_out, train).any():
        return ""
    return (
        f"the column that names parents says that the {n_rows:,} rows stem from {len(every):,} "
        f"source rows, none of which has rows on both sides: see that it is right"
    )


def _families(part: SplitData) -> NDArray[np.str_] | None:
    """The source row of each row; a row without a parent is one itself."""
    if part.parents is None:
        return None
    families = np.asarray(part.parents).astype(str)
    alone = families == ""
    if not alone.any():
        return families
    if part.ids is None:
        return None
    return np.where(alone, np.asarray(part.ids).astype(str), families)
