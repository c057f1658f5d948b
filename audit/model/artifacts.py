"""What was recognised in an export: the artifacts that checks ask for by type.

Checks declare artifacts by annotation, and get them from `audit.model.export.Export` or from a
provider (`CodeFacts`, `Kinship`). Everything here is plain data that was read, never executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.model.location import Location, Role
from audit.model.severity import Confidence

Array = NDArray[Any]


@lru_cache(maxsize=16)
def _lines(text: str) -> list[str]:
    return text.splitlines()  # kept, because many findings may point into one large document


def _line(text: str, line: int) -> str:
    lines = _lines(text)
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _file_line(lines: tuple[int, ...], line: int) -> int | None:
    return lines[line - 1] if 0 < line <= len(lines) else None


# --- code and documents ---------------------------------------------------------------------


class CellKind(Enum):
    """What a notebook cell holds."""

    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a notebook, or a part of a script between ``# %%`` markers.

    Parameters
    ----------
    index : int
        0-based, Markdown cells counted.
    kind : CellKind
        What it holds.
    source : str
        Its text as written, magics included.
    outputs : tuple of str
        Recorded text outputs (streams, ``text/plain``), in order.
    execution_count : int, optional
        As recorded.
    first_line : int
        1-based line in the file where the cell starts; 1 in notebooks.
    file_lines : tuple of int
        For each line of `source`, the 1-based line of the ``.ipynb`` file on which it is
        written; empty in scripts, and where it could not be told.
    """

    index: int
    kind: CellKind
    source: str
    outputs: tuple[str, ...] = ()
    execution_count: int | None = None
    first_line: int = 1
    file_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A notebook or script."""

    path: str
    is_notebook: bool
    cells: tuple[Cell, ...]

    def location(
        self, cell: Cell, line: int, *, role: Role = Role.PRIMARY, note: str = ""
    ) -> Location:
        """Point at a 1-based `line` within `cell`, in the form that suits the file."""
        text = _line(cell.source, line)
        if self.is_notebook:
            return Location(
                self.path,
                cell=cell.index,
                line=line,
                role=role,
                text=text,
                note=note,
                file_line=_file_line(cell.file_lines, line),
            )
        return Location(self.path, line=cell.first_line + line - 1, role=role, text=text, note=note)


@dataclass(frozen=True, slots=True)
class Code:
    """All notebooks and scripts of the export, sorted by path; at least one code cell."""

    files: tuple[SourceFile, ...]


class DocumentKind(Enum):
    """Where a text stands."""

    FILE = "file"
    MARKDOWN_CELL = "markdown cell"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Document:
    """Prose in which the experiment makes claims: a Markdown file, a Markdown cell, or the
    recorded text output of a code cell. For a Markdown cell `file_lines` are those of `Cell`.
    """

    path: str
    kind: DocumentKind
    text: str
    cell: int | None = None
    file_lines: tuple[int, ...] = ()

    def location(self, line: int, *, role: Role = Role.PRIMARY, note: str = "") -> Location:
        """Point at a 1-based `line` of the text."""
        return Location(
            self.path,
            cell=self.cell,
            line=line,
            role=role,
            text=_line(self.text, line),
            note=note,
            output=self.kind is DocumentKind.OUTPUT,
            file_line=_file_line(self.file_lines, line),
        )


@dataclass(frozen=True, slots=True)
class Documents:
    """All documents, sorted by path and cell; at least one."""

    items: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class RecordedCount:
    """A whole number in a JSON file of results.

    Parameters
    ----------
    keys : tuple of str
        Keys that lead to it.
    value : int
        The number.
    location : Location
        With its JSON pointer.
    """

    keys: tuple[str, ...]
    value: int
    location: Location


@dataclass(frozen=True, slots=True)
class RecordedCounts:
    """Whole numbers in JSON files of results, sorted by path; at least one."""

    items: tuple[RecordedCount, ...]


@dataclass(frozen=True, slots=True)
class FileList:
    """Paths of all files of the export, also of those that are not read, relative and sorted."""

    paths: tuple[str, ...]


# --- groups ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups that per-group metrics are about, and their tiers.

    Parameters
    ----------
    names : tuple of str
        Columns that make up the group, in the order of the key; empty where groups are known
        from documents only.
    keys : tuple of str
        Canonical keys (`audit.model.groups.canonical_group`), in display order.
    tiers : mapping of str to str
        Canonical key to tier; empty where no tiers are known.
    tiers_from : str
        Path of the file that says so, for the report; empty where there are no tiers.
    labels : mapping of str to str
        Canonical key to its spelling in the data, where that differs from what the key alone
        would give: ``"north east"`` to ``"North East"``.
    """

    names: tuple[str, ...]
    keys: tuple[str, ...]
    tiers: Mapping[str, str] = field(default_factory=dict)
    tiers_from: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def label(self, key: str) -> str:
        """Readable form of a canonical key: ``"k=4, m=2"``, ``"North East"``."""
        if key in self.labels:
            return self.labels[key]
        values = key.split(",")
        if len(self.names) < 2 or len(values) != len(self.names):
            return key
        return ", ".join(f"{name}={value}" for name, value in zip(self.names, values, strict=True))


