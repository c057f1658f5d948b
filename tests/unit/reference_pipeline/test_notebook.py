"""The notebooks: their sources agree with the configurations, and they run on tiny data."""

from __future__ import annotations

import dataclasses
import importlib.util
import math
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reference_pipeline import __main__ as command
from reference_pipeline import export, notebook
from reference_pipeline.config import PROFILES, Profile, RunConfig, corrected, run6
from reference_pipeline.export import Built, build_export, write_parents
from reference_pipeline.generate import generate
from reference_pipeline.install import BuiltFile
from reference_pipeline.runs import RUNS

MISSING = [
    name
    for name in ("tensorflow", "nbclient", "nbformat", "ipykernel")
    if importlib.util.find_spec(name) is None
]
needs_extra = pytest.mark.skipif(
    bool(MISSING), reason=f"the reference extra is not installed: {', '.join(MISSING)}"
)
FEATURES = ["n", "k", "m", *(f"p{i}" for i in range(20))]


def tiny(config: RunConfig, samples_per_group: int) -> RunConfig:
    return dataclasses.replace(
        config,
        dataset=dataclasses.replace(config.dataset, samples_per_group=samples_per_group),
        constants=config.constants | {"EPOCHS": 1},
    )


def test_configured_constants_are_written_into_the_source() -> None:
    config = dataclasses.replace(run6(), constants=run6().constants | {"EPOCHS": 3})
    source = notebook.source_of(config)

    assert source.count("\nEPOCHS = 3\n") == 1
    assert "\nNOISE_SCALE = 0.02\n" in source


def test_a_source_that_differs_from_its_configuration_is_refused() -> None:
    other_copies = dataclasses.replace(run6(), copies=dict.fromkeys(run6().copies, 1))
    with pytest.raises(ValueError, match="copies_per_group"):
        notebook.source_of(other_copies)
    unknown = dataclasses.replace(run6(), constants={"DEPTH": 3})
    with pytest.raises(ValueError, match="DEPTH"):
        notebook.source_of(unknown)


def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert command.main(["run6", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "tensorflow" in error
    assert 'pip install "leakage-audit[reference]"' in error
    assert not (tmp_path / "out").exists()


def test_the_summary_tells_trained_files_from_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        BuiltFile("data/a.pkl", 1500, "identical", trained=False),
        BuiltFile("metrics.json", 500, "changed", trained=True),
    ]
    built = Built(files, [notebook.Section("Training", 12.34, 20.5), notebook.Section("Rest")])
    monkeypatch.setattr(export, "build_export", lambda *arguments: built)

    assert command.main(["corrected", "--out", str(tmp_path)]) == 0
    times, rest = capsys.readouterr().out.split("Byte-identical")
    assert re.search(r"^Training +12\.3 +20\.5$", times, re.MULTILINE)
    assert re.search(r"^In all +12\.3 +20\.5$", times, re.MULTILINE)
    exact, trained = rest.split("May differ")
    assert "data/a.pkl" in exact
    assert "metrics.json" not in exact
    assert "metrics.json" in trained


@needs_extra
def test_cells_follow_the_markers() -> None:
    source = (
        "# ruff: noqa\n# %% [markdown]\n# # Title\n#\n# text\n\n"
        "# %%\nx = 1  # one\n\n\n# %%\ny = 2\n"
    )
    built = notebook.build(source, "name")

    assert [(cell.id, cell.cell_type, cell.source) for cell in built.cells] == [
        ("name-00", "markdown", "# Title\n\ntext"),
        ("name-01", "code", "x = 1  # one"),
        ("name-02", "code", "y = 2"),
    ]


@needs_extra
def test_cells_of_the_other_origin_of_the_data_are_left_out() -> None:
    source = (
        '# %% [markdown] tags=["generated"]\n# drawn\n# %% tags=["generated"]\ndrawn = 1\n'
        '# %% tags=["own"]\nread = 1\n# %%\nboth = 1\n'
    )
    generated = notebook.build(source, "n", notebook.GENERATED)
    own = notebook.build(source, "n", notebook.OWN)

    assert [cell.source for cell in generated.cells] == ["drawn", "drawn = 1", "both = 1"]
    assert [(cell.id, cell.source) for cell in own.cells] == [
        ("n-00", "read = 1"),
        ("n-01", "both = 1"),
    ]


@pytest.mark.parametrize("tag", [notebook.GENERATED, notebook.OWN])
@pytest.mark.parametrize("run", sorted(RUNS))
@pytest.mark.parametrize("profile", PROFILES)
@needs_extra
def test_every_notebook_is_code_in_every_profile(run: str, profile: Profile, tag: str) -> None:
    config = RUNS[run].configure(profile)
    assert config.name == run
    book = notebook.build(notebook.source_of(config), run, tag)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    for source in code:
        compile(source, run, "exec")
    assert f"EPOCHS = {config.constants['EPOCHS']}" in "\n".join(code)


@needs_extra
def test_what_a_notebook_prints_is_passed_on_under_its_headings(tmp_path: Path) -> None:
    source = (
        "# %% [markdown]\n# # Title\n# %%\nprint('first')\n"
        "# %% [markdown]\n# ## Part\n# %%\nprint('a', end='')\nprint('b')\n# %%\nprint('c')\n"
    )
    said: list[str] = []
    sections = notebook.execute(notebook.build(source, "n"), tmp_path, said.append)

    assert said == ["  Title", "    first", "  Part", "    ab", "    c"]
    assert [section.title for section in sections] == ["Title", "Part"]
    assert all(section.wall > 0 for section in sections)


@needs_extra
def test_a_failing_cell_is_an_error_with_its_traceback(tmp_path: Path) -> None:
    book = notebook.build("# %%\nnumber = 1 / 0\n", "n")
    with pytest.raises(notebook.NotebookError, match=r"number = 1 / 0[^$]*ZeroDivisionError"):
        notebook.execute(book, tmp_path)


_STOPPED_IN_A_CELL = """
import os, signal, sys
from pathlib import Path
from reference_pipeline import notebook

source = "# %%\\nimport os, signal, threading\\nos.kill(os.getppid(), signal.SIGINT)"
source += "\\nthreading.Event().wait()"
try:
    notebook.execute(notebook.build(source, "n"), Path(sys.argv[1]))
except KeyboardInterrupt:
    sys.exit(77)
"""


@needs_extra
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_while_a_cell_runs_is_a_keyboard_interrupt(tmp_path: Path) -> None:
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    command_line = [sys.executable, "-c", _STOPPED_IN_A_CELL, str(tmp_path)]
    done = subprocess.run(command_line, timeout=120, capture_output=True, check=False)
    assert done.returncode == 77, done.stderr.decode()


@needs_extra
def test_run6_on_tiny_data(tmp_path: Path) -> None:
    config = tiny(run6(), samples_per_group=12)
    files = build_export(config, tmp_path / "export").files
    write_parents(config, tmp_path / "parents.parquet")

    folder = tmp_path / "export" / "splits"
    splits = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("train", "val")}
    pool = pd.concat(splits.values()).sort_values("row_id", ignore_index=True)
    # 9 groups of 12; each sample with 0, 25 or 50 copies: 36 * (1 + 26 + 51) rows.
    assert pool["row_id"].tolist() == list(range(2808))
    assert len(pool) / 108 == 26
    assert len(splits["val"]) == math.ceil(0.15 * 2808)
    assert list(pool.columns) == ["row_id", *FEATURES, "y"]
    _check_rows_against_parents(pool, config, tmp_path / "parents.parquet")
    assert {file.status for file in files} == {"new"}
    assert not [file.path for file in files if file.trained and file.path.startswith("splits/")]


