"""Which quantity a text names: a metric of a table, a tier, a group."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from audit.model.artifacts import Grouping, Metrics, MetricTable, SplitRole
from audit.model.groups import canonical_group
from checks.kit.scores import canonical_metric
from checks.kit.written_splits import roles_named

_GAP = re.compile(r"\bgap\b|_gap\b")
_KIN = re.compile(
    r"contaminat|leak|\b(?:held-?out|test|validation)\s(?:rows|samples|examples)\s(?:that are\s)?"
    r"(?:also\s)?in\s(?:the\s)?train"
)
_EVERY = re.compile(r"\b(?:each|every|all|any|worst|max(?:imum)?)\b")
_OVERALL = re.compile(r"\b(?:overall|total|aggregate|global|headline|main|final)\b")
_NOUNS = (
    r"(?:cases?|groups?|tiers?|samples?|rows?|categor(?:y|ies)|ones|difficulty|subset|examples?)"
)
_FILLERS = frozenset(
    {"a", "all", "an", "and", "any", "average", "be", "both", "case", "cases"}
    | {"categories", "category", "each", "error", "errors", "every", "final", "for"}
    | {"group", "groups", "has", "headline", "held", "holdout", "in", "is", "level"}
    | {"loss", "losses", "main", "max", "maximum", "mean", "metric", "metrics", "of"}
    | {"on", "our", "out", "overall", "own", "performance", "remain", "remains", "rows"}
    | {"run", "samples", "score", "scores", "set", "stay", "stays", "test", "the", "this"}
    | {"tier", "tiers", "total", "val", "valid", "validation", "value", "values", "was"}
    | {"worst"}
)
_PLAIN = frozenset(
    {
        "achieve",
        "achieves",
        "aim",
        "at",
        "beat",
        "below",
        "best",
        "by",
        "data",
        "dataset",
        "expected",
    }
    | {"get", "goal", "goals", "have", "hold", "keep", "low", "model", "models", "new", "obtain"}
    | {"predictions", "project", "reach", "reaches", "reduce", "reported", "requirement", "root"}
    | {"split", "stated", "success", "target", "targets", "that", "threshold", "to", "unseen", "we"}
    | {"with", "less", "than", "least", "most", "under", "above", "over", "was", "were", "good"}
    | {
        "criterion",
        "criteria",
        "is",
        "are",
        "must",
        "should",
        "be",
        "required",
        "balanced",
        "macro",
    }
    | {"mean", "average", "met", "its", "it", "lower", "higher", "bring", "get", "set", "train"}
    | {"training", "evaluation"}
)
_HELD_OUT = re.compile(r"\b(?:held|hold)-?\s?out\b|\bunseen\b")
_GENERIC = frozenset({"error", "loss"})


def is_gap(text: str) -> bool:
    """Whether a text is about the gap between training and validation."""
    return bool(_GAP.search(text.casefold()))


def is_contamination(text: str) -> bool:
    """Whether a text is about held-out rows with kin in training."""
    return bool(_KIN.search(text.casefold()))


def is_every(text: str) -> bool:
    """Whether a text is about each group of a tier."""
    return bool(_EVERY.search(text))


def is_overall(text: str, grouping: Grouping | None) -> bool:
    """Whether a text is about the overall value, or names nothing in particular."""
    return bool(_OVERALL.search(text)) or not (_rest(text, grouping) or _names_in(text, grouping))


def nearest_name(subject: str, metrics: Metrics | None, grouping: Grouping | None) -> str:
    """The known name that is spelled most like a text, quoted; all of them where none is."""
    names = ["overall", "train_val_gap", "contamination"]
    if grouping is not None:
        names += [*dict.fromkeys(grouping.tiers.values())]
        names += [grouping.label(key) for key in grouping.keys]
    names += [table.metric for table in (metrics.tables if metrics else ())]
    near = difflib.get_close_matches(subject.casefold(), names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = list(dict.fromkeys(names))
    return "known are " + ", ".join(map(repr, shown[:8])) + (" …" if len(shown) > 8 else "")


def _roles_in(text: str, subject: str, known: set[SplitRole | None]) -> set[SplitRole]:
    """The splits that a text names; held-out rows are those of the test set where there is one."""
    roles = roles_named(subject.replace("_", " "))
    if is_gap(text):
        tested = SplitRole.TEST in roles and SplitRole.VALIDATION not in roles
        role = SplitRole.TEST if tested else SplitRole.VALIDATION
        return {role} & known
    if not roles and _HELD_OUT.search(text) and SplitRole.TEST in known:
        return {SplitRole.TEST}
    return roles


def table_of(
    text: str, subject: str, tables: Sequence[MetricTable], judged_on: SplitRole | None = None
) -> tuple[MetricTable, bool] | None:
    """The table that is meant, and whether a metric is named; ``None`` for a metric without.

    `judged_on` is the split that holds where the text names none.
    """
    known = {table.role for table in tables}
    roles = _roles_in(text, subject, known)
    if not roles and judged_on in known and judged_on is not None:
        roles = {judged_on}
    candidates = [
        table
        for table in tables
        if (table.role in roles if len(roles) == 1 else table.role is not SplitRole.TRAIN)
    ] or [table for table in tables if table.role is None]
    metrics = {table.metric for table in candidates}
    named = _named_metric(text, metrics)
    if named is not None:
        candidates = [table for table in candidates if table.metric == named.name]
    return (candidates[0], named is not None) if candidates else None


@dataclass(frozen=True, slots=True)
class _Named:
    """A metric in a text: its name, the words before it, and those after it."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def _named_metric(text: str, known: set[str]) -> _Named | None:
    words = re.findall(r"[a-z0-9²]+", text.replace("²", "2"))[:60]
    other = None
    for length in (4, 3, 2, 1):
        for start in range(len(words) - length + 1):
            part = "_".join(words[start : start + length])
            name = part if part in known else canonical_metric(part)
            if name is None:
                continue
            found = _Named(name, tuple(words[:start]), tuple(words[start + length :]))
            if name in known:
                return found
            if part not in _GENERIC and name not in ("loss", "error_rate"):
                other = other or found
    return other


