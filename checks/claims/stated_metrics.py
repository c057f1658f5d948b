"""Headline metrics that documents state: which metric, on which split, and what number.

Only statements whose every word is understood are taken: a number of another model, run, fold,
class or epoch is another quantity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from audit.model.artifacts import Document, DocumentKind, SplitRole
from checks.kit.intervals import Written, parse_written
from checks.kit.run_names import RUN, runs_in
from checks.kit.scores import canonical_metric
from checks.kit.written_sentences import Sentence, sentences
from checks.kit.written_splits import roles_named
from checks.kit.written_tables import WrittenTable, tables_of

_METRIC = (
    r"(?:log2?[ _-]?MSE|log10[ _-]?MSE|RMSLE|MSLE|RMSE|MSE|MAPE|MAE"
    r"|root mean squared error|mean squared error|mean absolute error"
    r"|balanced accuracy|accuracy|error rate|macro[ -]F1|F1(?:[ -]score)?|ROC[ -]?AUC|AUROC"
    r"|PR[ -]?AUC|AUC"
    r"|log[ -]?loss|R2|R²|R\^2|precision|recall)"
)
_ROLE = r"(?:train(?:ing)?|val(?:idation)?|test|hold-?out|held-?out)"
_NUMBER = (
    r"(?P<number>[-−]?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)?(?:\.[0-9]+)?"
    r"(?:[eE]-?[0-9]{1,2})?[kK]?\s?%?)(?![\w%^/]|\.[0-9]|,[0-9]"
    r"|\s?[-–±+/×x](?:\s?[0-9]|\s)|\s?(?:to|or|and)\s[0-9])"
)
_IS = r"(?:\s?[:=]\s?|\s(?:of|is|was|reaches|reached|at)\s|\s)"
_SPLIT = r"(?:\s(?:set|split|data))?"
_METRIC_ON = rf"(?<![\w-])(?P<metric>{_METRIC})\son\s(?:the\s|our\s)?(?P<role>{_ROLE})"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w-])(?P<role>{_ROLE}){_SPLIT}[\s_-](?P<metric>{_METRIC}){_IS}"
        rf"(?:about\s|≈\s?|~)?{_NUMBER}",
        rf"(?<![\w-])(?P<metric>{_METRIC})\s?\((?P<role>{_ROLE}){_SPLIT}\){_IS}{_NUMBER}",
        rf"{_METRIC_ON}{_SPLIT}{_IS}{_NUMBER}",
        rf"(?<![\w-])(?P<metric>{_METRIC})(?:\s?[:=]\s?|\s(?:of|is|was)\s){_NUMBER}\son\s"
        rf"(?:the\s|our\s)?(?P<role>{_ROLE})\s(?:set|split|data)",
    )
)
_QUALIFIED = re.compile(
    r"\s?(?:\w+\s){0,2}(?:fold|epochs?|per|for|in|when|with|without|by)\b|\s?\((?![0-9])",
    re.IGNORECASE,
)
_PLAIN_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "our",
        "final",
        "model",
        "models",
        "this",
        "it",
        "its",
        "we",
        "on",
        "of",
        "with",
        "in",
        "is",
        "was",
        "has",
        "gives",
        "gave",
        "reaches",
        "reached",
        "achieves",
        "achieved",
        "achieve",
        "obtains",
        "obtained",
        "scores",
        "scored",
        "score",
        "result",
        "results",
        "overall",
        "headline",
        "reported",
        "and",
        "evaluation",
        "evaluated",
        "set",
        "split",
        "data",
        "gets",
        "got",
        "at",
        "metric",
        "metrics",
        "value",
        "performance",
        "predicts",
        "network",
        "experiment",
        "run",
        "good",
        "very",
        "an",
    ]
)
_RESULT_WORDS = frozenset(
    ("conclusion", "conclusions", "summary", "test", "validation", "accuracy", "rmse", "outcome")
)
_OTHER_SECTION = re.compile(
    r"\b(?:baselines?|ablations?|previous\w*|histor\w*|change-?\s?log|older?|earlier|compar\w*"
    r"|experiments|models|log|versions?|v[0-9.]+|folds?|cross|cv|per|by|class\w*|groups?|tiers?"
    r"|search|tuning|appendix|expected|target|goals?|plans?|next|future|recommend\w*|related"
    r"|literature"
    r"|leaderboard|benchmarks?|other|references?|without|before|after|examples?|usage|alternatives?"
    r"|stages?|phases?|steps?|ensembles?|seeds?|criteria|releases?|todo)\b|[0-9]{4}-[0-9]{2}",
    re.IGNORECASE,
)
_OTHER_FILE = re.compile(
    r"(?:^|[/_.-])(?:change_?log|history|changes|news|releases?|archive|old|notes?|todo|roadmap"
    r"|plan"
    r"|ablations?|baselines?|benchmarks?|contributing|template|example|related)(?:[/_.-]|$)",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"\(\s?(?:set|split|data|in|%|in %|(?:lower|higher) is better)?\s?\)|[↑↓]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class StatedMetric:
    """One statement of a metric on a whole split.

    Parameters
    ----------
    metric : str
        Canonical name.
    role : SplitRole
        The split.
    value : Written
        The number.
    document : Document
        Where.
    line : int
        1-based line.
    quoted : str
        As written.
    runs : frozenset of str
        Runs that the statement names: ``"run 6"``.
    plain : bool
        Nothing in the sentence makes it another quantity; others can only agree.
    in_results : bool
        The heading above it says that results follow, and of nothing in particular.
    """

    metric: str
    role: SplitRole
    value: Written
    document: Document
    line: int
    quoted: str
    runs: frozenset[str]
    plain: bool = True
    in_results: bool = False


def stated_metrics(document: Document) -> list[StatedMetric]:
    """Metrics that a document states of its own experiment, in order."""
    if _OTHER_FILE.search(document.path):
        return []
    found = [*_in_sentences(document), *_in_tables(document)]
    return sorted(found, key=lambda each: each.line)


def _in_sentences(document: Document) -> Iterator[StatedMetric]:
    whole = document.kind is DocumentKind.OUTPUT
    for sentence in sentences(document):
        if any(_OTHER_SECTION.search(text) for text in sentence.headings):
            continue
        if any(map(str.isdigit, sentence.text)):
            yield from _in_sentence(sentence, document, whole)


def _in_sentence(sentence: Sentence, document: Document, whole: bool) -> Iterator[StatedMetric]:
    text = sentence.text
    mark = re.match(r"\s*(?:[-*+•>]|[0-9]{1,2}[.)])\s+", text)
    start = mark.end() if mark else 0
    qualified = False
    while True:
        matches = [m for pattern in _PATTERNS if (m := pattern.search(text, start))]
        if not matches:
            return
        match = min(matches, key=lambda m: (m.start(), -m.end()))
        before, after = text[start : match.start()], text[match.end() :]
        plain = _is_plain(before) and not (whole and after.strip(" .,;"))
        plain = plain and not _QUALIFIED.match(after) and not qualified
        qualified = not plain
        start = match.end()
        metric = canonical_metric(match["metric"].replace("²", "2").replace("^", ""))
        value = parse_written(match["number"])
        role = _role(match["role"])
        if metric is not None and value is not None and role is not None:
            runs = runs_in(before)
            line = sentence.line(match.start())
            quoted = match[0].strip()
            yield StatedMetric(
                metric, role, value, document, line, quoted, runs, plain, _in_results(sentence)
            )


def _in_results(sentence: Sentence) -> bool:
    words = re.findall(r"[^\W\d_]+", " ".join(sentence.headings[-1:]).casefold())
    return bool(words) and all(word in _PLAIN_WORDS | _RESULT_WORDS for word in words)


def _role(text: str) -> SplitRole | None:
    if re.fullmatch(r"(?:hold|held)-?out", text, re.IGNORECASE):
        return None  # validation or test
    roles = roles_named(text)
    return roles.pop() if len(roles) == 1 else None


def _is_plain(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", RUN.sub(" ", text).casefold())
    return all(word in _PLAIN_WORDS for word in words) and not re.search(
        r"[0-9]", RUN.sub("", text)
    )


def _in_tables(document: Document) -> Iterator[StatedMetric]:
    seen: set[int] = set()
    for table in tables_of(document)[:300]:
        if table.line in seen or _OTHER_SECTION.search(table.context.split("\n")[0]):
            continue
        seen.add(table.line)
        yield from _in_table(table, document)


def _in_table(table: WrittenTable, document: Document) -> Iterator[StatedMetric]:
    """Tables whose rows and columns are metrics, splits and values, and nothing else."""
    header = [_Heading.of(name) for name in table.header]
    if len(header) < 2 or len(table.rows) > 40:
        return
    by_metric = all(each.metric is not None for each in header[1:])
    by_role = all(each.role is not None and not each.rest for each in header[1:])
    by_value = len(header) == 2 and _is_plain(header[1].rest)
    if not (by_metric or by_role or by_value):
        return
    about = _Heading.of(table.context.split("\n")[0])
    for row in table.rows:
        label = _Heading.of(row.cells[0])
        for column, head in enumerate(header[1:], start=1):
            metric = head.metric if by_metric else label.metric
            named = [each.role for each in (label, head, header[0], about) if each.role is not None]
            value = parse_written(row.cells[column])
            if metric is None or value is None or not named or (label.metric and by_metric):
                continue
            if not by_role and not by_metric and label.rest:
                continue
            if by_metric and not _is_plain(label.rest):
                continue
            quoted = f"{row.cells[0]} {table.header[column]}: {row.cells[column]}"
            yield StatedMetric(
                metric, named[0], value, document, row.line, quoted, runs_in(table.context)
            )


@dataclass(frozen=True, slots=True)
class _Heading:
    """What the head of a row or a column names: a metric, a split, and the words left over."""

    metric: str | None
    role: SplitRole | None
    rest: str

    @classmethod
    def of(cls, text: str) -> _Heading:
        role = _role_of_label(text)
        bare = " ".join(_ASIDE.sub(" ", _without_role(text)).split())
        metric = canonical_metric(bare)
        return cls(metric, role, "" if metric is not None else bare)


def _role_of_label(label: str) -> SplitRole | None:
    roles = roles_named(label)
    if re.search(r"cross|cv\b|fold", label, re.IGNORECASE):
        return None
    return roles.pop() if len(roles) == 1 else None


def _without_role(label: str) -> str:
    return re.sub(rf"\b{_ROLE}\b", " ", label, flags=re.IGNORECASE).strip()
