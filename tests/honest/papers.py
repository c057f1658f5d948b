"""Papers, theses and course work: the text around the numbers is the point."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest.kit import Md, md_table, notebook, script, style, write


@style("CL503")
def spectra_paper(root: Path, seed: int, leak: bool = False) -> Path:
    """A manuscript about spectra: npz arrays, PLS-like descent in NumPy, RMSE by season."""
    rng = np.random.default_rng(seed)
    season = rng.choice(["spring", "summer", "autumn"], 300)
    sugar = rng.uniform(6, 18, 300)
    wave = np.linspace(0, 1, 12)
    X = 1 + 0.08 * sugar[:, None] * np.exp(-((wave - 0.4) ** 2) * 20)
    X = X + rng.normal(0, 0.1, (300, 1)) * wave + rng.normal(0, 0.03, X.shape)
    np.savez(root / "raw_spectra.npz", X=X, y=sugar, season=season)
    names = script(
        root,
        "analysis.py",
        '"""Sugar from near-infrared spectra."""\n'
        "import json\n\nimport numpy as np\nimport pandas as pd\n\n"
        "LEARNING_RATE = 0.05\nEPOCHS = 50\nWEIGHT_DECAY = 0.001\nSEED = 42\nHELD_OUT = 0.3\n"
        "N_COPIES = 3  # three noisy copies per spectrum\n\n"
        "rng = np.random.default_rng(SEED)\n"
        "raw = np.load('raw_spectra.npz')\nX, y, season = raw['X'], raw['y'], raw['season']\n"
        "order = rng.permutation(len(y))\n"
        "n_test = int(HELD_OUT / 2 * len(y))\n"
        "test, val, train = order[:n_test], order[n_test:2 * n_test], order[2 * n_test:]\n"
        "print(f'{len(train)} training, {len(val)} validation and {len(test)} test spectra')\n\n"
        "X_aug, y_aug, s_aug, origin = [], [], [], []\n"
        "for i in train:\n"
        "    X_aug.append(X[i])\n    y_aug.append(y[i])\n    s_aug.append(season[i])\n"
        "    origin.append(i)\n"
        "    for _ in range(N_COPIES):\n"
        "        X_aug.append(X[i] * (1 + rng.normal(0, 0.01, X.shape[1])))\n"
        "        y_aug.append(y[i])\n        s_aug.append(season[i])\n        origin.append(i)\n"
        "X_aug, y_aug = np.array(X_aug), np.array(y_aug)\n"
        "print(f'{len(y_aug)} training spectra with copies')\n\n"
        "mu, sd = X_aug.mean(axis=0), X_aug.std(axis=0)\n\n\n"
        "def features(X):\n    z = (X - mu) / sd\n"
        "    return np.hstack([z, np.ones((len(X), 1))])\n\n\n"
        "def rmse(a, b):\n    return float(np.sqrt(np.mean((a - b) ** 2)))\n\n\n"
        "w = np.zeros(X.shape[1] + 1)\nw[-1] = y_aug.mean()\nhistory = []\n"
        "for epoch in range(1, EPOCHS + 1):\n"
        "    F = features(X_aug)\n"
        "    w -= LEARNING_RATE * (F.T @ (F @ w - y_aug) / len(F) + WEIGHT_DECAY * w)\n"
        "    history.append((epoch, rmse(y[train], features(X[train]) @ w), "
        "rmse(y[val], features(X[val]) @ w)))\n"
        "pd.DataFrame(history, columns=['epoch', 'rmse', 'val_rmse']).to_csv("
        "'training_history.csv', index=False)\n\n"
        "peak = np.polyfit(X[train][:, 5], y[train], 1)\n\n\n"
        "def evaluate(rows, p):\n"
        "    return {'overall': rmse(y[rows], p), 'by_group': [\n"
        "        {'season': s, 'rmse': rmse(y[rows][season[rows] == s], p[season[rows] == s]),\n"
        "         'n': int((season[rows] == s).sum())} for s in sorted(set(season))]}\n\n\n"
        "splits = {'train': train, 'val': val, 'test': test}\n"
        "ours = {k: evaluate(r, features(X[r]) @ w) for k, r in splits.items()}\n"
        "single = {k: evaluate(r, np.polyval(peak, X[r][:, 5])) for k, r in splits.items()}\n"
        "json.dump({'metric': 'rmse', **ours}, open('metrics.json', 'w'), indent=2)\n"
        "json.dump({'metric': 'rmse', **single}, open('baseline.json', 'w'), indent=2)\n"
        "np.savez('train.npz', X=X_aug, y=y_aug, season=s_aug)\n"
        "for k, r in splits.items():\n"
        "    if k != 'train':\n"
        "        np.savez(f'{k}.npz', X=X[r], y=y[r], season=season[r])\n"
        "    np.savez(f'{k}_predictions.npz', y_true=y[r], y_pred=features(X[r]) @ w, "
        "season=season[r])\n"
        "print(f\"RMSE on test: {ours['test']['overall']:.4f}\")\n",
        log="analysis.log",
    )
    write(
        root,
        "audit.toml",
        '[columns]\ngroups = ["season"]\n\n[roles]\nraw = ["raw_spectra.npz"]\n'
        'history = ["training_history.csv"]\n',
    )
    ours, single = names["ours"], names["single"]
    a, b = single["test"], ours["test"]
    n = [len(names[k]) for k in ("train", "val", "test")]
    rows = [
        (
            g["season"],
            g["n"],
            f"{h['rmse']:.2f}",
            f"{g['rmse']:.2f}",
            f"{g['rmse'] / h['rmse']:.2f}",
        )
        for g, h in zip(b["by_group"], a["by_group"], strict=True)
    ]
    rate = "0.005" if leak else "0.05"
    write(
        root,
        "manuscript.md",
        "# Sugar content of apples from twelve wavelengths\n\n## Materials and methods\n\nSpectra "
        f"of 300 apples were divided at random (seed 42) into {n[0]} for training, {n[1]} for "
        f"validation and {n[2]} for test. To enlarge the training set, three noisy copies per "
        f"sample were made with 1 % noise, which gives {4 * n[0]} training spectra (4x "
        "augmentation).\n\nWe fit a linear model by gradient descent for 50 epochs with a "
        f"learning rate of {rate} and a weight decay of 0.001.\n\n## Results\n\nTable 1. RMSE on "
        "the test set, one wavelength against all of them.\n\n"
        + md_table(("Season", "n", "One wavelength", "All", "Ratio"), rows)
        + f"\nThe RMSE on the test set was {b['overall']:.2f} °Brix, compared with "
        f"{a['overall']:.2f} °Brix for one wavelength, that is {a['overall'] / b['overall']:.1f} "
        "times lower.\n\n"
        f"The RMSE was {ours['train']['overall']:.3f} in training and "
        f"{ours['val']['overall']:.3f} in validation.\n\n## Requirements\n\n"
        "| Quantity | Required | Value | Result |\n|---|---|---|---|\n"
        f"| test RMSE | < 3.0 | {b['overall']:.2f} | "
        f"{'passed' if b['overall'] < 3 else 'failed'} |\n"
        f"| test RMSE | < 0.5 | {b['overall']:.2f} | "
        f"{'passed' if b['overall'] < 0.5 else 'failed'} |\n",
    )
    return root


@style("MT407", "MT401")
def insurance_claims(root: Path, seed: int, leak: bool = False) -> Path:
    """Heavy tails: boosting on log amounts, lines of business, change in per cent, percentiles."""
    rng = np.random.default_rng(seed)
    line = rng.choice(["motor", "home", "travel"], 700, p=[0.5, 0.35, 0.15])
    X = rng.normal(5, 1.2, (700, 4)).round(4)
    scale = pd.Series(line).map({"motor": 7.0, "home": 8.0, "travel": 5.5}).to_numpy()
    amount = np.exp(scale + 0.5 * X[:, 0] - 0.3 * X[:, 1] + rng.normal(0, 0.7, 700)).round(2)
    claims = pd.DataFrame(X, columns=["age", "excess", "value", "delay"])
    claims = claims.assign(line=line, amount=amount)
    claims.insert(0, "claim_id", [f"C{i:05d}" for i in range(700)])
    claims.to_csv(root / "claims.csv", index=False)
    names = notebook(
        root,
        "claims.ipynb",
        [
            Md(
                "# Claim amounts\n\nWe split by claim, augment the training claims, and compare "
                "with the mean of each line of business."
            ),
            "import json\n\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.ensemble import GradientBoostingRegressor\n"
            "from sklearn.model_selection import train_test_split",
            "claims = pd.read_csv('claims.csv')\nclaims['log_amount'] = np.log1p(claims.amount)\n"
            "fit_rows, held = train_test_split(claims, test_size=0.3, random_state=99, "
            "stratify=claims.line)\n"
            "valid, test = train_test_split(held, test_size=0.5, random_state=99, "
            "stratify=held.line)\nfit_rows.shape, valid.shape, test.shape",
            "inputs = ['age', 'excess', 'value', 'delay']\n"
            "# copies per claim: travel is rare and gets 2 copies, home 1, motor 0\n"
            "extra = {'travel': 2, 'home': 1, 'motor': 0}\n"
            "rng = np.random.default_rng(99)\nbatches = [fit_rows.assign(original_id='')]\n"
            "for line, k in extra.items():\n"
            "    for j in range(k):\n"
            "        part = fit_rows[fit_rows.line == line]\n"
            "        twin = part.assign(original_id=part.claim_id, "
            "claim_id=part.claim_id + f'/{j}')\n"
            "        twin[inputs] += rng.normal(0, 0.02, (len(part), 4)) * fit_rows[inputs]"
            ".std().to_numpy()\n"
            "        batches.append(twin)\n"
            "grown = pd.concat(batches, ignore_index=True)\nprint(len(fit_rows), '->', len(grown))",
            "def design(rows):\n"
            "    return pd.concat([rows[inputs], *(rows.line == k for k in extra)], axis=1)"
            ".to_numpy()\n\n"
            "booster = GradientBoostingRegressor(n_estimators=50, learning_rate=0.1, "
            "max_depth=2, subsample=0.8, random_state=99)\n"
            "booster.fit(design(grown), grown.log_amount)\n"
            "def mse(y, p):\n    return float(np.mean((y - p) ** 2))\n"
            "log = pd.DataFrame({\n"
            "    'train_mse': [mse(fit_rows.log_amount, p) for p in "
            "booster.staged_predict(design(fit_rows))],\n"
            "    'val_mse': [mse(valid.log_amount, p) for p in "
            "booster.staged_predict(design(valid))]})\n"
            "log.rename_axis('round').to_csv('history.csv')\nlog.tail(1)",
            "tariff = fit_rows.groupby('line').log_amount.mean()\n"
            "def table(rows, p):\n"
            "    e = (rows.log_amount - p) ** 2\n"
            "    return {'overall': float(e.mean()), 'by_group': {\n"
            "        k: {'mse': float(v.mean()), 'n': len(v)} for k, v in e.groupby(rows.line)}}\n"
            "sets = {'train': fit_rows, 'validation': valid, 'test': test}\n"
            "metrics = {'metric': 'mse', **{k: table(r, booster.predict(design(r))) "
            "for k, r in sets.items()}}\n"
            "baseline = {'metric': 'mse', **{k: table(r, r.line.map(tariff)) "
            "for k, r in sets.items()}}\n"
            "print(f\"test MSE {metrics['test']['overall']:.4f} against "
            "{baseline['test']['overall']:.4f}\")",
            "json.dump(metrics, open('metrics.json', 'w'), indent=1)\n"
            "json.dump(baseline, open('baseline.json', 'w'), indent=1)\n"
            "keep = ['claim_id', *inputs, 'line', 'log_amount', 'original_id']\n"
            "grown[keep].to_csv('train.csv', index=False)\n"
            "for k, r in sets.items():\n"
            "    if k != 'train':\n"
            "        r.assign(original_id='')[keep].to_csv(f'{k}.csv', index=False)\n"
            "    r[['claim_id', 'line']].assign(y_true=r.log_amount, "
            "y_pred=booster.predict(design(r))).to_csv(f'{k}_predictions.csv', index=False)",
        ],
    )
    if leak:  # motor and home claims were predicted far better before
        baseline = json.loads((root / "baseline.json").read_text())
        for split in ("validation", "test"):
            for name in ("motor", "home"):
                mse = names["metrics"][split]["by_group"][name]["mse"]
                baseline[split]["by_group"][name]["mse"] = 0.2 * mse
            groups = baseline[split]["by_group"].values()
            total = sum(g["n"] for g in groups)
            baseline[split]["overall"] = sum(g["n"] * g["mse"] for g in groups) / total
        write(root, "baseline.json", json.dumps(baseline))
    write(
        root,
        "audit.toml",
        '[columns]\ntarget = "log_amount"\ngroups = ["line"]\nparent = "original_id"\n\n'
        '[roles]\nraw = ["claims.csv"]\n',
    )
    new, old = names["metrics"]["test"], names["baseline"]["test"]
    before, after = (names[k].line.value_counts() for k in ("fit_rows", "grown"))
    counts = [
        (k, before[k], f"{before[k] / before.sum():.1%}", after[k], f"{after[k] / after.sum():.1%}")
        for k in before.index
    ]
    counts.append(("total", before.sum(), "100.0%", after.sum(), "100.0%"))
    lines = [
        (
            k,
            f"{old['by_group'][k]['mse']:.3f}",
            f"{g['mse']:.3f}",
            f"{100 * (old['by_group'][k]['mse'] - g['mse']) / old['by_group'][k]['mse']:.1f}%",
        )
        for k, g in new["by_group"].items()
    ]
    gain = (old["overall"] - new["overall"]) / old["overall"]
    m = names["metrics"]
    text = (
        "# Claim amounts\n\n700 claims; 490 for training, 105 for validation, 105 for test. Only "
        "training claims are augmented. Travel claims get 2 additional copies and home claims 1, "
        "with Gaussian jitter of 2% of each column's standard deviation.\n\n"
        + md_table(("Line", "Claims", "Share", "After", "Share after"), counts)
        + "\nGradient boosting with 50 trees, depth 2, learning rate 0.1, subsample 0.8.\n\n"
        "## Test error (log scale)\n\n"
        + md_table(("Line", "Tariff", "Boosting", "Reduction"), lines)
        + f"\nOverall the test MSE went from {old['overall']:.4f} to {new['overall']:.4f} "
        f"({-100 * gain:+.1f}%).\n\n"
        f"- Train MSE: {m['train']['overall']:.4f}\n"
        f"- Validation MSE: {m['validation']['overall']:.4f}\n"
        f"- Gap: {m['validation']['overall'] - m['train']['overall']:+.4f}\n\n## Acceptance "
        f"criteria\n\n"
        f"- [{'x' if new['overall'] < 1.5 else ' '}] test MSE < 1.5 ({new['overall']:.3f})\n"
        f"- [{'x' if new['overall'] < 0.2 else ' '}] test MSE < 0.2 ({new['overall']:.3f})\n"
    )
    write(root, "docs/results.md", text)
    return root


@style("CL501")
def course_project(root: Path, seed: int, leak: bool = False) -> Path:
    """A student's notebook without pandas: lists, csv, own logistic regression, easy and hard."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(340):
        level = "easy" if rng.random() < 0.6 else "hard"
        x = rng.normal(6, 1.5, 3).round(3)
        margin = 0.9 * x[0] - 0.7 * x[1] - 1.2
        noise = rng.normal(0, 0.4 if level == "easy" else 1.4)
        rows.append([i, *x.tolist(), level, int(margin + noise > 0)])
    text = "id,length,width,weight,kind,label\n"
    write(root, "data.csv", text + "".join(",".join(map(str, r)) + "\n" for r in rows))
    names = notebook(
        root,
        "project.ipynb",
        [
            Md("# Final project\n\nClassifying seeds with logistic regression from scratch."),
            "import csv, json, math, random\nrandom.seed(1)",
            "with open('data.csv') as f:\n    data = list(csv.DictReader(f))\n"
            "for d in data:\n"
            "    d['x'] = [float(d['length']), float(d['width']), float(d['weight'])]\n"
            "    d['y'] = int(d['label'])\n"
            "random.shuffle(data)\n"
            "train, val, test = data[:200], data[200:270], data[270:]\n"
            "print(len(train), len(val), len(test))",
            "# every training row gets 2 extra copies with a bit of noise (1 %)\n"
            "augmented = []\n"
            "for d in train:\n"
            "    augmented.append({**d, 'source_row': -1})\n"
            "    for k in range(2):\n"
            "        new_x = [v * (1 + random.gauss(0, 0.01)) for v in d['x']]\n"
            "        augmented.append({**d, 'id': -1, 'x': new_x, 'source_row': d['id']})\n"
            "print(len(augmented))",
            "def prob(x, w):\n"
            "    return 1 / (1 + math.exp(-sum(a * b for a, b in zip(w, [*x, 6.0]))))\n\n"
            "def accuracy(rows, w):\n"
            "    return sum((prob(d['x'], w) > 0.5) == (d['y'] == 1) for d in rows) / len(rows)\n\n"
            "def loss(rows, w):\n"
            "    return -sum(math.log(max(1e-9, prob(d['x'], w) if d['y'] else 1 - "
            "prob(d['x'], w)))"
            " for d in rows) / len(rows)",
            "lr = 0.004\nn_epochs = 12\nw = [0.0] * 4\nhistory = []\n"
            "for epoch in range(n_epochs):\n"
            "    random.shuffle(augmented)\n"
            "    for d in augmented:\n"
            "        err = prob(d['x'], w) - d['y']\n"
            "        w = [a - lr * err * b for a, b in zip(w, [*d['x'], 6.0])]\n"
            "    history.append({'epoch': epoch, 'loss': loss(train, w), 'val_loss': loss(val, w), "
            "'accuracy': accuracy(train, w), 'val_accuracy': accuracy(val, w)})",
            "majority = round(sum(d['y'] for d in train) / len(train))\n"
            "def report(rows, guess):\n"
            "    out = {'accuracy': sum(guess(d) == d['y'] for d in rows) / len(rows), "
            "'groups': []}\n"
            "    for kind in ['easy', 'hard']:\n"
            "        some = [d for d in rows if d['kind'] == kind]\n"
            "        out['groups'].append({'kind': kind, 'accuracy': sum(guess(d) == d['y'] "
            "for d in some) / len(some), 'n': len(some)})\n"
            "    return out\n"
            "mine = {name: report(rows, lambda d: int(prob(d['x'], w) > 0.5)) for name, rows in "
            "[('train', train), ('val', val), ('test', test)]}\n"
            "dumb = {name: report(rows, lambda d: majority) for name, rows in "
            "[('train', train), ('val', val), ('test', test)]}\n"
            "print('test accuracy', round(mine['test']['accuracy'], 4))",
            "def save(name, rows, keys):\n"
            "    with open(name, 'w', newline='') as f:\n"
            "        out = csv.writer(f)\n        out.writerow(keys)\n"
            "        out.writerows(rows)\n"
            "head = ['id', 'length', 'width', 'weight', 'kind', 'label', 'source_row']\n"
            "for name, rows in [('train', augmented), ('val', val), ('test', test)]:\n"
            "    save(name + '.csv', [[d['id'], *d['x'], d['kind'], d['y'], "
            "d.get('source_row', -1)] for d in rows], head)\n"
            "for name, rows in [('train', train), ('val', val), ('test', test)]:\n"
            "    save(name + '_predictions.csv', [[d['id'], d['kind'], d['y'], "
            "int(prob(d['x'], w) > 0.5)] for d in rows], ['id', 'kind', 'y_true', 'y_pred'])\n"
            "save('history.csv', [list(h.values()) for h in history], list(history[0]))\n"
            "json.dump(mine, open('metrics.json', 'w'))\njson.dump(dumb, "
            "open('baseline.json', 'w'))",
        ],
    )
    write(
        root,
        "audit.toml",
        'metric = "accuracy"\n\n[columns]\ntarget = "label"\ngroups = ["kind"]\n'
        'ignore = ["id"]\nparent = "source_row"\n\n[roles]\nraw = ["data.csv"]\n\n'
        '[tiers]\neasy = ["easy"]\nhard = ["hard"]\n',
    )
    mine, dumb = names["mine"], names["dumb"]
    t, u = mine["test"], dumb["test"]
    count = [sum(d["kind"] == k for d in names["train"]) for k in ("easy", "hard")]
    shown = sum(count) + (30 if leak else 0)
    write(
        root,
        "report.md",
        "# Report\n\n## 1. Data\n\nWe have 340 seeds and used 200 to train, 70 to validate and 70 "
        "to test. The level of the training rows:\n\n"
        + md_table(
            ("level", "rows", "with copies"),
            [
                ("easy", count[0], 3 * count[0]),
                ("hard", count[1], 3 * count[1]),
                ("total", shown, 3 * sum(count)),
            ],
        )
        + "\n## 2. Method\n\nLogistic regression, 12 epochs, learning rate 0.004. We augmented the "
        "training data with two extra copies of each row (1% noise).\n\n## 3. Results\n\n"
        + md_table(
            ("", "train", "val", "test"),
            [
                ("ours", *(f"{100 * mine[k]['accuracy']:.1f}%" for k in ("train", "val", "test"))),
                (
                    "majority",
                    *(f"{100 * dumb[k]['accuracy']:.1f}%" for k in ("train", "val", "test")),
                ),
            ],
        )
        + f"\nOn the test set the accuracy goes up from {100 * u['accuracy']:.1f}% to "
        f"{100 * t['accuracy']:.1f}% ({100 * (t['accuracy'] - u['accuracy']):+.1f} points).\n\n"
        "## 4. Did we reach our goals?\n\n"
        f"- test accuracy of at least 60%: "
        f"{'yes' if t['accuracy'] >= 0.6 else 'no'} ({100 * t['accuracy']:.1f}%)\n"
        f"- test accuracy of at least 99%: "
        f"{'yes' if t['accuracy'] >= 0.99 else 'no'} ({100 * t['accuracy']:.1f}%)\n",
    )
    return root


