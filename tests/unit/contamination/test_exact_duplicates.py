from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.model.artifacts import Grouping
from audit.model.check import Verdict
from audit.model.severity import Confidence, Severity
from checks.contamination.exact_duplicates import exact_duplicates
from tests.unit.contamination.builders import kinship_of, measured, regression, run


def repeated(k: int, n: int = 1000, same_target: bool = True, target: bool = True):
    train, y = regression(2000, 0)
    held_out, z = regression(n, 1)
    held_out.iloc[:k] = train.iloc[:k].to_numpy()
    if same_target:
        z[:k] = y[:k]
    return kinship_of(train, held_out, y if target else None, z if target else None)


@pytest.mark.parametrize(
    ("k", "severity"),
    [(1, Severity.WARNING), (50, Severity.WARNING), (51, Severity.ERROR), (1000, Severity.ERROR)],
)
def test_severity_follows_the_share(k: int, severity: Severity) -> None:
    outcome = run(exact_duplicates, repeated(k))
    (finding,) = outcome.findings
    assert finding.severity is severity
    assert finding.confidence is Confidence.HIGH
    assert measured(outcome, "contaminated_rows").observed == k
    assert measured(outcome, "same_target_rows").observed == k
    assert finding.message.startswith(f"{k:,} of 1,000 validation rows")


def test_a_negligible_share_is_only_noted() -> None:
    (finding,) = run(exact_duplicates, repeated(1, n=1500)).findings
    assert finding.severity is Severity.NOTE


def test_nothing_repeats() -> None:
    outcome = run(exact_duplicates, repeated(0))
    assert outcome.verdict is Verdict.PASS
    assert measured(outcome, "contaminated_share").observed == 0.0


def test_equal_features_with_other_targets_do_not_gate() -> None:
    outcome = run(exact_duplicates, repeated(300, same_target=False))
    (finding,) = outcome.findings
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.MEDIUM
    assert measured(outcome, "different_target_rows").observed == 300


def test_without_a_target_it_is_a_warning() -> None:
    (finding,) = run(exact_duplicates, repeated(300, target=False)).findings
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("k", [200, 300])
def test_classes_and_continuous_features_gate(k: int) -> None:
    train, y = regression(900, 0)
    held_out, z = regression(300, 1)
    held_out.iloc[:k] = train.iloc[:k].to_numpy()
    z[:k] = y[:k]
    kin = kinship_of(train, held_out, (y > 0).astype(int), (z > 0).astype(int))
    (finding,) = run(exact_duplicates, kin).findings
    assert finding.severity is Severity.ERROR
    assert finding.confidence is Confidence.HIGH


def one_hot(seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    raw = pd.DataFrame({f"c{i}": rng.choice(list("abcd"), 1500) for i in range(5)})
    label = ((raw["c0"] == "a") | (raw["c1"] == "b")).to_numpy().astype(int)
    return pd.get_dummies(raw).astype(int), label


@pytest.mark.parametrize("seed", range(5))
def test_few_valued_columns_are_left_to_the_reader(seed: int) -> None:
    table, label = one_hot(seed)
    kin = kinship_of(table[:1200], table[1200:], label[:1200], label[1200:])
    assert kin.pairs[0].exact.rows.mean() > 0.3  # 1,024 kinds of rows, no kinship
    outcome = run(exact_duplicates, kin)
    assert outcome.verdict is Verdict.REVIEW
    assert "few values" in outcome.reason


def test_one_group_copied_entirely() -> None:
    train, y = regression(2000, 0)
    held_out, z = regression(1000, 1)
    held_out.iloc[:40], z[:40] = train.iloc[:40].to_numpy(), y[:40]
    groups = np.where(np.arange(1000) < 40, "4,2", "4,3")
    grouping = Grouping(("k", "m"), ("4,3", "4,2"))
    outcome = run(exact_duplicates, kinship_of(train, held_out, y, z, groups), grouping)
    assert outcome.findings[0].severity is Severity.ERROR  # 4 % of all rows, 100 % of a group
    labels = [e.group for e in outcome.measured if e.name == "contaminated_rows"]
    assert labels == [None, "k=4, m=3", "k=4, m=2"]
    assert measured(outcome, "contaminated_share", "k=4, m=2").observed == 1.0


def test_places_name_rows_of_both_tables() -> None:
    (finding,) = run(exact_duplicates, repeated(3)).findings
    held_out, train = finding.locations
    assert (held_out.path, held_out.rows) == ("validation.csv", (0, 1, 2))
    assert (train.path, train.rows) == ("train.csv", (0, 1, 2))


def test_no_rows() -> None:
    train, y = regression(10, 0)
    outcome = run(exact_duplicates, kinship_of(train, train[:0], y, y[:0]))
    assert outcome.verdict is Verdict.NOT_APPLICABLE
