from __future__ import annotations

import numpy as np

from tests.experiment import TIERS, Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Every validation row of the easy tier is a training row."""
    columns = [*experiment.features, "site", experiment.target]
    for site in (name for name, tier in TIERS.items() if tier == "easy"):
        rows = experiment.validation.index[experiment.validation["site"] == site]
        source = experiment.train[experiment.train["site"] == site]
        repeated = source.sample(len(rows), random_state=rng)
        experiment.validation.loc[rows, columns] = repeated[columns].to_numpy()


FAULT = Fault("a whole tier of the validation set was trained on", ("CT201", "MT405"), apply)
