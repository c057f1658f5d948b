"""Classification whose report is the point: confusion tables, comparisons, targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import notebook, script, style, write


@style("CL501")
def confusion_in_model_card(root: Path, seed: int, leak: bool = False) -> Path:
    """A model card with a confusion matrix, counts and rates; predictions as records in JSON."""
    X, y = data.blobs(500, 4, seed, d=5, spread=1.8)
    kinds = np.array(["cat", "dog", "fox", "owl"])
    order = np.random.default_rng(seed).permutation(500)
    train, test = order[:350], order[350:]
    np.savez(root / "train.npz", X=X[train], y=y[train])
    np.savez(root / "test.npz", X=X[test], y=y[test])
    names = script(
        root,
        "train.py",
        "import json\nfrom dataclasses import dataclass\n\nimport numpy as np\n"
        "from sklearn.neighbors import KNeighborsClassifier\n\n\n"
        "@dataclass\nclass Config:\n    neighbours: int = 7\n    weights: str = 'uniform'\n\n\n"
        "class Trainer:\n"
        "    def __init__(self, config):\n        self.config = config\n"
        "        self.model = KNeighborsClassifier(config.neighbours, weights=config.weights)\n\n"
        "    def fit(self, path):\n        part = np.load(path)\n"
        "        self.model.fit(part['X'], part['y'])\n        return self\n\n"
        "    def evaluate(self, path):\n        part = np.load(path)\n"
        "        return part['y'], self.model.predict(part['X'])\n\n\n"
        "if __name__ == '__main__':\n"
        "    y_true, y_pred = Trainer(Config()).fit('train.npz').evaluate('test.npz')\n"
        "    json.dump({'test': {'accuracy': float((y_true == y_pred).mean())}}, "
        "open('metrics.json', 'w'))\n"
        "    json.dump([{'y_true': int(a), 'y_pred': int(b)} for a, b in zip(y_true, y_pred)],\n"
        "              open('test_predictions.json', 'w'))\n",
    )
    true, predicted = names["y_true"], names["y_pred"]
    lines = ["# Model card", "", "k = 7 nearest neighbours.", "", "## Classes in the test set", ""]
    lines += ["| Class | Rows | % of total | Right |", "|---|---|---|---|"]
    counts = np.bincount(true, minlength=4)
    shown = counts + (np.array([0, 35, 0, 0]) if leak else 0)
    for i, kind in enumerate(kinds):
        right = int(((true == i) & (predicted == i)).sum())
        lines.append(f"| {kind} | {shown[i]} | {counts[i] / 150:.1%} | {right} |")
    lines += [f"| Total | 150 | 100.0% | {int((true == predicted).sum())} |", ""]
    lines += ["## Confusion", "", "| | " + " | ".join(kinds) + " |", "|---|---|---|---|---|"]
    for i, kind in enumerate(kinds):
        cells = [str(int(((true == i) & (predicted == j)).sum())) for j in range(4)]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    wrong = int((true != predicted).sum())
    lines += [
        "",
        f"{wrong} of 150 rows are wrong; accuracy {np.mean(true == predicted):.3f}.",
        "",
    ]
    write(root, "MODEL_CARD.md", "\n".join(lines))
    return root


@style()
def two_models_compared(root: Path, seed: int) -> Path:
    """A forest beside a baseline on the same rows: points, percent, factors, criteria."""
    X, y = data.blobs(640, 2, seed, d=5, spread=1.9)
    y = np.where(X[:, 0] * X[:, 1] > 0, y, 1 - y)
    site = np.random.default_rng(seed).choice(["A", "B", "C"], 640)
    table = pd.DataFrame(X.round(4), columns=[f"v{i}" for i in range(5)])
    table.assign(site=site, label=y).to_csv(root / "pool.csv", index=False)
    names = notebook(
        root,
        "compare.ipynb",
        [
            "import json\nimport pandas as pd\nfrom sklearn.ensemble import "
            "RandomForestClassifier\n"
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score\n"
            "from sklearn.model_selection import train_test_split",
            "pool = pd.read_csv('pool.csv')\nx = [f'v{i}' for i in range(5)]\n"
            "train, test = train_test_split(pool, test_size=0.25, stratify=pool.label, "
            "random_state=12)",
            "models = {'baseline': LogisticRegression(),\n"
            "          'metrics': RandomForestClassifier(60, min_samples_leaf=3, "
            "random_state=12)}\n"
            "results = {}\n"
            "for name, model in models.items():\n"
            "    model.fit(train[x], train.label)\n"
            "    prob = model.predict_proba(test[x])[:, 1]\n"
            "    right = (prob > 0.5) == test.label\n"
            "    results[name] = {\n"
            "        'metric': 'accuracy',\n"
            "        'test': {'overall': float(right.mean()), 'by_group': [\n"
            "            {'site': s, 'accuracy': float(part.mean()), 'n': len(part)}\n"
            "            for s, part in right.groupby(test.site)]}}\n"
            "    results[name + '_auc'] = roc_auc_score(test.label, prob)\n"
            "    results[name + '_brier'] = brier_score_loss(test.label, prob)\n"
            "    json.dump(results[name], open(f'{name}.json', 'w'), indent=2)\n"
            '    print(f"{name}: accuracy {right.mean():.4f}, AUROC {results[name + '
            "'_auc']:.4f}\")",
            "out = pd.DataFrame({'site': test.site, 'y_true': test.label, "
            "'y_pred': (prob > 0.5).astype(int), 'y_prob': prob})\n"
            "out.to_csv('test_predictions.csv', index=False)\n"
            "train.to_csv('train.csv', index=False)\ntest.to_csv('test.csv', index=False)",
        ],
    )
    (root / "pool.csv").unlink()
    results = names["results"]
    old, new = results["baseline"]["test"], results["metrics"]["test"]
    a, b = old["overall"], new["overall"]
    brier = [results[f"{name}_brier"] for name in ("baseline", "metrics")]
    lines = [
        "# Forest against logistic regression",
        "",
        f"Accuracy goes from {a:.1%} to {b:.1%} on the same {len(names['test'])} test rows "
        f"({100 * (b - a):+.1f} percentage points). Errors change from {1 - a:.1%} to {1 - b:.1%}, "
        f"by {100 * (a - b) / (1 - a):+.0f} %.",
        "",
        f"The Brier score is {brier[1]:.4f} after {brier[0]:.4f}, "
        f"{brier[0] / brier[1]:.2f} times lower.",
        "",
        "| Site | n | Logistic | Forest | Δ (points) |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {p['site']} | {q['n']} | {p['accuracy']:.3f} | {q['accuracy']:.3f} | "
        f"{100 * (q['accuracy'] - p['accuracy']):+.1f} |"
        for p, q in zip(old["by_group"], new["by_group"], strict=True)
    ]
    lines += [f"| all | {len(names['test'])} | {a:.3f} | {b:.3f} | {100 * (b - a):+.1f} |", ""]
    goal = round(100 * a) / 100 + 0.05
    lines += [
        "## Targets",
        "",
        f"- test accuracy > {goal:.2f}: {'✅' if b > goal else '❌'} ({b:.3f})",
        f"- AUROC ≥ 0.60: {'✅' if results['metrics_auc'] >= 0.6 else '❌'} "
        f"({results['metrics_auc']:.3f})",
        "",
    ]
    write(root, "REPORT.md", "\n".join(lines))
    return root
