"""HY603: the cells of a notebook were not executed from top to bottom."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence

from audit.model.artifacts import Cell, CellKind, Code, CodeFacts, DataStep, SourceFile, StepKind
from audit.model.check import NoParams, Outcome, check, failed, not_applicable, passed
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity

_LISTED = 8
_REMEDY = "Restart the kernel, run all cells from the top, and export that run."
_CHANGES = {
    StepKind.LOAD: "loads rows",
    StepKind.DUPLICATE: "multiplies rows",
    StepKind.FIT: "fits a transformer",
    StepKind.SPLIT: "splits",
    StepKind.TRAIN: "trains",
}


@check("HY603", "Cells were not executed from top to bottom", Severity.NOTE)
def execution_order(code: Code, facts: CodeFacts | None, params: NoParams) -> Outcome:
    """Compare the recorded execution numbers of a notebook with the order of its cells.

    What
    ----
    A cell carries a lower number than one above it, two cells carry the same number, a cell was
    passed over, shows an output that no execution produced, or the first number is not 1.

    Why
    ---
    The recorded results come from the order of execution, and a reader checks the order on the
    page. Where a cell that splits, fits or augments was run again after the evaluation, the
    numbers below it belong to other rows than the code shows.

    How it is found
    ---------------
    Jupyter numbers each execution since the kernel was started. The largest set of cells whose
    numbers rise down the page is taken to be in order; the others are out of order. Steps found in
    the code say which of them matter: one that changes rows or the model, run after an evaluation
    above which it stands.

    False alarms
    ------------
    Silent for scripts, for notebooks without numbers (outputs cleared, other tools), for gaps in
    the middle (a cell was run twice), for empty cells and comments, and for cells below the last
    executed one. A notebook that starts with a number above 1 may only have repeated its first
    cell, hence low confidence. An order that is out of step need not have changed any result.

    Remedy
    ------
    Restart the kernel, run all cells from the top, and export that run; or execute the notebook by
    a program (``jupyter nbconvert --execute``, papermill).

    References
    ----------
    Pimentel, Murta, Braganholo and Freire (2019), A large-scale study about quality and
    reproducibility of Jupyter notebooks, MSR.
    """
    books = [file for file in code.files if file.is_notebook and _python(file)]
    numbered = [file for file in books if any(_number(cell) for cell in _python(file))]
    if not books:
        return not_applicable("there is no notebook in Python, only scripts")
    if not numbered:
        return not_applicable("the notebooks carry no execution numbers")
    steps = facts.steps if facts is not None else ()
    findings = [finding for file in numbered for finding in _judge(file, steps)]
    if findings:
        return failed(findings)
    cells = sum(len(_executed(file)) for file in numbered)
    return passed(f"the numbers of {cells} executed cells rise from the top of each notebook")


def _python(file: SourceFile) -> list[Cell]:
    """Cells with a statement in them."""
    return [cell for cell in file.cells if cell.kind is CellKind.CODE and _line_of_code(cell)]


def _line_of_code(cell: Cell) -> int:
    """1-based line of the first statement; 0 where there is none."""
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if re.match(r"\s*[^\s#]", line):
            return number
    return 0


def _number(cell: Cell) -> int:
    """The recorded number; 0 where there is none. Some tools write 0 for every cell."""
    return max(cell.execution_count or 0, 0)


def _executed(file: SourceFile) -> list[Cell]:
    return [cell for cell in _python(file) if _number(cell)]


def _judge(file: SourceFile, steps: Sequence[DataStep]) -> list[Finding]:
    found = [_out_of_order(file, steps), _not_executed(file), _earlier_executions(file)]
    return [finding for finding in found if finding is not None]


def _out_of_order(file: SourceFile, steps: Sequence[DataStep]) -> Finding | None:
    cells = _executed(file)
    kept = rising([_number(cell) for cell in cells])
    misplaced = [cell for position, cell in enumerate(cells) if position not in kept]
    if not misplaced:
        return None
    pairs = [(cell, _crossed(cell, cells)) for cell in misplaced[:_LISTED]]
    serious = _after_evaluation(file, cells, steps)
    cell, other = serious[:2] if serious else pairs[0]
    message = (
        f"{len(misplaced)} of {len(cells)} executed cells {'are' if len(misplaced) > 1 else 'is'} "
        f"out of order: {_relation(cell, other)}"
    )
    if serious:
        message += (
            f"; it {serious[2]} and cell {other.index} evaluates, so the recorded result may "
        )
        message += "be of other rows or another model"
    places = [_place(file, cell, Role.PRIMARY, f"executed as [{_number(cell)}]")]
    for near in dict.fromkeys([other, *(pair[0] for pair in pairs)]):
        if near is not cell and len(places) < _LISTED:
            places.append(_place(file, near, Role.RELATED, f"executed as [{_number(near)}]"))
    return Finding(
        check_id="HY603",
        severity=Severity.NOTE,
        confidence=Confidence.HIGH,
        message=message,
        locations=tuple(places),
        evidence=(
            Evidence(
                "cells_out_of_order",
                len(misplaced),
                expected=0,
                unit="cells",
                n=len(cells),
                method="cells whose number does not fit in the longest rising sequence: "
                + _listed(misplaced),
            ),
            Evidence(
                "execution_counts",
                tuple(_number(cell) for cell in cells[:200]),
                method="recorded numbers from the top to the bottom",
            ),
        ),
        remedy=Remedy(_REMEDY),
        subject=f"{file.path}:out of order",
        why="The recorded outputs come from the order of execution, which is not the order of the "
        "page, so running the notebook anew may give other results.",
    )


def rising(numbers: Sequence[int]) -> set[int]:
    """Positions of the longest strictly rising subsequence; of equally long ones the lowest.

    Examples
    --------
    >>> sorted(rising([1, 2, 9, 3, 4]))
    [0, 1, 3, 4]
    >>> len(rising([5, 5]))
    1
    """
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        length = bisect.bisect_left(tails, number)
        before.append(at[length - 1] if length else -1)
        tails[length:] = [number, *tails[length + 1 :]]
        at[length:] = [position, *at[length + 1 :]]
    kept: set[int] = set()
    position = at[-1] if at else -1
    while position >= 0:
        kept.add(position)
        position = before[position]
    return kept


def _crossed(cell: Cell, cells: Sequence[Cell]) -> Cell:
    """The nearest cell on the wrong side of another one."""
    at = cells.index(cell)
    below = [c for c in cells[at + 1 :] if _number(c) <= _number(cell)]
    above = [c for c in cells[:at] if _number(c) >= _number(cell)]
    return (below or above[::-1])[0]


def _relation(cell: Cell, other: Cell) -> str:
    first, second = sorted((cell, other), key=lambda c: c.index)
    if _number(first) == _number(second):
        return f"cells {first.index} and {second.index} carry the same number [{_number(first)}]"
    return (
        f"cell {first.index} [{_number(first)}] was executed after cell {second.index} "
        f"[{_number(second)}] below it, or in another session"
    )


def _after_evaluation(
    file: SourceFile, cells: Sequence[Cell], steps: Sequence[DataStep]
) -> tuple[Cell, Cell, str] | None:
    """A cell that changes rows or the model, executed after an evaluation that stands below it."""
    own = [step for step in steps if step.location.path == file.path]
    by_index = {cell.index: cell for cell in cells}
    scored = [
        by_index[step.location.cell]
        for step in own
        if step.kind is StepKind.EVALUATE and step.location.cell in by_index
    ]
    for step in own:
        cell = by_index.get(-1 if step.location.cell is None else step.location.cell)
        if cell is None or step.kind not in _CHANGES:
            continue
        for other in scored:
            if other.index > cell.index and _number(other) < _number(cell):
                return cell, other, _CHANGES[step.kind]
    return None


def _not_executed(file: SourceFile) -> Finding | None:
    """Cells that were passed over: above the last executed one, or with outputs of their own."""
    last = max(cell.index for cell in _executed(file))
    passed_over = [
        cell
        for cell in _python(file)
        if not _number(cell) and (cell.index < last or any(cell.outputs))
    ]
    if not passed_over:
        return None
    shown = [cell for cell in passed_over if any(cell.outputs)]
    several = len(passed_over) > 1
    message = (
        f"{_listed(passed_over)} {'carry' if several else 'carries'} no execution number, while "
        f"cells {'around' if shown else 'below'} {'them' if several else 'it'} do"
    )
    if shown:
        message += f"; {_listed(shown)} shows an output that no recorded execution made"
    return Finding(
        check_id="HY603",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM,
        message=message,
        locations=tuple(
            _place(file, cell, Role.RELATED if number else Role.PRIMARY, "no execution number")
            for number, cell in enumerate(passed_over[:_LISTED])
        ),
        evidence=(
            Evidence(
                "cells_not_executed",
                len(passed_over),
                expected=0,
                unit="cells",
                n=len(_python(file)),
                method="cells with code and without a number, above the last one with a number",
            ),
        ),
        remedy=Remedy(_REMEDY + " Delete cells that are not part of the experiment."),
        subject=f"{file.path}:not executed",
        why="The recorded results were made without these cells, or with an earlier text of them.",
    )


def _earlier_executions(file: SourceFile) -> Finding | None:
    """The kernel had executed something before the first cell on the page."""
    cells = _executed(file)
    lowest = min(_number(cell) for cell in cells)
    again = len(cells) - len(rising([_number(cell) for cell in cells]))
    if lowest - 1 <= again:
        return None  # the first executions of cells that were run again explain it
    first = min(cells, key=_number)
    return Finding(
        check_id="HY603",
        severity=Severity.NOTE,
        confidence=Confidence.LOW,
        message=f"the lowest execution number is {lowest}: {lowest - 1} earlier "
        f"execution{'s' if lowest > 2 else ''} in the same kernel left no number in the notebook",
        locations=(_place(file, first, Role.PRIMARY, f"executed as [{lowest}]"),),
        evidence=(
            Evidence("first_execution_count", lowest, expected=1, method="lowest recorded number"),
        ),
        remedy=Remedy(_REMEDY),
        subject=f"{file.path}:earlier executions",
        why="Variables of earlier executions may still have been there; what is on the page need "
        "not suffice to run it.",
    )


def _place(file: SourceFile, cell: Cell, role: Role, note: str) -> Location:
    return file.location(cell, _line_of_code(cell), role=role, note=note)


def _listed(cells: Sequence[Cell]) -> str:
    names = ", ".join(str(cell.index) for cell in cells[:_LISTED])
    more = f" and {len(cells) - _LISTED} more" if len(cells) > _LISTED else ""
    return f"cell{'s' if len(cells) > 1 else ''} {names}{more}"
