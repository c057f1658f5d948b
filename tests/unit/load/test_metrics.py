"""Metric files of many shapes say the same thing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.load.metrics import read_metrics
from audit.load.written import WrittenFloat, reported
from audit.model.artifacts import Baseline, Grouping, LoadProblems, Metrics, SplitRole
from audit.model.export import Absent
from audit.model.location import Location
from tests.unit.load.exports import export

HERE = Location("m.json")
SITES = [{"site": "north", "rmse": 0.5, "n": 4}, {"site": "south", "rmse": 0.25, "n": 12}]
NAMED = {"north": {"rmse": 0.5, "n": 4}, "south": {"rmse": 0.25, "n": 12}}


def table_of(tmp_path: Path, name: str, content: object):
    return export(tmp_path, {name: content}).get(Metrics).value.tables[0]


@pytest.mark.parametrize(
    "content",
    [
        {"val": {"rmse": 0.375, "by_group": SITES}},
        {"metric": "RMSE", "validation": {"overall": 0.375, "by_group": NAMED}},
        {"metric": "rmse", "split": "val", "overall": 0.375, "per_group": SITES},
        {"val_rmse": 0.375, "by_site": NAMED},
        {"rmse": {"validation": {"overall": 0.375, "groups": SITES}}},
        {"metric": "rmse", "overall": {"train": 0.1, "validation": 0.375}, "by_group": SITES},
        {"results": {"dev": {"rmse": 0.375, "per_site": NAMED}}},
        [
            {"split": "val", "site": "overall", "rmse": 0.375},
            *({"split": "val"} | s for s in SITES),
        ],
    ],
)
def test_shapes_of_json(tmp_path: Path, content: object) -> None:
    table = table_of(tmp_path, "metrics.json", content)
    assert table.metric == "rmse"
    assert table.role is SplitRole.VALIDATION
    assert table.overall.value == 0.375
    assert {key: v.value for key, v in table.by_group.items()} == {"north": 0.5, "south": 0.25}
    assert table.counts == {"north": 4, "south": 12}


@pytest.mark.parametrize(
    "text",
    [
        "site,rmse,n\nnorth,0.5,4\nsouth,0.25,12\nall,0.375,16\n",
        "site,metric,value,count\nnorth,rmse,0.5,4\nsouth,rmse,0.25,12\noverall,rmse,0.375,16\n",
        "Site;RMSE;Samples\nnorth;0.5;4\nsouth;0.25;12\nTotal;0.375;16\n",
    ],
)
def test_shapes_of_tables(tmp_path: Path, text: str) -> None:
    table = table_of(tmp_path, "results.csv", text)
    assert table.overall.value == 0.375
    assert {key: v.value for key, v in table.by_group.items()} == {"north": 0.5, "south": 0.25}
    assert table.counts == {"north": 4, "south": 12}
    assert str(table.by_group["south"].location) == "results.csv row 1"


def test_pointers_lead_to_the_number(tmp_path: Path) -> None:
    content = {"a/b~": {"val": {"rmse": 0.375, "by_group": SITES}}}
    table = table_of(tmp_path, "metrics.json", content)
    for value in (table.overall, *table.by_group.values()):
        node = content
        for part in value.location.pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert node == value.value


def test_counts_and_seconds_are_no_metrics(tmp_path: Path) -> None:
    content = {
        "metric": "mae",
        "overall": {"train": 0.125, "test": 0.25},
        "counts": {"train": 80, "test": 20},
        "seconds": {"train": 12.5, "test": 0.5},
        "targets": {"mae": 0.3},
        "config": {"loss": 5, "accuracy": 1},
        "loss_weight": 3,
    }
    tables = export(tmp_path, {"metrics.json": content}).get(Metrics).value.tables
    assert [(t.metric, t.role.value, t.overall.value) for t in tables] == [
        ("mae", "test", 0.25),
        ("mae", "train", 0.125),
    ]


def test_classification_report_keeps_classes_apart(tmp_path: Path) -> None:
    content = {
        "0": {"precision": 0.5, "recall": 0.25, "f1-score": 0.33, "support": 4},
        "1": {"precision": 0.75, "recall": 1.0, "f1-score": 0.85, "support": 12},
        "accuracy": 0.8125,
        "macro avg": {"precision": 0.625, "recall": 0.625, "f1-score": 0.59, "support": 16},
    }
    tables = export(tmp_path, {"metrics.json": content}).get(Metrics).value.tables
    assert (tables[0].metric, tables[0].overall.value) == ("accuracy", 0.8125)
    precision = {t.label: t.overall.value for t in tables if t.metric == "precision"}
    assert precision == {"metrics": 0.625}


def test_one_of_several_models_is_not_the_run(tmp_path: Path) -> None:
    content = {"ridge": {"test": {"rmse": 0.5}}, "forest": {"test": {"rmse": 0.25}}}
    loaded = export(tmp_path, {"metrics.json": content})
    assert isinstance(loaded.get(Metrics), Absent)
    (problem,) = loaded.get(LoadProblems).value.items
    assert "ridge, forest" in problem.reason


def test_the_only_model_is_the_run(tmp_path: Path) -> None:
    table = table_of(tmp_path, "metrics.json", {"ridge": {"test": {"rmse": 0.5}}})
    assert (table.role, table.overall.value, table.label) == (SplitRole.TEST, 0.5, "ridge")


@pytest.mark.parametrize(
    "content",
    [
        {"cv": {"accuracy": 0.93}, "test": {"accuracy": 0.5}},
        {"cv_accuracy": 0.93, "test_accuracy": 0.5},
        {"mean_accuracy": 0.93, "std_accuracy": 0.01, "test_accuracy": 0.5},
    ],
)
def test_averages_over_folds_are_no_value_of_one_split(tmp_path: Path, content: object) -> None:
    (table,) = export(tmp_path, {"metrics.json": content}).get(Metrics).value.tables
    assert (table.metric, table.role, table.overall.value) == ("accuracy", SplitRole.TEST, 0.5)


CITIES = "city,accuracy,n\nOslo,0.9,250\nBergen,0.85,100\nSkien,0.8,50\n"


def test_overall_and_groups_from_two_files(tmp_path: Path) -> None:
    files = {"metrics.json": {"test": {"accuracy": 0.8725}}, "metrics_by_city.csv": CITIES}
    (table,) = export(tmp_path, files).get(Metrics).value.tables
    assert (table.role, table.path) == (SplitRole.TEST, "metrics_by_city.csv")
    assert (table.overall.value, table.overall.location.path) == (0.8725, "metrics.json")
    assert table.counts == {"oslo": 250, "bergen": 100, "skien": 50}


@pytest.mark.parametrize(
    "others",
    [
        {"metrics.json": {"val": {"accuracy": 0.9}, "test": {"accuracy": 0.8725}}},
        {"metrics.json": {"train": {"accuracy": 0.8725}}},
        {"metrics.json": {"test": {"f1": 0.8725}}},
        {
            "metrics.json": {"test": {"accuracy": 0.8725}},
            "metrics_by_age.csv": "age,accuracy,n\n20,0.9,200\n40,0.845,200\n",
        },
        {
            "metrics.json": {"test": {"accuracy": 0.8725}},
            "train.csv": "a,y\n1,2\n2,3\n",
            "test.csv": "a,y\n3,4\n4,5\n",
        },
    ],
    ids=["two splits", "train", "another metric", "two groupings", "another number of rows"],
)
def test_overall_and_groups_that_need_not_belong_together(
    tmp_path: Path, others: dict[str, object]
) -> None:
    loaded = export(tmp_path, {**others, "metrics_by_city.csv": CITIES})
    tables = loaded.get(Metrics).value.tables
    (table,) = [table for table in tables if set(table.by_group) == {"oslo", "bergen", "skien"}]
    assert table.overall is None


def test_rows_that_need_two_columns_to_tell_them_apart(tmp_path: Path) -> None:
    text = "gender,age,recall,support\nF,<40,0.7,20\nF,40+,0.8,30\nM,<40,0.9,25\nM,40+,0.6,35\n"
    loaded = export(tmp_path, {"fairness_report.csv": text})
    table = loaded.get(Metrics).value.tables[0]
    assert sum(table.counts.values()) == 110
    grouping = loaded.get(Grouping).value
    labels = {grouping.label(key): v.value for key, v in table.by_group.items()}
    assert labels == {
        "age=<40, gender=F": 0.7,
        "age=40+, gender=F": 0.8,
        "age=<40, gender=M": 0.9,
        "age=40+, gender=M": 0.6,
    }


def test_a_note_beside_the_group_is_no_part_of_it() -> None:
    rows = [{"city": "A", "note": "x", "rmse": 0.5}, {"city": "B", "note": "y", "rmse": 0.25}]
    (draft,), _ = read_metrics("m.json", {"by_group": rows}, frozenset(), None)
    assert [entry.name for entry in draft.entries] == ["A", "B"]


def test_tiers_are_no_groups(tmp_path: Path) -> None:
    content = {"rmse": 0.375, "by_tier": {"easy": {"rmse": 0.1}, "hard": {"rmse": 0.9}}}
    assert table_of(tmp_path, "metrics.json", content).by_group == {}


def test_headline_is_held_out_with_groups_and_no_loss(tmp_path: Path) -> None:
    content = {
        "train": {"mae": 0.1, "by_group": {"a": {"mae": 0.1}, "b": {"mae": 0.2}}},
        "test": {"loss": 0.3, "mae": 0.25, "by_group": {"a": {"mae": 0.5}, "b": {"mae": 0.4}}},
    }
    tables = export(tmp_path, {"metrics.json": content}).get(Metrics).value.tables
    assert [(t.metric, t.role.value) for t in tables] == [
        ("mae", "test"),
        ("loss", "test"),
        ("mae", "train"),
    ]


def test_configured_metric_comes_first(tmp_path: Path) -> None:
    files = {"metrics.json": {"mae": 0.5, "r2": 0.75}, "audit.toml": 'metric = "R2"'}
    assert export(tmp_path, files).get(Metrics).value.tables[0].metric == "r2"


def test_metric_of_the_projects_own(tmp_path: Path) -> None:
    content = {
        "metric": "wibble",
        "test": {"overall": 3.5, "by_group": [{"g": "a", "wibble": 1.5}]},
    }
    table = table_of(tmp_path, "metrics.json", content)
    assert (table.metric, table.overall.value) == ("wibble", 3.5)
    assert table.by_group["a"].value == 1.5


def test_baseline_without_groups_is_absent(tmp_path: Path) -> None:
    loaded = export(tmp_path, {"baseline.json": {"rmse": 0.5}, "metrics.json": {"rmse": 0.4}})
    slot = loaded.get(Baseline)
    assert isinstance(slot, Absent)
    assert "by group" in slot.reason


@pytest.mark.parametrize(
    ("text", "half_width"),
    [
        ("0.439", 0.0005),
        ("0.4390", 0.00005),
        ("0.181483", 0.0000005),
        ("1.422106", 0.0000005),
        ("-2.5", 0.05),
        ("12", 0.5),
        ("1.5e-3", 0.00005),
        ("2.50E+02", 0.5),
        ("0.17488541729643540", 1.2e-16),
        ("0.0", 0.05),
    ],
)
def test_precision_of_written_numbers(text: str, half_width: float) -> None:
    value = json.loads(text, parse_float=WrittenFloat)
    assert reported(value, HERE).half_width == pytest.approx(half_width, rel=0.2)


def test_key_fields_are_columns_of_the_data() -> None:
    rows = [{"k": 4, "m": 2, "seed": 7, "rmse": 0.5}, {"k": 4, "m": 3, "seed": 7, "rmse": 0.25}]
    (draft,), _ = read_metrics("m.json", {"by_group": rows}, frozenset({"k", "m", "p0"}), None)
    assert [dict(entry.fields) for entry in draft.entries] == [{"k": 4, "m": 2}, {"k": 4, "m": 3}]


def test_averages_of_a_classification_report_in_a_table_are_no_groups(tmp_path: Path) -> None:
    text = (
        ",precision,recall,support\ncat,0.8,0.7,100\ndog,0.9,0.95,200\naccuracy,0.9,0.9,0.9\n"
        "macro avg,0.85,0.82,300\nweighted avg,0.87,0.87,300\n"
    )
    for table in export(tmp_path, {"classification_report.csv": text}).get(Metrics).value.tables:
        assert table.counts == {"cat": 100, "dog": 200}
        assert set(table.by_group) == {"cat", "dog"}
        assert table.overall is None


def test_bare_values_by_group_belong_to_the_only_metric_beside_them(tmp_path: Path) -> None:
    groups = {"by_region": {"a": 0.88, "b": 0.92}, "n_by_region": {"a": 30, "b": 30}}
    table = table_of(tmp_path, "metrics.json", {"accuracy": 0.9, **groups})
    assert {key: v.value for key, v in table.by_group.items()} == {"a": 0.88, "b": 0.92}
    table = table_of(tmp_path, "metrics.json", {"accuracy": 0.9, "f1": 0.8, **groups})
    assert table.by_group == {}


@pytest.mark.parametrize(
    "tiers",
    [
        {"by_tier": [{"tier": "Low", "rmse": 0.25, "n": 12}, {"tier": "High", "rmse": 0.5}]},
        {"rmse_by_tier": {"Low": 0.25, "High": 0.5}},
        {"per_tier": {"Low": {"rmse": 0.25}, "High": {"rmse": 0.5}}},
        {
            "by_difficulty": [
                {"difficulty": "low", "rmse": 0.25},
                {"difficulty": "high", "rmse": 0.5},
            ]
        },
    ],
)
def test_values_of_tiers_are_no_groups(tmp_path: Path, tiers: dict) -> None:
    table = table_of(tmp_path, "metrics.json", {"val_rmse": 0.375, "by_site": NAMED} | tiers)
    assert {key: v.value for key, v in table.by_tier.items()} == {"low": 0.25, "high": 0.5}
    assert set(table.by_group) == {"north", "south"}
    assert table.role is SplitRole.VALIDATION


def test_values_of_tiers_alone_make_no_table(tmp_path: Path) -> None:
    content = {"metric": "rmse", "by_tier": [{"tier": "low", "rmse": 0.25}]}
    assert isinstance(export(tmp_path, {"metrics.json": content}).get(Metrics), Absent)


@pytest.mark.parametrize("odd", [[], [1, 2], [{}], [{"tier": None, "rmse": "x"}], {"a": [1]}, 7])
def test_odd_values_of_tiers_are_left_out(tmp_path: Path, odd: object) -> None:
    table = table_of(tmp_path, "metrics.json", {"val_rmse": 0.375, "by_tier": odd})
    assert table.by_tier == {}
    assert table.overall.value == 0.375
