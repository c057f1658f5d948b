import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, StandardScaler

plots = pd.read_csv("plots.csv")
measurements = [f"x{i}" for i in range(6)]
print(plots[measurements].mean(), plots[measurements].std())
plots["site_code"] = LabelEncoder().fit_transform(plots["site"])
plots["size"] = plots[measurements].sum(axis=1)
shares = plots[measurements].abs()
plots["largest"] = shares.max(axis=1) / shares.sum(axis=1)
train, rest = train_test_split(plots, test_size=160, random_state=7, stratify=plots["site"])
validation, test = train_test_split(rest, test_size=80, random_state=7, stratify=rest["site"])
scaler = StandardScaler().fit(train[measurements])
model = Ridge().fit(scaler.transform(train[measurements]), train["y"])


def rmse(rows):
    predicted = model.predict(scaler.transform(rows[measurements]))
    return float(np.sqrt(np.mean((rows["y"] - predicted) ** 2)))


print(rmse(validation), rmse(test))

# Once the evaluation is done, the model that is shipped is fitted on everything.
final_scaler = StandardScaler().fit(plots[measurements])
final = Ridge().fit(final_scaler.transform(plots[measurements]), plots["y"])
