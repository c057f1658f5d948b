"""Configuration as TOML: what is in force and where it came from, and a first audit.toml.

File names, columns and groups come from the export: they are quoted as TOML strings, and made
visible in comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from audit.config import Config
from audit.model.check import Check
from audit.render.escape import brief

MAX_VALUE = 1_500  # a line of an audit.toml has at most 2,000 characters
_UNQUOTED = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 92


@dataclass(frozen=True, slots=True)
class Setting:
    """One value in force.

    Parameters
    ----------
    key : tuple of str
        Its name, the tables around it first.
    value : Any
        A string, number, tuple of such, or ``None`` where it is not set.
    origin : str
        ``"default"``, ``"command line"``, or the file.
    line : int, optional
        In that file.
    """

    key: tuple[str, ...]
    value: Any
    origin: str
    line: int | None = None

    @property
    def where(self) -> str:
        """Origin and line in words."""
        return f"{self.origin}, line {self.line}" if self.line is not None else self.origin


def effective(
    config: Config,
    given: Collection[str],
    checks: Sequence[Check],
    params: Mapping[str, Any],
    *,
    everything: bool,
) -> list[Setting]:
    """All values in force, in the order in which a file has them.

    Parameters
    ----------
    config : Config
        After the command line.
    given : collection of str
        Keys that the command line sets.
    checks : sequence of Check
        All registered checks.
    params : mapping of str to Any
        Their parameters (`audit.params.check_config`).
    everything : bool
        Also parameters of checks that have their default.
    """
    defaults = Config()
    found: list[Setting] = []
    nested: list[Setting] = []
    for field in fields(Config):
        if field.name in ("source", "lines", "checks"):
            continue
        value, default = getattr(config, field.name), getattr(defaults, field.name)
        if isinstance(value, Mapping):
            nested += [
                _setting((field.name, str(key)), item, None, config) for key, item in value.items()
            ]
        elif is_dataclass(value):
            for part in fields(value):
                key = (field.name, part.name)
                nested.append(
                    _setting(key, getattr(value, part.name), getattr(default, part.name), config)
                )
        elif field.name in given:
            found.append(Setting((field.name,), value, "command line"))
        else:
            found.append(_setting((field.name,), value, default, config))
    for check in checks:
        chosen, usual = params[check.id], check.params()
        for part in fields(check.params):
            name = ("checks", check.id, part.name)
            each = _setting(name, getattr(chosen, part.name), getattr(usual, part.name), config)
            if everything or each.origin != "default":
                nested.append(each)
    return found + nested


def _setting(key: tuple[str, ...], value: Any, default: Any, config: Config) -> Setting:
    line = config.lines.get(".".join(key))
    if config.source and (line is not None or value != default):
        return Setting(key, value, config.source, line)
    return Setting(key, value, "default")


def settings_toml(settings: Sequence[Setting]) -> str:
    """Write values in force as TOML that could be used as a configuration."""
    rows: list[tuple[str, str]] = []
    table: tuple[str, ...] = ()
    for each in settings:
        if each.key[:-1] != table:
            table = each.key[:-1]
            rows += [("", ""), (f"[{'.'.join(toml_key(part) for part in table)}]", "")]
        if each.value is None:
            rows.append((f"# {each.key[-1]} is not set", each.where))
        else:
            rows.append((f"{toml_key(each.key[-1])} = {toml_value(each.value)}", each.where))
    wide = min(max((len(text) for text, _ in rows), default=0), 44)
    return (
        "\n".join(
            f"{text:<{wide}}  # {brief(where, 200)}" if where else text for text, where in rows
        )
        + "\n"
    )


def settings_json(settings: Sequence[Setting]) -> str:
    """Write values in force as JSON."""
    listed = [
        {
            "key": ".".join(each.key),
            "value": list(each.value) if isinstance(each.value, tuple) else each.value,
            "origin": each.origin,
            **({"line": each.line} if each.line is not None else {}),
        }
        for each in settings
    ]
    return json.dumps({"schema_version": 1, "settings": listed}, indent=2) + "\n"


# --- TOML -------------------------------------------------------------------------------------


def toml_key(name: str) -> str:
    """A key, quoted where it has to be.

    Examples
    --------
    >>> toml_key("easy"), toml_key("very hard")
    ('easy', '"very hard"')
    """
    return name if _UNQUOTED.fullmatch(name) else toml_string(name)


def toml_string(text: str) -> str:
    r"""A basic string that holds any text.

    Examples
    --------
    >>> toml_string('a"b\n]')
    '"a\\"b\\n]"'
    """
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        f"\\u{ord(c):04x}" if "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" else c for c in quoted
    )


def toml_value(value: Any) -> str:
    """A string, number, flag or list as TOML; long lists take several lines."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, list | tuple):
        items = [toml_value(item) for item in value]
        line = f"[{', '.join(items)}]"
        if len(line) <= _WIDTH:
            return line
        return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    return repr(value)


# --- a first audit.toml -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposal:
    """One setting that says what the audit recognised by itself.

    Parameters
    ----------
    table, key : str
        Where it goes; `table` is empty for the top level.
    value : str or tuple of str
        What.
    why : str
        What it is, for the comment; untrusted text.
    """

    table: str
    key: str
    value: str | tuple[str, ...]
    why: str = ""


