"""What a report says in a few lines; shared by the console, the Markdown and the figures.

Everything here returns raw text that still has to be escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.finding import Finding
from audit.model.report import CheckRun, ExperimentVerdict, Report
from audit.model.severity import Confidence, Severity
from audit.render.escape import shorten
from audit.render.wording import count, number, observed, percent, value, words
from checks.kit.scores import SCORES, canonical_metric

HEADLINE = (
    "reported_metric",
    "decontaminated_metric",
    "balanced_metric",
    "contaminated_share",
    "worst_group",
)
_MEASURED_BY = {
    "reported_metric": ("MT403",),
    "decontaminated_metric": ("MT405",),
    "balanced_metric": ("MT403",),
    "contaminated_share": ("CT202", "CT201"),
    "worst_group": ("MT401", "MT403"),
}
_RESTS_ON = {
    "AU304": "rests on copies that are unlike originals",
    "AU305": "rests on wrong labels",
}  # the number itself may be right
_TIER = "tier "
_NAME = 60  # characters of a name from the export within a sentence
_HUGE = 1e100  # no picture and no ratio makes sense beyond; also false for NaN and infinity
_NAMED_GROUPS = 4  # more groups than this are shown as a range in the headline


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the headline: what was reported, and what the evidence supports."""

    label: str
    reported: str
    supported: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One group or tier of a figure.

    Parameters
    ----------
    label, tier : str
        The group, and its tier or ``""``.
    first, second : Evidence or None
        The two measurements that are compared.
    control : float or None
        What is expected by chance, where that was measured.
    """

    label: str
    tier: str
    first: Evidence | None
    second: Evidence | None
    control: float | None = None


def run_of(report: Report, check_id: str) -> CheckRun | None:
    """The run of a check, or ``None`` if the check is not registered."""
    return next((run for run in report.runs if run.check_id == check_id), None)


def is_suppressed(report: Report, run: CheckRun) -> bool:
    """Whether a check found something, and all of it is silenced on purpose."""
    return run.verdict is Verdict.REVIEW and any(
        each.finding.check_id == run.check_id for each in report.suppressed
    )


def by_group(report: Report, name: str, *check_ids: str) -> dict[str, Evidence]:
    """Measurements of one name by group or tier, in the order of the first check that has any."""
    for run in report.runs:
        if check_ids and run.check_id not in check_ids:
            continue
        found: dict[str, Evidence] = {}
        for each in run.measured:
            if each.name == name and each.group is not None:
                found.setdefault(each.group, each)
        if found:
            return found
    return {}


def overall(report: Report, name: str, check_id: str) -> Evidence | None:
    """The overall measurement of one name by one check, also where only a finding has it."""
    run = run_of(report, check_id)
    if run is None:
        return None
    everything = [*run.measured, *(e for f in _found_by(report, run) for e in f.evidence)]
    found = (each for each in everything if each.name == name and each.group is None)
    return next(found, None)


def _found_by(report: Report, run: CheckRun) -> tuple[Finding, ...]:
    """What a check found, also where a baseline knows it: measurements stay as they are."""
    return run.findings or tuple(f for f in report.judged if f.check_id == run.check_id)


def is_number(evidence: Evidence | None) -> bool:
    """Whether something was measured, and is a number that can be compared and drawn."""
    return (
        evidence is not None
        and isinstance(evidence.observed, int | float)
        and not isinstance(evidence.observed, bool)
        and abs(evidence.observed) < _HUGE
    )


def amount(evidence: Evidence | None) -> float:
    """The observed number; the caller has made sure that it is one."""
    assert evidence is not None and isinstance(evidence.observed, int | float)
    return float(evidence.observed)


def metric_name(report: Report) -> str:
    """Name of the headline metric, or ``"metric"``."""
    head = report.headline
    for evidence in (head.reported_metric, head.decontaminated_metric, head.balanced_metric):
        if evidence is not None and evidence.unit:
            return shorten(evidence.unit, _NAME)
    groups = by_group(report, "group_metric")
    return next((shorten(each.unit, _NAME) for each in groups.values() if each.unit), "metric")


def reported_name(report: Report) -> str:
    """Name of the headline metric with the split that it is of: ``"test rmse"``."""
    for check_id in ("MT405", "MT403"):
        split = overall(report, "reported_split", check_id)
        if split is not None and isinstance(split.observed, str):
            return f"{shorten(split.observed, _NAME)} {metric_name(report)}"
    return metric_name(report)


def greater_is_better(report: Report) -> bool | None:
    """Direction of the headline metric, ``None`` where its name is not known."""
    name = canonical_metric(metric_name(report))
    return SCORES[name].greater_is_better if name is not None else None


def tier_order(report: Report) -> tuple[str, ...]:
    """All tiers, in the order in which they appear; it decides their colours."""
    named = [
        each.group.removeprefix(_TIER)
        for run in report.runs
        for each in run.measured
        if each.group is not None and each.group.startswith(_TIER)
    ]
    return tuple(dict.fromkeys([*report.tiers.values(), *named]))


def contamination_bars(report: Report) -> list[Bar]:
    """Share of held-out rows with a copy in train: on all columns, and with some left out.

    Nothing where there are no copies at all: a picture of zeros answers nothing.
    """
    exact = by_group(report, "contaminated_share", "CT201")
    hidden = masking_columns(report) or not exact
    masked = by_group(report, "contaminated_share", "CT202") if hidden else {}
    by_chance = {
        **by_group(report, "control_rate", "CT201"),
        **by_group(report, "control_rate", "CT202"),
    }
    everywhere = overall(report, "control_rate", "CT202") or overall(
        report, "control_rate", "CT201"
    )
    bars = []
    for group in dict.fromkeys([*masked, *exact]):
        if not is_number(exact.get(group)) and not is_number(masked.get(group)):
            continue
        control = by_chance.get(group, everywhere)
        bars.append(
            Bar(
                label=group,
                tier=report.tiers.get(group, ""),
                first=exact.get(group),
                second=masked.get(group),
                control=amount(control) if is_number(control) else None,
            )
        )
    if not any(amount(each) for bar in bars for each in (bar.first, bar.second) if is_number(each)):
        return []
    return _in_tiers(report, bars)


def baseline_bars(report: Report) -> list[Bar]:
    """Metric of each group in the baseline (first) and in this experiment (second)."""
    groups = by_group(report, "group_metric", "MT401")
    baseline = by_group(report, "baseline_metric", "MT401")
    bars = [
        Bar(group, report.tiers.get(group, ""), baseline[group], groups[group])
        for group in groups
        if is_number(groups[group]) and is_number(baseline.get(group))
    ]
    return _in_tiers(report, bars)


def composition_bars(report: Report) -> list[Bar]:
    """Share of held-out rows (first) and of the loss (second), by tier where there are tiers."""
    rows = by_group(report, "rows_share", "MT402")
    loss = by_group(report, "loss_share", "MT402")
    labels = [label for label in dict.fromkeys([*rows, *loss]) if label.startswith(_TIER)] or [
        *dict.fromkeys([*rows, *loss])
    ]
    bars = [
        Bar(
            label.removeprefix(_TIER),
            label.removeprefix(_TIER) if label.startswith(_TIER) else report.tiers.get(label, ""),
            rows.get(label),
            loss.get(label),
        )
        for label in labels
        if is_number(rows.get(label)) or is_number(loss.get(label))
    ]
    return _in_tiers(report, bars)


def worse(report: Report, bars: Iterable[Bar]) -> list[Bar]:
    """Bars of the groups that MT401 found worse than the baseline, beyond rounding and noise."""
    run = run_of(report, "MT401")
    found = {
        each.group
        for finding in (_found_by(report, run) if run else ())
        for each in finding.evidence
        if each.name == "group_metric"
    }
    return [bar for bar in bars if bar.label in found]


def masking_columns(report: Report) -> tuple[str, ...]:
    """The columns that hide duplicates, as CT202 found them."""
    evidence = overall(report, "masking_columns", "CT202")
    if evidence is None or not isinstance(evidence.observed, tuple):
        return ()
    return tuple(str(name) for name in evidence.observed)


def remarks(report: Report) -> tuple[str, ...]:
    """What qualifies the answer: requirements that are not met, findings that are suppressed."""
    return (
        *unmet(report),
        *_silenced(report),
    )


def unmet(report: Report) -> tuple[str, ...]:
    """What was required of the evidence and is not there, a sentence each."""
    return tuple(f"{name} is required, and could not tell: {why}." for name, why in report.unmet)


def _silenced(report: Report) -> tuple[str, ...]:
    """How many findings are suppressed, in which way, and what the verdict would be with them."""
    in_source = sum(each.kind != "external" for each in report.suppressed)
    lines = []
    if in_source:
        text = f"{count(in_source, 'finding')} suppressed by a comment in the export"
        if report.verdict_unsuppressed is not None:
            text += (
                f"; without the comment the verdict would be {report.verdict_unsuppressed.value}"
            )
        lines.append(f"{text}.")
    use = report.baseline
    if use is not None:
        text = f"{count(use.known, 'known finding')} accepted by the baseline {use.source}"
        if use.known:
            text += " (the verdict counts them, the exit code does not)"
        text += f", {use.new:,} new"
        if use.fixed:
            text += f", {len(use.fixed):,} fixed: write the baseline anew"
        lines.append(f"{text}.")
    return tuple(lines)


def answer(report: Report) -> tuple[str, ...]:
    """The answer in one or two sentences."""
    reported = report.headline.reported_metric
    subject = "The reported result"
    if reported is not None and is_number(reported):
        subject = f"The reported {reported_name(report)} of {value(reported.observed)}"
    findings = report.judged
    if report.verdict is ExperimentVerdict.INVALID:
        return _invalid(report, subject, findings)
    if report.verdict is ExperimentVerdict.SUSPECT:
        rest = sum(each is not findings[0] for each in report.findings)
        more = (f"{count(rest, 'further finding')} below.",) if rest else ()
        says = _RESTS_ON.get(findings[0].check_id, "may mislead")
        return (f"{subject} {says}: {_sentence(findings[0].message)}", *more)
    idle = sum(
        run.verdict in (Verdict.REVIEW, Verdict.ERROR) and not is_suppressed(report, run)
        for run in report.runs
    )
    broken = sum(run.verdict is Verdict.ERROR for run in report.runs)
    if report.verdict is ExperimentVerdict.INCONCLUSIVE and broken:
        return (
            f"{count(broken, 'check')} could not be completed, so the reported result can be "
            "neither confirmed nor doubted.",
            "The reason is given for each check.",
        )
    if report.verdict is ExperimentVerdict.INCONCLUSIVE:
        return (
            "No evidence about splits and none about metrics could be read from this export, "
            "so the reported result can be neither confirmed nor doubted.",
            "The reason is given for each check.",
        )
    ran = sum(run.verdict in (Verdict.PASS, Verdict.FAIL) for run in report.runs)
    other = "other " if any(each.kind != "external" for each in report.suppressed) else ""
    doubt = f"No {other}reason to doubt {subject[0].lower()}{subject[1:]} was found by the " + (
        f"{ran} checks that could run." if ran != 1 else "one check that could run."
    )
    return (doubt, f"{count(idle, 'check')} could not tell.") if idle else (doubt,)


def _invalid(report: Report, subject: str, findings: Sequence[Finding]) -> tuple[str, ...]:
    grave = [
        each
        for each in findings
        if each.severity is Severity.ERROR
        and each.confidence is Confidence.HIGH
        and each.check_id[:2] in ("LK", "CT", "MT", "CL")
    ]
    top = (grave or list(findings))[0]
    contaminated = next((each for each in grave if each.check_id.startswith("CT")), None)
    clause = _contaminated(report) if contaminated is not None else ""
    if top.check_id[:2] in ("LK", "CT"):
        first = f"{subject} does not measure generalisation: {clause or _sentence(top.message)}"
    else:
        first = f"{subject} cannot be trusted: {_sentence(top.message)}"
    honest = report.headline.decontaminated_metric
    if honest is None:
        return (first,)
    if honest.observed is None:
        reason = f": {honest.method}" if honest.method else ""
        return (
            first,
            _sentence(f"No honest overall figure can be computed from this export{reason}"),
        )
    return (
        first,
        f"On the held-out rows without a copy in train it is {observed(honest, n=True)}.",
    )


def _contaminated(report: Report) -> str:
    share = report.headline.contaminated_share
    if not is_number(share) or amount(share) == 0:
        return ""
    masked = overall(report, "contaminated_share", "CT202")
    columns = masking_columns(report) if masked == share else ()
    text = f"{percent(amount(share))} of the held-out rows have a copy in the training set"
    if columns:
        noun = "column" if len(columns) == 1 else "columns"
        text += f" once the {noun} {join(columns)} {'is' if len(columns) == 1 else 'are'} left out"
    control = overall(report, "control_rate", "CT202" if columns else "CT201")
    if is_number(control):
        text += f" ({percent(amount(control))} expected by chance)"
    return text + "."


def headline_rows(report: Report) -> list[Row]:
    """The few numbers that a reader wants first; only those for which there is evidence."""
    head = report.headline
    rows = []
    if head.reported_metric is not None or head.decontaminated_metric is not None:
        reported = value(head.reported_metric.observed) if head.reported_metric else "not reported"
        rows.append(Row(f"overall {reported_name(report)}", reported, _supported(report)))
    rows += _clean_rows(report)
    if head.balanced_metric is not None and is_number(head.balanced_metric):
        rows.append(_balanced_row(report, observed(head.balanced_metric)))
    rows += _baseline_row(report)
    if is_number(head.contaminated_share):
        text = _contaminated(report).partition(" have a copy in the training set")
        note = text[2].removesuffix(".")
        shown = percent(amount(head.contaminated_share)) + note
        rows.append(Row("held-out rows with copies", "not reported", shown))
    if head.worst_group is not None and head.worst_group.observed and not baseline_bars(report):
        shown = value(head.worst_group.observed)
        if head.worst_group.method:
            shown += f": {head.worst_group.method}"
        rows.append(Row("worst group", "not reported", shown))
    return rows


def _supported(report: Report) -> str:
    honest = report.headline.decontaminated_metric
    if honest is None:
        return f"not measured: {missing(report, 'decontaminated_metric')}"
    if honest.observed is None:
        return f"cannot be estimated: {honest.method}" if honest.method else "cannot be estimated"
    return observed(honest, n=True)


def _clean_rows(report: Report) -> list[Row]:
    clean = by_group(report, "decontaminated_metric", "MT405")
    tiers = {group: each for group, each in clean.items() if group.startswith(_TIER)}
    groups = {group: each for group, each in clean.items() if group not in tiers}
    if tiers:
        return [
            Row(f"{group.removeprefix(_TIER)} tier", *_both(report, {group: each}))
            for group, each in list(tiers.items())[:6]
        ]
    if report.tiers and groups:
        members = {
            tier: {group: each for group, each in groups.items() if report.tiers.get(group) == tier}
            for tier in dict.fromkeys(report.tiers.values())
        }
        return _tier_rows(report, members)
    if len(groups) <= _NAMED_GROUPS:
        return [Row(group, *_both(report, {group: each})) for group, each in groups.items()]
    return [Row("by group", *_both(report, groups))]


def _tier_rows(report: Report, members: Mapping[str, Mapping[str, Evidence]]) -> list[Row]:
    """One row for each tier that can be estimated, and one for all those that cannot."""
    rows = []
    lost: dict[str, Mapping[str, Evidence]] = {}
    for tier, inside in members.items():
        if any(is_number(each) for each in inside.values()):
            rows.append(Row(f"{tier} groups", *_both(report, inside)))
        elif inside:
            lost[tier] = inside
    if lost:
        together = {group: each for inside in lost.values() for group, each in inside.items()}
        named = join(list(lost)) if len(lost) <= _NAMED_GROUPS else count(len(lost), "other tier")
        rows.append(Row(f"{named} groups", *_both(report, together)))
    return rows[: _NAMED_GROUPS + 1]


def _both(report: Report, clean: Mapping[str, Evidence]) -> tuple[str, str]:
    stated = {
        **by_group(report, "group_metric"),
        **by_group(report, "reported_metric"),
        **by_group(report, "reported_metric", "MT405"),
    }
    same_rows = [
        replace(each, observed=each.expected)
        for each in clean.values()
        if each.expected is not None
    ]
    reported = (
        _range(same_rows)
        or _range([stated[group] for group in clean if group in stated])
        or "not reported"
    )
    known = [each for each in clean.values() if is_number(each)]
    if not known:
        reasons = {each.method for each in clean.values() if each.method}
        reason = f": {reasons.pop()}" if len(reasons) == 1 else ""
        return reported, f"cannot be estimated{reason}"
    text = _range(known)
    if len(known) < len(clean):
        text += f" in {len(known)} of {len(clean)} groups; the others cannot be estimated"
    total = sum(each.n or 0 for each in known)
    if len(known) == 1:
        return reported, observed(known[0], n=True)
    return reported, text + (f", n = {total:,}" if total else "")


def _range(items: Sequence[Evidence]) -> str:
    numbers = sorted(amount(each) for each in items if is_number(each))
    if not numbers:
        return ""
    low, high = number(numbers[0]), number(numbers[-1])
    return low if low == high else f"{low} to {high}"


def _balanced_row(report: Report, text: str) -> Row:
    tiers = dict.fromkeys(report.tiers.values())
    clean = by_group(report, "decontaminated_metric", "MT405")
    known = {report.tiers.get(group, group) for group, each in clean.items() if is_number(each)}
    lost = [
        name
        for name in dict.fromkeys(report.tiers.get(group, group) for group in clean)
        if name not in known and _TIER + name not in known and not name.startswith(_TIER)
    ]
    if lost:
        named = join(lost) if len(lost) <= _NAMED_GROUPS else count(len(lost), "group")
        text += f", with the copies in {named}"
    return Row(f"balanced over {'tiers' if tiers else 'groups'}", "not reported", text)


def _baseline_row(report: Report) -> list[Row]:
    bars = baseline_bars(report)
    if not bars:
        return []
    reported = "not reported"
    stated = overall(report, "reported_metric", "MT401")
    if stated is not None and is_number(stated) and stated.expected is not None:
        reported = f"{number(amount(stated))} against {value(stated.expected)}"
    bad = worse(report, bars)
    if not bad:
        run = run_of(report, "MT401")
        text = f"{count(len(bars), 'group')} compared"
        if run is not None and run.verdict is Verdict.PASS:
            text += ": none is worse beyond rounding and noise"
        return [Row("against the baseline", reported, text)]
    named = report.headline.worst_group and report.headline.worst_group.observed
    worst = next((bar for bar in bad if bar.label == named), bad[0])
    ratio = growth(report, worst)
    text = (
        f"worse in {len(bad)} of {count(len(bars), 'group')}; worst in {worst.label}: "
        f"{number(amount(worst.second))} against {number(amount(worst.first))}"
        + (f" ({number(ratio, 2)} times as large)" if ratio is not None else "")
    )
    return [Row("against the baseline", reported, text)]


def growth(report: Report, bar: Bar) -> float | None:
    """Second over first for a loss; ``None`` where a ratio says nothing."""
    before, after = amount(bar.first), amount(bar.second)
    if greater_is_better(report) is not False or before <= 0 or after <= 0:
        return None
    return after / before


def missing(report: Report, name: str) -> str:
    """Why a number of the headline was not measured."""
    for check_id in _MEASURED_BY[name]:
        run = run_of(report, check_id)
        if run is not None and run.verdict not in (Verdict.PASS, Verdict.FAIL):
            return run.reason
    if name == "reported_metric":
        return "no overall metric is stated in a form that could be read"
    return f"no check measured the {words(name)}"


def counts(report: Report) -> tuple[str, str]:
    """Findings by severity, and checks by verdict."""
    levels = [
        count(sum(each.severity is level for each in report.findings), level.name.lower())
        for level in sorted(Severity, reverse=True)
    ]
    quiet = sum(is_suppressed(report, run) for run in report.runs)
    if report.suppressed:
        levels.append(f"{len(report.suppressed):,} suppressed")
    number_of = {verdict: sum(run.verdict is verdict for run in report.runs) for verdict in Verdict}
    parts = [
        f"{number_of[Verdict.FAIL]} with findings",
        *([f"{quiet} suppressed"] if quiet else []),
        f"{number_of[Verdict.PASS]} passed",
        f"{number_of[Verdict.REVIEW] - quiet} could not tell",
        f"{number_of[Verdict.NOT_APPLICABLE]} not applicable",
    ]
    if number_of[Verdict.ERROR]:
        parts.append(f"{number_of[Verdict.ERROR]} could not be completed")
    checks = f"{count(len(report.runs), 'check')}: {', '.join(parts)}"
    return " · ".join(levels), checks


def join(names: Sequence[str]) -> str:
    """A list in words; names that are too long for a sentence are cut.

    Examples
    --------
    >>> join(["a"]), join(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    names = [shorten(name, _NAME) for name in names]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _sentence(text: str) -> str:
    text = shorten(text.strip(), 300)
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


def _in_tiers(report: Report, bars: list[Bar]) -> list[Bar]:
    order = {tier: index for index, tier in enumerate(tier_order(report))}
    return sorted(bars, key=lambda bar: order.get(bar.tier, len(order)))
