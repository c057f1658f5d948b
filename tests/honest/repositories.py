"""Complete repositories of teams: augmentation, history, groups, a baseline and a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.honest.kit import edit, script, style, write


@style("CL503", "AU303")
def bearing_repository(root: Path, seed: int, leak: bool = False) -> Path:
    """A package with settings; an MLP by `partial_fit`; marked copies; RMSE by machine."""
    rng = np.random.default_rng(seed)
    machine = rng.choice(["lathe", "mill", "press"], 420, p=[0.5, 0.3, 0.2])
    table = pd.DataFrame(rng.gamma(5, 2, (420, 4)).round(3), columns=["rpm", "load", "temp", "vib"])
    life = 3 + 0.4 * table.rpm - 0.3 * table.load + 0.05 * table.temp * table.vib
    life += 1.5 * (machine == "mill") * np.sin(table.vib) + rng.normal(0, 0.8, 420)
    table.insert(0, "bearing", [f"B{i:03d}" for i in range(420)])
    table.assign(machine=machine, life=life.round(3)).to_csv(root / "bearings.csv", index=False)
    write(
        root,
        "src/settings.py",
        '"""All settings of the run."""\n\nSEED = 7\nTEST_SIZE = 0.2\nLEARNING_RATE = 0.004\n'
        "BATCH_SIZE = 32\nEPOCHS = 30\n"
        'SENSORS = ["rpm", "load", "temp", "vib"]\n',
    )
    write(
        root,
        "src/augment.py",
        "import pandas as pd\n\nfrom src.settings import SENSORS\n\n"
        "COPIES = 2  # 2 copies per row\n"
        "NOISE = 0.03  # 3 % noise on each copied measurement\n\n\n"
        "def augment(train, rng):\n"
        '    """Originals first, then their noisy copies, which keep the life of the original."""\n'
        "    parts = [train.assign(parent='', augmented=False)]\n"
        "    for number in range(COPIES):\n"
        "        copy = train.assign(parent=train.bearing, augmented=True)\n"
        "        copy['bearing'] = train.bearing + f'-{number}'\n"
        "        copy[SENSORS] *= 1 + rng.normal(0, NOISE, copy[SENSORS].shape)\n"
        "        parts.append(copy)\n"
        "    return pd.concat(parts, ignore_index=True)\n",
    )
    names = script(
        root,
        "run.py",
        "import json\n\nimport numpy as np\nimport pandas as pd\n"
        "from sklearn.linear_model import LinearRegression\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.neural_network import MLPRegressor\n"
        "from sklearn.preprocessing import StandardScaler\n\n"
        "from src.augment import augment\n"
        "from src.settings import BATCH_SIZE, EPOCHS, LEARNING_RATE, SEED, SENSORS, TEST_SIZE\n\n"
        "rng = np.random.default_rng(SEED)\n"
        "bearings = pd.read_csv('bearings.csv')\n"
        "rest, test = train_test_split(bearings, test_size=TEST_SIZE, random_state=SEED)\n"
        "original, valid = train_test_split(rest, test_size=TEST_SIZE, random_state=SEED)\n"
        "print(f'{len(bearings)} bearings: train {len(original)}, validation {len(valid)}, "
        "test {len(test)}')\n"
        "train = augment(original, rng)\n"
        "print(f'after augmentation: {len(train)} training rows')\n\n"
        "scaler = StandardScaler().fit(train[SENSORS])\n"
        "net = MLPRegressor(hidden_layer_sizes=(32,), learning_rate_init=LEARNING_RATE, "
        "random_state=SEED,\n"
        "                   batch_size=BATCH_SIZE)\n"
        "linear = LinearRegression().fit(original[SENSORS], original.life)\n\n\n"
        "def predict(rows):\n    return net.predict(scaler.transform(rows[SENSORS]))\n\n\n"
        "def rmse(y, p):\n    return float(np.sqrt(np.mean((y - p) ** 2)))\n\n\n"
        "history = []\n"
        "for epoch in range(1, EPOCHS + 1):\n"
        "    shuffled = train.sample(frac=1, random_state=epoch)\n"
        "    net.partial_fit(scaler.transform(shuffled[SENSORS]), shuffled.life)\n"
        "    history.append({'epoch': epoch, 'train_rmse': rmse(original.life, "
        "predict(original)),\n"
        "                    'val_rmse': rmse(valid.life, predict(valid))})\n"
        "pd.DataFrame(history).to_csv('history.csv', index=False)\n\n\n"
        "def scores(rows, values):\n"
        "    frame = pd.DataFrame({'machine': rows.machine, 'y': rows.life, 'p': values})\n"
        "    return {'overall': rmse(frame.y, frame.p), 'by_group': [\n"
        "        {'machine': m, 'rmse': rmse(part.y, part.p), 'n': len(part)}\n"
        "        for m, part in frame.groupby('machine')]}\n\n\n"
        "parts = {'train': original, 'validation': valid, 'test': test}\n"
        "metrics = {'metric': 'rmse', **{k: scores(v, predict(v)) for k, v in parts.items()}}\n"
        "baseline = {'metric': 'rmse', **{k: scores(v, linear.predict(v[SENSORS])) "
        "for k, v in parts.items()}}\n"
        "for name, value in (('metrics', metrics), ('baseline', baseline)):\n"
        "    with open(f'{name}.json', 'w') as file:\n        json.dump(value, file, indent=2)\n"
        "train.to_csv('train.csv', index=False)\n"
        "for name, rows in parts.items():\n"
        "    if name != 'train':\n"
        "        rows.assign(parent='', augmented=False).to_csv(f'{name}.csv', index=False)\n"
        "    pd.DataFrame({'bearing': rows.bearing, 'machine': rows.machine, "
        "'y_true': rows.life,\n"
        "                  'y_pred': predict(rows)}).to_csv(f'{name}_predictions.csv', "
        "index=False)\n"
        "print(f\"test RMSE {metrics['test']['overall']:.4f}, linear "
        "{baseline['test']['overall']:.4f}\")\n",
        log="run.log",
    )
    write(
        root,
        "audit.toml",
        '[columns]\ntarget = "life"\ngroups = ["machine"]\nignore = ["bearing"]\n'
        'parent = "parent"\nsynthetic = "augmented"\n\n[roles]\nraw = ["bearings.csv"]\n',
    )
    m, b = names["metrics"], names["baseline"]
    new, old = m["test"], b["test"]
    gap = m["validation"]["overall"] - m["train"]["overall"]
    n = [len(names[k]) for k in ("original", "valid", "test")]
    met = new["overall"] < 0.9 * old["overall"]
    change = 100 * (new["overall"] / old["overall"] - 1)
    lines = [
        "# Remaining life of bearings",
        "",
        f"420 bearings were divided into {n[0]} for training, {n[1]} for validation and {n[2]} for "
        "test (seed 7). Only the training bearings are augmented: 2 copies each with 3 % noise, "
        f"so that the training set grows 3x, to {len(names['train'])} rows.",
        "",
        "The network was trained for 30 epochs with a learning rate of 0.004 and a batch size of "
        "32; 20 % of the bearings are the test set.",
        "",
        "## Results",
        "",
        f"Test RMSE went from {old['overall']:.3f} with linear regression to "
        f"{new['overall']:.3f} ({change:+.1f} %).",
        "",
        "| Machine | n | Linear | Network | Change |",
        "|:--|--:|--:|--:|--:|",
        *(
            f"| {x['machine']} | {y['n']} | {x['rmse']:.3f} | {y['rmse']:.3f} | "
            f"{100 * (y['rmse'] / x['rmse'] - 1):+.1f} % |"
            for x, y in zip(old["by_group"], new["by_group"], strict=True)
        ),
        "",
        "| | RMSE |",
        "|---|---|",
        f"| train | {m['train']['overall']:.3f} |",
        f"| validation | {m['validation']['overall']:.3f} |",
        f"| gap | {gap:.3f} |",
        "",
        "## Success criteria",
        "",
        f"- test RMSE below 90 % of the linear model ({0.9 * old['overall']:.3f}): "
        f"{'met' if met else 'not met'} ({new['overall']:.3f})",
        f"- test RMSE < 5: met ({new['overall']:.3f})",
        "",
    ]
    text = "\n".join(lines)
    if leak:
        text = edit(text, "3 % noise", "12 % noise")
    write(root, "README.md", text)
    return root
