"""``audit reference``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from audit.cli.app import app
from audit.cli.output import parse_targets
from audit.cli.run import run_command
from audit.cli.settings import FailOnOption, configure
from audit.cli.terminal import fail, show

RUNS = ("run7", "run7-as-prescribed", "run6", "run6-resplit")
PROFILES = ("smoke", "cpu", "full")
ABLATION = "ablation"
STOPPED = 130
_PATIENCE = 30.0  # seconds in which a run that was stopped may tidy up

_EPILOG = """\b
Runs:
  run7                split first, exact augmentation, no label in the features: VALID
  run7-as-prescribed  the repair that the analysis of Run 6 recommends: it fails
  run6                augmented before the split: INVALID
  run6-resplit        the pool of Run 6, split by parent: its honest number
  ablation            what augmentation, features and loss weights do; options of its own,
                      see audit reference ablation --help

\b
Profiles (of run7; of the others cpu is the size of the shipped export):
  smoke  under a minute
  cpu    minutes on two cores
  full   more data and longer training; a GPU is used where there is one

\b
Examples:
  audit reference run7 --profile smoke
  audit reference run7 --seed 3 --out results/run7
  audit reference run7 --inputs inputs.pkl --targets heights.pkl --verify-labels
  audit reference run7 --also-test inputs.pkl heights.pkl
  audit reference run6 --exit-zero

\b
Exit codes: those of audit run; 2 also where the run itself fails, and no audit follows.
"""


class _Reference(TyperCommand):
    """Leaves ``ablation`` and its options to the pipeline, which has a command line for it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] == [ABLATION]:
            ctx.exit(run_pipeline(args))
        return super().parse_args(ctx, args)


@app.command("reference", cls=_Reference, epilog=_EPILOG)
def reference_command(
    run: Annotated[str, typer.Argument(help="Which experiment, see below.", metavar="RUN")],
    profile: Annotated[
        str, typer.Option(help="Size of the run: smoke, cpu or full.", metavar="NAME")
    ] = "cpu",
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Seed of the data and of the training."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of the export; an export of an earlier run in it is replaced. "
            "Default: ./reference_RUN.",
        ),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your own samples, a pickled list of [n, k, m, P]."),
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Their heights, a pickled list of numbers.")
    ] = None,
    verify_labels: Annotated[
        bool,
        typer.Option(
            "--verify-labels", help="Compare --targets with the exact heights before training."
        ),
    ] = False,
    also_test: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="INPUTS TARGETS",
            help="Of run7: a labelled test set from elsewhere, in the same format, that is scored "
            "at the end.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the report. Default: reports/ beside the export."
        ),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT[:FILE]", help="As of audit run. Repeatable."),
    ] = None,
    fail_on: FailOnOption = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found; 2, 3 and 4 stay.")
    ] = False,
) -> None:
    """Train a reference experiment, write its export, and audit it."""
    if run not in RUNS:
        fail(f"unknown run {run!r}; choose {', '.join([*RUNS, ABLATION])}", 2)
    if profile not in PROFILES:
        fail(f"unknown profile {profile!r}; choose {', '.join(PROFILES)}", 2)
    if (inputs is None) != (targets is None):
        fail("--inputs and --targets belong together: give both", 2)
    if verify_labels and inputs is None:
        fail("--verify-labels is about --inputs and --targets; generated labels are exact", 2)
    parse_targets(formats)
    folder = out or Path(f"reference_{run.replace('-', '_')}")
    configure(folder, None, fail_on)
    arguments = [run, "--profile", profile, "--out", str(folder)]
    if seed is not None:
        arguments += ["--seed", str(seed)]
    if inputs is not None:
        arguments += ["--inputs", str(inputs)]
    if targets is not None:
        arguments += ["--targets", str(targets)]
    if verify_labels:
        arguments.append("--verify-labels")
    if also_test is not None:
        arguments += ["--also-test", *map(str, also_test)]
    code = run_pipeline(arguments)
    if code != 0:
        raise typer.Exit(code if code in (2, STOPPED) else 2)
    show("\n")
    run_command(
        [folder],
        formats=formats,
        output=report or (folder.parent if folder.name else folder / "..") / "reports",
        fail_on=fail_on,
        exit_zero=exit_zero,
    )


def run_pipeline(arguments: Sequence[str]) -> int:
    """Run ``python -m reference_pipeline`` with what it prints going where ours goes."""
    command = [sys.executable, "-m", "reference_pipeline", *arguments]
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        fail(f"cannot start {sys.executable}: {error.strerror}", 2)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # Ctrl-C reached the child as well; it removes what it had begun.
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return STOPPED
