"""Roles are recognised from names and shapes, on exports that look nothing like our own."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.config import Columns, Config
from audit.load import load, read_config
from audit.model.artifacts import (
    Baseline,
    Code,
    Documents,
    FileList,
    Grouping,
    History,
    Metrics,
    PredictionSets,
    ProblemKind,
    RawData,
    SplitRole,
    Splits,
)
from audit.model.export import Absent, Malformed, Present
from tests.unit.load.exports import csv, export, notebook, npy, npz, parquet, problems, roles, rows

ROOT = Path(__file__).parents[3]
X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 1, 0])


def splits_of(loaded) -> Splits:
    slot = loaded.get(Splits)
    assert isinstance(slot, Present), slot
    return slot.value


def test_npz_per_split_with_groups_and_names(tmp_path: Path) -> None:
    names = np.array(["width", "height"])
    groups = np.array(["u", "u", "v", "v", "w", "w"])
    files = {
        f"{name}.npz": npz(X=X + i, y=Y, groups=groups, feature_names=names)
        for i, name in enumerate(("train", "val", "holdout"))
    }
    loaded = export(tmp_path, files)
    splits = splits_of(loaded)
    assert splits.feature_names == ("width", "height")
    assert [s.role.value for s in splits.held_out] == ["validation", "test"]
    assert splits.train.target.tolist() == Y.tolist()
    assert splits.train.groups.tolist() == groups.tolist()
    assert loaded.get(Grouping).value.names == ("groups",)
    assert not problems(loaded)


def test_one_npz_with_everything(tmp_path: Path) -> None:
    images = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
    data = npz(x_train=images, y_train=Y, x_test=images[:2], y_test=Y[:2], classes=[0, 1])
    splits = splits_of(export(tmp_path, {"mnist.npz": data}))
    assert splits.feature_names == tuple(f"f{i}" for i in range(6))
    assert splits.train.features.to_numpy()[1].tolist() == [6, 7, 8, 9, 10, 11]
    assert splits.held_out[0].role is SplitRole.TEST
    assert len(splits.held_out[0]) == 2


def test_npy_files(tmp_path: Path) -> None:
    files = {
        "arrays/X_train.npy": npy(X),
        "arrays/y_train.npy": npy(Y[:, None]),
        "arrays/groups_train.npy": npy(np.arange(6) // 2),
        "arrays/X_dev.npy": npy(X[:3]),
        "arrays/y_dev.npy": npy(Y[:3]),
    }
    splits = splits_of(export(tmp_path, files))
    assert splits.train.target.shape == (6,)
    assert splits.train.groups.tolist() == ["0", "0", "1", "1", "2", "2"]
    assert splits.held_out[0].role is SplitRole.VALIDATION


def test_npz_of_columns(tmp_path: Path) -> None:
    part = {"a": np.arange(4), "b": np.arange(4.0), "y": np.ones(4), "row_id": np.arange(4)}
    splits = splits_of(export(tmp_path, {"train.npz": npz(**part), "test.npz": npz(**part)}))
    assert splits.feature_names == ("a", "b")
    assert splits.train.target.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("column", ["split", "Set", "subset", "partition"])
def test_table_with_a_split_column(tmp_path: Path, column: str) -> None:
    table = rows(8)
    table[column] = ["train", "test", "train", "val", "train", "test", "train", "val"]
    splits = splits_of(export(tmp_path, {"all.csv": csv(table)}))
    assert splits.train.rows.tolist() == [0, 2, 4, 6]
    by_role = {s.role: s for s in splits.held_out}
    assert by_role[SplitRole.TEST].rows.tolist() == [1, 5]
    assert by_role[SplitRole.VALIDATION].features["b"].tolist() == table["b"][[3, 7]].tolist()
    assert column not in splits.feature_names


def test_fold_numbers_are_no_splits(tmp_path: Path) -> None:
    loaded = export(tmp_path, {"data.csv": csv(rows(6).assign(fold=[0, 1, 2, 0, 1, 2]))})
    assert isinstance(loaded.get(Splits), Absent)


def test_folders_name_splits(tmp_path: Path) -> None:
    files = {
        "train/features.csv": csv(rows(6)[["a", "b"]]),
        "train/labels.csv": csv(rows(6)[["y"]]),
        "test/features.csv": csv(rows(4)[["a", "b"]]),
        "test/labels.csv": csv(rows(4)[["y"]]),
    }
    splits = splits_of(export(tmp_path, files))
    assert splits.feature_names == ("a", "b")
    assert splits.train.target.tolist() == rows(6)["y"].tolist()


def test_names_are_matched_as_words(tmp_path: Path) -> None:
    files = {
        "train.csv": csv(rows(6)),
        "valid.csv": csv(rows(4, 1)),
        "training_history.csv": "epoch,loss\n1,0.5\n2,0.4\n",
        "contest.csv": csv(rows(3, 2)),
        "trainer_state.csv": "name,value\nx,1\n",
        "validation_metrics.json": {"rmse": 0.123456},
        "test_results.json": {"rmse": 0.2},
        "test_scores.csv": "site,rmse,n\nnorth,0.5,3\nsouth,0.25,4\n",
    }
    loaded = export(tmp_path, files)
    assert roles(loaded) == {
        "train.csv": "train split",
        "valid.csv": "validation split",
        "training_history.csv": "history",
        "contest.csv": "not recognised",
        "trainer_state.csv": "not recognised",
        "validation_metrics.json": "metrics",
        "test_results.json": "metrics",
        "test_scores.csv": "metrics",
    }
    assert not problems(loaded)


def test_column_order_may_differ(tmp_path: Path) -> None:
    held_out = rows(4)[["y", "site", "b", "a"]]
    splits = splits_of(export(tmp_path, {"train.csv": csv(rows(6)), "test.csv": csv(held_out)}))
    assert splits.feature_names == ("a", "b", "site")
    assert list(splits.held_out[0].features.columns) == ["a", "b", "site"]


def test_row_ids_are_no_features_and_entities_are(tmp_path: Path) -> None:
    train = rows(6).assign(id=[1, 1, 2, 2, 3, 3], row_id=range(6))
    test = rows(4).assign(id=[4, 4, 5, 5], row_id=range(4))
    train.insert(0, "Unnamed: 0", range(6))
    test.insert(0, "Unnamed: 0", range(4))
    splits = splits_of(export(tmp_path, {"train.csv": csv(train), "test.csv": csv(test)}))
    assert splits.feature_names == ("a", "b", "site", "id")


def test_unique_ids_of_any_name_are_no_features(tmp_path: Path) -> None:
    files = {
        f"{name}.csv": csv(rows(5, i).assign(PassengerId=range(10 * i, 10 * i + 5)))
        for i, name in enumerate(("train", "test"))
    }
    splits = splits_of(export(tmp_path, files))
    assert splits.feature_names == ("a", "b", "site")


def test_target_that_the_test_set_withholds(tmp_path: Path) -> None:
    train = rows(6).rename(columns={"y": "Survived"}).assign(label="constant")
    test = rows(4, 1).drop(columns="y").assign(label="constant")
    loaded = export(tmp_path, {"train.csv": csv(train), "test.csv": csv(test)})
    splits = splits_of(loaded)
    assert splits.feature_names == ("a", "b", "site", "label")
    assert splits.train.target.tolist() == train["Survived"].tolist()
    (problem,) = problems(loaded)
    assert problem.kind is ProblemKind.SKIPPED
    assert "'Survived'" in problem.reason


def test_target_by_configuration(tmp_path: Path) -> None:
    files = {
        "train.csv": csv(rows(6, target="price")),
        "test.csv": csv(rows(4, target="price")),
        "audit.toml": 'columns.target = "price"\ncolumns.ignore = ["b"]\n',
    }
    splits = splits_of(export(tmp_path, files))
    assert splits.feature_names == ("a", "site")
    assert splits.train.target.tolist() == rows(6, target="price")["price"].tolist()


def test_target_by_the_values_of_the_predictions(tmp_path: Path) -> None:
    test = rows(5, 1, target="price")
    predicted = pd.DataFrame({"actual": test["price"], "predicted": test["price"] + 0.1})
    files = {
        "train.csv": csv(rows(6, target="price")),
        "test.csv": csv(test),
        "predictions.csv": csv(predicted),
    }
    loaded = export(tmp_path, files)
    assert splits_of(loaded).feature_names == ("a", "b", "site")
    (item,) = loaded.get(PredictionSets).value.items
    assert item.role is SplitRole.TEST
    assert item.split_index.tolist() == [0, 1, 2, 3, 4]


def test_no_target_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    loaded = export(
        tmp_path,
        {"train.csv": csv(rows(6, target="price")), "test.csv": csv(rows(4, target="price"))},
    )
    assert splits_of(loaded).train.target is None
    (problem,) = problems(loaded)
    assert problem.kind is ProblemKind.SKIPPED
    assert "no target" in problem.reason
    assert "columns.target" in problem.next_step


def test_two_targets_are_ambiguous(tmp_path: Path) -> None:
    table = rows(6).assign(target=range(6))
    loaded = export(tmp_path, {"train.csv": csv(table), "test.csv": csv(table)})
    (problem,) = problems(loaded, ProblemKind.AMBIGUOUS)
    assert "'y'" in problem.reason
    assert "'target'" in problem.reason
    assert splits_of(loaded).train.target is None


def test_split_index_by_row_id(tmp_path: Path) -> None:
    test = rows(5, 1).assign(row_id=[10, 11, 12, 13, 14])
    shuffled = test.iloc[[3, 0, 4, 1]]
    predicted = pd.DataFrame(
        {"row_id": shuffled["row_id"], "y_true": shuffled["y"], "y_pred": 0.0, "site": "north"}
    )
    files = {
        "train.csv": csv(rows(6).assign(row_id=range(6))),
        "test.csv": csv(test),
        "test_predictions.parquet": parquet(predicted),
        "metrics.json": {"by_group": [{"site": "north", "mse": 0.1234567890123456}]},
    }
    loaded = export(tmp_path, files)
    (item,) = loaded.get(PredictionSets).value.items
    assert item.split_index.tolist() == [3, 0, 4, 1]
    assert item.groups.tolist() == ["north"] * 4


def test_predictions_of_several_splits_in_one_table(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "split": ["train", "val", "test", "val"],
            "y_true": [1, 0, 1, 1],
            "y_pred": [1, 1, 1, 0],
        }
    )
    loaded = export(tmp_path, {"predictions.csv": csv(table)})
    sets = {
        item.role.value: item.y_pred.tolist() for item in loaded.get(PredictionSets).value.items
    }
    assert sets == {"validation": [1, 0], "test": [1]}


def test_raw_rows_without_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"u": rng.choice([1, 2], 40), "v": rng.choice([5, 6, 7], 40), "y": 0.5})
    source = [
        [9, int(v), int(u), rng.normal(size=(2, 2))] for u, v in zip(table.u, table.v, strict=True)
    ]
    by_group = [
        {"u": int(u), "v": int(v), "rmse": 0.125, "rows": 3}
        for u, v in table[["u", "v"]].drop_duplicates().itertuples(index=False)
    ]
    files = {
        "train.csv": csv(table[:30]),
        "val.csv": csv(table[30:]),
        "data/stuff.pkl": pickle.dumps(source),
        "data/answers.pkl": pickle.dumps([0.5] * 40),
        "metrics.json": {"val": {"rmse": 0.125, "by_group": by_group}},
    }
    loaded = export(tmp_path, files)
    raw = loaded.get(RawData).value
    assert raw.path == "data/stuff.pkl"
    assert raw.groups.tolist() == [f"{u},{v}" for u, v in zip(table.u, table.v, strict=True)]
    assert loaded.get(Grouping).value.names == ("u", "v")


def test_raw_rows_are_preferred_to_their_targets(tmp_path: Path) -> None:
    files = {
        "data/a_targets.pkl": pickle.dumps([0.5, 1.5, 2.5]),
        "data/rows.pkl": pickle.dumps([[1, np.ones(2)], [2, np.ones(2)], [3, np.ones(2)]]),
    }
    assert export(tmp_path, files).get(RawData).value.path == "data/rows.pkl"


def test_raw_rows_with_two_possible_fields_have_no_groups(tmp_path: Path) -> None:
    table = pd.DataFrame({"u": [1, 2] * 6, "y": np.arange(12.0)})
    files = {
        "train.csv": csv(table[:8]),
        "val.csv": csv(table[8:]),
        "data/stuff.pkl": pickle.dumps([[1 + i % 2, 2 - i % 2, 0.5] for i in range(12)]),
        "metrics.json": {"by_group": [{"u": 1, "rmse": 0.5}, {"u": 2, "rmse": 0.25}]},
    }
    loaded = export(tmp_path, files)
    assert loaded.get(RawData).value.groups is None


def test_groups_written_as_text_are_matched_by_their_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {"depth": rng.choice([3, 4], 40), "arms": rng.choice([7, 8], 40), "y": rng.normal(size=40)}
    )
    keys = {f"({d}, {a})": 0.5 for d in (3, 4) for a in (7, 8)}
    files = {
        "train.csv": csv(table[:30]),
        "val.csv": csv(table[30:]),
        "metrics.json": {"metric": "rmse", "validation": {"overall": 0.5, "by_group": keys}},
    }
    loaded = export(tmp_path, files)
    grouping = loaded.get(Grouping).value
    # Keys follow the alphabetical order of the names, whatever order the file writes.
    assert grouping.names == ("arms", "depth")
    assert set(grouping.keys) == {"7,3", "7,4", "8,3", "8,4"}
    assert set(splits_of(loaded).train.groups) == set(grouping.keys)
    assert set(loaded.get(Metrics).value.tables[0].by_group) == set(grouping.keys)


def test_tiers_order_the_groups(tmp_path: Path) -> None:
    document = (
        "| Site | Difficulty |\n|---|---|\n| 10 | Hard |\n| 2 | hard |\n| 1 | **Easy** |\n"
        "| 30 | Easy |\n"
    )
    by_group = {str(k): 0.1 for k in (30, 10, 2, 1)}
    loaded = export(
        tmp_path,
        {"README.md": document, "metrics.json": {"mae": 0.1, "mae_by_group": by_group}},
    )
    grouping = loaded.get(Grouping).value
    assert grouping.keys == ("1", "30", "2", "10")
    assert grouping.tiers == {"10": "hard", "2": "hard", "1": "easy", "30": "easy"}
    assert grouping.tiers_from == "README.md"


def test_tiers_from_configuration(tmp_path: Path) -> None:
    files = {
        "audit.toml": '[tiers]\nlow = ["k=1, m=2"]\nhigh = ["(2, 2)", "3,2"]\n',
        "metrics.json": {
            "by_group": [{"k": k, "m": 2, "mae": 0.125, "count": 5} for k in (3, 1, 2)]
        },
    }
    grouping = export(tmp_path, files).get(Grouping).value
    assert grouping.tiers == {"1,2": "low", "2,2": "high", "3,2": "high"}
    assert grouping.keys == ("1,2", "2,2", "3,2")
    assert grouping.label("1,2") == "k=1, m=2"


def test_settings_that_match_nothing_are_a_problem(tmp_path: Path) -> None:
    files = {
        "audit.toml": 'metric = "rmse"\n[tiers]\nlow = ["k=1, m=2", "k=9, m=9"]\n',
        "metrics.json": {
            "by_group": [{"k": k, "m": 2, "mae": 0.125, "count": 5} for k in (3, 1, 2)]
        },
    }
    found = problems(export(tmp_path, files))
    assert [p.kind for p in found] == [ProblemKind.MALFORMED] * 2
    assert [p.reason for p in found] == [
        "no metric 'rmse' was read, as audit.toml wants it; there is mae",
        "the group '9,9' of tier 'low' is not in the export",
    ]


def test_column_of_a_table_that_is_an_array_of_its_own_in_an_archive(tmp_path: Path) -> None:
    train, test = rows(6), rows(4, seed=1)
    members = {"X_dev": test[["a", "b"]].to_numpy(), "y_dev": test["y"].to_numpy()}
    members |= {"feature_names": np.array(["a", "b"]), "site": test["site"].to_numpy(dtype=str)}
    listed = ", ".join(f'"arrays.npz::{name}"' for name in members)
    files = {
        "one.parquet": parquet(train),
        "arrays.npz": npz(**members),
        "audit.toml": (
            'columns.target = "y"\ncolumns.groups = ["site"]\n'
            f'[roles]\ntrain = "one.parquet"\nvalidation = [{listed}]\n'
        ),
    }
    loaded = export(tmp_path, files)
    splits = splits_of(loaded)
    assert not problems(loaded)
    assert splits.held_out[0].target.tolist() == test["y"].tolist()
    assert splits.held_out[0].groups.tolist() == test["site"].tolist()


def test_split_with_other_columns_is_listed_as_unusable(tmp_path: Path) -> None:
    files = {"train.csv": csv(rows(6)), "test.csv": csv(rows(4).rename(columns={"a": "z"}))}
    assert ("test.csv", "test split") in {
        (r.path, r.role) for r in export(tmp_path, files).recognised
    }


def test_baseline_by_run_number(tmp_path: Path) -> None:
    files = {
        "metrics_run7.json": {"rmse": 0.3, "by_group": [{"site": "a", "rmse": 0.3}]},
        "run3_metrics.json": {"rmse": 0.4, "by_group": [{"site": "a", "rmse": 0.4}]},
    }
    loaded = export(tmp_path, files)
    assert loaded.get(Baseline).value.table.path == "run3_metrics.json"
    assert loaded.get(Metrics).value.tables[0].path == "metrics_run7.json"


def test_baseline_inside_the_metrics(tmp_path: Path) -> None:
    metrics = {
        "test": {"accuracy": 0.75, "by_group": {"a": {"accuracy": 0.5, "n": 4}}},
        "baseline": {"accuracy": 0.5, "by_group": {"a": {"accuracy": 0.25}}},
    }
    loaded = export(tmp_path, {"metrics.json": metrics})
    assert loaded.get(Metrics).value.tables[0].overall.value == 0.75
    assert loaded.get(Baseline).value.table.by_group["a"].value == 0.25


def test_declared_roles_win(tmp_path: Path) -> None:
    files = {
        "one.csv": csv(rows(6)),
        "two.csv": csv(rows(4, 1)),
        "train.csv": csv(rows(3, 2)),
        "bundle.npz": npz(stuff=X, y=Y),
        "audit.toml": '[roles]\ntrain = "one.csv"\ntest = ["two.csv"]\nhistory = "log.csv"\n',
        "log.csv": "step,loss\n1,2\n2,1\n",
    }
    loaded = export(tmp_path, files)
    splits = splits_of(loaded)
    assert splits.train.path == "one.csv"
    assert splits.held_out[0].path == "two.csv"
    assert loaded.get(History).value.path == "log.csv"


def test_two_test_splits_are_not_called_none(tmp_path: Path) -> None:
    names = ("train.csv", "test.csv", "test_old.csv")
    loaded = export(tmp_path, {name: csv(rows(4, i)) for i, name in enumerate(names)})
    assert "several files could each be the same split" in loaded.get(Splits).reason


def test_declared_predictions_win(tmp_path: Path) -> None:
    """The answer to "could each be the test predictions" has to settle the question."""
    test = rows(4, 1)
    files = {
        "train.csv": csv(rows(6)),
        "test.csv": csv(test),
        "ridge_test_predictions.csv": csv(pd.DataFrame({"y_true": test["y"], "y_pred": 1.0})),
        "tree_test_predictions.csv": csv(pd.DataFrame({"y_true": test["y"], "y_pred": 2.0})),
    }
    loaded = export(tmp_path, files)
    assert isinstance(loaded.get(PredictionSets), Absent)
    (problem,) = problems(loaded)
    assert 'roles.predictions = "ridge_test_predictions.csv"' in problem.next_step
    files["audit.toml"] = '[roles]\npredictions = "tree_test_predictions.csv"\n'
    (chosen,) = export(tmp_path, files).get(PredictionSets).value.items
    assert chosen.path == "tree_test_predictions.csv"


def test_declared_members(tmp_path: Path) -> None:
    files = {
        "bundle.npz": npz(first=X, first_y=Y, second=X[:2], second_y=Y[:2]),
        "audit.toml": "[roles]\n"
        'train = ["bundle.npz::first", "bundle.npz::first_y"]\n'
        'test = ["bundle.npz::second", "bundle.npz::second_y"]\n',
    }
    splits = splits_of(export(tmp_path, files))
    assert len(splits.train) == 6
    assert splits.train.target.tolist() == Y.tolist()
    assert len(splits.held_out[0]) == 2


def test_declared_values_of_a_split_column(tmp_path: Path) -> None:
    table = rows(6).assign(fold=["a", "b", "a", "c", "a", "c"])
    files = {
        "data.csv": csv(table),
        "audit.toml": '[roles]\ntrain = "data.csv::a"\nvalidation = "data.csv::c"\n',
    }
    splits = splits_of(export(tmp_path, files))
    assert splits.train.rows.tolist() == [0, 2, 4]
    assert splits.held_out[0].rows.tolist() == [3, 5]


def test_declared_file_that_is_missing_or_broken_is_malformed(tmp_path: Path) -> None:
    files = {
        "audit.toml": '[roles]\nbaseline = "old.json"\nhistory = "log.csv"\n',
        "log.csv": b"\x00\x00",
        "notes.md": "# Notes",
    }
    loaded = export(tmp_path, files)
    assert isinstance(loaded.get(Baseline), Malformed)
    assert isinstance(loaded.get(History), Malformed)
    assert {p.kind for p in problems(loaded)} == {ProblemKind.UNREADABLE}


def test_plainly_named_split_that_is_broken_is_malformed(tmp_path: Path) -> None:
    loaded = export(tmp_path, {"train.parquet": b"PAR1oops", "test.csv": csv(rows(4))})
    slot = loaded.get(Splits)
    assert isinstance(slot, Malformed)
    assert slot.location.path == "train.parquet"


def test_single_notebook_and_script(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Not part of it")
    path = tmp_path / "work.ipynb"
    path.write_text(notebook(("markdown", "# Hello"), ("code", "x = 1")))
    loaded = load(path)
    assert loaded.name == "work.ipynb"
    assert [item.path for item in loaded.recognised] == ["work.ipynb"]
    assert loaded.get(Documents).value.items[0].cell == 0
    script = tmp_path / "work.py"
    script.write_text("# %% [markdown]\n# # Title\n# one 5\n\n# %%\nx = 1\n")
    loaded = load(script)
    (document,) = loaded.get(Documents).value.items
    assert str(document.location(3)) == "work.py:3"
    assert document.location(3).text == "one 5"
    (file,) = loaded.get(Code).value.files
    assert [cell.first_line for cell in file.cells] == [2, 6]


def test_digest_depends_on_names_and_contents_only(tmp_path: Path) -> None:
    digests = []
    for folder, files in {
        "a": {"x.md": "1", "y.md": "2"},
        "b": {"y.md": "2", "x.md": "1"},
        "c": {"x.md": "2", "y.md": "1"},
        "d": {"x.md": "12", "y.md": ""},
    }.items():
        (tmp_path / folder).mkdir()
        digests.append(export(tmp_path / folder, files).digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    assert len(digests[0]) == len("sha256:") + 64


def test_config_is_found_in_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.audit]\nmetric = "rmse"\n')
    assert read_config(tmp_path).metric == "rmse"
    (tmp_path / "audit.toml").write_text('metric = "mae"\n')
    assert read_config(tmp_path).metric == "mae"
    assert read_config(tmp_path / "nothing.ipynb") == Config()


@pytest.mark.parametrize(
    ("folder", "held_out", "groups"),
    [
        ("notebook_export", ["validation"], 9),
        ("tests/exports/corrected", ["validation", "test"], 9),
    ],
)
def test_our_own_exports_without_configuration(
    folder: str, held_out: list[str], groups: int
) -> None:
    loaded = load(ROOT / folder)
    assert not problems(loaded)
    assert [s.role.value for s in splits_of(loaded).held_out] == held_out
    assert len(loaded.get(Grouping).value.keys) == groups
    assert set(loaded.get(RawData).value.groups) == set(loaded.get(Grouping).value.keys)
    for item in loaded.get(PredictionSets).value.items:
        assert item.split_index is not None
        split = next(s for s in splits_of(loaded).held_out if s.role is item.role)
        np.testing.assert_array_equal(split.target[item.split_index], item.y_true)
        np.testing.assert_array_equal(split.groups[item.split_index], item.groups)


def test_held_out_split_without_target(tmp_path: Path) -> None:
    files = {"train.csv": csv(rows(6)), "test.csv": csv(rows(4).drop(columns="y"))}
    loaded = export(tmp_path, files)
    splits = splits_of(loaded)
    assert splits.feature_names == ("a", "b", "site")
    assert splits.train.target is not None
    assert splits.held_out[0].target is None
    (problem,) = problems(loaded)
    assert problem.kind is ProblemKind.SKIPPED


def test_feature_called_like_a_prediction(tmp_path: Path) -> None:
    files = {
        f"{name}.csv": csv(rows(5, i).assign(forecast=1.0))
        for i, name in enumerate(("train", "val"))
    }
    loaded = export(tmp_path, files)
    assert splits_of(loaded).feature_names == ("a", "b", "site", "forecast")
    assert isinstance(loaded.get(PredictionSets), Absent)


def test_entities_are_no_groups_of_a_metric(tmp_path: Path) -> None:
    files = {
        f"{name}.npz": npz(X=np.ones((500, 1)), y=np.ones(500), groups=np.arange(500))
        for name in ("train", "val")
    }
    loaded = export(tmp_path, files)
    assert isinstance(loaded.get(Grouping), Absent)
    assert splits_of(loaded).train.groups is None


def test_documents_can_be_chosen(tmp_path: Path) -> None:
    files = {
        "README.md": "# How to",
        "RESULTS.md": "# Results",
        "audit.toml": 'roles.documents = "RESULTS.md"',
    }
    loaded = export(tmp_path, files)
    assert [d.path for d in loaded.get(Documents).value.items] == ["RESULTS.md"]


def test_groups_are_labelled_as_the_data_write_them(tmp_path: Path) -> None:
    files = {
        "train.csv": "x,site,year,y\n1,St. Mary's,2020,1\n2,North  East,2021,2\n",
        "val.csv": "x,site,year,y\n3,St. Mary's,2020,3\n4,north east,2021,4\n",
        "audit.toml": '[columns]\ngroups = ["site", "year"]\n',
    }
    grouping = export(tmp_path, files).get(Grouping).value
    assert grouping.keys == ("north east,2021", "st. mary's,2020")
    assert [grouping.label(key) for key in grouping.keys] == [
        "site=North East, year=2021",
        "site=St. Mary's, year=2020",
    ]


def test_groups_that_only_metrics_name_keep_their_spelling(tmp_path: Path) -> None:
    content = {"rmse": 0.5, "by_region": {"NRW": {"rmse": 0.4}, "4.0": {"rmse": 0.6}}}
    grouping = export(tmp_path, {"metrics.json": content}).get(Grouping).value
    assert {key: grouping.label(key) for key in grouping.keys} == {"nrw": "NRW", "4": "4"}


def test_a_flag_says_which_rows_were_trained_on(tmp_path: Path) -> None:
    table = csv(rows(6).assign(is_train=[True, False, True, True, False, True]))
    splits = export(tmp_path, {"data.csv": table}).get(Splits).value
    assert splits.train.rows.tolist() == [0, 2, 3, 5]
    (held_out,) = splits.held_out
    assert (held_out.role, held_out.rows.tolist()) == (SplitRole.TEST, [1, 4])
    assert "is_train" not in splits.feature_names


def test_features_stand_before_an_array_with_the_name_of_the_split(tmp_path: Path) -> None:
    files = {
        "arrays.npz": npz(X_train=np.eye(3), y_train=[1, 2, 3], X_test=np.eye(3), y_test=[1, 2, 3]),
        "test_maps.npy": npy(np.ones((3, 5))),
        "test_probs.npy": npy(np.ones((3, 2))),
    }
    loaded = export(tmp_path, files)
    assert loaded.get(Splits).value.held_out[0].path == "arrays.npz"
    assert not problems(loaded)


def test_declared_features_bring_the_target_beside_them(tmp_path: Path) -> None:
    arrays = npz(
        X_a=X,
        y_a=Y,
        X_dev=X + 20,
        y_dev=1 - Y,
        ids_dev=np.arange(6),
        y_other=Y + 5,
        y_a_mean=0.5,
        label=1,
    )
    config = '[roles]\ntrain = "arrays.npz::X_a"\nvalidation = "arrays.npz::X_dev"\n'
    loaded = export(tmp_path, {"arrays.npz": arrays, "audit.toml": config})
    splits = splits_of(loaded)
    assert splits.train.target.tolist() == Y.tolist()
    assert splits.held_out[0].target.tolist() == (1 - Y).tolist()
    assert splits.held_out[0].features.to_numpy().tolist() == (X + 20).tolist()


def test_predictions_on_training_rows_are_kept_apart(tmp_path: Path) -> None:
    table = "id,y_true,y_pred\n1,0.5,0.4\n2,1.5,1.25\n"
    loaded = export(tmp_path, {"train_predictions.csv": table, "val_predictions.csv": table})
    sets = loaded.get(PredictionSets).value
    assert [item.role for item in sets.items] == [SplitRole.VALIDATION]
    assert sets.train is not None
    assert sets.train.y_pred.tolist() == [0.4, 1.25]


def test_predictions_by_a_split_column_include_training(tmp_path: Path) -> None:
    table = "split,y_true,y_pred\ntrain,0.5,0.4\ntrain,1,1\ntest,1.5,1.25\n"
    loaded = export(tmp_path, {"predictions.csv": table})
    sets = loaded.get(PredictionSets).value
    assert [len(item.y_true) for item in sets.items] == [1]
    assert sets.train is not None and len(sets.train.y_true) == 2


def test_predictions_on_training_rows_alone_are_no_predictions(tmp_path: Path) -> None:
    loaded = export(tmp_path, {"train_predictions.csv": "y_true,y_pred\n1,2\n"})
    assert isinstance(loaded.get(PredictionSets), Absent)


def test_the_record_of_a_boosting_is_a_history(tmp_path: Path) -> None:
    record = '{"train": {"rmse": [3.0, 2.0]}, "valid": {"rmse": [3.5, 2.5]}}'
    loaded = export(tmp_path, {"evals_result.json": record})
    history = loaded.get(History).value
    assert list(history.columns) == ["train_rmse", "valid_rmse"]


def test_the_log_of_a_trainer_is_a_history(tmp_path: Path) -> None:
    record = (
        '{"global_step": 4, "log_history": [{"loss": 0.9, "epoch": 1.0, "step": 2},'
        ' {"eval_loss": 0.8, "epoch": 1.0}, {"loss": 0.7, "epoch": 2, "note": "x"},'
        ' {"eval_loss": null, "epoch": 2}]}'
    )
    history = export(tmp_path, {"trainer_state.json": record}).get(History).value
    assert list(history.columns) == ["loss", "epoch", "step", "eval_loss"]
    assert history.columns["eval_loss"] == pytest.approx([np.nan, 0.8, np.nan, np.nan], nan_ok=True)


def test_scores_by_fold_are_no_history(tmp_path: Path) -> None:
    record = '{"train": {"rmse": [3.0, 2.0]}, "test": {"rmse": [3.5, 2.5]}}'
    loaded = export(tmp_path, {"cross_validation.json": record})
    assert isinstance(loaded.get(History), Absent)


def test_every_file_is_listed(tmp_path: Path) -> None:
    for name in ("a.py", "data/b.bin", "c.csv", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    assert load(tmp_path).get(FileList) == Present(FileList(("a.py", "c.csv", "data/b.bin")))
    assert isinstance(load(tmp_path / "a.py").get(FileList), Absent)


def test_a_declared_file_of_an_unread_type_is_no_silent_pass(tmp_path: Path) -> None:
    table = "a,y\n1,2\n3,4\n"
    files = {"train.csv.gz": b"packed", "train.csv": table, "test.csv": table}
    export(tmp_path, files)
    loaded = load(tmp_path, Config(roles={"train": ("train.csv.gz",)}))
    slot = loaded.get(Splits)
    assert isinstance(slot, Malformed) and ".gz are not read" in slot.reason
    (problem,) = problems(loaded, ProblemKind.UNREADABLE)
    assert problem.location.path == "train.csv.gz"


def test_an_ignored_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    table = "row_id,a,y\n1,1,2\n2,3,4\n"
    export(tmp_path, {"train.csv": table, "test.csv": table})
    loaded = load(tmp_path, Config(columns=Columns(ignore=("rwo_id", "a"))))
    (reason,) = [
        p.reason for p in problems(loaded, ProblemKind.SKIPPED) if "columns.ignore" in p.reason
    ]
    assert "'rwo_id'" in reason


@pytest.mark.parametrize("prefix", ["fresh_", "test_", "holdout-"])
def test_a_test_set_beside_the_source_rows_is_not_ambiguous(prefix: str, tmp_path: Path) -> None:
    table = rows(12)
    files = {
        "train.csv": csv(table[:6]),
        "test.csv": csv(rows(4, seed=5)),
        "data/inputs_all.csv": csv(table),
        f"data/{prefix}inputs_all.csv": csv(rows(4, seed=5)),
    }
    loaded = export(tmp_path, files)
    slot = loaded.get(RawData)
    assert isinstance(slot, Present), slot
    assert slot.value.path == "data/inputs_all.csv"
    assert not [p for p in problems(loaded, ProblemKind.SKIPPED) if "source rows" in p.reason]


def test_two_sets_that_could_each_be_the_source_rows_are_ambiguous(tmp_path: Path) -> None:
    table = rows(12)
    files = {
        "train.csv": csv(table[:6]),
        "test.csv": csv(table[6:]),
        "data/raw_a.csv": csv(rows(9, seed=4)),
        "data/raw_b.csv": csv(rows(4, seed=5)),
    }
    loaded = export(tmp_path, files)
    assert [p for p in problems(loaded, ProblemKind.SKIPPED) if "source rows" in p.reason]
