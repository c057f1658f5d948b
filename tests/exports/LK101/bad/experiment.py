import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

plots = pd.read_csv("plots.csv")
measurements = [f"x{i}" for i in range(6)]


def jittered(plot, rng):
    shaken = dict(plot)
    for name in measurements:
        shaken[name] = plot[name] * (1 + rng.normal(0, 0.02))
    return shaken


rng = np.random.default_rng(7)
grown = []
for plot in plots.to_dict("records"):
    grown.append(plot)
    for _ in range(3):
        grown.append(jittered(plot, rng))
plots = pd.DataFrame(grown)
train, rest = train_test_split(plots, test_size=160, random_state=7, stratify=plots["site"])
validation, test = train_test_split(rest, test_size=80, random_state=7, stratify=rest["site"])
scaler = StandardScaler().fit(train[measurements])
model = Ridge().fit(scaler.transform(train[measurements]), train["y"])


def rmse(rows):
    predicted = model.predict(scaler.transform(rows[measurements]))
    return float(np.sqrt(np.mean((rows["y"] - predicted) ** 2)))


print(rmse(validation), rmse(test))
