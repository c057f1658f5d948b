"""Success criteria as people write them: ``Easy cases < 0.15``, ``0.181 (Target: < 0.374)``.

Nothing here raises on odd input. Plans for a later run are no criteria of this one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import Document, DocumentKind, SplitRole
from checks.kit.criteria_split import Surroundings, split_of_head
from checks.kit.intervals import Written, parse_written
from checks.kit.run_names import kind_of, names_whole_runs, runs_named
from checks.kit.written_claims import Claim, claim_of, marks_in, says_all_met
from checks.kit.written_lines import document_lines, plain
from checks.kit.written_tables import WrittenTable, markdown_tables, printed_tables

MAX_CRITERIA = 200  # of one document
_MAX_LINE = 400


@dataclass(frozen=True, slots=True)
class Criterion:
    """A number that a quantity should stay below or above, or a range that it should lie in.

    Parameters
    ----------
    subject : str
        What it is about, as written: ``"easy cases"``, ``"validation RMSE"``.
    low, high : float
        Bounds, infinite where there are none; equal where a text gives a number only, so that the
        direction of the metric decides which it is.
    percent : bool
        The bounds are in percent.
    text : str
        As written, shortened.
    claim : Claim
        Whether the text says that it is met.
    line : int
        1-based line of the document; 0 where it is declared.
    document : Document, optional
        Where it stands; ``None`` where it is declared.
    value : Written, optional
        The value that stands beside it.
    role : SplitRole, optional
        The held-out split on which the text around it says that it is judged.
    """

    subject: str
    low: float
    high: float
    percent: bool
    text: str
    claim: Claim = Claim.NONE
    line: int = 0
    document: Document | None = None
    value: Written | None = None
    role: SplitRole | None = None


_NUM = r"[-+−]?(?:[0-9][0-9,]{0,15}(?:\.[0-9]{1,25})?|\.[0-9]{1,25})(?:[eE][-+]?[0-9]{1,3})?+"
_NUMBER = rf"(?<![\w.,]){_NUM}(?![\w]|\.[0-9])(?:\s?%)?"
_BELOW = (
    r"<=|=<|≤|<|\b(?:below|under|less than|lower than|at most|no more than|up to|max(?:imum)?)\b"
)
_ABOVE = (
    r">=|=>|≥|>|\b(?:above|over|at least|more than|greater than|higher than|no less than"
    r"|min(?:imum)?|exceeds?|exceeding)\b"
)
_BOUND = re.compile(
    rf"(?:(?P<below>{_BELOW})|(?P<above>{_ABOVE}))\s*(?:of|a|an|the)?\s*(?P<number>{_NUMBER})", re.I
)
_RANGE = re.compile(
    rf"(?:between\s+)?(?P<low>{_NUMBER})\s?(?:[-–—]|\.\.|to|and)\s?(?P<high>{_NUM})(?P<unit>\s?%)?"
    r"(?![\w]|\.[0-9])",
    re.I,
)
_WORD = r"targets?|goals?|requirements?|criteri(?:on|a)"
_TARGET = re.compile(rf"\b(?:{_WORD})\b", re.I)
_TARGET_COLUMN = re.compile(
    rf"\b(?:{_WORD}|thresholds?|required|acceptance)\b|^\W*(?:bounds?|limits?)\W*$", re.I
)
_TO = re.compile(
    rf"\s?(?:[-–—]|\.\.|\bto\b)\s?(?P<high>{_NUM})(?P<unit>\s?%)?(?![\w]|\.[0-9])", re.I
)
# numbers of something else: a change, a duration, a size
_CHANGE = re.compile(
    r"\b(?:improv\w*|reduc\w*|increas\w*|decreas\w*|gains?|drops?|dropp\w*|speed\w*|faster"
    r"|relative|changes?|(?:up)?lift|delta)\b",
    re.I,
)
_OTHER_UNIT = re.compile(
    r"\s?(?:ms|s|sec\w*|min\w*|h|hours?|[kmg]i?b|epochs?|rows|samples|features?|folds?|steps"
    r"|param\w*|people|days?|weeks?|x|×|times|points?|pp|worse|better|higher|lower|more|less|of)\b",
    re.I,
)
_FILLER = re.compile(
    r"(?:\W|\b(?:is|was|to|be|for|this|the|a|an|our|project|stay|remain|values?|we|set|at|of|are)\b)*",
    re.I,
)
_LINK = r"(?:\s|\*|[:=]|\bis\b|\bwas\b|\bof\b|\bat\b|\bvalue\b|\brange\b|\ba\b|\ban\b|\bthe\b){0,8}"
_AFTER_WORD = re.compile(
    rf"\b(?:{_WORD})\b(?:\([^()]{{0,30}}\))?{_LINK}(?P<bound>(?:{_BELOW}|{_ABOVE})\s*)?"
    rf"(?P<number>{_NUMBER})",
    re.I,
)
_BEFORE_WORD = re.compile(
    rf"(?P<bound>(?:{_BELOW}|{_ABOVE})\s*)?(?P<number>{_NUMBER})\s(?:[\w-]{{1,20}}\s)?"
    r"(?:target|goal|threshold)\b",
    re.I,
)
_LOOSE = re.compile(
    rf"\b(?:{_WORD})\b[^.;|<>≤≥]{{0,80}}?(?P<bound>(?:{_BELOW}|{_ABOVE})\s*)(?P<number>{_NUMBER})",
    re.I,
)
_MUST = re.compile(
    rf"\b(?:should|must|has to|needs? to)\s(?:be|stay|remain|lie|reach)\s(?P<bound>(?:{_BELOW}|"
    rf"{_ABOVE})\s*)(?P<number>{_NUMBER})",
    re.I,
)
_SECTION = re.compile(
    r"\b(?:success|acceptance|exit|pass(?:ing)?|release|performance)?\s?(?:criteri(?:on|a)|targets?"
    r"|goals?|requirements?|objectives?|crit[eè]res|criterios|kriterien|ziele|objectifs|objetivos)\b",
    re.I,
)
_CONDITION = re.compile(r"\b(?:until|till|once|when|whenever|unless|stop\w*|in case|early)\b", re.I)
_PLAN = re.compile(
    r"\b(?:next|future|plan(?:s|ned|ning)?|expect(?:ed|ations?)?|recommend\w*|roadmap|to-?do"
    r"|upcoming|will|would|could|hope\w*|propos\w*|realistic|aspir\w*|later|ideas?|if)\b",
    re.I,
)
_ELSEWHERE = re.compile(r"\b(?:pilot|previous|prior|earlier|former|paper|literature)\b", re.I)
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.{1,300})")
_REPORT = re.compile(r"\b(?:analysis|report|summary|evaluation|review)\b", re.I)
_NO_LEAKAGE = re.compile(
    r"^\W{0,8}(?:no|zero|without)\s(?:\w{1,15}\s){0,2}(?:leak(?:age|s)?|contamination)\b", re.I
)
_LEAD = re.compile(
    r"^[\W\d_]{0,8}((?:[\w-]{1,30}\s){0,7}?[\w-]{1,30})(?:\s?\([^()]{0,60}\))?\s?:\W{0,4}$"
)
_ITEM = re.compile(r"^(?:\s*(?:[-*+•]|\d{1,3}[.)]|\[[ xX]\]|[✅✔✓☑❌✗✘☒])\s*){1,3}")
_TICKED = re.compile(r"^\s*(?:[-*+•]\s+)?(?:\[[xX]\]|[✅✔✓☑❌✗✘☒])\s")
_ALL_OPEN = re.compile(r"^\W{0,4}all\b", re.I)
_BETWEEN = re.compile(r"[,;]\s+(?:and\s+)?|\sand\s", re.I)
_INTRODUCTION = re.compile(
    rf"^[^<>≤≥|]{{0,60}}?\b(?:{_WORD})\b(?:\s(?:were|are|was|is|met|reached|achieved))*\s?[:,–-]?\s",
    re.I,
)
_TOGETHER = re.compile(r"\b(?:both|all|each|every|everything)\b", re.I)
_STATUS = re.compile(
    r"\bstatus\b|\bmet\b|\bpass|\bachieved\b|\bfulfill?ed\b|\bsatisfied\b|\bresult\b|\bverdict\b|\bok\b|[✅✓]",
    re.I,
)
_VALUE = re.compile(
    r"\b(?:values?|actual|achieved|observed|measured|results?|current|score|validation|val|test"
    r"|this run|ours?|now)\b",
    re.I,
)


def parse_bound(text: str) -> tuple[str, float, float, bool, int] | None:
    """Read ``subject < number``, ``subject 0.02-0.08``.

    Returns
    -------
    tuple or None
        What stands before, low, high, whether in percent, and where the bound ends.

    Examples
    --------
    >>> parse_bound("easy < 0.15")
    ('easy', -inf, 0.15, False, 11)
    >>> parse_bound("accuracy at least 90 %")[1:4]
    (90.0, inf, True)
    >>> parse_bound("easy 0.15") is None
    True
    """
    match = _BOUND.search(text)
    if match is not None:
        number = _value(match["number"])
        if number is None:
            return None
        low, high = (-math.inf, number.value) if match["below"] else (number.value, math.inf)
        return text[: match.start()].strip(), low, high, number.percent, match.end()
    match = _RANGE.search(text)
    if match is None:
        return None
    first, second = _value(match["low"]), _value(match["high"] + (match["unit"] or ""))
    if first is None or second is None or not first.value < second.value:
        return None
    percent = second.percent or first.percent
    return text[: match.start()].strip(), first.value, second.value, percent, match.end()


def _value(text: str) -> Written | None:
    return parse_written(text.replace("−", "-"))


def stated_criteria(document: Document, own_run: str = "", other_run: str = "") -> list[Criterion]:
    """Criteria that a document states about the run itself, in order.

    Parameters
    ----------
    document : Document
        The text.
    own_run, other_run : str
        Labels of the audited run and of its baseline; statements about other numbered runs than
        the audited one are left out.
    """
    runs = _Runs(frozenset(runs_named(own_run)), frozenset(runs_named(other_run)))
    lines = document_lines(document)
    headings = _headings(lines)
    found: list[Criterion] = []
    tables = (
        printed_tables(document.text)
        if document.kind is DocumentKind.OUTPUT
        else markdown_tables(document.text)
    )
    in_tables: set[int] = set()
    for table in tables:
        in_tables |= {table.line, *(row.line for row in table.rows)}
        if not runs.are_about(" ".join([*headings.get(table.line, ()), table.context])):
            continue
        found += _of_table(document, table, runs)
    everything_met = False
    section = False
    for number, line in lines:
        if heading := _HEADING.match(line):
            section = bool(_SECTION.search(heading[2]))
            continue
        text = plain(line[:_MAX_LINE])
        if not text or number in in_tables or line.lstrip().startswith("|"):
            continue
        if lead := _LEAD.match(text):
            of_split = split_of_head(lead[1]) is not None  # "On the test set:"
            section = bool(_SECTION.search(lead[1])) or (section and of_split)
            section &= not _ELSEWHERE.search(text)
            everything_met |= section and says_all_met(text) and runs.are_about(text)
            continue
        about = runs.are_about(" ".join([*headings[number], text])) and not _CONDITION.search(text)
        if about and says_all_met(text) and not _ELSEWHERE.search(text):
            everything_met = True
            section |= bool(_ALL_OPEN.match(text))  # what it lists next are criteria
        item = bool(_ITEM.match(line))
        listed = item and (section or bool(_TICKED.match(line)))
        if about and (listed or section or _TARGET.search(text) or _MUST.search(text)):
            found += _of_line(document, number, text, listed)
    if everything_met:
        found = [
            replace(each, claim=Claim.MET) if each.claim is Claim.NONE else each for each in found
        ]
    around = Surroundings.of(lines, headings)
    return [
        each if each.role else replace(each, role=around.split_at(each.line, each.text))
        for each in found[:MAX_CRITERIA]
    ]


def _headings(lines: Sequence[tuple[int, str]]) -> dict[int, tuple[str, ...]]:
    """Headings that a line stands under, the topmost first."""
    stack: list[tuple[int, str]] = []
    found = {}
    for number, line in lines:
        if match := _HEADING.match(line):
            level = len(match[1])
            title = match[2]
            if level == 1 and _REPORT.search(title):
                title = _PLAN.sub("", title)  # "Analysis and recommendations" is not all plan
            stack = [each for each in stack if each[0] < level] + [(level, title)]
        found[number] = tuple(text for _, text in stack)
    return found


@dataclass(frozen=True, slots=True)
class _Runs:
    """Numbered runs: the audited one, and its baseline."""

    own: frozenset[str]
    other: frozenset[str]

    def are_about(self, text: str) -> bool:
        """Whether a text is about the audited run: no plan, and no other run alone."""
        if _PLAN.search(text):
            return False
        named = runs_named(text)
        if not named or named & self.own:
            return True
        own_kinds = {kind_of(name) for name in self.own}
        if names_whole_runs(self.own) or own_kinds & {kind_of(name) for name in named}:
            return False
        return len(named - self.other) == len(named) <= 1


def _of_line(document: Document, number: int, text: str, item: bool) -> Iterator[Criterion]:
    """The criteria of one line of prose, output or list."""
    if item and _NO_LEAKAGE.match(_ITEM.sub("", text)):
        marks = " ".join(marks_in(text))
        yield Criterion(
            "contamination", -math.inf, 0.0, False, text[:120], claim_of(marks), number, document
        )
        return
    for sentence in re.split(r"(?<=[A-Za-z)*%][.;!?])\s+", text):
        first, *more = _clauses(sentence)
        if more:
            first = _INTRODUCTION.sub("", first)
        found = list(_of_clause(document, number, first, item or bool(more)))
        for clause in more if found else ():
            found += _of_clause(document, number, clause, True)
        if more and _TOGETHER.search(sentence):
            found = [replace(each, claim=claim_of(sentence)) for each in found]
        yield from found


def _clauses(sentence: str) -> list[str]:
    """``validation < 0.45, test < 0.3`` in two; a part without a bound joins the one before."""
    parts = _BETWEEN.split(sentence)
    found = parts[:1]
    for part in parts[1:]:
        if _BOUND.search(part) and _BOUND.search(found[-1]):
            found.append(part)
        else:
            found[-1] += f", {part}"
    return found if len(found) > 1 else [sentence]


def _of_clause(document: Document, number: int, text: str, item: bool) -> Iterator[Criterion]:
    if item and (bound := parse_bound(_ITEM.sub("", text))):
        subject, low, high, percent, end = bound
        rest = _ITEM.sub("", text)[end:]
        if _CHANGE.search(subject) or _OTHER_UNIT.match(rest):
            return
        value, subject = _value_beside(subject)
        claim = claim_of(f"{' '.join(marks_in(text))} {_outcome(rest)}")
        yield Criterion(subject, low, high, percent, text[:120], claim, number, document, value)
        return
    for pattern in (_AFTER_WORD, _BEFORE_WORD, _LOOSE, _MUST):
        match = pattern.search(text)
        written = _value(match["number"]) if match else None
        if match is None or written is None:
            continue
        low, high = _bounds(match["bound"] or "", written.value)
        rest = text[match.end("number") :]
        if until := _TO.match(rest):
            upper = _value(until["high"])
            if upper is None or not written.value < upper.value:
                continue
            low, high, rest = written.value, upper.value, rest[until.end() :]
        value, before = _value_beside(text[: match.start()])
        between = text[match.start() : match.start("number")]
        subject = f"{before} {text[match.start() :]}"
        if pattern is _LOOSE and not _FILLER.fullmatch(
            _TARGET.sub("", between[: len(between) - len(match["bound"])])
        ):
            subject = between
        elif value is not None:
            subject = before
        if _CHANGE.search(subject) or _OTHER_UNIT.match(rest):
            continue
        claim = claim_of(text)
        yield Criterion(
            subject, low, high, written.percent, text[:120], claim, number, document, value
        )
        return


def _outcome(text: str) -> str:
    # "(no degradation)" describes the criterion; "99 %: no (77 %)" tells the outcome
    return re.sub(r"(?<![:=–—] )\bno\b", "", text)


def _bounds(word: str, number: float) -> tuple[float, float]:
    if re.match(_BELOW, word, re.I):
        return -math.inf, number
    if re.match(_ABOVE, word, re.I):
        return number, math.inf
    return number, number


_VALUE_BESIDE = re.compile(rf"(?P<value>{_NUMBER})\**\s*[(\[,;/—–|-]*\s*$")
_EQUAL_SIGN = re.compile(r"\s*(?:[:=]|\bis\b|\bof\b)\s*\**$", re.I)


def _value_beside(text: str) -> tuple[Written | None, str]:
    """The number that ends a text, and what stands before it."""
    match = _VALUE_BESIDE.search(text)
    written = _value(match["value"]) if match else None
    if match is None or written is None:
        return None, text.strip()
    return written, _EQUAL_SIGN.sub("", text[: match.start()]).strip()


def _of_table(document: Document, table: WrittenTable, runs: _Runs) -> Iterator[Criterion]:
    """Criteria of a table with a column of targets."""
    header = table.header
    column = _target_column(table, runs)
    if column is None:
        return
    status = [i for i, name in enumerate(header) if _STATUS.search(name) and i != column]
    label = next((i for i in range(len(header)) if i != column and _holds_words(table, i)), 0)
    values = [
        i
        for i, name in enumerate(header)
        if i not in (0, label, column) and (_VALUE.search(name) or runs_named(name) & runs.own)
    ]
    role = split_of_head(" ".join(header[i] for i in (*values, column)))
    for row in table.rows:
        cell = row.cells[column][:_MAX_LINE]
        bound = parse_bound(cell)
        number = None if bound else _value(cell)
        unit = ""
        if bound is not None:
            before, low, high, percent, end = bound
            unit = cell[end:].strip()
        elif number is not None:
            before, low, high, percent = "", number.value, number.value, number.percent
        else:
            continue
        subject = before if column == 0 and before else f"{row.cells[label]} {before}".strip()
        beside = (row.cells[i].strip("* ").removesuffix(unit).strip() for i in values)
        written = next(filter(None, map(_value, beside)), None)
        said = " ".join([row.cells[i] for i in status] + marks_in(" ".join(row.cells)))
        claim = claim_of(said, cell=True)
        if _CHANGE.search(subject) or (bound is None and claim is Claim.NONE):
            continue
        text = " | ".join(row.cells)[:120]
        yield Criterion(subject, low, high, percent, text, claim, row.line, document, written, role)


def _target_column(table: WrittenTable, runs: _Runs) -> int | None:
    """The column of targets: of several, the only one that holds nothing but bounds."""
    found = [
        i
        for i, name in enumerate(table.header)
        if _TARGET_COLUMN.search(name) and runs.are_about(name) and _holds_bounds(table, i)
    ]
    if len(found) > 1:
        found = [i for i in found if not _names_quantities(table, i)]
    return found[0] if len(found) == 1 else None


def _names_quantities(table: WrittenTable, column: int) -> bool:
    """Whether words stand before the bounds of a column, as in ``easy < 0.15``."""
    bounds = (parse_bound(row.cells[column][:_MAX_LINE]) for row in table.rows)
    named = [bool(re.search(r"[^\W\d_]{2}", bound[0])) for bound in bounds if bound]
    return any(named) or not (named or _holds_numbers(table, column))


def _holds_numbers(table: WrittenTable, column: int) -> bool:
    return any(_value(row.cells[column][:_MAX_LINE]) for row in table.rows)


def _holds_bounds(table: WrittenTable, column: int) -> bool:
    """Whether a column holds bounds, rather than the names of criteria."""
    cells = [row.cells[column][:_MAX_LINE] for row in table.rows]
    return any(parse_bound(cell) or _value(cell) for cell in cells)


def _holds_words(table: WrittenTable, column: int) -> bool:
    return any(re.search(r"[^\W\d_]{2}", row.cells[column]) for row in table.rows)
