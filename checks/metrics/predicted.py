"""MT409: are the predictions numbers, in range, different from row to row, and near the target."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import (
    Code,
    Documents,
    Grouping,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, passed
from audit.model.evidence import Evidence, Series
from audit.model.finding import Finding
from audit.model.severity import Severity
from checks.kit.kin import percent
from checks.kit.scores import CannotScoreError, score_samples
from checks.metrics.declared_range import declared_ranges
from checks.metrics.outcomes import Kind, kind_of, missing, numbers
from checks.metrics.predicted_range import far_outside, out_of_range, outside_declared
from checks.metrics.predicted_rows import Mask, count_rows, finding
from checks.metrics.predicted_scores import score_findings
from checks.metrics.predicted_skill import (
    constant,
    is_distance,
    unseen_labels,
    worse_than_constant,
)
from checks.metrics.predicted_true import predicted_true_series


@dataclass(frozen=True, slots=True)
class Params:
    """What predictions may be.

    Parameters
    ----------
    minimum, maximum : float
        Range that the experiment declares for its predictions.
    min_rows : int
        Fewest rows for which constancy, range and skill are judged.
    far : float
        Distance from the range of the targets, in widths of that range, that is far outside.
    excluded_share : float
        Share of predictions that are no numbers from which a metric that left them out is
        invalid.
    """

    minimum: float = -math.inf
    maximum: float = math.inf
    min_rows: int = 30
    far: float = 10.0
    excluded_share: float = 0.01


@check(
    "MT409",
    "Predictions are missing, out of range or do not vary",
    Severity.WARNING,
    params=Params,
)
def prediction_validity(
    predictions: PredictionSets,
    metrics: Metrics | None,
    splits: Splits | None,
    grouping: Grouping | None,
    code: Code | None,
    documents: Documents | None,
    params: Params,
) -> Outcome:
    """Look at the predictions themselves before any metric is believed.

    What
    ----
    Predictions that are NaN or infinite, or for which the reported metric is not defined; that lie
    outside the declared range; that are the same for every row, or for every row of a group; that
    lie far outside the range of the targets; labels that occur in no target; probabilities below
    0, above 1, or that do not sum to 1; and predictions that are worse than a constant.

    Why
    ---
    Many functions drop NaN silently, so that a metric is that of the rows that went well. A
    constant passes for a model where one class or one group dominates. A prediction that the task
    rules out (a height below 1, a negative price) shows that a transform or a constraint is
    missing.

    How it is found
    ---------------
    Row by row on every held-out split. The declared range is ``minimum`` and ``maximum`` under
    ``[checks.MT409]`` of audit.toml, with room for single precision; otherwise what a document
    says of all predictions ("all predictions ≥ 1.0"), or what the code makes of them
    (``softplus(...) + 1`` as the last step, a clip that every prediction goes through), unless a
    target lies outside too. If the reported value equals
    the metric of the remaining rows alone, and they are fewer by ``excluded_share``, the metric
    provably leaves rows out, and that is an error of high confidence.

    "Far outside" means farther from the range of all known targets than ``far`` times its width;
    where all targets are positive, also on a logarithmic scale, so that heavy tails raise no
    alarm. Where nearly all predictions lie beyond the range, no distance is needed: they have
    another unit. Everything about variation and range needs ``min_rows`` rows.

    Scores are probabilities where their columns are called so. Room is left for the decimals that
    were stored. Where most rows do not sum to 1, every class may be a decision of its own, which
    is a note.

    "Worse than a constant" compares with the best constant of the same rows, paired by row, and
    is a note; so is a group whose predictions are all the same.

    False alarms
    ------------
    A model of group means predicts one value a group on purpose. Labels of integers are judged
    only where the reported metric is one of classification, because integers may be counts.

    Remedy
    ------
    Find the rows, and repair the transform or constraint that made them; let the evaluation fail
    on NaN instead of dropping it.

    References
    ----------
    scikit-learn user guide, Dummy estimators. Sculley et al. (2015), Hidden technical debt in
    machine learning systems, NeurIPS.
    """
    findings: list[Finding] = []
    measured: list[Evidence] = []
    series: list[Series] = []
    declared = declared_ranges(code, documents)
    for item in predictions.items:
        table = _table(metrics, item.role)
        kind = kind_of(item, metrics)
        findings += _judge(item, kind, table, splits, grouping, params, measured)
        findings += score_findings(item, measured)
        if kind is Kind.NUMBERS and math.isinf(params.minimum) and math.isinf(params.maximum):
            findings += outside_declared(item, declared, measured)
        drawn = predicted_true_series(item, kind, grouping)
        if not series or (metrics is not None and item.role is metrics.tables[0].role):
            series = drawn or series
    if findings:
        return failed(findings, measured, series=series)
    rows = sum(len(item.y_pred) for item in predictions.items)
    paths = ", ".join(item.path for item in predictions.items[:3])
    return passed(
        f"{rows:,} predictions in {paths} are numbers or labels, vary, and lie where targets lie",
        measured,
        series,
    )


def _table(metrics: Metrics | None, role: SplitRole) -> MetricTable | None:
    tables = metrics.tables if metrics is not None else ()
    return next((table for table in tables if table.role in (role, None)), None)


def _judge(
    item: Predictions,
    kind: Kind,
    table: MetricTable | None,
    splits: Splits | None,
    grouping: Grouping | None,
    params: Params,
    measured: list[Evidence],
) -> list[Finding]:
    lost = missing(item.y_pred) & ~missing(item.y_true)
    measured.append(count_rows("missing_predictions", lost, item))
    findings = [_missing(item, lost, table, params, measured[-1])] if lost.any() else []
    kept = ~missing(item.y_pred) & ~missing(item.y_true)
    true, predicted = item.y_true[kept], item.y_pred[kept]
    rows = np.flatnonzero(kept)
    if not len(rows):
        return findings
    few = params.min_rows
    stuck = constant(item, true, predicted, kind, grouping, kept, few, measured)
    findings += stuck
    if kind is Kind.LABELS:
        findings += unseen_labels(item, true, predicted, rows, splits, measured)
        if not stuck:
            findings += worse_than_constant(item, "accuracy", true, predicted, few, measured)
        return findings
    values, targets = numbers(predicted), numbers(true)
    if values is None or targets is None:
        return findings
    declared = (params.minimum, params.maximum)
    findings += out_of_range(item, values, rows, table, *declared, measured)
    if kind is Kind.NUMBERS:
        metric = table.metric if table is not None and is_distance(table.metric) else "mse"
        if not any(each.severity >= Severity.WARNING for each in stuck):
            findings += far_outside(item, targets, values, rows, splits, few, params.far, measured)
            findings += worse_than_constant(item, metric, targets, values, few, measured)
    return findings


def _missing(
    item: Predictions,
    lost: Mask,
    table: MetricTable | None,
    params: Params,
    evidence: Evidence,
) -> Finding:
    share = float(lost.mean())
    excluded = _leaves_out(item, ~lost & ~missing(item.y_true), table)
    grave = excluded is not None and share >= params.excluded_share
    text = (
        f"{int(lost.sum()):,} of {len(lost):,} predictions in {item.path} ({percent(share)}) are "
        "no numbers"
    )
    if excluded is not None and table is not None and table.overall is not None:
        text += f", and the reported {table.metric} {table.overall.value:.4g} is that of the others"
    return finding(
        item,
        text,
        np.flatnonzero(lost),
        [evidence, *([excluded] if excluded is not None else [])],
        "Find out why these rows have no prediction, and count them in the metric or say that "
        "they are left out.",
        "missing predictions",
        severity=Severity.ERROR if grave else Severity.WARNING,
        why="A metric that drops them is the metric of the rows that went well.",
    )


def _leaves_out(item: Predictions, kept: Mask, table: MetricTable | None) -> Evidence | None:
    """The metric on the rows left over, if that is what was reported."""
    if table is None or table.overall is None or not math.isfinite(table.overall.value):
        return None
    if not kept.any():
        return None
    try:
        value = score_samples(table.metric, item.y_true[kept], item.y_pred[kept])
    except CannotScoreError:
        return None
    tolerance = max(abs(table.overall.value) * 1e-5, table.overall.half_width)
    if abs(value - table.overall.value) > tolerance:
        return None
    return Evidence(
        "metric_without_missing",
        value,
        expected=table.overall.value,
        unit=table.metric,
        n=int(kept.sum()),
        method="rows with a number as prediction only; expected is the reported value",
    )
