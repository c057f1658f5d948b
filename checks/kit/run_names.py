"""Numbered runs that texts and labels name, each in one spelling: ``run7`` and ``Run 07``."""

from __future__ import annotations

import re

_GAP = r"(?:\s?#\s?|[\s_-])?"
_START, _END = r"(?<![^\W_])", r"(?![^\W_])"  # an underscore joins words: my_run_7_metrics
_RUN = re.compile(
    rf"{_START}(run|version|experiment|exp|model|fold|round){_GAP}(?:v)?([0-9]{{1,9}}){_END}", re.I
)
RUN = re.compile(
    rf"{_START}(run|experiment|exp|version|trial){_GAP}([0-9]{{1,4}}[a-z]?){_END}"
    rf"|{_START}(v)([0-9]{{1,3}}){_END}",
    re.I,
)
_WHOLE = frozenset({"run", "experiment", "trial", "version", "v"})  # a model or a fold is a part


def runs_named(text: str) -> set[str]:
    """Numbered runs, models or folds that a text names, in one spelling.

    Examples
    --------
    >>> sorted(runs_named("run7 against Run 6, run_06 and RUN-12"))
    ['run 12', 'run 6', 'run 7']
    """
    return {_spelled(word, number) for word, number in _RUN.findall(text)}


def runs_in(text: str) -> frozenset[str]:
    """Numbered runs that a text names, ``v2`` and letters included, but no models and folds.

    Examples
    --------
    >>> sorted(runs_in("Run 6b of model 3, v2"))
    ['run 6b', 'v 2']
    """
    return frozenset(
        _spelled(word or short, number or digits)
        for word, number, short, digits in RUN.findall(text)
    )


def kind_of(name: str) -> str:
    """The word of a name: ``"run"``."""
    return name.partition(" ")[0]


def names_whole_runs(names: frozenset[str] | set[str]) -> bool:
    """Whether one of the names is of a run rather than of one of its models or folds."""
    return any(kind_of(name) in _WHOLE for name in names)


def _spelled(word: str, number: str) -> str:
    word = word.casefold()
    word = "experiment" if word == "exp" else word
    digits = number.casefold().lstrip("0")
    return f"{word} {digits if digits[:1].isdigit() else '0' + digits}"
