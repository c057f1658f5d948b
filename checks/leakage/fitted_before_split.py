"""LK102: a statistic is computed from rows that are split afterwards."""

from __future__ import annotations

import ast

from audit.model.artifacts import CodeFacts, DataStep, StepKind
from audit.model.check import NoParams, Outcome, check, failed, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.severity import Confidence, Severity
from checks.leakage.order import (
    Before,
    chain,
    describe,
    locations,
    no_split,
    statement,
    steps_before,
    unread,
)


@check(
    "LK102",
    "A transformer is fitted on rows that are split afterwards",
    Severity.WARNING,
    taxonomy="L1.2",
)
def fitted_before_split(facts: CodeFacts, params: NoParams) -> Outcome:
    """Held-out rows take part in a statistic that the training rows are prepared with.

    What
    ----
    A scaler, an imputer, a vocabulary, a projection, a feature selection, or a mean or quantile
    computed by hand is fitted on rows that are divided into training and held-out rows later.

    Why
    ---
    What is learned from held-out rows is not available for new data. With unsupervised scaling or
    imputation the effect is usually small, hence a warning; where the statistic uses the target
    (feature selection, target encoding) it can make pure noise look predictable, hence an error.

    How it is found
    ---------------
    The code is read, never executed. Fits of transformers, and statistics across rows whose result
    flows back into the same rows, are followed to every split whose parts reach a model. The axis
    decides: a mean per row is harmless. A transformer that is fitted on all rows and then applied
    to the parts counts too.

    False alarms
    ------------
    Encoders of labels, dummies, logarithms and other row-wise steps learn nothing across rows.
    Statistics that are only printed or drawn do not reach the model. A fit on training rows that
    is applied to both sides is right, and so is a pipeline inside a cross-validation, and a refit
    on everything once the evaluation is over. Unknown transformers and branches lower the
    confidence to medium. Where a part of the code could not be analysed and nothing was found in
    the rest, the answer is "review", with what was left out.

    Remedy
    ------
    Split first, fit on the training rows only, and apply the fitted transformer to both sides; or
    put the transformer into a pipeline.

    References
    ----------
    Kapoor and Narayanan (2023), Patterns 4(9): L1.2, pre-processing on training and test set, and
    L1.3, feature selection on training and test set. Ambroise and McLachlan (2002), Selection bias
    in gene extraction, PNAS 99(10).
    """
    nothing = no_split(facts)
    if nothing is not None:
        return nothing
    found = steps_before(facts, StepKind.FIT)
    findings = [_finding(before) for before in found if before.confidence > Confidence.LOW]
    if findings:
        return failed(findings)
    if found:
        places = describe(before.step.location for before in found)
        return review(f"a statistic may be fitted before a split, at {places}; look at these lines")
    if facts.limits:
        return unread(facts)
    looked = describe(split.step.location for split in facts.splits if split.modelled)
    return passed(f"nothing is fitted on the rows before the split at {looked}")


def _finding(found: Before) -> Finding:
    step, split = found.step, found.splits[0].step
    target = " with the target" if step.uses_target else ""
    return Finding(
        check_id="LK102",
        severity=Severity.ERROR if step.uses_target else Severity.WARNING,
        confidence=found.confidence,
        message=f"{step.operation} is fitted{target} on rows that {split.operation} divides "
        "afterwards",
        locations=locations(found, "the rows are divided here, after the fit"),
        evidence=(
            Evidence(
                "steps_before_split",
                1,
                expected=0,
                unit="steps",
                method=chain(found) + (f": {step.detail}" if step.detail else ""),
            ),
            Evidence(
                "uses_target",
                step.uses_target,
                method="whether the fitted statistic depends on the target",
            ),
        ),
        remedy=Remedy(
            "Split first, fit on the training rows only, and apply the result to both sides; in a "
            "cross-validation, put the step into a pipeline.",
            before=f"{statement(step)}\n...\n{statement(split)}",
            after=_corrected(step, split),
        ),
        subject=f"{step.location.path}:{step.variable}:{step.operation}",
        why=(
            "Features chosen with held-out targets look predictive even when they are noise."
            if step.uses_target
            else "The held-out rows helped to prepare the training rows, so they are no longer new."
        ),
    )


def _corrected(step: DataStep, split: DataStep) -> str:
    """The split first, then the fit, in the names of the code as far as they can be told."""
    call = _fit_transform(statement(step))
    parts = _parts(statement(split))
    if call is None or call[0] not in split.sources or len(parts) != 2 * len(split.sources):
        return (
            f"{statement(split)}\n"
            f"# then compute {step.operation} from the training rows only, and apply the result\n"
            "# to both sides"
        )
    result, transformer, source = call
    place = 2 * split.sources.index(result)
    train, held_out = parts[place : place + 2]
    divided = ", ".join(source if name == result else name for name in split.sources)
    made = ""
    if "(" in transformer:  # made on the spot: it needs a name to be used twice
        made, transformer = f"transformer = {transformer}\n", "transformer"
    return (
        f"{', '.join(parts)} = {split.operation}({divided}, ...)\n"
        f"{made}{train} = {transformer}.fit_transform({train})\n"
        f"{held_out} = {transformer}.transform({held_out})"
    )


def _fit_transform(line: str) -> tuple[str, str, str] | None:
    """Result, transformer and source of ``result = transformer.fit_transform(source)``."""
    match _parsed(line):
        case ast.Assign(
            targets=[ast.Name(id=result)],
            value=ast.Call(
                func=ast.Attribute(value=transformer, attr="fit_transform"),
                args=[ast.Name(id=source)],
                keywords=[],
            ),
        ):
            return result, ast.unparse(transformer), source
    return None


def _parts(line: str) -> list[str]:
    """Names on the left of a line that divides rows."""
    match _parsed(line):
        case ast.Assign(targets=[ast.Tuple(elts=names)]):
            return [ast.unparse(name) for name in names]
    return []


def _parsed(line: str) -> ast.stmt | None:
    try:
        body = ast.parse(line).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if len(body) == 1 else None
