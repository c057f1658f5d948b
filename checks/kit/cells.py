"""From the text of a notebook cell to a syntax tree, IPython's own syntax neutralised."""

from __future__ import annotations

import ast
import re
import warnings

MAX_SOURCE = 1_000_000  # characters that `syntax_tree` parses
MAX_KEPT = 2_000_000  # characters whose trees are kept; a tree takes about a hundred times as much

_PYTHON_CELL_MAGICS = frozenset({"time", "timeit", "capture", "prun", "memit", "pypy", "python3"})
_PYTHON_LINE_MAGICS = frozenset({"time", "timeit", "prun", "memit"})
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_LINE_MAGIC = re.compile(r"(\s*)%{1,2}(\w+)((?:\s+-\w+(?:\s+\d+)?)*)\s*(.*)", re.DOTALL)
_SHELL = re.compile(r"(\s*)[!?/;,](?=\S)")
_ASSIGNED = re.compile(r"([\w.,\s\[\]'\"]+=\s*)(?:!|%{1,2}[A-Za-z])")
_HELP = re.compile(r"(\s*)(?:%{0,2}[\w.*]+)\?{1,2}\s*(?:#.*)?$")


def parse_cell(source: str) -> ast.Module:
    """Parse one cell or script; magics, shell lines and help requests are left out.

    Line numbers are those of `source`. Cell magics whose body is Python (``%%time``,
    ``%%capture``) keep it; any other (``%%bash``, ``%%html``) makes the cell empty.

    Parameters
    ----------
    source : str
        Text as written.

    Returns
    -------
    ast.Module
        Never executed by anybody. Several checks read the same text: they get the same tree, so
        none may change it.

    Raises
    ------
    SyntaxError
        If the rest is not Python: also for null bytes and for nesting that is too deep.
    """
    tree = _TREES.get(source)
    if tree is None:
        tree = _parse_cell(source)
        _TREES.keep(source, tree)
    return tree


def _parse_cell(source: str) -> ast.Module:
    try:
        return _parse(source)
    except SyntaxError:
        if not re.search(r"[%!?]", source):
            raise
    return _parse(_neutralise(source))


class _Trees:
    """The trees of the texts that were read last, of ``MAX_KEPT`` characters at most."""

    def __init__(self) -> None:
        self._trees: dict[str, ast.Module] = {}
        self._size = 0

    def get(self, source: str) -> ast.Module | None:
        return self._trees.get(source)

    def keep(self, source: str, tree: ast.Module) -> None:
        self._trees[source] = tree
        self._size += len(source)
        while self._size > MAX_KEPT:
            oldest = next(iter(self._trees))
            del self._trees[oldest]
            self._size -= len(oldest)


_TREES = _Trees()


def syntax_tree(source: str) -> ast.Module | None:
    """Tree of a cell or script as `parse_cell` reads it; ``None`` where it is not Python or has
    more than ``MAX_SOURCE`` characters.
    """
    if len(source) > MAX_SOURCE:
        return None
    try:
        return parse_cell(source)
    except SyntaxError:
        return None


def _parse(source: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError:
        raise
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise SyntaxError(f"cannot be parsed: {type(error).__name__}: {error}") from error


def _neutralise(source: str) -> str:
    lines = re.split(r"\r\n|\r|\n", source)
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and (magic := _CELL_MAGIC.match(lines[first])):
        if magic[1] not in _PYTHON_CELL_MAGICS:
            return ""
        lines[first] = ""
    kept: list[str] = []
    state = _Open()
    in_shell = False
    for line in lines:
        if in_shell:
            in_shell = line.rstrip().endswith("\\")
            kept.append("")
            continue
        if state.is_open:
            kept.append(line)
            state.feed(line)
            continue
        replaced = _neutral_line(line)
        in_shell = replaced is not line and line.rstrip().endswith("\\")
        kept.append(replaced)
        state.feed(replaced)
    return "\n".join(kept)


def _neutral_line(line: str) -> str:
    """The line itself where it is Python already; otherwise a harmless one."""
    if magic := _LINE_MAGIC.fullmatch(line):
        indent, name, _, rest = magic.groups()
        keeps_code = name in _PYTHON_LINE_MAGICS and rest
        return indent + (rest if keeps_code else "pass")
    if shell := _SHELL.match(line):
        return shell[1] + "pass"
    if help_request := _HELP.fullmatch(line):
        return help_request[1] + "pass"
    if assigned := _ASSIGNED.match(line):
        return assigned[1] + "None"
    return line


class _Open:
    """Whether a physical line starts inside a string, a bracket or a continued line."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._continued = False

    @property
    def is_open(self) -> bool:
        return bool(self._depth > 0 or self._quote or self._continued)

    def feed(self, line: str) -> None:
        position = 0
        last = len(line.rstrip()) - 1
        self._continued = False
        while position < len(line):
            if self._quote:
                position = self._skip_string(line, position)
                continue
            character = line[position]
            if character == "#":
                return
            if character in "\"'":
                triple = character * 3
                self._quote = triple if line.startswith(triple, position) else character
                position += len(self._quote)
                continue
            if character in "([{":
                self._depth += 1
            elif character in ")]}":
                self._depth = max(0, self._depth - 1)
            elif character == "\\" and position == last:
                self._continued = True
            position += 1
        if len(self._quote) == 1 and not line.endswith("\\"):
            self._quote = ""

    def _skip_string(self, line: str, position: int) -> int:
        while position < len(line):
            if line[position] == "\\":
                position += 2
            elif line.startswith(self._quote, position):
                position += len(self._quote)
                self._quote = ""
                return position
            else:
                position += 1
        return position
