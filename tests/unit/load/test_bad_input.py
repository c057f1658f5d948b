"""Bad input: one line that says what and what to do next; the rest goes on; no traceback."""

from __future__ import annotations

import io
import json
import os
import socket
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.config import Config, ConfigError, Limits
from audit.load import NothingToAudit, load, read_config
from audit.model.artifacts import Code, Documents, Metrics, ProblemKind, RawData, Splits
from audit.model.export import Absent, Malformed, Present
from tests.unit.load.exports import csv, export, notebook, npy, npz, parquet, problems, roles, rows

GOOD = {"notes.md": "# Notes\n\n5 rows.", "work.py": "x = 1\n"}


def only(loaded, kind: ProblemKind):
    (problem,) = problems(loaded)
    assert problem.kind is kind, problem
    assert "\n" not in problem.reason + problem.next_step
    assert problem.next_step.endswith((".", '"', "…"))
    return problem


def survives(loaded) -> None:
    """What lies beside the bad file is still read."""
    assert isinstance(loaded.get(Code), Present)
    assert isinstance(loaded.get(Documents), Present)


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(NothingToAudit, match="no such file"):
        load(tmp_path / "nowhere")


def test_null_byte_in_path() -> None:
    with pytest.raises(NothingToAudit):
        load(Path("a\0b"))


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(NothingToAudit, match=r"empty.*export a notebook"):
        load(tmp_path)


def test_only_images(tmp_path: Path) -> None:
    (tmp_path / "curve.png").write_bytes(b"\x89PNG")
    (tmp_path / ".hidden.py").write_text("x = 1")
    with pytest.raises(NothingToAudit, match=r"only \.png files"):
        load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"cells": 5}',
        b'{"cells": null}',
        b"\xff\xfe\x00",
        b"null",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_corrupt_notebook(tmp_path: Path, content: bytes) -> None:
    loaded = export(tmp_path, {**GOOD, "broken.ipynb": content})
    assert "notebook" in only(loaded, ProblemKind.UNREADABLE).reason
    survives(loaded)


@pytest.mark.parametrize(
    "cells",
    [
        [None, 5, "text"],
        [{}],
        [{"cell_type": "code"}],
        [{"cell_type": "code", "source": 5, "outputs": 7}],
        [{"cell_type": "code", "source": ["x = 1", 5], "outputs": [5, {"text": 5}, {"data": 5}]}],
        [{"cell_type": 5, "source": {}}],
    ],
)
def test_odd_cells_are_tolerated(tmp_path: Path, cells: list) -> None:
    loaded = export(tmp_path, {**GOOD, "odd.ipynb": {"cells": cells, "metadata": 5}})
    survives(loaded)
    assert {p.kind for p in problems(loaded)} <= {ProblemKind.SKIPPED}


def test_notebook_without_code(tmp_path: Path) -> None:
    loaded = export(tmp_path, {"prose.ipynb": notebook(("markdown", "# Hi"))})
    assert "no Python code" in only(loaded, ProblemKind.SKIPPED).reason
    assert isinstance(loaded.get(Code), Absent)


def test_notebook_in_another_language(tmp_path: Path) -> None:
    text = notebook(("code", "library(dplyr)"), language="R")
    loaded = export(tmp_path, {**GOOD, "r.ipynb": text})
    reasons = [p.reason for p in problems(loaded, ProblemKind.SKIPPED)]
    assert any("'R'" in reason for reason in reasons)
    survives(loaded)


def test_notebook_of_format_3(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": "Title"},
        {
            "cell_type": "code",
            "input": ["x = 1"],
            "prompt_number": 4,
            "outputs": [{"text": ["1\n"]}],
        },
    ]
    loaded = export(tmp_path, {"old.ipynb": {"worksheets": [{"cells": cells}], "nbformat": 3}})
    (file,) = loaded.get(Code).value.files
    assert file.cells[0].source == "## Title"
    assert file.cells[1].source == "x = 1"
    assert file.cells[1].outputs == ("1\n",)
    assert file.cells[1].execution_count == 4


