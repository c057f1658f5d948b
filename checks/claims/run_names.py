"""Which run an export is about, by the titles of its documents and by its metrics file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.model.artifacts import Document, DocumentKind, Documents, Metrics
from audit.model.location import Location
from audit.model.severity import Severity
from checks.kit.run_names import runs_in

_TITLE = re.compile(r" {0,3}#{1,2}\s+(?P<title>\S.*)")
_COMPARES = re.compile(
    r"\bvs\b|\bversus\b|\bcompar\w*|\bfrom\b|\bto\b|\band\b|\bfor\b|\bafter\b|\bnext\b|\bplan\w*"
    r"|\bbaseline\b|\blessons\b|\bchange\w*|\bhistor\w*|\bsince\b|\brecommend\w*|\btowards?\b",
    re.IGNORECASE,
)
_MAIN = re.compile(r"(?:^|/)(?:readme|results?|report|summary|model_?card)\.(?:md|markdown)$", re.I)


@dataclass(frozen=True, slots=True)
class NamedRun:
    """A run and where it is named."""

    name: str
    location: Location


@dataclass(frozen=True, slots=True)
class RunNames:
    """The runs that titles and the metrics file name.

    Parameters
    ----------
    known : frozenset of str
        All of them.
    titles : mapping of str to frozenset of str
        Path of a document to the runs in its title.
    disagreement : tuple of (NamedRun, NamedRun), optional
        Two places that name different runs for the same experiment.
    severity : Severity
        Of that disagreement.
    """

    known: frozenset[str] = frozenset()
    titles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    disagreement: tuple[NamedRun, NamedRun] | None = None
    severity: Severity = Severity.NOTE


def run_names(documents: Documents, metrics: Metrics | None) -> RunNames:
    """Collect run names; a disagreement only where the same experiment is plainly meant."""
    titles: dict[str, NamedRun] = {}
    for document in documents.items:
        if document.path not in titles and (named := _title(document)):
            titles[document.path] = named
    table = metrics.tables[0] if metrics is not None else None
    labels = runs_in(table.label) if table is not None else frozenset()
    main = {
        path: named
        for path, named in titles.items()
        if _MAIN.search(path) or path.endswith((".ipynb", ".py"))
    }
    runs = {path: frozenset({named.name}) for path, named in titles.items()}
    known = frozenset(named.name for named in titles.values()) | labels
    pair = None
    severity = Severity.NOTE
    if table is not None and len(labels) == 1 and main:
        (label,) = labels
        same_kind = [n for n in main.values() if n.name.split()[0] == label.split()[0]]
        if same_kind and len(same_kind) <= 2 and all(n.name != label for n in same_kind):
            pair = (same_kind[0], NamedRun(label, Location(table.path)))
            severity = Severity.WARNING
    if pair is None and len(main) == 2:
        first, second = main.values()
        kinds = first.name.split()[0] == second.name.split()[0]
        if kinds and first.name != second.name and _one_notebook(main):
            pair = (first, second)
            if labels and any(named.name in labels for named in pair):
                severity = Severity.WARNING
    return RunNames(known, runs, pair, severity)


def _one_notebook(paths: Mapping[str, NamedRun]) -> bool:
    return sum(path.endswith((".ipynb", ".py")) for path in paths) == 1


def _title(document: Document) -> NamedRun | None:
    """The run that the first heading names, if it names exactly one and compares nothing."""
    if document.kind is DocumentKind.OUTPUT:
        return None
    for number, line in enumerate(document.text.splitlines()[:200], start=1):
        if match := _TITLE.match(line[:300]):
            title = match["title"]
            runs = runs_in(title)
            # "v5" is as often the version of a model or of a library
            numbered = not any(name.startswith("v ") for name in runs)
            if len(runs) == 1 and numbered and not _COMPARES.search(title):
                return NamedRun(next(iter(runs)), document.location(number))
            return None
        if line.strip() and not line.strip().startswith(("!", "<", "[", "---")):
            return None
    return None
