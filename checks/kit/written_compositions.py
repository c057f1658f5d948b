"""Tables that say how many rows each group has, and the shares of the total.

Pure reading: a `WrittenTable` becomes a `Composition` for each of its count columns. Nothing
here judges whether the numbers are right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.model.artifacts import Grouping, SplitRole
from audit.model.groups import canonical_group, group_key
from checks.kit.intervals import Interval, Written, parse_written
from checks.kit.run_names import runs_named
from checks.kit.written_splits import names_a_stage, perhaps_rounded, roles_named
from checks.kit.written_tables import Row, WrittenTable

_COUNT_WORD = re.compile(
    r"\b(?:n|counts?|samples?|rows?|records?|examples?|instances?|observations?|images?|items?"
    r"|size|support|cases|documents?|patients?|points|entries|number|people|persons?|individuals"
    r"|subjects|participants|respondents|users|customers|clients|students|women|men|children"
    r"|households|animals|tokens|sentences|files|events|visits|trips"
    r"|zeilen|anzahl|nombre|lignes|filas|cantidad|n[uú]mero)\b|#",
    re.IGNORECASE,
)
_NO_COUNT = re.compile(
    r"%|\b(?:per|mean|average|avg|median|change|delta|diff\w*|ratio|rate|score|loss|error|mse"
    r"|rmse|mae|accuracy|acc|f1|auc|r2|precision|recall|epochs?|steps?|params?|parameters?|time"
    r"|seconds?|sec|ms|gb|mb|cost|weights?|id|ids|index|rank|features?|columns?|unique|distinct"
    r"|min|max|std|pct|percent\w*|share|fraction|proportion|groups?|classes|tiers?|copies"
    r"|estimators?|folds?|bins?|batch\w*)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"^(?:%|pct\.?|percent(?:age)?|share|proportion|fraction|prevalence)$"
    r"|^(?:anteil|part|pourcentage|porcentaje|proporci[oó]n)(?: \(%\))?$"
    r"|^(?:%|pct\.?|percent(?:age)?|share|proportion|fraction)"
    r"\s*+(?:(?:\(%\)|\[%\]|in %)\s*+)?of\s+"
    r"(?:the\s+|all\s+)?(?:total|all|whole|rows?|samples?|data(?:set)?|sets?|val\w*|test|train\w*"
    r"|examples?|records?|instances?|observations?|images?|split|people|patients|participants"
    r"|subjects|users|customers)\b"
    r"|^(?:share|proportion|fraction|percent(?:age)?)\s*[(\[]\s*%\s*[)\]]$"
    r"|^(?:of\s+total|rows? share|%\s*total|total\s*%|%\s*(?:rows|samples))$",
    re.IGNORECASE,
)
_SHARE_OF_TOTAL = re.compile(r"\bof\b|total|share|rows|samples", re.IGNORECASE)
_TOTAL = re.compile(
    r"(?:grand |overall )?(?:total|sum|all|overall|altogether|together|Σ"
    r"|summe|gesamt|insgesamt|somme|suma)"
    r"(?: (?:groups|tiers|classes|rows|samples|sets?|splits?|data))?:?",
    re.IGNORECASE,
)
_SUBTOTAL = re.compile(
    r"\bsub-?total\b|\btotal\b|\bof which\b|\bthereof\b|\bincl\b|^all\b|\bsum of\b", re.IGNORECASE
)
_OVERLAP = re.compile(
    r"\bunique\b|\bdistinct\b|\bany\b|\boverlap\w*|\bmulti-?label\b|\bmultiple\b|\btags?\b"
    r"|\beither\b|\bat least\b",
    re.IGNORECASE,
)
_COMPOSITION = re.compile(r"\bcomposition\b|\bdistribution\b|\bbreakdown\b|\bmake-?up\b", re.I)
_MEMBERS_HEADER = re.compile(
    r"(?:#|n|no\.?|number of)?\s*+(?:groups|classes|members)", re.IGNORECASE
)
_MEMBERS = re.compile(r"(?:of )?([1-9][0-9]{0,3})(?: groups?| classes| members)?", re.IGNORECASE)
_MOST = 1e15  # beyond it no whole number is a count, and sums are no longer exact
_MAX_LABEL = 200  # characters; a longer text names no group
_IN_CELL = re.compile(r"(?P<count>[^()]{1,40})\(\s*+(?P<share>[^()%]{1,20}%)\s*+\)")


@dataclass(frozen=True, slots=True)
class CompositionRow:
    """One row of a composition as it is understood.

    Parameters
    ----------
    line : int
        1-based line of the document.
    label : str
        As written, without emphasis.
    count : Written or None
        Rows.
    share : Written or None
        In percent.
    members : int or None
        Stated number of groups that the row sums up.
    key : str or None
        The canonical key of the known group that the row is about.
    tier : str or None
        The known tier that the row is about.
    is_total, is_subtotal : bool
        The row sums up the others, or some of them.
    """

    line: int
    label: str
    count: Written | None
    share: Written | None
    members: int | None
    key: str | None
    tier: str | None
    is_total: bool
    is_subtotal: bool

    def __str__(self) -> str:
        count = "" if self.count is None else f" {self.count.text}"
        share = "" if self.share is None else f" ({self.share.text})"
        members = "" if self.members is None else f", {self.members} groups"
        return f"{self.label}{count}{share}{members}"


@dataclass(frozen=True, slots=True)
class Composition:
    """One count column of a table with the share column that belongs to it, or a share column
    alone.

    Parameters
    ----------
    table : WrittenTable
        Where it stands.
    header : str
        Of the count column; empty where there is none.
    share_header : str
        Of the share column; empty where there is none.
    rows : tuple of CompositionRow
        In the order of the table.
    """

    table: WrittenTable
    header: str
    share_header: str
    rows: tuple[CompositionRow, ...]

    @property
    def parts(self) -> tuple[CompositionRow, ...]:
        """Rows that are neither totals nor subtotals."""
        return tuple(row for row in self.rows if not (row.is_total or row.is_subtotal))

    @property
    def total(self) -> CompositionRow | None:
        """The last total row."""
        return next((row for row in reversed(self.rows) if row.is_total), None)

    @property
    def role(self) -> SplitRole | None:
        """The split that it is about, where exactly one is named near it."""
        introduction = reversed(self.table.context.split("\n"))
        for text in (self.header, *introduction, self.share_header):
            if roles := roles_named(text):
                return next(iter(roles)) if len(roles) == 1 else None
        return None

    @property
    def names_a_stage(self) -> bool:
        """Whether it is said to be about rows before or after some step."""
        return names_a_stage(f"{self.header} {self.table.context}")

    @property
    def names_several_runs(self) -> bool:
        """Whether the table sets numbered runs side by side."""
        counted = " ".join(header for header in self.table.header if _COUNT_WORD.search(header))
        return len(runs_named(f"{counted} {self.table.context}")) > 1

    @property
    def is_introduced(self) -> bool:
        """Whether the text above calls it a composition, distribution or breakdown."""
        return bool(_COMPOSITION.search(self.table.context))

    @property
    def may_overlap(self) -> bool:
        """Whether a row may be counted under several labels."""
        labels = [row.label for row in self.rows]
        return any(map(_OVERLAP.search, (self.header, self.table.context, *labels)))

    @property
    def shares_of_total(self) -> bool:
        """Whether the shares are said to be of the total, or stand beside their counts."""
        return not self.share_header or bool(_SHARE_OF_TOTAL.search(self.share_header))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Indices of the columns that a composition is read from."""

    count: int | None
    share: int | None
    members: int | None
    labels: tuple[int, ...]


