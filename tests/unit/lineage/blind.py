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
}
