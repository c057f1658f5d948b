"""Criteria that are called "no degradation" and allow one."""

from __future__ import annotations

import math
import re

from audit.model.artifacts import Baseline
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.severity import Confidence, Severity
from checks.kit.criteria import Criterion
from checks.metrics.quantities import Quantity

_NO_DEGRADATION = re.compile(
    r"\b(?:no|without|avoid)\s(?:\w{1,12}\s)?(?:degradation|regression|deterioration)\b"
    r"|\b(?:not|no) worse\b",
    re.I,
)


def allowed_degradation(
    criterion: Criterion,
    quantity: Quantity,
    high: float,
    baseline: Baseline,
    locations: tuple[Location, ...],
) -> Finding | None:
    """Hold a criterion that is called "no degradation" against the baseline.

    Parameters
    ----------
    criterion : Criterion
        As stated.
    quantity : Quantity
        What it is about.
    high : float
        Its upper bound, in the unit of the quantity.
    baseline : Baseline
        The values that are not to be exceeded.
    locations : tuple of Location
        Where a finding stands.

    Returns
    -------
    Finding or None
    """
    table = baseline.table
    if not _NO_DEGRADATION.search(criterion.text) or quantity.greater_is_better is not False:
        return None
    before = {k: table.by_group[k] for k in quantity.keys if k in table.by_group}
    highest = [value.value + value.half_width for value in before.values()]
    if quantity.table is None or table.metric != quantity.table.metric or not highest:
        return None
    if len(before) < len(quantity.keys) or min(highest) <= 0:
        return None
    if not 1.1 * max(highest) < high < math.inf:
        return None
    least, most = high / max(highest) - 1, high / min(highest) - 1
    name = table.label or table.path
    evidence = Evidence(
        "allowed_degradation",
        least,
        unit="share",
        method=f"{high:.4g} / {max(highest):.4g} - 1, up to {most:.0%} "
        f"({high:.4g} / {min(highest):.4g} - 1)",
        group=quantity.label,
    )
    return Finding(
        check_id="MT406",
        severity=Severity.NOTE,
        confidence=Confidence.HIGH,
        message=f'"{quantity.label} < {high:.4g}" is called no degradation and allows '
        f"{least:.0%} to {most:.0%} more than {name}",
        locations=locations,
        evidence=(evidence,),
        remedy=Remedy(f"Set the bound at the values of {name} plus the noise that they have."),
        subject=f"degradation allowed by {quantity.label} < {high:.4g}",
    )