def compositions(table: WrittenTable, grouping: Grouping | None) -> list[Composition]:
    """Read the compositions of a table, one for each count column.

    Parameters
    ----------
    table : WrittenTable
        Any table.
    grouping : Grouping or None
        Known groups and tiers, looked for among the labels.

    Returns
    -------
    list of Composition
        Empty where no column holds counts or shares of a total, or none holds labels.
    """
    headers = list(enumerate(table.header))
    counts = [i for i, header in headers if _is_count_column(table, i, header)]
    shares = [i for i, header in headers if _SHARE.search(header)]
    members = next((i for i, header in headers if _MEMBERS_HEADER.fullmatch(header)), None)
    taken = {*counts, *shares, members}
    labels = tuple(i for i, _ in headers if i not in taken and _is_label(table, i))
    if not labels:
        return []
    return [
        _composition(
            table,
            _Columns(count, None if _is_of_row(table, count, share) else share, members, labels),
            grouping,
        )
        for count, share in _paired(counts, shares, len(table.header))
    ]


def _is_of_row(table: WrittenTable, count: int | None, share: int | None) -> bool:
    """Whether shares are of another count in the same row: 602 women of 1,204 people."""
    if count is None or share is None:
        return False
    percent = _in_percent(table, share)
    for base in set(range(len(table.header))) - {count, share}:
        fits = []
        for row in table.rows:
            part, whole = (_count_and_share(row.cells[i])[0] for i in (count, base))
            stated = _share(row.cells[share], percent)
            if part is None or whole is None or stated is None or not whole.value:
                continue
            near = Interval.around(stated.value, 2 * stated.half_width)
            ratio = part.interval / whole.interval * Interval(100.0, 100.0)
            fits.append((whole.value, ratio.overlaps(near)))
        right = {whole for whole, fit in fits if fit}
        if len(right) >= 2 and 3 * sum(fit for _, fit in fits) >= 2 * len(fits):
            return True
    return False


