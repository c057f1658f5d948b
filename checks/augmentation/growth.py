"""AU302: how much augmentation made the data grow, and how many rows are synthetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from audit.model.artifacts import Code, CodeFacts, Documents, Grouping, RawData, SplitData, Splits
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role, sample_rows
from audit.model.severity import Confidence, Severity
from checks.augmentation.growth_measures import (
    Growth,
    effective_groups,
    growth_evidence,
    label_of,
    measure_growth,
)
from checks.augmentation.origins import Origins, doubt, origins, trusted
from checks.augmentation.stated_growth import StatedGrowth, stated_growth
from checks.augmentation.stated_rows import miscounted


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds of AU302.

    Parameters
    ----------
    max_growth : float
        Rows per source row of a group beyond which it is remarked on: at 10, nine of ten of its
        rows are copies.
    min_heldout : int
        Fewest synthetic held-out rows that are reported.
    """

    max_growth: float = 10.0
    min_heldout: int = 5


@check(
    "AU302",
    "Augmentation makes the data grow beyond what is said or what is sound",
    Severity.WARNING,
    params=Params,
)
def growth(
    splits: Splits,
    raw: RawData | None,
    code: Code | None,
    documents: Documents | None,
    grouping: Grouping | None,
    facts: CodeFacts | None,
    params: Params,
) -> Outcome:
    """The data grew by another factor than the text states, unevenly, or in held-out rows too.

    What
    ----
    Held-out rows are synthetic; a stated growth factor, or a stated number of rows or copies, is
    not the real one; or one group was multiplied so often that nearly all its rows are copies.

    Why
    ---
    A metric on synthetic rows says nothing about original data. Fifty copies of a row hold no more
    information than the row: a group of 20,000 rows made of 400 is still a sample of 400, but it
    counts for 20,000 in the loss and in every average.

    How it is found
    ---------------
    Rows over source rows in the splits that hold copies, overall and by group: held-out rows
    without copies, and a test set that was made apart, neither grew nor were they copied. A row is
    synthetic if a column says so (`is_augmented`, or `columns.synthetic` in `audit.toml`), or if no
    source row has its features. Held-out rows count only where a column says so or their parents
    are known, because they may otherwise come from another source. Growth of a group above
    `max_growth` is a warning where it makes the groups more unequal than the source rows are, or
    makes a group twice as large as any other that was not the largest; otherwise it is a note. Rows
    that are in training more often than among the source rows are exact copies.

    False alarms
    ------------
    Oversampling two to five times is silent, and so is a rare class that is filled up. Statements
    agree if they are true of all rows, of the training rows or of a group, rounding allowed.
    Generating new cases from a simulator is no augmentation: name the file of all cases as
    `roles.raw`.

    Remedy
    ------
    Split first, augment training rows only, report metrics on originals. Prefer weights or fewer,
    more varied copies, and state the growth factor that the run really had.

    References
    ----------
    Shorten and Khoshgoftaar (2019), A survey on image data augmentation for deep learning,
    Journal of Big Data 6(60). Chawla et al. (2002), SMOTE, JAIR 16.
    """
    found = origins(splits, raw)
    known = None if isinstance(found, str) else found
    grown = measure_growth(splits, raw, known)
    if grown is None:
        return not_applicable(str(found))
    measured = growth_evidence(grown, known, grouping)
    findings = []
    if known is not None:
        findings += _held_out(known, params)
    said = list(
        stated_growth(
            code, documents, list(grown.groups), grouping.tiers if grouping is not None else {}
        )
    )
    findings += _misstated(said, grown, measured, grouping)
    findings += miscounted(documents, code, splits, raw)
    believed = known is not None and trusted(known, facts, documents)
    if believed:
        findings += _excessive(grown, splits.train, grouping, params, measured)
    if findings:
        return failed(findings, measured)
    if known is not None and not believed:
        return review(f"{grown.overall:.3g} rows per source row; {doubt(known)}", measured)
    return _without_findings(grown, known, found, said, params, measured)


def _without_findings(
    grown: Growth,
    known: Origins | None,
    found: Origins | str,
    said: Sequence[StatedGrowth],
    params: Params,
    measured: Sequence[Evidence],
) -> Outcome:
    factor = f"{grown.overall:.3g} rows per source row"
    if known is None:
        if grown.overall <= 1:
            return not_applicable(f"nothing was added: {factor}", measured)
        return review(f"{factor}, but {found}", measured)
    doubtful = [
        part
        for part in known.held_out
        if not part.certain and int(part.synthetic.sum()) >= params.min_heldout
    ]
    if doubtful:
        part = doubtful[0]
        return review(
            f"{int(part.synthetic.sum()):,} of {len(part.split):,} {part.split.role.value} rows "
            "are no source rows; whether they are copies or come from elsewhere cannot be told "
            "without a column that says so (columns.synthetic in audit.toml)",
            measured,
        )
    if known.n_synthetic == 0 and grown.overall <= 1 and not said:
        return not_applicable(f"nothing was added: every row is a source row ({factor})", measured)
    made = [
        f"{int(part.synthetic.sum()):,} of {len(part.split):,} {part.split.role.value} rows are "
        "altered copies"
        for part in known.parts
        if part is known.train or part.synthetic.any()
    ]
    if grown.repeats:
        made.append(f"{grown.repeats:,} of {len(known.train.split):,} are exact copies")
    made += [f"{len(said)} statement(s) about growth agree"] if said else []
    return passed(f"{factor}; {'; '.join(made)}", measured)


