"""``audit run``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli.app import app
from audit.cli.output import (
    check_targets,
    file_stems,
    parse_targets,
    replaced_files,
    write_file,
    write_outputs,
)
from audit.cli.settings import (
    ConfigOption,
    FailOnOption,
    IgnoreOption,
    MinConfidenceOption,
    MinSeverityOption,
    RequireOption,
    SelectOption,
    configure,
    read_text,
)
from audit.cli.terminal import fail, progress, say_plainly, show

if TYPE_CHECKING:
    from audit.config import Config
    from audit.engine import Providers
    from audit.model.report import Report
    from audit.render.several import Failed
    from audit.suppress.baseline import Baseline

_RUN_EPILOG = """\b
Examples:
  audit run notebook_export/
  audit run experiment.ipynb --format console
  audit run experiments/*/ --format console --format json:audit.json
  audit run export/ --format json:audit.json --format markdown:audit.md
  audit run export/ --fail-on warning --select LK --select CT
  audit run export/ --require CT --require MT403
  audit run export/ --write-baseline .audit-baseline.json
  audit run export/ --baseline .audit-baseline.json

\b
Exit codes:
  0  nothing found at or above --fail-on
  1  findings at or above --fail-on, or nothing that --require asks for could tell
  2  the command line or the configuration is wrong
  3  nothing to audit: no such path, an empty folder, only images
  4  the audit is incomplete: a check crashed, or data it needs cannot be used
  Of several exports the worst one counts, in the order 4, 3, 1, 0.
"""


@app.command("run", epilog=_RUN_EPILOG)
def run_command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Folder of an export, a notebook or a script; several are summed up in one table.",
            metavar="PATH",
            readable=False,  # what cannot be read is said with the others
        ),
    ],
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT[:FILE]",
            help="console, markdown, json, sarif, junit or github (annotations); to standard "
            "output, or to FILE ({name} in it stands for the name of each export). Repeatable. "
            "Default: a console summary, and a Markdown report with figures in --output.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder of the default report.")
    ] = Path("reports"),
    config_file: ConfigOption = None,
    fail_on: FailOnOption = None,
    min_severity: MinSeverityOption = None,
    min_confidence: MinConfidenceOption = None,
    select: SelectOption = None,
    ignore: IgnoreOption = None,
    require: RequireOption = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Findings listed in FILE are known: they do not fail, and are reported as such.",
        ),
    ] = None,
    write_baseline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write all findings to FILE as known; exit with 0."),
    ] = None,
    no_inline_ignores: Annotated[
        bool,
        typer.Option(
            "--no-inline-ignores",
            help="Heed no `# audit: ignore[ID] reason=...` comments: for exports that are not "
            "trusted.",
        ),
    ] = False,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found; 2, 3 and 4 stay.")
    ] = False,
) -> None:
    """Audit exports: is the reported result valid, why not, and how to mend it."""
    from audit.gate import ExitCode, exit_code, worst
    from audit.model.severity import Severity

    targets = parse_targets(formats)
    jobs = _jobs(paths, output)
    check_targets(targets, len(jobs) > 1)
    configs = [
        configure(
            job.path, config_file, fail_on, min_severity, min_confidence, select, ignore, require
        )
        for job in jobs
    ]
    known = _read_baseline(baseline) if baseline is not None else None
    replaced = replaced_files(targets, [job.default for job in jobs])
    replaced |= {file.resolve() for file in (baseline, write_baseline) if file is not None}
    done: list[tuple[_Job, Config, Report]] = []
    failed: list[Failed] = []
    levels = [Severity[config.fail_on.upper()] for config in configs]
    with progress() as say:
        for number, (job, config) in enumerate(zip(jobs, configs, strict=True), 1):
            prefix = f"[{number}/{len(jobs)}] {job.name}: " if len(jobs) > 1 else ""
            work = _Work(config, replaced, known, not no_inline_ignores, len(jobs) == 1)
            result = _audit(job, work, partial(_say_of, say, prefix))
            if isinstance(result, tuple):
                failed.append(_failure(job.name, *result, number - 1))
            else:
                done.append((job, config, result))
        say("writing the report")
        shown = write_outputs(
            [report for _, _, report in done],
            [str(job.path) for job, _, _ in done],
            targets,
            [job.default for job, _, _ in done],
            fail_on=min(levels),
            failed=failed,
        )
    show(shown)  # after the progress, which shares the terminal
    if targets is not None and ("console", None) not in targets:
        for each in failed:
            say_plainly(f"{each.name}: {each.reason}")
    if write_baseline is not None:
        _write_baseline(write_baseline, [report for _, _, report in done], known)
    codes = [ExitCode(each.code) for each in failed]
    codes += [
        exit_code(
            report,
            Severity[config.fail_on.upper()],
            exit_zero=exit_zero or write_baseline is not None,
        )
        for _, config, report in done
    ]
    raise typer.Exit(worst(codes))


def _say_of(say: Callable[[str], None], prefix: str, text: str) -> None:
    say(prefix + text)


def providers(say: Callable[[str], None] | None = None) -> Providers:
    """How derived artifacts are computed."""
    from audit.engine import Provider
    from audit.lineage import code_facts
    from audit.model.artifacts import Code, CodeFacts, Kinship, Splits
    from audit.neighbours import kinship

    return {
        CodeFacts: Provider(Code, code_facts),
        Kinship: Provider(Splits, partial(kinship, progress=say)),
    }


# --- what is audited --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Job:
    """One export: its path as given, a name that no other one has, its default report."""

    path: Path
    name: str
    default: Path
    stray: bool = False


def _jobs(paths: Sequence[Path], output: Path) -> list[_Job]:
    """Every path once, in the order given."""
    from audit.load import is_file, is_folder

    unique: dict[Path, Path] = {}
    for path in paths:
        unique.setdefault(_resolved(path), path)
    names = distinct_names(list(unique))
    folders = any(map(is_folder, unique))
    return [
        _Job(
            given,
            name,
            output / f"{stem}.md",
            folders and is_file(path) and path.suffix.lower() not in (".ipynb", ".py"),
        )
        for (path, given), name, stem in zip(unique.items(), names, file_stems(names), strict=True)
    ]


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Last part of each path, with as many of its parents as it takes to tell them apart.

    Examples
    --------
    >>> distinct_names([Path("/a/run"), Path("/b/run"), Path("/b/other")])
    ['a/run', 'b/run', 'other']
    """
    depths = [1] * len(paths)
    while True:
        names = [
            "/".join(part for part in path.parts[-depth:] if part != path.anchor) or "export"
            for path, depth in zip(paths, depths, strict=True)
        ]
        longer = [
            depth + 1 if names.count(name) > 1 and depth < len(path.parts) else depth
            for path, name, depth in zip(paths, names, depths, strict=True)
        ]
        if longer == depths:
            return names
        depths = longer


@dataclass(frozen=True, slots=True)
class _Work:
    """What holds for the audit of one export."""

    config: Config
    replaced: frozenset[Path]
    baseline: Baseline | None
    honour_ignores: bool
    alone: bool


def _audit(job: _Job, work: _Work, say: Callable[[str], None]) -> Report | tuple[str, int]:
    """The report; beside other exports, otherwise why there is none, and the exit code."""
    from audit.engine import run
    from audit.load import NothingToAudit, load
    from audit.registry import load_checks

    if job.stray:
        return "a file beside folders is no export; name folders only: experiments/*/", 3
    try:
        export = load(job.path, work.config, say, passed_over=work.replaced)
        if not work.alone:
            export = replace(export, name=job.name)
        known = work.baseline
        return run(
            export,
            load_checks(),
            work.config,
            providers=providers(say),
            progress=say,
            honour_ignores=work.honour_ignores,
            known=known.of(export.name, alone=work.alone) if known is not None else None,
        )
    except NothingToAudit as error:
        if work.alone:
            fail(str(error), 3)
        return str(error), 3
    except Exception as error:  # the other exports go on; alone, the traceback is worth more
        if work.alone:
            raise
        return f"the audit crashed: {type(error).__name__}: {error}", 4


def _failure(name: str, reason: str, code: int, place: int) -> Failed:
    from audit.render.several import Failed

    return Failed(name, reason, code, place)


# --- known findings ---------------------------------------------------------------------------


def _read_baseline(file: Path) -> Baseline:
    from audit.suppress.baseline import MAX_BYTES, BaselineError, parse_baseline

    try:
        return parse_baseline(read_text(file, MAX_BYTES), file.name)
    except BaselineError as error:
        fail(str(error), 2)
    except FileNotFoundError:
        fail(f"there is no baseline {file}; write one with --write-baseline {file}", 2)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        fail(f"cannot read the baseline {file}: {reason}; write one with --write-baseline", 2)


def _write_baseline(file: Path, reports: Sequence[Report], before: Baseline | None) -> None:
    import audit
    from audit.suppress.baseline import baseline_text

    write_file(file, baseline_text(reports, audit.__version__, before))
    total = sum(len(report.judged) for report in reports)
    say_plainly(f"{total:,} known finding(s) written to {file}; next time: --baseline {file}")
