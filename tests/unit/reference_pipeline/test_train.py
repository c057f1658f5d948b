"""Training on a few made-up samples: the same twice, guarded, and refused where it must be."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from reference_pipeline.config import GROUPS, TIERS
from reference_pipeline.models import SEED_RESIDUAL, build_model
from reference_pipeline.recipes import SEED_TIER_WEIGHTS, ModelSettings, TrainingConfig
from reference_pipeline.train import (
    MONITOR,
    Examples,
    tier_weights,
    train_model,
)

SMALL = TrainingConfig(
    settings=ModelSettings(widths=(16, 8), group_heads=True), epochs=6, batch_size=64, patience=3
)


def examples(n: int, seed: int) -> Examples:
    """Heights that depend on the group and on one feature."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % len(GROUPS)
    rows = np.column_stack([np.full(n, 9), np.array(GROUPS)[group], np.zeros((n, 20), int)])
    values = rng.normal(size=(n, 5))
    heights = 2.0 ** (2 + group / 4 + np.abs(values[:, 0]))
    return Examples(np.hstack([np.eye(9)[group], values]).astype(np.float32), heights, rows)


def test_tier_weights_stand_in_the_stated_proportion_and_average_one():
    rows = examples(90, 0).rows
    weights = tier_weights(rows, SEED_TIER_WEIGHTS)
    assert weights.mean() == pytest.approx(1.0)
    for (tier, stated), other in zip(SEED_TIER_WEIGHTS, ("easy", "medium", "hard"), strict=True):
        assert tier == other
        of_tier = {
            float(w) for w, r in zip(weights, rows, strict=True) if tuple(r[1:3]) in TIERS[tier]
        }
        assert sorted(of_tier) == [pytest.approx(stated / (5.5 / 3))]


@pytest.mark.parametrize("part", ["features", "heights", "rows"])
def test_sets_that_do_not_fit_together_are_refused_before_anything_is_loaded(
    part: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "keras", None)
    good = examples(90, 0)
    bad = replace(good, **{part: getattr(good, part)[:-1]})
    with pytest.raises(ValueError, match="the validation set has"):
        train_model(SMALL, good, bad, seed=0)
    with pytest.raises(ValueError, match="the train set has"):
        train_model(SMALL, bad, good, seed=0)


@pytest.mark.parametrize("height", [np.inf, np.nan, 0.5])
def test_unusable_heights_are_refused(height: float):
    bad = examples(90, 0)
    bad.heights[7] = height
    with pytest.raises(ValueError, match=r"1 heights of the train set .* at 7"):
        train_model(SMALL, bad, examples(90, 1), seed=0)


def test_without_tensorflow_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ModuleNotFoundError, match=r"leakage-audit\[reference\]"):
        train_model(SMALL, examples(90, 0), examples(90, 1), seed=0)


@pytest.mark.parametrize("name", ["transformer", ""])
def test_unknown_models_are_refused(name: str):
    with pytest.raises(ValueError, match="unknown model"):
        build_model(name, 5, ModelSettings())


def test_more_dropouts_than_layers_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        build_model("mlp", 5, ModelSettings(widths=(8,), dropout=(0.1, 0.1)))


@pytest.mark.xdist_group("reference")
class TestWithTensorFlow:
    @pytest.fixture(autouse=True)
    def _tensorflow(self) -> None:
        pytest.importorskip("tensorflow", reason="the extra 'reference' is not installed")

    def test_one_seed_gives_one_result_and_another_seed_another(self):
        train, validation = examples(360, 0), examples(90, 1)
        first, second, other = (
            train_model(SMALL, train, validation, seed=seed) for seed in (3, 3, 4)
        )
        predictions = [run.predict(validation.features) for run in (first, second, other)]
        np.testing.assert_allclose(predictions[0], predictions[1], rtol=1e-6)
        assert np.abs(predictions[0] - predictions[2]).max() > 1e-3
        assert first.histories[0][MONITOR] == pytest.approx(second.histories[0][MONITOR], rel=1e-6)

    def test_training_keeps_the_best_weights_and_averages_members_in_log2(self):
        train, validation = examples(720, 0), examples(180, 1)
        config = replace(SMALL, epochs=15, members=2, tier_weights=SEED_TIER_WEIGHTS)
        trained = train_model(config, train, validation, seed=0)
        logs = [np.asarray(model(validation.features))[:, 0] for model in trained.models]
        predicted = trained.predict(validation.features)
        np.testing.assert_allclose(predicted, 2 ** np.mean(logs, axis=0), rtol=1e-5)
        assert (predicted >= 1).all()
        for log, history in zip(logs, trained.histories, strict=True):
            errors = (log - np.log2(validation.heights)) ** 2
            by_group = [errors[np.arange(180) % 9 == number].mean() for number in range(9)]
            # Every tier has three groups of equal size here.
            assert np.mean(by_group) == pytest.approx(min(history[MONITOR]), rel=1e-4)
            assert history[MONITOR][-1] < history[MONITOR][0]

    def test_both_networks_end_at_least_at_zero_whatever_comes_in(self):
        wild = np.random.default_rng(0).normal(scale=1e4, size=(50, 14)).astype(np.float32)
        for name, settings in (("mlp", SMALL.settings), ("seed_residual", SEED_RESIDUAL)):
            outputs = np.asarray(build_model(name, 14, settings, 5.0)(wild))
            assert outputs.shape == (50, 1)
            assert np.isfinite(outputs).all() and (outputs >= 0).all()
            start = np.asarray(build_model(name, 14, settings, 5.0)(np.zeros((1, 14), np.float32)))
            assert start[0, 0] == pytest.approx(5.0, abs=1e-4)

    def test_a_head_of_its_own_for_each_group_survives_scaling(self):
        model = build_model("mlp", 14, SMALL.settings, 3.0)
        heads = next(layer for layer in model.layers if getattr(layer, "units", 0) == len(GROUPS))
        heads.set_weights([np.zeros((8, 9)), np.arange(9.0)])
        features = examples(90, 0).features
        scaled = (features - features.mean(0)) / features.std(0)
        expected = np.log1p(np.exp(np.arange(90) % 9))
        np.testing.assert_allclose(np.asarray(model(scaled))[:, 0], expected, rtol=1e-5)
