"""Copies per group from the literals that steer the copying."""

from __future__ import annotations

import pytest

from audit.model.artifacts import StepKind
from tests.unit.lineage.test_facts import facts_of

LOOP = """
rows = load_rows("x")
pool = []
for row in rows:
    k, m, P = row
    {keep}
    for _ in range({times}):
        pool.append(noisy(P))
model.fit(pool)
"""
KEEP = "pool.append(P)"


def copies_of(source: str) -> dict[str | None, int]:
    return {count.group: count.copies for count in facts_of(source).copies}


@pytest.mark.parametrize(
    ("head", "times", "expected"),
    [
        ("c = {(5, 4): 50, (4, 4): 25}", "c[(k, m)]", {"5,4": 50, "4,4": 25}),
        ("c = {(5, 4): 50, (4, 4): 25}", "c.get((k, m), 0)", {"5,4": 50, "4,4": 25}),
        ("c = {(5, 4): 50}", "c[(int(m), int(k))]", {"4,5": 50}),
        ("c = {(5, 4): 50}", "c[k, m]", {"5,4": 50}),
        ("c = {'north': 3, 'South': 4}", "c[k]", {"north": 3, "south": 4}),
        ("c = dict(north=3)", "c[k]", {"north": 3}),
        ("N = 7", "N", {None: 7}),
        ("N = 2 * 3", "N", {None: 6}),
        ("", "4", {None: 4}),
        ("n = unknown()", "n", {}),
    ],
)
def test_with_the_original(head: str, times: str, expected: dict) -> None:
    assert copies_of(head + LOOP.format(keep=KEEP, times=times)) == expected


def test_without_the_original_one_of_them_stands_for_it() -> None:
    assert copies_of(LOOP.format(keep="pass", times="4")) == {None: 3}


def test_a_chain_of_conditions() -> None:
    source = """
rows = load_rows("x")
pool = []
for row in rows:
    tier, P = row
    if tier == "hard":
        n = 50
    elif tier == "medium":
        n = 25
    else:
        n = 0
    pool.append(P)
    for _ in range(n):
        pool.append(noisy(P))
model.fit(pool)
"""
    assert copies_of(source) == {"hard": 50, "medium": 25}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("X = np.repeat(X, 5, axis=0)", {None: 4}),
        ("X = np.tile(X, (5, 1))", {None: 4}),
        ("X = np.vstack([X, X + 1, X - 1])", {None: 2}),
        ("X = pd.concat([X] * 3)", {None: 2}),
    ],
)
def test_library_calls(line: str, expected: dict) -> None:
    source = (
        f"import numpy as np\nimport pandas as pd\nX = np.load('x.npy')\n{line}\nmodel.fit(X, X)\n"
    )
    assert copies_of(source) == expected


def test_a_list_that_starts_with_the_rows_keeps_them() -> None:
    source = """
import numpy as np
def grow(X, n=4):
    parts = {start}
    for _ in range(n):
        parts.append(X + np.random.randn(*X.shape))
    return np.vstack(parts)
model.fit(grow(np.load("x.npy")))
"""
    assert copies_of(source.replace("{start}", "[X]")) == {None: 4}
    assert copies_of(source.replace("{start}", "[]")) == {None: 3}


def test_the_location_is_the_line_of_the_literal() -> None:
    source = "c = {\n    (5, 4): 50,\n    (4, 4): 25,\n}" + LOOP.format(keep=KEEP, times="c[k, m]")
    assert [str(count.location) for count in facts_of(source).copies] == [
        "script.py:2",
        "script.py:3",
    ]


def test_copies_after_the_split_count_too() -> None:
    source = """
from sklearn.model_selection import train_test_split
rows = load_rows("x")
a, b = train_test_split(rows)
pool = list(a)
for row in a:
    for _ in range(3):
        pool.append(noisy(row))
model.fit(pool)
model.predict(b)
"""
    assert copies_of(source) == {None: 3}


POSITIONS = """
import numpy as np
from sklearn.model_selection import train_test_split
x = np.load("x.npy")
{0}
train, test = train_test_split(np.arange(len(x)), random_state=0)
model.fit(x[train], x[train])
"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("again = np.repeat(np.arange(len(x)), 3)\nx = x[again]", {None: 2}),
        ("again = np.arange(len(x)).repeat(3)\nx = x[again]", {None: 2}),
        ("again = np.tile(np.arange(len(x)), 3)\nx = x[again]", {None: 2}),
        (
            "parents = np.repeat(np.arange(len(x)), 3)\nx = np.concatenate([x, noisy(x[parents])])",
            {None: 3},
        ),
        (
            "copies = {'hard': 3, 'easy': 1}\n"
            "parents = np.repeat(np.arange(len(x)), [copies[tier] for tier in x[:, 0]])\n"
            "x = np.concatenate([x, noisy(x[parents])])",
            {"hard": 3, "easy": 1},
        ),
    ],
)
def test_positions_that_are_repeated_multiply_the_rows_they_pick(
    lines: str, expected: dict
) -> None:
    facts = facts_of(POSITIONS.format(lines))
    assert {count.group: count.copies for count in facts.copies} == expected
    (split,) = facts.splits
    assert StepKind.DUPLICATE in {step.kind for step in split.upstream}


@pytest.mark.parametrize(
    "lines",
    [
        "again = np.repeat(np.arange(len(x)), 1)\nx = x[again]",
        "again = np.repeat(np.arange(len(x)), 3)\ncolour = palette[again]",
    ],
)
def test_positions_that_pick_nothing_twice(lines: str) -> None:
    (split,) = facts_of(POSITIONS.format(lines)).splits
    assert StepKind.DUPLICATE not in {step.kind for step in split.upstream}
