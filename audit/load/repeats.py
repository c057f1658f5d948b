"""Files of an experiment that was run several times: folds of a cross-validation, seeds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from audit.load.ledger import Ledger
from audit.load.tables import Content
from audit.model.artifacts import ProblemKind

# A number after one of these words tells repetitions of the same thing apart.
_NUMBERED = re.compile(
    r"(?i)(?<![a-z])(k?fold|seed|cv|repeat|repetition|replicate|rep|trial|bootstrap)"
    r"([\s_=-]*)(\d{1,9})"
)


def first_of_repeats(
    contents: Sequence[Content], ledger: Ledger
) -> tuple[list[Content], dict[str, tuple[str, ...]]]:
    """Keep one of the files that differ only in the number of a fold or seed.

    Folds are not merged: a row is training data in one and held out in the next.

    Parameters
    ----------
    contents : sequence of Content
        All files of data.
    ledger : Ledger
        A file that the configuration gives a role is kept.

    Returns
    -------
    list of Content
        The files to look for roles in: of each series, those with the lowest number.
    dict of str to tuple of str
        Path of the file that was kept to the paths that it stands for.
    """
    series: dict[str, list[tuple[tuple[int, ...], Content]]] = {}
    for content in contents:
        path = content.file.name
        numbers = tuple(int(match[3]) for match in _NUMBERED.finditer(path))
        if numbers and ledger.role_of(path) is None:
            key = _NUMBERED.sub(r"\1\2#", PurePosixPath(path).with_suffix("").as_posix())
            series.setdefault(key, []).append((numbers, content))
    dropped: set[str] = set()
    repeats: dict[str, tuple[str, ...]] = {}
    for members in series.values():
        members.sort(key=lambda member: (member[0], member[1].file.name))
        others = [c.file.name for numbers, c in members if numbers != members[0][0]]
        if others:
            repeats[members[0][1].file.name] = tuple(others)
            dropped.update(others)
    return [content for content in contents if content.file.name not in dropped], repeats


def note_repeats(repeats: Mapping[str, tuple[str, ...]], ledger: Ledger) -> None:
    """Say which files another one stands for, where that one has a role."""
    for first, others in repeats.items():
        if not ledger.is_used(first):
            continue
        for path in others:
            ledger.recognise(path, "repetition", "not used", f"{first} stands for it")
        more = f" and {len(others) - 4} more" if len(others) > 4 else ""
        ledger.add(
            ProblemKind.SKIPPED,
            first,
            f"it stands for its repetitions {', '.join(others[:4])}{more}, which were not audited",
            "Audit the other folds or seeds as exports of their own, or declare them as roles in "
            "audit.toml.",
        )
