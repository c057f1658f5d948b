"""What LK101 and LK102 share: steps that stand before a split that is modelled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from audit.model.artifacts import CodeFacts, DataStep, SplitFact, StepKind
from audit.model.check import Outcome, not_applicable, review
from audit.model.finding import Remedy
from audit.model.location import Location, Role
from audit.model.severity import Confidence

_NEAR_LINES = 2


@dataclass(frozen=True, slots=True)
class Before:
    """A step, and the splits that come after it.

    Parameters
    ----------
    step : DataStep
        The step.
    splits : tuple of SplitFact
        Modelled splits whose rows the step had reached, in the order of execution.
    confidence : Confidence
        Of the most certain chain from the step to one of the splits.
    also : tuple of DataStep
        The same done to another array in the lines around: features and target, mean and
        standard deviation.
    """

    step: DataStep
    splits: tuple[SplitFact, ...]
    confidence: Confidence
    also: tuple[DataStep, ...] = ()


def steps_before(facts: CodeFacts, kind: StepKind) -> list[Before]:
    """Steps of one kind before modelled splits, one entry per step."""
    found: dict[tuple[Location, str], Before] = {}
    for split in facts.splits:
        if not split.modelled:
            continue
        for step in split.upstream:
            if step.kind is not kind:
                continue
            confidence = min(step.confidence, split.step.confidence)
            key = (step.location, step.operation)
            known = found.get(key)
            if known is None:
                found[key] = Before(step, (split,), confidence)
            else:
                found[key] = Before(
                    known.step, (*known.splits, split), max(known.confidence, confidence)
                )
    return _together(list(found.values()))


def _together(found: list[Before]) -> list[Before]:
    """Put together what one reader would call one step."""
    merged: list[Before] = []
    for before in found:
        last = merged[-1] if merged else None
        if last is not None and _is_same(last, before):
            confidence = max(last.confidence, before.confidence)
            also = (*last.also, before.step)
            merged[-1] = replace(last, also=also, confidence=confidence)
        else:
            merged.append(before)
    return merged


def _is_same(first: Before, second: Before) -> bool:
    a, b = (first.also or (first.step,))[-1], second.step
    near = (
        a.location.path == b.location.path
        and a.location.cell == b.location.cell
        and abs((a.location.line or 0) - (b.location.line or 0)) <= _NEAR_LINES
    )
    statistics = a.operation.startswith(".") and b.operation.startswith(".")
    copies = a.kind is b.kind is StepKind.DUPLICATE
    same = copies or statistics or a.operation == b.operation
    return near and first.splits == second.splits and same


def no_split(facts: CodeFacts) -> Outcome | None:
    """The outcome where there is nothing to look at."""
    if facts.limits and not any(split.modelled for split in facts.splits):
        return unread(facts)
    if not facts.splits:
        return not_applicable(
            "no split was found in the code; it may be made elsewhere, or in a way that could not "
            "be followed"
        )
    if not any(split.modelled for split in facts.splits):
        places = describe(split.step.location for split in facts.splits)
        return not_applicable(f"the rows that are split at {places} were not seen to reach a model")
    return None


def unread(facts: CodeFacts, limit: int = 3) -> Outcome:
    """The outcome where nothing was found, but some of the code was not analysed."""
    more = f" and {len(facts.limits) - limit} more" if len(facts.limits) > limit else ""
    what = "; ".join(facts.limits[:limit]) + more
    return review(f"nothing was found, but not all code was analysed: {what}")


def describe(places: Iterable[Location], limit: int = 3) -> str:
    """Some places, in words."""
    names = list(dict.fromkeys(str(place) for place in places))
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def locations(found: Before, note: str) -> tuple[Location, ...]:
    """The step first, then the splits."""
    return (
        found.step.location,
        *(
            replace(step.location, role=Role.RELATED, note="the same happens here")
            for step in found.also
        ),
        *(
            replace(split.step.location, role=Role.RELATED, note=note)
            for split in dict.fromkeys(found.splits)
        ),
    )


def chain(found: Before) -> str:
    """The order that was found, for a reader to check."""
    split = found.splits[0].step
    return (
        f"{found.step.operation} at {found.step.location} comes before "
        f"{split.operation} at {split.location}"
    )


def reorder(found: Before, text: str, after_split: str) -> Remedy:
    """A remedy that puts the split first, in the names of the code."""
    split = found.splits[0].step
    step_line = statement(found.step)
    split_line = statement(split)
    if step_line == split_line:
        return Remedy(text, before=step_line)
    return Remedy(
        text,
        before=f"{step_line}\n...\n{split_line}",
        after=f"{split_line}\n...\n{after_split}\n{step_line}",
    )


def statement(step: DataStep) -> str:
    """The source line of a step, closed where it goes on in the next line."""
    return closed(step.location.text)


def closed(text: str) -> str:
    """A line of code without its comment, closed where it goes on in the next line."""
    line = text.split("  #")[0].rstrip()
    missing = line.count("(") - line.count(")")
    return line + "..." + ")" * missing if missing > 0 else line
