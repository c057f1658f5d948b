"""Scripts of a blind sample that taught something, marked as in `snippets`."""

LEAKY = {
    "strengths from a list": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

xs, ys = [X], [y]
for s in [.1, .2, .3]:
    xs.append(X + np.random.normal(0, s, X.shape))  # D
    ys.append(y)
X, y = np.vstack(xs), np.concatenate(ys)
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "angles from a tuple": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

xs, ys = [], []
for x, t in zip(X, y):
    for angle in (0, 90, 180):
        xs.append(np.roll(x, angle))  # D
        ys.append(t)
X, y = np.array(xs), np.array(ys)
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "a window of history before the cut": """
import numpy as np, pandas as pd
from sklearn.preprocessing import MinMaxScaler
from keras.models import Sequential
from keras.layers import LSTM, Dense
df = pd.read_csv("AAPL.csv")
data = df.filter(["Close"]).values
scaler = MinMaxScaler(feature_range=(0, 1))
scaled_data = scaler.fit_transform(data)  # F
training_len = int(len(data) * .8)
train_data = scaled_data[0:training_len, :]
x_train, y_train = [], []
for i in range(60, len(train_data)):
    x_train.append(train_data[i-60:i, 0])
    y_train.append(train_data[i, 0])
x_train, y_train = np.array(x_train), np.array(y_train)
model = Sequential([LSTM(50, input_shape=(60, 1)), Dense(1)])
model.compile(optimizer="adam", loss="mse")
model.fit(x_train, y_train, batch_size=1, epochs=1)
test_data = scaled_data[training_len - 60:, :]
x_test = []
for i in range(60, len(test_data)):
    x_test.append(test_data[i-60:i, 0])
preds = model.predict(np.array(x_test))
preds = scaler.inverse_transform(preds)
""",
    "images from a generator that never ends": """
import numpy as np
from keras.preprocessing.image import ImageDataGenerator, img_to_array, load_img
from keras.applications import VGG16
from keras import layers, models
from sklearn.model_selection import train_test_split
import glob
gen = ImageDataGenerator(rotation_range=20, horizontal_flip=True)
X, y = [], []
for path in glob.glob("data/*/*.png"):
    label = 1 if "pos" in path else 0
    arr = img_to_array(load_img(path, target_size=(128, 128)))
    arr = arr.reshape((1,) + arr.shape)
    i = 0
    for batch in gen.flow(arr, batch_size=1):
        X.append(batch[0])  # D
        y.append(label)
        i += 1
        if i >= 5:
            break
X = np.array(X); y = np.array(y)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
base = VGG16(include_top=False, input_shape=(128, 128, 3))
net = models.Sequential([base, layers.Flatten(), layers.Dense(1, activation="sigmoid")])
net.compile(loss="binary_crossentropy", optimizer="adam", metrics=["acc"])
net.fit(X_train, y_train, epochs=2, validation_split=0.1)
net.evaluate(X_test, y_test)
""",
    "polars expression": """
import polars as pl
from sklearn.model_selection import train_test_split
from sklearn.linear_model import LinearRegression
df = pl.read_csv("houses.csv")
df = df.with_columns(pl.col("area").fill_null(pl.col("area").mean()))  # F
X = df.drop("price").to_numpy()
y = df["price"].to_numpy()
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(LinearRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    "polars expressions in a list": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
import polars as pl
df = pl.read_csv("h.csv")
df = df.with_columns([((pl.col("a") - pl.col("a").mean()) / pl.col("a").std()).alias("z")])  # F
X = df.drop("y").to_numpy(); y = df["y"].to_numpy()
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "torch cat": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
import torch
from torch.utils.data import *

X = torch.load("x.pt"); y = torch.load("y.pt")
X = torch.cat([X, X.flip(-1)], dim=0)  # D
y = torch.cat([y, y], dim=0)  # D
ds = TensorDataset(X, y)
tr, va = random_split(ds, [0.8, 0.2])
net = torch.nn.Linear(3, 2)
for xb, yb in DataLoader(tr, 32):
    loss = ((net(xb) - yb) ** 2).mean(); loss.backward()
for xb, yb in DataLoader(va, 32):
    print(((net(xb) - yb) ** 2).mean())
""",
    "columns by importance on all rows": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

X = df.drop(columns="y"); y = df.y
rf = RandomForestClassifier().fit(X, y)  # F
imp = pd.Series(rf.feature_importances_, index=X.columns).sort_values(ascending=False)
top = imp.index[:10]
X = X[top]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "columns by coefficients on all rows": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

from sklearn.linear_model import Lasso
las = Lasso(.1)
las.fit(X, y)  # F
X = X[:, las.coef_ != 0]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "clusters of all rows as a feature": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

from sklearn.cluster import KMeans
km = KMeans(5).fit(X)  # F
X = np.column_stack([X, km.labels_])
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "parts by a column of constants": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

df["a"] = (df["a"] - df["a"].mean()) / df["a"].std()  # F
tr = df[df.part == "train"]
va = df[df["part"] == "valid"]
te = df[df.part == "test"]
m = LogisticRegression().fit(tr.drop(columns="y"), tr["y"])
print(m.score(te.drop(columns="y"), te["y"]))
""",
    "train and test put together and taken apart by a flag": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
train = pd.read_csv("train.csv"); test = pd.read_csv("test.csv")
train["is_train"] = 1; test["is_train"] = 0
full = pd.concat([train, test])
full["Fare"] = full["Fare"].fillna(full["Fare"].median())  # F
train = full[full["is_train"] == 1]
test = full[full["is_train"] == 0]
X = train.drop(columns=["y"]); y = train["y"]
m = LogisticRegression().fit(X, y)
out = m.predict(test.drop(columns=["y"]))
""",
    "native cross-validation of a booster": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
import lightgbm as lgb
df = pd.read_csv("d.csv")

for c_ in ["a", "b"]:
    df[c_].fillna(df[c_].mean(), inplace=True)  # F
full = lgb.Dataset(df.drop(columns="y"), df["y"])
res = lgb.cv({"objective": "binary"}, full, nfold=5)
""",
    "windows of lag in a script": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from keras.models import Sequential
from keras.layers import LSTM, Dense
def create_dataset(dataset, look_back=1):
    dataX, dataY = [], []
    for i in range(len(dataset)-look_back-1):
        a = dataset[i:(i+look_back), 0]
        dataX.append(a)
        dataY.append(dataset[i + look_back, 0])
    return np.array(dataX), np.array(dataY)
dataframe = pd.read_csv("airline.csv", usecols=[1])
dataset = dataframe.values.astype("float32")
scaler = MinMaxScaler(feature_range=(0, 1))
dataset = scaler.fit_transform(dataset)  # F
train_size = int(len(dataset) * 0.67)
test_size = len(dataset) - train_size
train, test = dataset[0:train_size,:], dataset[train_size:len(dataset),:]
trainX, trainY = create_dataset(train, 3)
testX, testY = create_dataset(test, 3)
model = Sequential(); model.add(LSTM(4)); model.add(Dense(1))
model.compile(loss="mse", optimizer="adam")
model.fit(trainX, trainY, epochs=100)
print(model.predict(testX))
""",
    "embedding of all texts": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from gensim.models import Word2Vec
df = pd.read_csv("d.csv")
def vec(ts, w):
    return np.mean([w.wv[t] for t in ts if t in w.wv], axis=0)

tokens = [t.split() for t in df["text"]]
w2v = Word2Vec(tokens, vector_size=50)  # F
X = np.array([vec(t, w2v) for t in tokens])
y = df["y"]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
}

