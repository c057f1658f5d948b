"""Honest experiments of different kinds: MT401, MT402 and MT403 stay silent."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from audit.model.artifacts import Baseline, Grouping, MetricTable, ReportedValue
from audit.model.location import Location
from checks.metrics.aggregate import Params as AggregateParams
from checks.metrics.aggregate import aggregate
from checks.metrics.composition import Params as CompositionParams
from checks.metrics.composition import composition
from checks.metrics.regression import Params as RegressionParams
from checks.metrics.regression import group_regression
from tests.unit.metrics.builders import metrics, predictions, raw, splits

ORACLES = {
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "log2_mse": lambda t, p: float(np.mean(np.log2(t / p) ** 2)),
    "r2": sk.r2_score,
    "accuracy": sk.accuracy_score,
    "f1": lambda t, p: sk.f1_score(t, p, average="macro"),
}


def written(value: float, digits: int | None) -> ReportedValue:
    place = Location("metrics.json", pointer=f"/{value}")
    if digits is None:
        return ReportedValue(value, place)
    return ReportedValue(round(value, digits), place, 0.5 * 10.0**-digits)


@pytest.mark.parametrize("metric", ORACLES)
@pytest.mark.parametrize("seed", range(20))
def test_honest_experiment_is_silent(metric: str, seed: int) -> None:
    rng = np.random.default_rng([seed, len(metric)])
    digits = [None, 3, 4][seed % 3]
    k = int(rng.integers(2, 9))
    shares = rng.dirichlet(np.full(k, 0.7))  # imbalanced by nature
    keys = [f"g{i}" for i in range(k)]
    difficulty = np.exp(rng.normal(scale=0.4, size=k))

    def draw(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        group = rng.choice(k, size=n, p=shares)
        if metric in ("accuracy", "f1"):
            true = rng.integers(0, 3, n)
            hit = rng.random(n) < np.clip(1 - 0.15 * difficulty[group], 0.3, 0.98)
            return group, true, np.where(hit, true, (true + 1) % 3)
        true = np.exp(rng.normal(size=n))
        return group, true, true * np.exp(0.3 * difficulty[group] * rng.normal(size=n))

    def table(data: tuple[np.ndarray, np.ndarray, np.ndarray]) -> MetricTable:
        group, true, guess = data
        by_group, counts = {}, {}
        for i, key in enumerate(keys):
            mask = group == i
            if np.count_nonzero(mask) > 1:
                by_group[key] = written(ORACLES[metric](true[mask], guess[mask]), digits)
                counts[key] = int(mask.sum())
        overall = written(ORACLES[metric](true, guess), digits)
        role = None
        return MetricTable(metric, role, "metrics.json", overall, by_group, counts, "Run")

    group, true, guess = held_out = draw(int(rng.integers(100, 3000)))
    current, before = table(held_out), table(draw(2000))
    names = np.array(keys, dtype=object)[group]
    rows = {key: int(np.sum(names == key)) for key in keys if np.any(names == key)}
    stored = guess if seed % 2 or guess.dtype.kind == "i" else np.maximum(guess.round(3), 0.001)
    scored = predictions(true, stored, names)
    grouping = Grouping(("group",), tuple(keys))
    everything = {"grouping": grouping, "predictions": scored}
    source = raw(
        {key: max(1, round(20_000 * share)) for key, share in zip(keys, shares, strict=True)}
    )
    outcomes = [
        group_regression.function(
            baseline=Baseline(before), metrics=metrics(current), params=RegressionParams(),
            **everything,
        ),
        composition.function(
            splits=splits(rows, rows), metrics=metrics(current), raw=source,
            params=CompositionParams(), **everything,
        ),
        aggregate.function(
            splits=splits(rows, rows), metrics=metrics(current), baseline=None,
            params=AggregateParams(), **everything,
        ),
    ]  # fmt: skip
    assert [finding.message for o in outcomes for finding in o.findings] == []
