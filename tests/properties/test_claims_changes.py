"""A change rounded from consistent numbers is never flagged; one beyond all readings always is."""

from __future__ import annotations

import contextlib
import math
import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from audit.model.artifacts import Document, DocumentKind, Documents
from audit.model.check import Outcome
from checks.claims.changes import Params, changes
from checks.kit.intervals import Interval
from checks.kit.written_formulas import FormulaError, evaluate, formulas, readings

VALUES = st.floats(0.01, 5_000)
DIGITS = st.integers(0, 4)

# how people compute a change: by the old or the new value, signed either way, as ratio, increase
CONVENTIONS = {
    "change, percent": lambda a, b: (100 * (b - a) / a, "%"),
    "reduction, percent": lambda a, b: (100 * (a - b) / a, "%"),
    "of the new value, percent": lambda a, b: (100 * (b - a) / b, "%"),
    "ratio": lambda a, b: (b / a, "x"),
    "inverse ratio": lambda a, b: (a / b, "×"),
    "increase": lambda a, b: ((b - a) / a, "x"),
    "points of shares": lambda a, b: (100 * (b - a), " pp"),
    "points": lambda a, b: (b - a, " points"),
    "difference": lambda a, b: (b - a, ""),
}


def rounded(value: float, digits: int, *, cut: bool = False) -> str:
    if cut:
        value = math.trunc(value * 10**digits) / 10**digits
    return f"{value:.{digits}f}"


def judge(text: str) -> Outcome:
    documents = Documents((Document("README.md", DocumentKind.FILE, text),))
    return changes.function(documents=documents, params=Params())


@given(
    st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=6),
    DIGITS,
    st.integers(0, 3),
    st.sampled_from(sorted(CONVENTIONS)),
    st.booleans(),
    st.booleans(),
)
def test_a_true_column_is_never_flagged(
    pairs: list[tuple[float, float]],
    digits: int,
    decimals: int,
    convention: str,
    cut: bool,
    signed: bool,
) -> None:
    lines = ["| Group | Before | After | Change |", "|---|---|---|---|"]
    for index, (a, b) in enumerate(pairs):
        value, unit = CONVENTIONS[convention](a, b)
        sign = "+" if signed and value > 0 else ""
        stated = f"{sign}{rounded(value, decimals, cut=cut)}{unit}"
        lines.append(f"| g{index} | {rounded(a, digits)} | {rounded(b, digits)} | {stated} |")
    assert judge("\n".join(lines)).findings == ()


SENTENCES = (
    "The error went from {a} to {b} ({c} better).",
    "The loss improved from {a} to {b}, a {c} reduction.",
    "RMSE {b}, {c} better than the {a} target.",
    "A {c} increase ({a} to {b}) of the error.",
    "We reduced the error by {c} from {a} to {b}.",
    "The error: {a} → {b} ({c} change)",
)


@given(
    VALUES,
    VALUES,
    DIGITS,
    st.integers(0, 2),
    st.sampled_from(SENTENCES),
    st.sampled_from([name for name in sorted(CONVENTIONS) if name != "difference"]),
)
def test_a_true_sentence_is_never_flagged(
    a: float, b: float, digits: int, decimals: int, sentence: str, convention: str
) -> None:
    value, unit = CONVENTIONS[convention](a, b)
    stated = rounded(abs(value), decimals) + unit
    text = sentence.format(a=rounded(a, digits), b=rounded(b, digits), c=stated)
    assert judge(text).findings == ()


