"""Execution numbers: which cells are out of order, and what is nobody's fault."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.lineage import code_facts
from audit.model.artifacts import Cell, CellKind, Code, SourceFile
from audit.model.check import NoParams, Outcome, Verdict
from audit.model.finding import Finding
from audit.model.severity import Confidence, Severity
from checks.hygiene.execution_order import execution_order, rising

CELLS = (
    "import pandas as pd\nfrom sklearn.linear_model import Ridge\n"
    "from sklearn.model_selection import train_test_split",
    "rows = pd.read_csv('rows.csv')",
    "a, b = train_test_split(rows, random_state=1)",
    "model = Ridge().fit(a[['x']], a['y'])",
    "print(model.score(b[['x']], b['y']))",
)


def judge(*counts: int | None, sources: tuple[str, ...] = (), outputs: tuple[int, ...] = (),
          notebook: bool = True) -> Outcome:  # fmt: skip
    texts = sources or tuple(
        CELLS[i] if i < len(CELLS) else f"z{i} = {i}" for i in range(len(counts))
    )
    cells = tuple(
        Cell(i, CellKind.CODE, text, ("shown",) if i in outputs else (), count)
        for i, (text, count) in enumerate(zip(texts, counts, strict=True))
    )
    code = Code((SourceFile("run.ipynb" if notebook else "run.py", notebook, cells),))
    return execution_order.function(code=code, facts=code_facts(code), params=NoParams())


def only(outcome: Outcome) -> Finding:
    (finding,) = outcome.findings
    assert finding.severity is Severity.NOTE
    return finding


@pytest.mark.parametrize(
    "counts",
    [(1, 2, 3, 4, 5), (1, 3, 4, 8, 9), (1, 2, 3, None, None), (1, 2, 3, 4, 5, 6)],
)
def test_rising_numbers_are_fine(counts: tuple[int | None, ...]) -> None:
    assert judge(*counts).verdict is Verdict.PASS


def test_cells_without_a_statement_need_no_number() -> None:
    outcome = judge(1, None, None, 2, sources=("a = 1", "", "# a note\n\n  # another", "b = a"))
    assert outcome.verdict is Verdict.PASS


@pytest.mark.parametrize("counts", [(None,) * 5, (0,) * 5])
def test_no_numbers_no_question(counts: tuple[int | None, ...]) -> None:
    assert judge(*counts, outputs=(4,)).verdict is Verdict.NOT_APPLICABLE


def test_scripts_are_not_judged() -> None:
    assert judge(3, 2, 1, 5, 4, notebook=False).verdict is Verdict.NOT_APPLICABLE


def test_the_split_run_again_after_the_evaluation() -> None:
    finding = only(judge(1, 2, 9, 4, 5))
    assert finding.primary.cell == 2
    assert "cell 2 [9] was executed after" in finding.message
    assert "it splits and cell 4 evaluates" in finding.message
    assert finding.confidence is Confidence.HIGH


def test_an_import_run_again_says_less() -> None:
    finding = only(judge(6, 2, 3, 4, 5, None))
    assert finding.primary.cell == 0
    assert "evaluates" not in finding.message


def test_one_cell_run_early_is_one_cell() -> None:
    finding = only(judge(2, 3, 4, 5, 1))
    (count, *_) = finding.evidence
    assert (count.name, count.observed) == ("cells_out_of_order", 1)


def test_equal_numbers() -> None:
    assert "carry the same number [2]" in only(judge(1, 2, 2, 3, 4)).message


def test_a_cell_that_was_passed_over() -> None:
    finding = only(judge(1, 2, None, 3, 4))
    assert (finding.primary.cell, finding.confidence) == (2, Confidence.MEDIUM)


def test_an_output_without_an_execution() -> None:
    finding = only(judge(1, 2, 3, 4, None, outputs=(4,)))
    assert "cell 4 shows an output" in finding.message


def test_a_kernel_that_was_in_use() -> None:
    finding = only(judge(7, 8, 9, 10, 11))
    assert (finding.confidence, finding.evidence[0].observed) == (Confidence.LOW, 7)


def test_findings_of_one_notebook_have_their_own_identity() -> None:
    findings = judge(9, 8, None, 7, 10).findings
    assert len(findings) == 3
    assert len({finding.fingerprint for finding in findings}) == 3


def test_many_cells_take_no_time_to_speak_of() -> None:
    counts = tuple(range(4000, 0, -1))
    finding = only(judge(*counts, sources=("a = 1",) * 4000))
    assert finding.evidence[0].observed == 3999
    assert len(finding.locations) <= 8


@given(st.lists(st.integers(1, 9), max_size=8))
def test_the_longest_rising_sequence_by_brute_force(numbers: list[int]) -> None:
    kept = sorted(rising(numbers))
    values = [numbers[i] for i in kept]
    assert values == sorted(set(values))
    longest = max(
        size
        for size in range(len(numbers) + 1)
        if size == 0 or any(all(x < y for x, y in pairwise(c)) for c in combinations(numbers, size))
    )
    assert len(kept) == longest
