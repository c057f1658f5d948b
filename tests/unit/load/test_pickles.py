"""Pickles are rebuilt, never run: nothing hostile executes, and plain data come back equal."""

from __future__ import annotations

import base64
import collections
import copyreg
import datetime
import decimal
import functools
import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.config import Limits
from audit.load.pickles import read_pickle
from audit.load.problems import LoadError
from audit.model.artifacts import ProblemKind

WRITERS = sorted((Path(__file__).parent / "pickles").glob("*.json"))


def read(data: bytes) -> Any:
    return read_pickle(data, Limits())


def refusal(data: bytes) -> LoadError:
    with pytest.raises(LoadError) as caught:
        read(data)
    return caught.value


class Call:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function = function
        self.arguments = arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


def calls(canary: Path) -> dict[str, Any]:
    touch = f"touch {canary}"
    return {
        f"{os.name}.system": Call(os.system, touch),
        "builtins.eval": Call(eval, f"open({str(canary)!r}, 'w')"),
        "builtins.exec": Call(exec, f"open({str(canary)!r}, 'w')"),
        "builtins.open": Call(open, str(canary), "w"),
        "builtins.getattr": Call(getattr, Call(__import__, "os"), "system"),
        "builtins.__import__": Call(__import__, "os"),
        "functools.partial": Call(functools.partial, os.mkdir, str(canary)),
        "posix.mkdir": Call(os.mkdir, str(canary)),
        "copyreg._reconstructor": Call(copyreg._reconstructor, dict, object, None),
        "numpy.load": Call(np.load, str(canary)),
        "numpy.save": Call(np.save, str(canary), 1),
        "pandas.io.pickle.read_pickle": Call(pd.read_pickle, str(canary)),
        "pathlib": Path(str(canary)),
        "collections.OrderedDict": collections.OrderedDict(a=1),
        "datetime.date": datetime.date(2020, 1, 1),
        "decimal.Decimal": decimal.Decimal(1),
    }


@pytest.mark.parametrize("name", sorted(calls(Path("x"))))
@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_foreign_names_are_refused_and_never_run(name: str, protocol: int, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    data = pickle.dumps([1, 2, calls(canary)[name]], protocol=protocol)
    error = refusal(data)
    assert error.kind is ProblemKind.REFUSED
    named = {"pathlib": "PosixPath", "builtins.getattr": "getattr", "builtins.exec": "exec"}
    assert named.get(name, name.rsplit(".", 1)[-1]) in error.reason
    assert not canary.exists()


def test_the_canary_would_have_sung(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    pickle.loads(pickle.dumps(calls(canary)["builtins.open"])).close()
    assert canary.exists()


def text(value: str) -> bytes:
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def name(module: str, attribute: str) -> bytes:
    return text(module) + text(attribute) + b"\x93"


HEAD = b"\x80\x04"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        # attribute chains through a known module
        (HEAD + name("numpy", "ndarray.tofile") + b".", "numpy.ndarray.tofile"),
        (HEAD + name("numpy.core.multiarray", "__builtins__.eval") + b".", "__builtins__"),
        # state set on a function, on a class, on a list
        (HEAD + name("_codecs", "encode") + b"}b.", "state of a function"),
        (HEAD + name("numpy", "dtype") + b"}" + text("x") + b"K\x01sb.", ""),
        (HEAD + name("pandas", "DataFrame") + b"N}" + text("y") + b"K\x01s\x86b.", ""),
        (HEAD + b"]}" + text("append") + b"K\x01sb.", ""),
        # instructions that data do not need
        (b"Pwhatever\n.", "PERSID"),
        (HEAD + b"K\x01Q.", "BINPERSID"),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"(ios\nsystem\n.", "INST"),
        (b"(cos\nsystem\no.", "OBJ"),
        (b"\x80\x05\x97.", "NEXT_BUFFER"),
        (HEAD + b"]2\x86.", "DUP"),
        (HEAD + b"\x8f.", "EMPTY_SET"),
        (HEAD + name("numpy", "ndarray") + b")}\x92.", "NEWOBJ_EX"),
        # a scalar of dtype object would unpickle its own bytes
        (
            HEAD
            + name("numpy.core.multiarray", "scalar")
            + name("numpy", "dtype")
            + text("O8")
            + b"\x85RC\x01x\x86R.",
            "objects",
        ),
        (HEAD + name("numpy", "dtype") + text("V8") + b"\x85R.", "V8"),
        (HEAD + name("numpy", "dtype") + text("i4,O") + b"\x85R.", "i4,O"),
        # calls of known names with the wrong things
        (HEAD + name("_codecs", "encode") + text("x") + text("rot13") + b"\x86R.", "encode"),
        (HEAD + name("builtins", "bytearray") + b"J\xff\xff\xff\x7f\x85R.", "bytes"),
        # memo slots far beyond the file
        (HEAD + b"Nr\xff\xff\xff\x7f.", "slot"),
        (b"Np2000000000\n.", "slot"),
    ],
)
def test_hostile_instructions(data: bytes, words: str) -> None:
    error = refusal(data)
    assert words in error.reason
    assert error.next_step


