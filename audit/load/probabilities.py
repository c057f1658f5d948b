"""Scores and probabilities of a classifier beside its predictions, and which class each is of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from audit.load import names
from audit.model.artifacts import Array
from checks.kit.probabilities import canonical_label, roc_auc

MAX_CLASSES = 200
_MIN_AGREEMENT = 0.5  # of predicted labels with the largest score
_MIN_KNOWN = 0.5  # of the scores are numbers
_CLEAR = 0.95  # area under the curve of scores for predicted labels

_ONE = frozenset(
    {"y_score", "y_scores", "y_prob", "y_probs", "y_proba", "prob", "probs", "proba", "probas"}
    | {"probability", "pred_prob", "pred_proba", "pred_probability", "predicted_prob"}
    | {"predicted_proba", "predicted_probability", "y_pred_prob", "y_pred_proba", "y_pred_score"}
    | {"prediction_prob", "prediction_proba", "prob_pos", "prob_positive", "proba_positive"}
    | {"prob_pred", "y_hat_prob", "y_hat_proba", "p_hat"}
)
_PERHAPS = frozenset(
    {"score", "scores", "logit", "logits", "y_logit", "y_logits", "decision_function", "p"}
    | {"decision", "prediction_score", "pred_score"}
)
# the longest first: ``proba_0`` is no ``prob`` of a class ``a_0``
_KIND = r"(?:probabilities|probability|probas?|probs?|scores?|logits?|softmax|p)"
_OF_CLASS = re.compile(
    rf"(?P<prefix>(?:(?:y|pred|predicted|class|y_pred)[_ .-])?{_KIND}(?:[_ .-](?:class|label|of))?)"
    r"[_ .:-]?(?P<label>.{1,80})",
    re.IGNORECASE,
)
_CLASS_OF = re.compile(rf"(?P<label>.{{1,80}})[_ .-](?P<prefix>{_KIND})", re.IGNORECASE)
_PROBABILITY = re.compile(r"prob|softmax|p_hat")
_CLASS_NAMES = ("classes", "class_names", "class_labels", "label_names", "labels_order")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores by class, as `audit.model.artifacts.Predictions` keeps them."""

    y_score: Array
    classes: tuple[str, ...]
    is_probability: bool = False


def find_scores(
    frame: pd.DataFrame, true: str, predicted: str | None
) -> tuple[Scores | None, Array | None]:
    """Scores in a table of predictions, and predictions made of them where it has none.

    Parameters
    ----------
    frame : DataFrame
        The table.
    true, predicted : str
        Columns of true and predicted labels.

    Returns
    -------
    scores : Scores or None
        ``None`` also where it cannot be told which class they are of.
    y_pred : ndarray, shape (n,), or None
        Labels of the largest score; the score itself where there is only one.
    """
    labels = _labels(frame[true])
    if labels is None:
        return None, None
    others = [
        str(name)
        for name in frame.columns
        if name not in (true, predicted) and frame[name].dtype.kind == "f"
    ]
    guess = None if predicted is None else frame[predicted]
    matrix = _by_class(frame, others, labels, guess)
    if matrix is not None:
        return matrix, _largest(matrix, labels) if guess is None else None
    single = _single(frame, others, labels, guess)
    if single is None:
        return None, None
    return single, single.y_score if guess is None else None


def _labels(values: pd.Series) -> dict[str, object] | None:
    """Canonical label to label as stored; ``None`` where the targets are no classes."""
    found = pd.unique(values.dropna())
    if not 2 <= len(found) <= MAX_CLASSES or values.isna().any():
        return None
    if values.dtype.kind == "f" and not bool((values == values.round()).all()):
        return None
    return {canonical_label(value): value for value in sorted(found, key=_order)}


def _order(value: object) -> tuple[bool, float, str]:
    number = isinstance(value, int | float | np.number)
    return (not number, float(value) if isinstance(value, int | float | np.number) else 0.0,
            str(value))  # fmt: skip


def _by_class(
    frame: pd.DataFrame,
    columns: Sequence[str],
    labels: Mapping[str, object],
    guess: pd.Series | None,
) -> Scores | None:
    """One column a class: ``prob_cat`` and ``prob_dog``, ``p_0`` … ``p_9``, ``cat``, ``dog``."""
    families: dict[str, dict[str, str]] = {}
    for column in columns:
        for pattern in (_OF_CLASS, _CLASS_OF):
            if match := pattern.fullmatch(column):
                label = canonical_label(match["label"]).casefold()
                families.setdefault(match["prefix"].casefold(), {})[label] = column
        families.setdefault("", {})[canonical_label(column).casefold()] = column
    folded = {label.casefold(): label for label in labels}
    for prefix, members in families.items():
        if not 2 <= len(members) <= MAX_CLASSES and prefix:
            continue
        if set(folded) <= set(members):
            used = members if prefix else {label: members[label] for label in folded}
            classes = [folded.get(label, label) for label in used]
        elif prefix and sorted(members) == sorted(map(str, range(len(folded)))):
            used = {str(i): members[str(i)] for i in range(len(folded))}
            classes = list(labels)  # by position: the order in which scikit-learn sorts them
            if guess is None:
                continue
        else:
            continue
        scores = _stack(frame, list(used.values()), complete=guess is None)
        probable = _says_probability(prefix)
        found = None if scores is None else Scores(scores, tuple(classes), probable)
        if found is not None and (guess is None or _agrees(found, guess)):
            return found
    return None