def possible(a: float, b: float, half: float, unit: str) -> list[tuple[float, float]]:
    """Ranges of every reading, by brute force over the corners of the rounding."""
    corners = [(x, y) for x in (a - half, a, a + half) for y in (b - half, b, b + half)]
    functions: dict[str, list[Any]] = {
        "%": [
            lambda x, y: 100 * abs(y - x) / x,
            lambda x, y: 100 * abs(y - x) / y,
            lambda x, y: abs(y - x),
            lambda x, y: 100 * abs(y - x),
            lambda x, y: 100 * y / x,
            lambda x, y: 100 * x / y,
        ],
        "x": [
            lambda x, y: y / x,
            lambda x, y: x / y,
            lambda x, y: abs(y - x) / x,
            lambda x, y: abs(y - x) / y,
        ],
    }
    found = []
    for function in functions[unit]:
        values = [function(x, y) for x, y in corners]
        # the smallest difference may lie between the corners
        crosses = abs(b - a) <= 2 * half
        low = 0.0 if crosses else min(values)
        found.append((low, max(values)))
    return found


@given(
    st.integers(50, 5_000),
    st.integers(50, 5_000),
    st.integers(1, 400_000),
    st.sampled_from(["%", "x"]),
)
@example(215, 73, 6548, "%")
def test_a_change_beyond_every_reading_is_flagged(a: int, b: int, c: int, unit: str) -> None:
    old, new, stated = a / 1000, b / 1000, c / 100
    ranges = possible(old, new, 0.0005, unit)
    assume(all(not low - 0.011 <= stated <= high + 0.011 for low, high in ranges))
    text = f"The error went from {old:.3f} to {new:.3f} ({stated:.2f}{unit} better)."
    assert len(judge(text).findings) == 1


# --- formulas --------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(0, 10**6).map(str), st.decimals(0, 1_000, places=3).map(lambda d: f"{d:f}")
)


def expressions() -> st.SearchStrategy[str]:
    return st.recursive(
        NUMBERS,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(" ".join),
            inner.map(lambda text: f"({text})"),
            inner.map(lambda text: f"(-{text})"),
        ),
        max_leaves=12,
    )


def exact(text: str) -> Fraction:
    """Python's own value, in exact fractions: the text was made above, and is nothing else."""
    parts = "".join(
        f"Fraction('{token}')" if token[0].isdigit() else token for token in _tokens(text)
    )
    return eval(parts, {"__builtins__": {}, "Fraction": Fraction})


def _tokens(text: str) -> list[str]:
    return re.findall(r"[0-9.]+|[-+*/()]", text)


@given(expressions())
def test_parser_agrees_with_python(text: str) -> None:
    try:
        truth = exact(text)
    except ZeroDivisionError:
        return
    assume(len(text) < 300)
    try:
        value, point = evaluate(text), evaluate(text, exact=True)
    except FormulaError:
        assert text.count("(") > 10  # only what is nested too deeply
        return
    size = Interval.around(float(truth), 1e-9 * abs(float(truth)))
    assert value.overlaps(size)
    assert point.overlaps(size)
    assert readings(text)[0] == value


@given(st.text(alphabet="0123456789.+-*/()× eExkM%=≈_[]'\"ab:;,\n", max_size=120))
def test_parser_never_raises_anything_else(text: str) -> None:
    with contextlib.suppress(FormulaError):
        evaluate(text)
    for formula in formulas([(1, text), (2, "≈ 3")]):
        assert len(formula.values) == len(formula.points)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "2 ** 9999999",
        "9" * 100_000,
        "(" * 10_000,
        "1+" * 10_000 + "1",
        "-" * 5_000 + "1",
        "(" * 50 + "1" + ")" * 50,
        "1e999 * 2",
        "lambda: 0",
        "a + b",
        "",
        "1 2",
        "1 +",
        ") 1 (",
    ],
)
def test_parser_refuses(text: str) -> None:
    with pytest.raises(FormulaError):
        evaluate(text)


@given(expressions())
def test_an_equation_is_right_as_often_as_python_says(text: str) -> None:
    try:
        truth = float(exact(text))
    except ZeroDivisionError:
        return
    # What is no equation of a readable size cannot be judged, and must not be called wrong.
    line = f"Total: {text} = {truth:.3f}"
    assert judge(line).findings == ()
