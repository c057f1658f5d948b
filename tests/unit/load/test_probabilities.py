"""Which columns are scores of a classifier, and of which class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.load import load
from audit.load.probabilities import find_scores
from audit.model.artifacts import Predictions, PredictionSets
from checks.kit.probabilities import canonical_label

RNG = np.random.default_rng(3)
N = 60
P = RNG.uniform(0.02, 0.98, N).round(4)
Y = (RNG.uniform(size=N) < P).astype(int)


def predictions(root: Path, table: pd.DataFrame, name: str = "val_predictions.csv") -> Predictions:
    table.to_csv(root / name, index=False)
    (item,) = load(root).artifacts[PredictionSets].value.items
    return item


@pytest.mark.parametrize(
    "name", ["y_score", "proba", "y_prob", "prob_1", "p_1", "Probability", "score", "prob_class_1"]
)
def test_score_of_the_positive_class(name: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"y_true": Y, "y_pred": (P >= 0.5).astype(int), name: P})
    item = predictions(tmp_path, table)
    assert item.classes == ("0", "1")
    assert item.y_score == pytest.approx(P)


def test_positive_class_is_told_by_the_predicted_labels(tmp_path: Path) -> None:
    words = np.array(["ok", "defect"])
    table = pd.DataFrame({"y_true": words[Y], "y_pred": words[(P >= 0.3).astype(int)], "prob": P})
    item = predictions(tmp_path, table)
    assert item.classes == ("ok", "defect")


@pytest.mark.parametrize(
    "columns",
    [
        {"y_true": Y, "y_pred": (P > 0.5).astype(int), "score": np.maximum(P, 1 - P)},
        {"y_true": np.array(["ok", "bad"])[Y], "y_pred": P, "confidence": P},
        {"y_true": P * 9, "y_pred": P * 8, "score": P},
        {"y_true": Y, "y_pred": Y, "proba": np.where(P > 0.9, np.nan, P)},
    ],
)
def test_no_score_where_it_cannot_be_told(columns: dict, tmp_path: Path) -> None:
    item = predictions(tmp_path, pd.DataFrame(columns))
    assert item.y_score is None
    assert item.classes == ()


@pytest.mark.parametrize(
    "style",
    [
        "prob_{}",
        "proba_{}",
        "Probability {}",
        "probas-{}",
        "p_class_{}",
        "{}_proba",
        "{}",
        "Score {}",
    ],
)
def test_one_column_a_class(style: str, tmp_path: Path) -> None:
    scores = RNG.dirichlet(np.ones(3), N).round(3)
    names = ["Oak", "elm", "ash"]
    y_true = np.array(names)[RNG.integers(0, 3, N)]
    table = pd.DataFrame({"y_true": y_true, "y_pred": np.array(names)[scores.argmax(axis=1)]})
    for i, name in enumerate(names):
        table[style.format(name)] = scores[:, i]
    item = predictions(tmp_path, table)
    assert item.y_score is not None
    order = [item.classes.index(name) for name in names]
    assert item.y_score[:, order] == pytest.approx(scores)


def test_labels_are_made_where_only_scores_are_kept(tmp_path: Path) -> None:
    scores = RNG.dirichlet(np.ones(4), N)
    y_true = np.r_[np.arange(4), RNG.integers(0, 4, N - 4)]
    table = pd.DataFrame(scores, columns=[f"prob_{i}" for i in range(4)]).assign(y_true=y_true)
    item = predictions(tmp_path, table)
    assert (item.y_pred == scores.argmax(axis=1)).all()


def test_probabilities_in_an_archive(tmp_path: Path) -> None:
    scores = RNG.dirichlet(np.ones(3), N)
    y_true = np.r_[np.arange(3), RNG.integers(0, 3, N - 3)]
    np.savez(tmp_path / "test_predictions.npz", y_true=y_true, y_prob=scores)
    (item,) = load(tmp_path).artifacts[PredictionSets].value.items
    assert item.classes == ("0", "1", "2")
    assert (item.y_pred == scores.argmax(axis=1)).all()


def test_predictions_of_several_splits_in_one_table(tmp_path: Path) -> None:
    table = pd.DataFrame({"y_true": Y, "y_pred": (P >= 0.5).astype(int), "proba": P})
    table["split"] = np.where(np.arange(N) < 25, "validation", "test")
    table.to_csv(tmp_path / "predictions.csv", index=False)
    items = load(tmp_path).artifacts[PredictionSets].value.items
    assert [len(item.y_score) for item in items] == [25, N - 25]
    assert items[1].y_score == pytest.approx(P[25:])


def test_a_data_set_with_a_score_column_is_no_prediction(tmp_path: Path) -> None:
    table = pd.DataFrame({"target": Y, "score": P, "proba": P, "x": P})
    table.to_csv(tmp_path / "customers.csv", index=False)
    export = load(tmp_path)
    assert not hasattr(export.artifacts[PredictionSets], "value")


def test_scores_with_gaps_are_kept_and_probabilities_are_known_by_name(tmp_path: Path) -> None:
    for name, says_so in (("y_prob", True), ("proba_1", True), ("y_score", False), ("p_1", False)):
        table = pd.DataFrame({"y_true": Y, "y_pred": (P >= 0.5).astype(int), name: P})
        table.loc[3, name] = np.nan
        item = predictions(tmp_path, table)
        assert item.y_score is not None
        assert np.isnan(item.y_score).sum() == 1
        assert item.is_probability is says_so


COLUMNS = st.sampled_from(
    ["prob_0", "prob_1", "p_a", "p_b", "score", "proba", "a", "b", "0", "1", "y_score", "b_prob",
     "prob_", "p", "Score A", "logit_0", "prob_class_1"]
)  # fmt: skip
VALUES = st.sampled_from([0, 1, "a", "b", 0.0, 1.0, 0.5, None, "1", float("inf"), -3.2])


@given(
    st.lists(COLUMNS, unique=True, max_size=6),
    st.lists(VALUES, min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_no_table_raises(columns: list, targets: list, seed: int, predicted: bool) -> None:
    rng = np.random.default_rng(seed)
    n = len(targets)
    table = pd.DataFrame({name: rng.choice([0.1, 0.9, 1.0, np.nan, -2.0], n) for name in columns})
    table.insert(0, "y_true", pd.Series(targets, dtype=object).infer_objects())
    if predicted:
        table["y_pred"] = rng.permutation(table["y_true"].to_numpy())
    scores, made = find_scores(table, "y_true", "y_pred" if predicted else None)
    if scores is not None:
        assert len(scores.y_score) == n
        assert np.isfinite(scores.y_score).mean() >= (0.5 if predicted else 1.0)
        k = 2 if scores.y_score.ndim == 1 else scores.y_score.shape[1]
        assert len(set(scores.classes)) == len(scores.classes) == k
        assert {canonical_label(value) for value in targets} <= set(scores.classes)
    if made is not None:
        assert len(made) == n
        assert not predicted
