"""Command line: ``python -m reference_pipeline RUN --out FOLDER``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reference_pipeline.config import PROFILES, RUN_NAMES, on_command_line
from reference_pipeline.notebook import MissingDependencyError, Section, require_dependencies

if TYPE_CHECKING:
    from reference_pipeline.install import BuiltFile
    from reference_pipeline.own_data import OwnData

FAILED = 2
STOPPED = 130  # by Ctrl-C, as shells number it

_EPILOG = """\
studies:
  python -m reference_pipeline ablation --help

examples:
  python -m reference_pipeline run7
  python -m reference_pipeline run7 --profile smoke --seed 3 --out /tmp/run7
  python -m reference_pipeline run7 --inputs inputs.pkl --targets heights.pkl --verify-labels
  python -m reference_pipeline run7 --also-test inputs.pkl heights.pkl
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build one export.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; by default the real one.

    Returns
    -------
    int
        Exit code: 0; 2 when a package is missing, the data cannot be used, the folder cannot be
        written or the notebook fails; 130 when it was stopped by Ctrl-C.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["ablation"]:
        from reference_pipeline.ablation.command import main as ablation

        return ablation(words[1:])
    parser = _parser()
    parsed = parser.parse_args(words)
    if (parsed.inputs is None) != (parsed.targets is None):
        parser.error("--inputs and --targets belong together")
    if parsed.verify_labels and parsed.inputs is None:
        parser.error("--verify-labels is about --inputs and --targets; generated labels are exact")
    if parsed.also_test and parsed.run != "run7":
        parser.error("--also-test is an option of run7")
    out = parsed.out or Path(f"reference_{parsed.run.replace('-', '_')}")
    try:
        require_dependencies()
        return _build(parsed, out)
    except MissingDependencyError as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write(f"stopped; {out} is as it was before\n")
        return STOPPED


def _build(parsed: argparse.Namespace, out: Path) -> int:
    # Imported only now: without the extra some of these packages are missing.
    from reference_pipeline.config import with_seed
    from reference_pipeline.data import DataError
    from reference_pipeline.export import build_export, write_parents
    from reference_pipeline.install import OutputError
    from reference_pipeline.notebook import NotebookError
    from reference_pipeline.runs import RUNS

    config = RUNS[parsed.run.replace("-", "_")].configure(parsed.profile)
    if parsed.seed is not None:
        config = with_seed(config, parsed.seed)
    try:
        built = build_export(config, out, _say, _own_data(parsed), _also_test(parsed))
        if parsed.parents is not None:
            write_parents(config, parsed.parents)
            _say(f"parents of all rows, outside the export: {parsed.parents}")
    except (DataError, OutputError, NotebookError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    _say("")
    _say(_times(built.sections))
    _say("")
    _say(_summary(built.files))
    return 0


def _own_data(parsed: argparse.Namespace) -> OwnData | None:
    from reference_pipeline.own_data import OwnData

    if parsed.inputs is None:
        return None
    return OwnData(parsed.inputs, parsed.targets, parsed.verify_labels)


def _also_test(parsed: argparse.Namespace) -> OwnData | None:
    from reference_pipeline.own_data import OwnData

    return OwnData(*parsed.also_test) if parsed.also_test else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_pipeline",
        description="Generate the data of a reference experiment, run its notebook, write its "
        "export.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    runs = [on_command_line(name) for name in RUN_NAMES]
    parser.add_argument("run", choices=runs, help="which experiment")
    parser.add_argument(
        "--profile", choices=PROFILES, default="cpu", help="size of the run (default: cpu)"
    )
    parser.add_argument(
        "--seed", type=_seed, metavar="N", help="seed of the data and of the training"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the export (default: ./reference_RUN)"
    )
    parser.add_argument(
        "--inputs",
        type=Path,
        metavar="FILE",
        help="your own samples: a pickled list of [n, k, m, P]",
    )
    parser.add_argument(
        "--targets", type=Path, metavar="FILE", help="their heights: a pickled list of numbers"
    )
    parser.add_argument(
        "--verify-labels",
        action="store_true",
        help="compare every height of --targets with the exact one before training",
    )
    parser.add_argument(
        "--also-test",
        type=Path,
        nargs=2,
        metavar=("INPUTS", "TARGETS"),
        help="run7 only: a labelled test set from elsewhere, in the same format, scored at the end",
    )
    parser.add_argument(
        "--parents",
        type=Path,
        metavar="FILE",
        help="run6 only: also write the parent of every row, which is no part of the export",
    )
    return parser


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise argparse.ArgumentTypeError("expected a number from 0 to 2147483647")
    return number


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _times(sections: Sequence[Section]) -> str:
    """What each step took."""
    width = max(len(section.title) for section in sections)
    total = Section("In all", sum(s.wall for s in sections), sum(s.cpu for s in sections))
    lines = [f"{'Step':{width}s}  {'wall s':>8s}  {'CPU s':>8s}"]
    lines += [f"{s.title:{width}s}  {s.wall:8.1f}  {s.cpu:8.1f}" for s in [*sections, total]]
    return "\n".join(lines)


def _summary(files: Sequence[BuiltFile]) -> str:
    exact = [file for file in files if not file.trained]
    trained = [file for file in files if file.trained]
    total = sum(file.size for file in files)
    return "\n".join(
        [
            "Byte-identical on every run with the same versions of NumPy, scikit-learn, pandas",
            "and pyarrow (seeded generators, exact arithmetic):",
            *map(_line, exact),
            "May differ on another processor or with another TensorFlow (floating-point training,",
            "seeded, with deterministic operations, so it repeats on one machine):",
            *map(_line, trained),
            f"{total / 1e6:.2f} MB in all.",
        ]
    )


def _line(file: BuiltFile) -> str:
    return f"  {file.status:9s}  {file.size / 1000:9.1f} kB  {file.path}"


if __name__ == "__main__":
    sys.exit(main())
