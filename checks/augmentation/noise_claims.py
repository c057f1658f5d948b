"""How large a text says that the noise on copies is, and the code that adds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.artifacts import CellKind, Code, Documents
from audit.model.location import Location, Role
from checks.augmentation.prose import AUGMENTING, sentences
from checks.augmentation.statements import OTHER_PLANS
from checks.kit.intervals import Interval, parse_written

_PERCENT = r"(?P<value>\d{1,3}(?:\.\d{1,6})?)\s*(?:%|percent\b|per cent\b)"
_NOISE = r"(?:noise|jitter\w*|perturb\w*|fluctuation)"
_BEFORE = re.compile(
    rf"(?<![\w.])(?P<sign>[±~]|\+/-)?\s*{_PERCENT}\s+(?:of\s+)?(?:\w+\s+){{0,2}}?{_NOISE}",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"\b{_NOISE}\b[^%.;\n]{{0,40}}?(?<![\w.])(?P<sign>[±~]|\+/-)?\s*{_PERCENT}", re.IGNORECASE
)
_SHARE_OF = re.compile(
    r"^\s*(?:of|in)\s+(?:the\s+|all\s+|its\s+)*(?:\w+\s+){0,2}?"
    r"(?:rows?|samples?|cases?|labels?|images?|examples?|entries|pixels|time|data\b|points?)",
    re.IGNORECASE,
)
_WORLD = r"(?:sensors?|measurements?|instruments?|labels?|targets?)"
_NOT_ON_ROWS = re.compile(
    rf"\b{_WORLD}\s+(?:noise|errors?|uncertaint|fluctuat|ha[sv]e?|with|of)\b|\bnoisy\s+{_WORLD}|"
    rf"\bnoise\s+(?:level\s+)?(?:of|from|in)\s+(?:the\s+|a\s+|our\s+|all\s+)?{_WORLD}|without|"
    r"no noise|dropout|gradient|weight noise|irreducible|probabilit|chance",
    re.IGNORECASE,
)
# What a size is relative to, in the words after it.
_DEVIATION = r"(?:standard deviations?|std|stds|s\.?d\.?|sigmas?|σ|spread)(?!\w)"
_LEAD = (
    r"^\s*(?:noise\s+)?(?:of|relative to|with respect to|in units of|times|[x×*])\s+"
    r"(?:\w+\s+){0,3}?"
)
_BASES = {
    "spread": re.compile(rf"{_LEAD}(?:\w+\.)?{_DEVIATION}", re.IGNORECASE),
    "value": re.compile(
        rf"{_LEAD}(?:values?|magnitudes?|readings?|amplitudes?)(?!\w)", re.IGNORECASE
    ),
}
_SHARE_OF_SPREAD = re.compile(rf"(?<![\w.])(?P<sign>[±~])?\s*{_PERCENT}(?=\s+of\s)", re.IGNORECASE)
_DEVIATIONS = re.compile(
    rf"\b(?:{_NOISE}|sigma|σ)\b[^%;\n]{{0,40}}?(?<![\w.])(?P<value>\d(?:\.\d{{1,6}})?)\s*"
    rf"(?:[x×*]\s*|times\s+)?(?:of\s+)?(?:an?\s+|the\s+|one\s+|each\s+)?{_DEVIATION}",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"within|beyond|truncat|clip|outlier|exceed|above|below|divid|normali[sz]|standardi[sz]",
    re.IGNORECASE,
)
_NAMES_NOISE = re.compile(r"nois|jitter|sigma|perturb", re.IGNORECASE)
# Noise by itself may be that of the world.
_OF_COPIES = re.compile(
    r"augment|synthetic|oversampl|jitter|perturb|noisy|\bcop(?:y|ies)\b|smote|mixup",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\b(?:normal|standard_normal|randn|uniform|laplace|gauss|random_normal|normal_|randn_like|"
    r"rand_like|GaussianNoise|trunc_normal)\s*\("
)
OTHER_TRANSFORMS = re.compile(
    r"flip|rotat|permut|shift|crop|mixup|cutmix|smote|warp|\broll\b|transpose|symmetr|swap|"
    r"elastic|affine|contrast|brightness",
    re.IGNORECASE,
)
_NEARBY = 15


@dataclass(frozen=True, slots=True)
class StatedNoise:
    """A size of noise that a text states, as a share.

    Parameters
    ----------
    interval : Interval
        The shares that it may stand for.
    base : str
        ``"spread"`` or ``"value"`` where the text says what it is a share of, otherwise empty.
    words : str
        As written.
    text : str
        The sentence, for the columns that it names.
    mixed : bool
        The text speaks of other transformations too, which change values as well.
    location : Location
        Related location.
    """

    interval: Interval
    base: str
    words: str
    text: str
    mixed: bool
    location: Location


@dataclass(frozen=True, slots=True)
class NoiseCall:
    """A line of code that draws noise for copies.

    Parameters
    ----------
    location : Location
        The line.
    mixed : bool
        Other transformations stand nearby.
    """

    location: Location
    mixed: bool


def stated_noise(code: Code | None, documents: Documents | None) -> Iterator[StatedNoise]:
    """Sizes of noise in comments and documents; plans and noise on other things are left out."""
    for sentence in sentences(code, documents, "says how large the noise is"):
        text = sentence.text[:2000]
        if not sentence.in_code and not _OF_COPIES.search(sentence.around):
            continue
        if OTHER_PLANS.search(text) or _NOT_ON_ROWS.search(text):
            continue
        around = text if sentence.in_code else sentence.around
        mixed = bool(OTHER_TRANSFORMS.search(around))
        for interval, base, words in _sizes(text, sentence.location.text):
            yield StatedNoise(interval, base, words, text, mixed, sentence.location)


def _sizes(text: str, line: str) -> Iterator[tuple[Interval, str, str]]:
    """Shares of noise in a sentence, what they are shares of, and the words.

    A share of a standard deviation needs no other word where the line of code names the noise.
    """
    seen: set[int] = set()
    for pattern in (_BEFORE, _AFTER, _SHARE_OF_SPREAD):
        for match in pattern.finditer(text):
            rest = text[match.end() :]
            base = next((name for name, known in _BASES.items() if known.match(rest)), "")
            if pattern is _SHARE_OF_SPREAD and not (base and _NAMES_NOISE.search(line)):
                continue
            if match.start("value") in seen or (not base and _SHARE_OF.match(rest)):
                continue
            written = parse_written(match["value"] + "%")
            if written is not None:
                seen.add(match.start("value"))
                share = Interval(written.interval.low / 100, written.interval.high / 100)
                what = _BASES[base].match(rest) if base else None
                yield share, base, " ".join((match[0] + (what[0] if what else "")).split())
    for match in _DEVIATIONS.finditer(text):
        written = parse_written(match["value"])
        if written is not None and not _BOUND.search(match[0]):
            yield written.interval, "spread", " ".join(match[0].split())


def noise_calls(code: Code | None) -> list[NoiseCall]:
    """Lines that draw random numbers near words of augmentation."""
    found = []
    for file in code.files if code is not None else ():
        for cell in file.cells:
            if cell.kind is not CellKind.CODE or not AUGMENTING.search(cell.source):
                continue
            lines = cell.source.splitlines()
            for number, line in enumerate(lines, start=1):
                if not _CALL.search(line[:2000]) or line.lstrip().startswith("#"):
                    continue
                near = "\n".join(lines[max(0, number - _NEARBY) : number + _NEARBY])
                if not AUGMENTING.search(near):
                    continue
                place = file.location(cell, number, role=Role.PRIMARY, note="draws the noise")
                found.append(NoiseCall(place, bool(OTHER_TRANSFORMS.search(near))))
    return found[:20]