def test_class_of_standins_is_not_changed_by_a_pickle() -> None:
    refusal(HEAD + name("pandas", "DataFrame") + b"N}" + text("rebuilt") + b"K\x01s\x86b.")
    from audit.load.standins import Frame

    assert not hasattr(Frame, "rebuilt")


def array_pickle(shape: tuple[int, ...], content: bytes, dtype: str = "f8") -> bytes:
    """Hand-made protocol 4 pickle of an array with any claimed shape."""
    numbers = b"".join(b"\x8a\x09" + struct.pack("<q", n) + b"\x00" for n in shape)
    made = name("numpy._core.multiarray", "_reconstruct") + name("numpy", "ndarray")
    made += b"K\x00\x85C\x01b\x87R(K\x01(" + numbers + b"t" + name("numpy", "dtype")
    made += text(dtype) + b"\x89\x88\x87R(K\x03" + text("<") + b"NNNJ\xff\xff\xff\xffJ"
    made += b"\xff\xff\xff\xffK\x00tb\x89C" + bytes([len(content)]) + content + b"tb."
    return HEAD + made


def test_hand_made_array_is_right() -> None:
    content = np.array([[1.5, 2.5]]).tobytes()
    assert read(array_pickle((1, 2), content)).tolist() == [[1.5, 2.5]]


@pytest.mark.parametrize("shape", [(10**15,), (2**40, 2**40), (3,), (-1,), (2, -1), (0, 2)])
def test_claimed_shape_must_match_the_bytes(shape: tuple[int, ...]) -> None:
    error = refusal(array_pickle(shape, b"\x00" * 16))
    assert error.kind in (ProblemKind.UNREADABLE, ProblemKind.REFUSED)


def test_object_array_is_refused() -> None:
    error = refusal(pickle.dumps(np.array([1, "a", None], dtype=object)))
    assert "Python objects" in error.reason


def test_structured_array_is_refused() -> None:
    error = refusal(pickle.dumps(np.zeros(2, dtype=[("a", "i4"), ("b", "f8")])))
    assert error.kind is ProblemKind.REFUSED


def test_repeated_encoding_of_one_text_is_bounded() -> None:
    long = "x" * 100_000
    body = b"\x8d" + struct.pack("<Q", len(long)) + long.encode() + b"\x940"
    once = name("_codecs", "encode") + b"h\x00" + text("latin1") + b"\x86R"
    error = refusal(HEAD + b"]" + body + b"(" + once * 50 + b"e.")
    assert "more data than it holds" in error.reason


def test_nested_tuple_as_key_is_refused() -> None:
    # t0 = (), t1 = (t0, t0), … t60: hashing it would take 2^60 steps.
    doubling = b")\x94" + b"".join(
        b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86\x94" for i in range(60)
    )
    error = refusal(HEAD + b"}" + doubling + b"K\x01s.")
    assert "huge nested tuple" in error.reason