@pytest.mark.parametrize(
    "source", ["def f(:", "x = (\n", "print 'x'", "x = '\0'", "-" * 50_000 + "1"]
)
def test_cell_that_does_not_parse(tmp_path: Path, source: str) -> None:
    text = notebook(("code", "x = 1"), ("code", source), ("code", "%matplotlib inline\n!ls\ny = 2"))
    loaded = export(tmp_path, {"work.ipynb": text})
    skipped = problems(loaded)
    assert {p.kind for p in skipped} <= {ProblemKind.SKIPPED}
    assert all(p.location.cell == 1 for p in skipped)
    assert bool(skipped) == ("\0" not in source)
    assert len(loaded.get(Code).value.files[0].cells) == 3


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80\x04]", b"garbage", b"\x80\x04\x95\xff"])
def test_truncated_pickle(tmp_path: Path, content: bytes) -> None:
    loaded = export(tmp_path, {**GOOD, "data/rows.pkl": content})
    only(loaded, ProblemKind.UNREADABLE)
    survives(loaded)


def test_pickle_with_a_foreign_class(tmp_path: Path) -> None:
    loaded = export(tmp_path, {**GOOD, "model.pickle": b"cmy_models\nRegressor\n."})
    assert "my_models.Regressor" in only(loaded, ProblemKind.REFUSED).reason
    survives(loaded)


def test_joblib_is_refused(tmp_path: Path) -> None:
    loaded = export(tmp_path, {**GOOD, "model.joblib": b"\x80\x04N."})
    assert "joblib" in only(loaded, ProblemKind.REFUSED).reason


def test_nan_and_inf_are_kept(tmp_path: Path) -> None:
    features = np.array([[np.nan, np.inf], [-np.inf, 1.0]])
    files = {f"{name}.npz": npz(X=features, y=[np.nan, 1.0]) for name in ("train", "val")}
    loaded = export(tmp_path, files)
    np.testing.assert_array_equal(loaded.get(Splits).value.train.features.to_numpy(), features)
    assert not problems(loaded)


def object_npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, X=np.array([{}, []], dtype=object), y=np.arange(2))
    return buffer.getvalue()


def test_object_dtype(tmp_path: Path) -> None:
    loaded = export(tmp_path, {**GOOD, "train.npz": object_npz(), "val.npz": npz(X=[[1]], y=[1])})
    problem = problems(loaded, ProblemKind.REFUSED)[0]
    assert "never unpickled" in problem.reason
    survives(loaded)
    buffer = io.BytesIO()
    np.save(buffer, np.array([None], dtype=object))
    (tmp_path / "other").mkdir()
    loaded = export(tmp_path / "other", {**GOOD, "x.npy": buffer.getvalue()})
    assert "object" in only(loaded, ProblemKind.REFUSED).reason


@pytest.mark.parametrize(
    "files",
    [
        {"train.csv": "a,y\n", "val.csv": csv(rows(3))},
        {"train.npz": npz(X=np.zeros((0, 2)), y=np.zeros(0)), "val.npz": npz(X=[[1, 2]], y=[1])},
        {"X_train.npy": npy(np.zeros((0, 2))), "X_val.npy": npy(np.ones((1, 2)))},
        {"train.parquet": parquet(rows(3)[:0]), "val.parquet": parquet(rows(3))},
    ],
)
def test_no_rows(tmp_path: Path, files: dict) -> None:
    loaded = export(tmp_path, {**GOOD, **files})
    (problem,) = problems(loaded, ProblemKind.MALFORMED)
    assert "0 rows" in problem.reason
    assert isinstance(loaded.get(Splits), Malformed)
    survives(loaded)


