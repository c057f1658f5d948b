from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault

COMMENTS = ["# audit: ignore[LK101]", "#audit: ignore[LK, CT202] reason=''", "# audit: ignore[CL]"]


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """A comment in some code cell, at the end of a line or alone, that gives no reason."""
    place = int(rng.choice([i for i, (kind, _) in enumerate(experiment.cells) if kind == "code"]))
    comment = COMMENTS[rng.integers(len(COMMENTS))]
    kind, source = experiment.cells[place]
    text = f"{source}  {comment}" if rng.integers(2) else f"{comment}\n{source}"
    experiment.cells[place] = kind, text


FAULT = Fault("an ignore comment gives no reason", ("HY604",), apply)
