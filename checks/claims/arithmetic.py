"""Hold the numbers of a composition against one another: shares of counts, and sums."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from audit.model.artifacts import Grouping
from audit.model.evidence import Evidence
from checks.claims.contradiction import Contradiction, Judgement
from checks.claims.row_counts import RowCounts
from checks.kit.intervals import Interval, Written
from checks.kit.written_compositions import Composition, CompositionRow
from checks.kit.written_splits import StatedSize


def shares_of_counts(
    composition: Composition, blamed: Iterable[int], share_units: float
) -> Judgement:
    """Hold the share of every row against its count.

    Parameters
    ----------
    composition : Composition
        What is stated.
    blamed : iterable of int
        Lines whose count is known to be wrong; nothing more is said of them.
    share_units : float
        Units of the last digit by which a share may be off.
    """
    bases = [(row, base) for row in composition.rows if (base := _base(row, share_units))]
    if len(bases) < 2:
        return Judgement()
    total = composition.total
    agreed = _most_common([base for _, base in bases])
    if total is not None and total.count is not None:
        exact = total.count.interval
        fits = [base.overlaps(exact) for row, base in bases if row is not total]
        if 2 * sum(fits) >= len(fits):
            agreed = exact
    outside = [row for row, base in bases if not base.overlaps(agreed)]
    inside = [row for row, base in bases if base.overlaps(agreed)]
    if not outside:
        return Judgement((), (f"{len(inside)} shares are of one total{_about(agreed)}",))
    strong = composition.shares_of_total
    narrow = agreed.high - agreed.low < 0.05 * agreed.low
    majority = 2 * len(inside) > len(bases) and narrow and (strong or len(inside) > 2)
    by_total = strong and len(bases) == 2 and any(row is total for row in inside)
    if not (majority or by_total):
        return Judgement()
    middle = (agreed.low + agreed.high) / 2
    agreeing = f"the total that {len(inside)} of {len(bases)} rows agree on"
    left = set(blamed)
    return Judgement(
        tuple(_wrong_share(row, middle, agreeing) for row in outside if row.line not in left)
    )


def _wrong_share(row: CompositionRow, total: float, agreeing: str) -> Contradiction:
    assert row.count is not None
    assert row.share is not None
    share = 100 * row.count.value / total
    division = f"{row.count.text} / {total:,.0f}"
    evidence = Evidence(
        "stated_share",
        row.share.value,
        expected=share,
        unit="%",
        method=f"{division}, {agreeing}",
        group=row.label or None,
    )
    text = f"{row.label} {row.count.text} ({row.share.text}): {division} = {share:.2f} %"
    return Contradiction(row.line, row.label, text, (evidence,))


def _share_interval(share: Written, units: float) -> Interval:
    return Interval.around(share.value, 2 * units * share.half_width)


def _base(row: CompositionRow, units: float) -> Interval | None:
    """The totals of which the count of a row is the share written beside it."""
    if row.count is None or row.share is None or row.count.value <= 0:
        return None
    share, count = _share_interval(row.share, units), row.count.interval
    if share.high <= 0:
        return None
    low = max(count.low, 0.0) * 100 / share.high
    return Interval(low, math.inf if share.low <= 0 else count.high * 100 / share.low)


def _about(base: Interval) -> str:
    if math.isinf(base.high):
        return ""
    if round(base.low) == round(base.high):
        return f", {round(base.low):,}"
    return f" between {math.ceil(base.low):,} and {math.floor(base.high):,}"


def _most_common(intervals: Sequence[Interval]) -> Interval:
    """The range that lies in the largest number of intervals (the leftmost such)."""
    lows = sorted(each.low for each in intervals)
    highs = sorted(each.high for each in intervals)
    # max takes the first of equals, which is the leftmost
    low = max(lows, key=lambda start: bisect_right(lows, start) - bisect_left(highs, start))
    return Interval(low, min(each.high for each in intervals if each.low <= low <= each.high))


def sums(
    composition: Composition,
    stated: Sequence[StatedSize],
    known: Sequence[RowCounts],
    grouping: Grouping | None,
    share_units: float,
) -> Judgement:
    """Hold the sums of counts and of shares against the total.

    Parameters
    ----------
    composition : Composition
        What is stated; nothing is said unless its rows are complete.
    stated : sequence of StatedSize
        Sizes of splits by the document's own sentences.
    known : sequence of RowCounts
        Other totals that shares may be of.
    grouping : Grouping or None
        The labels that a complete composition has.
    share_units : float
        Units of the last digit by which a share may be off.
    """
    rows, total, table = composition.parts, composition.total, composition.table
    if len(rows) < 2 or composition.may_overlap:
        return Judgement()
    labelled = _has_all_labels(rows, grouping)
    if not labelled and (table.partial or not (total or composition.is_introduced)):
        return Judgement()
    return _count_sum(composition, stated, labelled) + _share_sum(
        composition, known, labelled, share_units
    )


def _count_sum(composition: Composition, stated: Sequence[StatedSize], labelled: bool) -> Judgement:
    rows, total = composition.parts, composition.total
    found = _whole(composition, stated)
    counts = [row.count for row in rows if row.count is not None]
    if found is None or len(counts) != len(rows):
        return Judgement()
    whole, source = found
    value = math.fsum(count.value for count in counts)
    possible = _possible_sums([count.interval for count in counts], composition)
    if any(each.overlaps(whole) for each in possible):
        return Judgement((), (f"rows sum to {value:,.0f}",))
    if total is None and not labelled and value >= whole.low:
        return Judgement()
    evidence = Evidence(
        "count_sum",
        value,
        expected=(whole.low + whole.high) / 2,
        unit="rows",
        method=f"{_addends([count.text for count in counts])} = {value:,.0f}; {source}",
    )
    text = f"rows sum to {value:,.0f}, {source}"
    return Judgement((_wrong_sum(composition, text, evidence, labelled),))


def _whole(composition: Composition, stated: Sequence[StatedSize]) -> tuple[Interval, str] | None:
    """What the counts should sum to, and who says so."""
    total = composition.total
    if total is not None and total.count is not None:
        return total.count.interval, f"the total row says {total.count.text}"
    if composition.is_introduced or composition.share_header:
        role = composition.role
        size = next((each.rows for each in stated if each.role is role), None)
        if size is not None:
            return size.interval, f"{size.text} are stated"
    return None


def _share_sum(
    composition: Composition, known: Sequence[RowCounts], labelled: bool, share_units: float
) -> Judgement:
    rows, total = composition.parts, composition.total
    shares = [row.share for row in rows if row.share is not None]
    if len(shares) != len(rows):
        return Judgement()
    value = math.fsum(share.value for share in shares)
    whole, source = Interval(100.0, 100.0), "100 %"
    if total is not None and total.share is not None:
        whole = _share_interval(total.share, share_units)
        source = f"{total.share.text} in the total row"
    intervals = [_share_interval(share, share_units) for share in shares]
    if any(each.overlaps(whole) for each in _possible_sums(intervals, composition)):
        return Judgement((), (f"shares sum to {value:.4g} %",))
    if total is None or total.share is None:
        # shares of something larger, such as the whole data set: nothing to complain about
        if value < 50 or (not labelled and value > 100):
            return Judgement()
        bases = [base for row in rows if (base := _base(row, share_units))]
        if bases and _is_other_total(_most_common(bases), composition, known):
            return Judgement()
    evidence = Evidence(
        "share_sum",
        round(value, 9),
        expected=(whole.low + whole.high) / 2,
        unit="%",
        n=len(rows),
        method=f"{_addends([f'{share.value:g}' for share in shares])} = {value:.4g}; "
        f"expected {source}",
    )
    text = f"shares sum to {value:.4g} %, not {source}"
    missing = Interval(100.0, 100.0) - _sum(intervals)
    found = _wrong_sum(composition, text, evidence, labelled)
    return Judgement((_at_short_row(found, composition, missing, share_units),))


def _at_short_row(
    found: Contradiction, composition: Composition, missing: Interval, share_units: float
) -> Contradiction:
    """Point at the one row that would fill the gap if it counted all groups that it names."""
    short = [
        (row, row.members - left_out)
        for row in composition.parts
        if row.members is not None and row.share is not None
        for left_out in range(1, min(row.members, 100))
        if (
            _share_interval(row.share, share_units)
            * Interval.around(left_out / (row.members - left_out), 0.0)
        ).overlaps(missing)
    ]
    if len(short) != 1 or missing.low <= 0:
        return found
    ((row, counted),) = short
    text = f"{found.text}; as if {row.label} were {counted} of its {row.members} groups"
    return replace(found, line=row.line, label=row.label, text=text)


def _wrong_sum(
    composition: Composition, text: str, evidence: Evidence, labelled: bool
) -> Contradiction:
    total = composition.total
    if total is not None:
        return Contradiction(total.line, total.label, text, (evidence,))
    return Contradiction(composition.table.line, "", text, (evidence,), certain=labelled)


def _addends(numbers: Sequence[str]) -> str:
    return " + ".join(numbers[:12]) + (" + …" if len(numbers) > 12 else "")


def _is_other_total(base: Interval, composition: Composition, known: Sequence[RowCounts]) -> bool:
    """Whether shares are of something else that is known, such as the whole data set."""
    role = composition.role
    own = {each.total for each in known if each.role is not None and role in (None, each.role)}
    if any(base.overlaps(Interval(total, total)) for total in own):
        return False
    other = {each.total for each in known if each.total not in own}
    other.add(sum({each.role: each.total for each in known if each.role is not None}.values()))
    return any(base.overlaps(Interval(total, total)) for total in other)


def _has_all_labels(rows: Sequence[CompositionRow], grouping: Grouping | None) -> bool:
    """Whether the rows are all known groups, or all known tiers, each once."""
    if grouping is None:
        return False
    keys = [row.key for row in rows if row.key is not None]
    tiers = [row.tier for row in rows if row.tier is not None]
    if len(keys) == len(rows):
        return sorted(keys) == sorted(grouping.keys)
    if len(tiers) == len(rows) and len(set(grouping.tiers.values())) > 1:
        return sorted(tiers) == sorted(set(grouping.tiers.values()))
    return False


def _possible_sums(values: Sequence[Interval], composition: Composition) -> list[Interval]:
    """Sums that a total row may mean: of all rows, of its own part, without nested subtotals."""
    found = [_sum(values), _sum(_without_parents(values)), _sum(_without_parents(values[::-1]))]
    total = composition.total
    if total is None:
        return found
    part: list[Interval] = []
    left = iter(values)
    for row in composition.rows:
        if row is total:
            break
        if row.is_total or row.is_subtotal:
            part = []
        else:
            part.append(next(left))
    if part:
        found.append(_sum(part))
    return found


def _sum(values: Iterable[Interval]) -> Interval:
    low, high = 0.0, 0.0
    for value in values:
        low, high = low + value.low, high + value.high
    return Interval(low, high)


def _without_parents(values: Sequence[Interval]) -> list[Interval]:
    """Leave out values that are the sum of the two or more values right after them."""
    return [
        value
        for index, value in enumerate(values)
        if value.low <= 0 or not _starts_with_sum(value, values, index + 1)
    ]


def _starts_with_sum(value: Interval, values: Sequence[Interval], start: int) -> bool:
    running = Interval(0.0, 0.0)
    for index in range(start, len(values)):
        running = running + values[index]
        if index > start and running.overlaps(value):
            return True
        if running.low > value.high:
            return False
    return False
