"""CL501: counts, shares and totals in documents and recorded outputs that do not add up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from audit.model.artifacts import (
    Document,
    DocumentKind,
    Documents,
    Grouping,
    Metrics,
    PredictionSets,
    RawData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.groups import canonical_group, group_key
from audit.model.severity import Confidence, Severity
from checks.kit.composition import count_groups, group_label
from checks.kit.intervals import Interval, Written, parse_written
from checks.kit.written_tables import (
    Row,
    WrittenTable,
    listed_counts,
    markdown_tables,
    plain,
    printed_tables,
    prose_lines,
)


@dataclass(frozen=True, slots=True)
class Params:
    """How exactly written numbers are taken.

    Parameters
    ----------
    share_units : float
        A written share stands for numbers within this many units of its last digit. Rounding
        alone is 0.5; percentages that were adjusted to sum to 100 are off by up to 1.
    max_claims : int
        Checked claims listed in the report.
    """

    share_units: float = 1.0
    max_claims: int = 50


@check("CL501", "Counts, shares or totals do not add up", Severity.WARNING, params=Params)
def totals(
    documents: Documents,
    splits: Splits | None,
    grouping: Grouping | None,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    raw: RawData | None,
    params: Params,
) -> Outcome:
    """Check the arithmetic of tables of counts, and compare them with the rows themselves.

    What
    ----
    Tables and lists in Markdown and in recorded outputs that state counts, shares of a total or
    totals: whether shares fit their counts, whether rows sum to their total, and whether counts
    are those of the rows in the export. Also sentences that say how many rows a held-out split
    has. One finding for each table.

    Why
    ---
    A composition table is what a reader judges an overall metric by. One that does not add up
    hides what the metric is about.

    How it is found
    ---------------
    Every number stands for the interval that it may have been rounded from ("5.4K" is 5,350 to
    5,450), and a statement is wrong only if no choice within the intervals makes it right. A
    share column is held against its count column: the total that most rows agree on, or the
    printed one, decides. Sums are checked where the rows are complete: a total row is printed,
    or the labels are all known tiers or groups, or the table is introduced as a composition.
    Counts of tiers and groups are held against the rows of the split that the table names; for a
    wrong tier the groups are looked for that would give the written number.

    False alarms
    ------------
    Silent by design: percentages that sum to 99.9 or 100.1; tables that show rows are left out
    (an ellipsis, "top 5"); shares of another base than the total; changes, accuracies and other
    percentages that are no shares; subtotals and nested totals; numbers written with "about";
    rows counted before or after a step that the export does not hold. A table that describes
    another run than the exported one can look wrong where some of its rows agree by chance.

    Remedy
    ------
    Write tables from the data when the run ends, not by hand, and print the total below them.

    References
    ----------
    Brown & Heathers (2017), The GRIM test. Nuijten et al. (2016), statcheck.
    """
    references = _references(splits, grouping, predictions, metrics, raw)
    if not any(reference.by_group for reference in references):
        references += _group_tables(documents, grouping)
    findings: list[Finding] = []
    claims: list[Evidence] = []
    looked_at = 0
    for document in documents.items:
        stated = _stated_totals(document)
        seen: set[int] = set()
        for table in _tables(document):
            if table.line in seen:
                continue
            seen.add(table.line)
            audit = _audit(table, document, stated, references, grouping, params)
            if audit is None:
                continue
            looked_at += 1
            claims += audit.claims
            if audit.problems:
                findings.append(_finding(audit, table, document))
        found, sentences = _sentences(document, stated, references)
        findings += found
        claims += sentences
    claims = sorted(claims, key=lambda claim: claim.expected != "wrong")[: params.max_claims]
    if findings:
        return failed(findings, claims)
    if any(claim.expected == "consistent" for claim in claims):
        return passed(f"{len(claims)} statements about counts, shares and totals looked at", claims)
    if looked_at:
        return review("tables of counts were found, and nothing to hold them against", claims)
    return not_applicable("no document states counts, shares of a total or totals")


# --- what is known from the data --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reference:
    """Row counts that a statement can be held against."""

    source: str
    role: SplitRole | None
    total: int
    by_group: Mapping[str, int]


def _references(
    splits: Splits | None,
    grouping: Grouping | None,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    raw: RawData | None,
) -> list[_Reference]:
    found = []
    for split in () if splits is None else (*splits.held_out, splits.train):
        counts = {} if split.groups is None else count_groups(split.groups)
        found.append(_Reference(f"rows of {split.path}", split.role, len(split), counts))
    for scored in () if predictions is None else predictions.items:
        counts = {} if scored.groups is None else count_groups(scored.groups)
        found.append(_Reference(f"rows of {scored.path}", scored.role, len(scored.y_true), counts))
    for table in () if metrics is None else metrics.tables:
        covered = set(table.counts) >= set(grouping.keys if grouping else table.by_group)
        if table.counts and covered:
            counts = dict(table.counts)
            total = sum(counts.values())
            found.append(_Reference(f"counts in {table.path}", table.role, total, counts))
    if raw is not None:
        counts = {} if raw.groups is None else count_groups(raw.groups)
        found.append(_Reference(f"rows of {raw.path}", None, raw.n, counts))
    return found


def _group_tables(documents: Documents, grouping: Grouping | None) -> list[_Reference]:
    """Tables in the documents that give the rows of every group, to hold tiers against."""
    if grouping is None or not grouping.tiers:
        return []
    found = []
    for document in documents.items:
        for table in _tables(document):
            for reading in _readings(table, grouping):
                rows = {
                    line.key: int(line.count.value)
                    for line in reading.plain
                    if line.key is not None and line.count is not None and not line.count.half_width
                }
                if set(rows) == set(grouping.keys) and not _STAGE.search(_words(reading, table)):
                    source = f"rows of the groups at {document.location(table.line)}"
                    role = _role(reading, table)
                    found.append(_Reference(source, role, sum(rows.values()), rows))
    return found


_ROLES = {
    SplitRole.TRAIN: re.compile(r"\btrain(?:ing)?\b", re.IGNORECASE),
    SplitRole.VALIDATION: re.compile(r"\bval(?:id(?:ation)?)?\b|\bdev\b", re.IGNORECASE),
    SplitRole.TEST: re.compile(r"\btest(?:ing)?\b", re.IGNORECASE),
}
_STAGE = re.compile(
    r"\b(?:before|after|original(?:s|ly)?|raw|source|augment\w*|synthetic|copies|cop(?:y|ied)"
    r"|generated|unaugmented|clean|filtered|dropped|removed|previous\w*|earlier|baseline|old"
    r"|pool|contaminated|duplicates?|errors?|wrong|missing)\b",
    re.IGNORECASE,
)
_OTHER_RUN = re.compile(
    r"\b(?:run|version|experiment|model|fold|round)\s*[#v]?\d+\b", re.IGNORECASE
)


def _roles(text: str) -> set[SplitRole]:
    return {role for role, pattern in _ROLES.items() if pattern.search(text)}


# --- reading a table ---------------------------------------------------------------------------

_COUNT_WORD = re.compile(
    r"\b(?:n|counts?|samples?|rows?|records?|examples?|instances?|observations?|images?|items?"
    r"|size|support|cases|documents?|patients?|points|entries|number)\b|#",
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
    r"|^(?:%|pct\.?|percent(?:age)?|share|proportion|fraction)\s*(?:\(%\)|\[%\]|in %)?\s*of\s+"
    r"(?:the\s+|all\s+)?(?:total|all|whole|rows?|samples?|data(?:set)?|sets?|val\w*|test|train\w*"
    r"|examples?|records?|instances?|observations?|images?|split)\b"
    r"|^(?:share|proportion|fraction|percent(?:age)?)\s*[(\[]\s*%\s*[)\]]$"
    r"|^(?:of\s+total|rows? share|%\s*total|total\s*%|%\s*(?:rows|samples))$",
    re.IGNORECASE,
)
_STRONG_SHARE = re.compile(r"\bof\b|total|share|rows|samples", re.IGNORECASE)
_TOTAL = re.compile(
    r"(?:grand |overall )?(?:total|sum|all|overall|altogether|together|Σ)"
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
_MEMBERS = re.compile(r"(?:of )?([1-9][0-9]{0,3})(?: groups?| classes| members)?", re.IGNORECASE)
_MOST = 1e15  # beyond it no whole number is a count, and sums are no longer exact
_IN_CELL = re.compile(r"(?P<count>[^()]{1,40})\(\s*(?P<share>[^()%]{1,20}%)\s*\)")


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of a table as it is understood."""

    row: Row
    label: str
    count: Written | None
    share: Written | None  # in percent
    members: int | None
    key: str | None
    tier: str | None
    is_total: bool
    is_subtotal: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """One count column of a table with the share column that belongs to it."""

    header: str
    share_header: str
    lines: tuple[_Line, ...]

    @property
    def plain(self) -> tuple[_Line, ...]:
        """Rows that are neither totals nor subtotals."""
        return tuple(ln for ln in self.lines if not (ln.is_total or ln.is_subtotal))


