"""Training, the same for every run and for the ablation: arrays in, predictions out.

The target is log2 of the height and the loss its squared error. AdamW with clipped gradients and
a cosine-decayed learning rate; after every epoch the validation set is scored by group and tier,
training stops when the balanced error has stopped falling, and the weights of the best epoch come
back. One seed gives one result: initial weights, order of the batches and every operation are
fixed by it (to rounding, which depends on the number of threads).

Arrays are fed from memory. TensorFlow uses a graphics processor when it finds one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reference_pipeline.config import TIERS, Group, Tier
from reference_pipeline.models import build_model, require_keras
from reference_pipeline.recipes import TrainingConfig

FloatArray = npt.NDArray[np.float64]

_PREDICTION_BATCH = 4096

MONITOR = "val_log2_mse_balanced"


@dataclass(frozen=True, slots=True)
class Examples:
    """Samples as a network sees them.

    Attributes
    ----------
    features : ndarray of shape (n_samples, n_features)
        Scaled features.
    heights : ndarray of shape (n_samples,)
        Exact heights, finite.
    rows : ndarray of shape (n_samples, n_columns)
        The samples; the columns n, k, m come first.
    """

    features: npt.NDArray[np.floating[Any]]
    heights: FloatArray
    rows: npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Trained:
    """Trained models and how they got there.

    Attributes
    ----------
    models : tuple of keras.Model
        The members.
    histories : tuple of dict
        For each member the values of each logged quantity, epoch by epoch.
    """

    models: tuple[Any, ...]
    histories: tuple[dict[str, list[float]], ...]

    def predict(self, features: npt.NDArray[np.floating[Any]]) -> FloatArray:
        """Predict heights.

        Parameters
        ----------
        features : ndarray of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
            Heights, at least 1; the geometric mean over the members.
        """
        logs = [
            np.asarray(
                model.predict(features, batch_size=_PREDICTION_BATCH, verbose=0), dtype=np.float64
            )[:, 0]
            for model in self.models
        ]
        heights: FloatArray = np.exp2(np.mean(logs, axis=0))
        return heights


def train_model(
    config: TrainingConfig,
    train: Examples,
    validation: Examples,
    seed: int,
    callbacks: Sequence[Any] = (),
) -> Trained:
    """Train the members of a configuration.

    Parameters
    ----------
    config : TrainingConfig
        Model and training.
    train, validation : Examples
        The validation set decides when to stop and which weights to keep; a test set has no
        place here.
    seed : int
        Seed of the first member; the others take the numbers after it.
    callbacks : sequence of keras.callbacks.Callback, optional
        Further callbacks, called after the metrics of the epoch are known.

    Returns
    -------
    Trained

    Raises
    ------
    ModuleNotFoundError
        If TensorFlow is not installed.
    ValueError
        If a set is empty or not finite, or its arrays differ in length.
    """
    for name, examples in (("train", train), ("validation", validation)):
        _check(name, examples)
    keras = require_keras()
    previous = keras.mixed_precision.dtype_policy()
    if config.mixed_precision:
        keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        members = [
            _train_member(keras, config, train, validation, seed + number, callbacks)
            for number in range(config.members)
        ]
    finally:
        keras.mixed_precision.set_dtype_policy(previous)
    return Trained(
        models=tuple(model for model, _ in members),
        histories=tuple(history for _, history in members),
    )


def make_deterministic(seed: int) -> None:
    """Fix every source of randomness of Python, NumPy and TensorFlow.

    Parameters
    ----------
    seed : int
    """
    keras = require_keras()
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


def tier_weights(
    rows: npt.NDArray[Any], weights: Sequence[tuple[Tier, float]]
) -> npt.NDArray[np.float32]:
    """Loss weight of every sample, with a mean of 1.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_columns)
        The columns n, k, m come first.
    weights : sequence of (str, float)
        The weight of each tier.

    Returns
    -------
    ndarray of shape (n_samples,)
    """
    by_tier = dict(weights)
    values = np.zeros(len(rows))
    for tier, groups in TIERS.items():
        for k, m in groups:
            values[(rows[:, 1] == k) & (rows[:, 2] == m)] = by_tier[tier]
    scaled: npt.NDArray[np.float32] = (values / values.mean()).astype(np.float32)
    return scaled


def metrics_callback(validation: Examples, config: TrainingConfig) -> Any:
    """Build the callback that scores the validation set by group and tier after every epoch.

    Parameters
    ----------
    validation : Examples
    config : TrainingConfig
        Says whether the easy tier is guarded, and how patiently.

    Returns
    -------
    audit.integrations.keras.GroupMetrics
    """
    from audit.integrations.keras import GroupMetrics

    present = {(int(k), int(m)) for k, m in np.unique(validation.rows[:, 1:3], axis=0)}
    tiers: dict[str, list[Group]] = {
        tier: kept
        for tier, groups in TIERS.items()
        if (kept := [group for group in groups if group in present])
    }
    return GroupMetrics(
        validation.features,
        np.log2(validation.heights),
        {"k": validation.rows[:, 1].astype(int), "m": validation.rows[:, 2].astype(int)},
        tiers=tiers,
        name="log2_mse",
        guard="easy" if config.guard_easy and "easy" in tiers else (),
        patience=config.patience,
        batch_size=_PREDICTION_BATCH,
    )


def compile_model(model: Any, config: TrainingConfig, n_samples: int) -> None:
    """Compile with the loss in log2 and AdamW, its learning rate falling by a cosine.

    Parameters
    ----------
    model : keras.Model
    config : TrainingConfig
    n_samples : int
        Number of training samples, which with the batch size gives the length of the schedule.
    """
    keras = require_keras()
    steps = config.epochs * -(-n_samples // config.batch_size)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=config.weight_decay,
            clipnorm=config.clipnorm,
        ),
        loss="mse",
    )


def _train_member(
    keras: Any,
    config: TrainingConfig,
    train: Examples,
    validation: Examples,
    seed: int,
    callbacks: Sequence[Any],
) -> tuple[Any, dict[str, list[float]]]:
    make_deterministic(seed)
    targets = np.log2(train.heights).astype(np.float32)
    weights = None
    if config.tier_weights is not None:
        weights = tier_weights(train.rows, config.tier_weights)
    model = build_model(
        config.model, train.features.shape[1], config.settings, float(targets.mean())
    )
    compile_model(model, config, len(targets))
    history = model.fit(
        np.asarray(train.features, dtype=np.float32),
        targets,
        sample_weight=weights,
        batch_size=config.batch_size,
        epochs=config.epochs,
        callbacks=[
            metrics_callback(validation, config),
            keras.callbacks.EarlyStopping(
                MONITOR, mode="min", patience=config.patience, restore_best_weights=True
            ),
            *callbacks,
        ],
        verbose=0,
    )
    return model, history.history


def _check(name: str, examples: Examples) -> None:
    lengths = {len(examples.features), len(examples.heights), len(examples.rows)}
    if len(lengths) > 1 or 0 in lengths:
        raise ValueError(
            f"the {name} set has {len(examples.features)} rows of features, "
            f"{len(examples.heights)} heights and {len(examples.rows)} rows"
        )
    finite = np.isfinite(examples.heights) & (examples.heights >= 1)
    if not finite.all():
        raise ValueError(
            f"{int((~finite).sum())} heights of the {name} set are not finite and at least 1, "
            f"the first at {int(np.argmin(finite))}"
        )
    if not np.isfinite(examples.features).all():
        raise ValueError(f"the features of the {name} set are not all finite")
