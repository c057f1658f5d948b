from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from audit.model.artifacts import (
    Cell,
    CellKind,
    Code,
    History,
    Metrics,
    PredictionSets,
    SourceFile,
    SplitRole,
)
from audit.model.check import Outcome, Verdict
from audit.model.severity import Confidence, Severity
from checks.metrics.epochs import curves_of, last_epoch, pair_of
from checks.metrics.history import Params, training_history
from checks.metrics.training_code import read_training
from tests.unit.metrics.builders import metrics, predictions, table

FALL = [1.0, 0.7, 0.5, 0.42, 0.38]


def history(path: str = "history.csv", **columns: Sequence[float]) -> History:
    return History(path, {name: np.asarray(values, float) for name, values in columns.items()})


def code(*cells: str) -> Code:
    made = tuple(Cell(i, CellKind.CODE, text) for i, text in enumerate(cells))
    return Code((SourceFile("train.ipynb", True, made),))


def judge(
    record: History | None,
    *cells: str,
    reported: Metrics | None = None,
    scored: PredictionSets | None = None,
    params: Params | None = None,
) -> Outcome:
    return training_history.function(
        history=record,
        code=code(*cells) if cells else None,
        metrics=reported,
        predictions=scored,
        params=params or Params(),
    )


def measured(outcome: Outcome) -> dict[str, object]:
    return {each.name: each.observed for each in outcome.measured}


# --- reading a history ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("train", "other"),
    [
        ("loss", "val_loss"),
        ("train_loss", "valid_loss"),
        ("train/loss", "val/loss"),
        ("Train RMSE", "Validation RMSE"),
        ("train_loss_epoch", "val_loss"),
        ("accuracy", "val_accuracy"),
        ("trainLoss", "valLoss"),
        ("train_logloss", "eval_logloss"),
        ("loss_train", "loss_val"),
        ("my_score", "val_my_score"),
    ],
)
def test_columns_are_paired_whatever_they_are_called(train: str, other: str) -> None:
    pair = pair_of(curves_of(history(epoch=[1, 2], **{other: [2.0, 1.5], train: [1.0, 0.5]})))
    assert pair is not None
    assert [curve.column for curve in pair] == [train, other]


def test_lightning_rows_with_gaps_become_one_value_an_epoch() -> None:
    nan = np.nan
    record = history(
        "metrics.csv",
        epoch=[0, 0, 0, 1, 1, 1],
        step=[9, 19, 19, 29, 39, 39],
        train_loss_step=[0.9, 0.8, nan, 0.7, 0.6, nan],
        train_loss_epoch=[nan, nan, 0.85, nan, nan, 0.65],
        val_loss=[nan, nan, 0.95, nan, nan, 0.75],
    )
    curves = {curve.column: curve for curve in curves_of(record)}
    assert set(curves) == {"train_loss_epoch", "val_loss"}
    assert curves["val_loss"].epochs.tolist() == [1, 2]
    assert curves["val_loss"].values.tolist() == [0.95, 0.75]
    assert curves["val_loss"].rows.tolist() == [2, 5]
    assert last_epoch(record) == 2


def test_the_sets_of_boosting_without_a_known_side_are_no_pair() -> None:
    curves = curves_of(history(validation_0_rmse=[2.0, 1.0], validation_1_rmse=[2.1, 1.4]))
    assert pair_of(curves) is None


def test_a_table_without_curves_is_not_applicable() -> None:
    assert judge(None).verdict is Verdict.NOT_APPLICABLE
    assert judge(history(epoch=[1, 2], seconds=[3, 4])).verdict is Verdict.NOT_APPLICABLE


def test_odd_values_stop_nothing() -> None:
    record = history(
        epoch=[1, 1, np.nan, 3, np.inf],
        loss=[np.nan, np.inf, 1e300, -1e308, 0.0],
        val_loss=[np.nan] * 5,
        lr=[0.0, -1.0, np.inf, np.nan, 1e-3],
    )
    assert judge(record, "model.fit(x, y, epochs=10)").verdict is not Verdict.ERROR


