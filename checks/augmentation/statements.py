"""How many copies a text says are made: numbers in comments, docstrings, Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from audit.model.artifacts import Cell, CellKind, Code, DocumentKind, Documents, SourceFile
from audit.model.groups import canonical_group
from audit.model.location import Location, Role
from checks.augmentation.parallel import names_of, parallel

_WORDS = {"no": 0, "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_NUMBER = r"(?P<number>\d{1,6}|no|zero|one|two|three|four|five|ten)"
_COPY = r"(?:cop(?:y|ies)|duplicates?|variants?|augmentations?|augmented|repeats?)"
_ADJECTIVE = r"(?:(?:augmented|noisy|synthetic|extra|additional|more|new|perturbed|jittered)\s+)*"
_COPIES = re.compile(
    rf"(?P<plus>\+\s*)?(?<![\w.]){_NUMBER}\s*(?P<times>[x×]\s*)?{_ADJECTIVE}"
    rf"(?:samples?\s+)?\b{_COPY}\b(?P<object>\s+of\s+(?:the\s+|a\s+|an\s+|each\s+|every\s+|"
    r"original\s+|all\s+)*\w+)?",
    re.IGNORECASE,
)
_FACTOR = re.compile(rf"(?<![\w.]){_NUMBER}\s*(?:[x×]|-?fold|times)(?!\w|\.\w)", re.IGNORECASE)
# "12 times as large" is said of the rows, and the business of AU302
_GREW = re.compile(
    _FACTOR.pattern + r"(?!\s+(?:as|the|its|their|larger|bigger|more|of)\b)", re.IGNORECASE
)
_RANGE = re.compile(r"(?<![\w.])(\d{1,6})\s*(?:[-\u2013\u2014]|to|or)\s*$", re.IGNORECASE)
_MAX_RANGE = 16  # characters before a number in which a range may begin
_MAX_SPREAD = 1000
_PLUS = re.compile(r"(?<![\w.])\+\s*(?P<number>\d{1,6})(?![\w.%])")
_ROW_WORDS = re.compile(
    r"\b(?:samples?|rows?|cases?|examples?|images?|records?|originals?|parents?|instances?|points?|"
    r"signals?|matri(?:x|ces)|sequences?|sentences?|texts?|groups?|class(?:es)?|ones?|them|it|each|every|all)$",
    re.IGNORECASE,
)
OTHER_PLANS = re.compile(
    r"\b(?:should|recommend\w*|would|could|instead|next|future|previous\w*|earlier|planned|if|"
    r"unlike|rather|tried)\b",
    re.IGNORECASE,
)
_AUGMENTING = re.compile(
    r"augment|\bper (?:\w+ )?(?:sample|row|case|image|example|group)|"
    r"\b(?:each|every) (?:\w+ )?(?:sample|row|case|image|example)|oversampl",
    re.IGNORECASE,
)
_PAIR = r"\b\w{1,30}\s?=\s?-?\w{1,30}"
_GROUP = re.compile(rf"\([^()]{{1,60}}\)|{_PAIR}(?:\s?,\s?{_PAIR})*")
_CLAUSE = re.compile(rf"(?:\([^()]{{1,60}}\)|{_PAIR}(?:\s?,\s?{_PAIR})+|[^,;|.]|[.,](?=\d))+")
_HEADING_NUMBER = re.compile(r"^\s*#+\s+\d+(?:\.\d+)*\s")
_MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Statement:
    """A number of copies that a text states.

    Parameters
    ----------
    groups : tuple of str
        Canonical keys, or names of tiers, that it is about; empty: every row.
    allowed : frozenset of int
        Additional copies that the wording can mean; two readings where it is open whether the
        original is counted.
    words : str
        As written.
    location : Location
        Related location.
    """

    groups: tuple[str, ...]
    allowed: frozenset[int]
    words: str
    location: Location


def readings(text: str, *, about_copies: bool) -> list[tuple[frozenset[int], str]]:
    """Numbers of copies in a text, with what they can mean.

    Parameters
    ----------
    text : str
        One line.
    about_copies : bool
        The text stands beside a number of copies, so that ``+2`` and ``3x`` need no noun.

    Returns
    -------
    list of (frozenset of int, str)
        Additional copies that each number can mean, and the words.

    Examples
    --------
    >>> [sorted(allowed) for allowed, _ in readings("hard: +2 copies", about_copies=False)]
    [[2]]
    >>> [sorted(allowed) for allowed, _ in readings("3 copies of each", about_copies=False)]
    [[2, 3]]
    >>> readings("2 copies of the model", about_copies=False)
    []
    """
    text = text[:_MAX_TEXT]
    found: list[tuple[frozenset[int], str]] = []
    taken: list[tuple[int, int]] = []
    for match in _COPIES.finditer(text):
        taken.append(match.span())
        if match["object"] and not _ROW_WORDS.search(match["object"].strip()):
            continue
        number = _number(match["number"])
        is_exact = match["plus"] or re.search(
            r"extra|additional|more|new|augment|noisy|synthetic", match[0], re.IGNORECASE
        )
        low = _lowest(text, match, number)
        allowed = set(range(low if is_exact or number == 0 else low - 1, number + 1))
        found.append((frozenset(allowed), match[0].strip()))
    patterns = [(_PLUS, 0), (_FACTOR, 1)] if about_copies else []
    if not about_copies and _AUGMENTING.search(text):
        patterns = [(_GREW, 1)]
    for pattern, open_reading in patterns:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            number = _number(match["number"])
            low = _lowest(text, match, number)
            allowed = set(range(low - 1 if open_reading else low, number + 1))
            found.append((frozenset(allowed), match[0].strip()))
    return [(frozenset(n for n in allowed if n >= 0), words) for allowed, words in found]


def _lowest(text: str, match: re.Match[str], number: int) -> int:
    """The lower end of a range such as "2-4x" or "2 to 4 copies", else the number itself."""
    before = _RANGE.search(text[max(0, match.start() - _MAX_RANGE) : match.start()])
    low = int(before[1]) if before else number
    return low if 0 <= number - low <= _MAX_SPREAD else number


def _number(text: str) -> int:
    return _WORDS[text.lower()] if text.lower() in _WORDS else int(text)


def tied(text: str, known: Iterable[str], tiers: Mapping[str, str]) -> tuple[str, ...]:
    """Groups that a text names: by their key, or by the name of their tier."""
    text = text[:_MAX_TEXT]
    keys = set(known)
    named = [canonical_group(match) for match in _GROUP.findall(text)]
    found = [key for key in named if key in keys]
    if found:
        return tuple(dict.fromkeys(found))
    by_tier: dict[str, list[str]] = {}
    for key, tier in tiers.items():
        by_tier.setdefault(tier, []).append(key)
    for key in keys:
        if re.fullmatch(r"[a-z][\w ]*", key):
            by_tier.setdefault(key, [key])
    mentioned = [tier for tier in by_tier if _names(tier).search(text)]
    return tuple(key for tier in mentioned for key in by_tier[tier])


def _names(name: str) -> re.Pattern[str]:
    """Finds a group or tier in a text; "a" is an article, "A" within a sentence is none."""
    if name.casefold() in ("a", "i"):
        return re.compile(rf"(?<=[\w,;:(] ){name.upper()}(?!\w)|^{name.upper()}(?=[,:]| and )")
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def in_comments(
    code: Code, counts: Mapping[str | None, list[Location]], tiers: Mapping[str, str]
) -> Iterator[Statement]:
    """Statements in comments on, above and within a literal of copies, and in docstrings."""
    for file in code.files:
        for cell in file.cells:
            if cell.kind is not CellKind.CODE:
                continue
            lines = cell.source.splitlines()
            literals = _literals(file, cell, counts)
            if literals:
                yield from _beside(file, cell, lines, literals, tiers)
            else:
                yield from _comments(file, cell, lines, counts, tiers)
            yield from _docstrings(file, cell, counts, tiers)


def _literals(
    file: SourceFile, cell: Cell, counts: Mapping[str | None, list[Location]]
) -> dict[int, list[str | None]]:
    """Lines of the cell that hold a number of copies, and the groups they are about."""
    found: dict[int, list[str | None]] = {}
    for group, places in counts.items():
        for place in places:
            if place.path != file.path or (file.is_notebook and place.cell != cell.index):
                continue
            line = (place.line or 0) - (0 if file.is_notebook else cell.first_line - 1)
            if 1 <= line <= len(cell.source.splitlines()):
                found.setdefault(line, []).append(group)
    return found


def _beside(
    file: SourceFile,
    cell: Cell,
    lines: list[str],
    literals: dict[int, list[str | None]],
    tiers: Mapping[str, str],
) -> Iterator[Statement]:
    first, last = min(literals), max(literals)
    keys = [group for groups in literals.values() for group in groups if group is not None]
    own: set[int] = set()
    for number, groups in literals.items():
        comment = comment_of(lines[number - 1])
        for allowed, words in readings(comment, about_copies=True):
            own.add(number)
            here = tuple(group for group in groups if group is not None)
            yield Statement(here, allowed, words, _related(file, cell, number))
    for number in range(_block_start(lines, first), last + 1):
        text = lines[number - 1].strip()
        if not text.startswith("#"):
            continue
        under = _entries_under(number, lines, literals)
        named = tied(text, keys, tiers)
        place = _related(file, cell, number)
        if stated := list(_side_by_side(text.lstrip("# "), [(place, text)], keys, tiers)):
            yield from stated
            continue
        for allowed, words in readings(text, about_copies=True):
            yield Statement(named or under, allowed, words, _related(file, cell, number))


def _comments(
    file: SourceFile,
    cell: Cell,
    lines: list[str],
    counts: Mapping[str | None, list[Location]],
    tiers: Mapping[str, str],
) -> Iterator[Statement]:
    """Comments of a cell without such literals; only those that name groups."""
    keys = [key for key in counts if key is not None]
    said = [
        (_related(file, cell, number), line.strip().lstrip("# ") if is_comment else "")
        for number, line in enumerate(lines, start=1)
        for is_comment in [line.strip().startswith("#")]
    ]
    yield from (each for each in _in_prose(said, keys, tiers) if each.groups)


def _block_start(lines: list[str], first: int) -> int:
    """First line of the comment that stands right above the literal."""
    number = first - 1
    while number > 1 and not lines[number - 1].strip().startswith("#"):
        if first - number > 3 or not lines[number - 1].strip().endswith(("{", "(", "[")):
            return number + 1
        number -= 1
    while number > 1 and lines[number - 2].strip().startswith("#"):
        number -= 1
    return max(1, number)


def _entries_under(
    number: int, lines: list[str], literals: dict[int, list[str | None]]
) -> tuple[str, ...]:
    """Entries between a comment line and the next one."""
    groups: list[str] = []
    for line in range(number + 1, len(lines) + 1):
        if lines[line - 1].strip().startswith("#") and groups:
            break
        groups += [group for group in literals.get(line, []) if group is not None]
        if lines[line - 1].strip().startswith("#") and not groups and line > number + 1:
            continue
    return tuple(groups)


def _docstrings(
    file: SourceFile,
    cell: Cell,
    counts: Mapping[str | None, list[Location]],
    tiers: Mapping[str, str],
) -> Iterator[Statement]:
    keys = [key for key in counts if key is not None]
    inside = False
    lines: list[tuple[Location, str]] = []
    for number, line in enumerate(cell.source.splitlines(), start=1):
        quotes = line.count('"""') + line.count("'''")
        shown = line.replace('"""', " ").replace("'''", " ") if inside or quotes else ""
        lines.append((_related(file, cell, number), shown))
        if quotes % 2:
            inside = not inside
    yield from _in_prose(lines, keys, tiers)


