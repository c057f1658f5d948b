"""Scores of a classifier that are no numbers, and probabilities that are none."""

from __future__ import annotations

import numpy as np

from audit.model.artifacts import Array, Predictions
from audit.model.evidence import Evidence
from audit.model.finding import Finding
from audit.model.severity import Confidence, Severity
from checks.kit.kin import percent
from checks.metrics.predicted_rows import Mask, count_rows, finding

_SLACK = 1e-6  # single precision
_UNEVEN = 1e-3  # of a sum over classes
_MOST = 0.5  # of the rows: the columns are meant to be something else


def score_findings(item: Predictions, measured: list[Evidence]) -> list[Finding]:
    """Judge the scores beside the predicted labels, row by row."""
    if item.y_score is None or not len(item.y_score):
        return []
    scores = np.asarray(item.y_score, dtype=np.float64).reshape(len(item.y_score), -1)
    lost: Mask = np.asarray(~np.isfinite(scores).all(axis=1))
    findings = []
    if lost.any():
        measured.append(count_rows("missing_scores", lost, item))
        findings.append(
            finding(
                item,
                f"{int(lost.sum()):,} of {len(lost):,} rows of {item.path} ({percent(lost.mean())})"
                " have a score that is no number",
                np.flatnonzero(lost),
                [measured[-1]],
                "Find out why these rows have no score; metrics of ranking and calibration leave "
                "them out or fail.",
                "missing scores",
            )
        )
    if not item.is_probability or _in_percent(scores):
        return findings
    outside: Mask = ((scores < -_SLACK) | (scores > 1 + _SLACK)).any(axis=1) & ~lost
    measured.append(count_rows("probabilities_outside", outside, item))
    if outside.any():
        inside = scores[outside]
        worst = float(inside.flat[np.argmax(np.abs(inside - 0.5))])
        findings.append(
            finding(
                item,
                f"{int(outside.sum()):,} of {len(outside):,} rows of {item.path} have a "
                f"probability outside 0 to 1; one is {worst:.6g}",
                np.flatnonzero(outside),
                [measured[-1]],
                "Export probabilities (softmax or sigmoid of the logits, calibrated ones "
                "clipped), or name the columns scores.",
                "probabilities outside 0 to 1",
            )
        )
    elif scores.shape[1] > 1:
        findings += _sums(item, scores, lost, measured)
    return findings


def _in_percent(scores: Array) -> bool:
    kept = scores[np.isfinite(scores)]
    return bool(len(kept) and kept.min() >= 0 and 50 < kept.max() <= 100 + _SLACK)


def _sums(item: Predictions, scores: Array, lost: Mask, measured: list[Evidence]) -> list[Finding]:
    """Rows whose probabilities do not sum to 1."""
    sums = scores.sum(axis=1)
    slack = max(_UNEVEN, 1.01 * scores.shape[1] * _half_unit(scores[~lost]))
    uneven: Mask = (np.abs(sums - 1) > slack) & ~lost
    measured.append(count_rows("uneven_probabilities", uneven, item))
    if not uneven.any():
        return []
    worst = float(sums[uneven][np.argmax(np.abs(sums[uneven] - 1))])
    most = float(uneven.mean()) > _MOST
    text = (
        f"the probabilities of {int(uneven.sum()):,} of {len(uneven):,} rows of {item.path} do "
        f"not sum to 1; those of one sum to {worst:.4g}"
    )
    return [
        finding(
            item,
            text + (": they are no distribution over the classes" if most else ""),
            np.flatnonzero(uneven),
            [measured[-1]],
            "Export one column for every class, normalised in the same way in every row; say so "
            "where every class is a decision of its own.",
            "probabilities that do not sum to 1",
            severity=Severity.NOTE if most else Severity.WARNING,
            confidence=Confidence.LOW if most else Confidence.HIGH,
        )
    ]


def _half_unit(scores: Array) -> float:
    """Half a unit of the last decimal that was stored."""
    for decimals in range(1, 6):
        if np.allclose(scores, np.round(scores, decimals), rtol=0, atol=1e-9):
            return float(0.5 * 10.0**-decimals)
    return 0.0
