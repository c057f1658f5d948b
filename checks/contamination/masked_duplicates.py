"""CT202: held-out rows that equal a training row once a column is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from audit.model.artifacts import Grouping, Kinship, Match, SplitKinship
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.kit.kin import (
    contaminated,
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
    """Thresholds of CT202.

    Parameters
    ----------
    min_share : float
        Share of held-out rows, beyond exact duplicates and beyond the control, from which hidden
        duplicates invalidate the metric.
    min_group_share : float
        The same within one group.
    min_group_rows : int
        Smallest group that `min_group_share` is applied to.
    few_values : int
        A hiding column with at most so many values may be a factor of the experiment's design
        that happens not to matter; the confidence is then medium.
    """

    min_share: float = 0.02
    min_group_share: float = 0.25
    min_group_rows: int = 30
    few_values: int = 20


@check(
    "CT202",
    "A column hides duplicates of training rows",
    Severity.ERROR,
    taxonomy="L1.4",
    params=Params,
)
def masked_duplicates(kinship: Kinship, grouping: Grouping | None, params: Params) -> Outcome:
    """Held-out rows that equal a training row once one or two columns are left out.

    What
    ----
    Every single column and every pair of columns is left out in turn, and held-out rows are
    compared with training rows on the rest. A mask is reported when it uncovers duplicates that
    share the target, clearly more of them than coincidence allows.

    Why
    ---
    A jittered column, a row id or a time stamp makes copies of one source row look distinct, and
    a search for exact duplicates finds nothing. The model still sees the same features with the
    same answer on both sides of the split.

    How it is found
    ---------------
    A row's hash is a sum over columns, so leaving a column out is a subtraction; masks are
    screened on a sample of the held-out rows against all training rows, and promising ones are
    verified value by value on all rows. Rows count when a matching training row also has an equal
    target. The control is the share expected without kinship: the same matches with the held-out
    targets permuted within their group, computed exactly. Where the target is a class or coarse,
    the features have to carry the proof: few rows may agree on half of the compared columns with
    a training row that differs elsewhere, and targets must agree well beyond chance.

    ERROR: at least ``min_share`` of the held-out rows (or ``min_group_share`` of a group) are
    uncovered beyond the control. Fewer, or without a target: WARNING.

    False alarms
    ------------
    A factor of a designed experiment that does not matter gives equal rows with equal targets
    when it is left out; a hiding column with few values therefore has medium confidence only.
    One object under several conditions (equal features but for the condition, different targets)
    is not reported here. Without a target, repeated measurements and copies look alike. Where the
    columns that are left take few values, copies and coincidence look alike too: the answer is
    REVIEW.

    Remedy
    ------
    Split before augmenting, and keep rows that differ in nothing but the hiding columns on one
    side of the split. Remove row ids from the features.

    References
    ----------
    Kapoor & Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based
    science, Patterns 4(9), type L1.4.
    """
    findings: list[Finding] = []
    measured: list[Evidence] = []
    looked: list[str] = []
    unclear: list[str] = []
    pairs = worst_first(kinship)
    if not pairs or not len(kinship.train):
        return not_applicable("a split has no rows")
    if not any(pair.tried for pair in pairs):
        return not_applicable("fewer than two feature columns vary, so none can be left out")
    for pair in pairs:
        best = pair.masked[0] if pair.masked else None
        evidence = _evidence(pair, best, grouping)
        measured = measured or evidence  # of the worst split; findings carry their own
        limits = f" ({pair.limits})" if pair.limits else ""
        looked.append(f"{pair.held_out.role.value}: {pair.tried:,} masks tried{limits}")
        if best is not None:
            findings.append(_finding(kinship, pair, best, evidence, params))
        elif pair.undetermined:
            unclear.append(_undetermined(pair))
    if findings:
        return failed(findings, measured)
    if unclear:
        return review("; ".join(unclear), measured)
    return passed(
        "no column or pair of columns hides duplicates of training rows; " + "; ".join(looked),
        measured,
    )


def _undetermined(pair: SplitKinship) -> str:
    match, n = pair.undetermined[0], len(pair.exact.rows)
    count = int(kin_of(match).sum())
    return (
        f"without {' and '.join(match.masked)}, {count:,} of {n:,} {pair.held_out.role.value} rows "
        f"({percent(count / n)}) equal a training row, but the other columns take so few values "
        f"that up to {percent(match.chance or 0.0)} could do so by coincidence"
    )


def _evidence(pair: SplitKinship, best: Match | None, grouping: Grouping | None) -> list[Evidence]:
    n = len(pair.exact.rows)
    if best is None:
        how = "that equal a training row; leaving columns out uncovers no more"
        return [
            *row_evidence(contaminated(pair), pair.exact, pair, grouping, how),
            Evidence("masking_columns", (), n=n, method=f"{pair.tried:,} masks tried"),
        ]
    columns = ", ".join(best.masked)
    equal = "features" if best.supported is None else "features and target"
    evidence = row_evidence(
        kin_of(best),
        best,
        pair,
        grouping,
        f"with {equal} equal to a training row without {columns}",
    )
    evidence += [
        Evidence(
            "masking_columns", best.masked, n=n, method=f"strongest of {pair.tried:,} masks tried"
        ),
        Evidence(
            "exact_rows",
            int(kin_of(pair.exact).sum()),
            unit="rows",
            n=n,
            method=f"with {equal} equal to a training row, no column left out",
        ),
    ]
    evidence += [
        Evidence(
            "other_mask_rows",
            int(kin_of(other).sum()),
            unit="rows",
            n=n,
            method=f"contaminated rows without {', '.join(other.masked)} instead",
        )
        for other in pair.masked[1:4]
    ]
    return evidence


def _finding(
    kinship: Kinship, pair: SplitKinship, best: Match, evidence: list[Evidence], params: Params
) -> Finding:
    kin, n = kin_of(best), len(best.rows)
    count, before = int(kin.sum()), int(kin_of(pair.exact).sum())
    role = pair.held_out.role.value
    names = " and ".join(f"`{name}`" for name in best.masked)
    weighed = strength(best, pair.exact)
    hidden = kin & ~kin_of(pair.exact)
    severe = best.supported is not None and (
        (weighed.kin - weighed.expected) / n >= params.min_share
        or sharing(hidden, pair, params.min_group_rows) >= params.min_group_share
    )
    features = [_about(kinship, pair, name) for name in best.masked]
    confidence = Confidence.HIGH
    if best.supported is None or max(about.distinct for about in features) <= params.few_values:
        confidence = Confidence.MEDIUM
    what = "features" if best.supported is None else "features and target"
    control = next(item for item in evidence if item.name == "control_rate").observed
    message = (
        f"without {names}, {count:,} of {n:,} {role} rows ({percent(count / n)}) equal a training "
        f"row in {what} ({percent(float(str(control)))} by chance, {percent(before / n)} with "
        f"{names})"
    )
    ids = all(about.is_id for about in features)
    return Finding(
        check_id="CT202",
        severity=Severity.ERROR if severe else Severity.WARNING,
        confidence=confidence,
        message=message,
        locations=places(kin, best, kinship, pair),
        evidence=tuple(evidence),
        remedy=Remedy(
            (f"Take {names} out of the features. " if ids else "")
            + "Split before rows are copied or augmented, and keep rows that differ only in "
            f"{names} on one side of the split, for instance GroupShuffleSplit with a hash of the "
            "other features as group."
        ),
        subject=f"duplicates {role} in train hidden by {','.join(sorted(best.masked))}",
        why=" ".join(about.text for about in features[:1])
        + " It makes copies look distinct, while the model sees the rest, and the answer, in "
        "training.",
    )


@dataclass(frozen=True, slots=True)
class _About:
    text: str
    distinct: int
    is_id: bool


def _about(kinship: Kinship, pair: SplitKinship, name: str) -> _About:
    """What a hiding column looks like: a row id, a column of many values, or of few."""
    train: pd.Series[Any] = kinship.train.features[name]
    both = pd.concat([train, pair.held_out.features[name]], ignore_index=True)
    distinct = int(both.nunique(dropna=False))
    values = pd.to_numeric(both, errors="coerce") if both.dtype != bool else None
    whole = values is not None and bool((values == np.floor(values)).all())
    if distinct == len(both) and (whole or values is None or bool(values.isna().any())):
        return _About(f"`{name}` is different in every row, like a row id.", distinct, True)
    text = f"`{name}` takes {distinct:,} different values in {len(both):,} rows"
    if values is not None and bool(values.notna().all()):
        text += f", from {values.min():.4g} to {values.max():.4g}"
    return _About(text + ".", distinct, False)
