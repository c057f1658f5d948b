"""The user's own pickles: everything that can be wrong with them is said before any training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reference_pipeline.data import DataError, LabelReport, load_pickles, verify_labels
from reference_pipeline.split import entity_ids, split_by_entity

_MAX_LISTED = 10
SHARES = (0.70, 0.15, 0.15)


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
        if report.wrong or report.infinite:
            raise DataError(_described(report, own.targets))
        say(
            f"      all {report.n_checked:,} labels agree with the exact heights (largest "
            f"relative difference {report.max_relative_difference:.0e})"
        )
    entities = entity_ids(rows)
    split_by_entity(entities, rows[:, 1] * 10 + rows[:, 2], SHARES, random_state=0)  # it can be
    say(f"      {len(np.unique(entities)):,} different matrices up to symmetry")
    return rows, heights


def _described(report: LabelReport, targets: Path) -> str:
    wrong = [*report.infinite, *report.wrong]
    lines = [
        f"{targets}: {len(wrong):,} of {report.n_checked:,} labels are not the exact height; "
        "correct or remove these samples:"
    ]
    lines += [
        f"  sample {each.index} (k={each.k}, m={each.m}): {each.stated:g} is stated, "
        f"{each.exact:g} is exact"
        for each in wrong[:_MAX_LISTED]
    ]
    if len(wrong) > _MAX_LISTED:
        lines.append(f"  and {len(wrong) - _MAX_LISTED:,} more")
    return "\n".join(lines)
