"""``audit init``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audit.cli.app import app
from audit.cli.terminal import fail, progress, say_plainly, show

if TYPE_CHECKING:
    from audit.config import Config
    from audit.model.check import Check
    from audit.model.export import Export
    from audit.render.settings import Proposal

_NAME = "audit.toml"
_ROLES = {
    "train split": "train",
    "validation split": "validation",
    "test split": "test",
    "source rows": "raw",
    "metrics": "metrics",
    "baseline": "baseline",
    "history": "history",
}
_MAX_QUESTIONS = 30
_MAX_GROUPS = 500


@app.command(
    "init",
    epilog="\b\nExamples:\n  audit init export/\n  audit init export/ --stdout\n"
    "  audit init export/ --force\n",
)
def init_command(
    path: Annotated[
        Path, typer.Argument(help="Folder of the export.", metavar="PATH", readable=False)
    ],
    stdout: Annotated[
        bool, typer.Option("--stdout", help="Print the file; write nothing.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace an audit.toml that is there; its settings stay."),
    ] = False,
) -> None:
    """Write an audit.toml with what is recognised in an export, to be corrected."""
    from audit.load import is_folder

    if not is_folder(path):
        fail(f"{path} is no folder; audit.toml belongs into the folder of the export", 2)
    file = path / _NAME
    if not stdout:
        try:
            _may_write(file, force)
        except OSError as error:
            fail(f"{file}: {error.strerror}; make the folder readable", 2)
    with progress() as say:
        text = _text(path, say)
    if stdout:
        show(text)
        return
    _write_whole(file, text)
    say_plainly(f"wrote {file}; read it, correct it, then: audit run {quote(str(path))}")


def _may_write(file: Path, force: bool) -> None:
    if file.is_symlink():
        fail(f"{file} is a symbolic link and is not written through; remove it", 2)
    if file.exists() and not file.is_file():
        fail(f"{file} is no file; remove it", 2)
    if file.exists() and not force:
        fail(f"{file} is there already; --force replaces it, --stdout prints what it would be", 2)


def _text(path: Path, say: Callable[[str], None]) -> str:
    from audit.config import ConfigError, parse_config
    from audit.load import NothingToAudit, load, read_config, same_content
    from audit.params import check_config
    from audit.registry import load_checks
    from audit.render.settings import init_text, is_writable

    checks = load_checks()
    try:
        base = read_config(path)
        check_config(checks, base)
        export = load(path, base, say)
        # A setting of these columns that is in force is kept as it is.
        proposals = [p for p in _proposals(export) if p.key != "oracle" or not base.columns.oracle]
        writable = [each for each in proposals if is_writable(each)]

        def changes_nothing(chosen: Sequence[Proposal]) -> bool:
            return same_content(export, load(path, _with(base, chosen), say))

        active = _accepted(writable, changes_nothing)
        passive = [each for each in proposals if each not in active]
        # What the file in force says counts whether or not it could be told from the export.
        relevant = [check for check in checks if _is_relevant(check, export)]
        text = init_text(active, passive, base, _questions(export), relevant)
        check_config(checks, parse_config(text, _NAME))
        return text
    except NothingToAudit as error:
        fail(str(error), 3)
    except ConfigError as error:
        fail(str(error), 2)


def _accepted(
    proposals: Sequence[Proposal], changes_nothing: Callable[[Sequence[Proposal]], bool]
) -> list[Proposal]:
    """All proposals if they change nothing together, otherwise as many as do not."""
    if changes_nothing(proposals):
        return list(proposals)
    kept: list[Proposal] = []
    units: dict[tuple[str, str], list[Proposal]] = {}
    for each in proposals:  # tiers say something together only
        units.setdefault((each.table, "" if each.table == "tiers" else each.key), []).append(each)
    for unit in units.values():
        if changes_nothing([*kept, *unit]):
            kept += unit
    return kept


def _with(base: Config, proposals: Sequence[Proposal]) -> Config:
    """The configuration that the file will stand for."""
    tables: dict[str, dict[str, Any]] = {"": {}, "roles": {}, "columns": {}, "tiers": {}}
    for each in proposals:
        tables[each.table][each.key] = each.value
    roles = {
        key: (value,) if isinstance(value, str) else value for key, value in tables["roles"].items()
    }
    columns = replace(base.columns, target=None, groups=())
    return replace(
        base,
        roles=roles,
        columns=replace(columns, **tables["columns"]),
        tiers=tables["tiers"],
        metric=tables[""].get("metric"),
        source=_NAME,
    )


def _proposals(export: Export) -> list[Proposal]:
    from audit.model.artifacts import Grouping, Metrics, Splits
    from audit.model.export import Present
    from audit.render.settings import Proposal

    found: list[Proposal] = []
    metrics, grouping = export.get(Metrics), export.get(Grouping)
    if isinstance(metrics, Present):
        found.append(Proposal("", "metric", metrics.value.tables[0].metric))
    roles: dict[str, list[tuple[str, str]]] = {}
    for each in export.recognised:
        role = "predictions" if each.role.endswith(" predictions") else _ROLES.get(each.role)
        if role is not None:
            roles.setdefault(role, []).append((each.path, f"{each.detail} ({each.why})"))
    for role in (*dict.fromkeys(_ROLES.values()), "predictions"):
        paths = list(dict.fromkeys(path for path, _ in roles.get(role, ())))
        if paths:
            value = paths[0] if len(paths) == 1 else tuple(paths)
            found.append(Proposal("roles", role, value, roles[role][0][1]))
    details = [each.detail for each in export.recognised if each.role == "train split"]
    target = details[0].partition(" features, target ")[2] if details else ""
    if target:
        found.append(Proposal("columns", "target", target))
    splits = export.get(Splits)
    if isinstance(splits, Present) and splits.value.train.oracle_name:
        found.append(Proposal("columns", "oracle", splits.value.train.oracle_name))
    if isinstance(grouping, Present):
        names, tiers = grouping.value.names, grouping.value.tiers
        if names:
            found.append(Proposal("columns", "groups", tuple(names)))
        for tier in dict.fromkeys(tiers.values()):
            keys = [key for key in grouping.value.keys if tiers.get(key) == tier]
            if keys and len(keys) <= _MAX_GROUPS:
                labels = tuple(grouping.value.label(key) for key in keys)
                found.append(Proposal("tiers", tier, labels))
    return found


def _questions(export: Export) -> list[tuple[str, str]]:
    """What could not be recognised, with the reason."""
    from audit.model.artifacts import Baseline, History, Metrics, PredictionSets, RawData, Splits
    from audit.model.export import Present

    slots = {
        "train, validation, test": Splits,
        "predictions": PredictionSets,
        "metrics": Metrics,
        "baseline": Baseline,
        "history": History,
        "raw": RawData,
    }
    found = []
    for name, artifact in slots.items():
        slot = export.get(artifact)
        if not isinstance(slot, Present):
            found.append((name, slot.reason))
    files = [
        (each.path, f"{each.role}, {each.detail}")
        for each in export.recognised
        if each.role in ("not recognised", "unusable")
    ]
    return (found + files)[:_MAX_QUESTIONS]


def _is_relevant(check: Check, export: Export) -> bool:
    """Whether the artifacts that a check needs are there; derived ones follow from these."""
    from audit.model.artifacts import Code, CodeFacts, Kinship, Splits
    from audit.model.export import Present

    sources: dict[type[Any], type[Any]] = {CodeFacts: Code, Kinship: Splits}
    return all(
        need.optional or isinstance(export.get(sources.get(need.type, need.type)), Present)
        for need in check.needs
    )


def _write_whole(file: Path, text: str) -> None:
    """Write all or nothing, without following a link at the place."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".audit-", suffix=".toml", dir=file.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(text)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        fail(f"cannot write {file}: {error.strerror}; --stdout prints it", 2)
