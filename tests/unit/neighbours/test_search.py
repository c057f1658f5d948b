from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import Kinship, SplitData, SplitKinship, SplitRole, Splits
from audit.neighbours import kinship, masks, matching


def split(
    features: pd.DataFrame,
    target: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    role: SplitRole = SplitRole.TRAIN,
) -> SplitData:
    frame = features.reset_index(drop=True)
    return SplitData(role, f"{role.value}.csv", frame, target, groups, np.arange(len(frame)))


def search(
    train: pd.DataFrame,
    held_out: pd.DataFrame,
    train_target: np.ndarray | None = None,
    held_out_target: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> SplitKinship:
    validation = split(held_out, held_out_target, groups, SplitRole.VALIDATION)
    return kinship(Splits(split(train, train_target), (validation,))).pairs[0]


def numbers(n: int, d: int, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(n, d))
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(d)])


def test_one_row() -> None:
    row = pd.DataFrame({"a": [1], "b": ["x"]})
    assert search(row, row).exact.rows.tolist() == [True]
    assert search(row, row.assign(a=2)).exact.rows.tolist() == [False]


def test_no_columns_match_nothing() -> None:
    empty = pd.DataFrame(index=range(3))
    found = search(empty, empty)
    assert not found.exact.rows.any()
    assert found.tried == 0


@pytest.mark.parametrize(("n_train", "n_held_out"), [(0, 4), (4, 0), (0, 0)])
def test_no_rows(n_train: int, n_held_out: int) -> None:
    found = search(
        numbers(n_train, 3), numbers(n_held_out, 3), np.zeros(n_train), np.zeros(n_held_out)
    )
    assert found.exact.rows.shape == (n_held_out,)
    assert not found.exact.rows.any()
    assert found.masked == ()


def test_all_constant_columns_make_all_rows_equal_by_coincidence() -> None:
    same = pd.DataFrame({"a": np.ones(5), "b": ["x"] * 5})
    found = search(same, same)
    assert found.exact.rows.all()
    assert found.exact.chance == 1.0


def test_many_columns_are_limited_and_said_so() -> None:
    table = numbers(40, 400)
    found = search(table.iloc[:30], table.iloc[30:])
    assert "pairs of columns" in found.limits
    assert 400 < found.tried <= masks.VISITS // 100_000


def test_more_single_columns_than_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "VISITS", 500_000)
    table = numbers(40, 20)
    found = search(table.iloc[:30], table.iloc[30:])
    assert found.tried <= 5
    assert "5 of 20 single columns" in found.limits


def test_forced_hash_collisions_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    train, held_out = numbers(60, 4, 1).round(0), numbers(30, 4, 2).round(0)
    target, other = np.arange(60.0) % 7, np.arange(30.0) % 7
    honest = search(train, held_out, target, other)
    assert 0 < honest.exact.rows.sum() < 30
    for few in (1, 3):
        monkeypatch.setattr(matching, "mix", lambda values, salt, few=few: values % np.uint64(few))
        collided = search(train, held_out, target, other)
        assert collided.exact.rows.tolist() == honest.exact.rows.tolist()
        assert collided.exact.supported.tolist() == honest.exact.supported.tolist()
        np.testing.assert_allclose(collided.exact.expected, honest.exact.expected)


def test_missing_target_supports_nothing() -> None:
    rows = numbers(4, 2)
    target = np.array([1.5, np.nan, 2.5, np.nan])
    found = search(rows, rows, target, target)
    assert found.exact.rows.all()
    assert found.exact.supported.tolist() == [True, False, True, False]


def hidden(d: int, hide: list[int], n_copies: int, seed: int = 0) -> tuple[pd.DataFrame, ...]:
    """Training rows, and held-out rows of which the last are copies but for some columns."""
    rng = np.random.default_rng(seed)
    train, held_out = numbers(400, d, seed), numbers(200, d, seed + 1)
    target, other = rng.normal(size=400), rng.normal(size=200)
    if n_copies:
        source = rng.choice(400, n_copies)
        keep = [i for i in range(d) if i not in hide]
        held_out.iloc[-n_copies:, keep] = train.iloc[source, keep].to_numpy()
        other[-n_copies:] = target[source]
    return train, held_out, target, other


@pytest.mark.parametrize("hide", [[1], [0, 3]])
def test_hiding_columns_are_named(hide: list[int]) -> None:
    found = search(*hidden(5, hide, 40))
    (match,) = found.masked
    assert match.masked == tuple(f"x{i}" for i in hide)
    assert match.supported.sum() == 40
    assert match.supported[-40:].all()
    assert found.exact.rows.sum() == 0
    assert found.tried == 5 + 10


def test_hidden_copies_without_a_target() -> None:
    train, held_out, _, _ = hidden(5, [2], 40)
    (match,) = search(train, held_out).masked
    assert match.masked == ("x2",)
    assert match.supported is None
    assert match.chance is not None
    assert match.chance < 0.01


def test_equal_rows_with_other_targets_are_no_hidden_copies() -> None:
    train, held_out, target, other = hidden(5, [2], 40)
    other[-40:] += 1.0
    assert search(train, held_out, target, other).masked == ()


def test_two_jittered_columns_are_found_where_one_is_not_enough() -> None:
    train, held_out, target, other = hidden(6, [1], 80)
    held_out.iloc[-40:, 4] += 0.01  # half of the copies hide behind a second column
    first, second = search(train, held_out, target, other).masked
    assert first.masked == ("x1", "x4")
    assert first.supported.sum() == 80
    assert second.masked == ("x1",)
    assert second.supported.sum() == 40


