"""Which equal rows speak for kinship, and which are to be expected without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import Match, SplitKinship


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
            kin - expected >= 5 * np.sqrt(variance)
            and kin >= 5 * expected
            and agreement >= 0.3
        )
    else:
        evident = match.chance * n * 3 <= kin and agreement >= 0.5
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
