"""Whether two readings of an export found the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from audit.model.artifacts import Grouping
from audit.model.export import Absent, Export


def same_content(first: Export, second: Export) -> bool:
    """Whether every artifact is the same; what was recognised, and why, may be told otherwise."""
    return _same(first.artifacts, second.artifacts)


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, Absent):
        return True  # there are many reasons for nothing
    if isinstance(a, pd.DataFrame):
        return bool(a.equals(b))
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and bool(pd.DataFrame(_flat(a)).equals(pd.DataFrame(_flat(b))))
    if is_dataclass(a) and not isinstance(a, type):
        names = [field.name for field in fields(a)]
        if isinstance(a, Grouping):
            names.remove("tiers_from")
        return all(_same(getattr(a, name), getattr(b, name)) for name in names)
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b) or (a != a and b != b)


def _flat(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array.reshape(len(array), -1) if array.ndim > 1 and len(array) else array.ravel()
