"""A criterion is never missed for values that were rounded from values that meet it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audit.model.artifacts import (
    Baseline,
    Document,
    DocumentKind,
    Documents,
    Grouping,
    Kinship,
    SplitRole,
)
from audit.model.check import Verdict
from checks.kit.criteria import parse_bound, stated_criteria
from checks.kit.intervals import Interval
from checks.kit.written_claims import claim_of
from checks.metrics.comparability import Params as ComparabilityParams
from checks.metrics.comparability import comparability
from checks.metrics.criteria import Judgement, Params, judge_reading, success_criteria
from checks.metrics.quantities import Reading
from tests.unit.metrics.builders import metrics, table

VALUES = st.floats(0.001, 1000.0)
ERRORS = st.one_of(st.none(), st.floats(0.0, 100.0))


@given(
    st.lists(VALUES, min_size=1, max_size=6), st.integers(0, 3), st.floats(0.0, 5.0), st.booleans()
)
def test_rounding_never_misses_a_criterion(
    values: list[float], digits: int, slack: float, upper: bool
) -> None:
    mean = math.fsum(values) / len(values)
    bound = mean * (1 + slack) + 1e-9 if upper else mean / (1 + slack) - 1e-9
    rounded = {f"g{i}": round(value, digits) for i, value in enumerate(values)}
    grouping = Grouping(("g",), tuple(rounded), {**dict.fromkeys(rounded, "easy"), "other": "hard"})
    own = metrics(table("mse", round(mean, digits), rounded, half_width=0.5 * 10.0**-digits))
    sign = "<" if upper else ">"
    outcome = success_criteria.function(
        metrics=own, documents=None, splits=None, predictions=None, baseline=None,
        grouping=grouping, kinship=None,
        params=Params(criteria=(f"mse {sign} {bound!r}", f"easy {sign} {bound!r}")),
    )  # fmt: skip
    assert not any(e.method.startswith("missed") for e in outcome.measured)
    if "e-" not in repr(bound):
        assert len([e for e in outcome.measured if e.name == "criterion"]) == 2


@given(VALUES, st.floats(0, 1), ERRORS, VALUES, st.booleans())
def test_judgement_by_brute_force(
    value: float, half: float, error: float | None, bound: float, upper: bool
) -> None:
    reading = Reading("", Interval(value - half, value + half), error)
    low, high = (-math.inf, bound) if upper else (bound, math.inf)
    found = judge_reading(reading, low, high, 2.0)
    reach = half + 2 * (error or 0.0)
    points = np.linspace(value - reach, value + reach, 101)
    inside = (points >= low - 1e-12) & (points <= high + 1e-12)
    if found is Judgement.MET:
        assert inside.all()
    elif found is Judgement.MISSED:
        assert not ((points > low) & (points < high)).any()
    else:
        assert found is Judgement.WITHIN_NOISE
        near = 1e-9 * max(1.0, abs(bound))
        assert value - reach <= bound + near
        assert bound - near <= value + reach


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    claim_of(text)
    parse_bound(text)
    for kind in (DocumentKind.FILE, DocumentKind.OUTPUT):
        for criterion in stated_criteria(Document("a.md", kind, text)):
            assert criterion.low <= criterion.high


WORDS = st.sampled_from(
    ["target", "Target:", "<", "0.15", "(", ")", "✅", "easy", "overall", "|", "---", "\n", "- [x]",
     "# Success criteria\n", "met", "goal", "mse", "90 %", "should be", "below", "1e999", "Run 7"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_texts_like_criteria_are_judged_or_left_alone(text: str) -> None:
    own = metrics(table("mse", 0.2, {"a": 0.1, "b": 0.3}, {"a": 50, "b": 50}))
    grouping = Grouping(("g",), ("a", "b"), {"a": "easy", "b": "hard"})
    documents = Documents((Document("a.md", DocumentKind.FILE, text),))
    outcome = success_criteria.function(
        metrics=own, documents=documents, splits=None, predictions=None, baseline=None,
        grouping=grouping, kinship=None, params=Params(),
    )  # fmt: skip
    words = {"met", "missed", "within noise", "unsupported"}
    for evidence in outcome.measured:
        if evidence.name == "criterion":
            assert evidence.method.split(":")[0] in words
    assert len({f.subject for f in outcome.findings}) == len(outcome.findings)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(VALUES, st.integers(1, 1000)), min_size=1),
    st.sampled_from(["mse", "rmse", "accuracy", "f1", "wibble"]),
    st.booleans(),
    st.one_of(st.none(), VALUES),
)
def test_a_table_is_comparable_with_itself(
    groups: dict, metric: str, counted: bool, overall: float | None
) -> None:
    values = {key: value for key, (value, _) in groups.items()}
    counts = {key: n for key, (_, n) in groups.items()} if counted else None
    own = table(metric, overall, values, counts)
    kinship: Kinship | None = None
    for text in ("", "It is better than the baseline."):
        documents = Documents((Document("a.md", DocumentKind.FILE, text),)) if text else None
        outcome = comparability.function(
            baseline=Baseline(own), metrics=metrics(own), splits=None, predictions=None,
            grouping=None, kinship=kinship, documents=documents, params=ComparabilityParams(),
        )  # fmt: skip
        assert outcome.verdict in (Verdict.PASS, Verdict.REVIEW)
        if not text:
            assert outcome.verdict is Verdict.PASS


WILD = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -1.0, 1e308, 1e-308])
)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(WILD, WILD), max_size=4),
    WILD,
    WILD,
    WILD,
    st.sampled_from(["mse", "rmse", "accuracy", "f1", "r2", "wibble"]),
)
def test_no_values_raise(
    groups: dict, overall: float, before: float, train: float, metric: str
) -> None:
    counts = {key: i for i, key in enumerate(groups)}
    own = table(metric, overall, {key: a for key, (a, _) in groups.items()}, counts)
    old = table(metric, before, {key: b for key, (_, b) in groups.items()}, path="old.json")
    tiers = {key: "easy" if key < "c" else "hard" for key in "abcd"}
    grouping = Grouping(("g",), tuple("abcd"), tiers)
    both = metrics(own, table(metric, train, role=SplitRole.TRAIN))
    text = "It is better than the baseline.\n\nMSE 0.2 (target: < 0.1) ✅"
    documents = Documents((Document("a.md", DocumentKind.FILE, text),))
    given = {"splits": None, "predictions": None, "grouping": grouping, "kinship": None,
             "documents": documents, "metrics": both}  # fmt: skip
    criteria = ("overall < 1", "easy < 1", "hard < 2", "gap < 0.1", "each easy group < 3")
    with np.errstate(all="ignore"):
        judged = success_criteria.function(
            baseline=Baseline(old), params=Params(criteria=criteria), **given
        )
        compared = comparability.function(
            baseline=Baseline(old), params=ComparabilityParams(), **given
        )
    assert judged.reason
    assert compared.reason
