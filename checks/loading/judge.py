"""What the loading checks share: one finding per problem of a kind."""

from __future__ import annotations

from collections import Counter

from audit.model.artifacts import LoadProblems, Problem, ProblemKind
from audit.model.check import Outcome, failed, passed
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity


def judge(
    check_id: str,
    severity: Severity,
    kind: ProblemKind,
    problems: LoadProblems,
    all_well: str,
    why: str,
) -> Outcome:
    """Turn every problem of one kind into a finding.

    Parameters
    ----------
    check_id : str
        Id of the calling check.
    severity : Severity
        Of its findings.
    kind : ProblemKind
        Which problems count.
    problems : LoadProblems
        All of them.
    all_well : str
        The reason of a pass.
    why : str
        Why such a problem matters.

    Returns
    -------
    Outcome
        FAIL with one finding each, or PASS.
    """
    own = [problem for problem in problems.items if problem.kind is kind]
    measured = [Evidence(f"{kind.value}_parts", len(own), unit="problems")]
    if not own:
        return passed(all_well, measured)
    seen: Counter[str] = Counter()
    findings = []
    for problem in own:
        # The text of the line tells two cells apart and survives edits above it.
        subject = f"{problem.location.path}:{problem.location.text}"
        seen[subject] += 1
        number = f"#{seen[subject]}" if seen[subject] > 1 else ""
        findings.append(_finding(check_id, severity, problem, subject + number, why))
    return failed(findings, measured)


def _finding(
    check_id: str, severity: Severity, problem: Problem, subject: str, why: str
) -> Finding:
    return Finding(
        check_id,
        severity,
        Confidence.HIGH,
        f"{problem.location.path}: {problem.reason}. {problem.next_step}",
        (problem.location,),
        (Evidence("load_problem", problem.kind.value, method=problem.reason),),
        Remedy(problem.next_step),
        subject,
        why,
    )