def _check_rows_against_parents(pool: pd.DataFrame, config: RunConfig, parents: Path) -> None:
    """Walk through the pool sample by sample, as the augmentation loop does."""
    recorded = pd.read_parquet(parents)
    position = 0
    for parent, sample in enumerate(generate(config.dataset)):
        rows = pool.iloc[position : position + 1 + config.copies[sample.k, sample.m]]
        flat = np.zeros(20)
        flat[: sample.matrix.size] = sample.matrix.ravel()
        assert rows.iloc[0][FEATURES].tolist() == [9, sample.k, sample.m, *flat]
        copies = rows.iloc[1:]
        assert (rows["y"] == sample.height).all()
        assert (rows[["k", "m"]] == [sample.k, sample.m]).all(axis=None)
        assert copies["n"].between(9 * 0.98, 9 * 1.02).all()
        entries = copies[FEATURES[3:]].to_numpy()[:, : sample.matrix.size]
        sums = entries.reshape(-1, *sample.matrix.shape).sum(axis=2)
        assert (entries >= 0).all()
        assert (np.isclose(sums, 1) | (sums == 0)).all()
        assert (recorded["parent"].iloc[position : position + len(rows)] == parent).all()
        position += len(rows)
    assert position == len(pool) == len(recorded)


@needs_extra
def test_corrected_on_tiny_data_keeps_entities_apart(tmp_path: Path) -> None:
    config = tiny(corrected(), samples_per_group=18)
    build_export(config, tmp_path)

    splits = {
        name: pd.read_parquet(tmp_path / "splits" / f"{name}.parquet")
        for name in ("train", "val", "test")
    }
    originals = pd.concat(splits.values()).query("row_id < 162")
    assert sorted(originals["row_id"]) == list(range(162))
    assert (splits["val"]["row_id"] < 162).all()
    assert (splits["test"]["row_id"] < 162).all()
    magnitudes = {
        name: {
            (k, *np.sort(np.abs(row)).tolist())
            for k, row in zip(table["k"], table[FEATURES[3:]].to_numpy(dtype=int), strict=True)
        }
        for name, table in splits.items()
    }
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        assert not magnitudes[one] & magnitudes[other]
