"""`GroupMetrics`: a Keras callback that logs metrics by group and guards tiers while it trains."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from audit.integrations.group_scores import TrendRule, is_worsening, layout, log_name, summarise

Errors = Callable[[NDArray[Any], NDArray[Any]], Any]


def squared_error(y_true: NDArray[Any], y_pred: NDArray[Any]) -> NDArray[np.float64]:
    """Squared error of each sample; the mean over outputs where there are several."""
    errors = np.square(np.asarray(y_true, np.float64) - np.asarray(y_pred, np.float64))
    means: NDArray[np.float64] = errors.reshape(len(errors), -1).mean(axis=1)
    return means


class GroupMetrics(keras.callbacks.Callback):  # type: ignore[misc]
    """Log metrics by group after every epoch, and guard tiers that must not get worse.

    An average hides what happens to small groups. After each epoch this callback predicts the
    validation samples once and puts into ``logs``, where less is better:

    - ``val_<name>_<tier>``: the mean over the groups of the tier,
    - ``val_<name>_<group>``: the mean over the samples of the group,
    - ``val_<name>_balanced``: the mean over tiers (over groups where there are none).

    List it **before** the callbacks that use these values; ``History`` always comes last, so
    ``model.fit(...).history`` holds them. They need ``mode="min"``::

        callbacks=[
            GroupMetrics(X_val, y_val, groups_val, tiers=tiers, guard="easy"),
            keras.callbacks.EarlyStopping(
                "val_mse_balanced", mode="min", patience=30, restore_best_weights=True
            ),
            keras.callbacks.CSVLogger("history.csv"),
        ]

    A guarded tier is judged by its *trend*: training stops when, after the warm-up, its smoothed
    value has been above its best by more than the tolerance for `patience` epochs in a row, and
    is not falling. An absolute limit ("stop when easy exceeds 0.15") is the wrong tool: before a
    network has learned anything every tier is above any limit that means something later. Such a
    limit of 0.15 ended a run at epoch 5 of 250, while all tiers were improving; and a limit that
    is loose enough for the first epochs does not notice a tier that doubles later.

    Weights are left alone: `EarlyStopping` above restores the best ones, of the balanced metric,
    also when this callback stops the training.

    Parameters
    ----------
    x : object
        Validation features, as ``model.predict`` takes them; in a fixed order.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Validation targets.
    groups : array-like of shape (n_samples,) or (n_samples, n_columns), mapping or DataFrame
        Group of each sample. Columns of a mapping ``{"k": …, "m": …}`` give names such as
        ``k4_m2``.
    tiers : mapping of str to sequence, optional
        Groups of each tier, by label; by tuples where several columns make up the group.
    error : callable, optional
        ``error(y_true, y_pred)``, the error of each sample, shape (n_samples,); `y_pred` has the
        shape of `y_true`. The squared error by default.
    name : str
        Name of the metric in the logs.
    guard : str or sequence of str
        Tiers (or groups, as named in the logs) that must not get worse.
    tolerance, patience, warmup, smoothing
        See `audit.integrations.group_scores.TrendRule`.
    action : {"stop", "warn"}
        What to do when a guarded tier gets worse; it is warned of either way, once.
    batch_size : int
        For the prediction.

    Attributes
    ----------
    alarms : dict of str to int
        Guarded tiers that got worse, and the epoch (from 0, as Keras counts) when it was seen.

    Raises
    ------
    ValueError
        If lengths differ, a group is in no tier or two, or a guarded tier is not there.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        groups: Any,
        *,
        tiers: Mapping[str, Sequence[Any]] | None = None,
        error: Errors = squared_error,
        name: str = "mse",
        guard: str | Sequence[str] = (),
        tolerance: float = 0.1,
        patience: int = 10,
        warmup: int = 20,
        smoothing: int = 5,
        action: Literal["stop", "warn"] = "stop",
        batch_size: int = 4096,
    ) -> None:
        super().__init__()
        self._x, self._y = x, np.asarray(y)
        self._layout = layout(groups, tiers)
        self._error, self._name, self._batch_size = error, name, batch_size
        self._rule = TrendRule(tolerance, patience, warmup, smoothing)
        self._action = action
        self._guarded = [log_name(g) for g in ([guard] if isinstance(guard, str) else guard)]
        if len(self._y) != len(self._layout.codes):
            raise ValueError(f"{len(self._layout.codes)} groups for {len(self._y)} targets")
        known = [*self._layout.tiers, *self._layout.names]
        for guarded in self._guarded:
            if guarded not in known:
                raise ValueError(f"guard {guarded!r} is none of {', '.join(known)}")
        if action not in ("stop", "warn"):
            raise ValueError(f'action is {action!r}: pass "stop" or "warn"')
        self._values: dict[str, list[float]] = {}
        self.alarms: dict[str, int] = {}

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self._values = {guarded: [] for guarded in self._guarded}
        self.alarms = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, log, and judge the guarded tiers."""
        scores = summarise(self._errors(), self._layout)
        if logs is not None:
            logs.update({f"val_{self._name}_{part}": value for part, value in scores.items()})
        for guarded, values in self._values.items():
            values.append(scores[guarded])
            if guarded not in self.alarms and is_worsening(values, self._rule):
                self.alarms[guarded] = epoch
                self._alarm(guarded, epoch)

    def _errors(self) -> NDArray[Any]:
        predicted = self.model.predict(self._x, batch_size=self._batch_size, verbose=0)
        if predicted.size != self._y.size:
            raise ValueError(
                f"the model predicts shape {predicted.shape} for targets of {self._y.shape}: give "
                "an error function, and y in the form of its predictions"
            )
        errors = np.asarray(self._error(self._y, predicted.reshape(self._y.shape)))
        if errors.shape != self._layout.codes.shape:
            raise ValueError(
                f"error returned shape {errors.shape}: it is to return the error of each sample, "
                f"shape {self._layout.codes.shape}"
            )
        return errors

    def _alarm(self, guarded: str, epoch: int) -> None:
        rule = self._rule
        best = min(self._values[guarded][rule.warmup :])
        stops = "; training stops" if self._action == "stop" else ""
        warnings.warn(
            f"epoch {epoch + 1}: val_{self._name}_{guarded} is {self._values[guarded][-1]:.4g}, "
            f"its best was {best:.4g}; its mean over {rule.smoothing} epochs has been more than "
            f"{rule.tolerance:.0%} above its best for {rule.patience} epochs{stops}",
            stacklevel=2,
        )
        if self._action == "stop":
            self.model.stop_training = True
