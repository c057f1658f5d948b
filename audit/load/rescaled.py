"""Source rows brought to the units of splits that were exported after scaling.

A scaler maps each column by itself and linearly, and interpolation and subsets keep within the
range, so that the ends of the range tell the map. It is only a guess: rows must prove it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from audit.model.artifacts import Array

_TOLERANCE = 1e-6  # of the range of a column: rounding, or single precision
_MIN_COLUMNS = 2  # that vary; one alone proves little


def rescaled(features: pd.DataFrame, frames: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    """Map each column so that its range is that of the splits, then onto values that occur there.

    Parameters
    ----------
    features : DataFrame
        Source rows in the columns of the splits.
    frames : sequence of DataFrame
        The splits.

    Returns
    -------
    DataFrame, optional
        ``None`` where columns hold no numbers, missing ones, or hardly vary.
    """
    mapped: dict[str, Array] = {}
    varying = 0
    for name in features.columns:
        parts = [frame[name].to_numpy() for frame in frames]
        own = features[name].to_numpy()
        if any(part.dtype.kind not in "biuf" for part in (own, *parts)):
            return None
        source = own.astype(np.float64)
        values = np.unique(np.concatenate(parts).astype(np.float64))
        if not len(values) or not (np.isfinite(source).all() and np.isfinite(values).all()):
            return None
        width, wanted = source.max() - source.min(), values[-1] - values[0]
        if not width > 0 or not wanted > 0 or not np.isfinite(width) or not np.isfinite(wanted):
            if width > 0 or wanted > 0:
                return None
            mapped[name] = np.full(len(source), values[0])
            continue
        varying += 1
        moved = (source - source.min()) / width * wanted + values[0]
        near = _nearest(values, moved)
        mapped[name] = np.where(np.abs(near - moved) <= _TOLERANCE * wanted, near, moved)
    return pd.DataFrame(mapped) if varying >= _MIN_COLUMNS else None


def _nearest(values: Array, wanted: Array) -> Array:
    right = np.clip(np.searchsorted(values, wanted), 1, max(1, len(values) - 1))
    left = right - 1
    right = np.minimum(right, len(values) - 1)
    closer = np.abs(values[left] - wanted) <= np.abs(values[right] - wanted)
    return np.where(closer, values[left], values[right])
