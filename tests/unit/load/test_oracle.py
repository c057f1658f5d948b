"""The exact label of each row is found, and is no feature, target, group or duplicate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.config import ConfigError, parse_config
from audit.model.artifacts import ProblemKind, Splits
from audit.model.export import Present
from tests.experiment import clean_experiment
from tests.harness import audit_export, run_of
from tests.unit.load.exports import csv, export, npy, npz, parquet, problems, rows


def splits_of(loaded: Any) -> Splits:
    slot = loaded.get(Splits)
    assert isinstance(slot, Present), slot
    return slot.value


def tables(**columns: Any) -> dict[str, Any]:
    """Train and test tables with further columns."""
    return {
        f"{name}.csv": csv(rows(seed=s).assign(**columns))
        for s, name in enumerate(["train", "test"])
    }


EXACT = [1.0, 2.0, np.inf, np.nan, 5.0, 6.0]


@pytest.mark.parametrize(
    "name",
    [
        "y_exact",
        "Y_Exact",
        "y oracle",
        "oracle",
        "exact_label",
        "true_label_oracle",
        "target-exact",
    ],
)
def test_column_of_exact_labels_by_name(name: str, tmp_path: Path) -> None:
    splits = splits_of(export(tmp_path, tables(**{name: EXACT})))
    assert splits.feature_names == ("a", "b", "site")
    assert splits.train.oracle_name == name
    for part in (splits.train, *splits.held_out):
        np.testing.assert_array_equal(part.oracle, EXACT)
        assert part.target is not None and not np.array_equal(part.target, EXACT)


@pytest.mark.parametrize(
    "name",
    ["exact", "y_exactly", "oracle_score", "oracle_distance", "exact_matches", "truth_table"],
)
def test_names_that_may_be_anything_stay_features(name: str, tmp_path: Path) -> None:
    splits = splits_of(export(tmp_path, tables(**{name: EXACT})))
    assert splits.train.oracle is None
    assert name in splits.feature_names


def test_y_true_is_a_target_and_no_oracle(tmp_path: Path) -> None:
    one = {"train.csv": csv(rows(target="y_true")), "test.csv": csv(rows(seed=1, target="y_true"))}
    splits = splits_of(export(tmp_path, one))
    assert splits.train.oracle is None
    assert splits.train.target is not None


def test_configured_column(tmp_path: Path) -> None:
    files = tables(y_true=EXACT) | {"audit.toml": '[columns]\noracle = "y_true"\n'}
    splits = splits_of(export(tmp_path, files))
    assert splits.train.oracle_name == "y_true"
    np.testing.assert_array_equal(splits.train.oracle, EXACT)
    assert splits.train.target.tolist() == pytest.approx(rows()["y"].tolist())
    assert splits.feature_names == ("a", "b", "site")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('oracle = "y_exakt"', "no column 'y_exakt'"),
        ('oracle = "y"\ntarget = "y"', "declared as the target too"),
    ],
)
def test_configured_column_that_cannot_be_it_is_a_problem(
    settings: str, words: str, tmp_path: Path
) -> None:
    files = tables(y_exact=EXACT) | {"audit.toml": f"[columns]\n{settings}\n"}
    (problem,) = problems(export(tmp_path, files), ProblemKind.MALFORMED)
    assert words in problem.reason
    assert "columns.oracle" in problem.next_step


def test_configuration_must_be_a_string() -> None:
    with pytest.raises(ConfigError, match=r"columns\.oracle must be a string"):
        parse_config("[columns]\noracle = 3\n", "audit.toml")
    with pytest.raises(ConfigError, match=r"did you mean columns\.'oracle'"):
        parse_config('[columns]\noracel = "y"\n', "audit.toml")


def test_the_only_label_is_the_target(tmp_path: Path) -> None:
    only = {n: csv(rows(seed=s, target="y_exact")) for s, n in enumerate(["train.csv", "test.csv"])}
    with_code = only | {"fit.py": 'y = train["y_exact"]\nmodel.fit(train[["a"]], y)\n'}
    splits = splits_of(export(tmp_path, with_code))
    assert splits.train.oracle is None
    assert splits.train.target.tolist() == pytest.approx(rows()["y"].tolist())
    declared = splits_of(export(tmp_path, only | {"audit.toml": '[columns]\ntarget = "y_exact"'}))
    assert declared.train.oracle is None and declared.train.target is not None


def test_two_columns_are_ambiguous_and_neither_is_a_feature(tmp_path: Path) -> None:
    loaded = export(tmp_path, tables(y_exact=EXACT, oracle=EXACT))
    (problem,) = problems(loaded, ProblemKind.AMBIGUOUS)
    assert "'y_exact' and 'oracle'" in problem.reason
    assert splits_of(loaded).train.oracle is None
    assert splits_of(loaded).feature_names == ("a", "b", "site")


def test_a_flag_called_oracle_is_a_feature(tmp_path: Path) -> None:
    splits = splits_of(export(tmp_path, tables(oracle=[0, 1, 0, 1, 0, 1])))
    assert splits.train.oracle is None
    assert "oracle" in splits.feature_names


def test_two_classes_may_have_an_oracle_of_two_values(tmp_path: Path) -> None:
    files = tables(y=["no", "yes"] * 3, oracle=["no", "yes", "yes"] * 2)
    assert splits_of(export(tmp_path, files)).train.oracle.tolist() == ["no", "yes", "yes"] * 2


def test_only_some_splits_have_one(tmp_path: Path) -> None:
    files = tables(y_exact=EXACT) | {"test.csv": csv(rows(seed=1))}
    splits = splits_of(export(tmp_path, files))
    assert splits.train.oracle is not None
    assert splits.held_out[0].oracle is None


X, Y = np.arange(12.0).reshape(6, 2), np.arange(6.0)


@pytest.mark.parametrize("name", ["y_exact", "labels_exact", "oracle"])
def test_members_of_an_archive(name: str, tmp_path: Path) -> None:
    data = npz(
        **{"X_train": X, "y_train": Y, f"{name}_train": EXACT},
        **{"X_val": X[:3], "y_val": Y[:3], f"{name}_val": EXACT[:3]},
    )
    splits = splits_of(export(tmp_path, {"data.npz": data}))
    np.testing.assert_array_equal(splits.train.oracle, EXACT)
    np.testing.assert_array_equal(splits.held_out[0].oracle, EXACT[:3])
    assert splits.train.target.tolist() == Y.tolist()
    assert splits.feature_names == ("f0", "f1")


def test_archive_for_each_split_and_configured_member(tmp_path: Path) -> None:
    part = npz(X=X, y=Y, y_clean=np.array(EXACT))
    settings = '[columns]\noracle = "y_clean"\n'
    files = {"train.npz": part, "test.npz": part, "audit.toml": settings}
    splits = splits_of(export(tmp_path, files))
    np.testing.assert_array_equal(splits.train.oracle, EXACT)
    assert splits.train.target.tolist() == Y.tolist()


def test_declared_features_bring_the_exact_labels_beside_them(tmp_path: Path) -> None:
    data = npz(X_dev=X, y_dev=Y, y_exact_dev=EXACT, X_te=X, y_te=Y, y_exact_te=EXACT)
    settings = '[roles]\ntrain = "data.npz::X_dev"\ntest = "data.npz::X_te"\n'
    splits = splits_of(export(tmp_path, {"data.npz": data, "audit.toml": settings}))
    assert splits.train.target.tolist() == Y.tolist()
    np.testing.assert_array_equal(splits.train.oracle, EXACT)
    assert splits.held_out[0].target.tolist() == Y.tolist()  # y_exact_te is no second target


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_files_of_their_own(suffix: str, tmp_path: Path) -> None:
    files: dict[str, Any] = {}
    for name, n in (("train", 6), ("test", 3)):
        files |= {f"X_{name}.npy": npy(X[:n]), f"y_{name}.npy": npy(Y[:n])}
        values = np.array(EXACT[:n])
        own = npy(values[:, None]) if suffix == "npy" else csv(pd.DataFrame({"h": values}))
        files[f"y_exact_{name}.{suffix}"] = own
    splits = splits_of(export(tmp_path, files))
    np.testing.assert_array_equal(splits.train.oracle, EXACT)
    assert splits.train.target.tolist() == Y.tolist()


def test_members_of_another_length_are_malformed(tmp_path: Path) -> None:
    data = npz(X_train=X, y_train=Y, y_exact_train=Y[:4], X_test=X, y_test=Y)
    (problem, *_) = problems(export(tmp_path, {"data.npz": data}), ProblemKind.MALFORMED)
    assert "4 values for 6 rows" in problem.reason


def test_one_table_with_a_split_column(tmp_path: Path) -> None:
    table = rows(6).assign(y_exact=EXACT, split=["train", "test"] * 3)
    splits = splits_of(export(tmp_path, {"all.parquet": parquet(table)}))
    np.testing.assert_array_equal(splits.train.oracle, EXACT[::2])
    np.testing.assert_array_equal(splits.held_out[0].oracle, EXACT[1::2])


@pytest.mark.parametrize("planted", [0, 7])
def test_exact_labels_do_not_change_what_is_contaminated(planted: int, tmp_path: Path) -> None:
    """Unequal exact labels must not hide duplicates, and equal ones must not make any."""
    reasons = []
    for with_oracle in (False, True):
        experiment = clean_experiment(3)
        again = experiment.train.iloc[:planted]
        held_out = pd.concat([experiment.validation.iloc[planted:], again], ignore_index=True)
        experiment.validation = held_out
        if with_oracle:
            for number, part in enumerate((experiment.train, experiment.validation)):
                part["y_exact"] = np.arange(len(part)) + 1000.0 * number
        report = audit_export(experiment.write(tmp_path / str(with_oracle)))
        runs = [run_of(report, id) for id in ("CT201", "CT202", "LK106", "MT405")]
        reasons.append([(run.verdict, run.reason, run.measured) for run in runs])
    assert reasons[0] == reasons[1]
    rows_found = [e.observed for _, _, m in reasons[0] for e in m if e.name == "exact_rows"]
    assert planted in rows_found


def test_init_proposes_it(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from audit.cli import app

    export(tmp_path, tables(y_exact=EXACT))
    result = CliRunner().invoke(app, ["init", str(tmp_path), "--stdout"])
    assert 'oracle = "y_exact"' in result.output.splitlines()
    export(tmp_path, {"audit.toml": '[columns]\noracle = "y_exact"\n'})
    kept = CliRunner().invoke(app, ["init", str(tmp_path), "--stdout"])
    assert kept.output.splitlines().count('oracle = "y_exact"') == 1
