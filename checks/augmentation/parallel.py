"""Numbers of copies that a sentence states side by side: ``3/2/1 copies for hard/medium/easy``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audit.model.groups import canonical_group

_WORDS = {"no": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_NUMBER = rf"(?:\d{{1,4}}|{'|'.join(_WORDS)})"
_SEPARATOR = r"\s?(?:/|,\s?(?:and\s)?|;\s?|\sand\s|\s?:\s?|\s?-\s?)\s?"
_NUMBERS = re.compile(
    rf"(?<![\w.,=/-]){_NUMBER}[x×]?(?:{_SEPARATOR}{_NUMBER}[x×]?){{1,7}}(?![\w.,%/-]\d|\w|\s?%)",
    re.I,
)
_COPY = re.compile(r"\b(?:copy|copies|duplicates?|variants?|repeats?)\b", re.I)
_OTHER = re.compile(
    r"\b(?:weight\w*|loss\w*|errors?|epochs?|rates?|batch\w*|seeds?|scores?|shares?|\w*mse|mae"
    r"|accuracy|folds?|times as|models?|files?|infinite)\b|%",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[\w)*`][.;!?])\s+")
_GROUP = r"\([^()]{1,40}\)|\b\w{1,20}\s?=\s?-?\w{1,20}(?:\s?,\s?\w{1,20}\s?=\s?-?\w{1,20}){0,4}"
_FILLER = (
    r"(?:\s(?:each|every|an?|the|groups?|tiers?|cases?|samples?|rows?|ones?|gets?|got|have|has"
    r"|with))"
)
MAX_SENTENCE = 600

Pair = tuple[tuple[str, ...], int, bool, str]  # groups, number, exact, words


def parallel(
    text: str,
    known: Mapping[str, tuple[str, ...]],
    tied: Callable[[str], tuple[str, ...]],
) -> list[Pair]:
    """At least two names with a number each, in one sentence about copies.

    Parameters
    ----------
    text : str
        Prose.
    known : mapping of str to tuple of str
        Names of tiers and of groups in lower case, to the groups that they stand for.
    tied : callable
        The groups that a text in brackets, or one such as ``k=4, m=2``, names.

    Returns
    -------
    list of (groups, number, exact, words)
        Empty where numbers and names cannot be told apart for certain.
    """
    out: list[Pair] = []
    for sentence in _SENTENCE.split(text[:4000]):
        if len(sentence) > MAX_SENTENCE or _OTHER.search(sentence):
            continue
        if _COPY.search(sentence):
            out += _lists(sentence, known) or _pairs(sentence, known, tied)
    return out


def _names(known: Mapping[str, tuple[str, ...]]) -> str:
    plain = [name for name in known if re.fullmatch(r"[\w -]{1,40}", name)]
    return "|".join(map(re.escape, sorted(plain, key=len, reverse=True)))


def _lists(sentence: str, known: Mapping[str, tuple[str, ...]]) -> list[Pair]:
    """One list of numbers and one list of names, equally long."""
    names = _names(known)
    if not names:
        return []
    listed = re.compile(
        rf"(?<!\w)(?:{names})(?:{_SEPARATOR}(?:{names})){{1,7}}(?!\w)", re.IGNORECASE
    )
    named, numbers = list(listed.finditer(sentence)), list(_NUMBERS.finditer(sentence))
    if len(named) != 1 or len(numbers) != 1:
        return []
    who = re.findall(rf"(?<!\w)(?:{names})(?!\w)", named[0][0], re.IGNORECASE)
    many = re.findall(_NUMBER, numbers[0][0], re.IGNORECASE)
    if len(who) != len(many) or len({name.casefold() for name in who}) != len(who):
        return []
    words = f"{numbers[0][0]} for {named[0][0]}"
    return [
        (known[name.casefold()], _value(number), False, words)
        for name, number in zip(who, many, strict=True)
    ]


def _pairs(
    sentence: str, known: Mapping[str, tuple[str, ...]], tied: Callable[[str], tuple[str, ...]]
) -> list[Pair]:
    """``hard 3, medium 2``, ``hard=3``, ``3 copies per hard sample, 2 per medium``."""
    names = _names(known)
    name = rf"(?P<name>{names + '|' if names else ''}{_GROUP})"
    number = rf"(?P<plus>\+)?(?<![\w.,])(?P<number>{_NUMBER})(?![\w.,%]\d|[\w%])"
    adjective = r"(?:\s?[x×]|\s(?:cop(?:y|ies)|augmented|noisy|synthetic|extra|additional|more))*"
    stop = rf"and\b|or\b|{names}" if names else r"and\b|or\b"
    words = rf"(?:\s(?!{stop})[a-z]{{1,15}}){{0,3}}"  # "travel claims get 2"
    after = re.compile(
        rf"{number}{adjective}\s(?:per|for|of|in|to){_FILLER}{{0,2}}\s{name}(?!\w)", re.IGNORECASE
    )
    before = re.compile(
        rf"(?<!\w){name}(?!\w){words}(?:\s?[:=→]\s?|\s?[x×]|\s?\(?){number}", re.IGNORECASE
    )
    for pattern in (after, before):
        found = {
            groups: (groups, _value(match["number"]), bool(match["plus"]), match[0].strip())
            for match in pattern.finditer(sentence)
            if (groups := known.get(match["name"].casefold()) or tied(match["name"]))
        }
        if len(found) > 1:
            return list(found.values())
    return []


def _value(text: str) -> int:
    return _WORDS[text.casefold()] if text.casefold() in _WORDS else int(text)


def names_of(keys: list[str], tiers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Names of tiers and one-word groups, to their groups."""
    known: dict[str, tuple[str, ...]] = {}
    for key, tier in tiers.items():
        name = tier.casefold()
        known[name] = (*known.get(name, ()), key)
    for key in keys:
        if re.fullmatch(r"[a-z][\w -]*", key) and canonical_group(key) == key:
            known.setdefault(key.casefold(), (key,))
    return known
