from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    Grouping,
    Predictions,
    PredictionSets,
    SourceFile,
    SplitRole,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence, Severity
from checks.metrics.declared_range import declared_ranges, stated_range
from checks.metrics.outcomes import Kind, kind_of
from checks.metrics.predicted import Params, prediction_validity
from tests.unit.metrics.builders import metrics, predictions, table

N = 200
Y = np.random.default_rng(0).normal(10, 3, N)
GUESS = Y + np.random.default_rng(1).normal(0, 1, N)


def judge(sets: PredictionSets, **given: Any) -> Outcome:
    return prediction_validity.function(
        predictions=sets,
        metrics=given.get("metrics"),
        splits=given.get("splits"),
        grouping=given.get("grouping"),
        code=given.get("code"),
        documents=given.get("documents"),
        params=given.get("params", Params()),
    )


def alarms(outcome: Outcome) -> list[str]:
    return [f.subject for f in outcome.findings if f.severity >= Severity.WARNING]


def changed(rows: Any, values: Any, base: Any = GUESS) -> np.ndarray:
    out = np.array(base, dtype=float)
    out[rows] = values
    return out


def test_ordinary_predictions_pass() -> None:
    outcome = judge(predictions(Y, GUESS))
    assert outcome.verdict is Verdict.PASS
    assert outcome.findings == ()


# --- missing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_missing_prediction_is_a_warning(value: float) -> None:
    (finding,) = judge(predictions(Y, changed([3, 9], value))).findings
    assert finding.severity is Severity.WARNING
    assert "2 of 200" in finding.message
    assert finding.primary.rows == (3, 9)


def test_a_metric_that_leaves_them_out_is_an_error() -> None:
    rows = np.arange(10, 30)
    guess = changed(rows, np.nan)
    kept = np.delete(np.arange(N), rows)
    rmse = float(np.sqrt(np.mean((Y[kept] - GUESS[kept]) ** 2)))
    (finding,) = judge(predictions(Y, guess), metrics=metrics(table("rmse", rmse))).findings
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.HIGH
    few = changed([5], np.nan)
    kept = np.delete(np.arange(N), [5])
    rmse = float(np.sqrt(np.mean((Y[kept] - GUESS[kept]) ** 2)))
    (finding,) = judge(predictions(Y, few), metrics=metrics(table("rmse", rmse))).findings
    assert finding.severity is Severity.WARNING  # one of 200 moves it by little


def test_labels_may_be_missing_too() -> None:
    true = np.array(["cat", "dog"] * 50, dtype=object)
    guess = true.copy()
    guess[7] = None
    (finding,) = judge(predictions(true, guess)).findings
    assert "1 of 100" in finding.message


def test_a_missing_target_is_not_held_against_the_prediction() -> None:
    assert judge(predictions(changed([1], np.nan, Y), GUESS)).verdict is Verdict.PASS


# --- range ------------------------------------------------------------------------------------


def test_declared_range_with_room_for_single_precision() -> None:
    heights = np.maximum(Y, 1.0)
    guess = np.maximum(GUESS, 1.0).astype(np.float32)
    guess[0] = np.float32(1.0) - np.float32(6e-8)
    assert judge(predictions(heights, guess), params=Params(minimum=1.0)).verdict is Verdict.PASS
    guess[4] = 0.5
    (finding,) = judge(predictions(heights, guess), params=Params(minimum=1.0)).findings
    assert finding.confidence is Confidence.HIGH
    assert "at least 1" in finding.message
    assert finding.primary.rows == (4,)


def test_a_metric_that_is_not_defined() -> None:
    positive = np.exp(Y / 10)
    guess = changed([2], -0.3, np.exp(GUESS / 10))
    logs = metrics(table("log2_mse", 0.2))
    assert alarms(judge(predictions(positive, guess), metrics=logs)) != []
    squares = metrics(table("mse", 0.2))
    assert alarms(judge(predictions(positive, guess), metrics=squares)) == []


def test_far_outside_the_targets() -> None:
    (finding,) = judge(predictions(Y, changed([8], 1e6))).findings
    assert "far outside" in finding.message
    assert finding.confidence is Confidence.MEDIUM


def test_heavy_tails_are_not_far_outside() -> None:
    true = np.exp(np.random.default_rng(2).normal(0, 2.5, N))
    guess = true * np.exp(np.random.default_rng(3).normal(0, 0.5, N))
    guess[0] = true.max() * 16  # beyond ten widths, within a factor of what targets span
    assert alarms(judge(predictions(true, guess))) == []
    guess[0] = true.max() * 1e7
    assert alarms(judge(predictions(true, guess))) != []


