from __future__ import annotations

import pytest

from audit.model.artifacts import Document, DocumentKind, Grouping, SplitRole
from checks.kit.written_compositions import Composition, compositions
from checks.kit.written_splits import stated_sizes
from checks.kit.written_tables import markdown_tables

GROUPING = Grouping(("k", "m"), ("4,2", "4,3"), {"4,2": "easy", "4,3": "hard"}, "RESULTS.md")


def read(text: str, grouping: Grouping | None = None) -> list[Composition]:
    (table,) = markdown_tables(text)
    return compositions(table, grouping)


def test_counts_shares_members_and_totals() -> None:
    (composition,) = read(
        "## Composition of the validation set\n\n"
        "| Tier | Groups | Rows | Share |\n|---|---|---|---|\n"
        "| easy | 1 group | 1.5K | 0.25 |\n| k=4, m=3 | 1 | 4,500 | 0.75 |\n"
        "| Total | 2 | 6,001 | 1.0 |\n",
        GROUPING,
    )
    assert composition.role is SplitRole.VALIDATION
    assert composition.is_introduced
    easy, hard, total = composition.rows
    assert (easy.tier, easy.key, easy.members, easy.line) == ("easy", None, 1, 5)
    assert easy.count is not None
    assert (easy.count.value, easy.count.half_width) == (1_500, 50)
    assert easy.share is not None
    assert (easy.share.value, easy.share.half_width) == (25, 0.5)
    assert (hard.tier, hard.key) == (None, "4,3")
    assert composition.total is total
    assert composition.parts == (easy, hard)
    assert str(hard) == "k=4, m=3 4,500 (0.75), 1 groups"


def test_every_count_column_has_the_share_column_beside_it() -> None:
    found = read(
        "| Class | Train rows | % | Test rows | % |\n|---|---|---|---|---|\n"
        "| a | 10 | 50 % | 1 | 20 % |\n| b | 10 | 50 % | 4 | 80 % |\n"
    )
    assert [(each.header, each.role) for each in found] == [
        ("Train rows", SplitRole.TRAIN),
        ("Test rows", SplitRole.TEST),
    ]
    shares = [[row.share.value for row in each.rows if row.share] for each in found]
    assert shares == [[50, 50], [20, 80]]


@pytest.mark.parametrize(
    "header", ["| Class | Accuracy |", "| Class | Groups |", "| Class | Change |"]
)
def test_other_numbers_are_no_composition(header: str) -> None:
    assert read(f"{header}\n|---|---|\n| a | 10 |\n| b | 20 |\n") == []


def test_labels_that_could_be_read_in_many_ways_are_read_at_once() -> None:
    label = "1" + "--1" * 60 + "!a"  # "--": two separators, or a separator and a sign
    (composition,) = read(
        f"| Class | Rows |\n|---|---|\n| {label} | 1 |\n| {'a' * 9_000} | 2 |\n", GROUPING
    )
    assert [row.key for row in composition.rows] == [None, None]


def test_sizes_of_whole_splits_only() -> None:
    text = (
        "The test set has 1,200 rows.\n\nEach test set has 300 rows.\n\n"
        "Before filtering, 1,500 validation samples.\n\nWe use 90 validation samples.\n"
    )
    sizes = stated_sizes(Document("README.md", DocumentKind.FILE, text))
    assert [(size.role, size.line, size.rows.value) for size in sizes] == [
        (SplitRole.TEST, 1, 1_200),
        (SplitRole.VALIDATION, 7, 90),
    ]


def test_a_number_that_ends_a_sentence_is_not_of_the_next_one() -> None:
    text = "Training rows: 79,560. Validation rows: 14,040."
    sizes = stated_sizes(Document("README.md", DocumentKind.FILE, text))
    assert [(each.role.value, each.rows.text) for each in sizes] == [
        ("train", "79,560"),
        ("validation", "14,040"),
    ]
