"""How honest exports are made: their own code is run here, and what it prints is recorded."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Names = dict[str, Any]
Build = Callable[..., Path]


@dataclass(frozen=True)
class Style:
    """A way to export an experiment.

    Parameters
    ----------
    build : callable
        ``(root, seed) -> root``, and ``(root, seed, leak=True)`` where `leak` is not empty.
    leak : frozenset of str
        Checks that fire on the variant with one real defect: at least one of them must, and no
        other may.
    """

    build: Build
    leak: frozenset[str] = frozenset()


STYLES: dict[str, Style] = {}


def style(*leak: str) -> Callable[[Build], Build]:
    """Register a builder; `leak` names the checks that its defect sets off."""

    def register(build: Build) -> Build:
        assert build.__name__ not in STYLES, build.__name__
        STYLES[build.__name__] = Style(build, frozenset(leak))
        return build

    return register


@dataclass(frozen=True)
class Md:
    """A Markdown cell; ``{name:.3f}`` stands for a result of the code."""

    text: str


def write(root: Path, name: str, text: str) -> None:
    """Write a text file of the export."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_json(root: Path, name: str, value: object) -> None:
    """Write JSON, NumPy numbers included."""
    write(root, name, json.dumps(value, indent=1, default=_plain))


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)


def edit(text: str, before: str, after: str) -> str:
    """Replace text that must be there."""
    assert before in text, before
    return text.replace(before, after)


def md_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def comma(value: float, digits: int = 3, sign: str = "") -> str:
    """A number with a decimal comma."""
    return f"{value:{sign}.{digits}f}".replace(".", ",")


@contextlib.contextmanager
def _running(root: Path, argv: Sequence[str] = ()) -> Iterator[io.StringIO]:
    """Standard output of code that runs inside the export."""
    out, before, path = io.StringIO(), sys.argv, list(sys.path)
    modules = set(sys.modules)
    sys.argv = list(argv) or ["run.py"]
    sys.path.insert(0, str(root))
    try:
        with contextlib.chdir(root), contextlib.redirect_stdout(out), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield out
    finally:
        sys.argv, sys.path[:] = before, path
        for name in set(sys.modules) - modules:  # modules of the export: the next one has others
            if str(root) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


def _run_cell(source: str, names: Names) -> str | None:
    """Run a cell; the text of its last expression, as a notebook shows it."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)  # our own code, never that of an export
    if last is None:
        return None
    value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    return None if value is None else repr(value)


def notebook(
    root: Path,
    name: str,
    cells: Sequence[str | Md],
    names: Mapping[str, Any] | None = None,
    recorded: Mapping[int, str] | None = None,
) -> Names:
    """Run the code cells in order and write the notebook with what they printed.

    Parameters
    ----------
    cells : sequence of str or Md
        Code is text.
    recorded : mapping of int to str, optional
        Outputs by cell of a notebook whose libraries are not installed here; nothing is run.
    """
    known: Names = {"__name__": "__main__", **(names or {})}
    written: list[dict[str, Any]] = []
    count = 0
    with _running(root) as out:
        for index, cell in enumerate(cells):
            if isinstance(cell, Md):
                written.append({"cell_type": "markdown", "metadata": {}, "source": cell.text})
                continue
            count += 1
            out.seek(0)
            out.truncate()
            shown = None
            if recorded is None:
                shown = _run_cell(cell, known)
            else:
                out.write(recorded.get(index, ""))
            written.append(_code_cell(cell, count, out.getvalue(), shown))
    for cell in written:
        if cell["cell_type"] == "markdown":
            cell["source"] = cell["source"].format_map(known)
        cell["source"] = cell["source"].splitlines(keepends=True)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    write_json(
        root,
        name,
        {
            "cells": written,
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
    )
    return known


def _code_cell(source: str, count: int, printed: str, shown: str | None) -> dict[str, Any]:
    outputs: list[dict[str, Any]] = []
    if printed:
        text = printed.splitlines(keepends=True)
        outputs.append({"name": "stdout", "output_type": "stream", "text": text})
    if shown is not None:
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": count,
                "metadata": {},
                "data": {"text/plain": shown.splitlines(keepends=True)},
            }
        )
    return {
        "cell_type": "code",
        "execution_count": count,
        "metadata": {},
        "outputs": outputs,
        "source": source,
    }


def script(
    root: Path, name: str, source: str, argv: Sequence[str] = (), log: str | None = None
) -> Names:
    """Write a script, run it, and keep what it printed in `log`."""
    write(root, name, source)
    known: Names = {"__name__": "__main__", "__file__": name}
    with _running(root, [name, *argv]) as out:
        exec(compile(source, name, "exec"), known)  # our own code, never that of an export
    known["printed"] = out.getvalue()
    if log:
        write(root, log, out.getvalue())
    return known
