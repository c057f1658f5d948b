"""Curves of a training history: which split and which metric a column is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import History
from audit.model.evidence import MAX_POINTS, Series
from checks.kit.scores import SCORES, canonical_metric

Numbers = NDArray[np.float64]

_HUGE = 1e100
MAX_CURVES = 8  # a picture of more cannot be read
_EPOCH = ("epoch", "epochs", "iteration", "iterations", "round", "boosting_round")
_RATE = re.compile(r"(?:lr|learning_?rate)(?:_.*)?")
_HELD_OUT = r"(?:val|valid|validation|dev|eval|test|holdout|heldout)"
_PREFIX = re.compile(rf"{_HELD_OUT}_(?!\d)")
_SUFFIX = re.compile(rf"_{_HELD_OUT}$")
_TRAIN = re.compile(r"^(?:train|training)_|_(?:train|training)$")
_EVERY_STEP = re.compile(r"_step$")
_EVERY_EPOCH = re.compile(r"_epoch$")


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One column of a history, by epoch.

    Parameters
    ----------
    column : str
        As the file calls it.
    base : str
        The quantity without its split: ``"loss"``, a canonical metric, or a name as written.
    held_out : bool
        It is about validation rows, not about training rows.
    epochs : ndarray, shape (n,)
        Number of each epoch, counted from 1.
    values : ndarray, shape (n,)
        Finite.
    half_width : float
        Half a unit of the last decimal that the file keeps.
    rows : ndarray, shape (n,)
        0-based row of the file that each value is from.
    """

    column: str
    base: str
    held_out: bool
    epochs: Numbers
    values: Numbers
    half_width: float
    rows: NDArray[np.intp]

    @property
    def greater_is_better(self) -> bool | None:
        """Direction; ``None`` where the quantity is not known."""
        score = SCORES.get(_metric_within(self.base))
        return score.greater_is_better if score is not None else None

    @property
    def errors(self) -> Numbers:
        """Values turned so that smaller is better; a share becomes its distance from 1."""
        return 1.0 - self.values if self.greater_is_better else self.values

    @property
    def best(self) -> int:
        """Position of the best epoch, the first of equals."""
        return int(np.argmin(self.errors))


def curves_of(history: History, monitored: Collection[str] = ()) -> tuple[Curve, ...]:
    """Every column that is a loss or a known metric, or has a counterpart on the other split.

    Columns in `monitored` count as well where their name holds that of a loss or a known metric
    (``val_log2_mse_balanced``); they come last.
    """
    named = {name: _plain(name) for name in history.columns}
    epochs = _epochs(history, named)
    bases = {name: _base(plain) for name, plain in named.items()}
    sides: dict[str, set[bool]] = {}
    for base, held_out in bases.values():
        sides.setdefault(base, set()).add(held_out)
    found: list[Curve] = []
    chosen_by: list[Curve] = []
    for name, (base, held_out) in bases.items():
        plain = named[name]
        if plain in _EPOCH or _RATE.fullmatch(plain) or _EVERY_STEP.search(plain):
            continue
        usual = base in SCORES or len(sides[base]) > 1
        if not usual and not (name in monitored and ("loss" in base or _metric_within(base))):
            continue
        curve = _curve(name, base, held_out, epochs, history.columns[name])
        if curve is not None:
            (found if usual else chosen_by).append(curve)
    return tuple(found + chosen_by)


def _metric_within(base: str) -> str:
    """The known metric that a name begins or ends with, in whole words; empty without one."""
    if base in SCORES:
        return base
    words = base.split("_")
    if "loss" in words:  # r2_loss falls
        return ""
    for length in range(len(words) - 1, 0, -1):
        for part in (words[:length], words[-length:]):
            name = canonical_metric("_".join(part))
            if name in SCORES:
                return str(name)
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """What a history holds of every epoch, values that are not finite among them.

    Parameters
    ----------
    epochs : ndarray, shape (n,)
        Number of each epoch, counted from 1.
    rows : ndarray, shape (n,)
        The first row of the file that is about it.
    values : mapping of str to ndarray, shape (n,)
        Column to the last entry of each epoch that is not empty; NaN where there is none.
    """

    epochs: Numbers
    rows: NDArray[np.intp]
    values: Mapping[str, Numbers]


def recorded(history: History) -> Recorded:
    """Put rows of one epoch together, and keep what is not finite."""
    named = {name: _plain(name) for name in history.columns}
    epochs = _epochs(history, named)
    usable = np.flatnonzero(np.isfinite(epochs))
    numbers, first, place = np.unique(epochs[usable], return_index=True, return_inverse=True)
    values = {}
    for name, column in history.columns.items():
        if named[name] in _EPOCH:
            continue
        own = np.asarray(column, dtype=np.float64)[usable]
        kept = np.full(len(numbers), np.nan)
        there = ~np.isnan(own)
        kept[place[there]] = np.where(np.abs(own[there]) < _HUGE, own[there], np.inf)
        values[name] = kept
    return Recorded(numbers, usable[first], values)


