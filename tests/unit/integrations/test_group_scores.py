"""Groups, tiers and the judgement of trends, without a training library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from audit.integrations.group_scores import (
    TrendRule,
    is_worsening,
    layout,
    log_name,
    smoothed,
    summarise,
)

K, M = [4, 4, 5, 5, 4], [2, 3, 2, 3, 2]
ERRORS = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        ({"k": K, "m": M}, ("k4_m2", "k4_m3", "k5_m2", "k5_m3")),
        (pd.DataFrame({"k": K, "m": M}), ("k4_m2", "k4_m3", "k5_m2", "k5_m3")),
        (np.column_stack([K, M]), ("4_2", "4_3", "5_2", "5_3")),
        (np.column_stack([K, M]).astype(float), ("4_2", "4_3", "5_2", "5_3")),
        ([f"{k}/{m}" for k, m in zip(K, M, strict=True)], ("4_2", "4_3", "5_2", "5_3")),
    ],
)
def test_groups_in_any_form(groups: Any, names: tuple[str, ...]) -> None:
    settled = layout(groups)
    assert settled.names == names
    assert settled.codes.tolist() == [0, 1, 2, 3, 0]


def test_means_by_group_and_tier_are_those_of_pandas() -> None:
    rng = np.random.default_rng(0)
    groups = pd.DataFrame({"k": rng.integers(4, 7, 500), "m": rng.integers(2, 5, 500)})
    errors = rng.exponential(size=500)
    tiers = {
        "easy": [(4, 2), (4, 3), (5, 2)],
        "medium": [(4, 4), (5, 3)],
        "hard": [(6, 2), (5, 4), (6, 3), (6, 4)],
    }
    found = summarise(errors, layout(groups, tiers))
    means = groups.assign(e=errors).groupby(["k", "m"])["e"].mean()
    by_tier = {tier: np.mean([means[own] for own in members]) for tier, members in tiers.items()}
    expected = {f"k{k}_m{m}": mean for (k, m), mean in means.items()}
    expected |= by_tier | {"balanced": np.mean(list(by_tier.values()))}
    assert found == pytest.approx(expected)
    assert list(found)[:3] == ["easy", "medium", "hard"] and list(found)[-1] == "balanced"


def test_without_tiers_groups_count_alike() -> None:
    assert summarise(ERRORS, layout(["a", "a", "a", "a", "b"]))["balanced"] == (2.5 + 5.0) / 2


def test_names_are_fit_for_keys_and_format_strings() -> None:
    names = layout(["North-East (old)", "{x}", " ", "Oslo"], None).names
    assert set(names) == {"North_East_old", "x", "_", "Oslo"}
    assert log_name("tier 1/3") == "tier_1_3"


@pytest.mark.parametrize(
    ("groups", "tiers", "message"),
    [
        (["a", "b"], {"easy": ["a"]}, "group 'b' is in no tier"),
        (["a", "b"], {"easy": ["a"], "hard": ["a", "b"]}, "'a' is in the tiers 'easy' and 'hard'"),
        (["a"], {"easy": ["a", "c"]}, "no validation sample is in the group 'c'"),
        (["a"], {"easy": "a"}, "'easy' is a non-empty list"),
        (["a"], {"easy": []}, "'easy' is a non-empty list"),
        (["easy"], {"easy": ["easy"]}, "called 'easy'"),
        (["balanced", "b"], None, "called 'balanced'"),
        (["a b", "a-b"], None, "called 'a_b'"),
        (["a", "b"], {"t 1": ["a"], "t-1": ["b"]}, "two tiers have the same name"),
        ([], None, "groups is empty"),
        (np.zeros((2, 2, 2)), None, "pass one label a sample"),
        ({"k": [1, 2], "m": [1]}, None, "differ in length"),
    ],
)
def test_groups_and_tiers_that_do_not_fit(groups: Any, tiers: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layout(groups, tiers)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tolerance": -0.1}, "tolerance"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"patience": 0}, "patience is 0: pass 1 or more"),
        ({"warmup": -1}, "warmup is -1: pass 0 or more"),
        ({"smoothing": 0}, "smoothing is 0: pass 1 or more"),
    ],
)
def test_rules_that_make_no_sense(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrendRule(**given)


def first_alarm(values: list[float], rule: TrendRule) -> int | None:
    """Number of epochs after which it is first seen, as a callback asks."""
    lengths = range(1, len(values) + 1)
    return next((n for n in lengths if is_worsening(values[:n], rule)), None)


RULE = TrendRule(tolerance=0.1, patience=3, warmup=5, smoothing=1)


def test_patience_and_tolerance_by_hand() -> None:
    start = [9.0] * 5
    assert first_alarm([*start, 1.0, 1.11, 1.12, 1.13], RULE) == 9
    assert first_alarm([*start, 1.0, 1.11, 1.12], RULE) is None  # two epochs only
    assert first_alarm([*start, 1.0, 1.09, 1.09, 1.09, 1.09], RULE) is None  # within 10 %
    assert first_alarm([*start, 1.0, 1.2, 1.2, 1.05, 1.2, 1.2], RULE) is None  # not in a row
    assert first_alarm([*start, 1.0, 1.5, 1.4, 1.3, 1.2, 1.25, 1.35], RULE) == 12  # fell, then rose


def test_what_an_absolute_limit_gets_wrong() -> None:
    """A tier that starts at 3 and falls is above 0.15 for long, and no reason to stop."""
    epochs = np.arange(250)
    falling = 3 * np.exp(-epochs / 25) + 0.06
    assert np.all(falling[:5] > 0.15)
    assert first_alarm(falling.tolist(), TrendRule()) is None
    noise = np.random.default_rng(0).normal(1, 0.05, 250)
    assert first_alarm((falling * noise).tolist(), TrendRule()) is None
    # It doubles to 0.12 and stays below the limit: the trend sees it, the limit never does.
    doubling = np.where(epochs < 150, falling, 0.06 * (1 + np.clip((epochs - 150) / 50, 0, 1)))
    assert np.all(doubling[150:] < 0.15)
    seen = first_alarm((doubling * noise).tolist(), TrendRule())
    assert seen is not None and 150 < seen < 190


def test_luck_before_the_warmup_is_over_does_not_count() -> None:
    """A network that still predicts a constant may be right about an easy tier by chance."""
    lucky = [0.01, 0.01, *np.linspace(2.0, 0.5, 60)]
    assert first_alarm(lucky, TrendRule(warmup=5, patience=5)) is None
    assert first_alarm(lucky, TrendRule(warmup=0, patience=5, smoothing=1)) is None  # it is falling
    assert first_alarm([0.01, 0.01, *([2.0] * 20)], TrendRule(warmup=5, patience=5)) is None
    assert first_alarm([0.01, 0.01, *([2.0] * 20)], TrendRule(warmup=0, patience=5)) is not None


def test_a_single_spike_is_smoothed_away() -> None:
    values = [1.0] * 30
    values[25] = 1.4
    assert first_alarm(values, TrendRule(patience=1, warmup=5, smoothing=5)) is None
    assert first_alarm(values, TrendRule(patience=1, warmup=5, smoothing=1)) is not None


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_values_that_are_no_numbers_are_worse_than_any(broken: float) -> None:
    assert first_alarm([9.0] * 5 + [1.0] + [broken] * 3, RULE) == 9
    assert first_alarm([9.0] * 5 + [broken] * 4, RULE) == 9
    assert first_alarm([broken] * 5 + [1.0] * 9, RULE) is None


def test_smoothing_is_a_mean_of_the_last_values() -> None:
    values = np.random.default_rng(0).random(30)
    expected = pd.Series(values).rolling(5, min_periods=1).mean()
    assert smoothed(values.tolist(), 5) == pytest.approx(expected.to_numpy())
