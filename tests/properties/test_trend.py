"""Properties of the guard of tiers: what never is an alarm, and what always is one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audit.integrations.group_scores import TrendRule, is_worsening, layout, summarise

RULES = st.builds(
    TrendRule,
    tolerance=st.floats(0.001, 1),
    patience=st.integers(1, 12),
    warmup=st.integers(0, 12),
    smoothing=st.integers(1, 6),
)
VALUES = st.lists(st.floats(1e-3, 1e3), max_size=60)


def brute_force(values: list[float], rule: TrendRule) -> bool:
    """The definition, word by word, for finite values."""
    own = values[rule.warmup :]
    if len(own) <= rule.patience:
        return False
    means = [
        sum(own[max(0, i - rule.smoothing + 1) : i + 1]) / min(i + 1, rule.smoothing)
        for i in range(len(own))
    ]
    for i in range(len(own) - rule.patience, len(own)):
        if not means[i] > min(means[: i + 1]) * (1 + rule.tolerance):
            return False
    recent = means[-max(rule.patience, 2) :]
    return bool(np.polyfit(range(len(recent)), recent, 1)[0] >= -1e-9 * max(recent))


@given(VALUES, RULES)
def test_it_is_what_the_definition_says(values: list[float], rule: TrendRule) -> None:
    rounded = [round(value, 2) + 1 for value in values]  # no differences of a rounding error
    assert is_worsening(rounded, rule) == brute_force(rounded, rule)


@given(VALUES, RULES)
def test_what_falls_is_never_an_alarm(values: list[float], rule: TrendRule) -> None:
    falling = sorted(values, reverse=True)
    assert not any(is_worsening(falling[:n], rule) for n in range(len(falling) + 1))


@given(VALUES, RULES)
def test_what_stays_within_the_tolerance_is_never_an_alarm(
    values: list[float], rule: TrendRule
) -> None:
    near = [1 + rule.tolerance * (value / 1e3) * 0.99 for value in values]
    assert not any(is_worsening(near[:n], rule) for n in range(len(near) + 1))


@given(VALUES, VALUES, RULES)
def test_the_warmup_is_not_looked_at(
    before: list[float], values: list[float], rule: TrendRule
) -> None:
    padded = (before + [1.0] * rule.warmup)[: rule.warmup]
    other = [7.0] * rule.warmup
    assert is_worsening(padded + values, rule) == is_worsening(other + values, rule)


@given(RULES, st.floats(1e-3, 1e3))
def test_what_doubles_every_epoch_is_an_alarm_as_soon_as_may_be(
    rule: TrendRule, start: float
) -> None:
    values = [start * 2.0**i for i in range(rule.warmup + rule.patience + 1)]
    sharp = TrendRule(min(rule.tolerance, 0.2), rule.patience, rule.warmup, rule.smoothing)
    assert is_worsening(values, sharp)
    assert not is_worsening(values[:-1], sharp)


@given(VALUES, RULES, st.sampled_from([0.25, 2.0, 64.0]))
def test_units_do_not_matter(values: list[float], rule: TrendRule, factor: float) -> None:
    scaled = [value * factor for value in values]  # exact: powers of two
    assert is_worsening(scaled, rule) == is_worsening(values, rule)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(0, 1e3)), min_size=1, max_size=50))
def test_balanced_ignores_how_many_samples_a_group_has(samples: list[tuple[str, float]]) -> None:
    groups, errors = zip(*samples, strict=True)
    once = summarise(np.array(errors), layout(list(groups)))
    again = [sample for sample in samples for _ in range(3 if sample[0] == "a" else 1)]
    more = summarise(np.array([e for _, e in again]), layout([g for g, _ in again]))
    assert more.keys() == once.keys()
    for name, value in once.items():
        assert abs(more[name] - value) <= 1e-9 * max(1.0, abs(value))
