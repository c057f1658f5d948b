"""Classification, through the whole tool: labels of any kind, classes of any number, any groups."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from audit.model.check import Verdict
from tests.classified import METRICS, STYLES, classified
from tests.harness import alarms, audit_export, run_of

PAIRS = [(style, metric) for style in STYLES for metric in METRICS]


@pytest.mark.parametrize("random_state", range(20))
def test_honest_experiment_is_silent(random_state: int, tmp_path: Path) -> None:
    style, metric = PAIRS[random_state % len(PAIRS)]
    report = audit_export(classified(style, metric, random_state).write(tmp_path))
    assert alarms(report) == set(), [f.message for f in report.findings]
    assert run_of(report, "MT403").verdict is Verdict.PASS, run_of(report, "MT403").reason
    assert run_of(report, "MT401").verdict is Verdict.PASS, run_of(report, "MT401").reason


@pytest.mark.parametrize(("style", "metric"), PAIRS[1::2])
def test_overall_value_that_does_not_follow(style: str, metric: str, tmp_path: Path) -> None:
    def flatter(content: dict) -> None:
        better = content["overall"] * (0.8 if metric == "log_loss" else 1.1)
        content["overall"] = better if metric == "log_loss" else min(better, 0.999)

    report = audit_export(classified(style, metric, 1).write(tmp_path, flatter))
    run = run_of(report, "MT403")
    assert run.verdict is Verdict.FAIL, run.reason


@pytest.mark.parametrize(("style", "metric"), PAIRS[::2])
def test_group_that_got_worse(style: str, metric: str, tmp_path: Path) -> None:
    """One group is labelled at random; the baseline was as good there as anywhere."""
    experiment = classified(style, metric, 2)
    group, first = experiment.style.group, experiment.style.regions[0]
    inside = (experiment.validation[group] == first).to_numpy()
    rng = np.random.default_rng(0)
    drawn = pd.Series(experiment.style.classes)[
        rng.integers(0, len(experiment.style.classes), int(inside.sum()))
    ]
    experiment.validation.loc[inside, "label"] = drawn.to_numpy()

    def as_good(entries: list[dict]) -> None:
        values = [entry[metric] for entry in entries]
        for entry in entries:
            if entry[group] == str(first):
                entry[metric] = min(values) if metric == "log_loss" else max(values)

    experiment.change_baseline = as_good
    report = audit_export(experiment.write(tmp_path))
    run = run_of(report, "MT401")
    assert run.verdict is Verdict.FAIL, run.reason
    assert alarms(report) == {"MT401"}


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
@pytest.mark.parametrize("style", ["churn", "fraud", "trees"])
def test_validation_rows_that_were_trained_on(style: str, metric: str, tmp_path: Path) -> None:
    """A column that is drawn anew hides that half of the rows are copies."""
    experiment = classified(style, metric, 3)
    rng = np.random.default_rng(3)
    source = experiment.train.sample(len(experiment.validation) // 2, random_state=3)
    copies = source.reset_index(drop=True).copy()
    copies["x3"] = rng.normal(size=len(copies)).round(5)
    copies["case_id"] = 10_000 + np.arange(len(copies))
    experiment.validation = pd.concat(
        [experiment.validation.iloc[: -len(copies)], copies], ignore_index=True
    )
    report = audit_export(experiment.write(tmp_path))
    assert run_of(report, "CT202").verdict is Verdict.FAIL, run_of(report, "CT202").reason
    measured = {(e.name, e.group): e for e in run_of(report, "MT405").measured}
    coverage = measured["coverage", None].observed
    assert coverage == pytest.approx(0.5, abs=0.01)
    clean = measured["decontaminated_metric", None]
    scored = experiment.predictions().iloc[: len(experiment.validation) - len(copies)]
    by_hand = [
        METRICS[metric](rows, experiment.style.classes)
        for _, rows in scored.groupby(experiment.style.group)
    ]
    if clean.observed is not None:
        assert min(by_hand) - 0.05 <= clean.observed <= max(by_hand) + 0.05


def test_a_whole_tier_that_was_trained_on(tmp_path: Path) -> None:
    experiment = classified("churn", "log_loss", 4)
    columns = ["x0", "x1", "x2", "x3", "label"]
    table = experiment.validation
    rows = table.index[table["region"] == "islands"]
    source = experiment.train[experiment.train["region"] == "islands"]
    table.loc[rows, columns] = source.sample(len(rows), replace=True, random_state=4)[
        columns
    ].to_numpy()
    for column in columns[:4]:
        table[column] = table[column].astype(float)
    report = audit_export(experiment.write(tmp_path))
    assert run_of(report, "MT405").verdict is Verdict.FAIL
    assert alarms(report) <= {"CT201", "MT405"}


@pytest.mark.parametrize("style", STYLES)
def test_criteria(style: str, tmp_path: Path) -> None:
    experiment = classified(style, "accuracy", 5)
    text = '\n[checks.MT406]\ncriteria = ["accuracy >= 30 %", "accuracy >= 99.5 %"]\n'
    experiment.texts["audit.toml"] = text
    run = run_of(audit_export(experiment.write(tmp_path)), "MT406")
    words = [e.method.split(":")[0] for e in run.measured if e.name == "criterion"]
    assert words == ["met", "missed"]
    assert len(run.findings) == 1


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_predictions_that_are_probabilities(metric: str, tmp_path: Path) -> None:
    """One probability a row and no labels, as ``predict_proba(X)[:, 1]`` gives it."""
    experiment = classified("fraud", metric, 6)
    experiment.write(tmp_path)
    table = pd.read_csv(tmp_path / "validation_predictions.csv")
    table["y_pred"] = table["prob_1"]
    table.drop(columns=["prob_0", "prob_1"]).to_csv(
        tmp_path / "validation_predictions.csv", index=False
    )
    report = audit_export(tmp_path)
    assert run_of(report, "MT403").verdict is Verdict.PASS, run_of(report, "MT403").reason
    assert alarms(report) == set()


@pytest.mark.parametrize(("style", "metric"), [("trees", "accuracy"), ("fraud", "log_loss")])
def test_scores_without_predicted_labels(style: str, metric: str, tmp_path: Path) -> None:
    experiment = classified(style, metric, 7)
    experiment.write(tmp_path)
    path = tmp_path / "validation_predictions.csv"
    pd.read_csv(path).drop(columns="y_pred").to_csv(path, index=False)
    report = audit_export(tmp_path)
    assert run_of(report, "MT403").verdict is Verdict.PASS, run_of(report, "MT403").reason
    assert alarms(report) == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("f1_weighted", lambda t: sk.f1_score(t.y_true, t.y_pred, average="weighted")),
        ("macro_recall", lambda t: sk.recall_score(t.y_true, t.y_pred, average="macro")),
        ("roc_auc_ovo", lambda t: sk.roc_auc_score(t.y_true, t[PROBS], multi_class="ovo")),
        ("brier_score_loss", lambda t: sk.brier_score_loss(t.y_true, t[PROBS])),
        ("balanced_accuracy", lambda t: sk.balanced_accuracy_score(t.y_true, t.y_pred)),
    ],
)
def test_customary_averagings(name: str, value, tmp_path: Path) -> None:
    experiment = classified("trees", "accuracy", 8)
    experiment.write(tmp_path)
    table = pd.read_csv(tmp_path / "validation_predictions.csv")
    for factor, verdict in ((1.0, Verdict.PASS), (0.8, Verdict.FAIL)):
        content = {"validation": {name: factor * float(value(table))}}
        (tmp_path / "metrics.json").write_text(json.dumps(content))
        run = run_of(audit_export(tmp_path), "MT403")
        assert run.verdict is verdict, run.reason


PROBS = ["prob_ash", "prob_elm", "prob_oak"]


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
@pytest.mark.parametrize("decimals", [2, 3])
def test_probabilities_that_were_rounded_for_the_file(
    metric: str, decimals: int, tmp_path: Path
) -> None:
    classified("trees", metric, 9).write(tmp_path)
    path = tmp_path / "validation_predictions.csv"
    pd.read_csv(path).round(decimals).to_csv(path, index=False)
    run = run_of(audit_export(tmp_path), "MT403")
    assert run.verdict is Verdict.PASS, run.reason
