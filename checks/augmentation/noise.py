"""AU303: noise on copies, relative to the data, against what the text says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audit.model.artifacts import Code, Documents, Grouping, RawData, Splits
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role, sample_rows
from audit.model.severity import Confidence, Severity
from checks.augmentation.changes import RANDOM_STATE, Change, Changes, Readings, changes
from checks.augmentation.noise_claims import NoiseCall, StatedNoise, noise_calls, stated_noise
from checks.augmentation.origins import Origins, origins

MAX_FAMILIES = 12


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds of AU303.

    Parameters
    ----------
    min_relative : float
        A copy whose every column moved by less than this share of the column's spread is
        near-identical to its original.
    min_share : float
        Share of copies that are so, from which on it is reported.
    min_copies : int
        Fewest copies with known parents that are judged.
    """

    min_relative: float = 0.002
    min_share: float = 0.5
    min_copies: int = 20


@check(
    "AU303",
    "The noise on copies is another than is said, or next to nothing",
    Severity.WARNING,
    params=Params,
)
def noise(
    splits: Splits,
    raw: RawData | None,
    code: Code | None,
    documents: Documents | None,
    grouping: Grouping | None,
    params: Params,
) -> Outcome:
    """Copies differ from their originals by far more or far less than the text says.

    What
    ----
    A comment or a document states a size of noise ("2 % noise", "±5 %") that the rows contradict,
    or the noise is so small beside the spread of the data that copies are duplicates.

    Why
    ---
    The same literal is nothing on values of ±100 and a lot on values between 0 and 1. Noise that
    is next to nothing adds duplicates instead of variety; noise that is far larger than stated
    (because values are clipped or normalised on the way) breaks the tie between a row and the
    target that its copy inherits.

    How it is found
    ---------------
    Each copy is compared with the row that it was made from: a column names it (`parent_id`, or
    `columns.parent` in `audit.toml`), or it is the one source row of the same group with the same
    target, or the source row that is by far the nearest. Changes are measured by family of columns
    relative to the value, to the spread of the originals (within groups, and of all) and to their
    range. A stated size is contradicted only if it is far from the changes in all readings that
    its words allow ("3 % of the standard deviation" allows the spreads only): below 0.6 times the
    median or above 1.2 times the 99th percentile.

    False alarms
    ------------
    Copies that rearrange values (flips, symmetries) have no noise and are left out. Where other
    transformations stand beside the noise, a statement about the noise cannot be tested, and the
    check says so. Plans, label noise and measurement noise are no statements about copies.

    Remedy
    ------
    Scale the noise to the spread of each column, measure on a few rows what the whole
    augmentation changes, and write that number down.

    References
    ----------
    Bishop (1995), Training with noise is equivalent to Tikhonov regularization, Neural Computation
    7(1). Um et al. (2017), Data augmentation of wearable sensor data, ICMI.
    """
    found = origins(splits, raw)
    if isinstance(found, str):
        return not_applicable(found)
    copies = int(found.train.synthetic.sum())
    if not copies:
        return not_applicable("no training row is a copy")
    said = list(stated_noise(code, documents))
    calls = noise_calls(code)
    if not found.parents_how:
        what = f'; "{said[0].words}" could not be tested' if said else ""
        return review(
            f"the rows that the {copies:,} copies were made from are not known{what}; a column "
            "that names them would tell (columns.parent in audit.toml)"
        )
    measured_on = changes(found)
    measured = _measured(measured_on, found, grouping)
    if not measured_on.n:
        return not_applicable(
            f"no noise: {measured_on.rearranged:,} copies rearrange the values of their originals "
            f"and {measured_on.repeated:,} repeat them",
            measured,
        )
    if measured_on.n < params.min_copies:
        return review(f"only {measured_on.n} copies have known parents", measured)
    findings = []
    wrong = [(each, bad) for each in said if (bad := _contradicted(each, measured_on))]
    mixed = any(call.mixed for call in calls) or any(each.mixed for each in said)
    if wrong and not mixed:
        findings.append(_misstated(wrong, measured_on, measured, calls))
    share = float((measured_on.moved < params.min_relative).mean())
    if share >= params.min_share:
        findings.append(_negligible(share, measured_on, measured, calls, found, params))
    if findings:
        return failed(findings, measured)
    if wrong:
        return review(
            f'"{wrong[0][0].words}" does not fit the whole change, but other transformations '
            "change the copies too",
            measured,
        )
    tested = f"; {len(said)} statement(s) about noise agree" if said else ""
    return passed(f"{_words(measured_on)}{tested}", measured)


