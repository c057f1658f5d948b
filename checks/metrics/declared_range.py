"""The range of the predictions that documents promise and that code enforces.

Only what is certain: a sentence about all predictions, a clip that every prediction of the code
goes through, a last transform with a bound. What targets contradict is about another quantity.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import CellKind, Code, DocumentKind, Documents
from audit.model.location import Location, Role
from checks.kit.cells import parse_cell
from checks.kit.written_lines import document_lines, plain
from checks.metrics.planned import Numbers, read_numbers

_MAX_NODES = 200_000
_MAX_LINE = 2_000
_NUMBER = (
    r"(-?\d{1,9}(?:\.\d{1,9})?)(?![\w.]*\d|\s?%| (?:percent|are|is|was|were|get|count|times)\b)"
)
_WHAT = r"(?:predictions?|predicted (?:values?|[a-z]{3,20}))"
_SUBJECT = re.compile(
    rf"\b(?:(?:all|every|each) (?:of )?(?:the )?(?:model )?{_WHAT}"
    rf"(?: (?:are|is|must be|lie|stay|remain))?(?: (?:always|guaranteed(?: to be)?))?"
    rf"|{_WHAT} (?:are|is) (?:always|clipped|clamped|constrained|bounded|limited|guaranteed)"
    r"(?: to(?: be| lie)?)?)\s?(?P<rest>.{1,60})",
    re.IGNORECASE,
)
_LEAST = re.compile(rf"(?:≥|>=|at least|no (?:less|lower) than|(?:never|not) below) ?{_NUMBER}")
_MOST = re.compile(rf"(?:≤|<=|at most|no (?:more|higher) than|(?:never|not) above) ?{_NUMBER}")
_WITHIN = re.compile(
    rf"(?:(?:in|within|between|to|∈) )?[\[(]?{_NUMBER}(?: ?, ?| and | to | ?– ?){_NUMBER}[\])]?"
)
_LIMITED = re.compile(
    r"\b(?:of|for|if|when|where|with|not|unless|drop|keep|only)(?: the)? $", re.IGNORECASE
)
_DENIED = re.compile(
    r"\b(?:not|no longer|false|fail(?:s|ed)?|should|except)\b|[✗✘❌]", re.IGNORECASE
)
_PREDICTED = re.compile(
    r"(?i)(?:.*_)?(?:preds?|predictions?|predicted|y_?hat)(?:_(?!true).*)?|y_?pred.*"
)
_CLIPS = frozenset({"clip", "clamp", "clip_by_value", "maximum", "minimum", "fmax", "fmin"})


@dataclass(frozen=True, slots=True)
class Declared:
    """A range, and where it is declared."""

    low: float
    high: float
    location: Location

    @property
    def words(self) -> str:
        """``(at least 1)``."""
        if math.isinf(self.high):
            return f"(at least {self.low:g})"
        if math.isinf(self.low):
            return f"(at most {self.high:g})"
        return f"({self.low:g} to {self.high:g})"


def declared_ranges(code: Code | None, documents: Documents | None) -> list[Declared]:
    """Ranges that the export declares itself, each bound pair once, documents first."""
    found: dict[tuple[float, float], Declared] = {}
    stated = _stated(documents) if documents is not None else iter(())
    enforced = _enforced(code) if code is not None else iter(())
    for each in (*stated, *enforced):
        if each.low < each.high:
            found.setdefault((each.low, each.high), each)
    return list(found.values())


# --- documents --------------------------------------------------------------------------------


def _stated(documents: Documents) -> Iterator[Declared]:
    for document in documents.items:
        if document.kind is DocumentKind.OUTPUT:
            continue
        for number, line in document_lines(document):
            if len(line) > _MAX_LINE or "predict" not in line.casefold():
                continue
            bounds = stated_range(line)
            if bounds is not None:
                note = "the range is declared here"
                place = document.location(number, role=Role.RELATED, note=note)
                yield Declared(*bounds, place)


def stated_range(line: str) -> tuple[float, float] | None:
    """The range that a line states for all predictions.

    Examples
    --------
    >>> stated_range("- **All predictions ≥ 1.0** (via softplus)")
    (1.0, inf)
    >>> stated_range("All predictions ≥ 0.5 are labelled positive.") is None
    True
    """
    text = plain(line)
    match = _SUBJECT.search(text)
    if match is None or _LIMITED.search(text[: match.start()]) or _DENIED.search(text):
        return None
    rest = match["rest"]
    if least := _LEAST.match(rest):
        return float(least[1]), math.inf
    if most := _MOST.match(rest):
        return -math.inf, float(most[1])
    if within := _WITHIN.match(rest):
        return float(within[1]), float(within[2])
    return None


# --- code -------------------------------------------------------------------------------------


def _enforced(code: Code) -> Iterator[Declared]:
    trees = []
    for file in code.files:
        for cell in file.cells:
            if cell.kind is CellKind.CODE:
                try:
                    nodes = list(ast.walk(parse_cell(cell.source)))
                except SyntaxError:
                    return  # what is not read may hold other predictions
                if len(nodes) > _MAX_NODES:
                    return
                trees.append((file, cell, nodes))
    numbers = read_numbers(nodes for _, _, nodes in trees)
    outputs, clips, plain_ones = [], [], 0
    for file, cell, nodes in trees:
        made = [(node, _output(node, numbers)) for node in nodes]
        outputs += [
            Declared(low, math.inf, file.location(cell, node.lineno))
            for node, low in made
            if low is not None and isinstance(node, ast.stmt | ast.expr)
        ]
        found, missed = _clipped(nodes, numbers)
        clips += [Declared(*bounds, file.location(cell, node.lineno)) for node, bounds in found]
        plain_ones += missed
    note = "the code constrains its predictions here"
    for several in (outputs, clips if not plain_ones else []):
        if len({(each.low, each.high) for each in several}) == 1:
            place = replace(several[0].location, role=Role.RELATED, note=note)
            yield replace(several[0], location=place)


def _output(node: ast.AST, numbers: Numbers) -> float | None:
    """Lower bound of a model whose last step is ``softplus(...) + c``."""
    body: ast.AST | None = None
    match node:
        case ast.FunctionDef(name="forward" | "call" | "__call__", body=[*_, ast.Return(value=v)]):
            body = v
        case ast.Call(args=[ast.Lambda(body=v), *_]) if _last(node.func) == "Lambda":
            body = v
        case ast.Assign(targets=[ast.Name(id=name)], value=v) if _PREDICTED.fullmatch(name):
            body = v
    while isinstance(body, ast.Call) and _last(body.func) in (
        "squeeze",
        "flatten",
        "view",
        "ravel",
    ):
        body = body.func.value if isinstance(body.func, ast.Attribute) else None
    if not isinstance(body, ast.BinOp) or not isinstance(body.op, ast.Add):
        return None
    for part, other in ((body.left, body.right), (body.right, body.left)):
        if isinstance(part, ast.Call) and _last(part.func).casefold() == "softplus":
            return numbers.of(other)
    return None


def _clipped(
    nodes: Sequence[ast.AST], numbers: Numbers
) -> tuple[list[tuple[ast.Assign, tuple[float, float]]], int]:
    """Clips of predictions, and how many predictions go through none."""
    found, inside, names = [], set[int](), set[str]()
    for node in nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        call = node.value
        bounds = _bounds(call, numbers) if isinstance(call, ast.Call) else None
        if bounds is None or not _PREDICTED.fullmatch(node.targets[0].id):
            continue
        within = list(ast.walk(node.value))
        used = {n.id for n in within if isinstance(n, ast.Name) and _PREDICTED.fullmatch(n.id)}
        if not used and not any(_predicts(n) for n in within):
            continue
        found.append((node, bounds))
        inside |= {id(n) for n in within}
        names |= used
    for node in nodes:  # y = model.predict(x), and y is clipped elsewhere
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and isinstance(target, ast.Name) and target.id in names:
            inside |= {id(n) for n in ast.walk(node.value)}
    missed = sum(1 for node in nodes if _predicts(node) and id(node) not in inside)
    return found, missed


def _bounds(call: ast.Call, numbers: Numbers) -> tuple[float, float] | None:
    """Bounds of ``np.clip(x, a, b)``, ``x.clip(a, b)``, ``np.maximum(x, a)``."""
    last = _last(call.func)
    if last not in _CLIPS:
        return None
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    in_module = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
    in_module = in_module and _last(getattr(call.func, "value", call)) in (
        "np", "numpy", "tf", "torch", "jnp", "K", "ops", "backend"
    )  # fmt: skip
    rest = call.args[1:] if in_module or isinstance(call.func, ast.Name) else call.args
    if last in ("maximum", "fmax", "minimum", "fmin"):
        several = [value for arg in call.args if (value := numbers.of(arg)) is not None]
        if len(several) != 1:
            return None
        return (several[0], math.inf) if last.endswith("max") or last == "maximum" else (
            -math.inf, several[0]
        )  # fmt: skip
    low = next((given[k] for k in ("min", "a_min", "lower") if k in given), None)
    high = next((given[k] for k in ("max", "a_max", "upper") if k in given), None)
    low = rest[0] if low is None and rest else low
    high = rest[1] if high is None and len(rest) > 1 else high
    ends = []
    for end, missing in ((low, -math.inf), (high, math.inf)):
        is_open = end is None or (isinstance(end, ast.Constant) and end.value is None)
        value = missing if is_open else _number(end, numbers)
        if value is None:
            return None
        ends.append(value)
    return None if math.isinf(ends[0]) and math.isinf(ends[1]) else (ends[0], ends[1])


def _number(node: ast.expr | None, numbers: Numbers) -> float | None:
    if isinstance(node, ast.Attribute) and node.attr == "inf":
        return math.inf
    return numbers.of(node)


def _predicts(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in ("predict", "predict_on_batch")


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
