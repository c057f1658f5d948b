"""The user's own pickles: everything that can be wrong with them is said before any training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reference_pipeline.config import GROUPS
from reference_pipeline.data import DataError, load_pickles, verify_labels
from reference_pipeline.split import SHARES, entity_ids, split_by_entity


@dataclass(frozen=True, slots=True)
class OwnData:
    """Two pickles in the original format.

    Attributes
    ----------
    inputs : Path
        A list of [n, k, m, P].
    targets : Path
        The list of their heights.
    verify_labels : bool
        Whether every height is compared with the exact one.
    """

    inputs: Path
    targets: Path
    verify_labels: bool = False


def read_own_data(
    own: OwnData, say: Callable[[str], None]
) -> tuple[npt.NDArray[np.number], npt.NDArray[np.float64]]:
    """Read and check the user's data.

    Parameters
    ----------
    own : OwnData
    say : callable
        Called with a line on what was found.

    Returns
    -------
    rows : ndarray of shape (n_samples, 23)
    heights : ndarray of shape (n_samples,)

    Raises
    ------
    DataError
        If they cannot be read, cannot be split, or hold labels that are not the exact heights.
    """
    rows, heights = load_pickles(own.inputs, own.targets)
    say(f"      {len(rows):,} samples")
    if own.verify_labels:
        report = verify_labels(rows, heights)
        if not report.agrees:
            raise DataError(
                f"{own.targets} holds labels that are not the exact heights of the samples of "
                f"{own.inputs}; correct or remove them: {report.summary()}"
            )
        say(f"      {report.summary()}")
    _require_every_group(rows, own.inputs)
    entities = entity_ids(rows)
    split_by_entity(entities, rows[:, 1:3], SHARES)  # as the notebook will, or an error now
    say(f"      {len(np.unique(entities)):,} different matrices up to symmetry")
    return rows, heights


def _require_every_group(rows: npt.NDArray[np.number], path: Path) -> None:
    """The tiers that a run is scored by are made of all nine groups."""
    present = set(map(tuple, rows[:, 1:3].astype(int).tolist()))
    missing = [f"k={k}, m={m}" for k, m in GROUPS if (k, m) not in present]
    if missing:
        raise DataError(
            f"{path} has no samples of the group {'; '.join(missing)}: a run is scored by tiers, "
            "which need all nine groups. Add samples of each"
        )
