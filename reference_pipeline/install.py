"""Put a finished export into its place, and nothing before it is finished."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Status = Literal["new", "identical", "changed"]

# What runs write. A file of these names that the new run does not make is left over from another
# run, and goes; everything else in the folder belongs to the user, and stays.
_NOTEBOOKS = ("train_run6*.ipynb", "train_run7*.ipynb", "train_corrected.ipynb")
_OURS = (
    *_NOTEBOOKS,
    "data/inputs_n_k_m_P.pkl",
    "data/m_heights.pkl",
    "data/fresh_n_k_m_P.pkl",
    "data/fresh_m_heights.pkl",
    "data/also_n_k_m_P.pkl",
    "data/also_m_heights.pkl",
    "splits/train.parquet",
    "splits/val.parquet",
    "splits/test.parquet",
    "train_predictions.parquet",
    "val_predictions.parquet",
    "test_predictions.parquet",
    "history.csv",
    "metrics.json",
    "baseline_run2.json",
    "RESULTS.md",
    ".audit-capture.json",
)


class OutputError(ValueError):
    """The export cannot be written where it was asked for."""


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """One file of a finished export.

    Attributes
    ----------
    path : str
        Path relative to the export.
    size : int
        Bytes.
    status : str
        Compared with the file that was there before.
    trained : bool
        Whether the contents depend on floating-point training.
    """

    path: str
    size: int
    status: Status
    trained: bool


@contextmanager
def workshop(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``out``, on the same disk, which is gone in the end.

    Parameters
    ----------
    out : Path
        Where the export will go.

    Raises
    ------
    OutputError
        If it cannot go there, or if files that no run has written would be replaced.
    """
    _check(out)
    place = Path(os.path.abspath(out))  # noqa: PTH100 - a link stays a link
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent)
    except OSError as error:
        raise OutputError(f"cannot write into {out.parent}: {error.strerror}") from None
    with temporary as name:
        folder = Path(name) / "export"  # made with the usual permissions, unlike its parent
        folder.mkdir()
        yield folder


def install(folder: Path, out: Path, untrained: set[str]) -> list[BuiltFile]:
    """Move a finished export into its place.

    Parameters
    ----------
    folder : Path
        The finished export.
    out : Path
        Where it goes. Files of the user stay; files of an earlier run do not.
    untrained : set of str
        Paths of files that do not depend on training.

    Returns
    -------
    list of BuiltFile
        Sorted by path.
    """
    made = sorted(files_in(folder))
    built = [
        BuiltFile(
            path=path,
            size=(folder / path).stat().st_size,
            status=_status(folder / path, out / path),
            trained=path not in untrained,
        )
        for path in made
    ]
    for path in made:
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).replace(out / path)
    for pattern in _OURS:
        for old in out.glob(pattern):
            if old.relative_to(out).as_posix() not in made:
                old.unlink()
    return built


def files_in(folder: Path) -> set[str]:
    """Paths of all files below a folder, relative to it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _check(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is no folder; choose another one with --out")
    if not out.is_dir():
        return
    if not os.access(out, os.W_OK | os.X_OK):
        raise OutputError(f"{out} cannot be written; choose another folder with --out")
    taken = [path for pattern in _OURS for path in out.glob(pattern)]
    if taken and not any(list(out.glob(pattern)) for pattern in _NOTEBOOKS):
        raise OutputError(
            f"{out} holds {taken[0].relative_to(out).as_posix()}, which no reference run has "
            "written; choose another folder with --out"
        )


def _status(new: Path, old: Path) -> Status:
    if not old.is_file():
        return "new"
    return "identical" if _digest(new) == _digest(old) else "changed"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
