"""What the code says about a training: epochs, loss, metrics, and what may stop it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from audit.model.artifacts import Cell, CellKind, Code, SourceFile
from audit.model.location import Location
from checks.kit.cells import syntax_tree
from checks.kit.scores import canonical_metric
from checks.metrics.planned import Numbers, literal, read_numbers

_MAX_NODES = 200_000
_EPOCHS = ("epochs", "max_epochs", "n_epochs", "num_epochs", "num_train_epochs")
_RANGE_NAMES = re.compile(r"(?i)(?:epoch|ep)s?(?:_?(?:no|idx|index|i))?")
_MINIMUM = {
    "ReduceLROnPlateau": "min_lr",
    "CosineAnnealingLR": "eta_min",
    "CosineAnnealingWarmRestarts": "eta_min",
}
_ROUNDS = ("num_boost_round", "n_estimators", "iterations", "num_iterations")
_PATIENCE = ("early_stopping_rounds", "od_wait", "stopping_rounds")
_BOOSTER = re.compile(r"XGB|LGBM|CatBoost|HistGradientBoosting")
_LIBRARIES = ("xgb", "xgboost", "lgb", "lightgbm", "catboost")
LAST_SET = "the last evaluation set"  # what boosting monitors
_ADDED_LOSS = re.compile(r"regularizer|add_loss")


@dataclass(frozen=True, slots=True)
class Setting:
    """A number that the code sets, and where.

    `value` is ``None`` where it is no plain number; `default` is what a command-line option is
    without another value.
    """

    value: float | None
    location: Location
    default: float | None = None


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
    is_boosting : bool
        The planned epochs are rounds of boosting.
    may_break : bool
        A loop may be left before its end.
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
    is_boosting: bool = False
    may_break: bool = False
    unread: int = 0

    @property
    def monitored(self) -> frozenset[str]:
        """Columns by which callbacks stop a training or choose an epoch."""
        return frozenset(
            [each.monitor for each in self.stoppings] + [each.monitor for each in self.checkpoints]
        )

    @property
    def may_stop(self) -> bool:
        """Whether anything in the code ends a training before its planned end."""
        return bool(self.stoppings or self.stops or self.may_break)


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
    constants = read_numbers(_nodes(tree) for _, _, tree in trees)
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


def _visit(node: ast.AST, place: Location, constants: Numbers, found: TrainingCode) -> None:
    if isinstance(node, ast.For) and (call := _range(node.iter)) and _counts_epochs(node, call):
        first = constants.of(call.args[0]) if len(call.args) == 2 else 0.0
        last = _setting(call.args[-1], place, constants)
        if last.value is not None and first is not None:
            last = replace(last, value=last.value - first)
        found.planned.append(last)
    elif isinstance(node, ast.Break):
        found.may_break = True
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


def _range(node: ast.expr) -> ast.Call | None:
    """The ``range`` that a loop runs through, in a progress bar or not."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    if _name(node.func) in ("range", "trange"):
        return node
    is_bar = _name(node.func) in ("tqdm", "progress_bar", "master_bar", "track")
    return _range(node.args[0]) if is_bar else None


def _counts_epochs(node: ast.For, call: ast.Call) -> bool:
    named = isinstance(node.target, ast.Name) and _RANGE_NAMES.fullmatch(node.target.id)
    words = {_name(inner).casefold() for inner in ast.walk(call.args[-1])} | {
        str(inner.value).casefold()
        for inner in ast.walk(call.args[-1])
        if isinstance(inner, ast.Constant)
    }
    from_start = len(call.args) == 1 or (
        len(call.args) == 2 and literal(call.args[0]) in (0.0, 1.0)
    )
    return bool((named or words & set(_EPOCHS)) and from_start)


def _setting(node: ast.expr, place: Location, constants: Numbers) -> Setting:
    value = constants.of(node)
    default = None
    if value is None:
        plus = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
        default = constants.default(node.left if plus and isinstance(node, ast.BinOp) else node)
    return Setting(value, place, default)


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _call(node: ast.Call, place: Location, constants: Numbers, found: TrainingCode) -> None:
    name = _name(node.func)
    given = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    found.added_loss |= any(_ADDED_LOSS.search(key) for key in given)
    for key in _EPOCHS:
        if key in given and (key != "epochs" or name in ("fit", "fit_generator", "train")):
            found.planned.append(_setting(given[key], place, constants))
    _boosting(node, name, given, place, constants, found)
    if name in ("EarlyStopping", "EarlyStoppingCallback"):
        found.stoppings.append(_stopping(node, given, place, constants))
    elif name == "ModelCheckpoint":
        if _is_true(given.get("save_best_only")) or "save_top_k" in given:
            monitor = given.get("monitor")
            text = monitor.value if isinstance(monitor, ast.Constant) else ""
            found.checkpoints.append(Checkpoint(str(text if monitor else "val_loss")[:200], place))
    elif name in _MINIMUM and _MINIMUM[name] in given:
        found.minimum_rates.append(Setting(constants.of(given[_MINIMUM[name]]), place))
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


def _boosting(
    node: ast.Call,
    name: str,
    given: dict[str, ast.expr],
    place: Location,
    constants: Numbers,
    found: TrainingCode,
) -> None:
    """Rounds of boosting, and after how many without progress it stops."""
    rounds = next((given[key] for key in _ROUNDS if key in given), None)
    if rounds is None and name == "train" and len(node.args) > 2:
        rounds = node.args[2]
    is_booster = _BOOSTER.match(name) or (name == "train" and "num_boost_round" in given)
    in_library = name == "train" and _name(getattr(node.func, "value", node)) in _LIBRARIES
    if rounds is not None and (is_booster or in_library):
        found.planned.append(_setting(rounds, place, constants))
        found.is_boosting = True
    patience = next((given[key] for key in _PATIENCE if key in given), None)
    if patience is None and name == "early_stopping" and node.args:
        patience = node.args[0]
    if patience is not None and not _is_none(patience):
        value = constants.of(patience)
        number = int(value) if value is not None and 0 <= value < 1e6 else None
        found.stoppings.append(Stopping(LAST_SET, number, 0.0, False, False, place))


def _stopping(
    node: ast.Call, given: dict[str, ast.expr], place: Location, constants: Numbers
) -> Stopping:
    monitor = given.get("monitor") or (node.args[0] if node.args else None)
    text = monitor.value if isinstance(monitor, ast.Constant) else "val_loss"
    if monitor is not None and not isinstance(monitor, ast.Constant):
        text = ""
    patience = constants.of(given["patience"]) if "patience" in given else None
    if "patience" not in given:
        patience = 0.0 if len(node.args) < 3 else None
    delta = constants.of(given["min_delta"]) if "min_delta" in given else 0.0
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
