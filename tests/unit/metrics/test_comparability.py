"""MT407: when two overall values are of the same thing."""

from __future__ import annotations

import numpy as np
import pytest

from audit.model.artifacts import (
    Baseline,
    Document,
    DocumentKind,
    Documents,
    Grouping,
    Kinship,
    Match,
    MetricTable,
    SplitKinship,
    SplitRole,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Severity
from checks.metrics.comparability import Params, comparability
from tests.unit.metrics.builders import (
    RUN2,
    RUN6,
    RUN6_GROUPING,
    RUN6_ROWS,
    evidence,
    metrics,
    predictions,
    split,
    table,
)

OWN = {"a": 0.20, "b": 0.40}
OLD = {"a": 0.50, "b": 0.90}
EVEN = {"a": 500, "b": 500}
GROUPING = Grouping(("site",), ("a", "b", "c"))


def compare(own: MetricTable, old: MetricTable, text: str = "", **artifacts) -> Outcome:
    given = {
        "metrics": metrics(own),
        "baseline": Baseline(old),
        "splits": None,
        "predictions": None,
        "grouping": GROUPING,
        "kinship": None,
        "documents": None,
    } | artifacts
    if text:
        given["documents"] = Documents((Document("NOTES.md", DocumentKind.FILE, text),))
    return comparability.function(**given, params=Params())


def old_table(overall: float | None = 0.7, counts: dict | None = None, **more) -> MetricTable:
    return table("mse", overall, more.pop("groups", OLD), counts, path="old.json", label="Run 1",
                 **more)  # fmt: skip


def test_run_6_against_run_2() -> None:
    """0.507 is the mean of nine groups, 0.181 that of rows, which are mostly hard ones."""
    own = table("log2_mse", 0.181483, RUN6, RUN6_ROWS, label="Run 6")
    old = table("log2_mse", 0.506955, RUN2, label="Run 2", path="run2.json")
    outcome = compare(own, old, grouping=RUN6_GROUPING)
    (finding,) = outcome.findings
    assert "every group the same" in finding.message
    assert "by rows" in finding.message
    assert evidence(outcome, "supported_comparison") == pytest.approx(np.mean(list(RUN6.values())))


@pytest.mark.parametrize(
    ("own", "old"),
    [
        (table("mse", 0.3, OWN, EVEN), old_table(counts=EVEN)),
        (table("mse", 0.3, OWN, EVEN), old_table()),
        (table("mse", 0.3, OWN, EVEN), old_table(counts={"a": 50, "b": 52}, half_width=0.05)),
        (table("mse", 0.35, OWN, {"a": 100, "b": 300}), old_table(0.8)),
        (table("mse", 0.3, OWN), old_table()),
        (table("mse", 0.3, OWN, EVEN), old_table(None)),
        (table("mse", 0.9, OWN, {"a": 1, "b": 9}), old_table(0.7)),
        (table("mse", 0.3, OWN, EVEN), old_table(role=None)),
        (table("f1", 0.8, {"a": 0.8, "b": 0.8}), table("f1", 0.7, {"a": 0.7, "b": 0.7})),
        (table("accuracy", 95.0, {"a": 94.0, "b": 96.0}, EVEN),
         table("accuracy", 0.9, {"a": 0.88, "b": 0.92}, EVEN)),
    ],
)  # fmt: skip
def test_comparable(own: MetricTable, old: MetricTable) -> None:
    outcome = compare(own, old)
    assert outcome.verdict is Verdict.PASS, outcome.reason


@pytest.mark.parametrize(
    ("own", "old", "words"),
    [
        (table("mse", 0.3, OWN, EVEN), old_table(0.86, {"a": 100, "b": 900}), "shares"),
        (table("mse", 0.22, OWN, {"a": 900, "b": 100}), old_table(0.7), "every group the same"),
        (table("mse", 0.3, OWN, EVEN), old_table(role=SplitRole.TEST), "test split"),
        (table("mse", 0.3, OWN, EVEN), old_table(0.8, groups={**OLD, "c": 1.0}), "groups differ"),
        (table("mse", 0.3, OWN, EVEN), old_table(0.5, groups={"a": 0.5}), "only in this run"),
    ],
)
def test_not_comparable(own: MetricTable, old: MetricTable, words: str) -> None:
    outcome = compare(own, old)
    (finding,) = outcome.findings
    assert words in finding.message
    assert evidence(outcome, "supported_comparison") is not None


def test_another_composition_matters_less_where_the_improvement_holds_like_for_like() -> None:
    many = {"a": 90_000, "b": 10_000}
    better = compare(table("mse", 0.22, OWN, many), old_table(0.7))
    assert better.findings[0].severity is Severity.NOTE
    same = compare(table("mse", 0.54, OLD, many), old_table(0.7))
    assert same.findings[0].severity is Severity.WARNING
    assert "no difference beyond noise" in same.findings[0].message


def test_unknown_weights_of_the_baseline() -> None:
    outcome = compare(table("mse", 0.3, OWN, EVEN), old_table(0.61))
    assert outcome.verdict is Verdict.REVIEW
    assert "Run 1" in outcome.reason


@pytest.mark.parametrize(
    "text",
    [
        "This model is better than Run 1.",
        "Our network beats the baseline by 30 %.",
        "RMSE improves on the baseline.",
    ],
)
def test_a_stated_improvement_in_another_metric(text: str) -> None:
    own = table("mae", 0.3, OWN, EVEN)
    assert compare(own, old_table(), text).findings[0].severity is Severity.WARNING
    assert compare(own, old_table()).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "It should be better than the baseline.",
        "It is not better than the baseline.",
        "Run 3 was better than Run 1.",
        "The target is better than the baseline by 5 %.",
    ],
)
def test_nothing_is_claimed(text: str) -> None:
    assert compare(table("mae", 0.3, OWN, EVEN), old_table(), text).verdict is Verdict.REVIEW


