"""Keep pytest from importing the notebook sources in search of doctests."""

from __future__ import annotations

from pathlib import Path

collect_ignore = [path.name for path in Path(__file__).parent.glob("*.py")]
