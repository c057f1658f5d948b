"""What the code says about a training: epochs, loss, metrics, and what may stop it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from audit.model.artifacts import Cell, CellKind, Code, SourceFile
from audit.model.location import Location
from checks.kit.cells import syntax_tree
from checks.kit.scores import canonical_metric

_MAX_NODES = 200_000
_EPOCHS = ("epochs", "max_epochs", "n_epochs", "num_epochs", "num_train_epochs")
_RANGE_NAMES = re.compile(r"(?i)(?:epoch|ep)s?(?:_?(?:no|idx|index|i))?")
_MINIMUM = {
    "ReduceLROnPlateau": "min_lr",
    "CosineAnnealingLR": "eta_min",
    "CosineAnnealingWarmRestarts": "eta_min",
}
_ADDED_LOSS = re.compile(r"regularizer|add_loss")


@dataclass(frozen=True, slots=True)
class Setting:
    """A number that the code sets, and where; `value` is ``None`` where it is no plain number."""

    value: float | None
    location: Location


@dataclass(frozen=True, slots=True)
class Stopping:
    """An early-stopping callback."""

    monitor: str
    patience: int | None
    min_delta: float | None
    restores: bool
    absolute: bool
    location: Location


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A callback that keeps the best epoch only; `monitor` is empty where it is no literal."""

    monitor: str
    location: Location


@dataclass(slots=True)
class TrainingCode:
    """What was found.

    Parameters
    ----------
    planned : list of Setting
        Planned epochs, one for each training call or loop.
    stoppings : list of Stopping
        Early-stopping callbacks.
    stops : list of Location
        Lines that end a training by hand: ``self.model.stop_training = True``.
    checkpoints : list of Checkpoint
        Callbacks that keep the best epoch only.
    minimum_rates : list of Setting
        Smallest learning rates that schedulers may set.
    losses, metrics : list of str
        Of the ``compile`` calls, canonical names where known.
    added_loss : bool
        The loss may hold more than the function: regularisation, added losses.
    weighted_validation : bool
        The validation rows may carry weights.
    unread : int
        Cells that are not Python, or too large.
    """

    planned: list[Setting] = field(default_factory=list)
    stoppings: list[Stopping] = field(default_factory=list)
    stops: list[Location] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    minimum_rates: list[Setting] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    added_loss: bool = False
    weighted_validation: bool = False
    unread: int = 0


def read_training(code: Code) -> TrainingCode:
    """Read every code cell; nothing is executed."""
    trees: list[tuple[SourceFile, Cell, ast.Module]] = []
    found = TrainingCode()
    for file in code.files:
        for cell in file.cells:
            if cell.kind is not CellKind.CODE:
                continue
            tree = syntax_tree(cell.source)
            if tree is None:
                found.unread += 1
            else:
                trees.append((file, cell, tree))
    constants = _constants([tree for _, _, tree in trees])
    for file, cell, tree in trees:
        for node in _nodes(tree):
            if hasattr(node, "lineno"):
                _visit(node, file.location(cell, node.lineno), constants, found)
    return found


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    for count, node in enumerate(ast.walk(tree)):
        if count > _MAX_NODES:
            return
        yield node


