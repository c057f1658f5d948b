"""AU301 and AU302 where a column marks the copies, and a test set was made apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    Document,
    DocumentKind,
    Documents,
    Grouping,
    RawData,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import NoParams, Outcome, Verdict
from checks.augmentation.declared_copies import declared_copies
from checks.augmentation.growth import Params, growth

TIERS = {"north": "hard", "east": "hard", "south": "medium", "west": "easy"}
GROUPING = Grouping(("site",), tuple(TIERS), TIERS)
MADE = {"north": 3, "east": 3, "south": 2, "west": 1}
N = 30  # originals of each group in training


def part(role: SplitRole, copies: dict[str, int], n: int, seed: int) -> SplitData:
    rng = np.random.default_rng(seed)
    groups = [site for site in TIERS for _ in range(n)]
    originals = pd.DataFrame(rng.normal(size=(len(groups), 4)), columns=list("abcd"))
    parents = [i for i, site in enumerate(groups) for _ in range(copies.get(site, 0))]
    rows = pd.concat(
        [originals, originals.iloc[parents] + 0.01 * rng.normal(size=(len(parents), 4))],
        ignore_index=True,
    )
    keys = np.array([*groups, *(groups[i] for i in parents)], dtype=object)
    y = rng.normal(size=len(groups))
    ids = np.array([f"{role.value}-{i}" for i in range(len(rows))], dtype=object)
    mothers = np.array([""] * len(groups) + [f"{role.value}-{i}" for i in parents], dtype=object)
    return SplitData(
        role,
        f"splits/{role.value}.csv",
        rows,
        np.concatenate([y, y[parents]]),
        keys,
        np.arange(len(rows)),
        synthetic=np.arange(len(rows)) >= len(groups),
        parents=mothers,
        ids=ids,
    )


def experiment(made: dict[str, int]) -> tuple[Splits, RawData]:
    splits = Splits(
        part(SplitRole.TRAIN, made, N, 0),
        (part(SplitRole.VALIDATION, {}, 6, 1), part(SplitRole.TEST, {}, 20, 2)),
    )
    # the raw file holds training and validation rows; the test set has a file of its own
    sites = np.array([s for s in TIERS for _ in range(N + 6)], dtype=object)
    return splits, RawData("raw.csv", len(sites), sites)


def documents(text: str) -> Documents | None:
    return Documents((Document("NOTES.md", DocumentKind.FILE, text),)) if text else None


def copies(text: str, made: dict[str, int] = MADE) -> Outcome:
    splits, raw = experiment(made)
    return declared_copies.function(
        facts=None,
        code=None,
        documents=documents(text),
        raw=raw,
        splits=splits,
        grouping=GROUPING,
        params=NoParams(),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Augmentation of training rows: 3/2/1 copies for hard/medium/easy sites.",
        "Hard, medium and easy sites get 3, 2 and 1 copies.",
        "We make three copies per hard row, two per medium and one per easy row.",
        "Copies: hard 3, medium 2, easy 1",
        "copies (north=3, east=3, south=2, west=1)",
        "- hard: 3 copies\n- medium: 2 copies\n- easy: 1 copy",
        "Copies in all: hard 180, medium 60, easy 30",  # totals of the groups
    ],
)
def test_true_statements_agree(text: str) -> None:
    outcome = copies(text)
    assert outcome.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE), outcome.reason
    if "all" not in text:
        assert "3 for hard, 2 for medium, 1 for easy" in outcome.reason
    assert {e.group: e.observed for e in outcome.measured if e.name == "copies_actual"} == MADE


@pytest.mark.parametrize(
    ("text", "made", "group"),
    [
        ("3/2/1 copies for hard/medium/easy sites", MADE | {"north": 9}, "north"),
        ("Hard, medium and easy sites get 3, 2 and 1 copies.", MADE | {"west": 5}, "west"),
        ("copies: north 3, south 8", MADE, "south"),
        ("- hard: 7 copies\n- medium: 2 copies", MADE, "north"),
    ],
)
def test_false_statements_are_found(text: str, made: dict[str, int], group: str) -> None:
    outcome = copies(text, made)
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert group in {e.group for e in outcome.findings[0].evidence}


@pytest.mark.parametrize(
    "text",
    [
        "Loss weights of the copies: hard 8, medium 7, easy 6",
        "The mean error of the copies is 9 for hard and 8 for medium sites.",
        "Next time hard, medium and easy sites should get 30, 20 and 10 copies.",
        "Copies: 9,100 for hard, 8,200 for medium",
    ],
)
def test_other_numbers_are_no_copies(text: str) -> None:
    assert copies(text).verdict is not Verdict.FAIL


def test_a_test_set_made_apart_did_not_grow() -> None:
    splits, raw = experiment(MADE)
    outcome = growth.function(
        splits=splits,
        raw=raw,
        code=None,
        documents=documents("Augmentation made the training data 3.25x as large."),
        grouping=GROUPING,
        facts=None,
        params=Params(),
    )
    assert outcome.verdict is Verdict.PASS, outcome.reason
    factors = {e.group: e.observed for e in outcome.measured if e.name == "growth_factor"}
    # by hand: (3 + 3 + 2 + 1 copies + 4 originals) x 30 rows of 4 x 30 originals
    assert factors == {None: 13 / 4, "north": 4, "east": 4, "south": 3, "west": 2}


def test_copies_in_held_out_rows_count() -> None:
    train, apart = part(SplitRole.TRAIN, MADE, N, 0), part(SplitRole.TEST, MADE, N, 2)
    outcome = growth.function(
        splits=Splits(train, (apart,)),
        raw=None,
        code=None,
        documents=None,
        grouping=GROUPING,
        facts=None,
        params=Params(),
    )
    assert outcome.verdict is Verdict.FAIL
    whole = next(e for e in outcome.measured if e.name == "growth_factor")
    assert whole.n == len(train) + len(apart) and whole.observed == 13 / 4
