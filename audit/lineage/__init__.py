"""Static data-flow over notebook and script code, never executing any of it."""

from audit.lineage.facts import code_facts
from checks.kit.cells import parse_cell

__all__ = ["code_facts", "parse_cell"]