def _constants(trees: list[ast.Module]) -> dict[str, float]:
    """Names that are bound exactly once in all the code, to a plain number."""
    bound: dict[str, list[ast.expr | None]] = {}
    for tree in trees:
        for node in _nodes(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                target = node.targets[0]
                if isinstance(target, ast.Name):
                    bound.setdefault(target.id, []).append(node.value)
                    # the store itself is met once more below
                    continue
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                bound.setdefault(node.target.id, []).append(node.value)
            elif isinstance(node, ast.arg):
                bound.setdefault(node.arg, []).append(None)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                for name in node.names:
                    bound.setdefault(name, []).append(None)
            elif isinstance(node, ast.alias):
                bound.setdefault(node.asname or node.name, []).append(None)
    stores: dict[str, int] = {}
    for tree in trees:
        for node in _nodes(tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                stores[node.id] = stores.get(node.id, 0) + 1
    numbers = {}
    for name, values in bound.items():
        number = _literal(values[0]) if len(values) == 1 else None
        if number is not None and stores.get(name) == 1:
            numbers[name] = number
    return numbers


def _literal(node: ast.expr | None) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _literal(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        assert isinstance(node.value, int | float)
        try:
            return float(node.value)
        except OverflowError:
            return None
    return None


def _number(node: ast.expr | None, constants: dict[str, float]) -> float | None:
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    return _literal(node)


def _visit(
    node: ast.AST, place: Location, constants: dict[str, float], found: TrainingCode
) -> None:
    if isinstance(node, ast.For) and _counts_epochs(node):
        assert isinstance(node.iter, ast.Call)
        found.planned.append(Setting(_number(node.iter.args[-1], constants), place))
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            named = isinstance(target, ast.Attribute) and target.attr == "stop_training"
            if named and getattr(node.value, "value", True) is not False:
                found.stops.append(place)
    elif isinstance(node, ast.Call):
        _call(node, place, constants, found)
    elif isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        found.added_loss |= bool(_ADDED_LOSS.search(name))


def _counts_epochs(node: ast.For) -> bool:
    call = node.iter
    if not isinstance(call, ast.Call) or _name(call.func) not in ("range", "trange"):
        return False
    named = isinstance(node.target, ast.Name) and _RANGE_NAMES.fullmatch(node.target.id)
    starts_at_one = len(call.args) == 1 or (len(call.args) == 2 and _literal(call.args[0]) == 0)
    return bool(named and starts_at_one)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _call(
    node: ast.Call, place: Location, constants: dict[str, float], found: TrainingCode
) -> None:
    name = _name(node.func)
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    found.added_loss |= any(_ADDED_LOSS.search(key) for key in given)
    for key in _EPOCHS:
        if key in given and (key != "epochs" or name in ("fit", "fit_generator", "train")):
            found.planned.append(Setting(_number(given[key], constants), place))
    if name == "EarlyStopping":
        found.stoppings.append(_stopping(node, given, place, constants))
    elif name == "ModelCheckpoint":
        if _is_true(given.get("save_best_only")) or "save_top_k" in given:
            monitor = given.get("monitor")
            text = monitor.value if isinstance(monitor, ast.Constant) else ""
            found.checkpoints.append(Checkpoint(str(text if monitor else "val_loss")[:200], place))
    elif name in _MINIMUM and _MINIMUM[name] in given:
        found.minimum_rates.append(Setting(_number(given[_MINIMUM[name]], constants), place))
    elif name == "compile":
        _compile(given, found)
    elif name in ("fit", "evaluate"):
        data = given.get("validation_data")
        if isinstance(data, ast.Tuple):
            found.weighted_validation |= len(data.elts) > 2
        elif data is not None or "validation_split" in given:
            # a data set may hold weights; validation_split divides sample_weight too
            split = "validation_split" in given and "sample_weight" in given
            found.weighted_validation |= split or data is not None


def _stopping(
    node: ast.Call, given: dict[str, ast.expr], place: Location, constants: dict[str, float]
) -> Stopping:
    monitor = given.get("monitor") or (node.args[0] if node.args else None)
    text = monitor.value if isinstance(monitor, ast.Constant) else "val_loss"
    if monitor is not None and not isinstance(monitor, ast.Constant):
        text = ""
    patience = _number(given["patience"], constants) if "patience" in given else None
    if "patience" not in given:
        patience = 0.0 if len(node.args) < 3 else None
    delta = _number(given["min_delta"], constants) if "min_delta" in given else 0.0
    if len(node.args) > 1:
        delta = None
    return Stopping(
        monitor=str(text)[:200],
        patience=int(patience) if patience is not None and 0 <= patience < 1e6 else None,
        min_delta=delta,
        restores=_is_true(given.get("restore_best_weights")),
        absolute=any(
            key in given and not _is_none(given[key])
            for key in ("baseline", "stopping_threshold", "divergence_threshold")
        ),
        location=place,
    )


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _compile(given: dict[str, ast.expr], found: TrainingCode) -> None:
    if "loss" in given:
        found.losses.append(_function(given["loss"]))
    metrics = given.get("metrics")
    if isinstance(metrics, ast.List | ast.Tuple):
        found.metrics += [_function(item) for item in metrics.elts]
    found.added_loss |= "loss_weights" in given


def _function(node: ast.expr) -> str:
    """Name of a loss or metric; canonical where it is a known one."""
    if isinstance(node, ast.Constant):
        name = str(node.value)[:200]
    elif isinstance(node, ast.Call):
        named = {k.arg: k.value for k in node.keywords}.get("name")
        inner = _name(node.func)
        if isinstance(named, ast.Constant) and canonical_metric(_snake(inner)) is None:
            inner = str(named.value)[:200]
        name = inner
    else:
        name = _name(node)
    return canonical_metric(_snake(name)) or name


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).casefold()
