"""MT401: groups that got worse than the baseline, often behind a better average."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from audit.model.artifacts import (
    Array,
    Baseline,
    Grouping,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    ReportedValue,
)
from audit.model.check import Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.composition import (
    balanced_weights,
    group_label,
    predictions_of,
    weighted_metric,
)
from checks.kit.intervals import Interval
from checks.kit.scores import (
    SCORES,
    CannotScoreError,
    Score,
    arrays_for,
    sample_losses,
    whole_set_scores,
)


@dataclass(frozen=True, slots=True)
class Params:
    """When a group counts as worse.

    Parameters
    ----------
    min_relative : float
        Relative increase of an error metric; 0.1 is 10 %.
    min_drop : float
        Absolute decrease of a score (accuracy, F1, R2 …); 0.02 is two points.
    significance : float
        Probability of at least one false alarm among all groups by chance, where the noise of
        the groups is known.
    min_rows : int
        Smaller groups are not judged; three times as many are needed for metrics that are no
        mean over rows (F1, R2, AUC).
    min_effective_rows : float
        Nor are groups whose loss comes from fewer rows than this: (sum of losses)² / sum of
        squared losses.
    """

    min_relative: float = 0.1
    min_drop: float = 0.02
    significance: float = 0.01
    min_rows: int = 10
    min_effective_rows: float = 3.0


@dataclass(frozen=True, slots=True)
class _Pair:
    """One group on both sides; shares brought to the scale 0 to 1."""

    key: str
    current: ReportedValue
    baseline: ReportedValue
    rows: int | None
    noise: float | None  # standard error of the difference (of the logarithm of the ratio for
    # error metrics); None where it is not known
    freedom: float  # degrees of freedom of that standard error
    measured: bool  # on predictions

    @property
    def ratio(self) -> float:
        return self.current.value / self.baseline.value


@check("MT401", "Groups got worse than the baseline", Severity.WARNING, params=Params)
def group_regression(
    baseline: Baseline,
    metrics: Metrics,
    grouping: Grouping | None,
    predictions: PredictionSets | None,
    params: Params,
) -> Outcome:
    """Compare the metric of every group with the baseline's.

    What
    ----
    Groups whose metric is worse than in the baseline table, by more than rounding, noise and a
    margin can explain. One finding lists them all, beside the overall numbers.

    Why
    ---
    An average can improve while groups that used to work stop working. Whoever reads only the
    average ships a regression.

    How it is found
    ---------------
    The baseline's table and the experiment's own table of the same metric are compared group by
    group. Written values stand for intervals (0.108 for 0.1075 to 0.1085); a group got worse
    only if the most favourable reading of both is still worse by `min_relative` (error metrics)
    or `min_drop` (scores such as accuracy). Where predictions are in the export, the standard
    error of the group's metric is taken from them (from its losses, or by a jackknife over 20
    blocks for metrics that are no mean), and the baseline is given the same noise; where only
    the number of rows is known, a wide customary one (twice the binomial one for F1 and its like,
    a relative deviation of 2 for mean losses). The difference must exceed it at a level that
    allows for all groups together.
    Overall values are compared as reported, and with the same weight for every group, because
    two sets of different composition have incomparable averages.

    False alarms
    ------------
    A baseline that is itself contaminated, or was measured on other rows, makes a group look
    worse than it is. Without predictions the noise is not measured, and confidence is medium.
    Groups with fewer than `min_rows` rows, or of whose loss a few rows make up the most, are
    not judged. An accepted trade-off between groups is
    reported too; raise `min_relative` or `min_drop` where it is wanted.

    Remedy
    ------
    Report the metric of every group beside the overall one, and accept a model only if no group
    that matters gets worse. Give the groups that lost the same care (data, weights) as the others.

    References
    ----------
    Oakden-Rayner et al. (2020), Hidden stratification causes clinically meaningful failures in
    machine learning for medical imaging. Simpson (1951), The interpretation of interaction in
    contingency tables.
    """
    reference = baseline.table
    table = _comparable(metrics, reference)
    name = reference.label or reference.path
    if table is None:
        return review(
            f"no table of the experiment has the baseline's metric {reference.metric} by group"
        )
    score = SCORES.get(table.metric)
    if score is None:
        return review(f"{table.metric} is not a known metric: no telling which way is better")
    keys = _ordered(set(table.by_group) | set(reference.by_group), table, reference, grouping)
    common = [key for key in keys if key in table.by_group and key in reference.by_group]
    if not common:
        return review(f"no group of {table.path} is in the baseline {reference.path}")
    scored = predictions_of(predictions, table.role)
    pairs, skipped = _pairs(score, table, reference, common, scored, params)
    left_out = [
        *(f"{group_label(grouping, key)} (one side only)" for key in keys if key not in common),
        *(f"{group_label(grouping, key)} ({why})" for key, why in skipped),
    ]
    not_compared = f"; not compared: {', '.join(left_out)}" if left_out else ""
    if not pairs:
        return review(f"no group could be compared{not_compared}")

    quantile = NormalDist().inv_cdf(1 - params.significance / len(pairs))
    worse = [pair for pair in pairs if _got_worse(score, pair, quantile, params)]
    worst = min(pairs, key=lambda pair: _standing(score, pair))
    measured = [e for pair in pairs for e in _evidence(pair, score, grouping, name)]
    measured.append(
        Evidence(
            "worst_group",
            group_label(grouping, worst.key),
            unit="group",
            n=worst.rows,
            method=f"{_plain(worst.current)} against {_plain(worst.baseline)} in {name}, "
            f"the worst of {len(pairs)} groups relative to the baseline",
        )
    )
    if not worse:
        limit = f"{params.min_drop:g}" if score.greater_is_better else f"{params.min_relative:.0%}"
        return passed(
            f"{len(pairs)} groups compared with {name}: none is worse by more than {limit}, "
            f"rounding and noise{not_compared}",
            measured,
        )
    worse.sort(key=lambda pair: _standing(score, pair))
    overall, better = _overall(score, table, reference, pairs, name)
    first = worse[0]
    amount = (
        f"down by up to {-_change(first):.2g}"
        if score.greater_is_better
        else f"up to {first.ratio:.2g} times"
    )
    finding = Finding(
        check_id="MT401",
        severity=Severity.WARNING,
        confidence=_confidence(worse),
        message=(
            f"{len(worse)} of {len(pairs)} groups are worse than {name}, {amount} "
            f"({group_label(grouping, first.key)}: {_plain(first.baseline)} to "
            f"{_plain(first.current)}){', behind a better average' if better else ''}"
            f"{not_compared}"
        ),
        locations=_locations(worse, name),
        evidence=(
            *(e for pair in worse for e in _evidence(pair, score, grouping, name)),
            *overall,
        ),
        remedy=Remedy(
            "Report the metric by group beside the overall one and accept a run only if no group "
            f"gets worse; look first at what this run did differently for "
            f"{', '.join(group_label(grouping, pair.key) for pair in worse[:3])}."
        ),
        subject=f"{table.metric} by group against {reference.path}",
        why=f"{better} It does not show that these groups lost what the baseline could do."
        if better
        else "These groups lost what the baseline could do.",
    )
    return failed([finding], measured)


def _comparable(metrics: Metrics, reference: MetricTable) -> MetricTable | None:
    candidates = [
        table
        for table in metrics.tables
        if table.by_group and table.metric.casefold() == reference.metric.casefold()
    ]
    same_role = [t for t in candidates if reference.role is not None and t.role is reference.role]
    return next(iter([*same_role, *candidates]), None)


def _ordered(
    keys: set[str], table: MetricTable, reference: MetricTable, grouping: Grouping | None
) -> list[str]:
    display = [*(grouping.keys if grouping else ()), *table.by_group, *reference.by_group]
    place = {key: index for index, key in reversed(list(enumerate(display)))}
    return sorted(keys, key=lambda key: place[key])


def _pairs(
    score: Score,
    table: MetricTable,
    reference: MetricTable,
    keys: list[str],
    scored: Predictions | None,
    params: Params,
) -> tuple[list[_Pair], list[tuple[str, str]]]:
    current = _in_shares(score, {key: table.by_group[key] for key in keys})
    before = _in_shares(score, {key: reference.by_group[key] for key in keys})
    pairs, skipped = [], []
    for key in keys:
        new, old = current[key], before[key]
        noise = _noise(score, new, key, table, scored, params)
        rows = noise.rows
        if not (math.isfinite(new.value) and math.isfinite(old.value)):
            skipped.append((key, "no finite value"))
        elif not score.greater_is_better and (old.value <= 0 or new.value < 0):
            skipped.append((key, "no ratio to a value of 0 or below"))
        elif rows is not None and rows < params.min_rows * (1 if score.mean else 3):
            skipped.append((key, f"only {rows} rows"))
        elif noise.measured and noise.effective < params.min_effective_rows:
            skipped.append((key, "a few rows make up most of its loss"))
        else:
            error = None
            if noise.deviation is not None and rows:
                both = 1 / rows + 1 / (reference.counts.get(key) or rows)
                error = noise.deviation * math.sqrt(both)
            freedom = max(noise.effective - 1, 1.0)
            pairs.append(_Pair(key, new, old, rows, error, freedom, noise.measured))
    return pairs, skipped


def _in_shares(score: Score, values: dict[str, ReportedValue]) -> dict[str, ReportedValue]:
    """Scores written in percent as numbers between 0 and 1."""
    if not score.greater_is_better or not score.share:
        return values
    if not any(value.value > 1.5 for value in values.values()):
        return values
    return {
        key: replace(value, value=value.value / 100, half_width=value.half_width / 100)
        for key, value in values.items()
    }


@dataclass(frozen=True, slots=True)
class _Noise:
    """How much a group's metric varies from sample to sample."""

    deviation: float | None  # standard error × sqrt(rows); relative for error metrics
    rows: int | None
    effective: float = 0.0  # rows that the loss really comes from
    measured: bool = False  # from predictions; otherwise what such metrics usually have


