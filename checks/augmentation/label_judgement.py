"""Labels held against exact ones, for copies and originals apart: what is wrong, does it matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audit.model.artifacts import Grouping, MetricTable, RawData, SplitData, SplitRole, Splits
from audit.model.evidence import Evidence
from checks.augmentation.label_errors import LabelError, Labels, error_of, variance
from checks.augmentation.origins import Origins, origins
from checks.kit.kin import group_order
from checks.kit.scores import SCORES

Mask = NDArray[np.bool_]
MAX_GROUPS = 50


_MARGIN = 1.5  # between the noise of originals and that of their copies, which differ by chance
_SQUARED = frozenset({"log2_mse", "log_mse", "log10_mse", "msle", "rmsle", "mse", "rmse"})


@dataclass(frozen=True, slots=True)
class Params:
    """Thresholds of AU305.

    Parameters
    ----------
    rtol : float
        Relative difference up to which a label is right, besides the rounding of its digits.
    min_rows : int
        Fewest rows with an exact label of a split or group that is judged.
    max_share : float
        Error of the labels / variance of the exact labels (for classes: share of wrong labels)
        up to which it does not matter.
    max_of_error : float
        Error of the labels / reported error of the model, in the same metric, up to which it
        does not matter.
    max_impossible : float
        Share of rows whose exact label is infinite, up to which it does not matter.
    everywhere : float
        Share of labels that differ, above which those of original rows are taken for
        measurements of something else than the exact label.
    max_change : float
        Relative difference between the reported metric and the one on exact labels, above which
        the reported one is invalid.
    """

    rtol: float = 1e-6
    min_rows: int = 20
    max_share: float = 0.01
    max_of_error: float = 0.1
    max_impossible: float = 0.01
    everywhere: float = 0.95
    max_change: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Rows that are judged together."""

    split: SplitData
    kind: str  # copies, originals, or rows: all are alike, or it cannot be told
    labels: Labels
    mask: Mask

    @property
    def suffix(self) -> str:
        """For the names of the evidence."""
        if self.split.role is SplitRole.TRAIN:
            return "train" if self.kind == "rows" else self.kind
        role = self.split.role.value
        return f"{role}_copies" if self.kind == "copies" else role

    def rows_of(self, group: str | None) -> Mask:
        """Its rows of one group, all of them without a group."""
        if group is None or self.split.groups is None:
            return self.mask
        return np.asarray(self.mask & (self.split.groups == group), dtype=bool)

    @property
    def words(self) -> str:
        """For sentences."""
        role = "training" if self.split.role is SplitRole.TRAIN else self.split.role.value
        return {"copies": f"{role} copies", "originals": f"original {role} rows"}.get(
            self.kind, f"{role} rows"
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """What the error of labels is held against."""

    variance: float | None
    table: MetricTable | None
    unit: str
    params: Params

    def reported(self, group: str | None = None) -> float | None:
        """Error of the model as reported, where it is a mean of squares in the same scale."""
        if self.table is None or (score := SCORES.get(self.table.metric)) is None:
            return None
        stated = self.table.overall if group is None else self.table.by_group.get(group)
        if stated is None or not math.isfinite(stated.value):
            return None
        if score.labels:
            error = 1 - stated.value if score.greater_is_better else stated.value
        elif score.name in _SQUARED:
            error = stated.value**2 if score.root else stated.value
        else:
            return None
        return error if error > 0 else None

    def matters(self, found: LabelError, group: str | None = None, less: float = 0.0) -> bool:
        """Whether the labels are wrong to an extent that matters."""
        if found.n < self.params.min_rows or not found.wrong:
            return False
        if found.impossible > self.params.max_impossible * found.n:
            return True
        if found.error is None:
            return False
        error = found.error - less
        spread, reported = self.variance, self.reported(group)
        return (spread is not None and error > self.params.max_share * spread) or (
            reported is not None and error > self.params.max_of_error * reported
        )


def parts_of(
    both: Sequence[tuple[SplitData, Labels]], splits: Splits, raw: RawData | None
) -> list[Part]:
    """Copies and originals of each split that has exact labels, where the two can be told apart."""
    known = origins(splits, raw)
    made = {}
    if isinstance(known, Origins):
        made = {part.split: part.synthetic for part in known.parts if part.certain}
    parts = []
    for split, labels in both:
        copies = split.synthetic if split.synthetic is not None else made.get(split)
        if copies is None or not copies.any():
            parts.append(Part(split, "rows", labels, np.ones(len(split), dtype=bool)))
            continue
        parts += [
            Part(split, kind, labels, mask)
            for kind, mask in (("originals", ~copies), ("copies", copies))
            if mask.any()
        ]
    return parts


def variance_of(both: Sequence[tuple[SplitData, Labels]]) -> float | None:
    """Variance of all exact labels in the scale of the metric."""
    if both[0][1].is_class:
        return 1.0  # so that the share of wrong labels is held against the threshold itself
    return variance([labels for _, labels in both])


def unit_of(labels: Labels) -> str:
    """Unit of the error of labels."""
    if labels.is_class:
        return "share of labels"
    return f"squared {labels.scale}" if labels.scale else "squared unit of the target"


def against(scale: Scale, both: Sequence[tuple[SplitData, Labels]]) -> list[Evidence]:
    """What the error of labels is held against, as evidence."""
    evidence = []
    if scale.variance is not None and not both[0][1].is_class:
        how = "variance of the finite exact labels in the scale of the metric"
        evidence.append(Evidence("target_variance", scale.variance, unit=scale.unit, method=how))
    if scale.table is not None and (reported := scale.reported()) is not None:
        how = f"{scale.table.metric} of {scale.table.path}, as a mean in the same scale"
        evidence.append(Evidence("reported_error", reported, unit=scale.unit, method=how))
    return evidence


def evidence_of(part: Part, grouping: Grouping | None) -> list[Evidence]:
    """Wrong labels, labels that do not exist, and the error of the others; overall and by group."""
    units: list[str | None] = [None]
    if part.split.groups is not None:
        units += group_order(part.split.groups[part.mask], grouping)[:MAX_GROUPS]
    out = []
    rows = part.split.rows[part.mask & part.labels.wrong]
    for key in units:
        found = error_of(part.labels, part.rows_of(key))
        name = None if key is None else grouping.label(key) if grouping is not None else key
        what = f"{part.words} of {part.split.path}"
        out.append(
            Evidence(
                f"wrong_labels_{part.suffix}",
                found.wrong,
                expected=0,
                unit="rows",
                n=found.n,
                method=f"{what} whose label is not that of {part.split.oracle_name!r}",
                group=name,
                sample_ids=tuple(np.sort(rows)[:20].tolist()) if key is None else (),
                sample_ids_total=len(rows) if key is None else 0,
            )
        )
        if found.impossible or (key is None and not part.labels.is_class):
            how = f"{what} with a finite label whose exact label is infinite"
            out.append(
                Evidence(
                    f"infinite_labels_{part.suffix}",
                    found.impossible,
                    expected=0,
                    unit="rows",
                    n=found.n,
                    method=how,
                    group=name,
                )
            )
        how = f"mean over the {found.n - found.impossible:,} {what} with a finite exact label"
        if found.error is None:
            how = f"no {what} has a finite exact label"
        out.append(
            Evidence(
                f"label_error_{part.suffix}",
                found.error,
                expected=0.0,
                unit=unit_of(part.labels),
                n=found.n,
                method=how,
                group=name,
            )
        )
    return out


def usual(part: Part, parts: Sequence[Part], group: str | None, params: Params) -> float:
    """Error that labels have without augmentation, where nearly all of them differ a little."""
    for other in parts:
        if other.split is part.split and (part.kind, other.kind) == ("copies", "originals"):
            found = error_of(other.labels, other.rows_of(group))
            noisy = found.n and found.wrong > params.everywhere * found.n
            if noisy and found.error is not None:
                return _MARGIN * found.error
    return 0.0


def bad_groups(part: Part, parts: Sequence[Part], scale: Scale) -> list[str]:
    """Keys of the groups in which the labels are wrong to an extent that matters."""
    if part.split.groups is None:
        return []
    keys = group_order(part.split.groups[part.mask], None)
    errors = {key: error_of(part.labels, part.rows_of(key)) for key in keys}
    often = {key: usual(part, parts, key, scale.params) for key in keys}
    bad = [key for key in keys if scale.matters(errors[key], key, often[key])]
    return sorted(bad, key=lambda key: (-errors[key].impossible / errors[key].n, key))
