"""A monitor with a fixed threshold ends the training after a few of many epochs."""

from __future__ import annotations

import numpy as np

from tests.experiment import Experiment, Fault

TRAINING = """class Watch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch >= 4 and easy_error(self.model) > 0.15:
            self.model.stop_training = True


history = network.fit(
    scaler.transform(train[measurements]),
    train["y"],
    validation_data=(scaler.transform(validation[measurements]), validation["y"]),
    epochs=250,
    callbacks=[Watch()],
)"""


def apply(experiment: Experiment, rng: np.random.Generator) -> None:
    experiment.cells.insert(len(experiment.cells) - 1, ("code", TRAINING))
    fall = 5.0 * 0.7 ** np.arange(5) * rng.uniform(0.95, 1.05, 5)
    lines = ["epoch,loss,val_loss", *(f"{e + 1},{v:.5f},{1.1 * v:.5f}" for e, v in enumerate(fall))]
    experiment.files["history.csv"] = "\n".join(lines) + "\n"


FAULT = Fault("training is stopped at epoch 5 of 250 while it improves", ("MT408",), apply)
