"""What a file says about seeds: which are set for a whole library, and which an argument holds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from audit.model.artifacts import Cell, CellKind, SourceFile
from checks.kit.cells import syntax_tree

_MAX_DEPTH = 20
_EVERY = frozenset({"numpy", "random", "torch", "tensorflow"})
# functions that seed one library; any other function with "seed" in its name seeds all
_SEEDERS = {
    "numpy.random.seed": frozenset({"numpy"}),
    "random.seed": frozenset({"random"}),
    "torch.manual_seed": frozenset({"torch"}),
    "torch.random.manual_seed": frozenset({"torch"}),
    "tensorflow.random.set_seed": frozenset({"tensorflow"}),
    "tensorflow.set_random_seed": frozenset({"tensorflow"}),
    "tensorflow.compat.v1.set_random_seed": frozenset({"tensorflow"}),
    "torch.cuda.manual_seed": frozenset[str](),
    "torch.cuda.manual_seed_all": frozenset[str](),
}
GENERATORS = frozenset({"RandomState", "default_rng", "Generator", "PCG64", "MT19937", "Philox",
                        "SeedSequence", "Random", "check_random_state"})  # fmt: skip


class Seed(Enum):
    """Whether a draw can be repeated."""

    SET = "set"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A statement and where it stands.

    Parameters
    ----------
    cell : Cell
        Its cell.
    node : ast.stmt
        The statement; of loops, branches and functions the head only matters.
    order : int
        Position in the file.
    function : str
        The function that it belongs to; empty where it runs with the file.
    expressions : tuple of ast.AST
        Nodes of the statement itself, without those of statements inside it.
    """

    cell: Cell
    node: ast.stmt
    order: int
    function: str
    expressions: tuple[ast.AST, ...]

    @property
    def lines(self) -> range:
        """Lines of the cell that it takes, without those of statements inside it."""
        inner = [
            child.lineno for child in ast.iter_child_nodes(self.node) if isinstance(child, ast.stmt)
        ]
        last = self.node.end_lineno or self.node.lineno
        return range(
            self.node.lineno, max(min([last, *(n - 1 for n in inner)]), self.node.lineno) + 1
        )


_BODIES = (ast.stmt, ast.ExceptHandler, ast.match_case)
_LEFT_OUT = (*_BODIES, ast.expr_context)


def _expressions(statement: ast.stmt) -> tuple[ast.AST, ...]:
    """Without the marks of loading and storing, which are half of all nodes."""
    found: list[ast.AST] = []
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        found.append(node)
        for name in node._fields:  # `ast.iter_child_nodes` takes several times as long
            value = getattr(node, name, None)
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST) and not isinstance(child, _LEFT_OUT):
                    todo.append(child)
    return tuple(found)


