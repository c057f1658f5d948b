"""LK101: rows are multiplied, then split."""

from __future__ import annotations

from audit.model.artifacts import CodeFacts, CopyCount, StepKind
from audit.model.check import NoParams, Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding
from audit.model.severity import Confidence, Severity
from checks.leakage.order import (
    Before,
    chain,
    describe,
    locations,
    no_split,
    reorder,
    steps_before,
    unread,
)


@check(
    "LK101",
    "Rows are augmented or oversampled before they are split",
    Severity.ERROR,
    taxonomy="L1.4",
)
def augmented_before_split(facts: CodeFacts, params: NoParams) -> Outcome:
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
    under-sampling, nor anything done to one side after the split. Where a call that cannot be
    followed, or a branch that may not be taken, lies between the copies and the split, confidence
    is medium and the finding does not make the result invalid. Code that writes its data to a file
    and splits it in another file is not followed.

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
    found = steps_before(facts, StepKind.DUPLICATE)
    findings = [
        _finding(before, facts.copies) for before in found if before.confidence > Confidence.LOW
    ]
    if findings:
        return failed(findings)
    if found:
        places = describe(before.step.location for before in found)
        return review(f"rows may be multiplied before a split, at {places}; look at these lines")
    if facts.limits:
        return unread(facts)
    looked = describe(split.step.location for split in facts.splits if split.modelled)
    return passed(f"no rows are multiplied before the split at {looked}")


def _finding(found: Before, copies: tuple[CopyCount, ...]) -> Finding:
    step, split = found.step, found.splits[0].step
    largest = max(copies, key=lambda count: count.copies, default=None)
    number = f", up to {largest.copies} copies of a row" if largest and largest.copies else ""
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
    what = f"{step.operation} ({step.variable})" if step.variable else step.operation
    return Finding(
        check_id="LK101",
        severity=Severity.ERROR,
        confidence=found.confidence,
        message=f"{what} multiplies rows{number}, and {split.operation} divides them afterwards",
        locations=locations(found, "the rows are divided here, after they were multiplied"),
        evidence=tuple(evidence),
        remedy=reorder(
            found,
            "Split the source rows first; then multiply the training rows only and leave the "
            "held-out rows as they are.",
            "# then, for the training rows only:",
        ),
        subject=f"{step.location.path}:{step.variable}:{step.operation}",
        why="Copies of one source row land on both sides of the split, so the held-out metric "
        "rewards memory of the training rows.",
    )
