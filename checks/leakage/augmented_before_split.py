"""LK101: rows are multiplied, then split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from audit.model.artifacts import CodeFacts, CopyCount, DataStep, Splits, StepKind
from audit.model.check import NoParams, Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.leakage.families import kept_together
from checks.leakage.order import (
    Before,
    chain,
    closed,
    describe,
    locations,
    no_split,
    reorder,
    statement,
    steps_before,
    unread,
)


@check(
    "LK101",
    "Rows are augmented or oversampled before they are split",
    Severity.ERROR,
    taxonomy="L1.4",
)
def augmented_before_split(facts: CodeFacts, splits: Splits | None, params: NoParams) -> Outcome:
    """Copies of one source row can fall on both sides of a split.

    What
    ----
    The code makes several rows of one (augmentation, oversampling, repetition) and divides the
    rows only afterwards, so that copies of the same source row are trained on and scored.

    Why
    ---
    A model that has seen a sibling of a held-out row need not generalise to score well on it. The
    held-out metric then measures memory, and it improves with every further copy.

    How it is found
    ---------------
    The code is read, never executed: the rows are followed through assignments, loops,
    comprehensions, functions and library calls. Rows count as multiplied where a loop appends more
    than once per source row, where an array is put below itself or a row-wise derivative of
    itself, and where a call repeats rows or draws them with replacement. A split is any division
    whose parts reach a model: by a function, by positions, by a cut, by a condition, inside a
    cross-validation. Names play no part.

    False alarms
    ------------
    One row in, one row out (padding, parsing, filtering) is no multiplication; neither is
    under-sampling, nor anything done to one side after the split. Where rows are divided by groups
    (``GroupKFold``, ``GroupShuffleSplit``) or by the values of a column (``df.id.isin(ids)``), the
    answer is "review": a copy that carries the group of its source row stays with it. Where the
    splits have a column that names the source row of each row (``parent_id``) and none is on both
    sides, the answer is "review" as well: the column is a statement of the export. Where a call
    that cannot be followed, or a branch that may not be taken, lies between the copies and the
    split, confidence is medium and the finding does not make the result invalid. Code that writes
    its data to a file and splits it in another file is not followed. Where a part of the code could
    not be analysed and nothing was found in the rest, the answer is "review", with what was left
    out.

    Remedy
    ------
    Split the source rows first, then multiply the training rows only. In cross-validation put the
    sampler into a pipeline, so that it sees the training folds only.

    References
    ----------
    Kapoor and Narayanan (2023), Leakage and the reproducibility crisis in machine-learning-based
    science, Patterns 4(9): L1.4, duplicates across training and test set.
    """
    nothing = no_split(facts)
    if nothing is not None:
        return nothing
    found, together = _apart(steps_before(facts, StepKind.DUPLICATE))
    certain = [before for before in found if before.confidence > Confidence.LOW]
    copies = facts.copies if len(certain) == 1 else ()
    findings = [_finding(before, copies) for before in certain]
    if findings and (apart := kept_together(splits)):
        multiplied = describe(before.step.location for before in certain)
        return review(f"rows are multiplied at {multiplied} before they are divided; {apart}")
    if findings:
        return failed(findings)
    if found:
        places = describe(before.step.location for before in found)
        return review(f"rows may be multiplied before a split, at {places}; look at these lines")
    if together:
        places = describe(before.step.location for before in together)
        how = describe(split.step.location for before in together for split in before.splits)
        return review(
            f"rows are multiplied at {places} before {how} divides them by groups or by the values "
            "of a column; see that a copy has the group of its source row"
        )
    if facts.limits:
        return unread(facts)
    looked = describe(split.step.location for split in facts.splits if split.modelled)
    return passed(f"no rows are multiplied before the split at {looked}")


def _apart(found: list[Before]) -> tuple[list[Before], list[Before]]:
    """Steps before a split that may separate copies, and those that meet other splits only."""
    may_separate, together = [], []
    for before in found:
        splits = tuple(split for split in before.splits if not split.keeps_groups)
        if splits:
            may_separate.append(replace(before, splits=splits))
        else:
            together.append(before)
    return may_separate, together


def _finding(found: Before, copies: tuple[CopyCount, ...]) -> Finding:
    step, split = found.step, found.splits[0].step
    largest = max(copies, key=lambda count: count.copies, default=None)
    made = "rows are multiplied"
    if largest is not None and largest.copies:
        several = "copies of a row are" if largest.copies > 1 else "copy of a row is"
        made = f"up to {largest.copies} {several} made"
    evidence = [
        Evidence(
            "steps_before_split",
            1,
            expected=0,
            unit="steps",
            method=chain(found) + (f": {step.detail}" if step.detail else ""),
        )
    ]
    if largest is not None and largest.copies:
        evidence.append(
            Evidence(
                "copies_in_code",
                largest.copies,
                unit="copies per row",
                method=f"largest number that the code names, at {largest.location}",
            )
        )
    return Finding(
        check_id="LK101",
        severity=Severity.ERROR,
        confidence=found.confidence,
        message=f"{made} ({step.operation}) before {split.operation} divides the rows",
        locations=locations(found, "the rows are divided here, after they were multiplied"),
        evidence=tuple(evidence),
        remedy=_remedy(found),
        subject=f"{step.location.path}:{step.variable}:{step.operation}",
        why="Copies of one source row land on both sides of the split, so the held-out metric "
        "rewards memory of the training rows.",
    )


def _remedy(found: Before) -> Remedy:
    """The source rows are divided, then the same lines multiply the training part only."""
    text = (
        "Split the source rows first; then multiply the training rows only and leave the "
        "held-out rows as they are."
    )
    split = found.splits[0].step
    steps = [step for step in (found.step, *found.also) if _names_its_rows(step)]
    sources = tuple(dict.fromkeys(name for step in steps for name in step.sources))
    if not sources or found.step not in steps:
        return reorder(found, text, "# then, for the training rows only:")
    parts = _parts(sources, split)
    listed = ", ".join(sources)
    lines = dict.fromkeys(step.through for step in steps)
    training = {name: pair[0] for name, pair in zip(sources, parts, strict=True)}
    last = statement(found.step) if len(lines) == 1 else ""
    multiplied = "\n".join(_whole(line, last) for line in lines)
    grown = "\n".join(_whole(_renamed(line, training), _renamed(last, training)) for line in lines)
    if split.operation in ("train_test_split", "validation_split"):
        sides = ", ".join(name for pair in parts for name in pair)
        first = (
            f"{sides} = train_test_split({listed}, ...)\n# then multiply the training part only:"
        )
    elif "split" in split.operation:
        first = (
            f"# divide {listed} first, the way this line does it:\n{statement(split)}\n"
            "# then multiply the training part only:"
        )
    else:
        first = (
            f"# inside every fold of {split.operation}, on its training part only; for a sampler: "
            "as a step of a pipeline:"
        )
    return Remedy(
        text,
        before=f"{multiplied}\n...\n{statement(split)}",
        after=f"{first}\n{grown}",
    )


def _names_its_rows(step: DataStep) -> bool:
    """Whether the line that takes the rows is another one than an append of a single row."""
    is_append = step.operation.startswith(("append in ", "extend in ", "second "))
    return bool(step.sources) and not (is_append and step.through == step.location.text)


def _parts(sources: tuple[str, ...], split: DataStep) -> list[tuple[str, str]]:
    """Names of the training and of the held-out part of each source: those that the code gives
    already, where they are derived from the names of the sources.
    """
    given = [name.strip() for name in split.location.text.partition("=")[0].split(",")]
    pairs = list(zip(given[0::2], given[1::2], strict=False))
    if len(given) == 2 * len(sources) and all(
        name in train and name in held_out
        for name, (train, held_out) in zip(sources, pairs, strict=True)
    ):
        return pairs
    short = [name.rpartition(".")[2] for name in sources]
    return [(f"{name}_train", f"{name}_held_out") for name in short]


def _renamed(line: str, names: Mapping[str, str]) -> str:
    """A line of code with some variables replaced; arguments of that name stay."""
    pattern = "|".join(re.escape(name) for name in names)
    return re.sub(
        rf"(?<![\w.'\"])(?:{pattern})(?![\w'\"]|=[^=])", lambda found: names[found[0]], line
    )


def _whole(line: str, last: str) -> str:
    """A line; where it is the head of a loop, with the line inside that matters."""
    if not line.startswith(("for ", "while ")) or not line.rstrip().endswith(":"):
        return closed(line)
    inside = f"    {last}\n" if last else ""
    return f"{line}\n    ...\n{inside}".rstrip("\n")
