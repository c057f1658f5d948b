"""The runs that can be made, by name: configuration of each size, and documents of the export."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from reference_pipeline.config import (
    Profile,
    RunConfig,
    corrected,
    run6,
    run6_resplit,
    run7,
    run7_as_prescribed,
)
from reference_pipeline.pages.run6_resplit import reported_by_run6, run6_resplit_page
from reference_pipeline.pages.run7 import run7_page
from reference_pipeline.pages.run7_as_prescribed import run7_as_prescribed_page
from reference_pipeline.results import Metrics, baseline_run2, corrected_page, run6_page


@dataclass(frozen=True, slots=True)
class Run:
    """One experiment that the command line offers.

    Attributes
    ----------
    summary : str
        What it shows, in a line.
    configure : callable
        Configuration of a profile.
    documents : callable
        Text of each document of the export, by file name, from the contents of ``metrics.json``.
    """

    summary: str
    configure: Callable[[Profile], RunConfig]
    documents: Callable[[Mapping[str, Any]], dict[str, str]]


def _page(write: Callable[[Metrics], str]) -> Callable[[Mapping[str, Any]], dict[str, str]]:
    return lambda metrics: {"RESULTS.md": write(cast(Metrics, metrics))}


def _run6_documents(metrics: Mapping[str, Any]) -> dict[str, str]:
    baseline = json.dumps(baseline_run2(), indent=2) + "\n"
    return _page(run6_page)(metrics) | {"baseline_run2.json": baseline}


# By the name of the configuration; on the command line with hyphens.
RUNS: dict[str, Run] = {
    "run7": Run(
        "split first, exact augmentation, features without the label: the honest run",
        run7,
        lambda metrics: {"RESULTS.md": run7_page(metrics)},
    ),
    "run6": Run("augmented before the split: the shipped export", run6, _run6_documents),
    "run6_resplit": Run(
        "the pool of Run 6 divided by parent: its honest number",
        run6_resplit,
        lambda metrics: {"RESULTS.md": run6_resplit_page(metrics, reported_by_run6(metrics))},
    ),
    "run7_as_prescribed": Run(
        "the repair that the analysis of Run 6 recommends: noise that destroys the samples",
        run7_as_prescribed,
        lambda metrics: {"RESULTS.md": run7_as_prescribed_page(metrics)},
    ),
    "corrected": Run(
        "small counterpart of Run 6 without leakage, for the tests (one size)",
        lambda profile: corrected(),
        _page(corrected_page),
    ),
}