def test_a_thousand_epochs_are_thinned_and_keep_the_best_and_the_last() -> None:
    values = 1 + np.abs(np.arange(1000) - 613) / 1000
    outcome = judge(history(loss=values, val_loss=values))
    line = next(each for each in outcome.series if each.label == "validation")
    assert len(line.x) <= 500
    assert {1.0, 614.0, 1000.0} <= set(line.x)
    assert measured(outcome)["best_epoch"] == 614


# --- loss and metric --------------------------------------------------------------------------

COMPILE = "model.compile(optimizer='adam', loss='mse', metrics=['mean_squared_error'])"
Y = np.array([0.0, 1.0, 2.0, 5.0, 7.0])
GUESS = np.array([0.5, 1.0, 2.5, 4.0, 6.5])
MSE = float(np.mean((Y - GUESS) ** 2))
PAIRWISE = float(np.mean((Y[None, :] - GUESS[:, None]) ** 2))  # what broadcasting computes


def twins(metric: float, **more: Sequence[float]) -> History:
    shape = np.array([3.0, 2.0, 1.5, 1.0])
    return history(
        epoch=[1, 2, 3, 4],
        loss=MSE * shape,
        val_loss=MSE * shape,
        val_mean_squared_error=metric * shape,
        **more,
    )


def test_broadcasting_is_recognised_by_the_predictions() -> None:
    outcome = judge(twins(PAIRWISE), COMPILE, scored=predictions(Y, GUESS))
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.HIGH
    assert "broadcast" in finding.message
    evidence = {each.name: each.observed for each in finding.evidence}
    assert evidence["pairwise_mse"] == pytest.approx(PAIRWISE)


def test_broadcasting_in_logarithms_is_recognised() -> None:
    scored = predictions(2.0**Y, 2.0**GUESS)
    (finding,) = judge(twins(PAIRWISE), COMPILE, scored=scored).findings
    assert "Var(y) + Var(ŷ)" in finding.message


def test_without_predictions_only_the_difference_is_stated() -> None:
    (finding,) = judge(twins(PAIRWISE), COMPILE).findings
    assert finding.confidence is Confidence.MEDIUM
    assert "broadcast" not in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "model.compile(loss=keras.losses.MeanSquaredError(), metrics=['mse'])",
        "model.compile('adam', loss='mean_squared_error', metrics=[tf.keras.metrics.MSE])",
        "model.compile(loss=mse, metrics=[mean_squared_error, 'mae'])",
        "%matplotlib inline\nmodel.compile(loss='mse', metrics=['mse'])",
    ],
)
def test_the_same_function_in_other_spellings(text: str) -> None:
    assert judge(twins(PAIRWISE), text).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "text",
    [
        "model.compile(loss='mae', metrics=['mean_squared_error'])",
        "model.compile(loss='huber', metrics=['mse'])",
        "model.compile(loss='mse')",
        "a.compile(loss='mse', metrics=['mse'])\nb.compile(loss='mae', metrics=['mse'])",
        "print('mse')",
    ],
)
def test_different_functions_may_differ(text: str) -> None:
    assert judge(twins(PAIRWISE), text).verdict is Verdict.PASS


def test_the_same_values_within_rounding_pass() -> None:
    assert judge(twins(MSE * 1.0001), COMPILE).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "text",
    [
        "layers.Dense(4, kernel_regularizer='l2')",
        "layers.Dense(4, kernel_regularizer=keras.regularizers.L2(1e-4))",
        "self.add_loss(penalty)",
        "model.fit(x, y, validation_data=(x2, y2, weights))",
    ],
)
def test_regularisation_and_weights_leave_it_open(text: str) -> None:
    outcome = judge(twins(PAIRWISE), COMPILE, text)
    assert outcome.verdict is Verdict.REVIEW
    assert "differ" in outcome.reason
    assert judge(twins(PAIRWISE), COMPILE, text, scored=predictions(Y, GUESS)).findings  # proven


