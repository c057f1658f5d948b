# ruff: noqa
# mypy: ignore-errors
# %% [markdown]
# # Predicting the m-height of a code: corrected experiment
#
# A linear code of length n = 9 and dimension k has the generator matrix [I | P]. From n, k, m and
# the entries of P a small network predicts the m-height. The score is the mean squared error of
# the base-2 logarithm (log2-MSE).
#
# The order of the steps matters: split first, then augment the training samples only, then fit the
# scaler on the training rows only. The test set is used once, at the end.

# %%
import json
import os
import pickle
from itertools import permutations, product

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler

# %%
RANDOM_STATE = 7
EPOCHS = 12
BATCH_SIZE = 64

rng = np.random.default_rng(RANDOM_STATE)
keras.utils.set_random_seed(RANDOM_STATE)
tf.config.experimental.enable_op_determinism()

# %% [markdown]
# ## Load the data

# %%
with open("data/inputs_n_k_m_P.pkl", "rb") as handle:
    inputs = pickle.load(handle)
with open("data/m_heights.pkl", "rb") as handle:
    heights = pickle.load(handle)

print(f"loaded {len(inputs):,} samples")

# %% [markdown]
# ## Split by entity
#
# Permuting rows or columns of P, or changing their signs, does not change the height, and some
# matrices occur with more than one m. All samples whose P is the same up to these symmetries are
# one entity, and an entity belongs to exactly one of training, validation and test.


# %%
def entity_of(P):
    if P.shape[0] > P.shape[1]:
        return ("tall", *entity_of(P.T)[1:])
    candidates = []
    for order in permutations(range(P.shape[0])):
        for signs in product((1, -1), repeat=P.shape[0]):
            signed = P[list(order)] * np.array(signs)[:, None]
            columns = [max(tuple(column), tuple(-column)) for column in signed.T]
            candidates.append(tuple(sorted(columns)))
    return ("wide", P.shape, min(candidates))


number_of_entity = {}
entities = np.array(
    [number_of_entity.setdefault(entity_of(P), len(number_of_entity)) for _, _, _, P in inputs]
)
strata = np.array([k * 10 + m for _, k, m, _ in inputs])
print(f"{len(number_of_entity):,} entities")

# %%
sample_ids = np.arange(len(inputs))
splitter = StratifiedGroupKFold(n_splits=6, shuffle=True, random_state=RANDOM_STATE)

rest, test_part = next(splitter.split(sample_ids, strata, groups=entities))
test_ids = sample_ids[test_part]

train_part, val_part = next(splitter.split(rest, strata[rest], groups=entities[rest]))
train_ids = sample_ids[rest[train_part]]
val_ids = sample_ids[rest[val_part]]

print(f"training samples: {len(train_ids):,}")
print(f"validation samples: {len(val_ids):,}")
print(f"test samples: {len(test_ids):,}")

# %% [markdown]
# ## Augment the training samples
#
# Random symmetries of P, so that the copied label is exact. n, k and m are left alone.
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


def symmetric_copy(P):
    rows, columns = P.shape
    shuffled = P[rng.permutation(rows)][:, rng.permutation(columns)]
    return shuffled * rng.choice([1, -1], (rows, 1)) * rng.choice([1, -1], (1, columns))


train_inputs = [inputs[i] for i in train_ids]
train_heights = [heights[i] for i in train_ids]
for i in train_ids:
    n, k, m, P = inputs[i]
    for _ in range(copies_per_group[(k, m)]):
        train_inputs.append([n, k, m, symmetric_copy(P)])
        train_heights.append(heights[i])

growth_factor = len(train_inputs) / len(train_ids)
print(f"{len(train_ids):,} training samples before augmentation")
print(f"{len(train_inputs):,} training rows after augmentation ({growth_factor:.2f}x)")

# %% [markdown]
# ## Features
#
# n, k, m and the entries of P row by row, padded with zeros to 20 columns.

# %%
feature_names = ["n", "k", "m"] + [f"p{i}" for i in range(20)]


def to_row(n, k, m, P):
    flat = np.zeros(20, dtype=int)
    flat[: P.size] = P.ravel()
    return np.concatenate([[n, k, m], flat])


X_train = np.array([to_row(*sample) for sample in train_inputs])
y_train = np.array(train_heights)
X_val = np.array([to_row(*inputs[i]) for i in val_ids])
y_val = np.array([heights[i] for i in val_ids])
X_test = np.array([to_row(*inputs[i]) for i in test_ids])
y_test = np.array([heights[i] for i in test_ids])

# %%
# Keep the rows that were used, before scaling. A sample keeps its number as row_id; the copies are
# numbered after all samples.
os.makedirs("splits", exist_ok=True)
copy_ids = len(inputs) + np.arange(len(train_inputs) - len(train_ids))


