"""Run the checks on an export. Pure: no files, no terminal; one crash never stops the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import audit
from audit.config import Columns, Config, ConfigError, Limits, unknown_key_message
from audit.model.artifacts import CodeFacts, Grouping
from audit.model.check import Check, Outcome, Verdict
from audit.model.evidence import Evidence
from audit.model.export import Export, Malformed, Present, Slot
from audit.model.location import Location
from audit.model.report import CheckRun, ExperimentVerdict, Headline, Report
from audit.model.severity import Confidence, Severity
from audit.registry import nearest_id

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
) -> Report:
    """Run every check and judge the experiment.

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
    slots: dict[type[Any], Slot] = dict(export.artifacts)
    resolve = _resolver(slots, export, providers or {})
    params = {check.id: check_params(check, config) for check in checks}
    _known_checks(checks, config)
    runs = []
    for check in sorted(checks, key=lambda each: each.id):
        if progress is not None:
            progress(f"{check.id} {check.title}")
        runs.append(_run_one(check, params[check.id], resolve, config))
    facts = resolve(CodeFacts)
    grouping = resolve(Grouping)
    return Report(
        tool_version=audit.__version__,
        export_name=export.name,
        export_digest=export.digest,
        recognised=export.recognised,
        verdict=judge(runs),
        headline=_headline(runs),
        runs=tuple(runs),
        flow=facts.value.steps if isinstance(facts, Present) else (),
        tiers=_tiers(grouping.value) if isinstance(grouping, Present) else {},
        settings=_settings(config),
    )


def check_params(check: Check, config: Config) -> Any:
    """Build the parameters of a check from its defaults and the configuration.

    Raises
    ------
    ConfigError
        If a key is unknown or a value has another type than the default.
    """
    values = config.checks.get(check.id, {})
    known = {field.name: field for field in fields(check.params)}
    defaults = check.params()
    for name, value in values.items():
        if name not in known:
            message = unknown_key_message(name, tuple(known), f"checks.{check.id}.")
            raise ConfigError(f"{config.source or 'configuration'}: {message}")
        wanted = type(getattr(defaults, name))
        if wanted is float and type(value) is int:
            continue
        if type(value) is not wanted and not (wanted is tuple and isinstance(value, list)):
            raise ConfigError(
                f"{config.source or 'configuration'}: checks.{check.id}.{name} must be "
                f"{wanted.__name__}, not {type(value).__name__}"
            )
    return check.params(
        **{
            name: type(getattr(defaults, name))(value)  # int to float, list to tuple
            for name, value in values.items()
        }
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


def _run_one(
    check: Check, params: Any, resolve: Callable[[type[Any]], Slot], config: Config
) -> CheckRun:
    started = time.perf_counter()
    outcome = _outcome(check, params, resolve, config)
    return CheckRun(
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


def _outcome(
    check: Check, params: Any, resolve: Callable[[type[Any]], Slot], config: Config
) -> Outcome:
    if not selected(check.id, config):
        return Outcome(Verdict.NOT_APPLICABLE, "not selected by the configuration")
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
            return Outcome(Verdict.ERROR, f"{slot.reason} ({slot.location})")
        else:
            return Outcome(Verdict.NOT_APPLICABLE, slot.reason)
    if check.takes_params:
        arguments["params"] = params
    try:
        outcome = _above_thresholds(check.function(**arguments), config)
        return _incomplete(outcome, unusable) if unusable else outcome
    except Exception as error:  # reported as a run with verdict ERROR, exit code 4
        return Outcome(Verdict.ERROR, f"the check crashed: {_describe(error)}")


def _incomplete(outcome: Outcome, unusable: Sequence[Malformed]) -> Outcome:
    """No pass where a part of the evidence is there and cannot be used; findings stay."""
    if outcome.verdict is Verdict.FAIL:
        return outcome
    lost = "; ".join(f"{slot.reason} ({slot.location})" for slot in unusable)
    reason = f"{lost}; without it: {outcome.reason}"
    return replace(outcome, verdict=Verdict.ERROR, reason=reason)


def selected(check_id: str, config: Config) -> bool:
    """Whether a check is to run; the longer of two prefixes wins, of equal ones ``ignore``."""
    chosen = max((len(p) for p in config.select if check_id.startswith(p)), default=-1)
    ignored = max((len(p) for p in config.ignore if check_id.startswith(p)), default=-1)
    if ignored >= max(chosen, 0):
        return False
    return chosen >= 0 or not config.select


def _above_thresholds(outcome: Outcome, config: Config) -> Outcome:
    severity = Severity[config.min_severity.upper()]
    confidence = Confidence[config.min_confidence.upper()]
    kept = tuple(
        finding
        for finding in outcome.findings
        if finding.severity >= severity and finding.confidence >= confidence
    )
    if outcome.findings and not kept:
        reason = (
            f"{len(outcome.findings)} finding(s) below --min-severity {config.min_severity} "
            f"or --min-confidence {config.min_confidence}"
        )
        return replace(outcome, verdict=Verdict.REVIEW, reason=reason, findings=())
    return replace(outcome, findings=kept)


def _known_checks(checks: Sequence[Check], config: Config) -> None:
    known = tuple(check.id for check in checks)
    for prefix in (*config.select, *config.ignore):
        if not any(id.startswith(prefix) for id in known):
            hint = nearest_id(prefix, known)
            raise ConfigError(f"there is no check and no family {prefix!r}; {hint}")
    for id in config.checks:
        if id not in known:
            raise ConfigError(
                f"{config.source or 'configuration'}: {unknown_key_message(id, known, 'checks.')}"
            )


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


def _settings(config: Config) -> tuple[str, ...]:
    defaults = Config()
    lines = []
    for field in fields(Config):
        value = getattr(config, field.name)
        if field.name != "source" and value != getattr(defaults, field.name):
            lines.append(f"{field.name} = {_plain(value)}")
    if lines and config.source:
        lines.insert(0, f"read from {config.source}")
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