# --- learning rate ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rates", "fires"),
    [
        ([1e-3, 1e-4, 1e-6], True),
        ([1e-3, 1e-4, float(np.float32(1e-5))], False),
        ([1e-6, 1e-4, 1e-3], False),  # warm-up
        ([1e-6, 1e-3, 1e-6], True),
        ([1e-6, 1e-6, 1e-6], False),  # set below from the start: no scheduler acted
    ],
)
def test_learning_rate_below_the_minimum(rates: list[float], fires: bool) -> None:
    record = history(epoch=[1, 2, 3], loss=[3, 2, 1], lr=rates)
    outcome = judge(record, "ReduceLROnPlateau(factor=0.1, min_lr=MIN)", "MIN = 1e-5")
    assert (outcome.verdict is Verdict.FAIL) is fires


def test_a_minimum_that_is_bound_twice_is_not_used() -> None:
    record = history(epoch=[1, 2], loss=[2, 1], lr=[1e-3, 1e-6])
    cells = ("MIN = 1e-5", "MIN = 1e-9", "ReduceLROnPlateau(min_lr=MIN)")
    assert judge(record, *cells).verdict is Verdict.PASS


# --- ended while improving --------------------------------------------------------------------

FIT = "model.fit(x, y, validation_data=(a, b), epochs=EPOCHS, callbacks=[watch])"


def short(values: Sequence[float] = FALL) -> History:
    return history(epoch=range(1, len(values) + 1), loss=values, val_loss=values)


def test_five_of_250_epochs_while_improving() -> None:
    cells = (
        "EPOCHS = 250",
        "class Watch(Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
        "        if easy() > 0.15:\n            self.model.stop_training = True",
        FIT,
    )
    (finding,) = judge(short(), *cells).findings
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.HIGH
    assert "epoch 5 of 250" in finding.message
    assert (finding.primary.cell, finding.primary.line) == (1, 4)


@pytest.mark.parametrize(
    "cells",
    [
        ("for epoch in range(250):\n    step()",),
        ("EPOCHS: int = 250", FIT),
        ("trainer = Trainer(max_epochs=250)",),
        ("early = EarlyStopping(monitor='val_loss', patience=10)", "EPOCHS = 250", FIT),
        ("EarlyStopping(monitor='val_loss', patience=9, baseline=0.1)", "EPOCHS = 250", FIT),
        ("N = 250", "for epoch in range(1, N + 1):\n    step()"),
        ("for epoch in tqdm(range(250), desc='x'):\n    step()",),
        ("for _ in range(cfg['n_epochs']):\n    step()", "cfg = {'n_epochs': 250, 'lr': 1}"),
        (
            "class Config:\n    epochs: int = 250",
            "c = Config()",
            "fit(m)\nm.fit(x, epochs=c.epochs)",
        ),
        ("cfg = SimpleNamespace(epochs=250)\nfor epoch in range(cfg.epochs):\n    step()",),
    ],
)
def test_other_ways_to_plan_epochs(cells: tuple[str, ...]) -> None:
    assert judge(short(), *cells).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "cells",
    [
        ("EPOCHS = 5", FIT),
        ("EPOCHS = 8", FIT),  # more than half of them
        ("EPOCHS = 3 if SMOKE else 250", FIT),
        ("EPOCHS = 250", "EPOCHS = 5", FIT),
        ("EPOCHS = 250", FIT, FIT),  # two trainings, one history
        ("def train(EPOCHS):\n    " + FIT, "EPOCHS = 250"),
        ("plot(epochs=250)",),
        ("a = {'epochs': 250}\nb = {'epochs': 5}", "for epoch in range(a['epochs']):\n    step()"),
        ("class C:\n    epochs = 250", "C.epochs = 5", "m.fit(x, epochs=C.epochs)"),
        ("for epoch in range(start, 250):\n    step()",),
        ("LGBMRegressor(n_estimators=250).fit(x, y)",),  # rounds, and a history of epochs
        ("for index in range(250):\n    step()",),
    ],
)
def test_where_the_plan_is_not_certain_nothing_is_said(cells: tuple[str, ...]) -> None:
    assert judge(short(), *cells).verdict is Verdict.PASS


