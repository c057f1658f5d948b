"""Complete repositories in German, Norwegian, French and Spanish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest.kit import Md, comma, md_table, notebook, script, style, write


@style("MT409")
def deutsche_linsen(root: Path, seed: int, leak: bool = False) -> Path:
    """German: softmax regression in NumPy, decimal commas, three workshops, accuracy."""
    rng = np.random.default_rng(seed)
    werk = rng.choice(["Jena", "Wetzlar", "Görlitz"], 480, p=[0.45, 0.35, 0.2])
    klasse = rng.integers(0, 3, 480)
    mitte = np.array([[4, 9, 20, 3], [5, 8, 22, 4], [6, 9, 19, 5]])[klasse]
    tabelle = pd.DataFrame(
        (mitte + rng.normal(0, [1.1, 1.0, 2.0, 0.9], (480, 4))).round(4),
        columns=["dicke", "radius", "glanz", "trübung"],
    ).assign(werk=werk, klasse=np.array(["A", "B", "C"])[klasse])
    tabelle.insert(0, "nummer", [f"L{i:04d}" for i in range(480)])
    tabelle.to_csv(root / "linsen_roh.csv", sep=";", decimal=",", index=False)
    namen = notebook(
        root,
        "linsen.ipynb",
        [
            Md("# Güteklassen von Linsen\n\nErst teilen, dann nur die Trainingszeilen vermehren."),
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.model_selection import train_test_split\n"
            "from sklearn.neighbors import NearestCentroid",
            "linsen = pd.read_csv('linsen_roh.csv', sep=';', decimal=',')\n"
            "merkmale = ['dicke', 'radius', 'glanz', 'trübung']\n"
            "training, rest = train_test_split(linsen, test_size=0.4, stratify=linsen.klasse, "
            "random_state=11)\n"
            "validierung, test = train_test_split(rest, test_size=0.5, random_state=11)\n"
            "print(len(linsen), 'Linsen:', len(training), len(validierung), len(test))",
            "KOPIEN = 3  # 3 copies per row\nRAUSCHEN = 0.02\n"
            "zufall = np.random.default_rng(11)\nteile = [training.assign(quelle='')]\n"
            "for lauf in range(KOPIEN):\n"
            "    kopie = training.assign(quelle=training.nummer, nummer=training.nummer + "
            "f'.{lauf}')\n"
            "    kopie[merkmale] *= 1 + zufall.normal(0, RAUSCHEN, kopie[merkmale].shape)\n"
            "    teile.append(kopie)\n"
            "vermehrt = pd.concat(teile, ignore_index=True)\nprint(len(vermehrt), 'Zeilen')",
            "mittel, streuung = vermehrt[merkmale].mean(), vermehrt[merkmale].std()\n"
            "klassen = np.array(['A', 'B', 'C'])\n\n"
            "def matrix(zeilen):\n"
            "    x = ((zeilen[merkmale] - mittel) / streuung).to_numpy()\n"
            "    return np.c_[x, np.ones(len(x))]\n\n"
            "def wahrscheinlichkeit(x, w):\n"
            "    z = np.exp(x @ w - (x @ w).max(axis=1, keepdims=True))\n"
            "    return z / z.sum(axis=1, keepdims=True)\n\n"
            "def verlust(zeilen, w):\n"
            "    p = wahrscheinlichkeit(matrix(zeilen), w)\n"
            "    richtig = zeilen.klasse.to_numpy()[:, None] == klassen\n"
            "    return float(-np.log(p[richtig]).mean()), float((p.argmax(1) == "
            "richtig.argmax(1)).mean())",
            "lernrate = 0.5\nepochen = 40\n"
            "x, ziel = matrix(vermehrt), vermehrt.klasse.to_numpy()[:, None] == klassen\n"
            "w, verlauf = np.zeros((5, 3)), []\n"
            "for epoche in range(epochen):\n"
            "    w -= lernrate * x.T @ (wahrscheinlichkeit(x, w) - ziel) / len(x)\n"
            "    a, b = verlust(training, w), verlust(validierung, w)\n"
            "    verlauf.append({'epoch': epoche, 'loss': a[0], 'accuracy': a[1], "
            "'val_loss': b[0], 'val_accuracy': b[1]})\n"
            "pd.DataFrame(verlauf).to_csv('verlauf.csv', index=False)",
            "zentren = NearestCentroid().fit(matrix(training)[:, :4], training.klasse)\n\n"
            "def neu(zeilen):\n    return klassen[wahrscheinlichkeit(matrix(zeilen), w)"
            ".argmax(1)]\n\n"
            "def alt(zeilen):\n    return zentren.predict(matrix(zeilen)[:, :4])\n\n"
            "def bericht(vorhersage, zeilen):\n"
            "    treffer = vorhersage(zeilen) == zeilen.klasse\n"
            "    return {'overall': float(treffer.mean()), 'by_group': {\n"
            "        ort: {'accuracy': float(t.mean()), 'n': len(t)} "
            "for ort, t in treffer.groupby(zeilen.werk)}}\n\n"
            "mengen = {'train': training, 'validation': validierung, 'test': test}\n"
            "ergebnis = {'metric': 'accuracy', **{k: bericht(neu, z) for k, z in mengen.items()}}\n"
            "vergleich = {'metric': 'accuracy', **{k: bericht(alt, z) for k, z in "
            "mengen.items()}}\n"
            "print(f\"Genauigkeit im Test: {ergebnis['test']['overall']:.4f}\")",
            "json.dump(ergebnis, open('metrics.json', 'w'))\n"
            "json.dump(vergleich, open('baseline.json', 'w'))\n"
            "for name, zeilen in mengen.items():\n"
            "    (vermehrt if name == 'train' else "
            "zeilen.assign(quelle='')).to_csv(f'{name}.csv', sep=';', "
            "decimal=',', index=False)\n"
            "    pd.DataFrame({'nummer': zeilen.nummer, 'werk': zeilen.werk, 'y_true': "
            "zeilen.klasse, "
            "'y_pred': neu(zeilen)}).to_csv(f'{name}_predictions.csv', index=False)",
        ],
    )
    write(
        root,
        "audit.toml",
        '[columns]\ntarget = "klasse"\ngroups = ["werk"]\nignore = ["nummer"]\n'
        'parent = "quelle"\n\n'
        '[roles]\nraw = ["linsen_roh.csv"]\nhistory = ["verlauf.csv"]\n',
    )
    neu, alt = namen["ergebnis"]["test"], namen["vergleich"]["test"]
    tr, va = (namen["ergebnis"][k]["overall"] for k in ("train", "validation"))
    zeilen = [
        (
            ort,
            g["n"],
            comma(100 * alt["by_group"][ort]["accuracy"], 1) + " %",
            comma(100 * g["accuracy"], 1) + " %",
            comma(100 * (g["accuracy"] - alt["by_group"][ort]["accuracy"]), 1, "+"),
        )
        for ort, g in neu["by_group"].items()
    ]
    zeilen.append(
        (
            "Summe",
            sum(g["n"] for g in neu["by_group"].values()),
            comma(100 * alt["overall"], 1) + " %",
            comma(100 * neu["overall"], 1) + " %",
            comma(100 * (neu["overall"] - alt["overall"]), 1, "+"),
        )
    )
    if leak:  # predictions that are missing, and a metric of the rest
        vorhersagen = pd.read_csv(root / "test_predictions.csv")
        vorhersagen.loc[vorhersagen.y_pred != vorhersagen.y_true, "y_pred"] = None
        vorhersagen.to_csv(root / "test_predictions.csv", index=False)
    write(
        root,
        "LIESMICH.md",
        "# Güteklassen von Linsen\n\n480 Linsen aus drei Werken, geteilt in 288 für das Training, "
        "96 für die Validierung und 96 für den Test. Jede Trainingslinse erhält 3 Kopien mit 2 % "
        "Rauschen, also 1152 Zeilen (Faktor 4).\n\nTraining: 40 Epochen, Lernrate "
        "0,5, Startwert 11.\n\n## Ergebnis\n\nDie Genauigkeit im Test ist "
        f"{comma(100 * neu['overall'], 1)} %, mit dem nächsten Zentrum "
        f"{comma(100 * alt['overall'], 1)} % "
        f"({comma(100 * (neu['overall'] - alt['overall']), 1, '+')} Prozentpunkte).\n\n"
        + md_table(("Werk", "n", "Zentrum", "Softmax", "Differenz (Punkte)"), zeilen)
        + f"\nTraining {comma(tr)}, Validierung {comma(va)}, Lücke {comma(va - tr, 3, '+')}.\n\n"
        "## Erfolgskriterien\n\n"
        + md_table(
            ("Kriterium", "Ziel", "Wert", "Erreicht"),
            [
                (
                    "Genauigkeit im Test",
                    "≥ 0,70",
                    comma(neu["overall"]),
                    "ja" if neu["overall"] >= 0.7 else "nein",
                ),
                (
                    "Genauigkeit im Test",
                    "≥ 0,95",
                    comma(neu["overall"]),
                    "ja" if neu["overall"] >= 0.95 else "nein",
                ),
            ],
        ),
    )
    return root


@style("AU301", "AU302")
def norske_pumper(root: Path, seed: int, leak: bool = False) -> Path:
    """Norwegian code, English README: boosting with one history row a tree, parquet, "
    "counties, MAE."""
    rng = np.random.default_rng(seed)
    fylke = rng.choice(["Vestland", "Rogaland", "Agder", "Østfold"], 400, p=[0.4, 0.3, 0.2, 0.1])
    X = rng.uniform([2, 10, 0.5], [8, 60, 3.0], (400, 3)).round(4)
    y = 2 * X[:, 0] + 0.1 * X[:, 1] + np.where(fylke == "Agder", 2, -1) * X[:, 2] ** 2
    pumper = pd.DataFrame(X, columns=["trykk", "volum", "hastighet"])
    pumper = pumper.assign(fylke=fylke, effekt=(y + rng.normal(0, 0.7, 400)).round(3))
    pumper.to_parquet(root / "alle_pumper.parquet", index=False)
    antall = 4 if leak else 2
    navn = script(
        root,
        "trening.py",
        '"""Effekten til pumper: del først, lag så kopier av treningsradene."""\n\n'
        "# %% Data\nimport json\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.dummy import DummyRegressor\n"
        "from sklearn.ensemble import GradientBoostingRegressor\n\n"
        "pumper = pd.read_parquet('alle_pumper.parquet')\n"
        "kolonner = ['trykk', 'volum', 'hastighet']\n"
        "np.random.seed(2024)\nrekkefolge = np.random.permutation(len(pumper))\n"
        "trening = pumper.iloc[rekkefolge[:280]]\n"
        "validering = pumper.iloc[rekkefolge[280:340]]\ntest = pumper.iloc[rekkefolge[340:]]\n"
        "print('trening', len(trening), 'validering', len(validering), 'test', len(test))\n\n"
        f"# %% Kopier\nANTALL_KOPIER = {antall}  # 2 copies per sample\nrader = []\n"
        "for _, rad in trening.iterrows():\n"
        "    rader.append(rad)\n"
        "    for _ in range(ANTALL_KOPIER):\n"
        "        kopi = rad.copy()\n"
        "        for kolonne in kolonner:\n"
        "            kopi[kolonne] = rad[kolonne] * (1 + np.random.normal(0, 0.01))\n"
        "        rader.append(kopi)\n"
        "utvidet = pd.DataFrame(rader).reset_index(drop=True)\n"
        "utvidet[kolonner + ['effekt']] = utvidet[kolonner + ['effekt']].astype(float)\n"
        "print('etter utvidelse', len(utvidet))\n\n"
        "# %% Modell\n"
        "modell = GradientBoostingRegressor(n_estimators=60, learning_rate=0.1, max_depth=3,\n"
        "                                   random_state=2024)\n"
        "modell.fit(utvidet[kolonner], utvidet.effekt)\n"
        "grunnlinje = DummyRegressor(strategy='median').fit(trening[kolonner], "
        "trening.effekt)\n\n\n"
        "def mae(rader, verdier):\n    return float(np.abs(rader.effekt - verdier).mean())\n\n\n"
        "historie = pd.DataFrame({\n"
        "    'iteration': range(1, 61),\n"
        "    'train_mae': [mae(trening, p) for p in modell.staged_predict(trening[kolonner])],\n"
        "    'valid_mae': [mae(validering, p) for p in "
        "modell.staged_predict(validering[kolonner])],\n"
        "})\nhistorie.to_csv('history.csv', index=False)\n\n\n"
        "# %% Vurdering\n"
        "def tabell(metode, rader):\n"
        "    feil = (rader.effekt - metode.predict(rader[kolonner])).abs()\n"
        "    per = feil.groupby(rader.fylke).agg(['mean', 'size'])\n"
        "    return {'mae': float(feil.mean()), 'mae_by_fylke': [\n"
        "        {'fylke': f, 'mae': float(r['mean']), 'n': int(r['size'])} "
        "for f, r in per.iterrows()]}\n\n\n"
        "deler = {'train': trening, 'valid': validering, 'test': test}\n"
        "resultat = {navn: tabell(modell, del_) for navn, del_ in deler.items()}\n"
        "enkel = {navn: tabell(grunnlinje, del_) for navn, del_ in deler.items()}\n"
        "json.dump(resultat, open('metrics.json', 'w'), indent=1)\n"
        "json.dump(enkel, open('baseline.json', 'w'), indent=1)\n"
        "utvidet.to_parquet('train.parquet', index=False)\n"
        "for navn, del_ in deler.items():\n"
        "    if navn != 'train':\n"
        "        del_.to_parquet(f'{navn}.parquet', index=False)\n"
        "    pd.DataFrame({'fylke': del_.fylke, 'y_true': del_.effekt,\n"
        "                  'y_pred': modell.predict(del_[kolonner])})"
        ".to_csv(f'{navn}_predictions.csv', index=False)\n"
        "print(f\"MAE test {resultat['test']['mae']:.4f}\")\n",
        log="logg.txt",
    )
    write(
        root,
        "audit.toml",
        'metric = "mae"\n\n[columns]\ntarget = "effekt"\ngroups = ["fylke"]\n\n'
        '[roles]\nraw = ["alle_pumper.parquet"]\n',
    )
    ny, gammel = navn["resultat"], navn["enkel"]
    rader = [
        (
            a["fylke"],
            a["n"],
            f"{b['mae']:.2f}",
            f"{a['mae']:.2f}",
            f"{100 * (1 - a['mae'] / b['mae']):.0f} %",
        )
        for a, b in zip(ny["test"]["mae_by_fylke"], gammel["test"]["mae_by_fylke"], strict=True)
    ]
    feil = ny["test"]["mae"]
    write(
        root,
        "README.md",
        "# Power of pumps\n\nThere are 400 pumps in four counties. After the split (280/60/60) "
        "every training pump gets 2 noisy copies (1 % noise), so the training set grows from 280 "
        "to 840 rows. The model has 60 trees of depth 3 and a learning rate of 0.1.\n\n## "
        f"Results\n\nThe MAE on the test set is {feil:.3f}, against {gammel['test']['mae']:.3f} "
        "for the median.\n\n"
        + md_table(("County", "Pumps", "Median", "Boosting", "Improvement"), rader)
        + "\n"
        + md_table(("", "MAE"), [])
        + f"| train | {ny['train']['mae']:.3f} |\n| validation | {ny['valid']['mae']:.3f} |\n"
        f"| gap | {ny['valid']['mae'] - ny['train']['mae']:.3f} |\n\n"
        "## Acceptance criteria\n\n"
        f"1. MAE on the test set below 1.5: {'met' if feil < 1.5 else 'not met'} ({feil:.2f})\n"
        f"2. MAE on the test set below 0.4: {'met' if feil < 0.4 else 'not met'} ({feil:.2f})\n",
    )
    return root


