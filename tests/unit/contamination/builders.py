"""Kinship of small tables, for the checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from audit.model.artifacts import Grouping, Kinship, SplitData, SplitRole, Splits
from audit.model.check import Check, Outcome
from audit.model.evidence import Evidence
from audit.neighbours import kinship


def kinship_of(
    train: pd.DataFrame,
    held_out: pd.DataFrame,
    train_target: Any = None,
    held_out_target: Any = None,
    groups: Any = None,
    role: SplitRole = SplitRole.VALIDATION,
) -> Kinship:
    """Search one held-out table."""

    def split(kind: SplitRole, table: pd.DataFrame, target: Any, keys: Any) -> SplitData:
        frame = table.reset_index(drop=True)
        target = None if target is None else np.asarray(target)
        keys = None if keys is None else np.asarray(keys)
        return SplitData(kind, f"{kind.value}.csv", frame, target, keys, np.arange(len(frame)))

    return kinship(
        Splits(
            split(SplitRole.TRAIN, train, train_target, None),
            (split(role, held_out, held_out_target, groups),),
        )
    )


def run(check: Check, kin: Kinship, grouping: Grouping | None = None) -> Outcome:
    """Call a check with its default parameters."""
    return check.function(kinship=kin, grouping=grouping, params=check.params())


def measured(outcome: Outcome, name: str, group: str | None = None) -> Evidence:
    """The measurement of one name."""
    (found,) = [e for e in outcome.measured if e.name == name and e.group == group]
    return found


def regression(n: int, seed: int, d: int = 6) -> tuple[pd.DataFrame, np.ndarray]:
    """Normal features and a real-valued target."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(d)]), x[:, 0] + rng.normal(size=n)
