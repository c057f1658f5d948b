"""Random draws that decide which rows are trained on, and whether they can be repeated."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.hygiene.seeds import GENERATORS, Program, Seed, Statement


@dataclass(frozen=True, slots=True)
class _Splitter:
    """How a splitter is called: library, arguments, and whether it shuffles by default."""

    library: str
    shuffles: bool | None = None  # None: there is no such argument, it always draws
    seed: tuple[str, ...] = ("random_state",)
    seed_at: int | None = None
    shuffle_at: int | None = None


_FOLDS = _Splitter("numpy", shuffles=False, seed_at=2, shuffle_at=1)
_DRAWN = _Splitter("numpy")
_SPLITTERS: Mapping[str, _Splitter] = {
    "train_test_split": _Splitter("numpy", shuffles=True, seed=("random_state", "seed")),
    "KFold": _FOLDS,
    "StratifiedKFold": _FOLDS,
    "StratifiedGroupKFold": _FOLDS,
    "MultilabelStratifiedKFold": _FOLDS,
    "GroupKFold": _FOLDS,
    "ShuffleSplit": _DRAWN,
    "StratifiedShuffleSplit": _DRAWN,
    "GroupShuffleSplit": _DRAWN,
    "MultilabelStratifiedShuffleSplit": _DRAWN,
    "RepeatedKFold": _DRAWN,
    "RepeatedStratifiedKFold": _DRAWN,
    "random_split": _Splitter("torch", seed=("generator",), seed_at=2),
    "randomSplit": _Splitter("spark", seed=("seed",), seed_at=1),
    "RandomSplitter": _Splitter("torch", seed=("seed",), seed_at=1),
}
_ORDERS = frozenset({"permutation", "shuffle", "sample", "randperm", "permuted", "choice"})
_UNIFORM = frozenset({"rand", "random", "random_sample", "uniform", "binomial"})
_LIBRARIES = frozenset(
    ["sklearn", "torch", "cuml", "dask_ml", "fastai", "iterstrat", "skmultilearn", "surprise"]
)
_SEED_ARGUMENTS = ("random_state", "seed", "generator", "rng")


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """A random draw.

    Parameters
    ----------
    statement : Statement
        Where it stands.
    node : ast.Call
        The call.
    operation : str
        As the code names it: ``"train_test_split"``, ``"np.random.permutation"``.
    library : str
        Whose global seed it depends on without a seed of its own; empty where it has a generator.
    seed : Seed
        Whether it can be repeated.
    """

    statement: Statement
    node: ast.Call
    operation: str
    library: str
    seed: Seed


def splitters(program: Program) -> Iterator[tuple[Draw, bool]]:
    """Calls of splitting functions and classes, and whether they draw at all."""
    for statement in program.statements:
        for node in statement.expressions:
            if not isinstance(node, ast.Call):
                continue
            last = _last(node.func)
            known = _SPLITTERS.get(last)
            if known is None or last in program.functions:
                continue
            draws, seed = _of_splitter(program, node, known)
            seed = _globally(program, statement, seed, known.library)
            yield Draw(statement, node, _written(node.func), known.library, seed), draws


def shuffled_pipelines(program: Program) -> Iterator[Draw]:
    """``ds = ds.shuffle(n)`` of TensorFlow, whose rows ``take`` and ``skip`` divide later."""
    if not any(name.partition(".")[0] == "tensorflow" for name in program.modules.values()):
        return
    divided: dict[str, set[str]] = {}
    for statement in program.statements:
        for node in statement.expressions:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="take" | "skip")):
                    divided.setdefault(name, set()).add(_last(node.func))
    both = {name for name, used in divided.items() if len(used) == 2}
    for statement in program.statements:
        target = statement.node.targets[0] if isinstance(statement.node, ast.Assign) else None
        if not isinstance(target, ast.Name) or target.id not in both:
            continue
        for node in statement.expressions:
            if not isinstance(node, ast.Call) or _last(node.func) != "shuffle":
                continue
            given = _argument(node, ("seed",), 1)
            seed = Seed.MISSING if given is None else program.seed(given)
            seed = _globally(program, statement, seed, "tensorflow")
            yield Draw(statement, node, _written(node.func), "tensorflow", seed)


def _of_splitter(program: Program, node: ast.Call, known: _Splitter) -> tuple[bool, Seed]:
    unpacked = any(keyword.arg is None for keyword in node.keywords)
    unsure = unpacked or not _is_known(program, node.func)
    draws = known.shuffles is not False
    shuffle = _argument(node, ("shuffle",), known.shuffle_at)
    if known.shuffles is not None and isinstance(shuffle, ast.Constant):
        draws = bool(shuffle.value)
    elif not draws and (unpacked or shuffle is not None):
        draws = unsure = True
    given = _argument(node, known.seed, known.seed_at)
    if given is None:
        return draws, Seed.UNKNOWN if unsure else Seed.MISSING
    if program.name(given) == "numpy.random":
        return draws, Seed.MISSING  # the global generator
    return draws, program.seed(given)


def _is_known(program: Program, function: ast.AST) -> bool:
    """Whether a name was not imported from a module that we know nothing of."""
    if not isinstance(function, ast.Name) or function.id not in program.modules:
        return True
    return program.modules[function.id].partition(".")[0] in _LIBRARIES


def reorderings(program: Program, statement: Statement) -> Iterator[Draw]:
    """Draws of an order, of positions or of a random condition in one statement."""
    compared = {
        id(inner)
        for node in statement.expressions
        if isinstance(node, ast.Compare)
        for inner in ast.walk(node)
    }
    for node in statement.expressions:
        if not isinstance(node, ast.Call):
            continue
        last = _last(node.func)
        if last not in _ORDERS and not (last in _UNIFORM and id(node) in compared):
            continue
        found = _library(program, node, last)
        if found is None:
            continue
        library, seed = found
        given = _argument(node, _SEED_ARGUMENTS, None)
        if given is not None:
            seed = program.seed(given)
        elif any(keyword.arg is None for keyword in node.keywords):
            seed = Seed.UNKNOWN
        seed = _globally(program, statement, seed, library)
        yield Draw(statement, node, _written(node.func), library, seed)


def _library(program: Program, node: ast.Call, last: str) -> tuple[str, Seed] | None:
    """Whose generator draws, and what is known of its seed; ``None`` where rows stay in place."""
    name = program.name(node.func)
    if last == "choice" and not _chooses_rows(node):
        return None
    if name.startswith("numpy.random."):
        return "numpy", Seed.MISSING
    if name.startswith("random."):
        return "random", Seed.MISSING
    if name == "torch.randperm":
        return "torch", Seed.MISSING
    if name == "sklearn.utils.shuffle":
        return "numpy", Seed.MISSING
    if not isinstance(node.func, ast.Attribute):
        return None
    receiver = node.func.value
    if _is_generator(program, receiver):
        return "", program.seed(receiver)
    if last == "sample" and _samples_a_table(program, node):
        return "numpy", Seed.MISSING
    return None


def _samples_a_table(program: Program, node: ast.Call) -> bool:
    """``df.sample(frac=0.8)``, not a draw from a distribution."""
    if any(k.arg in ("frac", "fraction", "n", "replace", "random_state") for k in node.keywords):
        return True
    tops = {name.partition(".")[0] for name in program.modules.values()}
    is_number = bool(node.args) and isinstance(node.args[0], ast.Constant)
    return is_number and not tops & {"torch", "tensorflow_probability", "jax", "pymc", "pyro"}


def _is_generator(program: Program, node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _last(node.func) in GENERATORS
    key = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    made = [value for value in program.values.get(key, []) if isinstance(value, ast.Call)]
    return any(_last(value.func) in GENERATORS for value in made)


def _chooses_rows(node: ast.Call) -> bool:
    """``choice(n, k, replace=False)``, or a choice of names of splits for every row."""
    replace = _argument(node, ("replace",), 2)
    if isinstance(replace, ast.Constant) and replace.value is False:
        return True
    first = node.args[0] if node.args else None
    names = first.elts if isinstance(first, ast.List | ast.Tuple) else []
    return any(isinstance(n, ast.Constant) and "train" in str(n.value) for n in names)


def _globally(program: Program, statement: Statement, seed: Seed, library: str) -> Seed:
    if seed is Seed.MISSING and library and program.seeded(frozenset({library}), statement):
        return Seed.SET
    return seed


def _argument(node: ast.Call, names: tuple[str, ...], position: int | None) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg in names:
            return keyword.value
    if position is None or len(node.args) <= position:
        return None
    return None if any(isinstance(a, ast.Starred) for a in node.args) else node.args[position]


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _written(node: ast.AST, depth: int = 0) -> str:
    """A short dotted name as the code writes it."""
    if isinstance(node, ast.Attribute) and depth < 5:
        inner = _written(node.value, depth + 1)
        return f"{inner}.{node.attr}" if inner else node.attr
    return node.id if isinstance(node, ast.Name) else ""
