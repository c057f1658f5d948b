"""The two networks: a plain multilayer perceptron, and the residual architecture of the runs.

Both end in one unit with a softplus, in log2 of the height: a height is at least 1, its logarithm
at least 0, and softplus keeps a gradient everywhere, where a clipped output would lose it. The
bias of that unit starts at the mean of the training targets.

Keras is imported inside the functions, so that everything else works without it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference_pipeline.config import GROUPS
from reference_pipeline.recipes import ModelName, ModelSettings

MODEL_NAMES: tuple[ModelName, ...] = ("mlp", "seed_residual")


SEED_RESIDUAL = ModelSettings(
    widths=(1024, 512, 256, 128), dropout=(0.3, 0.2, 0.1), activation="relu"
)


def require_keras() -> Any:
    """Return the Keras module, or say which extra brings it.

    Raises
    ------
    ModuleNotFoundError
        If TensorFlow or Keras is not installed.
    """
    try:
        import keras
        import tensorflow  # noqa: F401, the backend that Keras needs
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "training needs TensorFlow, which the extra 'reference' brings: "
            "pip install 'leakage-audit[reference]'"
        ) from error
    return keras


def build_model(
    name: ModelName, n_features: int, settings: ModelSettings, mean_target: float = 0.0
) -> Any:
    """Build an untrained network.

    Parameters
    ----------
    name : {"mlp", "seed_residual"}
        ``mlp``: dense layers. ``seed_residual``: one block for each width, of LayerNorm, dense
        layer, activation and dropout, added to a linear projection of its input.
    n_features : int
        Number of inputs.
    settings : ModelSettings
        Shape.
    mean_target : float, optional
        Mean of the targets, log2 of the height; the output of a network of zero weights.

    Returns
    -------
    keras.Model
        Input (n_samples, n_features), output (n_samples, 1): log2 of the height, at least 0.

    Raises
    ------
    ValueError
        If the name is unknown or the settings do not fit together.
    """
    if name not in MODEL_NAMES:
        raise ValueError(f"unknown model {name!r}: choose one of {', '.join(MODEL_NAMES)}")
    if not settings.widths or len(settings.dropout) > len(settings.widths):
        raise ValueError(f"{settings.dropout} does not fit the widths {settings.widths}")
    keras = require_keras()
    inputs = keras.Input((n_features,), name="features")
    layer = _dense if name == "mlp" else _residual_block
    shares = settings.dropout + (0.0,) * (len(settings.widths) - len(settings.dropout))
    hidden = inputs
    for width, share in zip(settings.widths, shares, strict=True):
        hidden = layer(keras, hidden, width, settings.activation)
        if share:
            hidden = keras.layers.Dropout(share)(hidden)
    if name == "seed_residual":
        hidden = keras.layers.LayerNormalization()(hidden)
    start = keras.initializers.Constant(_inverse_softplus(mean_target))
    units = len(GROUPS) if settings.group_heads else 1
    raw = keras.layers.Dense(units, bias_initializer=start, dtype="float32")(hidden)
    if settings.group_heads:
        raw = _own_head(keras, inputs, raw)
    outputs = keras.layers.Activation("softplus", dtype="float32", name="log2_height")(raw)
    return keras.Model(inputs, outputs, name=name)


def _own_head(keras: Any, inputs: Any, heads: Any) -> Any:
    """The output of each sample's own group: the one whose (scaled) indicator is largest."""
    count = len(GROUPS)
    group = keras.ops.argmax(inputs[:, :count], axis=-1)
    own = keras.ops.one_hot(group, count, dtype="float32")
    return keras.ops.sum(own * heads, axis=-1, keepdims=True)


def _dense(keras: Any, inputs: Any, width: int, activation: str) -> Any:
    return keras.layers.Dense(width, activation=activation)(inputs)


def _residual_block(keras: Any, inputs: Any, width: int, activation: str) -> Any:
    hidden = keras.layers.LayerNormalization()(inputs)
    hidden = keras.layers.Dense(width, activation=activation)(hidden)
    return keras.layers.Add()([keras.layers.Dense(width, use_bias=False)(inputs), hidden])


def _inverse_softplus(value: float) -> float:
    return float(value + np.log(-np.expm1(-max(value, 1e-3))))
