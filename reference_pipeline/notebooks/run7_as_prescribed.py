# ruff: noqa
# mypy: ignore-errors
# %% [markdown]
# # Run 7 as prescribed
#
# The analysis of Run 6 ends with recommendations for Run 7. This notebook follows them: divide the
# samples first, then augment the training samples only, with 3, 2 or 1 copies and 5 % noise;
# a monitor of the easy groups; weights of 3, 1.5 and 1 in the loss. The features are n, k, m and
# the entries of P.
#
# A linear code of length n = 9 and dimension k has the generator matrix [I | P]. A network predicts
# its m-height. The score is the mean squared error of the base-2 logarithm (log2-MSE).

# %%
import json
import os
import pickle

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from reference_pipeline.data import exact_heights

# %%
NOISE_SCALE = 0.05
VALIDATION_SHARE = 0.15
RANDOM_STATE = 42
EPOCHS = 250
BATCH_SIZE = 256
EASY_THRESHOLD = 0.15
EASY_PATIENCE = 5

rng = np.random.default_rng(RANDOM_STATE)
keras.utils.set_random_seed(RANDOM_STATE)
tf.config.experimental.enable_op_determinism()

# %% [markdown]
# ## Load the data
#
# Two pickles: a list of `[n, k, m, P]` and the list of exact heights.

# %%
with open("data/inputs_n_k_m_P.pkl", "rb") as handle:
    inputs = pickle.load(handle)
with open("data/m_heights.pkl", "rb") as handle:
    heights = pickle.load(handle)

print(f"loaded {len(inputs):,} samples")

# %% [markdown]
# ## Split
#
# The samples are divided before anything else happens to them: 85 % for training, 15 % for
# validation, stratified by group.

# %%
sample_ids = np.arange(len(inputs))
stratify_labels = [k * 10 + m for n, k, m, P in inputs]

inputs_train_orig, inputs_val, heights_train_orig, heights_val, train_ids, val_ids = (
    train_test_split(
        inputs,
        heights,
        sample_ids,
        test_size=VALIDATION_SHARE,
        random_state=RANDOM_STATE,
        stratify=stratify_labels,
    )
)
print(f"training samples: {len(inputs_train_orig):,}")
print(f"validation samples: {len(inputs_val):,}")

# %% [markdown]
# ## Augmentation
#
# Training samples only, noise_scale = 0.05.
#
# - hard groups: 3 copies of each sample
# - medium groups: 2 copies of each sample
# - easy groups: 1 copy of each sample

# %%
copies_per_group = {
    # hard groups
    (5, 4): 3,
    (6, 3): 3,
    (4, 5): 3,
    # medium groups
    (4, 4): 2,
    (5, 3): 2,
    (6, 2): 2,
    # easy groups
    (4, 2): 1,
    (4, 3): 1,
    (5, 2): 1,
}


def augment_sample(n, k, m, P, m_height, noise_scale=NOISE_SCALE):
    n_aug = max(1.0, n * (1 + rng.uniform(-noise_scale, noise_scale)))
    P_aug = np.clip(P + rng.normal(0, noise_scale, P.shape), 0, 1)
    row_sums = np.maximum(P_aug.sum(axis=1, keepdims=True), 1e-7)
    return [n_aug, k, m, P_aug / row_sums], m_height


# %%
inputs_train_aug = []
heights_train_aug = []
for sample, height in zip(inputs_train_orig, heights_train_orig):
    inputs_train_aug.append(sample)
    heights_train_aug.append(height)
    n, k, m, P = sample
    for _ in range(copies_per_group[(k, m)]):
        aug_sample, aug_height = augment_sample(n, k, m, P, height)
        inputs_train_aug.append(aug_sample)
        heights_train_aug.append(aug_height)

growth_factor = len(inputs_train_aug) / len(inputs_train_orig)
print(f"{len(inputs_train_orig):,} training samples before augmentation")
print(f"{len(inputs_train_aug):,} training rows after augmentation ({growth_factor:.2f}x)")

# A row's parent is the sample that it was made from; a sample is its own parent.
sizes = [1 + copies_per_group[(k, m)] for n, k, m, P in inputs_train_orig]
parents_train = np.repeat(train_ids, sizes)
is_copy = np.diff(parents_train, prepend=-1) == 0

shared_parents = np.intersect1d(parents_train, val_ids)
print(f"validation samples with a copy in training: {len(shared_parents)}")

