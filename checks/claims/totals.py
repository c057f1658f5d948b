"""CL501: counts, shares and totals in documents and recorded outputs that do not add up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
from audit.model.severity import Confidence, Severity
from checks.claims.arithmetic import shares_of_counts, sums
from checks.claims.contradiction import Contradiction, Judgement
from checks.claims.row_counts import RowCounts, against_rows, documented_counts, row_counts
from checks.claims.row_shares import StatedShare, shares_in_sentences
from checks.kit.intervals import Interval
from checks.kit.written_compositions import Composition, compositions
from checks.kit.written_decimals import with_decimal_points
from checks.kit.written_lines import unread_lines
from checks.kit.written_splits import StatedSize, stated_sizes
from checks.kit.written_tables import WrittenTable, tables_of


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
    has, or "36 of 240 patients (15 %)". One finding for each table.

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
    (an ellipsis, "top 5"); shares of another base than the total, such as another count of the
    row; changes, accuracies and other percentages that are no shares; subtotals and nested
    totals; numbers written with "about"; rows counted before or after a step that the export does
    not hold. A table that describes another run than the exported one can look wrong where some
    of its rows agree by chance.

    Remedy
    ------
    Write tables from the data when the run ends, not by hand, and print the total below them.

    References
    ----------
    Brown & Heathers (2017), The GRIM test. Nuijten et al. (2016), statcheck.
    """
    known = row_counts(splits, grouping, predictions, metrics, raw)
    if not any(counts.by_group for counts in known):
        known += documented_counts(documents, grouping)
    findings: list[Finding] = []
    claims: list[Evidence] = []
    for document in documents.items:
        found, stated = _judge(document, known, grouping, params)
        findings += found
        claims += stated
    looked_at = bool(claims)
    claims = sorted(claims, key=lambda claim: claim.expected != "wrong")[: params.max_claims]
    unread = _unread(documents)
    if findings:
        return failed(findings, claims)
    if any(claim.expected == "consistent" for claim in claims):
        reason = f"{len(claims)} statements about counts, shares and totals looked at"
        return passed(reason + unread, claims)
    if looked_at:
        reason = "tables of counts were found, and nothing to hold them against"
        return review(reason + unread, claims)
    return not_applicable("no document states counts, shares of a total or totals" + unread)


def _unread(documents: Documents) -> str:
    lines = sum(unread_lines(document.text) for document in documents.items)
    return f"; {lines:,} lines were not read, too long or too many" if lines else ""


def _judge(
    document: Document, known: Sequence[RowCounts], grouping: Grouping | None, params: Params
) -> tuple[list[Finding], list[Evidence]]:
    """Findings and claims of one document."""
    findings: list[Finding] = []
    claims: list[Evidence] = []
    read = with_decimal_points(document) or document
    stated = stated_sizes(read)
    first_at: dict[int, WrittenTable] = {}
    for table in tables_of(read):
        first_at.setdefault(table.line, table)
    for table in first_at.values():
        contradictions: list[Contradiction] = []
        for composition in compositions(table, grouping):
            judgement = _judge_composition(composition, document, stated, known, grouping, params)
            contradictions += judgement.contradictions
            claims += _claims(composition, judgement, document)
        if contradictions:
            findings.append(_finding(contradictions, table, document))
    found, sentences = _judge_sizes(document, stated, known)
    shares, listed = _judge_shares(document, read, params)
    return findings + found + shares, claims + sentences + listed


# --- tables --------------------------------------------------------------------------------------


def _judge_composition(
    composition: Composition,
    document: Document,
    stated: Sequence[StatedSize],
    known: Sequence[RowCounts],
    grouping: Grouping | None,
    params: Params,
) -> Judgement:
    place = str(document.location(composition.table.line))
    rows = against_rows(composition, place, known, grouping)
    blamed = {each.line for each in rows.contradictions}
    shares = shares_of_counts(composition, blamed, params.share_units)
    return rows + shares + sums(composition, stated, known, grouping, params.share_units)


def _claims(composition: Composition, judgement: Judgement, document: Document) -> list[Evidence]:
    where = composition.table.header[0] or "list"
    header = composition.header or composition.share_header
    name = f"{header} by {where.casefold()}".strip()
    line = composition.table.line
    if judgement.contradictions:
        quoted = {row.line: str(row) for row in composition.rows}
        return [
            _claim(
                quoted.get(each.line, each.label) or name,
                "wrong",
                each.text,
                document,
                each.line,
            )
            for each in _where_to_look(judgement.contradictions)
        ]
    if judgement.agreements:
        return [_claim(name, "consistent", "; ".join(judgement.agreements), document, line)]
    reason = "no total and no rows to hold it against"
    return [_claim(name, "could not tell", reason, document, line)]


