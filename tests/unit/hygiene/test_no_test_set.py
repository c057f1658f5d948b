"""Whether a value is reported on the rows that chose the model, in foreign styles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    Document,
    DocumentKind,
    Documents,
    Metrics,
    MetricTable,
    ReportedValue,
    SourceFile,
    SplitData,
    SplitRole,
    Splits,
)
from audit.model.check import NoParams, Outcome, Verdict
from audit.model.location import Location
from audit.model.severity import Confidence, Severity
from checks.hygiene.no_test_set import no_test_set

KERAS = "X_train, X_val, y_train, y_val = train_test_split(X, y, random_state=1)\n"
FIT = "model.fit(X_train, y_train, validation_data=(X_val, y_val), epochs=50, callbacks=[{}])"
GRID = "search = GridSearchCV(Ridge(), grid, cv=5)\n"

CHOSEN = {
    "early stopping": KERAS + FIT.format("EarlyStopping(patience=3)"),
    "early stopping, named": KERAS
    + FIT.format("tf.keras.callbacks.EarlyStopping(monitor='val_mae')"),
    "best checkpoint": KERAS + FIT.format("ModelCheckpoint('m.keras', save_best_only=True)"),
    "lightning": "trainer = pl.Trainer(callbacks=[EarlyStopping('valid_loss'), "
    "ModelCheckpoint(monitor='valid_loss', save_top_k=1)])\ntrainer.fit(net, train_dl, valid_dl)",
    "xgboost": KERAS
    + "m = XGBRegressor(early_stopping_rounds=9)\nm.fit(X_train, y, eval_set=[(X_val, y_val)])",
    "lightgbm": "m = lgb.train(p, d, valid_sets=[dv], callbacks=[lgb.early_stopping(50)])",
    "catboost": "m.fit(X_train, y_train, eval_set=(X_val, y_val), use_best_model=True)",
    "torch loop": "best_loss = 1e9\nfor epoch in range(100):\n    train_one(model)\n"
    "    val_loss = loss_on(model, val_loader)\n    if val_loss < best_loss:\n"
    "        best_loss = val_loss\n        torch.save(model, 'best.pt')",
    "settings": "best = 0\nfor depth in (2, 4, 8):\n"
    "    score = fit(depth).score(X_val, y_val)\n    if score > best:\n        best = score",
    "an entry of a dictionary": "best = 9.9\nfor e in range(9):\n    logs = step()\n"
    "    if logs['val_loss'] < best:\n        best = logs['val_loss']",
    "a search": GRID + "search.fit(X, y)\nprint(search.best_score_)",
    "a search beside a cross-validation": GRID
    + "search.fit(X, y)\nprint(search.best_score_, cross_val_score(other, X, y))",
    "the best of a dictionary": "scores = {}\nfor d in (2, 4):\n"
    "    scores[d] = fit(d).score(X_val, y_val)\nbest = max(scores, key=scores.get)",
    "the best of a list": "losses = []\nfor lr in grid:\n    m = fit(lr)\n"
    "    losses.append(mse(y_val, m.predict(X_val)))\nlr = grid[np.argmin(losses)]",
    "the best of a comprehension": "s = [fit(d).score(X_val, y_val) for d in (2, 4)]\n"
    "best_score = max(s)",
    "a table of results": "rows = []\nfor d in (2, 4):\n"
    "    rows.append({'d': d, 'val_mse': error(d)})\ntable = pd.DataFrame(rows)\n"
    "print(table.loc[table['val_mse'].idxmin()])",
    "an ordered list": "results = []\nfor d in (2, 4):\n    s = fit(d).score(X_val, y_val)\n"
    "    results.append((s, d))\nresults.sort(reverse=True)\nbest_score, best_d = results[0]",
    "the best of folds": "s = []\nfor k in ks:\n    s.append(cross_val_score(knn(k), X, y).mean())"
    "\nbest_k = ks[np.argmax(s)]\nprint(grid.best_score_)\ngrid = GridSearchCV(m, g)",
    "a study": "study = optuna.create_study()\nstudy.optimize(f)\nprint(study.best_value)",
}

NOT_CHOSEN = {
    "only watched": KERAS + FIT.format(""),
    "watches training": KERAS + FIT.format("EarlyStopping(monitor='loss')"),
    "every checkpoint": KERAS + FIT.format("ModelCheckpoint('m.keras')"),
    "no rows to watch": "model.fit(X, y, callbacks=[EarlyStopping()])",
    "nested": GRID + "print(cross_val_score(search, X, y, cv=5).mean())\n"
    "search.fit(X, y)\nprint(search.best_score_)",
    "best training loss": "best = 1e9\nfor e in range(9):\n    loss = step(train)\n"
    "    if loss < best:\n        best = loss",
    "a search on training rows": GRID + "search.fit(X, y)\nprint(search.score(X_new, y_new))",
    "values that are only shown": "s = []\nfor d in (2, 4):\n"
    "    s.append(fit(d).score(X_val, y_val))\nplt.plot(s)\nprint(max(s))\ntop = max(s) * 1.1",
    "the best training value": "s = []\nfor e in range(9):\n    s.append(step(X_train))\n"
    "best = min(s)\nprint(m.score(X_val, y_val))",
    "the class of each row": "p = []\nfor m in models:\n    p.append(m.predict_proba(X_val))\n"
    "labels = np.argmax(np.mean(p, axis=0), axis=1)\nother = np.argmax(p, 1)",
    "the nearest of something else": "for m in models:\n    s.append(m.score(X_val, y_val))\n"
    "best = min(distances)",
    "one model": "model.fit(X_train, y_train)\nprint(model.score(X_val, y_val))",
}

TESTED = {
    "a name": "model.score(X_test, y_test)",
    "a file": "final = pd.read_csv('data/test.csv')",
    "a loader": "evaluate(model, testLoader)",
    "held out": "score(model, heldout_rows)",
    "a text": "print('test rmse', value)",
}


def judge(code: str, *, text: str | None = None, role: SplitRole | None = None) -> Outcome:
    cells = (Cell(0, CellKind.CODE, code),)
    if text is None:
        text = (
            "cv score 0.41" if "best_score_" in code or "best_value" in code else "val_loss: 0.41"
        )
    value = ReportedValue(0.4, Location("metrics.json", pointer="/overall"))
    table = MetricTable("rmse", role, "metrics.json", value, {}, {})
    documents = Documents((Document("README.md", DocumentKind.FILE, text),)) if text else None
    return no_test_set.function(
        code=Code((SourceFile("run.ipynb", True, cells),)),
        splits=None,
        predictions=None,
        metrics=Metrics((table,)) if role else None,
        documents=documents,
        params=NoParams(),
    )


@pytest.mark.parametrize("style", CHOSEN)
def test_chosen_and_reported_on_the_same_rows(style: str) -> None:
    (finding,) = judge(CHOSEN[style]).findings
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.MEDIUM)
    assert finding.primary.text


def test_rows_called_a_test_set_that_choose_are_review() -> None:
    code = (
        "scores = {}\nfor d in (2, 4):\n    scores[d] = fit(d).score(X_test, y_test)\n"
        "best = max(scores, key=scores.get)"
    )
    outcome = judge(code)
    assert outcome.verdict is Verdict.REVIEW
    assert "the best of scores" in outcome.reason


def test_a_metric_of_the_validation_rows_is_sure() -> None:
    (finding,) = judge(CHOSEN["early stopping"], text="", role=SplitRole.VALIDATION).findings
    assert finding.confidence is Confidence.HIGH
    assert finding.locations[1].pointer == "/overall"
    assert "EarlyStopping on val_loss" in finding.message


@pytest.mark.parametrize("style", NOT_CHOSEN)
def test_without_a_choice_validation_is_honest(style: str) -> None:
    assert judge(NOT_CHOSEN[style]).verdict is Verdict.PASS


@pytest.mark.parametrize("style", TESTED)
@pytest.mark.parametrize("chosen", ["early stopping", "torch loop", "a search"])
def test_a_test_set_anywhere_is_enough(style: str, chosen: str) -> None:
    assert judge(CHOSEN[chosen] + "\n" + TESTED[style]).verdict is Verdict.PASS


def test_a_test_set_in_metrics_or_a_document() -> None:
    code = CHOSEN["early stopping"]
    assert judge(code, role=SplitRole.TEST).verdict is Verdict.PASS
    assert judge(code, text="Validation 0.41, test RMSE 0.44.").verdict is Verdict.PASS
    assert judge(code, text="Val loss 0.41. TODO: create a separate test set").findings
    assert judge(code, text="There is no test set. Validation RMSE 0.41").findings


def test_a_test_split_in_the_export() -> None:
    def rows(role: SplitRole) -> SplitData:
        return SplitData(
            role, f"{role.value}.csv", pd.DataFrame({"x": [1]}), None, None, np.arange(1)
        )

    cells = (Cell(0, CellKind.CODE, CHOSEN["early stopping"]),)
    outcome = no_test_set.function(
        code=Code((SourceFile("run.py", False, cells),)),
        splits=Splits(rows(SplitRole.TRAIN), (rows(SplitRole.TEST),)),
        predictions=None,
        metrics=None,
        documents=None,
        params=NoParams(),
    )
    assert outcome.verdict is Verdict.PASS
    assert "test.csv" in outcome.reason


def test_stopping_early_on_the_test_set_is_for_a_person_to_look_at() -> None:
    code = CHOSEN["early stopping"].replace("_val", "_test")
    assert judge(code).verdict is Verdict.REVIEW


def test_which_rows_are_reported_is_not_said() -> None:
    assert judge(CHOSEN["early stopping"], text="RMSE 0.41").verdict is Verdict.REVIEW


def test_rows_beside_the_folds_of_a_search_are_held_out() -> None:
    code = KERAS + GRID + "search.fit(X_train, y_train)\nprint(search.best_score_)\n"
    assert judge(code + "print(search.score(X_val, y_val))").verdict is Verdict.PASS
    study = KERAS + CHOSEN["a study"] + "\nmodel.score(X_val, y_val)"
    assert judge(study).findings


def test_helpers_of_testing_are_no_test_set() -> None:
    code = "import pytest\nfrom scipy.stats import ttest_ind\n" + CHOSEN["early stopping"]
    assert judge(code.replace("random_state=1", "test_size=0.2, random_state=1")).findings
