"""What a stranger's export may try: each of these took minutes, gigabytes or the process once."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.config import Config, ConfigError, Limits, parse_config
from audit.load import load, read_config
from audit.load.documents import markdown_tables
from audit.load.opcodes import MAX_KEYS
from audit.model.artifacts import Documents, Metrics, ProblemKind
from audit.model.export import Present
from audit.model.groups import canonical_group
from checks.kit.cells import parse_cell
from tests.unit.load.exports import csv, export, npy, problems, rows

SMALL = Config(limits=Limits(max_file_mb=1))


def header(text: str, body: bytes = b"") -> bytes:
    content = text.encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(content)) + content + body


def reasons(loaded, kind: ProblemKind) -> str:
    return " / ".join(problem.reason for problem in problems(loaded, kind))


def written(table: pa.Table, **options) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("shape", ["(10**15,)", "(1000000000000000, 0)", "(0, 1000000000000000)"])
def test_npy_of_impossible_shape(tmp_path: Path, shape: str) -> None:
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    files = {f"{name}.npy": header(text) for name in ("X_train", "X_val")}
    loaded = export(tmp_path, {"work.py": "x = 1\n", **files})
    assert {p.kind for p in problems(loaded)} == {ProblemKind.UNREADABLE}


def test_npz_member_with_a_huge_header(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        size = 40 << 20
        archive.writestr("X.npy", b"\x93NUMPY\x02\0" + struct.pack("<I", size) + b" " * size)
    loaded = export(tmp_path, {"train.npz": buffer.getvalue()})
    assert "header of an array claims" in reasons(loaded, ProblemKind.REFUSED)


def test_short_lines_under_a_wide_header(tmp_path: Path) -> None:
    text = ",".join(f"c{i}" for i in range(2_000)) + "\n" + "1\n" * 2_000
    (tmp_path / "train.csv").write_text(text)
    loaded = load(tmp_path, SMALL)
    assert "unpacks to about" in reasons(loaded, ProblemKind.REFUSED)


@pytest.mark.parametrize("first", ["", '"a\n",', "\n \n"])
def test_thousands_of_equal_column_names(tmp_path: Path, first: str) -> None:
    text = first + ",".join(["x"] * 5_000) + "\n" + "1," * 5_000
    loaded = export(tmp_path, {"train.csv": text})
    assert "the same name" in reasons(loaded, ProblemKind.REFUSED)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_parquet_that_repeats_a_long_text(tmp_path: Path, kind: pa.DataType) -> None:
    """A text of 1 MB in 20,000 rows would be 20 GB, were it copied for each row."""
    n = 20_000
    text = pa.array([b"A" * 1_000_000]).cast(kind)
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), text)
    table = pa.table({"x": column, "z": np.arange(n) % 7, "y": np.zeros(n)})
    content = written(table, compression="zstd", store_schema=False)
    assert len(content) < 100_000
    loaded = export(tmp_path, {f"{name}.parquet": content for name in ("train", "val")})
    skipped = reasons(loaded, ProblemKind.SKIPPED)
    assert ("'x'" in skipped) == (kind == pa.binary())
    assert not problems(loaded, ProblemKind.UNREADABLE)


def test_parquet_of_long_runs(tmp_path: Path) -> None:
    n = 3_000_000
    flat = written(pa.table({"x": np.zeros(n, dtype=np.int8)}))
    offsets = pa.array(np.arange(0, n + 1, n // 30, dtype=np.int64))
    lists = pa.LargeListArray.from_arrays(offsets, pa.array(np.zeros(n, dtype=np.int8)))
    files = {"flat.parquet": flat, "lists.parquet": written(pa.table({"x": lists}))}
    for name, content in files.items():
        assert len(content) < 200_000
        (tmp_path / name).write_bytes(content)
    loaded = load(tmp_path, SMALL)
    refused = problems(loaded, ProblemKind.REFUSED)
    assert [p.location.path for p in refused] == ["flat.parquet", "lists.parquet"]


def test_corrupt_parquet_never_ends_the_process(tmp_path: Path) -> None:
    good = written(pa.table({"x": np.arange(50), "s": [str(i) for i in range(50)]}))
    rng = np.random.default_rng(1)
    for number in range(150):
        broken = bytearray(good)
        for place in rng.integers(4, len(good), 6):
            broken[place] = rng.integers(256)
        (tmp_path / f"{number}.parquet").write_bytes(bytes(broken))
    load(tmp_path)


def test_unpacked_files_share_one_limit(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, X=np.zeros(100_000))
    for name in "abc":
        (tmp_path / f"{name}.npz").write_bytes(buffer.getvalue())
    loaded = load(tmp_path, Config(limits=Limits(max_file_mb=1, max_total_mb=2)))
    assert [p.location.path for p in problems(loaded, ProblemKind.REFUSED)] == ["c.npz"]


def test_pickle_keys_that_may_collide(tmp_path: Path) -> None:
    texts = {str(i): 1 for i in range(MAX_KEYS + 1)}
    numbers = dict.fromkeys(range(MAX_KEYS + 1), 1)
    files = {"texts.pkl": pickle.dumps(texts), "numbers.pkl": pickle.dumps(numbers)}
    loaded = export(tmp_path, files)
    (problem,) = problems(loaded, ProblemKind.REFUSED)
    assert problem.location.path == "numbers.pkl"


def test_numbers_of_thousands_of_digits(tmp_path: Path) -> None:
    long = "7" * 4_000
    metrics = f'{{"rmse": {long}, "by_group": {{"a": {{"rmse": 1, "n": {long}}}, "b": {long}}}}}'
    history = f'{{"loss": [{long}, 1], "val_loss": [1, 2]}}'
    table = f'[{{"y_true": {long}, "y_pred": 1}}]'
    files = {"metrics.json": metrics, "history.json": history, "predictions.json": table}
    loaded = export(tmp_path, files)
    assert "not finite" in reasons(loaded, ProblemKind.MALFORMED)


def test_names_of_megabytes(tmp_path: Path) -> None:
    keys = ("_" * 1_000_000, "a" * 1_000_000 + "by", ")" * 1_000_000 + "x")
    inner = ", ".join(f'"{key}": 1' for key in keys)
    outer = ", ".join(f'"{key}": {{"rmse": 1}}' for key in keys)
    text = f'{{"rmse": 1, "by_group": {{"a": 2, {inner}}}, {outer}}}'
    loaded = export(tmp_path, {"metrics.json": text})
    (table,) = loaded.get(Metrics).value.tables
    assert list(table.by_group) == ["a"]
    assert len(canonical_group("a" * 1_000_000)) == 1_000_000


@pytest.mark.parametrize(
    "line",
    [
        " " * 200_000 + "x",
        "a " * 100_000,
        "a=" * 100_000,
        "%a -a" + " " * 200_000 + "x",
        "# In [" + " " * 200_000 + "x",
        "\\ " * 100_000,
    ],
)
def test_lines_that_a_pattern_could_try_forever(line: str, tmp_path: Path) -> None:
    source = f"%magic\n{line}\n(\n"
    with pytest.raises(SyntaxError):
        parse_cell(source)
    assert list(markdown_tables(f"| a |\n{line}\n| 1 |\n")) == []
    export(tmp_path, {"work.py": source})


def test_more_code_than_an_experiment_has(tmp_path: Path) -> None:
    code = "x = 1 # padding padding padding padding\n" * 60_000
    loaded = export(tmp_path, {"a.py": code, "b.py": code, "c.py": "y = 1\n"})
    (problem,) = problems(loaded, ProblemKind.REFUSED)
    assert (problem.location.path, "Python code" in problem.reason) == ("b.py", True)


@pytest.mark.parametrize("limit", ["max_file_mb", "max_total_mb", "max_files"])
def test_the_export_may_lower_limits_only(tmp_path: Path, limit: str) -> None:
    (tmp_path / "audit.toml").write_text(f"[limits]\n{limit} = 1\n")
    assert getattr(read_config(tmp_path).limits, limit) == 1
    raised = f"[limits]\n{limit} = 1_000_000_000\n"
    (tmp_path / "audit.toml").write_text(raised)
    with pytest.raises(ConfigError, match="--config"):
        read_config(tmp_path)
    assert getattr(parse_config(raised, "own.toml").limits, limit) == 1_000_000_000


@pytest.mark.parametrize(
    "text", ["a" + ".a" * 100_000 + " = 1", "metric = " + "1" * 100_000, "a = " + "[" * 100_000]
)
def test_configuration_that_would_exhaust_the_parser(tmp_path: Path, text: str) -> None:
    (tmp_path / "audit.toml").write_text(text)
    with pytest.raises(ConfigError, match="2,000 characters"):
        read_config(tmp_path)


def test_long_texts_stay_apart(tmp_path: Path) -> None:
    """Texts that differ after the part that is kept must not become duplicates."""
    texts = ["a" * 5_000 + end for end in ("x", "y", "x")]
    frame = pd.DataFrame({"text": texts, "y": [1, 2, 3]})
    loaded = export(tmp_path, {"train.csv": csv(frame), "val.csv": csv(frame)})
    from audit.model.artifacts import Splits

    column = loaded.get(Splits).value.train.features["text"].tolist()
    assert column[0] == column[2] != column[1]
    assert max(map(len, column)) < 1_200


@pytest.mark.skipif(os.name != "posix", reason="names that are no Unicode exist on POSIX only")
def test_file_name_that_is_no_unicode(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/metrics\xff\n.json"))
    path.write_text('{"rmse": 1}')
    loaded = export(tmp_path, {"train.csv": csv(rows(4)), "val.csv": csv(rows(3, 1))})
    assert isinstance(loaded.get(Metrics), Present)
    for item in loaded.recognised:
        item.path.encode("utf-8")


def test_halves_of_characters(tmp_path: Path) -> None:
    """A lone surrogate cannot be written to any report, nor to an Arrow column."""
    half = "\\ud800"
    table = f'[{{"{half}": "{half}a", "b": 1, "y": 2}}, {{"{half}": "{half}b", "b": 2, "y": 3}}]'
    cell = f'{{"cell_type": "markdown", "source": "{half} and \\ud83d\\ude00"}}'
    files = {
        "train.json": table,
        "val.json": table,
        "metrics.json": f'{{"rmse": 1, "by_group": {{"{half}a": 1, "{half}b": 2}}}}',
        "notes.ipynb": f'{{"cells": [{cell}]}}',
        "odd.pkl": pickle.dumps(["\ud800"]),
    }
    loaded = export(tmp_path, files)
    assert [p.location.path for p in problems(loaded, ProblemKind.UNREADABLE)] == ["odd.pkl"]
    (document,) = loaded.get(Documents).value.items
    assert document.text == "\ufffd and \U0001f600"
    (metrics,) = loaded.get(Metrics).value.tables
    assert all(key.encode() for key in metrics.by_group)


def test_rows_of_millions_of_numbers(tmp_path: Path) -> None:
    wide = npy(np.zeros((2, 1_000_000), dtype=np.uint8))
    loaded = export(tmp_path, {"X_train.npy": wide, "X_val.npy": wide})
    assert reasons(loaded, ProblemKind.REFUSED).count("rows of 1,000,000 numbers") == 2