def _claim(text: str, verdict: str, method: str, document: Document, line: int) -> Evidence:
    return Evidence("claim", text, verdict, unit=str(document.location(line)), method=method)


def _where_to_look(contradictions: Sequence[Contradiction]) -> list[Contradiction]:
    """Wrong rows; a sum that is off only where no row explains it."""
    return [each for each in contradictions if each.is_about_row] or list(contradictions)


def _finding(
    contradictions: Sequence[Contradiction], table: WrittenTable, document: Document
) -> Finding:
    wrong = _where_to_look(contradictions)
    # Numbers change from run to run, and cells get others above them.
    heading = re.sub(r"\d[\d.,]*", "#", table.context.split("\n")[0] or table.header[0])
    certain = any(each.certain for each in contradictions)
    return Finding(
        check_id="CL501",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        message="; ".join(dict.fromkeys(each.text for each in wrong[:3]))
        + (f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""),
        locations=tuple(
            document.location(line) for line in dict.fromkeys(each.line for each in wrong)
        ),
        evidence=tuple(e for each in contradictions for e in each.evidence),
        remedy=Remedy(
            "Correct the table, and write it from the data when the run ends, with its total row."
        ),
        subject=f"{document.path} | {heading} | "
        + ", ".join(sorted({each.label for each in wrong})),
        why="Readers judge an overall metric by its composition; this one does not add up.",
    )


# --- sentences -----------------------------------------------------------------------------------


def _judge_sizes(
    document: Document, stated: Sequence[StatedSize], known: Sequence[RowCounts]
) -> tuple[list[Finding], list[Evidence]]:
    """Hold the sizes that sentences state against the rows of the export."""
    findings, claims = [], []
    for role in dict.fromkeys(each.role for each in stated):
        counted = [counts for counts in known if counts.role is role]
        if not counted:
            continue
        totals = {counts.total for counts in counted}
        sizes = [each for each in stated if each.role is role]
        right = [
            size
            for size in sizes
            if any(size.rows.interval.overlaps(Interval(total, total)) for total in totals)
        ]
        source = counted[0].source
        claims += [
            _claim(_quoted(size), "consistent", source, document, size.line) for size in right
        ]
        # training rows are counted at several stages, and code prints what is so at its line
        if right or role is SplitRole.TRAIN or document.kind is DocumentKind.OUTPUT:
            continue
        finding = _wrong_size(sizes[0], counted[0], document)
        claims.append(_claim(_quoted(sizes[0]), "wrong", finding.message, document, sizes[0].line))
        findings.append(finding)
    return findings, claims


def _judge_shares(
    document: Document, read: Document, params: Params
) -> tuple[list[Finding], list[Evidence]]:
    """Hold ``36 of 240 patients (15 %)`` against its own arithmetic."""
    findings, claims = [], []
    for stated in shares_in_sentences(read, params.share_units):
        method = f"{stated.arithmetic} = {stated.expected:.2f} %"
        verdict = "consistent" if stated.right else "wrong"
        claims.append(_claim(stated.quoted, verdict, method, document, stated.line))
        if not stated.right:
            findings.append(_wrong_share(stated, method, document))
    return findings, claims


def _wrong_share(stated: StatedShare, method: str, document: Document) -> Finding:
    label = re.sub(r"[0-9][0-9.,]*", "#", stated.quoted)
    return Finding(
        check_id="CL501",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{stated.quoted}: {method}",
        locations=(document.location(stated.line),),
        evidence=(
            Evidence(
                "stated_share", stated.stated, expected=stated.expected, unit="%", method=method
            ),
        ),
        remedy=Remedy("Correct the count or the share."),
        subject=f"{document.path} cell {document.cell} | {label}",
        why="One of the three numbers is wrong.",
    )


def _quoted(size: StatedSize) -> str:
    return f"{size.rows.text} {size.role.value} rows"


def _wrong_size(size: StatedSize, counts: RowCounts, document: Document) -> Finding:
    return Finding(
        check_id="CL501",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{_quoted(size)} are stated, {counts.total:,} {counts.source}",
        locations=(document.location(size.line),),
        evidence=(
            Evidence(
                "stated_count",
                size.rows.value,
                expected=counts.total,
                unit="rows",
                n=counts.total,
                method=f"counted: {counts.source}",
            ),
        ),
        remedy=Remedy("State the number of rows that the metric was computed on."),
        subject=f"{document.path} | size of {size.role.value}",
        why="The reader weighs a metric by the number of rows behind it.",
    )
