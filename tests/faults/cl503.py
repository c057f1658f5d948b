"""The document names another random seed than the code uses."""

from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    seed = int(rng.integers(100, 1000))

    def sentence(texts: dict[str, str]) -> None:
        texts["RESULTS.md"] += f"\nPlots are divided at random with seed {seed}.\n"

    experiment.edits.append(sentence)


FAULT = Fault("the document states another seed than the code", ("CL503",), apply)
