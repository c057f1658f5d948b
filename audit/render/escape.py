"""Make text from an export harmless in Markdown, in a terminal, in Mermaid and in JSON.

An export is untrusted, and so is every message that quotes it. Nothing from it may start a
heading, a table, a link, an image, HTML, a mention or a terminal sequence. Each function here
takes raw text and returns text for exactly one context.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata

# Format and control characters can reorder or hide what a reader sees (bidi overrides,
# zero-width characters, terminal escapes); unassigned and private ones have no agreed look.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;"}
_BACKSLASHED = frozenset("\\`*[]~")
_BREAK = "&#8203;"  # zero-width space: the word stays readable, GitHub no longer acts on it
_ACTED_ON = re.compile(
    r"@(?=\w)"  # mentions, e-mail addresses
    r"|(?<=:)(?=//)|(?<=[Ww]{3})(?=\.)"  # bare links
    r"|#(?=\d)|(?<=[Gg][Hh]-)(?=\d)"  # references to issues
    r"|:(?=[\w+-]+:)"  # emoji
)
# Headings, lists and rules start like this; a number or a sign before a digit does not.
_LEADING = re.compile(r"[-+](?!\w)|[=#]|\d{1,9}[.)](?=\s|$)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")

MAX_TEXT = 600
MAX_CODE_LINES = 60


def visible(text: str) -> str:
    r"""Replace every character that cannot be seen by its escape, and white space by spaces.

    Examples
    --------
    >>> visible("a\tb\x1b[31m")
    'a b\\x1b[31m'
    """
    return " ".join(_spelled(text.expandtabs(1).replace("\r", "\n").replace("\n", " ")).split())


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """Cut a text that is longer than `limit` and say how much is missing.

    Examples
    --------
    >>> shorten("abcdef", 4), shorten("abcd", 4)
    ('abcd… (2 more characters)', 'abcd')
    """
    if len(text) <= limit:
        return text
    kept = text[:limit].rstrip("… ")
    return f"{kept}… ({len(text) - len(kept):,} more characters)"


def brief(text: str, limit: int) -> str:
    """One visible line that is cut between words, for places that only point to the full text."""
    return textwrap.shorten(plain(text), limit, placeholder=" …")


def plain(text: str, limit: int = MAX_TEXT) -> str:
    """One visible line of limited length, for a terminal or a picture."""
    # Cut before spelling out, so that a huge text costs nothing, and after, because an escape
    # is longer than the character.
    return shorten(visible(shorten(text, limit)), limit + 40)


def inline(text: str, limit: int = MAX_TEXT) -> str:
    r"""One line of Markdown that reads as `text` and does nothing; also inside a table cell.

    Examples
    --------
    >>> print(inline("a_b | **x** <b> @team"))
    a_b &#124; \*\*x\*\* &lt;b&gt; @&#8203;team
    """
    return _escape_line(plain(text, limit))


def prose(text: str, limit: int = MAX_TEXT) -> str:
    r"""Like `inline`, but what stands between backticks becomes a code span.

    Examples
    --------
    >>> print(prose("``a*b`` is *not* called"))
    `a*b` is \*not\* called
    """
    line = plain(text, limit)
    out = []
    position = 0
    for match in _SPAN.finditer(line):
        out += [_escape_line(line[position : match.start()]), code(match[2]) or "&#96;&#96;"]
        position = match.end()
    return "".join([*out, _escape_line(line[position:])])


def code(text: str, limit: int = 200) -> str:
    """A code span, also inside a table cell.

    Examples
    --------
    >>> print(code("x = `y`"), code("a | b"))
    `` x = `y` `` <code>a &#124; b</code>
    """
    line = plain(text, limit)
    if not line:
        return ""
    if "|" in line or "\\" in line:
        # GitHub and other parsers disagree on backslashes and pipes of a code span in a table.
        return f"<code>{inline(line, limit + 40)}</code>"
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def code_block(text: str, language: str = "python") -> str:
    """A fenced block whose fence is longer than any run of backticks within.

    Examples
    --------
    >>> print(code_block("x = 1"))
    ```python
    x = 1
    ```
    """
    lines = text.expandtabs(4).replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    kept = [shorten(_spelled(shorten(line, 200)), 240).rstrip() for line in lines[:MAX_CODE_LINES]]
    if len(lines) > MAX_CODE_LINES:
        kept.append(f"… ({len(lines) - MAX_CODE_LINES} more lines)")
    fence = "`" * max(3, max(map(_longest_run, kept)) + 1)
    return "\n".join([f"{fence}{language}", *kept, fence])


def mermaid(text: str, limit: int = 60) -> str:
    """Text of a quoted Mermaid label; everything but plain words becomes a character code.

    Examples
    --------
    >>> mermaid('fit("x")')
    'fit#40;#34;x#34;#41;'
    """
    return "".join(
        char if char.isascii() and (char.isalnum() or char in " _.,-=+/") else f"#{ord(char)};"
        for char in plain(text, limit)
    )


def link_path(path: str) -> str:
    """A relative path as the target of a Markdown link or image."""
    from urllib.parse import quote

    return quote(path.encode("utf-8", "replace"), safe="/")


def _escape_line(line: str) -> str:
    breaks = {match.end() for match in _ACTED_ON.finditer(line)}
    leading = _LEADING.match(line)
    special = leading.end() - 1 if leading else -1
    return "".join(
        (_BREAK if index in breaks else "")
        + (f"\\{char}" if index == special else _escape_char(line, index))
        for index, char in enumerate(line)
    )


def _escape_char(line: str, index: int) -> str:
    char = line[index]
    if char in _ENTITIES:
        return _ENTITIES[char]
    if char in _BACKSLASHED:
        return f"\\{char}"
    if char == "_":
        inside = line[index - 1 : index].isalnum() and line[index + 1 : index + 2].isalnum()
        return char if inside else "\\_"
    return char


def _spelled(text: str) -> str:
    return "".join(
        char
        if unicodedata.category(char) not in _INVISIBLE
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
