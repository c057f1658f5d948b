"""LD901: a file cannot be read."""

from __future__ import annotations

from audit.model.artifacts import LoadProblems, ProblemKind
from audit.model.check import NoParams, Outcome, check
from audit.model.severity import Severity
from checks.loading.judge import judge


@check("LD901", "A file cannot be read", Severity.WARNING)
def unreadable(problems: LoadProblems, params: NoParams) -> Outcome:
    """A file cannot be read.

    What
    ----
    A file of a kind that is audited (notebook, script, table, array, pickle, JSON, Markdown) is
    corrupt, truncated, or not what its suffix says; or the configuration names a file that is not
    there.

    Why
    ---
    An audit that passes over a broken file in silence would report on less than it was given, and
    a missing finding would look like a clean result.

    How it is found
    ---------------
    Every file is parsed in full. What fails to parse is one finding, with the parser's reason; the
    other files are still read. If the file was declared for a role, the checks that need that role
    end in ERROR as well.

    False alarms
    ------------
    Files of another format that happen to carry a known suffix. Rename them, or keep them out of
    the export.

    Remedy
    ------
    Write the file again and check that it opens; or remove it from the export.

    References
    ----------
    Formats: nbformat 4, NumPy NEP 1,
    Apache Parquet, RFC 8259.
    """
    return judge(
        "LD901",
        Severity.WARNING,
        ProblemKind.UNREADABLE,
        problems,
        "every file of a known kind could be read",
        "A file that cannot be read may hold the evidence that decides; it was left out.",
    )
