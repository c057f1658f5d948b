"""Which files, members and rows make up the train, validation and test splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from audit.load import names
from audit.load.ledger import Ledger
from audit.load.problems import LoadError, malformed
from audit.load.tables import Content
from audit.model.artifacts import Array, ProblemKind, SplitRole

ROLE_ORDER = (SplitRole.TRAIN, SplitRole.VALIDATION, SplitRole.TEST)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Something that belongs to one split: a table, or its features, target, groups or ids."""

    role: SplitRole
    kind: str
    path: str
    member: str
    value: Any
    why: str
    rows: NDArray[np.int64] | None = None
    loose: bool = False

    @property
    def label(self) -> str:
        """Path, and the member where there is one."""
        return f"{self.path}::{self.member}" if self.member else self.path


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """One split before target, row ids and groups are settled.

    Parameters
    ----------
    frame : DataFrame
        All columns.
    target : ndarray, optional
        The target, where it is stored apart.
    paths : mapping of str to str
        Every file that belongs to it, and why.
    extras : mapping of str to ndarray
        What is stored beside the features: groups, ids, further columns.
    target_name : str
        Where the target came from, for the report.
    """

    role: SplitRole
    path: str
    paths: Mapping[str, str]
    frame: pd.DataFrame
    target: Array | None
    extras: Mapping[str, Array]
    rows: NDArray[np.int64]
    why: str
    target_name: str = ""
    ids: Mapping[str, Array] = field(default_factory=dict)


def collect(contents: Sequence[Content], ledger: Ledger) -> list[Part]:
    """Find everything that belongs to a split, by configuration, names and shapes."""
    declared: list[Part] = []
    found: list[Part] = []
    for content in contents:
        if ledger.is_used(content.file.name):
            continue
        role = ledger.role_of(content.file.name)
        if role in ("train", "validation", "test"):
            declared.extend(_declared(content, ledger))
        elif role is None:
            found.extend(_found(content))
    settled = {part.role for part in declared}
    parts = declared + [part for part in found if part.role not in settled]
    return [_renamed(part, ledger.config.columns.oracle) for part in parts]


def _renamed(part: Part, oracle: str | None) -> Part:
    """An array that the configuration calls the oracle is neither target nor feature."""
    flat = isinstance(part.value, np.ndarray) and part.value.ndim == 1
    named = oracle is not None and oracle in (part.member, _own_name(part))
    return replace(part, kind="oracle") if flat and named and part.kind != "table" else part


def _own_name(part: Part) -> str:
    """Name of a part without its split: ``y_exact`` of ``y_exact_train.npy``."""
    return _bare(part.member or part.path.rsplit("/", 1)[-1].rsplit(".", 1)[0])


def _declared(content: Content, ledger: Ledger) -> list[Part]:
    path = content.file.name
    parts = []
    for role in ROLE_ORDER:
        paths = ledger.declared(role.value)
        if path not in paths:
            continue
        why = ledger.why_declared(role.value)
        frame = content.frame
        column = names.split_column(frame.columns) if frame is not None else None
        members = paths[path]
        if frame is not None and members:
            if column is None:
                step = f"Correct roles.{role.value}."
                ledger.fail(path, malformed("it has no split column", step))
                continue
            chosen = frame[column].astype(str).isin(members).to_numpy()
            parts.append(_rows_of(frame, column, chosen, role, path, why))
        elif frame is not None:
            parts.append(replace(_file_part(content, role, frame), why=why))
        else:
            wanted = {n: a for n, a in content.arrays.items() if not members or n in members}
            if len(wanted) == 1 and next(iter(wanted.values())).ndim > 1:
                ((name, array),) = wanted.items()
                parts.append(Part(role, "features", path, name, array, why))
                beside = _companions(name, array, content.arrays)
                parts += [Part(role, _kind(n), path, n, a, why) for n, a in beside.items()]
            else:
                parts.extend(replace(p, why=why) for p in _members(path, wanted, role))
    return parts


