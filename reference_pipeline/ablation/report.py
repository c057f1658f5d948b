"""The page of the study and its machine-readable twin, made from the numbers alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reference_pipeline.ablation.effects import (
    CONFIDENCE,
    combinations,
    difference,
    direction,
    has_level,
    mean_of,
    other_factor,
)
from reference_pipeline.ablation.facts import SeedFacts, pooled, pooled_by_tier
from reference_pipeline.ablation.grid import (
    COPIES,
    LOSS_WEIGHTS,
    NOISE_SCALE,
    Cell,
    Comparison,
    Study,
)
from reference_pipeline.ablation.store import METRICS, Result
from reference_pipeline.ablation.wording import change, conclusions, score
from reference_pipeline.evaluate import Estimate

FIGURE = "ablation.svg"

_FEATURE_SETS = {
    "A": "the entries of P as they are",
    "B": "generic spectra instead: norms of rows and columns, singular values, leverages, sorted "
    "magnitudes",
    "C": "B and the sorted logarithms of the minors, by size, whatever m",
    "D": "C and the sorted log vol(G_S) over the sets S of n - m columns: denominators only",
}


@dataclass(frozen=True, slots=True)
class Findings:
    """A finished study.

    Attributes
    ----------
    study : Study
    results : tuple of Result
        One for every cell, in the order of ``study.cells()``.
    facts : tuple of SeedFacts
        One for every seed.
    command : str
        How to repeat it.
    """

    study: Study
    results: tuple[Result, ...]
    facts: tuple[SeedFacts, ...]
    command: str


def page(findings: Findings) -> str:
    """Write the report.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    str
        Markdown.
    """
    study, results, facts = findings.study, findings.results, findings.facts
    items = "\n".join(f"- {item}" for item in conclusions(study, results, facts))
    return f"""# Ablation study: what augmentation, features and loss weights do

This page is generated: every sentence below follows from the measured intervals. Errors are
log2-MSE on a fresh test set of originals; smaller is better.

## What the numbers say

{items}

{_how_to_read(len(study.seeds))}

![{caption(findings)}]({FIGURE})

## What was compared

{_compared(study, results, facts)}

## Main effects

Difference of the errors, averaged over all levels of the other factors within a seed; negative
where the first has the smaller error. {_bold()}

{_effects_table(study, results)}

## Effects within each feature set, and within each augmentation

The same differences in the overall error, where an average hides that they differ.

{_within_table(study, results, "features")}

{_within_table(study, results, "augmentation")}

## Every cell

Mean over {_seeds(len(study.seeds))}{_with_intervals(len(study.seeds))}.\
{" " + agreement if (agreement := _agreement(results)) else ""}

{_cells_table(results)}

## Labels of the copies

A copy keeps the label of its original. The oracle computes the true height of every copy; the
error is the mean squared difference in log2, over the copies whose true height is finite. Copies
by noise are not whole numbers: their true heights and their features come from minors in floating
point, and minors that are zero to rounding count as zero.

{_labels_table(study, facts)}

## How to repeat it

```
{findings.command}
```