# %% [markdown]
# ## Features
#
# n, k, m and the entries of P row by row, padded with zeros to 20 columns. The scaler is fitted on
# the training rows.

# %%
feature_names = ["n", "k", "m"] + [f"p{i}" for i in range(20)]


def to_row(n, k, m, P):
    flat = np.zeros(20)
    flat[: P.size] = P.ravel()
    return np.concatenate([[n, k, m], flat])


X_train = np.array([to_row(*sample) for sample in inputs_train_aug])
y_train = np.array(heights_train_aug)
X_val = np.array([to_row(*sample) for sample in inputs_val])
y_val = np.array(heights_val)

scaler = StandardScaler()
X_train_scaled = scaler.fit_transform(X_train).astype("float32")
X_val_scaled = scaler.transform(X_val).astype("float32")

# %% [markdown]
# ## What the copies are labelled with
#
# A copy is given the height of its parent. Its own height is computed exactly and kept beside it.

# %%
y_exact_train = exact_heights(X_train)
y_exact_val = exact_heights(X_val)

os.makedirs("splits", exist_ok=True)
copy_numbers = len(inputs) + np.cumsum(is_copy) - 1
row_ids_train = np.where(is_copy, copy_numbers, parents_train)


def save_split(name, row_ids, X, is_augmented, parents, y, y_exact):
    table = pd.DataFrame(X, columns=feature_names)
    table = table.astype({"k": "int8", "m": "int8"})
    table.insert(0, "row_id", row_ids.astype("int32"))
    table["is_augmented"] = is_augmented
    table["parent_id"] = parents.astype("int32")
    table["y"] = y
    table["y_exact"] = y_exact
    table.to_parquet(f"splits/{name}.parquet", index=False, compression="zstd")


save_split("train", row_ids_train, X_train, is_copy, parents_train, y_train, y_exact_train)
save_split("val", val_ids, X_val, np.zeros(len(X_val), dtype=bool), val_ids, y_val, y_exact_val)


# %%
def log2_mse(y_true, y_pred):
    return float(np.mean((np.log2(y_true) - np.log2(y_pred)) ** 2))


copies = pd.DataFrame(
    {"k": X_train[:, 1], "m": X_train[:, 2], "y": y_train, "y_exact": y_exact_train}
)[is_copy]
label_error = []
for (k, m), rows in copies.groupby(["k", "m"]):
    finite = rows[np.isfinite(rows["y_exact"])]
    label_error.append(
        {
            "k": int(k),
            "m": int(m),
            "copies": len(rows),
            "infinite": len(rows) - len(finite),
            "mean_squared_log2_error": (
                log2_mse(finite["y"], finite["y_exact"]) if len(finite) else None
            ),
        }
    )

# %% [markdown]
# ## Weights
#
# The weight of a row is the product of two: one that gives every group the same total, and one that
# protects the easy groups.

# %%
group_weights = {
    # easy groups
    (4, 2): 3.0,
    (4, 3): 3.0,
    (5, 2): 3.0,
    # medium groups
    (4, 4): 1.5,
    (5, 3): 1.5,
    (6, 2): 1.5,
    # hard groups
    (5, 4): 1.0,
    (6, 3): 1.0,
    (4, 5): 1.0,
}
groups_train = [(int(k), int(m)) for k, m in X_train[:, 1:3]]
rows_per_group = pd.Series(groups_train).value_counts()
weights_train = np.array(
    [group_weights[group] * len(X_train) / (9 * rows_per_group[group]) for group in groups_train]
)
weights_train = weights_train / weights_train.mean()

# %% [markdown]
# ## Model
#
# Residual blocks with layer normalisation, 1024, 512, 256 and 128 units wide, and dropout of 0.3,
# 0.2 and 0.1 in the first three. The network predicts log2 of the height, at least 0.


# %%
def residual_block(x, width, dropout):
    shortcut = keras.layers.Dense(width)(x)
    x = keras.layers.Dense(width)(x)
    x = keras.layers.LayerNormalization()(x)
    x = keras.layers.Activation("relu")(x)
    x = keras.layers.Dropout(dropout)(x)
    x = keras.layers.Dense(width)(x)
    x = keras.layers.LayerNormalization()(x)
    return keras.layers.Activation("relu")(keras.layers.Add()([x, shortcut]))


