"""MT408: does the training history agree with itself, with the code and with the result."""

from __future__ import annotations

from dataclasses import dataclass

from audit.model.artifacts import Code, History, Metrics, PredictionSets
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding
from audit.model.severity import Severity
from checks.metrics.broadcast import loss_against_metric
from checks.metrics.diverged import losses_not_finite
from checks.metrics.epochs import curves_of, history_series, last_epoch, pair_of
from checks.metrics.kept_epoch import kept_epoch
from checks.metrics.stopped_early import rate_below_minimum, stopped_while_improving
from checks.metrics.training_code import TrainingCode, read_training


@dataclass(frozen=True, slots=True)
class Params:
    """When a history is worth a finding.

    Parameters
    ----------
    min_ratio : float
        Ratio of a validation loss and the metric of the same name that is no rounding and no
        averaging over batches.
    min_excess : float
        How much worse the kept epoch is than the best one, relative to the best, to be worth a
        note.
    large_excess : float
        The same, to be worth a warning.
    max_share : float
        Largest share of the planned epochs for a training that "ended well before them".
    """

    min_ratio: float = 1.2
    min_excess: float = 0.1
    large_excess: float = 0.5
    max_share: float = 0.5


@check(
    "MT408",
    "The training history contradicts the code or the reported result",
    Severity.WARNING,
    params=Params,
)
def training_history(
    history: History | None,
    code: Code | None,
    metrics: Metrics | None,
    predictions: PredictionSets | None,
    params: Params,
) -> Outcome:
    """Compare the values of every epoch with one another, the code and the reported result.

    What
    ----
    Five things: losses that are not finite from some epoch on; a loss and a metric that are the
    same function and differ; a learning rate below the minimum that the code sets; the epoch whose
    value is reported against the best epoch; a training that ended well before the planned epochs
    while it was still improving.

    Why
    ---
    A metric computed between shapes (n,) and (n, 1) compares every target with every prediction:
    it is about Var(y) + Var(ŷ), hardly improves, and steers every callback that monitors it. A
    reported number belongs to one epoch, and the reader should know which, and whether it was
    picked on the rows that it is reported for. A run that was ended after 5 of 250 epochs says
    nothing about the method.

    How it is found
    ---------------
    Columns are paired by name (``loss`` and ``val_loss``, ``train_rmse`` and ``valid_rmse``); the
    column that a callback monitors counts too (``val_rmse_balanced``). Rows of one epoch are put
    together and gaps left out. The code is parsed, never executed.

    *Not finite*: no loss is a finite number from some epoch to the last one. Infinite values, or
    another column that goes on, prove it; empty entries alone do where the code stops no training
    early, and are "review" otherwise.

    *Loss and metric*: the only ``compile`` names the same function twice, and on validation rows,
    where dropout is off, the two columns differ by more than ``min_ratio``. With predictions, the
    larger is compared with Var(y) + Var(ŷ) + the squared difference of means.

    *Kept epoch*: the one epoch whose validation value equals the reported one within rounding. It
    is held against the best one: a note from ``min_excess``, a warning from ``large_excess``
    (not for a cross-entropy, which grows with confidence alone) and where callbacks promise the
    best epoch; only beyond five times the usual step from epoch to epoch. A note says so where
    the best epoch was chosen on the rows that are reported and there is no test value.

    *Ended while improving*: there is one training call or loop, its number of epochs (or rounds of
    boosting) is a literal or a name, field or key that is given once, at most ``max_share`` of
    them were recorded, the last is the best, and no patience can have run out. The default of a
    command-line option may have been overridden: there the answer is "review".

    False alarms
    ------------
    Regularisation and weighted rows are part of a validation loss: where the code has either, the
    comparison is left open. A training that was interrupted by hand, or a history of a trial run,
    looks like one that was stopped. Warm-up is allowed for: only a rate that was above its
    minimum before counts.

    Remedy
    ------
    Give targets and predictions the same shape before they are subtracted; monitor a validation
    value relative to its best (``EarlyStopping(patience=...)``), not against a fixed threshold;
    report a test set that no epoch was chosen on, and say which epoch was kept.

    References
    ----------
    Prechelt (1998), Early stopping, but when?, in Neural Networks: Tricks of the Trade. Cawley &
    Talbot (2010), On over-fitting in model selection, JMLR 11. NumPy user guide, Broadcasting.
    """
    if history is None:
        return not_applicable("there is no per-epoch history")
    setup = TrainingCode() if code is None else read_training(code)
    curves = curves_of(history, setup.monitored)
    series = history_series(curves)
    findings: list[Finding] = []
    doubts: list[str] = []
    ran = last_epoch(history)
    measured = [Evidence("epochs_recorded", ran, unit="epochs", method=f"from {history.path}")]
    findings += losses_not_finite(history, None if code is None else setup, measured, doubts)
    if not curves and not findings and not doubts:
        return not_applicable(f"{history.path} has no column of a known loss or metric")
    if code is not None and curves:
        if setup.unread:
            doubts.append(f"{setup.unread:,} code cells could not be read")
        findings += loss_against_metric(
            history, curves, setup, predictions, params.min_ratio, doubts
        )
        findings += rate_below_minimum(history, setup, measured)
        findings += stopped_while_improving(
            history, curves, setup, params.max_share, measured, doubts
        )
    findings += kept_epoch(
        history, curves, setup, metrics, params.min_excess, params.large_excess, measured
    )
    if findings:
        return failed(findings, measured, series=series)
    if doubts:
        return review("; ".join(doubts), measured, series)
    pair = pair_of(curves)
    shown = pair[1] if pair else curves[0]
    best = f"{shown.column} is best at epoch {shown.epochs[shown.best]:g}"
    against = "" if code is not None else "; there is no code to compare with"
    return passed(f"{ran:,} epochs in {history.path}: {best}{against}", measured, series)
