"""AU305 on small data: what is a wrong label, what matters, and what is honest."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_squared_log_error

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Metrics,
    MetricTable,
    Predictions,
    PredictionSets,
    ReportedValue,
    SourceFile,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, Verdict
from audit.model.location import Location
from audit.model.severity import Severity
from checks.augmentation.label_errors import compared, error_of
from checks.augmentation.label_fidelity import Params, label_fidelity
from tests.augmenting import add_copies, add_source, jittered
from tests.experiment import clean_experiment
from tests.faults.au305 import WEIGHTS, add_exact_labels
from tests.harness import alarms, audit_export, run_of
from tests.unit.load.exports import csv

N = 200


def part(
    y: Any, exact: Any, role: SplitRole = SplitRole.TRAIN, copies: Any = None, groups: Any = None
) -> SplitData:
    """Rows with labels and exact labels; the features do not matter."""
    n = len(y)
    return SplitData(
        role,
        f"{role.value}.csv",
        pd.DataFrame({"a": np.random.default_rng(0).normal(size=n)}),
        np.asarray(y),
        None if groups is None else np.asarray(groups),
        np.arange(n),
        synthetic=None if copies is None else np.asarray(copies, dtype=bool),
        oracle=None if exact is None else np.asarray(exact),
        oracle_name="" if exact is None else "y_exact",
    )


def honest(role: SplitRole = SplitRole.TEST, n: int = N, seed: int = 9) -> SplitData:
    y = np.random.default_rng(seed).lognormal(1, 1, n)
    return part(y, y.copy(), role)


def table(metric: str, value: float, role: SplitRole = SplitRole.TEST, **groups: float) -> Metrics:
    def stated(number: float) -> ReportedValue:
        return ReportedValue(number, Location("metrics.json", pointer="/overall"))

    by_group = {key: stated(each) for key, each in groups.items()}
    return Metrics((MetricTable(metric, role, "metrics.json", stated(value), by_group, {}),))


def run(
    train: SplitData,
    *held_out: SplitData,
    metrics: Metrics | None = None,
    predictions: PredictionSets | None = None,
    code: Code | None = None,
) -> Outcome:
    return label_fidelity.function(
        splits=Splits(train, held_out or (honest(),)),
        raw=None,
        code=code,
        metrics=metrics,
        predictions=predictions,
        grouping=None,
        params=Params(),
    )


def value(outcome: Outcome, name: str, group: str | None = None) -> Any:
    return next(e.observed for e in outcome.measured if e.name == name and e.group == group)


def labels(seed: int = 0, n: int = N) -> np.ndarray:
    return np.random.default_rng(seed).lognormal(1, 1, n)


COPIES = np.arange(N) >= 80


def test_exact_labels_pass_with_measurements() -> None:
    y = labels()
    outcome = run(part(y, y, copies=COPIES), metrics=table("log2_mse", 0.2))
    assert outcome.verdict is Verdict.PASS
    assert "80 original training rows, 120 training copies" in outcome.reason
    assert value(outcome, "wrong_labels_copies") == 0
    assert value(outcome, "label_error_copies") == 0.0
    assert value(outcome, "infinite_labels_originals") == 0


@pytest.mark.parametrize("metric", ["log2_mse", "log_mse", "log10_mse", "rmsle", "msle"])
def test_errors_are_in_the_scale_of_a_logarithmic_metric(metric: str) -> None:
    y, rng = labels(), np.random.default_rng(1)
    exact = np.where(COPIES, y * rng.lognormal(0, 1, N), y)
    outcome = run(part(y, exact, copies=COPIES), metrics=table(metric, 0.5))
    function = {"log2_mse": np.log2, "log_mse": np.log, "log10_mse": np.log10}.get(metric, np.log1p)
    brute = np.mean(
        [(function(a) - function(b)) ** 2 for a, b in zip(y[80:], exact[80:], strict=True)]
    )
    assert value(outcome, "label_error_copies") == pytest.approx(brute)
    if function is np.log1p:
        assert brute == pytest.approx(mean_squared_log_error(exact[80:], y[80:]))
    every = np.concatenate([exact, honest().oracle])
    assert value(outcome, "target_variance") == pytest.approx(np.var(function(every)))
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("all 120 training copies carry a wrong label")


@pytest.mark.parametrize("metric", ["mse", "rmse", "mae", "r2", None])
def test_errors_are_in_the_unit_of_the_target_otherwise(metric: str | None) -> None:
    y = labels()
    exact = np.where(COPIES, y + 2.0, y)
    metrics = table(metric, 0.9) if metric else None
    outcome = run(part(y, exact, copies=COPIES), metrics=metrics)
    assert value(outcome, "label_error_copies") == pytest.approx(4.0)
    assert outcome.findings[0].severity is Severity.WARNING
    if metric == "rmse":
        assert value(outcome, "reported_error") == pytest.approx(0.81)


def test_infinite_exact_labels_are_counted_apart_and_by_group() -> None:
    y, groups = labels(), np.resize(["easy", "hard"], N)
    exact = y.copy()
    lost = COPIES & (groups == "hard") & (np.arange(N) < 180)
    exact[lost] = np.inf
    outcome = run(part(y, exact, copies=COPIES, groups=groups), metrics=table("log2_mse", 0.2))
    assert value(outcome, "infinite_labels_copies") == 50
    assert value(outcome, "infinite_labels_copies", "hard") == 50
    assert value(outcome, "label_error_copies") == 0.0
    (finding,) = outcome.findings
    assert "50 of 120 training copies carry a finite label, though" in finding.message
    assert finding.severity is Severity.WARNING
    assert finding.subject == "labels:train:copies"


def test_an_error_that_does_not_matter_is_a_note() -> None:
    y = labels()
    exact = np.where(COPIES, y * 1.001, y)
    (finding,) = run(part(y, exact, copies=COPIES), metrics=table("log2_mse", 0.2)).findings
    assert finding.severity is Severity.NOTE
    assert "all 120 training copies" in finding.message


def test_an_error_that_matters_in_one_group_only_says_which() -> None:
    groups = np.resize(["a", "b", "c", "d", "e"], N)
    y = labels()
    exact = np.where(COPIES & (groups == "d"), y * 2**0.45, y)
    metrics = table("log2_mse", 2.0, a=1.0, b=1.0, c=1.0, d=1.0, e=1.0)
    (finding,) = run(part(y, exact, copies=COPIES, groups=groups), metrics=metrics).findings
    assert finding.severity is Severity.WARNING
    overall = run(part(y, exact, copies=COPIES), metrics=metrics).findings[0]
    assert "it matters in" not in overall.message


@pytest.mark.parametrize(
    ("stored", "rtol_hidden"),
    [
        (lambda y: y.astype(np.float32), None),
        (lambda y: y.astype(np.float16), None),
        (lambda y: np.round(y, 3), None),
        (lambda y: y * (1 + 1e-9), None),
    ],
)
def test_rounded_labels_are_right(stored: Any, rtol_hidden: None) -> None:
    y = labels()
    outcome = run(part(stored(y), y, copies=COPIES), metrics=table("log2_mse", 0.2))
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_measurements_with_noise_on_every_row_are_a_note_and_copies_are_judged_by_the_excess() -> (
    None
):
    truth = labels(n=400)
    noise = np.random.default_rng(2).normal(0, 1.0, 400)
    copies = np.arange(400) >= 200
    y = truth + noise
    test = part(y[:200], truth[:200], SplitRole.TEST)
    outcome = run(part(y, truth, copies=copies), test, metrics=table("mse", 1.2))
    assert {f.severity for f in outcome.findings} == {Severity.NOTE}
    assert len(outcome.findings) == 3
    moved = np.where(copies, truth + 3, truth)
    spoiled = run(part(y, moved, copies=copies), test, metrics=table("mse", 1.2))
    loud = [f.subject for f in spoiled.findings if f.severity >= Severity.WARNING]
    assert loud == ["labels:train:copies"]


def predictions_of(y_true: np.ndarray, y_pred: np.ndarray) -> PredictionSets:
    index = np.arange(len(y_true))
    return PredictionSets((Predictions(SplitRole.TEST, "p.csv", y_true, y_pred, None, index),))


def test_wrong_held_out_labels_are_an_error_where_the_metric_changes() -> None:
    truth = labels(3)
    y = truth.copy()
    y[:40] *= 4.0
    predicted = truth * np.random.default_rng(4).lognormal(0, 0.3, N)
    stated = float(np.mean(np.log2(y / predicted) ** 2))
    exact = float(np.mean(np.log2(truth / predicted) ** 2))
    outcome = run(
        part(labels(), labels()),
        part(y, truth, SplitRole.TEST),
        metrics=table("log2_mse", stated),
        predictions=predictions_of(y, predicted),
    )
    (finding,) = outcome.findings
    assert finding.severity is Severity.ERROR
    assert f"with exact labels log2_mse is {exact:.4g}, not {stated:.4g}" in finding.message
    assert value(outcome, "metric_on_exact_labels") == pytest.approx(exact)


def test_wrong_held_out_labels_that_hardly_move_the_metric_are_a_warning_at_most() -> None:
    truth = labels(3)
    y = truth.copy()
    y[:40] *= 2**0.5
    predicted = truth * 2 ** np.random.default_rng(4).normal(0, 3, N)
    metrics = table("log2_mse", float(np.mean(np.log2(y / predicted) ** 2)))
    held_out = part(y, truth, SplitRole.TEST)
    (finding,) = run(
        part(labels(), labels()),
        held_out,
        metrics=metrics,
        predictions=predictions_of(y, predicted),
    ).findings
    assert finding.severity is Severity.WARNING


def test_held_out_rows_without_a_true_label_are_an_error() -> None:
    truth = labels(3)
    y = truth.copy()
    truth[:6] = np.inf
    held_out = part(y, truth, SplitRole.TEST)
    (finding,) = run(part(labels(), labels()), held_out, metrics=table("log2_mse", 0.2)).findings
    assert finding.severity is Severity.ERROR
    truth[1:6] = y[1:6]  # one of 200 is no more than half a percent
    assert run(part(labels(), labels()), part(y, truth, SplitRole.TEST)).findings[0].severity is (
        Severity.NOTE
    )


@pytest.mark.parametrize("kind", ["text", "bool", "codes", "object"])
def test_classes_are_compared_as_labels(kind: str) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2 if kind == "bool" else 3, N)
    exact = codes.copy()
    exact[COPIES & (np.arange(N) % 4 == 0)] = 0
    spell = {
        "text": lambda c: np.array(["cat", "dog", "eel"])[c],
        "bool": lambda c: c.astype(bool),
        "codes": lambda c: c,
        "object": lambda c: np.array([None if i == 5 else str(v) for i, v in enumerate(c)], object),
    }[kind]
    test = part(spell(codes), spell(codes), SplitRole.TEST)
    metrics = table("accuracy", 0.9)
    outcome = run(part(spell(codes), spell(exact), copies=COPIES), test, metrics=metrics)
    wrong = int((codes != exact).sum())
    assert value(outcome, "wrong_labels_copies") == wrong
    assert value(outcome, "label_error_copies") == pytest.approx(wrong / 120)
    assert value(outcome, "reported_error") == pytest.approx(0.1)
    assert outcome.findings[0].severity is Severity.WARNING
    assert "variance" not in outcome.findings[0].message


@pytest.mark.parametrize(
    ("y", "exact", "verdict", "words"),
    [
        (np.ones(N), None, Verdict.NOT_APPLICABLE, "no column holds the exact label"),
        (np.ones(N), np.full(N, np.nan), Verdict.PASS, ""),
        (np.ones((N, 2)), np.ones(N), Verdict.REVIEW, "several targets"),
        (np.ones(N), np.array(["a"] * N), Verdict.REVIEW, "the other text"),
    ],
)
def test_what_cannot_be_compared_is_said(y: Any, exact: Any, verdict: Verdict, words: str) -> None:
    test = honest() if exact is not None else part(np.ones(N), None, SplitRole.TEST)
    outcome = run(part(y, exact), test)
    assert outcome.verdict is verdict
    assert words in outcome.reason


def test_too_few_exact_labels_are_no_judgement() -> None:
    exact = np.full(N, np.nan)
    exact[:15] = 7.0
    outcome = run(part(np.ones(N), exact), part(np.ones(N), None, SplitRole.TEST))
    assert outcome.verdict is Verdict.REVIEW
    assert "only 15 rows" in outcome.reason


def test_splits_without_exact_labels_are_named() -> None:
    y = labels()
    outcome = run(part(y, y), part(y, None, SplitRole.TEST))
    assert outcome.verdict is Verdict.PASS
    assert "1 of 2 splits have no exact labels" in outcome.reason


def test_hostile_values_do_not_break_it() -> None:
    y = labels()
    y[:8] = [np.inf, -np.inf, np.nan, 0.0, -3.0, 1e308, -1e308, 5e-324]
    exact = labels(5)
    exact[3:12] = [1e308, -1e308, np.nan, 0.0, np.inf, -np.inf, np.inf, -1.0, 0.0]
    for metric in ("log2_mse", "mse", "rmse", "accuracy", "what"):
        outcome = run(part(y, exact, copies=COPIES), metrics=table(metric, math.inf))
        numbers = [e.observed for e in outcome.measured if isinstance(e.observed, float)]
        assert all(math.isfinite(number) for number in numbers), metric
    for kind in (object, str):
        run(part(y.astype(kind), exact.astype(kind)), metrics=table("mse", 1.0))


def test_an_infinite_label_may_be_the_exact_one() -> None:
    y = labels()
    y[:30] = np.inf
    right = run(part(y, y.copy(), copies=COPIES))
    assert right.verdict is Verdict.PASS
    assert value(right, "infinite_labels_originals") == 0
    exact = y.copy()
    exact[:5] = 3.0
    assert value(run(part(y, exact, copies=COPIES)), "wrong_labels_originals") == 5


@pytest.mark.parametrize("is_notebook", [True, False])
@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("new_targets.append(targets[i])", "new_targets.append(exact_label(copy))"),
        ("y_aug.extend([label] * copies)", "y_aug.extend(exact_label(copy))"),
    ],
)
def test_the_line_that_hands_the_label_on(line: str, after: str, is_notebook: bool) -> None:
    source = f"# augment\nfor i in range(n):\n    rows.append(jitter(x[i]))\n    {line}\n"
    code = Code((SourceFile("a.py", is_notebook, (Cell(0, CellKind.CODE, source),)),))
    y = labels()
    (finding,) = run(part(y, np.where(COPIES, 2 * y, y), copies=COPIES), code=code).findings
    assert finding.primary.text == line
    assert finding.remedy.before == line
    assert finding.remedy.after == after


@pytest.mark.parametrize("is_notebook", [True, False])
def test_the_copy_takes_the_label_over_and_not_the_original(is_notebook: bool) -> None:
    source = (
        "# augment\nfor i in range(n):\n    rows.append(x[i])\n    targets.append(y[i])\n"
        "    for _ in range(copies):\n        rows.append(jitter(x[i]))\n"
        "        targets.append(float(label))\n        targets.append(y[i])  # of the copy\n"
    )
    code = Code((SourceFile("a.py", is_notebook, (Cell(0, CellKind.CODE, source),)),))
    y = labels()
    (finding,) = run(part(y, np.where(COPIES, 2 * y, y), copies=COPIES), code=code).findings
    assert finding.primary.line == 8
    assert [place.line for place in finding.locations if place.path == "a.py"] == [8]
    assert finding.remedy.before == "targets.append(y[i])  # of the copy"
    assert finding.remedy.after == "targets.append(exact_label(copy))"


def test_errors_against_brute_force() -> None:
    y, exact = labels(1), labels(2)
    exact[::7], exact[::11], y[::13] = np.inf, np.nan, np.nan
    found = compared(y, exact, "mse", 1e-6)
    assert not isinstance(found, str)
    error = error_of(found, np.ones(N, dtype=bool))
    pairs = [(a, b) for a, b in zip(y, exact, strict=True) if a == a and b == b]
    assert error.n == len(pairs)
    assert error.impossible == sum(math.isinf(b) for _, b in pairs)
    assert error.wrong == sum(a != b for a, b in pairs)
    finite = [(a - b) ** 2 for a, b in pairs if math.isfinite(b)]
    assert error.error == pytest.approx(sum(finite) / len(finite))


def write(root: Path, *, wrong: bool, style: str) -> Path:
    """Foreign exports: other names, other files, with and without copies marked."""
    rng = np.random.default_rng(0)
    for name, n in (("train", 300), ("test", 100)):
        x = rng.normal(size=(n, 3)).round(4)
        price = np.exp(x @ [0.5, -0.2, 0.1]).round(5)
        exact = np.where((rng.random(n) < 0.3) & wrong, price * 1.9, price).round(5)
        if style == "npz":
            np.savez(root / f"{name}.npz", X=x, y=price, y_exact=exact)
            continue
        frame = pd.DataFrame(x, columns=["size", "age", "floor"]).assign(price=price)
        frame["true price" if style == "declared" else "oracle"] = exact
        if style == "parquet":
            frame.to_parquet(root / f"{name}.parquet")
        else:
            (root / f"{name}.csv").write_text(csv(frame))
    extra = 'oracle = "true price"\n' if style == "declared" else ""
    target = "" if style == "npz" else 'target = "price"\n'
    (root / "audit.toml").write_text(f"[columns]\n{target}{extra}")
    return root


@pytest.mark.parametrize("style", ["npz", "parquet", "csv", "declared"])
@pytest.mark.parametrize("wrong", [True, False])
def test_foreign_exports(style: str, wrong: bool, tmp_path: Path) -> None:
    outcome = run_of(audit_export(write(tmp_path, wrong=wrong, style=style)), "AU305")
    assert outcome.verdict is (Verdict.FAIL if wrong else Verdict.PASS)
    loud = [f.subject for f in outcome.findings if f.severity >= Severity.WARNING]
    assert loud == (["labels:train:rows", "labels:test:rows"] if wrong else [])


@pytest.mark.parametrize("seed", range(4))
def test_a_noisy_target_beside_its_noise_free_truth_is_honest(seed: int, tmp_path: Path) -> None:
    """A simulation that exports the truth and the measurement of every row, with rmse."""
    experiment = clean_experiment(seed)
    for split in (experiment.train, experiment.validation, experiment.test):
        split["y_exact"] = split[list(experiment.features)].to_numpy() @ WEIGHTS
    report = audit_export(experiment.write(tmp_path))
    assert report.verdict.value == "VALID"
    assert alarms(report) == set()
    assert {f.severity for f in run_of(report, "AU305").findings} == {Severity.NOTE}


@pytest.mark.parametrize("seed", range(4))
def test_noise_on_copies_that_is_small_beside_that_of_the_target(seed: int, tmp_path: Path) -> None:
    """Jitter of 2 % of a deviation: the label of a copy is wrong, and it does not matter."""
    experiment = clean_experiment(seed)
    add_source(experiment)
    add_copies(experiment, "train", jittered(0.02), np.random.default_rng(seed))
    add_exact_labels(experiment)
    report = audit_export(experiment.write(tmp_path))
    assert alarms(report) == set()
    assert value(run_of(report, "AU305"), "wrong_labels_copies") > 400


def test_true_is_one() -> None:
    found = compared(np.array([1, 0, 1]), np.array([True, False, False]), "accuracy", 1e-6)
    assert not isinstance(found, str)
    assert found.wrong.tolist() == [False, False, True]
