"""Which columns of the splits are features, which is the target, and which are row ids."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from audit.config import Config
from audit.load import names
from audit.load.ledger import Ledger
from audit.load.problems import LoadError, malformed
from audit.load.splits import Draft
from audit.model.artifacts import Array, ProblemKind, SplitRole


def settle(
    drafts: Mapping[SplitRole, Draft],
    truths: Sequence[tuple[SplitRole | None, Array]],
    in_code: Collection[str],
    ledger: Ledger,
) -> tuple[dict[SplitRole, Draft], dict[SplitRole, LoadError]]:
    """Take target and row ids out of the columns, and bring the features into one order.

    Parameters
    ----------
    drafts : mapping
        The splits as assembled.
    truths : sequence of (SplitRole or None, ndarray)
        ``y_true`` of each table of predictions: a column that equals it is the target.
    in_code : collection of str
        What the code calls the target.
    ledger : Ledger
        Takes the problems.

    Returns
    -------
    dict of SplitRole to Draft
        Usable splits; ``frame`` holds features only.
    dict of SplitRole to LoadError
        Splits whose columns do not fit the training split.
    """
    settled = dict(drafts)
    target = _target(settled, truths, in_code, ledger)
    ids = _id_columns(settled)
    ignored = set(ledger.config.columns.ignore)
    _unmatched(ignored, settled, ledger)
    failures: dict[SplitRole, LoadError] = {}
    for role, draft in drafts.items():
        frame = draft.frame
        values, label = draft.target, draft.target_name
        if target is not None and values is None and target in frame.columns:
            values, label = frame[target].to_numpy(), target
        elif target is not None and values is None:
            ledger.add(
                ProblemKind.SKIPPED,
                draft.path,
                f"the {role.value} split has no target (column {target!r})",
                "Export the target as well, if it is known.",
            )
        dropped = [
            name for name in frame.columns if name in ids or name in ignored or name == target
        ]
        kept = {name: frame[name].to_numpy() for name in ids if name in frame.columns}
        kept |= {
            name: array
            for name, array in draft.extras.items()
            if names.is_always_id(name) or names.has_word(name, names.ID_WORDS)
        }
        settled[role] = replace(
            draft,
            frame=frame.drop(columns=dropped) if dropped else frame,
            target=values,
            target_name=label,
            ids={names.normal(name): array for name, array in kept.items()},
        )
    train = settled.get(SplitRole.TRAIN)
    for role in [role for role in settled if train is not None and role is not SplitRole.TRAIN]:
        try:
            settled[role] = _aligned(settled[role], settled[SplitRole.TRAIN])
        except LoadError as error:
            ledger.fail(settled[role].path, error)
            failures[role] = error
            for path, why in settled[role].paths.items():
                ledger.recognise(path, f"{role.value} split", "cannot be used", why)
            del settled[role]
    return settled, failures


def _unmatched(ignored: Collection[str], drafts: Mapping[SplitRole, Draft], ledger: Ledger) -> None:
    """Say so when a column that is to be ignored is in no split: it may be misspelt."""
    there = {str(name) for draft in drafts.values() for name in (*draft.frame, *draft.extras)}
    for name in sorted(set(ignored) - there) if drafts else ():
        near = difflib.get_close_matches(name, there, n=1)
        ledger.add(
            ProblemKind.SKIPPED,
            next(iter(drafts.values())).path,
            f"there is no column {name!r} in the splits, as columns.ignore names it",
            f"Correct columns.ignore{f'; did you mean {near[0]!r}?' if near else '.'}",
        )


def _aligned(draft: Draft, train: Draft) -> Draft:
    wanted, own = list(train.frame.columns), list(draft.frame.columns)
    if wanted == own:
        return draft
    beside = {
        name: draft.extras[name] for name in wanted if name not in own and name in draft.extras
    }
    if beside:
        # A column of the training table may be an array of its own in an archive.
        draft = replace(draft, frame=draft.frame.assign(**beside))
        own = list(draft.frame.columns)
    missing = [name for name in wanted if name not in set(own)]
    surplus = [name for name in own if name not in set(wanted)]
    if missing or surplus:
        parts = [
            f"{word} {', '.join(repr(n) for n in some[:4])}{' …' if len(some) > 4 else ''}"
            for word, some in (("lacks", missing), ("adds", surplus))
            if some
        ]
        raise malformed(
            f"the {draft.role.value} split {' and '.join(parts)} compared with {train.path}",
            "Export the same columns for every split, or list the others in columns.ignore.",
        )
    return replace(draft, frame=draft.frame[wanted])


def _target(
    drafts: Mapping[SplitRole, Draft],
    truths: Sequence[tuple[SplitRole | None, Array]],
    in_code: Collection[str],
    ledger: Ledger,
) -> str | None:
    tables = {role: draft for role, draft in drafts.items() if draft.target is None}
    if not tables:
        return None
    # Drafts are in the order train, validation, test: a held-out split may lack the target.
    first = tables[next(iter(tables))]
    paths, shared = first.path, list(first.frame.columns)
    declared = ledger.config.columns.target
    if declared is not None:
        if declared in shared:
            return declared
        ledger.add(
            ProblemKind.MALFORMED,
            paths,
            f"there is no column {declared!r} in it",
            "Correct columns.target in audit.toml.",
        )
        return None
    if len(tables) != len(drafts):
        return None
    called = [name for name in shared if names.target_columns([name])]
    found = names.target_columns(
        [name for name in called if first.frame[name].nunique(dropna=False) > 1]
    )
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        ledger.add(
            ProblemKind.AMBIGUOUS,
            paths,
            f"{' and '.join(repr(n) for n in found)} could each be the target; none was used",
            f'Say which in audit.toml: columns.target = "{found[0]}".',
        )
        return None
    equal = [name for name in shared if _is_truth(name, tables, truths)]
    if len(equal) == 1:
        return equal[0]
    named = [name for name in shared if name in in_code]
    if len(named) == 1:
        return named[0]
    lacking = _withheld(shared, tables)
    if lacking is not None:
        return lacking
    constant = names.target_columns(called)
    if len(constant) == 1:
        return constant[0]
    ledger.add(
        ProblemKind.SKIPPED,
        paths,
        "no target was found in the splits: no column is called y, target, label, class or "
        "outcome, none equals y_true of the predictions, and the code calls none so; checks that "
        "need it are left out",
        'Say which it is in audit.toml: columns.target = "…".',
    )
    return None


def finds_target(
    drafts: Mapping[SplitRole, Draft],
    truths: Sequence[tuple[SplitRole | None, Array]],
    in_code: Collection[str],
    config: Config,
) -> bool:
    """Whether the splits have a target, or several columns that could be it."""
    attempt = Ledger(config)
    if all(draft.target is not None for draft in drafts.values()):
        return True
    found = _target(drafts, truths, in_code, attempt)
    return found is not None or any(p.kind is ProblemKind.AMBIGUOUS for p in attempt.problems)


def _withheld(shared: Sequence[str], tables: Mapping[SplitRole, Draft]) -> str | None:
    """The one column of train that a held-out split lacks, as test sets often lack the target."""
    for role, draft in tables.items():
        own = set(draft.frame.columns)
        lacking = [name for name in shared if name not in own]
        if role is not SplitRole.TRAIN and len(lacking) == 1 and own <= set(shared):
            return lacking[0]
    return None


def _is_truth(
    name: str,
    tables: Mapping[SplitRole, Draft],
    truths: Sequence[tuple[SplitRole | None, Array]],
) -> bool:
    for role, truth in truths:
        for draft in tables.values():
            if draft.role is SplitRole.TRAIN or (role is not None and draft.role is not role):
                continue
            if name in draft.frame.columns and same_values(draft.frame[name].to_numpy(), truth):
                return True
    return False


def same_values(left: Array, right: Array) -> bool:
    """Whether two columns hold equal values in the same order; NaN equals NaN.

    Both may have been through single precision; anything further apart is different.
    """
    if left.shape != right.shape or left.ndim != 1:
        return False
    if left.dtype.kind in "biuf" and right.dtype.kind in "biuf":
        tolerance = 1e-6 if "f" in (left.dtype.kind, right.dtype.kind) else 0.0
        with np.errstate(invalid="ignore", over="ignore"):
            return bool(
                np.allclose(
                    left.astype(float), right.astype(float), rtol=tolerance, atol=0, equal_nan=True
                )
            )
    return bool((pd.Series(left).astype(str) == pd.Series(right).astype(str)).all())


def _id_columns(drafts: Mapping[SplitRole, Draft]) -> set[str]:
    every = dict.fromkeys(name for draft in drafts.values() for name in draft.frame.columns)
    found = {name for name in every if names.is_always_id(name)}
    for name in (name for name in every if name not in found and names.is_sometimes_id(name)):
        # An id that comes back in one of the splits names an entity, not a row.
        columns = (d.frame[name] for d in drafts.values() if name in d.frame.columns)
        if all(column.is_unique for column in columns):
            found.add(name)
    return found
