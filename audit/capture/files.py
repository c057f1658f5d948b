"""Files of an export: their contents, and how they reach the folder."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from audit.capture.arrays import compact, missing
from audit.capture.errors import CaptureError

if TYPE_CHECKING:
    from audit.capture.arrays import Columns

Files = dict[str, bytes]
MANIFEST = ".audit-capture.json"
_TEMPORARY = ".audit-capture-"
_CODE = (".ipynb", ".py")
_DOCUMENTS = (".md", ".markdown")
_CALL = b"save_export"
_NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"


# --- what an earlier call wrote ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Manifest:
    """Files of an export by the part they belong to, and the columns that make up the group."""

    parts: Mapping[str, tuple[str, ...]]
    groups: tuple[str, ...] = ()

    def owns(self, name: str) -> bool:
        """Whether an earlier call wrote the file."""
        return any(name in names for names in self.parts.values())

    def with_groups(self, groups: Sequence[str]) -> Manifest:
        """The same with other groups."""
        return replace(self, groups=tuple(groups))

    def stored(self, root: Path, name: str) -> Columns | None:
        """Columns of a table that an earlier call wrote."""
        import pyarrow.parquet as pq

        if not self.owns(name) or not (root / name).is_file():
            return None
        table = pq.read_table(root / name)
        return {n: table[n].to_numpy(zero_copy_only=False) for n in table.column_names}


def read_manifest(root: Path) -> Manifest:
    """What earlier calls wrote into the folder; nothing where it is new.

    Raises
    ------
    CaptureError
        If the folder is a file, or the list in it cannot be read.
    """
    if root.exists() and not root.is_dir():
        raise CaptureError(f"{root} is a file: pass a folder")
    path = root / MANIFEST
    if not path.is_file():
        return Manifest({})
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        parts = {str(part): tuple(map(str, names)) for part, names in value["parts"].items()}
        names = [PurePosixPath(name) for own in parts.values() for name in own]
        if any(name.is_absolute() or ".." in name.parts for name in names):
            raise ValueError("it names files outside of the folder")
        return Manifest(parts, tuple(map(str, value["groups"])))
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise CaptureError(
            f"{path} cannot be read, and it lists the files that may be replaced: remove it and "
            "these files, or choose another folder"
        ) from error


def write_files(root: Path, files: Mapping[str, Files], manifest: Manifest) -> tuple[Path, ...]:
    """Put the files in place, each whole, and remove those of the same parts that are left over.

    Parameters
    ----------
    root : Path
        The export.
    files : mapping of str to mapping of str to bytes
        Contents by part and name.
    manifest : Manifest
        Which files may be replaced.

    Raises
    ------
    CaptureError
        If a file is in the way that no earlier call wrote.
    """
    new = {name: content for part in files.values() for name, content in part.items()}
    if sum(map(len, files.values())) > len(new):
        raise CaptureError("a source or document has the name of another exported file: rename it")
    for name in new:
        if os.path.lexists(root / name) and not manifest.owns(name):
            raise CaptureError(
                f"{root / name} is there and was not written by save_export: move it away, or "
                "choose another folder"
            )
    parts = {**manifest.parts, **{part: tuple(sorted(own)) for part, own in files.items()}}
    kept = {name for names in parts.values() for name in names}
    stale = {n for names in manifest.parts.values() for n in names if n not in kept}
    listed = {"parts": {part: names for part, names in sorted(parts.items()) if names},
              "groups": manifest.groups}  # fmt: skip
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=_TEMPORARY) as temporary:
        ready = {name: Path(temporary) / str(i) for i, name in enumerate(sorted(new))}
        for name, path in ready.items():
            path.write_bytes(new[name])
        # The list first: a file that is in it may be replaced by the next call.
        _put(Path(temporary) / "manifest", root / MANIFEST, _json({**listed, "parts": {
            part: sorted({*names, *manifest.parts.get(part, ())}) for part, names in parts.items()
        }}))  # fmt: skip
        for name, path in ready.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            path.replace(root / name)
        for name in stale:
            (root / name).unlink(missing_ok=True)
        _put(Path(temporary) / "manifest", root / MANIFEST, _json(listed))
    return tuple(root / name for name in sorted(new))


def _put(temporary: Path, path: Path, content: bytes) -> None:
    temporary.write_bytes(content)
    temporary.replace(path)


# --- contents ---------------------------------------------------------------------------------


def parquet_bytes(columns: Columns, what: str) -> bytes:
    """A Parquet file of the columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {}
    for name, column in columns.items():
        values = compact(column)
        if values.dtype.kind == "S":
            values = values.astype(str)
        try:
            if values.dtype.kind == "O" and not missing(values).all():
                arrays[name] = _of_objects(values)
            else:
                arrays[name] = pa.array(values)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise CaptureError(
                f"column {name!r} of {what} mixes kinds of values or holds objects: pass numbers "
                f"or text ({str(error)[:120]})"
            ) from error
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays), buffer, compression="zstd")
    return buffer.getvalue()


