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
    return augmented_before_split.function(facts=given, splits=None, params=NoParams())


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


LOOP = step(
    StepKind.DUPLICATE,
    3,
    location=Location("run.py", line=3, text="pool.append(noisy(sample))"),
    operation="append in a loop",
    sources=("signals", "self.labels"),
    through="for sample, label in zip(signals, self.labels):",
)


def remedy(copies: DataStep, operation: str, text: str) -> str:
    divided = step(
        StepKind.SPLIT, 9, operation=operation, location=Location("run.py", line=9, text=text)
    )
    (finding,) = lk101(facts(SplitFact(divided, (copies,), True))).findings
    return finding.remedy.after


def test_the_remedy_divides_what_the_loop_goes_through() -> None:
    after = remedy(LOOP, "train_test_split", "a, b, c, d = train_test_split(pool, ys)")
    assert after.splitlines() == [
        "signals_train, signals_held_out, labels_train, labels_held_out = "
        "train_test_split(signals, self.labels, ...)",
        "# then multiply the training part only:",
        "for sample, label in zip(signals_train, labels_train):",
        "    ...",
        "    pool.append(noisy(sample))",
    ]


def test_the_remedy_keeps_names_of_parts_that_fit() -> None:
    sampler = step(
        StepKind.DUPLICATE, 3, operation="SMOTE.fit_resample", sources=("X", "y"),
        through="X, y = sampler.fit_resample(X, y=y, X_other=1)  # balance",
    )  # fmt: skip
    text = "X_train, X_test, y_train, y_test = train_test_split("
    assert remedy(sampler, "train_test_split", text).splitlines() == [
        "X_train, X_test, y_train, y_test = train_test_split(X, y, ...)",
        "# then multiply the training part only:",
        "X_train, y_train = sampler.fit_resample(X_train, y=y_train, X_other=1)",
    ]
    after = remedy(sampler, "cross_val_score", "s = cross_val_score(m, X, y)")
    assert after.startswith("# inside every fold of cross_val_score, on its training part only")
    after = remedy(sampler, "KFold.split", "for a, b in KFold().split(X):")
    assert after.splitlines()[1] == "for a, b in KFold().split(X):"


def test_an_append_of_rows_from_files_names_no_sources() -> None:
    read = step(
        StepKind.DUPLICATE, 3, operation="second append per row", sources=("images",),
        location=Location("run.py", line=3, text="images.append(flip(image))"),
        through="images.append(flip(image))",
    )  # fmt: skip
    after = remedy(read, "train_test_split", "a, b = train_test_split(images)")
    assert after.startswith("a, b = train_test_split(images)\n")


def test_the_message_is_short() -> None:
    count = CopyCount("5,4", 50, Location("run.py", line=2))
    found = SplitFact(step(StepKind.SPLIT, 9, operation="train_test_split"), (LOOP,), True)
    (finding,) = lk101(facts(found, copies=(count,))).findings
    assert finding.message == (
        "up to 50 copies of a row are made (append in a loop) before train_test_split divides "
        "the rows"
    )
    other = step(StepKind.DUPLICATE, 30)
    found = SplitFact(step(StepKind.SPLIT, 40), (LOOP, other), True)
    for finding in lk101(facts(found, copies=(count,))).findings:
        assert finding.message.startswith("rows are multiplied (")