def _tables(document: Document) -> list[WrittenTable]:
    markdown = document.kind is not DocumentKind.OUTPUT
    found = [*markdown_tables(document.text), *listed_counts(document.text, markdown=markdown)]
    if not markdown:
        found += printed_tables(document.text)
    return found


def _readings(table: WrittenTable, grouping: Grouping | None) -> list[_Reading]:
    counts = [i for i, header in enumerate(table.header) if _is_count_column(table, i, header)]
    shares = [i for i, header in enumerate(table.header) if _SHARE.search(header)]
    members = next(
        (
            i
            for i, header in enumerate(table.header)
            if re.fullmatch(r"(?:#|n|no\.?|number of)?\s*(?:groups|classes|members)", header, re.I)
        ),
        None,
    )
    taken = {*counts, *shares, members}
    labels = [i for i in range(len(table.header)) if i not in taken and _is_label(table, i)]
    if not labels:
        return []
    columns: list[tuple[int | None, int | None]] = []
    free = list(shares)
    for count in counts:
        later = [share for share in free if share > count]
        following = next((other for other in counts if other > count), len(table.header))
        share = next((s for s in later if s < following), None)
        if share is None and len(counts) == 1 and free:
            share = free[0]
        if share is not None:
            free.remove(share)
        columns.append((count, share))
    if not counts:
        columns = [(None, share) for share in shares]
    return [_reading(table, c, s, members, labels, grouping) for c, s in columns]


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
    return (_widened(number) if whole or both else None), share


