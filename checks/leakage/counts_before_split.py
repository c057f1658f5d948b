"""LK106: the counts show that rows were multiplied before they were split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import (
    Code,
    CodeFacts,
    Documents,
    Grouping,
    RawData,
    RecordedCounts,
    SplitRole,
    Splits,
    StepKind,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.intervals import Interval
from checks.kit.shares import ROUND_SHARES, TYPICAL_SHARES
from checks.kit.tabulated_counts import GroupedCounts
from checks.kit.written_counts import Stage, StatedCount
from checks.leakage.balanced_pool import balanced, balanced_pool
from checks.leakage.families import kept_together
from checks.leakage.order import reorder, steps_before
from checks.leakage.split_accounts import (
    Account,
    Count,
    accounts,
    crowded_groups,
    pools,
    shown,
    sources,
    statements,
    tabulated,
)


@dataclass(frozen=True, slots=True)
class Params:
    """When counts are taken as evidence.

    Parameters
    ----------
    min_pool : int
        Fewest rows after the augmentation for which a round share of them says anything: with
        few rows every number is a round share of something.
    max_group_evidence : int
        Groups listed in a finding.
    """

    min_pool: int = 500
    max_group_evidence: int = 20


@dataclass(frozen=True, slots=True)
class _Reading:
    """One account held against the source rows.

    Parameters
    ----------
    account : Account
        Sizes of the splits.
    source : Count
        Source rows.
    pool : Count, optional
        The stated number of rows that the sizes sum to.
    impossible : bool
        More rows are held out than there were source rows.
    groups : tuple of (str, int, int)
        Key, held-out rows and source rows of the groups where that is so.
    shares : tuple of float, optional
        Round shares of the multiplied rows that are held out, where they are no round shares of
        the source rows.
    """

    account: Account
    source: Count
    pool: Count | None
    impossible: bool
    groups: tuple[tuple[str, int, int], ...]
    shares: tuple[float, ...] | None

    @property
    def is_suspect(self) -> bool:
        return self.impossible or bool(self.groups) or self.shares is not None


@check(
    "LK106",
    "Counts show augmentation before the split",
    Severity.ERROR,
    taxonomy="L1.4",
    params=Params,
)
def counts_before_split(
    splits: Splits | None,
    raw: RawData | None,
    documents: Documents | None,
    code: Code | None,
    facts: CodeFacts | None,
    grouping: Grouping | None,
    recorded: RecordedCounts | None,
    params: Params,
) -> Outcome:
    """Held-out rows are counted against the source rows and against the multiplied rows.

    What
    ----
    The held-out splits are a share of the rows *after* augmentation or oversampling: together
    with the training rows they sum to the augmented total, and there are more of them than a
    split of the source rows could give.

    Why
    ---
    Where rows were multiplied before the split, copies of one source row stand on both sides, and
    the held-out metric measures memory. The counts show it without any code, from a log or a page
    of results.

    How it is found
    ---------------
    Source rows come from the raw data of the export and from texts ("3,600 samples before
    augmentation"), multiplied rows from texts ("93,600 samples after augmentation"), sizes of
    splits from the splits, recorded outputs, shapes, documents, tables of rows by group and
    counts in JSON files ("n_train"). The counts speak for
    augmentation before the split where more rows are held out than there were source rows, over
    all or in a group, or where the held-out rows are a round share (15 %, a third) of the
    multiplied rows and none of the source rows. So do classes that are unequal among the source
    rows, and have exactly as many rows each in all splits together as the largest of them. It is
    an error of high confidence where numbers are exact and the order is certain: the multiplied
    total was printed before the sizes of the splits that sum to it, or the code multiplies before
    it splits. Otherwise it is a warning.

    False alarms
    ------------
    Silent where the training rows alone were multiplied: the held-out rows are then a part of the
    source rows. Rows that become windows, tokens or segments, and growth that nobody calls
    augmentation, are "review": the source rows may be another unit. So is multiplying both sides
    after the split, which the code or the sizes before it show. Numbers in prose stand for what
    they may have been rounded from, and are never certain. "Review" where the splits have a column
    that names the source row of each row, and no source row is on both sides.

    Remedy
    ------
    Split the source rows first; multiply the training rows only.

    References
    ----------
    Kapoor and Narayanan (2023), Patterns 4(9): L1.4, duplicates across training and test set.
    """
    stated = statements(documents, code, recorded)
    found = accounts(splits, stated)
    if not sources(raw, stated, by_hand=True):
        return not_applicable(
            "how many source rows there were is not known: no raw data, and no text says so"
        )
    if not found:
        return not_applicable(
            "no training and held-out rows are in the export, and no text says how many there were"
        )
    tables = tabulated(documents)
    readings = [_read(account, raw, splits, stated, tables) for account in found]
    suspects = [
        (_judge(reading, stated, facts, params), reading)
        for reading in readings
        if reading is not None and reading.is_suspect
    ]
    if suspects and splits is not None and (apart := kept_together(splits)):
        held = _number(suspects[0][1].account.held_out_rows)
        return review(f"{held} rows are held out of {suspects[0][1].source.text}; {apart}")
    certain = [(c, reading) for c, reading in suspects if isinstance(c, Confidence)]
    if certain:
        confidence, reading = max(certain, key=lambda pair: pair[0])  # the first of equals
        return failed([_finding(reading, confidence, stated, facts, grouping, params)])
    if splits is not None and raw is not None and (pool := balanced_pool(splits, raw)):
        return failed([balanced(pool, splits, raw, _remedy(facts))])
    if suspects:
        return review(str(suspects[0][0]))
    judged = [reading for reading in readings if reading is not None]
    if not judged:
        return review("texts give several sizes of the splits, which sum to no stated total")
    return passed(_fine(judged[0]))


def _read(
    account: Account,
    raw: RawData | None,
    splits: Splits | None,
    stated: Sequence[StatedCount],
    tables: Sequence[GroupedCounts],
) -> _Reading | None:
    """Hold an account against the source rows; ``None`` where it may mix different runs."""
    source = sources(raw, stated, by_hand=account.is_by_hand)[0]
    rows, held = account.rows, account.held_out_rows
    is_written = account.train.stated is not None
    sums = [pool for pool in pools(stated) if pool.rows.overlaps(rows)]
    pool = max(sums, key=lambda count: count.is_exact, default=None)
    if pool is None and not account.is_only:
        return None
    if rows.low <= source.rows.high:
        return _Reading(account, source, pool, False, (), None)
    if any(size.rows.overlaps(account.train.rows) for size in pools(stated)):
        return _Reading(account, source, pool, False, (), None)  # these alone grew
    shares = account.shares(rows, TYPICAL_SHARES)
    if account.shares(source.rows, ROUND_SHARES) is not None or _grew_alone(held, source, stated):
        shares = None
    return _Reading(
        account=account,
        source=source,
        pool=pool,
        # Where as many are held out as there were source rows, none is left to train on.
        impossible=held.low > source.rows.high
        or (pool is not None and held.low >= source.rows.high),
        groups=_crowded(account, tables) if is_written else crowded_groups(raw, splits),
        shares=shares,
    )


def _crowded(account: Account, tables: Sequence[GroupedCounts]) -> tuple[tuple[str, int, int], ...]:
    """Groups of the table that the sizes are the sums of."""
    own = [t for t in tables if any(account.train.stated == count for count in t.totals)]
    return own[0].crowded if own else ()


def _grew_alone(held: Interval, source: Count, stated: Sequence[StatedCount]) -> bool:
    """Whether training rows before their augmentation and held-out rows sum to the source rows."""
    before = [
        c.rows.interval for c in stated if c.role is SplitRole.TRAIN and c.stage is Stage.BEFORE
    ]
    return any((rows + held).overlaps(source.rows) for rows in before)


def _judge(
    reading: _Reading, stated: Sequence[StatedCount], facts: CodeFacts | None, params: Params
) -> Confidence | str:
    """How sure the reading is, or why nothing can be said."""
    account, source = reading.account, reading.source
    sizes = (
        f"{_number(account.rows)} rows were divided where there were {source.text} source rows, "
        f"and {_number(account.held_out_rows)} are held out"
    )
    if divided := _divided_first(account, stated):
        return f"{sizes}; {divided} before that, so each side may have been multiplied by itself"
    whole = (source.rows, account.rows)
    lines = [c for c in stated if any(c.rows.interval.overlaps(rows) for rows in whole)]
    lines = [c for c in lines if c.role is None]
    multiplies = facts is not None and any(s.kind is StepKind.DUPLICATE for s in facts.steps)
    modelled = facts is not None and any(split.modelled for split in facts.splits)
    upstream = steps_before(facts, StepKind.DUPLICATE) if facts is not None else []
    if multiplies and modelled and not upstream and facts is not None and not facts.limits:
        return (
            f"{sizes}; the code divides the rows before it multiplies them, so each side may have "
            "been multiplied by itself"
        )
    if any(line.names_windows for line in lines) and not upstream:
        return (
            f"{sizes}; the rows seem to be parts of the source rows: look whether parts of one "
            "source row are on both sides"
        )
    if not upstream and not any(line.names_augmentation for line in lines):
        return (
            f"{sizes}; nothing says that these rows were augmented, so the source rows may be "
            "another unit or another data set"
        )
    strong = reading.impossible or bool(reading.groups)
    if reading.pool is None and not upstream:
        return f"{sizes}; the held-out rows may come from another data set"
    if not strong and (reading.pool is None or account.rows.high < params.min_pool):
        return f"{sizes}; that is a round share of all rows, which may be a coincidence"
    exact = source.is_exact and all(count.is_exact for count in account.counts)
    in_code = any(before.confidence is Confidence.HIGH for before in upstream)
    in_order = reading.pool is not None and _printed_first(reading.pool, stated)
    if exact and (in_order or (in_code and strong)):
        return Confidence.HIGH
    return Confidence.MEDIUM


def _divided_first(account: Account, stated: Sequence[StatedCount]) -> str:
    """What says that the source rows themselves were divided; empty where nothing does."""
    before = [c for c in stated if c.role is not None and c.stage is Stage.BEFORE]
    train = [c for c in before if c.role is SplitRole.TRAIN]
    held = [c for c in before if c.role is not SplitRole.TRAIN]
    after = [c for _, c in account.held_out if c.stated and c.stated.stage is Stage.AFTER]
    if train and held:
        return f"{train[0].rows.text} and {held[0].rows.text} rows are stated for the splits"
    if train and after:
        return f"{train[0].rows.text} training rows are stated"
    return ""


def _printed_first(pool: Count, stated: Sequence[StatedCount]) -> bool:
    """Whether a program printed the total before the size of any split."""
    if pool.stated is None or not pool.is_exact:
        return False
    path = pool.location.path
    sizes = [c.order for c in stated if c.recorded and c.role and c.location.path == path]
    return all(pool.stated.order < order for order in sizes)


def _finding(
    reading: _Reading,
    confidence: Confidence,
    stated: Sequence[StatedCount],
    facts: CodeFacts | None,
    grouping: Grouping | None,
    params: Params,
) -> Finding:
    account, source = reading.account, reading.source
    held, rows = account.held_out_rows, account.rows
    certain = confidence is Confidence.HIGH
    verb = "prove" if certain else "point to"
    message = (
        f"{_number(held)} rows are held out of {source.text} source rows, "
        f"{_why(reading, grouping)}: the counts {verb} augmentation before the split"
    )
    return Finding(
        check_id="LK106",
        severity=Severity.ERROR if certain else Severity.WARNING,
        confidence=confidence,
        message=message,
        locations=_locations(reading, stated),
        evidence=tuple(_evidence(reading, grouping, params)),
        remedy=_remedy(facts),
        subject="held-out rows against source rows: "
        + ",".join(role.value for role, _ in account.held_out),
        why=f"Had the source rows been split first, fewer than {source.text} rows could be held "
        f"out, and none of the {_number(rows)} rows would have a sibling on the other side."
        if reading.impossible
        else "Copies of one source row land on both sides of the split, so the held-out metric "
        "rewards memory of the training rows.",
    )


def _why(reading: _Reading, grouping: Grouping | None) -> str:
    account = reading.account
    if reading.shares is not None:
        shares = " and ".join(f"{100 * share:.3g} %" for share in reading.shares)
        return f"{shares} of the {_number(account.rows)} rows after augmentation"
    if reading.impossible:
        return f"{_number(account.rows)} rows after augmentation"
    key, held, of = reading.groups[0]
    more = f", and more in {len(reading.groups) - 1} other groups" if reading.groups[1:] else ""
    label = grouping.label(key) if grouping is not None else key
    return f"in group {label} {held:,} of {of:,}{more}"


def _locations(reading: _Reading, stated: Sequence[StatedCount]) -> tuple[Location, ...]:
    """The held-out size first, then what it is held against."""
    account = reading.account
    notes = [
        (shown(role, count, stated), f"{role.value} rows: {count.text}")
        for role, count in (*account.held_out, (SplitRole.TRAIN, account.train))
    ]
    if reading.pool is not None:
        notes.append((reading.pool.location, f"rows after augmentation: {reading.pool.text}"))
    notes.append((reading.source.location, f"source rows: {reading.source.text}"))
    related = [replace(place, role=Role.RELATED, note=note) for place, note in notes[1:]]
    return notes[0][0], *related


def _evidence(reading: _Reading, grouping: Grouping | None, params: Params) -> Iterator[Evidence]:
    account, source = reading.account, reading.source
    held, rows = account.held_out_rows, account.rows
    middle, whole = _middle(held), _middle(rows)
    yield Evidence("source_rows", _whole(source.rows), unit="rows", method=_place(source))
    yield Evidence(
        "pool_rows",
        _whole(rows),
        unit="rows",
        method=" + ".join(count.text for count in account.counts)
        + (f" = {reading.pool.text} at {reading.pool.location}" if reading.pool else ""),
    )
    yield Evidence(
        "heldout_rows",
        _whole(held),
        expected=f"at most {source.text}",
        unit="rows",
        method=", ".join(f"{role.value}: {_place(count)}" for role, count in account.held_out),
    )
    yield Evidence(
        "heldout_share_of_pool",
        middle / whole,
        unit="share",
        method=f"{_number(held)} / {_number(rows)}",
    )
    yield Evidence(
        "heldout_share_of_source",
        middle / _middle(source.rows),
        unit="share",
        method=f"{_number(held)} / {source.text}; above 1 it cannot come from a split of them",
    )
    for key, n, of in reading.groups[: params.max_group_evidence]:
        label = grouping.label(key) if grouping is not None else key
        yield Evidence("heldout_rows", n, expected=f"at most {of:,}", unit="rows", group=label,
                       method=f"{of:,} source rows in this group")  # fmt: skip


def _remedy(facts: CodeFacts | None) -> Remedy:
    text = (
        "Split the source rows first, then multiply the training rows only; print the counts "
        "before and after, so that the held-out rows can be seen to stay as they are."
    )
    upstream = steps_before(facts, StepKind.DUPLICATE) if facts else []
    if not upstream:
        return Remedy(text)
    return reorder(upstream[0], text, "# then, for the training rows only:")


def _fine(reading: _Reading) -> str:
    account, source = reading.account, reading.source
    held, rows = _number(account.held_out_rows), _number(account.rows)
    if account.rows.low <= source.rows.high:
        return f"no more rows were divided ({rows}) than there were source rows ({source.text})"
    return f"{held} held-out rows can come from a split of the {source.text} source rows"


def _place(count: Count) -> str:
    return f"{count.text} at {count.location}"


def _number(rows: Interval) -> str:
    return f"{_middle(rows):,.0f}"


def _whole(rows: Interval) -> int:
    return round(_middle(rows))


def _middle(rows: Interval) -> float:
    return (rows.low + rows.high) / 2
