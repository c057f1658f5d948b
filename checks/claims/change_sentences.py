"""Changes in sentences: ``0.181, 51.5 % better than 0.374``, ``from 0.48 to 0.181 (62 %)``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.claims.change_readings import (
    Change,
    Unit,
    describe,
    fits,
    nearest,
    parse_change,
    parse_value,
)
from checks.claims.judged import CONSISTENT, WRONG, Judged
from checks.kit.intervals import Interval, Written

MAX_SENTENCE = 600  # characters

_N = (
    r"(?:~\s?|≈\s?)?[-+−]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?:[eE]-?[0-9]{1,2})?[kKM]?"
)
_UNIT = r"(?:\s?%|\s?(?:ms|s|GB|MB|points?|pp)(?![A-Za-z]))?"
_VALUE = rf"(?<![\w.,/–-]){_N}{_UNIT}(?![\w]|[.,][0-9])"
_SIZE = r"[-+−]?[0-9][0-9,]*(?:\.[0-9]+)?"
_CHANGE = rf"(?:{_SIZE}\s?(?:%(?!-?\s?point)|percent\b|[x×](?![A-Za-z0-9])|-?fold\b|times\b)|{_SIZE}\s?(?:pp\b|pts?\b|(?:percentage |%-?\s?)?points?\b))"
_BETTER = (
    r"(?:better|worse|lower|higher|smaller|larger|faster|slower|less|more|fewer|greater|above|below"
    r"|shorter|longer|cheaper)"
)
_FROM_TO = re.compile(
    rf"\bfrom\s(?:[a-z][a-z ]{{0,30}}\s)?(?P<old>{_VALUE})(?:\s[A-Za-z][\w-]*)?"
    rf"\s(?:down\s|up\s)?to\s(?:[a-z][a-z ]{{0,30}}\s)?(?P<new>{_VALUE})",
    re.IGNORECASE,
)
_ARROW = re.compile(rf"(?P<old>{_VALUE})\s?(?:→|->|⟶|➜|-->)\s?(?P<new>{_VALUE})")
_THAN = re.compile(
    rf"(?P<new>{_VALUE})(?:,\s|\s\(|\sis\s|,\swhich is\s|\s[-–—]\s)(?P<change>{_CHANGE})\s{_BETTER}\s"
    rf"than\s(?:the\s|our\s|a\s|an\s)?(?:[A-Za-z][\w-]*\s(?:\w+\s)?(?:of\s|at\s)?)?\(?(?P<old>{_VALUE})",
    re.IGNORECASE,
)
_BY = re.compile(
    rf"\b(?:by|of|an?|\()\s?(?:about\s|roughly\s|approximately\s|~\s?)?(?P<change>{_CHANGE})"
    rf"|(?P<before>{_CHANGE})\s(?:{_BETTER}|(?:relative |absolute )?(?:improvement|increase|reduction"
    r"|decrease|drop|gain|speed-?up|growth))",
    re.IGNORECASE,
)
_IN_PARENTHESES = re.compile(rf"^\s?(?:[A-Za-z%]+\s)?\((?P<change>{_CHANGE})[^()]{{0,40}}\)", re.I)
_PAIR_IN_PARENTHESES = re.compile(
    rf"(?P<change>{_CHANGE})\s(?:[a-z]+\s){{0,2}}\((?:from\s)?(?P<old>{_VALUE})"
    rf"\s?(?:to|→|->)\s?(?P<new>{_VALUE})[^()]{{0,30}}\)",
    re.IGNORECASE,
)
_WORDS = {
    "halved": (0.4, 0.6),
    "doubled": (1.7, 2.4),
    "tripled": (2.6, 3.4),
    "quadrupled": (3.5, 4.5),
}
_WORD = re.compile(rf"\b(?P<word>{'|'.join(_WORDS)})\b", re.IGNORECASE)
_HEDGED = re.compile(
    r"\b(?:more than|over|at least|less than|up to|almost|nearly|under|as much as|at most|another"
    r"|further|additional|would|should|could|might|if|e\.g|example|hypothetical\w*|expected?"
    r"|per|each|every|yearly|annual\w*|cagr|confidence|interval|range[sd]?|between|p-value"
    r"|epochs?|relative to|compared (?:to|with)|remaining|respectively)\b|[<>≥≤±]",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=[A-Z0-9(*])|\s[–—]\s")
_TRAIN = re.compile(r"\btrain(?:ing)?\b", re.IGNORECASE)
_HELD_OUT = re.compile(r"\bval(?:id(?:ation)?)?\b|\btest\b|\bdev\b|\bhold-?out\b", re.IGNORECASE)
_GAP = re.compile(r"\b(?:gap|difference|diff)\b|[Δ∆]", re.IGNORECASE)
_ITEM = re.compile(
    r"^\s*(?:[-*+•|]\s*)?(?P<label>[A-Za-z][^:=|0-9]{0,60}(?:[0-9][A-Za-z-][^:=|]{0,40})?)\s*[:=|]\s*"
    rf"(?P<value>{_N}\s?%?)(?=[\s|,;(]|\.?$)"
)


@dataclass(frozen=True, slots=True)
class _Claim:
    old: Written
    new: Written
    change: Change
    text: str


def changes_in_lines(lines: Sequence[tuple[int, str]]) -> list[Judged]:
    """Judge the changes that sentences state.

    Parameters
    ----------
    lines : sequence of (int, str)
        Plain lines with their numbers.
    """
    found: list[Judged] = []
    for number, line in lines:
        if len(line) > 20 * MAX_SENTENCE or not any(map(str.isdigit, line)) or line.count("|") > 1:
            continue
        for sentence in _SENTENCE.split(line):
            if len(sentence) <= MAX_SENTENCE:
                found += [_judge(claim, number) for claim in _claims(sentence)]
                found += _words(sentence, number)
    return found + _gaps(lines)


def _claims(sentence: str) -> Iterator[_Claim]:
    if match := _THAN.search(sentence):
        if not _HEDGED.search(sentence[: match.end()]) and (c := _claim(match, match["change"])):
            yield c
        return
    if _HEDGED.search(sentence):
        return
    if match := _PAIR_IN_PARENTHESES.search(sentence):
        if c := _claim(match, match["change"]):
            yield c
        return
    pairs = [*_FROM_TO.finditer(sentence), *_ARROW.finditer(sentence)]
    if len(pairs) != 1:
        return
    (pair,) = pairs
    rest = f"{sentence[: pair.start()]} … {sentence[pair.end() :]}"
    if match := _IN_PARENTHESES.match(sentence[pair.end() :]):
        stated = [match["change"]]
    else:
        stated = [m["change"] or m["before"] for m in _BY.finditer(rest)]
    # other numbers in the sentence may be what is meant
    if len(stated) == 1 and (c := _claim(pair, stated[0])):
        yield c


def _claim(match: re.Match[str], stated: str) -> _Claim | None:
    old, new = _value(match["old"]), _value(match["new"])
    change = parse_change(re.sub(r"\stimes$", "x", stated, flags=re.IGNORECASE))
    if old is None or new is None or change is None or not old.value or not new.value:
        return None
    if change.unit is Unit.FACTOR and (old.percent != new.percent):
        return None
    start, end = max(0, match.start() - 40), match.end() + 40
    return _Claim(old, new, change, " ".join(match.string[start:end].split()))


def _value(text: str) -> Written | None:
    return parse_value(re.sub(r"\s?(?:ms|s|GB|MB|points?|pp)$", "", text.strip()))


def _judge(claim: _Claim, line: int) -> Judged:
    reading = fits(claim.change, claim.old, claim.new)
    if reading is not None:
        method = describe(reading)
        return Judged(line, claim.text, CONSISTENT, method, claim.change.value)
    expected, method = nearest(claim.change, claim.old, claim.new)
    label = re.sub(r"[0-9][0-9.,%]*", "#", claim.text)
    return Judged(line, claim.text, WRONG, method, claim.change.value, expected, label)


def _words(sentence: str, line: int) -> list[Judged]:
    """``halved from 0.40 to 0.21``."""
    word, pairs = _WORD.search(sentence), list(_FROM_TO.finditer(sentence))
    if word is None or len(pairs) != 1 or _HEDGED.search(sentence) or _BY.search(sentence):
        return []
    old, new = _value(pairs[0]["old"]), _value(pairs[0]["new"])
    between = sentence[min(word.end(), pairs[0].end()) : max(word.start(), pairs[0].start())]
    if old is None or new is None or not old.value or len(between) > 40:
        return []
    ratio = new.interval / old.interval
    method = f"{new.text} / {old.text} = {new.value / old.value:.4g}"
    right = ratio.overlaps(Interval(*_WORDS[word["word"].casefold()]))
    verdict = CONSISTENT if right else WRONG
    return [
        Judged(
            line,
            sentence.strip()[:160],
            verdict,
            method,
            new.value / old.value,
            None,
            re.sub(r"[0-9][0-9.,%]*", "#", sentence.strip()[:160]),
            certain=False,
        )
    ]


def _gaps(lines: Sequence[tuple[int, str]]) -> list[Judged]:
    """A gap that is listed below the two numbers that it is the difference of."""
    found: list[Judged] = []
    block: list[tuple[int, str, str]] = []
    for number, line in [*lines, (0, "")]:
        item = _ITEM.match(line[:200])
        if item is not None:
            block.append((number, item["label"].strip(), item["value"]))
        elif block and not re.fullmatch(r"[\s|:-]*", line):
            found += _gaps_of(block)
            block = []
        elif block and not line.strip():
            found += _gaps_of(block)
            block = []
    return found + _gaps_of(block)


def _gaps_of(block: Sequence[tuple[int, str, str]]) -> list[Judged]:
    gaps = [each for each in block if _GAP.search(each[1])]
    values = [each for each in block if each not in gaps]
    train = [v for _, label, text in values if _TRAIN.search(label) and (v := parse_value(text))]
    held = [v for _, label, text in values if _HELD_OUT.search(label) and (v := parse_value(text))]
    if len(gaps) != 1 or len(train) != 1 or not held or len(held) > 3:
        return []
    line, label, text = gaps[0]
    change = parse_change(text)
    if change is None:
        return []
    pairs = [(train[0], other) for other in held]
    if len(held) > 1:
        pairs += [(held[0], other) for other in held[1:]]
    quoted = f"{label}: {text}"
    for old, new in pairs:
        if reading := fits(change, old, new):
            return [Judged(line, quoted, CONSISTENT, describe(reading), change.value)]
    expected, method = nearest(change, train[0], held[0])
    return [Judged(line, quoted, WRONG, method, change.value, expected, label)]
