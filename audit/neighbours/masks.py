"""Which columns hide duplicates: every mask is screened, the promising ones are verified.

Screening asks, for a sample of held-out rows and *all* training rows, how many rows would be
equal with a mask's columns left out. The training rows are never sampled, because that destroys
the evidence: a sample of 17,000 of a million rows holds few of the siblings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import Match
from audit.neighbours.columns import Array, Bits, bits
from audit.neighbours.matching import CHUNK, Tables, match, mix, prepare
from checks.kit.kin import MIN_AGREEMENT, kin_of, strength

SAMPLE = 4096  # held-out rows that are screened
VISITS = 1_000_000_000  # training rows times masks that are screened
BLOCK = 128  # masks screened in one pass over the training rows
VERIFIED = 16  # masks that are verified on all rows
MIN_SHARE = 0.002  # of held-out rows that a mask must add
HALVES = 8  # random divisions of the columns for the bound on coincidence

Mask = tuple[int, ...]


def sample_rows(tables: Tables) -> NDArray[np.int64]:
    """Positions of the held-out rows that are screened, ascending; the same at every call."""
    if tables.n_held_out <= SAMPLE:
        return np.arange(tables.n_held_out)
    chosen = np.random.default_rng(0).choice(tables.n_held_out, SAMPLE, replace=False)
    return np.sort(chosen)


def masks_within_budget(tables: Tables) -> tuple[tuple[Mask, ...], str]:
    """All masks of one and two columns, or those of the columns with most values.

    Returns
    -------
    masks : tuple of tuple of int
        Masks that leave at least one column.
    limits : str
        What is left out, and why; empty when nothing is.
    """
    d = len(tables.columns)
    budget = VISITS // max(tables.n_train, 100_000)
    n_single = d if d > 1 else 0
    n_pairs = d * (d - 1) // 2 if d > 2 else 0
    if n_single + n_pairs <= budget:
        singles = [(i,) for i in range(n_single)]
        return (*singles, *(combinations(range(d), 2) if d > 2 else ())), ""
    rows = slice(None, None, max(tables.n_held_out // SAMPLE, 1))
    values = [len(pd.unique(bits(column.held_out[rows]))) for column in tables.columns]
    ranked = sorted(range(d), key=lambda i: (-values[i], i))
    chosen = sorted(ranked[: min(n_single, budget)])
    width = int((1 + (1 + 8 * max(budget - len(chosen), 0)) ** 0.5) / 2)
    partners = sorted(ranked[: min(width, d)])
    pairs = tuple(combinations(partners, 2))
    limits = f"of {n_pairs:,} pairs of columns none was left out: they would take too long"
    if pairs:
        limits = (
            f"{len(pairs):,} of {n_pairs:,} pairs of columns were left out in turn, those of the "
            f"{len(partners)} columns with most different values: all pairs would take too long"
        )
    if len(chosen) < n_single:
        limits = f"{len(chosen):,} of {n_single:,} single columns were left out in turn; " + limits
    return (*((i,) for i in chosen), *pairs), limits


def masked_matches(
    tables: Tables, exact: Match, masks: Sequence[Mask], report: Callable[[float], None]
) -> tuple[tuple[Match, ...], tuple[Match, ...], str]:
    """Verified matches of the masks that hide duplicates, the most telling first.

    Parameters
    ----------
    tables : Tables
        Both tables.
    exact : Match
        Matches on all columns.
    masks : sequence of tuple of int
        Masks to try, single columns before pairs.
    report : callable
        Told the share of the work that is done.

    Returns
    -------
    matches : tuple of Match
        Those that add at least ``MIN_SHARE`` of the held-out rows (and two rows) beyond the
        exact matches and clearly beyond coincidence. A pair of columns is among them only if it
        adds a quarter more than either of its columns alone.
    undetermined : tuple of Match
        Those that add as much, but may do so by coincidence.
    limits : str
        Whether promising masks were left unverified.
    """
    promising = _screen(tables, masks, report)
    limits = ""
    if len(promising) > VERIFIED:
        limits = (
            f"{len(promising):,} combinations of columns looked promising, the {VERIFIED} "
            "strongest were verified"
        )
    least = MIN_SHARE * tables.n_held_out
    kept: dict[Mask, Match] = {}
    undetermined = []
    for mask in sorted(promising[:VERIFIED], key=lambda mask: (len(mask), mask)):
        found = match(tables, mask)
        if tables.targets is None or not tables.targets.identifying:
            found = with_chance(tables, found, mask)
        weighed = strength(found, exact)
        if weighed.kin < max(2.0, weighed.expected + least):
            continue
        if not weighed.evident:
            if found.chance is not None and weighed.agreement >= MIN_AGREEMENT:
                undetermined.append(found)
            continue
        single = max((_added(kept[(i,)], exact) for i in mask if (i,) in kept), default=0)
        if single and weighed.kin < 1.25 * single + 2:
            continue
        kept[mask] = found
    return _ordered(list(kept.values()), exact), _ordered(undetermined, exact), limits


def with_chance(tables: Tables, found: Match, mask: Mask = ()) -> Match:
    """The match with its bound on coincidence, unless the target alone proves kinship."""
    targets = tables.targets
    proven = targets is not None and targets.identifying and strength(found).evident
    if proven or not found.rows.any():
        return found
    return Match(
        found.masked,
        found.rows,
        found.supported,
        found.expected,
        found.train_rows,
        coincidence(tables, mask),
    )


def coincidence(tables: Tables, mask: Mask = ()) -> float:
    """Bound on the share of held-out rows that equal a training row by coincidence.

    Where columns take many values, rows that agree on half of them agree on the rest, or they
    would not agree at all. Where columns take few values, many rows agree on half of the columns
    and differ in the rest. So the columns are divided in two halves at random, several times;
    counted is the share of held-out rows that agree on a half with a training row that differs
    elsewhere. One half may miss the only telling column, so the smaller share of the two counts;
    columns may be derived from others, so the largest of all divisions counts. A single column of
    running text is divided by its words.

    Returns
    -------
    float
        Between 0 and 1; 1 where fewer than two columns are compared and none is running text.
    """
    kept = [i for i in range(len(tables.columns)) if i not in mask]
    if len(kept) == 1 and (parts := tables.columns[kept[0]].parts):
        return coincidence(prepare(parts, tables.n_train, tables.n_held_out, None, None))
    if len(kept) < 2:
        return 1.0
    kept.sort(key=lambda i: tables.columns[i].name)
    rng = np.random.default_rng(0)
    halves: list[list[int]] = []
    for _ in range(HALVES):
        order = [kept[i] for i in rng.permutation(len(kept))]
        halves += [order[: len(kept) // 2], order[len(kept) // 2 :]]
    sample = sample_rows(tables)
    probes = {i: tables.mixed(i, False, sample) for i in kept}
    whole = _sum([probes[i] for i in kept])
    sides = [np.unique(_sum([probes[i] for i in half]), return_inverse=True) for half in halves]
    filters = [_filter(unique) for unique, _ in sides]
    low = [np.full(len(unique), np.iinfo(np.uint64).max) for unique, _ in sides]
    high = [np.zeros(len(unique), dtype=np.uint64) for unique, _ in sides]
    for start in range(0, tables.n_train, CHUNK):
        rows = slice(start, start + CHUNK)
        mixed = {i: tables.mixed(i, True, rows) for i in kept}
        total = _sum([mixed[i] for i in kept])
        for j, half in enumerate(halves):
            near, position = _find(_sum([mixed[i] for i in half]), sides[j][0], filters[j])
            np.minimum.at(low[j], position, total[near])
            np.maximum.at(high[j], position, total[near])
    shares = []
    for j, (_, inverse) in enumerate(sides):
        hit = high[j] >= low[j]
        other = hit[inverse] & ((low[j][inverse] != whole) | (high[j][inverse] != whole))
        shares.append(float(other.mean()))
    return max(min(a, b) for a, b in zip(shares[::2], shares[1::2], strict=True))


def _screen(tables: Tables, masks: Sequence[Mask], report: Callable[[float], None]) -> list[Mask]:
    """Masks that seem to add matches, the strongest first."""
    sample = sample_rows(tables)
    if not masks or not len(sample) or not tables.n_train:
        return []
    own, other, train = _target_mixes(tables, sample)
    every: list[Mask] = [(), *masks]
    seen = _hits(tables, every, sample, own, other, train, report)
    own_rows, other_rows = seen[:, 0].astype(float), seen[:, 1].astype(float)
    added = own_rows - own_rows[0]
    excess = dict(zip(every, added - (other_rows - other_rows[0]), strict=True))
    least = max(2.0, 0.5 * MIN_SHARE * len(sample))
    promising = []
    for mask, count in zip(every, added, strict=True):
        single = max((excess.get((i,), 0.0) for i in mask), default=0.0) if mask[1:] else 0.0
        if count >= least and excess[mask] > max(0.0, 1.125 * max(single, 0.0)):
            promising.append(mask)
    return sorted(promising, key=lambda mask: (-excess[mask], len(mask), mask))


def _target_mixes(
    tables: Tables, sample: NDArray[np.int64]
) -> tuple[Bits, Bits | None, Bits | None]:
    """Mixes of the targets: of the sample, of the sample permuted, of the training rows."""
    targets = tables.targets
    if targets is None:
        return np.zeros(len(sample), dtype=np.uint64), None, None
    salt = len(tables.columns)
    train = targets.train.copy()
    train[train < 0] = targets.distinct  # a missing target agrees with nothing
    held_out = targets.held_out.copy()
    held_out[held_out < 0] = targets.distinct + 1
    order = np.argsort(tables.strata, kind="stable")
    shuffled = np.random.default_rng(0).permutation(len(order))
    within = shuffled[np.argsort(tables.strata[shuffled], kind="stable")]
    permuted = np.empty_like(held_out)
    permuted[order] = held_out[within]
    return (
        mix(held_out[sample].view(np.uint64), salt),
        mix(permuted[sample].view(np.uint64), salt),
        mix(train.view(np.uint64), salt),
    )


def _hits(
    tables: Tables,
    masks: Sequence[Mask],
    sample: NDArray[np.int64],
    own: Bits,
    other: Bits | None,
    train: Bits | None,
    report: Callable[[float], None],
) -> NDArray[np.int64]:
    """Sampled rows that have a match under each mask, with own and with permuted targets.

    Returns
    -------
    ndarray of int64, shape (n_masks, 2)
    """
    base = tables.held_out_hash[sample]
    probes = np.concatenate([base + own, base + other] if other is not None else [base + own])
    repeats = 1 if other is None else 2
    counts = np.zeros((len(masks), 2), dtype=np.int64)
    done, work = 0, len(masks) * tables.n_train
    for block in range(0, len(masks), BLOCK):
        part = masks[block : block + BLOCK]
        needed = sorted({i for mask in part for i in mask})
        held = {i: np.tile(tables.mixed(i, False, sample), repeats) for i in needed}
        sides = [
            np.unique(probes - _sum([held[i] for i in mask], len(probes)), return_inverse=True)
            for mask in part
        ]
        filters = [_filter(unique) for unique, _ in sides]
        found = [np.zeros(len(unique), dtype=bool) for unique, _ in sides]
        for start in range(0, tables.n_train, CHUNK):
            rows = slice(start, min(start + CHUNK, tables.n_train))
            total = tables.train_hash[rows]
            if train is not None:
                total = total + train[rows]
            mixed = {i: tables.mixed(i, True, rows) for i in needed}
            for j, mask in enumerate(part):
                left = total
                for i in mask:
                    left = left - mixed[i]
                found[j][_find(left, sides[j][0], filters[j])[1]] = True
            done += len(part) * len(total)
            report(done / work)
        for j, (_, inverse) in enumerate(sides):
            hit = found[j][inverse.reshape(repeats, -1)]
            counts[block + j, :repeats] = hit.sum(axis=1)
    return counts


def _sum(parts: Sequence[Bits], n: int = 0) -> Bits:
    total = np.zeros(len(parts[0]) if parts else n, dtype=np.uint64)
    for part in parts:
        total += part
    return total


def _filter(unique: Bits) -> NDArray[np.bool_]:
    """Table of the low bits that occur, to pass over most rows with one look-up."""
    size = 1 << max(int(len(unique) * 32 - 1).bit_length(), 6)
    table = np.zeros(size, dtype=bool)
    table[(unique & np.uint64(size - 1)).view(np.int64)] = True
    return table


def _find(values: Bits, unique: Bits, table: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Positions of the values that occur in the sorted `unique`, and where they do."""
    low = (values & np.uint64(len(table) - 1)).view(np.int64)
    near = np.flatnonzero(table.take(low))
    position = np.searchsorted(unique, values[near])
    position[position == len(unique)] = 0
    equal = unique[position] == values[near]
    return near[equal], position[equal]


def _added(found: Match, exact: Match) -> int:
    return int(kin_of(found).sum()) - int(kin_of(exact).sum())


def _ordered(matches: list[Match], exact: Match) -> tuple[Match, ...]:
    """Most added rows first; among those within 1 % of the rows, fewer columns first."""
    left, ordered = list(matches), []
    while left:
        most = max(_added(found, exact) for found in left)
        slack = 0.01 * len(exact.rows)
        near = [found for found in left if _added(found, exact) >= most - slack]
        best = min(near, key=lambda found: (len(found.masked), -_added(found, exact)))
        ordered.append(best)
        left.remove(best)
    return tuple(ordered)
