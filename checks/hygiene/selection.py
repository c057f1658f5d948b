"""Where code chooses a model by rows that were held out, and where it names a test set."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.location import Location
from checks.hygiene.best_of_values import best_of_values
from checks.hygiene.seeds import Program, Statement

_VALIDATION = re.compile(r"(?<![a-z])(?<!cross )(?:val|valid|validation|dev|eval)(?![a-z])")
_TEST = re.compile(r"(?<![a-z])(?:test|testing|holdout|hold out|held ?out|unseen)(?![a-z])")
# names that hold the word and name no rows
_NO_ROWS = re.compile(
    r"train_test_split|test_size|test_fraction|test_ratio|pytest|unittest|\w*t_?test\w*_(?:ind|rel)"
    r"|assert_\w+"
)
_SEARCHES = frozenset(
    ["GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV",
     "BayesSearchCV", "TuneSearchCV", "OptunaSearchCV"]
)  # fmt: skip
_NESTING = frozenset(["cross_val_score", "cross_validate", "cross_val_predict"])
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Selection:
    """A place where a model is chosen.

    Parameters
    ----------
    how : str
        ``"EarlyStopping on val_loss"``.
    location : Location
        The line.
    by_folds : bool
        By the folds of a cross-validation, rather than by a validation set.
    on_test : bool
        The rows that choose are called a test set.
    is_reported : bool
        The value that chose is used itself.
    """

    how: str
    location: Location
    by_folds: bool = False
    on_test: bool = False
    is_reported: bool = False


def selections(program: Program) -> list[Selection]:
    """Places where a model is chosen by held-out rows, in the order of the file."""
    calls = [
        (statement, node)
        for statement in program.statements
        for node in statement.expressions
        if isinstance(node, ast.Call)
    ]
    watched = [
        keyword.value
        for _, node in calls
        for keyword in node.keywords
        if keyword.arg
        in ("validation_data", "validation_split", "eval_set", "valid_sets", "evals", "eval_data")
    ]
    fits_itself = any(_last(node.func) in ("Trainer", "Learner") for _, node in calls)
    on_test = bool(watched) and all(_names_test(value) for value in watched)
    found = []
    for statement, node in calls:
        how = _watches(node)
        if how and (watched or fits_itself):
            place = _place(program, statement, node)
            found.append(Selection(how, place, on_test=on_test))
    found += _best_of_several(program)
    found += _best_of_collected(program)
    found += _searches(program, calls)
    return found


def _watches(node: ast.Call) -> str:
    """A callback or an argument that keeps the epoch that is best on held-out rows."""
    last = _last(node.func)
    monitor = _constant(node, "monitor", 0 if last == "EarlyStopping" else 1)
    if last == "EarlyStopping":
        watched = "val_loss" if monitor is _NOTHING else monitor
        return f"EarlyStopping on {watched}" if _is_validation(watched) else ""
    if last == "ModelCheckpoint":
        keeps_best = _constant(node, "save_best_only", None) is True
        default = "val_loss" if keeps_best and monitor is _NOTHING else monitor
        keeps_best |= _constant(node, "save_top_k", None) in (1, 2, 3)
        return f"ModelCheckpoint on {default}" if keeps_best and _is_validation(default) else ""
    if last == "early_stopping" and isinstance(node.func, ast.Attribute):
        return "early stopping on the evaluation set"
    for keyword in node.keywords:
        is_set = not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
        if keyword.arg in ("early_stopping_rounds", "use_best_model", "od_wait") and is_set:
            return f"{keyword.arg} on the evaluation set"
    return ""


_NOTHING = object()


def _constant(node: ast.Call, name: str, position: int | None) -> object:
    """Constant argument of a call; ``_NOTHING`` where it is not given, ``None`` where computed."""
    given = next((k.value for k in node.keywords if k.arg == name), None)
    if given is None and position is not None and len(node.args) > position:
        given = node.args[position]
    if given is None:
        return _NOTHING
    return given.value if isinstance(given, ast.Constant) else None


def _is_validation(name: object) -> bool:
    return isinstance(name, str) and bool(_VALIDATION.search(_spaced(name)))


def _best_of_several(program: Program) -> Iterator[Selection]:
    """``if val_loss < best_loss: best_loss = val_loss`` inside a loop."""
    seen: set[int] = set()
    for statement in program.statements:
        if not isinstance(statement.node, ast.For | ast.While):
            continue
        for node in ast.walk(statement.node):
            if not isinstance(node, ast.If) or id(node) in seen:
                continue
            seen.add(id(node))
            if how := _keeps_best(program, node):
                yield Selection(how, _place(program, statement, node))


def _best_of_collected(program: Program) -> Iterator[Selection]:
    """``best = max(scores)``, where a loop filled ``scores`` with values on held-out rows."""
    for chosen in best_of_values(program):
        by_validation = any(_is_validation(word) for word in chosen.words)
        by_test = not by_validation and any(says_test(word) for word in chosen.words)
        if by_validation or by_test or chosen.by_folds:
            yield Selection(
                f"the best of {chosen.name}",
                _place(program, chosen.statement, chosen.node),
                by_folds=chosen.by_folds and not (by_validation or by_test),
                on_test=by_test,
            )


def _keeps_best(program: Program, node: ast.If) -> str:
    if not any(isinstance(part, ast.Compare) for part in ast.walk(node.test)):
        return ""
    names = _names(node.test)
    assigned = {
        name
        for part in node.body
        if isinstance(part, ast.Assign)
        for target in part.targets
        for name in _names(target)
    }
    best = [name for name in names if "best" in name.casefold()]
    others = [name for name in names if name not in best]
    if not best or not any("best" in name.casefold() for name in assigned):
        return ""
    for name in others:
        origins = [
            _names(value) for value in program.values.get(name, [])[:20] if value is not None
        ]
        behind = [inner for origin in origins for inner in origin]
        if any(_is_validation(word) for word in (name, *behind)):
            return f"the best {name} of several"
    return ""


def _searches(program: Program, calls: list[tuple[Statement, ast.Call]]) -> Iterator[Selection]:
    """A search whose own best score is used; not one that is cross-validated itself."""
    read = {
        node.attr: (statement, node)
        for statement in program.statements
        for node in statement.expressions
        if isinstance(node, ast.Attribute) and node.attr in ("best_score_", "best_value")
    }
    made = [node for _, node in calls if _last(node.func) in _SEARCHES]
    if "best_score_" in read and made and not _is_nested(program, calls):
        statement, attribute = read["best_score_"]
        how = f"{_last(made[0].func)}, whose best_score_ is used"
        yield Selection(how, _place(program, statement, attribute), by_folds=True, is_reported=True)
    studies = any(_last(node.func) == "create_study" for _, node in calls)
    if "best_value" in read and studies:
        statement, attribute = read["best_value"]
        how = "a study, whose best_value is used"
        by_folds = not names_validation(program)
        place = _place(program, statement, attribute)
        yield Selection(how, place, by_folds=by_folds, is_reported=True)


def _is_nested(program: Program, calls: list[tuple[Statement, ast.Call]]) -> bool:
    for _, node in calls:
        if _last(node.func) not in _NESTING or not node.args:
            continue
        model = node.args[0]
        given = program.values.get(model.id, []) if isinstance(model, ast.Name) else [model]
        if any(isinstance(v, ast.Call) and _last(v.func) in _SEARCHES for v in given):
            return True
    return False


def first_test_name(program: Program) -> Location | None:
    """The first place where the code names test rows."""
    for statement in program.statements:
        for node in statement.expressions:
            words = _word(node)
            if words and len(words) <= _MAX_TEXT and says_test(words):
                return _place(program, statement, node)
    return None


def names_validation(program: Program) -> bool:
    """Whether a variable of the code is called validation rows."""
    return any(
        _is_validation(_word(node)) and not isinstance(node, ast.Constant)
        for statement in program.statements
        for node in statement.expressions
    )


def says_test(text: str) -> bool:
    """Whether a text names test rows, and not only a function or an argument."""
    return bool(_TEST.search(_spaced(_NO_ROWS.sub(" ", text))))


def _names_test(node: ast.AST) -> bool:
    names = _names(node)
    is_validation = any(_is_validation(name) for name in names)
    return not is_validation and any(says_test(name) for name in names)


def _word(node: ast.AST) -> str:
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str(text)):
            return text
        case ast.arg(arg=text) | ast.FunctionDef(name=text):
            return text
    return ""


def _names(node: ast.AST) -> list[str]:
    return [word for inner in ast.walk(node) if (word := _word(inner)) and len(word) <= _MAX_TEXT]


def _spaced(name: str) -> str:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[\W_\d]+", " ", apart).casefold()


def _last(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _place(program: Program, statement: Statement, node: ast.AST) -> Location:
    line = getattr(node, "lineno", statement.node.lineno)
    return program.file.location(statement.cell, line)
