"""Clean data: no split of them at random may be called contaminated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from audit.model.severity import Severity
from checks.contamination.exact_duplicates import exact_duplicates
from checks.contamination.masked_duplicates import masked_duplicates
from tests.unit.contamination.builders import kinship_of, run

SEEDS = range(10)


def bundled(name: str) -> tuple[pd.DataFrame, np.ndarray]:
    data = getattr(datasets, f"load_{name}")(as_frame=True)
    return data.data, data.target.to_numpy()


def gaussian(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(800, 10))
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(10)]), x[:, 0] + rng.normal(size=800)


def categorical(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Correlated categories, as in a census: many rows repeat without kinship."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 6, 1500)
    table = pd.DataFrame(
        {
            f"c{i}": np.where(
                rng.random(1500) < 0.7, (kind * (i + 3)) % 7, rng.integers(0, 7, 1500)
            )
            for i in range(8)
        }
    )
    return table.astype(str), (kind > 2).astype(int)


def rounded(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Coarse measurements and a target rounded to one decimal."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1200, 4)).round(0)
    y = (x.sum(axis=1) + rng.normal(0, 0.5, 1200)).round(1)
    return pd.DataFrame(x, columns=list("abcd")), y


def counts(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Sparse words of short texts, with 20 topics."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, 20, 1000)
    x = rng.poisson(np.where(np.arange(60) % 20 == topic[:, None], 0.8, 0.02))
    return pd.DataFrame(x, columns=[f"w{i}" for i in range(60)]), topic


def redundant(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Categories, their codes and their indicators side by side."""
    rng = np.random.default_rng(seed)
    raw = pd.DataFrame({f"c{i}": rng.choice(list("abcde"), 1000) for i in range(4)})
    codes = raw.apply(lambda column: column.map(ord)).add_suffix("_code")
    table = pd.concat([raw, codes, pd.get_dummies(raw).astype(int)], axis=1)
    return table, (raw["c0"] < "c").to_numpy().astype(int)


def timed(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A time stamp, a few coarse states, and a target that follows from them."""
    rng = np.random.default_rng(seed)
    states = rng.integers(0, 5, (1500, 3))
    table = pd.DataFrame(states, columns=["a", "b", "c"])
    table.insert(0, "time", 1_700_000_000 + 60 * np.arange(1500))
    return table, (states.sum(axis=1) > 6).astype(int)


MADE = [gaussian, categorical, rounded, counts, redundant, timed]
NAMED = ["iris", "wine", "diabetes", "digits", "breast_cancer"]


def alarms(table: pd.DataFrame, target: np.ndarray, seed: int, share: float = 0.25) -> list[str]:
    order = np.random.default_rng(seed).permutation(len(table))
    held_out, train = np.split(order, [int(share * len(table))])
    found = []
    for targets in (True, False):
        kin = kinship_of(
            table.iloc[train],
            table.iloc[held_out],
            target[train] if targets else None,
            target[held_out] if targets else None,
        )
        for check in (exact_duplicates, masked_duplicates):
            found += [f for f in run(check, kin).findings if f.severity >= Severity.WARNING]
    return [finding.message for finding in found]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", MADE)
def test_made_data(make, seed: int) -> None:
    assert alarms(*make(seed), seed) == []


@pytest.mark.parametrize("name", NAMED)
def test_bundled_data(name: str) -> None:
    table, target = bundled(name)
    for seed in SEEDS if name != "digits" else range(2):
        assert alarms(table, target, seed) == []


@pytest.mark.parametrize("name", NAMED)
def test_planted_copies_in_bundled_data_are_found(name: str) -> None:
    table, target = bundled(name)
    order = np.random.default_rng(0).permutation(len(table))
    held_out, train = np.split(order, [len(table) // 4])
    again = np.concatenate([held_out, train[: len(held_out)]])
    kin = kinship_of(table.iloc[train], table.iloc[again], target[train], target[again])
    outcome = run(exact_duplicates, kin)
    worst = max((f.severity for f in outcome.findings), default=None)
    # iris has four columns of few values: equal rows alone are no proof there
    assert worst is (None if name == "iris" else Severity.ERROR)
