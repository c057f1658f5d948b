"""MT407: whether the baseline was measured on what this run was measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import (
    Baseline,
    Documents,
    Grouping,
    Kinship,
    Metrics,
    MetricTable,
    PredictionSets,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.kit.composition import Sizes, group_label, group_sizes
from checks.kit.kin import contaminated, percent
from checks.kit.scores import SCORES
from checks.kit.written_comparisons import comparisons, names_other_data
from checks.metrics.clean_rows import Enough, in_shares
from checks.metrics.like_for_like import Comparison, like_for_like
from checks.metrics.reproduction import name_of
from checks.metrics.weightings import departure, matching_weightings


@dataclass(frozen=True, slots=True)
class Params:
    """When two results are of different things.

    Parameters
    ----------
    max_departure : float
        Total variation distance between the shares of the groups on both sides that is still the
        same composition.
    max_kin_share : float
        Share of held-out rows with kin in training above which the own value supports nothing.
    min_rows : int
        Fewest clean rows of a group that is contaminated in part, for its clean value.
    min_coverage : float
        Smallest share of clean rows of such a group.
    deviations : float
        Standard errors by which two values may differ by chance.
    """

    max_departure: float = 0.1
    max_kin_share: float = 0.02
    min_rows: int = 30
    min_coverage: float = 0.5
    deviations: float = 2.0


@dataclass(frozen=True, slots=True)
class _Difference:
    """One reason why two overall values are not comparable."""

    text: str
    evidence: Evidence
    mends: bool = False  # a like-for-like comparison takes it out
    certain: bool = True


@check(
    "MT407",
    "The improvement over the baseline is not supported by a like-for-like comparison",
    Severity.WARNING,
    params=Params,
)
def comparability(
    baseline: Baseline,
    metrics: Metrics,
    splits: Splits | None,
    predictions: PredictionSets | None,
    grouping: Grouping | None,
    kinship: Kinship | None,
    documents: Documents | None,
    params: Params,
) -> Outcome:
    """Ask whether the baseline's overall value and the experiment's own are of the same thing.

    What
    ----
    An overall value that looks better than the baseline's although the two differ in the split,
    in the groups, in how the groups are weighted, in the metric or in the data, or although the
    own value is from rows that have kin in training. The comparison that is supported stands
    beside it: the same groups with the same weights on clean rows, with an interval.

    Why
    ---
    0.507 as the mean of nine groups and 0.175 as the mean of rows that are mostly easy do not say
    which model is better. Neither does a value from rows that the model has seen.

    How it is found
    ---------------
    An improvement is claimed where the overall value is better than the baseline's beyond
    rounding, or a document says so. The two sides are then compared: split, groups, and the
    weighting that reproduces each overall value from its own groups (by rows, every group or every
    tier the same); shares of groups may differ by ``max_departure`` where both are weighted by
    rows. Rows with kin in training are those of CT201 and CT202. The supported comparison gives
    every common group the same weight, leaves out groups with kin in training unless
    ``min_rows`` and ``min_coverage`` of them are clean, and takes the noise from predictions, for
    the baseline the same. It is a warning if such a comparison of all groups does not show the
    improvement, a note if it does although the overall values are not comparable.

    False alarms
    ------------
    A baseline with groups but without an overall value claims nothing, and its groups are judged
    by MT401. Where a baseline does not say how many rows its groups have, and no customary
    weighting gives its overall value, the answer is REVIEW. A remark in a document that the
    baseline used other data is read from its words, with medium confidence.

    Remedy
    ------
    Evaluate the baseline and the new model on the same rows, none of which has kin in training,
    and compare group by group and with the same weights.

    References
    ----------
    Simpson (1951), The interpretation of interaction in contingency tables. Kapoor & Narayanan
    (2023), Leakage and the reproducibility crisis in machine-learning-based science, L3.3.
    """
    reference = baseline.table
    label = reference.label or reference.path
    stated = comparisons(documents, label, metrics.tables[0].label)
    table = _comparable(metrics, reference)
    if table is None:
        return _other_metric(metrics, reference, label, stated)
    ahead = _ahead(table, reference)
    if not ahead and not stated:
        if table.overall is None or reference.overall is None:
            return passed(f"no overall improvement over {label} is claimed")
        return passed(f"the overall {name_of(table)} is not better than that of {label}")
    own = next(iter(group_sizes(table.role, table, splits, predictions)), None)
    differences, unknown = _differences(table, reference, own, grouping, kinship, label, params)
    if remark := names_other_data(documents, label):
        evidence = Evidence("other_data", remark.text[:200], method=str(remark))
        text = f"a document says that {label} used other data"
        differences.append(_Difference(text, evidence, certain=False))
    like = like_for_like(
        table, reference, predictions, grouping, kinship,
        enough=Enough(params.max_kin_share, params.min_rows, params.min_coverage),
        deviations=params.deviations,
    )  # fmt: skip
    measured = [*(each.evidence for each in differences), *_measured(like, label)]
    values = _values(table, reference, label)
    if not differences:
        if unknown:
            return review(f"{values}: {unknown}", measured)
        return passed(f"{values}: the same groups and weights as far as can be told", measured)
    supported = like is not None and like.complete and like.better is True
    finding = _finding(
        values, differences, like, supported, table, reference, label, stated, measured
    )
    return failed([finding], measured)


def _comparable(metrics: Metrics, reference: MetricTable) -> MetricTable | None:
    """The own table of the baseline's metric: of its split, else the first held-out one."""
    candidates = [
        table
        for table in metrics.tables
        if table.metric.casefold() == reference.metric.casefold()
        and (table.role is not SplitRole.TRAIN or reference.role is SplitRole.TRAIN)
    ]
    same = [each for each in candidates if reference.role is not None]
    same = [each for each in same if each.role is reference.role]
    return next(iter([*same, *candidates]), None)


