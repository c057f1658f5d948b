"""Predictions and per-epoch histories: recognised by their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.load import names
from audit.load.columns import same_values
from audit.load.ledger import Ledger
from audit.load.probabilities import Scores, expand, find_scores
from audit.load.problems import malformed
from audit.load.splits import Draft as SplitDraft
from audit.load.tables import Content
from audit.model.artifacts import Array, History, ProblemKind, SplitRole
from audit.model.export import Absent, Malformed, Present, Slot
from audit.model.location import Location

_DECLARED = 4  # more certain than anything that names and numbers say
_MAX_HISTORY = 1_000  # columns of a table that may be a history


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """Predictions before their split and their groups are settled."""

    role: SplitRole | None
    path: str
    y_true: Array
    y_pred: Array
    frame: pd.DataFrame
    why: str
    scores: Scores | None = None


def find_predictions(contents: Sequence[Content], ledger: Ledger) -> list[Draft]:
    """Tables and archives that hold true and predicted values side by side."""
    drafts: list[Draft] = []
    for content in contents:
        path = content.file.name
        declared = ledger.role_of(path)
        if ledger.is_used(path) or declared not in (None, "predictions"):
            continue
        frame = _frame(content)
        if frame is None:
            if declared:
                error = malformed("no table of predictions in it", "Export y_true and y_pred.")
                ledger.fail(path, error)
            else:
                _note_shapes(content, ledger)
            continue
        true, predicted = names.prediction_columns(frame.columns)
        others = [n for n in frame.columns if n not in (true, predicted) and not names.is_id(n)]
        if not declared and names.is_split_name(content.file.stem) and len(others) > 1:
            continue  # rows of a split, one of whose features is called like a prediction
        speaks = (
            declared
            or true == "y_true"
            or names.has_word(content.file.stem, names.PREDICTION_WORDS)
        )
        scores, derived = None, None
        if true is not None and (predicted is not None or speaks) and len(frame):
            scores, derived = find_scores(frame, true, predicted)
        if true is None or (predicted is None and derived is None):
            if declared:
                error = malformed(
                    "no columns for true and predicted values",
                    "Name them y_true and y_pred.",
                )
                ledger.fail(path, error)
            continue
        if len(frame) == 0:
            ledger.fail(path, malformed("the predictions have 0 rows", "Export them again."))
            continue
        y_pred = frame[predicted].to_numpy() if predicted is not None else derived
        assert y_pred is not None
        draft = Draft(None, path, frame[true].to_numpy(), y_pred, frame, "", scores)
        shown = [true, predicted] if predicted is not None else [true]
        if scores is not None:
            shown.append(f"scores of {len(scores.classes)} classes")
        why = ledger.why_declared("predictions") if declared else f"columns {', '.join(shown)}"
        column = names.split_column(frame.columns)
        roles = frame[column].map(_role_of) if column is not None else None
        if roles is not None and roles.notna().all():
            for role in SplitRole:
                rows = (roles == role).to_numpy()
                if rows.any():
                    drafts.append(_part(draft, role, rows, why))
        else:
            stem_role = names.split_role(content.file.stem)
            drafts.append(replace(draft, role=stem_role, why=why))
    return drafts


def _note_shapes(content: Content, ledger: Ledger) -> None:
    """Say so when an archive of predictions holds several values a row."""
    arrays = content.arrays
    true, predicted = names.true_column(arrays), names.predicted_column(arrays)
    if true is None or predicted is None or names.split_role(true) is SplitRole.TRAIN:
        return
    path, shapes = content.file.name, (arrays[true].shape, arrays[predicted].shape)
    reason = f"{true} has shape {shapes[0]} and {predicted} {shapes[1]}: not one value per row"
    step = "Export one true and one predicted value or label per row."
    ledger.add(ProblemKind.SKIPPED, path, reason, step)
    ledger.recognise(path, "predictions", "not used", reason)


def _role_of(value: Any) -> SplitRole | None:
    return names.split_role(value) if isinstance(value, str) else None


def _frame(content: Content) -> pd.DataFrame | None:
    if content.frame is not None:
        return content.frame
    flat = {
        name: array.reshape(len(array)) if array.ndim == 2 and array.shape[1] == 1 else array
        for name, array in content.arrays.items()
    }
    columns = {name: array for name, array in flat.items() if array.ndim == 1}
    true, predicted = names.true_column(columns), names.predicted_column(columns)
    if true is None:
        return None
    by_class = expand(flat, true)
    n = len(columns[true])
    if not by_class and (predicted is None or len(columns[predicted]) != n):
        return None
    columns |= by_class
    return pd.DataFrame({name: array for name, array in columns.items() if len(array) == n})


def _part(draft: Draft, role: SplitRole, rows: NDArray[np.bool_], why: str) -> Draft:
    scores = draft.scores
    return Draft(
        role,
        draft.path,
        draft.y_true[rows],
        draft.y_pred[rows],
        draft.frame.loc[rows].reset_index(drop=True),
        why,
        None if scores is None else replace(scores, y_score=scores.y_score[rows]),
    )


def settle_roles(
    drafts: Sequence[Draft], splits: Mapping[SplitRole, SplitDraft], ledger: Ledger
) -> list[Draft]:
    """Give each table of predictions its split, one per split at most."""
    chosen: dict[SplitRole, list[tuple[int, Draft]]] = {}
    for draft in drafts:
        role, certainty = _role(draft, splits)
        if role is SplitRole.TRAIN and names.has_word(draft.path, names.UNSEEN_WORDS):
            detail = f"{len(draft.y_true):,} rows, out of fold: not used"
            ledger.recognise(draft.path, "train predictions", detail, draft.why)
        elif role is None:
            reason = "it does not say which split was predicted, and several fit"
            step = "Put validation or test in the file's name."
            ledger.add(ProblemKind.SKIPPED, draft.path, reason, step)
            ledger.recognise(draft.path, "ambiguous", "predictions of which split?", draft.why)
        else:
            declared = ledger.role_of(draft.path) == "predictions"
            chosen.setdefault(role, []).append((_DECLARED if declared else certainty, draft))
    settled = []
    for role, ranked in chosen.items():
        best = max(certainty for certainty, _ in ranked)
        some = [draft for certainty, draft in ranked if certainty == best]
        for certainty, draft in ranked:
            if certainty < best:
                why = f"{some[0].path} fits the {role.value} split better"
                ledger.recognise(draft.path, "predictions", "not used", why)
        if len(some) > 1:
            # A note only: an export with the predictions of several models is in order.
            paths = _list([draft.path for draft in some])
            reason = f"{paths} could each be the {role.value} predictions; none was used"
            step = f'Say which in audit.toml: roles.predictions = "{some[0].path}".'
            ledger.add(ProblemKind.SKIPPED, some[0].path, reason, step)
            for draft in some:
                ledger.recognise(draft.path, "ambiguous", f"{role.value} predictions?", draft.why)
            continue
        (draft,) = some
        settled.append(replace(draft, role=role))
        detail = f"{len(draft.y_true):,} rows"
        ledger.recognise(draft.path, f"{role.value} predictions", detail, draft.why)
    return settled


def _role(draft: Draft, splits: Mapping[SplitRole, SplitDraft]) -> tuple[SplitRole | None, int]:
    """Split that was predicted, and how certain that is: the larger number is the surer."""
    if draft.role is not None:
        target = splits[draft.role].target if draft.role in splits else None
        equal = target is not None and same_values(target, draft.y_true)
        return draft.role, 3 if equal else 2
    held_out = [role for role in splits if role is not SplitRole.TRAIN]
    equals = [
        role
        for role, split in splits.items()
        if split.target is not None and same_values(split.target, draft.y_true)
    ]
    sizes = [role for role in splits if len(splits[role].frame) == len(draft.y_true)]
    for options, certainty in ((equals, 3), (sizes, 1), (held_out, 0)):
        if options:
            return (options[0], certainty) if len(options) == 1 else (None, 0)
    return (None if splits else SplitRole.VALIDATION), 0


def _list(items: Sequence[str]) -> str:
    shown = list(items[:4])
    more = f"{len(items) - 4} more" if len(items) > 4 else shown.pop()
    return f"{', '.join(shown)} and {more}" if shown else more


def split_index(draft: Draft, split: SplitDraft | None) -> NDArray[np.int64] | None:
    """Position of each prediction's row in its split, by shared row ids or by equal targets."""
    if split is None:
        return None
    for name in draft.frame.columns:
        own_ids = split.ids.get(names.normal(name))
        if own_ids is None:
            continue
        index = pd.Index(own_ids)
        wanted = draft.frame[name].to_numpy()
        if not index.is_unique or index.dtype.kind != wanted.dtype.kind:
            continue
        found = index.get_indexer(pd.Index(wanted))
        if (found >= 0).all():
            return found.astype(np.int64)
    if split.target is not None and same_values(split.target, draft.y_true):
        return np.arange(len(draft.y_true), dtype=np.int64)
    return None


