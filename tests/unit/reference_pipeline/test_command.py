"""``python -m reference_pipeline``: its options, and every error before anything is trained."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reference_pipeline import __main__ as command
from reference_pipeline import export, notebook
from reference_pipeline.config import GROUPS, RUN_NAMES, DatasetConfig, run7, with_seed
from reference_pipeline.generate import as_records, generate
from reference_pipeline.runs import RUNS

Records = tuple[list[list[Any]], list[float]]


@pytest.fixture(scope="module")
def records() -> Records:
    return as_records(generate(DatasetConfig(samples_per_group=20)))


@pytest.fixture(autouse=True)
def untrained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing here may come to the point where a notebook is executed."""
    begun: list[str] = []

    def execute(book: Any, folder: Path, say: Any) -> Any:
        begun.append(str(folder))
        raise notebook.NotebookError("the notebook failed: begun")

    monkeypatch.setattr(command, "require_dependencies", lambda: None)
    monkeypatch.setattr(notebook, "require_dependencies", lambda: None)
    monkeypatch.setattr(notebook, "build", lambda source, name, *tags: None)
    monkeypatch.setattr(notebook, "execute", execute)
    return begun


def pickles(folder: Path, records: Records) -> list[str]:
    files = [folder / "inputs.pkl", folder / "targets.pkl"]
    for file, values in zip(files, records, strict=True):
        file.write_bytes(pickle.dumps(values))
    return ["--inputs", str(files[0]), "--targets", str(files[1])]


def refused(
    capsys: pytest.CaptureFixture[str], begun: list[str], folder: Path, *arguments: str
) -> str:
    """What is said by a command that ends with 2 before training, and writes nothing."""
    before = sorted(folder.rglob("*"))
    assert command.main([*arguments, "--out", str(folder / "out")]) == 2
    assert not begun
    assert sorted(folder.rglob("*")) == before
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "Traceback" not in error
    return error


def test_the_names_of_the_runs_are_those_of_their_configurations() -> None:
    assert set(RUN_NAMES) == set(RUNS)


def test_a_seed_is_that_of_the_data_and_of_the_training() -> None:
    config = with_seed(run7(), 3)
    assert config.dataset.random_state == 3
    assert config.constants["RANDOM_STATE"] == 3
    assert config.fresh is not None
    assert config.fresh.random_state == 3
    assert config.constants["EPOCHS"] == run7().constants["EPOCHS"]


def test_own_data_reach_the_notebook(
    records: Records, tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = pickles(tmp_path, records)
    out = tmp_path / "out"
    assert command.main(["run7", *arguments, "--verify-labels", "--out", str(out)]) == 2
    assert untrained
    assert not out.exists()
    said = capsys.readouterr().out
    assert "180 samples" in said
    assert "180 of 180 labels agree" in said


@pytest.mark.parametrize("which", ["--inputs", "--targets"])
def test_missing_pickles(
    which: str,
    records: Records,
    tmp_path: Path,
    untrained: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = pickles(tmp_path, records)
    arguments[arguments.index(which) + 1] = str(tmp_path / "nowhere.pkl")
    assert "nowhere.pkl" in refused(capsys, untrained, tmp_path, "run7", *arguments)


@pytest.mark.parametrize("run", ["run7", "run6"])
def test_malformed_pickles(
    run: str,
    records: Records,
    tmp_path: Path,
    untrained: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = pickles(tmp_path, records)
    Path(arguments[1]).write_bytes(b"no pickle")
    assert "inputs.pkl" in refused(capsys, untrained, tmp_path, run, *arguments)


def test_a_matrix_of_the_wrong_shape_is_found(
    records: Records, tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    inputs, heights = list(records[0]), records[1]
    n, k, m, _ = inputs[17]
    inputs[17] = [n, k, m, np.ones((2, 2))]
    arguments = pickles(tmp_path, (inputs, heights))
    assert "17" in refused(capsys, untrained, tmp_path, "run7", *arguments)


def test_infinite_heights_are_found(
    records: Records, tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    heights = [*records[1][:11], float("inf"), *records[1][12:]]
    arguments = pickles(tmp_path, (records[0], heights))
    assert "11" in refused(capsys, untrained, tmp_path, "run7", *arguments)


def test_wrong_labels_are_listed_on_request(
    records: Records, tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    heights = list(records[1])
    heights[5] *= 2
    heights[9] += 1
    arguments = pickles(tmp_path, (records[0], heights))
    error = refused(capsys, untrained, tmp_path, "run7", *arguments, "--verify-labels")
    assert "178 of 180" in error
    assert "sample 5 " in error
    assert "sample 9 " in error
    assert "targets.pkl" in error
    assert f"exact {records[1][5]:.8g}" in error


def test_too_few_samples_of_a_group_are_found_before_training(
    records: Records, tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    k, m = GROUPS[0]
    of_group = [i for i, (_, own_k, own_m, _) in enumerate(records[0]) if (own_k, own_m) == (k, m)]
    kept = sorted(set(range(len(records[0]))) - set(of_group[2:]))
    few = [records[0][i] for i in kept], [records[1][i] for i in kept]
    error = refused(capsys, untrained, tmp_path, "run7", *pickles(tmp_path, few))
    assert f"k={k}, m={m}" in error


def test_a_folder_of_another_project_is_refused(
    tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "metrics.json").write_text("{}")
    assert "metrics.json" in refused(capsys, untrained, tmp_path, "run7")


def test_a_failing_notebook_leaves_the_export(
    tmp_path: Path,
    untrained: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "_write_generated", lambda config, folder: None)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train_run7.ipynb").write_text("before")
    assert command.main(["run7", "--out", str(tmp_path / "out")]) == 2
    assert untrained
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "train_run7.ipynb"]
    assert "the notebook failed" in capsys.readouterr().err


def test_ctrl_c_says_that_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "_write_generated", stopped)
    assert command.main(["run7", "--out", str(tmp_path / "out")]) == 130
    assert "as it was before" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run8"], "run7-as-prescribed"),
        (["run7", "--profile", "huge"], "smoke"),
        (["run7", "--seed", "-1"], "--seed"),
        (["run7", "--inputs", "a.pkl"], "--targets"),
        (["run7", "--verify-labels"], "--inputs"),
    ],
)
def test_usage_errors(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_a_second_test_set_is_given_to_the_notebook_apart_from_the_rest(
    records: Records,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found: list[str] = []

    def execute(book: Any, folder: Path, say: Any) -> Any:
        found.extend(path.name for path in (folder / "data").iterdir())
        assert pickle.loads((folder / "data/also_m_heights.pkl").read_bytes()) == records[1]
        raise notebook.NotebookError("the notebook failed: begun")

    monkeypatch.setattr(notebook, "execute", execute)
    own = pickles(tmp_path, records)
    also = ["--also-test", own[1], own[3]]
    assert command.main(["run7", *own, *also, "--out", str(tmp_path / "out")]) == 2
    assert sorted(found) == [
        *("also_m_heights.pkl", "also_n_k_m_P.pkl", "inputs_n_k_m_P.pkl", "m_heights.pkl"),
    ]


def test_a_second_test_set_is_read_before_training(
    records: Records, tmp_path: Path, untrained: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    own = pickles(tmp_path, records)
    also = ["--also-test", own[1], str(tmp_path / "nowhere.pkl")]
    assert "nowhere.pkl" in refused(capsys, untrained, tmp_path, "run7", *own, *also)


def test_a_second_test_set_belongs_to_run7(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["run6", "--also-test", "inputs.pkl", "heights.pkl"])
    assert "--also-test is an option of run7" in capsys.readouterr().err
