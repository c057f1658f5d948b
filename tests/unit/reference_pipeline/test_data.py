"""Rows, the pickles of the original format, hostile pickles, and the check of labels."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reference_pipeline.config import GROUPS, DatasetConfig
from reference_pipeline.data import (
    COLUMNS,
    DataError,
    exact_heights,
    inputs_of,
    load_pickles,
    matrices_of,
    members_of_groups,
    rows_of,
    rows_of_group,
    verify_labels,
    write_pickles,
)
from reference_pipeline.generate import as_records, generate
from reference_pipeline.oracle import m_heights_of_floats

DS1 = Path(__file__).parents[4] / "shared" / "data" / "ds1"
P = np.arange(1, 21).reshape(4, 5)


def save(folder: Path, inputs: Any, heights: Any) -> tuple[Path, Path]:
    paths = folder / "inputs.pkl", folder / "heights.pkl"
    for path, content in zip(paths, (inputs, heights), strict=True):
        path.write_bytes(pickle.dumps(content))
    return paths


def records(samples_per_group: int = 2) -> tuple[list[list[Any]], list[float]]:
    return as_records(generate(DatasetConfig(samples_per_group)))


def test_rows_hold_n_k_m_and_the_entries_row_by_row() -> None:
    rows = rows_of([[9, 4, 2, P], [9, 6, 3, P.ravel()[:18].reshape(6, 3).astype(float)]])

    assert list(COLUMNS) == ["n", "k", "m", *(f"p{i}" for i in range(20))]
    assert rows.dtype == np.int64
    assert rows.tolist() == [[9, 4, 2, *range(1, 21)], [9, 6, 3, *range(1, 19), 0, 0]]
    assert matrices_of(rows[:1]).tolist() == [P.tolist()]
    assert rows_of_group(4, 2, P[None]).tolist() == rows[:1].tolist()
    with pytest.raises(ValueError, match="one k"):
        matrices_of(rows)


def test_rows_of_other_numbers_are_floats() -> None:
    rows = rows_of([[9.3, 4, 2, P / 3], [9, 6, 3, np.ones((6, 3))]])

    assert rows.dtype == np.float64
    first, second = inputs_of(rows)
    assert first[:3] == [9.3, 4, 2]
    assert first[3].tolist() == (P / 3).tolist()
    assert second[:3] == [9, 6, 3]
    assert [type(value) for value in second[:3]] == [int, int, int]
    assert rows_of([]).shape == (0, 23)


def test_samples_survive_the_way_through_rows_and_pickles(tmp_path: Path) -> None:
    inputs, heights = records()
    rows = rows_of(inputs)
    write_pickles(rows, heights, tmp_path / "data", prefix="pool_")
    loaded, labels = load_pickles(
        tmp_path / "data/pool_inputs_n_k_m_P.pkl", tmp_path / "data/pool_m_heights.pkl"
    )

    assert loaded.tolist() == rows.tolist()
    assert labels.tolist() == heights
    for (n, k, m, matrix), again in zip(inputs, inputs_of(loaded), strict=True):
        assert [n, k, m] == again[:3]
        assert matrix.tolist() == again[3].tolist()
        assert again[3].dtype == np.int64


def test_other_containers_of_the_same_numbers(tmp_path: Path) -> None:
    """Tuples, nested lists, NumPy scalars, float matrices of integers, an array of heights."""
    inputs = ((np.int64(9), 4.0, 2, P.astype(np.float32)), [9, 4, 2, P.tolist()])
    rows, heights = load_pickles(*save(tmp_path, inputs, np.array([3, 4])))

    assert rows.dtype == np.int64
    assert rows[0].tolist() == rows[1].tolist() == [9, 4, 2, *range(1, 21)]
    assert heights.tolist() == [3.0, 4.0]
    assert load_pickles(*save(tmp_path, inputs, [np.float64(3), np.array([4.5])]))[1][1] == 4.5


class Malicious:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_nothing_in_a_pickle_is_executed(tmp_path: Path) -> None:
    target = tmp_path / "made"
    paths = save(tmp_path, [[9, 4, 2, Malicious(target)]], [3.0])

    with pytest.raises(DataError, match=r"inputs\.pkl .*posix\.mkdir|nt\.mkdir") as caught:
        load_pickles(*paths)
    assert not target.exists()
    assert "Write it again" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps([1.5, 2.5])[:-4]])
def test_broken_pickles(tmp_path: Path, content: bytes) -> None:
    inputs, heights = save(tmp_path, [[9, 4, 2, P]], [3.0])
    heights.write_bytes(content)
    with pytest.raises(DataError, match=r"heights\.pkl is no pickle of plain data"):
        load_pickles(inputs, heights)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    inputs, heights = save(tmp_path, [[9, 4, 2, P]], [3.0])
    with pytest.raises(DataError, match=r"none\.pkl cannot be read .*give the path"):
        load_pickles(inputs, tmp_path / "none.pkl")
    with pytest.raises(DataError, match="cannot be read"):
        load_pickles(tmp_path, heights)


@pytest.mark.parametrize(
    ("sample", "problem"),
    [
        ([9, 4, 2, P.T], r"P must have the shape \(4, 5\), not \(5, 4\)"),
        ([9, 4, 2, P.ravel()], r"not \(20,\)"),
        ([9, 4, 2, [[1, 2], [3]]], "P is not a matrix"),
        ([9, 4, 2, P.astype(str)], "P must hold numbers"),
        ([9, 4, 2, P.astype(complex)], "P must hold numbers"),
        ([9, 4, 2, P * np.nan], "P holds NaN"),
        ([9, 4, 2, P * 1e300], "outside 1e-70 to 1e"),
        ([9, 4, 6, P], r"m = 6 is larger than n - k = 5"),
        ([9, 4, 1, P], "k=4, m=1 is none of the nine"),
        ([9, 0, 1, P], "k must lie between 1 and 8"),
        ([8, 4, 2, P], "n must be 9, not 8"),
        ([9.1, 4, 2, P], "must be integers"),
        ([9, 4, float("nan"), P], "must be integers"),
        ([9, 4, True, P], "must be integers"),
        ([9, 4, P], r"not of the form \[n, k, m, P\]"),
        (3, r"not of the form \[n, k, m, P\]"),
    ],
)
def test_unusable_samples_are_named(tmp_path: Path, sample: Any, problem: str) -> None:
    paths = save(tmp_path, [[9, 4, 2, P], sample], [3.0, 3.0])
    with pytest.raises(DataError, match=problem) as caught:
        load_pickles(*paths)
    assert "inputs.pkl: 1 of 2 entries" in str(caught.value)
    assert "sample 1, counted from 0" in str(caught.value)


@pytest.mark.parametrize(
    ("height", "problem"),
    [
        (float("inf"), "the height is infinite"),
        (float("nan"), "the height is NaN"),
        (0.5, "below 1"),
        (-3, "below 1"),
        ("3.0", "not a number"),
        (None, "not a number"),
        (True, "not a number"),
        ([3.0], "not a number"),
    ],
)
def test_unusable_heights_are_named(tmp_path: Path, height: Any, problem: str) -> None:
    paths = save(tmp_path, [[9, 4, 2, P]] * 9, [height] * 7 + [3.0, height])
    with pytest.raises(DataError, match=problem) as caught:
        load_pickles(*paths)
    assert "heights.pkl: 8 of 9 entries" in str(caught.value)
    assert "samples 0, 1, 2, 3, 4 and 3 more" in str(caught.value)


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has 1 samples, but .* has 2 heights"):
        load_pickles(*save(tmp_path, [[9, 4, 2, P]], [3.0, 4.0]))
    with pytest.raises(DataError, match="is empty"):
        load_pickles(*save(tmp_path, [], []))
    with pytest.raises(DataError, match=r"holds a dict, expected a list of \[n, k, m, P\]"):
        load_pickles(*save(tmp_path, {"a": 1}, [3.0]))
    with pytest.raises(DataError, match=r"array of shape \(2, 2\), expected a list of heights"):
        load_pickles(*save(tmp_path, [[9, 4, 2, P]], np.ones((2, 2))))


def test_exact_heights_of_mixed_groups() -> None:
    inputs, heights = records(samples_per_group=3)
    rows = rows_of(inputs)

    assert exact_heights(rows).tolist() == heights
    assert {(k, m): len(at) for k, m, at in members_of_groups(rows)} == dict.fromkeys(GROUPS, 3)


def test_exact_heights_of_integers_beside_other_numbers() -> None:
    inputs, heights = records(samples_per_group=1)
    halves = [[n, k, m, matrix / 2] for n, k, m, matrix in inputs]
    found = exact_heights(rows_of(inputs + halves))

    assert found[:9].tolist() == heights
    assert found[9:].tolist() == [m_heights_of_floats([P], m)[0] for _, _, m, P in halves]
    assert (found[9:] != found[:9]).all()


def test_integers_too_large_for_exact_minors_have_heights_as_well() -> None:
    rows = rows_of([[9, 4, 2, np.random.default_rng(0).integers(-90_000, 90_000, (4, 5))]])
    assert rows.dtype == np.int64
    assert exact_heights(rows)[0] > 1


def test_labels_that_agree() -> None:
    inputs, heights = records()
    report = verify_labels(rows_of(inputs), np.array(heights) * (1 + 1e-8))

    assert report.agrees
    assert report.n_checked == 18
    assert report.max_relative_difference == pytest.approx(1e-8, rel=1e-4)
    assert report.summary().startswith("18 of 18 labels agree")


def test_wrong_and_infinite_labels_are_listed() -> None:
    inputs, heights = records()
    infinite = np.ones((4, 5), dtype=int)
    rows = rows_of([*inputs[:5], [9, 4, 2, infinite], *inputs[5:]])
    labels = np.array([*heights[:5], 12.5, *heights[5:]])
    exact = labels[[3, 17]].copy()
    labels[3] *= 1.01
    labels[17] = np.nan
    report = verify_labels(rows, labels)

    assert not report.agrees
    assert [error.index for error in report.wrong] == [3, 17]
    assert [error.exact for error in report.wrong] == exact.tolist()
    assert (report.wrong[0].stated, report.wrong[0].k) == (labels[3], rows[3, 1])
    assert [(e.index, e.k, e.m, e.stated, e.exact) for e in report.infinite] == [
        (5, 4, 2, 12.5, np.inf)
    ]
    text = report.summary(limit=1)
    assert "16 of 19 labels agree" in text
    assert "2 wrong labels:\n  sample 3" in text
    assert "and 1 more" in text
    assert "sample 5 (k=4, m=2): stated 12.5, exact inf" in text


@pytest.mark.skipif(not DS1.is_dir(), reason=f"the public data set DS-1 is not at {DS1}")
def test_the_public_data_set_is_loaded_and_all_its_labels_agree() -> None:
    rows, heights = load_pickles(
        DS1 / "DS-1-samples_n_k_m_P.pkl", DS1 / "DS-1-samples_mHeights.pkl"
    )
    report = verify_labels(rows, heights)

    assert rows.dtype == np.int64
    assert (report.n_checked, report.wrong, report.infinite) == (32_087, (), ())
    assert 0 < report.max_relative_difference < 1e-10