def _noise(
    score: Score,
    reported: ReportedValue,
    key: str,
    table: MetricTable,
    scored: Predictions | None,
    params: Params,
) -> _Noise:
    rows = table.counts.get(key)
    if scored is not None and scored.groups is not None:
        mask = scored.groups == key
        n = int(np.count_nonzero(mask))
        rows = rows or n or None
        if n >= params.min_rows:
            found = _from_predictions(score, reported.value, scored, mask)
            if found is not None:
                deviation, effective = found
                return _Noise(deviation, rows, effective, True)
    if not rows:
        return _Noise(None, None)
    if (score.share and score.greater_is_better) or score.labels:
        p = min(max(reported.value, 0.0), 1.0)
        p = (p * rows + 2) / (rows + 4)  # Agresti–Coull: 0 and 1 have noise as well
        # F1 and its like are made of fewer rows than the group has
        return _Noise((1.0 if score.labels else 2.0) * math.sqrt(p * (1 - p)), rows, rows)
    if score.greater_is_better:
        return _Noise(2.0 * abs(1 - reported.value), rows, rows)
    return _Noise(1.0 if score.root else 2.0, rows, rows)


def _from_predictions(
    score: Score, reported: float, scored: Predictions, mask: Array
) -> tuple[float, float] | None:
    try:
        true, predicted = arrays_for(score.name, scored)
    except CannotScoreError:
        return None
    found = _from_losses(score, true[mask], predicted[mask])
    if found is None and not score.mean:
        found = _from_blocks(score, reported, true[mask], predicted[mask])
    return found


