"""The result of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from audit.model.artifacts import DataStep
from audit.model.check import Verdict
from audit.model.evidence import Evidence, Series
from audit.model.export import Recognised
from audit.model.finding import Finding
from audit.model.severity import Severity

SCHEMA_VERSION = 1
_FAMILIES = "LK CT AU MT CL HY LD"
# Within a family ids give the order, but labels that are wrong explain more than noise and values
# of copies that are other than they should be.
_PLACE = {"AU305": "AU300"}


class ExperimentVerdict(Enum):
    """Whether the reported result can be trusted."""

    INVALID = "INVALID"
    SUSPECT = "SUSPECT"
    INCONCLUSIVE = "INCONCLUSIVE"
    VALID = "VALID"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check on one export; there is one for every registered check.

    Parameters
    ----------
    check_id, title, severity : str, str, Severity
        Of the check.
    verdict, reason : Verdict, str
        Outcome, and why.
    findings, measured, series : tuple
        Defects; measurements and points of figures, kept whatever the verdict.
    seconds : float
        Wall time; left out of comparisons of reports.
    what, how, false_alarms : str
        Sections of the check's docstring, for the report.
    taxonomy : str or None
        Leakage code of the check, where one applies.
    """

    check_id: str
    title: str
    severity: Severity
    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    measured: tuple[Evidence, ...] = ()
    series: tuple[Series, ...] = ()
    seconds: float = 0.0
    how: str = ""
    false_alarms: str = ""
    what: str = ""
    taxonomy: str | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """The few numbers that a reader wants first; each is an `Evidence` or ``None``.

    An evidence whose ``observed`` is ``None`` cannot be estimated, and its ``method`` says why.
    """

    reported_metric: Evidence | None = None
    decontaminated_metric: Evidence | None = None
    balanced_metric: Evidence | None = None
    contaminated_share: Evidence | None = None
    worst_group: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that was silenced on purpose.

    Parameters
    ----------
    finding : Finding
        What is silenced.
    reason : str
        As given, untrusted text.
    kind : str
        As SARIF calls it: ``"inSource"`` for a comment beside the code, ``"external"`` for a
        baseline.
    """

    finding: Finding
    reason: str
    kind: str = "inSource"


@dataclass(frozen=True, slots=True)
class BaselineUse:
    """How the findings compare with those that are known from a baseline file.

    Parameters
    ----------
    source : str
        Name of the file.
    new, known : int
        Findings that are not in it, and that are.
    fixed : tuple of str
        Entries that no longer occur, one line each, untrusted text.
    """

    source: str
    new: int
    known: int
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an audit has to say; renderers read nothing else.

    Parameters
    ----------
    tool_version : str
        Version of this tool.
    export_name, export_digest : str
        What was audited.
    recognised : tuple of Recognised
        What was recognised as what.
    verdict : ExperimentVerdict
        The answer. It rests on all findings but those that a comment in the source silences: a
        baseline says that a defect is known, not that there is none.
    headline : Headline
        The numbers that a reader wants first.
    runs : tuple of CheckRun
        One per registered check, sorted by id.
    flow : tuple of DataStep
        The data flow found in the code, in the order of execution.
    suppressed : tuple of Suppressed
        Findings silenced on purpose.
    tiers : mapping of str to str
        Label of a group, as in `Evidence.group`, to its tier.
    settings : tuple of str
        Configuration in force that differs from the defaults, one line each.
    baseline : BaselineUse, optional
        Comparison with the known findings, where a baseline was given.
    verdict_unsuppressed : ExperimentVerdict, optional
        What the verdict would be without the comments that silence findings, where it differs.
    unmet : tuple of (str, str)
        Checks or families that had to come to a conclusion and did not, and why.
    """

    tool_version: str
    export_name: str
    export_digest: str
    recognised: tuple[Recognised, ...]
    verdict: ExperimentVerdict
    headline: Headline
    runs: tuple[CheckRun, ...]
    flow: tuple[DataStep, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    tiers: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    baseline: BaselineUse | None = None
    verdict_unsuppressed: ExperimentVerdict | None = None
    unmet: tuple[tuple[str, str], ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings that are not suppressed, most severe first, then most certain, then cause
        before effect.

        Ties go by family (code, rows, augmentation, metrics, claims), id, place and subject.
        """
        return _ordered(finding for run in self.runs for finding in run.findings)

    @property
    def judged(self) -> tuple[Finding, ...]:
        """The findings that the verdict rests on: also those that a baseline knows."""
        known = [each.finding for each in self.suppressed if each.kind == "external"]
        return _ordered([*self.findings, *known])


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                -f.severity,
                -f.confidence,
                _FAMILIES.find(f.check_id[:2]),
                _PLACE.get(f.check_id, f.check_id),
                f.primary.path,
                f.primary.cell or 0,
                f.primary.line or 0,
                f.subject,
            ),
        )
    )
