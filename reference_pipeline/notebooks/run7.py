# ruff: noqa
# mypy: ignore-errors
# %% [markdown]
# # Run 7: predicting the m-height of a code
#
# A linear code of length n = 9 and dimension k has the generator matrix G = [I | P]. A network
# predicts its m-height from n, k, m and P. The score is the mean squared error of the base-2
# logarithm (log2-MSE).
#
# Run 6 scored copies of its training samples. This run is built so that it cannot: the samples are
# split first, by entity; only training samples are augmented, by exact symmetries; the scaler is
# fitted on training rows; the test set is used once, at the end.

# %% [markdown]
# ## Set-up

# %%
import os
from dataclasses import asdict

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import train_test_split

from audit import capture
from audit.integrations.keras import GroupMetrics
from reference_pipeline.augment import label_error, symmetric_copies
from reference_pipeline.baselines import constant_scores, ridge_scores
from reference_pipeline.config import TIERS
from reference_pipeline.data import COLUMNS, exact_heights, load_pickles
from reference_pipeline.evaluate import STRICT, criteria, gap, scores
from reference_pipeline.features import FEATURE_SETS, feature_names, features
from reference_pipeline.models import build_model
from reference_pipeline.recipes import ModelSettings
from reference_pipeline.scaling import GroupScaler
from reference_pipeline.split import entity_ids, split_by_entity

# %%
RANDOM_STATE = 7
EPOCHS = 4
BATCH_SIZE = 512
MEMBERS = 2
LEARNING_RATE = 2e-3
PATIENCE = 10
WIDTHS = (512, 512, 256)
FEATURE_SET = "D"

rng = np.random.default_rng(RANDOM_STATE)
keras.utils.set_random_seed(RANDOM_STATE)
tf.config.experimental.enable_op_determinism()

# %% [markdown] tags=["generated"]
# ## Data
#
# Two generated sets, each a pickled list of `[n, k, m, P]` and a pickled list of exact heights: a
# pool for training and validation, and a fresh test set that was drawn apart from it. No matrix
# occurs twice, not even with its rows or columns permuted or their signs changed.

# %% [markdown] tags=["own"]
# ## Data
#
# Two pickles: a list of `[n, k, m, P]` and the list of heights.

# %%
rows, heights = load_pickles("data/inputs_n_k_m_P.pkl", "data/m_heights.pkl")
print(f"loaded {len(rows):,} samples")

# %% tags=["generated"]
fresh_rows, fresh_heights = load_pickles("data/fresh_n_k_m_P.pkl", "data/fresh_m_heights.pkl")
print(f"loaded {len(fresh_rows):,} fresh samples for the final test")

# %% [markdown]
# ## Split by entity
#
# Permuting rows or columns of P, or changing their signs, does not change the height. All samples
# whose P is the same up to these symmetries are one entity, whatever their m, and an entity goes to
# one side only. The split is stratified by group (k, m).

# %%
entities = entity_ids(rows)
print(f"{len(np.unique(entities)):,} entities")

# %% [markdown] tags=["generated"]
# Every generated entity has one sample, so to divide the samples is to divide the entities.

# %% tags=["generated"]
train_ids, val_ids = train_test_split(
    np.arange(len(rows)), test_size=0.15, stratify=rows[:, 1:3], random_state=RANDOM_STATE
)
test_ids = len(rows) + np.arange(len(fresh_rows))
rows_test, y_test = fresh_rows, fresh_heights

# %% [markdown] tags=["own"]
# A matrix may occur with several m, so the entities are stratified by all the groups that they have
# samples in.

# %% tags=["own"]
train_ids, val_ids, test_ids = split_by_entity(
    entities, rows[:, 1:3], shares=(0.70, 0.15, 0.15), random_state=RANDOM_STATE
)
rows_test, y_test = rows[test_ids], heights[test_ids]

# %%
rows_train, y_train = rows[train_ids], heights[train_ids]
rows_val, y_val = rows[val_ids], heights[val_ids]

# %% [markdown]
# Counted, not assumed: how many held-out samples have their matrix in training, up to symmetry.

# %%
sides = np.repeat(["train", "val", "test"], [len(train_ids), len(val_ids), len(test_ids)])
entity_of = entity_ids(np.concatenate([rows_train, rows_val, rows_test]))
in_train = np.isin(entity_of, entity_of[sides == "train"])
leaked_rows = int(np.sum(in_train & (sides != "train")))

print(f"training samples: {len(train_ids):,}")
print(f"validation samples: {len(val_ids):,}")
print(f"test samples: {len(test_ids):,}")
print(f"held-out samples whose matrix is in training: {leaked_rows}")

