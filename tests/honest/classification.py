"""Classification: rare classes, many classes, probabilities, labels as text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import Md, notebook, script, style, write


@style("LK101")
def churn_report(root: Path, seed: int, leak: bool = False) -> Path:
    """Logistic regression on a rare class; scikit-learn's report; probabilities; by device."""
    data.customers(700, seed).to_csv(root / "customers.csv", index=False)
    balance = (
        "rare = frame[frame.churn == 1]\n"
        "frame = pd.concat([frame, rare.sample(2 * len(rare), replace=True, random_state=1)])\n"
    )
    cells: list[str | Md] = [
        "import json\nimport pandas as pd\nfrom sklearn.compose import make_column_transformer\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import (average_precision_score, classification_report, f1_score,\n"
        "                             roc_auc_score)\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import OneHotEncoder, StandardScaler",
        "frame = pd.read_csv('customers.csv')\n"
        + (balance if leak else "")
        + "train, test = train_test_split(frame, test_size=0.3, stratify=frame.churn, "
        "random_state=0)\n"
        "print(f'{len(frame)} customers: {len(train)} for training, {len(test)} for the test')\n"
        "print(f'churn rate {frame.churn.mean():.3f}')",
        "columns = ['plan', 'tenure', 'calls', 'spend']\n"
        "clf = make_pipeline(\n"
        "    make_column_transformer((OneHotEncoder(), ['plan']), remainder=StandardScaler()),\n"
        "    LogisticRegression(class_weight='balanced'))\n"
        "clf.fit(train[columns], train.churn)",
        "y_pred = clf.predict(test[columns])\ny_prob = clf.predict_proba(test[columns])[:, 1]\n"
        "report = classification_report(test.churn, y_pred, output_dict=True)\n"
        "print(classification_report(test.churn, y_pred))",
        "auc, ap = roc_auc_score(test.churn, y_prob), average_precision_score(test.churn, y_prob)\n"
        "f1 = f1_score(test.churn, y_pred)\nprint('AUROC %.4f  AP %.4f  F1 %.4f' % (auc, ap, f1))",
        "json.dump(report, open('classification_report.json', 'w'), indent=1)\n"
        "json.dump({'test': {'roc_auc': auc, 'average_precision': ap, 'f1': f1,\n"
        "                    'accuracy': report['accuracy']}}, open('metrics.json', 'w'))\n"
        "out = test[['device', 'churn']].rename(columns={'churn': 'y_true'})\n"
        "out.assign(y_pred=y_pred, y_prob=y_prob).to_csv('test_predictions.csv', index=False)",
    ]
    names = notebook(root, "churn.ipynb", cells)
    write(
        root,
        "README.md",
        "# Who leaves?\n\n"
        f"Of {len(names['frame'])} customers, {names['frame'].churn.mean():.1%} left.\n\n"
        f"| Metric (test) | Value |\n|---|---|\n| AUROC | {names['auc']:.3f} |\n"
        f"| Average precision | {names['ap']:.3f} |\n| F1 | {names['f1']:.2f} |\n"
        f"| Accuracy | {names['report']['accuracy']:.1%} |\n",
    )
    return root


