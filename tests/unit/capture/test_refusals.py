"""Clear mistakes are refused with a message that says what to do, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.capture import CaptureError, save_export, scores_by_group

X = np.arange(12.0).reshape(6, 2)
Y = np.arange(6.0)
FRAME = pd.DataFrame(X, columns=["a", "b"])
TEST = (X, Y)


def one(**given: Any) -> dict[str, Any]:
    """Splits with one entry, some of whose parts are replaced."""
    return {"splits": {"train": {"X": X, "y": Y, **given}}}


def predicted(content: Any, **options: Any) -> dict[str, Any]:
    return {"predictions": {"test": content}, **options}


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis(["a", "a"], axis=1)


class Sparse:
    nnz, shape = 3, (6, 2)

    def toarray(self) -> Any:
        return X


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "lengths": (one(y=Y[:5]), "X has 6 rows and y has 5: pass the same rows"),
    "NaN": (one(y=[0, 1, np.nan, 3, 4, np.nan]), "2 missing values .*first in row 2: leave these"),
    "None": (one(y=["a", None, "b", "a", "b", "a"]), "1 missing value .*row 1"),
    "NA": (one(y=pd.array([1, 2, 3, None, 5, 6], dtype="Int64")), "1 missing value .*row 3"),
    "split": ({"splits": {"trian": TEST}}, "no 'trian'; did you mean 'train'"),
    "same split": ({"splits": {"val": TEST, "dev": TEST}}, "two entries for the val split"),
    "no mapping": ({"splits": [TEST]}, "a mapping by split"),
    "no pair": ({"splits": {"train": X}}, r"a pair \(X, y\) or a mapping with X, y"),
    "key": (one(parent=Y), "no 'parent'; did you mean 'parent_id'"),
    "no X": ({"splits": {"train": {"y": Y}}}, "has no X"),
    "same columns": (one(X=twice(FRAME)), "more than one column called 'a': rename or drop"),
    "text of columns": (one(X=FRAME.set_axis([1, "1"], axis=1)), "more than one column called '1'"),
    "target": (one(X=FRAME.assign(y=Y)), "column 'y', beside the y.*drop it from X if it is the y"),
    "second target": (one(X=FRAME.assign(Target=Y)), "column 'Target', beside the y"),
    "id": (one(X=FRAME.assign(row_id=Y), row_id=Y), "column 'row_id', beside the row_id"),
    "parent": (
        one(X=FRAME.assign(source_row=Y), row_id=range(6), parent_id=[None] * 6),
        "column 'source_row', beside the parent_id",
    ),
    "flag": (
        one(X=FRAME.assign(synthetic=Y), row_id=range(6), parent_id=[None] * 6),
        "column 'synthetic', beside the is_augmented",
    ),
    "no rows": (one(X=X[:0], y=[]), "0 rows"),
    "one dimension": (one(X=Y), r"shape \(6,\): pass rows and columns"),
    "scalar": (one(X=3.0), r"shape \(\): pass rows and columns"),
    "nothing": (one(X="train.csv"), "is str, not an array"),
    "ragged": (one(X=[[1, 2], [3]]), "cannot be made an array"),
    "sparse": (one(X=Sparse()), r"sparse matrix: pass its \.toarray\(\)"),
    "objects": (one(X=FRAME.assign(c=[object()] * 6)), "column 'c' .*pass numbers or text"),
    "mixed": (one(X=FRAME.assign(c=[1, "x", 2, "y", 3, "z"])), "column 'c' .*mixes kinds"),
    "complex": (one(X=X * 1j), "complex128 values"),
    "one-hot": (one(y=np.eye(6)), r"shape \(6, 6\): pass one value a row"),
    "names": ({**one(), "feature_names": ["a"]}, "1 feature_names for 2 columns"),
    "names of a frame": ({**one(X=FRAME), "feature_names": ["a", "b"]}, "leave feature_names out"),
    "columns": (
        {"splits": {"train": (FRAME, Y), "test": (FRAME.rename(columns={"b": "c"}), Y)}},
        "'train' and 'test' differ in the columns 'b', 'c'",
    ),
    "ids": (one(row_id=[1, 2]), "row_id .* has 2 values for 6 rows"),
    "no id": (one(row_id=[1, 2, 3, 4, 5, None]), "row_id .*give every row an id"),
    "fractions": (one(row_id=Y + 0.5), "row_id .* holds fractions"),
    "parents of what": (one(parent_id=range(6)), "parent_id .* needs row_id"),
    "orphans": (
        one(row_id=range(6), parent_id=[None] * 6, is_augmented=[0, 0, 0, 0, 1, 1]),
        "2 augmented rows have no parent_id, the first is row 4",
    ),
    "flags": (one(is_augmented=[0, 1, 2, 0, 0, 0]), "other values than True and False"),
    "oracle": (one(y_exact=Y[:3]), "y_exact .* has 3 values for 6 rows"),
    "labels": (one(groups=["a"]), "1 labels for 6 rows"),
    "two groups": (one(X=FRAME, groups={"a": ["n"] * 6}), "different columns called 'a'"),
    "group names": ({**one(X=FRAME), "groups": "c"}, "no 'c'"),
    "group labels": ({**one(X=FRAME), "groups": [1, 2]}, "labels of rows belong to their split"),
    "groups alone": ({"history": {"loss": [1]}, "groups": "a"}, "together with splits"),
    "y_true": (predicted(Y), "has no y_true, and no test split was exported"),
    "y_pred": (predicted({"y_true": Y}), "has no y_pred"),
    "missing y_true": (predicted({"y_true": Y * np.nan, "y_pred": Y}), "6 missing values"),
    "rows": (predicted({"y_true": Y, "y_pred": Y[:4]}), "y_true has 6 rows and y_pred has 4"),
    "rows of a split": (predicted(Y[:4], splits={"test": TEST}), "6 rows and y_pred has 4"),
    "matrix": (predicted({"y_true": Y, "y_pred": np.eye(6)}), "argmax"),
    "scores": (
        predicted({"y_true": Y, "y_pred": Y, "y_proba": np.eye(6)[:3]}),
        r"y_proba .* has shape \(3, 6\)",
    ),
    "classes": (
        predicted({"y_true": Y > 2, "y_pred": Y > 2, "y_proba": np.eye(6)[:, :3]}),
        "3 columns and there are 2 classes: pass classes",
    ),
    "no probability": (
        predicted({"y_true": Y > 2, "y_pred": Y > 2, "y_proba": Y}),
        "leaves 0 to 1: pass these values as y_score",
    ),
    "both": (
        predicted({"y_true": Y > 2, "y_pred": Y > 2, "y_proba": Y / 9, "y_score": Y}),
        "pass one of them",
    ),
    "epochs": ({"history": {"loss": [1, 2], "val_loss": [1]}}, "differ in length"),
    "no epochs": ({"history": {"loss": []}}, "no epochs"),
    "no history": ({"history": 3.0}, "history is float: pass what model.fit returned"),
    "metrics": ({"metrics": 0.5}, "metrics is a mapping"),
    "objects in metrics": ({"metrics": {"test": {"rmse": object()}}}, r"\['rmse'\] is object"),
    "no source": ({"source": "nowhere.py"}, "no file nowhere.py: save it first"),
    "wrong source": ({"source": "data.csv"}, "none of .ipynb, .py"),
    "name of a document": ({"documents": {"../RESULTS.md": ""}}, "plain name"),
    "text of a document": ({"documents": {"RESULTS.md": 1}}, "pass its text"),
    "empty": ({}, "nothing to export"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    given, message = REFUSED[case]
    folder = tmp_path / "export"
    with pytest.raises(CaptureError, match=message):
        save_export(folder, **given)
    assert not folder.exists()


def test_scores_by_group_are_refused() -> None:
    def bias(y_true: Any, y_pred: Any) -> float:
        return float(np.mean(y_pred - y_true))

    with pytest.raises(CaptureError, match="'b' is in no tier"):
        scores_by_group("bias", bias, [1, 2], [1, 2], ["a", "b"], tiers={"easy": ["a"]})
    with pytest.raises(CaptureError, match="y_pred has 3 values for 2 rows"):
        scores_by_group("bias", bias, [1, 2], [1, 2, 3], ["a", "b"])
    with pytest.raises(CaptureError, match="1 labels for 2 rows"):
        scores_by_group("bias", bias, [1, 2], [1, 2], ["a"])
    with pytest.raises(CaptureError, match="groups is missing"):
        scores_by_group("bias", bias, [1, 2], [1, 2], None)