entries = keras.Input((X_train_scaled.shape[1],))
x = residual_block(entries, 1024, 0.3)
x = residual_block(x, 512, 0.2)
x = residual_block(x, 256, 0.1)
x = residual_block(x, 128, 0.0)
log2_height = keras.layers.Dense(1, activation="softplus")(x)
model = keras.Model(entries, log2_height)
model.compile(
    optimizer=keras.optimizers.AdamW(1e-3, weight_decay=1e-4, clipnorm=1.0),
    loss="mse",
)
print(f"{model.count_params():,} parameters")

# %% [markdown]
# ## Training
#
# With a monitor of the easy groups: it prints their validation score, and it stops the training
# after EASY_PATIENCE epochs in a row above EASY_THRESHOLD.

# %%
EASY_GROUPS = [(4, 2), (4, 3), (5, 2)]
easy_rows = np.array([(int(k), int(m)) in EASY_GROUPS for k, m in X_val[:, 1:3]])


class EasyCaseMonitor(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.epochs_above = 0

    def on_epoch_end(self, epoch, logs=None):
        predicted = self.model.predict(X_val_scaled[easy_rows], batch_size=4096, verbose=0)
        easy_score = float(np.mean((predicted[:, 0] - np.log2(y_val[easy_rows])) ** 2))
        logs["val_easy"] = easy_score
        self.epochs_above = self.epochs_above + 1 if easy_score > EASY_THRESHOLD else 0
        print(f"epoch {epoch + 1}: easy groups {easy_score:.4f} on validation samples")
        if self.epochs_above >= EASY_PATIENCE:
            print(f"stopped: {self.epochs_above} epochs above {EASY_THRESHOLD}")
            self.model.stop_training = True


easy_monitor = EasyCaseMonitor()
callbacks = [
    keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.97 if epoch else rate),
    easy_monitor,
    keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True),
    keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=8),
]
history = model.fit(
    X_train_scaled,
    np.log2(y_train),
    sample_weight=weights_train,
    validation_data=(X_val_scaled, np.log2(y_val)),
    epochs=EPOCHS,
    batch_size=BATCH_SIZE,
    callbacks=callbacks,
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
# mixture of groups as the validation score.


# %%
def predict_heights(features):
    log2_heights = model.predict(features, batch_size=4096, verbose=0)
    return np.exp2(log2_heights[:, 0].astype("float64"))


originals = ~is_copy
pred_val = predict_heights(X_val_scaled)
train_score = log2_mse(y_train[originals], predict_heights(X_train_scaled[originals]))
val_score = log2_mse(y_val, pred_val)
print(f"train log2-MSE (without copies): {train_score:.6f}")
print(f"validation log2-MSE:             {val_score:.6f}")

# %%
predictions = pd.DataFrame(
    {
        "row_id": val_ids.astype("int32"),
        "k": X_val[:, 1].astype("int8"),
        "m": X_val[:, 2].astype("int8"),
        "y_true": y_val,
        "y_pred": pred_val,
    }
)
predictions.to_parquet("val_predictions.parquet", index=False, compression="zstd")

by_group = []
for (k, m), rows in predictions.groupby(["k", "m"]):
    score = log2_mse(rows["y_true"], rows["y_pred"])
    by_group.append({"k": int(k), "m": int(m), "samples": len(rows), "log2_mse": score})
    print(f"k={k} m={m}   rows {len(rows):5d}   log2-MSE {score:.6f}")

# %%
metrics = {
    "run": "Run 7 as prescribed",
    "metric": "log2_mse",
    "overall": {"train": train_score, "validation": val_score},
    "by_group": by_group,
    "counts": {
        "originals": len(inputs),
        "train_originals": len(inputs_train_orig),
        "train": len(X_train),
        "validation": len(X_val),
    },
    "growth_factor": growth_factor,
    "noise_scale": NOISE_SCALE,
    "epochs": {"planned": EPOCHS, "trained": len(epochs)},
    "easy_monitor": {
        "threshold": EASY_THRESHOLD,
        "patience": EASY_PATIENCE,
        "stopped": easy_monitor.epochs_above >= EASY_PATIENCE,
    },
    "samples_on_both_sides": len(shared_parents),
    "label_error_of_copies": label_error,
}
with open("metrics.json", "w") as handle:
    json.dump(metrics, handle, indent=2)
    handle.write("\n")

# %% [markdown]
# Results are written up in `RESULTS.md`.
