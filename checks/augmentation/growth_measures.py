"""How much the data grew, and how many rows are synthetic: measurement for AU302."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import Array, Grouping, RawData, SplitData, Splits
from audit.model.evidence import Evidence
from checks.augmentation.origins import Origins, SplitOrigins
from checks.kit.rows import columns_of, row_codes


@dataclass(frozen=True, slots=True)
class Growth:
    """Rows per source row in the splits that hold copies, overall and by group.

    A split without copies (validation rows, a test set made apart) neither grew nor was it a source
    of copies. `others` are readings that a text may mean too: against the unaltered rows that are
    in the training part, and all rows against all source rows.
    """

    overall: float
    rows: int
    sources: int
    others: tuple[float, ...]
    repeats: int
    groups: Mapping[str, float]
    before: Mapping[str, int]
    after: Mapping[str, int]
    where: str = "all splits"


def measure_growth(splits: Splits, raw: RawData | None, known: Origins | None) -> Growth | None:
    """Count rows and source rows; ``None`` where neither rows nor a column tell the sources."""
    parts = (splits.train, *splits.held_out)
    declared = known is not None and any(part.synthetic is not None for part in parts)
    if declared and known is not None:
        sources, groups = len(known.originals), known.groups
    elif raw is not None:
        sources, groups = raw.n, raw.groups
    else:
        return None
    if sources == 0:
        return None
    before, every = _sizes(groups), sum(map(len, parts)) / sources
    repeats = _repeats(known) if known is not None else 0
    others: tuple[float, ...] = (every,)
    grown: tuple[SplitData, ...] = parts
    if known is not None:
        own = int((~known.train.synthetic).sum()) - repeats
        others += (len(splits.train) / own,) if own > 0 else ()
        apart = [part for part in known.parts if not _holds_copies(part, known)]
        kept = [~part.synthetic for part in apart]
        held = sum(int(mask.sum()) for mask in kept)
        if apart and sources > held:
            grown = tuple(part.split for part in known.parts if part not in apart)
            sources -= held
            for part, mask in zip(apart, kept, strict=True):
                before.subtract(_sizes(part.split.groups, mask))
    after = Counter[str]()
    for each in grown:
        after.update(_sizes(each.groups))
    before = +before
    if not set(after) <= set(before) or any(part.groups is None for part in parts):
        before, after = Counter(), Counter()
    rows = sum(map(len, grown))
    return Growth(
        overall=rows / sources,
        rows=rows,
        sources=sources,
        others=others,
        repeats=repeats,
        groups={key: after[key] / before[key] for key in sorted(before)},
        before=before,
        after=after,
        where=_names(grown) if len(grown) < len(parts) else "all splits",
    )


def _holds_copies(part: SplitOrigins, known: Origins) -> bool:
    """Training rows were copied if any were; others hold copies where some rows are proved to be,
    or where unknown rows stand among source rows.
    """
    if part is known.train:
        return True
    return bool(part.synthetic.any()) and (part.certain or not part.synthetic.all())


def _names(parts: Sequence[SplitData]) -> str:
    return " and ".join(part.role.value for part in parts)


def _sizes(groups: Array | None, among: NDArray[np.bool_] | None = None) -> Counter[str]:
    if groups is None:
        return Counter()
    if among is not None:
        groups = groups[among]
    return Counter({str(key): int(n) for key, n in pd.Series(groups).value_counts().items()})


def growth_evidence(
    grown: Growth, known: Origins | None, grouping: Grouping | None
) -> tuple[Evidence, ...]:
    """Everything that was measured, overall, by group and by split."""
    measured = [
        Evidence(
            "growth_factor",
            grown.overall,
            unit="rows per source row",
            n=grown.rows,
            method=f"{grown.rows:,} rows in {grown.where} / {grown.sources:,} source rows",
        )
    ]
    measured += [
        Evidence(
            "growth_factor",
            factor,
            unit="rows per source row",
            n=grown.after[key],
            method=f"{grown.after[key]:,} rows in {grown.where} / {grown.before[key]:,} source "
            "rows",
            group=label_of(key, grouping),
        )
        for key, factor in grown.groups.items()
    ]
    if known is not None:
        for part in known.parts:
            measured += _shares(part, known, grouping)
        measured.append(
            Evidence(
                "repeated_rows",
                grown.repeats,
                unit="rows",
                n=len(known.train.split),
                method="unaltered training rows beyond the times that their source row is there",
            )
        )
    return tuple(measured)


def _repeats(known: Origins) -> int:
    """Exact copies in training: rows that are there more often than among the originals."""
    kept = known.train.split.features.loc[~known.train.synthetic]
    originals, rows = row_codes([columns_of(known.originals), columns_of(kept)])
    size = max(int(codes.max(initial=-1)) for codes in (originals, rows)) + 1
    surplus = np.bincount(rows, minlength=size) - np.bincount(originals, minlength=size)
    return int(np.maximum(surplus, 0).sum())


def _shares(part: SplitOrigins, known: Origins, grouping: Grouping | None) -> list[Evidence]:
    is_train = part is known.train
    name = "synthetic_share" if is_train else f"synthetic_share_{part.split.role.value}"
    n, k = len(part.split), int(part.synthetic.sum())
    if n == 0:
        return []
    out = [
        Evidence(
            name,
            k / n,
            unit="share",
            n=n,
            method=f"{k:,} of {n:,} rows of {part.split.path}: {known.how}",
        )
    ]
    if is_train and part.split.groups is not None:
        codes, keys = pd.factorize(part.split.groups, sort=True)
        sizes, copies = np.bincount(codes), np.bincount(codes, weights=part.synthetic)
        for key, size, made in zip(keys, sizes.tolist(), map(int, copies), strict=True):
            method = f"{made:,} of {size:,} training rows of the group"
            out.append(
                Evidence(
                    name,
                    made / size,
                    None,
                    "share",
                    size,
                    method,
                    None,
                    label_of(str(key), grouping),
                )
            )
    return out


def label_of(key: str, grouping: Grouping | None) -> str:
    """A group as the export writes it."""
    return grouping.label(key) if grouping is not None and key in grouping.keys else key


def effective_groups(counts: Mapping[str, int]) -> float:
    """Effective number of groups: exp of the entropy of their shares."""
    shares = np.array([n for n in counts.values() if n > 0], dtype=float)
    if not len(shares):
        return 0.0
    shares /= shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