def save_split(name, row_ids, X, y):
    table = pd.DataFrame(X, columns=feature_names).astype("int8")
    table.insert(0, "row_id", row_ids.astype("int32"))
    table["y"] = y
    table.to_parquet(f"splits/{name}.parquet", index=False, compression="zstd")


save_split("train", np.concatenate([train_ids, copy_ids]), X_train, y_train)
save_split("val", val_ids, X_val, y_val)
save_split("test", test_ids, X_test, y_test)

# %%
scaler = StandardScaler()
X_train_scaled = scaler.fit_transform(X_train).astype("float32")
X_val_scaled = scaler.transform(X_val).astype("float32")
X_test_scaled = scaler.transform(X_test).astype("float32")

# %% [markdown]
# ## Model
#
# It predicts log2 of the height, at least 0; its mean squared error is the log2-MSE. All groups
# have the same weight.

# %%
model = keras.Sequential(
    [
        keras.Input((X_train_scaled.shape[1],)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="softplus"),
    ]
)
model.compile(optimizer=keras.optimizers.AdamW(3e-3, weight_decay=1e-3, clipnorm=1.0), loss="mse")
history = model.fit(
    X_train_scaled,
    np.log2(y_train),
    validation_data=(X_val_scaled, np.log2(y_val)),
    epochs=EPOCHS,
    batch_size=BATCH_SIZE,
    verbose=0,
)
epochs = pd.DataFrame(history.history)
epochs.insert(0, "epoch", np.arange(1, len(epochs) + 1))
epochs.to_csv("history.csv", index=False, float_format="%.6f", lineterminator="\n")
for row in epochs.itertuples():
    print(f"epoch {row.epoch:2d}   loss {row.loss:.4f}   val_loss {row.val_loss:.4f}")

# %% [markdown]
# ## Evaluation
#
# The training score is that of the training samples without their copies, so that it has the same
# mixture of groups as the other two.


# %%
def predict_heights(features):
    log2_heights = model.predict(features, batch_size=4096, verbose=0)
    return np.exp2(log2_heights[:, 0].astype("float64"))


def log2_mse(y_true, y_pred):
    return float(np.mean((np.log2(y_true) - np.log2(y_pred)) ** 2))


def scores_by_group(X, y_true, y_pred):
    table = pd.DataFrame({"k": X[:, 1], "m": X[:, 2], "y_true": y_true, "y_pred": y_pred})
    return [
        {
            "k": int(k),
            "m": int(m),
            "samples": len(rows),
            "log2_mse": log2_mse(rows["y_true"], rows["y_pred"]),
        }
        for (k, m), rows in table.groupby(["k", "m"])
    ]


def save_predictions(name, row_ids, X, y_true, y_pred):
    table = pd.DataFrame(
        {
            "row_id": row_ids.astype("int32"),
            "k": X[:, 1].astype("int8"),
            "m": X[:, 2].astype("int8"),
            "y_true": y_true,
            "y_pred": y_pred,
        }
    )
    table.to_parquet(f"{name}_predictions.parquet", index=False, compression="zstd")


originals = slice(0, len(train_ids))
pred_val = predict_heights(X_val_scaled)
train_score = log2_mse(y_train[originals], predict_heights(X_train_scaled[originals]))
val_score = log2_mse(y_val, pred_val)
val_by_group = scores_by_group(X_val, y_val, pred_val)
save_predictions("val", val_ids, X_val, y_val, pred_val)

print(f"train log2-MSE (originals): {train_score:.6f}")
print(f"validation log2-MSE:        {val_score:.6f}")

# %%
# Final evaluation, once.
pred_test = predict_heights(X_test_scaled)
test_score = log2_mse(y_test, pred_test)
test_by_group = scores_by_group(X_test, y_test, pred_test)
save_predictions("test", test_ids, X_test, y_test, pred_test)

print(f"test log2-MSE: {test_score:.6f}")
for group in test_by_group:
    print(
        f"k={group['k']} m={group['m']}   rows {group['samples']:3d}   "
        f"log2-MSE {group['log2_mse']:.6f}"
    )

# %%
metrics = {
    "run": "corrected",
    "metric": "log2_mse",
    "overall": {"train": train_score, "validation": val_score, "test": test_score},
    "by_group": val_by_group,
    "by_group_test": test_by_group,
    "counts": {
        "originals": len(inputs),
        "train_originals": len(train_ids),
        "train": len(train_inputs),
        "validation": len(val_ids),
        "test": len(test_ids),
    },
    "growth_factor": growth_factor,
}
with open("metrics.json", "w") as handle:
    json.dump(metrics, handle, indent=2)
    handle.write("\n")
