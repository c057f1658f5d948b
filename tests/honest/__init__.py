"""Honest exports in many people's styles, made by running their own code.

Importing the package registers every style in `STYLES`.
"""

from __future__ import annotations

from tests.honest import (
    augmentation,
    classification,
    company,
    copies,
    deep,
    earlier,
    histories,
    languages,
    networks,
    oracles,
    papers,
    regression,
    reports,
    repositories,
    sequences,
    tables,
)
from tests.honest.kit import STYLES, Style

__all__ = [
    "STYLES",
    "Style",
    "augmentation",
    "classification",
    "company",
    "copies",
    "deep",
    "earlier",
    "histories",
    "languages",
    "networks",
    "oracles",
    "papers",
    "regression",
    "reports",
    "repositories",
    "sequences",
    "tables",
]
