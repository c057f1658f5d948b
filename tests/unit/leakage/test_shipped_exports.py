"""The counts of the shipped Run 6 prove it; those of its correction are fine."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from audit.model.check import Verdict
from audit.model.severity import Confidence, Severity
from tests.harness import EXPORTS, audit_export, run_of

SHIPPED = EXPORTS.parent.parent / "notebook_export"


def test_run6_is_proved_by_its_counts() -> None:
    (finding,) = run_of(audit_export(SHIPPED), "LK106").findings
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.HIGH)
    rows = {
        name: len(pd.read_parquet(SHIPPED / "splits" / f"{name}.parquet"))
        for name in ("train", "val")
    }
    counts = json.loads((SHIPPED / "metrics.json").read_text(encoding="utf-8"))["counts"]
    observed = {e.name: e.observed for e in finding.evidence if e.group is None}
    assert observed["heldout_rows"] == rows["val"] == counts["validation"]
    assert observed["pool_rows"] == sum(rows.values()) == counts["pool"]
    assert observed["source_rows"] == counts["originals"]
    assert observed["heldout_share_of_pool"] == pytest.approx(0.15)
    groups = {e.group: e.observed for e in finding.evidence if e.group is not None}
    held_out = pd.read_parquet(SHIPPED / "splits" / "val.parquet").groupby(["k", "m"]).size()
    more = held_out[held_out > counts["originals"] // 9]
    assert groups == {f"k={k}, m={m}": n for (k, m), n in more.items()}
    assert finding.primary.text == f"validation rows: {rows['val']:,}"


def test_the_correction_is_fine() -> None:
    run = run_of(audit_export(EXPORTS / "corrected"), "LK106")
    assert run.verdict is Verdict.PASS


DOCUMENT = """
# Analysis of Run 6

**Location:** `train.ipynb`, cells 6 to 10. Augmentation happens before the split:

```
Flow in Run 6:
1. Load 108,000 samples
2. Augment to 2,808,000 samples (includes original + augmented)
3. Split into train (2,386,800) and val (421,200)
```

**Result:** 108,000 → 2,808,000 samples (26x increase!)
"""


def test_a_page_of_analysis_alone(tmp_path: Path) -> None:
    (tmp_path / "analysis.md").write_text(DOCUMENT, encoding="utf-8")
    (finding,) = run_of(audit_export(tmp_path), "LK106").findings
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEDIUM)
    assert "421,200 rows are held out of 108,000 source rows" in finding.message
    assert "15 % of the 2,808,000 rows" in finding.message
