"""Predictions that do not vary, that no target has, or that a constant would beat."""

from __future__ import annotations

import math

import numpy as np

from audit.model.artifacts import Array, Grouping, Predictions, Splits
from audit.model.evidence import Evidence, Value
from audit.model.finding import Finding
from audit.model.severity import Confidence, Severity
from checks.kit import bootstrap
from checks.kit.composition import group_label
from checks.kit.scores import SCORES, CannotScoreError, metric_of_losses, sample_losses
from checks.metrics.outcomes import Kind
from checks.metrics.predicted_rows import EXAMPLES, LOGARITHMS, Mask, count_rows, finding


def constant(
    item: Predictions,
    true: Array,
    predicted: Array,
    kind: Kind,
    grouping: Grouping | None,
    kept: Mask,
    min_rows: int,
    measured: list[Evidence],
) -> list[Finding]:
    """One value for every row; a note where it is one value for every row of a group."""
    n = len(predicted)
    distinct = len(set(predicted.tolist()))
    measured.append(
        Evidence("distinct_predictions", distinct, n=n, method=f"distinct values in {item.path}")
    )
    if n < min_rows:
        return []
    if distinct == 1 and len(set(true.tolist())) > 1:
        shown = _shown(predicted[0])
        return [
            finding(
                item,
                f"all {n:,} predictions in {item.path} are {shown}, while the targets vary",
                np.array([], dtype=int),
                [measured[-1]],
                "Look for a dead output, a constant input or a model that was never fitted; report "
                "a metric that a constant cannot score on.",
                "constant predictions",
                why="A constant knows nothing about the rows; its metric is that of the target's "
                "spread.",
            )
        ]
    if kind is not Kind.NUMBERS or item.groups is None:
        return []
    groups = item.groups[kept]
    same = []
    for key in dict.fromkeys(map(str, groups.tolist())):
        inside = groups == key
        if inside.sum() < min_rows or inside.all():
            continue
        if len(set(predicted[inside].tolist())) == 1 and len(set(true[inside].tolist())) > 1:
            same.append((key, int(inside.sum())))
    if not same:
        return []
    names = ", ".join(group_label(grouping, key) for key, _ in same[:5])
    more = f" and {len(same) - 5:,} more" if len(same) > 5 else ""
    evidence = [
        Evidence(
            "distinct_predictions",
            1,
            n=size,
            method="every row of the group has the same prediction",
            group=group_label(grouping, key),
        )
        for key, size in same[:EXAMPLES]
    ]
    return [
        finding(
            item,
            f"the predictions in {item.path} are one value for every row of {names}{more}",
            np.array([], dtype=int),
            evidence,
            "Say so if the model predicts group means; otherwise look for an output that is stuck "
            "at a bound.",
            "constant predictions of a group",
            severity=Severity.NOTE,
            confidence=Confidence.MEDIUM,
        )
    ]


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else repr(str(value)[:40])


def unseen_labels(
    item: Predictions,
    true: Array,
    predicted: Array,
    rows: Array,
    splits: Splits | None,
    measured: list[Evidence],
) -> list[Finding]:
    """Labels that are predicted and occur in no target, here or in training."""
    train = splits.train.target if splits is not None else None
    known = {_label(value) for value in true.tolist()}
    if train is not None and train.ndim == 1:
        known |= {_label(value) for value in train.tolist()}
    elif len(true) < 100:
        return []  # a rare class may be missing here
    labels = [_label(value) for value in predicted.tolist()]
    strange = np.array([label not in known for label in labels])
    measured.append(
        Evidence("labels", len(known), n=len(true), method="distinct labels among the targets")
    )
    if not strange.any():
        return []
    names = list(dict.fromkeys(label for label in labels if label not in known))
    shown = ", ".join(repr(name[:40]) for name in names[:3])
    return [
        finding(
            item,
            f"{int(strange.sum()):,} of {len(labels):,} predicted labels in {item.path} occur in "
            f"no target: {shown}",
            rows[strange],
            [count_rows("unknown_labels", strange, item)],
            "Use one encoding of the labels for targets and predictions.",
            "predicted labels that occur in no target",
            confidence=Confidence.MEDIUM,
        )
    ]


def _label(value: object) -> str:
    if isinstance(value, bool):
        value = int(value)  # one file stores True, another 1
    text = str(value).strip()
    return text[:-2] if text.endswith(".0") else text


def is_distance(metric: str) -> bool:
    """Whether a metric is a mean distance between numbers."""
    score = SCORES.get(metric)
    return score is not None and score.per_sample is not None and not score.labels


def worse_than_constant(
    item: Predictions,
    metric: str,
    true: Array,
    predicted: Array,
    min_rows: int,
    measured: list[Evidence],
) -> list[Finding]:
    """Compare with the best constant, row by row; a note."""
    if len(true) < min_rows:
        return []
    guess = _best_constant(metric, true)
    if guess is None:
        return []
    try:
        own = sample_losses(metric, true, predicted)
        other = sample_losses(metric, true, np.full(len(true), guess, dtype=true.dtype))
    except CannotScoreError:
        return []
    sign = -1.0 if SCORES[metric].greater_is_better else 1.0
    difference = sign * (own - other)
    low, _ = bootstrap.interval(bootstrap.resampled_means(difference, random_state=0))
    shown: Value = guess.item() if isinstance(guess, np.generic) else guess
    evidence = Evidence(
        "constant_metric",
        metric_of_losses(metric, other),
        expected=metric_of_losses(metric, own),
        unit=metric,
        n=len(true),
        method=f"the constant {_shown(shown)} on the same rows; expected is that of the model",
    )
    measured.append(evidence)
    if low <= 0:
        return []
    return [
        finding(
            item,
            f"the predictions in {item.path} are worse than the constant {_shown(shown)}: "
            f"{metric} {evidence.expected:.4g} against {evidence.observed:.4g}",
            np.array([], dtype=int),
            [evidence],
            "Compare with a constant before comparing models, and look for shifted rows or a "
            "wrong transform.",
            "worse than a constant",
            severity=Severity.NOTE,
            confidence=Confidence.MEDIUM,
        )
    ]


def _best_constant(metric: str, true: Array) -> Value | np.generic:
    if SCORES[metric].labels:
        values, counts = np.unique(true.astype(str), return_counts=True)
        common = str(values[np.argmax(counts)])
        return next((value for value in true.tolist() if str(value) == common), None)
    if metric in ("mae", "mape"):
        return float(np.median(true))
    with np.errstate(all="ignore"):
        if metric in ("msle", "rmsle"):
            constant = float(np.expm1(np.log1p(true).mean()))
        elif metric in LOGARITHMS:
            constant = float(np.exp(np.log(true).mean()))
        else:
            constant = float(true.mean())
    return constant if math.isfinite(constant) and true.dtype.kind == "f" else None
