"""LD903: data are there but do not fit together."""

from __future__ import annotations

from audit.model.artifacts import LoadProblems, ProblemKind
from audit.model.check import NoParams, Outcome, check
from audit.model.severity import Severity
from checks.loading.judge import judge


@check("LD903", "Data are there but do not fit together", Severity.WARNING)
def malformed(problems: LoadProblems, params: NoParams) -> Outcome:
    """Data are there but do not fit together.

    What
    ----
    A split with 0 rows, features and target of different length, splits with different columns, a
    declared column that does not exist, metrics that are not finite numbers.

    Why
    ---
    Mismatched files usually come from different runs. Whatever is computed from them describes no
    experiment.

    How it is found
    ---------------
    Roles are settled first; then lengths, columns and values of the files with a role are compared.

    False alarms
    ------------
    Splits that lack a column on purpose, for instance a test set without the target. List such
    columns in columns.ignore.

    Remedy
    ------
    Export features, target and groups of the same rows, with the same columns in every split.

    References
    ----------
    scikit-learn glossary: X and y have the same number of samples.
    """
    return judge(
        "LD903",
        Severity.WARNING,
        ProblemKind.MALFORMED,
        problems,
        "all recognised data fit together",
        "Checks that need these rows or numbers could not run, or ran on a part only.",
    )
