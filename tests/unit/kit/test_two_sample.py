"""The two-sample test against scikit-learn and against what is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from checks.kit.two_sample import auc_of, separation


def reference(a: np.ndarray, b: np.ndarray, clusters: np.ndarray) -> float:
    """Out-of-fold AUC of a quadratic logistic regression."""
    x, y = np.vstack([a, b]), np.r_[np.zeros(len(a)), np.ones(len(b))]
    model = make_pipeline(
        StandardScaler(), PolynomialFeatures(2), LogisticRegression(C=0.1, max_iter=2000)
    )
    scores = cross_val_predict(
        model, x, y, groups=clusters, cv=GroupKFold(5), method="decision_function"
    )
    return float(roc_auc_score(y, scores))


def apart(n: int, m: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(n), n + np.arange(m or n)


@pytest.mark.parametrize("seed", range(5))
def test_auc_equals_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.random(200) < 0.3
    scores = rng.integers(0, 12, 200) + 2 * positive
    assert auc_of(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_a_shift_is_found_about_as_well_as_by_scikit_learn(shift: float) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(600, 5)), rng.normal(size=(600, 5))
    b[:, 2] += shift
    found = separation(a, b, apart(600))
    assert found.auc == pytest.approx(reference(a, b, np.concatenate(apart(600))), abs=0.06)
    assert found.interval[0] < found.auc < found.interval[1]
    assert found.interval[0] > 0.5


def test_a_change_of_correlation_is_found_without_a_change_of_any_column() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(size=(800, 4))
    b = rng.normal(size=(800, 4))
    b[:, 1] = 0.9 * b[:, 0] + np.sqrt(1 - 0.81) * b[:, 1]
    found = separation(a, b, apart(800))
    assert found.interval[0] > 0.6
    assert reference(a, b, np.concatenate(apart(800))) > 0.6


def test_fractions_among_whole_numbers_are_found() -> None:
    rng = np.random.default_rng(3)
    a = rng.integers(-100, 101, (400, 3)).astype(float)
    b = rng.integers(-100, 101, (400, 3)) + 0.25
    assert separation(a, b, apart(400)).auc > 0.999


def test_complete_separation_is_not_certainty() -> None:
    rng = np.random.default_rng(4)
    found = separation(rng.normal(size=(50, 2)), 50 + rng.normal(size=(50, 2)), apart(50))
    assert found.auc == 1.0
    assert 0.9 < found.interval[0] < 1.0 and found.interval[1] == 1.0


def test_values_may_be_missing_infinite_or_constant() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(60, 4)), rng.normal(size=(60, 4))
    a[::3, 0], b[::3, 0] = np.nan, np.nan
    a[:, 1], b[:, 1] = 7.0, 7.0
    a[0, 2], b[0, 3] = np.inf, -np.inf
    found = separation(a, b, apart(60))
    assert 0.3 < found.auc < 0.7


def test_the_same_seed_gives_the_same_result() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(80, 3)), rng.normal(size=(80, 3)) + 0.4
    assert separation(a, b, apart(80), 9) == separation(a, b, apart(80), 9)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="ten rows"):
        separation(np.zeros((9, 2)), np.zeros((20, 2)), apart(9, 20))
    with pytest.raises(ValueError, match="clusters"):
        separation(np.zeros((20, 2)), np.zeros((20, 2)), (np.zeros(20), np.zeros(20)))


def test_the_interval_covers_one_half_at_the_nominal_rate() -> None:
    """Samples of one distribution: 95 % of the intervals hold 0.5, up to binomial error."""
    covered = 0
    for seed in range(80):
        rng = np.random.default_rng(1000 + seed)
        a, b = rng.normal(size=(100, 3)), rng.normal(size=(100, 3))
        low, high = separation(a, b, apart(100), seed).interval
        covered += low <= 0.5 <= high
    assert covered >= 70  # P(X <= 69 | n = 80, p = 0.95) = 0.004


def test_copies_beside_their_parents_do_not_widen_the_gap() -> None:
    """A row and its slightly noisy copy are of one cluster: nothing can be told."""
    inside = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        a = rng.normal(size=(150, 4))
        b = a + 0.02 * rng.normal(size=a.shape)
        low, high = separation(a, b, (np.arange(150), np.arange(150)), seed).interval
        inside += low <= 0.5 <= high
    assert inside >= 18