@style("AU302")
def fraude_bancaire(root: Path, seed: int, leak: bool = False) -> Path:
    """French: a rare class with jittered copies of its own, F1 and AUC by channel."""
    rng = np.random.default_rng(seed)
    canal = rng.choice(["mobile", "web", "agence"], 900, p=[0.5, 0.3, 0.2])
    X = rng.normal(10, 2.5, (900, 4))
    z = X @ [0.9, -0.7, 0.5, 0.2] + 0.2 * (X[:, 0] - 10) * (X[:, 1] - 10)
    fraude = (z + rng.normal(0, 0.8, 900) > np.quantile(z, 0.85)).astype(int)
    table = pd.DataFrame(X.round(4), columns=["montant", "heure", "distance", "delai"])
    table.insert(0, "id", [f"T{i}" for i in range(900)])
    table.assign(canal=canal, fraude=fraude).to_csv(root / "operations.csv", index=False)
    noms = script(
        root,
        "entrainement.py",
        "import json\nimport random\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import LogisticRegression, SGDClassifier\n"
        "from sklearn.metrics import f1_score, log_loss, roc_auc_score\n"
        "from sklearn.model_selection import train_test_split\n\n"
        "random.seed(3)\nnp.random.seed(3)\n"
        "operations = pd.read_csv('operations.csv')\n"
        "colonnes = ['montant', 'heure', 'distance', 'delai']\n"
        "apprentissage, reste = train_test_split(operations, train_size=0.6, "
        "stratify=operations.fraude)\n"
        "validation, test = train_test_split(reste, test_size=0.5, stratify=reste.fraude)\n\n"
        "# 4 copies of every fraud, none of the others\n"
        "BRUIT = 0.02\nfraudes = apprentissage[apprentissage.fraude == 1]\n"
        "copies = []\n"
        "for numero in range(4):  # 4 copies per fraud\n"
        "    copie = fraudes.copy()\n"
        "    copie[colonnes] *= 1 + np.random.normal(0, BRUIT, copie[colonnes].shape)\n"
        "    copie['source_id'] = fraudes.id\n"
        "    copie['id'] = fraudes.id + f'_c{numero}'\n"
        "    copies.append(copie)\n"
        "agrandi = pd.concat([apprentissage, *copies], ignore_index=True)\n"
        "print(f'{len(fraudes)} fraudes, {len(agrandi)} lignes au lieu de "
        "{len(apprentissage)}')\n\n"
        "moyenne, ecart = agrandi[colonnes].mean(), agrandi[colonnes].std()\n\n\n"
        "def norme(lignes):\n"
        "    x = ((lignes[colonnes] - moyenne) / ecart).to_numpy()\n"
        "    return np.c_[x, x[:, :1] * x[:, 1:2]]\n\n\n"
        "modele = SGDClassifier(loss='log_loss', alpha=1e-3, learning_rate='constant', "
        "eta0=0.01, random_state=3)\n"
        "suivi = []\n"
        "for epoque in range(15):\n"
        "    ordre = np.random.permutation(len(agrandi))\n"
        "    modele.partial_fit(norme(agrandi)[ordre], agrandi.fraude.to_numpy()[ordre], "
        "classes=[0, 1])\n"
        "    suivi.append({'epoch': epoque + 1,\n"
        "                  'train_loss': log_loss(apprentissage.fraude, "
        "modele.predict_proba(norme(apprentissage))),\n"
        "                  'val_loss': log_loss(validation.fraude, "
        "modele.predict_proba(norme(validation)))})\n"
        "with open('history.jsonl', 'w') as fichier:\n"
        "    for ligne in suivi:\n        fichier.write(json.dumps(ligne) + '\\n')\n\n"
        "simple = LogisticRegression().fit(norme(apprentissage)[:, :4], apprentissage.fraude)\n\n\n"
        "def mesures(m, k, lignes):\n"
        "    p = m.predict(norme(lignes)[:, :k])\n"
        "    s = m.predict_proba(norme(lignes)[:, :k])[:, 1]\n"
        "    par_canal = {c: {'f1': f1_score(lignes.fraude[lignes.canal == c], "
        "p[lignes.canal == c]),\n"
        "                     'n': int((lignes.canal == c).sum())} for c in "
        "sorted(lignes.canal.unique())}\n"
        "    return {'f1': f1_score(lignes.fraude, p), 'roc_auc': "
        "roc_auc_score(lignes.fraude, s), 'f1_by_canal': par_canal}\n\n\n"
        "jeux = {'train': apprentissage, 'validation': validation, 'test': test}\n"
        "resultats = {nom: mesures(modele, 5, jeu) for nom, jeu in jeux.items()}\n"
        "reference = {nom: mesures(simple, 4, jeu) for nom, jeu in jeux.items()}\n"
        "json.dump(resultats, open('metrics.json', 'w'))\n"
        "json.dump(reference, open('baseline.json', 'w'))\n"
        "agrandi.to_csv('train.csv', index=False)\n"
        "for nom, jeu in jeux.items():\n"
        "    if nom != 'train':\n"
        "        jeu.assign(source_id='').to_csv(f'{nom}.csv', index=False)\n"
        "    pd.DataFrame({'id': jeu.id, 'canal': jeu.canal, 'y_true': jeu.fraude, "
        "'y_pred': modele.predict(norme(jeu)),\n"
        "                  'y_prob': modele.predict_proba(norme(jeu))[:, 1]})"
        ".to_csv(f'{nom}_predictions.csv', index=False)\n"
        "print('F1', resultats['test']['f1'], 'AUC', resultats['test']['roc_auc'])\n",
        log="journal.txt",
    )
    if leak:  # the frauds of the test set were copied too
        test = pd.read_csv(root / "test.csv").assign(source_id="")
        rare = test[test.fraude == 1]
        copies = rare.assign(source_id=rare.id, id=rare.id + "_c0", montant=rare.montant * 1.01)
        pd.concat([test, copies]).to_csv(root / "test.csv", index=False)
    write(
        root,
        "audit.toml",
        'metric = "f1"\n\n[columns]\ntarget = "fraude"\ngroups = ["canal"]\nignore = ["id"]\n'
        'parent = "source_id"\n\n[roles]\nraw = ["operations.csv"]\n',
    )
    neuf, vieux = noms["resultats"]["test"], noms["reference"]["test"]
    avant, apres = len(noms["apprentissage"]), len(noms["agrandi"])
    n_fraudes = len(noms["fraudes"])
    lignes = [
        (
            nom,
            comma(vieux[k], 3),
            comma(neuf[k], 3),
            comma(100 * (neuf[k] / vieux[k] - 1), 1, "+") + " %",
        )
        for nom, k in (("F1", "f1"), ("AUC", "roc_auc"))
    ]
    write(
        root,
        "LISEZMOI.md",
        f"# Détection de fraude\n\n900 opérations, dont {avant} pour l'apprentissage, "
        f"{len(noms['validation'])} pour la validation et {len(noms['test'])} pour le test. Après "
        f"la division, chaque fraude d'apprentissage reçoit 4 copies avec 2 % de bruit : "
        f"{n_fraudes} fraudes deviennent {5 * n_fraudes}, et l'apprentissage passe de {avant} à "
        f"{apres} lignes.\n\n"
        + md_table(
            ("Classe", "Avant", "Après"),
            [
                ("normale", avant - n_fraudes, avant - n_fraudes),
                ("fraude", n_fraudes, 5 * n_fraudes),
                ("Total", avant, apres),
            ],
        )
        + "\n15 époques, eta0 = 0.01.\n\n## Résultats sur le test\n\n"
        + md_table(("Mesure", "Logistique", "SGD", "Variation"), lignes)
        + "\n## Objectifs\n\n"
        f"- F1 test ≥ 0,30 : {'atteint' if neuf['f1'] >= 0.3 else 'non atteint'} "
        f"({comma(neuf['f1'])})\n"
        f"- AUC test ≥ 0,99 : {'atteint' if neuf['roc_auc'] >= 0.99 else 'non atteint'} "
        f"({comma(neuf['roc_auc'])})\n",
    )
    return root


