"""Distributions of copies and originals, column family by column family."""

from __future__ import annotations

import numpy as np

from audit.model.evidence import Evidence, Series
from checks.augmentation.families import Family, Matrix
from checks.augmentation.pairs import RANDOM_STATE, Pairs

MAX_PANELS = 4
MAX_EVIDENCE = 8
_BINS = 40
_MAX_VALUES = 200_000


def betrayal(found: Pairs) -> list[Evidence]:
    """How far each family tells copies from originals by its distribution alone."""
    return [
        Evidence(
            "column_distance",
            distance,
            expected=0.0,
            unit="KS distance",
            n=len(found.copies),
            method="largest gap between the cumulative distributions of copies and of the "
            "originals beside them",
            group=family.label if len(family.columns) == 1 else f"columns {family.label}",
        )
        for distance, family in _ranked(found)[:MAX_EVIDENCE]
    ]


def series(found: Pairs) -> list[Series]:
    """Histograms of the families that betray copies most, on a common scale.

    ``x`` holds the left edges of the bins and the right edge of the last one, ``y`` the share of
    entries in the bin that starts there, and 0 at the end.
    """
    out = []
    for _, family in _ranked(found)[:MAX_PANELS]:
        originals, copies = _entries(found, family)
        edges = _edges(np.concatenate([originals, copies]))
        if edges is None:
            continue
        for label, part in (("original", originals), ("augmented", copies)):
            counts, _ = np.histogram(np.clip(part, edges[0], edges[-1]), bins=edges)
            shares = [*(counts / len(part)).tolist(), 0.0]
            out.append(
                Series(
                    "augmentation",
                    label,
                    tuple(float(edge) for edge in edges),
                    tuple(shares),
                    group=family.label,
                    unit="share of values",
                )
            )
    return out


def _ranked(found: Pairs) -> list[tuple[float, Family]]:
    """Families with the largest distance first; those that do not differ at all are left out."""
    distances = []
    for family in found.families:
        originals, copies = _entries(found, family)
        if len(originals) and len(copies):
            distances.append((_distance(originals, copies), family))
    ordered = sorted(distances, key=lambda pair: (-pair[0], pair[1].columns[0]))
    return [pair for pair in ordered if pair[0] > 0]


def _entries(found: Pairs, family: Family) -> tuple[Matrix, Matrix]:
    rng = np.random.default_rng(RANDOM_STATE)
    at = found.at(family)
    out = []
    for table in (found.beside, found.copies):
        flat = table[:, at].ravel()
        flat = flat[np.isfinite(flat)]
        out.append(rng.choice(flat, _MAX_VALUES) if len(flat) > _MAX_VALUES else flat)
    return out[0], out[1]


def _distance(first: Matrix, second: Matrix) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    points = np.concatenate([first, second])
    a = np.searchsorted(np.sort(first), points, "right") / len(first)
    b = np.searchsorted(np.sort(second), points, "right") / len(second)
    return float(np.abs(a - b).max())


def _edges(values: Matrix) -> Matrix | None:
    low, high = (float(each) for each in np.quantile(values, [0.001, 0.999]))
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not (high > low and np.isfinite(high - low)):
        return None
    return np.linspace(low, high, _BINS + 1)
