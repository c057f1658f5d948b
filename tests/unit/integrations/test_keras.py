"""`GroupMetrics` in real trainings, seconds long."""

from __future__ import annotations

import contextlib
import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.xdist_group("reference")
keras = pytest.importorskip("keras", reason="the callback is for Keras, an optional extra")

RNG = np.random.default_rng(1)
X = RNG.normal(size=(60, 3)).astype("float32")
Y = X.sum(axis=1) + 5
K, M = RNG.integers(4, 6, 60), RNG.integers(2, 4, 60)
GROUPS = {"k": K, "m": M}
TIERS = {"easy": [(4, 2), (4, 3)], "hard": [(5, 2), (5, 3)]}
PARTS = ["easy", "hard", "k4_m2", "k4_m3", "k5_m2", "k5_m3", "balanced"]


def group_metrics(*arguments: Any, **options: Any) -> Any:
    from audit.integrations.keras import GroupMetrics

    return GroupMetrics(*arguments, **options)


def model_of(rate: float = 0.01) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(rate), "mse")
    return model


def fit(model: Any, *callbacks: Any, epochs: int = 3) -> Any:
    return model.fit(X, Y, epochs=epochs, batch_size=30, verbose=0, callbacks=list(callbacks))


def by_hand(model: Any) -> dict[str, float]:
    errors = (model.predict(X, verbose=0)[:, 0] - Y) ** 2
    groups = {f"k{k}_m{m}": errors[(k == K) & (m == M)].mean() for k in (4, 5) for m in (2, 3)}
    easy = (groups["k4_m2"] + groups["k4_m3"]) / 2
    hard = (groups["k5_m2"] + groups["k5_m3"]) / 2
    return {"easy": easy, "hard": hard, **groups, "balanced": (easy + hard) / 2}


def test_history_log_and_checkpoint_see_the_metrics(tmp_path: Path) -> None:
    model = model_of()
    metrics = group_metrics(X, Y, GROUPS, tiers=TIERS, batch_size=7)
    pattern = str(tmp_path / "best-{epoch:02d}-{val_mse_balanced:.3f}.keras")
    kept = keras.callbacks.ModelCheckpoint(pattern, "val_mse_balanced", mode="min")
    log = keras.callbacks.CSVLogger(str(tmp_path / "history.csv"))
    history = fit(model, metrics, kept, log).history
    names = {f"val_mse_{part}" for part in PARTS}
    assert set(history) == {"loss", *names}
    assert all(len(history[name]) == 3 for name in names)
    last = {part: history[f"val_mse_{part}"][-1] for part in PARTS}
    assert last == pytest.approx(by_hand(model), rel=1e-4)
    rows = list(csv.DictReader((tmp_path / "history.csv").open()))
    assert [float(r["val_mse_hard"]) for r in rows] == pytest.approx(history["val_mse_hard"])
    saved = sorted(path.name for path in tmp_path.glob("*.keras"))
    assert saved[0] == f"best-01-{history['val_mse_balanced'][0]:.3f}.keras"


def test_it_changes_nothing_about_the_training() -> None:
    plain, watched = model_of(), model_of()
    fit(plain)
    fit(watched, group_metrics(X, Y, GROUPS, tiers=TIERS))
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        assert np.array_equal(one, other)