def _other_metric(
    metrics: Metrics, reference: MetricTable, label: str, stated: Sequence[Location]
) -> Outcome:
    own = metrics.tables[0]
    text = f"{label} is measured in {reference.metric}, and this run in {own.metric}"
    evidence = Evidence("compared_metric", own.metric, expected=reference.metric, method=text)
    if not stated:
        return review(f"{text}; no improvement is claimed", [evidence])
    finding = Finding(
        check_id="MT407",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"an improvement over {label} is stated, but {text}",
        locations=(
            stated[0],
            Location(reference.path, role=Role.RELATED, note="the baseline"),
        ),
        evidence=(evidence,),
        remedy=Remedy(f"Compute {own.metric} of the baseline, or {reference.metric} of this run."),
        subject=f"{own.metric} against {reference.metric} of {reference.path}",
        why="Values of two metrics cannot be compared.",
    )
    return failed([finding], [evidence])


def _ahead(table: MetricTable, reference: MetricTable) -> bool:
    """Whether the overall value looks better than the baseline's, beyond rounding."""
    score = SCORES.get(table.metric)
    if score is None or table.overall is None or reference.overall is None:
        return False
    new = in_shares(score, {"": table.overall})[""]
    old = in_shares(score, {"": reference.overall})[""]
    gain = new.value - old.value if score.greater_is_better else old.value - new.value
    return gain > new.half_width + old.half_width


def _differences(
    table: MetricTable,
    reference: MetricTable,
    own: Sizes | None,
    grouping: Grouping | None,
    kinship: Kinship | None,
    label: str,
    params: Params,
) -> tuple[list[_Difference], str]:
    """Why the two are not comparable, and what cannot be told."""
    found = [*_split(table, reference, label), *_kin(table, kinship, params)]
    if groups := _groups(table, reference, grouping, label):
        return [*found, groups], ""
    weighted, unknown = _weighting(table, reference, own, grouping, label, params)
    return found + weighted, unknown


def _split(table: MetricTable, reference: MetricTable, label: str) -> list[_Difference]:
    if table.role is None or reference.role is None or table.role is reference.role:
        return []
    text = f"{label} is from the {reference.role.value} split and this run from {table.role.value}"
    evidence = Evidence(
        "compared_split", table.role.value, expected=reference.role.value, method=text
    )
    return [_Difference(text, evidence)]


def _kin(table: MetricTable, kinship: Kinship | None, params: Params) -> list[_Difference]:
    for pair in kinship.pairs if kinship is not None else ():
        if table.role not in (None, pair.held_out.role):
            continue
        kin = contaminated(pair)
        share = float(kin.mean()) if len(kin) else 0.0
        if share <= params.max_kin_share:
            return []
        text = f"{percent(share)} of the {pair.held_out.role.value} rows have kin in training"
        method = f"{int(kin.sum()):,} / {len(kin):,} rows of {pair.held_out.path}"
        evidence = Evidence(
            "kin_share", share, expected=params.max_kin_share, unit="share", n=len(kin),
            method=method,
        )  # fmt: skip
        return [_Difference(text, evidence, mends=True)]
    return []


