"""Seeded data of the kinds that people have: tables, series, pictures, sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd


def houses(n: int, seed: int) -> pd.DataFrame:
    """Prices with heavy tails, by region."""
    rng = np.random.default_rng(seed)
    region = rng.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1])
    area = rng.gamma(6, 18, n).round(1)
    rooms = np.clip((area / 28).round() + rng.integers(-1, 2, n), 1, 9).astype(int)
    year = rng.integers(1900, 2023, n)
    distance = rng.gamma(2, 4, n).round(2)
    lift = pd.Series(region).map({"north": 0.0, "south": 0.2, "east": -0.1, "west": 0.35})
    log_price = (
        9.0
        + 0.75 * np.log(area)
        + 0.03 * rooms
        + 0.002 * (year - 1960)
        - 0.03 * distance
        + lift.to_numpy()
        + rng.normal(0, 0.16, n)
    )
    return pd.DataFrame(
        {
            "region": region,
            "area": area,
            "rooms": rooms,
            "year": year,
            "distance": distance,
            "price": np.exp(log_price).round(0),
        }
    )


def linear(n: int, d: int, seed: int, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """A linear problem with an interaction."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    weights = np.linspace(1.5, -1.0, d)
    return X, X @ weights + 0.6 * X[:, 0] * X[:, 1] + rng.normal(0, noise, n) + 3


def customers(n: int, seed: int, rate: float = 0.2) -> pd.DataFrame:
    """A yes-or-no outcome that is rare, with categories."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["basic", "plus", "family"], n, p=[0.5, 0.3, 0.2])
    device = rng.choice(["android", "ios", "web"], n, p=[0.55, 0.38, 0.07])
    tenure = rng.gamma(2, 14, n).round(1)
    calls = rng.poisson(1.6, n)
    spend = (rng.lognormal(3.2, 0.5, n) + 10 * (plan == "family")).round(2)
    z = 1.1 * calls - 0.06 * tenure + 0.8 * (plan == "basic") - 0.01 * spend
    z = z - np.quantile(z, 1 - rate)
    churn = (rng.uniform(size=n) < 1 / (1 + np.exp(-2 * z))).astype(int)
    return pd.DataFrame(
        {
            "plan": plan,
            "device": device,
            "tenure": tenure,
            "calls": calls,
            "spend": spend,
            "churn": churn,
        }
    )


def blobs(n: int, classes: int, seed: int, d: int = 6, spread: float = 1.3):
    """Overlapping Gaussian classes: features and class numbers."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1.6, (classes, d))
    y = rng.integers(0, classes, n)
    return centres[y] + rng.normal(0, spread, (n, d)), y


def pictures(n: int, seed: int, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures whose class (a spot, a ring or stripes) survives flips."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    r, c = np.mgrid[0:size, 0:size]
    images = np.empty((n, size, size))
    for i, kind in enumerate(y):
        row, column = rng.uniform(size * 0.3, size * 0.7, 2)
        distance = np.hypot(r - row, c - column)
        spot = np.exp(-((distance / rng.uniform(1.2, 2.2)) ** 2))
        ring = np.exp(-((distance - rng.uniform(2.0, 3.0)) ** 2))
        stripes = 0.5 + 0.5 * np.sin(r * rng.uniform(1.5, 2.5) + rng.uniform(0, 6))
        images[i] = (spot, ring, stripes)[kind] + rng.normal(0, 0.35, (size, size))
    return np.clip(images, 0, 1).round(3), y


def hourly(days: int, seed: int) -> pd.DataFrame:
    """Load of a grid by hour, with a daily and weekly rhythm."""
    rng = np.random.default_rng(seed)
    when = pd.date_range("2023-01-02", periods=24 * days, freq="h")
    hour, weekday = when.hour.to_numpy(), when.day_of_week.to_numpy()
    drift = np.cumsum(rng.normal(0, 0.4, len(when)))
    load = 300 + 60 * np.sin((hour - 7) / 24 * 2 * np.pi) - 35 * (weekday >= 5) + drift
    load = load + rng.normal(0, 8, len(when))
    return pd.DataFrame({"timestamp": when, "load_mw": load.round(2)})


def sentences(n: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Messages of random words; spam prefers some of them."""
    rng = np.random.default_rng(seed)
    ham = [
        "meeting",
        "report",
        "invoice",
        "lunch",
        "project",
        "review",
        "agenda",
        "draft",
        "budget",
        "team",
        "call",
        "notes",
    ]
    spam = [
        "winner",
        "prize",
        "free",
        "offer",
        "click",
        "credit",
        "bonus",
        "cheap",
        "urgent",
        "account",
    ]
    both = [
        "hello",
        "please",
        "today",
        "your",
        "the",
        "and",
        "for",
        "with",
        "new",
        "time",
        "we",
        "see",
        "send",
        "good",
        "week",
    ]
    y = (rng.uniform(size=n) < 0.35).astype(int)
    texts = []
    for label in y:
        words = list(rng.choice(both, rng.integers(6, 12)))
        words += list(rng.choice(spam if label else ham, rng.integers(1, 4)))
        words += list(rng.choice(ham + spam, 2))
        words.append(f"ref{rng.integers(10_000, 99_999)}")
        rng.shuffle(words)
        texts.append(" ".join(words))
    return texts, y


def patients(n: int, seed: int) -> pd.DataFrame:
    """Several visits a patient, with an effect of the patient."""
    rng = np.random.default_rng(seed)
    visits = rng.integers(2, 6, n)
    person = np.repeat(np.arange(n), visits)
    sex = np.where(rng.uniform(size=n) < 0.5, "f", "m")[person]
    age = rng.integers(20, 85, n)[person]
    trait = rng.normal(size=n)[person]
    pressure = (115 + 0.3 * (age - 40) + 6 * trait + rng.normal(0, 6, len(person))).round(1)
    glucose = (5.2 + 0.4 * trait + rng.normal(0, 0.5, len(person))).round(2)
    bmi = (25 + 2 * trait + rng.normal(0, 1.5, len(person))).round(1)
    z = 0.08 * (pressure - 125) + 0.8 * (glucose - 5.4) + 0.03 * (age - 55)
    sick = (rng.uniform(size=len(person)) < 1 / (1 + np.exp(-z))).astype(int)
    return pd.DataFrame(
        {
            "patient_id": [f"P{i:04d}" for i in person],
            "sex": sex,
            "age": age,
            "pressure": pressure,
            "glucose": glucose,
            "bmi": bmi,
            "diagnosis": sick,
        }
    )