def _paired(
    counts: Sequence[int], shares: Sequence[int], width: int
) -> list[tuple[int | None, int | None]]:
    """Each count column with the first share column before the next count column."""
    if not counts:
        return [(None, share) for share in shares]
    pairs: list[tuple[int | None, int | None]] = []
    for count, following in zip(counts, (*counts[1:], width), strict=True):
        share = next((share for share in shares if count < share < following), None)
        if share is None and len(counts) == 1 and shares:
            share = shares[0]
        pairs.append((count, share))
    return pairs


def _is_count_column(table: WrittenTable, index: int, header: str) -> bool:
    if not _COUNT_WORD.search(header) or _NO_COUNT.search(header):
        return False
    numbers = [parsed for row in table.rows if (parsed := _count_and_share(row.cells[index])[0])]
    return bool(numbers) and len(numbers) * 2 >= len(table.rows)


def _is_label(table: WrittenTable, index: int) -> bool:
    texts = [row.cells[index] for row in table.rows]
    return any(re.search(r"[^\W\d_]", text) for text in texts) or (
        index == 0 and any(texts) and bool(table.header[0])
    )


def _count_and_share(cell: str) -> tuple[Written | None, Written | None]:
    """``5,400``, ``5,400 rows`` or ``5,400 (1.3 %)``."""
    both = _IN_CELL.fullmatch(cell)
    number = parse_written(
        re.sub(r"\s(?:samples?|rows?|records?|examples?)$", "", both["count"] if both else cell)
    )
    if number is None or number.percent or number.factor or not 0 <= number.value < _MOST:
        return None, None
    whole = number.half_width >= 0.5 or (number.value == int(number.value) and "." not in cell)
    share = parse_written(both["share"]) if both else None
    return (perhaps_rounded(number) if whole or both else None), share


def _composition(table: WrittenTable, columns: _Columns, grouping: Grouping | None) -> Composition:
    percent = columns.share is not None and _in_percent(table, columns.share)
    return Composition(
        table,
        "" if columns.count is None else table.header[columns.count],
        "" if columns.share is None else table.header[columns.share],
        tuple(_row(table, row, columns, percent, grouping) for row in table.rows),
    )


def _row(
    table: WrittenTable, row: Row, columns: _Columns, percent: bool, grouping: Grouping | None
) -> CompositionRow:
    label = next((row.cells[i] for i in columns.labels if row.cells[i]), "")
    count, share = None, None
    if columns.count is not None:
        count, share = _count_and_share(row.cells[columns.count])
    if columns.share is not None:
        share = _share(row.cells[columns.share], percent)
    members = None
    if columns.members is not None:
        members = _MEMBERS.fullmatch(row.cells[columns.members])
    is_total = bool(_TOTAL.fullmatch(label))
    key, tier = (None, None) if is_total else _known(table, row, label, grouping)
    known = is_total or key is not None or tier is not None
    return CompositionRow(
        row.line,
        label,
        count,
        share if share and 0 <= share.value < _MOST else None,
        int(members[1]) if members else None,
        key,
        tier,
        is_total,
        not known and bool(_SUBTOTAL.search(label)),
    )


def _share(cell: str, percent: bool) -> Written | None:
    share = parse_written(cell)
    if share is None or percent or share.percent:
        return share
    return Written(100 * share.value, 100 * share.half_width, True, share.text)


def _in_percent(table: WrittenTable, share: int) -> bool:
    header = table.header[share].casefold()
    if "%" in header or "percent" in header or "pct" in header:
        return True
    values = [parsed.value for row in table.rows if (parsed := parse_written(row.cells[share]))]
    return any(value > 1.0 for value in values)


def _known(
    table: WrittenTable, row: Row, label: str, grouping: Grouping | None
) -> tuple[str | None, str | None]:
    """The group or the tier that a row is about."""
    if grouping is None:
        return None, None
    places = {header.casefold(): i for i, header in enumerate(table.header)}
    names = [name.casefold() for name in grouping.names]
    if len(names) > 1 and all(name in places for name in names):
        key = group_key({name: row.cells[places[name]] for name in names})
        return (key if key in grouping.keys else None), None
    key = canonical_group(label) if len(label) <= _MAX_LABEL else ""
    if key in grouping.keys:
        return key, None
    word = re.sub(r"\b(?:tier|groups?|cases|samples|rows)\b", "", label.casefold()).strip(" :()")
    tiers = list(dict.fromkeys(grouping.tiers.values()))
    same = [tier for tier in tiers if tier.casefold() == word]
    if not same and len(word) >= 3:
        same = [tier for tier in tiers if tier.casefold().startswith(word)]
    if len(same) == 1:
        return None, same[0]
    return None, None
