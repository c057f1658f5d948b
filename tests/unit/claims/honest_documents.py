"""Honest documents as people write them, some with code or a metrics file: nothing is wrong here.

Each entry is a name and the files of an export.
"""

from __future__ import annotations

import json

FIT = """\
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

SEED = 42
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=SEED)
model = RandomForestClassifier(n_estimators=300, max_depth=8, random_state=SEED)
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
"""

TORCH = """\
import argparse
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=3e-4)
parser.add_argument("--batch-size", type=int, default=64)
parser.add_argument("--epochs", type=int, default=100)
args = parser.parse_args()
torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(20, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64),
                          torch.nn.ReLU(), torch.nn.Linear(64, 1))
optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.01)
patience = 10
"""

KERAS = """\
import keras

LEARNING_RATE = 1e-3
EPOCHS = 200
model = keras.Sequential([
    keras.layers.Dense(256, activation="relu"),
    keras.layers.Dropout(0.3),
    keras.layers.Dense(128, activation="relu"),
    keras.layers.Dropout(0.2),
    keras.layers.Dense(1),
])
model.compile(keras.optimizers.Adam(LEARNING_RATE), loss="mse")
stop = keras.callbacks.EarlyStopping(patience=10)
model.fit(X, y, epochs=EPOCHS, batch_size=128, validation_split=0.15, callbacks=[stop])
model.predict(X, batch_size=4096)
"""


def metrics(**values: float) -> str:
    return json.dumps({"metric": "accuracy", **{k: {"overall": v} for k, v in values.items()}})