def _companions(member: str, features: Array, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Target, groups and ids that belong to declared features: ``y_dev`` beside ``X_dev``."""
    what = names.FEATURE_WORDS | names.TARGET_WORDS | names.GROUP_WORDS | names.ID_WORDS

    def rest(name: str) -> set[str]:
        more = {"exact", "oracle"} if _kind(name) == "oracle" else set()
        return set(names.words(name)) - what - more

    return {
        name: array
        for name, array in arrays.items()
        if name != member
        and _kind(name) in ("target", "groups", "ids", "oracle")
        and rest(name) == rest(member)
        and array.ndim > 0
        and len(array) == len(features)
    }


def _found(content: Content) -> list[Part]:
    path = content.file.name
    stem, folder = content.file.stem, (path.split("/")[-2] if "/" in path else "")
    if names.has_word(stem, names.NOT_A_SPLIT):
        return []
    role = names.split_role(stem)
    why = f"the file is called {stem!r}"
    if role is None and names.is_split_name(folder):
        role, why = names.split_role(folder), f"the folder is called {folder!r}"
    if content.frame is not None:
        column = _naming_column(content.frame)
        if column is not None:
            return _divided(content, column)
        flag = None if role is not None else _flag_column(content.frame)
        if flag is not None:
            return _flagged(content, *flag)
        if role is None:
            return []
        return [replace(_file_part(content, role, content.frame), why=why)]
    if len(content.arrays) == 1 and role is not None:
        return [replace(part, why=why) for part in _members(path, content.arrays, role)]
    parts: list[Part] = []
    by_member = {name: names.split_role(name) for name in content.arrays}
    for wanted in ROLE_ORDER:
        own = {n: content.arrays[n] for n, r in by_member.items() if r is wanted}
        parts.extend(_members(path, own, wanted))
    if not parts and role is not None:
        parts = [replace(part, why=why) for part in _members(path, content.arrays, role)]
    return parts


def _naming_column(frame: pd.DataFrame) -> str | None:
    """Split column whose every value names a split, train and at least one other."""
    column = names.split_column(frame.columns)
    if column is None or frame[column].dtype.kind in "fiub":
        return None
    values = frame[column].unique()
    if len(values) > 8:
        return None
    roles = [names.split_role(value) if isinstance(value, str) else None for value in values]
    return column if None not in roles and len(set(roles)) > 1 else None


def _flag_column(frame: pd.DataFrame) -> tuple[str, SplitRole] | None:
    """A column such as ``is_train`` that holds yes and no, and the split it speaks of."""
    found = []
    for name in frame.columns:
        parts = [word for word in names.words(name) if word not in ("is", "in", "set", "flag")]
        said = len(parts) == 1 and len(names.words(name)) > 1 and parts[0] in names.SPLIT_WORDS
        if said and set(frame[name].unique().tolist()) == {0, 1}:
            found.append((name, names.SPLIT_WORDS[parts[0]]))
    return found[0] if len(found) == 1 else None


def _flagged(content: Content, column: str, role: SplitRole) -> list[Part]:
    frame = content.frame
    assert frame is not None
    yes = frame[column].to_numpy().astype(bool)
    other = SplitRole.TEST if role is SplitRole.TRAIN else SplitRole.TRAIN
    why = f"the column {column!r} says so"
    return [
        _rows_of(frame, column, rows, part, content.file.name, why)
        for part, rows in ((role, yes), (other, ~yes))
    ]


def _divided(content: Content, column: str) -> list[Part]:
    frame = content.frame
    assert frame is not None
    roles = {value: names.split_role(value) for value in frame[column].unique()}
    assigned = frame[column].map(roles)
    parts = []
    for role in ROLE_ORDER:
        chosen = (assigned == role).to_numpy()
        if chosen.any():
            why = f"the column {column!r} says so"
            parts.append(_rows_of(frame, column, chosen, role, content.file.name, why))
    return parts


def _rows_of(
    frame: pd.DataFrame, column: str, chosen: Array, role: SplitRole, path: str, why: str
) -> Part:
    part = frame.loc[chosen].drop(columns=column).reset_index(drop=True)
    return Part(role, "table", path, "", part, why, np.flatnonzero(chosen))


def _file_part(content: Content, role: SplitRole, frame: pd.DataFrame) -> Part:
    path = content.file.name
    called = set(names.words(content.file.stem)) - set(names.SPLIT_WORDS)
    if names.is_oracle(_bare(content.file.stem)):
        own = [c for c in frame.columns if not _is_id(c, frame[c])]
        if len(own) == 1:
            return Part(role, "oracle", path, "", frame[own[0]].to_numpy(), "")
    if called.isdisjoint(names.TARGET_WORDS | names.GROUP_WORDS):
        return Part(role, "table", path, "", frame, "")
    informative = [c for c in frame.columns if not _is_id(c, frame[c])]
    if len(informative) <= 1 and called & names.TARGET_WORDS:
        value = frame[informative[0]].to_numpy() if informative else frame.iloc[:, 0].to_numpy()
        return Part(role, "target", path, "", value, "")
    if len(informative) == 1 and called & names.GROUP_WORDS:
        return Part(role, "groups", path, "", frame[informative[0]].to_numpy(), "")
    return Part(role, "table", path, "", frame, "")


def _members(path: str, arrays: Mapping[str, Array], role: SplitRole) -> list[Part]:
    kinds = {name: _kind(name) for name in arrays}
    unnamed: set[str] = set()
    if "features" not in kinds.values():
        loose = [n for n, kind in kinds.items() if kind == "extra" and arrays[n].ndim > 1]
        if len(loose) == 1:
            kinds[loose[0]] = "features"
            unnamed = set(loose)
        else:
            flat = {n: a for n, a in arrays.items() if a.ndim == 1}
            plain = [n for n in flat if kinds[n] != "names"]
            if len(plain) > 1 and len({len(flat[n]) for n in plain}) == 1:
                columns = pd.DataFrame({n: flat[n] for n in plain})
                return [Part(role, "table", path, "", columns, "members of equal length")]
    why = "members called " + ", ".join(repr(name) for name in sorted(arrays)[:4])
    return [
        Part(role, kinds[n], path, n, a, why, loose=n in unnamed) for n, a in sorted(arrays.items())
    ]


def _kind(member: str) -> str:
    rest = {word for word in names.words(member) if word not in names.SPLIT_WORDS}
    rest -= {"set", "split"}
    if names.is_oracle(_bare(member)):
        return "oracle"
    if rest & {"names", "columns"}:
        return "names"
    if rest & names.GROUP_WORDS:
        return "groups"
    if rest & names.ID_WORDS:
        return "ids"
    if rest & names.FEATURE_WORDS:
        return "features"
    if rest & names.TARGET_WORDS:
        return "target"
    return "extra"


def _is_id(name: str, column: pd.Series[Any]) -> bool:
    return names.is_always_id(name) or (names.is_sometimes_id(name) and column.is_unique)


def assemble(
    parts: Sequence[Part], ledger: Ledger
) -> tuple[dict[SplitRole, Draft], dict[SplitRole, LoadError]]:
    """Put the parts of each split together.

    Returns
    -------
    dict of SplitRole to Draft
        Usable splits.
    dict of SplitRole to LoadError
        Splits that are there and cannot be used (the problem is noted already).
    """
    drafts: dict[SplitRole, Draft] = {}
    failures: dict[SplitRole, LoadError] = {}
    for role in ROLE_ORDER:
        own = [part for part in parts if part.role is role]
        if not own:
            continue
        main = [part for part in own if part.kind in ("table", "features")]
        if len(main) > 1:
            # What is called features stands before an array that merely has the split's name.
            main = [part for part in main if part.kind == "table" or not part.loose] or main
        try:
            if _ambiguous(own, main, ledger, role):
                continue
            if not main:
                continue
            drafts[role] = _assemble(main[0], own, role)
        except LoadError as error:
            ledger.fail(main[0].path, error)
            failures[role] = error
            for path in {part.path for part in own}:
                ledger.recognise(path, f"{role.value} split", "cannot be used", main[0].why)
    return drafts, failures


def _ambiguous(own: list[Part], main: list[Part], ledger: Ledger, role: SplitRole) -> bool:
    for candidates in (main, [p for p in own if p.kind == "target"]):
        if len(candidates) > 1:
            labels = [part.label for part in candidates]
            shown = ", ".join(labels[:-1]) + " and " + labels[-1]
            reason = f"{shown} could each be the {role.value} split; none was used"
            step = f'Say which in audit.toml: roles.{role.value} = "{labels[0]}".'
            ledger.add(ProblemKind.AMBIGUOUS, candidates[0].path, reason, step)
            for part in candidates:
                ledger.recognise(part.path, "ambiguous", f"{role.value} split?", part.why)
            return True
    return False


def _assemble(main: Part, own: list[Part], role: SplitRole) -> Draft:
    by_kind = {kind: [p for p in own if p.kind == kind] for kind in ("names", "target", "groups")}
    if main.kind == "table":
        frame = main.value
    else:
        labels = by_kind["names"][0].value if by_kind["names"] else None
        frame = _frame_of(main, labels)
    n = len(frame)
    if n == 0:
        raise malformed(f"the {role.value} split has 0 rows", "Export the rows that were used.")
    target, target_name = None, ""
    if by_kind["target"]:
        part = by_kind["target"][0]
        target, target_name = part.value, part.member or part.path
        if target.ndim == 0 or len(target) != n:
            length = len(target) if target.ndim else 1
            raise malformed(
                f"{role.value}: {main.label} has {n:,} rows and {part.label} has {length:,}",
                "Export features and target of the same rows.",
            )
        if target.ndim == 2 and target.shape[1] == 1:
            target = target[:, 0]
    extras: dict[str, Array] = {}
    for part in own:
        if part.kind in ("groups", "ids", "extra"):
            array = part.value
            if array.ndim == 1 and len(array) == n:
                extras[_bare(part.member) or part.kind] = array
            elif part.kind == "groups":
                raise malformed(
                    f"{role.value}: {part.label} has {array.size:,} values for {n:,} rows",
                    "Export one group per row.",
                )
    for part in (part for part in own if part.kind == "oracle"):
        array = part.value[:, 0] if part.value.shape[1:] == (1,) else part.value
        if array.shape != (n,):
            raise malformed(
                f"{role.value}: {part.label} has {len(array) if array.ndim else 1:,} values for "
                f"{n:,} rows",
                "Export one exact label per row.",
            )
        extras[_own_name(part)] = array
    rows = main.rows if main.rows is not None else np.arange(n, dtype=np.int64)
    paths = {part.path: part.why for part in (*own, main)}
    return Draft(role, main.path, paths, frame, target, extras, rows, main.why, target_name)


def _bare(member: str) -> str:
    """Member name without its split: ``k_train`` is ``k``."""
    kept = [w for w in member.replace("-", "_").split("_") if w.lower() not in names.SPLIT_WORDS]
    return "_".join(kept)


def _frame_of(part: Part, labels: Array | None) -> pd.DataFrame:
    array = part.value
    if array.dtype.kind not in "biufSUM" or array.ndim == 0:
        raise malformed(
            f"{part.label} holds {array.dtype} values of shape {array.shape}, no rows of numbers",
            "Export a numeric array of shape (rows, columns).",
        )
    flat = array.reshape(len(array), -1) if array.ndim != 2 and len(array) else array
    if flat.ndim != 2:
        flat = flat.reshape(len(array), 0)
    if flat.dtype.kind in "SM":
        flat = flat.astype(str)
    width = flat.shape[1]
    columns = [f"f{i}" for i in range(width)]
    if labels is not None and labels.ndim == 1 and len(labels) == width:
        texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in labels]
        if len(set(texts)) == width:
            columns = texts
    return pd.DataFrame(flat, columns=pd.Index(columns, dtype=object), copy=False)
