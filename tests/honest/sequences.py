"""Series in time, and text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import Md, edit, notebook, script, style, write, write_json


@style("LK102")
def hourly_load(root: Path, seed: int, leak: bool = False) -> Path:
    """Lags, a cut in time, TimeSeriesSplit, a seasonal naive baseline on the same rows, months."""
    data.hourly(75, seed).to_csv(root / "load.csv", index=False)
    fit = "scaler = StandardScaler().fit(train[features])\n"
    split = (
        "cut = int(len(frame) * 0.75)\ntrain, test = frame.iloc[:cut].copy(), "
        "frame.iloc[cut:].copy()\n"
    )
    apply = (
        "train[features] = scaler.transform(train[features])\n"
        "test[features] = scaler.transform(test[features])\n"
    )
    if leak:
        fit, apply = "frame[features] = StandardScaler().fit_transform(frame[features])\n", ""
    order = fit + split if leak else split + fit
    names = notebook(
        root,
        "forecast.ipynb",
        [
            Md("# Load, one day ahead\n\nThe last quarter of the hours is the test set."),
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.linear_model import Ridge\n"
            "from sklearn.model_selection import TimeSeriesSplit, cross_val_score\n"
            "from sklearn.preprocessing import StandardScaler",
            "load = pd.read_csv('load.csv', parse_dates=['timestamp'])\n"
            "for lag in (24, 48, 168):\n    load[f'lag_{lag}'] = load.load_mw.shift(lag)\n"
            "load['hour'] = load.timestamp.dt.hour\nload['weekday'] = load.timestamp.dt.weekday\n"
            "load['month'] = load.timestamp.dt.strftime('%Y-%m')\n"
            "frame = load.dropna().reset_index(drop=True)\nlen(frame)",
            "features = ['lag_24', 'lag_48', 'lag_168', 'hour', 'weekday']\n" + order + apply,
            "model = Ridge(alpha=10.0)\n"
            "cv = -cross_val_score(model, train[features], train.load_mw, cv=TimeSeriesSplit(4),\n"
            "                      scoring='neg_mean_absolute_error')\n"
            "model.fit(train[features], train.load_mw)\nprint('CV MAE', cv.round(2))",
            "test['y_pred'] = model.predict(test[features])\n"
            "raw = load.set_index('timestamp').load_mw\n"
            "test['naive'] = raw.reindex(test.timestamp - pd.Timedelta(days=7)).to_numpy()\n"
            "def mae(rows, column):\n"
            "    return float((rows.load_mw - rows[column]).abs().mean())\n"
            "def mape(rows, column):\n"
            "    return float(((rows.load_mw - rows[column]).abs() / rows.load_mw).mean())\n"
            "rows = {month: part for month, part in test.groupby('month')}\n"
            "def collect(column):\n"
            "    return {'metric': 'mae', 'overall': mae(test, column),\n"
            "            'by_group': {month: mae(part, column) for month, part in rows.items()}}\n"
            "metrics, baseline = collect('y_pred'), collect('naive')\n"
            "print('MAE', metrics, 'naive', baseline)\nprint(f\"MAPE {mape(test, 'y_pred'):.2%}\")",
            "json.dump(metrics, open('metrics.json', 'w'))\n"
            "json.dump(baseline, open('seasonal_naive_baseline.json', 'w'))\n"
            "test[['month', 'load_mw', 'y_pred']].rename(columns={'load_mw': 'y_true'})"
            ".to_csv('test_predictions.csv', index=False)\n"
            "for name, part in (('train', train), ('test', test)):\n"
            "    part[['timestamp', 'month', *features, 'load_mw']].to_csv(name + '.csv', "
            "index=False)",
        ],
    )
    write(root, "audit.toml", '[columns]\ntarget = "load_mw"\ngroups = ["month"]\n')
    new, old = names["metrics"]["overall"], names["baseline"]["overall"]
    word = "lower" if new < old else "higher"
    write(
        root,
        "README.md",
        f"# Load\n\nMAE {new:.2f} MW; the load of a week ago has {old:.2f} MW on the same hours. "
        f"That is {abs(new - old) / old:.1%} {word} ({new / old:.2f} times the naive error).\n\n"
        f"MAPE: {100 * names['mape'](names['test'], 'y_pred'):.1f} %\n",
    )
    return root


@style()
def several_notebooks(root: Path, seed: int) -> Path:
    """01 prepares, 02 trains; sales by store; negative targets (returns); metrics CSV."""
    rng = np.random.default_rng(seed)
    n = 600
    table = pd.DataFrame(
        {
            "store": rng.choice(["s1", "s2", "s3", "s4", "s5"], n),
            "price": rng.gamma(5, 2, n).round(2),
            "promo": rng.integers(0, 2, n),
            "footfall": rng.poisson(200, n),
        }
    )
    table["net_sales"] = (
        0.4 * table.footfall + 25 * table.promo - 9 * table.price + rng.normal(0, 12, n)
    ).round(2)
    table.to_csv(root / "raw_sales.csv", index=False)
    notebook(
        root,
        "01_prepare.ipynb",
        [
            "import pandas as pd\nfrom sklearn.model_selection import train_test_split",
            "sales = pd.read_csv('raw_sales.csv').drop_duplicates()\nsales.describe().loc['mean']",
            "train, test = train_test_split(sales, test_size=0.25, random_state=2)\n"
            "train.to_csv('train.csv', index=False)\ntest.to_csv('test.csv', index=False)\n"
            "print(len(sales), len(train), len(test))",
        ],
    )
    names = notebook(
        root,
        "02_train.ipynb",
        [
            "import numpy as np\nimport pandas as pd\n"
            "from sklearn.preprocessing import PolynomialFeatures, StandardScaler\n"
            "from sklearn.linear_model import LassoCV\nfrom sklearn.pipeline import make_pipeline",
            "train, test = pd.read_csv('train.csv'), pd.read_csv('test.csv')\n"
            "x = ['price', 'promo', 'footfall']",
            "model = make_pipeline(PolynomialFeatures(2), StandardScaler(), LassoCV(cv=4))\n"
            "model.fit(train[x], train.net_sales)",
            "test['predicted'] = model.predict(test[x])\n"
            "test['error'] = test.net_sales - test.predicted\n"
            "by_store = test.groupby('store').error.agg(\n"
            "    rmse=lambda e: float(np.sqrt((e ** 2).mean())), n='size').reset_index()\n"
            "overall = float(np.sqrt((test.error ** 2).mean()))\nby_store",
            "print(f'RMSE {overall:.3f}')\n"
            "by_store.to_csv('metrics_by_store.csv', index=False)\n"
            "test.rename(columns={'net_sales': 'actual'})[['store', 'actual', 'predicted']]"
            ".to_csv('test_predictions.csv', index=False)",
        ],
    )
    write_json(root, "metrics.json", {"rmse": names["overall"]})
    write(root, "audit.toml", '[columns]\ntarget = "net_sales"\ngroups = ["store"]\n')
    lines = ["# Net sales", "", f"RMSE {names['overall']:.1f} on the test set.", ""]
    lines += ["| Store | Rows | RMSE |", "|---|---|---|"]
    lines += [f"| {r.store} | {r.n} | {r.rmse:.1f} |" for r in names["by_store"].itertuples()]
    write(root, "README.md", "\n".join([*lines, ""]))
    return root


@style("CT201")
def text_hashing(root: Path, seed: int, leak: bool = False) -> Path:
    """Messages hashed to counts; text columns; macro F1; a command-line script."""
    texts, y = data.sentences(620, seed)
    names = np.where(y == 1, "spam", "ham")
    pd.DataFrame({"text": texts, "label": names}).to_csv(root / "messages.csv", index=False)
    spoil = "test = pd.concat([test, train.sample(40, random_state=0)])\n    " if leak else ""
    out = script(
        root,
        "classify.py",
        '"""Spam filter on hashed words."""\n'
        "import argparse\nimport json\n\nimport pandas as pd\n"
        "from sklearn.feature_extraction.text import HashingVectorizer\n"
        "from sklearn.linear_model import SGDClassifier\n"
        "from sklearn.metrics import classification_report, f1_score\n"
        "from sklearn.model_selection import train_test_split\n\n\n"
        "def parse_args():\n    parser = argparse.ArgumentParser(description=__doc__)\n"
        "    parser.add_argument('path')\n"
        "    parser.add_argument('--bits', type=int, default=10)\n"
        "    parser.add_argument('--seed', type=int, default=0)\n    return "
        "parser.parse_args()\n\n\n"
        "def run(args):\n    messages = pd.read_csv(args.path)\n"
        "    train, test = train_test_split(messages, test_size=0.3, random_state=args.seed,\n"
        "                                   stratify=messages.label)\n    "
        f"{spoil}hasher = HashingVectorizer(n_features=2 ** args.bits, alternate_sign=False)\n"
        "    model = SGDClassifier(loss='log_loss', random_state=args.seed)\n"
        "    model.fit(hasher.transform(train.text), train.label)\n"
        "    predicted = model.predict(hasher.transform(test.text))\n"
        "    print(classification_report(test.label, predicted, digits=3))\n"
        "    train.to_csv('train.csv', index=False)\n    test.to_csv('test.csv', index=False)\n"
        "    pd.DataFrame({'y_true': test.label, 'y_pred': predicted})"
        ".to_csv('predictions.csv', index=False)\n"
        "    return {'accuracy': float((predicted == test.label).mean()),\n"
        "            'macro_f1': float(f1_score(test.label, predicted, average='macro'))}\n\n\n"
        "if __name__ == '__main__':\n    scores = run(parse_args())\n"
        "    with open('scores.json', 'w') as handle:\n        json.dump({'test': scores}, "
        "handle)\n",
        argv=["messages.csv"],
        log="log.txt",
    )
    (root / "messages.csv").unlink()
    scores = out["scores"]
    write(
        root,
        "README.md",
        "# Spam\n\n```\npython classify.py messages.csv --bits 10\n```\n\n```\n"
        f"{out['printed']}```\n\nAccuracy {scores['accuracy']:.1%}, macro F1 "
        f"{scores['macro_f1']:.3f}.\n",
    )
    return root


@style("LK102")
def tfidf_pipeline(root: Path, seed: int, leak: bool = False) -> Path:
    """TF-IDF within the pipeline and cross-validated; nbconvert export of a notebook."""
    texts, y = data.sentences(480, seed)
    pd.DataFrame({"message": texts, "spam": y}).to_json(
        root / "mails.jsonl", orient="records", lines=True
    )
    source = (
        "#!/usr/bin/env python\n# coding: utf-8\n\n# # Spam\n# \n# TF-IDF and logistic "
        "regression.\n\n"
        "# In[1]:\n\n\nimport json\nimport pandas as pd\n"
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import roc_auc_score\n"
        "from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split\n"
        "from sklearn.pipeline import Pipeline\n\n\n"
        "# In[2]:\n\n\nmails = pd.read_json('mails.jsonl', lines=True)\n"
        "X_train, X_test, y_train, y_test = train_test_split(\n"
        "    mails['message'], mails['spam'], test_size=120, random_state=8)\n\n\n"
        "# In[3]:\n\n\npipe = Pipeline([('tfidf', TfidfVectorizer(min_df=2)), "
        "('lr', LogisticRegression(C=5.0))])\n"
        "folds = cross_val_score(pipe, X_train, y_train, cv=StratifiedKFold(4), "
        "scoring='roc_auc')\n"
        "print(folds.mean())\n\n\n"
        "# In[4]:\n\n\npipe.fit(X_train, y_train)\n"
        "prob = pipe.predict_proba(X_test)[:, 1]\nauc = roc_auc_score(y_test, prob)\n"
        "accuracy = float(((prob > 0.5) == y_test).mean())\nprint(auc, accuracy)\n\n\n"
        "# In[5]:\n\n\n"
        "pd.DataFrame({'y_true': y_test, 'y_pred': (prob > 0.5).astype(int), 'y_prob': prob})"
        ".to_csv('test_predictions.csv', index=False)\n"
        "json.dump({'test': {'auc': auc, 'accuracy': accuracy}}, open('metrics.json', 'w'))\n"
    )
    if leak:
        source = edit(
            source,
            "X_train, X_test",
            "vectors = TfidfVectorizer(min_df=2).fit_transform(mails['message'])\nX_train, X_test",
        )
        source = edit(source, "    mails['message'], mails['spam'],", "    vectors, mails['spam'],")
        source = edit(source, "('tfidf', TfidfVectorizer(min_df=2)), ", "")
    names = script(root, "spam.py", source)
    write(
        root,
        "RESULTS.md",
        f"Cross-validated AUC {names['folds'].mean():.4f}; test AUC {names['auc']:.4f}, "
        f"accuracy {names['accuracy']:.3f} on 120 mails.\n",
    )
    return root


@style()
def machine_windows(root: Path, seed: int) -> Path:
    """Windows without overlap, machines apart in npz files; statistics as features; a JSON log."""
    rng = np.random.default_rng(seed)
    windows, labels, machines = [], [], []
    for machine in range(20):
        wear = rng.uniform(0.5, 2)
        for _ in range(20):
            faulty = int(rng.uniform() < 0.4)
            signal = wear * rng.normal(size=64) + 1.2 * faulty * np.sin(np.arange(64) / 2)
            windows.append(signal)
            labels.append(faulty)
            machines.append(f"M{machine:02d}")
    w, y, m = np.array(windows), np.array(labels), np.array(machines)
    held = np.isin(m, [f"M{i:02d}" for i in rng.choice(20, 5, replace=False)])
    np.savez(root / "windows.npz", windows=w, labels=y, machine=m, held=held)
    names = script(
        root,
        "detect.py",
        "import json\nimport numpy as np\nfrom sklearn.svm import SVC\n"
        "from sklearn.preprocessing import StandardScaler\n\n"
        "data = np.load('windows.npz')\n"
        "w, y, machine, held = (data[k] for k in ('windows', 'labels', 'machine', 'held'))\n"
        "spectrum = np.abs(np.fft.rfft(w, axis=1))[:, 1:9]\n"
        "F = np.column_stack([w.mean(1), w.std(1), np.abs(w).max(1), spectrum])\n"
        "F_train, F_test, y_train, y_test = F[~held], F[held], y[~held], y[held]\n"
        "scaler = StandardScaler().fit(F_train)\n"
        "svm = SVC(C=2.0).fit(scaler.transform(F_train), y_train)\n"
        "pred = svm.predict(scaler.transform(F_test))\n"
        "acc = float((pred == y_test).mean())\n"
        "per = {str(k): float((pred == y_test)[machine[held] == k].mean()) "
        "for k in np.unique(machine[held])}\n"
        "print('accuracy', acc)\n"
        "print(per)\n"
        "np.savez('train.npz', X=F_train, y=y_train, groups=machine[~held])\n"
        "np.savez('test.npz', X=F_test, y=y_test, groups=machine[held])\n"
        "json.dump({'metric': 'accuracy', 'test': {'overall': acc, 'by_group': per}}, "
        "open('metrics.json', 'w'))\n"
        "np.savez('test_predictions.npz', y_true=y_test, y_pred=pred, groups=machine[held])\n",
        log="detect.log",
    )
    write(
        root,
        "README.md",
        f"An SVM with C = 2.0. 15 machines train, 5 test. Accuracy {names['acc']:.3f}.\n",
    )
    return root
