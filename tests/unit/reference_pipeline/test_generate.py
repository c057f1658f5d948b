"""The generator and the symmetry keys, against brute force over whole symmetry classes."""

from __future__ import annotations

import hashlib
import pickle
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reference_pipeline.config import GROUPS, DatasetConfig, RunConfig, corrected, run6
from reference_pipeline.data import exact_heights
from reference_pipeline.export import HEIGHTS_FILE, INPUTS_FILE, write_data
from reference_pipeline.generate import (
    Sample,
    as_records,
    fresh_test_rows,
    generate,
    generate_rows,
    keys_of_rows,
)
from reference_pipeline.oracle import m_heights
from reference_pipeline.symmetry import canonical_forms, entity_keys

ROOT = Path(__file__).parents[3]
NUMPY_2 = np.lib.NumpyVersion(np.__version__) >= "2.0.0"


def symmetry_class(matrix: np.ndarray) -> set[tuple[int, ...]]:
    """All images of a small matrix, by enumeration."""
    rows, columns = matrix.shape
    images = set()
    for row_order, column_order in product(permutations(range(rows)), permutations(range(columns))):
        for row_signs, column_signs in product(
            product((1, -1), repeat=rows), product((1, -1), repeat=columns)
        ):
            image = matrix[list(row_order)][:, list(column_order)]
            image = image * np.array(row_signs)[:, None] * np.array(column_signs)
            images.add(tuple(image.ravel().tolist()))
    return images


@pytest.mark.parametrize("shape", [(1, 3), (2, 2), (2, 3), (3, 2)])
def test_keys_are_equal_for_exactly_the_matrices_of_one_class(shape: tuple[int, int]) -> None:
    batch = np.random.default_rng(0).integers(-1, 2, (60, *shape))
    classes = [symmetry_class(matrix) for matrix in batch]
    keys = entity_keys(batch)
    for i, j in product(range(len(batch)), repeat=2):
        assert (keys[i] == keys[j]) == (tuple(batch[j].ravel().tolist()) in classes[i])


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (3, 3)])
def test_the_canonical_form_belongs_to_the_class(shape: tuple[int, int]) -> None:
    batch = np.random.default_rng(1).integers(-9, 10, (10, *shape))
    for matrix, form in zip(batch, canonical_forms(batch), strict=True):
        assert tuple(form.ravel().tolist()) in symmetry_class(matrix)


@settings(max_examples=50, deadline=None)
@given(
    matrix=st.sampled_from([(4, 5), (5, 4), (6, 3)]).flatmap(
        lambda shape: hnp.arrays(np.int64, shape, elements=st.integers(-100, 100))
    ),
    random_state=st.integers(0, 2**32 - 1),
)
def test_an_image_has_the_key_of_its_original(matrix: np.ndarray, random_state: int) -> None:
    rng = np.random.default_rng(random_state)
    rows, columns = matrix.shape
    image = matrix[rng.permutation(rows)][:, rng.permutation(columns)]
    image = image * rng.choice([1, -1], (rows, 1)) * rng.choice([1, -1], (1, columns))

    assert entity_keys(matrix[None]) == entity_keys(image[None].astype(float))


def test_keys_tell_shapes_apart() -> None:
    matrix = np.arange(20).reshape(1, 4, 5)
    assert entity_keys(matrix) != entity_keys(matrix.transpose(0, 2, 1))


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
def test_keys_of_other_numbers_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="integer values"):
        entity_keys(np.full((1, 2, 2), value))


def test_keys_of_huge_integers_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        entity_keys(np.full((1, 4, 4), 10**6))


def test_sizes_ranges_and_finite_exact_heights() -> None:
    samples = generate(DatasetConfig(samples_per_group=20))
    counts = dict.fromkeys(GROUPS, 0)
    for sample in samples:
        counts[sample.k, sample.m] += 1
        assert sample.matrix.shape == (sample.k, 9 - sample.k)
        assert np.abs(sample.matrix).max() <= 100
        assert np.isfinite(sample.height)
        assert sample.height == m_heights(sample.matrix[None], sample.m)[0]
    assert counts == dict.fromkeys(GROUPS, 20)


