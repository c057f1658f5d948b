from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.model.check import Verdict
from audit.model.severity import Confidence, Severity
from checks.contamination.masked_duplicates import masked_duplicates
from tests.unit.contamination.builders import kinship_of, measured, regression, run


def hidden(k: int, how: str = "jitter", same_target: bool = True, target: bool = True):
    train, y = regression(2000, 0)
    held_out, z = regression(1000, 1)
    held_out.iloc[:k] = train.iloc[:k].to_numpy()
    if same_target:
        z[:k] = y[:k]
    rng = np.random.default_rng(2)
    columns = {
        "jitter": (9 + rng.normal(0, 0.1, 2000), 9 + rng.normal(0, 0.1, 1000)),
        "id": (np.arange(2000), np.arange(2000, 3000)),
        "name": (np.array([f"r{i}" for i in range(2000)]), [f"r{i}" for i in range(2000, 3000)]),
        "factor": (np.arange(2000) % 4, (np.arange(1000) + 1) % 4),
    }
    train.insert(0, "n", columns[how][0])
    held_out.insert(0, "n", columns[how][1])
    return kinship_of(train, held_out, y if target else None, z if target else None)


@pytest.mark.parametrize(("k", "severity"), [(8, Severity.WARNING), (400, Severity.ERROR)])
def test_a_jittered_column_is_named(k: int, severity: Severity) -> None:
    outcome = run(masked_duplicates, hidden(k))
    (finding,) = outcome.findings
    assert finding.severity is severity
    assert finding.confidence is Confidence.HIGH
    assert measured(outcome, "masking_columns").observed == ("n",)
    assert measured(outcome, "contaminated_rows").observed == k
    assert measured(outcome, "exact_rows").observed == 0
    # one target in each matching class, each target once among 1,000 rows
    assert measured(outcome, "control_rate").observed == pytest.approx(k / 1000 / 1000)
    assert f"without `n`, {k} of 1,000 validation rows" in finding.message
    assert "3,000 different values" in finding.why


@pytest.mark.parametrize("how", ["id", "name"])
def test_a_row_id_is_called_one(how: str) -> None:
    (finding,) = run(masked_duplicates, hidden(400, how)).findings
    assert "row id" in finding.why
    assert finding.remedy.text.startswith("Take `n` out of the features")


def test_a_factor_with_few_values_has_medium_confidence() -> None:
    (finding,) = run(masked_duplicates, hidden(400, "factor")).findings
    assert finding.confidence is Confidence.MEDIUM


def test_without_a_target_it_is_a_warning() -> None:
    (finding,) = run(masked_duplicates, hidden(400, target=False)).findings
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.MEDIUM


def test_one_object_under_several_conditions_is_silent() -> None:
    outcome = run(masked_duplicates, hidden(700, "factor", same_target=False))
    assert outcome.verdict is Verdict.PASS


def test_one_column_cannot_be_left_out() -> None:
    train = pd.DataFrame({"a": np.arange(10)})
    outcome = run(masked_duplicates, kinship_of(train, train, np.arange(10), np.arange(10)))
    assert outcome.verdict is Verdict.NOT_APPLICABLE


def test_share_without_a_mask_is_the_exact_one() -> None:
    train, y = regression(500, 0)
    held_out, z = regression(200, 1)
    held_out.iloc[:20], z[:20] = train.iloc[:20].to_numpy(), y[:20]
    outcome = run(masked_duplicates, kinship_of(train, held_out, y, z))
    assert outcome.verdict is Verdict.PASS
    assert measured(outcome, "contaminated_rows").observed == 20
    assert measured(outcome, "masking_columns").observed == ()


def test_coarse_columns_beside_an_id_cannot_tell() -> None:
    rng = np.random.default_rng(8)
    n = 600
    table = pd.DataFrame({f"answer_{i}": rng.integers(0, 3, n) for i in range(4)})
    target = (table["answer_0"] + table["answer_1"] > 1).astype(int).to_numpy()
    table.insert(0, "case", rng.permutation(n) + 1000)
    seen = kinship_of(table[150:], table[:150], target[150:], target[:150])
    outcome = run(masked_duplicates, seen)
    assert outcome.verdict is Verdict.REVIEW
    known = {tuple(row) for row in table.iloc[150:, 1:].to_numpy()}
    equal = sum(tuple(row) in known for row in table.iloc[:150, 1:].to_numpy())
    assert outcome.reason.startswith(f"without case, {equal} of 150 validation rows")
    assert "coincidence" in outcome.reason
