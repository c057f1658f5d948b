from __future__ import annotations

import json

import numpy as np

from tests.experiment import Experiment, Fault


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    """One of the code cells but the last was executed again, after all the others."""

    def execute_again(texts: dict[str, str]) -> None:
        notebook = json.loads(texts["experiment.ipynb"])
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        code[rng.integers(len(code) - 1)]["execution_count"] = len(code) + 1
        texts["experiment.ipynb"] = json.dumps(notebook)

    experiment.edits.append(execute_again)


FAULT = Fault("a cell is executed again after the cells below it", ("HY603",), apply)
