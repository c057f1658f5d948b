"""Ignore comments: where they are found, what they say, and which lines they are about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.load.notebooks import read_script
from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    SourceFile,
)
from audit.suppress.comments import MAX_COMMENTS, Ignore, read_comments


def in_script(text: str) -> tuple[Ignore, ...]:
    file, _ = read_script("a.py", text.encode())
    return read_comments(Code((file,)), None)[0]


def in_cell(text: str) -> tuple[Ignore, ...]:
    file = SourceFile("a.ipynb", True, (Cell(4, CellKind.CODE, text),))
    return read_comments(Code((file,)), None)[0]


def in_markdown(text: str, kind: DocumentKind = DocumentKind.FILE) -> tuple[Ignore, ...]:
    cell = 2 if kind is not DocumentKind.FILE else None
    return read_comments(None, Documents((Document("a.md", kind, text, cell),)))[0]


def lines(ignore: Ignore) -> list[int]:
    return list(ignore.lines)


@pytest.mark.parametrize(
    ("comment", "ids", "reason"),
    [
        ('# audit: ignore[LK101] reason="why not"', ("LK101",), "why not"),
        ("#audit:ignore[lk101,CT202]reason='it is'", ("LK101", "CT202"), "it is"),
        (
            "# audit: ignore[LK] reason=\u201ctyped in a word processor\u201d",
            ("LK",),
            "typed in a word processor",
        ),
        ('# noqa: E501  # audit: ignore[LK101 LK102] reason="both"', ("LK101", "LK102"), "both"),
        ("# audit: ignore[LK101]", ("LK101",), ""),
        ('# audit: ignore[LK101] reason=""', ("LK101",), ""),
        ('# audit: ignore[LK101] reason="  "', ("LK101",), ""),
        ('# audit: ignore[LK101] reason="never closed', ("LK101",), ""),
        ("# audit: ignore[LK101] because it is so", ("LK101",), ""),
        ('# audit: ignore[LK101 reason="bracket never closed"', (), ""),
        ("# audit: ignore[] reason='x'", (), "x"),
        ("# audit: ignore", (), ""),
    ],
)
def test_what_a_comment_says(comment: str, ids: tuple[str, ...], reason: str) -> None:
    for found in (in_script(f"x = 1  {comment}\n"), in_cell(f"x = 1  {comment}")):
        (ignore,) = found
        assert ignore.comment.ids == ids
        assert ignore.comment.reason == reason
        assert lines(ignore) == [1]


@pytest.mark.parametrize(
    "text",
    [
        'text = "# audit: ignore[LK101]"',
        "text = '''\n# audit: ignore[LK101]\n'''",
        'text = """\n\\"""\n# audit: ignore[LK101]\n"""',
        'text = r"\\\\" + "# audit: ignore[LK101]"',
        "f'{x}  # audit: ignore[LK101]'",
        '"""never closed\n# audit: ignore[LK101]',
        "# here we audit: ignore[LK101]ing is no word",
        "# audit: ignore this section for now",
        "# the audit ignored it",
        "x = 1",
    ],
)
def test_no_comment(text: str) -> None:
    assert in_cell(text) == ()


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("a = 1\n# audit: ignore[LK]\n\n# more words\nb = 2\nc = 3", [5]),
        ("# audit: ignore[LK]\nb = f(\n    1,\n)\nc = 3", [2, 3, 4]),
        ("b = f(\n    1,  # audit: ignore[LK]\n)\nc = 3", [1, 2, 3]),
        ("b = f(\n    # audit: ignore[LK]\n    1,\n)", [1, 2, 3, 4]),
        ("for x in y:  # audit: ignore[LK]\n    b.append(x)\n", [1]),
        ("# audit: ignore[LK]\ndef f(\n    a,\n):\n    return a\n", [2, 3, 4]),
        ("for x in y:\n    # audit: ignore[LK]\n    b.append(x)\n", [3]),
        ("match x:  # audit: ignore[LK]\n    case 1:\n        y = 2\n", [1]),
        ("b = 1\n# audit: ignore[LK]\n", []),
        ('%matplotlib inline\n!echo "it\'s"\nb = 1  # audit: ignore[LK]', [3]),
        ("%%time\n# audit: ignore[LK]\nb = f(\n 1)", [3, 4]),
        ("b = = 1  # audit: ignore[LK]\nc = f(\n", [1]),
        ("a = 1\r\nb = 2  # audit: ignore[LK]\r\n", [2]),
        ("t = '''\n'''; b = f(  # audit: ignore[LK]\n)", [2, 3]),
    ],
)
def test_which_lines_a_comment_is_about(text: str, covered: list[int]) -> None:
    (ignore,) = in_cell(text)
    assert lines(ignore) == covered
    assert ignore.comment.location.cell == 4