def _measured(found: Changes, known: Origins, grouping: Grouping | None) -> tuple[Evidence, ...]:
    out = []
    ordered = sorted(found.items, key=lambda item: -item.changed * len(item.family.columns))
    method = (
        "median of |copy - original| / spread of the originals (IQR / 1.349, within groups); "
        f"originals by: {known.parents_how}"
    )
    spreads = [(item, item.by_base["spread"]) for item in ordered if "spread" in item.by_base]
    if spreads:
        # The family with the most columns stands for the whole; each has its own line below.
        main = max(spreads, key=lambda pair: len(pair[0].family.columns))
        out.append(_evidence("noise_relative", main[1], f"{main[0].family.label}: {method}", None))
    for item in ordered[:MAX_FAMILIES]:
        label = (
            f"columns {item.family.label}" if len(item.family.columns) > 1 else item.family.label
        )
        if "spread" in item.by_base:
            out.append(_evidence("noise_relative", item.by_base["spread"], method, label))
        if "value" in item.by_base:
            words = "median of |copy - original| / |original|, where that is not 0"
            out.append(_evidence("noise_relative_to_value", item.by_base["value"], words, label))
        if len(item.family.columns) == len(ordered[0].family.columns):
            for key, median in list(item.group_medians.items())[:50]:
                name = grouping.label(key) if grouping is not None and key in grouping.keys else key
                where = f"{item.family.label}: {method}"
                out.append(
                    Evidence("noise_relative", median, unit="spreads", method=where, group=name)
                )
    return tuple(out)


def _evidence(name: str, readings: Readings, method: str, group: str | None) -> Evidence:
    return Evidence(
        name,
        readings.median,
        unit="spreads" if name == "noise_relative" else "share",
        n=readings.n,
        method=method,
        group=group,
        random_state=RANDOM_STATE,
    )


def _contradicted(said: StatedNoise, found: Changes) -> list[Change]:
    """Families that a statement is about and that moved otherwise in every reading."""
    words = {word.casefold() for word in re.findall(r"\w+", said.text)} - {"a", "i"}
    named = [item for item in found.items if item.family.stem.casefold() in words]
    about = named or list(found.items)
    tested = [item for item in about if set(_READINGS[said.base]) & item.by_base.keys()]
    wrong = [item for item in tested if not _agrees(said, item)]
    if named:
        return wrong
    total = sum(len(item.family.columns) for item in about)
    return wrong if 2 * sum(len(item.family.columns) for item in wrong) > total else []


# A spread is that within the group or, as people compute it, of the whole column.
_READINGS = {
    "": ("value", "spread", "deviation", "range"),
    "spread": ("spread", "deviation"),
    "value": ("value",),
}


def _agrees(said: StatedNoise, item: Change) -> bool:
    return any(
        said.interval.high >= 0.6 * reading.median and said.interval.low <= 1.2 * reading.high
        for base, reading in item.by_base.items()
        if base in _READINGS[said.base]
    )