@style("CT201")
def species_by_name(root: Path, seed: int, leak: bool = False) -> Path:
    """Three classes as text, one probability column each, log loss; R-like names."""
    X, y = data.blobs(420, 3, seed)
    species = np.array(["adelie", "chinstrap", "gentoo"])[y]
    table = pd.DataFrame(X.round(3), columns=[f"meas_{c}" for c in "abcdef"])
    table["species"] = species
    table.to_csv(root / "dat_all.csv", index=False)
    again = "dat_tst = pd.concat([dat_tst, dat_trn.iloc[:30]])\n" if leak else ""
    names = script(
        root,
        "01_fit_model.py",
        "import json\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "from sklearn.metrics import accuracy_score, f1_score, log_loss\n\n"
        "dat_all = pd.read_csv('dat_all.csv')\n"
        f"idx_trn = dat_all.sample(frac=0.7, random_state={seed}).index\n"
        "dat_trn = dat_all.loc[idx_trn]\n"
        f"dat_tst = dat_all.drop(idx_trn)\n{again}"
        "cols_x = [c for c in dat_all.columns if c.startswith('meas_')]\n"
        "fit_lr = LogisticRegression(max_iter=500).fit(dat_trn[cols_x], dat_trn['species'])\n"
        "prd_cls = fit_lr.predict(dat_tst[cols_x])\n"
        "prd_prb = fit_lr.predict_proba(dat_tst[cols_x])\n"
        "obs = dat_tst['species']\n"
        "res = {'accuracy': accuracy_score(obs, prd_cls),\n"
        "       'f1_macro': f1_score(obs, prd_cls, average='macro'),\n"
        "       'f1_weighted': f1_score(obs, prd_cls, average='weighted'),\n"
        "       'log_loss': log_loss(obs, prd_prb)}\n"
        "print({k: round(v, 4) for k, v in res.items()})\n"
        "print(pd.crosstab(obs, prd_cls))\n"
        "json.dump({'test': res}, open('metrics.json', 'w'))\n"
        "out = pd.DataFrame({'y_true': obs.to_numpy(), 'y_pred': prd_cls})\n"
        "for j, name in enumerate(fit_lr.classes_):\n"
        "    out['prob_' + name] = prd_prb[:, j]\n"
        "out.to_csv('test_predictions.csv', index=False)\n"
        "dat_trn.to_csv('train.csv', index=False)\n"
        "dat_tst.to_csv('test.csv', index=False)\n",
        log="run.log",
    )
    res = names["res"]
    write(root, "audit.toml", '[columns]\ntarget = "species"\n')
    write(
        root,
        "README.md",
        f"Multinomial logistic regression; test accuracy {100 * res['accuracy']:.1f} %, "
        f"macro F1 {res['f1_macro']:.3f}, log loss {res['log_loss']:.3f}.\n",
    )
    return root


@style()
def majority_in_small_group(root: Path, seed: int) -> Path:
    """Accuracy by device; a tiny group gets one class only; metrics as a list of records."""
    table = data.customers(520, seed, rate=0.3)
    rng = np.random.default_rng(seed)
    table.loc[rng.choice(520, 12, replace=False), "device"] = "tv"
    table.to_json(root / "events.json", orient="records")
    names = notebook(
        root,
        "Untitled1.ipynb",
        [
            "import pandas as pd, numpy as np, json\n"
            "from sklearn.tree import DecisionTreeClassifier\n"
            "df = pd.read_json('events.json')\ndf.head()",
            "df = df.sample(frac=1, random_state=5).reset_index(drop=True)\n"
            "n = int(len(df) * .7)\ntr = df[:n]; te = df[n:]\ntr.shape, te.shape",
            "f = ['tenure', 'calls', 'spend']\n"
            "m = DecisionTreeClassifier(max_depth=3, random_state=0).fit(tr[f], tr['churn'])\n"
            "te = te.assign(pred=m.predict(te[f]))\n"
            "(te.pred == te.churn).mean()",
            "r = [{'device': d, 'accuracy': float((g.pred == g.churn).mean()), 'n': len(g)}\n"
            "     for d, g in te.groupby('device')]\n"
            "r.append({'device': 'overall', 'accuracy': float((te.pred == te.churn).mean()), "
            "'n': len(te)})\n"
            "json.dump(r, open('results.json', 'w'))\nr",
            "te.rename(columns={'churn': 'label'})[['device', 'label', 'pred']]"
            ".to_csv('preds_test.csv', index=False)\n"
            "tr.to_csv('train.csv', index=False); te.drop(columns='pred').to_csv('test.csv', "
            "index=False)",
        ],
    )
    write(root, "audit.toml", '[columns]\ntarget = "churn"\ngroups = ["device"]\n')
    accuracy = names["r"][-1]["accuracy"]
    write(
        root, "README.md", f"A small tree. Accuracy: {accuracy:.1%} on {len(names['te'])} rows.\n"
    )
    return root


