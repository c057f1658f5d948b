"""AU301: copies that are made against copies that the text declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from audit.model.artifacts import Code, CodeFacts, Documents, Grouping, RawData, Splits
from audit.model.check import NoParams, Outcome, check, failed, not_applicable, passed
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.augmentation.growth_measures import Growth, growth_evidence, measure_growth
from checks.augmentation.origins import origins
from checks.augmentation.statements import Statement, in_comments, in_documents

_MAX_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Actual:
    """Copies that are made for one group, and how that is known."""

    copies: int
    method: str
    literal: Location | None


@check(
    "AU301",
    "More or fewer copies are made than the text says",
    Severity.WARNING,
)
def declared_copies(
    facts: CodeFacts | None,
    code: Code | None,
    documents: Documents | None,
    raw: RawData | None,
    splits: Splits | None,
    grouping: Grouping | None,
    params: NoParams,
) -> Outcome:
    """Comments, docstrings and documents state another number of copies than is made.

    What
    ----
    A comment, a docstring or a document says how many augmented copies a source row gets, for all
    rows, for a tier or for a group, and the code (or the data) makes another number.

    Why
    ---
    Readers judge an augmentation by what is written. Fifty copies where two are declared change
    the mixture of groups, the meaning of an average, and the harm of a leak.

    How it is found
    ---------------
    The actual number comes from the literals that steer the copying loop, and from the rows: rows
    per group divided by source rows per group, minus one, in the splits that hold copies. Where a
    column marks the copies (`is_augmented`), the rows tell the number of each group for which it
    is a whole number; otherwise they do where the code tells none, and all are whole. The
    declared number comes from a comment on the line of the literal, from a comment above it, or
    from prose that names the group or its tier or speaks of augmentation ("3/2/1 copies for
    hard/medium/easy").
    Both readings of "3 copies" (with and without the original) are allowed for.

    False alarms
    ------------
    A number that cannot be tied to a group or to every row is ignored, and so are copies of other
    things (models, files), plans ("should", "next"), and statements that agree in one of their
    readings. Where the data confirm the statement, the code is not held against it.

    Remedy
    ------
    Make the text and the literal agree, and record the growth factor that the run really had.

    References
    ----------
    Shorten and Khoshgoftaar (2019), A survey on image data augmentation for deep learning,
    Journal of Big Data 6(60). Mitchell et al. (2019), Model cards for model reporting.
    """
    grown, marked = _grown(raw, splits)
    growth = [] if grown is None else list(growth_evidence(grown, None, None))[:1]
    data = {} if grown is None else {key: each - 1 for key, each in grown.groups.items()}
    actual = _actual(facts, data, None if grown is None else grown.overall, marked)
    measured = [*growth, *_measured(actual, grouping)]
    if not actual:
        return not_applicable(
            "no number of copies could be read from the code, and the data do not tell one",
            measured,
        )
    places: dict[str | None, list[Location]] = {}
    for count in facts.copies if facts is not None else ():
        places.setdefault(count.group, []).append(count.location)
    for key in actual:
        places.setdefault(key, [])
    tiers = grouping.tiers if grouping is not None else {}
    statements: list[Statement] = []
    if code is not None:
        statements += in_comments(code, places, tiers)
    if documents is not None:
        statements += in_documents(documents, places, tiers)
    statements = _once(statements)
    statements = [each for each in statements if not _is_total(each, grown)]
    against = [
        (key, statement)
        for statement in statements
        for key in _contradicted(statement, actual, data)
    ]
    if against:
        return failed([_finding(against, actual, growth, grouping)], measured)
    if not any(_groups(statement, actual) for statement in statements):
        return not_applicable(
            "nothing in comments, docstrings or documents says how many copies are made", measured
        )
    return passed(
        f"{len(statements)} statement(s) about copies agree with what is made: "
        f"{_in_words(actual, grouping)}",
        measured,
    )


def _is_total(statement: Statement, grown: Growth | None) -> bool:
    """Whether the number is that of all copies of a group, which is no number per row."""
    if grown is None or not statement.allowed:
        return False
    most = max(statement.allowed)
    made = {key: grown.after[key] - n for key, n in grown.before.items()}
    totals = {made.get(key) for key in statement.groups}
    totals.add(sum(made.get(key, 0) for key in statement.groups))
    return most in totals and most > 1


def _in_words(actual: Mapping[str | None, _Actual], grouping: Grouping | None) -> str:
    """Copies by tier where each tier has one number, else by group."""
    tiers = grouping.tiers if grouping is not None else {}
    by_tier: dict[str, set[int]] = {}
    for key, made in actual.items():
        by_tier.setdefault(tiers.get(key or "", ""), set()).add(made.copies)
    if tiers and "" not in by_tier and all(len(numbers) == 1 for numbers in by_tier.values()):
        named = [(tier, next(iter(numbers))) for tier, numbers in by_tier.items()]
    else:
        named = [
            (_label(key, grouping) or "every row", made.copies) for key, made in actual.items()
        ]
    shown = ", ".join(f"{n} for {name}" for name, n in named[:_MAX_SHOWN])
    return shown + (" …" if len(named) > _MAX_SHOWN else "")


def _grown(raw: RawData | None, splits: Splits | None) -> tuple[Growth | None, bool]:
    """Rows per source row, and whether a column marks the copies one by one."""
    if splits is None:
        return None, False
    found = origins(splits, raw)
    known = None if isinstance(found, str) else found
    return measure_growth(splits, raw, known), splits.train.synthetic is not None


def _actual(
    facts: CodeFacts | None, data: Mapping[str, float], overall: float | None, marked: bool
) -> dict[str | None, _Actual]:
    """Copies per group: from the code, else from the rows where they are whole numbers."""
    found: dict[str | None, _Actual] = {}
    several: set[str | None] = set()
    for count in facts.copies if facts is not None else ():
        known = found.get(count.group)
        if known is not None and known.copies != count.copies:
            several.add(count.group)
        method = f"literal at {count.location}"
        if count.group is not None and count.group in data:
            method += f"; the data have {data[count.group]:.4g} rows more per source row"
        found.setdefault(count.group, _Actual(count.copies, method, count.location))
    for key in several:
        del found[key]
    rows = _from_rows(data, marked)
    if not data and marked and overall is not None:
        rows = _from_rows({None: overall - 1}, marked)
    if marked and rows:
        # Copies that are marked one by one tell more than a number that was found in the code.
        one = set(found) == {None} and {made.copies for made in rows.values()} == {
            found[None].copies
        }
        agree = {k: v for k, v in found.items() if k in rows and rows[k].copies == v.copies}
        return found if one else {**rows, **agree}
    return found if found or several else rows


def _from_rows(data: Mapping[Any, float], marked: bool) -> dict[str | None, _Actual]:
    """Copies of each group where the rows give whole numbers: of the group itself where copies are
    marked, else of all groups.
    """
    whole = {key: round(each) for key, each in data.items() if abs(each - round(each)) < 1e-9}
    if not any(whole.values()) or (len(whole) < len(data) and not marked):
        return {}
    method = (
        "rows of the group / its rows that are no copies, - 1, in the splits that hold copies"
        if marked
        else "rows of the group / source rows of the group - 1, in the splits that hold copies"
    )
    return {key: _Actual(n, method, None) for key, n in whole.items()}


def _measured(actual: Mapping[str | None, _Actual], grouping: Grouping | None) -> list[Evidence]:
    return [
        Evidence(
            "copies_actual",
            made.copies,
            unit="copies per row",
            method=made.method,
            group=_label(key, grouping),
        )
        for key, made in actual.items()
    ]


def _label(key: str | None, grouping: Grouping | None) -> str | None:
    if key is None:
        return None
    return grouping.label(key) if grouping is not None and key in grouping.keys else key


def _groups(statement: Statement, actual: Mapping[str | None, _Actual]) -> tuple[str | None, ...]:
    """Groups that a statement can be held against."""
    if statement.groups:
        return tuple(key for key in statement.groups if key in actual)
    return tuple(actual)


def _contradicted(
    statement: Statement, actual: Mapping[str | None, _Actual], data: Mapping[str, float]
) -> list[str | None]:
    """Groups for which no reading of the statement is true."""
    keys = _groups(statement, actual)
    wrong = [
        key
        for key in keys
        if actual[key].copies not in statement.allowed
        and not (
            key is not None
            and key in data
            and any(abs(data[key] - number) < 1e-9 for number in statement.allowed)
        )
    ]
    if statement.groups:
        return list(wrong)
    wrong = [key for key in wrong if actual[key].copies > 0]
    agrees = any(actual[key].copies in statement.allowed for key in keys)
    return [] if agrees else list(wrong)


def _once(statements: Iterable[Statement]) -> list[Statement]:
    """Statements without repeats; a line that states several numbers for the same group, one of
    them true, is no contradiction, so its readings are put together.
    """
    merged: dict[tuple[Location, tuple[str, ...]], Statement] = {}
    for statement in statements:
        key = (statement.location, statement.groups)
        known = merged.get(key)
        if known is None:
            merged[key] = statement
        elif known.words != statement.words:
            merged[key] = replace(
                known,
                allowed=known.allowed | statement.allowed,
                words=f"{known.words}, {statement.words}",
            )
    return list(merged.values())


def _finding(
    against: list[tuple[str | None, Statement]],
    actual: Mapping[str | None, _Actual],
    growth: list[Evidence],
    grouping: Grouping | None,
) -> Finding:
    claims: dict[str | None, Statement] = {}
    for key, statement in against:
        claims.setdefault(key, statement)
    worst = max(claims, key=lambda key: abs(actual[key].copies - max(claims[key].allowed)))
    literals = list(
        dict.fromkeys(place for key in claims if (place := actual[key].literal) is not None)
    )
    told = list(dict.fromkeys(statement.location for _, statement in against))
    if literals:
        places = (*literals, *(place for place in told if _line(place) not in map(_line, literals)))
    else:
        places = (replace(told[0], role=Role.PRIMARY), *told[1:])
    evidence = []
    for key, statement in claims.items():
        label = _label(key, grouping)
        made = actual[key]
        evidence += [
            Evidence(
                "copies_declared",
                max(statement.allowed),
                unit="copies per row",
                method=f'"{statement.words}" at {statement.location}',
                group=label,
            ),
            Evidence(
                "copies_actual",
                made.copies,
                expected=max(statement.allowed),
                unit="copies per row",
                method=made.method,
                group=label,
            ),
        ]
    others = f" and {len(claims) - 1} more" if len(claims) > 1 else ""
    where = f" for {_label(worst, grouping)}{others}" if worst is not None else ""
    before = "\n".join(place.text for place in literals[:3])
    return Finding(
        check_id="AU301",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if literals else Confidence.MEDIUM,
        message=f"{_number(claims, actual)} per row are made{where}, but the text says "
        f'"{claims[worst].words}"',
        locations=places,
        evidence=(*evidence, *growth),
        remedy=Remedy(
            "Make the number of copies and the text agree, and state the growth factor.",
            before=before,
            after=_corrected(literals[:3], against, actual) if before else "",
        ),
        subject=f"copies:{places[0].path}",
        why="Who reads the text believes in another data set than the one that was trained on.",
    )


def _number(claims: Iterable[str | None], actual: Mapping[str | None, _Actual]) -> str:
    """The copies of all contradicted groups, in words."""
    numbers = sorted({actual[key].copies for key in claims})
    if len(numbers) == 1:
        return f"{numbers[0]} copies"
    return f"up to {numbers[-1]} copies"


def _line(place: Location) -> tuple[str, int | None, int | None]:
    return place.path, place.cell, place.line


def _corrected(
    literals: list[Location],
    against: list[tuple[str | None, Statement]],
    actual: Mapping[str | None, _Actual],
) -> str:
    """The literals with the declared numbers, the one reading of the fix that needs no prose."""
    lines = []
    for place in literals:
        text = place.text
        for key, statement in against:
            if actual[key].literal == place:
                made = str(actual[key].copies)
                head, found, tail = text.rpartition(f": {made}")
                if found:
                    text = f"{head}: {max(statement.allowed)}{tail}"
                break
        lines.append(text)
    return "\n".join(lines)
