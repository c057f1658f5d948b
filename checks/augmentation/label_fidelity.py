"""AU305: labels that are not the exact ones of their rows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from audit.model.artifacts import (
    CellKind,
    Code,
    Grouping,
    Metrics,
    MetricTable,
    PredictionSets,
    RawData,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role, sample_rows
from audit.model.severity import Confidence, Severity
from checks.augmentation.label_errors import LabelError, Labels, compared, error_of
from checks.augmentation.label_judgement import (
    Params,
    Part,
    Scale,
    against,
    bad_groups,
    evidence_of,
    parts_of,
    unit_of,
    usual,
    variance_of,
)
from checks.augmentation.prose import AUGMENTING
from checks.kit.composition import predictions_of
from checks.kit.kin import percent
from checks.kit.scores import SCORES, CannotScoreError, score_samples

MAX_NAMED = 4


@check(
    "AU305",
    "Labels are not the exact ones of their rows",
    Severity.WARNING,
    params=Params,
)
def label_fidelity(
    splits: Splits,
    raw: RawData | None,
    code: Code | None,
    metrics: Metrics | None,
    predictions: PredictionSets | None,
    grouping: Grouping | None,
    params: Params,
) -> Outcome:
    """Rows carry labels that an exact oracle contradicts: copies that inherited them, above all.

    What
    ----
    A column beside the target holds the exact label of each row, and the label that is trained on
    or scored against is another one, or is a number where the exact label is infinite.

    Why
    ---
    A copy keeps the label of its original. If the augmentation changed what the label depends on,
    that label is wrong, and the model learns an error that no training removes. Wrong labels of
    held-out rows make the reported metric one of another quantity.

    How it is found
    ---------------
    The column is called `y_exact`, `oracle`, `exact_label` or the like, or is named in
    `audit.toml` (`columns.oracle`). Labels that differ by more than `rtol` and the rounding of
    their digits are wrong. Their mean squared error is measured in the scale of the reported
    metric (log2 for log2-MSE; the unit of the target otherwise; the share of wrong labels for
    classes), for copies and originals apart and by group, over rows with a finite exact label;
    rows whose exact label is infinite are counted. It matters above `max_share` of the variance
    of the exact labels, or above `max_of_error` of the reported error of the model, overall or in
    a group. It is an error, not a warning, if held-out labels are wrong so that the metric on
    exact labels, with the exported predictions, differs from the reported one by more than
    `max_change`, or cannot exist for more than `max_impossible` of the rows.

    False alarms
    ------------
    An unknown exact label (NaN) counts nowhere. Where nearly all labels of original rows differ
    (`everywhere`), they are measurements with noise, or of another quantity: that is a note, and
    copies are judged by what their error exceeds that of the originals. Without such a column the
    check does not apply; a column called `y_true` is a target and no oracle.

    Remedy
    ------
    Label each copy by the oracle, drop rows whose exact label is infinite, or augment with
    transformations that leave the label as it is (symmetries).

    References
    ----------
    Natarajan et al. (2013), Learning with noisy labels, NeurIPS 26. Northcutt, Athalye and
    Mueller (2021), Pervasive label errors in test sets, NeurIPS Datasets and Benchmarks.
    """
    table = metrics.tables[0] if metrics is not None else None
    given = [part for part in (splits.train, *splits.held_out) if part.oracle is not None]
    if not given:
        return not_applicable(
            "no column holds the exact label of each row (y_exact, oracle, columns.oracle)"
        )
    both: list[tuple[SplitData, Labels]] = []
    for split in given:
        assert split.oracle is not None
        if split.target is None:
            return review(f"{split.path} has exact labels and no target to compare them with")
        metric = table.metric if table is not None else None
        labels = compared(split.target, split.oracle, metric, params.rtol)
        if isinstance(labels, str):
            return review(
                f"the target and {split.oracle_name!r} in {split.path} cannot be compared: {labels}"
            )
        both.append((split, labels))
    known = sum(int(labels.known.sum()) for _, labels in both)
    if known < params.min_rows:
        return review(f"only {known} rows have a known exact label, too few to judge the others")
    parts = parts_of(both, splits, raw)
    scale = Scale(variance_of(both), table, unit_of(both[0][1]), params)
    measured = [*against(scale, both), *(e for part in parts for e in evidence_of(part, grouping))]
    findings = []
    for part in parts:
        found = error_of(part.labels, part.mask)
        if found.wrong:
            own = replace(scale, table=_reported(metrics, part.split.role))
            exact = _on_exact_labels(part, own.table, predictions)
            measured += [exact] if exact is not None else []
            findings.append(_finding(part, parts, found, own, exact, grouping, code))
    if findings:
        return failed(findings, measured)
    return passed(_right(parts, len(given), 1 + len(splits.held_out)), measured)


def _reported(metrics: Metrics | None, role: SplitRole) -> MetricTable | None:
    """The metrics of a held-out split itself where they are reported, else the headline."""
    tables = metrics.tables if metrics is not None else ()
    own = [
        table
        for table in tables
        if table.role is role is not SplitRole.TRAIN and table.overall is not None
    ]
    return next(iter([*own, *tables]), None)


def _on_exact_labels(
    part: Part, table: MetricTable | None, predictions: PredictionSets | None
) -> Evidence | None:
    """The reported metric with exact labels in place of the labels, where they are finite."""
    split = part.split
    if split.role is SplitRole.TRAIN or table is None or table.role is not split.role:
        return None
    scored = predictions_of(predictions, split.role)
    score = SCORES.get(table.metric)
    if scored is None or scored.split_index is None or table.overall is None or score is None:
        return None
    if score.scores or score.per_sample is None or split.oracle is None:
        return None
    usable = part.labels.known[scored.split_index] & ~np.isnan(
        part.labels.squared[scored.split_index]
    )
    if not usable.any():
        return None
    try:
        true = np.asarray(split.oracle)[scored.split_index][usable]
        value = score_samples(table.metric, true, scored.y_pred[usable])
    except CannotScoreError:
        return None
    return Evidence(
        "metric_on_exact_labels",
        value,
        expected=table.overall.value,
        unit=table.metric,
        n=int(usable.sum()),
        method=f"predictions of {scored.path} against the finite values of {split.oracle_name!r}; "
        f"reported at {table.overall.location}",
    )


def _finding(
    part: Part,
    parts: Sequence[Part],
    found: LabelError,
    scale: Scale,
    exact: Evidence | None,
    grouping: Grouping | None,
    code: Code | None,
) -> Finding:
    params = scale.params
    bad = bad_groups(part, parts, scale)
    as_whole = scale.matters(found, None, usual(part, parts, None, params))
    matters = as_whole or bool(bad)
    # Noise on every label is how the target was measured, unless the truth cannot exist.
    noise = part.kind != "copies" and found.wrong > params.everywhere * found.n
    noise &= found.impossible <= params.max_impossible * found.n
    severity, why = Severity.NOTE, "So few or so small errors do not move the metric."
    if noise and matters:
        why = (
            "Nearly every label differs: it may be a measurement with noise, or of another "
            "quantity than the exact label."
        )
    elif matters:
        severity, why = Severity.WARNING, _WHY[part.split.role is SplitRole.TRAIN]
    elif part.kind == "copies" and usual(part, parts, None, params):
        noise, why = True, "The labels of the copies differ no more than those of the originals."
    shift = _shift(exact, scale)
    gone = found.impossible > params.max_impossible * found.n
    if severity is Severity.WARNING and part.split.role is not SplitRole.TRAIN:
        reported = scale.table is not None and scale.table.role is part.split.role
        if (gone and reported) or shift > params.max_change:
            severity = Severity.ERROR
    places, before, after = _in_code(code) if part.kind == "copies" else ([], "", "")
    rows = part.split.rows[part.mask & part.labels.wrong]
    places.append(
        Location(
            part.split.path,
            rows=sample_rows(rows.tolist()),
            role=Role.RELATED if places else Role.PRIMARY,
            note="labels that are wrong",
        )
    )
    evidence = [*against(scale, [(part.split, part.labels)]), *evidence_of(part, grouping)]
    return Finding(
        check_id="AU305",
        severity=severity,
        confidence=Confidence.HIGH,
        message=_message(part, found, scale, exact if shift > params.max_change else None, noise)
        + _of_groups(bad, grouping, as_whole),
        locations=tuple(places),
        evidence=(*evidence, exact) if exact is not None else tuple(evidence),
        remedy=Remedy(_remedy(part), before=before, after=after),
        subject=f"labels:{part.split.role.value}:{part.kind}",
        why=why,
    )


_WHY = {
    True: "The model learns wrong labels, and no amount of training removes their error.",
    False: "A metric against wrong labels says how well the model predicts these, not the truth.",
}


def _shift(exact: Evidence | None, scale: Scale) -> float:
    """Relative difference of the metric on exact labels, beyond the rounding of the reported."""
    if exact is None or scale.table is None or scale.table.overall is None:
        return 0.0
    stated = scale.table.overall
    assert isinstance(exact.observed, float)
    apart = max(abs(exact.observed - stated.value) - stated.half_width, 0.0)
    return apart / abs(stated.value) if stated.value else math.inf if apart else 0.0


def _message(
    part: Part, found: LabelError, scale: Scale, exact: Evidence | None, noise: bool
) -> str:
    every = 1 < found.n == found.wrong
    words = f"all {found.n:,}" if every else f"{found.wrong:,} of {found.n:,}"
    if noise:  # a measurement, or another quantity, is no wrong label
        words += f" {part.words} carry a label that differs from {part.split.oracle_name!r}"
        if found.error and scale.variance is not None and not part.labels.is_class:
            words += f"; the mean squared difference is {_times(found.error / scale.variance)} "
            words += "the variance of the exact label"
        return words
    words += f" {part.words} carry a "
    if found.impossible == found.wrong:
        words += "finite label, though their exact one is infinite"
    else:
        words += "wrong label"
        if found.impossible:
            words += f", {found.impossible:,} of them a finite one where the exact one is infinite"
    if found.error and not part.labels.is_class:
        words += f"; mean squared error {found.error:.3g}"
        words += f" in {part.labels.scale}" if part.labels.scale else ""
        if found.impossible:
            words += " on the others"
        if scale.variance is not None:
            words += f", {_times(found.error / scale.variance)} the variance of the target"
    elif part.labels.is_class:
        words += f" ({percent(found.wrong / found.n)})"
    reported = scale.reported()
    if found.error and reported is not None:
        words += f" and {_times(found.error / reported)} the error that the model reports"
    if exact is not None:
        which = "the finite exact labels" if found.impossible else "exact labels"
        words += f"; with {which} {exact.unit} is {exact.observed:.4g}, not {exact.expected:.4g}"
    return words


def _of_groups(bad: list[str], grouping: Grouping | None, as_whole: bool) -> str:
    """The groups in which it matters, where it does not in the whole."""
    if as_whole or not bad:
        return ""
    labels = [grouping.label(key) if grouping is not None else key for key in bad]
    more = f" and {len(bad) - MAX_NAMED} more" if len(bad) > MAX_NAMED else ""
    return f"; it matters in {', '.join(labels[:MAX_NAMED])}{more}"


def _remedy(part: Part) -> str:
    if part.kind == "copies":
        return (
            "Label each copy with the oracle and drop copies whose exact label is infinite, or "
            "make copies only by transformations that leave the label as it is (symmetries)."
        )
    name = part.split.oracle_name
    return (
        f"Train and evaluate on the exact labels ({name}), and drop rows where they are infinite."
    )


# A label that is taken over: `targets.append(y[i])`, `new_y.extend([label] * copies)`.
_INHERITED = re.compile(
    r"^(?P<head>\s*(?P<list>\w{0,40}(?:target|label|height|y)s?\w{0,40})\.(?:append|extend)\()"
    r"(?P<value>[^()]{1,80})\)\s*(?:#.*)?$",
    re.IGNORECASE,
)


def _in_code(code: Code | None) -> tuple[list[Location], str, str]:
    """Lines that hand a label on to a copy, in a cell about augmentation; a line before, after."""
    places = []
    before = after = ""
    for file in code.files if code is not None else ():
        for cell in file.cells:
            if cell.kind is not CellKind.CODE or not AUGMENTING.search(cell.source):
                continue
            for number, match in _handed_on(cell.source):
                places.append(file.location(cell, number, note="the label is taken over"))
                if not before:
                    before = match[0].strip()
                    after = f"{match['head'].strip()}exact_label(copy))"
    return places[:4], before, after


def _handed_on(source: str) -> list[tuple[int, re.Match[str]]]:
    """Lines that put a label into a list. Where a loop takes the original and an inner loop its
    copies, the lines of the inner one.
    """
    found = [
        (number, match)
        for number, line in enumerate(source.splitlines(), start=1)
        if (match := _INHERITED.match(line[:2000]))
    ]
    deepest: dict[str, int] = {}
    for _, match in found:
        deepest[match["list"]] = max(deepest.get(match["list"], 0), _indent(match))
    return [(number, match) for number, match in found if _indent(match) == deepest[match["list"]]]


def _indent(match: re.Match[str]) -> int:
    return len(match["head"]) - len(match["head"].lstrip())


def _right(parts: Sequence[Part], given: int, splits: int) -> str:
    total = [error_of(part.labels, part.mask) for part in parts]
    listed = [
        f"{error.n:,} {part.words}" for part, error in zip(parts, total, strict=True) if error.n
    ]
    words = ", ".join(listed)
    missing = f"; {splits - given} of {splits} splits have no exact labels" * (given < splits)
    return f"the labels of {words} are the exact ones{missing}"


def _times(ratio: float) -> str:
    if ratio >= 1.995:
        return f"{ratio:,.0f} times" if ratio >= 9.95 else f"{ratio:.1f} times"
    return f"{percent(ratio)} of"
