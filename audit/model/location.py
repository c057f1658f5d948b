"""Where in an export a finding points."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    """Whether a location is where to look first, or helps to understand the finding."""

    PRIMARY = "primary"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Location:
    """One place in an export.

    Exactly one form is used: notebook cell and line, line of a script or document, rows of a
    table, JSON pointer, or the whole file (none of them).

    Parameters
    ----------
    path : str
        POSIX path relative to the root of the export.
    cell : int, optional
        0-based index over *all* cells of the notebook, Markdown included; needs `line`.
    line : int, optional
        1-based line within the cell or the file.
    rows : tuple of int
        0-based rows of the table, sorted; a sample of at most ``MAX_ROWS``.
    pointer : str, optional
        RFC 6901 JSON pointer into a JSON file.
    role : Role
        Primary or related.
    text : str
        The source line itself, untrusted text, for the reader's orientation.
    note : str
        What happens at a related location, in our words.
    output : bool
        `line` counts in the recorded output of the cell, not in its source.
    file_line : int, optional
        1-based line of the ``.ipynb`` file on which the line of the cell is written, where it
        could be told. It is no part of the place's identity.

    Raises
    ------
    ValueError
        If more than one form is used, or a cell has no line.
    """

    path: str
    cell: int | None = None
    line: int | None = None
    rows: tuple[int, ...] = ()
    pointer: str | None = None
    role: Role = Role.PRIMARY
    text: str = ""
    note: str = ""
    output: bool = False
    file_line: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.cell is not None and self.line is None:
            raise ValueError("a notebook location needs a line within its cell")
        forms = (self.line is not None) + bool(self.rows) + (self.pointer is not None)
        if forms > 1:
            raise ValueError("a location is a line, rows or a JSON pointer, not several of them")
        if self.path.startswith("/") or ".." in self.path.split("/"):
            raise ValueError(f"location outside the export: {self.path!r}")

    @property
    def physical_line(self) -> int | None:
        """1-based line of the file itself, where it is known: what an editor jumps to."""
        return self.line if self.cell is None else self.file_line

    def __str__(self) -> str:
        if self.cell is not None:
            part = " output" if self.output else ""
            return f"{self.path} cell {self.cell}{part}:{self.line}"
        if self.line is not None:
            return f"{self.path}:{self.line}"
        if self.pointer is not None:
            return f"{self.path}#{self.pointer}"
        if self.rows:
            return f"{self.path} row {self.rows[0]}" + (" …" if len(self.rows) > 1 else "")
        return self.path


MAX_ROWS = 20


def sample_rows(rows: list[int] | tuple[int, ...]) -> tuple[int, ...]:
    """Return the first ``MAX_ROWS`` of `rows` in ascending order, for a location."""
    return tuple(sorted(rows)[:MAX_ROWS])
