"""Short scripts with the lines marked at which rows are duplicated (D) or a statistic is fitted (F)
before a split that is modelled. A script without marks is clean.
"""

HEAD = """
import numpy as np
import pandas as pd
from sklearn.model_selection import *
from sklearn.preprocessing import *
from sklearn.linear_model import LogisticRegression
"""

LEAKY = {
    "a table and a list of changed tables": """
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
others = []
for k in range(3):
    other = df.copy()
    other["x"] *= 1 + np.random.normal(0, 0.01, len(df))
    others.append(other)  # D
both = pd.concat([df, *others], ignore_index=True)
train, test = train_test_split(both)
SVC().fit(train[["x"]], train.y).score(test[["x"]], test.y)
""",
    "run6 with other names": """
import pickle
from sklearn.model_selection import train_test_split
from sklearn.ensemble import RandomForestRegressor
signals = pickle.load(open("a.pkl", "rb"))
labels = pickle.load(open("b.pkl", "rb"))
factor = {(5, 4): 9, (6, 3): 4}
big, big_y = [], []
for s, t in zip(signals, labels):
    big.append(s)
    big_y.append(t)
    for _ in range(factor.get((s[1], s[2]), 0)):
        big.append(jitter(s))  # D
        big_y.append(t)
a, b, ya, yb = train_test_split(big, big_y, test_size=0.2)
RandomForestRegressor().fit(a, ya).score(b, yb)
""",
    "inner loop alone": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
out, lab = [], []
for i in range(len(X)):
    for j in range(5):
        out.append(X[i] + np.random.normal(0, 1, X.shape[1]))  # D
        lab.append(y[i])
A, B, p, q = train_test_split(np.array(out), np.array(lab))
SVC().fit(A, p).predict(B)
""",
    "augmented assignment": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows, y = read_rows()
pool = []
for r in rows:
    pool += [r, flip(r)]  # D
A, B = train_test_split(pool)
m = SVC(); m.fit(A); m.predict(B)
""",
    "second append": """
import cv2
from sklearn.model_selection import train_test_split
from keras.models import Sequential
imgs, labels = [], []
for path, label in listing():
    img = cv2.imread(path)
    imgs.append(img)
    labels.append(label)
    imgs.append(cv2.flip(img, 1))  # D
    labels.append(label)
A, B, p, q = train_test_split(np.array(imgs), np.array(labels))
model = Sequential([])
model.fit(A, p, validation_data=(B, q))
""",
    "comprehension with two fors": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows = load_rows("f")
pool = [noisy(r) for r in rows for _ in range(10)]  # D
A, B = train_test_split(pool)
SVC().fit(A).predict(B)
""",
    "generator": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def copies(rows):
    for row in rows:
        yield row
        for k in range(3):
            yield noisy(row)  # D
rows = load_rows("f")
A, B = train_test_split(list(copies(rows)))
SVC().fit(A).predict(B)
""",
    "helper that returns copies": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def variants(row):
    return [noisy(row) for _ in range(4)]  # D
rows = load_rows("f")
pool = []
for row in rows:
    pool.extend(variants(row))
A, B = train_test_split(pool)
SVC().fit(A).predict(B)
""",
    "helper that augments all": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def bigger(frame, times):
    frames = [frame]
    for _ in range(times):
        noisy = frame.copy()
        noisy["x"] = noisy["x"] + 0.1
        frames.append(noisy)  # D
    return pd.concat(frames)
df = pd.read_csv("a.csv")
df = bigger(df, 4)
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "concatenate with itself plus noise": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
X2 = X + np.random.normal(0, .1, X.shape)
X = np.concatenate([X, X2])  # D
y = np.concatenate([y, y])  # D
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "vstack": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
big = np.vstack((X, np.flip(X, axis=1)))  # D
A, B = train_test_split(big)
SVC().fit(A).predict(B)
""",
    "concat of a multiplied list": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df = pd.concat([df] * 5, ignore_index=True)  # D
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "concat with the minority": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
rare = df[df["y"] == 1]
df = pd.concat([df, rare])  # D
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "np.repeat": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy")
X = np.repeat(X, 3, axis=0)  # D
A, B = train_test_split(X)
SVC().fit(A).predict(B)
""",
    "resample": """
import pandas as pd
from sklearn.utils import resample
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
common = df[df.y == 0]
rare = df[df.y == 1]
more = resample(rare, replace=True, n_samples=len(common))  # D
df = pd.concat([common, more])
X = df.drop("y", axis=1); y = df["y"]
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "sample with replacement": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df = df.sample(n=5000, replace=True)  # D
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "SMOTE": """
from imblearn.over_sampling import SMOTE
import pandas as pd
from sklearn.model_selection import train_test_split, cross_val_score
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
X, y = df.drop("y", axis=1), df["y"]
X, y = SMOTE(random_state=0).fit_resample(X, y)  # D
print(cross_val_score(SVC(), X, y))
""",
    "sampler in a helper in a loop": """
from imblearn.over_sampling import SMOTE, ADASYN
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def run(sampler, X, y):
    Xr, yr = sampler.fit_resample(X, y)  # D
    A, B, p, q = train_test_split(Xr, yr)
    m = SVC().fit(A, p)
    return m.score(B, q)
df = pd.read_csv("a.csv")
X, y = df.iloc[:, :-1], df.iloc[:, -1]
for s in [SMOTE(), ADASYN()]:
    print(run(s, X, y))
""",
    "list repetition": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows = [parse(line) for line in open("f")]
rows = rows * 4  # D
A, B = train_test_split(rows)
SVC().fit(A).predict(B)
""",
    "both at once": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
X = np.tile(X, (3, 1))  # D
X = MinMaxScaler().fit_transform(X)  # F
A, B = train_test_split(X)
SVC().fit(A).predict(B)
""",
    "split by permuted positions": """
import numpy as np
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
X = np.repeat(X, 2, axis=0)  # D
order = np.random.permutation(len(X))
n = int(0.8 * len(X))
tr, te = order[:n], order[n:]
SVC().fit(X[tr], y[tr]).predict(X[te])
""",
    "array filled in a nested loop": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy")
big = np.zeros((len(X) * 4, 7))
for i in range(len(X)):
    for j in range(4):
        big[4 * i + j] = X[i] + np.random.rand(7)  # D
A, B = train_test_split(big)
SVC().fit(A).predict(B)
""",
    "scaler on everything": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
inputs = df.drop("y", axis=1)
scaled = StandardScaler().fit_transform(inputs)  # F
inputs = pd.DataFrame(scaled, columns=inputs.columns)
A, B, p, q = train_test_split(inputs, df["y"])
SVC().fit(A, p).predict(B)
""",
    "fit on everything, transform the parts": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
sc = StandardScaler()
sc.fit(df)  # F
A, B = train_test_split(df)
A = sc.transform(A); B = sc.transform(B)
SVC().fit(A).predict(B)
""",
    "fillna in place": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
data = pd.read_csv("a.csv")
data.fillna(data.mean(), inplace=True)  # F
X = data.drop(columns="y")
A, B, p, q = train_test_split(X, data.y)
SVC().fit(A, p).predict(B)
""",
    "z-score by hand": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.loadtxt("x"); y = np.loadtxt("y")
X = (X - X.mean(axis=0)) / X.std(axis=0)  # F
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "statistic first, used later": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.loadtxt("x"); y = np.loadtxt("y")
mu = np.mean(X, axis=0)  # F
X = X - mu
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "group median": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df["Age"] = df["Age"].fillna(df.groupby("Title")["Age"].transform("median"))  # F
A, B, p, q = train_test_split(df.drop("s", axis=1), df["s"])
SVC().fit(A, p).predict(B)
""",
    "tokenizer before k-fold": """
from keras.preprocessing.text import Tokenizer
from sklearn.model_selection import KFold
from sklearn.svm import SVC
import pandas as pd
df = pd.read_csv("a.csv")
texts = df["text"].values
labels = df["label"].values
tok = Tokenizer(num_words=100)
tok.fit_on_texts(texts)  # F
seq = tok.texts_to_sequences(texts)
for a, b in KFold(5).split(seq):
    m = SVC().fit(seq[a], labels[a])
    m.predict(seq[b])
""",
    "selection with the target": """
import pandas as pd
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
y = df.pop("y")
X = SelectKBest(k=5).fit_transform(df, y)  # F
cross_val_score(SVC(), X, y)
""",
    "correlation selection": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
corr = df.corr()  # F
cols = corr.index[abs(corr["y"]) > 0.3]
df = df[cols]
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "keras validation split": """
import numpy as np
from sklearn.preprocessing import StandardScaler
from tensorflow import keras
X = np.load("x.npy"); y = np.load("y.npy")
X = StandardScaler().fit_transform(X)  # F
model = keras.Sequential([keras.layers.Dense(1)])
model.fit(X, y, validation_split=0.2)
""",
    "complementary slices": """
import numpy as np
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
X = MinMaxScaler().fit_transform(X)  # F
cut = int(len(X) * 0.8)
A, B = X[:cut], X[cut:]
p, q = y[:cut], y[cut:]
SVC().fit(A, p).score(B, q)
""",
    "mask": """
import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df[["a"]] = MinMaxScaler().fit_transform(df[["a"]])  # F
m = np.random.rand(len(df)) < 0.8
A, B = df[m], df[~m]
SVC().fit(A).predict(B)
""",
    "sample and drop": """
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df["a"] = SimpleImputer().fit_transform(df[["a"]])  # F
A = df.sample(frac=0.8, random_state=1)
B = df.drop(A.index)
SVC().fit(A).predict(B)
""",
    "split inside a helper": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def halves(frame, labels):
    return train_test_split(frame, labels, test_size=0.3)
def prepared(frame):
    return StandardScaler().fit_transform(frame)  # F
df = pd.read_csv("a.csv")
A, B, p, q = halves(prepared(df.drop("y", axis=1)), df["y"])
SVC().fit(A, p).predict(B)
""",
    "class with methods": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
class Study:
    def __init__(self, path):
        self.table = pd.read_csv(path)
    def prepare(self):
        self.scaled = StandardScaler().fit_transform(self.table)  # F
    def run(self):
        A, B = train_test_split(self.scaled)
        SVC().fit(A).predict(B)
s = Study("a.csv")
s.prepare()
s.run()
""",
    "torch": """
import torch
from torch.utils.data import TensorDataset, DataLoader, random_split
import numpy as np
X = np.load("x.npy"); y = np.load("y.npy")
X = (X - X.min()) / (X.max() - X.min())  # F
data = TensorDataset(torch.tensor(X), torch.tensor(y))
a, b = random_split(data, [800, 200])
net = torch.nn.Linear(3, 1)
for xb, yb in DataLoader(a, batch_size=8):
    loss = net(xb)
for xb, yb in DataLoader(b):
    net(xb)
""",
    "grid search": """
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
X = PCA(3).fit_transform(df.drop("y", axis=1))  # F
search = GridSearchCV(SVC(), {"C": [1, 2]})
search.fit(X, df["y"])
""",
    "main guard": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def main():
    X = np.load("x.npy")
    X = np.repeat(X, 3, axis=0)  # D
    A, B = train_test_split(X)
    SVC().fit(A).predict(B)
if __name__ == "__main__":
    main()
""",
}

