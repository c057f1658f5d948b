"""Static data-flow over notebook and script code, never executing any of it."""

from audit.lineage.facts import code_facts

__all__ = ["code_facts"]
