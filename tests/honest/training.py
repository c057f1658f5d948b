"""A small network trained in NumPy, standing in for the deep-learning libraries.

The code in those exports is text only; the histories, predictions and metrics come from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Fit:
    """What a training run leaves.

    Parameters
    ----------
    history : dict of str to list of float
        ``loss``, ``metric``, ``val_loss``, ``val_metric``, ``lr``, one value an epoch; the metric
        is the accuracy, or the mean absolute error of a regression.
    best : int
        Epoch (from 0) with the lowest validation loss; its weights are kept.
    stopped : bool
        Whether patience ended the run before `epochs`.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    best: int = 0
    stopped: bool = False
    weights: list[Array] = field(default_factory=list)

    def output(self, X: Array) -> Array:
        """Probabilities of each class, or the predicted value."""
        out = np.maximum(X @ self.weights[0] + self.weights[1], 0) @ self.weights[2]
        out = out + self.weights[3]
        if out.shape[1] == 1:
            return out[:, 0]
        out = np.exp(out - out.max(axis=1, keepdims=True))
        return out / out.sum(axis=1, keepdims=True)


def train(
    train_set: tuple[Array, Array],
    val_set: tuple[Array, Array],
    epochs: int,
    seed: int,
    hidden: int = 24,
    lr: float = 0.01,
    batch: int = 64,
    patience: int = 0,
    plateau: int = 0,
    min_lr: float = 1e-5,
) -> Fit:
    """Adam on cross-entropy (integer targets) or squared error.

    Training loss and metric are means over the batches of the epoch, as Keras has them.
    `plateau` halves the learning rate after so many epochs without improvement.
    """
    (X, y), (X_val, y_val) = train_set, val_set
    rng = np.random.default_rng(seed)
    classes = int(y.max()) + 1 if y.dtype.kind in "iu" else 1
    fit = Fit({name: [] for name in ("loss", "metric", "val_loss", "val_metric", "lr")})
    w = [
        rng.normal(0, np.sqrt(2 / X.shape[1]), (X.shape[1], hidden)),
        np.zeros(hidden),
        rng.normal(0, np.sqrt(1 / hidden), (hidden, classes)),
        np.zeros(classes),
    ]
    m, v, step = [np.zeros_like(p) for p in w], [np.zeros_like(p) for p in w], 0
    best_loss, waited, flat, kept = np.inf, 0, 0, [p.copy() for p in w]
    for epoch in range(epochs):
        sums = np.zeros(2)
        order = rng.permutation(len(y))
        for start in range(0, len(y), batch):
            rows = order[start : start + batch]
            fit.weights = w
            out = fit.output(X[rows])
            sums += len(rows) * np.array(_scores(out, y[rows]))
            step += 1
            for i, g in enumerate(_gradient(w, X[rows], out, y[rows])):
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g**2
                rate = lr * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
                w[i] = w[i] - rate * m[i] / (np.sqrt(v[i]) + 1e-8)
        fit.weights = w
        val = _scores(fit.output(X_val), y_val)
        for name, value in zip(fit.history, (*(sums / len(y)).tolist(), *val, lr), strict=True):
            fit.history[name].append(float(value))
        waited, flat = waited + 1, flat + 1
        if val[0] < best_loss:
            best_loss, waited, flat, kept = val[0], 0, 0, [p.copy() for p in w]
            fit.best = epoch
        if plateau and flat >= plateau:
            lr, flat = max(lr / 2, min_lr), 0
        if patience and waited >= patience:
            fit.stopped = True
            break
    fit.weights = kept
    return fit


def _scores(out: Array, y: Array) -> tuple[float, float]:
    if out.ndim == 1:
        return float(np.mean((out - y) ** 2)), float(np.mean(np.abs(out - y)))
    chosen = np.clip(out[np.arange(len(y)), y], 1e-7, 1)
    return float(-np.log(chosen).mean()), float((out.argmax(axis=1) == y).mean())


def _gradient(w: list[Array], X: Array, out: Array, y: Array) -> list[Array]:
    if out.ndim == 1:
        d = (2 * (out - y) / len(y))[:, None]
    else:
        d = out.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
    h = np.maximum(X @ w[0] + w[1], 0)
    back = (d @ w[2].T) * (h > 0)
    return [X.T @ back, back.sum(axis=0), h.T @ d, d.sum(axis=0)]
