"""Notebooks and scripts to cells, with their recorded text outputs; nothing is executed."""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

from audit.load.file_lines import LINE_BREAK, Source, source_lines
from audit.load.problems import LoadError, first_line, refused, unreadable
from audit.model.artifacts import Cell, CellKind, Problem, ProblemKind, SourceFile
from audit.model.location import Location
from checks.kit.cells import parse_cell

MAX_TEXT = 100 << 20
MAX_CODE = 4 << 20
_MARKER = re.compile(r"^#\s*(?:%%(?P<title>.*)|In\s*\[\s*(?:(?P<count>\d+)\s*)?\]:)$")
_MARKDOWN = re.compile(r"\[\s*(?:markdown|md)\s*\]", re.IGNORECASE)
_RAW = re.compile(r"\[\s*raw\s*\]", re.IGNORECASE)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
# Line breaks of ``str.splitlines`` that are none for Python, editors and GitHub.
_UNUSUAL_BREAK = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
_PYTHON = ("python", "ipython", "xpython", "pypy", "sage", "conda", "pyodide")


def decode(data: bytes) -> str:
    """Text of a file: UTF-8, otherwise Latin-1, which reads any bytes; null bytes removed."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").replace("\0", "")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\0", "")


def lines_alike(text: str) -> str:
    r"""Make every way to count lines agree: ``\n`` ends a line, and nothing else does."""
    return _UNUSUAL_BREAK.sub(" ", LINE_BREAK.sub("\n", text))


def parse_json(text: str, **options: Any) -> Any:
    r"""Values of a JSON text; halves of characters (``\ud800``) become marks.

    Raises
    ------
    ValueError, RecursionError, MemoryError
        If it is no JSON, or hostile.
    """
    value = json.loads(text, **options)
    return _whole(value) if "\\ud" in text or "\\uD" in text else value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def code_size(file: SourceFile) -> int:
    """Characters of Python code in a file."""
    return sum(len(cell.source) for cell in file.cells if cell.kind is CellKind.CODE)


def read_notebook(
    name: str, data: bytes, max_code: int = MAX_CODE
) -> tuple[SourceFile, tuple[Problem, ...]]:
    """Read an ``.ipynb`` file of format 3 or 4.

    Parameters
    ----------
    name : str
        Path relative to the export.
    data : bytes
        Content.
    max_code : int
        Most characters of code: a syntax tree takes some hundred times their memory.

    Raises
    ------
    LoadError
        If the file is no notebook, or holds too much code.
    """
    text = decode(data)
    try:
        document = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise _corrupt(f"not valid JSON: {first_line(error)}") from error
    if not isinstance(document, dict):
        raise _corrupt("the file holds no JSON object")
    raw_cells = document.get("cells")
    if raw_cells is None and isinstance(document.get("worksheets"), list):
        raw_cells = [
            cell
            for sheet in document["worksheets"]
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    if not isinstance(raw_cells, list):
        raise _corrupt("no list of cells in it")
    language = _language(document)
    problems: list[Problem] = []
    python = not language or language.casefold().startswith(_PYTHON)
    if not python:
        reason = f"the code is written in {language[:40]!r}, not Python, and was not analysed"
        problems.append(_skipped(Location(name), reason, "Nothing: only Python is analysed."))
    cells = []
    written = source_lines(text)
    for index, raw in enumerate(raw_cells):
        if not isinstance(raw, dict):
            reason = f"cell {index} is no JSON object and was skipped"
            problems.append(_skipped(Location(name), reason, "Save the notebook again."))
            continue
        cells.append(_cell(index, raw, python, written.get(index)))
    file = SourceFile(name, True, tuple(cells))
    _bounded(file, max_code)
    return file, (*problems, *_unparsed(file))


def read_script(
    name: str, data: bytes, max_code: int = MAX_CODE
) -> tuple[SourceFile, tuple[Problem, ...]]:
    """Read a ``.py`` file; ``# %%`` and ``# In[1]:`` lines divide it into cells."""
    lines = lines_alike(decode(data)).splitlines()
    starts = [index for index, line in enumerate(lines) if _MARKER.match(line.rstrip())]
    cells = []
    if not starts or any(line.strip() for line in lines[: starts[0]]):
        end = starts[0] if starts else len(lines)
        cells.append(Cell(0, CellKind.CODE, "\n".join(lines[:end])))
    for start, end in itertools.pairwise([*starts, len(lines)]):
        marker = _MARKER.match(lines[start].rstrip())
        assert marker is not None
        title = marker["title"] or ""
        kind = CellKind.CODE
        if _MARKDOWN.search(title):
            kind = CellKind.MARKDOWN
        elif _RAW.search(title):
            kind = CellKind.RAW
        body = lines[start + 1 : end]
        if kind is CellKind.MARKDOWN:
            body = [re.sub(r"^#\s?", "", line) for line in body]
        count = int(marker["count"]) if marker["count"] and len(marker["count"]) < 10 else None
        cells.append(Cell(len(cells), kind, "\n".join(body), (), count, start + 2))
    file = SourceFile(name, False, tuple(cells))
    _bounded(file, max_code)
    return file, tuple(_unparsed(file))


