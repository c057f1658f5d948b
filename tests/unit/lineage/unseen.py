"""Scripts written after the analysis, marked as in `snippets`."""

LEAKY = {
    "preds class": """
import numpy as np, pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
import xgboost as xgb
class Pipe:
    def __init__(self, df, target):
        self.df = df
        self.target = target
    def clean(self):
        self.df = self.df.dropna()
        return self
    def scale(self):
        cols = [c for c in self.df.columns if c != self.target]
        self.df[cols] = StandardScaler().fit_transform(self.df[cols])  # F
        return self
    def split(self):
        X, y = self.df.drop(self.target, axis=1), self.df[self.target]
        return train_test_split(X, y, test_size=.3)
p = Pipe(pd.read_csv("a.csv"), "y").clean().scale()
xtr, xte, ytr, yte = p.split()
d = xgb.DMatrix(xtr, label=ytr)
bst = xgb.train({}, d, 10)
print(bst.predict(xgb.DMatrix(xte)))
""",
    "aug dict records": """
import json, random
from sklearn.model_selection import train_test_split
from transformers import Trainer
with open("d.json") as fh:
    records = json.load(fh)
augmented = []
for rec in records:
    augmented.append(rec)
    for i in range(3):
        new = dict(rec)
        new["text"] = swap_words(rec["text"])
        augmented.append(new)  # D
random.shuffle(augmented)
train, test = train_test_split(augmented, test_size=0.1)
trainer = Trainer(model=m, train_dataset=train, eval_dataset=test)
trainer.train()
""",
    "np append": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
X = np.genfromtxt("a.csv", delimiter=",")
y = X[:, -1]
X = X[:, :-1]
X = np.append(X, X * 1.01, axis=0)  # D
y = np.append(y, y, axis=0)  # D
Xa, Xb, ya, yb = train_test_split(X, y)
clf = DecisionTreeClassifier()
clf = clf.fit(Xa, ya)
print(clf.score(Xb, yb))
""",
    "ros": """
import pandas as pd
from imblearn.over_sampling import RandomOverSampler
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
data = pd.read_csv("d.csv")
features = data.loc[:, data.columns != "label"]
target = data.loc[:, data.columns == "label"]
ros = RandomOverSampler()
fx, fy = ros.fit_resample(features, target)  # D
a, b, c, d = train_test_split(fx, fy, random_state=0)
gnb = GaussianNB()
gnb.fit(a, c)
pred = gnb.predict(b)
""",
    "pca kfold": """
import pandas as pd
from sklearn import decomposition, model_selection, svm, preprocessing
df = pd.read_csv("d.csv")
arr = df.values
X, Y = arr[:, 0:8], arr[:, 8]
X = preprocessing.scale(X)  # F
pca = decomposition.PCA(n_components=3)
X = pca.fit_transform(X)  # F
kfold = model_selection.KFold(n_splits=10)
results = model_selection.cross_val_score(svm.SVC(), X, Y, cv=kfold)
""",
    "assign transform": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.linear_model import LinearRegression
df = (pd.read_csv("d.csv")
      .dropna()
      .assign(price=lambda t: t["price"] / t["price"].max()))  # F
tr, te = train_test_split(df)
LinearRegression().fit(tr[["a"]], tr["price"]).score(te[["a"]], te["price"])
""",
    "images class": """
import numpy as np, cv2, glob
from sklearn.model_selection import train_test_split
from tensorflow.keras.models import Sequential
def load_images(paths):
    images, labels = [], []
    for p in paths:
        im = cv2.imread(p)
        lab = int(p.split("_")[1])
        variants = [im, cv2.flip(im, 0), cv2.flip(im, 1)]
        for v in variants:
            images.append(v)  # D
            labels.append(lab)
    return np.asarray(images), np.asarray(labels)
X, y = load_images(glob.glob("*.png"))
trX, teX, trY, teY = train_test_split(X, y)
net = Sequential()
net.fit(trX, trY, validation_data=(teX, teY))
""",
    "standardise loop": """
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
df = pd.read_csv("d.csv")
numeric = df.select_dtypes("number").columns
mms = MinMaxScaler()
for col in numeric:
    df[col] = mms.fit_transform(df[[col]])  # F
tr, te = train_test_split(df)
KNeighborsClassifier().fit(tr[numeric], tr.y).score(te[numeric], te.y)
""",
    "rfe": """
import pandas as pd
from sklearn.feature_selection import RFE, SelectKBest, chi2
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
X, y = df.iloc[:, 1:], df.iloc[:, 0]
sel = RFE(LogisticRegression(), n_features_to_select=5)
sel = sel.fit(X, y)  # F
X = X[X.columns[sel.support_]]
tr, te, a, b = train_test_split(X, y)
LogisticRegression().fit(tr, a).score(te, b)
""",
    "torch loops": """
import torch, numpy as np
X = torch.load("x.pt"); y = torch.load("y.pt")
X = (X - X.mean(0)) / X.std(0)  # F
n = int(0.8 * len(X))
idx = torch.randperm(len(X))
tr, te = idx[:n], idx[n:]
net = torch.nn.Sequential(torch.nn.Linear(3, 1))
opt = torch.optim.Adam(net.parameters())
for e in range(10):
    out = net(X[tr])
    loss = ((out - y[tr]) ** 2).mean()
    loss.backward(); opt.step()
with torch.no_grad():
    print(((net(X[te]) - y[te]) ** 2).mean())
""",
    "oversample repeat list": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
texts, labels = read_corpus()
texts_new, labels_new = [], []
for t, l in zip(texts, labels):
    n = 5 if l == "rare" else 1
    texts_new.extend([t] * n)  # D
    labels_new.extend([l] * n)  # D
a, b, c, d = train_test_split(texts_new, labels_new)
SVC().fit(a, c).predict(b)
""",
}
CLEAN = {
    "notebook typical": """
import pandas as pd, numpy as np
import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split, GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
df = pd.read_csv("d.csv")
df.head()
print(df.isnull().sum())
df["Age_bin"] = pd.cut(df["Age"], [0, 18, 60, 100])
plt.hist(df["Age"], bins=int(np.sqrt(len(df))))
for c in df.columns:
    print(c, df[c].mean() if df[c].dtype != object else df[c].mode()[0])
df = pd.get_dummies(df, columns=["Sex"])
X = df.drop(["y"], axis=1); y = df["y"].map({"no": 0, "yes": 1})
xtr, xte, ytr, yte = train_test_split(X, y, stratify=y)
sc = StandardScaler()
xtr[["a"]] = sc.fit_transform(xtr[["a"]])
xte[["a"]] = sc.transform(xte[["a"]])
g = GridSearchCV(RandomForestClassifier(), {"n": [1]}, cv=3)
g.fit(xtr, ytr)
best = g.best_estimator_
print(accuracy_score(yte, best.predict(xte)))
""",
    "sentence tokens": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
docs = open("x").read().split("\\n")
vocab = {}
for d in docs:
    for w in d.split():
        if w not in vocab:
            vocab[w] = len(vocab)
X = np.zeros((len(docs), len(vocab)))
for i, d in enumerate(docs):
    for w in d.split():
        X[i, vocab[w]] += 1
tr, te = train_test_split(X)
SVC().fit(tr).predict(te)
""",
    "time features": """
import pandas as pd
from sklearn.linear_model import Ridge
df = pd.read_csv("d.csv", parse_dates=["t"])
df = df.sort_values("t")
df["lag1"] = df["v"].shift(1)
df["roll"] = df["v"].rolling(7).mean()
df = df.dropna()
train = df[df.t < "2020"]
test = df[df.t >= "2020"]
m = Ridge().fit(train[["lag1", "roll"]], train.v)
m.score(test[["lag1", "roll"]], test.v)
""",
    "batch generator": """
import numpy as np
from sklearn.model_selection import train_test_split
from keras.models import Sequential
X = np.load("x.npy"); y = np.load("y.npy")
A, B, a, b = train_test_split(X, y)
def batches(X, y, n):
    while True:
        i = np.random.randint(0, len(X), n)
        yield X[i] + np.random.normal(0, 1, X[i].shape), y[i]
m = Sequential()
m.fit(batches(A, a, 32), steps_per_epoch=10, validation_data=(B, b))
""",
    "per class loop": """
import numpy as np, pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
tr, te = [], []
for label, g in df.groupby("y"):
    a, b = train_test_split(g, test_size=.2)
    tr.append(a); te.append(b)
tr = pd.concat(tr); te = pd.concat(te)
tr = pd.concat([tr, tr.assign(x=-tr.x)])
SVC().fit(tr.drop("y", axis=1), tr.y).score(te.drop("y", axis=1), te.y)
""",
    "multi class flatten files": """
import os, numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
X, y = [], []
for label, folder in enumerate(os.listdir("root")):
    for name in os.listdir(os.path.join("root", folder)):
        X.append(read_image(os.path.join("root", folder, name)))
        y.append(label)
X = np.array(X) / 255
a, b, c, d = train_test_split(X, y)
SVC().fit(a, c).predict(b)
""",
    "repeated runs": """
import numpy as np, pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
X, y = df.drop("y", axis=1), df.y
scores = []
for seed in range(10):
    a, b, c, d = train_test_split(X, y, random_state=seed)
    s = StandardScaler().fit(a)
    m = SVC().fit(s.transform(a), c)
    scores.append(m.score(s.transform(b), d))
print(np.mean(scores), np.std(scores))
""",
    "channels": """
import numpy as np
from sklearn.model_selection import train_test_split
from keras.models import Sequential
imgs = np.load("x.npy"); y = np.load("y.npy")
rgb = np.stack([imgs, imgs, imgs], axis=-1)
rgb2 = np.repeat(imgs[..., np.newaxis], 3, axis=-1)
rgb3 = np.concatenate([imgs, imgs], axis=-1)
a, b, c, d = train_test_split(rgb, y)
Sequential().fit(a, c, validation_data=(b, d))
""",
    "segments from signal": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
signals = np.load("s.npy"); labels = np.load("y.npy")
X, y = [], []
for s, l in zip(signals, labels):
    for start in range(0, len(s), 100):
        X.append(s[start:start + 100]); y.append(l)
a, b, c, d = train_test_split(np.array(X), y)
SVC().fit(a, c).predict(b)
""",
    "early filter": """
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
a = pd.read_csv("a.csv"); b = pd.read_csv("b.csv")
df = a.merge(b, on="id", how="left")
df = df[df["x"].notna()]
df = df.drop_duplicates().reset_index(drop=True)
counts = df["c"].value_counts()
df = df[df["c"].isin(counts[counts > 10].index)]
tr, te = train_test_split(df)
SVC().fit(tr).predict(te)
""",
    "train statistics, rest divided again": """
import pandas as pd
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
df = pd.read_csv("d.csv")
A, rest = train_test_split(df)
sc = StandardScaler().fit(A)
rest = sc.transform(rest)
B, C = train_test_split(rest)
m = SVC().fit(sc.transform(A))
m.predict(B); m.predict(C)
""",
    "statistics of other rows": """
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC
reference = np.load("reference.npy")
X = np.load("x.npy")
X = (X - reference.mean(axis=0)) / reference.std(axis=0)
A, B = train_test_split(X)
SVC().fit(A).predict(B)
""",
}
