"""HY601: the validation set that chooses the model also gives the reported value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from audit.model.artifacts import (
    Code,
    Documents,
    Metrics,
    PredictionSets,
    SplitRole,
    Splits,
)
from audit.model.check import NoParams, Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.hygiene.seeds import read
from checks.hygiene.selection import (
    Selection,
    first_test_name,
    names_validation,
    says_test,
    selections,
)
from checks.kit.written_lines import document_lines, plain

_PLANS = re.compile(
    r"\b(?:no|not|without|lacks?|missing|should|would|could|create|add|todo|future|next|later"
    r"|recommend\w*|planned|need(?:s|ed)?)\b|\[ \]",
    re.IGNORECASE,
)
_ROWS = re.compile(
    r"\btest(?:ing)?[ -](?:set|sets|split|data|dataset|rows?|samples?|images?|cases?|score|scores"
    r"|accuracy|acc|error|loss|rmse|mse|mae|auc|f1|r2|log2|result\w*|performance|predictions?)\b"
    r"|\b(?:test|held[ -]?out|hold-?out)\b.{0,60}\d",
    re.IGNORECASE,
)
_VALIDATION_VALUE = re.compile(
    r"\b(?:val|valid|validation|dev|eval)\b[^\d\n]{0,60}\d+\.\d|\bval_\w{1,30}\W{1,5}\d+\.\d",
    re.IGNORECASE,
)


@check("HY601", "No test set beside the validation set that selects the model", Severity.NOTE,
       taxonomy="L1.1")  # fmt: skip
def no_test_set(
    code: Code,
    splits: Splits | None,
    predictions: PredictionSets | None,
    metrics: Metrics | None,
    documents: Documents | None,
    params: NoParams,
) -> Outcome:
    """Look for a value that is reported on the rows that chose the model.

    What
    ----
    A validation set, or the folds of a search, decide which epoch, model or setting is kept, the
    reported value is the one on the same rows, and there is no third set.

    Why
    ---
    The best of several values on the same rows is too good on average, because the choice also
    picks luck. How much depends on how many candidates there were and on how few rows: little for
    early stopping on thousands of rows, much for a search over hundreds of settings.

    How it is found
    ---------------
    The code is read, never executed. A choice is ``EarlyStopping`` or a best-only checkpoint on a
    validation metric, early stopping on an evaluation set, ``best_score_`` of a search or
    ``best_value`` of a study that is used, a loop that keeps the best validation value, or the
    largest or smallest of the values that a loop collected (``best = max(scores)``,
    ``np.argmin(val_losses)``, ``idxmin``). A test set counts wherever it shows: in the splits, the
    predictions, the metrics, in a name or a text of the code, in a document.

    False alarms
    ------------
    Silent without a choice: a validation set that is only watched over a fixed number of epochs is
    an honest held-out set. Silent where anything is called a test set, where a search is itself
    cross-validated, and where rows are held out beside the folds of a search. A test set that
    nothing in the export mentions is not seen. Where rows that are called a test set choose the
    model, or it is not said which rows the value is of, the answer is "review".

    Remedy
    ------
    Set test rows aside before anything is chosen and report their value, once; with few rows use
    nested cross-validation.

    References
    ----------
    Kapoor and Narayanan (2023), Patterns 4(9): L1.1, no test set. Cawley and Talbot (2010), On
    over-fitting in model selection, JMLR 11.
    """
    programs = [read(file) for file in code.files]
    found = [selection for program in programs for selection in selections(program)]
    if not found:
        return passed("the code chooses no model, epoch or setting by held-out rows")
    named = [place for program in programs if (place := first_test_name(program)) is not None]
    where = _test_in_data(splits, predictions, metrics) or _test_in_documents(documents)
    where = where or (f"{named[0]} names test rows" if named else "")
    if where and all(selection.on_test for selection in found):
        first = found[0]
        return review(
            f"{first.how} at {first.location} chooses by rows that are called a test set; look "
            "whether other rows were kept for the reported value"
        )
    if where:
        return passed(f"there is a test set beside the rows that choose the model: {where}")
    reported = list(_reported(predictions, metrics, documents))
    apart = splits is not None or bool(reported) or any(map(names_validation, programs))
    if apart and all(selection.by_folds for selection in found):
        return passed(f"{found[0].how}, and other rows are held out beside its folds")
    if not reported and not any(selection.is_reported for selection in found):
        return review(
            f"{found[0].how} at {found[0].location} chooses by validation rows, no test set is "
            "named, and which rows the reported value is of could not be told"
        )
    return failed([_finding(found, reported, has_rows=_has_validation(predictions, metrics))])


def _test_in_data(
    splits: Splits | None, predictions: PredictionSets | None, metrics: Metrics | None
) -> str:
    if splits is not None:
        for part in splits.held_out:
            if part.role is SplitRole.TEST:
                return part.path
    for table in predictions.items if predictions is not None else ():
        if table.role is SplitRole.TEST:
            return table.path
    for metric in metrics.tables if metrics is not None else ():
        if metric.role is SplitRole.TEST:
            return metric.path
    return ""


def _test_in_documents(documents: Documents | None) -> str:
    for document in documents.items if documents is not None else ():
        for number, line in document_lines(document):
            text = plain(line)
            if _ROWS.search(text) and says_test(text) and not _PLANS.search(text):
                return str(document.location(number))
    return ""


def _has_validation(predictions: PredictionSets | None, metrics: Metrics | None) -> bool:
    roles = {table.role for table in metrics.tables} if metrics is not None else set()
    if predictions is not None:
        roles |= {table.role for table in predictions.items}
    return SplitRole.VALIDATION in roles


def _reported(
    predictions: PredictionSets | None, metrics: Metrics | None, documents: Documents | None
) -> Iterator[Location]:
    """Where a value on validation rows stands."""
    for metric in metrics.tables if metrics is not None else ():
        if metric.role is SplitRole.VALIDATION:
            yield metric.overall.location if metric.overall else Location(metric.path)
    for table in predictions.items if predictions is not None else ():
        if table.role is SplitRole.VALIDATION:
            yield Location(table.path)
    for document in documents.items if documents is not None else ():
        for number, line in document_lines(document):
            if _VALIDATION_VALUE.search(line[:500]):
                yield document.location(number)
                return


def _finding(found: list[Selection], reported: list[Location], *, has_rows: bool) -> Finding:
    first = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    rows = "folds" if first.by_folds and not reported else "validation rows"
    notes = [(selection.location, "the model is chosen here too") for selection in found[1:6]]
    notes += [(place, "a value on the rows that chose the model") for place in reported[:3]]
    related = [replace(place, role=Role.RELATED, note=note) for place, note in notes]
    return Finding(
        check_id="HY601",
        severity=Severity.NOTE,
        confidence=Confidence.HIGH if has_rows and not first.by_folds else Confidence.MEDIUM,
        message=f"no test set: the {rows} that choose the model ({first.how}{more}) also give the "
        "reported value",
        locations=(first.location, *related),
        evidence=(
            Evidence(
                "test_sets",
                0,
                expected=1,
                unit="splits",
                method="looked for in splits, predictions, metrics, code and documents",
            ),
            Evidence(
                "selections",
                len(found),
                unit="places",
                method="; ".join(selection.how for selection in found[:5]),
            ),
        ),
        remedy=Remedy(
            "Set test rows aside before anything is chosen, and report their value once; with few "
            "rows use nested cross-validation. Until then call the value a validation value."
        ),
        subject=f"{first.location.path}:{first.how}",
        why="The best of several values on the same rows is too good on average, the more so with "
        "many candidates and few rows.",
    )
