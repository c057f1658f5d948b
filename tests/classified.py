"""Honest classification experiments of several styles, that tests may spoil in one known way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

METRICS: dict[str, Callable[[pd.DataFrame, list[str]], float]] = {
    "accuracy": lambda t, _: sk.accuracy_score(t["y_true"], t["y_pred"]),
    "f1": lambda t, _: sk.f1_score(t["y_true"], t["y_pred"], average="macro"),
    "roc_auc": lambda t, c: _area(t, c),
    "log_loss": lambda t, c: sk.log_loss(t["y_true"], t[[f"prob_{k}" for k in c]], labels=c),
}


def _area(table: pd.DataFrame, classes: list[str]) -> float:
    scores = table[[f"prob_{name}" for name in classes]].to_numpy()
    if len(classes) == 2:
        return sk.roc_auc_score(table["y_true"] == classes[1], scores[:, 1])
    return sk.roc_auc_score(table["y_true"], scores, multi_class="ovr", labels=classes)


@dataclass
class Style:
    """A kind of classification task.

    Parameters
    ----------
    classes : list
        Labels in sorted order.
    shares : tuple of float
        How frequent each class is.
    group : str
        Column of the groups.
    regions : list
        Values of it, of any type.
    tiers : dict
        Tier to the values written in ``audit.toml``; empty for no tiers.
    """

    classes: list
    shares: tuple[float, ...]
    group: str
    regions: list
    tiers: dict[str, list[str]] = field(default_factory=dict)


STYLES = {
    "churn": Style(["churned", "stayed"], (0.3, 0.7), "region", ["North", "South East", "islands"],
                   {"mainland": ["North", "South East"], "sea": ["islands"]}),
    "fraud": Style([0, 1], (0.92, 0.08), "is_new", [False, True]),
    "trees": Style(["ash", "elm", "oak"], (0.2, 0.3, 0.5), "month",
                   ["2024-01-01", "2024-02-01", "2024-03-01"]),
    "digits": Style([0, 1, 2, 3], (0.25, 0.25, 0.25, 0.25), "ward", [3.0, 7.0, 12.0],
                    {"small": ["3"], "large": ["7", "12"]}),
    "grades": Style(["A", "B"], (0.5, 0.5), "year", [2019, 2020, 2021]),
}  # fmt: skip


@dataclass
class Classified:
    """An experiment before it is written; change the tables freely."""

    style: Style
    metric: str
    train: pd.DataFrame
    validation: pd.DataFrame
    baseline_factor: float = 1.1
    texts: dict[str, str] = field(default_factory=dict)
    change_baseline: Callable[[list[dict]], None] = lambda entries: None

    def predictions(self) -> pd.DataFrame:
        """Labels and probabilities on the validation rows, of a model fitted on `train`."""
        features = ["x0", "x1", "x2", "x3"]
        model = LogisticRegression().fit(self.train[features], self.train["label"])
        scores = model.predict_proba(self.validation[features])
        table = self.validation[["case_id", self.style.group]].copy()
        table["y_true"] = self.validation["label"]
        table["y_pred"] = model.classes_[scores.argmax(axis=1)]
        for i, name in enumerate(model.classes_):
            table[f"prob_{name}"] = scores[:, i]
        return table

    def write(self, root: Path, spoil: Callable[[dict], None] | None = None) -> Path:
        """Write the export; `spoil` may change the metrics first."""
        (root / "splits").mkdir()
        self.train.to_csv(root / "splits/train.csv", index=False)
        self.validation.to_csv(root / "splits/validation.csv", index=False)
        table = self.predictions()
        table.to_csv(root / "validation_predictions.csv", index=False)
        score = METRICS[self.metric]
        by_group = [
            {self.style.group: str(name), self.metric: score(rows, self.style.classes),
             "n": len(rows)}
            for name, rows in table.groupby(self.style.group)
        ]  # fmt: skip
        content = {"metric": self.metric, "split": "validation",
                   "overall": score(table, self.style.classes), "by_group": by_group}  # fmt: skip
        old = json.loads(json.dumps(by_group))
        for entry in old:
            factor = self.baseline_factor if self.metric == "log_loss" else 1 / self.baseline_factor
            entry[self.metric] *= factor
        self.change_baseline(old)
        baseline = {"name": "Run 1", "metric": self.metric, "by_group": old}
        if spoil is not None:
            spoil(content)
        (root / "metrics.json").write_text(json.dumps(content))
        (root / "baseline.json").write_text(json.dumps(baseline))
        config = f'[columns]\ntarget = "label"\ngroups = ["{self.style.group}"]\n'
        if self.style.tiers:
            config += "[tiers]\n" + "".join(
                f"{tier} = {json.dumps(names)}\n" for tier, names in self.style.tiers.items()
            )
        (root / "audit.toml").write_text(config + self.texts.pop("audit.toml", ""))
        lines = [
            "# Results", "", f"Validation {self.metric} **{content['overall']:.3f}**.", "",
            f"| {self.style.group} | {self.metric} | rows |", "|---|---|---|",
            *(f"| {e[self.style.group]} | {e[self.metric]:.3f} | {e['n']} |" for e in by_group),
        ]  # fmt: skip
        (root / "RESULTS.md").write_text("\n".join(lines) + self.texts.pop("RESULTS.md", "\n"))
        return root


def classified(style: str, metric: str, random_state: int, n: int = 1600) -> Classified:
    """An honest experiment: features that tell the classes in part, split at random."""
    kind = STYLES[style]
    rng = np.random.default_rng([random_state, len(style)])
    codes = rng.choice(len(kind.classes), size=n, p=kind.shares)
    centres = rng.normal(size=(len(kind.classes), 4))
    rows = pd.DataFrame(centres[codes] + rng.normal(size=(n, 4)), columns=["x0", "x1", "x2", "x3"])
    rows = rows.round(5)
    rows.insert(0, "case_id", rng.permutation(n))
    rows[kind.group] = pd.Series(kind.regions)[rng.integers(0, len(kind.regions), n)].to_numpy()
    rows["label"] = pd.Series(kind.classes)[codes].to_numpy()
    train, validation = train_test_split(
        rows, test_size=0.4, random_state=random_state, stratify=rows["label"]
    )
    return Classified(kind, metric, train.reset_index(drop=True), validation.reset_index(drop=True))
