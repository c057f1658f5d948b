"""LK101 where copies are divided by groups: they stay together if they carry their group."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.check import Verdict
from audit.model.report import CheckRun
from tests.harness import audit_export, run_of

HEAD = (
    "import numpy as np\nimport pandas as pd\n"
    "from sklearn.linear_model import Ridge\n"
    "from sklearn.model_selection import GroupShuffleSplit, KFold, train_test_split\n"
    "from sklearn.preprocessing import StandardScaler\n"
    "plots = pd.read_csv('plots.csv')\n"
    "rng = np.random.default_rng(0)\n"
    "rows = []\n"
    "for plot in plots.to_dict('records'):\n"
    "    rows.append(plot)\n"
    "    for _ in range(2):\n"
    "        rows.append({**plot, 'x': plot['x'] + rng.normal()})\n"
    "table = pd.DataFrame(rows)\n"
)
TAIL = "model = Ridge().fit(train[['x']], train.y)\nprint(model.score(test[['x']], test.y))\n"
BY_GROUPS = {
    "splitter": "a, b = next(GroupShuffleSplit().split(table, groups=table.parent))\n"
    "train, test = table.iloc[a], table.iloc[b]\n",
    "members": "held = rng.choice(table.parent.unique(), 20, replace=False)\n"
    "train = table[~table.parent.isin(held)]\ntest = table[table.parent.isin(held)]\n",
    "mask": "held = rng.choice(table.parent.unique(), 20, replace=False)\n"
    "inside = table.parent.isin(held)\ntrain, test = table[~inside], table[inside]\n",
    "ids": "ids, held = train_test_split(table['parent'].unique(), test_size=0.2)\n"
    "train, test = table[table.parent.isin(ids)], table[table.parent.isin(held)]\n",
}
BY_ROWS = {
    "folds": "for a, b in KFold(5).split(table):\n    train, test = table.iloc[a], table.iloc[b]\n",
    "index": "held = table.sample(20).index\n"
    "train, test = table[~table.index.isin(held)], table.loc[held]\n",
    "both": "a, b = next(GroupShuffleSplit().split(table, groups=table.parent))\n"
    "table = table.iloc[a]\ntrain, test = train_test_split(table)\n",
}


def runs(tmp_path: Path, divide: str, head: str = HEAD) -> tuple[CheckRun, CheckRun]:
    indent = "    " if divide.startswith("for") else ""
    tail = "".join(f"{indent}{line}\n" for line in TAIL.splitlines())
    (tmp_path / "run.py").write_text(head + divide + tail)
    report = audit_export(tmp_path)
    return run_of(report, "LK101"), run_of(report, "LK102")


@pytest.mark.parametrize("divide", BY_GROUPS.values(), ids=BY_GROUPS)
def test_copies_that_keep_their_group_are_left_to_the_reader(tmp_path: Path, divide: str) -> None:
    copies, _ = runs(tmp_path, divide)
    assert copies.verdict is Verdict.REVIEW
    assert "run.py:12" in copies.reason


@pytest.mark.parametrize("divide", BY_ROWS.values(), ids=BY_ROWS)
def test_copies_divided_by_rows_are_found(tmp_path: Path, divide: str) -> None:
    copies, _ = runs(tmp_path, divide)
    assert copies.verdict is Verdict.FAIL


@pytest.mark.parametrize("divide", BY_GROUPS.values(), ids=BY_GROUPS)
def test_a_scaler_before_a_split_by_groups_is_still_found(tmp_path: Path, divide: str) -> None:
    scaled = HEAD + "table['x'] = StandardScaler().fit_transform(table[['x']])\n"
    _, scaler = runs(tmp_path, divide, scaled)
    assert scaler.verdict is Verdict.FAIL
