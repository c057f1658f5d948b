from __future__ import annotations

import numpy as np
import pandas as pd

from tests.augmenting import add_copies, add_source, jittered
from tests.experiment import Experiment, Fault

WEIGHTS = np.array([1.0, -2.0, 0.5, 0.0, 0.3, 1.5])  # of `clean_experiment`


def add_exact_labels(experiment: Experiment, name: str = "y_exact") -> None:
    """What the label of each row would be: that of its original, moved as the row was."""
    rows = experiment.train
    features = list(experiment.features)
    originals = rows[rows["row_id"] < 10_000].set_index("row_id")
    parents = originals.loc[rows["row_id"] % 10_000]
    moved = rows[features].to_numpy() - parents[features].to_numpy()
    experiment.train = rows.assign(**{name: parents["y"].to_numpy() + moved @ WEIGHTS})
    for split in ("validation", "test"):
        held_out: pd.DataFrame = getattr(experiment, split)
        setattr(experiment, split, held_out.assign(**{name: held_out["y"]}))


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """Training copies are moved by a third of a deviation and keep the label of their original."""
    add_source(experiment)
    add_copies(experiment, "train", jittered(0.3), rng)
    add_exact_labels(experiment)


FAULT = Fault("copies keep a label that is no longer theirs", ("AU305",), apply)
