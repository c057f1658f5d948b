from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    Grouping,
    Kinship,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    ReportedValue,
    SplitRole,
)
from audit.model.check import Outcome, Verdict
from audit.model.evidence import Evidence
from audit.model.location import Location
from checks.metrics.decontaminated import Params, decontaminated
from tests.unit.contamination.builders import kinship_of, measured, regression

ROLE = SplitRole.VALIDATION
KEYS = ("a", "b", "c")
TIERS = Grouping(("site",), KEYS, {"a": "easy", "b": "easy", "c": "hard"}, "tiers.json")
FLAT = Grouping(("site",), KEYS)


class Case:
    """300 held-out rows in three groups of 100; the first rows of each group may be copies."""

    def __init__(self, copies: tuple[int, int, int], gain: float = 1.0) -> None:
        train, y = regression(600, 0)
        held_out, self.true = regression(300, 1)
        self.groups = np.repeat(KEYS, 100)
        self.kin = np.concatenate([np.arange(100) < k for k in copies])
        held_out[self.kin] = train[: self.kin.sum()].to_numpy()
        self.true[self.kin] = y[: self.kin.sum()]
        rng = np.random.default_rng(2)
        scale = np.repeat([0.3, 0.5, 1.0], 100) * np.where(self.kin, gain, 1.0)
        self.predicted = self.true + scale * rng.normal(size=300)
        self.kinship = kinship_of(train, held_out, y, self.true, self.groups)
        self.loss = (self.true - self.predicted) ** 2

    def predictions(self, **changes: Any) -> PredictionSets:
        values = {
            "role": ROLE,
            "path": "predictions.csv",
            "y_true": self.true,
            "y_pred": self.predicted,
            "groups": self.groups,
            "split_index": np.arange(300),
        }
        return PredictionSets((Predictions(**(values | changes)),))

    def metrics(self, metric: str = "mse") -> Metrics:
        def reported(rows: Any) -> ReportedValue:
            value = float(self.loss[rows].mean())
            return ReportedValue(
                np.sqrt(value) if metric == "rmse" else value,
                Location("metrics.json", pointer="/m"),
            )

        by_group = {key: reported(self.groups == key) for key in KEYS}
        return Metrics(
            (MetricTable(metric, ROLE, "metrics.json", reported(slice(None)), by_group, {}),)
        )


def run(
    kin: Kinship,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    grouping: Grouping | None = TIERS,
) -> Outcome:
    return decontaminated.function(
        kinship=kin,
        predictions=predictions,
        metrics=metrics,
        grouping=grouping,
        params=Params(),
    )


def value(outcome: Outcome, group: str | None = None) -> Evidence:
    return measured(outcome, "decontaminated_metric", group)


@pytest.mark.parametrize("grouping", [TIERS, FLAT, None])
def test_clean_splits_keep_the_reported_metric(grouping: Grouping | None) -> None:
    case = Case((0, 0, 0))
    outcome = run(case.kinship, case.predictions(), case.metrics(), grouping)
    assert outcome.verdict is Verdict.PASS
    assert value(outcome).observed == pytest.approx(case.loss.mean())
    assert value(outcome, "a").observed == pytest.approx(case.loss[:100].mean())
    assert measured(outcome, "coverage").observed == 1.0
    low, high = value(outcome).interval
    assert low < case.loss.mean() < high


def test_groups_keep_their_weight() -> None:
    case = Case((40, 0, 20))
    outcome = run(case.kinship, case.predictions(), case.metrics())
    clean = [case.loss[(case.groups == key) & ~case.kin].mean() for key in KEYS]
    assert value(outcome).observed == pytest.approx(np.mean(clean))
    assert value(outcome, "tier easy").observed == pytest.approx(np.mean(clean[:2]))
    assert value(outcome, "tier easy").expected == pytest.approx(case.loss[:200].mean())
    assert value(outcome, "a").observed == pytest.approx(clean[0])
    assert value(outcome, "a").expected == pytest.approx(case.loss[:100].mean())
    assert measured(outcome, "coverage", "a").observed == 0.6
    assert measured(outcome, "coverage").observed == 0.8


def test_root_metrics_are_rooted_last() -> None:
    case = Case((40, 0, 20))
    outcome = run(case.kinship, case.predictions(), case.metrics("rmse"))
    clean = [case.loss[(case.groups == key) & ~case.kin].mean() for key in KEYS]
    assert value(outcome).observed == pytest.approx(np.sqrt(np.mean(clean)))
    low, high = value(outcome).interval
    assert low < np.sqrt(np.mean(clean)) < high
    assert value(outcome, "c").observed == pytest.approx(np.sqrt(clean[2]))


def test_a_lost_tier_makes_the_overall_value_null() -> None:
    case = Case((0, 0, 100))
    outcome = run(case.kinship, case.predictions(), case.metrics())
    assert outcome.verdict is Verdict.FAIL
    assert value(outcome).observed is None
    assert value(outcome).method == "clean rows suffice in tier easy only"
    assert value(outcome, "tier hard").observed is None
    assert value(outcome, "tier easy").observed == pytest.approx(case.loss[:200].mean())
    assert str(outcome.findings[0].primary) == "metrics.json#/m"


def test_leftovers_of_a_contaminated_group_are_no_estimate() -> None:
    case = Case((0, 0, 60))  # 40 clean rows, but 40 % of the group
    outcome = run(case.kinship, case.predictions(), case.metrics())
    assert value(outcome, "c").observed is None
    assert value(outcome, "c").method == "only 40.0 % of 100 rows are clean"
    assert value(outcome).observed is None