@pytest.mark.parametrize(
    "files",
    [
        {"train.npz": npz(X=np.ones((3, 2)), y=np.ones(4)), "val.npz": npz(X=[[1, 2]], y=[1])},
        {
            "X_train.npy": npy(np.ones((3, 2))),
            "y_train.npy": npy(np.ones(5)),
            "X_val.npy": npy(np.ones((1, 2))),
            "y_val.npy": npy(np.ones(1)),
        },
        {"train.npz": npz(X=np.ones((3, 2)), y=1.0), "val.npz": npz(X=[[1, 2]], y=[1])},
    ],
)
def test_mismatched_lengths(tmp_path: Path, files: dict) -> None:
    loaded = export(tmp_path, {**GOOD, **files})
    (problem,) = problems(loaded, ProblemKind.MALFORMED)
    assert "3 rows" in problem.reason
    assert isinstance(loaded.get(Splits), Malformed)
    survives(loaded)


def test_one_bad_held_out_split_leaves_the_other(tmp_path: Path) -> None:
    files = {
        "train.csv": csv(rows(4)),
        "val.csv": csv(rows(3).drop(columns="a")),
        "test.csv": csv(rows(3, 5)),
    }
    loaded = export(tmp_path, files)
    assert "lacks 'a'" in only(loaded, ProblemKind.MALFORMED).reason
    assert [s.path for s in loaded.get(Splits).value.held_out] == ["test.csv"]


def test_two_candidates_for_one_role(tmp_path: Path) -> None:
    files = {"train.csv": csv(rows(4)), "old/train.csv": csv(rows(3)), "val.csv": csv(rows(3, 1))}
    loaded = export(tmp_path, files)
    problem = only(loaded, ProblemKind.AMBIGUOUS)
    assert "old/train.csv" in problem.reason
    assert "and train.csv" in problem.reason
    assert "roles.train" in problem.next_step
    assert isinstance(loaded.get(Splits), Absent)


def test_other_encodings(tmp_path: Path) -> None:
    files = {
        "train.csv": "größe,y\n1,2\n3,4\n".encode("latin-1"),
        "val.csv": "größe,y\n5,6\n".encode("latin-1"),
        "latin.md": "Prüfung: 5 Zeilen".encode("latin-1"),
        "utf16.md": "Prüfung".encode("utf-16"),
        "null.md": b"a\x00b",
        "work.py": "größe = 1".encode("latin-1"),
    }
    loaded = export(tmp_path, files)
    assert not problems(loaded)
    assert loaded.get(Splits).value.feature_names == ("größe",)
    texts = {d.path: d.text for d in loaded.get(Documents).value.items}
    assert texts == {"latin.md": "Prüfung: 5 Zeilen", "utf16.md": "Prüfung", "null.md": "ab"}


@pytest.mark.parametrize(
    "content", [b"\x00\x00\x00", b'a,b\n1,2\n"3', b"a,b\n1,2,3,4\n1\n5,6,7,8,9,9\n", b"\n\n", b""]
)
def test_odd_tables(tmp_path: Path, content: bytes) -> None:
    loaded = export(tmp_path, {**GOOD, "table.csv": content})
    assert {p.kind for p in problems(loaded)} <= {ProblemKind.UNREADABLE}
    survives(loaded)


def test_duplicate_column_names_become_unique(tmp_path: Path) -> None:
    files = {"train.csv": "a,a,a.1,y\n1,2,3,4\n", "val.csv": "a,a,a.1,y\n5,6,7,8\n"}
    names = export(tmp_path, files).get(Splits).value.feature_names
    assert len(names) == len(set(names)) == 3


@pytest.mark.parametrize("name", ["metrics.json", "data/x.json", "history.json"])
def test_deep_json(tmp_path: Path, name: str) -> None:
    loaded = export(tmp_path, {**GOOD, name: b"[" * 200_000})
    only(loaded, ProblemKind.UNREADABLE)
    survives(loaded)


def test_json_just_within_the_parser(tmp_path: Path) -> None:
    deep: dict = {"rmse": 0.5}
    for _ in range(400):
        deep = {"results": deep}
    survives(export(tmp_path, {**GOOD, "metrics.json": deep}))


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "1" * 400])
def test_numbers_beyond_floats(tmp_path: Path, number: str) -> None:
    text = '{"rmse": 0.25, "mae": ' + number + ', "by_group": [{"g": 1, "mae": ' + number + "}]}"
    loaded = export(tmp_path, {**GOOD, "metrics.json": text})
    assert "finite" in only(loaded, ProblemKind.MALFORMED).reason
    (table,) = loaded.get(Metrics).value.tables
    assert (table.metric, table.overall.value) == ("rmse", 0.25)


