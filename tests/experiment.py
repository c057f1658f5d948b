"""A small honest experiment, built in memory, that tests may spoil in one known way.

`clean_experiment` is real: the numbers in its metrics, predictions, recorded outputs and document
come from a ridge regression that is fitted when the export is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

SITES = ("A", "B", "C", "D")
TIERS = {"A": "easy", "B": "easy", "C": "hard", "D": "hard"}

CELLS = [
    ("markdown", "# Yield by site\n\nRidge regression on six measurements of each plot."),
    (
        "code",
        "import json\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.preprocessing import StandardScaler",
    ),
    ("code", 'plots = pd.read_csv("plots.csv")\nprint(len(plots))'),
    ("markdown", "Plots are divided before anything is computed from them."),
    (
        "code",
        "train, rest = train_test_split(\n"
        '    plots, test_size=160, random_state=7, stratify=plots["site"]\n)\n'
        "validation, test = train_test_split(\n"
        '    rest, test_size=80, random_state=7, stratify=rest["site"]\n)',
    ),
    (
        "code",
        'measurements = [f"x{i}" for i in range(6)]\n'
        "scaler = StandardScaler().fit(train[measurements])\n"
        'model = Ridge(alpha=1.0).fit(scaler.transform(train[measurements]), train["y"])',
    ),
    (
        "code",
        "def rmse(rows):\n"
        "    predicted = model.predict(scaler.transform(rows[measurements]))\n"
        '    return float(np.sqrt(np.mean((rows["y"] - predicted) ** 2)))\n\n\n'
        'print(f"validation rmse {rmse(validation):.4f}")\n'
        'for site, rows in validation.groupby("site"):\n'
        '    print(site, f"{rmse(rows):.4f}", len(rows))\n'
        'print(f"test rmse {rmse(test):.4f}")',
    ),
]


@dataclass
class Experiment:
    """An experiment that can be changed and then written as an export.

    Change `cells`, the split tables or `baseline` freely: metrics, predictions, outputs and the
    document follow from them when `write` is called. `edits` act on the finished text files.
    """

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    cells: list[tuple[str, str]] = field(default_factory=lambda: list(CELLS))
    baseline: dict[str, float] | None = None
    target: str = "y"
    features: tuple[str, ...] = tuple(f"x{i}" for i in range(6))
    as_script: bool = False
    files: dict[str, str | bytes] = field(default_factory=dict)
    edits: list[Callable[[dict[str, str]], None]] = field(default_factory=list)

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace text in a finished file; fails when `before` is not there."""

        def apply(texts: dict[str, str]) -> None:
            assert before in texts[path], f"{before!r} not in {path}"
            texts[path] = texts[path].replace(before, after)

        self.edits.append(apply)

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Ridge regression on the numeric features, fitted on `train`."""
        design = self.train[list(self.features)].to_numpy(float)
        mean, scale = design.mean(axis=0), design.std(axis=0) + 1e-12
        scaled = np.c_[np.ones(len(design)), (design - mean) / scale]
        penalty = np.diag([0.0] + [1.0] * len(self.features))
        weights = np.linalg.solve(
            scaled.T @ scaled + penalty, scaled.T @ self.train[self.target].to_numpy(float)
        )
        new = (rows[list(self.features)].to_numpy(float) - mean) / scale
        return np.c_[np.ones(len(new)), new] @ weights

    def texts(self) -> dict[str, str]:
        """All text files of the export by path."""
        splits = {"validation": self.validation, "test": self.test}
        predictions = {
            name: rows.assign(y_true=rows[self.target], y_pred=self.predict(rows))[
                ["row_id", "site", "y_true", "y_pred"]
            ]
            for name, rows in splits.items()
        }
        metrics = {"metric": "rmse"} | {
            name: _metric_table(table) for name, table in predictions.items()
        }
        texts = {
            "splits/train.csv": _csv(self.train),
            "splits/validation.csv": _csv(self.validation),
            "splits/test.csv": _csv(self.test),
            "validation_predictions.csv": _csv(predictions["validation"]),
            "test_predictions.csv": _csv(predictions["test"]),
            "metrics.json": json.dumps(metrics, indent=1) + "\n",
            "RESULTS.md": self._results(metrics),
        }
        if self.baseline is not None:
            table = [
                {"site": site, "tier": TIERS[site], "rmse": value}
                for site, value in self.baseline.items()
            ]
            texts["baseline.json"] = json.dumps({"name": "Run 1", "by_group": table}, indent=1)
        if self.as_script:
            texts["experiment.py"] = _script(self.cells)
        else:
            texts["experiment.ipynb"] = _notebook(self.cells, self._outputs(metrics))
        for apply in self.edits:
            apply(texts)
        return texts

    def write(self, root: Path) -> Path:
        """Write the export into `root` and return it."""
        for path, content in {**self.texts(), **self.files}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                target.write_text(content, encoding="utf-8")
        return root

    def _outputs(self, metrics: dict) -> dict[int, str]:
        by_site = "\n".join(
            f"{entry['site']} {entry['rmse']:.4f} {entry['n']}"
            for entry in metrics["validation"]["by_group"]
        )
        total = len(self.train) + len(self.validation) + len(self.test)
        return {
            2: f"{total}\n",
            len(self.cells) - 1: f"validation rmse {metrics['validation']['overall']:.4f}\n"
            f"{by_site}\ntest rmse {metrics['test']['overall']:.4f}\n",
        }

    def _results(self, metrics: dict) -> str:
        table = metrics["validation"]
        total = len(self.validation)
        lines = [
            "# Results",
            "",
            f"Validation RMSE **{table['overall']:.3f}**, test RMSE "
            f"{metrics['test']['overall']:.3f}.",
            "",
            "| Site | Tier | RMSE | Validation rows | % of total |",
            "|------|------|------|-----------------|------------|",
        ]
        lines += [
            f"| {entry['site']} | {TIERS[entry['site']]} | {entry['rmse']:.3f} | "
            f"{entry['n']:,} | {100 * entry['n'] / total:.1f} % |"
            for entry in table["by_group"]
        ]
        lines += ["", f"The validation set has {total:,} rows.", ""]
        return "\n".join(lines)


@dataclass(frozen=True)
class Fault:
    """One known defect.

    Parameters
    ----------
    name : str
        What is done, as a sentence fragment: ``"rows are duplicated before the split"``.
    expects : tuple of str
        Checks that must fire; all others must stay silent.
    apply : callable
        Spoils an `Experiment` in place.
    """

    name: str
    expects: tuple[str, ...]
    apply: Callable[[Experiment, np.random.Generator], None]


def clean_experiment(random_state: int = 0, *, as_script: bool = False) -> Experiment:
    """An honest regression: four sites in two tiers, 240 + 80 + 80 rows, no kin across splits."""
    rng = np.random.default_rng(random_state)
    n = 400
    site = np.repeat(SITES, n // 4)
    x = rng.normal(size=(n, 6)).round(4)
    noise = np.where(np.isin(site, ["A", "B"]), 0.3, 0.6)
    y = x @ np.array([1.0, -2.0, 0.5, 0.0, 0.3, 1.5]) + noise * rng.normal(size=n)
    rows = pd.DataFrame(x, columns=[f"x{i}" for i in range(6)])
    rows.insert(0, "row_id", np.arange(n))
    rows["site"] = site
    rows["y"] = y.round(4)
    order = np.concatenate([np.arange(s * 100, s * 100 + 60) for s in range(4)])
    rest = np.setdiff1d(np.arange(n), order).reshape(4, 40)
    experiment = Experiment(
        train=rows.iloc[rng.permutation(order)].reset_index(drop=True),
        validation=rows.iloc[rng.permutation(rest[:, :20].ravel())].reset_index(drop=True),
        test=rows.iloc[rng.permutation(rest[:, 20:].ravel())].reset_index(drop=True),
        as_script=as_script,
    )
    truth = experiment.validation.assign(
        loss=lambda table: (table["y"] - experiment.predict(table)) ** 2
    )
    rmse = np.sqrt(truth.groupby("site")["loss"].mean())
    experiment.baseline = {name: round(1.1 * float(rmse[name]), 4) for name in SITES}
    return experiment


def _metric_table(predictions: pd.DataFrame) -> dict:
    squared = (predictions["y_true"] - predictions["y_pred"]) ** 2
    by_group = [
        {"site": name, "rmse": float(np.sqrt(loss.mean())), "n": len(loss)}
        for name, loss in squared.groupby(predictions["site"])
    ]
    return {"overall": float(np.sqrt(squared.mean())), "by_group": by_group}


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False, lineterminator="\n")


def _script(cells: list[tuple[str, str]]) -> str:
    parts = [
        f"# %%\n{source}"
        if kind == "code"
        else "# %% [markdown]\n" + "\n".join(f"# {line}" for line in source.splitlines())
        for kind, source in cells
    ]
    return "\n\n".join(parts) + "\n"


def _notebook(cells: list[tuple[str, str]], outputs: dict[int, str]) -> str:
    count = 0
    entries: list[dict] = []
    for index, (kind, source) in enumerate(cells):
        entry: dict = {
            "cell_type": kind,
            "id": f"cell-{index}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
        }
        if kind == "code":
            count += 1
            text = outputs.get(index, "")
            entry["execution_count"] = count
            entry["outputs"] = (
                [
                    {
                        "name": "stdout",
                        "output_type": "stream",
                        "text": text.splitlines(keepends=True),
                    }
                ]
                if text
                else []
            )
        entries.append(entry)
    notebook = {
        "cells": entries,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1) + "\n"


if __name__ == "__main__":
    clean_experiment(0).write(Path(__file__).parent / "exports" / "base")