def test_patience_that_ran_out_is_in_order() -> None:
    values = [*FALL, 0.39, 0.40, 0.41]
    cells = ("EarlyStopping(monitor='val_loss', patience=3)", "EPOCHS = 250", FIT)
    assert judge(short(values), *cells).verdict is Verdict.PASS
    cells = ("EarlyStopping(patience=1, min_delta=0.2)", "EPOCHS = 250", FIT)
    assert judge(short(), *cells).verdict is Verdict.PASS  # 0.42 to 0.38 does not count


def test_an_unknown_monitor_leaves_it_open() -> None:
    cells = ("EarlyStopping(monitor='val_easy', patience=3)", "EPOCHS = 250", FIT)
    assert judge(short(), *cells).verdict is Verdict.REVIEW


def test_a_plateau_or_a_rising_loss_is_not_improving() -> None:
    cells = ("EPOCHS = 250", FIT)
    assert judge(short([1.0, 0.5, 0.5, 0.499, 0.498, 0.497]), *cells).verdict is Verdict.PASS
    assert judge(short([1.0, 0.5, 0.4, 0.6]), *cells).verdict is Verdict.PASS


def test_rows_that_are_not_numbered_may_stand_for_several_epochs() -> None:
    record = history(loss=FALL, val_loss=FALL)
    assert judge(record, "for epoch in range(250):\n    step()").verdict is Verdict.PASS


def test_the_default_of_an_option_may_have_been_overridden() -> None:
    cells = ("parser.add_argument('--epochs', default=250)", "model.fit(x, y, epochs=args.epochs)")
    outcome = judge(short(), *cells)
    assert outcome.verdict is Verdict.REVIEW
    assert "default 250" in outcome.reason


BOOSTED = [1.0, 0.8, 0.6, 0.5, 0.45, 0.4]


def boosted(values: Sequence[float] = BOOSTED) -> History:
    return history("evals.json", train_rmse=values, valid_rmse=values)


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("xgb.train(p, d, num_boost_round=500, early_stopping_rounds=50)", True),
        ("xgb.train(p, d, 500, early_stopping_rounds=50)", True),
        ("m = LGBMRegressor(n_estimators=500)", True),
        ("m = CatBoostRegressor(iterations=500, od_wait=20)", True),
        ("lgb.train(p, d, 500, callbacks=[lgb.early_stopping(50)])", True),
        ("m = LGBMRegressor(n_estimators=6)", False),
        ("m = RandomForestRegressor(n_estimators=500)", False),
        ("m = LGBMRegressor(n_estimators=500)\nother = XGBRegressor(n_estimators=300)", False),
    ],
)
def test_boosting_that_ended_while_improving(text: str, fires: bool) -> None:
    assert (judge(boosted(), text).verdict is Verdict.FAIL) is fires


def test_boosting_that_stopped_after_its_patience_is_in_order() -> None:
    record = boosted([*BOOSTED, 0.41, 0.42, 0.43])
    text = "xgb.train(p, d, num_boost_round=500, early_stopping_rounds=3)"
    assert judge(record, text).verdict is Verdict.PASS


