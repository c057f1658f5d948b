from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """The training rows get more copies than the comments say."""
    made = int(rng.integers(5, 50))
    source = (
        "copies = {\n"
        '    "A": 0,\n'
        '    "B": 0,\n'
        f'    "C": {made},  # +2 copies\n'
        f'    "D": {made},  # +2 copies\n'
        "}\n"
        "pool = []\n"
        'for plot in train.to_dict("records"):\n'
        "    pool.append(plot)\n"
        '    for _ in range(copies[plot["site"]]):\n'
        '        pool.append({**plot, "x0": plot["x0"] + 0.01})\n'
        "train = pd.DataFrame(pool)"
    )
    position = next(i for i, (_, text) in enumerate(experiment.cells) if "scaler" in text)
    experiment.cells.insert(position, ("code", source))


FAULT = Fault("more copies than the comments say", ("AU301",), apply)
