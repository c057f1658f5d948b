"""Evaluation of predicted heights: log2-MSE in all, by tier and by group, with intervals.

Every mean comes with a 95 % interval of the normal approximation over samples (the sets of a run
have thousands of samples in each tier). *Balanced* is the mean over tiers of the mean over the
groups of the tier, so that no tier counts for more because it has more rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reference_pipeline.config import TIERS, Group, Tier

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_NORMAL_QUANTILE = 1.959963984540054  # of 97.5 %
GAP_RANGE = (0.02, 0.08)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over samples, and the interval in which its true value is expected to lie.

    Attributes
    ----------
    value : float
        The mean; for a gap the difference of two means.
    low, high : float
        The 95 % interval; infinite where one sample leaves the spread unknown.
    n : int
        Number of samples.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.4f} [{self.low:.4f}, {self.high:.4f}]"


@dataclass(frozen=True, slots=True)
class Scores:
    """Log2-MSE of one model on one set.

    Attributes
    ----------
    overall : Estimate
        Mean over all samples.
    balanced : Estimate
        Mean over tiers of the mean over the groups of each.
    by_tier : mapping of str to Estimate
        Mean over the samples of each tier that occurs.
    by_group : mapping of (int, int) to Estimate
        Mean over the samples of each group (k, m) that occurs.
    """

    overall: Estimate
    balanced: Estimate
    by_tier: Mapping[Tier, Estimate]
    by_group: Mapping[Group, Estimate]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a run must stay below; the defaults are the success criteria of the analysis of Run 6.

    Attributes
    ----------
    overall, easy, medium, hard : float
        Bounds of the log2-MSE.
    """

    overall: float = 0.374
    easy: float = 0.15
    medium: float = 0.30
    hard: float = 1.30