def test_lines_of_a_script_with_cells_count_from_the_top() -> None:
    (ignore,) = in_script("# %%\na = 1\n# %%\n# audit: ignore[LK]\nb = f(\n)\n")
    assert lines(ignore) == [5, 6]
    assert str(ignore.comment.location) == "a.py:4"


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        (
            '# T\n\n<!-- audit: ignore[CL501] reason="old" -->\n\n| a |\n|---|\n| 1 |\n\nText\n',
            [5, 6, 7],
        ),
        ("word 3 <!-- audit: ignore[CL501] reason='x' --> word\nother\n", [1]),
        ("```\n<!-- audit: ignore[CL1] -->\n```\n<!-- audit: ignore[CL501] -->\nx", [5]),
        ("`<!-- audit: ignore[CL1] -->`\n<!-- audit: ignore[CL501] -->", []),
    ],
)
def test_markdown(text: str, covered: list[int]) -> None:
    for kind in (DocumentKind.FILE, DocumentKind.MARKDOWN_CELL):
        (ignore,) = in_markdown(text, kind)
        assert ignore.comment.ids == ("CL501",)
        assert lines(ignore) == covered


def test_recorded_outputs_silence_nothing() -> None:
    assert in_markdown("<!-- audit: ignore[CL501] reason='x' -->", DocumentKind.OUTPUT) == ()


def test_very_many_comments_are_bounded() -> None:
    text = '# audit: ignore[LK101] reason="x"\n' * 100_000 + "x = 1\n"
    file = SourceFile("a.ipynb", True, (Cell(0, CellKind.CODE, text),))
    found, limit = read_comments(Code((file,)), None)
    assert len(found) == limit == MAX_COMMENTS
    text = "<!-- audit: ignore[CL501] reason='x' -->\n" * 100_000
    found, limit = read_comments(None, Documents((Document("a.md", DocumentKind.FILE, text),)))
    assert len(found) == limit == MAX_COMMENTS


@pytest.mark.parametrize(
    "text",
    [
        "# audit: ignore[" * 100_000,
        "'" * 300_001 + "# audit: ignore[LK]",
        '"""' + "\\" * 300_001,
        "# audit: ignore[LK] reason=" + '"' * 100_001,
        "<!-- audit: ignore[" * 50_000,
        "<!-- audit: ignore[CL501]\n" * 50_000,
        "```\n" * 50_001 + "<!-- audit: ignore[CL501] -->",
        "(" * 5_000 + "# audit: ignore[LK]",
    ],
)
def test_hostile_text_ends(text: str) -> None:
    assert len(in_cell(text)) <= MAX_COMMENTS
    assert len(in_markdown(text)) <= MAX_COMMENTS


PIECES = st.sampled_from(
    [
        *["'", '"', "'''", '"""', "\\", "\n", "\r\n", "#", "# audit: ignore[LK101]", ' reason="x"'],
        *["(", ")", "x = 1", "    ", "%%time\n", "!ls", "<!-- ", " -->", "\x0c", "f'{", "}'"],
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read(text: str) -> None:
    count = len(text.splitlines()) + 1
    for ignore in (*in_cell(text), *in_script(text), *in_markdown(text)):
        assert 1 <= (ignore.comment.location.line or 0) <= count
        assert all(1 <= line <= count for line in lines(ignore))


@given(st.lists(PIECES, max_size=12).map("".join))
def test_python_and_the_scan_agree_on_what_a_comment_is(text: str) -> None:
    """Where the code parses, the comments are those that the tokenizer of Python sees."""
    import ast
    import io
    import tokenize

    try:
        ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return
    if any(part in text for part in ("\x0c", "f'", "\r")):
        return
    wanted = [
        t.start[0] for t in tokens if t.type == tokenize.COMMENT and "# audit: ignore[" in t.string
    ]
    assert [each.comment.location.line for each in in_cell(text)] == wanted