def test_a_lost_group_within_a_tier_does_not_lose_the_tier() -> None:
    case = Case((75, 0, 0))  # 25 clean rows of group a, 125 of 200 of its tier
    outcome = run(case.kinship, case.predictions(), case.metrics())
    easy = case.loss[:200][~case.kin[:200]].mean()
    assert value(outcome, "a").observed is None
    assert value(outcome, "tier easy").observed == pytest.approx(easy)
    whole = (2 * easy + case.loss[200:].mean()) / 3
    assert value(outcome).observed == pytest.approx(whole)
    without_tiers = run(case.kinship, case.predictions(), case.metrics(), FLAT)
    assert value(without_tiers).observed is None


def test_flattering_copies_are_found() -> None:
    case = Case((45, 45, 45), gain=0.05)
    outcome = run(case.kinship, case.predictions(), case.metrics())
    assert outcome.verdict is Verdict.FAIL
    clean = [case.loss[(case.groups == key) & ~case.kin].mean() for key in KEYS]
    assert f"{np.mean(clean):.4g}" in outcome.findings[0].message


@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_copies_that_do_not_flatter_are_no_finding(gain: float) -> None:
    case = Case((10, 10, 10), gain=gain)
    assert run(case.kinship, case.predictions(), case.metrics()).verdict is Verdict.PASS


def test_greater_is_better() -> None:
    train, y = regression(600, 0)
    held_out, z = regression(300, 1)
    kin = np.arange(300) < 120
    held_out[kin], z[kin] = train[:120].to_numpy(), y[:120]
    labels, true = (y > 0).astype(int), (z > 0).astype(int)
    rng = np.random.default_rng(0)
    predicted = np.where(kin | (rng.random(300) < 0.7), true, 1 - true)
    accuracy = float((predicted == true).mean())
    place = Location("metrics.json")
    metrics = Metrics(
        (MetricTable("accuracy", ROLE, "metrics.json", ReportedValue(accuracy, place), {}, {}),)
    )
    sets = PredictionSets((Predictions(ROLE, "p.csv", true, predicted, None, np.arange(300)),))
    outcome = run(kinship_of(train, held_out, labels, true), sets, metrics, None)
    assert outcome.verdict is Verdict.FAIL
    assert value(outcome).observed == pytest.approx((predicted == true)[~kin].mean())


def test_predictions_in_another_order() -> None:
    case = Case((40, 0, 20))
    order = np.random.default_rng(0).permutation(300)
    sets = case.predictions(
        y_true=case.true[order], y_pred=case.predicted[order], groups=None, split_index=order
    )
    there = run(case.kinship, sets, case.metrics())
    here = run(case.kinship, case.predictions(), case.metrics())
    assert value(there).observed == pytest.approx(value(here).observed)


def test_without_predictions() -> None:
    outcome = run(Case((40, 0, 20)).kinship, None, Case((40, 0, 20)).metrics())
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert "export y_true and y_pred" in outcome.reason
    assert value(outcome).observed is None
    clean = run(Case((0, 0, 0)).kinship, None, Case((0, 0, 0)).metrics())
    assert clean.verdict is Verdict.PASS
    assert value(clean).observed == Case((0, 0, 0)).loss.mean()


def test_predictions_that_match_no_rows() -> None:
    case = Case((40, 0, 20))
    outcome = run(case.kinship, case.predictions(split_index=None), case.metrics())
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert "row ids" in outcome.reason


def test_a_metric_that_is_no_mean() -> None:
    case = Case((40, 0, 20))
    outcome = run(case.kinship, case.predictions(), case.metrics("r2"))
    assert outcome.verdict is Verdict.REVIEW
    assert "mean over samples" in outcome.reason


def test_no_metric() -> None:
    case = Case((40, 0, 20))
    assert run(case.kinship, case.predictions(), None).verdict is Verdict.NOT_APPLICABLE


def test_unproven_matches_are_not_contaminated() -> None:
    """Rows that repeat because columns take few values, and masked matches without a target."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 3, (900, 4)), columns=list("abcd"))
    labels = rng.integers(0, 2, 900)
    kin = kinship_of(table[:600], table[600:], labels[:600], labels[600:])
    assert kin.pairs[0].exact.rows.mean() > 0.9
    sets = PredictionSets(
        (Predictions(ROLE, "p.csv", labels[600:], labels[600:], None, np.arange(300)),)
    )
    place = Location("metrics.json")
    metrics = Metrics((MetricTable("accuracy", ROLE, "m", ReportedValue(1.0, place), {}, {}),))
    assert run(kin, sets, metrics, None).verdict is Verdict.PASS


@pytest.mark.parametrize(("rows", "verdict"), [(3_000, Verdict.REVIEW), (300, Verdict.FAIL)])
def test_one_repeat_in_a_small_group_of_many_rows_is_no_finding(
    rows: int, verdict: Verdict
) -> None:
    train, y = regression(600, 0)
    held_out, true = regression(rows, 1)
    held_out.iloc[0], true[0] = train.iloc[0], y[0]
    groups = np.where(np.arange(rows) < 20, "small", "large")
    errors = np.random.default_rng(2).normal(size=rows)
    sets = PredictionSets(
        (Predictions(ROLE, "p.csv", true, true + errors, groups, np.arange(rows)),)
    )
    place = Location("metrics.json")
    overall = ReportedValue(float(np.mean(errors**2)), place)
    metrics = Metrics((MetricTable("mse", ROLE, "m", overall, {}, {}),))
    outcome = run(kinship_of(train, held_out, y, true, groups), sets, metrics, None)
    assert outcome.verdict is verdict
    assert value(outcome).observed is None