def is_error(column: str) -> bool:
    """Whether a column is about a loss or an error."""
    base = _base(_plain(column))[0]
    score = SCORES.get(base)
    return base.endswith("loss") or (score is not None and not score.greater_is_better)


def errors_of(kept: Recorded) -> list[str]:
    """Columns of the loss; of all errors where no loss was kept."""
    names = [name for name in kept.values if not _EVERY_STEP.search(_plain(name))]
    losses = [name for name in names if _base(_plain(name))[0] == "loss"]
    return losses or [name for name in names if is_error(name)]


def learning_rate(history: History) -> Curve | None:
    """The only column of learning rates."""
    named = {name: _plain(name) for name in history.columns}
    rates = [name for name, plain in named.items() if _RATE.fullmatch(plain)]
    if len(rates) != 1:
        return None
    return _curve(rates[0], rates[0], False, _epochs(history, named), history.columns[rates[0]])


def is_numbered(history: History, *, by_epoch: bool = False) -> bool:
    """Whether the file says which epoch (not: which iteration) a row is about."""
    wanted = _EPOCH[:2] if by_epoch else _EPOCH
    return any(_plain(name) in wanted for name in history.columns)


def last_epoch(history: History) -> int:
    """How many epochs were recorded, counted from 1."""
    epochs = _epochs(history, {name: _plain(name) for name in history.columns})
    finite = epochs[np.isfinite(epochs)]
    return int(finite.max()) if len(finite) and finite.max() < 1e9 else 0


def pair_of(curves: tuple[Curve, ...]) -> tuple[Curve, Curve] | None:
    """Training and validation curve of one quantity, the loss before all others."""
    for train in sorted(curves, key=lambda curve: curve.base != "loss"):
        for other in curves:
            if not train.held_out and other.held_out and other.base == train.base:
                return train, other
    return None


def history_series(curves: tuple[Curve, ...]) -> tuple[Series, ...]:
    """The loss curves for the figure; those of the first metric where no loss was kept."""
    pair = pair_of(curves)
    if pair is not None:
        chosen = list(pair)
    else:
        first = next((c for c in curves if c.base == "loss"), curves[0] if curves else None)
        chosen = [c for c in curves if first is not None and c.base == first.base]
    return tuple(_series(curve) for curve in chosen[:MAX_CURVES])


def _series(curve: Curve) -> Series:
    n = len(curve.values)
    rows = np.arange(n)
    if n > MAX_POINTS:
        even = np.linspace(0, n - 1, MAX_POINTS - 1).round().astype(int)
        rows = np.unique(np.append(even, curve.best))
    return Series(
        "history",
        "validation" if curve.held_out else "training",
        tuple(float(x) for x in curve.epochs[rows]),
        tuple(float(y) for y in curve.values[rows]),
        unit=curve.base,
    )


def _plain(name: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[:200])
    return re.sub(r"[^a-z0-9]+", "_", snake.casefold()).strip("_")


def _base(plain: str) -> tuple[str, bool]:
    """Quantity and side of a column."""
    plain = _EVERY_EPOCH.sub("", plain)
    bare = _PREFIX.sub("", plain, count=1) if _PREFIX.match(plain) else _SUFFIX.sub("", plain)
    held_out = bare != plain
    bare = _TRAIN.sub("", bare)
    return (canonical_metric(bare) or bare), held_out


def _epochs(history: History, named: dict[str, str]) -> Numbers:
    length = len(next(iter(history.columns.values())))
    counted = np.arange(1, length + 1, dtype=np.float64)
    name = next((name for name, plain in named.items() if plain in _EPOCH), None)
    if name is None:
        return counted
    epochs = np.asarray(history.columns[name], dtype=np.float64)
    finite = epochs[np.isfinite(epochs)]
    if not len(finite) or (np.diff(finite) < 0).any() or np.abs(finite).max() > 1e9:
        return counted
    return epochs + 1 if finite.min() == 0 else epochs


def _curve(name: str, base: str, held_out: bool, epochs: Numbers, column: Numbers) -> Curve | None:
    """The last finite value of each epoch: loggers write several rows, with gaps."""
    values = np.asarray(column, dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(values) & np.isfinite(epochs) & (np.abs(values) < _HUGE))
    if not len(rows):
        return None
    rows = rows[np.append(np.diff(epochs[rows]) != 0, True)]
    return Curve(name, base, held_out, epochs[rows], values[rows], _half_width(values[rows]), rows)


def _half_width(values: Numbers) -> float:
    """Half a unit of the last decimal, 0 where the values were kept in full."""
    for decimals in range(9):
        if np.allclose(values, np.round(values, decimals), rtol=1e-13, atol=0):
            return float(0.5 * 10.0**-decimals)
    return 1e-7 * float(np.max(np.abs(values)))
