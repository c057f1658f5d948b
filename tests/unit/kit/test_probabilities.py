"""Metrics of scores equal scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from audit.model.artifacts import Predictions, SplitRole
from checks.kit.probabilities import CannotScoreError
from checks.kit.scores import (
    arrays_for,
    metric_bounds,
    score_samples,
    whole_set_bounds,
    whole_set_scores,
)

LABELS = {2: ("ham", "spam"), 3: ("bird", "cat", "dog"), 7: tuple("abcdefg")}


def classified(seed: int, k: int, n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, probabilities by class in the order of the labels, and codes; ties included."""
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(k), rng.choice(k, size=n - k, p=rng.dirichlet(np.full(k, 2.0)))]
    scores = rng.dirichlet(np.full(k, 0.5), size=n) + 0.4 * np.eye(k)[codes]
    scores = (scores / scores.sum(axis=1, keepdims=True)).round(2)
    scores /= scores.sum(axis=1, keepdims=True)
    return np.array(LABELS[k], dtype=object)[codes], scores, codes


def kept(y_true: np.ndarray, scores: np.ndarray, classes: tuple[str, ...]) -> Predictions:
    guess = np.array(classes, dtype=object)[
        scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0.5).astype(int)
    ]
    role = SplitRole.VALIDATION
    return Predictions(role, "p.csv", y_true, guess, None, None, scores, classes)


@pytest.mark.parametrize("k", LABELS)
@pytest.mark.parametrize("seed", range(5))
def test_probability_metrics(k: int, seed: int) -> None:
    y_true, scores, codes = classified(seed, k)
    scored = kept(y_true, scores, LABELS[k])
    for metric in ("log_loss", "brier_score"):
        true, predicted = arrays_for(metric, scored)
        value = score_samples(metric, true, predicted)
        if metric == "log_loss":
            expected = sk.log_loss(y_true, scores, labels=list(LABELS[k]))
        elif k == 2:
            expected = sk.brier_score_loss(codes, scores[:, 1])
        else:
            expected = sk.brier_score_loss(codes, scores, scale_by_half=False)
        assert value == pytest.approx(expected, rel=1e-9)
        assert metric_bounds(metric, true, predicted).low <= expected


@pytest.mark.parametrize("seed", range(5))
def test_binary_ranking_metrics(seed: int) -> None:
    y_true, scores, codes = classified(seed, 2)
    for kept_scores in (scores, scores[:, 1]):
        scored = kept(y_true, kept_scores, LABELS[2])
        area = whole_set_scores("roc_auc", *arrays_for("roc_auc", scored))
        assert area == {"roc_auc": pytest.approx(sk.roc_auc_score(codes, scores[:, 1]))}
        precision = whole_set_scores("average_precision", *arrays_for("roc_auc", scored))
        expected = sk.average_precision_score(codes, scores[:, 1])
        assert precision == {"average_precision": pytest.approx(expected)}


@pytest.mark.parametrize("k", (3, 7))
def test_multiclass_ranking_metrics(k: int) -> None:
    y_true, scores, codes = classified(1, k)
    found = whole_set_scores("roc_auc", *arrays_for("roc_auc", kept(y_true, scores, LABELS[k])))
    for name, value in found.items():
        if name == "micro":
            expected = sk.roc_auc_score(np.eye(k)[codes], scores, average="micro")
        else:
            how, average = name.split()
            expected = sk.roc_auc_score(codes, scores, multi_class=how, average=average)
            if how == "ovo" and average == "weighted":
                continue  # weighted by prevalence of pairs, below
        assert value == pytest.approx(expected), name
    weighted = sk.roc_auc_score(codes, scores, multi_class="ovo", average="weighted")
    assert found["ovo weighted"] == pytest.approx(weighted)
    precision = whole_set_scores(
        "average_precision", *arrays_for("roc_auc", kept(y_true, scores, LABELS[k]))
    )
    for average in ("macro", "weighted"):
        expected = sk.average_precision_score(np.eye(k)[codes], scores, average=average)
        assert precision[f"ovr {average}"] == pytest.approx(expected)


