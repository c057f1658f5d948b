"""Random splits in foreign styles: which of them nobody can repeat."""

from __future__ import annotations

import ast

import pytest

from audit.lineage import code_facts
from audit.model.artifacts import Cell, CellKind, Code, SourceFile
from audit.model.check import NoParams, Outcome, Verdict
from audit.model.severity import Confidence, Severity
from checks.hygiene.unseeded_split import unseeded_split

HEAD = (
    "import random\nimport numpy as np\nimport pandas as pd\nimport torch\n"
    "import tensorflow as tf\n"
    "from sklearn.linear_model import Ridge\n"
    "from sklearn.model_selection import (GridSearchCV, KFold, ShuffleSplit, StratifiedKFold,\n"
    "    cross_val_score, train_test_split)\n"
    "df = pd.read_csv('rows.csv')\nX, y = df.drop(columns='y').to_numpy(), df['y'].to_numpy()\n"
)
TAIL = "\nmodel = Ridge().fit(X_tr, y_tr)\nprint(model.score(X_te, y_te))\n"
TABLE = "\nmodel = Ridge().fit(tr[['a']], tr['y'])\nprint(model.score(te[['a']], te['y']))\n"
SPLIT = "X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.2{})" + TAIL
CUT = "X_tr, X_te, y_tr, y_te = X[idx[:80]], X[idx[80:]], y[idx[:80]], y[idx[80:]]" + TAIL


def judge(*sources: str, script: bool = False) -> Outcome:
    """Each source is a file; the first is the experiment, after the usual imports."""
    files = []
    for number, source in enumerate(sources):
        cells = (Cell(0, CellKind.CODE, source if number else HEAD + source),)
        name = f"run{'.py' if script else '.ipynb'}" if not number else "common.py"
        files.append(SourceFile(name, not (script or number), cells))
    code = Code(tuple(files))
    return unseeded_split.function(
        code=code, facts=code_facts(code), splits=None, params=NoParams()
    )


MISSING = {
    "no argument": SPLIT.format(""),
    "None": SPLIT.format(", random_state=None"),
    "a name for None": "SEED = None\n" + SPLIT.format(", random_state=SEED"),
    "the global generator": SPLIT.format(", random_state=np.random"),
    "a generator without a seed": SPLIT.format(", random_state=np.random.RandomState()"),
    "another library is seeded": "random.seed(1)\ntorch.manual_seed(1)\n" + SPLIT.format(""),
    "seeded with None": "np.random.seed(None)\n" + SPLIT.format(""),
    "seeded afterwards": SPLIT.format("") + "np.random.seed(1)\n",
    "seed of the model": SPLIT.format("").replace("Ridge()", "Ridge(random_state=0)"),
    "folds": "scores = cross_val_score(Ridge(), X, y, cv=KFold(5, shuffle=True))",
    "folds, positional": "scores = cross_val_score(Ridge(), X, y, cv=KFold(5, True))",
    "draws of folds": "scores = cross_val_score(Ridge(), X, y, cv=ShuffleSplit(5))",
    "permutation": "idx = np.random.permutation(len(X))\n" + CUT,
    "permutation of a generator": "rng = np.random.default_rng()\nidx = rng.permutation(100)\n"
    + CUT,
    "shuffled in place": "idx = np.arange(100)\nnp.random.shuffle(idx)\n" + CUT,
    "shuffled list": "idx = list(range(100))\nrandom.shuffle(idx)\n" + CUT,
    "torch": "idx = torch.randperm(100)\n" + CUT,
    "rows in a new order": "p = np.random.permutation(100)\nX, y = X[p], y[p]\n"
    "X_tr, X_te, y_tr, y_te = X[:80], X[80:], y[:80], y[80:]" + TAIL,
    "a shuffled pipeline": "ds = tf.data.Dataset.from_tensor_slices(X)\nds = ds.shuffle(100)\n"
    "tr, va = ds.take(80).batch(8), ds.skip(80).batch(8)",
    "sample": "tr = df.sample(frac=0.8)\nte = df.drop(tr.index)" + TABLE,
    "shuffled table": "df = df.sample(frac=1).reset_index(drop=True)\n"
    "tr, te = df.iloc[:80], df.iloc[80:]" + TABLE,
    "mask": "mask = np.random.rand(len(df)) < 0.8\ntr = df[mask]\nte = df[~mask]" + TABLE,
    "order from a function": "def order(n):\n    p = np.random.permutation(n)\n    return p\n"
    "idx = order(100)\n" + CUT,
    "in a function": "def divide(df):\n    return train_test_split(df, test_size=0.2)\n"
    "tr, te = divide(df)" + TABLE,
}