# --- rows -----------------------------------------------------------------------------------


class SplitRole(Enum):
    """What a set of rows was used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True, eq=False)
class SplitData:
    """The rows of one split.

    Parameters
    ----------
    role : SplitRole
        What they were used for.
    path : str
        File (for an npz member or a ``split`` column: the file that holds it).
    features : DataFrame, shape (n, d)
        Feature columns only, unique string names, the same names in the same order in every
        split; numbers or strings. Row order is the file's.
    target : ndarray, shape (n,) or (n, n_outputs), optional
        As stored.
    groups : ndarray of str, shape (n,), optional
        Canonical group key of each row.
    rows : ndarray of int, shape (n,)
        0-based row in the file (differs from ``arange`` where one table holds every split).
    synthetic : ndarray of bool, shape (n,), optional
        Rows that a column says were made by augmentation.
    parents : ndarray of str, shape (n,), optional
        Id of the row that each row was made from, as a column says; empty where there is none.
    ids : ndarray of str, shape (n,), optional
        The ids that `parents` speak of, where a column holds them.
    oracle : ndarray, shape (n,), optional
        The exact label of each row, as a column beside the target says; as stored. Infinite
        where there is none, NaN where it is not known.
    oracle_name : str
        Name of that column; empty without one.
    """

    role: SplitRole
    path: str
    features: pd.DataFrame
    target: Array | None
    groups: Array | None
    rows: NDArray[np.int64]
    synthetic: NDArray[np.bool_] | None = None
    parents: Array | None = None
    ids: Array | None = None
    oracle: Array | None = None
    oracle_name: str = ""

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """A training split and at least one held-out split with the same features."""

    train: SplitData
    held_out: tuple[SplitData, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the feature columns."""
        return tuple(self.train.features.columns)


@dataclass(frozen=True, slots=True, eq=False)
class RawData:
    """The source rows before any splitting or augmentation.

    Parameters
    ----------
    path : str
        File that holds the rows.
    n : int
        Number of rows.
    groups : ndarray of str, shape (n,), optional
        Canonical group key of each row, where the group columns could be found in it.
    features : DataFrame, shape (n, d), optional
        The rows in the feature columns of the splits, where these could be told and rows of the
        splits proved it.
    target : ndarray, shape (n,), optional
        Their targets, where rows of the splits proved these too.
    note : str
        Why there are no `features`; empty where there are.
    """

    path: str
    n: int
    groups: Array | None
    features: pd.DataFrame | None = None
    target: Array | None = None
    note: str = "their columns were not compared with those of the splits"


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions on one split.

    Parameters
    ----------
    role : SplitRole
        The split that was predicted.
    path : str
        File.
    y_true : ndarray, shape (n,)
        Targets.
    y_pred : ndarray, shape (n,)
        Predicted values or labels.
    groups : ndarray of str, shape (n,), optional
        Canonical group key of each row.
    split_index : ndarray of int, shape (n,), optional
        Position of each prediction's row in the `SplitData` of that role, where both carry the
        same row ids or have the same length and equal targets in the same order.
    y_score : ndarray of float, shape (n,) or (n, n_classes), optional
        Scores or probabilities that a classifier gave: one column a class, or those of the
        second of two classes.
    classes : tuple of str
        Labels that the scores are of, in the order of the columns
        (`checks.kit.probabilities.canonical_label`); empty without scores.
    is_probability : bool
        The columns of the scores are called probabilities.
    """

    role: SplitRole
    path: str
    y_true: Array
    y_pred: Array
    groups: Array | None
    split_index: NDArray[np.int64] | None
    y_score: Array | None = None
    classes: tuple[str, ...] = ()
    is_probability: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PredictionSets:
    """All predictions found.

    Parameters
    ----------
    items : tuple of Predictions
        One per held-out split at most; at least one.
    train : Predictions, optional
        Those of the fitted model on the training rows.
    """

    items: tuple[Predictions, ...]
    train: Predictions | None = None


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Per-epoch training history: column name to values, all of the same length."""

    path: str
    columns: Mapping[str, NDArray[np.float64]]


