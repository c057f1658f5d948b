"""Files appear whole or not at all, and only those of earlier calls are replaced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from audit.capture import CaptureError, files, save_export

ROOT = Path(__file__).parents[3]


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_file_of_someone_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text("{}")
    with pytest.raises(CaptureError, match="not written by save_export: move it away"):
        save_export(tmp_path, history={"loss": [1.0]}, metrics={"test": {"rmse": 1.0}})
    assert contents(tmp_path) == {"metrics.json": b"{}"}


def test_a_link_of_someone_else_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "metrics.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(CaptureError, match="not written by save_export"):
        save_export(tmp_path / "export", metrics={"test": {"rmse": 1.0}})
    assert not (tmp_path / "elsewhere.json").exists()


def test_its_own_files_are_replaced_and_others_stay(tmp_path: Path) -> None:
    save_export(tmp_path, metrics={"test": {"rmse": 1.0}}, documents={"A.md": "a", "B.md": "b"})
    (tmp_path / "mine.txt").write_text("mine")
    written = save_export(tmp_path, metrics={"test": {"rmse": 2.0}}, documents={"B.md": "c"})
    assert written == (tmp_path / "B.md", tmp_path / "metrics.json")
    found = contents(tmp_path)
    assert set(found) == {"metrics.json", "B.md", "mine.txt", files.MANIFEST}
    assert json.loads(found["metrics.json"]) == {"test": {"rmse": 2.0}}
    assert (found["B.md"], found["mine.txt"]) == (b"c", b"mine")


def test_the_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_export(
            tmp_path / name,
            splits={"train": ([[1, 2], [3, 4]], ["x", "y"]), "test": ([[5, 6]], ["x"])},
            predictions={"test": ["y"]},
            history={"loss": [0.1, 1e-7]},
        )
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_failed_write_leaves_the_export_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_export(tmp_path, metrics={"test": {"rmse": 1.0}}, history={"loss": [1.0]})
    before = contents(tmp_path)
    real = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if b'"rmse": 2.0' in data:
            real(self, data[:5])
            raise OSError(28, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        save_export(tmp_path, metrics={"test": {"rmse": 2.0}}, history={"loss": [2.0]})
    assert contents(tmp_path) == before


def test_an_interrupted_move_leaves_whole_files_that_can_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        if target.name == "metrics.json":
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            save_export(tmp_path, metrics={"test": {"rmse": 1.0}}, history={"loss": [1.0]})
    assert set(contents(tmp_path)) == {"history.csv", files.MANIFEST}
    save_export(tmp_path, metrics={"test": {"rmse": 1.0}}, history={"loss": [2.0]})
    assert contents(tmp_path)["history.csv"] == b"epoch,loss\n1,2.0\n"


def test_a_broken_list_of_files_is_refused(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"parts": 3, "groups": []}', "{}"):
        (tmp_path / files.MANIFEST).write_text(text)
        with pytest.raises(CaptureError, match="cannot be read, and it lists the files"):
            save_export(tmp_path, history={"loss": [1.0]})


def test_a_list_of_files_that_leaves_the_folder_removes_nothing(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    out = tmp_path / "export"
    out.mkdir()
    listed = {"parts": {"history": ["../precious.txt"]}, "groups": []}
    (out / files.MANIFEST).write_text(json.dumps(listed))
    with pytest.raises(CaptureError, match="cannot be read"):
        save_export(out, history={"loss": [1.0]})
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "export").write_text("")
    with pytest.raises(CaptureError, match="is a file: pass a folder"):
        save_export(tmp_path / "export", history={"loss": [1.0]})


def test_a_document_may_not_take_the_name_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "train.py").write_text("b")
    with pytest.raises(CaptureError, match=r"two files are called train\.py"):
        save_export(tmp_path / "out", source=[tmp_path / "train.py", tmp_path / "b" / "train.py"])


def test_a_source_within_the_export_is_left_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("a")
    save_export(tmp_path, source=tmp_path / "train.py", history={"loss": [1.0]})
    assert set(contents(tmp_path)) == {"train.py", "history.csv", files.MANIFEST}


def run(folder: Path, code: str, **environment: str) -> None:
    (folder / "experiment.py").write_text(code)
    subprocess.run(
        [sys.executable, "experiment.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=True,
        timeout=120,
    )


CALL = "from audit.capture import save_export\nsave_export('out', history={'loss': [1]})\n"


def test_the_script_that_runs_is_copied(tmp_path: Path) -> None:
    run(tmp_path, CALL)
    assert (tmp_path / "out" / "experiment.py").read_text() == CALL


def test_a_script_that_only_calls_what_exports_is_not(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(CALL)
    run(tmp_path, f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport helper\n")
    assert set(contents(tmp_path / "out")) == {"history.csv", files.MANIFEST}


def test_a_notebook_that_jupyter_names_is_copied_if_it_makes_the_call(tmp_path: Path) -> None:
    helper = "import sys\nsys.argv = ['kernel']\nexec(open('cell.txt').read())\n"
    (tmp_path / "cell.txt").write_text(CALL)
    book = json.dumps({"cells": [{"cell_type": "code", "source": CALL}]})
    (tmp_path / "book.ipynb").write_text(book)
    (tmp_path / "other.ipynb").write_text("{}")
    run(tmp_path, helper, JPY_SESSION_NAME=str(tmp_path / "other.ipynb"))
    assert set(contents(tmp_path / "out")) == {"history.csv", files.MANIFEST}
    run(tmp_path, helper, JPY_SESSION_NAME=str(tmp_path / "book.ipynb"))
    assert (tmp_path / "out" / "book.ipynb").read_text() == book


def test_importing_is_light() -> None:
    code = (
        "import sys\nimport audit.capture\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'matplotlib', 'tensorflow', 'keras', 'sklearn'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
