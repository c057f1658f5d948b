"""What names of files, members and columns say, matched as whole words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from audit.model.artifacts import SplitRole
from checks.kit.scores import canonical_metric

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

SPLIT_WORDS: dict[str, SplitRole] = {
    "train": SplitRole.TRAIN,
    "training": SplitRole.TRAIN,
    "trn": SplitRole.TRAIN,
    "tr": SplitRole.TRAIN,
    "val": SplitRole.VALIDATION,
    "valid": SplitRole.VALIDATION,
    "validation": SplitRole.VALIDATION,
    "dev": SplitRole.VALIDATION,
    "test": SplitRole.TEST,
    "testing": SplitRole.TEST,
    "tst": SplitRole.TEST,
    "holdout": SplitRole.TEST,
    "heldout": SplitRole.TEST,
}
SPLIT_COLUMNS = frozenset({"split", "set", "subset", "fold", "partition", "dataset_split"})
FEATURE_WORDS = frozenset({"x", "xs", "feature", "features", "input", "inputs", "images", "data"})
TARGET_WORDS = frozenset({"y", "ys", "target", "targets", "label", "labels", "output", "outputs"})
GROUP_WORDS = frozenset({"group", "groups"})
ID_WORDS = frozenset({"id", "ids", "index", "indices", "idx", "indexes"})
PREDICTION_WORDS = frozenset(
    {"prediction", "predictions", "pred", "preds", "predicted", "yhat", "oof", "forecasts"}
    | {"probs", "proba", "probas", "probabilities", "logits", "softmax", "submission"}
)
UNSEEN_WORDS = frozenset({"oof", "fold", "folds", "cv", "loo", "crossval"})
HISTORY_WORDS = frozenset(
    {"history", "log", "logs", "epoch", "epochs", "curve", "curves", "losses", "progress"}
)
METRIC_WORDS = frozenset(
    {"metric", "metrics", "score", "scores", "result", "results", "evaluation", "eval"}
    | {"performance", "summary", "report", "losses", "kpis"}
)
BASELINE_WORDS = frozenset({"baseline", "baselines", "reference", "previous", "prior", "benchmark"})
RAW_WORDS = frozenset(
    {"raw", "original", "originals", "source", "sources", "input", "inputs", "combined", "full"}
    | {"dataset", "samples", "all"}
)
LATER_WORDS = frozenset(
    {"fresh", "unseen", "new", "final", "external", "test", "testing", "holdout", "heldout", "eval"}
)
MULTIPLIED_WORDS = frozenset(
    {"augmented", "aug", "synthetic", "oversampled", "resampled", "balanced", "smote", "generated"}
    | {"expanded", "upsampled", "pool", "bootstrapped", "copies"}
)
CONFIG_WORDS = frozenset({"config", "configuration", "params", "hyperparameters", "settings"})
NOT_A_SPLIT = PREDICTION_WORDS | HISTORY_WORDS | METRIC_WORDS | BASELINE_WORDS | CONFIG_WORDS
SYNTHETIC_COLUMNS = frozenset(
    {"is_augmented", "is_synthetic", "augmented", "synthetic", "was_augmented", "is_copy"}
    | {"is_aug", "is_synth", "is_generated"}
)
PARENT_COLUMNS = frozenset(
    {"parent_id", "source_id", "original_id", "parent_index", "original_index", "source_index"}
    | {"parent_row", "original_row", "source_row", "augmented_from"}
)
ORACLE_COLUMNS = frozenset(
    {"y_exact", "exact_y", "y_oracle", "oracle_y", "y_true_exact", "y_true_oracle"}
    | {"oracle", "oracle_label", "oracle_labels", "label_oracle", "oracle_target", "target_oracle"}
    | {"exact_label", "exact_labels", "label_exact", "labels_exact", "exact_target"}
    | {"target_exact", "true_label_oracle", "oracle_true_label"}
)
TIER_COLUMNS = ("tier", "difficulty", "difficulty_tier", "level", "type")
COUNT_WORDS = frozenset(
    {"n", "count", "counts", "sample", "samples", "size", "support", "rows", "num", "total"}
)
OVERALL_WORDS = frozenset(
    {"overall", "all", "total", "aggregate", "global", "weighted", "micro", "everything"}
)

# Strongest class first; within a class two present columns are ambiguous.
_TARGET_COLUMNS = (
    ("y", "target", "y_true"),
    ("targets", "label", "labels"),
    ("class", "outcome", "response", "output", "ground_truth", "target_value", "y_value"),
)
_TRUE_COLUMNS = (
    ("y_true", "ytrue", "true", "target", "actual", "label", "ground_truth", "truth", "y"),
    ("y_test", "y_val", "y_valid", "targets", "labels", "observed", "expected"),
)
_PREDICTED_COLUMNS = (
    ("y_pred", "ypred", "pred", "prediction", "predicted", "y_hat", "yhat"),
    ("predictions", "preds", "forecast", "y_predicted", "y_pred_label", "estimate"),
)
_ALWAYS_IDS = frozenset(
    {"row_id", "rowid", "row_index", "row_number", "unnamed: 0", "unnamed:_0", "uuid", "guid"}
    | {"sample_id", "sample_index", "__index_level_0__", "level_0", "index", "idx", "row"}
)


def words(text: str) -> tuple[str, ...]:
    """Lower-case words of a name, camel case taken apart; ``held_out`` is one word.

    Examples
    --------
    >>> words("X_train"), words("valFeatures2"), words("held-out set")
    (('x', 'train'), ('val', 'features', '2'), ('heldout', 'set'))
    """
    found = [word.lower() for word in _WORD.findall(text)]
    merged: list[str] = []
    for word in found:
        if word == "out" and merged and merged[-1] in ("held", "hold"):
            merged[-1] = "heldout"
        else:
            merged.append(word)
    return tuple(merged)


def split_role(text: str) -> SplitRole | None:
    """Split that a name speaks of; ``None`` for none or for several.

    Examples
    --------
    >>> split_role("X_val"), split_role("trainer"), split_role("train_test")
    (<SplitRole.VALIDATION: 'validation'>, None, None)
    """
    roles = {SPLIT_WORDS[word] for word in words(text) if word in SPLIT_WORDS}
    return roles.pop() if len(roles) == 1 else None


def is_split_name(text: str) -> bool:
    """Whether a name is a split and nothing else: ``val``, ``validation set``."""
    rest = [word for word in words(text) if word not in ("set", "split", "data")]
    return len(rest) == 1 and rest[0] in SPLIT_WORDS


def has_word(text: str, vocabulary: Iterable[str]) -> bool:
    """Whether one of the words of a name is in the vocabulary."""
    return not set(vocabulary).isdisjoint(words(text))


def normal(name: str) -> str:
    """Column name for comparison: lower case, spaces and dashes as underscores."""
    return re.sub(r"[\s-]+", "_", name.strip()).casefold()


def pick(columns: Iterable[str], classes: tuple[tuple[str, ...], ...]) -> list[str]:
    """Columns of the strongest class of names that is present at all."""
    names = list(columns)
    for wanted in classes:
        found = [name for name in names if normal(name) in wanted]
        if found:
            return found
    return []


def target_columns(columns: Iterable[str]) -> list[str]:
    """Columns that are named like a target; more than one means ambiguous."""
    return pick(columns, _TARGET_COLUMNS)


def true_column(columns: Iterable[str]) -> str | None:
    """Column of true targets in a table of predictions."""
    return _first(columns, _TRUE_COLUMNS)


def predicted_column(columns: Iterable[str]) -> str | None:
    """Column of predicted values in a table of predictions."""
    return _first(columns, _PREDICTED_COLUMNS)


def prediction_columns(columns: Iterable[str]) -> tuple[str | None, str | None]:
    """Columns of true and predicted values: by their usual names, or ``price`` and ``price_pred``.

    Examples
    --------
    >>> prediction_columns(["Id", "SalePrice", "predicted_SalePrice"])
    ('SalePrice', 'predicted_SalePrice')
    """
    names = list(columns)
    true, predicted = true_column(names), predicted_column(names)
    if predicted is not None:
        return true, predicted
    by_words = {words(name): name for name in names}
    pairs = []
    for name in names:
        bare = tuple(word for word in words(name) if word not in _PREDICTED_WORDS)
        if bare in by_words and bare != words(name):
            pairs.append((by_words[bare], name))
    return pairs[0] if len(pairs) == 1 else (true, None)


_PREDICTED_WORDS = PREDICTION_WORDS | {"hat", "forecast", "estimated", "estimate"}


def _first(columns: Iterable[str], classes: tuple[tuple[str, ...], ...]) -> str | None:
    by_name = {normal(name): name for name in columns}
    return next((by_name[name] for group in classes for name in group if name in by_name), None)


def is_always_id(name: str) -> bool:
    """Whether a column of that name is a row id and never a feature."""
    return normal(name) in _ALWAYS_IDS


def is_sometimes_id(name: str) -> bool:
    """Whether a column of that name is a row id as long as its values are unique."""
    return words(name)[-1:] in (("id",), ("uuid",), ("guid",))


def is_id(name: str) -> bool:
    """Whether a column of that name may be a row id."""
    return is_always_id(name) or is_sometimes_id(name)


def is_oracle(name: str) -> bool:
    """Whether a column of that name holds exact labels beside the target.

    Examples
    --------
    >>> is_oracle("y_exact"), is_oracle("y_true"), is_oracle("exact")
    (True, False, False)
    """
    return normal(name) in ORACLE_COLUMNS


def metric_name(name: str, declared: str | None = None) -> str | None:
    """Canonical metric that a key or column names; `declared` is one that the file introduces."""
    canonical = canonical_metric(name)
    if canonical is None and declared is not None and normal(name) == normal(declared):
        return declared
    return canonical


def split_column(columns: Iterable[str]) -> str | None:
    """Column that says which split a row belongs to."""
    return next((name for name in columns if normal(name) in SPLIT_COLUMNS), None)
