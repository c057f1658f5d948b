"""CL504: the same quantity stated in two places with different values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import (
    Baseline,
    Document,
    DocumentKind,
    Documents,
    Metrics,
    MetricTable,
    ReportedValue,
    SplitRole,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.claims.judged import CONSISTENT, UNKNOWN, WRONG, worst_first
from checks.claims.run_names import RunNames, run_names
from checks.claims.stated_groups import groups_against
from checks.claims.stated_metrics import StatedMetric, stated_metrics
from checks.claims.stated_ranges import StatedRange, contradictions, stated_ranges
from checks.kit.intervals import Interval
from checks.kit.run_names import runs_in
from checks.kit.scores import SCORES
from checks.kit.written_lines import document_lines, plain

Key = tuple[str, SplitRole]


@dataclass(frozen=True, slots=True)
class Params:
    """Bounds on what is compared and listed.

    Parameters
    ----------
    max_claims : int
        Checked claims listed in the report.
    max_statements : int
        Statements that are compared.
    """

    max_claims: int = 50
    max_statements: int = 500


@check(
    "CL504", "The same quantity is stated with different values", Severity.WARNING, params=Params
)
def stated_twice(
    documents: Documents, metrics: Metrics | None, baseline: Baseline | None, params: Params
) -> Outcome:
    """Compare what documents, outputs and metrics files say of the same quantity.

    What
    ----
    The overall value of a metric on a split, in Markdown files, Markdown cells, recorded outputs
    and metrics files; columns of tables with its values by group; ranges that one document states
    twice ("3–4x worse", "4–5x worse"); the name of the run in titles and in the metrics file.

    Why
    ---
    Two values of one quantity cannot both be right. One of them was copied from another run, or
    the run was repeated and the text was not.

    How it is found
    ---------------
    A statement counts only if it names metric and split and every other word of it is a plain
    one, so that numbers of baselines, folds, classes, epochs and other models are left out. It is
    held against the metrics file, with the rounding of both, cut-off digits, and percent or share
    allowed; where the metrics file does not have the quantity, against the one value of each
    other document. A column of a table is held against the values by group of a metrics file, or
    against a column of the same name in another document, where at least two rows agree, and
    twice as many as differ. Ranges disagree only if neither bound is the same. Run names are
    compared between titles and the metrics file. What a notebook prints, or says before its
    results, is a note: it may be about an earlier state.

    False alarms
    ------------
    Silent by design: documents that state several values of one quantity; sections about
    baselines, ablations, history or comparisons; values in other units; a column beside another
    one that agrees in all rows. A title that names the
    run of another notebook can look wrong.

    Remedy
    ------
    Write the numbers of documents from the metrics file, and repeat the run or correct the text.

    References
    ----------
    Pineau et al. (2021), Improving reproducibility in machine learning research. Nuijten et al.
    (2016), statcheck.
    """
    names = run_names(documents, metrics)
    stated = [each for document in documents.items for each in stated_metrics(document)]
    stated = [each for each in stated if _of_this_run(each, names)][: params.max_statements]
    findings, claims = _against_metrics(stated, metrics, names)
    covered = _keys_of(metrics)
    rest = [each for each in stated if (each.metric, each.role) not in covered]
    tables = [*(metrics.tables if metrics else ()), *([baseline.table] if baseline else ())]
    for found, listed in (
        _among_documents(rest, documents),
        groups_against(documents, tables),
        _ranges(documents),
        _names(names),
    ):
        findings += found
        claims += listed
    listed_claims = worst_first(claims, params.max_claims)
    if findings:
        return failed(findings, listed_claims)
    if any(each.expected == CONSISTENT for each in claims):
        return passed(f"{len(claims)} quantities agree wherever they are stated", listed_claims)
    if any(each.plain for each in stated):
        reason = f"{len(stated)} metrics are stated, and nothing to hold them against"
        return review(reason, listed_claims)
    return not_applicable("no document states a metric of a whole split", listed_claims)


# --- documents against the metrics file ------------------------------------------------------


def _of_this_run(stated: StatedMetric, names: RunNames) -> bool:
    return not (stated.runs and names.known and not stated.runs & names.known)


def _keys_of(metrics: Metrics | None) -> dict[Key, list[MetricTable]]:
    found: dict[Key, list[MetricTable]] = {}
    for table in metrics.tables if metrics is not None else ():
        if table.overall is not None and table.role is not None:
            found.setdefault((table.metric, table.role), []).append(table)
    return found


def _against_metrics(
    stated: Sequence[StatedMetric], metrics: Metrics | None, names: RunNames
) -> tuple[list[Finding], list[Evidence]]:
    findings: list[Finding] = []
    claims: list[Evidence] = []
    known = _keys_of(metrics)
    for (document, key), group in _by_document(stated).items():
        tables = known.get(key, [])
        values = [table.overall for table in tables if table.overall is not None]
        if not values:
            continue
        right = [each for each in group if any(_agree(each, value) for value in values)]
        claims += [_claim(each, CONSISTENT, _quoted(values[0])) for each in right if each.plain]
        group = [each for each in group if each.plain]
        distinct = {each.value.value for each in group}
        same = len({value.value for value in values}) == 1
        if right or not group:
            continue
        if len(distinct) > 1 or not same or _other_title(document, tables, names):
            claims.append(_claim(group[0], UNKNOWN, "several values, or another run"))
            continue
        if any(_other_unit(group[0], value) for value in values):
            claims.append(_claim(group[0], UNKNOWN, "perhaps in another unit"))
            continue
        claims.append(_claim(group[0], WRONG, _quoted(values[0])))
        findings.append(_wrong(group[0], values[0]))
    return findings, claims


def _by_document(stated: Sequence[StatedMetric]) -> dict[tuple[Document, Key], list[StatedMetric]]:
    """Statements by document; all outputs of a notebook count as one document."""
    found: dict[tuple[Document, Key], list[StatedMetric]] = {}
    first: dict[tuple[str, DocumentKind], Document] = {}
    for each in stated:
        document = first.setdefault((each.document.path, each.document.kind), each.document)
        found.setdefault((document, (each.metric, each.role)), []).append(each)
    return found


def _agree(stated: StatedMetric, value: ReportedValue) -> bool:
    truth = Interval.around(value.value, value.half_width)
    return any(near.overlaps(truth) for near in _meanings(stated))


def _meanings(stated: StatedMetric) -> list[Interval]:
    written = stated.value
    # twice the half width: digits are cut off as often as they are rounded
    near = Interval.around(written.value, max(2 * written.half_width, 0.0))
    if not written.half_width:
        near = Interval.around(written.value, 1.0)
    score = SCORES.get(stated.metric)
    if written.percent or (score is not None and (score.share or score.name == "r2")):
        hundred = Interval(100.0, 100.0)
        return [near, near * hundred, near / hundred]
    return [near]


def _other_unit(stated: StatedMetric, value: ReportedValue) -> bool:
    truth = Interval.around(value.value, value.half_width)
    return any(
        (near * Interval(10.0**power, 10.0**power)).overlaps(truth)
        for near in _meanings(stated)
        for power in (-6, -3, -2, 2, 3, 6)
    )


def _other_title(document: Document, tables: Sequence[MetricTable], names: RunNames) -> bool:
    own = names.titles.get(document.path)
    labels = frozenset().union(*(runs_in(table.label) for table in tables))
    return bool(own and labels and not own & labels)


def _quoted(value: ReportedValue) -> str:
    return f"{value.location} has {value.value:.6g}"


def _claim(stated: StatedMetric, verdict: str, method: str) -> Evidence:
    place = str(stated.document.location(stated.line))
    return Evidence("claim", stated.quoted, verdict, unit=place, method=method)


def _severity(*stated: StatedMetric) -> Severity:
    """What a notebook says or prints midway need not be about what was exported in the end."""
    final = all(each.document.kind is DocumentKind.FILE or each.in_results for each in stated)
    return Severity.WARNING if final else Severity.NOTE


def _wrong(stated: StatedMetric, value: ReportedValue) -> Finding:
    certain = stated.document.kind is DocumentKind.FILE
    return Finding(
        check_id="CL504",
        severity=_severity(stated),
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        message=f'{stated.document.path} says "{stated.quoted}", {value.location.path} has '
        f"{value.value:.6g}",
        locations=(
            stated.document.location(stated.line),
            replace(value.location, role=Role.RELATED, note="the value in the metrics file"),
        ),
        evidence=(
            Evidence(
                "stated_metric",
                stated.value.value,
                expected=value.value,
                method=f"{stated.metric} on {stated.role.value}: {_quoted(value)}",
            ),
        ),
        remedy=Remedy("State the value of the metrics file, or export the run that is described."),
        subject=f"{stated.document.path} | {stated.metric} {stated.role.value}",
        why="One of the two values belongs to another run.",
    )


# --- documents against one another -----------------------------------------------------------


def _among_documents(
    stated: Sequence[StatedMetric], documents: Documents
) -> tuple[list[Finding], list[Evidence]]:
    notebooks = {d.path for d in documents.items if d.kind is not DocumentKind.FILE}
    single = [
        group[0]
        for (document, _), group in _by_document(stated).items()
        if len({each.value.value for each in group}) == 1
        and all(each.plain for each in group)
        # several notebooks are several experiments
        and (document.kind is DocumentKind.FILE or len(notebooks) == 1)
    ]
    findings: list[Finding] = []
    claims: list[Evidence] = []
    by_key: dict[Key, list[StatedMetric]] = {}
    for each in single:
        by_key.setdefault((each.metric, each.role), []).append(each)
    for group in by_key.values():
        first, others = group[0], group[1:]
        for other in others:
            if first.runs != other.runs or _folder(first) != _folder(other):
                continue
            place = str(other.document.location(other.line))
            if any(a.overlaps(b) for a in _meanings(first) for b in _meanings(other)):
                claims.append(_claim(first, CONSISTENT, f'{place}: "{other.quoted}"'))
                continue
            claims.append(_claim(first, WRONG, f'{place}: "{other.quoted}"'))
            findings.append(_disagree(first, other))
    return findings, claims


def _folder(stated: StatedMetric) -> str:
    return stated.document.path.rpartition("/")[0]


def _disagree(first: StatedMetric, other: StatedMetric) -> Finding:
    return Finding(
        check_id="CL504",
        severity=_severity(first, other),
        confidence=Confidence.MEDIUM,
        message=f'{first.document.path} says "{first.quoted}", {other.document.path} says '
        f'"{other.quoted}"',
        locations=(
            first.document.location(first.line),
            other.document.location(other.line, role=Role.RELATED, note="the other value"),
        ),
        evidence=(
            Evidence(
                "stated_metric",
                first.value.value,
                expected=other.value.value,
                method=f"{first.metric} on {first.role.value}, stated in two documents",
            ),
        ),
        remedy=Remedy("Keep the value in one place, and write the documents from it."),
        subject=f"{first.document.path} and {other.document.path} | {first.metric} "
        f"{first.role.value}",
        why="Both cannot be right.",
    )


# --- ranges and names ------------------------------------------------------------------------


def _ranges(documents: Documents) -> tuple[list[Finding], list[Evidence]]:
    findings: list[Finding] = []
    claims: list[Evidence] = []
    for document in documents.items:
        if document.kind is DocumentKind.OUTPUT:
            continue
        lines = [(number, plain(line)) for number, line in document_lines(document)]
        for first, other in contradictions(stated_ranges(lines)):
            place = str(document.location(other.line))
            claims.append(
                Evidence("claim", other.quoted, WRONG, unit=place, method=f'"{first.quoted}"')
            )
            findings.append(_two_ranges(first, other, document))
    return findings, claims


def _two_ranges(first: StatedRange, other: StatedRange, document: Document) -> Finding:
    unit = first.key.rpartition(" ")[2] if first.key[-1] in "x%" else ""
    ranges = [f"{each.low:g}–{each.high:g}{unit}" for each in (first, other)]
    about = first.key.removesuffix(unit).strip()
    return Finding(
        check_id="CL504",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{ranges[0]} in one place and {ranges[1]} in another ({about})",
        locations=(
            document.location(first.line),
            document.location(other.line, role=Role.RELATED, note="the other range"),
        ),
        evidence=(
            Evidence(
                "stated_range",
                (first.low, first.high),
                expected=(other.low, other.high),
                method=f'"{first.quoted}" and "{other.quoted}"',
            ),
        ),
        remedy=Remedy("State the range once, and say how it was computed."),
        subject=f"{document.path} cell {document.cell} | range of {first.key}",
        why="A reader cannot tell which of the two holds.",
    )


def _names(names: RunNames) -> tuple[list[Finding], list[Evidence]]:
    if names.disagreement is None:
        return [], []
    place, other = names.disagreement
    locations: tuple[Location, ...] = (
        place.location,
        replace(other.location, role=Role.RELATED, note=f"says {other.name}"),
    )
    finding = Finding(
        check_id="CL504",
        severity=names.severity,
        confidence=Confidence.MEDIUM,
        message=f"{place.location.path} is about {place.name}, {other.location.path} about "
        f"{other.name}",
        locations=locations,
        evidence=(
            Evidence(
                "stated_run", place.name, expected=other.name, method=f"{other.location} names it"
            ),
        ),
        remedy=Remedy(
            "Name the run that was exported everywhere, or export the run that is named."
        ),
        subject=f"run name of {place.location.path} and {other.location.path}",
        why="Numbers of different runs may have been put together.",
    )
    return [finding], []