def is_writable(proposal: Proposal) -> bool:
    """Whether its strings can stand in the file: no halves of characters, no endless names."""
    strings = [proposal.key]
    strings += [proposal.value] if isinstance(proposal.value, str) else list(proposal.value)
    try:
        return all(len(toml_string(text).encode()) <= MAX_VALUE for text in strings)
    except UnicodeEncodeError:
        return False


def init_text(
    active: Sequence[Proposal],
    passive: Sequence[Proposal],
    base: Config,
    questions: Sequence[tuple[str, str]],
    checks: Sequence[Check],
) -> str:
    """Text of a first audit.toml.

    Parameters
    ----------
    active : sequence of Proposal
        Settings that change nothing: they say what is recognised anyway.
    passive : sequence of Proposal
        Settings that are shown as comments, because with them something else would be read.
    base : Config
        Configuration in force; what else it sets is kept.
    questions : sequence of (str, str)
        What could not be recognised, and why: untrusted text.
    checks : sequence of Check
        Checks whose parameters are shown, as comments.
    """
    lines = [
        "# What the audit recognised in this export; written by `audit init`.",
        "# It changes nothing as it stands: correct what is wrong, delete what needs no saying.",
        "# An unknown key is an error. `audit config` shows what is in force, and from where.",
    ]
    if base.source.endswith("pyproject.toml"):
        lines.append("# This file takes the place of [tool.audit] in pyproject.toml.")
    lines += ["", "# The metric that the experiment is judged by."]
    lines += _proposed(active, passive, "") or ['# metric = "rmse"']
    lines += _kept(base)
    examples = {
        "roles": [
            "# Members of an archive, or values of a split column, follow after two colons:",
            '# test = ["arrays.npz::X_test", "arrays.npz::y_test"]',
        ],
        "columns": [
            "# Columns that are no features: row ids, file names, dates of export.",
            '# ignore = ["row_id"]',
            "# The exact label of each row, where one is stored beside the target: no feature.",
            '# oracle = "y_exact"',
        ],
        "tiers": ["# Groups that belong together, for instance by difficulty.", '# easy = ["A"]'],
    }
    kept = {
        part.name: getattr(base.columns, part.name)
        for part in fields(base.columns)
        if part.name not in ("target", "groups")  # these are proposed
        and getattr(base.columns, part.name) != getattr(Config().columns, part.name)
    }
    if kept:
        examples["columns"] = [f"{name} = {toml_value(value)}" for name, value in kept.items()]
    for table, example in examples.items():
        lines += ["", f"[{table}]", *_proposed(active, passive, table), *example]
        if table == "roles" and questions:
            lines += ["", "# Not recognised. Is it there under another name? Then give it a role:"]
            lines += [f"#   {brief(name, 80)}: {brief(why, 160)}" for name, why in questions]
    for id, values in base.checks.items():
        lines += ["", f"[checks.{toml_key(id)}]"]
        lines += [f"{toml_key(name)} = {toml_value(value)}" for name, value in values.items()]
    lines += ["", "# Thresholds, with their defaults; `audit explain ID` says what they mean."]
    for check in checks:
        if check.id in base.checks or not fields(check.params):
            continue
        default = check.params()
        lines += [f"# [checks.{check.id}]  # {check.title}"]
        lines += [
            f"# {part.name} = {toml_value(getattr(default, part.name))}".replace("\n", "\n# ")
            for part in fields(check.params)
        ]
    return "\n".join(lines) + "\n"


def _proposed(active: Sequence[Proposal], passive: Sequence[Proposal], table: str) -> list[str]:
    lines = []
    for each in active:
        if each.table == table:
            if each.why:
                lines.append(f"# {brief(each.why, 160)}")
            lines.append(f"{toml_key(each.key)} = {toml_value(each.value)}")
    others = [each for each in passive if each.table == table]
    if others:
        lines.append("# With these, something else would be read:")
    for each in others:
        line = f"{toml_key(each.key)} = {toml_value(each.value)}" if is_writable(each) else ""
        shown = line or brief(f"{each.key}: a name that no TOML file can hold", 160)
        lines += [f"# {part}" for part in shown.split("\n")]
    return lines


def _kept(base: Config) -> list[str]:
    """Other settings of the configuration in force, or examples of them."""
    default = Config()
    notes = {
        "fail_on": "Findings at or above it fail: note, warning or error.",
        "min_severity": "Findings below it are dropped: note, warning or error.",
        "min_confidence": "The same for low, medium or high confidence.",
        "select": "Checks or families to run; all of them where it is empty.",
        "ignore": "Checks or families to leave out.",
        "require": "Checks or families that must come to a conclusion.",
    }
    lines = []
    for name, note in notes.items():
        value = getattr(base, name)
        mark = "# " if value == getattr(default, name) else ""
        lines += ["", f"# {note}", f"{mark}{name} = {toml_value(value)}"]
    changed = {
        part.name: getattr(base.limits, part.name)
        for part in fields(base.limits)
        if getattr(base.limits, part.name) != getattr(default.limits, part.name)
    }
    if changed:
        lines += ["", "[limits]", *(f"{name} = {value}" for name, value in changed.items())]
    return lines
