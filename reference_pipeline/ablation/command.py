"""Command line: ``python -m reference_pipeline ablation``."""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from reference_pipeline.ablation.figure import draw
from reference_pipeline.ablation.grid import LEVELS, Study, restricted
from reference_pipeline.ablation.progress import ConsoleWatcher
from reference_pipeline.ablation.report import FIGURE, Findings, as_json, page
from reference_pipeline.ablation.study import Preparer, Trainer, run_study

FAILED = 2
STOPPED = 130  # by Ctrl-C, as shells number it

_COMMAND = "python -m reference_pipeline ablation"
_NEEDED = ("tensorflow", "keras", "sklearn", "scipy")
_STUDY = Study()
_DEFAULTS = {
    "seeds": len(_STUDY.seeds),
    "size": _STUDY.samples_per_group,
    "epochs": _STUDY.epochs,
}
_EPILOG = f"""\
factors and levels:
{chr(10).join(f"  {factor:14s}{', '.join(levels)}" for factor, levels in LEVELS.items())}

examples:
  {_COMMAND}
  {_COMMAND} --seeds 2 --limit features=C,D --limit weights=equal
"""


def main(
    arguments: Sequence[str],
    prepare: Preparer | None = None,
    train: Trainer | None = None,
) -> int:
    """Run the study and write its report.

    Parameters
    ----------
    arguments : sequence of str
        The command line after ``ablation``.
    prepare, train : callable, optional
        What makes the data of a seed and what trains a cell; by default the real ones.

    Returns
    -------
    int
        Exit code: 0; 2 for what cannot work; 130 when it was stopped by Ctrl-C.
    """
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        levels = restricted(parsed.limit)
    except ValueError as error:
        parser.error(f"--limit: {error}")
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if train is None and missing:
        return _failed(
            f"the ablation study needs {', '.join(missing)}: "
            'run pip install "leakage-audit[reference]"'
        )
    study = Study(
        seeds=tuple(range(parsed.seeds)),
        samples_per_group=parsed.size,
        test_samples_per_group=parsed.size,
        epochs=parsed.epochs,
        levels=levels,
    )
    try:
        return _run(study, parsed.out, parsed.work, _repeated(parsed), prepare, train)
    except KeyboardInterrupt:
        sys.stderr.write(
            f"stopped: finished cells are kept in {parsed.work}, give the command again to go on; "
            f"{parsed.out} is as it was before\n"
        )
        return STOPPED
    except (ValueError, RuntimeError, OSError) as error:
        return _failed(str(error))


def _run(
    study: Study,
    out: Path,
    work: Path,
    command: str,
    prepare: Preparer | None,
    train: Trainer | None,
) -> int:
    if prepare is None or train is None:
        # Imported only now, and told first to keep its notes off the terminal.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        from reference_pipeline.ablation import prepare as preparing
        from reference_pipeline.ablation import train as training

        prepare = prepare or preparing.prepare
        if train is None:
            study, train = training.with_recipe(study), training.train_cell
    with ConsoleWatcher() as watcher:
        results, facts = run_study(study, work, prepare, train, watcher)
    findings = Findings(study, results, facts, command)
    out.mkdir(parents=True, exist_ok=True)
    texts = {
        "ablation.json": json.dumps(as_json(findings), indent=1, allow_nan=False) + "\n",
        FIGURE: draw(study, results),
        "ablation.md": page(findings),
    }
    for name, text in texts.items():
        _write(out / name, text)
    sys.stdout.write(f"{out / 'ablation.md'}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_COMMAND,
        description="Train every combination of augmentation, feature set and loss weights with "
        "several seeds, and write what each of them does: ablation.md, ablation.svg and "
        "ablation.json. An interrupted study goes on where it stopped.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("reports"),
        help="folder of the report (default: reports)",
    )
    parser.add_argument(
        "--work",
        type=Path,
        metavar="DIR",
        default=Path("build/ablation"),
        help="folder of finished cells and prepared data (default: build/ablation)",
    )
    for name, lowest, words in (
        ("seeds", 1, "number of seeds; intervals need two"),
        ("size", 20, "originals of each group, and as many in the test set"),
        ("epochs", 1, "passes over as many rows as the set with all copies has, in every cell"),
    ):
        parser.add_argument(
            f"--{name}",
            type=_at_least(lowest),
            metavar="N",
            default=_DEFAULTS[name],
            help=f"{words} (default: {_DEFAULTS[name]})",
        )
    parser.add_argument(
        "--limit",
        action="append",
        metavar="FACTOR=LEVEL[,LEVEL]",
        default=[],
        help="train only these levels of a factor; repeatable",
    )
    return parser


def _at_least(lowest: int) -> Callable[[str], int]:
    """Return what reads a whole number that is not too small."""

    def read(text: str) -> int:
        number = int(text) if text.isdecimal() else lowest - 1
        if number < lowest:
            raise argparse.ArgumentTypeError(
                f"expected a whole number of at least {lowest}, not {text!r}"
            )
        return number

    return read


def _repeated(parsed: argparse.Namespace) -> str:
    """The command that gives the same numbers; the folders are anybody's own."""
    words = _COMMAND.split()
    for name in ("seeds", "size", "epochs"):
        if (value := getattr(parsed, name)) != _DEFAULTS[name]:
            words += [f"--{name}", str(value)]
    for limit in parsed.limit:
        words += ["--limit", limit]
    return shlex.join(words)


def _write(path: Path, text: str) -> None:
    """Write a file at once, so that a reader never sees half of it."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _failed(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return FAILED
