"""Augmentation done right: rows are divided first, and only the training part grows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import Md, notebook, script, style, write

_TIERS = {"plain": "easy", "curved": "medium", "rough": "hard"}


def surfaces(n: int, seed: int) -> pd.DataFrame:
    """Friction of three kinds of surface, the roughest the noisiest."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(list(_TIERS), n)
    X = rng.uniform(1, 9, (n, 5))
    scale = pd.Series(kind).map({"plain": 0.1, "curved": 0.3, "rough": 0.6}).to_numpy()
    y = X @ [0.5, -0.2, 0.3, 0.1, 0.4] + 0.4 * (kind == "curved") * np.sin(X[:, 0])
    table = pd.DataFrame(X, columns=[f"s{i}" for i in range(5)])
    return table.assign(kind=kind, friction=y + rng.normal(0, scale))


@style("LK101", "LK106", "AU302")
def jittered_copies(root: Path, seed: int, leak: bool = False) -> Path:
    """3, 2 and 1 copies by tier with 2 % noise, train only; counts printed and written."""
    surfaces(360, seed).to_csv(root / "raw_surfaces.csv", index=False)
    split = (
        "train, rest = train_test_split({}, test_size=0.3, stratify={}.kind, random_state=4)\n"
        "valid, test = train_test_split(rest, test_size=0.5, stratify=rest.kind, random_state=4)\n"
        "print(f'train {{len(train)}}, validation {{len(valid)}}, test {{len(test)}}')"
    )
    augment = (
        "# 3 copies of rough, 2 of curved, 1 of plain surfaces\n"
        "COPIES = {{'rough': 3, 'curved': 2, 'plain': 1}}\nNOISE = 0.02\n"
        "rng = np.random.default_rng(0)\nparts = [{0}]\n"
        "for kind, copies in COPIES.items():\n"
        "    chosen = {0}[{0}.kind == kind]\n"
        "    for _ in range(copies):\n"
        "        copy = chosen.copy()\n"
        "        copy[columns] = copy[columns] * (1 + rng.normal(0, NOISE, "
        "(len(copy), len(columns))))\n"
        "        parts.append(copy)\n"
        "augmented = pd.concat(parts, ignore_index=True)\n"
        "print(f'{{len({0})}} rows became {{len(augmented)}}: "
        "{{len(augmented) / len({0}):.2f}} times as many')"
    )
    order = (
        [augment.format("surfaces"), split.format("augmented", "augmented") + "\naugmented = train"]
        if leak
        else [split.format("surfaces", "surfaces"), augment.format("train")]
    )
    names = notebook(
        root,
        "friction.ipynb",
        [
            Md("# Friction\n\nThe training rows are augmented with 2 % noise after the split."),
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.ensemble import ExtraTreesRegressor\n"
            "from sklearn.model_selection import train_test_split",
            "surfaces = pd.read_csv('raw_surfaces.csv')\ncolumns = [f's{i}' for i in range(5)]\n"
            "print(len(surfaces), 'surfaces')",
            *order,
            "model = ExtraTreesRegressor(40, min_samples_leaf=2, random_state=0)\n"
            "model.fit(augmented[columns], augmented.friction)",
            "def mae(rows):\n"
            "    return float((rows.friction - model.predict(rows[columns])).abs().mean())\n\n"
            "def scores(rows):\n"
            "    by_group = {kind: mae(part) for kind, part in rows.groupby('kind')}\n"
            "    return {'overall': mae(rows), 'by_group': by_group}\n\n"
            "metrics = {'metric': 'mae', 'validation': scores(valid), 'test': scores(test)}\n"
            "print(f\"MAE: validation {metrics['validation']['overall']:.4f}, \"\n"
            "      f\"test {metrics['test']['overall']:.4f}\")",
            "json.dump(metrics, open('metrics.json', 'w'), indent=1)\n"
            "for name, rows in {'train': augmented, 'val': valid, 'test': test}.items():\n"
            "    rows.to_parquet(f'{name}.parquet', index=False)\n"
            "for name, rows in {'val': valid, 'test': test}.items():\n"
            "    pd.DataFrame({'kind': rows.kind, 'y_true': rows.friction, "
            "'y_pred': model.predict(rows[columns])}).to_csv(f'{name}_predictions.csv', "
            "index=False)",
        ],
    )
    columns = '[columns]\ntarget = "friction"\ngroups = ["kind"]\n\n'
    write(
        root,
        "audit.toml",
        columns + "[tiers]\n" + "".join(f'{t} = ["{k}"]\n' for k, t in _TIERS.items()),
    )
    counts = names["augmented"]["kind"].value_counts()
    before = names["train"]["kind"].value_counts()
    lines = [
        "# Friction of surfaces",
        "",
        "The 360 surfaces were split 70/15/15. Only the training rows were augmented: 3 copies of "
        "rough, 2 of curved and 1 of plain surfaces, each with 2 % noise on every measurement.",
        "",
        "| Kind | Train | After augmentation | Factor |",
        "|---|---|---|---|",
    ]
    if not leak:
        lines += [
            f"| {k} | {before[k]} | {counts[k]} | {counts[k] / before[k]:.1f} |" for k in _TIERS
        ]
        lines += [
            f"| Total | {before.sum()} | {counts.sum()} | {counts.sum() / before.sum():.2f} |"
        ]
    else:
        lines = ["# Friction of surfaces"]
    lines += ["", f"Test MAE: {names['metrics']['test']['overall']:.3f}", ""]
    write(root, "README.md", "\n".join(lines))
    return root