def _from_losses(score: Score, true: Array, predicted: Array) -> tuple[float, float] | None:
    """Deviation, and how many rows the loss comes from, read off the losses."""
    try:
        losses = sample_losses(score.name, true, predicted)
    except CannotScoreError:
        return None
    if score.labels:
        n = len(losses)
        p = (losses.sum() + 2) / (n + 4)
        return math.sqrt(p * (1 - p)), float(n)
    mean = float(losses.mean())
    if mean <= 0:
        return None
    relative = float(losses.std(ddof=1)) / mean
    effective = len(losses) / (1 + relative**2)  # (sum of losses)² / sum of squared losses
    return (0.5 if score.root else 1.0) * relative, effective


_BLOCKS = 20


def _from_blocks(
    score: Score, reported: float, true: Array, predicted: Array
) -> tuple[float, float] | None:
    """Deviation of a metric that is no mean: the jackknife, leaving out blocks of rows."""
    whole = whole_set_scores(score.name, true, predicted)
    if not whole:
        return None
    variant = min(whole, key=lambda name: abs(whole[name] - reported))
    block = np.random.default_rng(0).permutation(len(true)) % _BLOCKS
    estimates = []
    for left_out in range(_BLOCKS):
        kept = block != left_out
        found = whole_set_scores(score.name, true[kept], predicted[kept])
        if variant not in found:
            return None
        estimates.append(found[variant])
    variance = (_BLOCKS - 1) * float(np.var(estimates))
    floor = 2 / (len(true) + 4)  # all right in every block: still not certain
    return math.sqrt(max(variance * len(true), floor)), float(_BLOCKS)


def _change(pair: _Pair) -> float:
    return pair.current.value - pair.baseline.value


def _standing(score: Score, pair: _Pair) -> tuple[float, str]:
    """Sort key: the group that lost most comes first."""
    return (_change(pair) if score.greater_is_better else -pair.ratio, pair.key)


def _got_worse(score: Score, pair: _Pair, quantile: float, params: Params) -> bool:
    new = Interval.around(pair.current.value, pair.current.half_width)
    old = Interval.around(pair.baseline.value, pair.baseline.half_width)
    noise = 0.0 if pair.noise is None else _student(quantile, pair.freedom) * pair.noise
    if score.greater_is_better:
        return old.low - new.high > max(params.min_drop, noise)
    if new.low <= old.high * (1 + params.min_relative):
        return False
    # relative noise is closer to normal on the scale of logarithms
    return new.low - old.high > noise if score.labels else math.log(new.low / old.high) > noise


