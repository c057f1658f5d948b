# ruff: noqa
# mypy: ignore-errors
# %% [markdown]
# # Run 6 again, divided by parent
#
# Run 6 made up to 50 copies of a sample and then divided all rows at random, so that copies of one
# sample stand on both sides. Here the same samples get the same copies, from the same random
# numbers, and the same network is trained with the same settings. Only the division differs: a
# sample and all of its copies lie on one side, and the scaler sees the training rows only.
#
# The score is the mean squared error of the base-2 logarithm of the height (log2-MSE).

# %%
import hashlib
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

# %% from run6: constants

# %% from run6: load

# %% [markdown]
# ## Augmentation
#
# - hard groups, (5,4) (6,3) (4,5): 50 copies of each sample
# - medium groups, (4,4) (5,3) (6,2): 25 copies of each sample
# - easy groups, (4,2) (4,3) (5,2): no copies
#
# A copy gets noise on P, with a standard deviation of 0.02 in the units of P, and n is changed by
# up to 2 %; P is then clipped to [0, 1] and its rows are normalised. P lies between -100 and 100,
# so that this keeps little of it but the signs.

# %%
copies_per_group = {
    # hard groups
    (5, 4): 50,
    (6, 3): 50,
    (4, 5): 50,
    # medium groups
    (4, 4): 25,
    (5, 3): 25,
    (6, 2): 25,
    # easy groups
    (4, 2): 0,
    (4, 3): 0,
    (5, 2): 0,
}


def noisy_copy(n, k, m, P):
    n_noisy = max(1.0, n * (1 + rng.uniform(-NOISE_SCALE, NOISE_SCALE)))
    P_noisy = np.clip(P + rng.normal(0.0, NOISE_SCALE, P.shape), 0, 1)
    row_sums = np.maximum(P_noisy.sum(axis=1, keepdims=True), 1e-7)
    return [n_noisy, k, m, P_noisy / row_sums]


# %% from run6: pool

# %% [markdown]
# ## Parents
#
# The parent of a row is the sample that it was made from; a sample is its own parent. Samples whose
# P is the same up to the order and the signs of its rows and columns have the same height. They
# have the same magnitudes, too, so samples with the same k and the same sorted magnitudes of P are
# kept together, whatever their m.

# %%
sizes = [1 + copies_per_group[(k, m)] for _, k, m, _ in inputs]
parents = np.repeat(np.arange(len(inputs)), sizes)
is_copy = np.diff(parents, prepend=-1) == 0
row_of_parent = np.flatnonzero(~is_copy)[parents]

numbers = {}
families = np.array(
    [numbers.setdefault((k, *np.sort(np.abs(P), axis=None)), len(numbers)) for _, k, _, P in inputs]
)
print(f"{len(numbers):,} families of {len(inputs):,} samples")

# %% from run6: features

# %% [markdown]
# ## Split
#
# 85 % of the families for training, 15 % for validation, stratified by group. All rows of a family
# lie on one side.

# %%
row_ids = np.arange(len(X))
_, first_of_family = np.unique(families, return_index=True)
strata = np.array([k * 10 + m for _, k, m, _ in inputs])[first_of_family]

train_families, val_families = train_test_split(
    np.arange(len(numbers)),
    test_size=VALIDATION_SHARE,
    random_state=RANDOM_STATE,
    stratify=strata,
)
family_of_row = families[parents]
train_ids = row_ids[np.isin(family_of_row, train_families)]
val_ids = row_ids[np.isin(family_of_row, val_families)]

shared_parents = np.intersect1d(parents[train_ids], parents[val_ids])
print(f"training rows: {len(train_ids):,} of {len(np.unique(parents[train_ids])):,} samples")
print(f"validation rows: {len(val_ids):,} of {len(np.unique(parents[val_ids])):,} samples")
print(f"samples with rows on both sides: {len(shared_parents)}")

# %%
scaler = StandardScaler()
X_train = scaler.fit_transform(X[train_ids])
X_val = scaler.transform(X[val_ids])
y_train = y[train_ids]
y_val = y[val_ids]

# %% [markdown]
# The exact height of every row beside the one that it is given: a copy is given that of its parent.

# %%
y_exact = exact_heights(X)

os.makedirs("splits", exist_ok=True)


def save_split(name, ids):
    table = pd.DataFrame(X[ids], columns=feature_names)
    table = table.astype({"k": "int8", "m": "int8"})
    table.insert(0, "row_id", ids.astype("int32"))
    table["is_augmented"] = is_copy[ids]
    table["parent_id"] = row_of_parent[ids].astype("int32")
    table["y"] = y[ids]
    table["y_exact"] = y_exact[ids]
    table.to_parquet(f"splits/{name}.parquet", index=False, compression="zstd")


save_split("train", train_ids)
save_split("val", val_ids)

groups_val = pd.DataFrame({"k": X[val_ids, 1].astype(int), "m": X[val_ids, 2].astype(int)})

# %% from run6: model

# %% from run6: fit

# %% from run6: evaluation

# %% from run6: by group

# %% [markdown]
# The same for the samples themselves, without their copies.

# %%
is_sample = ~is_copy[val_ids]
samples_score = log2_mse(y_val[is_sample], pred_val[is_sample])
print(f"validation log2-MSE of the samples alone: {samples_score:.6f}")

by_group_samples = []
for (k, m), rows in predictions[is_sample].groupby(["k", "m"]):
    score = log2_mse(rows["y_true"], rows["y_pred"])
    by_group_samples.append({"k": int(k), "m": int(m), "samples": len(rows), "log2_mse": score})
    print(f"k={k} m={m}   samples {len(rows):4d}   log2-MSE {score:.6f}")

# %%
label_error = []
copies = pd.DataFrame({"k": X[:, 1], "m": X[:, 2], "y": y, "y_exact": y_exact})[is_copy]
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

# %%
with open("data/m_heights.pkl", "rb") as handle:
    data_digest = hashlib.sha256(handle.read()).hexdigest()

metrics = {
    "run": "Run 6, divided by parent",
    "metric": "log2_mse",
    "overall": {"train": train_score, "validation": val_score},
    "by_group": by_group,
    "counts": {
        "originals": len(inputs),
        "pool": len(pool_inputs),
        "train": len(X_train),
        "validation": len(X_val),
    },
    "growth_factor": growth_factor,
    "random_state": RANDOM_STATE,
    "data_digest": data_digest,
    "samples_on_both_sides": len(shared_parents),
    "samples_alone": {"overall": samples_score, "by_group": by_group_samples},
    "label_error_of_copies": label_error,
}
with open("metrics.json", "w") as handle:
    json.dump(metrics, handle, indent=2)
    handle.write("\n")

# %% [markdown]
# Results are written up in `RESULTS.md`.
