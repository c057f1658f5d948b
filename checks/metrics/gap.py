"""MT404: how far apart the metric is on training and on held-out rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from audit.model.artifacts import (
    Grouping,
    History,
    Kinship,
    Metrics,
    PredictionSets,
    RawData,
    Splits,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.composition import group_label
from checks.kit.kin import contaminated, percent
from checks.kit.scores import SCORES
from checks.metrics.epochs import curves_of, pair_of
from checks.metrics.two_sides import Gap, from_predictions, from_tables

_MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Params:
    """When a gap is worth a note.

    Parameters
    ----------
    max_ratio : float
        Ratio of the held-out error to the training error (for root metrics: of their squares)
        from which a model fits its training rows much better than others.
    min_share : float
        For metrics between 0 and 1, the smallest difference that counts.
    small : float
        Gap, relative to the training error, that counts as none.
    min_kin : float
        Share of held-out rows with kin in training from which a small gap is no good sign.
    """

    max_ratio: float = 3.0
    min_share: float = 0.1
    small: float = 0.1
    min_kin: float = 0.1


@check(
    "MT404",
    "The train–validation gap speaks against the result",
    Severity.NOTE,
    params=Params,
)
def train_validation_gap(
    metrics: Metrics | None,
    predictions: PredictionSets | None,
    history: History | None,
    splits: Splits | None,
    grouping: Grouping | None,
    kinship: Kinship | None,
    raw: RawData | None,
    params: Params,
) -> Outcome:
    """Compare a metric on training rows with the same metric on held-out rows.

    What
    ----
    ``train_val_gap`` is the validation value minus the training value: positive for a loss, and
    negative for an accuracy, of a model that does better on rows that it was fitted to.

    Why
    ---
    A large gap says that the model fits its training rows and not the task. A gap of nothing looks
    like a good sign, and is none where the held-out rows have kin in training. Both are weak
    evidence: no gap proves that a split is clean, and no "typical" gap exists. So everything here
    is a note.

    How it is found
    ---------------
    Both sides must be evaluated alike. Sources, in this order: metric tables of the same metric on
    both sides; predictions on both sides. Where both sides are known by group, training groups get
    the weights of the held-out groups, because a training set that was augmented by group is
    another mixture. Identical training rows count once. The 95 % interval is a bootstrap over the
    rows whose predictions are known. The loss of a training history is measured with dropout and
    weights on and averaged during the epoch: it is shown, and never judged.

    Notes are made when the held-out error is at least ``max_ratio`` times the training error, the
    whole interval included; and when there is hardly a gap while at least ``min_kin`` of the
    held-out rows have kin in training; and when the held-out value is better beyond its interval
    on the same mixture of rows.

    False alarms
    ------------
    Nearest neighbours, forests and boosting fit training rows closely by design, and may
    generalise well all the same; a training error of exactly zero is not reported. Whether a
    reported training value was computed on originals or on augmented rows cannot be seen in a
    metric file.

    Remedy
    ------
    Evaluate both sides with the same function, after training, on original rows; export
    predictions on the training rows with their groups.

    References
    ----------
    Hastie, Tibshirani & Friedman (2009), The elements of statistical learning, chapter 7.
    """
    gaps = from_tables(metrics, predictions, splits) or from_predictions(
        metrics, predictions, splits, raw
    )
    if not gaps:
        return _from_history(history)
    measured = [evidence for gap in gaps for evidence in _evidence(gap, grouping)]
    findings = [_judge(gap, kinship, params, measured) for gap in gaps[:1]]
    found = [finding for finding in findings if finding is not None]
    if found:
        return failed(found, measured)
    return passed(f"{_sentence(gaps[0])}; weak evidence by itself", measured)


def _from_history(history: History | None) -> Outcome:
    pair = pair_of(curves_of(history)) if history is not None else None
    if history is None or pair is None:
        return not_applicable("no value of one metric on training and on held-out rows is exported")
    train, other = pair
    gap = float(other.values[-1] - train.values[-1])
    distorted = (
        f"{train.column} of {history.path} is averaged during the epoch, with dropout and weights "
        "where there are any"
    )
    evidence = Evidence(
        "train_val_gap",
        gap,
        unit=train.base,
        method=f"{other.values[-1]:.6g} - {train.values[-1]:.6g} in the last epoch; {distorted}",
    )
    return review(
        f"the gap is {gap:+.4g} in the last epoch, but {distorted}: export the metric evaluated "
        "alike on both sides",
        [evidence],
    )


def _evidence(gap: Gap, grouping: Grouping | None) -> list[Evidence]:
    whole = Evidence(
        "train_val_gap",
        gap.value,
        unit=gap.metric,
        n=gap.n,
        method=f"{gap.held_out:.6g} - {gap.train:.6g}: {gap.method}",
        interval=gap.interval,
        random_state=0 if gap.interval is not None else None,
    )
    return [
        whole,
        *(
            Evidence(
                "train_val_gap",
                held_out - train,
                unit=gap.metric,
                method=f"{held_out:.6g} - {train:.6g}",
                group=group_label(grouping, key),
            )
            for key, (train, held_out) in list(gap.by_group.items())[:_MAX_GROUPS]
        ),
    ]


def _sentence(gap: Gap) -> str:
    return (
        f"{gap.metric} is {gap.train:.4g} on training and {gap.held_out:.4g} on {gap.role} rows, "
        f"a gap of {gap.value:+.4g}"
    )


def _judge(
    gap: Gap, kinship: Kinship | None, params: Params, measured: list[Evidence]
) -> Finding | None:
    score = SCORES.get(gap.metric)
    if score is None:
        return None
    train, held_out = _error(gap.metric, gap.train), _error(gap.metric, gap.held_out)
    if not (train > 0 and held_out >= 0):
        return None  # fitted exactly, or no error in this sense
    kin, rows = _kin(gap, kinship)
    by_kin = f"; {percent(kin)} of {rows:,} {gap.role} rows have kin in training" if kin else ""
    low = _lowest_ratio(gap, train)
    if low >= params.max_ratio and (not score.share or held_out - train >= params.min_share):
        shown = math.sqrt(held_out / train) if score.root else held_out / train
        text = f"{_sentence(gap)}: the error is {shown:.3g} times as large{by_kin}"
        return _finding(
            gap,
            text,
            "The model fits its training rows far better than new ones of the same kind.",
            "Regularise, or train on more source rows; compare with a simpler model.",
            measured,
            "large",
        )
    if abs(held_out - train) <= params.small * train and kin >= params.min_kin:
        text = f"{_sentence(gap)}, which is no sign of generalisation{by_kin}"
        return _finding(
            gap,
            text,
            "Held-out rows that have kin in training are no new rows, so that both sides measure "
            "the same thing.",
            "Split so that no held-out row has kin in training, and measure the gap again.",
            measured,
            "small with kin",
        )
    if _better_than_train(gap, score.greater_is_better) and gap.same_mixture:
        text = f"{_sentence(gap)}: better than on the rows that it was fitted to, beyond noise"
        return _finding(
            gap,
            text,
            "Evaluated alike on the same mixture of rows, a model is hardly ever better on rows "
            "that it has not seen.",
            "Evaluate both sides with the same function after training, without dropout, on "
            "original rows.",
            measured,
            "negative",
        )
    return None


def _error(metric: str, value: float) -> float:
    """Distance from perfection, additive over rows where the metric is."""
    score = SCORES[metric]
    if score.share and value > 1.0:
        value /= 100.0  # written in percent
    if score.greater_is_better:
        return 1.0 - value
    return value * value if score.root else value


def _lowest_ratio(gap: Gap, train: float) -> float:
    """Ratio of the errors at the end of the interval that is kindest to the model."""
    if gap.interval is None:
        return _error(gap.metric, gap.held_out) / train
    ends = [_error(gap.metric, gap.train + end) for end in gap.interval]
    return min(ends) / train


def _better_than_train(gap: Gap, greater_is_better: bool) -> bool:
    if gap.interval is None or not gap.both_sampled:
        return False
    low, high = gap.interval
    width = (high - low) / 2
    return gap.value - 2 * width > 0 if greater_is_better else gap.value + 2 * width < 0


def _kin(gap: Gap, kinship: Kinship | None) -> tuple[float, int]:
    """Share of the held-out rows with kin in training, and how many rows there are."""
    for pair in kinship.pairs if kinship is not None else ():
        if pair.held_out.role.value == gap.role and len(pair.held_out):
            return float(contaminated(pair).mean()), len(pair.held_out)
    return 0.0, 0


def _finding(
    gap: Gap, text: str, why: str, remedy: str, measured: list[Evidence], kind: str
) -> Finding:
    places = [
        Location(p.path, pointer=p.pointer, cell=p.cell, line=p.line, rows=p.rows, role=role)
        for p, role in zip(gap.locations, (Role.PRIMARY, Role.RELATED), strict=False)
    ]
    return Finding(
        check_id="MT404",
        severity=Severity.NOTE,
        confidence=Confidence.LOW
        if math.isnan(gap.value) or not gap.same_mixture
        else Confidence.MEDIUM,
        message=text,
        locations=tuple(places),
        evidence=tuple(e for e in measured if e.unit == gap.metric)[:20],
        remedy=Remedy(remedy),
        subject=f"{kind} gap of {gap.metric} between train and {gap.role}",
        why=why,
    )