def test_a_remark_on_other_data() -> None:
    own = table("mse", 0.3, OWN, EVEN)
    outcome = compare(own, old_table(), "Run 1 was evaluated on a different validation split.")
    assert "other data" in outcome.findings[0].message
    same = "Run 1 was evaluated on the same split, no other data was used."
    assert compare(own, old_table(), same).verdict is Verdict.PASS


def kinship(shares: dict[str, float], n: int = 200) -> Kinship:
    held_out = split(dict.fromkeys(shares, n))
    rows = np.concatenate([np.arange(n) < share * n for share in shares.values()])
    match = Match((), rows, rows, np.zeros(len(rows)), np.where(rows, 0, -1))
    train = split(dict.fromkeys(shares, n), SplitRole.TRAIN)
    return Kinship(train, (SplitKinship(held_out, match, (), 0),))


def test_a_contaminated_value_supports_nothing_but_its_clean_groups() -> None:
    own = table("mse", 0.3, OWN, EVEN)
    outcome = compare(own, old_table(counts=EVEN), kinship=kinship({"a": 0.0, "b": 1.0}))
    assert "50.0 % of the validation rows have kin" in outcome.findings[0].message
    assert evidence(outcome, "supported_comparison") == pytest.approx(0.20)
    outcome = compare(own, old_table(counts=EVEN), kinship=kinship({"a": 1.0, "b": 1.0}))
    assert evidence(outcome, "supported_comparison") is None
    outcome = compare(own, old_table(counts=EVEN), kinship=kinship({"a": 0.0, "b": 0.0}))
    assert outcome.verdict is Verdict.PASS


def test_clean_rows_of_a_group_that_is_contaminated_in_part() -> None:
    kin = kinship({"a": 0.0, "b": 0.25})
    groups = kin.pairs[0].held_out.groups
    error = np.where(kin.pairs[0].exact.rows, 0.0, 1.0)  # rows with kin are known by heart
    scored = predictions(np.zeros(400), error, groups)
    item = scored.items[0]
    scored = type(scored)((type(item)(item.role, item.path, item.y_true, item.y_pred, item.groups,
                                      np.arange(400)),))  # fmt: skip
    own = table("mse", 0.875, {"a": 1.0, "b": 0.75}, {"a": 200, "b": 200})
    old = old_table(0.95, {"a": 200, "b": 200}, groups={"a": 1.0, "b": 0.9})
    outcome = compare(own, old, kinship=kin, predictions=scored)
    assert evidence(outcome, "supported_comparison") == pytest.approx(1.0)
    assert "worse" in outcome.findings[0].message