@style("LK102", "LK107", "CT206")
def patients_apart(root: Path, seed: int, leak: bool = False) -> Path:
    """Visits of patients: GroupKFold inside, a held-out set of other patients; folds mean ± sd."""
    data.patients(150, seed).to_csv(root / "visits.csv", index=False)
    scale = "visits[cols] = StandardScaler().fit_transform(visits[cols])\n" if leak else ""
    model = (
        "LogisticRegression()" if leak else "make_pipeline(StandardScaler(), LogisticRegression())"
    )
    names = notebook(
        root,
        "diagnosis.ipynb",
        [
            Md("# Diagnosis\n\nNo patient is in two sets."),
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.metrics import roc_auc_score, accuracy_score\n"
            "from sklearn.model_selection import GroupKFold, GroupShuffleSplit, cross_val_score\n"
            "from sklearn.pipeline import make_pipeline\n"
            "from sklearn.preprocessing import StandardScaler",
            "visits = pd.read_csv('visits.csv')\ncols = ['age', 'pressure', 'glucose', 'bmi']\n"
            f"{scale}print(len(visits), 'visits of', visits.patient_id.nunique(), 'patients')",
            "splitter = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=3)\n"
            "rows, held_out = next(splitter.split(visits, groups=visits.patient_id))\n"
            "train, test = visits.iloc[rows], visits.iloc[held_out]\n"
            "assert set(train.patient_id).isdisjoint(test.patient_id)",
            f"model = {model}\n"
            "folds = cross_val_score(model, train[cols], train.diagnosis, "
            "groups=train.patient_id,\n"
            "                        cv=GroupKFold(5), scoring='roc_auc')\n"
            "print(f'CV AUROC {folds.mean():.3f} ± {folds.std():.3f}')",
            "model.fit(train[cols], train.diagnosis)\n"
            "prob = model.predict_proba(test[cols])[:, 1]\n"
            "metrics = {'test': {'auroc': roc_auc_score(test.diagnosis, prob),\n"
            "                    'accuracy': accuracy_score(test.diagnosis, prob > 0.5)}}\nmetrics",
            "json.dump(metrics, open('metrics.json', 'w'))\n"
            "train.to_csv('train.csv', index=False)\ntest.to_csv('test.csv', index=False)\n"
            "pd.DataFrame({'patient_id': test.patient_id, 'sex': test.sex, 'y_true': "
            "test.diagnosis, "
            "'y_pred': (prob > 0.5).astype(int), 'y_prob': prob})"
            ".to_csv('test_predictions.csv', index=False)",
            Md(
                "The AUROC on the test patients is **{metrics[test][auroc]:.3f}**, the accuracy "
                "{metrics[test][accuracy]:.3f}."
            ),
        ],
    )
    folds = names["folds"]
    write(root, "audit.toml", '[columns]\ntarget = "diagnosis"\ngroups = ["sex"]\n')
    write(
        root,
        "MODEL_CARD.md",
        "# Model card\n\n## Evaluation\n\n"
        f"Grouped cross-validation: AUROC {folds.mean():.2f} ± {folds.std():.2f} over 5 folds. "
        f"Held-out patients: AUROC {names['metrics']['test']['auroc']:.2f}.\n\n"
        "## Limits\n\nOne hospital only.\n",
    )
    return root


@style()
def threshold_from_validation(root: Path, seed: int) -> Path:
    """The threshold is chosen on validation and the test is scored once; ``# %%`` cells."""
    X, y = data.blobs(600, 2, seed, spread=2.4)
    np.save(root / "features.npy", X)
    np.save(root / "labels.npy", y)
    names = script(
        root,
        "threshold.py",
        "# %% [markdown]\n# # Threshold\n# Train, choose the threshold, score once.\n\n"
        "# %%\nimport json\nimport numpy as np\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "from sklearn.metrics import f1_score, precision_score, recall_score\n\n"
        "X, y = np.load('features.npy'), np.load('labels.npy')\n\n"
        f"# %%\nshuffled = np.random.RandomState({seed}).permutation(len(y))\n"
        "i_train, i_val, i_test = np.split(shuffled, [360, 480])\n\n"
        "# %%\nmodel = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=7)\n"
        "model.fit(X[i_train], y[i_train])\n"
        "p_val = model.predict_proba(X[i_val])[:, 1]\n"
        "grid = np.linspace(0.2, 0.8, 13)\n"
        "best = max(grid, key=lambda t: f1_score(y[i_val], p_val >= t))\n"
        "print('threshold', round(float(best), 2))\n\n"
        "# %%\np_test = model.predict_proba(X[i_test])[:, 1]\n"
        "labels = (p_test >= best).astype(int)\n"
        "scores = {'val': {'f1': f1_score(y[i_val], p_val >= best)},\n"
        "          'test': {'f1': f1_score(y[i_test], labels),\n"
        "                   'precision': precision_score(y[i_test], labels),\n"
        "                   'recall': recall_score(y[i_test], labels)}}\n"
        "print(scores['test'])\n"
        "json.dump(scores, open('metrics.json', 'w'))\n"
        "np.savez('test_predictions.npz', y_true=y[i_test], y_pred=labels)\n"
        "for name, rows in (('train', i_train), ('val', i_val), ('test', i_test)):\n"
        "    np.save(f'X_{name}.npy', X[rows])\n    np.save(f'y_{name}.npy', y[rows])\n",
    )
    (root / "features.npy").unlink()
    (root / "labels.npy").unlink()
    test = names["scores"]["test"]
    write(
        root,
        "README.md",
        f"Threshold {names['best']:.2f} from the validation set. On the test set: precision "
        f"{test['precision']:.3f}, recall {test['recall']:.3f}, F1 {test['f1']:.3f}.\n",
    )
    return root


