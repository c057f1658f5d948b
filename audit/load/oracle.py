"""Column of the splits that holds the exact label of each row, beside the one trained on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from audit.load import names
from audit.load.columns import finds_target
from audit.load.ledger import Ledger
from audit.load.splits import Draft
from audit.model.artifacts import Array, ProblemKind, SplitRole

Truths = Sequence[tuple[SplitRole | None, Array]]


@dataclass(frozen=True, slots=True, eq=False)
class Oracle:
    """Exact labels of the rows of one split, and the name of their column."""

    values: Array | None = None
    name: str = ""


NO_ORACLE = Oracle()


def take_oracle(
    drafts: Mapping[SplitRole, Draft], truths: Truths, in_code: Collection[str], ledger: Ledger
) -> tuple[dict[SplitRole, Draft], dict[SplitRole, Oracle]]:
    """Take the column of exact labels out of the features.

    Parameters
    ----------
    drafts : mapping
        The splits as assembled.
    truths, in_code
        What the target is recognised by, see `audit.load.columns.settle`: a column that is
        called so is the target itself where there is no other.
    ledger : Ledger
        For ``columns.oracle``; takes the problem when a declared column is missing, or several
        columns could be it.

    Returns
    -------
    dict of SplitRole to Draft
        Without these columns.
    dict of SplitRole to Oracle
        Their values, for the splits that have them.
    """
    declared, target = ledger.config.columns.oracle, ledger.config.columns.target
    every = dict.fromkeys(str(n) for d in drafts.values() for n in (*d.frame.columns, *d.extras))
    path = next(iter(drafts.values())).path if drafts else "."
    if declared is not None:
        if declared == target or declared not in every:
            reason = (
                f"the column {declared!r} is declared as the target too"
                if declared == target
                else f"there is no column {declared!r} in the splits"
            )
            if drafts:
                step = "Correct columns.oracle in audit.toml."
                ledger.add(ProblemKind.MALFORMED, path, reason, step)
            return dict(drafts), {}
        return _taken(drafts, [declared]), _values(drafts, declared)
    found = [n for n in every if names.is_oracle(n) and n != target and not _is_flag(n, drafts)]
    if not found:
        return dict(drafts), {}
    without = _taken(drafts, found)
    if not finds_target(without, truths, in_code, ledger.config):
        return dict(drafts), {}  # what they call the exact label is what they train on
    if len(found) > 1:
        shown = " and ".join(repr(name) for name in found)
        ledger.add(
            ProblemKind.AMBIGUOUS,
            path,
            f"{shown} could each be the exact label; none was used",
            f'Say which in audit.toml: columns.oracle = "{found[0]}".',
        )
        return without, {}
    return without, _values(drafts, found[0])


def _values(drafts: Mapping[SplitRole, Draft], name: str) -> dict[SplitRole, Oracle]:
    return {
        role: Oracle(column, name)
        for role, draft in drafts.items()
        if (column := _column(draft, name)) is not None
    }


def _column(draft: Draft, name: str) -> Array | None:
    return draft.frame[name].to_numpy() if name in draft.frame else draft.extras.get(name)


def _taken(drafts: Mapping[SplitRole, Draft], gone: Sequence[str]) -> dict[SplitRole, Draft]:
    return {
        role: replace(
            draft,
            frame=draft.frame.drop(columns=[name for name in gone if name in draft.frame]),
            extras={name: array for name, array in draft.extras.items() if name not in gone},
        )
        for role, draft in drafts.items()
    }


def _is_flag(name: str, drafts: Mapping[SplitRole, Draft]) -> bool:
    """A column called ``oracle`` that says yes or no, beside a target that takes other values."""
    if names.normal(name) != "oracle":
        return False
    columns = [c for d in drafts.values() if (c := _column(d, name)) is not None]
    if any(len(pd.unique(pd.Series(column))) > 2 for column in columns):
        return False
    for draft in drafts.values():
        called = names.target_columns([n for n in draft.frame.columns if not names.is_oracle(n)])
        targets = [draft.frame[n] for n in called]
        if draft.target is not None and draft.target.ndim == 1:
            targets = [pd.Series(draft.target)]
        if any(target.nunique() > 2 for target in targets):
            return True
    return False