def _widened(number: Written) -> Written:
    """A count that ends in three zeros may have been rounded: 421,000 for 421,200."""
    digits = re.sub(r"\D", "", number.text)
    if number.half_width or not digits.endswith("000") or not number.value:
        return number
    zeros = len(digits) - len(digits.rstrip("0"))
    half_width = min(0.5 * 10.0**zeros, 0.005 * number.value)
    return Written(number.value, half_width, False, number.text)


def _reading(
    table: WrittenTable,
    count: int | None,
    share: int | None,
    members: int | None,
    labels: Sequence[int],
    grouping: Grouping | None,
) -> _Reading:
    percent = share is not None and _in_percent(table, share)
    lines = []
    for row in table.rows:
        label = next((row.cells[i] for i in labels if row.cells[i]), "")
        number, written_share = (
            (None, None) if count is None else _count_and_share(row.cells[count])
        )
        if share is not None:
            written_share = parse_written(row.cells[share])
            if written_share is not None and not (percent or written_share.percent):
                written_share = Written(
                    100 * written_share.value,
                    100 * written_share.half_width,
                    True,
                    written_share.text,
                )
        is_total = bool(_TOTAL.fullmatch(label))
        key, tier = (None, None) if is_total else _known(table, row, label, grouping)
        member = _MEMBERS.fullmatch(row.cells[members]) if members is not None else None
        lines.append(
            _Line(
                row,
                label,
                number,
                written_share if written_share and 0 <= written_share.value < _MOST else None,
                int(member[1]) if member else None,
                key,
                tier,
                is_total,
                not is_total and key is None and tier is None and bool(_SUBTOTAL.search(label)),
            )
        )
    return _Reading(
        "" if count is None else table.header[count],
        "" if share is None else table.header[share],
        tuple(lines),
    )


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
    key = canonical_group(label)
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


# --- judging a table ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Problem:
    """One contradiction."""

    line: int
    label: str
    text: str
    evidence: tuple[Evidence, ...]
    certain: bool


@dataclass(slots=True)
class _Audit:
    """What was found out about one table."""

    problems: list[_Problem] = field(default_factory=list)
    claims: list[Evidence] = field(default_factory=list)