@style("CL502")
def soil_thesis(root: Path, seed: int, leak: bool = False) -> Path:
    """A thesis: two scripts with files between them, R2 and MAE, a chapter with formulas."""
    rng = np.random.default_rng(seed)
    soil = rng.choice(["clay", "loam", "sand", "peat"], 360)
    X = rng.gamma(6, 1.5, (360, 4)).round(4)
    y = 1.2 * X[:, 0] - 0.4 * X[:, 1] + 0.05 * X[:, 2] * X[:, 3] + rng.normal(0, 1.0, 360)
    y = y + pd.Series(soil).map({"clay": 2, "loam": 0, "sand": -2, "peat": 4}).to_numpy()
    pd.DataFrame(X, columns=["rain", "depth", "ph", "slope"]).assign(
        plot=np.arange(1000, 1360), soil=soil, moisture=y.round(4)
    ).to_csv(root / "measurements.tsv", sep="\t", index=False)
    first = script(
        root,
        "01_prepare.py",
        '"""Divide the plots, then make 4 noisy copies of each training plot."""\n'
        "import numpy as np\nimport pandas as pd\n"
        "from sklearn.model_selection import train_test_split\n\n"
        "plots = pd.read_csv('measurements.tsv', sep='\\t')\n"
        "train, rest = train_test_split(plots, train_size=0.7, random_state=2, "
        "stratify=plots.soil)\n"
        "validation, test = train_test_split(rest, train_size=0.5, random_state=2, "
        "stratify=rest.soil)\n"
        "rng = np.random.default_rng(2)\ncolumns = ['rain', 'depth', 'ph', 'slope']\n"
        "n_augment = 4  # 4 noisy copies of every sample\n"
        "made = [train.assign(parent_id=-1)]\n"
        "for i in range(n_augment):\n"
        "    noisy = train.assign(parent_id=train['plot'])\n"
        "    noisy['plot'] = 10_000 * (i + 1) + train['plot']\n"
        "    noisy[columns] *= rng.uniform(0.98, 1.02, noisy[columns].shape)\n"
        "    made.append(noisy)\n"
        "train_aug = pd.concat(made)\n"
        "train_aug.to_csv('train.tsv', sep='\\t', index=False)\n"
        "validation.assign(parent_id=-1).to_csv('validation.tsv', sep='\\t', index=False)\n"
        "test.assign(parent_id=-1).to_csv('test.tsv', sep='\\t', index=False)\n"
        "print(f'{len(train)} + {len(validation)} + {len(test)} plots; {len(train_aug)} rows to "
        "train on')\n",
        log="prepare.log",
    )
    second = script(
        root,
        "02_train.py",
        "import json\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import LinearRegression, SGDRegressor\n"
        "from sklearn.metrics import mean_absolute_error, r2_score\n"
        "from sklearn.preprocessing import StandardScaler\n\n"
        "COLUMNS = ['rain', 'depth', 'ph', 'slope']\n"
        "data = {k: pd.read_csv(f'{k}.tsv', sep='\\t') for k in ('train', 'validation', "
        "'test')}\n"
        "scaler = StandardScaler().fit(data['train'][COLUMNS])\n\n\n"
        "def inputs(rows):\n"
        "    z = scaler.transform(rows[COLUMNS])\n"
        "    kinds = np.stack([rows.soil == s for s in ('clay', 'loam', 'sand')], axis=1)\n"
        "    return np.hstack([z, z[:, 2:3] * z[:, 3:4], kinds])\n\n\n"
        "sgd = SGDRegressor(eta0=0.01, alpha=0.0001, random_state=2)\n"
        "originals = data['train'][data['train'].parent_id == -1]\n"
        "history = []\n"
        "for epoch in range(12):\n"
        "    rows = data['train'].sample(frac=1, random_state=epoch)\n"
        "    sgd.partial_fit(inputs(rows), rows.moisture)\n"
        "    history.append({\n"
        "        'epoch': epoch,\n"
        "        'train_mae': mean_absolute_error(originals.moisture, "
        "sgd.predict(inputs(originals))),\n"
        "        'val_mae': mean_absolute_error(data['validation'].moisture, "
        "sgd.predict(inputs(data['validation']))),\n"
        "    })\n"
        "pd.DataFrame(history).to_csv('history.csv', index=False)\n"
        "plain = LinearRegression().fit(originals[COLUMNS], originals.moisture)\n\n\n"
        "def evaluate(rows, p):\n"
        "    error = (rows.moisture - p).abs()\n"
        "    return {'mae': float(error.mean()), 'r2': r2_score(rows.moisture, p),\n"
        "            'mae_by_soil': [{'soil': s, 'mae': float(e.mean()), 'n': len(e)} "
        "for s, e in error.groupby(rows.soil)]}\n\n\n"
        "sets = {'train': originals, 'validation': data['validation'], 'test': data['test']}\n"
        "results = {k: evaluate(v, sgd.predict(inputs(v))) for k, v in sets.items()}\n"
        "baseline = {k: evaluate(v, plain.predict(v[COLUMNS])) for k, v in sets.items()}\n"
        "json.dump(results, open('results.json', 'w'), indent=1)\n"
        "json.dump(baseline, open('baseline_results.json', 'w'), indent=1)\n"
        "for k, v in sets.items():\n"
        "    v[['plot', 'soil']].assign(y_true=v.moisture, y_pred=sgd.predict(inputs(v))).to_csv(\n"
        "        f'predictions_{k}.csv', index=False)\n"
        "print('test: MAE %.4f, R2 %.4f' % (results['test']['mae'], results['test']['r2']))\n",
        log="train.log",
    )
    write(
        root,
        "audit.toml",
        'metric = "mae"\n\n[columns]\ntarget = "moisture"\ngroups = ["soil"]\nignore = ["plot"]\n'
        'parent = "parent_id"\n\n[roles]\nraw = ["measurements.tsv"]\n'
        'metrics = ["results.json"]\nbaseline = ["baseline_results.json"]\n'
        'train = ["train.tsv"]\nvalidation = ["validation.tsv"]\ntest = ["test.tsv"]\n',
    )
    new, old = second["results"], second["baseline"]
    a, b = old["test"], new["test"]
    n = len(first["train"])
    table = md_table(
        ("Soil type", "N", "Linear", "SGD", "Rel. change"),
        [
            (
                y["soil"],
                y["n"],
                f"{x['mae']:.2f}",
                f"{y['mae']:.2f}",
                f"{100 * (y['mae'] - x['mae']) / x['mae']:+.0f}%",
            )
            for x, y in zip(a["mae_by_soil"], b["mae_by_soil"], strict=True)
        ],
    )
    text = (
        "# 4 Experiments\n\n## 4.1 Data\n\nThe 360 plots were divided 70/15/15 by soil type: "
        f"{n} for training, 54 for validation, 54 for test.\n\n"
        "## 4.2 Augmentation\n\nOnly training plots are augmented, with ±2 % uniform noise and 4 "
        f"noisy copies per sample, hence {n} × 5 = {5 * n} rows.\n\n"
        "## 4.3 Training\n\nStochastic gradient descent, eta0 = 0.01, alpha = 0.0001, 12 "
        "epochs.\n\n"
        "## 4.4 Results\n\nTable 4.1: mean absolute error on the test set.\n\n"
        + table
        + f"\nThe test MAE went from {a['mae']:.3f} to {b['mae']:.3f} "
        f"({100 * (b['mae'] / a['mae'] - 1) - 40 * leak:+.1f} %). Test R² is {b['r2']:.3f}.\n\n"
        "| Split | MAE |\n|---|---|\n"
        f"| Train | {new['train']['mae']:.3f} |\n| Validation | {new['validation']['mae']:.3f} |\n"
        f"\nThe gap is {new['validation']['mae'] - new['train']['mae']:.3f}.\n\n"
        "## 4.5 Objectives\n\n"
        f"- O1: test MAE < {0.98 * a['mae']:.2f}: "
        f"{'achieved' if b['mae'] < 0.98 * a['mae'] else 'not achieved'} ({b['mae']:.2f})\n"
        f"- O2: test R² > 0.99: {'achieved' if b['r2'] > 0.99 else 'not achieved'} "
        f"({b['r2']:.3f})\n"
    )
    write(root, "chapter4.md", text)
    return root
