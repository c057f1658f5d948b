"""Entities against enumerated symmetry classes, and the split by entity."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from reference_pipeline.augment import noisy_copies, symmetric_copies
from reference_pipeline.config import DatasetConfig
from reference_pipeline.data import DataError, load_pickles, rows_of, rows_of_group
from reference_pipeline.generate import generate_rows
from reference_pipeline.split import entity_ids, split_by_entity

DS1 = Path(__file__).parents[4] / "shared" / "data" / "ds1"


def class_of(matrix: np.ndarray) -> tuple[object, ...]:
    """Smallest image of a matrix: every row order and row sign, columns brought into order."""
    images = []
    for order in permutations(range(len(matrix))):
        for signs in product((1, -1), repeat=len(matrix)):
            image = matrix[list(order)] * np.array(signs)[:, None] + 0
            images.append(tuple(sorted(max(tuple(c), tuple(-c + 0)) for c in image.T)))
    return (matrix.shape, min(images))


@pytest.mark.parametrize("scale", [1, 1 / 3])
def test_ids_are_equal_for_exactly_the_matrices_of_one_class(scale: float) -> None:
    rng = np.random.default_rng(0)
    # Few non-zeros of few values: many matrices have the same magnitudes without being related.
    batch = rng.choice([0, 0, 0, 0, 0, 0, 1, -1, 2], (40, 4, 5))
    rows = rows_of_group(4, 2, batch * scale)
    rows = np.concatenate([rows, symmetric_copies(rows, rng), rows[:5]])
    ids = entity_ids(rows)
    classes = [class_of(row[3:].reshape(4, 5)) for row in rows]

    number: dict[object, int] = {}
    expected = [number.setdefault(name, len(number)) for name in classes]
    assert 20 < len(number) < 41
    for i, j in product(range(len(rows)), repeat=2):
        assert (ids[i] == ids[j]) == (expected[i] == expected[j])


def test_neither_m_nor_n_makes_another_entity_but_k_does() -> None:
    flat = np.arange(1, 21)
    rows = rows_of(
        [
            [9, 4, 2, flat.reshape(4, 5)],
            [9, 4, 5, flat.reshape(4, 5)],
            [9.3, 4, 3, -flat.reshape(4, 5).astype(float)],
            [9, 5, 4, flat.reshape(4, 5).T],
            [9, 4, 4, flat.reshape(5, 4).T],
        ]
    )
    ids = entity_ids(rows)
    assert ids[0] == ids[1] == ids[2]
    assert len({ids[0], ids[3], ids[4]}) == 3


def test_matrices_that_differ_in_one_magnitude_only_are_different_entities() -> None:
    matrix = np.arange(1.0, 21).reshape(4, 5) / 7
    other = matrix.copy()
    other[0, 0] *= 1 + 1e-12
    assert len(set(entity_ids(rows_of_group(4, 2, np.stack([matrix, other]))))) == 2


def test_copies_by_symmetry_are_their_parents_and_noisy_copies_are_not() -> None:
    rows, _ = generate_rows(DatasetConfig(samples_per_group=8))
    rng = np.random.default_rng(1)
    ids = entity_ids(np.concatenate([rows, symmetric_copies(rows, rng)]))
    assert len(set(ids)) == 72
    assert (ids[:72] == ids[72:]).all()
    ids = entity_ids(np.concatenate([rows, noisy_copies(rows, 0.05, rng)]))
    assert not set(ids[:72]) & set(ids[72:])


def test_shares_strata_and_seed() -> None:
    rows, _ = generate_rows(DatasetConfig(samples_per_group=101))
    entities, strata = entity_ids(rows), rows[:, 1:3]
    parts = split_by_entity(entities, strata, (0.85, 0.15), random_state=3)

    assert sorted(np.concatenate(parts)) == list(range(909))
    assert all((np.diff(part) > 0).all() for part in parts)
    for group in np.unique(strata, axis=0):
        held_out = (strata[parts[1]] == group).all(axis=1).sum()
        assert abs(held_out - 0.15 * 101) < 1
    again = split_by_entity(entities, strata, (0.85, 0.15), random_state=3)
    other = split_by_entity(entities, strata, (0.85, 0.15), random_state=4)
    assert all((a == b).all() for a, b in zip(parts, again, strict=True))
    assert parts[1].tolist() != other[1].tolist()


def test_the_numbers_of_the_entities_do_not_matter() -> None:
    entities = np.random.default_rng(0).integers(0, 60, 100)
    strata = np.zeros(100, dtype=int)
    parts = split_by_entity(entities, strata)
    renamed = split_by_entity(entities * 1000 - 7, strata)
    assert all((a == b).all() for a, b in zip(parts, renamed, strict=True))


def test_one_matrix_under_several_m_stays_on_one_side() -> None:
    config = DatasetConfig(samples_per_group=60, shared_share=0.5)
    rows, _ = generate_rows(config)
    entities = entity_ids(rows)
    assert len(set(entities)) < 540 - 100
    parts = split_by_entity(entities, rows[:, 1:3])
    sides = [set(entities[part].tolist()) for part in parts]
    assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    for group in np.unique(rows[:, 1:3], axis=0):
        for part, share in zip(parts, (0.7, 0.15, 0.15), strict=True):
            found = (rows[part, 1:3] == group).all(axis=1).sum()
            assert abs(found - share * 60) <= 2


def test_too_few_samples_to_stratify() -> None:
    rows, _ = generate_rows(DatasetConfig(samples_per_group=20))
    few = np.flatnonzero((rows[:, 1] == 5) & (rows[:, 2] == 4))[6:]
    rows = np.delete(rows, few, axis=0)
    twice = np.concatenate([rows, rows])  # repeated samples do not help

    with pytest.raises(DataError) as caught:
        split_by_entity(entity_ids(twice), twice[:, 1:3])
    assert "group k=5, m=4 has 6 (12 samples)" in str(caught.value)
    assert "needs at least 7 different matrices P" in str(caught.value)
    assert "70 % / 15 % / 15 %" in str(caught.value)
    split_by_entity(entity_ids(rows), rows[:, 1:3], (0.8, 0.2))  # five are enough here


def test_a_stratum_that_one_entity_holds_almost_alone() -> None:
    """Entities that always come together: a side may stay without, and that is said."""
    entities = np.repeat(np.arange(7), [1000, 1, 1, 1, 1, 1, 1])
    parts = split_by_entity(entities, np.zeros(len(entities)))
    assert all(len(part) for part in parts)


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1.2, -0.2), (1.0, 0.0)])
def test_shares_must_be_shares(shares: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match="sum to 1"):
        split_by_entity(np.arange(30), np.zeros(30), shares)


def test_no_samples() -> None:
    assert entity_ids(np.empty((0, 23))).shape == (0,)
    with pytest.raises(DataError, match="no samples"):
        split_by_entity(np.empty(0, dtype=int), np.empty((0, 2)))


@pytest.mark.skipif(not DS1.is_dir(), reason=f"the public data set DS-1 is not at {DS1}")
def test_the_public_data_set() -> None:
    rows, _ = load_pickles(DS1 / "DS-1-samples_n_k_m_P.pkl", DS1 / "DS-1-samples_mHeights.pkl")
    entities = entity_ids(rows)
    assert len(np.unique(rows[:, [1, *range(3, 23)]], axis=0)) == 15_344
    assert 15_000 < len(set(entities.tolist())) < 15_344

    parts = split_by_entity(entities, rows[:, 1:3], random_state=1)
    sides = [set(entities[part].tolist()) for part in parts]
    assert not sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
    for group in np.unique(rows[:, 1:3], axis=0):
        members = (rows[:, 1:3] == group).all(axis=1)
        for part, share in zip(parts, (0.7, 0.15, 0.15), strict=True):
            assert abs(members[part].sum() - share * members.sum()) < 4
