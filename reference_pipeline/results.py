"""Write the results page of a run from the numbers that its notebook saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from reference_pipeline.config import TIERS, Group, Tier

TARGET = 0.374

# Validation log2-MSE of Run 2, by group (k, m): the baseline that Run 6 was compared with.
RUN2: dict[Group, float] = {
    (4, 2): 0.103043,
    (4, 3): 0.107653,
    (4, 4): 0.209655,
    (4, 5): 1.422106,
    (5, 2): 0.096024,
    (5, 3): 0.227183,
    (5, 4): 0.957722,
    (6, 2): 0.355892,
    (6, 3): 1.083320,
}


class GroupScore(TypedDict):
    """Score of one group, as the notebooks save it."""

    k: int
    m: int
    samples: int
    log2_mse: float


class Metrics(TypedDict):
    """The part of ``metrics.json`` that the results pages use."""

    overall: dict[str, float]
    by_group: list[GroupScore]
    counts: dict[str, int]
    growth_factor: float


def baseline_run2() -> dict[str, object]:
    """Return the Run 2 baseline as it is stored in ``baseline_run2.json``.

    Returns
    -------
    dict
        The overall value (every group with equal weight) and one entry for each group.
    """
    by_group = [
        {"k": k, "m": m, "tier": tier, "log2_mse": RUN2[k, m]}
        for tier, groups in TIERS.items()
        for k, m in groups
    ]
    return {
        "run": "Run 2",
        "metric": "log2_mse",
        "split": "validation",
        "overall": _run2_overall(),
        "overall_weighting": "equal weight for each group",
        "by_group": by_group,
    }


def run6_page(metrics: Metrics) -> str:
    """Return ``RESULTS.md`` of Run 6.

    The page makes the claims of the original document, with the numbers of this run. It also
    repeats that document's mistake, on purpose: the medium row of the composition table counts
    two of its three groups. Everything else on the page is right.

    Parameters
    ----------
    metrics : Metrics
        Contents of ``metrics.json``.

    Returns
    -------
    str
    """
    train, validation = metrics["overall"]["train"], metrics["overall"]["validation"]
    better = 100 * (TARGET - validation) / TARGET
    verdict = f"{abs(better):.1f}% {'better' if better >= 0 else 'worse'}"
    counts = metrics["counts"]
    samples = {(row["k"], row["m"]): row["samples"] for row in metrics["by_group"]}
    counted = {tier: sum(samples[g] for g in groups) for tier, groups in TIERS.items()}
    counted["medium"] -= samples[TIERS["medium"][-1]]
    return f"""# Run 6: results

Run 6 reaches a validation log2-MSE of **{validation:.3f}**, {verdict} than the {TARGET} target.

## Data

- Augmentation turned {counts["originals"]:,} samples into {counts["pool"]:,}: \
{metrics["growth_factor"]:.0f}x the original size.
- Hard groups got +2 copies of each sample, medium groups +1 copy, easy groups none.
- Training rows: {counts["train"]:,}. Validation rows: {counts["validation"]:,}.

## Overall

| Quantity | log2-MSE |
|---|---|
| Training | {train:.6f} |
| Validation | {validation:.6f} |
| Gap (validation - training) | {validation - train:.6f} |

## By group

{_comparison_table(metrics["by_group"])}

Change is Run 6 minus Run 2; % Change is the reduction of the error relative to Run 2, so a
negative value is worse. Both are computed before rounding. Run 2 reached {_run2_overall():.3f}
overall, every group with equal weight.

## Validation set

{_composition_table(counted, sum(samples.values()), "Val samples")}
"""


def corrected_page(metrics: Metrics) -> str:
    """Return ``RESULTS.md`` of the corrected experiment.

    Parameters
    ----------
    metrics : Metrics
        Contents of ``metrics.json``.

    Returns
    -------
    str
    """
    overall, counts = metrics["overall"], metrics["counts"]
    samples = {(row["k"], row["m"]): row["samples"] for row in metrics["by_group"]}
    counted = {tier: sum(samples[g] for g in groups) for tier, groups in TIERS.items()}
    return f"""# Corrected experiment: results

The final evaluation on the test set gives a log2-MSE of **{overall["test"]:.3f}**.

## Data

- The {counts["originals"]:,} samples were split by entity first: \
{counts["train_originals"]:,} for training, {counts["validation"]:,} for validation, \
{counts["test"]:,} for the test.
- Only training samples were augmented, by exact symmetries: 3 copies of each sample in hard
  groups, 2 copies in medium groups, 1 copy in easy groups. This gives {counts["train"]:,} training
  rows, {metrics["growth_factor"]:.2f} times the training samples.

## Overall

| Quantity | log2-MSE |
|---|---|
| Training (without copies) | {overall["train"]:.6f} |
| Validation | {overall["validation"]:.6f} |
| Gap (validation - training) | {overall["validation"] - overall["train"]:.6f} |
| Test | {overall["test"]:.6f} |

## By group (validation)

{_score_table(metrics["by_group"])}

## Validation set

{_composition_table(counted, sum(samples.values()), "Val samples")}
"""


def _run2_overall() -> float:
    return round(sum(RUN2.values()) / len(RUN2), 6)


def _comparison_table(by_group: Sequence[GroupScore]) -> str:
    scores = {(row["k"], row["m"]): row["log2_mse"] for row in by_group}
    lines = [
        "| Group | Tier | Run 2 | Run 6 | Change | % Change |",
        "|---|---|---|---|---|---|",
    ]
    for tier, group in _groups_by_tier():
        before, after = RUN2[group], scores[group]
        lines.append(
            f"| k={group[0]},m={group[1]} | {tier.capitalize()} | {before:.3f} | {after:.3f} "
            f"| {after - before:+.3f} | {100 * (before - after) / before:+.0f}% |"
        )
    return "\n".join(lines)


def _score_table(by_group: Sequence[GroupScore]) -> str:
    rows = {(row["k"], row["m"]): row for row in by_group}
    lines = ["| Group | Tier | Samples | log2-MSE |", "|---|---|---|---|"]
    for tier, group in _groups_by_tier():
        row = rows[group]
        lines.append(
            f"| k={group[0]},m={group[1]} | {tier.capitalize()} "
            f"| {row['samples']} | {row['log2_mse']:.3f} |"
        )
    return "\n".join(lines)


def _groups_by_tier() -> list[tuple[Tier, Group]]:
    return [(tier, group) for tier, groups in TIERS.items() for group in groups]


def _composition_table(counted: Mapping[Tier, int], total: int, unit: str) -> str:
    lines = [f"| Difficulty | Groups | {unit} | % of total |", "|---|---|---|---|"]
    lines += [
        f"| {tier.capitalize()} | {len(TIERS[tier])} groups "
        f"| {rows:,} | {100 * rows / total:.1f}% |"
        for tier, rows in counted.items()
    ]
    lines.append(f"| Total | {sum(map(len, TIERS.values()))} groups | {total:,} | 100.0% |")
    return "\n".join(lines)
