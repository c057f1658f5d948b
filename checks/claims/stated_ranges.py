"""Ranges that one document states twice with other bounds: ``3–4x worse``, ``4–5x worse``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from checks.claims.judged import without_mark
from checks.kit.run_names import runs_in

_BOUND = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_RANGE = re.compile(
    rf"(?<![\w.,/–-])(?P<low>{_BOUND})\s?[-–]\s?(?P<high>{_BOUND})(?P<unit>\s?[x×%](?![\w]))?(?![\w]|[.,–-][0-9])"
)
_SUBJECT = re.compile(
    r"\b(?P<which>[a-z][a-z-]{2,20})[\s-](?P<what>cases?|groups?|classes|class|samples?|queries|query"
    r"|images?|users?|tiers?|examples?|problems?)\b",
    re.IGNORECASE,
)
_DIRECTION = re.compile(
    r"\b(?:worse|better|faster|slower|larger|smaller|higher|lower|more|fewer|less)\b", re.IGNORECASE
)
_NORMAL = re.compile(r"\b(?:typical\w*|reasonabl\w*|normal\w*|acceptable|healthy|usual\w*)\b", re.I)
_GAP = re.compile(r"\b(?:train\w*|generali[sz]ation)?[\s/–-]*(?:val\w*|test)?[\s-]*gaps?\b", re.I)
# after the direction: "than the Run 2 baseline" says nothing new, "on CPU" makes another quantity
_REFERENCE = re.compile(
    r"(?:\s(?:performance|results|errors?|than|the|our|a|of|baseline|reference|model|run|before|original"
    r"|[0-9]+)){0,8}[\s.)!;,]*$",
    re.IGNORECASE,
)
_QUALIFIED = re.compile(r"\b(?:for|in|with|on|when|at|if|under)\b", re.IGNORECASE)
_GENERAL = frozenset(
    [
        "the",
        "all",
        "these",
        "those",
        "some",
        "most",
        "many",
        "few",
        "other",
        "such",
        "which",
        "for",
        "and",
        "new",
        "truly",
    ]
)


@dataclass(frozen=True, slots=True)
class StatedRange:
    """One range, and what it is about."""

    key: str
    low: float
    high: float
    half_width: float
    line: int
    quoted: str
    runs: frozenset[str]
    qualified: bool

    def agrees(self, other: StatedRange) -> bool:
        """Whether one bound at least is the same within rounding."""
        near = 1.001 * max(self.half_width, other.half_width)
        return abs(self.low - other.low) <= near or abs(self.high - other.high) <= near


def stated_ranges(lines: Sequence[tuple[int, str]]) -> list[StatedRange]:
    """Ranges whose subject is plain: a kind of cases with a comparative, or a normal gap."""
    found = []
    for number, line in lines:
        if "|" in line or len(line) > 600:
            continue
        matches = list(_RANGE.finditer(line))
        if len(matches) != 1:
            continue
        (match,) = matches
        low, high = float(match["low"]), float(match["high"])
        key = _key(line, (match["unit"] or "").strip())
        if key is None or not low < high:
            continue
        decimals = max(len(match[name].partition(".")[2]) for name in ("low", "high"))
        found.append(
            StatedRange(
                key,
                low,
                high,
                0.5 * 10.0**-decimals,
                number,
                without_mark(line)[:160].strip(),
                runs_in(line),
                bool(_QUALIFIED.search(line)),
            )
        )
    return found


def _key(line: str, unit: str) -> str | None:
    unit = unit.replace("×", "x")
    if _GAP.search(line) and _NORMAL.search(line) and unit != "x":
        return f"gap {unit}".strip()
    directions = {word.casefold() for word in _DIRECTION.findall(line)}
    subjects = {m["which"].casefold() for m in _SUBJECT.finditer(line)} - _GENERAL
    after = _DIRECTION.split(line)[-1]
    if not _REFERENCE.fullmatch(after):
        return None
    if unit and len(directions) == 1 and len(subjects) == 1:
        return f"{subjects.pop()} {directions.pop()} {unit}"
    return None


def contradictions(ranges: Sequence[StatedRange]) -> list[tuple[StatedRange, StatedRange]]:
    """Pairs of the first statement about something and one that shares no bound with it."""
    first: dict[str, StatedRange] = {}
    found = []
    blamed: set[str] = set()
    for each in ranges:
        known = first.setdefault(each.key, each)
        other_runs = known.runs and each.runs and known.runs != each.runs
        other_cases = known.qualified and each.qualified
        if known is not each and not (other_runs or other_cases or known.agrees(each)):
            if each.key not in blamed:
                found.append((known, each))
            blamed.add(each.key)
    return found
