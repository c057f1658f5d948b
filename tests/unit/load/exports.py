"""Small exports written to a folder, for the tests of the loader."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.load import load, read_config
from audit.model.artifacts import LoadProblems, Problem, ProblemKind
from audit.model.export import Export


def npz(**members: Any) -> bytes:
    """Bytes of an ``.npz`` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **members)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    """Bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    """Bytes of a Parquet file."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def notebook(*cells: tuple[str, str], language: str = "python") -> str:
    """Text of a notebook."""
    return json.dumps(
        {
            "cells": [
                {"cell_type": kind, "source": source, "metadata": {}}
                | ({"outputs": [], "execution_count": 1} if kind == "code" else {})
                for kind, source in cells
            ],
            "metadata": {"language_info": {"name": language}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def rows(n: int = 6, seed: int = 0, target: str = "y") -> pd.DataFrame:
    """Rows with two features, a group and a target."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "a": rng.normal(size=n),
            "b": rng.integers(0, 9, n),
            "site": np.resize(["north", "south"], n),
            target: rng.normal(size=n),
        }
    )


def csv(frame: pd.DataFrame) -> str:
    """Text of a table."""
    return frame.to_csv(index=False)


def export(root: Path, files: dict[str, Any]) -> Export:
    """Write files and load the folder, with its own configuration."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict | list):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(root, read_config(root))


def problems(loaded: Export, kind: ProblemKind | None = None) -> list[Problem]:
    """Loading problems, of one kind or all."""
    items = loaded.artifacts[LoadProblems].value.items
    return [item for item in items if kind is None or item.kind is kind]


def roles(loaded: Export) -> dict[str, str]:
    """Recognised role by path."""
    return {item.path: item.role for item in loaded.recognised}
