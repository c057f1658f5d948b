"""From the splits of an export to who is a duplicate of whom."""

from __future__ import annotations

from collections.abc import Callable

from audit.model.artifacts import Kinship, SplitData, SplitKinship, Splits
from audit.neighbours.columns import encode, encode_targets
from audit.neighbours.masks import masked_matches, masks_within_budget, with_chance
from audit.neighbours.matching import match, prepare

Progress = Callable[[str], None]


def kinship(splits: Splits, progress: Progress | None = None) -> Kinship:
    """Find held-out rows that equal training rows, on all columns and with columns left out.

    Parameters
    ----------
    splits : Splits
        Training split and held-out splits.
    progress : callable, optional
        Told what is being done, and how much of it is done.

    Returns
    -------
    Kinship
        One entry per held-out split, in their order. The same splits give the same result.
    """
    return Kinship(
        train=splits.train,
        pairs=tuple(_compare(splits.train, part, progress) for part in splits.held_out),
    )


def _compare(train: SplitData, held_out: SplitData, progress: Progress | None) -> SplitKinship:
    def report(share: float) -> None:
        if progress is not None:
            progress(f"comparing {held_out.role.value} rows with training rows: {share:.0%}")

    report(0.0)
    columns = encode(train.features, held_out.features)
    targets = encode_targets(train.target, held_out.target)
    n_train = len(train) if train.features.shape[1] else 0  # without columns nothing is equal
    tables = prepare(columns, n_train, len(held_out), targets, held_out.groups)
    exact = with_chance(tables, match(tables))
    masks, limits = masks_within_budget(tables)
    masked, undetermined, unverified = masked_matches(tables, exact, masks, report)
    report(1.0)
    return SplitKinship(
        held_out=held_out,
        exact=exact,
        masked=masked,
        tried=len(masks),
        limits="; ".join(part for part in (limits, unverified) if part),
        undetermined=undetermined,
    )
