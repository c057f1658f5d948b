"""Cells of the ablation study, really trained, on tiny data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reference_pipeline.ablation.grid import Cell, Study, digest
from reference_pipeline.ablation.prepare import prepare
from reference_pipeline.ablation.train import train_cell, training_config, with_recipe

pytestmark = pytest.mark.xdist_group("reference")

STUDY = Study(seeds=(0,), samples_per_group=30, test_samples_per_group=20, epochs=2, batch_size=64)


def test_cells_have_the_same_budget_whatever_the_copies(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    data = prepare(STUDY, 0, tmp_path)
    bare = train_cell(STUDY, Cell(0, "none", "D", "equal"), data)
    noisy = train_cell(STUDY, Cell(0, "noise", "D", "3/1.5/1"), data)

    assert (bare.train_rows, noisy.train_rows) == (234, 702)
    # 702 rows fill ten batches of 64.
    assert bare.steps == noisy.steps == 2 * 10
    for outcome in (bare, noisy):
        assert outcome.predicted.shape == (180,)
        assert np.isfinite(outcome.predicted).all()
        assert (outcome.predicted >= 1).all()
    assert not np.allclose(noisy.predicted, bare.predicted, rtol=1e-2)


def test_the_configuration_is_part_of_what_a_result_is_known_by() -> None:
    cell = Cell(0, "none", "D", "equal")
    described = with_recipe(STUDY)
    assert described.recipe["training"]["learning_rate"] > 0
    assert digest(described.settings(cell)) != digest(STUDY.settings(cell))


def test_weights_protect_the_easy_tier() -> None:
    assert training_config(STUDY, "equal").tier_weights is None
    weighted = dict(training_config(STUDY, "3/1.5/1").tier_weights or ())
    assert weighted == {"easy": 3, "medium": 1.5, "hard": 1}