def _bounded(file: SourceFile, max_code: int) -> None:
    if code_size(file) > max_code:
        raise refused(
            f"the files so far hold more than {MAX_CODE >> 20} MiB of Python code",
            "Export only the code of the experiment.",
        )


def _corrupt(reason: str) -> LoadError:
    return unreadable(f"not a usable notebook: {reason}", "Save the notebook again with Jupyter.")


def _skipped(location: Location, reason: str, next_step: str) -> Problem:
    return Problem(ProblemKind.SKIPPED, location, reason, next_step)


def _language(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        section = metadata.get(part)
        if isinstance(section, dict) and isinstance(section.get(key), str) and section[key]:
            return str(section[key])
    return ""


def _cell(index: int, raw: dict[str, Any], python: bool, written: Source | None) -> Cell:
    kind = raw.get("cell_type")
    source = lines_alike(_text(raw.get("source", raw.get("input", ""))))
    lines = written[1] if written and lines_alike(written[0]) == source else ()
    if kind == "heading":
        level = raw.get("level")
        source = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1) + " " + source
        kind = "markdown"
    if kind == "markdown":
        return Cell(index, CellKind.MARKDOWN, source, file_lines=lines)
    if kind != "code":
        return Cell(index, CellKind.RAW, source, file_lines=lines)
    count = raw.get("execution_count", raw.get("prompt_number"))
    outputs = raw.get("outputs")
    texts = [_output(item) for item in outputs] if isinstance(outputs, list) else []
    return Cell(
        index,
        CellKind.CODE if python else CellKind.RAW,
        source,
        tuple(text for text in texts if text),
        count if isinstance(count, int) else None,
        file_lines=lines,
    )


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value.replace("\0", "") if isinstance(value, str) else ""


def _output(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    data = item.get("data")
    if isinstance(data, dict):
        return _ESCAPES.sub("", _text(data.get("text/plain", "")))
    return _ESCAPES.sub("", _text(item.get("text", "")))


def _unparsed(file: SourceFile) -> Iterator[Problem]:
    for cell in file.cells:
        if cell.kind is not CellKind.CODE:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                parse_cell(cell.source)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            line = min(max(line, 1), max(len(cell.source.splitlines()), 1))
            what = getattr(error, "msg", None) or first_line(error)
            reason = f"the code does not parse ({what}) and was not analysed"
            yield _skipped(
                file.location(cell, line), reason, "Correct the code, then export again."
            )
        except (RecursionError, MemoryError):
            reason = "the code is nested too deeply and was not analysed"
            yield _skipped(file.location(cell, 1), reason, "Simplify the code.")
