"""Small artifacts for the tests of metric checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from audit.model.artifacts import (
    Grouping,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    RawData,
    ReportedValue,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome
from audit.model.location import Location

RUN2 = {
    "4,2": 0.103043,
    "4,3": 0.107653,
    "5,2": 0.096024,
    "4,4": 0.209655,
    "5,3": 0.227183,
    "6,2": 0.355892,
    "4,5": 1.422106,
    "5,4": 0.957722,
    "6,3": 1.083320,
}
RUN6 = {
    "4,2": 0.405360,
    "4,3": 0.460462,
    "5,2": 0.450569,
    "4,4": 0.127370,
    "5,3": 0.137842,
    "6,2": 0.155255,
    "4,5": 0.224046,
    "5,4": 0.200213,
    "6,3": 0.168260,
}
RUN6_ROWS = {
    **dict.fromkeys(("4,2", "4,3", "5,2"), 1_800),
    **dict.fromkeys(("4,4", "5,3", "6,2"), 46_800),
    **dict.fromkeys(("4,5", "5,4", "6,3"), 91_800),
}
TIERS = {
    **dict.fromkeys(("4,2", "4,3", "5,2"), "easy"),
    **dict.fromkeys(("4,4", "5,3", "6,2"), "medium"),
    **dict.fromkeys(("4,5", "5,4", "6,3"), "hard"),
}
RUN6_GROUPING = Grouping(("k", "m"), tuple(RUN2), TIERS, "train.ipynb")


def reported(value: float, path: str = "metrics.json", half_width: float = 0.0) -> ReportedValue:
    return ReportedValue(value, Location(path, pointer=f"/{value}"), half_width)


def table(
    metric: str,
    overall: float | None = None,
    groups: Mapping[str, float] | None = None,
    counts: Mapping[str, int] | None = None,
    *,
    role: SplitRole | None = SplitRole.VALIDATION,
    path: str = "metrics.json",
    half_width: float = 0.0,
    label: str = "",
) -> MetricTable:
    return MetricTable(
        metric,
        role,
        path,
        None if overall is None else reported(overall, path, half_width),
        {key: reported(value, path, half_width) for key, value in (groups or {}).items()},
        counts or {},
        label,
    )


def metrics(*tables: MetricTable) -> Metrics:
    return Metrics(tables)


def predictions(
    y_true: Any, y_pred: Any, groups: Any = None, role: SplitRole = SplitRole.VALIDATION
) -> PredictionSets:
    keys = None if groups is None else np.asarray(groups, dtype=object)
    item = Predictions(role, "predictions.csv", np.asarray(y_true), np.asarray(y_pred), keys, None)
    return PredictionSets((item,))


def raw(counts: Mapping[str, int]) -> RawData:
    groups = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    return RawData("raw.csv", len(groups), groups)


def split(counts: Mapping[str, int], role: SplitRole = SplitRole.VALIDATION) -> SplitData:
    groups = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    n = len(groups)
    return SplitData(
        role,
        f"{role.value}.csv",
        pd.DataFrame({"x": np.arange(n, dtype=float)}),
        None,
        groups,
        np.arange(n),
    )


def splits(train: Mapping[str, int], held_out: Mapping[str, int]) -> Splits:
    return Splits(split(train, SplitRole.TRAIN), (split(held_out),))


def evidence(outcome: Outcome, name: str, group: str | None = None) -> Any:
    """The observed value of one piece of evidence, measured or in a finding."""
    everything = [
        *outcome.measured,
        *(each for finding in outcome.findings for each in finding.evidence),
    ]
    found = [e.observed for e in everything if e.name == name and e.group == group]
    assert found, f"no evidence {name} for {group}"
    return found[0]