def test_integer_with_too_many_digits(tmp_path: Path) -> None:
    loaded = export(tmp_path, {**GOOD, "metrics.json": '{"rmse": ' + "1" * 10_000 + "}"})
    only(loaded, ProblemKind.UNREADABLE)


def test_absurd_names(tmp_path: Path) -> None:
    odd = [
        "a`|<script>.csv",
        "\x1b[31mred.csv",
        "line\nbreak.csv",
        "..hidden..csv",
        "é" * 60 + ".csv",
    ]
    loaded = export(tmp_path, {**GOOD, **{name: "a,b\n1,2\n" for name in odd if name[0] != "."}})
    survives(loaded)
    assert "a`|<script>.csv" in roles(loaded)


def test_name_that_is_no_unicode(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"bad\xff.csv")).write_text("a,b\n1,2\n")
    except OSError:
        pytest.skip("the file system refuses names that are no Unicode")
    loaded = export(tmp_path, GOOD)
    assert all(item.path.encode("utf-8") for item in loaded.recognised)


def test_symbolic_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a,y\n1,2\n")
    root = tmp_path / "export"
    root.mkdir()
    (root / "train.csv").symlink_to(outside / "secret.csv")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "self.csv").symlink_to(root / "self.csv")
    (root / "inside.md").symlink_to(root / "notes.md")
    loaded = export(root, GOOD)
    found = {(p.location.path, p.kind.value) for p in problems(loaded)}
    assert found == {
        ("train.csv", "refused"),
        ("folder", "refused"),
        ("loop", "skipped"),
        ("self.csv", "unreadable"),
    }
    assert roles(loaded)["inside.md"] == "document"
    assert isinstance(loaded.get(Splits), Absent)


def test_pipes_and_sockets_do_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "train.csv")
    monkeypatch.chdir(tmp_path)  # a socket's path may be 108 bytes at most
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("val.csv")
        loaded = export(tmp_path, GOOD)
    assert {(p.location.path, p.kind.value) for p in problems(loaded)} == {
        ("train.csv", "refused"),
        ("val.csv", "refused"),
    }
    with pytest.raises(NothingToAudit):
        load(tmp_path / "train.csv")


def header(shape: tuple[int, ...], descr: str = "<f8") -> bytes:
    text = repr({"descr": descr, "fortran_order": False, "shape": shape})
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize("shape", [(10**15,), (2**62, 2**62), (5, 5), (-1,), (True,)])
def test_array_claims_more_than_there_is(tmp_path: Path, shape: tuple[int, ...]) -> None:
    loaded = export(tmp_path, {**GOOD, "x.npy": header(shape) + b"\x00" * 8})
    only(loaded, ProblemKind.UNREADABLE)
    survives(loaded)


@pytest.mark.parametrize("descr", ["|O", "|V8", "<f16", "nonsense", "<U99999999999"])
def test_array_of_an_odd_dtype(tmp_path: Path, descr: str) -> None:
    loaded = export(tmp_path, {**GOOD, "x.npy": header((1,), descr) + b"\x00" * 16})
    survives(loaded)
    assert descr == "<f16" or len(problems(loaded)) == 1


def test_array_header_with_code(tmp_path: Path) -> None:
    text = b"__import__('os').system('touch canary')".ljust(117) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    loaded = export(tmp_path, {**GOOD, "x.npy": content})
    only(loaded, ProblemKind.UNREADABLE)
    assert not Path("canary").exists()


def test_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "train.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        zeros = header((1 << 22,)) + b"\x00" * (8 << 22)
        archive.writestr("X.npy", zeros)
        archive.writestr("y.npy", npy(np.ones(3)))
    assert path.stat().st_size < 100_000
    config = Config(limits=Limits(max_file_mb=16))
    (tmp_path / "notes.md").write_text("x")
    loaded = load(tmp_path, config)
    refused = problems(loaded, ProblemKind.REFUSED)
    assert len(refused) == 1
    assert "X.npy: unpacks to more than the limit" in refused[0].reason


