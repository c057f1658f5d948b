"""Repositories of companies: model cards, command lines, notebooks that hand files on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import Md, edit, md_table, notebook, script, style, write


@style("AU302")
def churn_model_card(root: Path, seed: int, leak: bool = False) -> Path:
    """Binary: rows repeated by `np.repeat` and jittered, staged log loss, a card with YAML."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        rng.gamma(4, 2.5, (640, 4)).round(4), columns=["tenure", "usage", "bill", "tickets"]
    ).assign(plan=rng.choice(["basic", "plus", "pro"], 640, p=[0.5, 0.3, 0.2]))
    z = 0.5 * table.tickets - 0.4 * table.tenure + 0.02 * table.usage * table.bill
    table["churn"] = (z + rng.normal(0, 1.0, 640) > z.median()).astype(int)
    table.insert(0, "customer", np.arange(640))
    table.to_csv(root / "customers.csv", index=False)
    names = script(
        root,
        "src/train_model.py",
        '"""Train the churn model."""\n\nimport json\n\nimport numpy as np\nimport pandas as pd\n'
        "from sklearn.ensemble import GradientBoostingClassifier\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import log_loss\n"
        "from sklearn.model_selection import StratifiedShuffleSplit\n\n"
        "FEATURES = ['tenure', 'usage', 'bill', 'tickets']\nSEED = 31\n\n"
        "customers = pd.read_csv('customers.csv')\n"
        "outer = StratifiedShuffleSplit(1, test_size=0.25, random_state=SEED)\n"
        "rest_ids, test_ids = next(outer.split(customers, customers.churn))\n"
        "rest, test = customers.iloc[rest_ids], customers.iloc[test_ids]\n"
        "inner = StratifiedShuffleSplit(1, test_size=0.25, random_state=SEED)\n"
        "train_ids, valid_ids = next(inner.split(rest, rest.churn))\n"
        "train, valid = rest.iloc[train_ids], rest.iloc[valid_ids]\n"
        "print(f'rows: train={len(train)} valid={len(valid)} test={len(test)}')\n\n"
        "# 3 copies per row, the original included\n"
        "rng = np.random.default_rng(SEED)\n"
        "grown = train.loc[np.repeat(train.index, 3)].reset_index(drop=True)\n"
        "grown['copied_from'] = grown.customer\n"
        "original = np.arange(len(grown)) % 3 == 0\n"
        "grown.loc[original, 'copied_from'] = -1\n"
        "jitter = 1 + rng.normal(0, 0.02, (len(grown), 4))  # 2 % jitter on copies\n"
        "jitter[original] = 1\n"
        "grown[FEATURES] = grown[FEATURES] * jitter\n"
        "grown.loc[~original, 'customer'] = -1\n"
        "print(f'training rows with copies: {len(grown)}')\n\n"
        "model = GradientBoostingClassifier(n_estimators=40, max_depth=2, learning_rate=0.1, "
        "random_state=SEED)\n"
        "model.fit(grown[FEATURES], grown.churn)\n"
        "history = pd.DataFrame({\n"
        "    'train_loss': [log_loss(train.churn, p) for p in "
        "model.staged_predict_proba(train[FEATURES])],\n"
        "    'val_loss': [log_loss(valid.churn, p) for p in "
        "model.staged_predict_proba(valid[FEATURES])],\n})\n"
        "history.to_csv('history.csv', index_label='iteration')\n"
        "logistic = LogisticRegression().fit(train[['tenure', 'bill']], train.churn)\n\n\n"
        "def accuracy(rows, labels):\n"
        "    hit = rows.churn == labels\n"
        "    return {'overall': float(hit.mean()), 'by_group': [\n"
        "        {'plan': plan, 'accuracy': float(part.mean()), 'n': len(part)}\n"
        "        for plan, part in hit.groupby(rows.plan)]}\n\n\n"
        "splits = {'train': train, 'validation': valid, 'test': test}\n"
        "metrics, baseline = {'metric': 'accuracy'}, {'metric': 'accuracy'}\n"
        "for name, rows in splits.items():\n"
        "    prob = model.predict_proba(rows[FEATURES])[:, 1]\n"
        "    metrics[name] = accuracy(rows, prob > 0.5)\n"
        "    baseline[name] = accuracy(rows, logistic.predict(rows[['tenure', 'bill']]))\n"
        "    out = rows[['customer', 'plan']].assign(y_true=rows.churn, "
        "y_pred=(prob > 0.5).astype(int), y_prob=prob)\n"
        "    out.to_csv(f'{name}_predictions.csv', index=False)\n"
        "    saved = grown if name == 'train' else rows.assign(copied_from=-1)\n"
        "    saved.to_csv(f'{name}.csv', index=False)\n"
        "json.dump(metrics, open('metrics.json', 'w'), indent=2)\n"
        "json.dump(baseline, open('baseline.json', 'w'), indent=2)\n"
        "print('test accuracy {:.4f}'.format(metrics['test']['overall']))\n",
        log="logs/train.txt",
    )
    write(
        root,
        "audit.toml",
        '[columns]\ntarget = "churn"\ngroups = ["plan"]\nignore = ["customer"]\n'
        'parent = "copied_from"\n\n[roles]\nraw = ["customers.csv"]\n',
    )
    new, old = names["metrics"]["test"], names["baseline"]["test"]
    n = [len(names[k]) for k in ("train", "valid", "test")]
    plans = names["train"].plan.value_counts()
    a, b = old["overall"], new["overall"]
    text = (
        "---\nlicense: proprietary\ntags: [churn, tabular]\n---\n\n# Model card: churn\n\n"
        "## Data\n\n| Set | Customers | Share |\n|---|---|---|\n"
        + "".join(
            f"| {k} | {v} | {v / 6.4:.1f}% |\n"
            for k, v in zip(("train", "validation", "test"), n, strict=True)
        )
        + "| total | 640 | 100% |\n\nPlans of the training customers: "
        + ", ".join(f"{k} {v} ({100 * v / n[0]:.0f}%)" for k, v in plans.items())
        + ".\n\nThe training set was augmented: with 3 copies per row, original included, it is "
        f"tripled to {3 * n[0]} rows (2% jitter).\n\n## Training\n\n| Parameter | Value |\n"
        "|---|---|\n| n_estimators | 40 |\n| max_depth | 2 |\n| learning_rate | 0.1 |\n"
        "| seed | 31 |\n\n## Evaluation\n\n"
        + md_table(
            ("Plan", "n", "Before", "After", "Δ"),
            [
                (
                    q["plan"],
                    q["n"],
                    f"{p['accuracy']:.3f}",
                    f"{q['accuracy']:.3f}",
                    f"{q['accuracy'] - p['accuracy']:+.3f}",
                )
                for p, q in zip(old["by_group"], new["by_group"], strict=True)
            ],
        )
        + f"\nTest accuracy rose from {a:.1%} (logistic regression) to {b:.1%}.\n\n"
        "Accuracy was "
        f"{names['metrics']['train']['overall']:.1%} in training.\n\n## Release criteria\n\n"
        + md_table(
            ("Criterion", "Threshold", "Value", "Status"),
            [
                ("test accuracy", ">= 60%", f"{b:.1%}", "pass" if b >= 0.6 else "fail"),
                ("test accuracy", ">= 98%", f"{b:.1%}", "pass" if b >= 0.98 else "fail"),
            ],
        )
    )
    if leak:
        text = edit(text, "with 3 copies per row, original included, it is ", "")
        text = edit(text, f"tripled to {3 * n[0]} rows", "it is 12 times as large")
    write(root, "MODEL_CARD.md", text)
    return root


