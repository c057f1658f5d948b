"""Copies per source row, from the literals that steer an augmentation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from audit.lineage.values import Lookup
from audit.model.artifacts import CopyCount, SourceFile
from audit.model.groups import canonical_value, group_key


def copy_counts(
    found: Iterable[tuple[Lookup, bool, SourceFile]],
) -> tuple[CopyCount, ...]:
    """Turn literals into copies per group.

    Parameters
    ----------
    found : iterable of (Lookup, bool, SourceFile)
        The literals, and whether the original row is kept beside the rows that they count; where
        it is not, one of them stands for the original.

    Returns
    -------
    tuple of CopyCount
        In the order given, without repeats.
    """
    counts: dict[tuple[str | None, int, str], CopyCount] = {}
    for lookup, keeps_original, file in found:
        for key, number, place in lookup.entries:
            copies = number if keeps_original else max(0, number - 1)
            location = file.location(place.cell, place.line)
            count = CopyCount(_group(key, lookup.names), copies, location)
            counts.setdefault((count.group, copies, str(location)), count)
    return tuple(counts.values())


def _group(key: Any, names: tuple[str, ...]) -> str | None:
    """Canonical key; values that the code names are put in the order of their names."""
    if key is None:
        return None
    values = key if isinstance(key, tuple) else (key,)
    if len(names) == len(values) > 1 and len(set(names)) == len(names) and all(names):
        return group_key(dict(zip(names, values, strict=True)))
    return ",".join(canonical_value(value) for value in values)
