"""What a number in the code is: a literal, or a name, key or option that is given once."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_MAX_DEPTH = 5


@dataclass(slots=True)
class Numbers:
    """Plain numbers that names stand for.

    Parameters
    ----------
    names : dict of str to float
        Variables that are bound exactly once, to a number.
    entries : dict of str to float
        Attributes and keys that are given one number only: fields of a class, entries of a
        dictionary, arguments of a configuration.
    options : dict of str to float
        Options of a command line, and their defaults: another value may have been given.
    """

    names: dict[str, float] = field(default_factory=dict)
    entries: dict[str, float] = field(default_factory=dict)
    options: dict[str, float] = field(default_factory=dict)

    def of(self, node: ast.expr | None, depth: int = 0) -> float | None:
        """Value of an expression; ``None`` where it is not certain."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case (
                ast.Attribute(attr=key)
                | ast.Subscript(slice=ast.Constant(value=str(key)))
                | ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_])
            ):
                return self.entries.get(key)
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right) if depth < _MAX_DEPTH:
                one, two = self.of(left, depth + 1), self.of(right, depth + 1)
                if one is None or two is None:
                    return None
                return one + two if isinstance(node.op, ast.Add) else one - two
            case ast.Call(func=ast.Name(id="int" | "float"), args=[inner]) if depth < _MAX_DEPTH:
                return self.of(inner, depth + 1)
        return literal(node)

    def default(self, node: ast.expr | None) -> float | None:
        """Default of the command-line option that an expression reads."""
        match node:
            case ast.Attribute(attr=key) | ast.Subscript(slice=ast.Constant(value=str(key))):
                return self.options.get(key)
        return None


def read_numbers(trees: Iterable[Iterable[ast.AST]]) -> Numbers:
    """Everything that is bound in all the code, by nodes of each tree."""
    names: dict[str, list[float | None]] = {}
    entries: dict[str, list[float | None]] = {}
    options: dict[str, list[float | None]] = {}
    for nodes in trees:
        for node in nodes:
            for key, value in _bound(node):
                names.setdefault(key, []).append(value)
            for key, value in _entered(node):
                entries.setdefault(key, []).append(value)
            if isinstance(node, ast.Call) and _called(node) in ("add_argument", "option", "Option"):
                for key, value in _option(node):
                    options.setdefault(key, []).append(value)
    known = {name: values[0] for name, values in names.items() if len(values) == 1}
    same = {key: values[0] for key, values in entries.items() if len(set(values)) == 1}
    once = {key: values[0] for key, values in options.items() if len(values) == 1}
    return Numbers(
        {name: value for name, value in known.items() if value is not None},
        {k: v for k, v in same.items() if v is not None and k not in options},
        {k: v for k, v in once.items() if v is not None and k not in entries},
    )


def literal(node: ast.AST | None) -> float | None:
    """A plain number with its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = literal(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        assert isinstance(node.value, int | float)
        try:
            value = float(node.value)
        except OverflowError:
            return None
        return value if math.isfinite(value) else None
    return None


def _bound(node: ast.AST) -> Iterator[tuple[str, float | None]]:
    """Bindings of plain names, each once."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, literal(value)
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _stored(target)
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            yield name, literal(value)
        case (
            ast.AugAssign(target=target)
            | ast.For(target=target)
            | ast.AsyncFor(target=target)
            | ast.NamedExpr(target=target)
            | ast.comprehension(target=target)
        ):
            yield from _stored(target)
        case ast.withitem(optional_vars=ast.expr() as target):
            yield from _stored(target)
        case ast.arg(arg=name):
            yield name, None
        case ast.Global(names=several) | ast.Nonlocal(names=several):
            yield from ((name, None) for name in several)
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name, None
        case ast.Delete(targets=targets):
            for target in targets:
                yield from _stored(target)


def _stored(target: ast.AST) -> Iterator[tuple[str, float | None]]:
    for inner in ast.walk(target):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id, None


def _entered(node: ast.AST) -> Iterator[tuple[str, float | None]]:
    """What attributes and keys are given: ``cfg.epochs = 5``, ``{"epochs": 5}``, class fields."""
    match node:
        case ast.ClassDef(body=body):
            for inner in body:
                yield from _bound(inner)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, literal(value)
        case ast.Assign(targets=targets, value=value):
            for name in filter(None, map(_key, targets)):
                if not _reads(value, name):
                    yield name, literal(value)
        case ast.Call(keywords=keywords) if _called(node)[:1].isupper() or _called(node) == "dict":
            for keyword in keywords:
                if keyword.arg and not _reads(keyword.value, keyword.arg):
                    yield keyword.arg, literal(keyword.value)


def _key(target: ast.expr) -> str:
    match target:
        case ast.Attribute(attr=text) | ast.Subscript(slice=ast.Constant(value=str(text))):
            return text
    return ""


def _reads(value: ast.expr, key: str) -> bool:
    """``self.epochs = epochs``, ``Config(epochs=args.epochs)``: hands on what has the name."""
    return _key(value) == key


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _option(node: ast.Call) -> Iterator[tuple[str, float | None]]:
    default = next((k.value for k in node.keywords if k.arg == "default"), None)
    names = [a.value for a in node.args if isinstance(a, ast.Constant)]
    for name in names:
        if isinstance(name, str) and name.startswith("--"):
            yield name.lstrip("-").replace("-", "_"), literal(default)