# %% [markdown]
# ## Augment the training samples
#
# Each copy is its parent with rows and columns permuted and signs changed at random, which leaves
# the height as it is.
#
# - hard groups: 3 copies
# - medium groups: 2 copies
# - easy groups: 1 copy

# %%
copies_per_group = {
    # hard groups: 3 copies
    (5, 4): 3,
    (6, 3): 3,
    (4, 5): 3,
    # medium groups: 2 copies
    (4, 4): 2,
    (5, 3): 2,
    (6, 2): 2,
    # easy groups: 1 copy
    (4, 2): 1,
    (4, 3): 1,
    (5, 2): 1,
}

copies_per_sample = [copies_per_group[(k, m)] for k, m in rows_train[:, 1:3]]
parents = np.repeat(np.arange(len(rows_train)), copies_per_sample)
copies, y_copies = symmetric_copies(rows_train[parents], rng), y_train[parents]

rows_train_augmented = np.concatenate([rows_train, copies])
y_train_augmented = np.concatenate([y_train, y_copies])
growth_factor = len(rows_train_augmented) / len(rows_train)
print(f"{len(rows_train):,} training samples before augmentation")
print(f"{len(rows_train_augmented):,} training rows after augmentation ({growth_factor:.2f}x)")

# %% [markdown]
# What is a copied label worth? The exact height of every copy, computed from the copy itself, says
# it: an augmentation that changes the height teaches the network wrong answers.

# %%
label_errors = label_error(copies, y_copies)
for error in label_errors:
    print(
        f"k={error.k} m={error.m}   copies {error.n_copies:6,d}   infinite {error.n_infinite}   "
        f"largest log2 error {error.max_abs_log2_error:.1e}"
    )

# %% [markdown]
# ## Features, and what they give away
#
# The height is a largest ratio of volumes. Features could be so close to it that any regression
# finds the answer, so there is a ladder of feature sets, and a plain ridge regression on each tells
# how much of the work the features do:
#
# - A: the entries of P
# - B: generic spectra: norms of rows and columns, singular values, leverages
# - C: B, and the sorted minors of P by size, which know nothing of m
# - D: C, and the sorted volumes of the sets of n - m columns, the denominators of the height
#
# D is a judgement call: it knows which sets matter, and nothing of the columns outside of them.
# Anything that pairs a numerator with its denominator would be the label in disguise, and is not
# used.

# %%
ladder = []
constant = constant_scores(y_train, y_val, rows_train, rows_val)
print(f"constant for each group   validation log2-MSE {constant.overall.value:.4f}")
for name in FEATURE_SETS:
    ridge = ridge_scores(
        features(rows_train, name), y_train, features(rows_val, name), y_val, rows_train, rows_val
    )
    ladder.append((name, len(feature_names(name)), ridge))
    print(f"ridge on {name} ({len(feature_names(name)):3d} features)   {ridge.overall.value:.4f}")

# %% [markdown]
# B, C and D do not change under the symmetries. So to a network that sees them a copy is its parent
# once more: the augmentation does nothing but count a hard sample 4 times, a medium one 3 times and
# an easy one 2 times. It brings no new information, and an epoch over it is about three epochs over
# the samples. Each copy takes over the features of its parent, after a look at whether that is
# right.

# %%
X_samples = features(rows_train, FEATURE_SET)
X_train = np.concatenate([X_samples, X_samples[parents]])
X_val = features(rows_val, FEATURE_SET)
X_test = features(rows_test, FEATURE_SET)

some = rng.choice(len(copies), 500)
difference = np.max(np.abs(features(copies[some], FEATURE_SET) - X_samples[parents[some]]))
print(f"largest difference between the features of a copy and its parent: {difference:.0e}")

# %% [markdown]
# The features are centred and scaled within each group, by what is measured on training rows only.

# %%
scaler = GroupScaler()
X_train_scaled = scaler.fit_transform(X_train)
X_val_scaled = scaler.transform(X_val)
X_test_scaled = scaler.transform(X_test)

# %% [markdown]
# ## Training
#
# A multilayer perceptron with one output for each group. It predicts log2 of the height, at least
# 0, so that its mean squared error is the log2-MSE. MEMBERS networks are trained from different
# seeds, and their predictions of log2 are averaged.
#
# After every epoch the validation samples are scored by group and by tier. Training stops, and the
# best weights come back, by the balanced score: the mean over tiers of the mean over their groups.
# The easy tier is watched for a lasting trend upwards after the first epochs, not against a fixed
# bound, which would stop a run before it has learned anything. Both are for longer trainings: in a
# few epochs what they do is keep the best one.


