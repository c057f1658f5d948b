"""LD904: several files could have the same role."""

from __future__ import annotations

from audit.model.artifacts import LoadProblems, ProblemKind
from audit.model.check import NoParams, Outcome, check
from audit.model.severity import Severity
from checks.loading.judge import judge


@check("LD904", "Several files could have the same role", Severity.WARNING)
def ambiguous(problems: LoadProblems, params: NoParams) -> Outcome:
    """Several files could have the same role.

    What
    ----
    Two files could both be the training split, the validation split or the test split; or two
    columns could both be the target. Several predictions, histories or source files are common and
    only noted (LD905).

    Why
    ---
    Choosing wrongly would give confident numbers about rows that were never used.

    How it is found
    ---------------
    Roles come from names and shapes. Where two candidates are left, none is taken, and the finding
    names both. Files that differ only in the number of a fold or seed are no candidates against
    each other: the lowest number stands for the others, which are noted.

    False alarms
    ------------
    A backup copy beside the original. Remove it from the export or declare the role.

    Remedy
    ------
    Say which file it is in audit.toml, for example roles.train = "splits/train.csv".

    References
    ----------
    PEP 20: in the face of ambiguity, refuse the temptation to guess.
    """
    return judge(
        "LD904",
        Severity.WARNING,
        ProblemKind.AMBIGUOUS,
        problems,
        "no role had several candidates",
        "The audit does not guess: the role stays empty, and checks that need it could not run.",
    )
