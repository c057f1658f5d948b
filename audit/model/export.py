"""One experiment as it was read: typed slots, each present, absent or malformed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from audit.model.location import Location

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Present(Generic[T]):
    """The artifact was found and read."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """The artifact is not in the export; `reason` says what was looked for."""

    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """The artifact is there, or was declared, and cannot be used."""

    reason: str
    location: Location


Slot = Present[Any] | Absent | Malformed


@dataclass(frozen=True, slots=True)
class Recognised:
    """One line of "what was recognised as what", for the report.

    Parameters
    ----------
    path : str
        File.
    role : str
        ``"train split"``, ``"baseline"``, ``"notebook"`` …
    detail : str
        Shape, columns, target.
    why : str
        The rule, or the key of the configuration, that decided.
    """

    path: str
    role: str
    detail: str
    why: str


@dataclass(frozen=True, slots=True)
class Export:
    """A loaded export.

    Parameters
    ----------
    name : str
        Name of the folder or file, without its parents.
    digest : str
        ``sha256:`` and 64 hexadecimal digits over the relative paths and contents.
    artifacts : mapping of type to Slot
        One slot for every artifact type that the loader knows.
    recognised : tuple of Recognised
        What was recognised as what.
    """

    name: str
    digest: str
    artifacts: Mapping[type[Any], Slot]
    recognised: tuple[Recognised, ...]

    def get(self, artifact: type[Any]) -> Slot:
        """Return the slot of an artifact type; absent where the loader does not know it."""
        return self.artifacts.get(artifact, Absent(f"no {artifact.__name__} was looked for"))
