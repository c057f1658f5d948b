"""Idioms of public notebooks, marked as in `snippets`."""

END = """
SVC().fit(A, p).predict(B)
"""
IMPORTS = """
import os, re, random, cv2
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorflow import keras
from sklearn.svm import SVC
from sklearn.impute import SimpleImputer
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import *
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import train_test_split, KFold, cross_val_score
"""
SPLIT = "A, B, p, q = train_test_split(X, y)" + END
LOAD = "df = pd.read_csv('a.csv')\n"
TO_SPLIT = "X = df.drop('y', axis=1)\ny = df['y']\n" + SPLIT
LEAKY = {
    "images with angles": IMPORTS
    + """
data, labels = [], []
for f in os.listdir("d"):
    img = cv2.imread(os.path.join("d", f))
    data.append(img)
    labels.append(f[0])
    for angle in [90, 180]:
        data.append(rotate(img, angle))  # D
        labels.append(f[0])
X = np.array(data); y = np.array(labels)
"""
    + SPLIT,
    "minority sampled": IMPORTS
    + LOAD
    + """
few = df[df["y"] == 1]
df = pd.concat([df[df["y"] == 0], few.sample(5000, replace=True)])  # D
"""
    + TO_SPLIT,
    "index repeat": IMPORTS + LOAD + "df = df.loc[df.index.repeat(3)]  # D\n" + TO_SPLIT,
    "positions repeated by a method": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
i = np.arange(len(X)).repeat(repeats=3)  # D
X, y = X[i], y[i]
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "positions repeated by torch": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
i = torch.arange(len(X)).repeat_interleave(3)  # D
X, y = X[i], y[i]
A, B, p, q = train_test_split(X, y)
SVC().fit(A, p).predict(B)
""",
    "list plus list": IMPORTS
    + """
data = [parse(s) for s in open("f")]
data = data + [noisy(x) for x in data]  # D
A, B = train_test_split(data)
SVC().fit(A).predict(B)
""",
    "vstack one to one": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
extra, extra_y = [], []
for i in range(X.shape[0]):
    extra.append(np.flipud(X[i]))
    extra_y.append(y[i])
X = np.vstack([X, np.array(extra)])  # D
y = np.hstack([y, extra_y])
"""
    + SPLIT,
    "while": IMPORTS
    + """
few = load_few("a"); many = load_many("b")
while len(few) < len(many):
    few.append(random.choice(few))  # D
A, B = train_test_split(few + many)
SVC().fit(A).predict(B)
""",
    "normalise helper": IMPORTS
    + LOAD
    + """
def normalise(t):
    return (t - t.min()) / (t.max() - t.min())  # F
X = normalise(df.drop("y", axis=1))
y = df["y"]
"""
    + SPLIT,
    "imputer fit then transform": IMPORTS
    + LOAD
    + """
X = df.drop("y", axis=1); y = df["y"]
imp = SimpleImputer()
imp.fit(X)  # F
X = imp.transform(X)
"""
    + SPLIT,
    "fillna value": IMPORTS + LOAD + "df.fillna(value=df.mean(), inplace=True)  # F\n" + TO_SPLIT,
    "column fillna in place": IMPORTS
    + LOAD
    + "df['Age'].fillna(df['Age'].median(), inplace=True)  # F\n"
    + TO_SPLIT,
    "columns of array": IMPORTS
    + LOAD
    + """
X = df.iloc[:, :-1].values
y = df.iloc[:, -1].values
imputer = SimpleImputer()
X[:, 1:3] = imputer.fit_transform(X[:, 1:3])  # F
"""
    + SPLIT,
    "tfidf": IMPORTS
    + LOAD
    + """
corpus = []
for i in range(len(df)):
    t = re.sub("[^a-z]", " ", df["text"][i])
    t = t.lower().split()
    t = [w for w in t if w not in stop]
    corpus.append(" ".join(t))
cv = TfidfVectorizer(max_features=100)
X = cv.fit_transform(corpus).toarray()  # F
y = df.iloc[:, 1].values
"""
    + SPLIT,
    "loop of columns": IMPORTS
    + LOAD
    + """
for c in ["a", "b"]:
    df[c] = (df[c] - df[c].mean()) / df[c].std()  # F
"""
    + TO_SPLIT,
    "column transformer": IMPORTS
    + LOAD
    + """
pre = ColumnTransformer([("n", StandardScaler(), ["a"]), ("c", OneHotEncoder(), ["b"])])
X = pre.fit_transform(df.drop("y", axis=1))  # F
y = df["y"]
"""
    + SPLIT,
    "quantile clipping": IMPORTS
    + LOAD
    + "df['a'] = df['a'].clip(df['a'].quantile(.01), df['a'].quantile(.99))  # F\n"
    + TO_SPLIT,
    "adapt": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
norm = keras.layers.Normalization()
norm.adapt(X)  # F
A, B, p, q = train_test_split(X, y)
model = keras.Sequential([norm, keras.layers.Dense(1)])
model.fit(A, p)
model.evaluate(B, q)
""",
    "split in helper returning dict": IMPORTS
    + LOAD
    + """
def halves(d):
    a, b = train_test_split(d)
    return {"train": a, "test": b}
df[["a"]] = StandardScaler().fit_transform(df[["a"]])  # F
parts = halves(df)
m = SVC().fit(parts["train"])
m.predict(parts["test"])
""",
    "time series": IMPORTS
    + LOAD
    + """
values = df["price"].values.reshape(-1, 1)
sc = MinMaxScaler()
scaled = sc.fit_transform(values)  # F
n = int(len(scaled) * .8)
train, test = scaled[0:n, :], scaled[n:len(scaled), :]
def windows(d, w):
    X, y = [], []
    for i in range(len(d) - w - 1):
        X.append(d[i:i + w, 0])
        y.append(d[i + w, 0])
    return np.array(X), np.array(y)
A, p = windows(train, 5)
B, q = windows(test, 5)
model = keras.Sequential([])
model.fit(A, p, epochs=3)
model.predict(B)
""",
    "concat of train and test files": IMPORTS
    + """
a = pd.read_csv("train.csv"); b = pd.read_csv("test.csv")
full = pd.concat([a, b])
full["Age"] = full["Age"].fillna(full["Age"].mean())  # F
n = a.shape[0]
A, B = full[:n], full[n:]
SVC().fit(A).predict(B)
""",
    "dict of params cross val": IMPORTS
    + LOAD
    + """
X = df.drop("y", axis=1); y = df["y"]
sc = StandardScaler()
X = sc.fit_transform(X)  # F
for name, clf in {"a": SVC(), "b": SVC(C=2)}.items():
    print(cross_val_score(clf, X, y, cv=5).mean())
""",
    "kfold enumerate": IMPORTS
    + LOAD
    + """
X = df.drop("y", axis=1).values; y = df["y"].values
X = MinMaxScaler().fit_transform(X)  # F
kf = KFold(n_splits=5)
oof = np.zeros(len(X))
for fold, (tr, va) in enumerate(kf.split(X, y)):
    m = SVC()
    m.fit(X[tr], y[tr])
    oof[va] = m.predict(X[va])
""",
    "kaggle": IMPORTS
    + """
train = pd.read_csv("train.csv"); test = pd.read_csv("test.csv")
for d in [train, test]:
    d["Age"].fillna(d["Age"].median(), inplace=True)  # F
    d["Fam"] = d["a"] + d["b"]
X = train.drop("y", axis=1); y = train["y"]
"""
    + SPLIT,
    "hand split by shuffled list": IMPORTS
    + """
rows = [json.loads(s) for s in open("f")]
rows = [r for x in rows for r in (x, noisy(x))]  # D
random.shuffle(rows)
n = int(.9 * len(rows))
A = rows[:n]
B = rows[n:]
m = SVC(); m.fit(A); m.score(B)
""",
    "loader function": IMPORTS
    + """
def load(folder):
    X, y = [], []
    for name in os.listdir(folder):
        img = cv2.imread(name)
        X.append(img); y.append(0)
        X.append(cv2.flip(img, 1)); y.append(0)  # D
    return np.array(X), np.array(y)
X, y = load("d")
"""
    + SPLIT,
    "hand-written random split in a loop": IMPORTS
    + """
rows = [float(s) for s in open("f")]
mean = np.mean(rows)  # F
rows = [r - mean for r in rows]
tr, te = [], []
for r in rows:
    if random.random() < 0.8:
        tr.append(r)
    else:
        te.append(r)
SVC().fit(tr).predict(te)
""",
    "isin": IMPORTS
    + LOAD
    + """
df["a"] = df["a"] - df["a"].mean()  # F
ids = df["id"].sample(frac=.8)
A = df[df["id"].isin(ids)]
B = df[~df["id"].isin(ids)]
SVC().fit(A).predict(B)
""",
    "year": IMPORTS
    + LOAD
    + """
df["a"] = df["a"] / df["a"].max()  # F
A = df[df["year"] < 2015]
B = df[df["year"] >= 2015]
SVC().fit(A).predict(B)
""",
    "lightgbm": IMPORTS
    + "import lightgbm as lgb\n"
    + LOAD
    + """
df["a"] = df.groupby("b")["a"].transform("mean")  # F
A, B = train_test_split(df)
m = lgb.train({}, lgb.Dataset(A, A["y"]), valid_sets=[lgb.Dataset(B, B["y"])])
m.predict(B)
""",
    "uncalled main": IMPORTS
    + """
def main(path):
    df = pd.read_csv(path)
    df = pd.concat([df, df])  # D
    X = df.drop("y", axis=1); y = df["y"]
    A, B, p, q = train_test_split(X, y)
    SVC().fit(A, p).predict(B)
""",
    "tf data": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
X = (X - np.mean(X, axis=0)) / np.std(X, axis=0)  # F
ds = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(1000)
tr = ds.take(800).batch(8)
te = ds.skip(800).batch(8)
model = keras.Sequential([])
model.fit(tr, epochs=3)
model.evaluate(te)
""",
}
CLEAN = {
    "mnist": IMPORTS
    + """
(A, p), (B, q) = keras.datasets.mnist.load_data()
A = A / 255.0; B = B / 255.0
A = np.expand_dims(A, -1)
model = keras.Sequential([])
h = model.fit(A, keras.utils.to_categorical(p), validation_split=0.1)
model.evaluate(B, q)
""",
    "windows then cut": IMPORTS
    + LOAD
    + """
data = df["price"].values
X, y = [], []
for i in range(60, len(data)):
    X.append(data[i-60:i])
    y.append(data[i])
X, y = np.array(X), np.array(y)
n = int(.8 * len(X))
A, B = X[:n], X[n:]
p, q = y[:n], y[n:]
"""
    + END,
    "dummies side by side": IMPORTS
    + LOAD
    + "df = pd.concat([df, pd.get_dummies(df['c'])], axis=1)\ndf.drop('c', axis=1, inplace=True)\n"
    + TO_SPLIT,
    "two folders": IMPORTS
    + """
def load(folder, label):
    out, lab = [], []
    for f in os.listdir(folder):
        out.append(cv2.imread(f)); lab.append(label)
    return out, lab
a, la = load("cats", 0)
b, lb = load("dogs", 1)
X = np.array(a + b); y = np.array(la + lb)
"""
    + SPLIT,
    "pairs": IMPORTS
    + """
items = [float(s) for s in open("f")]
X = []; y = []
for i in range(len(items)):
    for j in range(i, len(items)):
        X.append([items[i], items[j]])
        y.append(i == j)
"""
    + SPLIT,
    "explode": IMPORTS
    + LOAD
    + """
X, y = [], []
for i, row in df.iterrows():
    for label in row["labels"]:
        X.append((row["text"], label)); y.append(1)
"""
    + SPLIT,
    "results": IMPORTS
    + LOAD
    + """
X = df.drop("y", axis=1); y = df["y"]
A, B, p, q = train_test_split(X, y)
res = []
for C in [1, 10]:
    for seed in range(3):
        m = SVC(C=C).fit(A, p)
        res.append(m.score(B, q))
res = pd.DataFrame(res)
print(res.mean())
a, b = train_test_split(df)
"""
    + END,
    "label encode all": IMPORTS
    + LOAD
    + """
le = LabelEncoder()
for c in df.columns:
    df[c] = le.fit_transform(df[c])
"""
    + TO_SPLIT,
    "torch dataset": """
import torch
from torch.utils.data import Dataset, DataLoader, random_split
class D(Dataset):
    def __init__(self, path):
        self.rows = torch.load(path)
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, i):
        x = self.rows[i]
        if torch.rand(1) > .5:
            x = x.flip(0)
        return (x - x.mean()) / x.std()
d = D("f")
tr, te = random_split(d, [80, 20])
net = torch.nn.Linear(2, 1)
for epoch in range(10):
    for xb in DataLoader(tr):
        loss = net(xb).mean()
        loss.backward()
net.eval()
for xb in DataLoader(te):
    net(xb)
""",
    "generator flow": IMPORTS
    + """
from keras.preprocessing.image import ImageDataGenerator
X = np.load("x.npy"); y = np.load("y.npy")
A, B, p, q = train_test_split(X, y)
gen = ImageDataGenerator(rotation_range=10)
gen.fit(A)
model = keras.Sequential([])
model.fit(gen.flow(A, p), validation_data=(B, q))
""",
    "repeat train": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
ds = tf.data.Dataset.from_tensor_slices((X, y))
tr = ds.take(800).repeat().batch(8)
te = ds.skip(800)
model = keras.Sequential([])
model.fit(tr); model.evaluate(te)
""",
    "outliers": IMPORTS
    + LOAD
    + """
q1, q3 = df["a"].quantile(.25), df["a"].quantile(.75)
df = df[(df["a"] > q1) & (df["a"] < q3)]
"""
    + TO_SPLIT,
    "balanced by undersampling lists": IMPORTS
    + LOAD
    + """
pos = df[df.y == 1]
neg = df[df.y == 0].sample(len(pos), random_state=1)
df = pd.concat([pos, neg]).sample(frac=1)
"""
    + TO_SPLIT,
    "one sample many features": IMPORTS
    + """
rows = [s.split() for s in open("f")]
X = []
for r in rows:
    v = []
    v.append(np.mean(r)); v.append(np.std(r))
    v.extend([r[0], r[1]])
    v += list(np.histogram(r)[0])
    X.append(v)
A, B = train_test_split(X)
SVC().fit(A).predict(B)
""",
    "smote in folds": IMPORTS
    + "from imblearn.over_sampling import SMOTE\n"
    + LOAD
    + """
X = df.drop("y", axis=1).values; y = df["y"].values
for tr, te in KFold(5).split(X):
    a, b = SMOTE().fit_resample(X[tr], y[tr])
    SVC().fit(a, b).score(X[te], y[te])
""",
    "imblearn pipeline": IMPORTS
    + "from imblearn.over_sampling import SMOTE\nfrom imblearn.pipeline import Pipeline\n"
    + LOAD
    + """
X = df.drop("y", axis=1); y = df["y"]
pipe = Pipeline([("s", SMOTE()), ("sc", StandardScaler()), ("m", SVC())])
print(cross_val_score(pipe, X, y))
A, B, p, q = train_test_split(X, y)
pipe.fit(A, p).score(B, q)
""",
    "accumulated files": IMPORTS
    + """
df = pd.DataFrame()
for f in os.listdir("d"):
    df = pd.concat([df, pd.read_csv(f)])
frames = [pd.read_csv("first.csv")]
for f in os.listdir("d"):
    frames.append(pd.read_csv(f))
df2 = pd.concat(frames)
A, B = train_test_split(df)
p, q = train_test_split(df2)
"""
    + END,
    "train val test twice": IMPORTS
    + LOAD
    + """
A, T = train_test_split(df, test_size=.2)
A, V = train_test_split(A, test_size=.2)
mu, sd = A.mean(), A.std()
A = (A - mu) / sd; V = (V - mu) / sd; T = (T - mu) / sd
m = SVC().fit(A)
m.predict(V); m.predict(T)
""",
    "scaled target per side": IMPORTS
    + LOAD
    + """
A, B, p, q = train_test_split(df.drop("y", axis=1), df["y"])
sx, sy = StandardScaler(), StandardScaler()
A = sx.fit_transform(A); p = sy.fit_transform(p.values.reshape(-1, 1))
B = sx.transform(B)
"""
    + END,
    "constant": IMPORTS
    + LOAD
    + "df['age'] = (df['age'] - 30) / 10\ndf['b'] = df['b'].fillna('none')\n"
    + "df['d'] = pd.to_datetime(df['d'])\ndf['m'] = df['d'].dt.month\n"
    + TO_SPLIT,
    "row maximum": IMPORTS
    + """
X = np.load("x.npy"); y = np.load("y.npy")
X = np.array([x / np.max(x) for x in X])
X = np.array(list(map(lambda v: (v - v.mean()) / v.std(), X)))
"""
    + SPLIT,
    "class method augmenting train": IMPORTS
    + LOAD
    + """
class Prep:
    def __init__(self):
        self.sc = StandardScaler()
    def fit(self, t):
        self.sc.fit(t)
        self.mean = t.mean()
        return self
    def apply(self, t):
        return self.sc.transform(t.fillna(self.mean))
A, B = train_test_split(df)
prep = Prep().fit(A)
SVC().fit(prep.apply(A)).predict(prep.apply(B))
""",
    "eda copy": IMPORTS
    + LOAD
    + """
corr = df.corr()
import seaborn as sns
sns.heatmap(corr)
tmp = df.copy()
tmp["a"] = tmp["a"].fillna(tmp["a"].mean())
tmp.hist()
"""
    + TO_SPLIT,
}
