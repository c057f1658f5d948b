"""Settings that code fixes by a literal: learning rate, batch size, seed, layer widths.

The code is parsed, never run. A setting with two values, or with one that is computed, is open.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from audit.model.artifacts import Cell, CellKind, Code, SourceFile
from audit.model.location import Location
from checks.kit.cells import syntax_tree

MAX_NODES = 200_000

NAMES: Mapping[str, str] = {
    "learning rate": r"(?:base_|init(?:ial)?_|max_)?(?:learning_?rate|lr)(?:_init|_value)?",
    "batch size": r"(?:train_|per_device_train_)?batch_?size|bs|batch",
    "epochs": r"(?:n_|num_|max_|nb_|num_train_)?epochs?",
    "test size": r"test_?size|val(?:idation)?_?(?:size|split|share|fraction|frac|ratio)"
    r"|test_?(?:split|share|fraction|frac|ratio)|hold_?out_?(?:size|share|fraction|frac|ratio)?",
    "random seed": r"(?:random_)?(?:seed|state)|rng_seed|random_seed",
    "folds": r"n_?(?:splits|folds)|num_folds|k_?folds?|cv",
    "dropout": r"drop_?out(?:_?rate|_p|_prob)?",
    "weight decay": r"weight_?decay",
    "noise scale": r"noise(?:_?(?:scale|level|std|sigma|factor|stddev))?",
    "number of estimators": r"n_?estimators|num_boost_round|num_(?:trees|estimators)|n_trees",
    "maximum depth": r"max_?depth",
    "threshold": r"(?:decision_|classification_|prob(?:ability)?_)?threshold",
    "patience": r"(?:early_?stop(?:ping)?_?)?patience",
    "momentum": r"momentum",
    "label smoothing": r"label_?smoothing",
    "hidden size": r"(?:n_|num_)?hidden(?:_?(?:size|dim|width|units))?|d_hidden",
}
_NAMES = {setting: re.compile(pattern, re.IGNORECASE) for setting, pattern in NAMES.items()}
_OPTIMIZERS = frozenset(
    {"Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Nadam", "Adamax", "Adadelta", "Lion"}
)
_SEEDERS = re.compile(
    r"(?:set_)?(?:random_)?seed|manual_seed|manual_seed_all|default_rng|seed_everything|RandomState"
)
_FOLDERS = re.compile(r"(?:Repeated)?(?:Stratified)?(?:Group)?KFold")
# batches of a prediction are no setting of the training; options of a command line come below
_NO_SETTINGS = frozenset({"predict", "predict_proba", "evaluate", "add_argument"})
_WIDTHS = frozenset({"Dense", "Linear", "LazyLinear"})


@dataclass(frozen=True, slots=True)
class Fixed:
    """A literal value of a setting, where it stands, and what is called with it."""

    value: float
    location: Location
    called: str = ""


@dataclass(slots=True)
class Settings:
    """What code says of each setting.

    Parameters
    ----------
    fixed : dict of str to list of Fixed
        Literal values, in order.
    open : set of str
        Settings that also have a value that is computed.
    widths : list of (tuple of int, Location)
        Chains of layer widths.
    words : frozenset of str
        Names in the code that limit what a document may mean (early stopping, several splits).
    """

    fixed: dict[str, list[Fixed]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    widths: list[tuple[tuple[int, ...], Location]] = field(default_factory=list)
    words: frozenset[str] = frozenset()
    calls: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Walk:
    settings: Settings
    constants: Mapping[str, list[float]]
    file: SourceFile
    cell: Cell


def setting_of(name: str) -> str | None:
    """The setting that a variable or a keyword is called after."""
    if len(name) > 60:
        return None
    return next((s for s, pattern in _NAMES.items() if pattern.fullmatch(name)), None)


def settings_of(code: Code) -> Settings:
    """Read the settings of all notebooks and scripts."""
    settings = Settings()
    words: set[str] = set()
    left = MAX_NODES
    for file in code.files:
        parsed = [(cell, tree) for cell in file.cells if (tree := _parse(cell)) is not None]
        nodes: list[tuple[Cell, list[ast.AST]]] = []
        for cell, tree in parsed:
            listed = list(ast.walk(tree))
            left -= len(listed)
            if left < 0:
                settings.open.update(_NAMES)  # not everything was read
                break
            nodes.append((cell, listed))
        constants = _constants(node for _, listed in nodes for node in listed)
        for cell, listed in nodes:
            walk = _Walk(settings, constants, file, cell)
            for node in listed:
                _look(node, walk)
            _widths(listed, walk)
            words |= {n.id for n in listed if isinstance(n, ast.Name)}
            words |= {n.attr for n in listed if isinstance(n, ast.Attribute)}
            words |= {n.arg for n in listed if isinstance(n, ast.keyword) and n.arg}
    settings.words = frozenset(words)
    return settings


def _parse(cell: Cell) -> ast.Module | None:
    return syntax_tree(cell.source) if cell.kind is CellKind.CODE else None


def _constants(nodes: Iterator[ast.AST]) -> dict[str, list[float]]:
    """Numbers that plain names are assigned."""
    found: dict[str, list[float]] = {}
    for node in nodes:
        for name, value in _assigned(node):
            number = _literal(value)
            found.setdefault(name, []).append(math.nan if number is None else number)
        for name in _bound_otherwise(node):
            found.setdefault(name, []).append(math.nan)
    return found


def _bound_otherwise(node: ast.AST) -> Iterator[str]:
    """Names of parameters, and of the targets of loops and augmented assignments."""
    if isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(
        node, ast.For | ast.AsyncFor | ast.comprehension | ast.AugAssign | ast.NamedExpr
    ):
        for each in ast.walk(node.target):
            if isinstance(each, ast.Name):
                yield each.id


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Attribute):
                yield target.attr, node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for name, value in zip(target.elts, node.value.elts, strict=False):
                    if isinstance(name, ast.Name):
                        yield name.id, value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        yield node.target.id, node.value


def _literal(node: ast.AST) -> float | None:
    """A number, with its sign; ``2 ** -3`` and other arithmetic is not worked out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = _literal(node.operand)
        return None if operand is None else -operand
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 else None


