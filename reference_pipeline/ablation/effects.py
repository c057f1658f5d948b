"""Means over seeds and paired differences, with t intervals."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from reference_pipeline.ablation.grid import Cell, Comparison
from reference_pipeline.ablation.store import Result
from reference_pipeline.evaluate import Estimate

CONFIDENCE = 0.95

Direction = Literal["lower", "higher", "not shown", "too few seeds"]


def direction(estimate: Estimate) -> Direction:
    """On which side of zero the interval of a difference lies.

    Examples
    --------
    >>> direction(Estimate(-0.2, -0.3, -0.1, 3)), direction(Estimate(-0.2, -0.5, 0.1, 3))
    ('lower', 'not shown')
    """
    if estimate.n < 2:
        return "too few seeds"
    if estimate.high < 0:
        return "lower"
    return "higher" if estimate.low > 0 else "not shown"


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and t interval of independent values, one a seed.

    Parameters
    ----------
    values : sequence of float
        At least one.

    Returns
    -------
    Estimate
        Its bounds are infinite with a single value.
    """
    from scipy.stats import t

    mean = statistics.fmean(values)
    if len(values) < 2:
        return Estimate(mean, -math.inf, math.inf, len(values))
    error = statistics.stdev(values) / math.sqrt(len(values))
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)) * error
    return Estimate(mean, mean - half, mean + half, len(values))


def mean_of(results: Iterable[Result], metric: str) -> Estimate:
    """A metric over the seeds; several results of one seed are averaged first."""
    return estimate(_by_seed((result.cell.seed, result.scores[metric]) for result in results))


def difference(
    results: Iterable[Result],
    comparison: Comparison,
    metric: str,
    where: Callable[[Cell], bool] = lambda cell: True,
) -> Estimate:
    """How much a level changes a metric, paired within each seed and all other levels.

    The differences of one seed are averaged (its cells share their data, so they are not
    independent); the interval is over the seeds.

    Parameters
    ----------
    results : iterable of Result
    comparison : Comparison
    metric : str
    where : callable, optional
        Restricts the cells.

    Returns
    -------
    Estimate
        Negative where the level has the smaller error.

    Raises
    ------
    ValueError
        If a cell has no partner.
    """
    chosen = [result for result in results if where(result.cell)]
    compared = _partners(chosen, comparison, comparison.level)
    reference = _partners(chosen, comparison, comparison.reference)
    if compared.keys() != reference.keys() or not compared:
        raise ValueError(f"{comparison}: some cells have no partner")
    return estimate(
        _by_seed(
            (key[0], compared[key].scores[metric] - reference[key].scores[metric])
            for key in compared
        )
    )


def has_level(factor: str, level: str) -> Callable[[Cell], bool]:
    """Whether a cell has a level of a factor, for `difference`."""
    return lambda cell: bool(getattr(cell, factor) == level)


def other_factor(comparison: Comparison) -> str:
    """The factor on which an effect is most likely to depend.

    Copies and weights act through the features, and features through what they are computed from.
    """
    return "augmentation" if comparison.factor == "features" else "features"


def against(ours: Iterable[Result], theirs: Iterable[Result], metric: str) -> Estimate:
    """Difference of two combinations, paired by seed."""
    first = {result.cell.seed: result.scores[metric] for result in ours}
    second = {result.cell.seed: result.scores[metric] for result in theirs}
    return estimate([first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())])


def combinations(results: Iterable[Result]) -> dict[tuple[str, str, str], list[Result]]:
    """The results of every combination of levels, over the seeds."""
    found: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for result in results:
        found[result.cell.levels()].append(result)
    return dict(found)


def _partners(
    results: Iterable[Result], comparison: Comparison, level: str
) -> Mapping[tuple[int, tuple[str, ...]], Result]:
    """The results of one level, by seed and the levels of the other factors."""
    place = ("augmentation", "features", "weights").index(comparison.factor)
    return {
        (r.cell.seed, r.cell.levels()[:place] + r.cell.levels()[place + 1 :]): r
        for r in results
        if r.cell.levels()[place] == level
    }


def _by_seed(values: Iterable[tuple[int, float]]) -> list[float]:
    """The mean value of each seed."""
    found: dict[int, list[float]] = defaultdict(list)
    for seed, value in values:
        found[seed].append(value)
    return [statistics.fmean(found[seed]) for seed in sorted(found)]
