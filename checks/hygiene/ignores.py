"""HY604: an ignore comment has no reason or silences nothing."""

from __future__ import annotations

from collections import Counter

from audit.model.artifacts import IgnoreComment, Suppressions
from audit.model.check import NoParams, Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity

MAX_FINDINGS = 100
_EXAMPLE = '# audit: ignore[LK101] reason="why this is no defect here"'


@check("HY604", "An ignore comment has no reason or silences nothing", Severity.WARNING)
def ignores(suppressions: Suppressions, params: NoParams) -> Outcome:
    """An ignore comment has no reason or silences nothing.

    What
    ----
    A comment such as `# audit: ignore[LK101] reason="..."` that gives no reason, names no check or
    one that does not exist, or stands at a place where no finding is.

    Why
    ---
    A finding that is silenced without a reason cannot be judged by anybody else. A comment that
    silences nothing was left behind, or stands at the wrong line, and would hide the next defect
    there.

    How it is found
    ---------------
    All other checks run first. A comment at the end of a line is about the statement on it; a
    comment alone on its line is about the next statement; in Markdown, about the next paragraph or
    table. It silences findings whose first place is there. Without a reason it silences nothing.
    That it matched nothing is said only when every check that it names came to a conclusion.
    Findings about data files have no line to write on: accept them with `--baseline`.

    False alarms
    ------------
    A comment for a check that finds something in another version of the data only. It is a note.

    Remedy
    ------
    Write the reason, correct the id, or delete the comment.

    References
    ----------
    SARIF 2.1.0, section 3.35 (suppression object, justification).
    """
    comments = suppressions.comments
    measured = [
        Evidence("ignore_comments", len(comments), unit="comments"),
        Evidence(
            "findings_silenced",
            sum(each.matched for each in comments if each.reason) if suppressions.honoured else 0,
            unit="findings",
        ),
    ]
    if not suppressions.honoured and comments:
        places = ", ".join(_said(each) for each in comments[:5])
        more = f" and {len(comments) - 5:,} more" if len(comments) > 5 else ""
        return review(f"not honoured (--no-inline-ignores): {places}{more}", measured)
    findings: list[Finding] = []
    seen: Counter[str] = Counter()
    for comment in comments:
        fault = _fault(comment)
        if fault is None:
            continue
        subject = f"{comment.location.path}:{','.join(comment.ids)}:{comment.reason}"
        seen[subject] += 1
        number = f"#{seen[subject]}" if seen[subject] > 1 else ""
        if len(findings) < MAX_FINDINGS:
            findings.append(_finding(comment, *fault, subject + number))
    if suppressions.limit is not None and comments:
        findings.append(_too_many(comments[-1], suppressions.limit))
    if findings:
        return failed(findings, measured)
    if not comments:
        return passed("there is no ignore comment", measured)
    return passed(
        f"{len(comments):,} ignore comment(s): each gives a reason and silences a finding, or the "
        "check that it names could not tell",
        measured,
    )


def _said(comment: IgnoreComment) -> str:
    reason = f' reason="{comment.reason}"' if comment.reason else ""
    return f"{comment.location} ignore[{','.join(comment.ids)}]{reason}"


def _fault(comment: IgnoreComment) -> tuple[Severity, str, str] | None:
    """Severity, what is wrong, and what to do."""
    named = ", ".join(comment.ids)
    if not comment.ids:
        step = f"Name the check: {_EXAMPLE}"
        return Severity.NOTE, "the ignore comment names no check, so it silences nothing", step
    if comment.unknown:
        text = f"the ignore comment names a check that does not exist: {', '.join(comment.unknown)}"
        return Severity.NOTE, text, "Correct the id; `audit rules` lists all checks."
    if not comment.reason:
        text = f"the ignore comment for {named} gives no reason, so it silences nothing"
        return Severity.WARNING, text, f"Say why, or delete the comment: {_EXAMPLE}"
    if not comment.matched and comment.conclusive:
        text = f"the ignore comment for {named} silences nothing: there is no such finding here"
        return Severity.NOTE, text, "Delete the comment, or move it to the line of the finding."
    return None


def _finding(
    comment: IgnoreComment, severity: Severity, message: str, step: str, subject: str
) -> Finding:
    return Finding(
        check_id="HY604",
        severity=severity,
        confidence=Confidence.HIGH,
        message=message,
        locations=(comment.location,),
        evidence=(
            Evidence(
                "findings_matched",
                comment.matched,
                unit="findings",
                method="findings at the place of the comment, of the checks that it names",
            ),
        ),
        remedy=Remedy(step),
        subject=subject,
        why="What is silenced without a reason, or for no finding, can hide a defect later.",
    )


def _too_many(last: IgnoreComment, limit: int) -> Finding:
    return Finding(
        check_id="HY604",
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"there are more than {limit:,} ignore comments; those after the first {limit:,} "
        "silence nothing",
        locations=(last.location,),
        evidence=(Evidence("ignore_comments", limit, unit="comments"),),
        remedy=Remedy("Select the checks to run with --ignore, or mend the defects."),
        subject="too many ignore comments",
        why="Nobody reads the reasons of so many comments.",
    )
