"""Honest exports, foreign in style, on which no check about augmentation may raise an alarm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.augmenting import Make, add_copies, add_source, interpolated, jittered
from tests.experiment import Experiment, clean_experiment
from tests.harness import alarms, audit_export, run_of

Spoil = Callable[[Experiment, np.random.Generator], None]


def say(experiment: Experiment, text: str) -> None:
    experiment.edit("RESULTS.md", "# Results\n", f"# Results\n\n{text}\n")


def imputed(experiment: Experiment, rng: np.random.Generator) -> None:
    """A third of the source rows lack a value that the splits have filled in."""
    add_source(experiment)
    for split in ("train", "validation", "test"):
        rows: pd.DataFrame = getattr(experiment, split)
        raw = pd.read_csv(__import__("io").StringIO(str(experiment.files["raw.csv"])))
        gone = rng.choice(rows["row_id"], len(rows) // 3, replace=False)
        raw.loc[raw["row_id"].isin(gone), "x2"] = np.nan
        experiment.files["raw.csv"] = raw.to_csv(index=False)
        rows.loc[rows["row_id"].isin(gone), "x2"] = 0.0


def rounded(experiment: Experiment, rng: np.random.Generator) -> None:
    """The splits were written with fewer digits than the source rows."""
    add_source(experiment)
    for split in ("train", "validation", "test"):
        rows: pd.DataFrame = getattr(experiment, split)
        rows["x0"] = rows["x0"].round(2)


def partial(experiment: Experiment, rng: np.random.Generator) -> None:
    """The file called raw holds a tenth of the rows only."""
    add_source(experiment)
    lines = str(experiment.files["raw.csv"]).splitlines(keepends=True)
    experiment.files["raw.csv"] = "".join(lines[:41])


def scaled(experiment: Experiment, rng: np.random.Generator) -> None:
    """The splits hold scaled features."""
    add_source(experiment)
    for split in ("train", "validation", "test"):
        rows: pd.DataFrame = getattr(experiment, split)
        rows[list(experiment.features)] = (rows[list(experiment.features)] - 0.1) / 1.7


def test_from_elsewhere(experiment: Experiment, rng: np.random.Generator) -> None:
    """The test set comes from another file than the source rows."""
    parts = [experiment.train, experiment.validation]
    experiment.files["raw.csv"] = pd.concat(parts).to_csv(index=False)


test_from_elsewhere.__test__ = False  # type: ignore[attr-defined]


def repeated(experiment: Experiment, rng: np.random.Generator) -> None:
    """Rows of two sites are repeated three times."""
    add_source(experiment)
    rows = experiment.train
    more = rows[rows["site"].isin(["C", "D"])]
    experiment.train = pd.concat([rows, more, more], ignore_index=True)


def augmented(make: Make, copies: int = 2, text: str = "") -> Spoil:
    def apply(experiment: Experiment, rng: np.random.Generator) -> None:
        add_source(experiment)
        add_copies(experiment, "train", make, rng, copies)
        if text:
            say(experiment, text)

    return apply


def marked(experiment: Experiment, rng: np.random.Generator) -> None:
    """No source rows, but columns say which rows are copies and of which row."""
    for split in ("train", "validation", "test"):
        if split == "train":
            add_copies(experiment, split, jittered(0.1), rng)
        rows: pd.DataFrame = getattr(experiment, split)
        rows.insert(1, "is_augmented", rows["row_id"] >= 10_000)
        rows.insert(2, "parent_id", rows["row_id"] % 10_000)


def threads(experiment: Experiment, rng: np.random.Generator) -> None:
    """A column called parent_id that has nothing to do with augmentation."""
    for split in ("train", "validation", "test"):
        rows: pd.DataFrame = getattr(experiment, split)
        rows["parent_id"] = rng.choice(experiment.train["row_id"].to_numpy()[:50], len(rows))


def near_zero(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return rows * rng.uniform(0.95, 1.05, rows.shape)


CASES: dict[str, Spoil] = {
    "imputed": imputed,
    "rounded": rounded,
    "partial": partial,
    "scaled": scaled,
    "test from elsewhere": test_from_elsewhere,
    "repeated": repeated,
    "marked": marked,
    "threads": threads,
    "jitter": augmented(jittered(0.05)),
    "interpolation": augmented(interpolated),
    "one copy": augmented(jittered(0.1), 1, "Augmentation doubled training (2x the rows)."),
    "exact multiples": augmented(near_zero, 2, "Copies get ±5% noise; 3x as many training rows."),
    "other factors": augmented(
        jittered(0.1),
        2,
        "Augmentation made training 3 times slower. The error with augmented data is 4x lower. "
        "We augment and repeat the run 5 times; a learning rate 10x smaller was no better.",
    ),
    "plans": augmented(
        jittered(0.1), 2, "Next, augmentation should grow the data 20x with 50 % noise."
    ),
    "other noise": augmented(
        jittered(0.1),
        2,
        "The augmented rows inherit label noise of 30 %. Sensor noise is 40 %, and the noise is "
        "added to 50 % of the rows. Dropout of 20 % adds noise as well.",
    ),
    "mixed": augmented(
        jittered(0.8), 1, "Augmentation: random flips and crops of the plot, then 2 % noise."
    ),
    "range of factors": augmented(jittered(0.1), 2, "Augmentation: 2-4x growth of the data."),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_alarm(name: str, seed: int, tmp_path: Path) -> None:
    experiment = clean_experiment(seed)
    CASES[name](experiment, np.random.default_rng(seed))
    report = audit_export(experiment.write(tmp_path))
    loud = {id for id in alarms(report) if id.startswith("AU")}
    assert loud == set(), [f.message for f in report.findings if f.check_id in loud]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_added_is_not_applicable(seed: int, tmp_path: Path) -> None:
    experiment = clean_experiment(seed)
    add_source(experiment)
    report = audit_export(experiment.write(tmp_path))
    for check_id in ("AU302", "AU303", "AU304"):
        run = run_of(report, check_id)
        assert run.verdict.value == "NOT_APPLICABLE"
        assert "cop" in run.reason or "added" in run.reason


def test_without_source_rows_the_reason_says_what_is_missing(tmp_path: Path) -> None:
    report = audit_export(clean_experiment(0).write(tmp_path))
    for check_id in ("AU302", "AU303", "AU304"):
        run = run_of(report, check_id)
        assert run.verdict.value == "NOT_APPLICABLE"
        assert "no source rows" in run.reason
