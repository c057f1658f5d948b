"""Arithmetic as people write it: ``(5.4K × 0.44) + 3 / 7``, read with rounding intervals.

A small recursive parser with bounds on length and depth. Nothing is evaluated as code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from checks.kit.intervals import Interval, Written, parse_written

MAX_LENGTH = 400  # characters
MAX_TOKENS = 80
MAX_DEPTH = 12

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
    r"(?:[eE][-+]?[0-9]{1,3})?|\.[0-9]+)(?P<scale>[kKM](?![A-Za-z]))?(?P<percent>\s?%)?"
    r"|(?P<operator>[-+*/()×·÷−–]))"
)
_SAME = {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}
_SIGN = re.compile(r"[≈≃=]")
_RESULT = re.compile(
    r"\s*\*{0,2}(?P<number>~?\s?[-+−]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)?(?:\.[0-9]+)?"
    r"(?:[eE][-+]?[0-9]{1,3})?(?:[kKM](?![A-Za-z]))?(?:\s?%|[x×](?![A-Za-z0-9]))?)\*{0,2}"
    r"(?P<rest>.{0,200})",
    re.DOTALL,
)

# a number that goes on is an expression, a range or a number of another unit
_END = re.compile(
    r"$|\(|[.,;:)!✓✅](?=\s|$)|(?:rows|samples|images|parameters|params|steps|in total|total)\b",
    re.IGNORECASE,
)
_ARITHMETIC = re.compile(
    r"(?<![\w.%)(+*/×·÷−–-])[\s(]*[-−]?[\s(]*[0-9.](?:[-+*/()×·÷−–0-9.,kKM%\s]|[eE][-+0-9])*$"
)
_INTRODUCES = re.compile(
    r"(?:[:;,]|\b(?:is|are|was|were|gives|equals|i\.e\.|thus|so|therefore))\s*$"
)
_DATE = re.compile(r"[0-9]{4}[-/.–][0-9]{1,2}[-/.–][0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}")


class FormulaError(ValueError):
    """The text is no arithmetic expression, or one that is too long or too deep."""


@dataclass(frozen=True, slots=True)
class Formula:
    """``expression = result`` in a text.

    Parameters
    ----------
    expression : str
        The left side, with at least one operator.
    values : tuple of Interval
        What it gives: with the usual precedence first, then with a final division applied to
        everything before it.
    points : tuple of float
        The same with every number taken as written; NaN where that is undefined.
    result : Written
        The right side.
    line : int
        1-based line of the expression.
    """

    expression: str
    values: tuple[Interval, ...]
    points: tuple[float, ...]
    result: Written
    line: int


def evaluate(text: str, *, exact: bool = False) -> Interval:
    """Value of an expression by the usual precedence, as an interval.

    Parameters
    ----------
    text : str
        The expression.
    exact : bool
        Take every number as it is written, not as rounded.

    Raises
    ------
    FormulaError
        If it is no expression of numbers, ``+ - * /`` and parentheses.

    Examples
    --------
    >>> evaluate("(1 + 2) * 3 / 4 - 1").overlaps(Interval(1.25, 1.25))
    True
    """
    tokens = _tokens(text, exact)
    parser = _Parser(tokens)
    value = parser.sum(0)
    if parser.position != len(tokens):
        raise FormulaError(f"unexpected {tokens[parser.position]!r}")
    return value


def readings(text: str, *, exact: bool = False) -> tuple[Interval, ...]:
    """Values of an expression: as written, and with a last division applied to all before it.

    People write ``a + b / n`` on one line and mean ``(a + b) / n``.

    Raises
    ------
    FormulaError
        If it is no expression.
    """
    found = [evaluate(text, exact=exact)]
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == ")") - (text[index] == "(")
        if text[index] in "/÷" and depth == 0:
            head, tail = text[:index], text[index + 1 :]
            try:
                value = evaluate(head, exact=exact) / evaluate(tail, exact=exact)
            except FormulaError:
                break
            found.append(value)
            break
    return tuple(found)


def formulas(lines: list[tuple[int, str]]) -> list[Formula]:
    """Equations of an expression and a number, on one line or with the result on the next."""
    found = []
    for index, (number, text) in enumerate(lines):
        if len(text) > MAX_LENGTH or not any(sign in text for sign in "*/×·÷+-−"):
            continue
        parts = _SIGN.split(_bare(text))
        if index + 1 < len(lines):
            following = lines[index + 1][1]
            if len(following) <= MAX_LENGTH and re.match(r"\s*[≈≃=](?![=>])", following):
                parts += _SIGN.split(_bare(following))[1:]
        for left, right in pairwise(parts):
            if formula := _formula(left, right, number):
                found.append(formula)
    return found


def _bare(text: str) -> str:
    # emphasis, code marks, list marks and quotes; a lone * between blanks is a product
    text = re.sub(r"\*\*|`|^\s*(?:>\s*|[-*+•]\s+|\d{1,2}[.)]\s+)+", "", text)
    return re.sub(r"[!<>=]=|=>|->|:=", " ? ", text)


def _formula(left: str, right: str, line: int) -> Formula | None:
    expression = _expression(left)
    if _DATE.search(expression):
        return None
    result = _result(right)
    if result is None:
        return None
    try:
        values = readings(expression)
        points = [(each.low + each.high) / 2 for each in readings(expression, exact=True)]
    except FormulaError:
        return None
    if len(_tokens(expression, exact=True)) < 3:
        return None
    return Formula(expression, values, tuple(points), result, line)


def _expression(text: str) -> str:
    """The end of a text that may be an expression, where nothing before it belongs to it."""
    end = _ARITHMETIC.search(text)
    if end is None:
        return ""
    before, expression = text[: end.start()], end[0].strip()
    return expression if not before or _INTRODUCES.search(before) else ""


def _result(text: str) -> Written | None:
    match = _RESULT.match(text)
    if match is None or not match["number"].strip():
        return None
    rest = match["rest"].lstrip()
    # a number that goes on is an expression, a range or another unit
    return parse_written(match["number"]) if _END.match(rest) else None


def _tokens(text: str, exact: bool) -> list[str | Interval]:
    if len(text) > MAX_LENGTH:
        raise FormulaError("too long")
    tokens: list[str | Interval] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(tokens) >= MAX_TOKENS:
            raise FormulaError(f"no arithmetic at {position}")
        position = match.end()
        if operator := match["operator"]:
            tokens.append(_SAME.get(operator, operator))
        else:
            tokens.append(_number(match, exact))
    return tokens


def _number(match: re.Match[str], exact: bool) -> Interval:
    written = parse_written(match["number"] + (match["scale"] or ""))
    if written is None:
        raise FormulaError("no number")
    if exact:
        value = written.value / 100 if match["percent"] else written.value
        return Interval(value, value)
    if match["percent"]:
        half_width = max(written.half_width, 0.5 if "." not in match["number"] else 0.0)
        return Interval.around(written.value, half_width) / Interval(100.0, 100.0)
    return written.interval


class _Parser:
    """Recursive descent over tokens."""

    def __init__(self, tokens: list[str | Interval]) -> None:
        self._tokens = tokens
        self.position = 0

    def _peek(self) -> str | Interval | None:
        return self._tokens[self.position] if self.position < len(self._tokens) else None

    def sum(self, depth: int) -> Interval:
        value = self._product(depth)
        while (operator := self._peek()) in ("+", "-"):
            self.position += 1
            other = self._product(depth)
            value = value + other if operator == "+" else value - other
        return value

    def _product(self, depth: int) -> Interval:
        value = self._factor(depth)
        while (operator := self._peek()) in ("*", "/"):
            self.position += 1
            other = self._factor(depth)
            value = value * other if operator == "*" else value / other
        return value

    def _factor(self, depth: int) -> Interval:
        if depth > MAX_DEPTH:
            raise FormulaError("nested too deeply")
        token = self._peek()
        self.position += 1
        if isinstance(token, Interval):
            return token
        if token == "-":
            return Interval(0.0, 0.0) - self._factor(depth + 1)
        if token == "(":
            value = self.sum(depth + 1)
            if self._peek() != ")":
                raise FormulaError("unbalanced")
            self.position += 1
            return value
        raise FormulaError(f"unexpected {token!r}")