def _misstated(
    wrong: Sequence[tuple[StatedNoise, Sequence[Change]]],
    found: Changes,
    measured: Sequence[Evidence],
    calls: Sequence[NoiseCall],
) -> Finding:
    said, families = wrong[0]
    worst = max(families, key=lambda item: len(item.family.columns))
    bases = [said.base, "value", "spread"]
    base = next(each for each in bases if each in worst.by_base)
    moved = worst.by_base[base].median
    its = "their" if len(worst.family.columns) > 1 else "its"
    told = list(dict.fromkeys(each.location for each, _ in wrong))
    stem = re.compile(rf"\b{re.escape(worst.family.stem)}\b", re.IGNORECASE)
    # Where the columns are named in the code, that line comes first.
    places = [
        call.location for call in sorted(calls, key=lambda c: not stem.search(c.location.text))
    ]
    places = places[:3]
    if not places:
        places, told = [replace(told[0], role=Role.PRIMARY)], told[1:]
    evidence = [
        Evidence(
            "noise_declared",
            sum((said.interval.low, said.interval.high)) / 2,
            unit="share",
            method=f'"{said.words}" at {said.location}',
            interval=(said.interval.low, said.interval.high),
        ),
        *measured,
    ]
    return Finding(
        check_id="AU303",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if worst.by_base[base].n >= 1000 else Confidence.MEDIUM,
        message=f'the text says "{said.words}", but the copies differ from their originals in '
        f"{worst.family.label} by a median {_percent(moved)} of {its} {base}"
        + (
            f" ({_percent(worst.by_base['spread'].median)} of {its} spread)"
            if base == "value" and "spread" in worst.by_base
            else ""
        ),
        locations=(*places, *told[:5]),
        evidence=tuple(evidence),
        remedy=Remedy(
            "Measure what the whole augmentation changes, not only the noise that is drawn: "
            "clipping or normalising afterwards can change more. Scale the noise to the spread of "
            "each column and state the measured size.",
            before=places[0].text if calls else "",
            after=scaled(places[0].text) if calls else "",
        ),
        subject=f"stated:{told[0].path if told else places[0].path}:{worst.family.stem}",
        why="A copy keeps the target of its original, which is right only for small changes.",
    )


def _negligible(
    share: float,
    found: Changes,
    measured: Sequence[Evidence],
    calls: Sequence[NoiseCall],
    known: Origins,
    params: Params,
) -> Finding:
    split = known.train.split
    rows = split.rows[np.flatnonzero(known.train.synthetic)[:20]]
    places = [call.location for call in calls[:3]] or [
        Location(split.path, rows=sample_rows(rows.tolist()))
    ]
    median = float(np.median(found.moved))
    evidence = Evidence(
        "near_identical_share",
        share,
        expected=params.min_share,
        unit="share",
        n=found.n,
        method=f"share of copies whose every column moved by less than {params.min_relative:.1%} "
        "of its spread",
        random_state=RANDOM_STATE,
    )
    return Finding(
        check_id="AU303",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"the noise moves a copy by at most {_percent(median)} of a column's spread "
        f"(median): {share:.0%} of the copies are near-identical to their originals",
        locations=tuple(places),
        evidence=(evidence, *measured),
        remedy=Remedy(
            "Scale the noise to the spread of each column, or use weights instead of copies.",
            before=places[0].text if calls else "",
            after=scaled(places[0].text) if calls else "",
        ),
        subject=f"negligible:{split.path}",
        why="Duplicates add weight, not variety: the number of rows overstates the data.",
    )


def scaled(line: str) -> str:
    """A line of code with its noise scaled to the data and no clip; empty where it is not plain."""
    match = re.search(
        r"(?:\w+\.)?clip\((?P<sum>(?P<x>\w+)\s*\+\s*[\w.]+\((?P<loc>[^,()]{1,40}),\s*"
        r"(?P<scale>[^,()]{1,40}),[^()]{0,60}\)),[^()]{0,40}\)",
        line,
    )
    inner = match["sum"] if match else line
    plain = re.search(
        r"(?P<x>\w+)\s*\+\s*(?P<call>[\w.]+\(\s*[^,()]{1,40},\s*)(?P<scale>[^,()]{1,40})(?=,)",
        inner,
    )
    if plain is None:
        return ""
    start, end = plain.span("scale")
    scaled = f"{inner[:start]}{plain['scale']} * {plain['x']}.std(){inner[end:]}"
    return line.replace(match[0], scaled) if match else scaled


def _words(found: Changes) -> str:
    parts = []
    for item in found.items[:3]:
        base = "spread" if "spread" in item.by_base else "value"
        its = "their" if len(item.family.columns) > 1 else "its"
        moved = _percent(item.by_base[base].median)
        parts.append(f"{item.family.label} by {moved} of {its} {base}")
    return "copies differ from their originals: " + ", ".join(parts) if parts else "no change"


def _percent(share: float) -> str:
    return (
        f"{share:.0%}"
        if share >= 0.095
        else f"{share:.2g}"
        if share == 0
        else f"{100 * share:.2g}%"
    )
