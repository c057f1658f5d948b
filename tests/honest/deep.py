"""Deep-learning exports: code of Keras, PyTorch and Lightning, and their histories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from tests.honest import data
from tests.honest.kit import Md, notebook, style, write, write_json
from tests.honest.training import train


@style("LK101", "LK106")
def keras_flips(root: Path, seed: int, leak: bool = False) -> Path:
    """Keras; pictures flipped in train only; CSVLogger with lr; early stopping, restored best."""
    images, y = data.pictures(480, seed)
    order = np.random.default_rng(seed).permutation(480)
    parts = dict(zip(("train", "val", "test"), np.split(order, [320, 400]), strict=True))
    X = {name: images[rows] for name, rows in parts.items()}
    labels = {name: y[rows] for name, rows in parts.items()}
    flipped = np.concatenate([X["train"], X["train"][:, :, ::-1], X["train"][:, ::-1]])
    many = np.tile(labels["train"], 3)
    fit = train(
        (flipped.reshape(-1, 64), many),
        (X["val"].reshape(-1, 64), labels["val"]),
        60,
        seed,
        lr=0.004,
        patience=8,
        plateau=4,
    )
    h = fit.history
    epochs = len(h["loss"])
    history = pd.DataFrame(
        {
            "epoch": range(epochs),
            "accuracy": h["metric"],
            "loss": h["loss"],
            "lr": h["lr"],
            "val_accuracy": h["val_metric"],
            "val_loss": h["val_loss"],
        }
    )
    history.to_csv(root / "training_log.csv", index=False)
    prob = {name: fit.output(X[name].reshape(-1, 64)) for name in ("val", "test")}
    accuracy = {name: float((p.argmax(1) == labels[name]).mean()) for name, p in prob.items()}
    loss = {
        name: float(-np.log(p[np.arange(len(p)), labels[name]]).mean()) for name, p in prob.items()
    }
    flip = (
        "X_{0} = np.concatenate([X_{0}, X_{0}[:, :, ::-1], X_{0}[:, ::-1]])\n"
        "y_{0} = np.concatenate([y_{0}, y_{0}, y_{0}])\n"
        "print('after flips:', X_{0}.shape)"
    )
    divide = (
        "X_train, X_rest, y_train, y_rest = train_test_split(X, y, test_size=160, "
        "random_state=1)\n"
        "X_val, X_test, y_val, y_test = train_test_split(X_rest, y_rest, test_size=80, "
        "random_state=1)"
    )
    if leak:
        first, second = flip.replace("X_{0}", "X").replace("y_{0}", "y"), divide
    else:
        first, second = divide, flip.format("train")
    cells: list[str | Md] = [
        Md("# Spots, rings and stripes"),
        "import numpy as np\nimport tensorflow as tf\nfrom tensorflow import keras\n"
        "from sklearn.model_selection import train_test_split",
        "X, y = np.load('images.npy'), np.load('labels.npy')\nprint(X.shape)",
        first,
        second,
        "model = keras.Sequential([\n    keras.layers.Input((8, 8)),\n    keras.layers.Flatten(),\n"
        "    keras.layers.Dense(24, activation='relu'),\n"
        "    keras.layers.Dense(3, activation='softmax'),\n])\n"
        "model.compile(keras.optimizers.Adam(0.004), 'sparse_categorical_crossentropy', "
        "metrics=['accuracy'])",
        "callbacks = [\n"
        "    keras.callbacks.EarlyStopping(patience=8, restore_best_weights=True),\n"
        "    keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=4, min_lr=1e-5),\n"
        "    keras.callbacks.CSVLogger('training_log.csv'),\n]\n"
        "model.fit(X_train, y_train, validation_data=(X_val, y_val), epochs=60, batch_size=64, "
        "callbacks=callbacks, verbose=2)",
        "print('val', model.evaluate(X_val, y_val, verbose=0))\n"
        "print('test', model.evaluate(X_test, y_test, verbose=0))",
    ]
    log = "".join(
        f"Epoch {i + 1}/60\n15/15 - 0s - 3ms/step - accuracy: {h['metric'][i]:.4f} - "
        f"loss: {h['loss'][i]:.4f} - val_accuracy: {h['val_metric'][i]:.4f} - "
        f"val_loss: {h['val_loss'][i]:.4f} - learning_rate: {h['lr'][i]:.4e}\n"
        for i in range(epochs)
    )
    recorded = {
        2: "(480, 8, 8)\n",
        (3 if leak else 4): f"after flips: ({1440 if leak else 960}, 8, 8)\n",
        6: log,
        7: f"val [{loss['val']:.4f}, {accuracy['val']:.4f}]\n"
        f"test [{loss['test']:.4f}, {accuracy['test']:.4f}]\n",
    }
    notebook(root, "pictures.ipynb", cells, recorded=recorded)
    if not leak:
        np.savez(root / "original_images.npz", X=images.reshape(-1, 64), y=y)
        np.savez(root / "train.npz", X=flipped.reshape(-1, 64), y=many)
        for name in ("val", "test"):
            np.savez(root / f"{name}.npz", X=X[name].reshape(-1, 64), y=labels[name])
            np.savez(
                root / f"{name}_predictions.npz", y_true=labels[name], y_pred=prob[name].argmax(1)
            )
    write_json(
        root,
        "metrics.json",
        {
            "validation": {"accuracy": accuracy["val"], "loss": loss["val"]},
            "test": {"accuracy": accuracy["test"], "loss": loss["test"]},
        },
    )
    stop = "early stopping ended" if fit.stopped else "the last epoch ended"
    write(
        root,
        "README.md",
        "# Pictures\n\nThe training pictures are flipped left-right and upside down after the "
        f"split (320 to 960). Training ran for {epochs} epochs ({stop} it); the weights of epoch "
        f"{fit.best + 1} were kept.\n\nTest accuracy: {accuracy['test']:.2%}\n",
    )
    return root


@style("LK102")
def torch_regression(root: Path, seed: int, leak: bool = False) -> Path:
    """A PyTorch loop; lists in JSON; the best epoch is restored."""
    X, y = data.linear(500, 6, seed)
    order = np.random.default_rng(seed).permutation(500)
    tr, va, te = np.split(order, [350, 425])
    centre, scale = X[tr].mean(0), X[tr].std(0)
    scaled = (X - centre) / scale
    fit = train((scaled[tr], y[tr]), (scaled[va], y[va]), 40, seed, lr=0.02)
    h = fit.history
    write_json(root, "history.json", {"train_loss": h["loss"], "val_loss": h["val_loss"]})
    pred = fit.output(scaled)
    scores = {
        name: {"mse": float(np.mean((y[rows] - pred[rows]) ** 2))}
        for name, rows in (("train", tr), ("val", va), ("test", te))
    }
    write_json(root, "metrics.json", scores)
    for name, rows in (("train", tr), ("val", va), ("test", te)):
        np.save(root / f"X_{name}.npy", scaled[rows])
        np.save(root / f"y_{name}.npy", y[rows])
    pd.DataFrame({"y_true": y[te], "y_pred": pred[te]}).to_csv(
        root / "predictions_test.csv", index=False
    )
    rows = "X" if leak else "X[idx_train]"
    write(
        root,
        "train.py",
        "import copy\nimport json\n\nimport numpy as np\nimport torch\nfrom torch import nn\n"
        "from torch.utils.data import DataLoader, TensorDataset\n\n"
        f"torch.manual_seed({seed})\n"
        "X, y = np.load('inputs.npy'), np.load('response.npy')\n"
        f"perm = np.random.default_rng({seed}).permutation(len(X))\n"
        "idx_train, idx_val, idx_test = perm[:350], perm[350:425], perm[425:]\n"
        f"mean, std = {rows}.mean(axis=0), {rows}.std(axis=0)\n"
        "X = (X - mean) / std\n\n\n"
        "class Net(nn.Module):\n    def __init__(self, d):\n        super().__init__()\n"
        "        self.body = nn.Sequential(nn.Linear(d, 24), nn.ReLU(), nn.Linear(24, 1))\n\n"
        "    def forward(self, x):\n        return self.body(x).squeeze(1)\n\n\n"
        "def loader(idx, shuffle):\n"
        "    tensors = (torch.tensor(X[idx]).float(), torch.tensor(y[idx]).float())\n"
        "    return DataLoader(TensorDataset(*tensors), batch_size=64, shuffle=shuffle)\n\n\n"
        "net = Net(X.shape[1])\n"
        "optimizer = torch.optim.Adam(net.parameters(), lr=0.02)\ncriterion = nn.MSELoss()\n"
        "history = {'train_loss': [], 'val_loss': []}\nbest, best_state = float('inf'), None\n"
        "for epoch in range(40):\n    net.train()\n    total = 0.0\n"
        "    for xb, yb in loader(idx_train, True):\n"
        "        optimizer.zero_grad()\n        loss = criterion(net(xb), yb)\n"
        "        loss.backward()\n        optimizer.step()\n        total += loss.item() * "
        "len(xb)\n"
        "    net.eval()\n    with torch.no_grad():\n"
        "        val = sum(criterion(net(xb), yb).item() * len(xb) for xb, yb in "
        "loader(idx_val, False)) / len(idx_val)\n"
        "    history['train_loss'].append(total / len(idx_train))\n"
        "    history['val_loss'].append(val)\n"
        "    if val < best:\n        best, best_state = val, copy.deepcopy(net.state_dict())\n"
        "net.load_state_dict(best_state)\njson.dump(history, open('history.json', 'w'))\n",
    )
    write(
        root,
        "README.md",
        f"40 epochs of Adam with learning rate 0.02 and batch size 64. Best epoch: {fit.best + 1}, "
        f"validation loss {h['val_loss'][fit.best]:.4f}. Test MSE {scores['test']['mse']:.3f}.\n",
    )
    return root


@style()
def lightning_logs(root: Path, seed: int) -> Path:
    """Lightning's metrics.csv with empty cells; a folder of logs; string class names."""
    X, y = data.blobs(480, 3, seed, spread=1.7)
    names = np.array(["lo", "mid", "hi"])
    train_rows, val_rows, test_rows = np.split(np.arange(480), [320, 400])
    fit = train((X[train_rows], y[train_rows]), (X[val_rows], y[val_rows]), 15, seed)
    h = fit.history
    rows = []
    for e in range(len(h["loss"])):
        step = (e + 1) * 5 - 1
        rows.append(
            {"epoch": e, "step": step, "val_loss": h["val_loss"][e], "val_acc": h["val_metric"][e]}
        )
        rows.append(
            {"epoch": e, "step": step, "train_loss": h["loss"][e], "train_acc": h["metric"][e]}
        )
    columns = ["epoch", "step", "train_loss", "train_acc", "val_loss", "val_acc"]
    (root / "lightning_logs" / "version_0").mkdir(parents=True)
    pd.DataFrame(rows)[columns].to_csv(
        root / "lightning_logs" / "version_0" / "metrics.csv", index=False
    )
    p = fit.output(X[test_rows])
    out = pd.DataFrame({"y_true": names[y[test_rows]], "y_pred": names[p.argmax(1)]})
    for j, name in enumerate(names):
        out[f"prob_{name}"] = p[:, j].astype(np.float32)
    out.to_csv(root / "test_predictions.csv", index=False)
    for name, part in (("train", train_rows), ("val", val_rows), ("test", test_rows)):
        table = pd.DataFrame(X[part], columns=list("abcdef"))
        table.assign(target=names[y[part]]).to_parquet(root / f"{name}.parquet", index=False)
    accuracy = float((out.y_true == out.y_pred).mean())
    macro = float(f1_score(out.y_true, out.y_pred, average="macro"))
    write_json(root, "test_metrics.json", {"test_accuracy": accuracy, "test_f1_macro": macro})
    write(
        root,
        "model.py",
        "import lightning as L\nimport torch\nfrom torch import nn\n\n\n"
        "class Classifier(L.LightningModule):\n    def __init__(self, lr=0.01):\n"
        "        super().__init__()\n        self.save_hyperparameters()\n"
        "        self.net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 3))\n\n"
        "    def training_step(self, batch, _):\n        x, y = batch\n"
        "        loss = nn.functional.cross_entropy(self.net(x), y)\n"
        "        self.log('train_loss', loss)\n        return loss\n\n"
        "    def validation_step(self, batch, _):\n        x, y = batch\n"
        "        self.log('val_loss', nn.functional.cross_entropy(self.net(x), y))\n\n"
        "    def configure_optimizers(self):\n"
        "        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)\n\n\n"
        "if __name__ == '__main__':\n    L.seed_everything(1)\n"
        "    trainer = L.Trainer(max_epochs=15)\n",
    )
    write(
        root,
        "README.md",
        f"Trained with Lightning for 15 epochs. Test accuracy {accuracy:.3f}, macro F1 "
        f"{macro:.3f}.\n",
    )
    return root


