"""MT406: which criteria are read, what they are about, and how they are judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics as sk

from audit.model.artifacts import (
    Baseline,
    Document,
    DocumentKind,
    Documents,
    Grouping,
    Kinship,
    Match,
    PredictionSets,
    SplitKinship,
    SplitRole,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Severity
from checks.metrics.criteria import Params, success_criteria
from tests.unit.metrics.builders import (
    RUN2,
    RUN6,
    RUN6_GROUPING,
    RUN6_ROWS,
    metrics,
    predictions,
    split,
    table,
)

RUN6_METRICS = metrics(
    table("log2_mse", 0.181483, RUN6, RUN6_ROWS, label="Run 6"),
    table("log2_mse", 0.177264, role=SplitRole.TRAIN, label="Run 6"),
)


def documents(*texts: str, kind: DocumentKind = DocumentKind.FILE) -> Documents:
    return Documents(tuple(Document("RESULTS.md", kind, text) for text in texts))


def judge(text: str = "", *criteria: str, **artifacts) -> Outcome:
    kind = artifacts.pop("kind", DocumentKind.FILE)
    given = {
        "metrics": RUN6_METRICS,
        "documents": documents(text, kind=kind) if text else None,
        "splits": None,
        "predictions": None,
        "baseline": None,
        "grouping": RUN6_GROUPING,
        "kinship": None,
    } | artifacts
    return success_criteria.function(**given, params=Params(criteria=criteria))


def words(outcome: Outcome) -> dict[str, str]:
    """Judgement by quantity."""
    return {str(e.group): e.method.split(":")[0] for e in outcome.measured if e.name == "criterion"}


def warnings(outcome: Outcome) -> list[str]:
    return [f.message for f in outcome.findings if f.severity >= Severity.WARNING]


OVERALL = "overall validation log2_mse"
EASY = "tier easy, validation log2_mse"


@pytest.mark.parametrize(
    ("criterion", "label", "judgement"),
    [
        ("overall < 0.374", OVERALL, "met"),
        ("log2_mse <= 0.374", OVERALL, "met"),
        ("validation log2-MSE < 0.1", OVERALL, "missed"),
        ("easy < 0.15", EASY, "missed"),
        ("Easy cases < 0.15", EASY, "missed"),
        ("each easy group < 0.43", EASY, "within noise"),
        ("hard < 1.30", "tier hard, validation log2_mse", "met"),
        ("k=4, m=2 < 0.2", "k=4, m=2, validation log2_mse", "missed"),
        ("(4, 2) < 0.2", "k=4, m=2, validation log2_mse", "missed"),
        ("train_val_gap 0.02-0.08", "train-validation gap in log2_mse", "missed"),
        ("gap < 0.08", "train-validation gap in log2_mse", "met"),
        ("overall < 0.1815", OVERALL, "within noise"),
    ],
)
def test_declared_criteria(criterion: str, label: str, judgement: str) -> None:
    outcome = judge("", criterion)
    assert words(outcome) == {label: judgement}
    assert bool(warnings(outcome)) == (judgement == "missed")
    assert outcome.verdict is (Verdict.FAIL if judgement == "missed" else Verdict.PASS)


@pytest.mark.parametrize(
    ("criterion", "hint"),
    [
        ("esy < 0.15", "did you mean 'easy'?"),
        ("overal metrik 0.3", "cannot be read"),
        ("auroc < 0.3", "known are"),
        ("easy < 0.15 or so", "cannot be read"),
    ],
)
def test_a_criterion_that_cannot_be_used_is_no_pass(criterion: str, hint: str) -> None:
    outcome = judge("", criterion, "overall < 0.374")
    assert outcome.verdict is Verdict.REVIEW
    assert hint in outcome.reason


SEED = """# Run 6 report

