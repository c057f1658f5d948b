"""Both shipped notebooks were executed in order, with seeds, and choose no epoch."""

from __future__ import annotations

import pytest

from audit.model.check import Verdict
from tests.harness import EXPORTS, audit_export, run_of

SHIPPED = EXPORTS.parent.parent / "notebook_export"


@pytest.mark.parametrize("check_id", ["HY601", "HY602", "HY603"])
@pytest.mark.parametrize("path", [SHIPPED, EXPORTS / "corrected"], ids=lambda path: path.name)
def test_nothing_to_note(path, check_id: str) -> None:
    run = run_of(audit_export(path), check_id)
    assert run.verdict is Verdict.PASS, run.reason
