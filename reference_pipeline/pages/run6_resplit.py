"""Write the results page of Run 6 divided by parent, beside what Run 6 reported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reference_pipeline.config import TIERS, run6
from reference_pipeline.pages.tables import (
    Row,
    groups_by_tier,
    keyed,
    label_error_table,
    name_of,
    table,
    tier_samples,
    tier_score,
)

RUN6_EXPORT = Path(__file__).resolve().parents[2] / "notebook_export"


def reported_by_run6(
    metrics: Mapping[str, Any], export: Path = RUN6_EXPORT
) -> dict[str, Any] | None:
    """Read what Run 6 reported, where it can be compared.

    Parameters
    ----------
    metrics : mapping
        Contents of ``metrics.json`` of this run.
    export : Path, optional
        Folder of the export of Run 6; by default the shipped one.

    Returns
    -------
    dict or None
        Contents of its ``metrics.json``. ``None`` where there is no such export, as in an
        installed package, and where it was made from other samples or other random numbers.
    """
    reported, heights = export / "metrics.json", export / "data" / "m_heights.pkl"
    if not (reported.is_file() and heights.is_file()):
        return None
    digest = hashlib.sha256(heights.read_bytes()).hexdigest()
    if metrics["data_digest"] != digest:
        return None
    if metrics["random_state"] != run6().constants["RANDOM_STATE"]:
        return None
    found: dict[str, Any] = json.loads(reported.read_text(encoding="utf-8"))
    return found


def run6_resplit_page(metrics: Mapping[str, Any], reported: Mapping[str, Any] | None) -> str:
    """Return ``RESULTS.md`` of Run 6 divided by parent.

    Parameters
    ----------
    metrics : mapping
        Contents of ``metrics.json`` of this run.
    reported : mapping or None
        The same of Run 6, if it has the same pool of rows.

    Returns
    -------
    str
    """
    overall, counts = metrics["overall"], metrics["counts"]
    alone = metrics["samples_alone"]["overall"]
    return f"""# Run 6, divided by parent: results

{_headline(metrics, reported)}

## Data

- {counts["originals"]:,} samples were augmented to {counts["pool"]:,} rows: 50 copies of each \
sample in hard groups,
  25 copies in medium groups, no copies in easy groups.
- A sample and all of its copies lie on one side. Samples with rows on both sides: \
{metrics["samples_on_both_sides"]}.
- Training rows: {counts["train"]:,}. Validation rows: {counts["validation"]:,}.
- The scaler was fitted on the training rows.

## Overall

| Quantity | log2-MSE |
|---|---|
| Training | {overall["train"]:.6f} |
| Validation | {overall["validation"]:.6f} |
| Gap (validation - training) | {overall["validation"] - overall["train"]:.6f} |
| Validation, samples without their copies | {alone:.6f} |

## By group (validation)

{_group_table(metrics)}

{_comparison(metrics, reported)}## Validation set

{_composition(keyed(metrics["by_group"]))}

## What the copies are labelled with

A copy is given the height of its parent. The height of the copy itself, computed exactly:

{label_error_table(metrics["label_error_of_copies"])}

The last column is a mean over the copies of finite height. A score on rows that include copies
measures how well the heights of the parents are told from the copies.
"""


def _headline(metrics: Mapping[str, Any], reported: Mapping[str, Any] | None) -> str:
    validation = metrics["overall"]["validation"]
    if reported is None:
        return (
            f"Divided by parent, the validation log2-MSE is **{validation:.3f}**. It is not "
            "compared with that of Run 6,\nwhich was made from other samples or other random "
            "numbers."
        )
    before = reported["overall"]["validation"]
    return (
        f"With the same samples, the same copies and the same training, but every sample on one "
        f"side of the\nsplit together with its copies, the validation log2-MSE is "
        f"**{validation:.3f}**. Run 6 reported {before:.3f}."
    )


def _group_table(metrics: Mapping[str, Any]) -> str:
    rows, alone = keyed(metrics["by_group"]), keyed(metrics["samples_alone"]["by_group"])
    return table(
        ["Group", "Tier", "Rows", "log2-MSE", "Samples alone", "log2-MSE of samples alone"],
        [
            [
                name_of(group),
                tier.capitalize(),
                f"{rows[group]['samples']:,}",
                f"{rows[group]['log2_mse']:.3f}",
                f"{alone[group]['samples']:,}",
                f"{alone[group]['log2_mse']:.3f}",
            ]
            for tier, group in groups_by_tier()
        ],
    )


def _comparison(metrics: Mapping[str, Any], reported: Mapping[str, Any] | None) -> str:
    """Both runs by group, on rows of the same kind."""
    if reported is None:
        return ""
    here, there = keyed(metrics["by_group"]), keyed(reported["by_group"])
    lines = [
        [
            name_of(group),
            tier.capitalize(),
            f"{there[group]['samples']:,}",
            f"{there[group]['log2_mse']:.3f}",
            f"{here[group]['samples']:,}",
            f"{here[group]['log2_mse']:.3f}",
        ]
        for tier, group in groups_by_tier()
    ]
    head = ["Group", "Tier", "Rows in Run 6", "Run 6", "Rows here", "Divided by parent"]
    return f"""## Beside Run 6

Validation log2-MSE on rows of the same kind, samples with their copies. The easy groups have no
copies.

{table(head, lines)}

"""


def _composition(by_group: Mapping[tuple[int, int], Row]) -> str:
    total = sum(row["samples"] for row in by_group.values())
    lines = [
        [
            tier.capitalize(),
            f"{len(TIERS[tier])} groups",
            f"{tier_samples(by_group, tier):,}",
            f"{100 * tier_samples(by_group, tier) / total:.1f}%",
            f"{tier_score(by_group, tier):.3f}",
        ]
        for tier in TIERS
    ]
    return table(["Difficulty", "Groups", "Val samples", "% of total", "log2-MSE"], lines)