def _audit(
    table: WrittenTable,
    document: Document,
    stated: Mapping[SplitRole, list[tuple[int, Written]]],
    references: Sequence[_Reference],
    grouping: Grouping | None,
    params: Params,
) -> _Audit | None:
    readings = _readings(table, grouping)
    if not readings:
        return None
    audit = _Audit()
    for reading in readings:
        role = _role(reading, table)
        right: list[str] = []
        problems = _against_data(reading, table, document, role, references, grouping, right)
        blamed = {problem.line for problem in problems}
        problems += _shares_of_counts(reading, blamed, right, params)
        problems += _sums(reading, table, role, stated, references, grouping, right, params)
        audit.problems += problems
        where = table.header[0] or "list"
        name = f"{reading.header or reading.share_header} by {where.casefold()}".strip()
        place = str(document.location(table.line))
        if problems:
            audit.claims += [
                _claim(
                    _quoted(reading, problem) or name, "wrong", problem.text, document, problem.line
                )
                for problem in _where_to_look(problems)
            ]
        elif right:
            audit.claims.append(
                Evidence("claim", name, "consistent", unit=place, method="; ".join(right))
            )
        else:
            reason = "no total and no rows to hold it against"
            audit.claims.append(
                Evidence("claim", name, "could not tell", unit=place, method=reason)
            )
    return audit


def _claim(text: str, verdict: str, method: str, document: Document, line: int) -> Evidence:
    return Evidence("claim", text, verdict, unit=str(document.location(line)), method=method)


def _quoted(reading: _Reading, problem: _Problem) -> str:
    line = next((each for each in reading.lines if each.row.line == problem.line), None)
    if line is None:
        return problem.label
    count = "" if line.count is None else f" {line.count.text}"
    share = "" if line.share is None else f" ({line.share.text})"
    members = "" if line.members is None else f", {line.members} groups"
    return f"{line.label}{count}{share}{members}"


def _words(reading: _Reading, table: WrittenTable) -> str:
    return f"{reading.header} {table.context}"


def _role(reading: _Reading, table: WrittenTable) -> SplitRole | None:
    """The split that a count column is about, where exactly one is named near it."""
    for text in (reading.header, *reversed(table.context.split("\n")), reading.share_header):
        roles = _roles(text)
        if roles:
            return next(iter(roles)) if len(roles) == 1 else None
    return None


def _against_data(
    reading: _Reading,
    table: WrittenTable,
    document: Document,
    role: SplitRole | None,
    references: Sequence[_Reference],
    grouping: Grouping | None,
    right: list[str],
) -> list[_Problem]:
    """Hold counts of tiers, groups and totals against the rows of the export."""
    if role in (None, SplitRole.TRAIN) and _STAGE.search(_words(reading, table)):
        return []
    counted = " ".join(header for header in table.header if _COUNT_WORD.search(header))
    if len(set(_OTHER_RUN.findall(f"{counted} {table.context}".casefold()))) > 1:
        return []  # columns of several runs, and the rows of one of them
    best: tuple[int, _Reference, list[tuple[_Line, int]]] | None = None
    own = str(document.location(table.line))
    for reference in references:
        if (role is not None and reference.role is not role) or reference.source.endswith(own):
            continue
        known = [
            (line, expected)
            for line in reading.lines
            if line.count is not None
            and (expected := _expected(line, reference, grouping)) is not None
        ]
        wrong = [
            (line, expected)
            for line, expected in known
            if line.count is not None
            and not line.count.interval.overlaps(Interval(expected, expected))
        ]
        hits = len(known) - len(wrong)
        if known and not wrong:
            if any(not line.is_total for line, _ in known) or role is not None:
                right.append(f"{hits} counts are the {reference.source}")
            return []
        needed = max(1 if role else 2, math.ceil(len(known) / 2))
        if hits >= needed and (best is None or hits > best[0]):
            best = (hits, reference, wrong)
    if best is None:
        return []
    hits, reference, wrong = best
    total = next((line for line in reading.lines if line.is_total), None)
    rows_sum = math.fsum(line.count.value for line in reading.plain if line.count is not None)
    problems = []
    for line, expected in wrong:
        assert line.count is not None
        arithmetic = _arithmetic(line, expected, reference, grouping)
        whole = total.count.value if total and total.count else reference.total
        if abs(rows_sum - whole) > 0.5 and not line.is_total:
            arithmetic += f"; rows sum to {rows_sum:,.0f} of {whole:,.0f}"
        label = _group_of(line, grouping)
        evidence = [
            Evidence(
                "stated_count",
                line.count.value,
                expected=expected,
                unit="rows",
                n=reference.total,
                method=f"{arithmetic} ({reference.source})",
                group=label,
            )
        ]
        if line.share is not None and reference.total:
            share = 100 * expected / reference.total
            if not _share_interval(line.share, 1.0).overlaps(Interval(share, share)):
                evidence.append(
                    Evidence(
                        "stated_share",
                        line.share.value,
                        expected=share,
                        unit="%",
                        n=reference.total,
                        method=f"{expected:,} / {reference.total:,} = {share:.1f} %",
                        group=label,
                    )
                )
        text = f"{line.label} {line.count.text}: {arithmetic}"
        problems.append(_Problem(line.row.line, line.label, text, tuple(evidence), True))
    return problems


