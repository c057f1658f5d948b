"""Whole numbers in JSON files of results: sizes of splits, rows before and after augmentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from audit.load import names
from audit.load.tables import Content
from audit.model.artifacts import RecordedCount, RecordedCounts
from audit.model.export import Absent, Present, Slot
from audit.model.location import Location

_OTHERS = names.BASELINE_WORDS | names.CONFIG_WORDS  # other runs, and what was merely planned
_MAX_DEPTH = 6
_MAX_COUNTS = 1_000  # of a file
_MAX_KEYS = 100_000  # looked at in a file
_MAX_KEY = 80


def recorded_counts(contents: Sequence[Content]) -> Slot:
    """Find whole numbers under keys; those in lists belong to groups, folds or epochs."""
    found: list[RecordedCount] = []
    for content in contents:
        if content.file.suffix != ".json" or names.has_word(content.file.stem, _OTHERS):
            continue
        own: list[RecordedCount] = []
        for keys, value in _numbers(content.value, (), [_MAX_KEYS]):
            if len(own) >= _MAX_COUNTS:
                break
            pointer = "".join(f"/{k.replace('~', '~0').replace('/', '~1')}" for k in keys)
            own.append(RecordedCount(keys, value, Location(content.file.name, pointer=pointer)))
        found += own
    found.sort(key=lambda count: (count.location.path, count.keys))
    return Present(RecordedCounts(tuple(found))) if found else Absent("no whole numbers in JSON")


def _numbers(
    value: Any, keys: tuple[str, ...], left: list[int]
) -> Iterator[tuple[tuple[str, ...], int]]:
    if not isinstance(value, dict) or len(keys) >= _MAX_DEPTH:
        return
    for key, inner in value.items():
        left[0] -= 1
        if left[0] < 0:
            return
        path = (*keys, str(key)[:_MAX_KEY])
        if isinstance(inner, int) and not isinstance(inner, bool):
            yield path, inner
        else:
            yield from _numbers(inner, path, left)
