"""The recipes of Run 7: how its network is built and trained, for each size of the run.

This module stands below the configurations and needs neither NumPy nor TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from reference_pipeline.config import Profile, Tier

ModelName = Literal["mlp", "seed_residual"]


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Shape of a network.

    Attributes
    ----------
    widths : tuple of int
        Units of the hidden layers or blocks, from input to output.
    dropout : tuple of float
        Share of units dropped after each layer or block; empty for none, and shorter than
        ``widths`` where the last ones drop nothing.
    activation : str
        Activation of the hidden units, by its Keras name.
    group_heads : bool
        One output unit for each group, of which the sample's own counts; the hidden layers are
        shared. The group is read from the first features, see ``features.feature_names``.
    """

    widths: tuple[int, ...] = (512, 512, 256)
    dropout: tuple[float, ...] = ()
    activation: str = "silu"
    group_heads: bool = False


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """How a model is trained.

    Attributes
    ----------
    model : {"mlp", "seed_residual"}
        The network.
    settings : ModelSettings
        Its shape.
    epochs : int
        Length of the cosine schedule, and the most epochs that are trained.
    batch_size : int
        Samples of one step.
    learning_rate, weight_decay, clipnorm : float
        Of AdamW; the rate is the initial one.
    tier_weights : tuple of (str, float), optional
        Loss weight of the samples of each tier, scaled to a mean of 1; ``None`` for equal ones.
    patience : int
        Epochs without a better balanced validation error after which training stops.
    guard_easy : bool
        Stop when the easy tier gets worse for ``patience`` epochs, by its trend.
    members : int
        Models trained from different seeds, whose predictions of log2 are averaged.
    mixed_precision : bool
        Compute in bfloat16 where the processor has instructions for it; weights stay float32.
    """

    model: ModelName = "mlp"
    settings: ModelSettings = field(default_factory=ModelSettings)
    epochs: int = 25
    batch_size: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    clipnorm: float = 1.0
    tier_weights: tuple[tuple[Tier, float], ...] | None = None
    patience: int = 10
    guard_easy: bool = True
    members: int = 1
    mixed_precision: bool = False


_WITH_HEADS = ModelSettings(group_heads=True)

# Epochs over an augmented training set (3/2/1 symmetric copies: three rows for each original), so
# two of them are six over the originals. More over-fit: on validation four were no better than two,
# at twice the gap between training and validation. What helps further is more generated samples,
# and the average of several members. See docs/reference_numbers.md.
RECIPES: dict[Profile, TrainingConfig] = {
    "smoke": TrainingConfig(
        settings=ModelSettings(widths=(256, 256, 128), group_heads=True), epochs=2, batch_size=256
    ),
    "cpu": TrainingConfig(settings=_WITH_HEADS, epochs=2, members=3),
    "full": TrainingConfig(settings=_WITH_HEADS, epochs=2, members=3),
}
SAMPLES_PER_GROUP: dict[Profile, int] = {"smoke": 5_000, "cpu": 12_000, "full": 24_000}

SEED_TIER_WEIGHTS: tuple[tuple[Tier, float], ...] = (("easy", 3.0), ("medium", 1.5), ("hard", 1.0))
