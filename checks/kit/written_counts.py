"""How many rows documents and recorded outputs say there are: of which split, at which stage.

Pure reading, line by line, bounded by the length of the text; nothing here judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from audit.model.artifacts import (
    CellKind,
    Code,
    Document,
    DocumentKind,
    RecordedCount,
    SourceFile,
    SplitRole,
)
from audit.model.location import Location
from checks.kit.intervals import Written, parse_written
from checks.kit.written_lines import MAX_LINES, output_lines, plain
from checks.kit.written_splits import perhaps_rounded

_MAX_WIDTH = 1000  # characters of a line; longer ones are no sentences
_MAX_CLAUSES = 20  # of a line; a longer list is no account of stages
_MAX_COUNTS = 2_000  # of a document
_MIN_ROWS = 10
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})[ \t]*(?P<language>\w*)")
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+|^\s*#{1,6}\s+")
_STAMP = re.compile(
    r"^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?Z?\]?"
    r"(?:[\s|\-]*\[?(?:INFO|DEBUG|WARNING|root|main)\]?(?=[\s|:\-]))*[\s|:\-]*"
)
# ``train=6000 val=750``: a comma belongs between them
_ASSIGNED = re.compile(
    r"\b[A-Za-z_]\w{0,40}\s?[=:]\s?\d[\d_,]{0,15}(?=\s+[A-Za-z_]\w{0,40}\s?[=:])"
)
_SHAPE = re.compile(
    r"\((?![1-9]\d{0,2}(?:,\d{3})+\))\s*+(\d[\d_]{0,14})\s*+,(?:\s*+\d[\d_]{0,14}\s*+,?)*+\s*+\)"
)
_COUNTER = re.compile(r"(?:\bCounter\()?\{(?P<inside>[^{}]{3,600})\}\)?")
_PAIR = re.compile(r"[^:,{}]{1,60}:\s*+(\d[\d_]{0,14})\s*+(?:,|$)")
_ASIDE = re.compile(r"\((?![^()]*\d)[^()]{0,200}\)|\([^()]{0,20}\d\s?(?:%|[x×])[^()]{0,40}\)")
_GROUPED = r"[1-9]\d{0,2}(?:[,_.'’ \u00a0\u2009\u202f]\d{3})+(?!\d)"
_NUMBER = re.compile(
    rf"(?<![\w.,*+#-])(?P<number>[~≈]?(?:{_GROUPED}|\d{{1,15}}))(?P<scale>\s?[kKM]\b)?"
    r"(?![\w%]|\s?%|\s?[x×](?!\w)|-?fold|[.,]\d)"
)
_CLAUSE = re.compile(r"[;|]|,\s+|\.\s+|\.$|\s/\s|\s(?:and|versus|vs\.?)\s")
_ARROW = r"(?:→|->|=>|⟶|\binto\b|\bto\b)"
_GROWTH = re.compile(
    rf"(?P<before>{_NUMBER.pattern.replace('?P<number>', '').replace('?P<scale>', '')})"
    rf"(?:\s++[A-Za-z]{{1,20}}){{0,3}}\s*+{_ARROW}\s*+(?:[A-Za-z]{{1,20}}\s++){{0,2}}"
    rf"(?P<after>{_NUMBER.pattern.replace('?P<number>', '').replace('?P<scale>', '')})"
)
_NOUN = re.compile(
    r"\b(?:samples?|rows?|examples?|records?|instances?|observations?|images?|data ?points?"
    r"|pairs|sequences|size|shape|len|length|total|n|count)\b"
)
_AUGMENTED = re.compile(
    r"\b(?:aug(?:ment\w*)?|oversampl\w*|over sampl\w*|up ?sampl\w*|resampl\w*|res|smote|adasyn"
    r"|synthetic|balanc(?:ed|ing)|pool(?:ed)?|copies|copied|duplicat\w*|jitter\w*|multipl\w+"
    r"|expanded|enlarged|bootstrapp?ed)\b"
)
_NAMES_AUGMENTATION = re.compile(
    r"\b(?:aug(?:ment\w*)?|oversampl\w*|over sampl\w*|up ?sampl\w*|smote|adasyn|synthetic|copies"
    r"|resampl\w*|balanc(?:ed|ing)|noisy|jitter\w*|duplicat\w*|bootstrapp?ed)\b"
)
_BEFORE = re.compile(
    r"\b(?:before|prior to|without|originals?|originally|raw|source|load(?:ed|ing)?|unaugmented"
    r"|initial|sources|collected|gathered|acquired)\b"
)
_AFTER = re.compile(r"\b(?:after|becomes?|augment\w* (?:to|into)|now|in all|includ\w+)\b")
_ROLES = {
    SplitRole.TRAIN: re.compile(r"\b(?:tr|trn|train(?:ing)?)\b"),
    SplitRole.VALIDATION: re.compile(r"\b(?:val|valid|validation|dev)\b"),
    SplitRole.TEST: re.compile(r"\b(?:te|tst|test(?:ing)?|hold ?out|held out)\b"),
}
_PART = re.compile(
    r"\b(?:per|each|every|groups?|tiers?|class(?:es)?|labels?|only|first|subset|epochs?|batch\w*"
    r"|steps?|param\w*|fold|folds|additional|more|fewer|removed|dropped|features?|columns?|added"
    r"|missing|unique|distinct|tokens?|seeds?|random state|s|sec|seconds?|ms|minutes?|score|loss"
    r"|rmse|mse|mae|accuracy)\b"
)
_OTHER = re.compile(
    r"\b(?:should|would|could|recommend\w*|next|future|planned|expected|previous\w*|earlier"
    r"|old|unlike|instead|todo|if)\b"
)
_WINDOWS = re.compile(
    r"\b(?:windows?|windowed|segments?|chunks?|frames?|patches|tokens?|sentences?|exploded?"
    r"|time ?steps?|spectrograms?|slices?)\b"
)


class Stage(Enum):
    """Whether a count is of rows before they were multiplied, or afterwards."""

    BEFORE = "before"
    AFTER = "after"
    UNSAID = "unsaid"


@dataclass(frozen=True, slots=True)
class StatedCount:
    """A number of rows as a text states it.

    Parameters
    ----------
    rows : Written
        The number; whole numbers that end in three zeros may be rounded in prose.
    role : SplitRole, optional
        The split that it is about; ``None`` for all rows.
    stage : Stage
        Before or after rows were multiplied.
    names_augmentation : bool
        The line speaks of augmentation, oversampling or copies.
    names_windows : bool
        The line speaks of windows, tokens or other parts that rows are cut into.
    recorded : bool
        Printed by the program, not written by a person.
    order : tuple of int
        Position among all documents; greater is later within one notebook.
    location : Location
        Where.
    """

    rows: Written
    role: SplitRole | None
    stage: Stage
    names_augmentation: bool
    names_windows: bool
    recorded: bool
    order: tuple[int, int]
    location: Location


def stated_counts(document: Document, code: Code | None = None) -> list[StatedCount]:
    r"""Every count of rows that a document states, in order.

    Parameters
    ----------
    document : Document
        Markdown, or the recorded output of a cell.
    code : Code, optional
        Where given, shapes that a cell shows without words are named after its last line.

    Examples
    --------
    >>> text = "3,600 samples before augmentation\nX_train (79560, 23), X_val (14040, 23)"
    >>> document = Document("a.ipynb", DocumentKind.OUTPUT, text, 4)
    >>> [(c.rows.value, c.role and c.role.value, c.stage.value) for c in stated_counts(document)]
    [(3600.0, None, 'before'), (79560.0, 'train', 'unsaid'), (14040.0, 'validation', 'unsaid')]
    """
    found: list[StatedCount] = []
    names = _shown_names(document, code)
    for number, line in _lines(document):
        if len(line) > _MAX_WIDTH or not re.search(r"\d\d", line):
            continue
        if len(found) >= _MAX_COUNTS:
            break
        whole = _words(line)
        for clause, rows, stage in _counts(line, names):
            words = _words(clause)
            if _PART.search(words) or _OTHER.search(whole):
                continue
            roles = [role for role, pattern in _ROLES.items() if pattern.search(words)]
            if len(roles) > 1:
                continue
            found.append(
                StatedCount(
                    rows=rows if document.kind is DocumentKind.OUTPUT else perhaps_rounded(rows),
                    role=roles[0] if roles else None,
                    stage=stage or _stage(words),
                    names_augmentation=bool(_NAMES_AUGMENTATION.search(f"{whole} {words}")),
                    names_windows=bool(_WINDOWS.search(whole)),
                    recorded=document.kind is DocumentKind.OUTPUT,
                    order=(-1 if document.cell is None else document.cell, number),
                    location=document.location(number),
                )
            )
    return found


def names_augmentation(text: str) -> bool:
    """Whether words speak of augmentation, oversampling or copies."""
    return bool(_NAMES_AUGMENTATION.search(_words(text)))


def named_rows(header: str) -> tuple[SplitRole | None, Stage] | None:
    """Split and stage that the header of a column of counts names; ``None`` for neither, for
    several splits, and for shares or parts.

    Examples
    --------
    >>> named_rows("train rows"), named_rows("source"), named_rows("test %")
    ((<SplitRole.TRAIN: 'train'>, <Stage.UNSAID: 'unsaid'>), (None, <Stage.BEFORE: 'before'>), None)
    """
    words = _words(header)
    roles = [role for role, pattern in _ROLES.items() if pattern.search(words)]
    stage = _stage(words)
    if len(roles) > 1 or "%" in header or (not roles and stage is Stage.UNSAID):
        return None
    return None if _PART.search(words) else (roles[0] if roles else None, stage)


_UNNAMED = re.compile(r"(?:n|num|counts?|size|rows?|samples?|total|examples?|of|images?| )+")
_COUNTING = re.compile(
    r"\b(?:n|num|counts?|sizes?|rows?|samples?|examples?|images?|len|originals?|pool|data|dataset"
    r"|splits?|augment\w*)\b"
)


def keyed_count(count: RecordedCount) -> StatedCount | None:
    """A whole number of a JSON file as a count of rows; ``None`` where its keys name no stage and
    no split, or a part of them.

    A number under ``n``, ``rows`` or the like is named by the key above it.
    """
    words = _words(count.keys[-1])
    if _UNNAMED.fullmatch(words):
        words = f"{_words(' '.join(count.keys[-2:-1]))} {words}"
    path = _words(" ".join(count.keys))
    roles = [role for role, pattern in _ROLES.items() if pattern.search(words)]
    stage = _stage(words)
    if len(roles) > 1 or (not roles and stage is Stage.UNSAID) or count.value < _MIN_ROWS:
        return None
    if not _COUNTING.search(path) or _PART.search(path) or _OTHER.search(path):
        return None
    rows = parse_written(str(count.value))
    if rows is None:
        return None
    augmented = re.search(r"\boriginals\b", path) or _AUGMENTED.search(path)
    return StatedCount(
        rows=rows,
        role=roles[0] if roles else None,
        stage=stage,
        names_augmentation=bool(augmented),
        names_windows=bool(_WINDOWS.search(path)),
        recorded=True,
        order=(0, 0),  # keys have no order in time
        location=count.location,
    )


def _lines(document: Document) -> Iterator[tuple[int, str]]:
    """Lines of an output; of Markdown all but fenced code that names its language."""
    if document.kind is DocumentKind.OUTPUT:
        yield from output_lines(document.text)
        return
    fenced = is_code = False
    for number, line in enumerate(document.text.splitlines()[:MAX_LINES], start=1):
        if mark := _FENCE.match(line):
            fenced = not fenced
            is_code = fenced and mark["language"].casefold() not in ("", "text", "txt", "console")
        elif not is_code:
            yield number, line


def _counts(line: str, names: list[str]) -> Iterator[tuple[str, Written, Stage | None]]:
    """Clauses with the one count that each of them states."""
    text = _ASSIGNED.sub(r"\g<0>,", _LIST_MARK.sub("", _STAMP.sub("", line)))
    if names and (shapes := _bare_shapes(text)) and len(shapes) == len(names):
        for name, shape in zip(names, shapes, strict=True):
            yield from _one(name, shape)
        return
    text = _COUNTER.sub(_sum_of_counter, text)
    text = _ASIDE.sub(" ", _SHAPE.sub(r" \1 ", plain(text)))
    for match in _GROWTH.finditer(text):
        before, after = _read(match["before"]), _read(match["after"])
        if before and after and before.value < after.value and _speaks_of_growth(text):
            yield "", before, Stage.BEFORE
            yield "", after, Stage.AFTER
            text = text[: match.start()] + text[match.end() :]
            break
    for clause in _row(text) or _CLAUSE.split(text, _MAX_CLAUSES)[:_MAX_CLAUSES]:
        parts = [clause]
        if len(_NUMBER.findall(clause)) > 1:
            parts = clause.split(": ")
        for part in parts:
            yield from _one_of(part)


def _row(text: str) -> list[str]:
    """A row of a table as its label and its first number; empty where it is no such row."""
    label, *cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
    first = next((cell for cell in cells if re.search(r"\d", cell)), "")
    return [f"{label} {first}"] if first and not re.search(r"\d", label) else []


def _one_of(clause: str) -> Iterator[tuple[str, Written, Stage | None]]:
    numbers = list(_NUMBER.finditer(clause))
    if len(numbers) != 1:
        return
    rest = clause[: numbers[0].start()] + " " + clause[numbers[0].end() :]
    words = _words(rest)
    if _says_what(words):
        yield from _one(rest, numbers[0][0])


def _says_what(words: str) -> bool:
    """Whether the words around a number make it a count of rows."""
    if len(words) > 120:
        return False
    is_staged = _BEFORE.search(words) or _AUGMENTED.search(words)
    has_role = any(pattern.search(words) for pattern in _ROLES.values())
    return bool(_NOUN.search(words) or ((is_staged or has_role) and len(words.split()) <= 6))


def _one(clause: str, number: str) -> Iterator[tuple[str, Written, Stage | None]]:
    rows = _read(number)
    if rows is not None:
        yield clause, rows, None


def _read(number: str) -> Written | None:
    """A whole number of rows; ``2.808.000`` is read as a German would."""
    text = number.strip()
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", text):
        text = text.replace(".", "")
    rows = parse_written(text)
    if rows is None or rows.value < _MIN_ROWS or not rows.value.is_integer():
        return None
    return rows


def _speaks_of_growth(text: str) -> bool:
    words = _words(text)
    grows = _AUGMENTED.search(words) or re.search(r"\d\s?[x×]|\bincreas|\bgr[eo]w", text)
    return bool(_NOUN.search(words) and grows)


def _stage(words: str) -> Stage:
    if re.search(r"\b(?:before|prior to|without|unaugmented)\b", words):
        return Stage.BEFORE
    if _AFTER.search(words) and _AUGMENTED.search(words):
        return Stage.AFTER
    if _BEFORE.search(words):
        return Stage.BEFORE
    return Stage.AFTER if _AUGMENTED.search(words) else Stage.UNSAID


def _words(text: str) -> str:
    """Lower case, the parts of names apart: ``X_trainAug.shape`` is "x train aug shape"."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[_.\W\d]+", " ", apart).casefold().split())


