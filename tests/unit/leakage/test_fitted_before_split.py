"""The correction that LK102 shows is right code in the names of the experiment."""

from __future__ import annotations

import pytest

from audit.lineage import code_facts
from audit.model.artifacts import Cell, CellKind, Code, SourceFile
from audit.model.check import NoParams
from checks.leakage.fitted_before_split import fitted_before_split

HEAD = """import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.linear_model import Ridge
table = pd.read_csv("a.csv")
price = table.pop("price")
"""
TAIL = "model = Ridge().fit(fit_rows, fit_price)\nprint(model.score(new_rows, new_price))\n"


def correction(middle: str) -> str:
    source = HEAD + middle + TAIL
    code = Code((SourceFile("a.py", False, (Cell(0, CellKind.CODE, source),)),))
    outcome = fitted_before_split.function(facts=code_facts(code), params=NoParams())
    (finding,) = outcome.findings
    return finding.remedy.after


@pytest.mark.parametrize("name", ["scaled", "table"])
def test_fit_on_one_side_and_transform_both(name: str) -> None:
    after = correction(
        f"{name} = MinMaxScaler((0, 2)).fit_transform(table)\n"
        "fit_rows, new_rows, fit_price, new_price = train_test_split(\n"
        f"    {name}, price, random_state=1)\n"
    )
    assert after == (
        "fit_rows, new_rows, fit_price, new_price = train_test_split(table, price, ...)\n"
        "transformer = MinMaxScaler((0, 2))\n"
        "fit_rows = transformer.fit_transform(fit_rows)\n"
        "new_rows = transformer.transform(new_rows)"
    )


def test_a_statistic_by_hand_is_told_in_words() -> None:
    after = correction(
        "table = table - table.mean()\n"
        "fit_rows, new_rows, fit_price, new_price = train_test_split(table, price)\n"
    )
    lines = after.splitlines()
    assert lines[0].startswith("fit_rows, new_rows")
    assert "from the training rows only" in lines[1]
    assert not any(line.startswith("table =") for line in lines)