def find_history(contents: Sequence[Content], ledger: Ledger) -> Slot:
    """The per-epoch training history, from a table or from lists of numbers."""
    candidates: list[tuple[Content, dict[str, NDArray[np.float64]], str]] = []
    for content in contents:
        path = content.file.name
        declared = ledger.role_of(path)
        if ledger.is_used(path) or declared not in (None, "history"):
            continue
        columns = _history(content) if declared or _may_be_history(content) else {}
        if declared and not columns:
            error = malformed("no per-epoch history in it", "Export one row per epoch.")
            ledger.fail(path, error)
            return Malformed(error.reason, Location(path))
        if columns and (declared or _is_history(content, columns)):
            why = ledger.why_declared("history") if declared else "one row per epoch"
            candidates.append((content, columns, why))
    declared_ones = [c for c in candidates if ledger.role_of(c[0].file.name)]
    candidates = declared_ones or candidates
    if not candidates:
        return Absent("no per-epoch history (a table with epoch or loss and val_loss columns)")
    for content, columns, why in candidates:
        length = len(next(iter(columns.values())))
        detail = f"{length:,} epochs: {', '.join(list(columns)[:8])}"
        role = "history" if len(candidates) == 1 else "ambiguous"
        ledger.recognise(content.file.name, role, detail, why)
    if len(candidates) > 1:
        paths = [c[0].file.name for c in candidates]
        reason = f"{_list(paths)} could each be the history; none was used"
        ledger.add(
            ProblemKind.SKIPPED,
            paths[0],
            reason,
            f'Say which in audit.toml: roles.history = "{paths[0]}".',
        )
        return Absent(reason)
    content, columns, _ = candidates[0]
    return Present(History(content.file.name, columns))


