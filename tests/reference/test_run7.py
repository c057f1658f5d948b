"""Run 7 from its data to its verdict, at smoke size: one training for all of these tests."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest

from audit.model.check import Verdict
from audit.model.report import ExperimentVerdict
from audit.model.severity import Severity
from reference_pipeline.config import GROUPS, TIERS
from reference_pipeline.config import run7 as configure
from tests.reference.conftest import Made

pytestmark = pytest.mark.xdist_group("reference")

ENTRIES = [f"p{i}" for i in range(20)]
COPIES = {"easy": 1, "medium": 2, "hard": 3}
PER_GROUP, FRESH_PER_GROUP = 5_000, 1_000


def table(made: Made, name: str) -> pd.DataFrame:
    return pd.read_parquet(made.folder / f"{name}.parquet")


def log2_mse(rows: pd.DataFrame) -> float:
    return float(np.mean((np.log2(rows["y_true"]) - np.log2(rows["y_pred"])) ** 2))


def test_the_audit_finds_nothing_above_a_note(run7: Made) -> None:
    assert run7.report.verdict is ExperimentVerdict.VALID
    alarms = [
        f"{finding.check_id}: {finding.message}"
        for finding in run7.report.findings
        if finding.severity > Severity.NOTE
    ]
    assert not alarms


@pytest.mark.parametrize(
    "check",
    [
        *("LK101", "LK102", "LK106", "CT201", "CT202", "AU302", "AU304", "AU305"),
        *("MT402", "MT403", "MT404", "MT405", "MT406", "MT408", "MT409", "CL501", "CL502", "CL504"),
    ],
)
def test_the_checks_that_matter_could_tell(run7: Made, check: str) -> None:
    (of_check,) = [each for each in run7.report.runs if each.check_id == check]
    assert of_check.verdict in (Verdict.PASS, Verdict.FAIL), of_check.reason


def test_all_six_success_criteria_are_met(run7: Made) -> None:
    assert [entry["met"] for entry in run7.metrics["criteria"]] == [True] * 6
    assert "All six success criteria are met." in (run7.folder / "RESULTS.md").read_text("utf-8")


def test_rows_of_every_split_and_group_are_counted_exactly(run7: Made) -> None:
    train, val, test = (table(run7, f"splits/{name}") for name in ("train", "val", "test"))
    held_out = PER_GROUP * 15 // 100
    for tier, groups in TIERS.items():
        for k, m in groups:
            own = train.query(f"k == {k} and m == {m}")
            assert Counter(own["is_augmented"]) == {
                False: PER_GROUP - held_out,
                True: COPIES[tier] * (PER_GROUP - held_out),
            }
            assert len(val.query(f"k == {k} and m == {m}")) == held_out
            assert len(test.query(f"k == {k} and m == {m}")) == FRESH_PER_GROUP
    assert run7.metrics["counts"] == {
        "originals": len(GROUPS) * PER_GROUP,
        "train_originals": int((~train["is_augmented"]).sum()),
        "train_copies": int(train["is_augmented"].sum()),
        "train": len(train),
        "validation": len(val),
        "test": len(test),
        "held_out_with_entity_in_train": 0,
    }
    ids = pd.concat([train["row_id"], val["row_id"], test["row_id"]])
    assert ids.is_unique


def test_copies_are_their_parents_rearranged_with_exact_labels(run7: Made) -> None:
    train = table(run7, "splits/train")
    copies = train[train["is_augmented"]]
    parents = train.set_index("row_id").loc[copies["parent_id"]]
    assert not parents["is_augmented"].any()
    magnitudes = [np.sort(np.abs(rows[ENTRIES].to_numpy()), axis=1) for rows in (copies, parents)]
    assert np.array_equal(*magnitudes)
    assert np.array_equal(copies["y"], parents["y"])
    assert np.allclose(copies["y"], copies["y_exact"], rtol=1e-9)
    assert not np.array_equal(copies[ENTRIES].to_numpy(), parents[ENTRIES].to_numpy())


def orbit_key(matrix: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """Smallest image of a matrix under row orders and row signs, its columns brought into order."""
    values = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    return min(
        tuple(sorted(max(tuple(c), tuple(-c)) for c in (values[list(order)] * signs).T))
        for order in permutations(range(len(values)))
        for signs in (np.array(each)[:, None] for each in product((1, -1), repeat=len(values)))
    )


def test_no_matrix_is_on_two_sides(run7: Made) -> None:
    """Candidates have the same sorted magnitudes; these are compared up to symmetry."""
    families: dict[tuple[int, ...], list[tuple[str, np.ndarray]]] = defaultdict(list)
    for name in ("train", "val", "test"):
        rows = table(run7, f"splits/{name}").query("not is_augmented")
        values = rows[ENTRIES].to_numpy(dtype=int)
        for k, row in zip(rows["k"], values, strict=True):
            matrix = row[: k * (9 - k)].reshape(k, 9 - k)
            families[(k, *np.sort(np.abs(row)).tolist())].append((name, matrix))
    mixed = [family for family in families.values() if len({name for name, _ in family}) > 1]
    for family in mixed:
        side_of: dict[object, str] = {}
        for name, matrix in family:
            assert side_of.setdefault(orbit_key(matrix), name) == name


@pytest.mark.parametrize(("name", "key"), [("val", "validation"), ("test", "test")])
def test_metrics_follow_from_the_predictions(run7: Made, name: str, key: str) -> None:
    predictions = table(run7, f"{name}_predictions")
    split = table(run7, f"splits/{name}")
    assert predictions["row_id"].tolist() == split["row_id"].tolist()
    assert predictions["y_true"].tolist() == split["y"].tolist()
    assert run7.metrics["overall"][key] == pytest.approx(log2_mse(predictions), rel=1e-9)
    entries = run7.metrics["by_group" if name == "val" else "by_group_test"]
    assert {(entry["k"], entry["m"]) for entry in entries} == set(GROUPS)
    for entry in entries:
        own = predictions.query(f"k == {entry['k']} and m == {entry['m']}")
        assert entry["log2_mse"] == pytest.approx(log2_mse(own), rel=1e-9)
        assert entry["samples"] == len(own)


def test_the_network_beats_the_ridge_and_each_rung_the_one_before(run7: Made) -> None:
    ladder = [entry["log2_mse"] for entry in run7.metrics["ridge"]]
    assert [entry["features"] for entry in run7.metrics["ridge"]] == ["A", "B", "C", "D"]
    assert ladder == sorted(ladder, reverse=True)
    assert run7.metrics["overall"]["validation"] < ladder[-1]


def test_the_history_has_every_group_and_the_balanced_metric(run7: Made) -> None:
    history = pd.read_csv(run7.folder / "history.csv")
    wanted = [f"val_log2_mse_k{k}_m{m}" for k, m in GROUPS]
    wanted += [f"val_log2_mse_{part}" for part in (*TIERS, "balanced")]
    assert set(wanted) <= set(history.columns)
    tiers = history[[f"val_log2_mse_{tier}" for tier in TIERS]].mean(axis=1)
    assert np.allclose(history["val_log2_mse_balanced"], tiers, atol=1e-5)
    assert len(history) == max(run7.metrics["epochs"]["trained"])
    if run7.metrics["networks"] == 1:
        assert [history["val_log2_mse_balanced"].idxmin() + 1] == run7.metrics["epochs"]["best"]


def test_the_order_of_the_steps_can_be_read_from_the_code(run7: Made) -> None:
    """Split, copies, scaler, fit, scores: the same order that the audit's picture shows."""
    book = json.loads((run7.folder / "train_run7.ipynb").read_text(encoding="utf-8"))
    code = "\n".join("".join(c["source"]) for c in book["cells"] if c["cell_type"] == "code")
    steps = [
        r"train_test_split\(\n",
        r"symmetric_copies\(rows_train",
        r"scaler\.fit_transform\(X_train\)",
        r"model\.fit\(",
        r"pred_val = ",
        r"pred_test = ",
        r"capture\.save_export\(",
    ]
    places = [[match.start() for match in re.finditer(step, code)] for step in steps]
    assert [len(found) for found in places] == [1] * len(steps)
    assert places == sorted(places)


def test_what_the_notebook_recorded_repeats(run7: Made) -> None:
    """No times, no paths, no warnings: a rebuilt export differs where the numbers do."""
    book = json.loads((run7.folder / "train_run7.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output.get("name") for output in outputs} == {"stdout"}
    text = "".join("".join(output["text"]) for output in outputs)
    assert not re.search(r"/home|/tmp|/usr|/work|[Ww]arning|\d ?m?s/step", text)
    epochs = configure("smoke").constants["EPOCHS"]
    assert len(re.findall(r"^epoch ", text, re.MULTILINE)) <= epochs


def test_files_are_those_of_the_format(run7: Made) -> None:
    files = {path.relative_to(run7.folder).as_posix() for path in run7.folder.rglob("*.*")}
    assert {
        "RESULTS.md",
        "data/fresh_m_heights.pkl",
        "data/fresh_n_k_m_P.pkl",
        "data/inputs_n_k_m_P.pkl",
        "data/m_heights.pkl",
        "history.csv",
        "metrics.json",
        "splits/test.parquet",
        "splits/train.parquet",
        "splits/val.parquet",
        "test_predictions.parquet",
        "train_run7.ipynb",
        "val_predictions.parquet",
    } == files - {".audit-capture.json"}