def _expected(line: _Line, reference: _Reference, grouping: Grouping | None) -> int | None:
    if line.is_total:
        return reference.total
    if line.key is not None and reference.by_group:
        return reference.by_group.get(line.key, 0)
    if line.tier is not None and grouping is not None and reference.by_group:
        members = _members(line.tier, grouping)
        return sum(reference.by_group.get(key, 0) for key in members)
    return None


def _members(tier: str, grouping: Grouping) -> list[str]:
    return [key for key in grouping.keys if grouping.tiers.get(key) == tier]


def _group_of(line: _Line, grouping: Grouping | None) -> str | None:
    if line.tier is not None:
        return f"tier {line.tier}"
    return None if line.key is None else group_label(grouping, line.key)


def _arithmetic(
    line: _Line, expected: int, reference: _Reference, grouping: Grouping | None
) -> str:
    """The sum that gives the right number, and what the written one would be the sum of."""
    if line.tier is None or grouping is None or line.count is None:
        return f"{expected:,} expected"
    sizes = {key: reference.by_group.get(key, 0) for key in _members(line.tier, grouping)}
    values = list(sizes.values())
    if len(set(values)) == 1:
        text = f"{len(values)} × {values[0]:,} = {expected:,}"
    else:
        text = " + ".join(f"{value:,}" for value in values[:12])
        text += " + …" if len(values) > 12 else ""
        text += f" = {expected:,}"
    if len(sizes) > 12:
        return text
    for size in range(1, len(sizes)):
        for part in combinations(sizes.items(), size):
            exact = float(sum(n for _, n in part))
            if line.count.interval.overlaps(Interval(exact, exact)):
                names = ", ".join(grouping.label(key) for key, _ in part)
                which = "" if len(set(values)) == 1 else f" ({names})"
                return f"{text}; {line.count.text} is {size} of {len(sizes)} groups{which}"
    return text


def _share_interval(share: Written, units: float) -> Interval:
    return Interval.around(share.value, 2 * units * share.half_width)


def _base(line: _Line, units: float) -> Interval | None:
    """The totals of which the count of a row is the share written beside it."""
    if line.count is None or line.share is None or line.count.value <= 0:
        return None
    share, count = _share_interval(line.share, units), line.count.interval
    if share.high <= 0:
        return None
    low = max(count.low, 0.0) * 100 / share.high
    return Interval(low, math.inf if share.low <= 0 else count.high * 100 / share.low)


def _shares_of_counts(
    reading: _Reading, blamed: set[int], right: list[str], params: Params
) -> list[_Problem]:
    """Hold the share of every row against its count."""
    bases = {
        line: base
        for line in reading.lines
        if (base := _base(line, params.share_units)) is not None
    }
    if len(bases) < 2:
        return []
    total = _last_total(reading)
    agreed = _most_common(list(bases.values()))
    if total is not None and total.count is not None:
        exact = total.count.interval
        fits = [line for line, base in bases.items() if base.overlaps(exact)]
        rows = [line for line in bases if line is not total]
        if 2 * len([line for line in fits if line is not total]) >= len(rows):
            agreed = exact
    inside = [line for line, base in bases.items() if base.overlaps(agreed)]
    outside = [line for line in bases if line not in inside]
    if not outside:
        right.append(f"{len(inside)} shares are of one total{_about(agreed)}")
        return []
    strong = bool(_STRONG_SHARE.search(reading.share_header)) or not reading.share_header
    narrow = agreed.high - agreed.low < 0.05 * agreed.low
    majority = 2 * len(inside) > len(bases) and narrow and (strong or len(inside) > 2)
    if not majority and not (strong and total in inside and len(bases) == 2):
        return []
    problems = []
    for line in outside:
        if line.row.line in blamed or line.count is None or line.share is None:
            continue
        middle = (agreed.low + agreed.high) / 2
        share = 100 * line.count.value / middle
        text = (
            f"{line.label} {line.count.text} ({line.share.text}): {line.count.text} / "
            f"{middle:,.0f} = {share:.2f} %"
        )
        problems.append(
            _Problem(
                line.row.line,
                line.label,
                text,
                (
                    Evidence(
                        "stated_share",
                        line.share.value,
                        expected=share,
                        unit="%",
                        method=f"{line.count.text} / {middle:,.0f}, the total that "
                        f"{len(inside)} of {len(bases)} rows agree on",
                        group=line.label or None,
                    ),
                ),
                True,
            )
        )
    return problems