def is_of_a_part(text: str, table: MetricTable) -> bool:
    """Whether a text names the metric of some rows only: ``RMSE on weekends``, ``night MAE``."""
    named = _named_metric(text, {table.metric})
    if named is None:
        return False
    near = list(named.before[-1:])
    after = [word for word in named.after[:4] if word not in ("the", "our", "all", "a")]
    if len(after) > 1 and after[0] in ("on", "for", "in", "at", "of", "during"):
        near.append(after[1])
    return any(not word.isdigit() and word not in _FILLERS | _PLAIN for word in near)


def _names_in(text: str, grouping: Grouping | None) -> set[str]:
    """Group columns that a text names, as in ``site A``."""
    names = {name.casefold() for name in (grouping.names if grouping else ())}
    return (names | {f"{name}s" for name in names}) & set(re.findall(r"[^\W_]+", text))


def _rest(text: str, grouping: Grouping | None) -> list[str]:
    names = [name.casefold() for name in (grouping.names if grouping else ())]
    own = {*names, *(f"{name}s" for name in names)}
    return [w for w in re.findall(r"[^\W_]+", text) if w not in _FILLERS and w not in own]


def tier_of(text: str, grouping: Grouping | None) -> str:
    """The one tier that a text names; empty for none or several."""
    tiers = dict.fromkeys(grouping.tiers.values()) if grouping else {}
    names = "".join(
        f"|{re.escape(name.casefold())}s?" for name in (grouping.names if grouping else ())
    )
    rest = _rest(text, grouping)
    found = [
        tier
        for tier in tiers
        if rest == re.findall(r"[^\W_]+", tier.casefold())
        or re.match(rf"{re.escape(tier.casefold())}\b", text)
        or re.search(rf"\b{re.escape(tier.casefold())}[ -](?:{_NOUNS}{names})\b", text)
    ]
    return found[0] if len(found) == 1 else ""


def group_of(text: str, subject: str, table: MetricTable, grouping: Grouping | None) -> str:
    """Canonical key of the group that a text names; empty for none."""
    keys = {*table.by_group, *(grouping.keys if grouping else ())}
    parts = re.findall(r"\([^()]{1,40}\)|\w+\s?=\s?[\w.]+(?:\s?,\s?\w+\s?=\s?[\w.]+){0,5}", subject)
    own = _names_in(text, grouping) | {"group", "groups", "tier", "case", "cases"}
    bare = " ".join(word for word in text.split() if word not in own)  # an "A" is no article here
    called = "|".join(re.escape(name) for name in _names_in(text, grouping))
    behind = re.findall(rf"(?<!\w)(?:{called})\s([\w-]{{1,40}})", text) if called else []
    rest = [" ".join(_rest(text, grouping))]
    if named := _named_metric(text, {table.metric}):
        rest.append(" ".join(_rest(" ".join((*named.before, *named.after)), grouping)))
    for part in [subject.strip(), bare, *rest, *parts, *behind]:
        if part and (key := canonical_group(part)) in keys:
            return key
    return ""