# --- not finite -------------------------------------------------------------------------------

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "columns",
    [
        {"loss": [1, 0.5, NAN, NAN, NAN], "val_loss": [1, 0.6, NAN, NAN, NAN]},
        {"loss": [1, 0.5, INF, INF, INF], "val_loss": [1, 0.6, INF, NAN, NAN]},
        {"loss": [1, 0.5, 0.4, 0.3, INF]},
        {"loss": [NAN] * 5, "accuracy": [0.1] * 5},
        {"train_rmse": [1, 0.5, NAN, NAN, NAN], "valid_rmse": [1, 0.6, NAN, NAN, NAN]},
        {"loss": [1, 0.5, 1e300, 1e300, 1e300]},
    ],
)
def test_losses_that_stay_not_finite(columns: dict[str, list[float]]) -> None:
    findings = judge(history(epoch=range(5), **columns), "m.fit(x, y, epochs=5)").findings
    (finding,) = [each for each in findings if each.subject == "losses not finite"]
    assert finding.severity is Severity.WARNING
    lost = int((~(np.abs(next(iter(columns.values()))) < 1e100)).sum())
    assert f"the last {lost} of 5 epochs" in finding.message


@pytest.mark.parametrize(
    "columns",
    [
        {"loss": [1, 0.5, NAN, 0.3, 0.2]},  # a gap
        {"loss": [1, 0.5, 0.4, 0.3, 0.2], "val_loss": [NAN, 0.5, NAN, 0.4, NAN]},
        {"loss": [1, NAN, NAN, 0.3, NAN], "lr": [1] * 5},  # every third epoch
        {"loss": [1, 0.5, 0.4, 0.3, NAN], "test_acc": [NAN] * 4 + [0.9]},
        {"accuracy": [0.1, 0.2, 0.3, NAN, NAN]},
    ],
)
def test_gaps_are_no_divergence(columns: dict[str, list[float]]) -> None:
    assert judge(history(epoch=range(5), **columns), "m.fit(x, y, epochs=5)").verdict in (
        Verdict.PASS,
        Verdict.NOT_APPLICABLE,
    )


def test_entries_left_empty_after_a_stop_are_left_open() -> None:
    record = history(epoch=range(5), loss=[1, 0.5, 0.4, NAN, NAN])
    stops = "for epoch in range(5):\n    if wait > patience:\n        break"
    assert judge(record, stops).verdict is Verdict.REVIEW
    assert judge(record).verdict is Verdict.REVIEW
    went_on = history(epoch=range(5), loss=[1, 0.5, 0.4, NAN, NAN], lr=[0.1] * 5)
    assert judge(went_on, stops).verdict is Verdict.FAIL


# --- kept epoch -------------------------------------------------------------------------------

BENT = [*(0.5 + 0.5 * np.exp(-np.arange(15) / 3)), *(0.51 + 0.02 * np.arange(1, 16))]


def bent() -> History:
    rounded = np.round(BENT, 6)
    return history(epoch=range(1, 31), loss=rounded * 0.9, val_loss=rounded, val_mae=rounded / 2)


def test_the_kept_epoch_is_found_by_its_value() -> None:
    outcome = judge(bent(), reported=metrics(table("mae", BENT[7] / 2)))
    assert measured(outcome)["kept_epoch"] == 8
    assert measured(outcome)["best_epoch"] == 15


def test_a_last_epoch_that_is_clearly_worse_is_a_note_and_by_half_a_warning() -> None:
    (finding,) = judge(bent(), reported=metrics(table("mae", BENT[-1] / 2))).findings
    assert finding.severity is Severity.WARNING  # 0.81 against 0.505
    (finding,) = judge(bent(), reported=metrics(table("mae", BENT[20] / 2))).findings
    assert finding.severity is Severity.NOTE


def test_a_cross_entropy_that_grew_is_a_note_only() -> None:
    (finding,) = judge(bent(), reported=metrics(table("loss", BENT[-1]))).findings
    assert finding.severity is Severity.NOTE


