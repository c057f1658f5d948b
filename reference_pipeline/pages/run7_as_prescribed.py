"""Write the results page of Run 7 as prescribed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reference_pipeline.config import TIERS, Tier
from reference_pipeline.evaluate import GAP_RANGE, PLANNED
from reference_pipeline.pages.tables import (
    groups_by_tier,
    keyed,
    label_error_table,
    name_of,
    table,
    tier_samples,
    tier_score,
)

_NUMBER_WORDS = ("none", "one", "two", "three", "four", "five", "all six")


@dataclass(frozen=True, slots=True)
class Criterion:
    """A success criterion of the analysis of Run 6, and what this run has to show for it.

    Attributes
    ----------
    name, threshold, value : str
        As the page writes them.
    met : bool
        Decided on the value before rounding.
    """

    name: str
    threshold: str
    value: str
    met: bool


def criteria(metrics: Mapping[str, Any]) -> tuple[Criterion, ...]:
    """Judge the six success criteria of the analysis of Run 6.

    Parameters
    ----------
    metrics : mapping
        Contents of ``metrics.json``.

    Returns
    -------
    tuple of Criterion
    """
    overall, by_group = metrics["overall"], keyed(metrics["by_group"])
    gap = overall["validation"] - overall["train"]
    shared = metrics["samples_on_both_sides"]
    low, high = GAP_RANGE

    def below(name: str, threshold: float, value: float) -> Criterion:
        return Criterion(name, f"< {threshold:g}", f"{value:.4f}", value < threshold)

    return (
        below("Overall log2-MSE", PLANNED.overall, overall["validation"]),
        below("Easy cases", PLANNED.easy, tier_score(by_group, "easy")),
        below("Medium cases", PLANNED.medium, tier_score(by_group, "medium")),
        below("Hard cases", PLANNED.hard, tier_score(by_group, "hard")),
        Criterion(
            "No data leakage", "augmentation after the split", f"{shared} shared", shared == 0
        ),
        Criterion("Train-val gap", f"{low}-{high}", f"{gap:.4f}", low <= gap <= high),
    )


def run7_as_prescribed_page(metrics: Mapping[str, Any]) -> str:
    """Return ``RESULTS.md`` of Run 7 as prescribed: what was measured, and nothing else.

    Parameters
    ----------
    metrics : mapping
        Contents of ``metrics.json``.

    Returns
    -------
    str
    """
    overall, counts, epochs = metrics["overall"], metrics["counts"], metrics["epochs"]
    judged = criteria(metrics)
    met = sum(criterion.met for criterion in judged)
    shared = metrics["samples_on_both_sides"]
    return f"""# Run 7 as prescribed: results

With the recommendations of the analysis of Run 6 followed, the validation log2-MSE is
**{overall["validation"]:.3f}**. Of the six success criteria, {_NUMBER_WORDS[met]} \
{"is" if met == 1 else "are"} met.

## Data

- The {counts["originals"]:,} samples were split first: \
{counts["train_originals"]:,} for training, {counts["validation"]:,} for validation.
- Only training samples were augmented: 3 copies of each sample in hard groups, 2 copies in
  medium groups, 1 copy in easy groups. This gives {counts["train"]:,} training rows, \
{metrics["growth_factor"]:.2f} times the
  training samples.
- Validation samples with a copy in training: {shared}.

## Success criteria

{_criteria_table(judged)}

## Overall

| Quantity | log2-MSE |
|---|---|
| Training (without copies) | {overall["train"]:.6f} |
| Validation | {overall["validation"]:.6f} |
| Gap (validation - training) | {overall["validation"] - overall["train"]:.6f} |

## By group (validation)

{_group_table(metrics)}

## By tier (validation)

{_tier_table(metrics)}

## Training

{_training(epochs, metrics)}

## What the copies are labelled with

A copy is given the height of its parent. The entries of P lie between -100 and 100; a copy has
noise with a standard deviation of {metrics["noise_scale"]:g}, is clipped to [0, 1], and its rows \
are normalised, which
leaves little of P but its signs. The height of the copy itself, computed exactly:

{label_error_table(metrics["label_error_of_copies"])}

The last column is a mean over the copies of finite height.
"""


def _criteria_table(judged: Sequence[Criterion]) -> str:
    return table(
        ["#", "Criterion", "Threshold", "Value", "Result"],
        [
            [str(number), each.name, each.threshold, each.value, "met" if each.met else "not met"]
            for number, each in enumerate(judged, start=1)
        ],
    )


def _group_table(metrics: Mapping[str, Any]) -> str:
    by_group = keyed(metrics["by_group"])
    return table(
        ["Group", "Tier", "Samples", "log2-MSE"],
        [
            [
                name_of(group),
                tier.capitalize(),
                f"{by_group[group]['samples']:,}",
                f"{by_group[group]['log2_mse']:.3f}",
            ]
            for tier, group in groups_by_tier()
        ],
    )


def _tier_table(metrics: Mapping[str, Any]) -> str:
    by_group = keyed(metrics["by_group"])

    def line(tier: Tier) -> list[str]:
        return [
            tier.capitalize(),
            f"{len(TIERS[tier])} groups",
            f"{tier_samples(by_group, tier):,}",
            f"{tier_score(by_group, tier):.3f}",
        ]

    return table(["Tier", "Groups", "Samples", "log2-MSE"], [line(tier) for tier in TIERS])


def _training(epochs: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    planned, trained = epochs["planned"], epochs["trained"]
    monitor = metrics["easy_monitor"]
    if not monitor["stopped"]:
        return f"{trained} of {planned} planned epochs were trained."
    return (
        f"{trained} of {planned} planned epochs were trained: the monitor of the easy groups "
        f"stopped the training,\nbecause their validation score had been above "
        f"{monitor['threshold']:g} for {monitor['patience']} epochs in a row."
    )
