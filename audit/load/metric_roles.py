"""Which metric tables are the experiment's own, and which are its baseline."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from audit.config import Config
from audit.load import names
from audit.load.lead import leading_role
from audit.load.ledger import Ledger
from audit.load.metrics import Draft, read_metrics
from audit.load.problems import malformed
from audit.load.tables import Content
from audit.model.artifacts import Baseline, Document, MetricTable, ProblemKind, SplitRole
from audit.model.export import Absent, Malformed, Present, Slot
from audit.model.location import Location

_MAX_TABLE_ROWS = 2_000
_LOSSES = ("loss", "log_loss")
_RUN = re.compile(r"(?:^|[_\W])run[_\W]?(\d{1,6})(?:[_\W]|$)", re.IGNORECASE)


@dataclass(slots=True)
class Found:
    """Metric tables by purpose, and declared files that hold none."""

    own: list[Draft] = field(default_factory=list)
    baseline: list[Draft] = field(default_factory=list)
    malformed: dict[str, Malformed] = field(default_factory=dict)

    def problem(self, role: str) -> Malformed | None:
        """Why a declared role cannot be filled, if so."""
        return self.malformed.get(role)

    def stem(self, draft: Draft) -> str:
        """Name of the run where the file gives none."""
        return PurePosixPath(draft.path).stem


def find(contents: Sequence[Content], known: frozenset[str], ledger: Ledger) -> Found:
    """Read the metric tables of every file that has no other role.

    Parameters
    ----------
    contents : sequence of Content
        Candidates.
    known : frozenset of str
        Columns of the data.
    ledger : Ledger
        Takes problems and what was recognised.
    """
    result = Found()
    by_file: list[tuple[Content, tuple[Draft, ...], str | None]] = []
    for content in contents:
        path = content.file.name
        declared = ledger.role_of(path)
        if ledger.is_used(path) or declared not in (None, "metrics", "baseline"):
            continue
        named = names.has_word(content.file.stem, names.METRIC_WORDS | names.BASELINE_WORDS)
        if names.has_word(content.file.stem, names.CONFIG_WORDS) and not declared:
            continue
        value = _value(content)
        if value is None or (_is_table(value) and not (named or declared or _looks(value))):
            if declared:
                _no_metric(content, declared, ledger, result)
            continue
        pointers = content.file.suffix == ".json"
        drafts, not_finite = read_metrics(
            path, value, known, ledger.config.metric, pointers=pointers
        )
        for location in not_finite[:1]:
            error = malformed(
                f"{len(not_finite):,} metric value(s) are not finite numbers and were left out",
                "Look for divisions by zero or overflow where they are computed.",
            )
            ledger.problems.append(error.at(location.path))
        if not drafts:
            if declared:
                _no_metric(content, declared, ledger, result)
            elif named and not not_finite:
                reason = "named like metrics, but no known metric was found in it"
                step = 'Name the metric: a key such as "rmse", or metric = "…" in audit.toml.'
                ledger.add(ProblemKind.SKIPPED, path, reason, step)
            continue
        by_file.append((content, drafts, declared))
    older = _older_runs([c.file.name for c, _, declared in by_file if declared is None])
    declared_roles = {declared for _, _, declared in by_file} | set(result.malformed)
    for content, drafts, declared in by_file:
        path = content.file.name
        is_baseline = declared == "baseline" or (
            declared is None
            and (names.has_word(content.file.stem, names.BASELINE_WORDS) or path in older)
        )
        role = "baseline" if is_baseline else "metrics"
        if declared is None and role in declared_roles:
            continue
        why = ledger.why_declared(role) if declared else _why(path, older, role)
        for draft in drafts:
            (result.baseline if is_baseline or draft.baseline else result.own).append(draft)
        ledger.recognise(path, role, _detail(drafts), why)
    result.own = _of_the_run(result.own, ledger)
    return result


def _of_the_run(drafts: list[Draft], ledger: Ledger) -> list[Draft]:
    """What holds for the run as a whole, not for one of several classes or models."""
    whole = [draft for draft in drafts if not draft.nested]
    parts = list(dict.fromkeys(draft.label for draft in drafts if draft.nested))
    if len(parts) == 1 and not whole:
        return [replace(draft, nested=False) for draft in drafts]
    if parts and not whole:
        more = f" and {len(parts) - 4} more" if len(parts) > 4 else ""
        ledger.add(
            ProblemKind.SKIPPED,
            drafts[0].path,
            f"it states metrics of {', '.join(parts[:4])}{more}, and none of the run as a whole",
            "Export the metrics of the reported model in a file of its own.",
        )
    return whole


def _no_metric(content: Content, role: str, ledger: Ledger, result: Found) -> None:
    error = malformed("no known metric was found in it", "Name the metric, for instance rmse.")
    path = content.file.name
    ledger.fail(path, error)
    result.malformed[role] = Malformed(f"{path}: {error.reason}", Location(path))


def _value(content: Content) -> Any:
    if content.file.suffix == ".json" and isinstance(content.value, dict | list):
        return content.value
    if content.frame is not None and len(content.frame) <= _MAX_TABLE_ROWS:
        return content.frame
    value = content.value
    return value if isinstance(value, dict) else None


def _is_table(value: Any) -> bool:
    return not isinstance(value, dict)


def _looks(value: Any) -> bool:
    """Whether a table without a telling name is one of metrics: few rows, one a group."""
    if isinstance(value, list):
        return len(value) <= 200 and any(
            isinstance(row, dict) and any(names.metric_name(str(key)) for key in row)
            for row in value
        )
    columns = [str(name) for name in value.columns]
    metrics = [name for name in columns if names.metric_name(name)]
    counts = [name for name in columns if set(names.words(name)) & names.COUNT_WORDS]
    return bool(metrics) and len(value) <= 200 and (bool(counts) or len(columns) <= 4)


def _why(path: str, older: set[str], role: str) -> str:
    if path in older:
        return "named after an earlier run than the other metrics"
    stem = PurePosixPath(path).stem
    words = names.BASELINE_WORDS if role == "baseline" else names.METRIC_WORDS
    return f"the file is called {stem!r}" if names.has_word(stem, words) else "it states metrics"


def _older_runs(paths: Sequence[str]) -> set[str]:
    """Files named after a run (``run2``) when others are named after a later one, or after none."""
    numbers = {}
    for path in paths:
        match = _RUN.search(PurePosixPath(path).stem)
        numbers[path] = int(match[1]) if match else None
    known = [number for number in numbers.values() if number is not None]
    if not known or len(paths) < 2:
        return set()
    newest = None if None in numbers.values() else max(known)
    return {p for p, number in numbers.items() if number is not None and number != newest}


def _detail(drafts: Sequence[Draft]) -> str:
    parts = []
    for draft in drafts[:4]:
        role = f"{draft.role.value} " if draft.role else ""
        overall = "overall" if draft.overall else ""
        groups = f"{len(draft.entries):,} groups" if draft.entries else ""
        parts.append(f"{role}{draft.metric} ({', '.join(p for p in (overall, groups) if p)})")
    return "; ".join(parts) + (" …" if len(drafts) > 4 else "")


def join(drafts: Sequence[Draft], sizes: Mapping[SplitRole, int]) -> list[Draft]:
    """Put an overall value and group values of the same metric together, from two files.

    Only where one draft of each kind could be meant, their splits do not contradict each other,
    and the groups count no other number of rows than the split has.

    Parameters
    ----------
    drafts : sequence of Draft
        Of all files.
    sizes : mapping of SplitRole to int
        Rows of each split, where known.
    """
    joined = list(drafts)
    candidates = [draft for draft in drafts if draft.role is not SplitRole.TRAIN]
    for metric in dict.fromkeys(draft.metric for draft in candidates):
        own = [draft for draft in candidates if draft.metric == metric]
        loose = [draft for draft in own if draft.entries and draft.overall is None]
        owners = [draft for draft in own if draft.overall is not None]
        if len(loose) != 1 or len(owners) != 1 or owners[0].entries:
            continue
        (groups,), (whole,) = loose, owners
        role = whole.role or groups.role
        if None not in (whole.role, groups.role) and whole.role is not groups.role:
            continue
        if whole.label and groups.label and whole.label != groups.label:
            continue
        counts = [entry.count for entry in groups.entries if entry.count is not None]
        n = sizes.get(role) if role is not None else None
        if n is not None and len(counts) == len(groups.entries) and sum(counts) != n:
            continue
        both = replace(groups, role=role, overall=whole.overall, label=whole.label or groups.label)
        joined[joined.index(groups)] = both
        joined.remove(whole)
    return joined


def wanted_metric(config: Config) -> str | None:
    """Canonical name of the configured metric."""
    return names.metric_name(config.metric) or config.metric if config.metric else None


def rank(
    drafts: Sequence[Draft], config: Config, documents: Sequence[Document] = ()
) -> list[Draft]:
    """Headline first: the configured metric, held-out before train, the split that the results
    page leads with, with groups before without, test before validation.
    """
    wanted = wanted_metric(config)
    tested = {draft.metric for draft in drafts if draft.role is SplitRole.TEST}

    def place(draft: Draft, lead: SplitRole | None) -> tuple[bool, ...]:
        return (
            wanted is not None and draft.metric != wanted,
            draft.role is SplitRole.TRAIN,
            draft.metric in _LOSSES,
            lead is not None and draft.role is not lead,
            not draft.entries,
            draft.overall is None,
            # validation rows chose the model, so a reader asks for the test rows first
            draft.role is SplitRole.VALIDATION and draft.metric in tested,
        )

    ranked = sorted(drafts, key=lambda draft: place(draft, None))
    lead = leading_role(ranked, documents) if ranked else None
    return sorted(ranked, key=lambda draft: place(draft, lead))


def choose_baseline(tables: Sequence[MetricTable], own: Sequence[MetricTable]) -> Slot:
    """The baseline table with groups, of the headline's metric and split where there is one."""
    grouped = [table for table in tables if table.by_group]
    if not grouped:
        if tables:
            return Absent(f"{tables[0].path} states no metric by group")
        return Absent("no baseline (a metrics file called baseline, reference, previous or run N)")
    if own:
        headline = own[0]
        grouped.sort(
            key=lambda t: (t.metric != headline.metric, t.role not in (headline.role, None))
        )
    return Present(Baseline(grouped[0]))


def plain_role(path: str) -> str | None:
    """Role that a file's name alone makes plain, for files that cannot be read."""
    pure = PurePosixPath(path)
    if pure.suffix.lower() in (".ipynb", ".py", ".md", ".markdown"):
        return "code" if pure.suffix.lower() in (".ipynb", ".py") else "documents"
    if names.has_word(pure.stem, names.PREDICTION_WORDS):
        return "predictions"
    if names.has_word(pure.stem, names.BASELINE_WORDS):
        return "baseline"
    if names.has_word(pure.stem, names.HISTORY_WORDS):
        return "history"
    if names.has_word(pure.stem, names.METRIC_WORDS):
        return "metrics"
    role = names.split_role(pure.stem)
    return role.value if role else None