def test_billion_laughs_costs_nothing() -> None:
    # l0 = [], l1 = [l0]*2 … shared parts stay shared.
    body = b"]\x94"
    for i in range(40):
        body += b"](h" + bytes([i]) + b"h" + bytes([i]) + b"e\x94"
    value = read(HEAD + body + b".")
    for _ in range(40):
        assert value[0] is value[1]
        value = value[0]


def test_deep_nesting_is_refused() -> None:
    assert "deep" in refusal(b"]" * 100_000 + b"a" * 99_999 + b".").reason
    assert "deep" in refusal(HEAD + b")" + b"\x85" * 100_000 + b".").reason


@pytest.mark.parametrize("depth", [60, 70])
def test_bound_on_nesting(depth: int) -> None:
    data = HEAD + b"N" + b"\x85" * depth + b"."
    if depth < 64:
        assert read(data) is not None
    else:
        assert "64 levels" in refusal(data).reason


def test_list_that_holds_itself() -> None:
    value = read(HEAD + b"]\x94h\x00a.")
    assert value[0] is value


@pytest.mark.parametrize("end", [0, 1, 10, 100, -1])
def test_truncated(end: int) -> None:
    data = pickle.dumps([[9, 4, 2, np.ones((2, 3))]] * 20)
    assert refusal(data[:end]).kind is ProblemKind.UNREADABLE


def test_joke_lengths_are_unreadable() -> None:
    huge = b"\x8e" + struct.pack("<Q", 1 << 60) + b"abc."
    assert refusal(HEAD + huge).kind is ProblemKind.UNREADABLE
    frame = b"\x95" + struct.pack("<Q", 1 << 60) + b"N."
    assert refusal(HEAD + frame).kind is ProblemKind.UNREADABLE


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: path.stem)
def test_writers_of_other_versions(path: Path) -> None:
    pickles = json.loads(path.read_text(encoding="utf-8"))["pickles"]
    for label, encoded in pickles.items():
        value = read(base64.b64decode(encoded))
        match label.split("/")[0]:
            case "frame":
                assert list(value.columns) == ["k", "y", "n", "s"]
                assert value["k"].tolist() == [4, 5, 6]
                assert value["y"].isna().tolist() == [False, True, False]
                assert value["n"].tolist() == [9, 9, 9]
                assert value["s"].tolist() == ["a", "b", "c"]
            case "filtered":
                assert value.to_dict("list") == {"k": [5, 6], "y": [2.0, 3.0]}
            case "series":
                assert value.tolist() == [1.5, 2.5]
                assert value.name == "y"
            case "array" | "fortran":
                assert value.tolist() == [[0, 1, 2], [3, 4, 5]]
            case "rows":
                assert value[0][:3] == [9, 4, 2]
                assert value[0][3].tolist() == [[1, -2], [3, 4]]
            case "scalar":
                assert value == [1.5, 3, True]
            case other:
                raise AssertionError(other)


def test_frames_with_other_columns_are_refused_clearly() -> None:
    dates = pd.DataFrame({"when": pd.to_datetime(["2020-01-01", "2020-01-02"])})
    assert "pandas" in refusal(pickle.dumps(dates)).reason
    nested = pd.DataFrame({"a": [[1], [2]]})
    assert "Python objects" in refusal(pickle.dumps(nested)).reason


def test_real_data_equal_plain_unpickling(ds1: Path) -> None:
    for path in sorted(ds1.glob("*.pkl")):
        data = path.read_bytes()
        value, oracle = read(data), pickle.loads(data)  # the oracle: a file we trust
        assert len(value) == len(oracle) == 32_087
        if isinstance(oracle[0], float):
            assert value == oracle
        else:
            assert all(a[:3] == b[:3] for a, b in zip(value, oracle, strict=True))
            assert all(np.array_equal(a[3], b[3]) for a, b in zip(value, oracle, strict=True))
