from __future__ import annotations

from audit.model.artifacts import Document, DocumentKind
from checks.kit.written_sentences import MAX_SENTENCE, sentences


def read(text: str, kind: DocumentKind = DocumentKind.FILE) -> list[tuple[str, int]]:
    cell = None if kind is DocumentKind.FILE else 0
    document = Document("a.md" if cell is None else "a.ipynb", kind, text, cell)
    return [(each.text, each.line(0)) for each in sentences(document)]


def test_wrapped_lines_are_joined() -> None:
    text = "The error fell from\n0.48 to **0.181**. It is\ngood.\n\nNext."
    assert read(text) == [
        ("The error fell from 0.48 to 0.181.", 1),
        ("It is good.", 2),
        ("Next.", 5),
    ]


def test_position_within_a_joined_sentence() -> None:
    (sentence,) = sentences(Document("a.md", DocumentKind.FILE, "one\ntwo\nthree"))
    assert [sentence.line(sentence.text.index(word)) for word in ("one", "two", "three")] == [
        1,
        2,
        3,
    ]


def test_items_headings_tables_and_code_stand_apart() -> None:
    text = "# A\n## B\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n```\ncode\n```\nend"
    assert read(text) == [("- one", 3), ("- two", 4), ("end", 12)]
    (first, *_) = sentences(Document("a.md", DocumentKind.FILE, text))
    assert first.headings == ("A", "B")


def test_numbers_do_not_end_a_sentence() -> None:
    assert [text for text, _ in read("It is 0.5 now. e.g. this stays. So.")] == [
        "It is 0.5 now. e.g. this stays.",
        "So.",
    ]


def test_lines_of_an_output_are_not_joined() -> None:
    assert read("a 1\nb 2\n", DocumentKind.OUTPUT) == [("a 1", 1), ("b 2", 2)]


def test_long_sentences_are_left_out() -> None:
    assert read("a " * MAX_SENTENCE) == []
    assert read("word. " * 3_000) == []
