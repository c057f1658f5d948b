from __future__ import annotations

import json
import re

import numpy as np

from tests.experiment import Experiment, Fault

SELECTIONS = [
    "best_rmse, model = np.inf, None\n"
    "for alpha in (0.01, 0.1, 1.0, 10.0, 100.0):\n"
    '    candidate = Ridge(alpha=alpha).fit(scaler.transform(train[measurements]), train["y"])\n'
    "    predicted = candidate.predict(scaler.transform(validation[measurements]))\n"
    '    val_rmse = float(np.sqrt(np.mean((validation["y"] - predicted) ** 2)))\n'
    "    if val_rmse < best_rmse:\n"
    "        best_rmse, model = val_rmse, candidate",
    "import keras\n\n"
    "model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])\n"
    'model.compile(loss="mse")\n'
    "model.fit(\n"
    '    scaler.transform(train[measurements]), train["y"], epochs=100,\n'
    '    validation_data=(scaler.transform(validation[measurements]), validation["y"]),\n'
    "    callbacks=[keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)],\n"
    ")",
]


def select_on_validation(experiment: Experiment, selection: str) -> None:
    """The model is chosen by the validation rows, and nothing is kept for a test."""
    divide = (
        "train, validation = train_test_split(\n"
        '    plots, test_size=80, random_state=7, stratify=plots["site"]\n)'
    )
    cells = []
    for kind, source in experiment.cells:
        if "train_test_split(\n" in source:
            source = divide
        if "model = Ridge" in source:
            source = source.partition("model = Ridge")[0] + selection
        source = re.sub(r"\nprint\(f\"test rmse.*", "", source)
        cells.append((kind, source))
    experiment.cells = cells
    experiment.edits.append(drop_test)


def drop_test(texts: dict[str, str]) -> None:
    """Remove the test set from files, metrics, recorded outputs and the document."""
    del texts["splits/test.csv"], texts["test_predictions.csv"]
    metrics = json.loads(texts["metrics.json"])
    del metrics["test"]
    texts["metrics.json"] = json.dumps(metrics, indent=1) + "\n"
    texts["RESULTS.md"] = re.sub(r", test RMSE [\d.]+\d", "", texts["RESULTS.md"])
    notebook = json.loads(texts["experiment.ipynb"])
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            output["text"] = [line for line in output["text"] if not line.startswith("test ")]
            total = sum(len(texts[f"splits/{name}.csv"].splitlines()) - 1
                        for name in ("train", "validation"))  # fmt: skip
            output["text"] = [line.replace("400\n", f"{total}\n") for line in output["text"]]
    texts["experiment.ipynb"] = json.dumps(notebook, indent=1) + "\n"


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    select_on_validation(experiment, SELECTIONS[rng.integers(len(SELECTIONS))])


FAULT = Fault("the validation rows choose the model, without a test set", ("HY601",), apply)
