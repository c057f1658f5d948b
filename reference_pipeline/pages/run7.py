"""Write the results page of Run 7 from the numbers that its notebook saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reference_pipeline.config import GROUPS, TIERS
from reference_pipeline.pages.tables import (
    Row,
    groups_by_tier,
    keyed,
    name_of,
    table,
)

_FEATURE_SETS = {
    "A": "the entries of P",
    "B": "generic spectra of P and of the generator matrix",
    "C": "B, and the sorted minors of P by size",
    "D": "C, and the sorted volumes of the sets of n - m columns",
}
_CRITERIA = {
    "overall": "Overall log2-MSE",
    "easy": "Easy log2-MSE",
    "medium": "Medium log2-MSE",
    "hard": "Hard log2-MSE",
}
# The interval of the gap decides; below the range lies no fault where nothing leaks.
_BOUNDS = {"train-validation gap": "interval reaches 0.02 to 0.08, or lies below"}
_NUMBERS = ("None", "One", "Two", "Three", "Four", "Five")


def run7_page(metrics: Mapping[str, Any]) -> str:
    """Return ``RESULTS.md`` of Run 7.

    Parameters
    ----------
    metrics : mapping
        Contents of ``metrics.json``.

    Returns
    -------
    str
    """
    overall, intervals = metrics["overall"], metrics["interval_95"]
    return f"""# Run 7: results

The log2-MSE on the test set is **{overall["test"]:.4f}** \
(95 % interval {_range(intervals["test"])}). {_met_words(metrics["criteria"])}

## Success criteria

{_criteria_table(metrics["criteria"])}

The log2-MSE of the first four is that of the test set, which was used once. The gap is validation
minus training, measured on the training samples without their copies. Its 95 % interval
is {_range(intervals["gap"])}. The analysis of Run 6 calls 0.02 to 0.08 reasonable; a smaller gap is
no fault where no held-out row is in training.
{_own_bounds(metrics)}
## Data

{_data_words(metrics)}

## Overall

| Quantity | log2-MSE | 95 % interval |
|---|---|---|
| Training (without copies) | {overall["train"]:.6f} | |
| Validation | {overall["validation"]:.6f} | {_range(intervals["validation"])} |
| Gap (validation - training) | {metrics["gap"]:.6f} | {_range(intervals["gap"])} |
| Test | {overall["test"]:.6f} | {_range(intervals["test"])} |
| Test, balanced | {metrics["balanced"]["test"]:.6f} | {_range(intervals["test_balanced"])} |

Balanced is the mean over the three tiers of the mean over the groups of each. Intervals are those
of a mean over samples; how much another seed would change is not in them.

## By tier (test)

{_tier_table(metrics["by_tier_test"])}

## By group (test)

{_group_table(metrics["by_group_test"])}
{_also_test(metrics)}
## By group (validation)

{_group_table(metrics["by_group"])}

## What the features do, and what the network adds

{_ladder(metrics)}

## Augmentation

{_augmentation(metrics)}
"""


def _met_words(criteria: Sequence[Row]) -> str:
    met = sum(criterion["met"] for criterion in criteria)
    if met == len(criteria):
        return "All six success criteria are met."
    return f"{_NUMBERS[met]} of the six success criteria {'is' if met == 1 else 'are'} met."


def _has_fresh_test(metrics: Mapping[str, Any]) -> bool:
    counts = metrics["counts"]
    return bool(counts["train_originals"] + counts["validation"] == counts["originals"])


def _own_bounds(metrics: Mapping[str, Any]) -> str:
    """The stricter bounds, which were set for generated data."""
    if not _has_fresh_test(metrics):
        return ""
    return f"""
The stricter bounds that this run set itself, on the same test set:

{_criteria_table(metrics["own_criteria"][:4])}
"""


def _also_test(metrics: Mapping[str, Any]) -> str:
    """A second test set, where the run had one."""
    if "also_test" not in metrics:
        return ""
    also = metrics["also_test"]
    return f"""
## Samples from elsewhere

{also["samples"]:,} labelled samples that were given to this run as a second test set; \
{also["left_out"]:,} more were
left out, since their matrix is in training or validation, up to symmetry. Nothing was trained,
chosen or stopped by them.

{_tier_table([{"tier": "all", **also}, *also["by_tier"]])}
"""


def _data_words(metrics: Mapping[str, Any]) -> str:
    counts = metrics["counts"]
    shared = counts["held_out_with_entity_in_train"]
    if _has_fresh_test(metrics):
        split = f"""- A pool of {counts["originals"]:,} generated samples with exact heights, \
split by entity: {counts["train_originals"]:,} for
  training, {counts["validation"]:,} for validation.
- A fresh test set of {counts["test"]:,} samples, generated apart from the pool."""
    else:
        split = f"""- {counts["originals"]:,} samples, split by entity: \
{counts["train_originals"]:,} for training, {counts["validation"]:,} for validation, \
{counts["test"]:,} for
  the test."""
    return f"""{split}