def test_member_names_that_leave_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "export"
    root.mkdir()
    with zipfile.ZipFile(root / "train.npz", "w") as archive:
        archive.writestr("../../X.npy", npy(np.ones((2, 2))))
        archive.writestr("/tmp/../y.npy", npy(np.ones(2)))
    loaded = export(root, GOOD)
    survives(loaded)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["export"]


def test_not_a_zip(tmp_path: Path) -> None:
    loaded = export(tmp_path, {**GOOD, "lookup.npz": b"PK\x03\x04oops"})
    only(loaded, ProblemKind.UNREADABLE)


def test_parquet_that_unpacks_to_too_much(tmp_path: Path) -> None:
    table = pd.DataFrame({f"c{i}": np.zeros(200_000) for i in range(4)})
    (tmp_path / "big.parquet").write_bytes(parquet(table))
    (tmp_path / "notes.md").write_text("x")
    loaded = load(tmp_path, Config(limits=Limits(max_file_mb=1)))
    assert "unpacks" in only(loaded, ProblemKind.REFUSED).reason


def test_file_and_total_and_count_limits(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 400_000)
    (tmp_path / "b.md").write_text("b")
    loaded = load(tmp_path, Config(limits=Limits(max_file_mb=1)))
    assert "more than the limit" in only(loaded, ProblemKind.REFUSED).reason
    loaded = load(tmp_path, Config(limits=Limits(max_total_mb=1)))
    assert "together" in only(loaded, ProblemKind.REFUSED).reason
    loaded = load(tmp_path, Config(limits=Limits(max_files=1)))
    assert "more than 1 files" in only(loaded, ProblemKind.REFUSED).reason


def test_nested_parquet_columns(tmp_path: Path) -> None:
    table = pd.DataFrame({"p": [[1, 2], [3, 4]], "odd": [[1], [2, 3]], "y": [0.5, 1.5]})
    table["when"] = pd.to_datetime(["2020-01-01", None])
    files = {"train.parquet": parquet(table), "val.parquet": parquet(table)}
    splits = export(tmp_path, files).get(Splits).value
    assert splits.feature_names == ("p_0", "p_1", "odd", "when")
    assert splits.train.features["p_1"].tolist() == [2, 4]
    assert splits.train.features["when"].tolist()[0] == "2020-01-01T00:00:00"


@pytest.mark.parametrize(
    "text", ["[", 'rols = "x"', "a = 1\na = 2", "\x00", "x = " + "[" * 5_000, "limits = 5"]
)
def test_bad_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "audit.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"audit\.toml"):
        read_config(tmp_path)


def test_configuration_that_leaves_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "export"
    root.mkdir()
    (tmp_path / "audit.toml").write_text('metric = "rmse"')
    (root / "audit.toml").symlink_to(tmp_path / "audit.toml")
    with pytest.raises(ConfigError, match="leaves the folder"):
        read_config(root)


def test_declared_path_outside_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "audit.toml").write_text('[roles]\nraw = "../../etc/passwd"\ntrain = "/x"\n')
    loaded = export(tmp_path, GOOD)
    assert isinstance(loaded.get(RawData), Malformed)
    assert isinstance(loaded.get(Splits), Malformed)
    assert {p.location.path for p in problems(loaded)} == {"."}


def test_metrics_without_a_known_metric(tmp_path: Path) -> None:
    loaded = export(tmp_path, {**GOOD, "metrics.json": {"wibble": 5, "by_group": {"a": 1}}})
    assert "no known metric" in only(loaded, ProblemKind.SKIPPED).reason


@pytest.mark.parametrize(
    "value", [0, "x", None, [], {}, [1, "a"], [[1], [2, 3]], {"a": [1], "b": []}]
)
def test_odd_json(tmp_path: Path, value: object) -> None:
    for name in ("data/thing.json", "predictions.json", "history.json", "train.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value))
    survives(export(tmp_path, GOOD))
