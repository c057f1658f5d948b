"""Which equal rows speak for kinship, and which are to be expected without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.artifacts import Grouping, Kinship, Match, SplitKinship
from audit.model.evidence import Evidence
from audit.model.location import MAX_ROWS, Location, Role, sample_rows

MIN_AGREEMENT = 0.5  # of targets, where the features have to carry the proof


@dataclass(frozen=True, slots=True)
class Strength:
    """How far the matches of a mask exceed what is expected without kinship.

    Parameters
    ----------
    rows : int
        Held-out rows with equal features, beyond those that were equal before.
    kin : int
        Those of them that also share the target; all of them where there is no target.
    expected : float
        How many would share it with targets permuted within groups; 0 without a target.
    agreement : float
        ``(kin - expected) / (rows - expected)``: 1 when all targets agree, 0 when no more than
        by chance; 1 without a target.
    evident : bool
        Coincidence does not explain them.
    """

    rows: int
    kin: int
    expected: float
    agreement: float
    evident: bool


def kin_of(match: Match) -> NDArray[np.bool_]:
    """Rows with equal features and, where there are targets, an equal target."""
    return match.rows if match.supported is None else match.supported


def strength(match: Match, beyond: Match | None = None) -> Strength:
    """Weigh the matches of one mask.

    Parameters
    ----------
    match : Match
        Equal rows.
    beyond : Match, optional
        Count only what `match` adds to this one (the exact matches).

    Returns
    -------
    Strength
        With a finely graded target (``chance`` is ``None``), matches are evident when equal
        targets are at least five times, and five standard deviations, more frequent than
        expected. Otherwise the features must carry the proof: the bound on coincidence must be
        at most a third of the share, and the targets must agree well beyond chance.
    """
    n = len(match.rows)
    rows, kin = int(match.rows.sum()), int(kin_of(match).sum())
    expected, variance = 0.0, 0.0
    if match.expected is not None:
        expected = float(match.expected.sum())
        variance = float((match.expected * (1 - match.expected)).sum())
    if beyond is not None:
        rows -= int(beyond.rows.sum())
        kin -= int(kin_of(beyond).sum())
        if beyond.expected is not None:
            expected = max(expected - float(beyond.expected.sum()), 0.0)
    room = rows - expected
    agreement = 1.0
    if match.supported is not None:
        agreement = (kin - expected) / room if room > 1e-9 * max(rows, 1) else 0.0
    if match.chance is None:
        evident = (
            kin - expected >= 5 * np.sqrt(variance) and kin >= 5 * expected and agreement >= 0.3
        )
    else:
        evident = match.chance * n * 3 <= kin and agreement >= MIN_AGREEMENT
    return Strength(rows, kin, expected, agreement, bool(kin > 0 and evident))


def by_coincidence(match: Match) -> bool:
    """Whether the columns take so few values that equal rows say nothing."""
    share = float(match.rows.mean()) if len(match.rows) else 0.0
    return match.chance is not None and match.chance * 3 > share


def contaminated(pair: SplitKinship) -> NDArray[np.bool_]:
    """Held-out rows with kin in the training split.

    Returns
    -------
    ndarray of bool, shape (n_held_out,)
        Exact matches, unless coincidence explains them, and masked matches with equal targets.
        Masked matches without a target are undetermined and do not count.
    """
    kin = np.zeros(len(pair.exact.rows), dtype=bool)
    if not by_coincidence(pair.exact):
        kin |= pair.exact.rows
    for match in pair.masked:
        if match.supported is not None:
            kin |= match.supported
    return kin


def worst_first(kinship: Kinship) -> list[SplitKinship]:
    """Held-out splits that have rows, the one with the largest share of contaminated rows first."""
    pairs = [pair for pair in kinship.pairs if len(pair.exact.rows)]
    return sorted(pairs, key=lambda pair: -float(contaminated(pair).mean()))


def percent(share: float) -> str:
    """A share as percent, with enough digits not to read as zero."""
    value = 100 * share
    if 0 < value < 0.005:
        return "< 0.01 %"
    digits = 0 if value >= 99.95 or value == 0 else 1 if value >= 1 else 2
    return f"{value:.{digits}f} %"


def sharing(found: NDArray[np.bool_], pair: SplitKinship, n_min: int) -> float:
    """Largest share of `found` in a group of at least `n_min` rows; 0 without groups."""
    groups = pair.held_out.groups
    if groups is None:
        return 0.0
    counts = pd.DataFrame({"group": groups, "found": found}).groupby("group")["found"]
    sizes = counts.size()
    return float(counts.mean()[sizes >= n_min].max()) if (sizes >= n_min).any() else 0.0


def row_evidence(
    found: NDArray[np.bool_], match: Match, pair: SplitKinship, grouping: Grouping | None, how: str
) -> list[Evidence]:
    """Contaminated rows of a held-out split, overall and by group, with the control.

    Parameters
    ----------
    found : ndarray of bool, shape (n_held_out,)
        The rows that count as contaminated.
    match : Match
        Where they come from; gives the control.
    pair : SplitKinship
        The held-out split.
    grouping : Grouping, optional
        Order and labels of the groups.
    how : str
        What makes a row count, for ``method``.
    """
    split, n = pair.held_out, len(found)
    name = f"{split.role.value} rows"
    ids = np.sort(split.rows[found])
    method = f"{name} ({split.path}) {how}"
    control, control_method = _control(match)
    evidence = [
        Evidence(
            "contaminated_rows",
            int(found.sum()),
            unit="rows",
            n=n,
            method=method,
            sample_ids=tuple(int(row) for row in ids[:MAX_ROWS]),
            sample_ids_total=len(ids),
        ),
        Evidence("heldout_rows", n, unit="rows", n=n, method=f"{name} ({split.path})"),
        Evidence(
            "contaminated_share",
            float(found.mean()) if n else 0.0,
            expected=float(control.mean()) if n else 0.0,
            unit="share",
            n=n,
            method=f"{name} {how}, of all {name}",
        ),
        Evidence(
            "control_rate",
            float(control.mean()) if n else 0.0,
            unit="share",
            n=n,
            method=control_method,
        ),
    ]
    if split.groups is None:
        return evidence
    for key in group_order(split.groups, grouping):
        inside = split.groups == key
        label = grouping.label(key) if grouping is not None else key
        size, count = int(inside.sum()), int(found[inside].sum())
        rate = float(control[inside].mean())
        evidence += [
            Evidence("contaminated_rows", count, unit="rows", n=size, method=method, group=label),
            Evidence(
                "contaminated_share",
                count / size,
                expected=rate,
                unit="share",
                n=size,
                method=f"{count:,} / {size:,}",
                group=label,
            ),
            Evidence(
                "control_rate", rate, unit="share", n=size, method=control_method, group=label
            ),
        ]
    return evidence


def group_order(groups: NDArray[Any], grouping: Grouping | None) -> list[str]:
    """Keys that occur in `groups`: in the order of the grouping, then the others sorted."""
    present = {str(key) for key in pd.unique(groups)}
    known = [key for key in (grouping.keys if grouping is not None else ()) if key in present]
    return known + sorted(present - set(known))


def places(
    found: NDArray[np.bool_], match: Match, kinship: Kinship, pair: SplitKinship
) -> tuple[Location, Location]:
    """The first contaminated rows, and a training row that each of them equals."""
    split, train = pair.held_out, kinship.train
    first = np.flatnonzero(found)[np.argsort(split.rows[found])][:MAX_ROWS]
    partners = match.train_rows[first]
    held_rows = [int(row) for row in split.rows[first]]
    train_rows = sorted({int(row) for row in train.rows[partners[partners >= 0]]})
    return (
        Location(split.path, rows=sample_rows(held_rows)),
        Location(
            train.path,
            rows=sample_rows(train_rows),
            role=Role.RELATED,
            note="training rows that they equal",
        ),
    )


def _control(match: Match) -> tuple[NDArray[np.float64], str]:
    n = len(match.rows)
    if match.chance is not None:
        return np.full(n, match.chance), (
            "bound on coincidence: share of rows that agree with a different training row on a "
            "random half of the columns"
        )
    if match.expected is not None:
        return match.expected, (
            "rate expected without kinship: the same rows, held-out targets permuted within "
            "their group (exact expectation)"
        )
    return np.zeros(n), "no row matches"
