"""AU301: which statements count, and what they are held against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.lineage import code_facts
from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    Grouping,
    RawData,
    SourceFile,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import NoParams, Outcome, Verdict
from checks.augmentation.declared_copies import declared_copies
from checks.augmentation.statements import comment_of, readings

GROUPING = Grouping(
    ("k", "m"), ("4,2", "4,4", "5,4"), {"4,2": "easy", "4,4": "medium", "5,4": "hard"}
)
LOOP = """
pool = []
for n, k, m, P in load("x"):
    pool.append(P)
    for _ in range({0}):
        pool.append(noisy(P))
model.fit(pool)
"""
DICT = "copies = {{\n    (5, 4): 50,{0}\n    (4, 4): 25,\n    (4, 2): 0,\n}}" + LOOP.format(
    "copies.get((k, m), 0)"
)


def audit(
    source: str,
    markdown: str = "",
    *,
    raw: RawData | None = None,
    splits: Splits | None = None,
    grouping: Grouping | None = GROUPING,
) -> Outcome:
    code = Code((SourceFile("run.py", False, (Cell(0, CellKind.CODE, source),)),))
    documents = Documents((Document("NOTES.md", DocumentKind.FILE, markdown),))
    return declared_copies.function(
        facts=code_facts(code),
        code=code,
        documents=documents if markdown else None,
        raw=raw,
        splits=splits,
        grouping=grouping,
        params=NoParams(),
    )


def verdict(source: str, markdown: str = "") -> Verdict:
    return audit(source, markdown).verdict


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("+2 copies", [{2}]),
        ("2 augmented copies per sample", [{2}]),
        ("3 copies of each", [{2, 3}]),
        ("hard: no copies", [{0}]),
        ("+ 2 noisy copies", [{2}]),
        ("2 copies of the model", []),
        ("2 copies of the weights are kept", []),
        ("3 copies of the checkpoint", []),
        ("3 copies of the points", [{2, 3}]),
        ("augmentation makes it 3x", [{2, 3}]),
        ("x3 is a feature, 20 columns", []),
        ("version 1.2x of it", []),
    ],
)
def test_readings(text: str, allowed: list[set[int]]) -> None:
    assert [set(found) for found, _ in readings(text, about_copies=False)] == allowed


def test_beside_a_literal_no_noun_is_needed() -> None:
    assert [set(a) for a, _ in readings("# hard: +50", about_copies=True)] == [{50}]
    assert readings("# +2 copies of the model", about_copies=True) == []


@pytest.mark.parametrize(
    ("line", "comment"),
    [("x = 1  # +2", "# +2"), ('x = "# no"', ""), ("x = '#' # yes", "# yes"), ("x", "")],
)
def test_comment_of(line: str, comment: str) -> None:
    assert comment_of(line) == comment


@pytest.mark.parametrize(
    "source",
    [
        DICT.format("  # +2 copies"),
        DICT.format("  # Comments say 2 copies"),
        DICT.format("").replace("    (5, 4)", "    # hard: +2 copies\n    (5, 4)"),
        "# hard: +2 copies\n" + DICT.format(""),
        "COPIES = 9  # +2 copies per sample" + LOOP.format("COPIES"),
        "# 2 augmented copies per sample\nCOPIES = 9" + LOOP.format("COPIES"),
        'def grow():\n    """Adds 2 augmented copies per sample."""\n' + LOOP.format("9"),
    ],
    ids=range(7),
)
def test_code_that_contradicts_itself(source: str) -> None:
    outcome = audit(source)
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    (finding,) = outcome.findings
    declared = [e.observed for e in finding.evidence if e.name == "copies_declared"]
    assert declared == [2]


@pytest.mark.parametrize(
    "markdown",
    [
        "Hard cases: +2 copies",
        "- hard, (5,4): +2 copies of each sample",
        "k=5, m=4: 2 copies",
        "| Tier | Copies |\n|---|---|\n| hard | 2 copies |",
        "We augment the hard groups with 2 extra copies, the easy ones with none.",
        "All samples are augmented: every sample gets\n3 new copies.",
    ],
)
def test_documents_that_contradict_the_code(markdown: str) -> None:
    (finding,) = audit(DICT.format(""), markdown).findings
    assert finding.primary.path == "run.py"
    assert {p.path for p in finding.locations} == {"run.py", "NOTES.md"}
    actual = {e.group: e.observed for e in finding.evidence if e.name == "copies_actual"}
    assert actual["k=5, m=4"] == 50


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        (DICT.format("  # +50 copies"), ""),
        (DICT.format("  # 51x = original + 50 copies"), ""),
        (DICT.format("  # 51 copies with the original"), ""),
        ("# +50 copies\ncopies = 50" + LOOP.format("copies"), "each sample gets 50 copies"),
        (DICT.format("  # 50 copies"), "We keep 2 copies of the model."),
        (DICT.format("  # 50 copies"), "Hard cases should get +2 copies in the next run."),
        (DICT.format("  # 50 copies"), "Hard groups get 50 copies, medium 25 copies, easy none."),
        (DICT.format("  # 50 copies"), "50 copies in hard\ngroups, 25 copies in medium groups."),
        (DICT.format("  # 50 copies"), "```\nhard: +2 copies\n```"),
        (DICT.format("  # 50 copies"), "Two copies were printed."),
        (DICT.format("  # 50 copies"), "## 4.2 Augmentation (hard groups)"),
        (DICT.format("  # 50 copies"), "## 2 Augmentation (hard groups)"),
        (DICT.format("  # 50 copies"), "See section 3.2 augmentation (hard groups)."),
    ],
    ids=range(13),
)
def test_near_misses(source: str, markdown: str) -> None:
    outcome = audit(source, markdown)
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_nothing_declared() -> None:
    assert verdict(DICT.format("")) is Verdict.NOT_APPLICABLE


def test_nothing_made() -> None:
    assert verdict("x = 1", "Hard cases: +2 copies") is Verdict.NOT_APPLICABLE


def test_keys_follow_the_names_in_the_code() -> None:
    source = "copies = {(4, 5): 7}  # +2 copies" + LOOP.format("copies[(m, k)]")
    (finding,) = audit(source).findings
    assert {e.group for e in finding.evidence} == {"k=5, m=4"}


def part(role: SplitRole, groups: list[str]) -> SplitData:
    n = len(groups)
    features = pd.DataFrame({"a": np.arange(n)})
    return SplitData(role, f"{role.value}.csv", features, None, np.array(groups), np.arange(n))


def grown(easy: int, hard: int) -> tuple[RawData, Splits]:
    """Ten source rows of either group, each `easy` or `hard` times in all, nine in ten train."""
    raw = RawData("raw.csv", 20, np.array(["4,2"] * 10 + ["5,4"] * 10))
    train = ["4,2"] * (9 * easy) + ["5,4"] * (9 * hard)
    held_out = ["4,2"] * easy + ["5,4"] * hard
    return raw, Splits(part(SplitRole.TRAIN, train), (part(SplitRole.TEST, held_out),))


def test_the_data_tell_where_the_code_does_not() -> None:
    raw, splits = grown(1, 6)
    outcome = audit("x = 1", "Hard cases: +2 copies", raw=raw, splits=splits)
    (finding,) = outcome.findings
    assert finding.primary.path == "NOTES.md"
    observed = {(e.name, e.group): e.observed for e in finding.evidence}
    assert observed["copies_actual", "k=5, m=4"] == 5
    assert observed["growth_factor", None] == (10 * 1 + 10 * 6) / 20


def test_data_that_confirm_the_text_acquit_the_code() -> None:
    raw, splits = grown(1, 3)
    outcome = audit(DICT.format("  # +2 copies"), raw=raw, splits=splits)
    assert outcome.verdict is Verdict.PASS


def test_no_grouping_no_tiers() -> None:
    outcome = audit(DICT.format("  # +2 copies"), grouping=None)
    assert {e.group for e in outcome.findings[0].evidence} == {"5,4"}


def test_the_message_tells_the_largest_of_several_numbers() -> None:
    (finding,) = audit(DICT.format("").replace("50,", "50,  # +2 copies")).findings
    assert finding.message.startswith("50 copies per row are made for k=5, m=4, but")
    both = DICT.format("  # +2 copies").replace("25,", "25,  # +1 copy")
    (finding,) = audit(both).findings
    assert finding.message == (
        'up to 50 copies per row are made for k=5, m=4 and 1 more, but the text says "+2 copies"'
    )


VECTORISED = """
rows, y = load("x")
train, rest = train_test_split(rows, random_state=0)
parents = np.repeat(np.arange(len(train)), [copies_per_group[g] for g in groups])
copies = symmetric_copies(train[parents], rng)
train = np.concatenate([train, copies])
model.fit(train)
"""


def marked(easy: int, medium: int, hard: int) -> Splits:
    """Ten originals of each group in training, and so many marked copies of each of them."""
    groups, made = [], []
    for key, copies in (("4,2", easy), ("4,4", medium), ("5,4", hard)):
        groups += [key] * 10 * (1 + copies)
        made += [False] * 10 + [True] * 10 * copies
    train = replace(part(SplitRole.TRAIN, groups), synthetic=np.array(made))
    return Splits(train, (part(SplitRole.TEST, ["4,2", "4,4", "5,4"] * 5),))


TEXT = (
    "Augmentation of train:\n\n- hard groups: 3 copies\n- medium groups: 2 copies\n- easy: 1 copy\n"
)


def test_marked_rows_tell_where_vectorised_code_does_not() -> None:
    outcome = audit(VECTORISED, TEXT, splits=marked(1, 2, 3))
    assert outcome.verdict is Verdict.PASS, outcome.reason
    assert [e.observed for e in outcome.measured if e.name == "copies_actual"] == [1, 2, 3]
    wrong = audit(VECTORISED, TEXT, splits=marked(1, 2, 5))
    assert wrong.verdict is Verdict.FAIL
    assert "5 copies per row are made for k=5, m=4" in wrong.findings[0].message


def test_marked_rows_that_are_no_whole_number_tell_nothing() -> None:
    splits = marked(1, 2, 3)
    assert splits.train.synthetic is not None
    uneven = splits.train.synthetic.copy()
    uneven[0] = True
    assert (
        audit(
            VECTORISED,
            TEXT,
            splits=Splits(replace(splits.train, synthetic=uneven), splits.held_out),
        ).verdict
        is not Verdict.FAIL
    )


@pytest.mark.parametrize(
    "text",
    [
        "The augmentation counts a raw sample 4 times, a dull one 3 times and a plain one 2 times.",
        "With augmentation rough rows come 5x, smooth rows 2x.",
    ],
)
def test_numbers_that_differ_by_a_kind_of_row_are_left_open(text: str) -> None:
    source = LOOP.format(1)
    assert verdict(source, text) is Verdict.NOT_APPLICABLE
    assert verdict(source, "The augmentation counts every sample 4 times.") is Verdict.FAIL