def _of_objects(values: Any) -> Any:
    import pyarrow as pa

    array = pa.array(values, from_pandas=True)
    if pa.types.is_integer(array.type):
        present = compact(array.drop_null().to_numpy(zero_copy_only=False))
        return array.cast(pa.from_numpy_dtype(present.dtype)) if len(present) else array
    return array


def history_text(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """A CSV file with one row for each epoch."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode("utf-8")


def metrics_text(metrics: Any) -> bytes:
    """A JSON file of nested metrics; numbers of NumPy, arrays and frames become plain values."""
    if not isinstance(metrics, Mapping) or not metrics:
        raise CaptureError("metrics is a mapping, for instance {'test': {'rmse': 1.5}}")
    return _json(_plain(metrics, "metrics"))


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _plain(value: Any, where: str) -> Any:
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        value = value.to_dict("records")
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy") and not hasattr(value, "tolist"):
        value = value.numpy()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise CaptureError(f"{where} is {type(value).__name__}: pass numbers, text, lists or mappings")


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return ",".join(str(getattr(part, "item", lambda part=part: part)()) for part in key)
    return str(getattr(key, "item", lambda: key)())


def config_text(groups: Sequence[str]) -> bytes:
    """An ``audit.toml`` that says which columns make up the group."""
    names = json.dumps(list(groups), ensure_ascii=False)
    return f"# Written by audit.capture.\n[columns]\ngroups = {names}\n".encode()


# --- sources and documents --------------------------------------------------------------------


def source_files(source: Any, root: Path, manifest: Manifest) -> Files:
    """Notebooks and scripts to copy; those that already lie in the export stay there."""
    if source is None:
        found = _own_source()
        if found is None or ((root / found.name).exists() and not manifest.owns(found.name)):
            return {}
        return _copied([found], root, _CODE, "source")
    listed = [source] if isinstance(source, str | Path) else list(source)
    return _copied([Path(path) for path in listed], root, _CODE, "source")


def _own_source() -> Path | None:
    """The file that is being run, if it can be known and calls this function."""
    main = sys.modules.get("__main__")
    told = (
        getattr(main, "__file__", None),
        getattr(main, "__vsc_ipynb_file__", None),
        os.environ.get(_NOTEBOOK_VARIABLE),
    )
    for text in told:
        if not isinstance(text, str) or not text.endswith(_CODE):
            continue
        path = Path(text)
        try:
            if path.is_file() and _CALL in path.read_bytes():
                return path
        except OSError:
            continue
    return None


def document_files(documents: Any, root: Path) -> Files:
    """Markdown files to copy or to write."""
    if isinstance(documents, Mapping):
        for name, text in documents.items():
            pure = PurePosixPath(str(name))
            if pure.suffix.lower() not in _DOCUMENTS or len(pure.parts) != 1:
                raise CaptureError(f"the document {name!r} needs a plain name such as RESULTS.md")
            if not isinstance(text, str):
                raise CaptureError(f"documents[{name!r}] is {type(text).__name__}: pass its text")
        return {str(name): text.encode("utf-8") for name, text in documents.items()}
    listed = [documents] if isinstance(documents, str | Path) else list(documents)
    return _copied([Path(path) for path in listed], root, _DOCUMENTS, "documents")


def _copied(paths: Sequence[Path], root: Path, suffixes: tuple[str, ...], what: str) -> Files:
    files: Files = {}
    for path in paths:
        if path.suffix.lower() not in suffixes:
            raise CaptureError(f"{what}: {path} is none of {', '.join(suffixes)}")
        if not path.is_file():
            raise CaptureError(f"{what}: there is no file {path}: save it first, or correct it")
        if path.resolve().is_relative_to(root.resolve()):
            continue
        if path.name in files:
            raise CaptureError(f"{what}: two files are called {path.name}: rename one")
        files[path.name] = path.read_bytes()
    return files
