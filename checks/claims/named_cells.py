"""Cell numbers that documents state: ``train_test_split in cell 6``, counted somehow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.model.artifacts import CellKind, Code, Document, DocumentKind, SourceFile
from audit.model.location import Location
from checks.kit.written_lines import document_lines

_CELLS = re.compile(
    r"\b(?:code )?cells?\s#?(?P<first>[0-9]{1,4})(?:\s?(?:[-–]|to)\s?(?P<last>[0-9]{1,4}))?"
    r"(?![\w%]|\.[0-9]|\s?(?:,|and|or|&)\s?[0-9])",
    re.IGNORECASE,
)
_MARKED = re.compile(r"`(?P<name>[A-Za-z_][\w.]{2,60})(?:\([^`]{0,60}\))?`")
_BESIDE = re.compile(
    r"`[A-Za-z_][\w.]{2,60}(?:\([^`]{0,60}\))?`(?:,?\s(?:is\s)?in\s|\s?\(|,\s)(?:the\s)?(?:code )?"
    r"cell\s#?[0-9]{1,4}(?![\w%]|\.[0-9]|\s?(?:[-–]|to)\s?[0-9])",
    re.IGNORECASE,
)
_NOTEBOOK = re.compile(r"[\w./-]{1,120}\.ipynb")
_NEGATED = re.compile(
    r"\b(?:not|no|never|until|before|after|instead|missing|move[ds]?|without|should)\b", re.I
)


@dataclass(frozen=True, slots=True)
class CellClaim:
    """Something identifiable that is said to be in a cell.

    Parameters
    ----------
    name : str
        What is said to be there.
    first, last : int
        Cell numbers as written.
    fits : tuple of str
        Ways to count that make it right; empty when none does.
    actual : tuple of int
        0-based numbers, all cells counted, of the cells that have it.
    file : str
        The notebook.
    location : Location
        Where it is said.
    quoted : str
        The sentence.
    """

    name: str
    first: int
    last: int
    fits: tuple[str, ...]
    actual: tuple[int, ...]
    file: str
    location: Location
    quoted: str


def cell_claims(documents: Sequence[Document], code: Code) -> Iterator[CellClaim]:
    """Statements that name one cell or range, and one name that occurs in the notebook."""
    notebooks = [file for file in code.files if file.is_notebook]
    for document in documents:
        if document.kind is DocumentKind.OUTPUT:
            continue
        for number, line in document_lines(document):
            if len(line) > 1_000 or "`" not in line or "cell" not in line.casefold():
                continue
            for sentence in re.split(r"(?<=[.;!?])\s+", line):
                pairs = [match[0] for match in _BESIDE.finditer(sentence)]
                alone = len(pairs) < 2 and len(_CELLS.findall(sentence)) < 2
                if _NEGATED.search(sentence):
                    continue
                for part in [sentence] if alone else pairs:
                    claim = _claim(part, document, number, notebooks)
                    if claim is not None:
                        yield claim


def _claim(
    sentence: str, document: Document, line: int, notebooks: Sequence[SourceFile]
) -> CellClaim | None:
    cells = list(_CELLS.finditer(sentence))
    named = set(_NOTEBOOK.findall(sentence))
    marked = {m["name"] for m in _MARKED.finditer(sentence) if not m["name"].endswith(".ipynb")}
    if len(cells) != 1 or len(marked) != 1 or len(named) > 1:
        return None
    chosen = [n for n in notebooks if n.path.endswith(next(iter(named)))] if named else notebooks
    if document.path.endswith(".ipynb") and not named:
        chosen = [n for n in notebooks if n.path == document.path]
    if len(chosen) != 1:
        return None
    (notebook,) = chosen
    (name,) = marked
    holds = re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])")
    actual = [c.index for c in notebook.cells if c.kind is CellKind.CODE and holds.search(c.source)]
    if not actual:
        return None
    first, last = int(cells[0]["first"]), int(cells[0]["last"] or cells[0]["first"])
    fits = tuple(_fits(notebook, actual, first, max(first, last)))
    return CellClaim(
        name, first, last, fits, tuple(actual), notebook.path,
        document.location(line), " ".join(sentence.split())[:200],
    )  # fmt: skip


def _fits(notebook: SourceFile, actual: Sequence[int], first: int, last: int) -> Iterator[str]:
    code = [cell for cell in notebook.cells if cell.kind is CellKind.CODE]
    position = {cell.index: i for i, cell in enumerate(code)}
    executed = {cell.index: cell.execution_count for cell in code}
    ways = {
        "all cells from 0": actual,
        "all cells from 1": [i + 1 for i in actual],
        "code cells from 0": [position[i] for i in actual],
        "code cells from 1": [position[i] + 1 for i in actual],
        "execution counts": [n for i in actual if (n := executed[i]) is not None],
    }
    for way, numbers in ways.items():
        if any(first <= number <= last for number in numbers):
            yield way