def _look(node: ast.AST, walk: _Walk) -> None:
    for name, value in _assigned(node):
        if (setting := setting_of(name)) and _literal(value) is not None:
            _note(setting, value, walk)
    if isinstance(node, ast.Dict):
        for key, item in zip(node.keys, node.values, strict=True):
            text = key.value if isinstance(key, ast.Constant) else None
            if isinstance(text, str) and (setting := setting_of(text)):
                _note(setting, item, walk)
    elif isinstance(node, ast.arguments):
        named = [*node.posonlyargs, *node.args]
        for arg, default in zip(named[::-1], node.defaults[::-1], strict=False):
            if (setting := setting_of(arg.arg)) is not None:
                _note(setting, default, walk)
    elif isinstance(node, ast.For):
        _look_at_loop(node, walk)
    elif isinstance(node, ast.Call):
        _look_at_call(node, walk)


def _look_at_loop(node: ast.For, walk: _Walk) -> None:
    """``for epoch in tqdm(range(25))``: the number of epochs."""
    loop = node.iter
    if isinstance(loop, ast.Call) and _called(loop) == "tqdm" and loop.args:
        loop = loop.args[0]
    named = isinstance(node.target, ast.Name) and node.target.id.casefold() == "epoch"
    ranges = isinstance(loop, ast.Call) and _called(loop) in ("range", "trange")
    if named and ranges and isinstance(loop, ast.Call) and len(loop.args) == 1:
        _note("epochs", loop.args[0], walk)


