from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    f1_score,
    log_loss,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)

from audit.model.artifacts import (
    History,
    Kinship,
    Match,
    Predictions,
    PredictionSets,
    RawData,
    SplitData,
    SplitKinship,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Severity
from checks.metrics.gap import Params, train_validation_gap
from tests.unit.metrics.builders import metrics, splits, table

TRAIN = SplitRole.TRAIN
rng = np.random.default_rng(0)


def judge(**given: Any) -> Outcome:
    names = ("metrics", "predictions", "history", "splits", "grouping", "kinship", "raw")
    values = {name: given.get(name) for name in names}
    return train_validation_gap.function(**values, params=given.get("params", Params()))


def gap(outcome: Outcome, group: str | None = None) -> float:
    (found,) = [e for e in outcome.measured if e.name == "train_val_gap" and e.group == group]
    assert isinstance(found.observed, float)
    return found.observed


def both(
    train: tuple[Any, Any],
    held_out: tuple[Any, Any],
    groups: tuple[Any, Any] = (None, None),
    index: Any = None,
) -> PredictionSets:
    def made(role: SplitRole, rows: tuple[Any, Any], own: Any, place: Any) -> Predictions:
        keys = None if own is None else np.asarray(own, dtype=object)
        path = f"{role.value}_predictions.csv"
        return Predictions(role, path, np.asarray(rows[0]), np.asarray(rows[1]), keys, place)

    item = made(SplitRole.VALIDATION, held_out, groups[1], None)
    return PredictionSets((item,), made(TRAIN, train, groups[0], index))


def kin(share: float, n: int = 200) -> Kinship:
    rows = np.arange(n) < share * n
    frame = pd.DataFrame({"x": np.arange(n)})
    held_out = SplitData(SplitRole.VALIDATION, "val.csv", frame, None, None, np.arange(n))
    match = Match((), rows, None, None, np.where(rows, 0, -1))
    return Kinship(held_out, (SplitKinship(held_out, match, (), 0),))


def test_tables_give_the_signed_gap() -> None:
    outcome = judge(
        metrics=metrics(table("log2_mse", 0.181483), table("log2_mse", 0.177264, role=TRAIN))
    )
    assert gap(outcome) == pytest.approx(0.004219)
    assert outcome.verdict is Verdict.PASS
    assert "weak evidence" in outcome.reason


def test_an_accuracy_has_a_negative_gap_where_validation_is_lower() -> None:
    outcome = judge(metrics=metrics(table("accuracy", 0.85), table("accuracy", 0.91, role=TRAIN)))
    assert gap(outcome) == pytest.approx(-0.06)
    assert outcome.verdict is Verdict.PASS


def test_groups_are_compared_in_the_same_mixture() -> None:
    # Run 7: three times as many hard rows in training as in validation
    train = table("mse", 3.25, {"a": 1.0, "b": 4.0}, {"a": 100, "b": 300}, role=TRAIN)
    outcome = judge(
        metrics=metrics(table("mse", 2.6, {"a": 1.1, "b": 4.1}, {"a": 50, "b": 50}), train)
    )
    assert gap(outcome) == pytest.approx(2.6 - 2.5)  # not 2.6 - 3.25
    assert gap(outcome, "b") == pytest.approx(0.1)


def test_roots_combine_by_their_squares() -> None:
    train = table("rmse", None, {"a": 1.0, "b": 7.0}, role=TRAIN)
    outcome = judge(metrics=metrics(table("rmse", None, {"a": 1.0, "b": 7.0}), train))
    assert gap(outcome) == 0
    assert "5 - 5" in outcome.measured[0].method


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (({"a": 90, "b": 10}, {"a": 9, "b": 1}), "same mixture"),
        (({"a": 50, "b": 50}, {"a": 9, "b": 1}), "another mixture"),
    ],
)
def test_it_says_whether_overall_values_are_about_the_same_mixture(
    counts: tuple[dict[str, int], dict[str, int]], words: str
) -> None:
    outcome = judge(
        metrics=metrics(table("mse", 1.1), table("mse", 1.0, role=TRAIN)), splits=splits(*counts)
    )
    assert words in outcome.measured[0].method


def test_predictions_on_both_sides() -> None:
    y = rng.normal(size=300)
    p, q = y + 0.3 * rng.normal(size=300), y + 0.4 * rng.normal(size=300)
    outcome = judge(predictions=both((y, p), (y, q)))
    (found,) = outcome.measured
    assert found.observed == pytest.approx(mean_squared_error(y, q) - mean_squared_error(y, p))
    assert found.interval is not None
    assert found.interval[0] < found.observed < found.interval[1]


