"""AU302 on small data: what is counted, and which words are believed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    Code,
    CodeFacts,
    DataStep,
    Document,
    DocumentKind,
    Documents,
    RawData,
    SplitData,
    SplitRole,
    Splits,
    StepKind,
)
from audit.model.check import Outcome, Verdict
from audit.model.location import Location
from audit.model.severity import Severity
from checks.augmentation.growth import Params, growth
from tests.unit.augmentation.builders import Make, jitter, repeat, splits_of, table

COPYING = CodeFacts(
    (DataStep(StepKind.DUPLICATE, Location("a.py", line=1), "concat", "x"),), (), ()
)


def run(
    splits: Splits,
    raw: RawData | None,
    text: str = "",
    code: Code | None = None,
    facts: CodeFacts | None = COPYING,
) -> Outcome:
    documents = Documents((Document("NOTES.md", DocumentKind.FILE, text),)) if text else None
    return growth.function(
        splits=splits,
        raw=raw,
        code=code,
        documents=documents,
        grouping=None,
        facts=facts,
        params=Params(),
    )


def measured(outcome: Outcome, name: str, group: str | None = None) -> object:
    return next(e.observed for e in outcome.measured if e.name == name and e.group == group)


@pytest.mark.parametrize("target", ["real", "class"])
@pytest.mark.parametrize("copies", [1, 2, 4])
def test_shares_and_growth(target: str, copies: int) -> None:
    rng = np.random.default_rng(copies)
    splits, raw = splits_of(table(rng), jitter(0.05), rng, copies=copies, target=target)
    outcome = run(splits, raw)
    assert outcome.verdict is Verdict.PASS
    # by hand: each of 240 training rows with `copies` copies; the 60 test rows did not grow
    assert measured(outcome, "growth_factor") == pytest.approx(1 + copies)
    assert measured(outcome, "synthetic_share") == pytest.approx(copies / (copies + 1))
    assert measured(outcome, "synthetic_share_test") == 0


def test_repeats_are_no_synthetic_rows() -> None:
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), repeat, rng, copies=3)
    outcome = run(splits, raw)
    assert outcome.verdict is Verdict.PASS
    assert measured(outcome, "synthetic_share") == 0
    assert measured(outcome, "repeated_rows") == 720
    assert "are exact copies" in outcome.reason


@pytest.mark.parametrize("target", ["real", "class"])
def test_synthetic_held_out_rows_are_found(target: str) -> None:
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), jitter(0.05), rng, target=target, leak=True)
    outcome = run(splits, raw)
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    original = {tuple(row) for row in raw.features.to_numpy()}  # type: ignore[union-attr]
    planted = sum(tuple(row) not in original for row in splits.held_out[0].features.to_numpy())
    assert f"{planted:,} of 180 test rows are synthetic" in finding.message


def grouped(rng: np.random.Generator, sizes: dict[str, int], copies: dict[str, int]) -> Outcome:
    keys = np.repeat(list(sizes), list(sizes.values()))
    rows = table(rng, len(keys))
    by_row = {index: copies[key] for index, key in enumerate(keys)}
    splits, raw = splits_of(rows, None, rng, groups=keys)
    train = splits.train
    assert train.groups is not None and train.target is not None
    repeats = np.array([1 + copies[key] for key in train.groups])
    chosen = np.repeat(np.arange(len(train)), repeats)
    features = train.features.iloc[chosen].reset_index(drop=True)
    later = np.r_[False, chosen[1:] == chosen[:-1]]
    features.loc[later] += 0.01 * rng.normal(size=(int(later.sum()), features.shape[1]))
    from audit.model.artifacts import SplitData

    made = SplitData(
        train.role,
        train.path,
        features,
        train.target[chosen],
        train.groups[chosen],
        np.arange(len(chosen)),
    )
    assert by_row
    return run(Splits(made, splits.held_out), raw)


def test_growth_that_makes_groups_unequal_is_a_warning() -> None:
    outcome = grouped(np.random.default_rng(0), {"a": 150, "b": 150}, {"a": 0, "b": 30})
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("b has") and "a has 1" in finding.message


def test_filling_up_a_rare_group_is_a_note() -> None:
    outcome = grouped(np.random.default_rng(0), {"a": 400, "b": 25}, {"a": 0, "b": 15})
    assert [finding.severity for finding in outcome.findings] == [Severity.NOTE]


def test_up_to_five_rows_of_one_are_silent() -> None:
    outcome = grouped(np.random.default_rng(0), {"a": 150, "b": 150}, {"a": 0, "b": 4})
    assert outcome.verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "Augmentation grew the data 7x.",
        "After augmentation there are 7.0 times as many training rows.",
        "Data augmentation: a growth factor of 7.",
        "We augment the rows: a seven-fold increase, 7-fold exactly.",
        "Expected growth by augmentation: 5-9x.",
    ],
)
def test_a_wrong_factor_is_found(text: str) -> None:
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), jitter(0.05), rng, copies=1)
    outcome = run(splits, raw, text)
    assert [finding.severity for finding in outcome.findings] == [Severity.WARNING], outcome.reason
    assert "2 rows per source row" in outcome.findings[0].message
    assert outcome.findings[0].primary.path == "NOTES.md"


@pytest.mark.parametrize(
    "text",
    [
        "Augmentation grew the data 1.8x.",
        "Augmentation doubled the training rows (2x).",
        "Augmentation adds 1x the training rows.",
        "Augmentation: 1-3x growth of the data.",
        "Augmentation made the run 7x slower and the error 3x lower.",
        "Augmentation should grow the data 7x next time.",
        "The data of the other laboratory are 7x larger.",
        "7x",
    ],
)
def test_true_factors_and_other_numbers_are_silent(text: str) -> None:
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), jitter(0.05), rng, copies=1)
    assert run(splits, raw, text).verdict is Verdict.PASS


def other_rows(make: Make | None) -> tuple[Splits, RawData]:
    """Most training rows come from a file that is not exported."""
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), make, rng, target="class")
    assert raw.features is not None
    kept = raw.features.iloc[:40].reset_index(drop=True)
    return splits, RawData("raw.csv", 40, None, kept, None, "")


def test_rows_from_elsewhere_are_not_called_copies() -> None:
    outcome = run(*other_rows(None), facts=None)
    assert outcome.verdict is Verdict.REVIEW
    assert "come from elsewhere" in outcome.reason


def test_natural_repeats_are_no_exact_copies() -> None:
    rng = np.random.default_rng(0)
    rows = pd.concat([table(rng, 150)] * 2, ignore_index=True)
    splits, raw = splits_of(rows, repeat, rng, copies=0)
    assert measured(run(splits, raw), "repeated_rows") == 0


@pytest.mark.parametrize(("factor", "fails"), [("five", True), ("four", False), ("4", False)])
def test_growth_by_exact_copies_is_held_against_the_text(factor: str, fails: bool) -> None:
    rng = np.random.default_rng(0)
    splits, raw = splits_of(table(rng), repeat, rng, copies=3)
    text = f"The training rows are oversampled to {factor} times their number."
    outcome = run(splits, raw, text)
    assert bool(outcome.findings) is fails, outcome


def test_a_rare_group_that_overtakes_the_others_is_a_warning() -> None:
    rng = np.random.default_rng(0)
    rows = table(rng, 600)
    groups = np.repeat(["north", "south", "isle"], [330, 240, 30])
    copied = np.repeat(np.arange(570, 600), 60)
    train = pd.concat([rows, rows.iloc[copied] * 1.01], ignore_index=True)
    of = np.concatenate([groups, groups[copied]])
    target = np.concatenate([rows["ma"], rows["ma"].iloc[copied]])
    held = SplitData(SplitRole.TEST, "test.csv", rows[:0], target[:0], groups[:0], np.arange(0))
    data = SplitData(SplitRole.TRAIN, "train.csv", train, target, of, np.arange(len(train)))
    raw = RawData("raw.csv", 600, groups, rows, rows["ma"].to_numpy(), "")
    (finding,) = run(Splits(data, (held,)), raw).findings
    assert finding.severity is Severity.WARNING
    assert "isle has 61 rows per source row" in finding.message


# --- counts in texts --------------------------------------------------------------------------


def marked(copies: int = 2) -> Splits:
    """200 originals and their copies in training, marked by a column; 50 validation rows."""
    rng = np.random.default_rng(3)

    def part(role: SplitRole, n: int, made: int) -> SplitData:
        return SplitData(
            role,
            f"{role.value}.csv",
            pd.DataFrame(rng.normal(size=(n + made, 3)), columns=list("abc")),
            rng.normal(size=n + made),
            None,
            np.arange(n + made),
            np.arange(n + made) >= n,
        )

    return Splits(part(SplitRole.TRAIN, 200, 200 * copies), (part(SplitRole.VALIDATION, 50, 0),))


SIZES = "Training samples: 200\n\nValidation samples: 50\n\n"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("500 training rows after augmentation", 500),
        ("Only training rows are augmented. This gives 450 training rows.", 450),
        ("Augmentation made 300 copies in all.", 300),
    ],
)
def test_wrong_counts_beside_words_of_augmentation(text: str, stated: int) -> None:
    (finding,) = run(marked(), RawData("raw.csv", 250, None), SIZES + text).findings
    assert finding.severity is Severity.WARNING
    assert [each.observed for each in finding.evidence] == [stated, 400]
    assert finding.evidence[0].expected == 600


@pytest.mark.parametrize(
    "text",
    [
        "600 training rows after augmentation",
        "Augmentation made 400 copies in all.",
        "200 training rows before augmentation",
        "650 rows after augmentation, validation rows included",
        "Run 5 had 900 training rows after augmentation",
        "next time 900 training rows after augmentation",
        "700 training rows after augmentation\n\n900 training rows after augmentation",
        "about 120 augmented rows per class",
    ],
)
def test_right_counts_and_those_of_other_things(text: str) -> None:
    assert not run(marked(), RawData("raw.csv", 250, None), SIZES + text).findings


def test_a_document_of_another_run_is_left_alone() -> None:
    text = "500 training rows after augmentation"
    assert not run(marked(), RawData("raw.csv", 250, None), text).findings


@pytest.mark.parametrize(("factor", "fails"), [("3.00", False), ("1.50", True), ("2.5", True)])
def test_times_the_training_samples(factor: str, fails: bool) -> None:
    text = f"Rows are augmented after the split. We train on {factor} times the training samples."
    outcome = run(marked(), RawData("raw.csv", 250, None), text)
    assert (outcome.verdict is Verdict.FAIL) is fails
