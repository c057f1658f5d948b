from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Sixteen of eighty validation rows are training rows with x3 jittered."""
    columns = [*experiment.features, "site", experiment.target]
    for site in sorted(set(experiment.train["site"])):
        rows = experiment.validation.index[experiment.validation["site"] == site]
        source = experiment.train[experiment.train["site"] == site].sample(4, random_state=rng)
        copies = source[columns].assign(x3=(source["x3"] + rng.normal(0, 0.01, 4)).round(6))
        experiment.validation.loc[rng.choice(rows, 4, replace=False), columns] = copies.to_numpy()


FAULT = Fault("copies of training rows are hidden by a jittered column", ("CT202",), apply)
