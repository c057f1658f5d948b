"""Assemble a notebook from its percent-format source, and execute it.

A cell starts with ``# %%`` or ``# %% [markdown]``. Behind it ``tags=["generated"]`` marks a cell
that is there only where the data were generated, ``tags=["own"]`` one that is there only where
they are the user's, and ``tags=["also"]`` one for a second test set.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import logging
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from reference_pipeline.config import RunConfig

GENERATED, OWN = "generated", "own"  # tags of cells that belong to one origin of the data only
ALSO = "also"  # of cells that belong to a test set from elsewhere

_NEEDED = ("tensorflow", "keras", "nbclient", "nbformat", "ipykernel", "psutil", "sklearn")
_MARKER = re.compile(
    r"^# %%(?: (?P<title>\w[\w ]*?))?(?P<kind> \[markdown\])?"
    r"(?: tags=\[\"(?P<tag>[a-z]+)\"\])?[^\S\n]*$",
    re.MULTILINE,
)
_SHARED = re.compile(r"^# %% from (?P<run>\w+): (?P<title>\w[\w ]*?)[^\S\n]*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,2} (?P<title>.+)$", re.MULTILINE)
_METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
_TIMEOUT_SECONDS = 3600


class MissingDependencyError(RuntimeError):
    """A package of the ``reference`` extra is not installed."""


class NotebookError(RuntimeError):
    """A cell of a notebook failed."""


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


@dataclass(slots=True)
class Section:
    """What the cells below one heading took.

    Attributes
    ----------
    title : str
        The heading.
    wall, cpu : float
        Seconds: by the clock, and of all processors together.
    """

    title: str
    wall: float = 0.0
    cpu: float = 0.0


def build(source: str, name: str, *tags: str) -> Any:
    """Assemble a notebook without outputs.

    Parameters
    ----------
    source : str
        Source in percent format; what precedes the first marker is left out.
    name : str
        Stem of the cell ids, which are fixed so that a rebuilt notebook is the same file.
    *tags : str
        Cells with another tag are left out; by default ``GENERATED``.

    Returns
    -------
    nbformat.NotebookNode
    """
    nbformat = importlib.import_module("nbformat")
    cells: list[Any] = []
    for marker, end in _spans(source):
        if marker["tag"] not in (None, *(tags or (GENERATED,))):
            continue
        text = source[marker.end() : end].strip("\n")
        if marker["kind"]:
            text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n"))
            cell = nbformat.v4.new_markdown_cell(text)
        else:
            cell = nbformat.v4.new_code_cell(text)
        cell["id"] = f"{name}-{len(cells):02d}"
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata=_METADATA)


def execute(
    notebook: Any, folder: Path, say: Callable[[str], None] = lambda line: None
) -> list[Section]:
    """Execute a notebook in place, with ``folder`` as its working directory.

    Times, kernel versions and the error stream (start-up messages of libraries) are left out
    of what is recorded, since they say nothing about the experiment.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    folder : Path
    say : callable, optional
        Called with every heading, and every line that a cell prints, as they come.

    Returns
    -------
    list of Section
        Times, in the order of the notebook.

    Raises
    ------
    KeyboardInterrupt
        If it was stopped.
    NotebookError
        If a cell fails; the message holds its traceback.
    """
    nbclient: Any = importlib.import_module("nbclient")
    watch = _Watch(notebook, say)

    class Client(nbclient.NotebookClient):  # type: ignore[misc]
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "stream" and msg["content"]["name"] == "stdout":
                watch.hear(msg["content"]["text"])
            return super().process_message(msg, cell, cell_index)

    client: Any = Client(
        notebook,
        timeout=_TIMEOUT_SECONDS,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=lambda cell, cell_index: watch.start(cell_index, _cpu_seconds(client)),
        on_cell_executed=lambda cell, cell_index, execute_reply: watch.stop(_cpu_seconds(client)),
    )
    try:
        # Start-up messages of libraries; what a cell raises comes another way.
        client.execute(env=_environment(), stderr=subprocess.DEVNULL)
    except Exception as error:
        if hasattr(client, "_async_cleanup_kernel_future"):  # nbclient swallows Ctrl-C
            # and leaves a task behind whose failure would be printed at exit.
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            raise KeyboardInterrupt from None
        raise NotebookError(f"the notebook failed:\n{error}") from None
    notebook.metadata.update(_METADATA)  # without the versions that the kernel added
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
    return watch.sections


class _Watch:
    """Follow the execution of a notebook: what it prints, and how long each section takes."""

    def __init__(self, notebook: Any, say: Callable[[str], None]) -> None:
        self.sections: list[Section] = []
        self._say = say
        self._headings = _headings(notebook.cells)
        self._started = (0.0, 0.0)
        self._rest = ""

    def start(self, index: int, cpu: float) -> None:
        title = self._headings[index]
        if not self.sections or self.sections[-1].title != title:
            self.sections.append(Section(title))
            self._say(f"  {title}")
        self._started = (time.perf_counter(), cpu)

    def hear(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._say(f"    {line}".rstrip())

    def stop(self, cpu: float) -> None:
        section = self.sections[-1]
        section.wall += time.perf_counter() - self._started[0]
        section.cpu += cpu - self._started[1]


def _headings(cells: Sequence[Any]) -> list[str]:
    """The nearest heading above each cell."""
    titles: list[str] = []
    for cell in cells:
        found = _HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
        titles.append(found[-1] if found else titles[-1] if titles else "")
    return titles


def _cpu_seconds(client: Any) -> float:
    """Processor time of the kernel so far."""
    psutil = importlib.import_module("psutil")
    times = psutil.Process(client.km.provisioner.pid).cpu_times()
    return float(times.user + times.system)


def _environment() -> dict[str, str]:
    """The environment of the kernel, which is to import the packages that run here."""
    root = str(Path(__file__).resolve().parent.parent)
    inherited = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{inherited}" if inherited else root}


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
