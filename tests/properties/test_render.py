"""Whatever text an export holds, the structure of a report stays the same."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from typing import Any, NoReturn

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from audit.render import escape
from audit.render.console import to_console
from audit.render.json_report import to_json
from audit.render.markdown import to_markdown
from tests.unit.render.reports import strange_report

SYNTAX = (
    *"`*_~#-+=|<>[](){}!\\&$@:;\"'.0123456789 \n\r\t",
    "```",
    "~~~",
    "\n\n",
    "\n# ",
    "\n- ",
    "\n    ",
    "\n|---|\n",
    "<!--",
    "-->",
    "</details>",
    "<code>",
    "](",
    "![",
    "&#",
    "http://",
    "www.",
    "\x1b[",
    "\x9b",
    "\u202e",
    "\u200b",
    "\ud800",
    "\u2028",
    "x",
    "名",
)
texts = st.one_of(
    st.lists(st.sampled_from(SYNTAX), max_size=12).map("".join),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=20),
).map(lambda text: text + "z")  # a field is never blank: blank ones are left out on purpose

FIGURES = {"contamination": "c.svg", "baseline": "b.svg", "composition": "d.svg"}


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def structure(markdown: str) -> list[tuple[str, str, str]]:
    """Blocks in order, and what is neither text nor code within them."""
    shape = []
    for token in parser().parse(markdown):
        shape.append((token.type, token.tag, token.markup[:1] if token.type == "fence" else ""))
        for child in token.children or ():
            if child.type in ("link_open", "image", "s_open", "strong_open", "em_open"):
                shape.append((child.type, child.tag, str(child.attrs.get("src", ""))))
            if child.type == "html_inline" and child.content not in ("<code>", "</code>"):
                shape.append((child.type, child.content, ""))
    return shape


def supply(items: list[str], seed: int) -> Callable[[], str]:
    chooser = random.Random(seed)
    return lambda: chooser.choice(items)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6), st.integers(0, 2**16))
def test_markdown_keeps_its_structure(items: list[str], seed: int) -> None:
    plain = to_markdown(strange_report(lambda: "xz"), FIGURES)
    strange = to_markdown(strange_report(supply(items, seed)), FIGURES)
    assert structure(strange) == structure(plain)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_inline_markdown_reads_as_the_text(text: str) -> None:
    _, inline, _ = parser().parse(escape.inline(text))
    assert {child.type for child in inline.children or ()} == {"text"}
    content = "".join(child.content for child in inline.children or ())
    assert content.replace("\u200b", "") == escape.visible(text)


@settings(max_examples=200, deadline=None)
@given(texts)
def test_code_spans_and_blocks_hold_the_text(text: str) -> None:
    inline = parser().parse(f"a {escape.code(text)} b")[1]
    inner = (inline.children or [])[1:-1]
    joined = "".join(
        child.content for child in inner if child.type in ("text", "code_inline")
    ).replace("\u200b", "")
    assert joined == escape.visible(text)
    tokens = parser().parse(f"{escape.code_block(text)}\n\nafter")
    assert [token.type for token in tokens] == [
        "fence",
        "paragraph_open",
        "inline",
        "paragraph_close",
    ]


def strings(item: Any) -> set[str]:
    if isinstance(item, dict):
        return set().union(*map(strings, item.values())) if item else set()
    if isinstance(item, list):
        return set().union(*map(strings, item)) if item else set()
    return {item} if isinstance(item, str) else set()


@settings(max_examples=40, deadline=None)
@given(texts)
def test_json_is_strict_and_keeps_every_text(text: str) -> None:
    def refuse(name: str) -> NoReturn:
        raise ValueError(name)

    document = json.loads(to_json(strange_report(lambda: text)), parse_constant=refuse)
    clean = "".join("\ufffd" if unicodedata.category(c) == "Cs" else c for c in text)
    assert clean in strings(document)
    assert not any(unicodedata.category(c) == "Cs" for each in strings(document) for c in each)


@settings(max_examples=40, deadline=None)
@given(texts, st.sampled_from([60, 80, 120]))
def test_console_holds_no_control_characters_and_fits(text: str, width: int) -> None:
    out = to_console(strange_report(lambda: text), width=width, color=False, report_path=text)
    bad = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert {c for c in out if unicodedata.category(c) in bad} == {"\n"}
    assert max(map(cell_len, out.splitlines())) <= width
