"""Exports in other people's styles: other names, libraries, layouts and tasks than ours.

Each builder writes an honest export, or with ``leak=True`` the same with one real defect.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_digits, load_wine, make_classification
from sklearn.model_selection import train_test_split

Builder = Callable[[Path, int, bool], Path]


def npz_classification(root: Path, seed: int, leak: bool) -> Path:
    """train.npz and val.npz with X, y and groups; digits; the leak: noisy copies before the split,
    told apart by a jittered column only."""
    rng = np.random.default_rng(seed)
    data = load_digits()
    rows = rng.permutation(len(data.target))[:900]
    X = np.c_[data.data[rows], rng.uniform(size=len(rows))]
    y = data.target[rows]
    if leak:
        again = X.copy()
        again[:, -1] = rng.uniform(size=len(again))
        X, y = np.r_[X, again], np.r_[y, y]
    groups = np.where(y < 5, "low", "high")
    parts = train_test_split(X, y, groups, test_size=0.25, random_state=seed, stratify=y)
    names = np.array([f"pixel_{i}" for i in range(64)] + ["brightness"])
    for split, offset in (("train", 0), ("val", 1)):
        members = dict(zip(("X", "y", "groups"), parts[offset::2], strict=True))
        np.savez(root / f"{split}.npz", **members, feature_names=names)
    return root


def npy_script(root: Path, seed: int, leak: bool) -> Path:
    """X_train.npy … and a script in NumPy; regression; the leak: z-scores over all rows."""
    data = load_diabetes()
    statistics = "features" if leak else "features[fit_rows]"
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.target))
    fit_rows, check_rows = order[:330], order[330:]
    for name, rows in (("train", fit_rows), ("test", check_rows)):
        np.save(root / f"X_{name}.npy", data.data[rows])
        np.save(root / f"y_{name}.npy", data.target[rows])
    (root / "fit.py").write_text(
        "import numpy as np\n\n"
        "features = np.load('features.npy')\n"
        "response = np.load('response.npy')\n"
        f"order = np.random.default_rng({seed}).permutation(len(features))\n"
        "fit_rows, check_rows = order[:330], order[330:]\n"
        f"centre = {statistics}.mean(axis=0)\n"
        f"spread = {statistics}.std(axis=0)\n"
        "features = (features - centre) / spread\n"
        "weights, *_ = np.linalg.lstsq(features[fit_rows], response[fit_rows], rcond=None)\n"
        "error = response[check_rows] - features[check_rows] @ weights\n"
        "print('rmse', np.sqrt(np.mean(error ** 2)))\n"
    )
    return root


def split_column(root: Path, seed: int, leak: bool) -> Path:
    """One table with a split column; wine; the leak: held-out rows that stand in train too."""
    data = load_wine(as_frame=True).frame
    rng = np.random.default_rng(seed)
    table = data.iloc[rng.permutation(len(data))].reset_index(drop=True)
    table["split"] = np.where(np.arange(len(table)) < 120, "train", "test")
    if leak:
        copies = table[table["split"] == "train"].iloc[:20].assign(split="test")
        table = pd.concat([table, copies], ignore_index=True)
    table.to_csv(root / "wine.csv", index=False)
    return root


def pandas_pipeline(root: Path, seed: int, leak: bool) -> Path:
    """train.csv, test.csv and a notebook with a pipeline; the leak: oversampling first."""
    X, y = make_classification(600, 8, weights=[0.8], random_state=seed)
    table = pd.DataFrame(X, columns=[f"measure_{i}" for i in range(8)]).assign(label=y)
    train, test = train_test_split(table, test_size=0.3, random_state=seed, stratify=y)
    train.to_csv(root / "train.csv", index=False)
    test.to_csv(root / "test.csv", index=False)
    balance = (
        "rare = frame[frame.label == 1]\n"
        "frame = pd.concat([frame, rare.sample(len(frame) - 2 * len(rare), replace=True)])\n"
    )
    divide = "fit_part, held_back = train_test_split(frame, test_size=0.3, random_state=1)\n"
    code = balance + divide if leak else divide
    cells = [
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import cross_val_score, train_test_split\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler",
        "frame = pd.read_csv('table.csv')",
        code,
        "pipe = make_pipeline(StandardScaler(), LogisticRegression())\n"
        "measures = [c for c in frame.columns if c != 'label']\n"
        "print(cross_val_score(pipe, fit_part[measures], fit_part.label, cv=5).mean())\n"
        "pipe.fit(fit_part[measures], fit_part.label)\n"
        "print(pipe.score(held_back[measures], held_back.label))",
    ]
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": i + 1,
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            for i, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (root / "model.ipynb").write_text(json.dumps(notebook))
    return root


def categories(root: Path, seed: int, leak: bool) -> Path:
    """Parquet splits of categories and an income, no group, no metric; the leak: half of the
    held-out people are training people under a new case number."""
    rng = np.random.default_rng(seed)
    n = 1200
    table = pd.DataFrame(
        {
            "case": rng.permutation(n) + 10_000,
            "colour": rng.choice(["red", "green", "blue"], n),
            "size": rng.choice(["S", "M", "L", "XL"], n),
            "material": rng.choice(["wood", "steel", "glass"], n),
            "age": rng.integers(1, 30, n),
            "income": rng.lognormal(10, 0.5, n).round(2),
        }
    )
    table["outcome"] = (rng.uniform(size=n) < 0.3).astype(int)
    train, valid = table.iloc[:900], table.iloc[900:]
    if leak:
        again = train.iloc[:150].assign(case=rng.permutation(150) + 90_000)
        valid = pd.concat([valid.iloc[:150], again])
    train.to_parquet(root / "train.parquet", index=False)
    valid.to_parquet(root / "valid.parquet", index=False)
    return root


def metrics_only(root: Path, seed: int, leak: bool) -> Path:
    """A CSV of accuracies per city and a README; the leak: the README's rows do not add up."""
    rng = np.random.default_rng(seed)
    cities = ["Oslo", "Bergen", "Tromsø", "Bodø"]
    n = rng.integers(150, 400, 4)
    right = np.array([rng.binomial(count, 0.8) for count in n])
    table = pd.DataFrame({"city": cities, "accuracy": right / n, "n": n})
    table.to_csv(root / "metrics_by_city.csv", index=False)
    overall = right.sum() / n.sum()
    (root / "metrics.json").write_text(json.dumps({"test": {"accuracy": overall}}))
    shown = n.copy()
    if leak:
        shown[1] -= 100
    lines = ["# City model", "", "| City | Cases | % of total |", "|---|---|---|"]
    lines += [
        f"| {city} | {count} | {100 * count / n.sum():.1f}% |"
        for city, count in zip(cities, shown, strict=True)
    ]
    lines += [f"| Total | {n.sum()} | 100.0% |", "", f"Accuracy {overall:.1%} on the test set.", ""]
    (root / "README.md").write_text("\n".join(lines), encoding="utf-8")
    return root


# Builder, and the checks that must fire (one of them at least) when it leaks.
STYLES: dict[str, tuple[Builder, set[str]]] = {
    "npz_classification": (npz_classification, {"CT202"}),
    "npy_script": (npy_script, {"LK102"}),
    "split_column": (split_column, {"CT201"}),
    "pandas_pipeline": (pandas_pipeline, {"LK101"}),
    "categories": (categories, {"CT202"}),
    "metrics_only": (metrics_only, {"CL501"}),
}