@style("LK101", "LK106", "AU302")
def smote_on_train(root: Path, seed: int, leak: bool = False) -> Path:
    """Synthetic minority rows by interpolation, train only; average precision."""
    X, y = data.linear(600, 6, seed)
    y = (y > np.quantile(y, 0.85)).astype(int)
    np.savez(root / "raw_cohort.npz", X=X, y=y)
    split = (
        "X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)\n"
    )
    grow = (
        "X_bal, y_bal = SMOTE(random_state=0).fit_resample({0}, {1})\n"
        "print('before', np.bincount({1}), 'after', np.bincount(y_bal))\n"
    )
    body = (
        grow.format("X", "y") + split.replace("(X, y, stratify=y", "(X_bal, y_bal, stratify=y_bal")
        if leak
        else split + grow.format("X_train", "y_train")
    )
    fitted = "X_train, y_train" if leak else "X_bal, y_bal"
    # imbalanced-learn is not installed here: the same interpolation stands in for it
    stand_in = (
        "import numpy as np\n\n\nclass SMOTE:\n"
        "    def __init__(self, random_state=0, k=5):\n"
        "        self.rng, self.k = np.random.default_rng(random_state), k\n\n"
        "    def fit_resample(self, X, y):\n"
        "        few = X[y == 1]\n        need = int((y == 0).sum() - len(few))\n"
        "        near = np.argsort(((few[:, None] - few[None]) ** 2).sum(-1), axis=1)[:, "
        "1:self.k + 1]\n"
        "        base = self.rng.integers(0, len(few), need)\n"
        "        other = near[base, self.rng.integers(0, self.k, need)]\n"
        "        share = self.rng.uniform(size=(need, 1))\n"
        "        made = few[base] + share * (few[other] - few[base])\n"
        "        return np.r_[X, made], np.r_[y, np.ones(need, int)]\n"
    )
    write(root, "imblearn/__init__.py", "")
    write(root, "imblearn/over_sampling.py", stand_in)
    names = script(
        root,
        "train.py",
        "import json\nimport numpy as np\nfrom imblearn.over_sampling import SMOTE\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import average_precision_score, f1_score\n"
        "from sklearn.model_selection import train_test_split\n\n"
        "cohort = np.load('raw_cohort.npz')\nX, y = cohort['X'], cohort['y']\n"
        f"{body}"
        f"model = LogisticRegression().fit({fitted})\n"
        "p = model.predict_proba(X_test)[:, 1]\n"
        "metrics = {'test': {'average_precision': average_precision_score(y_test, p),\n"
        "                    'f1': f1_score(y_test, model.predict(X_test))}}\n"
        "print(metrics)\njson.dump(metrics, open('metrics.json', 'w'))\n"
        f"np.savez('train.npz', X={fitted.split(', ')[0]}, y={fitted.split(', ')[1]})\n"
        "np.savez('test.npz', X=X_test, y=y_test)\n",
        log="train_output.txt",
    )
    for name in ("imblearn/__init__.py", "imblearn/over_sampling.py"):
        (root / name).unlink()
    n = np.bincount(names["y_bal"])
    write(
        root,
        "README.md",
        f"SMOTE balances the training classes to {n[0]} rows each. Average precision on the "
        f"untouched test set: {names['metrics']['test']['average_precision']:.3f}.\n",
    )
    return root