def _sum_of_counter(match: re.Match[str]) -> str:
    """``Counter({0: 900, 1: 100})`` as the number of rows that it counts."""
    counts = [int(count) for count in _PAIR.findall(match["inside"])]
    return f" {sum(counts)} " if len(counts) > 1 else " "


def _bare_shapes(text: str) -> list[str]:
    """Numbers of rows of an output that shows nothing but shapes or lengths."""
    shapes = [match[1] for match in _SHAPE.finditer(text)]
    rest = re.sub(r"[\s(),]", "", _SHAPE.sub("", text))
    if shapes:
        return [] if rest else shapes
    numbers = re.findall(r"\d[\d_]*", text)
    return numbers if not re.sub(r"[\s(),\d_]", "", text) else []


_SHOWN = re.compile(r"(?:len\(\s*([\w.]{1,80})\s*\)|([\w.]{1,80})\.shape(?:\[0\])?)")


def _shown_names(document: Document, code: Code | None) -> list[str]:
    """Arrays whose shape or length the last line of the cell shows, alone or in a ``print``."""
    source = _source_of(document, code)
    lines = [line for line in source.splitlines() if line.strip()]
    if not lines:
        return []
    last = lines[-1].strip()[:_MAX_WIDTH]
    rest = re.sub(r"[\s(),]|print", "", _SHOWN.sub("", last))
    return [] if rest else [first or second for first, second in _SHOWN.findall(last)]


def _source_of(document: Document, code: Code | None) -> str:
    if code is None or document.cell is None or document.kind is not DocumentKind.OUTPUT:
        return ""
    file: SourceFile | None = next((f for f in code.files if f.path == document.path), None)
    cells = file.cells if file is not None else ()
    return next(
        (c.source for c in cells if c.index == document.cell and c.kind is CellKind.CODE), ""
    )
