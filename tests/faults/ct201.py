from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Twelve of eighty validation rows, three a site, repeat a training row."""
    columns = [*experiment.features, "site", experiment.target]
    for site in sorted(set(experiment.train["site"])):
        rows = experiment.validation.index[experiment.validation["site"] == site]
        source = experiment.train[experiment.train["site"] == site].sample(3, random_state=rng)
        repeated = rng.choice(rows, 3, replace=False)
        experiment.validation.loc[repeated, columns] = source[columns].to_numpy()


FAULT = Fault("validation rows repeat training rows", ("CT201",), apply)
