"""What an overall criterion asks of a tier when the other tiers just meet their own."""

from __future__ import annotations

import math
from collections.abc import Sequence

from audit.model.evidence import Evidence
from checks.kit.composition import group_sizes, tiers_of
from checks.kit.scores import SCORES
from checks.metrics.quantities import Evidences, Quantity


def implied_thresholds(
    bounds: Sequence[tuple[Quantity, float]], have: Evidences
) -> tuple[list[Evidence], str]:
    """Hold the upper bounds of tiers against that of the overall metric.

    Parameters
    ----------
    bounds : sequence of (Quantity, float)
        Quantities and their finite upper bounds.
    have : Evidences
        For the sizes of the tiers.

    Returns
    -------
    evidence : list of Evidence
        ``implied_threshold`` for each customary weighting under which the tier bounds allow more
        than the overall one.
    sentence : str
        The first of them in words; empty where there is none.
    """
    by_tier = {quantity.tier: high for quantity, high in bounds if quantity.tier}
    for quantity, high in bounds:
        table = quantity.table
        if table is None or quantity.keys or quantity.greater_is_better is not False:
            continue
        score = SCORES.get(table.metric)
        tiers = tiers_of(have.grouping, list(table.by_group))
        limits = {tier: by_tier[tier] for tier in tiers if tier in by_tier}
        if score is None or not score.mean or len(tiers) < 2 or len(limits) < len(tiers):
            continue
        sizes = group_sizes(table.role, table, have.splits, have.predictions)
        weightings = {"equal weight for every tier": dict.fromkeys(tiers, 1 / len(tiers))}
        if sizes:
            shares = {
                tier: sum(sizes[0].by_group.get(key, 0) for key in keys) / sizes[0].total
                for tier, keys in tiers.items()
            }
            if min(shares.values()) > 0:
                weightings["tiers weighted by rows"] = shares
        return _implied(high, limits, weightings, 2 if score.root else 1)
    return [], ""


def _implied(
    whole: float,
    bounds: dict[str, float],
    weightings: dict[str, dict[str, float]],
    power: int,
) -> tuple[list[Evidence], str]:
    found, sentence = [], ""
    for how, weights in weightings.items():
        allowed = math.fsum(weights[tier] * _raised(bounds[tier], power) for tier in bounds)
        if allowed <= _raised(whole, power):
            continue
        loosest = max(bounds, key=lambda tier: weights[tier] * _raised(bounds[tier], power))
        others = allowed - weights[loosest] * _raised(bounds[loosest], power)
        left = (_raised(whole, power) - others) / weights[loosest]
        implied = left ** (1 / power) if left > 0 else None
        rest = ", ".join(f"{tier} at {bounds[tier]:.4g}" for tier in bounds if tier != loosest)
        found.append(
            Evidence(
                "implied_threshold",
                implied,
                expected=bounds[loosest],
                method=f"with {rest} and {how}, overall < {whole:.4g} "
                + ("needs this" if implied is not None else "cannot hold whatever it is"),
                group=f"tier {loosest}",
            )
        )
        if not sentence:
            needs = f"< {implied:.4g}" if implied is not None else "an impossible value"
            sentence = (
                f'"{loosest} < {bounds[loosest]:.4g}" alone proves nothing: with {rest} and {how}, '
                f"overall < {whole:.4g} needs {loosest} {needs}"
            )
    return found, sentence


def _raised(value: float, power: int) -> float:
    return value * value if power == 2 else value  # ** raises on overflow
