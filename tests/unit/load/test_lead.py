"""Which of several held-out metrics is the headline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.load import load
from audit.model.artifacts import Metrics, SplitRole
from audit.model.export import Present

TEST, VALIDATION = SplitRole.TEST, SplitRole.VALIDATION
BOTH = {"metric": "rmse", "overall": {"train": 0.31, "validation": 0.4126, "test": 0.4291}}


def headline(tmp_path: Path, page: str, content: object = BOTH, name: str = "RESULTS.md") -> object:
    (tmp_path / "metrics.json").write_text(json.dumps(content))
    if page:
        (tmp_path / name).write_text(page)
    slot = load(tmp_path).artifacts[Metrics]
    assert isinstance(slot, Present)
    return slot.value.tables[0].role


@pytest.mark.parametrize(
    ("page", "role"),
    [
        ("", TEST),
        ("# Results\n\nNothing yet.\n", TEST),
        ("# Results\n\nThe RMSE on the test set is **0.429**.\n\nValidation: 0.413\n", TEST),
        ("# Results\n\nValidation RMSE **0.413**, test RMSE 0.429.\n", VALIDATION),
        ("# Results\n\n| split | RMSE |\n|---|---|\n| val | 0.413 |\n| test | 0.429 |\n", TEST),
        ("# Results\n\nRMSE of 0.4126 (target: < 0.43)\n", VALIDATION),
        ("# Results\n\nOther numbers: 0.41, 0.4300 and 41.3.\n", VALIDATION),
    ],
)
def test_the_page_decides_else_the_test_set(tmp_path: Path, page: str, role: SplitRole) -> None:
    assert headline(tmp_path, page) is role


def test_results_come_before_other_pages(tmp_path: Path) -> None:
    (tmp_path / "ANALYSIS.md").write_text("Validation RMSE 0.413.")
    assert headline(tmp_path, "Test RMSE 0.429.") is TEST


def test_percent(tmp_path: Path) -> None:
    content = {"metric": "accuracy", "overall": {"validation": 0.9127, "test": 0.9014}}
    assert headline(tmp_path, "Accuracy 91.3 % on validation rows.", content) is VALIDATION


def test_a_metric_with_groups_comes_before_one_without(tmp_path: Path) -> None:
    content = {
        "validation": {"rmse": 0.41, "by_group": [{"site": s, "rmse": 0.4} for s in "ABC"]},
        "test": {"rmse": 0.43},
    }
    assert headline(tmp_path, "", content) is VALIDATION


@pytest.mark.parametrize("page", ["9" * 3000 + ".5", "0." + "1" * 4000, "1e999 nan .12.13.14 %"])
def test_odd_numbers_do_not_matter(tmp_path: Path, page: str) -> None:
    assert headline(tmp_path, page) is TEST
