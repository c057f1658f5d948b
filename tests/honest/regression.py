"""Regression: notebooks and scripts in pandas, NumPy and plain lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.honest import data
from tests.honest.kit import Md, edit, notebook, script, style, write


@style("LK102")
def regions_with_baseline(root: Path, seed: int, leak: bool = False) -> Path:
    """pandas notebook, three splits, regions, a baseline on the same rows, criteria, changes."""
    data.houses(500, seed).to_csv(root / "houses.csv", index=False)
    scaling = (
        "train, rest = train_test_split(houses, test_size=0.4, stratify=houses.region, "
        f"random_state={seed})\n"
        "valid, test = train_test_split(rest, test_size=0.5, stratify=rest.region, "
        f"random_state={seed})\n"
        "scaler = StandardScaler().fit(train[columns])"
    )
    if leak:
        scaling = edit(scaling, "scaler = StandardScaler().fit(train[columns])", "")
        scaling = "houses[columns] = StandardScaler().fit_transform(houses[columns])\n" + scaling
    model = (
        "model = make_model().fit(scaler.transform(train[columns]), train.log_price)"
        if not leak
        else "model = make_model().fit(train[columns], train.log_price)"
    )
    rows = "scaler.transform(rows[columns])" if not leak else "rows[columns]"
    cells: list[str | Md] = [
        Md("# House prices by region\n\nWe predict the logarithm of the price with a ridge."),
        "import json\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.preprocessing import StandardScaler",
        "houses = pd.read_csv('houses.csv')\nhouses['log_price'] = np.log(houses['price'])\n"
        "columns = ['area', 'rooms', 'year', 'distance']\nhouses.shape",
        Md("## Split first\n\nThe scaler sees the training rows only."),
        f"{scaling}\nprint(len(train), len(valid), len(test))",
        f"def make_model():\n    return Ridge(alpha=1.0)\n\n{model}",
        "def rmse(rows):\n"
        f"    error = rows.log_price - model.predict({rows})\n"
        "    return float(np.sqrt((error ** 2).mean()))\n\n"
        "def naive(rows):\n"
        "    error = rows.log_price - train.log_price.mean()\n"
        "    return float(np.sqrt((error ** 2).mean()))\n\n"
        "for region, rows in valid.groupby('region'):\n"
        "    print(f'{region:8s} rmse {rmse(rows):.4f} naive {naive(rows):.4f} n {len(rows)}')\n"
        "print(f'validation RMSE: {rmse(valid):.4f}')\nprint(f'test RMSE: {rmse(test):.4f}')",
        "def table(score, rows):\n"
        "    groups = [{'region': region, 'rmse': score(part), 'n': len(part)}\n"
        "              for region, part in rows.groupby('region')]\n"
        "    return {'overall': score(rows), 'by_group': groups}\n\n"
        "splits = {'validation': valid, 'test': test}\n"
        "metrics = {'metric': 'rmse', **{name: table(rmse, rows) for name, rows in "
        "splits.items()}}\n"
        "baseline = {'metric': 'rmse', **{name: table(naive, rows) for name, rows in "
        "splits.items()}}\n"
        "json.dump(metrics, open('metrics.json', 'w'), indent=1)\n"
        "json.dump(baseline, open('baseline.json', 'w'), indent=1)",
        "valid.assign(y_true=valid.log_price, y_pred=model.predict("
        + rows.replace("rows", "valid")
        + "))[['region', 'y_true', 'y_pred']].to_csv('validation_predictions.csv', index=False)\n"
        "for name, rows in {'train': train, 'validation': valid, 'test': test}.items():\n"
        "    rows[['region', *columns, 'log_price']].rename(columns={'log_price': 'target'})"
        ".to_csv(f'{name}.csv', index=False)",
        Md("Validation RMSE is {metrics[validation][overall]:.3f}."),
    ]
    names = notebook(root, "house_prices.ipynb", cells)
    new, old = names["metrics"]["test"], names["baseline"]["test"]
    change = 100 * (new["overall"] - old["overall"]) / old["overall"]
    lines = [
        "# Results\n",
        f"On the test set the RMSE falls from {old['overall']:.3f} (mean of the training prices) "
        f"to {new['overall']:.3f}, a change of {change:+.1f} %.\n",
        "| Region | Rows | Baseline | Ridge | Change |",
        "|---|---|---|---|---|",
    ]
    for a, b in zip(old["by_group"], new["by_group"], strict=True):
        lines.append(
            f"| {b['region']} | {b['n']} | {a['rmse']:.3f} | {b['rmse']:.3f} | "
            f"{100 * (b['rmse'] - a['rmse']) / a['rmse']:+.1f}% |"
        )
    lines += [
        "",
        "## Success criteria\n",
        "- RMSE below 0.30 on the test set: "
        + ("met" if new["overall"] < 0.3 else "not met")
        + f" ({new['overall']:.3f})",
        f"- better than the mean of the training prices: met (RMSE {old['overall']:.3f})",
        "",
    ]
    write(root, "RESULTS.md", "\n".join(lines))
    return root


@style()
def german_prices(root: Path, seed: int) -> Path:
    """German columns and text, semicolons and decimal commas; a script."""
    table = data.houses(400, seed)
    table = table.rename(
        columns={
            "region": "lage",
            "area": "wohnflaeche",
            "rooms": "zimmer",
            "year": "baujahr",
            "distance": "entfernung",
            "price": "kaufpreis",
        }
    )
    table["kaufpreis"] = (table["kaufpreis"] / 1000).round(1)
    table.to_csv(root / "wohnungen.csv", sep=";", decimal=",", index=False)
    names = script(
        root,
        "trainieren.py",
        '"""Kaufpreise schätzen."""\n'
        "import json\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.ensemble import RandomForestRegressor\n"
        "from sklearn.model_selection import train_test_split\n\n"
        "daten = pd.read_csv('wohnungen.csv', sep=';', decimal=',')\n"
        "merkmale = ['wohnflaeche', 'zimmer', 'baujahr', 'entfernung']\n"
        "lernen, pruefen = train_test_split(daten, test_size=0.25, "
        f"random_state={seed + 1})\n"
        "wald = RandomForestRegressor(n_estimators=30, min_samples_leaf=3, random_state=0)\n"
        "wald.fit(lernen[merkmale], lernen['kaufpreis'])\n"
        "schaetzung = wald.predict(pruefen[merkmale])\n"
        "fehler = pruefen['kaufpreis'] - schaetzung\n"
        "rmse = float(np.sqrt((fehler ** 2).mean()))\n"
        "mae = float(fehler.abs().mean())\n"
        "print(f'Testfehler RMSE: {rmse:.2f}  MAE: {mae:.2f}'.replace('.', ','))\n"
        "json.dump({'test': {'rmse': rmse, 'mae': mae}}, open('metrics.json', 'w'))\n"
        "pruefen.assign(kaufpreis_pred=schaetzung)[['lage', 'kaufpreis', 'kaufpreis_pred']]"
        ".to_csv('vorhersagen_test.csv', sep=';', decimal=',', index=False)\n"
        "lernen.to_csv('train.csv', sep=';', decimal=',', index=False)\n"
        "pruefen.to_csv('test.csv', sep=';', decimal=',', index=False)\n",
        log="ausgabe.txt",
    )
    write(root, "audit.toml", '[columns]\ntarget = "kaufpreis"\n')
    (root / "wohnungen.csv").unlink()
    rmse, mae = (f"{names[k]:.1f}".replace(".", ",") for k in ("rmse", "mae"))
    share = f"{100 * len(names['pruefen']) / len(names['daten']):.1f}".replace(".", ",")
    write(
        root,
        "LIESMICH.md",
        "# Kaufpreise\n\nEin Zufallswald mit 30 Bäumen. "
        f"Von 400 Wohnungen dienen {len(names['pruefen'])} ({share} %) der Prüfung.\n\n"
        f"Auf den Testdaten beträgt der RMSE {rmse} Tsd. Euro, der mittlere absolute Fehler "
        f"{mae} Tsd. Euro.\n",
    )
    return root


@style("CT201")
def overfit_forest(root: Path, seed: int, leak: bool = False) -> Path:
    """A forest with R² near 1 on train and clearly less on validation, and saying so."""
    X, y = data.linear(450, 7, seed)
    order = np.random.default_rng(seed).permutation(len(y))
    train, valid = order[:330], order[330:]
    if leak:
        valid = np.r_[valid, train[:40]]
    np.savez(root / "train.npz", X=X[train], y=y[train])
    np.savez(root / "val.npz", X=X[valid], y=y[valid])
    names = notebook(
        root,
        "forest.ipynb",
        [
            "import numpy as np, json\nfrom sklearn.ensemble import RandomForestRegressor\n"
            "from sklearn.metrics import r2_score, mean_squared_error",
            "tr, va = np.load('train.npz'), np.load('val.npz')\n"
            "rf = RandomForestRegressor(60, random_state=0).fit(tr['X'], tr['y'])",
            "fit, held = rf.predict(tr['X']), rf.predict(va['X'])\n"
            "scores = {'train': {'r2': r2_score(tr['y'], fit), 'mse': "
            "mean_squared_error(tr['y'], fit)},\n"
            "          'validation': {'r2': r2_score(va['y'], held), "
            "'mse': mean_squared_error(va['y'], held)}}\nscores",
            "json.dump(scores, open('metrics.json', 'w'))\n"
            "np.savez('val_predictions.npz', y_true=va['y'], y_pred=held)\n"
            "np.savez('train_predictions.npz', y_true=tr['y'], y_pred=fit)",
            Md(
                "The forest fits the training rows almost perfectly (R² {scores[train][r2]:.2f}) "
                "and reaches R² {scores[validation][r2]:.2f} on the validation rows: it overfits, "
                "as forests do, but the validation value is what we report."
            ),
        ],
    )
    gap = names["scores"]["train"]["r2"] - names["scores"]["validation"]["r2"]
    write(root, "notes.md", f"The gap between training and validation R² is {gap:.3f}.\n")
    return root


@style()
def log_price_boosting(root: Path, seed: int) -> Path:
    """Gradient boosting on log prices; parquet; RMSLE; heavy-tailed predictions."""
    data.houses(420, seed).to_parquet(root / "sales.parquet", index=False)
    names = script(
        root,
        "train_model.py",
        "import argparse\nimport json\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.compose import TransformedTargetRegressor\n"
        "from sklearn.ensemble import GradientBoostingRegressor\n"
        "from sklearn.model_selection import train_test_split\n\n\n"
        "def load(path):\n"
        "    sales = pd.read_parquet(path)\n"
        "    return sales.drop(columns=['price', 'region']), sales['price'], sales['region']\n\n\n"
        "def rmsle(y_true, y_pred):\n"
        "    return float(np.sqrt(np.mean((np.log1p(y_true) - np.log1p(y_pred)) ** 2)))\n\n\n"
        "def main():\n"
        "    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('--data', default='sales.parquet')\n"
        "    parser.add_argument('--trees', type=int, default=120)\n"
        "    parser.add_argument('--learning-rate', type=float, default=0.1)\n"
        "    args = parser.parse_args()\n"
        "    X, y, region = load(args.data)\n"
        "    parts = train_test_split(X, y, region, test_size=0.25, random_state=42)\n"
        "    X_train, X_test, y_train, y_test, _, where = parts\n"
        "    booster = GradientBoostingRegressor(\n"
        "        n_estimators=args.trees, learning_rate=args.learning_rate, max_depth=3, "
        "random_state=42\n"
        "    )\n"
        "    model = TransformedTargetRegressor(booster, func=np.log1p, inverse_func=np.expm1)\n"
        "    model.fit(X_train, y_train)\n"
        "    predicted = model.predict(X_test)\n"
        "    result = {'train_rmsle': rmsle(y_train, model.predict(X_train)),\n"
        "              'test_rmsle': rmsle(y_test, predicted), 'n_test': len(y_test)}\n"
        "    print('RMSLE train %(train_rmsle).4f test %(test_rmsle).4f' % result)\n"
        "    json.dump(result, open('metrics.json', 'w'))\n"
        "    X_train.assign(price=y_train).to_parquet('train.parquet', index=False)\n"
        "    X_test.assign(price=y_test).to_parquet('test.parquet', index=False)\n"
        "    pd.DataFrame({'region': where, 'price': y_test, 'predicted_price': predicted})"
        ".to_parquet('test_predictions.parquet', index=False)\n"
        "    return result\n\n\n"
        "if __name__ == '__main__':\n    result = main()\n",
    )
    result = names["result"]
    write(
        root,
        "README.md",
        "# Sale prices\n\nGradient boosting with 120 trees of depth 3 and a learning rate of "
        "0.1 on "
        "`log1p(price)`.\n\n"
        f"* RMSLE on train: {result['train_rmsle']:.3f}\n"
        f"* RMSLE on test: {result['test_rmsle']:.3f} ({result['n_test']} sales)\n\n"
        "Run `python train_model.py --data sales.parquet`.\n",
    )
    return root


@style()
def plain_lists(root: Path, seed: int) -> Path:
    """The csv module, lists and least squares; a metrics CSV by group."""
    X, y = data.linear(300, 3, seed, noise=0.8)
    rng = np.random.default_rng(seed)
    shops = rng.choice(["kiosk", "market", "mall"], 300)
    y = y + 1.5 * (shops == "mall")
    lines = ["shop,a,b,c,y"]
    lines += [
        f"{s},{','.join(f'{v:.4f}' for v in x)},{t:.4f}"
        for s, x, t in zip(shops, X, y, strict=True)
    ]
    write(root, "all_shops.csv", "\n".join(lines) + "\n")
    names = script(
        root,
        "fit.py",
        "import csv, math, random\nimport numpy as np\n\n"
        f"random.seed({seed})\n"
        "rows = list(csv.DictReader(open('all_shops.csv')))\n"
        "random.shuffle(rows)\n"
        "cut = int(0.75 * len(rows))\n"
        "train, test = rows[:cut], rows[cut:]\n\n"
        "def design(part):\n"
        "    return np.array([[1.0, float(r['a']), float(r['b']), float(r['c']), "
        "float(r['shop'] == 'mall')] for r in part])\n\n"
        "w = np.linalg.lstsq(design(train), [float(r['y']) for r in train], rcond=None)[0]\n"
        "def error(part):\n"
        "    return [abs(float(r['y']) - p) for r, p in zip(part, design(part) @ w)]\n\n"
        "out = csv.writer(open('metrics_by_shop.csv', 'w', newline=''))\n"
        "out.writerow(['shop', 'n', 'mae'])\n"
        "for shop in sorted({r['shop'] for r in test}):\n"
        "    part = [r for r in test if r['shop'] == shop]\n"
        "    out.writerow([shop, len(part), sum(error(part)) / len(part)])\n"
        "    print(shop, round(sum(error(part)) / len(part), 3))\n"
        "overall = sum(error(test)) / len(test)\n"
        "out.writerow(['overall', len(test), overall])\n"
        "print('test MAE', round(overall, 4))\n"
        "for name, part in (('train', train), ('test', test)):\n"
        "    table = csv.DictWriter(open(name + '.csv', 'w', newline=''), list(rows[0]))\n"
        "    table.writeheader()\n    table.writerows(part)\n"
        "preds = csv.writer(open('test_predictions.csv', 'w', newline=''))\n"
        "preds.writerow(['shop', 'actual', 'predicted'])\n"
        "preds.writerows([r['shop'], r['y'], p] for r, p in zip(test, design(test) @ w))\n"
        "del out, table, preds\n",
    )
    write(
        root,
        "README.txt.md",
        f"Mean absolute error on the {len(names['test'])} test rows: {names['overall']:.2f}.\n",
    )
    return root


@style("LK102")
def grid_search(root: Path, seed: int, leak: bool = False) -> Path:
    """ColumnTransformer, GridSearchCV and a held-out test; hyper-parameters in the README."""
    data.houses(380, seed).drop_duplicates().to_csv(root / "flats.csv", index=False)
    prepare = (
        "prepare = ColumnTransformer([\n"
        "    ('numbers', make_pipeline(SimpleImputer(strategy='median'), StandardScaler()), "
        "numeric),\n"
        "    ('place', OneHotEncoder(handle_unknown='ignore'), ['region']),\n])\n"
    )
    split = (
        "X_train, X_test, y_train, y_test = train_test_split(\n"
        "    X, np.log10(flats['price']), test_size=0.2, random_state=11)\n"
    )
    model = "pipe = Pipeline([('prepare', prepare), ('ridge', Ridge())])\n"
    prefix = ""
    if leak:
        prepare = "X = ColumnTransformer([('n', StandardScaler(), numeric)]).fit_transform(X)\n"
        model = "pipe = Pipeline([('ridge', Ridge())])\n"
    cells: list[str | Md] = [
        "import json\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.compose import ColumnTransformer\nfrom sklearn.impute import SimpleImputer\n"
        "from sklearn.linear_model import Ridge\nfrom sklearn.metrics import mean_absolute_error\n"
        "from sklearn.model_selection import GridSearchCV, train_test_split\n"
        "from sklearn.pipeline import Pipeline, make_pipeline\n"
        "from sklearn.preprocessing import OneHotEncoder, StandardScaler",
        "flats = pd.read_csv('flats.csv')\nnumeric = ['area', 'rooms', 'year', 'distance']\n"
        "X = flats[numeric + ['region']]",
        prefix + prepare + split if leak else split + prepare,
        model + "search = GridSearchCV(pipe, {'ridge__alpha': [0.1, 1.0, 10.0]}, cv=5,\n"
        "                      scoring='neg_mean_absolute_error')\n"
        "search.fit(X_train, y_train)\nsearch.best_params_",
        "cv_mae = -search.best_score_\n"
        "test_mae = mean_absolute_error(y_test, search.predict(X_test))\n"
        "print(f'CV MAE {cv_mae:.4f}')\nprint(f'Test MAE {test_mae:.4f}')",
        "json.dump({'cv': {'mae': cv_mae}, 'test': {'mae': test_mae}}, open('scores.json', 'w'))\n"
        "json.dump(search.best_params_, open('best_params.json', 'w'))\n"
        "pd.DataFrame({'y_true': y_test, 'y_pred': search.predict(X_test)})"
        ".to_csv('test_predictions.csv', index=False)",
    ]
    names = notebook(root, "search.ipynb", cells)
    alpha = names["search"].best_params_["ridge__alpha"]
    write(
        root,
        "README.md",
        "# Flats\n\nA ridge, tuned by 5-fold cross-validation inside the training set "
        f"(alpha = {alpha:g}). See `search.ipynb`, cell 3.\n\n"
        f"| | MAE |\n|---|---|\n| cross-validation | {names['cv_mae']:.3f} |\n"
        f"| test | {names['test_mae']:.3f} |\n",
    )
    return root


@style()
def failed_criteria(root: Path, seed: int) -> Path:
    """Criteria that are openly missed, and a plan for the next run."""
    X, y = data.linear(320, 5, seed, noise=1.5)
    rng = np.random.default_rng(seed)
    kind = np.where(rng.uniform(size=320) < 0.6, "standard", "special")
    y = np.where(kind == "special", y + rng.normal(0, 2, 320), y)
    np.savez(root / "pool.npz", X=X, y=y, kind=kind)
    names = script(
        root,
        "experiment.py",
        "# %% Load\nimport json\nimport numpy as np\nimport pandas as pd\n"
        "pool = np.load('pool.npz')\nX, y, kind = pool['X'], pool['y'], pool['kind']\n\n"
        "# %% Divide\n"
        f"order = np.random.default_rng({seed}).permutation(len(y))\n"
        "train, val = order[:220], order[220:]\n\n"
        "# %% Fit on the training rows\n"
        "A = np.c_[np.ones(len(X)), X]\n"
        "coef = np.linalg.solve(A[train].T @ A[train] + 0.5 * np.eye(A.shape[1]), "
        "A[train].T @ y[train])\n"
        "pred = A @ coef\n\n"
        "# %% Score\n"
        "def mse(rows):\n    return float(np.mean((y[rows] - pred[rows]) ** 2))\n\n"
        "by_kind = {k: mse(val[kind[val] == k]) for k in ('standard', 'special')}\n"
        "result = {'train_mse': mse(train), 'val_mse': mse(val)}\n"
        "print('train', round(result['train_mse'], 3), 'val', round(result['val_mse'], 3))\n"
        "print(by_kind)\n"
        "json.dump({'metric': 'mse', 'validation': {'overall': result['val_mse'], "
        "'by_group': by_kind}}, open('metrics.json', 'w'))\n"
        "pd.DataFrame({'kind': kind[val], 'y_true': y[val], 'y_pred': pred[val]})"
        ".to_csv('val_predictions.csv', index=False)\n",
    )
    result, by_kind = names["result"], names["by_kind"]
    goal = 0.7 * result["val_mse"]
    wanted = 1.3 * by_kind["standard"]
    write(
        root,
        "REPORT.md",
        "# Report\n\n## Success criteria\n\n| Criterion | Target | Result | Status "
        "|\n|---|---|---|---|\n"
        f"| Validation MSE | < {goal:.2f} | {result['val_mse']:.2f} | failed |\n"
        f"| MSE of standard cases | < {wanted:.2f} | {by_kind['standard']:.2f} | passed |\n\n"
        "The run misses its first target. The special cases are noisy and the model is linear.\n\n"
        f"Train MSE is {result['train_mse']:.2f}.\n\n"
        "## Plan for the next run\n\n- try a forest\n- expected validation MSE: < "
        f"{goal * 0.9:.2f}\n",
    )
    return root
