"""Which files an export holds: a sorted walk that never leaves the folder and never blocks."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from audit.config import Limits
from audit.load.problems import LoadError, first_line, refused, unreadable
from audit.model.artifacts import Problem, ProblemKind
from audit.model.location import Location

SKIPPED_FOLDERS = frozenset(
    {"__pycache__", "node_modules", "venv", "env", "site-packages", "__macosx"}
)
_CHUNK = 1 << 20
_MIB = 1 << 20
RAISE_LIMIT = (
    "Export less, or raise the limit in a configuration outside the export (--config FILE)."
)


@dataclass(frozen=True, slots=True)
class File:
    """One regular file of the export.

    Parameters
    ----------
    path : Path
        Where it is on disk, symbolic links resolved.
    name : str
        POSIX path relative to the export, in valid Unicode.
    size : int
        Bytes.
    """

    path: Path
    name: str
    size: int

    @property
    def suffix(self) -> str:
        """Lower-case suffix with the dot."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def stem(self) -> str:
        """Name without folder and suffix."""
        return PurePosixPath(self.name).stem


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to read, sorted by name, and what was refused on the way."""

    files: tuple[File, ...]
    problems: tuple[Problem, ...]


def discover(root: Path, limits: Limits, passed_over: Collection[Path] = ()) -> Discovery:
    """Walk a folder.

    Hidden files and folders, virtual environments and caches are passed over. Symbolic links to
    folders are not followed; links to files are, as long as they stay inside.

    Parameters
    ----------
    root : Path
        A folder, resolved.
    limits : Limits
        Bounds on number and sizes.
    passed_over : collection of Path
        Resolved files that are no part of the export.
    """
    files: list[File] = []
    problems: list[Problem] = []
    total = 0
    seen = 0
    for path in _walk(root, problems, root):
        if path in passed_over:
            continue
        seen += 1
        if seen > limits.max_files:
            error = refused(
                f"more than {limits.max_files:,} files; the rest was not looked at",
                RAISE_LIMIT,
            )
            problems.append(error.at("."))
            break
        name = relative_name(path, root)
        try:
            file = _regular(path, name, root, limits)
            if total + file.size > limits.max_total_mb * _MIB:
                raise refused(
                    f"the files together exceed {limits.max_total_mb:,} MiB",
                    RAISE_LIMIT,
                )
        except LoadError as error:
            problems.append(error.at(name))
            continue
        total += file.size
        files.append(file)
    return Discovery(tuple(sorted(files, key=lambda file: file.name)), tuple(problems))


def single(path: Path, limits: Limits) -> Discovery:
    """Discover one file given by itself."""
    name = relative_name(path, path.parent)
    try:
        return Discovery((_regular(path, name, path.parent, limits),), ())
    except LoadError as error:
        return Discovery((), (error.at(name),))


def relative_name(path: Path, root: Path) -> str:
    """POSIX path relative to the export; bytes that are no Unicode become ``?``-like marks."""
    text = path.relative_to(root).as_posix()
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _walk(folder: Path, problems: list[Problem], root: Path) -> list[Path]:
    found: list[Path] = []
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            with os.scandir(current) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            reason = f"the folder cannot be listed: {error.strerror or first_line(error)}"
            step = "Make the folder readable, or remove it."
            problems.append(unreadable(reason, step).at(relative_name(current, root)))
            continue
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name.lower() not in SKIPPED_FOLDERS and not is_file(path / "pyvenv.cfg"):
                    pending.append(path)
            elif entry.is_symlink() and is_folder(path):
                problems.append(_linked_folder(path, root))
            else:
                found.append(path)
    return sorted(found)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; not where the folder around it cannot be entered."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib raises there


def is_file(path: Path) -> bool:
    """Whether a path is a regular file; likewise."""
    return os.path.isfile(path)  # noqa: PTH113 - as above


def _linked_folder(path: Path, root: Path) -> Problem:
    name = relative_name(path, root)
    if path.resolve().is_relative_to(root):
        reason = "a symbolic link to a folder is not followed"
        step = "Nothing, if the folder itself is in the export; otherwise copy it there."
        return Problem(ProblemKind.SKIPPED, Location(name), reason, step)
    return _leaves().at(name)


def _leaves() -> LoadError:
    return refused(
        "a symbolic link that leaves the folder is not followed",
        "Copy the file into the export in place of the link.",
    )


def _regular(path: Path, name: str, root: Path, limits: Limits) -> File:
    try:
        real = path.resolve(strict=True)
        status = real.stat()
    except (OSError, RuntimeError) as error:
        raise unreadable(f"cannot be opened: {_os_reason(error)}") from error
    if not real.is_relative_to(root):
        raise _leaves()
    if not stat.S_ISREG(status.st_mode):
        raise refused("not a regular file (a pipe, socket or device)", "Remove it.")
    if status.st_size > limits.max_file_mb * _MIB:
        raise refused(
            f"{status.st_size / _MIB:,.0f} MiB, more than the limit of {limits.max_file_mb:,} MiB",
            RAISE_LIMIT,
        )
    return File(real, name, status.st_size)


def _os_reason(error: BaseException) -> str:
    # The text of an OSError holds the absolute path, which has no place in a report.
    return getattr(error, "strerror", None) or type(error).__name__


def read_bytes(file: File, limit: int | None = None) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    file : File
        What to read.
    limit : int, optional
        Refuse more than that many bytes.

    Raises
    ------
    LoadError
        If it is too large, vanished, or is no regular file any more.
    """
    bound = file.size if limit is None else min(file.size, limit)
    if file.size > bound:
        raise refused(
            f"{file.size:,} bytes, too large for a {file.suffix} file",
            "Keep large data in .parquet or .npz files.",
        )
    try:
        with open_file(file) as handle:
            return handle.read(bound)
    except OSError as error:
        raise unreadable(f"cannot be read: {_os_reason(error)}") from error


def open_file(file: File) -> BinaryIO:
    """Open a file, without blocking and without following links.

    The file may have been exchanged since the walk.

    Raises
    ------
    LoadError
        If it vanished, or is no regular file any more.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(file.path, flags)
    except OSError as error:
        raise unreadable(f"cannot be read: {_os_reason(error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise refused("not a regular file (a pipe, socket or device)", "Remove it.")
    return os.fdopen(descriptor, "rb")


def digest(files: Sequence[File]) -> str:
    """``sha256:`` and 64 hexadecimal digits over sorted relative names and contents."""
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        part = hashlib.sha256()
        try:
            with open_file(file) as handle:
                while chunk := handle.read(_CHUNK):
                    part.update(chunk)
        except (OSError, LoadError):
            part.update(b"unreadable")
        name = file.name.encode("utf-8", "replace")
        whole.update(len(name).to_bytes(8, "big") + name + part.digest())
    return f"sha256:{whole.hexdigest()}"
