"""What is compared: factors and their levels, cells, and the study that holds them."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from reference_pipeline.config import Tier, like_public

LEVELS: dict[str, tuple[str, ...]] = {
    "augmentation": ("none", "noise", "symmetry"),
    "features": ("A", "B", "C", "D"),
    "weights": ("equal", "3/1.5/1"),
}
"""Every factor with its levels, the reference first; each feature set extends the one before."""

LOSS_WEIGHTS: dict[str, dict[Tier, float]] = {
    "equal": {"easy": 1.0, "medium": 1.0, "hard": 1.0},
    "3/1.5/1": {"easy": 3.0, "medium": 1.5, "hard": 1.0},
}
COPIES: dict[Tier, int] = {"easy": 1, "medium": 2, "hard": 3}
NOISE_SCALE = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """One level of a factor against another, everything else being equal.

    Attributes
    ----------
    factor, level, reference : str
        The level is compared with the reference.
    """

    factor: str
    level: str
    reference: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One training: a combination of levels, and a seed.

    Attributes
    ----------
    seed : int
        Cells of the same seed share data, split, test set and initial weights.
    augmentation, features, weights : str
        A level of each factor.
    """

    seed: int
    augmentation: str
    features: str
    weights: str

    def levels(self) -> tuple[str, str, str]:
        """The combination without its seed."""
        return self.augmentation, self.features, self.weights


@dataclass(frozen=True, slots=True)
class Study:
    """A grid of cells and what they have in common.

    Attributes
    ----------
    seeds : tuple of int
        Each draws its own data, split, test set and initial weights.
    samples_per_group : int
        Originals of each group before the split.
    test_samples_per_group : int
        Originals of each group in the fresh test set.
    validation_share : float
        Share of entities that is held back from training.
    epochs : int
        Passes over as many rows as the training set with all its copies has, in every cell.
    batch_size : int
        Rows of each gradient step.
    recipe : dict
        Whatever else the trainer is configured with: it belongs to the identity of a result.
    levels : dict
        The levels of every factor, the reference first.
    """

    seeds: tuple[int, ...] = (0, 1, 2)
    samples_per_group: int = 2000
    test_samples_per_group: int = 2000
    validation_share: float = 0.15
    epochs: int = 4
    batch_size: int = 256
    recipe: Mapping[str, Any] = field(default_factory=dict)
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(LEVELS))

    def cells(self) -> tuple[Cell, ...]:
        """All cells; those of one seed stand together."""
        combinations = list(product(*(self.levels[factor] for factor in LEVELS)))
        return tuple(Cell(seed, *levels) for seed in self.seeds for levels in combinations)

    def comparisons(self) -> tuple[Comparison, ...]:
        """Each augmentation against none, each feature set against the one before, and so on."""
        found = []
        for factor, levels in self.levels.items():
            for place, level in enumerate(levels[1:], start=1):
                reference = levels[place - 1] if factor == "features" else levels[0]
                found.append(Comparison(factor, level, reference))
        return tuple(found)

    def data_settings(self, seed: int) -> dict[str, Any]:
        """What the prepared data of a seed depends on."""
        return {
            "seed": seed,
            "samples": asdict(like_public(self.samples_per_group, seed)),
            "test_samples_per_group": self.test_samples_per_group,
            "validation_share": self.validation_share,
            "copies": COPIES,
            "noise_scale": NOISE_SCALE,
        }

    def settings(self, cell: Cell) -> dict[str, Any]:
        """Everything that the result of a cell depends on."""
        return {
            **self.data_settings(cell.seed),
            **asdict(cell),
            "loss_weights": LOSS_WEIGHTS[cell.weights],
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "recipe": dict(self.recipe),
        }


def restricted(limits: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Levels of every factor, restricted by words such as ``features=C,D``.

    Parameters
    ----------
    limits : iterable of str
        ``FACTOR=LEVEL[,LEVEL...]``; levels keep their usual order.

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If a factor or a level does not exist, or a factor is restricted twice.

    Examples
    --------
    >>> restricted(["features=D,C"])["features"]
    ('C', 'D')
    """
    levels = dict(LEVELS)
    seen: set[str] = set()
    for limit in limits:
        factor, _, wanted = limit.partition("=")
        factor, names = factor.strip(), [name.strip() for name in wanted.split(",")]
        if factor not in LEVELS:
            raise ValueError(f"no factor {factor!r}: choose from {', '.join(LEVELS)}")
        if factor in seen:
            raise ValueError(f"{factor} is limited twice: write {factor}=LEVEL,LEVEL")
        seen.add(factor)
        unknown = [name for name in names if name not in LEVELS[factor]]
        if unknown:
            known = ", ".join(LEVELS[factor])
            raise ValueError(f"{factor} has no level {unknown[0]!r}: choose from {known}")
        levels[factor] = tuple(level for level in LEVELS[factor] if level in names)
    return levels


def digest(settings: Mapping[str, Any]) -> str:
    """A short name of a configuration: equal for equal settings, whatever their order.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), len(digest({}))
    (True, 16)
    """
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def code_digest(files: Iterable[Path]) -> str:
    """A short name of what the code of some files says, comments and layout aside."""
    trees = [ast.dump(ast.parse(path.read_text(encoding="utf-8"))) for path in files]
    return hashlib.sha256("\n".join(trees).encode()).hexdigest()[:16]
