"""Build the exports: data, notebook, its recorded outputs, and the documents."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from reference_pipeline import notebook
from reference_pipeline.config import RunConfig
from reference_pipeline.data import Heights, Rows, load_pickles, write_pickles
from reference_pipeline.generate import Sample, as_records, fresh_test_rows, generate, generate_rows
from reference_pipeline.install import BuiltFile, files_in, install, workshop
from reference_pipeline.own_data import OwnData, read_own_data
from reference_pipeline.runs import RUNS

__all__ = ["Built", "BuiltFile", "build_export", "write_data", "write_parents"]

INPUTS_FILE = "data/inputs_n_k_m_P.pkl"
HEIGHTS_FILE = "data/m_heights.pkl"
_FRESH = "fresh_"
_ALSO = "also_"
_PICKLE_PROTOCOL = 4

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Built:
    """A finished export.

    Attributes
    ----------
    files : list of BuiltFile
        Sorted by path.
    sections : list of Section
        What each step took; those of the notebook are its headings.
    """

    files: list[BuiltFile]
    sections: list[notebook.Section]


def build_export(
    config: RunConfig,
    out: Path,
    say: Say = lambda line: None,
    own: OwnData | None = None,
    also: OwnData | None = None,
) -> Built:
    """Run an experiment and write its export.

    Everything is built in a temporary folder beside ``out`` first, so that a failure, or Ctrl-C,
    leaves ``out`` as it was.

    Parameters
    ----------
    config : RunConfig
        The run.
    out : Path
        The export's folder; files of an earlier run are replaced, others stay.
    say : callable, optional
        Called with a line at the beginning of each step, and with what the notebook prints.
    own : OwnData, optional
        The user's data, instead of generated ones.
    also : OwnData, optional
        A second test set of the user's, scored at the end.

    Returns
    -------
    Built

    Raises
    ------
    reference_pipeline.notebook.MissingDependencyError
        If the notebook cannot be executed here.
    reference_pipeline.data.DataError
        If the user's data cannot be used.
    reference_pipeline.install.OutputError
        If ``out`` cannot be written.
    """
    notebook.require_dependencies()
    sections: list[notebook.Section] = []
    with workshop(out) as folder:
        with _step("Making the data", sections):
            if own is None:
                say(f"[1/4] {config.dataset.samples_per_group:,} samples a group, exact heights")
                _write_generated(config, folder)
            else:
                say(f"[1/4] reading {own.inputs} and {own.targets}")
                write_pickles(*read_own_data(own, say), folder / "data")
            if also is not None:
                say(f"      and {also.inputs}, {also.targets}, to be scored at the end")
                _write_apart(*load_pickles(also.inputs, also.targets), folder, _ALSO)
        untrained = files_in(folder)
        say(f"[2/4] executing the notebook, up to {config.constants['EPOCHS']} epochs")
        tags = [notebook.GENERATED if own is None else notebook.OWN]
        tags += [notebook.ALSO] if also is not None else []
        sections += _run_notebook(config, folder, tags, say)
        untrained |= {path for path in files_in(folder) if path.startswith("splits/")}
        with _step("Writing", sections):
            say("[3/4] results page")
            untrained |= _write_documents(config, folder)
            say(f"[4/4] writing {out}")
            files = install(folder, out, untrained)
    return Built(files, sections)


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


def _write_generated(config: RunConfig, folder: Path) -> None:
    if config.fresh is None:
        write_data(generate(config.dataset), folder)
        return
    rows, heights = generate_rows(config.dataset)
    write_pickles(rows, heights, folder / "data")
    fresh, fresh_heights = fresh_test_rows(config.fresh, rows)
    _write_apart(fresh, fresh_heights, folder, _FRESH)


def _write_apart(rows: Rows, heights: Heights, folder: Path, prefix: str) -> None:
    """Write samples that have no part in the split."""
    write_pickles(rows, heights, folder / "data", prefix=prefix)
    # Another name than the pool's, so that nobody takes it for a part of the rows that are split.
    written = folder / f"data/{prefix}inputs_n_k_m_P.pkl"
    written.rename(folder / f"data/{prefix}n_k_m_P.pkl")


def _run_notebook(
    config: RunConfig, folder: Path, tags: Sequence[str], say: Say
) -> list[notebook.Section]:
    book = notebook.build(notebook.source_of(config), config.name, *tags)
    sections = notebook.execute(book, folder, say)
    notebook.save(book, folder / f"train_{config.name}.ipynb")
    return sections


def _write_documents(config: RunConfig, folder: Path) -> set[str]:
    """Write the results page and what goes with it; returns the files free of trained numbers."""
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    documents = RUNS[config.name].documents(metrics)
    for name, text in documents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return {name for name in documents if name.startswith("baseline")}


@contextmanager
def _step(title: str, sections: list[notebook.Section]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    sections.append(notebook.Section(title, time.perf_counter() - wall, time.process_time() - cpu))
