"""LD905: a part of the export was passed over."""

from __future__ import annotations

from audit.model.artifacts import LoadProblems, ProblemKind
from audit.model.check import NoParams, Outcome, check
from audit.model.severity import Severity
from checks.loading.judge import judge


@check("LD905", "A part of the export was passed over", Severity.NOTE)
def skipped(problems: LoadProblems, params: NoParams) -> Outcome:
    """A part of the export was passed over.

    What
    ----
    A cell whose code does not parse, code in another language than Python, a notebook without code,
    splits without a recognisable target, a metrics file without a known metric, the other folds or
    seeds of an experiment that was run several times, several predictions or histories.

    Why
    ---
    Not looking is not the same as not finding. This note says where the audit did not look.

    How it is found
    ---------------
    Every cell is parsed, IPython magics left out; every role that could not be filled although a
    file for it is there is noted.

    False alarms
    ------------
    Cells that were never meant to run, such as sketches. They can stay: this is a note.

    Remedy
    ------
    Correct the cell, or say in audit.toml what the audit could not recognise by itself.

    References
    ----------
    Python Language Reference, full grammar; IPython magics.
    """
    return judge(
        "LD905",
        Severity.NOTE,
        ProblemKind.SKIPPED,
        problems,
        "nothing was passed over",
        "What was passed over was not checked; that it is not mentioned elsewhere proves nothing.",
    )