PLANNED = Thresholds()
STRICT = Thresholds(overall=0.22, easy=0.08, medium=0.18, hard=0.45)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One success criterion and its outcome.

    Attributes
    ----------
    name : str
        What is measured.
    threshold : str
        The demand in words or numbers, as a report prints it.
    value : float
        The measured value; ``nan`` where the set has no such samples.
    met : bool
        Whether the demand is met.
    """

    name: str
    threshold: str
    value: float
    met: bool


def squared_errors(y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> FloatArray:
    """Squared difference of the log2 heights, sample by sample.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n_samples,)
        Heights; finite and positive.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If the lengths differ, or a height is not a finite positive number.
    """
    true, predicted = (np.asarray(values, dtype=np.float64) for values in (y_true, y_pred))
    if true.ndim != 1 or true.shape != predicted.shape:
        raise ValueError(f"true {true.shape} and predicted {predicted.shape} heights differ")
    for name, values in (("true", true), ("predicted", predicted)):
        bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if len(bad):
            raise ValueError(
                f"{len(bad)} {name} heights are not finite and positive, the first at {bad[0]}"
            )
    errors: FloatArray = np.square(np.log2(true) - np.log2(predicted))
    return errors


def interval(errors: FloatArray) -> Estimate:
    """Mean of the errors with its interval.

    Parameters
    ----------
    errors : ndarray of shape (n_samples,)
        At least one.

    Returns
    -------
    Estimate
    """
    if not len(errors):
        raise ValueError("no samples to average over")
    return _estimate(float(errors.mean()), _variance_of_mean(errors), len(errors))


def scores(rows: npt.ArrayLike, y_true: npt.ArrayLike, y_pred: npt.ArrayLike) -> Scores:
    """Score predicted heights.

    Parameters
    ----------
    rows : array_like of shape (n_samples, n_columns)
        The samples; their first three columns are n, k and m.
    y_true, y_pred : array_like of shape (n_samples,)
        Exact and predicted heights.

    Returns
    -------
    Scores

    Raises
    ------
    ValueError
        If the arrays do not fit together, are empty, or hold a group outside the nine.
    """
    errors = squared_errors(y_true, y_pred)
    members = _members(np.asarray(rows), len(errors))
    by_group = {group: errors[mask] for group, mask in members.items() if mask.any()}
    by_tier = {
        tier: np.concatenate(parts)
        for tier, groups in TIERS.items()
        if (parts := [by_group[group] for group in groups if group in by_group])
    }
    return Scores(
        overall=interval(errors),
        balanced=_balanced(by_group),
        by_tier={tier: interval(values) for tier, values in by_tier.items()},
        by_group={group: interval(values) for group, values in by_group.items()},
    )


def gap(train: Scores, held_out: Scores) -> Estimate:
    """Held-out minus train error, both evaluated with the final weights.

    The training side must be the *originals*: augmented copies are another mixture of groups.

    Parameters
    ----------
    train, held_out : Scores
        Scores of one model.

    Returns
    -------
    Estimate
        Difference of the overall means; ``n`` is the size of the held-out set.
    """
    first, second = train.overall, held_out.overall
    half = float(np.hypot(first.high - first.value, second.high - second.value))
    value = second.value - first.value
    return Estimate(value, value - half, value + half, second.n)


def criteria(
    held_out: Scores,
    train_gap: Estimate,
    leaked_rows: int,
    thresholds: Thresholds = PLANNED,
) -> tuple[Criterion, ...]:
    """Judge a run by the six success criteria.

    A gap below the range that the plan calls reasonable is a virtue where nothing leaks, and
    a warning sign where something does; a gap is too large when its whole interval is.

    Parameters
    ----------
    held_out : Scores
        Scores on the held-out set.
    train_gap : Estimate
        See `gap`.
    leaked_rows : int
        Held-out rows whose entity occurs in train.
    thresholds : Thresholds, optional
        The four bounds.

    Returns
    -------
    tuple of Criterion
        Overall, easy, medium, hard, leakage, gap.
    """
    measured: dict[str, Estimate] = {"overall": held_out.overall}
    measured |= {str(tier): score for tier, score in held_out.by_tier.items()}
    bounds = {name: getattr(thresholds, name) for name in ("overall", *TIERS)}
    judged = [
        Criterion(name, f"< {bound:g}", value, value < bound)
        for name, bound in bounds.items()
        for value in [measured[name].value if name in measured else float("nan")]
    ]
    lowest, highest = GAP_RANGE
    small_enough = train_gap.low <= highest
    not_suspicious = train_gap.high >= lowest or leaked_rows == 0
    return (
        *judged,
        Criterion("held-out rows in train", "0", float(leaked_rows), leaked_rows == 0),
        Criterion(
            "train-validation gap",
            f"{lowest:g} to {highest:g}, or less without leakage",
            train_gap.value,
            small_enough and not_suspicious,
        ),
    )


def _members(rows: npt.NDArray[np.generic], n_samples: int) -> dict[Group, BoolArray]:
    if rows.ndim != 2 or rows.shape[1] < 3 or len(rows) != n_samples:
        raise ValueError(f"expected {n_samples} rows of n, k, m, ..., got shape {rows.shape}")
    members = {
        group: (rows[:, 1] == group[0]) & (rows[:, 2] == group[1])
        for groups in TIERS.values()
        for group in groups
    }
    strangers = np.flatnonzero(~np.any(np.stack(list(members.values())), axis=0))
    if len(strangers):
        k, m = rows[strangers[0], 1:3]
        raise ValueError(
            f"{len(strangers)} rows are of no known group, the first k={k}, m={m} at {strangers[0]}"
        )
    return members


def _balanced(by_group: Mapping[Group, FloatArray]) -> Estimate:
    present: list[list[Group]] = []
    for groups in TIERS.values():
        if kept := [group for group in groups if group in by_group]:
            present.append(kept)
    weights = {group: 1 / (len(present) * len(kept)) for kept in present for group in kept}
    value = sum(weight * float(by_group[group].mean()) for group, weight in weights.items())
    variance = sum(
        weight**2 * _variance_of_mean(by_group[group]) for group, weight in weights.items()
    )
    return _estimate(value, variance, sum(len(errors) for errors in by_group.values()))


def _variance_of_mean(errors: FloatArray) -> float:
    if len(errors) < 2:
        return float("inf")
    return float(errors.var(ddof=1)) / len(errors)


def _estimate(value: float, variance: float, n: int) -> Estimate:
    half = _NORMAL_QUANTILE * float(np.sqrt(variance))
    return Estimate(value, value - half, value + half, n)
