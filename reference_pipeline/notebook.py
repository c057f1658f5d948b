"""Assemble a notebook from its percent-format source, and execute it."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from reference_pipeline.config import RunConfig

_NEEDED = ("tensorflow", "keras", "nbclient", "nbformat", "ipykernel", "sklearn")
_MARKER = re.compile(
    r"^# %%(?: (?P<title>\w[\w ]*?))?(?P<kind> \[markdown\])?[^\S\n]*$", re.MULTILINE
)
_SHARED = re.compile(r"^# %% from (?P<run>\w+): (?P<title>\w[\w ]*?)[^\S\n]*$", re.MULTILINE)
_METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
_TIMEOUT_SECONDS = 3600


class MissingDependencyError(RuntimeError):
    """A package of the ``reference`` extra is not installed."""


def require_dependencies() -> None:
    """Check that everything needed to execute a notebook is installed.

    Raises
    ------
    MissingDependencyError
        If a package is missing; the message says how to install it.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"executing a reference notebook needs {', '.join(missing)}: "
            'run pip install "leakage-audit[reference]"'
        )


def source_of(config: RunConfig) -> str:
    """Return the source of a run's notebook with the configured constants written into it.

    A line ``# %% from run6: pool`` stands for the cells that have the title "pool" (``# %% pool``)
    in the notebook of Run 6, so that two runs can have steps in common, to the letter.

    Parameters
    ----------
    config : RunConfig

    Returns
    -------
    str
        The source in percent format.

    Raises
    ------
    ValueError
        If a constant or a shared cell does not stand in the source, or if the copies or the
        weights of the source are not those of the configuration.
    """
    source = _SHARED.sub(
        lambda match: _cells_of(_text_of(match["run"]), match["title"]), _text_of(config.name)
    )
    for name, value in config.constants.items():
        source, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value!r}", source)
        if count != 1:
            raise ValueError(f"{config.name}: expected one line '{name} = ...', found {count}")
    expected = {"copies_per_group": config.copies, "group_weights": config.group_weights}
    found = _literals(source)
    for name, values in expected.items():
        if found.get(name, values) != values:
            raise ValueError(f"{config.name}: {name} in the notebook differs from the config")
    return source


def build(source: str, name: str) -> Any:
    """Assemble a notebook without outputs.

    Parameters
    ----------
    source : str
        Source in percent format; what precedes the first marker is left out.
    name : str
        Stem of the cell ids, which are fixed so that a rebuilt notebook is the same file.

    Returns
    -------
    nbformat.NotebookNode
    """
    nbformat = importlib.import_module("nbformat")
    cells = []
    for number, (marker, end) in enumerate(_spans(source)):
        text = source[marker.end() : end].strip("\n")
        if marker["kind"]:
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n"))
            cell = nbformat.v4.new_markdown_cell(text)
        else:
            cell = nbformat.v4.new_code_cell(text)
        cell["id"] = f"{name}-{number:02d}"
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata=_METADATA)


def execute(notebook: Any, folder: Path) -> None:
    """Execute a notebook in place, with ``folder`` as its working directory.

    Times, kernel versions and the error stream (start-up messages of libraries) are left out
    of what is recorded, since they say nothing about the experiment.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    folder : Path

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    """
    client = importlib.import_module("nbclient").NotebookClient(
        notebook,
        timeout=_TIMEOUT_SECONDS,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    notebook.metadata.update(_METADATA)  # without the versions that the kernel added
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]


def save(notebook: Any, path: Path) -> None:
    """Write a notebook as JSON.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    path : Path
    """
    nbformat = importlib.import_module("nbformat")
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def _text_of(run: str) -> str:
    return (resources.files("reference_pipeline.notebooks") / f"{run}.py").read_text("utf-8")


def _cells_of(source: str, title: str) -> str:
    """The cells of a title, with their markers, in order."""
    cells = [
        source[marker.start() : end].strip("\n")
        for marker, end in _spans(source)
        if marker["title"] == title
    ]
    if not cells:
        raise ValueError(f"no cell has the title {title!r}")
    return "\n\n".join(cells)


def _spans(source: str) -> Iterator[tuple[re.Match[str], int]]:
    """Every marker, and where its cell ends."""
    markers = list(_MARKER.finditer(source))
    ends = [marker.start() for marker in markers[1:]] + [len(source)]
    return zip(markers, ends, strict=True)


def _literals(source: str) -> dict[str, object]:
    """The values of all top-level assignments of literals."""
    values: dict[str, object] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return values
