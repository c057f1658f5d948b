"""What is known about the data of one seed, apart from any model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reference_pipeline.config import TIERS


@dataclass(frozen=True, slots=True)
class LabelError:
    """How wrong the labels of copies are that keep the label of their original.

    Attributes
    ----------
    copies : int
    infinite : int
        Copies whose true height is infinite, so that no error can be stated.
    squared : float
        Mean squared difference in log2 between stated and true height, where that is finite; 0
        without any.
    """

    copies: int
    infinite: int
    squared: float


@dataclass(frozen=True, slots=True)
class SeedFacts:
    """The data of one seed.

    Attributes
    ----------
    seed : int
    originals : dict
        Rows of ``train``, ``validation`` and ``test``.
    label_errors : dict
        By augmentation, then by tier.
    repeats : dict
        By feature set: the share of symmetric copies whose features equal those of their
        original.
    cpu_seconds : float
        Processor time of generation, labels, copies and features.
    """

    seed: int
    originals: Mapping[str, int]
    label_errors: Mapping[str, Mapping[str, LabelError]]
    repeats: Mapping[str, float]
    cpu_seconds: float


def facts_from_json(fields: Mapping[str, Any]) -> SeedFacts:
    """Read what `dataclasses.asdict` and JSON made of the facts."""
    errors = {
        method: {tier: LabelError(**error) for tier, error in tiers.items()}
        for method, tiers in fields["label_errors"].items()
    }
    return SeedFacts(**{**fields, "label_errors": errors})


def pooled(errors: Iterable[LabelError]) -> LabelError:
    """The label error of several sets of copies taken together.

    Examples
    --------
    >>> pooled([LabelError(4, 0, 1.0), LabelError(4, 2, 4.0)])
    LabelError(copies=8, infinite=2, squared=2.0)
    """
    parts = list(errors)
    finite = sum(part.copies - part.infinite for part in parts)
    total = sum(part.squared * (part.copies - part.infinite) for part in parts)
    return LabelError(
        sum(part.copies for part in parts),
        sum(part.infinite for part in parts),
        total / finite if finite else 0.0,
    )


def pooled_by_tier(facts: Iterable[SeedFacts], method: str) -> dict[str, LabelError]:
    """The label error of a method in each tier, over all seeds."""
    known = [fact.label_errors[method] for fact in facts if method in fact.label_errors]
    return {tier: pooled(tiers[tier] for tiers in known) for tier in TIERS} if known else {}