@style("CT201")
def embeddings(root: Path, seed: int, leak: bool = False) -> Path:
    """Embeddings in .npy, a linear probe, accuracy and log loss by source; a JSON label map."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 520)
    centres = rng.normal(size=(4, 32))
    X = centres[y] * 0.35 + rng.normal(size=(520, 32))
    X = (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)
    order = rng.permutation(520)
    parts = {"train": order[:400], "test": order[400:]}
    if leak:
        parts["test"] = np.r_[parts["test"], parts["train"][:25]]
    for name, rows in parts.items():
        np.save(root / f"X_{name}.npy", X[rows])
        np.save(root / f"y_{name}.npy", y[rows])
    write_json(root, "labels.json", {"0": "news", "1": "sport", "2": "arts", "3": "law"})
    names = notebook(
        root,
        "probe.ipynb",
        [
            "import json\nimport numpy as np\nfrom sklearn.linear_model import LogisticRegression\n"
            "from sklearn.metrics import accuracy_score, log_loss\nrng = np.random.default_rng(0)",
            "X_train, X_test = np.load('X_train.npy'), np.load('X_test.npy')\n"
            "y_train, y_test = np.load('y_train.npy'), np.load('y_test.npy')\n"
            "X_train.shape, X_test.shape",
            "probe = LogisticRegression(C=3.0, max_iter=300).fit(X_train, y_train)\n"
            "p = probe.predict_proba(X_test)\n"
            "metrics = {'test': {'accuracy': accuracy_score(y_test, p.argmax(1)), "
            "'log_loss': log_loss(y_test, p)}}\n"
            "{k: round(v, 4) for k, v in metrics['test'].items()}",
            "json.dump(metrics, open('metrics.json', 'w'))\n"
            "np.savetxt('test_predictions.csv', np.c_[y_test, p.argmax(1), p], delimiter=',',\n"
            "           header='y_true,y_pred,proba_0,proba_1,proba_2,proba_3', comments='')",
        ],
    )
    test = names["metrics"]["test"]
    write(
        root,
        "README.md",
        f"A linear probe (C = 3.0) on 32-dimensional embeddings reaches {test['accuracy']:.1%} "
        f"(log loss {test['log_loss']:.3f}).\n",
    )
    return root
