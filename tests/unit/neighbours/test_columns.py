from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.neighbours.columns import bits, encode, encode_targets


def equal(train: object, held_out: object) -> np.ndarray:
    """Matrix of which held-out values (columns) equal which training values (rows)."""
    a, b = pd.Series(train), pd.Series(held_out)
    (column,) = encode(a.to_frame("x"), b.to_frame("x"))
    return bits(column.train)[:, None] == bits(column.held_out)[None, :]


def test_signed_zero_and_missing_values_are_equal() -> None:
    got = equal([0.0, np.nan, np.inf, -np.inf], [-0.0, np.nan, -np.inf])
    assert got.tolist() == [
        [True, False, False],
        [False, True, False],
        [False, False, False],
        [False, False, True],
    ]


def test_other_nan_patterns_are_missing_values_too() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF0000000000123], dtype=np.uint64).view(np.float64)
    assert equal(odd, [np.nan, 1.0]).tolist() == [[True, False], [True, False]]


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        (np.array([1, 2], np.int8), np.array([1.0, 3.0])),
        (np.array([True, False]), np.array([1, 2], np.int64)),
        (np.array([1, 2], np.uint64), np.array([1, -3], np.int64)),
        (np.array([1, 2**63], np.uint64), np.array([1, -3], np.int64)),
        (pd.array([1, 2], dtype="Int64"), np.array([1.0, 5.0])),
        (pd.array([1, None], dtype="Int64"), np.array([1, 5])),
        (pd.Categorical(["a", "b"]), np.array(["a", "c"], dtype=object)),
        (pd.Categorical(["a", "b"]), pd.Categorical(["a", "c"])),
        (np.array(["1", "?"], dtype=object), np.array([1, 7])),
        (np.array([1, 2]), np.array(["1.0", "x"], dtype=object)),
        (np.array([1, "a"], dtype=object), np.array([1.0, "b"], dtype=object)),
        (np.array(["2024-01-01", "2024-01-02"], "M8[s]"), np.array(["2024-01-01"] * 2, "M8[ns]")),
    ],
)
def test_values_are_compared_not_types(train: object, held_out: object) -> None:
    got = equal(train, held_out)
    assert got[0, 0]
    assert not got[1].any()


def test_text_and_number_differ_within_a_mixed_column() -> None:
    got = equal(np.array([1, "1"], dtype=object), np.array(["1", 1.0], dtype=object))
    assert got.tolist() == [[False, True], [True, False]]


def test_integers_beyond_2_53_are_exact() -> None:
    big = 2**53
    assert equal([big, big + 1], [big + 1, big + 2]).tolist() == [[False, False], [True, False]]
    assert equal([2**63 - 1, 5], np.array([2**63 - 1, 2**63], np.uint64)).tolist() == [
        [True, False],
        [False, False],
    ]


def test_lower_precision_decides() -> None:
    exact = np.array([0.1, 0.2])
    assert equal(exact.astype(np.float32), exact)[0].tolist() == [True, False]
    assert equal(exact, exact.astype(np.float32))[1].tolist() == [False, True]
    assert not equal(exact, np.array([0.1 + 1e-12, 0.3])).any()


def test_unhashable_objects_do_not_crash() -> None:
    train, held_out = np.empty(2, object), np.empty(2, object)
    train[:], held_out[:] = [[1, 2], {"a": 1}], [[1, 2], None]
    assert equal(train, held_out).tolist() == [[True, False], [False, False]]


def test_constant_columns_are_dropped() -> None:
    train = pd.DataFrame({"a": [1, 1], "b": [1, 1], "c": [np.nan, np.nan], "d": ["x", "x"]})
    held_out = pd.DataFrame({"a": [1.0], "b": [2.0], "c": [np.nan], "d": ["x"]})
    assert [column.name for column in encode(train, held_out)] == ["b"]


def test_targets_with_several_outputs_agree_when_all_do() -> None:
    targets = encode_targets(
        np.array([[1.0, 2.0], [1.0, 3.0], [np.nan, 2.0]]), np.array([[1.0, 3.0], [np.nan, 2.0]])
    )
    assert targets is not None
    assert (targets.train[:, None] == targets.held_out[None, :]).tolist()[1] == [True, False]
    assert targets.train[2] == targets.held_out[1] == -1


def test_targets_of_different_shape_are_not_compared() -> None:
    assert encode_targets(np.zeros((3, 2)), np.zeros(3)) is None
    assert encode_targets(None, np.zeros(3)) is None


@pytest.mark.parametrize(
    ("target", "identifying"),
    [
        (np.random.default_rng(0).normal(size=200), True),
        (np.random.default_rng(0).normal(size=200).astype(np.float32), True),
        (np.arange(200) % 3, False),
        ((np.arange(200) % 3) - 0.5, False),  # standardised classes
        (np.arange(200) % 26, False),
        (np.array(["a", "b"] * 100, dtype=object), False),
        (np.arange(2000) % 900, True),  # counts
    ],
)
def test_which_targets_identify(target: np.ndarray, identifying: bool) -> None:
    half = len(target) // 2
    targets = encode_targets(target[:half], target[half:])
    assert targets is not None
    assert targets.identifying is identifying


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rounded_side", ["train", "held_out"])
@pytest.mark.parametrize("decimals", [1, 3])
def test_copies_that_were_rounded_agree(dtype: type, rounded_side: str, decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    # Clear of the ties, where rounding in single precision may go either way.
    steps = rng.integers(-5000, 5000, (60, 3)) + rng.uniform(-0.4, 0.4, (60, 3))
    full = pd.DataFrame((steps / 10**decimals).astype(dtype), columns=list("abc"))
    rounded = full.astype(float).round(decimals).astype(dtype)
    train, held_out = (rounded, full) if rounded_side == "train" else (full, rounded)
    columns = encode(train, held_out)
    assert all((bits(c.train) == bits(c.held_out)).all() for c in columns)


def test_rounding_is_not_assumed() -> None:
    rng = np.random.default_rng(0)
    fine = rng.normal(size=100)
    for few in (np.repeat([0.5, 1.5], 50), np.arange(100) * 1e9):  # two values; whole numbers
        (column,) = encode(pd.DataFrame({"a": fine}), pd.DataFrame({"a": few}))
        assert (column.train == fine).all()
    # Both rounded, each its own way: they are compared as they are.
    (column,) = encode(pd.DataFrame({"a": fine.round(3)}), pd.DataFrame({"a": fine.round(1)}))
    assert (column.train == fine.round(3)).all()