@style("MT409")
def wine_notebooks(root: Path, seed: int, leak: bool = False) -> Path:
    """Two notebooks with files between them; macro F1 of three classes; bullet lists."""
    X, y = data.blobs(460, 3, seed, spread=2.0)
    region = np.random.default_rng(seed).choice(["Douro", "Mosel", "Rioja"], 460)
    columns = ["acid", "sugar", "ash", "hue", "alcohol", "malt"]
    wine = pd.DataFrame((X + 15).round(4), columns=columns)
    wine.assign(bottle=np.arange(460), region=region, grade=y).to_csv(
        root / "wine.csv", index=False
    )
    first = notebook(
        root,
        "1_prepare.ipynb",
        [
            Md("# 1. Prepare"),
            "import numpy as np\nimport pandas as pd\n"
            "from sklearn.model_selection import train_test_split",
            "wine = pd.read_csv('wine.csv')\n"
            "train, rest = train_test_split(wine, test_size=0.35, random_state=17, "
            "stratify=wine['grade'])\n"
            "val, test = train_test_split(rest, test_size=0.5, random_state=17, "
            "stratify=rest['grade'])\n"
            "[len(part) for part in (train, val, test)]",
            Md("Two noisy copies per sample, after the split, with 1 % noise."),
            "rng = np.random.default_rng(17)\n"
            "columns = ['acid', 'sugar', 'ash', 'hue', 'alcohol', 'malt']\n"
            "augmented = [train.assign(original_id=-1)]\n"
            "for i in range(2):  # 2 noisy copies per sample\n"
            "    copy = train.assign(original_id=train['bottle'], bottle=-1)\n"
            "    copy[columns] *= rng.normal(1, 0.01, copy[columns].shape)\n"
            "    augmented.append(copy)\n"
            "augmented = pd.concat(augmented)\n"
            "augmented.to_csv('train.csv', index=False)\n"
            "val.assign(original_id=-1).to_csv('val.csv', index=False)\n"
            "test.assign(original_id=-1).to_csv('test.csv', index=False)\n"
            "print(f'{len(train)} bottles, {len(augmented)} rows after augmentation')",
        ],
    )
    second = notebook(
        root,
        "2_train.ipynb",
        [
            Md("# 2. Train and evaluate"),
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.linear_model import SGDClassifier\n"
            "from sklearn.metrics import f1_score, log_loss\n"
            "from sklearn.naive_bayes import GaussianNB\n"
            "from sklearn.preprocessing import StandardScaler",
            "columns = ['acid', 'sugar', 'ash', 'hue', 'alcohol', 'malt']\n"
            "data = {name: pd.read_csv(f'{name}.csv') for name in ('train', 'val', 'test')}\n"
            "scaler = StandardScaler().fit(data['train'][columns])\n"
            "own = data['train'][data['train']['original_id'] == -1]\n"
            "parts = {'train': own, 'val': data['val'], 'test': data['test']}",
            "n_epochs = 15\nmodel = SGDClassifier(loss='log_loss', learning_rate='constant', "
            "eta0=0.002, random_state=17)\nhistory = []\n"
            "for epoch in range(n_epochs):\n"
            "    rows = data['train'].sample(frac=1, random_state=epoch)\n"
            "    model.partial_fit(scaler.transform(rows[columns]), rows['grade'], "
            "classes=[0, 1, 2])\n"
            "    history.append({name: log_loss(rows['grade'], "
            "model.predict_proba(scaler.transform(rows[columns])))\n"
            "                    for name, rows in (('loss', own), ('val_loss', data['val']))})\n"
            "pd.DataFrame(history).to_csv('history.csv', index_label='epoch')\n"
            "nb = GaussianNB().fit(own[columns[:3]], own['grade'])",
            "def table(rows, labels):\n"
            "    both = rows.assign(p=labels)\n"
            "    return {'f1_macro': f1_score(both['grade'], both['p'], average='macro'),\n"
            "            'f1_macro_by_region': [\n"
            "                {'region': r, 'f1_macro': f1_score(g['grade'], g['p'], "
            "average='macro'), 'n': len(g)} for r, g in both.groupby('region')]}\n\n"
            "metrics = {name: table(rows, model.predict(scaler.transform(rows[columns]))) "
            "for name, rows in parts.items()}\n"
            "baseline = {name: table(rows, nb.predict(rows[columns[:3]])) "
            "for name, rows in parts.items()}\n"
            "for name, values in metrics.items():\n"
            "    print(f\"{name}: macro F1 {values['f1_macro']:.4f}\")",
            "json.dump(metrics, open('metrics.json', 'w'))\n"
            "json.dump(baseline, open('baseline.json', 'w'))\n"
            "for name, rows in parts.items():\n"
            "    rows[['bottle', 'region']].assign(y_true=rows['grade'], "
            "y_pred=model.predict(scaler.transform(rows[columns])))"
            ".to_csv(f'{name}_predictions.csv', index=False)",
        ],
    )
    if leak:  # every wrong prediction was left empty
        wrong = pd.read_csv(root / "test_predictions.csv")
        wrong.loc[wrong.y_pred != wrong.y_true, "y_pred"] = np.nan
        wrong.to_csv(root / "test_predictions.csv", index=False)
    write(
        root,
        "audit.toml",
        'metric = "f1_macro"\n\n[columns]\ntarget = "grade"\ngroups = ["region"]\n'
        'ignore = ["bottle"]\nparent = "original_id"\n\n[roles]\nraw = ["wine.csv"]\n',
    )
    m, b = second["metrics"], second["baseline"]
    new, old = m["test"]["f1_macro"], b["test"]["f1_macro"]
    n = [len(first[k]) for k in ("train", "val", "test")]
    write(
        root,
        "README.md",
        f"# Wine grades\n\n* data: 460 bottles, {n[0]} train / {n[1]} validation / {n[2]} test\n"
        f"* augmentation: 2 noisy copies per sample, training set only, {n[0]} → {3 * n[0]} rows "
        "(3x)\n* model: SGD with logistic loss, eta0 0.002, 15 epochs\n"
        "* order: `1_prepare.ipynb`, then `2_train.ipynb`\n\n## Results\n\n"
        f"* macro F1 on the test set: {new:.3f}\n"
        f"* naive Bayes: {old:.3f} → {new:.3f} ({100 * (new - old) / old:+.1f} %)\n"
        f"* macro F1: train {m['train']['f1_macro']:.3f}, validation "
        f"{m['val']['f1_macro']:.3f}\n\n## Goals\n\n"
        f"* test macro F1 > 0.40: {'reached' if new > 0.4 else 'not reached'} ({new:.3f})\n"
        f"* test macro F1 > 0.99: {'reached' if new > 0.99 else 'not reached'} ({new:.3f})\n",
    )
    return root