# --- metrics --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """A number as the experiment states it.

    Parameters
    ----------
    value : float
        The number.
    location : Location
        Where it stands.
    half_width : float
        Half a unit of the last digit written (0.0005 for ``0.181``); the truth behind a
        rounded number lies within ``value ± half_width``. Numbers stored by a program with
        full precision have about 1e-15 of their size.
    """

    value: float
    location: Location
    half_width: float = 0.0


@dataclass(frozen=True, slots=True)
class MetricTable:
    """One metric on one split: overall, by group, and how many samples a group has.

    Parameters
    ----------
    metric : str
        Canonical name (`checks.kit.scores.canonical_metric`), for instance ``"log2_mse"``;
        as written where it is not known.
    role : SplitRole, optional
        The split; ``None`` where it is not said.
    path : str
        File.
    overall : ReportedValue, optional
        The aggregate as reported.
    by_group : mapping of str to ReportedValue
        Canonical group key to value.
    counts : mapping of str to int
        Canonical group key to number of samples, where stated.
    label : str
        Name of the run where it is given (``"Run 2"``), otherwise the file's stem.
    by_tier : mapping of str to ReportedValue
        Tier, in lower case, to the value that the file states for it.
    """

    metric: str
    role: SplitRole | None
    path: str
    overall: ReportedValue | None
    by_group: Mapping[str, ReportedValue]
    counts: Mapping[str, int]
    label: str = ""
    by_tier: Mapping[str, ReportedValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metric tables of the experiment itself; at least one. The first is the headline:
    a held-out split before train, with groups before without.
    """

    tables: tuple[MetricTable, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The metric table that the experiment compares itself with; has groups."""

    table: MetricTable


# --- derived artifacts: computed once by providers, lazily ------------------------------------


class StepKind(Enum):
    """What a step of the experiment's code does to rows."""

    LOAD = "load"
    DUPLICATE = "duplicate"
    FIT = "fit"
    SPLIT = "split"
    TRAIN = "train"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class DataStep:
    """One step of the data flow found in the code.

    Parameters
    ----------
    kind : StepKind
        What it does: ``DUPLICATE`` makes several rows of one (augmentation, oversampling),
        ``FIT`` computes a statistic across rows (scaler, imputer, selector, ``mean()``).
    location : Location
        The exact line.
    operation : str
        Name of what is called: ``"StandardScaler.fit_transform"``, ``"append in a loop"``.
    variable : str
        The variable that holds the rows afterwards.
    detail : str
        One phrase in our words for the flow chart: ``"one append per copy and one per row"``.
    confidence : Confidence
        How certain the analysis is.
    uses_target : bool
        For ``FIT``: the statistic depends on the target (feature selection, target encoding).
    sources : tuple of str
        For ``DUPLICATE``: the variables that the rows are taken from, as the code names them;
        for ``SPLIT``: what is divided, one name for each argument. Empty where they could not
        be told.
    through : str
        The line that takes them: the head of the loop, the call of a helper, the call itself.
    """

    kind: StepKind
    location: Location
    operation: str
    variable: str
    detail: str = ""
    confidence: Confidence = Confidence.HIGH
    uses_target: bool = False
    sources: tuple[str, ...] = ()
    through: str = ""


@dataclass(frozen=True, slots=True)
class SplitFact:
    """A division of rows, and every step that those rows went through before it.

    Parameters
    ----------
    step : DataStep
        The split itself.
    upstream : tuple of DataStep
        Steps whose result reaches the rows that are split, in the order of execution.
    modelled : bool
        Whether a part of the split reaches a model's ``fit`` or evaluation.
    keeps_groups : bool
        Rows of one group, or with one value of a column, go to the same side: a splitter by
        groups, or membership of a column in a collection.
    """

    step: DataStep
    upstream: tuple[DataStep, ...]
    modelled: bool
    keeps_groups: bool = False


@dataclass(frozen=True, slots=True)
class CopyCount:
    """Copies per source row that the code makes for one group, from a literal.

    Parameters
    ----------
    group : str or None
        Canonical group key, or ``None`` when the same number holds for every row.
    copies : int
        Additional rows per source row; the original itself is not counted.
    location : Location
        The line of the literal.
    """

    group: str | None
    copies: int
    location: Location


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What static analysis found in the code, in the order of execution.

    Parameters
    ----------
    steps : tuple of DataStep
        Every step that matters.
    splits : tuple of SplitFact
        Every division of rows.
    copies : tuple of CopyCount
        Numbers of copies that literals steer.
    limits : tuple of str
        What was not analysed and why, one phrase each: ``"run.ipynb [3] is not Python"``, code
        beyond the budget, calls nested too deeply. Where it is not empty, a step that is missing
        here may still be in the code.
    """

    steps: tuple[DataStep, ...]
    splits: tuple[SplitFact, ...]
    copies: tuple[CopyCount, ...]
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Held-out rows whose features equal those of a training row, with some columns left out.

    Parameters
    ----------
    masked : tuple of str
        Columns left out; empty means equal on all features.
    rows : ndarray of bool, shape (n_held_out,)
        The features are equal to those of at least one training row (verified, no hash trust).
    supported : ndarray of bool, shape (n_held_out,), optional
        `rows`, and one of the matching training rows has the same target; ``None`` without a
        target.
    expected : ndarray of float, shape (n_held_out,), optional
        The control: probability that a row would be `supported` by chance, with the held-out
        targets permuted within its group; its mean is the rate expected without kinship.
    train_rows : ndarray of int, shape (n_held_out,)
        Position in the training split of one matching row, a `supported` one where there is
        one; -1 without a match.
    chance : float, optional
        Share of held-out rows that also agree with some *other* training row on half of the
        columns: a bound on how many rows can be equal by coincidence, because the columns take
        few values. ``None`` where it was not needed: the target is so finely graded (a real
        number, not a class) that it proves kinship alone, with `expected` as control.
    """

    masked: tuple[str, ...]
    rows: NDArray[np.bool_]
    supported: NDArray[np.bool_] | None
    expected: NDArray[np.float64] | None
    train_rows: NDArray[np.int64]
    chance: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SplitKinship:
    """Duplicates of one held-out split in the training split.

    Parameters
    ----------
    held_out : SplitData
        The split that was searched for.
    exact : Match
        All feature columns.
    masked : tuple of Match
        Every tried mask of one or two columns that adds target-supported (without a target:
        feature-equal) matches to the exact ones, the one that adds most first; ties go to fewer
        columns.
    undetermined : tuple of Match
        Masks that add as much, where the columns that are left take so few values that
        coincidence would explain it; the one that adds most first.
    tried : int
        Number of masks tried.
    limits : str
        What was not tried, and why; empty when everything was.
    """

    held_out: SplitData
    exact: Match
    masked: tuple[Match, ...]
    tried: int
    limits: str = ""
    undetermined: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Kinship:
    """Duplicates across splits, one entry per held-out split."""

    train: SplitData
    pairs: tuple[SplitKinship, ...]


# --- suppressions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """A comment in the export that asks to silence findings.

    Parameters
    ----------
    location : Location
        The comment.
    ids : tuple of str
        Checks or families as written, in capitals; empty where none is named.
    reason : str
        As given, untrusted text; empty where there is none.
    unknown : tuple of str
        Those of `ids` that are no check and no family, each with the nearest known one.
    matched : int
        Findings at the place that it is about, of the checks that it names.
    conclusive : bool
        Whether all checks that it names ran and came to a conclusion: only then does it say
        something that nothing matched.
    """

    location: Location
    ids: tuple[str, ...]
    reason: str
    unknown: tuple[str, ...] = ()
    matched: int = 0
    conclusive: bool = False


@dataclass(frozen=True, slots=True)
class Suppressions:
    """All ignore comments, in the order of the files; known once all other checks have run.

    Parameters
    ----------
    comments : tuple of IgnoreComment
        May be empty.
    honoured : bool
        False where this audit was told to heed none of them.
    limit : int, optional
        How many were read where there are more; the rest silences nothing.
    """

    comments: tuple[IgnoreComment, ...]
    honoured: bool = True
    limit: int | None = None


# --- loading --------------------------------------------------------------------------------


class ProblemKind(Enum):
    """Why something in the export could not be used; each is an LD check."""

    UNREADABLE = "unreadable"
    REFUSED = "refused"
    MALFORMED = "malformed"
    AMBIGUOUS = "ambiguous"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the export that could not be read or used.

    Parameters
    ----------
    kind : ProblemKind
        ``UNREADABLE`` (corrupt, truncated), ``REFUSED`` (would need code execution, too large,
        outside the folder), ``MALFORMED`` (read, but lengths or types do not fit),
        ``AMBIGUOUS`` (several candidates for a role), ``SKIPPED`` (a part was passed over).
    location : Location
        Where.
    reason : str
        One line: what is wrong.
    next_step : str
        One line, imperative: what to do.
    """

    kind: ProblemKind
    location: Location
    reason: str
    next_step: str


@dataclass(frozen=True, slots=True)
class LoadProblems:
    """All problems met while loading, sorted by path; may be empty."""

    items: tuple[Problem, ...]
