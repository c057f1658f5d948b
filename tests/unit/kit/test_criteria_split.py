"""On which split criteria are judged, by the words beside them."""

from __future__ import annotations

import pytest

from audit.model.artifacts import Document, DocumentKind, SplitRole
from checks.kit.criteria import stated_criteria
from checks.kit.criteria_split import split_in_prose, split_of_criteria, split_of_head

TEST, VALIDATION = SplitRole.TEST, SplitRole.VALIDATION
TABLE = (
    "| Quantity | Threshold | Measured | Status |\n|---|---|---|---|\n| RMSE | < 0.5 | 0.4 | met |"
)


def document(text: str) -> Document:
    return Document("RESULTS.md", DocumentKind.FILE, text)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("The RMSE of the first four is that of the test set, which was used once.", TEST),
        ("All of them are judged on the held-out data.", TEST),
        ("Measured on the test set, not on validation.", TEST),
        ("Values are from the validation split.", VALIDATION),
        ("The gap is validation minus training.", None),
        ("The model was selected on the validation set.", None),
        ("On the validation set 0.4, on the test set 0.5.", None),
        ("We train for ten epochs on the training set.", None),
        ("The latest contest is of interest.", None),
    ],
)
def test_sentences(text: str, role: SplitRole | None) -> None:
    assert split_in_prose(text) is role


@pytest.mark.parametrize(
    ("text", "role"),
    [("Test RMSE", TEST), ("Validation | Target", VALIDATION), ("Validation Test", None)],
)
def test_heads(text: str, role: SplitRole | None) -> None:
    assert split_of_head(text) is role


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (f"## Criteria\n\n{TABLE}\n\nThey are judged on the test set.", TEST),
        (f"## Criteria\n\nOn the validation set:\n\n{TABLE}", VALIDATION),
        (f"# R\n\n## Criteria (test)\n\n{TABLE}", TEST),
        (f"## Criteria\n\n{TABLE}\n\nOn the test set:\n\n| a | b |\n|---|---|\n| 1 | 2 |", None),
        (f"## Data\n\nNine values of the test set.\n\n## Criteria\n\n{TABLE}", None),
        (TABLE.replace("Measured", "Test"), TEST),
        ("## Success criteria\n\nJudged on the test set.\n\n- RMSE < 0.5: met", TEST),
        ("## Success criteria\n\n- RMSE < 0.5 on the test set: met", TEST),
    ],
)
def test_criteria_know_their_split(text: str, role: SplitRole | None) -> None:
    (criterion,) = stated_criteria(document(text))
    assert criterion.role is role


def test_a_sentence_elsewhere_speaks_of_criteria() -> None:
    says = document("The success criteria are judged on the test set.")
    silent = document("The result is that of the test set.")
    assert split_of_criteria([silent, says]) is TEST
    assert split_of_criteria([silent]) is None
    other = document("The targets are held against the validation set.")
    assert split_of_criteria([says, other]) is None


@pytest.mark.parametrize(
    "header", ["| Criterion | Target | Value | Met |", "| Criterion | Threshold | Value | Status |"]
)
def test_a_column_of_criteria_beside_one_of_targets(header: str) -> None:
    rows = "| Overall RMSE < 0.5 | 0.5 | 0.4 | met |\n| Gap 0.02-0.08 | 0.02-0.08 | 0.05 | met |"
    found = stated_criteria(document(f"{header}\n|---|---|---|---|\n{rows}"))
    assert [(each.low, each.high) for each in found][1] == (0.02, 0.08)
    assert found[0].high == 0.5


def test_two_columns_of_targets_stay_unread() -> None:
    text = (
        "| Metric | Target A | Target B | Status |\n|---|---|---|---|\n| RMSE | 0.5 | 0.6 | met |"
    )
    assert stated_criteria(document(text)) == []
