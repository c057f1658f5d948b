"""Tables that write 3,14 for 3.14."""

from __future__ import annotations

from pathlib import Path

from audit.model.artifacts import SplitData, Splits
from audit.model.export import Present
from tests.unit.load.exports import export


def train_of(root: Path, table: str) -> SplitData:
    slot = export(root, {"train.csv": table, "test.csv": table}).get(Splits)
    assert isinstance(slot, Present), slot
    return slot.value.train


def test_decimal_commas_are_numbers_where_no_point_is_written(tmp_path: Path) -> None:
    table = "area;rooms;note;target\n3,5;2;a;1,25\n-4,0;;b,c;2\n5,25;1;d;-3,5e1\n"
    train = train_of(tmp_path, table)
    assert train.target.tolist() == [1.25, 2.0, -35.0]
    assert train.features["area"].tolist() == [3.5, -4.0, 5.25]
    assert train.features["note"].tolist() == ["a", "b,c", "d"]


def test_pairs_with_a_comma_stay_texts_beside_decimal_points(tmp_path: Path) -> None:
    table = "pair;x;target\n4,2;0.5;1.5\n4,3;0.25;2.5\n5,2;1.0;3.5\n"
    assert train_of(tmp_path, table).features["pair"].tolist() == ["4,2", "4,3", "5,2"]


def test_commas_between_columns_are_no_decimals(tmp_path: Path) -> None:
    table = 'pair,target\n"4,2",1\n"4,3",2\n"5,2",3\n'
    assert train_of(tmp_path, table).features["pair"].tolist() == ["4,2", "4,3", "5,2"]
