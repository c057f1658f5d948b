"""AU304 on small data: what is a loss, and what is honest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    CodeFacts,
    DataStep,
    RawData,
    SplitData,
    SplitRole,
    Splits,
    StepKind,
)
from audit.model.check import Outcome, Verdict
from audit.model.location import Location
from audit.model.severity import Severity
from checks.augmentation.fidelity import Params, fidelity
from tests.unit.augmentation.builders import Make, jitter, repeat, smote, splits_of, table

COPYING = CodeFacts(
    (DataStep(StepKind.DUPLICATE, Location("a.py", line=1), "concat", "x"),), (), ()
)


def run(splits: Splits, raw: RawData | None, facts: CodeFacts | None = COPYING) -> Outcome:
    return fidelity.function(
        splits=splits, raw=raw, code=None, facts=facts, documents=None, params=Params()
    )


def outcome_of(
    originals: pd.DataFrame, make: Make | None, seed: int = 0, target: str = "real", copies: int = 2
) -> Outcome:
    rng = np.random.default_rng(seed)
    return run(*splits_of(originals, make, rng, target=target, copies=copies))


def names(outcome: Outcome) -> set[str]:
    return {e.name for finding in outcome.findings for e in finding.evidence}


def matrices(rng: np.random.Generator, d: int = 12) -> pd.DataFrame:
    return pd.DataFrame(rng.integers(-100, 101, (250, d)), columns=[f"p{i}" for i in range(d)])


def images(rng: np.random.Generator) -> pd.DataFrame:
    y, x = np.mgrid[:8, :8]
    centre, width = rng.uniform(2, 5, (250, 2, 1, 1)), rng.uniform(2, 6, (250, 1, 1))
    shape = np.exp(-((y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2) / width)
    pixels = np.round(16 * shape)
    pixels[:, :, 0] = 0
    return pd.DataFrame(pixels.reshape(250, 64), columns=[f"pixel_{i}" for i in range(64)])


def flipped(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    turned = rows.to_numpy().reshape(-1, 8, 8)[:, :, ::-1].reshape(len(rows), 64)
    return pd.DataFrame(turned, columns=rows.columns)


def shifted(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    moved = np.roll(rows.to_numpy().reshape(-1, 8, 8), 1, axis=2)
    moved[:, :, 0] = 0
    return pd.DataFrame(moved.reshape(len(rows), 64), columns=rows.columns)


def permuted(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    values = rng.permuted(rows.to_numpy(), axis=1) * rng.choice([-1, 1], (len(rows), 1))
    return pd.DataFrame(values, columns=rows.columns)


HONEST = {
    "jitter": (table, jitter(0.05)),
    "strong jitter": (table, jitter(0.3)),
    "interpolation": (table, smote),
    "flips": (images, flipped),
    "shifts": (images, shifted),
    "symmetries": (matrices, permuted),
    "repeats": (table, repeat),
    "none": (table, None),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_augmentation_is_silent_over_twenty_seeds(name: str) -> None:
    source, make = HONEST[name]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        target = "real" if seed % 2 else "class"
        outcome = outcome_of(source(rng), make, seed, target)
        loud = [f.message for f in outcome.findings if f.severity >= Severity.WARNING]
        assert loud == [], (seed, loud)
        if name in ("none", "repeats"):
            assert outcome.verdict is Verdict.NOT_APPLICABLE
        elif name in ("jitter", "strong jitter", "interpolation", "flips", "symmetries"):
            assert outcome.verdict is Verdict.PASS, (seed, outcome.reason)


def test_a_constant_column_that_varies_in_copies() -> None:
    originals = table(np.random.default_rng(0)).assign(length=9)

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(length=rows["length"] * rng.uniform(0.98, 1.02, len(rows)))

    (finding,) = outcome_of(originals, make).findings
    assert "length is 9 in every original" in finding.message
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("target", ["real", "class"])
def test_codes_that_no_original_has(target: str) -> None:
    originals = table(np.random.default_rng(0))
    originals["rooms"] = np.random.default_rng(1).integers(1, 8, len(originals))
    (finding,) = outcome_of(originals, smote, target=target).findings
    assert finding.severity is Severity.WARNING
    assert "rooms is one of 1, 2, 3, 4" in finding.message


def test_clipping_normalising_and_collapse_in_numbers() -> None:
    """Each against brute force."""
    originals = matrices(np.random.default_rng(0), 6)

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        clipped = np.clip(rows.to_numpy() + rng.normal(0, 0.02, rows.shape), 0, 1)
        blocks = clipped.reshape(-1, 2, 3)
        sums = np.maximum(blocks.sum(axis=2, keepdims=True), 1e-7)
        return pd.DataFrame((blocks / sums).reshape(-1, 6), columns=rows.columns)

    rng = np.random.default_rng(0)
    splits, raw = splits_of(originals, make, rng, copies=5)
    (finding,) = run(splits, raw).findings
    values = {e.name: e for e in finding.evidence}
    train, y = splits.train.features.to_numpy(), splits.train.target
    assert y is not None and raw.target is not None
    known = {tuple(row) for row in originals.to_numpy().astype(float)}
    made = [i for i in range(len(train)) if tuple(train[i]) not in known]
    parents = {value: row for row, value in zip(originals.to_numpy(), raw.target, strict=True)}
    beside = np.array([parents[y[i]] for i in made])
    assert values["clipped_share"].observed == pytest.approx(
        ((beside < train[made].min()) | (beside > train[made].max())).mean()
    )
    distinct = {(y[i], *train[i]) for i in made}
    assert values["distinct_copies"].observed == pytest.approx(
        len(distinct) / len({y[i] for i in made})
    )
    assert values["unit_sums_share"].observed == 1.0
    assert values["two_sample_auc"].observed > 0.999  # type: ignore[operator]
    assert "go from" in finding.message
    assert "every 3 neighbours of p0 … p5 sum to 1" in finding.message


def test_one_hot_columns_sum_to_one_in_both() -> None:
    rng = np.random.default_rng(0)
    hot = pd.get_dummies(pd.Series(rng.integers(0, 5, 300)), prefix="c").astype(int)
    originals = pd.concat([table(rng), hot], axis=1)

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        noisy = rows.copy()
        noisy["ma"] += 0.1 * rng.normal(size=len(rows))
        return noisy

    assert outcome_of(originals, make).verdict is Verdict.PASS


def test_values_beyond_the_range() -> None:
    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows + 3 * rows.std().to_numpy() * np.where(rng.random(rows.shape) < 0.5, -1, 1)

    outcome = outcome_of(table(np.random.default_rng(0)), make)
    assert "outside_range_share" in names(outcome)


def test_fractions_among_many_whole_numbers_are_a_note() -> None:
    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows + rng.normal(0, 2, rows.shape)

    outcome = outcome_of(matrices(np.random.default_rng(0)), make)
    assert [finding.severity for finding in outcome.findings] == [Severity.NOTE]


def test_rows_from_elsewhere_are_not_judged() -> None:
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), None, rng, target="class")
    assert raw.features is not None
    few = RawData("raw.csv", 40, None, raw.features.iloc[:40].reset_index(drop=True), None, "")
    assert run(splits, few, None).verdict is Verdict.REVIEW


def test_text_columns_and_missing_values_are_no_obstacle() -> None:
    rng = np.random.default_rng(0)
    originals = table(rng).assign(city=rng.choice(["a", "b"], 300))
    originals.loc[::7, "mb"] = np.nan

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(ma=rows["ma"] + 0.1 * rng.normal(size=len(rows)))

    assert outcome_of(originals, make).verdict is Verdict.PASS


def test_the_series_are_histograms_on_one_scale() -> None:
    outcome = outcome_of(table(np.random.default_rng(0)), jitter(0.2))
    assert outcome.series and len(outcome.series) <= 8
    for first, second in zip(outcome.series[::2], outcome.series[1::2], strict=True):
        assert (first.label, second.label) == ("original", "augmented")
        assert first.x == second.x and first.group == second.group
        assert sum(first.y) == pytest.approx(1) and sum(second.y) == pytest.approx(1)


def test_copies_that_are_all_alike_collapse_whatever_the_columns_are_called() -> None:
    rng = np.random.default_rng(0)
    rows = table(rng, 200)[["ma", "mb"]].rename(columns={"ma": "heat", "mb": "load"})
    splits, raw = splits_of(rows, None, rng, copies=0)
    train = splits.train
    noisy = train.features * (1 + rng.normal(0, 0.02, train.features.shape))
    for parts, verdict in (([noisy] * 3, Verdict.FAIL), ([noisy], Verdict.PASS)):
        grown = pd.concat([train.features, *parts], ignore_index=True)
        target = np.tile(train.target, 1 + len(parts))  # type: ignore[arg-type]
        own = SplitData(SplitRole.TRAIN, "train.csv", grown, target, None, np.arange(len(grown)))
        assert run(Splits(own, splits.held_out), raw).verdict is verdict
