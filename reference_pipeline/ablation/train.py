"""Train one cell with the recipe of Run 7."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reference_pipeline import models, scaling
from reference_pipeline import train as training
from reference_pipeline.ablation.grid import LOSS_WEIGHTS, Cell, Study, code_digest
from reference_pipeline.ablation.prepare import data_code
from reference_pipeline.ablation.study import Outcome, SeedData
from reference_pipeline.recipes import RECIPES, TrainingConfig
from reference_pipeline.scaling import GroupScaler
from reference_pipeline.train import Examples, train_model

IntArray = npt.NDArray[np.intp]


def with_recipe(study: Study) -> Study:
    """The study with everything in its description that its results depend on."""
    files = [
        Path(file)
        for file in (__file__, models.__file__, scaling.__file__, training.__file__)
        if file
    ]
    recipe = {
        "training": asdict(training_config(study, "equal")),
        "code": [code_digest(files), data_code()],
    }
    return replace(study, recipe=recipe)


def training_config(study: Study, weights: str) -> TrainingConfig:
    """The recipe of the smoke profile, with one model, the study's budget, and no early end.

    Parameters
    ----------
    study : Study
    weights : str
        A level of the loss weights.

    Returns
    -------
    TrainingConfig
    """
    by_tier = LOSS_WEIGHTS[weights]
    equal = len(set(by_tier.values())) == 1
    return replace(
        RECIPES["smoke"],
        epochs=study.epochs,
        patience=study.epochs,
        guard_easy=False,
        batch_size=study.batch_size,
        members=1,
        tier_weights=None if equal else tuple(by_tier.items()),
    )


def train_cell(study: Study, cell: Cell, data: SeedData) -> Outcome:
    """Train a cell and predict the test set.

    The scaler is fitted on the training rows of the cell, copies included. All cells of a seed see
    the same number of rows in an epoch, whatever the number of copies; a few that do not fill a
    batch are left out at random.

    Parameters
    ----------
    study : Study
    cell : Cell
    data : SeedData
        Data of the cell's seed.

    Returns
    -------
    Outcome
    """
    names = ["train"] if cell.augmentation == "none" else ["train", cell.augmentation]
    rows, heights = (np.concatenate(parts) for parts in zip(*map(data.rows, names), strict=True))
    unscaled = np.concatenate([data.features(name, cell.features) for name in names])
    scaler = GroupScaler().fit(unscaled)

    def examples(name: str) -> Examples:
        rows, heights = data.rows(name)
        return Examples(scaler.transform(data.features(name, cell.features)), heights, rows)

    copies = sum(error.copies for error in data.facts.label_errors["symmetry"].values())
    wanted = data.facts.originals["train"] + copies
    per_epoch = max(wanted // study.batch_size, 1)
    order = np.concatenate(list(_passes(len(rows), per_epoch * study.batch_size, cell.seed)))
    models.require_keras().utils.clear_session()  # forget the model of the cell before
    trained = train_model(
        training_config(study, cell.weights),
        Examples(scaler.transform(unscaled)[order], heights[order], rows[order]),
        examples("validation"),
        cell.seed,
    )
    epochs = len(trained.histories[0]["loss"])
    return Outcome(
        predicted=trained.predict(examples("test").features),
        train_rows=len(rows),
        steps=per_epoch * epochs,
    )


def _passes(n_rows: int, wanted: int, seed: int) -> Iterator[IntArray]:
    """Positions of rows, pass after pass in random order, until there are enough."""
    rng = np.random.default_rng([21, seed])
    while wanted > 0:
        chosen = rng.permutation(n_rows)[:wanted]
        yield chosen
        wanted -= len(chosen)
