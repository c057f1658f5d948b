"""Command line: ``python -m reference_pipeline RUN --out FOLDER``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reference_pipeline.config import (
    RunConfig,
    corrected,
    run6,
    run6_resplit,
    run7_as_prescribed,
)
from reference_pipeline.export import BuiltFile, build_export, write_parents
from reference_pipeline.notebook import MissingDependencyError

_CONFIGS = {
    "run6": run6,
    "corrected": corrected,
    "run6-resplit": run6_resplit,
    "run7-as-prescribed": run7_as_prescribed,
}
_PARENTS = Path("tests/ground_truth/run6_parents.parquet")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build one export.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command line without the program's name; by default the real one.

    Returns
    -------
    int
        Exit code: 0, or 2 when a needed package is missing or the folder cannot be written.
    """
    parsed = _parser().parse_args(arguments)
    config: RunConfig = _CONFIGS[parsed.run]()
    try:
        files = build_export(config, parsed.out, _say)
        if parsed.run == "run6":
            write_parents(config, parsed.parents)
            _say(f"parents of all rows, outside the export: {parsed.parents}")
    except (MissingDependencyError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    _say("")
    _say(_summary(files))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_pipeline",
        description="Generate the data of a reference experiment, run its notebook, write its "
        "export.",
    )
    parser.add_argument("run", choices=sorted(_CONFIGS), help="which experiment")
    parser.add_argument("--out", type=Path, required=True, help="folder of the export")
    parser.add_argument(
        "--parents",
        type=Path,
        default=_PARENTS,
        help="run6 only: where to write the parent of every row, which is no part of the export "
        f"(default: {_PARENTS})",
    )
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _summary(files: list[BuiltFile]) -> str:
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
