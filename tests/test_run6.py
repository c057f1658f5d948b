"""The main job: the audit tells the truth about the shipped Run 6, and about its correction.

Expected numbers are worked out here from the files themselves, with pandas and NumPy only.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from audit.cli import app
from audit.model.check import Verdict
from audit.model.evidence import Evidence
from audit.model.report import Report
from tests.harness import alarms, audit_export, run_of

ROOT = Path(__file__).parent.parent
EXPORT = ROOT / "notebook_export"
EASY = ["k=4, m=2", "k=4, m=3", "k=5, m=2"]
HARD = ["k=5, m=4", "k=6, m=3", "k=4, m=5"]
MEDIUM = ["k=4, m=4", "k=5, m=3", "k=6, m=2"]


@pytest.fixture(scope="module")
def report() -> Report:
    return audit_export(EXPORT)


@pytest.fixture(scope="module")
def rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(
        pd.read_parquet(EXPORT / "splits" / f"{name}.parquet") for name in ("train", "val")
    )


def evidence(report: Report, check_id: str, name: str) -> dict[str | None, Evidence]:
    run = run_of(report, check_id)
    everything = [*run.measured, *(e for finding in run.findings for e in finding.evidence)]
    return {e.group: e for e in everything if e.name == name}


def cell(needle: str) -> tuple[int, int]:
    """Cell (all cells counted) and 1-based line of a text in the notebook."""
    notebook = json.loads((EXPORT / "train_run6.ipynb").read_text(encoding="utf-8"))
    places = [
        (index, line)
        for index, entry in enumerate(notebook["cells"])
        for line, text in enumerate("".join(entry["source"]).splitlines(), start=1)
        if needle in text
    ]
    assert len(places) == 1
    return places[0]


def test_verdict_and_the_checks_behind_it(report: Report) -> None:
    assert report.verdict.value == "INVALID"
    assert alarms(report) == {
        "LK101",
        "LK102",
        "LK106",
        "CT202",
        "AU301",
        "AU302",
        "AU303",
        "AU304",
        "MT401",
        "MT402",
        "MT405",
        "MT406",
        "MT407",
        "CL501",
    }


def test_exit_code_and_report_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["run", str(EXPORT)])
    assert result.exit_code == 1
    assert result.stdout.startswith("notebook_export: INVALID")
    report = (tmp_path / "reports" / "notebook_export.md").read_text(encoding="utf-8")
    assert report.startswith("# Audit of notebook_export: INVALID")
    assert "```mermaid" in report
    for figure in ("contamination", "baseline", "composition"):
        assert f"](notebook_export/{figure}.svg)" in report
        assert (tmp_path / "reports" / "notebook_export" / f"{figure}.svg").is_file()


def test_augmentation_before_the_split_at_its_line(report: Report) -> None:
    (finding,) = run_of(report, "LK101").findings
    place = finding.primary
    assert (place.cell, place.line) == cell("pool_inputs.append(noisy_copy")
    assert any(
        (p.cell, p.line) == cell("= train_test_split(") for p in finding.locations if p != place
    )


def test_scaler_before_the_split_at_its_line(report: Report) -> None:
    (finding,) = run_of(report, "LK102").findings
    assert (finding.primary.cell, finding.primary.line) == cell("scaler.fit_transform(X)")


def test_contamination_by_group(report: Report, rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    train, held_out = rows
    columns = ["k", "m", *(f"p{i}" for i in range(20)), "y"]
    known = set(train[columns].itertuples(index=False, name=None))
    copied = np.array(
        [row in known for row in held_out[columns].itertuples(index=False, name=None)]
    )
    share = evidence(report, "CT202", "contaminated_share")
    assert share[None].observed == pytest.approx(copied.mean())
    for (k, m), inside in held_out.assign(copied=copied).groupby(["k", "m"])["copied"]:
        assert share[f"k={k}, m={m}"].observed == pytest.approx(inside.mean())
    assert evidence(report, "CT202", "masking_columns")[None].observed == ("n",)
    assert all(share[group].observed > 0.6 for group in MEDIUM + HARD)
    control = evidence(report, "CT202", "control_rate")
    assert all(share[group].observed <= control[group].observed + 0.01 for group in EASY)


def test_flagged_rows_against_the_true_parents(rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    from audit.load import load
    from audit.model.artifacts import Splits
    from audit.neighbours import kinship
    from checks.kit.kin import contaminated

    train, held_out = rows
    truth = pd.read_parquet(ROOT / "tests" / "ground_truth" / "run6_parents.parquet")
    parent = truth.set_index("row_id")["parent"]
    kin = held_out["row_id"].map(parent).isin(set(train["row_id"].map(parent))).to_numpy()
    (pair,) = kinship(load(EXPORT).artifacts[Splits].value).pairs
    flagged = contaminated(pair)
    assert flagged[kin].mean() > 0.9
    assert flagged[~kin].sum() == 0


def test_fifty_copies_against_two(report: Report) -> None:
    declared = evidence(report, "AU301", "copies_declared")
    actual = evidence(report, "AU301", "copies_actual")
    for group in HARD:
        assert (declared[group].observed, actual[group].observed) == (2, 50)
    for group in MEDIUM:
        assert (declared[group].observed, actual[group].observed) == (1, 25)
    growth = evidence(report, "AU301", "growth_factor")
    assert growth[None].observed == pytest.approx(93_600 / 3_600)


def test_easy_groups_are_worse_behind_a_better_average(report: Report) -> None:
    (finding,) = run_of(report, "MT401").findings
    worse = {e.group for e in finding.evidence if e.name == "group_metric"}
    assert worse == set(EASY)
    assert report.headline.worst_group is not None
    assert report.headline.worst_group.observed in EASY


def test_hard_tier_dominates(report: Report, rows: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    n = len(rows[1])
    share = evidence(report, "MT402", "rows_share")
    assert share["tier easy"].observed == pytest.approx(180 / n)
    assert share["tier medium"].observed == pytest.approx(4_680 / n)
    assert share["tier hard"].observed == pytest.approx(9_180 / n)


def test_decontaminated_metric_is_null_overall_and_known_for_easy_groups(report: Report) -> None:
    clean = evidence(report, "MT405", "decontaminated_metric")
    assert clean[None].observed is None
    assert clean[None].method == "clean rows suffice in tier easy only"
    table = pd.read_parquet(EXPORT / "val_predictions.parquet")
    loss = (np.log2(table["y_true"]) - np.log2(table["y_pred"])) ** 2
    for (k, m), inside in loss.groupby([table["k"], table["m"]]):
        label = f"k={k}, m={m}"
        if label in EASY:
            assert clean[label].observed == pytest.approx(inside.mean())
        else:
            assert clean[label].observed is None


def test_balanced_metric(report: Report) -> None:
    metrics = json.loads((EXPORT / "metrics.json").read_text(encoding="utf-8"))
    equal = np.mean([entry["log2_mse"] for entry in metrics["by_group"]])
    assert report.headline.balanced_metric is not None
    assert report.headline.balanced_metric.observed == pytest.approx(equal)
    assert run_of(report, "MT403").verdict is Verdict.PASS


def test_composition_table_that_does_not_add_up(report: Report) -> None:
    (finding,) = run_of(report, "CL501").findings
    lines = (EXPORT / "RESULTS.md").read_text(encoding="utf-8").splitlines()
    assert finding.primary.path == "RESULTS.md"
    assert lines[finding.primary.line - 1].startswith("| Medium | 3 groups |")
    assert "12,480 of 14,040" in finding.message


def test_corrected_export_has_no_finding() -> None:
    report = audit_export(ROOT / "tests" / "exports" / "corrected")
    assert alarms(report) == set()
    assert report.verdict.value == "VALID"
    for id in ("LK101", "LK102", "CT201", "CT202"):
        assert run_of(report, id).verdict is Verdict.PASS


def test_committed_report_is_current(tmp_path: Path) -> None:
    target = tmp_path / "run6.md"
    CliRunner().invoke(app, ["run", str(EXPORT), "--format", f"markdown:{target}"])
    committed = (ROOT / "reports" / "run6.md").read_text(encoding="utf-8")
    assert target.read_text(encoding="utf-8") == committed, "run `make report` and commit"
    pictures = re.findall(r"\]\((run6/\S+\.svg)\)", committed)
    assert pictures
    assert all((ROOT / "reports" / path).is_file() for path in pictures)
