"""Find every check: walk the `checks` package, validate, sort by id."""

from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType

import checks
from audit.model.check import Check

_ID = re.compile(r"(LK1|CT2|AU3|MT4|CL5|HY6|LD9)\d\d")


class RegistryError(RuntimeError):
    """Two checks share an id, or an id belongs to no family."""


def load_checks(package: ModuleType = checks) -> tuple[Check, ...]:
    """Import every module below `package` and collect the checks in it.

    Parameters
    ----------
    package : module
        Package that is walked.

    Returns
    -------
    tuple of Check
        Sorted by id.

    Raises
    ------
    RegistryError
        If an id is used twice or does not fit the families of ids, or there is no check at all
        (another package called ``checks`` hides ours): an audit without checks finds nothing.
    """
    found: dict[str, Check] = {}
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        for value in vars(importlib.import_module(info.name)).values():
            if not isinstance(value, Check) or found.get(value.id) is value:
                continue
            if value.id in found:
                raise RegistryError(f"{value.id} is registered twice, the second in {info.name}")
            if not _ID.fullmatch(value.id):
                raise RegistryError(f"{value.id!r} in {info.name} fits no family of check ids")
            found[value.id] = value
    if not found:
        raise RegistryError(f"no check was found in {list(package.__path__)}")
    return tuple(found[id] for id in sorted(found))


def nearest_id(wanted: str, known: tuple[str, ...]) -> str:
    """Say which ids there are, the nearest first, for an error message."""
    import difflib

    near = difflib.get_close_matches(wanted.upper(), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return "`audit rules` lists all checks"
