"""How bad a finding is, and how sure we are: two separate axes."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How much a finding, if true, harms the reported result.

    ``ERROR`` invalidates the reported metric, ``WARNING`` misleads its reader, ``NOTE`` is
    hygiene or weak evidence. The names are the ones that SARIF calls *level*.
    """

    NOTE = 1
    WARNING = 2
    ERROR = 3


class Confidence(IntEnum):
    """How certain it is that a finding is true; only ``HIGH`` can make a result invalid."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