def _about(base: Interval) -> str:
    if math.isinf(base.high):
        return ""
    if round(base.low) == round(base.high):
        return f", {round(base.low):,}"
    return f" between {math.ceil(base.low):,} and {math.floor(base.high):,}"


def _most_common(intervals: Sequence[Interval]) -> Interval:
    """The range that lies in the largest number of intervals (the leftmost such)."""
    best, most = intervals[0], 0
    for start in sorted(intervals, key=lambda each: each.low):
        holding = [each for each in intervals if each.low <= start.low <= each.high]
        if len(holding) > most:
            most = len(holding)
            best = Interval(start.low, min(each.high for each in holding))
    return best


def _last_total(reading: _Reading) -> _Line | None:
    return next((line for line in reversed(reading.lines) if line.is_total), None)


def _sums(
    reading: _Reading,
    table: WrittenTable,
    role: SplitRole | None,
    stated: Mapping[SplitRole, list[tuple[int, Written]]],
    references: Sequence[_Reference],
    grouping: Grouping | None,
    right: list[str],
    params: Params,
) -> list[_Problem]:
    """Hold the sums of counts and of shares against the total."""
    rows = reading.plain
    if len(rows) < 2 or _OVERLAP.search(" ".join((reading.header, table.context))):
        return []
    labelled = _all_labels(rows, grouping)
    total = _last_total(reading)
    introduced = bool(_COMPOSITION.search(table.context))
    if not labelled and (table.partial or not (total or introduced)):
        return []
    if any(_OVERLAP.search(line.label) for line in reading.lines):
        return []
    problems = []
    place = total if total is not None else reading.lines[0]
    line_number = place.row.line if total is not None else table.line
    label = total.label if total is not None else ""
    certain = labelled or total is not None

    whole, source = None, ""
    if total is not None and total.count is not None:
        whole, source = total.count.interval, f"the total row says {total.count.text}"
    elif role is not None and (introduced or reading.share_header) and stated.get(role):
        number = stated[role][0][1]
        whole, source = number.interval, f"{number.text} are stated"
    if whole is not None and all(line.count is not None for line in rows):
        sums = _possible_sums([line.count.interval for line in rows if line.count], reading, total)
        names = "rows sum to"
        value = math.fsum(line.count.value for line in rows if line.count)
        if any(each.overlaps(whole) for each in sums):
            right.append(f"{names} {value:,.0f}")
        elif total is not None or labelled or value < whole.low:
            problems.append(
                _Problem(
                    line_number,
                    label,
                    f"{names} {value:,.0f}, {source}",
                    (
                        Evidence(
                            "count_sum",
                            value,
                            expected=(whole.low + whole.high) / 2,
                            unit="rows",
                            method=" + ".join(line.count.text for line in rows[:12] if line.count)
                            + (" + …" if len(rows) > 12 else "")
                            + f" = {value:,.0f}; {source}",
                        ),
                    ),
                    certain,
                )
            )
    return problems + _share_sum(
        reading, total, labelled, certain, (line_number, label), references, role, right, params
    )


