"""Documents that are made to take long, or to break a pattern: every one is judged."""

from __future__ import annotations

import pytest

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    FileList,
    SourceFile,
)
from audit.model.check import Outcome, Verdict
from checks.claims import changes as cl502
from checks.claims import document_against_code as cl503
from checks.claims import stated_twice as cl504

N = 60_000

TEXTS = {
    "lines of digits": ("1234567890" * 24 + "\n\n") * 200,
    "lines of thousands": ("1,234,567,890," * 17 + "\n\n") * 200,
    "digits": "1" * N,
    "digits with points": "1." * N,
    "digits with commas": "1,111" * N,
    "from": "from 1 to " * N,
    "from without end": "from " * N,
    "arrows": "1 → 2 → " * N,
    "chains": "512→" * N,
    "percent": "5 % " * N,
    "better than": "0.181, 51.5 % better than the " * (N // 10),
    "blanks": "from 1" + " " * N + "to 2",
    "parentheses": "(" * N + "1 = 1",
    "operators": "1 + " * N + "= 3",
    "equals": "1 + 1 = " * N,
    "lines of equals": "1 + 1\n= 2\n" * 1_000,
    "ranges": "easy cases 3-4x worse\n" * 1_000,
    "metrics": "Validation RMSE: 0.5. " * (N // 10),
    "lines of metrics": "Validation RMSE: 0.5\n" * 1_000,
    "words before a metric": "the " * N + "validation RMSE: 0.5",
    "settings": "batch size 64, " * (N // 10),
    "cells": "`a_b` in cell 3. " * (N // 10),
    "files": "`a/b.csv` " * (N // 10),
    "long path": "`" + "a/" * N + "b.csv`",
    "folders": "](" + "a-" * N + ".csv)",
    "wide table": "|" + "a|" * 3_000 + "\n|" + "-|" * 3_000 + "\n|" + "1|" * 3_000,
    "long table": "| a | Before | After | Change |\n|---|---|---|---|\n"
    + "| x | 1 | 2 | 9 % |\n" * 1_000,
    "many tables": "| a | Before | After | Change |\n|-|-|-|-|\n| x | 1 | 2 | 9 % |\n\n" * 400,
    "table of infinities": "| a | Before | After | Change |\n|-|-|-|-|\n"
    "| x | 1e999 | nan | inf % |\n"
    "| y | 0 | 0 | 5 % |\n| z | 1e308 | 1e-308 | 1e308 % |",
    "headings": "# a\n## b\n" * 2_000,
    "gaps": "- Train: 1\n- Val: 2\n- Gap: 3\n" * 700,
    "null bytes": "from 1\x00 to 2 (\x00 3 %)\ud800",
    "right to left": "from \u202e1 to 2\u202c (100 %)",
    "unclosed": "`" * N + "[" * N,
    "emphasis": "*" * N + "1 + 1 = 2",
}  # fmt: skip

SOURCES = {
    "deep": "x = " + "(" * 500 + "1" + ")" * 500,
    "huge number": "lr = " + "9" * 4_000,
    "negative": "lr = " + "-" * 200 + "1",
    "not Python": "def (:",
    "many settings": "lr = 1e-3\n" * 1_000,
    "many comments": "lr = 1e-3  # " + "5 % " * 3_000 + "\n",
    "odd keys": "d = {None: 1, **x, 'lr': float('nan'), 'epochs': True, 'seed': 1j, 'cv': 'a'}",
    "starred": "Adam(*a, **b)\nDropout(*c)\nseed()\nadd_argument(*d)\nDense(units=3)(x)\nKFold()",
}


def documents(text: str) -> Documents:
    return Documents(
        (
            Document("README.md", DocumentKind.FILE, text),
            Document("run.ipynb", DocumentKind.MARKDOWN_CELL, text, 0),
            Document("run.ipynb", DocumentKind.OUTPUT, text, 1),
        )
    )


def code(source: str) -> Code:
    cells = (Cell(0, CellKind.MARKDOWN, "# a"), Cell(1, CellKind.CODE, source, (), 1))
    return Code((SourceFile("run.ipynb", True, cells),))


def run_all(given: Documents, source: str = "a_b = 1\nbatch_size = 32\n") -> list[Outcome]:
    return [
        cl502.changes.function(documents=given, params=cl502.Params()),
        cl503.document_against_code.function(
            documents=given,
            code=code(source),
            files=FileList(("README.md", "run.ipynb", "a/c.csv")),
            params=cl503.Params(),
        ),
        cl504.stated_twice.function(
            documents=given, metrics=None, baseline=None, params=cl504.Params()
        ),
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text(name: str) -> None:
    outcomes = run_all(documents(TEXTS[name]))
    assert all(outcome.verdict is not Verdict.ERROR for outcome in outcomes)
    for outcome in outcomes:
        assert len(outcome.measured) <= 50
        assert all(len(str(claim.observed)) < 1_000 for claim in outcome.measured)
        assert all(len(finding.message) < 3_000 for finding in outcome.findings)


@pytest.mark.parametrize("name", SOURCES)
def test_hostile_code(name: str) -> None:
    text = "Learning rate 5e-2, batch size 64, seed 3. Dropout: 0.4"
    outcomes = run_all(documents(text), SOURCES[name])
    assert all(outcome.verdict is not Verdict.ERROR for outcome in outcomes)
