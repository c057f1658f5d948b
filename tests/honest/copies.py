"""Copies that know their source: split by parent, marked in a column, of a few labelled rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.augmentation import surfaces
from tests.honest.kit import Md, notebook, script, style, write


@style()
def copies_split_by_parent(root: Path, seed: int) -> Path:
    """Copies first, then a split by parent; held-out parents are scored on their originals."""
    table = surfaces(200, seed)
    table.insert(0, "parent", np.arange(200))
    table.to_csv(root / "raw_surfaces.csv", index=False)
    names = notebook(
        root,
        "parents.ipynb",
        [
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.ensemble import RandomForestRegressor\n"
            "from sklearn.metrics import mean_absolute_error\n"
            "from sklearn.model_selection import GroupShuffleSplit",
            "surfaces = pd.read_csv('raw_surfaces.csv')\ncolumns = [f's{i}' for i in range(5)]\n"
            "rng = np.random.default_rng(3)\n"
            "copies = {'rough': 2, 'curved': 2, 'plain': 2}  # 2 noisy copies per surface\n"
            "rows = []\n"
            "for surface in surfaces.to_dict('records'):\n"
            "    rows.append({**surface, 'copy': 0})\n"
            "    for i in range(copies[surface['kind']]):\n"
            "        noisy = {c: surface[c] * (1 + rng.normal(0, 0.01)) for c in columns}\n"
            "        rows.append({**surface, **noisy, 'copy': i + 1})\n"
            "table = pd.DataFrame(rows)\nprint(len(surfaces), 'surfaces,', len(table), 'rows')",
            Md("A surface and its copies stay together."),
            "splitter = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)\n"
            "a, b = next(splitter.split(table, groups=table.parent))\n"
            "train, test = table.iloc[a], table.iloc[b]\n"
            "test = test[test.copy == 0]\nprint(len(train), len(test))".replace(
                "test.copy", "test['copy']"
            ),
            "forest = RandomForestRegressor(40, random_state=0).fit(train[columns], "
            "train.friction)\n"
            "predicted = forest.predict(test[columns])\n"
            "mae = mean_absolute_error(test.friction, predicted)\nprint(f'MAE {mae:.4f}')",
            "json.dump({'test': {'mae': mae}}, open('metrics.json', 'w'))\n"
            "keep = ['parent', *columns, 'kind', 'friction']\n"
            "train[keep].to_csv('train.csv', index=False)\ntest[keep].to_csv('test.csv', "
            "index=False)\n"
            "pd.DataFrame({'kind': test.kind, 'y_true': test.friction, 'y_pred': predicted})"
            ".to_csv('test_predictions.csv', index=False)",
        ],
    )
    write(root, "audit.toml", '[columns]\ntarget = "friction"\ngroups = ["kind"]\n')
    write(
        root,
        "README.md",
        f"# Friction\n\nEach of the 200 surfaces gets 2 noisy copies (1 % noise), {3 * 200} "
        "rows in "
        "all. Surfaces are divided with their copies, and the test set keeps the originals only: "
        f"{len(names['test'])} rows. MAE {names['mae']:.3f}.\n",
    )
    return root


@style()
def few_shot_benchmark(root: Path, seed: int) -> Path:
    """Few labelled pictures, grown tenfold; the official test set is larger than the source."""
    images, y = data.pictures(360, seed)
    np.savez(root / "support.npz", images=images[:60], labels=y[:60])
    np.savez(root / "test.npz", X=images[60:].reshape(-1, 64), y=y[60:])
    names = notebook(
        root,
        "few_shot.ipynb",
        [
            Md("# Few shots\n\n60 labelled pictures; the official test set has 300."),
            "import json\nimport numpy as np\nfrom sklearn.svm import SVC\n"
            "from sklearn.metrics import accuracy_score, f1_score",
            "support, test = np.load('support.npz'), np.load('test.npz')\n"
            "images, labels = support['images'], support['labels']\n"
            "print(f'{len(images)} pictures before augmentation')",
            "rng = np.random.default_rng(0)\nX, y = [], []\n"
            "for picture, label in zip(images, labels):\n"
            "    for turn in range(10):\n"
            "        new = np.roll(picture, rng.integers(-1, 2, 2), axis=(0, 1))\n"
            "        if turn % 2:\n            new = new[:, ::-1]\n"
            "        X.append(new.ravel() + rng.normal(0, 0.02, 64))\n"
            "        y.append(label)\n"
            "X, y = np.array(X), np.array(y)\nprint('training on', len(X), 'pictures')",
            "svm = SVC(C=4.0).fit(X, y)\npred = svm.predict(test['X'])\n"
            "scores = {'test': {'accuracy': accuracy_score(test['y'], pred),\n"
            "                   'f1_macro': f1_score(test['y'], pred, average='macro')}}\n"
            "print(f\"accuracy {scores['test']['accuracy']:.3f} on {len(pred)} test pictures\")",
            "json.dump(scores, open('metrics.json', 'w'))\nnp.savez('train.npz', X=X, y=y)\n"
            "np.savez('test_predictions.npz', y_true=test['y'], y_pred=pred)",
        ],
    )
    accuracy = names["scores"]["test"]["accuracy"]
    write(
        root,
        "README.md",
        "# Few shots\n\nWe have 60 labelled pictures before augmentation. Shifts, flips and a "
        "little noise make 10 training pictures of each. Accuracy on the official test set (300 "
        f"pictures): {100 * accuracy:.1f}%.\n\n## Success criteria\n\n"
        f"- test accuracy > 40%: {'met' if accuracy > 0.4 else 'not met'}\n",
    )
    return root


@style("AU303")
def marked_copies(root: Path, seed: int, leak: bool = False) -> Path:
    """Columns that mark copies and name their source; share, growth and noise are stated."""
    rng = np.random.default_rng(seed)
    X, y = data.linear(300, 4, seed, noise=0.4)
    table = pd.DataFrame(X, columns=["flow", "heat", "load", "tilt"]).assign(
        wear=y, source_id=np.arange(300), is_augmented=0
    )
    train, valid = table[:220], table[220:]
    copies = [train]
    for _ in range(2):
        copy = train.assign(is_augmented=1)
        noise = rng.normal(0, 0.3 if leak else 0.03, (220, 4)) * train.iloc[:, :4].std().to_numpy()
        copy.iloc[:, :4] += noise
        copies.append(copy)
    grown = pd.concat(copies, ignore_index=True)
    grown.to_csv(root / "train.csv", index=False)
    valid.to_csv(root / "validation.csv", index=False)
    names = script(
        root,
        "fit_wear.py",
        "import json\nimport pandas as pd\nfrom sklearn.linear_model import RidgeCV\n"
        "from sklearn.metrics import mean_absolute_error\n\n"
        "SENSORS = ['flow', 'heat', 'load', 'tilt']\n"
        "train = pd.read_csv('train.csv')\nvalidation = pd.read_csv('validation.csv')\n"
        "model = RidgeCV([0.1, 1.0, 10.0]).fit(train[SENSORS], train['wear'])\n"
        "predicted = model.predict(validation[SENSORS])\n"
        "own = train[train['is_augmented'] == 0]\n"
        "metrics = {\n"
        "    'train': {'mae': mean_absolute_error(own['wear'], model.predict(own[SENSORS]))},\n"
        "    'validation': {'mae': mean_absolute_error(validation['wear'], predicted)},\n"
        "}\n"
        "print(len(own), 'originals,', len(train) - len(own), 'copies')\n"
        "print('validation MAE', round(metrics['validation']['mae'], 4))\n"
        "with open('metrics.json', 'w') as file:\n    json.dump(metrics, file)\n"
        "pd.DataFrame({'y_true': validation['wear'], 'y_pred': predicted})"
        ".to_csv('validation_predictions.csv', index=False)\n",
        log="run_log.txt",
    )
    write(root, "audit.toml", '[columns]\ntarget = "wear"\n')
    scores = names["metrics"]
    gap = scores["validation"]["mae"] - scores["train"]["mae"]
    write(
        root,
        "RESULTS.md",
        "# Wear\n\n220 of the 300 parts are for training. Each gets 2 copies with 3 % noise "
        "relative to the standard deviation of a sensor: the training set grows 3x, to 660 "
        "rows, of which 66.7 % are synthetic.\n\n| | MAE |\n|---|---|\n| train | "
        f"{scores['train']['mae']:.3f} |"
        f"\n| validation | {scores['validation']['mae']:.3f} |\n| gap | {gap:.3f} |\n",
    )
    return root
