"""Plain data survive `read_pickle` unchanged; mutated files never break out of it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from audit.config import Limits
from audit.load.pickles import read_pickle
from audit.load.problems import LoadError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
PLAIN = st.recursive(
    SCALARS | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
    ),
    max_leaves=20,
)
DTYPES = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.unsigned_integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?")
    | hnp.complex_number_dtypes(sizes=(64, 128))
)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
PROTOCOLS = st.integers(0, 5)


@given(PLAIN, PROTOCOLS)
def test_plain_values(value: Any, protocol: int) -> None:
    assert read_pickle(pickle.dumps(value, protocol=protocol), Limits()) == value


@given(ARRAYS, PROTOCOLS, st.booleans())
def test_arrays(array: np.ndarray, protocol: int, fortran: bool) -> None:
    array = np.asfortranarray(array) if fortran else array
    back = read_pickle(pickle.dumps([array], protocol=protocol), Limits())[0]
    assert back.shape == array.shape
    assert back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@given(
    st.lists(
        hnp.arrays(hnp.integer_dtypes() | hnp.floating_dtypes(sizes=(32, 64)), 5),
        min_size=1,
        max_size=5,
    ),
    st.integers(2, 5),
)
def test_frames(columns: list[np.ndarray], protocol: int) -> None:
    frame = pd.DataFrame({f"c{i}": column for i, column in enumerate(columns)})
    back = read_pickle(pickle.dumps(frame, protocol=protocol), Limits())
    assert list(back.columns) == list(frame.columns)
    for i, column in enumerate(columns):
        np.testing.assert_array_equal(back[f"c{i}"].to_numpy(), column)


SEEDS = [
    pickle.dumps([[9, 4, 2, np.arange(6).reshape(2, 3)], [9, 5, 2, np.ones(3)]], protocol=4),
    pickle.dumps({"X": np.ones((3, 2)), "y": [1.5, 2.5, 3.5]}, protocol=2),
    pickle.dumps(pd.DataFrame({"a": [1, 2], "b": [1.0, 2.0]}), protocol=5),
    pickle.dumps(["text", b"bytes", (1, (2, 3)), {"a": None}], protocol=0),
]


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.data())
def test_mutated_bytes_are_read_or_refused(seed: bytes, data: st.DataObject) -> None:
    raw = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for content in (bytes(raw), bytes(raw[:cut]), bytes(raw[cut:])):
        try:
            read_pickle(content, Limits())
        except LoadError as error:
            assert error.reason
            assert error.next_step