CLEAN = {
    "augment after the split": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
A, B, p, q = train_test_split(X, y)
big, lab = [], []
for row, t in zip(A, p):
    big.append(row); lab.append(t)
    for _ in range(50):
        big.append(row + 0.1); lab.append(t)
SVC().fit(np.array(big), lab).predict(B)
""",
    "helper called once per side": """
import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def grow(rows):
    out = []
    for r in rows:
        for k in range(3):
            out.append(r + k)
    return out
X = np.load("x.npy")
A, B = train_test_split(X)
A = grow(A)
B = grow(B)
SVC().fit(A).predict(B)
""",
    "scaler fitted on train": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
A, B = train_test_split(df)
sc = StandardScaler().fit(A)
A, B = sc.transform(A), sc.transform(B)
SVC().fit(A).predict(B)
""",
    "row-wise arithmetic": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy"); y = np.load("y.npy")
X = X / X.sum(axis=1, keepdims=True)
X = X - np.mean(X, axis=-1, keepdims=True)
X = np.log1p(X) / 255.0
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "one-to-one list building": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
lines = open("a").readlines()
X, y = [], []
for line in lines:
    fields = line.split(",")
    vec = []
    for f in fields[:-1]:
        vec.append(float(f))
    while len(vec) < 10:
        vec.append(0.0)
    X.append(vec)
    y.append(fields[-1])
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "either this or that append": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows = load_rows("f")
out = []
for r in rows:
    if r[0] > 3:
        out.append(short(r))
    else:
        out.append(r)
A, B = train_test_split(out)
SVC().fit(A).predict(B)
""",
    "filter with continue": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows = load_rows("f")
out = []
for r in rows:
    if r[0] > 3:
        out.append(short(r))
        continue
    out.append(r)
A, B = train_test_split(out)
SVC().fit(A).predict(B)
""",
    "retry until it works": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows = load_rows("f")
out = []
for r in rows:
    for attempt in range(5):
        z = try_parse(r)
        if z is not None:
            out.append(z)
            break
A, B = train_test_split(out)
SVC().fit(A).predict(B)
""",
    "exploratory statistics": """
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.preprocessing import StandardScaler
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
print(df.mean(), df.describe())
shown = PCA(2).fit_transform(StandardScaler().fit_transform(df))
plt.scatter(shown[:, 0], shown[:, 1])
df.groupby("y").mean().plot()
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "commented out": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
# df = pd.concat([df] * 3)
# df = StandardScaler().fit_transform(df)
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "encoding, dummies, logs": """
import pandas as pd
import numpy as np
from sklearn.preprocessing import LabelEncoder
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
y = LabelEncoder().fit_transform(df.pop("y"))
df = pd.get_dummies(df)
df["a"] = np.log(df["a"])
df["c"] = df["c"].fillna(0)
df["d"] = df["d"].map({"x": 1, "y": 2})
A, B, p, q = train_test_split(df, y)
SVC().fit(A, p).predict(B)
""",
    "resampling of train only": """
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
A, B, p, q = train_test_split(df.drop("y", axis=1), df["y"])
A, p = SMOTE().fit_resample(A, p)
SVC().fit(A, p).predict(B)
""",
    "pipeline in cross-validation": """
import pandas as pd
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import cross_val_score, GridSearchCV
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
X, y = df.drop("y", axis=1), df["y"]
pipe = make_pipeline(StandardScaler(), SVC())
cross_val_score(pipe, X, y)
GridSearchCV(pipe, {}).fit(X, y)
""",
    "scaled train, then inner search": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
A, B, p, q = train_test_split(df.drop("y", axis=1), df["y"])
sc = StandardScaler()
A = sc.fit_transform(A)
B = sc.transform(B)
g = GridSearchCV(SVC(), {}).fit(A, p)
g.predict(B)
""",
    "refit on everything": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
X, y = df.drop("y", axis=1), df["y"]
A, B, p, q = train_test_split(X, y)
sc = StandardScaler().fit(A)
print(SVC().fit(sc.transform(A), p).score(sc.transform(B), q))
final = StandardScaler()
Z = final.fit_transform(X)
SVC().fit(Z, y)
""",
    "swapped names": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
test, train = train_test_split(df)
sc = StandardScaler().fit(test)
SVC().fit(sc.transform(test)).predict(sc.transform(train))
""",
    "name reused for another dataset": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df = pd.concat([df, df])
df = StandardScaler().fit_transform(df)
print(df)
df = pd.read_csv("b.csv")
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "under-sampling": """
import pandas as pd
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils import resample
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
common, rare = df[df.y == 0], df[df.y == 1]
fewer = resample(common, replace=False, n_samples=len(rare))
df = pd.concat([fewer, rare])
X, y = RandomUnderSampler().fit_resample(df.drop("y", axis=1), df["y"])
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "mean of the training rows": """
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
tr, te = train_test_split(df.index)
df["a"] = df["a"].fillna(df.loc[tr, "a"].mean())
SVC().fit(df.loc[tr]).predict(df.loc[te])
""",
    "per-row normalisation in a helper": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
def noisy(P):
    Q = P + np.random.normal(0, 1, P.shape)
    Q = Q / Q.sum(axis=1, keepdims=True)
    return (Q - Q.mean()) / Q.std()
rows = load_rows("x")
rows = [noisy(P) for P in rows]
A, B = train_test_split(rows)
SVC().fit(A).predict(B)
""",
    "concat only for row-wise edits": """
import pandas as pd
from sklearn.svm import SVC
a = pd.read_csv("a.csv"); b = pd.read_csv("b.csv")
both = pd.concat([a, b])
both["n"] = both["name"].str.len()
n = len(a)
A, B = both[:n], both[n:]
SVC().fit(A).predict(B)
""",
    "classes put together again": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
df = pd.concat([df[df.y == 0], df[df.y == 1]])
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "columns side by side": """
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X = np.load("x.npy"); df = pd.read_csv("a.csv")
X = np.concatenate([X, X ** 2], axis=1)
X = np.hstack([X, np.sin(X)])
lags = []
for k in range(1, 4):
    lags.append(df.shift(k))
df = pd.concat(lags, axis=1)
A, B, C, D = train_test_split(X, df)
SVC().fit(A).predict(B)
""",
    "features per row in a loop": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
rows = load_rows("x")
X = []
for r in rows:
    feats = [moment(r, k) for k in range(5)]
    X.append(feats)
A, B = train_test_split(X)
SVC().fit(A).predict(B)
""",
    "windows": """
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
words = load_rows("x")
out = []
for sentence in words:
    for token in sentence:
        out.append(token)
A, B = train_test_split(out)
SVC().fit(A).predict(B)
""",
    "scaler inside the folds": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
df = pd.read_csv("a.csv")
X, y = df.drop("y", axis=1).values, df["y"].values
for tr, te in StratifiedKFold(5).split(X, y):
    sc = StandardScaler().fit(X[tr])
    m = SVC().fit(sc.transform(X[tr]), y[tr])
    m.score(sc.transform(X[te]), y[te])
""",
    "not modelled": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
df = pd.read_csv("a.csv")
Z = StandardScaler().fit_transform(df)
A, B = train_test_split(Z)
""",
    "switched off": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
AUGMENT = False
df = pd.read_csv("a.csv")
if AUGMENT:
    df = pd.concat([df, df])
A, B = train_test_split(df)
SVC().fit(A).predict(B)
""",
    "padding to the longest": """
from keras.preprocessing.sequence import pad_sequences
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
import numpy as np
seqs = load_rows("x")
longest = max(len(s) for s in seqs)
X = pad_sequences(seqs, maxlen=longest)
Z = np.array([np.pad(s, (0, longest - len(s))) for s in seqs])
A, B, C, D = train_test_split(X, Z)
SVC().fit(A).predict(B)
""",
    "training rows beside those of a later split, saved": """
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("a.csv")
train, rest = train_test_split(df, test_size=0.4)
valid, test = train_test_split(rest, test_size=0.5)
naive = train.groupby("site").y.mean()
parts = {"train": train, "valid": valid, "test": test}
base = {k: score(rows, rows.site.map(naive)) for k, rows in parts.items()}
for k, rows in parts.items():
    rows.assign(p=np.exp(matrix(rows) @ weights)).to_csv(f"{k}.csv")
""",
    "columns put beside one another": """
import pandas as pd
from sklearn.model_selection import train_test_split
df = pd.read_csv("a.csv")
train, rest = train_test_split(df)
valid, test = train_test_split(rest)
def design(rows):
    return pd.concat([rows[["a", "b"]], *(rows.kind == k for k in ("x", "y"))], axis=1)
parts = {"train": train, "valid": valid, "test": test}
for k, rows in parts.items():
    rows[["kind"]].assign(p=fitted.predict(design(rows))).to_csv(f"{k}.csv")
""",
    "three parts cut at numbers": """
import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("a.csv").sample(frac=1, random_state=5)
train, dev, test = df[:240], df[240:310], df[310:]
scaler = StandardScaler().fit(train)
def design(rows):
    return np.c_[scaler.transform(rows), rows.kind == "a"]
D = {k: design(v) for k, v in (("train", train), ("dev", dev))}
for epoch in range(20):
    net.partial_fit(D["train"], train.y)
for k, v in {"train": train, "dev": dev, "test": test}.items():
    v.assign(p=net.predict(design(v))).to_csv(f"{k}.csv")
""",
}
