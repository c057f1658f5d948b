"""Source rows in the columns of the splits: accepted only where rows of the splits prove it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.config import Config, ConfigError, parse_config
from audit.load import load
from audit.model.artifacts import RawData, SplitData, Splits


def raw_of(root: Path) -> RawData:
    value = load(root).get(RawData)
    assert hasattr(value, "value"), value
    raw = value.value
    assert isinstance(raw, RawData)
    return raw


def write_splits(root: Path, x: np.ndarray, y: np.ndarray, names: list[str]) -> None:
    table = pd.DataFrame(x, columns=names).assign(y=y)
    table.iloc[:40].to_csv(root / "train.csv", index=False)
    table.iloc[40:].to_csv(root / "test.csv", index=False)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_table_with_the_same_columns_in_another_order(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    order = rng.permutation(60)
    table = pd.DataFrame({"c": x[:, 2], "note": "n", "b": x[:, 1], "y": y, "a": x[:, 0]})
    table.iloc[order].to_csv(tmp_path / "raw.csv", index=False)
    raw = raw_of(tmp_path)
    assert raw.features is not None and list(raw.features.columns) == ["a", "b", "c"]
    np.testing.assert_array_equal(raw.features.to_numpy(), x[order])
    assert raw.target is not None
    np.testing.assert_array_equal(raw.target, y[order])
    assert raw.note == ""


@pytest.mark.parametrize("as_tuple", [False, True])
def test_fields_with_matrices_are_flattened_and_padded(
    tmp_path: Path, rng: np.random.Generator, as_tuple: bool
) -> None:
    rows: list[Any] = []
    flat = np.zeros((60, 8))
    for i in range(60):
        shape = (2, 3) if i % 2 else (2, 2)
        matrix = rng.integers(-50, 50, shape)
        fields = [i % 5, float(shape[1]), matrix]
        rows.append(tuple(fields) if as_tuple else fields)
        flat[i, :2] = fields[:2]
        flat[i, 2 : 2 + matrix.size] = matrix.ravel()
    y = rng.normal(size=60)
    write_splits(tmp_path, flat, y, ["s", "w", *(f"q{i}" for i in range(6))])
    (tmp_path / "data").mkdir()
    (tmp_path / "data/cases.pkl").write_bytes(pickle.dumps(rows))
    (tmp_path / "data/heights.pkl").write_bytes(pickle.dumps(y.tolist()))
    (tmp_path / "data/zz_other.pkl").write_bytes(pickle.dumps(rng.normal(size=60).tolist()))
    raw = raw_of(tmp_path)
    assert raw.features is not None
    np.testing.assert_array_equal(raw.features.to_numpy(), flat)
    assert raw.target is not None
    np.testing.assert_array_equal(raw.target, y)


def test_an_array_beside_its_targets(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 4, 4)), rng.integers(0, 3, 60)
    np.savez(tmp_path / "train.npz", X=x[:40].reshape(40, 16), y=y[:40])
    np.savez(tmp_path / "test.npz", X=x[40:].reshape(20, 16), y=y[40:])
    np.savez(tmp_path / "raw.npz", images=x, labels=y)
    raw = raw_of(tmp_path)
    assert raw.features is not None
    np.testing.assert_array_equal(raw.features.to_numpy(), x.reshape(60, 16))
    assert raw.target is not None
    np.testing.assert_array_equal(raw.target, y)


def test_records_of_json(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b"])
    records = [{"a": a, "b": b, "y": t} for (a, b), t in zip(x.tolist(), y.tolist(), strict=True)]
    (tmp_path / "raw.json").write_text(json.dumps(records))
    raw = raw_of(tmp_path)
    assert raw.features is not None
    np.testing.assert_array_equal(raw.features.to_numpy(), x)


@pytest.mark.parametrize(
    "change",
    [lambda x: x**3, lambda x: np.roll(x, 1, axis=1), lambda x: x[:, :-1], lambda x: x + x[::-1]],
    ids=["bent", "moved", "narrow", "mixed"],
)
def test_columns_that_rows_do_not_prove_are_refused(
    tmp_path: Path, rng: np.random.Generator, change: Any
) -> None:
    x, y = rng.normal(size=(60, 4)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c", "d"])
    np.save(tmp_path / "raw.npy", change(x))
    raw = raw_of(tmp_path)
    assert raw.features is None and raw.target is None
    assert "raw.npy" in raw.note


def test_alike_columns_do_not_prove_their_own_order(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    x, y = rng.integers(0, 2, size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    np.save(tmp_path / "raw.npy", x[:, [1, 2, 0]].astype(float))
    assert raw_of(tmp_path).features is None


def test_targets_that_do_not_agree_are_left_out(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 2)), np.exp(rng.normal(size=60))
    write_splits(tmp_path, x, np.log(y), ["a", "b"])
    pd.DataFrame(x, columns=["a", "b"]).assign(y=y).to_csv(tmp_path / "raw.csv", index=False)
    raw = raw_of(tmp_path)
    assert raw.features is not None and raw.target is None


def test_strange_rows_do_not_stop_the_audit(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    rows: list[Any] = [[1.0, [2.0, "x"], None] for _ in range(30)] + [[10**400, 1, 2]] * 30
    (tmp_path / "raw.pkl").write_bytes(pickle.dumps(rows))
    assert raw_of(tmp_path).features is None


# --- columns that mark copies ---------------------------------------------------------------------


def splits_of(root: Path, config: Config | None = None) -> Splits:
    value = load(root, config).get(Splits)
    assert hasattr(value, "value"), value
    splits = value.value
    assert isinstance(splits, Splits)
    return splits


def write_marked(root: Path, rng: np.random.Generator, **columns: Any) -> None:
    table = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"]).assign(y=rng.normal(size=60))
    table.insert(0, "id", np.arange(60))
    for name, values in columns.items():
        table[name] = values
    table.iloc[:40].to_csv(root / "train.csv", index=False)
    table.iloc[40:].to_csv(root / "test.csv", index=False)


def expect(split: SplitData, synthetic: Any, features: list[str]) -> None:
    assert list(split.features.columns) == features
    if synthetic is None:
        assert split.synthetic is None
    else:
        assert split.synthetic is not None
        np.testing.assert_array_equal(split.synthetic, synthetic)


def test_recognised_columns_are_no_features(tmp_path: Path, rng: np.random.Generator) -> None:
    made = np.arange(60) % 2 == 1
    write_marked(tmp_path, rng, is_synthetic=made, parent_id=np.arange(60) // 2 * 2)
    splits = splits_of(tmp_path)
    expect(splits.train, made[:40], ["a", "b"])
    assert splits.train.parents is not None and splits.train.ids is not None
    assert splits.train.parents[:4].tolist() == ["0", "0", "2", "2"]
    assert splits.train.ids[:3].tolist() == ["0", "1", "2"]


def test_declared_columns(tmp_path: Path, rng: np.random.Generator) -> None:
    made = np.arange(60) % 3 == 0
    write_marked(tmp_path, rng, noisy=np.where(made, "yes", "no"), of=np.arange(60) // 3)
    config = parse_config('[columns]\nsynthetic = "noisy"\nparent = "of"\n', "audit.toml")
    expect(splits_of(tmp_path, config).train, made[:40], ["a", "b"])
    expect(splits_of(tmp_path).train, None, ["a", "b", "noisy", "of"])


def test_a_parent_alone_marks_copies_where_it_is_declared(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    parent = np.where(np.arange(60) < 20, np.arange(60) + 20, np.arange(60))
    write_marked(tmp_path, rng, parent_id=parent)
    config = parse_config('[columns]\nparent = "parent_id"\n', "audit.toml")
    expect(splits_of(tmp_path, config).train, np.arange(40) < 20, ["a", "b"])
    expect(splits_of(tmp_path).train, None, ["a", "b"])


def test_ids_in_a_column_that_is_declared_to_be_no_feature(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    ids = np.array([f"L{i}" for i in range(60)])
    parent = np.where(np.arange(60) < 20, ids[(np.arange(60) + 20) % 60], "")
    write_marked(tmp_path, rng, nummer=ids, quelle=parent)
    config = parse_config('[columns]\nignore = ["nummer"]\nparent = "quelle"\n', "audit.toml")
    train = splits_of(tmp_path, config).train
    expect(train, np.arange(40) < 20, ["a", "b"])
    assert train.ids is not None and train.ids[:2].tolist() == ["l0", "l1"]


def test_a_feature_that_is_merely_called_so_stays(tmp_path: Path, rng: np.random.Generator) -> None:
    write_marked(tmp_path, rng, source_id=rng.integers(500, 505, 60), augmented=rng.normal(size=60))
    expect(splits_of(tmp_path).train, None, ["a", "b", "source_id", "augmented"])


def test_a_declared_column_that_is_missing_is_a_problem(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    write_marked(tmp_path, rng)
    from audit.model.artifacts import LoadProblems

    config = parse_config('[columns]\nsynthetic = "copy"\n', "audit.toml")
    problems = load(tmp_path, config).get(LoadProblems).value.items  # type: ignore[union-attr]
    assert any("'copy'" in problem.reason for problem in problems)


def test_an_unknown_key_is_still_an_error() -> None:
    with pytest.raises(ConfigError, match="synthetic"):
        parse_config('[columns]\nsyntetic = "x"\n', "audit.toml")


# --- files with any name, and other containers ----------------------------------------------


def test_a_file_with_any_name_is_told_by_its_rows(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    pd.DataFrame({"c": x[:, 2], "y": y, "b": x[:, 1], "a": x[:, 0]}).to_csv(
        tmp_path / "creditcard.csv", index=False
    )
    raw = raw_of(tmp_path)
    assert (raw.path, raw.n) == ("creditcard.csv", 60)
    assert raw.target is not None


@pytest.mark.parametrize(
    ("name", "rows"), [("unlabelled", 0), ("augmented", 60), ("last_test", 20), ("extra", 20)]
)
def test_other_files_are_no_source_rows(
    tmp_path: Path, rng: np.random.Generator, name: str, rows: int
) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    # `rows` of the splits, and twice as many others where these are a part only
    other = np.concatenate([x[:rows], rng.normal(size=(0 if rows == 60 else 60, 3))])
    pd.DataFrame(other, columns=["a", "b", "c"]).to_csv(tmp_path / f"{name}.csv", index=False)
    assert not hasattr(load(tmp_path).get(RawData), "value")


def test_two_files_that_could_be_the_source_are_not_chosen_between(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    for name, part in (("north", x[:30]), ("south", x[25:])):
        pd.DataFrame(part, columns=["a", "b", "c"]).to_csv(tmp_path / f"{name}.csv", index=False)
    assert not hasattr(load(tmp_path).get(RawData), "value")


@pytest.mark.parametrize("kind", ["records", "pairs", "with target", "target first", "dictionary"])
def test_pickled_rows_of_other_forms(tmp_path: Path, rng: np.random.Generator, kind: str) -> None:
    images, labels = rng.integers(0, 255, (60, 3, 3)), rng.normal(size=60)
    flat, own = images.reshape(60, 9), labels.tolist()
    rows: Any = {
        "records": [{"image": im, "label": y} for im, y in zip(images, own, strict=True)],
        "pairs": [(im.tolist(), y) for im, y in zip(flat, own, strict=True)],
        "with target": [[*im, y] for im, y in zip(flat.tolist(), own, strict=True)],
        "target first": [(y, *im) for im, y in zip(flat.tolist(), own, strict=True)],
        "dictionary": {"x": flat.tolist(), "y": labels.tolist()},
    }[kind]
    (tmp_path / "raw_images.pkl").write_bytes(pickle.dumps(rows))
    for name, part in (("train", slice(0, 40)), ("test", slice(40, 60))):
        np.savez(tmp_path / f"{name}.npz", X=images[part], y=labels[part])
    raw = raw_of(tmp_path)
    assert raw.features is not None, raw.note
    np.testing.assert_array_equal(raw.features.to_numpy(), flat)
    assert raw.target is not None
    np.testing.assert_array_equal(raw.target, labels)


def test_names_of_columns_are_no_rows(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    write_splits(tmp_path, x, y, ["a", "b", "c"])
    np.savez(tmp_path / "raw.npz", X=x, y=y, feature_names=np.array(["a", "b", "c"]))
    assert raw_of(tmp_path).features is not None


@pytest.mark.parametrize("scaler", ["standard", "min-max"])
def test_scaled_splits_are_matched_where_rows_prove_the_scale(
    tmp_path: Path, rng: np.random.Generator, scaler: str
) -> None:
    x, y = rng.normal(size=(60, 3)) * [1, 50, 0.1] + [0, 7, 3], rng.normal(size=60)
    names = ["a", "b", "c"]
    pd.DataFrame(x, columns=names).assign(y=y).to_csv(tmp_path / "raw.csv", index=False)
    own = x[:40]
    shift, scale = (
        (own.mean(0), own.std(0)) if scaler == "standard" else (own.min(0), np.ptp(own, axis=0))
    )
    write_splits(tmp_path, (x - shift) / scale, y, names)
    raw = raw_of(tmp_path)
    assert raw.features is not None, raw.note
    np.testing.assert_allclose(raw.features.to_numpy(), (x - shift) / scale, rtol=1e-9)
    assert raw.target is not None


def test_splits_in_single_precision_are_matched(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    pd.DataFrame(x, columns=["a", "b", "c"]).to_csv(tmp_path / "raw.csv", index=False)
    write_splits(tmp_path, x.astype(np.float32).astype(float).round(6), y, ["a", "b", "c"])
    assert raw_of(tmp_path).features is not None


def test_a_map_that_is_not_linear_is_not_undone(tmp_path: Path, rng: np.random.Generator) -> None:
    x, y = rng.lognormal(size=(60, 3)), rng.normal(size=60)
    pd.DataFrame(x, columns=["a", "b", "c"]).to_csv(tmp_path / "raw.csv", index=False)
    write_splits(tmp_path, np.log(x), y, ["a", "b", "c"])
    raw = raw_of(tmp_path)
    assert raw.features is None
    assert "transformed" in raw.note
