# %% [markdown]
# # Yield by site

# %%
import pandas as pd
from sklearn.linear_model import Ridge

train = pd.read_csv("splits/train.csv")
validation = pd.read_csv("splits/validation.csv")
measurements = [f"x{i}" for i in range(6)]

# %%
model = Ridge(alpha=
print(train.shape)

# %%
model = Ridge(alpha=1.0).fit(train[measurements], train["y"])
print(model.score(validation[measurements], validation["y"]))