def test_predictions_in_another_unit_lie_beyond_all_targets() -> None:
    outcome = judge(predictions(Y + 1000, np.log(Y + 1000)))
    assert any("all 200 predictions" in finding.message for finding in outcome.findings)


# --- variation --------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0.0, 10.0])
def test_one_value_for_every_row(value: float) -> None:
    (finding,) = judge(predictions(Y, np.full(N, value))).findings
    assert finding.severity is Severity.WARNING
    assert "all 200 predictions" in finding.message


def test_one_label_for_every_row() -> None:
    true = np.array(["rare"] * 3 + ["common"] * 97)
    assert len(alarms(judge(predictions(true, np.array(["common"] * 100))))) == 1


def test_few_rows_or_a_constant_target_are_no_constant_model() -> None:
    assert judge(predictions(Y[:12], np.full(12, 1.0))).verdict is Verdict.PASS
    assert judge(predictions(np.full(N, 5.0), np.full(N, 5.0))).verdict is Verdict.PASS


def test_a_constant_group_is_a_note() -> None:
    groups = np.repeat(["a", "b"], N // 2)
    guess = changed(slice(0, N // 2), 10.0)
    grouping = Grouping(("site",), ("a", "b"))
    outcome = judge(predictions(Y, guess, groups), grouping=grouping)
    (finding,) = outcome.findings
    assert finding.severity is Severity.NOTE
    tiny = np.array(["a"] * 5 + ["b"] * (N - 5))
    assert judge(predictions(Y, changed(slice(0, 5), 10.0), tiny)).verdict is Verdict.PASS


# --- labels -----------------------------------------------------------------------------------


def test_a_label_that_no_target_has() -> None:
    true = np.array(["cat", "dog"] * 60)
    guess = np.array(["cat", "dog "] * 59 + ["cat", "Dog"])
    (finding,) = judge(predictions(true, guess)).findings
    assert "1 of 120" in finding.message  # white space is not another label
    assert "'Dog'" in finding.message


def test_truth_values_and_their_scores_are_no_unknown_labels() -> None:
    true = np.arange(120) % 3 == 0
    assert judge(predictions(true, true.astype(int))).verdict is Verdict.PASS
    scores = np.where(true, 0.8, 0.3) + np.linspace(-0.1, 0.1, 120)
    assert judge(predictions(true, scores)).verdict is Verdict.PASS
    words = np.where(true, "yes", "no")
    assert judge(predictions(words, scores)).verdict is Verdict.PASS


def test_integers_are_labels_only_in_classification() -> None:
    true = np.random.default_rng(4).integers(0, 5, N)
    guess = np.where(np.arange(N) == 3, 9, true)
    assert alarms(judge(predictions(true, guess), metrics=metrics(table("mae", 0.1)))) == []
    assert len(alarms(judge(predictions(true, guess), metrics=metrics(table("f1", 0.9))))) == 1


@pytest.mark.parametrize(
    ("true", "guess", "metric", "kind"),
    [
        (["a", "b"], ["a", "b"], None, Kind.LABELS),
        ([True, False], [True, False], None, Kind.LABELS),
        ([True, False], [1, 0], None, Kind.LABELS),
        ([True, False], [0.7, 0.2], "roc_auc", Kind.SCORES),
        (["yes", "no"], [0.7, 0.2], "roc_auc", Kind.SCORES),
        (["yes", "no"], [1, 0], None, Kind.LABELS),
        ([0, 1, 2], [0, 1, 1], "accuracy", Kind.LABELS),
        ([0, 1, 2], [0, 1, 1], None, Kind.LABELS),
        ([0, 1, 2], [0, 1, 1], "mae", Kind.NUMBERS),
        ([0, 1, 1], [0.1, 0.9, 0.4], "roc_auc", Kind.SCORES),
        ([0, 1, 1], [0.1, 0.9, 0.4], None, Kind.SCORES),
        ([0.5, 1.5, 2.5], [0, 1, 1], None, Kind.NUMBERS),
    ],
)
def test_kinds(true: list[Any], guess: list[Any], metric: str | None, kind: Kind) -> None:
    (item,) = predictions(true, guess).items
    assert kind_of(item, metrics(table(metric, 0.5)) if metric else None) is kind


# --- skill ------------------------------------------------------------------------------------


def test_worse_than_a_constant_is_a_note() -> None:
    shuffled = np.random.default_rng(5).permutation(GUESS)
    (finding,) = judge(predictions(Y, shuffled)).findings
    assert finding.severity is Severity.NOTE
    labels = np.array(["a"] * 150 + ["b"] * 50)
    (finding,) = judge(predictions(labels, labels[::-1].copy())).findings
    assert finding.severity is Severity.NOTE
    assert finding.subject.startswith("worse than a constant")


def test_a_useless_model_within_noise_passes() -> None:
    guess = np.full(N, Y.mean()) + np.random.default_rng(6).normal(0, 0.05, N)
    assert judge(predictions(Y, guess)).verdict is Verdict.PASS


# --- silence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_honest_models_raise_no_alarm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_t(2.5, size=(300, 3))
    fit = slice(0, 200)
    targets = {
        "heavy": x @ [1.0, -2.0, 0.5] + rng.standard_t(2, size=300),
        "log-normal": np.exp(0.6 * x[:, 0].clip(-4, 4) + 0.5 * rng.normal(size=300)),
        "counts": rng.poisson(np.exp(0.4 * x[:, 1].clip(-3, 3))),
        "zeros": np.where(rng.random(300) < 0.7, 0.0, rng.exponential(5, 300)),
    }
    for name, y in targets.items():
        weights, *_ = np.linalg.lstsq(np.c_[np.ones(200), x[fit]], y[fit], rcond=None)
        guess = np.c_[np.ones(100), x[200:]] @ weights
        found = alarms(judge(predictions(y[200:], guess), metrics=metrics(table("rmse", 1.0))))
        assert found == [], name
    label = np.where(x[:, 0] + rng.normal(size=300) > 0, "yes", "no")
    guess = np.where(x[:, 0] > 0, "yes", "no")
    groups = np.array(["tiny"] * 4 + ["rest"] * 296)
    assert judge(predictions(label, guess, groups)).verdict is Verdict.PASS


def test_odd_values_stop_nothing() -> None:
    odd = np.array([1, "x", None, np.nan, 10**400, "", b"y", True] * 5, dtype=object)
    for guess in (odd, np.arange(40), np.arange(40).astype(str)):
        judge(predictions(odd, guess))
        judge(predictions(guess, odd))
    huge = np.array([1e308, -1e308] * 20)
    judge(predictions(huge, -huge))
    judge(predictions(np.arange(40), np.full(40, np.nan)))


def test_points_are_few_whatever_the_rows() -> None:
    y = np.random.default_rng(7).normal(size=5000)
    groups = np.array([f"g{i % 400}" for i in range(5000)])
    assert len(judge(predictions(y, y + 1, groups)).series) <= 4
    labels = np.array([f"c{i % 700}" for i in range(5000)])
    assert len(judge(predictions(labels, labels)).series) <= 10


def test_the_picture_is_that_of_the_headline_split() -> None:
    (one,) = predictions(Y, GUESS).items
    (two,) = predictions(Y + 50, GUESS + 50, role=SplitRole.TEST).items
    sets = PredictionSets((two, one))
    outcome = judge(sets, metrics=metrics(table("rmse", 1.0)))
    assert max(outcome.series[0].x) < 40


# --- ranges that the export declares ----------------------------------------------------------


def script(text: str) -> Code:
    return Code((SourceFile("train.py", False, (Cell(0, CellKind.CODE, text),)),))


def said(text: str) -> Documents:
    return Documents((Document("README.md", DocumentKind.FILE, text),))


HEIGHTS = 1 + np.abs(Y - 10)
LOW = changed([3, 8], [0.4, 0.9], HEIGHTS + 0.1)


@pytest.mark.parametrize(
    "text",
    [
        "pred = np.maximum(model.predict(x), 1.0)",
        "y_pred = np.clip(model.predict(x).ravel(), 1, None)",
        "y_hat = model.predict(x)\ny_hat = y_hat.clip(1.0)",
        "preds = torch.clamp(preds, min=1.0)",
        "FLOOR = 1.0\npreds = net(x)\npreds = torch.clamp(preds, min=FLOOR)",
        "model.add(Lambda(lambda z: 1 + K.softplus(z)))",
        "class Net(Module):\n    def forward(self, x):\n        return F.softplus(self.a(x)) + 1.0",
        "class N(M):\n    def forward(self, x):\n        return (F.softplus(x) + 1).squeeze(-1)",
    ],
)
def test_predictions_below_what_the_code_makes_of_them(text: str) -> None:
    outcome = judge(predictions(HEIGHTS, LOW), code=script(text))
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert "2 of 200" in finding.message
    assert "(at least 1)" in finding.message
    assert finding.locations[1].path == "train.py"
    assert judge(predictions(HEIGHTS, HEIGHTS), code=script(text)).verdict is Verdict.PASS
    # where a target lies outside too, the bound is about another quantity
    assert judge(predictions(HEIGHTS - 0.5, LOW), code=script(text)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "pred = np.maximum(model.predict(x), 1.0)\nother = model.predict(z)",
        "pred = np.clip(model.predict(x), 1, None)\npred = np.clip(pred, 2, None)",
        "plt.plot(np.maximum(pred, 1.0))",
        "x = np.maximum(x, 1.0)\npred = model.predict(x)",
        "sigma = F.softplus(x) + 1.0",
        "def forward(self, x):\n    return mu, F.softplus(x) + 1.0",
        "pred = np.maximum(model.predict(x), floor)",
        "pred = np.maximum(baseline, 1.0)",
        "broken (",
    ],
)
def test_code_that_declares_no_range_for_certain(text: str) -> None:
    assert declared_ranges(script(text), None) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- All predictions ≥ 1.0 (via softplus)", (1.0, np.inf)),
        ("**All predictions are at least 1.**", (1.0, np.inf)),
        ("Every predicted height is never below 1.0, by construction.", (1.0, np.inf)),
        ("Predictions are clipped to [0, 100].", (0.0, 100.0)),
        ("All predictions lie between 0 and 1.", (0.0, 1.0)),
        ("The predicted values are constrained to be at most 50.", (-np.inf, 50.0)),
        ("all predictions must be >= -2.5", (-2.5, np.inf)),
    ],
)
def test_sentences_that_declare_a_range(line: str, expected: tuple[float, float]) -> None:
    assert stated_range(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "All predictions ≥ 0.5 are labelled positive.",
        "Not all predictions ≥ 1.0.",
        "For all predictions ≥ 0.5 we draw a box.",
        "All predictions at least 95 % of the time",
        "Predictions ≥ 0.5 count as positive.",
        "All predictions ≥ 1.0: failed",
        "All predictions should be ≥ 1.0",
        "We made all predictions with 2 models.",
        "Groups with at least 10 predictions are shown.",
        "All predictions are between 2 and 3 times too large",
        "Predicted against true values, n ≥ 10",
    ],
)
def test_sentences_that_declare_none(line: str) -> None:
    assert stated_range(line) is None


