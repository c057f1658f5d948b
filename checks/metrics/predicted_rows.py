"""What all findings about predictions share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import Array, Predictions
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, sample_rows
from audit.model.severity import Confidence, Severity

Mask = NDArray[np.bool_]

# Metrics of logarithms, and the value that predictions have to exceed.
LOGARITHMS = {"log2_mse": 0.0, "log_mse": 0.0, "log10_mse": 0.0, "msle": -1.0, "rmsle": -1.0}
EXAMPLES = 20


def count_rows(name: str, mask: Mask, item: Predictions) -> Evidence:
    """How many rows, and examples of them."""
    rows = np.flatnonzero(mask)
    return Evidence(
        name,
        len(rows),
        expected=0,
        unit="rows",
        n=len(mask),
        method=f"rows of {item.path}",
        sample_ids=tuple(int(row) for row in rows[:EXAMPLES]),
        sample_ids_total=len(rows),
    )


def finding(
    item: Predictions,
    text: str,
    rows: Array | Sequence[int],
    evidence: list[Evidence],
    remedy: str,
    subject: str,
    *,
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.HIGH,
    why: str = "",
) -> Finding:
    """Build a finding about `rows` of a table of predictions."""
    table = item.path.rpartition(".")[2] in ("csv", "tsv", "parquet")
    places = sample_rows([int(row) for row in rows][:EXAMPLES]) if table else ()
    return Finding(
        check_id="MT409",
        severity=severity,
        confidence=confidence,
        message=text,
        locations=(Location(item.path, rows=places),),
        evidence=tuple(evidence),
        remedy=Remedy(remedy),
        subject=f"{subject}: {item.role.value}",
        why=why,
    )
