"""The gap is antisymmetric, broadcasting has the error we say, a rounded epoch is found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.artifacts import (
    History,
    Metrics,
    Predictions,
    PredictionSets,
    ReportedValue,
    SplitRole,
)
from audit.model.check import Verdict
from audit.model.location import Location
from checks.kit.scores import SCORES
from checks.metrics.broadcast import pairwise_mse
from checks.metrics.history import Params, training_history
from checks.metrics.two_sides import from_predictions, from_tables
from tests.unit.metrics.builders import metrics, table

SEEDS = st.integers(0, 2**32 - 1)
MEANS = sorted(name for name, score in SCORES.items() if score.per_sample and not score.labels)


@given(st.sampled_from(sorted(SCORES)), st.floats(0.001, 1e6), st.floats(0.001, 1e6))
def test_the_gap_of_tables_changes_its_sign_with_the_sides(metric: str, a: float, b: float) -> None:
    def gap(train: float, other: float) -> float:
        tables = (table(metric, other), table(metric, train, role=SplitRole.TRAIN))
        (found,) = from_tables(metrics(*tables), None, None)
        return found.value

    assert gap(a, b) == -gap(b, a) == b - a


@given(SEEDS, st.sampled_from(MEANS))
def test_the_gap_of_predictions_changes_its_sign_with_the_sides(seed: int, metric: str) -> None:
    rng = np.random.default_rng(seed)
    sides = []
    for n in (40, 40):
        true = np.exp(rng.normal(size=n))
        groups = np.repeat(np.array(["a", "b"], dtype=object), n // 2)
        sides.append((true, true * np.exp(0.3 * rng.normal(size=n)), groups))

    def gap(first: int, second: int) -> float:
        train = Predictions(SplitRole.TRAIN, "t.csv", *sides[first], None)
        other = Predictions(SplitRole.VALIDATION, "v.csv", *sides[second], None)
        (found,) = from_predictions(
            metrics(table(metric, 1.0)), PredictionSets((other,), train), None
        )
        assert found.interval is not None and found.interval[0] <= found.interval[1]
        return found.value

    # the same mixture on both sides, so that weighting changes nothing
    assert gap(0, 1) == pytest.approx(-gap(1, 0), rel=1e-9, abs=1e-12)


@given(SEEDS, st.integers(1, 60), st.floats(0.01, 100), st.floats(-50, 50))
def test_broadcasting_gives_the_variances_and_the_squared_difference_of_means(
    seed: int, n: int, scale: float, shift: float
) -> None:
    rng = np.random.default_rng(seed)
    y, guess = scale * rng.standard_t(3, n), rng.normal(shift, 1, n)
    broadcast = float(np.mean((y - guess.reshape(-1, 1)) ** 2))
    assert pairwise_mse(y, guess) == pytest.approx(broadcast, rel=1e-9)
    assert (
        pairwise_mse(y, guess) >= np.mean((y - guess) ** 2) - 2 * np.std(y) * np.std(guess) - 1e-9
    )


@given(SEEDS, st.integers(2, 60), st.integers(2, 8), st.integers(2, 8))
def test_a_value_rounded_from_the_best_or_last_epoch_raises_no_alarm(
    seed: int, n: int, digits: int, kept: int
) -> None:
    rng = np.random.default_rng(seed)
    fall = 0.3 + np.exp(-np.arange(n) / 8) * rng.uniform(0.95, 1.05, n)
    columns = {
        "epoch": np.arange(1.0, n + 1),
        "loss": fall.round(digits),
        "val_loss": fall.round(digits),
    }
    for value in (fall.min(), fall[-1]):
        written = round(float(value), kept)
        place = Location("metrics.json", pointer="/mse")
        reported = ReportedValue(written, place, 0.5 * 10.0**-kept)
        outcome = training_history.function(
            history=History("history.csv", columns),
            code=None,
            metrics=Metrics((table("loss", None), _with(reported))),
            predictions=None,
            params=Params(),
        )
        loud = [f for f in outcome.findings if f.severity.name != "NOTE"]
        assert not loud
        assert outcome.verdict in (Verdict.PASS, Verdict.FAIL)


def _with(value: ReportedValue):
    from dataclasses import replace

    return replace(table("loss", 1.0), overall=value)


@given(
    st.dictionaries(
        st.sampled_from(["epoch", "loss", "val_loss", "lr", "acc", "val_acc", "step", "x", "é"]),
        st.lists(st.floats() | st.just(0.1), min_size=5, max_size=5),
        min_size=1,
    )
)
def test_no_history_raises(columns: dict[str, list[float]]) -> None:
    record = History("h.csv", {name: np.array(values) for name, values in columns.items()})
    training_history.function(
        history=record, code=None, metrics=None, predictions=None, params=Params()
    )
