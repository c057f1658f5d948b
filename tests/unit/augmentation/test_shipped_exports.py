"""AU302 to AU305 on the shipped Run 6 export and on its corrected counterpart."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.model.check import Verdict
from audit.model.report import CheckRun, Report
from audit.model.severity import Severity
from audit.render.figures import captions
from reference_pipeline.oracle import m_heights
from tests.harness import EXPORTS, alarms, audit_export, run_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def run6() -> Report:
    return audit_export(ROOT / "notebook_export")


@pytest.fixture(scope="module")
def corrected() -> Report:
    return audit_export(EXPORTS / "corrected")


def value(run: CheckRun, name: str, group: str | None = None) -> float:
    return next(e.observed for e in run.measured if e.name == name and e.group == group)  # type: ignore[return-value]


def brute() -> tuple[pd.DataFrame, np.ndarray]:
    """Training rows whose features are those of no source row, and all source rows, flattened."""
    folder = ROOT / "notebook_export"
    inputs = pickle.loads((folder / "data/inputs_n_k_m_P.pkl").read_bytes())
    rows = [[n, k, m, *np.ravel(p), *[0] * (20 - np.size(p))] for n, k, m, p in inputs]
    train = pd.read_parquet(folder / "splits/train.parquet")
    known = {tuple(map(float, row)) for row in rows}
    features = train.drop(columns=["row_id", "y"]).to_numpy(float)
    made = [tuple(row) not in known for row in features.tolist()]
    return train.loc[made], np.array(rows, dtype=float)


def test_growth(run6: Report) -> None:
    run = run_of(run6, "AU302")
    made, _ = brute()
    assert value(run, "growth_factor") == 26.0
    assert value(run, "growth_factor", "k=4, m=5") == 51.0
    assert value(run, "growth_factor", "k=4, m=2") == 1.0
    assert value(run, "synthetic_share") == pytest.approx(len(made) / 79_560)
    messages = [finding.message for finding in run.findings]
    assert any("of 14,040 validation rows are synthetic" in message for message in messages)
    assert any("has 51 rows per source row (98% are copies)" in message for message in messages)
    assert not any("26x" in message for message in messages)  # RESULTS.md says so, and is right


def test_noise(run6: Report) -> None:
    run = run_of(run6, "AU303")
    (finding,) = run.findings
    assert '"2 % noise"' in finding.message and "p0 … p19" in finding.message
    assert str(finding.primary) == "train_run6.ipynb cell 6:19"
    # n was jittered by two percent, as is said
    assert value(run, "noise_relative_to_value", "n") == pytest.approx(0.01, rel=0.02)


def test_fidelity(run6: Report) -> None:
    run = run_of(run6, "AU304")
    (finding,) = run.findings
    assert finding.severity is Severity.WARNING
    for words in ("n is 9 in every original", "0 … 1", "sum to 1 or 0", "distinct", "AUC 1.00"):
        assert words in finding.message
    made, _ = brute()
    entries = [f"p{i}" for i in range(20)]
    distinct = made.drop_duplicates([*entries, "k", "m", "y"])
    sources = made.drop_duplicates(["k", "m", "y"])
    assert value(run, "distinct_copies", "columns p0 … p19") == pytest.approx(
        len(distinct) / len(sources)
    )
    assert value(run, "fractional_share", "columns p0 … p19") == pytest.approx(
        float((made[entries] != made[entries].round()).to_numpy().mean())
    )
    assert finding.remedy.after == "P_noisy = P + rng.normal(0.0, NOISE_SCALE * P.std(), P.shape)"


def test_the_picture_states_the_finding_in_numbers(run6: Report, corrected: Report) -> None:
    title, alt = captions(run6)["augmentation"]
    assert title.endswith("?")
    assert "n: originals about 9, copies 8.82 to 9.18" in alt
    assert "overlap by" in alt
    assert "augmentation" not in captions(corrected)


def test_the_corrected_export_is_silent(corrected: Report) -> None:
    assert run_of(corrected, "AU302").verdict is Verdict.PASS
    assert run_of(corrected, "AU303").verdict is Verdict.NOT_APPLICABLE
    assert run_of(corrected, "AU304").verdict is Verdict.PASS
    run = run_of(corrected, "AU302")
    assert value(run, "synthetic_share_test") == 0 == value(run, "synthetic_share_validation")


def test_without_a_column_of_exact_labels_there_is_no_answer(
    run6: Report, corrected: Report
) -> None:
    assert run_of(run6, "AU305").verdict is Verdict.NOT_APPLICABLE
    assert run_of(corrected, "AU305").verdict is Verdict.NOT_APPLICABLE


def with_exact_labels(target: Path) -> Path:
    """The corrected export, with the oracle's answer beside every row."""
    shutil.copytree(EXPORTS / "corrected", target)
    for path in sorted((target / "splits").glob("*.parquet")):
        rows = pd.read_parquet(path)
        exact = np.empty(len(rows))
        for (k, m), own in rows.groupby(["k", "m"]).indices.items():
            entries = rows[[f"p{i}" for i in range(k * (9 - k))]].to_numpy()[own]
            exact[own] = m_heights(entries.reshape(-1, k, 9 - k), m)
        rows.assign(y_exact=exact).to_parquet(path, index=False)
    return target


def test_symmetric_copies_of_the_corrected_export_have_exact_labels(tmp_path: Path) -> None:
    report = audit_export(with_exact_labels(tmp_path / "export"))
    run = run_of(report, "AU305")
    assert run.verdict is Verdict.PASS, run.reason
    assert value(run, "wrong_labels_copies") == 0
    assert "937 original training rows, 1,873 training copies" in run.reason
    assert report.verdict.value == "VALID"
    assert alarms(report) == set()


def test_wrong_held_out_labels_of_the_corrected_export_are_found(tmp_path: Path) -> None:
    export = with_exact_labels(tmp_path / "export")
    path = export / "splits/val.parquet"
    rows = pd.read_parquet(path)
    # The labels and the reported metric stay as they are; the truth is another one for 30 rows.
    rows.loc[:29, "y_exact"] = np.inf
    rows.to_parquet(path, index=False)
    (finding,) = run_of(audit_export(export), "AU305").findings
    assert finding.severity is Severity.ERROR
    assert finding.message.startswith("30 of 188 validation rows carry a finite label, though")