# %%
def print_epoch(epoch, logs):
    tiers = "   ".join(f"{tier} {logs[f'val_log2_mse_{tier}']:.4f}" for tier in TIERS)
    balanced = logs["val_log2_mse_balanced"]
    print(f"epoch {epoch + 1:2d}   loss {logs['loss']:.4f}   {tiers}   balanced {balanced:.4f}")


settings = ModelSettings(widths=WIDTHS, group_heads=True)
steps = EPOCHS * int(np.ceil(len(X_train_scaled) / BATCH_SIZE))

models, histories, best_epochs = [], [], []
for member in range(MEMBERS):
    keras.utils.set_random_seed(RANDOM_STATE + member)
    model = build_model("mlp", X_train_scaled.shape[1], settings, float(np.log2(y_train).mean()))
    model.compile(
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps),
            weight_decay=1e-4,
            clipnorm=1.0,
        ),
        loss="mse",
    )
    print(f"network {member + 1} of {MEMBERS}, {model.count_params():,} parameters")
    group_metrics = GroupMetrics(
        X_val_scaled,
        np.log2(y_val),
        {"k": rows_val[:, 1], "m": rows_val[:, 2]},
        tiers=TIERS,
        name="log2_mse",
        guard="easy",
    )
    best = keras.callbacks.EarlyStopping(
        "val_log2_mse_balanced", mode="min", patience=PATIENCE, restore_best_weights=True
    )
    history = model.fit(
        X_train_scaled,
        np.log2(y_train_augmented),
        validation_data=(X_val_scaled, np.log2(y_val)),
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        callbacks=[
            group_metrics,
            keras.callbacks.LambdaCallback(on_epoch_end=print_epoch),
            best,
        ],
        verbose=0,
    )
    models.append(model)
    histories.append(pd.DataFrame(history.history, index=pd.Index(history.epoch, name="epoch") + 1))
    best_epochs.append(best.best_epoch + 1)

# %% [markdown]
# The history that is kept is the mean over the networks, epoch by epoch.

# %%
epochs = pd.concat(histories).groupby("epoch").mean().reset_index()

# %% [markdown]
# ## Evaluation
#
# The training score is that of the training samples without their copies, so that it has the same
# mixture of groups as the validation score: the gap between the two is one of fit, not of mixture.


# %%
def predict_heights(X):
    log2_heights = [model.predict(X, batch_size=4096, verbose=0)[:, 0] for model in models]
    return np.exp2(np.mean(log2_heights, axis=0, dtype="float64"))


pred_train = predict_heights(X_train_scaled[: len(rows_train)])
pred_val = predict_heights(X_val_scaled)

train = scores(rows_train, y_train, pred_train)
validation = scores(rows_val, y_val, pred_val)
train_val_gap = gap(train, validation)
print(f"train log2-MSE (originals): {train.overall}")
print(f"validation log2-MSE:        {validation.overall}")
print(f"gap (validation - train):   {train_val_gap}")

# %% [markdown]
# ## Final evaluation
#
# Nothing was predicted for the test set before, and it is scored once. The intervals are 95 % intervals of the
# mean over the samples.

# %%
pred_test = predict_heights(X_test_scaled)
test = scores(rows_test, y_test, pred_test)

print(f"test log2-MSE:  {test.overall}")
print(f"test, balanced: {test.balanced}")
for tier, score in test.by_tier.items():
    print(f"{tier:6s}   rows {score.n:6,d}   log2-MSE {score}")
for (k, m), score in test.by_group.items():
    print(f"k={k} m={m}   rows {score.n:6,d}   log2-MSE {score}")

# %% [markdown]
# The six success criteria that the analysis of Run 6 set, judged on the test set, and the bounds
# that this run set itself.

# %%
planned = criteria(test, train_val_gap, leaked_rows)
strict = criteria(test, train_val_gap, leaked_rows, STRICT)
for criterion in planned:
    outcome = "met" if criterion.met else "not met"
    print(f"{criterion.name:24s} {criterion.threshold:34s} {criterion.value:8.4f}   {outcome}")

# %% [markdown] tags=["also"]
# ## Samples from elsewhere
#
# A second test set, which nothing above has seen. Samples whose matrix is among those trained on or
# validated on, up to symmetry, are left out.