def in_documents(
    documents: Documents, counts: Mapping[str | None, list[Location]], tiers: Mapping[str, str]
) -> Iterator[Statement]:
    """Statements in Markdown cells and documents."""
    keys = [key for key in counts if key is not None]
    for document in documents.items:
        if document.kind is DocumentKind.OUTPUT:
            continue
        fenced = False
        lines: list[tuple[Location, str]] = []
        for number, line in enumerate(document.text.splitlines(), start=1):
            is_fence = line.strip().startswith("```")
            fenced ^= is_fence
            place = document.location(number, role=Role.RELATED, note="says how many copies")
            text = "" if fenced or is_fence else _HEADING_NUMBER.sub("", line)
            lines.append((place, text))
        yield from _in_prose(lines, keys, tiers)


def _in_prose(
    lines: list[tuple[Location, str]], keys: list[str], tiers: Mapping[str, str]
) -> Iterator[Statement]:
    """Statements of prose: about the groups that a clause names, or about every row."""
    for paragraph in paragraphs(lines):
        text = " ".join(line for _, line in paragraph)
        if not re.search(r"\d|\b(?:no|zero|one|two|three|four|five|ten)\b", text, re.IGNORECASE):
            continue
        about_groups = bool(tied(text, keys, tiers)) or _says_several(text)
        if stated := list(_side_by_side(text, paragraph, keys, tiers)):
            yield from stated
            continue
        for clause, place in _clauses(paragraph):
            found = readings(clause, about_copies=False)
            if not found or OTHER_PLANS.search(clause):
                continue
            groups = tied(clause, keys, tiers)
            is_clear = len({allowed for allowed, _ in found}) == 1 or len(groups) == 1
            if len(groups) > 1 and _has_other_numbers(clause, [words for _, words in found]):
                continue  # one of the groups may be meant by each number
            if not is_clear or (not groups and (about_groups or not _AUGMENTING.search(text))):
                continue
            for allowed, words in found:
                yield Statement(groups, allowed, words, place)