# --- findings -------------------------------------------------------------------------------------


def _held_out(known: Origins, params: Params) -> list[Finding]:
    findings = []
    for part in known.held_out:
        rows = np.flatnonzero(part.synthetic)
        if not part.certain or len(rows) < params.min_heldout:
            continue
        split = part.split
        name = split.role.value
        evidence = Evidence(
            f"synthetic_share_{name}",
            len(rows) / len(split),
            expected=0.0,
            unit="share",
            n=len(split),
            method=f"{len(rows):,} of {len(split):,} rows: {known.how}"
            + (f"; parents: {known.parents_how}" if known.parents_how else ""),
            sample_ids=sample_rows(split.rows[rows[:20]].tolist()),
            sample_ids_total=len(rows),
        )
        findings.append(
            Finding(
                check_id="AU302",
                severity=Severity.WARNING,
                confidence=Confidence.HIGH,
                message=f"{len(rows):,} of {len(split):,} {name} rows are synthetic: the {name} "
                "metric is not measured on original data",
                locations=(Location(split.path, rows=sample_rows(split.rows[rows[:20]].tolist())),),
                evidence=(evidence,),
                remedy=Remedy(
                    f"Split first and augment the training rows only, so that every {name} row is "
                    "an original; until then report the metric on the originals alone."
                ),
                subject=f"heldout:{name}:{split.path}",
                why="Copies are easier or harder than originals, and they follow the augmentation "
                "rather than the world.",
            )
        )
    return findings


def _misstated(
    said: Sequence[StatedGrowth],
    grown: Growth,
    measured: Sequence[Evidence],
    grouping: Grouping | None,
) -> list[Finding]:
    wrong = [each for each in said if not _is_true(each, grown)]
    if not wrong:
        return []
    first = wrong[0]
    real = f"{grown.overall:.4g} rows per source row"
    if first.groups:
        key = first.groups[0]
        real = f"{grown.groups[key]:.4g} rows per source row for {label_of(key, grouping)}"
    places = tuple(dict.fromkeys(each.location for each in wrong))
    return [
        Finding(
            check_id="AU302",
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f'the text says "{first.words}", but there are {real}',
            locations=(replace(places[0], role=Role.PRIMARY), *places[1:]),
            evidence=tuple(
                replace(each, expected=first.words) if each.group is None else each
                for each in measured
                if each.name == "growth_factor"
            ),
            remedy=Remedy("State the growth factor that the run really had, or mend the copying."),
            subject=f"stated:{first.location.path}:{' '.join(first.words.split())}",
            why="Who reads the text believes in another data set than the one that was trained on.",
        )
    ]


def _is_true(said: StatedGrowth, grown: Growth) -> bool:
    """Whether some reading is: of all rows, of training rows, of a group, with or without the
    original ("3x more").
    """
    if said.groups:
        factors = [grown.groups[key] for key in said.groups if key in grown.groups]
        if not factors:
            return True
    else:
        factors = [grown.overall, *grown.groups.values()]
        factors += grown.others
    return any(
        said.interval.low <= reading <= said.interval.high
        for factor in factors
        for reading in (factor, factor - 1)
    )


def _overtakes(grown: Growth, high: Mapping[str, float]) -> bool:
    """Whether a group that others outnumbered has become twice as large as any other."""
    first = max(grown.after, key=lambda each: grown.after[each])
    others = [key for key in grown.after if key != first]
    return (
        first in high
        and bool(others)
        and grown.before[first] < max(grown.before[key] for key in others)
        and grown.after[first] > 2 * max(grown.after[key] for key in others)
    )


def _excessive(
    grown: Growth,
    train: SplitData,
    grouping: Grouping | None,
    params: Params,
    measured: Sequence[Evidence],
) -> list[Finding]:
    high = {key: factor for key, factor in grown.groups.items() if factor > params.max_growth}
    if not high and (grown.groups or grown.overall <= params.max_growth):
        return []
    even_before, even_after = effective_groups(grown.before), effective_groups(grown.after)
    uneven = bool(high) and (even_after < 0.95 * even_before or _overtakes(grown, high))
    if high:
        key = max(high, key=lambda each: high[each])
        low = min(grown.groups, key=lambda each: grown.groups[each])
        message = (
            f"{label_of(key, grouping)} has {high[key]:.3g} rows per source row "
            f"({1 - 1 / high[key]:.0%} are copies), {label_of(low, grouping)} has "
            f"{grown.groups[low]:.3g}"
        )
    else:
        message = f"{grown.overall:.3g} rows per source row: {1 - 1 / grown.overall:.0%} are copies"
    evidence = [each for each in measured if each.name == "growth_factor"]
    if high:
        evidence.append(
            Evidence(
                "effective_groups",
                even_after,
                expected=even_before,
                unit="groups",
                n=grown.rows,
                method="exp of the entropy of the groups' shares of the rows; expected: of the "
                "source rows",
            )
        )
    return [
        Finding(
            check_id="AU302",
            severity=Severity.WARNING if uneven else Severity.NOTE,
            confidence=Confidence.HIGH,
            message=message,
            locations=(Location(train.path),),
            evidence=tuple(evidence),
            remedy=Remedy(
                "Make fewer copies (two to five rows per source row are usual), or give groups the "
                "weight that they should have in the loss and report metrics by group."
            ),
            subject=f"growth:{train.path}",
            why="Copies add no information, but they decide the loss and every average"
            + (", here in favour of the groups that were copied most." if uneven else "."),
        )
    ]