@dataclass(slots=True, eq=False)
class Program:
    """The statements of one file, and what names stand for.

    Parameters
    ----------
    file : SourceFile
        The file.
    statements : list of Statement
        In the order of the file.
    modules : dict of str to str
        What imported names stand for: ``np`` to ``numpy``.
    values : dict of str to list
        Expressions that a name, an attribute or a key is given anywhere in the file; ``None``
        for a parameter without a default.
    repeated : set of str
        Names that a loop runs through, and generators that are seeded later.
    functions : set of str
        Functions that the file defines.
    unread : list of Cell
        Cells that are not Python.
    """

    file: SourceFile
    statements: list[Statement] = field(default_factory=list)
    modules: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[ast.expr | None]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    unread: list[Cell] = field(default_factory=list)
    _known: dict[str, Seed | None] = field(default_factory=dict)
    _seedings: list[tuple[Statement, frozenset[str]]] | None = None

    def name(self, node: ast.AST) -> str:
        """Dotted name of what is called, imports resolved; empty where it is computed."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.modules.get(node.id, node.id), *reversed(parts)])

    def seed(self, node: ast.expr | None, depth: int = 0) -> Seed:
        """Whether an expression that is given as a seed, or a generator, fixes the draw."""
        if node is None or depth > _MAX_DEPTH:
            return Seed.UNKNOWN
        match node:
            case ast.Constant(value=None):
                return Seed.MISSING
            case ast.Constant():
                return Seed.SET
            case (
                ast.Name(id=key)
                | ast.Attribute(attr=key)
                | ast.Subscript(slice=ast.Constant(value=str(key)))
            ):
                return self._named(key, depth) or Seed.UNKNOWN
            case ast.Call():
                return self._made(node, depth)
            case ast.BinOp(left=left, right=right):
                return _agreed([self.seed(left, depth + 1), self.seed(right, depth + 1)])
            case ast.BoolOp(values=values):
                found = [self.seed(value, depth + 1) for value in values]
                return Seed.SET if Seed.SET in found else Seed.UNKNOWN
            case ast.IfExp(body=body, orelse=orelse):
                return _agreed([self.seed(body, depth + 1), self.seed(orelse, depth + 1)])
        return Seed.UNKNOWN

    def _named(self, key: str, depth: int) -> Seed | None:
        """Of everything that a name is given; ``None`` while that is being found out."""
        if key in self.repeated:
            return Seed.SET
        if key not in self._known:
            self._known[key] = None
            given = [value for value in self.values.get(key, []) if not _refers_to(value, key)]
            self._known[key] = _agreed([self.seed(value, depth + 1) for value in given if value])
        return self._known[key]

    def _made(self, node: ast.Call, depth: int) -> Seed:
        """Of a call: a generator, a conversion, an entry with a default."""
        last = node.func.attr if isinstance(node.func, ast.Attribute) else self.name(node.func)
        last = last.rpartition(".")[2]
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if last in GENERATORS:
            return self.seed(given[0], depth + 1) if given else Seed.MISSING
        if last in ("manual_seed", "PRNGKey", "key"):
            return Seed.SET
        if last in ("int", "abs", "fold_in", "spawn") and given:
            return self.seed(given[0], depth + 1)
        if last in ("get", "getenv", "getattr") and len(given) > 1:
            return Seed.SET if self.seed(given[-1], depth + 1) is Seed.SET else Seed.UNKNOWN
        return Seed.UNKNOWN

    def seeded(self, libraries: frozenset[str], draw: Statement) -> bool:
        """Whether the file seeds one of the libraries before a statement is executed."""
        return any(
            found & libraries
            for statement, found in self.seedings()
            if statement.function or draw.function or statement.order < draw.order
        )

    def seedings(self) -> list[tuple[Statement, frozenset[str]]]:
        """Statements that seed whole libraries, and which ones."""
        if self._seedings is None:
            self._seedings = [
                (statement, found)
                for statement in self.statements
                for node in statement.expressions
                if isinstance(node, ast.Call) and (found := self._seeds(node))
            ]
        return self._seedings

    def _seeds(self, node: ast.Call) -> frozenset[str]:
        name = self.name(node.func)
        last = name.rpartition(".")[2]
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if name in _SEEDERS:
            is_set = bool(given) and self.seed(given[0]) is not Seed.MISSING
            return _SEEDERS[name] if is_set else frozenset()
        is_seeder = "seed" in last.casefold() and last not in (
            "seed",
            "SeedSequence",
            "manual_seed",
        )
        return _EVERY if is_seeder and last not in self.functions else frozenset()


def _refers_to(value: ast.expr | None, key: str) -> bool:
    """``seed=seed``, ``self.seed = seed``."""
    return (isinstance(value, ast.Name) and value.id == key) or (
        isinstance(value, ast.Attribute) and value.attr == key
    )


def _agreed(found: Sequence[Seed]) -> Seed:
    return found[0] if found and all(seed is found[0] for seed in found) else Seed.UNKNOWN


def read(file: SourceFile) -> Program:
    """Read the statements of a file; nothing is executed."""
    program = Program(file)
    for cell in file.cells:
        if cell.kind is not CellKind.CODE:
            continue
        tree = syntax_tree(cell.source)
        if tree is None:
            program.unread.append(cell)
            continue
        _flatten(program, cell, tree.body)
    return program


def _flatten(program: Program, cell: Cell, body: Iterable[ast.stmt]) -> None:
    """Statements in the order of the text, those inside others after their head."""
    todo: list[tuple[ast.stmt, str]] = [(node, "") for node in reversed(list(body))]
    while todo:
        node, inside = todo.pop()
        statement = Statement(cell, node, len(program.statements), inside, _expressions(node))
        program.statements.append(statement)
        _note(program, statement)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = node.name
        inner: list[ast.stmt] = []
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                inner.append(child)
            elif isinstance(child, _BODIES):
                inner += [n for n in ast.iter_child_nodes(child) if isinstance(n, ast.stmt)]
        todo += [(child, inside) for child in reversed(inner)]


def _note(program: Program, statement: Statement) -> None:
    """What the statement gives a name."""
    node = statement.node
    match node:
        case ast.Import(names=names):
            for alias in names:
                top = alias.name if alias.asname else alias.name.partition(".")[0]
                program.modules[alias.asname or top] = top
        case ast.ImportFrom(module=module, names=names):
            for alias in names:
                program.modules[alias.asname or alias.name] = f"{module or '.'}.{alias.name}"
        case ast.For(target=target) | ast.AsyncFor(target=target):
            program.repeated |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
        case ast.FunctionDef(name=name, args=args) | ast.AsyncFunctionDef(name=name, args=args):
            program.functions.add(name)
            _note_parameters(program, args)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _note_value(program, target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            _note_value(program, target, value)
    for inner in statement.expressions:
        match inner:
            case ast.Dict(keys=keys, values=values):
                for key, entry in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        program.values.setdefault(key.value, []).append(entry)
            case ast.Call(func=ast.Attribute(attr="add_argument")):
                _note_option(program, inner)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="manual_seed")):
                program.repeated.add(name)
            case ast.Call(keywords=keywords):
                for keyword in keywords:
                    if keyword.arg in ("seed", "random_state", "rng", "generator"):
                        program.values.setdefault(keyword.arg, []).append(keyword.value)


def _note_value(program: Program, target: ast.expr, value: ast.expr) -> None:
    match target, value:
        case ast.Tuple(elts=targets) | ast.List(elts=targets), ast.Tuple(elts=values) if len(
            targets
        ) == len(values):
            for one, given in zip(targets, values, strict=True):
                _note_value(program, one, given)
        case ast.Name(id=key) | ast.Attribute(attr=key) | ast.Subscript(
            slice=ast.Constant(value=str(key))
        ), _:
            program.values.setdefault(key, []).append(value)


def _note_parameters(program: Program, args: ast.arguments) -> None:
    positional = [*args.posonlyargs, *args.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    defaults = [*missing, *args.defaults, *args.kw_defaults]
    for parameter, default in zip([*positional, *args.kwonlyargs], defaults, strict=True):
        is_none = isinstance(default, ast.Constant) and default.value is None
        program.values.setdefault(parameter.arg, []).append(None if is_none else default)


def _note_option(program: Program, node: ast.Call) -> None:
    """``add_argument("--seed", type=int, default=42)``."""
    default = next((k.value for k in node.keywords if k.arg == "default"), None)
    for option in node.args:
        if isinstance(option, ast.Constant) and isinstance(option.value, str):
            key = option.value.lstrip("-").replace("-", "_")
            program.values.setdefault(key, []).append(default)