def _has_other_numbers(clause: str, found: Iterable[str]) -> bool:
    """Whether a clause without brackets and equations has numbers beside those of copies."""
    if re.search(r"[=()]", clause):
        return False
    for words in found:
        clause = clause.replace(words, " ", 1)
    return bool(re.search(r"(?<![\w.,])\d{1,3}(?![\w%]|[.,]\d)", clause))


def _side_by_side(
    text: str,
    paragraph: list[tuple[Location, str]],
    keys: list[str],
    tiers: Mapping[str, str],
) -> Iterator[Statement]:
    """Statements that give several groups a number each in one sentence."""
    if OTHER_PLANS.search(text):
        return
    for groups, number, exact, words in parallel(
        text, names_of(keys, tiers), lambda part: tied(part, keys, {})
    ):
        first = words.split()[0]
        place = next((place for place, line in paragraph if first in line), paragraph[0][0])
        inside = tuple(key for key in groups if key in keys) or groups
        allowed = {number} if exact or number == 0 else {number, number - 1}
        yield Statement(inside, frozenset(allowed), words, place)


def _says_several(text: str) -> bool:
    """Whether no number is true of all that a text says: it is about kinds of rows, named or not
    ("a hard sample 4 times, a medium one 3 times").
    """
    text = re.sub(r"\.(?!\w)", " ", text)
    allowed = [numbers for numbers, _ in readings(text, about_copies=False)]
    return bool(allowed) and not frozenset.intersection(*allowed)


