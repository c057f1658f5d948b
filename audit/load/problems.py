"""Problems met while loading, in the words that a person can act on."""

from __future__ import annotations

from audit.model.artifacts import Problem, ProblemKind
from audit.model.location import Location


class LoadError(Exception):
    """A file, or a part of it, cannot be used; carries everything that a `Problem` needs.

    Parameters
    ----------
    kind : ProblemKind
        Why.
    reason : str
        What is wrong, one line.
    next_step : str
        What to do, one line, imperative.
    """

    def __init__(self, kind: ProblemKind, reason: str, next_step: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.next_step = next_step

    def at(self, path: str) -> Problem:
        """Return the problem at a file."""
        return Problem(self.kind, Location(path), self.reason, self.next_step)


def unreadable(reason: str, next_step: str = "Write the file again, or remove it.") -> LoadError:
    """Corrupt, truncated, or not what its suffix says."""
    return LoadError(ProblemKind.UNREADABLE, reason, next_step)


def refused(reason: str, next_step: str) -> LoadError:
    """Would need code execution, is too large, or lies outside the folder."""
    return LoadError(ProblemKind.REFUSED, reason, next_step)


def malformed(reason: str, next_step: str) -> LoadError:
    """Could be read, but lengths, types or columns do not fit."""
    return LoadError(ProblemKind.MALFORMED, reason, next_step)


def first_line(error: BaseException, limit: int = 160) -> str:
    """First line of an exception's text, shortened; its type where it has no text."""
    try:
        text = str(error)
    except Exception:
        text = ""
    lines = [line for line in text.splitlines() if line.strip()]
    line = " ".join(lines[0].split()) if lines else type(error).__name__
    line = line.rstrip(".")
    return line if len(line) <= limit else line[: limit - 1] + "…"
