"""Changes in sentences: ``0.181, 51.5 % better than 0.374``, ``from 0.48 to 0.181 (62 %)``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.model.artifacts import Document
from checks.claims.change_readings import (
    Change,
    Unit,
    about_scores,
    describe,
    fits,
    nearest,
    parse_change,
    parse_value,
)
from checks.claims.judged import CONSISTENT, WRONG, Judged
from checks.kit.intervals import Interval, Written
from checks.kit.written_sentences import Sentence, sentences

_N = (
    r"(?:~\s?|≈\s?)?[-+−]?(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?:[eE]-?[0-9]{1,2})?[kKM]?"
)
_UNIT = r"(?:\s?%|\s?(?:ms|s|GB|MB|points?|pp)(?![A-Za-z]))?"
_VALUE = rf"(?<![\w.,/–-]){_N}{_UNIT}(?![\w]|[.,][0-9])"
# Bounded, because a search starts anew at every digit of a long number.
_SIZE = r"[-+−]?[0-9][0-9,]{0,20}(?:\.[0-9]{1,20})?"
_CHANGE = (
    rf"(?:{_SIZE}\s?(?:%(?!-?\s?point)|percent\b|[x×](?![A-Za-z0-9])|-?fold\b|times\b)"
    rf"|{_SIZE}\s?(?:pp\b|pts?\b|(?:percentage |%-?\s?)?points?\b))"
)
_BETTER = (
    r"(?:better|worse|lower|higher|smaller|larger|faster|slower|less|more|fewer|greater|above|below"
    r"|shorter|longer|cheaper)"
)
_LEAD = r"(?:(?:an?|the|about|roughly|around|approximately|originally|initial|baseline)\s){0,2}"
_FROM_TO = re.compile(
    rf"\bfrom\s{_LEAD}(?P<old>{_VALUE})(?:\s[A-Za-z][\w-]*)?"
    rf"\s(?:down\s|up\s)?to\s{_LEAD}(?P<new>{_VALUE})",
    re.IGNORECASE,
)
_ARROW = re.compile(rf"(?P<old>{_VALUE})\s?(?:→|->|⟶|➜|-->)\s?(?P<new>{_VALUE})")
_THAN = re.compile(
    rf"(?P<new>{_VALUE})(?:,\s|\s\(|\sis\s|,\swhich is\s|\s[-–—]\s)"
    rf"(?P<change>{_CHANGE})\s{_BETTER}\s"
    rf"than\s(?:the\s|our\s|a\s|an\s)?(?:[A-Za-z][\w-]*\s(?:\w+\s)?(?:of\s|at\s)?)?\(?(?P<old>{_VALUE})",
    re.IGNORECASE,
)
_KIND = (
    rf"(?:{_BETTER}|(?:relative |absolute )?(?:improvement|increase|reduction|decrease|drop|gain"
    r"|speed-?up|growth|change))"
)
_ABOUT = r"(?:about\s|roughly\s|around\s|approximately\s|~\s?|≈\s?)?"
# directly behind the two numbers: "(+3.2 points)", ", a 39 % reduction"
_BEHIND = re.compile(
    rf"^(?:\s[A-Za-z%][\w%/-]*){{0,2}}(?:\s?[,(:;=–—]|\s-)\s?"
    rf"(?:i\.e\.,?\s|or\s|that is,?\s|which is\s)?(?:by\s|an?\s)?(?:{_KIND}\sof\s)?"
    rf"{_ABOUT}(?P<change>{_CHANGE})"
    rf"(?=\s?(?:\)|[.;!,]|$|{_KIND}\b|relative\b|absolute\b))",
    re.IGNORECASE,
)
# directly before them: "by 39 % from", "a 26x increase from"
_AHEAD = re.compile(
    rf"\b(?:by|an?|of)\s{_ABOUT}(?P<change>{_CHANGE})"
    rf"(?:,|\s{_KIND}(?:\s(?:in|of)(?:\s[a-z-]+){{1,3}})?)?\s?$",
    re.IGNORECASE,
)
# what the two numbers may be values of, and what they would be settings of
MEASURE = re.compile(
    r"\b(?:accuracy|errors?|loss(?:es)?|(?:log2?[- ]?)?r?mse|mae|mape|rmsle|auc|auroc|f1|recall"
    r"|precision|r2|scores?|time|latency|memory|throughput|samples|rows|records|images|cost|revenue"
    r"|rate|size|metric|gap|improv\w+|reduc\w+|augment\w+|increase[ds]?|decrease[ds]?|fell|rose"
    r"|faster|slower|better|worse)\b|R²",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"\b(?:depth|estimators|trees|batch|learning rate|lr|dropout|layers?|units|neurons|threshold"
    r"|folds?|window|steps?|going|moving|switching|changing|raising|lowering|increasing|decreasing"
    r"|using|parameters?|hyper\w*|k|seeds?|temperature|alpha|beta|gamma|lambda|classes|features"
    r"|heads|dims?|dimensions?|aged?|years|weeks|months|days|hours|o'clock|am|pm|pages?|chapters?"
    r"|versions?)\b",
    re.IGNORECASE,
)
# "120 MB, was 160 MB (25 % smaller)"
_WAS = re.compile(
    rf"(?P<new>{_VALUE})(?:,\s|\s\()(?:it\s)?(?:was|previously|formerly|down from|up from)\s{_LEAD}"
    rf"(?P<old>{_VALUE})\)?\s?[,(]\s?{_ABOUT}(?P<change>{_CHANGE})\s{_BETTER}\b",
    re.IGNORECASE,
)
# what comes to a share of the old value is not "down 60 %"
_DIRECTED = re.compile(
    rf"(?:\b(?:down|up|by|{_BETTER}|reduc\w*|increas\w*|decreas\w*|lower\w*)\s{_ABOUT}$)", re.I
)
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
    r"|epochs?|relative to|compared (?:to|with)|remaining|respectively)\b|<(?!-)|(?<![-=])>|[≥≤±]",
    re.IGNORECASE,
)
_TRAIN = re.compile(r"\btrain(?:ing)?\b", re.IGNORECASE)
_HELD_OUT = re.compile(r"\bval(?:id(?:ation)?)?\b|\btest\b|\bdev\b|\bhold-?out\b", re.IGNORECASE)
_GAP = re.compile(r"\b(?:gap|difference|diff)\b|[Δ∆]", re.IGNORECASE)
_ITEM = re.compile(
    r"^\s*(?:[-*+•|]\s*)?(?P<label>[A-Za-z][^:=|0-9]{0,60}(?:[0-9][A-Za-z-][^:=|]{0,40})?)\s*[:=|]\s*"
    rf"(?P<value>{_N}\s?%?)(?=[\s|,;(]|\.?$)"
)
# "val loss 0.371, train loss 0.342, gap 0.029" in one line
_BESIDE = re.compile(
    rf"\b(?P<label>(?:train(?:ing)?|val(?:idation)?|test|gap|difference)(?:\s[A-Za-z][\w-]{{0,12}})?)"
    rf"(?:\s?[:=]\s?|\s(?:of|is)\s|\s)(?P<value>{_N}\s?%?)(?=[\s,;.)]|$)(?!\.[0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Claim:
    old: Written
    new: Written
    change: Change
    text: str
    position: int
    directed: bool


def changes_in_sentences(document: Document) -> list[Judged]:
    """Judge the changes that the sentences of a document state."""
    found: list[Judged] = []
    for sentence in sentences(document):
        if any(map(str.isdigit, sentence.text)):
            found += [_judge(claim, sentence) for claim in _claims(sentence.text)]
            found += _words(sentence)
    return found


def _claims(sentence: str) -> Iterator[_Claim]:
    if match := _THAN.search(sentence) or _WAS.search(sentence):
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
    if len(pairs) != 1 or _SETTING.search(sentence) or not MEASURE.search(sentence):
        return
    (pair,) = pairs
    if _is_year(pair["old"]) and _is_year(pair["new"]):
        return
    behind = _BEHIND.match(sentence[pair.end() :])
    ahead = _AHEAD.search(sentence[: pair.start()])
    stated = behind or ahead
    # two changes may be relative and absolute, or of two things
    if stated is not None and not (behind and ahead) and (c := _claim(pair, stated["change"])):
        yield c


def _is_year(text: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)[0-9]{2}", text))


def _claim(match: re.Match[str], stated: str) -> _Claim | None:
    old, new = _value(match["old"]), _value(match["new"])
    change = parse_change(re.sub(r"\stimes$", "x", stated, flags=re.IGNORECASE))
    if old is None or new is None or change is None or not old.value or not new.value:
        return None
    if change.unit is Unit.FACTOR and (old.percent != new.percent):
        return None
    start, end = max(0, match.start() - 60), match.end() + 60
    quoted = " ".join(match.string[start:end].split())
    before, _, after = match.string.partition(stated)
    directed = bool(_DIRECTED.search(before)) or bool(re.match(rf"\s{_KIND}\b", after, re.I))
    return _Claim(old, new, change, quoted, match.start(), directed)


def _value(text: str) -> Written | None:
    return parse_value(re.sub(r"\s?(?:ms|s|GB|MB|points?|pp)$", "", text.strip()))


def _judge(claim: _Claim, sentence: Sentence) -> Judged:
    line = sentence.line(claim.position)
    shares = about_scores(sentence.text)
    reading = fits(claim.change, claim.old, claim.new, shares=shares, directed=claim.directed)
    if reading is not None:
        method = describe(reading)
        return Judged(line, claim.text, CONSISTENT, method, claim.change.value)
    expected, method = nearest(claim.change, claim.old, claim.new)
    label = _masked(claim.text)
    return Judged(line, claim.text, WRONG, method, claim.change.value, expected, label)


def _words(sentence: Sentence) -> list[Judged]:
    """``halved from 0.40 to 0.21``."""
    text = sentence.text
    word, pairs = _WORD.search(text), list(_FROM_TO.finditer(text))
    if word is None or len(pairs) != 1 or _HEDGED.search(text) or _SETTING.search(text):
        return []
    (pair,) = pairs
    old, new = _value(pair["old"]), _value(pair["new"])
    between = text[word.end() : pair.start()] if word.end() <= pair.start() else text
    if old is None or new is None or not old.value or len(between) > 2:
        return []
    ratio = new.value / old.value
    near = Interval(*_WORDS[word["word"].casefold()])
    right = (new.interval / old.interval).overlaps(near)
    method = f"{new.text} / {old.text} = {ratio:.4g}"
    quoted = text[:160]
    return [
        Judged(
            sentence.line(word.start()),
            quoted,
            CONSISTENT if right else WRONG,
            method,
            ratio,
            label=_masked(quoted),
            certain=False,
        )
    ]


def _masked(text: str) -> str:
    return re.sub(r"[0-9][0-9.,%]*", "#", text)


def listed_gaps(lines: Sequence[tuple[int, str]]) -> list[Judged]:
    """A gap that is listed below the two numbers that it is the difference of."""
    found: list[Judged] = []
    block: list[tuple[int, str, str]] = []
    for number, line in lines:
        beside = [(number, m["label"], m["value"]) for m in _BESIDE.finditer(line[:400])]
        found += _gaps_of(beside) if len(beside) > 2 else []
    for number, line in [*lines, (0, "")]:
        item = _ITEM.match(line[:200])
        if item is not None:
            block.append((number, item["label"].strip(), item["value"]))
        elif (block and not re.fullmatch(r"[\s|:-]*", line)) or (block and not line.strip()):
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
