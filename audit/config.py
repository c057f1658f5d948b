"""Configuration: ``[tool.audit]`` in pyproject.toml, or ``audit.toml``, to a frozen `Config`."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

ROLES = (
    "train",
    "validation",
    "test",
    "raw",
    "predictions",
    "metrics",
    "baseline",
    "history",
    "documents",
    "code",
)


class ConfigError(ValueError):
    """The configuration cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are what, by name, in every table of rows.

    Parameters
    ----------
    target : str, optional
        The column to be predicted.
    groups : tuple of str
        Columns that make up the group of per-group metrics.
    ignore : tuple of str
        Columns that are no features: row ids, file names, dates of export.
    synthetic : str, optional
        Column that says which rows were made by augmentation; no feature.
    parent : str, optional
        Column that names the row that a copy was made from; no feature.
    oracle : str, optional
        Column of the exact label of each row, beside the label that is trained on; no feature.
    """

    target: str | None = None
    groups: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    synthetic: str | None = None
    parent: str | None = None
    oracle: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what is read; beyond them a file is refused with a finding.

    Parameters
    ----------
    max_file_mb : int
        Largest single file that is read, in MiB: as it is stored, and unpacked.
    max_total_mb : int
        Largest sum of all files that are read, in MiB: as they are stored, and unpacked.
    max_files : int
        Largest number of files in an export.
    """

    max_file_mb: int = 1024
    max_total_mb: int = 4096
    max_files: int = 10_000

    def exceeds(self, other: Limits) -> tuple[str, ...]:
        """Names of the bounds that are higher than those of `other`."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) > getattr(other, f.name))


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be configured, with its defaults.

    Parameters
    ----------
    roles : mapping of str to tuple of str
        Role (one of ``ROLES``) to paths relative to the export; a member of an npz file or a
        value of a split column is written after ``::`` (``"data.npz::X_train"``).
    columns : Columns
        Which columns are what.
    tiers : mapping of str to tuple of str
        Tier to groups, as a person writes them (``"k=4, m=2"``, ``"north"``).
    metric : str, optional
        Name of the headline metric.
    fail_on, min_severity, min_confidence : str
        ``note``, ``warning``, ``error``; confidence ``low``, ``medium``, ``high``.
    select, ignore : tuple of str
        Ids or prefixes of checks to run, or not to run.
    require : tuple of str
        Ids or prefixes of checks of which one must come to a conclusion.
    limits : Limits
        Bounds on what is read.
    checks : mapping of str to mapping
        Check id to its own parameters.
    source : str
        File that the values came from, for the report; empty for the defaults.
    lines : mapping of str to int
        Dotted key to its line in that file, as far as they could be told.
    """

    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Columns = Columns()
    tiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metric: str | None = None
    fail_on: str = "error"
    min_severity: str = "note"
    min_confidence: str = "low"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    limits: Limits = Limits()
    checks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    source: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


_MAX_LINE = 2_000
_LEVELS = ("note", "warning", "error")
_CONFIDENCES = ("low", "medium", "high")
_TOP = (
    "roles",
    "columns",
    "tiers",
    "metric",
    "fail_on",
    "min_severity",
    "min_confidence",
    "select",
    "ignore",
    "require",
    "limits",
    "checks",
)


def parse_config(text: str, source: str) -> Config:
    """Read the text of an ``audit.toml`` or ``pyproject.toml``.

    Parameters
    ----------
    text : str
        TOML.
    source : str
        Name for messages; when it ends in ``pyproject.toml`` only ``[tool.audit]`` counts.

    Returns
    -------
    Config
        The defaults where the file says nothing.

    Raises
    ------
    ConfigError
        If the file is no TOML, has an unknown key (the message names the nearest known one)
        or a value of the wrong type.
    """
    # The parser's memory grows with the square of the dots in a key, and a number of thousands
    # of digits cannot even be printed.
    if any(len(line) > _MAX_LINE for line in text.splitlines()):
        raise ConfigError(f"{source}: a line has more than {_MAX_LINE:,} characters; divide it")
    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"{source}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{source}: nested too deeply") from error
    lines = key_lines(text)
    if source.endswith("pyproject.toml"):
        document = _table(document.get("tool", {}), source, "tool").get("audit", {})
        inside = {key: line for key, line in lines.items() if key.startswith("tool.audit.")}
        lines = {key.removeprefix("tool.audit."): line for key, line in inside.items()}
    return replace(_config(_table(document, source, "the file"), source), lines=lines)


_HEADER = re.compile(r"\s*\[([^\[\]#]{1,300})\]\s*(?:#.*)?$")
_KEY = re.compile(r"\s*((?:\"[^\"]{0,200}\"|'[^']{0,200}'|[\w.-])+?)\s*=")