# %% tags=["also"]
also_rows, also_heights = load_pickles("data/also_n_k_m_P.pkl", "data/also_m_heights.pkl")
entity_of = entity_ids(np.concatenate([rows_train, rows_val, also_rows]))
unseen = ~np.isin(entity_of[-len(also_rows) :], entity_of[: -len(also_rows)])
also_rows, also_heights = also_rows[unseen], also_heights[unseen]

pred_also = predict_heights(scaler.transform(features(also_rows, FEATURE_SET)))
also = scores(also_rows, also_heights, pred_also)
print(f"samples from elsewhere: {len(also_rows):,}, left out: {np.sum(~unseen):,}")
print(f"log2-MSE: {also.overall}")
for tier, score in also.by_tier.items():
    print(f"{tier:6s}   rows {score.n:6,d}   log2-MSE {score}")

# %% [markdown]
# ## Export
#
# Everything that an audit needs: the rows as they were before features and scaling, which of them
# are copies and of what, the exact height of each, the predictions, and the numbers above.


# %%
def with_interval(score):
    return {"samples": score.n, "log2_mse": score.value, "low": score.low, "high": score.high}


def by_group(result):
    return [{"k": k, "m": m, **with_interval(score)} for (k, m), score in result.by_group.items()]


def by_tier(result):
    return [{"tier": tier, **with_interval(score)} for tier, score in result.by_tier.items()]


metrics = {
    "run": "Run 7",
    "metric": "log2_mse",
    "overall": {
        "train": train.overall.value,
        "validation": validation.overall.value,
        "test": test.overall.value,
    },
    "by_group": by_group(validation),
    "by_group_test": by_group(test),
    "by_tier": by_tier(validation),
    "by_tier_test": by_tier(test),
    "balanced": {"validation": validation.balanced.value, "test": test.balanced.value},
    "interval_95": {
        "validation": [validation.overall.low, validation.overall.high],
        "test": [test.overall.low, test.overall.high],
        "test_balanced": [test.balanced.low, test.balanced.high],
        "gap": [train_val_gap.low, train_val_gap.high],
    },
    "gap": train_val_gap.value,
    "counts": {
        "originals": len(rows),
        "train_originals": len(rows_train),
        "train_copies": len(copies),
        "train": len(rows_train_augmented),
        "validation": len(rows_val),
        "test": len(rows_test),
        "held_out_with_entity_in_train": leaked_rows,
    },
    "growth_factor": growth_factor,
    "networks": MEMBERS,
    "epochs": {
        "planned": EPOCHS,
        "trained": [len(history) for history in histories],
        "best": best_epochs,
    },
    "feature_set": FEATURE_SET,
    "ridge": [
        {"features": name, "n_features": size, **with_interval(ridge.overall)}
        for name, size, ridge in ladder
    ],
    "constant": with_interval(constant.overall),
    "label_error": [
        {
            "k": error.k,
            "m": error.m,
            "copies": error.n_copies,
            "infinite": error.n_infinite,
            "mean_squared_log2_error": error.mean_squared_log2_error,
            "max_abs_log2_error": error.max_abs_log2_error,
        }
        for error in label_errors
    ],
    "criteria": [asdict(criterion) for criterion in planned],
    "own_criteria": [asdict(criterion) for criterion in strict],
}

# %% tags=["also"]
metrics["also_test"] = {
    **with_interval(also.overall),
    "left_out": int(np.sum(~unseen)),
    "by_tier": by_tier(also),
}

# %%
copy_ids = len(rows) + len(rows_test) + np.arange(len(copies))


def originals_only(rows, y, row_ids):
    return {
        "X": rows,
        "y": y,
        "y_exact": exact_heights(rows),
        "row_id": row_ids,
        "parent_id": row_ids,
        "is_augmented": np.zeros(len(rows), dtype=bool),
    }


files = capture.save_export(
    ".",
    splits={
        "train": {
            "X": rows_train_augmented,
            "y": y_train_augmented,
            "y_exact": exact_heights(rows_train_augmented),
            "row_id": np.concatenate([train_ids, copy_ids]),
            "parent_id": np.concatenate([train_ids, train_ids[parents]]),
            "is_augmented": np.repeat([False, True], [len(rows_train), len(copies)]),
        },
        "val": originals_only(rows_val, y_val, val_ids),
        "test": originals_only(rows_test, y_test, test_ids),
    },
    predictions={"val": pred_val, "test": pred_test},
    history=epochs,
    metrics=metrics,
    groups=["k", "m"],
    feature_names=COLUMNS,
    source=(),  # this notebook is written beside it once it has run
)
for file in files:
    print(f"wrote {file.as_posix()}")

# %% [markdown]
# Results are written up in `RESULTS.md`.
