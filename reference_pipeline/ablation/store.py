"""Finished cells, one line of JSON each, so that an interrupted study goes on where it stopped."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reference_pipeline.ablation.grid import Cell

METRICS = ("overall", "balanced", "easy", "medium", "hard")


@dataclass(frozen=True, slots=True)
class Result:
    """One finished cell.

    Attributes
    ----------
    digest : str
        Name of the configuration that it was trained with.
    cell : Cell
    scores : dict
        log2-MSE on the fresh test set, by the names in `METRICS`.
    by_group : dict
        The same for each group, by ``"k,m"``.
    train_rows : int
        Rows that the model was trained on, copies included.
    steps : int
        Gradient steps that were taken.
    cpu_seconds : float
        Processor time of training and evaluation, all cores.
    """

    digest: str
    cell: Cell
    scores: Mapping[str, float]
    by_group: Mapping[str, float]
    train_rows: int
    steps: int
    cpu_seconds: float


def load_results(path: Path) -> dict[str, Result]:
    """Read the finished cells; what is not a whole valid line is left out.

    Parameters
    ----------
    path : Path
        It need not exist.

    Returns
    -------
    dict of str to Result
        By the digest of the configuration; of repeated ones the last.
    """
    if not path.is_file():
        return {}
    lines = path.read_bytes().split(b"\n")
    results = (_result(line) for line in lines if line.strip())
    return {result.digest: result for result in results if result is not None}


def append_result(path: Path, result: Result) -> None:
    """Append a finished cell in one write, after whatever an interruption left behind.

    Parameters
    ----------
    path : Path
        Its folder exists.
    result : Result
    """
    line = json.dumps(asdict(result), sort_keys=True).encode() + b"\n"
    if _ends_within_a_line(path):
        line = b"\n" + line
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ends_within_a_line(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as handle:
        handle.seek(-1, os.SEEK_END)
        return handle.read(1) != b"\n"


def _result(line: bytes) -> Result | None:
    try:
        fields: dict[str, Any] = json.loads(line)
        result = Result(**{**fields, "cell": Cell(**fields["cell"])})
        numbers = [*(result.scores[name] for name in METRICS), *result.by_group.values()]
        whole = all(map(math.isfinite, [*numbers, result.cpu_seconds, result.steps]))
        return result if whole and isinstance(result.digest, str) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