{_cost(results, facts)} A finished cell is kept in the work folder; an interrupted study goes on
where it stopped when the command is given again. All numbers, cell by cell, stand in
`ablation.json` beside this page.
"""


def as_json(findings: Findings) -> dict[str, Any]:
    """The study, its cells and its effects, for machines.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    dict
        Bounds that do not exist (one seed) are None.
    """
    study, results = findings.study, findings.results
    return {
        "study": asdict(study),
        "command": findings.command,
        "copies": COPIES,
        "noise_scale": NOISE_SCALE,
        "loss_weights": LOSS_WEIGHTS,
        "confidence": CONFIDENCE,
        "effects": [
            {**asdict(comparison), "within": name, "metric": metric, **_bounds(effect)}
            for comparison in study.comparisons()
            for name, where in _scopes(study, comparison)
            for metric in METRICS
            for effect in [difference(results, comparison, metric, where)]
        ],
        "cells": [asdict(result) for result in results],
        "means": [
            {
                **dict(zip(("augmentation", "features", "weights"), levels, strict=True)),
                "scores": {metric: _bounds(mean_of(own, metric)) for metric in METRICS},
            }
            for levels, own in combinations(results).items()
        ],
        "seeds": [asdict(fact) for fact in findings.facts],
        "conclusions": conclusions(study, results, findings.facts),
    }


def caption(findings: Findings) -> str:
    """What the figure shows, in words."""
    means = {
        levels: mean_of(own, "overall").value
        for levels, own in combinations(findings.results).items()
    }
    best, worst = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return (
        "log2-MSE by feature set, augmentation and loss weights, overall and by tier: from "
        f"{means[best]:.3f} ({', '.join(best)}) to {means[worst]:.3f} ({', '.join(worst)}) overall"
    )


def _how_to_read(seeds: int) -> str:
    if seeds < 2:
        return (
            "With one seed there are no intervals: run more seeds before drawing any conclusion "
            "from this page."
        )
    return (
        f"Intervals are 95 % t intervals over {_seeds(seeds)} "
        f"({seeds - 1} degree{'s' if seeds > 2 else ''} of freedom), each for one comparison: "
        "among many comparisons one in twenty excludes zero by chance. Where no effect is shown "
        "the interval contains zero, which does not prove that there is no effect."
    )


def _compared(study: Study, results: Sequence[Result], facts: Sequence[SeedFacts]) -> str:
    first = facts[0].originals
    copies = ", ".join(f"{COPIES[tier]} for {tier}" for tier in ("hard", "medium", "easy"))
    sets = "\n".join(
        f"  - {name}: {_FEATURE_SETS.get(name, '')}" for name in study.levels["features"]
    )
    return f"""- **Augmentation** ({", ".join(study.levels["augmentation"])}), of training rows \