def _may_be_history(content: Content) -> bool:
    """Whether a table has few enough columns; copying those of wide data takes long."""
    return content.frame is None or content.frame.shape[1] <= _MAX_HISTORY


def _history(content: Content) -> dict[str, NDArray[np.float64]]:
    frame = content.frame
    if frame is not None:
        return {
            name: frame[name].to_numpy().astype(np.float64)
            for name in frame.columns
            if frame[name].dtype.kind in "biuf" and len(frame)
        }
    if content.arrays and len({a.shape for a in content.arrays.values()}) == 1:
        return {
            name: array.astype(np.float64)
            for name, array in content.arrays.items()
            if array.ndim == 1 and array.dtype.kind in "biuf" and len(array)
        }
    value = content.value
    if isinstance(value, dict):
        inner = [item for key, item in value.items() if str(key).casefold() == "history"]
        for item in (value, *inner):
            columns = _lists(item) or _lists(_joined(item))
            if columns:
                return columns
        return _rows(value.get("log_history"))
    return {}


def _rows(value: Any) -> dict[str, NDArray[np.float64]]:
    """Numbers by name, from one dictionary for each time that something was logged."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return {}
    keys = dict.fromkeys(key for row in value for key in row if isinstance(key, str))
    if len(keys) > _MAX_HISTORY:
        return {}
    columns = {}
    for key in keys:
        items = [row.get(key) for row in value]
        if all(item is None or type(item) is int or isinstance(item, float) for item in items):
            try:
                columns[key] = np.array([np.nan if item is None else float(item) for item in items])
            except OverflowError:
                return {}
    return columns


def _joined(value: Any) -> dict[str, Any]:
    """Lists by set and metric, as boosting records them: ``{"valid": {"rmse": [0.5, 0.4]}}``."""
    if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
        return {}
    return {f"{part}_{name}": item for part, own in value.items() for name, item in own.items()}


def _lists(value: Any) -> dict[str, NDArray[np.float64]]:
    if not isinstance(value, dict):
        return {}
    columns = {}
    for name, item in value.items():
        if not isinstance(item, list) or not item:
            continue
        if all(type(v) is int or isinstance(v, float) for v in item):
            try:
                columns[str(name)] = np.array([float(v) for v in item])
            except OverflowError:
                return {}
    return columns if len({len(c) for c in columns.values()}) == 1 else {}


def _is_history(content: Content, columns: Mapping[str, Any]) -> bool:
    by_name = {names.normal(name) for name in columns}
    curve = any(
        names.metric_name(name) or name in ("loss", "val_loss", "lr", "learning_rate")
        for name in by_name
    )
    paired = "loss" in by_name and any(name.startswith("val_") for name in by_name)
    if isinstance(content.value, dict) and not _lists(content.value) and _joined(content.value):
        # by name only: the scores of several folds look alike
        return names.has_word(content.file.stem, names.HISTORY_WORDS | {"evals"})
    if "epoch" in by_name or "epochs" in by_name:
        return curve
    return paired or (curve and names.has_word(content.file.stem, names.HISTORY_WORDS))
