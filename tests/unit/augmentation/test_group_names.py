"""Which groups a sentence names."""

from __future__ import annotations

import pytest

from checks.augmentation.statements import tied


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("This is about a threefold increase of the training data", set()),
        ("A row keeps its label", set()),
        ("three copies for site A and two for C", {"a", "c"}),
        ("A, C: three copies", {"a", "c"}),
    ],
)
def test_an_article_is_no_group(text: str, groups: set[str]) -> None:
    assert set(tied(text, ["a", "c"], {})) == groups
