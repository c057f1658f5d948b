"""The split by entity, on random entities with random strata."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reference_pipeline.data import DataError
from reference_pipeline.split import split_by_entity

SHARES = st.sampled_from([(0.7, 0.15, 0.15), (0.85, 0.15), (0.5, 0.5), (0.25,) * 4])


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_samples = draw(st.integers(1, 400))
    entities = rng.integers(0, draw(st.integers(1, 400)), n_samples)
    return entities, rng.integers(0, draw(st.integers(1, 5)), n_samples)


@settings(max_examples=200, deadline=None)
@given(problem=problems(), shares=SHARES, random_state=st.integers(0, 2**32 - 1))
def test_every_sample_once_no_entity_twice_every_stratum_everywhere(
    problem: tuple[np.ndarray, np.ndarray], shares: tuple[float, ...], random_state: int
) -> None:
    entities, strata = problem
    fewest = min(len(set(entities[strata == s].tolist())) for s in set(strata.tolist()))
    try:
        parts = split_by_entity(entities, strata, shares, random_state)
    except DataError:
        # Large entities excuse a failure with slightly more than the smallest number.
        assert fewest < 3 / min(shares)
        return
    assert fewest >= 1 / min(shares) - 1e-9
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(entities)))
    sides = [set(entities[part].tolist()) for part in parts]
    assert sum(map(len, sides)) == len(set().union(*sides))
    for part in parts:
        assert set(strata[part].tolist()) == set(strata.tolist())


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(st.integers(10, 120), min_size=1, max_size=6),
    shares=SHARES,
    random_state=st.integers(0, 2**32 - 1),
)
def test_strata_of_single_samples_are_kept_within_one_sample(
    sizes: list[int], shares: tuple[float, ...], random_state: int
) -> None:
    strata = np.repeat(np.arange(len(sizes)), sizes)
    parts = split_by_entity(np.arange(len(strata)), strata, shares, random_state)
    for stratum, size in enumerate(sizes):
        for part, share in zip(parts, shares, strict=True):
            assert abs((strata[part] == stratum).sum() - share * size) <= 1


@settings(max_examples=100, deadline=None)
@given(problem=problems(), random_state=st.integers(0, 2**32 - 1))
def test_strata_are_kept_within_the_largest_entity(
    problem: tuple[np.ndarray, np.ndarray], random_state: int
) -> None:
    entities, strata = problem
    try:
        parts = split_by_entity(entities, strata, random_state=random_state)
    except DataError:
        return
    largest = int(np.unique(entities, return_counts=True)[1].max())
    for stratum in set(strata.tolist()):
        for part, share in zip(parts, (0.7, 0.15, 0.15), strict=True):
            wanted = share * (strata == stratum).sum()
            assert abs((strata[part] == stratum).sum() - wanted) <= largest + 1
