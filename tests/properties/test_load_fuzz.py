"""No bytes in any kind of file make `load` raise, block or leave its types."""

from __future__ import annotations

import pickle
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.load import NothingToAudit, load
from audit.model.export import Absent, Malformed, Present
from tests.unit.load.exports import csv, notebook, npy, npz, parquet, rows

ROW_LIST = [[9, 4, 2, np.ones((2, 2))], [9, 5, 2, np.ones((1, 2))]]


@cache
def seeds() -> dict[str, bytes]:
    metrics = (
        b'{"metric": "rmse", "val": {"overall": 0.25, "by_group": [{"site": "north", "rmse": 1}]}}'
    )
    return {
        "train.csv": csv(rows(6)).encode(),
        "val.csv": csv(rows(4, 1)).encode(),
        "test.parquet": parquet(rows(4, 2)),
        "X_test.npy": npy(np.ones((3, 2))),
        "bundle.npz": npz(X_train=np.ones((3, 2)), y_train=np.ones(3)),
        "data/rows.pkl": pickle.dumps(ROW_LIST),
        "metrics.json": metrics,
        "baseline.csv": b"site,rmse,n\nnorth,0.5,3\nsouth,0.25,4\n",
        "history.csv": b"epoch,loss\n1,0.5\n2,0.25\n",
        "predictions.csv": b"y_true,y_pred\n1,2\n3,4\n",
        "work.ipynb": notebook(
            ("markdown", "| a | b |\n|---|---|\n| 1 | 2 |"), ("code", "x = 1")
        ).encode(),
        "work.py": b"# %%\nx = 1\n",
        "README.md": b"| Site | Tier |\n|---|---|\n| north | easy |\n",
    }


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted(seeds())), st.data())
def test_flipped_bytes(name: str, data: st.DataObject) -> None:
    content = bytearray(seeds()[name])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = (
        content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, original in seeds().items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(bytes(content) if path == name else original)
        loaded = load(root)
        for slot in loaded.artifacts.values():
            assert isinstance(slot, Present | Absent | Malformed)
        assert {item.path for item in loaded.recognised} == set(seeds())


SUFFIXES = ["csv", "tsv", "json", "jsonl", "npy", "npz", "parquet", "pkl", "ipynb", "py", "md"]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SUFFIXES),
    st.sampled_from(["train", "X_val", "metrics", "predictions", "data/rows", "audit"]),
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
)
def test_any_bytes(suffix: str, stem: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{stem}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        try:
            loaded = load(Path(folder))
        except NothingToAudit:
            return
        assert len(loaded.recognised) >= 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "rmse",
                    "val",
                    "by_group",
                    "overall",
                    "n",
                    "tier",
                    "k",
                    "loss",
                    "metric",
                    "split",
                    "y",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(JSON, st.sampled_from(["metrics", "baseline", "history", "train", "predictions", "rows"]))
def test_any_json(value: object, stem: str) -> None:
    import json

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{stem}.json").write_text(json.dumps(value))
        (Path(folder) / "val.csv").write_text(csv(rows(3)))
        load(Path(folder))
