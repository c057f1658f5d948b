"""Prose of the export: Markdown files, Markdown cells, recorded outputs; and its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from audit.model.artifacts import CellKind, Document, DocumentKind, SourceFile

_RULE = re.compile(r"^\s*(?:\|\s*)?:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*(?:\|\s*)?$")


def documents_of(file: SourceFile) -> Iterator[Document]:
    """Markdown cells and recorded text outputs of a notebook or script, in order."""
    for cell in file.cells:
        if cell.kind is CellKind.MARKDOWN and cell.source.strip():
            if file.is_notebook:
                text, index = cell.source, cell.index
                yield Document(file.path, DocumentKind.MARKDOWN_CELL, text, index, cell.file_lines)
            else:
                # Lines of a script's document count from the top of the file.
                text = "\n" * (cell.first_line - 1) + cell.source
                yield Document(file.path, DocumentKind.MARKDOWN_CELL, text)
        elif cell.outputs and file.is_notebook:
            text = "".join(part if part.endswith("\n") else part + "\n" for part in cell.outputs)
            yield Document(file.path, DocumentKind.OUTPUT, text, cell.index)


def markdown_tables(text: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Header and rows of every pipe table in a text."""
    lines = text.splitlines()
    index = 1
    while index < len(lines):
        if "|" not in lines[index - 1] or not _RULE.match(lines[index]):
            index += 1
            continue
        header = _cells(lines[index - 1])
        rows = []
        index += 1
        while index < len(lines) and "|" in lines[index]:
            rows.append(_cells(lines[index]))
            index += 1
        yield header, rows
        index += 1


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [re.sub(r"[*`_]{1,3}(?=\S)|(?<=\S)[*`]{1,3}", "", c).strip() for c in inner.split("|")]


def sort_documents(items: Sequence[Document]) -> tuple[Document, ...]:
    """Documents by path, then cell, Markdown before output."""
    return tuple(
        sorted(items, key=lambda d: (d.path, -1 if d.cell is None else d.cell, d.kind.value))
    )
