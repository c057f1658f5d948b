"""Who is a duplicate of whom across splits: exact search, and with columns left out."""

from audit.neighbours.search import Progress, kinship

__all__ = ["Progress", "kinship"]
