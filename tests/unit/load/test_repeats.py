"""Folds and seeds: one stands for the others, and the report says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.artifacts import (
    History,
    LoadProblems,
    Metrics,
    PredictionSets,
    ProblemKind,
    RawData,
    Splits,
)
from audit.model.export import Absent, Export
from tests.unit.load.exports import export

TRAIN = "a,y\n1,2\n2,3\n3,5\n"
VAL = "a,y\n7,1\n8,4\n"
PREDICTED = "y_true,y_pred\n1,2\n4,4\n"
HISTORY = "epoch,loss,val_loss\n1,0.9,0.8\n2,0.5,0.6\n"


def kinds(loaded: Export) -> set[ProblemKind]:
    return {problem.kind for problem in loaded.get(LoadProblems).value.items}


def roles(loaded: Export) -> dict[str, str]:
    return {item.path: item.role for item in loaded.recognised}


def test_first_fold_stands_for_the_others(tmp_path: Path) -> None:
    files: dict[str, object] = {}
    for i in (10, 9, 2):
        files |= {
            f"fold_{i}/train.csv": TRAIN.replace("3,5", f"3,{i}"),
            f"fold_{i}/val.csv": VAL,
            f"fold{i}_val_predictions.csv": PREDICTED,
            f"history_fold{i}.csv": HISTORY,
            f"metrics-fold-{i}.json": {"val": {"mae": 0.5 + i}},
        }
    loaded = export(tmp_path, files)
    assert loaded.get(Splits).value.train.path == "fold_2/train.csv"
    assert [p.path for p in loaded.get(PredictionSets).value.items] == ["fold2_val_predictions.csv"]
    assert loaded.get(History).value.path == "history_fold2.csv"
    assert [t.overall.value for t in loaded.get(Metrics).value.tables] == [2.5]
    assert kinds(loaded) == {ProblemKind.SKIPPED}
    assert roles(loaded)["fold_10/val.csv"] == "repetition"
    (note,) = [
        p for p in loaded.get(LoadProblems).value.items if p.location.path == "fold_2/train.csv"
    ]
    assert "fold_9/train.csv, fold_10/train.csv" in note.reason


def test_shards_without_a_role_stand_for_nothing(tmp_path: Path) -> None:
    files = {f"data/fold{i}.csv": TRAIN * (i + 1) for i in range(3)}
    loaded = export(tmp_path, files)
    assert "repetition" not in roles(loaded).values()
    assert isinstance(loaded.get(RawData), Absent)


def test_a_fold_that_is_declared_counts(tmp_path: Path) -> None:
    files = {
        f"fold{i}/{name}.csv": text
        for i in (1, 2)
        for name, text in (("train", TRAIN), ("val", VAL))
    }
    config = '[roles]\ntrain = "fold2/train.csv"\nvalidation = "fold2/val.csv"\n'
    loaded = export(tmp_path, {**files, "audit.toml": config})
    splits = loaded.get(Splits).value
    assert [splits.train.path, splits.held_out[0].path] == ["fold2/train.csv", "fold2/val.csv"]


@pytest.mark.parametrize(
    "others",
    [
        {"preds_ridge.csv": PREDICTED, "preds_forest.csv": PREDICTED},
        {"history_a.csv": HISTORY, "history_b.csv": HISTORY},
    ],
)
def test_several_models_are_a_note(tmp_path: Path, others: dict[str, object]) -> None:
    loaded = export(tmp_path, {"train.csv": TRAIN, "val.csv": VAL, **others})
    assert kinds(loaded) == {ProblemKind.SKIPPED}
    assert {roles(loaded)[path] for path in others} == {"ambiguous"}
    assert not isinstance(loaded.get(Splits), Absent)


def test_out_of_fold_predictions_of_training_rows(tmp_path: Path) -> None:
    files = {
        "train.csv": TRAIN,
        "val.csv": VAL,
        "oof_predictions.csv": "y_true,y_pred\n2,2\n3,3\n5,5\n",
        "val_predictions.csv": PREDICTED,
    }
    loaded = export(tmp_path, files)
    assert [p.path for p in loaded.get(PredictionSets).value.items] == ["val_predictions.csv"]
    assert roles(loaded)["oof_predictions.csv"] == "train predictions"
    assert not kinds(loaded)


def test_predictions_with_equal_targets_before_others(tmp_path: Path) -> None:
    files = {
        "train.csv": TRAIN,
        "val.csv": VAL,
        "preds_new.csv": PREDICTED,
        "preds_old.csv": "y_true,y_pred\n9,2\n4,4\n",
    }
    loaded = export(tmp_path, files)
    assert [p.path for p in loaded.get(PredictionSets).value.items] == ["preds_new.csv"]
    assert roles(loaded)["preds_old.csv"] == "predictions"
