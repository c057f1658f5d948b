"""NumPy files: headers are checked against the bytes present before anything is allocated."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from audit.config import Limits
from audit.load.discover import RAISE_LIMIT, File, open_file
from audit.load.names import has_word
from audit.load.problems import LoadError, first_line, refused, unreadable
from audit.load.standins import MAX_EMPTY, shape_text
from audit.model.artifacts import Array, Problem, ProblemKind

_KINDS = frozenset("biufcSUMm")
_MAX_MEMBERS = 10_000
_MAX_HEADER = 65_536
_MIB = 1 << 20
_TEXT_MEMBERS = frozenset({"names", "columns", "classes"})
NPY_STEP = "Save it as a numeric array, or as columns of a .parquet or .csv file."


def read_npy(file: File) -> Array:
    """Read a ``.npy`` file.

    Raises
    ------
    LoadError
        If it is corrupt, holds Python objects, or is shorter than its header says.
    """
    try:
        with open_file(file) as handle:
            return _array(handle, file.size)
    except OSError as error:
        raise unreadable(f"cannot be read: {error.strerror}") from error


def read_npz(file: File, limits: Limits) -> tuple[dict[str, Array], tuple[Problem, ...]]:
    """Read the members of an ``.npz`` file; one bad member does not lose the others.

    Returns
    -------
    dict of str to ndarray
        By member name, without ``.npy``.
    tuple of Problem
        Members that were refused.
    """
    members: dict[str, Array] = {}
    problems: list[Problem] = []
    left = limits.max_file_mb * _MIB
    try:
        with open_file(file) as packed, zipfile.ZipFile(packed) as archive:
            infos = archive.infolist()
            if len(infos) > _MAX_MEMBERS:
                raise refused(f"the archive has {len(infos):,} members", NPY_STEP)
            for info in sorted(infos, key=lambda info: info.filename):
                if info.is_dir() or not info.filename.endswith(".npy"):
                    continue
                try:
                    if info.file_size > left:
                        raise refused(
                            f"unpacks to more than the limit of {limits.max_file_mb:,} MiB",
                            RAISE_LIMIT,
                        )
                    left -= info.file_size
                    with archive.open(info) as handle:
                        members[info.filename[:-4]] = _array(handle, info.file_size)
                except LoadError as error:
                    label = info.filename[:80]
                    if error.kind is ProblemKind.REFUSED and has_word(label[:-4], _TEXT_MEMBERS):
                        problems.append(_without_names(label).at(file.name))
                        continue
                    named = LoadError(error.kind, f"{label}: {error.reason}", error.next_step)
                    problems.append(named.at(file.name))
                except Exception as error:
                    reason = f"{info.filename[:80]} cannot be read: {first_line(error)}"
                    problems.append(unreadable(reason).at(file.name))
    except LoadError:
        raise
    except Exception as error:
        # zipfile raises many types on hostile bytes: BadZipFile, NotImplementedError, struct.error
        raise unreadable(f"not a usable .npz archive: {first_line(error)}") from error
    return members, tuple(problems)


def _without_names(label: str) -> LoadError:
    # pandas writes column names as Python objects; nothing is lost but their names
    return LoadError(
        ProblemKind.SKIPPED,
        f"{label} was left out: an array of Python objects is never unpickled",
        "Save names as text, for instance np.asarray(names, dtype=str).",
    )


def _array(handle: IO[bytes], size: int) -> Array:
    shape, fortran, dtype = _header(handle)
    if dtype.hasobject:
        raise refused("an array of Python objects (dtype object) is never unpickled", NPY_STEP)
    fields: Mapping[str, Any] = dtype.fields or {}
    kinds = {field[0].kind for field in fields.values()} if fields else {dtype.kind}
    if dtype.subdtype is not None or not kinds <= _KINDS or dtype.itemsize == 0:
        raise refused(f"an array of dtype {str(dtype)[:40]} is not plain numbers or text", NPY_STEP)
    if not all(type(n) is int and n >= 0 for n in shape) or len(shape) > 32:
        raise unreadable(f"an array of impossible shape {shape_text(shape)}")
    wanted = math.prod(shape) * dtype.itemsize
    if not wanted and max(shape, default=0) > MAX_EMPTY:
        raise unreadable(f"an array of impossible shape {shape_text(shape)}")
    if wanted > size:
        raise unreadable(
            f"the array claims shape {shape_text(shape)}, more than the {size:,} bytes that are "
            "there"
        )
    content = handle.read(wanted)
    if len(content) != wanted:
        raise unreadable("the array is truncated")
    flat: Array = np.frombuffer(content, dtype) if wanted else np.zeros(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(handle: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order and dtype; NumPy parses no more text than an honest header has."""
    try:
        version = npy.read_magic(handle)
        width = {(1, 0): 2, (2, 0): 4, (3, 0): 4}.get(version)
        if width is None:
            raise unreadable(f"NumPy format version {version} is not known")
        prefix = handle.read(width)
        length = int.from_bytes(prefix, "little")
        if length > _MAX_HEADER:
            raise refused(f"the header of an array claims {length:,} bytes", NPY_STEP)
        text = io.BytesIO(prefix + handle.read(length))
        read = npy.read_array_header_1_0 if width == 2 else npy.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(text)
    except LoadError:
        raise
    except Exception as error:
        raise unreadable(f"not a usable NumPy array: {first_line(error)}") from error
