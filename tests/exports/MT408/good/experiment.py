# %% [markdown]
# # Yield by site
#
# A small network on six measurements of each plot.

# %%
import keras
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

# %%
plots = pd.read_csv("plots.csv")
train, rest = train_test_split(plots, test_size=160, random_state=7, stratify=plots["site"])
validation, test = train_test_split(rest, test_size=80, random_state=7, stratify=rest["site"])

# %%
measurements = [f"x{i}" for i in range(6)]
scaler = StandardScaler().fit(train[measurements])
EPOCHS = 100


def mean_squared_error(y_true, y_pred):
    return keras.ops.mean((y_true - keras.ops.squeeze(y_pred, -1)) ** 2)


# %%
model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
model.compile(optimizer="adam", loss="mse", metrics=[mean_squared_error])
history = model.fit(
    scaler.transform(train[measurements]),
    train["y"],
    validation_data=(scaler.transform(validation[measurements]), validation["y"]),
    epochs=EPOCHS,
    callbacks=[
        keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=5, min_lr=1e-5),
        keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True),
    ],
)
pd.DataFrame(history.history).to_csv("history.csv", index_label="epoch", float_format="%.8g")
