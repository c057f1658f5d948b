"""CT201: held-out rows that equal a training row on every feature."""

from __future__ import annotations

from dataclasses import dataclass

from audit.model.artifacts import Grouping, Kinship, Match, SplitKinship
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.kit.kin import (
    by_coincidence,
    kin_of,
    percent,
    places,
    row_evidence,
    sharing,
    strength,
    worst_first,
)


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds of CT201.

    Parameters
    ----------
    min_share : float
        Share of held-out rows below which repeats are only noted.
    max_share : float
        Share of held-out rows up to which exact repeats count as repeats in the source. Above
        it, and with equal targets, they invalidate the metric.
    max_group_share : float
        The same within one group.
    min_group_rows : int
        Smallest group that `max_group_share` is applied to.
    """

    min_share: float = 0.001
    max_share: float = 0.05
    max_group_share: float = 0.5
    min_group_rows: int = 30


@check(
    "CT201",
    "Held-out rows are exact duplicates of training rows",
    Severity.WARNING,
    taxonomy="L1.4",
    params=Params,
)
def exact_duplicates(kinship: Kinship, grouping: Grouping | None, params: Params) -> Outcome:
    """Held-out rows that equal a training row on every feature.

    What
    ----
    Each held-out row is compared with all training rows on all feature columns, by value. Counted
    are held-out rows, overall and by group, and among them those whose target is equal too and
    those whose target differs.

    Why
    ---
    The model has seen these rows, so the score on them measures memory. A few repeats of source
    rows are common and change little; many repeats with equal targets mean that rows were
    duplicated before the split, and the held-out metric says nothing about new data.

    How it is found
    ---------------
    Rows are hashed, rows with equal hashes are compared value by value, and missing values equal
    each other. Where the two tables store a column with different precision (float32, or rounded
    to a few decimals), the lower one decides. Two controls tell kinship from coincidence. Where
    the target is a finely graded number: the same matches with the held-out targets permuted
    within their group. Otherwise: how many rows agree on half of the columns (of a single text:
    of its words) with a training row that differs elsewhere, which is rare unless columns take
    few values.

    ERROR: more than ``max_share`` of the rows (or ``max_group_share`` of a group) are equal in
    features and target, and the control does not explain it. Without a target, or below that
    share: WARNING. Less than ``min_share``: NOTE.

    False alarms
    ------------
    Tables of a few categorical columns repeat rows without anything being wrong; there the answer
    is REVIEW, not a finding. Repeated measurements of one object under equal conditions are equal
    rows too: whether they may stand on both sides depends on what the metric is to say.

    Remedy
    ------
    Drop duplicates before the split, or keep equal rows on one side by a group split. If rows
    were augmented or oversampled, split first and treat the training rows only.

    References
    ----------
    Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based
    science, Patterns 4(9), type L1.4. Barz & Denzler (2020), Do we train on test data?, Journal of
    Imaging 6(6).
    """
    findings: list[Finding] = []
    measured: list[Evidence] = []
    unclear: list[str] = []
    looked: list[str] = []
    pairs = worst_first(kinship)
    if not pairs or not len(kinship.train):
        return not_applicable("a split has no rows")
    for pair in pairs:
        exact, n = pair.exact, len(pair.exact.rows)
        count = int(exact.rows.sum())
        evidence = _evidence(pair, grouping)
        measured = measured or evidence  # of the worst split; findings carry their own
        name = f"{pair.held_out.role.value} rows"
        text = f"{count:,} of {n:,} {name} ({percent(count / n)}) equal a training row"
        looked.append(f"{count:,} of {n:,} {name}")
        if not count:
            continue
        if by_coincidence(exact):
            unclear.append(
                f"{text}, but the columns take so few values that up to "
                f"{percent(exact.chance or 0.0)} could do so by coincidence"
            )
            continue
        findings.append(_finding(kinship, pair, evidence, text, params))
    if findings:
        return failed(findings, measured)
    if unclear:
        return review("; ".join(unclear), measured)
    return passed(f"equal to a training row on all features: {', '.join(looked)}", measured)


def _evidence(pair: SplitKinship, grouping: Grouping | None) -> list[Evidence]:
    exact, n = pair.exact, len(pair.exact.rows)
    count = int(exact.rows.sum())
    how = "that equal a training row on all features, compared by value"
    evidence = row_evidence(exact.rows, exact, pair, grouping, how)
    evidence.append(Evidence("exact_rows", count, unit="rows", n=n, method=how))
    if exact.supported is not None:
        same = int(exact.supported.sum())
        evidence += [
            Evidence("same_target_rows", same, unit="rows", n=count, method="target equal too"),
            Evidence(
                "different_target_rows",
                count - same,
                unit="rows",
                n=count,
                method="features equal, every matching training row has another target",
            ),
        ]
    return evidence


def _finding(
    kinship: Kinship, pair: SplitKinship, evidence: list[Evidence], text: str, params: Params
) -> Finding:
    exact = pair.exact
    severity = _severity(exact, pair, params)
    count, width = int(exact.rows.sum()), pair.held_out.features.shape[1]
    columns = "the only feature" if width == 1 else f"all {width} features"
    message = f"{text} on {columns}"
    confidence = Confidence.HIGH
    if exact.supported is not None:
        same = int(exact.supported.sum())
        message += f"; {same:,} of them also on the target"
        if 2 * same < count:
            confidence = Confidence.MEDIUM
    role = pair.held_out.role.value
    if severity is Severity.ERROR:
        remedy = (
            "Split before rows are duplicated, oversampled or augmented, and apply that to the "
            "training rows only; then evaluate again."
        )
        why = (
            "The model was trained on these very rows, so the score on them shows memory. "
            "So many cannot be repeats in the source."
        )
    else:
        remedy = (
            "Drop duplicates before the split, or keep equal rows on one side with a group "
            "split, for instance GroupShuffleSplit with a hash of the features as group."
        )
        why = "The score on these rows shows memory; few as they are, they flatter the metric."
    return Finding(
        check_id="CT201",
        severity=severity,
        confidence=confidence,
        message=message,
        locations=places(exact.rows, exact, kinship, pair),
        evidence=tuple(evidence),
        remedy=Remedy(remedy),
        subject=f"exact duplicates {role} in train",
        why=why,
    )


def _severity(exact: Match, pair: SplitKinship, params: Params) -> Severity:
    kin = kin_of(exact)
    if (
        exact.supported is not None
        and strength(exact).evident
        and (
            float(kin.mean()) > params.max_share
            or sharing(kin, pair, params.min_group_rows) > params.max_group_share
        )
    ):
        return Severity.ERROR
    share = float(exact.rows.mean())
    return Severity.WARNING if share >= params.min_share else Severity.NOTE