def _look_at_call(node: ast.Call, walk: _Walk) -> None:
    called = _called(node)
    walk.settings.calls[called] = walk.settings.calls.get(called, 0) + 1
    own = called not in _NO_SETTINGS and not called.startswith("BatchNorm")  # its own momentum
    for keyword in node.keywords if own else ():
        if (setting := setting_of(keyword.arg or "")) is not None:
            _note(setting, keyword.value, walk, called)
        elif keyword.arg == "optimizer" and isinstance(keyword.value, ast.Constant):
            walk.settings.open.add("learning rate")  # that of the library
    if called == "add_argument":
        option = next(
            (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
             and a.value.startswith("--")), ""
        )  # fmt: skip
        default = next((k.value for k in node.keywords if k.arg == "default"), None)
        setting = setting_of(option.lstrip("-").replace("-", "_"))
        if setting is not None and default is not None:
            _note(setting, default, walk)
        return
    first = node.args[0] if node.args else None
    if first is None:
        rate = next((k.value for k in node.keywords if k.arg in ("p", "rate")), None)
        if called == "Dropout" and rate is not None:
            _note("dropout", rate, walk)
        return
    if called in _OPTIMIZERS and not isinstance(node.args[0], ast.Starred):
        # the first argument of a PyTorch optimizer is the parameters, which are no number
        if _literal(first) is not None or _is_constant(first, walk):
            _note("learning rate", first, walk)
        elif len(node.args) > 1:
            _note("learning rate", node.args[1], walk)
        elif not any(setting_of(k.arg or "") == "learning rate" for k in node.keywords):
            walk.settings.open.add("learning rate")
    elif called == "Dropout":
        _note("dropout", first, walk)
    elif _SEEDERS.fullmatch(called):
        _note("random seed", first, walk)
    elif _FOLDERS.fullmatch(called):
        _note("folds", first, walk)
    elif called in ("RandomForestClassifier", "RandomForestRegressor"):
        _note("number of estimators", first, walk, called)


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_constant(node: ast.AST, walk: _Walk) -> bool:
    return isinstance(node, ast.Name) and len(set(walk.constants.get(node.id, ()))) == 1


def _note(setting: str, value: ast.AST, walk: _Walk, called: str = "") -> None:
    """Take the value of a keyword, an argument or an entry of a dictionary."""
    number = _literal(value)
    if number is None and isinstance(value, ast.Name):
        known = set(walk.constants.get(value.id, ()))
        literal = known and not any(math.isnan(each) for each in known)
        if literal and setting_of(value.id) == setting:
            return  # noted where the name is assigned
        if literal and len(known) == 1:
            (number,) = known
    if number is None:
        if not _says_nothing(value, setting):
            walk.settings.open.add(setting)
        return
    fixed = Fixed(number, walk.file.location(walk.cell, getattr(value, "lineno", 1)), called)
    walk.settings.fixed.setdefault(setting, []).append(fixed)


def _says_nothing(value: ast.AST, setting: str) -> bool:
    """``args.lr`` or ``config["lr"]``: the value is fixed elsewhere under that name."""
    if isinstance(value, ast.Attribute):
        return setting_of(value.attr) == setting
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
        return setting_of(str(value.slice.value)) == setting
    return False


def _widths(nodes: Sequence[ast.AST], walk: _Walk) -> None:
    """Widths of layers in the order of the text, and literal lists of hidden sizes."""
    layers: list[tuple[int, int, int]] = []
    for node in nodes:
        if isinstance(node, ast.Call) and _called(node) in _WIDTHS and node.args:
            index = 1 if _called(node) == "Linear" and len(node.args) > 1 else 0
            width = _literal(node.args[index])
            if width is None:
                return
            layers.append((node.lineno, node.col_offset, int(width)))
        elif isinstance(node, ast.keyword) and node.arg == "hidden_layer_sizes":
            _literal_widths(node.value, walk)
        else:
            for name, value in _assigned(node):
                if re.search(r"hidden|widths?|layer|units|dims", name, re.IGNORECASE):
                    _literal_widths(value, walk)
    if len(layers) > 1:
        layers.sort()
        place = walk.file.location(walk.cell, layers[0][0])
        walk.settings.widths.append((tuple(width for _, _, width in layers), place))


def _literal_widths(value: ast.AST, walk: _Walk) -> None:
    if isinstance(value, ast.List | ast.Tuple) and len(value.elts) > 1:
        numbers = [_literal(each) for each in value.elts]
        if all(number is not None and number == int(number) for number in numbers):
            widths = tuple(int(number) for number in numbers if number is not None)
            place = walk.file.location(walk.cell, value.lineno)
            walk.settings.widths.append((widths, place))
