"""Counts of planted copies, and measures that do not depend on units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.load.origins import _keys
from audit.model.artifacts import RawData, SplitRole, Splits
from checks.augmentation.changes import robust_spread
from checks.augmentation.families import families, rearranged
from checks.augmentation.label_errors import compared, error_of
from checks.augmentation.nearest import nearest
from checks.augmentation.origins import Origins, origins
from checks.kit.two_sample import auc_of
from tests.unit.augmentation.builders import split

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None)
@given(seed=SEEDS, k=st.integers(0, 30), held=st.integers(0, 10))
def test_k_planted_copies_are_counted(seed: int, k: int, held: int) -> None:
    """k noisy copies in train and `held` in test, in any order, are found with their parents."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, 4)), rng.normal(size=60)
    first, second = rng.integers(0, 60, k), rng.integers(0, 60, held)
    parts = []
    for rows, made, role in (
        (np.arange(40), first, SplitRole.TRAIN),
        (np.arange(40, 60), second, SplitRole.TEST),
    ):
        features = np.vstack([x[rows], x[made] + 0.1 * rng.normal(size=(len(made), 4))])
        order = rng.permutation(len(features))
        source = np.r_[rows, made][order]
        table = pd.DataFrame(features[order], columns=list("abcd"))
        parts.append((split(role, table, y[source]), source, order >= len(rows)))
    raw = RawData("raw.csv", 60, None, pd.DataFrame(x, columns=list("abcd")), y, "")
    found = origins(Splits(parts[0][0], (parts[1][0],)), raw)
    assert isinstance(found, Origins)
    for part, (_, source, planted) in zip(found.parts, parts, strict=True):
        np.testing.assert_array_equal(part.synthetic, planted)
        if k + held:
            np.testing.assert_array_equal(part.parents[planted], source[planted])


@given(seed=SEEDS, scale=st.sampled_from([0.25, 2.0, 1024.0]), move=st.integers(-1000, 1000))
def test_the_spread_follows_the_units(seed: int, scale: float, move: int) -> None:
    column = np.random.default_rng(seed).integers(-50, 50, 40).astype(float)
    assert np.isclose(robust_spread(scale * column + move), scale * robust_spread(column))


@given(seed=SEEDS)
def test_permutations_and_signs_are_rearrangements(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(10, 6))
    turned = rng.permuted(rows, axis=1) * rng.choice([-1, 1], rows.shape)
    assert rearranged(turned, rows).all()
    assert not rearranged(turned + 1e-9, rows).any()


@given(seed=SEEDS)
def test_auc_does_not_change_with_monotone_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(-5, 6, 50), np.arange(50) < 20
    assert auc_of(scores, positive) == auc_of(np.exp(scores / 3), positive)
    assert np.isclose(auc_of(scores, positive), 1 - auc_of(scores, ~positive))


@settings(deadline=None)
@given(seed=SEEDS)
def test_the_nearest_original_is_that_of_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    originals = rng.normal(size=(30, 3)) * [1, 10, 100]
    rows = originals[rng.integers(0, 30, 20)] + 0.2 * rng.normal(size=(20, 3)) * [1, 10, 100]
    found = nearest(rows, originals)
    assert found is not None
    scaled = originals / originals.std(axis=0)
    for row, index in zip(rows / originals.std(axis=0), found, strict=True):
        distance = np.sqrt(((scaled - row) ** 2).sum(axis=1))
        one, two = np.sort(distance)[:2]
        if abs(one - two / 2) > 1e-6:
            assert index == (int(distance.argmin()) if one <= two / 2 else -1)


@given(st.lists(st.text(max_size=8), min_size=1, max_size=12, unique=True))
def test_every_numeric_column_is_in_one_family(names: list[str]) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(10, len(names))), columns=pd.Index(names, dtype=object))
    members = [i for family in families(table) for i in family.columns]
    assert sorted(members) == list(range(len(names)))


# --- labels against exact ones --------------------------------------------------------------------

NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64),
    st.sampled_from([0.0, 1.0, 2.5, -1.0, 1e308]),
)


@settings(deadline=None)
@given(
    pairs=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30),
    metric=st.sampled_from(["log2_mse", "mse", "rmsle", "accuracy", "r2", None]),
    seed=SEEDS,
)
def test_wrong_labels_are_counted_whatever_the_values_and_their_order(
    pairs: list[tuple[float, float]], metric: str | None, seed: int
) -> None:
    y, exact = (np.array(column) for column in zip(*pairs, strict=True))
    every = np.ones(len(y), dtype=bool)
    found = compared(y, exact, metric, 1e-6)
    assert not isinstance(found, str)
    error = error_of(found, every)
    assert 0 <= error.impossible <= error.wrong <= error.n <= len(y)
    assert error.error is None or 0 <= error.error < np.inf
    assert not (found.wrong & ((y == exact) | np.isnan(y) | np.isnan(exact))).any()
    order = np.random.default_rng(seed).permutation(len(y))
    again = compared(y[order], exact[order], metric, 1e-6)
    assert not isinstance(again, str)
    np.testing.assert_array_equal(again.wrong, found.wrong[order])


@settings(deadline=None)
@given(seed=SEEDS, k=st.integers(0, 40), factor=st.floats(1.01, 100.0))
def test_k_planted_wrong_labels_are_counted(seed: int, k: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    exact = rng.lognormal(2, 1, 40)
    planted = rng.permutation(40) < k
    found = compared(np.where(planted, exact * factor, exact), exact, "log2_mse", 1e-6)
    assert not isinstance(found, str)
    np.testing.assert_array_equal(found.wrong, planted)
    error = error_of(found, np.ones(40, dtype=bool))
    assert error.error is not None
    assert np.isclose(error.error, k / 40 * np.log2(factor) ** 2)


@settings(deadline=None)
@given(values=st.lists(st.integers(-(10**6), 10**6), min_size=1), gone=st.booleans())
def test_ids_are_spelt_alike_whatever_their_type(values: list[int], gone: bool) -> None:
    """A column of ids may be whole numbers, floats with NaN for none, or text."""
    whole = np.array(values)
    floats = whole.astype(float)
    texts = np.array([str(value) for value in values], dtype=object)
    if gone:
        floats, texts = np.r_[floats, np.nan], np.array([*texts, ""], dtype=object)
    assert _keys(floats).tolist() == _keys(texts).tolist()
    assert _keys(whole).tolist() == _keys(texts).tolist()[: len(whole)]
