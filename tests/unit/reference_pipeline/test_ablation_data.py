"""The data of the ablation study: split, copies, features and what is measured about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reference_pipeline.ablation import prepare as preparing
from reference_pipeline.ablation.grid import COPIES, Study
from reference_pipeline.ablation.prepare import PreparedSeed, prepare
from reference_pipeline.config import TIERS
from reference_pipeline.data import exact_heights
from reference_pipeline.features import FEATURE_SETS
from reference_pipeline.split import entity_ids

STUDY = Study(seeds=(0, 1), samples_per_group=40, test_samples_per_group=30)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedSeed:
    return prepare(STUDY, 0, tmp_path_factory.mktemp("work"))


def test_no_entity_is_in_two_sets(prepared: PreparedSeed) -> None:
    names = ("train", "validation", "test")
    rows = [prepared.rows(name)[0] for name in names]
    assert [len(part) for part in rows] == [306, 54, 270]
    ids = entity_ids(np.concatenate(rows))
    train, validation, test = (set(part) for part in np.split(ids, [306, 360]))
    assert not train & validation
    assert not train & test
    assert not validation & test


@pytest.mark.parametrize("name", ["train", "validation", "test", "symmetry"])
def test_labels_are_exact_where_they_should_be(prepared: PreparedSeed, name: str) -> None:
    rows, heights = prepared.rows(name)
    np.testing.assert_allclose(exact_heights(rows), heights, rtol=1e-12)


@pytest.mark.parametrize("method", ["noise", "symmetry"])
def test_copies_are_of_training_rows_and_as_many_as_stated(
    prepared: PreparedSeed, method: str
) -> None:
    rows, heights = prepared.rows(method)
    train_rows, train_heights = prepared.rows("train")
    for tier, groups in TIERS.items():
        expected, found = 0, 0
        for k, m in groups:
            expected += COPIES[tier] * int(((train_rows[:, 1:3] == (k, m)).all(axis=1)).sum())
            found += int((rows[:, 1:3] == (k, m)).all(axis=1).sum())
        assert found == expected == prepared.facts.label_errors[method][tier].copies
    assert set(heights) == set(train_heights)


def test_noise_makes_wrong_labels_and_rows_that_are_not_whole(prepared: PreparedSeed) -> None:
    rows, heights = prepared.rows("noise")
    assert not np.array_equal(rows, np.rint(rows))
    exact = exact_heights(rows)
    finite = np.isfinite(exact)
    errors = prepared.facts.label_errors["noise"].values()
    assert sum(error.infinite for error in errors) == int((~finite).sum()) > 0
    squared = np.square(np.log2(heights[finite]) - np.log2(exact[finite])).mean()
    total = sum(error.squared * (error.copies - error.infinite) for error in errors)
    assert total / finite.sum() == pytest.approx(squared)
    assert squared > 1
    for error in prepared.facts.label_errors["symmetry"].values():
        assert (error.infinite, error.squared) == (0, pytest.approx(0, abs=1e-20))


@pytest.mark.parametrize("feature_set", FEATURE_SETS)
def test_features_are_there_for_every_row_and_finite(
    prepared: PreparedSeed, feature_set: str
) -> None:
    widths = set()
    for name in ("train", "validation", "test", "noise", "symmetry"):
        values = prepared.features(name, feature_set)
        assert len(values) == len(prepared.rows(name)[0])
        assert np.isfinite(values).all()
        widths.add(values.shape[1])
    assert len(widths) == 1


def test_symmetric_copies_repeat_their_features_in_the_sets_that_do_not_see_the_order(
    prepared: PreparedSeed,
) -> None:
    assert prepared.facts.repeats == {"A": pytest.approx(0, abs=0.01), "B": 1, "C": 1, "D": 1}


def test_the_seed_determines_the_data(prepared: PreparedSeed, tmp_path: Path) -> None:
    same, other = prepare(STUDY, 0, tmp_path), prepare(STUDY, 1, tmp_path)
    for name in ("train", "test", "noise", "symmetry"):
        np.testing.assert_array_equal(same.rows(name)[0], prepared.rows(name)[0])
        assert not np.array_equal(other.rows(name)[0], prepared.rows(name)[0])


def test_data_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepare(STUDY, 0, tmp_path)
    monkeypatch.setattr(preparing, "generate_rows", lambda *_, **__: pytest.fail("made again"))
    assert prepare(STUDY, 0, tmp_path) == first


def test_an_interruption_leaves_no_half_made_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(preparing, "features_of", interrupt)
        with pytest.raises(KeyboardInterrupt):
            prepare(STUDY, 0, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert prepare(STUDY, 0, tmp_path).features("test", "D").shape[0] == 270
