"""The committed exports: their rows, their documents, and the one mistake they carry."""

from __future__ import annotations

import json
import re
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reference_pipeline.config import TIERS, corrected, run6
from reference_pipeline.notebook import source_of

ROOT = Path(__file__).parents[3]
RUN6 = ROOT / "notebook_export"
CORRECTED = ROOT / "tests" / "exports" / "corrected"
FEATURES = ["n", "k", "m", *(f"p{i}" for i in range(20))]
COPIES = {"easy": 0, "medium": 25, "hard": 50}


def table(export: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(export / f"{name}.parquet")


def markdown_rows(export: Path, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its two header lines."""
    text = (export / "RESULTS.md").read_text(encoding="utf-8")
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def number(text: str) -> float:
    return float(re.sub(r"[,%]|groups", "", text))


def log2_mse(rows: pd.DataFrame) -> float:
    return float(np.mean((np.log2(rows["y_true"]) - np.log2(rows["y_pred"])) ** 2))


def test_run6_rows_by_group_and_split() -> None:
    train, val = table(RUN6, "splits/train"), table(RUN6, "splits/val")
    ids = pd.concat([train["row_id"], val["row_id"]])
    assert sorted(ids) == list(range(93_600))
    held_out = val.groupby(["k", "m"]).size()
    both = held_out + train.groupby(["k", "m"]).size()
    for tier, groups in TIERS.items():
        for group in groups:
            assert both[group] == 400 * (1 + COPIES[tier])
            assert held_out[group] == both[group] * 15 // 100
            assert held_out[group] == {"easy": 60, "medium": 1560, "hard": 3060}[tier]


def test_run6_parents_are_ground_truth_and_not_in_the_export() -> None:
    parents = pd.read_parquet(ROOT / "tests" / "ground_truth" / "run6_parents.parquet")
    train, val = table(RUN6, "splits/train"), table(RUN6, "splits/val")
    for rows in (train, val):
        assert list(rows.columns) == ["row_id", *FEATURES, "y"]
    assert list(table(RUN6, "val_predictions")) == ["row_id", "k", "m", "y_true", "y_pred"]

    pool = pd.concat([train, val]).merge(parents, on="row_id", validate="one_to_one")
    family = pool.groupby("parent")
    assert len(family) == 3600
    assert (family[["k", "m", "y"]].nunique() == 1).all(axis=None)
    sizes = family.size().groupby([family["k"].first(), family["m"].first()]).unique()
    for tier, groups in TIERS.items():
        for group in groups:
            assert sizes[group].tolist() == [1 + COPIES[tier]]
    assert (family["n"].apply(lambda values: (values == 9).sum()) == 1).all()


def test_run6_metrics_follow_from_the_predictions() -> None:
    metrics = json.loads((RUN6 / "metrics.json").read_text())
    predictions = table(RUN6, "val_predictions")
    held_out = table(RUN6, "splits/val")
    assert predictions["row_id"].tolist() == held_out["row_id"].tolist()
    assert predictions["y_true"].tolist() == held_out["y"].tolist()
    assert metrics["overall"]["validation"] == pytest.approx(log2_mse(predictions), rel=1e-9)
    assert metrics["growth_factor"] == 26
    for entry in metrics["by_group"]:
        rows = predictions.query(f"k == {entry['k']} and m == {entry['m']}")
        assert entry["samples"] == len(rows)
        assert entry["log2_mse"] == pytest.approx(log2_mse(rows), rel=1e-9)


def test_run6_shows_the_pattern_of_the_real_case() -> None:
    metrics = json.loads((RUN6 / "metrics.json").read_text())
    baseline = json.loads((RUN6 / "baseline_run2.json").read_text())
    before = {(e["k"], e["m"]): e["log2_mse"] for e in baseline["by_group"]}
    after = {(e["k"], e["m"]): e["log2_mse"] for e in metrics["by_group"]}
    assert metrics["overall"]["validation"] < 0.374
    assert all(after[group] > 2 * before[group] for group in TIERS["easy"])
    assert all(after[group] < before[group] for group in TIERS["medium"] + TIERS["hard"])
    assert {(e["k"], e["m"]): e["tier"] for e in baseline["by_group"]} == {
        group: tier for tier, groups in TIERS.items() for group in groups
    }
    assert round(np.mean(list(before.values())), 3) == round(baseline["overall"], 3) == 0.507


def test_run6_composition_counts_two_of_three_medium_groups() -> None:
    *tiers, total = markdown_rows(RUN6, "Validation set")
    counts = {row[0]: number(row[2]) for row in tiers}
    assert [row[1] for row in tiers] == ["3 groups"] * 3
    assert total == ["Total", "9 groups", "14,040", "100.0%"]
    assert counts == {"Easy": 180, "Medium": 3120, "Hard": 9180}
    assert sum(counts.values()) == 14_040 - 1560
    for row in tiers:
        assert number(row[3]) == pytest.approx(100 * number(row[2]) / 14_040, abs=0.05)
    assert sum(number(row[3]) for row in tiers) == pytest.approx(88.9)


def test_run6_page_is_right_elsewhere() -> None:
    metrics = json.loads((RUN6 / "metrics.json").read_text())
    baseline = json.loads((RUN6 / "baseline_run2.json").read_text())
    before = {(e["k"], e["m"]): e["log2_mse"] for e in baseline["by_group"]}
    after = {(e["k"], e["m"]): e["log2_mse"] for e in metrics["by_group"]}
    rows = markdown_rows(RUN6, "By group")
    assert len(rows) == 9
    for name, tier, *cells in rows:
        k, m = map(int, re.fullmatch(r"k=(\d),m=(\d)", name).groups())
        assert (k, m) in TIERS[tier.lower()]
        old, new, change, percent = map(number, cells)
        assert old == pytest.approx(before[k, m], abs=0.0005001)
        assert new == pytest.approx(after[k, m], abs=0.0005001)
        assert change == pytest.approx(after[k, m] - before[k, m], abs=0.0005001)
        assert percent == pytest.approx(100 * (1 - after[k, m] / before[k, m]), abs=0.5001)

    overall = {row[0]: number(row[1]) for row in markdown_rows(RUN6, "Overall")}
    train, validation = metrics["overall"]["train"], metrics["overall"]["validation"]
    gap = "Gap (validation - training)"
    assert overall["Training"] == pytest.approx(train, abs=1e-6)
    assert overall["Validation"] == pytest.approx(validation, abs=1e-6)
    assert overall[gap] == pytest.approx(validation - train, abs=1e-6)
    text = (RUN6 / "RESULTS.md").read_text()
    assert f"{100 * (1 - validation / 0.374):.1f}% better than the 0.374 target" in text
    assert "3,600 samples into 93,600: 26x" in text
    assert "Training rows: 79,560. Validation rows: 14,040." in text


def orbit_key(values: np.ndarray) -> tuple[object, ...]:
    """Smallest image of a matrix: every row order and row sign, columns brought into order."""
    keys = []
    for order in permutations(range(len(values))):
        for signs in product((1, -1), repeat=len(values)):
            image = values[list(order)] * np.array(signs)[:, None]
            keys.append(tuple(sorted(max(tuple(c), tuple(-c)) for c in image.T)))
    return (values.shape, min(keys))


def corrected_matrices(rows: pd.DataFrame) -> list[np.ndarray]:
    features = rows[FEATURES[3:]].to_numpy(dtype=int)
    return [
        row[: k * (9 - k)].reshape(k, 9 - k) for k, row in zip(rows["k"], features, strict=True)
    ]


def test_corrected_export_has_no_entity_on_two_sides() -> None:
    """Candidates are found by sorted magnitudes, then compared as whole symmetry classes."""
    splits = {name: table(CORRECTED, f"splits/{name}") for name in ("train", "val", "test")}
    members: dict[tuple[int, ...], list[tuple[str, np.ndarray]]] = {}
    for name, rows in splits.items():
        for matrix in corrected_matrices(rows):
            invariant = (len(matrix), *np.sort(np.abs(matrix), axis=None).tolist())
            members.setdefault(invariant, []).append((name, matrix))
    mixed = [family for family in members.values() if len({name for name, _ in family}) > 1]
    for family in mixed:
        sides = {}
        for name, matrix in family:
            assert sides.setdefault(orbit_key(matrix), name) == name

    shared = pd.concat(splits.values()).query("row_id < 1350")
    names = [matrix.tobytes() + bytes([len(matrix)]) for matrix in corrected_matrices(shared)]
    assert len(names) == 1350
    assert len(set(names)) < 1350 - 100  # the same P does occur under several m


def test_corrected_rows_and_documents_agree() -> None:
    metrics = json.loads((CORRECTED / "metrics.json").read_text())
    counts = metrics["counts"]
    train, val, test = (table(CORRECTED, f"splits/{name}") for name in ("train", "val", "test"))
    originals = train.query("row_id < 1350")
    assert counts == {
        "originals": 1350,
        "train_originals": len(originals),
        "train": len(train),
        "validation": len(val),
        "test": len(test),
    }
    assert len(originals) + len(val) + len(test) == 1350
    copies = corrected().copies
    assert len(train) == sum(1 + copies[row.k, row.m] for row in originals.itertuples())
    for name, rows in (("val", val), ("test", test)):
        predictions = table(CORRECTED, f"{name}_predictions")
        assert predictions["row_id"].tolist() == rows["row_id"].tolist()
        assert predictions["y_true"].tolist() == rows["y"].tolist()
        key = {"val": "validation", "test": "test"}[name]
        assert metrics["overall"][key] == pytest.approx(log2_mse(predictions), rel=1e-9)

    *tiers, total = markdown_rows(CORRECTED, "Validation set")
    assert sum(number(row[2]) for row in tiers) == number(total[2]) == len(val)
    for row in tiers:
        assert number(row[3]) == pytest.approx(100 * number(row[2]) / len(val), abs=0.05)


@pytest.mark.parametrize(("export", "config"), [(RUN6, run6()), (CORRECTED, corrected())])
def test_recorded_notebooks_are_those_of_the_package(export: Path, config: object) -> None:
    book = json.loads((export / f"train_{config.name}.ipynb").read_text())
    source = source_of(config)
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert all("".join(cell["source"]) in source for cell in code)
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert outputs
    assert {output.get("name") for output in outputs} == {"stdout"}
    text = "".join("".join(output["text"]) for output in outputs)
    assert not re.search(r"/home|/tmp|/usr|/work|[Ww]arning|\d ?m?s/step", text)


def test_sizes() -> None:
    def total(folder: Path) -> int:
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    assert total(RUN6) < 8_000_000
    assert total(CORRECTED) < 1_500_000
