"""Honest exports, with real splits and the counts that they print: no alarm, and no note."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from tests.harness import alarms, audit_export, run_of

IDS = ("LK106", "HY601", "HY602", "HY603")
Book = list[tuple[str, str]]  # source and output of each cell
IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
    "from sklearn.model_selection import GroupShuffleSplit, train_test_split",
    "",
)


def table(seed: int, n: int) -> pd.DataFrame:
    X, y = make_classification(n, 6, weights=[0.8], random_state=seed)
    return pd.DataFrame(X, columns=[f"m{i}" for i in range(6)]).assign(label=y)


def write(root: Path, book: Book, train: pd.DataFrame, test: pd.DataFrame) -> None:
    train.to_csv(root / "train.csv", index=False)
    test.to_csv(root / "test.csv", index=False)
    cells = [
        {
            "cell_type": "code",
            "execution_count": number,
            "metadata": {},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": text}] if text else [],
            "source": source,
        }
        for number, (source, text) in enumerate(book, start=1)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "model.ipynb").write_text(json.dumps(notebook))


def oversampled_training_rows(root: Path, seed: int, n: int) -> None:
    raw = table(seed, n)
    (root / "data").mkdir()
    raw.to_csv(root / "data" / "raw.csv", index=False)
    train, test = train_test_split(raw, test_size=0.25, random_state=seed, stratify=raw["label"])
    rare = train[train["label"] == 1]
    extra = rare.sample(len(train) - 2 * len(rare), replace=True, random_state=seed)
    grown = pd.concat([train, extra + np.random.default_rng(seed).normal(0, 1e-3, extra.shape)])
    grown["label"] = grown["label"].round().astype(int)
    book = [
        IMPORTS,
        ("df = pd.read_csv('data/raw.csv')\nprint(f'loaded {len(df)} rows')", f"loaded {n} rows\n"),
        (
            f"tr, te = train_test_split(df, test_size=0.25, random_state={seed})\n"
            "print(tr.shape, te.shape)",
            f"{train.shape} {test.shape}\n",
        ),
        (
            "rare = tr[tr.label == 1]\n"
            "more = len(tr) - 2 * len(rare)\n"
            f"tr = pd.concat([tr, rare.sample(more, replace=True, random_state={seed})])\n"
            "print('after oversampling', tr.shape)",
            f"after oversampling {grown.shape}\n",
        ),
        (
            "clf = LogisticRegression().fit(tr.drop(columns='label'), tr.label)\n"
            "print('test accuracy', clf.score(te.drop(columns='label'), te.label))",
            "",
        ),
    ]
    write(root, book, grown, test)


def copies_of_training_rows(root: Path, seed: int, n: int) -> None:
    raw, rng = table(seed, n), np.random.default_rng(seed)
    train, test = train_test_split(raw, test_size=0.2, random_state=seed)
    copies = [train]
    for _ in range(int(rng.integers(1, 30))):
        noisy = train.copy()
        noisy.iloc[:, :6] += rng.normal(0, 0.05, (len(train), 6))
        copies.append(noisy)
    grown = pd.concat(copies)
    book = [
        IMPORTS,
        ("df = pd.read_csv('table.csv')\nprint(f'{len(df):,} samples')", f"{n:,} samples\n"),
        (
            f"train, test = train_test_split(df, test_size=0.2, random_state={seed})\n"
            "print(f'{len(train):,} training rows before augmentation')\n"
            "print(f'{len(test):,} test rows')",
            f"{len(train):,} training rows before augmentation\n{len(test):,} test rows\n",
        ),
        (
            "copies = [train] + [train + np.random.default_rng(i).normal(0, 0.05, train.shape)\n"
            "                    for i in range(9)]\ntrain = pd.concat(copies)\n"
            "print(f'{len(train):,} training rows after augmentation')",
            f"{len(grown):,} training rows after augmentation\n",
        ),
        (
            "clf = LogisticRegression().fit(train.drop(columns='label'), train.label.round())\n"
            "print(clf.score(test.drop(columns='label'), test.label))",
            "",
        ),
    ]
    write(root, book, grown, test)


def windows_by_recording(root: Path, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    recordings = max(20, n // 20)
    (root / "data").mkdir()
    ids = pd.DataFrame(
        {"recording": np.arange(recordings), "length": rng.integers(20, 60, recordings)}
    )
    ids.to_csv(root / "data" / "source_recordings.csv", index=False)
    frame = table(seed, int(ids["length"].sum()))
    recording = np.repeat(ids["recording"], ids["length"]).to_numpy()
    splitter = GroupShuffleSplit(1, test_size=0.2, random_state=seed)
    inside, outside = next(splitter.split(frame, groups=recording))
    book = [
        IMPORTS,
        (
            "ids = pd.read_csv('data/source_recordings.csv')\n"
            "print(f'{len(ids)} source recordings')",
            f"{recordings} source recordings\n",
        ),
        (
            "frame = pd.read_csv('windows.csv')\nprint(f'{len(frame)} windows')",
            f"{len(frame)} windows\n",
        ),
        (
            f"cut = GroupShuffleSplit(1, test_size=0.2, random_state={seed})\n"
            "a, b = next(cut.split(frame, groups=frame.recording))\n"
            "fit_part, test_part = frame.iloc[a], frame.iloc[b]\n"
            "print(f'train: {len(a)} windows, test: {len(b)} windows')",
            f"train: {len(inside)} windows, test: {len(outside)} windows\n",
        ),
        (
            "clf = LogisticRegression().fit(fit_part.drop(columns='label'), fit_part.label)\n"
            "print(clf.score(test_part.drop(columns='label'), test_part.label))",
            "",
        ),
    ]
    write(root, book, frame.iloc[inside], frame.iloc[outside])


def nothing_multiplied(root: Path, seed: int, n: int) -> None:
    raw = table(seed, n)
    (root / "data").mkdir()
    raw.to_parquet(root / "data" / "original.parquet", index=False)
    train, test = train_test_split(raw, test_size=1 / 3, random_state=seed)
    book = [
        IMPORTS,
        ("full = pd.read_parquet('data/original.parquet')\nfull.shape", f"({n}, 7)"),
        (
            "np.random.seed(3)\norder = np.random.permutation(len(full))\n"
            "cut = len(full) * 2 // 3\n"
            "train, test = full.iloc[order[:cut]], full.iloc[order[cut:]]\n"
            "print('train', len(train), 'test', len(test))",
            f"train {len(train)} test {len(test)}\n",
        ),
        (
            "clf = LogisticRegression().fit(train.drop(columns='label'), train.label)\n"
            "print(clf.score(test.drop(columns='label'), test.label))",
            "",
        ),
    ]
    write(root, book, train, test)


BUILDERS: tuple[Callable[[Path, int, int], None], ...] = (
    oversampled_training_rows,
    copies_of_training_rows,
    windows_by_recording,
    nothing_multiplied,
)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("build", BUILDERS, ids=lambda build: build.__name__)
def test_honest_exports_raise_nothing(build, seed: int, tmp_path: Path) -> None:
    n = int(np.random.default_rng(seed).integers(300, 1500))
    build(tmp_path, seed, n)
    report = audit_export(tmp_path)
    runs = [run_of(report, check_id) for check_id in IDS]
    assert [run.findings for run in runs] == [()] * len(IDS)
    assert not alarms(report) & {*IDS, "LK101"}
