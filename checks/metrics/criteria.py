"""MT406: success criteria held against what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from audit.model.artifacts import (
    Baseline,
    Documents,
    Grouping,
    Kinship,
    Metrics,
    PredictionSets,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.criteria import Criterion, parse_bound, stated_criteria
from checks.kit.criteria_split import split_of_criteria
from checks.kit.intervals import Interval
from checks.kit.kin import percent
from checks.kit.written_claims import Claim
from checks.metrics.clean_rows import Enough
from checks.metrics.degradation import allowed_degradation
from checks.metrics.joint import implied_thresholds
from checks.metrics.quantities import Evidences, Quantity, Reading, find_quantity
from checks.metrics.subjects import nearest_name


@dataclass(frozen=True, slots=True)
class Params:
    """Criteria, and when one counts as missed.

    Parameters
    ----------
    criteria : tuple of str
        Criteria of the experiment: ``"overall < 0.374"``, ``"easy < 0.15"``,
        ``"k=4, m=2 < 0.2"``, ``"test accuracy >= 90 %"``, ``"train_val_gap 0.02-0.08"``,
        ``"contamination < 0.01"``.
    deviations : float
        Standard errors that a value may lie beyond a bound by chance.
    max_kin_share : float
        Share of rows with kin in training above which only the value on the other rows can meet
        anything.
    """

    criteria: tuple[str, ...] = ()
    deviations: float = 2.0
    max_kin_share: float = 0.02


_MAX_SHOWN = 6  # criteria that one message names


class Judgement(Enum):
    """Outcome of one criterion; exactly one holds."""

    MET = "met"
    MISSED = "missed"
    WITHIN_NOISE = "within noise"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class _Judged:
    criterion: Criterion
    quantity: Quantity
    low: float
    high: float
    judgement: Judgement
    misses: bool  # noise aside

    @property
    def declared(self) -> bool:
        return self.criterion.document is None


@check("MT406", "Success criteria are not met", Severity.WARNING, params=Params)
def success_criteria(
    metrics: Metrics | None,
    documents: Documents | None,
    splits: Splits | None,
    predictions: PredictionSets | None,
    baseline: Baseline | None,
    grouping: Grouping | None,
    kinship: Kinship | None,
    params: Params,
) -> Outcome:
    """Hold success criteria against the values that the export supports.

    What
    ----
    Criteria from ``audit.toml`` and from documents and recorded outputs, each with the value that
    it is about and the answer: met, missed, within noise, or unsupported, where the value comes
    from rows that have kin in training.

    Why
    ---
    A list of green marks is what a reader remembers. It is worth something only if the values
    behind it meet the criteria by more than chance and were measured on unseen rows.

    How it is found
    ---------------
    Criteria are read from ``[checks.MT406] criteria``, from lists and tables of criteria and
    targets, and from lines such as ``RMSE: 0.181 (Target: < 0.15)``. Headings, columns and lines
    that speak of plans, expectations or other runs are left out. A criterion names the overall
    metric, a tier, a group, the gap between training and validation, or contamination. It is judged
    on the split that it names, or that the text around it or a sentence about the criteria names
    ("on the test set"); else on the one whose value stands beside it; else on that of the reported
    metric. A tier is
    read as the mean of its groups and as the mean of its rows; with ``each`` or ``every`` as its
    worst group. Values stand for their rounding intervals, widened by ``deviations`` standard
    errors: from a bootstrap of the predictions (a jackknife for metrics that are no mean), else
    the error that such metrics usually have with that many rows. A criterion is missed if every
    reading lies beyond the bound with its whole interval, met if every interval lies within, and
    otherwise within noise. What would be met on rows of which more than ``max_kin_share`` have
    kin in training is unsupported, unless at least half of the rows of every group have none and
    it is met on those, too.

    It is a warning when a declared criterion is missed or unsupported, or when a text says that
    one is met which is not; a note when a stated criterion is missed and nothing is said of it,
    when a text says met and the value itself lies beyond the bound but within noise, and when
    "no degradation" allows values well above the baseline. What a text itself says is missed makes
    one note for all such criteria: the report is honest, and its reader should know. Tier criteria
    that do not imply the overall one are measured (``implied_threshold``).

    False alarms
    ------------
    A target for a part of the rows that are no group ("RMSE at night") is left out. One of another
    quantity that is called like a metric of this export is taken for it; name the split or the
    tier in the text. Without predictions the noise is an estimate, and
    confidence is medium.

    Remedy
    ------
    State the value and its interval beside every criterion, and mark as met only what is met by
    more than noise on rows without kin in training.

    References
    ----------
    Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 13. Agresti & Coull
    (1998), Approximate is better than "exact" for interval estimation of binomial proportions.
    """
    enough = Enough(max_kin_share=params.max_kin_share)
    have = Evidences(metrics, splits, predictions, grouping, kinship, enough)
    doubts: list[str] = []
    criteria = _declared(params.criteria, doubts)
    own_run = metrics.tables[0].label if metrics is not None else ""
    other_run = baseline.table.label if baseline is not None else ""
    for document in documents.items if documents is not None else ():
        criteria += stated_criteria(document, own_run, other_run)
    judged_on = split_of_criteria(documents.items if documents is not None else ())
    judged = _judge_all(criteria, have, judged_on, params, doubts)
    if not judged and not doubts:
        return not_applicable("no criterion is declared or stated of anything that is measured")
    measured = [_evidence(each, params) for each in judged]
    findings = [found for each in judged if (found := _finding(each, params))]
    if baseline is not None:
        findings += [found for each in judged if (found := _degradation(each, baseline))]
    openly = [each for each in judged if _openly_missed(each)]
    if openly:
        findings.append(_missed(openly, len(judged), params))
    joint, together = implied_thresholds(
        [(each.quantity, each.high) for each in judged if math.isfinite(each.high)], have
    )
    measured += joint
    counts = ", ".join(
        f"{n} {word.value}"
        for word in Judgement
        if (n := sum(each.judgement is word for each in judged))
    )
    reason = f"{len(judged)} criteria{_rows_judged(judged)}: {counts}" if judged else ""
    reason = "; ".join(filter(None, [reason, together, *doubts]))
    if findings:
        main = "; ".join(finding.message for finding in findings)
        return failed(findings, measured, "; ".join([main, *doubts]))
    if doubts:
        return review(reason, measured)
    return passed(reason, measured)


def _declared(texts: Sequence[str], doubts: list[str]) -> list[Criterion]:
    found = []
    for text in texts:
        bound = parse_bound(text)
        if bound is None or text[bound[4] :].strip(" .%"):
            doubts.append(
                f'the criterion "{text[:80]}" cannot be read: write a name, <, <=, > or >=, '
                "and a number"
            )
            continue
        subject, low, high, in_percent, _ = bound
        found.append(Criterion(subject, low, high, in_percent, text[:80]))
    return found


def _rows_judged(judged: Sequence[_Judged]) -> str:
    roles = {each.quantity.table.role for each in judged if each.quantity.table is not None}
    named = sorted(role.value for role in roles if role is not None)
    return f", judged on {' and '.join(named)} rows" if named else ""


def _quantity(
    criterion: Criterion, have: Evidences, judged_on: SplitRole | None
) -> Quantity | None:
    """What a criterion is about: on the split that the text names, else on the one whose value
    stands beside it, else on that of the headline.
    """
    role = criterion.role or judged_on
    if role is not None or criterion.value is None or criterion.value.percent:
        return find_quantity(criterion.subject, have, role)
    tables = have.metrics.tables if have.metrics is not None else ()
    roles = dict.fromkeys(table.role for table in tables if table.role is not SplitRole.TRAIN)
    found = {
        quantity.label: quantity
        for each in roles
        if (quantity := find_quantity(criterion.subject, have, each)) is not None
    }
    stated = criterion.value.interval
    agree = [
        quantity
        for quantity in found.values()
        if any(reading.interval.overlaps(stated) for reading in quantity.readings)
    ]
    return agree[0] if len(agree) == 1 else find_quantity(criterion.subject, have)


def _judge_all(
    criteria: Sequence[Criterion],
    have: Evidences,
    judged_on: SplitRole | None,
    params: Params,
    doubts: list[str],
) -> list[_Judged]:
    found: dict[tuple[str, float, float], _Judged] = {}
    for criterion in criteria:
        quantity = _quantity(criterion, have, judged_on)
        declared = criterion.document is None
        if quantity is None and declared:
            hint = nearest_name(criterion.subject, have.metrics, have.grouping)
            doubts.append(
                f'the criterion "{criterion.text}" names nothing that is measured here; {hint}'
            )
        if quantity is None and not declared:
            quantity = _as_written(criterion)
        bounds = None if quantity is None else _bounds(criterion, quantity)
        if quantity is None or bounds is None:
            continue
        if not declared and bounds[1] == 0 and quantity.label.startswith("contamination"):
            bounds = bounds[0], params.max_kin_share  # "no leakage"
        judged = _judge(criterion, quantity, *bounds, params)
        key = (quantity.label, *bounds)
        before = found.setdefault(key, judged)
        if before is not judged and before.criterion.claim is Claim.NONE:
            keep = replace(before.criterion, claim=criterion.claim)
            if not before.declared:
                keep = criterion
            found[key] = replace(before, criterion=keep)
    return list(found.values())


def _as_written(criterion: Criterion) -> Quantity | None:
    """A value that stands beside its target and is not measured otherwise."""
    if criterion.value is None or criterion.claim is not Claim.MET or criterion.document is None:
        return None
    if criterion.low == criterion.high or criterion.value.percent != criterion.percent:
        return None
    reading = Reading("as written", criterion.value.interval, None)
    label = criterion.subject[:60] or "the value"
    place = criterion.document.location(criterion.line)
    return Quantity(label, criterion.value.value, (reading,), place, None, None, False, False, 0.0)


def _bounds(criterion: Criterion, quantity: Quantity) -> tuple[float, float] | None:
    """The bounds in the unit of the quantity; ``None`` where they cannot be meant for it."""
    low, high = criterion.low, criterion.high
    if low == high:
        if quantity.greater_is_better is None:
            return None
        low, high = (low, math.inf) if quantity.greater_is_better else (-math.inf, high)
    elif math.isfinite(low) and math.isfinite(high) and quantity.table is not None:
        # a value on the better side of a range does not miss it
        low, high = (low, math.inf) if quantity.greater_is_better else (-math.inf, high)
    if not quantity.share:
        return None if criterion.percent and quantity.table is not None else (low, high)
    finite = [bound for bound in (low, high) if math.isfinite(bound)]
    in_percent = criterion.percent or any(abs(bound) > 1.5 for bound in finite)
    value_in_percent = abs(quantity.value) > 1.5
    scale = (100.0 if value_in_percent else 1.0) / (100.0 if in_percent else 1.0)
    return low * scale, high * scale


def _judge(
    criterion: Criterion, quantity: Quantity, low: float, high: float, params: Params
) -> _Judged:
    states = [judge_reading(each, low, high, params.deviations) for each in quantity.readings]
    misses = all(each.interval.low > high or each.interval.high < low for each in quantity.readings)
    judgement = states[0] if len(set(states)) == 1 else Judgement.WITHIN_NOISE
    if judgement is Judgement.MET and quantity.kin_share > params.max_kin_share:
        clean = {judge_reading(each, low, high, params.deviations) for each in quantity.clean}
        judgement = Judgement.MET if clean == {Judgement.MET} else Judgement.UNSUPPORTED
    return _Judged(criterion, quantity, low, high, judgement, misses)


def judge_reading(reading: Reading, low: float, high: float, deviations: float) -> Judgement:
    """Hold a value with its rounding interval and its noise against bounds."""
    near = _widened(reading, deviations)
    if near.low > high or near.high < low:
        return Judgement.MISSED
    inside = low <= near.low and near.high <= high
    return Judgement.MET if inside else Judgement.WITHIN_NOISE


def _widened(reading: Reading, deviations: float) -> Interval:
    spread = deviations * (reading.error or 0.0)
    if not math.isfinite(spread):
        return Interval(-math.inf, math.inf)
    return Interval(reading.interval.low - spread, reading.interval.high + spread)


def _bound_text(judged: _Judged) -> str:
    if math.isinf(judged.low):
        return f"< {judged.high:.4g}"
    if math.isinf(judged.high):
        return f"> {judged.low:.4g}"
    return f"{judged.low:.4g} to {judged.high:.4g}"


def _in_words(reading: Reading) -> str:
    error = "" if reading.error is None else f" (standard error {reading.error:.2g})"
    return f"{(reading.interval.low + reading.interval.high) / 2:.4g} {reading.how}{error}"


def _evidence(judged: _Judged, params: Params) -> Evidence:
    quantity = judged.quantity
    near = [_widened(each, params.deviations) for each in quantity.readings]
    interval = (min(each.low for each in near), max(each.high for each in near))
    readings = ", ".join(map(_in_words, quantity.readings))
    known = all(each.error is not None for each in quantity.readings)
    noise = (
        f"interval of {params.deviations:g} standard errors"
        if known
        else "sampling noise not known"
    )
    kin = (
        f"; {percent(quantity.kin_share)} of its rows have kin in training"
        + "".join(f", {_in_words(each)}" for each in quantity.clean)
        if quantity.kin_share > params.max_kin_share
        else ""
    )
    says = f"; stated as {judged.criterion.claim.value}"
    if judged.criterion.claim is Claim.NONE:
        says = ""
    bound = judged.high if math.isfinite(judged.high) else judged.low
    return Evidence(
        "criterion",
        quantity.value,
        expected=(judged.low, judged.high)
        if math.isfinite(judged.low) and math.isfinite(judged.high)
        else bound,
        unit=quantity.table.metric if quantity.table is not None else None,
        n=quantity.n,
        method=f"{judged.judgement.value}: {readings}, against {_bound_text(judged)}; "
        f"{noise}{kin}{says}",
        interval=interval,
        group=quantity.label,
        random_state=0 if quantity.measured and known else None,
    )


def _finding(judged: _Judged, params: Params) -> Finding | None:
    """What is wrong about a criterion, if anything."""
    claimed = judged.criterion.claim is Claim.MET
    answer, quantity = judged.judgement, judged.quantity
    loud = claimed or judged.declared
    severity = Severity.WARNING
    what = f'"{quantity.label} {_bound_text(judged)}"'
    value = f"it is {quantity.value:.4g}"
    stated = "is stated as met, but"
    if answer is Judgement.UNSUPPORTED and loud:
        message = (
            f"{what} {stated if claimed else 'is unsupported:'} {percent(quantity.kin_share)} "
            f"of the rows have kin in training ({value} on them all)"
        )
    elif answer is Judgement.MISSED and loud:
        message = f"{what} {stated if claimed else 'is missed:'} {value}"
    elif answer is Judgement.MISSED and judged.criterion.claim is Claim.NONE:
        severity = Severity.NOTE
        message = f"{what} is missed, and the text does not say so: {value}"
    elif answer is Judgement.WITHIN_NOISE and claimed and judged.misses:
        severity = Severity.NOTE
        message = f"{what} {stated} {value}, beyond it within noise"
    else:
        return None
    certain = quantity.measured or answer is Judgement.UNSUPPORTED
    return Finding(
        check_id="MT406",
        severity=severity,
        confidence=Confidence.HIGH if certain else Confidence.MEDIUM,
        message=message,
        locations=_places(judged),
        evidence=(_evidence(judged, params),),
        remedy=Remedy(_remedy(judged)),
        subject=f"{quantity.label} {_bound_text(judged)}",
        why="A criterion that is marked as met is what a reader remembers."
        if claimed
        else "A criterion says what the experiment is to be judged by.",
    )


def _remedy(judged: _Judged) -> str:
    if judged.judgement is Judgement.UNSUPPORTED:
        return (
            "Split again without kin across the split, train and evaluate again, and judge the "
            "criterion on that value."
        )
    if judged.criterion.claim is Claim.MET:
        return "Correct the statement: give the value beside the criterion and mark it as missed."
    return "Improve the model, or say beside the value that the criterion is missed."


def _places(judged: _Judged) -> tuple[Location, ...]:
    criterion, value = judged.criterion, judged.quantity.location
    if criterion.document is None:
        return (replace(value, role=Role.PRIMARY),)
    stated = criterion.document.location(criterion.line)
    if value == stated:
        return (stated,)
    return (stated, replace(value, role=Role.RELATED, note="the value that it is about"))


def _degradation(judged: _Judged, baseline: Baseline) -> Finding | None:
    return allowed_degradation(
        judged.criterion, judged.quantity, judged.high, baseline, _places(judged)
    )


def _openly_missed(judged: _Judged) -> bool:
    """The text says that it is missed, and so it is."""
    said = judged.criterion.claim is Claim.MISSED and not judged.declared
    return said and judged.judgement is Judgement.MISSED


def _missed(openly: Sequence[_Judged], n_criteria: int, params: Params) -> Finding:
    """What the experiment does not reach by its own account: no fault of the report."""
    shown = [
        f'"{each.quantity.label} {_bound_text(each)}" ({each.quantity.value:.4g})'
        for each in openly[:_MAX_SHOWN]
    ]
    more = f", and {len(openly) - _MAX_SHOWN} more" if len(openly) > _MAX_SHOWN else ""
    verb = "is" if len(openly) == 1 else "are"
    return Finding(
        check_id="MT406",
        severity=Severity.NOTE,
        confidence=Confidence.HIGH
        if all(each.quantity.measured for each in openly)
        else Confidence.MEDIUM,
        message=f"{len(openly)} of {n_criteria} criteria {verb} missed, as the text says: "
        f"{', '.join(shown)}{more}",
        locations=tuple(
            replace(place, role=Role.PRIMARY if number == 0 else Role.RELATED)
            for number, place in enumerate(_places(each)[0] for each in openly)
        ),
        evidence=tuple(_evidence(each, params) for each in openly[:_MAX_SHOWN]),
        remedy=Remedy(
            "The report is honest about it; the experiment does not do what it set out to do. "
            "Improve the model, or revise the criteria before the next run, not after it."
        ),
        subject="criteria that are openly missed",
        why="A criterion says what the experiment is to be judged by.",
    )