def key_lines(text: str) -> dict[str, int]:
    r"""Line of every key that stands at the start of a line, by its dotted name.

    For orientation only: text inside a string of several lines may look like a key.

    Examples
    --------
    >>> key_lines('metric = "rmse"\n[columns]\ntarget = "y"')
    {'metric': 1, 'columns': 2, 'columns.target': 3}
    """
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _bare(header[1]) + "."
            found.setdefault(table[:-1], number)
        elif key := _KEY.match(line):
            found.setdefault(table + _bare(key[1]), number)
    return found


def _bare(key: str) -> str:
    return ".".join(part.strip(" \t\"'") for part in key.split("."))


def _config(document: dict[str, Any], source: str) -> Config:
    _known(document, _TOP, source, "")
    roles = _table(document.get("roles", {}), source, "roles")
    _known(roles, ROLES, source, "roles.")
    columns = _table(document.get("columns", {}), source, "columns")
    _known(columns, tuple(f.name for f in fields(Columns)), source, "columns.")
    limits = _table(document.get("limits", {}), source, "limits")
    _known(limits, ("max_file_mb", "max_total_mb", "max_files"), source, "limits.")
    for name, value in limits.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigError(f"{source}: limits.{name} must be a whole number above 0")
    tiers = _table(document.get("tiers", {}), source, "tiers")
    checks = _table(document.get("checks", {}), source, "checks")
    return Config(
        roles={name: _strings(value, source, f"roles.{name}") for name, value in roles.items()},
        columns=Columns(
            target=_string(columns.get("target"), source, "columns.target"),
            groups=_strings(columns.get("groups", []), source, "columns.groups"),
            ignore=_strings(columns.get("ignore", []), source, "columns.ignore"),
            synthetic=_string(columns.get("synthetic"), source, "columns.synthetic"),
            parent=_string(columns.get("parent"), source, "columns.parent"),
            oracle=_string(columns.get("oracle"), source, "columns.oracle"),
        ),
        tiers={name: _strings(value, source, f"tiers.{name}") for name, value in tiers.items()},
        metric=_string(document.get("metric"), source, "metric"),
        fail_on=_choice(document.get("fail_on", "error"), _LEVELS, source, "fail_on"),
        min_severity=_choice(document.get("min_severity", "note"), _LEVELS, source, "min_severity"),
        min_confidence=_choice(
            document.get("min_confidence", "low"), _CONFIDENCES, source, "min_confidence"
        ),
        select=_strings(document.get("select", []), source, "select"),
        ignore=_strings(document.get("ignore", []), source, "ignore"),
        require=_strings(document.get("require", []), source, "require"),
        limits=Limits(**limits),
        checks={name: _table(value, source, f"checks.{name}") for name, value in checks.items()},
        source=source,
    )


def unknown_key_message(key: str, known: tuple[str, ...], prefix: str = "") -> str:
    """Say that a key is unknown and name the nearest known one."""
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"did you mean {prefix}{near[0]!r}?" if near else "known keys: " + ", ".join(known)
    return f"unknown key {prefix}{key!r}; {hint}"


def _known(table: dict[str, Any], known: tuple[str, ...], source: str, prefix: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{source}: {unknown_key_message(key, known, prefix)}")


def _table(value: Any, source: str, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{source}: {name} must be a table")
    return value


def _string(value: Any, source: str, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{source}: {name} must be a string")
    return value


def _strings(value: Any, source: str, name: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
        raise ConfigError(f"{source}: {name} must be a string or a list of strings")
    return tuple(values)


def _choice(value: Any, choices: tuple[str, ...], source: str, name: str) -> str:
    if value not in choices:
        raise ConfigError(f"{source}: {name} must be one of {', '.join(choices)}, not {value!r}")
    return str(value)


def override(
    config: Config,
    *,
    fail_on: str | None = None,
    min_severity: str | None = None,
    min_confidence: str | None = None,
    select: tuple[str, ...] | None = None,
    ignore: tuple[str, ...] | None = None,
    require: tuple[str, ...] | None = None,
) -> Config:
    """Replace values by those of the command line, where they are given.

    Raises
    ------
    ConfigError
        If a level is not one of the known words.
    """
    line = "command line"
    return replace(
        config,
        fail_on=_choice(fail_on or config.fail_on, _LEVELS, line, "--fail-on"),
        min_severity=_choice(min_severity or config.min_severity, _LEVELS, line, "--min-severity"),
        min_confidence=_choice(
            min_confidence or config.min_confidence, _CONFIDENCES, line, "--min-confidence"
        ),
        select=tuple(id.upper() for id in (select or config.select)),
        ignore=tuple(id.upper() for id in (ignore or config.ignore)),
        require=tuple(id.upper() for id in (require or config.require)),
    )