def test_classes_in_another_order() -> None:
    y_true, scores, _ = classified(0, 3)
    order = [2, 0, 1]
    scored = kept(y_true, scores[:, order], tuple(LABELS[3][i] for i in order))
    expected = sk.log_loss(y_true, scores, labels=list(LABELS[3]))
    assert score_samples("log_loss", *arrays_for("log_loss", scored)) == pytest.approx(expected)


def test_certain_and_wrong_is_clipped() -> None:
    y_true = np.array([0, 1, 1])
    for dtype in (np.float32, np.float64):
        scores = np.array([0.2, 0.0, 1.0], dtype=dtype)
        expected = sk.log_loss(y_true, scores)
        assert score_samples("log_loss", y_true, scores) == pytest.approx(expected, rel=1e-6)
        bounds = metric_bounds("log_loss", y_true, scores)
        assert bounds.low <= expected * (1 + 1e-6) <= bounds.high  # summed in single precision


def test_predictions_that_are_probabilities_themselves() -> None:
    rng = np.random.default_rng(0)
    y_true, y_pred = rng.integers(0, 2, 100), rng.uniform(size=100)
    scored = Predictions(SplitRole.TEST, "p.csv", y_true, y_pred, None, None)
    found = score_samples("log_loss", *arrays_for("log_loss", scored))
    assert found == pytest.approx(sk.log_loss(y_true, y_pred))
    found = whole_set_scores("roc_auc", *arrays_for("roc_auc", scored))["roc_auc"]
    assert found == pytest.approx(sk.roc_auc_score(y_true, y_pred))
    assert arrays_for("accuracy", scored)[1] is y_pred


@pytest.mark.parametrize(
    ("y_true", "y_pred", "y_score", "classes"),
    [
        ([0, 1, 1], [0, 1, 0], None, ()),
        ([0.3, 1.2, 5.0], [0.1, 1.0, 5.5], None, ()),
        (["a", "b", "c"], ["a", "b", "c"], [[0.5, 0.5]] * 3, ("a", "b")),
        ([0, 1, 1], [0, 1, 1], [-2.0, 3.0, 1.0], ("0", "1")),
        ([0, 1, 1], [0, 1, 1], [0.1, np.nan, 0.5], ("0", "1")),
    ],
)
def test_log_loss_that_cannot_be_computed(y_true, y_pred, y_score, classes) -> None:
    scores = None if y_score is None else np.array(y_score)
    scored = Predictions(
        SplitRole.TEST, "p.csv", np.array(y_true), np.array(y_pred), None, None, scores, classes
    )
    with pytest.raises(CannotScoreError):
        score_samples("log_loss", *arrays_for("log_loss", scored))


@pytest.mark.parametrize("k", LABELS)
@pytest.mark.parametrize("decimals", [1, 2, 3])
def test_bounds_of_ranking_metrics_contain_the_value_before_rounding(k: int, decimals: int) -> None:
    rng = np.random.default_rng(k)
    codes = np.r_[np.arange(k), rng.integers(0, k, 400 - k)]
    scores = rng.dirichlet(np.full(k, 0.6), size=400) + 0.3 * np.eye(k)[codes]
    scores /= scores.sum(axis=1, keepdims=True)
    y_true = np.array(LABELS[k], dtype=object)[codes]
    for metric in ("roc_auc", "average_precision"):
        exact = whole_set_scores(metric, *arrays_for(metric, kept(y_true, scores, LABELS[k])))
        rounded = kept(y_true, scores.round(decimals), LABELS[k])
        bounds = whole_set_bounds(metric, *arrays_for(metric, rounded))
        assert set(bounds) == set(exact)
        for name, value in exact.items():
            assert bounds[name].low <= value <= bounds[name].high
            assert bounds[name].high - bounds[name].low < 15 * 10.0**-decimals
