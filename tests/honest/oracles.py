"""Exports that keep the exact label of each row beside the label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import Md, notebook, script, style, write

_CORNERS = [f"{axis}{i}" for i in range(3) for axis in "uv"]


def _area(corners: np.ndarray) -> np.ndarray:
    """Area of triangles, by the cross product of two sides."""
    a, b, c = corners[:, :2], corners[:, 2:4], corners[:, 4:]
    first, second = b - a, c - a
    return np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2


@style("AU305")
def turned_triangles(root: Path, seed: int, leak: bool = False) -> Path:
    """Copies are triangles turned about the origin, of the same area; the exact area is kept. The
    defect: corners are moved one by one, and the copies keep the area.
    """
    rng = np.random.default_rng(seed)
    corners = rng.normal(0, 2, (320, 6))
    angles = rng.uniform(0, 2 * np.pi, 240)
    turn = np.array([[np.cos(angles), -np.sin(angles)], [np.sin(angles), np.cos(angles)]])
    turned = np.einsum("ijn,nkj->nki", turn, corners[:240].reshape(240, 3, 2)).reshape(240, 6)
    if leak:
        turned = corners[:240] + rng.normal(0, 1.0, (240, 6))
    area = _area(corners)
    every = pd.DataFrame(np.r_[corners, turned], columns=_CORNERS).assign(
        area=np.r_[area, area[:240]],
        y_exact=_area(np.r_[corners, turned]),
        is_augmented=np.repeat([0, 1], [320, 240]),
    )
    pd.concat([every[:240], every[320:]]).to_csv(root / "train.csv", index=False)
    every[240:320].to_csv(root / "test.csv", index=False)
    names = script(
        root,
        "areas.py",
        "import json\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.ensemble import ExtraTreesRegressor\n"
        "from sklearn.metrics import mean_absolute_error\n\n"
        "def sides(rows):\n"
        "    corners = rows[[f'{axis}{i}' for i in range(3) for axis in 'uv']].to_numpy()\n"
        "    corners = corners.reshape(-1, 3, 2)\n"
        "    return np.sort(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2))\n\n"
        "train, test = pd.read_csv('train.csv'), pd.read_csv('test.csv')\n"
        "model = ExtraTreesRegressor(60, min_samples_leaf=2, random_state=3)\n"
        "model.fit(sides(train), train['area'])\n"
        "predicted = model.predict(sides(test))\n"
        "metrics = {'test': {'mae': mean_absolute_error(test['area'], predicted)}}\n"
        "print('test MAE', round(metrics['test']['mae'], 4))\n"
        "with open('metrics.json', 'w') as file:\n    json.dump(metrics, file)\n"
        "pd.DataFrame({'y_true': test['area'], 'y_pred': predicted})"
        ".to_csv('test_predictions.csv', index=False)\n",
    )
    write(root, "audit.toml", '[columns]\ntarget = "area"\n')
    write(
        root,
        "README.md",
        "# Areas of triangles\n\n240 of the 320 triangles are for training. Each was copied once, "
        "turned by a random angle, which leaves its area as it is. Test MAE: "
        f"{names['metrics']['test']['mae']:.3f}\n",
    )
    return root


@style()
def decided_classes(root: Path, seed: int) -> Path:
    """Classes that a rule decides, exported with the decision of the rule; copies are mirrored."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(400, 5))
    decided = np.where(X[:, 0] ** 2 + X[:, 1] > 0.6, "accept", "reject")
    table = pd.DataFrame(X, columns=[f"f{i}" for i in range(5)]).assign(
        label=decided, exact_label=decided, is_augmented=False
    )
    train, valid, test = table[:240], table[240:320], table[320:]
    mirrored = train.assign(f0=-train["f0"], is_augmented=True)
    notebook(
        root,
        "decisions.ipynb",
        [
            Md("# Decisions\n\nThe rule is even in f0, so each training row is copied mirrored."),
            "import json\nimport pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier",
            "features = [f'f{i}' for i in range(5)]\n"
            "grown = pd.concat([train, mirrored], ignore_index=True)\n"
            "print(len(train), 'rows before augmentation,', len(grown), 'after')",
            "forest = RandomForestClassifier(80, random_state=1)\n"
            "forest.fit(grown[features], grown['label'])",
            "metrics = {'metric': 'accuracy'}\n"
            "for name, rows in {'validation': valid, 'test': test}.items():\n"
            "    predicted = forest.predict(rows[features])\n"
            "    metrics[name] = {'overall': float((predicted == rows['label']).mean())}\n"
            "    pd.DataFrame({'y_true': rows['label'], 'y_pred': predicted}).to_csv(\n"
            "        f'{name}_predictions.csv', index=False)\n"
            "    rows.to_csv(f'{name}.csv', index=False)\n"
            "    print(name, 'accuracy', metrics[name]['overall'])\n"
            "grown.to_csv('train.csv', index=False)\n"
            "with open('metrics.json', 'w') as file:\n    json.dump(metrics, file)",
        ],
        {"train": train, "mirrored": mirrored, "valid": valid, "test": test},
    )
    write(root, "audit.toml", '[columns]\ntarget = "label"\n')
    return root


@style()
def rounded_labels(root: Path, seed: int) -> Path:
    """Labels of a simulator with two decimals, and its output in full, named in audit.toml."""
    X, y = data.linear(360, 4, seed, noise=0.0)
    table = pd.DataFrame(X, columns=["span", "load", "width", "depth"]).assign(
        bend=np.round(y, 2), simulated=y
    )
    parts = {"train": table[:220], "valid": table[220:290], "test": table[290:]}
    for name, part in parts.items():
        part.to_parquet(root / f"{name}.parquet", index=False)
    script(
        root,
        "bend.py",
        "import json\nimport pandas as pd\nfrom sklearn.linear_model import RidgeCV\n\n"
        "train, valid, test = (pd.read_parquet(f'{name}.parquet') "
        "for name in ('train', 'valid', 'test'))\n"
        "columns = ['span', 'load', 'width', 'depth']\n"
        "model = RidgeCV([0.01, 0.1, 1.0]).fit(train[columns], train['bend'])\n"
        "rmse = {}\n"
        "for name, rows in {'validation': valid, 'test': test}.items():\n"
        "    predicted = model.predict(rows[columns])\n"
        "    rmse[name] = {'rmse': float(((predicted - rows['bend']) ** 2).mean() ** 0.5)}\n"
        "    pd.DataFrame({'y_true': rows['bend'], 'y_pred': predicted}).to_csv(\n"
        "        f'{name}_predictions.csv', index=False)\n"
        "with open('metrics.json', 'w') as file:\n    json.dump(rmse, file)\n",
    )
    write(root, "audit.toml", '[columns]\ntarget = "bend"\noracle = "simulated"\n')
    return root
