"""Metrics by group and tier from the errors of samples, and the judgement of their trend.

Plain functions on arrays: no training library is needed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BALANCED = "balanced"
_NO_WORD = re.compile(r"\W+")


@dataclass(frozen=True, slots=True, eq=False)
class GroupLayout:
    """Which sample belongs to which group, and which group to which tier.

    Parameters
    ----------
    names : tuple of str
        Name of each group, fit for keys of a log.
    codes : ndarray of int, shape (n_samples,)
        Group of each sample, as a position in `names`.
    tiers : mapping of str to tuple of int
        Groups of each tier, as positions in `names`; empty without tiers.
    """

    names: tuple[str, ...]
    codes: NDArray[np.intp]
    tiers: Mapping[str, tuple[int, ...]]


def layout(groups: Any, tiers: Mapping[str, Sequence[Any]] | None = None) -> GroupLayout:
    """Settle groups and tiers.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or (n_samples, n_columns), mapping or DataFrame
        Label of each sample; several columns make up the group together.
    tiers : mapping of str to sequence, optional
        Groups of each tier, by label; by tuples where several columns make up the group.

    Raises
    ------
    ValueError
        If a group is in no tier or in two, a tier names a group without samples, or two names
        are the same.

    Examples
    --------
    >>> settled = layout({"k": [4, 5, 4], "m": [2, 2, 2]}, {"easy": [(4, 2)], "hard": [(5, 2)]})
    >>> settled.names, settled.codes.tolist(), settled.tiers
    (('k4_m2', 'k5_m2'), [0, 1, 0], {'easy': (0,), 'hard': (1,)})
    """
    labels, prefixes = _labels(groups)
    if not labels:
        raise ValueError("groups is empty: pass the group of each validation sample")
    distinct = sorted(set(labels), key=lambda label: [(isinstance(v, str), v) for v in label])
    names = tuple(_name(label, prefixes) for label in distinct)
    position = {label: i for i, label in enumerate(distinct)}
    codes = np.array([position[label] for label in labels], dtype=np.intp)
    members = _tiers(tiers or {}, position, names)
    every = [*names, *members, BALANCED]
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise ValueError(f"two groups or tiers are called {twice[0]!r} in the logs: rename one")
    return GroupLayout(names, codes, members)


def _labels(groups: Any) -> tuple[list[tuple[Any, ...]], tuple[str, ...]]:
    if isinstance(groups, Mapping) or hasattr(groups, "columns"):
        keys = list(groups) if isinstance(groups, Mapping) else list(groups.columns)
        columns = [np.asarray(groups[key]) for key in keys]
        prefixes = tuple(str(key) for key in keys)
    else:
        array = np.asarray(groups)
        if array.ndim not in (1, 2):
            raise ValueError(f"groups has shape {array.shape}: pass one label a sample")
        columns = [array] if array.ndim == 1 else list(array.T)
        prefixes = ("",) * len(columns)
    if len({len(column) for column in columns}) > 1:
        raise ValueError("the columns of groups differ in length")
    return list(zip(*(column.tolist() for column in columns), strict=True)), prefixes


def _name(label: tuple[Any, ...], prefixes: tuple[str, ...]) -> str:
    parts = []
    for prefix, value in zip(prefixes, label, strict=True):
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        parts.append(f"{prefix}{value}")
    return log_name("_".join(parts))


def log_name(text: str) -> str:
    """A name that can be part of a key of logs and of a format string.

    Examples
    --------
    >>> log_name("North-East (old)")
    'North_East_old'
    """
    return _NO_WORD.sub("_", text).strip("_") or "_"


def _tiers(
    tiers: Mapping[str, Sequence[Any]], position: Mapping[tuple[Any, ...], int], names: Any
) -> dict[str, tuple[int, ...]]:
    members: dict[str, tuple[int, ...]] = {}
    taken: dict[int, str] = {}
    for tier, listed in tiers.items():
        if isinstance(listed, str) or not len(listed):
            raise ValueError(f"tier {tier!r} is a non-empty list of groups")
        found = []
        for label in listed:
            key = tuple(label) if isinstance(label, list | tuple | np.ndarray) else (label,)
            if key not in position:
                raise ValueError(f"tier {tier!r}: no validation sample is in the group {label!r}")
            code = position[key]
            if code in taken:
                raise ValueError(f"group {label!r} is in the tiers {taken[code]!r} and {tier!r}")
            taken[code] = str(tier)
            found.append(code)
        members[log_name(str(tier))] = tuple(found)
    left = [name for code, name in enumerate(names) if code not in taken]
    if members and left:
        raise ValueError(f"group {left[0]!r} is in no tier: add it to one")
    if len(members) < len(tiers):
        raise ValueError("two tiers have the same name in the logs: rename one")
    return members


def summarise(errors: NDArray[Any], groups: GroupLayout) -> dict[str, float]:
    """Mean error of each tier and group, and the balanced one.

    Parameters
    ----------
    errors : ndarray, shape (n_samples,)
        Error of each sample.
    groups : GroupLayout
        Groups and tiers.

    Returns
    -------
    dict of str to float
        By tier: the mean over its groups. By group: the mean over its samples. ``balanced``: the
        mean over tiers; over groups where there are no tiers.

    Examples
    --------
    >>> summarise(np.array([1.0, 3.0, 5.0]), layout(["a", "a", "b"]))
    {'a': 2.0, 'b': 5.0, 'balanced': 3.5}
    """
    counts = np.bincount(groups.codes, minlength=len(groups.names))
    means = np.bincount(groups.codes, errors, minlength=len(groups.names)) / counts
    by_tier = {tier: float(np.mean(means[list(own)])) for tier, own in groups.tiers.items()}
    by_group = {name: float(mean) for name, mean in zip(groups.names, means, strict=True)}
    parts = by_tier or by_group
    return {**by_tier, **by_group, BALANCED: float(np.mean(list(parts.values())))}


@dataclass(frozen=True, slots=True)
class TrendRule:
    """When a metric of which less is better counts as getting worse.

    Parameters
    ----------
    tolerance : float
        Relative distance from the best value that is no concern: 0.1 for 10 %.
    patience : int
        Epochs in a row that must be beyond it.
    warmup : int
        Epochs at the beginning that are not looked at.
    smoothing : int
        Epochs over which values are averaged.
    """

    tolerance: float = 0.1
    patience: int = 10
    warmup: int = 20
    smoothing: int = 5

    def __post_init__(self) -> None:
        if not self.tolerance >= 0:
            raise ValueError(f"tolerance is {self.tolerance}: pass a share such as 0.1")
        for name, least in (("patience", 1), ("warmup", 0), ("smoothing", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: pass {least} or more")


def smoothed(values: Sequence[float], window: int) -> NDArray[np.float64]:
    """Mean of each value and the ones before it, `window` of them at most.

    Examples
    --------
    >>> smoothed([1.0, 3.0, 5.0], 2).tolist()
    [1.0, 2.0, 4.0]
    """
    array = np.asarray(values, dtype=np.float64)
    return np.array([np.mean(array[max(0, i + 1 - window) : i + 1]) for i in range(len(array))])


def is_worsening(values: Sequence[float], rule: TrendRule) -> bool:
    """Whether the last epochs show a lasting deterioration.

    After the warm-up, the smoothed value has been above its best by more than the tolerance for
    as many epochs in a row as the patience says, and its slope over these epochs is not negative.
    A value that is no finite number is above any best.

    Parameters
    ----------
    values : sequence of float
        The metric after each epoch; less is better.
    rule : TrendRule
        What counts.

    Examples
    --------
    >>> rule = TrendRule(tolerance=0.1, patience=3, warmup=2, smoothing=1)
    >>> is_worsening([9.0, 5.0, 1.0, 1.2, 1.3, 1.4], rule)
    True
    >>> is_worsening([9.0, 5.0, 1.0, 1.4, 1.3, 1.2], rule)  # it is recovering
    False
    """
    with np.errstate(invalid="ignore", over="ignore"):
        series = smoothed(values[rule.warmup :], rule.smoothing)
        if len(series) <= rule.patience:
            return False
        series = np.where(np.isfinite(series), series, np.inf)
        best = np.minimum.accumulate(series)
        beyond = np.isinf(series) | (series > best + rule.tolerance * np.abs(best))
        recent = series[-max(rule.patience, 2) :]
        return bool(np.all(beyond[-rule.patience :]) and not _slope(recent) < 0)


def _slope(values: NDArray[np.float64]) -> float:
    steps = np.arange(len(values)) - (len(values) - 1) / 2
    return float(np.sum(steps * values)) if np.all(np.isfinite(values)) else np.inf
