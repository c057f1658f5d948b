"""The search against brute force on small tables full of coincidences."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model.artifacts import Match, SplitData, SplitRole, Splits
from audit.neighbours import kinship
from audit.neighbours.columns import encode, encode_targets
from audit.neighbours.matching import match, prepare

VALUES = st.sampled_from([0, 1, 2, -0.0, np.nan, np.inf, 2.5])


@st.composite
def problems(draw, max_rows: int = 12, with_groups: bool = True):
    d = draw(st.integers(1, 4))
    n, m = draw(st.integers(1, max_rows)), draw(st.integers(1, max_rows))
    cells = draw(st.lists(VALUES, min_size=d * (n + m), max_size=d * (n + m)))
    table = np.array(cells, dtype=float).reshape(n + m, d)
    target = np.array(
        draw(st.lists(st.sampled_from([0.5, 1.5, 2.5, np.nan]), min_size=n + m, max_size=n + m))
    )
    groups = None
    if with_groups and draw(st.booleans()):
        groups = np.array(draw(st.lists(st.sampled_from("ab"), min_size=m, max_size=m)))
    return table[:n], table[n:], target[:n], target[n:], groups


def frame(values: np.ndarray, names: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame(values, columns=names or [f"x{i}" for i in range(values.shape[1])])


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return all(x == y or (np.isnan(x) and np.isnan(y)) for x, y in zip(a, b, strict=True))


def brute(train, held_out, train_target, held_target, masked=()):
    kept = [i for i in range(train.shape[1]) if i not in masked]
    rows, supported, partners = [], [], []
    for v, y in zip(held_out, held_target, strict=True):
        equal = [i for i, t in enumerate(train) if same(t[kept], v[kept])]
        agree = [i for i in equal if train_target[i] == y]
        rows.append(bool(equal))
        supported.append(bool(agree))
        partners.append({*agree} or {*equal} or {-1})
    return rows, supported, partners


def tables_of(train, held_out, train_target, held_target, groups):
    columns = encode(frame(train), frame(held_out))
    targets = encode_targets(train_target, held_target)
    return prepare(columns, len(train), len(held_out), targets, groups)


def check(found: Match, problem, masked=()) -> None:
    train, held_out, train_target, held_target, _ = problem
    rows, supported, partners = brute(train, held_out, train_target, held_target, masked)
    assert found.rows.tolist() == rows
    assert found.supported is not None
    assert found.supported.tolist() == supported
    assert all(p in allowed for p, allowed in zip(found.train_rows, partners, strict=True))


@settings(max_examples=150, deadline=None)
@given(problems())
def test_every_mask_agrees_with_brute_force(problem) -> None:
    tables = tables_of(*problem)
    names = [column.name for column in tables.columns]
    for size in range(min(len(names), 3)):
        for masked in combinations(range(len(names)), size):
            real = [int(names[i][1:]) for i in masked]
            check(match(tables, masked), problem, real)


@settings(max_examples=60, deadline=None)
@given(problems(max_rows=5, with_groups=False))
def test_control_is_the_mean_over_all_permutations(problem) -> None:
    train, held_out, train_target, held_target, _ = problem
    found = match(tables_of(*problem))
    total = np.zeros(len(held_out))
    orders = list(permutations(range(len(held_out))))
    for order in orders:
        total += brute(train, held_out, train_target, held_target[list(order)])[1]
    assert found.expected is not None
    np.testing.assert_allclose(found.expected, total / len(orders), atol=1e-12)


def test_control_permutes_within_groups() -> None:
    rng = np.random.default_rng(0)
    train, held_out = rng.integers(0, 2, (80, 3)), rng.integers(0, 2, (70, 3))
    train_target, held_target = rng.integers(0, 6, 80) + 0.5, rng.integers(0, 6, 70) + 0.5
    groups = np.repeat(["a", "b"], 35)
    held_target[35:] = held_target[35:] % 3 + 0.5  # the groups have different targets
    problem = (train.astype(float), held_out.astype(float), train_target, held_target, groups)
    found = match(tables_of(*problem))
    total, rounds = np.zeros(70), 400
    for _ in range(rounds):
        order = np.concatenate([rng.permutation(35), 35 + rng.permutation(35)])
        total += brute(*problem[:3], held_target[order])[1]
    assert found.expected is not None
    assert abs(found.expected.mean() - total.mean() / rounds) < 0.01
    assert np.abs(found.expected - total / rounds).max() < 5 * 0.5 / np.sqrt(rounds)


def test_small_groups_share_one_control() -> None:
    rows = np.arange(12.0)[:, None]
    groups = np.repeat(list("abcdef"), 2)
    found = match(tables_of(rows, rows, np.arange(12) + 0.5, np.arange(12) + 0.5, groups))
    assert found.expected is not None
    np.testing.assert_allclose(found.expected, 1 / 12)


def whole(train, held_out, train_target, held_target, groups=None):
    n, m = len(train), len(held_out)
    return kinship(
        Splits(
            SplitData(SplitRole.TRAIN, "t.csv", train, train_target, None, np.arange(n)),
            (SplitData(SplitRole.TEST, "v.csv", held_out, held_target, groups, np.arange(m)),),
        )
    ).pairs[0]


@settings(max_examples=40, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_order_of_rows_columns_and_names_of_values_do_not_matter(problem, random) -> None:
    train, held_out, train_target, held_target, groups = problem
    reference = whole(frame(train), frame(held_out), train_target, held_target, groups)
    d = train.shape[1]
    rows, more = list(range(len(train))), list(range(len(held_out)))
    columns = list(range(d))
    for order in (rows, more, columns):
        random.shuffle(order)
    names = [f"x{i}" for i in columns]
    renamed = {value: f"v{i}" for i, value in enumerate([0.0, 1.0, 2.0, np.inf, 2.5])}

    def rename(values: np.ndarray) -> pd.DataFrame:
        table = frame(values[:, columns].astype(object), names)
        return table.map(lambda v: None if np.isnan(v) else renamed[v])

    other = whole(
        rename(train[rows]),
        rename(held_out[more]),
        train_target[rows],
        held_target[more],
        None if groups is None else groups[more],
    )
    assert other.exact.rows.tolist() == reference.exact.rows[more].tolist()
    assert other.exact.supported.tolist() == reference.exact.supported[more].tolist()
    np.testing.assert_allclose(other.exact.expected, reference.exact.expected[more])
    assert {frozenset(m.masked) for m in other.masked} == {
        frozenset(m.masked) for m in reference.masked
    }


@settings(max_examples=40, deadline=None)
@given(problems(with_groups=False))
def test_equality_is_symmetric(problem) -> None:
    train, held_out, train_target, held_target, _ = problem
    forth = match(tables_of(train, held_out, train_target, held_target, None))
    back = match(tables_of(held_out, train, held_target, train_target, None))

    def values(table: np.ndarray, rows: np.ndarray) -> set[str]:
        return {str((row + 0.0).tolist()) for row in table[rows]}

    assert values(held_out, forth.rows) == values(train, back.rows)
    assert values(held_out, forth.supported) == values(train, back.supported)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 5), st.integers(0, 10_000))
def test_planted_copies_are_counted(k: int, hide: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    train, held_out = rng.normal(size=(150, 5)), rng.normal(size=(100, 5))
    target, other = rng.normal(size=150), rng.normal(size=100)
    source, place = rng.choice(150, k), rng.permutation(100)[:k]
    kept = [i for i in range(5) if i != hide]
    held_out[np.ix_(place, kept)] = train[np.ix_(source, kept)]
    other[place] = target[source]
    found = whole(frame(train), frame(held_out), target, other)
    if hide == 5:
        assert found.exact.supported.sum() == k
        assert found.masked == ()
    elif k >= 2:
        (match_,) = found.masked
        assert match_.masked == (f"x{hide}",)
        assert match_.supported.sum() == k
        assert found.exact.rows.sum() == 0
    else:
        assert found.masked == ()
