"""Take findings out of the runs of checks, and say which comment did it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from audit.model.artifacts import IgnoreComment
from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.report import CheckRun, Suppressed
from audit.registry import nearest_id
from audit.suppress.comments import Ignore


def silence(
    runs: Sequence[CheckRun],
    ignores: Sequence[Ignore],
    open_questions: Collection[str],
    *,
    honoured: bool,
) -> tuple[list[CheckRun], tuple[Suppressed, ...], tuple[IgnoreComment, ...]]:
    """Apply ignore comments to findings.

    Parameters
    ----------
    runs : sequence of CheckRun
        With all their findings.
    ignores : sequence of Ignore
        Comments with the places that they cover.
    open_questions : collection of str
        Checks that did not come to a conclusion.
    honoured : bool
        Whether findings are taken out; the comments are matched in any case.

    Returns
    -------
    runs : list of CheckRun
        In the order given. A run whose findings are all silenced is no pass: its verdict is
        REVIEW, and the reason names the comment's.
    suppressed : tuple of Suppressed
        What was taken out.
    comments : tuple of IgnoreComment
        In the order given, with what matched.
    """
    beside: dict[tuple[str, int | None, int | None], list[int]] = {}
    for number, ignore in enumerate(ignores):
        place = ignore.comment.location
        for line in ignore.lines:
            beside.setdefault((place.path, place.cell, line), []).append(number)
    matched = [0] * len(ignores)
    suppressed: list[Suppressed] = []
    left: list[CheckRun] = []
    for run in runs:
        kept: list[Finding] = []
        taken: list[Suppressed] = []
        for finding in run.findings:
            reason = ""
            place = finding.primary
            at = (place.path, place.cell, place.line)
            for number in beside.get(at, ()) if not place.output else ():
                comment = ignores[number].comment
                if finding.check_id.startswith(comment.ids):
                    matched[number] += 1
                    reason = reason or comment.reason
            if reason and honoured:
                taken.append(Suppressed(finding, reason))
            else:
                kept.append(finding)
        suppressed += taken
        left.append(without(run, kept, taken))
    known = tuple(run.check_id for run in runs)
    comments = tuple(
        _judged(ignore.comment, matched[number], known, open_questions)
        for number, ignore in enumerate(ignores)
    )
    return left, tuple(suppressed), comments


def without(run: CheckRun, kept: Sequence[Finding], taken: Sequence[Suppressed]) -> CheckRun:
    """A run with the findings that are kept; REVIEW where none is left."""
    if not taken:
        return run
    if kept:
        reason = kept[0].message if run.reason == run.findings[0].message else run.reason
        return replace(run, findings=tuple(kept), reason=reason)
    noun = "finding" if len(taken) == 1 else "findings"
    reasons = "; ".join(dict.fromkeys(each.reason for each in taken[:3]))
    reason = f"{len(taken):,} {noun} suppressed: {reasons}"
    return replace(run, verdict=Verdict.REVIEW, findings=(), reason=reason)


def _judged(
    comment: IgnoreComment, matched: int, known: tuple[str, ...], open_questions: Collection[str]
) -> IgnoreComment:
    unknown = tuple(
        f"{prefix} ({nearest_id(prefix, known)})"
        for prefix in comment.ids
        if not any(check_id.startswith(prefix) for check_id in known)
    )
    named = [check_id for check_id in known if check_id.startswith(comment.ids)]
    conclusive = not any(check_id in open_questions for check_id in named)
    return replace(comment, unknown=unknown, matched=matched, conclusive=conclusive)