def _stack(frame: pd.DataFrame, columns: Sequence[str], *, complete: bool) -> Array | None:
    scores = np.column_stack([frame[column].to_numpy() for column in columns])
    return scores if _usable(scores, complete=complete) else None


def _usable(scores: Array, *, complete: bool) -> bool:
    """Some scores may be missing; a column that is mostly empty holds something else."""
    share = float(np.isfinite(scores).mean()) if scores.size else 0.0
    return share == 1.0 if complete else share >= _MIN_KNOWN


def _says_probability(name: str) -> bool:
    return bool(_PROBABILITY.search(name.casefold()))


def _agrees(scores: Scores, guess: pd.Series) -> bool:
    best = np.argmax(np.where(np.isnan(scores.y_score), -np.inf, scores.y_score), axis=1)
    codes, found = pd.factorize(guess)
    place = {label: code for code, label in enumerate(scores.classes)}
    wanted = np.array([place.get(canonical_label(label), -1) for label in found] or [-1])
    claimed = np.where(codes < 0, -1, wanted[codes])
    return float(np.mean(claimed == best)) >= _MIN_AGREEMENT


def _largest(scores: Scores, labels: Mapping[str, object]) -> Array:
    names_of = [labels.get(label, _as_stored(label, labels)) for label in scores.classes]
    numbers = all(isinstance(each, int | float | np.number) for each in names_of)
    stored: Array = np.array(names_of, dtype=None if numbers else object)
    predicted: Array = stored[np.argmax(scores.y_score, axis=1)]
    return predicted


def _as_stored(label: str, labels: Mapping[str, object]) -> object:
    """A class that no target has, in the type of the others."""
    if all(isinstance(each, int | float | np.number) for each in labels.values()):
        try:
            return int(label)
        except ValueError:
            return label
    return label


def _single(
    frame: pd.DataFrame,
    columns: Sequence[str],
    labels: Mapping[str, object],
    guess: pd.Series | None,
) -> Scores | None:
    """The score of one of two classes."""
    if len(labels) != 2:
        return None
    folded = {label.casefold(): label for label in labels}
    for column in columns:
        match = _OF_CLASS.fullmatch(column)
        named = folded.get(canonical_label(match["label"]).casefold()) if match else None
        certain = names.normal(column) in _ONE
        if named is None and not certain and names.normal(column) not in _PERHAPS:
            continue
        scores = frame[column].to_numpy()
        if not _usable(scores, complete=guess is None):
            continue
        positive = named or _positive(labels, scores, guess, certain)
        if positive is not None:
            (negative,) = (label for label in labels if label != positive)
            return Scores(scores, (negative, positive), _says_probability(column))
    return None


def _positive(
    labels: Mapping[str, object], scores: Array, guess: pd.Series | None, certain: bool
) -> str | None:
    """Which of two labels a high score speaks for; ``None`` where it cannot be told."""
    first, second = labels
    if guess is not None:
        codes, found = pd.factorize(guess)
        claimed = np.array([canonical_label(label) == second for label in found] or [False])
        kept = np.isfinite(scores)
        area = roc_auc((claimed[codes] & (codes >= 0))[kept], scores[kept])
        if area is not None:
            # a score that is high for either prediction is the confidence in it
            return second if area >= _CLEAR else first if area <= 1 - _CLEAR else None
    numbers = all(isinstance(each, int | float | np.number) for each in labels.values())
    return second if certain and numbers else None


def expand(arrays: Mapping[str, Array], true: str) -> dict[str, Array]:
    """Columns of scores that an archive keeps as one array with a column for each class."""
    n = len(arrays[true])
    found: dict[str, Array] = {}
    for name, array in arrays.items():
        if array.ndim != 2 or array.dtype.kind != "f" or len(array) != n:
            continue
        if not 2 <= array.shape[1] <= MAX_CLASSES or not _is_score_name(name):
            continue
        classes = _class_names(arrays, array.shape[1])
        found |= {f"prob_{label}": array[:, i] for i, label in enumerate(classes)}
        break
    return found


def _is_score_name(name: str) -> bool:
    normal = names.normal(name)
    return normal in _ONE | _PERHAPS or names.has_word(name, names.PREDICTION_WORDS | {"score"})


def _class_names(arrays: Mapping[str, Array], k: int) -> Iterable[str]:
    for name in _CLASS_NAMES:
        stored = arrays.get(name)
        if stored is not None and stored.shape == (k,):
            labels = [canonical_label(value) for value in stored.tolist()]
            if len(set(labels)) == k:
                return labels
    return map(str, range(k))
