"""Run every cell that has no result yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reference_pipeline.ablation.facts import SeedFacts
from reference_pipeline.ablation.grid import Cell, Study, digest
from reference_pipeline.ablation.store import Result, append_result, load_results
from reference_pipeline.evaluate import scores

RESULTS_FILE = "cells.jsonl"

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the trainer of a cell returns.

    Attributes
    ----------
    predicted : ndarray of shape (n_test,)
        Heights of the test set.
    train_rows : int
        Rows that the model was trained on, copies included.
    steps : int
        Gradient steps that were taken.
    """

    predicted: FloatArray
    train_rows: int
    steps: int


class SeedData(Protocol):
    """The data of one seed, as far as running the cells needs it."""

    @property
    def facts(self) -> SeedFacts:
        """What is known about it apart from any model."""

    def rows(self, name: str) -> tuple[npt.NDArray[Any], FloatArray]:
        """Rows and heights of ``train``, ``validation``, ``test``, or the copies by a method."""

    def features(self, name: str, feature_set: str) -> npt.NDArray[np.float32]:
        """Features of those rows, not scaled."""


class Watcher(Protocol):
    """Whoever is told how far the study is."""

    def begin(self, total: int, finished: int) -> None:
        """Say how many cells there are, and how many of them have a result already."""

    def preparing(self, seed: int) -> None:
        """Say that the data of a seed are being made or read."""

    def finished(self, result: Result) -> None:
        """Say that a cell was trained."""


Preparer = Callable[[Study, int, Path], SeedData]
Trainer = Callable[[Study, Cell, SeedData], Outcome]


def run_study(
    study: Study, work: Path, prepare: Preparer, train: Trainer, watcher: Watcher
) -> tuple[tuple[Result, ...], tuple[SeedFacts, ...]]:
    """Train the cells that have no result in the work folder, and return all results.

    Every result is written as soon as it is there, so that an interruption loses one cell.

    Parameters
    ----------
    study : Study
    work : Path
        Folder of results and prepared data; made where it does not exist.
    prepare : callable
        Makes or reads the data of a seed.
    train : callable
        Trains one cell.
    watcher : Watcher

    Returns
    -------
    results : tuple of Result
        In the order of ``study.cells()``.
    facts : tuple of SeedFacts
        One for every seed.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / RESULTS_FILE
    names = {cell: digest(study.settings(cell)) for cell in study.cells()}
    known = load_results(path)
    watcher.begin(len(names), sum(name in known for name in names.values()))
    facts = []
    for seed in study.seeds:
        watcher.preparing(seed)
        data = prepare(study, seed, work)
        facts.append(data.facts)
        for cell, name in names.items():
            if cell.seed != seed or name in known:
                continue
            known[name] = _trained(study, cell, name, data, train)
            append_result(path, known[name])
            watcher.finished(known[name])
    return tuple(known[name] for name in names.values()), tuple(facts)


def _trained(study: Study, cell: Cell, name: str, data: SeedData, train: Trainer) -> Result:
    start = time.process_time()
    outcome = train(study, cell, data)
    rows, heights = data.rows("test")
    try:
        measured = scores(rows, heights, outcome.predicted)
    except ValueError as error:
        raise ValueError(f"seed {cell.seed}, {', '.join(cell.levels())}: {error}") from error
    by_tier = {str(tier): estimate.value for tier, estimate in measured.by_tier.items()}
    by_group: Mapping[str, float] = {
        f"{k},{m}": estimate.value for (k, m), estimate in measured.by_group.items()
    }
    return Result(
        digest=name,
        cell=cell,
        scores={
            "overall": measured.overall.value,
            "balanced": measured.balanced.value,
            **by_tier,
        },
        by_group=by_group,
        train_rows=outcome.train_rows,
        steps=outcome.steps,
        cpu_seconds=time.process_time() - start,
    )