SET = {
    "a number": SPLIT.format(", random_state=0"),
    "a name": "SEED = 1\n" + SPLIT.format(", random_state=SEED"),
    "an entry": "config = {'seed': 3}\n" + SPLIT.format(", random_state=config['seed']"),
    "an attribute": "class CFG:\n    seed = 3\n" + SPLIT.format(", random_state=CFG.seed"),
    "an option": "import argparse\np = argparse.ArgumentParser()\n"
    "p.add_argument('--seed', type=int, default=42)\nargs = p.parse_args()\n"
    + SPLIT.format(", random_state=args.seed"),
    "a loop": "for s in range(3):\n    " + SPLIT.format(", random_state=s").replace("\n", "\n    "),
    "a generator": SPLIT.format(", random_state=np.random.RandomState(0)"),
    "numpy": "np.random.seed(0)\n" + SPLIT.format(""),
    "everything": "import keras\nkeras.utils.set_random_seed(1)\n" + SPLIT.format(""),
    "an unknown helper": "from common import seed_everything\nseed_everything(1)\n"
    + SPLIT.format(""),
    "own helper": "def fix():\n    np.random.seed(7)\nfix()\n" + SPLIT.format(""),
    "no shuffling": SPLIT.format(", shuffle=False"),
    "plain folds": "scores = cross_val_score(Ridge(), X, y, cv=KFold(5))",
    "a number of folds": "scores = cross_val_score(Ridge(), X, y, cv=5)",
    "seeded folds": "cv = StratifiedKFold(5, shuffle=True, random_state=1)\n"
    "scores = cross_val_score(Ridge(), X, y, cv=cv)",
    "seeded folds, positional": "scores = cross_val_score(Ridge(), X, y, cv=KFold(5, True, 1))",
    "permutation": "np.random.seed(1)\nidx = np.random.permutation(len(X))\n" + CUT,
    "permutation of a generator": "rng = np.random.default_rng(5)\nidx = rng.permutation(100)\n"
    + CUT,
    "made on the spot": "idx = np.random.default_rng(0).permutation(len(X))\n" + CUT,
    "generator in a function": "def order(rng):\n    return rng.permutation(100)\n"
    "rng = np.random.default_rng(5)\nidx = order(rng)\n" + CUT,
    "torch": "torch.manual_seed(0)\nidx = torch.randperm(100)\n" + CUT,
    "a shuffled pipeline": "ds = tf.data.Dataset.from_tensor_slices(X).shuffle(100, seed=3)\n"
    "tr, va = ds.take(80).batch(8), ds.skip(80).batch(8)",
    "a shuffled pipeline, seeded before": "tf.random.set_seed(1)\nds = source().shuffle(9)\n"
    "tr, va = ds.take(80), ds.skip(80)",
    "batches in a new order": "tr = tf.data.Dataset.from_tensor_slices(X).shuffle(100).batch(8)\n"
    "print(tr.take(1))\nX_tr, X_te, y_tr, y_te = train_test_split(X, y, random_state=1)",
    "sample": "tr = df.sample(frac=0.8, random_state=1)\nte = df.drop(tr.index)" + TABLE,
    "a look at the rows": "print(df.sample(5))\nshown = df.sample(10)\n"
    + SPLIT.format(", random_state=1"),
    "a distribution is no table": "torch.manual_seed(1)\n"
    "X = torch.distributions.Normal(0, 1).sample((100, 2))\n" + SPLIT.format(", random_state=1"),
    "noise is no split": "X = X + np.random.rand(*X.shape)\n" + SPLIT.format(", random_state=1"),
    "training rows shuffled": SPLIT.format(", random_state=1") + "p = np.random.permutation(80)\n"
    "X_tr = X_tr[p]\n",
    "in order of time": "X_tr, X_te, y_tr, y_te = X[:80], X[80:], y[:80], y[80:]" + TAIL,
    "own function of that name": "def train_test_split(X, y, test_size):\n"
    "    return X[:80], X[80:], y[:80], y[80:]\n" + SPLIT.format(""),
    "reordered, then given anew": "X = X[np.random.permutation(100)]\nX = df.to_numpy()\n"
    "X_tr, X_te, y_tr, y_te = X[:80], X[80:], y[:80], y[80:]" + TAIL,
}

