"""LK101 and LK102 on facts made by hand."""

from __future__ import annotations

from audit.model.artifacts import CodeFacts, CopyCount, DataStep, SplitFact, StepKind
from audit.model.check import NoParams, Outcome, Verdict
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.leakage.augmented_before_split import augmented_before_split
from checks.leakage.fitted_before_split import fitted_before_split


def step(kind: StepKind, line: int, **changes: object) -> DataStep:
    values: dict = {
        "kind": kind,
        "location": Location("run.py", line=line, text=f"line {line}"),
        "operation": kind.value,
        "variable": f"v{line}",
    }
    return DataStep(**(values | changes))


COPIES = step(StepKind.DUPLICATE, 3)
SCALER = step(StepKind.FIT, 4)
SPLIT = step(StepKind.SPLIT, 9, location=Location("run.py", line=9, text="a, b = split("))


def facts(
    *splits: SplitFact, copies: tuple[CopyCount, ...] = (), limits: tuple[str, ...] = ()
) -> CodeFacts:
    return CodeFacts((), splits, copies, limits)


def lk101(given: CodeFacts) -> Outcome:
    return augmented_before_split.function(facts=given, params=NoParams())


def lk102(given: CodeFacts) -> Outcome:
    return fitted_before_split.function(facts=given, params=NoParams())


def test_no_split_is_not_applicable_and_says_so() -> None:
    for run in (lk101, lk102):
        assert run(facts()).verdict is Verdict.NOT_APPLICABLE
        assert "no split was found" in run(facts()).reason


def test_a_split_that_is_not_modelled_is_not_applicable() -> None:
    outcome = lk101(facts(SplitFact(SPLIT, (COPIES,), False)))
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert "run.py:9" in outcome.reason


def test_code_that_was_not_analysed_is_no_pass() -> None:
    limits = tuple(f"run.py part {i} was skipped" for i in range(5))
    for run in (lk101, lk102):
        for given in (facts(limits=limits), facts(SplitFact(SPLIT, (), True), limits=limits)):
            assert run(given).verdict is Verdict.REVIEW
            assert "run.py part 2 was skipped and 2 more" in run(given).reason
    found = facts(SplitFact(SPLIT, (COPIES, SCALER), True), limits=limits)
    assert lk101(found).verdict is lk102(found).verdict is Verdict.FAIL


def test_each_check_looks_at_its_own_kind_of_step() -> None:
    only_copies = facts(SplitFact(SPLIT, (COPIES,), True))
    only_scaler = facts(SplitFact(SPLIT, (SCALER,), True))
    assert lk101(only_copies).verdict is Verdict.FAIL
    assert lk102(only_copies).verdict is Verdict.PASS
    assert lk101(only_scaler).verdict is Verdict.PASS
    assert lk102(only_scaler).verdict is Verdict.FAIL
    assert "run.py:9" in lk101(only_scaler).reason


def test_the_finding_points_at_the_step_and_then_at_the_split() -> None:
    count = CopyCount("5,4", 50, Location("run.py", line=2))
    (finding,) = lk101(facts(SplitFact(SPLIT, (COPIES, SCALER), True), copies=(count,))).findings
    assert [(str(place), place.role) for place in finding.locations] == [
        ("run.py:3", Role.PRIMARY),
        ("run.py:9", Role.RELATED),
    ]
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.HIGH
    assert {e.name: e.observed for e in finding.evidence} == {
        "steps_before_split": 1,
        "copies_in_code": 50,
    }
    assert "50" in finding.message
    assert finding.remedy.before.index("line 3") < finding.remedy.before.index("split(")
    assert finding.remedy.after.index("split(") < finding.remedy.after.index("line 3")


def test_one_finding_a_step_however_many_splits() -> None:
    other = step(StepKind.SPLIT, 12)
    outcome = lk101(facts(SplitFact(SPLIT, (COPIES,), True), SplitFact(other, (COPIES,), True)))
    (finding,) = outcome.findings
    assert [place.line for place in finding.locations] == [3, 9, 12]


def test_target_use_makes_it_an_error() -> None:
    supervised = step(StepKind.FIT, 4, uses_target=True)
    (finding,) = lk102(facts(SplitFact(SPLIT, (supervised,), True))).findings
    assert finding.severity is Severity.ERROR
    (finding,) = lk102(facts(SplitFact(SPLIT, (SCALER,), True))).findings
    assert finding.severity is Severity.WARNING


def test_the_weakest_link_sets_the_confidence() -> None:
    unsure = step(StepKind.SPLIT, 9, confidence=Confidence.MEDIUM)
    (finding,) = lk101(facts(SplitFact(unsure, (COPIES,), True))).findings
    assert finding.confidence is Confidence.MEDIUM


def test_low_confidence_asks_for_review() -> None:
    vague = step(StepKind.DUPLICATE, 3, confidence=Confidence.LOW)
    outcome = lk101(facts(SplitFact(SPLIT, (vague,), True)))
    assert outcome.verdict is Verdict.REVIEW
    assert "run.py:3" in outcome.reason


def test_the_fingerprint_does_not_depend_on_lines() -> None:
    moved = step(StepKind.DUPLICATE, 30, variable="v3")
    (first,) = lk101(facts(SplitFact(SPLIT, (COPIES,), True))).findings
    (second,) = lk101(facts(SplitFact(SPLIT, (moved,), True))).findings
    assert first.fingerprint == second.fingerprint


def test_features_and_target_are_one_finding() -> None:
    target = step(StepKind.DUPLICATE, 4)
    far = step(StepKind.DUPLICATE, 40)
    outcome = lk101(facts(SplitFact(SPLIT, (COPIES, target, far), True)))
    assert [[p.line for p in f.locations] for f in outcome.findings] == [[3, 4, 9], [40, 9]]
