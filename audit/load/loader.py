"""From a path to an `Export`: every file read once, every role settled, nothing executed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from audit.config import Config, ConfigError, Limits, parse_config
from audit.load import columns, metric_roles, predictions, splits
from audit.load.discover import (
    Discovery,
    File,
    digest,
    discover,
    is_file,
    is_folder,
    read_bytes,
    single,
)
from audit.load.documents import documents_of, sort_documents
from audit.load.grouping import (
    build_grouping,
    find_naming,
    find_spellings,
    find_tiers,
    group_rows,
    settle_metrics,
)
from audit.load.ledger import Ledger
from audit.load.notebooks import (
    MAX_CODE,
    MAX_TEXT,
    code_size,
    decode,
    lines_alike,
    read_notebook,
    read_script,
)
from audit.load.oracle import NO_ORACLE, Oracle, take_oracle
from audit.load.origins import Origin, take_origins
from audit.load.problems import LoadError, first_line, unreadable
from audit.load.raw import find_raw
from audit.load.recorded_counts import recorded_counts
from audit.load.repeats import first_of_repeats, note_repeats
from audit.load.source_features import told_by_rows, with_features
from audit.load.tables import DATA_SUFFIXES, Content, read_data
from audit.load.written_targets import targets_in_code
from audit.model.artifacts import (
    Baseline,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    FileList,
    Grouping,
    History,
    LoadProblems,
    Metrics,
    Predictions,
    PredictionSets,
    ProblemKind,
    RawData,
    RecordedCounts,
    SourceFile,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.export import Absent, Export, Malformed, Present, Slot
from audit.model.location import Location

CODE_SUFFIXES = frozenset({".ipynb", ".py"})
DOCUMENT_SUFFIXES = frozenset({".md", ".markdown"})
_READABLE = CODE_SUFFIXES | DOCUMENT_SUFFIXES | DATA_SUFFIXES
_CONFIG_FILES = ("audit.toml", "pyproject.toml")
_MAX_CONFIG = 256 << 10
_MIB = 1 << 20


class NothingToAudit(Exception):  # noqa: N818 - it is an outcome, not an error of the program
    """There is nothing that could be audited; the message says what, and what to do next."""


def read_config(path: Path) -> Config:
    """Find the configuration of an export.

    Parameters
    ----------
    path : Path
        The export. ``audit.toml`` in it counts, otherwise ``[tool.audit]`` of a
        ``pyproject.toml`` in it.

    Returns
    -------
    Config
        The defaults where there is no such file, or `path` is a single file.

    Raises
    ------
    ConfigError
        If the file cannot be used, or raises a limit: these protect the auditor from the export.
    """
    if not is_folder(path):
        return Config()
    root = path.resolve()
    for name in _CONFIG_FILES:
        found = single(root / name, Config().limits) if is_file(root / name) else None
        if found is None:
            continue
        try:
            if not found.files:
                raise ConfigError(f"{name}: {found.problems[0].reason}")
            text = read_bytes(found.files[0], _MAX_CONFIG).decode("utf-8")
        except LoadError as error:
            raise ConfigError(f"{name}: {first_line(error)}; correct or remove it") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{name}: no UTF-8 text; save it as UTF-8") from error
        config = parse_config(text, name)
        for limit in config.limits.exceeds(Limits()):
            raise ConfigError(
                f"{name}: limits.{limit} may only be lowered by the export itself; to raise it, "
                "pass a configuration with --config"
            )
        if config != Config(source=config.source) or name == "audit.toml":
            return config
    return Config()


def load(
    path: Path,
    config: Config | None = None,
    progress: Callable[[str], None] | None = None,
    passed_over: Collection[Path] = (),
) -> Export:
    """Read an export.

    Parameters
    ----------
    path : Path
        A folder, a notebook or a script.
    config : Config, optional
        Roles, columns, limits; the defaults otherwise.
    progress : callable, optional
        Called with the name of each file before it is read.
    passed_over : collection of Path
        Files, resolved, that are no part of the export: reports that the audit writes into it.

    Returns
    -------
    Export
        Every artifact present, absent or malformed, with reasons.

    Raises
    ------
    NothingToAudit
        If the path is missing, the folder is empty, or holds nothing of a known kind.
    """
    config = config or Config()
    discovery, root_name = _discover(path, config, passed_over)
    ledger = Ledger(config)
    ledger.problems.extend(discovery.problems)
    all_contents, sources, texts, broken = _read(discovery, ledger, progress)
    contents, repeats = first_of_repeats(all_contents, ledger)
    artifacts: dict[type[Any], Slot] = {}

    artifacts[Code] = _code(sources, ledger)
    listed = ledger.declared("documents")
    documents = sort_documents(
        [
            document
            for document in (*texts, *(d for file in sources for d in documents_of(file)))
            if not listed or document.path in listed
        ]
    )
    artifacts[Documents] = (
        Present(Documents(documents))
        if documents
        else Absent("no Markdown file, Markdown cell or recorded output")
    )

    predicted = predictions.find_predictions(contents, ledger)
    claimed = {draft.path for draft in predicted}
    rest = [content for content in contents if content.file.name not in claimed]
    artifacts[History] = predictions.find_history(rest, ledger)
    parts = splits.collect(rest, ledger)
    assembled, failures = splits.assemble(parts, ledger)
    truths = [(draft.role, draft.y_true) for draft in predicted]
    assembled, row_origins = take_origins(assembled, ledger)
    in_code = targets_in_code(sources)
    assembled, oracles = take_oracle(assembled, truths, in_code, ledger)
    drafts, mismatched = columns.settle(assembled, truths, in_code, ledger)
    failures |= mismatched
    predicted = predictions.settle_roles(predicted, drafts, ledger)

    tables = [drafts[role].frame for role in splits.ROLE_ORDER if role in drafts]
    extras = drafts[SplitRole.TRAIN].extras if SplitRole.TRAIN in drafts else {}
    if not tables:
        tables = [d.frame for d in predicted if d.role is not SplitRole.TRAIN]
    known = frozenset(str(name) for table in tables for name in table.columns) | frozenset(extras)
    split_paths = {part.path for part in parts}
    measured = metric_roles.find([c for c in rest if c.file.name not in split_paths], known, ledger)
    sizes = {role: len(draft.frame) for role, draft in drafts.items()}
    measured.own = metric_roles.join(measured.own, sizes)
    measured.baseline = metric_roles.join(measured.baseline, {})
    everything = [*measured.own, *measured.baseline]
    where = drafts[SplitRole.TRAIN].path if SplitRole.TRAIN in drafts else "."
    naming = find_naming(config, tables, extras, everything, ledger, where)
    row_groups = {role: group_rows(d.frame, d.extras, naming) for role, d in drafts.items()}
    ranked = metric_roles.rank(measured.own, config, documents)
    own = [settle_metrics(draft, naming, measured.stem(draft)) for draft in ranked]
    reference = [settle_metrics(d, naming, measured.stem(d)) for d in measured.baseline]
    keys = {key for table in [*own, *reference] for key in table.by_group}
    keys |= {key for array in row_groups.values() if array is not None for key in np.unique(array)}
    tiers, tiers_from = find_tiers(config, everything, documents, keys, naming)
    _unmatched_settings(config, [t.metric for t in own], tiers, keys, where, ledger)
    rows = [(d.frame, d.extras) for d in drafts.values()] + [(d.frame, {}) for d in predicted]
    spellings = find_spellings(rows, everything, naming)
    grouping = build_grouping(
        naming, row_groups.values(), [*own, *reference], tiers, tiers_from, spellings
    )
    artifacts[Grouping] = Absent(grouping) if isinstance(grouping, str) else Present(grouping)
    artifacts[Metrics] = measured.problem("metrics") or (
        Present(Metrics(tuple(own)))
        if own
        else Absent("no metrics file (JSON or table with a known metric)")
    )
    artifacts[Baseline] = measured.problem("baseline") or metric_roles.choose_baseline(
        reference, own
    )
    artifacts[Splits] = _splits(drafts, failures, row_groups, row_origins, oracles, ledger)
    artifacts[PredictionSets] = _prediction_sets(predicted, drafts, naming)
    split_tables = [drafts[role].frame for role in splits.ROLE_ORDER if role in drafts]
    note_repeats(repeats, ledger)
    raw_rows = find_raw(all_contents, naming, split_tables, ledger)
    raw_rows = told_by_rows(raw_rows, all_contents, drafts, naming, ledger)
    artifacts[RawData] = with_features(raw_rows, all_contents, drafts)
    _declared_and_broken(artifacts, broken, ledger, discovery.files)
    artifacts[LoadProblems] = Present(ledger.load_problems())
    artifacts[RecordedCounts] = recorded_counts(contents)
    artifacts[FileList] = _file_list(path, discovery)
    _leftover(discovery.files, broken, ledger)
    return Export(root_name, digest(discovery.files), artifacts, ledger.recognised())


def _discover(path: Path, config: Config, passed_over: Collection[Path]) -> tuple[Discovery, str]:
    try:
        root = path.resolve()
        if root.is_dir():
            discovery = discover(root, config.limits, passed_over)
        elif root.exists():
            discovery = single(root, config.limits)
        else:
            raise NothingToAudit(f"{path}: no such file or folder; check the path")
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise NothingToAudit(f"{path}: cannot be opened ({reason}); make it readable") from error
    name = root.name or "export"
    if any(file.suffix in _READABLE for file in discovery.files):
        return discovery, name
    if discovery.problems:
        problem = discovery.problems[0]
        raise NothingToAudit(
            f"{path}: nothing that can be audited; {problem.location.path}: {problem.reason}"
        )
    suffixes = sorted({file.suffix or "no suffix" for file in discovery.files})
    what = f"only {', '.join(suffixes[:6])} files" if suffixes else "the folder is empty"
    raise NothingToAudit(
        f"{path}: nothing that can be audited ({what}); export a notebook or script, the split "
        "rows (.csv, .parquet, .npz) or metrics (.json) there"
    )


def _read(
    discovery: Discovery, ledger: Ledger, progress: Callable[[str], None] | None
) -> tuple[list[Content], list[SourceFile], list[Document], dict[str, str]]:
    contents: list[Content] = []
    sources: list[SourceFile] = []
    texts: list[Document] = []
    broken: dict[str, str] = {}
    limits = ledger.config.limits
    left = limits.max_total_mb * _MIB
    code_left = MAX_CODE
    for file in discovery.files:
        if file.suffix not in _READABLE:
            continue
        if progress is not None:
            progress(f"reading {file.name}")
        try:
            if file.suffix in CODE_SUFFIXES:
                read = read_notebook if file.suffix == ".ipynb" else read_script
                source, problems = read(file.name, read_bytes(file, MAX_TEXT), code_left)
                code_left -= code_size(source)
                sources.append(source)
            elif file.suffix in DOCUMENT_SUFFIXES:
                text, problems = lines_alike(decode(read_bytes(file, MAX_TEXT))), ()
                texts.append(Document(file.name, DocumentKind.FILE, text))
                lines = len(text.splitlines())
                ledger.recognise(file.name, "document", f"{lines:,} lines", "a Markdown file")
            else:
                bound = min(limits.max_file_mb, left // _MIB)
                content, problems = read_data(file, replace(limits, max_file_mb=bound))
                left -= content.nbytes
                contents.append(content)
            ledger.problems.extend(problems)
        except LoadError as error:
            ledger.fail(file.name, error)
            broken[file.name] = error.reason
        except (RecursionError, MemoryError) as error:
            failure = unreadable(f"too deeply nested or too large ({type(error).__name__})")
            ledger.fail(file.name, failure)
            broken[file.name] = failure.reason
    return contents, sources, texts, broken


def _file_list(path: Path, discovery: Discovery) -> Slot:
    """Every file that is there, refused ones included; nothing is known of one given by itself."""
    if not is_folder(path):
        return Absent("a single file was given, and what belongs to it is not known")
    refused = {p.location.path for p in discovery.problems if p.location.path != "."}
    return Present(FileList(tuple(sorted(refused | {file.name for file in discovery.files}))))


def _unmatched_settings(
    config: Config,
    metrics: Sequence[str],
    tiers: Mapping[str, str],
    keys: Collection[str],
    path: str,
    ledger: Ledger,
) -> None:
    """Say so when the configured metric or a group of a configured tier is not in the export."""
    source = config.source or "the configuration"
    if config.metric and metrics and metric_roles.wanted_metric(config) not in metrics:
        found = ", ".join(dict.fromkeys(metrics))
        reason = f"no metric {config.metric!r} was read, as {source} wants it; there is {found}"
        ledger.add(ProblemKind.MALFORMED, path, reason, f"Correct metric in {source}.")
    unmet = [key for key in tiers if key not in keys] if config.tiers and keys else []
    if unmet:
        more = f" (and {len(unmet) - 1:,} more)" if len(unmet) > 1 else ""
        reason = f"the group {unmet[0]!r}{more} of tier {tiers[unmet[0]]!r} is not in the export"
        ledger.add(ProblemKind.MALFORMED, path, reason, f"Correct tiers in {source}.")


def _code(sources: Sequence[SourceFile], ledger: Ledger) -> Slot:
    declared = ledger.declared("code")
    chosen = [file for file in sources if not declared or file.path in declared]
    for file in sources:
        cells = sum(cell.kind is CellKind.CODE for cell in file.cells)
        role = "notebook" if file.is_notebook else "script"
        if file not in chosen:
            ledger.recognise(file.path, role, "not used", "roles.code names other files")
            continue
        detail = f"{len(file.cells):,} cells, {cells:,} with code"
        ledger.recognise(file.path, role, detail, "its suffix")
        if not cells:
            ledger.add(
                ProblemKind.SKIPPED,
                file.path,
                "there is no Python code in it",
                "Export the notebook that ran the experiment.",
            )
    if any(cell.kind is CellKind.CODE for file in chosen for cell in file.cells):
        return Present(Code(tuple(sorted(chosen, key=lambda file: file.path))))
    return Absent("no notebook (.ipynb) or script (.py) with Python code")


def _splits(
    drafts: dict[SplitRole, splits.Draft],
    failures: dict[SplitRole, LoadError],
    row_groups: dict[SplitRole, Any],
    row_origins: dict[SplitRole, Origin],
    oracles: dict[SplitRole, Oracle],
    ledger: Ledger,
) -> Slot:
    data = {}
    for role in splits.ROLE_ORDER:
        if role not in drafts:
            continue
        draft = drafts[role]
        n, d = draft.frame.shape
        target = f"target {draft.target_name}" if draft.target is not None else "no target"
        for path, why in draft.paths.items():
            ledger.recognise(
                path, f"{role.value} split", f"{n:,} rows, {d:,} features, {target}", why
            )
        origin = row_origins.get(role, Origin())
        oracle = oracles.get(role, NO_ORACLE)
        data[role] = SplitData(
            role,
            draft.path,
            draft.frame,
            draft.target,
            row_groups.get(role),
            draft.rows,
            synthetic=origin.synthetic,
            parents=origin.parents,
            ids=origin.ids,
            oracle=oracle.values,
            oracle_name=oracle.name,
        )
    held_out = tuple(data[role] for role in splits.ROLE_ORDER[1:] if role in data)
    train = data.get(SplitRole.TRAIN)
    if train is not None and held_out:
        return Present(Splits(train, held_out))
    if failures:
        role, error = next(iter(failures.items()))
        paths = [p.location.path for p in ledger.problems if p.reason == error.reason]
        return Malformed(f"{role.value} split: {error.reason}", Location(paths[0]))
    if any(i.role == "ambiguous" and "split?" in i.detail for i in ledger.recognised()):
        return Absent("several files could each be the same split, see the loading problems")
    if train is not None:
        return Absent(f"only a training split was found ({train.path}), nothing held out")
    if held_out:
        return Absent(f"only a held-out split was found ({held_out[0].path}), no training split")
    return Absent(
        "no splits: looked for train and val/validation/dev/test/holdout files or members, "
        "X_train with y_train, or a table with a split column"
    )


def _prediction_sets(
    predicted: Sequence[predictions.Draft], drafts: dict[SplitRole, splits.Draft], naming: Any
) -> Slot:
    items, train = [], None
    for draft in predicted:
        assert draft.role is not None
        split = drafts.get(draft.role)
        index = predictions.split_index(draft, split)
        groups = group_rows(draft.frame, {}, naming)
        if groups is None and index is not None and split is not None:
            own = group_rows(split.frame, split.extras, naming)
            groups = own[index] if own is not None else None
        item = Predictions(draft.role, draft.path, draft.y_true, draft.y_pred, groups, index)
        if draft.scores is not None:
            item = replace(
                item,
                y_score=draft.scores.y_score,
                classes=draft.scores.classes,
                is_probability=draft.scores.is_probability,
            )
        if draft.role is SplitRole.TRAIN:
            train = item
        else:
            items.append(item)
    if items:
        return Present(PredictionSets(tuple(items), train))
    return Absent("no predictions (a table with columns such as y_true and y_pred)")


_SLOT_OF_ROLE: dict[str, type[Any]] = {
    "train": Splits,
    "validation": Splits,
    "test": Splits,
    "raw": RawData,
    "predictions": PredictionSets,
    "metrics": Metrics,
    "baseline": Baseline,
    "history": History,
    "documents": Documents,
    "code": Code,
}


def _declared_and_broken(
    artifacts: dict[type[Any], Slot],
    broken: dict[str, str],
    ledger: Ledger,
    files: Sequence[File],
) -> None:
    """A role that is declared, or plain from the name, and whose file is unusable: malformed."""
    present = {file.name: file.suffix for file in files}
    refused = {p.location.path: p.reason for p in ledger.problems}
    malformed = {
        p.location.path: p.reason for p in ledger.problems if p.kind is ProblemKind.MALFORMED
    }
    for role, slot in _SLOT_OF_ROLE.items():
        for path in ledger.declared(role):
            reason = broken.get(path)
            if reason is None and not ledger.is_used(path):
                reason = malformed.get(path)
            if path not in present:
                reason = refused.get(path, "the configuration names it, but it is not there")
                if path not in refused:
                    where = path if not path.startswith("/") and ".." not in path else "."
                    step = f"Correct roles.{role} in {ledger.config.source or 'audit.toml'}."
                    ledger.add(ProblemKind.UNREADABLE, where, f"{role}: {reason}", step)
            elif present[path] not in _READABLE:
                reason = f"files of the type {present[path] or 'without suffix'} are not read"
                step = f"Unpack it, or name a file of another type (.csv, .npz …) in roles.{role}."
                ledger.add(ProblemKind.UNREADABLE, path, f"{role}: {reason}", step)
            if reason is not None:
                where = path if path in present else "."
                artifacts[slot] = Malformed(f"{role} ({path}): {reason}", Location(where))
    for path, reason in broken.items():
        kind = metric_roles.plain_role(path)
        if kind is not None and not ledger.role_of(path):
            slot = _SLOT_OF_ROLE[kind]
            if isinstance(artifacts[slot], Absent):
                artifacts[slot] = Malformed(f"{kind} ({path}): {reason}", Location(path))


def _leftover(files: Sequence[File], broken: dict[str, str], ledger: Ledger) -> None:
    for file in files:
        if ledger.is_used(file.name):
            continue
        if file.name in broken:
            ledger.recognise(file.name, "unusable", f"{file.size:,} bytes", broken[file.name])
        elif file.name in _CONFIG_FILES:
            ledger.recognise(file.name, "configuration", f"{file.size:,} bytes", "its name")
        elif file.suffix in _READABLE:
            why = "neither name nor content says what it is; a role in audit.toml would"
            ledger.recognise(file.name, "not recognised", f"{file.size:,} bytes", why)
        else:
            ledger.recognise(
                file.name, "not read", f"{file.size:,} bytes", "no kind of file that is audited"
            )