- An entity is a matrix up to permutations and changes of sign of its rows and columns, whatever m.
  Held-out samples whose entity occurs in training: {shared:,}.
- Only training samples were augmented, after the split. This gives {counts["train"]:,} training \
rows,
  {metrics["growth_factor"]:.2f} times the training samples.
{_training_words(metrics)}"""


def _training_words(metrics: Mapping[str, Any]) -> str:
    epochs, networks = metrics["epochs"], metrics["networks"]
    best = " and ".join(map(str, sorted(set(epochs["best"]))))
    weights = f"with the weights of epoch {best}, the best by the balanced\n  validation score"
    trained = " and ".join(map(str, sorted(set(epochs["trained"]))))
    if networks == 1:
        return f"- Trained for {trained} epochs, {weights}."
    return (
        f"- {networks} networks from different seeds, whose predictions of log2 are averaged. Each "
        f"was trained for\n  {trained} epochs, {weights}."
    )


def _ladder(metrics: Mapping[str, Any]) -> str:
    used = metrics["feature_set"]
    network = metrics["overall"]["validation"]
    rows = [["Constant for each group", "0", f"{metrics['constant']['log2_mse']:.4f}"]]
    rows += [
        [
            f"Ridge for each group, on {row['features']}: {_FEATURE_SETS[row['features']]}",
            str(row["n_features"]),
            f"{row['log2_mse']:.4f}",
        ]
        for row in metrics["ridge"]
    ]
    size = next(row["n_features"] for row in metrics["ridge"] if row["features"] == used)
    name = "The network" if metrics["networks"] == 1 else "The networks"
    rows.append([f"{name}, on {used}", str(size), f"{network:.4f}"])
    return f"""{table(["Model and features", "Number of features", "Validation log2-MSE"], rows)}

The height is a largest ratio of volumes. The features hold sorted denominators of that ratio, and
nothing that pairs a numerator with its denominator, which would be the label in disguise. Whether
set D is fair is a judgement call: it knows m, and with it which sets of columns matter. The ridge
on the same features is there to tell how much of the result is owed to them: what the network adds
is the difference between the last two rows."""


def _augmentation(metrics: Mapping[str, Any]) -> str:
    entries = keyed(metrics["label_error"])
    counts = metrics["counts"]
    rows = [
        [
            name_of(group),
            tier.capitalize(),
            f"{entries[group]['copies']:,}",
            f"{entries[group]['infinite']}",
            f"{entries[group]['max_abs_log2_error']:.1g}",
        ]
        for tier, group in groups_by_tier()
        if group in entries
    ]
    head = ["Group", "Tier", "Copies", "Of infinite height", "Largest log2 error of a label"]
    return f"""Hard groups got 3 copies of each training sample, medium groups 2 copies, easy \
groups 1 copy:
{counts["train_copies"]:,} copies in all. A copy is its parent with rows and columns permuted and \
signs
changed, which does not change the height. The exact height of every copy was computed from the
copy itself and compared with the label that it took over:

{table(head, rows)}

The features of the sets B to D do not change under these symmetries either. To the network a copy
is its parent once more, so the augmentation acts as weights of 4 for hard, 3 for medium and 2 for
easy samples. It brings no new information, and the result does not rest on it."""


def _criteria_table(criteria: Sequence[Row]) -> str:
    return table(
        ["Quantity", "Threshold", "Measured", "Status"],
        [
            [
                _CRITERIA.get(row["name"]) or str(row["name"]).capitalize(),
                _BOUNDS.get(row["name"]) or str(row["threshold"]),
                f"{row['value']:.4f}" if row["value"] % 1 else f"{row['value']:.0f}",
                "met" if row["met"] else "not met",
            ]
            for row in criteria
        ],
    )


def _tier_table(rows: Sequence[Row]) -> str:
    return table(
        ["Tier", "Groups", "Samples", "log2-MSE", "95 % interval"],
        [
            [
                row["tier"].capitalize(),
                f"{len(TIERS.get(row['tier'], GROUPS))} groups",
                f"{row['samples']:,}",
                f"{row['log2_mse']:.4f}",
                _range([row["low"], row["high"]]),
            ]
            for row in rows
        ],
    )


def _group_table(rows: Sequence[Row]) -> str:
    entries = keyed(rows)
    return table(
        ["Group", "Tier", "Samples", "log2-MSE", "95 % interval"],
        [
            [
                name_of(group),
                tier.capitalize(),
                f"{entries[group]['samples']:,}",
                f"{entries[group]['log2_mse']:.4f}",
                _range([entries[group]["low"], entries[group]["high"]]),
            ]
            for tier, group in groups_by_tier()
            if group in entries
        ],
    )


def _range(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:.4f} to {bounds[1]:.4f}"