def test_no_two_matrices_are_equal_up_to_symmetry() -> None:
    """With one row the class is the sorted magnitudes; small bounds make collisions certain."""
    config = DatasetConfig(samples_per_group=2000, mixture_share=1.0)
    samples = generate(config, groups=((1, 1),))

    classes = {tuple(sorted(np.abs(sample.matrix).ravel().tolist())) for sample in samples}
    assert len(samples) == len(classes) == 2000


def test_groups_with_the_same_k_share_no_matrix_unless_asked() -> None:
    groups = ((4, 2), (4, 3), (4, 4))

    def distinct(shared_share: float) -> int:
        config = DatasetConfig(samples_per_group=40, shared_share=shared_share)
        samples = generate(config, groups)
        assert len(samples) == 120
        return len({key for s in samples for key in entity_keys(s.matrix[None])})

    assert distinct(0.0) == 120
    # A quarter of the second and of the third group comes from the group before it.
    assert distinct(0.25) == 100


def test_the_scale_mixture() -> None:
    uniform = generate(DatasetConfig(300, mixture_share=0.0), groups=((4, 2),))
    mixed = generate(DatasetConfig(300, mixture_share=1.0), groups=((4, 2),))

    assert all(np.abs(sample.matrix).max() > 50 for sample in uniform)
    assert sum(np.abs(sample.matrix).max() <= 50 for sample in mixed) > 60


def test_the_seed_determines_the_dataset() -> None:
    def flat(samples: list[Sample]) -> list[object]:
        return [(s.k, s.m, s.matrix.tolist(), s.height) for s in samples]

    config = DatasetConfig(samples_per_group=5, random_state=1)
    assert flat(generate(config)) == flat(generate(config))
    assert flat(generate(config)) != flat(generate(DatasetConfig(5, random_state=2)))


def test_a_group_that_is_exhausted_is_an_error() -> None:
    # Every code with k = 8 has a codeword of two non-zeros: no finite height for m = 2.
    with pytest.raises(RuntimeError, match="k=8, m=2"):
        generate(DatasetConfig(samples_per_group=5), groups=((8, 2),))


def test_records_have_the_original_format() -> None:
    inputs, heights = as_records(generate(DatasetConfig(samples_per_group=2)))

    assert len(inputs) == len(heights) == 18
    n, k, m, matrix = inputs[0]
    assert (n, type(k), type(m)) == (9, int, int)
    assert isinstance(matrix, np.ndarray)
    assert matrix.dtype == np.int64
    assert all(type(height) is float for height in heights)


def matrices_by_k(rows: np.ndarray) -> dict[int, list[np.ndarray]]:
    found: dict[int, list[np.ndarray]] = {}
    for row in rows:
        k = int(row[1])
        found.setdefault(k, []).append(row[3 : 3 + k * (9 - k)].reshape(k, 9 - k))
    return found


def n_classes(matrices: list[np.ndarray]) -> int:
    """Symmetry classes; whole classes are compared only among equal sorted magnitudes."""
    alike: dict[tuple[int, ...], list[np.ndarray]] = {}
    for matrix in matrices:
        key = tuple(np.sort(np.abs(matrix), axis=None).tolist())
        alike.setdefault(key, []).append(matrix)
    number = 0
    for family in alike.values():
        number += 1 if len(family) == 1 else len({smallest_image(matrix) for matrix in family})
    return number


def smallest_image(matrix: np.ndarray) -> tuple[tuple[int, ...], ...]:
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    images = []
    for order in permutations(range(matrix.shape[0])):
        for signs in product((1, -1), repeat=matrix.shape[0]):
            image = matrix[list(order)] * np.array(signs)[:, None]
            columns = [max(c, [-v for v in c]) for c in image.T.tolist()]
            images.append(tuple(sorted(map(tuple, columns))))
    return min(images)


