"""Splits, predictions and history to the columns of the files that hold them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audit.capture.arrays import (
    as_array,
    as_column,
    as_columns,
    compact,
    known_key,
    missing,
    refuse_missing,
    unique,
)
from audit.capture.errors import CaptureError

if TYPE_CHECKING:
    from audit.capture.arrays import Array, Columns

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "holdout": "test",
}
_SPLIT_KEYS = ("X", "y", "groups", "row_id", "parent_id", "is_augmented", "y_exact")
_PREDICTION_KEYS = ("y_pred", "y_true", "y_proba", "y_score", "classes", "groups", "row_id")
# Names that the audit reads as something other than a feature.
RESERVED = {
    "y": ("y", "target", "y_true"),
    "row_id": ("row_id",),
    "parent_id": (
        *("parent_id", "source_id", "original_id", "parent_index", "original_index"),
        *("source_index", "parent_row", "original_row", "source_row", "augmented_from"),
    ),
    "is_augmented": (
        *("is_augmented", "is_synthetic", "augmented", "synthetic", "was_augmented"),
        *("is_copy", "is_aug", "is_synth", "is_generated"),
    ),
    "y_exact": (
        *("y_exact", "exact_y", "y_oracle", "oracle_y", "y_true_exact", "y_true_oracle", "oracle"),
        *("oracle_label", "oracle_labels", "label_oracle", "oracle_target", "target_oracle"),
        *(
            "exact_label",
            "exact_labels",
            "label_exact",
            "labels_exact",
            "exact_target",
            "target_exact",
        ),
        *("true_label_oracle", "oracle_true_label"),
    ),
}
_FIRST = ("row_id", "is_augmented", "parent_id")
_LAST = ("y", "y_exact")
_GROUP = "group"
_OFF_BY = 1e-3


def settle_name(name: object, where: str) -> str:
    """``train``, ``val`` or ``test``, for any of the names of a split."""
    return SPLIT_NAMES[known_key(name, SPLIT_NAMES, where)]


def by_split(value: Any, where: str) -> dict[str, Any]:
    """A mapping by split with its names settled; refused where two are the same split."""
    if not isinstance(value, Mapping) or not value:
        raise CaptureError(f"{where} is a mapping by split: {where}={{'train': …, 'test': …}}")
    settled: dict[str, Any] = {}
    for name, content in value.items():
        split = settle_name(name, where)
        if split in settled:
            raise CaptureError(f"{where} has two entries for the {split} split: keep one")
        settled[split] = content
    return settled


# --- splits -----------------------------------------------------------------------------------


def split_tables(
    splits: Any, groups: Sequence[str], feature_names: Sequence[str] | None
) -> dict[str, Columns]:
    """Columns of each split: ids and flags, features, ``y``.

    Parameters
    ----------
    splits : mapping of str to (X, y) or mapping
        As `save_export` takes them.
    groups : sequence of str
        Columns of X that make up the group.
    feature_names : sequence of str, optional
        Names for the columns of arrays.
    """
    tables = {
        name: _split(content, f"splits[{name!r}]", feature_names)
        for name, content in by_split(splits, "splits").items()
    }
    first, *others = tables
    names = _features(tables[first])
    for name in others:
        differing = set(names) ^ set(_features(tables[name]))
        if differing:
            raise CaptureError(
                f"the splits {first!r} and {name!r} differ in the columns "
                f"{', '.join(sorted(map(repr, differing))[:5])}: give both the same ones"
            )
        beside = [n for n in tables[name] if n not in names]
        order = [n for n in beside if n not in _LAST] + names + [n for n in beside if n in _LAST]
        tables[name] = {n: tables[name][n] for n in order}
    for wanted in groups:
        known_key(wanted, names, "groups is to name columns of X; it")
    return tables


def _features(table: Columns) -> list[str]:
    return [name for name in table if name not in (*_FIRST, *_LAST)]


def _split(content: Any, where: str, feature_names: Sequence[str] | None) -> Columns:
    given = _given(content, where)
    features = as_columns(given["X"], f"X of {where}", feature_names)
    n = len(next(iter(features.values())))
    groups = group_columns(given.get("groups"), f"groups of {where}", n)
    _refuse_reserved(features, given, where)
    table: Columns = {}
    if given.get("row_id") is not None:
        table["row_id"] = _ids(given["row_id"], f"row_id of {where}", n)
        refuse_missing(table["row_id"], f"row_id of {where}", "give every row an id")
    table |= _lineage(given, where, n, table.get("row_id"))
    for name, values in groups.items():
        if name in features and not _equal(features[name], values):
            raise CaptureError(
                f"groups of {where} and X have different columns called {name!r}: rename one"
            )
    table |= features | groups
    y = as_column(given["y"], f"y of {where}")
    if len(y) != n:
        raise CaptureError(f"{where}: X has {n:,} rows and y has {len(y):,}: pass the same rows")
    refuse_missing(y, f"y of {where}", "leave these rows out of X and y alike, or fill them in")
    table["y"] = y
    if given.get("y_exact") is not None:
        table["y_exact"] = as_column(given["y_exact"], f"y_exact of {where}", n)
    return {name: compact(column) for name, column in table.items()}


def _given(content: Any, where: str) -> dict[str, Any]:
    if isinstance(content, tuple) and len(content) == 2:
        return {"X": content[0], "y": content[1]}
    if not isinstance(content, Mapping):
        raise CaptureError(f"{where} is a pair (X, y) or a mapping with {', '.join(_SPLIT_KEYS)}")
    given = {known_key(key, _SPLIT_KEYS, where): value for key, value in content.items()}
    for key in ("X", "y"):
        if given.get(key) is None:
            raise CaptureError(f"{where} has no {key}: pass the rows and their targets")
    return given


def _refuse_reserved(features: Columns, given: Mapping[str, Any], where: str) -> None:
    for key, reserved in RESERVED.items():
        if given.get(key) is None and not (key == "is_augmented" and "parent_id" in given):
            continue
        for name in features:
            if name.strip().casefold() in reserved:
                raise CaptureError(
                    f"X of {where} has a column {name!r}, beside the {key} that was given: drop "
                    f"it from X if it is the {key}, otherwise rename it"
                )


def _lineage(given: Mapping[str, Any], where: str, n: int, row_id: Array | None) -> Columns:
    """Which rows augmentation made, and of which."""
    import numpy as np

    columns: Columns = {}
    flag, parent = given.get("is_augmented"), given.get("parent_id")
    if flag is not None:
        values = as_column(flag, f"is_augmented of {where}", n)
        if not set(values.tolist()) <= {0, 1}:
            raise CaptureError(f"is_augmented of {where} holds other values than True and False")
        columns["is_augmented"] = values.astype(np.bool_)
    if parent is not None:
        if row_id is None:
            raise CaptureError(f"parent_id of {where} needs row_id: the ids that parents speak of")
        parents = _ids(parent, f"parent_id of {where}", n)
        orphaned = missing(parents)
        if flag is None:
            same = np.array(
                [a == b for a, b in zip(parents.tolist(), row_id.tolist(), strict=True)]
            )
            columns["is_augmented"] = ~orphaned & ~same
        lost = (columns["is_augmented"] & orphaned).nonzero()[0]
        if len(lost):
            raise CaptureError(
                f"{where}: {len(lost):,} augmented rows have no parent_id, the first is row "
                f"{lost[0]}: give the id of the row that each was made of"
            )
        columns["parent_id"] = parents
    return columns


def _ids(value: Any, what: str, n: int) -> Array:
    """Ids; whole numbers that became floats because some are missing are numbers again."""
    import numpy as np

    ids = as_column(value, what, n)
    if ids.dtype.kind == "f":
        empty = np.isnan(ids)
        whole = ids[~empty]
        if not bool(np.all(np.isfinite(whole) & (whole == np.round(whole)))):
            raise CaptureError(f"{what} holds fractions: pass whole numbers or text")
        if not empty.any():
            return ids.astype(np.int64)
        numbers = np.empty(len(ids), dtype=object)
        numbers[:] = [None if gone else int(v) for v, gone in zip(ids.tolist(), empty, strict=True)]
        return numbers
    return ids


def _equal(left: Array, right: Array) -> bool:
    return len(left) == len(right) and left.tolist() == right.tolist()


def group_columns(groups: Any, what: str, n: int) -> Columns:
    """Labels of groups by column: one called ``group``, or the named ones."""
    if groups is None:
        return {}
    if isinstance(groups, Mapping) or hasattr(groups, "columns"):
        columns = as_columns(groups, what)
    else:
        array = as_array(groups, what)
        if array.ndim != 1:
            raise CaptureError(
                f"{what} has shape {array.shape}: pass one label a row, or a mapping of columns"
            )
        columns = {_GROUP: array}
    for name, column in columns.items():
        if len(column) != n:
            raise CaptureError(f"{what} has {len(column):,} labels for {n:,} rows: pass one a row")
        if name in ("y", "row_id"):
            raise CaptureError(f"{what} has a column called {name!r}: rename it")
    return columns


# --- predictions ------------------------------------------------------------------------------


def prediction_tables(
    predictions: Any, split_of: Callable[[str], Columns | None], groups: Sequence[str]
) -> dict[str, Columns]:
    """Columns of the predictions of each split.

    Parameters
    ----------
    predictions : mapping of str to array-like or mapping
        As `save_export` takes them.
    split_of : callable
        Columns of a split that was exported, where there is one.
    groups : sequence of str
        Columns of the splits that make up the group.
    """
    return {
        name: _predictions(content, name, split_of(name) or {}, groups)
        for name, content in by_split(predictions, "predictions").items()
    }


def _predictions(content: Any, name: str, split: Columns, groups: Sequence[str]) -> Columns:
    where = f"predictions[{name!r}]"
    if isinstance(content, Mapping):
        given = {known_key(key, _PREDICTION_KEYS, where): v for key, v in content.items()}
    else:
        given = {"y_pred": content}
    true = given.get("y_true", split.get("y"))
    if true is None:
        raise CaptureError(f"{where} has no y_true, and no {name} split was exported: pass it")
    y_true = as_column(true, f"y_true of {where}")
    n = len(y_true)
    refuse_missing(y_true, f"y_true of {where}", "leave these rows out")
    if given.get("y_pred") is None:
        raise CaptureError(f"{where} has no y_pred: pass the predicted values or labels")
    y_pred = as_array(given["y_pred"], f"y_pred of {where}")
    if y_pred.ndim == 2 and y_pred.shape[1] > 1:
        raise CaptureError(
            f"y_pred of {where} has shape {y_pred.shape}: pass the predicted labels, "
            "y_pred=classes[p.argmax(axis=1)], and the probabilities beside them, y_proba=p"
        )
    y_pred = as_column(y_pred, f"y_pred of {where}")
    if len(y_pred) != n:
        raise CaptureError(f"{where}: y_true has {n:,} rows and y_pred has {len(y_pred):,}")
    table: Columns = {}
    if given.get("row_id") is not None:
        table["row_id"] = _ids(given["row_id"], f"row_id of {where}", n)
    labels = group_columns(given.get("groups"), f"groups of {where}", n)
    if split and len(split["y"]) == n and _equal(split["y"], y_true):  # the same rows, in order
        wanted = ["row_id", *groups, *([_GROUP] if not groups else [])]
        table = {c: split[c] for c in wanted if c in split} | table
    table |= labels | {"y_true": y_true, "y_pred": y_pred}
    table |= _scores(given, where, y_true)
    return {column: compact(values) for column, values in table.items()}


def _scores(given: Mapping[str, Any], where: str, y_true: Array) -> Columns:
    import numpy as np

    kinds = [key for key in ("y_proba", "y_score") if given.get(key) is not None]
    if not kinds:
        return {}
    if len(kinds) > 1:
        raise CaptureError(f"{where} has y_proba and y_score: pass one of them")
    (kind,) = kinds
    scores = as_array(given[kind], f"{kind} of {where}")
    scores = scores[:, 0] if scores.ndim == 2 and scores.shape[1] == 1 else scores
    if scores.ndim not in (1, 2) or len(scores) != len(y_true) or scores.dtype.kind not in "biuf":
        raise CaptureError(
            f"{kind} of {where} has shape {scores.shape}: pass numbers of shape (n,) or "
            f"(n, n_classes) for its {len(y_true):,} rows"
        )
    scores = scores.astype(np.promote_types(scores.dtype, np.float32))
    if kind == "y_proba":
        known = scores[~np.isnan(scores)]
        if known.size and (known.min() < -_OFF_BY or known.max() > 1 + _OFF_BY):
            raise CaptureError(f"y_proba of {where} leaves 0 to 1: pass these values as y_score")
    if scores.ndim == 1:
        return {"y_prob" if kind == "y_proba" else "y_score": scores}
    classes = given.get("classes")
    found = np.unique(y_true).tolist() if classes is None else list(classes)
    if len(found) != scores.shape[1]:
        raise CaptureError(
            f"{kind} of {where} has {scores.shape[1]} columns and there are {len(found)} classes: "
            "pass classes=…, the label of each column (model.classes_ in scikit-learn)"
        )
    prefix = "prob" if kind == "y_proba" else "score"
    labels = unique([_label(value) for value in found], f"classes of {where}")
    return {f"{prefix}_{label}": scores[:, i] for i, label in enumerate(labels)}


def _label(value: Any) -> str:
    value = getattr(value, "item", lambda: value)()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


# --- history ----------------------------------------------------------------------------------


def history_table(history: Any) -> dict[str, list[Any]]:
    """Columns of the training history, ``epoch`` first and counted from 1.

    Parameters
    ----------
    history : object
        A Keras ``History``, a mapping of names to values by epoch, a DataFrame, or one mapping
        for each epoch.
    """
    value = getattr(history, "history", history)
    if isinstance(value, list | tuple) and value and all(isinstance(r, Mapping) for r in value):
        names = list(dict.fromkeys(key for row in value for key in row))
        value = {name: [row.get(name) for row in value] for name in names}
    if not (isinstance(value, Mapping) or hasattr(value, "columns")):
        raise CaptureError(
            f"history is {type(history).__name__}: pass what model.fit returned, a mapping of "
            "names to values by epoch, or a DataFrame"
        )
    names = list(value) if isinstance(value, Mapping) else list(value.columns)
    labels = unique(names, "history")
    columns = {
        label: as_column(value[name], f"{label!r} of history").tolist()
        for label, name in zip(labels, names, strict=True)
    }
    lengths = {label: len(column) for label, column in columns.items()}
    if not columns or not min(lengths.values()):
        raise CaptureError("history has no epochs: pass it after training")
    if len(set(lengths.values())) > 1:
        raise CaptureError(f"the columns of history differ in length: {lengths}")
    return {"epoch": _epochs(columns.pop("epoch", None), next(iter(lengths.values()))), **columns}


def _epochs(given: list[Any] | None, n: int) -> list[Any]:
    if given is None or given == list(range(n)):
        return list(range(1, n + 1))
    return given
