"""What the interpreter records while it follows the rows, and the facts it makes of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace

from audit.lineage.copies import copy_counts
from audit.lineage.sources import Source, outermost
from audit.lineage.values import Flow, Lookup, Place
from audit.model.artifacts import (
    Cell,
    CodeFacts,
    CopyCount,
    DataStep,
    SourceFile,
    SplitFact,
    StepKind,
)
from audit.model.severity import Confidence

_CHANGES = (StepKind.DUPLICATE, StepKind.FIT)


@dataclass(slots=True, eq=False)
class StepRecord:
    """A step, and the rows that it was computed from."""

    kind: StepKind
    place: Place
    operation: str
    variable: str
    detail: str = ""
    confidence: Confidence = Confidence.HIGH
    uses_target: bool = False
    roots: frozenset[int] = frozenset()
    parts: frozenset[tuple[int, int]] = frozenset()
    columns: tuple[str, ...] = ()
    lookup: Lookup | None = None
    keeps_original: bool = False
    branches: frozenset[tuple[int, int]] = frozenset()
    way: tuple[Source, ...] = ()
    used: bool = False
    loop: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """A statistic across rows that has not been used on rows yet."""

    place: Place
    operation: str
    flow: Flow
    uses_target: bool
    columns: tuple[str, ...]


@dataclass(slots=True, eq=False)
class SplitRecord:
    """A division of rows.

    Parameters
    ----------
    step : int
        Its step.
    certain : bool
        Certainly meant as a split; otherwise (a pair of slices, a condition and its opposite)
        one side has to be trained on and the other one scored.
    of_positions : bool
        A cut through positions; where both sides pick rows it is hardly anything but a split.
    keeps_groups : bool
        Rows with the same value of some column, or of the same group, go to the same side.
    inputs : list
        Step, certainty and parts of the rows that were divided, for each step they had behind
        them.
    divided : set
        Parts of earlier splits that the divided rows belong to.
    """

    step: int
    certain: bool
    of_positions: bool = False
    keeps_groups: bool = False
    sides: set[int] = field(default_factory=set)
    inputs: list[tuple[int, bool, frozenset[tuple[int, int]]]] = field(default_factory=list)
    trained: set[int] = field(default_factory=set)
    scored: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    picked: set[int] = field(default_factory=set)
    divided: set[frozenset[tuple[int, int]]] = field(default_factory=set)

    def within(self, split: int) -> set[int] | None:
        """Sides of another split that the divided rows lie on; `None` where they lie on any."""
        sides = [{side for number, side in parts if number == split} for parts in self.divided]
        return set().union(*sides) if sides and all(sides) else None


class Trace:
    """Steps, statistics and splits of one file."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self.steps: list[StepRecord] = []
        self.statistics: list[Statistic] = []
        self.splits: list[SplitRecord] = []
        self.target_columns: set[str] = set()
        self.cutting_loops: set[int] = set()
        self.way: list[Source] = []
        self.branches: frozenset[tuple[int, int]] = frozenset()
        self.cap = Confidence.HIGH
        self._step_ids: dict[Hashable, int] = {}
        self._split_ids: dict[Hashable, int] = {}

    @property
    def size(self) -> int:
        """How much was recorded."""
        return len(self.steps) + len(self.statistics) + len(self.splits)

    def name_of(self, cell: Cell) -> str:
        """The file, and the cell of a notebook."""
        path = self._file.path
        return f"{path} cell {cell.index}" if self._file.is_notebook else path

    def step(self, record: StepRecord, key: Hashable = None) -> int:
        """Record a step once per place (or `key`), and return its number."""
        line = (record.kind, id(record.place.cell), record.place.line, record.operation)
        identity = (key or line, record.parts)
        if identity in self._step_ids:
            known = self.steps[self._step_ids[identity]]
            known.uses_target |= record.uses_target
            known.roots |= record.roots
            return self._step_ids[identity]
        record.branches = self.branches
        record.way = (*self.way, *record.way)
        record.confidence = min(record.confidence, self.cap)
        self.steps.append(record)
        self._step_ids[identity] = len(self.steps) - 1
        return len(self.steps) - 1

    def statistic(self, statistic: Statistic) -> int:
        """Remember a statistic; it becomes a step when it flows back into its rows."""
        self.statistics.append(statistic)
        return len(self.statistics) - 1

    def apply(self, step: int, flow: Flow, *, certain: bool = True) -> Flow:
        """Return the flow of rows that the result of a step has reached.

        Where these rows are one side of a split already, but the step saw both sides, the step
        counts as done before that split.
        """
        record = self.steps[step]
        certain = certain and record.branches <= self.branches
        if record.kind in _CHANGES and record.roots & flow.roots:
            for split, _ in flow.parts:
                if _saw_both_sides(record, split, flow, self.splits[split]):
                    self.splits[split].inputs.append((step, certain, flow.parts))
        steps = dict(flow.steps)
        steps[step] = steps.get(step, False) or certain
        return replace(flow, steps=steps)

    def use_statistics(self, rows: Flow, stats: Iterable[int], variable: str) -> Flow:
        """Return the flow of `rows` after statistics of the same rows went into them."""
        flow = replace(rows, stats=frozenset())
        for number in sorted(stats):
            statistic = self.statistics[number]
            if not statistic.flow.roots & rows.roots:
                continue
            record = StepRecord(
                StepKind.FIT,
                statistic.place,
                statistic.operation,
                variable,
                detail="a statistic across rows that goes back into the rows",
                uses_target=statistic.uses_target,
                roots=statistic.flow.roots,
                parts=statistic.flow.parts,
                columns=statistic.columns,
            )
            key = (StepKind.FIT, "statistic", id(statistic.place.cell), statistic.place.line)
            flow = self.apply(self.step(record, key), flow)
        return flow

    def split(
        self,
        place: Place,
        operation: str,
        variable: str,
        *,
        certain: bool = True,
        key: Hashable = None,
        detail: str = "",
        confidence: Confidence = Confidence.HIGH,
        source: Source | None = None,
    ) -> int:
        """Record a split once per place (or `key`), and return its number."""
        identity = key or (id(place.cell), place.line, operation)
        if identity not in self._split_ids:
            record = StepRecord(StepKind.SPLIT, place, operation, variable, detail, confidence)
            record.way = () if source is None else (source,)
            self.splits.append(SplitRecord(self.step(record, ("split", identity)), certain))
            self._split_ids[identity] = len(self.splits) - 1
        return self._split_ids[identity]

    def is_split(self, key: Hashable) -> bool:
        """Whether a split with this key is known."""
        return key in self._split_ids

    def cuts(self, rows: Hashable) -> list[tuple[float, int]]:
        """Positions at which rows were cut, and the split of each cut."""
        return [
            (key[2], split)
            for key, split in self._split_ids.items()
            if isinstance(key, tuple) and len(key) == 3 and key[:2] == (rows, "cut")
            if isinstance(key[2], int | float)
        ]

    def divide(self, flow: Flow, split: int, side: int) -> Flow:
        """Return the flow of one side of the rows, and note what they went through before."""
        record = self.splits[split]
        record.sides.add(side)
        if flow.roots:
            record.picked.add(side)
        if (split, side) in flow.parts:
            return flow
        if flow.roots:
            record.divided.add(frozenset(part for part in flow.parts if part[0] != split))
        for step, certain in flow.steps.items():
            known = self.steps[step]
            if known.kind in _CHANGES and _saw_both_sides(known, split, flow, record):
                certain = certain and known.branches <= self.branches
                record.inputs.append((step, certain, flow.parts))
        return replace(flow, parts=flow.parts | {(split, side)})

    def train(self, flow: Flow) -> None:
        """Rows with this flow reach a model's fit."""
        for split, side in flow.parts:
            self.splits[split].trained.add(side)
        for step in flow.steps:
            self.steps[step].used = True

    def score(self, flow: Flow) -> None:
        """Rows with this flow are predicted or scored."""
        for split, side in flow.parts:
            self.splits[split].scored.add(side)

    def leave(self, flow: Flow) -> None:
        """Rows with this flow are saved or returned to an unknown caller."""
        for step in flow.steps:
            self.steps[step].used = True
        for split, side in flow.parts:
            self.splits[split].left.add(side)

    def finish(self) -> CodeFacts:
        """Facts of this file, in the order of execution."""
        for record in self.steps:
            if self.target_columns.intersection(record.columns):
                record.uses_target = True
            if record.loop in self.cutting_loops:
                record.used = False
        modelled = [self._is_modelled(record) for record in self.splits]
        facts = []
        wanted = {
            number for number, record in enumerate(self.steps) if record.kind not in _CHANGES
        } - {record.step for record in self.splits}
        for split, used in zip(self.splits, modelled, strict=True):
            if used is None:
                continue
            upstream = self._upstream(split, modelled)
            wanted |= {split.step, *upstream}
            step = self._data_step(split.step)
            if not isinstance(used, bool):
                step = replace(step, confidence=min(step.confidence, used))
            facts.append(
                (
                    split.step,
                    SplitFact(
                        step,
                        _unique(
                            self._data_step(number, certain, split.step)
                            for number, certain in sorted(upstream.items())
                        ),
                        modelled=used is not False,
                        keeps_groups=split.keeps_groups,
                    ),
                )
            )
        wanted |= {number for number, record in enumerate(self.steps) if record.used}
        facts.sort(key=lambda pair: pair[0])
        return CodeFacts(
            steps=_unique(self._data_step(number) for number in sorted(wanted)),
            splits=tuple(fact for _, fact in facts),
            copies=self._copies(wanted),
        )

    def _copies(self, wanted: set[int]) -> tuple[CopyCount, ...]:
        records = [self.steps[number] for number in sorted(wanted)]
        return copy_counts(
            (record.lookup, record.keeps_original, self._file)
            for record in records
            if record.kind is StepKind.DUPLICATE and record.lookup is not None
        )

    def _is_modelled(self, split: SplitRecord) -> Confidence | bool | None:
        """Confidence that a part is modelled; False if none is; None if it is no split."""
        if split.certain:
            if split.trained or split.scored:
                return Confidence.HIGH
            return Confidence.MEDIUM if split.left else False
        if len(split.sides) < 2:
            return None
        if split.trained and split.scored - split.trained:
            return Confidence.HIGH
        return Confidence.MEDIUM if split.of_positions and len(split.picked) > 1 else None

    def _upstream(
        self, split: SplitRecord, modelled: list[Confidence | bool | None]
    ) -> dict[int, bool]:
        """Steps before the split; those inside one part of an outer, scored split are left out:
        the outer held-out rows never saw them.
        """
        upstream: dict[int, bool] = {}
        for step, certain, parts in split.inputs:
            outer = {
                number
                for number, _ in self.steps[step].parts & parts
                if self.splits[number] is not split
                and modelled[number] not in (None, False)
                and len(self.splits[number].trained | self.splits[number].scored) > 1
            }
            if not outer and self.steps[step].loop not in self.cutting_loops:
                upstream[step] = upstream.get(step, False) or certain
        return upstream

    def _data_step(self, number: int, certain: bool = True, split: int | None = None) -> DataStep:
        record = self.steps[number]
        source = record.way[-1] if record.kind is StepKind.SPLIT and record.way else None
        if split is not None and record.kind is StepKind.DUPLICATE:
            source = outermost(record.way, self.steps[split].way)
        confidence = record.confidence
        if not certain:
            confidence = min(confidence, Confidence.MEDIUM)
        return DataStep(
            kind=record.kind,
            location=self._file.location(record.place.cell, record.place.line),
            operation=record.operation,
            variable=record.variable,
            detail=record.detail,
            confidence=confidence,
            uses_target=record.uses_target,
            sources=source.names if source is not None else (),
            through=self._line(source.place) if source is not None else "",
        )

    def _line(self, place: Place) -> str:
        return self._file.location(place.cell, place.line).text


def _saw_both_sides(record: StepRecord, split: int, flow: Flow, division: SplitRecord) -> bool:
    """Whether a step was computed from rows of both sides of a split of these rows.

    It was not where it was restricted to one side, or to other rows altogether. Rows of several
    parts may be together again in `flow`, those that were never divided by this split too.
    """
    for other in {number for number, _ in record.parts}:
        if other == split:
            return False
        own = {side for number, side in record.parts if number == other}
        theirs = {side for number, side in flow.parts if number == other}
        within = division.within(other)
        if within is not None:
            theirs = theirs & within or within
        if theirs and not own & theirs:
            return False
    return True


def _unique(steps: Iterable[DataStep]) -> tuple[DataStep, ...]:
    """Steps by place and operation; of several passes over one line the most certain."""
    kept: dict[Hashable, DataStep] = {}
    for step in steps:
        key = (step.kind, step.location, step.operation)
        if key not in kept or kept[key].confidence < step.confidence:
            kept[key] = step
    return tuple(kept.values())
