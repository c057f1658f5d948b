"""CL503: settings, cells and files that documents and comments state, against what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from audit.model.artifacts import Code, Documents, FileList
from audit.model.check import Outcome, check, failed, not_applicable, passed, review
from audit.model.evidence import Evidence
from audit.model.finding import Finding, Remedy
from audit.model.location import Role
from audit.model.severity import Confidence, Severity
from checks.claims.judged import CONSISTENT, UNKNOWN, WRONG, worst_first
from checks.claims.named_cells import CellClaim, cell_claims
from checks.claims.named_files import (
    MAX_LOOKED_UP,
    NamedFile,
    is_there,
    is_usual,
    named_files,
    near_name,
)
from checks.claims.settings_in_code import Fixed, Settings, settings_of
from checks.claims.settings_in_text import (
    StatedSetting,
    settings_in_comments,
    settings_in_document,
)
from checks.kit.intervals import Interval

_RATE = "learning rate"
# a learning rate of boosting is not that of a network beside it
_FAMILIES = {
    "boosting": re.compile(r"boost|xgb|lgbm|lightgbm|catboost|gbm|gbdt", re.IGNORECASE),
    "forest": re.compile(r"forest|extra-?\s?trees", re.IGNORECASE),
    "network": re.compile(r"\b(?:network|neural|nn|mlp|cnn|lstm|transformer)s?\b", re.IGNORECASE),
}
_ADDED = re.compile(
    r"\b(?:add\w*|cop(?:y|ies)|augment\w*|jitter\w*|inject\w*|gets?|perturb\w*)\b", re.I
)
_STOPS_EARLY = ("EarlyStopping", "early_stopping", "early_stopping_rounds", "patience", "max_iter")


@dataclass(frozen=True, slots=True)
class Params:
    """Bounds on what is listed.

    Parameters
    ----------
    max_claims : int
        Checked claims listed in the report.
    """

    max_claims: int = 50


@check("CL503", "A document and the code disagree", Severity.WARNING, params=Params)
def document_against_code(
    documents: Documents | None, code: Code | None, files: FileList | None, params: Params
) -> Outcome:
    """Compare what documents and comments say of the code with the code itself.

    What
    ----
    Settings that a sentence, a table of settings or a comment states (learning rate, batch size,
    epochs, held-out share, seed, folds, dropout, weight decay, momentum, label smoothing, patience,
    hidden size, noise, depth, layer widths)
    against the literal in the code; cell numbers beside a name in code marks; files in code
    marks or links. Numbers of copies are AU301's.

    Why
    ---
    Who repeats an experiment from its description repeats another one if the two disagree.

    How it is found
    ---------------
    A setting in the code is a number that is assigned to a name, passed as a keyword or a
    default. It is compared only if the code has one value for it, and none that is computed. A
    percentage may be a share in the code, and "85/15" either side of a split. A cell number is
    wrong only if the name is in none of the cells that it can mean, counted from 0 or 1, over all
    cells or code cells, or by execution count. A file that is not there is a note, as exports
    are often partial, unless a file of nearly that name is there and no document mentions it.

    False alarms
    ------------
    Silent by design: plans, history, other runs, ranges, searches, defaults; settings with
    several values; epochs where training may stop early; files that the text says are made,
    fetched or left out. A description of another model in the same repository can look wrong.

    Remedy
    ------
    Correct the text, or write it from the same constants that the code uses.

    References
    ----------
    Pineau et al. (2021), Improving reproducibility in machine learning research. Mitchell et al.
    (2019), Model cards for model reporting.
    """
    findings: list[Finding] = []
    claims: list[Evidence] = []
    if code is not None:
        settings = settings_of(code)
        judged = [(stated, *_judge(stated, settings)) for stated in _stated(documents, code)]
        for stated, claim, finding in judged:
            if finding is not None and _several(stated, judged):
                reason = "the text states several values"
                claim, finding = _claim(stated, UNKNOWN, reason), None
            claims.append(claim)
            findings += [finding] if finding is not None else []
        for cell in cell_claims(documents.items if documents is not None else (), code):
            claims.append(_cell_claim(cell))
            findings += [_wrong_cell(cell)] if not cell.fits else []
    if documents is not None and files is not None:
        found, listed = _missing(documents, files)
        findings += found
        claims += listed
    findings = _once(findings)
    listed_claims = worst_first(claims, params.max_claims)
    if findings:
        return failed(findings, listed_claims)
    if any(each.expected == CONSISTENT for each in claims):
        return passed(f"{len(claims)} statements about code and files looked at", listed_claims)
    if claims:
        return review("settings are stated, and the code does not fix them", listed_claims)
    return not_applicable("nothing is stated about settings, cells or files of the experiment")


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """One finding for each subject; a repeated statement adds nothing."""
    return list({finding.subject: finding for finding in reversed(findings)}.values())[::-1]


# --- settings --------------------------------------------------------------------------------


def _stated(documents: Documents | None, code: Code) -> Iterator[StatedSetting]:
    for document in documents.items if documents is not None else ():
        yield from settings_in_document(document)
    yield from settings_in_comments(code)


def _judge(stated: StatedSetting, settings: Settings) -> tuple[Evidence, Finding | None]:
    if stated.setting == "layer widths":
        return _judge_widths(stated, settings)
    fixed = settings.fixed.get(stated.setting, [])
    right = next((each for each in fixed if _fits(stated, each.value)), None)
    if right is not None:
        return _claim(stated, CONSISTENT, f"{right.value:g} at {right.location}"), None
    if not fixed:
        return _claim(stated, UNKNOWN, "the code does not fix it by a literal"), None
    doubt = _doubt(stated, fixed, settings)
    if doubt:
        return _claim(stated, UNKNOWN, doubt), None
    there = fixed[0]
    method = f"{there.value:g} at {there.location}"
    return _claim(stated, WRONG, method), _wrong_setting(stated, there)


def _several(
    stated: StatedSetting, judged: Sequence[tuple[StatedSetting, Evidence, Finding | None]]
) -> bool:
    """Whether the same file also states another value, of another model perhaps."""
    return any(
        other.setting == stated.setting
        and other.location.path == stated.location.path
        and (other.meanings, other.widths) != (stated.meanings, stated.widths)
        for other, _, _ in judged
    )


def _fits(stated: StatedSetting, value: float) -> bool:
    point = Interval.around(value, 0.0)
    if any(meaning.overlaps(point) for meaning in stated.meanings):
        return True
    if stated.setting != "test size" or not 0 < value < 1:
        return False
    other = Interval.around(1 - value, 1e-9)
    return any(meaning.overlaps(other) for meaning in stated.meanings)


def _doubt(stated: StatedSetting, fixed: Sequence[Fixed], settings: Settings) -> str:
    """Why a difference proves nothing; empty where it does."""
    if len({each.value for each in fixed}) > 1:
        return "the code has several values"
    if stated.setting in settings.open:
        return "the code also computes it"
    value = fixed[0].value
    families = [_families(text) for text in (stated.context, " ".join(e.called for e in fixed))]
    if families[1] and not families[0] & families[1] and (families[0] or stated.setting == _RATE):
        return "the code gives it to another kind of model"
    if stated.setting == "random seed" and re.search(r"\bseeds\b", stated.context, re.IGNORECASE):
        return "the text speaks of several seeds"
    if stated.setting == "noise scale" and stated.context and not _ADDED.search(stated.context):
        return "the text may speak of noise that the data have"
    if stated.setting == "epochs":
        stops = any(word in settings.words for word in _STOPS_EARLY)
        if stops and any(meaning.low <= value for meaning in stated.meanings):
            return "training may stop early"
    if stated.setting == "test size":
        if value >= 1:
            return "the code gives a number of rows"
        if settings.calls.get("train_test_split", 0) > 1:
            return "the code splits more than once"
    return ""


def _judge_widths(stated: StatedSetting, settings: Settings) -> tuple[Evidence, Finding | None]:
    chains = settings.widths
    if any(_contains(chain, stated.widths) for chain, _ in chains):
        return _claim(stated, CONSISTENT, "layers of the code"), None
    # another chain with as many layers that starts or ends alike is the one that is meant
    near = [
        (chain, place)
        for chain, place in chains
        if len(stated.widths) >= 3
        and 0 <= len(chain) - len(stated.widths) <= 1
        and sum(a == b for a, b in zip(chain, stated.widths, strict=False)) >= 2
    ]
    if len(chains) != 1 or len(near) != 1:
        return _claim(stated, UNKNOWN, "no such layers could be read from the code"), None
    ((chain, place),) = near
    text = " → ".join(map(str, chain))
    finding = _finding(
        stated,
        f'the text says "{stated.quoted}", the layers of the code are {text}',
        Evidence("stated_setting", stated.quoted, expected=text, method=f"layers at {place}"),
        Fixed(0.0, place),
    )
    return _claim(stated, WRONG, f"{text} at {place}"), finding


def _contains(chain: Sequence[int], part: Sequence[int]) -> bool:
    width = len(part)
    return any(tuple(chain[i : i + width]) == tuple(part) for i in range(len(chain) - width + 1))


def _claim(stated: StatedSetting, verdict: str, method: str) -> Evidence:
    text = f"{stated.setting}: {stated.quoted}"
    return Evidence("claim", text, verdict, unit=str(stated.location), method=method)


def _wrong_setting(stated: StatedSetting, there: Fixed) -> Finding:
    first = stated.meanings[0]
    return _finding(
        stated,
        f'the text says "{stated.quoted}", the code has {there.value:g} ({stated.setting})',
        Evidence(
            "stated_setting",
            (first.low + first.high) / 2,
            expected=there.value,
            method=f"{there.value:g} at {there.location}, the only value in the code",
            group=stated.setting,
        ),
        there,
    )


def _finding(stated: StatedSetting, message: str, evidence: Evidence, there: Fixed) -> Finding:
    return Finding(
        check_id="CL503",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=message,
        locations=(
            stated.location,
            replace(there.location, role=Role.RELATED, note="the value in the code"),
        ),
        evidence=(evidence,),
        remedy=Remedy("Make text and code agree, or say which run the text describes."),
        subject=f"{stated.location.path} | setting {stated.setting}",
        why="Who repeats the experiment from its description repeats another one.",
    )


def _families(text: str) -> set[str]:
    return {name for name, pattern in _FAMILIES.items() if pattern.search(text)}


# --- cells -----------------------------------------------------------------------------------


def _cell_claim(cell: CellClaim) -> Evidence:
    verdict = CONSISTENT if cell.fits else WRONG
    method = f"counting {cell.fits[0]}" if cell.fits else f"it is in {_cells(cell)}"
    return Evidence("claim", cell.quoted, verdict, unit=str(cell.location), method=method)


def _cells(cell: CellClaim) -> str:
    return f"cell {', '.join(map(str, cell.actual[:5]))} of {cell.file}, all cells counted from 0"


def _wrong_cell(cell: CellClaim) -> Finding:
    return Finding(
        check_id="CL503",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{cell.name} is not in cell {cell.first}, however cells are counted: it is in "
        f"{_cells(cell)}",
        locations=(cell.location,),
        evidence=(
            Evidence(
                "stated_cell",
                cell.first,
                expected=cell.actual[0],
                method="counted from 0 and 1, over all cells, code cells and execution counts",
                group=cell.name,
            ),
        ),
        remedy=Remedy("Correct the cell number, or name the heading above the cell."),
        subject=f"{cell.location.path} | cell of {cell.name}",
        why="A reader who looks there finds something else.",
    )


# --- files -----------------------------------------------------------------------------------


def _missing(documents: Documents, files: FileList) -> tuple[list[Finding], list[Evidence]]:
    findings: list[Finding] = []
    claims: list[Evidence] = []
    absent: list[NamedFile] = []
    looked_up = 0
    named = named_files(documents.items)
    mentioned = "\n".join(document.text for document in documents.items)
    for each in named:
        place = str(each.location)
        if is_there(each.path, files.paths, each.location.path.rpartition("/")[0]):
            claims.append(Evidence("claim", each.path, CONSISTENT, unit=place, method="it exists"))
        elif not each.elsewhere and not is_usual(each.path):
            looked_up += 1
            near = near_name(each.path, files.paths) if looked_up <= MAX_LOOKED_UP else None
            if near is not None and near.rpartition("/")[2] not in mentioned:
                claims.append(
                    Evidence("claim", each.path, WRONG, unit=place, method=f"there is {near}")
                )
                findings.append(_misnamed(each, near))
            else:
                absent.append(each)
    if absent:
        findings.append(_absent(absent))
        claims += [
            Evidence(
                "claim", each.path, UNKNOWN, unit=str(each.location), method="not in the export"
            )
            for each in absent
        ]
    return findings, claims


def _misnamed(named: NamedFile, near: str) -> Finding:
    return Finding(
        check_id="CL503",
        severity=Severity.WARNING,
        confidence=Confidence.LOW,
        message=f"the text names {named.path}, which is not in the export; there is {near}",
        locations=(named.location,),
        evidence=(
            Evidence("named_file", named.path, expected=near, method="the nearest name there is"),
        ),
        remedy=Remedy("Name the file that the results come from."),
        subject=f"{named.location.path} | file {named.path}",
        why="It is open which of the two versions made the results.",
    )


def _absent(absent: Sequence[NamedFile]) -> Finding:
    names = ", ".join(each.path for each in absent[:5])
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    return Finding(
        check_id="CL503",
        severity=Severity.NOTE,
        confidence=Confidence.LOW,
        message=f"{len(absent)} file(s) that the text names are not in the export: {names}{more}",
        locations=tuple(each.location for each in absent[:10]),
        evidence=(
            Evidence(
                "absent_files",
                tuple(each.path for each in absent[:20]),
                n=len(absent),
                method="paths in code marks or links, compared with the files of the export",
            ),
        ),
        remedy=Remedy("Export these files as well, or say where they are."),
        subject="files that are not in the export",
        why="What rests on them cannot be checked.",
    )
