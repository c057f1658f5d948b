"""The target is found by what the code and the predictions call it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audit.load.names import prediction_columns
from audit.load.notebooks import read_script
from audit.load.written_targets import targets_in_code
from audit.model.artifacts import PredictionSets, ProblemKind, Splits
from audit.model.export import Absent
from tests.unit.load.exports import export, npz, problems, roles

TRAIN = "Id,area,price,rooms\n1,20,3.5,1\n2,30,4.5,2\n3,40,5.5,2\n"
TEST = "Id,area,price,rooms\n8,25,4.0,1\n9,35,5.0,3\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('y = df["price"]', {"price"}),
        ('y_train = train["price"].astype(float).to_numpy()', {"price"}),
        ("X, y = df.drop(columns='price'), df['price'].values", {"price"}),
        ('y = df.pop("price")', {"price"}),
        ("y = df.price", {"price"}),
        ('TARGET = "price"', {"price"}),
        ('target_col = ["price"]', {"price"}),
        ('label = "a", "b"', set()),
        ('X = df["area"]', set()),
        ('y = np.log(df["price"])', set()),
        ('yellow = df["price"]', set()),
        ("y = (", set()),
    ],
)
def test_code_names_the_target(code: str, expected: set[str]) -> None:
    source, _ = read_script("model.py", code.encode())
    assert targets_in_code([source]) == expected


def test_target_from_the_code(tmp_path: Path) -> None:
    files = {"train.csv": TRAIN, "test.csv": TEST, "model.py": 'y = train["price"]\n'}
    splits = export(tmp_path, files).get(Splits).value
    assert splits.train.target.tolist() == [3.5, 4.5, 5.5]
    assert splits.feature_names == ("area", "rooms")


def test_code_that_names_two_columns_decides_nothing(tmp_path: Path) -> None:
    files = {"train.csv": TRAIN, "test.csv": TEST, "m.py": "y = d['price']\ny = d['rooms']\n"}
    assert export(tmp_path, files).get(Splits).value.train.target is None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["Id", "price", "price_pred"], ("price", "price_pred")),
        (["price", "predicted_price", "area"], ("price", "predicted_price")),
        (["price", "priceHat"], ("price", "priceHat")),
        (["text", "prediction"], (None, "prediction")),
        (["y_true", "y_pred", "price", "price_pred"], ("y_true", "y_pred")),
        (["a", "a_pred", "b", "b_pred"], (None, None)),
        (["a", "b"], (None, None)),
    ],
)
def test_columns_of_predictions(columns: list[str], expected: tuple[str | None, ...]) -> None:
    assert prediction_columns(columns) == expected


def test_target_from_predictions_with_its_name(tmp_path: Path) -> None:
    predicted = "Id,price,price_pred\n8,4.0,4.2\n9,5.0,5.5\n"
    loaded = export(tmp_path, {"train.csv": TRAIN, "test.csv": TEST, "test_preds.csv": predicted})
    assert loaded.get(Splits).value.train.target.tolist() == [3.5, 4.5, 5.5]
    (found,) = loaded.get(PredictionSets).value.items
    assert found.split_index.tolist() == [0, 1]


def test_several_outputs_are_noted(tmp_path: Path) -> None:
    files = {
        "train.csv": TRAIN,
        "test.csv": TEST,
        "test_preds.npz": npz(y_true=np.ones((2, 3)), y_pred=np.ones((2, 3))),
    }
    loaded = export(tmp_path, files)
    assert isinstance(loaded.get(PredictionSets), Absent)
    assert any("(2, 3)" in problem.reason for problem in problems(loaded, ProblemKind.SKIPPED))
    assert "predictions" in roles(loaded)["test_preds.npz"]


def test_names_that_are_objects_cost_the_names_only(tmp_path: Path) -> None:
    labels = np.array(["a", "b"], dtype=object)
    content = npz(
        X_train=np.eye(2), y_train=[1, 2], X_val=np.eye(2), y_val=[1, 2], feature_names=labels
    )
    loaded = export(tmp_path, {"data.npz": content})
    assert loaded.get(Splits).value.feature_names == ("f0", "f1")
    assert [p.kind for p in problems(loaded)] == [ProblemKind.SKIPPED]