def test_rows_have_finite_exact_heights_in_random_order() -> None:
    lines: list[str] = []
    rows, heights = generate_rows(DatasetConfig(samples_per_group=30), progress=lines.append)

    assert rows.shape == (270, 23)
    assert rows.dtype == np.int64
    assert (rows[:, 0] == 9).all()
    assert (rows[rows[:, 1] == 6, 21:] == 0).all()
    assert np.abs(rows[:, 3:]).max() <= 100
    for k, m in GROUPS:
        members = (rows[:, 1] == k) & (rows[:, 2] == m)
        assert members.sum() == 30
        matrices = rows[members, 3 : 3 + k * (9 - k)].reshape(-1, k, 9 - k)
        assert heights[members].tolist() == m_heights(matrices, m).tolist()
    assert np.isfinite(heights).all()
    assert len({tuple(group) for group in rows[:30, 1:3].tolist()}) > 3
    assert len(lines) == 9
    assert lines[0] == "k=4, m=2: 30 samples"


def test_pool_and_fresh_test_rows_share_no_entity() -> None:
    """The mixture draws many matrices of small entries, which collide."""
    config = DatasetConfig(samples_per_group=250, mixture_share=1.0)
    pool, _ = generate_rows(config)
    test, heights = fresh_test_rows(DatasetConfig(120, mixture_share=1.0), pool)

    assert len(test) == len(heights) == 9 * 120
    assert heights.tolist() == exact_heights(test).tolist()
    for k, matrices in matrices_by_k(np.concatenate([pool, test])).items():
        assert n_classes(matrices) == len(matrices), k


def test_excluded_entities_do_not_occur() -> None:
    config = DatasetConfig(samples_per_group=10)
    rows, _ = generate_rows(config, groups=((4, 2),))
    other, _ = generate_rows(config, groups=((4, 2),), exclude=keys_of_rows(rows))

    assert len(keys_of_rows(rows)) == 10
    assert not keys_of_rows(rows) & keys_of_rows(other)


def test_the_seed_determines_the_rows_bit_for_bit() -> None:
    def digest(random_state: int) -> str:
        rows, heights = generate_rows(DatasetConfig(40, random_state=random_state))
        test, labels = fresh_test_rows(DatasetConfig(10, random_state=random_state), rows)
        parts = [array.tobytes() for array in (rows, heights, test, labels)]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_leaving_groups_out_changes_no_other_group() -> None:
    config = DatasetConfig(samples_per_group=15)
    everything, _ = generate_rows(config)
    alone, _ = generate_rows(config, groups=((6, 3),))

    members = (everything[:, 1:3] == (6, 3)).all(axis=1)
    assert sorted(everything[members].tolist()) == sorted(alone.tolist())


def test_rows_share_matrices_between_groups_when_asked() -> None:
    config = DatasetConfig(samples_per_group=40, shared_share=0.25)
    rows, _ = generate_rows(config, groups=((4, 2), (4, 3), (4, 4)))
    assert len(rows) == 120
    assert len(keys_of_rows(rows)) == 100


def test_a_group_of_rows_that_is_exhausted_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="k=8, m=2"):
        generate_rows(DatasetConfig(samples_per_group=5), groups=((8, 2),))


@pytest.mark.parametrize(
    ("export", "config"),
    [("notebook_export", run6()), ("tests/exports/corrected", corrected())],
)
def test_the_data_of_the_shipped_exports_are_reproduced(
    export: str, config: RunConfig, tmp_path: Path
) -> None:
    write_data(generate(config.dataset), tmp_path)
    for name in (INPUTS_FILE, HEIGHTS_FILE):
        shipped = (ROOT / export / name).read_bytes()
        made = (tmp_path / name).read_bytes()
        if NUMPY_2:  # NumPy 1 writes another name of its own modules
            assert hashlib.sha256(made).hexdigest() == hashlib.sha256(shipped).hexdigest()
        assert str(pickle.loads(made)) == str(pickle.loads(shipped))
