"""A training whose losses are not finite from some epoch on."""

from __future__ import annotations

import numpy as np

from audit.model.artifacts import History
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.severity import Confidence, Severity
from checks.metrics.epochs import Recorded, errors_of, is_error, recorded
from checks.metrics.training_code import TrainingCode

_FEWEST = 2  # a last row may be about something else, such as a test


def losses_not_finite(
    history: History, setup: TrainingCode | None, measured: list[Evidence], doubts: list[str]
) -> list[Finding]:
    """The losses turn to NaN or infinity, and stay so until the last epoch.

    Empty entries alone are no proof: arrays that are made for all planned epochs keep them where
    a training was stopped. Infinite values, or another column that goes on, are.
    """
    kept = recorded(history)
    losses = errors_of(kept)
    n = len(kept.epochs)
    if not losses or n < _FEWEST:
        return []
    finite = np.any([np.isfinite(kept.values[name]) for name in losses], axis=0)
    last = int(np.flatnonzero(finite).max(initial=-1))
    tail = slice(last + 1, n)
    lost = n - 1 - last
    infinite = any(np.isinf(kept.values[name][tail]).any() for name in losses)
    if lost < (1 if infinite else _FEWEST) or (not infinite and lost <= _longest_gap(finite, last)):
        return []
    first = float(kept.epochs[last + 1])
    evidence = Evidence(
        "epochs_not_finite",
        lost,
        expected=0,
        unit="epochs",
        n=n,
        method=f"{', '.join(losses[:4])} of {history.path} from epoch {first:g} on",
    )
    measured.append(evidence)
    measured.append(Evidence("first_epoch_not_finite", first, unit="epoch", method=evidence.method))
    went_on = any(
        np.isfinite(values[tail]).any()
        for name, values in kept.values.items()
        if name not in losses and not is_error(name)
    )
    what = "no number" if len(losses) == 1 else "no numbers"
    what = f"infinite or {what}" if infinite else what
    shown = ", ".join(losses[:3]) + (f" and {len(losses) - 3} more" if len(losses) > 3 else "")
    text = f"from epoch {first:g} on, in the last {lost:,} of {n:,} epochs, {shown} "
    text += f"{'is' if len(losses) == 1 else 'are'} {what}"
    if not (infinite or went_on) and (setup is None or setup.may_stop):
        doubts.append(f"{text}: the training diverged, or was stopped and the rest left empty")
        return []
    return [_finding(history, kept, last + 1, text, evidence, sure=infinite or went_on)]


def _longest_gap(finite: np.ndarray, last: int) -> int:
    """Epochs without a value between two that have one: validation every few epochs."""
    places = np.flatnonzero(finite[: last + 1])
    return int(np.diff(places).max(initial=1)) - 1


def _finding(
    history: History, kept: Recorded, first: int, text: str, evidence: Evidence, *, sure: bool
) -> Finding:
    rows = () if history.path.endswith(".json") else (int(kept.rows[first]),)
    return Finding(
        check_id="MT408",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if sure else Confidence.MEDIUM,
        message=text,
        locations=(Location(history.path, rows=rows, note="the first such epoch"),),
        evidence=(evidence,),
        remedy=Remedy(
            "Find the first batch whose loss is not finite (logarithms and divisions of 0, a "
            "learning rate that is too large), train again, and let the run fail instead of "
            "going on.",
            after="keras.callbacks.TerminateOnNaN()",
        ),
        subject="losses not finite",
        why="Parameters that are no numbers stay so: nothing was learned after that epoch, and "
        "the last model predicts nothing.",
    )
