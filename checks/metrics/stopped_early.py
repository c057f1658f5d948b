"""A training that ended while improving, and a learning rate below its own minimum."""

from __future__ import annotations

import numpy as np

from audit.model.artifacts import History
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.metrics.epochs import Curve, is_numbered, last_epoch, learning_rate, pair_of
from checks.metrics.training_code import LAST_SET, Stopping, TrainingCode

_FEWEST = 3  # epochs that show a trend
_MISSING = 5  # epochs short of the plan, at least
_WINDOW = 3
_PROGRESS = 0.01  # relative, over the last epochs


def stopped_while_improving(
    history: History,
    curves: tuple[Curve, ...],
    setup: TrainingCode,
    max_share: float,
    measured: list[Evidence],
    doubts: list[str],
) -> list[Finding]:
    """The planned epochs were not reached, and no patience can have run out."""
    if len(setup.planned) != 1 or setup.unread:
        return []
    planned, ran = setup.planned[0], last_epoch(history)
    counted = is_numbered(history) or setup.losses or setup.is_boosting
    total = planned.default if planned.value is None else planned.value
    if total is None or total < 1 or not counted:
        return []  # without numbers of epochs, a row may stand for several
    if setup.is_boosting and is_numbered(history, by_epoch=True):
        return []  # of another model
    measured.append(Evidence("epochs_planned", total, unit="epochs", method=str(planned.location)))
    if ran > max_share * total or total - ran < _MISSING:
        return []
    pair = pair_of(curves)
    curve = pair[1] if pair else next((c for c in curves if c.held_out), curves[0])
    for stopping in setup.stoppings:
        found = _monitored(curves, stopping)
        if found is None or (stopping.patience is None and not stopping.absolute):
            doubts.append(
                f"{ran:,} of {total:,.0f} epochs were recorded, and what EarlyStopping "
                "monitors, or its patience, could not be read"
            )
            return []
        if not stopping.absolute and _ran_out(found, stopping):
            return []
        curve = found
    if not _improving(curve) or curve.epochs[0] != 1:
        return []
    if planned.value is None:
        doubts.append(
            f"{ran:,} epochs were recorded and {curve.column} was still improving; the option at "
            f"{planned.location} has the default {total:,.0f}, and what it was set to is not known"
        )
        return []
    return [_stopped(history, curve, setup, total, planned.location, ran)]


def _monitored(curves: tuple[Curve, ...], stopping: Stopping) -> Curve | None:
    if stopping.monitor == LAST_SET:
        held_out = [curve for curve in curves if curve.held_out]
        return held_out[0] if len(held_out) == 1 else None
    return next((curve for curve in curves if curve.column == stopping.monitor), None)


def _ran_out(curve: Curve, stopping: Stopping) -> bool:
    """Whether the patience may have run out, improvements counted as callbacks do."""
    if stopping.min_delta is None:
        return True
    delta, best, since = abs(stopping.min_delta), np.inf, 0
    for value in curve.errors:
        if value < best - delta:
            best, since = value, 0
        else:
            since += 1
    return since >= max(stopping.patience or 0, 1)


def _improving(curve: Curve) -> bool:
    """The last epoch is the best, and better than a few epochs before."""
    errors = curve.errors
    if len(errors) < _FEWEST or (curve.greater_is_better is None and "loss" not in curve.base):
        return False
    before = float(errors[max(len(errors) - 1 - _WINDOW, 0)])
    last = float(errors[-1])
    return bool(last < errors[:-1].min()) and before - last > _PROGRESS * abs(before)


def _stopped(
    history: History,
    curve: Curve,
    setup: TrainingCode,
    planned: float,
    place: Location,
    ran: int,
) -> Finding:
    stops = [*setup.stops, *(each.location for each in setup.stoppings if each.absolute)]
    tail = curve.values[-(_WINDOW + 1) :]
    rows = () if history.path.endswith(".json") else (int(curve.rows[-1]),)
    record = Location(
        history.path, rows=rows, role=Role.RELATED if stops else Role.PRIMARY, note="the last epoch"
    )
    return Finding(
        check_id="MT408",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if stops else Confidence.MEDIUM,
        message=(
            f"training ended at epoch {ran:,} of {planned:,.0f} while {curve.column} was still "
            f"improving ({', '.join(f'{value:.4g}' for value in tail)})"
        ),
        locations=(
            *(Location(s.path, cell=s.cell, line=s.line, text=s.text) for s in stops),
            record,
            Location(
                place.path,
                cell=place.cell,
                line=place.line,
                text=place.text,
                role=Role.RELATED,
                note="the planned epochs",
            ),
        ),
        evidence=(
            Evidence("epochs_recorded", ran, expected=planned, unit="epochs"),
            Evidence(
                "last_values",
                tuple(float(value) for value in tail),
                unit=curve.column,
                method="the last epochs, the last one the best of all",
            ),
        ),
        remedy=Remedy(
            "Train until the validation value has not improved for some epochs, and stop relative "
            "to its best, not at a fixed threshold.",
            after="EarlyStopping(monitor='val_loss', patience=20, restore_best_weights=True)",
        ),
        subject="training ended early",
        why="The result is that of an unfinished training and says little about the method.",
    )


def rate_below_minimum(
    history: History, setup: TrainingCode, measured: list[Evidence]
) -> list[Finding]:
    """The recorded learning rate fell below the smallest one that the code allows."""
    rate = learning_rate(history)
    if rate is None or len(setup.minimum_rates) != 1:
        return []
    setting = setup.minimum_rates[0]
    if setting.value is None or setting.value <= 0:
        return []
    floor = setting.value
    lowest = int(np.argmin(rate.values))
    observed = float(rate.values[lowest])
    evidence = Evidence(
        "lowest_learning_rate",
        observed,
        expected=floor,
        method=f"{rate.column}, epoch {rate.epochs[lowest]:g}; the code allows {floor:g}",
    )
    measured.append(evidence)
    step = rate.half_width + 1e-3 * floor
    below = rate.values < floor - step
    before = np.maximum.accumulate(rate.values)
    if not (below & (before >= floor)).any():
        return []
    rows = () if history.path.endswith(".json") else (int(rate.rows[lowest]),)
    return [
        Finding(
            check_id="MT408",
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=(
                f"the learning rate fell to {observed:g} at epoch {rate.epochs[lowest]:g}; the "
                f"smallest one that the code allows is {floor:g}"
            ),
            locations=(
                setting.location,
                Location(history.path, rows=rows, role=Role.RELATED, note="the smallest rate"),
            ),
            evidence=(evidence,),
            remedy=Remedy(
                "Use one scheduler, or let both respect the same minimum, and export the code and "
                "the history of the same run."
            ),
            subject="learning rate below its minimum",
            why="Either a second scheduler acts, or the history is not that of this code.",
        )
    ]
