"""Settings that documents and comments state: ``batch size 256``, ``85/15 split``, ``seed 42``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.artifacts import CellKind, Code, Document, DocumentKind
from audit.model.location import Location
from checks.claims.settings_in_code import setting_of
from checks.kit.intervals import Interval, parse_written
from checks.kit.run_names import RUN
from checks.kit.written_sentences import Sentence, sentences
from checks.kit.written_tables import tables_of

_N = (
    r"(?P<number>(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?:[eE][-+−]?[0-9]{1,2})?(?:\s?%)?)"
)
_END = r"(?![\w%^]|\.[0-9]|,[0-9]|\s?(?:[-–—→/×±]|->)\s?[0-9.]|\s?(?:to|or|and|vs\.?)\s[0-9.])"
_IS = r"(?:\s?[:=]\s?|\s(?:of|is|was|to)\s|\s)(?:about\s|~|≈\s?)?"


def _after(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{name}){_IS}{_N}{_END}", re.IGNORECASE)


def _before(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,/–×-]){_N}{_END}[\s-](?:{name})(?![\w-])", re.IGNORECASE)


_TRAINED_FOR = re.compile(
    rf"\b(?:train\w*|fit\w*|runs?|ran)\b[^.;|]{{0,60}}?\b(?:for|with|over)\s{_N}{_END}\sepochs\b",
    re.I,
)
_UP_TO = re.compile(rf"\b(?:up to|at most|maximum of)\s{_N}{_END}\sepochs\b", re.I)
_FOLDS = re.compile(
    rf"(?<![\w.-]){_N}-fold\b(?=\s(?:stratified |group(?:ed)? ){{0,2}}(?:cross|cv\b))", re.I
)
_NOISE = re.compile(rf"(?<![\w.,/–×±-]){_N}{_END}\s(?:gaussian |random |relative )?noise\b", re.I)
_WORDS = {
    word: str(n)
    for n, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=2
    )
}
_FEW = re.compile(rf"\b(?P<number>{'|'.join(_WORDS)})-fold\s(?:cross|cv)\b", re.I)
# "in two folds" and "two folds have no positives" speak of some of them
_ALL_FOLDS = re.compile(
    rf"(?<!\bin\s)(?<!\bof\s)(?<!\bon\s)(?<!\bfor\s)(?<![\w.,/–×-])(?P<number>{'|'.join(_WORDS)}"
    r"|[0-9]{1,2})\s(?:cv |cross-validation |stratified |group )?folds(?=\s?(?:[,.;:)(]|$))",
    re.I,
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("learning rate", _after(r"(?:initial |base |constant )?learning[ _-]rate|lr")),
    ("batch size", _after(r"(?:mini-?)?batch[ _-]size|batches")),
    ("epochs", _TRAINED_FOR),
    ("epochs", _UP_TO),
    ("epochs", _after(r"(?:number of |n_|num_|max_)?epochs")),
    ("random seed", _after(r"(?:random[ _-])?(?:seed|state)")),
    ("folds", _FOLDS),
    ("folds", _FEW),
    ("folds", _ALL_FOLDS),
    ("dropout", _after(r"dropout(?: rate)?")),
    ("weight decay", _after(r"weight[ _-]decay")),
    ("noise scale", _NOISE),
    ("noise scale", _after(r"noise[ _-](?:scale|level|std|sigma)")),
    ("number of estimators", _before(r"(?:trees|estimators|boosting rounds)")),
    ("number of estimators", _after(r"n_estimators|number of (?:trees|estimators)")),
    ("maximum depth", _after(r"max(?:imum)?[ _-]depth")),
    ("momentum", _after(r"(?:nesterov )?momentum")),
    ("label smoothing", _after(r"label[ _-]smoothing")),
    ("patience", _after(r"patience")),
    ("hidden size", _after(r"hidden[ _-](?:size|width|units|dim(?:ension)?)")),
    ("threshold", _after(r"(?:decision|classification|probability) threshold")),
)
_SPLIT = re.compile(
    r"(?<![\w./:-])(?P<a>[0-9]{2})\s?%?\s?[/:–-]\s?(?P<b>[0-9]{2})(?!\s?[/:]|[\w./:-])\s?%?"
    r"[^.;|]{0,30}?\bsplit",
    re.I,
)
_SPLIT_AFTER = re.compile(
    r"\bsplit\b[^.;|0-9]{0,20}(?<![\w./:-])"
    r"(?P<a>[0-9]{2})\s?%?\s?[/:]\s?(?P<b>[0-9]{2})(?![\w/:-])",
    re.I,
)
_HELD_OUT = re.compile(
    rf"(?<![\w.,/–×-]){_N}{_END}\s?(?:of (?:the |all )?(?:data|rows|samples|examples)\s)?"
    r"(?:(?:is|are|was|were)\s)?(?:held[ -]out|for (?:the )?(?:validation|test(?:ing)?)\b|as (?:a "
    r"|the )?(?:test|validation) set"
    r"|(?:validation|test) (?:split|share|fraction))",
    re.IGNORECASE,
)
_SHARE_OF_ALL = re.compile(
    rf"\b(?:validation|test)\s(?:set|split|data)\b[^.;|]{{0,60}}?(?<![\w.,/–×-]){_N}{_END}\s?of"
    r"\s(?:the|all)\s(?:the\s)?(?:data(?:set)?|rows|samples|examples)\b",
    re.IGNORECASE,
)
_CHAIN = re.compile(
    r"(?<![\w.,/:-])[0-9]{1,5}(?:\s?(?:→|->|⟶|➜)\s?[0-9]{1,5}){1,12}(?![\w.,/:]?[0-9])"
)
_CHAIN_ABOUT = re.compile(
    r"\b(?:width|layers?|units|neurons|hidden|mlp|dense|network|architecture)\b", re.I
)
_OTHER = re.compile(
    r"\b(?:should|recommend\w*|would|could|might|instead|next|future|previous\w*|earlier|planned?"
    r"|plans?"
    r"|if|unlike|rather|tried|try|tune[ds]?|tuning|search\w*|grid|sweep|ablat\w*|default"
    r"|original\w*"
    r"|baselines?|paper|reference|e\.g|example|range|between|will|shall|want\w*"
    r"|first|second|last|final|(?:every|each|per) (?:[0-9]+ )?(?:epochs?|steps?|iterations?)"
    r"|after|before|until|from|warm-?up|fine-?tun\w*|pre-?train\w*"
    r"|stages?|phases?|best|increase\w*|decrease\w*|reduc\w*|lower\w*|raise\w*|was"
    r"|were|old|new|not"
    r"|typical\w*|usual\w*|todo|later|(?<!weight[ _-])decay\w*|schedule\w*|inner"
    r"|outer|nested|models|times|"
    r"and then|followed|compar\w*|versus|vs)\b|[0-9]\s?[-–]\s?[0-9]+\s?epochs|→|->",
    re.IGNORECASE,
)
# what bounds the number behind it, and no other of the sentence
_BOUND = re.compile(
    r"\b(?:up to|at least|at most|less than|more than|over|min(?:imum)?)\b[^0-9,;]*$",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"(?:^|[\s_./-])(?:next|future|plan(?:s|ned)?|to-?do|roadmap|proposal)(?=[\s_./-]|$)", re.I
)
_OTHER_SECTION = re.compile(
    r"\b(?:baselines?|ablations?|previous|histor\w*|change-?\s?log|old(?:er)?|compar\w*|next"
    r"|future|plans?"
    r"|recommend\w*|related|todo|search|tuning|appendix|expected|alternatives?|references?|usage"
    r"|quick-?start|examples?|options?|defaults?|arguments|checklist)\b|[0-9]{4}-[0-9]{2}",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\b(?:was|were|used to|before|old|instead|not|try|todo|default|e\.g|or|should|could|max|min"
    r"|tested|best|vs)\b",
    re.I,
)
_TABLE_VALUE = re.compile(r"^(?:value|setting|used|choice|config(?:uration)?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StatedSetting:
    """A setting as a text states it.

    Parameters
    ----------
    setting : str
        One of the names of `settings_in_code.NAMES`, or ``"layer widths"``.
    meanings : tuple of Interval
        What the number may be in code: a share for a percentage, both sides of a split.
    widths : tuple of int
        For layer widths.
    quoted : str
        As written.
    location : Location
        Where.
    context : str
        The sentence.
    """

    setting: str
    meanings: tuple[Interval, ...]
    widths: tuple[int, ...]
    quoted: str
    location: Location
    context: str = ""


def settings_in_document(document: Document) -> Iterator[StatedSetting]:
    """Settings that the sentences and the tables of a document state, in order."""
    if document.kind is DocumentKind.OUTPUT or _PLAN.search(document.path):
        return
    for sentence in sentences(document):
        if _PLAN.search(" ".join(sentence.headings[:1])):
            continue
        below = sentence.headings[1:]
        if any(_OTHER_SECTION.search(text) or RUN.search(text) for text in below):
            continue
        if any(map(str.isdigit, sentence.text)) or "fold" in sentence.text:
            yield from in_sentence(sentence, document)
    yield from _in_tables(document)


def in_sentence(sentence: Sentence, document: Document) -> Iterator[StatedSetting]:
    """Settings of one sentence; of a setting that it states twice, none."""
    text = sentence.text
    found: dict[str, list[StatedSetting]] = {}

    def note(
        setting: str, meanings: tuple[Interval, ...], widths: tuple[int, ...], m: re.Match[str]
    ) -> None:
        place = document.location(sentence.line(m.start()))
        stated = StatedSetting(setting, meanings, widths, m[0].strip(), place, text)
        found.setdefault(setting, []).append(stated)

    for chain in _CHAIN.finditer(text):
        if _CHAIN_ABOUT.search(text) and not RUN.search(text):
            note("layer widths", (), tuple(int(n) for n in re.findall(r"[0-9]+", chain[0])), chain)
    if not _OTHER.search(text) and not RUN.search(text):
        for setting, meanings, match in _numbers(text):
            note(setting, meanings, (), match)
    for each in found.values():
        if len({stated.meanings for stated in each}) == 1 and len({s.widths for s in each}) == 1:
            yield each[0]


def _numbers(sentence: str) -> Iterator[tuple[str, tuple[Interval, ...], re.Match[str]]]:
    for setting, pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            bounded = pattern is not _UP_TO and _BOUND.search(sentence[: match.start()])
            if not bounded and (meanings := _meanings(match["number"])):
                yield setting, meanings, match
    for pattern in (_SPLIT, _SPLIT_AFTER):
        for match in pattern.finditer(sentence):
            a, b = int(match["a"]), int(match["b"])
            if a + b == 100:
                both = tuple(Interval.around(n / 100, 0.005) for n in (a, b))
                yield "test size", both, match
    for match in [*_HELD_OUT.finditer(sentence), *_SHARE_OF_ALL.finditer(sentence)]:
        if "%" in match["number"] and (meanings := _meanings(match["number"])):
            yield "test size", meanings, match


def _meanings(text: str) -> tuple[Interval, ...]:
    written = parse_written(_WORDS.get(text.casefold(), text).replace("−", "-"))
    if written is None:
        return ()
    # settings are chosen, not measured: they are rarely rounded by more than a tenth
    near = Interval.around(written.value, min(written.half_width, 0.1 * abs(written.value)))
    hundred = Interval(100.0, 100.0)
    if written.percent:
        return (near / hundred, near)
    if 1 <= written.value <= 100 and not written.half_width:
        return (near, near / hundred)
    return (near,)


def _in_tables(document: Document) -> Iterator[StatedSetting]:
    """Tables of two columns, a setting and its value."""
    for table in tables_of(document)[:100]:
        if len(table.header) != 2 or not _TABLE_VALUE.match(table.header[1]):
            continue
        heading = table.context.split("\n")[0]
        if _OTHER_SECTION.search(heading) or RUN.search(table.context):
            continue
        for row in table.rows[:100]:
            setting = setting_of(re.sub(r"[\s-]+", "_", row.cells[0].strip().casefold()))
            meanings = _meanings(row.cells[1])
            if setting is not None and meanings and re.fullmatch(r"[0-9.,eE%\s−-]+", row.cells[1]):
                quoted = f"{row.cells[0]}: {row.cells[1]}"
                place = document.location(row.line)
                yield StatedSetting(setting, meanings, (), quoted, place)


def settings_in_comments(code: Code) -> Iterator[StatedSetting]:
    """Comments beside a literal: ``noise_scale = 0.05  # 2 % noise``."""
    beside = re.compile(
        r"^\s*(?P<name>[A-Za-z_]\w{0,60})\s*=\s*[^#'\"]{1,40}#(?P<comment>[^#]{1,200})$"
    )
    for file in code.files:
        for cell in file.cells:
            if cell.kind is not CellKind.CODE or "#" not in cell.source:
                continue
            for number, line in enumerate(cell.source.splitlines(), start=1):
                match = beside.match(line) if len(line) <= 400 else None
                setting = setting_of(match["name"]) if match else None
                if match is None or setting is None or _HISTORY.search(match["comment"]):
                    continue
                place = file.location(cell, number)
                comment = match["comment"].strip()
                if _OTHER.search(comment) or RUN.search(comment):
                    continue
                for stated, meanings, words in _numbers(comment):
                    if stated == setting:
                        yield StatedSetting(setting, meanings, (), words[0].strip(), place)
