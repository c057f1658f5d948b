"""Build the exports: data, notebook, its recorded outputs, and the results page."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reference_pipeline import notebook
from reference_pipeline.config import RunConfig
from reference_pipeline.generate import Sample, as_records, generate
from reference_pipeline.pages.run6_resplit import reported_by_run6, run6_resplit_page
from reference_pipeline.pages.run7_as_prescribed import run7_as_prescribed_page
from reference_pipeline.results import baseline_run2, corrected_page, run6_page

Status = Literal["new", "identical", "changed"]

INPUTS_FILE = "data/inputs_n_k_m_P.pkl"
HEIGHTS_FILE = "data/m_heights.pkl"
_PICKLE_PROTOCOL = 4


_PAGES: dict[str, Callable[[Any], str]] = {
    "run6": run6_page,
    "corrected": corrected_page,
    "run6_resplit": lambda metrics: run6_resplit_page(metrics, reported_by_run6()),
    "run7_as_prescribed": run7_as_prescribed_page,
}


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


def build_export(
    config: RunConfig, out: Path, say: Callable[[str], None] = lambda line: None
) -> list[BuiltFile]:
    """Run an experiment and write its export.

    Everything is built in a temporary folder first, so that a failure leaves ``out`` as it was.

    Parameters
    ----------
    config : RunConfig
        The run.
    out : Path
        The export's folder; files of the same names are replaced.
    say : callable, optional
        Called with a line at the beginning of each step.

    Returns
    -------
    list of BuiltFile
        Sorted by path.

    Raises
    ------
    reference_pipeline.notebook.MissingDependencyError
        If the notebook cannot be executed here.
    """
    notebook.require_dependencies()
    with tempfile.TemporaryDirectory(prefix="reference-") as temporary:
        folder = Path(temporary)
        say(f"[1/4] {config.dataset.samples_per_group} samples for each group, exact heights")
        write_data(generate(config.dataset), folder)
        untrained = _files(folder)
        say(f"[2/4] executing the notebook, {config.constants['EPOCHS']} epochs")
        _run_notebook(config, folder)
        untrained |= {path for path in _files(folder) if path.startswith("splits/")}
        say("[3/4] results page")
        untrained |= _write_documents(config, folder)
        say(f"[4/4] writing {out}")
        built = _compare(folder, out, untrained)
        shutil.copytree(folder, out, dirs_exist_ok=True)
    return built


def write_data(samples: list[Sample], folder: Path) -> None:
    """Write the two pickles of the original data format.

    Parameters
    ----------
    samples : list of Sample
    folder : Path
        The export's folder.
    """
    inputs, heights = as_records(samples)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / INPUTS_FILE).write_bytes(pickle.dumps(inputs, protocol=_PICKLE_PROTOCOL))
    (folder / HEIGHTS_FILE).write_bytes(pickle.dumps(heights, protocol=_PICKLE_PROTOCOL))


def write_parents(config: RunConfig, path: Path) -> None:
    """Write the parent of every row of the augmented pool: what an auditor is not told.

    The notebook appends each sample and then its copies, so the parents follow from the data
    and the configured numbers of copies.

    Parameters
    ----------
    config : RunConfig
    path : Path
        A Parquet file with the columns ``row_id`` and ``parent`` (an index into the inputs).
    """
    samples = generate(config.dataset)
    sizes = [1 + config.copies[sample.k, sample.m] for sample in samples]
    parents = np.repeat(np.arange(len(samples), dtype=np.int32), sizes)
    row_ids = np.arange(len(parents), dtype=np.int32)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"row_id": row_ids, "parent": parents})
    pq.write_table(  # both columns grow slowly: differences take a hundredth of the space
        table,
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding="DELTA_BINARY_PACKED",
    )


def _run_notebook(config: RunConfig, folder: Path) -> None:
    book = notebook.build(notebook.source_of(config), config.name)
    notebook.execute(book, folder)
    notebook.save(book, folder / f"train_{config.name}.ipynb")


def _write_documents(config: RunConfig, folder: Path) -> set[str]:
    """Write the results page and the baseline; returns the files free of trained numbers."""
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    page = _PAGES[config.name](metrics)
    (folder / "RESULTS.md").write_text(page, encoding="utf-8", newline="\n")
    if not config.baseline:
        return set()
    baseline = json.dumps(baseline_run2(), indent=2) + "\n"
    (folder / "baseline_run2.json").write_text(baseline, encoding="utf-8", newline="\n")
    return {"baseline_run2.json"}


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _compare(folder: Path, out: Path, untrained: set[str]) -> list[BuiltFile]:
    return [
        BuiltFile(
            path=path,
            size=(folder / path).stat().st_size,
            status=_status(folder / path, out / path),
            trained=path not in untrained,
        )
        for path in sorted(_files(folder))
    ]


def _status(new: Path, old: Path) -> Status:
    if not old.is_file():
        return "new"
    return "identical" if _digest(new) == _digest(old) else "changed"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