CLEAN = {
    "statistics of the channels of one row in a list of its own": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

feats = []
for sig in X:
    row = []
    for ch in range(sig.shape[0]):
        row.append(sig[ch].mean())
        row.append(sig[ch].std())
    feats.append(row)
X = np.array(feats)
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "rows collected class by class": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

xs, ys = [], []
for k in np.unique(y):
    m = y == k
    xs.append(X[m]); ys.append(y[m])
X, y = np.vstack(xs), np.concatenate(ys)
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "rows collected by the names of their groups": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

parts = []
for k in ["a", "b", "c"]:
    parts.append(df[df["kind"] == k])
df = pd.concat(parts)
X = df.drop("y", axis=1); y = df["y"]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "rows collected by numbered classes": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

xs, ys = [], []
for k in range(10):
    m = y == k
    xs.append(X[m]); ys.append(y[m])
X, y = np.vstack(xs), np.concatenate(ys)
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "columns collected in a list": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

f = []
for col in ["a", "b"]:
    f.append(df[col].values)
X = np.array(f).T; y = df["y"]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "pixels of an image in nested loops": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

feats = []
for im in X:
    f = []
    for r in range(8):
        for q in range(8):
            f.append(im[r, q]); f.append(im[r, q] ** 2)
    feats.append(f)
X = np.array(feats)
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "statistics of channels in a helper": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

def extract(sig):
    out = []
    for ch in sig:
        out += [np.mean(ch), np.std(ch)]
        out.append(np.max(ch))
    return out
X = np.array([extract(s) for s in X])
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "parts by a column of constants, scaled by one": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

tr = df[df.part == "train"]
te = df[df.part == "test"]
mu, sd = tr["a"].mean(), tr["a"].std()
tr["a"] = (tr["a"] - mu) / sd; te["a"] = (te["a"] - mu) / sd
m = LogisticRegression().fit(tr.drop(columns="y"), tr["y"])
print(m.score(te.drop(columns="y"), te["y"]))
""",
    "parts by a column of constants, one grown": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

tr = df[df["part"] == "train"]
te = df[df["part"] == "test"]
tr = pd.concat([tr, tr.sample(frac=1, replace=True)])
m = LogisticRegression().fit(tr.drop(columns="y"), tr["y"])
print(m.score(te.drop(columns="y"), te["y"]))
""",
    "columns by importance on training rows": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

X = df.drop(columns="y"); y = df.y
a, b, c, d = train_test_split(X, y)
rf = RandomForestClassifier().fit(a, c)
imp = pd.Series(rf.feature_importances_, index=a.columns).sort_values()
top = imp.index[-10:]
m = LogisticRegression().fit(a[top], c)
print(m.score(b[top], d))
""",
    "coefficients used by hand": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

a, b, c, d = train_test_split(X, y)
m = LogisticRegression().fit(a, c)
pred = b @ m.coef_.T + m.intercept_
print(((pred > 0).ravel() == d).mean())
best = GridSearchCV(LogisticRegression(), {"C": [1]}).fit(a, c)
m2 = LogisticRegression(**best.best_params_).fit(a, c)
print(best.best_estimator_.score(b, d))
""",
    "generator for training only": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

from keras.preprocessing.image import ImageDataGenerator
from keras.models import Sequential
gen = ImageDataGenerator(rotation_range=10)
a, b, c, d = train_test_split(X, y)
model = Sequential()
for e in range(10):
    n = 0
    for xb, yb in gen.flow(a, c, batch_size=32):
        model.fit(xb, yb)
        n += 1
        if n > len(a) / 32:
            break
model.evaluate(b, d)
""",
    "polars row by row": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
import polars as pl
df = pl.read_csv("h.csv")
df = df.with_columns([(pl.col("a") / pl.col("b")).alias("r"), pl.col("x").fill_null(0)])
df = df.with_columns(pl.col("t").str.len_chars().alias("n"))
df = df.filter(pl.col("a") > 0)
print(df.select(pl.col("a").mean()))
X = df.drop("y").to_numpy(); y = df["y"].to_numpy()
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "a window of history, scaled by the past": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from keras.models import Sequential
s = pd.read_csv("s.csv")["v"].values.reshape(-1, 1)
n = int(len(s) * .8)
sc = MinMaxScaler().fit(s[:n])
tr = sc.transform(s[:n]); te = sc.transform(s[n - 60:])
def w(a):
    xs, ys = [], []
    for i in range(60, len(a)):
        xs.append(a[i-60:i]); ys.append(a[i])
    return np.array(xs), np.array(ys)
x1, y1 = w(tr); x2, y2 = w(te)
m = Sequential(); m.fit(x1, y1); print(m.evaluate(x2, y2))
""",
    "each class split by itself": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

a0 = df[df.y == 0]; a1 = df[df.y == 1]
tr0, te0 = train_test_split(a0); tr1, te1 = train_test_split(a1)
tr1 = tr1.sample(len(tr0), replace=True)
tr = pd.concat([tr0, tr1]); te = pd.concat([te0, te1])
m = LogisticRegression().fit(tr.drop(columns="y"), tr["y"])
print(m.score(te.drop(columns="y"), te["y"]))
""",
    "anomalies against normal rows": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

from sklearn.ensemble import IsolationForest
normal = df[df["y"] == 0]; odd = df[df["y"] == 1]
a, b = train_test_split(normal)
s = StandardScaler().fit(a)
m = IsolationForest().fit(s.transform(a))
print(m.predict(s.transform(pd.concat([b, odd]))))
""",
    "bootstrap of a metric": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
X = np.load("x.npy"); y = np.load("y.npy")

a, b, c, d = train_test_split(X, y)
p = LogisticRegression().fit(a, c).predict(b)
rng = np.random.default_rng(0)
sc = []
for i in range(1000):
    idx = rng.choice(len(d), len(d), replace=True)
    sc.append(f1_score(d[idx], p[idx]))
print(np.percentile(sc, [2.5, 97.5]))
""",
    "augmented in each fold": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

def augment(X, y):
    return np.concatenate([X, np.flip(X, 1)]), np.concatenate([y, y])
scores = []
for tr, te in StratifiedKFold(5).split(X, y):
    Xa, ya = augment(X[tr], y[tr])
    sc = StandardScaler()
    m = LogisticRegression().fit(sc.fit_transform(Xa), ya)
    scores.append(m.score(sc.transform(X[te]), y[te]))
""",
    "out-of-fold predictions as a feature": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
X = np.load("x.npy"); y = np.load("y.npy")

a, b, c, d = train_test_split(X, y)
oof = cross_val_predict(RandomForestClassifier(), a, c, cv=5)
rf = RandomForestClassifier().fit(a, c)
m = LogisticRegression().fit(np.column_stack([a, oof]), c)
print(m.score(np.column_stack([b, rf.predict(b)]), d))
""",
    "importances of the final model drawn": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

X = df.drop(columns="y"); y = df.y
a, b, c, d = train_test_split(X, y)
m = LogisticRegression().fit(a, c)
print(m.score(b, d))
final = RandomForestClassifier().fit(X, y)
imp = pd.DataFrame({"f": X.columns, "i": final.feature_importances_})
imp.plot.bar()
""",
    "one model a group": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

for g in ["a", "b"]:
    sub = df[df["g"] == g]
    X = sub.drop(columns="y"); y = sub["y"]
    a, b, c, d = train_test_split(X, y)
    s = StandardScaler().fit(a)
    print(LogisticRegression().fit(s.transform(a), c).score(s.transform(b), d))
""",
    "outputs put together": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
import torch
X = np.load("x.npy"); y = np.load("y.npy")

a, b, c, d = train_test_split(X, y)
net = torch.nn.Linear(4, 2)
outs = []
for e in range(3):
    for i in range(0, len(a), 16):
        o = net(torch.tensor(a[i:i+16])); o.sum().backward()
with torch.no_grad():
    for i in range(0, len(b), 16):
        outs.append(net(torch.tensor(b[i:i+16])))
print((torch.cat(outs).argmax(1).numpy() == d).mean())
""",
    "duplicates dropped by hand": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("d.csv")

seen = set(); rows = []
for r in df.to_dict("records"):
    if r["id"] in seen:
        continue
    seen.add(r["id"])
    rows.append(r)
df = pd.DataFrame(rows)
X = df.drop("y", axis=1); y = df["y"]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "embedding of training texts": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from gensim.models import Word2Vec
df = pd.read_csv("d.csv")
def vec(ts, w):
    return np.mean([w.wv[t] for t in ts if t in w.wv], axis=0)

a, b, c, d = train_test_split(df["text"], df["y"])
a = [t.split() for t in a]; b = [t.split() for t in b]
w2v = Word2Vec(a, vector_size=50)
a = np.array([vec(t, w2v) for t in a]); b = np.array([vec(t, w2v) for t in b])
print(LogisticRegression().fit(a, c).score(b, d))
""",
    "embedding only looked at": """
import numpy as np
import pandas as pd
import random, copy
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
from sklearn.ensemble import RandomForestClassifier
from gensim.models import Word2Vec
df = pd.read_csv("d.csv")

w2v = Word2Vec([t.split() for t in df["text"]])
print(w2v.wv.most_similar("good"))
X = HashingVectorizer().transform(df["text"]); y = df["y"]
a, b, c, d = train_test_split(X, y, test_size=.2)
print(LogisticRegression().fit(a, c).score(b, d))
""",
}
