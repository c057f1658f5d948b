"""LK101 and LK106 where the splits themselves name the source row of each row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.artifacts import SplitData, SplitRole, Splits
from audit.model.check import Verdict
from audit.model.report import CheckRun
from checks.leakage.families import kept_together
from tests.harness import audit_export, run_of

CODE = """\
import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

plots = pd.read_csv("raw_plots.csv")
rng = np.random.default_rng(0)
rows, origin = [], []
for number, plot in enumerate(plots.to_dict("records")):
    rows.append(plot)
    origin.append(number)
    for _ in range(2):
        rows.append({**plot, "x": plot["x"] + rng.normal()})
        origin.append(number)
X = pd.DataFrame(rows)
origin = np.array(origin)
inside, outside = train_test_split(np.arange(len(plots)), test_size=0.2, random_state=0)
positions = np.arange(len(X))
a = positions[np.isin(origin, inside)]
b = positions[np.isin(origin, outside)]
model = Ridge().fit(X.iloc[a][["x"]], X.iloc[a].y)
print(model.score(X.iloc[b][["x"]], X.iloc[b].y))
"""


def part(role: SplitRole, parents: list[str] | None, ids: list[str] | None = None) -> SplitData:
    n = len(parents or ids or [])
    return SplitData(
        role,
        f"{role.value}.csv",
        pd.DataFrame({"x": np.arange(n)}),
        None,
        None,
        np.arange(n),
        parents=None if parents is None else np.array(parents, dtype=object),
        ids=None if ids is None else np.array(ids, dtype=object),
    )


def together(train: SplitData, *held: SplitData) -> bool:
    return bool(kept_together(Splits(train, held)))


def test_what_counts_as_kept_together() -> None:
    train = part(SplitRole.TRAIN, ["a", "a", "b"])
    assert together(train, part(SplitRole.TEST, ["c", "c"]))
    assert not together(train, part(SplitRole.TEST, ["c", "b"]))
    assert not together(train, part(SplitRole.TEST, None, ["c", "d"])), "parents not known"
    assert not together(train, part(SplitRole.TEST, ["c", ""])), "an original without an id"
    # originals have no parent, and are the parents that copies name
    originals = part(SplitRole.TEST, ["", "c"], ["c", "7"])
    assert together(train, originals)
    assert not together(part(SplitRole.TRAIN, ["", "a"], ["a", "8"]), part(SplitRole.TEST, ["a"]))
    # a column in which no two rows have the same parent knows of no copies
    assert not together(part(SplitRole.TRAIN, ["a", "b"]), part(SplitRole.TEST, ["c"]))
    assert not kept_together(None)


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12),
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12),
)
def test_never_where_a_source_row_is_on_both_sides(train: list[str], held: list[str]) -> None:
    said = together(part(SplitRole.TRAIN, train), part(SplitRole.VALIDATION, held))
    apart = not set(train) & set(held)
    repeated = len(set(train + held)) < len(train + held)
    assert said is (apart and repeated)


def export(folder: Path, *, by_family: bool, parents: bool) -> tuple[CheckRun, CheckRun]:
    """300 plots, three rows of each; one part in five is held out."""
    rng = np.random.default_rng(1)
    plots = pd.DataFrame({"x": rng.normal(size=300).round(6), "y": rng.normal(size=300).round(6)})
    plots.to_csv(folder / "raw_plots.csv", index=False)
    table = plots.loc[np.repeat(np.arange(300), 3)].reset_index(names="parent_id")
    table["is_augmented"] = np.arange(900) % 3 > 0
    table["x"] += table["is_augmented"] * rng.normal(scale=0.1, size=900).round(6)
    drawn = rng.permutation(300) < 60
    held = drawn[table["parent_id"]] if by_family else rng.permutation(900) < 180
    if not parents:
        table = table.drop(columns=["parent_id", "is_augmented"])
    table.insert(0, "row_id", np.arange(900))
    table[~held].to_csv(folder / "train.csv", index=False)
    table[held].to_csv(folder / "test.csv", index=False)
    (folder / "run.py").write_text(CODE)
    (folder / "notes.md").write_text(
        "300 rows before augmentation, 900 rows after augmentation.\n\n"
        f"Training rows: {int((~held).sum())}. Test rows: {int(held.sum())}.\n"
    )
    report = audit_export(folder)
    return run_of(report, "LK101"), run_of(report, "LK106")


def test_copies_that_stay_with_their_source_row_raise_no_alarm(tmp_path: Path) -> None:
    order, counts = export(tmp_path, by_family=True, parents=True)
    # the column may be wrong, so it opens the question and does not close it
    assert order.verdict is Verdict.REVIEW
    assert "the 900 rows stem from 300 source rows, none of which has rows on both" in order.reason
    assert counts.verdict is Verdict.REVIEW
    assert "180 rows are held out of 300; the column that names parents" in counts.reason


@pytest.mark.parametrize(("by_family", "parents"), [(False, True), (True, False)])
def test_otherwise_the_order_in_the_code_decides(
    tmp_path: Path, by_family: bool, parents: bool
) -> None:
    order, counts = export(tmp_path, by_family=by_family, parents=parents)
    assert order.verdict is counts.verdict is Verdict.FAIL
