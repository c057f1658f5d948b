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