### Success Criteria:
1. ✅ Overall metric < 0.374 (beat target)
2. ✅ Easy cases < 0.15 (no degradation from Run 2)
3. ✅ Medium cases < 0.30
4. ✅ Hard cases < 1.30
5. ✅ Reasonable train-val gap (0.02-0.08)
"""


def test_a_list_of_green_marks() -> None:
    outcome = judge(SEED)
    assert words(outcome) == {
        OVERALL: "met",
        EASY: "missed",
        "tier medium, validation log2_mse": "met",
        "tier hard, validation log2_mse": "met",
        "train-validation gap in log2_mse": "missed",
    }
    assert len(warnings(outcome)) == 2
    assert "tier easy" in warnings(outcome)[0]
    assert "0.4388 " in f"{warnings(outcome)[0]} "
    place = outcome.findings[0].primary
    assert (place.path, place.line) == ("RESULTS.md", 5)
    implied = {e.method.split(" and ")[-1][:5]: e for e in outcome.measured if e.name ==
               "implied_threshold"}  # fmt: skip
    assert implied["equal"].observed == pytest.approx(3 * 0.374 - 0.15 - 0.30)
    assert implied["equal"].expected == 1.30


def test_no_degradation_that_allows_one() -> None:
    baseline = Baseline(table("log2_mse", 0.506955, RUN2, label="Run 2"))
    outcome = judge(SEED, baseline=baseline)
    (note,) = [f for f in outcome.findings if "no degradation" in f.message]
    assert note.severity is Severity.NOTE
    assert "39% to 56%" in note.message


@pytest.mark.parametrize(
    ("text", "label", "claimed"),
    [
        ("Easy cases: 0.439 (Target: < 0.15) ✅", EASY, True),
        ("Easy cases: 0.439 (Target: < 0.15)", EASY, False),
        ("- **Easy tier**: 0.439 (target 0.15, met)", EASY, True),
        ("easy groups 0.4388 [goal <= 0.15] PASS", EASY, True),
        ("Validation log2-MSE of 0.181, better than the 0.1 target.", OVERALL, True),
        ("The validation log2-MSE beats the target of 0.1.", OVERALL, True),
        ("Goal: validation log2-MSE < 0.1", OVERALL, False),
        ("The target for this project is an overall value below 0.1.", OVERALL, False),
        ("The overall log2-MSE should be below 0.1.", OVERALL, False),
        ("## Acceptance criteria\n- [x] easy cases below 0.15", EASY, True),
        ("## Goals\n\n* ✔ easy < .15", EASY, True),
        ("Success criteria:\n\n- easy cases < 0.15: achieved", EASY, True),
        ("## Targets\n- easy < 0.15\n\nAll targets were met.", EASY, True),
        (
            "| Metric | Target | Achieved |\n|---|---|---|\n| Easy cases | **< 0.15** | ✅ |",
            EASY,
            True,
        ),
        (
            "| Tier | Run 6 | Goal | Status |\n|---|---|---|---|\n| Easy | 0.439 | 0.15 | pass |",
            EASY,
            True,
        ),
        (
            "| Criterion | Value | Met? |\n|---|---|---|\n| easy < 0.15 | 0.439 | yes |",
            EASY,
            True,
        ),
        (
            "| Criterion | Target | Result | Status |\n|---|---|---|---|\n"
            "| Easy log2-MSE | < 0.15 | 0.44 | passed |",
            EASY,
            True,
        ),
        (
            "| # | Requirement | Threshold | Measured | Pass? |\n|---|---|---|---|---|\n"
            "| 1 | log2-MSE of easy cases | ≤ 0.15 | 0.44 | ✅ |",
            EASY,
            True,
        ),
        ("Goals (checked at the end):\n\n- [x] easy < 0.15", EASY, True),
        ("## Critères\n\n- ✅ easy < 0.15", EASY, True),
    ],
)
def test_stated_and_missed(text: str, label: str, claimed: bool) -> None:
    outcome = judge(text)
    assert words(outcome) == {label: "missed"}
    severities = [finding.severity for finding in outcome.findings]
    assert severities == [Severity.WARNING if claimed else Severity.NOTE]


@pytest.mark.parametrize(
    "text",
    [
        "Easy cases: 0.439 (Target: < 0.15) ❌",
        "The easy cases missed their target of 0.15.",
        "## Success criteria\n1. ❌ Easy cases < 0.15",
        "## Success criteria\n- Easy cases < 0.15: no (0.439)",
        "| Tier | Target | Met |\n|---|---|---|\n| easy | < 0.15 | no |",
    ],
)
def test_openly_missed_is_a_note(text: str) -> None:
    outcome = judge(text)
    assert words(outcome) == {EASY: "missed"}
    assert [finding.severity for finding in outcome.findings] == [Severity.NOTE]
    assert outcome.findings[0].message.startswith("1 of 1 criteria is missed, as the text says: ")


def test_all_that_is_openly_missed_is_one_note() -> None:
    outcome = judge(
        "## Success criteria\n\n"
        "| Criterion | Threshold | Value | Result |\n|---|---|---|---|\n"
        "| Overall log2-MSE | < 0.15 | 0.181 | not met |\n"
        "| Easy cases | < 0.15 | 0.439 | not met |\n"
        "| Hard cases | < 1.3 | 0.198 | met |\n"
    )
    (finding,) = outcome.findings
    assert finding.severity is Severity.NOTE
    assert finding.message == (
        '2 of 3 criteria are missed, as the text says: "overall validation log2_mse < 0.15" '
        '(0.1815), "tier easy, validation log2_mse < 0.15" (0.4388)'
    )
    assert [place.line for place in finding.locations] == [5, 6]
    assert finding.subject == judge("Easy: 0.439 (target: < 0.15) ❌").findings[0].subject


def test_openly_missed_within_noise_is_no_finding() -> None:
    assert judge("Easy cases: 0.439 (Target: < 0.43) ❌").verdict is Verdict.PASS


def test_what_is_declared_as_well_stays_a_warning_of_its_own() -> None:
    outcome = judge("Easy cases: 0.439 (Target: < 0.15) ❌", "easy < 0.15")
    assert [finding.severity for finding in outcome.findings] == [Severity.WARNING]


@pytest.mark.parametrize(
    "text",
    [
        "## Expected Run 7 Results\n\n### Success Criteria:\n1. ✅ Easy cases < 0.15",
        "## Next steps\n- Target: easy < 0.15",
        "Run 7 target: easy cases < 0.15",
        "In the next run the easy cases should be below 0.15.",
        "| Metric | Run 6 | Run 7 (Target) |\n|---|---|---|\n| Easy cases | 0.439 | **< 0.15** |",
        "We target the easy groups with 50 epochs.",
        "Latency: 12 ms (target: < 10 ms)",
        "Patience 5, learning rate < 0.1.",
        "The target is the base-2 logarithm of the height, between 0 and 20.",
        "Targets below 1 are clipped. Target column: 3.",
        "```\neasy: 0.439 (Target: < 0.15) ✅\n```",
        "The easy cases improved by 30 % (target 10 %).",
        "- [x] reduce the log2-MSE by at least 30 % (target: 0.3 better)",
        "## Requirements\n- python >= 3.11\n- numpy >= 1.26\n- overall run time < 10 minutes",
        "Predictions above a threshold of 0.1 count. The log2-MSE falls until epoch 20.",
        "Objective: minimise log2-MSE. The objective of 0.1 weight decay is to regularise.",
        "Training stops when the log2-MSE falls below the goal of 0.01.",
        "Target encoding with smoothing 0.2 lowers the log2-MSE.",
        "| Group | Target mean |\n|---|---|\n| k=4,m=2 | 0.1 |\n| k=4,m=3 | 0.2 |",
        "| Group | Target | log2-MSE |\n|---|---|---|\n| k=4,m=2 | 0.1 | 0.405 |",
        "## Goals\n- [ ] latency < 5 ms",
        "## Run 2\n\nTarget: overall log2-MSE < 0.1 ✅",
        "The best published log2-MSE is 0.1; our goal was another.",
        "## Goals\n- ✅ log2-MSE on weekends < 0.1\n- ✅ night log2-MSE < 0.1",
    ],
)
def test_what_is_no_criterion_of_this_run(text: str) -> None:
    outcome = judge(text)
    assert outcome.findings == ()
    assert outcome.verdict is Verdict.NOT_APPLICABLE, outcome.reason


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Our goals were: easy < 0.15, overall < 0.1.", 0),
        ("Targets: easy < 0.15 ✅, overall < 0.1 ✅", 2),
        ("Targets: easy < 0.15 (met) and overall < 0.1 (missed)", 1),
        ("Both targets, easy < 0.15 and overall < 0.1, were met.", 2),
    ],
)
def test_several_criteria_of_one_sentence(text: str, claimed: int) -> None:
    outcome = judge(text)
    assert words(outcome) == {EASY: "missed", OVERALL: "missed"}
    assert len(warnings(outcome)) == claimed


@pytest.mark.parametrize(("bound", "alarms"), [(50, 0), (40, 1)])
def test_a_value_and_its_target_in_one_unit(bound: int, alarms: int) -> None:
    table = "| Requirement | Target | Measured | Status |\n|---|---|---|---|\n"
    text = f"{table}| Latency p95 | <= {bound} ms | 41 ms | ok |"
    assert len(warnings(judge(text))) == alarms


def test_recorded_output() -> None:
    text = "overall 0.1815\neasy: 0.4388 (Target: < 0.15)\nAll criteria met\n"
    assert len(warnings(judge(text, kind=DocumentKind.OUTPUT))) == 1


def test_a_value_beside_its_own_target_needs_no_artifact() -> None:
    met = judge("Recall@5: 0.72 (target > 0.7) ✅", metrics=None, grouping=None)
    assert met.verdict is Verdict.PASS
    missed = judge("Recall@5: 0.62 (target > 0.7) ✅", metrics=None, grouping=None)
    assert len(warnings(missed)) == 1


def test_a_declared_criterion_and_its_text_are_one() -> None:
    outcome = judge("Easy cases: 0.439 (Target: < 0.15) ✅", "easy < 0.15")
    assert len(outcome.findings) == 1
    assert "stated as met" in outcome.findings[0].message


def test_noise_from_predictions() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100)
    guess = truth + rng.normal(size=100)
    loss = float(np.mean((truth - guess) ** 2))
    error = float(np.std((truth - guess) ** 2) / 10)
    own = metrics(table("mse", loss))
    for factor, expected in ((1.5, "within noise"), (2.6, "missed"), (-2.6, "met")):
        bound = loss - factor * error
        outcome = judge("", f"mse < {bound:.6f}", metrics=own, grouping=None,
                        predictions=predictions(truth, guess))  # fmt: skip
        assert words(outcome) == {"overall validation mse": expected}


def test_accuracy_in_percent_and_as_share() -> None:
    for value, criterion in ((0.85, "accuracy >= 90 %"), (85.0, "accuracy >= 0.9"),
                             (85.0, "accuracy at least 90%")):  # fmt: skip
        own = metrics(table("accuracy", value, {"a": value, "b": value}, {"a": 900, "b": 900}))
        assert len(warnings(judge("", criterion, metrics=own, grouping=None))) == 1
    own = metrics(table("accuracy", 0.85, {"a": 0.85}, {"a": 30}))
    outcome = judge("", "accuracy >= 0.9", metrics=own, grouping=None)
    assert words(outcome) == {"overall validation accuracy": "within noise"}


def kinship(share: float, n: int = 200) -> Kinship:
    rows = np.arange(n) < share * n
    match = Match((), rows, rows, np.zeros(n), np.where(rows, 0, -1))
    held_out = split({"a": n // 2, "b": n - n // 2})
    train = split({"a": n}, SplitRole.TRAIN)
    return Kinship(train, (SplitKinship(held_out, match, (), 0),))


def test_what_is_met_on_contaminated_rows_is_unsupported() -> None:
    own = metrics(table("mse", 0.2, {"a": 0.2, "b": 0.2}, {"a": 100, "b": 100}))
    grouping = Grouping(("site",), ("a", "b"))
    given = {"metrics": own, "grouping": grouping, "kinship": kinship(0.5)}
    for text, criteria in (("MSE 0.2 (target: < 0.5) ✅", ()), ("", ("mse < 0.5",))):
        outcome = judge(text, *criteria, **given)
        assert words(outcome) == {"overall validation mse": "unsupported"}
        assert len(warnings(outcome)) == 1
    assert words(judge("", "b < 0.5", **given)) == {"b, validation mse": "met"}
    assert words(judge("", "a < 0.1", **given)) == {"a, validation mse": "missed"}
    outcome = judge("", "contamination < 0.01", **given)
    assert words(outcome) == {"contamination of validation.csv": "missed"}
    assert words(judge("", "contamination <= 50 %", **given)) == {
        "contamination of validation.csv": "met"
    }


def test_without_any_criterion() -> None:
    assert judge("# Results\n\nAll is well.").verdict is Verdict.NOT_APPLICABLE


def test_a_run_that_is_called_as_the_baseline_is_not_this_one() -> None:
    own = metrics(table("log2_mse", 0.181483, RUN6, RUN6_ROWS, label="metrics"))
    baseline = Baseline(table("log2_mse", 0.506955, RUN2, label="Run 2"))
    text = "## Run 2\n\nTarget: overall log2-MSE < 0.1 ✅"
    assert judge(text, metrics=own, baseline=baseline).verdict is Verdict.NOT_APPLICABLE
    assert warnings(judge(text.replace("Run 2", "Run 9"), metrics=own, baseline=baseline))


def test_a_value_on_the_better_side_of_a_target_range_is_met() -> None:
    text = "Overall log2-MSE 0.181 (target range: 0.28-0.35) ✅"
    assert words(judge(text)) == {OVERALL: "met"}
    missed = words(judge("Overall log2-MSE 0.181 (target: 0.05-0.10)"))
    assert missed == {OVERALL: "missed"}


def test_an_open_box_is_no_claim() -> None:
    outcome = judge("## Acceptance criteria\n- [ ] easy cases < 0.15\n- [x] overall < 0.3")
    assert words(outcome) == {EASY: "missed", OVERALL: "met"}
    assert [finding.severity for finding in outcome.findings] == [Severity.NOTE]


def test_many_criteria_are_bounded() -> None:
    text = "\n".join(f"easy cases {i} (target: < 0.{i:05d}) ✅" for i in range(3_000))
    outcome = judge(text)
    assert len([e for e in outcome.measured if e.name == "criterion"]) == 200


@pytest.mark.parametrize(("clean_error", "expected"), [(0.3, "met"), (2.0, "unsupported")])
def test_a_criterion_that_is_met_on_the_clean_rows_alone(clean_error: float, expected: str) -> None:
    kin = kinship(0.25, n=400)
    known = kin.pairs[0].exact.rows
    rng = np.random.default_rng(0)
    guess = np.where(known, 0.0, clean_error * rng.normal(size=400))
    (item,) = predictions(np.zeros(400), guess, kin.pairs[0].held_out.groups).items
    scored = PredictionSets((replace(item, split_index=np.arange(400)),))
    groups = {key: float(np.mean(guess[np.asarray(item.groups) == key] ** 2)) for key in ("a", "b")}
    own = metrics(table("mse", float(np.mean(guess**2)), groups, {"a": 200, "b": 200}))
    outcome = judge(
        "", f"mse < {4 if clean_error > 1 else 1}", metrics=own, predictions=scored, kinship=kin,
        grouping=Grouping(("site",), ("a", "b")),
    )  # fmt: skip
    assert words(outcome) == {"overall validation mse": expected}


def test_a_group_that_is_called_like_an_article() -> None:
    own = metrics(table("mse", 0.4, {"a": 0.1, "b": 0.7}, {"a": 900, "b": 900}))
    grouping = Grouping(("site",), ("a", "b"), labels={"a": "A", "b": "B"})
    given = {"metrics": own, "grouping": grouping}
    text = "## Success criteria\n- ✅ Site A < 0.2\n- ✅ Site D < 0.2"
    assert words(judge(text, **given)) == {"A, validation mse": "met"}
    assert "names nothing" in judge("", "site D < 0.2", **given).reason


def test_no_leakage_is_a_criterion() -> None:
    own = metrics(table("mse", 0.2, {"a": 0.2, "b": 0.2}, {"a": 100, "b": 100}))
    text = "## Success criteria\n\n1. ✅ No data leakage"
    for share, found in ((0.0, 0), (0.01, 0), (0.5, 1)):
        assert len(warnings(judge(text, metrics=own, kinship=kinship(share)))) == found
    assert judge(text, metrics=own).verdict is Verdict.NOT_APPLICABLE


def test_a_title_that_promises_recommendations_is_still_a_report() -> None:
    text = "# Run 6 analysis and recommendations\n\n## Success criteria\n- ✅ easy < 0.15\n"
    assert len(warnings(judge(text))) == 1
    assert judge(text.replace("## Success", "## Recommended success")).findings == ()


@pytest.mark.parametrize("metric", ["mse", "accuracy", "roc_auc"])
def test_chance_alone_seldom_decides(metric: str) -> None:
    """The criterion is the true value: nearly all draws are within noise."""
    found = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, 150)
        if metric == "mse":
            guess, exact = truth + rng.normal(size=150), 1.0
            own = float(np.mean((truth - guess) ** 2))
        elif metric == "accuracy":
            guess, exact = np.where(rng.uniform(size=150) < 0.9, truth, 1 - truth), 0.9
            own = float(np.mean(truth == guess))
        else:
            guess, exact = truth + rng.normal(size=150), 0.7602499389065233  # Phi(1 / sqrt(2))
            own = float(sk.roc_auc_score(truth, guess))
        sign = "<" if metric == "mse" else ">"
        outcome = judge(
            "", f"{metric} {sign} {exact}", metrics=metrics(table(metric, own)), grouping=None,
            predictions=predictions(truth, guess),
        )  # fmt: skip
        found += words(outcome).values()
    assert len(found) == 120
    assert found.count("missed") <= 6
    assert found.count("met") <= 12
    assert found.count("within noise") < 120


SEVERAL = metrics(
    table("log2_mse", 0.40, role=SplitRole.TEST, label="run7"),
    table("log2_mse", 0.20, label="run7"),
    table("log2_mse", 0.15, role=SplitRole.TRAIN, label="run7"),
)
ON_TEST = "overall test log2_mse"


@pytest.mark.parametrize(
    ("text", "label", "judgement"),
    [
        ("## Success criteria\n\n- Overall < 0.3", ON_TEST, "missed"),  # the headline is of test
        ("## Success criteria\n\n- Overall < 0.3 on the validation set", OVERALL, "met"),
        ("## Success criteria\n\nOn the validation set:\n\n- Overall < 0.3", OVERALL, "met"),
        ("## Success criteria\n\n- Held-out log2-MSE < 0.3", ON_TEST, "missed"),
        ("- log2-MSE: 0.200 (target: < 0.3)", OVERALL, "met"),  # the value tells the split
        ("- log2-MSE: 0.400 (target: < 0.3)", ON_TEST, "missed"),
        ("- log2-MSE: 0.111 (target: < 0.3)", ON_TEST, "missed"),
        ("# Run 7: results\n\n## Success criteria\n\n- Overall < 0.3", ON_TEST, "missed"),
    ],
)
def test_the_split_that_a_text_names(text: str, label: str, judgement: str) -> None:
    outcome = judge(text, metrics=SEVERAL, grouping=None)
    assert words(outcome) == {label: judgement}


def test_the_reason_says_on_which_rows() -> None:
    outcome = judge("## Success criteria\n\n- Overall < 0.5", metrics=SEVERAL, grouping=None)
    assert outcome.reason.startswith("1 criteria, judged on test rows: 1 met")


def test_a_gap_is_that_of_validation_rows() -> None:
    outcome = judge("", "train_val_gap < 0.1", metrics=SEVERAL, grouping=None)
    (found,) = [e for e in outcome.measured if e.name == "criterion"]
    assert found.observed == pytest.approx(0.05)


@pytest.mark.parametrize("title", ["Run 7", "run-07", "RUN_7", "run7"])
def test_runs_are_the_same_however_they_are_spelled(title: str) -> None:
    text = f"# {title}: results\n\n## Success criteria\n\n- Overall < 0.3"
    assert words(judge(text, metrics=SEVERAL, grouping=None)) == {ON_TEST: "missed"}
    other = text.replace(title, "Run 8")
    assert words(judge(other, metrics=SEVERAL, grouping=None)) == {}


@pytest.mark.parametrize(("share", "answer"), [(0.0, "met"), (0.5, "missed")])
def test_held_out_rows_in_train_are_contamination(share: float, answer: str) -> None:
    text = (
        "## Success criteria\n\n| Quantity | Threshold | Value | Status |\n|---|---|---|---|\n"
        "| Held-out rows in train | 0 | 0 | met |"
    )
    outcome = judge(text, metrics=SEVERAL, grouping=None, kinship=kinship(share))
    assert words(outcome) == {"contamination of validation.csv": answer}


TWO_SPLITS = metrics(
    table("rmse", 0.50, {"a": 0.6, "b": 0.4}, {"a": 50, "b": 50}),
    table("rmse", 0.30, {"a": 0.4, "b": 0.2}, {"a": 50, "b": 50}, role=SplitRole.TEST),
)
CRITERIA = (
    "## Success criteria\n\n| Quantity | Threshold | Measured | Status |\n|---|---|---|---|\n"
)


@pytest.mark.parametrize(
    ("row", "about"),
    [
        ("| RMSE | < 0.4 | 0.300 | met |", "test"),  # the value is that of the test set
        ("| RMSE | < 0.4 | 0.500 | not met |", "validation"),
        ("| RMSE | < 0.4 | 0.777 | met |", "validation"),  # of neither: the headline
        ("| Validation RMSE | < 0.4 | 0.300 | met |", "validation"),
        ("| Test RMSE | < 0.4 | 0.300 | met |", "test"),
    ],
)
def test_the_value_beside_a_criterion_tells_the_split(row: str, about: str) -> None:
    outcome = judge(CRITERIA + row + "\n", metrics=TWO_SPLITS, grouping=None)
    observed = next(each.observed for each in outcome.measured if each.name == "criterion")
    assert observed == {"validation": 0.5, "test": 0.3}[about]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- [x] Test log2-MSE below 0.3", {ON_TEST: "missed"}),
        ("All targets were met.\n\n- Test log2-MSE below 0.3", {ON_TEST: "missed"}),
        ("Criteria on the test set (all passed):\n\n1. log2-MSE < 0.3", {ON_TEST: "missed"}),
        (
            "| Goal | Limit | Fulfilled |\n|---|---|---|\n| Test log2-MSE | < 0.3 | yes |",
            {ON_TEST: "missed"},
        ),
        ("- [x] Drop features with correlation above 0.95", {}),
        ("In the pilot study all targets were met:\n\n- Test log2-MSE < 0.3", {}),
        ("| Metric | Lower bound | ok |\n|---|---|---|\n| Test log2-MSE | 0.05 | yes |", {}),
    ],
)
def test_lists_and_columns_of_criteria(text: str, expected: dict[str, str]) -> None:
    outcome = judge(text, metrics=SEVERAL, grouping=None)
    assert words(outcome) == expected
    assert bool(warnings(outcome)) == bool(expected)  # each says that it is met, and is not


def test_a_gap_is_called_after_its_split() -> None:
    outcome = judge("", "test gap < 0.1", metrics=SEVERAL, grouping=None)
    assert list(words(outcome)) == ["train-test gap in log2_mse"]
