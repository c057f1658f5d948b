from __future__ import annotations

import numpy as np
import pandas as pd

from checks.kit.rows import columns_of, row_codes


def brute(tables: list[pd.DataFrame]) -> list[list[int]]:
    known: dict[tuple, int] = {}
    return [[known.setdefault(tuple(row), len(known)) for row in t.to_numpy()] for t in tables]


def test_codes_are_those_of_brute_force() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        tables = [
            pd.DataFrame(rng.integers(0, 3, (rng.integers(1, 40), 4)).astype(float))
            for _ in range(3)
        ]
        found = np.concatenate(row_codes([columns_of(t) for t in tables]))
        wanted = np.concatenate(brute(tables))
        equal = (found[:, None] == found[None]) == (wanted[:, None] == wanted[None])
        assert equal.all()


def test_types_do_not_matter_where_values_are_equal() -> None:
    a = pd.DataFrame({"x": np.array([1, 2], dtype=np.int8), "s": ["u", "v"]})
    b = pd.DataFrame({"x": [2.0, 1.0, -0.0], "s": ["v", "u", "w"]})
    first, second = row_codes([columns_of(a), columns_of(b)])
    assert first.tolist() == [0, 1] and second.tolist()[:2] == [1, 0]


def test_single_precision_and_missing_values() -> None:
    a = [np.array([0.1, np.nan])]
    b = [np.array([0.1, np.nan], dtype=np.float32)]
    first, second = row_codes([a, b])
    assert first.tolist() == second.tolist()


def test_minus_zero_is_zero() -> None:
    first, second = row_codes([[np.array([0.0])], [np.array([-0.0])]])
    assert first.tolist() == second.tolist()
