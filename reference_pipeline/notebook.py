"""Assemble a notebook from its percent-format source, and execute it."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from importlib import resources
from pathlib import Path
from typing import Any

from reference_pipeline.config import RunConfig

_NEEDED = ("tensorflow", "keras", "nbclient", "nbformat", "ipykernel", "sklearn")
_MARKER = re.compile(r"^# %%(?P<kind> \[markdown\])?\s*$", re.MULTILINE)
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
        If a constant does not stand in the source, or if the copies or the weights of the
        source are not those of the configuration.
    """
    folder = resources.files("reference_pipeline.notebooks")
    source = (folder / f"{config.name}.py").read_text(encoding="utf-8")
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
    markers = list(_MARKER.finditer(source))
    ends = [marker.start() for marker in markers[1:]] + [len(source)]
    cells = []
    for number, (marker, end) in enumerate(zip(markers, ends, strict=True)):
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
