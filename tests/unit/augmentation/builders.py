"""Small experiments with augmented training rows, as the checks get them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from audit.model.artifacts import RawData, SplitData, SplitRole, Splits

Make = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def table(rng: np.random.Generator, n: int = 300, d: int = 6) -> pd.DataFrame:
    """Correlated real-valued rows on scales from 1 to 100, and a class."""
    x = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d)))
    rows = pd.DataFrame(x * np.geomspace(1, 100, d), columns=[f"m{chr(97 + i)}" for i in range(d)])
    return rows


def jitter(scale: float) -> Make:
    """Gaussian noise in proportion to the spread of each column."""

    def make(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows + scale * rows.std().to_numpy() * rng.normal(size=rows.shape)

    return make


def smote(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Interpolation between a row and one of its five nearest neighbours."""
    x = rows.to_numpy()
    z = (x - x.mean(0)) / (x.std(0) + 1e-12)
    distance = ((z[:, None] - z[None]) ** 2).sum(-1)
    near = np.argsort(distance, axis=1)[:, 1:6]
    other = x[near[np.arange(len(x)), rng.integers(0, 5, len(x))]]
    return pd.DataFrame(x + rng.uniform(size=(len(x), 1)) * (other - x), columns=rows.columns)


def repeat(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Exact copies."""
    return rows.copy()


def splits_of(
    originals: pd.DataFrame,
    make: Make | None,
    rng: np.random.Generator,
    *,
    copies: int = 2,
    target: str = "real",
    groups: np.ndarray | None = None,
    held_out: float = 0.2,
    leak: bool = False,
) -> tuple[Splits, RawData]:
    """Split the originals, augment the training rows (or, with `leak`, before the split)."""
    n = len(originals)
    y = rng.normal(size=n) if target == "real" else rng.integers(0, 2, n).astype(float)
    order = rng.permutation(n)
    rows, labels = originals.iloc[order].reset_index(drop=True), y[order]
    keys = groups[order] if groups is not None else None
    cut = int(n * (1 - held_out))
    base = slice(0, n) if leak else slice(0, cut)
    parts = [rows.iloc[base]]
    targets = [labels[base]]
    names = [keys[base]] if keys is not None else []
    for _ in range(copies if make is not None else 0):
        parts.append(make(rows.iloc[base].reset_index(drop=True), rng))
        targets.append(labels[base])
        names += [keys[base]] if keys is not None else []
    pool, pool_y = pd.concat(parts, ignore_index=True), np.concatenate(targets)
    pool_keys = np.concatenate(names) if names else None
    if leak:
        mixed = rng.permutation(len(pool))
        pool, pool_y = pool.iloc[mixed].reset_index(drop=True), pool_y[mixed]
        pool_keys = pool_keys[mixed] if pool_keys is not None else None
        at = int(len(pool) * (1 - held_out))
        train = split(SplitRole.TRAIN, pool.iloc[:at], pool_y[:at], _part(pool_keys, 0, at))
        rest = split(SplitRole.TEST, pool.iloc[at:], pool_y[at:], _part(pool_keys, at, None))
    else:
        train = split(SplitRole.TRAIN, pool, pool_y, pool_keys)
        rest = split(SplitRole.TEST, rows.iloc[cut:], labels[cut:], _part(keys, cut, None))
    raw = RawData("raw.csv", n, groups, features=originals, target=y, note="")
    return Splits(train, (rest,)), raw


def _part(keys: np.ndarray | None, start: int, stop: int | None) -> np.ndarray | None:
    return keys[start:stop] if keys is not None else None


def split(
    role: SplitRole, features: pd.DataFrame, y: np.ndarray, groups: np.ndarray | None = None
) -> SplitData:
    """One split, in a file named after it."""
    rows = np.arange(len(features))
    return SplitData(role, f"{role.value}.csv", features.reset_index(drop=True), y, groups, rows)
