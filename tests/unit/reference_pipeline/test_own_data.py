"""The user's own pickles are refused before any training where no run can be made of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_pipeline.config import GROUPS, DatasetConfig
from reference_pipeline.data import HEIGHTS_NAME, INPUTS_NAME, DataError, write_pickles
from reference_pipeline.generate import generate_rows
from reference_pipeline.own_data import OwnData, read_own_data


@pytest.mark.parametrize("left_out", [(5, 2), (4, 5)])
def test_a_group_without_samples_is_named(tmp_path: Path, left_out: tuple[int, int]) -> None:
    rows, heights = generate_rows(DatasetConfig(samples_per_group=12))
    own = OwnData(tmp_path / INPUTS_NAME, tmp_path / HEIGHTS_NAME)
    write_pickles(rows, heights, tmp_path)
    assert len(read_own_data(own, lambda line: None)[0]) == 12 * len(GROUPS)

    kept = (rows[:, 1] != left_out[0]) | (rows[:, 2] != left_out[1])
    write_pickles(rows[kept], heights[kept], tmp_path)
    with pytest.raises(
        DataError, match=f"no samples of the group k={left_out[0]}, m={left_out[1]}:"
    ):
        read_own_data(own, lambda line: None)
