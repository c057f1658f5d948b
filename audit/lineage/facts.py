"""From code to the facts that checks ask for."""

from __future__ import annotations

import ast
from dataclasses import replace

from audit.lineage.interpreter import BudgetExceededError, Interpreter
from audit.lineage.values import Arguments, Flow, Function, Kind, Value, flow_of
from audit.model.artifacts import CellKind, Code, CodeFacts, SourceFile
from audit.model.severity import Confidence
from checks.kit.cells import parse_cell


def code_facts(code: Code) -> CodeFacts:
    """Follow the rows through every file: what was duplicated, fitted, split and scored where.

    Pure and total: nothing is executed, nothing is raised, and work is bounded. Each file is
    analysed on its own, its cells in their order; a cell that is not Python is skipped.

    Parameters
    ----------
    code : Code
        Notebooks and scripts.

    Returns
    -------
    CodeFacts
        Facts of all files, file by file in the order of execution.
    """
    facts = [_file_facts(file) for file in code.files]
    return CodeFacts(
        steps=tuple(step for fact in facts for step in fact.steps),
        splits=tuple(split for fact in facts for split in fact.splits),
        copies=tuple(count for fact in facts for count in fact.copies),
        limits=tuple(limit for fact in facts for limit in fact.limits),
    )


def _file_facts(file: SourceFile) -> CodeFacts:
    cells = [cell for cell in file.cells if cell.kind is CellKind.CODE]
    if not cells:
        return CodeFacts((), (), ())
    interp = Interpreter(file)
    functions: list[Function] = []
    try:
        for cell in cells:
            try:
                tree = parse_cell(cell.source)
            except SyntaxError:
                interp.limit(cell, "is not Python that could be parsed")
                continue
            interp.cell = cell
            functions += _functions(tree, interp)
            interp.block(tree.body)
        _call_the_uncalled(interp, functions)
    except BudgetExceededError:
        interp.limit(interp.cell, "is reached after too much to follow; the rest is left out")
    return replace(interp.trace.finish(), limits=tuple(interp.limits))


def _functions(tree: ast.Module, interp: Interpreter) -> list[Function]:
    return [
        Function(node, interp.module, interp.cell)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _call_the_uncalled(interp: Interpreter, functions: list[Function]) -> None:
    """Functions that nobody in the file calls, on rows not seen before; less certain."""
    interp.trace.cap = Confidence.MEDIUM
    for function in functions:
        if id(function.node) in interp.called:
            continue
        interp.cell = function.cell
        parameters = [item.arg for item in function.node.args.args]
        values = [Value(Kind.UNKNOWN, Flow(roots=frozenset({interp.number()}))) for _ in parameters]
        node = ast.Call(func=ast.Name(id="", ctx=ast.Load()), args=[], keywords=[])
        callee = Value(Kind.FUNCTION, function=function)
        result = interp.call_function(callee, Arguments(node, values, {}))
        interp.trace.leave(flow_of(result))