def test_row_id_and_classes() -> None:
    train, held_out, _, _ = hidden(6, [], 60)
    train.insert(0, "id", np.arange(400))
    held_out.insert(0, "id", np.arange(400, 600))
    labels = (train["x0"] > 0).to_numpy().astype(int)
    other = (held_out["x0"] > 0).to_numpy().astype(int)
    (match,) = search(train, held_out, labels, other).masked
    assert match.masked == ("id",)
    assert match.supported.sum() == 60


def test_categorical_table_has_no_hidden_copies() -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {f"c{i}": rng.choice(list("abcd"), 900) for i in range(6)}
        | {f"f{i}": rng.choice(["y", "n"], 900, p=[0.9, 0.1]) for i in range(4)}
    )
    label = ((table["c0"] == "a") | (table["c1"] == "b")).to_numpy().astype(int)
    found = search(table.iloc[:700], table.iloc[700:], label[:700], label[700:])
    assert found.masked == ()
    assert found.exact.chance is not None
    assert found.exact.chance * 3 > found.exact.rows.mean()


def test_screened_sample_finds_what_all_rows_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    train, held_out, target, other = hidden(5, [1], 60)
    whole = search(train, held_out, target, other)
    monkeypatch.setattr(masks, "SAMPLE", 50)
    monkeypatch.setattr(masks, "BLOCK", 4)
    monkeypatch.setattr(masks, "CHUNK", 64)
    sampled = search(train, held_out, target, other)
    assert [m.masked for m in sampled.masked] == [m.masked for m in whole.masked]
    assert sampled.masked[0].supported.tolist() == whole.masked[0].supported.tolist()


def test_partner_is_a_supported_row_where_there_is_one() -> None:
    train = pd.DataFrame({"a": [1, 1, 2], "b": [5, 5, 6]})
    held_out = pd.DataFrame({"a": [1, 2, 1, 9], "b": [5, 6, 5, 9]})
    found = search(train, held_out, np.array([0.1, 0.2, 0.3]), np.array([0.2, 0.9, 0.7, 0.1]))
    assert found.exact.train_rows.tolist() == [1, 2, 0, -1]


def test_progress_and_determinism() -> None:
    said: list[str] = []
    train, held_out, target, other = hidden(5, [1], 40)
    splits = Splits(split(train, target), (split(held_out, other, role=SplitRole.TEST),))
    first, second = kinship(splits, said.append), kinship(splits)
    assert said[-1].endswith("100%")
    assert isinstance(first, Kinship)
    for a, b in zip(first.pairs[0].masked, second.pairs[0].masked, strict=True):
        assert a.masked == b.masked
        assert (a.train_rows == b.train_rows).all()


def ds1_table(folder: Path) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    # the files are public data that this test trusts
    samples = pickle.loads((folder / "DS-1-samples_n_k_m_P.pkl").read_bytes())
    heights = np.array(pickle.loads((folder / "DS-1-samples_mHeights.pkl").read_bytes()))
    entries = np.zeros((len(samples), 20))
    for row, (_, _, _, matrix) in zip(entries, samples, strict=True):
        row[: np.size(matrix)] = np.ravel(matrix)
    table = pd.DataFrame(entries, columns=[f"p{i}" for i in range(20)])
    table.insert(0, "m", [sample[2] for sample in samples])
    table.insert(0, "k", [sample[1] for sample in samples])
    groups = (table["k"].astype(str) + "," + table["m"].astype(str)).to_numpy()
    return table, heights, groups


def test_real_data_repeat_source_rows_and_hide_nothing(ds1: Path) -> None:
    from sklearn.model_selection import train_test_split

    table, heights, groups = ds1_table(ds1)
    train, rest = train_test_split(
        np.arange(len(table)), test_size=0.15, random_state=42, stratify=groups
    )
    found = search(table.iloc[train], table.iloc[rest], heights[train], heights[rest], groups[rest])
    seen = set(table.iloc[train].itertuples(index=False, name=None))
    repeated = [row in seen for row in table.iloc[rest].itertuples(index=False, name=None)]
    assert found.exact.rows.tolist() == repeated
    assert found.exact.rows.sum() == 142
    assert found.masked == ()  # the same matrix under another m has another height


def texts(n: int, seed: int, words: int = 20) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(f"w{i}" for i in rng.integers(0, 50, words)) for _ in range(n)]


def test_copies_of_a_single_text_are_no_coincidence() -> None:
    train, held_out = texts(300, 0), texts(100, 1)
    held_out[:20] = train[:20]
    labels = np.arange(300) % 2, np.r_[np.arange(20) % 2, np.arange(80) % 2]
    found = search(pd.DataFrame({"t": train}), pd.DataFrame({"t": held_out}), *labels)
    assert int(found.exact.rows.sum()) == 20
    assert found.exact.chance == 0.0


def test_short_phrases_may_agree_by_coincidence() -> None:
    train, held_out = texts(300, 0, words=1), texts(100, 1, words=1)
    labels = np.arange(300) % 2, np.arange(100) % 2
    found = search(pd.DataFrame({"t": train}), pd.DataFrame({"t": held_out}), *labels)
    assert found.exact.chance == 1.0


def test_texts_from_a_template_may_agree_by_coincidence() -> None:
    rng = np.random.default_rng(0)
    phrase = "the patient in room {} of ward {} was given a dose of {} today"
    every = [phrase.format(*rng.integers(0, 4, 3)) for _ in range(400)]
    labels = np.arange(300) % 2, np.arange(100) % 2
    frames = [pd.DataFrame({"t": part}) for part in (every[:300], every[300:])]
    assert search(*frames, *labels).exact.chance > 0.5
