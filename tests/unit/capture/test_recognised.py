"""What `save_export` writes is recognised by the loader, with and without each optional part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.capture import save_export, scores_by_group
from audit.capture.tables import RESERVED, SPLIT_NAMES
from audit.load import load, names, read_config
from audit.model.artifacts import (
    Code,
    Documents,
    Grouping,
    History,
    LoadProblems,
    Metrics,
    Predictions,
    PredictionSets,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.export import Export, Present

RNG = np.random.default_rng(4)
X = RNG.normal(size=(90, 3))
Y = X @ [1.0, -2.0, 0.5] + RNG.normal(scale=0.1, size=90)
LABELS = np.where(Y > 0, "up", "down")
REGION = RNG.choice(["north", "south"], 90)
PARTS = {"train": slice(0, 50), "val": slice(50, 70), "test": slice(70, 90)}


def reload(folder: Path) -> Export:
    """Load as ``audit run`` does; nothing may have been passed over or be in doubt."""
    export = load(folder, read_config(folder))
    problems = export.artifacts[LoadProblems]
    assert isinstance(problems, Present) and problems.value.items == ()
    assert not [found for found in export.recognised if found.role == "ambiguous"]
    return export


def present(export: Export, kind: type) -> Any:
    slot = export.artifacts[kind]
    assert isinstance(slot, Present), slot
    return slot.value


def splits_of(export: Export) -> dict[str, SplitData]:
    splits: Splits = present(export, Splits)
    short = {SplitRole.TRAIN: "train", SplitRole.VALIDATION: "val", SplitRole.TEST: "test"}
    return {short[split.role]: split for split in (splits.train, *splits.held_out)}


def predictions_of(export: Export) -> dict[SplitRole, Predictions]:
    return {item.role: item for item in present(export, PredictionSets).items}


def cut(values: Any) -> dict[str, Any]:
    return {name: values[part] for name, part in PARTS.items()}


FORMS = {
    "arrays": (lambda a: a, lambda a: a),
    "lists": (lambda a: a.tolist(), lambda a: a.tolist()),
    "pandas": (lambda a: pd.DataFrame(a, columns=list("abc")), pd.Series),
    "mapping": (lambda a: {"a": a[:, 0], "b": a[:, 1], "c": a[:, 2]}, lambda a: a[:, None]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("target", [Y, LABELS, (Y > 0), (Y > 0).astype(np.uint8)])
def test_any_form_of_input(tmp_path: Path, form: str, target: Any) -> None:
    rows, column = FORMS[form]
    save_export(
        tmp_path,
        splits={n: (rows(X[p]), column(target[p])) for n, p in PARTS.items()},
        predictions={n: column(target[p][::-1]) for n, p in PARTS.items() if n != "train"},
    )
    export = reload(tmp_path)
    for name, split in splits_of(export).items():
        part = PARTS[name]
        assert np.array_equal(split.features.to_numpy(), X[part])
        assert split.target is not None and split.target.tolist() == target[part].tolist()
    found = list(next(iter(splits_of(export).values())).features)
    assert found == (list("abc") if form in ("pandas", "mapping") else ["x0", "x1", "x2"])
    for role, part in ((SplitRole.VALIDATION, PARTS["val"]), (SplitRole.TEST, PARTS["test"])):
        found = predictions_of(export)[role]
        assert found.y_true.tolist() == target[part].tolist()
        assert found.y_pred.tolist() == target[part][::-1].tolist()
        assert found.split_index is not None and found.split_index.tolist() == list(range(20))


class Tensor:
    """Speaks like a tensor of PyTorch that needs gradients."""

    def __init__(self, values: Any, attached: bool = True) -> None:
        self.values, self.attached = values, attached

    def detach(self) -> Tensor:
        return Tensor(self.values, False)

    def cpu(self) -> Tensor:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.attached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad")
        return np.asarray(self.values, dtype)


def test_tensors_that_need_gradients(tmp_path: Path) -> None:
    save_export(tmp_path, splits={n: (Tensor(X[p]), Tensor(Y[p])) for n, p in PARTS.items()})
    assert np.array_equal(splits_of(reload(tmp_path))["test"].target, Y[PARTS["test"]])


def test_images_are_flattened_and_texts_are_a_column(tmp_path: Path) -> None:
    images = RNG.integers(0, 255, (90, 4, 4, 1)).astype(np.uint8)
    save_export(tmp_path / "a", splits={n: (images[p], LABELS[p]) for n, p in PARTS.items()})
    flat = splits_of(reload(tmp_path / "a"))["train"].features
    assert np.array_equal(flat.to_numpy(), images[PARTS["train"]].reshape(50, 16))
    texts = [f"document {i} about leaks" for i in range(90)]
    save_export(tmp_path / "b", splits={n: (texts[p], LABELS[p]) for n, p in PARTS.items()})
    assert splits_of(reload(tmp_path / "b"))["val"].features["text"].tolist() == texts[50:70]


def test_mixed_columns_missing_values_and_categories(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "age": pd.array([*range(1, 89), None, 90], dtype="Int64"),
            "size": np.where(np.arange(90) % 7, 1.5, np.nan),
            "city": pd.Categorical(RNG.choice(["Oslo", "Bergen"], 90)),
            "day": pd.date_range("2024-01-01", periods=90),
            "member": RNG.random(90) > 0.5,
        }
    )
    save_export(tmp_path, splits={n: (frame.iloc[p], Y[p]) for n, p in PARTS.items()})
    test = splits_of(reload(tmp_path))["test"].features
    assert list(test) == list(frame)
    assert test["age"].tolist()[:3] == [71, 72, 73] and np.isnan(test["age"].iloc[18])
    assert test["city"].tolist() == frame["city"].astype(str).tolist()[70:]
    assert np.isnan(test["size"].iloc[0]) and test["size"].iloc[1] == 1.5
    assert test["day"].iloc[0].startswith("2024-03-11")


def test_ids_parents_and_flags(tmp_path: Path) -> None:
    ids = [f"s{i}" for i in range(90)]
    train = {
        "X": np.concatenate([X[:50], -X[:50]]),
        "y": np.concatenate([Y[:50], Y[:50]]),
        "row_id": [*ids[:50], *(f"copy-{i}" for i in range(50))],
        "parent_id": [*([None] * 50), *ids[:50]],
    }
    test = {"X": X[70:], "y": Y[70:], "row_id": ids[70:]}
    save_export(
        tmp_path,
        splits={"train": train, "test": test},
        predictions={
            "test": {"y_pred": Y[70:][::-1], "y_true": Y[70:][::-1], "row_id": ids[:69:-1]}
        },
    )
    export = reload(tmp_path)
    split = splits_of(export)["train"]
    assert list(split.features) == ["x0", "x1", "x2"]
    assert split.synthetic is not None and split.synthetic.tolist() == [False] * 50 + [True] * 50
    assert split.parents is not None and split.parents.tolist() == [""] * 50 + ids[:50]
    assert split.ids is not None and split.ids.tolist() == train["row_id"]
    index = predictions_of(export)[SplitRole.TEST].split_index
    assert index is not None and index.tolist() == list(range(19, -1, -1))


def test_parents_as_numbers_with_missing_ones(tmp_path: Path) -> None:
    train = {
        "X": np.concatenate([X[:50], -X[:10]]),
        "y": np.concatenate([Y[:50], Y[:10]]),
        "row_id": np.arange(1000, 1060),
        "parent_id": [*([np.nan] * 50), *range(1000, 1010)],
        "is_augmented": np.repeat([0, 1], [50, 10]),
    }
    save_export(tmp_path, splits={"train": train, "test": (X[70:], Y[70:])})
    split = splits_of(reload(tmp_path))["train"]
    assert split.parents is not None and split.ids is not None
    assert split.parents.tolist() == [""] * 50 + split.ids.tolist()[:10]
    assert split.synthetic is not None and split.synthetic.sum() == 10


def test_a_row_that_is_its_own_parent_is_an_original(tmp_path: Path) -> None:
    train = {"X": X[:4], "y": Y[:4], "row_id": [7, 8, 9, 10], "parent_id": [7, 8, 7, 8]}
    save_export(tmp_path, splits={"train": train, "test": (X[70:], Y[70:])})
    split = splits_of(reload(tmp_path))["train"]
    assert split.synthetic is not None and split.synthetic.tolist() == [False, False, True, True]


def test_labels_of_an_oracle(tmp_path: Path) -> None:
    exact = np.where(np.arange(90) % 9, Y, np.inf)
    splits = {n: {"X": X[p], "y": Y[p], "y_exact": exact[p]} for n, p in PARTS.items()}
    save_export(tmp_path, splits=splits)
    stored = pd.read_parquet(tmp_path / "splits" / "val.parquet")
    assert list(stored) == ["x0", "x1", "x2", "y", "y_exact"]
    assert stored["y_exact"].tolist() == exact[PARTS["val"]].tolist()


def test_names_that_are_refused_are_those_that_the_loader_reads() -> None:
    assert set(RESERVED["is_augmented"]) == names.SYNTHETIC_COLUMNS
    assert set(RESERVED["parent_id"]) == names.PARENT_COLUMNS
    assert set(RESERVED["y_exact"]) == getattr(names, "ORACLE_COLUMNS", set(RESERVED["y_exact"]))
    for name in RESERVED["y"]:
        assert names.target_columns(["y", name]) == ["y", name]
    for name, settled in SPLIT_NAMES.items():
        assert names.split_role(name) is names.split_role(settled)


def rmse(y_true: Any, y_pred: Any) -> float:
    return float(np.sqrt(np.mean((y_true - y_pred) ** 2)))


def by_group(groups: Any, **options: Any) -> dict[str, Any]:
    part = PARTS["test"]
    rows = scores_by_group("rmse", rmse, Y[part], Y[part] * 0.9, groups, **options)
    return {"metric": "rmse", "overall": {"test": rmse(Y[part], Y[part] * 0.9)}, "by_group": rows}


@pytest.mark.parametrize("told_by", ["labels", "columns of X", "columns and metrics", "mapping"])
def test_groups(tmp_path: Path, told_by: str) -> None:
    frame = pd.DataFrame(X, columns=list("abc")).assign(region=REGION, k=np.arange(90) % 2)
    options: dict[str, Any] = {}
    splits: dict[str, Any] = {n: (frame.iloc[p], Y[p]) for n, p in PARTS.items()}
    if told_by in ("labels", "mapping"):
        value = REGION if told_by == "labels" else pd.DataFrame({"zone": REGION})
        splits = {n: {"X": X[p], "y": Y[p], "groups": value[p]} for n, p in PARTS.items()}
    if told_by == "columns of X":
        options["groups"] = ["region", "k"]
    if told_by == "columns and metrics":
        options |= {"groups": "region", "metrics": by_group({"region": REGION[PARTS["test"]]})}
    if told_by == "mapping":
        options["metrics"] = by_group({"zone": REGION[PARTS["test"]]})
    save_export(tmp_path, splits=splits, predictions={"test": Y[PARTS["test"]] * 0.9}, **options)
    assert (tmp_path / "audit.toml").exists() == (told_by == "columns of X")
    export = reload(tmp_path)
    grouping: Grouping = present(export, Grouping)
    expected = {"labels": ("group",), "columns of X": ("k", "region"), "mapping": ("zone",)}
    assert grouping.names == expected.get(told_by, ("region",))
    for split in splits_of(export).values():
        assert split.groups is not None and set(split.groups) == set(grouping.keys)
    assert predictions_of(export)[SplitRole.TEST].groups is not None


def test_configuration_goes_when_metrics_name_the_groups(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=list("abc")).assign(region=REGION)
    splits = {n: (frame.iloc[p], Y[p]) for n, p in PARTS.items()}
    save_export(tmp_path, splits=splits, groups="region")
    assert 'groups = ["region"]' in (tmp_path / "audit.toml").read_text()
    save_export(tmp_path, metrics=by_group({"region": REGION[PARTS["test"]]}))
    assert not (tmp_path / "audit.toml").exists()
    assert present(reload(tmp_path), Grouping).names == ("region",)


def test_configuration_of_the_user_stays(tmp_path: Path) -> None:
    (tmp_path / "audit.toml").write_text('metric = "rmse"\n')
    frame = pd.DataFrame(X, columns=list("abc")).assign(region=REGION)
    save_export(
        tmp_path, splits={n: (frame.iloc[p], Y[p]) for n, p in PARTS.items()}, groups="region"
    )
    assert (tmp_path / "audit.toml").read_text() == 'metric = "rmse"\n'


def test_metrics_by_group_and_tier(tmp_path: Path) -> None:
    part = PARTS["test"]
    groups = {"region": REGION[part]}
    tiers = {"easy": [("north",)], "hard": ["south"]}
    save_export(
        tmp_path,
        splits={
            n: {"X": X[p], "y": Y[p], "groups": {"region": REGION[p]}} for n, p in PARTS.items()
        },
        metrics=by_group(groups, tiers=tiers),
    )
    (table,) = present(reload(tmp_path), Metrics).tables
    frame = pd.DataFrame({"g": REGION[part], "e": (Y[part] * 0.1) ** 2})
    expected = np.sqrt(frame.groupby("g")["e"].mean())
    assert table.role is SplitRole.TEST and table.metric == "rmse"
    assert {k: v.value for k, v in table.by_group.items()} == pytest.approx(expected.to_dict())
    assert table.counts == frame.groupby("g").size().to_dict()


def test_metrics_of_numpy_and_pandas(tmp_path: Path) -> None:
    rows = pd.DataFrame({"region": ["n", "s"], "rmse": np.float32([0.5, 1.5])})
    metrics = {"test": {"rmse": np.float32(1.25), "by_group": rows}, "n": np.int64(90)}
    save_export(tmp_path, metrics=metrics, splits={n: (X[p], Y[p]) for n, p in PARTS.items()})
    (table,) = present(reload(tmp_path), Metrics).tables
    assert table.overall is not None and table.overall.value == 1.25
    assert {key: value.value for key, value in table.by_group.items()} == {"n": 0.5, "s": 1.5}


PROBABILITIES = np.column_stack([np.linspace(0, 1, 20), 1 - np.linspace(0, 1, 20)])


@pytest.mark.parametrize(
    ("given", "probable"),
    [
        ({"y_proba": PROBABILITIES}, True),
        ({"y_proba": PROBABILITIES[:, ::-1], "classes": ["up", "down"]}, True),
        ({"y_score": PROBABILITIES * 9 - 4}, False),
        ({"y_proba": PROBABILITIES[:, 1]}, True),
        ({"y_score": PROBABILITIES[:, 1:] * 9 - 4}, False),
    ],
)
def test_scores_of_classes(tmp_path: Path, given: dict[str, Any], probable: bool) -> None:
    part = PARTS["test"]
    y_pred = np.array(["down", "up"])[PROBABILITIES.argmax(axis=1)]
    save_export(
        tmp_path,
        splits={n: (X[p], LABELS[p]) for n, p in PARTS.items()},
        predictions={"test": {"y_pred": y_pred, **given}},
    )
    found = predictions_of(reload(tmp_path))[SplitRole.TEST]
    assert found.y_true.tolist() == LABELS[part].tolist()
    assert found.is_probability is probable
    assert found.y_score is not None and set(found.classes) == {"down", "up"}
    scores = np.asarray(found.y_score)
    ups = scores if scores.ndim == 1 else scores[:, found.classes.index("up")]
    assert np.all(np.diff(ups) < 0)


def test_predictions_without_splits_and_failed_ones(tmp_path: Path) -> None:
    save_export(tmp_path, predictions={"test": {"y_true": Y, "y_pred": np.full(90, np.nan)}})
    found = predictions_of(reload(tmp_path))[SplitRole.TEST]
    assert np.isnan(found.y_pred).all() and np.array_equal(found.y_true, Y)


class KerasHistory:
    def __init__(self) -> None:
        self.epoch = [0, 1, 2]
        self.history = {"loss": [3.0, 2.0, 1.0], "val_loss": [np.float32(3.5), 2.5, 1.5]}


@pytest.mark.parametrize(
    "history",
    [
        KerasHistory(),
        {"loss": [3.0, 2.0, 1.0], "val_loss": np.array([3.5, 2.5, 1.5])},
        pd.DataFrame({"epoch": [0, 1, 2], "loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 1.5]}),
        [{"loss": 3.0 - i, "val_loss": 3.5 - i} for i in range(3)],
    ],
)
def test_history(tmp_path: Path, history: Any) -> None:
    save_export(tmp_path, history=history)
    found: History = present(load(tmp_path), History)
    assert {n: v.tolist() for n, v in found.columns.items()} == {
        "epoch": [1, 2, 3],
        "loss": [3, 2, 1],
        "val_loss": [3.5, 2.5, 1.5],
    }


def test_sources_and_documents(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("model.fit(X, y)\n")
    (tmp_path / "NOTES.md").write_text("# Notes\n")
    out = tmp_path / "out"
    save_export(out, source=tmp_path / "train.py", documents=[str(tmp_path / "NOTES.md")])
    export = load(out)
    assert [file.path for file in present(export, Code).files] == ["train.py"]
    assert [item.path for item in present(export, Documents).items] == ["NOTES.md"]
    save_export(out, documents={"RESULTS.md": "rmse 0.5\n"})
    assert sorted(p.name for p in out.glob("*.*") if p.name[0] != ".") == ["RESULTS.md", "train.py"]


def test_parts_in_calls_of_their_own(tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=list("abc")).assign(region=REGION)
    ids = np.arange(90)
    splits = {n: {"X": frame.iloc[p], "y": Y[p], "row_id": ids[p]} for n, p in PARTS.items()}
    save_export(tmp_path, splits=splits, groups="region")
    save_export(tmp_path, predictions={"validation": Y[PARTS["val"]]})
    save_export(tmp_path, history={"loss": [1.0]})
    stored = pd.read_parquet(tmp_path / "val_predictions.parquet")
    assert list(stored) == ["row_id", "region", "y_true", "y_pred"]
    assert stored["row_id"].tolist() == list(range(50, 70))
    assert splits_of(reload(tmp_path)).keys() == PARTS.keys()


def test_a_part_that_is_given_replaces_that_part(tmp_path: Path) -> None:
    save_export(tmp_path, splits={n: (X[p], Y[p]) for n, p in PARTS.items()}, history={"loss": [1]})
    save_export(tmp_path, splits={"train": (X[:50], Y[:50]), "test": (X[70:], Y[70:])})
    assert sorted(p.name for p in (tmp_path / "splits").iterdir()) == [
        "test.parquet",
        "train.parquet",
    ]
    assert (tmp_path / "history.csv").exists()


def test_files_are_compact(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    wide = np.full((50, 1), 300)
    low = np.arange(-200, -150)[:, None]
    whole = np.concatenate(
        [np.arange(-25, 25)[:, None], low, wide, wide * 1000, wide * 10**12], axis=1
    )
    train = {"X": whole, "y": np.arange(50.0), "row_id": np.arange(50)}
    save_export(tmp_path, splits={"train": train})
    file = pq.ParquetFile(tmp_path / "splits" / "train.parquet")
    kinds = [str(field.type) for field in file.schema_arrow]
    assert kinds == ["int8", "int8", "int16", "int16", "int32", "int64", "double"]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