def test_a_document_declares_the_range() -> None:
    text = "# Model\n\n- All predictions ≥ 1.0 (via softplus)\n"
    (finding,) = judge(predictions(HEIGHTS, LOW), documents=said(text)).findings
    assert finding.locations[1].line == 3
    assert judge(predictions(HEIGHTS, HEIGHTS), documents=said(text)).verdict is Verdict.PASS
    given = judge(predictions(HEIGHTS, LOW), documents=said(text), params=Params(minimum=0.0))
    assert given.verdict is Verdict.PASS  # audit.toml decides


# --- scores -----------------------------------------------------------------------------------

CODES = np.random.default_rng(2).integers(0, 3, N)
SHARES = np.random.default_rng(3).dirichlet(np.ones(3), N)


def probable(scores: Any, *, probability: bool = True) -> PredictionSets:
    item = Predictions(
        SplitRole.TEST, "p.csv", CODES, SHARES.argmax(axis=1), None, None, np.asarray(scores),
        ("0", "1", "2"), probability,
    )  # fmt: skip
    return PredictionSets((item,))


ACCURACY = metrics(table("accuracy", 0.3))


def test_probabilities_in_order_pass() -> None:
    for digits in (1, 2, 3, 16):
        sets = probable(SHARES.round(digits))
        assert alarms(judge(sets, metrics=ACCURACY)) == []
        assert judge(sets, metrics=ACCURACY).verdict is not Verdict.REVIEW


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: s.__setitem__((4, 1), 1.3), "1 of 200 rows of p.csv have a probability outside"),
        (lambda s: s.__setitem__((4, 1), -0.2), "one is -0.2"),
        (lambda s: s.__setitem__((4, 1), np.nan), "1 of 200 rows of p.csv (0.50 %) have a score"),
        (lambda s: s.__setitem__(slice(0, 30), 0.2), "30 of 200 rows of p.csv do not sum to 1"),
    ],
)
def test_probabilities_that_are_none(spoil: Any, words: str) -> None:
    scores = SHARES.copy()
    spoil(scores)
    outcome = judge(probable(scores), metrics=ACCURACY)
    (finding,) = [f for f in outcome.findings if f.severity >= Severity.WARNING]
    assert words in finding.message


def test_scores_that_are_not_called_probabilities_may_be_anything() -> None:
    logits = np.log(SHARES)
    assert alarms(judge(probable(logits, probability=False), metrics=ACCURACY)) == []


def test_percent_and_classes_on_their_own_are_no_alarm() -> None:
    assert alarms(judge(probable(SHARES * 100), metrics=ACCURACY)) == []
    own = np.random.default_rng(5).random((N, 3))
    outcome = judge(probable(own), metrics=ACCURACY)
    assert alarms(outcome) == []
    assert any("no distribution" in f.message for f in outcome.findings)
