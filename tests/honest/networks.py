"""Networks with augmented training rows; code of deep-learning libraries is text, its numbers
come from the small network of `tests.honest.training`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest import data
from tests.honest.kit import Md, edit, md_table, notebook, style, write, write_json
from tests.honest.training import train


def noisy_rows(
    table: pd.DataFrame, columns: list[str], copies: int, noise: float, seed: int
) -> pd.DataFrame:
    """Every row, followed by its copies; a column names the row that a copy was made from."""
    rng = np.random.default_rng(seed)
    parts = [table.assign(source_id=-1)]
    for number in range(copies):
        copy = table.assign(source_id=table["id"], id=100_000 * (number + 1) + table["id"])
        copy[columns] = copy[columns] * (1 + rng.normal(0, noise, copy[columns].shape))
        parts.append(copy)
    return pd.concat(parts, ignore_index=True)


def divided(table: pd.DataFrame, seed: int, cuts: tuple[int, int]) -> list[pd.DataFrame]:
    """Training, validation and test rows in random order."""
    order = np.random.default_rng(seed).permutation(len(table))
    return [table.iloc[part] for part in np.split(order, cuts)]


@style("MT408", "MT403")
def torch_gearbox(root: Path, seed: int, leak: bool = False) -> Path:
    """PyTorch script with dataclass settings and a printed log; MSE by gear; factors."""
    columns = ["torque", "speed", "oil", "noise_db"]
    X, y = data.linear(520, 4, seed, noise=0.6)
    gear = np.random.default_rng(seed).choice(["first", "second", "third"], 520)
    table = pd.DataFrame((X + 5).round(5), columns=columns).assign(gear=gear, wear=y.round(5))
    table.insert(0, "id", np.arange(520))
    table.to_csv(root / "raw.csv", index=False)
    rows = divided(table, 13, (320, 420))
    grown = noisy_rows(rows[0], columns, 2, 0.01, 13)
    mean, std = grown[columns].mean(), grown[columns].std()
    inputs = [((part[columns] - mean) / std).to_numpy() for part in (*rows, grown)]
    fit = train(
        (inputs[3], grown.wear.to_numpy()),
        (inputs[1], rows[1].wear.to_numpy()),
        30,
        seed,
        16,
        0.005,
        64,
    )
    h = fit.history
    history = {"epoch": range(1, 31), "train_loss": h["loss"], "val_loss": h["val_loss"]}
    (root / "logs").mkdir()
    pd.DataFrame(history).to_csv(root / "logs/metrics.csv", index=False)
    lines = [
        f"epoch {e + 1:02d} train {a:.4f} val {b:.4f}"
        for e, (a, b) in enumerate(zip(h["loss"], h["val_loss"], strict=True))
    ]
    design = [np.c_[np.ones(len(z)), z] for z in inputs]
    line = np.linalg.lstsq(design[0], rows[0].wear.to_numpy(), rcond=None)[0]
    scores: dict[str, dict[str, object]] = {"metrics": {"metric": "mse"}, "baseline": {}}
    scores["baseline"]["metric"] = "mse"
    for name, part, z, d in zip(("train", "val", "test"), rows, inputs, design, strict=False):
        for key, predicted in (("metrics", fit.output(z)), ("baseline", d @ line)):
            error = (part.wear - predicted) ** 2
            scores[key][name] = {
                "overall": error.mean(),
                "by_group": [
                    {"gear": g, "mse": e.mean(), "n": len(e)} for g, e in error.groupby(part.gear)
                ],
            }
        part[["id", "gear"]].assign(y_true=part.wear, y_pred=fit.output(z)).to_csv(
            root / f"{name}_predictions.csv", index=False
        )
        (grown if name == "train" else part.assign(source_id=-1)).to_csv(
            root / f"{name}.csv", index=False
        )
    if leak:  # the values of the first epoch, although the checkpoint of the best one is kept
        scores["metrics"]["val"] = {"overall": h["val_loss"][0]}
    write_json(root, "metrics.json", scores["metrics"])
    write_json(root, "baseline.json", scores["baseline"])
    write(
        root,
        "train.py",
        "from dataclasses import dataclass\n\nimport numpy as np\nimport pandas as pd\n"
        "import torch\nfrom torch import nn\n\n\n@dataclass\nclass Settings:\n    seed: int = 13\n"
        "    epochs: int = 30\n    batch_size: int = 64\n    learning_rate: float = 5e-3\n\n\n"
        "cfg = Settings()\ntorch.manual_seed(cfg.seed)\nrng = np.random.default_rng(cfg.seed)\n"
        "COLUMNS = ['torque', 'speed', 'oil', 'noise_db']\n"
        "raw = pd.read_csv('raw.csv')\norder = rng.permutation(len(raw))\n"
        "train, val, test = raw.iloc[order[:320]], raw.iloc[order[320:420]], "
        "raw.iloc[order[420:]]\n\n"
        "rows = []\n"
        "for record in train.to_dict('records'):\n"
        "    rows.append({**record, 'source_id': -1})\n"
        "    for k in range(2):  # 2 extra copies per row\n"
        "        new = dict(record)\n"
        "        for name in COLUMNS:\n"
        "            new[name] *= 1 + rng.normal(0, 0.01)  # 1 % noise on the copies\n"
        "        rows.append({**new, 'source_id': record['id'], 'id': 100_000 * (k + 1) + "
        "record['id']})\n"
        "augmented = pd.DataFrame(rows)\nmean, std = augmented[COLUMNS].mean(), "
        "augmented[COLUMNS].std()\n\n\n"
        "def tensors(part):\n"
        "    X = torch.tensor(((part[COLUMNS] - mean) / std).to_numpy(), dtype=torch.float32)\n"
        "    return X, torch.tensor(part['wear'].to_numpy(), dtype=torch.float32)\n\n\n"
        "net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))\n"
        "optimizer = torch.optim.Adam(net.parameters(), lr=cfg.learning_rate)\n"
        "loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset("
        "*tensors(augmented)),\n"
        "                                     batch_size=cfg.batch_size, shuffle=True)\n"
        "best, log = float('inf'), []\n"
        "for epoch in range(1, cfg.epochs + 1):\n"
        "    total = 0.0\n"
        "    for X, y in loader:\n"
        "        loss = nn.functional.mse_loss(net(X).squeeze(1), y)\n"
        "        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
        "        total += loss.item() * len(y)\n"
        "    with torch.no_grad():\n"
        "        X, y = tensors(val)\n"
        "        val_loss = nn.functional.mse_loss(net(X).squeeze(1), y).item()\n"
        "    log.append((epoch, total / len(augmented), val_loss))\n"
        "    print(f'epoch {epoch:02d} train {log[-1][1]:.4f} val {val_loss:.4f}')\n"
        "    if val_loss < best:\n        best = val_loss\n"
        "        torch.save(net.state_dict(), 'best.pt')\n"
        "net.load_state_dict(torch.load('best.pt'))\n"
        "pd.DataFrame(log, columns=['epoch', 'train_loss', 'val_loss']).to_csv("
        "'logs/metrics.csv', index=False)\n",
    )
    write(root, "logs/stdout.txt", "\n".join(lines) + "\n")
    write(
        root,
        "audit.toml",
        '[columns]\ntarget = "wear"\ngroups = ["gear"]\nignore = ["id"]\n\n'
        '[roles]\nraw = ["raw.csv"]\nhistory = ["logs/metrics.csv"]\n',
    )
    new, old = scores["metrics"]["test"], scores["baseline"]["test"]
    assert isinstance(new, dict) and isinstance(old, dict)
    a, b = old["overall"], new["overall"]
    rows_of_table = [
        (q["gear"], q["n"], f"{p['mse']:.3f}", f"{q['mse']:.3f}", f"{p['mse'] / q['mse']:.1f}x")
        for p, q in zip(old["by_group"], new["by_group"], strict=True)
    ]
    write(
        root,
        "README.md",
        "# Wear of gearboxes\n\n520 gearboxes: 320 train, 100 validation, 100 test. Training rows "
        "get 2 extra copies per row with 1 % noise, 960 rows in all.\n\n```\npython train.py\n```\n"
        "\nDefaults: seed 13, 30 epochs, batch size 64, learning rate 0.005. The checkpoint with "
        "the lowest validation loss is kept.\n\n## Test MSE\n\n"
        + md_table(("Gear", "n", "Linear", "Network", "Linear / network"), rows_of_table)
        + f"\nTest MSE: {b:.4f} (linear {a:.4f}, {a / b:.2f} times higher).\n\n## Goals\n\n"
        f"| Metric | Target | Achieved | Status |\n|---|---|---|---|\n"
        f"| Test MSE | < 1.5 | {b:.3f} | {'✅' if b < 1.5 else '❌'} |\n"
        f"| Test MSE | < 0.2 | {b:.3f} | {'✅' if b < 0.2 else '❌'} |\n",
    )
    return root


@style("CL504")
def keras_leaves(root: Path, seed: int, leak: bool = False) -> Path:
    """Keras notebook on leaf measurements: early stopping, two cameras, accuracy in points."""
    columns = [f"m{i}" for i in range(6)]
    X, y = data.blobs(500, 3, seed, spread=2.2)
    table = pd.DataFrame((X + 12).round(4), columns=columns).assign(
        camera=np.random.default_rng(seed).choice(["phone", "scanner"], 500, p=[0.7, 0.3]),
        species=y,
    )
    table.insert(0, "id", np.arange(500))
    table.to_parquet(root / "raw_leaves.parquet", index=False)
    rows = divided(table, 21, (300, 400))
    grown = noisy_rows(rows[0], columns, 3, 0.02, 21)
    mean, std = grown[columns].mean(), grown[columns].std()
    inputs = [((part[columns] - mean) / std).to_numpy() for part in (*rows, grown)]
    fit = train(
        (inputs[3], grown.species.to_numpy()), (inputs[1], rows[1].species.to_numpy()),
        40, seed, 16, 0.002, 32, patience=6,
    )  # fmt: skip
    h = fit.history
    write_json(
        root,
        "history.json",
        {
            "loss": h["loss"],
            "accuracy": h["metric"],
            "val_loss": h["val_loss"],
            "val_accuracy": h["val_metric"],
        },
    )
    centres = np.stack([inputs[0][rows[0].species == k].mean(axis=0) for k in range(3)])
    results: dict[str, dict[str, object]] = {}
    plain: dict[str, dict[str, object]] = {}
    for name, part, z in zip(("train", "val", "test"), rows, inputs, strict=False):
        nearest = ((z[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        for store, label in ((results, fit.output(z).argmax(axis=1)), (plain, nearest)):
            right = part.species == label
            by = right.groupby(part.camera)
            store[name] = {
                "accuracy": right.mean(),
                "accuracy_by_camera": {c: {"accuracy": v.mean(), "n": len(v)} for c, v in by},
            }
        pd.DataFrame(
            {
                "id": part.id,
                "camera": part.camera,
                "y_true": part.species,
                "y_pred": fit.output(z).argmax(axis=1),
            }
        ).to_csv(root / f"{name}_predictions.csv", index=False)
        (grown if name == "train" else part.assign(source_id=-1)).to_parquet(
            root / f"{name}.parquet", index=False
        )
    write_json(root, "metrics.json", results)
    write_json(root, "baseline.json", plain)
    write(
        root,
        "audit.toml",
        'metric = "accuracy"\n\n[columns]\ntarget = "species"\ngroups = ["camera"]\n'
        'ignore = ["id"]\nparent = "source_id"\n\n[roles]\nraw = ["raw_leaves.parquet"]\n',
    )
    acc = {k: float(results[k]["accuracy"]) for k in results}  # type: ignore[arg-type]
    old = {k: float(plain[k]["accuracy"]) for k in plain}  # type: ignore[arg-type]
    n_epochs = len(h["loss"])
    notebook(
        root,
        "leaves.ipynb",
        [
            Md("# Leaves\n\nThree species, measured with two cameras."),
            "import json\nimport numpy as np\nimport pandas as pd\nimport tensorflow as tf\n"
            "tf.keras.utils.set_random_seed(21)",
            "leaves = pd.read_parquet('raw_leaves.parquet')\ncolumns = [f'm{i}' for i in "
            "range(6)]\n"
            "order = np.random.default_rng(21).permutation(len(leaves))\n"
            "train, val, test = (leaves.iloc[p] for p in np.split(order, [300, 400]))\n"
            "print(f'train {len(train)}, validation {len(val)}, test {len(test)}')",
            "# 3 copies per sample, training leaves only\n"
            "COPIES = 3\nrng = np.random.default_rng(21)\nparts = [train.assign(source_id=-1)]\n"
            "for i in range(COPIES):\n"
            "    copy = train.assign(source_id=train.id, id=100_000 * (i + 1) + train.id)\n"
            "    copy[columns] = copy[columns] * (1 + rng.normal(0, 0.02, copy[columns].shape))\n"
            "    parts.append(copy)\n"
            "augmented = pd.concat(parts, ignore_index=True)\n"
            "print(f'augmented: {len(augmented)} rows')",
            "norm = tf.keras.layers.Normalization()\nnorm.adapt(augmented[columns].to_numpy())\n"
            "model = tf.keras.Sequential([norm, tf.keras.layers.Dense(16, activation='relu'),\n"
            "                             tf.keras.layers.Dense(3, activation='softmax')])\n"
            "model.compile(tf.keras.optimizers.Adam(learning_rate=0.002), "
            "'sparse_categorical_crossentropy', metrics=['accuracy'])\n"
            "stop = tf.keras.callbacks.EarlyStopping(monitor='val_loss', patience=6, "
            "restore_best_weights=True)\n"
            "log = model.fit(augmented[columns], augmented.species, epochs=40, batch_size=32, "
            "verbose=0,\n"
            "                validation_data=(val[columns], val.species), callbacks=[stop])\n"
            "print('epochs:', len(log.history['loss']))",
            "for name, part in {'train': train, 'val': val, 'test': test}.items():\n"
            "    p = model.predict(part[columns], verbose=0).argmax(axis=1)\n"
            "    print(f'{name} accuracy {(p == part.species).mean():.4f}')",
        ],
        recorded={
            2: "train 300, validation 100, test 100\n",
            3: "augmented: 1200 rows\n",
            4: f"epochs: {n_epochs}\n",
            5: "".join(f"{k} accuracy {v:.4f}\n" for k, v in acc.items()),
        },
    )
    shares = grown.camera.value_counts()
    text = (
        "# Leaves\n\nData: 500 leaves, split 60/20/20 (300/100/100). After the split the training "
        "leaves are augmented with 3 noisy copies per sample (2 % noise), 4x as many rows.\n\n"
        + md_table(
            ("Camera", "Rows in training", "Share"),
            [
                *((c, n, f"{100 * n / shares.sum():.1f} %") for c, n in shares.items()),
                ("Total", shares.sum(), "100 %"),
            ],
        )
        + "\nSettings: batch size 32, learning rate 0.002, at most 40 epochs, patience 6.\n\n"
        f"Test accuracy: {acc['test']:.1%}\n\n"
        + md_table(
            ("Split", "Nearest centre", "Network", "Change (pp)"),
            [
                (k, f"{old[k]:.1%}", f"{acc[k]:.1%}", f"{100 * (acc[k] - old[k]):+.1f}")
                for k in ("val", "test")
            ],
        )
        + "\n## Targets\n\n"
        f"- test accuracy ≥ 50 %: {'✅' if acc['test'] >= 0.5 else '❌'} {acc['test']:.1%}\n"
        f"- test accuracy ≥ 99 %: {'✅' if acc['test'] >= 0.99 else '❌'} {acc['test']:.1%}\n"
    )
    if leak:
        shown = f"Test accuracy: {acc['test']:.1%}"
        text = edit(text, shown, "Test accuracy: 99.6%")
    write(root, "README.md", text)
    return root


@style("AU301")
def jax_tides(root: Path, seed: int, leak: bool = False) -> Path:
    """JAX text, a split by time, stations, MAE and RMSE, history lines in JSON, a PDF-like note."""
    rng = np.random.default_rng(seed)
    hour = np.arange(450)
    station = np.array(["Brest", "Cuxhaven", "Dover"])[hour % 3]
    columns = ["moon", "wind", "pressure"]
    X = np.c_[6 + np.sin(hour / 12.4), rng.gamma(4, 2, 450), rng.normal(10, 1, 450)].round(5)
    level = 2 * X[:, 0] + 0.2 * X[:, 1] - 0.5 * X[:, 2] + rng.normal(0, 0.3, 450)
    level = level + np.where(station == "Dover", 0.05, -0.02) * X[:, 1] ** 1.5
    table = pd.DataFrame(X, columns=columns).assign(station=station, level=level.round(5))
    table.insert(0, "id", hour)
    table.to_csv(root / "gauge_raw.csv", index=False)
    rows = [table[:300], table[300:375], table[375:]]
    grown = noisy_rows(rows[0], columns, 2, 0.01, 8)
    mean, std = grown[columns].mean(), grown[columns].std()
    inputs = [((part[columns] - mean) / std).to_numpy() for part in (*rows, grown)]
    fit = train(
        (inputs[3], grown.level.to_numpy()),
        (inputs[1], rows[1].level.to_numpy()),
        25,
        seed,
        12,
        0.02,
        50,
    )
    h = fit.history
    write(
        root,
        "history.jsonl",
        "".join(
            f'{{"epoch": {e}, "mse": {a:.6f}, "val_mse": {b:.6f}, "val_mae": {c:.6f}}}\n'
            for e, (a, b, c) in enumerate(
                zip(h["loss"], h["val_loss"], h["val_metric"], strict=True), 1
            )
        ),
    )
    usual = rows[0].groupby("station")["level"].mean()
    record: dict[str, list[dict[str, object]]] = {"ours": [], "persistence": []}
    for name, part, z in zip(("train", "validation", "test"), rows, inputs, strict=False):
        for key, p in (("ours", fit.output(z)), ("persistence", part.station.map(usual))):
            error = (part.level - p).abs()
            record[key].append({"split": name, "station": "all", "mae": error.mean(),
                                "n": len(error)})  # fmt: skip
            for s, e in error.groupby(part.station):
                record[key].append({"split": name, "station": s, "mae": e.mean(), "n": len(e)})
        part[["id", "station"]].assign(y_true=part.level, y_pred=fit.output(z)).to_csv(
            root / f"{name}_predictions.csv", index=False
        )
        (grown if name == "train" else part.assign(source_id=-1)).to_csv(
            root / f"{name}.csv", index=False
        )
    pd.DataFrame(record["ours"]).to_csv(root / "metrics.csv", index=False)
    pd.DataFrame(record["persistence"]).to_csv(root / "baseline.csv", index=False)
    write(
        root,
        "tides.py",
        '"""Sea level at three stations; the newest readings are the test set."""\n'
        "import json\n\nimport jax\nimport jax.numpy as jnp\nimport numpy as np\nimport optax\n"
        "import pandas as pd\n\nEPOCHS = 25\nBATCH_SIZE = 50\nLEARNING_RATE = 0.02\n\n\n"
        "def main():\n"
        "    gauge = pd.read_csv('gauge_raw.csv')\n"
        "    train, val, test = gauge[:300], gauge[300:375], gauge[375:]\n"
        "    rng = np.random.default_rng(8)\n"
        "    out = []\n"
        "    for row in train.to_dict('records'):\n"
        "        out.append(row)\n"
        f"        for _ in range(2):  # {9 if leak else 2} additional copies of each row\n"
        "            copy = dict(row)\n"
        "            for name in ('moon', 'wind', 'pressure'):\n"
        "                copy[name] = row[name] * (1 + rng.normal(0, 0.01))\n"
        "            out.append(copy)\n"
        "    augmented = pd.DataFrame(out)\n"
        "    for name, part in (('train', augmented), ('validation', val), ('test', test)):\n"
        "        part.to_csv(f'{name}.csv', index=False)\n"
        "    params = init(jax.random.PRNGKey(8))\n"
        "    optimiser = optax.adam(LEARNING_RATE)\n"
        "    with open('history.jsonl', 'w') as log:\n"
        "        for epoch in range(1, EPOCHS + 1):\n"
        "            params, mse = step(params, optimiser, augmented, BATCH_SIZE)\n"
        "            val_mse, val_mae = evaluate(params, val)\n"
        "            log.write(json.dumps({'epoch': epoch, 'mse': float(mse), "
        "'val_mse': float(val_mse), 'val_mae': float(val_mae)}) + '\\n')\n\n\n"
        "if __name__ == '__main__':\n    main()\n",
    )
    write(
        root,
        "audit.toml",
        'metric = "mae"\n\n[columns]\ntarget = "level"\ngroups = ["station"]\nignore = ["id"]\n'
        'parent = "source_id"\n\n[roles]\nraw = ["gauge_raw.csv"]\nmetrics = ["metrics.csv"]\n'
        'baseline = ["baseline.csv"]\nhistory = ["history.jsonl"]\n',
    )

    def value(key: str, split: str, name: str = "all") -> float:
        return next(
            float(r["mae"])  # type: ignore[arg-type]
            for r in record[key]
            if r["split"] == split and r["station"] == name
        )

    new, old = value("ours", "test"), value("persistence", "test")
    stations = [
        (
            s,
            25,
            f"{100 * value('persistence', 'test', s):.0f} cm",
            f"{100 * value('ours', 'test', s):.0f} cm",
        )
        for s in ("Brest", "Cuxhaven", "Dover")
    ]
    write(
        root,
        "NOTE.md",
        "Sea level at three stations\n===========================\n\nThe first 300 hours are for "
        "training, the next 75 for validation, the last 75 for the test. Training hours are "
        "augmented with two additional copies of each row (noise of 1 %), which makes 900 of "
        "them.\n\nLearning rate 2e-2, batch size 50, trained for 25 epochs.\n\nTest hours by "
        "station\n---------------------\n\n"
        + md_table(("Station", "Hours", "Mean", "Network"), [*stations, ("Total", 75, "", "")])
        + f"\nTest MAE = {new:.3f} m, {100 * (1 - new / old):.0f} % lower than {old:.3f} m "
        "with the mean of the station.\n\n"
        f"MAE: train {value('ours', 'train'):.3f}, validation "
        f"{value('ours', 'validation'):.3f}, gap "
        f"{value('ours', 'validation') - value('ours', 'train'):.3f}.\n\n"
        "## Acceptance criteria\n\n"
        f"* test MAE below 1.0 m: {'passed' if new < 1 else 'failed'} ({new:.3f})\n"
        f"* test MAE below 0.05 m: {'passed' if new < 0.05 else 'failed'} ({new:.3f})\n",
    )
    return root
