"""Run the checks on an export. Pure: no files, no terminal; one crash never stops the others."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import audit
from audit.config import Columns, Config, Limits
from audit.model.artifacts import Code, CodeFacts, Documents, Grouping, Suppressions
from audit.model.check import Check, Outcome, Verdict
from audit.model.evidence import Evidence
from audit.model.export import Absent, Export, Malformed, Present, Slot
from audit.model.finding import Finding
from audit.model.location import Location
from audit.model.report import CheckRun, ExperimentVerdict, Headline, Report, Suppressed
from audit.model.severity import Confidence, Severity
from audit.params import check_config
from audit.suppress.apply import silence
from audit.suppress.baseline import Known, compare
from audit.suppress.comments import read_comments

GATING_FAMILIES = ("LK", "CT", "MT", "CL")
_EVIDENCE_FAMILIES = ("LK", "CT", "MT")  # about splits and about metrics


@dataclass(frozen=True, slots=True)
class Provider:
    """How a derived artifact is computed from a loaded one.

    Parameters
    ----------
    source : type
        The artifact that it needs.
    compute : callable
        Takes that artifact and returns the derived one.
    """

    source: type[Any]
    compute: Callable[[Any], Any]


Providers = Mapping[type[Any], Provider]


def run(
    export: Export,
    checks: Sequence[Check],
    config: Config | None = None,
    *,
    providers: Providers | None = None,
    progress: Callable[[str], None] | None = None,
    honour_ignores: bool = True,
    known: Known | None = None,
) -> Report:
    """Run every check and judge the experiment.

    Checks that ask for `Suppressions` run after all others, because only then it is known what an
    ignore comment silences.

    Parameters
    ----------
    export : Export
        What was loaded.
    checks : sequence of Check
        All registered checks; each yields one run, also those that are not selected.
    config : Config, optional
        Thresholds and selection.
    providers : mapping of type to Provider, optional
        How derived artifacts are computed, once each and only when a check asks.
    progress : callable, optional
        Told the title of each check before it runs.
    honour_ignores : bool
        Whether comments in the export may silence findings.
    known : Known, optional
        Findings that are accepted already.

    Returns
    -------
    Report
        With one `CheckRun` for each check.

    Raises
    ------
    ConfigError
        If the configuration names an unknown check or parameter.
    """
    config = config or Config()
    params = check_config(checks, config)
    slots: dict[type[Any], Slot] = dict(export.artifacts)
    resolve = _resolver(slots, export, providers or {})

    def run_all(chosen: Iterable[Check]) -> list[_Ran]:
        done = []
        for check in chosen:
            if progress is not None:
                progress(f"{check.id} {check.title}")
            done.append(_run_one(check, params[check.id], resolve, config))
        return done

    first = run_all(check for check in checks if not _needs_suppressions(check))
    silenced, suppressions, in_source = _silence(first, resolve, config, honour_ignores)
    slots[Suppressions] = suppressions
    last = run_all(check for check in checks if _needs_suppressions(check))
    runs = _finished([*silenced, *last], config)
    verdict = judge(runs)
    without = judge(_finished([*first, *last], config)) if in_source else verdict
    compared = compare(runs, known) if known is not None else None
    accepted = compared.suppressed if compared is not None else ()
    facts = resolve(CodeFacts)
    grouping = resolve(Grouping)
    return Report(
        tool_version=audit.__version__,
        export_name=export.name,
        export_digest=export.digest,
        recognised=export.recognised,
        verdict=verdict,
        headline=_headline(runs),
        runs=compared.runs if compared is not None else tuple(runs),
        flow=facts.value.steps if isinstance(facts, Present) else (),
        suppressed=(*(each for each in in_source if _is_wanted(each.finding, config)), *accepted),
        tiers=_tiers(grouping.value) if isinstance(grouping, Present) else {},
        settings=_settings(config, honour_ignores),
        baseline=compared.use if compared is not None else None,
        verdict_unsuppressed=without if without is not verdict else None,
        unmet=_unmet([each.run for each in (*first, *last)], config),
    )


def judge(runs: Iterable[CheckRun]) -> ExperimentVerdict:
    """Verdict of the experiment.

    ``INVALID``: an ERROR of HIGH confidence about leakage, contamination, metrics or claims.
    ``SUSPECT``: any other finding of WARNING or above. ``INCONCLUSIVE``: no check about splits
    and none about metrics could come to a conclusion, or one of them could not be completed.
    Otherwise ``VALID``.
    """
    runs = list(runs)
    findings = [finding for each in runs for finding in each.findings]
    if any(
        finding.severity is Severity.ERROR
        and finding.confidence is Confidence.HIGH
        and finding.check_id.startswith(GATING_FAMILIES)
        for finding in findings
    ):
        return ExperimentVerdict.INVALID
    if any(finding.severity >= Severity.WARNING for finding in findings):
        return ExperimentVerdict.SUSPECT
    verdicts = [each.verdict for each in runs if each.check_id.startswith(_EVIDENCE_FAMILIES)]
    concluded = Verdict.PASS in verdicts or Verdict.FAIL in verdicts
    if not concluded or Verdict.ERROR in verdicts:
        return ExperimentVerdict.INCONCLUSIVE
    return ExperimentVerdict.VALID


def _resolver(
    slots: dict[type[Any], Slot], export: Export, providers: Providers
) -> Callable[[type[Any]], Slot]:
    def resolve(artifact: type[Any]) -> Slot:
        if artifact in slots:
            return slots[artifact]
        if artifact in providers:
            slots[artifact] = _provide(
                providers[artifact], artifact, resolve(providers[artifact].source)
            )
            return slots[artifact]
        return export.get(artifact)

    return resolve


def _provide(provider: Provider, artifact: type[Any], source: Slot) -> Slot:
    if not isinstance(source, Present):
        return source
    try:
        return Present(provider.compute(source.value))
    except Exception as error:  # a crash in one analysis must not lose the other checks
        reason = f"{artifact.__name__} could not be computed: {_describe(error)}"
        return Malformed(reason, Location("."))


@dataclass(frozen=True, slots=True)
class _Ran:
    """A run before anything is silenced; `lost` says which evidence could not be used."""

    run: CheckRun
    lost: str = ""


def _run_one(
    check: Check, params: Any, resolve: Callable[[type[Any]], Slot], config: Config
) -> _Ran:
    started = time.perf_counter()
    outcome, lost = _outcome(check, params, resolve, config)
    run = CheckRun(
        check_id=check.id,
        title=check.title,
        severity=check.severity,
        verdict=outcome.verdict,
        reason=outcome.reason,
        findings=outcome.findings,
        measured=outcome.measured,
        series=outcome.series,
        seconds=time.perf_counter() - started,
        how=check.sections["How it is found"],
        false_alarms=check.sections["False alarms"],
        what=check.sections["What"],
        taxonomy=check.taxonomy,
    )
    return _Ran(run, lost)


def _outcome(
    check: Check, params: Any, resolve: Callable[[type[Any]], Slot], config: Config
) -> tuple[Outcome, str]:
    if not selected(check.id, config):
        return Outcome(Verdict.NOT_APPLICABLE, "not selected by the configuration"), ""
    arguments: dict[str, Any] = {}
    unusable: list[Malformed] = []
    for need in check.needs:
        slot = resolve(need.type)
        if isinstance(slot, Present):
            arguments[need.parameter] = slot.value
        elif need.optional:
            arguments[need.parameter] = None
            unusable += [slot] if isinstance(slot, Malformed) else []
        elif isinstance(slot, Malformed):
            return Outcome(Verdict.ERROR, f"{slot.reason} ({slot.location})"), ""
        else:
            return Outcome(Verdict.NOT_APPLICABLE, slot.reason), ""
    if check.takes_params:
        arguments["params"] = params
    lost = "; ".join(f"{slot.reason} ({slot.location})" for slot in unusable)
    try:
        outcome = _distinct(check.function(**arguments))
    except Exception as error:  # reported as a run with verdict ERROR, exit code 4
        return Outcome(Verdict.ERROR, f"the check crashed: {_describe(error)}"), ""
    if lost and outcome.verdict is not Verdict.FAIL:
        # No pass where a part of the evidence is there and cannot be used; findings stay.
        reason = f"{lost}; without it: {outcome.reason}"
        outcome = replace(outcome, verdict=Verdict.ERROR, reason=reason)
    return outcome, lost


def _sort_key(place: Location) -> tuple[str, int, int, str]:
    return place.path, place.cell or 0, place.line or 0, place.pointer or ""


def _distinct(outcome: Outcome) -> Outcome:
    """Number findings of one subject in the order of their places: each has its fingerprint."""
    if len({finding.subject for finding in outcome.findings}) == len(outcome.findings):
        return outcome
    ordered = sorted(
        range(len(outcome.findings)),
        key=lambda i: _sort_key(outcome.findings[i].primary),
    )
    findings = list(outcome.findings)
    seen: Counter[str] = Counter()
    for place in ordered:
        subject = findings[place].subject
        seen[subject] += 1
        if seen[subject] > 1:
            findings[place] = replace(findings[place], subject=f"{subject} #{seen[subject]}")
    return replace(outcome, findings=tuple(findings))


def selected(check_id: str, config: Config) -> bool:
    """Whether a check is to run; the longer of two prefixes wins, of equal ones ``ignore``."""
    chosen = max((len(p) for p in config.select if check_id.startswith(p)), default=-1)
    ignored = max((len(p) for p in config.ignore if check_id.startswith(p)), default=-1)
    if ignored >= max(chosen, 0):
        return False
    return chosen >= 0 or not config.select


def _needs_suppressions(check: Check) -> bool:
    return any(need.type is Suppressions for need in check.needs)


def _silence(
    ran: Sequence[_Ran],
    resolve: Callable[[type[Any]], Slot],
    config: Config,
    honoured: bool,
) -> tuple[list[_Ran], Slot, tuple[Suppressed, ...]]:
    """Take out what comments in the export silence."""
    slots = resolve(Code), resolve(Documents)
    code, documents = (slot.value if isinstance(slot, Present) else None for slot in slots)
    if code is None and documents is None:
        return list(ran), Absent("no code and no Markdown that could hold an ignore comment"), ()
    ignores, limit = read_comments(code, documents)
    open_questions = {
        each.run.check_id
        for each in ran
        if each.run.verdict in (Verdict.REVIEW, Verdict.ERROR)
        or not selected(each.run.check_id, config)
    }
    runs, suppressed, comments = silence(
        [each.run for each in ran], ignores, open_questions, honoured=honoured
    )
    settled = [
        _settled(before, run, "") if run.findings else _settled(before, run, run.reason)
        for before, run in zip(ran, runs, strict=True)
    ]
    return settled, Present(Suppressions(comments, honoured, limit)), suppressed


def _settled(before: _Ran, run: CheckRun, why: str) -> _Ran:
    """The run without some of its findings; incomplete where it lacked evidence besides."""
    if not why or not before.run.findings or not before.lost:
        return replace(before, run=run)
    reason = f"{before.lost}; without it: {why}"
    return replace(before, run=replace(run, verdict=Verdict.ERROR, reason=reason))


def _finished(ran: Iterable[_Ran], config: Config) -> list[CheckRun]:
    """Without findings below the thresholds, sorted by id."""
    runs = [_above_thresholds(each, config) for each in ran]
    return sorted(runs, key=lambda run: run.check_id)


def _is_wanted(finding: Finding, config: Config) -> bool:
    return (
        finding.severity >= Severity[config.min_severity.upper()]
        and finding.confidence >= Confidence[config.min_confidence.upper()]
    )


def _above_thresholds(ran: _Ran, config: Config) -> CheckRun:
    run = ran.run
    kept = tuple(finding for finding in run.findings if _is_wanted(finding, config))
    if run.findings and not kept:
        reason = (
            f"{len(run.findings)} finding(s) below --min-severity {config.min_severity} "
            f"or --min-confidence {config.min_confidence}"
        )
        left = replace(run, verdict=Verdict.REVIEW, reason=reason, findings=())
        return _settled(ran, left, reason).run
    return replace(run, findings=kept)


def _unmet(runs: Sequence[CheckRun], config: Config) -> tuple[tuple[str, str], ...]:
    """What is required and came to no conclusion, before anything is silenced; and why."""
    unmet = []
    for required in config.require:
        members = [run for run in runs if run.check_id.startswith(required)]
        if not any(run.verdict in (Verdict.PASS, Verdict.FAIL) for run in members):
            unmet.append((required, members[0].reason))
    return tuple(unmet)


def _headline(runs: Sequence[CheckRun]) -> Headline:
    overall: dict[str, Evidence] = {}
    # CT202 is looked at after CT201, so the share with masked columns left out wins.
    for each in runs:
        for evidence in each.measured:
            if evidence.group is None:
                overall[evidence.name] = evidence
    return Headline(**{field.name: overall.get(field.name) for field in fields(Headline)})


def _tiers(grouping: Grouping) -> dict[str, str]:
    return {
        grouping.label(key): grouping.tiers[key] for key in grouping.keys if key in grouping.tiers
    }


def _settings(config: Config, honour_ignores: bool = True) -> tuple[str, ...]:
    defaults = Config()
    lines = []
    for field in fields(Config):
        value = getattr(config, field.name)
        if field.compare and field.name != "source" and value != getattr(defaults, field.name):
            lines.append(f"{field.name} = {_plain(value)}")
    if lines and config.source:
        lines.insert(0, f"read from {config.source}")
    if not honour_ignores:
        lines.append("comments in the export silence nothing (--no-inline-ignores)")
    return tuple(lines)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    if isinstance(value, Columns | Limits):
        chosen = {f.name: getattr(value, f.name) for f in fields(value)}
        default = type(value)()
        return _plain({k: v for k, v in chosen.items() if v != getattr(default, k)})
    return str(value)


def _describe(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
