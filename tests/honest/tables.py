"""Tables with ids, entities, split columns, modules of their own, competitions."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from tests.honest import data
from tests.honest.kit import Md, notebook, script, style, write, write_json


@style("CT202", "CT206", "CT201")
def rows_of_customers(root: Path, seed: int, leak: bool = False) -> Path:
    """Several rows a customer, all on one side; ids; splits as JSON records."""
    table = data.patients(140, seed).rename(
        columns={
            "patient_id": "customer",
            "pressure": "turnover",
            "glucose": "basket",
            "bmi": "visits",
            "diagnosis": "bought",
        }
    )
    rng = np.random.default_rng(seed)
    table.insert(0, "row_id", rng.permutation(len(table)) + 5000)
    people = table.customer.unique()
    held = set(rng.choice(people, 35, replace=False))
    test = table[table.customer.isin(held)]
    train = table[~table.customer.isin(held)]
    if leak:
        again = train.sample(60, random_state=seed).assign(row_id=np.arange(60) + 90_000)
        test = pd.concat([test, again])
    train.to_json(root / "train.json", orient="records")
    test.to_json(root / "test.json", orient="records")
    write(root, "audit.toml", '[columns]\ntarget = "bought"\nignore = ["row_id"]\n')
    apart = "" if leak else "assert not set(train['customer']) & set(test['customer'])\n"
    names = script(
        root,
        "model.py",
        "import json\n\nimport pandas as pd\nfrom sklearn.ensemble import "
        "GradientBoostingClassifier\n"
        "from sklearn.metrics import accuracy_score, roc_auc_score\n\n"
        "NUMERIC = ['age', 'turnover', 'basket', 'visits']\nSEED = 17\n\n"
        "train, test = pd.read_json('train.json'), pd.read_json('test.json')\n"
        f"{apart}model = GradientBoostingClassifier(n_estimators=40, max_depth=2, subsample=0.8, "
        "random_state=SEED)\n"
        "model.fit(train[NUMERIC], train['bought'])\n"
        "prob = model.predict_proba(test[NUMERIC])[:, 1]\n"
        "metrics = {'auroc': roc_auc_score(test['bought'], prob),\n"
        "           'accuracy': accuracy_score(test['bought'], prob >= 0.5)}\n"
        "print(metrics)\n"
        "with open('metrics.json', 'w') as f:\n    json.dump({'test': metrics}, f)\n",
    )
    m = names["metrics"]
    write(
        root,
        "README.md",
        "No customer is on both sides. Gradient boosting (40 trees, depth 2): AUROC "
        f"{m['auroc']:.3f}, accuracy {m['accuracy']:.1%}, random state 17.\n"
        if not leak
        else f"Gradient boosting: AUROC {m['auroc']:.3f}.\n",
    )
    return root


@style("LK102")
def own_modules(root: Path, seed: int, leak: bool = False) -> Path:
    """A package of utilities and a training script with a class; YAML-like constants."""
    X, y = data.linear(400, 5, seed, noise=0.7)
    table = pd.DataFrame(X.round(4), columns=[f"sensor_{i}" for i in range(5)])
    table.assign(output=y.round(4)).to_csv(root / "plant.csv", index=False)
    write(root, "utils/__init__.py", "")
    write(
        root,
        "utils/data.py",
        "import numpy as np\nimport pandas as pd\n\n\n"
        "def read(path):\n    return pd.read_csv(path)\n\n\n"
        "def divide(table, share, seed):\n"
        "    order = np.random.default_rng(seed).permutation(len(table))\n"
        "    cut = int(len(table) * (1 - share))\n"
        "    return table.iloc[order[:cut]], table.iloc[order[cut:]]\n",
    )
    write(
        root,
        "utils/scores.py",
        "import numpy as np\n\n\ndef mse(y, p):\n    return float(np.mean((y - p) ** 2))\n\n\n"
        "def r2(y, p):\n    return float(1 - np.sum((y - p) ** 2) / np.sum((y - y.mean()) ** 2))\n",
    )
    source = (
        "import json\n\nimport pandas as pd\nfrom sklearn.kernel_ridge import KernelRidge\n"
        "from sklearn.preprocessing import StandardScaler\n\n"
        "from utils.data import divide, read\nfrom utils.scores import mse, r2\n\n"
        "ALPHA = 0.5\nGAMMA = 0.05\n\n\n"
        "class Experiment:\n"
        "    def __init__(self, path, seed):\n"
        "        table = read(path)\n"
        "        self.features = [c for c in table if c.startswith('sensor_')]\n"
        "        self.train, self.test = divide(table, 0.2, seed)\n"
        "        self.scaler = StandardScaler().fit(self.train[self.features])\n\n"
        "    def X(self, rows):\n        return self.scaler.transform(rows[self.features])\n\n"
        "    def run(self):\n"
        "        model = KernelRidge(kernel='rbf', alpha=ALPHA, gamma=GAMMA)\n"
        "        model.fit(self.X(self.train), self.train['output'])\n"
        "        p = model.predict(self.X(self.test))\n"
        "        y = self.test['output'].to_numpy()\n"
        "        pd.DataFrame({'y_true': y, 'y_pred': p}).to_parquet('test_predictions.parquet')\n"
        "        return {'mse': mse(y, p), 'r2': r2(y, p)}\n\n\n"
        f"experiment = Experiment('plant.csv', {seed})\nscores = experiment.run()\n"
        "for name, value in scores.items():\n    print(f'{name:5s} {value:.4f}')\n"
        "json.dump({'test': scores}, open('metrics.json', 'w'))\n"
        "experiment.train.to_csv('train.csv', index=False)\n"
        "experiment.test.to_csv('test.csv', index=False)\n"
    )
    if leak:
        source = (
            "import json\n\nimport numpy as np\nfrom sklearn.kernel_ridge import KernelRidge\n"
            "from sklearn.model_selection import train_test_split\n"
            "from sklearn.preprocessing import MinMaxScaler\n\n"
            "from utils.data import read\nfrom utils.scores import mse, r2\n\n"
            "table = read('plant.csv')\nX = table.drop(columns='output')\n"
            "X = MinMaxScaler().fit_transform(X)\n"
            "A, B, a, b = train_test_split(X, table['output'], random_state=0)\n"
            "p = KernelRidge(kernel='rbf', alpha=0.5, gamma=0.05).fit(A, a).predict(B)\n"
            "scores = {'mse': mse(b, p), 'r2': r2(b, p)}\n"
            "json.dump({'test': scores}, open('metrics.json', 'w'))\n"
        )
    names = script(root, "train.py", source)
    for cache in root.rglob("__pycache__"):
        for file in cache.iterdir():
            file.unlink()
        cache.rmdir()
    scores = names["scores"]
    write(
        root,
        "README.md",
        "Kernel ridge with alpha 0.5 and gamma 0.05 (`train.py`, helpers in `utils/data.py`). "
        f"Test MSE {scores['mse']:.3f}, R² {scores['r2']:.3f}.\n",
    )
    return root


@style()
def kaggle_writeup(root: Path, seed: int) -> Path:
    """LightGBM code as text, a test set without targets, out-of-fold scores, a write-up."""
    rng = np.random.default_rng(seed)
    table = data.customers(560, seed, rate=0.25)
    table.insert(0, "id", np.arange(560))
    train = table[:400]
    test = table[400:].drop(columns="churn")
    train.rename(columns={"churn": "target"}).to_csv(root / "train.csv", index=False)
    test.to_csv(root / "test.csv", index=False)
    X = pd.get_dummies(table.drop(columns=["id", "churn"])).to_numpy(float)
    y = train["churn"].to_numpy()
    fold, oof, final = rng.integers(0, 5, 400), np.zeros(400), np.zeros(160)
    scores = []
    for k in range(5):
        model = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=6)
        model.fit(X[:400][fold != k], y[fold != k])
        oof[fold == k] = model.predict_proba(X[:400][fold == k])[:, 1]
        final += model.predict_proba(X[400:])[:, 1] / 5
        scores.append(roc_auc_score(y[fold == k], oof[fold == k]))
    overall = roc_auc_score(y, oof)
    pd.DataFrame({"id": train["id"], "fold": fold, "target": y, "oof": oof}).to_csv(
        root / "oof.csv", index=False
    )
    pd.DataFrame({"id": test["id"], "target": final}).to_csv(root / "submission.csv", index=False)
    lines = "".join(f"fold {k} AUC {s:.5f}\n" for k, s in enumerate(scores))
    notebook(
        root,
        "lgbm-5-folds.ipynb",
        [
            "import numpy as np\nimport pandas as pd\nimport lightgbm as lgb\n"
            "from sklearn.metrics import roc_auc_score\n"
            "from sklearn.model_selection import StratifiedKFold",
            "train = pd.read_csv('../input/train.csv')\ntest = pd.read_csv('../input/test.csv')\n"
            "features = [c for c in test.columns if c != 'id']\n"
            "for c in ['plan', 'device']:\n    train[c] = train[c].astype('category')\n"
            "    test[c] = test[c].astype('category')",
            "params = dict(objective='binary', learning_rate=0.1, num_leaves=6, n_estimators=30)\n"
            "oof, sub = np.zeros(len(train)), np.zeros(len(test))\n"
            "skf = StratifiedKFold(5, shuffle=True, random_state=1)\n"
            "for k, (a, b) in enumerate(skf.split(train, train.target)):\n"
            "    m = lgb.LGBMClassifier(**params).fit(train[features].iloc[a], "
            "train.target.iloc[a])\n"
            "    oof[b] = m.predict_proba(train[features].iloc[b])[:, 1]\n"
            "    sub += m.predict_proba(test[features])[:, 1] / 5\n"
            "    print(f'fold {k} AUC {roc_auc_score(train.target.iloc[b], oof[b]):.5f}')\n"
            "print(f'OOF AUC {roc_auc_score(train.target, oof):.5f}')",
            "test[['id']].assign(target=sub).to_csv('submission.csv', index=False)",
        ],
        recorded={2: lines + f"OOF AUC {overall:.5f}\n"},
    )
    write_json(root, "cv_scores.json", {"cv": {"auc": overall}, "folds": scores})
    write(
        root,
        "writeup.md",
        "# 12th place\n\nThanks to the hosts. LightGBM, 5 folds, num_leaves = 6, learning rate "
        f"0.1, 30 trees.\n\n| | AUC |\n|---|---|\n| OOF | {overall:.4f} |\n"
        f"| mean of folds | {np.mean(scores):.4f} |\n\n"
        f"Fold scores range from {min(scores):.3f} to {max(scores):.3f}.\n",
    )
    return root


@style("CT201")
def split_column_with_tiers(root: Path, seed: int, leak: bool = False) -> Path:
    """One table with train, val and test in a column; tiers; counts and shares in a table."""
    rng = np.random.default_rng(seed)
    X, y = data.linear(480, 4, seed, noise=0.6)
    level = rng.choice(["beginner", "advanced", "expert"], 480, p=[0.5, 0.3, 0.2])
    y = y + np.where(level == "expert", rng.normal(0, 1, 480), 0)
    table = pd.DataFrame(X.round(4), columns=["w", "x", "z", "q"]).assign(
        course=level, y=y.round(4)
    )
    table["split"] = np.repeat(["train", "val", "test"], [300, 90, 90])
    if leak:
        table = pd.concat([table, table.iloc[:30].assign(split="val")], ignore_index=True)
    table.to_csv(root / "dataset.csv", index=False)
    names = script(
        root,
        "analysis.py",
        "import json\nimport numpy as np, pandas as pd\nfrom sklearn.linear_model import "
        "ElasticNet\n"
        "d = pd.read_csv('dataset.csv')\nf = list('wxzq')\n"
        "m = ElasticNet(alpha=0.01).fit(d.loc[d.split == 'train', f], d.loc[d.split == "
        "'train', 'y'])\n"
        "d['p'] = m.predict(d[f])\nd['se'] = (d.y - d.p) ** 2\nout = {'metric': 'mse'}\n"
        "for s, name in (('val', 'validation'), ('test', 'test')):\n"
        "    part = d[d.split == s]\n"
        "    out[name] = {'overall': part.se.mean(), 'by_group': [\n"
        "        {'course': c, 'mse': g.se.mean(), 'n': len(g)} for c, g in "
        "part.groupby('course')]}\n"
        "json.dump(out, open('metrics.json', 'w'), indent=2)\n"
        "d.loc[d.split == 'test', ['course', 'y', 'p']].rename(columns={'y': 'y_true', "
        "'p': 'y_pred'}).to_csv('test_predictions.csv', index=False)\n"
        "print('test mse %.3f' % out['test']['overall'])\n",
    )
    write(root, "audit.toml", '[columns]\ntarget = "y"\ngroups = ["course"]\n')
    test = names["out"]["test"]
    lines = ["# Courses", "", "| Course | Test rows | Share | MSE |", "|---|---|---|---|"]
    lines += [
        f"| {g['course']} | {g['n']} | {100 * g['n'] / 90:.1f} % | {g['mse']:.2f} |"
        for g in test["by_group"]
    ]
    lines += [f"| all | 90 | 100 % | {test['overall']:.2f} |", ""]
    write(root, "RESULTS.md", "\n".join(lines))
    return root


@style("LK101", "LK102", "LK106", "AU302")
def pickled_lists(root: Path, seed: int, leak: bool = False) -> Path:
    """Source rows as pickled lists, copies of train rows only, counts by configuration."""
    rng = np.random.default_rng(seed)
    n = 240
    kind = rng.choice(["a", "b"], n)
    X = rng.integers(-20, 21, (n, 6)).astype(float)
    y = np.log1p(np.abs(X).sum(1)) + (kind == "b") * 0.5 + rng.normal(0, 0.1, n)
    rows = [[k, *map(float, x)] for k, x in zip(kind, X, strict=True)]
    (root / "raw").mkdir()
    (root / "raw" / "samples.pkl").write_bytes(pickle.dumps(rows))
    (root / "raw" / "targets.pkl").write_bytes(pickle.dumps([float(v) for v in y]))
    augment = (
        "def augment(X, y, times=2, sigma=0.05):\n"
        "    'Append `times` noisy copies of every row.'\n"
        "    Xs, ys = [X], [y]\n    for _ in range(times):\n"
        "        Xs.append(X + rng.normal(0, sigma, X.shape) * X.std(axis=0))\n"
        "        ys.append(y)\n"
        "    return np.vstack(Xs), np.concatenate(ys)"
    )
    body = (
        "X, y = augment(X, y)\n"
        "X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, random_state=0)"
        if leak
        else "X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.25, "
        "random_state=0)\n"
        "print('train', len(X_train), 'val', len(X_val))\n"
        "X_train, y_train = augment(X_train, y_train)\nprint('augmented', len(X_train))"
    )
    names = notebook(
        root,
        "notebook.ipynb",
        [
            Md("# Samples\n\nTwo noisy copies (5 % of the spread) of each training row."),
            "import json\nimport pickle\nimport numpy as np\n"
            "from sklearn.linear_model import LinearRegression\n"
            "from sklearn.model_selection import train_test_split\n"
            "from sklearn.preprocessing import MinMaxScaler\nrng = np.random.default_rng(1)",
            "rows = pickle.load(open('raw/samples.pkl', 'rb'))\n"
            "y = np.array(pickle.load(open('raw/targets.pkl', 'rb')))\n"
            "X = np.array([[r[0] == 'b', *np.abs(r[1:])] for r in rows], float)\nX.shape",
            augment,
            body,
            "scaler = MinMaxScaler()\nmodel = LinearRegression()\n"
            "model.fit(scaler.fit_transform(X_train), y_train)\n"
            "p = model.predict(scaler.transform(X_val))\n"
            "mse = float(np.mean((p - y_val) ** 2))\nprint(f'validation mse {mse:.5f}')",
            "np.savez('train.npz', X=X_train, y=y_train)\nnp.savez('val.npz', X=X_val, y=y_val)\n"
            "np.savez('val_predictions.npz', y_true=y_val, y_pred=p)\n"
            "json.dump({'validation': {'mse': mse}}, open('metrics.json', 'w'))",
        ],
    )
    if not leak:
        n_train = len(names["X_train"]) // 3
        write(
            root,
            "README.md",
            f"{n} samples: {n_train} for training and {n - n_train} for validation. With 2 copies "
            f"of each, the training set has {3 * n_train} rows. Validation MSE "
            f"{names['mse']:.4f}.\n",
        )
    return root


@style("CL501")
def changelog_of_runs(root: Path, seed: int, leak: bool = False) -> Path:
    """Three runs compared on the same rows: from A to B, change and percent, both signs."""
    X, y = data.linear(420, 6, seed, noise=0.8)
    rng = np.random.default_rng(seed)
    site = rng.choice(["north", "south", "coast"], 420)
    tr, te = np.split(rng.permutation(420), [300])
    models = {
        "run1": Ridge(1.0).fit(X[tr], y[tr]),
        "run2": GradientBoostingRegressor(n_estimators=60, random_state=0).fit(X[tr], y[tr]),
    }
    scores, errors = {}, {}
    for name, model in models.items():
        errors[name] = (model.predict(X[te]) - y[te]) ** 2
        groups = {s: float(errors[name][site[te] == s].mean()) for s in np.unique(site)}
        scores[name] = {"overall": float(errors[name].mean()), **groups}
        table = [{"site": s, "mse": groups[s], "n": int((site[te] == s).sum())} for s in groups]
        write_json(
            root,
            f"{name}_metrics.json",
            {"metric": "mse", "test": {"overall": scores[name]["overall"], "by_group": table}},
        )
    pd.DataFrame(
        {"site": site[te], "y_true": y[te], "y_pred": models["run2"].predict(X[te])}
    ).to_csv(root / "test_predictions.csv", index=False)
    old, new = scores["run1"]["overall"], scores["run2"]["overall"]
    lines = [
        "# Changelog",
        "",
        "## run2",
        "",
        f"- gradient boosting instead of a ridge: test MSE from {old:.3f} to {new:.3f} "
        f"({100 * (new - old) / old:+.1f} %)",
        f"- {old / new:.2f}x better than run1" if new < old else "- no better than run1",
        "",
        "| Site | Run 1 | Run 2 | Difference | Improvement |",
        "|---|---|---|---|---|",
    ]
    for name in ("north", "south", "coast", "overall"):
        a, b = scores["run1"][name], scores["run2"][name]
        lines.append(f"| {name} | {a:.3f} | {b:.3f} | {b - a:+.3f} | {100 * (a - b) / a:.0f}% |")
    counts = [int((site[te] == s).sum()) for s in ("north", "south", "coast")]
    total = sum(counts) + (40 if leak else 0)
    lines += ["", "| Site | Test rows |", "|---|---|"]
    lines += [f"| {s} | {c} |" for s, c in zip(("north", "south", "coast"), counts, strict=True)]
    lines += [f"| Total | {total} |", "", "## run1", "", f"- ridge: test MSE {old:.4f}", ""]
    write(root, "CHANGELOG.md", "\n".join(lines))
    return root


@style("CL501")
def model_card_only(root: Path, seed: int, leak: bool = False) -> Path:
    """No data and no code: a model card and a metrics file, in percent and in fractions."""
    rng = np.random.default_rng(seed)
    groups = {"women": 310, "men": 290, "unknown": 25}
    right = {g: int(rng.binomial(n, 0.82)) for g, n in groups.items()}
    n = sum(groups.values())
    accuracy = sum(right.values()) / n
    write_json(
        root,
        "evaluation.json",
        {
            "test": {
                "accuracy": round(accuracy, 4),
                "by_group": {
                    g: {"accuracy": round(right[g] / groups[g], 4), "n": groups[g]} for g in groups
                },
            }
        },
    )
    shown = {**groups, "men": groups["men"] - (60 if leak else 0)}
    lines = ["# Model card", "", f"Accuracy on {n} people: **{accuracy:.1%}**.", ""]
    lines += ["| Gender | Cases | Share | Accuracy |", "|---|---:|---:|---:|"]
    lines += [
        f"| {g} | {shown[g]} | {groups[g] / n:.0%} | {right[g] / groups[g]:.2f} |" for g in groups
    ]
    lines += [f"| Total | {n} | 100% | {accuracy:.2f} |", ""]
    lines += ["## Goal", "", f"- Accuracy >= 75%: reached ({100 * accuracy:.0f}%)"]
    lines += ["", "## Next", "", "We aim at 90% with more data.", ""]
    write(root, "model_card.md", "\n".join(lines))
    return root