def test_predictions_are_weighted_as_the_held_out_groups() -> None:
    true = np.zeros(400)
    train = np.repeat([1.0, 3.0], [100, 300])
    held_out = np.repeat([1.0, 3.0], [200, 200])
    groups = (np.repeat(["e", "h"], [100, 300]), np.repeat(["e", "h"], 200))
    outcome = judge(predictions=both((true, train), (true, held_out), groups))
    assert gap(outcome) == pytest.approx(0.0)


def test_repeated_training_rows_count_once() -> None:
    x = np.array([1.0, 2.0, 2.0, 2.0])
    split = SplitData(TRAIN, "t.csv", pd.DataFrame({"x": x}), x, None, np.arange(4))
    other = SplitData(SplitRole.VALIDATION, "v.csv", pd.DataFrame({"x": x}), x, None, np.arange(4))
    sets = both((x, x + np.array([1.0, 0, 0, 0])), (x, x + 1.0), index=np.arange(4))
    outcome = judge(predictions=sets, splits=Splits(split, (other,)))
    assert gap(outcome) == pytest.approx(1.0 - 0.5)  # not 1 - 1/4
    assert "2 repeated training rows" in outcome.measured[0].method


@pytest.mark.parametrize(
    ("metric", "reference"),
    [("r2", r2_score), ("f1", lambda a, b: f1_score(a, b, average="macro"))],
)
def test_metrics_that_are_no_means(metric: str, reference: Any) -> None:
    y = rng.integers(0, 2, 200) if metric == "f1" else rng.normal(size=200)
    q = np.where(rng.random(200) < 0.8, y, 1 - y) if metric == "f1" else y + rng.normal(size=200)
    p = np.where(rng.random(200) < 0.9, y, 1 - y) if metric == "f1" else y + 0.5
    sets = both((y, p), (y, q))
    outcome = judge(predictions=sets, metrics=metrics(table(metric, 0.5)))
    whole = [each for each in outcome.measured if each.group is None]
    assert whole[0].unit == metric
    values = {reference(y, q) - reference(y, p)}
    if metric == "f1":
        values |= {
            f1_score(y, q, average=a) - f1_score(y, p, average=a)
            for a in ("micro", "weighted", "binary")
        }
        values.add(f1_score(y, q, pos_label=0) - f1_score(y, p, pos_label=0))
    assert any(whole[0].observed == pytest.approx(value) for value in values)


def test_a_history_alone_decides_nothing() -> None:
    columns = {"loss": np.array([1.0, 0.01]), "val_loss": np.array([1.0, 0.9])}
    outcome = judge(history=History("history.csv", columns))
    assert outcome.verdict is Verdict.REVIEW
    assert gap(outcome) == pytest.approx(0.89)
    assert "dropout" in outcome.reason


def test_without_a_training_value_the_question_does_not_arise() -> None:
    assert judge(metrics=metrics(table("mse", 1.0))).verdict is Verdict.NOT_APPLICABLE
    assert judge().verdict is Verdict.NOT_APPLICABLE


# --- findings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "train", "held_out", "fires"),
    [
        ("mse", 0.1, 0.4, True),
        ("mse", 0.2, 0.4, False),
        ("rmse", 0.1, 0.2, True),  # four times the squared error
        ("rmse", 0.1, 0.15, False),
        ("accuracy", 0.99, 0.8, True),
        ("accuracy", 99.0, 80.0, True),
        ("accuracy", 0.999, 0.95, False),  # 50 times the error, and 5 points
        ("accuracy", 1.0, 0.8, False),  # fitted exactly, as trees do
        ("error_rate", 0.01, 0.2, True),
        ("r2", 0.98, 0.7, True),
        ("roc_auc", 0.9, 0.85, False),
        ("log_loss", 0.1, 0.9, True),
        ("mse", 0.0, 0.4, False),
        ("mse", 0.4, 0.1, False),
        ("a_score", 0.1, 0.9, False),
    ],
)
def test_a_large_gap_is_a_note(metric: str, train: float, held_out: float, fires: bool) -> None:
    outcome = judge(metrics=metrics(table(metric, held_out), table(metric, train, role=TRAIN)))
    assert (outcome.verdict is Verdict.FAIL) is fires
    assert all(finding.severity is Severity.NOTE for finding in outcome.findings)


