"""On which line of an ``.ipynb`` file each line of a cell is written.

A notebook is JSON, usually with one string a source line and each on a line of its own; tools
that show a finding in the file need that line. The values were decoded before; this walks along
the way to the sources again and lets the decoder jump over everything else.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

LINE_BREAK = re.compile(r"\r\n|\r|\n")
MAX_LINES = 200_000
MAX_STEPS = 300_000
_LONE_RETURN = re.compile(r"\r(?!\n)")
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()

Source = tuple[str, tuple[int, ...]]


def source_lines(text: str) -> dict[int, Source]:
    r"""Find the lines of the file on which the sources of the cells are written.

    Parameters
    ----------
    text : str
        The notebook, valid JSON.

    Returns
    -------
    dict of int to (str, tuple of int)
        By index of the cell: its source as the strings of the file joined, and for each of its
        lines the 1-based line of the file. Cells of which that cannot be told are missing; all
        are when there are more than ``MAX_LINES`` lines in them, or the walk takes more than
        ``MAX_STEPS``.

    Examples
    --------
    >>> source_lines('{"cells": [\n{"source": [\n"a\\n",\n"b"]}]}')
    {0: ('a\nb', (3, 4))}
    """
    if _LONE_RETURN.search(text):
        return {}  # programs disagree whether this ends a line
    found: dict[int, Source] = {}
    budget = MAX_LINES
    position = line = 0
    try:
        for index, strings in enumerate(_Walk(text).cells()):
            starts = []
            for start, _ in strings:
                line += text.count("\n", position, start)
                position = start
                starts.append(line + 1)
            source = "".join(string for _, string in strings)
            budget -= len(strings) + source.count("\n") + source.count("\r")
            if budget < 0:
                return {}
            found[index] = (source, _lines(source, strings, starts))
    except (ValueError, RecursionError, _UnexpectedError):
        return {}
    return found


class _UnexpectedError(Exception):
    """The text is not laid out as a notebook is."""


Strings = list[tuple[int, str]]


def _lines(source: str, strings: Strings, starts: list[int]) -> tuple[int, ...]:
    if not source:
        return ()
    ends = list(accumulate(len(string) for _, string in strings))
    breaks = [match.end() for match in LINE_BREAK.finditer(source)]
    return tuple(starts[bisect_right(ends, begin)] for begin in (0, *breaks) if begin < len(source))


class _Walk:
    """Steps from value to value of a JSON text, as many as ``MAX_STEPS``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MAX_STEPS

    def cells(self) -> Iterator[Strings]:
        """Position and value of the strings that make up the source of each cell, in order."""
        places = dict(self._members(self._skip(0)))
        if "cells" in places:
            yield from self._sources(places["cells"])
        elif "worksheets" in places:
            for sheet in self._items(places["worksheets"]):
                inner = dict(self._members(sheet))
                if "cells" in inner:
                    yield from self._sources(inner["cells"])

    def _sources(self, position: int) -> Iterator[Strings]:
        for cell in self._items(position):
            places = dict(self._members(cell)) if self._text[cell] == "{" else {}
            place = places.get("source", places.get("input"))
            yield [] if place is None else self._strings(place)

    def _strings(self, position: int) -> Strings:
        first = self._text[position]
        items = self._items(position) if first == "[" else [position]
        return [(item, self._value(item)[0]) for item in items if self._text[item] == '"']

    def _members(self, position: int) -> Iterator[tuple[str, int]]:
        """Key of each member of an object, and where its value starts."""
        position = self._after("{", position)
        while self._text[position] != "}":
            key, position = self._value(position)
            position = self._after(":", self._skip(position))
            yield key, position
            position = self._next(position, "}")

    def _items(self, position: int) -> Iterator[int]:
        """Where each item of an array starts."""
        position = self._after("[", position)
        while self._text[position] != "]":
            yield position
            position = self._next(position, "]")

    def _next(self, position: int, end: str) -> int:
        position = self._skip(self._value(position)[1])
        return position if self._text[position] == end else self._after(",", position)

    def _after(self, mark: str, position: int) -> int:
        if self._text[position] != mark:
            raise _UnexpectedError
        return self._skip(position + 1)

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        position = match.end() if match else position
        self._left -= 1
        if position >= len(self._text) or self._left < 0:
            raise _UnexpectedError
        return position

    def _value(self, position: int) -> tuple[str, int]:
        value, end = _DECODER.raw_decode(self._text, position)
        return value, end