def test_a_checkpoint_that_monitors_another_column() -> None:
    other = np.where(np.arange(30) == 25, 0.1, 1.0 + np.arange(30) / 100)
    record = history(epoch=range(1, 31), loss=BENT, val_mae=np.round(BENT, 6), val_loss=other)
    reported = metrics(table("mae", BENT[25]), table("mae", 0.6, role=SplitRole.TEST))
    own = "ModelCheckpoint('m.keras', monitor='val_loss', save_best_only=True)"
    assert judge(record, own, reported=reported).verdict is Verdict.PASS
    unknown = "ModelCheckpoint('m.keras', monitor=WATCHED, save_best_only=True)"
    (finding,) = judge(record, unknown, reported=reported).findings
    assert finding.severity is Severity.NOTE


def test_a_promise_to_restore_the_best_that_was_not_kept() -> None:
    cell = "EarlyStopping(monitor='val_loss', patience=15, restore_best_weights=True)"
    (finding,) = judge(bent(), cell, reported=metrics(table("mae", BENT[18] / 2))).findings
    assert finding.severity is Severity.WARNING
    assert "promises" in finding.message


def test_the_best_epoch_on_the_reported_rows_is_a_note_unless_there_is_a_test_value() -> None:
    cell = "EarlyStopping(patience=15, restore_best_weights=True)"
    best = table("mae", BENT[14] / 2)
    (finding,) = judge(bent(), cell, reported=metrics(best)).findings
    assert finding.severity is Severity.NOTE
    test = table("mae", 0.27, role=SplitRole.TEST)
    assert judge(bent(), cell, reported=metrics(best, test)).verdict is Verdict.PASS


def test_a_test_value_that_is_that_of_an_epoch_was_watched_during_training() -> None:
    watched = table("mae", BENT[14] / 2, role=SplitRole.TEST)
    (finding,) = judge(bent(), reported=metrics(watched)).findings
    assert "test rows" in finding.message


def test_a_long_plateau_meets_a_test_value_by_chance() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        values = 0.3 + 0.01 * rng.standard_normal(1000)
        record = history(epoch=range(1000), loss=values * 0.9, val_loss=values, val_mse=values)
        watched = metrics(table("mse", float(0.3 + 0.005 * rng.random()), role=SplitRole.TEST))
        assert "kept_epoch" not in measured(judge(record, reported=watched)), seed


def test_an_epoch_chosen_by_another_column_is_not_called_worse() -> None:
    other = np.where(np.arange(30) == 25, 0.1, 1.0 + np.arange(30) / 100)
    record = history(epoch=range(1, 31), loss=BENT, val_mae=np.round(BENT, 6), val_loss=other)
    cell = "EarlyStopping(monitor='val_loss', patience=9, restore_best_weights=True)"
    test = table("mae", 0.6, role=SplitRole.TEST)
    outcome = judge(record, cell, reported=metrics(table("mae", BENT[25]), test))
    assert outcome.verdict is Verdict.PASS


def test_a_value_that_several_epochs_have_tells_no_epoch() -> None:
    record = history(epoch=[1, 2, 3], accuracy=[0.8, 0.9, 0.9], val_accuracy=[0.8, 0.85, 0.85])
    outcome = judge(record, reported=metrics(table("accuracy", 0.85)))
    assert "kept_epoch" not in measured(outcome)


def test_a_coarse_value_is_not_matched_with_a_loss_of_unknown_meaning() -> None:
    record = history(epoch=range(1, 31), loss=BENT, val_loss=np.round(BENT, 6))
    close = table("rmse", round(BENT[3], 2), half_width=0.005)
    assert "kept_epoch" not in measured(judge(record, reported=metrics(close)))


def test_an_accuracy_is_best_where_it_is_largest() -> None:
    record = history(epoch=[1, 2, 3], accuracy=[0.5, 0.9, 0.8], val_accuracy=[0.5, 0.7, 0.6])
    assert measured(judge(record))["best_epoch"] == 2


# --- code -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["%%bash\nls -l", "!pip install x\nEPOCHS = 3", "%%time\nEPOCHS = 3", "EPOCHS = 10**400", ""],
)
def test_notebook_syntax_is_no_unread_cell(text: str) -> None:
    assert read_training(code(text)).unread == 0