class Scripted(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the bias after each epoch: the errors follow a script, whatever the training does."""

    def __init__(self, biases: list[float]) -> None:
        super().__init__()
        self.biases = itertools.chain(biases)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        weights, _ = self.model.layers[0].get_weights()
        self.model.layers[0].set_weights([weights * 0, np.array([next(self.biases)])])


def scripted(biases: list[float], **options: Any) -> tuple[Any, Any, Any]:
    """Constant predictions, targets of 0 (easy) and 10 (hard): what helps one hurts the other."""
    labels = np.repeat(["easy cases", "hard cases"], 30)
    y = np.repeat([0.0, 10.0], 30)
    model = model_of(rate=0.0)
    metrics = group_metrics(
        X, y, labels, warmup=1, patience=2, smoothing=1, guard="easy cases", **options
    )
    stopping = keras.callbacks.EarlyStopping(
        "val_mse_balanced", mode="min", patience=99, restore_best_weights=True
    )
    worsens = biases[-1] > 2
    with pytest.warns(UserWarning) if worsens else contextlib.nullcontext():
        history = fit(model, Scripted(biases), metrics, stopping, epochs=len(biases))
    return model, metrics, history.history


def test_a_guarded_tier_that_gets_worse_stops_the_training_and_the_best_weights_come_back() -> None:
    biases = [3.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    model, metrics, history = scripted(biases)
    # After the warm-up its best is 1; above it by more than 10 % after epochs 3 and 4.
    assert history["val_mse_easy_cases"] == pytest.approx([9, 1, 4, 9])
    assert metrics.alarms == {"easy_cases": 3}
    balanced = [(b**2 + (b - 10) ** 2) / 2 for b in biases[:4]]
    assert history["val_mse_balanced"] == pytest.approx(balanced)
    assert model.layers[0].get_weights()[1] == pytest.approx([biases[int(np.argmin(balanced))]])


def test_warning_lets_the_training_go_on() -> None:
    _, metrics, history = scripted([3.0, 1.0, 2.0, 3.0, 4.0, 5.0], action="warn")
    assert len(history["loss"]) == 6 and metrics.alarms == {"easy_cases": 3}


def test_a_tier_above_any_absolute_limit_that_improves_is_left_alone() -> None:
    _, metrics, history = scripted([9.0, 8.0, 6.0, 4.0, 3.0, 2.0])
    assert len(history["loss"]) == 6 and metrics.alarms == {}
    assert min(history["val_mse_easy_cases"]) > 0.15


def test_the_warning_says_what_happened() -> None:
    expected = (
        r"epoch 4: val_mse_easy_cases is 9, its best was 1; .* more than 10% above .* 2 epochs"
    )
    with pytest.warns(UserWarning, match=expected):
        labels = np.repeat(["easy cases", "hard cases"], 30)
        metrics = group_metrics(
            X, np.zeros(60), labels, warmup=1, patience=2, smoothing=1, guard=["easy cases"]
        )
        fit(model_of(0.0), Scripted([3.0, 1.0, 2.0, 3.0]), metrics, epochs=4)


def test_a_second_training_starts_afresh() -> None:
    metrics = group_metrics(X, np.zeros(60), ["a"] * 60, guard="a", warmup=0, patience=1,
                            smoothing=1)  # fmt: skip
    with pytest.warns(UserWarning):
        fit(model_of(0.0), Scripted([1.0, 2.0]), metrics, epochs=2)
    assert metrics.alarms == {"a": 1}
    fit(model_of(0.0), Scripted([2.0, 1.0]), metrics, epochs=2)
    assert metrics.alarms == {}


def test_an_error_function_of_its_own() -> None:
    def relative(y_true: Any, y_pred: Any) -> Any:
        return np.abs(y_true - y_pred) / np.abs(y_true)

    model = model_of()
    history = fit(model, group_metrics(X, Y, K, error=relative, name="mape"), epochs=1).history
    predicted = model.predict(X, verbose=0)[:, 0]
    expected = [np.mean(np.abs(Y - predicted)[k == K] / np.abs(Y)[k == K]) for k in (4, 5)]
    found = [history["val_mape_4"][0], history["val_mape_5"][0]]
    assert found == pytest.approx(expected, rel=1e-4)


def test_several_outputs() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    y = np.column_stack([Y, -Y])
    metrics = group_metrics(X, y, ["a"] * 60)
    history = model.fit(X, y, epochs=1, verbose=0, callbacks=[metrics]).history
    expected = np.mean((model.predict(X, verbose=0) - y) ** 2)
    assert history["val_mse_a"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": K[:5]}, "5 groups for 60 targets"),
        ({"guard": "eazy"}, "guard 'eazy' is none of easy, hard, k4_m2"),
        ({"action": "explode"}, "action is 'explode'"),
        ({"patience": 0}, "patience is 0"),
        ({"tiers": {"easy": [(4, 2)]}}, "in no tier"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(options: Any, message: str) -> None:
    given: dict[str, Any] = {"groups": GROUPS, "tiers": TIERS, **options}
    if "groups" in options:
        given["tiers"] = None
    with pytest.raises(ValueError, match=message):
        group_metrics(X, Y, given.pop("groups"), **given)


def test_errors_that_are_not_one_a_sample_are_refused() -> None:
    def mean(y_true: Any, y_pred: Any) -> Any:
        return np.mean((y_true - y_pred) ** 2)

    with pytest.raises(ValueError, match=r"error returned shape \(\): .* each sample"):
        fit(model_of(), group_metrics(X, Y, K, error=mean), epochs=1)


def test_predictions_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"predicts shape \(60, 1\) for targets of \(60, 2\)"):
        fit(model_of(), group_metrics(X, np.column_stack([Y, Y]), K), epochs=1)