def paragraphs(
    lines: list[tuple[Location, str]],
) -> Iterator[list[tuple[Location, str]]]:
    """Lines that belong together: wrapped text; each item of a list and each row by itself."""
    current: list[tuple[Location, str]] = []
    for place, line in lines:
        text = line.strip()[:_MAX_TEXT]
        if current and (not text or re.match(r"[-*+|#]|\d+[.)]\s", text)):
            yield current
            current = []
        if text and sum(len(part) for _, part in current) < _MAX_TEXT:
            current.append((place, text))
    if current:
        yield current


def _clauses(paragraph: list[tuple[Location, str]]) -> Iterator[tuple[str, Location]]:
    """Pieces between commas, semicolons, full stops and cell borders, with the line of each
    piece's number; commas inside brackets do not count.
    """
    first = paragraph[0][1]
    if first.startswith("|") and len(readings(first, about_copies=False)) == 1:
        yield first, paragraph[0][0]
        return
    text, starts = "", []
    for _, line in paragraph:
        starts.append(len(text))
        text += line + " "
    for match in _CLAUSE.finditer(text):
        number = _COPIES.search(match[0]) or _FACTOR.search(match[0])
        at = match.start() + (number.start() if number else 0)
        line_number = max(i for i, start in enumerate(starts) if start <= at)
        yield match[0], paragraph[line_number][0]


def comment_of(line: str) -> str:
    """The comment at the end of a line of code; empty where there is none."""
    quote = ""
    for position, character in enumerate(line):
        if quote:
            if character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character == "#":
            return line[position:]
    return ""


def _related(file: SourceFile, cell: Cell, line: int) -> Location:
    return file.location(cell, line, role=Role.RELATED, note="says how many copies")
