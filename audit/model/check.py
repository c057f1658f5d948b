"""A check: a plain function with metadata, and what it returns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from audit.model.evidence import Evidence, Series
from audit.model.finding import Finding
from audit.model.severity import Severity

DOC_SECTIONS = ("What", "Why", "How it is found", "False alarms", "Remedy", "References")


class Verdict(Enum):
    """Outcome of one check."""

    PASS = "PASS"
    FAIL = "FAIL"
    REVIEW = "REVIEW"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check function returns.

    Parameters
    ----------
    verdict : Verdict
        ``FAIL`` exactly when there are findings.
    reason : str
        One line. For ``REVIEW`` and ``NOT_APPLICABLE`` it says why, and what would help;
        for ``PASS`` what was looked at.
    findings : tuple of Finding
        Defects.
    measured : tuple of Evidence
        Measurements worth keeping whatever the verdict; the headline and the figures of a
        report are made of them.
    series : tuple of Series
        Points that figures are drawn from, whatever the verdict.
    """

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    measured: tuple[Evidence, ...] = ()
    series: tuple[Series, ...] = ()

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.FAIL) != bool(self.findings):
            raise ValueError("a check fails exactly when it has findings")
        if not self.reason:
            raise ValueError("an outcome needs a reason")


def passed(
    reason: str, measured: Sequence[Evidence] = (), series: Sequence[Series] = ()
) -> Outcome:
    """Nothing wrong was found; `reason` says what was looked at."""
    return Outcome(Verdict.PASS, reason, (), tuple(measured), tuple(series))


def failed(
    findings: Sequence[Finding],
    measured: Sequence[Evidence] = (),
    reason: str = "",
    series: Sequence[Series] = (),
) -> Outcome:
    """Something is wrong: at least one finding."""
    return Outcome(
        Verdict.FAIL, reason or findings[0].message, tuple(findings), tuple(measured), tuple(series)
    )


def review(
    reason: str, measured: Sequence[Evidence] = (), series: Sequence[Series] = ()
) -> Outcome:
    """Could not tell; `reason` says why."""
    return Outcome(Verdict.REVIEW, reason, (), tuple(measured), tuple(series))


def not_applicable(
    reason: str, measured: Sequence[Evidence] = (), series: Sequence[Series] = ()
) -> Outcome:
    """The question does not arise for this export; `reason` says why."""
    return Outcome(Verdict.NOT_APPLICABLE, reason, (), tuple(measured), tuple(series))


@dataclass(frozen=True, slots=True)
class Need:
    """One artifact that a check asks for, read from its parameter annotations."""

    parameter: str
    type: type[Any]
    optional: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check.

    Parameters
    ----------
    id, title : str
        Public id (``"LK101"``) and a title that reads as the defect.
    severity : Severity
        Severity of its findings by default.
    taxonomy : str or None
        Leakage code of Kapoor & Narayanan (2023), ``"L1.4"``, where one applies.
    function : callable
        Takes artifacts by keyword and ``params``; returns an `Outcome`.
    params : type
        Frozen dataclass of its thresholds; every field has a default.
    takes_params : bool
        Whether the function has a parameter called ``params``.
    needs : tuple of Need
        The artifacts, in the order of the signature.
    sections : dict of str to str
        The docstring, by the fixed sections ``DOC_SECTIONS``.
    """

    id: str
    title: str
    severity: Severity
    taxonomy: str | None
    function: Callable[..., Outcome]
    params: type[Any]
    takes_params: bool
    needs: tuple[Need, ...]
    sections: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoParams:
    """Parameters of a check that has none."""


def check(
    id: str,
    title: str,
    severity: Severity,
    *,
    taxonomy: str | None = None,
    params: type[Any] = NoParams,
) -> Callable[[Callable[..., Outcome]], Check]:
    """Turn a function into a `Check`.

    Its parameter annotations declare what it needs: an artifact type, ``X | None`` for an
    optional one, and a parameter called ``params`` for its own thresholds.

    Raises
    ------
    TypeError
        If an annotation is missing, `params` is no frozen dataclass with defaults, or the
        docstring lacks one of the fixed sections.
    """

    def decorate(function: Callable[..., Outcome]) -> Check:
        if not is_dataclass(params) or any(
            p.default is p.empty for p in inspect.signature(params).parameters.values()
        ):
            raise TypeError(f"{id}: params must be a dataclass whose fields have defaults")
        return Check(
            id=id,
            title=title,
            severity=severity,
            taxonomy=taxonomy,
            function=function,
            params=params,
            takes_params="params" in inspect.signature(function).parameters,
            needs=_needs(id, function),
            sections=parse_sections(id, inspect.getdoc(function) or ""),
        )

    return decorate


def _needs(id: str, function: Callable[..., Outcome]) -> tuple[Need, ...]:
    hints = get_type_hints(function)
    needs = []
    for name in inspect.signature(function).parameters:
        if name == "params":
            continue
        if name not in hints:
            raise TypeError(f"{id}: parameter {name!r} has no annotation")
        hint = hints[name]
        optional = False
        if get_origin(hint) in (UnionType, Union):
            members = get_args(hint)
            optional = NoneType in members
            (hint,) = (member for member in members if member is not NoneType)
        needs.append(Need(name, hint, optional))
    return tuple(needs)


def parse_sections(id: str, docstring: str) -> dict[str, str]:
    """Split a check's docstring at its underlined headings.

    Raises
    ------
    TypeError
        If one of ``DOC_SECTIONS`` is missing or empty.
    """
    parts = re.split(r"^(.+)\n-{3,}\n", docstring, flags=re.MULTILINE)
    sections = {
        title.strip(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    missing = [title for title in DOC_SECTIONS if not sections.get(title)]
    if missing:
        raise TypeError(f"{id}: docstring lacks the section(s) {', '.join(missing)}")
    return sections