def _share_sum(
    reading: _Reading,
    total: _Line | None,
    labelled: bool,
    certain: bool,
    place: tuple[int, str],
    references: Sequence[_Reference],
    role: SplitRole | None,
    right: list[str],
    params: Params,
) -> list[_Problem]:
    rows = reading.plain
    if any(line.share is None for line in rows):
        return []
    intervals = [_share_interval(line.share, params.share_units) for line in rows if line.share]
    value = math.fsum(line.share.value for line in rows if line.share)
    whole, source = Interval(100.0, 100.0), "100 %"
    if total is not None and total.share is not None:
        whole = _share_interval(total.share, params.share_units)
        source = f"{total.share.text} in the total row"
    if any(each.overlaps(whole) for each in _possible_sums(intervals, reading, total)):
        right.append(f"shares sum to {value:.4g} %")
        return []
    if total is None or total.share is None:
        bases = [base for line in rows if (base := _base(line, params.share_units))]
        agreed = _most_common(bases) if bases else None
        # shares of something larger, such as the whole data set: nothing to complain about
        if value < 50 or (not labelled and value > 100):
            return []
        if agreed is not None and _other_total(agreed, references, role):
            return []
    return [
        _Problem(
            place[0],
            place[1],
            f"shares sum to {value:.4g} %, not {source}",
            (
                Evidence(
                    "share_sum",
                    round(value, 9),
                    expected=(whole.low + whole.high) / 2,
                    unit="%",
                    n=len(rows),
                    method=" + ".join(f"{ln.share.value:g}" for ln in rows[:12] if ln.share)
                    + (" + …" if len(rows) > 12 else "")
                    + f" = {value:.4g}; expected {source}",
                ),
            ),
            certain,
        )
    ]


def _other_total(base: Interval, references: Sequence[_Reference], role: SplitRole | None) -> bool:
    """Whether shares are of something else that is known, such as the whole data set."""
    own = {r.total for r in references if r.role is not None and role in (None, r.role)}
    if any(base.overlaps(Interval(total, total)) for total in own):
        return False
    other = {r.total for r in references if r.total not in own}
    other.add(sum({r.role: r.total for r in references if r.role is not None}.values()))
    return any(base.overlaps(Interval(total, total)) for total in other)


def _all_labels(rows: Sequence[_Line], grouping: Grouping | None) -> bool:
    """Whether the rows are all known groups, or all known tiers, each once."""
    if grouping is None:
        return False
    keys = [line.key for line in rows if line.key is not None]
    tiers = [line.tier for line in rows if line.tier is not None]
    if len(keys) == len(rows):
        return sorted(keys) == sorted(grouping.keys)
    if len(tiers) == len(rows) and len(set(grouping.tiers.values())) > 1:
        return sorted(tiers) == sorted(set(grouping.tiers.values()))
    return False


def _possible_sums(
    values: Sequence[Interval], reading: _Reading, total: _Line | None
) -> list[Interval]:
    """Sums that a total row may mean: of all rows, of its own part, without nested subtotals."""
    sums = [_sum(values), _sum(_without_parents(values)), _sum(_without_parents(values[::-1]))]
    if total is None:
        return sums
    part: list[Interval] = []
    index = 0
    for line in reading.lines:
        if line is total:
            break
        if line.is_total or line.is_subtotal:
            part = []
        else:
            part.append(values[index])
            index += 1
    if part:
        sums.append(_sum(part))
    return sums


def _sum(values: Iterable[Interval]) -> Interval:
    low, high = 0.0, 0.0
    for value in values:
        low, high = low + value.low, high + value.high
    return Interval(low, high)


def _without_parents(values: Sequence[Interval]) -> list[Interval]:
    """Leave out values that are the sum of the two or more values right after them."""
    kept: list[Interval] = []
    for index, value in enumerate(values):
        running = Interval(0.0, 0.0)
        parent = False
        for count, other in enumerate(values[index + 1 :], start=1):
            running = running + other
            if count > 1 and value.low > 0 and running.overlaps(value):
                parent = True
            if parent or running.low > value.high:
                break
        if not parent:
            kept.append(value)
    return kept


def _where_to_look(problems: Sequence[_Problem]) -> list[_Problem]:
    """Wrong rows; a sum that is off only where no row explains it."""
    rows = [each for each in problems if each.evidence[0].name.startswith("stated")]
    return rows or list(problems)


def _finding(audit: _Audit, table: WrittenTable, document: Document) -> Finding:
    problems = audit.problems
    rows = _where_to_look(problems)
    lines = list(dict.fromkeys(problem.line for problem in rows))
    heading = table.context.split("\n")[0] or table.header[0]
    return Finding(
        check_id="CL501",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if any(p.certain for p in problems) else Confidence.MEDIUM,
        message="; ".join(dict.fromkeys(problem.text for problem in rows[:3]))
        + (f"; and {len(rows) - 3} more" if len(rows) > 3 else ""),
        locations=tuple(document.location(line) for line in lines),
        evidence=tuple(e for problem in problems for e in problem.evidence),
        remedy=Remedy(
            "Correct the table, and write it from the data when the run ends, with its total row."
        ),
        subject=f"{document.path} cell {document.cell} | {heading} | "
        + ", ".join(sorted({problem.label for problem in rows})),
        why="Readers judge an overall metric by its composition; this one does not add up.",
    )


