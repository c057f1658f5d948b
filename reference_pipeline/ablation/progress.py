"""How far the study is: a bar on a terminal, a line for each cell elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from reference_pipeline.ablation.store import Result

_SPEED_PERIOD = 900.0  # seconds: cells are slow, and alike


class ConsoleWatcher:
    """Reports to the error stream.

    Parameters
    ----------
    console : rich.console.Console, optional
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stderr, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("elapsed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            speed_estimate_period=_SPEED_PERIOD,
            disable=not self.console.is_terminal,
        )
        self._task = self._bar.add_task("cells", total=None)
        self._total = self._done = self._trained = 0
        self._start = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, total: int, finished: int) -> None:
        """Start with the cells that have a result already."""
        self._total, self._done = total, finished
        self._bar.reset(self._task, total=total, completed=finished)
        if finished:
            self.console.print(f"{finished} of {total} cells have a result in the work folder")

    def preparing(self, seed: int) -> None:
        """Name the seed whose data are made or read."""
        if self._done < self._total:
            self._say(f"seed {seed}: data")

    def finished(self, result: Result) -> None:
        """Count a cell."""
        self._done += 1
        self._trained += 1
        cell = result.cell
        words = f"seed {cell.seed}, {', '.join(cell.levels())}: {result.scores['overall']:.3f}"
        self._bar.advance(self._task)
        left = (time.monotonic() - self._start) / self._trained * (self._total - self._done)
        self._say(words, f"[{self._done}/{self._total}] {words}, about {left / 60:.0f} min left")

    def _say(self, words: str, line: str | None = None) -> None:
        if self.console.is_terminal:
            self._bar.update(self._task, description=words)
        else:
            self.console.print(line or words, markup=False, soft_wrap=True)