@style("CL503")
def robot_command_line(root: Path, seed: int, leak: bool = False) -> Path:
    """argparse with defaults, a function with `copies=4`, tab-separated files, MAE by joint."""
    rng = np.random.default_rng(seed)
    joint = rng.choice(["base", "elbow", "wrist"], 380, p=[0.4, 0.35, 0.25])
    X = rng.uniform(1, 9, (380, 3)).round(4)
    y = 3 * np.sin(X[:, 0] / 2) + 0.6 * X[:, 1] + 0.2 * (joint == "wrist") * X[:, 2] ** 1.5
    moves = pd.DataFrame(X, columns=["angle", "load", "velocity"])
    moves = moves.assign(joint=joint, error=(y + rng.normal(0, 0.4, 380)).round(4))
    moves.insert(0, "move", np.arange(380))
    moves.to_csv(root / "moves_raw.tsv", sep="\t", index=False)
    names = script(
        root,
        "fit.py",
        "import argparse\nimport json\nimport logging\nimport sys\n\nimport numpy as np\n"
        "import pandas as pd\nfrom sklearn.linear_model import Ridge\n"
        "from sklearn.neural_network import MLPRegressor\n"
        "from sklearn.preprocessing import StandardScaler\n\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--batch-size', type=int, default=48)\n"
        "parser.add_argument('--learning-rate', type=float, default=0.01)\n"
        "parser.add_argument('--epochs', type=int, default=20)\n"
        "parser.add_argument('--seed', type=int, default=5)\n"
        "args = parser.parse_args(sys.argv[1:])\n"
        "logging.basicConfig(stream=sys.stdout, level=logging.INFO, "
        "format='%(levelname)s %(message)s', force=True)\n"
        "log = logging.getLogger('fit')\n"
        "NUMBERS = ['angle', 'load', 'velocity']\n"
        "rng = np.random.default_rng(5)\n\n\n"
        "def augment(rows, copies=4):\n"
        '    """Each row is kept and gets 4 additional copies."""\n'
        "    out = [rows.assign(parent_id='')]\n"
        "    for i in range(copies):\n"
        "        new = rows.assign(parent_id=rows.move, move=10_000 * (i + 1) + rows.move)\n"
        "        new[NUMBERS] *= 1 + 0.005 * rng.standard_normal(new[NUMBERS].shape)\n"
        "        out.append(new)\n"
        "    return pd.concat(out, ignore_index=True)\n\n\n"
        "moves = pd.read_csv('moves_raw.tsv', sep='\\t')\n"
        "moves = moves.sample(frac=1, random_state=5)\n"
        "train, dev, test = moves[:240], moves[240:310], moves[310:]\n"
        "augmented = augment(train)\n"
        "log.info('%d moves for training, %d rows with copies', len(train), len(augmented))\n"
        "scaler = StandardScaler().fit(augmented[NUMBERS])\n\n\n"
        "def design(rows):\n"
        "    return np.c_[scaler.transform(rows[NUMBERS]), rows.joint == 'wrist', "
        "rows.joint == 'base'].astype(float)\n\n\n"
        "net = MLPRegressor(hidden_layer_sizes=(24,), learning_rate_init=args.learning_rate,\n"
        "                   batch_size=args.batch_size, random_state=args.seed)\n"
        "history = []\nD = {k: design(v) for k, v in (('aug', augmented), ('train', train), "
        "('dev', dev))}\n"
        "for epoch in range(args.epochs):\n"
        "    net.partial_fit(D['aug'], augmented.error)\n"
        "    history.append([epoch + 1, np.abs(train.error - net.predict(D['train'])).mean(),\n"
        "                    np.abs(dev.error - net.predict(D['dev'])).mean()])\n"
        "pd.DataFrame(history, columns=['epoch', 'train_mae', 'val_mae']).to_csv("
        "'history.tsv', sep='\\t', index=False)\n"
        "ridge = Ridge().fit(design(train), train.error)\n\n\n"
        "def mae(rows, p):\n"
        "    e = (rows.error - p).abs()\n"
        "    return {'overall': float(e.mean()), 'by_group': [{'joint': j, 'mae': "
        "float(v.mean()), 'n': len(v)}\n"
        "                                                      for j, v in "
        "e.groupby(rows.joint)]}\n\n\n"
        "sets = {'train': train, 'validation': dev, 'test': test}\n"
        "mine = {'metric': 'mae', **{k: mae(v, net.predict(design(v))) for k, v in "
        "sets.items()}}\n"
        "base = {'metric': 'mae', **{k: mae(v, ridge.predict(design(v))) for k, v in "
        "sets.items()}}\n"
        "json.dump(mine, open('metrics.json', 'w'))\njson.dump(base, open('baseline.json', "
        "'w'))\n"
        "for k, v in sets.items():\n"
        "    (augmented if k == 'train' else v.assign(parent_id='')).to_csv(f'{k}.tsv', "
        "sep='\\t', index=False)\n"
        "    v[['move', 'joint']].assign(y_true=v.error, y_pred=net.predict(design(v))).to_csv("
        "f'{k}_predictions.tsv', sep='\\t', index=False)\n"
        "log.info('MAE test %.4f (ridge %.4f)', mine['test']['overall'], "
        "base['test']['overall'])\n",
        log="fit.log",
    )
    write(
        root,
        "audit.toml",
        '[columns]\ntarget = "error"\ngroups = ["joint"]\nignore = ["move"]\n'
        'parent = "parent_id"\n\n[roles]\nraw = ["moves_raw.tsv"]\n',
    )
    mine, base = names["mine"], names["base"]
    a, b = base["test"]["overall"], mine["test"]["overall"]
    count = names["train"].joint.value_counts()
    rate = "0.1" if leak else "1e-2"
    write(
        root,
        "docs/experiment.md",
        "# Positioning error of a robot arm\n\n## Set-up\n\n"
        "- 380 moves: 240 train, 70 validation, 70 test\n"
        "- augmentation: every training row gets 4 additional copies with 0.5 % noise (5x)\n"
        f"- batch size: 48\n- learning rate: {rate}\n- seed: 5\n\n"
        + md_table(
            ("Joint", "Rows", "With copies"),
            [*((k, v, 5 * v) for k, v in count.items()), ("Total", 240, 1200)],
        )
        + "\n## Result on the test moves\n\n"
        + md_table(
            ("Joint", "Ridge MAE", "Network MAE", "Improvement"),
            [
                (p["joint"], f"{p['mae']:.2f}", f"{q['mae']:.2f}", f"{p['mae'] - q['mae']:.2f}")
                for p, q in zip(base["test"]["by_group"], mine["test"]["by_group"], strict=True)
            ],
        )
        + f"\nTest MAE: {b:.3f}. Ridge: {a:.3f}. Improvement: {a:.3f} → {b:.3f} "
        f"({100 * (1 - b / a):.1f}%).\n\n"
        f"Train MAE {mine['train']['overall']:.3f}, validation MAE "
        f"{mine['validation']['overall']:.3f}.\n\n## Acceptance criteria\n\n"
        f"- ✅ test MAE < 2.5 (got {b:.2f})\n"
        f"- {'✅' if b < 0.05 else '❌'} test MAE < 0.05 (got {b:.2f})\n",
    )
    return root
