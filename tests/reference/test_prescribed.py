"""Run 7 as prescribed and Run 6 divided by parent, really trained, on tiny data, and audited."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.model.report import Report
from audit.model.severity import Severity
from reference_pipeline.config import RunConfig, run6_resplit, run7_as_prescribed
from reference_pipeline.data import exact_heights
from reference_pipeline.export import build_export
from tests.harness import alarms, audit_export, run_of

NEEDED = ("tensorflow", "nbclient", "nbformat", "ipykernel", "psutil")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.xdist_group("reference"),
    pytest.mark.skipif(bool(MISSING), reason=f"the reference extra lacks {', '.join(MISSING)}"),
]
FEATURES = ["n", "k", "m", *(f"p{i}" for i in range(20))]
COLUMNS = ["row_id", *FEATURES, "is_augmented", "parent_id", "y", "y_exact"]


def tiny(config: RunConfig, samples_per_group: int, **constants: int) -> RunConfig:
    return dataclasses.replace(
        config,
        dataset=dataclasses.replace(config.dataset, samples_per_group=samples_per_group),
        constants=config.constants | constants,
    )


def splits_of(folder: Path) -> dict[str, pd.DataFrame]:
    return {
        name: pd.read_parquet(folder / "splits" / f"{name}.parquet") for name in ("train", "val")
    }


def check_lineage(splits: dict[str, pd.DataFrame]) -> None:
    """No parent on both sides; originals are their own parents, with right labels."""
    for rows in splits.values():
        assert list(rows.columns) == COLUMNS
        originals = rows[~rows["is_augmented"]]
        assert (originals["parent_id"] == originals["row_id"]).all()
        np.testing.assert_allclose(originals["y"], originals["y_exact"], rtol=1e-12)
        np.testing.assert_array_equal(exact_heights(rows[FEATURES].to_numpy()), rows["y_exact"])
        labels = originals.set_index("row_id")["y"]
        np.testing.assert_array_equal(labels[rows["parent_id"]], rows["y"])
    assert not set(splits["train"]["parent_id"]) & set(splits["val"]["parent_id"])
    assert pd.concat(splits.values())["row_id"].is_unique


def no_claim_is_wrong(report: Report) -> bool:
    return not [
        run.findings for run in report.runs if run.check_id.startswith("CL") and run.findings
    ]


def test_run7_as_prescribed(tmp_path: Path) -> None:
    config = tiny(run7_as_prescribed(), 80, EPOCHS=60, EASY_PATIENCE=2)
    build_export(config, tmp_path)

    splits = splits_of(tmp_path)
    check_lineage(splits)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert len(splits["val"]) == 9 * 80 * 15 // 100
    assert not splits["val"]["is_augmented"].any()
    assert metrics["counts"]["train"] == len(splits["train"]) == 3 * 9 * 68
    per_group = splits["train"].groupby(["k", "m"])["is_augmented"].sum()
    assert (per_group / 68).to_dict() == config.copies
    copies = splits["train"].query("is_augmented")
    counted = {(row["k"], row["m"]): row["infinite"] for row in metrics["label_error_of_copies"]}
    assert (
        counted == np.isinf(copies["y_exact"]).groupby([copies["k"], copies["m"]]).sum().to_dict()
    )
    assert metrics["easy_monitor"]["stopped"]
    assert metrics["epochs"] == {"planned": 60, "trained": 2}

    report = audit_export(tmp_path)
    # MT408 where the validation loss was still falling when the monitor stopped the training
    assert alarms(report) - {"MT408"} == {"AU303", "AU304", "AU305"}
    assert report.verdict.value == "SUSPECT"
    assert no_claim_is_wrong(report)
    (missed,) = run_of(report, "MT406").findings
    assert missed.severity is Severity.NOTE
    assert "are missed, as the text says" in missed.message


def test_run6_divided_by_parent(tmp_path: Path) -> None:
    config = tiny(run6_resplit(), 20, EPOCHS=1)
    build_export(config, tmp_path)

    splits = splits_of(tmp_path)
    check_lineage(splits)
    sizes = {name: rows.groupby(["k", "m"]).size().to_dict() for name, rows in splits.items()}
    assert sizes["val"] == {group: 3 * (1 + n) for group, n in config.copies.items()}
    assert sizes["train"] == {group: 17 * (1 + n) for group, n in config.copies.items()}
    page = (tmp_path / "RESULTS.md").read_text()
    assert "not compared with that of Run 6" in " ".join(page.split())

    report = audit_export(tmp_path)
    fired = alarms(report)
    assert not {id for id in fired if id.startswith(("LK", "CT", "CL"))}
    assert {"AU302", "AU304", "AU305"} <= fired
    assert run_of(report, "LK101").verdict.value == "REVIEW"
    assert no_claim_is_wrong(report)
