from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from audit.render import escape

HOSTILE = (
    "</details><script>alert(1)</script>",
    "| a | b",
    "```\n# heading\n```",
    "`` x ` y",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "<http://evil.example>",
    "@team and a@b.example",
    "\x1b[31mred\x1b[0m\x07",
    "a\u202eb\u200bc\ufeff\U000e0041",
    "lone \ud800 surrogate",
    "# heading",
    "- item",
    "1. item",
    "1) item",
    "===",
    "---",
    "***",
    "> quote",
    "    indented",
    "*a* _b_ ~~c~~ __d__",
    "a\\|b",
    "a\\",
    "&amp; &lt;",
    "$x^2$ and $`y`$",
    "[^1]: note",
    ":smile: #1 GH-2 www.evil.example https://evil.example",
    "line one\nline two\r\n\r\n| a |\n|---|",
)


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def cell_of(markdown: str) -> Token:
    """The only cell in the body of a table that holds `markdown`."""
    tokens = parser().parse(f"| h | i |\n| --- | --- |\n| {markdown} | end |")
    cells = [
        tokens[index + 1] for index, token in enumerate(tokens) if token.type.endswith("d_open")
    ]
    cells = [cell for cell in cells if cell.type == "inline"]
    assert [cell.content for cell in cells[1:]] == ["end"]
    return cells[0]


def shown(inline: Token) -> str:
    assert {child.type for child in inline.children or ()} <= {"text"}
    return "".join(child.content for child in inline.children or ()).replace("\u200b", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_inline_text_reads_as_it_was_written_and_nothing_else(text: str) -> None:
    tokens = parser().parse(escape.inline(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert shown(tokens[1]) == escape.visible(text)
    assert shown(cell_of(escape.inline(text))) == escape.visible(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_code_span_holds_exactly_the_text_in_and_out_of_tables(text: str) -> None:
    markdown = escape.code(text)
    for inline in (parser().parse(f"x {markdown} y")[1], cell_of(f"x {markdown} y")):
        inner = (inline.children or [])[1:-1]
        if markdown.startswith("<code>"):
            assert {child.type for child in inner} <= {"text", "html_inline"}
            tags = [child.content for child in inline.children or () if child.type != "text"]
            assert tags == ["<code>", "</code>"]
        else:
            assert [child.type for child in inner] == ["code_inline"]
            assert inner[0].content == escape.visible(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_code_block_is_one_fence(text: str) -> None:
    tokens = parser().parse(f"{escape.code_block(text)}\n\nafter")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].info == "python"


def test_code_block_keeps_lines_and_indentation() -> None:
    source = "for row in rows:\n    rows.append(row)\n"
    (token,) = parser().parse(escape.code_block(source))
    assert token.content == source


@pytest.mark.parametrize("text", ["@team", "a@b.example", "http://x", "www.x", "#12", ":smile:"])
def test_nothing_is_left_on_which_github_acts(text: str) -> None:
    inline = parser().parse(escape.inline(text))[1]
    content = "".join(child.content for child in inline.children or ())
    assert content != text
    assert content.replace("\u200b", "") == text


def test_invisible_characters_are_spelled_out() -> None:
    assert escape.visible("a\u202eb\x00\x1b[0m\ud800") == r"a\u202eb\x00\x1b[0m\ud800"
    assert escape.visible("Größe 日本 é") == "Größe 日本 é"


def test_huge_text_is_cut_and_says_so() -> None:
    text = escape.inline("\x1b" * 100_000)
    assert len(text) < 2000
    assert "more characters" in text


def test_mermaid_label_holds_no_syntax() -> None:
    label = escape.mermaid('x"];s0-->s1;click s0 "javascript:alert(1)"<b>`%%{init}%%`', 500)
    assert not set(label) & set('"[]();<>`{}%:'.replace(";", ""))
    assert "#34;" in label


def test_link_path_cannot_end_the_link() -> None:
    assert escape.link_path("a b/c)(d.svg") == "a%20b/c%29%28d.svg"


def test_prose_shows_code_spans() -> None:
    inline = parser().parse(escape.prose("call ``a*b`` or `c|d`, not *e* or `f"))[1]
    kinds = [(child.type, child.content) for child in inline.children or ()]
    assert kinds == [
        ("text", "call "),
        ("code_inline", "a*b"),
        ("text", " or "),
        ("html_inline", "<code>"),
        ("text", "c|d"),
        ("html_inline", "</code>"),
        ("text", ", not *e* or `f"),
    ]