def test_a_large_ratio_within_noise_is_none() -> None:
    y = np.zeros(12)
    q = np.r_[np.full(11, 0.2), 4.0]  # one row makes the difference
    outcome = judge(predictions=both((y, np.full(12, 0.4)), (y, q)))
    assert gap(outcome) > 3 * 0.16 - 0.16
    assert outcome.verdict is Verdict.PASS


@pytest.mark.parametrize(("share", "fires"), [(0.0, False), (0.05, False), (0.77, True)])
def test_hardly_a_gap_is_no_good_sign_where_rows_have_kin(share: float, fires: bool) -> None:
    values = metrics(table("log2_mse", 0.181483), table("log2_mse", 0.177264, role=TRAIN))
    outcome = judge(metrics=values, kinship=kin(share))
    assert (outcome.verdict is Verdict.FAIL) is fires
    if fires:
        assert "77.0 % of 200" in outcome.findings[0].message


def test_better_than_on_training_rows_is_a_note_only_beyond_noise() -> None:
    y = rng.normal(size=2000)
    p, q = y + rng.normal(size=2000), y + 0.7 * rng.normal(size=2000)
    assert judge(predictions=both((y, p), (y, q))).verdict is Verdict.FAIL
    assert judge(predictions=both((y[:20], p[:20]), (y[:20], q[:20]))).verdict is Verdict.PASS


# --- scores -----------------------------------------------------------------------------------


def scored(role: SplitRole, true: Any, scores: Any, classes: tuple[str, ...]) -> Predictions:
    labels = scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0.5).astype(int)
    return Predictions(role, f"{role.value}.csv", true, labels, None, None, scores, classes)


def test_the_area_under_the_curve_is_of_the_scores_on_both_sides() -> None:
    true = rng.integers(0, 2, 300)
    sure, vague = 0.8 * true + 0.2 * rng.random(300), 0.3 * true + 0.7 * rng.random(300)
    held_out = scored(SplitRole.VALIDATION, true, vague, ("0", "1"))
    sets = PredictionSets((held_out,), scored(TRAIN, true, sure, ("0", "1")))
    outcome = judge(metrics=metrics(table("roc_auc", 0.9)), predictions=sets)
    assert gap(outcome) == pytest.approx(roc_auc_score(true, vague) - roc_auc_score(true, sure))
    other = scored(TRAIN, true, sure, ("1", "0"))
    swapped = PredictionSets((held_out,), other)
    outcome = judge(metrics=metrics(table("roc_auc", 0.9)), predictions=swapped)
    assert all(e.unit != "roc_auc" for e in outcome.measured)


def test_the_log_loss_is_of_the_probabilities_of_all_classes() -> None:
    true = rng.integers(0, 3, 300)
    one, two = rng.dirichlet(np.ones(3), 300), rng.dirichlet(np.ones(3), 300)
    names = ("0", "1", "2")
    held_out = scored(SplitRole.VALIDATION, true, two, names)
    sets = PredictionSets((held_out,), scored(TRAIN, true, one, names))
    outcome = judge(metrics=metrics(table("log_loss", 1.5)), predictions=sets)
    assert gap(outcome) == pytest.approx(log_loss(true, two) - log_loss(true, one))


# --- original rows ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["column", "source rows"])
def test_copies_are_left_out_of_the_training_side(how: str) -> None:
    n = 100
    x = np.arange(2.0 * n)
    copied = np.arange(2 * n) >= n
    y = rng.normal(0, 1, 2 * n)
    guess = np.where(copied, y, y + 1.0)
    frame = pd.DataFrame({"x": x})
    marks = copied if how == "column" else None
    part = SplitData(TRAIN, "train.csv", frame, y, None, np.arange(2 * n), marks)
    other = SplitData(SplitRole.VALIDATION, "v.csv", frame[:n] + 0.5, y[:n], None, np.arange(n))
    raw = RawData("raw.csv", n, None, frame[:n]) if how == "source rows" else None
    train = Predictions(TRAIN, "train.csv", y, guess, None, np.arange(2 * n))
    held_out = Predictions(SplitRole.VALIDATION, "v.csv", y[:n], y[:n] + 1.0, None, None)
    outcome = judge(
        predictions=PredictionSets((held_out,), train), splits=Splits(part, (other,)), raw=raw
    )
    assert gap(outcome) == pytest.approx(0.0, abs=1e-9)  # 0.5 with the copies
