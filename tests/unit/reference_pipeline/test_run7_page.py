"""The results page of Run 7 says what its numbers say."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from reference_pipeline.config import GROUPS, TIERS
from reference_pipeline.pages.run7 import run7_page


def criterion(name: str, value: float, *, met: bool) -> dict[str, Any]:
    return {"name": name, "threshold": "< 0.5", "value": value, "met": met}


def score(value: float) -> dict[str, Any]:
    return {"samples": 1500, "log2_mse": value, "low": value - 0.01, "high": value + 0.01}


@pytest.fixture
def metrics() -> dict[str, Any]:
    names = ("overall", *TIERS, "held-out rows in train", "train-validation gap")
    return {
        "run": "Run 7",
        "metric": "log2_mse",
        "overall": {"train": 0.1875, "validation": 0.2125, "test": 0.205},
        "by_group": [{"k": k, "m": m, **score(0.2125)} for k, m in GROUPS],
        "by_group_test": [{"k": k, "m": m, **score((k + m) / 100)} for k, m in GROUPS],
        "by_tier": [{"tier": tier, **score(0.2125)} for tier in TIERS],
        "by_tier_test": [{"tier": tier, **score(0.205)} for tier in TIERS],
        "balanced": {"validation": 0.21, "test": 0.206},
        "interval_95": {
            "validation": [0.2, 0.225],
            "test": [0.195, 0.215],
            "test_balanced": [0.196, 0.216],
            "gap": [0.015, 0.035],
        },
        "gap": 0.025,
        "counts": {
            "originals": 10_000,
            "train_originals": 8_500,
            "train_copies": 17_000,
            "train": 25_500,
            "validation": 1_500,
            "test": 3_000,
            "held_out_with_entity_in_train": 0,
        },
        "growth_factor": 3.0,
        "networks": 2,
        "epochs": {"planned": 25, "trained": [21, 21], "best": [9, 11]},
        "feature_set": "D",
        "ridge": [
            {"features": name, "n_features": size, **score(value)}
            for name, size, value in (
                ("A", 29, 1.3),
                ("B", 65, 0.9),
                ("C", 170, 0.6),
                ("D", 296, 0.4),
            )
        ],
        "constant": score(1.5),
        "label_error": [
            {
                "k": k,
                "m": m,
                "copies": 1_000,
                "infinite": 0,
                "mean_squared_log2_error": 0.0,
                "max_abs_log2_error": 0.0,
            }
            for k, m in GROUPS
        ],
        "criteria": [criterion(name, 0.0, met=True) for name in names],
        "own_criteria": [criterion(name, 0.6, met=False) for name in names],
    }


def section(page: str, heading: str) -> str:
    return page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_headline_is_the_test_score_with_its_interval(metrics: dict[str, Any]) -> None:
    first = run7_page(metrics).split("\n## ")[0]
    assert "**0.2050**" in first
    assert "0.1950 to 0.2150" in first
    assert "All six of the six success criteria are met" not in first
    assert "All six success criteria are met" in first


@pytest.mark.parametrize(("missed", "words"), [(1, "Five"), (5, "One"), (6, "None")])
def test_missed_criteria_are_said(metrics: dict[str, Any], missed: int, words: str) -> None:
    for entry in metrics["criteria"][:missed]:
        entry["met"] = False
    page = run7_page(metrics)
    verb = "is" if missed == 5 else "are"
    assert f"{words} of the six success criteria {verb} met" in page
    planned = cells(section(page, "Success criteria"))[2:8]
    assert [row[3] for row in planned] == ["not met"] * missed + ["met"] * (6 - missed)


def test_every_group_and_tier_is_listed_with_its_interval(metrics: dict[str, Any]) -> None:
    page = run7_page(metrics)
    rows = cells(section(page, "By group (test)"))[2:]
    assert len(rows) == len(GROUPS)
    for name, tier, samples, value, interval in rows:
        k, m = map(int, re.findall(r"\d", name))
        assert (k, m) in TIERS[tier.lower()]
        assert samples == "1,500"
        assert value == f"{(k + m) / 100:.4f}"
        assert interval == f"{(k + m) / 100 - 0.01:.4f} to {(k + m) / 100 + 0.01:.4f}"
    assert [row[0] for row in cells(section(page, "By tier (test)"))[2:]] == [
        "Easy",
        "Medium",
        "Hard",
    ]


def test_the_ladder_ends_with_the_network(metrics: dict[str, Any]) -> None:
    text = section(run7_page(metrics), "What the features do, and what the network adds")
    rows = cells(text)[2:]
    assert [row[2] for row in rows] == ["1.5000", "1.3000", "0.9000", "0.6000", "0.4000", "0.2125"]
    assert "judgement call" in text


def test_repeats_in_feature_space_are_said_openly(metrics: dict[str, Any]) -> None:
    text = section(run7_page(metrics), "Augmentation")
    assert "weights of 4 for hard, 3 for medium and 2 for" in text
    assert "17,000 copies in all" in text


def test_own_data_have_no_fresh_test_set(metrics: dict[str, Any]) -> None:
    own = copy.deepcopy(metrics)
    own["counts"] |= {"originals": 13_000}  # of which 3,000 are the test
    page, fresh = run7_page(own), run7_page(metrics)
    assert "fresh" in fresh
    assert "fresh" not in page
    assert "stricter" in fresh
    assert "stricter" not in page
    assert "8,500 for training, 1,500 for validation" in page


def test_samples_from_elsewhere_stand_apart(metrics: dict[str, Any]) -> None:
    assert "elsewhere" not in run7_page(metrics)
    also = {**score(0.1725), "samples": 777, "left_out": 3}
    by_tier = [{"tier": "hard", **score(0.4375), "samples": 99}]
    page = run7_page({**metrics, "also_test": {**also, "by_tier": by_tier}})
    text = section(page, "Samples from elsewhere")
    assert "777 labelled samples" in text
    assert "3 more were\nleft out" in text
    assert "| All | 9 groups | 777 | 0.1725 | 0.1625 to 0.1825 |" in text
    assert "| Hard | 3 groups | 99 | 0.4375 | 0.4275 to 0.4475 |" in text
