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
_NOT_ON_ROWS = re.compile(
    r"label noise|noisy label|measurement|sensor|without|no noise|dropout|gradient|weight noise|"
    r"irreducible|probabilit|chance",
    re.IGNORECASE,
)
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
        text = sentence.text
        if not sentence.in_code and not _OF_COPIES.search(sentence.around):
            continue
        for pattern in (_BEFORE, _AFTER):
            for match in pattern.finditer(text[:2000]):
                if _SHARE_OF.match(text[match.end() :]) or _NOT_ON_ROWS.search(text):
                    continue
                if OTHER_PLANS.search(text):
                    continue
                written = parse_written(match["value"] + "%")
                if written is None:
                    continue
                share = Interval(written.interval.low / 100, written.interval.high / 100)
                around = text if sentence.in_code else sentence.around
                mixed = bool(OTHER_TRANSFORMS.search(around))
                words = " ".join(match[0].split())
                yield StatedNoise(share, words, text, mixed, sentence.location)


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