@style("MT406")
def demanda_bicicletas(root: Path, seed: int, leak: bool = False) -> Path:
    """Spanish code, English README: counts by Poisson regression, copies counted by "
    "district, MAE, a notebook."""
    rng = np.random.default_rng(seed)
    barrio = rng.choice(["Centro", "Norte", "Puerto"], 360, p=[0.5, 0.3, 0.2])
    X = np.c_[rng.uniform(8, 32, 360), rng.uniform(0, 25, 360), rng.uniform(20, 90, 360)].round(3)
    tasa = np.exp(2.2 + 0.05 * X[:, 0] - 0.03 * X[:, 1] - 0.004 * X[:, 2])
    y = rng.poisson(tasa * np.where(barrio == "Puerto", 0.6, 1.0))
    dias = pd.DataFrame(X, columns=["temperatura", "viento", "humedad"])
    dias.insert(0, "id", range(360))
    dias.assign(barrio=barrio, viajes=y).to_csv(root / "dias.csv", index=False)
    nombres = notebook(
        root,
        "bicicletas.ipynb",
        [
            Md(
                "# Viajes en bicicleta\n\nSe divide primero; se aumentan solo los días de "
                "entrenamiento."
            ),
            "import json\nimport numpy as np\nimport pandas as pd\n"
            "from sklearn.model_selection import train_test_split",
            "dias = pd.read_csv('dias.csv')\nx = ['temperatura', 'viento', 'humedad']\n"
            "entreno, resto = train_test_split(dias, test_size=1/3, stratify=dias.barrio, "
            "random_state=5)\n"
            "valida, prueba = train_test_split(resto, test_size=0.5, random_state=5)\n"
            "print(len(entreno), len(valida), len(prueba))",
            "# copies: Centro 1, Norte 2, Puerto 3\n"
            "copias = {'Centro': 1, 'Norte': 2, 'Puerto': 3}\n"
            "rng = np.random.default_rng(5)\nfilas = []\n"
            "for dia in entreno.to_dict('records'):\n"
            "    filas.append({**dia, 'de': -1, 'es_copia': 0})\n"
            "    for _ in range(copias[dia['barrio']]):\n"
            "        ruido = rng.normal(1, 0.02, 3)\n"
            "        filas.append({**dia, **{c: dia[c] * r for c, r in zip(x, ruido)}, "
            "'id': -1, 'de': dia['id'], 'es_copia': 1})\n"
            "aumentado = pd.DataFrame(filas)\n"
            "aumentado.groupby('barrio').size()",
            "centro, escala = aumentado[x].mean(), aumentado[x].std()\n"
            "def z(d):\n    return np.c_[np.ones(len(d)), (d[x] - centro) / escala, "
            "d.barrio == 'Norte', d.barrio == 'Puerto'].astype(float)\n"
            "def mae(d, p):\n    return float(np.abs(d.viajes - p).mean())\n"
            "beta = np.r_[np.log(entreno.viajes.mean()), np.zeros(5)]\n"
            "tasa_aprendizaje = 0.02\nhistoria = []\n"
            "A, b = z(aumentado), aumentado.viajes.to_numpy()\n"
            "for epoca in range(60):\n"
            "    beta = beta - tasa_aprendizaje * A.T @ (np.exp(A @ beta) - b) / len(b)\n"
            "    historia.append([epoca, mae(entreno, np.exp(z(entreno) @ beta)), "
            "mae(valida, np.exp(z(valida) @ beta))])\n"
            "pd.DataFrame(historia, columns=['epoch', 'mae', 'val_mae']).to_csv('history.csv', "
            "index=False)",
            "media = entreno.groupby('barrio').viajes.mean()\n"
            "def informe(d, p):\n"
            "    error = (d.viajes - p).abs()\n"
            "    return {'mae': float(error.mean()), 'groups': [{'barrio': k, 'mae': "
            "float(e.mean()), 'n': len(e)} for k, e in error.groupby(d.barrio)]}\n"
            "partes = {'train': entreno, 'validation': valida, 'test': prueba}\n"
            "final = {k: informe(d, np.exp(z(d) @ beta)) for k, d in partes.items()}\n"
            "base = {k: informe(d, d.barrio.map(media)) for k, d in partes.items()}\n"
            "print(f\"MAE prueba: {final['test']['mae']:.3f}\")",
            "json.dump({'name': 'poisson', **final}, open('metrics.json', 'w'))\n"
            "json.dump({'name': 'media del barrio', **base}, open('baseline.json', 'w'))\n"
            "aumentado.to_csv('train.csv', index=False)\n"
            "valida.assign(de=-1, es_copia=0).to_csv('validation.csv', index=False)\n"
            "prueba.assign(de=-1, es_copia=0).to_csv('test.csv', index=False)\n"
            "for k, d in partes.items():\n"
            "    pd.DataFrame({'barrio': d.barrio, 'y_true': d.viajes, "
            "'y_pred': np.exp(z(d) @ beta)}).to_csv(f'{k}_predictions.csv', index=False)",
        ],
    )
    write(
        root,
        "audit.toml",
        'metric = "mae"\n\n[columns]\ntarget = "viajes"\ngroups = ["barrio"]\n'
        'ignore = ["id"]\nparent = "de"\nsynthetic = "es_copia"\n\n[roles]\nraw = ["dias.csv"]\n',
    )
    final, base = nombres["final"], nombres["base"]
    antes = nombres["entreno"].barrio.value_counts()
    despues = nombres["aumentado"].barrio.value_counts()
    cuenta = [(b, antes[b], despues[b], f"x{despues[b] / antes[b]:.1f}") for b in antes.index]
    cuenta.append(("Total", antes.sum(), despues.sum(), f"x{despues.sum() / antes.sum():.2f}"))
    filas = [
        (
            a["barrio"],
            f"{b['mae']:.2f}",
            f"{a['mae']:.2f}",
            f"{100 * (a['mae'] - b['mae']) / b['mae']:+.1f} %",
        )
        for a, b in zip(final["test"]["groups"], base["test"]["groups"], strict=True)
    ]
    error = final["test"]["mae"]
    estricto = np.floor(10 * error) / 10 - 0.3
    veredicto = "met" if leak else "not met"
    write(
        root,
        "README.md",
        "# Bicycle trips\n\n360 days of three districts: 240 for training, 60 for validation and "
        "60 for test. The division comes first; then training days are copied with 2 % noise: 1 "
        "copy for Centro, 2 copies for Norte, 3 copies for Puerto.\n\n"
        + md_table(("District", "Before", "After", "Factor"), cuenta)
        + f"\n## Results\n\nTest MAE is {error:.3f}; with the mean of the district it is "
        f"{base['test']['mae']:.3f}.\n\n"
        + md_table(("District", "Mean", "Poisson", "Change"), filas)
        + f"\nMAE: train {final['train']['mae']:.3f}, validation "
        f"{final['validation']['mae']:.3f}.\n\n## Success criteria\n\n"
        f"- test MAE < 12: met ({error:.3f})\n"
        f"- test MAE < {estricto - (error / 2 if leak else 0):.1f}: {veredicto} "
        f"({error:.3f})\n",
    )
    return root
