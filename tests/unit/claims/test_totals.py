from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    Document,
    DocumentKind,
    Documents,
    Grouping,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence
from checks.claims.totals import Params, totals

ROWS = {
    **dict.fromkeys(("4,2", "4,3", "5,2"), 1_800),
    **dict.fromkeys(("4,4", "5,3", "6,2"), 46_800),
    **dict.fromkeys(("4,5", "5,4", "6,3"), 91_800),
}
TIERS = {
    **dict.fromkeys(("4,2", "4,3", "5,2"), "easy"),
    **dict.fromkeys(("4,4", "5,3", "6,2"), "medium"),
    **dict.fromkeys(("4,5", "5,4", "6,3"), "hard"),
}
GROUPING = Grouping(("k", "m"), tuple(ROWS), TIERS, "RESULTS.md")


def split(role: SplitRole, counts: dict[str, int]) -> SplitData:
    groups = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    n = len(groups)
    frame = pd.DataFrame(index=range(n))
    return SplitData(role, f"{role.value}.npz", frame, None, groups, np.arange(n))


RUN6 = Splits(
    split(SplitRole.TRAIN, {key: n // 10 for key, n in ROWS.items()}),
    (split(SplitRole.VALIDATION, ROWS),),
)


def judge(text: str, kind: DocumentKind = DocumentKind.FILE, **artifacts: Any) -> Outcome:
    given = dict.fromkeys(("splits", "grouping", "predictions", "metrics", "raw")) | artifacts
    cell = None if kind is DocumentKind.FILE else 3
    path = "RESULTS.md" if kind is DocumentKind.FILE else "run.ipynb"
    documents = Documents((Document(path, kind, text, cell),))
    return totals.function(documents=documents, params=Params(), **given)


def run6(text: str) -> Outcome:
    return judge(text, splits=RUN6, grouping=GROUPING)


SEED = """
**Validation Set Composition:**

| Difficulty | Groups | Val Samples | % of Total |
|------------|--------|-------------|------------|
| Easy | 3 groups | 5,400 | 1.3% |
| Medium | 3 groups | 93,600 | 22.2% |
| Hard | 3 groups | 275,400 | 65.4% |
"""


def test_the_seeds_own_table_with_the_data() -> None:
    outcome = run6(SEED)
    (finding,) = outcome.findings
    assert [str(place) for place in finding.locations] == ["RESULTS.md:7"]
    for part in ("3 × 46,800 = 140,400", "2 of 3 groups", "rows sum to 374,400 of 421,200"):
        assert part in finding.message
    evidence = {(e.name, e.group): (e.observed, e.expected) for e in finding.evidence}
    assert evidence["stated_count", "tier medium"] == (93_600, 140_400)
    assert evidence["stated_share", "tier medium"] == (22.2, pytest.approx(100 / 3))
    assert evidence["share_sum", None] == (pytest.approx(88.9), 100)
    assert finding.confidence is Confidence.HIGH


def test_the_seeds_own_table_without_any_data() -> None:
    outcome = judge(SEED)
    (finding,) = outcome.findings
    assert "88.9 %" in finding.message
    assert "Medium were 2 of its 3 groups" in finding.message
    assert finding.primary.line == 1 + SEED.splitlines().index(
        next(line for line in SEED.splitlines() if "Medium" in line)
    )
    assert finding.confidence is Confidence.MEDIUM


def test_the_true_table_is_consistent_and_listed() -> None:
    text = SEED.replace("93,600", "140,400").replace("22.2", "33.3")
    outcome = run6(text)
    assert outcome.verdict is Verdict.PASS
    (claim,) = outcome.measured
    assert claim.expected == "consistent"
    assert claim.unit == "RESULTS.md:4"
    assert "3 counts are the rows of validation.npz" in claim.method


def test_moving_the_table_keeps_the_fingerprint() -> None:
    moved = run6("An introduction.\n\n" + SEED).findings[0]
    assert moved.fingerprint == run6(SEED).findings[0].fingerprint
    assert moved.primary.line != run6(SEED).findings[0].primary.line


SILENT = {
    "rounding to 99.9 and 100.1": """
## Composition
| Part | Rows | % of total |
|---|---|---|
| a | 1 | 33.3 % |
| b | 1 | 33.3 % |
| c | 1 | 33.3 % |
| Total | 3 | 100 % |
""",
    "largest remainder": """
## Composition
| Part | Rows | % of total |
|---|---|---|
| a | 1 | 34 % |
| b | 1 | 33 % |
| c | 1 | 33 % |
""",
    "top rows with an ellipsis": """
## Composition
| Class | Samples | % of total |
|---|---|---|
| cat | 500 | 50 % |
| dog | 200 | 20 % |
| … | … | … |
| Total | 1,000 | 100 % |
""",
    "top five": """
### Distribution of the 5 most frequent labels
| Class | Samples | Share |
|---|---|---|
| cat | 500 | 50 % |
| dog | 200 | 20 % |
""",
    "text after the table says there are more": """
## Distribution
| Class | Samples | Share |
|---|---|---|
| cat | 500 | 50 % |
| dog | 200 | 20 % |

(and 14 more)
""",
    "changes": """
| Group | Samples | % Change |
|---|---|---|
| a | 100 | -293% |
| b | 200 | +39% |
| c | 300 | +84% |
""",
    "metrics in percent": """
| Class | Support | Accuracy (%) | Recall % |
|---|---|---|---|
| a | 100 | 93.1 | 91 |
| b | 200 | 88.0 | 90 |
| Overall | 300 | 89.7 | 90 |
""",
    "share of another base": """
| Site | Rows | % missing | % |
|---|---|---|---|
| a | 100 | 3 | 3 |
| b | 200 | 9 | 55 |
| c | 300 | 0 | 7 |
""",
    "subtotals": """
| Split | Rows | % of total |
|---|---|---|
| train | 800 | 80 % |
| – originals | 200 | 20 % |
| – copies | 600 | 60 % |
| validation | 200 | 20 % |
| Total | 1,000 | 100 % |
""",
    "several parts, each with a total": """
| Site | Rows |
|---|---|
| a | 10 |
| b | 20 |
| Total | 30 |
| c | 5 |
| d | 6 |
| Total | 11 |
""",
    "parts, their subtotals and a grand total": """
| Site | Rows |
|---|---|
| a | 10 |
| b | 20 |
| Subtotal north | 30 |
| c | 5 |
| d | 6 |
| Subtotal south | 11 |
| Grand total | 41 |
""",
    "overlapping categories": """
## Distribution of tags
| Tag | Samples | % of samples |
|---|---|---|
| outdoor | 70 | 70 % |
| night | 50 | 50 % |
| Total (unique) | 100 | 100 % |
""",
    "share of the whole data set": """
## Validation composition
| Class | Rows | % of all rows |
|---|---|---|
| a | 100 | 10 % |
| b | 50 | 5 % |
""",
    "thousand separators, about, K": """
## Composition
| Part | Samples | Share |
|---|---|---|
| a | 5.4K | 1.3 % |
| b | ~140,000 | 33 % |
| c | 275\u202f400 | 65.4 % |
| Total | 421.2K | 100 % |
""",
    "a total in round thousands": """
## Composition
| Part | Samples | Share |
|---|---|---|
| a | 5,400 | 1.3 % |
| b | 140,400 | 33.3 % |
| c | 275,400 | 65.4 % |
| Total | 421,000 | 100 % |
""",
    "fractions": """
## Composition
| Part | n | fraction |
|---|---|---|
| a | 25 | 0.25 |
| b | 75 | 0.75 |
""",
    "in a code block": """
```
| Part | Rows | % of total |
|---|---|---|
| a | 10 | 10 % |
| Total | 50 | 100 % |
```
""",
    "in a comment": """
<!--
| Part | Rows | % of total |
|---|---|---|
| a | 10 | 10 % |
| Total | 50 | 100 % |
-->
""",
    "an overall metric is no total": """
| Group | Samples | MSE |
|---|---|---|
| a | 10 | 0.5 |
| b | 30 | 0.7 |
| Overall | 40 | 0.65 |
""",
    "no sums of what is no count": """
| Model | Parameters | Epochs | Size (MB) |
|---|---|---|---|
| a | 1,000 | 10 | 5 |
| b | 2,000 | 20 | 6 |
| Total | 9,000 | 99 | 7 |
""",
    "two runs side by side": """
| Tier | Run 6 val samples | Run 7 val samples |
|---|---|---|
| easy | 5,400 | 5,400 |
| medium | 140,400 | 5,400 |
| hard | 275,400 | 275,400 |
""",
    "counts before augmentation": """
## Samples before augmentation
| Tier | Samples |
|---|---|
| easy | 5,400 |
| medium | 5,400 |
| hard | 275,400 |
""",
    "counts of something else": """
## Validation rows looked at by hand
| Tier | Rows |
|---|---|
| easy | 10 |
| medium | 10 |
| hard | 10 |
""",
    "sentences about parts": """
Each group has 1,800 validation samples. Before cleaning there were 500,000 validation samples.
Run 4 had 12,000 validation samples. We looked at about half of the 1,000 test images.
The hard tier has 91,800 validation samples.
""",
    "shares of another count in the row": """
# Composition
| Site | People | Women | % |
|---|---|---|---|
| Oslo | 1,204 | 602 | 50.0 |
| Bergen | 810 | 434 | 53.6 |
| All | 2,014 | 1,036 | 51.4 |
""",
    "shares in sentences": """
36 of 240 test patients (15 %) had events. Of 2,400 people, 240 (10.0%) had the outcome.
120 of the 1,000 rows (12%), 2 of 3 (67 %), and 1 out of 7 folds (14%).
In 3 of 10 folds the error fell (20 % on average). 12 of 100 were lost (95 % CI 7 to 20 %).
Of 12,000 rows, about 240 (3 %) repeat. Version 2 of 3.1 (50 %).
""",
    "decimal commas": """
| Klasse | Anzahl | Anteil |
|---|---|---|
| a | 1.250 | 62,5 % |
| b | 750 | 37,5 % |
| Summe | 2.000 | 100,0 % |
""",
    "about as many": "There are ~421,000 validation samples; in short 421.2K validation samples.",
}


@pytest.mark.parametrize("name", SILENT)
def test_near_misses_stay_silent(name: str) -> None:
    assert run6(SILENT[name]).findings == ()
    assert judge(SILENT[name]).findings == ()


WRONG = {
    "a share that is not that of its count": (
        """
| Class | Rows | % of total |
|---|---|---|
| a | 100 | 10 % |
| b | 300 | 35 % |
| c | 600 | 60 % |
| Total | 1,000 | 100 % |
""",
        "b 300 (35 %): 300 / 1,000 = 30.00 %",
        5,
    ),
    "rows that do not sum to their total": (
        "| Class | Rows |\n|---|---|\n| a | 100 |\n| b | 300 |\n| **Total** | **1,000** |\n",
        "rows sum to 400, the total row says 1,000",
        5,
    ),
    "no outer pipes, alignment, emphasis, an escaped pipe": (
        "Class | *Rows*\n:--|--:\na \\| A | 100\n`b` | **300**\nTotal | 1 000\n",
        "rows sum to 400",
        5,
    ),
    "a table in a quotation": (
        "> | Class | Rows |\n> |---|---|\n> | a | 100 |\n> | b | 300 |\n> | Total | 1,000 |\n",
        "rows sum to 400",
        5,
    ),
    "a wrong group count": (
        "Validation\n\n| k | m | Samples |\n|---|---|---|\n"
        + "".join(
            f"| {key[0]} | {key[2]} | {180 if key == '4,4' else n} |\n" for key, n in ROWS.items()
        ),
        "180: 46,800 expected",
        8,
    ),
    "people are counted": (
        "| Site | People | Share of people |\n|---|---|---|\n| a | 100 | 20 % |\n| b | 400 | 40 % |"
        "\n| c | 500 | 50 % |\n| All | 1,000 | 100 % |\n",
        "a 100 (20 %): 100 / 1,000 = 10.00 %",
        3,
    ),
    "a share in a sentence": (
        "# A\n\nEvents: 36 of 240 test patients (12 %).\n",
        "36 / 240 = 15.00 %",
        3,
    ),
    "a share behind its total": (
        "# A\n\nOf 2,400 people,\n240 (12.0 %) had it.\n",
        "240 / 2,400 = 10.00 %",
        3,
    ),
    "a total with decimal commas": (
        "| Klasse | Anzahl | Anteil |\n|---|---|---|\n| a | 1.250 | 62,5 % |\n"
        "| b | 750 | 37,5 % |\n| Summe | 2.500 | 100,0 % |\n",
        "rows sum to 2,000",
        5,
    ),
    "a sentence": (
        "# Results\n\nThe validation set has 521,200 rows.\n",
        "521,200 validation rows are stated, 421,200 rows of validation.npz",
        3,
    ),
    "a list": (
        "Validation composition:\n\n- easy: 5,400 samples (1.3 %)\n"
        "- medium: 93,600 samples (22 %)\n- hard: 275,400 samples (65.4 %)\n",
        "3 × 46,800 = 140,400",
        4,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_contradictions_are_found_where_they_stand(name: str) -> None:
    text, words, line = WRONG[name]
    (finding,) = run6(text).findings
    assert words in finding.message
    assert finding.primary.line == line


def test_printed_list_in_an_output() -> None:
    text = (
        "validation rows\n  easy:   5,400 (1.3 %)\n  medium: 93,600 (33.3 %)\n"
        "  hard:  275,400 (65.4%)"
    )
    (finding,) = judge(text, DocumentKind.OUTPUT, splits=RUN6, grouping=GROUPING).findings
    assert str(finding.primary) == "run.ipynb cell 3 output:3"


def test_table_that_pandas_printed() -> None:
    frame = pd.DataFrame(
        {"tier": ["easy", "medium", "hard"], "rows": [5400, 93600, 275400], "%": [1.3, 22.2, 65.4]}
    )
    wrong = judge(
        f"validation\n{frame}\n", DocumentKind.OUTPUT, splits=RUN6, grouping=GROUPING
    ).findings
    assert [str(finding.primary) for finding in wrong] == ["run.ipynb cell 3 output:4"]
    frame.loc[1, ["rows", "%"]] = [140400, 33.3]
    right = judge(f"validation\n{frame}\n", DocumentKind.OUTPUT, splits=RUN6, grouping=GROUPING)
    assert right.verdict is Verdict.PASS


def test_classification_report_is_no_composition() -> None:
    sk = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth, guess = rng.integers(0, 3, (2, 90))
    text = sk.classification_report(truth, guess)
    assert judge(text, DocumentKind.OUTPUT).findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|",
        "| a |\n|---|",
        "|a|b|\n|-|-|\n",
        "| n | % |\n|---|---|\n|" + "9" * 400 + "|1e999 %|\n| 1 | 0 % |\n| 0 | 0 % |",
        "| rows | share |\n|---|---|\n" + "| x | y | z | w |\n" * 50,
        "| label | rows | share |\n|---|---|---|\n" + "| a | -5 | -3 % |\n" * 9,
        "| label | rows |\n|---|---|\n" + "| a | 1e308 |\n" * 9 + "| Total | 1e308 |",
        "x: " * 5_000,
        "```\n" * 99,
        "<!--" * 99,
        "|" * 3_000 + "\n" + "|-" * 3_000,
        "\x00\ud800| a | b |",
    ],
)
@pytest.mark.parametrize("kind", list(DocumentKind))
def test_odd_text_never_crashes(text: str, kind: DocumentKind) -> None:
    judge(text, kind, splits=RUN6, grouping=GROUPING)
    judge(text, kind)


def test_nothing_to_check_is_said() -> None:
    assert judge("Plain prose.").verdict is Verdict.NOT_APPLICABLE
    text = "| Class | Rows |\n|---|---|\n| a | 100 |\n| b | 300 |\n"
    outcome = judge(text)
    assert outcome.verdict is Verdict.REVIEW
    assert outcome.measured[0].expected == "could not tell"


GROUP_TABLE = "## Validation by group\n\n| Group | Samples |\n|---|---|\n" + "".join(
    f"| k={key[0]}, m={key[2]} | {n:,} |\n" for key, n in ROWS.items()
)


def test_tiers_are_held_against_a_table_of_groups() -> None:
    (finding,) = judge(GROUP_TABLE + SEED, grouping=GROUPING).findings
    assert "3 × 46,800 = 140,400; 93,600 is 2 of 3 groups" in finding.message
    text = SEED.replace("93,600", "140,400").replace("22.2", "33.3")
    assert judge(GROUP_TABLE + text, grouping=GROUPING).verdict is Verdict.PASS


def test_groups_of_unequal_size_are_named() -> None:
    splits = Splits(
        split(SplitRole.TRAIN, {"1": 10, "2": 20, "3": 30}),
        (split(SplitRole.TEST, {"1": 50, "2": 70, "3": 100}),),
    )
    grouping = Grouping(("site",), ("1", "2", "3"), {"1": "a", "2": "a", "3": "b"}, "x")
    text = "Test set\n\n| tier | rows |\n|---|---|\n| tier a | 70 |\n| tier b | 100 |\n"
    (finding,) = judge(text, splits=splits, grouping=grouping).findings
    assert "50 + 70 = 120; 70 is 1 of 2 groups (2)" in finding.message


def frames() -> dict[str, str]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"site": rng.choice(list("abc"), 60), "hit": rng.random(60) < 0.3, "x": rng.normal(size=60)}
    )
    by_site = table.groupby("site").agg(n=("x", "size"), rate=("hit", "mean"), mean=("x", "mean"))
    missing = pd.DataFrame({"count": [3, 9, 1], "percent": [0.3, 0.9, 0.1]}, index=list("xyz"))
    return {
        "describe": str(table.describe()),
        "describe transposed": str(table.describe().T),
        "value_counts": str(table["site"].value_counts()),
        "shares": str(table["site"].value_counts(normalize=True)),
        "crosstab": str(pd.crosstab(table["site"], table["hit"], margins=True)),
        "normalised crosstab": str(pd.crosstab(table["site"], table["hit"], normalize=True)),
        "by site": str(by_site),
        "missing": str(missing),
        "index is a number": str(by_site.reset_index()),
        "truncated": pd.concat([by_site] * 40).to_string(max_rows=6),
    }


@pytest.mark.parametrize("name", frames())
def test_what_pandas_prints_is_silent(name: str) -> None:
    assert judge(frames()[name], DocumentKind.OUTPUT).findings == ()
    headed = f"validation composition\n{frames()[name]}"
    assert judge(headed, DocumentKind.OUTPUT).findings == ()
