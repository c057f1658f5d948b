"""Configurations of the reference experiments, with every number that describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from reference_pipeline.recipes import RECIPES, SAMPLES_PER_GROUP

T = TypeVar("T")

Group = tuple[int, int]
Tier = Literal["easy", "medium", "hard"]
Profile = Literal["smoke", "cpu", "full"]
Bounds = Literal["uniform", "log_uniform"]
Constant = int | float | str | tuple[int, ...]

CODE_LENGTH = 9

TIERS: dict[Tier, tuple[Group, ...]] = {
    "easy": ((4, 2), (4, 3), (5, 2)),
    "medium": ((4, 4), (5, 3), (6, 2)),
    "hard": ((5, 4), (6, 3), (4, 5)),
}
RUN_NAMES = ("run7", "run7_as_prescribed", "run6", "run6_resplit", "corrected")
PROFILES: tuple[Profile, ...] = ("smoke", "cpu", "full")
GROUPS: tuple[Group, ...] = tuple(sorted(group for groups in TIERS.values() for group in groups))


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """What the generator draws.

    Attributes
    ----------
    samples_per_group : int
        Number of matrices in each group (k, m).
    mixture_share : float
        Share of matrices whose entries have a bound that is itself drawn from 1 to 100; the
        others are uniform on [-100, 100].
    mixture_bounds : {"uniform", "log_uniform"}
        How these bounds are distributed. The public set DS-1 has entries of at most 8 in a
        quarter of its matrices: ``log_uniform`` comes nearer to it.
    shared_share : float
        Share of each group's matrices that are taken over from the previous group of the same
        k, so that one matrix occurs with several m.
    random_state : int
        Seed.
    """

    samples_per_group: int
    mixture_share: float = 1 / 6
    mixture_bounds: Bounds = "uniform"
    shared_share: float = 0.0
    random_state: int = 2025


@dataclass(frozen=True, slots=True)
class RunConfig:
    """One experiment: its data, and the constants that its notebook must hold.

    Attributes
    ----------
    name : str
        Name of the run, and of its notebook source in ``reference_pipeline/notebooks``.
    dataset : DatasetConfig
        The generated originals.
    copies : dict
        Augmented copies of each sample, by group (k, m).
    group_weights : dict
        Loss weight of each group (k, m).
    constants : dict
        Scalar constants of the notebook, by the name that they have there; they are written
        into its source.
    baseline : bool
        Whether the run is compared with Run 2 in its export.
    fresh : DatasetConfig, optional
        A test set that is generated apart from the data that are split.
    """

    name: str
    dataset: DatasetConfig
    copies: dict[Group, int]
    group_weights: dict[Group, float]
    constants: dict[str, Constant]
    baseline: bool
    fresh: DatasetConfig | None = None


def _by_group(easy: T, medium: T, hard: T) -> dict[Group, T]:
    values: dict[Tier, T] = {"easy": easy, "medium": medium, "hard": hard}
    return {group: values[tier] for tier, groups in TIERS.items() for group in groups}


def like_public(samples_per_group: int, random_state: int = 2025) -> DatasetConfig:
    """Matrices of all scales, in the manner of the public sets."""
    return DatasetConfig(samples_per_group, mixture_bounds="log_uniform", random_state=random_state)


_RUN6_SIZES: Mapping[Profile, tuple[int, int]] = {
    "smoke": (60, 10),
    "cpu": (400, 30),
    "full": (1500, 30),
}


def run6(profile: Profile = "cpu") -> RunConfig:
    """Return the configuration of Run 6, scaled down: ``cpu`` has 400 originals for each group.

    Its order (augment all rows, scale, then split) stands in the notebook.

    Parameters
    ----------
    profile : {"smoke", "cpu", "full"}, optional
        Size of the run; ``cpu`` is the shipped export.

    Returns
    -------
    RunConfig
    """
    samples, epochs = _RUN6_SIZES[profile]
    return RunConfig(
        name="run6",
        dataset=DatasetConfig(samples_per_group=samples),
        copies=_by_group(easy=0, medium=25, hard=50),
        group_weights=_by_group(easy=1.0, medium=1.5, hard=2.0),
        constants={
            "NOISE_SCALE": 0.02,
            "VALIDATION_SHARE": 0.15,
            "RANDOM_STATE": 42,
            "EPOCHS": epochs,
            "BATCH_SIZE": 512,
        },
        baseline=True,
    )


def corrected() -> RunConfig:
    """Return the small corrected counterpart: split by entity first, then augment train only."""
    return RunConfig(
        name="corrected",
        dataset=DatasetConfig(samples_per_group=150, shared_share=0.2, random_state=2026),
        copies=_by_group(easy=1, medium=2, hard=3),
        group_weights=_by_group(easy=1.0, medium=1.0, hard=1.0),
        constants={"RANDOM_STATE": 7, "EPOCHS": 12, "BATCH_SIZE": 64},
        baseline=False,
    )


def run6_resplit(profile: Profile = "cpu") -> RunConfig:
    """Return Run 6 with the same pool of rows, divided by parent.

    Everything but the division of the pool is that of Run 6.

    Parameters
    ----------
    profile : {"smoke", "cpu", "full"}, optional
        Size of the run, as of Run 6.

    Returns
    -------
    RunConfig
    """
    return replace(run6(profile), name="run6_resplit", baseline=False)


def run7_as_prescribed(profile: Profile = "cpu") -> RunConfig:
    """Return Run 7 as the analysis of Run 6 recommends it, with P alone as features.

    The recommended order (split, then augment the training samples) stands in the notebook.
    The monitor of the easy groups stops the training, as it did when this was really run.

    Parameters
    ----------
    profile : {"smoke", "cpu", "full"}, optional
        Size of the run: 400, 2,000 or, as in the real run, 12,000 originals of each group.

    Returns
    -------
    RunConfig
    """
    sizes: Mapping[Profile, int] = {"smoke": 400, "cpu": 2_000, "full": 12_000}
    return RunConfig(
        name="run7_as_prescribed",
        dataset=like_public(sizes[profile]),
        copies=_by_group(easy=1, medium=2, hard=3),
        group_weights=_by_group(easy=3.0, medium=1.5, hard=1.0),
        constants={
            "NOISE_SCALE": 0.05,
            "VALIDATION_SHARE": 0.15,
            "RANDOM_STATE": 42,
            "EPOCHS": 250,
            "BATCH_SIZE": 256,
            "EASY_THRESHOLD": 0.15,
            "EASY_PATIENCE": 5,
        },
        baseline=False,
    )


def run7(profile: Profile = "cpu") -> RunConfig:
    """Return the configuration of Run 7, the honest one.

    Parameters
    ----------
    profile : {"smoke", "cpu", "full"}, optional
        Size of the run.

    Returns
    -------
    RunConfig
    """
    recipe = RECIPES[profile]
    fresh: Mapping[Profile, int] = {"smoke": 1_000, "cpu": 2_000, "full": 4_000}
    return RunConfig(
        name="run7",
        dataset=like_public(SAMPLES_PER_GROUP[profile], random_state=7),
        fresh=like_public(fresh[profile], random_state=7),
        copies=_by_group(easy=1, medium=2, hard=3),
        group_weights=_by_group(easy=1.0, medium=1.0, hard=1.0),
        constants={
            "RANDOM_STATE": 7,
            "EPOCHS": recipe.epochs,
            "BATCH_SIZE": recipe.batch_size,
            "MEMBERS": recipe.members,
            "LEARNING_RATE": recipe.learning_rate,
            "PATIENCE": recipe.patience,
            "WIDTHS": recipe.settings.widths,
        },
        baseline=False,
    )


def with_seed(config: RunConfig, seed: int) -> RunConfig:
    """Return a configuration with other random numbers, for the data as for the training.

    Parameters
    ----------
    config : RunConfig
    seed : int
        Takes the place of ``random_state`` of the data and of ``RANDOM_STATE`` of the notebook.

    Returns
    -------
    RunConfig
    """
    fresh = config.fresh
    return replace(
        config,
        dataset=replace(config.dataset, random_state=seed),
        constants=config.constants | {"RANDOM_STATE": seed},
        fresh=replace(fresh, random_state=seed) if fresh is not None else None,
    )


def on_command_line(name: str) -> str:
    """Return the name of a run as it is typed.

    Examples
    --------
    >>> on_command_line("run7_as_prescribed")
    'run7-as-prescribed'
    """
    return name.replace("_", "-")
