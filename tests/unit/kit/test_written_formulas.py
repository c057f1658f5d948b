from __future__ import annotations

import pytest

from checks.kit.written_formulas import formulas


def found(*lines: str) -> list[tuple[str, float]]:
    numbered = list(enumerate(lines, start=1))
    return [(each.expression, each.result.value) for each in formulas(numbered)]


@pytest.mark.parametrize(
    ("text", "expression", "result"),
    [
        ("Total = 100 + 200 = 300", "100 + 200", 300),
        ("the mean is (1 + 2) / 2 = 1.5.", "(1 + 2) / 2", 1.5),
        ("- **Share:** 5.4K / 421.2K ≈ 1.3 %", "5.4K / 421.2K", 1.3),
        ("1,800 × 3 = 5,400 rows", "1,800 × 3", 5400),
        ("`(0.374 − 0.181) / 0.374 = 51.6%`", "(0.374 − 0.181) / 0.374", 51.6),
    ],
)
def test_found(text: str, expression: str, result: float) -> None:
    assert found(text) == [(expression, result)]


def test_result_on_the_next_line() -> None:
    assert found("Overall = (1 + 2) * 3", "        ≈ 9 (about)") == [("(1 + 2) * 3", 9)]


@pytest.mark.parametrize(
    "text",
    [
        "x = 3",
        "y = 2 * x + 1 = 3",
        "2024-05-01 = 5",
        "if a + 1 == 3:",
        "1 + 1 => 2",
        "60 * 24 = 1 day",
        "log(8) / 3 = 1",
        "7 // 2 = 3",
        "2 ** 3 = 8",
        "3 + 4 = 7-8",
        "top-5 + 3 = 8",
        "sqrt (9) / 3 = 1",
        "lr 1e-3 - 1e-4 = low",
        "| 1 + 1 | = | 2 |",
    ],
)
def test_not_an_equation_of_numbers(text: str) -> None:
    assert found(text) == []