DOCUMENTS: dict[str, dict[str, str]] = {
    "kaggle write-up": {
        "README.md": """# 12th place solution

My best single model had a CV of 0.7912 and LB 0.7985; the ensemble improved CV from 0.7912 to
0.7954 (+0.0042). Pseudo-labels gave another +0.002. Training takes 3-4x longer with TTA.

| Model | CV | Public LB | Private LB |
|---|---|---|---|
| LightGBM | 0.7912 | 0.7985 | 0.7951 |
| XGBoost | 0.7899 | 0.7979 | 0.7948 |
| NN | 0.7830 | 0.7901 | 0.7880 |
| Ensemble | 0.7954 | 0.8011 | 0.7979 |
"""
    },
    "changes against the first row": {
        "README.md": """# Ablation

| Variant | Params (M) | Accuracy | Δ |
|---|---|---|---|
| Full model | 23.5 | 85.3 | – |
| without attention | 21.0 | 83.1 | -2.2 |
| without augmentation | 23.5 | 81.9 | -3.4 |
| without pretraining | 23.5 | 77.0 | -8.3 |
"""
    },
    "changes against the previous row": {
        "README.md": """# Steps

| Step | Train acc | Val acc | Gain |
|---|---|---|---|
| Baseline | 71.2 | 70.1 | |
| + augmentation | 73.9 | 73.4 | +3.3 |
| + cosine schedule | 75.8 | 74.9 | +1.5 |
| + label smoothing | 76.1 | 75.6 | +0.7 |
"""
    },
    "change against a model that is not listed": {
        "README.md": """# Benchmarks

| Dataset | Ours (P) | Ours (R) | Δ vs SOTA |
|---|---|---|---|
| CoNLL | 91.2 | 90.8 | +0.4 |
| OntoNotes | 88.3 | 87.1 | -0.2 |
| WNUT | 55.1 | 48.0 | +1.9 |
"""
    },
    "percent change relative to new": {
        "README.md": """# Speed

| Query | Before (ms) | After (ms) | Speedup |
|---|---|---|---|
| join | 1200 | 300 | 4.0x |
| scan | 95 | 40 | 2.4x |
| sort | 410 | 366 | 1.1x |
"""
    },
    "reduction positive": {
        "RESULTS.md": """# Error by region

| Region | Old RMSE | New RMSE | Reduction |
|---|---|---|---|
| North | 1.23 | 0.98 | 20.3 % |
| South | 2.01 | 1.77 | 11.9 % |
| East | 0.87 | 0.91 | -4.6 % |
"""
    },
    "cut off, not rounded": {
        "RESULTS.md": """# Error

| Region | Baseline | Model | % Change |
|---|---|---|---|
| North | 1.26 | 0.98 | 22% |
| South | 2.01 | 1.75 | 12% |
| East | 0.87 | 0.71 | 18% |

MAE fell from 1.26 to 0.98, a 22% reduction.
"""
    },
    "computed before rounding": {
        "RESULTS.md": """# Gap

- Train loss: 0.18
- Validation loss: 0.21
- Gap: 0.0266
"""
    },
    "points of percent": {
        "README.md": """# Report

Accuracy improved from 82.1 % to 85.3 % (+3.2 points), a relative error reduction of 17.9 %.
Recall rose from 0.71 to 0.78 (+7 pp). F1 went from 0.744 to 0.786 (5.6% better).
"""
    },
    "business metrics": {
        "README.md": """# Impact

Conversion increased by 12 % year over year. Revenue per visitor went from 1.84 to 1.97 EUR
(+7.1 %). Churn is down 0.4 points since March, and support tickets fell by a third.

| Month | Visitors | Orders | Change (MoM) |
|---|---|---|---|
| Jan | 120,400 | 3,010 | |
| Feb | 118,900 | 3,122 | +3.7% |
| Mar | 131,200 | 3,404 | +9.0% |
"""
    },
    "business metrics by year": {
        "README.md": """# Years

| KPI | 2022 | 2023 | Change |
|---|---|---|---|
| Revenue (M) | 4.2 | 5.1 | +21.4% |
| Churn | 5.1% | 4.3% | -0.8 pp |
| NPS | 41 | 47 | +6 |
"""
    },
    "german decimal commas": {
        "README.md": """# Ergebnisse

| Region | Vorher | Nachher | Change |
|---|---|---|---|
| Nord | 0,481 | 0,391 | -18,7 % |
| Ost | 1,250 | 1,125 | -10 % |

Der Fehler fiel from 1,250 to 0,625 (50 %).
"""
    },
    "french numbers": {
        "README.md": """# Résultats

La précision passe de 82,1 % à 85,3 % (+3,2 points). Test accuracy 85,3 %.
""",
        "metrics.json": metrics(test=0.853),
    },
    "k-fold with standard deviations": {
        "README.md": """# Cross-validation

| Fold | Train RMSE | Val RMSE | Difference |
|---|---|---|---|
| 1 | 0.401 | 0.433 | 0.032 |
| 2 | 0.399 | 0.441 | 0.042 |
| 3 | 0.405 | 0.429 | 0.024 |
| Mean ± std | 0.402 ± 0.003 | 0.434 ± 0.006 | 0.033 ± 0.009 |

Mean validation RMSE 0.434 ± 0.006 over 3 folds.
"""
    },
    "mean of changes": {
        "README.md": """# Latency

| Model | Before | After | % Change |
|---|---|---|---|
| A | 100 | 50 | -50% |
| B | 10 | 9 | -10% |
| C | 80 | 60 | -25% |
| Average | 63.3 | 39.7 | -28% |
"""
    },
    "confusion matrix": {
        "README.md": """# Confusion matrix

| | Predicted 0 | Predicted 1 |
|---|---|---|
| True 0 | 912 | 34 |
| True 1 | 51 | 203 |

Accuracy = (912 + 203) / 1200 = 92.9 %. Precision = 203 / (203 + 34) = 0.857,
recall = 203 / (203 + 51) = 0.799.
"""
    },
    "classification report in an output": {
        "run.py": FIT,
        "README.md": """# Report

              precision    recall  f1-score   support

           0       0.95      0.96      0.96       946
           1       0.86      0.80      0.83       254

    accuracy                           0.93      1200
""",
    },
    "changelog": {
        "CHANGELOG.md": """# Changelog

## 1.3.0 - 2024-05-02
- Test accuracy 0.931 (was 0.917).
- Default learning rate 3e-4, batch size 128.

## 1.2.0 - 2024-02-11
- Test accuracy 0.917, seed 1.
""",
        "README.md": "# Classifier\n\nTest accuracy: 0.931\n",
        "metrics.json": metrics(test=0.93125),
        "train.py": TORCH,
    },
    "history of runs": {
        "README.md": """# Notes

## Run 1
Validation accuracy 0.81, learning rate 0.01, batch size 32.

## Run 2
Validation accuracy 0.84, learning rate 0.001, batch size 64, 3-4x slower than the rule model.

## Run 3
Validation accuracy 0.88, learning rate 3e-4.
""",
        "train.py": TORCH,
        "metrics.json": metrics(validation=0.8793),
    },
    "many models": {
        "README.md": """# Results

| Model | Val accuracy | Test accuracy |
|---|---|---|
| Logistic regression | 0.78 | 0.77 |
| Random forest | 0.85 | 0.84 |
| Gradient boosting | 0.88 | 0.87 |

The logistic regression has a test accuracy of 0.77. Gradient boosting reaches test accuracy 0.87.
""",
        "metrics.json": metrics(test=0.8712),
    },
    "baseline beside the model": {
        "README.md": """# Model card

The majority class gives a test accuracy of 0.61. Our model has a test accuracy of 0.87.
With a threshold tuned on validation data the test accuracy is 0.88.
""",
        "metrics.json": metrics(test=0.8712),
    },
    "percent or share": {
        "README.md": "# Model\n\nTest accuracy: 87.1 %. Validation accuracy of 88 %.\n",
        "metrics.json": metrics(test=0.8712, validation=0.8751),
    },
    "cut-off metric": {
        "README.md": "# Model\n\nTest accuracy: 0.87\n\nValidation accuracy: 0.891\n",
        "metrics.json": metrics(test=0.8799, validation=0.8919),
    },
    "class by class": {
        "README.md": """# By class

| Class | Precision | Recall | Difference |
|---|---|---|---|
| cat | 0.91 | 0.88 | 0.03 |
| dog | 0.87 | 0.90 | 0.03 |

For cats the test accuracy is 0.88, for dogs 0.90.
""",
        "metrics.json": metrics(test=0.89),
    },
    "training log": {
        "README.md": """# Log

Epoch 1/3 - loss: 0.9 - val accuracy: 0.61
Epoch 2/3 - loss: 0.7 - val accuracy: 0.72
Epoch 3/3 - loss: 0.6 - val accuracy: 0.75
Best validation accuracy 0.75 at epoch 3.
""",
        "metrics.json": metrics(validation=0.7488),
    },
    "plan": {
        "PLAN.md": """# Next experiment

- learning rate should be 1e-4, batch size 32
- expected validation accuracy: 0.92
- 3-5x augmentation instead of 10x
""",
        "train.py": TORCH,
        "metrics.json": metrics(validation=0.88),
    },
    "settings that agree": {
        "README.md": """# Training

Trained with a learning rate of 3e-4, batch size 64 and weight decay 1e-2 for up to 100 epochs.
The network is 20 → 128 → 64 → 1. Seed 0. Early stopping has a patience of 10.
""",
        "train.py": TORCH,
    },
    "settings on the command line": {
        "README.md": """# Usage

Run `python train.py --lr 1e-3 --batch-size 256` for the large model.

```
python train.py --lr 1e-4 --epochs 20
```
""",
        "train.py": TORCH,
    },
    "search": {
        "README.md": """# Tuning

We searched learning rates between 1e-5 and 1e-2 and batch sizes 16, 32 and 64; the best learning
rate was 1e-3. We tried dropout 0.5 first. A grid search over max_depth 3, 5, 7 chose 5.
""",
        "train.py": TORCH,
    },
    "split as shares": {
        "README.md": """# Data

An 80/20 split, stratified, with random_state=42. 20 % of the rows are held out for testing.
The forest has 300 trees with a maximum depth of 8.
""",
        "run.py": FIT,
    },
    "early stopping": {
        "README.md": """# Training

The model was trained for 37 epochs with batch size 128; dropout 0.3 and 0.2, learning rate 0.001.
15 % of the training data are used for validation.
""",
        "train.py": KERAS,
    },
    "progressive widths": {
        "README.md": "# Model\n\nTwo dense layers (256 → 128) with dropout (0.3 → 0.2).\n",
        "train.py": KERAS,
    },
    "another paper": {
        "README.md": """# Related work

The original paper used a learning rate of 0.1, batch size 4096 and 90 epochs on ImageNet with
dropout 0.5. ResNet-50 has a top-1 test accuracy of 76.1 %.
""",
        "train.py": KERAS,
        "metrics.json": metrics(test=0.91),
    },
    "fine-tuning in two stages": {
        "README.md": """# Stages

Stage 1 trains the head with learning rate 1e-3 for 5 epochs. Stage 2 fine-tunes everything with
learning rate 1e-5 for 20 epochs.
""",
        "train.py": TORCH,
    },
    "files that are made": {
        "README.md": """# Files

The script writes `predictions.csv` and saves the model as `model.pt`. Download `data.csv` from
the archive first. See `train.py` and [the notebook](notebooks/explore.ipynb).
""",
        "train.py": TORCH,
        "notebooks/explore.py": "x = 1\n",
    },
    "formulas": {
        "README.md": """# Arithmetic

Total = 5,400 + 140,400 + 275,400 = 421,200 rows. The share is 140,400 / 421,200 ≈ 33.3 %.
Relative change: (0.181 - 0.374) / 0.374 = -51.6 %.
Mean = (0.405 + 0.460 + 0.451) / 3 = 0.44. Effective batch 32 × 4 = 128.
log2(8) = 3, 2^10 = 1024, x = 3 - 2y, 7 // 2 = 3, top-5 / 10 = 0.5, 60 * 24 = 1 day in minutes.
Kernel 3 x 3 = good. Date 2024-05-01 = start. y = 2 * 3 + b.
""",
    },
    "weights of a loss": {
        "README.md": """# Loss

loss = 0.7 * mse + 0.3 * mae, and the weights are 0.7 + 0.3 = 1. Score = 100 * accuracy - 5.
The interval is 0.35 - 0.42 = wide. Version 1.2 - 1.4 = stable.
""",
    },
    "bounds and hedges": {
        "README.md": """# Speed

Up to 10x faster (from 120 ms to 80 ms on short inputs). More than 3x smaller: from 98 MB to 14 MB.
The error more than halved, from 0.40 to 0.13. Nearly doubled from 310 to 560.
Throughput went from 1,000 to 3,900, almost 4x.
""",
    },
    "doubled and halved": {
        "README.md": """# Effects

Memory was halved from 16 GB to 8.1 GB, and throughput doubled from 210 to 433.
Inference is 3x slower, from 10 ms to 31 ms. Rows went from 108,000 to 2,808,000 (26x).
""",
    },
    "increase or ratio": {
        "README.md": """# Worse

| Group | Run 2 | Run 6 | Ratio | Increase |
|---|---|---|---|---|
| a | 0.103 | 0.405 | 3.9x | 2.9x |
| b | 0.108 | 0.460 | 4.3x | 3.3x |
| c | 0.096 | 0.451 | 4.7x | 3.7x |
""",
    },
    "two ranges that are about other things": {
        "README.md": """# Ranges

Small images: 3-4x faster on GPU. Large images: 5-8x faster on GPU.
Small images are 10-15% better with TTA.
A train-val gap of 0.02-0.05 is typical here.
""",
    },
    "sentence with other numbers": {
        "README.md": """# Findings

Dropping duplicates took the data from 12,400 to 11,950 rows and RMSE improved by 12%.
From 2019 to 2023 sales grew by 40 %. From epoch 10 to 20 loss fell by 3 %.
Patients from 18 to 65 years had a 25 % higher risk.
""",
    },
    "gap in percent": {
        "README.md": """# Fit

| Quantity | Accuracy |
|---|---|
| Train | 95.1 % |
| Validation | 91.9 % |
| Test | 91.2 % |
| Gap (train - test) | 3.9 points |
""",
    },
    "several gaps": {
        "README.md": """# Gaps

- Train RMSE: 0.401
- Val RMSE: 0.433
- Train MAE: 0.302
- Val MAE: 0.331
- RMSE gap: 0.032
""",
    },
    "run titles": {
        "README.md": "# Experiment 7: results compared with experiment 6\n\nSee below.\n",
        "notes/experiment5.md": "# Experiment 5\n\nValidation accuracy: 0.8\n",
        "notes/experiment6.md": "# Experiment 6\n\nValidation accuracy: 0.83\n",
    },
    "two notebooks": {
        "ridge.py": "# %% [markdown]\n# # Ridge\n#\n# Validation RMSE: 0.51\n\n# %%\nalpha = 1.0\n",
        "forest.py": "# %% [markdown]\n# # Forest\n#\n# Validation RMSE: 0.44\n\n"
        "# %%\nmax_depth = 3\n",
    },
    "units": {
        "README.md": "# Price\n\nTest accuracy 0.91. Validation RMSE: 23.4k\n",
        "metrics.json": json.dumps({"metric": "rmse", "validation": {"overall": 23412.7}}),
    },
    "comments with history": {
        "train.py": "noise_scale = 0.05  # was 2% noise\n"
        "epochs = 30  # 100 epochs should be better\n"
        "threshold = 0.5  # tested 0.3 as well\nlr = 1e-3  # 0.1 %\n",
        "README.md": "# Noise\n\nEvery copy gets 5 % noise.\n",
    },
    "cells": {
        "README.md": "# Notebook\n\nThe model is defined in cell 12. Cells 3-5 load data.\n",
        "train.py": KERAS,
    },
    "odds and p-values": {
        "README.md": """# Study

| Covariate | Control | Treated | Odds ratio |
|---|---|---|---|
| age > 60 | 0.31 | 0.42 | 1.61 |
| smoker | 0.22 | 0.35 | 1.91 |
| female | 0.48 | 0.51 | 1.13 |
""",
    },
    "compression": {
        "README.md": """# Quantisation

| Model | FP32 (MB) | INT8 (MB) | Accuracy | Ratio |
|---|---|---|---|---|
| small | 14.2 | 3.8 | 71.1 | 3.7x |
| medium | 98.0 | 25.1 | 76.0 | 3.9x |
| large | 230.5 | 58.9 | 78.4 | 3.9x |
""",
    },
    "paper table with two datasets": {
        "README.md": """# Results
| Method | CIFAR-10 | CIFAR-100 | Δ |
|---|---|---|---|
| ResNet-18 | 94.2 | 75.6 | |
| + Mixup | 95.1 | 77.0 | +0.9 / +1.4 |
| + CutMix | 95.4 | 77.9 | +0.3 / +0.9 |

Our method improves over ResNet-18 by 1.2 points on CIFAR-10 and 2.3 points on CIFAR-100.
"""
    },
    "selection rates": {
        "README.md": """# Fairness
| Group | Selection rate | Base rate | Ratio |
|---|---|---|---|
| A | 0.42 | 0.40 | 1.00 |
| B | 0.31 | 0.38 | 0.74 |
| C | 0.36 | 0.39 | 0.86 |

Difference in selection rate between A and B: 11 points.
"""
    },
    "A/B test": {
        "README.md": """# A/B
| Metric | Control | Treatment | Lift | p-value |
|---|---|---|---|---|
| CTR | 2.31% | 2.45% | +6.1% | 0.03 |
| Revenue/user | $1.42 | $1.47 | +3.5% | 0.21 |
| Sessions | 3.2 | 3.2 | +0.4% | 0.8 |
| Bounce | 41% | 39% | -4.2% | 0.11 |
"""
    },
    "speedups with a mean": {
        "README.md": """# Perf
| Batch | CPU (ms) | GPU (ms) | Speedup |
|---|---|---|---|
| 1 | 12.1 | 8.0 | 1.5x |
| 8 | 84 | 11 | 7.6x |
| 64 | 655 | 31.4 | 20.9x |
| Mean | - | - | 10x |
"""
    },
    "finance by year": {
        "README.md": """# Fin
| | 2021 | 2022 | 2023 | Change |
|---|---|---|---|---|
| Sales | 10.1 | 12.0 | 15.2 | +26.7% |
| Cost | 8.0 | 8.8 | 9.9 | +12.5% |
| CAGR | | | | 22.7% |
"""
    },
    "cross-validation and test": {
        "README.md": """# Model
5-fold cross-validation gives accuracy 0.91 ± 0.02. Held-out test accuracy: 0.905.
We then trained for 30 epochs with batch size 64. The random seed was 0.
""",
        "train.py": TORCH.replace("100", "30"),
        "metrics.json": metrics(test=0.9049),
    },
    "ensemble and single model": {
        "README.md": """# Model
An ensemble of 5 networks (seeds 0-4) reaches a test accuracy of 0.93; single models reach 0.91.
Test accuracy: 0.93 (ensemble).
Test accuracy 0.91 (single model).
""",
        "metrics.json": metrics(test=0.91),
    },
    "thresholds": {
        "README.md": """# Model
At a decision threshold of 0.3 recall is 0.91. The default
classification threshold of 0.5 gives 0.85.
""",
        "train.py": "threshold = 0.3\n",
    },
    "two metrics": {
        "README.md": """# Model
Val RMSE 0.41, val MAE 0.31, val R2 0.88.
""",
        "metrics.json": json.dumps({"validation": {"rmse": 0.412, "mae": 0.305, "r2": 0.8812}}),
    },
    "scaled target": {
        "README.md": """# Model
Validation RMSE: 0.21 (standardised target), 12.4 on the original scale.
""",
        "metrics.json": json.dumps({"validation": {"rmse": 12.41}}),
    },
    "best and final epoch": {
        "README.md": """# Train
Final validation accuracy: 0.881, best validation accuracy 0.893 (epoch 14).
""",
        "metrics.json": metrics(validation=0.893),
    },
    "macro and weighted": {
        "README.md": "# M\n\nTest F1: 0.81 (macro), 0.90 (weighted).\n",
        "metrics.json": json.dumps({"metric": "f1", "test": {"overall": 0.9}}),
    },
    "several seeds": {
        "README.md": "# M\n\nWe average the seeds 0, 1, 2, 3, 4 and show seed 3.\n",
        "train.py": TORCH,
    },
    "two dropouts": {
        "README.md": "# M\n\nInput dropout 0.1, hidden dropout 0.3.\n",
        "train.py": "m = Dropout(0.3)\n",
    },
    "two learners in a sentence": {
        "README.md": "# M\n\nXGBoost with learning rate 0.05, 500 trees, max depth 6. The neural "
        "net uses Adam with a learning rate of 0.001.\n",
        "train.py": "m = XGBClassifier(learning_rate=0.05, n_estimators=500, "
        "max_depth=6)\nnet.compile(optimizer='adam')\n",
    },
    "three learners in a list": {
        "README.md": "# M\n\n- Random forest: 200 trees\n- XGBoost: 500 trees, max depth 6\n- "
        "Network: learning rate 1e-3\n",
        "train.py": "m = XGBClassifier(learning_rate=0.05, n_estimators=500, "
        "max_depth=6)\nrf=RandomForestClassifier()\n",
    },
    "three-way split": {
        "README.md": "# M\n\nThe data were split 70/15/15. The 85/15 split of the remaining rows "
        "follows. 30 % held out.\n",
        "train.py": "a,b=train_test_split(x,test_size=0.3)\n"
        "c,d=train_test_split(b,test_size=0.5)\n",
    },
    "split and validation split": {
        "README.md": "# M\n\nAn 80/20 train-test split. "
        "10 % of training rows are for validation.\n",
        "train.py": "a,b=train_test_split(x,test_size=0.2)\nm.fit(a, validation_split=0.1)\n",
    },
    "autoencoder": {
        "README.md": "# M\n\nEncoder layers 784 → 256 → 64, decoder 64 → 256 → 784.\n",
        "train.py": "a=Dense(256)\nb=Dense(64)\nc=Dense(256)\nd=Dense(784)\n",
    },
    "table of runs": {
        "README.md": """# Runs
| Run | lr | batch size | Val acc | Change |
|---|---|---|---|---|
| 1 | 1e-2 | 32 | 0.81 | |
| 2 | 1e-3 | 32 | 0.84 | +0.03 |
| 3 | 1e-3 | 64 | 0.85 | +0.01 |
""",
        "metrics.json": metrics(validation=0.85),
        "train.py": TORCH,
    },
    "money": {
        "README.md": "# M\n\nSaves $1.2M (from 4.1M to 2.9M cost, -29%). Time fell from "
        "3h to 20min "
        "(9x faster).\nCost went from $4,100 to $2,900 (29% lower).\n"
    },
    "better than": {
        "README.md": "# M\n\nOur model is 3.2% better than XGBoost (0.871 vs 0.844). Val loss 0.21 "
        "vs. train 0.18, a gap of 14%.\nMAPE of 12.1%, 3 points lower than 15.1%. "
        "Accuracy is 0.91, 2% higher than last year's 0.89.\n0.91, 12 % better than "
        "the naive model at 0.81.\n"
    },
    "reduction of the error": {
        "README.md": "# M\n\nAccuracy rose from 90 % to 95 %, a 50 % reduction of the "
        "error.\nAccuracy 0.95, 50% fewer errors than the 0.90 of the "
        "baseline.\nAccuracy improved from 0.90 to 0.95 (error halved).\nAccuracy "
        "rises from 0.80 to 0.90 (50 % lower error).\n"
    },
    "log loss": {
        "README.md": "# M\n\nlog loss 0.41 on the test set. Test accuracy = 0.9 at 10k steps.\n"
        "Test "
        "accuracy after pruning: 0.88\n",
        "metrics.json": metrics(test=0.8),
    },
    "ranges of other cases": {
        "README.md": "# M\n\nHard cases are 2-3x slower.\n\nHard cases are 5-10x slower on "
        "CPU.\n\nTypical gap 0.01-0.03 for ridge; a gap of 0.05-0.1 is normal for "
        "trees.\n"
    },
    "files that are not exported": {
        "README.md": "# M\n\n- `data/train.csv`: training data\n- `data/test.csv`: test data\n- "
        "`src/model.py`\n- `notebooks/01_eda.ipynb`\n- `notebooks/02_train.ipynb`\n",
        "notebooks/02_train.py": "x=1\n",
        "data/train_small.csv": "a,b\n1,2\n",
    },
    "speedup against the first row": {
        "README.md": """# S
| Impl | Time (s) | Memory (GB) | Speedup |
|---|---|---|---|
| numpy | 12.0 | 1.1 | 1.0x |
| numba | 3.0 | 1.2 | 4.0x |
| jax | 1.5 | 2.0 | 8.0x |
| cuda | 0.4 | 3.0 | 30x |
"""
    },
    "improvement over the mean model": {
        "README.md": """# S
| Model | Val RMSE | Test RMSE | Improvement |
|---|---|---|---|
| mean | 1.00 | 1.02 | 0% |
| ridge | 0.70 | 0.72 | 30% |
| gbm | 0.55 | 0.57 | 45% |
| nn | 0.50 | 0.53 | 50% |
"""
    },
    "error reduction in percent": {
        "README.md": """# S
| Dataset | Baseline | Ours | Improvement |
|---|---|---|---|
| A | 90.0% | 95.0% | 50% error reduction |
| B | 80.0% | 88.0% | 40% |
| C | 70.0% | 79.0% | 30% |
"""
    },
    "error reduction in shares": {
        "README.md": """# S
| Dataset | Baseline acc | Our acc | Error reduction |
|---|---|---|---|
| A | 0.900 | 0.950 | 50% |
| B | 0.800 | 0.880 | 40% |
| C | 0.700 | 0.790 | 30% |
"""
    },
    "change in standard deviations": {
        "README.md": """# S
| Feature | Before mean | After mean | Change in std |
|---|---|---|---|
| A | 0.9 | 0.95 | 51% |
| B | 0.8 | 0.88 | 42% |
"""
    },
    "past tense": {
        "README.md": """# Training

The network was trained with a learning rate of 3e-4. Batch size was 64. A warm-up of 5 epochs
with learning rate 1e-5 was used. Weight decay was 0.01 and the seed was 0.
""",
        "train.py": TORCH,
    },
    "noise of the data": {
        "README.md": "# Data\n\nThe sensors have 2 % noise.\n",
        "train.py": "noise_std = 0.1\n",
    },
    "more formulas": {
        "README.md": """# Formulas

Parameters: 20 * 128 + 128 = 2,688. 512 x 512 = 256k. p = 0.05 / 10 = 0.005.
Cost = 3 * 4.1 = 12.3 USD. 24 / 7 = always. Acc = 912/1000 = 0.912. 2/3 = 0.66.
10 / 3 = 3. Step 2 - 1 = first.
""",
    },
    "two folds": {
        "README.md": """# Folds

We use 5-fold cross-validation with seed 0; 10-fold cross-validation changes little.
""",
        "train.py": "k = KFold(5)\nmore = KFold(n_splits=10)\n" + TORCH,
    },
    "tables of changes of many kinds": {
        "a.md": """# Notes

| Region | 2022 | 2023 | Change |
|---|---|---|---|
| a | 0.20 | 0.10 | -50% |
| b | 0.30 | 0.24 | -20% |
| c | 0.40 | 0.50 | +25% |
| d | 0.50 | 0.50 | 0% |
| e | 0.50 | 0.49 | -2% |

| Model | Params | Top-1 | Gain over ResNet-50 |
|---|---|---|---|
| ResNet-50 | 25 | 76.1 | |
| A | 30 | 77.4 | +1.3 |
| B | 44 | 78.3 | +2.2 |
| C | 20 | 75.0 | -1.1 |

| Dataset | Ours | SOTA | Δ vs. SOTA |
|---|---|---|---|
| x | 80.1 | 79.0 | +1.1 |
| y | 70.0 | 71.5 | -1.5 |

| Country | Old | New | Change |
|---|---|---|---|
| DE | 100 | 120 | +20% |
| FR | 100 | 90 | -10% |
| IT | 200 | 220 | +10% |
| ES | 50 | 60 | +20% |

Latency was 120 ms, down from 200 ms (40% lower). Size 120 MB, was 160 MB (25% smaller, 5% slower).
Memory dropped from 10 GB to 6 GB (60% of before). From 8.8% to 7.0%, a relative reduction of
about 20%.
Train accuracy 0.95, test accuracy 0.90, gap 0.05. Train loss 0.3, val loss 0.5, difference 0.2,
test 0.6.
Training of 12 epochs took 3 h, test 5 min, gap 2.
Val 0.81, test 0.79, train 0.99: gap 0.18.
""",
    },
    "decimal commas": {
        "b.md": """# Bericht

| Klasse | Vorher | Nachher | Änderung |
|---|---|---|---|
| a | 0,200 | 0,100 | -50,0 % |
| b | 1.250,5 | 1.000,4 | -20,0 % |

| Jahr | Anzahl | Anteil |
|---|---|---|
| 2021 | 1.200 | 48,0 % |
| 2022 | 1.300 | 52,0 % |
| Summe | 2.500 | 100 % |

Genauigkeit: 82,1 % (vorher 80,0 %, +2,1 Punkte). 36 of 240 patients (15,0 %).
""",
    },
    "shares in sentences": {
        "c.md": """# Cohort

Of 812 patients, 203 (25%) were female; 12 of 203 (5.9%) had events, 3 of 12 deaths (25%).
We excluded 40 of the 852 subjects (4.7%). Responders: 5/10 (50%). In 2 of 3 cases (all rows,
100%) fine.
Step 3 of 10 (30%). Page 1 of 3 (33%). Epoch 5 of 20 (loss 0.5). 4 of 5 models beat 90 (80%).
Precision 0.9 of 100 rows (90%). 1 of 1,000,000 rows (0.0001%). 999 of 1000 (100%). Fold 2 of 5
(F1 81%).

| Arm | Patients | Events | % |
|---|---|---|---|
| A | 100 | 10 | 10 |
| B | 200 | 30 | 15 |

| Arm | Users | Rate % | Share |
|---|---|---|---|
| A | 100 | 4.1 | 33% |
| B | 200 | 5.5 | 67% |
""",
    },
    "several widths and patiences": {
        "README.md": """# Net

We train with SGD, momentum 0.9, learning rate 0.1 divided by 10 at epochs 30 and 60, batch size
128 per GPU (8 GPUs, 1024 in total), for 90 epochs. Label smoothing 0.1. Hidden size 256 in the
encoder and 512 in the decoder. Ten folds were considered, five-fold CV was used. Patience 10 for
early stopping; the scheduler has a patience of 3.

Test images: 20% of the data from hospital B.
""",
        "t.py": """batch_size = 128
lr = 0.1
momentum = 0.9
encoder_hidden = 256
hidden_size = 256
kf = KFold(5)
stop = EarlyStopping(patience=10)
red = ReduceLROnPlateau(patience=3)
for epoch in range(90):
    pass
""",
    },
    "bounds and some of the folds": {
        "README.md": """# Tool

Run `python train.py --batch-size 32`. Over 100 epochs with batch size 64 the loss falls. At least
2 folds are needed. Training for up to 200 epochs; it usually stops after 50. We found momentum
0.9 to be best among 0.8 and 0.95. batch 3 of 10. 3 folds of the paper. Two folds have no
positives.
""",
        "t.py": """BATCH = 64
EPOCHS = 200
early_stopping = True
kf = KFold(n_splits=5)
opt = SGD(m, lr=.1, momentum=0.8)
""",
    },
    "values by group of several runs": {
        "README.md": """# R

| Region | RMSE | MAE | n |
|---|---|---|---|
| north | 2.01 | 1.5 | 100 |
| south | 3.47 | 2.2 | 100 |
| isles | 4.96 | 3.1 | 50 |
| mean | 3.48 | 2.3 | |

## Run before

| Region | RMSE |
|---|---|
| north | 2.31 |
| south | 3.47 |
| isles | 5.96 |

## Validation

| Region | RMSE |
|---|---|
| north | 2.01 |
| south | 3.40 |
| isles | 4.5 |

| Metric (test) | Value |
|---|---|
| RMSE | 2.90 |
| RMSE (weekends) | 3.10 |
| Median RMSE | 2.1 |
| R2 | 0.81 |

| Metric | Train | Test |
|---|---|---|
| RMSE | 2.1 | 2.9 |

| Model | Test RMSE |
|---|---|
| Ridge | 3.9 |
| Ours | 2.9 |

## Criteria

| Criterion | Target | Result | Status |
|---|---|---|---|
| Test RMSE | < 3 | 2.90 | ✅ |
| Test RMSE north | < 2.5 | 2.01 | ✅ |
| RMSE at night | < 1 | 0.9 | ✅ |
| Worst-day RMSE | < 2 | 1.9 | ✅ |
| Latency | < 50 ms | 41 ms | ✅ |
| Uptime | > 99.9 % | 99.95 % | ✅ |
| Improvement over Ridge | > 20 % | 25.6 % | ✅ |

Targets: RMSE < 3, R2 > 0.7, and latency < 50 ms: all met. Requirements were north < 2.5 and isles
< 4; the second was missed.
""",
        "metrics.json": json.dumps(
            {
                "metric": "rmse",
                "split": "test",
                "overall": 2.9,
                "groups": {"north": 2.011, "south": 3.472, "isles": 4.958},
            }
        ),
    },
}
