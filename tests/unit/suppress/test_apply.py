"""What comments and baselines take out of the runs, piece by piece."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model.artifacts import IgnoreComment
from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location
from audit.model.report import CheckRun
from audit.model.severity import Confidence, Severity
from audit.suppress.apply import silence
from audit.suppress.baseline import Baseline, Known, KnownFinding, compare
from audit.suppress.comments import Ignore

PLACE = Location("a.ipynb", cell=3, line=2)


def finding(place: Location = PLACE, subject: str = "x", check_id: str = "CL501") -> Finding:
    return Finding(
        check_id,
        Severity.WARNING,
        Confidence.HIGH,
        f"{subject} is wrong",
        (place,),
        (Evidence("rows", 1),),
        Remedy("mend it"),
        subject,
    )


def run(*findings: Finding, check_id: str = "CL501", verdict: Verdict = Verdict.PASS) -> CheckRun:
    if findings:
        verdict = Verdict.FAIL
    reason = findings[0].message if findings else "looked"
    return CheckRun(check_id, "A defect", Severity.WARNING, verdict, reason, findings)


def ignore(*ids: str, place: Location = PLACE, reason: str = "known") -> Ignore:
    return Ignore(IgnoreComment(place, ids, reason), range(2, 3))


@pytest.mark.parametrize(
    ("place", "silenced"),
    [
        (PLACE, True),
        (replace(PLACE, line=3), False),
        (replace(PLACE, cell=4), False),
        (replace(PLACE, path="b.ipynb"), False),
        (replace(PLACE, output=True), False),
        (Location("a.ipynb"), False),
        (Location("a.ipynb", rows=(2,)), False),
    ],
)
def test_only_the_place_of_the_comment(place: Location, silenced: bool) -> None:
    ((left,), suppressed, (comment,)) = silence(
        [run(finding(place))], [ignore("CL501")], (), honoured=True
    )
    assert bool(suppressed) is silenced
    assert len(left.findings) == (not silenced)
    assert comment.matched == silenced


def test_what_is_left_gives_the_reason() -> None:
    other = finding(replace(PLACE, line=9), "y")
    ((left,), suppressed, _) = silence([run(finding(), other)], [ignore("CL")], (), honoured=True)
    assert left.verdict is Verdict.FAIL
    assert left.findings == (other,)
    assert left.reason == "y is wrong"
    assert [each.finding.subject for each in suppressed] == ["x"]


def test_the_first_comment_with_a_reason_counts() -> None:
    ignores = [ignore("CL501", reason=""), ignore("MT", reason="no"), ignore("CL5", reason="yes")]
    _, suppressed, comments = silence([run(finding())], ignores, (), honoured=True)
    assert [each.reason for each in suppressed] == ["yes"]
    assert [each.matched for each in comments] == [1, 0, 1]


@pytest.mark.parametrize(
    ("verdict", "open_questions", "conclusive"),
    [(Verdict.PASS, (), True), (Verdict.REVIEW, ("CL501",), False)],
)
def test_conclusive(verdict: Verdict, open_questions: tuple[str, ...], conclusive: bool) -> None:
    _, _, (comment,) = silence(
        [run(verdict=verdict)], [ignore("CL501")], open_questions, honoured=True
    )
    assert comment.conclusive is conclusive


def test_a_baseline_knows_as_many_as_it_says() -> None:
    first, second, third = (finding(replace(PLACE, line=line)) for line in (1, 2, 3))
    entry = KnownFinding("CL501", first.fingerprint, count=2, reason="accepted")
    result = compare([run(first, second, third)], Known("b.json", (entry,)))
    assert [each.finding for each in result.suppressed] == [first, second]
    assert result.runs[0].findings == (third,)
    assert (result.use.known, result.use.new) == (2, 1)
    twice = (replace(entry, count=1), replace(entry, count=1))
    assert compare([run(first, second, third)], Known("b.json", twice)).use.known == 2


def test_the_same_fingerprint_of_another_check_is_not_known() -> None:
    entry = KnownFinding("MT401", finding().fingerprint)
    assert compare([run(finding())], Known("b.json", (entry,))).use.new == 1


def test_fixed_is_said_of_checks_that_concluded_only() -> None:
    entries = tuple(KnownFinding(id, "0" * 16, "m", "p") for id in ("CL501", "MT401", "LK101"))
    runs = [run(), run(check_id="MT401", verdict=Verdict.REVIEW)]
    use = compare(runs, Known("b.json", entries)).use
    assert use.fixed == ("CL501 0000000000000000 p: m",)


def test_the_name_matters_beside_other_exports() -> None:
    entry = KnownFinding("CL501", "0" * 16)
    baseline = Baseline("b.json", {"old": (entry,)})
    assert baseline.of("new", alone=True).items == (entry,)
    assert baseline.of("new", alone=False).items == ()
    assert baseline.of("old", alone=False).items == (entry,)
    two = Baseline("b.json", {"old": (entry,), "other": ()})
    assert two.of("new", alone=True).items == ()
