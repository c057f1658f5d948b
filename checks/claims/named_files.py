"""Files that documents name, and whether they are in the export."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from audit.model.artifacts import Document, DocumentKind
from audit.model.location import Location
from checks.kit.written_lines import document_lines

MAX_FILES = 5_000
MAX_NAMED = 200
MAX_LOOKED_UP = 30  # names for which a near one is looked for

_SUFFIXES = (
    "ipynb|py|csv|tsv|parquet|pkl|pickle|npz|npy|json|jsonl|h5|hdf5|keras|pt|pth|joblib|feather|xlsx"
    "|yaml|yml|toml|md|txt|png|svg|pdf|onnx|safetensors"
)
_PATH = rf"(?P<path>(?:\.{{0,2}}/)?[\w.-]+(?:/[\w.-]+){{0,8}}\.(?:{_SUFFIXES}))"
_IN_CODE_MARKS = re.compile(rf"`{_PATH}`")
_IN_LINK = re.compile(rf"\]\({_PATH}(?:#[\w-]{{0,80}})?\)")
_ELSEWHERE = re.compile(
    r"\b(?:download\w*|not included|not part|excluded|removed|deleted|omitted|too large|upstream"
    r"|creates?|created"
    r"|will be|writes?|written to|saved? (?:to|as|in)|saves|output\w*|generat\w*|produc\w*"
    r"|formerly|renamed"
    r"|was|if|should|would|original\w*|local|your|e\.g|example|missing|does not exist|run|python"
    r"|install\w*)\b",
    re.IGNORECASE,
)
_USUAL = frozenset(
    {
        "requirements.txt",
        "setup.py",
        "pyproject.toml",
        "environment.yml",
        "license.md",
        "license.txt",
        "contributing.md",
        "conftest.py",
        "package.json",
        "config.yaml",
        "config.json",
        "readme.md",
        "changelog.md",
    }
)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a document names.

    Parameters
    ----------
    path : str
        As written, without a leading ``./``.
    location : Location
        First place.
    elsewhere : bool
        The sentence says that it is made, fetched or left out.
    """

    path: str
    location: Location
    elsewhere: bool


def named_files(documents: Sequence[Document]) -> list[NamedFile]:
    """Files in code marks or links, the first place of each."""
    found: dict[str, NamedFile] = {}
    for document in documents:
        if document.kind is DocumentKind.OUTPUT:
            continue
        for each in _in_document(document):
            known = found.get(each.path)
            if known is None or (each.elsewhere and not known.elsewhere):
                found[each.path] = each
            if len(found) >= MAX_NAMED:
                return list(found.values())
    return list(found.values())


def _in_document(document: Document) -> Iterator[NamedFile]:
    for number, line in document_lines(document):
        if len(line) > 2_000 or ("`" not in line and "](" not in line):
            continue
        for pattern in (_IN_CODE_MARKS, _IN_LINK):
            for match in pattern.finditer(line):
                path = unquote(match["path"]).removeprefix("./")
                if not path.startswith(("/", "../", "~")) and ".." not in path.split("/"):
                    elsewhere = bool(_ELSEWHERE.search(line.replace(match[0], " ")))
                    yield NamedFile(path, document.location(number), elsewhere)


def is_there(path: str, files: Sequence[str], folder: str) -> bool:
    """Whether a path is that of a file, relative to the export or to the document."""
    wanted = path.casefold()
    nested = f"{folder}/{path}".casefold() if folder else wanted
    name = wanted.rpartition("/")[2]
    return any(
        each == wanted or each == nested or each.endswith(f"/{wanted}")
        # people write the path that a file has in the repository
        or wanted.endswith(f"/{each}") or (each.rpartition("/")[2] == name)
        for each in map(str.casefold, files[:MAX_FILES])
    )  # fmt: skip


def is_usual(path: str) -> bool:
    """Whether it belongs to a repository rather than to an experiment."""
    return path.rpartition("/")[2].casefold() in _USUAL


def near_name(path: str, files: Sequence[str]) -> str | None:
    """A file of the same kind with nearly the same name."""
    stem, _, suffix = path.rpartition("/")[2].casefold().rpartition(".")
    best, ratio = None, 0.8
    for each in files[:MAX_FILES]:
        other, _, kind = each.rpartition("/")[2].casefold().rpartition(".")
        if (
            kind != suffix
            or abs(len(other) - len(stem)) > 12
            or re.findall(r"\d+", other) != re.findall(r"\d+", stem)
        ):
            continue
        matcher = difflib.SequenceMatcher(None, stem, other)
        longer = len(stem) >= 8 and other.startswith(stem)
        swapped = len(stem) >= 4 and sorted(stem) == sorted(other)
        longer = longer or swapped
        if not longer and matcher.quick_ratio() <= ratio:
            continue
        score = max(matcher.ratio(), 0.85 if longer else 0.0)
        if score > ratio:
            best, ratio = each, score
    return best
