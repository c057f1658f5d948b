"""The styles of `tests.styles`, so that whoever runs all styles runs these too."""

from __future__ import annotations

from pathlib import Path

from tests import styles
from tests.honest.kit import STYLES, Build, Style


def _adapted(build: styles.Builder) -> Build:
    def adapted(root: Path, seed: int, leak: bool = False) -> Path:
        return build(root, seed, leak)

    return adapted


for _name, (_build, _leak) in styles.STYLES.items():
    STYLES[_name] = Style(_adapted(_build), frozenset(_leak))
