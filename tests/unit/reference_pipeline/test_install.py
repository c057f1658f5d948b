"""An export appears whole or not at all, and takes nothing of the user's with it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reference_pipeline.install import OutputError, files_in, install, workshop


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(folder: Path) -> dict[str, str]:
    return {name: (folder / name).read_text() for name in files_in(folder)}


def test_a_new_run_replaces_its_files_and_leaves_those_of_the_user(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(
        out,
        {
            "train_run6.ipynb": "old",
            "metrics.json": "old",
            "baseline_run2.json": "old",
            "splits/test.parquet": "old",
            "data/also_n_k_m_P.pkl": "old",
            "data/also_m_heights.pkl": "old",
            "history.csv": "same",
            "audit.toml": "mine",
            "train_of_thought.ipynb": "mine",
            "splits/notes.txt": "mine",
        },
    )
    with workshop(out) as folder:
        write(folder, {"train_run7.ipynb": "new", "metrics.json": "new", "history.csv": "same"})
        built = install(folder, out, {"history.csv"})

    assert read(out) == {
        "train_run7.ipynb": "new",
        "metrics.json": "new",
        "history.csv": "same",
        "audit.toml": "mine",
        "train_of_thought.ipynb": "mine",
        "splits/notes.txt": "mine",
    }
    assert [(file.path, file.status, file.trained) for file in built] == [
        ("history.csv", "identical", False),
        ("metrics.json", "changed", True),
        ("train_run7.ipynb", "new", True),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_the_export_and_nothing_beside_it(
    tmp_path: Path, error: type[BaseException]
) -> None:
    out = tmp_path / "out"
    write(out, {"train_run7.ipynb": "old", "metrics.json": "old"})
    with pytest.raises(error), workshop(out) as folder:
        write(folder, {"metrics.json": "half"})
        raise error
    assert read(tmp_path) == {"out/train_run7.ipynb": "old", "out/metrics.json": "old"}


def test_an_export_has_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.mkdir()
    with workshop(tmp_path / "deep" / "out") as folder:
        write(folder, {"data/a.pkl": "a"})
        install(folder, tmp_path / "deep" / "out", set())
    mode = (tmp_path / "deep" / "out").stat().st_mode
    assert stat.S_IMODE(mode) == stat.S_IMODE(usual.stat().st_mode)


def test_files_that_no_run_has_written_are_not_replaced(tmp_path: Path) -> None:
    write(tmp_path, {"metrics.json": "of another project"})
    with pytest.raises(OutputError, match=r"metrics\.json.*--out"), workshop(tmp_path):
        pass
    write(tmp_path / "free", {"audit.toml": "mine"})
    with workshop(tmp_path / "free") as folder:
        assert not files_in(folder)


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="no folder"), workshop(tmp_path / "out"):
        pass
    with pytest.raises(OutputError, match="cannot write"), workshop(tmp_path / "out" / "below"):
        pass


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the user may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot"), workshop(tmp_path / "out"):
            pass
    finally:
        tmp_path.chmod(0o700)