# --- sentences -----------------------------------------------------------------------------------

_NOUN = r"(?:samples?|rows?|examples?|records?|instances?|observations?|images?)"
_WHICH = r"(?P<role>train(?:ing)?|val(?:idation)?|test)"
_HOW_MANY = r"(?P<number>[~≈]?[0-9][0-9,_.’\u00a0\u2009\u202f]{0,20}[kKM]?)"
_STATEMENTS = (
    re.compile(rf"(?<![\w.,=×*+/-]){_HOW_MANY}\*{{0,2}} {_WHICH} {_NOUN}\b", re.I),
    re.compile(
        rf"\b{_WHICH}(?: (?:set|split|data))? (?:has|have|contains|holds|consists of|of|with)"
        rf" \*{{0,2}}{_HOW_MANY}\*{{0,2}} {_NOUN}\b",
        re.I,
    ),
    re.compile(rf"\b{_WHICH} {_NOUN} ?[:=] ?\*{{0,2}}{_HOW_MANY}\*{{0,2}}(?=[\s.;]|$)", re.I),
)
_LOCAL = re.compile(
    r"\b(?:per|each|every|groups?|tiers?|class|classes|only|first|subset|of the|epochs?|batch"
    r"|about half|additional|more|fewer|remaining|hard|easy|medium)\b",
    re.IGNORECASE,
)


def _stated_totals(document: Document) -> dict[SplitRole, list[tuple[int, Written]]]:
    """How many rows a split has, by the document's own sentences: line and number."""
    found: dict[SplitRole, list[tuple[int, Written]]] = {}
    lines = (
        list(enumerate(document.text.splitlines()[:20_000], start=1))
        if document.kind is DocumentKind.OUTPUT
        else prose_lines(document.text)
    )
    for number, line in lines:
        text = plain(line) if len(line) <= 2_000 and "|" not in line else ""
        if _LOCAL.search(text) or _STAGE.search(text) or _OTHER_RUN.search(text):
            continue
        for pattern in _STATEMENTS:
            for match in pattern.finditer(text):
                written = parse_written(match["number"].rstrip(".,"))
                role = next(iter(_roles(match["role"])))
                if written is not None and written.value >= 10:
                    found.setdefault(role, []).append((number, _widened(written)))
    return found


def _sentences(
    document: Document,
    stated: Mapping[SplitRole, list[tuple[int, Written]]],
    references: Sequence[_Reference],
) -> tuple[list[Finding], list[Evidence]]:
    """Hold the sizes that sentences state against the rows of the export."""
    findings, claims = [], []
    for role, statements in stated.items():
        known = [r for r in references if r.role is role]
        if not known:
            continue
        totals = {r.total for r in known}
        fits = [
            any(number.interval.overlaps(Interval(total, total)) for total in totals)
            for _, number in statements
        ]
        for (line, number), right in zip(statements, fits, strict=True):
            if right:
                claims.append(
                    _claim(
                        f"{number.text} {role.value} rows",
                        "consistent",
                        known[0].source,
                        document,
                        line,
                    )
                )
        # training rows are counted at several stages, and code prints what is so at its line
        if any(fits) or role is SplitRole.TRAIN or document.kind is DocumentKind.OUTPUT:
            continue
        line, number = statements[0]
        text = f"{number.text} {role.value} rows are stated, {known[0].total:,} {known[0].source}"
        claims.append(_claim(f"{number.text} {role.value} rows", "wrong", text, document, line))
        findings.append(
            Finding(
                check_id="CL501",
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
                message=text,
                locations=(document.location(line),),
                evidence=(
                    Evidence(
                        "stated_count",
                        number.value,
                        expected=known[0].total,
                        unit="rows",
                        n=known[0].total,
                        method=f"counted: {known[0].source}",
                    ),
                ),
                remedy=Remedy("State the number of rows that the metric was computed on."),
                subject=f"{document.path} cell {document.cell} | size of {role.value}",
                why="The reader weighs a metric by the number of rows behind it.",
            )
        )
    return findings, claims
