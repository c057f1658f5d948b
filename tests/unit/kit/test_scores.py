from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    canonical_metric,
    combine,
    metric_bounds,
    sample_losses,
    score_samples,
    whole_set_scores,
)

RNG = np.random.default_rng(0)
TRUE = np.exp(RNG.normal(size=200))
GUESS = TRUE * np.exp(0.4 * RNG.normal(size=200))


@pytest.mark.parametrize(
    ("metric", "oracle"),
    [
        ("mse", sk.mean_squared_error),
        ("rmse", sk.root_mean_squared_error),
        ("mae", sk.mean_absolute_error),
        ("mape", sk.mean_absolute_percentage_error),
        ("msle", sk.mean_squared_log_error),
        ("rmsle", sk.root_mean_squared_log_error),
        ("log2_mse", lambda t, p: np.mean((np.log2(t) - np.log2(p)) ** 2)),
    ],
)
def test_regression_metrics_against_scikit_learn(metric: str, oracle) -> None:
    assert score_samples(metric, TRUE, GUESS) == pytest.approx(oracle(TRUE, GUESS), rel=1e-12)
    assert metric_bounds(metric, TRUE, GUESS).low <= oracle(TRUE, GUESS)


@pytest.mark.parametrize(
    ("true", "guess", "expected"),
    [
        ([1, 0, 1], [1, 1, 1], 2 / 3),
        (["cat", "dog"], ["cat", "cat"], 0.5),
        ([1, 2, 3], ["1", "2", "4"], 2 / 3),
        ([1.0, 2.0], [1, 2], 1.0),
        (np.array(["1", "2"], dtype=object), np.array([1.0, 3.0]), 0.5),
    ],
)
def test_accuracy_compares_labels_not_types(true, guess, expected: float) -> None:
    assert score_samples("accuracy", np.array(true), np.array(guess)) == pytest.approx(expected)
    error_rate = score_samples("error_rate", np.array(true), np.array(guess))
    assert error_rate == pytest.approx(1 - expected)


@pytest.mark.parametrize(
    ("metric", "true", "guess", "words"),
    [
        ("f1", [1], [1], "not known as a mean"),
        ("zeal", [1], [1], "not known as a mean"),
        ("mse", [], [], "no predictions"),
        ("mse", [1.0, 2.0], [1.0], "shape"),
        ("mse", ["a", "b"], ["a", "c"], "needs numbers"),
        ("log2_mse", [1.0, 2.0], [1.0, -2.0], "not finite for 1 of 2"),
        ("mse", [1.0, 2.0], [1.0, math.nan], "not finite for 1 of 2"),
        ("accuracy", [0, 1], [0.2, 0.9], "not labels"),
    ],
)
def test_reasons_why_a_metric_cannot_be_computed(metric, true, guess, words) -> None:
    with pytest.raises(CannotScoreError, match=words):
        sample_losses(metric, np.array(true), np.array(guess))
    with pytest.raises(CannotScoreError, match=words):
        score_samples(metric, np.array(true), np.array(guess))


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("metric", ["f1", "precision", "recall"])
def test_label_metrics_against_scikit_learn(metric: str, average: str) -> None:
    true = RNG.integers(0, 4, 300)
    guess = np.where(RNG.random(300) < 0.6, true, RNG.integers(0, 5, 300))
    oracle = getattr(sk, f"{metric}_score")(true, guess, average=average, zero_division=0)
    assert whole_set_scores(metric, true, guess)[average] == pytest.approx(oracle)


def test_binary_metrics_against_scikit_learn() -> None:
    true, scores = RNG.integers(0, 2, 300), RNG.integers(0, 20, 300) / 20
    guess = (scores > 0.5).astype(int)
    assert whole_set_scores("f1", true, guess)["label 1"] == pytest.approx(sk.f1_score(true, guess))
    (auc,) = whole_set_scores("roc_auc", true, scores).values()
    assert auc == pytest.approx(sk.roc_auc_score(true, scores))
    (balanced,) = whole_set_scores("balanced_accuracy", true, guess).values()
    assert balanced == pytest.approx(sk.balanced_accuracy_score(true, guess))
    (r2,) = whole_set_scores("r2", TRUE, GUESS).values()
    assert r2 == pytest.approx(sk.r2_score(TRUE, GUESS))


@pytest.mark.parametrize(
    ("metric", "true", "guess"),
    [
        ("r2", [1.0, 1.0], [1.0, 2.0]),
        ("r2", ["a", "b"], [1.0, 2.0]),
        ("r2", [1.0, math.nan], [1.0, 2.0]),
        ("roc_auc", [1, 1], [0.1, 0.2]),
        ("roc_auc", [0, 1, 1], [0, 1, 0]),
        ("f1", [0, 1], [0.3, 0.8]),
        ("f1", [], []),
        ("mse", [1.0], [1.0]),
    ],
)
def test_whole_set_metrics_that_cannot_be_computed(metric, true, guess) -> None:
    assert whole_set_scores(metric, np.array(true), np.array(guess)) == {}


@pytest.mark.parametrize(
    ("metric", "values", "weights", "expected"),
    [
        ("mse", [1, 4], [3, 1], 1.75),
        ("rmse", [1, 7], [1, 1], 5.0),
        ("rmse", [1e200, 1e200], [1, 1], 1e200),
        ("rmse", [0, 0], [1, 1], 0.0),
        ("log_loss", [1, 2], [1, 1], 1.5),
        ("f1", [1, 2], [1, 1], None),
        ("zeal", [1, 2], [1, 1], None),
        ("mse", [1, math.nan], [1, 1], None),
        ("mse", [1, 2], [0, 0], None),
        ("mse", [1, 2], [-1, 3], None),
    ],
)
def test_combine(metric, values, weights, expected) -> None:
    result = combine(metric, np.array(values, float), np.array(weights, float))
    assert result == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val_log2-MSE", "log2_mse"),
        ("Mean Squared Error", "mse"),
        ("test_acc", "accuracy"),
        ("AUROC", "roc_auc"),
        ("val_", None),
        ("", None),
        ("samples", None),
    ],
)
def test_names(name: str, expected: str | None) -> None:
    assert canonical_metric(name) == expected


def test_every_score_has_its_own_name() -> None:
    assert all(name == score.name for name, score in SCORES.items())
    assert all(score.mean for score in SCORES.values() if score.per_sample)