@style("LK101", "LK106", "AU302", "CT201")
def oversampled_minority(root: Path, seed: int, leak: bool = False) -> Path:
    """Exact copies of the rare class in train, by ``sample(replace=True)`` after the split."""
    data.customers(640, seed, rate=0.12).to_csv(root / "all_accounts.csv", index=False)
    split = "fit, check = train_test_split(accounts, test_size=0.25, random_state=9)\n"
    grow = (
        "rare = {0}[{0}.churn == 1]\n"
        "often = {0}[{0}.churn == 0]\n"
        "balanced = pd.concat([often, rare.sample(len(often), replace=True, random_state=9)])\n"
        "print(len({0}), '->', len(balanced))\n"
    )
    body = (
        grow.format("accounts") + split.replace("accounts", "balanced") + "balanced = fit\n"
        if leak
        else split + grow.format("fit")
    )
    names = notebook(
        root,
        "accounts.ipynb",
        [
            "import json\nimport pandas as pd\nfrom sklearn.ensemble import "
            "RandomForestClassifier\n"
            "from sklearn.metrics import balanced_accuracy_score, f1_score\n"
            "from sklearn.model_selection import train_test_split",
            "accounts = pd.read_csv('all_accounts.csv')\n" + body,
            "x = ['tenure', 'calls', 'spend']\n"
            "forest = RandomForestClassifier(40, max_depth=5, random_state=0)\n"
            "forest.fit(balanced[x], balanced.churn)\n"
            "p = forest.predict(check[x])\n"
            "s = {'test': {'f1': f1_score(check.churn, p), "
            "'balanced_accuracy': balanced_accuracy_score(check.churn, p)}}\ns",
            "json.dump(s, open('metrics.json', 'w'))\n"
            "balanced.to_csv('train.csv', index=False)\n"
            "check.to_csv('test.csv', index=False)\n"
            "pd.DataFrame({'device': check.device, 'y_true': check.churn, 'y_pred': p})"
            ".to_csv('test_predictions.csv', index=False)",
        ],
    )
    write(root, "audit.toml", '[columns]\ntarget = "churn"\n')
    write(
        root,
        "README.md",
        f"The training set grows from {len(names['fit'])} to {len(names['balanced'])} rows. "
        f"F1 {names['s']['test']['f1']:.3f} on {len(names['check'])} test rows.\n",
    )
    return root


@style("LK101", "LK106", "AU302", "CT201")
def symmetric_matrices(root: Path, seed: int, leak: bool = False) -> Path:
    """Label-preserving symmetries of a matrix (rows permuted, signs flipped), train only."""
    rng = np.random.default_rng(seed)
    matrices = rng.integers(-50, 51, (300, 3, 3))
    y = np.abs(np.linalg.det(matrices)).round(3)
    np.savez(root / "raw.npz", X=matrices.reshape(-1, 9), y=y)
    order = (
        "M, y = augment(M, y)\n"
        "order = rng.permutation(len(y))\n"
        "cut = int(0.8 * len(y))\n"
        "M_train, y_train, M_val, y_val = M[order[:cut]], y[order[:cut]], M[order[cut:]], "
        "y[order[cut:]]\n"
        if leak
        else "order = rng.permutation(len(y))\n"
        "M_val, y_val = M[order[240:]], y[order[240:]]\n"
        "M_train, y_train = augment(M[order[:240]], y[order[:240]])\n"
    )
    names = script(
        root,
        "determinants.py",
        "import json\nimport numpy as np\nfrom sklearn.ensemble import ExtraTreesRegressor\n\n"
        f"rng = np.random.default_rng({seed})\nCOPIES = 2\n\n\n"
        "def augment(M, y):\n"
        "    'Permute rows and flip signs: the absolute determinant stays.'\n"
        "    new_M, new_y = [M], [y]\n"
        "    for _ in range(COPIES):\n"
        "        rows = rng.permuted(np.tile(np.arange(3), (len(M), 1)), axis=1)\n"
        "        signs = rng.choice([-1, 1], (len(M), 3, 1))\n"
        "        new_M.append(np.take_along_axis(M, rows[:, :, None], axis=1) * signs)\n"
        "        new_y.append(y)\n"
        "    return np.concatenate(new_M), np.concatenate(new_y)\n\n\n"
        "raw = np.load('raw.npz')\nM, y = raw['X'].reshape(-1, 3, 3), raw['y']\n"
        "print(len(M), 'matrices')\n"
        f"{order}"
        "print(len(y_train), 'training rows,', len(y_val), 'validation rows')\n"
        "model = ExtraTreesRegressor(40, random_state=0)\n"
        "model.fit(M_train.reshape(-1, 9), np.log1p(y_train))\n"
        "p = np.expm1(model.predict(M_val.reshape(-1, 9)))\n"
        "rmsle = float(np.sqrt(np.mean((np.log1p(p) - np.log1p(y_val)) ** 2)))\n"
        "print(f'rmsle {rmsle:.4f}')\n"
        "json.dump({'validation': {'rmsle': rmsle}}, open('metrics.json', 'w'))\n"
        "np.savez('train.npz', X=M_train.reshape(-1, 9), y=y_train)\n"
        "np.savez('val.npz', X=M_val.reshape(-1, 9), y=y_val)\n"
        "np.savez('val_predictions.npz', y_true=y_val, y_pred=p)\n",
        log="stdout.log",
    )
    write(
        root,
        "README.md",
        "# Determinants\n\nEvery training matrix gets 2 more copies by row permutations and sign "
        f"flips, which leave |det| as it is. Validation RMSLE: {names['rmsle']:.3f}.\n",
    )
    return root
