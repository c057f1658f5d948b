"""Which epoch the reported value is from, and how it compares with the best one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audit.model.artifacts import History, Metrics, MetricTable, SplitRole
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.scores import SCORES
from checks.metrics.epochs import Curve, pair_of
from checks.metrics.training_code import TrainingCode

_WIGGLE = 5.0  # usual steps from epoch to epoch
_RELATIVE = 1e-5  # single precision, summed in another order
_AROUND = 50.0  # times the slack: where other epochs are counted
_CHANCE = 0.05  # expected matches by chance
_SHARP = 0.01  # of the usual step: a value that cannot be met by chance


@dataclass(frozen=True, slots=True)
class _Kept:
    """A reported value and the epoch that it is from."""

    table: MetricTable
    curve: Curve
    position: int
    value: float

    @property
    def epoch(self) -> float:
        return float(self.curve.epochs[self.position])


def kept_epoch(
    history: History,
    curves: tuple[Curve, ...],
    setup: TrainingCode,
    metrics: Metrics | None,
    min_excess: float,
    large_excess: float,
    measured: list[Evidence],
) -> list[Finding]:
    """Compare the epoch of the reported value with the best epoch; both are added to `measured`."""
    kept = _find(curves, metrics)
    pair = pair_of(curves)
    curve = kept.curve if kept else pair[1] if pair else None
    if curve is None:
        return []
    best = curve.best
    measured.append(
        Evidence(
            "best_epoch",
            float(curve.epochs[best]),
            unit="epoch",
            method=f"{curve.column} {curve.values[best]:.6g}",
        )
    )
    if kept is None:
        return []
    measured.append(
        Evidence(
            "kept_epoch",
            kept.epoch,
            expected=float(curve.epochs[best]),
            unit="epoch",
            method=f"the reported {_name(kept)} {kept.value:.6g} is {curve.column} there",
        )
    )
    monitored = _monitored(curves, setup, curve)
    finding = _worse(history, kept, setup, monitored, min_excess, large_excess)
    if finding is not None:
        return [finding]
    return _selected(history, kept, setup, metrics, monitored)


def _find(curves: tuple[Curve, ...], metrics: Metrics | None) -> _Kept | None:
    """The reported held-out value that equals one epoch of a validation curve, and no other."""
    for table in metrics.tables if metrics is not None else ():
        if table.overall is None or table.role is SplitRole.TRAIN:
            continue
        value = table.overall.value
        if not np.isfinite(value):
            continue
        for curve in sorted(curves, key=lambda each: each.base != table.metric):
            if not curve.held_out or curve.base not in (table.metric, "loss"):
                continue
            slack = curve.half_width + table.overall.half_width + _RELATIVE * abs(value)
            hits = np.flatnonzero(np.abs(curve.values - value) <= slack)
            sharp = slack <= _SHARP * _step(curve)
            if table.role is SplitRole.TEST:
                # Curves are of validation rows. A test value that equals one of them was watched
                # during training, or it is a share of few rows and they meet by chance.
                found = sharp and not SCORES[curve.base].share and _alone(curve, value, slack)
            else:
                found = sharp or curve.base == table.metric
            if len(hits) == 1 and found:
                return _Kept(table, curve, int(hits[0]), value)
    return None


def _alone(curve: Curve, value: float, slack: float) -> bool:
    """Whether few other epochs are near: on a long plateau some epoch equals any value."""
    near = np.abs(curve.values - value) <= _AROUND * slack
    return int(near.sum()) - 1 <= _CHANCE * _AROUND


def _step(curve: Curve) -> float:
    """Usual step from epoch to epoch, in the later half."""
    steps = np.abs(np.diff(curve.values))
    return float(np.median(steps[len(steps) // 2 :])) if len(steps) else 0.0


def _monitored(curves: tuple[Curve, ...], setup: TrainingCode, own: Curve) -> Curve | None:
    """The curve by which the code chooses an epoch; ``None`` where it is not known."""
    names = setup.monitored
    if not names:
        return own
    return next((c for c in curves if len(names) == 1 and c.column in names), None)


def _promised(setup: TrainingCode) -> list[Location]:
    """Callbacks after which the best epoch is expected to be kept."""
    return [stopping.location for stopping in setup.stoppings if stopping.restores]


def _is_best(kept: _Kept, monitored: Curve) -> bool:
    hits = np.flatnonzero(monitored.epochs == kept.epoch)
    if not len(hits):
        return True  # not recorded: nothing to hold against it
    errors = monitored.errors
    return bool(errors[hits[0]] <= errors[monitored.best] + 2 * monitored.half_width)


def _worse(
    history: History,
    kept: _Kept,
    setup: TrainingCode,
    monitored: Curve | None,
    min_excess: float,
    large_excess: float,
) -> Finding | None:
    curve = kept.curve
    errors = curve.errors
    best, own = float(errors[curve.best]), float(errors[kept.position])
    promised = _promised(setup)
    broken = bool(promised) and monitored is not None and not _is_best(kept, monitored)
    excess = (own - best) / best if best > 0 else 0.0
    around = errors[max(curve.best - 1, 0) : curve.best + 2]
    clear = own - best > _WIGGLE * _step(curve) and float(around.mean()) < (own + best) / 2
    if not broken and not (clear and excess >= min_excess):
        return None
    if monitored is not None and not broken and _is_best(kept, monitored):
        return None  # chosen by another column
    # Cross-entropy grows with confidence in a few wrong labels, also where accuracy does not fall.
    plain = monitored is not None and kept.table.metric not in ("loss", "log_loss")
    loud = broken or (plain and excess >= large_excess)
    text = (
        f"the reported {_name(kept)} {kept.value:.4g} is that of epoch {kept.epoch:g}; epoch "
        f"{curve.epochs[curve.best]:g} is better with {curve.values[curve.best]:.4g}"
    )
    if broken:
        text += ", and the code promises to restore the best"
    return Finding(
        check_id="MT408",
        severity=Severity.WARNING if loud else Severity.NOTE,
        confidence=Confidence.HIGH if broken else Confidence.MEDIUM,
        message=text,
        locations=_places(history, kept, promised if broken else []),
        evidence=_evidence(kept),
        remedy=Remedy(
            "Keep the epoch that is best on validation rows and report it on test rows, or say "
            "that the last epoch is reported.",
            after="EarlyStopping(monitor='val_loss', patience=20, restore_best_weights=True)",
        ),
        subject=f"kept epoch of {_name(kept)}",
        why="The result is not that of the model that the training found.",
    )


def _selected(
    history: History,
    kept: _Kept,
    setup: TrainingCode,
    metrics: Metrics | None,
    monitored: Curve | None,
) -> list[Finding]:
    """The best epoch was chosen on the rows that are reported, and nothing else is reported."""
    chosen = bool(_promised(setup) or setup.checkpoints)
    last = kept.position == len(kept.curve.values) - 1
    independent = kept.table.role is not SplitRole.TEST and any(
        table.role is SplitRole.TEST and table.overall is not None
        for table in (metrics.tables if metrics is not None else ())
    )
    if independent or monitored is None or not _is_best(kept, monitored) or (last and not chosen):
        return []
    if len(kept.curve.values) < 2:
        return []
    role = kept.table.role.value if kept.table.role else "held-out"
    return [
        Finding(
            check_id="MT408",
            severity=Severity.NOTE,
            confidence=Confidence.MEDIUM,
            message=(
                f"the reported {_name(kept)} {kept.value:.4g} is the best of "
                f"{len(kept.curve.values):,} epochs on the same {role} rows"
            ),
            locations=_places(
                history, kept, _promised(setup) or [c.location for c in setup.checkpoints]
            ),
            evidence=_evidence(kept),
            remedy=Remedy("Report the kept epoch on test rows that no epoch was chosen on."),
            subject=f"epoch of {_name(kept)} chosen on the reported rows",
            why="The best of many values on the same rows is a little too good.",
        )
    ]


def _name(kept: _Kept) -> str:
    role = kept.table.role
    return f"{role.value} {kept.table.metric}" if role else kept.table.metric


def _places(history: History, kept: _Kept, code: list[Location]) -> tuple[Location, ...]:
    assert kept.table.overall is not None
    rows = () if history.path.endswith(".json") else (int(kept.curve.rows[kept.position]),)
    return (
        kept.table.overall.location,
        Location(history.path, rows=rows, role=Role.RELATED, note="the epoch that it is from"),
        *(
            Location(
                place.path,
                cell=place.cell,
                line=place.line,
                text=place.text,
                role=Role.RELATED,
                note="chooses the epoch",
            )
            for place in code[:3]
        ),
    )


def _evidence(kept: _Kept) -> tuple[Evidence, ...]:
    curve = kept.curve
    return (
        Evidence(
            "kept_epoch",
            kept.epoch,
            expected=float(curve.epochs[curve.best]),
            unit="epoch",
            method=f"{curve.column} {curve.values[kept.position]:.6g} there, "
            f"{curve.values[curve.best]:.6g} in the best",
        ),
        Evidence("reported_metric", kept.value, unit=kept.table.metric, method=kept.table.path),
    )
