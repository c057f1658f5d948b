"""CL502: changes, percentages of change, multiples and formulas that do not follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind, Documents
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.claims.change_ranges import ranges_below
from checks.claims.change_sentences import changes_in_sentences, listed_gaps
from checks.claims.change_tables import changes_in_table
from checks.claims.judged import CONSISTENT, WRONG, Judged, claim, without_mark, worst_first
from checks.kit.intervals import Interval
from checks.kit.written_decimals import with_decimal_points
from checks.kit.written_formulas import Formula, formulas
from checks.kit.written_lines import document_lines, plain, text_lines, unread_lines
from checks.kit.written_tables import tables_of


@dataclass(frozen=True, slots=True)
class Params:
    """Bounds on what is listed.

    Parameters
    ----------
    max_claims : int
        Checked claims listed in the report.
    max_tables : int
        Tables of one document that are looked at.
    """

    max_claims: int = 50
    max_tables: int = 300


@check("CL502", "A stated change does not follow from its numbers", Severity.WARNING, params=Params)
def changes(documents: Documents, params: Params) -> Outcome:
    """Check changes, percentages, multiples and written formulas against the numbers beside them.

    What
    ----
    Columns of changes in tables ("Change", "% Change", "Ratio"), changes in sentences ("0.181,
    51.5 % better than 0.374", "from 82.1 % to 85.3 % (+3.2 points)", "3,600 → 93,600 (26x)"), a
    train-validation gap below its two values, ranges below a table that sum up its rows ("easy
    cases: 3-4x worse"), and formulas ("(a × b + c) / n ≈ 0.181"). One
    finding for each table and each sentence.

    Why
    ---
    A change is what readers remember of a result. One that does not follow from the numbers
    beside it was typed by hand, or belongs to another version of them.

    How it is found
    ---------------
    Every number stands for the interval that it may have been rounded from; whole numbers too,
    and a stated change may be rounded or cut off. A change is wrong only if no reading fits:
    relative to the old or the new value, percent or percentage points, a ratio or an increase
    ("3x worse"), reduction or change counted positive, a change of the error where an accuracy
    is stated. In a table a row is blamed only where most other rows show what the column means,
    or the two columns are plainly the old and the new value; where at least four rows are signed,
    also one whose sign is the opposite of all others. A column "vs. X" is held against the row X.
    Formulas are read by the usual precedence, and once more with a last division applied to all
    that stands before it.

    False alarms
    ------------
    Silent by design: both signs; "up to", "more than" and other bounds; ranges; changes against
    another row or against a number that is not in the table; means of changes; documents with
    both decimal commas and decimal points. A sentence that states two numbers and a change of
    something else can look wrong.

    Remedy
    ------
    Compute changes where the numbers are computed, from full precision, and say what they are
    relative to.

    References
    ----------
    Brown & Heathers (2017), The GRIM test. Nuijten et al. (2016), statcheck.
    """
    findings: list[Finding] = []
    claims: list[Evidence] = []
    for document in documents.items:
        judged = _judge(document, params)
        claims += [claim(each, document) for each in judged]
        findings += _findings([each for each in judged if each.verdict == WRONG], document)
    unread = sum(unread_lines(document.text) for document in documents.items)
    note = f"; {unread:,} lines were not read, too long or too many" if unread else ""
    listed = worst_first(claims, params.max_claims)
    if findings:
        return failed(findings, listed)
    if any(each.expected == CONSISTENT for each in claims):
        return passed(f"{len(claims)} stated changes and formulas follow{note}", listed)
    if claims:
        return review(f"changes are stated, and it is not clear of what{note}", listed)
    return not_applicable(f"no document states a change beside its two numbers{note}")


def _judge(document: Document, params: Params) -> list[Judged]:
    read = with_decimal_points(document)
    if read is None:
        return []
    document = read
    found: list[Judged] = []
    seen: set[int] = set()
    is_prose = document.kind is not DocumentKind.OUTPUT
    lines = [(number, plain(line)) for number, line in document_lines(document)] if is_prose else []
    for table in tables_of(document)[: params.max_tables]:
        if table.line not in seen:
            found += changes_in_table(table)
            found += ranges_below(table, lines)
        seen.add(table.line)
    if is_prose:
        found += changes_in_sentences(document)
        found += listed_gaps(lines)
    found += [_formula(each) for each in formulas(text_lines(document))]
    return found


def _formula(formula: Formula) -> Judged:
    stated, quoted = formula.result, f"{formula.expression} = {formula.result.text}"
    half_width = max(2 * stated.half_width, 0.0 if stated.half_width else 1.0)
    near = Interval.around(stated.value, half_width)
    hundred = Interval(100.0, 100.0)
    for value, point in zip(formula.values, formula.points, strict=True):
        meanings = [value, value * hundred, value / hundred]
        if stated.text.rstrip()[-1:] in "kKM":  # 256 × 256 = 64K
            meanings += [value * Interval(b, b) for b in (1000 / 1024, (1000 / 1024) ** 2)]
        if any(each.overlaps(near) for each in meanings):
            method = f"{formula.expression} = {point:.6g}"
            return Judged(formula.line, quoted, CONSISTENT, method, stated.value)
    # the reading that the writer evidently meant is the one that comes nearer
    expected, *_ = sorted(formula.points, key=lambda point: abs(point - stated.value))
    method = f"{formula.expression} = {expected:.3g}"
    if len(formula.points) > 1 and expected == formula.points[1] != formula.points[0]:
        method = (
            f"it gives {expected:.3g} with everything before the division in parentheses, "
            f"{formula.points[0]:,.6g} as written"
        )
    return Judged(formula.line, quoted, WRONG, method, stated.value, expected, formula.expression)


def _findings(wrong: Sequence[Judged], document: Document) -> list[Finding]:
    """One finding for each table, and for each sentence outside of tables."""
    by_place: dict[tuple[str, int], list[Judged]] = {}
    for each in wrong:
        place = ("table", each.table) if each.table is not None else ("line", each.line)
        by_place.setdefault(place, []).append(each)
    subjects: dict[str, int] = {}
    found = []
    for group in by_place.values():
        labels = ", ".join(sorted({each.label for each in group}))
        subject = f"{document.path} cell {document.cell} | {labels}"
        subjects[subject] = subjects.get(subject, 0) + 1
        if subjects[subject] > 1:
            subject += f" | {subjects[subject]}"
        found.append(_finding(group, document, subject))
    return found


def _finding(wrong: Sequence[Judged], document: Document, subject: str) -> Finding:
    certain = any(each.certain for each in wrong)
    message = "; ".join(f"{without_mark(each.quoted)}: {each.method}" for each in wrong[:3])
    return Finding(
        check_id="CL502",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        message=message + (f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""),
        locations=tuple(
            document.location(line) for line in dict.fromkeys(each.line for each in wrong)
        ),
        evidence=tuple(
            Evidence(
                "stated_change",
                each.stated,
                expected=each.expected,
                method=each.method,
                group=each.label or None,
            )
            for each in wrong
        ),
        remedy=Remedy(
            "Compute the change from the two numbers, in full precision, and say what it is "
            "relative to."
        ),
        subject=subject,
        why="Readers remember the change; this one does not follow from the numbers beside it.",
    )