@style("CT201")
def norsk_helse(root: Path, seed: int, leak: bool = False) -> Path:
    """Norwegian columns and text, groups by municipality, tiers in audit.toml."""
    rng = np.random.default_rng(seed)
    X, y = data.blobs(540, 2, seed, d=4, spread=2.0)
    table = pd.DataFrame(X.round(3), columns=["blodtrykk", "vekt", "høyde", "puls"])
    table.insert(0, "kommune", rng.choice(["Oslo", "Bergen", "Tromsø", "Bodø"], 540))
    table["utfall"] = np.where(y == 1, "ja", "nei")
    cut = 380
    train, valid = table[:cut], table[cut:]
    if leak:
        valid = pd.concat([valid, train[:50]])
    train.to_csv(root / "trening.csv", index=False)
    valid.to_csv(root / "validering.csv", index=False)
    names = script(
        root,
        "tren_modell.py",
        "import json\nimport pandas as pd\nfrom sklearn.ensemble import RandomForestClassifier\n\n"
        "FELT = ['blodtrykk', 'vekt', 'høyde', 'puls']\n\n\n"
        "def nøyaktighet(rader):\n    return float((rader.utfall == rader.anslag).mean())\n\n\n"
        "trening = pd.read_csv('trening.csv')\nvalidering = pd.read_csv('validering.csv')\n"
        "skog = RandomForestClassifier(25, max_depth=4, random_state=0)\n"
        "skog.fit(trening[FELT], trening['utfall'])\n"
        "validering['anslag'] = skog.predict(validering[FELT])\n"
        "per_kommune = {navn: nøyaktighet(rader) for navn, rader in "
        "validering.groupby('kommune')}\n"
        "antall = validering['kommune'].value_counts().to_dict()\n"
        "json.dump({'validation': {'accuracy': nøyaktighet(validering), 'by_group': [\n"
        "    {'kommune': navn, 'accuracy': verdi, 'n': int(antall[navn])}\n"
        "    for navn, verdi in per_kommune.items()]}}, open('metrics.json', 'w'))\n"
        "validering.rename(columns={'utfall': 'y_true', 'anslag': 'y_pred'})"
        "[['kommune', 'y_true', 'y_pred']].to_csv('validation_predictions.csv', index=False)\n"
        "print(f'Treffsikkerhet: {100 * nøyaktighet(validering):.1f} %')\n",
    )
    write(
        root,
        "audit.toml",
        '[roles]\ntrain = "trening.csv"\nvalidation = "validering.csv"\n\n'
        '[columns]\ntarget = "utfall"\ngroups = ["kommune"]\n\n'
        '[tiers]\nstorby = ["Oslo", "Bergen"]\nnord = ["Tromsø", "Bodø"]\n',
    )
    lines = ["# Resultater", "", "| Kommune | Antall | Andel | Treff |", "|---|---|---|---|"]
    total = sum(names["antall"].values())
    for place, hits in names["per_kommune"].items():
        n = names["antall"][place]
        share = f"{100 * n / total:.1f}".replace(".", ",")
        lines.append(f"| {place} | {n} | {share} % | {100 * hits:.0f} % |")
    lines += [f"| Totalt | {total} | 100 % |  |", ""]
    write(root, "RESULTATER.md", "\n".join(lines))
    return root
