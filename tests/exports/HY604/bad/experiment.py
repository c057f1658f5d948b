import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

plots = pd.read_csv("plots.csv")
measurements = [f"x{i}" for i in range(6)]
train, rest = train_test_split(plots, test_size=160, random_state=7, stratify=plots["site"])
validation, test = train_test_split(rest, test_size=80, random_state=7, stratify=rest["site"])
scaler = StandardScaler().fit(train[measurements])  # audit: ignore[LK102]
# audit: ignore[LK101] reason="the copies are made after the split"
model = Ridge().fit(scaler.transform(train[measurements]), train["y"])
text = '# audit: ignore[LK101] in a string is no comment'


def rmse(rows):
    predicted = model.predict(scaler.transform(rows[measurements]))
    return float(np.sqrt(np.mean((rows["y"] - predicted) ** 2)))


print(rmse(validation), rmse(test))
