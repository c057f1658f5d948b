"""A measured fact that supports a finding or a passed check."""

from __future__ import annotations

from dataclasses import dataclass

Scalar = bool | int | float | str | None
Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One measurement, with what is needed to repeat and judge it.

    Parameters
    ----------
    name : str
        Stable snake_case name; other tools rely on it (``contaminated_rows`` …).
    observed : Value
        What was measured; ``None`` when it cannot be estimated (`method` then says why).
    expected : Value, optional
        What it should be, or the threshold that it is held against.
    unit : str, optional
        Unit of `observed`, for instance ``"rows"`` or ``"share"``.
    n : int, optional
        Number of samples behind the measurement.
    method : str
        How it was measured, or the arithmetic, one line that can be checked by hand.
    interval : tuple of (float, float), optional
        Interval of `observed`; `method` says which.
    group : str, optional
        The group or tier that the measurement is about; ``None`` means overall.
    sample_ids : tuple of int
        Example rows, 0-based, sorted, capped; `sample_ids_total` keeps the total.
    sample_ids_total : int
        How many rows there are in all.
    random_state : int, optional
        Seed, where randomness was used.
    """

    name: str
    observed: Value
    expected: Value = None
    unit: str | None = None
    n: int | None = None
    method: str = ""
    interval: tuple[float, float] | None = None
    group: str | None = None
    sample_ids: tuple[int, ...] = ()
    sample_ids_total: int = 0
    random_state: int | None = None


MAX_POINTS = 500


@dataclass(frozen=True, slots=True)
class Series:
    """Points that a figure is drawn from: a curve over epochs, a binned distribution.

    Parameters
    ----------
    name : str
        Stable snake_case name of the kind of curve (``"history"``, ``"predicted_true"`` …); the
        series of one figure share it.
    label : str
        What this curve is, untrusted text: a column, a split, ``"original"``.
    x, y : tuple of float
        Coordinates of the same length, at most ``MAX_POINTS``.
    group : str, optional
        The group or tier that it is about, as in `Evidence.group`.
    unit : str, optional
        Unit of `y`.

    Raises
    ------
    ValueError
        If the lengths differ, or there are too many points.
    """

    name: str
    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    group: str | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or len(self.x) > MAX_POINTS:
            raise ValueError(f"{self.name}: {len(self.x)} and {len(self.y)} coordinates")
