"""What was recognised, and which problems were met, collected while an export is loaded."""

from __future__ import annotations

from audit.config import Config
from audit.load.problems import LoadError
from audit.model.artifacts import LoadProblems, Problem, ProblemKind
from audit.model.export import Recognised
from audit.model.location import Location


class Ledger:
    """Collects; the only mutable object of the loader.

    Parameters
    ----------
    config : Config
        For the roles that it declares.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.problems: list[Problem] = []
        self._recognised: list[Recognised] = []
        self._used: set[str] = set()

    def recognise(self, path: str, role: str, detail: str, why: str) -> None:
        """Note what a file is."""
        self._used.add(path)
        self._recognised.append(Recognised(path, role, detail, why))

    def is_used(self, path: str) -> bool:
        """Whether the file has a role already."""
        return path in self._used

    def fail(self, path: str, error: LoadError) -> None:
        """Note a file that could not be used."""
        self.problems.append(error.at(path))

    def add(self, kind: ProblemKind, path: str, reason: str, next_step: str) -> None:
        """Note a problem with a file as a whole."""
        self.problems.append(Problem(kind, Location(path), reason, next_step))

    def declared(self, role: str) -> dict[str, tuple[str, ...]]:
        """Paths that the configuration gives a role, each with its members (after ``::``)."""
        paths: dict[str, tuple[str, ...]] = {}
        for entry in self.config.roles.get(role, ()):
            path, _, member = entry.partition("::")
            path = path.removeprefix("./")
            paths[path] = (*paths.get(path, ()), *((member,) if member else ()))
        return paths

    def role_of(self, path: str) -> str | None:
        """Role that the configuration gives a file."""
        return next((role for role in self.config.roles if path in self.declared(role)), None)

    def why_declared(self, role: str) -> str:
        """Words for the report: which key decided."""
        return f"roles.{role} in {self.config.source or 'the configuration'}"

    def recognised(self) -> tuple[Recognised, ...]:
        """Everything recognised, sorted by path."""
        return tuple(sorted(self._recognised, key=lambda item: (item.path, item.role)))

    def load_problems(self) -> LoadProblems:
        """All problems, once each, sorted by path."""
        unique = list(dict.fromkeys(self.problems))
        return LoadProblems(
            tuple(sorted(unique, key=lambda p: (p.location.path, p.kind.value, p.reason)))
        )
