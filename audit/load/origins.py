"""Columns of the splits that say which rows augmentation made, and from which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.load import names
from audit.load.ledger import Ledger
from audit.load.splits import Draft
from audit.model.artifacts import Array, ProblemKind, SplitRole
from audit.model.groups import canonical_value

_TRUE = frozenset({"1", "true", "yes", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "n", "f"})
_EXACT = 2.0**53
_NONE = frozenset({"nan", "none", "null", "", "na", "<na>", "-1"})
# These words speak of copies by themselves; a parent or a source may be anything.
_PLAIN_PARENTS = frozenset({"original_id", "original_index", "original_row", "augmented_from"})


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What columns say about the rows of one split: see `SplitData`."""

    synthetic: NDArray[np.bool_] | None = None
    parents: Array | None = None
    ids: Array | None = None


def take_origins(
    drafts: Mapping[SplitRole, Draft], ledger: Ledger
) -> tuple[dict[SplitRole, Draft], dict[SplitRole, Origin]]:
    """Take the columns about augmentation out of the features.

    Parameters
    ----------
    drafts : mapping
        The splits as assembled, row ids still among their columns.
    ledger : Ledger
        For ``columns.synthetic`` and ``columns.parent``; takes the problem when a declared
        column is missing or says nothing.

    Returns
    -------
    dict of SplitRole to Draft
        Without these columns.
    dict of SplitRole to Origin
        What they say, for every split.
    """
    declared = ledger.config.columns
    flag = declared.synthetic or _named(drafts, names.SYNTHETIC_COLUMNS, _is_flag)
    parent = declared.parent or _named(drafts, names.PARENT_COLUMNS, _is_any)
    for key, name in (("synthetic", declared.synthetic), ("parent", declared.parent)):
        columns = [column for d in drafts.values() if (column := _column(d, name)) is not None]
        if name is not None and drafts and not columns:
            _correct(drafts, ledger, key, f"there is no column {name!r} in the splits")
        elif name is not None and key == "synthetic" and not all(map(_is_flag, columns)):
            _correct(drafts, ledger, key, f"the column {name!r} is no column of yes and no")
            flag = None
    ids = _ids_of(drafts, parent, declared.ignore) if parent is not None else None
    if parent is not None and parent != declared.parent:
        plain = names.normal(parent) in _PLAIN_PARENTS
        if flag is None and ids is None and not plain:
            parent = None  # a feature that is merely called so
    out, origins = {}, {}
    for role, draft in drafts.items():
        made, parents, own = _column(draft, flag), _column(draft, parent), _column(draft, ids)
        origin = Origin(
            None if made is None else _flags(made),
            None if parents is None else _keys(parents),
            None if own is None or parents is None else _keys(own),
        )
        tells = parent == declared.parent or names.normal(parent or "") in _PLAIN_PARENTS
        if origin.synthetic is None and origin.parents is not None and tells:
            origin = replace(origin, synthetic=_has_parent(origin))
        origins[role] = origin
        gone = [name for name in (flag, parent) if name is not None and name in draft.frame]
        if declared.target in gone or not set(gone).isdisjoint(declared.groups):
            gone = []
        extras = {k: a for k, a in draft.extras.items() if k not in (flag, parent)}
        out[role] = replace(draft, frame=draft.frame.drop(columns=gone), extras=extras)
    return out, origins


def _correct(drafts: Mapping[SplitRole, Draft], ledger: Ledger, key: str, reason: str) -> None:
    path = next(iter(drafts.values())).path
    ledger.add(ProblemKind.MALFORMED, path, reason, f"Correct columns.{key} in audit.toml.")


def _column(draft: Draft, name: str | None) -> Array | None:
    if name is None:
        return None
    return draft.frame[name].to_numpy() if name in draft.frame else draft.extras.get(name)


def _named(
    drafts: Mapping[SplitRole, Draft], known: frozenset[str], usable: Callable[[Array], bool]
) -> str | None:
    every = dict.fromkeys(n for d in drafts.values() for n in (*d.frame.columns, *d.extras))
    found = [str(name) for name in every if names.normal(str(name)) in known]
    good = [
        name
        for name in found
        if all(usable(c) for d in drafts.values() if (c := _column(d, name)) is not None)
    ]
    return good[0] if len(good) == 1 else None


def _is_any(column: Array) -> bool:
    return column.ndim == 1


def _is_flag(column: Array) -> bool:
    values = pd.unique(pd.Series(column))
    return len(values) <= 2 and {canonical_value(v) for v in values} <= _TRUE | _FALSE


def _flags(column: Array) -> NDArray[np.bool_]:
    return np.array(pd.Series(column).map(lambda v: canonical_value(v) in _TRUE), dtype=bool)


def _keys(column: Array) -> Array:
    values = np.asarray(column)
    if values.dtype.kind == "f":
        filled = np.where(np.isnan(values), -1.0, values)  # -1 is one of the words for none
        if (np.abs(filled) < _EXACT).all() and (filled == np.rint(filled)).all():
            values = filled.astype(np.int64)
    if values.dtype.kind in "iu":  # as `canonical_value` spells them, many times faster
        keys = pd.Series(values.astype(str).astype(object))
    else:
        keys = pd.Series(column).map(canonical_value)
    return keys.where(~keys.isin(_NONE), "").to_numpy(dtype=object)


def _has_parent(origin: Origin) -> NDArray[np.bool_] | None:
    """A row has a parent other than itself."""
    assert origin.parents is not None
    if origin.ids is not None:
        return np.asarray((origin.parents != "") & (origin.parents != origin.ids), dtype=bool)
    empty = origin.parents == ""
    return np.asarray(~empty, dtype=bool) if empty.any() else None


def _ids_of(drafts: Mapping[SplitRole, Draft], parent: str, ignored: Collection[str]) -> str | None:
    """The column of ids, or one that is no feature, among which nearly all parents are found."""
    wanted = _all_keys(drafts, parent) - {""}
    for name in dict.fromkeys(n for d in drafts.values() for n in (*d.frame.columns, *d.extras)):
        if name != parent and (names.is_id(str(name)) or name in ignored):
            found = len(wanted & _all_keys(drafts, str(name)))
            if wanted and found >= 0.9 * len(wanted):
                return str(name)
    return None


def _all_keys(drafts: Mapping[SplitRole, Draft], name: str) -> set[str]:
    columns = [column for d in drafts.values() if (column := _column(d, name)) is not None]
    return {key for column in columns for key in _keys(column)}
