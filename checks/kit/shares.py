"""Whether a number of held-out rows is a round share of a total, as splitting functions round."""

from __future__ import annotations

import math
from collections.abc import Sequence

from checks.kit.intervals import Interval

# what people ask for: multiples of a twentieth, and thirds
TYPICAL_SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33, 1 / 3, 0.35, 0.4, 0.45, 0.5)
# and the folds of a cross-validation
ROUND_SHARES = (*TYPICAL_SHARES, 1 / 6, 1 / 7, 1 / 8, 1 / 9, 0.02, 0.01)
_SLACK = 1e-6


def round_share(
    part: Interval, whole: Interval, among: Sequence[float] = ROUND_SHARES
) -> float | None:
    """The round share of `whole` that `part` is, the first `among` some, or ``None``.

    A split gives the floor or the ceiling of the exact product, whether it is asked for the
    held-out share or for the training share.

    Examples
    --------
    >>> exact = lambda rows: Interval(rows, rows)
    >>> round_share(exact(14_040), exact(93_600)), round_share(exact(14_040), exact(104_000))
    (0.15, None)
    >>> round_share(exact(413), exact(1_652)), round_share(exact(414), exact(1_653))
    (0.25, 0.25)
    """
    for share in among:
        low = math.floor(share * whole.low - _SLACK) if whole.low > 0 else 0
        high = math.ceil(share * whole.high + _SLACK)
        if whole.low == whole.high:
            exact = share * whole.low
            low, high = math.floor(exact + _SLACK), math.ceil(exact - _SLACK)
        if part.overlaps(Interval(low, high)):
            return share
    return None


def round_shares(
    parts: Sequence[Interval], whole: Interval, among: Sequence[float] = ROUND_SHARES
) -> tuple[float, ...] | None:
    """Round shares of one or two held-out parts, in their order, or ``None``.

    The second of two is a share of the whole, or of what the other one left: a test set is cut
    off first and the validation set from the rest, or the other way round.

    Examples
    --------
    >>> exact = lambda rows: Interval(rows, rows)
    >>> round_shares([exact(160), exact(200)], exact(1_000))
    (0.16, 0.2)
    >>> round_shares([exact(137), exact(200)], exact(1_000)) is None
    True
    """
    if len(parts) == 1:
        share = round_share(parts[0], whole, among)
        return None if share is None else (share,)
    if len(parts) != 2:
        return None
    for first, second in ((0, 1), (1, 0)):
        outer = round_share(parts[first], whole, among)
        if outer is None:
            continue
        rest = whole - parts[first]
        if whole.low == whole.high and parts[first].low == parts[first].high:
            rest = Interval(whole.low - parts[first].low, whole.low - parts[first].low)
        inner = round_share(parts[second], rest, among)
        own = round_share(parts[second], whole, among)
        if own is None and inner is None:
            continue
        shares = [0.0, 0.0]
        shares[first] = outer
        shares[second] = own if own is not None else round((1 - outer) * (inner or 0), 4)
        return shares[0], shares[1]
    return None
