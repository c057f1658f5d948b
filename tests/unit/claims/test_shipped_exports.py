"""The mistake in the shipped document is found and nothing else; the corrected one is clean."""

from __future__ import annotations

from audit.load import load, read_config
from audit.model.artifacts import Documents, Grouping, Metrics, PredictionSets, RawData, Splits
from audit.model.check import Outcome, Verdict
from audit.model.export import Present
from checks.claims.totals import Params, totals
from tests.harness import EXPORTS


def judge(path) -> Outcome:
    export = load(path, read_config(path))

    def value(artifact):
        slot = export.get(artifact)
        return slot.value if isinstance(slot, Present) else None

    return totals.function(
        documents=value(Documents),
        splits=value(Splits),
        grouping=value(Grouping),
        predictions=value(PredictionSets),
        metrics=value(Metrics),
        raw=value(RawData),
        params=Params(),
    )


def test_the_medium_row_and_nothing_else() -> None:
    (finding,) = judge(EXPORTS.parent.parent / "notebook_export").findings
    (place,) = finding.locations
    assert place.path == "RESULTS.md"
    assert place.text.startswith("| Medium | 3 groups")
    assert "2 of 3 groups" in finding.message


def test_the_corrected_export_adds_up() -> None:
    outcome = judge(EXPORTS / "corrected")
    assert outcome.verdict is Verdict.PASS
    assert {claim.expected for claim in outcome.measured} == {"consistent"}
