"""Keras exports whose history is the point: metrics by epoch, a falling learning rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from tests.honest import data
from tests.honest.kit import Md, notebook, style, write, write_json
from tests.honest.training import train


@style()
def keras_regression(root: Path, seed: int) -> Path:
    """Keras history with mae; a seed; a gap that is small, and negative by luck at times."""
    X, y = data.linear(700, 5, seed, noise=1.0)
    order = np.random.default_rng(seed).permutation(700)
    tr, va = order[:560], order[560:]
    fit = train((X[tr], y[tr]), (X[va], y[va]), 25, seed, hidden=8, lr=0.01, batch=32)
    h = fit.history
    pd.DataFrame(
        {
            "loss": h["loss"],
            "mae": h["metric"],
            "val_loss": h["val_loss"],
            "val_mae": h["val_metric"],
        }
    ).round(4).to_csv(root / "history.csv", index_label="epoch")
    pred = fit.output(X)
    scores = {
        name: {
            "mse": float(np.mean((y[r] - pred[r]) ** 2)),
            "mae": float(np.abs(y[r] - pred[r]).mean()),
        }
        for name, r in (("train", tr), ("validation", va))
    }
    write_json(root, "metrics.json", scores)
    for name, r in (("train", tr), ("validation", va)):
        pd.DataFrame(X[r], columns=[f"f{i}" for i in range(5)]).assign(target=y[r]).to_csv(
            root / f"{name}.csv", index=False
        )
        pd.DataFrame({"y_true": y[r], "y_pred": pred[r]}).to_csv(
            root / f"{name}_predictions.csv", index=False
        )
    t, v = scores["train"], scores["validation"]
    notebook(
        root,
        "mlp.ipynb",
        [
            "import numpy as np\nimport pandas as pd\nimport keras\nkeras.utils.set_random_seed(0)",
            "train = pd.read_csv('train.csv')\nvalidation = pd.read_csv('validation.csv')\n"
            "cols = [f'f{i}' for i in range(5)]\nprint(len(train), len(validation))",
            "model = keras.Sequential([keras.layers.Dense(8, activation='relu'), "
            "keras.layers.Dense(1)])\n"
            "model.compile('adam', 'mse', metrics=['mae'])\n"
            "checkpoint = keras.callbacks.ModelCheckpoint('best.keras', save_best_only=True)\n"
            "fit = model.fit(train[cols], train.target, epochs=25, batch_size=32, verbose=0,\n"
            "                validation_data=(validation[cols], validation.target), "
            "callbacks=[checkpoint])\n"
            "model = keras.models.load_model('best.keras')",
            "print('train', model.evaluate(train[cols], train.target, verbose=0))\n"
            "print('validation', model.evaluate(validation[cols], validation.target, verbose=0))",
            Md(f"Validation MSE {v['mse']:.3f}, MAE {v['mae']:.3f}."),
        ],
        recorded={
            1: "560 140\n",
            3: f"train [{t['mse']:.6f}, {t['mae']:.6f}]\n"
            f"validation [{v['mse']:.6f}, {v['mae']:.6f}]\n",
        },
    )
    write(
        root,
        "RESULTS.md",
        f"| Split | MSE | MAE |\n|---|---|---|\n| train | {t['mse']:.3f} | {t['mae']:.3f} |\n"
        f"| validation | {v['mse']:.3f} | {v['mae']:.3f} |\n\n"
        f"The gap (validation − train) is {v['mse'] - t['mse']:.3f} in MSE.\n",
    )
    return root


@style("CT201")
def keras_plateau(root: Path, seed: int, leak: bool = False) -> Path:
    """A dumped Keras history with a falling learning rate; parquet; a test set scored once."""
    X, y = data.blobs(560, 2, seed, spread=2.0)
    tr, va, te = np.split(np.random.default_rng(seed).permutation(560), [360, 460])
    fit = train((X[tr], y[tr]), (X[va], y[va]), 40, seed, lr=0.005, plateau=4, patience=10)
    h = fit.history
    write_json(
        root,
        "history.json",
        {
            "accuracy": h["metric"],
            "loss": h["loss"],
            "val_accuracy": h["val_metric"],
            "val_loss": h["val_loss"],
            "learning_rate": h["lr"],
        },
    )
    if leak:
        te = np.r_[te, tr[:40]]
    for name, rows in (("train", tr), ("val", va), ("test", te)):
        table = pd.DataFrame(X[rows].round(5), columns=[f"band_{i}" for i in range(6)])
        table.assign(target=y[rows]).to_parquet(root / f"{name}.parquet", index=False)
    predicted = fit.output(X[te]).argmax(1)
    accuracy = float((predicted == y[te]).mean())
    macro = float(f1_score(y[te], predicted, average="macro"))
    write_json(root, "results.json", {"test": {"accuracy": accuracy, "macro_f1": macro}})
    pd.DataFrame({"y_true": y[te], "y_pred": predicted}).to_csv(
        root / "test_predictions.csv", index=False
    )
    write(
        root,
        "train.py",
        "import json\n\nimport pandas as pd\nfrom tensorflow import keras\n"
        "from tensorflow.keras.callbacks import EarlyStopping, ReduceLROnPlateau\n\n"
        "keras.utils.set_random_seed(0)\nEPOCHS, BATCH = 40, 64\n\n\n"
        "def read(name):\n    table = pd.read_parquet(f'{name}.parquet')\n"
        "    return table.drop(columns='target').to_numpy(), table['target'].to_numpy()\n\n\n"
        "(X, y), val, test = read('train'), read('val'), read('test')\n"
        "net = keras.Sequential([keras.layers.Dense(24, 'relu'), keras.layers.Dense(2, "
        "'softmax')])\n"
        "net.compile(keras.optimizers.Adam(5e-3), 'sparse_categorical_crossentropy', "
        "['accuracy'])\n"
        "log = net.fit(X, y, validation_data=val, epochs=EPOCHS, batch_size=BATCH, verbose=0,\n"
        "              callbacks=[EarlyStopping('val_loss', patience=10, "
        "restore_best_weights=True),\n"
        "                         ReduceLROnPlateau('val_loss', factor=0.5, patience=4, "
        "min_lr=1e-5)])\n"
        "json.dump(log.history, open('history.json', 'w'))\n"
        "print(net.evaluate(*test, verbose=0))\n",
    )
    write(
        root,
        "README.md",
        f"Up to 40 epochs with batch size 64 and a patience of 10. Test accuracy {accuracy:.1%}, "
        f"macro F1 {macro:.3f}.\n",
    )
    return root
