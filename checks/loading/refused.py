"""LD902: a file was refused because reading it would not be safe."""

from __future__ import annotations

from audit.model.artifacts import LoadProblems, ProblemKind
from audit.model.check import NoParams, Outcome, check
from audit.model.severity import Severity
from checks.loading.judge import judge


@check("LD902", "A file was refused because reading it would not be safe", Severity.WARNING)
def refused(problems: LoadProblems, params: NoParams) -> Outcome:
    """A file was refused because reading it would not be safe.

    What
    ----
    A pickle that names anything but plain data, an array of Python objects, a joblib file, a file
    or archive beyond the size limits, a link that leaves the folder, or something that is no
    regular file.

    Why
    ---
    Reading such a file in the usual way may execute code, read outside the export or exhaust the
    memory of the machine that audits.

    How it is found
    ---------------
    Pickles are read instruction by instruction: names outside a short list of plain data types are
    refused, and the finding says which. Sizes are checked before anything is allocated.

    False alarms
    ------------
    A pickle of harmless objects of your own classes is refused as well: the file alone cannot show
    that they are harmless.

    Remedy
    ------
    Save the data as .npz, .parquet, .csv or .json; or raise the limits in audit.toml.

    References
    ----------
    Python documentation, module pickle: only unpickle data you trust. CWE-502, CWE-409, CWE-59.
    """
    return judge(
        "LD902",
        Severity.WARNING,
        ProblemKind.REFUSED,
        problems,
        "no file had to be refused",
        "The audit never runs code that came with an export; what such a file holds is unknown.",
    )