def _groups(
    table: MetricTable, reference: MetricTable, grouping: Grouping | None, label: str
) -> _Difference | None:
    here, there = set(table.by_group), set(reference.by_group)
    if not here or not there or here == there:
        return None
    names = {
        "only in this run": sorted(here - there),
        f"only in {label}": sorted(there - here),
    }
    parts = [
        f"{', '.join(group_label(grouping, key) for key in keys[:4])}"
        f"{f' and {len(keys) - 4} more' if len(keys) > 4 else ''} {where}"
        for where, keys in names.items()
        if keys
    ]
    text = f"the groups differ ({'; '.join(parts)})"
    evidence = Evidence(
        "compared_groups", len(here & there), expected=len(here | there), unit="groups", method=text
    )
    return _Difference(text, evidence, mends=True)


_WEIGHTINGS = {
    "rows": "by rows",
    "groups": "every group the same",
    "tiers": "every tier the same",
}


def _weighting(
    table: MetricTable,
    reference: MetricTable,
    own: Sizes | None,
    grouping: Grouping | None,
    label: str,
    params: Params,
) -> tuple[list[_Difference], str]:
    if table.overall is None or reference.overall is None or len(table.by_group) < 2:
        return [], ""
    here_rows = dict(own.by_group) if own is not None else {}
    there_rows = dict(reference.counts)
    distance = departure(here_rows, there_rows)
    here = matching_weightings(table, here_rows, grouping)
    there = matching_weightings(reference, there_rows or here_rows, grouping)
    if here and there and not here & there:
        mine, theirs = (
            " or ".join(words for name, words in _WEIGHTINGS.items() if name in each)
            for each in (here, there)
        )
        text = f"{label} weighs {theirs}, and this run {mine}"
        evidence = Evidence("compared_weighting", mine, expected=theirs, method=text)
        return [_Difference(text, evidence, mends=True)], ""
    by_rows = "rows" in here and "rows" in there and not here & there & {"groups", "tiers"}
    if distance is not None and distance > params.max_departure and (by_rows or not here):
        text = f"the shares of the groups differ from those of {label} by {distance:.0%}"
        evidence = Evidence(
            "composition_departure", distance, expected=params.max_departure, unit="share",
            method=f"total variation distance between the rows of both; {label}: "
            f"{sum(there_rows.values()):,} rows, this run: {sum(here_rows.values()):,}",
        )  # fmt: skip
        return [_Difference(text, evidence, mends=True)], ""
    score = SCORES.get(table.metric)
    if distance is None and score is not None and score.mean and len(reference.by_group) > 1:
        if here and not there:
            return [], f"nobody can tell how {label} weighs its groups"
        if there and not here:
            return [], "nobody can tell how this run weighs its groups"
    return [], ""


def _values(table: MetricTable, reference: MetricTable, label: str) -> str:
    if table.overall is None or reference.overall is None:
        return f"{name_of(table)} against {label}"
    return (
        f"{name_of(table)} {table.overall.value:.4g} against {reference.overall.value:.4g} "
        f"of {label}"
    )


def _measured(like: Comparison | None, label: str) -> list[Evidence]:
    if like is None:
        return []
    return [
        Evidence(
            "supported_comparison",
            like.own,
            expected=like.baseline,
            unit=like.metric,
            n=like.rows,
            method=f"{like.method}; expected: {label} likewise",
            interval=like.interval,
            random_state=0 if like.interval is not None else None,
        )
    ]


def _finding(
    values: str,
    differences: Sequence[_Difference],
    like: Comparison | None,
    supported: bool,
    table: MetricTable,
    reference: MetricTable,
    label: str,
    stated: Sequence[Location],
    measured: Sequence[Evidence],
) -> Finding:
    reasons = "; ".join(each.text for each in differences)
    mild = supported and all(each.mends for each in differences)
    if like is None or like.own is None:
        instead = "nothing else is supported" if like is None else like.method
    else:
        instead = (
            f"like for like it is {like.own:.4g} against {like.baseline:.4g} ({like.short}), "
            f"{like.word}"
        )
    place = table.overall.location if table.overall else Location(table.path)
    other = reference.overall.location if reference.overall else Location(reference.path)
    return Finding(
        check_id="MT407",
        severity=Severity.NOTE if mild else Severity.WARNING,
        confidence=Confidence.HIGH if any(e.certain for e in differences) else Confidence.MEDIUM,
        message=f"{values} is unsupported: {reasons}; {instead}",
        locations=(
            replace(place, role=Role.PRIMARY),
            replace(other, role=Role.RELATED, note="the baseline"),
            *(replace(each, role=Role.RELATED, note="says so") for each in stated[:3]),
        ),
        evidence=tuple(measured),
        remedy=Remedy(
            f"Evaluate {label} and this run on the same rows without kin in training, and compare "
            "them group by group and with the same weights."
        ),
        subject=f"{name_of(table)} against {reference.path}",
        why="Two averages over different rows, or over rows that were trained on, do not say "
        "which model is better.",
    )