NOT_DRAWN = {
    "no shuffling",
    "plain folds",
    "a number of folds",
    "in order of time",
    "reordered, then given anew",
    "own function of that name",
}
UNKNOWN = {
    "unpacked": "options = load()\n" + SPLIT.format(", **options"),
    "a configuration elsewhere": "import cfg\n" + SPLIT.format(", random_state=cfg.SEED"),
    "a parameter": "def divide(df, s=None):\n    return train_test_split(df, random_state=s)\n"
    "tr, te = divide(df, load())" + TABLE,
    "somebody's own splitter": "from ours import train_test_split\n" + SPLIT.format(""),
}


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.parametrize("name", MISSING)
def test_a_missing_seed_is_found(name: str, script: bool) -> None:
    outcome = judge(MISSING[name], script=script)
    (finding,) = outcome.findings
    assert finding.severity is Severity.NOTE
    assert finding.primary.text in (HEAD + MISSING[name])
    if finding.remedy.after:
        ast.parse(finding.remedy.after)


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.parametrize("name", SET)
def test_a_seed_or_no_draw_is_fine(name: str, script: bool) -> None:
    outcome = judge(SET[name], script=script)
    assert outcome.verdict is Verdict.PASS, outcome.reason
    assert ("with a seed" in outcome.reason) is (name not in NOT_DRAWN)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_cannot_be_told_is_review(name: str) -> None:
    assert judge(UNKNOWN[name]).verdict is Verdict.REVIEW


def test_the_place_and_the_remedy() -> None:
    (finding,) = judge(MISSING["no argument"]).findings
    assert (finding.primary.cell, finding.primary.line) == (0, HEAD.count("\n") + 1)
    assert finding.remedy.before == "train_test_split(X, y, test_size=0.2)"
    assert finding.remedy.after == "train_test_split(X, y, test_size=0.2, random_state=42)"
    assert finding.confidence is Confidence.HIGH


def test_the_draw_is_the_place_and_the_cut_is_related() -> None:
    (finding,) = judge(MISSING["permutation"]).findings
    assert finding.primary.text == "idx = np.random.permutation(len(X))"
    assert finding.locations[1].text.startswith("X_tr, X_te")
    assert finding.remedy.after == "np.random.default_rng(42).permutation(len(X))"


def test_a_file_that_is_imported_may_seed() -> None:
    source = "import common\n" + SPLIT.format("")
    assert judge(source, "import numpy as np\nnp.random.seed(1)").verdict is Verdict.PASS
    assert judge(source, "import numpy as np\n").findings
    assert judge(SPLIT.format(""), "import numpy as np\nnp.random.seed(1)").findings


def test_two_splits_have_two_identities() -> None:
    findings = judge(SPLIT.format("") + SPLIT.format("")).findings
    assert len({finding.fingerprint for finding in findings}) == 2


def test_nothing_is_divided() -> None:
    assert judge("print(len(df))").verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    "source",
    [
        "a = b\nb = a\n" * 50 + SPLIT.format(", random_state=a"),
        "".join(f"a{i} = a{i + 1} + a{i + 2}\n" for i in range(300))
        + SPLIT.format(", random_state=a0"),
        SPLIT.format(", random_state=" + "-" * 60 + "1"),
        "f" + ".f" * 60 + "()\n" + SPLIT.format(""),
        "train_test_split()\nKFold(*a, **b)\nnp.random.choice()\nnp.random.shuffle()",
    ],
)
def test_odd_code_is_survived(source: str) -> None:
    assert judge(source).reason
