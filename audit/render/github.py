"""Reports to workflow commands of GitHub Actions: annotations beside the code of a pull request.

The runner acts on every line of a log that starts with ``::``. Each line here is one command of
ours; whatever the export says stands in it escaped and cannot end it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from audit.model.check import Verdict
from audit.model.finding import Finding
from audit.model.report import Report
from audit.model.severity import Severity
from audit.render.escape import plain
from audit.render.places import beyond_line, ranked, repository_path
from audit.render.summary import unmet
from audit.render.wording import count

MAX_PER_LEVEL = 10  # GitHub shows that many of each level for a step
_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_ACTED_ON = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def to_github(
    reports: Sequence[Report], roots: Sequence[str], failed: Sequence[tuple[str, str]] = ()
) -> str:
    """Write findings as annotations, most severe first.

    Checks that could not be completed come first, as errors. Where there are more than
    ``MAX_PER_LEVEL`` of a level, the last line says how many more the report has.

    Parameters
    ----------
    reports : sequence of Report
        What to write.
    roots : sequence of str
        For each report, the folder of the export relative to the repository.
    failed : sequence of (str, str)
        Name of each export that could not be audited, and why.

    Returns
    -------
    str
        One command a line; empty where there is nothing to say.
    """
    titles = {run.check_id: run.title for report in reports for run in report.runs}
    title = {"title": "An export could not be audited"}
    errors = [_command("error", title, f"{plain(name)}: {plain(why)}") for name, why in failed]
    errors += _incomplete(reports, roots)
    errors += [
        _command(
            "error", {"title": "Required"}, f"{plain(root or report.export_name)}: {plain(text)}"
        )
        for report, root in zip(reports, roots, strict=True)
        for text in unmet(report)
    ]
    lines: dict[str, list[str]] = {"error": errors, "warning": [], "notice": []}
    for root, finding in ranked(reports, roots):
        command = _COMMAND[finding.severity]
        lines[command].append(_annotation(command, root, finding, titles))
    shown = {
        # One notice is kept for the last line.
        command: texts[: MAX_PER_LEVEL - (command == "notice")]
        for command, texts in lines.items()
    }
    rest = sum(map(len, lines.values())) - sum(map(len, shown.values()))
    out = [text for texts in shown.values() for text in texts]
    if rest:
        message = f"{count(rest, 'more finding')} in the report"
        out.append(_command("notice", {"title": "leakage-audit"}, message))
    return "".join(f"{line}\n" for line in out)


def harmless(text: str, colon: str = ": ", mark: str = "## [") -> str:
    r"""Text in a log of which the runner takes no line for a command.

    Parameters
    ----------
    text : str
        Of several lines.
    colon, mark : str
        What to write for a colon that starts a command, and for ``##[``.

    Examples
    --------
    >>> harmless("a::b\n  ::add-mask::x ##[debug]")
    'a::b\n  : :add-mask::x ## [debug]'
    """
    return _ACTED_ON.sub(lambda match: match[1] + colon, text).replace("##[", mark)


def _incomplete(reports: Sequence[Report], roots: Sequence[str]) -> list[str]:
    return [
        _command(
            "error",
            {"title": f"{run.check_id} could not be completed"},
            f"{plain(root or report.export_name)}: {plain(run.reason)}",
        )
        for report, root in zip(reports, roots, strict=True)
        for run in report.runs
        if run.verdict is Verdict.ERROR
    ]


def _annotation(command: str, root: str, finding: Finding, titles: dict[str, str]) -> str:
    place = finding.primary
    properties = {}
    if place.path not in ("", "."):
        path = repository_path(root, place)
        properties["file"] = path if path.isprintable() else plain(path)
        if place.physical_line is not None:
            properties["line"] = str(place.physical_line)
    properties["title"] = plain(f"{finding.check_id} {titles.get(finding.check_id, '')}".strip())
    message = plain(finding.message)
    if inside := beyond_line(place):
        message += f" ({plain(inside)})"
    return _command(command, properties, f"{message}\nFix: {plain(finding.remedy.text)}")


def _command(name: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{key}={_property(text)}" for key, text in properties.items())
    return f"::{name} {written}::{_data(message)}"


def _data(text: str) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("##[", "## [")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