def _student(quantile: float, freedom: float) -> float:
    """Quantile of Student's t from that of the normal distribution (Cornish–Fisher)."""
    z = quantile
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _confidence(worse: list[_Pair]) -> Confidence:
    return Confidence.HIGH if any(pair.measured for pair in worse) else Confidence.MEDIUM


def _evidence(
    pair: _Pair, score: Score, grouping: Grouping | None, name: str
) -> tuple[Evidence, Evidence, Evidence]:
    label = group_label(grouping, pair.key)
    additive = score.greater_is_better or score.labels
    of = "of the difference" if additive else "of the logarithm of the ratio"
    noise = "" if pair.noise is None else f"; standard error {pair.noise:.3g} {of}"
    ratio = pair.ratio if pair.baseline.value else None
    return (
        Evidence(
            "group_metric",
            pair.current.value,
            unit=score.name,
            n=pair.rows,
            method=f"as reported{_rounding(pair.current)}{noise}",
            group=label,
        ),
        Evidence(
            "baseline_metric",
            pair.baseline.value,
            unit=score.name,
            method=f"{name}{_rounding(pair.baseline)}",
            group=label,
        ),
        Evidence(
            "metric_ratio",
            ratio,
            unit="ratio",
            n=pair.rows,
            method=f"{_plain(pair.current)} / {_plain(pair.baseline)}",
            interval=_ratio_interval(pair),
            group=label,
        ),
    )


def _ratio_interval(pair: _Pair) -> tuple[float, float] | None:
    quotient = Interval.around(pair.current.value, pair.current.half_width) / Interval.around(
        pair.baseline.value, pair.baseline.half_width
    )
    return (quotient.low, quotient.high) if math.isfinite(quotient.high) else None


def _overall(
    score: Score, table: MetricTable, reference: MetricTable, pairs: list[_Pair], name: str
) -> tuple[list[Evidence], str]:
    """Overall values on both sides, and a sentence where ours looks better."""
    weights = balanced_weights([pair.key for pair in pairs], {})
    now = weighted_metric(score.name, {p.key: p.current.value for p in pairs}, weights)
    then = weighted_metric(score.name, {p.key: p.baseline.value for p in pairs}, weights)
    evidence = [
        Evidence(
            "equal_weight_metric",
            now,
            expected=then,
            unit=score.name,
            method=f"{len(pairs)} groups with the same weight; expected: {name} likewise",
        )
    ]
    reported = _shares_of(score, table.overall)
    if reported is None or now is None or then is None:
        return evidence, ""
    old = _shares_of(score, reference.overall)
    alike = _same_composition(table, reference)
    evidence.append(
        Evidence(
            "reported_metric",
            reported.value,
            expected=None if old is None else old.value,
            unit=score.name,
            method="overall as reported; expected: the baseline's"
            + ("" if alike else ", not known to be of the same composition"),
        )
    )
    before, basis = (old.value, "") if old is not None and alike else (then, " with equal weights")
    ahead = before - reported.value if not score.greater_is_better else reported.value - before
    if ahead <= reported.half_width:
        return evidence, ""
    phrase = f"The overall {_plain(reported)} looks better than {before:.4g}{basis}"
    if basis and abs(now - reported.value) > reported.half_width + 0.01 * abs(now):
        phrase += f", but it is of another composition: with equal weights this run has {now:.4g}"
    return evidence, f"{phrase}."


def _shares_of(score: Score, value: ReportedValue | None) -> ReportedValue | None:
    return None if value is None else _in_shares(score, {"": value})[""]


def _same_composition(table: MetricTable, reference: MetricTable) -> bool:
    if not table.counts or set(table.counts) != set(reference.counts):
        return False
    mine, theirs = sum(table.counts.values()), sum(reference.counts.values())
    return all(
        abs(table.counts[key] / mine - reference.counts[key] / theirs) < 0.01
        for key in table.counts
    )


def _locations(worse: list[_Pair], name: str) -> tuple[Location, ...]:
    places: dict[Location, None] = {}
    for pair in worse:
        places.setdefault(replace(pair.current.location, role=Role.PRIMARY))
    for pair in worse:
        note = f"the same group in {name}"
        places.setdefault(replace(pair.baseline.location, role=Role.RELATED, note=note))
    return tuple(places)


def _rounding(value: ReportedValue) -> str:
    written = value.half_width > 1e-9 * abs(value.value)
    return f", ± {value.half_width:.1g} by rounding" if written else ""


def _plain(value: ReportedValue) -> str:
    return f"{value.value:.4g}"