@pytest.mark.parametrize("text", ["def (:", "(" * 5_000, "\0", "x = 1\n" * 180_000])
def test_what_cannot_be_read_is_counted(text: str) -> None:
    assert read_training(code(text)).unread == 1
    assert judge(short(), text).verdict is Verdict.REVIEW


def test_deep_nesting_stops_nothing() -> None:
    for text in ("x = " + "-" * 800 + "1", "x = " + "not " * 800 + "1", "f" + "(f" * 80 + ")" * 80):
        judge(short(), text, "model.fit(x, y, epochs=x)")


def test_subjects_differ_and_do_not_depend_on_lines() -> None:
    def subjects(*cells: str) -> set[str]:
        record = history(
            epoch=[1, 2, 3, 4, 5],
            loss=FALL,
            val_loss=FALL,
            val_mse=np.array(FALL) * 9,
            lr=[1e-3, 1e-3, 1e-3, 1e-3, 1e-9],
        )
        return {finding.subject for finding in judge(record, *cells).findings}

    cells = ("ReduceLROnPlateau(min_lr=1e-5)", COMPILE.replace("mean_squared_error", "mse"), FIT)
    found = subjects("EPOCHS = 250", *cells)
    assert len(found) == 3
    assert found == subjects("\n\nprint()", "EPOCHS = 250", "\n\n" + cells[0], *cells[1:])


def test_severities_follow_the_parameters() -> None:
    strict: Mapping[str, float] = {"large_excess": 0.01, "min_excess": 0.01}
    outcome = judge(bent(), reported=metrics(table("mae", BENT[20] / 2)), params=Params(**strict))
    assert outcome.findings[0].severity is Severity.WARNING


# --- the column that a callback monitors ------------------------------------------------------

BALANCED = (
    "history = model.fit(X, y, epochs={epochs}, callbacks=[keras.callbacks.EarlyStopping("
    "'val_log2_mse_balanced', mode='min', patience=10, restore_best_weights=True)])"
)


def balanced(values: Sequence[float]) -> History:
    falling = [2.0 - 0.1 * i for i in range(len(values))]
    return history(
        epoch=range(1, len(values) + 1),
        loss=falling,
        val_loss=values,
        val_log2_mse_balanced=values,
        val_log2_mse_easy=falling,
    )


def test_only_what_is_monitored_counts_beside_known_columns() -> None:
    record = balanced(FALL)
    assert [each.column for each in curves_of(record)] == ["loss", "val_loss"]
    names = {"val_log2_mse_balanced", "val_absent"}
    assert [each.column for each in curves_of(record, names)][2:] == ["val_log2_mse_balanced"]


@pytest.mark.parametrize(
    ("column", "better"),
    [
        ("val_macro_accuracy", True),
        ("val_accuracy_hard", True),
        ("val_rmse_balanced", False),
        ("val_r2_loss", None),
        ("val_novelty", "left out"),
    ],
)
def test_direction_of_a_monitored_column(column: str, better: object) -> None:
    curves = curves_of(history(**{column: FALL}), {column})
    found = curves[0].greater_is_better if curves else "left out"
    assert found is better or found == better


def test_a_training_that_ends_before_its_monitored_column_has_its_best() -> None:
    outcome = judge(balanced(FALL), BALANCED.format(epochs=50))
    (finding,) = outcome.findings
    assert "ended at epoch 5 of 50 while val_log2_mse_balanced" in finding.message
    assert judge(balanced([*FALL, *[0.4] * 11]), BALANCED.format(epochs=50)).verdict is Verdict.PASS


def test_a_better_epoch_of_the_monitored_column_was_promised() -> None:
    reported = metrics(table("log2_mse", 0.60321))
    record = balanced([1.01234, 0.30001, 0.91234, 0.60321])
    outcome = judge(record, BALANCED.format(epochs=4), reported=reported)
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert "epoch 4; epoch 2 is better with 0.3" in finding.message
