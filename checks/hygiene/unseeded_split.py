"""HY602: rows are divided at random, and the draw cannot be repeated."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import Code, CodeFacts, SourceFile, SplitFact, Splits
from audit.model.check import NoParams, Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence, Severity
from checks.hygiene.draws import Draw, reorderings, shuffled_pipelines, splitters
from checks.hygiene.seeds import Program, Seed, Statement, read

_MOST = 20
_LINE = 200  # characters of a statement that is worth showing


@dataclass(frozen=True, slots=True, eq=False)
class _Divided:
    """A random draw that divides rows, and where they are divided, where that is elsewhere."""

    program: Program
    draw: Draw
    split: SplitFact | None


@check("HY602", "A random split has no seed", Severity.NOTE)
def unseeded_split(
    code: Code, facts: CodeFacts | None, splits: Splits | None, params: NoParams
) -> Outcome:
    """Look for random splits that give other rows each time.

    What
    ----
    ``train_test_split``, a shuffled cross-validation, a random permutation, a sample or a random
    condition decides which rows are held out, and no seed is set: none is given to the call, and
    none to the library before.

    Why
    ---
    Nobody can repeat the split, so the reported value can be neither checked nor compared with
    another run on the same rows. It also hides a split that was drawn until the result pleased.

    How it is found
    ---------------
    The code is read, never executed. Splitting functions are recognised by their name; an order,
    positions or a random condition count where they reach a division of rows that the analysis of
    the data flow found, and ``shuffle`` of TensorFlow where ``take`` and ``skip`` divide its
    result. A seed is an argument that is not ``None`` (names, attributes and entries
    are looked up in the file), or a seed set for the library: ``np.random.seed``,
    ``random.seed``, ``torch.manual_seed``, ``keras.utils.set_random_seed``, ``seed_everything``.

    False alarms
    ------------
    Silent for splits that do not draw (``shuffle=False``, ``KFold`` without ``shuffle``, cuts by
    time), for samples that only look at the data, and where a seed is set inside a function or in
    a file that this one imports. Arguments that are unpacked (``**options``) or come from a
    configuration that the export does not hold are "review". A module outside the export that
    seeds when it is imported is not seen. Where the export holds the rows of its splits the result
    can be checked in spite of it, and the finding says so.

    Remedy
    ------
    Give the split a seed, and export the rows or their ids as they were divided.

    References
    ----------
    scikit-learn user guide, Controlling randomness. Pineau et al. (2021), Improving
    reproducibility in machine learning research, JMLR 22.
    """
    programs = [read(file) for file in code.files]
    found = [one for program in programs for one in _divisions(program, facts)]
    missing = [
        one for one in found if one.draw.seed is Seed.MISSING and not _elsewhere(one, programs)
    ]
    unknown = [one for one in found if one.draw.seed is Seed.UNKNOWN]
    if missing:
        return failed(list(_findings(missing[:_MOST], splits is not None)))
    if unknown:
        place = _location(unknown[0])
        return review(
            f"{unknown[0].draw.operation} at {place} draws at random, and whether its seed is set "
            "could not be told from the code"
        )
    if found:
        several = "s" if len(found) > 1 else ""
        return passed(f"{len(found)} random split{several} looked at, each with a seed")
    unread = [cell for program in programs for cell in program.unread]
    if unread:
        return review("no random split was found, but some cells could not be read")
    if facts is not None and facts.splits:
        return passed("the rows are not divided at random")
    return not_applicable("no random split was found in the code")


def _divisions(program: Program, facts: CodeFacts | None) -> Iterator[_Divided]:
    """Every random draw that divides rows: splitters, and orders that reach a split."""
    for draw, draws in splitters(program):
        if draws:
            yield _Divided(program, draw, None)
    for draw in shuffled_pipelines(program):
        yield _Divided(program, draw, None)
    known = _splits_at(program.file, facts)
    if not known:
        return
    reached: dict[str, Draw] = {}
    seen: set[int] = set()
    for statement in program.statements:
        drawn = list(reorderings(program, statement))
        names = _names_read(statement)
        used = [*drawn, *(reached[name] for name in names if name in reached)]
        for split in _splits_in(program.file, statement, known) if used else ():
            for draw in used:
                if id(draw.node) not in seen:
                    seen.add(id(draw.node))
                    is_here = any(draw is one for one in drawn)
                    yield _Divided(program, draw, None if is_here else split)
        _pass_on(statement, drawn, names, reached)


def _splits_at(file: SourceFile, facts: CodeFacts | None) -> dict[tuple[int, int], list[SplitFact]]:
    """Splits by cell, -1 for scripts, and line."""
    found: dict[tuple[int, int], list[SplitFact]] = {}
    for split in facts.splits if facts is not None else ():
        place = split.step.location
        if place.path == file.path and place.line is not None:
            cell = -1 if place.cell is None else place.cell
            found.setdefault((cell, place.line), []).append(split)
    return found


def _splits_in(
    file: SourceFile, statement: Statement, known: dict[tuple[int, int], list[SplitFact]]
) -> Iterator[SplitFact]:
    """Splits that stand in a statement."""
    cell = statement.cell.index if file.is_notebook else -1
    offset = 0 if file.is_notebook else statement.cell.first_line - 1
    for line in statement.lines:
        yield from known.get((cell, line + offset), ())


def _names_read(statement: Statement) -> list[str]:
    names = [
        node.id
        for node in statement.expressions
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
    return list(dict.fromkeys(names))


def _pass_on(
    statement: Statement, drawn: Sequence[Draw], names: Sequence[str], reached: dict[str, Draw]
) -> None:
    """Note which variables hold rows in a drawn order after the statement."""
    origin = next(iter([*drawn, *(reached[name] for name in names if name in reached)]), None)
    match statement.node:
        case ast.Assign(targets=targets):
            for target in targets:
                for node in ast.walk(target):
                    if not isinstance(node, ast.Name):
                        continue
                    if origin is not None:
                        reached[node.id] = origin
                    elif isinstance(target, ast.Name):
                        reached.pop(node.id, None)
        case ast.Return() if origin is not None and statement.function:
            reached[statement.function] = origin  # whoever calls it gets the order
        case ast.Expr(value=ast.Call(args=[first, *_])) if drawn:
            if isinstance(first, ast.Name):  # shuffled in place
                reached[first.id] = drawn[0]


def _elsewhere(one: _Divided, programs: Sequence[Program]) -> bool:
    """Whether a file of the export that this one imports seeds the library."""
    if one.draw.seed is not Seed.MISSING or not one.draw.library:
        return False
    imported = {part for name in one.program.modules.values() for part in name.split(".") if part}
    return any(
        found & {one.draw.library}
        for program in programs
        if program is not one.program
        and program.file.path.rpartition("/")[2].partition(".")[0] in imported
        for _, found in program.seedings()
    )


def _findings(missing: Sequence[_Divided], exported: bool) -> Iterator[Finding]:
    counted: Counter[str] = Counter()
    for one in missing:
        draw = one.draw
        subject = f"{one.program.file.path}:{draw.operation}:{_target(draw.statement)}"
        counted[subject] += 1
        if counted[subject] > 1:
            subject += f":{counted[subject]}"
        yield _finding(one, subject, exported)


def _finding(one: _Divided, subject: str, exported: bool) -> Finding:
    draw, split = one.draw, one.split
    place = _location(one)
    places = [place]
    if split is not None:
        note = "the rows are divided here"
        places.append(replace(split.step.location, role=Role.RELATED, note=note))
    message = f"{draw.operation} divides the rows at random without a seed"
    if split is not None:
        message = f"{draw.operation} draws without a seed what {split.step.operation} divides"
    if exported:
        message += "; the export holds the rows of its splits, so the result can still be checked"
    whose = f" and none is set for {draw.library} before" if draw.library else ""
    return Finding(
        check_id="HY602",
        severity=Severity.NOTE,
        confidence=Confidence.MEDIUM if split is not None else Confidence.HIGH,
        message=message,
        locations=tuple(places),
        evidence=(
            Evidence("seed", "none", expected="a number", method=f"the call has no seed{whose}"),
            Evidence(
                "splits_exported", exported, method="whether the rows as divided are in the export"
            ),
        ),
        remedy=_remedy(draw),
        subject=subject,
        why="Each run divides the rows in another way, so the reported value cannot be repeated or "
        "compared on the same rows.",
    )


def _location(one: _Divided) -> Location:
    statement = one.draw.statement
    return one.program.file.location(statement.cell, one.draw.node.lineno)


def _target(statement: Statement) -> str:
    """What the statement assigns, as a name that survives edits elsewhere."""
    match statement.node:
        case ast.Assign(targets=[target, *_]):
            return _text(target)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
    return ""


def _remedy(draw: Draw) -> Remedy:
    text = "Give the draw a seed, and export the rows or their ids as they were divided."
    before = _text(draw.node)
    after = _seeded(draw)
    return Remedy(text, before, after) if before and after else Remedy(text)


def _seeded(draw: Draw) -> str:
    """The same call with a seed, in the names of the code."""
    arguments = ", ".join(map(_text, [*draw.node.args, *draw.node.keywords]))
    last = draw.operation.rpartition(".")[2]
    if draw.library == "random":
        return f"random.Random(42).{last}({arguments})"
    if draw.library == "torch":
        arguments = f"{arguments}, " if arguments else ""
        return f"{draw.operation}({arguments}generator=torch.Generator().manual_seed(42))"
    if draw.library == "numpy" and ".random." in f".{draw.operation}":
        return f"np.random.default_rng(42).{'random' if last == 'rand' else last}({arguments})"
    if not draw.library:
        return "rng = np.random.default_rng(42)"
    keyword = "seed" if draw.library in ("spark", "tensorflow") else "random_state"
    kept = [k for k in draw.node.keywords if k.arg not in ("random_state", "seed")]
    arguments = ", ".join([*map(_text, [*draw.node.args, *kept]), f"{keyword}=42"])
    return f"{draw.operation}({arguments})"


def _text(node: ast.AST) -> str:
    """Code of a small expression; empty where it is large."""
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return ""
    return text if len(text) <= _LINE else ""