only, after the split: copies of each original ({copies}); *noise* is the seed's own, \
{100 * NOISE_SCALE:.0f} % on n (which is no feature) and P, clipped to [0, 1], rows \
normalised; *symmetry* permutes rows and columns of P and changes their signs.
- **Feature sets** ({", ".join(study.levels["features"])}):
{sets}
- **Loss weights** ({", ".join(study.levels["weights"])}): all equal, or 3 for easy, 1.5 for \
medium and 1 for hard groups as the seed proposes to protect the easy ones.
- **Data**: for each seed {study.samples_per_group:,} originals of each group, generated as those \
of Run 7 are, split by entity ({first["train"]:,} for training, {first["validation"]:,} for \
validation in the first seed), and a fresh test set of {first["test"]:,} originals. Cells of one \
seed share data, split, test set and initial weights, so they are compared in pairs.
- **Model**: the network and the optimiser of Run 7's smoke profile, one model, features scaled \
within groups.
- **Budget**: {_budget(study, results)}"""


def _budget(study: Study, results: Sequence[Result]) -> str:
    """How long the cells were trained, and whether all of a seed alike."""
    fewest, most = (choose(result.steps for result in results) for choose in (min, max))
    steps = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    by_seed = {seed: {r.steps for r in results if r.cell.seed == seed} for seed in study.seeds}
    if any(len(steps) > 1 for steps in by_seed.values()):
        return (
            f"{steps} gradient steps of {study.batch_size} rows, **not the same in all cells of a "
            "seed**: differences between cells may come from the training time."
        )
    return (
        f"{steps} gradient steps of {study.batch_size} rows, the same in every cell of a seed: "
        f"{study.epochs} epochs of as many rows as the set with all copies has. Without copies the "
        "originals are repeated to that number, so that copies are not simply more training; with "
        "copies the originals themselves have a smaller part of the steps. The weights of the "
        "epoch with the lowest balanced validation error are evaluated."
    )


def _effects_table(study: Study, results: Sequence[Result]) -> str:
    lines = _head("Comparison", *_columns(results))
    for comparison in study.comparisons():
        cells = [_effect(difference(results, comparison, name)) for name in _columns(results)]
        lines.append(_row(_title(comparison), *cells))
    return "\n".join(lines)


def _within_table(study: Study, results: Sequence[Result], factor: str) -> str:
    """The effects that are most likely to depend on a factor, at each of its levels."""
    lines = _head("Comparison", *(f"{factor}: {name}" for name in study.levels[factor]))
    for comparison in study.comparisons():
        if other_factor(comparison) == factor:
            scopes = _scopes(study, comparison)[1:]
            effects = [difference(results, comparison, "overall", where) for _, where in scopes]
            lines.append(_row(_title(comparison), *map(_effect, effects)))
    return "\n".join(lines) if len(lines) > 2 else ""


def _cells_table(results: Sequence[Result]) -> str:
    columns = _columns(results)
    lines = _head("Augmentation", "Features", "Weights", *columns, "training rows", "CPU s")
    for levels, own in combinations(results).items():
        scores = [score(mean_of(own, name)) for name in columns]
        rows = sum(result.train_rows for result in own) / len(own)
        seconds = sum(result.cpu_seconds for result in own) / len(own)
        lines.append(_row(*levels, *scores, f"{rows:,.0f}", f"{seconds:.1f}"))
    return "\n".join(lines)


def _labels_table(study: Study, facts: Sequence[SeedFacts]) -> str:
    lines = _head("Augmentation", "Tier", "Copies", "True height infinite", "Label error")
    for method in study.levels["augmentation"]:
        by_tier = pooled_by_tier(facts, method)
        if not by_tier:
            continue
        for tier, error in {**by_tier, "all": pooled(by_tier.values())}.items():
            share = _share(error.infinite, error.copies) if error.copies else "-"
            finite = f"{error.squared:.3g}" if error.infinite < error.copies else "-"
            lines.append(_row(method, tier, f"{error.copies:,}", share, finite))
    return "\n".join(lines) if len(lines) > 2 else "No copies were made."


def _share(part: int, whole: int) -> str:
    """A percentage that says 100 % only of all, and 0 % only of none."""
    if 0 < part < whole:
        return f"{min(max(100 * part / whole, 0.01), 99.99):.2f} %"
    return "100 %" if part else "0 %"


def _cost(results: Sequence[Result], facts: Sequence[SeedFacts]) -> str:
    cells = sum(result.cpu_seconds for result in results)
    data = sum(fact.cpu_seconds for fact in facts)
    return (
        f"{len(results)} trainings took {cells:,.0f} CPU seconds, the data {data:,.0f} more: "
        f"{(cells + data) / 60:.1f} CPU minutes in all."
    )


def _agreement(results: Sequence[Result]) -> str:
    """Why a column is missing, where it is."""
    if "balanced" in _columns(results):
        return ""
    return (
        "Every group has as many test rows as any other, so the balanced error (the mean over "
        "tiers of the mean over their groups) equals the overall one."
    )


def _columns(results: Sequence[Result]) -> tuple[str, ...]:
    """The metrics to show: not the balanced one where it equals the overall one."""
    same = all(
        math.isclose(r.scores["overall"], r.scores["balanced"], rel_tol=1e-6) for r in results
    )
    return tuple(name for name in METRICS if not (same and name == "balanced"))


def _scopes(
    study: Study, comparison: Comparison
) -> list[tuple[str | None, Callable[[Cell], bool]]]:
    """All cells, then those of each level of the factor that the effect may depend on."""
    everything: list[tuple[str | None, Callable[[Cell], bool]]] = [(None, lambda cell: True)]
    factor = other_factor(comparison)
    return everything + [(name, has_level(factor, name)) for name in study.levels[factor]]


def _bounds(estimate: Estimate) -> dict[str, Any]:
    known = estimate.n > 1
    return {
        "mean": estimate.value,
        "interval": [estimate.low, estimate.high] if known else None,
        "seeds": estimate.n,
        "direction": direction(estimate),
    }


def _title(comparison: Comparison) -> str:
    return f"{comparison.factor}: {comparison.level} against {comparison.reference}"


def _effect(estimate: Estimate) -> str:
    text = change(estimate)
    return f"**{text}**" if direction(estimate) in ("lower", "higher") else text


def _bold() -> str:
    return "Bold: the interval excludes zero."


def _with_intervals(seeds: int) -> str:
    return " with 95 % intervals" if seeds > 1 else ", without intervals"


def _seeds(seeds: int) -> str:
    return "one seed" if seeds == 1 else f"{seeds} seeds"


def _head(*names: str) -> list[str]:
    return [_row(*names), _row(*("---" for _ in names))]


def _row(*cells: str) -> str:
    # brackets are escaped: an interval is no link
    return f"| {' | '.join(cell.replace('[', chr(92) + '[') for cell in cells)} |"
