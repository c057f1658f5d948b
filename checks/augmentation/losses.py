"""What copies lost of their originals: support, scale, variety. Measurement and plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audit.model.evidence import Evidence
from checks.augmentation.families import Family, Matrix
from checks.augmentation.pairs import Pairs
from checks.kit.rows import row_codes

MAX_LEVELS = 20
_MANY = 4  # columns whose changes can only be alike together if nothing was drawn for each copy
_WIDE = 64  # columns from which on a family is judged as a whole: pixels, samples of a signal


@dataclass(frozen=True, slots=True)
class Loss:
    """One way in which copies differ in kind from originals.

    Parameters
    ----------
    kind : str
        ``constant``, ``levels``, ``fractional``, ``range``, ``scale``, ``clipped``, ``sums`` or
        ``collapse``.
    family : Family
        The columns.
    words : str
        One phrase with the number that matters.
    evidence : Evidence
        The measurement.
    weak : bool
        By itself it is worth a note only.
    """

    kind: str
    family: Family
    words: str
    evidence: Evidence
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """From where on a difference is a loss: see the parameters of AU304."""

    support: float
    outside: float
    ratio: float
    distinct: float


def losses(found: Pairs, bounds: Bounds) -> list[Loss]:
    """All losses, the gravest kinds first."""
    out: list[Loss] = []
    for family in found.families:
        at = found.at(family)
        if found.is_parent and float((found.copies[:, at] != found.beside[:, at]).mean()) < 0.01:
            continue  # the augmentation leaves these columns alone
        out += _support(family, found, bounds)
        out += _scale(family, found, bounds)
        out += _clipped(family, found, bounds)
        out += _sums(family, found)
        if len(family.columns) >= _MANY:
            out += _collapse(family, found, bounds)
    if found.families and not any(loss.kind == "collapse" for loss in out):
        every = tuple(column for family in found.families for column in family.columns)
        out += _collapse(Family("row", every, "rows"), found, bounds)
    order = ("constant", "levels", "scale", "clipped", "sums", "collapse", "range", "fractional")
    return sorted(out, key=lambda loss: order.index(loss.kind))


def _finite(table: Matrix) -> Matrix:
    return np.asarray(table[np.isfinite(table)], dtype=np.float64)


def _support(family: Family, found: Pairs, bounds: Bounds) -> Iterator[Loss]:
    at = found.at(family)
    originals, copies = _finite(found.originals[:, at]), _finite(found.copies[:, at])
    if not originals.size or not copies.size:
        return
    name, group = family.label, _group(family)
    low, high = float(originals.min()), float(originals.max())
    levels = np.unique(originals)
    if low == high:
        share = float((copies != low).mean())
        if share > bounds.support:
            yield Loss(
                "constant",
                family,
                f"{name} is {low:g} in every original, {copies.min():.4g} to {copies.max():.4g} in "
                "copies",
                Evidence(
                    "new_values_share",
                    share,
                    expected=0.0,
                    unit="share",
                    n=copies.size,
                    method=f"copies whose {name} is not {low:g}, as in all originals",
                    group=group,
                ),
            )
        return
    few = len(levels) <= MAX_LEVELS and originals.size >= 10 * len(levels)
    if few and len(family.columns) < _WIDE:
        share = float((~np.isin(copies, levels)).mean())
        if share > bounds.support:
            shown = ", ".join(f"{value:g}" for value in levels[:4])
            more = " …" if len(levels) > 4 else ""
            yield Loss(
                "levels",
                family,
                f"{name} is one of {shown}{more} in the originals and anything else in {share:.0%} "
                "of the copies",
                Evidence(
                    "new_values_share",
                    share,
                    expected=0.0,
                    unit="share",
                    n=copies.size,
                    method=f"entries that are none of the {len(levels)} values of the originals",
                    group=group,
                ),
            )
            return
    fractional = float((copies != np.round(copies)).mean())
    if bool((originals == np.round(originals)).all()) and fractional > bounds.support:
        yield Loss(
            "fractional",
            family,
            f"{name} holds whole numbers in the originals and fractions in {fractional:.0%} of the "
            "entries of copies",
            Evidence(
                "fractional_share",
                fractional,
                expected=0.0,
                unit="share",
                n=copies.size,
                method="entries of copies that are no whole numbers; all originals are",
                group=group,
            ),
            weak=True,
        )
    outside = float(((copies < low) | (copies > high)).mean())
    if outside > bounds.outside:
        yield Loss(
            "range",
            family,
            f"{outside:.0%} of {name} lie outside {low:.4g} … {high:.4g}, the range of the "
            "originals",
            Evidence(
                "outside_range_share",
                outside,
                expected=2 / (originals.size + 1),
                unit="share",
                n=copies.size,
                method="entries of copies outside the range of all originals; expected: for as "
                "many new originals",
                group=group,
            ),
        )


def _scale(family: Family, found: Pairs, bounds: Bounds) -> Iterator[Loss]:
    at = found.at(family)
    copies, beside = _finite(found.copies[:, at]), _finite(found.beside[:, at])
    if not copies.size or not beside.size:
        return
    own, theirs = _width(copies), _width(beside)
    if not theirs > 0:
        return
    ratio = own / theirs
    if 1 / bounds.ratio <= ratio <= bounds.ratio:
        return
    low, high = np.quantile(beside, [0.05, 0.95])
    mine = np.quantile(copies, [0.05, 0.95])
    yield Loss(
        "scale",
        family,
        f"{family.label} go from {low:.3g} … {high:.3g} to {mine[0]:.3g} … {mine[1]:.3g}",
        Evidence(
            "scale_ratio",
            ratio,
            expected=1.0,
            unit="ratio",
            n=copies.size,
            method="range of the middle 90 % of the copies' entries / of the originals beside them",
            group=_group(family),
        ),
    )


def _width(column: Matrix) -> float:
    low, high = np.quantile(column, [0.05, 0.95])
    return float(high - low) or float(column.std())


def _clipped(family: Family, found: Pairs, bounds: Bounds) -> Iterator[Loss]:
    """Entries whose parent lies where no copy does: they were moved to within a bound."""
    if not found.is_parent:
        return
    at = found.at(family)
    copies, parents = _finite(found.copies[:, at]), _finite(found.beside[:, at])
    if not copies.size or not parents.size:
        return
    low, high = float(copies.min()), float(copies.max())
    share = float(((parents < low) | (parents > high)).mean())
    if share <= bounds.outside:
        return
    yield Loss(
        "clipped",
        family,
        f"{share:.0%} of {family.label} were moved into {low:.3g} … {high:.3g}",
        Evidence(
            "clipped_share",
            share,
            expected=0.0,
            unit="share",
            n=parents.size,
            method="entries whose original lies outside the range of all copies",
            group=_group(family),
        ),
    )


def _sums(family: Family, found: Pairs) -> Iterator[Loss]:
    """Blocks of the same length that sum to 1 (or hold only zeros) in copies, not in originals.

    A flattened matrix that was normalised row by row has such blocks; their length may differ
    between groups.
    """
    if not 2 <= len(family.columns) < _WIDE:
        return
    at = found.at(family)
    keys = found.groups if found.groups is not None else np.zeros(len(found.copies), dtype=int)
    hits, total = 0, 0
    lengths: set[int] = set()
    for key in np.unique(keys):
        rows = keys == key
        copies, beside = found.copies[rows][:, at], found.beside[rows][:, at]
        total += int(rows.sum())
        for length in range(2, len(at) + 1):
            if _normalised(copies, length) > 0.9 and _normalised(beside, length) < 0.1:
                hits += int(rows.sum())
                lengths.add(length)
                break
    if total and hits > 0.5 * total:
        blocks = "/".join(map(str, sorted(lengths)))
        yield Loss(
            "sums",
            family,
            f"every {blocks} neighbours of {family.label} sum to 1 or 0 in copies only",
            Evidence(
                "unit_sums_share",
                hits / total,
                expected=0.0,
                unit="share",
                n=total,
                method=f"copies in groups where nine of ten rows have blocks of {blocks} entries "
                "that sum to 1 or hold zeros only",
                group=_group(family),
            ),
        )


def _normalised(rows: Matrix, length: int) -> float:
    """Share of rows whose blocks all sum to 1 or hold zeros only, and some to 1."""
    usable = rows.shape[1] // length * length
    blocks = rows[:, :usable].reshape(len(rows), -1, length)
    sums = blocks.sum(axis=2)
    one = np.abs(sums - 1) < 1e-6
    empty = (blocks == 0).all(axis=2)
    rest = (rows[:, usable:] == 0).all(axis=1)
    return float(((one | empty).all(axis=1) & one.any(axis=1) & rest).mean()) if len(rows) else 0.0


def _collapse(family: Family, found: Pairs, bounds: Bounds) -> Iterator[Loss]:
    """Copies of one parent that are all alike although they differ from the parent."""
    if not found.is_parent:
        return
    at = found.at(family)
    copies = found.copies[:, at]
    changed = (copies != found.beside[:, at]).any(axis=1)
    if float(changed.mean()) < 0.95:
        return
    sizes = np.bincount(found.index)
    several = sizes[found.index] >= 2
    if int(several.sum()) < 20:
        return
    own, parents = copies[several], found.index[several]
    (codes,) = row_codes([[parents, *own.T]])
    _, first = np.unique(codes, return_index=True)
    n_parents = len(np.unique(parents))
    per_parent = len(first) / n_parents
    made = len(own) / n_parents
    if per_parent / made >= bounds.distinct:
        return
    alike = float((np.unique(parents[first], return_counts=True)[1] == 1).mean())
    yield Loss(
        "collapse",
        family,
        f"{made:.1f} copies of an original hold {per_parent:.1f} distinct {family.label}",
        Evidence(
            "distinct_copies",
            per_parent,
            expected=made,
            unit="rows per original",
            n=len(own),
            method=f"distinct values of {family.label} among the copies of one original; expected: "
            f"its copies; {n_parents:,} originals with at least two; for {alike:.0%} of them all "
            "copies are the same",
            group=_group(family),
        ),
    )


def _group(family: Family) -> str:
    return f"columns {family.label}" if len(family.columns) > 1 else family.label
